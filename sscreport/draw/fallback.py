"""Fonts of this machine, for characters that the figures' own typeface lacks."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont, TTLibError

# Parts of the names of files to be asked first, from the best; then all others by name.
_FIRST = (
    "notosanscjk", "notosanssc", "notosansjp", "notosanskr", "sourcehansans", "wqymicrohei", "wqyzenhei",
    "droidsansfallback", "pingfang", "hiragino", "msyh", "yugoth", "malgun", "arialunicode", "arial",
    "liberationsans", "dejavusans", "notosans",
)  # fmt: skip
_SLANTED_OR_HEAVY = ("bold", "italic", "oblique", "light", "thin", "black", "medium", "mono", "serif")


@cache
def fallback_font(sign: str) -> Path | None:
    """The best installed font that has the character; None where there is none."""
    return next((path for path in _installed() if ord(sign) in _codes(path)), None)


@cache
def is_truetype(path: Path) -> bool:
    """Whether the outlines of a font file are TrueType's; those of others are PostScript's (CFF)."""
    with TTFont(path, fontNumber=0, lazy=True) as font:
        return "glyf" in font


@cache
def _installed() -> tuple[Path, ...]:
    from matplotlib.font_manager import findSystemFonts

    return tuple(sorted(map(Path, findSystemFonts()), key=_rank))


def _rank(path: Path) -> tuple[int, bool, str]:
    name = path.stem.lower().replace("-", "").replace(" ", "").replace("_", "")
    place = next((i for i, known in enumerate(_FIRST) if name.startswith(known)), len(_FIRST))
    return place, any(word in name for word in _SLANTED_OR_HEAVY), str(path)


@cache
def _codes(path: Path) -> frozenset[int]:
    """The characters of a font file; none where it cannot be read."""
    try:
        with TTFont(path, fontNumber=0, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (TTLibError, OSError, KeyError):
        return frozenset()
