"""The summary of findings, and the certainty of the evidence as it is rated anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sscreport import wording
from sscreport.measures import MEASURES
from sscreport.records import (
    DOMAINS,
    Amount,
    DomainRating,
    Finding,
    Note,
    Part,
    Rating,
    Table,
    TableCell,
)
from sscreport.tabulate.cells import (
    RECONSTRUCTED,
    Source,
    Title,
    cell,
    grouped_head,
    marked,
)

# ---------------------------------------------------------------- summary of findings

OBSERVED = (
    "Where nobody or everybody had the event before treatment, no risk after it follows from a ratio; the "
    "observed risk is shown."
)


def findings(entry: Mapping[str, Any], source: Source) -> Table:
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
    return Table(entry["id"], grouped_head(columns), body, landscape=landscape, dash="not applicable")


def _title(domain: str) -> str:
    return domain.replace("small_study_effects", "small-study effects").replace("_", " ").capitalize()


def _finding_row(finding: Finding, domains: Sequence[str]) -> tuple[TableCell, ...]:
    pooled, unit = finding.group.pooled, finding.synthesis.analysis.settings["n_unit"]
    return (
        cell(finding.label, header=True),
        cell((pooled.n, f" {unit} (", pooled.k, ")")),
        *_effects(finding),
        *(cell(_judgement(finding, domain)) for domain in domains),
        cell((finding.symbols, " ", finding.certainty)),
        cell(finding.statement),
    )


def _effects(finding: Finding) -> tuple[TableCell, ...]:
    """The relative effect and the absolute one: a difference, or the risks before and after treatment."""
    effect, pooled = finding.absolute, finding.group.pooled
    short = MEASURES[finding.synthesis.analysis.measure].short
    mark = (RECONSTRUCTED,) if finding.group.reconstructed else ()
    relative = (f"{short} ", pooled.estimate, " (", pooled.ci_low, " to ", pooled.ci_high, ")", *mark)
    if effect is None:
        return cell(relative), TableCell((wording.DASH,), colspan=2)
    if effect.before is None:
        after = (f"{short} ", *_amount(effect.difference), *_range(effect.interval), *mark)
        return cell(wording.DASH), TableCell(after, colspan=2)
    risk, *limits = effect.after
    risks = (risk, " (", limits[0], " to ", limits[1], ")") if limits else (risk,)
    change = (*_amount(effect.difference), *_range(effect.interval))
    note = (Note(OBSERVED),) if effect.observed else ()
    after = (*risks, "; ", *change, *note, *mark)
    return cell(relative), cell(marked(effect.before)), cell(after)


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


# ---------------------------------------------------------------- certainty, rated anew


def certainty(entry: Mapping[str, Any], source: Source) -> Table:
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
    return Table(entry["id"], grouped_head(columns), body, landscape=entry.get("landscape", True))


def _rating_row(rating: Rating) -> tuple[TableCell, ...]:
    finding, domains = rating.finding, rating.domains
    printed = [rating.change, *(d.suggestion for d in domains.values() if d.departure)]
    mark = (RECONSTRUCTED,) if any(value.reconstructed for value in printed) else ()
    return (
        cell((finding.label, *mark), header=True),
        cell(finding.symbols),
        cell(rating.symbols),
        *(cell(_rated(domains[domain])) for domain in DOMAINS),
        cell(rating.change),
    )


def _rated(domain: DomainRating) -> tuple[Part, ...]:
    if domain.departure is None:
        return domain.judgement, Note(domain.rationale)
    return (
        domain.suggestion, " → ", domain.judgement, Note(domain.rationale), Note(domain.departure)
    )  # fmt: skip
