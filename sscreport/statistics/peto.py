"""Peto's one-step odds ratio, pooled from observed minus expected events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from sscreport.statistics import inputs
from sscreport.statistics.binary import peto_odds_ratio
from sscreport.statistics.inputs import Array, NotEstimable
from sscreport.statistics.pooled_tables import PooledTables, percent, q_around, without_each


class Score(NamedTuple):
    """Observed minus expected events of group 1, and their hypergeometric variance, of each table.

    Both are 0 for tables without events, or without non-events, in both groups. Shape (..., n).
    """

    o_minus_e: Array
    v: Array


@dataclass(frozen=True)
class Peto(PooledTables):
    """A pooled log odds ratio by Peto's method, with what each table adds to it; see `Score`."""

    score: Score

    def leave_one_out(self) -> PooledTables:
        """The analyses without each of the tables in turn, shape (..., n).

        Raises NotEstimable if an analysis has fewer than two tables with V > 0.
        """
        if np.any(np.less(self.k, 2)):
            raise NotEstimable(f"Leaving studies out needs at least 2 studies, not {np.min(self.k)}.")
        return _pooled(Score(*map(without_each, self.score)), self.level)


def peto(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_2: ArrayLike,
    total_2: ArrayLike,
    *,
    level: float = 0.95,
) -> Peto:
    """Peto's pooled log odds ratio of group 1 against group 2.

    ln OR = Σ(O − E) / ΣV, se = 1 / √ΣV, Q = ΣV(yᵢ − ln OR)² with yᵢ = (O − E) / V (Yusuf et al. 1985,
    Prog Cardiovasc Dis 27:335). Empty cells need no correction; tables without events, or without
    non-events, in both groups have V = 0 and say nothing. Counts: shape (..., n), the same for all
    four. Raises ValueError for impossible counts and NotEstimable where every V is 0.
    """
    inputs.level(level)
    score = scores(events_1, total_1, events_2, total_2)
    inputs.at_least(1, score.v, "Pooling")
    if np.any(score.v.sum(axis=-1) == 0):
        raise NotEstimable("No table has both events and non-events; there is no Peto odds ratio.")
    return Peto(**vars(_pooled(score, level)), score=score)


def scores(events_1: ArrayLike, total_1: ArrayLike, events_2: ArrayLike, total_2: ArrayLike) -> Score:
    """O − E and V of each table: E = n₁m/N and V = n₁n₂m(N − m) / (N²(N − 1)), m all events.

    Any shape, the same for all four. Raises ValueError for impossible counts.
    """
    yi, vi = peto_odds_ratio(events_1, total_1, events_2, total_2)
    return Score(np.nan_to_num(yi / vi), np.nan_to_num(1 / vi))


def _pooled(score: Score, level: float) -> PooledTables:
    o_minus_e, v = score
    some = v > 0
    k = some.sum(axis=-1)
    total = v.sum(axis=-1)
    estimate = o_minus_e.sum(axis=-1) / total
    return PooledTables(
        estimate=estimate,
        se=1 / np.sqrt(total),
        df=np.inf,
        level=level,
        k=k,
        k_effects=k,
        q=q_around(estimate, o_minus_e / np.where(some, v, 1.0), v),
        weights=percent(v),
    )
