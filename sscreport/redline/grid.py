"""A table as a grid of rows and columns, with the cells that span several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml.etree import _Element

from sscreport.redline.atoms import shown


@dataclass(frozen=True, eq=False)
class Cell:
    """``rows`` and ``columns`` are those of the grid that it occupies."""

    element: _Element
    rows: range
    columns: range


class Grid:
    """``rows`` are the table's ``tr``, the first ``heads`` of them in its head.

    ``at`` says by row and column what stands where.
    The only cell of a group's row spans the table, whatever it says.
    """

    def __init__(self, table: _Element):
        self.rows = table.findall("thead/tr") + table.findall("tbody/tr")
        self.heads = len(table.findall("thead/tr"))
        self.at: dict[tuple[int, int], Cell] = {}
        self.cells: list[Cell] = []
        groups = [number for number, row in enumerate(self.rows) if is_group(row) and len(row) == 1]
        for number in range(len(self.rows)):
            if number not in groups:
                self._place_row(number, 1)
        self.width = 1 + max((column for _, column in self.at), default=-1)
        for number in groups:
            self._place_row(number, self.width)
        self.cells.sort(key=lambda cell: (cell.rows.start, cell.columns.start))

    def _place_row(self, number: int, least: int) -> None:
        end = self.heads if number < self.heads else len(self.rows)
        column = 0
        for element in self.rows[number].iterchildren("td", "th"):
            while (number, column) in self.at:
                column += 1
            width = max(least, int(element.get("colspan", "1")))
            rows = range(number, min(end, number + int(element.get("rowspan", "1"))))
            cell = Cell(element, rows, range(column, column + width))
            self.cells.append(cell)
            self.at.update({(i, j): cell for i in cell.rows for j in cell.columns})
            column += width

    def above(self, columns: range) -> list[Cell]:
        """The head's cells over some columns, the topmost first, each once."""
        found = [self.at.get((row, column)) for row in range(self.heads) for column in columns]
        return list(dict.fromkeys(cell for cell in found if cell is not None))

    def heading(self, columns: range) -> str:
        """What the head calls some columns."""
        return ": ".join(filter(None, (shown(cell.element) for cell in self.above(columns))))

    def row_name(self, number: int) -> str:
        """What a row is called: the texts of its heads, or its first cell."""
        cells = list(dict.fromkeys(self.at[number, j] for j in range(self.width) if (number, j) in self.at))
        heads = [cell for cell in cells if cell.element.get("scope") == "row"] or cells[:1]
        return ", ".join(filter(None, (shown(cell.element) for cell in heads)))

    def names(self, cell: Cell) -> tuple[str, str]:
        """The row and the column that a cell stands in; a head's cell has no row."""
        if cell.rows.start < self.heads:
            return "", ": ".join(
                shown(head.element) for head in self.above(cell.columns) if head.rows.start <= cell.rows.start
            )
        return self.row_name(cell.rows.start), self.heading(cell.columns)

    def named_cells(self) -> Iterator[tuple[_Element, str, str]]:
        for cell in self.cells:
            yield cell.element, *self.names(cell)


def is_group(row: _Element) -> bool:
    return "group" in row.get("class", "").split()
