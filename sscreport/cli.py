"""The command line: ``python build.py`` and the installed ``sscreport``.

Exit codes: 0 fine; 1 done, but with findings (a format could not be written, a number is off); 2
usage or input error; 130 interrupted.

Only the standard library, `commands` and `problems` are imported at the top, so that ``--help`` is
quick and a missing package can be named instead of ending in a traceback.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from sscreport import __version__
from sscreport.commands import (
    audit,
    build,
    check,
    diff,
    figure,
    merge,
    reconstruct,
    respond,
    trace,
    verify,
    what_if,
)
from sscreport.commands.command import ERROR, FINE, INTERRUPTED
from sscreport.problems import InputError, SSCReportError


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
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
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
    "build": build.COMMAND,
    "figure": figure.COMMAND,
    "trace": trace.COMMAND,
    "diff": diff.COMMAND,
    "respond": respond.COMMAND,
    "what-if": what_if.COMMAND,
    "verify": verify.COMMAND,
    "merge": merge.COMMAND,
    "check": check.COMMAND,
    "reconstruct": reconstruct.COMMAND,
    "audit": audit.COMMAND,
}
