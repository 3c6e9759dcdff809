"""What several test files share: one build of the shipped review, and no silent skips in CI."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
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
# Workers take files from the front, so the longest come first. What two neighbours need is not the same
# build, so that neither waits for the other to make it.
LONGEST_FIRST = (
    "test_stale.py", "test_marked_docx.py", "test_check.py", "test_verify.py", "test_html_cards.py",
    "test_merge.py", "test_mutation.py", "test_diff.py", "test_redline.py", "test_diff_forms.py",
    "test_diff_command.py", "test_trace.py", "test_identity.py", "test_figure_data.py", "test_pdf_origins.py",
    "test_crate.py", "test_docx_origins.py", "test_tables_formats.py", "test_figure_command.py",
    "test_manuscript.py", "test_editions.py",
)  # fmt: skip


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
    with _shared(tmp_path_factory, "built") as folder:
        return _built(REPOSITORY, folder / "output")


@pytest.fixture(scope="session")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The shipped review with next to nothing in its supplement, for tests that make it again and again."""
    with _shared(tmp_path_factory, "brief") as folder:
        review = folder / "review"
        if not review.exists():
            for part in ("data", "templates"):
                shutil.copytree(REPOSITORY / part, review / part)
            abridge(review)
        return _built(review, folder / "output")


@contextmanager
def _shared(factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """A folder that all workers of a run have in common, for one of them at a time."""
    root = factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield root / name


def _built(review: Path, output: Path) -> Built:
    """The review in every format; built by the first worker that asks, whose result the others read."""
    from sscreport.build import BuildResult, build

    figures, note = output / "figures", output.with_name("result.json")
    if not note.exists():
        result = build(review, output, figures, ("html", "pdf", "docx"), Progress(quiet=True))
        note.write_text(json.dumps([list(map(str, result.written)), result.warnings]), encoding="utf-8")
    written, warnings = json.loads(note.read_text(encoding="utf-8"))
    return Built(output, figures, BuildResult(list(map(Path, written)), warnings), review)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, the others in their order."""
    place = {name: position for position, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


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
