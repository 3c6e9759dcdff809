"""The figures' typeface, shipped with the package, and how wide a text is in it.

Arimo has the metrics of Arial, Liberation Sans and Helvetica: what fits here fits with those too.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from PIL import ImageFont

FAMILY = "Arimo, Arial, 'Liberation Sans', Helvetica, sans-serif"
MM_PER_POINT = 25.4 / 72
ASCENT, DESCENT = 0.74, 0.22  # of the type size: room above and below the baseline
_FOLDER = Path(__file__).resolve().parent.parent / "fonts"
_EM = 1000


def font_path(bold: bool) -> Path:
    return _FOLDER / ("Arimo-Bold.ttf" if bold else "Arimo-Regular.ttf")


@cache
def _font(bold: bool) -> ImageFont.FreeTypeFont:
    """The typeface, for measuring; basic layout, so that no system library decides a width."""
    return ImageFont.truetype(font_path(bold), _EM, layout_engine=ImageFont.Layout.BASIC)


def text_width(text: str, points: float, bold: bool = False) -> float:
    """Width of one line of ``text`` in millimetres at a type size of ``points``."""
    return _font(bold).getlength(text) / _EM * points * MM_PER_POINT


def wrap(text: str, width: float, points: float, bold: bool = False, tail: str = "") -> list[str]:
    """``text`` broken between words into lines of at most ``width`` millimetres.

    ``tail`` is what the caller will append to the last line; room for it is left there, on a
    line of its own ("") where it does not fit otherwise.
    """
    lines = _fill(text.split(), width, points, bold)
    if tail and text_width(lines[-1] + tail, points, bold) > width:
        lines.append("")
    return lines


def _fill(words: Sequence[str], width: float, points: float, bold: bool) -> list[str]:
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, points, bold) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
