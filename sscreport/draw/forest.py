"""Forest plots: a `Plan` placed in one of the layouts journals print, on as many pages as it needs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from types import MappingProxyType

from sscreport.draw.axis import Axis, symmetric_ticks
from sscreport.draw.canvas import INK, Anchor, Canvas, Line, Mark, Shape, line_text
from sscreport.draw.drawing import Drawing, finish
from sscreport.draw.fonts import MM_PER_POINT, text_width
from sscreport.draw.lines import aligned, wrap_parts
from sscreport.draw.plan import Column, Light, Parts, Plan, Result, Row, merged
from sscreport.problems import BuildError, Problem
from sscreport.values import Value

WIDTH = 170.0  # mm, the full page
PAGE = 235.0  # mm, the height of one
NARROW = 120.0  # mm, below which the type is 7 points
MARGIN = 0.5  # from here on in mm
ROW = 4.1
MORE = 3.1  # a further line of the same row
GAP = 3.2  # between columns
TIGHT = 0.9  # between those of marks
GROUP_GAP = 1.9
BASELINE = 0.93  # from a row's middle down to its baseline: half the height of a capital
AXIS_NAMES = 7.2  # from the axis down to the baseline of the names of its sides
NOTE_SIZE = 7.0
LARGEST_SQUARE = 3.3
PLAIN_SQUARE = 1.5  # where there is no weight
DIAMOND = 2.7
ARROW = 1.5
STAR = 0.85
LIGHT = 1.35
STACKED = 62.0  # width below which lines of statistics do not stand beside the plot
RULE = "#8a8a8a"
ZONE = "#e4e4e4"
LIGHTS = {"low": ("#009E73", "+"), "some": ("#E69F00", "?"), "high": ("#D55E00", "−")}


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


def draw_forest(
    figure_id: str, plan: Plan, layout: str = "revman", width: float = WIDTH, height: float = PAGE
) -> tuple[Drawing, ...]:
    """The pages of a forest plot, ``width`` mm wide and at most ``height`` mm high.

    Squares have an area proportional to weight and a diamond's tips are its interval's ends.
    Intervals that reach beyond the axis end in an arrow. Columns that leave too little room for the
    plot go, those first that `Column.sheds` names first; long names take several lines. BuildError where
    what may not go has no room.
    """
    setting = LAYOUTS[layout]
    frame = _frame(figure_id, merged(plan) if setting.merge else plan, setting, width)
    return tuple(_page(figure_id, frame, rows, last) for rows, last in _pages(frame, height))


# --- across the page


def _frame(figure_id: str, plan: Plan, layout: Layout, width: float) -> Frame:
    size, beside = (7.5, 2 * GAP) if width >= NARROW else (7.0, GAP)
    plan, left, right, room = _columns(figure_id, plan, layout, width, size, beside)
    block = sum(field.width + field.gap for field in left)
    stacked = room + block < STACKED
    label = _natural_label(plan, layout, size)
    if not stacked:
        lines = [text_width(line_text(row.label), size) for row in plan.rows if _is_statistics(row)]
        label = max(label, max(lines, default=0.0) - block)
    label = min(room, label)
    left = tuple(_placed(left, MARGIN + label))
    axis_left = MARGIN + label + block + beside
    axis_right = width - MARGIN - sum(field.width + field.gap for field in right) - beside
    right = tuple(_placed(right, axis_right + beside - GAP))
    axis = Axis(_ticks(plan), plan.log, axis_left, axis_right)
    labels = {
        i: wrap_parts(row.label, width - 2 * MARGIN if stacked else label + block, size, clauses=True)
        if _is_statistics(row)
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


BOLD = ("heading", "subtotal", "total")


def _is_statistics(row: Row) -> bool:
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


# --- down the page


def _pages(frame: Frame, height: float) -> Iterator[tuple[range, bool]]:
    """The rows of each page, and whether it is the last; what belongs together is not parted."""
    foot = AXIS_NAMES + 2 * MORE + 3
    notes = sum(len(wrap_parts(note, frame.width - 2 * MARGIN, NOTE_SIZE)) for note in frame.plan.notes) * 3.4
    start, used = 0, 0.0
    blocks = list(_blocks(frame.plan.rows))
    for block in blocks:
        need = sum(frame.height(i) for i in block)
        closing = notes if block is blocks[-1] else 0.0
        if used and frame.top + used + need + foot + closing > height:
            yield range(start, block.start), False
            start, used = block.start, 0.0
        used += need
    yield range(start, len(frame.plan.rows)), True


def _blocks(rows: Sequence[Row]) -> Iterator[range]:
    """Rows that stay on one page: a heading with its first study, a summary with its lines."""
    start = 0
    for i in range(1, len(rows)):
        held = rows[i - 1].kind == "heading" or rows[i].kind in ("line", "gap", "prediction")
        if not held:
            yield range(start, i)
            start = i
    yield range(start, len(rows))


@dataclass
class Page:
    """A page while it is filled: ``y`` is the middle of the next row's first line."""

    canvas: Canvas
    frame: Frame
    y: float
    bands: list[Mark] = dataclasses.field(default_factory=list)

    def clear(self, top: float, height: float) -> None:
        """Keep what stands behind the plot away from a line that crosses it."""
        self.canvas.rectangle(MARGIN, top, self.frame.width - 2 * MARGIN, height, "#ffffff")

    def write(
        self, x: float, parts: Parts, bold: bool = False, anchor: Anchor = "start", down: float = 0.0
    ) -> None:
        if line_text(parts):
            self.canvas.text(x, self.y + down + BASELINE, parts, self.frame.size, bold, anchor)


def _page(figure_id: str, frame: Frame, rows: range, last: bool) -> Drawing:
    page = Page(Canvas(frame.width), frame, MARGIN + ROW / 2)
    _head(page)
    shaded, bottom = False, frame.top
    drawn = max(i for i in rows if frame.plan.rows[i].result)
    for i in rows:
        row = frame.plan.rows[i]
        if frame.layout.bands and row.kind == "study":
            shaded = not shaded
            if shaded:
                page.bands.append(_band(page, frame.height(i)))
        _row(page, i, row)
        page.y += frame.height(i)
        if i == drawn:
            bottom = _axis(page, page.y - ROW * 0.25, [frame.plan.rows[n] for n in rows])
            page.y = bottom + ROW * 0.75 if frame.stacked else page.y
    page.canvas.height = _notes(page, bottom, last)
    return finish(figure_id, page.canvas, frame.plan.alt)


def _band(page: Page, height: float) -> Shape:
    left, right, top = MARGIN, page.frame.width - MARGIN, page.y - ROW / 2
    return Shape(
        ((left, top), (right, top), (right, top + height), (left, top + height)), page.frame.layout.bands
    )


def _head(page: Page) -> None:
    frame = page.frame
    for line in frame.head:
        for x, parts, anchor in line:
            page.write(x, parts, bold=True, anchor=anchor)
        page.y += ROW
    for name, run in groupby(frame.fields, key=lambda field: field.column.group):
        members = list(run)
        if name and len(members) > 1:
            y = MARGIN + ROW * (len(frame.head) - 2) + ROW * 0.95
            page.canvas.line(
                (members[0].right - members[0].width, y), (members[-1].right, y), width=0.4, color=RULE
            )
    page.canvas.line((MARGIN, frame.top), (frame.width - MARGIN, frame.top), width=0.6)
    page.y = frame.top + ROW * 0.7


def _row(page: Page, i: int, row: Row) -> None:
    bold = row.kind in BOLD
    if page.frame.stacked and _is_statistics(row):
        height = page.frame.height(i)
        page.clear(page.y - ROW / 2, height)
    for n, line in enumerate(page.frame.labels[i]):
        page.write(MARGIN, line, bold, down=n * MORE)
    for field in page.frame.fields:
        if i in field.cells:
            page.write(field.right, field.cells[i], bold, anchor="end")
        if row.stars and field.column.role == "quality":
            _stars(page, field, *row.stars)
        if field.column.role in row.lights:
            _light(page, field, row.lights[field.column.role])
    if row.result:
        DRAWN[row.kind](page, row.result)


def _stars(page: Page, field: Field, reached: Value, most: int) -> None:
    """As many stars as there are points, filled as far as they were reached."""
    left = field.right - field.width
    for n in range(most):
        fill = INK if n < reached.content else "#ffffff"
        _star(page, left + (2.2 * n + 1.1) * STAR, fill, reached)


def _light(page: Page, field: Field, light: Light) -> None:
    color, sign = LIGHTS[light]
    letter = text_width(line_text(field.column.header), page.frame.size, bold=True)
    x = field.right - letter / 2
    page.canvas.disc(x, page.y, LIGHT, color)
    page.canvas.text(x, page.y + BASELINE, sign, page.frame.size, bold=True, anchor="middle")


def _star(page: Page, x: float, fill: str, value: Value) -> None:
    corners = [
        (x + r * math.sin(math.pi * n / 5), page.y - r * math.cos(math.pi * n / 5))
        for n in range(10)
        for r in [STAR if n % 2 == 0 else 0.42 * STAR]
    ]
    page.canvas.shape(*corners, fill=fill, width=0.25, value=value)


# --- the plot itself


def _square(page: Page, result: Result) -> None:
    """A study's square and its interval, which ends in an arrow where the axis cuts it."""
    axis, y = page.frame.axis, page.y
    page.canvas.line((axis.place(result.low), y), (axis.place(result.high), y), width=0.7, value=result.value)
    if math.isfinite(result.estimate):
        weight = result.weight
        side = PLAIN_SQUARE if weight is None else page.frame.mm_per_weight * math.sqrt(weight)
        x = axis.place(result.estimate)
        page.canvas.rectangle(
            x - side / 2, y - side / 2, side, side, page.frame.layout.square, value=result.value
        )
    _arrows(page, result)


def _arrows(page: Page, result: Result) -> None:
    axis = page.frame.axis
    for cut, x, direction in (
        (result.low < axis.ticks[0], axis.left, -1),
        (result.high > axis.ticks[-1], axis.right, 1),
    ):
        if cut:
            tip, back = x + direction * ARROW / 2, x - direction * ARROW / 2
            page.canvas.shape(
                (tip, page.y), (back, page.y - ARROW / 2.4), (back, page.y + ARROW / 2.4), fill=INK
            )


def _diamond(fill: Callable[[Layout], str]) -> Callable[[Page, Result], None]:
    def draw(page: Page, result: Result) -> None:
        places = (page.frame.axis.place(x) for x in (result.low, result.estimate, result.high))
        left, middle, right = places
        top, bottom = (middle, page.y - DIAMOND / 2), (middle, page.y + DIAMOND / 2)
        page.canvas.shape(
            (left, page.y), top, (right, page.y), bottom, fill=fill(page.frame.layout), value=result.value
        )
        _arrows(page, result)

    return draw


def _prediction(page: Page, result: Result) -> None:
    """A bar with ends where the effect of a new study is expected."""
    axis, y = page.frame.axis, page.y
    low, high = axis.place(result.low), axis.place(result.high)
    page.canvas.line((low, y), (high, y), width=1.6, color="#D55E00", value=result.value)
    for x, cut in ((low, result.low < axis.ticks[0]), (high, result.high > axis.ticks[-1])):
        if not cut:
            page.canvas.line((x, y - 0.9), (x, y + 0.9), width=0.8, color="#D55E00")
    _arrows(page, result)


DRAWN: Mapping[str, Callable[[Page, Result], None]] = {
    "study": _square,
    "subtotal": _diamond(lambda layout: layout.subtotal),
    "total": _diamond(lambda layout: layout.total),
    "prediction": _prediction,
}


def _axis(page: Page, y: float, rows: Sequence[Row]) -> float:
    """The axis with the names of its sides and what lies behind the rows; returns the lowest point."""
    frame, plan, axis = page.frame, page.frame.plan, page.frame.axis
    axis.draw(page.canvas, y, frame.size)
    null = axis.place(plan.null)
    behind: list[Mark] = []
    if plan.important is not None:
        low, high = (
            axis.place(plan.null / plan.important if plan.log else plan.null - plan.important),
            axis.place(plan.null * plan.important if plan.log else plan.null + plan.important),
        )
        behind.append(Shape(((low, frame.top), (high, frame.top), (high, y), (low, y)), ZONE))
    behind.append(Line(((null, frame.top), (null, y)), 0.5, RULE))
    total = next((row.result for row in plan.rows if row.kind == "total"), None)
    if frame.layout.pooled_line and total and any(row.result is total for row in rows):
        x = axis.place(total.estimate)
        behind.append(Line(((x, frame.top), (x, y)), 0.5, frame.layout.total, (0.9, 0.7)))
    page.canvas.marks[:0] = page.bands + behind
    bottom = y + 4.2
    if not frame.layout.sides_above:
        for name, left, right in (
            (plan.sides[0], axis.left - GAP, null - 0.6),
            (plan.sides[1], null + 0.6, axis.right + GAP),
        ):
            lines = wrap_parts((name,), right - left, frame.size) if name else []
            for i, line in enumerate(lines):
                page.canvas.text(
                    (left + right) / 2, y + AXIS_NAMES + i * MORE, line, frame.size, anchor="middle"
                )
                bottom = max(bottom, y + AXIS_NAMES + i * MORE + 1)
    return bottom


def _notes(page: Page, bottom: float, last: bool) -> float:
    """What stands below, on the last page; returns the height of the figure."""
    y = max(page.y - ROW / 2, bottom) + MARGIN
    notes = page.frame.plan.notes if last else ()
    for note in notes:
        for line in wrap_parts(note, page.frame.width - 2 * MARGIN, NOTE_SIZE):
            y += NOTE_SIZE * MM_PER_POINT + 0.8
            page.canvas.text(MARGIN, y, line, NOTE_SIZE)
    return y + 1.2 if notes else y
