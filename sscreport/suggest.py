"""Suggest: what the data say about each GRADE domain, before anybody judges.

Each rule is a pure function of numbers and of thresholds recorded in review.toml (``grade.suggest``);
docs/certainty.md states them with their sources. A suggestion is a `Value` made from what entered
it, so that it changes with the data and says on which cells it rests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sscreport.measures import Measure, measure_of
from sscreport.records import DOMAINS, JUDGEMENTS, Finding, Heterogeneity, Review, StudyEffect
from sscreport.statistics.results import quantile
from sscreport.values import Book, Rule, Value
from sscreport.wording import count, fixed

NOTHING = "no suggestion"
NOT_APPLICABLE = "not applicable"

RULES = {
    "risk_of_bias": Rule(
        "the least favourable judgement recorded for a design among the studies",
        "Schünemann et al. (2019) J Clin Epidemiol 111:105",
    ),
    "inconsistency": Rule(
        "I², intervals that do not meet, opposite directions and the prediction interval",
        "Guyatt et al. (2011) J Clin Epidemiol 64:1294",
    ),
    "indirectness": Rule(
        "scales that differ, weight of studies with a co-treatment, surrogate outcomes",
        "Guyatt et al. (2011) J Clin Epidemiol 64:1303",
    ),
    "imprecision": Rule(
        "thresholds within the interval, share of the optimal information size, width on the scale",
        "Guyatt et al. (2011) J Clin Epidemiol 64:1283; Zeng et al. (2022) J Clin Epidemiol 150:216",
    ),
    "publication_bias": Rule(
        "number and size of the studies; Egger's test where there are enough",
        "Guyatt et al. (2011) J Clin Epidemiol 64:1277; Sterne et al. (2011) BMJ 343:d4002",
    ),
}
INFORMATION_SIZE = Rule(
    "patients of a two-arm trial that would find the minimal important difference",
    "Guyatt et al. (2011) J Clin Epidemiol 64:1283",
)
RULE_OF_THUMB = Rule(
    "rule of thumb for the optimal information size", "Guyatt et al. (2011) J Clin Epidemiol 64:1283"
)
SHARE = Rule("share of the weight, in percent")
PREDICTION = Rule(
    "estimate ± t × √(τ² + standard error²), t on k − 2 degrees of freedom",
    "Higgins, Thompson & Spiegelhalter (2009) J R Stat Soc A 172:137",
)


def at_level(levels: int) -> str:
    """The judgement that takes ``levels`` away: 0 "not serious" to 3 "extremely serious"."""
    words = [word for word in JUDGEMENTS if word != NOT_APPLICABLE]
    return next(word for word in words if JUDGEMENTS[word] == min(levels, max(JUDGEMENTS.values())))


# ---------------------------------------------------------------- the rules


def risk_of_bias(designs: Sequence[str], known: Sequence[str], judgements: Sequence[str]) -> str:
    """The worst of the judgements recorded for ``designs``; no suggestion where one is not known."""
    recorded = dict(zip(known, judgements, strict=True))
    if not set(designs) <= set(recorded):
        return NOTHING
    return max((recorded[design] for design in designs), key=lambda word: JUDGEMENTS[word])


def inconsistency(
    estimates: np.ndarray,
    lows: np.ndarray,
    highs: np.ndarray,
    null: float,
    i_squared: float,
    serious: float,
    very_serious: float,
    predicted: tuple[float, float] | None,
    pooled: tuple[float, float],
) -> str:
    """Do the studies agree? I² and its two limits in percent.

    Serious from ``serious`` on, where two intervals do not meet, or where a new study is predicted
    beyond the null that the pooled interval leaves out. Very serious from ``very_serious`` on if
    intervals also fail to meet or estimates point opposite ways. One study has no inconsistency.
    """
    if len(estimates) < 2:
        return NOT_APPLICABLE
    apart = max(lows) > min(highs)
    opposed = min(estimates) < null < max(estimates)
    if i_squared >= very_serious and (apart or opposed):
        return "very serious"
    elsewhere = predicted is not None and _holds(predicted, null) and not _holds(pooled, null)
    return "serious" if i_squared >= serious or apart or elsewhere else "not serious"


def indirectness(scales_differ: bool, co_treated: float, limit: float, surrogate: bool) -> str:
    """One level for each: mixed scales, at least ``limit`` percent of the weight from studies with
    a co-treatment, a surrogate outcome; two at most.

    No suggestion where none applies, since data cannot say that a question was met.
    """
    levels = scales_differ + (co_treated >= limit) + surrogate
    return at_level(min(levels, 2)) if levels else NOTHING


def imprecision(
    interval: tuple[float, float],
    thresholds: Sequence[float],
    share: float,
    far: float,
    width: float,
    wide: float,
) -> str:
    """One level for each of ``thresholds`` within the interval; or by size, or by width, if those say more.

    ``share`` is what the review has of the optimal information size in percent: one level below
    100, two below ``far``. ``width`` is that of the interval in percent of the scale, NaN without
    one: two levels from ``wide`` on.
    """
    crossed = sum(_holds(interval, threshold) for threshold in thresholds)
    by_size = 2 if share < far else 1 if share < 100 else 0
    by_width = 2 if width >= wide else 0
    return at_level(max(crossed, by_size, by_width))


def publication_bias(
    k: int, largest: float, fewest: float, small: float, egger_p: float, limit: float
) -> str:
    """Below ``fewest`` studies no test tells anything: serious where even the largest study has
    fewer than ``small`` participants. From there on, serious where Egger's P is below ``limit``.
    """
    if k < fewest:
        return "serious" if largest < small else NOTHING
    if math.isnan(egger_p):
        return NOTHING
    return "serious" if egger_p < limit else "not serious"


def information_size(sd: float, important: float, level: float, power: float) -> int:
    """Patients of a trial with two equal arms: 4 (z₁ + z₂)² SD² / MID².

    ``level`` (of confidence) and ``power`` in percent.
    """
    z = quantile(level / 100) + quantile(2 * power / 100 - 1)
    return math.ceil(4 * z**2 * sd**2 / important**2)


def _holds(interval: tuple[float, float], threshold: float) -> bool:
    return interval[0] <= threshold <= interval[1]


# ---------------------------------------------------------------- what they are applied to


@dataclass(frozen=True)
class Evidence:
    """What a finding rests on. `evidence_of` alone decides from which synthesis it is taken."""

    effects: tuple[StudyEffect, ...]
    estimate: Value
    se: Value
    ci_low: Value
    ci_high: Value
    k: Value
    n: Value
    events: Value | None
    spread: Heterogeneity | None
    egger_p: Value | None


def evidence_of(book: Book, finding: Finding) -> Evidence:
    """The evidence as the review's own synthesis has it."""
    synthesis, group = finding.synthesis, finding.group
    place = synthesis.analysis.id + ("" if group.id == "overall" else f".{group.id}")
    small = synthesis.small_study if group.id == "overall" else None
    return Evidence(
        effects=group.effects,
        estimate=group.pooled.estimate,
        se=book[f"{place}.se"],
        ci_low=group.pooled.ci_low,
        ci_high=group.pooled.ci_high,
        k=group.pooled.k,
        n=group.pooled.n,
        events=group.pooled.totals.get("events_after"),
        spread=group.heterogeneity,
        egger_p=small.egger_p if small else None,
    )


@dataclass(frozen=True)
class Suggestions:
    """By domain: what is suggested, and what would resolve the concern."""

    values: dict[str, Value]
    remedies: dict[str, Value]


def suggest(review: Review, finding: Finding) -> Suggestions:
    """The suggestions for one finding, entered into the book under ``regrade.<finding>``."""
    return _Suggester(review, finding).suggest()


class _Suggester:
    def __init__(self, review: Review, finding: Finding):
        self.review, self.book, self.finding = review, review.book, finding
        self.place = f"regrade.{finding.id}"
        self.measure: Measure = measure_of(finding.synthesis.analysis)
        self.evidence = evidence_of(self.book, finding)
        self.outcome = f"review.outcomes.{finding.synthesis.analysis.outcome.id}"
        self.important = finding.synthesis.important
        self.values: dict[str, Value] = {}
        self.remedies: dict[str, Value] = {}

    def suggest(self) -> Suggestions:
        for domain in DOMAINS:
            getattr(self, f"_{domain}")()
        return Suggestions(self.values, self.remedies)

    def _limit(self, name: str) -> Value:
        return self.book[f"review.grade.suggest.{name}"]

    def _derive(
        self, key: str, rule: Rule, function: Callable[..., Any], *inputs: Any, **options: Any
    ) -> Value:
        label = f"{options.pop('label')}, {self.finding.about}"
        return self.book.derive(f"{self.place}.{key}", rule, function, *inputs, label=label, **options)

    def _enter(self, domain: str, function: Callable[..., str], *inputs: Any) -> None:
        label = f"Suggestion, {domain.replace('_', ' ')}"
        self.values[domain] = self._derive(
            f"{domain}.suggestion", RULES[domain], function, *inputs, style="text", label=label
        )

    def _remedy(self, domain: str, function: Callable[..., str], *inputs: Any) -> None:
        rule = Rule("what would resolve the concern", "docs/certainty.md")
        label = f"What would resolve the concern, {domain.replace('_', ' ')}"
        self.remedies[domain] = self._derive(
            f"{domain}.remedy", rule, function, *inputs, style="text", label=label
        )

    # ------------------------------------------------------------ domain by domain

    def _risk_of_bias(self) -> None:
        entries = self.review.settings["grade"]["suggest"]["designs"]
        path = "review.grade.suggest.designs"
        recorded = [
            [self.book[f"{path}.{entry['id']}.{column}"] for entry in entries]
            for column in ("design", "judgement")
        ]
        designs = [effect.study.row["design"] for effect in self.evidence.effects]
        self._enter("risk_of_bias", risk_of_bias, designs, *recorded)
        self._remedy("risk_of_bias", lambda designs: "a control group", designs)

    def _inconsistency(self) -> None:
        found, null = self.evidence, self.measure.null
        columns = [
            [getattr(effect, name) for effect in found.effects] for name in ("estimate", "ci_low", "ci_high")
        ]
        limits = [self._limit("i_squared_serious"), self._limit("i_squared_very_serious")]
        spread = [found.spread.i_squared] if found.spread else []
        predicted = self._prediction()

        def agree(
            y: Any, low: Any, high: Any, serious: float, very: float, a: float, b: float, *more: float
        ) -> str:
            i_squared, beyond = (more[0], more[1:]) if more else (0.0, ())
            new = (beyond[0], beyond[1]) if beyond else None
            return inconsistency(y, low, high, null, i_squared, serious, very, new, (a, b))

        self._enter(
            "inconsistency", agree, *columns, *limits, found.ci_low, found.ci_high, *spread, *predicted
        )
        if found.spread:
            self._remedy(
                "inconsistency",
                lambda now, limit: f"studies that agree, I² below {fixed(limit, 0)}% (now {fixed(now, 0)}%)",
                found.spread.i_squared,
                limits[0],
            )

    def _prediction(self) -> list[Value]:
        """Where a new study is expected: with τ² above 0 and at least three studies."""
        found = self.evidence
        if found.spread is None or found.spread.df.content < 2 or not found.spread.tau_squared.content:
            return []
        centre = (
            self.book[f"{found.se.key.removesuffix('.se')}.log_estimate"]
            if self.measure.log
            else found.estimate
        )
        inputs = [centre, found.se, found.spread.tau_squared, found.spread.df, self.finding.synthesis.level]

        def limit(side: int) -> Callable[..., float]:
            def end(mean: float, se: float, tau2: float, df: float, level: float) -> float:
                half_width = quantile(level / 100, df - 1) * math.sqrt(tau2 + se**2)
                return self.measure.reported(mean + side * half_width)

            return end

        return [
            self._derive(
                f"prediction_{end}", PREDICTION, limit(side), *inputs,
                style="estimate", label=f"Prediction interval, {end} limit",
            )
            for end, side in (("low", -1), ("high", 1))
        ]  # fmt: skip

    def _indirectness(self) -> None:
        rows = [effect.row for effect in self.evidence.effects]
        scales = [row["scale"] for row in rows if "scale" in row.values]
        suggest = self.review.settings["grade"]["suggest"]
        share = self._co_treated()
        listed = self.book.get("review.grade.suggest.surrogate_outcomes")
        name = self.finding.synthesis.analysis.outcome.id
        surrogate = name in suggest.get("surrogate_outcomes", ())

        def direct(share: float, limit: float, *more: Any) -> str:
            return indirectness(len(set(_words(more[0]))) > 1 if more else False, share, limit, surrogate)

        more = [scales] if scales else []
        decisions = [listed] if listed else []
        label = "Suggestion, indirectness"
        self.values["indirectness"] = self._derive(
            "indirectness.suggestion", RULES["indirectness"], direct, share, self._limit("co_treated_weight"),
            *more, style="text", label=label, decided_by=decisions,
        )  # fmt: skip

        def wanted(share: float, limit: float, *more: Any) -> str:
            missing = ["one scale throughout"] if more and len(set(_words(more[0]))) > 1 else []
            missing += ["patients without a co-treatment"] if share >= limit else []
            return " and ".join(missing) or "studies of the intervention and outcome asked about"

        self._remedy("indirectness", wanted, share, self._limit("co_treated_weight"), *more)

    def _co_treated(self) -> Value:
        effects = self.evidence.effects
        path = "review.grade.suggest.co_treatments"
        marked = [effect for effect in effects if f"{path}.{effect.study.id}" in self.book]
        reasons = [self.book[f"{path}.{effect.study.id}"] for effect in marked]
        own = [effect.weight for effect in marked]
        return self._derive(
            "co_treated_weight", SHARE, lambda some, every: float(100 * np.sum(some) / np.sum(every)),
            own, [effect.weight for effect in effects],
            style="percent", label="Weight of studies with a co-treatment", unit="%", decided_by=reasons,
        )  # fmt: skip

    def _imprecision(self) -> None:
        found, measure = self.evidence, self.measure
        size, have = self._information_size(), found.events or found.n
        share = self._derive(
            "information_share", SHARE, lambda n, needed: 100 * n / needed, have, size,
            style="percent", label="Share of the optimal information size", unit="%",
        )  # fmt: skip
        important = [self.important] if self.important else []
        ends = [self.book.get(f"{self.outcome}.scale_{end}") for end in ("low", "high")]
        scale = ends if None not in ends and not measure.log else []

        def thresholds(mids: Sequence[float]) -> list[float]:
            return [measure.null, *(t for mid in mids for t in _around(measure, mid))]

        def precise(low: float, high: float, share: float, far: float, wide: float, *more: float) -> str:
            mids, rest = more[: len(important)], more[len(important) :]
            width = 100 * (high - low) / (rest[1] - rest[0]) if rest else math.nan
            return imprecision((low, high), thresholds(mids), share, far, width, wide)

        limits = [self._limit("far_below_size"), self._limit("wide_interval")]
        interval = [found.ci_low, found.ci_high]
        self._enter("imprecision", precise, *interval, share, *limits, *important, *scale)
        unit = "events" if found.events else "patients"

        def wanted(low: float, high: float, have: float, needed: float, *mids: float) -> str:
            said = [f"{count(needed)} {unit} (now {count(have)})"] if have < needed else []
            crossed = any(_holds((low, high), threshold) for threshold in thresholds(mids))
            said += ["an interval on one side of what matters"] if crossed and not said else []
            return " and ".join(said) or "a narrower interval"

        self._remedy("imprecision", wanted, *interval, have, size, *important)

    def _information_size(self) -> Value:
        """From the recorded difference and standard deviation, or else by the rule of thumb."""
        sd = self.book.get(f"{self.outcome}.standard_deviation")
        options = {"style": "count", "label": "Optimal information size"}
        if self.important and sd and not self.measure.log:
            level = self.finding.synthesis.level
            return self._derive(
                "information_size", INFORMATION_SIZE, information_size, sd, self.important, level,
                self._limit("power"), unit="patients", **options,
            )  # fmt: skip
        unit = "events" if self.evidence.events else "patients"
        return self._derive("information_size", RULE_OF_THUMB, int, self._limit(unit), unit=unit, **options)

    def _publication_bias(self) -> None:
        found = self.evidence
        limits = [self._limit(name) for name in ("fewest_for_tests", "small_study", "asymmetry_p")]
        egger = [found.egger_p] if found.egger_p else []

        def selected(k: int, sizes: Any, fewest: float, small: float, limit: float, *p: float) -> str:
            return publication_bias(k, max(sizes), fewest, small, p[0] if p else math.nan, limit)

        self._enter("publication_bias", selected, found.k, [e.n for e in found.effects], *limits, *egger)
        self._remedy(
            "publication_bias",
            lambda k, fewest: (
                f"at least {count(fewest)} studies (now {count(k)})"
                if k < fewest
                else "registered studies, all reported"
            ),
            found.k,
            limits[0],
        )


def _around(measure: Measure, important: float) -> tuple[float, float]:
    """The two differences that matter, on either side of the null."""
    if measure.log:
        return measure.null / important, measure.null * important
    return measure.null - important, measure.null + important


def _words(scales: Sequence[Any]) -> list[str]:
    """Scales as text; where none of them is reported they arrive as NaN."""
    return [scale if isinstance(scale, str) else "" for scale in scales]
