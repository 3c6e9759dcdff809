"""Effect sizes of single studies and their confidence intervals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from sscreport.statistics import inputs
from sscreport.statistics.inputs import Array, Floats


class Tables(NamedTuple):
    """2 × 2 tables: events ``a`` and non-events ``b`` of group 1, ``c`` and ``d`` of group 2."""

    a: Array
    b: Array
    c: Array
    d: Array


def _tables(events_1: ArrayLike, total_1: ArrayLike, events_2: ArrayLike, total_2: ArrayLike) -> Tables:
    counts = [inputs.counts(count, "Counts") for count in (events_1, total_1, events_2, total_2)]
    inputs.same_shape("Events and totals of both groups", *counts)
    for events, total in (counts[:2], counts[2:]):
        inputs.require(total > 0, "Totals must be greater than 0", total)
        inputs.require(events <= total, "Events must not outnumber their total", events)
    a, n1, c, n2 = counts
    return Tables(a, n1 - a, c, n2 - c)


def _informative(table: Tables) -> NDArray[np.bool_]:
    events, non_events = table.a + table.c, table.b + table.d
    return (events > 0) & (non_events > 0)


def _has_zero(table: Tables) -> NDArray[np.bool_]:
    return np.minimum.reduce(table) == 0


def estimable(
    events_1: ArrayLike, total_1: ArrayLike, events_2: ArrayLike, total_2: ArrayLike
) -> NDArray[np.bool_]:
    """Whether each table says anything about the odds ratio.

    False where neither group has an event, or neither a non-event: such studies are left out.
    Deeks & Higgins (2010), Statistical algorithms in Review Manager 5.
    """
    return _informative(_tables(events_1, total_1, events_2, total_2))


def corrected_tables(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_2: ArrayLike,
    total_2: ArrayLike,
    correction: float = 0.5,
) -> Tables:
    """The tables, with ``correction`` added to all four cells of each that has a zero cell.

    Tables that are not `estimable` stay as they are. Counts: any shape, the same for all four.
    Raises ValueError for negative or non-finite counts, empty groups, events above their total.
    """
    table = _tables(events_1, total_1, events_2, total_2)
    amount = inputs.counts(correction, "Corrections")
    added = np.where(_has_zero(table) & _informative(table), amount, 0.0)
    return Tables(*(cell + added for cell in table))


def log_odds_ratio(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_2: ArrayLike,
    total_2: ArrayLike,
    correction: float = 0.5,
) -> tuple[Floats, Floats]:
    """Log odds ratio of group 1 against group 2, and its standard error.

    ln OR = ln(ad / bc), se² = 1/a + 1/b + 1/c + 1/d (Woolf 1955, Ann Hum Genet 19:251), with
    ``correction`` added to all four cells of the tables that have a zero cell, and to no others
    (Gart & Zweifel 1967, Biometrika 54:181). Counts: any shape, the same for all four.
    Raises ValueError for impossible counts and for tables that are not `estimable`.
    """
    table = corrected_tables(events_1, total_1, events_2, total_2, correction)
    inputs.require(_informative(table), "Each table needs an event and a non-event to have an odds ratio")
    inputs.require(~_has_zero(table), "Without a correction each table must be free of zero cells")
    a, b, c, d = table
    return np.log(a) + np.log(d) - np.log(b) - np.log(c), np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)


def confidence_interval(effect: ArrayLike, se: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Normal (Wald) confidence limits, effect ± z·se, on the scale of ``effect``.

    ``effect`` and ``se``: any shape, the same for both. Raises ValueError for bad standard errors
    or a ``level`` that is not between 0 and 1.
    """
    effects, errors = inputs.effects_and_errors(effect, se)
    if not 0 < level < 1:
        raise ValueError(f"A confidence level lies between 0 and 1; {level:g} does not.")
    half_width = -ndtri((1 - level) / 2) * errors
    return effects - half_width, effects + half_width
