"""Scales: differences beyond them, scales that are never stated, impossible standard deviations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sscreport.audit.article import Article, Sentence, quote
from sscreport.audit.misfit import Evidence, Misfit, at, check, computed

_RANGE = re.compile(
    r"(?i)(?:score[sd]?|scales?|rang(?:es|ed|ing|e)|points?|total)\b[^.;]{0,60}?\b(?:from|of|:|between"
    r"|\()\s?(?P<low>\d+)(?:\s?\([^)]*\))?\s?(?:to|–|-|and)\s?(?P<high>\d+)\b(?!\s?(?:years|months"
    r"|weeks|patients|studies|%|\.\d))"
)
_ANALOGUE = re.compile(r"(?i)\b(?:visual analog(?:ue)? scale|VAS|numeric(?:al)? rating scale|NRS)\b")
_ANALOGUE_RANGE = re.compile(
    r"(?i)\b0\s?(?:to|–|-)\s?10{1,2}\b|\b10{1,2}[- ](?:mm|cm|point)|\b1?0?0[- ](?:mm|point)\b"
)


def scale_of(article: Article) -> dict[str, tuple[float, float, Sentence]]:
    """The range that the article states for an outcome, by the outcome's name."""
    found: dict[str, tuple[float, float, Sentence]] = {}
    for sentence in article.of("methods", "results"):
        for match in _RANGE.finditer(sentence.text):
            before = sentence.text[: match.end()][-90:]
            topic = article.topic(sentence, match.end())
            if _OTHER_RANGE.search(before) and not re.search(r"(?i)total score", match.group()):
                continue
            if topic and float(match["high"]) > float(match["low"]):
                found.setdefault(topic, (float(match["low"]), float(match["high"]), sentence))
    return found


_OTHER_RANGE = re.compile(
    r"(?i)each item|follow-?up|\bage\b|Newcastle|study quality|methodological|risk of bias|NOS\b|stars"
)


@check("beyond-scale", "A difference beyond its scale", "the range of a scale and a mean difference on it")
def beyond_scale(article: Article) -> Iterator[Misfit]:
    """A mean difference cannot exceed the length of its scale; an interval that does shows that the normal
    model or the scale is wrong."""
    scales = scale_of(article)
    for sentence in article.sentences:
        for s in sentence.statistics:
            topic = article.topic(sentence, s.start)
            if topic not in scales or s.measure not in ("MD", "WMD"):
                continue
            low, high, where = scales[topic]
            reach = max(abs(s.estimate), abs(s.low), abs(s.high))
            if reach > high - low:
                what = f"{s.text} reaches {reach:g} on a scale of {high - low:g} points."
                yield at(
                    sentence,
                    "beyond-scale",
                    what,
                    "high",
                    "Check which scale each study used; convert before pooling.",
                    quote(article, sentence, s.start, s.end),
                    quote(article, where),
                )


@check(
    "scale-unstated",
    "A scale whose length is not stated",
    "a mean difference on a visual analogue or numeric rating scale",
)
def scale_unstated(article: Article) -> Iterator[Misfit]:
    """Visual analogue and numeric rating scales run to 10 or to 100; a mean difference means nothing, and
    cannot be pooled, before the length is known (Cochrane Handbook 9.3.2)."""
    if any(_ANALOGUE.search(s.text) and _ANALOGUE_RANGE.search(s.text) for s in article.sentences):
        return
    for sentence in article.of("results"):
        for s in sentence.statistics:
            near = f"{sentence.heading} {sentence.text[: s.start]}"
            if s.measure not in ("MD", "WMD") or not _ANALOGUE.search(near):
                continue
            beyond = max(abs(s.low), abs(s.high)) > 10
            what = "The length of the scale is stated nowhere" + (
                f"; the interval reaches {max(abs(s.low), abs(s.high)):g}, more than a scale of 0 to "
                f"10 allows."
                if beyond
                else "."
            )
            yield at(
                sentence,
                "scale-unstated",
                what,
                "high" if beyond else "moderate",
                "State the length for every study; pool only values on one scale.",
                quote(article, sentence, s.start, s.end),
                computed(f"reach {max(abs(s.low), abs(s.high)):g}"),
            )
            return


@check(
    "deviation",
    "Standard deviations that cannot be",
    "mean ± SD of what cannot be negative, or on a stated scale",
)
def deviations(article: Article) -> Iterator[Misfit]:
    """On a scale from a to b no SD exceeds (b − a)/2 · √(n/(n − 1)) (Popoviciu 1935). Of a quantity that
    cannot be negative, a mean below twice its SD is skewed (Altman and Bland, BMJ 1996;313:1200): mean
    and SD do not describe it."""
    plus_minus = re.compile(r"(?<![\d.-])(\d+(?:\.\d+)?)\s?(?:±|\+/-)\s?(\d+(?:\.\d+)?)")
    for table in article.tables:
        for role in ("age", "follow_up"):
            for row in table.rows:
                match = plus_minus.search(table.text(row, role) or "")
                if match and float(match[1]) < 2 * float(match[2]):
                    what = (
                        f"A mean of {match[1]} with an SD of {match[2]} cannot be the summary of a "
                        f"symmetric {role.replace('_', '-')}."
                    )
                    evidence = (
                        Evidence(match.group(), table.file, row.name, table.column(role) or ""),
                        computed(f"mean − 2 SD = {float(match[1]) - 2 * float(match[2]):.2f}"),
                    )
                    yield Misfit(
                        "deviation",
                        f"{table.title}, {row.name}",
                        row.line,
                        what,
                        evidence,
                        "low",
                        "Ask for median and range.",
                    )
    scales = scale_of(article)
    for sentence in article.sentences:
        for match in plus_minus.finditer(sentence.text):
            topic = article.topic(sentence, match.start())
            if topic in scales and float(match[2]) > 0.75 * (scales[topic][1] - scales[topic][0]):
                low, high, where = scales[topic]
                what = f"An SD of {match[2]} is impossible on a scale from {low:g} to {high:g}."
                yield at(
                    sentence,
                    "deviation",
                    what,
                    "high",
                    "Go back to the report; it may be a standard error, or another scale.",
                    quote(article, sentence, match.start(), match.end()),
                    quote(article, where),
                )
