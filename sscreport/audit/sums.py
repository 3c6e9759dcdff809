"""Sums, shares and counts: parts that must make a whole, counts in prose against those of a table."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sscreport.audit.article import Article, Sentence, cell, quote
from sscreport.audit.expressions import PEOPLE, STUDIES, WHOLE, counts, decimals, number
from sscreport.audit.misfit import Evidence, Misfit, at, check, computed
from sscreport.audit.tables import DataTable

RECOUNT = "Count anew from the study-level rows and print the count with its rows."
_PLACE_WORDS = {
    "america": "usa",
    "united states": "usa",
    "us": "usa",
    "united kingdom": "uk",
    "south korea": "korea",
}
_ITEM = re.compile(r"\(n\s?=\s?(\d[\d,]*)\)")
_CLASSES = (
    ("women", "men"), ("female", "male"), ("girls", "boys"),
    ("mild", "moderate", "severe", "serious"), ("low", "moderate", "medium", "high", "unclear"),
)  # fmt: skip


@check("parts", "Parts that do not make the whole", "a list of counts with its total")
def parts(article: Article) -> Iterator[Misfit]:
    """Counts of classes that exclude one another (sexes, grades of severity or quality, databases,
    countries) must add up to their printed total; arithmetic."""
    for sentence in article.sentences:
        yield from _databases(article, sentence)
        yield from _classes(article, sentence)
        yield from _countries(article, sentence)


def _databases(article: Article, sentence: Sentence) -> Iterator[Misfit]:
    items = [int(number(n)) for n in _ITEM.findall(sentence.text)]
    if len(items) < 3 or re.search(r"(?i)exclu|because|reason", sentence.text):
        return
    near = article.around(sentence)
    totals = [
        int(number(m[1])) for s in near for m in re.finditer(rf"(?i)(?:total of|total:?)\s({WHOLE})", s.text)
    ]
    if totals and sum(items) not in totals:
        what = (
            f"The {len(items)} counts of the list add up to {sum(items)}; the total is given as {totals[0]}."
        )
        yield at(
            sentence,
            "parts",
            what,
            "moderate",
            RECOUNT,
            quote(article, sentence),
            computed(f"sum {sum(items)}"),
        )


def _classes(article: Article, sentence: Sentence) -> Iterator[Misfit]:
    for classes in _CLASSES:
        filler = r"(?:were|was|had|cases? of|studies|trials|at|a|of|rated|judged|with)"
        items = {
            name: match for name in classes
            if (match := re.search(rf"(?i)\b({WHOLE})\s(?:\([^)]*\)\s)?(?:{filler}\s){{0,4}}{name}\b(?!"
                                   rf" to| or)", sentence.text))
        }  # fmt: skip
        if len(items) < 2:
            continue
        whole = _whole(article, sentence, min(match.start() for match in items.values()), classes)
        total = sum(int(number(match[1])) for match in items.values())
        if whole is not None and whole != total:
            said = " + ".join(f"{match[1]} {name}" for name, match in items.items())
            what = f"{said} make {total}, not {whole}."
            yield at(
                sentence,
                "parts",
                what,
                "moderate",
                RECOUNT,
                quote(article, sentence),
                computed(f"sum {total}"),
            )


_NOUNS = {
    "women": PEOPLE,
    "female": PEOPLE,
    "girls": PEOPLE,
    "mild": r"(?:cases? of |)(?:AEs?|adverse events?)",
}


def _whole(article: Article, sentence: Sentence, start: int, classes: tuple[str, ...]) -> int | None:
    """The total that a list of classes divides: the last count of people, studies or events before it."""
    noun = _NOUNS.get(classes[0], STUDIES)
    texts = [*(s.text for s in article.above(sentence)[:-1]), sentence.text[:start]]
    found = [count for text in texts for count, _ in counts(text, noun)]
    return found[-1] if found else None


def _countries(article: Article, sentence: Sentence) -> Iterator[Misfit]:
    listed = re.findall(
        rf"(?<![\d.–-])\b({WHOLE})\s(?:(?:was|were|each)\s)?(?:in"
        rf"|from)\s(?:the\s)?([A-Z][a-z]+(?:\s[A-Z][a-z]+)?|[A-Z]{{2,3}})\b(?! et al)",
        sentence.text,
    )
    if len(listed) < 3:
        return
    total = sum(int(number(n)) for n, _ in listed)
    stated = re.search(rf"(?i)\b({WHOLE}) (?:different )?countries", sentence.text)
    if stated and int(number(stated[1])) != len({name for _, name in listed}):
        what = f"{len(listed)} countries are listed; the sentence counts {stated[1]}."
        yield at(sentence, "parts", what, "low", RECOUNT, quote(article, sentence))
    near = article.above(sentence)
    wholes = [
        count
        for s in near
        for count, m in counts(s.text, STUDIES)
        if m.group().split()[0] not in {n for n, _ in listed}
    ]
    if wholes and total not in wholes:
        what = f"The studies listed by country add up to {total}, not {wholes[-1]}."
        yield at(
            sentence, "parts", what, "moderate", RECOUNT, quote(article, sentence), computed(f"sum {total}")
        )
    for table in article.tables:
        column = table.column("country")
        if not (column and table.of_studies):
            continue
        names = [
            _PLACE_WORDS.get(n.lower(), n.lower()) for row in table.rows if (n := row.cells[column].strip())
        ]
        for count, name in listed:
            held = names.count(_PLACE_WORDS.get(name.lower(), name.lower()))
            if held != int(number(count)):
                what = f"The text counts {count} studies in {name}; {table.title} has {held}."
                yield at(
                    sentence,
                    "table-count",
                    what,
                    "moderate",
                    RECOUNT,
                    quote(article, sentence),
                    Evidence(str(held), table.file, "", column),
                )


@check("share", "A percentage that is not its fraction", "a count, its total and a percentage together")
def share(article: Article) -> Iterator[Misfit]:
    """n of N must give the printed percentage within its rounding; arithmetic."""
    one = (
        r"(?P<n>\d[\d,]*)\s?(?:/|of|of the|out of)\s?(?P<of>\d[\d,]*)(?:\s[a-z]+){0,3}\s?[(\[;,=]+"
        r"\s?(?P<share>\d+(?:\.\d+)?)\s?%"
    )
    other = (
        r"(?P<n>\d[\d,]*)\s\((?P<share>\d+(?:\.\d+)?)\s?%\)\s(?:out )?of\s(?:the\s)?(?P<of>\d[\d,]"
        r"*)(?![\d.]*%)"
    )
    for sentence in article.sentences:
        for pattern in (one, other):
            for match in re.finditer(pattern, sentence.text):
                n, whole, said = number(match["n"]), number(match["of"]), float(match["share"])
                if not 0 < n <= whole or re.match(r"\s?CI|\s?confidence", sentence.text[match.end() :]):
                    continue
                if abs(100 * n / whole - said) > 0.51 * 10 ** -decimals(match["share"]) + 1e-9:
                    true = f"{100 * n / whole:.{decimals(match['share'])}f}%"
                    what = f"{match['n']} of {match['of']} is {true}, not {match['share']}%."
                    yield at(
                        sentence,
                        "share",
                        what,
                        "moderate",
                        RECOUNT,
                        quote(article, sentence, match.start(), match.end()),
                        computed(true),
                    )


@check("records", "Two numbers of records from the databases", "the yield of the search given twice")
def records(article: Article) -> Iterator[Misfit]:
    """The number of records that the databases yielded is one number; PRISMA 2020 item 16a asks for it
    apart from records of other sources."""
    pattern = (
        rf"(?i)\b(?P<n>\d[\d,]*)\s(?:[a-z]+\s){{0,5}}?(?:retrieved|identified|obtained|found"
        rf"|yielded|collected)\s(?:[a-z]+\s)?from\s(?:the\s)?(?:{WHOLE}\s)?(?:electronic\s)?datab"
        rf"ases?"
    )
    found = [
        (int(number(m["n"])), s, m) for s in article.sentences for m in [re.search(pattern, s.text)] if m
    ]
    for count, sentence, match in found[1:]:
        if count != found[0][0]:
            what = f"The databases yielded {found[0][0]} records in one place and {count} in another."
            first = quote(article, found[0][1], found[0][2].start(), found[0][2].end())
            second = quote(article, sentence, match.start(), match.end())
            yield at(
                sentence,
                "records",
                what,
                "low",
                "Give the yield of the databases and of other sources apart.",
                first,
                second,
            )
            return


@check("table-count", "Counts in prose against a table", "a table with one row a study")
def table_count(article: Article) -> Iterator[Misfit]:
    """What the text counts over the studies (patients, studies, events, what they leave out) is counted
    again in the table; rows of a table must agree with themselves and with other tables."""
    tables = [table for table in article.tables if table.of_studies]
    for table in tables:
        yield from _sexes(table)
        yield from _totals(article, table)
        yield from _left_out(article, table)
        yield from _events(article, table)
        yield from _ages(article, table)
    yield from _across(tables)


def _sexes(table: DataTable) -> Iterator[Misfit]:
    for row in table.rows:
        female, male, patients = (table.number(row, role) for role in ("female", "male", "patients"))
        if None not in (female, male, patients) and female + male != patients:
            what = f"{female:g} women and {male:g} men are {female + male:g}, not {patients:g}."
            evidence = tuple(cell(table, row, role) for role in ("female", "male", "patients"))
            yield Misfit(
                "table-count", f"{table.title}, {row.name}", row.line, what, evidence, "moderate", RECOUNT
            )


_WHOLE_REVIEW = re.compile(
    r"(?i)\b(?:a total of|in total|finally|overall|altogether|we included|were included"
    r"|inclusion criteria|enrolled|randomi[sz]ed)\b"
)
_PART_OF_IT = re.compile(
    r"(?i)\b(?:reported|measured|assessed|compared|provided|provid|quantitative|meta-analysis of"
    r"|pooled|data on|events?|AEs?)\b"
)


def _totals(article: Article, table: DataTable) -> Iterator[Misfit]:
    total = table.sum("patients")
    if total is None:
        return
    for sentence in article.of("abstract", "results", "discussion", "conclusion"):
        studies = [count for count, _ in counts(sentence.text, STUDIES)]
        if not studies or studies[0] != len(table.rows) or not _WHOLE_REVIEW.search(sentence.text):
            continue
        if _PART_OF_IT.search(sentence.text):
            continue
        people = [(count, m) for count, m in counts(sentence.text, PEOPLE)]
        if len(people) == 1 and people[0][0] != total:
            match = people[0][1]
            what = f"The text counts {people[0][0]} patients; the rows of {table.title} add up to {total:g}."
            evidence = (quote(article, sentence, match.start(), match.end()), computed(f"sum {total:g}"))
            yield at(sentence, "table-count", what, "high", RECOUNT, *evidence)


_LEFT_OUT = {
    r"gender|sex": ("female", "male"),
    r"(?:mean |average )?age": ("age",),
    r"follow-?up": ("follow_up",),
    r"country": ("country",),
}


def _left_out(article: Article, table: DataTable) -> Iterator[Misfit]:
    lacks = r"(?:without|did not (?:report|state|give|provide)|lacked|not reporting)"
    for sentence in article.of("results"):
        for words, roles in _LEFT_OUT.items():
            pattern = (
                rf"(?i)\b({WHOLE})\s(?:(?:studies|trials|study|trial|articles?)\s)?(?:(?:was"
                rf"|were)\s)?{lacks}\s(?:the\s)?(?:{words})\b"
            )
            match = re.search(pattern, sentence.text)
            if not match or not all(table.column(role) for role in roles):
                continue
            held = sum(all(table.text(row, role) is None for role in roles) for row in table.rows)
            if held != int(number(match[1])):
                lacked = roles[0].replace("_", "-") if len(roles) == 1 else "sex"
                what = (
                    f"{match[1]} studies are said to lack the {lacked}; in {table.title} "
                    f"{held or 'no'} row{'s do' if held > 1 else ' does'}."
                )
                empty = Evidence(
                    f"{held} of {len(table.rows)} rows empty", table.file, "", table.column(roles[0]) or ""
                )
                yield at(
                    sentence,
                    "table-count",
                    what,
                    "moderate",
                    RECOUNT,
                    quote(article, sentence, match.start(), match.end()),
                    empty,
                )


def _events(article: Article, table: DataTable) -> Iterator[Misfit]:
    if not table.column("events"):
        return
    counted = [row for row in table.rows if table.number(row, "events") is not None]
    events = sum(table.number(row, "events") or 0 for row in counted)
    patients = [table.number(row, "patients") for row in counted]
    for sentence in article.of("abstract", "results", "discussion"):
        pattern = rf"(?i)total of ({WHOLE})\s(?:cases? of\s)?(?:AEs?|adverse events?)\b"
        match = re.search(pattern, sentence.text)
        if not match:
            continue
        if int(number(match[1])) != events:
            what = f"The text counts {match[1]} events; the rows of {table.title} add up to {events:g}."
            yield at(
                sentence,
                "table-count",
                what,
                "moderate",
                RECOUNT,
                quote(article, sentence, *match.span()),
                computed(f"sum {events:g}"),
            )
        people = [(c, m) for c, m in counts(sentence.text[match.end() :], PEOPLE)]
        if people and None not in patients and people[0][0] != sum(filter(None, patients)):
            total = sum(filter(None, patients))
            what = (
                f"The text gives {people[0][0]} patients for these events; the rows with a count "
                f"have {total:g}."
            )
            yield at(
                sentence,
                "table-count",
                what,
                "moderate",
                RECOUNT,
                quote(article, sentence, *match.span()),
                computed(f"sum {total:g}"),
            )


def _ages(article: Article, table: DataTable) -> Iterator[Misfit]:
    ages = [age for row in table.rows if (age := table.number(row, "age")) is not None]
    for sentence in article.of("results"):
        match = re.search(
            r"(?i)\b(?:mean |average )?ages? (?:range[ds]?|of [a-z ]+ range[ds]?)?[a-z ]*?(?:from "
            r"|was |were |between )?(\d+(?:\.\d+)?)\s?(?:–|-|to|and)\s?(\d+(?:\.\d+)?) years",
            sentence.text,
        )
        if not match or len(ages) < 2:
            continue
        said = (float(match[1]), float(match[2]))
        if any(abs(a - b) >= 0.5 for a, b in zip(said, (min(ages), max(ages)), strict=True)):
            what = (
                f"Mean ages go from {min(ages):g} to {max(ages):g} in {table.title}, not from "
                f"{match[1]} to {match[2]}."
            )
            yield at(
                sentence,
                "table-count",
                what,
                "low",
                RECOUNT,
                quote(article, sentence, *match.span()),
                computed(f"{min(ages):g} to {max(ages):g}"),
            )


def _across(tables: list[DataTable]) -> Iterator[Misfit]:
    for position, second in enumerate(tables):
        for first in tables[:position]:
            known = {first.text(row, "study"): row for row in first.rows}
            for row in second.rows:
                other = known.get(second.text(row, "study"))
                if other is None:
                    continue
                a, b = first.number(other, "patients"), second.number(row, "patients")
                if None not in (a, b) and a != b:
                    what = (
                        f"{second.text(row, 'study')} has {a:g} patients in {first.title} and "
                        f"{b:g} in {second.title}."
                    )
                    yield Misfit(
                        "table-count",
                        f"{second.title}, {row.name}",
                        row.line,
                        what,
                        (cell(first, other, "patients"), cell(second, row, "patients")),
                        "moderate",
                        RECOUNT,
                    )


# ---------------------------------------------------------------- bands of a score


_BAND = re.compile(
    r"(?:(?P<sign>[≤<≥>]|at least|up to|fewer than|less than|more than)\s?)?(?P<low>\d+)(?:\s?(?:–|-"
    r"|to)\s?(?P<high>\d+))?\s?(?P<sign2>or more|or less|or fewer|and above)?\s?(?:points?|stars?)?\s?"
    r"(?:is|are|was|were|as|indicat\w+|means?|=|:|\(|for|denot\w+|considered|regarded as|rated"
    r"|,)*\s?(?P<word>low|medium|moderate|high|good|fair|poor)\b",
    re.IGNORECASE,
)


def bands(text: str) -> list[tuple[str, set[int]]]:
    """The bands of a score that a sentence defines, as whole numbers from 0 to 30."""
    found = []
    for match in _BAND.finditer(text):
        low, high = int(match["low"]), int(match["high"] or match["low"])
        sign = (match["sign"] or match["sign2"] or "").lower()
        if sign in ("≤", "up to", "or less", "or fewer"):
            span = range(low + 1)
        elif sign in ("<", "fewer than", "less than"):
            span = range(low)
        elif sign in ("≥", "at least", "or more", "and above"):
            span = range(low, 31)
        elif sign in (">", "more than"):
            span = range(low + 1, 31)
        else:
            span = range(low, high + 1)
        found.append((match["word"].lower(), set(span)))
    return found


@check("bands", "Bands of a score that overlap", "bands of a quality score stated in one sentence")
def overlapping(article: Article) -> Iterator[Misfit]:
    """A score must belong to one band; where two bands share a value the class of a study is open.
    Scores counted by class are counted again in the table of scores."""
    for sentence in article.of("methods"):
        found = bands(sentence.text) if re.search(r"(?i)scor|points?|stars?|scale", sentence.text) else []
        if len(found) < 2 or len({word for word, _ in found}) < 2:
            continue
        shared = sorted({n for i, (_, a) in enumerate(found) for _, b in found[:i] for n in a & b})
        if shared:
            words = " and ".join(str(n) for n in shared)
            what = f"The bands overlap: a score of {words} belongs to two of them."
            match = _BAND.search(sentence.text)
            yield at(
                sentence,
                "bands",
                what,
                "moderate",
                "Let each band begin above the last.",
                quote(article, sentence, match.start() if match else 0),
            )
        yield from _band_counts(article, found)


def _band_counts(article: Article, found: list[tuple[str, set[int]]]) -> Iterator[Misfit]:
    alike = {"medium": "moderate"}
    for table in article.tables:
        scores = [table.number(row, "quality") for row in table.rows]
        if None in scores or not scores:
            continue
        for sentence in article.of("results"):
            for word, span in found:
                ways = {word, alike.get(word, word), *(k for k, v in alike.items() if v == word)}
                match = re.search(
                    rf"(?i)\b({WHOLE}) (?:(?:studies|articles|trials) )?(?:were |was |had |of |rated "
                    rf"|as )*(?:{'|'.join(ways)})[ -]quality",
                    sentence.text,
                )
                elsewhere = set().union(*(other for name, other in found if name != word))
                low = sum(score in span - elsewhere for score in scores)
                high = sum(score in span for score in scores)
                if match and not low <= int(number(match[1])) <= high:
                    what = (
                        f"The text counts {match[1]} studies of {word} quality; by the scores of "
                        f"{table.title} it is {high}."
                    )
                    yield at(
                        sentence,
                        "table-count",
                        what,
                        "moderate",
                        RECOUNT,
                        quote(article, sentence, *match.span()),
                        computed(f"{high} of {len(scores)}"),
                    )
