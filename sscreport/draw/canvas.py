"""Where a figure is placed: marks in millimetres, y downwards, in the order they are painted.

A text is one line composed of parts. Its parts keep their identity, its place is that of the
whole line, so the same line can be measured, painted and marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sscreport.draw.fonts import ASCENT, DESCENT, MM_PER_POINT, text_width
from sscreport.problems import BuildError, Problem
from sscreport.records import Spot
from sscreport.values import Value
from sscreport.wording import has_digit, printed

INK = "#1a1a1a"
# What journals print legibly, in points.
LEAST_TYPE, LEAST_LINE = 7.0, 0.25
Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]


@dataclass(frozen=True)
class Constant:
    """Characters that are no result of the review, and why they may stand there."""

    text: str
    why: str


Part = str | Value | Constant


def part_text(part: Part) -> str:
    """What a part prints."""
    if isinstance(part, Constant):
        return part.text
    return printed(part) if isinstance(part, Value) else part


def line_text(parts: Iterable[Part]) -> str:
    """What a line of parts prints."""
    return "".join(map(part_text, parts))


@dataclass(frozen=True)
class Text:
    """One line of text; ``x`` is its start, middle or end, ``y`` its baseline, ``size`` in points."""

    x: float
    y: float
    parts: tuple[Part, ...]
    size: float
    bold: bool = False
    anchor: Anchor = "start"

    @property
    def text(self) -> str:
        return line_text(self.parts)

    @property
    def width(self) -> float:
        return text_width(self.text, self.size, self.bold)

    @property
    def left(self) -> float:
        """Where the line starts, whatever its anchor."""
        return self.x - self.width * {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]

    def spots(self) -> Iterator[Spot]:
        """Each value and constant in the line, with its box."""
        height = (ASCENT + DESCENT) * self.size * MM_PER_POINT
        top = self.y - ASCENT * self.size * MM_PER_POINT
        before = ""
        for part in self.parts:
            text = part_text(part)
            if not isinstance(part, str):
                left = self.left + text_width(before, self.size, self.bold)
                key = part.key if isinstance(part, Value) else None
                yield Spot(key, text, left, top, text_width(text, self.size, self.bold), height)
            before += text


@dataclass(frozen=True)
class Line:
    """An open line through ``points``, ``width`` in points; ``dash`` is (on, off) in millimetres."""

    points: tuple[Point, ...]
    width: float
    color: str = INK
    dash: tuple[float, float] | None = None
    value: Value | None = None


@dataclass(frozen=True)
class Shape:
    """A closed polygon, with an outline of ``width`` points where that is not 0."""

    points: tuple[Point, ...]
    fill: str
    outline: str = INK
    width: float = 0.0
    value: Value | None = None


@dataclass(frozen=True)
class Disc:
    """A filled circle."""

    x: float
    y: float
    radius: float
    fill: str
    value: Value | None = None


Mark = Text | Line | Shape | Disc


@dataclass
class Canvas:
    """The marks of one figure. ``height`` may be set when all is placed."""

    width: float
    height: float = 0.0
    marks: list[Mark] = field(default_factory=list)

    def text(
        self,
        x: float,
        y: float,
        parts: Part | Sequence[Part],
        size: float,
        bold: bool = False,
        anchor: Anchor = "start",
    ) -> Text:
        """Add one line of text.

        BuildError where a digit stands in words without identity, or the type is too small to print.
        """
        if size < LEAST_TYPE:
            raise BuildError([Problem("figure", f"Type of {size:g} pt is below {LEAST_TYPE:g} pt.")])
        line = (parts,) if isinstance(parts, str | Value | Constant) else tuple(parts)
        for part in line:
            if isinstance(part, str) and has_digit(part):
                raise BuildError([Problem("figure", f"The words {part!r} hold a digit without identity.")])
        mark = Text(x, y, line, size, bold, anchor)
        self.marks.append(mark)
        return mark

    def line(
        self,
        *points: Point,
        width: float = 0.5,
        color: str = INK,
        dash: tuple[float, float] | None = None,
        value: Value | None = None,
    ) -> None:
        _demand_line(width)
        self.marks.append(Line(points, width, color, dash, value))

    def shape(
        self, *points: Point, fill: str, outline: str = INK, width: float = 0.0, value: Value | None = None
    ) -> None:
        if width:
            _demand_line(width)
        self.marks.append(Shape(points, fill, outline, width, value))

    def rectangle(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        outline: str = INK,
        line: float = 0.0,
        value: Value | None = None,
    ) -> None:
        corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
        self.shape(*corners, fill=fill, outline=outline, width=line, value=value)

    def spots(self) -> tuple[Spot, ...]:
        """Every value and constant that is printed, in the order of painting."""
        return tuple(spot for mark in self.marks if isinstance(mark, Text) for spot in mark.spots())

    def disc(self, x: float, y: float, radius: float, fill: str, value: Value | None = None) -> None:
        self.marks.append(Disc(x, y, radius, fill, value))


def _demand_line(width: float) -> None:
    """BuildError where a line is too thin to print."""
    if width < LEAST_LINE:
        raise BuildError([Problem("figure", f"A line of {width:g} pt is below {LEAST_LINE:g} pt.")])
