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
from sscreport.reading import ORIGIN, VALUE, Reading

_WORD = re.compile(r"[\w.,−–]+")
_PLACE = re.compile(r"[Pp]age (\d+), lines? (\d+)(?: to (\d+))?")


@dataclass(frozen=True)
class Finding:
    """Something that does not fit: the file it is about, and what."""

    file: str
    message: str


def check_package(folder: Path, inputs: Mapping[str, str] | None = None) -> list[Finding]:
    """Everything that does not fit in a package; ``inputs`` are those of the review today."""
    letter, manuscript = folder / "letter.html", folder / "manuscript.docx"
    missing = [
        name
        for name in ("letter.html", "letter.docx", "letter.pdf", "manuscript.docx", "manuscript.pdf")
        if not (folder / name).is_file()
    ]
    if missing:
        raise UsageError(f"{folder} is no package of a response: it has no {', '.join(missing)}.")
    page = html.fromstring(letter.read_bytes())
    reading = read_docx(manuscript)
    lines = read_lines(folder / "manuscript.pdf")
    return [
        *_comments(page),
        *_passages(page, reading, lines),
        *_values(page, reading),
        *_same_words(folder, page),
        *_stale(reading, inputs),
    ]


def _comments(page: HtmlElement) -> Iterator[Finding]:
    for part in page.xpath("//*[@data-comment]"):
        answer = [child for child in part if child.tag not in ("h3", "aside")]
        if not any("".join(child.itertext()).strip() for child in answer):
            yield Finding("letter.html", f"“{part.get('data-comment')}” has no answer.")


def _passages(page: HtmlElement, reading: Reading, lines: list[Line]) -> Iterator[Finding]:
    whole = _plain("".join(piece.text for piece in reading.pieces if piece.kind != ORIGIN))
    for element in page.xpath("//*[@data-passage]"):
        text = element.get("data-passage")
        shown = _plain(element.text_content())
        quoted = _plain(element.findtext("p") or "").strip("“”") if element.tag == "blockquote" else None
        if _signs(text) not in _signs(whole):
            yield Finding(
                "manuscript.docx", f"The letter quotes “{text}”, which does not stand in the manuscript."
            )
        if quoted is not None and _signs(quoted) != _signs(text):
            yield Finding("letter.html", f"The letter quotes “{quoted}”, where the manuscript says “{text}”.")
        told = _PLACE.search(shown)
        if told is None:
            continue
        if not _stands(lines, text, int(told[1]), int(told[2]), int(told[3] or told[2])):
            yield Finding("letter.html", f"“{text}” does not stand on {told[0]} of manuscript.pdf.")


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


def _values(page: HtmlElement, reading: Reading) -> Iterator[Finding]:
    printed: dict[str, set[str]] = {}
    for piece in (*reading.pieces, *reading.drawn):
        if piece.kind == VALUE:
            printed.setdefault(piece.key, set()).add(_plain(piece.text))
    for element in page.xpath("//*[@data-value or @data-now]"):
        key = element.get("data-value") or element.get("data-now")
        own = _plain(element.text_content()).rstrip("†")
        for text in own.split(" / "):
            if key in printed and text not in {one.removeprefix("= ") for one in printed[key]} | printed[key]:
                yield Finding(
                    "letter.html",
                    f"The letter says {text} of {key}; the manuscript prints {' / '.join(sorted(printed[key]))}.",
                )


def _same_words(folder: Path, page: HtmlElement) -> Iterator[Finding]:
    """The letter's other forms against its page, word by word."""
    (main,) = page.xpath("//main")
    wanted = Counter(_WORD.findall(_joined(main)))
    for name, read in (("letter.docx", read_docx), ("letter.pdf", read_pdf)):
        found = Counter(_WORD.findall(" ".join(piece.text for piece in read(folder / name).pieces)))
        for word in [*(wanted - found)][:3] if name == "letter.docx" else ():
            yield Finding(name, f"The Word file of the letter lacks “{word}”, which stands on its page.")


def _joined(element: HtmlElement) -> str:
    return " ".join(element.itertext())


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
