"""A table as CSV: one header row, the printed texts, and † where a result is reconstructed."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from sscreport import wording
from sscreport.records import Cite, Note, Part, Table, TableCell
from sscreport.values import Value


def write_csv(table: Table) -> str:
    """The table's text. Spanning head cells are joined to the cells below them with a colon."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(_header(table.head))
    writer.writerows(_spread(row) for row in table.body)
    return lines.getvalue()


def _text(cell: TableCell) -> str:
    return "".join(_part(part) for part in cell.parts).strip()


def _part(part: Part) -> str:
    if isinstance(part, Value):
        return wording.printed(part)
    if isinstance(part, Note):
        return part.mark or ""
    return "" if isinstance(part, Cite) else part


def _spread(row: Sequence[TableCell]) -> list[str]:
    """One field a column; a spanning cell fills its first."""
    fields: list[str] = []
    for cell in row:
        fields += [_text(cell), *[""] * (cell.colspan - 1)]
    return fields


def _header(head: Sequence[Sequence[TableCell]]) -> list[str]:
    """Head rows folded into one: what spans several columns stands before each, with a colon."""
    first = [(cell, span) for cell in head[0] for span in range(cell.colspan)]
    below = iter(_text(cell) for row in head[1:] for cell in row)
    return [
        _text(cell) if cell.rowspan == len(head) else f"{_text(cell)}: {next(below)}" for cell, _ in first
    ]
