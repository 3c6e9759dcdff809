"""Two editions of a block's inline content as one, with what differs marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import groupby

from lxml import etree
from lxml.etree import _Element

from sscreport.redline.atoms import Atom, format_of
from sscreport.redline.sides import BARE, REVISION, withdrawn


@dataclass(frozen=True, eq=False)
class Piece:
    """An atom in the merged block. ``edition`` is "del", "ins", or empty for what both have.

    ``around`` are the elements to write around it, the outermost first; ``mark`` the edition and the
    revision's number still to be written around it.
    """

    atom: Atom
    edition: str
    around: tuple[_Element, ...]
    mark: tuple[str, int] | None


def pieces(atoms: Sequence[Atom], edition: str = "", revision: int = 0) -> list[Piece]:
    mark = (edition, revision) if edition else None
    return [Piece(atom, edition, atom.around, mark) for atom in atoms]


def write(parent: _Element, content: Sequence[Piece]) -> None:
    """Append everything to ``parent``, marks as far outside the formatting as they can stand."""
    _write(parent, _settled(content), 0)
    etree.strip_tags(parent, BARE)


def _settled(content: Sequence[Piece]) -> list[Piece]:
    """What is deleted stands inside the new edition's formatting where it had the same itself."""
    result: list[Piece] = []
    for deleted, group in groupby(content, key=lambda piece: piece.edition == "del"):
        run = list(group)
        if deleted:
            end = len(result) + len(run)
            before = result[-1].around if result else ()
            after = content[end].around if end < len(content) else ()
            run = [_within(piece, before, after) for piece in run]
        result += run
    return result


def _within(piece: Piece, before: tuple[_Element, ...], after: tuple[_Element, ...]) -> Piece:
    own = tuple(step for step in piece.around if format_of(step))
    shared = _common(before, after)
    lengths = [(shared, len(shared))] + [(side, n) for side in (before, after) for n in range(len(side) + 1)]
    outer: tuple[_Element, ...] = ()
    for side, length in lengths:
        formats = _formats(side[:length])
        if formats == piece.atom.formats[: len(formats)] and length > len(outer):
            outer = side[:length]
    return replace(piece, around=(*outer, *own[len(_formats(outer)) :]))


def _common(one: tuple[_Element, ...], other: tuple[_Element, ...]) -> tuple[_Element, ...]:
    length = 0
    while length < min(len(one), len(other)) and one[length] is other[length]:
        length += 1
    return one[:length]


def _formats(around: tuple[_Element, ...]) -> tuple[str, ...]:
    return tuple(name for step in around if (name := format_of(step)))


def _write(parent: _Element, content: Sequence[Piece], depth: int) -> None:
    for mark, units in groupby(_units(content, depth), key=_mark):
        into = parent
        if mark is not None:
            into = etree.SubElement(parent, mark[0], {REVISION: str(mark[1])})
        for unit in units:
            _put(into, unit if mark is None else [replace(piece, mark=None) for piece in unit], depth)


def _units(content: Sequence[Piece], depth: int) -> Iterator[list[Piece]]:
    """An atom at this depth, or all that one element encloses."""
    for outer, run in groupby(content, key=lambda p: p.around[depth] if len(p.around) > depth else None):
        if outer is None:
            yield from ([piece] for piece in run)
        else:
            yield list(run)


def _mark(unit: list[Piece]) -> tuple[str, int] | None:
    """The mark that all of a unit shares."""
    marks = {piece.mark for piece in unit}
    return marks.pop() if len(marks) == 1 else None


def _put(parent: _Element, unit: list[Piece], depth: int) -> None:
    first = unit[0]
    if len(first.around) > depth:
        _write(_shell(parent, first.around[depth]), unit, depth + 1)
    elif first.atom.element is None:
        _append_text(parent, first.atom.text)
    else:
        element = first.atom.element
        copy = withdrawn(element) if first.edition == "del" else deepcopy(element)
        copy.tail = None
        parent.append(copy)


def _shell(parent: _Element, outer: _Element) -> _Element:
    return etree.SubElement(parent, outer.tag, dict(outer.attrib))


def _append_text(parent: _Element, text: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text
