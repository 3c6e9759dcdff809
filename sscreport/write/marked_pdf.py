"""The manuscript with its changes marked, as PDF: old and new text in one, a bar in the margin.

What only the old edition has is struck through, what only the new one has underlined. A bar stands
beside every block, row and figure that differs; changed figures are printed before and after. Each
revision has a number that leads to its cause in the list at the end, and back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from textwrap import shorten

from lxml.builder import E
from lxml.etree import _Element

from sscreport.changes import Changes
from sscreport.document import Manuscript, place_names
from sscreport.draw.fonts import foreign
from sscreport.problems import BuildError, Problem
from sscreport.records import Figure
from sscreport.redline.marks import MARKED, first_marks, mark_of, push_down, wrap
from sscreport.redline.records import Revision
from sscreport.write.pages import with_wide_tables_last
from sscreport.write.pdf import print_pdf
from sscreport.write.pdf_markup import HIGHEST_FIGURE, WIDEST_FIGURE, as_page, plot, printed_width

_STYLE = Path(__file__).with_name("marked.css")
_CONTAINERS = frozenset(
    ("article", "section", "header", "aside", "div", "ul", "ol", "dl", "figure")
    + ("table", "thead", "tbody", "tr")
)
_BLOCKS = ("p", "h1", "h2", "h3", "h4", "figcaption", "li", "dt", "dd")
_WORDS = {"del": "before", "ins": "after"}
_LABEL = 6.0  # mm: the word above a drawing, with the room round it
_BETWEEN = 4.0  # mm between two drawings side by side
_LONG = 140  # characters of a text in the list


def write_marked_pdf(changes: Changes, old: Manuscript, new: Manuscript, path: Path) -> None:
    """Write the marked manuscript to ``path``, the same bytes for the same changes.

    Raises as `sscreport.write.pdf.print_pdf` does, and BuildError for a figure that was not drawn.
    """
    article = with_wide_tables_last(changes.redline.tree)
    for element in article.iter():
        push_down(element, _CONTAINERS)
    _set_bars(article)
    _set_marks(article)
    _number(article)
    _set_figures(article, old.figures, new.figures)
    article.insert(0, _legend(changes))
    article.append(_list(changes))
    title = f"{new.title}: changes from {changes.old.name} to {changes.new.name}"
    print_pdf(as_page(article, new, title), _told(changes, new), path, more_style=_STYLE)


def _number(article: _Element) -> None:
    """Set each revision's number behind its first mark."""
    for number, mark in first_marks(article).items():
        link = E.a(str(number), {"href": f"#revision-{number}", "id": f"mark-{number}"})
        sign = E.sup({"class": "revision"}, link)
        mark.addnext(sign)


def _set_marks(article: _Element) -> None:
    for element in article.xpath(".//*[@data-change][not(self::img)]"):
        if element.tag in ("td", "th"):
            element.set("class", f"{element.get('class', '')} differs".strip())
        wrap(element)


# ---------------------------------------------------------------- bars


def _set_bars(article: _Element) -> None:
    for block in article.iter(*_BLOCKS):
        if block.xpath(MARKED) and next(block.iterancestors("table", "li", "dd"), None) is None:
            _add_class(block, "barred")
    for table in article.iter("table"):
        if table.xpath(MARKED):
            _add_class(table, "barred")
            _set_row_bars(table)


def _set_row_bars(table: _Element) -> None:
    """Mark the cell that begins each row, which may begin above it, and those whose row differs."""
    for part in table:
        begun, left = None, 0
        for row in part.iterfind("tr"):
            if left == 0 and len(row):
                begun, left = row[0], int(row[0].get("rowspan", "1"))
                _add_class(begun, "first")
            left = max(left - 1, 0)
            if begun is not None and row.xpath(MARKED):
                _add_class(begun, "bar")
            for cell in row:
                if cell.get("data-change") is None and cell.xpath(MARKED):
                    _add_class(cell, "differs")


def _add_class(element: _Element, name: str) -> None:
    names = element.get("class", "").split()
    if name not in names:
        element.set("class", " ".join([*names, name]))


# ---------------------------------------------------------------- figures


def _set_figures(article: _Element, old: Mapping[str, Figure], new: Mapping[str, Figure]) -> None:
    """Drawings as they are, and those that differ beside or below one another, whichever is larger."""
    for figure in article.xpath(".//figure[img]"):
        images = figure.findall("img")
        drawn = [_figure(image, old, new) for image in images]
        if not any(image.get("data-change") for image in images):
            for image, drawing in zip(images, drawn, strict=True):
                plot(image, drawing, printed_width(drawing))
            continue
        stacked, width = _arranged(drawn)
        box = E.div({"class": "editions stacked" if stacked else "editions"})
        images[0].addprevious(box)
        for image, drawing in zip(images, drawn, strict=True):
            box.append(_edition(image, drawing, width))


def _figure(image: _Element, old: Mapping[str, Figure], new: Mapping[str, Figure]) -> Figure:
    name, figures = image.get("data-figure"), old if image.get("data-edition") == "old" else new
    if name not in figures:
        raise BuildError([Problem("PDF", f"The figure “{name}” was never drawn.")])
    return figures[name]


def _arranged(drawn: Sequence[Figure]) -> tuple[bool, float]:
    """Whether drawings are largest below one another, and the width that each may then have, in mm."""
    number = len(drawn)
    beside = (WIDEST_FIGURE - (number - 1) * _BETWEEN) / number
    highest = HIGHEST_FIGURE / number - _LABEL
    below = min(printed_width(figure, highest=highest) for figure in drawn)
    alone = min(printed_width(figure, beside, HIGHEST_FIGURE - _LABEL) for figure in drawn)
    return (True, below) if below >= alone else (False, alone)


def _edition(image: _Element, drawing: Figure, width: float) -> _Element:
    """A drawing with the word that says which edition's it is, and the revision's number."""
    label = E.p({"class": "edition"}, _WORDS.get(mark_of(image), ""))
    sign = image.getnext()
    if sign is not None and sign.get("class") == "revision":
        label.append(sign)
    for name in ("data-change", "data-revision"):
        image.attrib.pop(name, None)
    image.tail = None
    box = E.div({"class": "edition", "style": f"width: {width:.2f}mm"}, label, image)
    plot(image, drawing, width)
    return box


# ---------------------------------------------------------------- what explains the marks


def _legend(changes: Changes) -> _Element:
    sides = E.p(E.strong("Changes marked: "), f"from {changes.old.name} to {changes.new.name}. ")
    sides.extend([E("del", "Struck through"), E.ins("underlined")])
    sides[-2].tail, sides[-1].tail = " is what only the old edition has, ", " what only the new one has; "
    link = E.a("a list at the end", {"href": "#revisions"})
    link.tail = " with its cause."
    sides[-1].tail += "a bar stands beside whatever differs. The number of each change leads to "
    sides.append(link)
    return E.aside({"class": "notice"}, sides)


def _list(changes: Changes) -> _Element:
    """Every revision by its number, under what caused it."""
    section = E.section({"id": "revisions"}, E.h2("Changes and their causes"))
    revisions = sorted(changes.redline.revisions, key=lambda revision: revision.number)
    for positions, members in groupby(revisions, key=lambda r: changes.revision_causes.get(r.number, ())):
        told = "; ".join(changes.causes[position].told for position in positions) or "Cause not known"
        section.append(E.h3(_printable(told)))
        section.extend(_entry(revision, changes) for revision in members)
    return section


def _entry(revision: Revision, changes: Changes) -> _Element:
    link = E.a(str(revision.number), {"href": f"#mark-{revision.number}"})
    entry = E.p({"class": "entry", "id": f"revision-{revision.number}"}, link)
    link.tail = f" {changes.place_names.get(revision.place, revision.place)}: "
    entry.extend(_texts(revision))
    return entry


def _texts(revision: Revision) -> Iterator[_Element]:
    """What it deletes and inserts; the texts of a figure are its label, and alike."""
    texts = {"del": revision.before, "ins": revision.after} if revision.before != revision.after else {}
    marks = [E(tag, shorten(text, _LONG, placeholder=" …")) for tag, text in texts.items() if text.strip()]
    for mark in marks[:-1]:
        mark.tail = " "
    yield from marks or [E.span("drawn otherwise")]


def _printable(text: str) -> str:
    """Names and messages from outside of the review may have any characters; ours are those of the fonts."""
    return "".join("?" if foreign(sign) else sign for sign in text)


def _told(changes: Changes, new: Manuscript) -> dict[str, str]:
    """What a listener hears of a link, by the id it leads to."""
    told = {"revisions": "Changes and their causes", **place_names(new.tree)}
    told |= {item.get("id"): "".join(item.itertext()) for item in new.tree.iterfind(".//li[@id]")}
    for revision in changes.redline.revisions:
        told[f"revision-{revision.number}"] = f"What caused change {revision.number}"
        told[f"mark-{revision.number}"] = f"Where change {revision.number} is"
    return told
