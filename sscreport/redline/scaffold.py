"""Helper elements that stand in the trees while they are merged, so that every block is an element.

``<entry>`` holds a term of a list of definitions and what it stands for; ``<run>`` the inline content that
stands between blocks.
"""

from __future__ import annotations

from copy import deepcopy

from lxml import etree
from lxml.etree import _Element

from sscreport.redline.sides import CHANGE, REVISION

CONTAINERS = frozenset(
    ("article", "header", "section", "figure", "div", "aside", "ul", "ol", "dl", "entry", "tr")
)
BLOCKS = CONTAINERS | {
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "li",
    "dt",
    "dd",
    "figcaption",
    "img",
    "table",
    "td",
    "th",
}
ENTRY, RUN = "entry", "run"


def is_container(element: _Element) -> bool:
    """Whether an element holds blocks; others hold inline content."""
    return element.tag in CONTAINERS or any(child.tag in BLOCKS or child.tag == RUN for child in element)


def raised(tree: _Element) -> _Element:
    """A copy with its helper elements."""
    copy = deepcopy(tree)
    for listing in list(copy.iter("dl")):
        _raise_entries(listing)
    for element in list(copy.iter("li", "aside", "div", "figcaption", "td", "th", "dd")):
        if is_container(element):
            _raise_runs(element)
    return copy


def _raise_entries(listing: _Element) -> None:
    for part in [child for child in listing if isinstance(child.tag, str)]:
        if part.tag == "dt":
            entry = etree.Element(ENTRY)
            part.addprevious(entry)
            entry.tail, part.tail = part.tail, None
            entry.append(part)
        elif (before := part.getprevious()) is not None and before.tag == ENTRY:
            before.tail, part.tail = part.tail, None
            before.append(part)


def _raise_runs(element: _Element) -> None:
    run = _run(element.text)
    element.text = None
    element.insert(0, run)
    for child in list(element)[1:]:
        if child.tag in BLOCKS:
            run = _run(child.tail)
            child.tail = None
            child.addnext(run)
        else:
            run.append(child)
    for run in element.findall(RUN):
        if not len(run) and not (run.text or "").strip():
            element.remove(run)


def _run(text: str | None) -> _Element:
    run = etree.Element(RUN)
    run.text = text
    return run


def razed(tree: _Element) -> _Element:
    """The tree itself without its helper elements; what they were marked as, their content is."""
    for run in list(tree.iter(RUN)):
        if (change := run.get(CHANGE)) is not None:
            run.tag = change
            del run.attrib[CHANGE]
    for entry in tree.iter(ENTRY):
        for part in entry if entry.get(CHANGE) else ():
            part.set(CHANGE, entry.get(CHANGE, ""))
            part.set(REVISION, entry.get(REVISION, ""))
    etree.strip_tags(tree, ENTRY, RUN)
    return tree
