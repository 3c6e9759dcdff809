"""What pooling 2 × 2 tables gives, whether by Mantel and Haenszel or by Peto."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sscreport.statistics import heterogeneity
from sscreport.statistics.inputs import Array, Floats
from sscreport.statistics.results import Estimate


@dataclass(frozen=True)
class PooledTables(Estimate):
    """An estimate pooled from the tables themselves, with the heterogeneity of the studies around it.

    ``k``: tables in the estimate. ``k_effects``: those with an effect size yᵢ of their own, which are in
    ``q`` = Σ(yᵢ − estimate)² / vᵢ; with one of them ``q`` is 0. ``weights``: percent, shape (..., n) for
    n tables, 0 for a table that is left out. The other fields have the shape of the analyses, (...).
    """

    k: Floats
    k_effects: Floats
    q: Floats
    weights: Array

    @property
    def q_df(self) -> Floats:
        """Degrees of freedom of ``q``: k_effects − 1."""
        return np.maximum(np.subtract(self.k_effects, 1), 0)

    @property
    def q_p(self) -> Floats:
        """P of ``q``, the upper tail of χ²; 1 on 0 degrees of freedom."""
        return self._of_q(heterogeneity.q_p_value)

    @property
    def i2(self) -> Floats:
        """I² = max(0, (Q − df) / Q) in percent."""
        return self._of_q(heterogeneity.i_squared)

    def _of_q(self, function: Callable[[Floats, Floats], Floats]) -> Floats:
        known = ~np.isnan(self.q)
        return np.where(known, function(np.where(known, self.q, 0.0), self.q_df), np.nan)[()]


def q_around(estimate: Floats, yi: Array, weights: Array) -> Floats:
    """Σw(y − estimate)² along the last axis; 0 unless two studies or more have a weight."""
    deviations = yi - np.asarray(estimate)[..., np.newaxis]
    q = (weights * deviations**2).sum(axis=-1)
    return np.where(np.count_nonzero(weights, axis=-1) > 1, q, 0.0)[()]


def percent(weights: Array) -> Array:
    """Shares of each analysis (last axis) that add up to 100; NaN where all weights are 0."""
    total = weights.sum(axis=-1, keepdims=True)
    return 100 * weights / np.where(total > 0, total, np.nan)


def without_each(values: Array) -> Array:
    """As many analyses as there are studies, each with 0 for one of them: (..., n) to (..., n, n)."""
    return values[..., np.newaxis, :] * ~np.eye(values.shape[-1], dtype=bool)
