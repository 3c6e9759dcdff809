"""Any other review can be put in the shipped one's place: here an invented one, as small as can be."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from sscreport.cli import main
from tests import read_docx, read_html
from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented review, built to HTML and DOCX."""
    folder = tmp_path_factory.mktemp("other")
    shutil.copytree(REPOSITORY / "tests/small_review", folder / "review")
    assert main(["--review", str(folder / "review"), "--only", "html,docx", "--quiet"]) == 0
    return folder / "review/output"


def test_a_review_without_screening_or_judgements_builds(output: Path) -> None:
    """Tables that a review does not have are not asked of it, and its numbers carry their keys."""
    page = output / "manuscript.html"
    assert read_html.unexplained_digits(page) == []
    assert set(read_docx.read_values(output / "manuscript.docx")) == set(read_html.read_values(page))
    assert (output.parent / "figures/walk.svg").is_file()


def test_more_can_be_better(output: Path) -> None:
    """Where patients improve upwards, a negative difference of before minus after is an improvement."""
    text = (output / "manuscript.html").read_text(encoding="utf-8")
    assert read_html.read_values(output / "manuscript.html")["walk.m6.estimate"][0] == "−25.50"
    assert "walking distance rose" in re.sub("<[^>]+>", "", text)


def test_the_confidence_level_is_the_reviews_own(output: Path) -> None:
    """A level of 90% changes the intervals (−25.50 ± 1.6449 × 4.654) and every label that names it."""
    values = read_html.read_values(output / "manuscript.html")
    assert (values["walk.m6.ci_low"][0], values["walk.m6.ci_high"][0]) == ("−33.16", "−17.84")
    text = (output / "manuscript.html").read_text(encoding="utf-8")
    assert "95%" not in text
    assert "IV, Fixed, " in text


def test_nothing_reconstructed_has_no_dagger(output: Path) -> None:
    """With primary data alone there is no dagger and no talk of reconstruction."""
    for path in (output / "manuscript.html", output.parent / "figures/walk.svg"):
        text = path.read_text(encoding="utf-8")
        assert "†" not in text
        assert "reconstructed to reproduce" not in text


def test_what_an_earlier_build_left_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files that a build did not renew are warned of by name and not touched."""
    review = tmp_path / "review"
    shutil.copytree(REPOSITORY / "tests/small_review", review)
    assert main(["--review", str(review), "--only", "html,docx", "--quiet"]) == 0
    assert "earlier build" not in capsys.readouterr().err
    for path in (review / "data/review.toml", review / "templates/results.html"):
        text = path.read_text(encoding="utf-8")
        text = text.replace('id = "walk"', 'id = "distance"').replace('figure("walk")', 'figure("distance")')
        path.write_text(text.replace("fig-walk", "fig-distance"), encoding="utf-8")
    assert main(["--review", str(review), "--only", "html", "--quiet"]) == 0
    said = capsys.readouterr().err
    for name in ("walk.svg in figures/", "walk.png in figures/", "manuscript.docx in output/"):
        assert f"{name} is of an earlier build" in said
    assert (review / "figures/walk.svg").is_file() and (review / "output/manuscript.docx").is_file()
    assert "manuscript.html" not in said
