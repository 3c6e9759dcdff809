"""What several test files share: one build of the shipped review, and no silent skips in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sscreport.progress import Progress
from tests.abridged import abridge

if TYPE_CHECKING:
    from sscreport.build import BuildResult

REPOSITORY = Path(__file__).resolve().parent.parent
NO_SKIP = bool(os.environ.get("SSCREPORT_NO_SKIP"))


@dataclass(frozen=True)
class Built:
    """A review, built once for all tests, away from the tracked output."""

    output: Path
    figures: Path
    result: BuildResult
    review: Path = REPOSITORY


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Every format of the shipped review in a temporary folder."""
    from sscreport.build import build

    output = tmp_path_factory.mktemp("built")
    figures = output / "figures"
    result = build(REPOSITORY, output, figures, ("html", "pdf", "docx"), Progress(quiet=True))
    return Built(output, figures, result)


@pytest.fixture(scope="session")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The shipped review with next to nothing in its supplement, for tests that make it again and again."""
    from sscreport.build import build

    review, output = tmp_path_factory.mktemp("brief"), tmp_path_factory.mktemp("brief_output")
    for part in ("data", "templates"):
        shutil.copytree(REPOSITORY / part, review / part)
    abridge(review)
    figures = output / "figures"
    result = build(review, output, figures, ("html", "pdf", "docx"), Progress(quiet=True))
    return Built(output, figures, result, review)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Honour ``@pytest.mark.needs("soffice", …)``: programs, or one of `LIBRARIES`."""
    needed = [name for mark in item.iter_markers("needs") for name in mark.args]
    missing = [name for name in needed if not LIBRARIES.get(name, shutil.which)(name)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@cache
def _has_pango(_: str) -> bool:
    from sscreport.write.pdf import PdfUnavailable, load_weasyprint

    try:
        load_weasyprint()
    except PdfUnavailable:
        return False
    return True


@cache
def _has_word_fonts(_: str) -> bool:
    """Whether fonts as wide as Word's are there; with others LibreOffice breaks pages elsewhere."""
    listed = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=False)
    return "Liberation Serif" in listed.stdout or "Times New Roman" in listed.stdout


# What a test may need besides programs: WeasyPrint's libraries, fonts of Word's widths.
LIBRARIES = {"pango": _has_pango, "liberation": _has_word_fonts}


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"SSCREPORT_NO_SKIP is set, but: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test fails where SSCREPORT_NO_SKIP is set."""
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """So does a module that skips itself while it is collected."""
    report = yield
    _forbid_skip(report)
    return report
