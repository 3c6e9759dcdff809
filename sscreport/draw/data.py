"""What a figure shows, as a table: for listeners, and as CSV.

To give a kind of figure its table, write a function that returns a `FigureData` and name it in
`DATA`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import dropwhile, groupby
from typing import Any

from sscreport import wording
from sscreport.draw import phrases
from sscreport.draw.canvas import Constant, Part, Text, line_text
from sscreport.draw.drawing import Drawing
from sscreport.draw.plans import arm
from sscreport.measures import MEASURES, Column, Measure, measure_of
from sscreport.records import FigureData, Group, Note, Pooled, StudyEffect, Synthesis, Table, TableCell
from sscreport.records import Part as CellPart
from sscreport.values import Value
from sscreport.wording import printed

RECONSTRUCTED = Note(f"{wording.RECONSTRUCTED}; see Methods.", mark=wording.DAGGER)
HEADINGS = 2  # lines above a forest plot's table

Entry = Mapping[str, Any]
ById = Mapping[str, Synthesis]


def figure_data(entry: Entry, drawing: Drawing, by_id: ById) -> FigureData | None:
    """The table of a figure that was drawn; None where its kind has none."""
    kind = DATA.get(entry["kind"])
    return kind(entry, drawing, by_id) if kind else None


# ---------------------------------------------------------------- cells


def _cell(*parts: Part | Note, align: str = "left", header: bool = False, **spans: int) -> TableCell:
    plain: tuple[CellPart, ...] = tuple(p.text if isinstance(p, Constant) else p for p in parts)
    return TableCell(plain, header=header, align=align, **spans)


def _number(value: Value | None) -> TableCell:
    return _cell(*(() if value is None else (value,)), align="right")


def _study(effect: StudyEffect) -> TableCell:
    return _named(effect.study.label, effect.reconstructed)


def _named(name: Part, reconstructed: bool) -> TableCell:
    return _cell(name, *((RECONSTRUCTED,) if reconstructed else ()), header=True)


# ---------------------------------------------------------------- forest plots


def _forest(entry: Entry, _: Drawing, by_id: ById) -> FigureData:
    """One row a study and a pooled result, with the plot's columns and the ends of the intervals."""
    synthesis = by_id[entry["analysis"]]
    measure = measure_of(synthesis.analysis)
    body: list[tuple[TableCell, ...]] = []
    told: list[str] = []
    for group in synthesis.groups or (synthesis.overall,):
        for effect in group.effects:
            data = {"n": effect.n, **effect.columns}
            body.append(_forest_row(_study(effect), _of(group, synthesis), data, effect, measure))
            told.append(_told(printed(effect.study.label), group.label, effect, synthesis))
        if synthesis.groups:
            body.append(_pooled_row("Subtotal", group, synthesis, measure))
            told.append(_told("Subtotal", group.label, group.pooled, synthesis))
    body.append(_pooled_row("Total", synthesis.overall, synthesis, measure))
    studies = f"Total of {printed(synthesis.overall.pooled.k)} studies"
    told.append(_told(studies, None, synthesis.overall.pooled, synthesis))
    if synthesis.prediction:
        low, high = synthesis.prediction
        body.append(_prediction_row(synthesis, measure, low, high))
        told.append(f"Prediction interval: {printed(low)} to {printed(high)}.")
    return FigureData(Table(entry["id"], _forest_head(synthesis, measure), tuple(body)), tuple(told))


def _prediction_row(synthesis: Synthesis, measure: Measure, low: Value, high: Value) -> tuple[TableCell, ...]:
    """Limits without an estimate."""
    before = (*_of(synthesis.overall, synthesis), *measure.columns, "weight", "estimate")
    name = _named("Prediction interval", synthesis.reconstructed)
    return (name, *(_cell() for _ in before), _number(low), _number(high))


def _forest_head(synthesis: Synthesis, measure: Measure) -> tuple[tuple[TableCell, ...], ...]:
    """Two lines; a heading that columns share stands above them."""
    first = [_cell("Study", header=True, rowspan=HEADINGS)]
    if synthesis.groups:
        first.append(_cell("Subgroup", header=True, rowspan=HEADINGS))
    second: list[TableCell] = []
    for name, run in groupby(measure.columns, key=lambda column: column.group):
        columns: list[Column] = list(run)
        if name:
            heading = arm(name, synthesis.analysis.settings)
            first.append(_cell(heading, align="center", header=True, colspan=len(columns)))
            second += [_cell(column.header, align="right", header=True) for column in columns]
        else:
            first += [_cell(c.header, align="right", header=True, rowspan=HEADINGS) for c in columns]
    first.append(_cell("Weight", align="right", header=True, rowspan=HEADINGS))
    result = (measure.name, ", ", *phrases.method(synthesis))
    ends = ("Estimate", "Lower limit", "Upper limit")
    first.append(_cell(*result, align="center", header=True, colspan=len(ends)))
    second += [_cell(end, align="right", header=True) for end in ends]
    return tuple(first), tuple(second)


def _of(group: Group, synthesis: Synthesis) -> tuple[TableCell, ...]:
    """The cell of the subgroup, where there are subgroups."""
    if not synthesis.groups:
        return ()
    return (_cell(*(() if group.label is None else (group.label,))),)


def _pooled_row(name: str, group: Group, synthesis: Synthesis, measure: Measure) -> tuple[TableCell, ...]:
    sums = {"n": group.pooled.n, **group.pooled.totals}
    data = {column.role: sums[column.role] for column in measure.columns if column.total}
    return _forest_row(_named(name, group.reconstructed), _of(group, synthesis), data, group.pooled, measure)


def _forest_row(
    name: TableCell,
    group: Sequence[TableCell],
    data: Mapping[str, Value],
    result: StudyEffect | Pooled,
    measure: Measure,
) -> tuple[TableCell, ...]:
    numbers = [data.get(column.role) for column in measure.columns]
    numbers += [result.weight, result.estimate, result.ci_low, result.ci_high]
    return name, *group, *map(_number, numbers)


def _told(name: str, group: Value | None, result: StudyEffect | Pooled, synthesis: Synthesis) -> str:
    """ "Granel, 6 months: mean difference 6.26, 95% confidence interval −1.36 to 13.88, weight 17.6%." """
    where = f", {printed(group)}" if group is not None else ""
    weight = f", weight {printed(result.weight)}" if result.weight is not None else ""
    return (
        f"{name}{where}: {MEASURES[synthesis.analysis.measure].name.lower()} {printed(result.estimate)}, "
        f"{printed(synthesis.level)} confidence interval {printed(result.ci_low)} to "
        f"{printed(result.ci_high)}{weight}."
    )


def _repeats(results: Mapping[str, Pooled], said: str, entry: Entry, synthesis: Synthesis) -> FigureData:
    """One row a pooling, and that of all studies; ``said`` stands before the study left out or added."""
    labels = {effect.study.id: effect.study.label for effect in synthesis.overall.effects}
    result = (MEASURES[synthesis.analysis.measure].name, ", ", *phrases.method(synthesis))
    first = (
        _cell("Studies", header=True, rowspan=HEADINGS),
        _cell(*result, align="center", header=True, colspan=3),
    )
    ends = ("Estimate", "Lower limit", "Upper limit")
    head = (first, tuple(_cell(end, align="right", header=True) for end in ends))
    body, told = [], []
    for study, pooled in results.items():
        marks = (RECONSTRUCTED,) if pooled.estimate.reconstructed else ()
        name = _cell(f"{said} ", labels[study], *marks, header=True)
        body.append((name, *map(_number, (pooled.estimate, pooled.ci_low, pooled.ci_high))))
        told.append(_told(f"{said} {printed(labels[study])}", None, pooled, synthesis))
    whole = synthesis.overall
    numbers = (whole.pooled.estimate, whole.pooled.ci_low, whole.pooled.ci_high)
    body.append((_named("All studies", whole.reconstructed), *map(_number, numbers)))
    told.append(_told("All studies", None, whole.pooled, synthesis))
    return FigureData(Table(entry["id"], head, tuple(body)), tuple(told))


def _leave_one_out(entry: Entry, _: Drawing, by_id: ById) -> FigureData:
    synthesis = by_id[entry["analysis"]]
    return _repeats(synthesis.leave_one_out, "Without", entry, synthesis)


def _cumulative(entry: Entry, _: Drawing, by_id: ById) -> FigureData:
    synthesis = by_id[entry["analysis"]]
    return _repeats(synthesis.cumulative, "Up to", entry, synthesis)


# ---------------------------------------------------------------- funnel plots


def _funnel(entry: Entry, _: Drawing, by_id: ById) -> FigureData:
    """One row a point: the study, its effect as the axis shows it, and its standard error."""
    synthesis = by_id[entry["analysis"]]
    measure, effects = MEASURES[synthesis.analysis.measure], synthesis.overall.effects
    error = f"SE(log {measure.short})" if measure.log else f"SE({measure.short})"
    head = (
        _cell("Study", header=True),
        _cell(measure.name, align="right", header=True),
        _cell(error, align="right", header=True),
    )
    body = tuple((_study(effect), _number(effect.estimate), _number(effect.se)) for effect in effects)
    told = tuple(
        f"{printed(effect.study.label)}: {measure.name.lower()} {printed(effect.estimate)}, "
        f"standard error {printed(effect.se)}."
        for effect in effects
    )
    return FigureData(Table(entry["id"], (head,), body), told)


# ---------------------------------------------------------------- specification curves


def _specification(entry: Entry, _: Drawing, by_id: ById) -> FigureData | None:
    """What came out over all specifications, and by the two that are named."""
    synthesis = by_id[entry["analysis"]]
    grid = synthesis.grid
    if grid is None:
        return None
    told = [
        ("Specifications", grid.count),
        ("Significant", grid.significant),
        ("Lowest estimate", grid.lowest),
        ("Median estimate", grid.median),
        ("Highest estimate", grid.highest),
    ]
    if grid.article is not None:
        told.append(("The article's specification", synthesis.overall.pooled.estimate))
    if grid.sound is not None and grid.sound_estimate is not None:
        told.append(("The sound alternative", grid.sound_estimate))
    head = (_cell("Over all specifications", header=True), _cell("Value", align="right", header=True))
    body = tuple((_named(name, value.reconstructed), _number(value)) for name, value in told)
    sentences = tuple(f"{name}: {printed(value)}." for name, value in told)
    return FigureData(Table(entry["id"], (head,), body), sentences)


# ---------------------------------------------------------------- flow diagrams

_COUNTED = re.compile(r"\s*\(n\s*=\s*$")


def _flow(entry: Entry, drawing: Drawing, _: ById) -> FigureData:
    """One row a count, with the words that stand before it in its box."""
    steps = list(_steps(mark for mark in drawing.canvas.marks if isinstance(mark, Text) and not mark.bold))
    head = (_cell("Step", header=True), _cell("Count", align="right", header=True))
    body = tuple((_cell(*words, header=True), _number(count)) for words, count in steps)
    told = tuple(f"{line_text(words)}: {printed(count)}." for words, count in steps)
    return FigureData(Table(entry["id"], (head,), body), told)


def _steps(lines: Iterable[Text]) -> Iterable[tuple[tuple[Part, ...], Value]]:
    """Each count, with the words from the count before it on; lines of a box are joined by spaces."""
    words: list[Part] = []
    for line in lines:
        words += [" "] if words else []
        counted = False
        for part in line.parts:
            if isinstance(part, Value) and isinstance(part.content, int):
                yield _tidy(words), part
                words, counted = [], True
            elif not counted:  # the bracket after a count belongs to no step
                words.append(part)


def _tidy(words: Sequence[Part]) -> tuple[Part, ...]:
    """The words without spaces around them and without "(n = " at their end."""
    tidy = [_COUNTED.sub("", part) if isinstance(part, str) else part for part in words]
    tidy = _from_first_word(tidy, str.lstrip)
    return tuple(reversed(_from_first_word(reversed(tidy), str.rstrip)))


def _from_first_word(parts: Iterable[Part], strip: Callable[[str], str]) -> list[Part]:
    kept = list(dropwhile(lambda part: isinstance(part, str) and not part.strip(), parts))
    return [strip(part) if i == 0 and isinstance(part, str) else part for i, part in enumerate(kept)]


DATA: Mapping[str, Callable[[Entry, Drawing, ById], FigureData | None]] = {
    "flow": _flow,
    "forest": _forest,
    "leave-one-out": _leave_one_out,
    "cumulative": _cumulative,
    "funnel": _funnel,
    "specification": _specification,
}
