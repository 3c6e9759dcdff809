"""The manuscript as one self-contained web page.

The page is the document tree saved: style sheet and figures are set into it, a table of contents
is made from its headings and captions, and nothing is fetched from elsewhere. Every value, in the
text, in the figures and in the data folded below them, is a button that opens its card; no script
runs. What is enclosed in the manuscript travels in a block of JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path

from lxml import etree
from lxml.builder import E
from lxml.etree import _Element

from sscreport.document import Manuscript
from sscreport.enclosure import Enclosure
from sscreport.origins import Origins
from sscreport.problems import BuildError, Problem
from sscreport.records import Figure, Spot
from sscreport.write.cards import cards, opener
from sscreport.write.pads import set_pads

_STYLE = Path(__file__).with_name("style.css")
_CAPTIONED = "descendant-or-self::figure[@id and figcaption]"
_HINT = "Every value in the text and in the figures can be opened to see where it comes from."
# Values of more characters may be broken into lines, in a table's narrow cells also shorter ones.
_LONG = 28
# Where a line may break. The narrow no-break space is none of these.
_SPACES = " \t\n"


def write_html(manuscript: Manuscript, path: Path) -> None:
    """Write the page to ``path``, UTF-8, the same bytes for the same manuscript.

    Raises BuildError where a figure is missing or a heading cannot be linked to.
    """
    article = deepcopy(manuscript.tree)
    page = E.html(
        {"lang": manuscript.language},
        _head(manuscript),
        E.body(
            E.a("Skip to the text", {"class": "skip", "href": "#manuscript"}),
            # Twice, of which the style sheet shows one: a folded list opens without a script.
            E.nav({"class": "contents beside", "aria-label": "Contents"}, *_contents(article)),
            E.details(
                {"class": "contents above"},
                E.summary("Contents"),
                E.nav({"aria-label": "Contents"}, *_contents(article)),
            ),
            E.main({"id": "manuscript"}, E.p({"class": "contents hint"}, _HINT), article),
            cards(manuscript),
            _enclosed(manuscript.enclosure),
        ),
    )
    _set_values(article)
    _set_figures(article, manuscript.figures, manuscript.origins)
    _box_tables(article)
    _set_figure_data(article, manuscript.figure_data)
    markup = etree.tostring(page, method="html", encoding="unicode")
    path.write_text(f"<!DOCTYPE html>\n{markup}\n", encoding="utf-8", newline="\n")


def _head(manuscript: Manuscript) -> _Element:
    described = {
        "viewport": "width=device-width, initial-scale=1",
        "author": ", ".join(manuscript.authors),
        "keywords": ", ".join(manuscript.keywords),
        "description": manuscript.subject,
        "color-scheme": "light dark",
    }
    return E.head(
        E.meta(charset="utf-8"),
        E.title(manuscript.title),
        *(E.meta(name=name, content=content) for name, content in described.items() if content),
        E.style(_STYLE.read_text(encoding="utf-8")),
    )


def _contents(article: _Element) -> Iterator[_Element]:
    """Headings of two levels as nested lists, then figures and tables."""
    yield _list(article.findall("section"), depth=2)
    captioned = article.xpath(_CAPTIONED)
    if captioned:
        yield E.p("Figures and tables", {"class": "contents-title"})
        yield E.ul(*(E.li(_caption_link(figure)) for figure in captioned))


def _list(sections: Iterable[_Element], depth: int) -> _Element:
    return E.ul(*(_entry(section, depth) for section in sections if _heading(section) is not None))


def _entry(section: _Element, depth: int) -> _Element:
    heading = _heading(section)
    if section.get("id") is None:
        expected = f"The section “{''.join(heading.itertext())}” needs an id to be linked to."
        raise BuildError([Problem("manuscript", expected)])
    entry = E.li(E.a({"href": f"#{section.get('id')}"}, _unlinked(heading)))
    inner = _list(section.findall("section"), depth - 1) if depth > 1 else ()
    if len(inner):
        entry.append(inner)
    return entry


def _heading(section: _Element) -> _Element | None:
    return next(iter(section.xpath("h2 | h3 | h4")), None)


def _caption_link(figure: _Element) -> _Element:
    link = E.a({"href": f"#{figure.get('id')}"})
    for part in _caption_title(figure):
        part.tail = " "
        link.append(part)
    return link


def _caption_title(figure: _Element) -> list[_Element]:
    """A caption's label and title, to be repeated in a list."""
    parts = figure.xpath("figcaption/span[@class='label'] | figcaption/strong[1]")
    return [_unlinked(part) for part in parts]


def _unlinked(element: _Element) -> _Element:
    """The element's content without ids and links, so that it may stand in a link."""
    copied = deepcopy(element)
    copied.tag, copied.tail = "span", None
    for part in copied.iter():
        part.attrib.pop("id", None)
        part.attrib.pop("href", None)
        if part.tag == "a":
            part.tag = "span"
    return copied


def _enclosed(enclosure: Enclosure) -> _Element:
    """The enclosure as JSON in which no "<" can end the block."""
    content = {
        "version": enclosure.version,
        "code": enclosure.code,
        "files": dict(enclosure.files),
        "values": enclosure.values,
    }
    text = json.dumps(content, ensure_ascii=False).replace("<", r"\u003c")
    return E.script({"type": "application/json", "id": "sscreport-enclosure"}, text)


def _set_values(article: _Element) -> None:
    """Turn every value of the text into a button that opens its card."""
    values = article.xpath(".//*[@data-value]")
    for value in values:
        value.set("class", " ".join(filter(None, ("value", value.get("class")))))
        opens = {"type": "button", "popovertarget": f"v-{value.get('data-value')}"}
        text = "".join(value.itertext())
        narrow = next(value.iterancestors("td", "th"), None) is not None
        if len(text) > _LONG or (narrow and any(space in text for space in _SPACES)):
            # The lines of a button cannot break amid a paragraph; those of its label can.
            value.tag = "label"
            value.append(E.button(opens))
        else:
            value.tag = "button"
            value.attrib.update(opens)
    for value in values:
        if value.tag == "button" and value.getparent().get("class") != "together":
            _keep_together(value)


def _keep_together(value: _Element) -> None:
    """Set a button and what touches it into a span that no line breaks.

    A browser may break a line on either side of a button, even before a comma or the sign for per cent.
    """
    parent, before = value.getparent(), value.getprevious()
    text = (parent.text if before is None else before.tail) or ""
    start = max(map(text.rfind, _SPACES)) + 1
    members, rest = _touching(value)
    if start == len(text) and members == [value] and not value.tail:
        value.tail = rest
        return
    span = E.span({"class": "together"})
    value.addprevious(span)
    span.text, span.tail = text[start:], rest
    if before is None:
        parent.text = text[:start]
    else:
        before.tail = text[:start]
    span.extend(members)


def _touching(value: _Element) -> tuple[list[_Element], str]:
    """The buttons and superscripts that follow without a space, and the text after the next space.

    Takes that text from the tail of the last.
    """
    members = [value]
    while not (spaced := re.search(f"[{_SPACES}]", members[-1].tail or "")):
        following = members[-1].getnext()
        if following is None or following.tag not in ("button", "sup"):
            return members, ""
        members.append(following)
    tail = members[-1].tail
    members[-1].tail = tail[: spaced.start()]
    return members, tail[spaced.start() :]


def _set_figures(article: _Element, figures: Mapping[str, Figure], origins: Origins) -> None:
    for image in article.xpath(".//img[@data-figure]"):
        name = image.get("data-figure")
        if name not in figures:
            raise BuildError([Problem("manuscript", f"The figure “{name}” was never drawn.")])
        image.getparent().replace(image, _drawing(figures[name], image, origins))


def _drawing(figure: Figure, image: _Element, origins: Origins) -> _Element:
    """The figure's SVG in a box of its own, which scrolls where the screen is too narrow."""
    svg = etree.fromstring(figure.svg.encode())
    for spare in svg.xpath("//*[local-name()='metadata' or local-name()='title']"):
        spare.getparent().remove(spare)
    for size in ("width", "height"):
        svg.attrib.pop(size, None)
    svg.set("role", "img")
    svg.set("aria-label", image.get("alt") or figure.alt)
    etree.cleanup_namespaces(svg)
    spots = [_spot(spot, spot.key, figure, origins) for spot in figure.spots if spot.key]
    box = _scroll_box(image.getparent())
    box.append(E.div({"class": "drawing", "style": f"--width: {figure.width_mm:g}mm"}, svg, *spots))
    box.tail = image.tail
    return box


def _spot(spot: Spot, key: str, figure: Figure, origins: Origins) -> _Element:
    """A button over a value that is drawn, which scales with the drawing."""
    sides = {
        "left": spot.left / figure.width_mm,
        "top": spot.top / figure.height_mm,
        "width": spot.width / figure.width_mm,
        "height": spot.height / figure.height_mm,
    }
    style = ";".join(f"{side}:{share:.2%}" for side, share in sides.items())
    name = f"{spot.text}, {origins[key].what}"
    return opener(key, **{"type": "button", "class": "spot", "style": style, "aria-label": name})


def _box_tables(article: _Element) -> None:
    set_pads(article)
    for table in article.xpath(".//figure/table"):
        box = _scroll_box(table.getparent())
        box.tail, table.tail = table.tail, None
        table.getparent().replace(table, box)
        box.append(table)


def _set_figure_data(article: _Element, data: Mapping[str, _Element]) -> None:
    """Fold the data of each figure in below it."""
    for name, element in data.items():
        figure = article.find(f".//figure[@id='fig-{name}']")
        details = deepcopy(element)
        _set_values(details)
        table = details.find("table")
        caption = "".join(table.find("caption").itertext())
        box = E.div({"class": "scroll", "tabindex": "0", "role": "region", "aria-label": caption})
        table.addprevious(box)
        box.append(table)
        figure.addnext(details)
        details.tail, figure.tail = figure.tail, None


def _scroll_box(figure: _Element) -> _Element:
    """A box that scrolls sideways and can be reached by keyboard, named by its caption."""
    name = " ".join("".join(part.itertext()) for part in _caption_title(figure))
    return E.div({"class": "scroll", "tabindex": "0", "role": "region", "aria-label": name})
