"""What is noted of a block, and the mark of one that stands on one side only."""

from __future__ import annotations

from copy import deepcopy

from lxml.etree import _Element

from sscreport.redline.atoms import keys_of, shown
from sscreport.redline.records import Pair
from sscreport.redline.sides import CHANGE, REVISION

HEADINGS = ("h1", "h2", "h3", "h4")
KINDS = {"figcaption": "caption", "li": "item", "dt": "item", "dd": "item", "td": "cell", "th": "cell"}
KINDS |= {"img": "figure", **dict.fromkeys(HEADINGS, "heading")}


def kind_of(block: _Element) -> str:
    """What a `Pair` calls the block."""
    above = [(step.tag, step.get("class")) for step in block.iterancestors()]
    if ("div", "notes") in above:
        return "note"
    if ("ol", "references") in above:
        return "reference"
    return KINDS.get(block.tag, "paragraph")


def one_sided(block: _Element, change: str, place: str, row: str = "", column: str = "") -> Pair:
    """The pair of a block that only one side has."""
    text = label(block) if block.tag == "img" else shown(block)
    keys = keys_of(block)
    if change == "del":
        return Pair(kind_of(block), place, text, None, keys, (), row, column)
    return Pair(kind_of(block), place, None, text, (), keys, row, column)


def label(image: _Element) -> str:
    """What the caption calls a picture."""
    labels = image.xpath("ancestor::figure[1]//span[@class='label']")
    return shown(labels[0]) if labels else ""


def marked(element: _Element, change: str, number: int) -> _Element:
    element.set(CHANGE, change)
    element.set(REVISION, str(number))
    return element


def copied(element: _Element) -> _Element:
    """The element as it is, without the text after it."""
    copy = deepcopy(element)
    copy.tail = None
    return copy
