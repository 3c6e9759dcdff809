"""What both style sheets need to set numbers under one another at their decimal points."""

from __future__ import annotations

from lxml.etree import _Element


def set_pads(article: _Element) -> None:
    """Hand the room at the right of each number, in widths of a digit, to the style sheet."""
    for cell in article.iterfind(".//*[@data-pad]"):
        cell.set("style", f"--pad: {cell.attrib.pop('data-pad')}")
