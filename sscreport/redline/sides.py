"""The two editions that a merged tree holds, and how what is deleted is written."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree
from lxml.etree import _Element

CHANGE, REVISION = "data-change", "data-revision"
BARE = "bare"
SPANS = ("colspan", "rowspan")
_KEPT = ("class", "colspan", "rowspan", "scope", "alt", "data-figure", "data-pad", "data-was")
_ROLES = ("label", "citation")  # classes that say what leads where
_INLINE = ("em", "i", "strong", "b", "sub", "sup", "span", "ins", "del")


def accepted(tree: _Element) -> _Element:
    """The new edition: a copy without what is deleted, and without marks."""
    return _side(tree, "ins", "del", "new")


def rejected(tree: _Element) -> _Element:
    """The old edition: a copy without what is inserted, and without marks.

    What was deleted stays the plain text that it became; see `records`.
    """
    return _side(tree, "del", "ins", "old")


def _side(tree: _Element, kept: str, dropped: str, side: str) -> _Element:
    copy = deepcopy(tree)
    for element in list(copy.iter(dropped)) + copy.xpath(f".//*[@{CHANGE}='{dropped}']"):
        if element.getparent() is not None:
            remove(element)
    etree.strip_tags(copy, kept)
    for element in copy.iter(etree.Element):
        for name in (CHANGE, REVISION):
            element.attrib.pop(name, None)
        for name in SPANS:
            _restore(element, name, side)
    return copy


def own_spans(tree: _Element, side: str) -> None:
    """Give every cell the spans that it has in one edition, "old" or "new"."""
    for element in tree.iter(etree.Element):
        for name in SPANS:
            _restore(element, name, side)


def _restore(element: _Element, name: str, side: str) -> None:
    """A cell's own span, where the merged table needed another one."""
    own = {edition: element.attrib.pop(f"data-{name}-{edition}", None) for edition in ("old", "new")}
    if own[side] == "1":
        element.attrib.pop(name, None)
    elif own[side] is not None:
        element.set(name, own[side])


def remove(element: _Element) -> None:
    """Take an element out but not the text after it; formatting that it leaves empty goes too."""
    parent, before = element.getparent(), element.getprevious()
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)
    empty = len(parent) == 0 and not parent.text
    if empty and parent.tag in _INLINE and parent.getparent() is not None:
        remove(parent)


def withdrawn(element: _Element) -> _Element:
    """A copy as what is deleted is written: without ids, keys of values in use, links and roles.

    A span or link that says nothing any more goes; where it is ``element`` itself it is left as `BARE`.
    """
    copy = deepcopy(element)
    copy.tail = None
    for step in copy.iter(etree.Element):
        _withdraw(step)
    etree.strip_tags(copy, BARE)
    return copy


def _withdraw(step: _Element) -> None:
    was = step.get("data-value")
    classes = [name for name in step.get("class", "").split() if name not in _ROLES]
    for name in list(step.attrib):
        if name not in _KEPT:
            del step.attrib[name]
    step.attrib.pop("class", None)
    if classes:
        step.set("class", " ".join(classes))
    if was:
        step.set("data-was", was)
    if step.tag == "img":
        step.set("data-edition", "old")
    if step.tag == "a" or (step.tag == "span" and not step.attrib):
        step.tag = BARE
