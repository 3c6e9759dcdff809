"""Pooled estimates: weighted means of study effects, and the Mantel-Haenszel odds ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from sscreport.statistics import inputs
from sscreport.statistics.effect_sizes import Tables, corrected_tables
from sscreport.statistics.inputs import Array, Floats


def inverse_variance_weights(se: ArrayLike, tau_squared: ArrayLike = 0.0) -> Array:
    """Weights w = 1 / (se² + τ²), not scaled; τ² = 0 is the fixed-effect model.

    ``se``: shape (..., k); ``tau_squared``: one number, or one for each analysis, shape (...).
    Raises ValueError for no studies, a standard error of 0 or less, or a negative τ².
    """
    errors = inputs.standard_errors(se)
    inputs.at_least(1, errors, "Weighting")
    tau2 = inputs.per_study(inputs.not_negative(tau_squared, "τ²"), errors, "τ²")
    return 1 / (errors**2 + tau2)


def inverse_variance(effect: ArrayLike, se: ArrayLike, tau_squared: ArrayLike = 0.0) -> tuple[Floats, Floats]:
    """Pooled effect Σwy / Σw with standard error 1 / √Σw, w = 1 / (se² + τ²).

    ``effect`` and ``se``: shape (..., k); τ² as in `inverse_variance_weights`.
    Fixed effect with τ² = 0, else random effects (DerSimonian & Laird 1986, Control Clin Trials
    7:177). Raises ValueError for no studies, unequal shapes and numbers that cannot be weighted.
    """
    effects, errors = inputs.effects_and_errors(effect, se)
    w = inverse_variance_weights(errors, tau_squared)
    return weighted_mean(effects, w), 1 / np.sqrt(w.sum(axis=-1))


def weighted_mean(values: Array, weights: Array) -> Floats:
    """Σwy / Σw along the last axis, rounded so well that equal values have exactly that mean."""
    share = weights / weights.sum(axis=-1, keepdims=True)
    mean = (share * values).sum(axis=-1)
    return mean + (share * (values - np.expand_dims(mean, -1))).sum(axis=-1)


def mantel_haenszel_weights(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_2: ArrayLike,
    total_2: ArrayLike,
    correction: float = 0.5,
) -> Array:
    """Mantel-Haenszel weights bc / n of the odds ratio, not scaled; 0 for a table that says nothing.

    Counts and correction as in `mantel_haenszel_odds_ratio`.
    """
    table = corrected_tables(events_1, total_1, events_2, total_2, correction)
    inputs.at_least(1, table.a, "Weighting")
    return table.b * table.c / sum(table)


def mantel_haenszel_odds_ratio(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_2: ArrayLike,
    total_2: ArrayLike,
    correction: float = 0.5,
) -> tuple[Floats, Floats]:
    """Mantel-Haenszel log odds ratio of group 1 against group 2, and its standard error.

    ln OR = ln(ΣR / ΣS), R = ad/n, S = bc/n (Mantel & Haenszel 1959, J Natl Cancer Inst 22:719);
    variance of Robins, Breslow & Greenland (1986), Biometrics 42:311. As Review Manager 5 does,
    ``correction`` enters all four cells of a table with a zero, in these sums too, and tables
    without events, or without non-events, in both groups add nothing. Counts: shape (..., k), the
    same for all four. Raises ValueError for no studies, impossible counts, and where ΣR or ΣS is 0.
    """
    table = corrected_tables(events_1, total_1, events_2, total_2, correction)
    inputs.at_least(1, table.a, "Pooling")
    a, b, c, d = table
    n = a + b + c + d
    r, s = a * d / n, b * c / n
    sum_r, sum_s = r.sum(axis=-1), s.sum(axis=-1)
    if np.any(sum_r == 0) or np.any(sum_s == 0):
        raise ValueError("The tables together have no Mantel-Haenszel odds ratio: one side of it is 0.")
    return np.log(sum_r) - np.log(sum_s), np.sqrt(_robins_breslow_greenland(table, r, s))


def _robins_breslow_greenland(table: Tables, r: Array, s: Array) -> Floats:
    a, b, c, d = table
    n = a + b + c + d
    p, q = (a + d) / n, (b + c) / n
    sum_r, sum_s = r.sum(axis=-1), s.sum(axis=-1)
    return (
        (p * r).sum(axis=-1) / (2 * sum_r**2)
        + (p * s + q * r).sum(axis=-1) / (2 * sum_r * sum_s)
        + (q * s).sum(axis=-1) / (2 * sum_s**2)
    )


def z_statistic(effect: ArrayLike, se: ArrayLike) -> Floats:
    """Z = effect / se, the effect on the scale where no effect is 0. Any shape, one for both."""
    effects, errors = inputs.effects_and_errors(effect, se)
    return effects / errors


def z_p_value(z: ArrayLike) -> Floats:
    """Two-sided P of a standard normal Z, any shape. Raises ValueError if Z is not a number."""
    z = np.asarray(z, dtype=float)
    inputs.require(~np.isnan(z), "Z must be a number", z)
    return 2 * ndtr(-np.abs(z))
