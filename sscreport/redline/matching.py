"""Which columns and rows of two tables belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from sscreport.redline.align import aligned
from sscreport.redline.atoms import keys_of, shown
from sscreport.redline.grid import Cell, Grid, is_group
from sscreport.redline.texts import Texts

Line = tuple[int | None, int | None]  # a row or column: its position in the old table and in the new
SAME_HEADS, SAME_HEAD = 2.0, 0.8  # what equal heads of a column weigh, beside its cells: all, or the lowest
SIMILAR_COLUMN, SIMILAR_ROW, SIMILAR_GROUP = 0.5, 0.4, 0.3
FEW = 2  # cells; fewer say nothing about a column


def matched_columns(texts: Texts, old: Grid, new: Grid) -> list[Line]:
    """By their heads; where those differ, by what stands below."""
    ours, theirs = ([_Column.of(grid, number) for number in range(grid.width)] for grid in (old, new))

    def score(i: int, j: int) -> float:
        return _column_score(texts, ours[i], theirs[j])

    return list(aligned(ours, theirs, score))


@dataclass(frozen=True)
class _Column:
    heads: tuple[str, ...]
    body: tuple[str, ...]

    @classmethod
    def of(cls, grid: Grid, number: int) -> _Column:
        cells = [cell for cell in grid.cells if number in cell.columns]
        heads = (cell for cell in cells if cell.rows.start < grid.heads)
        body = (cell for cell in cells if cell.rows.start >= grid.heads and len(cell.columns) == 1)
        return cls(*(tuple(shown(cell.element) for cell in part) for part in (heads, body)))


def _column_score(texts: Texts, old: _Column, new: _Column) -> float:
    content = Indel.normalized_similarity(old.body, new.body)
    if old.heads == new.heads:
        return SAME_HEADS + content
    if old.heads and new.heads and old.heads[-1] == new.heads[-1]:
        return SAME_HEAD + content / 2
    heads = texts.alike(" ".join(old.heads), " ".join(new.heads))
    best = max(heads, content if min(len(old.body), len(new.body)) >= FEW else 0.0)
    return best / 2 if best >= SIMILAR_COLUMN else 0.0


def matched_rows(texts: Texts, old: Grid, new: Grid, columns: Sequence[Line]) -> list[Line]:
    """The head's rows one by one; the body's by their first cells and by what else they share."""
    heads = [(i, i) for i in range(new.heads)] if old.heads == new.heads else _replaced(old.heads, new.heads)
    shared = [(i, j) for i, j in columns if i is not None and j is not None]
    ours = [_Row.of(old, number, [i for i, _ in shared]) for number in range(old.heads, len(old.rows))]
    theirs = [_Row.of(new, number, [j for _, j in shared]) for number in range(new.heads, len(new.rows))]

    def score(i: int, j: int) -> float:
        return _row_score(texts, ours[i], theirs[j])

    body = aligned(
        [(row.group, row.texts) for row in ours], [(row.group, row.texts) for row in theirs], score
    )
    return [
        *heads,
        *((None if i is None else i + old.heads, None if j is None else j + new.heads) for i, j in body),
    ]


def _replaced(old: int, new: int) -> list[Line]:
    return [*((i, None) for i in range(old)), *((None, j) for j in range(new))]


@dataclass(frozen=True)
class _Row:
    """What a row says in the columns that both tables have."""

    group: bool
    texts: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, grid: Grid, number: int, columns: Sequence[int]) -> _Row:
        cells: list[Cell | None] = [grid.at.get((number, column)) for column in columns]
        return cls(
            is_group(grid.rows[number]),
            tuple(shown(cell.element) if cell else "" for cell in cells),
            tuple(keys_of(cell.element) if cell else () for cell in cells),
        )


def _row_score(texts: Texts, old: _Row, new: _Row) -> float:
    if old.group != new.group:
        return 0.0
    first = texts.alike(old.texts[0], new.texts[0])
    if old.group:
        return first if first >= SIMILAR_GROUP else 0.0
    count = len(old.texts)
    same = sum(a == b for a, b in zip(old.texts, new.texts, strict=True)) / count
    keyed = sum(a == b != () for a, b in zip(old.keys, new.keys, strict=True)) / count
    score = (first + max(same, keyed)) / 2
    return score if score >= SIMILAR_ROW else 0.0
