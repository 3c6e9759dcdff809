"""Forest plots: a `Plan` placed in one of the layouts journals print, on as many pages as it needs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sscreport.draw.canvas import INK, Anchor, Canvas, Line, Mark, Shape, line_text
from sscreport.draw.drawing import Drawing, finish
from sscreport.draw.fonts import MM_PER_POINT, text_width
from sscreport.draw.frame import (
    BOLD,
    GAP,
    LAYOUTS,
    LIGHT,
    MARGIN,
    MORE,
    ROW,
    STAR,
    WIDTH,
    Field,
    Frame,
    Layout,
    framed,
    is_statistics,
)
from sscreport.draw.lines import wrap_parts
from sscreport.draw.plan import Light, Parts, Plan, Result, Row, merged
from sscreport.values import Value

PAGE = 235.0  # mm, the height of one
BASELINE = 0.93  # from a row's middle down to its baseline: half the height of a capital
AXIS_NAMES = 7.2  # from the axis down to the baseline of the names of its sides
NOTE_SIZE = 7.0
PLAIN_SQUARE = 1.5  # where there is no weight
DIAMOND = 2.7
ARROW = 1.5
RULE = "#8a8a8a"
ZONE = "#e4e4e4"
LIGHTS = {"low": ("#009E73", "+"), "some": ("#E69F00", "?"), "high": ("#D55E00", "−")}


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
    frame = framed(figure_id, merged(plan) if setting.merge else plan, setting, width)
    return tuple(_page(figure_id, frame, rows, last) for rows, last in _pages(frame, height))


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
    if page.frame.stacked and is_statistics(row):
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
