"""The review's recorded rules, at and around their limits: which model, which word."""

from __future__ import annotations

import csv
from dataclasses import replace
from types import SimpleNamespace

import pytest
from lxml import html

from sscreport import policy
from sscreport.analyse import analyse
from sscreport.describe import describe
from sscreport.load import load
from sscreport.records import Heterogeneity, Review, Synthesis
from sscreport.values import Book, Cell, Value
from tests.conftest import REPOSITORY, Built

# The article's rule (Cui et al. 2022, Methods: statistical analysis), with its limits 50% and 0.1.
MODELS = [
    (0.0, 1.0, "fixed"),
    (50.0, 0.11, "fixed"),
    (49.99, 0.1000001, "fixed"),
    (50.0, 0.1, "undecided"),
    (50.0, 0.05, "undecided"),
    (0.0, 0.1, "undecided"),
    (50.01, 0.1, "undecided"),
    (57.0, 0.13, "undecided"),
    (100.0, 0.5, "undecided"),
    (50.01, 0.0999999, "random"),
    (100.0, 0.0, "random"),
]
# What the article prints of I² and P of Q for each outcome, and what the rule makes of it.
VERDICTS = {
    "mrss.by_time": "fixed",
    "mrss.by_source": "fixed",
    "rcs.m6": "random",
    "du.m6": "fixed",
    "vas.m6": "random",
    "mhiss.m12": "undecided",
    "chfs.m6": "random",
}


@pytest.fixture(scope="module")
def review() -> Review:
    review, problems = load(REPOSITORY)
    assert problems == []
    describe(review)
    return review


@pytest.fixture(scope="module")
def syntheses(review: Review) -> dict[str, Synthesis]:
    return {synthesis.analysis.id: synthesis for synthesis in analyse(review)}


@pytest.mark.parametrize(("i_squared", "p", "model"), MODELS)
def test_the_model_follows_the_article_s_rule_to_the_letter(i_squared: float, p: float, model: str) -> None:
    """I² of exactly 50 may be fixed and never random; P of exactly 0.1 decides nothing."""
    assert policy.choose_model(i_squared, p, fixed_at_most=50, random_above=50, p_limit=0.1) == model


@pytest.mark.parametrize(
    ("i_squared", "p", "model"),
    [(40, 0.5, "fixed"), (41, 0.5, "undecided"), (60, 0.01, "undecided"), (61, 0.01, "random")],
)
def test_each_model_has_its_own_limit(i_squared: float, p: float, model: str) -> None:
    """A review may leave a gap between the I² up to which it pools fixed and the one above which random."""
    assert policy.choose_model(i_squared, p, fixed_at_most=40, random_above=60, p_limit=0.1) == model


@pytest.mark.parametrize("analysis", VERDICTS)
def test_every_analysis_gets_the_verdict_of_its_published_heterogeneity(
    analysis: str, syntheses: dict[str, Synthesis]
) -> None:
    """The verdict is the rule's on the article's own I² and P; where there is none, its model stays."""
    decision = syntheses[analysis].decision
    assert decision.verdict.content == VERDICTS[analysis]
    kept = "random" if VERDICTS[analysis] == "undecided" else VERDICTS[analysis]
    assert decision.model.content == kept
    with (REPOSITORY / "data/published_claims.csv").open(encoding="utf-8", newline="") as handle:
        used = {row["id"]: row["quantity"] for row in csv.DictReader(handle)}
    claim = {"mrss.by_time": "mrss_overall", "mrss.by_source": "mrss_6m_by_source"}.get(
        analysis, analysis.replace(".m", "_") + "m"
    )
    assert used[claim].endswith(f"({kept})")


def test_the_rule_without_heterogeneity_keeps_the_recorded_model(review: Review) -> None:
    """A single study leaves the rule undecided, and the model recorded for the outcome stands."""
    for recorded in ("fixed", "random"):
        book = Book()
        for value in review.book:
            if value.key.startswith("review.") and not value.key.endswith("chfs.m6.fallback_model"):
                book.values[value.key] = value
        enter(book, "review.analyses.chfs.m6.fallback_model", recorded)
        analysis = next(a for a in review.analyses if a.id == "chfs.m6")
        decision = policy.decide_model(replace(review, book=book), analysis, None)
        assert (decision.verdict.content, decision.model.content) == ("undecided", recorded)
        assert book["chfs.m6.model_name"].content == f"{recorded}-effect{'s' * (recorded == 'random')}"


def test_the_manuscript_says_where_the_rule_decides_nothing(built: Built) -> None:
    """For mouth handicap text and caption say that the rule is undecided and what was kept; no other does."""
    page = html.document_fromstring(
        (built.output / "manuscript.html").read_bytes(), parser=html.HTMLParser(encoding="utf-8")
    )

    def said(path: str) -> str:
        return " ".join(" ".join(page.xpath(f"//main//{path}//text()")).split())

    mouth = said("section[@id='results-mouth']/p")
    kept = "the article used the random-effects model for this outcome , and that choice was kept"
    assert f"the rule leaves the model undecided; {kept}" in mouth
    assert "the rule selects" not in mouth
    assert "The decision rule left the model undecided." in said("figure[@id='fig-mhiss']/figcaption")
    others = said("section[starts-with(@id, 'results-')][not(descendant-or-self::*[@id='results-mouth'])]")
    assert "undecided" not in others
    for section, model in (
        ("mrss-time", "fixed-effect"),
        ("mrss-source", "fixed-effect"),
        ("rcs", "random-effects"),
        ("ulcers", "fixed-effect"),
        ("pain", "random-effects"),
        ("hand", "random-effects"),
    ):
        assert f"the rule selects the {model} model" in said(f"section[@id='results-{section}']/p"), section


# ---------------------------------------------------------------- words


def enter(book: Book, key: str, content: object) -> Value:
    """A value with this content, as if read from a cell of its own."""
    cell = Cell("data/invented.csv", key, "value", str(content), "derived")
    return book.read(key, cell, content, "general", key)


def words(
    review: Review, analysis: str, estimate: float, p: float, i_squared: float | None, better: str = ""
) -> dict[str, str]:
    """The words for a pooled result with these numbers, under the shipped review's policy.

    ``better`` is the direction in which patients improve; by default the outcome's own.
    """
    chosen = next(a for a in review.analyses if a.id == analysis)
    direction = f"review.outcomes.{chosen.outcome.id}.better"
    recorded = [v for v in review.book if v.key.startswith("review.") and not (better and v.key == direction)]
    book = Book({value.key: value for value in recorded})
    if better:
        enter(book, direction, better)
    numbers = {"estimate": estimate, "p": p, "k": 3}
    pooled = SimpleNamespace(**{name: enter(book, f"x.{name}", number) for name, number in numbers.items()})
    spread = None
    if i_squared is not None:
        names = ("q", "df", "p", "i_squared", "tau_squared")
        spread = Heterogeneity(*(enter(book, f"x.spread.{name}", i_squared) for name in names))
    group = SimpleNamespace(label=None, pooled=pooled, heterogeneity=spread)
    said = policy.words(replace(review, book=book), "x", group, chosen)
    return {name: getattr(said, name).content for name in ("change", "significance", "heterogeneity")}


@pytest.mark.parametrize(
    ("analysis", "better", "estimate", "change"),
    [
        ("rcs.m6", "lower", 1.8, "improved"),  # a difference is before minus after
        ("rcs.m6", "lower", -1.8, "worsened"),
        ("rcs.m6", "higher", 1.8, "worsened"),
        ("rcs.m6", "higher", -1.8, "improved"),
        ("du.m6", "higher", 1.8, "improved"),  # a ratio is after against before
        ("du.m6", "higher", 0.5, "worsened"),
        ("du.m6", "lower", 1.8, "worsened"),
        ("du.m6", "lower", 0.5, "improved"),
    ],
)
def test_which_way_is_better_is_the_outcome_s(
    review: Review, analysis: str, better: str, estimate: float, change: str
) -> None:
    """A score or an event that patients want to rise improves where one they want to fall worsens."""
    assert words(review, analysis, estimate, 0.01, 0.0, better)["change"] == change
    assert words(review, analysis, estimate, 0.05, 0.0, better)["change"] == "unclear"


@pytest.mark.parametrize(
    ("analysis", "estimate", "p", "change"),
    [
        ("rcs.m6", 1.8, 0.0499999, "improved"),  # before minus after: a fall of a score is positive
        ("rcs.m6", -1.8, 0.0499999, "worsened"),
        ("rcs.m6", 1.8, 0.05, "unclear"),
        ("rcs.m6", -1.8, 0.05, "unclear"),
        ("rcs.m6", 0.2, 0.01, "improved"),
        ("rcs.m6", 1.8, 1.0, "unclear"),
        ("du.m6", 1.01, 0.0499999, "improved"),  # odds ratio of being healed: no change is 1, not 0
        ("du.m6", 0.99, 0.0499999, "worsened"),
        ("du.m6", 21.1, 0.05, "unclear"),
        ("du.m6", 0.2, 0.05, "unclear"),
    ],
)
def test_the_word_for_a_change_needs_significance_and_a_side(
    review: Review, analysis: str, estimate: float, p: float, change: str
) -> None:
    """Only below P = 0.05 did patients improve or get worse, and the side of no change says which."""
    assert words(review, analysis, estimate, p, 0.0)["change"] == change


@pytest.mark.parametrize(
    ("p", "word"),
    [
        (0.0, "significant"),
        (0.0499999, "significant"),
        (0.05, "not significant"),
        (0.0500001, "not significant"),
        (1.0, "not significant"),
    ],
)
def test_significance_is_below_the_limit(review: Review, p: float, word: str) -> None:
    """P of exactly 0.05 is not significant, as Methods says "below"."""
    assert words(review, "chfs.m6", 1.0, p, 0.0)["significance"] == word


@pytest.mark.parametrize(
    ("i_squared", "word"),
    [
        (0.0, "no"),
        (0.49, "no"),  # printed as 0%
        (0.5, "little"),  # printed as 1%
        (24.99, "little"),
        (25.0, "low"),
        (49.99, "low"),
        (50.0, "moderate"),
        (74.99, "moderate"),
        (75.0, "high"),
        (100.0, "high"),
        (None, ""),
    ],
)
def test_heterogeneity_is_named_from_its_lower_bounds(
    review: Review, i_squared: float | None, word: str
) -> None:
    """Low from 25%, moderate from 50%, high from 75%, each bound included; one study has no word."""
    assert words(review, "vas.m6", 1.0, 0.5, i_squared)["heterogeneity"] == word
