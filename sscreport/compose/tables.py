"""Set a table as an element: marked cells, and footnotes lettered in reading order."""

from __future__ import annotations

from string import ascii_lowercase

from markupsafe import Markup, escape

from sscreport import wording
from sscreport.compose import marks
from sscreport.records import Cite, Note, Part, Table, TableCell
from sscreport.values import Value


def table_markup(table: Table) -> tuple[Markup, Markup]:
    """The ``<table>`` and the paragraphs of its footnotes."""
    setter = _Setter(table)
    head = Markup("").join(setter.row(row) for row in table.head)
    body = Markup("").join(setter.row(row, body=True) for row in table.body)
    element = Markup("<table><thead>{}</thead><tbody>{}</tbody></table>").format(head, body)
    return element, setter.notes()


class _Setter:
    def __init__(self, table: Table):
        self.table = table
        self.letters: dict[str, str] = {}
        self.texts: dict[str, Value | str] = {}

    def row(self, cells: tuple[TableCell, ...], body: bool = False) -> Markup:
        return Markup("<tr>{}</tr>").format(Markup("").join(self._cell(cell, body) for cell in cells))

    def _cell(self, cell: TableCell, body: bool) -> Markup:
        tag = "th" if cell.header else "td"
        attributes = Markup(' class="align-{}"').format(cell.align)
        if cell.header:
            scope = "row" if body else ("colgroup" if cell.colspan > 1 else "col")
            attributes += Markup(' scope="{}"').format(scope)
        for name, span in (("colspan", cell.colspan), ("rowspan", cell.rowspan)):
            attributes += Markup(' {}="{}"').format(name, span) if span > 1 else Markup("")
        content = Markup("").join(self._part(part) for part in cell.parts)
        return Markup("<{0}{1}>{2}</{0}>").format(Markup(tag), attributes, content)

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
            lettered = sum(mark in ascii_lowercase for mark in self.letters.values())
            self.letters[words] = note.mark or ascii_lowercase[lettered]
            self.texts[words] = note.text
        return self.letters[words]

    def _anchor(self, mark: str) -> str:
        return f"note-{self.table.id}-{'dagger' if mark == wording.DAGGER else mark}"

    def notes(self) -> Markup:
        """Letters first, in their order; then the notes with a mark of their own."""
        ordered = sorted(self.letters.items(), key=lambda item: (item[1] not in ascii_lowercase, item[1]))
        return Markup("").join(
            Markup('<p><sup data-ref="{}">{}</sup> {}</p>').format(
                self._anchor(mark), mark, self._part(self.texts[words])
            )
            for words, mark in ordered
        )
