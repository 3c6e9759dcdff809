"""The same quantity printed more than once: in the text, a caption, the abstract and a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from sscreport.audit.article import Article, Sentence, cell, quote
from sscreport.audit.expressions import DIFFERENCES, PEOPLE, RATIOS, STUDIES, Statistic, counts
from sscreport.audit.misfit import Misfit, at, check, computed
from sscreport.audit.results import ResultRow, pooled, result_rows, row_of
from sscreport.audit.sums import _WHOLE_REVIEW

ONE_SOURCE = "Print every copy of a number from one computed value."


@check(
    "two-values", "One quantity with two values", "results in the text and in a table, or twice in the text"
)
def two_values(article: Article) -> Iterator[Misfit]:
    """A quantity has one value: a pooled result in text and table (same outcome, time and subgroup), a result
    repeated with one of its three numbers changed, the patients of an outcome, the size of the review."""
    rows = result_rows(article)
    found = [(sentence, s) for sentence in article.sentences for s in sentence.statistics if not s.percent]
    for sentence, s in found:
        row = row_of(article, sentence, s, rows)
        if row is not None and _comparable(sentence, s, row, [other for _, other in found]):
            yield from _against_row(article, sentence, s, row)
    for sentence in article.sentences:
        yield from _people(article, sentence, rows)
    yield from _repeated(article)
    yield from _sizes(article)


_OTHER_ANALYSIS = re.compile(
    r"(?i)\b(?:leav\w+ (?:out|one)|left out|exclud\w+|omit\w+|remov\w+|sensitivity|subgroups?"
    r"|restrict\w+|limited to|adjust\w+|imput\w+|instead|(?:fixed|common)-effect model|excluding"
    r"|among those|alone)\b"
)


def _comparable(sentence: Sentence, s: Statistic, row: ResultRow, others: list[Statistic]) -> bool:
    """Whether a statistic must equal its row: it shares two of its numbers, or is the one that could."""
    numbers = (s.estimate, s.low, s.high)
    unit = 10.0 ** -min(s.digits, row.digits)
    shared = sum(abs(a - b) <= 0.51 * unit for a, b in zip(numbers, row.numbers, strict=True))
    alike = {s.measure, row.table.measure} - {""}
    if shared == 3 or (shared == 2 and len(alike) < 2):
        return True
    twin = any(
        all(abs(a - b) <= 0.51 * unit for a, b in zip((o.estimate, o.low, o.high), row.numbers, strict=True))
        for o in others
    )
    counted = {count for count, _ in counts(sentence.text, STUDIES)}
    elsewhere = row.studies is not None and counted and row.studies not in counted
    return not (
        twin
        or elsewhere
        or len(alike) > 1
        or len(sentence.statistics) > 1
        or _OTHER_ANALYSIS.search(sentence.text)
    )


def _against_row(article: Article, sentence: Sentence, s: Statistic, row: ResultRow) -> Iterator[Misfit]:
    numbers = (s.estimate, s.low, s.high)
    unit = 10.0 ** -min(s.digits, row.digits)
    worst = max(abs(a - b) for a, b in zip(numbers, row.numbers, strict=True))
    evidence = (
        quote(article, sentence, s.start, s.end),
        *(cell(row.table, row.row, role) for role in ("effect", "low", "high")),
    )
    kinds = {
        measure in RATIOS for measure in (s.measure, row.table.measure) if measure in (*RATIOS, *DIFFERENCES)
    }
    if worst > 0.51 * unit:
        slight = worst < 1.5 * unit
        said = f"{s.estimate:g} ({s.low:g} to {s.high:g})"
        other = f"{row.numbers[0]:g} ({row.numbers[1]:g} to {row.numbers[2]:g})"
        why = "; rounding may explain it" if slight else ""
        what = f"{row.name} is {said} in the text and {other} in {row.table.title}{why}."
        yield at(sentence, "two-values", what, "low" if slight else "high", ONE_SOURCE, *evidence)
    elif len(kinds) == 2:
        what = (
            f"{row.name} is given as {s.measure} in the text and as {row.table.measure} in {row.table.title}."
        )
        remedy = "Name the measure of each row; a ratio and a difference do not share a column."
        yield at(sentence, "two-values", what, "moderate", remedy, *evidence)


def _people(article: Article, sentence: Sentence, rows: list[ResultRow]) -> Iterator[Misfit]:
    """Studies and patients of an outcome that the sentence itself names, against the table's rows."""
    named = article.named(sentence.text)
    studies, people = list(counts(sentence.text, STUDIES)), list(counts(sentence.text, PEOPLE))
    if sentence.part != "results" or len(named) != 1 or len(studies) != 1 or len(people) != 1:
        return
    k, n = studies[0][0], people[0][0]
    own = [
        row
        for row in rows
        if row.outcome == named[0] and row.patients is not None and row.studies is not None
    ]
    for by, said, noun in (("studies", n, "patients"), ("patients", k, "studies")):
        alike = [row for row in own if getattr(row, by) == (k if by == "studies" else n)]
        held = {getattr(row, noun) for row in alike}
        if alike and said not in held and not any((row.studies, row.patients) == (k, n) for row in own):
            what = (
                f"{named[0]} has {said} {noun} in the text and "
                f"{alike[0].patients if noun == 'patients' else alike[0].studies:g} in "
                f"{alike[0].table.title}."
            )
            evidence = (
                quote(article, sentence, studies[0][1].start(), people[0][1].end()),
                cell(alike[0].table, alike[0].row, noun),
            )
            yield at(sentence, "two-values", what, "high", ONE_SOURCE, *evidence)
            return


def _repeated(article: Article) -> Iterator[Misfit]:
    """Two results in different places that share two of their three numbers, or all but their P values."""
    found = [(sentence, s) for sentence in article.sentences for s in sentence.statistics if s.digits >= 1]
    for (one, a), (two, b) in combinations(found, 2):
        if (one.part, one.caption) == (two.part, two.caption) or a.measure != b.measure or a.level != b.level:
            continue
        numbers = list(zip((a.estimate, a.low, a.high), (b.estimate, b.low, b.high), strict=True))
        apart = [(x, y) for x, y in numbers if abs(x - y) > 0.51 * 10 ** -min(a.digits, b.digits)]
        topics = {article.topic(one, a.start), article.topic(two, b.start)} - {None}
        if len(topics) > 1 or (one.months and two.months and not one.months & two.months):
            continue
        places = (quote(article, one, a.start, a.end), quote(article, two, b.start, b.end))
        if len(apart) == 1 and not _has_twin(b, found, two) and not _has_twin(a, found, one):
            what = (
                f"Two of three numbers agree with an earlier place, but {apart[0][0]:g} has become "
                f"{apart[0][1]:g}."
            )
            yield at(two, "two-values", what, "high", ONE_SOURCE, *places)
        elif not apart and a.p and b.p and not _alike(a, b):
            what = (
                f"The same result has P {a.p.relation} {a.p.text} in one place and P "
                f"{b.p.relation} {b.p.text} in another."
            )
            yield at(two, "two-values", what, "moderate", ONE_SOURCE, *places)


def _has_twin(s: Statistic, found: list[tuple[Sentence, Statistic]], home: Sentence) -> bool:
    mine = (s.estimate, s.low, s.high)
    return any((o.estimate, o.low, o.high) == mine and sentence is not home for sentence, o in found)


def _alike(a: Statistic, b: Statistic) -> bool:
    if a.p is None or b.p is None or "=" not in (a.p.relation, b.p.relation):
        return True
    exact, other = (a.p, b.p) if a.p.relation == "=" else (b.p, a.p)
    half = 0.5 * 10 ** -len(exact.text.partition(".")[2])
    return other.agrees(exact.p - half, exact.p + half)


_PATIENTS = r"(?:patients|participants|adults|children|subjects|individuals)"
_OF_AN_OUTCOME = re.compile(r"(?i)\b(?:pool\w*|reported|data on|events|AEs|subgroups?)\b")


def _sizes(article: Article) -> Iterator[Misfit]:
    """Studies and patients of the whole review, each time they are counted together."""
    found = []
    for sentence in article.of("abstract", "results", "discussion", "conclusion"):
        studies = list(counts(sentence.text, STUDIES))
        people = list(counts(sentence.text, _PATIENTS))
        whole = _WHOLE_REVIEW.search(sentence.text) and not _OF_AN_OUTCOME.search(sentence.text)
        if studies and len(people) == 1 and whole and not article.named(sentence.text):
            found.append((studies[0][0], people[0][0], sentence, studies[0][1], people[0][1]))
    for k, n, sentence, first, last in found[1:]:
        base = found[0]
        if (k == base[0]) != (n == base[1]):
            what = (
                f"The review has {base[0]} studies with {base[1]} patients in one place, {k} with "
                f"{n} in another."
            )
            spots = sorted((first.start(), first.end(), last.start(), last.end()))
            other = sorted((base[3].start(), base[3].end(), base[4].start(), base[4].end()))
            evidence = (
                quote(article, base[2], other[0], other[-1]),
                quote(article, sentence, spots[0], spots[-1]),
            )
            yield at(sentence, "two-values", what, "high", ONE_SOURCE, *evidence)


@check(
    "endpoint-count",
    "Studies of an outcome against the table of endpoints",
    "a table of results and one of endpoints by study",
)
def endpoint_count(article: Article) -> Iterator[Misfit]:
    """An outcome cannot have more studies or patients than the table that lists each study's endpoints gives
    it."""
    rows = result_rows(article)
    listings = [table for table in article.tables if table.of_studies and table.column("endpoints")]
    for name, pattern in article.outcomes.items():
        own = [row for row in rows if row.outcome == name and row.studies]
        for table in listings:
            listed = [row for row in table.rows if pattern.search(table.text(row, "endpoints") or "")]
            most = max(own, key=lambda row: row.studies or 0, default=None)
            if not listed or most is None or (most.studies or 0) <= len(listed):
                continue
            studies = ", ".join(table.text(row, "study") or "" for row in listed)
            what = (
                f"{name} has {most.studies:g} studies in {most.table.title}; {table.title} marks "
                f"it for {len(listed)} ({studies})."
            )
            evidence = [cell(most.table, most.row, "studies"), computed(f"{len(listed)} studies: {studies}")]
            patients = [table.number(row, "patients") for row in listed]
            if most.patients and None not in patients and sum(filter(None, patients)) < most.patients:
                total = sum(filter(None, patients))
                what = what[:-1] + f", which have {total:g} patients where {most.patients:g} are counted."
                evidence += [cell(most.table, most.row, "patients"), computed(f"{total:g} patients")]
            remedy = (
                "List the endpoints of every study anew; say whether patients or units such as "
                "lesions are counted."
            )
            yield Misfit(
                "endpoint-count",
                f"{most.table.title}, {most.row.name}",
                most.row.line,
                what,
                tuple(evidence),
                "high",
                remedy,
            )


@check(
    "shared-patients", "Patients counted more than once", "rows of one outcome by time, and a total over them"
)
def shared_patients(article: Article) -> Iterator[Misfit]:
    """Subgroups by time hold the same patients again. Where a printed total is their inverse-variance pool,
    as if they were independent, its interval is too narrow (Cochrane Handbook 6.2.4 and 10.12.1)."""
    rows = result_rows(article)
    totals = [
        (s.measure, (s.estimate, s.low, s.high), s.digits, quote(article, sentence, s.start, s.end), sentence)
        for sentence in article.sentences
        for s in sentence.statistics
        if sentence.part == "results"
    ]
    for name in article.outcomes:
        times = [row for row in rows if row.outcome == name and len(row.months) == 1 and not row.words]
        if len(times) < 2 or None in (counted := [row.patients for row in times]):
            continue
        largest, repeated = max(filter(None, counted)), sum(filter(None, counted))
        whole = _totals(times)
        for _, numbers, digits, place, sentence in totals:
            if (
                whole
                and all(abs(a - b) <= 1.1 * 10**-digits for a, b in zip(numbers, whole, strict=True))
                and repeated > largest
            ):
                what = (
                    f"The total for {name} pools {len(times)} times as if independent: "
                    f"{repeated:g} patients, of whom at most {largest:g} are different ones at any "
                    f"time."
                )
                evidence = (
                    place,
                    *(cell(row.table, row.row, "patients") for row in times),
                    computed(f"inverse-variance pool {whole[0]:.2f} ({whole[1]:.2f} to {whole[2]:.2f})"),
                )
                remedy = "Take one time a study, or model the covariance of repeated measurements."
                yield at(sentence, "shared-patients", what, "high", remedy, *evidence)
                break


def _totals(rows: list[ResultRow]) -> tuple[float, float, float] | None:
    result = pooled(rows)
    return None if result is None else (float(result.estimate), float(result.ci_low), float(result.ci_high))
