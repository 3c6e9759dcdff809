"""Effects that are not independent: the same patients measured at several times."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sscreport.statistics import heterogeneity, inputs
from sscreport.statistics.inputs import Array, Floats, Studies
from sscreport.statistics.linear_model import Regression
from sscreport.statistics.results import EffectSizes, Estimate


@dataclass(frozen=True)
class GeneralizedLeastSquares(Estimate):
    """Coefficients, shape (p,), with covariance ``vcov``, shape (p, p); ``q`` tests heterogeneity."""

    vcov: Array
    k: int
    q: Floats
    q_df: int

    @property
    def q_p(self) -> Floats:
        return heterogeneity.q_p_value(self.q, self.q_df)


def covariance_of_repeats(
    vi: ArrayLike,
    patients: Sequence[Hashable],
    correlation: float,
    times: ArrayLike | None = None,
) -> Array:
    """Covariance matrix, shape (k, k), of effects of which some share their patients.

    Effects with the same entry in ``patients`` (a study, an arm) covary by ρ√(vᵢvⱼ), all others do
    not. ρ is ``correlation`` between any two, or, given ``times``, correlation^|tᵢ − tⱼ|, which
    fades with the time between (autoregressive). Trikalinos & Olkin 2012, Clin Trials 9:610. ``vi``
    and ``times``: shape (k,). Raises ValueError unless 0 ≤ correlation < 1.
    """
    v = inputs.finite(vi, "Sampling variances")
    inputs.studies(np.zeros(v.shape), v)
    if v.ndim != 1 or len(patients) != len(v):
        raise ValueError(f"Each of the {v.size} effects needs its patients; {len(patients)} are given.")
    if not 0 <= correlation < 1:
        raise ValueError(f"The correlation lies between 0 and 1, 1 excluded; {correlation:g} does not.")
    apart = np.ones((len(v), len(v)))
    if times is not None:
        moments = inputs.finite(times, "Times")
        inputs.same_shape("Times and sampling variances", moments, v)
        apart = np.abs(moments[:, np.newaxis] - moments)
    same = np.array([[one == other for other in patients] for one in patients])
    rho = np.where(same, correlation**apart, 0.0)
    np.fill_diagonal(rho, 1.0)
    return rho * np.sqrt(v[:, np.newaxis] * v)


def combine_repeats(
    yi: ArrayLike, vi: ArrayLike, patients: Sequence[Hashable], correlation: float
) -> EffectSizes:
    """One effect for each entry in ``patients``: the generalised-least-squares mean of its repeats.

    In order of first mention, with covariances as `covariance_of_repeats`. Pooling these effects is the
    multilevel model in which all repeats of a study share its random effect: given that effect, the rest
    of what the repeats say does not depend on the mean or on τ², so the (restricted) likelihoods are the
    same. Shapes and errors as of `covariance_of_repeats`.
    """
    y, v = inputs.measured(yi, "Effects"), inputs.finite(vi, "Sampling variances")
    covariance = covariance_of_repeats(v, patients, correlation)
    inputs.same_shape("Effects and sampling variances", y, v)
    means = []
    for one in dict.fromkeys(patients):
        own = [place for place, other in enumerate(patients) if other == one]
        means.append(generalized_least_squares(y[own], covariance[np.ix_(own, own)]))
    return EffectSizes(
        np.array([mean.estimate[0] for mean in means]), np.array([mean.se[0] ** 2 for mean in means])
    )


def generalized_least_squares(
    yi: ArrayLike,
    covariance: ArrayLike,
    moderators: ArrayLike | None = None,
    *,
    intercept: bool = True,
    level: float = 0.95,
) -> GeneralizedLeastSquares:
    """Fixed-effect estimate of effects with a known covariance V: β = (X'V⁻¹X)⁻¹X'V⁻¹y.

    Without ``moderators`` β is the common effect; with indicators of the times and no intercept it
    is the effect at each time. Q = (y − Xβ)'V⁻¹(y − Xβ) on k − p degrees of freedom. Berkey et al.
    1998, Stat Med 17:2537; Trikalinos & Olkin 2012, Clin Trials 9:610. ``yi``: shape (k,);
    ``covariance``: shape (k, k); ``moderators``: shape (k, m). Raises ValueError for a matrix that
    is not symmetric and positive definite, NotEstimable as `meta_regression`.
    """
    inputs.level(level)
    y, v = inputs.measured(yi, "Effects"), inputs.measured(covariance, "Covariances")
    if y.ndim != 1 or v.shape != (y.size, y.size):
        raise ValueError(f"Effects of shape (k,) need a covariance of shape (k, k), not {v.shape}.")
    if not np.allclose(v, v.T, rtol=1e-12, atol=0):
        raise ValueError("A covariance matrix must be symmetric.")
    columns = [np.ones((y.size, 1))] if intercept or moderators is None else []
    if moderators is not None:
        columns.append(inputs.measured(moderators, "Moderators").reshape(y.size, -1))
    whitened = np.linalg.solve(_root(v), np.column_stack([y, *columns]))
    model = Regression(Studies(whitened[:, 0], np.ones(y.size), y.size), whitened[:, 1:])
    fit = model.fit(0.0)
    se = np.sqrt(np.diagonal(fit.vcov))
    return GeneralizedLeastSquares(
        fit.beta, se, np.full(se.shape, np.inf), level, fit.vcov, y.size, fit.q, y.size - model.p
    )


def _root(covariance: Array) -> Array:
    """L with LL' = V, for whitening."""
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        raise ValueError("A covariance matrix must be positive definite; this one is not.") from None
