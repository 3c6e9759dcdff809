"""What loading promises of wrong data: every mistake named at once, and nothing touched."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sscreport.cli import main
from sscreport.dictionary import Dictionary
from tests.conftest import REPOSITORY

MEANS = "data/mean_differences.csv"
# Row, column, what is typed there, and a phrase of the sentence that must say what was expected.
MISTAKES = [
    ("mrss-3m-keyszer", "se", "-3.533", "greater than 0"),
    ("mrss-3m-wang", "n", "five", "whole number"),
    ("mrss-3m-zhang", "md", "4,12", "Expected a number"),
    ("mrss-6m-granel", "study", "granell", "Did you mean granel?"),
    (
        "mrss-6m-park",
        "se_provenance",
        "guessed",
        "must be one of: published, primary, derived, reconstructed",
    ),
    ("mrss-6m-keyszer", "outcome", "mrs", "Did you mean mrss?"),
    ("mrss-6m-wang", "n", "50", "The study treated 5 patients"),
    ("mrss-6m-zhang", "md", "", "value is required"),
    ("rcs-6m-granel", "md", "43", "No difference on a scale of 0-10 can be larger than 10"),
    ("rcs-6m-park", "timepoint_months", "-6", "at least 0"),
]


def review_copy(folder: Path, source: Path = REPOSITORY) -> Path:
    """The files of a review, by default the shipped one, in ``folder``, to be spoilt."""
    for name in ("data", "templates"):
        shutil.copytree(source / name, folder / name)
    return folder


def edit_cell(path: Path, row: str, column: str, text: str) -> None:
    """Replace one cell of a CSV file and leave every other byte as it is."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    position = lines[0].rstrip("\n").split(",").index(column)
    number = next(i for i, line in enumerate(lines) if line.startswith(f"{row},"))
    fields = re.findall(r'(?:^|,)("(?:[^"]|"")*"|[^,\n]*)', lines[number])
    fields[position] = f'"{text}"' if "," in text else text
    lines[number] = ",".join(fields) + "\n"
    path.write_text("".join(lines), encoding="utf-8")


def rewrite(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return review_copy(tmp_path / "review")


def complaints(copy: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What a build of ``copy`` says; it must end with the exit code of an input error."""
    assert main(["--review", str(copy), "--quiet"]) == 2
    return " ".join(capsys.readouterr().err.split())


def test_ten_mistakes_give_ten_messages_and_leave_the_old_output(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten different mistakes in one file are ten complaints, and the last build stays as it was."""
    old = copy / "output" / "manuscript.html"
    old.parent.mkdir()
    old.write_text("the last good build", encoding="utf-8")
    for row, column, text, _ in MISTAKES:
        edit_cell(copy / MEANS, row, column, text)
    said = complaints(copy, capsys)
    assert "10 problems; nothing was written" in said
    assert [path.name for path in old.parent.iterdir()] == [old.name]
    assert old.read_text(encoding="utf-8") == "the last good build"
    assert not (copy / "figures").exists()


@pytest.mark.parametrize(("row", "column", "text", "expected"), MISTAKES)
def test_a_mistake_names_its_place(
    copy: Path, capsys: pytest.CaptureFixture[str], row: str, column: str, text: str, expected: str
) -> None:
    """A complaint names file, line, row, column and value, and says what was expected."""
    edit_cell(copy / MEANS, row, column, text)
    lines = (copy / MEANS).read_text(encoding="utf-8").splitlines()
    line = next(number for number, content in enumerate(lines, start=1) if content.startswith(row))
    said = complaints(copy, capsys)
    assert f"{MEANS}, line {line} (row {row}): {column} is {text or 'empty'}" in said
    assert expected in said
    assert "1 problem; nothing was written" in said


CONTRADICTIONS: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "sexes": (
        "data/studies.csv",
        lambda c: edit_cell(c / "data/studies.csv", "park", "female", "14"),
        "(row park): patients is 18. Women and men add up to 17 patients.",
    ),
    "ulcers": (
        "data/ulcers.csv",
        lambda c: edit_cell(c / "data/ulcers.csv", "du-6m-zhang", "healed_after", "3"),
        "(row du-6m-zhang): healed_after is 3. It cannot be more than ulcers, which is 2.",
    ),
    "databases": (
        "data/screening.csv",
        lambda c: edit_cell(c / "data/search.csv", "pubmed", "records", "101"),
        "(row databases): count is 673. The records in data/search.csv add up to 674.",
    ),
    "adverse events": (
        "data/safety.csv",
        lambda c: edit_cell(c / "data/safety.csv", "zhang", "events", "7"),
        "(row zhang): events is 7. The study's rows in data/adverse_events.csv add up to 6.",
    ),
    "repeated study": (
        MEANS,
        lambda c: edit_cell(c / MEANS, "rcs-6m-park", "study", "granel"),
        "Row rcs-6m-granel already brings this study into the same pooled group.",
    ),
    "reference": (
        "data/studies.csv",
        lambda c: edit_cell(c / "data/studies.csv", "wang", "references", "wang2014"),
        "There is no reference wang2014 in data/references.json. Did you mean wang2013?",
    ),
    "row id": (
        MEANS,
        lambda c: edit_cell(c / MEANS, "rcs-6m-park", "id", "rcs-6m-granel"),
        "Row ids must be unique",
    ),
    "setting": (
        "data/review.toml",
        lambda c: (c / "data/review.toml").write_text(
            (c / "data/review.toml").read_text(encoding="utf-8").replace('measure = "OR"', 'measure = "ORR"'),
            encoding="utf-8",
        ),
        "(row analyses.du.m6): measure is ORR. There is no such effect measure.",
    ),
    "broken settings": (
        "data/review.toml",
        lambda c: (c / "data/review.toml").write_text("title = ", encoding="utf-8"),
        "This is not valid TOML",
    ),
    "semicolons": (
        "data/ulcers.csv",
        lambda c: rewrite(c / "data/ulcers.csv", lambda text: text.replace(",", ";")),
        "columns must be separated by commas",
    ),
    "missing column": (
        "data/ulcers.csv",
        lambda c: rewrite(c / "data/ulcers.csv", lambda text: text.replace(",healed_after", "", 1)),
        "line 1: The header must name the columns of data/datapackage.json (missing: healed_after).",
    ),
    "too many cells": (
        "data/ulcers.csv",
        lambda c: rewrite(c / "data/ulcers.csv", lambda text: text.replace("du-6m-wang,", "du-6m-wang,,", 1)),
        "line 5 (row du-6m-wang): The row has 13 cells and the header 12",
    ),
    "encoding": (
        "data/studies.csv",
        lambda c: (c / "data/studies.csv").write_bytes(
            (c / "data/studies.csv")
            .read_text(encoding="utf-8")
            .replace("–", "-")
            .encode("latin-1", "replace")
        ),
        "line 2: The file must be saved as UTF-8 text",
    ),
    "repeated analysis": (
        "data/review.toml",
        lambda c: rewrite(
            c / "data/review.toml", lambda text: text.replace('id = "chfs.m6"', 'id = "rcs.m6"')
        ),
        "id is rcs.m6. Ids must be unique",
    ),
    "repeated subgroup": (
        "data/review.toml",
        lambda c: rewrite(c / "data/review.toml", lambda text: text.replace('id = "m12"', 'id = "m6"', 1)),
        "id is m6. Ids must be unique",
    ),
    "subgroup": (
        "data/review.toml",
        lambda c: rewrite(
            c / "data/review.toml", lambda text: text.replace('["granel", "park"]', '["granel", "prak"]')
        ),
        "studies is prak. There is no such study in data/studies.csv. Did you mean park?",
    ),
    "missing file": (
        "data/ulcers.csv",
        lambda c: (c / "data/ulcers.csv").unlink(),
        "ulcers.csv",
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_is_named(copy: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Counts that do not add up, repeated rows and names that lead nowhere are refused by name."""
    file, spoil, expected = CONTRADICTIONS[name]
    spoil(copy)
    said = complaints(copy, capsys)
    assert file in said
    assert expected in said
    assert "Traceback" not in said


def test_what_spreadsheets_leave_behind_is_no_mistake(copy: Path) -> None:
    """A byte order mark, blank rows, quoted cells with line ends and Windows line ends all load."""
    path = copy / "data/ulcers.csv"
    text = path.read_text(encoding="utf-8").replace("share of active ulcers healed", '"share of\nulcers"')
    path.write_bytes(b"\xef\xbb\xbf" + (text + ",,,,,,,,,,\n\n").replace("\n", "\r\n").encode())
    assert Dictionary.load(copy / "data").problems() == []


def test_every_row_says_where_it_comes_from() -> None:
    """Every table has provenance, source and locator in every row, and the shipped data pass."""
    package = json.loads((REPOSITORY / "data/datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        required = {
            f["name"] for f in resource["schema"]["fields"] if f.get("constraints", {}).get("required")
        }
        assert {"id", "provenance", "source", "locator"} <= required, resource["name"]
    assert Dictionary.load(REPOSITORY / "data").problems() == []


def test_every_column_is_described() -> None:
    """The dictionary gives every column a meaning, and every measured one a unit or a style."""
    package = json.loads((REPOSITORY / "data/datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        for field in resource["schema"]["fields"]:
            assert field["description"], (resource["name"], field["name"])
            if field["type"] in ("integer", "number"):
                assert field.get("style"), (resource["name"], field["name"])
