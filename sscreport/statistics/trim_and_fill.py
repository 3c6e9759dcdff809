"""Trim and fill: how many studies a symmetric funnel lacks on one side, and the result with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from sscreport.statistics import inputs
from sscreport.statistics.checks import option
from sscreport.statistics.funnel_asymmetry import FEWEST, ROUNDING, FunnelTest, ranks, require_spread
from sscreport.statistics.inputs import Array, NotEstimable, Studies
from sscreport.statistics.meta_regression import meta_regression
from sscreport.statistics.pooling import Pooled, Test, pool
from sscreport.statistics.results import EffectSizes
from sscreport.statistics.tau_squared import Method

Estimator = Literal["L0", "R0", "Q0"]
Side = Literal["left", "right"]
GivenSide = Literal[Side, "auto"]


@dataclass(frozen=True)
class TrimAndFill(FunnelTest):
    """``k0`` studies that are missing on one ``side`` of the funnel, and what they would change.

    ``se_k0``: its standard error; NaN where the variance formula gives a negative number. ``p_k0``: for
    "R0" the one-sided P of the hypothesis that none is missing, else None. ``filled``: the studies put
    in; ``pooled``: the estimate of all, observed and put in. ``k``: studies observed.
    """

    side: Side
    k0: int
    se_k0: float
    p_k0: float | None
    filled: EffectSizes
    pooled: Pooled


def trim_and_fill(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    estimator: Estimator = "L0",
    side: GivenSide = "auto",
    method: Method = "REML",
    test: Test = "z",
    level: float = 0.95,
) -> TrimAndFill:
    """Trim and fill of Duval & Tweedie 2000, J Am Stat Assoc 95:89 and Biometrics 56:455.

    The k₀ most extreme studies on the side away from ``side`` are left out, μ is pooled from the others,
    and k₀ estimated anew from the signed ranks of all y − μ, until it stays; then the mirror images of
    those studies around μ are put in. With S the sum of the ranks of |y − μ| beyond μ and r the largest
    rank on the other side: "L0" (4S − k(k + 1))/(2k − 1), "R0" k − 1 − r, "Q0" k − ½ − √(2k² − 4S + ¼),
    each rounded and at least 0; equal |y − μ| are ranked in the order of y. ``side``: where studies
    are missing; "auto" is right if effects fall with the standard error (`egger_meta_regression`, same
    ``method``), else left. ``method``, ``test``, ``level``: as `pooling.pool`, in every step. ``yi`` and
    ``vi``: shape (k,); studies with a NaN are skipped. A way to see how much asymmetry might matter, not
    an estimate to report alone; not to be interpreted below ten studies (`FunnelTest`). Raises
    NotEstimable for one study, where "auto" finds no slope, where "R0" or "Q0" is not defined, and
    where k₀ never stays.
    """
    option("estimator", estimator, Estimator)
    option("side", side, GivenSide)
    studies = inputs.one_analysis(yi, vi, 2, "Trim and fill")
    missing = _side(studies, method) if side == "auto" else side
    towards = 1 if missing == "left" else -1  # so that the studies to trim have the largest effects
    order = np.argsort(towards * studies.y, kind="stable")
    y, v = towards * studies.y[order], studies.v[order]
    k0, se, mean = _settled(y, v, estimator, method)
    kept = studies.k - k0
    filled = EffectSizes(towards * (2 * mean - y[kept:]), v[kept:])
    pooled = pool(
        np.concatenate([studies.y, filled.yi]),
        np.concatenate([studies.v, filled.vi]),
        method=method,
        test=test,
        level=level,
    )
    p = 0.5 ** (k0 + 1) if estimator == "R0" else None
    return TrimAndFill(int(studies.k), missing, k0, se, p, filled, pooled)


def _side(studies: Studies, method: Method) -> Side:
    se = np.sqrt(studies.v)
    require_spread(se, studies, "Finding the side of trim and fill", "standard errors")
    if studies.k < FEWEST and method != "FE":
        raise NotEstimable(f"Finding the side of trim and fill needs {FEWEST} studies where τ² is estimated.")
    slope = meta_regression(studies.y, studies.v, se[:, np.newaxis], method=method).estimate[1]
    return "right" if slope < 0 else "left"


def _settled(y: Array, v: Array, estimator: Estimator, method: Method) -> tuple[int, float, float]:
    """k₀, its standard error, and μ, from effects in ascending order, once k₀ stays."""
    k, seen = len(y), [0]
    while True:
        kept = k - seen[-1]
        mean = pool(y[:kept], v[:kept], method=method).estimate
        estimate, se = ESTIMATORS[estimator](k, _signed_ranks(y, mean))
        k0 = max(0, round(estimate))
        if k0 == seen[-1]:
            return k0, se, mean
        if k0 in seen:
            raise NotEstimable(
                f"Trim and fill does not settle: it goes from {seen[-1]} back to {k0} studies."
            )
        seen.append(k0)


def _signed_ranks(y: Array, mean: float) -> Array:
    """Ranks of |y − μ| with the signs of y − μ, 0 for effects equal to μ; ``y`` in ascending order."""
    deviations, rounding = y - mean, ROUNDING * (np.abs(y) + abs(mean))
    order = np.argsort(ranks(np.abs(deviations), rounding), kind="stable")
    signed = np.empty(len(y))
    signed[order] = np.arange(1, len(y) + 1)
    return signed * np.sign(np.where(np.abs(deviations) > rounding, deviations, 0.0))


def _above(signed: Array) -> float:
    """S, the sum of the ranks above μ."""
    return float(signed[signed > 0].sum())


def _linear(k: int, signed: Array) -> tuple[float, float]:
    k0 = (4 * _above(signed) - k * (k + 1)) / (2 * k - 1)
    return k0, 4 * _root_of_variance(k, k0) / (2 * k - 1)


def _run(k: int, signed: Array) -> tuple[float, float]:
    if not np.any(signed < 0):
        raise NotEstimable("R0 needs an effect on the side of the mean where studies are missing.")
    k0 = k - 1 + float(signed.min())
    return k0, np.sqrt(2 * max(k0, 0) + 2)


def _quadratic(k: int, signed: Array) -> tuple[float, float]:
    square = 2 * k**2 - 4 * _above(signed) + 0.25
    if square < 0:
        raise NotEstimable(
            "Q0 is not defined for so asymmetric a funnel: it is the root of a negative number."
        )
    k0 = k - 0.5 - np.sqrt(square)
    return k0, 2 * _root_of_variance(k, k0) / np.sqrt(square)


def _root_of_variance(k: int, k0: float) -> float:
    """√var S, Duval & Tweedie 2000, with ``k`` studies observed and ``k0`` missing; NaN if negative."""
    variance = (
        k * (k + 1) * (2 * k + 1)
        + 10 * k0**3
        + 27 * k0**2
        + 17 * k0
        - 18 * k * k0**2
        - 18 * k * k0
        + 6 * k**2 * k0
    ) / 24
    return np.sqrt(variance) if variance >= 0 else np.nan


ESTIMATORS: Mapping[Estimator, Callable[[int, Array], tuple[float, float]]] = MappingProxyType(
    {"L0": _linear, "R0": _run, "Q0": _quadratic}
)
