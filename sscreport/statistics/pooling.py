"""Pooled estimates: weighted means of study effects, fixed or random."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from sscreport.statistics import heterogeneity, inputs, tau_squared
from sscreport.statistics.checks import option
from sscreport.statistics.inputs import Array, Floats
from sscreport.statistics.linear_model import Mean, MeanFit
from sscreport.statistics.results import Estimate, quantile
from sscreport.statistics.tau_squared import Method

Test = Literal["z", "hk", "hk_adhoc"]
PredictionDf = Literal["z", "k-1", "k-2"]


@dataclass(frozen=True)
class Pooled(Estimate):
    """A pooled estimate with its heterogeneity; every field has the shape of the analyses.

    ``k``: studies pooled; ``tau2``: between-study variance, in squared units of the effects;
    ``method``: how τ² was estimated ("FE": not at all); ``test``: "z", "hk" or "hk_adhoc".
    """

    k: int | Array
    tau2: Floats
    method: Method
    test: Test
    model: Mean
    fit: MeanFit

    @cached_property
    def q(self) -> Floats:
        """Cochran's Q around the fixed-effect mean."""
        return self.model.fixed.q

    @property
    def q_df(self) -> Floats:
        return self.model.df

    @property
    def q_p(self) -> Floats:
        return heterogeneity.q_p_value(self.q, self.q_df)

    @property
    def i2(self) -> Floats:
        """I² = max(0, (Q − df)/Q) in percent, as RevMan 5 and Stata's metan; 0 for one study."""
        return heterogeneity.i_squared(self.q, self.q_df)

    @property
    def h2(self) -> Floats:
        """H² = Q/df; NaN for one study, which has none."""
        return heterogeneity.h_squared(self.q, self.q_df)

    @cached_property
    def _typical_variance(self) -> Floats:
        return heterogeneity.typical_variance(self.model.df, self.model.fixed.trace)

    @property
    def i2_tau2(self) -> Floats:
        """I² = τ²/(τ² + s²) in percent, s² the typical sampling variance, as metafor; 0 for one study."""
        return heterogeneity.i_squared_of(self.tau2, self._typical_variance)

    @property
    def h2_tau2(self) -> Floats:
        """H² = τ²/s² + 1, as metafor; 1 for one study."""
        return heterogeneity.h_squared_of(self.tau2, self._typical_variance)

    @property
    def tau(self) -> Floats:
        return np.sqrt(self.tau2)

    @property
    def se_tau2(self) -> Floats:
        """Standard error of τ²; NaN for "FE" and for one study, which have none."""
        return tau_squared.standard_error(self.model, self.method, self.tau2)

    @property
    def weights(self) -> Array:
        """Weights in percent, shape (..., n); 0 for a study left out."""
        return 100 * self.fit.leverages

    def prediction_interval(self, df: PredictionDf = "k-2") -> tuple[Floats, Floats]:
        """Where the effect of a new study is expected at the same level: estimate ± c·√(τ² + se²).

        ``df`` of t: "k-2" as Higgins, Thompson & Spiegelhalter 2009, J R Stat Soc A 172:137, and
        Stata; "k-1" as metafor with Hartung-Knapp; "z": normal, metafor's default. NaN where no
        degree of freedom is left.
        """
        option("df", df, PredictionDf)
        freedom = {"z": np.inf, "k-1": self.k - 1, "k-2": self.k - 2}
        left = np.asarray(freedom[df], dtype=float)
        factor = np.where(left > 0, quantile(self.level, np.where(left > 0, left, 1.0)), np.nan)
        half_width = factor * np.sqrt(self.tau2 + self.se**2)
        return (self.estimate - half_width)[()], (self.estimate + half_width)[()]


def pool(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    method: Method = "REML",
    test: Test = "z",
    level: float = 0.95,
    tau2: ArrayLike | None = None,
) -> Pooled:
    """Pooled effect Σwy / Σw with w = 1/(v + τ²) and standard error 1/√Σw.

    ``yi`` effects and ``vi`` sampling variances: shape (..., k), studies along the last axis and
    independent analyses along those before it; a study with a NaN in either is left out. ``method``
    estimates τ² (see `tau_squared.estimate`), "FE" takes none; ``tau2`` gives it instead. ``test``:
    "z" is Wald's; "hk" multiplies se² by q = Σw(y − mean)²/(k − 1) and refers to t on k − 1 (Hartung
    & Knapp 2001, Stat Med 20:3875; Sidik & Jonkman 2002, Stat Med 21:3153); "hk_adhoc" takes max(1, q)
    instead, with the same t (Knapp & Hartung 2003, Stat Med 22:2693). One study always gets the Wald test.
    ``level``: of the intervals, between 0 and 1. Raises ValueError for input that cannot be weighted,
    NotEstimable for no studies, NotConverged where τ² was not found.
    """
    option("method", method, Method)
    option("test", test, Test)
    inputs.level(level)
    model = Mean(inputs.studies(yi, vi))
    return pool_studies(model, method, test, level, None if tau2 is None else _given(tau2, model))


def pool_studies(model: Mean, method: Method, test: Test, level: float, tau2: Floats | None = None) -> Pooled:
    """`pool` of studies that have been checked."""
    between = tau_squared.estimate(model, method) if tau2 is None else tau2
    fit = model.fit(between)
    weighted_q = fit.q if test != "z" else 0.0  # Wald's test has no use for it, and it costs a pass
    se, df = test_of(test, 1 / np.sqrt(fit.total), weighted_q, model.df)
    return Pooled(fit.mean, se, df, level, model.k, between, method, test, model, fit)


def test_of(test: Test, se: Floats, q: Floats, df: Floats) -> tuple[Floats, Floats]:
    """Standard error and degrees of freedom of a test, from those of Wald's and the weighted Q."""
    if test == "z":
        return se, np.full(np.shape(df), np.inf)[()]
    left = np.asarray(df) > 0
    factor = q / np.where(left, df, 1)
    factor = np.where(left, np.maximum(factor, 1) if test == "hk_adhoc" else factor, 1.0)
    return se * np.sqrt(factor), np.where(left, df, np.inf)[()]


def _given(tau2: ArrayLike, model: Mean) -> Floats:
    values = inputs.not_negative(tau2, "τ²")
    inputs.per_study(values, model.y, "τ²")
    return np.broadcast_to(values, model.y.shape[:-1])[()]
