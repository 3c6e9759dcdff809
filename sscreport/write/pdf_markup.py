"""The document tree as the HTML that WeasyPrint prints.

Every value becomes a link to its entry in the appendix. Figures are pictures, in which a link
does not work; so an empty link lies over each value that a figure prints.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping

from lxml import etree
from lxml.builder import E
from lxml.etree import _Element

from sscreport.document import Manuscript, place_names
from sscreport.problems import BuildError, Problem
from sscreport.records import Figure, Spot
from sscreport.write.pads import set_pads
from sscreport.write.pages import paged

_INLINE = ("a", "del", "em", "ins", "span", "strong", "sub", "sup")
WIDEST_FIGURE = 170.0  # mm: an A4 page between its margins
HIGHEST_FIGURE = 205.0  # mm: leaves room for a caption on the same page


def markup(manuscript: Manuscript) -> str:
    """The whole page. Its ids become the named destinations of the PDF:

    ``n-KEY-i`` at a value in the text, ``n-KEY-fFIGURE`` in the figure for a key that stands in
    figures only, ``v-KEY`` at its entry, ``c-i`` and ``c-fFIGURE-i`` at constants.
    """
    article = paged(manuscript)
    _set_figures(article, manuscript.figures)
    _link_values(article)
    return as_page(article, manuscript, manuscript.title)


def as_page(article: _Element, manuscript: Manuscript, title: str) -> str:
    """The article as a page of the manuscript's language, with what the PDF says of itself."""
    article.set("data-short-title", manuscript.subject)
    set_pads(article)
    _part_spaces(article)
    named = [("author", author) for author in manuscript.authors]
    named += [
        ("keywords", ", ".join(manuscript.keywords)),
        ("description", manuscript.subject),
        ("generator", "sscreport"),
    ]
    head = E.head(E.meta(charset="utf-8"), E.title(title))
    head.extend(E.meta(name=name, content=content) for name, content in named)
    page = E.html({"lang": manuscript.language}, head, E.body(article))
    return "<!DOCTYPE html>\n" + etree.tostring(page, method="html", encoding="unicode")


def descriptions(manuscript: Manuscript) -> dict[str, str]:
    """What a listener hears of a link, by the id it leads to."""
    told = dict(place_names(manuscript.tree))
    told |= {item.get("id"): "".join(item.itertext()) for item in manuscript.tree.iterfind(".//li[@id]")}
    for key, origin in manuscript.origins.items():
        told[f"v-{key}"] = f"Where this comes from: {origin.what}"
        told |= {use.id: f"Where this is printed: {origin.what}" for use in origin.uses if use.id}
    return told


def _link_values(article: _Element) -> None:
    for element in article.iterfind(".//span[@data-value]"):
        element.tag = "a"
        element.set("href", f"#v-{element.get('data-value')}")


def _set_figures(article: _Element, figures: Mapping[str, Figure]) -> None:
    keys_in_text = set(article.xpath(".//@data-value"))
    for image in article.xpath(".//img[@data-figure]"):
        name = image.get("data-figure")
        if name not in figures:
            raise BuildError([Problem("PDF", f"The figure “{name}” was never drawn.")])
        figure = figures[name]
        plot(image, figure, printed_width(figure)).extend(_overlay(figure, keys_in_text))


def plot(image: _Element, figure: Figure, width: float) -> _Element:
    """Set the drawing into its image, and that into a box of ``width`` mm, which is returned."""
    encoded = b64encode(figure.svg.encode()).decode()
    image.set("src", f"data:image/svg+xml;base64,{encoded}")
    box = E.div({"class": "plot", "style": f"width: {width:.2f}mm"})
    image.getparent().replace(image, box)
    box.append(image)
    return box


def _overlay(figure: Figure, keys_in_text: set[str]) -> Iterator[_Element]:
    """Links over the figure's values, and places for its constants and for keys drawn without text."""
    scale = printed_width(figure) / figure.width_mm
    keys = etree.fromstring(figure.svg.encode()).xpath("//@data-value")
    unnamed = {key: f"n-{key}-f{figure.id}" for key in keys if key not in keys_in_text}
    constants = 0
    for spot in figure.spots:
        style = _placed(spot, scale)
        if spot.key is None:
            constants += 1
            yield E.span({"style": style, "id": f"c-f{figure.id}-{constants}"})
            continue
        link = E.a({"style": style, "href": f"#v-{spot.key}"})
        if spot.key in unnamed:
            link.set("id", unnamed.pop(spot.key))
        yield link
    for name in unnamed.values():
        yield E.span(id=name)


def _placed(spot: Spot, scale: float) -> str:
    lengths = {"left": spot.left, "top": spot.top, "width": spot.width, "height": spot.height}
    return "; ".join(f"{name}: {length * scale:.2f}mm" for name, length in lengths.items())


def printed_width(figure: Figure, widest: float = WIDEST_FIGURE, highest: float = HIGHEST_FIGURE) -> float:
    """Width in mm: the figure's own, or less where its room on the page would not hold it."""
    return min(figure.width_mm, widest, highest * figure.width_mm / figure.height_mm)


def _part_spaces(article: _Element) -> None:
    """Put the space before each inline element into an element of its own.

    Where the text before an inline element just fits its line, WeasyPrint 70 breaks that text at
    its first word instead of its last, because it measures it with the space at its end.
    """
    for element in list(article.iter(*_INLINE)):
        before = element.getprevious()
        text = (element.getparent().text if before is None else before.tail) or ""
        if text.endswith(" ") and text.strip():
            space = E.span(" ")
            element.addprevious(space)
            if before is None:
                element.getparent().text = text[:-1]
            else:
                before.tail = text[:-1]
