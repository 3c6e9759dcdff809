"""What-if: choices for an analysis, named scenarios, and the command that says what they would change."""

from __future__ import annotations

import csv
import json
import shutil
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w

from sscreport.build import make, prepare, synthesise
from sscreport.cells import changed_cells
from sscreport.cli import main
from sscreport.commands import what_if
from sscreport.enclosure import Enclosure, read_inputs
from sscreport.grade import grade
from sscreport.problems import InputError, Problem
from sscreport.progress import Progress
from sscreport.records import Review, Scenario
from sscreport.regrade import regrade
from sscreport.scenarios import applied
from sscreport.statistics.pooling import pool
from sscreport.statistics.tau_squared import METHODS
from sscreport.wording import INTERVALS
from tests import read_html
from tests.abridged import abridge
from tests.conftest import REPOSITORY
from tests.editions import base

QUIET = Progress(quiet=True)
SETTINGS = "data/review.toml"
BCG = json.loads((REPOSITORY / "tests/oracle/bcg.json").read_text(encoding="utf-8"))
# The four studies of pain, as tests/diff_review/data/mean_differences.csv has them.
PAIN = {"ash": (1.42, 0.51), "birch": (0.95, 0.44), "cedar": (0.3, 0.47), "dogwood": (1.1, 0.62)}


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of our own, the same for all tests of this file."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "what-if-cache"))


@pytest.fixture
def review(tmp_path: Path) -> Path:
    """tests/diff_review, whose standard errors of pain are said to be of independent groups."""
    return with_settings(base(tmp_path / "review"), "pain.m6", correlation=0)


def with_settings(folder: Path, analysis: str, **choices: Any) -> Path:
    """The review with other settings for one analysis, edited as its author would."""
    path = folder / SETTINGS
    settings = tomllib.loads(path.read_text(encoding="utf-8"))
    next(table for table in settings["analyses"] if table["id"] == analysis).update(choices)
    path.write_text(tomli_w.dumps(settings), encoding="utf-8")
    return folder


def rewrite(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before, path
    path.write_text(after, encoding="utf-8", newline="")


def loaded(folder: Path) -> Review:
    return synthesise(folder, QUIET)[0]


def numbers(review: Review, place: str, *names: str) -> list[float]:
    return [review.book[f"{place}.{name}"].content for name in names]


def run(folder: Path, *words: str) -> int:
    return main(["what-if", "--review", str(folder), *words])


def answer(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What the command says in JSON."""
    assert run(folder, "--json", *words) == 0
    return json.loads(capsys.readouterr().out)


def of_keys(record: Mapping[str, Any]) -> dict[str, tuple[str | None, str | None]]:
    """Before and after of every printed value that differs, by key."""
    return {c["key"]: (c["before"], c["after"]) for c in record["changes"] if c["kind"] == "value"}


# ---------------------------------------------------------------- choices of an analysis


def bcg_review(folder: Path) -> Path:
    """The small review with the BCG trials in place of its studies: log odds ratios as differences."""
    shutil.copytree(REPOSITORY / "tests/small_review", folder)
    studies, rows = (
        ["id,label,year,patients,references,provenance,source,locator,note"],
        ["id,outcome,timepoint_months,study,n,md,se,provenance,source,locator,note"],
    )
    effects = BCG["effects"]["OR"]
    for i, (y, v) in enumerate(zip(effects["yi"], effects["vi"], strict=True)):
        name = f"s{chr(97 + i)}"
        studies.append(f"{name},{name.upper()},1950,100,ash2001,primary,invented,none,")
        rows.append(f"walk-{name},walk,6,{name},100,{y!r},{np.sqrt(v).item()!r},primary,invented,none,")
    (folder / "data/studies.csv").write_text("\n".join(studies) + "\n", encoding="utf-8")
    (folder / "data/mean_differences.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    rewrite(folder / SETTINGS, lambda text: text.replace("confidence_level = 90", "confidence_level = 95"))
    return folder


def test_every_estimator_and_interval_gives_metafors_numbers(tmp_path: Path) -> None:
    """BCG trials, set as choices of the analysis: estimate, error, limits, P and τ² of metafor 3.8-1.

    What the command offers is what the library has.
    """
    assert set(what_if.ESTIMATORS) == set(METHODS) - {"FE"}
    assert set(what_if.INTERVALS) == set(INTERVALS)
    folder = bcg_review(tmp_path / "bcg")
    cases = {case["id"]: case["expected"] for case in BCG["cases"]}
    intervals = {"wald": "wald", "hk": "hartung-knapp", "hk_adhoc": "hartung-knapp-adhoc"}
    for method in ("DL", "REML", "PM"):
        for test, name in intervals.items():
            if f"OR/pool/{method}/{test}" not in cases:
                continue
            with_settings(folder, "walk.m6", model="random", tau_squared=method, interval=name)
            found = numbers(
                loaded(folder), "walk.m6", "estimate", "se", "ci_low", "ci_high", "p", "tau_squared"
            )
            expected = cases[f"OR/pool/{method}/{test}"]
            wanted = [expected[k] for k in ("estimate", "se", "ci_lb", "ci_ub", "p", "tau2")]
            assert found == pytest.approx(wanted, rel=1e-7), (method, test)
    for method, expected in cases["OR/tau2_estimators"].items():
        with_settings(folder, "walk.m6", tau_squared=method, interval="wald")
        found = numbers(loaded(folder), "walk.m6", "estimate", "se", "tau_squared")
        assert found == pytest.approx([expected[k] for k in ("estimate", "se", "tau2")], rel=1e-7), method


def test_a_study_left_out_leaves_what_is_left_without_its_rows(review: Path, tmp_path: Path) -> None:
    """Every pooled number equals that of the review whose data file lacks the rows, in both analyses."""
    other = shutil.copytree(review, tmp_path / "other")
    for analysis in ("walk.by_time", "pain.m6"):
        with_settings(review, analysis, exclude=["birch"])
    rewrite(
        other / "data/mean_differences.csv",
        lambda text: "".join(line for line in text.splitlines(True) if ",birch," not in line),
    )
    first, second = loaded(review).book, loaded(other).book
    places = ("walk.by_time.", "pain.m6.", "pooled.")
    keys = {value.key for value in second if value.key.startswith(places)}
    own = {value.key for value in first if value.key.startswith(places)}
    assert {key for key in own - keys if not key.endswith(".choices")} == set()
    assert len(keys) > 100
    for key in keys:
        assert first[key].content == second[key].content, key


def test_values_rest_on_the_choice_that_made_them(review: Path) -> None:
    """The exclusion decides a pooled result and no study's own; no cell of what is left out is reached."""
    book = loaded(
        with_settings(review, "pain.m6", exclude=["birch"], model="random", tau_squared="REML")
    ).book
    cells = book["pain.m6.estimate"].cells()
    places = {f"{SETTINGS}:analyses.pain.m6:{name}" for name in ("exclude", "model", "tau_squared")}
    assert places <= set(cells)
    assert not [address for address in cells if "pain-6-birch" in address]
    assert any("pain-6-ash" in address for address in cells)
    assert set(book["pain.m6.study.ash.ci_low"].cells()) & places == set()
    assert book["pain.m6.tau_squared"].rule.name == "τ² by restricted maximum likelihood"
    assert book["walk.by_time.estimate"].cells().keys() & places == set()


def test_another_correlation_rescales_the_standard_errors(review: Path) -> None:
    """From 0 to 0.5 each error shrinks by √½ (Cochrane Handbook 6.5.2.8), and the pool follows."""
    book = loaded(with_settings(review, "pain.m6", assumed_correlation=0.5, model="fixed")).book
    y, se = np.array([*PAIN.values()]).T
    for study, error in zip(PAIN, se, strict=True):
        assert book[f"pain.m6.study.{study}.se"].content == pytest.approx(error * np.sqrt(0.5))
    expected = pool(y, se**2 / 2, method="FE")
    found = [book[f"pain.m6.{name}"].content for name in ("estimate", "ci_low", "ci_high", "p")]
    assert found == pytest.approx([expected.estimate, expected.ci_low, expected.ci_high, expected.p])
    assert f"{SETTINGS}:analyses.pain.m6:assumed_correlation" in book["pain.m6.se"].cells()


def test_reported_standard_deviations_enter_where_another_correlation_is_assumed(tmp_path: Path) -> None:
    """Zhang reports 3.1 before and 10.2 after (data/primary_values.csv): at 0.5 the error shrinks by
    √((3.1² + 10.2² − 3.1 × 10.2) / (3.1² + 10.2²)); the sound alternative, at 0.7, is what it was."""
    shutil.copytree(REPOSITORY / "data", tmp_path / "data")
    key = "mrss.by_time.m12.study.zhang.se"
    before = loaded(tmp_path).book
    after = loaded(with_settings(tmp_path, "mrss.by_time", assumed_correlation=0.5)).book
    recorded = before["mean_differences.mrss-12m-zhang.se"].content
    share = 1 - 3.1 * 10.2 / (3.1**2 + 10.2**2)
    assert after[key].content == pytest.approx(recorded * np.sqrt(share))
    assert "data/primary_values.csv:mrss-12m-zhang:sd_after" in after[key].cells()
    for name in ("estimate", "ci_low", "ci_high"):
        sound = f"sound.mrss.by_time.m12.{name}"
        assert after[sound].content == pytest.approx(before[sound].content)


def test_a_sweep_marks_the_correlation_that_is_assumed(review: Path) -> None:
    """Its point at 0.5 is the analysis itself, its point at 0 the recorded one, and it says “as assumed”."""
    recorded = loaded(review).book
    with_settings(review, "pain.m6", assumed_correlation=0.5, model="fixed")
    settings = tomllib.loads((review / SETTINGS).read_text(encoding="utf-8"))
    settings["figures"].append({"id": "sweep", "kind": "sweep", "analysis": "pain.m6"})
    (review / SETTINGS).write_text(tomli_w.dumps(settings), encoding="utf-8")
    prepared = prepare(review, QUIET)
    book = prepared.review.book
    for name in ("estimate", "ci_low", "ci_high"):
        assert book[f"pain.m6.sweep.50.{name}"].content == pytest.approx(book[f"pain.m6.{name}"].content)
        assert book[f"pain.m6.sweep.0.{name}"].content == pytest.approx(recorded[f"pain.m6.{name}"].content)
    assert "As assumed, r = 0.5" in prepared.drawings["sweep"].figure.alt


def test_figures_say_what_was_set(review: Path) -> None:
    """The head of a forest plot, its test and its description name estimator, interval and t."""
    with_settings(review, "pain.m6", model="random", tau_squared="REML", interval="hartung-knapp")
    made = make(review, QUIET, paint=False)
    figure = made.manuscript.figures["pain"]
    text = " ".join(figure.svg.split())
    assert "IV, Random, REML, Hartung-Knapp, " in text
    told = figure.alt
    assert "REML, Hartung-Knapp, random-effects model" in told
    assert "Test for overall effect: t = " in told and ", df = 3 (P" in told
    assert "IV, Random, REML" not in made.manuscript.figures["walk"].svg
    choices = "random-effects model, variance between studies by REML, interval: Hartung-Knapp"
    assert made.review.book["pain.m6.choices"].content == choices
    assert made.review.book["pain.m6.verdict"].content == "set aside"


def test_choices_that_cannot_be_made_are_named_at_once(review: Path) -> None:
    """An unknown study, a τ² of a fixed-effect model, a correlation nowhere recorded, nothing left."""
    with_settings(review, "pain.m6", exclude=["brich"], model="fixed", tau_squared="REML")
    with_settings(review, "walk.by_time", assumed_correlation=0.5, exclude=[*PAIN, "elm"])
    with pytest.raises(InputError) as stopped:
        loaded(review)
    told = str(stopped.value)
    assert "Did you mean birch?" in told
    assert "(row analyses.pain.m6): tau_squared is REML" in told
    assert "(row analyses.walk.by_time): assumed_correlation is 0.5" in told
    assert "No study is left in this analysis" in told


def test_hartung_and_knapp_is_not_for_a_fixed_effect_or_one_study(review: Path) -> None:
    """Where the rule takes a fixed effect, and for a single study, the interval is Wald's."""
    y, se = np.array([*PAIN.values()]).T
    book = loaded(with_settings(review, "pain.m6", interval="hartung-knapp")).book
    assert book["pain.m6.model"].content == "fixed"
    wald = pool(y, se**2, method="FE")
    assert numbers(loaded(review), "pain.m6", "ci_low", "p") == pytest.approx([wald.ci_low, wald.p])
    only = [name for name in PAIN if name != "ash"]
    book = loaded(with_settings(review, "pain.m6", model="random", exclude=only)).book
    assert "pain.m6.t" not in book and book["pain.m6.estimate"].content == pytest.approx(1.42)
    assert book["pain.m6.ci_low"].content == pytest.approx(1.42 - 1.959964 * 0.51)


# ---------------------------------------------------------------- the command


def test_what_if_equals_editing_the_settings_and_comparing(
    review: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same changes, word for word, as `diff` finds between the review and an edited copy; nothing is
    written to the review."""
    before = {path: path.read_bytes() for path in sorted(review.rglob("*")) if path.is_file()}
    asked = answer(
        review, capsys, "--exclude", "birch2003", "--correlation", "0.5", "--outcome", "pain"
    )  # fmt: skip
    assert {path: path.read_bytes() for path in sorted(review.rglob("*")) if path.is_file()} == before
    edited = shutil.copytree(review, tmp_path / "edited")
    with_settings(edited, "pain.m6", exclude=["birch"], assumed_correlation=0.5)
    assert main(["diff", "--review", str(review), str(review), str(edited), "--json"]) == 0
    compared = json.loads(capsys.readouterr().out)

    def bare(record: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [{k: v for k, v in change.items() if k != "causes"} for change in record["changes"]]

    assert bare(asked) == bare(compared) != []
    assert asked["summary"] == compared["summary"]
    assert asked["scenario"]["exclude"] == ["birch"] and asked["another_look"] == []
    y, se = np.array([PAIN[name] for name in ("ash", "cedar", "dogwood")]).T
    expected = pool(y, se**2 / 2, method="DL")  # Q doubles, so that the rule takes random effects
    assert of_keys(asked)["pain.m6.estimate"][1] == f"{expected.estimate:.2f}"
    assert of_keys(asked)["pain.m6.ci_high"][1] == f"{expected.ci_high:.2f}"


def test_a_sentence_without_words_for_it_is_named_and_the_numbers_are_told(
    review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A template that can only say “fell” stops the build; what-if names its line and goes on."""
    can_say = 'rose", unclear="did not clearly change") }} (MD {{ v.pain'
    rewrite(
        review / "templates/results.html",
        lambda text: text.replace(can_say, 'rose") }} (MD {{ v.pain'),
    )
    asked = answer(review, capsys, "--model", "random", "--interval", "hartung-knapp", "--exclude", "ash")
    (problem,) = asked["another_look"]
    assert problem["file"] == "templates/results.html" and "is “unclear”" in problem["expected"]
    assert any("Would need another look: templates/results.html" in note for note in asked["notes"])
    assert asked["summary"]["conclusion_changed"]
    y, se = np.array([PAIN[name] for name in ("birch", "cedar", "dogwood")]).T
    assert of_keys(asked)["pain.m6.estimate"][1] == f"{pool(y, se**2, method='DL').estimate:.2f}"
    changes = [change for change in asked["changes"] if change["kind"] == "conclusion"]
    assert "the interval now includes no effect" in " ".join(change["reason"] for change in changes)


def test_judgements_of_the_shipped_review_stand_and_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fixed-effect RCS stops the build at its judgements of imprecision; what-if tells the numbers too."""
    for part in ("data", "templates"):
        shutil.copytree(REPOSITORY / part, tmp_path / part)
    abridge(tmp_path)
    asked = answer(tmp_path, capsys, "--model", "fixed", "--outcome", "rcs")
    rows = [problem["row"] for problem in asked["another_look"]]
    assert rows == ["rcs-imprecision"]
    (turned,) = [c for c in asked["changes"] if c["kind"] == "conclusion"]
    assert turned["key"] == "rcs.m6.estimate" and "no longer includes no effect" in turned["reason"]
    assert (turned["before"], turned["after"]) == (
        "1.80 (−3.38 to 6.99)†, random-effects", "3.77 (2.93 to 4.61)†, fixed-effect",
    )  # fmt: skip
    sentences = " ".join(c["after"] or "" for c in asked["changes"] if c["kind"] in ("sentence", "method"))
    assert "“Change in RCS at 6 months” was made with these choices: fixed-effect model" in sentences
    assert "the fixed-effect model was set, whatever the rule selects" in sentences


def test_the_certainty_that_the_suggestions_would_give_is_told(tmp_path: Path) -> None:
    """Where a judgement that stands keeps a level that the data suggest to take, both levels are named."""
    shutil.copytree(REPOSITORY / "data", tmp_path / "data")
    path = tmp_path / "data/regrade.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    cells = {
        (row["id"], column): text
        for row in rows
        if row["row"] == "mrss_3m"
        for column, text in (("judgement", "not serious"), ("departure", ""))
    }
    rewrite(path, lambda text: changed_cells(text, cells))
    review, syntheses = synthesise(tmp_path, QUIET)
    noted: list[Problem] = []
    ratings = regrade(review, grade(review, syntheses), noted)
    assert next(r for r in ratings if r.finding.id == "mrss_3m").certainty.content == "high"
    (told,) = [problem for problem in noted if problem.row == "mrss_3m"]
    assert told.expected.startswith("Judged as the data suggest, the certainty for mRSS, 3 months would be ")
    assert told.expected.endswith("low instead of high.")
    with pytest.raises(InputError, match="say why it departs"):
        regrade(*_graded(tmp_path))


def _graded(folder: Path) -> tuple[Review, Any]:
    review, syntheses = synthesise(folder, QUIET)
    return review, grade(review, syntheses)


def test_a_subgroup_that_is_emptied_is_missed_where_it_is_judged_and_told(
    review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With all studies of a time left out, its judgement and sentence are named; the other time is told."""
    gone = ["ash", "birch", "cedar", "elm"]
    words = [word for name in gone for word in ("--exclude", name)]
    asked = answer(review, capsys, *words, "--outcome", "walk")
    places = {(problem["file"], problem["row"]) for problem in asked["another_look"]}
    assert ("data/grade.csv", "walk_m12") in places and ("templates/results.html", None) in places
    assert of_keys(asked)["walk.by_time.m6.estimate"][1] == "−4.50"  # Dogwood's, which alone is left
    assert of_keys(asked)["walk.by_time.m12.estimate"][1] is None
    with_settings(review, "walk.by_time", exclude=gone)
    with pytest.raises(InputError, match="Analysis walk.by_time has no such subgroup"):
        make(review, QUIET, paint=False)


def test_an_interval_without_width_is_refused_in_words(
    review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of effects that are all the same Hartung and Knapp's has none: said by the command and by a build."""
    path = review / "data/mean_differences.csv"
    cells = {(f"pain-6-{study}", "md"): "1.00" for study in PAIN}
    rewrite(path, lambda text: changed_cells(text, cells))
    assert run(review, "--model", "reml", "--interval", "hartung-knapp", "--outcome", "pain") == 2
    told = capsys.readouterr().err
    assert (
        "(row pain.m6): The data of this analysis allow no result. Hartung and Knapp's interval has" in told
    )
    (review / "data/scenarios.toml").write_text(NAMED, encoding="utf-8")
    assert main(["--review", str(review), "--only", "html", "--quiet"]) == 2
    told = capsys.readouterr().err
    assert "data/scenarios.toml (row scenarios.without_ash): The data of pain.m6 allow no result." in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--exclude", "birhc"], "There is no study birhc. Did you mean birch?"),
        (["--exclude", "ash", "--outcome", "pian"], "There is no outcome pian. Did you mean pain?"),
        (["--model", "remll"], "There is no model or estimator remll. Did you mean reml?"),
        (["--interval", "hartung-knap"], "Did you mean hartung-knapp?"),
        (["--correlation", "1"], "--correlation takes a number from 0 to 0.99, not 1."),
        (["--outcome", "pain"], "Say what should be otherwise"),
        ([], "Say what should be otherwise"),
        (["--model", "fixed", "--interval", "wald"], "--interval is of random-effects results"),
        (["--exclude", "elm", "--outcome", "pain"], "is about no analysis"),
        (["--exclude", "ash", "--exclude", "birch", "--exclude", "cedar", "--exclude", "dogwood"],
         "leaves no study in the analysis pain.m6"),
        (["--correlation", "0.5", "--outcome", "walk"], "assumed_correlation is 0.5"),
        (["--scenario", "nothing"], "There is no scenario in data/scenarios.toml nothing."),
        (["--scenario", "nothing", "--model", "fixed"], "--scenario brings its own choices"),
        (["--model", "fixed", "--only", "html"], "--only says which forms to write"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said_with_what_is_near(
    review: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    """Unknown names and impossible choices end with exit code 2 and no traceback."""
    assert run(review, *words) == 2
    assert told in capsys.readouterr().err


# ---------------------------------------------------------------- named scenarios

NAMED = """
provenance = "derived"
source = "this review"
locator = "asked for by a reader"

[[scenarios]]
id = "without_ash"
title = "Without Ash"
why = "Its patients knew the aim of the review."
exclude = ["ash"]
model = "random"
tau_squared = "REML"
interval = "hartung-knapp"

[[scenarios]]
id = "paired"
title = "Paired scores"
outcomes = ["pain"]
correlation = 0.5
"""


@pytest.fixture
def named(review: Path) -> Path:
    """The review with two scenarios, and their table in its supplement by one line."""
    (review / "data/scenarios.toml").write_text(NAMED, encoding="utf-8")
    rewrite(review / SETTINGS, lambda text: text + '\n[[tables]]\nid = "scenarios"\nkind = "scenario"\n')
    line = '{% call table("scenarios") %}<strong>Other choices.</strong>{% endcall %}\n'
    rewrite(review / "templates/supplement_details.html", lambda text: text + line)
    return review


def test_the_table_of_scenarios_holds_what_the_scenarios_give(named: Path) -> None:
    """Each result in it is that of the review with the scenario applied, and rests on the scenario's cell."""
    prepared = prepare(named, QUIET)
    book, table = prepared.review.book, prepared.tables["scenarios"]
    assert len(table.body) == 5  # three places of two analyses without Ash, pain paired
    without = {"exclude": ["ash"], "model": "random", "tau_squared": "REML", "interval": "hartung-knapp"}
    for analysis in ("walk.by_time", "pain.m6"):
        with_settings(named, analysis, **without)
    applied_book = loaded(named).book
    keys = [value.key for value in applied_book if value.key.startswith(("walk.by_time.", "pain.m6."))]
    compared = [key for key in keys if f"scenario.without_ash.{key}" in book]
    assert len(compared) > 60
    for key in compared:
        assert book[f"scenario.without_ash.{key}"].content == applied_book[key].content, key
    y, se = np.array([*PAIN.values()]).T
    paired = pool(y, se**2 / 2, method="FE")
    assert numbers(prepared.review, "scenario.paired.pain.m6", "estimate", "p") == pytest.approx(
        [paired.estimate, paired.p]
    )
    cells = book["scenario.without_ash.pain.m6.estimate"].cells()
    assert "data/scenarios.toml:scenarios.without_ash:exclude" in cells
    assert "data/scenarios.toml:scenarios.without_ash:tau_squared" in cells
    assert not [address for address in cells if "pain-6-ash" in address]
    assert "data/scenarios.toml:scenarios.paired:correlation" in book["scenario.paired.pain.m6.se"].cells()
    said = {row.conclusion.key: row.conclusion.content for row in _compared(named)}
    assert said["scenario.paired.pain.m6.conclusion"] == "as reported"


def _compared(folder: Path) -> Any:
    from sscreport.scenarios import compare_scenarios

    return compare_scenarios(*synthesise(folder, QUIET))


def test_another_conclusion_is_said_in_the_table(named: Path) -> None:
    """Without Ash, by Hartung and Knapp, pain is unclear instead of improved; the review's words say so."""
    (said,) = [
        row.conclusion.content
        for row in _compared(named)
        if row.conclusion.key == "scenario.without_ash.pain.m6.conclusion"
    ]
    assert said == "unclear instead of improved"


def test_the_table_stands_in_the_finished_files_with_its_reason(named: Path) -> None:
    """One line puts it into the supplement; every number has its key, and the reason is a note below."""
    made = make(named, QUIET, paint=False)
    figure = made.manuscript.tree.find(".//figure[@id='table-scenarios']")
    text = " ".join("".join(figure.itertext()).split())
    assert "Its patients knew the aim of the review." in text and "Paired scores" in text
    printed = {element.get("data-value") for element in figure.iter() if element.get("data-value")}
    for name in ("estimate", "ci_low", "ci_high", "p", "i_squared", "conclusion"):
        assert f"scenario.without_ash.pain.m6.{name}" in printed
    assert "data/scenarios.toml" in made.manuscript.enclosure.files
    assert main(["--review", str(named), "--only", "html", "--quiet"]) == 0
    page = named / "output/manuscript.html"
    assert read_html.unexplained_digits(page) == []
    y, se = np.array([*PAIN.values()]).T
    paired = f"{pool(y, se**2 / 2, method='FE').estimate:.2f}"
    assert read_html.read_values(page)["scenario.paired.pain.m6.estimate"][0] == paired


def test_a_named_scenario_is_listed_and_asked_for(named: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--list names them with their reasons; --scenario gives the same changes as its choices typed."""
    assert run(named, "--list") == 0
    told = capsys.readouterr().out
    assert "without_ash: Without Ash (Its patients knew the aim of the review.)" in told
    assert run(named, "--list", "--json") == 0
    assert json.loads(capsys.readouterr().out)[1] == {
        "id": "paired", "title": "Paired scores", "outcomes": ["pain"], "correlation": 0.5,
    }  # fmt: skip
    by_name = answer(named, capsys, "--scenario", "paired")
    typed = answer(named, capsys, "--correlation", "0.5", "--outcome", "pain")
    assert of_keys(by_name) == of_keys(typed) != {}
    assert by_name["new"]["name"] == "the scenario “Paired scores”"


def test_all_that_is_wrong_with_the_file_is_said(named: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Unknown studies, outcomes and analyses by name with what is near; then what the schema refuses."""
    path = named / "data/scenarios.toml"
    rewrite(path, lambda text: text.replace('["ash"]', '["asch"]').replace('["pain"]', '["pian"]'))
    assert main(["--review", str(named), "--only", "html", "--quiet"]) == 2
    told = capsys.readouterr().err
    assert "(row scenarios.without_ash): exclude is asch" in told and "Did you mean ash?" in told
    assert "(row scenarios.paired): outcomes is pian" in told
    rewrite(path, lambda text: text.replace('"REML"', '"RELM"').replace("0.5", "2"))
    assert run(named, "--list") == 2
    told = capsys.readouterr().err
    assert "'RELM' is not one of" in told and "2 is greater than the maximum" in told
    assert "Traceback" not in told


def test_applied_changes_nothing_but_the_settings(named: Path) -> None:
    """The inputs of a scenario differ in data/review.toml alone, there in the analyses it is about; a fixed
    model takes the place of an estimator that was set."""
    with_settings(named, "pain.m6", model="random", tau_squared="PM", exclude=["cedar"])
    inputs = read_inputs(named)
    after = applied(inputs, Scenario("x", "X", outcomes=("pain",), exclude=("ash",), model="fixed"))
    assert {file for file in inputs if inputs[file] != after[file]} == {SETTINGS}
    old, new = (tomllib.loads(side[SETTINGS]) for side in (inputs, after))
    assert old["analyses"][0] == new["analyses"][0]
    pain = new["analyses"][1]
    assert pain["exclude"] == ["cedar", "ash"] and pain["model"] == "fixed" and "tau_squared" not in pain
    for name in set(old) - {"analyses"}:
        assert old[name] == new[name]


def test_every_form_is_written_where_asked(
    review: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--output writes the forms of a diff, which name the scenario as the cause; --markdown prints one."""
    words = ("--exclude", "ash", "--outcome", "pain", "--fail-on", "any")
    forms = [word for form in ("html", "markdown", "json", "docx") for word in ("--only", form)]
    assert run(review, *words, "--output", str(tmp_path / "out"), *forms, "--markdown") == 1
    told = capsys.readouterr().out
    assert told.startswith("### Did any conclusion change?") and "the scenario" in told
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"changes.html", "changes.md", "changes.json", "marked.docx"}
    assert "without Ash, in VAS" in (tmp_path / "out/changes.html").read_text(encoding="utf-8")


def test_a_finished_file_brings_its_scenarios_back(named: Path, tmp_path: Path) -> None:
    """data/scenarios.toml travels inside, so that the review is made anew from the file alone."""
    files = make(named, QUIET, paint=False).manuscript.enclosure.files
    Enclosure(files).unpack(tmp_path / "again")
    assert (tmp_path / "again/data/scenarios.toml").read_text(encoding="utf-8") == NAMED
    assert prepare(tmp_path / "again", QUIET).tables["scenarios"].body
