"""Sensitivity: studies left out one by one, added one by one, and how much each one matters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtr

from sscreport.statistics import heterogeneity, inputs, tau_squared
from sscreport.statistics.checks import option
from sscreport.statistics.inputs import Array, Studies
from sscreport.statistics.left_out import LeftOut
from sscreport.statistics.linear_model import Mean
from sscreport.statistics.pooling import Test, pool, pool_studies, test_of
from sscreport.statistics.results import Estimate
from sscreport.statistics.tau_squared import Method

CELLS = 100_000  # effects at once when an analysis is repeated on parts of its studies: they fit a cache


@dataclass(frozen=True)
class Refitted(Estimate):
    """The same analysis on several sets of its studies, one entry each.

    ``trace``: tr P with weights 1/v. ``i2`` (percent) and ``h2`` are from Q for "FE" and else from τ²,
    as metafor prints them; a single study has i2 = 0 and h2 = 1.
    """

    k: Array
    tau2: Array
    q: Array
    trace: Array
    method: Method

    @classmethod
    def joined(cls, parts: Sequence[Refitted], turn: NDArray[np.int_] | slice = slice(None)) -> Refitted:
        """The sets of all parts, those at the positions ``turn``."""
        names = ("estimate", "se", "df", "k", "tau2", "q", "trace")
        columns = {name: np.concatenate([getattr(part, name) for part in parts])[turn] for name in names}
        return replace(parts[0], **columns)

    @property
    def q_df(self) -> Array:
        return self.k - 1

    @property
    def q_p(self) -> Array:
        return heterogeneity.q_p_value(self.q, self.q_df)

    @property
    def typical_variance(self) -> Array:
        return heterogeneity.typical_variance(self.q_df, self.trace)

    @property
    def i2(self) -> Array:
        return heterogeneity.i_squared_by(self.method, self.q, self.q_df, self.tau2, self.typical_variance)

    @property
    def h2(self) -> Array:
        h2 = heterogeneity.h_squared_by(self.method, self.q, self.q_df, self.tau2, self.typical_variance)
        return np.where(self.q_df == 0, 1.0, h2)


class Influence(NamedTuple):
    """Diagnostics of each study, shape (k,): how far results move when it is left out."""

    rstudent: Array
    dffits: Array
    cook_d: Array
    cov_r: Array
    tau2_del: Array
    q_del: Array
    hat: Array
    weight: Array
    dfbetas: Array
    rstandard: Array
    influential: NDArray[np.bool_]


class Baujat(NamedTuple):
    """Contribution of each study to Q (``x``) and its influence on the pooled result (``y``)."""

    x: Array
    y: Array


def leave_one_out(
    yi: ArrayLike, vi: ArrayLike, *, method: Method = "REML", test: Test = "z", level: float = 0.95
) -> Refitted:
    """The pooled estimate without each study in turn, in the order of the studies.

    ``yi`` and ``vi``: shape (k,); studies with a NaN are skipped. Options as `pooling.pool`. Not to be
    interpreted below k = 3, where a single study is what remains. Raises NotEstimable below 2.
    """
    studies = inputs.one_analysis(yi, vi, 2, "Leaving studies out")
    option("method", method, Method)
    if method in tau_squared.OF_SUMS:
        return _without_each(studies, method, test, level)
    return _without(studies, np.arange(len(studies.y)), method, test, level)


def cumulative(
    yi: ArrayLike,
    vi: ArrayLike,
    order: ArrayLike | None = None,
    *,
    method: Method = "REML",
    test: Test = "z",
    level: float = 0.95,
) -> Refitted:
    """The pooled estimate of the first one, two, … studies in ``order`` (positions from 0).

    Lau et al. 1992, N Engl J Med 327:248. ``yi`` and ``vi``: shape (k,); options as `pooling.pool`.
    Studies with a NaN are skipped. The steps are no independent looks; their P values are not to be
    interpreted, at any k, as those of a single analysis.
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    turn = np.arange(y.size) if order is None else np.asarray(order)
    if y.ndim != 1 or sorted(turn.tolist()) != list(range(y.size)):
        raise ValueError("The order must name every study once, by its position from 0.")
    studies = inputs.one_analysis(y[turn], v[turn], 1, "Cumulative pooling")
    k = len(studies.y)
    return _refitted(studies, lambda rows: rows[:, np.newaxis] >= np.arange(k), k, method, test, level)


def influence(yi: ArrayLike, vi: ArrayLike, *, method: Method = "REML") -> Influence:
    """Outlier and influence diagnostics, Viechtbauer & Cheung 2010, Res Synth Methods 1:112.

    With μ₋ᵢ, τ²₋ᵢ, se₋ᵢ from the fit without study i and h its weight share: rstudent =
    (y − μ₋ᵢ)/√(v + τ²₋ᵢ + se₋ᵢ²); dffits = (μ − μ₋ᵢ)/√(h(v + τ²₋ᵢ)); Cook's distance
    (μ − μ₋ᵢ)²/se²; cov_r = se₋ᵢ²/se²; dfbetas = (μ − μ₋ᵢ)√Σ1/(v + τ²₋ᵢ); rstandard =
    (y − μ)/√((1 − h)(v + τ²)). A study is called influential if |dffits| > 3√(1/(k − 1)), or the χ²
    of one degree of freedom below Cook's distance exceeds a half, or h > 3/k, or |dfbetas| > 1.
    These limits are rules of thumb, and with few studies every one of them is influential: not to be
    interpreted below k = 5. ``yi`` and ``vi``: shape (k,). Raises NotEstimable below 2.
    """
    studies = inputs.one_analysis(yi, vi, 2, "Influence")
    y, v = studies.y, studies.v
    whole, without = pool(y, v, method=method), leave_one_out(y, v, method=method)
    k, h = len(y), whole.fit.leverages
    shift = whole.estimate - without.estimate
    dffits = shift / np.sqrt(h * (v + without.tau2))
    cook_d = shift**2 / whole.se**2
    dfbetas = shift * np.sqrt(_total_precision(v, without.tau2))
    return Influence(
        rstudent=(y - without.estimate) / np.sqrt(v + without.tau2 + without.se**2),
        dffits=dffits,
        cook_d=cook_d,
        cov_r=without.se**2 / whole.se**2,
        tau2_del=without.tau2,
        q_del=without.q,
        hat=h,
        weight=100 * h,
        dfbetas=dfbetas,
        rstandard=whole.fit.residuals / np.sqrt(whole.fit.diagonal * (v + whole.tau2) ** 2),
        influential=(np.abs(dffits) > 3 * np.sqrt(1 / (k - 1)))
        | (chdtr(1, cook_d) > 0.5)
        | (h > 3 / k)
        | (np.abs(dfbetas) > 1),
    )


def baujat(yi: ArrayLike, vi: ArrayLike, *, method: Method = "FE") -> Baujat:
    """Baujat's plot: x = (y − μ)²/(v + τ²), y = (μ − μ₋ᵢ)²/se₋ᵢ²; Baujat et al. 2002, Stat Med 21:2641.

    ``yi`` and ``vi``: shape (k,). Not to be interpreted below k = 3. Raises NotEstimable below 2.
    """
    studies = inputs.one_analysis(yi, vi, 2, "Baujat's plot")
    y, v = studies.y, studies.v
    whole, without = pool(y, v, method=method), leave_one_out(y, v, method=method)
    x = (y - whole.estimate) ** 2 / (v + whole.tau2)
    return Baujat(x, (whole.estimate - without.estimate) ** 2 / without.se**2)


def _without(
    studies: Studies, left_out: NDArray[np.int_], method: Method, test: Test, level: float
) -> Refitted:
    """The analysis without each of some studies, in full."""
    every = np.arange(len(studies.y))

    def kept(sets: Array) -> NDArray[np.bool_]:
        return left_out[sets][:, np.newaxis] != every

    return _refitted(studies, kept, len(left_out), method, test, level)


def _without_each(studies: Studies, method: Method, test: Test, level: float) -> Refitted:
    """The results from sums over all others; where those lose their digits, in full."""
    option("test", test, Test)
    inputs.level(level)
    model = LeftOut(studies)
    fine = np.flatnonzero(~model.fixed.lost)
    if not fine.size:
        return _without(studies, model.left_out, method, test, level)
    if fine.size < len(studies.y):
        model = model.take(fine)
    tau2 = tau_squared.estimate(model, method)
    fixed, fit, k = model.fixed, model.fit(tau2), np.full(model.shape, model.k)
    weighted_q = fit.q if test != "z" else 0.0
    se, df = test_of(test, 1 / np.sqrt(fit.total), weighted_q, k - 1)
    found = Refitted(fit.mean, se, df, level, k, tau2, fixed.q, fixed.trace, method)
    if fit is not fixed:
        fine = fine[~fit.lost]
    if fine.size == len(studies.y):
        return found
    turn = np.empty(len(studies.y), dtype=int)
    lost = np.setdiff1d(np.arange(len(turn)), fine)
    turn[model.left_out], turn[lost] = np.arange(len(k)), len(k) + np.arange(len(lost))
    return Refitted.joined([found, _without(studies, lost, method, test, level)], turn)


def _refitted(
    studies: Studies,
    kept: Callable[[Array], NDArray[np.bool_]],
    sets: int,
    method: Method,
    test: Test,
    level: float,
) -> Refitted:
    """The analysis on the studies that ``kept`` names for each of the sets; a part of the sets at a time."""
    option("method", method, Method)
    option("test", test, Test)
    inputs.level(level)
    parts: list[Refitted] = []
    step = max(1, CELLS // len(studies.y))
    for first in range(0, sets, step):
        keep = kept(np.arange(first, min(sets, first + step)))
        kept_studies = Studies(
            np.broadcast_to(studies.y, keep.shape), np.where(keep, studies.v, np.inf), keep.sum(axis=-1)
        )
        pooled = pool_studies(Mean(kept_studies), method, test, level)
        found = pooled.estimate, pooled.se, pooled.df, level, pooled.k, pooled.tau2, pooled.q
        parts.append(Refitted(*found, pooled.model.fixed.trace, method))
    return Refitted.joined(parts)


def _total_precision(v: Array, tau2: Array) -> Array:
    """Σ 1/(v + τ²) over all studies, for each of several τ²."""
    step = max(1, CELLS // len(v))
    parts = [tau2[first : first + step] for first in range(0, len(tau2), step)]
    return np.concatenate([(1 / (v + part[:, np.newaxis])).sum(axis=-1) for part in parts])
