"""Tabulate: the review's tables as rows of cells that hold values, not text.

Each kind of table named in review.toml is one function in a module here. Formatting comes last:
`compose` sets the letters of the footnotes and the marks of the values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sscreport.folder import SETTINGS
from sscreport.problems import InputError, Problem
from sscreport.records import AuditFinding, Compared, Entry, Finding, Rating, Review, Table
from sscreport.tabulate.alternatives import alternatives, placebo
from sscreport.tabulate.audit import audited
from sscreport.tabulate.cells import Source
from sscreport.tabulate.certainty import certainty, findings
from sscreport.tabulate.ledger import ledger
from sscreport.tabulate.reconstruction import reconstruction
from sscreport.tabulate.scenarios import scenarios
from sscreport.tabulate.studies import characteristics, outcomes

__all__ = ["KINDS", "tabulate"]

KINDS: dict[str, Callable[[Mapping[str, Any], Source], Table]] = {
    "characteristics": characteristics,
    "outcomes": outcomes,
    "findings": findings,
    "reconstruction": reconstruction,
    "certainty": certainty,
    "alternatives": alternatives,
    "placebo": placebo,
    "scenario": scenarios,
    "ledger": ledger,
    "audit": audited,
}


def tabulate(
    review: Review,
    findings: Sequence[Finding],
    ratings: Sequence[Rating] = (),
    entries: Sequence[Entry] = (),
    audit: Sequence[AuditFinding] = (),
    compared: Sequence[Compared] = (),
) -> dict[str, Table]:
    """Every table of review.toml, by id. Raises `InputError` for a kind that does not exist."""
    wanted = review.settings.get("tables", [])
    unknown = [
        Problem(
            SETTINGS,
            f"There is no such kind of table. Known: {', '.join(KINDS)}.",
            row=f"tables.{entry['id']}",
            column="kind",
            value=entry["kind"],
        )
        for entry in wanted
        if entry["kind"] not in KINDS
    ]
    if unknown:
        raise InputError(unknown)
    source = Source(review, findings, ratings, entries, audit, compared)
    return {entry["id"]: KINDS[entry["kind"]](entry, source) for entry in wanted}
