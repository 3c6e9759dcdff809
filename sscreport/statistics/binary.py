"""Effect sizes of dichotomous outcomes: two groups of participants, or matched pairs.

Ratios are natural logarithms. Group 1 is compared with group 2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sscreport.statistics import checks, inputs
from sscreport.statistics.checks import DoubleZero, RatioZeroCells, ZeroCells
from sscreport.statistics.inputs import Array
from sscreport.statistics.results import EffectSizes


class Tables(NamedTuple):
    """2 × 2 tables: events ``a`` and non-events ``b`` of group 1, ``c`` and ``d`` of group 2."""

    a: Array
    b: Array
    c: Array
    d: Array


def tables(events_1: ArrayLike, total_1: ArrayLike, events_2: ArrayLike, total_2: ArrayLike) -> Tables:
    """Tables from the events and participants of both groups, one shape for all four.

    Raises ValueError for negative or non-finite counts, empty groups, and more events than participants.
    """
    a, n1, c, n2 = (inputs.counts(count, "Counts") for count in (events_1, total_1, events_2, total_2))
    inputs.same_shape("Events and totals of both groups", a, n1, c, n2)
    for events, total in ((a, n1), (c, n2)):
        inputs.require(total > 0, "Totals must be greater than 0", total)
        inputs.require(events <= total, "Events must not outnumber their total", events)
    return Tables(a, n1 - a, c, n2 - c)


def informative(table: Tables) -> NDArray[np.bool_]:
    """Which tables have an event and a non-event: the others say nothing about a ratio."""
    return (table.a + table.c > 0) & (table.b + table.d > 0)


def has_zero(table: Tables) -> NDArray[np.bool_]:
    """Which tables have an empty cell."""
    return np.minimum.reduce(table) == 0


def corrected(table: Tables, zero_cells: ZeroCells = "only0", add: float = 0.5) -> Tables:
    """The tables with ``add`` in all four cells (Gart & Zweifel 1967, Biometrika 54:181).

    ``zero_cells`` says of which: "only0" those with an empty cell; "all"; "if0all" all tables of a
    meta-analysis (last axis) that has an empty cell anywhere; "none". "only0_in_se" is "only0" for
    a table that only a standard error is made from. Cells that are NaN are not empty, and stay NaN.
    """
    added = checks.correction(has_zero(table), zero_cells, add)
    return Tables(*(cell + added for cell in table))


def odds_ratio(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_2: ArrayLike,
    total_2: ArrayLike,
    *,
    zero_cells: RatioZeroCells = "only0",
    add: float = 0.5,
    double_zero: DoubleZero = "drop",
) -> EffectSizes:
    """Log odds ratios.

    ln OR = ln(ad / bc), v = 1/a + 1/b + 1/c + 1/d (Woolf 1955, Ann Hum Genet 19:251), of the tables
    as `corrected` by ``zero_cells`` and ``add``; the defaults are those of Review Manager (Deeks &
    Higgins 2010). Counts: any shape, the same for all four. NaN where a cell is still empty and, unless
    ``double_zero`` is "keep", where all participants or none have the event; such tables do not count
    as ones with an empty cell. Raises ValueError for impossible counts (`tables`).
    """
    table = _for_ratio(tables(events_1, total_1, events_2, total_2), zero_cells, add, double_zero)
    a, b, c, d = _only(table, ~has_zero(table))
    return EffectSizes(np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d)


def risk_ratio(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_2: ArrayLike,
    total_2: ArrayLike,
    *,
    zero_cells: RatioZeroCells = "only0",
    add: float = 0.5,
    double_zero: DoubleZero = "drop",
) -> EffectSizes:
    """Log risk ratios.

    ln RR = ln(a n₂ / c n₁), v = 1/a − 1/n₁ + 1/c − 1/n₂ (Katz et al. 1978, Biometrics 34:469), with
    n₁ = a + b and n₂ = c + d of the tables as `corrected`. Options, shapes and errors as of
    `odds_ratio`; NaN where a group still has no event.
    """
    table = _for_ratio(tables(events_1, total_1, events_2, total_2), zero_cells, add, double_zero)
    a, b, c, d = _only(table, np.minimum(table.a, table.c) > 0)
    n1, n2 = a + b, c + d
    return EffectSizes(np.log(a * n2 / (c * n1)), b / (a * n1) + d / (c * n2))


def risk_difference(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_2: ArrayLike,
    total_2: ArrayLike,
    *,
    zero_cells: ZeroCells = "only0_in_se",
    add: float = 0.5,
    double_zero: DoubleZero = "keep",
) -> EffectSizes:
    """Risk differences, between −1 and 1.

    RD = a/n₁ − c/n₂, v = ab/n₁³ + cd/n₂³ (Deeks & Higgins 2010, Statistical algorithms in Review
    Manager 5). The default `corrected`s the table only for v, as Review Manager; with "only0", "all" and
    "if0all" the correction shifts RD too, as in metafor. Shapes and errors as of `odds_ratio`. With
    ``zero_cells`` "none" v is 0 where neither group varies.
    """
    raw = _kept(tables(events_1, total_1, events_2, total_2), double_zero)
    table = corrected(raw, zero_cells, add)
    a, b, c, d = raw if zero_cells == "only0_in_se" else table
    # One numerator, so that equal risks differ by exactly 0.
    difference = (a * d - b * c) / ((a + b) * (c + d))
    a, b, c, d = table
    return EffectSizes(difference, a * b / (a + b) ** 3 + c * d / (c + d) ** 3)


def peto_odds_ratio(
    events_1: ArrayLike, total_1: ArrayLike, events_2: ArrayLike, total_2: ArrayLike
) -> EffectSizes:
    """Peto's log odds ratios, from the tables as they are.

    ln OR = (O − E) / V, v = 1 / V with O = a, E = n₁(a + c)/N and the hypergeometric variance
    V = n₁n₂(a + c)(b + d) / (N²(N − 1)) (Yusuf et al. 1985, Prog Cardiovasc Dis 27:335). Shapes and
    errors as of `odds_ratio`. NaN where V is 0: all participants or none have the event.
    """
    table = tables(events_1, total_1, events_2, total_2)
    total = np.add.reduce(table)
    inputs.require(total > 1, "Peto's method needs more than one participant", total)
    a, b, c, d = _kept(table, "drop")
    # O − E is (ad − bc) / N, which is 0 without rounding where the odds are equal.
    variance = (a + b) * (c + d) * (a + c) * (b + d) / (total**2 * (total - 1))
    return EffectSizes((a * d - b * c) / total / variance, 1 / variance)


def matched_odds_ratio(
    only_1: ArrayLike, only_2: ArrayLike, *, zero_cells: RatioZeroCells = "only0", add: float = 0.5
) -> EffectSizes:
    """Conditional log odds ratios of matched pairs, or of participants observed under two conditions.

    ln OR = ln(b / c), v = 1/b + 1/c with the discordant pairs: ``only_1``, b, with the event under
    condition 1 alone, and ``only_2``, c, under condition 2 alone (McNemar 1947, Psychometrika 12:153;
    Breslow & Day 1980, Statistical methods in cancer research 1, section 5.2). ``add`` goes to both where
    ``zero_cells`` says so as in `corrected`. Counts: any shape, the same for both. NaN without a
    discordant pair, or where one of the counts is still 0. Raises ValueError for impossible counts.
    """
    checks.option("zero_cells", zero_cells, RatioZeroCells)
    b, c = inputs.counts(only_1, "Counts"), inputs.counts(only_2, "Counts")
    inputs.same_shape("Discordant pairs of both kinds", b, c)
    discordant = b + c > 0
    added = checks.correction(discordant & (np.minimum(b, c) == 0), zero_cells, add)
    b, c = b + added, c + added
    known = discordant & (np.minimum(b, c) > 0)
    b, c = np.where(known, b, np.nan), np.where(known, c, np.nan)
    return EffectSizes(np.log(b / c), 1 / b + 1 / c)


def matched_risk_difference(
    both: ArrayLike,
    only_1: ArrayLike,
    only_2: ArrayLike,
    neither: ArrayLike,
    *,
    zero_cells: ZeroCells = "only0_in_se",
    add: float = 0.5,
) -> EffectSizes:
    """Marginal risk differences of matched pairs, between −1 and 1.

    RD = (b − c) / n, v = ((b + c) − (b − c)²/n) / n² (May & Johnson 1997, Stat Med 16:2127) with pairs
    that have the event under ``both`` conditions, a, under condition 1 alone, b, under condition 2
    alone, c, and under ``neither``, d; n = a + b + c + d. Zero cells as of `risk_difference`. Counts:
    any shape, the same for all four. Raises ValueError for impossible counts.
    """
    raw = _pairs(both, only_1, only_2, neither)
    table = corrected(raw, zero_cells, add)
    a, b, c, d = raw if zero_cells == "only0_in_se" else table
    difference = (b - c) / (a + b + c + d)
    a, b, c, d = table
    # n(b + c) − (b − c)², written without a difference.
    return EffectSizes(difference, ((b + c) * (a + d) + 4 * b * c) / (a + b + c + d) ** 3)


def _kept(table: Tables, double_zero: DoubleZero) -> Tables:
    """The tables that stay in the analysis; the others become NaN."""
    checks.option("double_zero", double_zero, DoubleZero)
    return table if double_zero == "keep" else _only(table, informative(table))


def _for_ratio(table: Tables, zero_cells: RatioZeroCells, add: float, double_zero: DoubleZero) -> Tables:
    checks.option("zero_cells", zero_cells, RatioZeroCells)
    return corrected(_kept(table, double_zero), zero_cells, add)


def _only(table: Tables, where: NDArray[np.bool_]) -> Tables:
    return Tables(*(np.where(where, cell, np.nan) for cell in table))


def _pairs(both: ArrayLike, only_1: ArrayLike, only_2: ArrayLike, neither: ArrayLike) -> Tables:
    """Pairs by the event under condition 1 (rows) and condition 2 (columns)."""
    pairs = Tables(*(inputs.counts(count, "Counts") for count in (both, only_1, only_2, neither)))
    inputs.same_shape("Pairs of all four kinds", *pairs)
    inputs.require(np.add.reduce(pairs) > 0, "There must be more than 0 pairs")
    return pairs
