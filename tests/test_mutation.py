"""What `trace` predicts is what changes in the rebuilt files: a seeded sample of all cells.

Every cell is run by `python -m benchmarks.mutation`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from benchmarks import mutation
from benchmarks.mutation import candidates, mutate, sample, summary
from sscreport.build import make
from sscreport.cells import Address, cells_of, find
from sscreport.progress import Progress
from tests.conftest import REPOSITORY, Built

CHOSEN = [  # one of each kind: a number, a threshold, a word that counts, a provenance, a name, a membership
    "data/mean_differences.csv:rcs-6m-park:md",
    "data/review.toml:policy.model:random_i_squared",
    "data/safety.csv:keyszer:events",
    "data/mean_differences.csv:mrss-6m-park:se_provenance",
    "data/studies.csv:park:label",
    "data/mean_differences.csv:rcs-6m-granel:outcome",
]


@pytest.fixture(scope="module", autouse=True)
def brief_review(brief: Built) -> Iterator[None]:
    """Cells are changed in the review whose supplement says next to nothing; its files are at hand."""

    @cache
    def at_hand(formats: tuple[str, ...]) -> tuple[Any, ...]:
        made = make(brief.review, Progress(quiet=True), paint="docx" in formats)
        return made, *mutation.read_back({name: brief.output / f"manuscript.{name}" for name in formats})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mutation, "ROOT", brief.review)
        patch.setattr(mutation, "baseline", at_hand)
        yield


@pytest.mark.parametrize("cell", CHOSEN)
def test_a_change_of_each_kind_changes_exactly_what_trace_says(cell: str) -> None:
    """Values printed otherwise in the finished HTML, and numbers in the file inside it: the same set."""
    outcome = mutate(find(cells_of(REPOSITORY), cell))
    assert outcome.exact, outcome
    assert outcome.refused or outcome.actual_numbers


def test_a_sample_of_all_cells_changes_exactly_what_trace_says() -> None:
    """Precision and recall are one over seeded cells, those included that change nothing."""
    outcomes = [mutate(address) for address in sample(8)]
    report = summary(outcomes)
    assert report["not as predicted"] == []
    assert report["printed values: precision, recall"] == (1.0, 1.0)
    assert report["values in values.json: precision, recall"] == (1.0, 1.0)
    assert all(o.reason for o in outcomes if not o.actual_numbers)


@pytest.mark.needs("pango")
def test_pdf_and_word_file_change_alike() -> None:
    """One changed cell changes the same values in all three finished formats."""
    outcome = mutate(find(cells_of(REPOSITORY), CHOSEN[0]), ("html", "pdf", "docx"))
    assert set(outcome.actual) == {"html", "pdf", "docx"}
    assert outcome.exact, outcome
    assert len(outcome.predicted) >= 10


def test_contents_to_try_differ_from_the_old() -> None:
    """For every cell there is something else to write, of its own type first."""
    cells = cells_of(REPOSITORY)
    for address, old in cells.items():
        found = list(candidates(address, old, cells))
        assert found and old not in found
    tries = candidates(Address("data/ulcers.csv", "du-6m-park", "healed_after"), "6", cells)
    assert next(tries).isdecimal()
