"""Single proportions: raw and transformed effect sizes, the way back, and exact intervals."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainccinv, betaincinv, expit

from sscreport.statistics import checks, inputs
from sscreport.statistics.checks import RatioZeroCells, ZeroCells
from sscreport.statistics.inputs import Array, Floats
from sscreport.statistics.results import EffectSizes, quantile

Interval = Literal["clopper_pearson", "wilson"]


def raw_proportion(
    events: ArrayLike, total: ArrayLike, *, zero_cells: ZeroCells = "only0", add: float = 0.5
) -> EffectSizes:
    """Proportions as they are, between 0 and 1 (metafor's "PR").

    p = x/n, v = p(1 − p)/n, with ``add`` in the events and the non-events of the studies that
    ``zero_cells`` names: "only0" where one of the two is 0 (metafor's default), "only0_in_se" the same but
    in v alone, "all", "if0all" everywhere in a meta-analysis (last axis) with such a study, "none"; then v
    is 0 where p is 0 or 1. ``events`` and ``total``: any shape, the same for both. Raises ValueError for
    impossible counts.
    """
    x, others, added = _cells(events, total, zero_cells, add)
    shift = 0.0 if zero_cells == "only0_in_se" else added
    p = (x + shift) / (x + others + 2 * shift)
    x, others = x + added, others + added
    return EffectSizes(p, x * others / (x + others) ** 3)


def logit_proportion(
    events: ArrayLike, total: ArrayLike, *, zero_cells: RatioZeroCells = "only0", add: float = 0.5
) -> EffectSizes:
    """Log odds of proportions (metafor's "PLO").

    ln(x / (n − x)), v = 1/x + 1/(n − x). Options, shapes and errors as of `raw_proportion`; NaN where
    events or non-events are still 0.
    """
    checks.option("zero_cells", zero_cells, RatioZeroCells)
    x, others, added = _cells(events, total, zero_cells, add)
    x, others = x + added, others + added
    known = (x > 0) & (others > 0)
    x, others = np.where(known, x, np.nan), np.where(known, others, np.nan)
    return EffectSizes(np.log(x / others), 1 / x + 1 / others)


def freeman_tukey_proportion(events: ArrayLike, total: ArrayLike) -> EffectSizes:
    """Freeman-Tukey double arcsine of proportions, half the sum, in radians (metafor's "PFT").

    t = ½(asin √(x/(n + 1)) + asin √((x + 1)/(n + 1))), v = 1/(4n + 2) (Freeman & Tukey 1950, Ann Math
    Stat 21:607). Needs no rule for zero cells. Shapes and errors as of `raw_proportion`.
    """
    x, n = _counts(events, total)
    return EffectSizes(_freeman_tukey(x, n), 1 / (4 * n + 2))


def arcsine_proportion(events: ArrayLike, total: ArrayLike) -> EffectSizes:
    """Arcsine square root of proportions, in radians (metafor's "PAS").

    asin √(x/n), v = 1/4n (Rücker et al. 2009, Stat Med 28:721). Needs no rule for zero cells. Shapes and
    errors as of `raw_proportion`.
    """
    x, n = _counts(events, total)
    return EffectSizes(np.arcsin(np.sqrt(x / n)), 1 / (4 * n))


def from_logit(logit: ArrayLike) -> Floats:
    """Proportions from log odds, any shape."""
    return expit(inputs.finite(logit, "Log odds"))


def from_freeman_tukey(t: ArrayLike, n: ArrayLike) -> Floats:
    """Proportions from Freeman-Tukey double arcsines (half the sum) of ``n`` observations.

    p = ½(1 − sgn(cos 2t) √(1 − (sin 2t + (sin 2t − 1/sin 2t)/n)²)) (Miller 1978, Am Stat 32:138); for a
    pooled t he takes the `harmonic_mean` of the studies' n. Beyond the transforms of 0 and n events,
    as the limits of an interval may be, p is 0 and 1. ``n``: one number, or of a shape that goes with t.
    Raises ValueError for non-finite t and for n that is not greater than 0.
    """
    angle, size = inputs.finite(t, "Double arcsines"), checks.positive(n, "Sample sizes")
    lowest, highest = _freeman_tukey(np.zeros_like(size), size), _freeman_tukey(size, size)
    sine, cosine = np.sin(2 * np.clip(angle, lowest, highest)), np.cos(2 * angle)
    s2 = np.clip(sine + (sine - 1 / sine) / size, 0, 1) ** 2
    # ½(1 − √(1 − s²)) without its cancellation, from the nearer end.
    from_end = s2 / (2 * (1 + np.sqrt(1 - s2)))
    p = np.where(cosine < 0, 1 - from_end, from_end)
    return np.where(angle <= lowest, 0.0, np.where(angle >= highest, 1.0, p))[()]


def from_arcsine(t: ArrayLike) -> Floats:
    """Proportions from arcsine square roots, any shape: sin² t; 0 below 0 and 1 above π/2."""
    return np.sin(np.clip(inputs.finite(t, "Arcsines"), 0, np.pi / 2)) ** 2


def harmonic_mean(total: ArrayLike) -> Floats:
    """Harmonic mean k / Σ(1/n) of the sample sizes of each meta-analysis, shape (..., k) to (...)."""
    n = checks.positive(total, "Sample sizes")
    inputs.at_least(1, n, "A mean")
    return 1 / np.mean(1 / n, axis=-1)


def proportion_interval(
    events: ArrayLike, total: ArrayLike, *, method: Interval = "clopper_pearson", level: float = 0.95
) -> tuple[Floats, Floats]:
    """Confidence limits of single proportions, between 0 and 1.

    "clopper_pearson": exact, quantiles of beta distributions (Clopper & Pearson 1934, Biometrika 26:404);
    "wilson": (x + z²/2 ± z √(x(n − x)/n + z²/4)) / (n + z²) (Wilson 1927, J Am Stat Assoc 22:209).
    Shapes and errors as of `raw_proportion`, and ValueError for a ``level`` that is not between 0 and 1.
    """
    checks.option("method", method, Interval)
    x, n = _counts(events, total)
    if method == "wilson":
        return _wilson(x, n, level)
    inputs.level(level)
    return _lower_exact(x, n - x, level), _upper_exact(x, n - x, level)


def _lower_exact(x: Array, others: Array, level: float) -> Array:
    limit = betaincinv(np.where(x > 0, x, 1.0), others + 1, (1 - level) / 2)
    return np.where(x > 0, limit, 0.0)[()]


def _upper_exact(x: Array, others: Array, level: float) -> Array:
    limit = betainccinv(x + 1, np.where(others > 0, others, 1.0), (1 - level) / 2)
    return np.where(others > 0, limit, 1.0)[()]


def _wilson(x: Array, n: Array, level: float) -> tuple[Floats, Floats]:
    z2 = quantile(level) ** 2
    high = np.minimum((x + z2 / 2 + np.sqrt(z2 * (x * (n - x) / n + z2 / 4))) / (n + z2), 1.0)
    # The product of both limits is x² / (n(n + z²)): no difference of near numbers for a rare event.
    return x**2 / (n * (n + z2) * high), high


def _freeman_tukey(x: Array, n: Array) -> Array:
    return (np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))) / 2


def _counts(events: ArrayLike, total: ArrayLike) -> tuple[Array, Array]:
    x, n = inputs.counts(events, "Events"), inputs.counts(total, "Totals")
    inputs.same_shape("Events and totals", x, n)
    inputs.require(n > 0, "Totals must be greater than 0", n)
    inputs.require(x <= n, "Events must not outnumber their total", x)
    return x, n


def _cells(
    events: ArrayLike, total: ArrayLike, zero_cells: ZeroCells, add: float
) -> tuple[Array, Array, Floats]:
    """Events, non-events, and what the rule for zero cells adds to both."""
    x, n = _counts(events, total)
    return x, n - x, checks.correction((x == 0) | (x == n), zero_cells, add)
