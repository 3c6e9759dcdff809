"""Tabulate: the review's tables as rows of cells that hold values, not text.

Each kind of table named in review.toml is one function here. Formatting comes last: `compose` sets
the letters of the footnotes and the marks of the values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, cycle, groupby, takewhile
from typing import Any

from sscreport import wording
from sscreport.folder import SETTINGS
from sscreport.measures import MEASURES
from sscreport.problems import InputError, Problem
from sscreport.records import (
    DOMAINS,
    Amount,
    Analysis,
    Cite,
    DomainRating,
    Entry,
    Finding,
    Note,
    Part,
    Rating,
    Review,
    Row,
    Statement,
    Study,
    Table,
    TableCell,
)
from sscreport.values import Book, Cell, Value

RECONSTRUCTED = Note(f"{wording.RECONSTRUCTED}; see Methods.", mark=wording.DAGGER)


def tabulate(
    review: Review,
    findings: Sequence[Finding],
    ratings: Sequence[Rating] = (),
    entries: Sequence[Entry] = (),
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
    source = _Source(review, findings, ratings, entries)
    return {entry["id"]: KINDS[entry["kind"]](entry, source) for entry in wanted}


@dataclass(frozen=True)
class _Source:
    review: Review
    findings: Sequence[Finding]
    ratings: Sequence[Rating]
    entries: Sequence[Entry]

    @property
    def book(self) -> Book:
        return self.review.book

    def rows(self, table: str, study: Study) -> list[Row]:
        return [row for row in self.review.tables.get(table, ()) if row.content("study") == study.id]


Title = Part | tuple[Part, ...]


def _grouped_head(columns: Sequence[tuple[Title, Title, str]]) -> tuple[tuple[TableCell, ...], ...]:
    """Head rows for columns given as group, title and alignment; two where a group has a name.

    A group spans its neighbouring columns; a column without one is as high as both rows.
    """
    if not any(group for group, _, _ in columns):
        return (tuple(_cell(title, align, header=True) for _, title, align in columns),)
    first: list[TableCell] = []
    second: list[TableCell] = []
    for group, members in groupby(columns, key=lambda column: column[0]):
        inner = [(title, align) for _, title, align in members]
        if group:
            parts = group if isinstance(group, tuple) else (group,)
            first.append(TableCell(parts, header=True, colspan=len(inner), align="center"))
            second += [_cell(title, align, header=True) for title, align in inner]
        else:
            first += [replace(_cell(title, align, header=True), rowspan=2) for title, align in inner]
    return tuple(first), tuple(second)


def _cell(part: Part | tuple[Part, ...], align: str = "left", header: bool = False) -> TableCell:
    return TableCell(part if isinstance(part, tuple) else (part,), header=header, align=align)


def _or_dash(value: Value) -> Part:
    return wording.DASH if value.content is None else value


def _joined(groups: Sequence[tuple[Part, ...]], separator: str = "; ") -> tuple[Part, ...]:
    parts: list[Part] = []
    for position, group in enumerate(groups):
        parts += [separator] if position else []
        parts += group
    return tuple(parts) or (wording.DASH,)


def _study(study: Study) -> TableCell:
    return _cell((study.label, " ", Cite(study.references)), header=True)


# ---------------------------------------------------------------- characteristics of the studies

# A column's text in review.toml: {column} prints a cell, [ … ] is left out where its cell is empty.
_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_COLUMN = re.compile(r"\{(\w+)\}")


def characteristics(entry: Mapping[str, Any], source: _Source) -> Table:
    """One row a study, with the columns that review.toml asks for, and the sums over all studies.

    Neighbouring columns of one ``group`` stand under a head of its name.
    """
    columns = entry.get("columns", [])
    titles = [("", "Study", "left")]
    titles += [(column.get("group", ""), column["title"], column.get("align", "left")) for column in columns]
    body = []
    for study in source.review.studies.values():
        cells = [
            _cell(_filled(column["text"], study.row.values), column.get("align", "left"))
            for column in columns
        ]
        body.append((_study(study), *cells))
    if any(column.get("total") for column in columns):
        body.append(_sums(columns, source.book))
    return Table(entry["id"], _grouped_head(titles), tuple(body), landscape=entry.get("landscape"))


def _filled(text: str, values: Mapping[str, Value]) -> tuple[Part, ...]:
    """A column's text with the cells of one study; a dash where none of them is reported."""

    def reported(match: re.Match[str]) -> str:
        names = _COLUMN.findall(match[1])
        return match[1] if all(values[name].content is not None for name in names) else ""

    text = _OPTIONAL.sub(reported, text)
    if all(values[name].content is None for name in _COLUMN.findall(text)):
        return (wording.DASH,)
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
    align = ("left", "decimal", "decimal", "left", "left", "left", "decimal")
    titles = ("Study", "Patients", "Number", "At the injection site", "Other", "Endpoints", "NOS score")
    groups = ("", "", *["Adverse events"] * 3, "", "")
    head = _grouped_head(list(zip(groups, titles, align, strict=True)))
    body = tuple(_outcomes_row(study, source, align) for study in source.review.studies.values())
    return Table(entry["id"], head, body, landscape=entry.get("landscape"))


def _outcomes_row(study: Study, source: _Source, align: Sequence[str]) -> tuple[TableCell, ...]:
    safety = source.rows("safety", study)
    number = safety[0]["events"] if safety else None
    endpoints = [(row["endpoint"],) for row in source.rows("endpoints", study)]
    scores = source.rows("newcastle_ottawa", study)
    cells: list[tuple[Part, ...]] = [
        (study.row["patients"],),
        (wording.DASH if number is None else _or_dash(number),),
        _events(source.rows("adverse_events", study), "injection site"),
        _events(source.rows("adverse_events", study), "other"),
        _joined(endpoints, ", "),
        (scores[0]["total"],) if scores else (wording.DASH,),
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


OBSERVED = (
    "Where nobody or everybody had the event before treatment, no risk after it follows from a ratio; the "
    "observed risk is shown."
)


def findings(entry: Mapping[str, Any], source: _Source) -> Table:
    """One row a finding, as GRADEpro lays it out: evidence, effects, judgements, certainty, what happens."""
    domains = list(source.findings[0].judgements) if source.findings else []
    level = source.book["review.policy.confidence_level"]
    interval = (" (", level, " CI)")
    absolute = ("Absolute effect", *interval)
    columns: list[tuple[Title, Title, str]] = [
        ("", "Outcome", "left"),
        ("", "Participants (studies)", "left"),
        ("", ("Relative effect", *interval), "left"),
        (absolute, "Before treatment", "left"),
        (absolute, "After treatment", "left"),
        *(("Concerns about certainty", _title(domain), "left") for domain in domains),
        ("", "Certainty of the evidence", "left"),
        ("", "What happens", "left"),
    ]
    body = tuple(_finding_row(finding, domains) for finding in source.findings)
    landscape = entry.get("landscape")
    return Table(entry["id"], _grouped_head(columns), body, landscape=landscape, dash="not applicable")


def _title(domain: str) -> str:
    return domain.replace("small_study_effects", "small-study effects").replace("_", " ").capitalize()


def _finding_row(finding: Finding, domains: Sequence[str]) -> tuple[TableCell, ...]:
    pooled, unit = finding.group.pooled, finding.synthesis.analysis.settings["n_unit"]
    return (
        _cell(finding.label, header=True),
        _cell((pooled.n, f" {unit} (", pooled.k, ")")),
        *_effects(finding),
        *(_cell(_judgement(finding, domain)) for domain in domains),
        _cell((finding.symbols, " ", finding.certainty)),
        _cell(finding.statement),
    )


def _effects(finding: Finding) -> tuple[TableCell, ...]:
    """The relative effect and the absolute one: a difference, or the risks before and after treatment."""
    effect, pooled = finding.absolute, finding.group.pooled
    short = MEASURES[finding.synthesis.analysis.measure].short
    mark = (RECONSTRUCTED,) if finding.group.reconstructed else ()
    relative = (f"{short} ", pooled.estimate, " (", pooled.ci_low, " to ", pooled.ci_high, ")", *mark)
    if effect is None:
        return _cell(relative), TableCell((wording.DASH,), colspan=2)
    if effect.before is None:
        after = (f"{short} ", *_amount(effect.difference), *_range(effect.interval), *mark)
        return _cell(wording.DASH), TableCell(after, colspan=2)
    risk, *limits = effect.after
    risks = (risk, " (", limits[0], " to ", limits[1], ")") if limits else (risk,)
    change = (*_amount(effect.difference), *_range(effect.interval))
    note = (Note(OBSERVED),) if effect.observed else ()
    after = (*risks, "; ", *change, *note, *mark)
    return _cell(relative), _cell(_marked(effect.before)), _cell(after)


def _marked(value: Value) -> tuple[Part, ...]:
    return (value, RECONSTRUCTED) if value.reconstructed else (value,)


def _amount(amount: Amount) -> tuple[Part, ...]:
    return amount.size, " ", amount.way


def _range(limits: tuple[Amount, Amount] | None) -> tuple[Part, ...]:
    """ " (2.19 to 6.02 lower)", or with both ways named where they differ."""
    if limits is None:
        return ()
    low, high = sorted(limits, key=lambda limit: limit.size.content)
    if low.way.content == high.way.content:
        return " (", low.size, " to ", *_amount(high), ")"
    return " (", *_amount(limits[0]), " to ", *_amount(limits[1]), ")"


def _judgement(finding: Finding, domain: str) -> tuple[Part, ...]:
    reason = finding.reasons.get(domain)
    return (finding.judgements[domain], Note(reason)) if reason else (finding.judgements[domain],)


# ---------------------------------------------------------------- reconstructed rows


def reconstruction(entry: Mapping[str, Any], source: _Source) -> Table:
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
    rows = {row.id: row for analysis in source.review.analyses for row in analysis.rows}
    body = tuple(
        _reconstruction_row(found, rows[found.id], source) for found in ranges if _solved(rows.get(found.id))
    )
    landscape = entry.get("landscape", True)
    return Table(entry["id"], _grouped_head(columns), body, landscape=landscape, dash="not applicable")


def _solved(row: Row | None) -> bool:
    return row is not None and any(row.cells[name].solved_from for name in ("md", "se"))


def _reconstruction_row(found: Row, row: Row, source: _Source) -> tuple[TableCell, ...]:
    study = source.review.studies[row.content("study")]
    outcome = source.book[f"review.outcomes.{row.content('outcome')}.abbreviation"]
    return (
        _study(study),
        _cell((outcome, ", ", row["timepoint_months"], " months")),
        _cell(_marked(row["md"]), "decimal"),
        _cell(_marked(row["se"]), "decimal"),
        _cell(_claims(row, source.book)),
        *(_cell(_span(found, name)) for name in ("md", "se", "weight", "left_out")),
        _cell(found["pinned"]),
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
        for cell in row.cells[name].solved_from:
            table = "review" if cell.file == SETTINGS else "published_claims"
            claims.setdefault(cell.row, {})[cell.column] = book[f"{table}.{cell.row}.{cell.column}"]
    return _joined([_joined([(v,) for v in numbers.values()], ", ") for numbers in claims.values()])


# ---------------------------------------------------------------- certainty, rated anew


def certainty(entry: Mapping[str, Any], source: _Source) -> Table:
    """One row a finding: the article's certainty, that of the re-grade, its domains, what would change it.

    A domain shows its judgement, after the suggestion of the data where the two differ.
    """
    columns: list[tuple[Title, Title, str]] = [
        ("", "Outcome", "left"),
        ("Certainty", "Article", "left"),
        ("Certainty", "Rated anew", "left"),
        *(("Concerns, rated anew", _title(domain), "left") for domain in DOMAINS),
        ("", "What would raise it", "left"),
    ]
    body = tuple(_rating_row(rating) for rating in source.ratings)
    return Table(entry["id"], _grouped_head(columns), body, landscape=entry.get("landscape", True))


def _rating_row(rating: Rating) -> tuple[TableCell, ...]:
    finding, domains = rating.finding, rating.domains
    printed = [rating.change, *(d.suggestion for d in domains.values() if d.departure)]
    mark = (RECONSTRUCTED,) if any(value.reconstructed for value in printed) else ()
    return (
        _cell((finding.label, *mark), header=True),
        _cell(finding.symbols),
        _cell(rating.symbols),
        *(_cell(_rated(domains[domain])) for domain in DOMAINS),
        _cell(rating.change),
    )


def _rated(domain: DomainRating) -> tuple[Part, ...]:
    if domain.departure is None:
        return domain.judgement, Note(domain.rationale)
    return (
        domain.suggestion, " → ", domain.judgement, Note(domain.rationale), Note(domain.departure)
    )  # fmt: skip


# ---------------------------------------------------------------- sound alternatives


def alternatives(entry: Mapping[str, Any], source: _Source) -> Table:
    """One row a place, the whole of an analysis or a subgroup: the article's method and what is sound."""
    book = source.book
    known = {
        name: book.get(f"review.alternatives.{name}") for name in ("correlation", "band.low", "band.high")
    }
    if None in known.values():
        return Table(entry["id"], (), ())
    r, low, high = known.values()
    columns: list[tuple[Title, Title, str]] = [
        ("", "Outcome", "left"),
        ("", "Studies (patients)", "left"),
        ("", "The article’s method", "left"),
        ("Sound alternative", ("At a correlation of ", r), "left"),
        ("Sound alternative", "Prediction interval", "left"),
        ("Sound alternative", ("At ", low), "left"),
        ("Sound alternative", ("At ", high), "left"),
        ("Sound alternative", "Decided at a correlation of", "left"),
        ("Sound alternative", "Without one study", "left"),
        ("", "Placebo arms", "left"),
    ]
    body: list[tuple[TableCell, ...]] = []
    for analysis in source.review.analyses:
        keys = [analysis.id, *(f"{analysis.id}.{group.id}" for group in analysis.subgroups)]
        for key in keys:
            if f"sound.{key}.estimate" in book:
                body.append(_alternative(key, analysis, book))
    landscape = entry.get("landscape")
    return Table(entry["id"], _grouped_head(columns), tuple(body), landscape=landscape, dash="not applicable")


def _alternative(key: str, analysis: Analysis, book: Book) -> tuple[TableCell, ...]:
    place, group = f"sound.{key}", key.removeprefix(analysis.id).lstrip(".")
    title = book[f"review.analyses.{analysis.id}.title"]
    label = book[f"review.analyses.{analysis.id}.subgroups.{group}.label"] if group else None
    tipping, way = book.get(f"{place}.tipping"), book.get(f"{place}.tipping_way")
    decided: tuple[Part, ...] = (wording.DASH,)
    if tipping is not None and tipping.content is not None and way is not None:
        decided = (tipping, " (", way, " to exclude no effect)")
    count = (book[f"{place}.studies"], " (", book[f"{place}.{analysis.settings['n_unit']}"], ")")
    return (
        _cell((title, ": ", label) if label else title, header=True),
        _cell(count),
        _cell(_interval(book, key, marked=True)),
        _cell(_interval(book, place, marked=True)),
        _cell(_limits(book, place, "prediction_low", "prediction_high")),
        _cell(_interval(book, f"{place}.band.low")),
        _cell(_interval(book, f"{place}.band.high")),
        _cell(decided),
        _cell(_limits(book, f"{place}.left_out", "lowest", "highest")),
        _cell(_limits(book, f"sound.placebo.{analysis.outcome.id}", "lowest", "highest")),
    )


def _interval(book: Book, place: str, marked: bool = False) -> tuple[Part, ...]:
    """ "5.23 (3.56 to 6.90)", marked where it rests on reconstructed values; a dash where there is none."""
    if f"{place}.estimate" not in book:
        return (wording.DASH,)
    estimate, low, high = (book[f"{place}.{name}"] for name in ("estimate", "ci_low", "ci_high"))
    mark = (RECONSTRUCTED,) if marked and estimate.reconstructed else ()
    return (estimate, " (", low, " to ", high, ")", *mark)


def _limits(book: Book, place: str, low: str, high: str) -> tuple[Part, ...]:
    if f"{place}.{low}" not in book:
        return (wording.DASH,)
    return book[f"{place}.{low}"], " to ", book[f"{place}.{high}"]


def placebo(entry: Mapping[str, Any], source: _Source) -> Table:
    """One row a placebo arm: trial, outcome, when, how many patients, and the change."""
    titles = ("Trial", "Outcome", "Weeks", "Patients", "Mean change", "Spread as reported")
    align = ("left", "left", "decimal", "decimal", "decimal", "left")
    body = []
    for row in source.review.tables.get("placebo_arms", ()):
        part = () if row.content("population") is None else (", ", row["population"])
        cells: list[tuple[Part, ...]] = [
            (row["trial"], *part, " ", Cite(tuple(row.content("references").split()))),
            (source.book[f"review.outcomes.{row.content('outcome')}.abbreviation"],),
            (row["timepoint_weeks"],),
            (_or_dash(row["n"]),),
            (row["change"],),
            _joined(
                [(f"{name.upper()} ", row[name]) for name in ("sd", "se") if row.content(name) is not None]
            ),
        ]
        first, *others = (_cell(parts, a) for parts, a in zip(cells, align, strict=True))
        body.append((replace(first, header=True), *others))
    head = _grouped_head([("", title, a) for title, a in zip(titles, align, strict=True)])
    return Table(entry["id"], head, tuple(body), landscape=entry.get("landscape"))


# ---------------------------------------------------------------- ledger of published claims


def ledger(entry: Mapping[str, Any], source: _Source) -> Table:
    """One row a published claim, below the heading of its section; for machines one record a number."""
    titles = (
        "Claim and where it stands",
        "As published",
        "Recomputed by the authors’ method",
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
    head = (tuple(_cell(title, header=True) for title in titles),)
    records = tuple(_ledger_record(claim, item) for claim in source.entries for item in claim.statements)
    landscape = entry.get("landscape")
    return Table(entry["id"], head, tuple(body), landscape, dash="nothing to report", records=records)


def _ledger_row(claim: Entry) -> tuple[TableCell, ...]:
    return (
        _cell((*claim.claim, " (", claim.place, ")"), header=True),
        _cell(claim.published),
        _cell(claim.recomputed),
        _cell(claim.sound or wording.DASH),
        _cell((claim.verdict, ": ", *claim.why)),
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
        "number_verdict": _plain((item.verdict,)),
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


# ---------------------------------------------------------------- audit of the article


def audited(entry: Mapping[str, Any], source: _Source) -> Table:
    """One row a finding of the audit: what the checks found, and below it what was recorded by hand."""
    titles = ("Where", "What does not fit", "Evidence", "Severity", "What is done instead")
    head = _grouped_head([("", title, "left") for title in titles])
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
    place, finding, severity, remedy = (_cell(value) for value in fields)
    shown = _joined(groups or [(book[f"{key}.evidence"],)])
    return replace(place, header=True), finding, _cell(shown), severity, remedy


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
    listed = _joined([(value,) for value in values], ", ")
    return [(f"{name} ", *listed)] if name and not wording.has_digit(name) else [listed]


KINDS: dict[str, Callable[[Mapping[str, Any], _Source], Table]] = {
    "characteristics": characteristics,
    "outcomes": outcomes,
    "findings": findings,
    "reconstruction": reconstruction,
    "certainty": certainty,
    "alternatives": alternatives,
    "placebo": placebo,
    "ledger": ledger,
    "audit": audited,
}
