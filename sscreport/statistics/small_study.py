"""Tests for small-study effects (funnel plot asymmetry)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtr

from sscreport.statistics import inputs
from sscreport.statistics.inputs import Array, Floats
from sscreport.statistics.pooling import inverse_variance_weights, weighted_mean

# Below this share of the whole, a spread or a residual is rounding error.
ROUNDING = 1e-12


class Egger(NamedTuple):
    """Egger's intercept (the bias) with its standard error, t on ``df``, and two-sided P."""

    intercept: Floats
    se: Floats
    t: Floats
    df: int
    p: Floats


class Begg(NamedTuple):
    """Kendall's score with its continuity-corrected z and two-sided P."""

    score: Floats
    z: Floats
    p: Floats


def egger(effect: ArrayLike, se: ArrayLike) -> Egger:
    """Egger's test: unweighted regression of effect/se on 1/se, t test of the intercept.

    Egger et al. (1997), BMJ 315:629, as Stata's metabias. ``effect`` and ``se``: shape (..., k).
    Raises ValueError below three studies, where all standard errors are equal, and where the
    studies lie exactly on the line, as neither leaves anything to test.
    """
    effects, errors = inputs.effects_and_errors(effect, se)
    inputs.at_least(3, effects, "Egger's test")
    x, y = 1 / errors, effects / errors
    if np.any(np.ptp(x, axis=-1) <= ROUNDING * x.max(axis=-1)):
        raise ValueError("Egger's test needs standard errors that differ; these are all equal.")
    df = x.shape[-1] - 2
    intercept, intercept_se, residual = _intercept(x, y, df)
    if np.any(residual <= ROUNDING * np.sqrt((y**2).sum(axis=-1))):
        raise ValueError("Egger's test needs scatter; these studies lie exactly on a straight line.")
    t = intercept / intercept_se
    return Egger(intercept, intercept_se, t, df, 2 * stdtr(df, -np.abs(t)))


def _intercept(x: Array, y: Array, df: int) -> tuple[Floats, Floats, Floats]:
    """Ordinary least squares of y on x: intercept, its standard error, √ of the residual sum of squares."""
    mean_x, mean_y = x.mean(axis=-1, keepdims=True), y.mean(axis=-1, keepdims=True)
    sxx = ((x - mean_x) ** 2).sum(axis=-1, keepdims=True)
    slope = ((x - mean_x) * (y - mean_y)).sum(axis=-1, keepdims=True) / sxx
    rss = ((y - mean_y - slope * (x - mean_x)) ** 2).sum(axis=-1, keepdims=True)
    se = np.sqrt(rss / df * (1 / x.shape[-1] + mean_x**2 / sxx))
    intercept = mean_y - slope * mean_x
    return np.take(intercept, 0, axis=-1), np.take(se, 0, axis=-1), np.sqrt(np.take(rss, 0, axis=-1))


def begg(effect: ArrayLike, se: ArrayLike) -> Begg:
    """Begg's test: Kendall's rank correlation of standardized effects and variances.

    Begg & Mazumdar (1994), Biometrics 50:1088, with the normal approximation corrected for ties
    (Kendall 1970, Rank Correlation Methods) and for continuity, z = sign(S)(|S| − 1) / √var(S), the
    P that Stata's metabias returns. ``effect`` and ``se``: shape (..., k). Raises ValueError below
    three studies, and where all standard errors or all standardized effects are equal.
    """
    effects, errors = inputs.effects_and_errors(effect, se)
    inputs.at_least(3, effects, "Begg's test")
    deviate = _standardized_deviates(effects, errors)
    score = (_order(deviate) * _order(errors)).sum(axis=(-2, -1)) / 2
    variance = _score_variance(_tied(deviate), _tied(errors))
    if np.any(variance <= 0):
        raise ValueError("Begg's test needs ranks; all effects or all standard errors are tied.")
    z = np.sign(score) * np.maximum(np.abs(score) - 1, 0) / np.sqrt(variance)
    return Begg(score, z, 2 * ndtr(-np.abs(z)))


def _standardized_deviates(effects: Array, errors: Array) -> Array:
    """(y − ŷ) / √(se² − 1/Σw): deviations from the fixed-effect mean in their own standard errors.

    The variance is se² times the weight share of all other studies. That share is a sum, as a
    difference would not survive one overwhelming weight, and a sorted one, so that studies with the
    same effect and standard error stay tied.
    """
    w = inverse_variance_weights(errors)
    others = np.sort(w[..., np.newaxis, :] * ~np.eye(w.shape[-1], dtype=bool), axis=-1).sum(axis=-1)
    mean = np.expand_dims(weighted_mean(effects, w), -1)
    return (effects - mean) / (errors * np.sqrt(others / w.sum(axis=-1, keepdims=True)))


def _order(values: Array) -> Array:
    """The sign of every pair's difference, shape (..., k, k)."""
    return np.sign(values[..., :, np.newaxis] - values[..., np.newaxis, :])


def _tied(values: Array) -> Array:
    """For each study, how many others are tied with it."""
    return (_order(values) == 0).sum(axis=-1) - 1


def _score_variance(tied_x: Array, tied_y: Array) -> Floats:
    """Kendall's variance of S under ties; a sum over tied groups becomes one over their members."""
    k = tied_x.shape[-1]
    ends, pairs, triples = (
        [term(tied).sum(axis=-1) for tied in (tied_x, tied_y)]
        for term in (lambda t: t * (2 * t + 7), lambda t: t, lambda t: t * (t - 1))
    )
    return (
        (k * (k - 1) * (2 * k + 5) - ends[0] - ends[1]) / 18
        + triples[0] * triples[1] / (9 * k * (k - 1) * (k - 2))
        + pairs[0] * pairs[1] / (2 * k * (k - 1))
    )
