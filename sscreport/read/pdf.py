"""Read a finished PDF back: characters with their places, and the links and destinations on them.

A value is what lies under a link to an entry of the appendix; a constant or a label is what stands
at its named destination.
"""

from __future__ import annotations

import ctypes
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium

from sscreport.enclosure import VALUES, Enclosure
from sscreport.reading import (
    BIBLIOGRAPHY,
    CITATION,
    CONSTANT,
    CROSS_REFERENCE,
    ORIGIN,
    PAGE,
    TEXT,
    VALUE,
    Piece,
    Reading,
)

CODE = "code.json"
MARGIN = 50.0  # points: the head and the foot of a page stand within it, at the left the lines' numbers
NEAR = 2.0  # points between a destination and the first character that stands there
LINE = 16.0  # points: how far below a destination the middle of its characters may lie
LONGEST_MARK = 40  # characters of a constant or label
_HYPHENS = "\x02\ufffe\N{SOFT HYPHEN}"  # what is printed where a word is broken at a line's end
_LINKS = (
    (re.compile("v-(.+)"), VALUE),
    (re.compile("ref-()"), CITATION),
    (re.compile("(?:fig|table)-()"), CROSS_REFERENCE),
)
_MARKS = ((re.compile("c-"), CONSTANT), (re.compile("l-"), CROSS_REFERENCE))

Identity = tuple[str, str]


@dataclass
class _Page:
    """The characters of one page in the order of the file, with the middles of their boxes."""

    number: int
    text: str
    x: np.ndarray
    y: np.ndarray
    left: np.ndarray
    height: float
    identities: list[Identity] = field(default_factory=list)

    def mark(self, positions: Sequence[int] | np.ndarray, identity: Identity) -> None:
        for position in positions:
            self.identities[position] = identity


def read_pdf(path: Path) -> Reading:
    pages = list(_pages(path))
    with pikepdf.open(path) as pdf:
        places = _destinations(pdf)
        for page, source in zip(pages, pdf.pages, strict=True):
            outside = (page.x < MARGIN) | (page.y < MARGIN) | (page.y > page.height - MARGIN)
            page.mark(np.flatnonzero(outside & ~np.isnan(page.y)), (PAGE, ""))
            for name, box in _links(source):
                _mark_link(page, name, box)
        enclosure = _enclosure(pdf)
    for name, (number, left, top) in places.items():
        _mark_destination(pages[number], name, left, top)
    _mark_from(pages, places, "references", BIBLIOGRAPHY, until="supplement")
    _mark_from(pages, places, "origins", ORIGIN)
    pieces = _rejoined([piece for page in pages for piece in _pieces(page)])
    return Reading(pieces, enclosure, numbered=any((page.x < MARGIN).any() for page in pages))


def _pages(path: Path) -> Iterator[_Page]:
    document = pypdfium2.PdfDocument(path)
    try:
        for number, page in enumerate(document):
            yield _page(number, page)
    finally:
        document.close()


def _page(number: int, page: Any) -> _Page:
    text = page.get_textpage()
    raw, count = text.raw, text.count_chars()
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    places = np.full((count, 3), np.nan)
    characters = []
    for index in range(count):
        characters.append(chr(pdfium.FPDFText_GetUnicode(raw, index)))
        # A space between words or at a line's end is not printed and has no box.
        if not characters[-1].isspace() and pdfium.FPDFText_GetCharBox(raw, index, left, right, bottom, top):
            places[index] = ((left.value + right.value) / 2, (bottom.value + top.value) / 2, left.value)
    whole = "".join(characters)
    return _Page(number, whole, *places.T, page.get_height(), [(TEXT, "")] * count)


def _destinations(pdf: pikepdf.Pdf) -> dict[str, tuple[int, float, float]]:
    """Page, left and top of every named destination."""
    if "/Names" not in pdf.Root or "/Dests" not in pdf.Root.Names:
        return {}
    numbers = {page.objgen: number for number, page in enumerate(pdf.pages)}
    found = {}
    for name, target in pikepdf.NameTree(pdf.Root.Names.Dests).items():
        place = target.D if isinstance(target, pikepdf.Dictionary) else target
        if len(place) >= 4 and place[0].objgen in numbers:
            found[name] = numbers[place[0].objgen], float(place[2] or 0), float(place[3] or 0)
    return found


def _links(page: pikepdf.Page) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Destination and box of every internal link on a page."""
    for link in page.get("/Annots") or ():
        if link.get("/Subtype") == "/Link":
            name = link.get("/Dest", link.get("/A", pikepdf.Dictionary()).get("/D"))
            if isinstance(name, pikepdf.String):
                x0, y0, x1, y1 = map(float, link.Rect)
                yield str(name), (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _mark_link(page: _Page, name: str, box: tuple[float, float, float, float]) -> None:
    x0, y0, x1, y1 = box
    for pattern, kind in _LINKS:
        if match := pattern.match(name):
            with np.errstate(invalid="ignore"):
                under = (page.x > x0) & (page.x < x1) & (page.y > y0) & (page.y < y1)
            page.mark(np.flatnonzero(under), (kind, match.group(1)))


def _mark_destination(page: _Page, name: str, left: float, top: float) -> None:
    """A constant or label: from the destination to the end of its first number."""
    kind = next((kind for pattern, kind in _MARKS if pattern.match(name)), None)
    if kind is None:
        return
    with np.errstate(invalid="ignore"):
        near = (abs(page.left - left) < NEAR) & (page.y < top + NEAR) & (page.y > top - LINE)
    if near.any():
        # Ticks of an axis may stand closer than a line's height: the highest is the one meant.
        start = max(np.flatnonzero(near), key=lambda index: page.y[index])
        match = re.match(r"[^\d²³¹]*[\d²³¹][\d.,\u202f]*", page.text[start : start + LONGEST_MARK])
        page.mark(range(start, start + match.end() if match else start), (kind, ""))


def _mark_from(
    pages: Sequence[_Page],
    places: Mapping[str, tuple[int, float, float]],
    name: str,
    kind: str,
    until: str = "",
) -> None:
    """Everything after a section's heading, to that of the section ``until`` or the end of the document."""
    if name not in places:
        return
    first, _, top = places[name]
    last, _, end = places.get(until, (len(pages), 0.0, 0.0))
    for page in pages[first : last + 1]:
        for index, (own, _) in enumerate(page.identities):
            below = page.number > first or page.y[index] <= top or np.isnan(page.y[index])
            above = page.number < last or page.y[index] > end
            if below and above and own != PAGE:
                page.identities[index] = (kind, "")


def _pieces(page: _Page) -> Iterator[Piece]:
    """Runs of characters with one identity; a broken word is joined again.

    At a line's end a word's own hyphen cannot be told from one that was set in, so no hyphen within
    a word is read anywhere.
    """
    _bridge(page)
    place = f"page {page.number + 1}"
    text, identities, index = page.text, page.identities, 0
    kept: list[int] = []
    while index < len(text):
        if text[index] in _HYPHENS or _within_a_word(text, index):
            while index + 1 < len(text) and text[index + 1] in "\r\n":
                index += 1
        else:
            kept.append(index)
        index += 1
    for identity, run in groupby(kept, key=lambda i: identities[i]):
        yield Piece("".join(text[i] for i in run), *identity, place)
    yield Piece("\n", TEXT, "", place)


def _rejoined(pieces: Sequence[Piece]) -> list[Piece]:
    """A value that the end of a page breaks is one piece again, on the page where it begins.

    It ends a line there, though perhaps not the page: figures come after the text.
    """
    joined: list[Piece] = []
    ended: dict[str, int] = {}  # values that end a line of the page before, by key
    page = ""
    for piece, following in zip(pieces, [*pieces[1:], Piece("")], strict=True):
        begins_page = piece.place != page and piece.kind != PAGE and piece.text.strip()
        if begins_page and piece.kind == VALUE and piece.key in ended:
            first = joined[ended[piece.key]]
            joined[ended[piece.key]] = replace(first, text=f"{first.text} {piece.text}")
        else:
            joined.append(piece)
        if begins_page:
            ended, page = {}, piece.place
        if piece.kind == VALUE and following.text[:1] in ("\r", "\n"):
            ended[piece.key] = len(joined) - 1
    return joined


def _within_a_word(text: str, index: int) -> bool:
    around = text[index - 1 : index] + text[index + 1 : index + 2]
    return text[index] == "-" and around.isalnum() and not around.isdecimal()


def _bridge(page: _Page) -> None:
    """White space between two characters of one identity belongs to it."""
    last: int | None = None
    for index, character in enumerate(page.text):
        if character.isspace():
            continue
        if last is not None and page.identities[last] == page.identities[index]:
            page.mark(range(last + 1, index), page.identities[index])
        last = index


def _enclosure(pdf: pikepdf.Pdf) -> Enclosure | None:
    """The attachments; None where the file has none of ours."""
    found = {name: file.get_file().read_bytes().decode("utf-8") for name, file in pdf.attachments.items()}
    if VALUES not in found or CODE not in found:
        return None
    values, code = found.pop(VALUES), json.loads(found.pop(CODE))
    return Enclosure(found, values, code["sscreport"], code["sha256"])
