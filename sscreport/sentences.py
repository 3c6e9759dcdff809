"""The manuscript sentence by sentence, with the values that each one prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.etree import _Element

BLOCKS = ("p", "li", "dt", "dd", "h1", "h2", "h3", "h4", "figcaption")
# A full stop ends a sentence where a capital or an opening mark follows; "et al. (", "Fig. S" are no ends.
END = re.compile(r"(?<=[.?!])(?<!et al\.)(?<!Fig\.)\s+(?=[A-ZÀ-Þ“(†])")


@dataclass(frozen=True)
class Sentence:
    """``place`` is the id of the section, table or figure; ``keys`` are the values it prints."""

    place: str
    text: str
    keys: tuple[str, ...]


def sentences(tree: _Element) -> Iterator[Sentence]:
    """Every sentence of text and captions in reading order; a table's row counts as one."""
    for block in tree.iter(*BLOCKS, "tr"):
        if block.tag != "tr" and next(block.iterancestors("tr"), None) is not None:
            continue
        if block.find(".//p") is None or block.tag == "tr":
            yield from _split(block)


def split(text: str) -> list[str]:
    """The sentences of a text."""
    return [shown for part in END.split(text) if (shown := " ".join(part.split()))]


def _split(block: _Element) -> Iterator[Sentence]:
    text, marks = "", []
    for piece, key in _pieces(block):
        if key is not None:
            marks.append((len(text), key))
        text += piece
    start = 0
    for end in [*(match.start() for match in END.finditer(text)), len(text)]:
        keys = tuple(dict.fromkeys(key for place, key in marks if start <= place < end))
        if shown := " ".join(text[start:end].split()):
            yield Sentence(_place(block), shown, keys)
        start = end


def _pieces(element: _Element, inside: str | None = None) -> Iterator[tuple[str, str | None]]:
    """Text by text, the first of a value with its key; a table's cells are set apart by a bar."""
    key = element.get("data-value", inside)
    if element.text:
        yield element.text, key
    for child in element:
        if isinstance(child.tag, str):
            yield from _pieces(child, key)
        if child.tail:
            yield child.tail, key
        if child.tag in ("td", "th") and child.getnext() is not None:
            yield " | ", None


def _place(element: _Element) -> str:
    above = (e for e in element.iterancestors("section", "figure") if e.get("id"))
    return next((e.get("id") for e in above), "header")
