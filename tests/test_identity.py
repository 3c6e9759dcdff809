"""What every number's identity promises: the same keys in all formats, and only what depends changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sscreport.build import build
from sscreport.progress import Progress
from tests import read_docx, read_html, read_pdf
from tests.conftest import Built
from tests.test_data import edit_cell, review_copy

FORMATS = ("html", "pdf", "docx")
CELL = ("mean_differences", "rcs-6m-park", "md")


def values(built: Path) -> dict[str, Any]:
    return json.loads((built / "values.json").read_text(encoding="utf-8"))["values"]


def read(output: Path) -> dict[str, dict[str, list[str]]]:
    """Texts by key in each of the three finished formats."""
    page = output / "manuscript.html"
    return {
        "html": read_html.read_values(page),
        "pdf": read_pdf.read_values(output / "manuscript.pdf", read_html.texts_by_id(page)),
        "docx": read_docx.read_values(output / "manuscript.docx"),
    }


def texts(found: dict[str, list[str]]) -> dict[str, set[str]]:
    """The distinct texts of each key; keys that mark shapes or stand in a figure only have none."""
    return {key: {" ".join(text.split()) for text in all_ if text} for key, all_ in found.items()}


@pytest.fixture(scope="module")
def shipped(brief: Built) -> dict[str, dict[str, list[str]]]:
    return read(brief.output)


@pytest.mark.needs("pango")
def test_keys_are_the_same_set_in_all_formats(brief: Built, shipped: dict[str, dict[str, list[str]]]) -> None:
    """HTML, PDF and DOCX carry the same keys, and values.json lists every one of them."""
    html, pdf, docx = (set(shipped[name]) for name in FORMATS)
    assert html == pdf
    assert html == docx
    assert html <= set(values(brief.output))
    assert len(html) > 300


@pytest.mark.needs("pango")
def test_texts_are_the_same_in_all_formats(shipped: dict[str, dict[str, list[str]]]) -> None:
    """What a key prints in PDF and DOCX is what it prints in HTML."""
    html = texts(shipped["html"])
    for name in ("pdf", "docx"):
        for key, found in texts(shipped[name]).items():
            assert found <= html[key], f"{name}: {key} prints {found}, HTML {html[key]}"


def test_no_digit_is_unexplained(built: Built) -> None:
    """Every digit of the finished HTML stands in a value, citation, reference or constant."""
    assert read_html.unexplained_digits(built.output / "manuscript.html") == []


def test_values_list_their_sources_down_to_the_cell(built: Built) -> None:
    """A pooled estimate names its rule, its cells with raw text, and where it is used."""
    register = json.loads((built.output / "values.json").read_text(encoding="utf-8"))
    entry = register["values"]["rcs.m6.estimate"]
    assert entry["texts"] == ["1.80"]
    assert "DerSimonian" in entry["rule"]
    assert entry["provenance"] == "reconstructed"
    cell = register["cells"]["data/mean_differences.csv:rcs-6m-park:md"]
    assert (cell["raw"], cell["provenance"]) == ("-1.00", "reconstructed")
    assert "data/mean_differences.csv:rcs-6m-park:md" in entry["cells"]
    assert {"results-rcs", "figures/rcs.svg"} <= set(entry["used"])
    for key, value in register["values"].items():
        assert value["cells"], f"{key} rests on no cell"
        assert set(value["cells"]) <= set(register["cells"]), key


@pytest.mark.needs("pango")
def test_one_cell_changes_exactly_what_depends_on_it(
    brief: Built, shipped: dict[str, dict[str, list[str]]], tmp_path: Path
) -> None:
    """A changed mean difference changes the numbers computed from it, in all three formats, and no other.

    The ledger of published claims is left out: its sentences count and name other things then.
    """
    copy = review_copy(tmp_path / "review", brief.review)
    table, row, column = CELL
    edit_cell(copy / f"data/{table}.csv", row, column, "-1.41")
    build(copy, copy / "output", copy / "figures", FORMATS, Progress(quiet=True))

    before, after = (without_ledger(values(output)) for output in (brief.output, copy / "output"))
    cell = f"data/{table}.csv:{row}:{column}"
    dependent = {key for key, value in before.items() if cell in value["cells"]}
    numbers = {key for key in dependent if not isinstance(before[key]["number"], str)}
    assert before.keys() == after.keys()
    changed = {key for key in before if before[key]["number"] != after[key]["number"]}
    assert changed <= dependent
    for key in numbers - changed:  # a count, an extreme or what is not there may rest on a cell and stay
        number = before[key]["number"]
        assert number is None or isinstance(number, int) or key.endswith((".lowest", ".highest")), key
    assert len(numbers & changed) > 10

    shown = {key for key in before if before[key]["texts"] != after[key]["texts"]}
    assert {"rcs.m6.estimate", "rcs.m6.ci_low", "mean_differences.rcs-6m-park.md"} <= shown <= dependent
    for name, found in read(copy / "output").items():
        old, new = (without_ledger(texts(printed)) for printed in (shipped[name], found))
        assert old.keys() == new.keys()
        changed = {key for key in old if old[key] != new[key]}
        in_text = {key for key in shown if old[key]}
        assert changed == in_text, name


def without_ledger(by_key: dict[str, Any]) -> dict[str, Any]:
    """Everything but the verdicts on published claims and the parts of their sentences."""
    return {key: entry for key, entry in by_key.items() if not key.startswith("ledger.")}


EDITS = [
    ("mean_differences", "mrss-6m-zhang", "md", "4.52"),
    ("mean_differences", "mhiss-12m-blezien", "se", "1.801"),
    ("ulcers", "du-6m-granel", "healed_after", "6"),
    ("studies", "zhang", "mean_age", "37.9"),
    ("newcastle_ottawa", "scuderi", "total", "6"),
    ("search", "pubmed", "database", "MEDLINE"),
]


def test_changes_in_any_table_stay_within_what_depends_on_them(built: Built, tmp_path: Path) -> None:
    """Several edits change only values that rest on the edited cells, and at least one for each."""
    copy = review_copy(tmp_path / "review")
    for table, row, column, text in EDITS:
        edit_cell(copy / f"data/{table}.csv", row, column, text)
    build(copy, copy / "output", copy / "figures", ("html",), Progress(quiet=True))
    before, after = values(built.output), values(copy / "output")
    changed = {key for key in before if key in after and before[key]["number"] != after[key]["number"]}
    touched = {f"data/{table}.csv:{row}:{column}" for table, row, column, _ in EDITS}
    rests = {key: rests_on(key, before) & touched for key in before}
    assert {key for key in changed if not rests[key]} == set()
    assert set().union(*(rests[key] for key in changed)) == touched


def rests_on(key: str, register: dict[str, Any]) -> set[str]:
    """Every cell behind a value, those of its decisions included, followed through the register."""
    cells: set[str] = set()
    seen, queue = set(), [key]
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            entry = register[name]
            cells.update(entry["cells"])
            queue += [*entry.get("from", []), *entry.get("decided by", [])]
    return cells


@pytest.mark.needs("pango")
def test_the_same_inputs_give_the_same_bytes(brief: Built, tmp_path: Path) -> None:
    """A second build writes every file, PDF, DOCX and PNG included, with the same bytes."""
    copy = review_copy(tmp_path / "review", brief.review)
    result = build(copy, copy / "output", copy / "output/figures", FORMATS, Progress(quiet=True))
    assert len(result.written) == len(brief.result.written)
    for path in result.written:
        first = brief.output / path.relative_to(copy / "output")
        assert path.read_bytes() == first.read_bytes(), path.name
