"""Grade: the certainty of each finding, from the recorded judgements.

Certainty starts at the level recorded in review.toml and goes down one level for each domain
judged serious (Guyatt et al. 2011, J Clin Epidemiol 64:401).
"""

from __future__ import annotations

from collections.abc import Sequence

from sscreport.records import Finding, Group, Review, Row, Synthesis
from sscreport.values import Book, Rule, Value

GRADE = Rule("GRADE: one level down for each serious concern", "Guyatt et al. (2011) J Clin Epidemiol 64:401")
SYMBOLS = Rule("GRADE symbols: one filled circle for each level", "Guyatt et al. (2008) BMJ 336:924")
NAME = Rule("name of the finding")


def grade(review: Review, syntheses: Sequence[Synthesis]) -> tuple[Finding, ...]:
    """One finding for each row of data/grade.csv, in its order."""
    by_id = {synthesis.analysis.id: synthesis for synthesis in syntheses}
    return tuple(
        _finding(review, row, by_id[row.content("analysis")]) for row in review.tables.get("grade", ())
    )


def certainty(start: str, judgements: Sequence[str], scale: str) -> str:
    """The level ``start`` less one for each "serious"; never below the first.

    ``scale`` names the levels from the lowest, separated by ", ".
    """
    levels = scale.split(", ")
    return levels[max(0, levels.index(start) - list(judgements).count("serious"))]


def symbols(level: str, scale: str) -> str:
    """A circle for each level of ``scale``, those up to ``level`` filled."""
    levels = scale.split(", ")
    filled = levels.index(level) + 1
    return "⊕" * filled + "⊝" * (len(levels) - filled)


def _finding(review: Review, row: Row, synthesis: Synthesis) -> Finding:
    book, name = review.book, row.content("group")
    group = next((group for group in synthesis.groups if group.id == name), synthesis.overall)
    domains = [domain for domain in review.settings["grade"]["domains"] if domain in row.values]
    judgements = {domain: row[domain] for domain in domains}
    parts = _name(book, synthesis, group)
    about, levels = ", ".join(part.content for part in parts), book["review.grade.levels"]
    certain = book.derive(
        f"grade.{row.id}.certainty",
        GRADE,
        certainty,
        book["review.grade.start"],
        list(judgements.values()),
        levels,
        style="text",
        label=f"Certainty of the evidence, {about}",
    )
    return Finding(
        id=row.id,
        synthesis=synthesis,
        group=group,
        label=book.derive(
            f"grade.{row.id}.label",
            NAME,
            lambda *words: ", ".join(words),
            *parts,
            style="text",
            label="Finding",
            decided_by=[row["analysis"], row["group"]],
        ),
        judgements=judgements,
        reasons={
            domain: book[f"review.grade.domains.{domain}"]
            for domain in domains
            if judgements[domain].content == "serious"
        },
        certainty=certain,
        symbols=book.derive(
            f"grade.{row.id}.symbols",
            SYMBOLS,
            symbols,
            certain,
            levels,
            style="text",
            label=f"Certainty in symbols, {about}",
        ),
    )


def _name(book: Book, synthesis: Synthesis, group: Group) -> list[Value]:
    """Outcome, subgroup and, where the analysis has only one, the time since treatment."""
    analysis = synthesis.analysis
    parts = [book[f"review.outcomes.{analysis.outcome.id}.abbreviation"]]
    if group.label is not None:
        parts.append(group.label)
    if len(analysis.settings["timepoints"]) == 1:
        key = f"{analysis.id}.time"
        parts.append(
            book[key]
            if key in book
            else book.derive(
                key,
                NAME,
                lambda months: f"{months} months",
                book[f"review.analyses.{analysis.id}.timepoints"],
                style="text",
                label=f"Time since treatment, {analysis.title}",
            )
        )
    return parts
