"""Reads a document tree as a reader does: blocks, cells, signs with their looks; shares no code with it."""

from __future__ import annotations

from xml.etree import ElementTree

from lxml import etree
from lxml.etree import _Element

BLOCKS = (
    "p",
    "li",
    "dt",
    "dd",
    "h1",
    "h2",
    "h3",
    "h4",
    "figcaption",
    "td",
    "th",
    "aside",
    "img",
    "tr",
    "table",
)
SIGNS = {"em": "i", "i": "i", "strong": "b", "b": "b", "sub": "_", "sup": "^"}
Sign = tuple[str, str]  # a sign and its look


def read(tree: _Element, without: str = "") -> list[tuple[str, ...]]:
    """Every block in reading order: its tag, its spans if it has any, its text with looks in braces.

    ``without`` ("ins" or "del") is the mark whose content is left out, so that a marked tree reads as
    one side.
    """
    reader = _Reader(without)
    reader.walk(ElementTree.fromstring(etree.tostring(tree)), "")
    return [(*kind, text) for kind, signs in reader.blocks if (text := _set(signs)) or kind != ("",)]


def texts(tree: _Element, without: str = "") -> list[str]:
    """The plain texts of the same blocks, the empty ones left out."""
    reader = _Reader(without)
    reader.walk(ElementTree.fromstring(etree.tostring(tree)), "")
    plain = (
        "".join(s for s, _ in _collapsed(signs)).replace("\v", " ").strip(" ") for _, signs in reader.blocks
    )
    return [text for text in plain if text]


class _Reader:
    def __init__(self, without: str):
        self.without = without
        self.edition = {"ins": "old", "del": "new"}.get(without, "")
        self.blocks: list[tuple[tuple[str, ...], list[Sign]]] = [(("",), [])]

    def walk(self, element: ElementTree.Element, look: str) -> None:
        if not (self.without and self.without in (element.tag, element.get("data-change"))):
            inner = "".join(sorted({*look, *SIGNS.get(element.tag, "")}))
            if element.tag in BLOCKS:
                self.blocks.append(((element.tag, *self._spans(element)), []))
            self._add("\v" if element.tag == "br" else element.text, inner)
            for child in element:
                self.walk(child, inner)
            if element.tag in BLOCKS:
                self.blocks.append((("",), []))
        self._add(element.tail, look)

    def _spans(self, element: ElementTree.Element) -> tuple[str, ...]:
        if element.tag not in ("td", "th"):
            return ()
        names = ("colspan", "rowspan")
        return tuple(element.get(f"data-{n}-{self.edition}") or element.get(n) or "1" for n in names)

    def _add(self, text: str | None, look: str) -> None:
        self.blocks[-1][1].extend((sign, look) for sign in text or "")


def _collapsed(signs: list[Sign]) -> list[Sign]:
    result: list[Sign] = []
    for sign, look in signs:
        if sign not in " \t\n\r\f":
            if sign == "\v" and result and result[-1][0] == " ":
                result.pop()
            result.append((sign, look))
        elif result and result[-1][0] not in " \v":
            result.append((" ", ""))
    return result[:-1] if result and result[-1][0] == " " else result


def _set(signs: list[Sign]) -> str:
    text, before = "", ""
    for sign, look in _collapsed(signs):
        if sign != " " and look != before:
            text, before = f"{text}{{{look}}}", look
        text += sign
    return text
