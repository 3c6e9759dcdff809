"""Set a table as an element: marked cells, aligned numbers, footnotes and abbreviations below.

Numbers of a column with alignment "decimal" stand under one another at their decimal points: each
cell says as ``data-pad`` how many digits' widths are missing at its right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from string import ascii_lowercase

from markupsafe import Markup, escape

from sscreport import wording
from sscreport.compose import marks
from sscreport.draw.fonts import text_width
from sscreport.records import Cite, Note, Part, Row, Table, TableCell
from sscreport.values import Value

# A cell as far as the last digit before its decimal point; all of it where it has none.
_WHOLE = re.compile(r"^[^\d]*[\d\u202f]+|^[^\d]+$")


def table_markup(table: Table) -> tuple[Markup, Markup]:
    """The ``<table>`` and the paragraphs of its footnotes."""
    setter = _Setter(table)
    head = Markup("").join(setter.row(row) for row in table.head)
    body = Markup("").join(setter.row(row, body=True) for row in table.body)
    element = Markup("<table><thead>{}</thead><tbody>{}</tbody></table>").format(head, body)
    return element, setter.notes()


def cell_text(cell: TableCell) -> str:
    """What a cell prints, without the marks of footnotes and citations."""
    parts = (wording.printed(part) if isinstance(part, Value) else part for part in cell.parts)
    return "".join(part for part in parts if isinstance(part, str)).strip()


def placed(row: Sequence[TableCell]) -> Iterator[tuple[int, TableCell]]:
    """The cells of a body row, each with its first column."""
    column = 0
    for cell in row:
        yield column, cell
        column += cell.colspan


def abbreviations(table: Table, around: Iterable[str], glossary: Sequence[Row]) -> Markup:
    """A paragraph with the abbreviations that the table, or the text ``around`` it, uses.

    In alphabetical order, then what a dash means. Empty where there are none.
    """
    cells = [cell_text(cell) for row in (*table.head, *table.body) for cell in row]
    text = "\n".join([*cells, *around])
    complete = [row for row in glossary if row.content("abbreviation") and row.content("meaning")]
    used = [row for row in complete if _uses(text, row.content("abbreviation"))]
    entries = [
        marks.value(row["abbreviation"]) + ", " + marks.value(row["meaning"])
        for row in sorted(used, key=lambda row: row.content("abbreviation").casefold())
    ]
    lead = "Abbreviations: " if entries else ""
    if wording.DASH in cells:
        entries.append(Markup("{}, {}").format(wording.DASH, table.dash))
    return Markup("<p>{}{}.</p>").format(lead, Markup("; ").join(entries)) if entries else Markup("")


def _uses(text: str, abbreviation: str) -> bool:
    """Whether ``text`` has an abbreviation, or its plural, as a word of its own."""
    return re.search(rf"(?<![\w-]){re.escape(abbreviation)}s?(?![\w-])", text) is not None


def _pads(table: Table) -> dict[int, float]:
    """By the identity of a cell, the room to leave at its right, in widths of a digit."""
    tails: dict[int, dict[int, float]] = {}
    for row in table.body:
        for column, cell in placed(row):
            if cell.align == "decimal":
                tail = _WHOLE.sub("", cell_text(cell))
                tails.setdefault(column, {})[id(cell)] = text_width(tail, 1) / text_width("0", 1)
    return {name: max(column.values()) - own for column in tails.values() for name, own in column.items()}


def _letter(position: int) -> str:
    """The mark of a footnote by its position from 0: a to z, then aa to az, ba …"""
    before, letter = divmod(position, len(ascii_lowercase))
    return (_letter(before - 1) if before else "") + ascii_lowercase[letter]


class _Setter:
    def __init__(self, table: Table):
        self.table = table
        self.pads = _pads(table)
        self.letters: dict[str, str] = {}
        self.texts: dict[str, Value | str] = {}

    def row(self, cells: tuple[TableCell, ...], body: bool = False) -> Markup:
        group = Markup(' class="group"') if body and len(cells) == 1 and cells[0].header else ""
        return Markup("<tr{}>{}</tr>").format(
            group, Markup("").join(self._cell(cell, body) for cell in cells)
        )

    def _cell(self, cell: TableCell, body: bool) -> Markup:
        tag = "th" if cell.header else "td"
        attributes = Markup(' class="align-{}"').format(cell.align)
        if cell.header:
            scope = "row" if body else ("colgroup" if cell.colspan > 1 else "col")
            attributes += Markup(' scope="{}"').format(scope)
        for name, span in (("colspan", cell.colspan), ("rowspan", cell.rowspan)):
            attributes += Markup(' {}="{}"').format(name, span) if span > 1 else Markup("")
        if self.pads.get(id(cell)):
            attributes += Markup(' data-pad="{:.2f}"').format(self.pads[id(cell)])
        content = Markup("").join(self._parts(cell.parts))
        return Markup("<{0}{1}>{2}</{0}>").format(Markup(tag), attributes, content)

    def _parts(self, parts: Sequence[Part]) -> Iterator[Markup]:
        """Each part; a comma stands between two marks of footnotes."""
        before: Part = ""
        for part in parts:
            if isinstance(part, Note) and isinstance(before, Note):
                yield Markup("<sup>,</sup>")
            yield self._part(part)
            before = part

    def _part(self, part: Part) -> Markup:
        if isinstance(part, Value):
            return marks.value(part)
        if isinstance(part, Cite):
            return marks.cite(*part.keys)
        if isinstance(part, Note):
            mark = self._mark(part)
            return Markup('<sup data-ref="{}">{}</sup>').format(self._anchor(mark), mark)
        return escape(part)

    def _mark(self, note: Note) -> str:
        words = note.text.content if isinstance(note.text, Value) else note.text
        if words not in self.letters:
            lettered = sum(mark.isalpha() for mark in self.letters.values())
            self.letters[words] = note.mark or _letter(lettered)
            self.texts[words] = note.text
        return self.letters[words]

    def _anchor(self, mark: str) -> str:
        return f"note-{self.table.id}-{'dagger' if mark == wording.DAGGER else mark}"

    def notes(self) -> Markup:
        """Letters first, in their order; then the notes with a mark of their own."""
        ordered = sorted(
            self.letters.items(), key=lambda item: (not item[1].isalpha(), len(item[1]), item[1])
        )
        return Markup("").join(
            Markup('<p><sup data-ref="{}">{}</sup> {}</p>').format(
                self._anchor(mark), mark, self._part(self.texts[words])
            )
            for words, mark in ordered
        )
