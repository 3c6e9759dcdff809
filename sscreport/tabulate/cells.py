"""What the kinds of tables share: their source, cells, heads and marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from sscreport import wording
from sscreport.records import (
    AuditFinding,
    Cite,
    Compared,
    Entry,
    Finding,
    Note,
    Part,
    Rating,
    Review,
    Row,
    Study,
    TableCell,
)
from sscreport.values import Book, Value

RECONSTRUCTED = Note(f"{wording.RECONSTRUCTED}; see Methods.", mark=wording.DAGGER)


@dataclass(frozen=True)
class Source:
    """What tables are made of: the review, its findings, their certainty anew, ledger, audit, scenarios."""

    review: Review
    findings: Sequence[Finding]
    ratings: Sequence[Rating]
    entries: Sequence[Entry]
    audit: Sequence[AuditFinding]
    compared: Sequence[Compared] = ()

    @property
    def book(self) -> Book:
        return self.review.book

    @property
    def as_published(self) -> bool:
        """Whether the analyses follow the recorded rules alone, with no choices of their own."""
        return not any(analysis.choices for analysis in self.review.analyses)

    def rows(self, table: str, study: Study) -> list[Row]:
        return [row for row in self.review.tables.get(table, ()) if row.content("study") == study.id]


Title = Part | tuple[Part, ...]


def grouped_head(columns: Sequence[tuple[Title, Title, str]]) -> tuple[tuple[TableCell, ...], ...]:
    """Head rows for columns given as group, title and alignment; two where a group has a name.

    A group spans its neighbouring columns; a column without one is as high as both rows.
    """
    if not any(group for group, _, _ in columns):
        return (tuple(cell(title, align, header=True) for _, title, align in columns),)
    first: list[TableCell] = []
    second: list[TableCell] = []
    for group, members in groupby(columns, key=lambda column: column[0]):
        inner = [(title, align) for _, title, align in members]
        if group:
            parts = group if isinstance(group, tuple) else (group,)
            first.append(TableCell(parts, header=True, colspan=len(inner), align="center"))
            second += [cell(title, align, header=True) for title, align in inner]
        else:
            first += [replace(cell(title, align, header=True), rowspan=2) for title, align in inner]
    return tuple(first), tuple(second)


def cell(part: Part | tuple[Part, ...], align: str = "left", header: bool = False) -> TableCell:
    return TableCell(part if isinstance(part, tuple) else (part,), header=header, align=align)


def or_dash(value: Value) -> Part:
    return wording.DASH if value.content is None else value


def joined(groups: Sequence[tuple[Part, ...]], separator: str = "; ") -> tuple[Part, ...]:
    parts: list[Part] = []
    for position, group in enumerate(groups):
        parts += [separator] if position else []
        parts += group
    return tuple(parts) or (wording.DASH,)


def study_cell(study: Study) -> TableCell:
    return cell((study.label, " ", Cite(study.references)), header=True)


def mark(value: Value) -> tuple[Part, ...]:
    """The dagger of what rests on reconstructed values; nothing for any other."""
    return (RECONSTRUCTED,) if value.reconstructed else ()


def marked(value: Value) -> tuple[Part, ...]:
    return (value, *mark(value))
