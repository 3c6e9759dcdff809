"""Conversions of what studies report into means, standard deviations and standard errors.

Cochrane Handbook for Systematic Reviews of Interventions, chapter 6. ``df``: degrees of freedom of t;
infinite for z.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

from sscreport.statistics import checks, inputs
from sscreport.statistics.inputs import Array, Floats, NotEstimable
from sscreport.statistics.results import EffectSizes, quantile

MeanMethod = Literal["luo2018", "wan2014"]
QuartileSdMethod = Literal["wan2014", "iqr"]
FiveNumberSdMethod = Literal["shi2020", "wan2014"]

# The standard deviation of the standard logistic distribution.
LOGISTIC_SD = np.pi / np.sqrt(3)


class Group(NamedTuple):
    """Means, standard deviations and sizes of groups, one shape for all three."""

    mean: Floats
    sd: Floats
    n: Floats


# ---------------------------------------------------------------- from the median, with range or quartiles


def mean_from_range(
    minimum: ArrayLike, median: ArrayLike, maximum: ArrayLike, n: ArrayLike, *, method: MeanMethod = "luo2018"
) -> Floats:
    """Means from minimum a, median m and maximum b of ``n`` observations ("scenario 1").

    "luo2018": w(a + b)/2 + (1 − w)m, w = 4 / (4 + n^0.75) (Luo et al. 2018, Stat Methods Med Res
    27:1785); "wan2014": (a + 2m + b)/4 (Hozo et al. 2005, BMC Med Res Methodol 5:13). For data that are
    about normally distributed. Any shape, the same for all. Raises ValueError for numbers that are not in
    order and for fewer than 2 observations.
    """
    checks.option("method", method, MeanMethod)
    (a, m, b), size = _in_order(n, minimum, median, maximum)
    w = 4 / (4 + size**0.75) if method == "luo2018" else 0.5
    return w * (a + b) / 2 + (1 - w) * m


def sd_from_range(minimum: ArrayLike, maximum: ArrayLike, n: ArrayLike) -> Floats:
    """Standard deviations from the range of ``n`` observations.

    (b − a) / ξ, ξ = 2Φ⁻¹((n − 0.375)/(n + 0.25)), the range of n standard normal numbers (Wan et al.
    2014, BMC Med Res Methodol 14:135). Shapes and errors as of `mean_from_range`; a range of 0 is one.
    """
    (a, b), size = _in_order(n, minimum, maximum)
    return _width(a, b, "A range") / _normal_range(size)


def mean_from_quartiles(
    q1: ArrayLike, median: ArrayLike, q3: ArrayLike, n: ArrayLike, *, method: MeanMethod = "luo2018"
) -> Floats:
    """Means from the quartiles of ``n`` observations ("scenario 2").

    "luo2018": w(q₁ + q₃)/2 + (1 − w)m, w = 0.7 + 0.39/n; "wan2014": (q₁ + m + q₃)/3. Sources, shapes and
    errors as of `mean_from_range`.
    """
    checks.option("method", method, MeanMethod)
    (low, m, high), size = _in_order(n, q1, median, q3)
    w = 0.7 + 0.39 / size if method == "luo2018" else 2 / 3
    return w * (low + high) / 2 + (1 - w) * m


def sd_from_quartiles(
    q1: ArrayLike, q3: ArrayLike, n: ArrayLike, *, method: QuartileSdMethod = "wan2014"
) -> Floats:
    """Standard deviations from the quartiles of ``n`` observations.

    "wan2014": (q₃ − q₁) / η, η = 2Φ⁻¹((0.75n − 0.125)/(n + 0.25)) (Wan et al. 2014); "iqr":
    (q₃ − q₁) / 1.35, for large n (Cochrane Handbook, section 6.5.2.5). Shapes and errors as of
    `mean_from_range`; equal quartiles are an error.
    """
    checks.option("method", method, QuartileSdMethod)
    (low, high), size = _in_order(n, q1, q3)
    return _width(low, high, "An interquartile range") / (1.35 if method == "iqr" else _normal_iqr(size))


def mean_from_five_numbers(
    minimum: ArrayLike,
    q1: ArrayLike,
    median: ArrayLike,
    q3: ArrayLike,
    maximum: ArrayLike,
    n: ArrayLike,
    *,
    method: MeanMethod = "luo2018",
) -> Floats:
    """Means from minimum, quartiles and maximum of ``n`` observations ("scenario 3").

    "luo2018": w₁(a + b)/2 + w₂(q₁ + q₃)/2 + (1 − w₁ − w₂)m, w₁ = 2.2 / (2.2 + n^0.75),
    w₂ = 0.7 − 0.72 / n^0.55; "wan2014": (a + 2q₁ + 2m + 2q₃ + b)/8 (Bland 2015, Int J Stat Med Res 4:57).
    Sources, shapes and errors as of `mean_from_range`.
    """
    checks.option("method", method, MeanMethod)
    (a, low, m, high, b), size = _in_order(n, minimum, q1, median, q3, maximum)
    w1, w2 = 0.25, 0.5
    if method == "luo2018":
        w1, w2 = 2.2 / (2.2 + size**0.75), 0.7 - 0.72 / size**0.55
    return w1 * (a + b) / 2 + w2 * (low + high) / 2 + (1 - w1 - w2) * m


def sd_from_five_numbers(
    minimum: ArrayLike,
    q1: ArrayLike,
    q3: ArrayLike,
    maximum: ArrayLike,
    n: ArrayLike,
    *,
    method: FiveNumberSdMethod = "shi2020",
) -> Floats:
    """Standard deviations from minimum, quartiles and maximum of ``n`` observations.

    The mean of `sd_from_range` and `sd_from_quartiles`: "wan2014" with equal weights; "shi2020" with
    1/(1 + 0.07 n^0.6) for the range (Shi et al. 2020, Res Synth Methods 11:641). Shapes and errors as of
    `mean_from_range`; a range of 0 is one.
    """
    checks.option("method", method, FiveNumberSdMethod)
    (a, low, high, b), size = _in_order(n, minimum, q1, q3, maximum)
    w = 1 / (1 + 0.07 * size**0.6) if method == "shi2020" else 0.5
    return w * _width(a, b, "A range") / _normal_range(size) + (1 - w) * (high - low) / _normal_iqr(size)


def _in_order(n: ArrayLike, *quantiles: ArrayLike) -> tuple[Sequence[Array], Array]:
    arrays, size = [inputs.measured(values, "Quantiles") for values in quantiles], checks.sizes(n)
    inputs.same_shape("Quantiles and sample sizes", *arrays, size)
    for lower, upper in zip(arrays, arrays[1:], strict=False):
        inputs.require(
            lower <= upper, "Minimum, lower quartile, median, upper quartile and maximum must ascend", upper
        )
    return arrays, size


def _width(low: Array, high: Array, name: str) -> Array:
    inputs.require(high > low, f"{name} of 0 does not tell a standard deviation", high - low)
    return high - low


def _normal_range(n: Array) -> Array:
    return 2 * ndtri((n - 0.375) / (n + 0.25))


def _normal_iqr(n: Array) -> Array:
    return 2 * ndtri((0.75 * n - 0.125) / (n + 0.25))


# ---------------------------------------------------------------- from intervals, P values and statistics


def sd_from_se(se: ArrayLike, n: ArrayLike) -> Floats:
    """Standard deviations of groups of ``n`` from the standard errors of their means: se √n.

    Any shape, the same for both. Raises ValueError for standard errors that are not greater than 0 and for
    groups of fewer than 2.
    """
    errors, size = inputs.standard_errors(se), checks.sizes(n)
    inputs.same_shape("Standard errors and sample sizes", errors, size)
    return errors * np.sqrt(size)


def se_from_interval(
    ci_low: ArrayLike, ci_high: ArrayLike, level: float = 0.95, *, df: ArrayLike = np.inf
) -> Floats:
    """Standard errors from confidence limits: (high − low) / 2q, q the quantile of z or of t on ``df``.

    Limits of ratios go in as logarithms. Any shape, the same for both limits. Raises ValueError unless
    low < high, and for a ``level`` that is not between 0 and 1.
    """
    low, high = inputs.measured(ci_low, "Confidence limits"), inputs.measured(ci_high, "Confidence limits")
    inputs.same_shape("Confidence limits", low, high)
    inputs.require(low < high, "An upper confidence limit must be greater than the lower", high)
    return (high - low) / (2 * quantile(level, _degrees_of_freedom(df)))


def sd_from_interval(
    ci_low: ArrayLike, ci_high: ArrayLike, n: ArrayLike, level: float = 0.95, *, dist: Literal["t", "z"] = "t"
) -> Floats:
    """Standard deviations of groups of ``n`` from the confidence limits of their means.

    `se_from_interval` times √n; ``dist`` "t" has n − 1 degrees of freedom, as most software computes an
    interval, "z" is for large groups (Cochrane Handbook, section 6.5.2.2). Shapes and errors as of both.
    """
    checks.option("dist", dist, Literal["t", "z"])
    df = checks.sizes(n) - 1 if dist == "t" else np.inf
    return sd_from_se(se_from_interval(ci_low, ci_high, level, df=df), n)


def statistic_from_p(p: ArrayLike, df: ArrayLike = np.inf) -> Floats:
    """The size |t| on ``df`` degrees of freedom, or |z|, that has the two-sided P values ``p``, any shape.

    Raises ValueError unless P values are greater than 0 and at most 1.
    """
    tail, degrees = checks.p_values(p) / 2, _degrees_of_freedom(df)
    infinite = np.isinf(degrees)
    return np.abs(np.where(infinite, ndtri(tail), stdtrit(np.where(infinite, 1.0, degrees), tail)))[()]


def se_from_statistic(estimate: ArrayLike, statistic: ArrayLike) -> Floats:
    """Standard errors of estimates (logs for ratios) from their z or t statistics: |estimate / statistic|.

    Any shape, the same for both. Raises NotEstimable where either is 0.
    """
    effect, t = inputs.measured(estimate, "Estimates"), inputs.measured(statistic, "Statistics")
    inputs.same_shape("Estimates and test statistics", effect, t)
    if np.any((effect == 0) | (t == 0)):
        raise NotEstimable("An estimate or a test statistic of 0 does not tell a standard error.")
    return np.abs(effect / t)


def se_from_p(estimate: ArrayLike, p: ArrayLike, *, df: ArrayLike = np.inf) -> Floats:
    """Standard errors of estimates (logs for ratios) from their two-sided P values.

    |estimate| over `statistic_from_p` (Cochrane Handbook, section 6.3.2). Any shape, the same for both.
    Raises ValueError for impossible P values and NotEstimable for an estimate of 0 or P = 1.
    """
    return se_from_statistic(estimate, statistic_from_p(p, df))


def sd_from_difference_se(se: ArrayLike, n_1: ArrayLike, n_2: ArrayLike) -> Floats:
    """The standard deviation within two groups from the standard error of their mean difference.

    se / √(1/n₁ + 1/n₂), the same for both groups (Cochrane Handbook, section 6.5.2.3). For a P value of a
    t test ``se`` comes from `se_from_p` with n₁ + n₂ − 2 degrees of freedom. Any shape, the same for all
    three. Raises ValueError as `sd_from_se`.
    """
    errors, n1, n2 = inputs.standard_errors(se), checks.sizes(n_1), checks.sizes(n_2)
    inputs.same_shape("Standard errors and sample sizes", errors, n1, n2)
    return errors / np.sqrt(1 / n1 + 1 / n2)


def _degrees_of_freedom(df: ArrayLike) -> Floats:
    degrees = np.asarray(df, dtype=float)
    inputs.require(degrees > 0, "Degrees of freedom must be greater than 0", degrees)
    return degrees[()]


# ---------------------------------------------------------------- groups and scales


def combine_groups(mean: ArrayLike, sd: ArrayLike, n: ArrayLike) -> Group:
    """Groups made one: their common mean, standard deviation and size.

    n = Σnᵢ, m = Σnᵢmᵢ/n, s² = (Σ(nᵢ − 1)sᵢ² + Σnᵢ(mᵢ − m)²) / (n − 1): the values of all participants
    together (Cochrane Handbook, table 6.5.a, for two groups). Groups lie along the first axis, shape
    (groups, ...); two or more. Raises ValueError for standard deviations that are not greater than 0 and
    for groups of fewer than 2.
    """
    means, sds, sizes = inputs.measured(mean, "Means"), checks.standard_deviations(sd), checks.sizes(n)
    inputs.same_shape("Means, standard deviations and sample sizes", means, sds, sizes)
    if not means.ndim or len(means) < 2:
        raise ValueError("Two groups or more are combined, along the first axis.")
    total = sizes.sum(axis=0)
    # From the first group's mean on, so that large means of small spread do not cancel.
    shift = (sizes * (means - means[0])).sum(axis=0) / total
    within = ((sizes - 1) * sds**2).sum(axis=0)
    between = (sizes * (means - means[0] - shift) ** 2).sum(axis=0)
    return Group(means[0] + shift, np.sqrt((within + between) / (total - 1)), total)


def smd_to_log_odds_ratio(yi: ArrayLike, vi: ArrayLike) -> EffectSizes:
    """Log odds ratios from standardised mean differences: d π/√3, v π²/3.

    For an outcome with a logistic distribution that is cut in two (Hasselblad & Hedges 1995, Psychol
    Bull 117:167; Chinn 2000, Stat Med 19:3127). Any shape, the same for both; NaN stays NaN.
    """
    return _scaled(yi, vi, LOGISTIC_SD)


def log_odds_ratio_to_smd(yi: ArrayLike, vi: ArrayLike) -> EffectSizes:
    """Standardised mean differences from log odds ratios, the inverse of `smd_to_log_odds_ratio`."""
    return _scaled(yi, vi, 1 / LOGISTIC_SD)


def _scaled(yi: ArrayLike, vi: ArrayLike, factor: float) -> EffectSizes:
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    inputs.same_shape("Effects and sampling variances", y, v)
    inputs.require(~(v < 0), "Sampling variances must be 0 or more", v)
    return EffectSizes(factor * y, factor**2 * v)
