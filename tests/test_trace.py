"""`trace`: from a printed number to its cells, from a cell to all that rests on it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sscreport.cells import Address, cells_of, copy_with, find
from sscreport.cli import main
from sscreport.commands.command import make_quietly
from sscreport.problems import UsageError
from tests.conftest import REPOSITORY
from tests.test_data import edit_cell, review_copy

PARK = "data/mean_differences.csv:rcs-6m-park:md"


@pytest.fixture(scope="module", autouse=True)
def shipped_made_once() -> Iterator[None]:
    """Most questions are about the shipped review, which takes long to make; copies are made each time."""
    once = cache(make_quietly)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "sscreport.commands.trace.make_quietly",
            lambda folder: (once if folder == REPOSITORY else make_quietly)(folder),
        )
        yield


def trace(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The answer for machines."""
    assert main(["trace", *words, "--json", "--review", str(REPOSITORY)]) == 0
    return json.loads(capsys.readouterr().out)


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The answer for a terminal."""
    assert main(["trace", *words, "--review", str(REPOSITORY)]) == 0
    return capsys.readouterr().out


def leaves(made: dict[str, Any]) -> set[str]:
    """The addresses of all cells below a value."""
    if "cell" in made:
        return {made["cell"]["address"]}
    return set().union(
        *(leaves(part) for name in ("from", "decided by") for part in made.get(name, ())), set()
    )


def test_a_value_is_followed_to_its_cells(capsys: pytest.CaptureFixture[str]) -> None:
    """A pooled estimate leads to rule, reference and every cell with raw text and provenance."""
    answer = trace(capsys, "rcs.m6.estimate")
    assert answer["shown"] == "1.80"
    assert answer["made"]["reference"] == "DerSimonian & Laird (1986) Control Clin Trials 7:177"
    cells = [
        f"data/mean_differences.csv:rcs-6m-{study}:{c}" for study in ("granel", "park") for c in ("md", "se")
    ]
    assert set(cells) <= leaves(answer["made"])
    text = told(capsys, "rcs.m6.estimate")
    assert (
        f"{PARK}  “-1.00”  reconstructed, Cui et al. 2022, solved from the pooled results of Fig. 4" in text
    )
    assert {"Abstract", "Fig. 4"} <= set(answer["printed"])


def test_a_printed_text_finds_every_value_that_reads_so(capsys: pytest.CaptureFixture[str]) -> None:
    """`trace 31.5%` leads to the one value; a text that several share lists all; a typed minus will do."""
    assert trace(capsys, "31.5%")["key"] == "mrss.by_time.m12.weight"
    all_of_them = {
        "mrss.by_time.estimate",
        "published_claims.mrss_overall.value",
        "sound.mrss.by_time.m6.estimate",
        "sound.mrss.by_source.estimate",
    }
    assert {m["key"] for m in trace(capsys, "5.23")["matches"]} == all_of_them
    assert {m["key"] for m in trace(capsys, "< 0.0001")["matches"]} == {"mrss.by_time.m3.p", "chfs.m6.q_p"}
    assert trace(capsys, "-22.12")["key"] == "chfs.m6.study.park.ci_low"


def test_a_cell_is_followed_to_everything_that_rests_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Values, figures, tables, sentences and template lines; those of other outcomes are not among them."""
    answer = trace(capsys, PARK)
    keys = {entry["key"] for entry in answer["values"]}
    assert {"rcs.m6.estimate", "rcs.m6.i_squared", "rcs.m6.model", "mean_differences.rcs-6m-park.md"} <= keys
    own = (
        "rcs.m6.", "sound.rcs.m6.", "grade.rcs.", "regrade.rcs.", "mean_differences.rcs-6m-park.",
        "ledger.of.rcs_6m.",
    )  # fmt: skip
    others = {key for key in keys if not key.startswith(own)}
    assert all(re.fullmatch(r"ledger\.(\w+\.)?claims", key) for key in others)
    assert [figure["id"] for figure in answer["figures"]] == ["rcs", "specifications-rcs"]
    assert "findings" in [table["id"] for table in answer["tables"]]
    assert any(s["place"] == "Abstract" and "1.80 points" in s["text"] for s in answer["sentences"])
    assert any(line.startswith("templates/results.html:") for line in answer["wording"])


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("data/mean_differences.csv:rcs-6m-park:note", "nothing reads it"),
        ("data/abbreviations.csv:adsc:id", "nothing that is printed is made from it"),
        ("data/review.toml:figures.rcs:kind", "what is built"),
    ],
)
def test_a_cell_that_reaches_nothing_says_why(
    cell: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No value rests on a note, a row id or a setting of layout, and the answer says so."""
    answer = trace(capsys, cell)
    assert answer["values"] == []
    assert reason in answer["reason"]


def test_cells_that_reach_nothing_are_listed_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    """Every cell is either followed to a value or listed with the reason why none rests on it."""
    assert main(["trace", "--unreached", "--json", "--review", str(REPOSITORY)]) == 0
    listed = {entry["cell"]: entry["reason"] for entry in json.loads(capsys.readouterr().out)["unreached"]}
    assert all(listed.values())
    assert "data/mean_differences.csv:rcs-6m-park:note" in listed
    assert not {PARK, "data/studies.csv:park:label", "data/review.toml:policy.model:p"} & set(listed)
    assert f"{len(listed)} cells" in told(capsys, "--unreached")
    assert main(["trace", "--review", str(REPOSITORY)]) == 2


def test_what_a_change_would_change_is_told_exactly(capsys: pytest.CaptureFixture[str]) -> None:
    """With --to: old and new of each value, the sentences that turn, and no word about what stays."""
    answer = trace(capsys, PARK, "--to", "-3.00")
    changes = {
        entry["key"]: (entry["before"]["shown"], entry["after"]["shown"])
        for entry in answer["values"]
        if entry["after"]  # a sentence of the ledger of claims counts other things then
    }
    assert changes["mean_differences.rcs-6m-park.md"] == ("−1.00", "−3.00")
    assert changes["rcs.m6.i_squared"] == ("93%", "96%")
    assert "rcs.m6.significance" not in changes
    assert any(s["before"] and "MD 1.80 points" in s["before"] for s in answer["sentences"])
    assert not any(s["after"] and "MD 1.80 points" in s["after"] for s in answer["sentences"])
    assert (REPOSITORY / "data/mean_differences.csv").read_text(encoding="utf-8").count(",-1.00,") == 1


def test_a_change_that_the_build_refuses_is_told_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    """Text where a number belongs, or data that a judgement no longer fits: trace says why, and ends well."""
    assert "Expected a number" in trace(capsys, PARK, "--to", "abc")["refused"][0]
    answer = trace(capsys, PARK, "--to", "1.00")
    assert answer["refused"][0].startswith("data/regrade.csv") and "rcs-inconsistency" in answer["refused"][0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rcs.m6.estimat"], "Did you mean rcs.m6.estimate?"),
        (["data/mean_difference.csv:a:b"], "Did you mean data/mean_differences.csv?"),
        (["data/mean_differences.csv:rcs-6m-prak:md"], "Did you mean rcs-6m-park?"),
        (["data/mean_differences.csv:rcs-6m-park:mdd"], "Did you mean md?"),
        (["rcs.m6.estimate", "--to", "5"], "FILE:ROW:COLUMN"),
    ],
)
def test_a_question_without_answer_is_an_error_with_a_hint(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong key, file, row or column ends with exit code 2 and the nearest that exists."""
    assert main(["trace", *words, "--review", str(REPOSITORY)]) == 2
    assert said in capsys.readouterr().err


# ---------------------------------------------------------------- cells


def test_every_field_of_every_file_is_a_cell() -> None:
    """CSV fields by row id and column, settings by their path; lists of tables by their ids."""
    cells = cells_of(REPOSITORY)
    assert cells[Address("data/mean_differences.csv", "rcs-6m-park", "md")] == "-1.00"
    assert cells[Address("data/review.toml", "analyses.mrss.by_time.subgroups.m6", "timepoint")] == "6"
    assert cells[Address("data/review.toml", "policy.model", "p")] == "0.1"
    rows = (REPOSITORY / "data/ulcers.csv").read_text(encoding="utf-8").splitlines()
    assert sum(a.file == "data/ulcers.csv" for a in cells) == (len(rows) - 1) * (rows[0].count(",") + 1)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("data/studies.csv:virzi:country", 'Italy, "north"'),
        ("data/review.toml:policy.model:p", "0.05"),
        ("data/review.toml:analyses.mrss.by_time:timepoints", "3, 6"),
        ("data/review.toml:search:until", "2021-02-02"),
    ],
)
def test_a_copy_differs_in_the_one_cell(cell: str, text: str, tmp_path: Path) -> None:
    """The copy has the new content in that cell and the old one in every other, and in all other files."""
    before = cells_of(REPOSITORY)
    address = find(before, cell)
    copy_with(REPOSITORY, address, text, tmp_path)
    after = cells_of(tmp_path)
    assert after[address] == text
    assert {a: raw for a, raw in after.items() if a != address} == {
        a: r for a, r in before.items() if a != address
    }
    template = "templates/results.html"
    assert (tmp_path / template).read_bytes() == (REPOSITORY / template).read_bytes()


def test_an_unknown_cell_is_not_guessed() -> None:
    """An address must match to the letter."""
    with pytest.raises(UsageError, match="has no column"):
        find(cells_of(REPOSITORY), "data/ulcers.csv:du-6m-park:Ulcers")


def test_trace_reads_the_review_it_is_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--review points it at another folder, whose data it follows."""
    copy = review_copy(tmp_path / "review")
    edit_cell(copy / "data/mean_differences.csv", "rcs-6m-park", "md", "-1.41")
    assert main(["trace", "mean_differences.rcs-6m-park.md", "--json", "--review", str(copy)]) == 0
    assert json.loads(capsys.readouterr().out)["number"] == -1.41
