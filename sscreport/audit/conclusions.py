"""Conclusions against what was analysed and how certain it was."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from sscreport import statistics as ma
from sscreport.audit.article import Article, Sentence, cell, quote
from sscreport.audit.expressions import PEOPLE, STUDIES, counts
from sscreport.audit.misfit import Evidence, Misfit, at, check, computed
from sscreport.audit.results import result_rows

_CLAIMS = re.compile(
    r"(?i)\b(?:improves?|reduces?|relieves?|decreases?|increases?|lowers?|prevents?|cures?|alleviates?"
    r"|enhances?|is (?:safe and )?effective|are (?:safe and )?effective)\b"
)
_HEDGED = re.compile(
    r"(?i)\b(?:may|might|could|can|probably|possibly|likely|appears?|seems?|suggests?|uncertain"
    r"|unclear|whether|promising|potential(?:ly)?|insufficient|should|to improve|to reduce|not)\b"
)
_FIRM = re.compile(
    r"(?i)\b(?:is|are|was|were)\s(?:\w+\s)?(?:safe|well tolerated)\b|\bsafety[^.]{0,60}\bwas good\b"
)
_ALIKE = {
    "lung": "pulmon",
    "pulmonary": "lung",
    "kidney": "renal",
    "renal": "kidney",
    "cardiac": "heart",
    "heart": "cardiac",
    "hepatic": "liver",
    "liver": "hepat",
}


def _concluding(article: Article) -> list[Sentence]:
    return [s for s in article.running if s.concludes]


@check(
    "combination",
    "A conclusion on something that was not analysed",
    "conclusions on a treatment combined with others",
)
def combination(article: Article) -> Iterator[Misfit]:
    """What a conclusion recommends must stand somewhere in the results (PRISMA 2020 item 23)."""
    results = " ".join(
        [
            *(s.text for s in article.of("results")),
            *(c for t in article.tables for r in t.rows for c in r.cells.values()),
        ]
    ).lower()
    for sentence in _concluding(article):
        match = re.search(
            r"(?i)combin(?:ed|ation) with ([a-z -]+?) and ([a-z -]+?)(?= might| may| could| is| are"
            r"| can| appear| seem|[,.;])",
            sentence.text,
        )
        missing = [
            part.strip() for part in (match.groups() if match else ()) if part.strip().lower() not in results
        ]
        if match and missing:
            what = (
                f"The conclusion speaks of a combination with {' and '.join(missing)}, which the "
                f"results do not contain."
            )
            yield at(
                sentence,
                "combination",
                what,
                "high",
                "Conclude on what was analysed.",
                quote(article, sentence, match.start() - 20, match.end()),
            )
            return


@check(
    "one-study",
    "A conclusion on one study without a result",
    "a section of the results on one study, and conclusions",
)
def one_study(article: Article) -> Iterator[Misfit]:
    """A conclusion that names what only one study measured, without an estimate, rests on no synthesis."""
    for heading in dict.fromkeys(s.heading for s in article.of("results") if s.heading):
        section = [s for s in article.of("results") if s.heading == heading]
        text = " ".join(s.text for s in section)
        alone = re.search(r"(?i)\bonly (?:1|one) (?:study|trial|article)\b", text)
        if not alone or any(s.statistics for s in section):
            continue
        stems = {
            stem
            for word in re.findall(r"[a-z]{4,}", heading.lower())
            for stem in (word, _ALIKE.get(word, word))
            if word not in ("function", "outcome", "outcomes", "other", "analysis")
        }
        for sentence in _concluding(article):
            claimed = re.split(r"(?i)\b(?:without|although|despite|but)\b", sentence.text)[0].lower()
            if (
                any(stem in claimed for stem in stems)
                and _CLAIMS.search(claimed)
                and not _HEDGED.search(claimed)
            ):
                first = next(s for s in section if alone.group() in s.text)
                what = (
                    f"The conclusion claims an effect on what “{heading}” reports from one study, "
                    f"without an estimate."
                )
                yield at(
                    sentence,
                    "one-study",
                    what,
                    "high",
                    "Say that one study reported it, and what it found in how many patients.",
                    quote(article, sentence),
                    quote(article, first, first.text.find(alone.group())),
                )
                break


@check(
    "certainty-ignored",
    "Conclusions firmer than the certainty",
    "conclusions and a table that rates certainty",
)
def certainty_ignored(article: Article) -> Iterator[Misfit]:
    """With low certainty an effect "may" be there, with very low certainty the evidence is very uncertain
    (Santesso et al., J Clin Epidemiol 2020;119:126); a bare "improves" is for high certainty."""
    rated = [
        (t, r)
        for t in article.tables
        for r in t.rows
        if (t.text(r, "certainty") or "").lower() in ("low", "very low")
    ]
    if not rated:
        return
    firm = [s for s in _concluding(article) if _CLAIMS.search(s.text) and not _HEDGED.search(s.text)]
    if firm:
        names = ", ".join(dict.fromkeys(t.text(r, "outcome") or r.name for t, r in rated))
        what = f"The conclusion states effects without reserve; the certainty is low or very low for {names}."
        evidence = (*(quote(article, s) for s in firm[:2]), *(cell(t, r, "certainty") for t, r in rated[:6]))
        yield at(firm[-1], "certainty-ignored", what, "high", "Word each effect by its certainty.", *evidence)


@check("safe", "Safe, by few patients", "a claim of safety and the number of patients observed")
def safe(article: Article) -> Iterator[Misfit]:
    """No event in n patients leaves an upper 95% limit of about 3/n (Hanley and Lippman-Hand, JAMA
    1983;249:1743); here the exact interval of Clopper and Pearson."""
    said = [
        s
        for s in article.of("abstract", "discussion", "conclusion")
        if _FIRM.search(s.text) and not re.search(r"(?i)\bnot (?:yet )?(?:safe|known|established)", s.text)
    ]
    watched = [
        count for s in article.of("results") if re.search(r"(?i)\b(?:AEs?|adverse events?)\b", s.text)
        for count, _ in counts(s.text, PEOPLE)
    ]  # fmt: skip
    if not said or not watched or max(watched) >= 300:
        return
    n = max(watched)
    limit = 100 * float(ma.proportion_interval(0, n)[1])
    what = (
        f"Safety is claimed from {n} patients; no serious event among them is compatible with one "
        f"in {100 / limit:.0f}."
    )
    match = _FIRM.search(said[0].text)
    evidence = (
        quote(article, said[0], match.start() - 20, match.end()),
        computed(f"0 of {n}: upper limit {limit:.1f}%"),
    )
    yield at(
        said[0],
        "safe",
        what,
        "moderate",
        "Give the number observed and the limit of the interval instead of the word safe.",
        *evidence,
    )


# Common adverse events, each with the other ways to name it.
_EVENTS = tuple(
    tuple(names.split("|"))
    for names in (
        "arthralgia|joint pain",
        "swelling|edema|oedema",
        "redness|erythema",
        "diarrhea|diarrhoea",
        "nausea",
        "vomiting|emesis",
        "headache",
        "fever|pyrexia",
        "rash|exanthem",
        "fatigue|asthenia",
        "dizziness|vertigo",
        "pruritus|itching",
        "constipation",
        "cough",
        "hypotension",
        "hypoglycemia|hypoglycaemia",
        "bleeding|hemorrhage|haemorrhage",
        "infection",
        "myalgia|muscle pain",
        "insomnia",
        "bruising|hematoma|haematoma",
    )
)


@check(
    "event-unknown",
    "Adverse events that the results do not have",
    "adverse events named in abstract or discussion",
)
def event_unknown(article: Article) -> Iterator[Misfit]:
    """An event that abstract or discussion names as observed must be among the results or in a table; the
    most common one must have the most events there."""
    if not article.of("results"):
        return
    known = " ".join(
        [
            *(s.text for s in article.of("results")),
            *(c for t in article.tables for r in t.rows for c in r.cells.values()),
        ]
    ).lower()
    found: dict[str, list[Sentence]] = {}
    for sentence in article.of("abstract", "discussion", "conclusion"):
        observed = re.search(
            r"(?i)\b(?:AEs?|adverse events?|adverse effects?|side effects?)\b", sentence.text
        )
        if not observed or re.search(r"\[\d", sentence.text):
            continue
        for names in _EVENTS:
            said = next((name for name in names if re.search(rf"(?i)\b{name}", sentence.text)), None)
            if said and not any(name in known for name in names):
                found.setdefault(said, []).append(sentence)
    for name, sentences in found.items():
        what = f"{name.capitalize()} is named among the adverse events; neither results nor tables have it."
        evidence = tuple(
            quote(article, s, max(0, s.text.lower().find(name) - 40), s.text.lower().find(name) + len(name))
            for s in sentences[:2]
        )
        yield at(
            sentences[0],
            "event-unknown",
            what,
            "moderate",
            "Name the events that the table counts.",
            *evidence,
        )


@check("most-common", "The most common event, by the text", "a table that counts events by name")
def most_common(article: Article) -> Iterator[Misfit]:
    """The event called most common must be the one with the most events in the cells of the tables."""
    cells = [
        text for table in article.tables for row in table.rows
        for name, text in row.cells.items() if _EVENT_COLUMN.search(name)
    ]  # fmt: skip
    totals: Counter[str] = Counter()
    for text in cells:
        for name, count in re.findall(r"([A-Za-z][A-Za-z ]+?) \((\d+)\)", text):
            totals[name.strip().lower()] += int(count)
    if len(totals) < 2:
        return
    (first, most), (_, second) = totals.most_common(2)
    for sentence in article.of("abstract", "results", "discussion"):
        match = _MOST_COMMON.search(sentence.text)
        clause = sentence.text[: match.start()].rsplit(",", 1)[-1].lower() if match else first
        if match and most > second and not any(word in clause for word in first.split() if len(word) > 4):
            what = f"By the cells of the tables the most common event is {first}, with {most}."
            place = quote(article, sentence, max(0, match.start() - 70), match.end())
            evidence = (place, computed(f"{first}: {most}"))
            yield at(sentence, "most-common", what, "moderate", "Rank events by their counts.", *evidence)


_MOST_COMMON = re.compile(r"(?i)\b(?:the )?most (?:common|frequent)\b[^.;,]{0,30}(?:AEs?|adverse events?)")
_EVENT_COLUMN = re.compile(r"(?i)(?:^|_| )(?:AEs?|adverse|events?|side_effects?)(?:_| |$)")


@check(
    "all-subgroups",
    "True of every subgroup, by its own words",
    "a claim on all subgroups and their rows in a table",
)
def all_subgroups(article: Article) -> Iterator[Misfit]:
    """“Regardless of” and “in all subgroups” claim that each subgroup has an effect; one whose interval holds
    no effect does not show it."""
    pattern = re.compile(
        r"(?i)\b(?:regardless of|irrespective of|in all subgroups"
        r"|from (?:all )?different (?:\w+ )?sources|in (?:each|every) subgroup)\b"
    )
    seen: set[str] = set()
    for sentence in article.sentences:
        match, topic = pattern.search(sentence.text), article.topic(sentence)
        if (
            not match
            or topic is None
            or topic in seen
            or not re.search(r"(?i)improv|reduc|lower|decreas|increas", sentence.text)
            or sentence.part == "methods"
        ):
            continue
        across = [
            r
            for r in result_rows(article)
            if r.outcome == topic and r.words and r.numbers[1] < (1 if r.table.is_ratio else 0) < r.numbers[2]
        ]
        if across:
            seen.add(topic)
            said = " and ".join(f"{r.label} ({r.numbers[1]:g} to {r.numbers[2]:g})" for r in across)
            what = f"The claim is for every subgroup of {topic}; the interval of {said} holds no effect."
            evidence = (
                quote(article, sentence, match.start() - 60, match.end()),
                *(
                    Evidence(f"{r.numbers[1]:g} to {r.numbers[2]:g}", r.table.file, r.row.name)
                    for r in across
                ),
            )
            yield at(
                sentence,
                "all-subgroups",
                what,
                "moderate",
                "Report each subgroup's interval, and a test between them.",
                *evidence,
            )


@check(
    "improved-anyway",
    "Improved, though not significantly",
    "a change claimed of an outcome whose result is not significant",
)
def improved_anyway(article: Article) -> Iterator[Misfit]:
    """A change that could be none is no improvement; a lack of significance is no proof of none either."""
    pattern = re.compile(
        r"(?i)\b(?:although|though|while)\b[^,]*\b(?:was|were) (?:improved|reduced|decreased"
        r"|lower(?:ed)?)\b[^.]*\bno (?:statistically )?significant"
    )
    for sentence in article.of("abstract", "results", "discussion", "conclusion"):
        if match := pattern.search(sentence.text):
            what = "The sentence claims a change and denies that it is significant."
            yield at(
                sentence,
                "improved-anyway",
                what,
                "moderate",
                "Give estimate and interval, and say what they leave open.",
                quote(article, sentence, match.start(), match.end()),
            )


@check("study-count", "Counts of studies beyond the review", "the number of included studies")
def more_than_all(article: Article) -> Iterator[Misfit]:
    """No outcome can have more studies than were included."""
    included = [
        count
        for s in article.of("results")
        if re.search(
            r"(?i)\bwere (?:finally )?included\b|\bwe included\b|met the (?:inclusion|eligibility) criteria",
            s.text,
        )
        for count, _ in counts(s.text, STUDIES)
    ]
    tables = [t for t in article.tables if t.of_studies and t.column("patients")]
    if not tables or len(tables[0].rows) not in included:
        return
    for row in result_rows(article):
        if row.studies and row.studies > len(tables[0].rows):
            what = f"{row.name} has {row.studies:g} studies; {len(tables[0].rows)} were included."
            yield Misfit(
                "study-count",
                f"{row.table.title}, {row.row.name}",
                row.row.line,
                what,
                (cell(row.table, row.row, "studies"),),
                "high",
                "Count anew.",
            )
