"""Bookmarks: the identity of every number, and the targets of links and cross-references."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from docx.document import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from lxml import etree
from lxml.etree import _Element

from sscreport.origins import Origins
from sscreport.records import Figure
from sscreport.values import READ
from sscreport.write.docx.tracked import edit_around
from sscreport.write.docx.tree import broken, classes, plain, where

NAME_LIMIT = 40  # Word cuts a longer bookmark name
# A figure's class → its Word sequence; those of the supplement end in "S".
SEQUENCES = {"figure": "Figure", "table": "Table"}


@dataclass(frozen=True)
class Caption:
    """A numbered label ("Fig. 2"), its parts, and the bookmarks of the whole and of the number.

    ``lasting``: it stands in both editions.
    """

    sequence: str
    label: str
    before: str
    number: str
    whole: str
    number_only: str
    lasting: bool


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:10]


def slug(name: str) -> str:
    """``name`` in letters, digits and underscores, short enough for a bookmark with a prefix."""
    clean = re.sub(r"\W", "_", name, flags=re.ASCII)
    return clean if len(clean) <= NAME_LIMIT - 5 else f"{clean[:24]}_{digest(name)}"


def figure_keys(figure: Figure) -> list[str]:
    """Every key in the figure's SVG, in order of first appearance."""
    return list(dict.fromkeys(etree.fromstring(figure.svg.encode()).xpath("//@data-value")))


def origins_of(figure: Figure, origins: Origins) -> str:
    """The id of the appendix's section with most of the figure's values; "" for a figure without any.

    Computed values go before fields of the data, which a forest plot shows as many of.
    """
    keys = [key for key in figure_keys(figure) if key in origins]  # a shape's key may be printed nowhere
    computed = [key for key in keys if origins[key].rule != READ.name]
    groups = Counter(origins.group_of(key) for key in computed or keys)
    return f"origins-{groups.most_common(1)[0][0]}" if groups else ""


class Marks:
    """Names for everything in the tree that is pointed at, and the elements that carry them.

    ``keys`` maps each value's bookmark to the value's key; ``targets`` maps an element's id to
    its bookmark, for values, their entries in the appendix and whatever else a link leads to;
    ``captions`` holds the label of every numbered figure and table by its id; ``ids`` number the
    bookmarks, and whatever else a document wants numbered.
    """

    def __init__(self, article: _Element, aims: Collection[str] = ()):
        """``aims`` are ids that something other than a link in the tree leads to."""
        self.keys: dict[str, str] = {}
        self.targets: dict[str, str] = {}
        self.captions: dict[str, Caption] = {}
        self._key_of: dict[str, str] = {}
        self.ids = count(1)
        self._name_targets(article, aims)
        self._name_captions(article)

    def _name_targets(self, article: _Element, aims: Collection[str]) -> None:
        links = (link.get("href", "") for link in article.iter("a"))
        linked = {*aims, *(href[1:] for href in links if href.startswith("#"))}
        seen: set[str] = set()
        for element in article.iter(etree.Element):
            identity = element.get("id")
            if identity in seen:
                raise broken(f"The id {identity} is given to two elements.")
            if identity:
                seen.add(identity)
            if element.get("data-value"):
                self.targets[identity or ""] = self._value_name(element)
            elif element.tag == "span" and "entry" in classes(element):
                self.targets[identity or ""] = f"_v{self._digest(identity.removeprefix('v-'))}"
            elif identity in linked:
                self.targets[identity] = f"_Ref_{slug(identity)}"

    def _value_name(self, span: _Element) -> str:
        key, identity = span.get("data-value"), span.get("id", "")
        use = identity.removeprefix(f"n-{key}-")
        if not re.fullmatch("[0-9]+", use):
            raise broken(f"A value needs an id n-KEY-i; {key} has {identity or 'none'}, {where(span)}.")
        return self.value_mark(key, use)

    def value_mark(self, key: str, use: str) -> str:
        """The bookmark name of one use of a key; ``use`` is its count, or "f" and a figure number."""
        mark = f"_n{self._digest(key)}_{use}"
        self.keys[mark] = key
        return mark

    def _digest(self, key: str) -> str:
        name = digest(key)
        if self._key_of.setdefault(name, key) != key:
            raise broken(f"The keys {key} and {self._key_of[name]} have the same short hash; rename one.")
        return name

    def _name_captions(self, article: _Element) -> None:
        printed: Counter[str] = Counter()
        for label in article.iterfind('.//figcaption//span[@class="label"]'):
            figure = next(label.iterancestors("figure"))
            identity, text = figure.get("id", ""), plain(label)
            kind = next((kind for kind in SEQUENCES if kind in classes(figure)), None)
            parts = re.fullmatch(r"(.*?)([0-9]+)", text)
            if not identity or kind is None or parts is None or label.get("data-ref") != identity:
                raise broken(f"The caption label {text!r} must end in a number and name its figure's id.")
            sequence = SEQUENCES[kind] + ("S" if parts[1].endswith("S") else "")
            printed[sequence] += 1
            if int(parts[2]) != printed[sequence]:
                raise broken(f"{text} stands where Word counts {parts[1]}{printed[sequence]}.")
            whole = self.targets.setdefault(identity, f"_Ref_{slug(identity)}")
            number_only, lasting = whole.replace("_Ref", "_Num"), edit_around(label) is None
            self.captions[identity] = Caption(sequence, text, parts[1], parts[2], whole, number_only, lasting)

    @contextmanager
    def around(self, container: Callable[[], Any], *names: str) -> Iterator[None]:
        """Put bookmarks round whatever is added meanwhile to what ``container`` gives then."""
        numbered = [(str(next(self.ids)), name) for name in names]
        for number, name in numbered:
            _add(container(), "w:bookmarkStart", id=number, name=name)
        yield
        for number, _ in reversed(numbered):
            _add(container(), "w:bookmarkEnd", id=number)


def _add(container: Any, tag: str, **attributes: str) -> None:
    mark = OxmlElement(tag)
    for name, value in attributes.items():
        mark.set(qn(f"w:{name}"), value)
    container.append(mark)


def check(document: Document, keys: Mapping[str, str]) -> None:
    """BuildError unless every bookmark is unique and short, and every link and REF finds one."""
    body = document.element.body
    starts = body.findall(f".//{qn('w:bookmarkStart')}")
    names = [start.get(qn("w:name")) for start in starts]
    ids = Counter(start.get(qn("w:id")) for start in starts)
    folded = Counter(name.lower() for name in names)  # Word ignores case in bookmark names
    wrong = [f"The bookmark {n} occurs more than once." for n in folded if folded[n] > 1]
    wrong += [f"The bookmark id {i} occurs more than once." for i in ids if ids[i] > 1]
    wrong += [f"The bookmark name {n} is longer than {NAME_LIMIT}." for n in names if len(n) > NAME_LIMIT]
    found = set(names)
    wrong += [f"The link to {a} has no target." for a in _aims(document) if a not in found]
    wrong += [f"The value {keys[n]} has no bookmark {n}." for n in keys if n not in found]
    if wrong:
        raise broken(" ".join(wrong))


def _aims(document: Document) -> list[str]:
    """The bookmark names that hyperlinks, REF fields and links of pictures point at."""
    body, addresses = document.element.body, [rel.target_ref for rel in document.part.rels.values()]
    anchors = [a for link in body.iter(qn("w:hyperlink")) if (a := link.get(qn("w:anchor")))]
    codes = [re.match(r"\s*REF\s+(\S+)", code.text or "") for code in body.iter(qn("w:instrText"))]
    inside = [address[1:] for address in addresses if address.startswith("#")]
    return list(dict.fromkeys(anchors + [code[1] for code in codes if code] + inside))
