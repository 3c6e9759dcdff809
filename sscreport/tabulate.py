"""Tabulate: the review's tables as rows of cells that hold values, not text.

Each kind of table named in review.toml is one function here. Formatting comes last: `compose` sets
the letters of the footnotes and the marks of the values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from sscreport import wording
from sscreport.folder import SETTINGS
from sscreport.measures import MEASURES
from sscreport.problems import InputError, Problem
from sscreport.records import Cite, Finding, Note, Part, Review, Row, Study, Table, TableCell
from sscreport.values import Book, Value

RECONSTRUCTED = Note(f"{wording.RECONSTRUCTED}; see Methods.", mark=wording.DAGGER)
NOT_REPORTED = "–"


def tabulate(review: Review, findings: Sequence[Finding]) -> dict[str, Table]:
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
    return {entry["id"]: KINDS[entry["kind"]](entry, _Source(review, findings)) for entry in wanted}


@dataclass(frozen=True)
class _Source:
    review: Review
    findings: Sequence[Finding]

    @property
    def book(self) -> Book:
        return self.review.book

    def rows(self, table: str, study: Study) -> list[Row]:
        return [row for row in self.review.tables.get(table, ()) if row.content("study") == study.id]


def _head(*titles: Part | tuple[Part, ...], align: Sequence[str] = ()) -> tuple[TableCell, ...]:
    aligns = align or ["left"] * len(titles)
    return tuple(_cell(title, align=a, header=True) for title, a in zip(titles, aligns, strict=True))


def _cell(part: Part | tuple[Part, ...], align: str = "left", header: bool = False) -> TableCell:
    return TableCell(part if isinstance(part, tuple) else (part,), header=header, align=align)


def _or_dash(value: Value) -> Part:
    return NOT_REPORTED if value.content is None else value


def _joined(groups: Sequence[tuple[Part, ...]], separator: str = "; ") -> tuple[Part, ...]:
    parts: list[Part] = []
    for position, group in enumerate(groups):
        parts += [separator] if position else []
        parts += group
    return tuple(parts) or (NOT_REPORTED,)


def _study(study: Study) -> TableCell:
    return _cell((study.label, " ", Cite(study.references)), header=True)


# ---------------------------------------------------------------- characteristics of the studies

# A column's text in review.toml: {column} prints a cell, [ … ] is left out where its cell is empty.
_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_COLUMN = re.compile(r"\{(\w+)\}")


def characteristics(entry: Mapping[str, Any], source: _Source) -> Table:
    """One row a study, with the columns that review.toml asks for, and the sums over all studies."""
    columns = entry.get("columns", [])
    align = ["left", *(column.get("align", "left") for column in columns)]
    head = _head("Study", *(column["title"] for column in columns), align=align)
    body = []
    for study in source.review.studies.values():
        cells = [
            _cell(_filled(column["text"], study.row.values), column.get("align", "left"))
            for column in columns
        ]
        body.append((_study(study), *cells))
    if any(column.get("total") for column in columns):
        body.append(_sums(columns, source.book))
    return Table(entry["id"], (head,), tuple(body), landscape=entry.get("landscape", False))


def _filled(text: str, values: Mapping[str, Value]) -> tuple[Part, ...]:
    """A column's text with the cells of one study; a dash where none of them is reported."""

    def reported(match: re.Match[str]) -> str:
        names = _COLUMN.findall(match[1])
        return match[1] if all(values[name].content is not None for name in names) else ""

    text = _OPTIONAL.sub(reported, text)
    if all(values[name].content is None for name in _COLUMN.findall(text)):
        return (NOT_REPORTED,)
    pieces = _COLUMN.split(text)  # words and names of columns by turns
    parts = [
        _or_dash(values[piece]) if odd else piece
        for odd, piece in zip(cycle((False, True)), pieces, strict=False)
    ]
    return tuple(part for part in parts if part != "")


def _sums(columns: Sequence[Mapping[str, Any]], book: Book) -> tuple[TableCell, ...]:
    """The last row: sums over the studies in the columns that have them."""
    before = next(i for i, column in enumerate(columns) if column.get("total"))
    cells = [TableCell(("All ", book["included.studies"], " studies"), header=True, colspan=before + 1)]
    for column in columns[before:]:
        names = _COLUMN.findall(column["text"]) if column.get("total") else []
        sums = {name: book[f"included.{name}"] for name in names}
        cells.append(_cell(_filled(column["text"], sums) if names else "", column.get("align", "left")))
    return tuple(cells)


# ---------------------------------------------------------------- outcomes, safety, quality


def outcomes(entry: Mapping[str, Any], source: _Source) -> Table:
    """One row a study: adverse events, endpoints and the Newcastle-Ottawa score."""
    align = ("left", "right", "right", "left", "left", "left", "right")
    head = (
        _span(("Study", "Patients"), align)
        + (TableCell(("Adverse events",), header=True, colspan=3, align="center"),)
        + _span(("Endpoints", "NOS score"), align[5:]),
        _head("Number", "At the injection site", "Other", align=align[2:5]),
    )
    body = tuple(_outcomes_row(study, source, align) for study in source.review.studies.values())
    return Table(entry["id"], head, body, landscape=entry.get("landscape", False))


def _span(titles: Sequence[str], align: Sequence[str]) -> tuple[TableCell, ...]:
    return tuple(
        TableCell((t,), header=True, rowspan=2, align=a) for t, a in zip(titles, align, strict=False)
    )


def _outcomes_row(study: Study, source: _Source, align: Sequence[str]) -> tuple[TableCell, ...]:
    safety = source.rows("safety", study)
    number = safety[0]["events"] if safety else None
    endpoints = [(row["endpoint"],) for row in source.rows("endpoints", study)]
    scores = source.rows("newcastle_ottawa", study)
    cells: list[tuple[Part, ...]] = [
        (study.row["patients"],),
        (NOT_REPORTED if number is None else _or_dash(number),),
        _events(source.rows("adverse_events", study), "injection site"),
        _events(source.rows("adverse_events", study), "other"),
        _joined(endpoints, ", "),
        (scores[0]["total"],) if scores else (NOT_REPORTED,),
    ]
    return (_study(study), *(_cell(parts, a) for parts, a in zip(cells, align[1:], strict=True)))


def _events(rows: Sequence[Row], site: str) -> tuple[Part, ...]:
    return _joined(
        [
            (row["event"],) if row.content("events") is None else (row["event"], " (", row["events"], ")")
            for row in rows
            if row.content("site") == site
        ]
    )


# ---------------------------------------------------------------- summary of findings


def findings(entry: Mapping[str, Any], source: _Source) -> Table:
    """One row a finding: how much evidence, the pooled result, the judgements and the certainty."""
    domains = list(source.findings[0].judgements) if source.findings else []
    titles = [
        domain.replace("small_study_effects", "small-study effects").replace("_", " ").capitalize()
        for domain in domains
    ]
    level = source.book["review.policy.confidence_level"]
    align = ("left", "left", "left", *["left"] * len(domains), "left")
    head = _head(
        "Outcome",
        "Participants (studies)",
        ("Pooled result (", level, " CI)"),
        *titles,
        "Certainty of the evidence",
        align=align,
    )
    body = tuple(_finding_row(finding, domains) for finding in source.findings)
    return Table(entry["id"], (head,), body, landscape=entry.get("landscape", False))


def _finding_row(finding: Finding, domains: Sequence[str]) -> tuple[TableCell, ...]:
    pooled, analysis = finding.group.pooled, finding.synthesis.analysis
    mark = (RECONSTRUCTED,) if finding.group.reconstructed else ()
    result = (
        f"{MEASURES[analysis.measure].short} ",
        pooled.estimate,
        " (",
        pooled.ci_low,
        " to ",
        pooled.ci_high,
        ")",
        *mark,
    )
    amount = (pooled.n, f" {analysis.settings['n_unit']} (", pooled.k, ")")
    return (
        _cell(finding.label, header=True),
        _cell(amount),
        _cell(result),
        *(_cell(_judgement(finding, domain)) for domain in domains),
        _cell((finding.symbols, " ", finding.certainty)),
    )


def _judgement(finding: Finding, domain: str) -> tuple[Part, ...]:
    reason = finding.reasons.get(domain)
    return (finding.judgements[domain], Note(reason)) if reason else (finding.judgements[domain],)


KINDS: dict[str, Callable[[Mapping[str, Any], _Source], Table]] = {
    "characteristics": characteristics,
    "outcomes": outcomes,
    "findings": findings,
}
