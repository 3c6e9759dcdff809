"""Correlation coefficients as effect sizes, raw and as Fisher's z."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sscreport.statistics import checks, inputs
from sscreport.statistics.inputs import Array, Floats
from sscreport.statistics.results import EffectSizes


def fisher_z(r: ArrayLike, n: ArrayLike) -> EffectSizes:
    """Fisher's z of correlations (metafor's "ZCOR").

    z = artanh r, v = 1/(n − 3) (Fisher 1921, Metron 1:3). ``r`` and ``n``: any shape, the same for both.
    NaN for three observations, of which z has no variance. Raises ValueError for correlations of ±1 or
    beyond and for fewer than three observations.
    """
    rho, size = _correlations(r, n)
    size = np.where(size > 3, size, np.nan)
    return EffectSizes(np.where(np.isnan(size), np.nan, np.arctanh(rho)), 1 / (size - 3))


def raw_correlation(r: ArrayLike, n: ArrayLike) -> EffectSizes:
    """Correlations as they are (metafor's "COR").

    r, v = (1 − r²)² / (n − 1) (Hedges & Olkin 1985, chapter 11). Shapes and errors as of `fisher_z`.
    """
    rho, size = _correlations(r, n)
    return EffectSizes(rho, ((1 - rho) * (1 + rho)) ** 2 / (size - 1))


def from_fisher_z(z: ArrayLike) -> Floats:
    """Correlations from Fisher's z, any shape: tanh z."""
    return np.tanh(inputs.finite(z, "Fisher's z"))


def _correlations(r: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    rho, size = checks.correlations(r), checks.sizes(n, fewest=3)
    inputs.same_shape("Correlations and sample sizes", rho, size)
    return rho, size
