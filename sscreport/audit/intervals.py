"""Estimate, interval and P value of one result against each other."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sscreport.audit.article import Article, quote
from sscreport.audit.expressions import DIFFERENCES, Statistic
from sscreport.audit.misfit import Misfit, at, check, computed
from sscreport.statistics.results import p_value, quantile

RECOMPUTE = (
    "Recompute the result from the study-level rows and print estimate, interval and P value "
    "from one computation."
)


@check("p-interval", "P value against interval", "an estimate with interval and P value")
def p_against_interval(article: Article) -> Iterator[Misfit]:
    """P below 0.05 goes with a 95% interval that leaves out no effect, and the P value follows from the
    estimate and the width of its interval, for ratios on the log scale (Altman and Bland, BMJ
    2011;343:d2304). Intervals and tests by Student's t are allowed for."""
    for sentence in article.sentences:
        for s in sentence.statistics:
            if s.p is None or s.null is None or s.level != 95 or not s.low < s.high:
                continue
            where = quote(article, sentence, s.start, s.p.end)
            verdict = s.p.significant
            if verdict is not None and s.excludes_null is not None and verdict != s.excludes_null:
                inside = "leaves out" if s.excludes_null else "holds"
                what = f"P {s.p.relation} {s.p.text} goes with an interval that {inside} {s.null:g}."
                yield at(
                    sentence, "p-interval", what, "high", RECOMPUTE, where, computed(f"P = {p_of(s):.2g}")
                )
            elif (span := p_range(s)) and not s.p.agrees(*span):
                what = f"From estimate and interval P is {p_of(s):.2g}; printed is {s.p.relation} {s.p.text}."
                yield at(
                    sentence, "p-interval", what, "moderate", RECOMPUTE, where, computed(f"P = {p_of(s):.2g}")
                )


def _scaled(s: Statistic, number: float) -> float:
    return math.log(number) if s.is_ratio else number


def p_of(s: Statistic) -> float:
    """Two-sided P from an estimate and its interval, by the normal distribution."""
    if s.is_ratio and min(s.low, s.estimate) <= 0:
        return math.nan
    se = (_scaled(s, s.high) - _scaled(s, s.low)) / (2 * s.z_half)
    return float(p_value(_scaled(s, s.estimate) / se))


def p_range(s: Statistic) -> tuple[float, float] | None:
    """The P values that rounding and the choice between normal and t distributions allow; a margin of a
    third on both sides. None where rounding leaves the interval without a width."""
    half = 0.5 * 10**-s.digits
    if s.is_ratio and s.low - half <= 0:
        return None
    found = []
    for shift in (-half, half):
        for widen in (-half, half):
            low, high = s.low - widen, s.high + widen
            if not low < high:
                return None
            estimate = abs(_scaled(s, s.estimate + shift))
            width = (_scaled(s, high) - _scaled(s, low)) / 2
            for df in (2.0, 4.0, 9.0, 20.0, math.inf):
                found.append(float(p_value(estimate / width * float(quantile(s.level / 100, df)), df)))
    return min(found) / 1.33, max(found) * 1.33


@check("centre", "Estimate outside its interval or far from its middle", "an estimate with interval")
def off_centre(article: Article) -> Iterator[Misfit]:
    """An estimate lies inside its interval; Wald intervals are symmetric, for ratios on the log scale
    (Cochrane Handbook 6.3.2). An eighth of the width is allowed for."""
    for sentence in article.sentences:
        for s in sentence.statistics:
            where = quote(article, sentence, s.start, s.end)
            if s.low > s.high:
                yield at(
                    sentence,
                    "centre",
                    f"The interval runs from {s.low:g} down to {s.high:g}.",
                    "moderate",
                    RECOMPUTE,
                    where,
                )
            elif not s.low <= s.estimate <= s.high:
                what = f"{s.estimate:g} lies outside its interval from {s.low:g} to {s.high:g}."
                yield at(sentence, "centre", what, "high", RECOMPUTE, where)
            elif (middle := _middle(s)) is not None:
                what = (
                    f"{s.estimate:g} is not in the middle of its interval, which would be "
                    f"{middle:.{max(s.digits, 2)}f}."
                )
                yield at(
                    sentence,
                    "centre",
                    what,
                    "moderate",
                    RECOMPUTE,
                    where,
                    computed(f"middle {middle:.{max(s.digits, 2)}f}"),
                )


def _middle(s: Statistic) -> float | None:
    """The middle of an interval whose estimate is far from it; None where it is near or need not be."""
    half = 0.5 * 10**-s.digits
    if s.is_ratio and s.low - half > 0:
        low, high, estimate = math.log(s.low), math.log(s.high), math.log(s.estimate)
        slack = half / s.low
    elif s.measure in DIFFERENCES and not s.percent:
        low, high, estimate, slack = s.low, s.high, s.estimate, half
    else:
        return None
    if abs(estimate - (low + high) / 2) <= 0.12 * (high - low) + 2 * slack:
        return None
    return math.exp((low + high) / 2) if s.is_ratio else (low + high) / 2
