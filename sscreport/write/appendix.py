"""The appendix of the paged formats, "Where each number comes from".

A section for each group of values, a paragraph for each study, subgroup or data row in it, and in
the paragraph an entry for each value: an element with the id ``v-KEY``, which every use of the
value links to and which links back to every use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from lxml.builder import E
from lxml.etree import _Element

from sscreport.document import Manuscript, place_names, places_of
from sscreport.origins import Origin, Origins, claims_behind
from sscreport.values import READ, Cell
from sscreport.wording import DAGGER, unrounded

TITLE = "Where each number comes from"
INTRODUCTION = (
    "Every value of this manuscript is listed here with its unrounded content, the rule that made it, the "
    "data fields it rests on as they stand in the files, and the places where it is printed, which it links "
    "to. Letters stand for fields that several values of a paragraph share; they are named at its end. A "
    "dagger marks what was reconstructed. The files themselves are enclosed in this document."
)
WHOLE = "All studies"


def appendix(manuscript: Manuscript) -> _Element:
    """The section, with an entry for every value that is printed and all that it rests on."""
    book = _Book(manuscript.origins, place_names(manuscript.tree))
    section = E.section({"id": "origins"}, E.h2(TITLE), E.p(INTRODUCTION), _formulas(manuscript.origins))
    for group, paragraphs in _grouped(manuscript.origins).items():
        title = manuscript.origins.groups.get(group, group)
        part = E.section({"id": f"origins-{group}"}, E.h3(title))
        part.extend(_paragraph(about, members, book) for about, members in paragraphs.items())
        section.append(part)
    return section


def _formulas(origins: Origins) -> _Element:
    """Every rule with the publication it was taken from, once."""
    sources = {origin.rule: origin.reference for origin in origins.values() if origin.reference}
    paragraph = E.p({"class": "origin"}, E.strong("Rules and their sources"))
    for rule, source in sources.items():
        paragraph.append(E.br())
        paragraph[-1].tail = f"{rule}: {source}."
    return paragraph


def _grouped(origins: Origins) -> dict[str, dict[str, list[Origin]]]:
    """Origins by group and by what their paragraph is about; groups in the order they were given."""
    found: dict[str, dict[str, list[Origin]]] = {group: {} for group in origins.groups}
    for key, origin in origins.items():
        group = origins.group_of(key)
        about = _about(origin, origins.groups.get(group, group))
        found.setdefault(group, {}).setdefault(about, []).append(origin)
    return {group: paragraphs for group, paragraphs in found.items() if paragraphs}


def _about(origin: Origin, group: str) -> str:
    """The study, subgroup or data row that an origin belongs to."""
    if origin.rule == READ.name:
        return origin.cells[0].split(":")[1]
    return ", ".join(part for part in origin.what.split(", ")[1:] if part != group) or WHOLE


def _name(origin: Origin) -> str:
    return origin.what.split(", ")[0]


@dataclass(frozen=True)
class _Book:
    """What entries refer to: other origins, and the names of places."""

    origins: Origins
    places: Mapping[str, str]


def _paragraph(about: str, members: Sequence[Origin], book: _Book) -> _Element:
    """The entries of one study, subgroup or row, and at the end what several of them share."""
    sources = Counter(_source(book.origins.cells[m.cells[0]]) for m in members if m.rule == READ.name)
    shared_source = next((text for text, count in sources.most_common(1) if count > 1), "")
    fields = Counter(_fields(m, book.origins) for m in members if m.rule != READ.name)
    letters = dict(zip((text for text, n in fields.items() if n > 1 and text), ascii_lowercase, strict=False))
    paragraph = E.p({"class": "origin"}, E.strong(about))
    for origin in members:
        made = (
            _read(origin, book, shared_source) if origin.rule == READ.name else _made(origin, book, letters)
        )
        paragraph.extend((E.br(), _entry(origin, book, made)))
    ends = [f"{letter}: {text}." for text, letter in letters.items()]
    if shared_source:
        ends.append(f"{shared_source[0].upper()}{shared_source[1:]}.")
    for end in ends:
        paragraph.append(E.br())
        paragraph[-1].tail = end
    return paragraph


def _entry(origin: Origin, book: _Book, made: str) -> _Element:
    entry = E.span({"id": f"v-{origin.key}", "class": "entry"}, E.em(_name(origin)))
    entry[0].tail = " " + ", ".join(filter(None, (_printed(origin), made)))
    computed = [key for key in origin.inputs if book.origins[key].rule != READ.name]
    for lead, keys in (("through", computed), ("chosen by", origin.decided_by)):
        _links(entry, lead, list(_links_to(keys, book)))
    _links(entry, "printed in", list(places_of(origin, book.places)))
    entry[-1].tail = (entry[-1].tail or "").rstrip() + "."
    return entry


def _printed(origin: Origin) -> str:
    """Its texts, and the unrounded number or the word where that says more."""
    number = unrounded(origin.number) or str(origin.number or "")
    texts = origin.shown or number
    if unrounded(origin.number) and origin.rule != READ.name and number not in origin.texts and origin.texts:
        texts += f" ({number})"
    return texts + (DAGGER if origin.reconstructed else "")


def _read(origin: Origin, book: _Book, shared_source: str) -> str:
    """A field of the data: its column, its raw text and, where it has one of its own, its source."""
    cell = book.origins.cells[origin.cells[0]]
    source = _source(cell)
    raw = "" if cell.raw in origin.texts else f"“{cell.raw}”" if cell.raw else "empty"
    field = f"{cell.column} {raw}".strip()
    return field if source == shared_source else f"{field}; {source}"


def _source(cell: Cell) -> str:
    source = ", ".join(filter(None, (cell.provenance, cell.source, cell.locator)))
    claims = ", ".join(claims_behind(cell))
    return f"{source}, solved from the claims {claims}" if claims else source


def _made(origin: Origin, book: _Book, letters: Mapping[str, str]) -> str:
    fields = _fields(origin, book.origins)
    return f"{origin.rule}, from {letters.get(fields, fields)}" if fields else origin.rule


def _fields(origin: Origin, origins: Origins) -> str:
    """The cells by file, their columns named once: "md, se in data/x.csv of row-a (1.0, 0.2)"."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for address in origins.told(origin):
        cell = origins.cells[address]
        fields = rows.setdefault((cell.file, cell.row), {})
        if cell.column != "id":  # the row is named anyway
            fields[cell.column] = cell.raw + (DAGGER if cell.provenance == "reconstructed" else "")
    files: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (file, row), fields in rows.items():
        told = f"{row} ({', '.join(fields.values())})" if fields else row
        files.setdefault((file, tuple(fields)), []).append(told)
    return "; ".join(
        f"{', '.join(columns)} in {file} of {', '.join(found)}"
        if columns
        else f"the rows {', '.join(found)} in {file}"
        for (file, columns), found in files.items()
    )


def _links_to(keys: Sequence[str], book: _Book) -> Iterator[tuple[str, str]]:
    """Target and name of other entries; those of one name say also what they are about."""
    names = Counter(_name(book.origins[key]) for key in keys)
    for key in keys:
        name, *about = book.origins[key].what.split(", ")
        yield f"v-{key}", f"{name} ({about[-1]})" if names[name] > 1 and about else name


def _links(entry: _Element, lead: str, links: Sequence[tuple[str, str]]) -> None:
    """Append "; lead link, link"."""
    for position, (target, name) in enumerate(links):
        before = entry[-1]
        before.tail = (before.tail or "") + (f"; {lead} " if position == 0 else ", ")
        entry.append(E.a({"href": f"#{target}"}, name))
