"""Small-study effects: tests whether small studies show other effects than large ones (funnel asymmetry).

None of them should be used with fewer than ten studies, where they can hardly tell bias from chance
(Cochrane Handbook 13.3.5.4; Sterne et al. 2011, BMJ 343:d4002): see `FunnelTest.interpretable`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sscreport.statistics import binary, inputs
from sscreport.statistics.checks import RatioZeroCells, option
from sscreport.statistics.inputs import Array, Floats, NotEstimable, Studies
from sscreport.statistics.linear_model import MeanFit, sum_of_others
from sscreport.statistics.meta_regression import MetaRegression, meta_regression
from sscreport.statistics.pooling import Test
from sscreport.statistics.results import EffectSizes, Estimate, p_value
from sscreport.statistics.tau_squared import Method

Variant = Literal["classical", "weighted_1997"]
HarbordMeasure = Literal["OR", "RR"]

FEWEST = 3  # a line through fewer studies leaves nothing to test
EXACT_BELOW = 50  # studies from which the normal approximation of Kendall's score serves
# What is this much smaller than the numbers that it was subtracted from is rounding error.
ROUNDING = 1e-13


@dataclass(frozen=True)
class FunnelTest:
    """A test of ``k`` studies; the fields have the shape of the analyses.

    ``least_k``: the number of studies below which the result should not be interpreted.
    """

    k: int | Array
    least_k: ClassVar[int] = 10

    @property
    def interpretable(self) -> bool | NDArray[np.bool_]:
        """Whether there are ``least_k`` studies or more."""
        return np.greater_equal(self.k, self.least_k)[()]


@dataclass(frozen=True)
class FunnelRegression(FunnelTest):
    """A regression whose coefficient ``bias`` is 0 where the funnel is symmetric; t on k − 2.

    ``limit_estimate``: the effect that the line predicts for an infinitely large study, on the scale
    of the effects; ``rmse``: √ of the weighted residual sum of squares over k − 2.
    """

    bias: Estimate
    limit_estimate: Estimate
    rmse: Floats


@dataclass(frozen=True)
class EggerMetaRegression(FunnelTest):
    """``bias`` and ``limit_estimate`` as of `FunnelRegression`, from a ``regression`` on standard errors."""

    bias: Estimate
    limit_estimate: Estimate
    regression: MetaRegression

    @property
    def tau2(self) -> Floats:
        """Residual variance between studies, in squared units of the effects."""
        return self.regression.tau2


@dataclass(frozen=True)
class RankCorrelation(FunnelTest):
    """Kendall's ``score`` S of standardized effects and variances, its ``variance``, τ and tests.

    ``tau_b`` allows for ties, ``tau_a`` does not. ``ties``: whether any studies share a rank.
    ``p_exact``: two-sided P of the permutation distribution; NaN with ties and for 50 studies or more.
    """

    score: int | Array
    variance: Floats
    tau_a: Floats
    tau_b: Floats
    ties: bool | NDArray[np.bool_]
    p_exact: Floats

    @property
    def se(self) -> Floats:
        """√ of the variance of S."""
        return np.sqrt(self.variance)

    @property
    def z(self) -> Floats:
        """S / √var S."""
        return self.score / self.se

    @property
    def p(self) -> Floats:
        """Two-sided P of ``z``."""
        return p_value(self.z)

    @property
    def z_corrected(self) -> Floats:
        """sign(S)(|S| − 1) / √var S: with the correction for continuity."""
        return np.sign(self.score) * np.maximum(np.abs(self.score) - 1, 0) / self.se

    @property
    def p_corrected(self) -> Floats:
        """Two-sided P of ``z_corrected``, the one that Stata's metabias returns."""
        return p_value(self.z_corrected)


# ---------------------------------------------------------------- regressions


def egger(
    yi: ArrayLike, vi: ArrayLike, *, variant: Variant = "classical", level: float = 0.95
) -> FunnelRegression:
    """Egger's test: regression of y/se on 1/se, t test of the intercept, which is the ``bias``.

    "classical" is the ordinary regression, equal to that of y on se with weights 1/v, where the slope
    is the bias: Egger et al. 1997, BMJ 315:629; Stata's metabias and metafor's regtest(model="lm").
    "weighted_1997" weights it by 1/v, the second analysis of that paper, which Stata's metabias gave up
    in 1998. ``yi`` and ``vi``: shape (..., k); a study with a NaN is left out. Not to be interpreted
    below ten studies (`FunnelTest`). Raises NotEstimable for fewer than three studies, for equal
    standard errors, and for studies that lie exactly on a line.
    """
    option("variant", variant, Variant)
    inputs.level(level)
    studies = inputs.studies(yi, vi, FEWEST, "Egger's test")
    power = 1 if variant == "classical" else 2
    return _line(studies, _standard_errors(studies), 1 / studies.v**power, level, "Egger's test")


def egger_meta_regression(
    yi: ArrayLike, vi: ArrayLike, *, method: Method = "REML", test: Test = "z", level: float = 0.95
) -> EggerMetaRegression:
    """Egger's test as meta-regression of effects on standard errors, with additive τ².

    y = limit + bias · se, weights 1/(v + τ²): Thompson & Sharp 1999, Stat Med 18:2693; Sterne & Egger
    2005, in Rothstein et al., Publication bias in meta-analysis, ch. 6. The default is that of
    metafor's regtest and of Stata's meta bias after REML; "FE" is Stata's option common. ``method``,
    ``test``, ``level``: as `meta_regression.meta_regression`. ``yi`` and ``vi``: shape (..., k); a study
    with a NaN is left out. Not to be interpreted below ten studies (`FunnelTest`). Raises NotEstimable
    for fewer than three studies and equal standard errors; with "hk" also for studies on a line.
    """
    studies = inputs.studies(yi, vi, FEWEST, "Egger's test")
    se = _standard_errors(studies)
    require_spread(se, studies, "Egger's test", "standard errors")
    fit = meta_regression(yi, vi, se[..., np.newaxis], method=method, test=test, level=level)
    coefficients = (fit.estimate, fit.se, fit.df)
    limit, bias = (Estimate(*(values[..., i][()] for values in coefficients), level) for i in (0, 1))
    if test == "hk":
        _require_scatter(fit.fit.residuals, se, studies, limit.estimate, bias.estimate, "Egger's test")
    return EggerMetaRegression(fit.k, bias, limit, fit)


def harbord(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_2: ArrayLike,
    total_2: ArrayLike,
    *,
    measure: HarbordMeasure = "OR",
    level: float = 0.95,
) -> FunnelRegression:
    """Harbord's test for 2 × 2 tables: regression of Z/√V on √V, t test of the intercept, the ``bias``.

    Z is the efficient score of the log ratio at no effect and V its variance, so that the test needs no
    correction of empty cells and its P does not depend on the size of the effect. Odds ratio: Z = O − E,
    V hypergeometric, both as `peto.scores` (Harbord, Egger & Sterne 2006, Stat Med 25:3443). Risk ratio:
    Z = (ad − bc)/(b + d), V = n₁n₂(a + c)/(n(b + d)) (Harbord, Harris & Sterne 2009, Stata J 9:197).
    The limit estimate is a log ratio. Counts: shape (..., k), the same for all four; tables without
    events, or without non-events, in both groups are left out. Not to be interpreted below ten studies
    (`FunnelTest`). Raises ValueError for impossible counts, NotEstimable as `egger`.
    """
    option("measure", measure, HarbordMeasure)
    inputs.level(level)
    effect_sizes = binary.peto_odds_ratio if measure == "OR" else _risk_ratio_by_score
    effects = effect_sizes(events_1, total_1, events_2, total_2)
    studies = inputs.studies(*effects, FEWEST, "Harbord's test")
    return _line(studies, _standard_errors(studies), 1 / studies.v, level, "Harbord's test")


def peters(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_2: ArrayLike,
    total_2: ArrayLike,
    *,
    zero_cells: RatioZeroCells = "only0",
    level: float = 0.95,
) -> FunnelRegression:
    """Peters' test for odds ratios: regression of ln OR on 1/n, t test of the slope, the ``bias``.

    Weights (a + c)(b + d)/n, n all participants; Peters et al. 2006, JAMA 295:676. ``zero_cells``: as
    `binary.odds_ratio`; "none" leaves out tables with an empty cell, as Stata's metabias does. Weights
    and n are of the tables as they are. Counts: shape (..., k), the same for all four. Not to be
    interpreted below ten studies (`FunnelTest`). Raises ValueError for impossible counts, NotEstimable
    for fewer than three tables with an odds ratio, for equal n, and for studies exactly on a line.
    """
    inputs.level(level)
    effects = binary.odds_ratio(events_1, total_1, events_2, total_2, zero_cells=zero_cells)
    a, b, c, d = binary.tables(events_1, total_1, events_2, total_2)
    n = a + b + c + d
    weights = np.where(effects.estimable, (a + c) * (b + d) / n, np.nan)
    studies = inputs.studies(effects.yi, 1 / weights, FEWEST, "Peters' test")
    return _line(studies, 1 / n, 1 / studies.v, level, "Peters' test", "study sizes")


def _standard_errors(studies: Studies) -> Array:
    """√v; NaN for studies that are left out."""
    return np.sqrt(np.where(np.isfinite(studies.v), studies.v, np.nan))


def _risk_ratio_by_score(
    events_1: ArrayLike, total_1: ArrayLike, events_2: ArrayLike, total_2: ArrayLike
) -> EffectSizes:
    """Z/V and 1/V of the log risk ratio."""
    table = binary.tables(events_1, total_1, events_2, total_2)
    a, b, c, d = (np.where(binary.informative(table), cell, np.nan) for cell in table)
    scale = (a + b + c + d) / ((a + b) * (c + d) * (a + c))
    return EffectSizes((a * d - b * c) * scale, (b + d) * scale)


def _line(
    studies: Studies, x: Array, w: Array, level: float, test: str, predictor: str = "standard errors"
) -> FunnelRegression:
    """Least squares of the effects on ``x`` with weights ``w``: the slope is the bias."""
    require_spread(x, studies, test, predictor)
    largest = w.max(axis=-1, keepdims=True)
    w = w / largest
    x = np.where(np.isfinite(studies.v), x, 0.0)
    mean_x, dx = _around_mean(x, w)
    mean_y, dy = _around_mean(studies.y, w)
    sxx, total, df = (w * dx**2).sum(axis=-1), w.sum(axis=-1), np.asarray(studies.k) - 2
    if np.any(sxx == 0):
        raise NotEstimable(
            f"{test} cannot weigh studies against each other that differ so much in precision."
        )
    slope = (w * dx * dy).sum(axis=-1) / sxx
    intercept = mean_y - slope * mean_x
    residuals = dy - slope[..., np.newaxis] * dx
    _require_scatter(residuals, x, studies, intercept, slope, test)
    rmse = np.sqrt((w * residuals**2).sum(axis=-1) / df)
    se = rmse / np.sqrt(sxx), rmse * np.sqrt(1 / total + mean_x**2 / sxx)
    freedom = np.broadcast_to(df, np.shape(slope))[()]
    return FunnelRegression(
        studies.k,
        Estimate(slope, se[0], freedom, level),
        Estimate(intercept, se[1], freedom, level),
        rmse * np.sqrt(largest[..., 0]),
    )


def _around_mean(values: Array, w: Array) -> tuple[Floats, Array]:
    """The weighted mean and what each value differs from it.

    Taken from the value of largest weight, which under an overwhelming one differs by very little.
    """
    origin = _heaviest(values, w)
    fit = MeanFit.with_weights(values - origin, w)
    return origin[..., 0] + fit.mean, fit.residuals


def _heaviest(values: Array, w: Array) -> Array:
    """The value of the study of largest weight, shape (..., 1)."""
    return np.take_along_axis(values, w.argmax(axis=-1)[..., np.newaxis], axis=-1)


def require_spread(x: Array, studies: Studies, test: str, name: str) -> None:
    """Raise NotEstimable where the ``x`` of all studies are equal."""
    known = np.isfinite(studies.v)
    low, high = (np.min(x, axis=-1, where=known, initial=np.inf), np.max(x, axis=-1, where=known, initial=0))
    if np.any(high - low <= ROUNDING * high):
        raise NotEstimable(f"{test} needs {name} that differ; these are all equal.")


def _require_scatter(
    residuals: Array, x: Array, studies: Studies, limit: Floats, bias: Floats, test: str
) -> None:
    """Raise NotEstimable where every effect is that of the line but for rounding.

    Each by itself, as a weighted sum would hide the others behind one overwhelming weight.
    """
    rounding = ROUNDING * (np.abs(limit)[..., np.newaxis] + np.abs(bias)[..., np.newaxis] * x)
    if np.any(np.all((np.abs(residuals) <= rounding) | np.isinf(studies.v), axis=-1)):
        raise NotEstimable(f"{test} needs scatter; these studies lie exactly on a straight line.")


# ---------------------------------------------------------------- rank correlation


def begg(yi: ArrayLike, vi: ArrayLike) -> RankCorrelation:
    """Begg's test: Kendall's rank correlation of standardized effects and variances.

    Standardized are the deviations from the fixed-effect mean μ, t = (y − μ)/√(v − 1/Σw), w = 1/v; S is
    the number of pairs that t and v order alike less that of pairs that they order differently. Begg &
    Mazumdar 1994, Biometrics 50:1088; variance of S with ties as Kendall 1970, Rank Correlation Methods.
    ``yi`` and ``vi``: shape (..., k); a study with a NaN is left out. Not to be interpreted below ten
    studies (`FunnelTest`). Raises NotEstimable for fewer than three studies, and where all variances or
    all standardized effects are equal.
    """
    studies = inputs.studies(yi, vi, FEWEST, "Begg's test")
    included, k = np.isfinite(studies.v), np.asarray(studies.k, dtype=float)
    v = np.where(included, studies.v, 0.0)
    score, tied_t, tied_v = _kendall(_deviate_ranks(studies), ranks(v, ROUNDING * v), included)
    pairs = k * (k - 1) / 2
    untied_t, untied_v = (pairs - tied.sum(axis=-1) / 2 for tied in (tied_t, tied_v))
    if np.any(untied_t * untied_v == 0):
        raise NotEstimable("Begg's test needs ranks; all effects or all standard errors are tied.")
    ties = (tied_t + tied_v).any(axis=-1)
    return RankCorrelation(
        k=studies.k,
        score=score,
        variance=_score_variance(k, tied_t, tied_v),
        tau_a=score / pairs,
        tau_b=score / np.sqrt(untied_t * untied_v),
        ties=ties,
        p_exact=_permutation_p(score, np.where(ties, EXACT_BELOW, k).astype(int)),
    )


def _deviate_ranks(studies: Studies) -> NDArray[np.int_]:
    """Ranks of (y − μ)/√(v − 1/Σw), 1 for the least.

    v − 1/Σw is v times the weight share of all other studies: a sum, as the difference would not survive
    one overwhelming weight.
    """
    w = 1 / studies.v
    y = studies.y - _heaviest(studies.y, w)
    fit = MeanFit.with_weights(y, w)
    errors = np.sqrt(studies.v * (sum_of_others(w) / fit.total[..., np.newaxis]))
    rounding = ROUNDING * (np.abs(y) + np.abs(fit.mean)[..., np.newaxis])
    return ranks(fit.residuals / errors, rounding / errors)


def ranks(values: Array, error: Array) -> NDArray[np.int_]:
    """Dense ranks along the last axis; neighbours no further apart than their ``error`` are tied."""
    order = np.argsort(values, axis=-1, kind="stable")
    steps = np.diff(np.take_along_axis(values, order, axis=-1), axis=-1)
    errors = np.take_along_axis(error, order, axis=-1)
    apart = steps > errors[..., 1:] + errors[..., :-1]
    found = np.ones(values.shape, dtype=int)
    np.put_along_axis(found, order[..., 1:], 1 + np.cumsum(apart, axis=-1), axis=-1)
    return found


def _kendall(
    x: NDArray[np.int_], y: NDArray[np.int_], included: NDArray[np.bool_]
) -> tuple[NDArray[np.int_], NDArray[np.int_], NDArray[np.int_]]:
    """Kendall's S of two rankings, and with how many others each study is tied in either.

    One study against all others at a time: memory for all pairs of thousands of studies is not needed.
    """
    score = np.zeros(x.shape[:-1], dtype=int)
    tied_x, tied_y = np.zeros(x.shape, dtype=int), np.zeros(x.shape, dtype=int)
    for i in range(x.shape[-1]):
        pairs = included & included[..., i : i + 1]
        pairs[..., i] = False
        order_x, order_y = (np.sign(ranking[..., i : i + 1] - ranking) for ranking in (x, y))
        score += (order_x * order_y * pairs).sum(axis=-1)
        tied_x[..., i], tied_y[..., i] = (((order == 0) & pairs).sum(axis=-1) for order in (order_x, order_y))
    return score // 2, tied_x, tied_y


def _score_variance(k: Array, tied_x: NDArray[np.int_], tied_y: NDArray[np.int_]) -> Floats:
    """Kendall's variance of S under ties; a sum over tied groups becomes one over their members."""
    ends, pairs, triples = (
        [term(tied).sum(axis=-1) for tied in (tied_x, tied_y)]
        for term in (lambda t: t * (2 * t + 7), lambda t: t, lambda t: t * (t - 1.0))
    )
    return (
        (k * (k - 1) * (2 * k + 5) - ends[0] - ends[1]) / 18
        + triples[0] * triples[1] / (9 * k * (k - 1) * (k - 2))
        + pairs[0] * pairs[1] / (2 * k * (k - 1))
    )


def _permutation_p(score: NDArray[np.int_], k: NDArray[np.int_]) -> Floats:
    """P of |S| or more if all orders of ``k`` studies are as likely; NaN for `EXACT_BELOW` or more.

    The discordant pairs of k studies are those of k − 1 and, independently, 0 to k − 1 new ones.
    """
    score, k = np.broadcast_arrays(score, k)
    p = np.full(score.shape, np.nan)
    for n in np.unique(k[k < EXACT_BELOW]):
        chances = np.ones(1)
        for size in range(2, n + 1):
            chances = np.convolve(chances, np.full(size, 1 / size))
        discordant = (n * (n - 1) // 2 - np.abs(score[k == n])) // 2
        p[k == n] = np.minimum(2 * np.cumsum(chances)[discordant], 1)
    return p[()]
