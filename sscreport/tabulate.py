"""Tabulate: the review's tables as rows of cells that hold values, not text.

Each kind of table named in review.toml is one function here. Formatting comes last: `compose` sets
the letters of the footnotes and the marks of the values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sscreport.measures import MEASURES
from sscreport.problems import InputError, Problem
from sscreport.records import Cite, Finding, Note, Part, Review, Row, Study, Table, TableCell
from sscreport.values import Book, Rule, Value

SYMBOLS = Rule("GRADE symbols: one filled circle for each level", "Guyatt et al. (2008) BMJ 336:924")
RECONSTRUCTED = Note("Rests on reconstructed study-level values; see Methods.", mark="†")
NOT_REPORTED = "–"


def tabulate(review: Review, findings: Sequence[Finding]) -> dict[str, Table]:
    """Every table of review.toml, by id. Raises `InputError` for a kind that does not exist."""
    wanted = review.settings.get("tables", [])
    unknown = [
        Problem(
            "data/review.toml",
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
    return {entry["id"]: KINDS[entry["kind"]](entry["id"], _Source(review, findings)) for entry in wanted}


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


# ---------------------------------------------------------------- Table 1: characteristics


def characteristics(name: str, source: _Source) -> Table:
    """One row a study: design, patients, follow-up and the cells given."""
    align = ("left", "center", "left", "left", "right", "right", "left", "left", "left", "left")
    head = _head(
        "Study",
        "Year",
        "Country",
        "Design",
        "Patients (women/men)",
        "Mean age, years",
        "Follow-up",
        "Source of cells",
        "Cells given",
        "Route (site)",
        align=align,
    )
    body = [_characteristics_row(study, align) for study in source.review.studies.values()]
    return Table(name, (head,), (*body, _characteristics_total(source.book, align)), landscape=True)


def _characteristics_row(study: Study, align: Sequence[str]) -> tuple[TableCell, ...]:
    row = study.row
    site = (
        (row["route"], " (", row["injection_site"], ")") if row.content("injection_site") else (row["route"],)
    )
    cells = [
        (row["year"],),
        (row["country"],),
        (row["design"],),
        (row["patients"], " (", row["female"], "/", row["male"], ")"),
        (_or_dash(row["mean_age"]),),
        (row["follow_up"], " ", row["follow_up_unit"]),
        (row["cell_source"],),
        (_or_dash(row["cell_dose"]),),
        site,
    ]
    return (_study(study), *(_cell(parts, a) for parts, a in zip(cells, align[1:], strict=True)))


def _characteristics_total(book: Book, align: Sequence[str]) -> tuple[TableCell, ...]:
    everyone = (book["included.patients"], " (", book["included.women"], "/", book["included.men"], ")")
    first = TableCell(("All ", book["included.studies"], " studies"), header=True, colspan=4)
    return first, _cell(everyone, align[4]), TableCell(("",), colspan=len(align) - 5)


# ---------------------------------------------------------------- Table 2: outcomes, safety, quality


def outcomes(name: str, source: _Source) -> Table:
    """One row a study: adverse events, endpoints and the Newcastle-Ottawa score."""
    align = ("left", "right", "right", "left", "left", "left", "right")
    head = (
        _span(("Study", "Patients"), align)
        + (TableCell(("Adverse events",), header=True, colspan=3, align="center"),)
        + _span(("Endpoints", "NOS score"), align[5:]),
        _head("Number", "At the injection site", "Other", align=align[2:5]),
    )
    body = tuple(_outcomes_row(study, source, align) for study in source.review.studies.values())
    return Table(name, head, body, landscape=True)


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


# ---------------------------------------------------------------- Table 3: summary of findings


def findings(name: str, source: _Source) -> Table:
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
    body = tuple(_finding_row(finding, source.book, domains) for finding in source.findings)
    return Table(name, (head,), body, landscape=True)


def _finding_row(finding: Finding, book: Book, domains: Sequence[str]) -> tuple[TableCell, ...]:
    pooled, analysis = finding.group.pooled, finding.synthesis.analysis
    symbols = book.derive(
        f"grade.{finding.id}.symbols",
        SYMBOLS,
        _symbols,
        finding.certainty,
        book["review.grade.levels"],
        style="text",
        label=f"Certainty, {finding.label.content}",
    )
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
        _cell((symbols, " ", finding.certainty)),
    )


def _judgement(finding: Finding, domain: str) -> tuple[Part, ...]:
    reason = finding.reasons.get(domain)
    return (finding.judgements[domain], Note(reason)) if reason else (finding.judgements[domain],)


def _symbols(certainty: str, levels: str) -> str:
    names = levels.split(", ")
    filled = names.index(certainty) + 1
    return "⊕" * filled + "⊝" * (len(names) - filled)


KINDS: dict[str, Callable[[str, _Source], Table]] = {
    "characteristics": characteristics,
    "outcomes": outcomes,
    "findings": findings,
}
