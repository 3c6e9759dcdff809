"""What a printed number leaves open: the interval that rounds to it, in the scale of a statistic.

A pooled result is held by a handful of statistics that move smoothly with effects and standard
errors: the estimate, its limits, |z|, the square root of Cochran's Q. Printed P values and I² are
translated to these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import chdtri, ndtri, stdtrit


class Box(NamedTuple):
    """From ``low`` to ``high``; either may be infinite."""

    low: float
    high: float


def rounding_box(text: str) -> Box:
    """The numbers that round to ``text``: "1.80" is 1.795 to 1.805, "<0.01" everything below 0.01.

    Raises ValueError where ``text`` is no number.
    """
    plain = text.strip()
    if plain[:1] in ("<", ">"):
        bound = float(plain[1:])
        return Box(-np.inf, bound) if plain[0] == "<" else Box(bound, np.inf)
    half = 0.5 * 10.0 ** -len(plain.partition(".")[2])
    return Box(float(plain) - half, float(plain) + half)


def _turned(box: Box, least: float, most: float, statistic: Callable[[float], float]) -> Box:
    """The box of a statistic that falls where the printed number, between its bounds, rises."""
    return Box(
        statistic(box.high) if box.high < most else -np.inf,
        statistic(box.low) if box.low > least else np.inf,
    )


def z_box(p: str) -> Box:
    """|z| of a two-sided ``p``."""
    return _turned(rounding_box(p), 0, 1, lambda value: -float(ndtri(value / 2)))


def t_box(p: str, df: int) -> Box:
    """|t| of a two-sided ``p`` on ``df`` degrees of freedom."""
    return _turned(rounding_box(p), 0, 1, lambda value: -float(stdtrit(df, value / 2)))


def root_q_box(p: str, df: int) -> Box:
    """√Q of the ``p`` of heterogeneity on ``df`` degrees of freedom."""
    return _turned(rounding_box(p), 0, 1, lambda value: float(np.sqrt(chdtri(df, value))))


def root_q_box_of_i2(percent: str, df: int) -> Box:
    """√Q of an I² = (Q − df)/Q in ``percent`` on ``df`` degrees of freedom; 0% says Q hardly exceeds df."""
    box = rounding_box(percent)
    low, high = (float(np.sqrt(df / (1 - limit / 100))) if limit < 100 else np.inf for limit in box)
    return Box(low if box.low > 0 else -np.inf, high)
