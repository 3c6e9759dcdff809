"""What the audit of the article found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from sscreport import wording
from sscreport.audit.misfit import SEVERITIES
from sscreport.records import AuditFinding, Part, Table, TableCell
from sscreport.tabulate.cells import (
    Source,
    cell,
    grouped_head,
    joined,
)
from sscreport.values import Cell, Value


def audited(entry: Mapping[str, Any], source: Source) -> Table:
    """One row a finding: what the checks found by severity, then what was recorded by hand."""
    titles = ("Where", "What does not fit", "Evidence", "What is done instead")
    head = grouped_head([("", title, "left") for title in titles])
    groups: dict[str, list[AuditFinding]] = {
        f"{severity.capitalize()} severity": [] for severity in SEVERITIES
    }
    for finding in source.audit:
        title = "Recorded by hand" if finding.by_hand else f"{finding.severity.capitalize()} severity"
        groups.setdefault(title, []).append(finding)
    body: list[tuple[TableCell, ...]] = []
    for title, findings in groups.items():
        if findings:
            body.append((TableCell((title,), header=True, colspan=len(titles)),))
            body += [_audited_row(finding) for finding in findings]
    return Table(entry["id"], head, tuple(body), landscape=entry.get("landscape"))


def _audited_row(finding: AuditFinding) -> tuple[TableCell, ...]:
    """The fields of one finding; several pieces of evidence stand one after the other."""
    if finding.by_hand:
        shown: tuple[Part, ...] = (*finding.evidence, f" ({finding.severity} severity)")
    else:
        shown = joined(
            [part for _, same in groupby(finding.evidence, key=_origin) for part in _evidence([*same])]
        )
    return cell(finding.place, header=True), cell(finding.what), cell(shown), cell(finding.remedy)


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
