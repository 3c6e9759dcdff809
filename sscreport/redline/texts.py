"""What blocks have in common: whether they read alike, and how similar they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable

from lxml.etree import _Element
from rapidfuzz.distance import Indel

from sscreport.redline.atoms import atoms, keys_of, shown
from sscreport.redline.scaffold import ENTRY, is_container

_WORD = re.compile(r"\w+")
TAKEN_IN, SEVERAL, CERTAIN = (
    0.8,
    6,
    0.6,
)  # share of the shorter text, its least number of words; what it weighs
FIRST_SIGN = 0x100  # a word is compared as one sign; these begin here


class Texts:
    """Remembers how each block reads. ``redrawn`` are the ids of figures whose drawings differ."""

    def __init__(self, redrawn: Collection[str] = ()):
        self.redrawn = frozenset(redrawn)
        self._looks: dict[_Element, Hashable] = {}
        self._encoded: dict[_Element, str] = {}
        self._vocabulary: dict[str, str] = {}

    def look(self, element: _Element) -> Hashable:
        """Blocks of the same look read alike; a redrawn figure is like no other."""
        if element not in self._looks:
            self._looks[element] = self._look(element)
        return self._looks[element]

    def _look(self, element: _Element) -> Hashable:
        if element.tag == "img":
            return element if self.is_redrawn(element) else ("img", element.get("alt"))
        if element.tag == "table" or is_container(element):
            parts = (child for child in element if isinstance(child.tag, str))
            return (element.tag, tuple(self.look(part) for part in parts))
        spans = (element.get("colspan"), element.get("rowspan"))
        return (element.tag, spans, tuple(atom.look for atom in atoms(element)))

    def is_redrawn(self, image: _Element) -> bool:
        names = {image.get("data-figure"), *(step.get("id") for step in image.iterancestors("figure"))}
        return not self.redrawn.isdisjoint(names)

    def name(self, element: _Element) -> str:
        """What identifies a block on both sides: its id, or the term of an entry."""
        term = element.find("dt") if element.tag == ENTRY else None
        return element.get("id", "") if term is None else shown(term)

    def similarity(self, old: _Element, new: _Element) -> float:
        """From 0 to 1, by the words that two blocks share in order, or by their values' keys.

        A block that another takes in nearly whole is similar to it, however long that is.
        """
        one, other = self._signs_of(old), self._signs_of(new)
        apart = Indel.distance(one, other)
        longest, shortest = max(len(one), len(other)), min(len(one), len(other))
        words = 1 - apart / (longest + shortest) if longest else 1.0
        taken_in = (longest + shortest - apart) / 2 >= TAKEN_IN * shortest and shortest >= SEVERAL
        ours, theirs = set(keys_of(old)), set(keys_of(new))
        keys = len(ours & theirs) / len(ours | theirs) if ours and theirs else 0.0
        return max(words, keys, CERTAIN if taken_in else 0.0)

    def alike(self, old: str, new: str) -> float:
        """From 0 to 1, by the words that two texts share in order."""
        return 1.0 if old == new else Indel.normalized_similarity(self._signs(old), self._signs(new))

    def _signs_of(self, element: _Element) -> str:
        if element not in self._encoded:
            self._encoded[element] = self._signs(shown(element))
        return self._encoded[element]

    def _signs(self, text: str) -> str:
        """A text with one sign for each word, so that texts compare as fast as words."""
        known = self._vocabulary
        return "".join(known.setdefault(w, chr(FIRST_SIGN + len(known))) for w in _WORD.findall(text))
