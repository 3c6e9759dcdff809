"""Estimators of the variance τ² between studies, for a mean or with moderators.

All are on the scale of the squared effects, 0 or more. The iterative ones are solved as ratios
that are nearly straight lines in τ², to the last digits whatever the scale of the effects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import elementwise

from sscreport.statistics import inputs
from sscreport.statistics.inputs import Array, Floats, NotConverged
from sscreport.statistics.linear_model import Fit, Mean, Model

Method = Literal["FE", "DL", "REML", "ML", "PM", "HE", "HS", "SJ", "EB"]
METHODS: tuple[Method, ...] = get_args(Method)
GRID = 12  # values of τ² between which the maxima of a likelihood are looked for
STEPS = 500


def estimate(model: Model[Any], method: Method) -> Floats:
    """τ² of each analysis by one of the methods; 0 where no degree of freedom is left.

    "FE": none, 0. "DL": DerSimonian & Laird 1986, Control Clin Trials 7:177. "HE": Hedges & Olkin
    1985. "HS": Hunter & Schmidt 1990. "SJ": Sidik & Jonkman 2005, Appl Stat 54:367. "ML" and
    "REML": (restricted) maximum likelihood, the highest maximum where there are several. "PM":
    Paule & Mandel 1982, J Res NBS 87:377. "EB": empirical Bayes, Morris 1983, JASA 78:47, which
    has the same solution as "PM". With moderators as in Viechtbauer 2005, J Educ Behav Stat 30:261.
    """
    if method == "FE":
        return np.zeros(model.y.shape[:-1])[()]
    return _where_open(model, ESTIMATORS[method].tau2, otherwise=0.0)


def standard_error(model: Model[Any], method: Method, tau2: Floats) -> Floats:
    """Large-sample standard error of an estimate of τ²; NaN for "FE" and without degrees of freedom.

    Viechtbauer 2005, J Educ Behav Stat 30:261.
    """
    if method == "FE":
        return np.full(model.y.shape[:-1], np.nan)[()]
    return _where_open(model, ESTIMATORS[method].se, np.asarray(tau2), otherwise=np.nan)


def _where_open(
    model: Model[Any], function: Callable[..., Floats], *arrays: Array, otherwise: float
) -> Floats:
    """``function`` of the analyses with a degree of freedom left, and ``otherwise`` for those without."""
    open_ = np.broadcast_to(np.greater(model.df, 0), model.y.shape[:-1])
    if open_.all():
        return function(model, *arrays)
    found = np.full(open_.size, otherwise)
    chosen = np.flatnonzero(open_)
    if chosen.size:
        given = (np.broadcast_to(array, open_.shape).reshape(-1)[chosen] for array in arrays)
        found[chosen] = function(model.flat().take(chosen), *given)
    return found.reshape(open_.shape)[()]


@dataclass(frozen=True)
class _Estimator:
    tau2: Callable[[Model[Any]], Floats]
    se: Callable[[Model[Any], Array], Floats]


# ---------------------------------------------------------------- methods of moments


def dersimonian_laird(q: ArrayLike, vi: ArrayLike) -> Floats:
    """τ² = max(0, (Q − (k − 1)) / (Σw − Σw²/Σw)), w = 1/v, from a Q that is known already.

    DerSimonian & Laird 1986, Control Clin Trials 7:177. ``q``: one number, or one for each analysis,
    shape (...); RevMan takes it around the Mantel-Haenszel estimate. ``vi``: shape (..., k). 0 for
    one study. Raises ValueError as `inputs.studies`.
    """
    model = Mean(inputs.studies(np.zeros(np.shape(vi)), vi))
    known = inputs.not_negative(q, "Q")
    inputs.per_study(known, model.y, "Q")
    return _where_open(model, _moments, known, otherwise=0.0)


def _moments(model: Model[Any], q: Floats) -> Floats:
    return np.maximum(q - model.df, 0) / model.fixed.trace


def _dersimonian_laird(model: Model[Any]) -> Floats:
    return _moments(model, model.fixed.q)


def _hedges(model: Model[Any]) -> Array:
    fit = model.weighted(model.included)
    expected = (fit.diagonal * np.where(fit.w > 0, model.v, 0.0)).sum(axis=-1)  # without τ²: tr PV
    return np.maximum(fit.q - expected, 0) / model.df


def _hunter_schmidt(model: Model[Any]) -> Array:
    fit = model.fixed
    return np.maximum(fit.q - model.k, 0) / fit.w.sum(axis=-1)


def _sidik_jonkman(model: Model[Any]) -> Array:
    first = Mean(model.studies).weighted(model.included).q / model.k
    return np.where(first > 0, first * model.fit(first).q / model.df, 0.0)


def _moments_se(model: Model[Any], tau2: Array, fit: Fit, by: Floats) -> Array:
    """Of (Q − E Q) / ``by`` with fixed weights 1/v: var Q = 2 tr(PVPV), V the whole variance."""
    spread = 2 * model.df + 4 * tau2 * fit.trace + 2 * tau2**2 * fit.trace_of_square
    return np.sqrt(spread) / by


def _dersimonian_laird_se(model: Model[Any], tau2: Array) -> Array:
    fit = model.fixed
    return _moments_se(model, tau2, fit, fit.trace)


def _hunter_schmidt_se(model: Model[Any], tau2: Array) -> Array:
    fit = model.fixed
    return _moments_se(model, tau2, fit, fit.w.sum(axis=-1))


def _hedges_se(model: Model[Any], tau2: Array) -> Array:
    fit = model.weighted(model.included)
    return _whole_variance_se(model, tau2, fit)


def _sidik_jonkman_se(model: Model[Any], tau2: Array) -> Array:
    first = Mean(model.studies).weighted(model.included).q / model.k
    return first * _whole_variance_se(model, tau2, model.fit(first))


def _whole_variance_se(model: Model[Any], tau2: Array, fit: Fit) -> Array:
    """√(2 tr(PSPS)) / df for weights that are not 1/v, S = V + τ²I."""
    s = np.where(fit.w > 0, model.v, 0.0) + tau2[..., np.newaxis]
    return np.sqrt(2 * fit.trace_product(s, s)) / model.df


# ---------------------------------------------------------------- iterative methods


def _paule_mandel(model: Model[Any]) -> Array:
    return generalized_q_root(model, model.df)


def _paule_mandel_se(model: Model[Any], tau2: Array) -> Array:
    total = model.fit(tau2).w.sum(axis=-1)
    return np.sqrt(2 * model.k**2 / model.df) / total


def generalized_q_root(model: Model[Any], target: Floats) -> Floats:
    """The τ² at which Q with weights 1/(v + τ²) falls to ``target``; 0 where it starts below.

    Q falls steadily in τ², and with equal variances target/Q is a straight line.
    """

    def ratio(fit: Fit, of: Model[Any], targets: Array) -> Array:
        return targets / fit.q - 1

    flat = model.flat()
    wanted = np.broadcast_to(target, model.y.shape[:-1]).reshape(-1)
    tau2 = np.zeros(len(wanted))
    above = np.flatnonzero(flat.fixed.q > wanted)
    if above.size:
        some, targets = flat.take(above), wanted[above]
        unweighted = some.weighted(some.included)
        highest = unweighted.q / targets  # as Q(τ²) ≤ Σr²/τ²
        tau2[above] = _root(some, ratio, np.zeros_like(highest), highest, targets)
    return tau2.reshape(model.y.shape[:-1])[()]


def _likelihood_maximum(
    numerator: Callable[[Fit, Model[Any]], Array], log_likelihood: Callable[[Fit, Model[Any]], Array]
) -> Callable[[Model[Any]], Floats]:
    """The highest maximum: 0, or where the score Σw²r² − numerator falls through 0."""

    def ratio(fit: Fit, model: Model[Any], _: Array) -> Array:
        with np.errstate(divide="ignore"):
            return numerator(fit, model) / fit.q_of_squares - 1

    def rises(model: Model[Any], tau2: Array) -> Array:
        fit = model.fit(tau2)
        return fit.q_of_squares > numerator(fit, model)

    def maximum(whole: Model[Any]) -> Floats:
        model = whole.flat()
        grid = _grid(model)
        up = np.array([rises(model, tau2) for tau2 in grid])
        step, inside = np.nonzero(up[:-1] & ~up[1:])
        low, high = grid[step, inside], grid[step + 1, inside]
        peaks = _root(model.take(inside), ratio, low, high, low) if inside.size else low
        at_zero = np.flatnonzero(~up[0])
        analysis = np.concatenate([at_zero, inside])
        tau2 = np.concatenate([np.zeros(at_zero.size), peaks])
        return _highest(model, analysis, tau2, log_likelihood).reshape(whole.y.shape[:-1])[()]

    return maximum


def _highest(
    model: Model[Any],
    analysis: Array,
    tau2: Array,
    log_likelihood: Callable[[Fit, Model[Any]], Array],
) -> Array:
    """Of the maxima of each analysis the one with the highest likelihood."""
    found = np.empty(len(model.y))
    if len(tau2) == len(found):
        found[analysis] = tau2
        return found
    candidates = model.take(analysis)
    order = np.lexsort((log_likelihood(candidates.fit(tau2), candidates), analysis))
    found[analysis[order]] = tau2[order]  # the last one written is the highest
    return found


def _grid(model: Model[Any]) -> Array:
    """0 and values of τ² from far below the least variance to above any maximum; (GRID + 1, n).

    Above 4 RSS + max v, RSS of the unweighted fit, Σw²r² ≤ RSS/τ⁴ is less than tr P ≥ 1/(τ² + max v).
    """
    v = np.where(np.isfinite(model.v), model.v, np.nan)
    lowest = np.nanmin(v, axis=-1) * 1e-3
    highest = 4 * model.weighted(model.included).q + np.nanmax(v, axis=-1)
    steps = np.linspace(0, 1, GRID)[:, np.newaxis]
    return np.concatenate([np.zeros((1, len(v))), lowest ** (1 - steps) * highest**steps])


def _trace(fit: Fit, model: Model[Any]) -> Array:
    return fit.trace


def _total(fit: Fit, model: Model[Any]) -> Array:
    return fit.w.sum(axis=-1)


def _log_likelihood(fit: Fit, model: Model[Any]) -> Array:
    logs = np.log(np.where(fit.w > 0, fit.w, 1.0)).sum(axis=-1)
    return (logs - fit.q) / 2


def _restricted_log_likelihood(fit: Fit, model: Model[Any]) -> Array:
    return _log_likelihood(fit, model) - fit.log_determinant / 2


def _reml_se(model: Model[Any], tau2: Array) -> Array:
    return np.sqrt(2 / model.fit(tau2).trace_of_square)


def _ml_se(model: Model[Any], tau2: Array) -> Array:
    return np.sqrt(2 / (model.fit(tau2).w ** 2).sum(axis=-1))


def _root(
    model: Model[Any],
    function: Callable[[Fit, Model[Any], Array], Array],
    low: Array,
    high: Array,
    more: Array,
) -> Array:
    """Chandrupatla's method between ``low`` and ``high``, all analyses at once."""

    def at(tau2: Array, analyses: Array) -> Array:
        chosen = analyses.astype(int)
        some = model.take(chosen)
        return function(some.fit(tau2), some, more[chosen])

    found = elementwise.find_root(
        at,
        (low, high),
        args=(np.arange(len(low), dtype=float),),
        tolerances={"xatol": 0.0, "xrtol": 1e-15, "fatol": 0.0, "frtol": 0.0},
        maxiter=STEPS,
    )
    if not np.all(found.success):
        worst = int(np.flatnonzero(~found.success)[0])
        raise NotConverged(
            f"τ² of analysis {worst + 1} was still between {found.bracket[0][worst]:g} and "
            f"{found.bracket[1][worst]:g} after {STEPS} steps.",
            tau2=found.x,
            low=found.bracket[0],
            high=found.bracket[1],
            steps=STEPS,
        )
    return found.x


ESTIMATORS: Mapping[Method, _Estimator] = MappingProxyType(
    {
        "DL": _Estimator(_dersimonian_laird, _dersimonian_laird_se),
        "HE": _Estimator(_hedges, _hedges_se),
        "HS": _Estimator(_hunter_schmidt, _hunter_schmidt_se),
        "SJ": _Estimator(_sidik_jonkman, _sidik_jonkman_se),
        "PM": _Estimator(_paule_mandel, _paule_mandel_se),
        "EB": _Estimator(_paule_mandel, _paule_mandel_se),
        "ML": _Estimator(_likelihood_maximum(_total, _log_likelihood), _ml_se),
        "REML": _Estimator(_likelihood_maximum(_trace, _restricted_log_likelihood), _reml_se),
    }
)
