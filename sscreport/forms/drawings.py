"""A figure's drawing before and after, with a switch that needs no script.

Both drawings stand in the page once; the style sheet sets them beside or upon each other as the
radio button says that is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

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
_EDITIONS = (("old", "Before", "del"), ("new", "After", "ins"))
_LINKING = re.compile(r"url\(#([^)]+)\)")


def drawings(
    images: Sequence[_Element], name: str, figures: Mapping[str, tuple[str | None, str | None]]
) -> _Element:
    """What the marked ``images`` of a figure show; ``name`` is the figure's label."""
    image = images[0]
    id_ = image.get("data-figure")
    svgs = figures.get(id_, (None, None))
    panes = [_pane(edition, mark, svg, id_, name, images) for edition, svg, mark in _there(svgs)]
    box = E.div({"class": "drawings"})
    if len(panes) == len(_EDITIONS):
        box.append(_switch(id_, name))
    box.append(E.div({"class": "panes"}, *panes))
    return box


def _there(svgs: Sequence[str | None]) -> Iterator[tuple[tuple[str, str], str, str]]:
    for (class_, name, mark), svg in zip(_EDITIONS, svgs, strict=True):
        if svg is not None:
            yield (class_, name), svg, mark


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


def _pane(
    edition: tuple[str, str], mark: str, svg: str, id_: str, name: str, images: Sequence[_Element]
) -> _Element:
    class_, words = edition
    anchors = [image.attrib for image in images if image.get("data-change") == mark]
    kept = ("id", "data-revision")
    found = {key: anchors[0][key] for key in kept if anchors and key in anchors[0]}
    told = next((image.get("alt") for image in images if image.get("data-change") == mark), None)
    scroll = {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": f"{name}, {words.lower()}"}
    return E.div(
        {"class": f"pane {class_}", **found},
        E.p({"class": "edition"}, words),
        E.div(scroll, E.div({"class": "drawing"}, _drawing(svg, f"{class_}-{id_}", told or name))),
    )


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
