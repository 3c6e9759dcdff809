"""Ledger: every published claim as published, as recomputed and as it should be, with a verdict.

Each number of a claim is a statement with a verdict of its own; the claim has the worst of them:

reproduced
    The data give what is printed, and they are more than the claim itself.
reproduced from reconstructed data
    They give it because study-level values were solved so that they would.
rounding
    One unit of the last printed place lies between the number and the data, or another place of the
    article that prints the same quantity.
not derivable
    No data lead to it, or the only data are the claim itself.
contradicts the data
    The data give something else.
contradicts itself
    The article prints the same quantity otherwise elsewhere, or its own tables give something else.

`statements` finds the values of a claim, `verdicts` judges them, `phrases` says it in words.
"""

from __future__ import annotations

from collections.abc import Sequence

from sscreport.ledger import phrases
from sscreport.ledger.statements import CLAIMS, Claim, Found, read_claims
from sscreport.ledger.verdicts import VERDICTS, Judged, judge, slug, worst
from sscreport.problems import Problem, refuse
from sscreport.records import Entry, Review, Statement
from sscreport.values import COUNT, Rule, Value

__all__ = ["ledger"]

COMPARED = Rule("published compared with recomputed, at the printed precision; the worst of its numbers")


def ledger(review: Review, noted: list[Problem] | None = None) -> tuple[Entry, ...]:
    """An entry for each row of data/published_claims.csv, in its order; none without that file.

    Enters the verdicts into the book under ``ledger.*``. Raises `InputError` with every key in the
    file that leads to no number; with ``noted`` it is noted there, and its claim left out.
    """
    claims, problems = read_claims(review)
    refuse(problems, noted)
    lost = {problem.row for problem in problems}
    claims = [claim for claim in claims if claim.id not in lost]
    everything = [found for claim in claims for found in claim.numbers]
    entries = tuple(_entry(review, claim, everything) for claim in claims)
    if review.tables.get(CLAIMS):
        _count(review, entries)
    return entries


def _entry(review: Review, claim: Claim, everything: Sequence[Found]) -> Entry:
    judged = [judge(number, everything) for number in claim.numbers]
    verdict = review.book.derive(
        f"ledger.of.{claim.id}.verdict",
        COMPARED,
        lambda _: worst(item.verdict for item in judged),
        [number.printed for number in claim.numbers],
        style="text",
        label=f"Verdict on the published claim: {claim.title}",
        decided_by=[value for item in judged for value in _deciding(claim, item)],
    )
    writer = phrases.Writer(review.book, claim)
    return Entry(
        id=claim.id,
        section=claim.row["section"],
        claim=claim.name,
        place=claim.place,
        published=phrases.published(claim.numbers),
        recomputed=phrases.recomputed(claim.numbers),
        sound=phrases.sound(claim),
        statements=tuple(_statement(claim, item) for item in judged),
        verdict=verdict,
        why=writer.why(judged, verdict.content),
    )


def _deciding(claim: Claim, judged: Judged) -> list[Value]:
    """What a printed number was compared with."""
    rivals = [rival.printed for rival in judged.rivals]
    recomputed = judged.found.recomputed
    return rivals if recomputed is None else [*rivals, recomputed, claim.row["recomputed"]]


def _statement(claim: Claim, judged: Judged) -> Statement:
    found = judged.found
    sound = claim.instead(found.column)
    return Statement(found.column, found.printed, found.recomputed, sound, judged.verdict)


def _count(review: Review, entries: Sequence[Entry]) -> None:
    """How many claims there are, and how many have each verdict."""
    verdicts = [entry.verdict for entry in entries]
    review.book.derive(
        "ledger.claims", COUNT, len, verdicts, style="count", label="Published claims", unit="claims"
    )
    for name in VERDICTS:

        def count(given: Sequence[str], name: str = name) -> int:
            return list(given).count(name)

        review.book.derive(
            f"ledger.{slug(name)}.claims",
            COUNT,
            count,
            verdicts,
            style="count",
            label=f"Published claims, {name}",
            unit="claims",
        )
