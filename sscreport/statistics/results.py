"""What the functions return: effect sizes of studies, and estimates with their intervals and tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from sscreport.statistics import inputs
from sscreport.statistics.inputs import Array, Floats


class EffectSizes(NamedTuple):
    """Effect sizes ``yi`` with their sampling variances ``vi``, one shape for both.

    A study whose effect size does not exist, such as the odds ratio of two groups without an event,
    is NaN in both and False in ``estimable``; every pooling function leaves it out and counts only
    the others in ``k``.
    """

    yi: Array
    vi: Array

    @property
    def sei(self) -> Array:
        """Standard errors √vi."""
        return np.sqrt(self.vi)

    @property
    def estimable(self) -> NDArray[np.bool_]:
        """Which studies have an effect size."""
        return ~np.isnan(self.yi)

    def confidence_interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Normal (Wald) limits yi ± z·√vi of each study; NaN where there is no effect size."""
        half_width = quantile(level) * self.sei
        return self.yi - half_width, self.yi + half_width


@dataclass(frozen=True)
class Estimate:
    """An estimate on the analysis scale (logs for ratios), its standard error, interval and test.

    ``df``: degrees of freedom of t; infinite where the test is a normal one. All fields have one
    shape, that of the analyses.
    """

    estimate: Floats
    se: Floats
    df: Floats
    level: float

    @property
    def statistic(self) -> Floats:
        """z, or t on ``df``: estimate / se. A standard error of 0 gives an infinite one, or 0 for 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(np.equal(self.estimate, 0), 0.0, np.divide(self.estimate, self.se))[()]

    @property
    def p(self) -> Floats:
        """Two-sided P of ``statistic``."""
        return p_value(self.statistic, self.df)

    @property
    def ci_low(self) -> Floats:
        return self.estimate - quantile(self.level, self.df) * self.se

    @property
    def ci_high(self) -> Floats:
        return self.estimate + quantile(self.level, self.df) * self.se


def p_value(statistic: Floats, df: Floats = np.inf) -> Floats:
    """Two-sided P of a t on ``df`` degrees of freedom, of a z where they are infinite."""
    size = -np.abs(statistic)
    if np.all(np.isinf(df)):
        return 2 * ndtr(size)
    return 2 * np.where(np.isinf(df), ndtr(size), stdtr(np.where(np.isinf(df), 1.0, df), size))[()]


def quantile(level: float, df: Floats = np.inf) -> Floats:
    """The factor that makes a standard error the half width of an interval at ``level``."""
    inputs.level(level)
    z = -ndtri((1 - level) / 2)
    if np.all(np.isinf(df)):
        return z
    finite = np.where(np.isinf(df), 1.0, df)
    return np.where(np.isinf(df), z, -stdtrit(finite, (1 - level) / 2))[()]
