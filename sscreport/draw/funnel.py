"""Funnel plots: effect against standard error, with the tests for small-study effects."""

from __future__ import annotations

from dataclasses import dataclass

from sscreport.draw import phrases
from sscreport.draw.axis import Axis, Upright, fitting_ticks, plain_ticks, to_scale
from sscreport.draw.canvas import Canvas, Constant, Point, line_text
from sscreport.draw.drawing import Drawing, finish
from sscreport.draw.fonts import text_width
from sscreport.draw.labels import Rectangle, Spotted, draw_points
from sscreport.draw.lines import Line, demand_room, paragraph, write
from sscreport.draw.plot_sizes import EDGE, LINE, NOTE_SIZE, RIGHT_MARGIN, SIZE, TALLER, TOP, WIDTH
from sscreport.measures import MEASURES, Measure
from sscreport.records import Synthesis
from sscreport.statistics.results import quantile

LEFT = 12.0  # of the plotting area; more room left where the labels need it
HEIGHT = 57.0  # at the usual width
LIMIT_COLOR = "#6b6b6b"
LIMIT_ON_GREY = "#2b2b2b"
SWATCH = 3.0  # side of a legend's colour, in mm
LEGEND_GAP = 4.0
FARTHEST = 690.0  # a logarithm whose ratio a machine can still hold


@dataclass(frozen=True)
class Contour:
    """The cone of effects whose two-sided P is ``p`` or more, and what it encloses."""

    p: float
    fill: str
    words: Line


def _level(text: str) -> Constant:
    return Constant(text, "contour of significance, Peters et al. 2008")


BEYOND = "#ececec"
CONTOURS = (  # from the outermost, each painted over the one before
    Contour(0.01, "#d2d2d2", (_level("0.01"), " ≤ P < ", _level("0.05"))),
    Contour(0.05, "#b4b4b4", (_level("0.05"), " ≤ P < ", _level("0.10"))),
    Contour(0.10, "#ffffff", ("P ≥ ", _level("0.10"))),
)
LEGEND = (*((c.fill, c.words) for c in reversed(CONTOURS)), (BEYOND, ("P < ", _level("0.01"))))


@dataclass(frozen=True)
class Plane:
    """The plotting area: effects along ``axis``, standard errors downwards from 0 on ``side``."""

    axis: Axis
    side: Upright
    measure: Measure

    @property
    def se_max(self) -> float:
        return self.side.ticks[-1]

    @property
    def room(self) -> Rectangle:
        return Rectangle(self.axis.left, self.side.start, self.axis.right + RIGHT_MARGIN, self.side.end)

    def across(self, effect: float) -> float:
        """Where an effect on the analysis scale stands."""
        return self.axis.place(_reported(self.measure, effect))


def funnel_plot(
    figure_id: str, synthesis: Synthesis, width: float = WIDTH, contours: bool = False
) -> Drawing:
    """The funnel plot of a synthesis, ``width`` mm wide.

    The dashed lines are pseudo confidence limits: pooled ± z × SE on the analysis scale, at the
    confidence level of the review (Sterne & Egger 2001, J Clin Epidemiol 54:1046). ``contours``
    shade where a study's two-sided P falls below 0.10, 0.05 and 0.01: beyond null ± z × SE (Peters
    et al. 2008, J Clin Epidemiol 61:991). A study whose name has no room is not named.
    """
    canvas = Canvas(width)
    plane = _plane(synthesis, width, contours)
    if contours:
        _contours(canvas, plane)
    _axes(canvas, plane)
    lines = _funnel(canvas, plane, synthesis, LIMIT_ON_GREY if contours else LIMIT_COLOR)
    unnamed = draw_points(canvas, _points(plane, synthesis), plane.room, SIZE, lines)
    canvas.height = _foot(canvas, plane, synthesis, contours, unnamed)
    alt = phrases.describe_funnel(synthesis)
    more = [line_text(phrases.too_few_studies(synthesis.overall.pooled.k))] if _few(synthesis) else []
    more += [phrases.CONTOURS] if contours else []
    return finish(figure_id, canvas, " ".join([alt, *more]))


def _few(synthesis: Synthesis) -> bool:
    return synthesis.overall.pooled.k.content < phrases.ENOUGH_STUDIES


def _reported(measure: Measure, effect: float) -> float:
    return measure.reported(max(-FARTHEST, min(FARTHEST, effect)) if measure.log else effect)


def _centre(synthesis: Synthesis) -> float:
    """The pooled effect on the analysis scale."""
    return to_scale(synthesis.overall.pooled.estimate.content, MEASURES[synthesis.analysis.measure].log)


def _cone(centre: float, share: float, se: float) -> tuple[float, float]:
    """Both limits at a standard error of ``se`` around ``centre``; ``share`` lies between them."""
    half_width = float(quantile(share)) * se
    return centre - half_width, centre + half_width


def _pseudo_limits(synthesis: Synthesis, se: float) -> tuple[float, float]:
    return _cone(_centre(synthesis), synthesis.level.content / 100, se)


def _plane(synthesis: Synthesis, width: float, contours: bool) -> Plane:
    measure, effects = MEASURES[synthesis.analysis.measure], synthesis.overall.effects
    bottom = TOP + HEIGHT + TALLER * (width - WIDTH)
    side = Upright(plain_ticks(0.0, max(effect.se.content for effect in effects)), False, TOP, bottom)
    left, right = max(LEFT, side.room(SIZE)), width - RIGHT_MARGIN
    xs = [*(effect.effect.content for effect in effects), *_pseudo_limits(synthesis, side.ticks[-1])]
    if contours:
        xs += _cone(to_scale(measure.null, measure.log), 1 - CONTOURS[0].p, side.ticks[-1])
    low, high = (_reported(measure, x) for x in (min(xs), max(xs)))
    ticks = fitting_ticks(low, high, measure.log, right - left, SIZE)
    return Plane(Axis(ticks, measure.log, left, right), side, measure)


def _contours(canvas: Canvas, plane: Plane) -> None:
    """The shaded regions, from the smallest P to the largest."""
    axis, side, null = plane.axis, plane.side, plane.measure.null
    canvas.rectangle(axis.left, side.start, axis.right - axis.left, side.end - side.start, BEYOND)
    for contour in CONTOURS:
        ends = _cone(to_scale(null, plane.measure.log), 1 - contour.p, plane.se_max)
        feet = [(plane.across(end), side.end) for end in ends]
        canvas.shape((axis.place(null), side.start), *reversed(feet), fill=contour.fill)


def _axes(canvas: Canvas, plane: Plane) -> None:
    measure, axis, bottom = plane.measure, plane.axis, plane.side.end
    axis.draw(canvas, bottom, SIZE)
    plane.side.draw(canvas, axis.left, SIZE)
    scale = f"log {measure.short}" if measure.log else measure.short
    canvas.text(EDGE, TOP - 3.6, f"SE({scale})", SIZE, bold=True)
    demand_room(measure.name, canvas.width - 2 * EDGE, SIZE, bold=True)
    middle = (axis.left + axis.right) / 2
    half = text_width(measure.name, SIZE, bold=True) / 2
    middle = max(EDGE + half, min(canvas.width - EDGE - half, middle))
    canvas.text(middle, bottom + 8.0, measure.name, SIZE, bold=True, anchor="middle")


def _funnel(canvas: Canvas, plane: Plane, synthesis: Synthesis, color: str) -> list[tuple[Point, Point]]:
    """Draw the pooled line and the pseudo limits; returns them, for names to keep clear of."""
    pooled = synthesis.overall.pooled.estimate
    apex = plane.axis.place(pooled.content)
    lines = []
    for end in (_centre(synthesis), *_pseudo_limits(synthesis, plane.se_max)):
        dash = (1.4, 1.0) if lines else None
        lines.append(((apex, plane.side.start), (plane.across(end), plane.side.end)))
        canvas.line(*lines[-1], width=0.6, color=color, dash=dash, value=pooled)
    return lines


def _points(plane: Plane, synthesis: Synthesis) -> list[Spotted]:
    """Every study, the one farthest from the pooled effect first: it is the one asked about."""
    centre = _centre(synthesis)
    effects = sorted(synthesis.overall.effects, key=lambda e: -abs(e.effect.content - centre) / e.se.content)
    return [
        Spotted(
            plane.across(effect.effect.content),
            plane.side.place(effect.se.content),
            effect.estimate,
            phrases.point(synthesis, effect),
        )
        for effect in effects
    ]


def _foot(canvas: Canvas, plane: Plane, synthesis: Synthesis, contours: bool, unnamed: int) -> float:
    """Legend, tests and notes below the plot; returns the height of the figure."""
    width = canvas.width - 2 * EDGE
    y = plane.side.end + 9.5
    if contours:
        y = _legend(canvas, y + LINE)
    notes: list[tuple[Line, float]] = []
    if synthesis.small_study:
        notes.append((phrases.small_study_tests(synthesis.small_study), SIZE))
    if _few(synthesis):
        notes.append((phrases.too_few_studies(synthesis.overall.pooled.k), NOTE_SIZE))
    if unnamed:
        notes.append(((phrases.UNNAMED,), NOTE_SIZE))
    if synthesis.reconstructed:
        notes.append(((phrases.RECONSTRUCTED,), NOTE_SIZE))
    for parts, size in notes:
        y = write(canvas, EDGE, y + LINE, paragraph(parts, width, size), size, LINE)
    return y + 1.2


def _legend(canvas: Canvas, y: float) -> float:
    """The shades with their P values, in as many rows as they need; returns the last baseline."""
    x = EDGE
    for fill, words in LEGEND:
        step = SWATCH + 1.2 + text_width(line_text(words), NOTE_SIZE)
        if x > EDGE and x + step > canvas.width - EDGE:
            x, y = EDGE, y + LINE
        canvas.rectangle(x, y - 2.5, SWATCH, SWATCH, fill, outline=LIMIT_COLOR, line=0.4)
        canvas.text(x + SWATCH + 1.2, y, words, NOTE_SIZE)
        x += step + LEGEND_GAP
    return y
