"""A block's inline content, cut into the smallest pieces that a redline tells apart."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from lxml.etree import _Element

SPACE, WORD, NUMBER, SIGN, THING, BREAK = "space", "word", "number", "sign", "thing", "break"

# What a browser collapses; a number with its points, commas and thin spaces; a word; or any other sign.
_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n\f]+)|(?P<number>\d(?:[\d.,\u202f\u2009]*\d)?)"
    r"|(?P<word>[^\W\d_]+(?:[’'-][^\W\d_]+)*)|(?P<sign>.)",
    re.DOTALL,
)
_WHITE = re.compile(r"[ \t\r\n\f]+")
_WHOLE = ("data-value", "data-cites", "data-ref", "data-constant")
_FORMATS = {"em": "em", "i": "em", "strong": "strong", "b": "strong", "sub": "sub", "sup": "sup"}


@dataclass(frozen=True, eq=False)
class Atom:
    """A word, number, sign or space, or an element that changes as a whole (a value, a citation).

    ``around`` are the elements that enclose it within its block, the outermost first.
    """

    text: str
    kind: str
    around: tuple[_Element, ...]
    element: _Element | None = None

    @property
    def look(self) -> Hashable:
        """What a reader sees of it: atoms of the same look do not differ."""
        return (self.text if self.element is None else _drawn(self.element), self.formats)

    @property
    def formats(self) -> tuple[str, ...]:
        return tuple(name for step in self.around if (name := format_of(step)))

    @property
    def keys(self) -> tuple[str, ...]:
        return () if self.element is None else keys_of(self.element)


def atoms(block: _Element) -> list[Atom]:
    """Everything in ``block`` in reading order, white space collapsed as a browser does."""
    found: list[Atom] = []
    _collect(block, (), found)
    _drop_space(found)
    return found


def _collect(element: _Element, around: tuple[_Element, ...], found: list[Atom]) -> None:
    _cut(element.text, around, found)
    for child in element:
        if child.tag == "br":
            _drop_space(found)
            found.append(Atom("\n", BREAK, around, child))
        elif isinstance(child.tag, str) and is_whole(child):
            found.append(Atom(shown(child), THING, around, child))
        elif isinstance(child.tag, str):
            _collect(child, (*around, child), found)
        _cut(child.tail, around, found)


def _cut(text: str | None, around: tuple[_Element, ...], found: list[Atom]) -> None:
    for match in _TOKEN.finditer(text or ""):
        kind = match.lastgroup or SIGN
        if kind != SPACE:
            found.append(Atom(match.group(), kind, around))
        elif found and found[-1].kind not in (SPACE, BREAK):
            found.append(Atom(" ", SPACE, around))


def _drop_space(found: list[Atom]) -> None:
    """Space at the end of a line is none."""
    if found and found[-1].kind == SPACE:
        found.pop()


def is_whole(element: _Element) -> bool:
    """Whether an inline element changes as a whole."""
    names = element.attrib
    return element.tag == "a" or any(name in names for name in _WHOLE) or names.get("class") == "label"


def format_of(element: _Element) -> str:
    """The look that an inline element gives its content; empty where it gives none."""
    if element.tag != "span":
        return _FORMATS.get(element.tag, element.tag)
    return " ".join(name for name in element.get("class", "").split() if name != "reconstructed")


def _drawn(element: _Element) -> str:
    """Its text with the formatting in and of it."""
    if element.tag == "br":
        return "<br>"
    inner = element.text or ""
    for child in element:
        inner += (_drawn(child) if isinstance(child.tag, str) else "") + (child.tail or "")
    name = _FORMATS.get(element.tag)
    text = _WHITE.sub(" ", inner)
    return f"<{name}>{text}</{name}>" if name else text


def shown(element: _Element) -> str:
    """Its text as a reader sees it, in one line."""
    return _WHITE.sub(" ", "".join(_texts(element))).strip(" ")


def _texts(element: _Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag == "br":
            yield " "
        elif isinstance(child.tag, str):
            yield from _texts(child)
        yield child.tail or ""


def keys_of(element: _Element) -> tuple[str, ...]:
    """The keys of the values in it, each once, in reading order."""
    return tuple(
        dict.fromkeys(
            step.get("data-value") for step in element.xpath(".|.//*[@data-value]") if step.get("data-value")
        )
    )
