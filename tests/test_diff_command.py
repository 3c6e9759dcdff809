"""The command ``diff``: what it prints and writes, and how it ends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sscreport.cli import main
from tests.conftest import REPOSITORY
from tests.editions import base
from tests.test_diff_editions import WHO, commit, git

FORMS = {"changes.html", "changes.md", "changes.json", "marked.docx", "marked.pdf"}
pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of our own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def review(tmp_path: Path) -> Path:
    """A review with two tags: a conclusion differs between them, and a word in the working tree."""
    folder = base(tmp_path / "review")
    git(folder, "init", "--quiet")
    commit(folder, "As submitted", "v1.0")
    replace(
        folder,
        "data/mean_differences.csv",
        "pain-6-ash,pain,6,ash,40,1.42,",
        "pain-6-ash,pain,6,ash,40,-3.42,",
    )
    commit(folder, "Correct the sign of Ash's pain", "v1.1")
    return folder


def replace(folder: Path, file: str, before: str, after: str) -> None:
    """Another text for the one place in a file that reads ``before``."""
    text = (folder / file).read_text(encoding="utf-8")
    assert text.count(before) == 1, (file, before)
    (folder / file).write_text(text.replace(before, after), encoding="utf-8", newline="")


def reword(folder: Path) -> None:
    replace(folder, "templates/background.html", "<p>How far people walk", "<p>How quickly people walk")


def run(review: Path, *words: str) -> int:
    """Run the command."""
    return main(["diff", "--review", str(review), *words])


def test_the_first_lines_answer_whether_a_conclusion_changed(
    review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of two tags: yes, which one, from what to what, because of which cell, who changed it and when."""
    assert run(review, "v1.0", "v1.1") == 0
    first = "\n".join(capsys.readouterr().out.splitlines()[:24])
    assert "Did any conclusion change? Yes" in first
    assert "data/mean_differences.csv, pain-6-ash, md: “1.42” became “-3.42”" in first
    assert f"({WHO['NAME']}, 2026-03-01, " in first and "Correct the sign of Ash's pain)" in first


def test_each_cause_names_the_commit_that_made_it(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of two commits to one file, each is named at the cell that it changed."""
    birch = "pain-6-birch,pain,6,birch,58,0.95,"
    replace(review, "data/mean_differences.csv", birch, birch.replace("0.95", "0.85"))
    commit(review, "Read Birch again", "v1.2")
    assert run(review, "v1.0", "v1.2", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    causes = {c["where"]: c["commits"] for change in record["changes"] for c in change["causes"]}
    assert {where: [made["subject"] for made in commits] for where, commits in causes.items()} == {
        "data/mean_differences.csv:pain-6-ash:md": ["Correct the sign of Ash's pain"],
        "data/mean_differences.csv:pain-6-birch:md": ["Read Birch again"],
    }


def test_the_last_tag_is_compared_with_the_working_tree(
    review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a name, what is not committed yet is told, and no conclusion changed by a word."""
    reword(review)
    assert run(review) == 0
    told = capsys.readouterr().out
    assert "Did any conclusion change? No" in told
    assert "templates/background.html, line 2: other wording (not committed)" in told
    assert "quickly" in told


def test_nothing_changed_is_said_so(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A tag against itself lists nothing and fails on nothing."""
    assert run(review, "v1.1", "v1.1", "--fail-on", "any") == 0
    assert "Did any conclusion change? No" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "failing"),
    [
        ("v1.0", "v1.1", {"conclusion", "visible", "any"}),
        ("v1.1", None, {"visible", "any"}),
    ],
)
def test_a_build_can_fail_on_what_changed(review: Path, old: str, new: str | None, failing: set[str]) -> None:
    """A flipped conclusion fails all three kinds of check, a word those for what is visible."""
    reword(review)
    for what in ("conclusion", "visible", "any"):
        expected = 1 if what in failing else 0
        assert run(review, old, *([new] if new else []), "--fail-on", what) == expected, what


def test_json_and_markdown_go_to_standard_output(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Machines and pull requests get nothing but the record or the comment."""
    assert run(review, "v1.0", "v1.1", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert record["summary"]["conclusion_changed"] is True
    assert all(change["causes"] for change in record["changes"])
    assert run(review, "v1.0", "v1.1", "--markdown") == 0
    assert capsys.readouterr().out.startswith("#")


@pytest.mark.needs("pango")
def test_every_form_is_written_to_a_folder(review: Path, tmp_path: Path) -> None:
    """Page, Markdown, JSON, marked Word file and PDF; or the one that was asked for."""
    assert run(review, "v1.0", "v1.1", "--output", str(tmp_path / "all")) == 0
    assert {path.name for path in (tmp_path / "all").iterdir()} == FORMS
    assert run(review, "v1.0", "v1.1", "--output", str(tmp_path / "one"), "--only", "html") == 0
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["changes.html"]


def test_the_two_editions_give_the_same_forms_twice(review: Path, tmp_path: Path) -> None:
    """The forms know no clock: made again from the cache, they are the same bytes."""
    for name in ("a", "b"):
        words = ("--output", str(tmp_path / name), "--only", "html", "--only", "json", "--only", "docx")
        assert run(review, "v1.0", "v1.1", *words) == 0
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("v9",), "v9 is not a revision of git"),
        (("v1.0", "--only", "html"), "--output"),
        (("v1.0", "--json", "--markdown"), "not both"),
    ],
)
def test_a_wrong_call_is_refused_in_words(
    review: Path, words: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 and a sentence that says what was expected."""
    assert run(review, *words) == 2
    assert expected in capsys.readouterr().err


def test_without_a_tag_a_name_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A review outside git, or without a tag, has no edition to compare with by default."""
    assert run(base(tmp_path / "alone")) == 2
    assert "no tag" in capsys.readouterr().err


def test_data_that_cannot_be_built_leave_the_last_forms(
    review: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong cell is named with file, row and column; nothing is written."""
    output = tmp_path / "out"
    assert run(review, "v1.0", "v1.1", "--output", str(output), "--only", "json") == 0
    before = (output / "changes.json").read_bytes()
    replace(
        review,
        "data/mean_differences.csv",
        "pain-6-birch,pain,6,birch,58,0.95,0.44",
        "pain-6-birch,pain,6,birch,58,0.95,-1",
    )
    assert run(review, "v1.0", "--output", str(output), "--only", "json") == 2
    assert "pain-6-birch" in capsys.readouterr().err
    assert (output / "changes.json").read_bytes() == before


def test_what_other_code_did_has_the_code_as_its_cause(
    review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An old revision is made by its own code; what that wrote otherwise is told from what the data did."""
    code = review / "sscreport/compose/compose.py"
    shutil.copytree(
        REPOSITORY / "sscreport", review / "sscreport", ignore=shutil.ignore_patterns("__pycache__")
    )
    replace(review, "sscreport/compose/compose.py", '.text = "Supplement"', '.text = "What else there is"')
    commit(review, "Other words for the supplement", "v1.2")
    shutil.copy(REPOSITORY / "sscreport/compose/compose.py", code)
    commit(review, "Today's words")
    reword(review)
    assert run(review, "v1.2", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    told = {change["before"]: change["causes"] for change in record["changes"]}
    (code_cause,) = told["What else there is"]
    assert code_cause["kind"] == "code"
    assert [made["subject"] for made in code_cause["commits"]] == ["Today's words"]
    (word_causes,) = (causes for before, causes in told.items() if before and "How far people walk" in before)
    assert [cause["kind"] for cause in word_causes] == ["template"]
