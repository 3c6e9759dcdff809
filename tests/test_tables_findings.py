"""The summary of findings: absolute effects, their directions and what is said of them."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sscreport import wording
from sscreport.build import synthesise
from sscreport.grade import grade, statement, symbols
from sscreport.measures import MEASURES, risk_by_odds_ratio
from sscreport.progress import Progress
from sscreport.records import Review, Table
from sscreport.tabulate import tabulate
from sscreport.values import Value
from tests.conftest import REPOSITORY, Built

LEVELS = "very low, low, moderate, high"


@pytest.fixture(scope="module")
def rows(built: Built) -> dict[str, dict[str, str]]:
    """Table 3 as CSV, by outcome; the notes that titles carry in brackets are cut off."""
    with (built.output / "tables/findings.csv").open(encoding="utf-8", newline="") as handle:
        found = list(csv.DictReader(handle))
    return {row["Outcome"]: {name.split(" [")[0]: cell for name, cell in row.items()} for row in found}


def changed_review(tmp_path: Path, file: str, *changes: tuple[str, str]) -> dict[str, list[str]]:
    """Table 3 of the shipped review with some text of one file changed: cell texts by outcome."""
    for part in ("data", "templates"):
        shutil.copytree(REPOSITORY / part, tmp_path / part)
    path = tmp_path / file
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    review, syntheses = synthesise(tmp_path, Progress(quiet=True))
    return _texts(tabulate(_with_findings_alone(review), grade(review, syntheses))["findings"])


def _with_findings_alone(review: Review) -> Review:
    """Without the other tables, of which some need what is not made here."""
    return replace(review, settings={**review.settings, "tables": [{"id": "findings", "kind": "findings"}]})


def _texts(table: Table) -> dict[str, list[str]]:
    def text(part: object) -> str:
        return wording.printed(part) if isinstance(part, Value) else part if isinstance(part, str) else ""

    found = [["".join(map(text, cell.parts)) for cell in row] for row in table.body]
    return {row[0]: row[1:] for row in found}


@pytest.mark.parametrize(
    ("level", "interval", "better", "said"),
    [
        ("high", (1, 2), "lower", "mRSS improves."),
        ("moderate", (1, 2), "lower", "mRSS probably improves."),
        ("low", (1, 2), "lower", "mRSS may improve."),
        ("very low", (1, 2), "lower", "The evidence is very uncertain about the effect on mRSS."),
        ("moderate", (-2, -1), "lower", "mRSS probably worsens."),
        ("moderate", (1, 2), "higher", "mRSS probably worsens."),
        ("low", (-2, -1), "higher", "mRSS may improve."),
        ("high", (-1, 2), "lower", "mRSS may improve or worsen."),
        ("low", (0, 2), "lower", "mRSS may improve or worsen."),
    ],
)
def test_what_happens_follows_from_certainty_and_interval(
    level: str, interval: tuple[float, float], better: str, said: str
) -> None:
    """The wording is that of Santesso et al. 2020; the direction is that of the interval."""
    assert statement("mRSS", level, LEVELS, *interval, better, MEASURES["MD"]) == said


def test_an_odds_ratio_is_read_against_one() -> None:
    """More events after treatment improve an outcome of which more is better."""
    assert statement("DU", "moderate", LEVELS, 1.2, 3.0, "higher", MEASURES["OR"]) == "DU probably improves."
    assert statement("DU", "moderate", LEVELS, 0.2, 0.9, "higher", MEASURES["OR"]) == "DU probably worsens."
    assert statement("DU", "low", LEVELS, 0.2, 3.0, "higher", MEASURES["OR"]) == "DU may improve or worsen."


def test_symbols_have_a_circle_a_level() -> None:
    """Filled circles up to the level, empty ones above it."""
    assert [symbols(level, LEVELS) for level in LEVELS.split(", ")] == ["⊕◯◯◯", "⊕⊕◯◯", "⊕⊕⊕◯", "⊕⊕⊕⊕"]


@pytest.mark.parametrize(("ratio", "risk", "after"), [(1, 0.3, 0.3), (2, 0.5, 2 / 3), (0.5, 0.2, 1 / 9)])
def test_the_risk_that_an_odds_ratio_makes(ratio: float, risk: float, after: float) -> None:
    """The odds of the new risk are those of the old one times the ratio."""
    assert risk_by_odds_ratio(ratio, risk) == pytest.approx(after)


def test_differences_are_sizes_with_a_direction(rows: dict[str, dict[str, str]]) -> None:
    """Signs became words: one word where both limits point one way, two where they do not."""
    after = "Absolute effect (95% CI): After treatment"
    assert rows["mRSS, 3 months"][after] == "MD 4.11 lower (2.19 to 6.02 lower)†"
    assert rows["RCS, 6 months"][after] == "MD 1.80 lower (3.38 higher to 6.99 lower)†"
    assert rows["mRSS, BMSCs, 6 months"][after] == "MD 6.70 lower (0.22 higher to 13.62 lower)"
    assert rows["mRSS, 3 months"]["What happens"] == "mRSS probably improves."
    assert rows["RCS, 6 months"]["What happens"] == "RCS may improve or worsen."


def test_a_ratio_from_no_event_shows_the_observed_risk(rows: dict[str, dict[str, str]]) -> None:
    """No ulcer had healed before treatment, so that 16 of 36 is all that can be said of the risk after."""
    found = rows["DU, 6 months"]
    assert found["Relative effect (95% CI)"] == "OR 21.10 (3.63 to 122.56)†"
    cells = [found[f"Absolute effect (95% CI): {when} treatment"].replace("\xa0", " ") for when in _WHEN]
    assert cells == ["0 per 1000†", "444 per 1000; 444 more†"]


_WHEN = ("Before", "After")


def test_a_ratio_makes_risks_from_the_events_before(tmp_path: Path) -> None:
    """With 9 of 36 ulcers healed before, the risk after and its limits are those that the ratio makes."""
    found = changed_review(
        tmp_path,
        "data/ulcers.csv",
        ("park,19,0,6", "park,19,5,6"),
        ("granel,14,0,7", "granel,14,4,7"),
    )["DU, 6 months"]
    relative, before, after = (cell.replace("\xa0", " ") for cell in found[1:4])
    assert before == "250 per 1000"
    ratio, low, high = (
        float(number) for number in relative[3:].strip(")").replace(" (", " to ").split(" to ")
    )
    risks = [1000 * r * 0.25 / (0.75 + r * 0.25) for r in (ratio, low, high)]
    risk, limits = after.split("; ")[0].split(" per 1000 (")
    shown = [float(risk), *map(float, limits.strip(")").split(" to "))]
    assert shown == pytest.approx(risks, abs=1.5)
    assert after.split("; ")[1].startswith(f"{shown[0] - 250:.0f} more (")


def test_where_more_is_better_the_words_turn(tmp_path: Path) -> None:
    """The same numbers for an outcome of which more is better say that it got worse."""
    old = 'abbreviation = "MHISS"\nunit = "points"\nbetter = "lower"'
    found = changed_review(tmp_path, "data/review.toml", (old, old.replace("lower", "higher")))
    assert found["MHISS, 12 months"][-1] == "MHISS may worsen."
    assert found["MHISS, 12 months"][2] == "MD 5.52 lower (2.41 to 8.62 lower)"


def test_a_ratio_of_no_risks_has_no_absolute_effect(tmp_path: Path) -> None:
    """A hazard ratio stands as the relative effect, and a dash where nothing absolute follows from it."""
    data = 'data = "mean_differences"\ntimepoints = [6]\ncolumns = { n = "n", md'
    old = f'outcome = "chfs"\nmeasure = "MD"\n{data}'
    new = old.replace('"MD"', '"HR"').replace(", md", ", log_estimate")
    cells = changed_review(tmp_path, "data/review.toml", (old, new))["CHFS, 6 months"]
    assert cells[1].startswith("HR ")
    assert cells[2] == "–"
