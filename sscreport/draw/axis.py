"""Axes: which range a plot shows, its ticks, and where a number falls on paper."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from sscreport.draw.canvas import Canvas, Constant
from sscreport.draw.fonts import MM_PER_POINT, text_width
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
_LABEL_MM = 1.6  # from a vertical axis to its labels
_EDGE_MM = 0.5  # from them to the figure's edge
_HALF_DIGIT = 0.35  # of the type size
_BETWEEN_MM = 1.8  # two labels of a horizontal axis
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
        return self.left + (self.right - self.left) * _share(self.ticks, self.log, number)

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


@dataclass(frozen=True)
class Upright:
    """A vertical axis from the first of ``ticks`` at ``start`` to the last at ``end``, in mm."""

    ticks: tuple[float, ...]
    log: bool
    start: float
    end: float

    def place(self, number: float) -> float:
        """Where ``number`` falls, in mm; beyond the axis it stands at the axis' end."""
        return self.start + (self.end - self.start) * _share(self.ticks, self.log, number)

    def room(self, size: float) -> float:
        """The width that ticks and labels take left of the axis, in mm."""
        return max(text_width(tick_label(tick).text, size) for tick in self.ticks) + _LABEL_MM + _EDGE_MM

    def draw(self, canvas: Canvas, x: float, size: float) -> None:
        """The axis line at ``x`` with its ticks and their labels to the left."""
        canvas.line((x, self.start), (x, self.end))
        for tick in self.ticks:
            y = self.place(tick)
            canvas.line((x - _TICK_MM, y), (x, y))
            middle = y + size * MM_PER_POINT * _HALF_DIGIT
            canvas.text(x - _LABEL_MM, middle, tick_label(tick), size, anchor="end")


def _share(ticks: tuple[float, ...], log: bool, number: float) -> float:
    """How far along the axis ``number`` stands, from 0 to 1."""
    low, high, at = (to_scale(x, log) for x in (ticks[0], ticks[-1], number))
    return min(1.0, max(0.0, (at - low) / (high - low)))


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
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        step = math.ceil((last - first) / most) or 1
        first, last = math.floor(first / step), math.ceil(last / step)
        return tuple(10.0 ** (i * step) for i in range(first, max(last, first + 1) + 1))
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    for step in (power, 2 * power, 2.5 * power, 5 * power, 10 * power):
        first, last = math.floor(low / step + _TOLERANCE), math.ceil(high / step - _TOLERANCE)
        if last - first <= most:
            break
    return tuple(i * step for i in range(first, max(last, first + 1) + 1))


def fitting_ticks(low: float, high: float, log: bool, width: float, size: float) -> tuple[float, ...]:
    """`plain_ticks` for a horizontal axis of ``width`` mm, so few that their labels keep apart."""
    for most in (6, 5, 4, 3, 2, 1):
        ticks = plain_ticks(low, high, log, most)
        widest = max(text_width(tick_label(tick).text, size) for tick in ticks)
        if (widest + _BETWEEN_MM) * (len(ticks) - 1) <= width:
            break
    return ticks
