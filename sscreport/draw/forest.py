"""Forest plots in RevMan's layout: data columns at the left, the plot at the right."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from sscreport.draw import phrases
from sscreport.draw.axis import Axis, symmetric_ticks
from sscreport.draw.canvas import INK, Anchor, Canvas, Line, Part, line_text
from sscreport.draw.drawing import Drawing, finish
from sscreport.draw.fonts import MM_PER_POINT, text_width, wrap
from sscreport.measures import MEASURES, Column, Measure
from sscreport.problems import BuildError, Problem
from sscreport.records import Group, Pooled, StudyEffect, Synthesis
from sscreport.values import Value
from sscreport.wording import printed

WIDTH = 170.0  # mm, the full page
MARGIN = 0.5
SIZE = 7.5  # points
ROW = 4.1  # from here on in mm
GAP = 3.2  # between columns
GROUP_GAP = 1.9
BASELINE = 0.93  # from a row's middle down to its baseline: half the height of a capital
HEAD = MARGIN + 2.15 * ROW  # where the rule below the headings stands
AXIS_NAMES = 7.2  # from the axis down to the baseline of the names of its sides
NOTE_SIZE = 7.0
LARGEST_SQUARE = 3.3
LEAST_PLOT = 32.0
DIAMOND = 2.7
ARROW = 1.5
SQUARE_FILL = "#6f8fae"
SUBTOTAL_FILL = "#33506e"
TOTAL_FILL = INK
RULE = "#8a8a8a"

Parts = Sequence[Part]


@dataclass(frozen=True)
class Field:
    """A column as placed: its heading, the heading it shares with neighbours, its right edge."""

    role: str
    header: Parts
    group: str
    width: float
    right: float = 0.0


@dataclass
class Plot:
    """A forest plot while it is being placed: where the columns stand, and the next row's middle."""

    canvas: Canvas
    synthesis: Synthesis
    measure: Measure
    fields: tuple[Field, ...]
    axis: Axis
    mm_per_weight: float
    y: float = MARGIN + ROW / 2
    bottom: float = 0.0  # of what stands below the axis

    @property
    def model(self) -> str:
        return str(self.synthesis.decision.model.content)

    def write(self, x: float, parts: Part | Parts, bold: bool = False, anchor: Anchor = "start") -> None:
        """A text on the current row."""
        self.canvas.text(x, self.y + BASELINE, parts, SIZE, bold, anchor)


def forest_plot(figure_id: str, synthesis: Synthesis) -> Drawing:
    """The forest plot of a synthesis, 170 mm wide.

    Squares have an area proportional to weight and a diamond's tips are its interval's ends.
    Intervals that reach beyond the axis end in an arrow.
    """
    plot = _layout(synthesis)
    _head(plot)
    for group in synthesis.groups:
        _group(plot, group)
    if not synthesis.groups:
        _studies(plot, synthesis.overall)
    _total(plot)
    _note(plot)
    plot.canvas.height = plot.y
    return finish(figure_id, plot.canvas, phrases.describe_forest(synthesis))


# --- layout


def _layout(synthesis: Synthesis) -> Plot:
    measure = MEASURES[synthesis.analysis.measure]
    fields = _fields(synthesis, measure)
    label_width = _label_width(synthesis, sum(field.width + GAP for field in fields))
    right = MARGIN + label_width
    placed = []
    for field in fields:
        right += GAP + field.width
        placed.append(replace(field, right=right))
    axis = Axis(_ticks(synthesis, measure), measure.log, right + 2 * GAP, WIDTH - MARGIN - 2 * GAP)
    _demand_room(synthesis, axis.right - axis.left)
    heaviest = max(effect.weight.content for effect in _effects(synthesis))
    return Plot(Canvas(WIDTH), synthesis, measure, tuple(placed), axis, LARGEST_SQUARE / math.sqrt(heaviest))


def _demand_room(synthesis: Synthesis, plot_width: float) -> None:
    """BuildError where the columns leave no room to plot anything."""
    if plot_width < LEAST_PLOT:
        longest = max((printed(effect.study.label) for effect in _effects(synthesis)), key=len)
        expected = f"Its columns leave too little room for the plot; shorten the study label {longest!r}."
        raise BuildError([Problem(f"forest plot of {synthesis.analysis.id}", expected)])


def _effects(synthesis: Synthesis) -> tuple[StudyEffect, ...]:
    return synthesis.overall.effects


def _pooled(synthesis: Synthesis) -> list[Pooled]:
    return [group.pooled for group in (*synthesis.groups, synthesis.overall)]


def _ticks(synthesis: Synthesis, measure: Measure) -> tuple[float, ...]:
    firm = [effect.estimate.content for effect in _effects(synthesis)]
    for pooled in _pooled(synthesis):
        firm += [pooled.ci_low.content, pooled.ci_high.content]
    loose = [end.content for effect in _effects(synthesis) for end in (effect.ci_low, effect.ci_high)]
    return symmetric_ticks(firm, loose, measure.null, measure.log)


def _fields(synthesis: Synthesis, measure: Measure) -> list[Field]:
    """The columns after the study's name: the measure's data, the weight, the effect in words."""
    results: list[Cells] = [_study_cells(effect) for effect in _effects(synthesis)]
    results += [_pooled_cells(pooled, measure) for pooled in _pooled(synthesis)]
    below = [{role: (pooled.totals[role],) for role in _below(measure)} for pooled in _pooled(synthesis)]
    headings = [(column.role, (column.header,), column.group) for column in measure.columns]
    headings += [("weight", ("Weight",), ""), ("effect", phrases.method(synthesis), measure.name)]
    fields = []
    for role, header, group in headings:
        texts = [line_text(row[role]) for row in (*results, *below) if role in row]
        width = max([text_width(text, SIZE, bold=True) for text in texts] + [_bold(line_text(header))])
        fields.append(Field(role, header, group, width))
    return _room_for_groups(fields)


def _room_for_groups(fields: Sequence[Field]) -> list[Field]:
    """A heading wider than the columns it is shared by widens the first of them."""
    roomy: list[Field] = []
    for name, run in groupby(fields, key=lambda field: field.group):
        first, *others = run
        span = first.width + sum(GAP + field.width for field in others)
        missing = max(0.0, _bold(name) - span)
        roomy += [replace(first, width=first.width + missing), *others]
    return roomy


def _label_width(synthesis: Synthesis, columns: float) -> float:
    """Room for the studies' names, and for the lines of statistics left of the plot."""
    names = [_bold(line_text(phrases.study(effect))) for effect in _effects(synthesis)]
    names += [_bold("Study or subgroup"), _bold(f"Subtotal {line_text(phrases.interval(synthesis))}")]
    lines = [text_width(line_text(line), SIZE) for line in _statistics_lines(synthesis)]
    return max([*names, max(lines) - columns])


def _statistics_lines(synthesis: Synthesis) -> Iterable[Parts]:
    model = synthesis.decision.model.content
    for group in (*synthesis.groups, synthesis.overall):
        yield phrases.heterogeneity(group.heterogeneity, model)
        yield phrases.overall_effect(group.pooled)
    if synthesis.subgroup_test:
        yield phrases.subgroup_differences(synthesis.subgroup_test)


def _bold(text: str) -> float:
    return text_width(text, SIZE, bold=True)


# --- what stands in the cells of a row, by role

Cells = Mapping[str, Parts]


def _study_cells(effect: StudyEffect) -> Cells:
    data = {"n": effect.n, **effect.columns}
    cells: dict[str, Parts] = {role: (value,) for role, value in data.items()}
    return cells | {"weight": (effect.weight,), "effect": phrases.estimate(effect)}


def _pooled_cells(pooled: Pooled, measure: Measure) -> Cells:
    sums: dict[str, Value] = {"n": pooled.n, **pooled.totals}
    roles = [column.role for column in measure.columns if column.total]
    cells: dict[str, Parts] = {role: (sums[role],) for role in roles if role not in _below(measure)}
    return cells | {"weight": (pooled.weight,), "effect": phrases.estimate(pooled)}


def _below(measure: Measure) -> dict[str, Column]:
    """Sums that stand on a line of their own: all but the last of the counts under one heading."""
    return {
        first.role: first
        for first, second in pairwise(measure.columns)
        if first.total and second.total and first.group and first.group == second.group
    }


# --- rows


def _head(plot: Plot) -> None:
    """Two lines of headings over a rule; shared headings are centred over their columns."""
    centre = (plot.axis.left + plot.axis.right) / 2
    for name in dict.fromkeys(field.group for field in plot.fields if field.group):
        members = [field for field in plot.fields if field.group == name]
        left, right = members[0].right - members[0].width, members[-1].right
        plot.write((left + right) / 2, name, bold=True, anchor="middle")
        if len(members) > 1:
            rule = plot.y + ROW * 0.45
            plot.canvas.line((left, rule), (right, rule), width=0.4, color=RULE)
    plot.write(centre, plot.measure.name, bold=True, anchor="middle")
    plot.y += ROW
    plot.write(MARGIN, "Study or subgroup", bold=True)
    for field in plot.fields:
        plot.write(field.right, field.header, bold=True, anchor="end")
    plot.write(centre, phrases.method(plot.synthesis), bold=True, anchor="middle")
    plot.canvas.line((MARGIN, HEAD), (WIDTH - MARGIN, HEAD), width=0.6)
    plot.y = HEAD + ROW * 0.7


def _group(plot: Plot, group: Group) -> None:
    if group.label is not None:
        plot.write(MARGIN, group.label, bold=True)
        plot.y += ROW
    _studies(plot, group)
    _summary(plot, group, "Subtotal ", SUBTOTAL_FILL)
    plot.y += GROUP_GAP


def _studies(plot: Plot, group: Group) -> None:
    for effect in group.effects:
        plot.write(MARGIN, phrases.study(effect))
        _cells(plot, _study_cells(effect))
        _interval(plot, effect)
        plot.y += ROW


def _total(plot: Plot) -> None:
    """The whole: its row, its statistics, and the axis beside them."""
    axis_y = plot.y + ROW * (len(_below(plot.measure)) + 0.75)
    _summary(plot, plot.synthesis.overall, "Total ", TOTAL_FILL)
    if plot.synthesis.subgroup_test:
        plot.write(MARGIN, phrases.subgroup_differences(plot.synthesis.subgroup_test))
        plot.y += ROW
    _axis(plot, axis_y)


def _summary(plot: Plot, group: Group, name: str, fill: str) -> None:
    """A pooled result: its row with a diamond, sums of events, heterogeneity and test."""
    plot.write(MARGIN, phrases.summary(name, group, plot.synthesis), bold=True)
    _cells(plot, _pooled_cells(group.pooled, plot.measure), bold=True)
    _diamond(plot, group.pooled, fill)
    plot.y += ROW
    below = _below(plot.measure)
    for header in dict.fromkeys(column.header for column in below.values()):
        plot.write(MARGIN, f"Total {header.lower()}")
        sums = {role: (group.pooled.totals[role],) for role in below if below[role].header == header}
        _cells(plot, sums)
        plot.y += ROW
    spread = phrases.heterogeneity(group.heterogeneity, plot.model)
    for line in (spread, phrases.overall_effect(group.pooled)):
        plot.write(MARGIN, line)
        plot.y += ROW


def _cells(plot: Plot, cells: Cells, bold: bool = False) -> None:
    for field in plot.fields:
        if field.role in cells:
            plot.write(field.right, cells[field.role], bold, anchor="end")


# --- the plot itself


def _interval(plot: Plot, effect: StudyEffect) -> None:
    """A study's square and its interval, which ends in an arrow where the axis cuts it."""
    axis, y = plot.axis, plot.y
    side = plot.mm_per_weight * math.sqrt(effect.weight.content)
    x = axis.place(effect.estimate.content)
    low, high = effect.ci_low.content, effect.ci_high.content
    plot.canvas.rectangle(x - side / 2, y - side / 2, side, side, SQUARE_FILL, value=effect.estimate)
    plot.canvas.line((axis.place(low), y), (axis.place(high), y), width=0.7, value=effect.estimate)
    if low < axis.ticks[0]:
        _arrow(plot.canvas, axis.left, y, -1)
    if high > axis.ticks[-1]:
        _arrow(plot.canvas, axis.right, y, 1)


def _arrow(canvas: Canvas, x: float, y: float, direction: int) -> None:
    tip, back = x + direction * ARROW / 2, x - direction * ARROW / 2
    canvas.shape((tip, y), (back, y - ARROW / 2.4), (back, y + ARROW / 2.4), fill=INK)


def _diamond(plot: Plot, pooled: Pooled, fill: str) -> None:
    left, middle, right = (
        plot.axis.place(value.content) for value in (pooled.ci_low, pooled.estimate, pooled.ci_high)
    )
    top, bottom = (middle, plot.y - DIAMOND / 2), (middle, plot.y + DIAMOND / 2)
    plot.canvas.shape((left, plot.y), top, (right, plot.y), bottom, fill=fill, value=pooled.estimate)


def _axis(plot: Plot, y: float) -> None:
    """The axis with its ticks, the names of its two sides, and the null line behind all."""
    axis, analysis = plot.axis, plot.synthesis.analysis
    axis.draw(plot.canvas, y, SIZE)
    null = axis.place(plot.measure.null)
    plot.canvas.marks.insert(0, Line(((null, HEAD), (null, y)), 0.5, RULE))
    for name, left, right in ((analysis.axis_low, axis.left, null), (analysis.axis_high, null, axis.right)):
        for i, line in enumerate(wrap(name, right - left, SIZE)):
            plot.canvas.text((left + right) / 2, y + AXIS_NAMES + i * 3.2, line, SIZE, anchor="middle")
            plot.bottom = max(plot.bottom, y + AXIS_NAMES + i * 3.2 + 1)


def _note(plot: Plot) -> None:
    """The foot of the figure, with what the dagger means where one stands in it."""
    plot.y = max(plot.y - ROW / 2, plot.bottom) + MARGIN
    if plot.synthesis.reconstructed:
        plot.y += NOTE_SIZE * MM_PER_POINT + 0.8
        plot.canvas.text(MARGIN, plot.y, phrases.RECONSTRUCTED, NOTE_SIZE)
        plot.y += 1.2
