"""The manuscript, old and new side by side: block against block, what did not change folded.

Made of a merged tree (`sscreport.redline.records`). Each side keeps its own marks; cells that
differ have the classes "changed", "ins" or "del". Nothing in it has an id but the first mark of
each revision, ``r-NUMBER``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from itertools import groupby

from lxml.builder import E
from lxml.etree import _Element

from sscreport.changes import Changes
from sscreport.forms.drawings import drawings
from sscreport.redline.marks import MARKED, OTHER, first_marks, mark_of, push_down, revisions_in, side, wrap
from sscreport.write.pads import set_pads

_ROWS = frozenset(("table", "thead", "tbody", "tr"))
_CONTAINERS = frozenset(("article", "section", "header", "aside", "div", "ul", "ol", "figure"))
_HEADINGS = ("h1", "h2", "h3", "h4")
_NAMES = {"p": "paragraph", "li": "item", "dd": "abbreviation", "table": "table", "img": "figure"}
_SIDES = (("del", "Before"), ("ins", "After"))
_WIDE = 6  # columns: wider tables stand below one another
_FEW = 3  # fewer rows are not worth folding; more sections are not named
_MANY = 8  # links to changes in a line


def sides(changes: Changes) -> Iterator[_Element]:
    """Headings, pairs of blocks, drawings and folded stretches, in reading order."""
    yield from _Sides(changes).rows(_prepared(changes.redline.tree))


def _prepared(tree: _Element) -> _Element:
    """A copy whose marks stand on single blocks and cells, with an id for the first of each revision."""
    copy = deepcopy(tree)
    for element in copy.iter():
        element.attrib.pop("id", None)
        push_down(element, _CONTAINERS | _ROWS | {"dl"})
    for number, mark in first_marks(copy).items():
        mark.set("id", f"r-{number}")
    for figure in copy.iter("figure"):
        for table in figure.iterfind("table"):
            table.set("aria-label", _name(figure.find("figcaption")))
    return copy


class _Sides:
    def __init__(self, changes: Changes):
        self._changes = changes
        self._by_revision: dict[int, list[int]] = {}
        for position, change in enumerate(changes.changes, start=1):
            for number in change.revisions:
                self._by_revision.setdefault(number, []).append(position)

    def rows(self, parent: _Element) -> Iterator[_Element]:
        """What differs among the parts of ``parent``, and what lies between, folded."""
        for (changed, whole), members in groupby(parent, key=lambda block: (_differs(block), _whole(block))):
            blocks = list(members)
            if not changed:
                yield _fold(blocks)
            elif whole:
                yield self._pair(list(_leaves(blocks)))
            else:
                for block in blocks:
                    yield from self._shown(block)

    def _shown(self, block: _Element) -> Iterator[_Element]:
        if block.tag == "figure":
            yield from self._figure(block)
        elif block.tag == "section" and len(block) and block[0].tag in _HEADINGS and not _differs(block[0]):
            yield E.h3({"class": f"of-{block[0].tag}"}, *_content(block[0]))
            block.remove(block[0])
            yield from self.rows(block)
        elif block.tag in _CONTAINERS:
            yield from self.rows(block)
        else:
            yield self._pair([block])

    def _figure(self, figure: _Element) -> Iterator[_Element]:
        """The caption first, as a title; then drawings, table and notes."""
        caption, images = figure.find("figcaption"), figure.findall("img")
        if caption is not None:
            figure.remove(caption)
            yield self._pair([caption]) if _differs(caption) else _plain(caption)
        if any(map(_differs, images)):
            yield E.div(
                {"class": "pair"},
                drawings(images, _name(caption), self._changes.figures),
                *self._why(images),
            )
            for image in images:
                figure.remove(image)
        yield from self.rows(figure)

    def _pair(self, blocks: Sequence[_Element]) -> _Element:
        for block in blocks:
            _shorten(block)
        stacked = any(block.tag == "table" and _columns(block) > _WIDE for block in blocks)
        return E.div(
            {"class": "pair stacked" if stacked else "pair"},
            *(_side(blocks, kept, name) for kept, name in _SIDES),
            *self._why(blocks),
        )

    def _why(self, marked: Sequence[_Element]) -> Iterator[_Element]:
        """Links back to the changes in the lists, and what caused them."""
        numbers = [number for element in marked for number in revisions_in(element)]
        listed = dict.fromkeys(n for number in numbers for n in self._by_revision.get(number, ()))
        causes = dict.fromkeys(n for number in numbers for n in self._changes.revision_causes.get(number, ()))
        links = [E.a({"href": f"#change-{position}"}, f"change {position}") for position in listed]
        told = [self._changes.causes[position].told for position in causes]
        if links or told:
            between = [": "] if links and told else []
            yield E.p({"class": "why"}, *_few(links, "changes"), *between, *_few(told, "causes"))


def _few(items: Sequence[_Element | str], plural: str) -> Iterator[_Element | str]:
    """The first of them, and how many more there are."""
    for number, item in enumerate(items[:_MANY]):
        yield from ((", " if plural == "changes" else "; "), item) if number else (item,)
    if len(items) > _MANY:
        yield f" and {len(items) - _MANY} more {plural}"


def _differs(element: _Element) -> bool:
    return bool(element.xpath(MARKED))


def _whole(block: _Element) -> str:
    """The mark that a block stands under with all that is in it, otherwise ""."""
    marks = {leaf.get("data-change", "") for leaf in _leaves([block])}
    return marks.pop() if len(marks) == 1 and not block.xpath("descendant-or-self::img") else ""


# ---------------------------------------------------------------- one side


def _side(blocks: Sequence[_Element], kept: str, name: str) -> _Element:
    box = E.div(
        {"class": f"side {kept}", "role": "group", "aria-label": name}, E.p({"class": "edition"}, name)
    )
    there = [block for block in blocks if mark_of(block) != OTHER[kept]]
    if not there:
        box.append(E.p({"class": "none"}, "not there"))
    box.extend(_block(side(block, kept), name) for block in there)
    return box


def _block(block: _Element, edition: str = "unchanged") -> _Element:
    """A block as it can stand alone."""
    for cell in block.iter("th", "td"):
        _mark_cell(cell)
    for part in list(block.iter()):
        if part.get("data-change"):
            wrap(part)
    _strip(block)
    block.tail = None
    if block.tag == "table":
        set_pads(block)
        _span_folded(block)
        name = f"{block.attrib.pop('aria-label', 'Table')}, {edition.lower()}"
        return E.div({"class": "scroll", "tabindex": "0", "role": "region", "aria-label": name}, block)
    if block.tag in ("p", "dl"):
        return block
    kept = {"id": block.get("id")} if block.get("id") else {}
    return E.p({"class": f"as-{block.tag}", **kept}, *_content(block))


def _mark_cell(cell: _Element) -> None:
    mark = cell.get("data-change") or ("changed" if cell.xpath("descendant::*[@data-revision]") else "")
    if mark:
        cell.set("class", f"{cell.get('class', '')} {mark}".strip())


def _strip(block: _Element) -> None:
    """Take away what leads to or is found in the manuscript's own files only."""
    for part in block.iter():
        for name in [name for name in part.attrib if name.startswith("data-")]:
            if name not in ("data-revision", "data-pad"):
                del part.attrib[name]
        if part.tag == "a" and part.get("href", "#").startswith("#"):
            part.attrib.pop("href", None)
            part.tag = "span"
        elif part.tag == "img":
            part.attrib.clear()
            part.tag, part.text = "span", "Drawn as before."


def _content(element: _Element) -> list[_Element | str]:
    return [part for part in (element.text, *element) if part is not None]


def _plain(block: _Element) -> _Element:
    return E.div({"class": "same"}, _block(deepcopy(block)))


def _name(caption: _Element | None) -> str:
    labels = [] if caption is None else caption.xpath("span[@class='label']")
    return "".join(labels[0].itertext()) if labels else "Figure"


# ---------------------------------------------------------------- what did not change


def _fold(blocks: Sequence[_Element]) -> _Element:
    """Unchanged blocks behind their number; drawings are not repeated."""
    return E.details(
        {"class": "same"}, E.summary(_counted(blocks)), *map(_block, _leaves(deepcopy(list(blocks))))
    )


def _leaves(blocks: Iterable[_Element]) -> Iterator[_Element]:
    for block in blocks:
        if block.tag in _CONTAINERS:
            yield from _leaves(list(block))
        else:
            yield block


def _counted(blocks: Sequence[_Element]) -> str:
    """ "14 unchanged paragraphs, 2 tables", after the headings of whole sections."""
    found = Counter(_NAMES[part.tag] for block in blocks for part in block.iter(*_NAMES))
    counts = [f"{number} {name}{'s' * (number > 1)}" for name, number in found.items()] or ["heading"]
    number, _, name = counts[0].rpartition(" ")
    told = ", ".join([f"{number} unchanged {name}".strip(), *counts[1:]])
    heads = ["".join(block[0].itertext()) for block in blocks if len(block) and block[0].tag in _HEADINGS]
    return f"{', '.join(heads[:_FEW])}{', …' * (len(heads) > _FEW)}: {told}" if heads else told


def _shorten(block: _Element) -> None:
    """Leave out what does not differ of tables and of lists of terms."""
    if block.tag == "table":
        _fold_rows(block)
    elif block.tag == "dl":
        _fold_terms(block)


def _fold_rows(table: _Element) -> None:
    """Keep the rows that differ with their neighbours; a row says how many are left out."""
    if table.xpath("tbody//*[@rowspan]"):
        return
    for body in table.findall("tbody"):
        rows = list(body)
        near = {n + step for n, row in enumerate(rows) if _differs(row) for step in (-1, 0, 1)}
        for kept, members in groupby(enumerate(rows), key=lambda pair: pair[0] in near):
            left_out = [row for _, row in members]
            if kept or len(left_out) < _FEW:
                continue
            told = E.tr({"class": "folded"}, E.td(f"{len(left_out)} unchanged rows"))
            left_out[0].addprevious(told)
            for row in left_out:
                body.remove(row)


def _span_folded(table: _Element) -> None:
    for cell in table.xpath("tbody/tr[@class='folded']/td"):
        cell.set("colspan", str(_columns(table)))


def _columns(table: _Element) -> int:
    """How many columns the widest row has."""
    return max(sum(int(cell.get("colspan", "1")) for cell in row) for row in table.iter("tr"))


def _fold_terms(terms: _Element) -> None:
    """Keep the terms that differ, each with its description."""
    entries = [list(entry) for entry in _entries(terms)]
    for entry in entries:
        if not any(map(_differs, entry)):
            for part in entry:
                terms.remove(part)


def _entries(terms: _Element) -> Iterator[list[_Element]]:
    entry: list[_Element] = []
    for part in terms:
        if part.tag == "dt" and entry:
            yield entry
            entry = []
        entry.append(part)
    if entry:
        yield entry
