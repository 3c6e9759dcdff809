"""Tests and models used below the number of studies or patients at which they mean anything."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sscreport.audit.article import Article, Sentence, quote
from sscreport.audit.expressions import STUDIES, WHOLE, counts, number
from sscreport.audit.misfit import Misfit, at, check, computed
from sscreport.audit.results import result_rows

_TEST = re.compile(r"(?i)\b(?:Egger|Begg|Peters|Harbord)(?:'s)?\b|funnel plot")
_NO_BIAS = re.compile(
    r"(?i)\bno (?:evidence of |indication of |significant |obvious |potential "
    r"|sign of )*(?:publication bias|small-study effects?)|(?:absence|lack) of publication bias"
    r"|publication bias was not (?:found|detected|present|observed)"
)


_CAVEAT = re.compile(
    r"(?i)\b(?:too|so) few|(?:little|low|insufficient|lack of|limited) power|underpowered"
    r"|does not exclude|cannot be (?:excluded|ruled out)|unreliable"
)


@check(
    "few-for-asymmetry",
    "Tests of asymmetry in few studies",
    "Egger's, Begg's or another test with the number of studies",
)
def few_for_asymmetry(article: Article) -> Iterator[Misfit]:
    """With fewer than ten studies the power of tests for funnel plot asymmetry is too low to tell chance from
    asymmetry (Cochrane Handbook 13.3.5.4; Sterne et al., BMJ 2011;343:d4002)."""
    for sentence in article.of("abstract", "results"):
        if not _TEST.search(sentence.text) or not sentence.p_values:
            continue
        above = article.above(sentence)
        near = " ".join(s.text for s in article.around(sentence))
        found = [] if _CAVEAT.search(near) else [count for s in above for count, _ in counts(s.text, STUDIES)]
        if found and found[-1] < 10:
            what = f"The test is reported for {found[-1]} studies; below ten it has too little power."
            yield at(
                sentence,
                "few-for-asymmetry",
                what,
                "moderate",
                "Leave the test out, and say that bias could not be assessed.",
                quote(article, sentence, _TEST.search(sentence.text).start()),
                computed(f"k = {found[-1]}"),
            )
            return


@check("no-bias", "Absence of bias concluded from a test", "a statement on publication bias beside a test")
def no_bias(article: Article) -> Iterator[Misfit]:
    """A test that is not significant does not show that there is no bias (Altman and Bland, BMJ
    1995;311:485); with few studies it hardly could show any."""
    said = [s for s in article.sentences if s.part in ("abstract", "results", "conclusion") and _concludes(s)]
    if said:
        doubts = [
            s
            for s in article.of("discussion")
            if re.search(
                r"(?i)publication bias may|funnel plot[^.]*insufficient|(?:cannot"
                r"|could not) (?:rule out|exclude)[^.]*publication bias",
                s.text,
            )
        ]
        what = "That there is no publication bias is concluded from a test that was not significant" + (
            "; the discussion takes it back." if doubts else "."
        )
        evidence = [quote(article, s, *_NO_BIAS.search(s.text).span()) for s in said[:2]] + [
            quote(article, s, s.text.lower().find("publication bias")) for s in doubts[:1]
        ]
        yield at(
            said[0],
            "no-bias",
            what,
            "high" if doubts else "moderate",
            "Say that bias was not detected and how likely it was to be.",
            *evidence,
        )


def _concludes(sentence: Sentence) -> bool:
    match = _NO_BIAS.search(sentence.text)
    if match is None or re.search(
        r"(?i)no (?:evidence|indication|sign) of|detected|found|observed", match.group()
    ):
        return False
    return bool(_TEST.search(sentence.text) or sentence.p_values)


@check("two-studies", "Random effects of two studies", "a random-effects result with its number of studies")
def two_studies(article: Article) -> Iterator[Misfit]:
    """Two studies say next to nothing about the variance between studies; a random-effects interval by the
    normal distribution is then too narrow (Gonnermann et al., BMC Med Res Methodol 2015;15:1)."""
    found: list[tuple[Sentence, str]] = []
    for sentence in article.of("results"):
        if not re.search(r"(?i)random[- ]effects?", sentence.text) or re.search(
            r"(?i)Hartung|Knapp", article.methods
        ):
            continue
        near = article.around(sentence)
        counted = [count for s in near for count, _ in counts(s.text, STUDIES)]
        statistic = next((s for x in near for s in x.statistics), None)
        if counted and counted[0] == 2 and statistic:
            found.append((sentence, article.topic(sentence) or statistic.text))
    if found:
        names = ", ".join(dict.fromkeys(name for _, name in found))
        what = f"Random-effects results rest on two studies ({names})."
        evidence = [quote(article, s, s.text.lower().find("random")) for s, _ in found[:3]]
        yield at(
            found[0][0],
            "two-studies",
            what,
            "moderate",
            "Use Hartung-Knapp or show the studies without a pooled result.",
            *evidence,
        )


@check(
    "stable",
    "Stable by leaving out one of a few",
    "a claim of stability or robustness with the number of studies",
)
def stable(article: Article) -> Iterator[Misfit]:
    """Leaving out one of three studies leaves two; that the result stays significant says little about its
    stability, and nothing where the studies disagree as much as I² above 75% says."""
    for sentence in article.of("abstract", "results"):
        match = re.search(r"(?i)\b(?:stable|robust|reliable)\b(?! variance| standard)", sentence.text)
        near = article.around(sentence)
        if not match or not re.search(
            r"(?i)sensitivity|eliminat|leav\w+ (?:out|one)|omit|exclud", " ".join(s.text for s in near)
        ):
            continue
        if re.search(r"(?i)\b(?:not|nor|less|hardly)\b", sentence.text[: match.start()]):
            continue
        counted = [count for s in near for count, _ in counts(s.text, STUDIES)]
        spread = max((x.i2 for s in near for x in s.spreads), default=0.0)
        if counted and max(counted) <= 4 and counted[0] <= 4:
            what = f"The result is called {match.group()} after leaving out one of {counted[0]} studies" + (
                f", with I² = {spread:g}%." if spread > 75 else "."
            )
            evidence = (
                quote(article, sentence, match.start() - 40, match.end()),
                computed(f"k = {counted[0]}"),
            )
            yield at(
                sentence,
                "stable",
                what,
                "moderate",
                "Show the results without each study and draw no conclusion from so few.",
                *evidence,
            )


@check(
    "p-of-few",
    "Significance in a handful of patients",
    "P below 0.05 with the number of patients it is about",
)
def p_of_few(article: Article) -> Iterator[Misfit]:
    """The smallest two-sided P of a signed-rank or sign test in n patients is 2/2ⁿ: 0.25 for three, 0.06 for
    five. P below 0.05 there rests on a normal distribution that so few cannot show."""
    for sentence in article.of("abstract", "results", "discussion"):
        match = re.search(
            rf"(?i)\b(?:of|in) (?:the |all |only )?({WHOLE}) (?:[a-z-]+ )?(?:patients|participants"
            rf"|subjects)\b",
            sentence.text,
        )
        small = [p for p in sentence.p_values if p.relation in "<=" and p.p <= 0.05]
        if match and small and not sentence.statistics and 2 <= number(match[1]) <= 5:
            n = int(number(match[1]))
            what = (
                f"P {small[0].relation} {small[0].text} is claimed for {n} patients; by rank or "
                f"sign it could not be below {2 / 2**n:.2g}."
            )
            yield at(
                sentence,
                "p-of-few",
                what,
                "high",
                "Show the patients' values; test nothing.",
                quote(article, sentence, match.start(), small[0].end),
                computed(f"2/2^{n} = {2 / 2**n:.2g}"),
            )


@check("units", "More participants than the studies have", "a table of results with a risk measure")
def units(article: Article) -> Iterator[Misfit]:
    """Lesions counted as patients are not independent, and make an interval too narrow (Cochrane Handbook
    6.2.9). Here: an outcome has more participants than all included studies together."""
    tables = [t for t in article.tables if t.of_studies and t.sum("patients")]
    for row in result_rows(article):
        for table in tables:
            total = table.sum("patients") or 0
            if row.patients and row.patients > total:
                what = (
                    f"{row.name} counts {row.patients:g} participants; all studies of "
                    f"{table.title} have {total:g}."
                )
                yield Misfit(
                    "units",
                    f"{row.table.title}, {row.row.name}",
                    row.row.line,
                    what,
                    (computed(f"{row.patients:g} of {total:g}"),),
                    "high",
                    "Say what is counted.",
                )
