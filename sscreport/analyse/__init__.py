"""Analyse: the data rows of each analysis become a `Synthesis`.

Every number is made by `Book.derive` from the values it needs and no others, so that what a number
depends on is what entered its formula. `effects` makes the study effects, `groups` pools them,
`robustness` tests the result; `policy` chooses the model and the words.
"""

from __future__ import annotations

from sscreport import policy
from sscreport.analyse.desk import Desk
from sscreport.analyse.effects import study_effect, with_weights
from sscreport.analyse.groups import (
    heterogeneity_of,
    other_model,
    overall_group,
    subgroup_of,
    subgroup_test,
)
from sscreport.analyse.robustness import (
    baujat,
    cumulative,
    leave_one_out,
    prediction_interval,
    small_study_effects,
    sweep,
)
from sscreport.problems import InputError, Problem
from sscreport.records import Analysis, Review, Synthesis

__all__ = ["analyse", "synthesis_of"]


def analyse(review: Review) -> tuple[Synthesis, ...]:
    """Every synthesis of the review, in the order of review.toml.

    Raises `InputError` naming every analysis whose data allow no result.
    """
    syntheses, problems = [], []
    for analysis in review.analyses:
        try:
            syntheses.append(synthesis_of(review, analysis))
        except ValueError as error:
            expected = f"The data of this analysis allow no result. {error}"
            problems.append(Problem(analysis.rows[0].file, expected, row=analysis.id))
    if problems:
        raise InputError(problems)
    return tuple(syntheses)


def synthesis_of(review: Review, analysis: Analysis) -> Synthesis:
    """All results of one analysis; ValueError where its data allow none."""
    desk, options = Desk(review, analysis), analysis.settings
    unweighted = [study_effect(desk, row) for row in analysis.rows]
    spread = heterogeneity_of(desk, analysis.id, unweighted)
    decision = policy.decide_model(desk.review, analysis, spread)
    effects = with_weights(desk, unweighted, decision.model, spread)
    for effect in effects:
        policy.study_way(desk.review, effect, analysis)
    drawn = {
        figure["kind"]
        for figure in desk.review.settings.get("figures", [])
        if figure.get("analysis") == analysis.id
    }
    overall = overall_group(desk, effects, decision.model, spread)
    groups = tuple(subgroup_of(desk, subgroup, effects, decision.model) for subgroup in analysis.subgroups)
    words = {"overall": policy.words(desk.review, analysis.id, overall, analysis)}
    other = None
    if options.get("both_models"):
        other = other_model(
            desk, {"overall": overall, **{group.id: group for group in groups}}, decision.model
        )
    words |= {
        group.id: policy.words(desk.review, f"{analysis.id}.{group.id}", group, analysis) for group in groups
    }
    return Synthesis(
        analysis=analysis,
        level=desk.level,
        overall=overall,
        groups=groups,
        decision=decision,
        subgroup_test=subgroup_test(desk, groups) if len(groups) > 1 else None,
        leave_one_out=leave_one_out(desk, effects, decision.model) if options.get("leave_one_out") else {},
        small_study=small_study_effects(desk, effects) if options.get("small_study_tests") else None,
        words=words,
        cumulative=cumulative(desk, effects, decision.model) if options.get("cumulative") else {},
        prediction=(
            prediction_interval(desk, overall, decision.model, spread)
            if options.get("prediction_interval")
            else None
        ),
        other=other,
        important=desk.book.get(f"review.outcomes.{analysis.outcome.id}.minimal_important_difference"),
        baujat=baujat(desk, effects) if "baujat" in drawn else (),
        sweep=sweep(desk, effects, decision.model) if "sweep" in drawn else {},
    )
