"""Captions against the text, and what captions explain."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sscreport.audit.article import Article, Sentence, quote
from sscreport.audit.expressions import Spread, Statistic
from sscreport.audit.misfit import Misfit, at, check
from sscreport.audit.words import _significant, claim

_FIGURE = re.compile(r"(?i)\bFig(?:ure|\.)?\s?(\d+)")
_EXPLAINED = re.compile(
    r"(?:^|[;.:] ?|, )([A-Za-z]?[A-Z][A-Za-z]*[A-Z][A-Za-z]*s?(?:-[A-Z]\w+)?)(?:,|:| ="
    r"|:? –) ([a-zA-Z][\w'-]+(?: [\w'-]+){0,7})(?=[;.,]|$)"
)


@check("caption", "Caption against result", "a caption and the result that cites its figure")
def caption_against_text(article: Article) -> Iterator[Misfit]:
    """A caption tells the result of its figure: the same significance, the same I², as the text that cites
    it."""
    for label, sentences in article.captions.items():
        around, citing = _results(article, label)
        for places in (citing, around):
            statistics = [(s, x) for s in places for x in s.statistics]
            if len(statistics) == 1:
                yield from _claims(article, sentences, *statistics[0])
                break
        spreads = [(s, x) for s in around for x in s.spreads]
        if len(spreads) == 1:
            yield from _spreads(article, sentences, *spreads[0])


def _results(article: Article, label: str) -> tuple[list[Sentence], list[Sentence]]:
    """The results' paragraphs that cite this figure and no other, and their sentences that cite it."""
    around: list[Sentence] = []
    for number in dict.fromkeys(s.paragraph for s in article.of("results")):
        paragraph = [s for s in article.of("results") if s.paragraph == number]
        if {n for s in paragraph for n in _cited(s)} == {label}:
            around += paragraph
    return around, [s for s in around if label in _cited(s)]


def _cited(sentence: Sentence) -> list[str]:
    return [f"Fig. {n}" for n in _FIGURE.findall(sentence.text)]


def _claims(article: Article, sentences: list[Sentence], text: Sentence, s: Statistic) -> Iterator[Misfit]:
    verdict = _significant(s)
    for sentence in sentences:
        stated = claim(sentence.text)
        if verdict is None or stated is None or stated == verdict or sentence.statistics:
            continue
        said = "significance" if stated else "no difference"
        p = f", P {s.p.relation} {s.p.text}" if s.p else ""
        what = f"The caption claims {said}; the result in the text is {s.text}{p}."
        remedy = "Let caption and text take their words from the same result."
        yield at(
            sentence,
            "caption",
            what,
            "high",
            remedy,
            quote(article, sentence),
            quote(article, text, s.start, s.end),
        )


def _spreads(article: Article, sentences: list[Sentence], text: Sentence, x: Spread) -> Iterator[Misfit]:
    for sentence in sentences:
        for other in sentence.spreads:
            if len(sentence.spreads) == 1 and abs(other.i2 - x.i2) > 0.51:
                what = f"The caption gives I² = {other.i2:g}%, the text {x.i2:g}%."
                yield at(
                    sentence,
                    "caption",
                    what,
                    "moderate",
                    "Print both from one value.",
                    quote(article, sentence, other.start, other.end),
                    quote(article, text, x.start, x.end),
                )


@check(
    "abbreviation",
    "Abbreviations explained and not used, or in two forms",
    "captions or a list that explain abbreviations",
)
def abbreviations(article: Article) -> Iterator[Misfit]:
    """A caption explains what it or its figure uses; an effect measure that is explained and used nowhere in
    the article leaves open which measure the figure shows. Two forms with the same letters are one
    with a slip."""
    for short, places in _explained(article).items():
        used = re.compile(rf"(?<![\w-]){re.escape(short)}(?![\w-])")
        rest = sum(len(used.findall(s.text)) for s in article.sentences) - len(places)
        if rest == 0 and short in ("SMD", "MD", "WMD", "OR", "RR", "HR", "RD"):
            labels = ", ".join(dict.fromkeys(s.caption for s in places))
            what = (
                f"{short} is explained in the caption{'s' if len(places) > 1 else ''} of {labels}, "
                f"and nowhere used."
            )
            yield at(
                places[0],
                "abbreviation",
                what,
                "low",
                "Name in each caption the measure that is drawn.",
                quote(article, places[0], places[0].text.find(short)),
            )
    yield from _twins(article)


def _explained(article: Article) -> dict[str, list[Sentence]]:
    found: dict[str, list[Sentence]] = {}
    for sentences in article.captions.values():
        for sentence in sentences:
            for match in _EXPLAINED.finditer(sentence.text):
                found.setdefault(match[1], []).append(sentence)
    return found


def _twins(article: Article) -> Iterator[Misfit]:
    words = re.findall(
        r"(?<![\w-])[A-Z]{4,}(?![\w-])",
        " ".join([*(s.text for s in article.running), *(s.heading for s in article.running)]),
    )
    for short in dict.fromkeys(words):
        for known in article.glossary:
            if short != known and short not in article.glossary and sorted(short) == sorted(known):
                sentence = next((s for s in article.running if short in s.text), None)
                if sentence:
                    what = f"{known} is also written {short}."
                    yield at(
                        sentence,
                        "abbreviation",
                        what,
                        "low",
                        "Use the defined form throughout.",
                        quote(article, sentence, sentence.text.find(short)),
                    )
