"""How wide a table asks to be, and whether a page must be turned for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sscreport.compose.tables import cell_text, placed
from sscreport.draw.fonts import text_width
from sscreport.records import Table, TableCell

PORTRAIT_MM = 160.0  # text width of the narrower of the paged formats
TYPE_PT = 8.0
GAP_MM = 3.2  # between the texts of neighbouring columns
COMFORTABLE_MM = 34.0  # a longer text may as well wrap
# A line may break at a space, and after a hyphen or dash.
_BREAKS = re.compile(r"\s|(?<=[-–])")


def is_landscape(table: Table) -> bool:
    """Whether the table is set across the page: as it says itself, or where upright it is too narrow."""
    return wanted_mm(table) > PORTRAIT_MM if table.landscape is None else table.landscape


def wanted_mm(table: Table) -> float:
    """The sum of the columns' widths, each as wide as its longest text up to what is comfortable.

    No column is narrower than its longest word. Cells that span columns wrap within them.
    """
    widths: dict[int, float] = {}
    for column, cell in _columns(table):
        if cell.colspan == 1:
            widths[column] = max(widths.get(column, 0.0), _wanted(cell))
    return sum(width + GAP_MM for width in widths.values())


def _wanted(cell: TableCell) -> float:
    text, bold = cell_text(cell), cell.header
    words = [text_width(word, TYPE_PT, bold) for word in _BREAKS.split(text)]
    whole = max(words) if bold else text_width(text, TYPE_PT)
    return max(*words, min(whole, COMFORTABLE_MM), 0.0)


def _columns(table: Table) -> Iterator[tuple[int, TableCell]]:
    """Every cell with its column; in the second row of a head, those below the groups of the first."""
    for row in (*table.head[:1], *table.body):
        yield from placed(row)
    grouped = [
        column + step
        for column, cell in placed(table.head[0])
        for step in range(cell.colspan)
        if cell.rowspan < len(table.head)
    ]
    for row in table.head[1:]:
        yield from zip(grouped, row, strict=True)
