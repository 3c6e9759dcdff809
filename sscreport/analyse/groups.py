"""Groups: the pooled estimate of some studies, how much they disagree, and how groups differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sscreport.analyse.desk import Desk
from sscreport.analyse.effects import interval, reported, roles
from sscreport.analyse.quantities import RANDOM_EFFECTS
from sscreport.measures import Pooling
from sscreport.records import Group, Heterogeneity, Pooled, StudyEffect, Subgroup, SubgroupTest
from sscreport.statistics import heterogeneity, pooling
from sscreport.values import SUM, Rule, Value

WHOLE = Rule("the whole is 100%")
_RANDOM = Pooling(
    label="IV",
    rule=RANDOM_EFFECTS,
    pool_roles=("effect", "se"),
    pool=pooling.inverse_variance,
    weight_roles=("se",),
    weights=pooling.inverse_variance_weights,
)


def whole(desk: Desk, effects: Sequence[StudyEffect], model: Value, spread: Heterogeneity | None) -> Group:
    """All studies of the analysis; ``spread`` is their heterogeneity."""
    place = desk.analysis.id
    rows = [effect.row["id"] for effect in effects]
    weight = desk.derive(place, "weight", lambda ids: 100.0, rows, rule=WHOLE)
    return Group("overall", None, tuple(effects), pooled(desk, place, effects, model, spread, weight), spread)


def part(desk: Desk, subgroup: Subgroup, effects: Sequence[StudyEffect], model: Value) -> Group:
    """The studies of one subgroup, with a τ² of their own, as RevMan does."""
    place = f"{desk.analysis.id}.{subgroup.id}"
    own = tuple(effect for effect in effects if subgroup.holds(effect.row))
    spread = disagreement(desk, place, own)
    weight = desk.derive(place, "weight", np.sum, [effect.weight for effect in own], rule=SUM)
    label = desk.book[f"review.analyses.{desk.analysis.id}.subgroups.{subgroup.id}.label"]
    return Group(subgroup.id, label, own, pooled(desk, place, own, model, spread, weight), spread)


def pooled(
    desk: Desk,
    place: str,
    effects: Sequence[StudyEffect],
    model: Value,
    spread: Heterogeneity | None,
    weight: Value | None = None,
) -> Pooled:
    """The pooled estimate under ``model`` ("fixed" or "random"), its interval and test."""
    effect, se = _mean(desk, place, effects, model, spread)
    low, high = interval(desk, place, effect, se)
    z = desk.derive(place, "z", lambda y, s: abs(pooling.z_statistic(y, s)), effect, se)
    return Pooled(
        estimate=reported(desk, place, effect),
        ci_low=low,
        ci_high=high,
        z=z,
        p=desk.derive(place, "p", pooling.z_p_value, z),
        k=desk.derive(place, "studies", lambda ids: len(set(ids)), [e.row["study"] for e in effects]),
        n=_participants(desk, place, effects),
        weight=weight,
        totals=_totals(desk, place, effects),
    )


def _mean(
    desk: Desk, place: str, effects: Sequence[StudyEffect], model: Value, spread: Heterogeneity | None
) -> tuple[Value, Value]:
    """Pooled effect on the analysis scale and its standard error."""
    random = model.content == "random" and spread is not None
    method = _RANDOM if random else desk.measure.fixed
    tau_squared = [spread.tau_squared] if random and spread is not None else []
    inputs = [*roles(effects, method.pool_roles), *tau_squared]
    mean = desk.derive(
        place, desk.scale, lambda *x: method.pool(*x)[0], *inputs, rule=method.rule, decided_by=[model]
    )
    if method.pool_roles != ("effect", "se"):
        error = desk.derive(
            place, "se", lambda *x: method.pool(*x)[1], *inputs, rule=method.rule, decided_by=[model]
        )
        return mean, error

    def standard_error(*weighting: Any) -> float:
        """That of a weighted mean depends on the weights alone, not on the effects."""
        return method.pool(np.zeros_like(weighting[0]), *weighting)[1]

    return mean, desk.derive(place, "se", standard_error, *inputs[1:], rule=method.rule, decided_by=[model])


def _participants(desk: Desk, place: str, effects: Sequence[StudyEffect]) -> Value:
    """Each study counted once, with its largest number, however many of its rows enter."""
    names = [effect.study.id for effect in effects]

    def distinct(numbers: np.ndarray) -> int:
        largest: dict[str, float] = {}
        for name, number in zip(names, numbers, strict=True):
            largest[name] = max(number, largest.get(name, 0))
        return int(sum(largest.values()))

    unit = desk.analysis.settings["n_unit"]
    label = f"{unit.capitalize()}, {desk.analysis.title}"
    return desk.book.derive(
        f"{place}.{unit}",
        SUM,
        distinct,
        [effect.n for effect in effects],
        style="count",
        unit=unit,
        label=label,
    )


def _totals(desk: Desk, place: str, effects: Sequence[StudyEffect]) -> dict[str, Value]:
    def total(numbers: np.ndarray) -> int:
        return int(np.sum(numbers))

    return {
        column.role: desk.derive(
            place, "total", total, [effect.columns[column.role] for effect in effects], step=column.role
        )
        for column in desk.measure.columns
        if column.total
    }


def disagreement(desk: Desk, place: str, effects: Sequence[StudyEffect]) -> Heterogeneity | None:
    """Heterogeneity around the fixed-effect mean; None for fewer than two studies."""
    if len(effects) < 2:
        return None
    fixed, scale = desk.measure.fixed, roles(effects, ("effect", "se"))

    def q_around_fixed(y: np.ndarray, s: np.ndarray, *columns: np.ndarray) -> float:
        return heterogeneity.cochran_q(y, s, around=fixed.pool(*columns)[0])

    q = desk.derive(place, "q", q_around_fixed, *scale, *roles(effects, fixed.pool_roles))
    df = desk.derive(place, "df", _one_less, [effect.row["id"] for effect in effects])
    return Heterogeneity(
        q=q,
        df=df,
        p=desk.derive(place, "q_p", heterogeneity.q_p_value, q, df),
        i_squared=desk.derive(place, "i_squared", heterogeneity.i_squared, q, df),
        tau_squared=desk.derive(place, "tau_squared", _tau_squared, scale[1], q),
    )


def differences(desk: Desk, groups: Sequence[Group]) -> SubgroupTest:
    """The test for subgroup differences."""
    place = desk.analysis.id
    means = [desk.book[f"{place}.{group.id}.{desk.scale}"] for group in groups]
    errors = [desk.book[f"{place}.{group.id}.se"] for group in groups]
    q = desk.derive(place, "subgroups.q", heterogeneity.cochran_q, means, errors)
    df = desk.derive(place, "subgroups.df", _one_less, [group.label for group in groups])
    return SubgroupTest(
        q=q,
        df=df,
        p=desk.derive(place, "subgroups.p", heterogeneity.q_p_value, q, df),
        i_squared=desk.derive(place, "subgroups.i_squared", heterogeneity.i_squared, q, df),
    )


def _tau_squared(se: np.ndarray, q: float) -> float:
    """With Q given, the method of moments needs nothing else of the effects."""
    return heterogeneity.tau_squared_dersimonian_laird(np.zeros_like(se), se, q)


def _one_less(names: Sequence[str]) -> int:
    return len(names) - 1
