"""The figures' typeface, shipped with the package, and how wide a text is in it.

Arimo has the metrics of Arial, Liberation Sans and Helvetica: what fits here fits with those too.
"""

from __future__ import annotations

import unicodedata
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


def full_width(sign: str) -> bool:
    """Whether a character is one of the full-width scripts (Chinese, Japanese, Korean)."""
    return unicodedata.east_asian_width(sign) in "WF"


def text_width(text: str, points: float, bold: bool = False) -> float:
    """Width of one line of ``text`` in millimetres at a type size of ``points``.

    The typeface has no full-width characters. Whatever typeface stands in for it, they are one em
    wide there.
    """
    full = sum(map(full_width, text))
    own = "".join(sign for sign in text if not full_width(sign)) if full else text
    return (_font(bold).getlength(own) / _EM + full) * points * MM_PER_POINT


def pieces(text: str) -> list[str]:
    """``text`` cut where a line may break: words with the spaces before them, full-width signs singly."""
    found: list[str] = []
    for sign in text:
        before = found[-1][-1] if found else " "
        begins = (sign == " ") != (before == " ") if sign == " " else full_width(sign) or full_width(before)
        if not found or (begins and found[-1].strip(" ")):
            found.append(sign)
        else:
            found[-1] += sign
    return found


def wrap(text: str, width: float, points: float, bold: bool = False, tail: str = "") -> list[str]:
    """``text`` broken between words into lines of at most ``width`` millimetres.

    ``tail`` is what the caller will append to the last line; room for it is left there, on a
    line of its own ("") where it does not fit otherwise.
    """
    lines = [""]
    for piece in pieces(text.strip(" ")):
        if lines[-1] and text_width(lines[-1] + piece, points, bold) > width:
            lines.append(piece.strip(" "))
        else:
            lines[-1] = (lines[-1] + piece).lstrip(" ")
    if tail and text_width(lines[-1] + tail, points, bold) > width:
        lines.append("")
    return lines
