"""References: loaded from CSL-JSON, cited by number in the text, listed by a CSL style.

The entries follow the citeproc-js 1.0 data schema and are set by citeproc-py without any network.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import citeproc
import citeproc.types
from citeproc.source.json import CiteProcJSON
from lxml import etree

from sscreport.folder import REFERENCES
from sscreport.problems import InputError, Problem
from sscreport.values import PROVENANCE

STYLE = Path(__file__).parent / "styles" / "vancouver-brackets.csl"

Reference = Mapping[str, Any]

# What an entry of a type cannot be found without; any other type needs a title and a year.
REQUIRED = {
    "article-journal": ("author", "title", "container-title", "issued"),
    "book": ("title", "publisher", "issued"),
    "chapter": ("author", "title", "container-title", "publisher", "issued"),
    "paper-conference": ("author", "title", "container-title", "issued"),
    "report": ("title", "publisher", "issued"),
    "thesis": ("author", "title", "publisher", "issued"),
    "webpage": ("title", "URL"),
}
OWN_FIELDS = ("id", "type", "custom")
TYPES = {name for key, name in vars(citeproc.types).items() if key.isupper()}
FIELDS = {name.replace("_", "-") for name in citeproc.VARIABLES}.union(OWN_FIELDS)

# Characters that would end the markup around a field. The style may cut and join fields, so each is
# carried through it as one private-use character instead of as an entity.
_SHIELD = {"&": "\ue000", "<": "\ue001", ">": "\ue002"}
_ENTITY = {"\ue000": "&amp;", "\ue001": "&lt;", "\ue002": "&gt;"}
_RICH_TEXT = re.compile(r'(</?(?:i|b|sup|sub)>|<span class="nocase">|</span>)')


# ---------------------------------------------------------------- loading


def load_references(path: Path) -> dict[str, dict[str, Any]]:
    """Read a CSL-JSON file: the entries by id, in the file's order.

    Raises InputError with every problem found: broken JSON, doubled or unusable ids, fields missing
    for the entry's type, names without a family name, years and DOIs in the wrong form.
    """
    file = f"{path.parent.name}/{path.name}"
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise InputError([Problem(file, "The file of references cannot be read.")]) from None
    except UnicodeDecodeError:
        raise InputError([Problem(file, "The file must be encoded in UTF-8.")]) from None
    except json.JSONDecodeError as error:
        raise InputError([Problem(file, f"This is not JSON: {error.msg}.", line=error.lineno)]) from None
    if not isinstance(entries, list):
        raise InputError([Problem(file, "CSL-JSON is a list of entries: [{…}, {…}].")])
    problems = [problem for i, entry in enumerate(entries, 1) for problem in _check(file, i, entry)]
    problems += _check_doubles(file, entries)
    if problems:
        raise InputError(problems)
    return {entry["id"]: entry for entry in entries}


def _check(file: str, position: int, entry: Any) -> Iterator[Problem]:
    """Problems of one entry, the ``position``-th of the file."""
    if not isinstance(entry, dict):
        yield Problem(file, "An entry is an object: {…}.", row=f"entry {position}")
        return
    row = str(entry.get("id") or f"entry {position}")
    for column, expected in _complaints(entry):
        value = entry.get(column)
        yield Problem(file, expected, row=row, column=column, value=None if value is None else str(value))


def _complaints(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Field and what was expected there, for every wrong field of an entry."""
    kind = str(entry.get("type", ""))
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", str(entry.get("id", ""))):
        yield "id", "An id begins with a letter and holds a-z, 0-9, - and _ only, such as wang2013."
    if kind not in TYPES:
        yield "type", f"This must be a CSL type{_hint(kind, TYPES)}"
    for field in REQUIRED.get(kind, ("title", "issued")):
        if not entry.get(field):
            yield field, f"An entry of the type {kind or 'unknown'} needs this field."
    for field in entry:
        if field not in FIELDS:
            yield field, f"This is not a CSL field{_hint(field, FIELDS)}"
    for field in ("author", "editor"):
        if field in entry and not _are_names(entry[field]):
            yield field, 'A name needs a "family" (with "given") or a "literal".'
    if entry.get("issued") and _year(entry["issued"]) is None:
        yield "issued", 'A date is written as {"date-parts": [[2013]]}, the year first.'
    if "DOI" in entry and not re.fullmatch(r"10\.\d{4,}(\.\d+)*/\S+", str(entry["DOI"])):
        yield "DOI", "A DOI begins with 10. and is written without https://doi.org/."
    if not isinstance(entry.get("title", ""), str) or not _is_closed(str(entry.get("title", ""))):
        yield "title", "A title is text; <i>, <b>, <sup> and <sub> in it must be closed."
    if not _has_provenance(entry.get("custom")):
        classes = ", ".join(PROVENANCE)
        yield "custom", f'This must hold "provenance" (one of {classes}), "source" and "locator".'


def _check_doubles(file: str, entries: Sequence[Any]) -> Iterator[Problem]:
    ids = Counter(str(entry["id"]) for entry in entries if isinstance(entry, dict) and entry.get("id"))
    for key, count in ids.items():
        if count > 1:
            yield Problem(file, f"An id must be unique; {count} entries have this one.", row=key)


def _are_names(names: Any) -> bool:
    return isinstance(names, list) and all(
        isinstance(name, dict) and (name.get("family") or name.get("literal")) for name in names
    )


def _year(date: Any) -> int | None:
    try:
        return int(date["date-parts"][0][0])
    except (TypeError, ValueError, KeyError, IndexError):
        return None


def _has_provenance(custom: Any) -> bool:
    return (
        isinstance(custom, dict)
        and custom.get("provenance") in PROVENANCE
        and bool(custom.get("source"))
        and bool(custom.get("locator"))
    )


def _is_closed(text: str) -> bool:
    try:
        etree.fromstring(f"<t>{_unshield(_shield(text))}</t>")
    except etree.XMLSyntaxError:
        return False
    return True


def _hint(word: str, known: Collection[str]) -> str:
    """End of a sentence about an unknown word: the nearest known ones, if there are any."""
    close = get_close_matches(word, sorted(known), n=3, cutoff=0.6)
    return f". Did you mean {' or '.join(close)}?" if close else "."


# ---------------------------------------------------------------- numbers in the text


def require_keys(known: Collection[str], keys: Sequence[str]) -> None:
    """Raise InputError naming every key that is not ``known``, with the nearest ones that are."""
    missing = [key for key in dict.fromkeys(keys) if key not in known]
    if missing:
        raise InputError(
            Problem(REFERENCES, f"No reference has the key {key}{_hint(key, known)}", row=key)
            for key in missing
        )


def citation(numbers: Mapping[str, int], keys: Sequence[str]) -> etree._Element:
    """Citation numbers in brackets, ascending: [1–3, 7].

    Three or more consecutive numbers are joined by an en dash. The keys of numbers hidden by a dash
    travel in ``data-cites`` on the outer span, which lists all keys in the order of their numbers.
    Raises InputError for a key without a number and for no keys at all.
    """
    if not keys:
        raise InputError([Problem(REFERENCES, "A citation needs at least one key.")])
    require_keys(numbers, keys)
    ordered = sorted(set(keys), key=lambda key: numbers[key])
    span = etree.Element("span", {"class": "citation", "data-cites": " ".join(ordered)})
    span.text = "["
    for run in _runs(ordered, numbers):
        shown = run if len(run) < 3 else [run[0], run[-1]]
        for key in shown:
            link = etree.SubElement(span, "a", {"data-cite": key, "href": f"#ref-{key}"})
            link.text = str(numbers[key])
            link.tail = ", "
        if shown is not run:
            span[-2].tail = "–"
    span[-1].tail = "]"
    return span


def _runs(ordered: Sequence[str], numbers: Mapping[str, int]) -> list[list[str]]:
    """Split keys into runs of consecutive numbers."""
    runs: list[list[str]] = []
    for key in ordered:
        if runs and numbers[key] == numbers[runs[-1][-1]] + 1:
            runs[-1].append(key)
        else:
            runs.append([key])
    return runs


# ---------------------------------------------------------------- list of references


def bibliography(
    references: Mapping[str, Reference], order: Sequence[str], style: Path = STYLE
) -> dict[str, etree._Element]:
    """Every entry in ``order`` as ``<li id="ref-KEY" data-cite="KEY">``, set by the CSL style.

    The entry carries no number: the list numbers it. Raises InputError for an unknown key.
    """
    require_keys(references, order)
    source = CiteProcJSON([_shielded(references[key]) for key in order])
    processor = citeproc.CitationStylesBibliography(_style(style), source)
    processor.register(citeproc.Citation([citeproc.CitationItem(key) for key in order]))
    return {
        key: _entry(key, references[key], processor.style.render_bibliography([item]))
        for key, item in zip(dict.fromkeys(order), processor.items, strict=True)
    }


@cache
def _style(path: Path) -> citeproc.CitationStylesStyle:
    """The style without the number that it prints before an entry."""
    try:
        with path.open("rb") as file:
            style = citeproc.CitationStylesStyle(file, validate=False)
        layouts = style.root.xpath("cs:bibliography/cs:layout", namespaces=style.root.nsmap)
    except (OSError, ValueError, AttributeError, etree.XMLSyntaxError):
        layouts = []
    if not layouts:
        expected = "This is not an independent CSL style with a bibliography."
        raise InputError([Problem(path.name, expected)]) from None
    for number in layouts[0].xpath(".//cs:text[@variable='citation-number']", namespaces=style.root.nsmap):
        number.getparent().remove(number)
    return style


def _entry(key: str, reference: Reference, rendered: Sequence[Any]) -> etree._Element:
    text = _tidy("".join(map(str, rendered)))
    if "DOI" in reference:
        text = _link(text, "https://doi.org/", str(reference["DOI"]))
    elif "URL" in reference:
        text = _link(text, "", str(reference["URL"]))
    entry = etree.fromstring(f"<li>{_unshield(text)}</li>")
    etree.strip_tags(entry, "u", "l", "span")  # formats of other styles that no writer sets
    for italic in entry.iter("i"):
        italic.tag = "em"
    entry.set("id", f"ref-{key}")
    entry.set("data-cite", key)
    return entry


def _tidy(text: str) -> str:
    """Single spaces, no full stop after another closing mark, and one at the end."""
    text = " ".join(text.split())
    text = re.sub(r"(?<!\.)([.?!])((?:</\w+>)*)\.(?!\.)", r"\1\2", text)
    return text if re.search(r"[.?!](</\w+>)*$", text) else f"{text}."


def _link(text: str, resolver: str, address: str) -> str:
    """Make the printed address a link; ``resolver`` belongs to it whether the style prints it or not."""
    printed = re.escape(_shield(address))
    target = escape(quote(resolver + address, safe=":/?#[]@!$&'()*+,;=%~"))
    return re.sub(f"(?:{re.escape(resolver)})?{printed}", rf'<a href="{target}">\g<0></a>', text, count=1)


def _shielded(value: Any) -> Any:
    """A reference without the fields that citeproc does not know, safe to put into markup."""
    if isinstance(value, Mapping):
        return {key: _shielded(item) for key, item in value.items() if key != "custom"}
    if isinstance(value, list):
        return [_shielded(item) for item in value]
    return _shield(value) if isinstance(value, str) else value


def _shield(text: str) -> str:
    parts = _RICH_TEXT.split(text)
    parts[::2] = [part.translate(str.maketrans(_SHIELD)) for part in parts[::2]]
    return "".join(parts)


def _unshield(text: str) -> str:
    return text.translate(str.maketrans(_ENTITY))
