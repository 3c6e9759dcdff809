"""Paint a canvas as PNG with matplotlib: the same marks, at their places in millimetres."""

from __future__ import annotations

import io
import logging
from functools import cache

from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Page
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon
from matplotlib.text import Text as TextArtist

from sscreport.draw.canvas import INK, Canvas, Disc, Line, Mark, Shape, Text
from sscreport.draw.fonts import MM_PER_POINT, font_path

# Said of every subset font; the names that matter are there.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

MM_PER_INCH = 25.4
ALIGNMENTS = {"start": "left", "middle": "center", "end": "right"}


def to_png(canvas: Canvas, dpi: int = 300) -> bytes:
    """The canvas as a PNG of ``dpi`` dots per inch, on white."""
    page = Page(figsize=(canvas.width / MM_PER_INCH, canvas.height / MM_PER_INCH), dpi=dpi, facecolor="white")
    FigureCanvasAgg(page)
    axes = page.add_axes((0, 0, 1, 1), xlim=(0, canvas.width), ylim=(canvas.height, 0))
    axes.set_axis_off()
    for layer, mark in enumerate(canvas.marks):
        artist = _artist(mark)
        artist.set(zorder=layer, clip_on=False)
        axes.add_artist(artist)
    buffer = io.BytesIO()
    page.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _artist(mark: Mark) -> Artist:
    match mark:
        case Text():
            return _text(mark)
        case Line():
            dash = (0, [length / MM_PER_POINT / mark.width for length in mark.dash]) if mark.dash else "-"
            xs, ys = zip(*mark.points, strict=True)
            return Line2D(
                xs, ys, color=mark.color, linewidth=mark.width, linestyle=dash, dash_capstyle="butt",
                solid_capstyle="butt",
            )  # fmt: skip
        case Shape():
            outline = mark.outline if mark.width else "none"
            return Polygon(mark.points, facecolor=mark.fill, edgecolor=outline, linewidth=mark.width)
        case Disc():
            return Circle((mark.x, mark.y), mark.radius, facecolor=mark.fill, edgecolor="none")


def _text(mark: Text) -> TextArtist:
    return TextArtist(
        mark.x, mark.y, mark.text, color=INK, fontproperties=_face(mark.bold), fontsize=mark.size,
        horizontalalignment=ALIGNMENTS[mark.anchor], verticalalignment="baseline", parse_math=False,
    )  # fmt: skip


@cache
def _face(bold: bool) -> FontProperties:
    return FontProperties(fname=str(font_path(bold)))
