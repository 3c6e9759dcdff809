"""A finished figure in all its forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sscreport.draw.canvas import Canvas, Text
from sscreport.draw.fallback import fallback_font
from sscreport.draw.fonts import foreign
from sscreport.draw.paint import to_pdf, to_png, to_tiff
from sscreport.draw.svg import to_svg
from sscreport.problems import UsageError
from sscreport.records import Figure, FigureData


@dataclass(frozen=True)
class Drawing:
    """A finished figure, with the canvas it was written from."""

    figure: Figure
    canvas: Canvas

    def png(self, dpi: int = 300) -> bytes:
        """The same marks as a PNG of ``dpi`` dots per inch."""
        return to_png(self.canvas, dpi)

    def write(self, path: Path, dpi: int = 300) -> None:
        """Write the figure on its own, in the format of the path's suffix (one of `FORMATS`).

        SVG and PDF carry their font. ``dpi`` is the resolution of PNG and TIFF. Raises UsageError
        for any other suffix.
        """
        if path.suffix.lower() not in FORMATS:
            known = ", ".join(FORMATS)
            raise UsageError(f"{path.name}: a figure is not written as {path.suffix!r}. Known: {known}.")
        path.write_bytes(FORMATS[path.suffix.lower()](self, dpi))

    def with_data(self, data: FigureData | None) -> Drawing:
        """The same figure, with what it shows as a table."""
        return replace(self, figure=replace(self.figure, data=data))

    @property
    def unpainted(self) -> str:
        """The characters that neither our typeface nor any font of this machine has."""
        texts = (mark for mark in self.canvas.marks if isinstance(mark, Text))
        lacking = (sign for text in texts for sign in foreign(text.text, text.bold))
        return "".join(dict.fromkeys(sign for sign in lacking if fallback_font(sign) is None))

    @property
    def warnings(self) -> list[str]:
        """What the author of the figure should know although it was drawn."""
        if not self.unpainted:
            return []
        return [
            f"No installed font has the characters {self.unpainted} of the figure {self.figure.id}: PNG, "
            "TIFF and PDF show boxes in their place. Install such a font, for example Noto Sans CJK."
        ]


FORMATS: Mapping[str, Callable[[Drawing, int], bytes]] = {
    ".svg": lambda drawing, _: to_svg(drawing.canvas, drawing.figure.alt, embed_font=True).encode(),
    ".pdf": lambda drawing, _: to_pdf(drawing.canvas, drawing.figure.id, drawing.figure.alt),
    ".png": lambda drawing, dpi: to_png(drawing.canvas, dpi),
    ".tiff": lambda drawing, dpi: to_tiff(drawing.canvas, dpi),
    ".tif": lambda drawing, dpi: to_tiff(drawing.canvas, dpi),
}


def finish(figure_id: str, canvas: Canvas, alt: str) -> Drawing:
    """The drawing of a canvas on which everything is placed; ``alt`` describes it to listeners."""
    figure = Figure(figure_id, to_svg(canvas, alt), alt, canvas.width, canvas.height, canvas.spots())
    return Drawing(figure, canvas)
