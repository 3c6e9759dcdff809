"""Continuous line numbers in the left margin of a PDF, as journals ask for them in a manuscript.

WeasyPrint has none. They are drawn beside the lines that it has laid out, so nothing is laid out twice,
and marked as artifacts: who listens to the file does not hear them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from fontTools.ttLib import TTFont

from sscreport.draw.fonts import subset_font, text_width

SIZE = 7.0  # points
RIGHT_MM = 17.0  # from the page's left edge to where the numbers end; the widest table begins at 20
GREY = 0.3
# How far apart the baselines of two lines are at least, in points. A term and what stands beside it, in
# another size, are one line to a reader.
APART = 4.0
_POINTS_PER_PIXEL, _MM_PER_POINT = 0.75, 25.4 / 72
_FONT = "LineNumbers"  # among the fonts of every page
_DIGITS = "0123456789"
_NOT_NUMBERED = frozenset(("table", "img"))  # elements
_APART_FROM_TEXT = frozenset(("plot", "notes"))  # classes
_APPENDIX = "origins"
_NONSYMBOLIC = 1 << 5
_STEM = 80  # thousandths of an em, roughly; only programs that replace the font would use it


def number_lines(document: Any, pdf: Any) -> None:
    """Draw the numbers into a PDF that WeasyPrint is about to write, from 1 at its first line."""
    by_reference = {item.reference: item for item in pdf.objects}
    font, numbers = None, count(1)
    for page, reference in zip(document.pages, pdf.page_references, strict=True):
        baselines = list(_baselines(page))
        if not baselines:
            continue
        description = by_reference[reference]
        if font is None:
            font = _embed(pdf)
            fonts = by_reference[description["Resources"]]["Font"]
            by_reference[fonts][_FONT] = font.reference
        _draw(by_reference[description["Contents"]], [(next(numbers), baseline) for baseline in baselines])


def _baselines(page: Any) -> Iterator[float]:
    """Where the page's numbered lines stand: points below its top, downwards, each once."""
    last = -APART
    for baseline in sorted(
        (line.position_y + line.baseline) * _POINTS_PER_PIXEL for line in _lines(page._page_box)
    ):
        if baseline - last >= APART:
            yield baseline
            last = baseline


def _lines(box: Any) -> Iterator[Any]:
    """The lines of running text below a box."""
    from weasyprint.formatting_structure.boxes import Box, LineBox, MarginBox, TextBox

    if not isinstance(box, Box) or isinstance(box, MarginBox) or _is_left_out(box):
        return
    if isinstance(box, LineBox):
        if any(isinstance(part, TextBox) and part.text.strip() for part in box.descendants()):
            yield box
        return
    for child in getattr(box, "children", ()):
        yield from _lines(child)


def _is_left_out(box: Any) -> bool:
    if box.element is None:
        return False
    classes = box.element.get("class", "").split()
    return (
        box.element_tag in _NOT_NUMBERED
        or not _APART_FROM_TEXT.isdisjoint(classes)
        or box.element.get("id") == _APPENDIX
    )


def _draw(content: Any, numbered: Sequence[tuple[int, float]]) -> None:
    """Add the numbers to a page's content, whose origin is the page's top left corner."""
    lines = [
        "/Artifact <</Type /Pagination /Subtype /LineNum>> BDC",  # ISO 32000-2, 14.8.2.2
        f"q {GREY} g BT /{_FONT} {SIZE} Tf",
    ]
    for number, baseline in numbered:
        left = (RIGHT_MM - text_width(str(number), SIZE)) / _MM_PER_POINT
        lines.append(f"1 0 0 -1 {left:.2f} {baseline:.2f} Tm ({number}) Tj")
    lines.append("ET Q EMC")
    content.stream.append("\n".join(lines).encode())


def _embed(pdf: Any) -> Any:
    """The typeface of the running heads, cut down to the digits, as a simple font (ISO 32000-2, 9.6)."""
    import pydyf

    program = subset_font(_DIGITS)
    file = pydyf.Stream([program], pydyf.Dictionary({"Length1": len(program)}), compress=True)
    pdf.add_object(file)
    with TTFont(io.BytesIO(program)) as typeface:
        name, widths, metrics = _described(typeface)
    descriptor = pydyf.Dictionary(
        {
            "Type": "/FontDescriptor",
            "FontName": name,
            "Flags": _NONSYMBOLIC,
            "ItalicAngle": 0,
            "StemV": _STEM,
            "FontFile2": file.reference,
        }
        | {key: pydyf.Array(size) if isinstance(size, list) else size for key, size in metrics.items()}
    )
    pdf.add_object(descriptor)
    font = pydyf.Dictionary(
        {
            "Type": "/Font",
            "Subtype": "/TrueType",
            "BaseFont": name,
            "Encoding": "/WinAnsiEncoding",
            "FirstChar": ord(_DIGITS[0]),
            "LastChar": ord(_DIGITS[-1]),
            "Widths": pydyf.Array(widths),
            "FontDescriptor": descriptor.reference,
        }
    )
    pdf.add_object(font)
    return font


def _described(typeface: TTFont) -> tuple[str, list[int], dict[str, int | list[int]]]:
    """Name, widths of the digits and measures of a typeface, as a PDF says them: in thousandths of an em."""
    scale = 1000 / typeface["head"].unitsPerEm
    glyphs = typeface.getBestCmap()
    widths = [round(scale * typeface["hmtx"][glyphs[ord(digit)]][0]) for digit in _DIGITS]
    box = [round(scale * getattr(typeface["head"], side)) for side in ("xMin", "yMin", "xMax", "yMax")]
    ascent, descent = (round(scale * getattr(typeface["hhea"], side)) for side in ("ascent", "descent"))
    measures = {"FontBBox": box, "Ascent": ascent, "Descent": descent, "CapHeight": box[-1]}
    return f"/DIGITS+{typeface['name'].getDebugName(6)}", widths, measures
