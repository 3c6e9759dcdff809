"""The Word document under construction: where the next paragraph goes and how it looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from docx.document import Document
from docx.oxml.ns import qn
from docx.oxml.text.paragraph import CT_P
from docx.shared import Pt, Twips
from docx.text.paragraph import Paragraph

from sscreport.document import Manuscript
from sscreport.write.docx.line import Line, Look
from sscreport.write.docx.line_numbers import suppress
from sscreport.write.docx.marks import Marks, origins_of
from sscreport.write.docx.styles import ALIGNMENTS, COLUMNS, FIGURE_GAP_PT, STYLES, turn_page
from sscreport.write.docx.tracked import Edit, Tracked, ends_with


@dataclass(frozen=True)
class Place:
    """What the next paragraph gets. ``lead`` and ``numbering`` are for the first one only.

    ``lead`` is text before a tab at the start, in pieces of which one edition may lack some;
    ``numbering`` a Word list's id; ``later_style`` the style from the second paragraph on; ``edit``
    says that the paragraph stands in one edition only.
    """

    container: Any
    style: str = "Body Text"
    later_style: str | None = None
    lead: tuple[tuple[str, Edit | None], ...] = ()
    numbering: int | None = None
    align: str | None = None
    indent_right: int | None = None  # twips
    keep_with_next: bool = False
    landscape: bool = False
    appendix: bool = False
    look: Look = Look()
    edit: Edit | None = None


class Story:
    """A document being written from top to bottom.

    ``old`` is the edition against which the manuscript is marked; such a document has no appendix.
    ``line_numbers`` says that lines will be numbered, which those of the appendix shall not be.
    """

    def __init__(
        self,
        document: Document,
        manuscript: Manuscript,
        old: Manuscript | None = None,
        line_numbers: bool = False,
    ):
        self.document = document
        self.manuscript = manuscript
        self.old = old
        self.line_numbers = line_numbers
        aims = [origins_of(figure, manuscript.origins) for figure in manuscript.figures.values()]
        self.marks = Marks(manuscript.tree, aims)
        self.tracked = Tracked(str(manuscript.about["date"]), self.marks.ids) if old else None
        self.place = Place(document.element.body)
        self.anchors: list[str] = []  # bookmarks waiting for the next paragraph
        self.apart = False  # whether the next paragraph begins or follows a figure or table
        self.new_page = False  # whether the next paragraph begins a page
        self._body = document.element.body
        self._page = (False, 1)
        self._styles = {style.name: style.style_id for style in document.styles}

    @contextmanager
    def at(self, **changes: Any) -> Iterator[None]:
        """Write with some properties of the place changed; a new style starts afresh."""
        if "style" in changes:
            changes = {"later_style": None, "lead": (), "numbering": None} | changes
        outer, self.place = self.place, replace(self.place, **changes)
        yield
        self.place = outer

    @contextmanager
    def editing(self, edit: Edit | None) -> Iterator[None]:
        """Write what one edition has alone; with None, nothing more than before."""
        outer = self.place.edit
        self.place = replace(self.place, edit=edit or outer)
        yield
        self.place = replace(self.place, edit=outer)

    @contextmanager
    def paragraph(self, style: str | None = None) -> Iterator[Line]:
        """A new paragraph at the place; everything pending (anchors, lead) goes into it."""
        place = self.place
        in_body = place.container is self._body
        if in_body:
            self._turn(place.landscape, COLUMNS.get(style or place.style, 1))
        element = place.container.add_p()
        element.style = self._styles[style or place.style]
        shown = Paragraph(element, self.document)
        if in_body and self.apart:
            shown.paragraph_format.space_before = Pt(max(FIGURE_GAP_PT, STYLES[style or place.style].before))
            self.apart = False
        if in_body and self.new_page:
            shown.paragraph_format.page_break_before = True
            self.new_page = False
        if place.align:
            shown.alignment = ALIGNMENTS[place.align]
        if place.indent_right:
            shown.paragraph_format.right_indent = Twips(place.indent_right)
        if place.keep_with_next:
            shown.paragraph_format.keep_with_next = True
        if place.appendix and self.line_numbers:
            suppress(element)
        if place.numbering is not None:
            numbers = element.get_or_add_pPr().get_or_add_numPr()
            numbers.get_or_add_ilvl().val = 0
            numbers.get_or_add_numId().val = place.numbering
        if place.edit and self.tracked:
            self.tracked.end_paragraph(element, place.edit)
        self.place = replace(place, style=place.later_style or place.style, lead=(), numbering=None)
        anchors, self.anchors = self.anchors, []
        line = Line(element, self.marks, self.tracked)
        with line.bookmark(*anchors), line.changed(place.edit):
            for text, edit in place.lead:
                with line.changed(edit):
                    line.text(text, place.look)
            if place.lead:
                line.tab()
            yield line
            line.finish()

    def table(self, table: Any) -> None:
        """Add a finished ``w:tbl`` at the place."""
        if self.place.container is self._body:
            self._turn(self.place.landscape)
            self._body.sectPr.addprevious(table)
        else:
            self.place.container.append(table)

    def _turn(self, landscape: bool, columns: int = 1) -> None:
        """Start a new section where the page's orientation or its columns change."""
        if (landscape, columns) == self._page:
            return
        same_page = landscape == self._page[0]
        self._page = (landscape, columns)
        if len(self._body) > 1:
            self._close_section()
        turn_page(self._body.sectPr, landscape, columns, same_page)

    def _close_section(self) -> None:
        """Hang the running section's properties on the last paragraph, so no empty one is added.

        After a table there must be one; and after a paragraph with a field, or LibreOffice loses the
        bookmarks behind that field when it saves; and after a paragraph that one edition lacks.
        """
        running = self._body.sectPr
        last = running.getprevious()
        if not isinstance(last, CT_P) or _has_field(last) or ends_with(last) is not None:
            last = self._body.add_p()
            last.style = self._styles["Section End"]
        last.set_sectPr(deepcopy(running))
        for tag in ("w:headerReference", "w:footerReference", "w:titlePg"):  # inherited from here on
            for inherited in running.findall(qn(tag)):
                running.remove(inherited)

    def restarted_numbering(self, style: str) -> int:
        """The id of a new list that looks like the list ``style`` and counts from one."""
        numbering = self.document.part.numbering_part.element
        used = self.document.styles[style].element.pPr.numPr.numId.val
        abstract = numbering.num_having_numId(used).abstractNumId.val
        fresh = numbering.add_num(abstract)
        fresh.add_lvlOverride(ilvl=0).add_startOverride(1)
        return fresh.numId


def _has_field(paragraph: CT_P) -> bool:
    return paragraph.find(f".//{qn('w:fldChar')}") is not None
