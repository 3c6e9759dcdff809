"""Mantel-Haenszel: ratios and differences pooled from 2 × 2 tables and from rates, and the tests with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from sscreport.statistics import inputs
from sscreport.statistics.binary import (
    Tables,
    corrected,
    informative,
    odds_ratio,
    risk_difference,
    risk_ratio,
    tables,
)
from sscreport.statistics.checks import DoubleZero, correction, option
from sscreport.statistics.inputs import Array, Floats, NotEstimable
from sscreport.statistics.linear_model import MeanFit
from sscreport.statistics.peto import scores
from sscreport.statistics.pooled_tables import PooledTables, percent, q_around, without_each
from sscreport.statistics.rates import incidence_rate_ratio
from sscreport.statistics.results import EffectSizes

Measure = Literal["OR", "RR", "RD"]
ZeroCells = Literal["only0", "none"]
RdVariance = Literal["greenland_robins", "sato"]


class Method(NamedTuple):
    """How the studies of one ``measure`` are summed.

    ``terms``: what a study adds to the sums of the numerator, of the denominator (these are the weights),
    and of the variance. ``combine``: estimate and variance from those sums. ``effect_sizes``: of the
    studies, for Q.
    """

    measure: str
    terms: Callable[..., list[Array]]
    combine: Callable[..., tuple[Array, Array]]
    effect_sizes: Callable[..., EffectSizes]


class Summands(NamedTuple):
    """What each study adds to the sums, shape (sums, ..., n), and to Q, shape (..., n); 0 if left out."""

    terms: Array
    included: NDArray[np.bool_]
    yi: Array
    precision: Array


@dataclass(frozen=True)
class MantelHaenszel(PooledTables):
    """A fixed-effect Mantel-Haenszel estimate, the logarithm of a ratio or a difference."""

    method: Method
    summands: Summands

    def leave_one_out(self) -> PooledTables:
        """The analyses without each of the studies in turn, shape (..., n).

        NaN where the others do not determine an estimate. Raises NotEstimable if an analysis has fewer
        than two studies.
        """
        if np.any(np.less(self.k, 2)):
            raise NotEstimable(f"Leaving studies out needs at least 2 studies, not {np.min(self.k)}.")
        return _pooled(self.method, Summands(*map(without_each, self.summands)), self.level)


@dataclass(frozen=True)
class MantelHaenszelRandom(PooledTables):
    """A random-effects estimate with its Q around the Mantel-Haenszel estimate ``fixed``.

    ``tau2``: between-study variance in squared units of the effects.
    """

    tau2: Floats
    fixed: MantelHaenszel


class ChiSquared(NamedTuple):
    """A χ² statistic and its degrees of freedom."""

    chi2: Floats
    df: Floats

    @property
    def p(self) -> Floats:
        """The upper tail; NaN without a degree of freedom."""
        return chdtrc(np.where(np.equal(self.df, 0), np.nan, self.df), self.chi2)


def mantel_haenszel(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_2: ArrayLike,
    total_2: ArrayLike,
    *,
    measure: Measure = "OR",
    zero_cells: ZeroCells = "only0",
    double_zero: DoubleZero | None = None,
    rd_variance: RdVariance = "greenland_robins",
    level: float = 0.95,
) -> MantelHaenszel:
    """Mantel-Haenszel estimate of group 1 against group 2: a log odds or risk ratio, or a difference.

    With cells a, b, c, d, groups n₁ and n₂, and N of each table:

    - "OR": ln(Σ ad/N ÷ Σ bc/N) (Mantel & Haenszel 1959, J Natl Cancer Inst 22:719), variance of
      Robins, Breslow & Greenland 1986, Biometrics 42:311;
    - "RR": ln(Σ an₂/N ÷ Σ cn₁/N), variance of Greenland & Robins 1985, Biometrics 41:55;
    - "RD": Σ (ad − bc)/N ÷ Σ n₁n₂/N, variance of the same paper or, by ``rd_variance``, of Sato,
      Greenland & Robins 1989, Biometrics 45:1323 (metafor's).

    ``zero_cells``: with "only0" half an event is added to every cell of a table that has an empty one, in
    the sums of a ratio too, as Review Manager 5 does (Deeks & Higgins 2010); with "none" the sums are of
    the tables as they are ("exact", metafor's default). Differences are always summed as they are. Q is
    around the estimate, Σ(yᵢ − estimate)²/vᵢ, with the studies' own effects corrected by "only0"; that of
    a risk difference in its variance alone or, with "none", in the difference too, as metafor does.

    ``double_zero``: tables without events, or without non-events, in both groups "drop" out of ratios and
    stay in differences, unless this says otherwise; "keep" takes them into the sums of a ratio, as metafor
    does, but never into its Q.

    Counts: shape (..., n), the same for all four. Raises ValueError for impossible counts and NotEstimable
    where the tables of an analysis leave the estimate or its variance undetermined.
    """
    option("measure", measure, Measure)
    option("zero_cells", zero_cells, ZeroCells)
    option("rd_variance", rd_variance, RdVariance)
    is_difference = measure == "RD"
    if double_zero is None:
        double_zero = "keep" if is_difference else "drop"
    option("double_zero", double_zero, DoubleZero)
    method = RISK_DIFFERENCES[rd_variance] if is_difference else RATIOS[measure]
    counts = events_1, total_1, events_2, total_2
    table = tables(*counts)
    kept = informative(table) | (double_zero == "keep")
    in_sums: ZeroCells = "none" if is_difference else zero_cells
    in_q = "only0_in_se" if is_difference and zero_cells == "only0" else "only0"
    effects = method.effect_sizes(*counts, zero_cells=in_q)
    return _estimated(method, corrected(table, in_sums), kept, effects, level)


def mantel_haenszel_rates(
    events_1: ArrayLike,
    time_1: ArrayLike,
    events_2: ArrayLike,
    time_2: ArrayLike,
    *,
    zero_cells: ZeroCells = "none",
    level: float = 0.95,
) -> MantelHaenszel:
    """Mantel-Haenszel log ratio of the incidence rates of group 1 and group 2.

    ln(Σ x₁t₂/T ÷ Σ x₂t₁/T), T = t₁ + t₂, with variance Σ (x₁ + x₂)t₁t₂/T² ÷ (Σ x₁t₂/T · Σ x₂t₁/T)
    (Greenland & Robins 1985, Biometrics 41:55). Studies without an event drop out. ``zero_cells`` "only0"
    adds half an event to both groups of a study with a group without one; "none" takes the sums as they
    are, as metafor does. Q is always with effects corrected by "only0". Events and times: shape (..., n),
    the same for all four. Raises ValueError for impossible numbers and NotEstimable where all events of
    an analysis are in one group.
    """
    option("zero_cells", zero_cells, ZeroCells)
    effects = RATE_RATIO.effect_sizes(events_1, time_1, events_2, time_2)
    x1, t1, x2, t2 = (np.asarray(each, dtype=float) for each in (events_1, time_1, events_2, time_2))
    added = correction(np.minimum(x1, x2) == 0, zero_cells, 0.5)
    return _estimated(RATE_RATIO, (x1 + added, t1, x2 + added, t2), x1 + x2 > 0, effects, level)


def mantel_haenszel_random(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_2: ArrayLike,
    total_2: ArrayLike,
    *,
    measure: Measure = "OR",
    level: float = 0.95,
) -> MantelHaenszelRandom:
    """Review Manager 5's "M-H, Random": an inverse-variance mean with τ² from the Q of `mantel_haenszel`.

    τ² = max(0, (Q − df) / (Σw − Σw²/Σw)), w = 1/v (DerSimonian & Laird 1986, Control Clin Trials 7:177)
    with Q around the Mantel-Haenszel estimate, then Σw*y / Σw* with w* = 1/(v + τ²) (Deeks & Higgins 2010,
    Statistical algorithms in Review Manager 5). Counts, empty cells and errors as of `mantel_haenszel`
    with its defaults.
    """
    fixed = mantel_haenszel(events_1, total_1, events_2, total_2, measure=measure, level=level)
    _, _, yi, w = fixed.summands
    excess = np.maximum(fixed.q - fixed.q_df, 0)
    tau2 = excess / np.where(excess > 0, MeanFit.with_weights(yi, w).trace, 1.0)
    fit = MeanFit.with_weights(yi, w / (1 + w * tau2[..., np.newaxis]))
    return MantelHaenszelRandom(
        estimate=fit.mean,
        se=1 / np.sqrt(fit.total),
        df=np.inf,
        level=level,
        k=fixed.k_effects,
        k_effects=fixed.k_effects,
        q=fixed.q,
        weights=100 * fit.leverages,
        tau2=tau2[()],
        fixed=fixed,
    )


def cochran_mantel_haenszel_test(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_2: ArrayLike,
    total_2: ArrayLike,
    *,
    continuity_correction: bool = True,
) -> ChiSquared:
    """Test of no association in any of the tables, χ² on 1 degree of freedom.

    (|Σ(O − E)| − ½)² / ΣV, with the hypergeometric E and V of `peto.scores` (Mantel & Haenszel 1959,
    J Natl Cancer Inst 22:719), or without the ½, which takes no more away than there is. Counts: shape
    (..., n), the same for all four. Raises ValueError for impossible counts and NotEstimable where every
    V is 0.
    """
    o_minus_e, v = scores(events_1, total_1, events_2, total_2)
    inputs.at_least(1, v, "The Cochran-Mantel-Haenszel test")
    if np.any(v.sum(axis=-1) == 0):
        raise NotEstimable("No table has both events and non-events; there is no association to test.")
    distance = np.abs(o_minus_e.sum(axis=-1)) - (0.5 if continuity_correction else 0.0)
    return ChiSquared(np.maximum(distance, 0) ** 2 / v.sum(axis=-1), 1)


def tarone_test(
    events_1: ArrayLike, total_1: ArrayLike, events_2: ArrayLike, total_2: ArrayLike
) -> ChiSquared:
    """Tarone's test that all tables share one odds ratio, χ² on k − 1 degrees of freedom.

    Σ(a − E)²/V − (Σ(a − E))²/ΣV with E and V of a under the Mantel-Haenszel odds ratio of the tables as
    they are (Tarone 1985, Biometrika 72:91): Breslow and Day's statistic, made right for that estimate not
    being the efficient one. The k tables are those with events and non-events; of one, χ² is 0. Counts:
    shape (..., n), the same for all four. Raises ValueError for impossible counts and NotEstimable where
    there is no Mantel-Haenszel odds ratio.
    """
    pooled = mantel_haenszel(events_1, total_1, events_2, total_2, zero_cells="none")
    table = tables(events_1, total_1, events_2, total_2)
    excess, v = _excess(table, np.exp(pooled.estimate)[..., np.newaxis])
    breslow_day = (excess**2 / np.where(v > 0, v, 1.0)).sum(axis=-1)
    chi2 = np.maximum(breslow_day - excess.sum(axis=-1) ** 2 / v.sum(axis=-1), 0)
    return ChiSquared(chi2, pooled.k - 1)


def _excess(table: Tables, psi: Array) -> tuple[Array, Array]:
    """a − E and its asymptotic variance where every table has the odds ratio ``psi``.

    E(n₂ − m + E) = ψ(m − E)(n₁ − E), m all events; V = 1 / Σ(1/expected cell), which is either side
    over the root of the discriminant. Both are 0 for a table that says nothing.
    """
    a, b, c, d = table
    # With the rarer outcome as the event and the smaller group first no two near numbers are subtracted.
    common, large = a + c > b + d, a + b > c + d
    turned = common != large
    a, b, c, d = np.where(common, (b, a, d, c), (a, b, c, d))
    a, b, c, d = np.where(large, (c, d, a, b), (a, b, c, d))
    psi = np.where(turned, 1 / psi, psi)
    n1, n2, m = a + b, c + d, a + c
    cross = m * (n1 + n2 - m) + n1 * n2
    root = np.sqrt((n2 - m) ** 2 + (psi * (n1 - m)) ** 2 + 2 * psi * cross)
    expected = 2 * psi * n1 * m / (n2 - m + psi * (n1 + m) + root)
    return np.where(turned, expected - a, a - expected), expected * (n2 - m + expected) / root


def _estimated(
    method: Method, cells: Iterable[Array], kept: NDArray[np.bool_], effects: EffectSizes, level: float
) -> MantelHaenszel:
    inputs.level(level)
    inputs.at_least(1, kept, "Pooling")
    in_q = kept & effects.estimable
    summands = Summands(
        np.where(kept, method.terms(*cells), 0.0),
        kept,
        np.where(in_q, effects.yi, 0.0),
        np.where(in_q, 1 / effects.vi, 0.0),
    )
    pooled = _pooled(method, summands, level)
    if not np.all(pooled.k):
        raise NotEstimable(f"No study says anything about the {method.measure}: none is left to pool.")
    if np.any(np.isnan(pooled.estimate)):
        raise NotEstimable(
            f"The studies together have no Mantel-Haenszel {method.measure}: a side of it, or its variance, "
            "is 0 in all of them."
        )
    return MantelHaenszel(**vars(pooled), method=method, summands=summands)


def _pooled(method: Method, summands: Summands, level: float) -> PooledTables:
    terms, included, yi, precision = summands
    with np.errstate(divide="ignore", invalid="ignore"):  # what comes of sums of 0 is not `known`
        estimate, variance = method.combine(*terms.sum(axis=-1))
    known = np.isfinite(estimate) & (variance > 0)
    estimate = np.where(known, estimate, np.nan)[()]
    return PooledTables(
        estimate=estimate,
        se=np.sqrt(np.where(known, variance, np.nan))[()],
        df=np.inf,
        level=level,
        k=included.sum(axis=-1),
        k_effects=np.count_nonzero(precision, axis=-1),
        q=q_around(estimate, yi, precision),
        weights=percent(terms[1]),
    )


# ---------------------------------------------------------------- the measures


def _odds_terms(a: Array, b: Array, c: Array, d: Array) -> list[Array]:
    n = a + b + c + d
    r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    return [r, s, p * r, p * s + q * r, q * s]


def _odds(r: Array, s: Array, pr: Array, mixed: Array, qs: Array) -> tuple[Array, Array]:
    return np.log(r / s), (pr / r**2 + mixed / (r * s) + qs / s**2) / 2


def _risk_terms(a: Array, b: Array, c: Array, d: Array) -> list[Array]:
    n1, n2, n = a + b, c + d, a + b + c + d
    # The last is (m n₁n₂ − acN) / N² with m = a + c, written without the difference.
    return [a * n2 / n, c * n1 / n, (a * d * n1 + b * c * n2) / n**2]


def _rate_terms(x1: Array, t1: Array, x2: Array, t2: Array) -> list[Array]:
    share_1, share_2 = t1 / (t1 + t2), t2 / (t1 + t2)
    return [x1 * share_2, x2 * share_1, (x1 + x2) * share_1 * share_2]


def _ratio(r: Array, s: Array, spread: Array) -> tuple[Array, Array]:
    return np.log(r / s), spread / (r * s)


def _difference_terms(a: Array, b: Array, c: Array, d: Array) -> list[Array]:
    n1, n2, n = a + b, c + d, a + b + c + d
    return [(a * d - b * c) / n, n1 * n2 / n, (a * b * n2**2 / n1 + c * d * n1**2 / n2) / n**2]


def _difference(numerator: Array, weight: Array, spread: Array) -> tuple[Array, Array]:
    return numerator / weight, spread / weight**2


def _sato_terms(a: Array, b: Array, c: Array, d: Array) -> list[Array]:
    n1, n2, n = a + b, c + d, a + b + c + d
    p = (n1**2 * c - n2**2 * a + n1 * n2 * (n2 - n1) / 2) / n**2
    return [(a * d - b * c) / n, n1 * n2 / n, p, (a * d + b * c) / (2 * n)]


def _sato(numerator: Array, weight: Array, p: Array, q: Array) -> tuple[Array, Array]:
    difference = numerator / weight
    return difference, (difference * p + q) / weight**2


RATE_RATIO = Method("rate ratio", _rate_terms, _ratio, incidence_rate_ratio)
RATIOS: Mapping[str, Method] = MappingProxyType(
    {
        "OR": Method("odds ratio", _odds_terms, _odds, odds_ratio),
        "RR": Method("risk ratio", _risk_terms, _ratio, risk_ratio),
    }
)
RISK_DIFFERENCES: Mapping[str, Method] = MappingProxyType(
    {
        "greenland_robins": Method("risk difference", _difference_terms, _difference, risk_difference),
        "sato": Method("risk difference", _sato_terms, _sato, risk_difference),
    }
)
