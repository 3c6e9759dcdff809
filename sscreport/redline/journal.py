"""Keeps a redline's revisions and pairs while the merged tree is written."""

from __future__ import annotations

from collections.abc import Iterable

from sscreport.redline.records import Pair, Revision


class Journal:
    def __init__(self) -> None:
        self.pairs: list[Pair] = []
        self.revisions: list[Revision] = []

    def pair(self, pair: Pair) -> int:
        """Note a pair; returns its position."""
        self.pairs.append(pair)
        return len(self.pairs) - 1

    def revise(self, place: str, before: str, after: str, keys: Iterable[str], pair: int) -> int:
        """Note a revision; returns its number."""
        number = len(self.revisions) + 1
        self.revisions.append(Revision(number, place, before, after, tuple(dict.fromkeys(keys)), pair))
        return number
