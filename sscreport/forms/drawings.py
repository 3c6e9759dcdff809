"""A figure's drawing before and after, with a switch that needs no script.

Both drawings stand in the page once; the style sheet sets them beside or upon each other as the
radio button says that is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lxml import etree
from lxml.builder import E
from lxml.etree import _Element

_MODES = {
    "beside": "side by side",
    "before": "before",
    "after": "after",
    "overlay": "overlay",
    "difference": "difference",
    "swipe": "swipe",
}
_SWIPE_HINT = "Drag the corner of the upper drawing, which is the one before."
_EDITIONS = {"del": (0, "old", "Before"), "ins": (1, "new", "After")}
_LINKING = re.compile(r"url\(#([^)]+)\)")


def drawings(
    images: Sequence[_Element], name: str, figures: Mapping[str, tuple[str | None, str | None]]
) -> _Element:
    """What the marked ``images`` of a figure show; ``name`` is the figure's label."""
    panes = [_pane(image, name, figures) for image in images]
    box = E.div({"class": "drawings"})
    if len(panes) == len(_EDITIONS):
        box.append(_switch(images[0].get("data-figure"), name))
    box.append(E.div({"class": "panes"}, *panes))
    return box


def _switch(id_: str, name: str) -> _Element:
    choices = [
        E.label(
            E.input({"type": "radio", "name": f"mode-{id_}", "value": mode}, **_checked(mode)), f" {words}"
        )
        for mode, words in _MODES.items()
    ]
    return E.fieldset(
        {"class": "modes"}, E.legend(f"{name}: show"), *choices, E.p({"class": "swipe-hint"}, _SWIPE_HINT)
    )


def _checked(mode: str) -> dict[str, str]:
    return {"checked": "checked"} if mode == next(iter(_MODES)) else {}


def _pane(image: _Element, name: str, figures: Mapping[str, tuple[str | None, str | None]]) -> _Element:
    """The drawing of one edition, where it was made for the page: one that only moved was not."""
    position, class_, words = _EDITIONS[image.get("data-change", "ins")]
    id_ = image.get("data-figure")
    svg = figures.get(id_, (None, None))[position]
    kept = {key: image.get(key) for key in ("id", "data-revision") if image.get(key)}
    pane = E.div({"class": f"pane {class_}", **kept}, E.p({"class": "edition"}, words))
    if svg is None:
        pane.append(E.p({"class": "none"}, "Drawn the same in both editions."))
        return pane
    scroll = {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": f"{name}, {words.lower()}"}
    drawing = _drawing(svg, f"{class_}-{id_}", image.get("alt") or name)
    pane.append(E.div(scroll, E.div({"class": "drawing"}, drawing)))
    return pane


def _drawing(text: str, prefix: str, told: str) -> _Element:
    """The SVG with ids of its own, and without what names its values."""
    svg = etree.fromstring(text.encode())
    for spare in svg.xpath("//*[local-name()='metadata' or local-name()='title']"):
        spare.getparent().remove(spare)
    for element in svg.iter(etree.Element):
        for key, content in element.attrib.items():
            if key == "data-value":
                del element.attrib[key]
            elif key == "id":
                element.set(key, f"{prefix}-{content}")
            elif key.endswith("href") and content.startswith("#"):
                element.set(key, f"#{prefix}-{content[1:]}")
            else:
                element.set(key, _LINKING.sub(rf"url(#{prefix}-\1)", content))
    for size in ("width", "height"):
        svg.attrib.pop(size, None)
    svg.set("role", "img")
    svg.set("aria-label", told)
    etree.cleanup_namespaces(svg)
    return svg
