"""The flow of records and studies through the review, after PRISMA 2020.

Page et al. (2021), BMJ 372:n71. A step of the review is an entry of `CHAIN`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sscreport.draw.canvas import Canvas, Part, Point, line_text
from sscreport.draw.drawing import Drawing, finish
from sscreport.draw.fonts import text_width, wrap
from sscreport.records import Row
from sscreport.values import Book, Value

WIDTH = 165.0  # mm
SIZE = 8.0  # points
LEADING = 3.7
PAD = 2.3
CAP = 1.0  # half the height of capitals: from a line's middle to its baseline
STAGE_WIDTH = 26.0
EDGE = 0.3  # room for the outline at the canvas' edge
GAP = 7.0  # between boxes below each other
OUTLINE = "#4a4a4a"
STAGE_FILL = "#dfe7ef"
BOX_FILL = "#ffffff"
ARROW = 1.8
INDENT = "\N{NO-BREAK SPACE}" * 3  # plain spaces at the start of a line are not painted


@dataclass(frozen=True)
class Column:
    left: float
    width: float


MAIN, SIDE = Column(31.0, 70.0), Column(110.0, 54.7)


@dataclass(frozen=True)
class Step:
    """A count on the way down, and what leaves the review after it (label, key)."""

    stage: str
    label: str
    key: str
    leaves: tuple[str, str] | None = None


CHAIN = (
    Step(
        "Identification",
        "Records identified",
        "flow.identified",
        ("Duplicate records removed", "flow.duplicates"),
    ),
    Step(
        "Screening",
        "Titles and abstracts screened",
        "flow.deduplicated",
        ("Records excluded", "flow.excluded_screening"),
    ),
    Step(
        "Screening",
        "Reports assessed in full text",
        "flow.full_text",
        ("Merged with another report of the same study population", "flow.merged_reports"),
    ),
    Step("Included", "Studies included in the review", "flow.included"),
)
FOUND = ("Records from databases", "flow.databases")
BY_HAND = ("Records from hand searching", "flow.manual")
ENDS = (("Quantitative synthesis", "flow.quantitative"), ("Narrative synthesis only", "flow.narrative"))


@dataclass(frozen=True)
class Box:
    """A box with its lines of words, where it stands, in mm."""

    lines: tuple[tuple[Part, ...], ...]
    column: Column
    top: float
    stage: str

    @property
    def height(self) -> float:
        return (len(self.lines) - 1) * LEADING + 2 * (PAD + CAP)

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def left(self) -> float:
        return self.column.left

    @property
    def right(self) -> float:
        return self.column.left + self.column.width

    @property
    def x(self) -> float:
        return self.column.left + self.column.width / 2

    @property
    def y(self) -> float:
        return self.top + self.height / 2


def flow_diagram(figure_id: str, book: Book, databases: Sequence[Row]) -> Drawing:
    """The flow diagram from the book's ``flow.*`` counts and the records of each database.

    ``databases`` are rows with the columns ``database`` and ``records``.
    """
    canvas = Canvas(WIDTH)
    stage = CHAIN[0].stage
    searched = Box(_searched(book, databases), MAIN, EDGE, stage)
    by_hand = Box(_counted(*_entry(BY_HAND, book), SIDE), SIDE, EDGE, stage)
    boxes = [searched, by_hand]
    chain: list[Box] = []
    for step in CHAIN:
        chain.append(_steps_box(step, book, below=max(boxes, key=lambda box: box.bottom)))
        boxes.append(chain[-1])
        if step.leaves:
            boxes.append(_beside(chain[-1], step.leaves, book))
            _arrow(canvas, (chain[-1].right, chain[-1].y), (SIDE.left, chain[-1].y))
    top = chain[-1].bottom + GAP
    ends = [
        Box(_counted(*_entry(end, book), column), column, top, chain[-1].stage)
        for end, column in zip(ENDS, (MAIN, SIDE), strict=True)
    ]
    _connect(canvas, searched, by_hand, chain, ends)
    _paint(canvas, boxes + ends)
    words = "; ".join(_told(box) for box in boxes + ends)
    return finish(figure_id, canvas, f"Flow diagram of the review. {words}.")


# --- the words of a box


def _told(box: Box) -> str:
    """The box in one sentence part: what is indented is listed after a colon."""
    texts = [line_text(line) for line in box.lines]
    heading = " ".join(text for text in texts if not text.startswith(INDENT))
    listed = ", ".join(text.removeprefix(INDENT) for text in texts if text.startswith(INDENT))
    return f"{heading}: {listed}" if listed else heading


def _entry(entry: tuple[str, str], book: Book) -> tuple[str, Value]:
    return entry[0], book[entry[1]]


def _number(value: Value) -> tuple[Part, ...]:
    return ("(n = ", value, ")")


def _counted(label: str, value: Value, column: Column) -> tuple[tuple[Part, ...], ...]:
    """The label broken to the column's width, with its count after the last word."""
    number = _number(value)
    *full, last = wrap(label, column.width - 2 * PAD, SIZE, tail=" " + line_text(number))
    return (*((line,) for line in full), (f"{last} ".lstrip(), *number))


def _searched(book: Book, databases: Sequence[Row]) -> tuple[tuple[Part, ...], ...]:
    """The first box: the sum over databases, then each of them."""
    lines = list(_counted(*_entry(FOUND, book), MAIN))
    for row in databases:
        name, number = (INDENT, row["database"]), _number(row["records"])
        whole = (*name, " ", *number)
        fits = text_width(line_text(whole), SIZE) <= MAIN.width - 2 * PAD
        lines += [whole] if fits else [name, (INDENT, *number)]
    return tuple(lines)


# --- places and connections


def _steps_box(step: Step, book: Book, below: Box) -> Box:
    return Box(_counted(step.label, book[step.key], MAIN), MAIN, below.bottom + GAP, step.stage)


def _beside(box: Box, entry: tuple[str, str], book: Book) -> Box:
    """A box in the side column, at the middle of ``box``."""
    draft = Box(_counted(*_entry(entry, book), SIDE), SIDE, 0.0, box.stage)
    return Box(draft.lines, SIDE, box.y - draft.height / 2, box.stage)


def _connect(canvas: Canvas, searched: Box, by_hand: Box, chain: Sequence[Box], ends: Sequence[Box]) -> None:
    """Both searches run together into the chain; the chain forks into both syntheses."""
    first, last = chain[0], chain[-1]
    join = (searched.bottom + first.top) / 2
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


def _paint(canvas: Canvas, boxes: Sequence[Box]) -> None:
    for box in boxes:
        canvas.rectangle(box.left, box.top, box.column.width, box.height, BOX_FILL, outline=OUTLINE, line=0.7)
        for i, line in enumerate(box.lines):
            canvas.text(box.left + PAD, box.top + PAD + 2 * CAP + i * LEADING, line, SIZE)
    for stage in dict.fromkeys(box.stage for box in boxes):
        members = [box for box in boxes if box.stage == stage]
        top, bottom = min(box.top for box in members), max(box.bottom for box in members)
        canvas.rectangle(EDGE, top, STAGE_WIDTH, bottom - top, STAGE_FILL)
        canvas.text(EDGE + STAGE_WIDTH / 2, (top + bottom) / 2 + CAP, stage, SIZE, True, "middle")
    canvas.height = max(box.bottom for box in boxes) + EDGE
