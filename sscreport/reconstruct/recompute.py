"""The printed statistics of many candidate reconstructions at once, by the statistics library."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sscreport import statistics as ma
from sscreport.reconstruct.system import Array, Flags, Pool, System, Target
from sscreport.statistics.pooling import Pooled

# A box may be left by so much, where arithmetic rounds; printed numbers are a million times coarser.
TOLERANCE = 1e-9


def recompute(system: System, md: Array, se: Array) -> Array:
    """Each target's statistic for candidates ``md``, ``se`` of shape (m, rows): shape (m, targets)."""
    pools = {target.pool: pooled(target.pool, md, se) for target in system.targets}
    found = np.empty((len(md), len(system.targets)))
    for position, target in enumerate(system.targets):
        found[:, position] = _STATISTICS[target.statistic](pools[target.pool], target.pool, md, se)
    return found


def pooled(pool: Pool, md: Array, se: Array) -> Pooled:
    """The pooled result of candidates of shape (m, rows)."""
    members = list(pool.members)
    return ma.pool(md[:, members], se[:, members] ** 2, method=pool.method)


def left_out(pool: Pool, md: Array, se: Array) -> dict[int, Pooled]:
    """The pools without each member in turn, by its position."""
    members = pool.members
    others = {gone: Pool(tuple(m for m in members if m != gone), pool.method) for gone in members}
    return {gone: pooled(rest, md, se) for gone, rest in others.items()}


def excess(found: Array, low: Array, high: Array) -> Array:
    """How far statistics are above (positive) or below (negative) their boxes, shape of ``found``.

    One that does not exist is infinitely far.
    """
    outside = np.where(found > high, found - high, np.where(found < low, found - low, 0.0))
    return np.where(np.isnan(found), np.inf, outside)


def boxes(system: System) -> tuple[Array, Array]:
    """Lower and upper limits of the targets."""
    low = np.array([target.low for target in system.targets])
    high = np.array([target.high for target in system.targets])
    return low, high


def feasible(system: System, md: Array, se: Array) -> Flags:
    """Which candidates, shape (m, rows), give every printed number: shape (m,)."""
    outside = np.abs(excess(recompute(system, md, se), *boxes(system)))
    return outside.max(axis=1, initial=0) <= TOLERANCE


def missed(system: System, md: Array, se: Array) -> list[Target]:
    """The targets that one candidate, shape (rows,), does not give."""
    outside = np.abs(excess(recompute(system, md[None], se[None]), *boxes(system)))[0]
    return [target for target, size in zip(system.targets, outside, strict=True) if size > TOLERANCE]


def _least_z(whole: Pooled, pool: Pool, md: Array, se: Array) -> Array:
    side = np.sign(whole.estimate)
    return np.min([side * rest.estimate / rest.se for rest in left_out(pool, md, se).values()], axis=0)


def _egger_t(whole: Pooled, pool: Pool, md: Array, se: Array) -> Array:
    try:
        bias = ma.egger(md[:, pool.members], se[:, pool.members] ** 2).bias
    except ma.NotEstimable:
        return np.full(len(md), np.nan)
    return np.abs(bias.estimate / bias.se)


def _begg_p(whole: Pooled, pool: Pool, md: Array, se: Array) -> Array:
    try:
        return ma.begg(md[:, pool.members], se[:, pool.members] ** 2).p_corrected
    except ma.NotEstimable:
        return np.full(len(md), np.nan)


_STATISTICS: dict[str, Callable[[Pooled, Pool, Array, Array], Array]] = {
    "estimate": lambda whole, *_: whole.estimate,
    "ci_low": lambda whole, *_: whole.ci_low,
    "ci_high": lambda whole, *_: whole.ci_high,
    "z": lambda whole, *_: np.abs(whole.estimate / whole.se),
    "root_q": lambda whole, *_: np.sqrt(np.maximum(whole.q, 0)),
    "egger_t": _egger_t,
    "begg_p": _begg_p,
    "least_z": _least_z,
}
