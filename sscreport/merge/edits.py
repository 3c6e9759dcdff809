"""What a co-author did, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sscreport.merge.copy import Comment

PATCHED, ALREADY, REFUSED, LISTED, CONFLICT = "patched", "already there", "refused", "listed", "conflict"
NOTED = "noted"  # no hand did it, but the program that saved the copy
TO_DO = (REFUSED, LISTED, CONFLICT)  # what no patch settles


@dataclass(frozen=True)
class Replacement:
    """The characters ``start`` to ``end`` of a template give way to ``text``.

    ``lines`` are those that must still be as they were, counted from 0. ``passage`` is that of the
    source map whose words are changed, None for whole lines.
    """

    file: str
    start: int
    end: int
    text: str
    lines: tuple[int, int]
    passage: int | None = None


@dataclass(frozen=True)
class Edit:
    """One difference between the copy and what it was made from.

    ``fate`` is one of the above, ``what`` names the kind of the difference. ``line`` (from 1) is 0 where
    none is known; ``cells`` are those to edit instead of the text.
    """

    fate: str
    what: str
    place: str
    message: str = ""
    before: str = ""
    after: str = ""
    context: str = ""
    key: str = ""
    cells: tuple[str, ...] = ()
    file: str = ""
    line: int = 0
    replacements: tuple[Replacement, ...] = ()


@dataclass(frozen=True)
class Remark:
    """A comment with the line of the template that its passage comes from; "" and 0 where none is known."""

    comment: Comment
    place: str
    file: str
    line: int


@dataclass(frozen=True)
class Merged:
    """Everything that the copy brings: ``patch`` is a unified diff, ``texts`` the patched templates."""

    edits: Sequence[Edit]
    remarks: Sequence[Remark]
    patch: str
    texts: dict[str, str]
    notes: list[str] = field(default_factory=list)

    @property
    def unsettled(self) -> bool:
        """Whether something is left that no patch settles."""
        return bool(self.remarks) or any(edit.fate in TO_DO for edit in self.edits)
