"""Effect sizes of incidence rates: events of two groups, each with its time at risk.

Group 1 is compared with group 2; rates are per unit of the time that is given.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sscreport.statistics import checks, inputs
from sscreport.statistics.checks import DoubleZero, RatioZeroCells, ZeroCells
from sscreport.statistics.inputs import Array
from sscreport.statistics.results import EffectSizes


def incidence_rate_ratio(
    events_1: ArrayLike,
    time_1: ArrayLike,
    events_2: ArrayLike,
    time_2: ArrayLike,
    *,
    zero_cells: RatioZeroCells = "only0",
    add: float = 0.5,
    double_zero: DoubleZero = "drop",
) -> EffectSizes:
    """Log ratios of incidence rates (metafor's "IRR").

    ln((x₁/t₁) / (x₂/t₂)), v = 1/x₁ + 1/x₂ (Rothman & Greenland 1998, chapter 14), with ``add`` more
    events in both groups of the studies that ``zero_cells`` names: "only0" with a group without an event,
    "all", "if0all" all of a meta-analysis (last axis) with such a study, "none". Any shape, the same for
    all four. NaN where a group still has no event and, unless ``double_zero`` is "keep", where neither
    had one; such studies do not count for "if0all". Raises ValueError for impossible counts and for times
    that are not greater than 0.
    """
    checks.option("zero_cells", zero_cells, RatioZeroCells)
    x1, t1, x2, t2 = _rates(events_1, time_1, events_2, time_2, double_zero)
    added = checks.correction(np.minimum(x1, x2) == 0, zero_cells, add)
    x1, x2 = x1 + added, x2 + added
    known = np.minimum(x1, x2) > 0
    x1, x2 = np.where(known, x1, np.nan), np.where(known, x2, np.nan)
    return EffectSizes(np.log((x1 / t1) / (x2 / t2)), 1 / x1 + 1 / x2)


def incidence_rate_difference(
    events_1: ArrayLike,
    time_1: ArrayLike,
    events_2: ArrayLike,
    time_2: ArrayLike,
    *,
    zero_cells: ZeroCells = "only0_in_se",
    add: float = 0.5,
    double_zero: DoubleZero = "keep",
) -> EffectSizes:
    """Differences of incidence rates (metafor's "IRD").

    x₁/t₁ − x₂/t₂, v = x₁/t₁² + x₂/t₂² (Rothman & Greenland 1998, chapter 14). The default corrects the
    events only for v; with "only0" the difference shifts too, as in metafor. Options, shapes and errors
    as of `incidence_rate_ratio`; with "none" v is 0 where there are no events.
    """
    x1, t1, x2, t2 = _rates(events_1, time_1, events_2, time_2, double_zero)
    added = checks.correction(np.minimum(x1, x2) == 0, zero_cells, add)
    shift = 0.0 if zero_cells == "only0_in_se" else added
    rate_difference = (x1 + shift) / t1 - (x2 + shift) / t2
    return EffectSizes(rate_difference, (x1 + added) / t1**2 + (x2 + added) / t2**2)


def _rates(
    events_1: ArrayLike, time_1: ArrayLike, events_2: ArrayLike, time_2: ArrayLike, double_zero: DoubleZero
) -> tuple[Array, ...]:
    """Events and times; the events of studies that are dropped are NaN."""
    checks.option("double_zero", double_zero, DoubleZero)
    x1, x2 = inputs.counts(events_1, "Events"), inputs.counts(events_2, "Events")
    t1, t2 = checks.positive(time_1, "Times"), checks.positive(time_2, "Times")
    inputs.same_shape("Events and times of both groups", x1, t1, x2, t2)
    kept = (double_zero == "keep") | (x1 + x2 > 0)
    return np.where(kept, x1, np.nan), t1, np.where(kept, x2, np.nan), t2
