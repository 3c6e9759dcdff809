"""The quality of the studies: stars of the Newcastle-Ottawa scale, by item where those are recorded.

Wells et al., The Newcastle-Ottawa Scale for assessing the quality of nonrandomised studies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sscreport.draw import phrases
from sscreport.draw.canvas import Canvas, Part
from sscreport.draw.drawing import Drawing, finish
from sscreport.draw.fonts import text_width
from sscreport.draw.labels import POINT_FILL
from sscreport.draw.lines import Line, paragraph, write
from sscreport.problems import BuildError, Problem
from sscreport.records import Field, Review, Row
from sscreport.values import Book, Value
from sscreport.wording import printed

WIDTH = 110.0  # mm
EDGE = 0.5
GAP = 3.0  # between columns
SIZE = 7.5  # points
NOTE_SIZE = 7.0
LINE = 3.8
ROW = 1.4  # a row's height besides its lines
LABEL_SHARE = 0.35  # of the width, for names of studies at most
STAR = 1.5  # largest radius
LEAST_STEP = 1.9  # from star to star
INNER = 0.42  # radius of a star's inner corners, of the outer
EMPTY = "#ffffff"
OUTLINE = "#6b6b6b"
BANDS = {"low": "#dcdcdc", "moderate": "#efefef", "high": "#ffffff"}
TABLE = "newcastle_ottawa"


@dataclass(frozen=True)
class Grid:
    """Where the stars stand: the first one's left end, and the room of each, in mm."""

    left: float
    step: float

    def star(self, position: float) -> float:
        """The middle of the star at ``position``, counted from 0."""
        return self.left + (position + 0.5) * self.step

    @property
    def radius(self) -> float:
        return min(STAR, 0.42 * self.step)


def items_of(review: Review) -> list[Field]:
    """The items recorded of any study: the table's columns of whole numbers besides the total."""
    rows = review.tables[TABLE]
    return [
        field
        for name, field in review.fields[TABLE].items()
        if field.kind == "integer" and name != "total" and any(row.content(name) is not None for row in rows)
    ]


def nos_plot(figure_id: str, review: Review, width: float = WIDTH) -> Drawing:
    """Each study's stars, ``width`` mm wide.

    Where the table has columns for the items, the stars stand under their items; otherwise in one row
    out of ``policy.quality.maximum``, on the shades of the review's bands. An item's most stars are
    its ``maximum`` in the dictionary, one where there is none.
    """
    canvas, rows, items = Canvas(width), review.tables[TABLE], items_of(review)
    names = [review.studies[row.content("study")].label for row in rows]
    label_width = min(LABEL_SHARE * width, max(text_width(printed(name), SIZE) for name in names) + 0.01)
    labels = [paragraph((name,), label_width, SIZE) for name in names]
    words = [review.book[f"quality.of.{row.id}"] for row in rows]
    word_width = max(text_width(text, SIZE, True) for text in (phrases.QUALITY, *map(printed, words)))
    total_width = text_width(phrases.STARS, SIZE, True)
    word_x = width - EDGE - word_width
    total_x = word_x - GAP - total_width
    stars = [int(item.maximum or 1) for item in items] or [int(_policy(review.book, "maximum").content)]
    left = EDGE + label_width + GAP
    grid = Grid(left, (total_x - GAP - left) / sum(stars))
    if grid.step < LEAST_STEP:
        raise BuildError([Problem("figure", f"There is no room for {sum(stars)} stars: make it wider.")])

    y = EDGE + LINE
    canvas.text(EDGE, y, phrases.STUDY, SIZE, bold=True)
    canvas.text(total_x, y, phrases.STARS, SIZE, bold=True)
    canvas.text(word_x, y, phrases.QUALITY, SIZE, bold=True)
    top = y + ROW
    bottom = top + sum(_height(label) for label in labels)
    if items:
        starts = [sum(stars[:i]) for i in range(len(items))]
        for letter, start, most in zip(phrases.LETTERS, starts, stars, strict=False):
            canvas.text(grid.star(start + (most - 1) / 2), y, letter, SIZE, bold=True, anchor="middle")
    else:
        _bands(canvas, grid, review.book, top, bottom)
    canvas.line((EDGE, top), (width - EDGE, top))
    y = top
    for row, label, word in zip(rows, labels, words, strict=True):
        write(canvas, EDGE, y + ROW / 2 + LINE - 1.0, label, SIZE, LINE)
        middle = y + _height(label) / 2
        if items:
            for item, start, most in zip(items, starts, stars, strict=True):
                _stars(canvas, grid, start, most, middle, row[item.name])
        else:
            _stars(canvas, grid, 0, stars[0], middle, row["total"])
        canvas.text(total_x + total_width / 2, middle + 0.95, row["total"], SIZE, anchor="middle")
        canvas.text(word_x, middle + 0.95, word, SIZE)
        y += _height(label)
    canvas.line((EDGE, bottom), (width - EDGE, bottom))
    canvas.height = _notes(canvas, review.book, items, bottom + 0.8) + 1.2
    return finish(figure_id, canvas, _told(names, rows, words, items))


def _policy(book: Book, name: str) -> Value:
    return book[f"review.policy.quality.{name}"]


def _height(lines: Sequence[Line]) -> float:
    return len(lines) * LINE + ROW


def _bands(canvas: Canvas, grid: Grid, book: Book, top: float, bottom: float) -> None:
    """The review's bands of quality as shades behind the stars, named above where there is room for all."""
    low, high = _policy(book, "low_up_to").content, _policy(book, "high_from").content
    ends = (0, low, high - 1, _policy(book, "maximum").content)
    rooms = [(grid.left + grid.step * start, grid.step * (end - start)) for start, end in pairwise(ends)]
    named = all(text_width(name, NOTE_SIZE) < room for name, (_, room) in zip(BANDS, rooms, strict=True))
    for (name, fill), (left, room) in zip(BANDS.items(), rooms, strict=True):
        canvas.rectangle(left, top, room, bottom - top, fill)
        if named:
            canvas.text(left + room / 2, top - ROW, name, NOTE_SIZE, anchor="middle")


def _stars(canvas: Canvas, grid: Grid, start: int, most: int, y: float, value: Value) -> None:
    """``most`` stars from the one at ``start``, filled up to the value; a dash where it is not known."""
    if value.content is None:
        canvas.text(grid.star(start + (most - 1) / 2), y + 0.95, "–", SIZE, anchor="middle")
        return
    for i in range(most):
        corners = []
        for j in range(10):
            radius, angle = grid.radius * (INNER if j % 2 else 1), math.pi * (j / 5 - 0.5)
            corners.append((grid.star(start + i) + radius * math.cos(angle), y + radius * math.sin(angle)))
        earned = i < value.content
        canvas.shape(
            *corners,
            fill=POINT_FILL if earned else EMPTY,
            outline=POINT_FILL if earned else OUTLINE,
            width=0.4,
            value=value,
        )


def _notes(canvas: Canvas, book: Book, items: Sequence[Field], y: float) -> float:
    """What the letters and the words stand for; returns the last baseline."""
    bands = phrases.quality_bands(*(_policy(book, name) for name in ("maximum", "low_up_to", "high_from")))
    notes: list[Sequence[Part]] = [phrases.quality_items([item.title for item in items])] if items else []
    for parts in (*notes, bands):
        lines = paragraph(parts, canvas.width - 2 * EDGE, NOTE_SIZE)
        y = write(canvas, EDGE, y + LINE, lines, NOTE_SIZE, LINE)
    return y


def _told(names: Sequence[Value], rows: Sequence[Row], words: Sequence[Value], items: Sequence[Field]) -> str:
    """The plot for listeners: every study's stars, by item where those are known."""
    studies = []
    for name, row, word in zip(names, rows, words, strict=True):
        by_item = ", ".join(f"{item.title} {printed(row[item.name])}" for item in items)
        studies.append(
            f"{printed(name)} {printed(row['total'])}, {printed(word)}" + (f" ({by_item})" if items else "")
        )
    return f"Stars of the Newcastle-Ottawa scale and quality of each study. {'; '.join(studies)}."
