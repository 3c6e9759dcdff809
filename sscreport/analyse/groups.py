"""Groups: the pooled estimate of some studies, how much they disagree, and how groups differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sscreport.analyse.desk import Desk
from sscreport.analyse.effects import interval, pooling_method, reported, roles, shares
from sscreport.analyse.quantities import (
    DERSIMONIAN_LAIRD,
    HARTUNG_KNAPP,
    T_TEST,
    tau_squared_rule,
)
from sscreport.records import Group, Heterogeneity, OtherModel, Pooled, StudyEffect, Subgroup, SubgroupTest
from sscreport.statistics import heterogeneity, tau_squared
from sscreport.statistics.pooling import Test, pool
from sscreport.statistics.results import p_value
from sscreport.values import SUM, Rule, Value

WHOLE = Rule("the whole is 100%")
# The intervals of review.toml as the library calls them.
TESTS: Mapping[str, Test] = {"wald": "z", "hartung-knapp": "hk", "hartung-knapp-adhoc": "hk_adhoc"}


def overall_group(
    desk: Desk, effects: Sequence[StudyEffect], model: Value, spread: Heterogeneity | None
) -> Group:
    """All studies of the analysis; ``spread`` is their heterogeneity."""
    place = desk.analysis.id
    rows = [effect.row["id"] for effect in effects]
    weight = desk.derive(place, "weight", lambda ids: 100.0, rows, rule=WHOLE)
    return Group("overall", None, tuple(effects), pooled(desk, place, effects, model, spread, weight), spread)


def subgroup_of(desk: Desk, subgroup: Subgroup, effects: Sequence[StudyEffect], model: Value) -> Group:
    """The studies of one subgroup, with a τ² of their own, as RevMan does."""
    place = f"{desk.analysis.id}.{subgroup.id}"
    own = tuple(effect for effect in effects if subgroup.holds(effect.row))
    spread = heterogeneity_of(desk, place, own)
    weight = desk.derive(place, "weight", np.sum, [effect.weight for effect in own], rule=SUM)
    label = desk.book[f"{desk.analysis.place}.subgroups.{subgroup.id}.label"]
    return Group(subgroup.id, label, own, pooled(desk, place, own, model, spread, weight), spread)


def other_model(
    desk: Desk,
    groups: Mapping[str, Group],
    model: Value,
) -> OtherModel | None:
    """All groups, by id, under the model that was not chosen; None where there is but one study."""
    whole = groups["overall"]
    if whole.heterogeneity is None:
        return None
    name = "fixed" if model.content == "random" else "random"
    other = desk.derive(desk.analysis.id, "other_model", lambda _: name, model)
    results = {
        id: pooled(
            desk,
            f"{desk.analysis.id}.{name}" if id == "overall" else f"{desk.analysis.id}.{id}.{name}",
            group.effects,
            other,
            group.heterogeneity,
        )
        for id, group in groups.items()
    }
    weights = shares(desk, whole.effects, other, whole.heterogeneity, f"weight_{name}")
    return OtherModel(other, results, dict(zip((e.key for e in whole.effects), weights, strict=True)))


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
    df = _t_df(desk, place, model, spread)
    low, high = interval(desk, place, effect, se, df)
    z = desk.derive(place, "t" if df else "z", lambda y, s: abs(y / s), effect, se)
    p = desk.derive(place, "p", p_value, z, df, rule=T_TEST) if df else desk.derive(place, "p", p_value, z)
    return Pooled(
        estimate=reported(desk, place, effect),
        ci_low=low,
        ci_high=high,
        z=z,
        p=p,
        k=desk.derive(place, "studies", lambda ids: len(set(ids)), [e.row["study"] for e in effects]),
        n=participants(desk, place, effects),
        weight=weight,
        totals=_totals(desk, place, effects),
        df=df,
    )


def _t_df(desk: Desk, place: str, model: Value, spread: Heterogeneity | None) -> Value | None:
    """The degrees of freedom of t where Hartung and Knapp's interval was chosen and applies.

    It is one of random-effects models; a single study keeps Wald's.
    """
    chosen = desk.analysis.choices.get("interval")
    if chosen is None or chosen.content not in HARTUNG_KNAPP or model.content != "random" or spread is None:
        return None
    return desk.derive(place, "t_df", int, spread.df, decided_by=[chosen, model])


def _mean(
    desk: Desk, place: str, effects: Sequence[StudyEffect], model: Value, spread: Heterogeneity | None
) -> tuple[Value, Value]:
    """Pooled effect on the analysis scale and its standard error."""
    method, more = pooling_method(desk, model, spread)
    inputs = [*roles(effects, method.pool_roles), *more]

    def derive(name: str, function: Callable[..., Any], *needed: Any) -> Value:
        return desk.derive(place, name, function, *needed, rule=method.rule, decided_by=[model])

    def standard_error(*weighting: Any) -> float:
        """That of a weighted mean depends on the weights alone, not on the effects."""
        return method.pool(np.zeros_like(weighting[0]), *weighting)[1]

    mean = derive(desk.scale, lambda *x: method.pool(*x)[0], *inputs)
    chosen = desk.analysis.choices.get("interval")
    if more and chosen is not None and chosen.content in HARTUNG_KNAPP:
        return mean, desk.derive(
            place, "se", _hartung_knapp(TESTS[chosen.content]), *inputs,
            rule=HARTUNG_KNAPP[chosen.content], decided_by=[model, chosen],
        )  # fmt: skip
    if method.pool_roles == ("effect", "se"):
        return mean, derive("se", standard_error, *inputs[1:])
    return mean, derive("se", lambda *x: method.pool(*x)[1], *inputs)


def _hartung_knapp(test: Test) -> Callable[..., float]:
    def standard_error(y: np.ndarray, s: np.ndarray, tau2: float) -> float:
        se = float(pool(y, s**2, tau2=tau2, test=test).se)
        if se <= 0:
            raise ValueError("Hartung and Knapp's interval has no width where all effects are the same.")
        return se

    return standard_error


def participants(desk: Desk, place: str, effects: Sequence[StudyEffect]) -> Value:
    """Each study counted once, with its largest number, however many of its rows enter."""

    def distinct(names: Sequence[str], numbers: np.ndarray) -> int:
        largest: dict[str, float] = {}
        for name, number in zip(names, numbers, strict=True):
            largest[name] = max(number, largest.get(name, 0))
        return int(sum(largest.values()))

    unit = desk.analysis.settings["n_unit"]
    names, numbers = [effect.row["study"] for effect in effects], [effect.n for effect in effects]
    return desk.derive(place, "participants", distinct, names, numbers, named=unit, label=unit, unit=unit)


def _totals(desk: Desk, place: str, effects: Sequence[StudyEffect]) -> dict[str, Value]:
    def total(numbers: np.ndarray) -> int:
        return int(np.sum(numbers))

    totals = {}
    for column in desk.measure.columns:
        if column.total:
            values = [effect.columns[column.role] for effect in effects]
            words = ", ".join(filter(None, (column.header.lower(), column.group.lower())))
            named = f"total.{column.role}"
            label = f"sum over the rows of {words}"
            totals[column.role] = desk.derive(
                place, "total", total, values, named=named, label=label, unit=values[0].unit
            )
    return totals


def heterogeneity_of(desk: Desk, place: str, effects: Sequence[StudyEffect]) -> Heterogeneity | None:
    """Heterogeneity around the fixed-effect mean; None for fewer than two studies."""
    if len(effects) < 2:
        return None
    fixed, scale = desk.measure.fixed, roles(effects, ("effect", "se"))

    def q_around_fixed(y: np.ndarray, s: np.ndarray, *columns: np.ndarray) -> float:
        return heterogeneity.cochran_q(y, s**2, around=fixed.pool(*columns)[0])

    q = desk.derive(place, "q", q_around_fixed, *scale, *roles(effects, fixed.pool_roles))
    df = desk.derive(place, "df", _one_less, [effect.row["id"] for effect in effects])
    return Heterogeneity(
        q=q,
        df=df,
        p=desk.derive(place, "q_p", heterogeneity.q_p_value, q, df),
        i_squared=desk.derive(place, "i_squared", heterogeneity.i_squared, q, df),
        tau_squared=_tau_squared_of(desk, place, scale, q),
    )


def _tau_squared_of(desk: Desk, place: str, scale: Sequence[Sequence[Value]], q: Value) -> Value:
    """τ² by the estimator of the analysis; that of moments takes Q as it is, around the fixed-effect mean."""
    chosen = desk.analysis.choices.get("tau_squared")
    decided = [chosen] if chosen else []
    if chosen is None or chosen.content == DERSIMONIAN_LAIRD:
        return desk.derive(place, "tau_squared", _tau_squared, scale[1], q, decided_by=decided)
    method = chosen.content
    return desk.derive(
        place, "tau_squared", lambda y, s: pool(y, s**2, method=method).tau2, *scale,
        rule=tau_squared_rule(method), decided_by=decided,
    )  # fmt: skip


def subgroup_test(desk: Desk, groups: Sequence[Group]) -> SubgroupTest:
    """The test for subgroup differences."""
    place = desk.analysis.id
    means = [desk.book[f"{place}.{group.id}.{desk.scale}"] for group in groups]
    errors = [desk.book[f"{place}.{group.id}.se"] for group in groups]
    q = desk.derive(
        place, "subgroups.q", lambda y, s: heterogeneity.cochran_q(y, np.square(s)), means, errors
    )
    df = desk.derive(place, "subgroups.df", _one_less, [group.label for group in groups])
    return SubgroupTest(
        q=q,
        df=df,
        p=desk.derive(place, "subgroups.p", heterogeneity.q_p_value, q, df),
        i_squared=desk.derive(place, "subgroups.i_squared", heterogeneity.i_squared, q, df),
    )


def _tau_squared(se: np.ndarray, q: float) -> float:
    return tau_squared.dersimonian_laird(q, np.square(se))


def _one_less(names: Sequence[str]) -> int:
    return len(names) - 1
