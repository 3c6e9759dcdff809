"""How firm a synthesis is: each study left out in turn, and tests for small-study effects."""

from __future__ import annotations

from collections.abc import Sequence

from sscreport.analyse.desk import Desk
from sscreport.analyse.effects import roles
from sscreport.analyse.groups import heterogeneity_of, pooled
from sscreport.records import Pooled, SmallStudyEffects, StudyEffect
from sscreport.statistics.funnel_asymmetry import begg, egger
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
