"""The numbered lines of a finished PDF, by the places of its characters, and where a passage stands in them.

Nothing is known here of how the file was made: a number in the left margin stands beside its line, and
what has the same baseline is that line.
"""

from __future__ import annotations

import ctypes
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from sscreport.read.pdf import MARGIN

APPENDIX = b"origins"  # the destination where the numbers end
NEAR = 6.0  # points between the baseline of a line and that of a raised or lowered character in it
_AT_END = re.compile("[-\N{HYPHEN}\N{SOFT HYPHEN}\x02\ufffe]$")  # as they are printed, and as pdfium tells
_ONE_HYPHEN = str.maketrans({"\N{HYPHEN}": "-", "\N{NON-BREAKING HYPHEN}": "-", "\N{SOFT HYPHEN}": None})
_BREAK = "\x02"  # where a line ends with a hyphen, in texts that are compared
# Before and behind a word or number: "5.1" stands neither in "5.10" nor in "−5.1".
_NOT_WITHIN = (rf"(?<![\w−])(?<!\w{_BREAK})(?<!\d[.,])", rf"(?!{_BREAK}?\w)(?![.,]\d)")


@dataclass(frozen=True)
class Line:
    """A line of running text as it is printed: on the ``page``-th page, with ``number`` beside it."""

    page: int
    number: int
    text: str


@dataclass(frozen=True)
class Passage:
    """Where a passage stands: the page on which it begins, its first and its last line's number."""

    page: int
    first: int
    last: int

    def __str__(self) -> str:
        lines = f"line {self.first}" if self.first == self.last else f"lines {self.first}–{self.last}"
        return f"page {self.page}, {lines}"


@dataclass(frozen=True)
class _Character:
    """A character, and where on its page it begins and its baseline is; NaN for white space between words."""

    text: str
    x: float
    y: float


def read_lines(path: Path) -> list[Line]:
    """Every numbered line before the appendix, in order; none where no line has a number."""
    document = pypdfium2.PdfDocument(path)
    try:
        return [line for number in range(_end(document)) for line in _lines_of(number + 1, document[number])]
    finally:
        document.close()


def find_passage(lines: Sequence[Line], text: str, after: str | Sequence[str] = ()) -> Passage | None:
    """Where ``text`` stands; None where it does not, or where it stands more than once.

    It may begin and end within a line, but not within a word or number, and run over lines and pages.
    White space does not matter, nor a soft hyphen, nor a hyphen that ends a line. ``after`` names
    headings, each behind the one before (``("Results", "Hand pain")``): meant is then the first place
    behind the last of them. With all headings that come before it no place can be mistaken.
    """
    whole = _Whole.of(lines)
    start: int | None = 0
    for heading in [after] if isinstance(after, str) else after:
        start = whole.heading(heading, start)
        if start is None:
            return None
    found = whole.places(text, start)
    first = next(found, None)
    if first is None or (not after and next(found, None) is not None):
        return None
    begin, end = (lines[whole.line_at(position)] for position in (first.start(), first.end() - 1))
    return Passage(begin.page, begin.number, end.number)


@dataclass(frozen=True)
class _Whole:
    """All lines as one text; each ends with a space, or with `_BREAK` instead of its hyphen.

    ``starts`` are where they begin in it, and where the last one ends.
    """

    text: str
    starts: Sequence[int]

    @classmethod
    def of(cls, lines: Sequence[Line]) -> _Whole:
        texts = [re.sub("- $", _BREAK, f"{_plain(line.text)} ") for line in lines]
        return cls("".join(texts), list(accumulate(map(len, texts), initial=0)))

    def places(self, text: str, start: int) -> Iterator[re.Match[str]]:
        """Every place behind ``start``; places do not overlap."""
        signs = "".join(_plain(text).split())
        if not signs:
            return iter(())
        pattern = f"[ {_BREAK}]*".join(f"[-{_BREAK}]" if sign == "-" else re.escape(sign) for sign in signs)
        before = _NOT_WITHIN[0] if signs[0].isalnum() else ""
        behind = _NOT_WITHIN[1] if signs[-1].isalnum() else ""
        return re.compile(f"{before}{pattern}{behind}").finditer(self.text, start)

    def heading(self, text: str, start: int) -> int | None:
        """Where the first heading behind ``start`` ends that reads so; it fills its lines."""
        starts = set(self.starts)
        ends = (m.end() + 1 for m in self.places(text, start) if {m.start(), m.end() + 1} <= starts)
        return next(ends, None)

    def line_at(self, position: int) -> int:
        """Which line a character of the text stands in."""
        return bisect_right(self.starts, position) - 1


def _plain(text: str) -> str:
    """A text with single spaces, without soft hyphens, and with one kind of hyphen."""
    return " ".join(text.translate(_ONE_HYPHEN).split())


def _end(document: Any) -> int:
    """How many pages stand before the appendix."""
    place = pdfium.FPDF_GetNamedDestByName(document.raw, APPENDIX)
    return pdfium.FPDFDest_GetDestPageIndex(document.raw, place) if place else len(document)


def _lines_of(page: int, source: Any) -> Iterator[Line]:
    characters = list(_characters(source.get_textpage()))
    numbers = {y: int(text) for y, text in _in_margin(characters)}
    runs: dict[float, list[list[_Character]]] = {y: [] for y in numbers}
    text = [character for character in characters if character.text.isspace() or character.x >= MARGIN]
    for y, run in groupby(_beside(text, list(numbers)), key=lambda pair: pair[0]):
        if y is not None:
            runs[y].append([character for _, character in run])
    for y in sorted(numbers, reverse=True):
        # A term or a list's mark may come later in the file than what stands to its right.
        parts = sorted(runs[y], key=lambda run: min(c.x for c in run if not c.text.isspace()))
        words = " ".join("".join(character.text for character in run) for run in parts)
        yield Line(page, numbers[y], _AT_END.sub("-", " ".join(words.split())))


def _in_margin(characters: Sequence[_Character]) -> Iterator[tuple[float, str]]:
    digits = [character for character in characters if character.x < MARGIN and character.text.isdecimal()]
    for y, run in groupby(digits, key=lambda character: character.y):
        yield y, "".join(character.text for character in run)


def _beside(
    characters: Sequence[_Character], baselines: Sequence[float]
) -> Iterator[tuple[float | None, _Character]]:
    """Each character with the baseline of the numbered line it stands in; None where it stands in none.

    White space stands where the character before it does.
    """
    nearest: float | None = None
    for character in characters:
        if not character.text.isspace():
            nearest = min(baselines, key=lambda y: abs(y - character.y), default=None)
            if nearest is not None and abs(nearest - character.y) > NEAR:
                nearest = None
        yield nearest, character


def _characters(text: Any) -> Iterator[_Character]:
    x, y = ctypes.c_double(), ctypes.c_double()
    for index in range(text.count_chars()):
        sign = chr(pdfium.FPDFText_GetUnicode(text.raw, index))
        pdfium.FPDFText_GetCharOrigin(text.raw, index, x, y)
        yield _Character(sign, x.value, y.value)
