"""Paint a canvas as PNG: at three times the resolution, then reduced, which smooths every edge."""

from __future__ import annotations

import io
import math

from PIL import Image, ImageDraw

from sscreport.draw.canvas import INK, Canvas, Disc, Line, Mark, Point, Shape, Text
from sscreport.draw.fonts import MM_PER_POINT, font

OVERSAMPLING = 3
MM_PER_INCH = 25.4


def to_png(canvas: Canvas, dpi: int = 300) -> bytes:
    """The canvas as a PNG of ``dpi`` dots per inch, on white."""
    dots = dpi / MM_PER_INCH * OVERSAMPLING
    size = (round(canvas.width * dpi / MM_PER_INCH), round(canvas.height * dpi / MM_PER_INCH))
    image = Image.new("RGB", (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING), "white")
    pen = ImageDraw.Draw(image)
    for mark in canvas.marks:
        _paint(pen, mark, dots)
    buffer = io.BytesIO()
    image.reduce(OVERSAMPLING).save(buffer, "PNG", dpi=(dpi, dpi))
    return buffer.getvalue()


def _paint(pen: ImageDraw.ImageDraw, mark: Mark, dots: float) -> None:
    """Paint one mark; ``dots`` is the number of pixels in a millimetre."""
    match mark:
        case Text():
            face = font(mark.size * MM_PER_POINT * dots, mark.bold)
            pen.text((mark.left * dots, mark.y * dots), mark.text, INK, face, anchor="ls")
        case Line():
            for piece in dashes(mark.points, mark.dash):
                pen.line(_pixels(piece, dots), mark.color, _thickness(mark.width, dots), joint="curve")
        case Shape():
            pen.polygon(_pixels(mark.points, dots), mark.fill)
            if mark.width:
                outline = (*mark.points, *mark.points[:2])
                pen.line(_pixels(outline, dots), mark.outline, _thickness(mark.width, dots), joint="curve")
        case Disc():
            x, y, radius = mark.x * dots, mark.y * dots, mark.radius * dots
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), mark.fill)


def dashes(points: tuple[Point, ...], dash: tuple[float, float] | None) -> list[tuple[Point, ...]]:
    """The drawn pieces of a line: the whole, or each straight part cut into dashes."""
    if dash is None:
        return [points]
    on, off = dash
    pieces: list[tuple[Point, ...]] = []
    for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
        length = math.hypot(x1 - x0, y1 - y0)
        for start in (i * (on + off) for i in range(math.ceil(length / (on + off)))):
            ends = (start / length, min(start + on, length) / length)
            pieces.append(tuple((x0 + (x1 - x0) * t, y0 + (y1 - y0) * t) for t in ends))
    return pieces


def _pixels(points: tuple[Point, ...], dots: float) -> list[Point]:
    return [(x * dots, y * dots) for x, y in points]


def _thickness(points: float, dots: float) -> int:
    return max(1, round(points * MM_PER_POINT * dots))
