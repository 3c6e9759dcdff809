"""What differs between two builds, and why: the record that every form of a diff shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property

from sscreport.redline.records import Redline


class Weight(IntEnum):
    """How much a change matters, the least first."""

    HIDDEN = 0  # digits behind what is printed
    VISIBLE = 1  # something reads or looks otherwise
    EFFECT = 2  # an effect moved by its minimal important difference, or a tenth
    CONCLUSION = 3  # a conclusion is another one


@dataclass(frozen=True)
class Commit:
    """``date`` is ISO 8601 (YYYY-MM-DD)."""

    hash: str
    author: str
    date: str
    subject: str


@dataclass(frozen=True)
class Cause:
    """One difference between what the two builds were made from.

    ``kind``: "cell", "row" (added or removed), "setting", "template", "file", "code" or "scenario".
    ``where`` is FILE:ROW:COLUMN, FILE:ROW, FILE:LINE, a file, or what a scenario is called. ``before`` and
    ``after`` are raw texts, None where there was nothing. ``commits`` made the change, the last first.
    ``uncommitted``: it stands in the working tree alone.
    """

    kind: str
    where: str
    before: str | None
    after: str | None
    commits: tuple[Commit, ...] = ()
    uncommitted: bool = False

    @property
    def told(self) -> str:
        """The cause in a clause, with who made it and when."""
        return f"{self.fact}{self._who}"

    @property
    def fact(self) -> str:
        """What differs, and where."""
        return f"{self._where}: {self._what}"

    @property
    def _where(self) -> str:
        if self.kind == "scenario":
            return self.where
        file, *rest = self.where.split(":", 2)
        if self.kind in ("row", "template"):
            rest = [f"{'row' if self.kind == 'row' else 'line'} {place}" for place in rest]
        return ", ".join([file, *rest])

    @property
    def _what(self) -> str:
        if self.kind == "scenario":
            return self.after or ""
        if self.kind == "row":
            return "removed" if self.after is None else "added"
        if self.kind == "template":
            return "other wording"
        if self.kind == "file":
            return "removed" if self.after is None else "added" if self.before is None else "changed"
        if not self.before or not self.after:
            return f"“{self.after or self.before}” was {'added' if self.after else 'removed'}"
        return f"“{self.before}” became “{self.after}”"

    @property
    def _who(self) -> str:
        if self.uncommitted:
            return " (not committed)"
        if not self.commits:
            return ""
        last = self.commits[0]
        return f" ({last.author}, {last.date}, {last.hash[:7]}: {last.subject})"


@dataclass(frozen=True)
class Change:
    """One thing that differs.

    ``kind``: "conclusion", "effect", "value", "cell" (of a table), "figure", "sentence", "method",
    "caption", "heading", "note", "reference" or "look" (the same words set otherwise). ``place`` is
    what a reader calls where it stands, ``what`` what it is. ``key`` is a value's,
    or a figure's id. ``difference`` is new minus old where both are numbers. ``reason`` says in
    words what gives it its weight. ``causes`` are positions among those of `Changes`, ``revisions`` the
    numbers of its marks in the redline.
    """

    kind: str
    place: str
    what: str
    key: str
    before: str | None
    after: str | None
    weight: Weight
    causes: tuple[int, ...]
    reason: str = ""
    difference: float | None = None
    revisions: tuple[int, ...] = ()


@dataclass(frozen=True)
class Side:
    """One of the two builds. ``name`` is what the user called it; ``commit`` is None outside git or
    where something is not committed; ``code`` is the version of the code that made it."""

    name: str
    commit: Commit | None
    code: str


@dataclass(frozen=True)
class Changes:
    """Everything that differs, the weightiest first.

    ``figures`` gives the SVG of each redrawn figure before and after, None where there is none.
    ``revision_causes`` gives by number of revision the positions of its causes. ``notes`` say what a
    reader should know of the comparison itself.
    """

    old: Side
    new: Side
    changes: tuple[Change, ...]
    causes: tuple[Cause, ...]
    redline: Redline
    revision_causes: Mapping[int, tuple[int, ...]]
    figures: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    place_names: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @cached_property
    def conclusions(self) -> tuple[Change, ...]:
        return self.of(Weight.CONCLUSION)

    def of(self, weight: Weight) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.weight == weight)

    @property
    def without_effect(self) -> tuple[Cause, ...]:
        """Differences in what went in that change nothing that came out."""
        used = {position for change in self.changes for position in change.causes}
        return tuple(cause for position, cause in enumerate(self.causes) if position not in used)
