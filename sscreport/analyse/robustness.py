"""How firm a synthesis is: each study left out in turn, and tests for small-study effects."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from sscreport.analyse.desk import Desk
from sscreport.analyse.effects import roles
from sscreport.analyse.groups import heterogeneity_of, pooled
from sscreport.records import Group, Heterogeneity, Pooled, SmallStudyEffects, Study, StudyEffect
from sscreport.statistics.funnel_asymmetry import begg, egger
from sscreport.statistics.results import quantile
from sscreport.values import Value

LEAST_STUDIES = 3  # below it, Egger's regression has no degree of freedom left


def leave_one_out(desk: Desk, effects: Sequence[StudyEffect], model: Value) -> dict[str, Pooled]:
    """The pooled estimate without each study, by study id, under the model of the whole."""
    results = {}
    for study in dict.fromkeys(effect.study.id for effect in effects):
        rest = [effect for effect in effects if effect.study.id != study]
        if rest:
            place = f"{desk.analysis.id}.without.{study}"
            results[study] = pooled(desk, place, rest, model, heterogeneity_of(desk, place, rest))
    return results


def cumulative(desk: Desk, effects: Sequence[StudyEffect], model: Value) -> dict[str, Pooled]:
    """The pooled estimate of the first study, the first two, …, by the id of the study added.

    In the order of the studies' years; studies of one year keep that of the data. Lau et al. 1992,
    N Engl J Med 327:248.
    """
    order = sorted(
        dict.fromkeys(effect.study.id for effect in effects), key=lambda s: _year(desk.review.studies[s])
    )
    results = {}
    for last, study in enumerate(order):
        first = [effect for effect in effects if effect.study.id in order[: last + 1]]
        place = f"{desk.analysis.id}.up_to.{study}"
        results[study] = pooled(desk, place, first, model, heterogeneity_of(desk, place, first))
    return results


def _year(study: Study) -> float:
    year = study.row.content("year")
    return math.inf if year is None else year


def prediction_interval(
    desk: Desk, overall: Group, model: Value, spread: Heterogeneity | None
) -> tuple[Value, Value] | None:
    """Where the effect of a new study is expected; None with a fixed effect and below 3 studies."""
    if model.content != "random" or spread is None or spread.df.content < LEAST_STUDIES - 1:
        return None
    place = desk.analysis.id
    inputs = (
        desk.book[f"{place}.{desk.scale}"],
        desk.book[f"{place}.se"],
        spread.tau_squared,
        spread.df,
        desk.level,
    )

    def limit(side: int) -> Callable[..., float]:
        def end(mean: float, se: float, tau2: float, df: float, level: float) -> float:
            half_width = quantile(level / 100, df - 1) * math.sqrt(tau2 + se**2)
            return desk.measure.reported(mean + side * half_width)

        return end

    return (
        desk.derive(place, "prediction_low", limit(-1), *inputs, decided_by=[model]),
        desk.derive(place, "prediction_high", limit(1), *inputs, decided_by=[model]),
    )


def small_study_effects(desk: Desk, effects: Sequence[StudyEffect]) -> SmallStudyEffects | None:
    """Egger's and Begg's tests; None where there are too few studies to compute them."""
    if len(effects) < LEAST_STUDIES:
        return None
    place, inputs = desk.analysis.id, roles(effects, ("effect", "se"))
    return SmallStudyEffects(
        egger_intercept=desk.derive(
            place, "egger.intercept", lambda y, s: egger(y, s**2).bias.estimate, *inputs
        ),
        egger_p=desk.derive(place, "egger.p", lambda y, s: egger(y, s**2).bias.p, *inputs),
        begg_p=desk.derive(place, "begg.p", lambda y, s: begg(y, s**2).p_corrected, *inputs),
        k=desk.book[f"{place}.studies"],
    )
