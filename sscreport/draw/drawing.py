"""A finished figure in both forms."""

from __future__ import annotations

from dataclasses import dataclass

from sscreport.draw.canvas import Canvas
from sscreport.draw.png import to_png
from sscreport.draw.svg import to_svg
from sscreport.records import Figure


@dataclass(frozen=True)
class Drawing:
    """A finished figure, with the canvas it was written from."""

    figure: Figure
    canvas: Canvas

    def png(self, dpi: int = 300) -> bytes:
        """The same marks as a PNG of ``dpi`` dots per inch."""
        return to_png(self.canvas, dpi)


def finish(figure_id: str, canvas: Canvas, alt: str) -> Drawing:
    """The drawing of a canvas on which everything is placed; ``alt`` describes it to listeners."""
    figure = Figure(figure_id, to_svg(canvas, alt), alt, canvas.width, canvas.height, canvas.spots())
    return Drawing(figure, canvas)
