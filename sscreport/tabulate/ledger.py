"""Every published claim beside the data, for readers and for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sscreport import wording
from sscreport.folder import SETTINGS
from sscreport.problems import InputError, Problem
from sscreport.records import (
    Entry,
    Part,
    Statement,
    Table,
    TableCell,
)
from sscreport.tabulate.cells import (
    Source,
    cell,
)
from sscreport.values import Value


def ledger(entry: Mapping[str, Any], source: Source) -> Table:
    """One row a published claim, below the heading of its section; for machines one record a number."""
    titles = (
        "Claim and where it stands",
        "As published",
        "Recomputed by the authors’ method" if source.as_published else "Recomputed, with choices of our own",
        "Sound alternative",
        "Verdict and why",
    )
    if not source.entries:
        expected = "A ledger needs the claims in data/published_claims.csv."
        raise InputError(
            [Problem(SETTINGS, expected, row=f"tables.{entry['id']}", column="kind", value="ledger")]
        )
    sections: dict[str, list[Entry]] = {}
    for claim in source.entries:
        sections.setdefault(str(claim.section.content), []).append(claim)
    body: list[tuple[TableCell, ...]] = []
    for members in sections.values():
        body.append((TableCell((members[0].section,), header=True, colspan=len(titles)),))
        body += [_ledger_row(claim) for claim in members]
    head = (tuple(cell(title, header=True) for title in titles),)
    records = tuple(_ledger_record(claim, item) for claim in source.entries for item in claim.statements)
    landscape = entry.get("landscape")
    return Table(entry["id"], head, tuple(body), landscape, dash="nothing to report", records=records)


def _ledger_row(claim: Entry) -> tuple[TableCell, ...]:
    return (
        cell((*claim.claim, " (", claim.place, ")"), header=True),
        cell(claim.published),
        cell(claim.recomputed),
        cell(claim.sound or wording.DASH),
        cell((claim.verdict, ": ", *claim.why)),
    )


def _ledger_record(claim: Entry, item: Statement) -> dict[str, str]:
    """One printed number, with the keys that lead on and computed numbers to twelve digits."""
    recomputed, sound = item.recomputed, item.sound
    return {
        "claim": claim.id,
        "number": item.column,
        "section": _plain((claim.section,)),
        "what": _plain(claim.claim),
        "place": _plain((claim.place,)),
        "published": _plain((item.printed,)),
        "recomputed": _digits(recomputed),
        "recomputed_key": recomputed.key if recomputed else "",
        "provenance": recomputed.provenance if recomputed else "",
        "alternative": _digits(sound),
        "alternative_key": sound.key if sound else "",
        "alternative_in_words": _plain(claim.sound),
        "number_verdict": item.verdict,
        "verdict": _plain((claim.verdict,)),
        "why": _plain(claim.why),
    }


def _plain(parts: Sequence[Part]) -> str:
    """What parts print, for machines: a hyphen for a minus sign, spaces of one kind."""
    texts = (wording.printed(part) if isinstance(part, Value) else part for part in parts)
    text = "".join(text for text in texts if isinstance(text, str))
    return " ".join(text.replace(wording.MINUS, "-").split())


def _digits(value: Value | None) -> str:
    return "" if value is None else wording.unrounded(value.content).replace(wording.MINUS, "-")
