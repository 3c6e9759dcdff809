"""A supplement follows the references, with figures and tables that are numbered on their own."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from sscreport.cli import main
from sscreport.read import read
from sscreport.reading import ORIGIN
from tests.conftest import REPOSITORY

PART = """<h3>Further results</h3>
<p>See {{ ref("fig-again") }} and {{ ref("table-once-more") }}.</p>
{% call figure("again") %}<strong>The same studies.</strong>{% endcall %}
{% call table("once-more") %}<strong>The studies again.</strong>{% endcall %}
"""
SETTINGS = """
[[figures]]
id = "again"
kind = "forest"
analysis = "walk.m6"

[[tables]]
id = "once-more"
kind = "characteristics"
columns = [{ title = "Year", text = "{year}" }]
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented review with a supplement, in every format."""
    review = tmp_path_factory.mktemp("supplement") / "review"
    shutil.copytree(REPOSITORY / "tests/small_review", review)
    (review / "templates/further.html").write_text(PART, encoding="utf-8")
    path = review / "data/review.toml"
    settings = path.read_text(encoding="utf-8")
    wanted = 'sections = ["results"]'
    assert wanted in settings
    path.write_text(
        settings.replace(wanted, f'{wanted}\nsupplement = ["further"]') + SETTINGS, encoding="utf-8"
    )
    assert main(["--review", str(review), "--quiet"]) == 0
    return review / "output"


def test_the_supplement_stands_last(output: Path) -> None:
    """Its heading follows the text, and the references where there are any."""
    text = (output / "manuscript.html").read_text(encoding="utf-8")
    sections = re.findall(r'<section id="([\w-]+)"', text)
    assert sections[0] == "results" and sections[-2:] == ["supplement", "further"]


@pytest.mark.needs("pango")
def test_its_figures_and_tables_are_numbered_with_s(output: Path) -> None:
    """Fig. S1 and Table S1 beside Fig. 1 and Table 1, in captions and where the text refers to them."""
    for name in ("html", "docx", "pdf"):
        _, reading = read(output / f"manuscript.{name}")
        plain = " ".join("".join(piece.text for piece in reading.pieces if piece.kind != ORIGIN).split())
        assert "See Fig. S1 and Table S1." in plain
        assert plain.count("Fig. S1") > 1 and plain.count("Table S1") > 1
        assert "Fig. 2" not in plain and "Table 2" not in plain


@pytest.mark.needs("pango")
def test_every_number_is_explained(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The audit of the finished files finds the same values in all formats and no number without one."""
    assert main(["check", "--review", str(output.parent), "--output", str(output)]) == 0
    assert re.search(r"unexplained\s+0\s+0\s+0", capsys.readouterr().out)
