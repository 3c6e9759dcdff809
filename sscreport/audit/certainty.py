"""GRADE as the article's table records it: its sums, its text, what the intervals ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sscreport.audit.article import Article, cell, quote
from sscreport.audit.designs import one_arm
from sscreport.audit.misfit import Evidence, Misfit, at, check, computed
from sscreport.audit.results import result_rows
from sscreport.audit.tables import DataTable, TableRow

LEVELS = ("very low", "low", "moderate", "high")
_DOMAINS = re.compile(
    r"(?i)risk_of_bias|study_design|inconsistency|indirectness|imprecision|publication|small_study"
)


def _levels_down(table: DataTable, row: TableRow) -> tuple[int, list[str]]:
    """How many levels a row is downgraded, and the columns that say so."""
    columns = [name for name in table.columns if _DOMAINS.search(name)]
    down = [c for c in columns if re.match(r"(?i)\s*(?:downgraded|serious|very serious)", row.cells[c])]
    return sum(2 if row.cells[c].lower().startswith("very serious") else 1 for c in down), down


@check(
    "grade-sum", "Certainty that is not the sum of its judgements", "a table with GRADE domains and certainty"
)
def grade_sum(article: Article) -> Iterator[Misfit]:
    """Certainty starts high for randomised trials and low for others, and falls by a level for each serious
    concern (Guyatt et al., J Clin Epidemiol 2011;64:383). One table has one start; for studies without a
    comparison group it is not high."""
    for table in article.tables:
        starts = {}
        for row in table.rows if table.column("certainty") else ():
            level, (down, columns) = (table.text(row, "certainty") or "").lower(), _levels_down(table, row)
            if level in LEVELS and any(_DOMAINS.search(c) for c in table.columns):
                starts[row] = (LEVELS.index(level) + down, down, columns)
        exact = [
            start
            for row, (start, _, _) in starts.items()
            if (table.text(row, "certainty") or "").lower() != "very low"
        ]
        if not exact:
            continue
        usual = max(set(exact), key=exact.count)
        for row, (_, down, _) in starts.items():
            level = (table.text(row, "certainty") or "").lower()
            expected = LEVELS[max(0, usual - down)] if usual - down < len(LEVELS) else level
            if level != expected and usual < len(LEVELS):
                what = (
                    f"{down} level{'s' if down != 1 else ''} down from {LEVELS[usual]} is "
                    f"{expected}; the row says {level}."
                )
                yield Misfit(
                    "grade-sum",
                    f"{table.title}, {row.name}",
                    row.line,
                    what,
                    (cell(table, row, "certainty"), computed(f"{LEVELS[usual]} − {down} = {expected}")),
                    "moderate",
                    "Derive the certainty from recorded judgements.",
                )
        sentence = one_arm(article)
        if sentence is not None and usual >= LEVELS.index("high"):
            row = next(row for row, (start, _, _) in starts.items() if start == usual)
            what = (
                f"By its sums the table starts at {LEVELS[usual]} for studies without a comparison "
                f"group, which start low."
            )
            evidence = (
                quote(article, sentence),
                cell(table, row, "certainty"),
                computed(f"{table.text(row, 'certainty')} + {starts[row][1]} = {LEVELS[usual]}"),
            )
            yield Misfit(
                "grade-sum",
                f"{table.title}, {table.column('certainty')}",
                row.line,
                what,
                evidence,
                "high",
                "Start low, or judge by ROBINS-I and count its risk of bias in full; show both gradings.",
            )


@check("grade-imprecision", "Imprecision not counted", "a table with results and a column on imprecision")
def imprecision(article: Article) -> Iterator[Misfit]:
    """An interval that holds both no effect and an important one is imprecise (Guyatt et al., J Clin
    Epidemiol 2011;64:1283): one that crosses no effect without being narrow asks for a level down, or
    for the reason why not."""
    for row in result_rows(article):
        column = next((c for c in row.table.columns if re.search("(?i)imprecision", c)), None)
        null = 1.0 if row.table.is_ratio else 0.0
        _, low, high = row.numbers
        if (
            column
            and low < null < high
            and re.match(r"(?i)\s*(?:not (?:downgraded|serious)|no\b|none)", row.row.cells[column])
        ):
            what = (
                f"{row.name}: the interval from {low:g} to {high:g} holds {null:g}, and "
                f"imprecision was not counted."
            )
            evidence = (
                Evidence(row.row.cells[column], row.table.file, row.row.name, column),
                cell(row.table, row.row, "low"),
                cell(row.table, row.row, "high"),
            )
            yield Misfit(
                "grade-imprecision",
                f"{row.table.title}, {row.row.name}",
                row.row.line,
                what,
                evidence,
                "moderate",
                "Record the judgement with the interval it is about and its reason.",
            )


@check(
    "grade-text",
    "Certainty in the text against the table",
    "a sentence that gives outcomes a certainty, and their table",
)
def grade_text(article: Article) -> Iterator[Misfit]:
    """A certainty that the text gives an outcome must be that of a row of the table."""
    pattern = re.compile(
        r"(?i)\b(very low|low|moderate|high)(?:[- ](?:to|and) (very low|low|moderate"
        r"|high))?(?:[- ](?:certainty|quality)|\b)"
    )
    for sentence in article.of("abstract", "results", "discussion", "conclusion"):
        if not re.search(
            r"(?i)certainty|quality of (?:the )?evidence|evidence[^.]*(?:judged|rated|graded|quality)",
            sentence.text,
        ):
            continue
        for clause in re.split(
            r"(?i), and (?:the )?(?=outcomes?)|;|, (?:while|whereas|but)| and (?=(?:very low|low"
            r"|moderate|high)\b)",
            sentence.text,
        ):
            named, said = (
                article.named(clause),
                [m.group(g).lower() for m in pattern.finditer(clause) for g in (1, 2) if m.group(g)],
            )
            if (
                not named
                or len(set(said)) != 1
                or re.search(r"(?i)ranged|at least|or higher|heterogen|risk of bias", clause)
            ):
                continue
            for name in named:
                held = {
                    (t.text(r, "certainty") or "").lower()
                    for t in article.tables
                    for r in t.rows
                    if t.text(r, "outcome") == name and t.text(r, "certainty")
                }
                if held and said[0] not in held:
                    what = f"The text rates {name} {said[0]}; the table says {' and '.join(sorted(held))}."
                    yield at(
                        sentence,
                        "grade-text",
                        what,
                        "moderate",
                        "Print both from one record.",
                        quote(article, sentence, sentence.text.find(clause[:20])),
                        computed(" and ".join(sorted(held))),
                    )
