"""Reading the document tree: what stands in an element, and what its class asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.etree import _Element

from sscreport.problems import BuildError, Problem

SPACES = re.compile(r"[ \t\r\n\f]+")

# Every class this writer knows; another one could change what the reader should see.
CLASSES: dict[str, frozenset[str]] = {
    "aside": frozenset({"notice"}),
    "div": frozenset({"notes"}),
    "dl": frozenset({"abbreviations"}),
    "figure": frozenset({"figure", "table", "landscape", "portrait"}),
    "ol": frozenset({"references"}),
    "p": frozenset({"authors", "meta", "origin"}),
    "span": frozenset({"label", "reconstructed", "citation", "entry"}),
    "td": frozenset({"align-left", "align-center", "align-right", "align-decimal"}),
    "th": frozenset({"align-left", "align-center", "align-right", "align-decimal"}),
    "tr": frozenset({"group"}),
}


def broken(expected: str) -> BuildError:
    """The error for a promise the Word file would break."""
    return BuildError([Problem("manuscript.docx", expected)])


def where(element: _Element) -> str:
    """The nearest id at or above ``element``, for a complaint."""
    for step in (element, *element.iterancestors()):
        if step.get("id"):
            return f"in #{step.get('id')}"
    return "in the manuscript"


def no_rule(element: _Element) -> BuildError:
    parent = element.getparent()
    inside = f" inside <{parent.tag}>" if parent is not None else ""
    return broken(f"The DOCX writer has no rule for <{element.tag}>{inside}, {where(element)}.")


def classes(element: _Element) -> frozenset[str]:
    """The element's classes; BuildError where one has no rule."""
    found = frozenset(element.get("class", "").split())
    unknown = sorted(found - CLASSES.get(element.tag, frozenset()))
    if unknown:
        raise broken(
            f'The DOCX writer has no rule for <{element.tag} class="{" ".join(unknown)}">, {where(element)}.'
        )
    return found


def contents(element: _Element) -> Iterator[str | _Element]:
    """Text and child elements in reading order, without comments."""
    if element.text:
        yield element.text
    for child in element:
        if isinstance(child.tag, str):
            yield child
        if child.tail:
            yield child.tail


def elements(parent: _Element) -> list[_Element]:
    """The children of an element that may hold elements only; BuildError for stray text."""
    for item in contents(parent):
        if isinstance(item, str) and SPACES.sub("", item):
            raise broken(f"<{parent.tag}> holds text of its own: {item.strip()!r}, {where(parent)}.")
    return [child for child in parent if isinstance(child.tag, str)]


def plain(element: _Element) -> str:
    """All text of an element with white space collapsed; a break or a paragraph ends a line."""
    return "".join(_plain(element)).strip()


def _plain(element: _Element) -> Iterator[str]:
    yield SPACES.sub(" ", element.text or "")
    for child in element:
        if child.tag in ("br", "p", "li"):
            yield "\n"
        if isinstance(child.tag, str):
            yield from _plain(child)
        yield SPACES.sub(" ", child.tail or "")
