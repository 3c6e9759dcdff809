"""The shortest edit that makes one block's atoms another's, as a reader would mark it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel, Levenshtein

from sscreport.redline.atoms import SIGN, SPACE, WORD, Atom

PLAIN = (SPACE, WORD, SIGN)
ISLAND = 3  # words changed on either side of a single word that make it part of the change


@dataclass(frozen=True)
class Stretch:
    """Atoms that stay, or a change: ``old`` gives way to ``new``, either of which may be empty."""

    old: tuple[Atom, ...]
    new: tuple[Atom, ...]
    changed: bool

    @property
    def firm(self) -> bool:
        """Whether a number, value, citation or the like gives way to another, or stays."""
        return all(any(atom.kind not in PLAIN for atom in side) for side in (self.old, self.new))

    @property
    def words(self) -> int:
        """How many words the longer side has."""
        return max(sum(atom.kind == WORD for atom in side) for side in (self.old, self.new))


def edits(old: Sequence[Atom], new: Sequence[Atom]) -> list[Stretch]:
    """Everything in order, what stays and what changes in turn.

    A value and its successor of the same key are a change of their own.
    """
    return [part for stretch in _readable(list(_raw(tuple(old), tuple(new)))) for part in _trimmed(stretch)]


def _trimmed(stretch: Stretch) -> Iterator[Stretch]:
    """A change without what its two sides begin and end with."""
    old, new = stretch.old, stretch.new
    shared = min(len(old), len(new)) if stretch.changed else 0
    start = next((n for n in range(shared) if old[n].look != new[n].look), shared)
    end = next((n for n in range(shared - start) if old[-1 - n].look != new[-1 - n].look), shared - start)
    if not stretch.changed:
        yield stretch
        return
    before, after = len(old) - end, len(new) - end
    yield from (
        part
        for part in (
            Stretch(old[:start], new[:start], False),
            Stretch(old[start:before], new[start:after], True),
            Stretch(old[before:], new[after:], False),
        )
        if part.old or part.new
    )


def _raw(old: tuple[Atom, ...], new: tuple[Atom, ...]) -> Iterator[Stretch]:
    start_i = start_j = 0
    for step in Levenshtein.opcodes([atom.look for atom in old], [atom.look for atom in new]):
        if step.tag == "equal":
            yield from _by_key(old[start_i : step.src_start], new[start_j : step.dest_start])
            start_i, start_j = step.src_end, step.dest_end
            yield Stretch(old[step.src_start : start_i], new[step.dest_start : start_j], False)
    yield from _by_key(old[start_i:], new[start_j:])


def _by_key(old: tuple[Atom, ...], new: tuple[Atom, ...]) -> Iterator[Stretch]:
    """A change, cut so that a value and its successor of the same key stand alone."""
    start_i = start_j = 0
    for i, j in _same_keys(old, new):
        yield from _raw(old[start_i:i], new[start_j:j])
        yield Stretch((old[i],), (new[j],), True)
        start_i, start_j = i + 1, j + 1
    if start_i:
        yield from _raw(old[start_i:], new[start_j:])
    elif old or new:
        yield Stretch(old, new, True)


def _same_keys(old: tuple[Atom, ...], new: tuple[Atom, ...]) -> Iterator[tuple[int, int]]:
    places = [[place for place, atom in enumerate(side) if atom.keys] for side in (old, new)]
    keys = [[side[place].keys for place in found] for side, found in zip((old, new), places, strict=True)]
    for step in Indel.opcodes(*keys):
        if step.tag == "equal":
            yield from zip(
                places[0][step.src_start : step.src_end],
                places[1][step.dest_start : step.dest_end],
                strict=True,
            )


def _readable(stretches: list[Stretch]) -> list[Stretch]:
    """Changes of words that only a space, a sign or a lone word keeps apart become one."""
    result: list[Stretch] = []
    loose: list[bool] = []  # by stretch, whether its words may join others
    for stretch in stretches:
        joins = not stretch.firm
        while len(result) > 1 and joins and stretch.changed and all(loose[-2:]):
            if not _one_change(*result[-2:], stretch):
                break
            before, between = result[-2:]
            stretch = Stretch(
                (*before.old, *between.old, *stretch.old), (*before.new, *between.new, *stretch.new), True
            )
            del result[-2:], loose[-2:]
        result.append(stretch)
        loose.append(joins)
    return result


def _one_change(before: Stretch, between: Stretch, after: Stretch) -> bool:
    if between.changed or not before.changed:
        return False
    signs = sum(atom.kind == SIGN for atom in between.new)
    enough = min(before.words, after.words) >= ISLAND
    return (between.words == 0 and signs <= 1) or (between.words == 1 and signs == 0 and enough)
