"""A table as CSV: one header row, the printed texts, and † where a result is reconstructed.

A table that has records for machines is written from these.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sscreport import wording
from sscreport.records import Cite, Note, Part, Table, TableCell
from sscreport.values import Value


def write_csv(table: Table) -> str:
    """The table's text. Spanning head cells are joined to the cells below them with a colon."""
    if table.records:
        frame = pd.DataFrame(table.records)
    else:
        frame = pd.DataFrame([_spread(row) for row in table.body], columns=_header(table))
    return frame.to_csv(index=False, lineterminator="\n")


def _text(cell: TableCell) -> str:
    return "".join(_part(part) for part in cell.parts).strip()


def _part(part: Part) -> str:
    if isinstance(part, Value):
        return wording.printed(part)
    if isinstance(part, Note):
        return part.mark or ""
    return "" if isinstance(part, Cite) else part


def _spread(row: Sequence[TableCell]) -> list[str]:
    """One field a column. A spanning cell fills the last of its columns, a row's head the first."""
    fields: list[str] = []
    for cell in row:
        empty = [""] * (cell.colspan - 1)
        fields += [_text(cell), *empty] if cell.header else [*empty, _text(cell)]
    return fields


def _header(table: Table) -> list[str]:
    """Head rows folded into one: what spans several columns stands before each, with a colon.

    A column whose cells carry a mark of their own, such as †, says there what it means.
    """
    first = [cell for cell in table.head[0] for _ in range(cell.colspan)]
    below = iter(_text(cell) for row in table.head[1:] for cell in row)
    names = [
        _text(cell) if cell.rowspan == len(table.head) else f"{_text(cell)}: {next(below)}" for cell in first
    ]
    meanings = _marks(table.body)
    return [f"{name} [{meanings[place]}]" if place in meanings else name for place, name in enumerate(names)]


def _marks(body: Sequence[Sequence[TableCell]]) -> dict[int, str]:
    """By column, the meaning of the mark its cells carry."""
    found: dict[int, str] = {}
    for row in body:
        place = 0
        for cell in row:
            place += cell.colspan
            for part in cell.parts:
                if isinstance(part, Note) and part.mark:
                    found[place - 1] = f"{part.mark} {part.text}"
    return found
