"""``respond``: a round of review becomes the package that is sent back."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from sscreport.commands.command import FINDINGS, FINE, Command, add_json, print_json, review_folder
from sscreport.problems import InputError, Problem, UsageError

EXAMPLES = """\
  %(prog)s responses/round-1.md                      letter, clean and marked manuscript in output/round-1/
  %(prog)s responses/round-1.md --output /tmp/draft  in another folder
  %(prog)s responses/round-1.md --check              read the finished package, make nothing
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("round", type=Path, metavar="ROUND", help="the file with comments and answers")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="folder of the package (default: output/NAME-OF-THE-ROUND)"
    )
    parser.add_argument(
        "--check", action="store_true", help="check the finished package against today's review"
    )
    add_json(parser)


def _run(options: argparse.Namespace) -> int:
    root = review_folder(options.review)
    path = options.round if options.round.is_absolute() else _within(root, options.round)
    output = options.output or root / "output" / path.stem
    return _check(options, root, output) if options.check else _respond(options, root, path, output)


def _within(root: Path, path: Path) -> Path:
    """A relative path is looked for in the review first, then in the current folder."""
    return root / path if (root / path).is_file() else path.resolve()


def _check(options: argparse.Namespace, root: Path, output: Path) -> int:
    from sscreport.enclosure import read_inputs
    from sscreport.response import check_package

    findings = check_package(output, read_inputs(root))
    if options.json:
        print_json([{"file": finding.file, "message": finding.message} for finding in findings])
    else:
        for number, finding in enumerate(findings, start=1):
            print(f"{number}. {finding.file}: {finding.message}")
        if not findings:
            print("The letter says what the finished manuscript says.")
    return FINDINGS if findings else FINE


def _respond(options: argparse.Namespace, root: Path, path: Path, output: Path) -> int:
    from sscreport.editions import find, obtain
    from sscreport.editions.git import repository
    from sscreport.progress import Progress
    from sscreport.response import read_round, respond

    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    try:
        round_ = read_round(name, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise InputError([Problem(name, f"A round must be UTF-8 text: {error.reason}.")]) from error
    progress, git = Progress(quiet=options.json), repository(root)
    with tempfile.TemporaryDirectory() as folder:
        try:
            source = find(round_.against, root, git, Path(folder))
        except UsageError as error:
            raise InputError([Problem(name, f"against: {error}", 1)]) from error
        written = respond(round_, root, obtain(source, progress), git, output, progress)
    if options.json:
        print_json({"written": [str(path) for path in written]})
    else:
        progress.summary(written, [])
    return FINE


COMMAND = Command(
    "Make the resubmission package of a round of review: letter, clean and marked manuscript.",
    EXAMPLES,
    _add_options,
    _run,
)
