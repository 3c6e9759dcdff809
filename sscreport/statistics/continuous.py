"""Effect sizes of continuous outcomes in two groups, from their means and standard deviations.

Group 1 is compared with group 2.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from sscreport.statistics import checks, inputs
from sscreport.statistics.inputs import Array, Floats
from sscreport.statistics.results import EffectSizes

Correction = Literal["exact", "approximate", "none"]
MeanVariance = Literal["unequal", "pooled"]
SmdVariance = Literal["LS", "UB", "revman", "cohen"]
GlassVariance = Literal["glass", "LS"]


def mean_difference(
    mean_1: ArrayLike,
    sd_1: ArrayLike,
    n_1: ArrayLike,
    mean_2: ArrayLike,
    sd_2: ArrayLike,
    n_2: ArrayLike,
    *,
    variance: MeanVariance = "unequal",
) -> EffectSizes:
    """Mean differences, in the unit of the outcome.

    MD = m₁ − m₂; ``variance`` "unequal": v = s₁²/n₁ + s₂²/n₂ (Welch 1938, Biometrika 29:350; Review
    Manager), "pooled": v = s²(1/n₁ + 1/n₂) with the standard deviation s of both groups together.
    All six of one shape. Raises ValueError for standard deviations that are not greater than 0 and
    groups of fewer than 2.
    """
    checks.option("variance", variance, MeanVariance)
    m1, s1, n1, m2, s2, n2 = _groups(mean_1, sd_1, n_1, mean_2, sd_2, n_2)
    if variance == "pooled":
        return EffectSizes(m1 - m2, _pooled_sd(s1, n1, s2, n2) ** 2 * (1 / n1 + 1 / n2))
    return EffectSizes(m1 - m2, s1**2 / n1 + s2**2 / n2)


def standardized_mean_difference(
    mean_1: ArrayLike,
    sd_1: ArrayLike,
    n_1: ArrayLike,
    mean_2: ArrayLike,
    sd_2: ArrayLike,
    n_2: ArrayLike,
    *,
    correction: Correction = "exact",
    variance: SmdVariance = "LS",
) -> EffectSizes:
    """Standardised mean differences: Hedges' g, or Cohen's d with ``correction`` "none".

    g = J(m₁ − m₂) / s, s the standard deviation of both groups together, J = `hedges_correction` on
    N − 2 degrees of freedom, N = n₁ + n₂. ``variance``, 1/n₁ + 1/n₂ and

    - "LS": g² / 2N (Hedges 1982, Psychol Bull 92:490; the default of metafor's escalc)
    - "UB": (1 − (N − 4) / ((N − 2) J²)) g², unbiased for the exact J (Hedges 1983, Psychol Bull 93:388)
    - "revman": g² / 2(N − 3.94) (Deeks & Higgins 2010; with ``correction`` "approximate" this is Review
      Manager)
    - "cohen": g² / 2(N − 2), meant for ``correction`` "none" (Bradburn, Deeks & Altman 1998, Stata Tech
      Bull 44:4)

    Shapes and errors as of `mean_difference`.
    """
    checks.option("variance", variance, SmdVariance)
    m1, s1, n1, m2, s2, n2 = _groups(mean_1, sd_1, n_1, mean_2, sd_2, n_2)
    total, df = n1 + n2, n1 + n2 - 2
    g = hedges_correction(df, correction) * (m1 - m2) / _pooled_sd(s1, n1, s2, n2)
    if variance == "UB":
        share = _unbiased_share(df)
    else:
        share = 1 / (2 * {"LS": total, "revman": total - 3.94, "cohen": df}[variance])
    return EffectSizes(g, 1 / n1 + 1 / n2 + share * g**2)


def glass_delta(
    mean_1: ArrayLike,
    n_1: ArrayLike,
    mean_2: ArrayLike,
    sd_2: ArrayLike,
    n_2: ArrayLike,
    *,
    correction: Correction = "none",
    variance: GlassVariance = "glass",
) -> EffectSizes:
    """Glass's Δ: mean differences in standard deviations of group 2, the control group.

    Δ = J(m₁ − m₂) / s₂, J = `hedges_correction` on n₂ − 1 degrees of freedom (Glass 1976, Educ Res
    5(10):3). ``variance``, 1/n₁ + 1/n₂ and "glass": Δ² / 2(n₂ − 1) (Bradburn, Deeks & Altman 1998, Stata
    Tech Bull 44:4), "LS": Δ² / 2n₂ (Hedges & Olkin 1985; metafor's "SMD1" with ``correction``
    "exact"). Shapes and errors as of `mean_difference`.
    """
    checks.option("variance", variance, GlassVariance)
    m1, m2 = inputs.measured(mean_1, "Means"), inputs.measured(mean_2, "Means")
    s2, n1, n2 = checks.standard_deviations(sd_2), checks.sizes(n_1), checks.sizes(n_2)
    inputs.same_shape("Means, standard deviations and sample sizes", m1, n1, m2, s2, n2)
    delta = hedges_correction(n2 - 1, correction) * (m1 - m2) / s2
    df = n2 - 1 if variance == "glass" else n2
    return EffectSizes(delta, 1 / n1 + 1 / n2 + delta**2 / (2 * df))


def ratio_of_means(
    mean_1: ArrayLike, sd_1: ArrayLike, n_1: ArrayLike, mean_2: ArrayLike, sd_2: ArrayLike, n_2: ArrayLike
) -> EffectSizes:
    """Log ratios of means (response ratios).

    ln(m₁/m₂), v = s₁²/(n₁m₁²) + s₂²/(n₂m₂²) (Hedges, Gurevitch & Curtis 1999, Ecology 80:1150). Shapes and
    errors as of `mean_difference`; ValueError too where the means are not both above or both below 0.
    """
    m1, s1, n1, m2, s2, n2 = _groups(mean_1, sd_1, n_1, mean_2, sd_2, n_2)
    inputs.require(np.sign(m1) == np.sign(m2), "A ratio of means needs two means of the same sign", m1)
    checks.positive(np.minimum(np.abs(m1), np.abs(m2)), "Means in a ratio, without their sign,")
    return EffectSizes(np.log(m1 / m2), (s1 / m1) ** 2 / n1 + (s2 / m2) ** 2 / n2)


def hedges_correction(df: ArrayLike, correction: Correction = "exact") -> Floats:
    """The factor J that removes the bias of a standardised mean on ``df`` degrees of freedom, any shape.

    "exact": Γ(df/2) / (√(df/2) Γ((df − 1)/2)), NaN where ``df`` is not above 1; "approximate":
    1 − 3 / (4 df − 1), which is 1 − 3 / (4N − 9) for two groups (both Hedges 1981, J Educ Stat 6:107);
    "none": 1. Raises ValueError unless ``df`` is greater than 0.
    """
    checks.option("correction", correction, Correction)
    degrees = checks.positive(df, "Degrees of freedom")
    if correction == "none":
        return np.ones_like(degrees)[()]
    if correction == "approximate":
        return 1 - 3 / (4 * degrees - 1)
    return np.exp(_log_j(degrees))


def _log_j(df: Floats) -> Floats:
    """ln J. Where the gamma functions are large their ratio is taken from its asymptotic series."""
    z = (np.where(np.greater(df, 1), df, np.nan) - 1) / 2
    by_gamma = gammaln(z + 0.5) - gammaln(z) - np.log(z + 0.5) / 2
    y = np.maximum(z, 10.0)
    ratio = -1 / (8 * y) + 1 / (192 * y**3) - 1 / (640 * y**5) + 17 / (14336 * y**7) - 31 / (18432 * y**9)
    return np.where(z < 20, by_gamma, ratio - np.log1p(1 / (2 * y)) / 2)[()]


def _unbiased_share(df: Array) -> Array:
    """1 − (df − 2) / (df J²), without the cancellation of large ``df``."""
    with np.errstate(divide="ignore"):  # log 0, and so a share of 1, on 2 degrees of freedom
        return -np.expm1(np.log1p(-2 / df) - 2 * _log_j(df))


def _pooled_sd(sd_1: Array, n_1: Array, sd_2: Array, n_2: Array) -> Array:
    return np.sqrt(((n_1 - 1) * sd_1**2 + (n_2 - 1) * sd_2**2) / (n_1 + n_2 - 2))


def _groups(
    mean_1: ArrayLike, sd_1: ArrayLike, n_1: ArrayLike, mean_2: ArrayLike, sd_2: ArrayLike, n_2: ArrayLike
) -> tuple[Array, ...]:
    groups = [
        (inputs.measured(mean, "Means"), checks.standard_deviations(sd), checks.sizes(n))
        for mean, sd, n in ((mean_1, sd_1, n_1), (mean_2, sd_2, n_2))
    ]
    inputs.same_shape("Means, standard deviations and sample sizes", *groups[0], *groups[1])
    return *groups[0], *groups[1]
