"""Names beside the points of a plot: each stands where nothing is in its way, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sscreport.draw.canvas import Canvas, Part, Point, line_text
from sscreport.draw.fonts import ASCENT, DESCENT, MM_PER_POINT, text_width
from sscreport.values import Value

RADIUS = 0.95  # mm, of a point
POINT_FILL = "#33506e"
CLEAR = 0.3  # around a point, for other points' names
APART = 0.8  # between two names on one line
NEAR = 1.7  # from a point to its label
# Sides to try, from the best; (1, 0) is right of the point, (0, 1) below it.
AROUND = (
    (1, 0),
    (-1, 0),
    (1, -0.8),
    (1, 0.8),
    (-1, -0.8),
    (-1, 0.8),
    (0, -1),
    (0, 1),
    (0.6, -1.5),
    (0.6, 1.5),
    (-0.6, -1.5),
    (-0.6, 1.5),
)


class Rectangle(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Rectangle) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def within(self, other: Rectangle) -> bool:
        return (
            other.left <= self.left
            and self.right <= other.right
            and other.top <= self.top
            and self.bottom <= other.bottom
        )


@dataclass(frozen=True)
class Spotted:
    """A point of a plot, in mm, the value it shows and its name."""

    x: float
    y: float
    value: Value
    name: tuple[Part, ...]

    @property
    def box(self) -> Rectangle:
        """The point's room, with enough air that the name beside it is not taken for another's."""
        reach = RADIUS + CLEAR
        return Rectangle(self.x - reach, self.y - reach, self.x + reach, self.y + reach)


def draw_points(
    canvas: Canvas,
    points: Sequence[Spotted],
    room: Rectangle,
    size: float,
    lines: Sequence[tuple[Point, Point]] = (),
) -> int:
    """Draw every point and, in this order, the names that find a place; returns how many do not.

    A name stays within ``room``, clear of points and other names. Of its possible places it takes
    the first that crosses fewest of ``lines``, which fall from their first to their second point.
    """
    for point in points:
        canvas.disc(point.x, point.y, RADIUS, POINT_FILL, value=point.value)
    taken, unnamed = [point.box for point in points], 0
    for point in points:
        boxes = [_label_box(point, side, size) for side in AROUND]
        free = [box for box in boxes if box.within(room) and not any(map(box.overlaps, taken))]
        if not free:
            unnamed += 1
            continue
        best = min(free, key=lambda box: sum(_crosses(box, line) for line in lines))
        taken.append(Rectangle(best.left - APART, best.top, best.right + APART, best.bottom))
        canvas.text(best.left, best.bottom - DESCENT * size * MM_PER_POINT, point.name, size)
    return unnamed


def _label_box(point: Spotted, side: tuple[float, float], size: float) -> Rectangle:
    """The room a name takes on one side of its point."""
    width, height = text_width(line_text(point.name), size), (ASCENT + DESCENT) * size * MM_PER_POINT
    x = point.x + side[0] * (NEAR + width / 2)
    y = point.y + side[1] * (NEAR + (height / 2 if side[0] == 0 else 0))
    return Rectangle(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _crosses(box: Rectangle, line: tuple[Point, Point]) -> bool:
    """Whether a line that falls from its first to its second point passes through the box."""
    (x0, y0), (x1, y1) = line
    edges = [x0 + (x1 - x0) * (y - y0) / (y1 - y0) for y in (box.top, box.bottom)]
    return min(edges) < box.right and max(edges) > box.left
