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
from sscreport.write.docx.tracked import DELETED, EDITIONS, Edit, Tracked
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
    """A paragraph under construction. White space is collapsed as HTML does, in each edition by itself."""

    def __init__(self, paragraph: Any, marks: Marks, tracked: Tracked | None = None):
        """``tracked`` makes the revisions, in a document that may have some."""
        self._marks = marks
        self._tracked = tracked
        self._container = paragraph
        self._edit: Edit | None = None
        self._text: Any = None
        self._spaced = EDITIONS  # whose text so far ends with a space, or has not begun

    def text(self, text: str, look: Look) -> None:
        text = SPACES.sub(" ", text)
        editions = frozenset({self._edit.kind}) if self._edit else EDITIONS
        if editions <= self._spaced:
            text = text.lstrip(" ")
        if text:
            self._text = self._run(look).add_t(text)
            if self._edit and self._edit.kind == DELETED:
                self._text.tag = qn("w:delText")
            self._spaced = self._spaced | editions if text.endswith(" ") else self._spaced - editions

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
        if self._text is not None:
            self._text.text = self._text.text.rstrip(" ")
        self._text, self._spaced = None, EDITIONS

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
        with self._marks.around(lambda: self._into, *names):
            yield

    @contextmanager
    def changed(self, edit: Edit | None) -> Iterator[None]:
        """What is written meanwhile stands in one edition only; with None, nothing more than before."""
        outer, self._edit = self._edit, edit or self._edit
        yield
        self._edit = outer

    @contextmanager
    def link(self, **attributes: str) -> Iterator[None]:
        """A hyperlink, to a bookmark by ``w_anchor`` or to an external relationship by ``r_id``."""
        outer, self._container = self._container, OxmlElement("w:hyperlink")
        if outer.tag == self._container.tag:
            raise broken(f"A link stands inside another; it leads to {', '.join(attributes.values())}.")
        for name, content in attributes.items():
            self._container.set(qn(name.replace("_", ":")), content)
        outer.append(self._container)
        yield
        self._container = outer

    def picture(self, drawing: Any) -> None:
        self._run(Look()).append(drawing)
        self._text, self._spaced = None, frozenset()

    @property
    def _into(self) -> Any:
        """Where the next run goes. A revision holds no link, so it stands inside one."""
        if self._edit is None or self._tracked is None:
            return self._container
        return self._tracked.holder(self._container, self._edit)

    def _run(self, look: Look) -> Any:
        self._into.append(run := OxmlElement("w:r"))
        if look.style:
            run.style = look.style
        for name in LOOKS:
            if getattr(look, name):
                setattr(Font(run), name, True)
        return run
