"""Funnel plots: effect against standard error, with the tests for small-study effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sscreport.draw import phrases
from sscreport.draw.axis import Axis, plain_ticks, tick_label, to_scale
from sscreport.draw.canvas import Canvas, Point, line_text
from sscreport.draw.drawing import Drawing, finish
from sscreport.draw.fonts import ASCENT, DESCENT, MM_PER_POINT, text_width
from sscreport.measures import MEASURES
from sscreport.records import StudyEffect, Synthesis
from sscreport.statistics.results import quantile

WIDTH = 110.0  # mm
LEFT, RIGHT, TOP, BOTTOM = 12.0, 105.0, 7.0, 64.0  # of the plotting area
SIZE = 7.5  # points
NOTE_SIZE = 7.0
LINE = 3.8
RADIUS = 0.95
POINT_FILL = "#33506e"
LIMIT_COLOR = "#6b6b6b"
NEAR = 1.7  # from a point to its label
# Sides to try, from the best; (1, 0) is right of the point, (0, 1) below it.
AROUND = (
    (1, 0),
    (-1, 0),
    (1, -0.8),
    (1, 0.8),
    (-1, -0.8),
    (-1, 0.8),
    (0, -1),
    (0, 1),
    (0.6, -1.5),
    (0.6, 1.5),
    (-0.6, -1.5),
    (-0.6, 1.5),
)


class Rectangle(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Plane:
    """The plotting area: effects along ``axis``, standard errors downwards from 0."""

    axis: Axis
    se_ticks: tuple[float, ...]

    def height(self, se: float) -> float:
        return TOP + (BOTTOM - TOP) * se / self.se_ticks[-1]


def funnel_plot(figure_id: str, synthesis: Synthesis) -> Drawing:
    """The funnel plot of a synthesis, 110 mm wide.

    The dashed lines are pseudo confidence limits: pooled ± z × SE on the analysis scale, at the
    confidence level of the review.
    Sterne & Egger (2001), Journal of Clinical Epidemiology 54:1046.
    """
    canvas = Canvas(WIDTH)
    plane = _plane(synthesis)
    _axes(canvas, plane, synthesis)
    lines = _funnel(canvas, plane, synthesis)
    _points(canvas, plane, synthesis, lines)
    canvas.height = _foot(canvas, synthesis)
    return finish(figure_id, canvas, phrases.describe_funnel(synthesis))


def _centre(synthesis: Synthesis) -> float:
    """The pooled effect on the analysis scale."""
    return to_scale(synthesis.overall.pooled.estimate.content, MEASURES[synthesis.analysis.measure].log)


def _pseudo_limits(synthesis: Synthesis, se: float) -> tuple[float, float]:
    """Both limits on the analysis scale at a standard error of ``se``."""
    centre, half_width = _centre(synthesis), quantile(synthesis.level.content / 100) * se
    return float(centre - half_width), float(centre + half_width)


def _plane(synthesis: Synthesis) -> Plane:
    measure, effects = MEASURES[synthesis.analysis.measure], synthesis.overall.effects
    se_ticks = plain_ticks(0.0, max(effect.se.content for effect in effects))
    xs = [*(effect.effect.content for effect in effects), *_pseudo_limits(synthesis, se_ticks[-1])]
    low, high = (measure.reported(x) for x in (min(xs), max(xs)))
    return Plane(Axis(plain_ticks(low, high, measure.log), measure.log, LEFT, RIGHT), se_ticks)


def _axes(canvas: Canvas, plane: Plane, synthesis: Synthesis) -> None:
    measure = MEASURES[synthesis.analysis.measure]
    plane.axis.draw(canvas, BOTTOM, SIZE)
    canvas.line((LEFT, TOP), (LEFT, BOTTOM))
    for tick in plane.se_ticks:
        y = plane.height(tick)
        canvas.line((LEFT - 0.9, y), (LEFT, y))
        canvas.text(LEFT - 1.6, y + 0.93, tick_label(tick), SIZE, anchor="end")
    scale = f"log {measure.short}" if measure.log else measure.short
    canvas.text(0.5, TOP - 3.6, f"SE({scale})", SIZE, bold=True)
    canvas.text((LEFT + RIGHT) / 2, BOTTOM + 8.0, measure.name, SIZE, bold=True, anchor="middle")


def _funnel(canvas: Canvas, plane: Plane, synthesis: Synthesis) -> list[tuple[Point, Point]]:
    """Draw the pooled line and the pseudo limits; returns them, for labels to keep clear of."""
    measure, pooled = MEASURES[synthesis.analysis.measure], synthesis.overall.pooled.estimate
    apex = plane.axis.place(pooled.content)
    lines = []
    for end in (_centre(synthesis), *_pseudo_limits(synthesis, plane.se_ticks[-1])):
        foot = plane.axis.place(measure.reported(end))
        dash = (1.4, 1.0) if lines else None
        lines.append(((apex, TOP), (foot, BOTTOM)))
        canvas.line(*lines[-1], width=0.6, color=LIMIT_COLOR, dash=dash, value=pooled)
    return lines


def _points(canvas: Canvas, plane: Plane, synthesis: Synthesis, lines: list[tuple[Point, Point]]) -> None:
    """Every study as a point, its name beside it where least is in the way."""
    spots = {id(effect): _spot(plane, effect) for effect in synthesis.overall.effects}
    taken = [Rectangle(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS) for x, y in spots.values()]
    for effect in synthesis.overall.effects:
        x, y = spots[id(effect)]
        canvas.disc(x, y, RADIUS, POINT_FILL, value=effect.estimate)
        parts = phrases.study(effect)
        boxes = [_label_box(x, y, line_text(parts), side) for side in AROUND]
        best = min(boxes, key=lambda box: _cost(box, taken, lines))
        taken.append(best)
        canvas.text(best.left, best.bottom - DESCENT * SIZE * MM_PER_POINT, parts, SIZE)


def _spot(plane: Plane, effect: StudyEffect) -> Point:
    return plane.axis.place(effect.estimate.content), plane.height(effect.se.content)


def _label_box(x: float, y: float, text: str, side: tuple[float, float]) -> Rectangle:
    """The room a label takes on one side of its point."""
    width, height = text_width(text, SIZE), (ASCENT + DESCENT) * SIZE * MM_PER_POINT
    middle_x = x + side[0] * (NEAR + width / 2)
    middle_y = y + side[1] * (NEAR + (height / 2 if side[0] == 0 else 0))
    return Rectangle(middle_x - width / 2, middle_y - height / 2, middle_x + width / 2, middle_y + height / 2)


def _cost(box: Rectangle, taken: list[Rectangle], lines: list[tuple[Point, Point]]) -> int:
    """How much is in the way of a label: other texts and points most, lines least."""
    outside = box.left < LEFT or box.right > WIDTH or box.top < TOP or box.bottom > BOTTOM
    covered = sum(_overlap(box, other) for other in taken)
    return 100 * outside + 10 * covered + sum(_crosses(box, line) for line in lines)


def _overlap(a: Rectangle, b: Rectangle) -> bool:
    return a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom


def _crosses(box: Rectangle, line: tuple[Point, Point]) -> bool:
    """Whether a line that falls from its first to its second point passes through the box."""
    (x0, y0), (x1, y1) = line
    tops = [x0 + (x1 - x0) * (y - y0) / (y1 - y0) for y in (box.top, box.bottom)]
    return min(tops) < box.right and max(tops) > box.left


def _foot(canvas: Canvas, synthesis: Synthesis) -> float:
    """The tests and the dagger's note below the plot; returns the height of the figure."""
    y = BOTTOM + 9.5
    if synthesis.small_study:
        y += LINE
        canvas.text(0.5, y, phrases.small_study_tests(synthesis.small_study), SIZE)
    if synthesis.reconstructed:
        y += LINE
        canvas.text(0.5, y, phrases.RECONSTRUCTED, NOTE_SIZE)
    return y + 1.2
