"""Where a forest plot stands across the page: the layouts of journals, and columns that fit a width."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from types import MappingProxyType

from sscreport.draw.axis import Axis, symmetric_ticks
from sscreport.draw.canvas import INK, Anchor, line_text
from sscreport.draw.fonts import text_width
from sscreport.draw.lines import aligned, wrap_parts
from sscreport.draw.plan import Column, Parts, Plan, Row
from sscreport.problems import BuildError, Problem

WIDTH = 170.0  # mm, the full page
NARROW = 120.0  # mm, below which the type is 7 points
MARGIN = 0.5  # from here on in mm
ROW = 4.1
MORE = 3.1  # a further line of the same row
GAP = 3.2  # between columns
TIGHT = 0.9  # between those of marks
GROUP_GAP = 1.9
LARGEST_SQUARE = 3.3
STAR = 0.85
LIGHT = 1.35
STACKED = 62.0  # width below which lines of statistics do not stand beside the plot
BOLD = ("heading", "subtotal", "total")


@dataclass(frozen=True)
class Layout:
    """How a journal sets a forest plot.

    ``left`` and ``right`` name the columns on each side of the plot. ``merge``: counts stand as
    "events/total". ``sides_above``: the names of both sides stand above the plot. ``pooled_line``: a
    dashed line leads up from the total.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    first: str
    square: str
    subtotal: str
    total: str
    merge: bool = False
    sides_above: bool = False
    pooled_line: bool = False
    bands: str = ""


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "revman": Layout(
            left=("data", "weight", "effect"),
            right=("quality",),
            first="Study or subgroup",
            square="#6f8fae",
            subtotal="#33506e",
            total=INK,
        ),
        "jama": Layout(
            left=("data", "effect"),
            right=("weight", "quality"),
            first="Source",
            square="#1f5a85",
            subtotal="#1f5a85",
            total="#1f5a85",
            sides_above=True,
            pooled_line=True,
            bands="#f2f2f2",
        ),
        "bmj": Layout(
            left=("data",),
            right=("weight", "effect", "quality"),
            first="Study",
            square="#5b5b5b",
            subtotal="#8fb3d1",
            total="#2c6ca3",
            merge=True,
            pooled_line=True,
        ),
    }
)


@dataclass(frozen=True)
class Field:
    """A column as placed, with its cells by row."""

    column: Column
    width: float
    cells: Mapping[int, Parts]
    right: float = 0.0

    @property
    def gap(self) -> float:
        """Between it and what stands left of it."""
        return TIGHT if self.column.tight else GAP


@dataclass(frozen=True)
class Frame:
    """Where everything stands across the page, in mm, with the lines that a row's label takes.

    ``stacked``: lines of statistics have no room beside the plot and take the whole width.
    """

    plan: Plan
    layout: Layout
    width: float
    size: float
    label: float
    stacked: bool
    left: tuple[Field, ...]
    right: tuple[Field, ...]
    axis: Axis
    labels: Mapping[int, Sequence[Parts]]
    head: Sequence[Sequence[tuple[float, Parts, Anchor]]]
    mm_per_weight: float

    @property
    def fields(self) -> tuple[Field, ...]:
        return self.left + self.right

    def height(self, i: int) -> float:
        """Of a row."""
        row = self.plan.rows[i]
        return GROUP_GAP if row.kind == "gap" else ROW + MORE * (len(self.labels[i]) - 1)

    @property
    def top(self) -> float:
        """Where the rule below the headings stands."""
        return MARGIN + ROW * (len(self.head) + 0.15)


def framed(figure_id: str, plan: Plan, layout: Layout, width: float) -> Frame:
    size, beside = (7.5, 2 * GAP) if width >= NARROW else (7.0, GAP)
    plan, left, right, room = _columns(figure_id, plan, layout, width, size, beside)
    block = sum(field.width + field.gap for field in left)
    stacked = room + block < STACKED
    label = _natural_label(plan, layout, size)
    if not stacked:
        lines = [text_width(line_text(row.label), size) for row in plan.rows if is_statistics(row)]
        label = max(label, max(lines, default=0.0) - block)
    label = min(room, label)
    left = tuple(_placed(left, MARGIN + label))
    axis_left = MARGIN + label + block + beside
    axis_right = width - MARGIN - sum(field.width + field.gap for field in right) - beside
    right = tuple(_placed(right, axis_right + beside - GAP))
    axis = Axis(_ticks(plan), plan.log, axis_left, axis_right)
    labels = {
        i: wrap_parts(row.label, width - 2 * MARGIN if stacked else label + block, size, clauses=True)
        if is_statistics(row)
        else wrap_parts(row.label, label, size, row.kind in BOLD)
        for i, row in enumerate(plan.rows)
    }
    heaviest = max((row.result.weight or 0.0 for row in plan.rows if row.result), default=0.0)
    scale = LARGEST_SQUARE / math.sqrt(heaviest or 1.0)
    frame = Frame(plan, layout, width, size, label, stacked, left, right, axis, labels, (), scale)
    return replace(frame, head=_headings(frame))


def _columns(
    figure_id: str, plan: Plan, layout: Layout, width: float, size: float, beside: float
) -> tuple[Plan, tuple[Field, ...], tuple[Field, ...], float]:
    """What of the plan fits, its columns on both sides, and the room that is left for the names."""
    least, names = max(24.0, 0.18 * width), 0.2 * width
    for shed in range(1 + max(c.sheds for columns in plan.columns.values() for c in columns)):
        kept = plan.shed(shed)
        left, right = (_fields(kept, parts, size) for parts in (layout.left, layout.right))
        taken = sum(field.width + field.gap for field in (*left, *right)) + 2 * beside + 2 * MARGIN
        room = width - least - taken
        if room >= min(names, _natural_label(kept, layout, size)):
            return kept, left, right, room
    expected = f"{width:g} mm are too narrow for its columns."
    raise BuildError([Problem(f"forest plot {figure_id}", expected)])


def is_statistics(row: Row) -> bool:
    """Whether a row is a sentence, not sums in columns."""
    return row.kind == "line" and not row.cells


def _natural_label(plan: Plan, layout: Layout, size: float) -> float:
    widths = [
        text_width(line_text(row.label), size, row.kind in BOLD) for row in plan.rows if row.kind != "line"
    ]
    return max([*widths, text_width(plan.first or layout.first, size, bold=True)])


def _fields(plan: Plan, parts: Iterable[str], size: float) -> tuple[Field, ...]:
    """The columns of one side, as wide as what stands in them."""
    fields = []
    for column in (c for part in parts for c in plan.columns.get(part, ())):
        cells = aligned(
            {i: row.cells[column.role] for i, row in enumerate(plan.rows) if column.role in row.cells}
        )
        texts = [line_text(line) for line in cells.values()]
        widths = [text_width(text, size, bold=True) for text in (*texts, line_text(column.header))]
        widths += [_marks_width(column, row) for row in plan.rows]
        fields.append(Field(column, max(widths, default=0.0), cells))
    return _room_for_groups(fields, size)


def _marks_width(column: Column, row: Row) -> float:
    """Of what is drawn in a cell."""
    if row.stars and column.role == "quality":
        return 2.2 * STAR * row.stars[1]
    return 2 * LIGHT if column.role in row.lights else 0.0


def _room_for_groups(fields: Sequence[Field], size: float) -> tuple[Field, ...]:
    """A heading wider than the columns it is shared by widens the first of them."""
    roomy: list[Field] = []
    for name, run in groupby(fields, key=lambda field: field.column.group):
        first, *others = run
        span = first.width + sum(field.gap + field.width for field in others)
        missing = max(0.0, text_width(name, size, bold=True) - span)
        roomy += [replace(first, width=first.width + missing), *others]
    return tuple(roomy)


def _placed(fields: Iterable[Field], right: float) -> Iterator[Field]:
    for field in fields:
        right += field.gap + field.width
        yield replace(field, right=right)


def _ticks(plan: Plan) -> tuple[float, ...]:
    """The axis shows every estimate and every pooled interval, and of the others what it can."""
    firm, loose = [], []
    for row in plan.rows:
        if row.result:
            loose += [row.result.low, row.result.high]
            firm.append(row.result.estimate)
            if row.kind in ("subtotal", "total"):
                firm += [row.result.low, row.result.high]
    firm, loose = ([x for x in numbers if math.isfinite(x)] for numbers in (firm, loose))
    return symmetric_ticks(firm, loose, plan.null, plan.log)


def _headings(frame: Frame) -> list[list[tuple[float, Parts, Anchor]]]:
    """The lines above the rule, from the top: places, texts and anchors."""
    plan, axis, size = frame.plan, frame.axis, frame.size
    middle, span = (axis.left + axis.right) / 2, axis.right - axis.left + 3 * GAP
    above: list[list[tuple[float, Parts, Anchor]]] = []
    if frame.layout.sides_above:
        null = axis.place(plan.null)
        halves = ((plan.sides[0], axis.left - GAP, null), (plan.sides[1], null, axis.right + GAP))
        for name, start, end in halves:
            for i, line in enumerate(wrap_parts((name,), end - start - 1.0, size, bold=True)):
                above += [[]] if len(above) <= i else []
                above[i].append(((start + end) / 2, line, "middle"))
    else:
        for text in ((plan.name,), plan.method):
            above += [[(middle, line, "middle")] for line in wrap_parts(text, span, size, bold=True)]
    first = wrap_parts((plan.first or frame.layout.first,), frame.label + GAP / 2, size, bold=True)
    lines = max(2, len(above), len(first))
    head: list[list[tuple[float, Parts, Anchor]]] = [[] for _ in range(lines - len(above))] + above
    for name, run in groupby(frame.fields, key=lambda field: field.column.group):
        members = list(run)
        if name:
            start, end = members[0].right - members[0].width, members[-1].right
            head[-2].append(((start + end) / 2, (name,), "middle"))
    for line, words in zip(head[-len(first) :], first, strict=True):
        line.append((MARGIN, words, "start"))
    head[-1] += [(field.right, field.column.header, "end") for field in frame.fields]
    return head
