"""Where every cell of two tables stands in the one table that holds both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from sscreport.redline.grid import Cell, Grid
from sscreport.redline.matching import Line, matched_columns, matched_rows
from sscreport.redline.texts import Texts

Sides = tuple[Grid, Grid]


@dataclass(frozen=True)
class Placed:
    """A cell of one table, or a cell and its successor, and the merged rows and columns it fills."""

    cells: tuple[Cell | None, Cell | None]
    rows: range
    columns: range


@dataclass(frozen=True)
class Layout:
    """``rows`` and ``columns`` say where each line of the merged table comes from."""

    rows: Sequence[Line]
    columns: Sequence[Line]
    cells: Sequence[Placed]
    heads: int


def lay_out(texts: Texts, old: Grid, new: Grid) -> Layout | None:
    """The merged table, every row filled; None where the two tables cannot be one.

    Rows whose cells span incompatible columns are replaced, the old ones before the new ones.
    """
    sides = (old, new)
    columns = matched_columns(texts, old, new)
    if not any(None not in column for column in columns):
        return None
    rows = matched_rows(texts, old, new, columns)
    while True:
        cells, misfits = _placed(sides, rows, columns)
        if not misfits:
            heads = sum(_is_head(sides, row) for row in rows)
            return Layout(rows, columns, cells, heads)
        replaced = _with_replaced(sides, rows, misfits)
        if replaced == rows:
            return None
        rows = replaced


def _placed(sides: Sides, rows: Sequence[Line], columns: Sequence[Line]) -> tuple[list[Placed], set[int]]:
    """Every cell's place, and the merged rows that the cells do not fill just once."""
    partners = _partners(sides, rows, columns)
    boxes = [{cell: _box(cell, side, rows, columns) for cell in sides[side].cells} for side in (0, 1)]
    cells: list[Placed] = []
    misfits: set[int] = set()
    for old, (ours, across) in boxes[0].items():
        found = partners[0].get(old, [])
        if not found:
            cells.append(Placed((old, None), ours, across))
        for new in found:
            theirs, beside = boxes[1][new]
            both = _hull(ours, theirs)
            cells.append(Placed((old, new), both, _hull(across, beside)))
            if None in rows[both.start]:  # the row that would hold it is on one side only
                misfits.update(both)
        if len(found) > 1:
            misfits.update(ours)
    for new, (theirs, beside) in boxes[1].items():
        found = partners[1].get(new, [])
        if not found:
            cells.append(Placed((None, new), theirs, beside))
        if len(found) > 1:
            misfits.update(theirs)
    filled = Counter((i, j) for cell in cells for i in cell.rows for j in cell.columns)
    misfits |= {i for i in range(len(rows)) if any(filled[i, j] != 1 for j in range(len(columns)))}
    return sorted(cells, key=lambda cell: (cell.rows.start, cell.columns.start)), misfits


def _partners(
    sides: Sides, rows: Sequence[Line], columns: Sequence[Line]
) -> tuple[dict[Cell, list[Cell]], dict[Cell, list[Cell]]]:
    """By cell the cells of the other table that stand in the same place."""
    forth: dict[Cell, list[Cell]] = {}
    back: dict[Cell, list[Cell]] = {}
    for i, j in rows:
        for k, m in columns:
            old, new = sides[0].at.get((i, k)), sides[1].at.get((j, m))
            if old is None or new is None or new in forth.get(old, ()):
                continue
            forth.setdefault(old, []).append(new)
            back.setdefault(new, []).append(old)
    return forth, back


def _box(cell: Cell, side: int, rows: Sequence[Line], columns: Sequence[Line]) -> tuple[range, range]:
    """The merged rows and columns that a cell fills.

    In rows that its table alone has, it fills the other table's columns after its own as well.
    """
    down = [number for number, row in enumerate(rows) if row[side] in cell.rows]
    alone = all(rows[number][1 - side] is None for number in down)
    owners = _owners(side, columns) if alone else [column[side] for column in columns]
    across = [number for number, owner in enumerate(owners) if owner in cell.columns]
    return range(down[0], down[-1] + 1), range(across[0], across[-1] + 1)


def _owners(side: int, columns: Sequence[Line]) -> Iterator[int]:
    """For every merged column the table's own one there, or else the one before, at first the first."""
    owner = 0
    for column in columns:
        own = column[side]
        owner = owner if own is None else own
        yield owner


def _hull(one: range, other: range) -> range:
    return range(min(one.start, other.start), max(one.stop, other.stop))


def _with_replaced(sides: Sides, rows: Sequence[Line], misfits: set[int]) -> list[Line]:
    """The rows with misfits, and those tied to them by cells that span rows, taken apart."""
    tied = [
        {number for number, row in enumerate(rows) if row[side] in cell.rows}
        for side in (0, 1)
        for cell in sides[side].cells
        if len(cell.rows) > 1
    ]
    apart, before = set(misfits), -1
    while before != len(apart):
        before = len(apart)
        apart = apart.union(*(numbers for numbers in tied if numbers & apart))
    result: list[Line] = []
    for (replaced, _), run in groupby(
        enumerate(rows), key=lambda item: (item[0] in apart, _is_head(sides, item[1]))
    ):
        lines = [row for _, row in run]
        result += _taken_apart(lines) if replaced else lines
    return result


def _taken_apart(lines: Sequence[Line]) -> list[Line]:
    return [
        *((old, None) for old, _ in lines if old is not None),
        *((None, new) for _, new in lines if new is not None),
    ]


def _is_head(sides: Sides, row: Line) -> bool:
    return any(own is not None and own < grid.heads for own, grid in zip(row, sides, strict=True))
