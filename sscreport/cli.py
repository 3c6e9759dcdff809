"""The command line: ``python build.py`` and the installed ``sscreport``.

Exit codes: 0 fine; 1 done, but with findings (a requested format could not be written); 2 usage
or input error; 130 interrupted.

Only the standard library and `problems` are imported at the top, so that ``--help`` is quick and
a missing package can be named instead of ending in a traceback.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sscreport import __version__
from sscreport.problems import InputError, SSCReportError, UsageError

FINE, FINDINGS, ERROR, INTERRUPTED = 0, 1, 2, 130
FORMATS = ("html", "pdf", "docx")  # those of `write.FORMATS`, named here so that --help imports no writer
BUILD_EXAMPLES = """\
  %(prog)s                         build everything into output/ and figures/
  %(prog)s --only html             write the HTML only, which is quickest
  %(prog)s --only pdf,docx         write two of the three formats
  %(prog)s --review ../my-review   build the review in another folder
  %(prog)s --output /tmp/draft     leave the review's own output as it is
"""


@dataclass(frozen=True)
class Command:
    """A subcommand: its help, its own options, and what it does (``run`` returns an exit code)."""

    summary: str
    examples: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def entry() -> None:
    """The installed ``sscreport`` command."""
    sys.exit(main())


def main(argv: Sequence[str] | None = None, default_review: Path | None = None) -> int:
    """Run one command and return its exit code.

    ``argv`` are the arguments after the program's name (default: those of this process).
    ``default_review`` is the review folder used without ``--review`` (default: current folder).
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        options = _parse(words, default_review)
    except SystemExit as stop:  # argparse has said what was wrong, or printed the help
        return stop.code if isinstance(stop.code, int) else ERROR
    try:
        return COMMANDS[options.command].run(options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if options.debug:
            traceback.print_exc()
        print(_explain(error), file=sys.stderr)
        return ERROR


def _parse(words: list[str], default_review: Path | None) -> argparse.Namespace:
    """``build`` is the command where none is named."""
    command = words.pop(0) if words and words[0] in COMMANDS else "build"
    prog = "sscreport" if default_review is None else "python build.py"
    others = [f"  {prog} {name}: {COMMANDS[name].summary}" for name in COMMANDS if name != command]
    epilog = f"examples:\n{COMMANDS[command].examples}"
    if others:
        epilog += "\nother commands:\n" + "\n".join(others)
    parser = argparse.ArgumentParser(
        prog=prog if command == "build" else f"{prog} {command}",
        description=COMMANDS[command].summary,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--review",
        type=Path,
        metavar="DIR",
        default=default_review or Path.cwd(),
        help="folder of the review (default: %(default)s)",
    )
    COMMANDS[command].add_options(parser)
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.add_argument("--version", action="version", version=f"sscreport {__version__}")
    parser.set_defaults(command=command)
    return parser.parse_args(words)


def _add_build_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder to write to; figures go to DIR/figures (default: output/ in the review's "
        "folder, with figures/ beside it)",
    )
    parser.add_argument(
        "--only",
        type=_formats,
        metavar="FORMATS",
        default=FORMATS,
        help=f"formats to write, separated by commas (default: {','.join(FORMATS)})",
    )
    parser.add_argument("--quiet", action="store_true", help="print warnings and errors only")


def _formats(text: str) -> tuple[str, ...]:
    """The formats named in ``text``, each once, in the order of `FORMATS`."""
    names = [name.strip().lower() for name in text.split(",")]
    for name in names:
        if name not in FORMATS:
            raise argparse.ArgumentTypeError(
                f"{name!r} is not a format. Allowed are {', '.join(FORMATS)}, separated by commas."
            )
    return tuple(name for name in FORMATS if name in names)


def _run_build(options: argparse.Namespace) -> int:
    review, output, figures = _folders(options.review, options.output)

    from sscreport.build import build
    from sscreport.progress import Progress

    progress = Progress(quiet=options.quiet)
    result = build(review, output, figures, options.only, progress)
    progress.summary(result.written, result.warnings)
    suffixes = {path.suffix for path in result.written}
    missing = [name.upper() for name in options.only if f".{name}" not in suffixes]
    if missing:
        print(f"\n{' and '.join(missing)} could not be written; see the warnings.", file=sys.stderr)
    return FINDINGS if missing else FINE


def _folders(review: Path, output: Path | None) -> tuple[Path, Path, Path]:
    """Absolute folders of the review, its output and its figures.

    Raises UsageError where the first is no review or the second cannot be a folder.
    """
    review = review.resolve()
    if not (review / "data").is_dir():
        raise UsageError(
            f"{review} is not a review: it has no folder data/. Name the review's folder with --review."
        )
    usual = review / "output"
    output = usual if output is None else output.resolve()
    if output.exists() and not output.is_dir():
        raise UsageError(f"{output} is a file. Name a folder with --output.")
    return review, output, (review if output == usual else output) / "figures"


def _explain(error: Exception) -> str:
    """What a user needs to know about ``error``, without a traceback."""
    if isinstance(error, InputError):
        count = len(error.problems)
        listed = "\n".join(f"{number}. {problem}" for number, problem in enumerate(error.problems, 1))
        return f"{listed}\n{count} problem{'' if count == 1 else 's'}; nothing was written."
    if isinstance(error, SSCReportError):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("sscreport"):
        return (
            f"The Python package {error.name} is missing. Run `make` and then "
            "`.venv/bin/python build.py`, or run `pip install .` in the folder of sscreport."
        )
    if isinstance(error, OSError) and error.filename is not None:
        hint = " Is it open in another program?" if isinstance(error, PermissionError) else ""
        return f"{error.filename}: {error.strerror}.{hint}"
    return (
        f"This is a bug in sscreport {__version__}: {type(error).__name__}: {error}\n"
        "Run the same command with --debug and report what it prints."
    )


COMMANDS = {
    "build": Command(
        "Rebuild a systematic review's manuscript from its data: HTML, PDF and DOCX.",
        BUILD_EXAMPLES,
        _add_build_options,
        _run_build,
    ),
}
