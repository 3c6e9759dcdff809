"""Estimators of the variance τ² between studies, for a mean or with moderators.

All are on the scale of the squared effects, 0 or more. The iterative ones are solved by Newton's
method on ratios that are nearly straight lines in τ², between limits that enclose one root, to the
last digits whatever the scale of the effects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sscreport.statistics import inputs
from sscreport.statistics.inputs import Array, Floats, NotConverged
from sscreport.statistics.linear_model import Fit, Mean, Model, StudyFit, StudyModel

Method = Literal["FE", "DL", "REML", "ML", "PM", "HE", "HS", "SJ", "EB"]
METHODS: tuple[Method, ...] = get_args(Method)
OF_SUMS = frozenset(METHODS) - {"HE", "SJ"}  # those that ask of a model nothing but its fits with τ²
STEPS = 500
CLOSE = 1e-10  # a relative step of Newton's method that ends it, being squared by the next one
NARROW = 1e-9  # between such limits, as a share of them, no two maxima are told apart


def estimate(model: Model[Any], method: Method) -> Floats:
    """τ² of each analysis by one of the methods; 0 where no degree of freedom is left.

    "FE": none, 0. "DL": DerSimonian & Laird 1986, Control Clin Trials 7:177. "HE": Hedges & Olkin
    1985. "HS": Hunter & Schmidt 1990. "SJ": Sidik & Jonkman 2005, Appl Stat 54:367. "ML" and
    "REML": (restricted) maximum likelihood, the highest maximum where there are several. "PM":
    Paule & Mandel 1982, J Res NBS 87:377. "EB": empirical Bayes, Morris 1983, JASA 78:47, which
    has the same solution as "PM". With moderators as in Viechtbauer 2005, J Educ Behav Stat 30:261.
    """
    if method == "FE":
        return np.zeros(model.shape)[()]
    return _where_open(model, ESTIMATORS[method].tau2, otherwise=0.0)


def standard_error(model: Model[Any], method: Method, tau2: Floats) -> Floats:
    """Large-sample standard error of an estimate of τ²; NaN for "FE" and without degrees of freedom.

    Viechtbauer 2005, J Educ Behav Stat 30:261.
    """
    if method == "FE":
        return np.full(model.shape, np.nan)[()]
    return _where_open(model, ESTIMATORS[method].se, np.asarray(tau2), otherwise=np.nan)


def _where_open(
    model: Model[Any], function: Callable[..., Floats], *arrays: Array, otherwise: float
) -> Floats:
    """``function`` of the analyses with a degree of freedom left, and ``otherwise`` for those without."""
    open_ = np.broadcast_to(np.greater(model.df, 0), model.shape)
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


def _hedges(model: StudyModel[Any]) -> Array:
    fit = model.weighted(model.included)
    expected = (fit.diagonal * np.where(fit.w > 0, model.v, 0.0)).sum(axis=-1)  # without τ²: tr PV
    return np.maximum(fit.q - expected, 0) / model.df


def _hunter_schmidt(model: Model[Any]) -> Array:
    fit = model.fixed
    return np.maximum(fit.q - model.k, 0) / fit.total


def _sidik_jonkman(model: StudyModel[Any]) -> Array:
    first = Mean(model.studies).weighted(model.included).q / model.k
    return np.where(first > 0, first * model.fit(first).q / model.df, 0.0)[()]


def _moments_se(model: StudyModel[Any], tau2: Array, fit: StudyFit, by: Floats) -> Array:
    """Of (Q − E Q) / ``by`` with fixed weights 1/v: var Q = 2 tr(PVPV), V the whole variance."""
    spread = 2 * model.df + 4 * tau2 * fit.trace + 2 * tau2**2 * fit.trace_of_square
    return np.sqrt(spread) / by


def _dersimonian_laird_se(model: StudyModel[Any], tau2: Array) -> Array:
    fit = model.fixed
    return _moments_se(model, tau2, fit, fit.trace)


def _hunter_schmidt_se(model: StudyModel[Any], tau2: Array) -> Array:
    fit = model.fixed
    return _moments_se(model, tau2, fit, fit.total)


def _hedges_se(model: StudyModel[Any], tau2: Array) -> Array:
    fit = model.weighted(model.included)
    return _whole_variance_se(model, tau2, fit)


def _sidik_jonkman_se(model: StudyModel[Any], tau2: Array) -> Array:
    first = Mean(model.studies).weighted(model.included).q / model.k
    return first * _whole_variance_se(model, tau2, model.fit(first))


def _whole_variance_se(model: StudyModel[Any], tau2: Array, fit: StudyFit) -> Array:
    """√(2 tr(PSPS)) / df for weights that are not 1/v, S = V + τ²I."""
    s = np.where(fit.w > 0, model.v, 0.0) + tau2[..., np.newaxis]
    return np.sqrt(2 * fit.trace_product(s, s)) / model.df


# ---------------------------------------------------------------- iterative methods


def _paule_mandel(model: Model[Any]) -> Array:
    return generalized_q_root(model, model.df)


def _paule_mandel_se(model: Model[Any], tau2: Array) -> Array:
    return np.sqrt(2 * model.k**2 / model.df) / model.fit(tau2).total


def generalized_q_root(model: Model[Any], target: Floats) -> Floats:
    """The τ² at which Q with weights 1/(v + τ²) falls to ``target``; 0 where it starts below.

    Q falls steadily in τ², and with equal variances target/Q is a straight line.
    """
    flat = model.flat()
    wanted = np.broadcast_to(target, model.shape).reshape(-1)

    def ratio(analyses: Array, tau2: Array) -> tuple[Array, Array]:
        fit = _some(flat, analyses).fit(tau2)
        share = wanted[analyses] / fit.q
        return share - 1, share * fit.q_of_squares / fit.q

    tau2 = np.zeros(len(wanted))
    q = flat.fixed.q
    above = np.flatnonzero(q > wanted)
    if above.size:
        low = np.zeros(above.size)
        # From −d ln Q/dτ² = y'PPy / y'Py ≥ 1/(max v + τ²).
        high = flat.variances[1][above] * (q[above] / wanted[above])
        tau2[above] = _root(ratio, above, low, high, low, *ratio(above, low))
    return tau2.reshape(model.shape)[()]


class _Points(NamedTuple):
    """Values ``x`` of τ² in some analyses, and the score of their likelihood there.

    The likelihood rises where ``ratio``, the numerator n over y'PPy, is below 1; ``slope`` is of it.
    T = −d ln n/dτ² and R = −½ d ln y'PPy/dτ² are means of 1/(d + τ²), d the eigenvalues of the sampling
    variances that the fit leaves, with weights that move to the larger d as τ² rises. So ``near``
    1/T − τ² and ``far`` 1/R − τ² are means of d too, which never fall.
    """

    analysis: NDArray[np.int_]
    x: Array
    ratio: Array
    slope: Array
    near: Array
    far: Array

    def where(self, chosen: NDArray[np.bool_]) -> _Points:
        return _Points(*(values[chosen] for values in self))

    @staticmethod
    def join(parts: Iterable[_Points]) -> _Points:
        return _Points(*(np.concatenate(values) for values in zip(*parts, strict=True)))


_Numerator = Callable[[Fit], tuple[Floats, Floats]]  # n and its slope along −τ²
_Score = Callable[[NDArray[np.int_], Array], _Points]


def _likelihood_maximum(
    numerator: _Numerator, log_likelihood: Callable[[Fit], Floats]
) -> Callable[[Model[Any]], Floats]:
    """The highest maximum: 0, or where the score y'PPy − n falls through 0."""

    def maximum(whole: Model[Any]) -> Floats:
        model = whole.flat()
        smallest, largest = model.variances

        def score(analyses: NDArray[np.int_], tau2: Array) -> _Points:
            if not analyses.size:
                return _Points(analyses, *[tau2] * 5)
            fit = _some(model, analyses).fit(tau2)
            n, less = numerator(fit)
            squares, cubes = fit.q_of_squares, fit.q_of_cubes
            uneven = squares > 0  # equal effects leave nothing to explain: it falls everywhere
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                ratio = np.where(uneven, n / squares, np.inf)
                slope = ratio * (2 * cubes / squares - less / n)
                far = np.where(uneven, np.minimum(squares / cubes - tau2, largest[analyses]), -np.inf)
            near = np.maximum(n / less - tau2, smallest[analyses])
            return _Points(analyses, tau2, ratio, slope, near, far)

        def excess(analyses: NDArray[np.int_], tau2: Array) -> tuple[Array, Array]:
            at = score(analyses, tau2)
            return at.ratio - 1, at.slope

        n = int(np.prod(model.shape))
        zero = score(np.arange(n), np.zeros(n))
        left, right = _apart(score, zero, _dersimonian_laird(model), largest)
        later = (right.ratio - 1 < 1 - left.ratio) & np.isfinite(right.slope)
        start = _Points(*(np.where(later, b, a) for a, b in zip(left, right, strict=True)))
        peaks = _root(excess, left.analysis, left.x, right.x, start.x, start.ratio - 1, start.slope)
        at_zero = zero.where(zero.ratio >= 1)
        analysis = np.concatenate([at_zero.analysis, left.analysis])
        tau2 = np.concatenate([at_zero.x, peaks])
        return _highest(model, analysis, tau2, log_likelihood).reshape(whole.shape)[()]

    return maximum


def _apart(score: _Score, zero: _Points, guess: Array, largest: Array) -> tuple[_Points, _Points]:
    """Limits that enclose one maximum each, all there are above 0.

    Between a and b the ratio rises, and meets 1 once at most, where 2R > T. Since 1/R and 1/T rise at
    least as fast as τ², far(b) ≤ 2 near(a) + a is enough for that. It does not meet 1 where that is
    farther than R and T allow. What is neither is divided.
    """
    above = guess > 0
    some = score(zero.analysis[above], guess[above])
    left = _Points.join([zero.where(above), zero.where(~above), some])
    right = _Points.join([some, _end(zero.where(~above), largest[~above]), _end(some, largest[above])])
    found: list[tuple[_Points, _Points]] = []
    while left.x.size:
        alone = right.far <= 2 * left.near + left.x
        alone |= right.x - left.x <= NARROW * (left.x + left.near)
        crosses = (left.ratio < 1) & (right.ratio >= 1)
        found.append((left.where(alone & crosses), right.where(alone & crosses)))
        unsettled = ~alone & (crosses | _reachable(left, right))
        left, right = left.where(unsettled), right.where(unsettled)
        halfway = np.sqrt((left.x + left.near) * (right.x + left.near)) - left.near
        # From here on to the right limit the ratio rises.
        middle = score(left.analysis, np.minimum(halfway, right.far - 2 * left.near))
        left, right = _Points.join([left, middle]), _Points.join([middle, right])
    lefts, rights = zip(*found, strict=True)
    return _Points.join(lefts), _Points.join(rights)


def _end(left: _Points, largest: Array) -> _Points:
    """Where the likelihood falls for good: −d ln y'PPy/dτ² ≥ 2/(max v + τ²), −d ln n/dτ² ≤ 1/(near + τ²)."""
    risen = (largest + left.x) ** 2 / ((left.near + left.x) * left.ratio)
    x = np.maximum(risen - largest, left.x)
    return _Points(left.analysis, x, np.ones_like(x), np.full_like(x, np.nan), largest, largest)


def _reachable(left: _Points, right: _Points) -> NDArray[np.bool_]:
    """Whether ln(ratio), from its values at both limits and the steepest it may be, can meet 0 between."""
    (most_t, most_r), (least_t, least_r) = (
        (1 / (at.near + at.x), np.where(np.isfinite(at.far), 1 / (at.far + at.x), 0.0))
        for at in (left, right)
    )
    up, down = 2 * most_r - least_t, most_t - 2 * least_r
    over = left.ratio > 1
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.abs(np.log(left.ratio)) / np.maximum(np.where(over, down, up), 0)
        last = np.abs(np.log(right.ratio)) / np.maximum(np.where(over, up, down), 0)
    return ~(first + last > right.x - left.x)


def _highest(
    model: Model[Any], analysis: NDArray[np.int_], tau2: Array, log_likelihood: Callable[[Fit], Floats]
) -> Array:
    """Of the maxima of each analysis the one with the highest likelihood."""
    found = np.empty(int(np.prod(model.shape)))
    found[analysis] = tau2
    several = np.flatnonzero((np.bincount(analysis, minlength=found.size) > 1)[analysis])
    if several.size:
        analysis, tau2 = analysis[several], tau2[several]
        order = np.lexsort((log_likelihood(_some(model, analysis).fit(tau2)), analysis))
        found[analysis[order]] = tau2[order]  # the last one written is the highest
    return found


def _some(model: Model[Any], analyses: NDArray[np.int_]) -> Model[Any]:
    """`take`, or the model itself where all are meant: to copy it takes as long as a step."""
    n = int(np.prod(model.shape))
    return model if analyses.size == n and np.array_equal(analyses, np.arange(n)) else model.take(analyses)


def _trace(fit: Fit) -> tuple[Floats, Floats]:
    return fit.trace, fit.trace_of_square


def _total(fit: Fit) -> tuple[Floats, Floats]:
    return fit.total, fit.squares


def _log_likelihood(fit: Fit) -> Floats:
    logs = np.log(np.where(fit.w > 0, fit.w, 1.0)).sum(axis=-1)
    return (logs - fit.q) / 2


def _restricted_log_likelihood(fit: Fit) -> Floats:
    return _log_likelihood(fit) - fit.log_determinant / 2


def _reml_se(model: Model[Any], tau2: Array) -> Floats:
    return np.sqrt(2 / model.fit(tau2).trace_of_square)


def _ml_se(model: Model[Any], tau2: Array) -> Floats:
    return np.sqrt(2 / model.fit(tau2).squares)


def _root(
    function: Callable[[NDArray[np.int_], Array], tuple[Array, Array]],
    analyses: NDArray[np.int_],
    low: Array,
    high: Array,
    start: Array,
    value: Array,
    slope: Array,
) -> Array:
    """Roots of functions that rise through 0 between ``low`` and ``high``, all at once.

    Newton's method, or half-way between the limits where it would leave them. ``function``: from
    positions of analyses and their τ² to values and slopes, as are given at ``start``.
    """
    x, low, high = start.copy(), low.copy(), high.copy()
    turn, before = np.arange(x.size), np.full(x.size, np.inf)
    for _ in range(STEPS):
        here = x[turn]
        below = value < 0
        low[turn], high[turn] = np.where(below, here, low[turn]), np.where(below, high[turn], here)
        with np.errstate(divide="ignore", invalid="ignore"):
            to = here - value / slope
        inside = (to >= low[turn]) & (to <= high[turn])
        to = np.where(inside, to, (low[turn] + high[turn]) / 2)
        step = np.abs(to - here)
        # Steps that no longer shrink as Newton's do are the rounding of the function.
        close = (step <= CLOSE * here) | ((step <= NARROW * here) & (step > before[turn] / 4))
        x[turn], before[turn] = to, step
        turn, to = turn[~close], to[~close]
        if not turn.size:
            return x
        value, slope = function(analyses[turn], to)
    worst = turn[0]
    raise NotConverged(
        f"τ² of analysis {analyses[worst] + 1} was still between {low[worst]:g} and "
        f"{high[worst]:g} after {STEPS} steps.",
        tau2=x,
        low=low,
        high=high,
        steps=STEPS,
    )


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
