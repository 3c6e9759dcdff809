"""What the audit of the article found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count, groupby, takewhile
from typing import Any

from sscreport import wording
from sscreport.records import (
    Part,
    Table,
    TableCell,
)
from sscreport.tabulate.cells import (
    Source,
    cell,
    grouped_head,
    joined,
)
from sscreport.values import Book, Cell, Value


def audited(entry: Mapping[str, Any], source: Source) -> Table:
    """One row a finding of the audit: what the checks found, and below it what was recorded by hand."""
    titles = ("Where", "What does not fit", "Evidence", "Severity", "What is done instead")
    head = grouped_head([("", title, "left") for title in titles])
    names = dict.fromkeys(
        value.key.split(".")[2] for value in source.book if value.key.startswith("audit.found.")
    )
    machine = [_audited_row(source.book, f"audit.found.{name}") for name in names]
    hand = [_audited_row(source.book, f"audit.{row.id}") for row in source.review.tables.get("audit", ())]
    body: list[tuple[TableCell, ...]] = []
    for title, rows in (("Found by the checks", machine), ("Recorded by hand", hand)):
        if rows:
            body += [(TableCell((title,), header=True, colspan=len(titles)),), *rows]
    return Table(entry["id"], head, tuple(body), landscape=entry.get("landscape"))


def _audited_row(book: Book, key: str) -> tuple[TableCell, ...]:
    """The fields of one finding; several pieces of evidence stand one after the other."""
    numbered = (book.get(f"{key}.evidence_{number}") for number in count(1))
    evidence = [value for value in takewhile(lambda value: value is not None, numbered) if value]
    groups = [part for _, same in groupby(evidence, key=_origin) for part in _evidence(list(same))]
    fields = [book[f"{key}.{name}"] for name in ("place", "finding", "severity", "remedy")]
    place, finding, severity, remedy = (cell(value) for value in fields)
    shown = joined(groups or [(book[f"{key}.evidence"],)])
    return replace(place, header=True), finding, cell(shown), severity, remedy


def _origin(value: Value) -> tuple[str, str]:
    """File and column of a piece of evidence; nothing of one that was computed."""
    cell = value.inputs[0] if value.inputs else None
    return (cell.file, cell.column) if isinstance(cell, Cell) else ("", "")


def _evidence(values: Sequence[Value]) -> list[tuple[Part, ...]]:
    """Passages of a text in quotation marks; the cells of one column of a table behind its name."""
    file, column = _origin(values[0])
    if file.endswith(".txt"):
        return [("“", value, "”") for value in values]
    name = column.replace("_", " ")
    listed = joined([(value,) for value in values], ", ")
    return [(f"{name} ", *listed)] if name and not wording.has_digit(name) else [listed]
