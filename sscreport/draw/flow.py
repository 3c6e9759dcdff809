"""The flow of records and studies through the review, after PRISMA 2020.

Page et al. (2021), BMJ 372:n71. A step of the review is a `Step` of `_chain`; steps and reasons that
data/screening.csv does not count are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sscreport.draw.canvas import Canvas, Point, line_text
from sscreport.draw.drawing import Drawing, finish
from sscreport.draw.fonts import text_width, wrap
from sscreport.draw.lines import Line, demand_room, paragraph
from sscreport.records import Row
from sscreport.values import Book, Value

WIDTH = 165.0  # mm
NARROW = 130.0  # below it, texts are smaller and the stages' column is narrower
LEADING = 3.7
CAP = 1.0  # half the height of capitals: from a line's middle to its baseline
EDGE = 0.3  # room for the outline at the canvas' edge
GAP = 7.0  # between boxes below each other
MAIN_SHARE = 0.5613  # of the room for both columns of boxes
OUTLINE = "#4a4a4a"
STAGE_FILL = "#dfe7ef"
BOX_FILL = "#ffffff"
ARROW = 1.8
INDENT = "\N{NO-BREAK SPACE}" * 3  # plain spaces at the start of a line are not painted

IDENTIFICATION, SCREENING, INCLUDED = "Identification", "Screening", "Included"


@dataclass(frozen=True)
class Column:
    left: float
    width: float

    @property
    def right(self) -> float:
        return self.left + self.width


@dataclass(frozen=True)
class Layout:
    """Sizes that follow from the figure's width: type in points, all else in mm."""

    width: float

    @property
    def narrow(self) -> bool:
        return self.width < NARROW

    @property
    def size(self) -> float:
        return 7.0 if self.narrow else 8.0

    @property
    def pad(self) -> float:
        return 1.7 if self.narrow else 2.3

    @property
    def stage_width(self) -> float:
        return 19.0 if self.narrow else 26.0

    @property
    def main(self) -> Column:
        left = self.stage_width + (1.8 if self.narrow else 5.0)
        between = 5.0 if self.narrow else 9.0
        return Column(left, MAIN_SHARE * (self.width - EDGE - left - between))

    @property
    def side(self) -> Column:
        left = self.main.right + (5.0 if self.narrow else 9.0)
        return Column(left, self.width - EDGE - left)


@dataclass(frozen=True)
class Count:
    """How many, of what; ``listed`` below a heading."""

    words: str | Value
    number: Value | None
    listed: bool = False

    @property
    def tail(self) -> Line:
        return (" (n = ", self.number, ")") if self.number else ()

    @property
    def told(self) -> str:
        return line_text((self.words, *self.tail))


@dataclass(frozen=True)
class Step:
    """A count on the way down, and what leaves the review after it."""

    stage: str
    count: Count
    leaves: tuple[Count, ...] = ()
    heading: str = ""  # above several that leave


@dataclass(frozen=True)
class Box:
    """Counts in a box, their lines, and where it stands, in mm."""

    counts: tuple[Count, ...]
    lines: tuple[Line, ...]
    column: Column
    top: float
    stage: str
    pad: float

    @property
    def height(self) -> float:
        return (len(self.lines) - 1) * LEADING + 2 * (self.pad + CAP)

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def left(self) -> float:
        return self.column.left

    @property
    def right(self) -> float:
        return self.column.right

    @property
    def x(self) -> float:
        return self.column.left + self.column.width / 2

    @property
    def y(self) -> float:
        return self.top + self.height / 2

    @property
    def told(self) -> str:
        """The box in one sentence part: what is listed follows after a colon."""
        first, *rest = self.counts
        told, before = first.told, first
        for count in rest:
            told += (": " if count.listed and not before.listed else ", ") + count.told
            before = count
        return told


def flow_diagram(
    figure_id: str,
    book: Book,
    databases: Sequence[Row],
    excluded: Sequence[Row] = (),
    width: float = WIDTH,
) -> Drawing:
    """The flow diagram from the book's ``flow.*`` counts, ``width`` mm wide.

    ``databases`` are rows with the columns ``database`` and ``records``; ``excluded`` rows of the
    screening whose ``stage`` is the reason why reports were excluded in full text. BuildError where a
    word is wider than its box.
    """
    canvas, layout = Canvas(width), Layout(width)
    main, side = layout.main, layout.side
    searched = _box(_searched(book, databases), layout, main, EDGE, IDENTIFICATION)
    by_hand = _box(
        [Count("Records from hand searching", book["flow.manual"])], layout, side, EDGE, IDENTIFICATION
    )
    boxes, chain = [searched, by_hand], []
    for step in _chain(book, excluded):
        top = max(box.bottom for box in boxes) + GAP
        row = [_box([step.count], layout, main, top, step.stage)]
        if step.leaves:
            row.append(_box(_leaving(step), layout, side, top, step.stage))
        middle = top + max(box.height for box in row) / 2
        row = [replace(box, top=middle - box.height / 2) for box in row]
        if step.leaves:
            _arrow(canvas, (main.right, middle), (side.left, middle))
        chain.append(row[0])
        boxes += row
    top = max(box.bottom for box in boxes) + GAP
    ends = [
        _box([Count(words, book[key])], layout, column, top, INCLUDED)
        for words, key, column in (
            ("Quantitative synthesis", "flow.quantitative", main),
            ("Narrative synthesis only", "flow.narrative", side),
        )
    ]
    _connect(canvas, searched, by_hand, chain, ends)
    _paint(canvas, layout, boxes + ends)
    words = "; ".join(box.told for box in boxes + ends)
    return finish(figure_id, canvas, f"Flow diagram of the review. {words}.")


# --- what is counted


def _searched(book: Book, databases: Sequence[Row]) -> list[Count]:
    """The first box: the sum over databases, each of them, and the registers."""
    counts = [Count("Records from databases", book["flow.databases"])]
    counts += [Count(row["database"], row["records"], listed=True) for row in databases]
    return counts + _counted(book, ("Records from registers", "registers"))


def _counted(book: Book, *entries: tuple[str, str]) -> list[Count]:
    """Those of (words, name of the count) that the review has counted."""
    return [Count(words, book[f"flow.{name}"]) for words, name in entries if f"flow.{name}" in book]


def _chain(book: Book, excluded: Sequence[Row]) -> list[Step]:
    removed = _counted(
        book,
        ("Duplicate records removed", "duplicates"),
        ("Records marked as ineligible by automation tools", "removed_automation"),
        ("Records removed for other reasons", "removed_other"),
    )
    left_out = [Count(row["stage"], book[f"flow.{row.id}"]) for row in excluded]
    if "flow.one_population" in book:
        left_out += _counted(
            book, ("Merged with another report of the same study population", "merged_reports")
        )
    sought = _counted(book, ("Reports sought for retrieval", "sought"))
    steps = [
        Step(
            IDENTIFICATION,
            Count("Records identified", book["flow.identified"]),
            tuple(removed),
            "Records removed before screening",
        ),
        Step(
            SCREENING,
            Count("Titles and abstracts screened", book["flow.deduplicated"]),
            (Count("Records excluded", book["flow.excluded_screening"]),),
        ),
    ]
    steps += [
        Step(SCREENING, count, (Count("Reports not retrieved", book["flow.not_retrieved"]),))
        for count in sought
    ]
    return [
        *steps,
        Step(
            SCREENING,
            Count("Reports assessed in full text", book["flow.full_text"]),
            tuple(left_out),
            "Reports excluded or merged",
        ),
        Step(INCLUDED, Count("Studies included in the review", book["flow.included"])),
    ]


def _leaving(step: Step) -> list[Count]:
    """One count as it is; several as a list."""
    if len(step.leaves) == 1:
        return list(step.leaves)
    return [Count(step.heading, None), *(replace(count, listed=True) for count in step.leaves)]


# --- boxes and connections


def _box(counts: Sequence[Count], layout: Layout, column: Column, top: float, stage: str) -> Box:
    lines = [line for count in counts for line in _lines(count, column.width - 2 * layout.pad, layout.size)]
    return Box(tuple(counts), tuple(lines), column, top, stage, layout.pad)


def _lines(count: Count, width: float, size: float) -> list[Line]:
    """The words broken to the width, their number after the last of them."""
    indent: Line = (INDENT,) if count.listed else ()
    room = width - text_width(INDENT, size) * len(indent)
    if isinstance(count.words, Value):
        lines = paragraph((count.words, *count.tail), room, size)
    else:
        *full, last = wrap(count.words, room, size, tail=line_text(count.tail))
        first, *rest = count.tail or ("",)
        lines = [*((line,) for line in full), (f"{last}{first}".lstrip(" "), *rest)]
        for line in lines:
            demand_room(line_text(line), room, size)
    return [(*indent, *line) for line in lines]


def _connect(canvas: Canvas, searched: Box, by_hand: Box, chain: Sequence[Box], ends: Sequence[Box]) -> None:
    """Both searches run together into the chain; the chain forks into both syntheses."""
    last = chain[-1]
    join = max(searched.bottom, by_hand.bottom) + GAP / 2  # above whatever stands beside the chain
    _line(canvas, (by_hand.x, by_hand.bottom), (by_hand.x, join), (searched.x, join))
    for upper, lower in zip((searched, *chain), (*chain, ends[0]), strict=True):
        _arrow(canvas, (upper.x, upper.bottom), (lower.x, lower.top))
    fork = (last.bottom + ends[1].top) / 2
    _line(canvas, (last.x, fork), (ends[1].x, fork))
    _arrow(canvas, (ends[1].x, fork), (ends[1].x, ends[1].top))


def _line(canvas: Canvas, *points: Point) -> None:
    canvas.line(*points, width=0.7, color=OUTLINE)


def _arrow(canvas: Canvas, start: Point, end: Point) -> None:
    """A straight arrow, downwards or to the right."""
    (x, y), half = end, ARROW / 2.6
    down = start[0] == x
    neck = (x, y - ARROW) if down else (x - ARROW, y)
    sides = ((x - half, neck[1]), (x + half, neck[1])) if down else ((neck[0], y - half), (neck[0], y + half))
    _line(canvas, start, neck)
    canvas.shape(end, *sides, fill=OUTLINE)


def _paint(canvas: Canvas, layout: Layout, boxes: Sequence[Box]) -> None:
    size, pad = layout.size, layout.pad
    for box in boxes:
        canvas.rectangle(box.left, box.top, box.column.width, box.height, BOX_FILL, outline=OUTLINE, line=0.7)
        for i, line in enumerate(box.lines):
            canvas.text(box.left + pad, box.top + pad + 2 * CAP + i * LEADING, line, size)
    for stage in dict.fromkeys(box.stage for box in boxes):
        members = [box for box in boxes if box.stage == stage]
        top, bottom = min(box.top for box in members), max(box.bottom for box in members)
        canvas.rectangle(EDGE, top, layout.stage_width, bottom - top, STAGE_FILL)
        canvas.text(EDGE + layout.stage_width / 2, (top + bottom) / 2 + CAP, stage, size, True, "middle")
    canvas.height = max(box.bottom for box in boxes) + EDGE
