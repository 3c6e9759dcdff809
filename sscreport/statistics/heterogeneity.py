"""Heterogeneity between studies: Q, I² and H², and their confidence intervals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, chdtri

from sscreport.statistics import inputs, tau_squared
from sscreport.statistics.inputs import Array, Floats, NotEstimable
from sscreport.statistics.linear_model import Mean
from sscreport.statistics.results import quantile
from sscreport.statistics.tau_squared import Method


class Interval(NamedTuple):
    """An estimate and its confidence limits."""

    estimate: Floats
    low: Floats
    high: Floats


class HeterogeneityIntervals(NamedTuple):
    """τ² in squared units of the effects, τ, I² in percent, H²."""

    tau2: Interval
    tau: Interval
    i2: Interval
    h2: Interval


class TestBasedIntervals(NamedTuple):
    """H, the standard error of its logarithm, and I² in percent."""

    h: Interval
    se_log_h: Floats
    i2: Interval


def cochran_q(yi: ArrayLike, vi: ArrayLike, around: ArrayLike | None = None) -> Floats:
    """Cochran's Q = Σ w (y − ŷ)², w = 1/v, on k − 1 degrees of freedom.

    Cochran (1954), Biometrics 10:101. ``yi`` and ``vi``: shape (..., k). ``around`` is ŷ, by
    default the inverse-variance mean; Review Manager 5 takes the Mantel-Haenszel estimate in
    Mantel-Haenszel analyses. Given subgroup estimates with their variances, this is the test
    for subgroup differences. Raises ValueError for input that cannot be weighted.
    """
    studies = inputs.studies(yi, vi)
    if around is None:
        return Mean(studies).fixed.q
    centre = inputs.per_study(inputs.measured(around, "Centers of Q"), studies.y, "The center of Q")
    return ((studies.y - centre) ** 2 / studies.v).sum(axis=-1)


def q_p_value(q: ArrayLike, df: ArrayLike) -> Floats:
    """P of Q: the upper tail of χ² on ``df`` degrees of freedom; 1 for df = 0 (one study)."""
    q, df = _q_and_df(q, df)
    return np.where(df > 0, chdtrc(np.maximum(df, 1), q), 1.0)[()]


def i_squared(q: ArrayLike, df: ArrayLike) -> Floats:
    """I² = max(0, (Q − df) / Q) · 100, the percentage of variability beyond chance, 0 to 100.

    Higgins & Thompson (2002), Stat Med 21:1539. One study (df = 0) has none, whatever rounding
    left in Q. Raises ValueError for a negative or non-finite Q or df.
    """
    q, df = _q_and_df(q, df)
    excess = np.where(df > 0, np.maximum(q - df, 0), 0.0)
    return (100 * excess / np.where(excess > 0, q, 1.0))[()]


def h_squared(q: ArrayLike, df: ArrayLike) -> Floats:
    """H² = Q/df, Higgins & Thompson (2002), Stat Med 21:1539; NaN for one study, which has none."""
    q, df = _q_and_df(q, df)
    return np.where(df > 0, q / np.where(df > 0, df, 1), np.nan)[()]


def typical_variance(df: Floats, trace: Floats) -> Floats:
    """s² = (k − p) / tr P with weights 1/v; NaN where no degree of freedom is left.

    For a mean it is (k − 1) Σw / ((Σw)² − Σw²), Higgins & Thompson's typical sampling variance.
    """
    left = np.asarray(df) > 0
    return np.where(left, df / np.where(left, trace, 1.0), np.nan)[()]


def i_squared_of(tau2: Floats, typical: Floats) -> Floats:
    """I² = τ² / (τ² + s²) in percent; 0 where there is no typical variance (one study)."""
    return np.where(np.isnan(typical), 0.0, 100 * tau2 / (tau2 + np.nan_to_num(typical, nan=1.0)))[()]


def h_squared_of(tau2: Floats, typical: Floats) -> Floats:
    """H² = τ²/s² + 1; 1 where there is no typical variance (one study)."""
    return np.where(np.isnan(typical), 1.0, 1 + tau2 / np.nan_to_num(typical, nan=1.0))[()]


def i_squared_by(method: Method, q: Floats, df: Floats, tau2: Floats, typical: Floats) -> Floats:
    """I² in percent as metafor prints it with a model: from Q for "FE", else from τ²."""
    return i_squared(q, df) if method == "FE" else i_squared_of(tau2, typical)


def h_squared_by(method: Method, q: Floats, df: Floats, tau2: Floats, typical: Floats) -> Floats:
    """H² as `i_squared_by`."""
    return h_squared(q, df) if method == "FE" else h_squared_of(tau2, typical)


def q_profile(
    yi: ArrayLike, vi: ArrayLike, *, method: Method = "REML", level: float = 0.95
) -> HeterogeneityIntervals:
    """Confidence intervals of τ², τ, I² and H² from the profile of the generalised Q.

    The limits are the τ² at which Q(τ²) equals the upper and the lower quantile of χ² on k − 1; a
    limit below 0 is 0. I² and H² follow through the typical variance. Viechtbauer (2007), Stat Med
    26:37. ``yi`` and ``vi``: shape (..., k); ``method`` gives the estimates. Raises NotEstimable for
    fewer than two studies.
    """
    inputs.level(level)
    studies = inputs.studies(yi, vi, 2, "A confidence interval of τ²")
    model = Mean(studies)
    tail = (1 - level) / 2
    low, high = (tau_squared.generalized_q_root(model, chdtri(model.df, p)) for p in (tail, 1 - tail))
    values = Interval(tau_squared.estimate(model, method), low, high)
    s2 = typical_variance(model.df, model.fixed.trace)
    return HeterogeneityIntervals(
        values,
        Interval(*map(np.sqrt, values)),
        Interval(*(i_squared_of(t, s2) for t in values)),
        Interval(*(h_squared_of(t, s2) for t in values)),
    )


def test_based_interval(q: ArrayLike, k: ArrayLike, *, level: float = 0.95) -> TestBasedIntervals:
    """Test-based intervals of H = √(Q/(k − 1)) and of I² = (H² − 1)/H², both at least at their least.

    Higgins & Thompson (2002), Stat Med 21:1539: the standard error of ln H is
    ½ (ln Q − ln(k − 1)) / (√(2Q) − √(2k − 3)) for Q > k, else √((1 − 1/(3(k − 2)²)) / (2(k − 2))).
    ``q`` and ``k``: any shape. Two studies with Q ≤ 2 have no such error: NaN, as are the limits.
    Raises NotEstimable for a single study.
    """
    q, k = inputs.not_negative(q, "Q"), inputs.not_negative(k, "Numbers of studies")
    if np.any(k < 2):
        raise NotEstimable("A test-based interval needs at least 2 studies, not 1.")
    wide = q > k
    large, few = np.where(wide, q, k + 1), np.where(k > 2, k - 2, np.nan)
    se = np.where(
        wide,
        0.5 * (np.log(large) - np.log(k - 1)) / (np.sqrt(2 * large) - np.sqrt(2 * k - 3)),
        np.sqrt((1 - 1 / (3 * few**2)) / (2 * few)),
    )
    h = np.maximum(np.sqrt(q / (k - 1)), 1)
    factor = np.exp(quantile(level) * se)
    limits = Interval(h[()], np.maximum(h / factor, 1)[()], (h * factor)[()])
    return TestBasedIntervals(limits, se[()], Interval(*(100 * (1 - 1 / x**2) for x in limits)))


def _q_and_df(q: ArrayLike, df: ArrayLike) -> tuple[Array, Array]:
    return inputs.not_negative(q, "Q"), inputs.not_negative(df, "Degrees of freedom")
