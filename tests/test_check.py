"""`check`: the audit of the finished files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sscreport.cli import main
from tests.conftest import Built


@pytest.mark.needs("pango")
def test_the_finished_files_pass_their_audit(
    built: Built, brief: Built, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every number of all three files has a class, none is unexplained, and the keys are the same."""
    assert main(["check", "--output", str(built.output), "--json"]) == 0
    audit = json.loads(capsys.readouterr().out)
    assert audit["problems"] == []
    assert audit["keys"]["html"] == audit["keys"]["pdf"] == audit["keys"]["docx"] > 700
    for name in ("html", "pdf", "docx"):
        numbers = audit["numbers"][name]
        assert "unexplained" not in numbers
        assert numbers["value"] > 450 and numbers["citation"] > 50 and numbers["card or appendix"] > 3000
    assert main(["check", "--output", str(brief.output)]) == 0
    assert "Every number has an identity" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Controlled trials are needed.", "Another 12 trials are needed.", "12 has no identity"),
        (
            'data-value="included.patients"',
            'data-value="included.patient"',
            "included.patient stands in the HTML",
        ),
        (">133<", ">134<", "included.patients reads"),
    ],
)
def test_what_a_file_hides_is_found(
    old: str, new: str, said: str, brief: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A number without identity, a key of one format only and a differing text each end with exit code 1."""
    for name in ("html", "docx"):
        shutil.copy(brief.output / f"manuscript.{name}", tmp_path)
    page = tmp_path / "manuscript.html"
    text = page.read_text(encoding="utf-8")
    assert old in text
    page.write_text(text.replace(old, new), encoding="utf-8")
    assert main(["check", "--output", str(tmp_path)]) == 1
    assert said in " ".join(capsys.readouterr().out.split())


def test_without_finished_files_there_is_nothing_to_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty folder is an error that says what to do."""
    assert main(["check", "--output", str(tmp_path)]) == 2
    assert "Build them first" in capsys.readouterr().err
