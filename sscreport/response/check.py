"""Check a finished package: whether the letter says what the finished manuscript says.

Only the files are read. Every quotation must stand in the manuscript, at the page and lines that the
letter names; every number must be printed under its key; the three forms of the letter must say the
same; and the manuscript must be the one that today's data give.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lxml import html
from lxml.html import HtmlElement

from sscreport.problems import UsageError
from sscreport.read.docx import read_docx
from sscreport.read.lines import Line, read_lines
from sscreport.read.pdf import read_pdf
from sscreport.reading import ORIGIN, PAGE, VALUE, Reading

LETTER = "letter.html"
NEEDED = (LETTER, "letter.docx", "letter.pdf", "manuscript.docx", "manuscript.pdf")
MOST = 5  # words of one form that another lacks; more of them say no more
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"[−+]?\d(?:[\d.,\u202f\u2009]*\d)?")
_PLACE = re.compile(r"[Pp]age (\d+), lines? (\d+)(?: to (\d+))?")


@dataclass(frozen=True)
class Finding:
    """Something that does not fit: the file it is about, and what."""

    file: str
    message: str


def check_package(folder: Path, inputs: Mapping[str, str] | None = None) -> list[Finding]:
    """Everything that does not fit in a package; ``inputs`` are those of the review today."""
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise UsageError(f"{folder} is no package of a response: it has no {', '.join(missing)}.")
    page = html.document_fromstring((folder / LETTER).read_bytes())
    manuscript = read_docx(folder / "manuscript.docx")
    lines = read_lines(folder / "manuscript.pdf")
    return [
        *_comments(page),
        *_passages(page, manuscript, lines),
        *_values(page, manuscript),
        *_same_words(folder, page),
        *_stale(manuscript, inputs),
    ]


def _comments(page: HtmlElement) -> Iterator[Finding]:
    for part in page.xpath("//*[@data-comment]"):
        answer = [child for child in part if child.tag not in ("h3", "aside")]
        if not any("".join(child.itertext()).strip() for child in answer):
            yield Finding(LETTER, f"“{part.get('data-comment')}” has no answer.")


def _passages(page: HtmlElement, manuscript: Reading, lines: list[Line]) -> Iterator[Finding]:
    """Quotations and places that are not the manuscript's."""
    whole = _signs("".join(piece.text for piece in manuscript.pieces if piece.kind != ORIGIN))
    for element in page.xpath("//*[@data-passage]"):
        text, shown = element.get("data-passage"), _plain(element.text_content())
        if _signs(text) not in whole:
            yield Finding(LETTER, f"“{text}” is quoted, but does not stand in the manuscript.")
        if element.tag == "blockquote" and _signs(f"“{text}”") != _signs(element.xpath("string(p)")):
            yield Finding(
                LETTER, f"The quotation “{_plain(element.xpath('string(p)'))}” should read “{text}”."
            )
        place = _PLACE.search(shown)
        if place and not _stands(lines, text, int(place[1]), int(place[2]), int(place[3] or place[2])):
            yield Finding(LETTER, f"“{text}” does not stand on {place[0].lower()} of manuscript.pdf.")
        elif (
            not place
            and element.get("data-place", "").count(":") == 2
            and not element.get("data-place", "").endswith(":0")
        ):
            yield Finding(LETTER, f"The place of “{text}” is gone from the letter.")


def _stands(lines: list[Line], text: str, page: int, first: int, last: int) -> bool:
    """Whether a passage begins on one line of a page and ends on the other."""
    between = [line for line in lines if first <= line.number <= last]
    own = _signs(text)
    return (
        bool(between)
        and between[0].page == page
        and own in _signs("".join(line.text for line in between))
        and own not in _signs("".join(line.text for line in between[1:]))
        and own not in _signs("".join(line.text for line in between[:-1]))
    )


def _values(page: HtmlElement, manuscript: Reading) -> Iterator[Finding]:
    """Numbers that the manuscript prints otherwise under the same key."""
    printed: dict[str, set[str]] = {}
    for piece in (*manuscript.pieces, *manuscript.drawn):
        if piece.kind == VALUE:
            printed.setdefault(piece.key, set()).add(_number(piece.text))
    for element in page.xpath("//*[@data-value or @data-now]"):
        key, own = element.get("data-value") or element.get("data-now"), element.text_content()
        for text in map(_number, own.split(" / ")):
            if key in printed and text not in printed[key]:
                told = " / ".join(sorted(printed[key]))
                yield Finding(LETTER, f"The letter says {text} of {key}; the manuscript prints {told}.")


def _number(text: str) -> str:
    return _plain(text).removeprefix("= ").rstrip("†")


def _same_words(folder: Path, page: HtmlElement) -> Iterator[Finding]:
    """What the letter's page has and its other forms lack, or the other way round.

    Lines of the PDF may end within a word, so that there only numbers are compared.
    """
    (main,) = page.xpath("//main")
    text = " ".join(main.itertext())
    for name, read, unit in (("letter.docx", read_docx, _WORD), ("letter.pdf", read_pdf, _NUMBER)):
        pieces = (piece for piece in read(folder / name).pieces if piece.kind != PAGE)
        wanted, found = Counter(unit.findall(text)), Counter(unit.findall(" ".join(p.text for p in pieces)))
        for word in sorted((wanted - found).keys())[:MOST]:
            yield Finding(name, f"“{word}” stands in {LETTER} more often than here.")
        for word in sorted((found - wanted).keys())[:MOST]:
            yield Finding(name, f"“{word}” stands here more often than in {LETTER}.")


def _stale(reading: Reading, inputs: Mapping[str, str] | None) -> Iterator[Finding]:
    if inputs is None or reading.enclosure is None:
        return
    files = reading.enclosure.files
    for name in sorted({*inputs, *files}):
        if inputs.get(name) != files.get(name):
            yield Finding(name, "The review has changed since the package was made; make it anew.")


def _plain(text: str) -> str:
    return " ".join(text.split())


def _signs(text: str) -> str:
    """A text without what a line's end may add or take."""
    return re.sub(r"[\s\u00ad-]+", "", text)
