"""Grade: the certainty of each finding, from the recorded judgements.

Certainty starts at the level recorded in review.toml and goes down one level for each domain
judged serious, two for a very serious and three for an extremely serious one (Balshem et al. 2011,
J Clin Epidemiol 64:401). Each finding is stated in absolute terms and in the words that GRADE has
for its certainty and, where the outcome has a minimal important difference, for its size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from sscreport.measures import Measure, measure_of
from sscreport.records import JUDGEMENTS, AbsoluteEffect, Amount, Finding, Group, Review, Row, Synthesis
from sscreport.values import Book, Rule, Value

GRADE = Rule(
    "GRADE: one level down for each serious concern", "Balshem et al. (2011) J Clin Epidemiol 64:401"
)
SYMBOLS = Rule("GRADE symbols: one filled circle for each level", "Guyatt et al. (2008) BMJ 336:924")
NAME = Rule("name of the finding")
SIZE = Rule("size of the difference, without its sign")
WAY = Rule("way the difference points, by its sign")
RISK = Rule("events in 1000, over all studies", "GRADE Handbook (Schünemann et al. 2013)")
RISK_BY_RATIO = Rule(
    "risk that the pooled ratio makes of the risk before treatment, in 1000",
    "Cochrane Handbook for Systematic Reviews of Interventions, section 15.4.4.3",
)
RISK_DIFFERENCE = Rule("risk after less risk before treatment, in 1000")
STATEMENT = Rule("GRADE's informative statement", "Santesso et al. (2020) J Clin Epidemiol 119:126")


def grade(review: Review, syntheses: Sequence[Synthesis]) -> tuple[Finding, ...]:
    """One finding for each row of data/grade.csv, in its order; none of a subgroup without a study."""
    by_id = {synthesis.analysis.id: synthesis for synthesis in syntheses}
    judged = [(row, by_id[row.content("analysis")]) for row in review.tables.get("grade", ())]
    return tuple(
        _finding(review, row, synthesis)
        for row, synthesis in judged
        if row.content("group") not in [group.id for group in synthesis.analysis.emptied]
    )


def certainty(start: str, judgements: Sequence[str], scale: str) -> str:
    """The level ``start`` less what each of `JUDGEMENTS` takes away; never below the first.

    ``scale`` names the levels from the lowest, separated by ", ".
    """
    levels = scale.split(", ")
    return levels[max(0, levels.index(start) - sum(JUDGEMENTS[judgement] for judgement in judgements))]


def symbols(level: str, scale: str) -> str:
    """A circle for each level of ``scale``, those up to ``level`` filled."""
    levels = scale.split(", ")
    filled = levels.index(level) + 1
    return "⊕" * filled + "◯" * (len(levels) - filled)


def size_word(
    estimate: float, ci_low: float, ci_high: float, minimal: float, large: float, measure: Measure
) -> str:
    """ "trivial" (nothing important within the interval), "small", "important" or "large".

    ``minimal`` is the smallest difference that matters, a factor for ratios; ``large`` the multiple
    of it from which a difference is large.
    """

    def distance(number: float) -> float:
        return abs(math.log(number)) if measure.log else abs(number)

    if max(distance(ci_low), distance(ci_high)) < distance(minimal):
        return "trivial"
    if distance(estimate) < distance(minimal):
        return "small"
    return "large" if distance(estimate) >= large * distance(minimal) else "important"


def statement(
    outcome: str,
    level: str,
    scale: str,
    ci_low: float,
    ci_high: float,
    better: str,
    measure: Measure,
    size: str = "",
) -> str:
    """What happens to an outcome, worded for its certainty and its size.

    Highest level of ``scale``: "improves"; the next: "probably improves"; the third: "may
    improve"; below, that the evidence is very uncertain. An interval that holds the null of
    ``measure`` leaves both ways open, unless all of it is smaller than what matters. ``better`` is
    "lower" or "higher"; ``size`` one of the words of `size_word`, "" where it is not known.
    """
    levels = scale.split(", ")
    below_top = len(levels) - 1 - levels.index(level)
    if below_top > 2:
        return f"The evidence is very uncertain about the effect on {outcome}."
    if size == "trivial":
        worded = ("changes", "probably changes", "may change")[below_top]
        return f"{outcome} {worded} little or not at all."
    if ci_low <= measure.null <= ci_high:
        return f"{outcome} may improve or worsen."
    improved = (ci_low > measure.null) == (measure.above_null == better)
    verb = "improve" if improved else "worsen"
    worded = (f"{verb}s", f"probably {verb}s", f"may {verb}")[below_top]
    return f"{outcome} {worded}{_SIZES.get(size, '')}."


_SIZES = {"small": " slightly", "large": " to a large extent"}


def _finding(review: Review, row: Row, synthesis: Synthesis) -> Finding:
    book, name = review.book, row.content("group")
    group = next((group for group in synthesis.groups if group.id == name), synthesis.overall)
    domains = [domain for domain in review.settings["grade"]["domains"] if domain in row.values]
    judgements = {domain: row[domain] for domain in domains}
    parts = _name(book, synthesis, group)
    about, levels = ", ".join(part.content for part in parts), book["review.grade.levels"]
    certain = book.derive(
        f"grade.{row.id}.certainty",
        GRADE,
        certainty,
        book["review.grade.start"],
        list(judgements.values()),
        levels,
        style="text",
        label=f"Certainty of the evidence, {about}",
    )
    return Finding(
        id=row.id,
        synthesis=synthesis,
        group=group,
        label=book.derive(
            f"grade.{row.id}.label",
            NAME,
            lambda *words: ", ".join(words),
            *parts,
            style="text",
            label="Finding",
            decided_by=[row["analysis"], row["group"]],
        ),
        judgements=judgements,
        reasons={
            domain: book[f"review.grade.domains.{domain}"]
            for domain in domains
            if judgements[domain].content == "serious"
        },
        certainty=certain,
        symbols=book.derive(
            f"grade.{row.id}.symbols",
            SYMBOLS,
            symbols,
            certain,
            levels,
            style="text",
            label=f"Certainty in symbols, {about}",
        ),
        absolute=_Absolute(book, row.id, about, synthesis, group).effect(),
        statement=derive_statement(book, f"grade.{row.id}.statement", about, synthesis, group, certain),
        about=about,
    )


def derive_statement(
    book: Book, key: str, about: str, synthesis: Synthesis, group: Group, certain: Value
) -> Value:
    """Enter what happens to the outcome of a group, given how certain that is."""
    outcome, pooled = f"review.outcomes.{synthesis.analysis.outcome.id}", group.pooled
    measure, large = measure_of(synthesis.analysis), book.get("review.grade.suggest.large_effect")
    sizes = [pooled.estimate, synthesis.important] if synthesis.important else []
    sizes += [large] if sizes and large else []

    def said(*known: Any) -> str:
        interval, size = known[3:5], ""
        if len(known) > 6:
            estimate, minimal, *most = known[6:]
            size = size_word(estimate, *interval, minimal, most[0] if most else math.inf, measure)
        return statement(*known[:6], measure, size)

    return book.derive(
        key,
        STATEMENT,
        said,
        book[f"{outcome}.abbreviation"],
        certain,
        book["review.grade.levels"],
        pooled.ci_low,
        pooled.ci_high,
        book[f"{outcome}.better"],
        *sizes,
        style="text",
        label=f"What happens, {about}",
    )


class _Absolute:
    """The absolute effect of one finding, entered into the book under ``grade.<finding>``."""

    def __init__(self, book: Book, name: str, about: str, synthesis: Synthesis, group: Group):
        self.book, self.name, self.about, self.pooled = book, name, about, group.pooled
        self.measure = measure_of(synthesis.analysis)

    def effect(self) -> AbsoluteEffect | None:
        if self.measure.risk is None and self.measure.log:
            return None
        if self.measure.risk is None:
            low, high = (self._side(end, getattr(self.pooled, f"ci_{end}")) for end in ("low", "high"))
            return AbsoluteEffect(self._side("", self.pooled.estimate), (low, high))
        return self._risks(self.measure.risk)

    def _side(self, end: str, value: Value) -> Amount:
        above = self.measure.above_null
        ways = (above, "higher" if above == "lower" else "lower")
        return self._amount(end, value, ways, "estimate")

    def _amount(self, end: str, value: Value, ways: tuple[str, str], style: str) -> Amount:
        """``value`` as its size and one of ``ways``: that of positive and that of negative numbers."""
        tail = f"_{end}" if end else ""
        said = {"": "difference", "low": "lower limit", "high": "upper limit"}[end]
        return Amount(
            self.book.derive(
                f"grade.{self.name}.difference{tail}", SIZE, abs, value,
                style=style, label=f"Size of the {said}, {self.about}", unit=value.unit,
            ),
            self.book.derive(
                f"grade.{self.name}.way{tail}", WAY, lambda number: ways[number < 0], value,
                style="text", label=f"Way of the {said}, {self.about}",
            ),
        )  # fmt: skip

    def _risks(self, by_ratio: Callable[[float, float], float]) -> AbsoluteEffect:
        """Risks per 1000. From a risk of nothing or of all, no ratio leads on: the observed one stands."""
        before = self._observed("before")
        observed = before.content in (0, 1000)
        pooled = {"": self.pooled.estimate, "_low": self.pooled.ci_low, "_high": self.pooled.ci_high}

        def applied(ratio: float, risk: float) -> float:
            return 1000 * by_ratio(ratio, risk / 1000)

        after = (
            (self._observed("after", decided_by=[before]),)
            if observed
            else tuple(
                self._risk(f"risk_after{end}", RISK_BY_RATIO, applied, ratio, before,
                           style="whole" if end else "per_1000")
                for end, ratio in pooled.items()
            )
        )  # fmt: skip
        ends = dict(zip(("", "low", "high"), after, strict=False))
        first, *limits = (self._change(end, risk, before) for end, risk in ends.items())
        return AbsoluteEffect(first, (limits[0], limits[1]) if limits else None, before, after, observed)

    def _change(self, end: str, after: Value, before: Value) -> Amount:
        key = "risk_difference" + (f"_{end}" if end else "")
        change = self._risk(key, RISK_DIFFERENCE, lambda a, b: a - b, after, before, style="whole")
        return self._amount(end, change, ("more", "fewer"), "whole")

    def _observed(self, when: str, decided_by: Sequence[Value] = ()) -> Value:
        events, total = (self.pooled.totals[f"{what}_{when}"] for what in ("events", "total"))
        return self._risk(
            f"risk_{when}", RISK, lambda a, n: 1000 * a / n, events, total,
            style="per_1000", decided_by=decided_by,
        )  # fmt: skip

    def _risk(
        self,
        key: str,
        rule: Rule,
        function: Callable[..., float],
        *inputs: Value,
        style: str,
        decided_by: Sequence[Value] = (),
    ) -> Value:
        label = f"{key.replace('_', ' ').capitalize()}, {self.about}"
        return self.book.derive(
            f"grade.{self.name}.{key}", rule, function, *inputs,
            style=style, label=label, unit="per 1000", decided_by=decided_by,
        )  # fmt: skip


def _name(book: Book, synthesis: Synthesis, group: Group) -> list[Value]:
    """Outcome, subgroup and, where the analysis has only one, the time since treatment."""
    analysis = synthesis.analysis
    parts = [book[f"review.outcomes.{analysis.outcome.id}.abbreviation"]]
    if group.label is not None:
        parts.append(group.label)
    if len(analysis.settings["timepoints"]) == 1:
        key = f"{analysis.id}.time"
        parts.append(
            book[key]
            if key in book
            else book.derive(
                key,
                NAME,
                lambda months: f"{months} months",
                book[f"review.analyses.{analysis.id}.timepoints"],
                style="text",
                label=f"Time since treatment, {analysis.title}",
            )
        )
    return parts
