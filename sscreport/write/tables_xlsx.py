"""A table as an Excel workbook: caption, head, body and notes on one sheet.

A cell that is one number holds it unrounded, formatted as it is printed. Everything else is text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from zipfile import ZipFile

from lxml.etree import _Element
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from sscreport.document import Manuscript
from sscreport.origins import Origins
from sscreport.write.archive import uniform

_STAMP = datetime(2000, 1, 1)  # no clock: equal inputs give equal bytes
_FONT, _SIZE = "Arial", 10.0
_NARROWEST, _WIDEST = 8, 34  # characters in a column
_LINE = 13.5  # points
_ALIGNED = {"decimal": "right"}
# A number as it is printed: its decimals, and what follows it.
_NUMBER = re.compile(r"[−-]?[\d\u202f]+(?:\.(\d+))?(%|\xa0per\xa01000)?")


def write_xlsx(figure: _Element, manuscript: Manuscript) -> bytes:
    """The workbook of a table's ``figure`` in the manuscript's tree, the same bytes for the same tree."""
    workbook = Workbook()
    sheet = workbook.active
    caption = figure.find("figcaption")
    sheet.title = " ".join(_words(caption.find("span[@class='label']")).split())
    _Sheet(sheet, manuscript.origins).fill(figure)
    about = workbook.properties
    about.title, about.creator = _words(caption), "; ".join(manuscript.authors)
    about.created, about.language = _STAMP, manuscript.language
    saved = BytesIO()
    workbook.save(saved)
    return uniform(_steadied(saved.getvalue()))


def _steadied(saved: bytes) -> bytes:
    """openpyxl writes the time of saving into the properties, and spans in the order of a set."""
    result = BytesIO()
    with ZipFile(BytesIO(saved)) as before, ZipFile(result, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "docProps/core.xml":
                stamp = _STAMP.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            elif name.startswith("xl/worksheets/"):
                spans = iter(sorted(_SPAN.findall(content)))
                content = _SPAN.sub(lambda _, spans=spans: next(spans), content)
            after.writestr(name, content)
    return result.getvalue()


_SPAN = re.compile(rb"<mergeCell [^>]*>")


class _Sheet:
    def __init__(self, sheet: Worksheet, origins: Origins):
        self.sheet, self.origins = sheet, origins
        self.row = 0
        self.taken: set[tuple[int, int]] = set()

    def fill(self, figure: _Element) -> None:
        table = figure.find("table")
        columns = sum(int(cell.get("colspan", "1")) for cell in table.find("thead/tr"))
        self._set_widths(table, columns)
        self._paragraph(figure.find("figcaption"), columns)
        for row in table.iterfind("thead/tr"):
            self._table_row(row, head=True)
        first = self.row + 1
        for row in table.iterfind("tbody/tr"):
            self._table_row(row)
        for column in range(1, columns + 1):
            self._rule(first - 1, column, bottom="thin")
            self._rule(self.row, column, bottom="medium")
            self._rule(2, column, top="medium")
        for note in figure.iterfind("div[@class='notes']/p"):
            self._paragraph(note, columns, size=_SIZE - 1)
        self.sheet.freeze_panes = f"B{first}"
        self.sheet.sheet_view.showGridLines = False
        self.sheet.print_title_rows = f"2:{first - 1}"
        self.sheet.page_setup.orientation = (
            "landscape" if "landscape" in figure.get("class").split() else "portrait"
        )
        self.sheet.page_setup.paperSize = self.sheet.PAPERSIZE_A4
        self.sheet.page_setup.fitToHeight = 0
        self.sheet.sheet_properties.pageSetUpPr.fitToPage = True

    def _set_widths(self, table: _Element, columns: int) -> None:
        widths = [_NARROWEST] * columns
        for row in table.iterfind("tbody/tr"):
            column = 0
            for cell in row:
                span = int(cell.get("colspan", "1"))
                if span == 1:
                    widths[column] = max(widths[column], min(len(_words(cell)) + 2, _WIDEST))
                column += span
        for column, width in enumerate(widths, start=1):
            self.sheet.column_dimensions[get_column_letter(column)].width = width
        self.widths = widths

    def _table_row(self, row: _Element, head: bool = False) -> None:
        self.row += 1
        column, lines = 1, 1
        for cell in row:
            while (self.row, column) in self.taken:
                column += 1
            width, height = int(cell.get("colspan", "1")), int(cell.get("rowspan", "1"))
            self._cell(cell, column, head)
            if width > 1 or height > 1:
                self._span(column, width, height)
            available = sum(self.widths[column - 1 : column - 1 + width])
            lines = max(lines, math.ceil(len(_words(cell)) * (1.15 if head else 1) / available))
            column += width
        self.sheet.row_dimensions[self.row].height = _LINE * lines + 3

    def _span(self, column: int, width: int, height: int) -> None:
        right, below = column + width - 1, self.row + height - 1
        self.taken |= {(r, c) for r in range(self.row, below + 1) for c in range(column, right + 1)}
        self.sheet.merge_cells(
            start_row=self.row, start_column=column, end_row=below, end_column=right
        )  # fmt: skip

    def _cell(self, element: _Element, column: int, head: bool) -> None:
        cell = self.sheet.cell(self.row, column)
        names = (element.get("class") or "align-left").split()
        align = next(name.removeprefix("align-") for name in names if name.startswith("align-"))
        cell.font = Font(_FONT, _SIZE, bold=head)
        cell.alignment = Alignment(_ALIGNED.get(align, align), "bottom" if head else "top", wrap_text=True)
        number = None if head else self._number(element)
        if number is None:
            cell.value = _rich(element, _SIZE, bold=head)
        else:
            cell.value, cell.number_format = number

    def _number(self, element: _Element) -> tuple[int | float, str] | None:
        """A cell's number and its format, where it holds one value that is printed as a number."""
        values = element.findall("span[@data-value]")
        text = _words(element)
        if len(values) != 1 or _words(values[0]) != text:
            return None
        number, match = self.origins[values[0].get("data-value")].number, _NUMBER.fullmatch(text)
        if match is None or isinstance(number, bool) or not isinstance(number, int | float):
            return None
        decimals = f".{'0' * len(match[1])}" if match[1] else ""
        suffix = f'"{match[2]}"' if match[2] else ""
        return number, f"0{decimals}{suffix}"

    def _paragraph(self, element: _Element, columns: int, size: float = _SIZE) -> None:
        self.row += 1
        cell = self.sheet.cell(self.row, 1, _rich(element, size))
        cell.font = Font(_FONT, size)
        cell.alignment = Alignment("left", "top", wrap_text=True)
        self._span(1, columns, 1)
        lines = math.ceil(len(_words(element)) / (sum(self.widths) * _SIZE / size))
        self.sheet.row_dimensions[self.row].height = _LINE * lines + 3

    def _rule(self, row: int, column: int, **sides: str) -> None:
        cell = self.sheet.cell(row, column)
        kept = {name: getattr(cell.border, name) for name in ("top", "bottom")}
        cell.border = Border(**kept | {name: Side(style) for name, style in sides.items()})


def _words(element: _Element) -> str:
    return " ".join("".join(element.itertext()).split(" ")).strip()


def _rich(element: _Element, size: float, bold: bool = False) -> CellRichText | str:
    """The text of an element; rich only where a part is raised or bold, so that most cells stay plain."""
    parts = list(_parts(element, bold, ""))
    if all(part[1:] == (bold, "") for part in parts):
        return "".join(text for text, _, _ in parts).strip()
    blocks = [
        TextBlock(InlineFont(rFont=_FONT, sz=size, b=strong, vertAlign=raised or None), text)
        for text, strong, raised in parts
    ]
    return CellRichText(blocks)


_RAISED = {"sup": "superscript", "sub": "subscript"}


def _parts(element: _Element, bold: bool, raised: str) -> Iterator[tuple[str, bool, str]]:
    """Text, whether it is bold, and where it stands, in reading order."""
    bold = bold or element.tag in ("strong", "b") or element.get("class") == "label"
    raised = _RAISED.get(element.tag, raised)
    if element.text:
        yield element.text, bold, raised
    for child in element:
        yield from _parts(child, bold, raised)
        if child.tail:
            yield child.tail, bold, raised
