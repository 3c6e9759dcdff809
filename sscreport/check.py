"""Check: the audit of the finished files themselves.

Every number in them is counted by class, and none may be without identity; all formats must carry
the same keys and say the same under each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sscreport.reading import TEXT, VALUE, Reading, Token, tokens


@dataclass(frozen=True)
class Audit:
    """``numbers`` are counts by format and class; ``problems`` are sentences, none where all is well."""

    numbers: Mapping[str, Mapping[str, int]]
    keys: Mapping[str, int]
    problems: tuple[str, ...]


def check(readings: Mapping[str, Reading]) -> Audit:
    """Audit the finished files of one build, by format."""
    numbers = {name: _numbers(reading) for name, reading in readings.items()}
    texts = {name: _texts(reading) for name, reading in readings.items()}
    problems = [*_unexplained(readings), *_disagreements(texts)]
    return Audit(numbers, {name: len(found) for name, found in texts.items()}, tuple(problems))


def _numbers(reading: Reading) -> Counter[str]:
    return Counter(token.piece.kind or "unexplained" for token in _number_tokens(reading))


def _number_tokens(reading: Reading) -> list[Token]:
    """Every number of a file, those in its pictures too."""
    return [token for token in (*reading.tokens, *tokens(reading.drawn)) if token.is_number]


def _unexplained(readings: Mapping[str, Reading]) -> list[str]:
    return [
        f"{name.upper()}, {token.piece.place or 'outside any section'}: {token.text} has no identity "
        f"(“{' '.join(token.piece.text.split())[:60]}”)."
        for name, reading in readings.items()
        for token in _number_tokens(reading)
        if token.piece.kind == TEXT
    ]


def _texts(reading: Reading) -> dict[str, set[str]]:
    """What each key prints where all formats print it, in the text and in pictures."""
    found: dict[str, set[str]] = {}
    for piece in (*reading.pieces, *reading.drawn):
        if piece.kind == VALUE and piece.shared and piece.text.strip():
            found.setdefault(piece.key, set()).add(_bare(piece.text))
    return found


def _bare(text: str) -> str:
    """A text without what a line's end may swallow: spaces and hyphens."""
    return "".join(text.replace("-", "").split())


def _disagreements(texts: Mapping[str, Mapping[str, set[str]]]) -> list[str]:
    (first, base), *others = texts.items()
    found = []
    for name, other in others:
        for key in sorted(base.keys() ^ other.keys()):
            has, lacks = (first, name) if key in base else (name, first)
            found.append(f"{key} stands in the {has.upper()} and not in the {lacks.upper()}.")
        for key in sorted(base.keys() & other.keys()):
            if base[key] != other[key]:
                found.append(
                    f"{key} reads {_listed(base[key])} in the {first.upper()} and "
                    f"{_listed(other[key])} in the {name.upper()}."
                )
    return found


def _listed(texts: set[str]) -> str:
    return " / ".join(sorted(texts))
