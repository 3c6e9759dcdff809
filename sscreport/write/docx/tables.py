"""Tables as Word tables: spans, repeated header rows, widths that fit, thin horizontal rules."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from lxml.etree import _Element

from sscreport.draw.fonts import text_width
from sscreport.write.docx.styles import TABLE_TEXT_PT
from sscreport.write.docx.tracked import CELLS, Tracked, edit_around, edit_of
from sscreport.write.docx.tree import broken, classes, elements, no_rule, plain, where

TWIPS_PER_MM = 1440 / 25.4
SIDE_MARGIN = 70  # twips left and right of a cell's text
ROOMY = 1.1  # a table that needs less than the page is this much wider than its text
COMFORTABLE = 1800  # twips; a longer line of text may as well wrap
SLACK = 1.02  # programs differ a little in how wide they set a text
ARROWS = "\N{LEFTWARDS ARROW}"  # from here on, signs that Arial lacks
SHORT_TABLE = 12  # rows; a table as short as this stays on one page
DIGIT_TWIPS = 0.556 * TABLE_TEXT_PT * 20  # width of a digit in Arial
OUTER_RULE, INNER_RULE = 8, 4  # eighths of a point

# container, cell, alignment, bold, keep with next
FillCell = Callable[[Any, _Element, str, bool, bool], None]


@dataclass(frozen=True)
class Slot:
    """A cell's place in one row. ``merge`` is None, "restart" or "continue" down its row span."""

    cell: _Element
    column: int
    span: int
    merge: str | None = None


@dataclass(frozen=True)
class Row:
    source: _Element
    slots: tuple[Slot, ...]
    head: bool
    group: bool


def build_table(
    table: _Element, width_mm: float, fill_cell: FillCell, has_notes: bool, tracked: Tracked | None
) -> Any:
    """A ``w:tbl`` of fixed layout, at most ``width_mm`` wide. Cells are written by ``fill_cell``.

    ``tracked`` marks the rows and cells that one edition has alone. Header rows stay with the first
    body row, the last row with notes below the table, and a short table with itself.
    """
    rows = grid(table)
    headed = any(row.slots[0].cell.get("scope") == "row" for row in rows)
    count = max(slot.column + slot.span for row in rows for slot in row.slots)
    widths = column_widths(rows, count, round(width_mm * TWIPS_PER_MM))
    result = parse_xml(
        _TABLE.format(width=sum(widths), look="00A0" if headed else "0020", headed=int(headed))
    )
    result.append(columns := OxmlElement("w:tblGrid"))
    for width in widths:
        columns.append(_sized("w:gridCol", width, "w"))
    for number, row in enumerate(rows):
        last_of_head = row.head and (number + 1 == len(rows) or not rows[number + 1].head)
        last = number == len(rows) - 1
        keep = has_notes if last else row.head or row.group or len(rows) <= SHORT_TABLE
        result.append(written := _row(row, widths, fill_cell, last_of_head, keep))
        if tracked:
            _track(row, written, tracked)
    return result


def _track(row: Row, written: Any, tracked: Tracked) -> None:
    """Mark a row or its cells as changed, behind all their other properties."""
    if edit := edit_around(row.source):
        written.trPr.append(tracked.mark(f"w:{edit.kind}", edit))
        return
    for slot, cell in zip(row.slots, written.tc_lst, strict=True):
        if edit := edit_of(slot.cell):
            cell.tcPr.append(tracked.mark(CELLS[edit.kind], edit))


def grid(table: _Element) -> list[Row]:
    """The table's rows with every column occupied; BuildError for a row that is short or long."""
    rows: list[Row] = []
    for part in elements(table):
        if part.tag not in ("thead", "tbody"):
            raise no_rule(part)
        below: dict[int, tuple[int, Slot]] = {}  # column → rows still to come, the spanning cell
        for row in elements(part):
            if row.tag != "tr":
                raise no_rule(row)
            rows.append(Row(row, _slots(row, below), part.tag == "thead", "group" in classes(row)))
    return _squared(rows, table)


def _slots(row: _Element, below: dict[int, tuple[int, Slot]]) -> tuple[Slot, ...]:
    slots: list[Slot] = []
    column = 0
    cells = elements(row)
    while cells or column in below:
        if column in below:
            left, spanning = below.pop(column)
            slot = Slot(spanning.cell, column, spanning.span, "continue")
        else:
            cell = cells.pop(0)
            if cell.tag not in ("td", "th"):
                raise no_rule(cell)
            left = int(cell.get("rowspan", "1"))
            slot = Slot(cell, column, int(cell.get("colspan", "1")), "restart" if left > 1 else None)
        if left > 1:
            below[column] = (left - 1, slot)
        slots.append(slot)
        column += slot.span
    return tuple(slots)


def _squared(rows: list[Row], table: _Element) -> list[Row]:
    """All rows equally long; the single cell of a group row spans the table."""
    lengths = [sum(slot.span for slot in row.slots) for row in rows]
    full = max(lengths, default=0)
    result: list[Row] = []
    for number, (row, length) in enumerate(zip(rows, lengths, strict=True), start=1):
        if row.group and len(row.slots) == 1:
            row = replace(row, slots=(Slot(row.slots[0].cell, 0, full),))
        elif length != full:
            raise broken(f"Row {number} has {length} columns, the table {full}, {where(table)}.")
        result.append(row)
    if not result:
        raise broken(f"A table has no rows, {where(table)}.")
    return result


def _row(row: Row, widths: list[int], fill_cell: FillCell, last_of_head: bool, keep: bool) -> Any:
    result = OxmlElement("w:tr")
    result.append(properties := OxmlElement("w:trPr"))
    properties.append(OxmlElement("w:cantSplit"))
    if row.head:
        properties.append(OxmlElement("w:tblHeader"))
    for slot in row.slots:
        ruled = last_of_head or (row.head and slot.span > 1)
        cell = _cell(slot, sum(widths[slot.column : slot.column + slot.span]), ruled, row.head)
        result.append(cell)
        if slot.merge != "continue":
            fill_cell(cell, slot.cell, _alignment(slot.cell), row.head or row.group, keep)
        if cell.find(qn("w:p")) is None:
            cell.add_p().style = "TableText"
    return result


def _cell(slot: Slot, width: int, ruled: bool, head: bool) -> Any:
    cell = OxmlElement("w:tc")
    cell.append(properties := OxmlElement("w:tcPr"))
    properties.append(_sized("w:tcW", width, "w", type="dxa"))
    if slot.span > 1:
        properties.append(_sized("w:gridSpan", slot.span, "val"))
    if slot.merge:
        properties.append(merge := OxmlElement("w:vMerge"))
        merge.set(qn("w:val"), slot.merge)
    if ruled:
        properties.append(parse_xml(_RULE_BELOW))
    if head:
        properties.append(align := OxmlElement("w:vAlign"))
        align.set(qn("w:val"), "bottom")
    return cell


def _sized(tag: str, size: int, attribute: str, **others: str) -> Any:
    element = OxmlElement(tag)
    element.set(qn(f"w:{attribute}"), str(size))
    for name, value in others.items():
        element.set(qn(f"w:{name}"), value)
    return element


def _alignment(cell: _Element) -> str:
    names = [name.removeprefix("align-") for name in classes(cell) if name.startswith("align-")]
    return names[0] if names else "left"


def column_widths(rows: list[Row], count: int, available: int) -> list[int]:
    """Widths in twips that add up to ``available``, or to less where the text needs less.

    Every column gets its longest word; the rest is shared out by how much text is left to hold,
    long texts counting less than in proportion, since they may wrap.
    """
    least, whole, wish = ([2.0 * SIDE_MARGIN] * count for _ in range(3))
    cells = sorted((s for row in rows for s in row.slots if s.merge != "continue"), key=lambda s: s.span)
    for slot in cells:
        text, columns = plain(slot.cell), range(slot.column, slot.column + slot.span)
        bold = slot.cell.getparent().getparent().tag == "thead"
        longest_word = max(_length(word, bold) for word in re.split(r"[ \n]|(?<=[-–])", text))
        longest_line = max(_length(line, bold) for line in text.split("\n"))
        padding = 2 * SIDE_MARGIN + float(slot.cell.get("data-pad", "0")) * DIGIT_TWIPS
        for sizes, length in ((least, longest_word), (whole, longest_line), (wish, _damped(longest_line))):
            _widen(sizes, columns, length + padding)
    if sum(whole) <= available:
        return [int(width * min(ROOMY, available / sum(whole))) for width in whole]
    spare = available - sum(least)
    if spare < 0:
        return [int(available * width / sum(least)) for width in least]
    shares = [max(wished - needed, needed / 20) for wished, needed in zip(wish, least, strict=True)]
    portion = spare / sum(shares)
    return [int(needed + portion * share) for needed, share in zip(least, shares, strict=True)]


def _widen(sizes: list[float], columns: range, needed: float) -> None:
    missing = needed - sum(sizes[column] for column in columns)
    for column in columns:
        sizes[column] += max(missing, 0) / len(columns)


def _damped(length: float) -> float:
    return length if length <= COMFORTABLE else (length * COMFORTABLE) ** 0.5


def _length(text: str, bold: bool) -> float:
    """The width of ``text`` in twips; arrows, operators and circles come from another typeface."""
    letters = "".join(sign for sign in text if sign < ARROWS)
    signs = (len(text) - len(letters)) * TABLE_TEXT_PT * 20
    return text_width(letters, TABLE_TEXT_PT, bold) * TWIPS_PER_MM * SLACK + signs


_TABLE = f"""
<w:tbl {nsdecls("w")}><w:tblPr>
  <w:tblW w:w="{{width}}" w:type="dxa"/>
  <w:tblBorders>
    <w:top w:val="single" w:sz="{OUTER_RULE}" w:space="0" w:color="000000"/>
    <w:bottom w:val="single" w:sz="{OUTER_RULE}" w:space="0" w:color="000000"/>
  </w:tblBorders>
  <w:tblLayout w:type="fixed"/>
  <w:tblCellMar>
    <w:top w:w="30" w:type="dxa"/><w:left w:w="{SIDE_MARGIN}" w:type="dxa"/>
    <w:bottom w:w="30" w:type="dxa"/><w:right w:w="{SIDE_MARGIN}" w:type="dxa"/>
  </w:tblCellMar>
  <w:tblLook w:val="{{look}}" w:firstRow="1" w:lastRow="0" w:firstColumn="{{headed}}" w:lastColumn="0"
    w:noHBand="1" w:noVBand="1"/>
</w:tblPr></w:tbl>"""

_RULE_BELOW = (
    f"<w:tcBorders {nsdecls('w')}>"
    f'<w:bottom w:val="single" w:sz="{INNER_RULE}" w:space="0" w:color="000000"/></w:tcBorders>'
)
