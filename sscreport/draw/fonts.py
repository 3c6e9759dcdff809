"""The figures' typeface, shipped with the package, and how wide a text is in it.

Arimo has the metrics of Arial, Liberation Sans and Helvetica: what fits here fits with those too.
Its copy here has Latin and Greek letters and signs. Other characters are painted in a font of the
machine (`fallback`), and measured as wide as such fonts make them at most.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from PIL import ImageFont

# After our typeface and its like, fonts with Chinese, Japanese and Korean characters.
FAMILY = (
    "Arimo, Arial, 'Liberation Sans', Helvetica, 'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', "
    "'Microsoft YaHei', 'Hiragino Sans', 'Yu Gothic', 'Malgun Gothic', 'WenQuanYi Micro Hei', "
    "'Droid Sans Fallback', sans-serif"
)
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


@cache
def _own(bold: bool) -> frozenset[str]:
    """The characters that the typeface has."""
    with TTFont(font_path(bold), lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


def foreign(text: str, bold: bool = False) -> list[str]:
    """The characters of ``text`` that the typeface lacks and that are seen, each once, in order."""
    return [sign for sign in dict.fromkeys(text) if sign not in _own(bold) and not _unseen(sign)]


def _unseen(sign: str) -> bool:
    """Whether a character takes no room: it combines with the one before it, or only directs."""
    return unicodedata.category(sign) in ("Mn", "Me", "Cf", "Cc")


def full_width(sign: str) -> bool:
    """Whether a character is one of the full-width scripts (Chinese, Japanese, Korean)."""
    return unicodedata.east_asian_width(sign) in "WF"


def text_width(text: str, points: float, bold: bool = False) -> float:
    """Width of one line of ``text`` in millimetres at a type size of ``points``.

    A character that the typeface lacks counts one em: Chinese, Japanese and Korean characters are
    that wide (East Asian Width W and F, Unicode annex 11), letters of other scripts narrower.
    """
    own = "".join(sign for sign in text if sign in _own(bold))
    lacking = sum(sign not in _own(bold) and not _unseen(sign) for sign in text)
    return (_font(bold).getlength(own) / _EM + lacking) * points * MM_PER_POINT


def subset_font(texts: Iterable[str], bold: bool = False) -> bytes:
    """The typeface as TrueType, cut down to the characters of ``texts``; the same for the same."""
    options = subset.Options(layout_features=["kern"], hinting=False, notdef_outline=True)
    cutter = subset.Subsetter(options)
    with TTFont(font_path(bold), recalcTimestamp=False) as font:
        cutter.populate(text="".join(texts))
        cutter.subset(font)
        buffer = io.BytesIO()
        font.save(buffer)
    return buffer.getvalue()


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
