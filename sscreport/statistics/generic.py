"""Effect sizes that a study reports itself: hazard ratios, adjusted estimates and anything else.

``log``: True for ratios, which are reported as they are and analysed as natural logarithms; False for
differences. ``df``: degrees of freedom where a test or interval was one of t, infinite for z.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sscreport.statistics import checks, conversions, inputs
from sscreport.statistics.inputs import Array
from sscreport.statistics.results import EffectSizes


def from_estimate_and_se(estimate: ArrayLike, se: ArrayLike) -> EffectSizes:
    """Effect sizes from estimates on the scale of the analysis (logs for ratios) with standard errors.

    Any shape, the same for both. Raises ValueError for standard errors that are not greater than 0.
    """
    effects, errors = inputs.effects_and_errors(estimate, se)
    return EffectSizes(effects, errors**2)


def from_interval(
    estimate: ArrayLike,
    ci_low: ArrayLike,
    ci_high: ArrayLike,
    level: float = 0.95,
    *,
    log: bool,
    df: ArrayLike = np.inf,
) -> EffectSizes:
    """Effect sizes from estimates with confidence intervals at ``level``.

    The standard error is that of `conversions.se_from_interval`, on the log scale for ratios (Cochrane
    Handbook, sections 6.3.1 and 6.3.2). Any shape, the same for all three. Raises ValueError where an
    estimate lies outside its interval and, of ratios, for numbers that are not greater than 0.
    """
    effect, low, high = (_on_scale(values, log) for values in (estimate, ci_low, ci_high))
    inputs.same_shape("Estimates and confidence limits", effect, low, high)
    inputs.require((low <= effect) & (effect <= high), "An estimate must lie in its interval", effect)
    return EffectSizes(effect, np.square(conversions.se_from_interval(low, high, level, df=df)))


def from_p(estimate: ArrayLike, p: ArrayLike, *, log: bool, df: ArrayLike = np.inf) -> EffectSizes:
    """Effect sizes from estimates with two-sided P values.

    The standard error is that of `conversions.se_from_p`, on the log scale for ratios (Cochrane
    Handbook, section 6.3.2). Any shape, the same for both. Raises ValueError for impossible P values and
    NotEstimable where no effect or P = 1 leaves the standard error open.
    """
    effect = _on_scale(estimate, log)
    return EffectSizes(effect, np.square(conversions.se_from_p(effect, p, df=df)))


def from_observed_minus_expected(observed_minus_expected: ArrayLike, variance: ArrayLike) -> EffectSizes:
    """Log hazard ratios from log-rank statistics: (O − E)/V, v = 1/V.

    Yusuf et al. 1985, Prog Cardiovasc Dis 27:335; Tierney et al. 2007, Trials 8:16. Any shape, the same
    for both. Raises ValueError for V that is not greater than 0.
    """
    difference = inputs.measured(observed_minus_expected, "Observed minus expected events")
    v = checks.positive(variance, "Variances of observed minus expected events")
    inputs.same_shape("Observed minus expected events and their variances", difference, v)
    return EffectSizes(difference / v, 1 / v)


def _on_scale(values: ArrayLike, log: bool) -> Array:
    return np.log(checks.positive(values, "Ratios")) if log else inputs.measured(values, "Estimates")
