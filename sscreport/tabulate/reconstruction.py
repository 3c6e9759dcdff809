"""What reconstructed rows were solved from, and what is left open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sscreport import wording
from sscreport.folder import SETTINGS
from sscreport.records import (
    Part,
    Row,
    Table,
    TableCell,
)
from sscreport.tabulate.cells import (
    Source,
    Title,
    cell,
    grouped_head,
    joined,
    marked,
    study_cell,
)
from sscreport.values import Book, Value


def reconstruction(entry: Mapping[str, Any], source: Source) -> Table:
    """One row for each reconstructed effect: as it stands, what it was solved from, what is left open."""
    columns: list[tuple[Title, Title, str]] = [
        ("", "Study", "left"),
        ("", "Outcome", "left"),
        ("In the data", "MD", "decimal"),
        ("In the data", "SE", "decimal"),
        ("", "Solved from", "left"),
        ("Range over feasible reconstructions", "MD", "left"),
        ("Range over feasible reconstructions", "SE", "left"),
        ("Range over feasible reconstructions", "Weight in the pool", "left"),
        ("Range over feasible reconstructions", "Pooled without the study", "left"),
        ("", "Pinned", "left"),
    ]
    ranges = source.review.tables.get("reconstruction_ranges", ())
    rows = {row.id: row for analysis in source.review.analyses for row in analysis.recorded_rows}
    body = tuple(
        _reconstruction_row(found, rows[found.id], source) for found in ranges if _solved(rows.get(found.id))
    )
    landscape = entry.get("landscape", True)
    return Table(entry["id"], grouped_head(columns), body, landscape=landscape, dash="not applicable")


def _solved(row: Row | None) -> bool:
    return row is not None and any(row.cells[name].solved_from for name in ("md", "se"))


def _reconstruction_row(found: Row, row: Row, source: Source) -> tuple[TableCell, ...]:
    study = source.review.studies[row.content("study")]
    outcome = source.book[f"review.outcomes.{row.content('outcome')}.abbreviation"]
    return (
        study_cell(study),
        cell((outcome, ", ", row["timepoint_months"], " months")),
        cell(marked(row["md"]), "decimal"),
        cell(marked(row["se"]), "decimal"),
        cell(_claims(row, source.book)),
        *(cell(_span(found, name)) for name in ("md", "se", "weight", "left_out")),
        cell(found["pinned"]),
    )


def _span(found: Row, name: str) -> tuple[Part, ...]:
    low, high = found[f"{name}_low"], found[f"{name}_high"]
    if low.content is None:
        return (wording.DASH,)
    return (low,) if wording.printed(low) == wording.printed(high) else (low, " to ", high)


def _claims(row: Row, book: Book) -> tuple[Part, ...]:
    """The printed numbers behind a row, claim by claim: "5.10, 3.39, 6.81; 0.349"."""
    claims: dict[str, dict[str, Value]] = {}
    for name in ("md", "se"):
        for source in row.cells[name].solved_from:
            table = "review" if source.file == SETTINGS else "published_claims"
            claims.setdefault(source.row, {})[source.column] = book[f"{table}.{source.row}.{source.column}"]
    return joined([joined([(v,) for v in numbers.values()], ", ") for numbers in claims.values()])
