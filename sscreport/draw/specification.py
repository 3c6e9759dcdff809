"""Specification curves: the result of every reasonable analysis, and below it what each had chosen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from sscreport.draw import phrases
from sscreport.draw.axis import Upright, plain_ticks, to_scale
from sscreport.draw.canvas import Canvas, Point, part_text
from sscreport.draw.drawing import Drawing, finish
from sscreport.draw.fonts import MM_PER_POINT, text_width
from sscreport.draw.labels import POINT_FILL, RADIUS
from sscreport.draw.lines import Line, demand_room, paragraph, write
from sscreport.draw.plot_sizes import EDGE, LINE, NOTE_SIZE, RIGHT_MARGIN, SIZE, TOP
from sscreport.measures import MEASURES
from sscreport.records import Grid, Specification, Synthesis
from sscreport.values import Value

WIDTH = 150.0  # mm, the usual one
HEIGHT = 26.0  # of the curve
ROW, TICK = 2.75, 1.6  # mm, of a line of choices and of the marks on it
BETWEEN = 1.1  # two dimensions
BELOW_AXIS = 1.0  # before the first of them, for the last label of the axis
BESIDE = 1.6  # from a name to the marks
BASELINE = 0.7  # mm, from the bottom of a line to that of its name
SIGNIFICANT, OTHER = POINT_FILL, "#c3cbd3"
ARTICLE, SOUND = "#d55e00", "#009e73"
SHARE = 0.75  # of the room of a specification that its mark takes, where that is not too narrow
NARROW = 0.5  # mm
REACH = 0.75  # past the estimates, in their range, that an axis shows of wider intervals


def specification_curve(figure_id: str, synthesis: Synthesis, grid: Grid, width: float = WIDTH) -> Drawing:
    """All results of ``grid`` with their intervals, by size, and below them a mark at every choice made.

    The article's specification and the sound one are named. Simonsohn et al. 2020, Nat Hum Behav 4:1208.
    """
    canvas, measure = Canvas(width), MEASURES[synthesis.analysis.measure]
    specs, bottom = grid.specifications, TOP + HEIGHT
    side = Upright(_ticks(specs, measure.null, measure.log), measure.log, bottom, TOP)
    left = max(_room_for_names(grid), side.room(SIZE))
    columns = _Columns(grid, left, (width - RIGHT_MARGIN - left) / len(specs))
    floor = bottom + BELOW_AXIS + sum(BETWEEN + len(dimension.levels) * ROW for dimension in grid.dimensions)
    named = _named(grid, synthesis)
    for place, color, _ in named:
        canvas.line(
            (columns.middle(place), TOP), (columns.middle(place), floor), color=color, dash=(0.8, 0.6)
        )
    for color, places in columns.by_significance(range(len(specs))):
        ends = [(side.place(specs[i].ci_high), side.place(specs[i].ci_low)) for i in places]
        columns.comb(canvas, zip(places, ends, strict=True), bottom, color)
    null = side.place(measure.null)
    canvas.line((left, null), (width - RIGHT_MARGIN, null), dash=(1.4, 1.0))
    curve = [(columns.middle(place), side.place(spec.estimate)) for place, spec in enumerate(specs)]
    for thickness, color in ((1.6, "#ffffff"), (0.8, "#1a1a1a")):
        canvas.line(*curve, width=thickness, color=color)
    for place, color, value in named:
        canvas.disc(*curve[place], RADIUS, color, value=value)
    side.draw(canvas, left, SIZE)
    canvas.text(EDGE, TOP - 3.6, (f"{measure.name} (", *phrases.interval(synthesis), ")"), SIZE, bold=True)
    demand_room(canvas.marks[-1].text, width - 2 * EDGE, SIZE, bold=True)
    _choices(canvas, columns, bottom + BELOW_AXIS)
    notes: list[Line] = [phrases.specified(grid), phrases.named_specifications(grid, synthesis)]
    notes += [(phrases.RECONSTRUCTED,)] if synthesis.reconstructed else []
    y = floor
    for parts in notes:
        lines = paragraph(parts, width - 2 * EDGE, NOTE_SIZE)
        y = write(canvas, EDGE, y + LINE, lines, NOTE_SIZE, LINE)
    canvas.height = y + 1.2
    return finish(figure_id, canvas, phrases.describe_specifications(synthesis, grid))


@dataclass(frozen=True)
class _Columns:
    """Where each specification stands: side by side from ``left``, ``step`` mm each."""

    grid: Grid
    left: float
    step: float

    @property
    def wide(self) -> float:
        return self.step * (SHARE if self.step > NARROW else 1.0)

    def middle(self, place: int) -> float:
        return self.left + place * self.step + self.wide / 2

    def by_significance(self, places: Iterable[int]) -> list[tuple[str, list[int]]]:
        """The places in two colours."""
        sorted_out: dict[bool, list[int]] = {False: [], True: []}
        for place in places:
            sorted_out[self.grid.specifications[place].p < self.grid.alpha.content].append(place)
        return [(OTHER, sorted_out[False]), (SIGNIFICANT, sorted_out[True])]

    def comb(
        self, canvas: Canvas, bars: Iterable[tuple[int, tuple[float, float]]], base: float, color: str
    ) -> None:
        """Bars, each a place with its top and bottom, as one shape: hundreds of them stay one mark.

        The outline comes to each from ``base`` and goes back along its left side, which has no area.
        """
        outline: list[Point] = []
        for place, (top, bottom) in bars:
            start = self.left + place * self.step
            end = start + self.wide
            outline += [(start, base), (start, top), (end, top), (end, bottom)]
            outline += [(start, bottom), (start, base)] if bottom != base else []
        if outline:
            canvas.shape(*((_fine(x), _fine(y)) for x, y in outline), fill=color)


def _fine(millimetres: float) -> float:
    """The nearest hundredth of a point, so that a shape of hundreds of bars is not longer than it must be."""
    return round(millimetres / MM_PER_POINT, 2) * MM_PER_POINT


def _choices(canvas: Canvas, columns: _Columns, y: float) -> None:
    """A line for each level, with a mark wherever a specification has chosen it."""
    for dimension in columns.grid.dimensions:
        y += BETWEEN
        canvas.text(EDGE, y + ROW - BASELINE, dimension.title, SIZE, bold=True)
        for level in dimension.levels:
            canvas.text(columns.left - BESIDE, y + ROW - BASELINE, level.name, SIZE, anchor="end")
            ends = (y + (ROW - TICK) / 2, y + (ROW + TICK) / 2)
            chosen = [
                place
                for place, spec in enumerate(columns.grid.specifications)
                if spec.levels[dimension.place] == level.id
            ]
            for color, places in columns.by_significance(chosen):
                columns.comb(canvas, ((place, ends) for place in places), ends[1], color)
            y += ROW


def _named(grid: Grid, synthesis: Synthesis) -> list[tuple[int, str, Value]]:
    """Place, colour and value of the specifications that are named."""
    found = [
        (grid.article, ARTICLE, synthesis.overall.pooled.estimate),
        (grid.sound, SOUND, grid.sound_estimate),
    ]
    return [(place, color, value) for place, color, value in found if place is not None and value is not None]


def _room_for_names(grid: Grid) -> float:
    """The width that titles and the names of levels take left of the marks, in mm."""
    return max(
        EDGE + text_width(title, SIZE, bold=True) + text_width(part_text(level.name), SIZE) + 3 * BESIDE
        for dimension in grid.dimensions
        for title, level in zip_longest([dimension.title], dimension.levels, fillvalue="")
    )


def _ticks(specs: Sequence[Specification], null: float, log: bool) -> tuple[float, ...]:
    """An axis that holds every estimate and no effect, and of the intervals what leaves these readable."""
    estimates = [to_scale(spec.estimate, log) for spec in specs]
    low, high = (function(*estimates, to_scale(null, log)) for function in (min, max))
    room = REACH * (high - low)
    low = min(low, max(low - room, min(to_scale(spec.ci_low, log) for spec in specs)))
    high = max(high, min(high + room, max(to_scale(spec.ci_high, log) for spec in specs)))
    return plain_ticks(math.exp(low), math.exp(high), log) if log else plain_ticks(low, high)
