"""Two editions of a table as one: rows, columns and cells that are inserted, deleted or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree
from lxml.etree import _Element

from sscreport.redline.atoms import keys_of, shown
from sscreport.redline.grid import Cell, Grid
from sscreport.redline.layout import Layout, Placed, lay_out
from sscreport.redline.marking import copied, marked, one_sided
from sscreport.redline.sides import SPANS, withdrawn

if TYPE_CHECKING:
    from sscreport.redline.blocks import Merger

BAR = " | "  # between the texts of a row's or a column's cells


def merged_table(merger: Merger, old: _Element, new: _Element, place: str) -> list[_Element]:
    """One table; where the two have no column in common, the old one and the new one."""
    grids = Grid(old), Grid(new)
    layout = lay_out(merger.texts, *grids)
    if layout is None:
        return [merger.alone(old, "del", place), merger.alone(new, "ins", place)]
    return [_Writer(merger, grids, layout, place).table(new)]


class _Writer:
    def __init__(self, merger: Merger, grids: tuple[Grid, Grid], layout: Layout, place: str):
        self.merger, self.grids, self.layout, self.place = merger, grids, layout, place
        self.columns: dict[tuple[str, int], int] = {}  # revisions of inserted and deleted columns

    def table(self, new: _Element) -> _Element:
        result = etree.Element("table", dict(new.attrib))
        heads, count = self.layout.heads, len(self.layout.rows)
        for tag, numbers in (("thead", range(heads)), ("tbody", range(heads, count))):
            if numbers or new.find(tag) is not None:
                etree.SubElement(result, tag).extend(self._row(number) for number in numbers)
        return result

    def _row(self, number: int) -> _Element:
        old, new = self.layout.rows[number]
        cells = [cell for cell in self.layout.cells if cell.rows.start == number]
        if new is None and old is not None:
            return self._lone_row(self.grids[0].rows[old], "del", cells)
        row = self.grids[1].rows[new or 0]
        if old is None:
            return self._lone_row(row, "ins", cells)
        result = etree.Element("tr", dict(row.attrib))
        result.extend(self._cell(cell) for cell in cells)
        return result

    def _lone_row(self, row: _Element, change: str, cells: list[Placed]) -> _Element:
        result = etree.Element("tr", dict(row.attrib))
        first = len(self.merger.journal.pairs)
        if not cells:
            self.merger.journal.pair(one_sided(row, change, self.place))
        for placed in cells:
            self._note(placed, change)
            result.append(self._copy(placed, change))
        number = self._revise(change, [_own(placed, change).element for placed in cells], first)
        return marked(result, change, number)

    def _cell(self, placed: Placed) -> _Element:
        old, new = placed.cells
        if old is not None and new is not None:
            row, column = self.grids[1].names(new)
            result = self.merger.cell(old.element, new.element, self.place, row, column)
            return _spanning(result, placed)
        change = "ins" if old is None else "del"
        pair = self._note(placed, change)
        column_change = (change, placed.columns.start)
        if column_change not in self.columns:
            self.columns[column_change] = self._revise(change, self._column(*column_change), pair)
        return marked(self._copy(placed, change), change, self.columns[column_change])

    def _column(self, change: str, column: int) -> list[_Element]:
        """The cells of a column that only one table has, but for rows that only one has."""
        return [
            _own(placed, change).element
            for placed in self.layout.cells
            if placed.columns.start == column
            and placed.cells[change == "del"] is None
            and None not in self.layout.rows[placed.rows.start]
        ]

    def _copy(self, placed: Placed, change: str) -> _Element:
        element = _own(placed, change).element
        return _spanning(withdrawn(element) if change == "del" else copied(element), placed)

    def _note(self, placed: Placed, change: str) -> int:
        cell = _own(placed, change)
        names = self.grids[change == "ins"].names(cell)
        return self.merger.journal.pair(one_sided(cell.element, change, self.place, *names))

    def _revise(self, change: str, cells: list[_Element], pair: int) -> int:
        text = BAR.join(map(shown, cells))
        keys = [key for cell in cells for key in keys_of(cell)]
        before, after = (text, "") if change == "del" else ("", text)
        return self.merger.journal.revise(self.place, before, after, keys, pair)


def _own(placed: Placed, change: str) -> Cell:
    """The cell of the side that a change is about."""
    cell = placed.cells[change == "ins"]
    assert cell is not None
    return cell


def _spanning(element: _Element, placed: Placed) -> _Element:
    """The cell with the spans it needs in the merged table; its own ones are noted where they differ."""
    for name, lines in zip(SPANS, (placed.columns, placed.rows), strict=True):
        element.attrib.pop(name, None)
        if len(lines) > 1:
            element.set(name, str(len(lines)))
        for edition, cell in zip(("old", "new"), placed.cells, strict=True):
            own = cell.element.get(name, "1") if cell else None
            if own not in (None, str(len(lines))):
                element.set(f"data-{name}-{edition}", own)
    return element
