"""The review's recorded rules: which model, which word.

Thresholds are data (review.toml); this module applies them literally, and says so where they
decide nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sscreport.measures import MEASURES, Measure
from sscreport.records import (
    CHOICES,
    Analysis,
    Decision,
    Group,
    Heterogeneity,
    Review,
    StudyEffect,
    Words,
)
from sscreport.values import Rule, Value
from sscreport.wording import INTERVALS, MODELS

SET_ASIDE = "set aside"  # the rule's verdict where a model is set whatever it would say
MODEL_RULE = Rule("the review's rule for choosing the model", "data/review.toml, policy.model")
FALLBACK = Rule("the model recorded for the outcome", "data/review.toml, analyses")
SET = Rule("the model set for the analysis", "data/review.toml, analyses")
WORDING = Rule("the review's wording policy", "data/review.toml, policy")


def choose_model(
    i_squared: float, p: float, fixed_at_most: float, random_above: float, p_limit: float
) -> str:
    """ "fixed", "random" or "undecided".

    Fixed if I² <= ``fixed_at_most`` and P > ``p_limit``; random if I² > ``random_above`` and
    P < ``p_limit``; undecided where neither holds. I² and its limits in percent.
    """
    if i_squared <= fixed_at_most and p > p_limit:
        return "fixed"
    if i_squared > random_above and p < p_limit:
        return "random"
    return "undecided"


def decide_model(review: Review, analysis: Analysis, spread: Heterogeneity | None) -> Decision:
    """The model of an analysis: the one set for it, else the rule's verdict, else what is recorded."""
    book, key = review.book, analysis.id
    fallback = book[f"{analysis.place}.fallback_model"]
    chosen = analysis.choices.get("model")
    limits = [book[f"review.policy.model.{name}"] for name in ("fixed_i_squared", "random_i_squared", "p")]
    if chosen is not None:
        verdict = book.derive(
            f"{key}.verdict",
            SET,
            lambda _: SET_ASIDE,
            chosen,
            style="text",
            label=f"Verdict of the rule, {analysis.title}",
        )
    elif spread is None:
        verdict = book.derive(
            f"{key}.verdict",
            MODEL_RULE,
            lambda name: "undecided",
            fallback,
            style="text",
            label=f"Verdict of the rule, {analysis.title}",
        )
    else:
        verdict = book.derive(
            f"{key}.verdict",
            MODEL_RULE,
            choose_model,
            spread.i_squared,
            spread.p,
            *limits,
            style="text",
            label=f"Verdict of the rule, {analysis.title}",
        )
    undecided, recorded = verdict.content == "undecided", chosen or fallback
    model = book.derive(
        f"{key}.model",
        SET if chosen else FALLBACK if undecided else MODEL_RULE,
        lambda said, recorded: recorded if said in ("undecided", SET_ASIDE) else said,
        verdict,
        recorded,
        style="text",
        label=f"Model, {analysis.title}",
    )
    book.derive(
        f"{key}.model_name",
        MODEL_RULE,
        MODELS.__getitem__,
        model,
        style="text",
        label=f"Name of the model, {analysis.title}",
    )
    if analysis.choices:
        _tell_choices(review, analysis, model)
    return Decision(model, verdict, book[f"{analysis.place}.fallback_reason"])


def _tell_choices(review: Review, analysis: Analysis, model: Value) -> None:
    """Enter what was set for the analysis as words, so that the methods can say it."""
    left_out = dict.fromkeys(row.content("study") for row in analysis.excluded)
    labels = [review.studies[study].label for study in left_out]
    choices = [analysis.choices[name] for name in CHOICES[1:] if name in analysis.choices]
    named = [name for name in CHOICES[1:] if name in analysis.choices]

    def told(model: str, *contents: Any) -> str:
        made = dict(zip(named, contents, strict=False))
        return choices_told(model, made, list(contents[len(named) :]))

    review.book.derive(
        f"{analysis.id}.choices", SET, told, model, *choices, *labels, style="text",
        label=f"Choices made for the analysis, {analysis.title}", decided_by=analysis.exclusion,
    )  # fmt: skip


def choices_told(model: str | None, made: Mapping[str, Any], left_out: Sequence[str]) -> str:
    """ "random-effects model, variance between studies by REML, without Granel": choices in a clause.

    ``made`` by the names of `CHOICES`; ``left_out`` are labels of studies. What a fixed-effect model has
    no use for is not said.
    """
    parts = [f"{MODELS[model]} model"] if model else []
    if "tau_squared" in made and model != "fixed":
        parts.append(f"variance between studies by {made['tau_squared']}")
    if "interval" in made and model != "fixed":
        parts.append(f"interval: {INTERVALS[made['interval']]}")
    if "assumed_correlation" in made:
        parts.append(f"correlation of before and after {made['assumed_correlation']:g}")
    if left_out:
        parts.append("without " + " and ".join(filter(None, (", ".join(left_out[:-1]), left_out[-1]))))
    return ", ".join(parts)


def change(estimate: float, p: float, alpha: float, better: str, measure: Measure) -> str:
    """ "improved" or "worsened" where P < ``alpha``, otherwise "unclear".

    ``better`` ("lower" or "higher") is the direction in which patients improve.
    """
    if p >= alpha:
        return "unclear"
    above = estimate > measure.null
    return "improved" if above == (measure.above_null == better) else "worsened"


def way(estimate: float, better: str, measure: Measure) -> str:
    """Which way an estimate points, whatever its interval: "improvement", "worsening" or "no change"."""
    if estimate == measure.null:
        return "no change"
    return "improvement" if (estimate > measure.null) == (measure.above_null == better) else "worsening"


def significance(p: float, alpha: float) -> str:
    """ "significant" or "not significant"."""
    return "significant" if p < alpha else "not significant"


def heterogeneity_word(i_squared: float, low: float, moderate: float, high: float) -> str:
    """ "no" (I² of 0 as printed), "little", "low", "moderate" or "high"; all in percent."""
    if i_squared >= high:
        return "high"
    if i_squared >= moderate:
        return "moderate"
    if i_squared >= low:
        return "low"
    return "little" if i_squared >= 0.5 else "no"


def study_way(review: Review, effect: StudyEffect, analysis: Analysis) -> Value:
    """Which way the effect of one study points, entered under its key."""
    measure = MEASURES[analysis.measure]
    return review.book.derive(
        f"{effect.key}.way",
        WORDING,
        lambda estimate, better: way(estimate, better, measure),
        effect.estimate,
        review.book[f"review.outcomes.{analysis.outcome.id}.better"],
        style="text",
        label=f"Wording (way), {analysis.title}, {effect.study.label.content}",
    )


def words(review: Review, key: str, group: Group, analysis: Analysis) -> Words:
    """The words that depend on a group's numbers."""
    book, pooled = review.book, group.pooled
    alpha = book["review.policy.significance"]
    measure = MEASURES[analysis.measure]
    better = book[f"review.outcomes.{analysis.outcome.id}.better"]
    about = f"{analysis.title}, {group.label.content}" if group.label else analysis.title

    def word(name: str, function: Callable[..., Any], *inputs: Value) -> Value:
        return book.derive(
            f"{key}.{name}",
            WORDING,
            function,
            *inputs,
            style="text",
            label=f"Wording ({name.replace('_', ' ')}), {about}",
        )

    changed = word(
        "change", lambda y, p, a, b: change(y, p, a, b, measure), pooled.estimate, pooled.p, alpha, better
    )
    judged = word("significance", significance, pooled.p, alpha)
    if group.heterogeneity is None:
        spread = word("heterogeneity", lambda k: "", pooled.k)
    else:
        bands = [book[f"review.policy.heterogeneity.{band}"] for band in ("low", "moderate", "high")]
        spread = word("heterogeneity", heterogeneity_word, group.heterogeneity.i_squared, *bands)
    return Words(changed, judged, spread)
