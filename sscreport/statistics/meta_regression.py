"""Meta-regression: study effects on moderators, with a fixed- or mixed-effects model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, fdtrc

from sscreport.statistics import heterogeneity, inputs, tau_squared
from sscreport.statistics.checks import option
from sscreport.statistics.inputs import Array, Floats, Studies
from sscreport.statistics.linear_model import Mean, Regression, RegressionFit
from sscreport.statistics.pooling import Test, test_of
from sscreport.statistics.results import Estimate
from sscreport.statistics.tau_squared import Method


@dataclass(frozen=True)
class MetaRegression(Estimate):
    """Coefficients, shape (..., p), the intercept first where there is one; ``k`` studies.

    ``vcov``: their covariance, shape (..., p, p); ``tau2``: residual variance between studies.
    """

    vcov: Array
    k: int | Array
    tau2: Floats
    method: Method
    test: Test
    intercept: bool
    model: Regression
    fit: RegressionFit

    @cached_property
    def qe(self) -> Floats:
        """Test for residual heterogeneity: Q around the regression line, with weights 1/v."""
        return self.model.fixed.q

    @property
    def qe_df(self) -> Floats:
        return self.model.df

    @property
    def qe_p(self) -> Floats:
        return heterogeneity.q_p_value(self.qe, self.qe_df)

    @property
    def moderators(self) -> int:
        """How many coefficients `qm` tests: all but the intercept; all where there is none."""
        return self.model.p - self.intercept

    @cached_property
    def qm(self) -> Floats:
        """Wald's test of all moderators: χ² on `moderators`, or, with Hartung-Knapp, F (divided by them)."""
        b, v = self.estimate[..., self.intercept :], self.vcov[..., self.intercept :, self.intercept :]
        spread = np.sqrt(np.diagonal(v, axis1=-2, axis2=-1))
        scaled = v / (spread[..., :, np.newaxis] * spread[..., np.newaxis, :])
        z = (b / spread)[..., np.newaxis]
        chi2 = (z * np.linalg.solve(scaled, z)).sum(axis=(-2, -1))
        return chi2 / self.moderators if self.test != "z" else chi2

    @property
    def qm_p(self) -> Floats:
        """P of ``qm``; from χ² where no degree of freedom is left for F."""
        chi2 = chdtrc(self.moderators, self.qm * (1 if self.test == "z" else self.moderators))
        if self.test == "z":
            return chi2
        left = np.asarray(self.qe_df) > 0
        return np.where(left, fdtrc(self.moderators, np.where(left, self.qe_df, 1), self.qm), chi2)[()]

    @cached_property
    def _typical_variance(self) -> Floats:
        return heterogeneity.typical_variance(self.model.df, self.model.fixed.trace)

    @property
    def i2(self) -> Floats:
        """Residual heterogeneity beyond chance in percent: from Q for "FE", else from τ², as metafor."""
        return heterogeneity.i_squared_by(self.method, self.qe, self.qe_df, self.tau2, self._typical_variance)

    @property
    def h2(self) -> Floats:
        """H² of what the moderators leave, from Q or τ² as `i2`."""
        return heterogeneity.h_squared_by(self.method, self.qe, self.qe_df, self.tau2, self._typical_variance)

    @cached_property
    def tau2_null(self) -> Floats:
        """τ² by the same method without the moderators."""
        return tau_squared.estimate(Mean(self.model.studies), self.method)

    @property
    def r2(self) -> Floats:
        """Share of τ² that the moderators explain, max(0, (τ²₀ − τ²)/τ²₀) in percent; 0 where τ²₀ is 0."""
        null = np.asarray(self.tau2_null)
        return (100 * np.where(null > 0, np.maximum(1 - self.tau2 / np.where(null > 0, null, 1), 0), 0.0))[()]


def meta_regression(
    yi: ArrayLike,
    vi: ArrayLike,
    moderators: ArrayLike,
    *,
    method: Method = "REML",
    test: Test = "z",
    level: float = 0.95,
    intercept: bool = True,
) -> MetaRegression:
    """Weighted least squares of effects on moderators, w = 1/(v + τ²).

    β = (X'WX)⁻¹X'Wy with covariance (X'WX)⁻¹; Berkey et al. 1995, Stat Med 14:395. ``yi`` and
    ``vi``: shape (..., k); ``moderators``: shape (..., k, m), or (k, m) for all analyses; a study
    with a NaN anywhere is left out. ``method``, ``test``, ``level``: as `pooling.pool`; "hk" scales
    the covariance by Σwr²/(k − p) and tests with t and F (Knapp & Hartung 2003, Stat Med 22:2693).
    Not to be interpreted with fewer than ten studies for each moderator (Cochrane Handbook 10.11.5.1).
    Raises ValueError for unequal shapes, NotEstimable for fewer studies than coefficients and for
    moderators that are constant or sums of each other.
    """
    option("method", method, Method)
    option("test", test, Test)
    inputs.level(level)
    studies, x = _design(yi, vi, moderators, intercept)
    model = Regression(studies, x)
    tau2 = tau_squared.estimate(model, method)
    fit = model.fit(tau2)
    factor, df = test_of(test, np.ones(np.shape(fit.q)), fit.q, model.df)
    vcov = fit.vcov * np.asarray(factor**2)[..., np.newaxis, np.newaxis]
    se = np.sqrt(np.diagonal(vcov, axis1=-2, axis2=-1))
    per_coefficient = np.broadcast_to(np.asarray(df)[..., np.newaxis], se.shape)
    return MetaRegression(
        fit.beta, se, per_coefficient, level, vcov, model.k, tau2, method, test, intercept, model, fit
    )


def _design(yi: ArrayLike, vi: ArrayLike, moderators: ArrayLike, intercept: bool) -> tuple[Studies, Array]:
    y, x = np.asarray(yi, dtype=float), np.asarray(moderators, dtype=float)
    if x.ndim < 2 or x.shape[-2] != y.shape[-1]:
        raise ValueError(
            f"Moderators must have one row for each of the {y.shape[-1]} studies; their shape is {x.shape}."
        )
    unknown = np.isnan(x).any(axis=-1)
    inputs.measured(x[~np.isnan(x)], "Moderators")
    studies = inputs.studies(np.where(unknown, np.nan, y), vi, 1, "Meta-regression")
    if intercept:
        x = np.concatenate([np.ones((*x.shape[:-1], 1)), x], axis=-1)
    return studies, np.where(np.isfinite(studies.v)[..., np.newaxis], np.nan_to_num(x, nan=0.0), 0.0)
