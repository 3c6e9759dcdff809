"""Word revisions: what one edition has and the other has not, each a change that Word accepts or rejects.

Elements and attributes are those of ECMA-376 part 1, 17.13.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from lxml import etree
from lxml.etree import _Element

AUTHOR = "sscreport"
INSERTED, DELETED = "ins", "del"  # what the new edition has alone, what the old one
EDITIONS = frozenset({INSERTED, DELETED})
CELLS = {INSERTED: "w:cellIns", DELETED: "w:cellDel"}


@dataclass(frozen=True)
class Edit:
    """One mark of the merged tree: what it says of its contents, and its revision's number."""

    kind: str
    number: int


def edit_of(element: _Element) -> Edit | None:
    """The mark that an element is or carries itself."""
    kind = element.tag if element.tag in EDITIONS else element.get("data-change")
    return Edit(kind, int(element.get("data-revision", ""))) if kind else None


def edit_around(element: _Element) -> Edit | None:
    """The mark that an element carries or stands in."""
    return next((edit for step in (element, *element.iterancestors()) if (edit := edit_of(step))), None)


class Tracked:
    """Makes the revisions of one document, and knows which change each belongs to.

    ``date`` is ISO 8601 (YYYY-MM-DD); ``ids`` are numbers that no other mark of the document gets.
    """

    def __init__(self, date: str, ids: Iterator[int]):
        self.stamp = f"{date}T00:00:00Z"
        self._ids = ids
        self._number: dict[str, int] = {}

    def mark(self, tag: str, edit: Edit) -> Any:
        """A revision's element, which belongs into the properties of what was changed."""
        element = OxmlElement(tag)
        for name, content in (("id", str(next(self._ids))), ("author", AUTHOR), ("date", self.stamp)):
            element.set(qn(f"w:{name}"), content)
        self._number[element.get(qn("w:id"))] = edit.number
        return element

    def holder(self, container: Any, edit: Edit) -> Any:
        """Where the next run of a change goes: the revision at the container's end if it is of the same."""
        last = container[-1] if len(container) else None
        if last is not None and last.tag == qn(f"w:{edit.kind}") and self.number(last) == edit.number:
            return last
        container.append(revision := self.mark(f"w:{edit.kind}", edit))
        return revision

    def end_paragraph(self, paragraph: Any, edit: Edit) -> None:
        """The paragraph's end is changed: without it, its text would join the next paragraph's."""
        properties = OxmlElement("w:rPr")
        properties.append(self.mark(f"w:{edit.kind}", edit))
        paragraph.get_or_add_pPr().insert_element_before(properties, "w:sectPr", "w:pPrChange")

    def again(self, revision: Any) -> Any:
        """Another revision of the same kind, for the same change."""
        kind = etree.QName(revision).localname
        return self.mark(f"w:{kind}", Edit(kind, self.number(revision)))

    def number(self, revision: Any) -> int:
        """The change that a revision in the document belongs to."""
        return self._number[revision.get(qn("w:id"))]

    def in_order(self, body: Any) -> dict[int, list[Any]]:
        """All revisions of each change, in the document's order."""
        found: dict[int, list[Any]] = {}
        for revision in body.iter(*(qn(f"w:{kind}") for kind in EDITIONS), *map(qn, CELLS.values())):
            found.setdefault(self.number(revision), []).append(revision)
        return found


def ends_with(paragraph: Any) -> Any:
    """The revision of a paragraph's end, None where there is none."""
    kinds = (paragraph.find(f"{qn('w:pPr')}/{qn('w:rPr')}/{qn(f'w:{kind}')}") for kind in sorted(EDITIONS))
    return next((revision for revision in kinds if revision is not None), None)
