"""Reading the marks of a merged tree."""

from __future__ import annotations

from copy import deepcopy

from lxml.builder import E
from lxml.etree import _Element

from sscreport.redline.sides import own_spans, remove

MARKED = "descendant-or-self::*[@data-revision]"
_EDITIONS = {"ins": "new", "del": "old"}
OTHER = {"ins": "del", "del": "ins"}


def mark_of(element: _Element) -> str:
    """ "ins" or "del" where the element is or has a mark, otherwise ""."""
    return element.tag if element.tag in OTHER else element.get("data-change", "")


def revisions_in(element: _Element) -> list[int]:
    """The numbers of the revisions in an element, each once, in order."""
    return list(dict.fromkeys(int(mark.get("data-revision")) for mark in element.xpath(MARKED)))


def first_marks(tree: _Element) -> dict[int, _Element]:
    """For every revision the mark that a reader is led to: what it inserts first, or else deletes first."""
    found: dict[int, _Element] = {}
    for mark in tree.xpath(MARKED):
        number = int(mark.get("data-revision"))
        if number not in found or (mark_of(found[number]), mark_of(mark)) == ("del", "ins"):
            found[number] = mark
    return found


def push_down(element: _Element, into: frozenset[str]) -> None:
    """Hand the mark of a container on to its parts, down to elements that are none of ``into``."""
    if element.get("data-change") is None or element.tag not in into:
        return
    mark = {name: element.attrib.pop(name) for name in ("data-change", "data-revision")}
    for part in element:
        part.attrib.update(mark)
        push_down(part, into)


def wrap(element: _Element) -> None:
    """Turn the mark of a block or cell into ``<ins>`` or ``<del>`` round all that is in it."""
    mark = E(element.attrib.pop("data-change"), {"data-revision": element.attrib.pop("data-revision")})
    mark.text, element.text = element.text, None
    mark.extend(list(element))
    element.append(mark)


def side(element: _Element, kept: str) -> _Element:
    """A copy with the marks of one side, "ins" or "del", without what the other side alone has."""
    copy = deepcopy(element)
    for mark in copy.xpath(MARKED):
        if mark_of(mark) == OTHER[kept] and mark.getparent() is not None:
            remove(mark)
    own_spans(copy, _EDITIONS[kept])
    return copy
