"""Regrade: the findings rated anew, domain by domain, beside the ratings of the article.

data/regrade.csv holds what the raters judged and why; `suggest` says what the data suggest. A
judgement that departs from its suggestion needs a reason, and a reason needs a departure: otherwise
the build stops. Certainty follows from the judgements as in `grade`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from sscreport.grade import GRADE, SYMBOLS, certainty, derive_statement, symbols
from sscreport.problems import Problem, refuse
from sscreport.records import DOMAINS, JUDGEMENTS, DomainRating, Finding, Rating, Review, Row
from sscreport.suggest import NOTHING, Suggestions, suggest
from sscreport.values import COUNT, Book, Rule, Value

TABLE = "regrade"
RECORDED = Rule("as the raters recorded it", "data/regrade.csv")
CHANGE = Rule("fewest domains whose concerns, once resolved, raise the certainty", "docs/certainty.md")
LOST = Rule("levels that the judgement takes away", "Balshem et al. (2011) J Clin Epidemiol 64:401")
# Where several domains would do, those come first whose remedy can be stated most plainly.
PREFERENCE = ("risk_of_bias", "imprecision", "inconsistency", "indirectness", "publication_bias")
_COUNTS = ("no", "one", "two", "three")


def regrade(
    review: Review, findings: Sequence[Finding], noted: list[Problem] | None = None
) -> tuple[Rating, ...]:
    """One rating for each finding; none where the review has no data/regrade.csv.

    Raises `InputError` naming every judgement whose departure from its suggestion is not
    explained, or whose explanation explains nothing. With ``noted``, such judgements stand and are
    noted there, with the certainty that would follow from the suggestions.
    """
    rows = {(row.content("row"), row.content("domain")): row for row in review.tables.get(TABLE, ())}
    if not rows:
        return ()
    suggested = {finding.id: suggest(review, finding) for finding in findings}
    refuse(
        (
            problem
            for (name, domain), row in rows.items()
            if name in suggested
            for problem in _unexplained(row, suggested[name].values[domain].content)
        ),
        noted,
    )
    ratings = tuple(
        _Rater(review.book, finding, suggested[finding.id]).rate(
            {domain: rows[finding.id, domain] for domain in DOMAINS}
        )
        for finding in findings
    )
    if noted is not None:
        noted.extend(problem for rating in ratings for problem in _as_suggested(rating, review.book))
    _summarise(review, ratings)
    return ratings


def _unexplained(row: Row, suggestion: str) -> Iterator[Problem]:
    judgement, reason = row.content("judgement"), (row.content("departure") or "").strip()
    departs = suggestion not in (NOTHING, judgement)
    if departs and not reason:
        expected = (
            f"The data suggest “{suggestion}” and the judgement is “{judgement}”: "
            "say why it departs, or judge as suggested."
        )
    elif reason and not departs:
        what = (
            "there is no suggestion" if suggestion == NOTHING else f"the data suggest “{suggestion}” as well"
        )
        expected = f"The judgement “{judgement}” departs from nothing, since {what}: leave this empty."
    else:
        return
    yield Problem(row.file, expected, row.line, row.id, "departure", row.cells["departure"].raw)


def _as_suggested(rating: Rating, book: Book) -> Iterator[Problem]:
    """The certainty with unexplained departures judged as suggested, where it would be another one."""
    words = [
        domain.judgement.content
        if domain.departure or domain.suggestion.content == NOTHING
        else domain.suggestion.content
        for domain in rating.domains.values()
    ]
    start, scale = book["review.grade.regrade.start"].content, book["review.grade.levels"].content
    anew, now = certainty(start, words, scale), rating.certainty.content
    if anew != now:
        about = f"the certainty for {rating.finding.about} would be {anew} instead of {now}"
        yield Problem(f"data/{TABLE}.csv", f"Judged as the data suggest, {about}.", row=rating.finding.id)


def remedies_that_raise(lost: Mapping[str, int], start: int) -> tuple[tuple[str, ...], int]:
    """The fewest domains whose concerns must go before certainty rises, and by how many levels it does.

    ``lost`` are the levels that each domain takes away, ``start`` how many there are to lose. Of
    equally many domains those that raise it most, then those first in `PREFERENCE`.
    """
    total = sum(lost.values())
    now = max(0, start - total)
    concerns = [domain for domain in PREFERENCE if lost.get(domain)]
    for size in range(1, len(concerns) + 1):
        gains = {
            chosen: max(0, start - total + sum(lost[domain] for domain in chosen)) - now
            for chosen in combinations(concerns, size)
        }
        best = max(gains, key=gains.__getitem__)  # the first of equals
        if gains[best] > 0:
            return best, gains[best]
    return (), 0


def change_words(judgements: Sequence[str], start: str, scale: str, remedies: Mapping[str, str]) -> str:
    """What would raise the certainty, in a sentence. ``judgements`` in the order of `DOMAINS`.

    ``remedies``: what would resolve the concern, for the domains of which the data can say it.
    """
    levels = scale.split(", ")
    lost = {domain: JUDGEMENTS[word] for domain, word in zip(DOMAINS, judgements, strict=True)}
    chosen, gained = remedies_that_raise(lost, levels.index(start))
    if not chosen:
        return "Nothing was rated down."
    reached = levels[max(0, levels.index(start) - sum(lost.values())) + gained]
    wanted = [remedies.get(domain, f"less concern about {domain.replace('_', ' ')}") for domain in chosen]
    together = f"{', '.join(wanted[:-1])} and {wanted[-1]}" if len(wanted) > 1 else wanted[0]
    return f"{together[:1].upper()}{together[1:]}: {_levels(gained)}, to {reached}."


def _levels(number: int) -> str:
    return f"{_COUNTS[number]} level{'s' if number > 1 else ''}"


class _Rater:
    """One finding rated anew, its values entered under ``regrade.<finding>``."""

    def __init__(self, book: Book, finding: Finding, suggested: Suggestions):
        self.book, self.finding, self.suggested = book, finding, suggested
        self.start, self.scale = book["review.grade.regrade.start"], book["review.grade.levels"]

    def _derive(self, key: str, rule: Rule, function: Callable[..., Any], *inputs: Any, label: str) -> Value:
        return self.book.derive(
            f"{TABLE}.{self.finding.id}.{key}", rule, function, *inputs,
            style="text", label=f"{label}, {self.finding.about}",
        )  # fmt: skip

    def rate(self, rows: Mapping[str, Row]) -> Rating:
        domains = {domain: self._domain(domain, row) for domain, row in rows.items()}
        judgements = [rating.judgement for rating in domains.values()]
        certain = self._derive(
            "certainty",
            GRADE,
            lambda start, scale, *words: certainty(start, words, scale),
            self.start,
            self.scale,
            *judgements,
            label="Certainty rated anew",
        )
        finding = self.finding
        return Rating(
            finding=finding,
            domains=domains,
            certainty=certain,
            symbols=self._derive(
                "symbols", SYMBOLS, symbols, certain, self.scale, label="Certainty rated anew, in symbols"
            ),
            statement=derive_statement(
                self.book,
                f"{TABLE}.{finding.id}.statement",
                finding.about,
                finding.synthesis,
                finding.group,
                certain,
            ),
            change=self._change(judgements, domains),
        )

    def _domain(self, domain: str, row: Row) -> DomainRating:
        what = domain.replace("_", " ")

        def recorded(column: str) -> Value:
            label = f"{column.capitalize()}, {what}"
            return self._derive(f"{domain}.{column}", RECORDED, str, row[column], label=label)

        judgement = recorded("judgement")
        self.book.derive(
            f"{TABLE}.{self.finding.id}.{domain}.levels", LOST, JUDGEMENTS.__getitem__, judgement,
            style="count", label=f"Levels lost, {what}, {self.finding.about}", unit="levels",
        )  # fmt: skip
        concern = JUDGEMENTS[judgement.content] > 0
        return DomainRating(
            suggestion=self.suggested.values[domain],
            judgement=judgement,
            rationale=recorded("rationale"),
            departure=recorded("departure") if row.content("departure") else None,
            remedy=self.suggested.remedies.get(domain) if concern else None,
        )

    def _change(self, judgements: Sequence[Value], domains: Mapping[str, DomainRating]) -> Value:
        remedies = {name: rating.remedy for name, rating in domains.items() if rating.remedy}

        def worded(start: str, scale: str, *words: str) -> str:
            wanted = dict(zip(remedies, words[len(DOMAINS) :], strict=True))
            return change_words(words[: len(DOMAINS)], start, scale, wanted)

        return self._derive(
            "would_change", CHANGE, worded, self.start, self.scale, *judgements, *remedies.values(),
            label="What would change the rating",
        )  # fmt: skip


# ---------------------------------------------------------------- over all findings


def _summarise(review: Review, ratings: Sequence[Rating]) -> None:
    """Enter how many findings are rated how, and how much that rests on the rating of the design."""
    book, scale, start = (
        review.book,
        review.book["review.grade.levels"],
        review.book["review.grade.regrade.start"],
    )
    anew, before = [r.certainty for r in ratings], [r.finding.certainty for r in ratings]
    judged = [[rating.judgement for rating in r.domains.values()] for r in ratings]
    flat = [value for row in judged for value in row]

    def count(key: str, label: str, function: Callable[..., int], *inputs: Any) -> None:
        book.derive(f"{TABLE}.{key}", COUNT, function, *inputs, style="count", label=label, unit="findings")

    def rows_of(words: Sequence[str]) -> Iterator[dict[str, str]]:
        for position in range(0, len(words), len(DOMAINS)):
            yield dict(zip(DOMAINS, words[position : position + len(DOMAINS)], strict=True))

    def unmoved(design: str) -> Callable[..., int]:
        """How many findings keep their certainty from this start, with this judgement of the design."""

        def number(now: Sequence[str], words: Sequence[str], start: str, scale: str) -> int:
            again = [
                certainty(start, [*{**row, "risk_of_bias": design}.values()], scale) for row in rows_of(words)
            ]
            return sum(a == b for a, b in zip(now, again, strict=True))

        return number

    count("findings", "Findings rated anew", len, anew)
    for level in review.settings["grade"]["levels"]:
        label = f"Findings of {level} certainty, rated anew"
        count(
            f"at.{level.replace(' ', '_')}", label, lambda words, level=level: list(words).count(level), anew
        )

    def lower(now: Sequence[str], then: Sequence[str], scale: str) -> int:
        rank = scale.split(", ").index
        return sum(rank(a) < rank(b) for a, b in zip(now, then, strict=True))

    count("lower", "Findings rated lower than by the article", lower, anew, before, scale)
    count("same_if_extremely_serious", "Findings whose certainty stays if the design is extremely serious",
          unmoved("extremely serious"), anew, flat, start, scale)  # fmt: skip
    if other := book.get("review.grade.regrade.other_start"):
        count("same_if_other_start", "Findings whose certainty stays from the other start",
              unmoved("not serious"), anew, flat, other, scale)  # fmt: skip
    book.derive(
        f"{TABLE}.raters", RECORDED, lambda *names: "; ".join(dict.fromkeys(names)),
        *(row["raters"] for row in review.tables[TABLE]), style="text", label="Raters",
    )  # fmt: skip
    departures = [row["departure"] for row in review.tables[TABLE]]
    book.derive(f"{TABLE}.judgements", COUNT, len, flat, style="count", label="Judgements", unit="judgements")
    book.derive(
        f"{TABLE}.departures", COUNT, lambda reasons: sum(bool(r) and r == r for r in reasons), departures,
        style="count", label="Judgements that depart from their suggestion", unit="judgements",
    )  # fmt: skip
