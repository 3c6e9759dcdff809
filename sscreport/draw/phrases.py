"""The lines of a figure in RevMan's wording, as parts that keep their identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sscreport import wording
from sscreport.draw.canvas import Constant, Part, line_text
from sscreport.measures import MEASURES, measure_of
from sscreport.records import (
    Grid,
    Group,
    Heterogeneity,
    Pooled,
    SmallStudyEffects,
    StudyEffect,
    SubgroupTest,
    Synthesis,
)
from sscreport.values import Value
from sscreport.wording import DAGGER, INTERVALS, MODELS, printed

SQUARED = Constant("²", "part of the name of a statistic")
RECONSTRUCTED = f"{DAGGER} {wording.RECONSTRUCTED}; see Methods."
Parts = tuple[Part, ...]


def p_value(p: Value) -> Parts:
    """ "P = 0.50" or "P < 0.0001"; the printed value brings its own "<"."""
    return ("P " if printed(p).startswith("<") else "P = ", p)


def estimate(result: StudyEffect | Pooled) -> Parts:
    """ "6.26 [−1.36, 13.88]"."""
    return (result.estimate, " [", result.ci_low, ", ", result.ci_high, "]")


def limits(low: Value, high: Value) -> Parts:
    """ "[−1.36, 13.88]"."""
    return ("[", low, ", ", high, "]")


def study(effect: StudyEffect) -> Parts:
    return (effect.study.label, DAGGER) if effect.reconstructed else (effect.study.label,)


def interval(synthesis: Synthesis) -> Parts:
    """ "95% CI"."""
    return (synthesis.level, " CI")


def summary(name: str, group: Group, synthesis: Synthesis, model: Value | None = None) -> Parts:
    """ "Total (95% CI)", with a dagger where the pooled result rests on reconstructed values.

    Where both models stand in the plot, each row says which is its own.
    """
    mark = (DAGGER,) if group.reconstructed else ()
    shown = (model or synthesis.decision.model).content
    which = f", {shown}" if synthesis.other else ""
    return (f"{name}(", *interval(synthesis), f"){which}", *mark)


def prediction(synthesis: Synthesis) -> Parts:
    """ "Prediction interval (95%)"."""
    return ("Prediction interval (", synthesis.level, ")")


def method(synthesis: Synthesis) -> Parts:
    """ "IV, Random, 95% CI"."""
    model = synthesis.decision.model.content
    label = measure_of(synthesis.analysis).fixed.label
    which = "" if synthesis.other else f"{model.capitalize()}, "
    return (f"{label}, {which}{_chosen(synthesis)}", *interval(synthesis))


def _chosen(synthesis: Synthesis) -> str:
    """ "REML, Hartung-Knapp, ": what was set for a random-effects model; "" where nothing was."""
    models = [synthesis.decision.model, *([synthesis.other.model] if synthesis.other else [])]
    if not any(model.content == "random" for model in models):
        return ""
    choices = synthesis.analysis.choices
    names = [choices["tau_squared"].content] if "tau_squared" in choices else []
    names += [INTERVALS[choices["interval"].content]] if "interval" in choices else []
    return "".join(f"{name}, " for name in names)


def heterogeneity(result: Heterogeneity | None, model: str) -> Parts:
    """RevMan's line below a group; τ² stands there in a random-effects analysis only."""
    if result is None:
        return ("Heterogeneity: Not applicable",)
    tau: Parts = ("Tau", SQUARED, " = ", result.tau_squared, "; ") if model == "random" else ()
    return (
        "Heterogeneity: ",
        *tau,
        "Chi",
        SQUARED,
        " = ",
        result.q,
        ", df = ",
        result.df,
        " (",
        *p_value(result.p),
        "); I",
        SQUARED,
        " = ",
        result.i_squared,
    )


def overall_effect(pooled: Pooled) -> Parts:
    which: Parts = ("Z = ", pooled.z)
    if pooled.df is not None:
        which = ("t = ", pooled.z, ", df = ", pooled.df)
    first, *rest = which
    return (f"Test for overall effect: {first}", *rest, " (", *p_value(pooled.p), ")")


def subgroup_differences(test: SubgroupTest) -> Parts:
    return (
        "Test for subgroup differences: Chi",
        SQUARED,
        " = ",
        test.q,
        ", df = ",
        test.df,
        " (",
        *p_value(test.p),
        "), I",
        SQUARED,
        " = ",
        test.i_squared,
    )


def small_study_tests(tests: SmallStudyEffects) -> Parts:
    return (
        "Egger's test: ",
        *p_value(tests.egger_p),
        "; Begg's test: ",
        *p_value(tests.begg_p),
        " (k = ",
        tests.k,
        " studies)",
    )


# --- descriptions for listeners: plain text from the same printed values


def describe_forest(synthesis: Synthesis) -> str:
    """What a forest plot shows: every study, every pooled result and how they agree."""
    analysis, model = synthesis.analysis, synthesis.decision.model.content
    sentences = [f"Forest plot. {analysis.title}: {_measure_name(synthesis)}, {_model_name(synthesis)}."]
    for group in synthesis.groups:
        heading = printed(group.label) if group.label else group.id
        sentences += [
            f"{heading}: {_told_studies(group, synthesis)}.",
            f"Subtotal {_told(group.pooled, synthesis)}.",
        ]
        sentences.append(line_text(heterogeneity(group.heterogeneity, model)) + ".")
    if not synthesis.groups:
        sentences.append(f"{_told_studies(synthesis.overall, synthesis)}.")
    whole = synthesis.overall
    sentences.append(f"Total of {printed(whole.pooled.k)} studies: {_told(whole.pooled, synthesis)}.")
    sentences.append(line_text(heterogeneity(whole.heterogeneity, model)) + ".")
    sentences.append(line_text(overall_effect(whole.pooled)) + ".")
    if synthesis.subgroup_test:
        sentences.append(line_text(subgroup_differences(synthesis.subgroup_test)) + ".")
    if synthesis.other:
        other = MODELS[synthesis.other.model.content]
        sentences.append(f"By the {other} model: {_told(synthesis.other.pooled['overall'], synthesis)}.")
    if synthesis.prediction:
        low, high = map(printed, synthesis.prediction)
        sentences.append(f"{line_text(prediction(synthesis))}: {low} to {high}.")
    sentences.append(_direction(synthesis))
    return " ".join(sentences + _told_note(synthesis.reconstructed))


def describe_repeats(synthesis: Synthesis, kind: str, rows: Mapping[str, Pooled]) -> str:
    """What a plot of repeated poolings shows; ``rows`` by what was left out or added."""
    model = _model_name(synthesis)
    told = "; ".join(f"{name} {_told(pooled, synthesis)}" for name, pooled in rows.items())
    sentences = [
        f"{kind} forest plot. {synthesis.analysis.title}: {_measure_name(synthesis)}, {model}.",
        f"{told}.",
        f"All studies: {_told(synthesis.overall.pooled, synthesis)}.",
        _direction(synthesis),
    ]
    return " ".join(sentences + _told_note(synthesis.reconstructed))


def describe_funnel(synthesis: Synthesis) -> str:
    """What a funnel plot shows: each study's effect and standard error, and the tests."""
    effects = synthesis.overall.effects
    points = "; ".join(f"{printed(e.study.label)} {printed(e.estimate)}, {printed(e.se)}" for e in effects)
    sentences = [
        f"Funnel plot. {synthesis.analysis.title}: {_measure_name(synthesis)} and standard error "
        f"of {printed(synthesis.overall.pooled.k)} studies, around the pooled "
        f"{printed(synthesis.overall.pooled.estimate)} with pseudo {printed(synthesis.level)} confidence "
        "limits.",
        f"{points}.",
    ]
    if synthesis.small_study:
        sentences.append(line_text(small_study_tests(synthesis.small_study)) + ".")
    return " ".join(sentences + _told_note(synthesis.reconstructed))


def _measure_name(synthesis: Synthesis) -> str:
    return MEASURES[synthesis.analysis.measure].name.lower()


def _model_name(synthesis: Synthesis) -> str:
    return f"{_chosen(synthesis)}{MODELS[synthesis.decision.model.content]} model"


def _told(result: StudyEffect | Pooled, synthesis: Synthesis) -> str:
    low, high = printed(result.ci_low), printed(result.ci_high)
    return f"{printed(result.estimate)} ({line_text(interval(synthesis))} {low} to {high})"


def _told_studies(group: Group, synthesis: Synthesis) -> str:
    return "; ".join(f"{printed(effect.study.label)} {_told(effect, synthesis)}" for effect in group.effects)


def _direction(synthesis: Synthesis) -> str:
    analysis, null = synthesis.analysis, MEASURES[synthesis.analysis.measure].null
    return f"Left of {null:g}: {analysis.axis_low}; right of it: {analysis.axis_high}."


def _told_note(reconstructed: bool) -> list[str]:
    return ["Some study-level values are reconstructed."] if reconstructed else []


# --- funnel plots, Baujat plots, sweeps of the correlation, quality of the studies

ENOUGH_STUDIES = 10
UNNAMED = "Studies without room for their name are not named."
CONTOURS = "Shading shows the two-sided P of a study against no effect."


def point(synthesis: Synthesis, effect: StudyEffect) -> Parts:
    """The name of a point: the study, and its subgroup where it is in several."""
    repeated = sum(other.study.id == effect.study.id for other in synthesis.overall.effects) > 1
    labels = [group.label for group in synthesis.groups if any(e.key == effect.key for e in group.effects)]
    home = labels[0] if repeated and labels else None
    return (*study(effect), ", ", home) if home else study(effect)


def too_few_studies(k: Value) -> Parts:
    """One sentence on what fewer than ten studies cannot tell."""
    why = "least number of studies for tests of asymmetry, Cochrane Handbook 13.3.5.4"
    return (
        "With k = ",
        k,
        ", fewer than ",
        Constant(str(ENOUGH_STUDIES), why),
        " studies, asymmetry can neither be shown nor excluded.",
    )


CONTRIBUTION = "Contribution to Cochran's Q"
INFLUENCE = "Influence on the pooled result"
AROUND_FIXED = (
    "Both are around the inverse-variance fixed-effect mean; influence is the squared change of that mean "
    "without the study, in units of its variance then."
)
CORRELATION = "Assumed correlation (r) between before and after"


def describe_baujat(synthesis: Synthesis) -> str:
    """What a Baujat plot shows: each study's contribution to Q and its influence."""
    points = "; ".join(
        f"{line_text(point(synthesis, effect))} {printed(numbers.contribution)}, {printed(numbers.influence)}"
        for effect, numbers in zip(synthesis.overall.effects, synthesis.baujat, strict=True)
    )
    sentences = [
        f"Baujat plot. {synthesis.analysis.title}: contribution to Cochran's Q and influence on the pooled "
        f"result of {printed(synthesis.overall.pooled.k)} studies.",
        f"{points}.",
    ]
    return " ".join(sentences + _told_note(synthesis.reconstructed))


def _taken(correlation: Value) -> str:
    """Whether the standard errors are those recorded, or made for another correlation."""
    return "assumed" if correlation.key.endswith(".assumed_correlation") else "recorded"


def swept(recorded: Value, pooled: Pooled, others: Mapping[float, Pooled]) -> Parts:
    """The pooled result at the correlation of the analysis, and at others."""
    parts: list[Part] = [f"Orange: as {_taken(recorded)}, r = ", recorded, ": ", *estimate(pooled)]
    for r, result in others.items():
        parts += ["; at r = ", Constant(f"{r:g}", "correlation tried in a sweep"), ": ", *estimate(result)]
    return (*parts, ".")


def swept_how(spreads_known: bool, model: str) -> Parts:
    """How the standard errors follow the correlation, and how the studies are pooled."""
    again = f"; pooled anew at every r, {MODELS[model]} model."
    if spreads_known:
        return (f"Standard errors follow from the standard deviations before and after{again}",)
    one = Constant("1", "part of a formula")
    return (
        "Standard errors are proportional to √(",
        one,
        f" − r), as where the standard deviations before and after are equal{again}",
    )


def describe_sweep(synthesis: Synthesis, recorded: Value) -> str:
    """What a sweep shows: the pooled result at every correlation."""
    told = "; ".join(f"r = {r:g}: {_told(result, synthesis)}" for r, result in synthesis.sweep.items())
    sentences = [
        f"Pooled result against the assumed correlation between before and after. "
        f"{synthesis.analysis.title}: {_measure_name(synthesis)}.",
        f"As {_taken(recorded)}, r = {printed(recorded)}: {_told(synthesis.overall.pooled, synthesis)}.",
        f"{told}.",
    ]
    return " ".join(sentences + _told_note(synthesis.reconstructed))


NAMED_ARTICLE, NAMED_SOUND = "Orange: the article's specification, ", "green: the sound alternative, "
NAMED_CHOSEN = "Orange: the specification that was chosen, "


def specified(grid: Grid) -> Parts:
    """How many specifications there are and what came out over them."""
    return (
        grid.count,
        " specifications by size, ",
        grid.lowest,
        " to ",
        grid.highest,
        " (median ",
        grid.median,
        "); dark: significant at ",
        grid.alpha,
        ", ",
        grid.significant,
        " of them. Intervals are cut at the axis.",
    )


def named_specifications(grid: Grid, synthesis: Synthesis) -> Parts:
    """The results of the specifications that have a colour; another conclusion is counted in any case."""
    parts: list[Part] = []
    if grid.article is not None:
        parts += [
            NAMED_CHOSEN if synthesis.analysis.choices else NAMED_ARTICLE,
            synthesis.overall.pooled.estimate,
            "; ",
        ]
    if grid.sound is not None and grid.sound_estimate is not None:
        parts += [NAMED_SOUND, grid.sound_estimate, "; "]
    many: list[Part] = [grid.flipped, " lead"] if grid.flipped.content else ["none leads"]
    other = "that analysis" if synthesis.analysis.choices else "the article's method"
    parts += [*many, f" to another conclusion than {other}."]
    return tuple(parts)


def describe_specifications(synthesis: Synthesis, grid: Grid) -> str:
    """What a specification curve shows."""
    sentences = [
        f"Specification curve. {synthesis.analysis.title}: {_measure_name(synthesis)} by every combination "
        f"of {', '.join(dimension.title.lower() for dimension in grid.dimensions)}.",
        line_text(specified(grid)),
        line_text(named_specifications(grid, synthesis)),
    ]
    return " ".join(sentences + _told_note(synthesis.reconstructed))


STUDY, STARS, QUALITY = "Study", "Stars", "Quality"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # of the items of a scale


def quality_bands(maximum: Value, low_up_to: Value, high_from: Value) -> Parts:
    """What the review calls low and high quality."""
    return (
        "Newcastle-Ottawa scale, at most ",
        maximum,
        " stars. Low quality: up to ",
        low_up_to,
        "; high: from ",
        high_from,
        "; moderate: between.",
    )


def quality_items(titles: Sequence[str]) -> Parts:
    """The letters of a scale's items and what they stand for."""
    parts: list[Part] = []
    for letter, title in zip(LETTERS, titles, strict=False):
        parts += ["; " if parts else "", f"{letter},\N{NO-BREAK SPACE}"]
        parts.append(Constant(title, "title of a column") if wording.has_digit(title) else title)
    return (*parts, ".")
