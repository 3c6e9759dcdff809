"""The sound model on arrays: random effects, every choice named, at any correlation of before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import numpy as np
from scipy.optimize import brentq

from sscreport.statistics.change import rescaled_error
from sscreport.statistics.inputs import Array
from sscreport.statistics.pooling import Test, pool
from sscreport.statistics.repeated import combine_repeats
from sscreport.statistics.results import Estimate
from sscreport.statistics.tau_squared import Method

MOST = 0.99  # the highest correlation that is looked at
STEP = 0.03  # between the correlations at which an interval is looked at before its end is sought
LEAST_STUDIES = 3  # for a prediction interval

T = TypeVar("T")


@dataclass(frozen=True)
class Choices:
    """``times``: the correlation of two changes of the same patients at different times."""

    tau_squared: Method
    interval: Test
    times: float


@dataclass(frozen=True)
class Fit:
    """A result on the analysis scale; NaN where there is no such thing."""

    estimate: float
    ci_low: float
    ci_high: float
    p: float
    tau_squared: float = np.nan
    i_squared: float = np.nan
    prediction_low: float = np.nan
    prediction_high: float = np.nan


def fit(
    y: Array,
    se: Array,
    level: float,
    choices: Choices,
    patients: Sequence[str] | None = None,
    n: float | None = None,
) -> Fit:
    """The pooled effect of a place; a single study is taken as it is.

    ``level`` in percent. ``patients``: whose effects they are, where some are of the same patients. ``n``:
    patients of a single study, whose mean change has the t interval on n − 1 degrees of freedom.
    """
    if patients is not None:
        y, variances = combine_repeats(y, np.square(se), patients, choices.times)
        se = np.sqrt(variances)
    if len(y) == 1:
        df = np.inf if n is None or n < 2 else n - 1
        single = Estimate(y[0], se[0], df, level / 100)
        return Fit(*map(float, (single.estimate, single.ci_low, single.ci_high, single.p)))
    pooled = pool(y, np.square(se), method=choices.tau_squared, test=choices.interval, level=level / 100)
    limits = pooled.prediction_interval("k-1") if len(y) >= LEAST_STUDIES else (np.nan, np.nan)
    found = (pooled.estimate, pooled.ci_low, pooled.ci_high, pooled.p, pooled.tau2, pooled.i2_tau2)
    return Fit(*map(float, (*found, *limits)))


@dataclass(frozen=True)
class Errors:
    """How standard errors follow the correlation. ``known``: the effects whose SDs are given, in pairs."""

    known: tuple[int, ...]

    def at(self, r: float, se: Array, recorded: float, sds: Sequence[float] = ()) -> Array:
        """The standard errors at a correlation of ``r``, shape (k,), from those at the ``recorded`` one."""
        before, after = np.ones_like(se), np.ones_like(se)
        pairs = np.reshape(sds, (-1, 2)) if len(self.known) else np.empty((0, 2))
        before[list(self.known)], after[list(self.known)] = pairs.T
        return np.asarray(rescaled_error(se, np.full_like(se, recorded), np.full_like(se, r), before, after))


def limits(y: Array, errors: Array, level: float, choices: Choices) -> tuple[Array, Array]:
    """The interval of the pooled effects ``y``, shape (k,), at each row of ``errors``, shape (n, k)."""
    same = np.broadcast_to(y, errors.shape)
    pooled = pool(
        same, np.square(errors), method=choices.tau_squared, test=choices.interval, level=level / 100
    )
    return np.asarray(pooled.ci_low), np.asarray(pooled.ci_high)


def tipping(gap: Callable[[Array], Array]) -> tuple[float, str] | None:
    """The lowest correlation at which an interval starts or stops to exclude no effect, and which of both.

    ``gap``: how far the intervals at some correlations stay away from no effect, negative where they hold
    it. None where they do neither from 0 to `MOST`.
    """
    tried = np.arange(0, MOST + STEP / 2, STEP)
    gaps = gap(tried)
    changes = np.flatnonzero((gaps[:-1] > 0) != (gaps[1:] > 0))
    if not changes.size:
        return None
    first = changes[0]
    root = brentq(lambda r: gap(np.array([r]))[0], tried[first], tried[first + 1], xtol=1e-12)
    return float(root), "stops" if gaps[first] > 0 else "starts"


def once(function: Callable[..., T]) -> Callable[..., T]:
    """``function`` of numbers, words and arrays, computed once for equal ones: one fit gives many values."""

    @cache
    def kept(*items: Any) -> T:
        return function(*(np.array(item, dtype=float) if _numbers(item) else item for item in items))

    return lambda *items: kept(*map(_frozen, items))


def _frozen(item: Any) -> Any:
    if isinstance(item, np.ndarray):
        return tuple(item.tolist())
    return tuple(item) if isinstance(item, list) else item


def _numbers(item: Any) -> bool:
    return isinstance(item, tuple) and not any(isinstance(one, str) for one in item)
