"""The command line: what it accepts, what it says when something is wrong, and its exit codes."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rich.console import Console

from sscreport import __version__
from sscreport.cli import main
from sscreport.commands.build import FORMATS
from sscreport.problems import BuildError, InputError, Problem, UsageError
from sscreport.progress import Progress
from sscreport.write import FORMATS as WRITERS

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass
class Result:
    """The two things the command line reads of a finished build."""

    written: list[Path] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass
class StandIn:
    """A build that notes how it was called, writes empty files or fails as it is told."""

    unwritten: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    failure: BaseException | None = None
    calls: list[dict[str, Any]] = field(default_factory=list)

    def __call__(
        self,
        review: Path,
        output: Path,
        figures: Path,
        formats: Sequence[str],
        progress: Progress,
        line_numbers: bool,
    ) -> Result:
        self.calls.append({"review": review, "output": output, "figures": figures, "formats": tuple(formats)})
        with progress.step("write"):
            if self.failure is not None:
                raise self.failure
            output.mkdir(parents=True, exist_ok=True)
            paths = [output / f"manuscript.{name}" for name in formats if name not in self.unwritten]
            for path in paths:
                path.write_bytes(b"0" * 2500)
        return Result(paths, list(self.warnings))


Install = Callable[..., StandIn]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Replace the build by a stand-in and return it."""

    def install(**settings: Any) -> StandIn:
        double = StandIn(**settings)
        module = ModuleType("sscreport.build")
        module.build = double  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "sscreport.build", module)
        return double

    return install


@pytest.fixture
def review(tmp_path: Path) -> Path:
    """A folder that looks like a review."""
    (tmp_path / "review" / "data").mkdir(parents=True)
    return tmp_path / "review"


def test_plain_call_builds_everything_beside_the_data(stand_in: Install, review: Path) -> None:
    """Without options every format goes to output/ and the figures to figures/ of the review."""
    build = stand_in()
    assert main([], default_review=review) == 0
    assert build.calls == [
        {
            "review": review,
            "output": review / "output",
            "figures": review / "figures",
            "formats": ("html", "pdf", "docx"),
        }
    ]


def test_build_may_be_named(stand_in: Install, review: Path) -> None:
    """``build.py build`` is the same as ``build.py``."""
    build = stand_in()
    assert main(["build", "--only", "html"], default_review=review) == 0
    assert build.calls[0]["formats"] == ("html",)


def test_installed_command_builds_the_current_folder(
    stand_in: Install, review: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a default review, the current folder is the review."""
    build = stand_in()
    monkeypatch.chdir(review)
    assert main([]) == 0
    assert build.calls[0]["review"] == review


def test_figures_follow_another_output_folder(stand_in: Install, review: Path, tmp_path: Path) -> None:
    """With --output DIR the figures go to DIR/figures, so the review's own stay as they are."""
    build = stand_in()
    assert main(["--review", str(review), "--output", str(tmp_path / "draft")]) == 0
    assert build.calls[0]["output"] == tmp_path / "draft"
    assert build.calls[0]["figures"] == tmp_path / "draft" / "figures"


def test_usual_output_folder_may_be_named(stand_in: Install, review: Path) -> None:
    """Naming the review's own output folder changes nothing."""
    build = stand_in()
    main(["--review", str(review), "--output", str(review / "output")])
    assert build.calls[0]["figures"] == review / "figures"


def test_only_takes_each_format_once(stand_in: Install, review: Path) -> None:
    """--only forgives spaces, capitals, order and repetition."""
    build = stand_in()
    assert main(["--only", "docx, HTML,docx"], default_review=review) == 0
    assert build.calls[0]["formats"] == ("html", "docx")


@pytest.mark.parametrize("formats", ["pfd", "html,", "", "html pdf"])
def test_unknown_format_lists_the_allowed_ones(
    formats: str, stand_in: Install, review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong --only is a usage error that names every allowed format, and nothing is built."""
    build = stand_in()
    assert main(["--only", formats], default_review=review) == 2
    assert "Allowed are html, pdf, docx" in capsys.readouterr().err
    assert not build.calls


def test_every_writer_can_be_asked_for() -> None:
    """The formats offered are those that have a writer, in the same order."""
    assert tuple(WRITERS) == FORMATS


def test_unknown_word_is_a_usage_error(
    stand_in: Install, review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A word that is no command and no option is named, and nothing is built."""
    build = stand_in()
    assert main(["biuld"], default_review=review) == 2
    assert "biuld" in capsys.readouterr().err
    assert not build.calls


def test_help_shows_options_and_examples(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--help explains every option, gives examples for the way it was called, and succeeds."""
    assert main(["--help"], default_review=review) == 0
    text = capsys.readouterr().out
    for expected in ("--review", "--output", "--only", "--quiet", "python build.py --only pdf,docx"):
        assert expected in text
    assert main(["--help"]) == 0
    assert "sscreport --only pdf,docx" in capsys.readouterr().out


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    """--version prints the version of the package."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"sscreport {__version__}\n"


def test_folder_without_data_is_no_review(
    stand_in: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that is no review is a usage error that says how to name the right one."""
    stand_in()
    assert main(["--review", str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert str(tmp_path) in message
    assert "--review" in message


def test_output_must_not_be_a_file(
    stand_in: Install, review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An --output that is a file is refused before anything is built."""
    build = stand_in()
    (review / "notes.txt").write_text("mine")
    assert main(["--review", str(review), "--output", str(review / "notes.txt")]) == 2
    assert "is a file" in capsys.readouterr().err
    assert not build.calls


def test_unwritten_format_is_a_finding(
    stand_in: Install, review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A requested format that was not written gives exit code 1, its name and the reason, even quietly."""
    stand_in(unwritten=("pdf",), warnings=("Pango is missing.",))
    assert main(["--quiet"], default_review=review) == 1
    message = capsys.readouterr().err
    assert "PDF could not be written" in message
    assert "Pango is missing." in message


def test_warnings_alone_are_fine(stand_in: Install, review: Path) -> None:
    """A finished build with warnings still succeeds."""
    stand_in(warnings=("A reference has no DOI.",))
    assert main([], default_review=review) == 0


@pytest.mark.parametrize("kind", [InputError, BuildError])
def test_all_problems_are_numbered(
    kind: type[InputError], stand_in: Install, review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong input lists every problem with its place, then their number, and shows no traceback."""
    problems = [
        Problem("data/studies.csv", "A sample size is a whole number.", 3, "wang2013", "n", "five"),
        Problem("data/ulcers.csv", "This file is needed."),
    ]
    stand_in(failure=kind(problems))
    assert main([], default_review=review) == 2
    captured = capsys.readouterr()
    assert "1. data/studies.csv, line 3 (row wang2013): n is five." in captured.err
    assert "2. data/ulcers.csv: This file is needed." in captured.err
    assert captured.err.rstrip().endswith("2 problems; nothing was written.")
    assert "Traceback" not in captured.out + captured.err


def test_one_problem_is_singular(stand_in: Install, review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One problem is not called "problems"."""
    stand_in(failure=InputError([Problem("data/ulcers.csv", "This file is needed.")]))
    main([], default_review=review)
    assert "1 problem; nothing was written." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        (UsageError("The folder templates/ is missing."), 2, "The folder templates/ is missing."),
        (PermissionError(13, "Permission denied", "review.docx"), 2, "review.docx: Permission denied"),
        (ModuleNotFoundError("no", name="lxml"), 2, "package lxml is missing. Run `make`"),
        (ZeroDivisionError("division by zero"), 2, "This is a bug in sscreport"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_every_failure_is_explained(
    failure: BaseException,
    code: int,
    words: str,
    stand_in: Install,
    review: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever goes wrong, the user reads plain words and never a traceback."""
    stand_in(failure=failure)
    assert main([], default_review=review) == code
    message = capsys.readouterr().err
    assert words in message
    assert "Traceback" not in message


def test_debug_shows_the_traceback(
    stand_in: Install, review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--debug adds the traceback for whoever repairs it."""
    stand_in(failure=ZeroDivisionError("division by zero"))
    assert main(["--debug"], default_review=review) == 2
    assert "Traceback" in capsys.readouterr().err


def test_plain_progress_names_steps_and_files(
    stand_in: Install, review: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Away from a terminal: the step's name on a line, files with sizes, times, warnings; no codes."""
    monkeypatch.chdir(review)
    stand_in(warnings=("A reference has no [DOI].",))
    main(["--only", "html"], default_review=review)
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert lines[0] == "write"
    assert f"  {Path('output/manuscript.html')}    2.5 kB" in lines
    assert any(line.startswith("Time ") and "write" in line for line in lines)
    assert "  1. A reference has no [DOI]." in lines
    assert "\x1b" not in captured.err


def test_quiet_says_nothing_where_all_is_well(
    stand_in: Install, review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--quiet prints nothing when there is nothing to complain about."""
    stand_in()
    assert main(["--quiet"], default_review=review) == 0
    assert capsys.readouterr() == ("", "")


def test_files_of_one_kind_share_a_line(tmp_path: Path) -> None:
    """Nine figures are one line with their number and their size together."""
    paths = [tmp_path / f"{number}.svg" for number in range(9)]
    for path in paths:
        path.write_bytes(b"0" * 1000)
    text = io.StringIO()
    Progress(console=Console(file=text)).summary(paths, [])
    assert f"{tmp_path / '*.svg'}    9.0 kB  (9 files)" in text.getvalue()


def test_terminal_shows_how_each_step_ended() -> None:
    """On a terminal a finished step has a tick, a failed one a cross, and its error passes on."""
    text = io.StringIO()
    progress = Progress(console=Console(file=text, force_terminal=True, _environ={"TERM": "xterm"}))
    with progress.step("load"):
        pass
    with pytest.raises(UsageError), progress.step("draw"):
        raise UsageError("no")
    assert "✓ load" in text.getvalue()
    assert "✗ draw" in text.getvalue()
    assert list(progress.seconds) == ["load"]


def test_build_script_runs_from_anywhere(tmp_path: Path) -> None:
    """``python build.py`` finds its package and its review whatever the current folder is."""
    run = subprocess.run(
        [sys.executable, str(REPOSITORY / "build.py"), "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={"COLUMNS": "500"},
    )
    assert f"default: {REPOSITORY}" in run.stdout
