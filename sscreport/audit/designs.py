"""Designs, quality scores and the outcomes that were planned."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sscreport.audit.article import Article, Sentence, cell, quote
from sscreport.audit.misfit import Misfit, at, check, computed
from sscreport.audit.results import result_rows

_ONE_ARM = re.compile(
    r"(?i)\b(?:self-?control(?:led)?|single-?arm|one-?arm|uncontrolled|before[- –](?:and[- –])?after"
    r"|pre-?post|case series)\b"
)
_NOS_MAX, _NOS_ONE_ARM = 9, 6


def one_arm(article: Article) -> Sentence | None:
    """The sentence of results or discussion that says that all included studies lack a comparison group."""
    for sentence in article.of("results", "discussion"):
        if _ONE_ARM.search(sentence.text) and _ALL.search(sentence.text):
            return sentence
    return None


_ALL = re.compile(r"(?i)\b(?:all of (?:which|them)|all (?:included )?(?:studies|trials)|consisted of)\b")


@check(
    "quality-ceiling",
    "Quality scores that a design cannot reach",
    "Newcastle-Ottawa scores and studies without a comparison group",
)
def quality_ceiling(article: Article) -> Iterator[Misfit]:
    """The Newcastle-Ottawa scale for cohorts gives one star for the choice of the non-exposed cohort and two
    for comparability (Wells et al., Ottawa Hospital Research Institute). A study without a comparison
    group can earn none of the three: at most 6 of 9, and fewer where the outcome was present at the
    start."""
    sentence = one_arm(article)
    for table in article.tables:
        if table.column("quality") is None or sentence is None:
            continue
        above = [row for row in table.rows if (table.number(row, "quality") or 0) > _NOS_ONE_ARM]
        if not above:
            continue
        what = (
            f"{len(above)} of {len(table.rows)} studies without a comparison group score above "
            f"{_NOS_ONE_ARM} of {_NOS_MAX}, which such a design cannot reach."
        )
        evidence = (
            quote(article, sentence, *_ONE_ARM.search(sentence.text).span()),
            *(cell(table, row, "quality") for row in above),
            computed(f"ceiling {_NOS_MAX} − 3 = {_NOS_ONE_ARM}"),
        )
        remedy = (
            "Score item by item; show the ceiling of the design, or use a tool made for uncontrolled studies."
        )
        yield Misfit(
            "quality-ceiling",
            f"{table.title}, {table.column('quality')}",
            above[0].line,
            what,
            evidence,
            "high",
            remedy,
        )


@check(
    "design",
    "Tools and rules for designs that were not included",
    "methods for randomised trials, and studies all without a comparison group",
)
def design(article: Article) -> Iterator[Misfit]:
    """Methods that announce clinical or randomised trials and a tool for these promise other evidence than a
    review of uncontrolled studies holds (PRISMA 2020 items 5 and 11)."""
    sentence = one_arm(article)
    if sentence is None:
        return
    span = _ONE_ARM.search(sentence.text).span()
    for planned in article.of("methods"):
        tool = re.search(r"(?i)risk of bias of (?:the )?(?:included )?randomi[sz]ed[^.(]*", planned.text)
        kind = re.search(
            r"(?i)(?:type of (?:research|stud(?:y|ies)|design)|study design"
            r"|eligible designs?)s?\s?[:=]\s?(?:randomi[sz]ed|clinical) [a-z ]*trials?",
            planned.text,
        )
        match = kind or tool
        if match:
            what = (
                "The methods speak of "
                + ("trials as the eligible design" if kind else "randomised trials and their tool")
                + "; every included study lacks a comparison group."
            )
            yield at(
                planned,
                "design",
                what,
                "moderate",
                "State the designs that were included, and judge them by a tool for them.",
                quote(article, planned, *match.span()),
                quote(article, sentence, *span),
            )


@check(
    "unplanned",
    "Outcomes analysed and not planned, or planned and not reported",
    "a paragraph of the methods that lists outcomes, and results",
)
def unplanned(article: Article) -> Iterator[Misfit]:
    """Outcomes are specified before the results are seen (PRISMA 2020 item 10a). One that is pooled without
    being named in the methods, or named there and never reported, may have been chosen by its result."""
    planned = [s for s in article.of("methods") if re.search(r"(?i)outcome|endpoint", s.heading + s.text)]
    if not planned:
        return
    for name, pattern in article.outcomes.items():
        rows = [row for row in result_rows(article) if row.outcome == name]
        if rows and not pattern.search(article.methods):
            what = f"{name} is pooled in {rows[0].table.title}; the methods do not name it."
            yield at(
                planned[0],
                "unplanned",
                what,
                "moderate",
                "Mark outcomes that were not planned.",
                quote(article, planned[0]),
                cell(rows[0].table, rows[0].row, "outcome"),
            )
    yield from _unreported(article, planned)


def _unreported(article: Article, planned: list[Sentence]) -> Iterator[Misfit]:
    reported = " ".join(
        [
            *(s.text for s in article.sentences if s.part in ("results", "discussion")),
            *(c for t in article.tables for r in t.rows for c in r.cells.values()),
        ]
    )
    for sentence in planned:
        if not re.search(
            r"(?i)outcomes?\b[^.]*\b(?:include|were|was|are|:)|endpoints? (?:include|were)", sentence.text
        ):
            continue
        for match in re.finditer(
            r"([a-z][\w'-]+(?: [\w'-]+){0,6}) \(([A-Za-z]*[A-Z]{2,}[a-z]*)\)", sentence.text
        ):
            short, words = match[2], match[1].split()[-2:]
            if (
                not re.search(rf"(?<![\w-]){re.escape(short)}", reported)
                and " ".join(words).lower() not in reported.lower()
            ):
                what = f"{short} is named as an outcome; the results do not mention it."
                yield at(
                    sentence,
                    "unplanned",
                    what,
                    "moderate",
                    "Say of every planned outcome what was found, or that nothing was.",
                    quote(article, sentence, match.start(), match.end()),
                )


@check(
    "primary-outcome",
    "A primary outcome that the methods do not know",
    "results that speak of a primary outcome",
)
def primary(article: Article) -> Iterator[Misfit]:
    """Which outcome is primary is decided in the protocol; named only in the results, it may have been chosen
    by its result (PRISMA 2020 item 10a)."""
    if re.search(r"(?i)\b(?:primary|main|co-primary)\b", article.methods) or not article.methods:
        return
    for sentence in article.sentences:
        match = re.search(r"(?i)\bprimary (?:outcome|endpoint)s?\b", sentence.text)
        if (
            match
            and sentence.part == "results"
            and not re.search(r"(?i)of the (?:trial|stud)", sentence.text)
        ):
            what = "A primary outcome is named in the results; the methods name none."
            yield at(
                sentence,
                "primary-outcome",
                what,
                "low",
                "Declare the primary outcome in the methods, or call none primary.",
                quote(article, sentence, match.start() - 40, match.end()),
            )
            return


@check("eligibility", "Eligibility rules that contradict themselves", "a sentence of inclusion criteria")
def eligibility(article: Article) -> Iterator[Misfit]:
    """A rule cannot both restrict an attribute and declare it of no matter."""
    for sentence in article.of("methods"):
        match = re.search(
            r"(?i)\b(adults|children|women|men|elderly)\b.*\bregardless of[^.;]*\b(age|sex|gender)\b",
            sentence.text,
        )
        pairs = {
            "adults": "age",
            "children": "age",
            "elderly": "age",
            "women": ("sex", "gender"),
            "men": ("sex", "gender"),
        }
        if match and match[2].lower() in pairs[match[1].lower()]:
            what = f"The rule is for {match[1]} and in the same sentence regardless of {match[2]}."
            yield at(
                sentence,
                "eligibility",
                what,
                "low",
                "State the rule that was applied.",
                quote(article, sentence, match.start(), match.end()),
            )
