"""Verify: a file that came back, number by number, against what its data give.

The file is compared with one made anew from the data that travel inside it: word by word, so that
a number is found wherever it stands, and mark by mark, so that each is known by its key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from rapidfuzz.distance import Levenshtein

from sscreport.compare import compare
from sscreport.document import Manuscript, place_names
from sscreport.origins import Origin, Origins
from sscreport.reading import CONTENTS, TEXT, VALUE, Picture, Piece, Reading, Token, text_of, tokens
from sscreport.values import READ

CONTEXT = 6  # words shown on either side of what was changed
AROUND = 20  # pieces kept on either side of what differs


@dataclass(frozen=True)
class Finding:
    """Something that is off.

    ``kind``: "changed", "removed", "added", "unmarked", "mismarked", "stale", "picture" or
    "enclosure". ``before`` is what the data give and ``after`` what the file says; ``cells`` are
    those to edit instead. ``key`` is "" where a number is no value.
    """

    kind: str
    place: str
    message: str
    key: str = ""
    before: str = ""
    after: str = ""
    context: str = ""
    cells: tuple[str, ...] = ()


@dataclass
class Verdict:
    """What was found in one file: values ``checked`` and ``right``, findings, and remarks."""

    checked: int = 0
    right: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def verify(found: Reading, expected: Reading, origins: Origins) -> Verdict:
    """Compare a file as read with the file as its data give it."""
    verdict = Verdict(
        checked=sum(piece.kind == VALUE and not piece.text.isspace() for piece in expected.pieces)
    )
    matched = _Alignment(*_differing(expected.pieces, found.pieces))
    edits = [finding for edit in matched.edits for finding in _edited(edit, matched, origins)]
    marks, unmarked = _marks(matched, origins)
    verdict.findings = [
        *edits,
        *_gathered(marks, found),
        *picture_findings(expected.pictures, found.pictures),
    ]
    verdict.right = verdict.checked - len({f.key + f.context for f in edits if f.key}) - unmarked
    return verdict


def stale(then: Manuscript, today: Manuscript, changed_cells: Mapping[str, tuple[str, str]]) -> list[Finding]:
    """Values that today's data print otherwise than the data inside the file.

    ``changed_cells`` gives old and new raw text by address.
    """
    names, findings = place_names(then.tree), []
    for change in compare(then, today).values:
        if not change.visible or change.before is None or not change.before.uses:
            continue
        origin, after = change.before, change.after
        cells = [name for name in (*origin.cells, *origin.deciding_cells) if name in changed_cells]
        why = "; ".join(
            f"{name} was “{changed_cells[name][0]}” and is “{changed_cells[name][1]}”" for name in cells
        )
        before, now = (
            " / ".join(origin.texts),
            " / ".join(after.texts) if after and after.uses else "not printed",
        )
        place = ", ".join(names.get(p, p) for p in origin.places)
        message = f"{origin.what}: the data of today give {now}" + (f", since {why}." if why else ".")
        findings.append(Finding("stale", place, message, origin.key, now, before, cells=tuple(cells)))
    return findings


# ---------------------------------------------------------------- alignment


def _differing(expected: Sequence[Piece], found: Sequence[Piece]) -> tuple[list[Token], list[Token]]:
    """The tokens of both files without the pieces that are the same at the beginning and the end.

    A few of these stay, so that what differs can be shown with the words around it.
    """
    shorter = min(len(expected), len(found))
    head = next((i for i in range(shorter) if not _same(expected[i], found[i])), shorter)
    tail = next(
        (i for i in range(shorter - head) if not _same(expected[-1 - i], found[-1 - i])), shorter - head
    )
    head, tail = max(0, head - AROUND), max(0, tail - AROUND)
    return [*tokens(expected[head : len(expected) - tail])], [*tokens(found[head : len(found) - tail])]


def _same(one: Piece, other: Piece) -> bool:
    return (one.text, one.kind, one.key) == (other.text, other.kind, other.key)


@dataclass(frozen=True)
class _Edit:
    """Expected tokens ``i1:i2`` stand in the file as its tokens ``j1:j2``."""

    i1: int
    i2: int
    j1: int
    j2: int


class _Alignment:
    """Which token of the file is which expected token: line by line first, then within what differs."""

    def __init__(self, expected: Sequence[Token], found: Sequence[Token]):
        self.expected, self.found = expected, found
        self.pairs: dict[int, int] = {}
        self.edits: list[_Edit] = []
        lines = _lines(expected), _lines(found)
        texts = [
            [tuple(side[i].text for i in line) for line in of]
            for side, of in zip((expected, found), lines, strict=True)
        ]
        for same, *block in edit_blocks(*texts):
            old, new = (_tokens(run, of) for run, of in zip(block, lines, strict=True))
            if same:
                self.pairs.update(zip(old, new, strict=True))
            else:
                self._align(old, new)

    def _align(self, old: range, new: range) -> None:
        words = [self.expected[i].text for i in old], [self.found[j].text for j in new]
        for same, i, j in edit_blocks(*words):
            here, there = old[i.start : i.stop], new[j.start : j.stop]
            if same:
                self.pairs.update(zip(here, there, strict=True))
            else:
                self.edits.append(_Edit(here.start, here.stop, there.start, there.stop))


def _lines(run: Sequence[Token]) -> list[range]:
    """The tokens of each line, as ranges of positions."""
    starts = [i for i in range(len(run)) if i == 0 or run[i].line != run[i - 1].line]
    return [range(a, b) for a, b in zip(starts, [*starts[1:], len(run)], strict=True)]


def _tokens(run: range, lines: Sequence[range]) -> range:
    """The tokens of a run of lines, which may be empty."""
    if run:
        return range(lines[run.start].start, lines[run.stop - 1].stop)
    start = lines[run.start].start if run.start < len(lines) else (lines[-1].stop if lines else 0)
    return range(start, start)


def edit_blocks(a: Sequence[object], b: Sequence[object]) -> Iterator[tuple[bool, range, range]]:
    """The fewest edits that turn ``a`` into ``b``: runs that are the same or not, by turns."""
    for same, run in groupby(Levenshtein.opcodes(a, b), key=lambda block: block.tag == "equal"):
        blocks = list(run)
        first, last = blocks[0], blocks[-1]
        yield same, range(first.src_start, last.src_end), range(first.dest_start, last.dest_end)


# ---------------------------------------------------------------- what was typed over


def _edited(edit: _Edit, matched: _Alignment, origins: Origins) -> Iterator[Finding]:
    """The findings of one place; none where only words of prose differ."""
    old, new = matched.expected[edit.i1 : edit.i2], matched.found[edit.j1 : edit.j2]
    context = _context(edit, matched)
    values = dict.fromkeys(token.position for token in old if token.piece.kind == VALUE)
    for position in values:
        yield _typed_over(position, edit, matched, origins, context)
    if values:
        return
    if any(token.is_number for token in (*old, *new)):
        piece = next(token.piece for token in (*old, *new) if token.is_number)
        kind = "changed" if old and new else "removed" if old else "added"
        key = piece.key if piece.kind == CONTENTS else ""  # a heading's value; elsewhere no value's own text
        yield Finding(kind, piece.place, _other_number(kind, piece), key, text_of(old), text_of(new), context)


def _typed_over(position: int, edit: _Edit, matched: _Alignment, origins: Origins, context: str) -> Finding:
    own = [i for i, token in enumerate(matched.expected) if token.position == position]
    piece = matched.expected[own[0]].piece
    before = [matched.pairs[i] for i in own if i < edit.i1 and i in matched.pairs]
    after = [matched.pairs[i] for i in own if i >= edit.i2 and i in matched.pairs]
    first = min(before, default=edit.j1)
    last = max(after, default=edit.j2 - 1)
    now = text_of(matched.found[first : last + 1])
    kind = "changed" if now else "removed"
    origin = origins[piece.key]
    verb = "was typed over" if now else "is gone"
    message = f"{origin.what}: “{piece.text.strip()}” {verb}. {instead(origin)}"
    return Finding(kind, piece.place, message, piece.key, piece.text.strip(), now, context, editable(origin))


def instead(origin: Origin) -> str:
    """What to edit in place of a value's text."""
    cells = editable(origin)
    if origin.rule == READ.name:
        return f"Edit {cells[0]} instead."
    more = f" or one of {len(cells) - 1} other cells" if len(cells) > 1 else ""
    return f"It is computed ({origin.rule}); edit {cells[0]}{more} instead."


def editable(origin: Origin) -> tuple[str, ...]:
    """The addresses of the cells that a value rests on, or that decide it."""
    return origin.cells or origin.deciding_cells


def _other_number(kind: str, piece: Piece) -> str:
    if kind == "added":
        return "A number was typed in by hand; no value of the review stands behind it."
    what = piece.kind if piece.kind != TEXT else "text"
    return f"A number in the {what} differs from what the review gives."


def _context(edit: _Edit, matched: _Alignment) -> str:
    start, end = max(0, edit.j1 - CONTEXT), min(len(matched.found), edit.j2 + CONTEXT)
    return f"… {text_of(matched.found[start:end])} …"


# ---------------------------------------------------------------- marks


def _marks(matched: _Alignment, origins: Origins) -> tuple[list[Finding], int]:
    """Values that read right but have lost their mark or carry another's."""
    findings: list[Finding] = []
    seen: set[int] = set()
    for i, token in enumerate(matched.expected):
        piece = token.piece
        if piece.kind != VALUE or token.position in seen or i not in matched.pairs:
            continue
        other = matched.found[matched.pairs[i]].piece
        if (other.kind, other.key) == (VALUE, piece.key):
            continue
        seen.add(token.position)
        what = origins[piece.key].what
        if other.kind == VALUE:
            message = f"{what}: the number is right, but carries the mark of {other.key}."
            findings.append(Finding("mismarked", other.place, message, piece.key, piece.text, other.text))
        else:
            message = f"{what}: the number is right, but has lost its mark."
            findings.append(Finding("unmarked", other.place, message, piece.key, piece.text, piece.text))
    return findings, len(findings)


def _gathered(marks: Sequence[Finding], found: Reading) -> list[Finding]:
    """One finding where no mark is left at all."""
    if marks and not any(piece.kind == VALUE for piece in found.pieces):
        message = f"The file has lost every mark; {len(marks)} numbers were found by the words around them."
        return [Finding("unmarked", "whole file", message)]
    return list(marks)


# ---------------------------------------------------------------- pictures


def picture_findings(expected: Mapping[str, Picture], found: Mapping[str, Picture]) -> Iterator[Finding]:
    """Figures that are not those that the data give."""
    for name, picture in expected.items():
        other = found.get(name)
        if other is None:
            yield Finding("picture", name, "The figure is gone.")
            continue
        if picture.pixels != other.pixels:
            yield Finding("picture", name, "The figure is not the one that the data give.")
        if picture.svg is not None and other.svg is not None:
            matched = _Alignment([*tokens(picture.svg)], [*tokens(other.svg)])
            for edit in matched.edits:
                old, new = matched.expected[edit.i1 : edit.i2], matched.found[edit.j1 : edit.j2]
                key = next((token.piece.key for token in old if token.piece.key), "")
                message = "A number in the figure's vector form was changed."
                yield Finding(
                    "changed", name, message, key, text_of(old), text_of(new), _context(edit, matched)
                )
