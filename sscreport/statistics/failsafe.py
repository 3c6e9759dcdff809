"""Fail-safe N: how many studies without an effect would undo a significant result."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from sscreport.statistics import inputs
from sscreport.statistics.checks import option
from sscreport.statistics.inputs import Floats
from sscreport.statistics.linear_model import MeanFit
from sscreport.statistics.results import p_value

Kind = Literal["rosenthal", "rosenberg"]


class FailSafe(NamedTuple):
    """The fail-safe ``n`` of further studies, a whole number, and ``p`` of the studies at hand."""

    n: Floats
    p: Floats


def failsafe_n(yi: ArrayLike, vi: ArrayLike, *, kind: Kind = "rosenthal", alpha: float = 0.05) -> FailSafe:
    """Fail-safe N: how many more studies of effect 0 would raise P above ``alpha``.

    "rosenthal": P is the upper tail of |Σz|/√k, z = y/√v; N = (Σz)²/z²(1 − α) − k (Rosenthal 1979,
    Psychol Bull 86:638). "rosenberg": P is the two-sided one of the fixed-effect mean; N studies of
    mean weight, N = k((Σwy)²/(z²(1 − α/2) Σw) − 1), w = 1/v (Rosenberg 2005, Evolution 59:464).
    Rounded up; 0 where P is above ``alpha`` already. ``yi`` and ``vi``: shape (..., k); a study with a
    NaN is left out. It assumes what it is to judge, that the missing studies have no effect on average,
    and the Cochrane Handbook (5.1, 10.4.4.3) does not recommend it. Raises ValueError for an ``alpha``
    not between 0 and 0.5, NotEstimable for no studies.
    """
    option("kind", kind, Kind)
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha lies between 0 and 0.5; {alpha:g} does not.")
    y, v, k = inputs.studies(yi, vi)
    if kind == "rosenthal":
        z, critical, sides = np.abs((y / np.sqrt(v)).sum(axis=-1)) / np.sqrt(k), -ndtri(alpha), 1
    else:
        fit = MeanFit.with_weights(y, 1 / v)
        z, critical, sides = np.abs(fit.mean) * np.sqrt(fit.total), -ndtri(alpha / 2), 2
    # A whole number is not raised by what rounding added to it.
    n = np.ceil(k * (z / critical - 1) * (z / critical + 1) * (1 - 1e-14))
    return FailSafe(np.maximum(n, 0.0) + 0.0, p_value(z) * sides / 2)
