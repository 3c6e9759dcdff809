"""Where the words of a manuscript stand in its templates.

Templates are rendered once more with a sign of a private-use plane before each passage of text, outside
tags and in the literals that `says`, `among` and `claim` print. The signs pass through macros, loops and
the writers, and lead back to file and offset. The ordinary rendering knows nothing of this.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import jinja2

from sscreport.compose.claims import NAMES
from sscreport.compose.sources import KEYED, TYPED, WHITE_SPACE
from sscreport.folder import TEMPLATES

FIRST, LAST = 0xF0000, 0x10FFFD  # private use, allowed in XML, no digit and no letter
SIGN = re.compile(f"[{chr(FIRST)}-{chr(LAST)}]")
_LEXER = jinja2.Environment(**WHITE_SPACE, autoescape=True)
_OUTSIDE = re.compile(r"<!--.*?-->|<[^<>]*>", re.DOTALL)
_OPENS = re.compile(r"<(?:p|li|h[1-4])\b[^<>]*>$")
_CLOSES = re.compile(r"^</(?:p|li|h[1-4])>")
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|\w+);")
_COMPARING = ("==", "!=", "in", "not", "<", ">")
_ASKED = re.compile(r"^(end)?(macro|set)$")  # what they print may be compared, or asked whether it is empty


@dataclass(frozen=True)
class Passage:
    """Text of a template from ``start``, up to ``end``. ``quote``: the quotation mark of a literal, or ""."""

    file: str
    start: int
    end: int
    quote: str = ""


@dataclass(frozen=True)
class Spot:
    """The characters ``start`` to ``end`` of a template, which print as one; a point where they are equal."""

    passage: int
    start: int
    end: int


@dataclass
class SourceMap:
    """The passages by the order of their signs, the texts of the templates by file, and how often each
    passage is printed.
    """

    passages: list[Passage] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    printed: Counter[int] = field(default_factory=Counter)

    def loader(self, root: Path) -> jinja2.BaseLoader:
        """Loads the templates of the review in ``root`` with their signs."""
        return _Loader(root / TEMPLATES, self)

    def line(self, file: str, offset: int) -> int:
        return self.texts[file].count("\n", 0, offset) + 1

    def count(self, signed: str) -> None:
        """Note which passages ``signed``, a part of what is printed, holds."""
        self.printed.update(ord(sign) - FIRST for sign in SIGN.findall(signed))

    def enter(self, file: str, source: str) -> str:
        """``source`` with a sign before each passage."""
        self.texts[file] = source
        pieces, done = [], 0
        for start, end, quote in _passages(source):
            pieces += [source[done:start], chr(FIRST + len(self.passages))]
            self.passages.append(Passage(file, start, end, quote))
            done = start
        return "".join([*pieces, source[done:]])

    def spots(self, signed: str) -> tuple[str, list[Spot | None], dict[int, list[Spot]]]:
        """Printed text without signs, the spot of each character, and by character the points before it."""
        plain: list[str] = []
        spots: list[Spot | None] = []
        points: dict[int, list[Spot]] = {}
        number, place = -1, 0
        for sign in signed:
            if SIGN.match(sign):
                number = ord(sign) - FIRST
                place = self.passages[number].start
                points.setdefault(len(plain), []).append(Spot(number, place, place))
                self._before(number, plain, spots)
                continue
            end = self._printed(number, place, sign) if number >= 0 else None
            spots.append(Spot(number, place, end) if end is not None else None)
            plain.append(sign)
            number, place = (number, end) if end is not None else (-1, 0)
        return "".join(plain), spots, points

    def _before(self, number: int, plain: list[str], spots: list[Spot | None]) -> None:
        """The space before a passage, which stands before its sign."""
        passage = self.passages[number]
        text, start = self.texts[passage.file], passage.start
        while start > 0 and text[start - 1].isspace():
            start -= 1
        if start < passage.start and plain and plain[-1].isspace() and spots[-1] is None:
            spots[-1] = Spot(number, start, passage.start)

    def _printed(self, number: int, place: int, sign: str) -> int | None:
        """Where in the template ends what prints as ``sign``; None where it does not stand there."""
        passage = self.passages[number]
        text = self.texts[passage.file]
        if place >= passage.end:
            return None
        if sign.isspace() and text[place].isspace():
            end = place + 1
            while end < passage.end and text[end] in " \t\n":
                end += 1
            return end
        entity = None if passage.quote else _ENTITY.match(text, place)
        if entity and unescape(entity.group()) == sign:
            return entity.end()
        return place + 1 if text[place] == sign else None


class _Loader(jinja2.FileSystemLoader):
    def __init__(self, folder: Path, known: SourceMap):
        super().__init__(folder)
        self._known, self._signed = known, {}

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        source, filename, fresh = super().get_source(environment, template)
        if template not in self._signed:
            plain = source.replace("\r\n", "\n")
            self._signed[template] = self._known.enter(f"{TEMPLATES}/{template}", plain)
        return self._signed[template], filename, fresh


# ---------------------------------------------------------------- passages


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int


def _passages(source: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and quotation mark of every passage, in order."""
    tokens = list(_tokens(source))
    calls: list[str] = []  # the names before the brackets that are open
    asked = 0  # how many macros and the like are open
    tag = False  # whether a tag of the markup is open, which an expression may stand in
    for place, token in enumerate(tokens):
        before = tokens[place - 1] if place else _Token("", "", 0)
        if token.kind == "data":
            following = tokens[place + 1].kind if place + 1 < len(tokens) else ""
            beside = before.kind == "variable_end", following == "variable_begin"
            for start, end in _texts(token.text, tag, (False, False) if asked else beside):
                if not asked or " " in token.text[start:end].strip():
                    yield token.start + start, token.start + end, ""
            tag = _in_tag(token.text, tag)
        elif token.kind == "string":
            if _is_prose(token.text, calls, before):
                yield from _literal(token)
        elif token.kind == "operator" and token.text in "([{":
            calls.append(before.text if token.text == "(" and before.kind == "name" else token.text)
        elif token.kind == "operator" and token.text in ")]}" and calls:
            calls.pop()
        elif token.kind == "name" and before.kind == "block_begin" and (opened := _ASKED.match(token.text)):
            asked += -1 if opened[1] else _has_body(tokens, place)


def _tokens(source: str) -> Iterator[_Token]:
    """What stands in a template with its place; white space inside expressions is left out."""
    place = 0
    for _, kind, text in _LEXER.lexer.tokeniter(source, None):
        start = source.find(text, place)  # only white space is dropped between two of them
        place = start + len(text)
        if kind != "whitespace":
            yield _Token(kind, text, start)


def _has_body(tokens: list[_Token], place: int) -> bool:
    """Whether a block that begins with this name has an end of its own: not ``{% set x = 1 %}``."""
    if tokens[place].text != "set":
        return True
    for token in tokens[place:]:
        if token.kind == "block_end":
            return True
        if token.kind == "operator" and token.text == "=":
            return False
    return False


def _is_prose(literal: str, calls: list[str], before: _Token) -> bool:
    """Whether a literal is one that is printed, as far as can be told from where it stands."""
    inner = calls[-1] if calls else ""
    if "\\" in literal or before.text in _COMPARING or inner in (*KEYED, "[", "{") or literal[1:-1] == "":
        return False
    return inner in TYPED or " " in literal[1:-1].strip()


def _literal(token: _Token) -> Iterator[tuple[int, int, str]]:
    """A literal in two parts where `among` sets names into it."""
    start, end = token.start + 1, token.start + len(token.text) - 1
    names = token.text.find(NAMES)
    if names < 0:
        yield start, end, token.text[0]
        return
    for first, last in ((start, token.start + names), (token.start + names + len(NAMES), end)):
        if first < last:
            yield first, last, token.text[0]


def _texts(data: str, tag: bool, beside: tuple[bool, bool]) -> Iterator[tuple[int, int]]:
    """Start and end of the text between tags. ``beside``: whether an expression stands before and after.

    There a point is kept also where the text between it and a paragraph's tag is empty or a space.
    """
    place = data.find(">") + 1 if tag else 0
    if tag and not place:
        return
    cut = data.rfind("<")
    stop = cut if cut > data.rfind(">") else len(data)
    spans = [*_OUTSIDE.finditer(data, place, stop)]
    starts = [place, *(match.end() for match in spans)]
    ends = [*(match.start() for match in spans), stop]
    for start, end in zip(starts, ends, strict=True):
        text = data[start:end]
        if text.strip():
            yield start + len(text) - len(text.lstrip()), end
        elif "\n" not in text and _is_point(data, start, end, beside):
            yield start, end


def _is_point(data: str, start: int, end: int, beside: tuple[bool, bool]) -> bool:
    first, last = start == 0 and beside[0], end == len(data) and beside[1]
    opens, closes = _OPENS.search(data[:start]), _CLOSES.match(data[end:])
    return (first and (last or bool(closes))) or (last and bool(opens))


def _in_tag(data: str, tag: bool) -> bool:
    opened, closed = data.rfind("<"), data.rfind(">")
    return tag if opened == closed == -1 else opened > closed
