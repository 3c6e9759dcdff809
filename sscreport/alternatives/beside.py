"""What stands beside the pooled results: proportions, safety, correlations that data imply, placebo arms."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sscreport.alternatives.results import Bench
from sscreport.analyse.desk import Desk
from sscreport.analyse.effects import SAME
from sscreport.records import Review, Row, StudyEffect, Synthesis
from sscreport.statistics.change import change_correlation, implied_correlation
from sscreport.statistics.inputs import Array
from sscreport.statistics.pooling import pool
from sscreport.statistics.proportions import from_logit, logit_proportion, proportion_interval
from sscreport.values import COUNT, SUM, Book, Input, Rule, Value

CLOPPER_PEARSON = Rule("exact binomial limit", "Clopper & Pearson (1934) Biometrika 26:404")
ONE_SIDED = Rule(
    "one-sided exact binomial upper limit at the confidence level",
    "Clopper & Pearson (1934) Biometrika 26:404",
)
PROPORTION = Rule("events among all")
LOGIT = Rule(
    "random-effects mean of log odds, τ² by restricted maximum likelihood, Hartung-Knapp interval never "
    "narrower than Wald's, a half added to studies in which none or all had the event",
    "Viechtbauer (2005) J Educ Behav Stat 30:261; Knapp & Hartung (2003) Stat Med 22:2693",
)
IMPLIED = Rule(
    "correlation that a standard deviation of the change implies",
    "Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.2.8",
)
EXTREME = Rule("smallest or largest value")
COMPARED = Rule("where the pooled change lies among the changes in placebo arms")


# ---------------------------------------------------------------- proportions


def none_before(bench: Bench, synthesis: Synthesis) -> bool:
    """Whether a ratio of after to before rests on nobody with the event before: it has no finite value."""
    if bench.measure.risk is None:
        return False
    return all(effect.columns["events_before"].content == 0 for effect in synthesis.overall.effects)


def proportions(bench: Bench, effects: Sequence[StudyEffect]) -> None:
    """The proportion with the event after treatment, of all and of each study, with exact limits."""
    analysis, settings = bench.desk.analysis, bench.desk.analysis.settings
    event = settings["columns"]["events_after"].removesuffix("_after")
    events = [effect.columns["events_after"] for effect in effects]
    totals = [effect.columns["total_after"] for effect in effects]
    place = f"sound.{analysis.id}.{event}"
    whole = {
        name: bench.book.derive(
            f"{place}.{name}", SUM, lambda numbers: int(np.sum(numbers)), values, style="count",
            label=f"{label}, {analysis.title}", unit=settings["n_unit"],
        )
        for name, label, values in (("events", event, events), ("total", settings["n_unit"], totals))
    }  # fmt: skip
    _proportion(bench, place, whole["events"], whole["total"], analysis.title)
    for effect, number, total in zip(effects, events, totals, strict=True):
        about = f"{analysis.title}, {effect.study.label.content}"
        _proportion(bench, f"sound.{analysis.id}.study.{effect.study.id}", number, total, about)
    if len(effects) > 1:
        _clustered(bench, f"{place}.clustered", events, totals)


def _proportion(bench: Bench, place: str, events: Value, total: Value, about: str) -> None:
    def percent(name: str, rule: Rule, function: Callable[..., float], label: str, *more: Value) -> None:
        bench.book.derive(
            f"{place}.{name}", rule, function, events, total, *more, style="percent1",
            label=f"{label}, {about}", unit="%",
        )  # fmt: skip

    percent("proportion", PROPORTION, lambda x, n: 100 * x / n, "Proportion")
    for end, name in enumerate(("ci_low", "ci_high")):

        def limit(x: float, n: float, level: float, end: int = end) -> float:
            return 100 * float(proportion_interval(x, n, level=level / 100)[end])

        label = ("Lower", "Upper")[end] + " exact limit of the proportion"
        percent(name, CLOPPER_PEARSON, limit, label, bench.desk.level)


def _clustered(bench: Bench, place: str, events: Sequence[Value], totals: Sequence[Value]) -> None:
    """The same with studies that differ more than chance lets them: units of one study are alike."""
    for name, quantity in (("proportion", "estimate"), ("ci_low", "ci_low"), ("ci_high", "ci_high")):

        def of(x: Array, n: Array, level: float, quantity: str = quantity) -> float:
            pooled = pool(*logit_proportion(x, n), method="REML", test="hk_adhoc", level=level / 100)
            return 100 * float(from_logit(getattr(pooled, quantity)))

        bench.book.derive(
            f"{place}.{name}", LOGIT, of, events, totals, bench.desk.level, style="percent1", unit="%",
            label=f"{name.replace('_', ' ')} with clustering by study, {bench.desk.analysis.title}",
        )  # fmt: skip


# ---------------------------------------------------------------- safety


def safety(book: Book) -> None:
    """How many serious events the data cannot exclude, where adverse events were counted."""
    events, patients = book.get("safety.severity.serious"), book.get("safety.patients")
    if events is None or patients is None or not patients.content:
        return
    for name, value in (("events", events), ("patients", patients)):
        book.derive(
            f"sound.safety.serious.{name}",
            COUNT,
            int,
            value,
            style="count",
            label=value.label,
            unit=value.unit,
        )

    def upper(x: float, n: float, level: float) -> float:
        # One-sided at the level is two-sided with twice the tail.
        return 100 * float(proportion_interval(min(x, n), n, level=1 - 2 * (1 - level / 100))[1])

    level = book["review.policy.confidence_level"]
    book.derive(
        "sound.safety.serious.ci_high", ONE_SIDED, upper, events, patients, level, style="percent1",
        label="One-sided exact upper limit of the share with a serious event", unit="%",
    )  # fmt: skip


# ---------------------------------------------------------------- correlations


def correlations(review: Review, syntheses: Sequence[Synthesis]) -> None:
    """The correlation of before and after wherever a study's own numbers imply one."""
    for row in review.tables.get("primary_values", ()):
        sds = [row[name] for name in ("sd_before", "sd_after", "sd_change")]
        if all(value.content is not None for value in sds):
            _implied(review.book, row, _of_deviations, sds)
        elif row.content("sd_change") is not None and row.content("n") is not None:
            for se, recorded in _pooled_as(review, row, syntheses)[:1]:
                _implied(review.book, row, _of_errors, row["sd_change"], row["n"], se, recorded)


def _implied(book: Book, row: Row, function: Callable[..., float | None], *inputs: Input) -> None:
    label = f"Correlation of before and after, {row['study'].label.removeprefix('study, ')}"
    book.derive(f"sound.correlation.{row.id}", IMPLIED, function, *inputs, style="estimate", label=label)


def _pooled_as(review: Review, row: Row, syntheses: Sequence[Synthesis]) -> list[tuple[Value, Value]]:
    """The standard errors with which the change of ``row`` was pooled, and what correlation they assume."""
    return [
        (effect.se, correlation)
        for synthesis in syntheses
        if (correlation := Desk(review, synthesis.analysis).correlation) is not None
        for effect in synthesis.overall.effects
        if all(effect.row.content(name) == row.content(name) for name in SAME)
    ]


def _of_deviations(sds: Array) -> float | None:
    try:
        return float(change_correlation(*sds))
    except ValueError:  # they contradict each other: no correlation makes such a change
        return None


def _of_errors(sd_change: float, n: float, se: float, recorded: float) -> float | None:
    try:
        return float(implied_correlation(sd_change / np.sqrt(n), se, recorded))
    except ValueError:
        return None


# ---------------------------------------------------------------- placebo arms


def placebo_ranges(review: Review) -> None:
    """Over the arms of each outcome: the smallest and the largest change, how many trials and patients."""
    rows = [row for row in review.tables.get("placebo_arms", ()) if row.content("outcome") in review.outcomes]
    for outcome in dict.fromkeys(row.content("outcome") for row in rows):
        arms = [row for row in rows if row.content("outcome") == outcome]
        about = f"in placebo arms, {review.outcomes[outcome].abbreviation}"
        changes, place = [row["change"] for row in arms], f"sound.placebo.{outcome}"
        for name, function in (("lowest", np.min), ("highest", np.max)):
            review.book.derive(
                f"{place}.{name}", EXTREME, lambda x, f=function: float(f(x)), changes, style="estimate",
                label=f"{name.capitalize()} mean change {about}", unit=review.outcomes[outcome].unit,
            )  # fmt: skip
        review.book.derive(
            f"{place}.trials", COUNT, lambda names: len(set(names)), [row["trial"] for row in arms],
            style="count", label=f"Trials with changes {about}", unit="trials",
        )  # fmt: skip


def beside_placebo(bench: Bench, key: str) -> None:
    """Whether the pooled change of a place is within, above or below those in placebo arms."""
    book = bench.book
    lowest = book.get(f"sound.placebo.{bench.desk.analysis.outcome.id}.lowest")
    if lowest is None or bench.recorded is None:
        return
    highest = book[f"sound.placebo.{bench.desk.analysis.outcome.id}.highest"]
    book.derive(
        f"sound.{key}.placebo", COMPARED, _compared, book[f"sound.{key}.estimate"], lowest, highest,
        style="text", label=f"Change beside placebo arms, {bench.desk.analysis.title}",
    )  # fmt: skip

    limits = book[f"sound.{key}.ci_low"], book[f"sound.{key}.ci_high"]
    book.derive(
        f"sound.{key}.beyond_placebo", COMPARED, _beyond, *limits, lowest, highest, style="text",
        label=f"Whether the interval stays clear of the changes with placebo, {bench.desk.analysis.title}",
    )  # fmt: skip


def _beyond(low: float, high: float, lowest: float, highest: float) -> str:
    return "yes" if low > highest or high < lowest else "no"


def _compared(change: float, lowest: float, highest: float) -> str:
    return "below" if change < lowest else "above" if change > highest else "within"
