"""One paragraph being filled with runs, fields, links and bookmarks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.text.font import Font

from sscreport.write.docx.marks import Marks
from sscreport.write.docx.tree import SPACES, broken


@dataclass(frozen=True)
class Look:
    """How a run looks; ``style`` is a character style's id."""

    bold: bool = False
    italic: bool = False
    superscript: bool = False
    subscript: bool = False
    style: str | None = None


LOOKS = ("bold", "italic", "superscript", "subscript")


class Line:
    """A paragraph under construction. White space is collapsed as HTML does."""

    def __init__(self, paragraph: Any, marks: Marks):
        self._marks = marks
        self._into = paragraph
        self._text: Any = None
        self._after_space = True

    def text(self, text: str, look: Look) -> None:
        text = SPACES.sub(" ", text)
        if self._after_space:
            text = text.lstrip(" ")
        if text:
            self._text = self._run(look).add_t(text)
            self._after_space = text.endswith(" ")

    def tab(self) -> None:
        self._strip()
        self._run(Look()).append(OxmlElement("w:tab"))

    def line_break(self) -> None:
        self._strip()
        self._run(Look()).append(OxmlElement("w:br"))

    def finish(self) -> None:
        """Drop the space a paragraph may not end with."""
        self._strip()

    def _strip(self) -> None:
        if self._after_space and self._text is not None:
            self._text.text = self._text.text.rstrip(" ")
        self._text, self._after_space = None, True

    def field(self, code: str, result: str, look: Look) -> None:
        """A Word field with its result already in place, for readers that never update fields."""
        self._mark_field("begin", look)
        self._run(look).append(instruction := OxmlElement("w:instrText"))
        instruction.set(qn("xml:space"), "preserve")
        instruction.text = f" {code} "
        self._mark_field("separate", look)
        self.text(result, look)
        self._mark_field("end", look)

    def _mark_field(self, kind: str, look: Look) -> None:
        self._run(look).append(mark := OxmlElement("w:fldChar"))
        mark.set(qn("w:fldCharType"), kind)

    @contextmanager
    def bookmark(self, *names: str) -> Iterator[None]:
        with self._marks.around(self._into, *names):
            yield

    @contextmanager
    def link(self, **attributes: str) -> Iterator[None]:
        """A hyperlink, to a bookmark by ``w_anchor`` or to an external relationship by ``r_id``."""
        outer, self._into = self._into, OxmlElement("w:hyperlink")
        if outer.tag == self._into.tag:
            raise broken(f"A link stands inside another; it leads to {', '.join(attributes.values())}.")
        for name, content in attributes.items():
            self._into.set(qn(name.replace("_", ":")), content)
        outer.append(self._into)
        yield
        self._into = outer

    def picture(self, drawing: Any) -> None:
        self._run(Look()).append(drawing)
        self._after_space = False

    def _run(self, look: Look) -> Any:
        self._into.append(run := OxmlElement("w:r"))
        if look.style:
            run.style = look.style
        for name in LOOKS:
            if getattr(look, name):
                setattr(Font(run), name, True)
        return run
