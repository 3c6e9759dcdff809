"""Plans of forest plots from a synthesis: the analysis itself, each study left out, studies added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from sscreport.draw import phrases
from sscreport.draw.plan import Cells, Column, Parts, Plan, Result, Row
from sscreport.measures import Measure, measure_of
from sscreport.records import Group, Pooled, Review, StudyEffect, Synthesis
from sscreport.values import Value
from sscreport.wording import DAGGER, printed

IMPORTANT = "The shaded zone holds differences smaller than the minimal important one."


def forest_plan(synthesis: Synthesis, stars: Mapping[str, tuple[Value, int]] | None = None) -> Plan:
    """Every study, subgroup and total of a synthesis; ``stars`` by the id of the study."""
    measure = measure_of(synthesis.analysis)
    rows: list[Row] = []
    for group in synthesis.groups:
        rows += _group(group, synthesis, measure, stars or {})
    if not synthesis.groups:
        rows += _studies(synthesis.overall, synthesis, stars or {})
    rows += _summary("total", "Total ", synthesis.overall, synthesis, measure)
    if synthesis.subgroup_test:
        rows.append(Row("line", phrases.subgroup_differences(synthesis.subgroup_test)))
    return _plan(synthesis, measure, rows, phrases.describe_forest(synthesis), quality=bool(stars))


def _plan(
    synthesis: Synthesis, measure: Measure, rows: Sequence[Row], alt: str, quality: bool = False
) -> Plan:
    analysis = synthesis.analysis
    data = [
        Column(column.role, (column.header,), arm(column.group, analysis.settings), 2)
        for column in measure.columns
    ]
    columns = {
        "data": data,
        "weight": _weight_columns(synthesis),
        "effect": [Column("effect", phrases.method(synthesis), measure.name)],
        "quality": [Column("quality", ("NOS stars",))] if quality else [],
    }
    important = synthesis.important
    notes: list[Parts] = [(IMPORTANT,)] if important else []
    notes += [(phrases.RECONSTRUCTED,)] if synthesis.reconstructed else []
    return Plan(
        first="",
        columns=columns,
        rows=rows,
        name=measure.name,
        method=phrases.method(synthesis),
        null=measure.null,
        log=measure.log,
        sides=(analysis.axis_low, analysis.axis_high),
        alt=alt,
        notes=notes,
        important=important.content if important else None,
    )


def _weight_columns(synthesis: Synthesis) -> list[Column]:
    if synthesis.other is None:
        return [Column("weight", ("Weight",), sheds=1)]
    models = (synthesis.decision.model, synthesis.other.model)
    return [
        Column(role, (model.content.capitalize(),), "Weight", sheds=1)
        for role, model in zip(("weight", "other_weight"), models, strict=True)
    ]


def arm(group: str, settings: Mapping[str, Any]) -> str:
    """The name of an arm, where the analysis has names of its own."""
    return dict(settings.get("arms", {})).get(group, group)


# --- rows


def _group(
    group: Group, synthesis: Synthesis, measure: Measure, stars: Mapping[str, tuple[Value, int]]
) -> list[Row]:
    heading = [Row("heading", (group.label,))] if group.label is not None else []
    summary = _summary("subtotal", "Subtotal ", group, synthesis, measure)
    return [*heading, *_studies(group, synthesis, stars), *summary, Row("gap")]


def _studies(group: Group, synthesis: Synthesis, stars: Mapping[str, tuple[Value, int]]) -> list[Row]:
    rows = []
    for effect in group.effects:
        cells = _study_cells(effect)
        if synthesis.other:
            cells = {**cells, "other_weight": (synthesis.other.weights[effect.key],)}
        result = result_of(effect, effect.weight)
        rows.append(Row("study", phrases.study(effect), cells, result, stars.get(effect.study.id)))
    return rows


def result_of(result: StudyEffect | Pooled, weight: Value | None = None) -> Result:
    return Result(
        result.estimate.content,
        result.ci_low.content,
        result.ci_high.content,
        result.estimate,
        None if weight is None else weight.content,
    )


def _summary(kind: Any, name: str, group: Group, synthesis: Synthesis, measure: Measure) -> list[Row]:
    """A pooled result: its row with a diamond, sums of events, heterogeneity and test."""
    pooled, below = group.pooled, _below(measure)
    label = phrases.summary(name, group, synthesis)
    rows = [Row(kind, label, _pooled_cells(pooled, measure), result_of(pooled))]
    if synthesis.other:
        also = synthesis.other.pooled[group.id]
        label = phrases.summary(name, group, synthesis, synthesis.other.model)
        rows.append(Row(kind, label, {"effect": phrases.estimate(also)}, result_of(also)))
    if kind == "total":
        rows += _prediction(synthesis)
    for header in dict.fromkeys(below.values()):
        sums: Cells = {role: (pooled.totals[role],) for role in below if below[role] == header}
        rows.append(Row("line", (f"Total {header.lower()}",), sums))
    model = str(synthesis.decision.model.content)
    rows.append(Row("line", phrases.heterogeneity(group.heterogeneity, model)))
    rows.append(Row("line", phrases.overall_effect(pooled)))
    return rows


def _prediction(synthesis: Synthesis) -> list[Row]:
    if synthesis.prediction is None:
        return []
    low, high = synthesis.prediction
    cells: Cells = {"effect": phrases.limits(low, high)}
    estimate = synthesis.overall.pooled.estimate
    bar = Result(estimate.content, low.content, high.content, estimate)
    return [Row("prediction", phrases.prediction(synthesis), cells, bar)]


def _study_cells(effect: StudyEffect) -> Cells:
    data = {"n": effect.n, **effect.columns}
    cells: dict[str, Parts] = {role: (value,) for role, value in data.items()}
    weight = {} if effect.weight is None else {"weight": (effect.weight,)}
    return cells | weight | {"effect": phrases.estimate(effect)}


def _pooled_cells(pooled: Pooled, measure: Measure) -> Cells:
    sums: dict[str, Value] = {"n": pooled.n, **pooled.totals}
    roles = [column.role for column in measure.columns if column.total]
    cells: dict[str, Parts] = {role: (sums[role],) for role in roles if role not in _below(measure)}
    weight = {} if pooled.weight is None else {"weight": (pooled.weight,)}
    return cells | weight | {"effect": phrases.estimate(pooled)}


def _below(measure: Measure) -> dict[str, str]:
    """Sums that stand on a line of their own, with its heading: all but the last under one heading."""
    return {
        first.role: first.header
        for first, second in pairwise(measure.columns)
        if first.total and second.total and first.group and first.group == second.group
    }


# --- each study left out, studies added one by one


def leave_one_out_plan(synthesis: Synthesis) -> Plan:
    """The pooled result without each study in turn, above that of all of them."""
    return _repeats(synthesis, synthesis.leave_one_out, "Without ", "Study left out", "Leave-one-out")


def cumulative_plan(synthesis: Synthesis) -> Plan:
    """The pooled result of the first study, the first two, and so on, in the order of the year."""
    return _repeats(synthesis, synthesis.cumulative, "+ ", "Study added", "Cumulative")


def _repeats(synthesis: Synthesis, results: Mapping[str, Pooled], word: str, first: str, kind: str) -> Plan:
    labels = {effect.study.id: effect.study.label for effect in synthesis.overall.effects}
    rows = []
    for study, pooled in results.items():
        mark = (DAGGER,) if pooled.estimate.reconstructed else ()
        cells: Cells = {"effect": phrases.estimate(pooled)}
        rows.append(Row("study", (word, labels[study], *mark), cells, result_of(pooled)))
    whole = synthesis.overall
    cells = {"effect": phrases.estimate(whole.pooled)}
    rows.append(
        Row("total", phrases.summary("All studies ", whole, synthesis), cells, result_of(whole.pooled))
    )
    told = {word + printed(labels[study]): pooled for study, pooled in results.items()}
    plan = _plan(
        synthesis, measure_of(synthesis.analysis), rows, phrases.describe_repeats(synthesis, kind, told)
    )
    return replace(plan, first=first, columns={"effect": plan.columns["effect"]})


def nos_stars(review: Review) -> dict[str, tuple[Value, int]]:
    """The Newcastle-Ottawa score of each study, of as many stars as the scale has."""
    most = int(review.book["review.policy.quality.maximum"].content)
    rows = review.tables.get("newcastle_ottawa", ())
    return {row.content("study"): (row["total"], most) for row in rows if row.content("total") is not None}
