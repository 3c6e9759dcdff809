"""Study effects: the effect size of each data row, its interval and its weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sscreport.analyse.desk import Desk
from sscreport.analyse.quantities import T_INTERVAL, random_mean
from sscreport.measures import RANDOM_EFFECTS, Pooling
from sscreport.records import Heterogeneity, Row, StudyEffect
from sscreport.statistics.change import rescaled_error
from sscreport.statistics.results import quantile
from sscreport.values import Rule, Value

EXPONENTIAL = Rule("exponential of the log")
SPREAD = ("sd_before", "sd_after")
SAME = ("study", "outcome", "timepoint_months")  # columns that make two rows one measurement


def study_effect(desk: Desk, row: Row) -> StudyEffect:
    """The effect of one row, its weight not yet known."""
    desk = desk.for_studies()
    study = desk.review.studies[row.content("study")]
    home = next((group.id for group in desk.analysis.subgroups if group.holds(row)), None)
    place = ".".join(filter(None, (desk.analysis.id, home, "study", study.id)))
    columns = {role: row[column] for role, column in desk.analysis.settings["columns"].items()}
    effect, se = _effect_size(desk, place, columns)
    if "assumed_correlation" in desk.analysis.choices:
        se = _at_correlation(desk, place, row, columns, se, desk.analysis.choices["assumed_correlation"])
        columns["se"] = se  # what a figure prints is what its interval was made with
    low, high = interval(desk, place, effect, se)
    return StudyEffect(
        place, study, row, columns, columns["n"], effect, se, reported(desk, place, effect), low, high
    )


def _effect_size(desk: Desk, place: str, columns: Mapping[str, Value]) -> tuple[Value, Value]:
    inputs = [columns[role] for role in desk.measure.roles]
    compute = desk.measure.effect
    if compute is None:  # the data give the effect and its standard error
        effect, se = inputs
        return effect, se
    return (
        desk.derive(place, desk.scale, lambda *x: compute(*x)[0], *inputs, rule=desk.measure.rule),
        desk.derive(place, "se", lambda *x: compute(*x)[1], *inputs, rule=desk.measure.rule),
    )


def _at_correlation(
    desk: Desk, place: str, row: Row, columns: Mapping[str, Value], se: Value, assumed: Value
) -> Value:
    """The standard error of a change at the correlation that is assumed instead of the recorded one."""
    recorded = desk.book[f"{desk.analysis.place}.correlation"]
    return rescaled(desk, place, known_spread(desk, row, columns), se, recorded, assumed)


def known_spread(desk: Desk, row: Row, columns: Mapping[str, Value]) -> list[Value]:
    """Both standard deviations of a row, from its columns or the study's own report; else none."""
    own = [columns[role] for role in SPREAD if role in columns]
    for reported_row in desk.review.tables.get("primary_values", ()):
        if not own and all(reported_row.content(name) == row.content(name) for name in SAME):
            own = [reported_row[role] for role in SPREAD]
    return own if len(own) == 2 and all(value.content is not None for value in own) else []


def rescaled(
    desk: Desk, place: str, spread: Sequence[Value], se: Value, recorded: Value, r: Value | float
) -> Value:
    """A change's standard error, made at the ``recorded`` correlation, at ``r``, by `rescaled_error`.

    ``spread``: the standard deviations before and after; where there are none they are taken to be equal.
    """
    given = [r] if isinstance(r, Value) else []

    def at(se: float, before: float, *more: Any) -> float:
        wanted = more[0] if given else r
        return float(rescaled_error(se, before, wanted, *(more[-1] if spread else ())))

    more = [*given, *([spread] if spread else [])]
    return desk.derive(place, "se_assumed", at, se, recorded, *more, named="se")


def reported(desk: Desk, place: str, effect: Value) -> Value:
    """The effect on the scale that is printed; the same value where that is the analysis scale."""
    if not desk.measure.log:
        return effect
    return desk.derive(place, "estimate", desk.measure.reported, effect, rule=EXPONENTIAL)


def interval(
    desk: Desk, place: str, effect: Value, se: Value, df: Value | None = None
) -> tuple[Value, Value]:
    """Both limits at the review's confidence level, on the reported scale; with ``df`` from t, not z."""

    def limit(side: int) -> Callable[..., float]:
        def end(y: float, s: float, level: float, *df: float) -> float:
            return desk.measure.reported(y + side * quantile(level / 100, *df) * s)

        return end

    inputs = [effect, se, desk.level, *([df] if df else [])]
    options: dict[str, Any] = {"rule": T_INTERVAL} if df else {}
    return (
        desk.derive(place, "ci_low", limit(-1), *inputs, **options),
        desk.derive(place, "ci_high", limit(1), *inputs, **options),
    )


def roles(effects: Sequence[StudyEffect], names: Sequence[str]) -> list[list[Value]]:
    """The values of several roles, each a list over the studies."""
    return [[effect.role(name) for effect in effects] for name in names]


def pooling_method(desk: Desk, model: Value, spread: Heterogeneity | None) -> tuple[Pooling, list[Value]]:
    """How ``model`` ("fixed" or "random") pools, and what it needs besides the studies: τ²."""
    if model.content == "random" and spread is not None:
        estimator = desk.analysis.choices.get("tau_squared")
        rule = RANDOM_EFFECTS.rule if estimator is None else random_mean(estimator.content)
        return replace(RANDOM_EFFECTS, rule=rule), [spread.tau_squared]
    return desk.measure.fixed, []


def with_weights(
    desk: Desk, effects: Sequence[StudyEffect], model: Value, spread: Heterogeneity | None
) -> list[StudyEffect]:
    """The same effects, each with its share of the whole analysis in percent."""
    weights = shares(desk, effects, model, spread)
    return [replace(effect, weight=weight) for effect, weight in zip(effects, weights, strict=True)]


def shares(
    desk: Desk,
    effects: Sequence[StudyEffect],
    model: Value,
    spread: Heterogeneity | None,
    named: str = "weight",
) -> list[Value]:
    """What share of the whole analysis each effect has under a model, in percent."""
    method, more = pooling_method(desk, model, spread)
    inputs = [*roles(effects, method.weight_roles), *more]

    def share(position: int) -> Callable[..., float]:
        def percent(*arrays: Any) -> float:
            weights = method.weights(*arrays)
            return 100 * weights[position] / weights.sum()

        return percent

    return [
        desk.derive(effect.key, "weight", share(i), *inputs, decided_by=[model], named=named)
        for i, effect in enumerate(effects)
    ]
