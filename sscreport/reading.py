"""A finished file as it was read back: its text piece by piece, each with its identity.

All three readers yield the same records, so that checking a file does not ask what kind it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sscreport.enclosure import Enclosure
from sscreport.wording import has_digit

VALUE = "value"
CITATION = "citation"
CROSS_REFERENCE = "cross-reference"
CONSTANT = "constant"
BIBLIOGRAPHY = "list of references"
ORIGIN = "card or appendix"  # where a number comes from
CONTENTS = "table of contents"
DESCRIPTION = "description of a figure"
PAGE = "running head or page number"  # or a line's number
TEXT = ""  # plain words; a digit in them has no identity
KINDS = (VALUE, CITATION, CROSS_REFERENCE, CONSTANT, BIBLIOGRAPHY, ORIGIN, CONTENTS, DESCRIPTION, PAGE)


@dataclass(frozen=True)
class Piece:
    """A run of text of one kind. ``key`` is that of a value; ``place`` is said to a human.

    ``shared`` says whether the other formats carry it too.
    """

    text: str
    kind: str = TEXT
    key: str = ""
    place: str = ""
    shared: bool = True


@dataclass(frozen=True)
class Token:
    """A number, a word or a sign, and the piece it stands in.

    ``position`` is that of the piece in its reading, ``line`` counts the lines before it, and
    ``apart`` says whether a space stands before it.
    """

    text: str
    piece: Piece
    position: int
    line: int
    apart: bool

    @property
    def is_number(self) -> bool:
        return has_digit(self.text)


@dataclass(frozen=True)
class Picture:
    """A figure that is a picture: a digest of its pixels, and the numbers of its SVG where it has one."""

    name: str
    pixels: str
    svg: tuple[Piece, ...] | None


@dataclass(frozen=True)
class Reading:
    """A file read back. ``enclosure`` is None where nothing travels inside.

    ``numbered`` says whether numbers stand beside its lines.
    """

    pieces: Sequence[Piece]
    enclosure: Enclosure | None
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    numbered: bool = False

    @cached_property
    def tokens(self) -> list[Token]:
        return list(tokens(self.pieces))

    @property
    def drawn(self) -> list[Piece]:
        """What the pictures print, as their vector forms say."""
        return [piece for picture in self.pictures.values() for piece in picture.svg or ()]


# A number with its points, commas and thin spaces inside; a word; or any other sign.
TOKEN = re.compile(r"\d(?:[\d.,\u202f\u2009]*\d)?|[^\W\d_]+|[^\s\w]|_|\w")


def tokens(pieces: Sequence[Piece]) -> Iterator[Token]:
    """Words, numbers and signs one by one; the edge of a piece ends a token as a space does."""
    ended = 0  # where the last token of the piece, or the piece before it, ended
    line = 0
    for position, piece in enumerate(pieces):
        ended = min(0, ended)
        for match in TOKEN.finditer(piece.text):
            line += piece.text.count("\n", max(0, ended), match.start())
            yield Token(match.group(), piece, position, line, match.start() != ended)
            ended = match.end()
        line += piece.text.count("\n", max(0, ended))
        ended -= len(piece.text)


def text_of(run: Sequence[Token]) -> str:
    """Tokens as the text that they were."""
    return "".join(f" {token.text}" if token.apart else token.text for token in run).strip()
