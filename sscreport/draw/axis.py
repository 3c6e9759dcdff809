"""Axes: which range a plot shows, its ticks, and where a number falls on paper."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from sscreport.draw.canvas import Canvas, Constant
from sscreport.draw.fonts import text_width
from sscreport.wording import MINUS

# Half-width of a symmetric axis and the step of its ticks, times a power of ten.
_LINEAR = ((1, 0.5), (1.5, 0.5), (2, 1), (3, 1), (4, 2), (5, 2.5), (6, 2), (8, 4), (10, 5))
# RevMan's ladders for ratios, from the narrowest.
_RATIO = (
    (0.5, 0.7, 1, 1.5, 2),
    (0.2, 0.5, 1, 2, 5),
    (0.1, 0.2, 0.5, 1, 2, 5, 10),
    (0.05, 0.2, 1, 5, 20),
    (0.01, 0.1, 1, 10, 100),
    (0.001, 0.1, 1, 10, 1000),
)
# A study's interval may reach past all pooled results by this much before the axis cuts it.
_OVERHANG = 1.25
_TICK_MM = 0.9
_LABEL_GAP = 0.8
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Axis:
    """A horizontal axis from the first to the last of ``ticks``, ``left`` to ``right`` in mm."""

    ticks: tuple[float, ...]
    log: bool
    left: float
    right: float

    def place(self, number: float) -> float:
        """Where ``number`` falls, in mm; beyond the axis it stands at the axis' end."""
        low, high, at = (to_scale(x, self.log) for x in (self.ticks[0], self.ticks[-1], number))
        return self.left + (self.right - self.left) * min(1.0, max(0.0, (at - low) / (high - low)))

    def draw(self, canvas: Canvas, y: float, size: float) -> None:
        """The axis line at ``y`` with its ticks and their labels below."""
        canvas.line((self.left, y), (self.right, y))
        for tick in self.ticks:
            x = self.place(tick)
            canvas.line((x, y), (x, y + _TICK_MM))
        for tick in self._labelled(size):
            canvas.text(self.place(tick), y + _TICK_MM + 2.7, tick_label(tick), size, anchor="middle")

    def _labelled(self, size: float) -> list[float]:
        """The ticks whose labels have room: the middle and the ends before the others."""
        ticks = self.ticks
        order = dict.fromkeys((ticks[len(ticks) // 2], ticks[0], ticks[-1], *ticks))
        taken: list[tuple[float, float]] = []
        kept = []
        for tick in order:
            half = text_width(tick_label(tick).text, size) / 2 + _LABEL_GAP / 2
            left, right = self.place(tick) - half, self.place(tick) + half
            if all(right <= start or end <= left for start, end in taken):
                taken.append((left, right))
                kept.append(tick)
        return sorted(kept)


def to_scale(number: float, log: bool) -> float:
    """A number of the reported scale on the scale of the axis."""
    if not log:
        return number
    return math.log(number) if number > 0 else -math.inf


def tick_label(tick: float) -> Constant:
    return Constant(f"{tick:.10g}".replace("-", MINUS), "axis tick")


def symmetric_ticks(
    firm: Iterable[float], loose: Iterable[float], null: float, log: bool
) -> tuple[float, ...]:
    """Ticks of an axis with the null value in its middle.

    It shows every number of ``firm`` (point estimates, pooled intervals) and, of ``loose`` (the
    studies' intervals), as much as leaves the others readable. All on the reported scale.
    """
    middle = to_scale(null, log)

    def reach(numbers: Iterable[float]) -> float:
        distances = (abs(to_scale(x, log) - middle) for x in numbers)
        return max((d for d in distances if math.isfinite(d)), default=0.0)

    inner = reach(firm)
    need = max(inner, min(reach(loose), inner * _OVERHANG))
    return _ratio_ticks(need) if log else tuple(null + tick for tick in _linear_ticks(need))


def _linear_ticks(need: float) -> tuple[float, ...]:
    if need <= 0:
        return (-1.0, 0.0, 1.0)
    power = 10.0 ** math.floor(math.log10(need))
    half, step = next(pair for pair in _LINEAR if pair[0] * power >= need * (1 - _TOLERANCE))
    count = round(half / step)
    return tuple(i * step * power for i in range(-count, count + 1))


def _ratio_ticks(need: float) -> tuple[float, ...]:
    for ladder in _RATIO:
        if math.log(ladder[-1]) >= need - _TOLERANCE:
            return tuple(map(float, ladder))
    decades = math.ceil(need / math.log(10) - _TOLERANCE)
    return (10.0**-decades, 1.0, 10.0**decades)


def plain_ticks(low: float, high: float, log: bool = False, most: int = 6) -> tuple[float, ...]:
    """Evenly spaced round ticks that enclose ``low`` to ``high``; whole decades for ratios."""
    if log:
        ends = math.floor(math.log10(low)), math.ceil(math.log10(high))
        return tuple(10.0**i for i in range(ends[0], max(ends[1], ends[0] + 1) + 1))
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    for step in (power, 2 * power, 2.5 * power, 5 * power, 10 * power):
        first, last = math.floor(low / step + _TOLERANCE), math.ceil(high / step - _TOLERANCE)
        if last - first <= most:
            break
    return tuple(i * step for i in range(first, max(last, first + 1) + 1))
