"""GRADE as a record: suggestions from the data, judgements with reasons, certainties that follow from both.

Reference: `tests/published_table3.csv`, the Table 3 that Cui et al. 2022 print
(Stem Cell Res Ther 13:118, doi 10.1186/s13287-022-02786-3, CC BY 4.0).
"""

from __future__ import annotations

import csv
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from sscreport.build import synthesise
from sscreport.grade import grade, size_word, statement
from sscreport.measures import MEASURES
from sscreport.problems import InputError
from sscreport.progress import Progress
from sscreport.records import DOMAINS
from sscreport.regrade import regrade, remedies_that_raise
from sscreport.suggest import (
    NOTHING,
    imprecision,
    inconsistency,
    indirectness,
    information_size,
    publication_bias,
    risk_of_bias,
)
from sscreport.values import Book
from tests.conftest import REPOSITORY, Built

SCALE = "very low, low, moderate, high"
LOST = {"not applicable": 0, "not serious": 0, "serious": 1, "very serious": 2, "extremely serious": 3}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def table(built: Built, name: str) -> list[dict[str, str]]:
    """A table of the finished review; the notes that titles carry in brackets are cut off."""
    return [
        {title.split(" [")[0]: cell.replace("†", "") for title, cell in row.items()}
        for row in rows(built.output / f"tables/{name}.csv")
    ]


def rated(folder: Path) -> Book:
    """Every value of a review up to its re-grade."""
    review, syntheses = synthesise(folder, Progress(quiet=True))
    regrade(review, grade(review, syntheses))
    return review.book


@pytest.fixture(scope="module")
def book() -> Book:
    return rated(REPOSITORY)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(REPOSITORY / "data", tmp_path / "data")
    return tmp_path


def edit(folder: Path, file: str, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> None:
    path = folder / file
    found = rows(path)
    columns = list(found[0])
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(change(found))


def put(id: str, /, **cells: str) -> Callable[[list[dict[str, str]]], list[dict[str, str]]]:
    """Other contents for some cells of one row."""

    def change(found: list[dict[str, str]]) -> list[dict[str, str]]:
        assert any(line["id"] == id for line in found)
        return [{**line, **cells} if line["id"] == id else line for line in found]

    return change


# ---------------------------------------------------------------- the article's table


def _published() -> Iterator[tuple[dict[str, str], str]]:
    """The rows of the published table, each with the name that the finding has here."""
    for row in rows(REPOSITORY / "tests/published_table3.csv"):
        months = re.search(r"(\d+) m\)?$", row["subgroup"])
        group = row["subgroup"].split(" (")[0] if "(" in row["subgroup"] else ""
        assert months, row
        yield row, ", ".join(filter(None, (row["outcome"], group, f"{months[1]} months")))


def _effect(found: dict[str, str]) -> list[str]:
    """Estimate and limits of a row of the summary of findings; a higher score is a negative number."""
    ratio, change = (
        found[title] for title in ("Relative effect (95% CI)", "Absolute effect (95% CI): After treatment")
    )
    if ratio != "–":
        return re.findall(r"[\d.]+", ratio)
    told = re.findall(r"([\d.]+)(?: (lower|higher))?", change)
    common = told[-1][1]
    return [f"-{number}" if (way or common) == "higher" else number for number, way in told]


# The only cells in which the article's Table 3 and the recomputed pools differ. The article prints
# the recomputed numbers too: for hand pain in its text and Fig. 6, for the skin in its text and Fig. 3.
CONTRADICTED = {
    ("VAS, 6 months", "effect"): ("7.58", "7.09"),
    ("VAS, 6 months", "ci_low"): ("0.55", "0.53"),
    ("VAS, 6 months", "ci_high"): ("14.60", "13.65"),
    ("mRSS, 6 months", "effect"): ("5.09", "5.10"),
    ("mRSS, 6 months", "ci_low"): ("3.38", "3.39"),
}


def test_the_articles_table_is_reproduced_cell_for_cell(built: Built) -> None:
    """Numbers, judgements and certainty of Table 3 are those printed, save where its own text differs."""
    ours = {row["Outcome"]: row for row in table(built, "findings")}
    recorded = {row["id"]: row for row in rows(REPOSITORY / "data/grade.csv")}
    by_name = dict(zip(ours, recorded.values(), strict=True))
    differing = {}
    cells = 0
    for theirs, name in _published():
        found = ours[name]
        estimate, low, high = _effect(found)
        n, k = re.findall(r"\d+", found["Participants (studies)"])
        shown = {"n_participants": n, "n_trials": k, "effect": estimate, "ci_low": low, "ci_high": high}
        for column, text in shown.items():
            cells += 1
            if float(text) != float(theirs[column]):
                differing[name, column] = (f"{float(theirs[column]):.2f}", text)
        for domain, title in (
            ("study_design", "Study design"),
            ("inconsistency", "Inconsistency"),
            ("imprecision", "Imprecision"),
            ("small_study_effects", "Small-study effects"),
        ):
            cells += 1
            down, _, mark = theirs[domain].partition("^")
            expected = "serious" if down.startswith("Downgraded") else "not serious"
            assert found[f"Concerns about certainty: {title}"] == expected, (name, domain)
            footnote = mark or ("*" if down.endswith("*") else "")
            assert by_name[name][f"{domain}_footnote"] == footnote, (name, domain)
        cells += 1
        assert found["Certainty of the evidence"].split(" ", 1)[1] == theirs["certainty"].lower(), name
    assert differing == CONTRADICTED
    assert cells == 11 * 10


# ---------------------------------------------------------------- the records


FAULTS = [
    ("mrss_3m-imprecision", {"rationale": ""}, "rationale is empty", "required"),
    ("mrss_3m-imprecision", {"rationale": "  "}, "rationale is", "required"),
    ("mrss_3m-imprecision", {"raters": ""}, "raters is empty", "required"),
    ("mrss_3m-imprecision", {"judgement": "grave"}, "judgement is grave", "one of"),
    ("mrss_3m-imprecision", {"domain": "precision"}, "domain is precision", "one of"),
    ("mrss_3m-imprecision", {"row": "mrss_4m"}, "row is mrss_4m", "no row mrss_4m in data/grade.csv"),
    ("mrss_3m-imprecision", {"domain": "indirectness"}, "domain is indirectness", "already judged"),
    ("mrss_3m-imprecision", {"judgement": "serious"}, "departure is empty", "suggest “very serious”"),
    ("mrss_6m-imprecision", {"departure": ""}, "departure is empty", "suggest “very serious”"),
    ("mrss_6m-imprecision", {"judgement": "very serious"}, "departure is The inf", "departs from nothing"),
    ("rcs-indirectness", {"departure": "why not"}, "departure is why not", "there is no suggestion"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "cells", "named", "expected"), FAULTS)
def test_a_faulty_record_stops_the_build(
    copy: Path, row: str, cells: dict[str, str], named: str, expected: str
) -> None:
    """An empty reason, an unexplained departure, a name that leads nowhere: the cell is named."""
    edit(copy, "data/regrade.csv", put(row, **cells))
    with pytest.raises(InputError) as error:
        rated(copy)
    said = str(error.value)
    assert "data/regrade.csv" in said
    assert f"(row {row}): {named}" in said
    assert expected in said


def test_a_missing_domain_stops_the_build(copy: Path) -> None:
    """The finding and the domain that nobody judged are named."""
    edit(copy, "data/regrade.csv", lambda found: [r for r in found if r["id"] != "du-indirectness"])
    with pytest.raises(InputError, match=r"(?s)row du.*The finding du needs a judgement of: indirectness"):
        rated(copy)


def test_the_articles_concerns_need_their_footnotes(copy: Path) -> None:
    """A concern of the article without its footnote is refused, and a footnote without a concern."""
    edit(copy, "data/grade.csv", put("rcs", inconsistency_footnote="", imprecision_footnote="b"))
    with pytest.raises(InputError) as error:
        rated(copy)
    assert "(row rcs): inconsistency_footnote is empty.\n    A serious concern needs" in str(error.value)
    assert "(row rcs): imprecision_footnote is b" in str(error.value)


def test_changed_data_ask_for_a_new_judgement(copy: Path) -> None:
    """Where the two studies of the RCS agree, judgements made of their disagreement stop the build."""
    edit(copy, "data/mean_differences.csv", put("rcs-6m-park", md="4.1"))
    with pytest.raises(InputError) as error:
        rated(copy)
    said = str(error.value)
    assert "(row rcs-inconsistency): departure is empty.\n    The data suggest “not serious”" in said
    assert "(row rcs-imprecision)" in said
    assert "mrss" not in said


def test_a_review_without_these_records_is_not_asked_for_them() -> None:
    """The small review has no judgements: nothing is rated, and nothing of it enters the book."""
    found = rated(REPOSITORY / "tests/small_review")
    assert not [value.key for value in found if value.key.startswith(("grade.", "regrade.", "quality."))]


# ---------------------------------------------------------------- suggestions


def agree(i_squared: float, low: tuple[float, float], high: tuple[float, float]) -> str:
    """What is suggested for two studies with these intervals."""
    ends = np.array([low, high])
    middle = ends.mean(axis=1)
    return inconsistency(middle, ends[:, 0], ends[:, 1], 0.0, i_squared, 50, 75, None, (1.0, 2.0))


@pytest.mark.parametrize(
    ("i_squared", "first", "second", "said"),
    [
        (0, (1, 3), (2, 4), "not serious"),
        (49.9, (1, 3), (2, 4), "not serious"),
        (50, (1, 3), (2, 4), "serious"),
        (0, (1, 2), (3, 4), "serious"),  # intervals that do not meet
        (75, (1, 3), (2, 4), "serious"),
        (75, (1, 2), (3, 4), "very serious"),
        (75, (-4, 1), (0, 4), "very serious"),  # opposite directions
        (74.9, (-4, 1), (0, 4), "serious"),
    ],
)
def test_inconsistency_follows_the_bands(
    i_squared: float, first: tuple[float, float], second: tuple[float, float], said: str
) -> None:
    """I² across a limit, intervals that part and estimates that turn round each change the suggestion."""
    assert agree(i_squared, first, second) == said


def test_prediction_beyond_the_null_is_inconsistency() -> None:
    """It counts where the pooled interval leaves the null out, and one study has no inconsistency."""
    three = np.array([1.0, 2.0, 3.0])
    known = (three, three - 3, three + 3, 0.0, 20.0, 50, 75)
    assert inconsistency(*known, (-1.0, 5.0), (1.0, 3.0)) == "serious"
    assert inconsistency(*known, (-1.0, 5.0), (-0.5, 3.0)) == "not serious"
    assert inconsistency(*known, (0.5, 5.0), (1.0, 3.0)) == "not serious"
    one = np.array([1.0])
    assert inconsistency(one, one - 1, one + 1, 0.0, 0.0, 50, 75, None, (0.0, 2.0)) == "not applicable"


@pytest.mark.parametrize(
    ("interval", "share", "width", "said"),
    [
        ((5, 6), 100, np.nan, "not serious"),
        ((5, 6), 99, np.nan, "serious"),
        ((5, 6), 30, np.nan, "serious"),
        ((5, 6), 29, np.nan, "very serious"),
        ((3.9, 6), 100, np.nan, "serious"),  # the smallest important difference of 4
        ((0.1, 3.9), 100, np.nan, "not serious"),
        ((-0.1, 3.9), 100, np.nan, "serious"),  # no change
        ((-0.1, 6), 100, np.nan, "very serious"),
        ((-4.1, 6), 100, np.nan, "extremely serious"),
        ((5, 6), 100, 50, "very serious"),
        ((5, 6), 100, 49, "not serious"),
    ],
)
def test_imprecision_counts_thresholds_and_information(
    interval: tuple[float, float], share: float, width: float, said: str
) -> None:
    """A threshold within the interval, or too few patients, costs levels; the worse of the two counts."""
    assert imprecision(interval, (0, -4, 4), share, 30, width, 50) == said


def test_the_other_rules() -> None:
    """Designs by their worst, mixed scales and co-treatment by number, small studies by their size."""
    known = (["trial", "before–after"], ["not serious", "very serious"])
    assert risk_of_bias(["trial", "before–after"], *known) == "very serious"
    assert risk_of_bias(["trial"], *known) == "not serious"
    assert risk_of_bias(["trial", "cohort"], *known) == NOTHING
    assert [indirectness(*case) for case in (
        (False, 49, 50, False), (False, 50, 50, False), (True, 50, 50, False), (True, 90, 50, True),
    )] == [NOTHING, "serious", "very serious", "very serious"]  # fmt: skip
    assert publication_bias(9, 99, 10, 100, np.nan, 0.1) == "serious"
    assert publication_bias(9, 100, 10, 100, np.nan, 0.1) == NOTHING
    assert publication_bias(10, 99, 10, 100, 0.09, 0.1) == "serious"
    assert publication_bias(10, 99, 10, 100, 0.11, 0.1) == "not serious"
    assert publication_bias(10, 99, 10, 100, np.nan, 0.1) == NOTHING


def test_the_information_size_is_the_textbooks() -> None:
    """Half a standard deviation at 80% power and two-sided 5% takes 126 patients, one takes 32 (normal z).

    Cohen's approximation: per arm 2 (1.960 + 0.842)² / d², that is 62.8 and 15.7.
    """
    assert information_size(10, 5, 95, 80) == 126
    assert information_size(10, 10, 95, 80) == 32


def test_a_suggestion_rests_on_what_entered_it(book: Book) -> None:
    """Its cells are those of the data and of the limits, and it is reconstructed where they are."""
    found = book["regrade.rcs.inconsistency.suggestion"]
    assert {
        "data/mean_differences.csv:rcs-6m-park:md",
        "data/review.toml:grade.suggest:i_squared_serious",
    } <= set(found.cells())
    assert found.reconstructed
    assert not book["regrade.rcs.risk_of_bias.suggestion"].reconstructed
    assert found.rule.reference


def test_mids_keep_the_sources_of_their_own(book: Book) -> None:
    """A setting's own source goes before that of its table."""
    (cell,) = book["review.outcomes.mrss.minimal_important_difference"].cells().values()
    assert (cell.provenance, cell.source) == ("primary", "Khanna et al. 2019")
    (other,) = book["review.outcomes.mrss.scale_high"].cells().values()
    assert other.source == "this rebuild"
    assert "review.outcomes.mrss.minimal_important_difference_source" not in book


# ---------------------------------------------------------------- certainties


def test_certainties_follow_from_the_judgements(built: Built) -> None:
    """Recomputed from the records alone: levels lost from “high”, and the circles of the table."""
    start = tomllib.loads((REPOSITORY / "data/review.toml").read_text(encoding="utf-8"))["grade"]["regrade"][
        "start"
    ]
    judged: dict[str, list[str]] = {}
    for row in rows(REPOSITORY / "data/regrade.csv"):
        judged.setdefault(row["row"], []).append(row["judgement"])
    levels = SCALE.split(", ")
    printed = table(built, "certainty")
    assert len(printed) == len(judged) == 11
    for shown, judgements in zip(printed, judged.values(), strict=True):
        level = max(0, levels.index(start) - sum(LOST[word] for word in judgements))
        assert shown["Certainty: Rated anew"] == "⊕" * (level + 1) + "◯" * (3 - level)
        words = [shown[f"Concerns, rated anew: {d.replace('_', ' ').capitalize()}"] for d in DOMAINS]
        assert [word.split(" → ")[-1] for word in words] == judgements


def test_what_would_change_is_the_least_that_does() -> None:
    """For every way to lose levels, no smaller set of domains raises the certainty, and the gain is right."""
    for code in range(4**5):
        lost = {domain: code // 4**i % 4 for i, domain in enumerate(DOMAINS)}
        now = max(0, 3 - sum(lost.values()))

        def after(chosen: tuple[str, ...], lost: dict[str, int] = lost) -> int:
            return max(0, 3 - sum(levels for domain, levels in lost.items() if domain not in chosen))

        chosen, gained = remedies_that_raise(lost, 3)
        assert after(chosen) - now == gained
        assert (gained == 0) == (sum(lost.values()) == 0)
        for size in range(len(chosen)):
            assert all(after(fewer) == now for fewer in combinations(DOMAINS, size))


def test_the_remedies_name_what_is_missing(book: Book) -> None:
    """The numbers in them are those of the information size and of the patients there are."""
    needed, have = book["regrade.mrss_6m.information_size"].content, book["mrss.by_time.m6.patients"].content
    said = book["regrade.mrss_6m.would_change"].content
    assert said == f"A control group and {needed} patients (now {have}): one level, to low."


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("interval", "size"),
    [
        ((1, 3.9), "trivial"),
        ((-3, 3), "trivial"),
        ((1, 6), "small"),
        ((2, 7), "important"),
        ((6, 12), "large"),
    ],
)
@pytest.mark.parametrize("level", SCALE.split(", "))
def test_statements_match_level_and_size(level: str, interval: tuple[float, float], size: str) -> None:
    """Level chooses “improves”, “probably improves”, “may improve” or very uncertain; size what follows."""
    measure, middle = MEASURES["MD"], sum(interval) / 2
    assert size_word(middle, *interval, 4, 2, measure) == size
    said = statement("pain", level, SCALE, *interval, "lower", measure, size)
    if level == "very low":
        assert said == "The evidence is very uncertain about the effect on pain."
        return
    before = {"high": "", "moderate": "probably ", "low": "may "}[level]
    ending = "" if level == "low" else "s"
    tail = {"small": " slightly", "important": "", "large": " to a large extent"}
    expected = (
        f"pain {before}change{ending} little or not at all."
        if size == "trivial"
        else f"pain {before}improve{ending}{tail[size]}."
    )
    assert said == expected


def test_an_open_interval_leaves_both_ways_open_whatever_its_size() -> None:
    """Only an interval without any important difference may speak of little change."""
    for size in ("", "small", "important", "large"):
        assert statement("pain", "high", SCALE, -1, 9, "lower", MEASURES["MD"], size) == (
            "pain may improve or worsen."
        )


def test_ratios_are_sized_by_their_factor() -> None:
    """An odds ratio of 0.5 is as far from 1 as one of 2."""
    measure = MEASURES["OR"]
    assert (
        size_word(0.5, 0.3, 0.8, 1.5, 2, measure) == size_word(2, 1.25, 3.3, 1.5, 2, measure) == "important"
    )
    assert size_word(1.1, 0.9, 1.3, 1.5, 2, measure) == "trivial"


# ---------------------------------------------------------------- the ceiling of the scale


def test_the_ceiling_is_what_the_items_allow(book: Book) -> None:
    """Nine stars less the one for a non-exposed cohort and two for comparability; seven studies have more."""
    assert book["quality.ceiling.before_after"].content == 9 - 1 - 2
    totals = {row["study"]: int(row["total"]) for row in rows(REPOSITORY / "data/newcastle_ottawa.csv")}
    above = [name for name, total in totals.items() if total > 6]
    assert book["quality.above_ceiling.studies"].content == len(above) == 7
    names = {row["id"]: row["label"] for row in rows(REPOSITORY / "data/studies.csv")}
    assert all(names[name] in book["quality.above_ceiling.names"].content for name in above)


def test_the_ceiling_moves_with_its_items(copy: Path) -> None:
    """A design that could earn stars for comparability leaves fewer studies above its ceiling."""
    path = copy / "data/review.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("comparability = 0", "comparability = 2"), encoding="utf-8")
    found = rated(copy)
    assert found["quality.ceiling.before_after"].content == 8
    assert found["quality.above_ceiling.studies"].content == 0
    assert found["quality.above_ceiling.names"].content == "none"


def test_the_supplement_says_what_was_found(built: Built) -> None:
    """The section prints the ceiling, the re-grade and the sentence that goes with it, with their keys."""
    page = (built.output / "manuscript.html").read_text(encoding="utf-8")
    section = page[page.index('id="supplement-certainty-article"') :]
    for key in ("quality.ceiling.before_after", "quality.above_ceiling.names", "regrade.mrss_6m.statement"):
        assert f'data-value="{key}"' in section, key
    assert "All" in section and "of very low certainty" in section
