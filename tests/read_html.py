"""Reads a finished web page as a browser would, without knowing how it was written."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from lxml import html
from lxml.html import HtmlElement

IDENTITIES = ("data-value", "data-cite", "data-ref", "data-constant")


def _page(path: Path) -> HtmlElement:
    return html.document_fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))


def read_values(path: Path) -> dict[str, list[str]]:
    """The texts of every key in reading order, figures included.

    A key that marks shapes only (the square of a weight) has no texts.
    """
    values: dict[str, list[str]] = defaultdict(list)
    for element in _page(path).iterfind(".//*[@data-value]"):
        text = "".join(element.itertext())
        values[element.get("data-value")].extend([text] if text else [])
    return dict(values)


def texts_by_id(path: Path) -> dict[str, str]:
    """The text of every single use of a value, by its id."""
    uses = _page(path).iterfind(".//*[@data-value][@id]")
    return {use.get("id"): "".join(use.itertext()) for use in uses}


def unexplained_digits(path: Path) -> list[str]:
    """Texts of the title and the body that hold a digit, superscripts included, outside any identity.

    In a card every digit belongs to the value whose key the card is called by; JSON is no text.
    """
    explained = "ancestor::*[" + " or ".join(f"@{name}" for name in IDENTITIES) + "]"
    unread = "ancestor::script or ancestor::*[contains(concat(' ', @class, ' '), ' card ')]"
    texts = _page(path).xpath(f"//title/text() | //body//text()[not({explained})][not({unread})]")
    return [text.strip() for text in texts if any(character.isdigit() for character in text)]
