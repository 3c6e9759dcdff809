"""Heterogeneity between studies: Cochran's Q, I² and τ²."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from sscreport.statistics import inputs
from sscreport.statistics.inputs import Array, Floats
from sscreport.statistics.pooling import inverse_variance_weights, weighted_mean


def cochran_q(effect: ArrayLike, se: ArrayLike, around: ArrayLike | None = None) -> Floats:
    """Cochran's Q = Σ w (y − ŷ)², w = 1 / se², on k − 1 degrees of freedom.

    Cochran (1954), Biometrics 10:101. ``effect`` and ``se``: shape (..., k). ``around`` is ŷ, by
    default the inverse-variance mean; Review Manager 5 takes the Mantel-Haenszel log odds ratio in
    Mantel-Haenszel analyses. Given subgroup estimates with their standard errors, this is the test
    for subgroup differences. Raises ValueError for input that cannot be weighted.
    """
    effects, errors = inputs.effects_and_errors(effect, se)
    w = inverse_variance_weights(errors)
    center = inputs.measured(weighted_mean(effects, w) if around is None else around, "Centers of Q")
    return (w * (effects - inputs.per_study(center, effects, "The center of Q")) ** 2).sum(axis=-1)


def q_p_value(q: ArrayLike, df: ArrayLike) -> Floats:
    """P of Q: the upper tail of χ² on ``df`` degrees of freedom; 1 for df = 0 (one study)."""
    q, df = _q_and_df(q, df)
    return np.where(df > 0, chdtrc(np.maximum(df, 1), q), 1.0)[()]


def i_squared(q: ArrayLike, df: ArrayLike) -> Floats:
    """I² = max(0, (Q − df) / Q) · 100, the percentage of variability beyond chance, 0 to 100.

    Higgins & Thompson (2002), Stat Med 21:1539. One study (df = 0) has none, whatever rounding
    left in Q. Raises ValueError for a negative or non-finite Q or df.
    """
    q, df = _q_and_df(q, df)
    excess = np.where(df > 0, np.maximum(q - df, 0), 0.0)
    return (100 * excess / np.where(excess > 0, q, 1.0))[()]


def tau_squared_dersimonian_laird(effect: ArrayLike, se: ArrayLike, q: ArrayLike | None = None) -> Floats:
    """Between-study variance τ² = max(0, (Q − (k − 1)) / (Σw − Σw²/Σw)), w = 1 / se².

    DerSimonian & Laird (1986), Control Clin Trials 7:177. ``effect`` and ``se``: shape (..., k);
    ``q``: Q where it is not taken around the inverse-variance mean (see `cochran_q`), shape (...).
    In squared units of the effect; 0 for one study. Raises ValueError as `cochran_q`.
    """
    effects, errors = inputs.effects_and_errors(effect, se)
    w = inverse_variance_weights(errors)
    df = effects.shape[-1] - 1
    if df == 0:
        return np.zeros(effects.shape[:-1])[()]
    q_values = inputs.not_negative(cochran_q(effects, errors) if q is None else q, "Q")
    inputs.per_study(q_values, effects, "Q")
    return np.maximum(q_values - df, 0) / _expected_q_per_tau_squared(w)


def _expected_q_per_tau_squared(w: Array) -> Floats:
    """Σw − Σw²/Σw as a sum over pairs of studies, which survives one overwhelming weight."""
    earlier = np.cumsum(w, axis=-1)[..., :-1]
    return 2 * (w[..., 1:] * (earlier / w.sum(axis=-1, keepdims=True))).sum(axis=-1)


def _q_and_df(q: ArrayLike, df: ArrayLike) -> tuple[Array, Array]:
    return inputs.not_negative(q, "Q"), inputs.not_negative(df, "Degrees of freedom")
