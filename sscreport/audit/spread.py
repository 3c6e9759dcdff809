"""Heterogeneity: I² against Q and P, words against I², and the rule that chooses the model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sscreport.audit.article import Article, Sentence, quote
from sscreport.audit.expressions import STUDIES, Spread, counts
from sscreport.audit.misfit import Misfit, at, check, computed
from sscreport.statistics.heterogeneity import q_p_value

RECOMPUTE = "Compute Q, its P value and I² together from the study-level rows."
_OTHER_I2 = re.compile(
    r"(?i)\bREML\b|restricted maximum|metafor|multilevel|three-level|Paule|bayes|robumeta|robust variance"
)


@check("i2-p", "I² against Q and its P value", "I² with the P value of Q, or Q with its degrees of freedom")
def i2_against_p(article: Article) -> Iterator[Misfit]:
    """I² = (Q − df)/Q (Higgins and Thompson, Stat Med 2002;21:1539), and P is that of Q on df = k − 1. With
    the number of studies known all three follow from two; without it, no number of studies up to 100 may
    make them agree. Articles whose I² rests on another estimator of τ² are left alone."""
    if _OTHER_I2.search(article.methods or article.text):
        return
    for sentence in article.sentences:
        for s in sentence.spreads:
            df = s.df or _df(article, sentence)
            if s.q is not None and df and not _i2_near(s, max(0.0, 100 * (s.q - df) / s.q if s.q else 0.0)):
                what = (
                    f"Q = {s.q:g} on {df} degrees of freedom is an I² of "
                    f"{max(0, 100 * (s.q - df) / s.q):.0f}%, not {s.i2:g}%."
                )
                yield at(
                    sentence,
                    "i2-p",
                    what,
                    "moderate",
                    RECOMPUTE,
                    quote(article, sentence, s.start, s.end),
                    computed(f"I² = {max(0, 100 * (s.q - df) / s.q):.0f}%"),
                )
            elif s.p is not None and s.p.p <= 1:
                yield from _p_of_i2(article, sentence, s, df)


def _i2_near(s: Spread, true: float) -> bool:
    return abs(true - s.i2) <= 0.5 * 10**-s.digits + 1.0


def _p_of_i2(article: Article, sentence: Sentence, s: Spread, df: int | None) -> Iterator[Misfit]:
    if s.p is None or any(s.p.agrees(*p_span(s, d)) for d in ([df] if df else range(1, 100))):
        return
    low, high = p_span(s, df or 1)
    about = f"with {df + 1} studies" if df else "with two studies, and with no other number agrees better"
    said = f"between {low:.2g} and {high:.2g}" if s.i2 else f"at least {low:.2g}"
    what = f"I² = {s.i2:g}% goes with a P value {said} {about}; printed is {s.p.relation} {s.p.text}."
    evidence = (quote(article, sentence, s.start, s.end), computed(f"P {said}"))
    yield at(sentence, "i2-p", what, "moderate" if df else "high", RECOMPUTE, *evidence)


def p_span(s: Spread, df: int) -> tuple[float, float]:
    """The P values of Q that an I² rounded as printed allows on ``df`` degrees of freedom."""
    half = 0.5 * 10**-s.digits
    least = 0.0 if s.i2 - half <= 0 else df / (1 - (s.i2 - half) / 100)
    most = df / (1 - min(s.i2 + half, 99.99) / 100)
    return float(q_p_value(most, df)) * 0.97, float(q_p_value(least, df)) * 1.03


def _df(article: Article, sentence: Sentence) -> int | None:
    """One less than the number of studies that the paragraph counts, where it counts them once."""
    above = article.above(sentence)
    here = {count for count, _ in counts(sentence.text, STUDIES)}
    found = here or {count for s in above for count, _ in counts(s.text, STUDIES)}
    return found.pop() - 1 if len(found) == 1 and min(found) > 1 else None


# ---------------------------------------------------------------- words


@dataclass(frozen=True)
class Limits:
    """From which I² heterogeneity is called low, moderate and high; ``stated`` by the article itself."""

    low: float = 25
    moderate: float = 50
    high: float = 75
    stated: bool = False

    def word(self, i2: float) -> str:
        names = (("high", self.high), ("moderate", self.moderate), ("low", self.low))
        return next((name for name, limit in names if i2 >= limit), "little")


def limits(article: Article) -> Limits:
    """The article's own limits, where its methods name low, moderate and high with three percentages."""
    for sentence in article.of("methods"):
        text = sentence.text
        percents = [float(n) for n in re.findall(r"(\d+)\s?%", text)]
        words = [m[0].lower() for m in re.finditer(r"(?i)\b(?:low|moderate|high)\b", text)]
        if (
            re.search("(?i)heterogen|I2", text)
            and words[:3] == ["low", "moderate", "high"]
            and len(percents) == 3
        ):
            return Limits(*percents, stated=True)
    return Limits()


_WORD = re.compile(
    r"(?i)\b(?P<not>no(?: evidence of| significant| important| statistical)?|not?\s)?\s?(?P<word>low"
    r"|little|minimal|negligible|moderate|substantial|considerable|high|large|significant|important)?"
    r"(?:\s(?:statistical|between-study|level of|degree of))*\s?(?P<noun>heterogeneity|homogene(?:ity|ous))"
    r"(?:\s(?:was|is)\s(?P<after>(?:not )?(?:low|little|minimal|negligible|moderate|substantial"
    r"|considerable|high|large))\b)?"
)
_RANK = {
    "no": 0,
    "low": 1,
    "little": 1,
    "minimal": 1,
    "negligible": 1,
    "moderate": 2,
    "substantial": 3,
    "considerable": 3,
    "high": 3,
    "large": 3,
}


@check(
    "spread-word",
    "A word for heterogeneity against its I²",
    "a word such as low or high in the sentence of an I²",
)
def spread_word(article: Article) -> Iterator[Misfit]:
    """The word must be that of the article's own limits; without any, only a word that is wrong by every
    usual reading counts (Cochrane Handbook 10.10.2: below 40% might not be important, 50 to 90% may be
    substantial)."""
    own = limits(article)
    for sentence in article.sentences:
        for s in sentence.spreads:
            near = [
                m
                for m in _WORD.finditer(sentence.text)
                if m.start() < s.start and s.start - m.end() < 60 or 0 <= m.start() - s.end < 15
            ]
            match = near[-1] if near else None
            rank = None if match is None else _rank(match)
            if match is None or rank is None or _fits(rank, s.i2, own):
                continue
            by = "the article's own limits" if own.stated else "the usual limits"
            what = f"I² = {s.i2:g}% is called {match.group().strip()}; by {by} it is {own.word(s.i2)}."
            remedy = "Let one recorded policy turn I² into words."
            yield at(
                sentence,
                "spread-word",
                what,
                "moderate",
                remedy,
                quote(article, sentence, match.start(), s.end),
                computed(f"{own.word(s.i2)}"),
            )


def _rank(match: re.Match[str]) -> int | None:
    if match["after"]:
        return _RANK.get(match["after"].lower())
    if match["noun"].lower().startswith("homo"):
        return 0 if not match["not"] else None
    if match["not"]:
        return 0 if match["word"] is None or match["word"] in ("significant", "important") else None
    return _RANK.get((match["word"] or "").lower())


def _fits(rank: int, i2: float, own: Limits) -> bool:
    if not own.stated:
        return i2 < 50 if rank <= 1 else 30 <= i2 < 90 if rank == 2 else i2 >= 40
    if rank == 0:
        return i2 < own.moderate
    if rank == 1:
        return i2 < own.moderate
    return own.moderate <= i2 < own.high if rank == 2 else i2 >= own.moderate


# ---------------------------------------------------------------- the rule for the model


_RULE = re.compile(
    r"(?i)I2\s?(?P<i2>[<>≤≥])\s?(?P<limit>\d+)\s?%\s?,?\s?(?P<join>and|or"
    r"|,)\s?(?:a\s)?P(?:[- ]?value)?\s?(?P<p>[<>≤≥])\s?(?P<at>0?\.\d+)"
    r"|P(?:[- ]?value)?\s?(?P<p2>[<>≤≥])\s?(?P<at2>0?\.\d+)\s?,?\s?(?P<join2>and|or"
    r"|,)\s?I2\s?(?P<i22>[<>≤≥])\s?(?P<limit2>\d+)\s?%"
)


@check(
    "model-rule",
    "A rule for the model that leaves cases open",
    "a rule on I² and P for fixed and random effects",
)
def model_rule(article: Article) -> Iterator[Misfit]:
    """Where both branches ask for I² *and* P, results on different sides of the two limits belong to
    neither; where both ask for either, they belong to both. The Cochrane Handbook (10.10.4) advises
    against choosing the model by such a test at all."""
    for sentence in article.of("methods"):
        rules = list(_RULE.finditer(sentence.text))
        if (
            len(rules) != 2
            or not re.search("(?i)fixed", sentence.text)
            or not re.search("(?i)random", sentence.text)
        ):
            continue
        joins = {(m["join"] or m["join2"]).lower().replace(",", "and") for m in rules}
        if len(joins) != 1:
            continue
        limit, at_p = float(rules[0]["limit"] or rules[0]["limit2"]), float(rules[0]["at"] or rules[0]["at2"])
        cases = [(s, x) for s in article.of("results") for x in s.spreads if x.p and _between(x, limit, at_p)]
        both = joins == {"or"}
        what = (
            f"The rule for fixed or random effects "
            f"{'has two answers' if both else 'has no answer'} where I² and P lie on different "
            f"sides of {limit:g}% and {at_p:g}."
        )
        if cases:
            what += (
                " "
                + " and ".join(f"I² = {x.i2:g}% with P = {x.p.text}" for _, x in cases if x.p)
                + " is such a case."
            )
        evidence = [quote(article, sentence, rules[0].start(), rules[1].end())]
        evidence += [quote(article, s, x.start - 12, x.end) for s, x in cases]
        remedy = (
            "Fix the model in advance by what the studies have in common; record the choice "
            "where a rule is silent."
        )
        yield at(sentence, "model-rule", what, "high" if cases else "moderate", remedy, *evidence)


def _between(x: Spread, limit: float, at_p: float) -> bool:
    return x.p is not None and x.p.relation == "=" and (x.i2 > limit) != (x.p.p < at_p)
