"""Paint a canvas with matplotlib, as PNG, TIFF or PDF: the same marks, at their places in millimetres.

The PDF is vector; its text stays text, in subsets of its fonts that are embedded.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure as Page
from matplotlib.font_manager import FontEntry, FontProperties, fontManager
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon
from matplotlib.text import Text as TextArtist
from PIL import Image

from sscreport.draw.canvas import INK, Canvas, Disc, Line, Mark, Shape, Text
from sscreport.draw.fallback import fallback_font, is_truetype
from sscreport.draw.fonts import MM_PER_POINT, font_path, foreign

# Said of every subset font; the names that matter are there.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

MM_PER_INCH = 25.4
ALIGNMENTS = {"start": "left", "middle": "center", "end": "right"}
# How a PDF carries a font: as it is, or its outlines drawn anew, which fits PostScript outlines too.
TRUETYPE, DRAWN = 42, 3


def to_png(canvas: Canvas, dpi: int = 300) -> bytes:
    """The canvas as a PNG of ``dpi`` dots per inch, on white; the file says its resolution."""
    return _saved(canvas, dpi, "png", {"Software": None})


def to_tiff(canvas: Canvas, dpi: int = 300) -> bytes:
    """The canvas as an RGB TIFF of ``dpi`` dots per inch, compressed without loss (LZW)."""
    buffer = io.BytesIO()
    painted = Image.open(io.BytesIO(to_png(canvas, dpi))).convert("RGB")
    painted.save(buffer, format="TIFF", compression="tiff_lzw", dpi=(dpi, dpi))
    return buffer.getvalue()


def to_pdf(canvas: Canvas, title: str, alt: str) -> bytes:
    """The canvas as a PDF page of its own size; no clock is asked, so equal marks give equal bytes."""
    told = {"Title": title, "Subject": alt, "Creator": "sscreport", "Producer": None, "CreationDate": None}
    texts = [mark for mark in canvas.marks if isinstance(mark, Text)]
    lent = {path for mark in texts for path in _lent(mark.text, mark.bold)}
    with matplotlib.rc_context({"pdf.fonttype": TRUETYPE if all(map(is_truetype, lent)) else DRAWN}):
        return _saved(canvas, 72, "pdf", told)


def _saved(canvas: Canvas, dpi: int, form: str, metadata: Mapping[str, Any]) -> bytes:
    page = Page(figsize=(canvas.width / MM_PER_INCH, canvas.height / MM_PER_INCH), dpi=dpi, facecolor="white")
    {"png": FigureCanvasAgg, "pdf": FigureCanvasPdf}[form](page)
    axes = page.add_axes((0, 0, 1, 1), xlim=(0, canvas.width), ylim=(canvas.height, 0))
    axes.set_axis_off()
    for layer, mark in enumerate(canvas.marks):
        artist = _artist(mark)
        artist.set(zorder=layer, clip_on=False)
        axes.add_artist(artist)
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # `Drawing.unpainted` says it of the whole figure, in words for its author.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        page.savefig(buffer, format=form, metadata=metadata)
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
        mark.x, mark.y, mark.text, color=INK, fontproperties=_faces(mark.text, mark.bold), fontsize=mark.size,
        horizontalalignment=ALIGNMENTS[mark.anchor], verticalalignment="baseline", parse_math=False,
    )  # fmt: skip


def _faces(text: str, bold: bool) -> FontProperties:
    """Our typeface, and after it the fonts of this machine for the characters that it lacks."""
    own, lent = font_path(bold), _lent(text, bold)
    return FontProperties(family=[_named(path) for path in (own, *lent)]) if lent else _face(own)


def _lent(text: str, bold: bool) -> list[Path]:
    found = (fallback_font(sign) for sign in foreign(text, bold))
    return list(dict.fromkeys(path for path in found if path is not None))


@cache
def _face(path: Path) -> FontProperties:
    return FontProperties(fname=str(path))


@cache
def _named(path: Path) -> str:
    """A family of that one font file: only families can stand in for each other."""
    name = f"sscreport {path}"
    fontManager.ttflist.append(FontEntry(fname=str(path), name=name, weight=400))
    return name
