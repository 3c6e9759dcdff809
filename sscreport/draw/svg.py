"""Write a canvas as SVG: one unit is one point, text stays text, numbers are marked.

There are no ids in it, so any number of figures fit into one document.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

from lxml import etree
from lxml.etree import _Element

from sscreport.draw.canvas import INK, Canvas, Constant, Disc, Line, Mark, Shape, Text, part_text
from sscreport.draw.fonts import FAMILY, MM_PER_POINT, subset_font
from sscreport.values import Value

NAMESPACE = "http://www.w3.org/2000/svg"


def to_svg(canvas: Canvas, alt: str, embed_font: bool = False) -> str:
    """The canvas as an ``<svg>`` element, without prolog, so that it can stand inside a page.

    With ``embed_font`` it carries the characters it needs of the typeface, so that it looks the
    same wherever it is opened on its own.
    """
    root = etree.Element("svg", nsmap={None: NAMESPACE})
    root.attrib.update(
        {
            "viewBox": f"0 0 {_points(canvas.width)} {_points(canvas.height)}",
            "width": f"{_number(canvas.width)}mm",
            "height": f"{_number(canvas.height)}mm",
            "role": "img",
            "aria-label": alt,
            "font-family": FAMILY,
            "fill": INK,
        }
    )
    if embed_font:
        etree.SubElement(root, "style").text = "".join(_font_faces(canvas))
    root.append(etree.Element("rect", width="100%", height="100%", fill="#ffffff"))
    root.extend(map(_element, canvas.marks))
    root.text = "\n"
    for element in root:
        element.tail = "\n"  # a mark a line, for diffs
    return etree.tostring(root, encoding="unicode") + "\n"


def _font_faces(canvas: Canvas) -> Iterator[str]:
    """A rule for each weight that is used, with its font inside."""
    family = FAMILY.split(",")[0]
    for bold, weight in ((False, "normal"), (True, "bold")):
        texts = [mark.text for mark in canvas.marks if isinstance(mark, Text) and mark.bold == bold]
        if texts:
            font = b64encode(subset_font(texts, bold)).decode()
            yield (
                f"@font-face {{ font-family: {family}; font-weight: {weight}; "
                f'src: url("data:font/ttf;base64,{font}") format("truetype"); }}\n'
            )


def _element(mark: Mark) -> _Element:
    match mark:
        case Text():
            return _text(mark)
        case Line():
            return _line(mark)
        case Shape():
            return _shape(mark)
        case Disc():
            return _marked(
                "circle",
                mark.value,
                {
                    "cx": _points(mark.x),
                    "cy": _points(mark.y),
                    "r": _points(mark.radius),
                    "fill": mark.fill,
                },
            )


def _text(mark: Text) -> _Element:
    element = etree.Element("text", x=_points(mark.x), y=_points(mark.y))
    element.set("font-size", _number(mark.size))
    if mark.bold:
        element.set("font-weight", "bold")
    if mark.anchor != "start":
        element.set("text-anchor", mark.anchor)
    last: _Element | None = None
    for part in mark.parts:
        if isinstance(part, str):
            _append_words(element, last, part)
        else:
            last = etree.SubElement(element, "tspan")
            last.text = part_text(part)
            if isinstance(part, Constant):
                last.set("data-constant", part.why)
            else:
                last.set("data-value", part.key)
    return element


def _append_words(element: _Element, last: _Element | None, words: str) -> None:
    if last is None:
        element.text = (element.text or "") + words
    else:
        last.tail = (last.tail or "") + words


def _line(mark: Line) -> _Element:
    attributes = {
        "points": _coordinates(mark.points),
        "fill": "none",
        "stroke": mark.color,
        "stroke-width": _number(mark.width),
    }
    if mark.dash:
        attributes["stroke-dasharray"] = " ".join(map(_points, mark.dash))
    return _marked("polyline", mark.value, attributes)


def _shape(mark: Shape) -> _Element:
    attributes = {"points": _coordinates(mark.points), "fill": mark.fill}
    if mark.width:
        attributes |= {"stroke": mark.outline, "stroke-width": _number(mark.width)}
    return _marked("polygon", mark.value, attributes)


def _marked(tag: str, value: Value | None, attributes: dict[str, str]) -> _Element:
    element = etree.Element(tag, attributes)
    if value is not None:
        element.set("data-value", value.key)
    return element


def _coordinates(points: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{_points(x)},{_points(y)}" for x, y in points)


def _points(millimetres: float) -> str:
    return _number(millimetres / MM_PER_POINT)


def _number(number: float) -> str:
    """Four decimals, enough for the area of the smallest square; no trailing zeros, no "-0"."""
    return f"{round(number, 4) + 0.0:.4f}".rstrip("0").rstrip(".")
