"""Read a finished web page back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lxml import html
from lxml.html import HtmlElement

from sscreport.enclosure import Enclosure
from sscreport.reading import (
    BIBLIOGRAPHY,
    CITATION,
    CONSTANT,
    CONTENTS,
    CROSS_REFERENCE,
    DESCRIPTION,
    ORIGIN,
    TEXT,
    VALUE,
    Piece,
    Reading,
)

ENCLOSURE = "sscreport-enclosure"
_UNREAD = ("script", "style", "template")
_ATTRIBUTES = {"data-cite": CITATION, "data-ref": CROSS_REFERENCE, "data-constant": CONSTANT}
# Elements that stand in a line of text; every other one begins and ends a line.
_INLINE = frozenset({"a", "b", "button", "em", "i", "label", "span", "strong", "sub", "sup", "tspan"})


def read_html(path: Path) -> Reading:
    page = html.document_fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))
    pieces = [Piece(title.text_content(), TEXT, "", "title") for title in page.iter("title")]
    body = page.find("body")
    pieces += _pieces(body if body is not None else page, TEXT, "", "")
    return Reading(pieces, _enclosure(page))


def _enclosure(page: HtmlElement) -> Enclosure | None:
    found = page.xpath(f"//script[@id='{ENCLOSURE}']")
    if not found:
        return None
    try:
        content: dict[str, Any] = json.loads(found[0].text or "")
        return Enclosure(content["files"], content["values"], content["version"], content["code"])
    except (ValueError, KeyError, TypeError):
        return None


def _pieces(element: HtmlElement, kind: str, key: str, place: str) -> Iterator[Piece]:
    if not isinstance(element.tag, str) or element.tag in _UNREAD:
        return
    kind, key = _identity(element, kind, key)
    place = _place(element) or _apart(kind, key) or place
    if element.get("aria-label") and (element.get("role") == "img" or element.tag == "tr"):
        yield Piece(element.get("aria-label"), DESCRIPTION, "", place)
    yield from _text(element, element.text, kind, key, place)
    for child in element:
        pieces = _pieces(child, kind, key, place)
        yield from _unshared(pieces) if _folded_data(child) else pieces
        yield from _text(child, child.tail, kind, key, place)
    if element.tag not in _INLINE:
        yield Piece("\n", kind if kind == VALUE else TEXT, key, place)


def _folded_data(element: HtmlElement) -> bool:
    """Whether here stands the data of a figure, which the web page alone has."""
    return element.tag == "details" and "figure-data" in (element.get("class") or "").split()


def _unshared(pieces: Iterator[Piece]) -> Iterator[Piece]:
    return (replace(piece, shared=False) for piece in pieces)


def _text(element: HtmlElement, text: str | None, kind: str, key: str, place: str) -> Iterator[Piece]:
    if text:
        yield Piece(text, kind, key, place)


def _identity(element: HtmlElement, kind: str, key: str) -> tuple[str, str]:
    """Kind and key of what stands in an element that itself stands in ``kind``."""
    classes = (element.get("class") or "").split()
    if "card" in classes:
        return ORIGIN, (element.get("id") or "").removeprefix("v-")
    if kind == ORIGIN:
        return kind, key
    if kind == CONTENTS:
        return kind, element.get("data-value") or key
    if element.get("data-value"):
        return VALUE, element.get("data-value")
    if "contents" in classes:
        return CONTENTS, ""
    if element.get("id") == "references":
        return BIBLIOGRAPHY, ""
    for name, meant in _ATTRIBUTES.items():
        if element.get(name) is not None and kind not in (VALUE, BIBLIOGRAPHY):
            return meant, ""
    return kind, key


def _apart(kind: str, key: str) -> str:
    """Where something stands that is not part of the manuscript's sections."""
    return f"card of {key}" if kind == ORIGIN else kind if kind == CONTENTS else ""


def _place(element: HtmlElement) -> str:
    """What a reader calls the section, figure or table that begins here; "" where none does."""
    if _folded_data(element):
        return " ".join("".join(element.xpath("string(.//caption)")).split())
    if element.tag not in ("section", "figure"):
        return ""
    for title in element.xpath("h2 | h3 | h4 | figcaption//span[@class='label']"):
        return " ".join(title.text_content().split())
    return ""
