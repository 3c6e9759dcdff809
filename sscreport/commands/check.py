"""``check``: audit the finished files of the last build."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from sscreport.commands.build import FORMATS
from sscreport.commands.command import FINDINGS, FINE, Command, add_json, print_json, review_folder
from sscreport.problems import UsageError

if TYPE_CHECKING:
    from sscreport.check import Audit

EXAMPLES = """\
  %(prog)s                      the files in the review's output/
  %(prog)s --output /tmp/draft  those of another build
  %(prog)s --json               for machines
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="folder of the finished files (default: output/)"
    )
    add_json(parser)


def _run(options: argparse.Namespace) -> int:
    output = options.output or review_folder(options.review) / "output"
    paths = {name: output / f"manuscript.{name}" for name in FORMATS}
    paths = {name: path for name, path in paths.items() if path.is_file()}
    if not paths:
        raise UsageError(f"There are no finished files in {output}. Build them first.")

    from sscreport.check import check
    from sscreport.read import READERS

    audit = check({name: READERS[name](path) for name, path in paths.items()})
    if options.json:
        print_json({"numbers": audit.numbers, "keys": audit.keys, "problems": audit.problems})
    else:
        _show(audit)
    return FINDINGS if audit.problems else FINE


def _show(audit: Audit) -> None:
    from rich.console import Console
    from rich.table import Table

    from sscreport.reading import KINDS

    table = Table("numbers by class", *(name.upper() for name in audit.numbers), box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for kind in (*KINDS, "unexplained"):
        counts = [str(numbers.get(kind, 0)) for numbers in audit.numbers.values()]
        if kind == "unexplained" or any(count != "0" for count in counts):
            table.add_row(kind, *counts)
    table.add_row(
        "[bold]all[/]", *(f"[bold]{sum(numbers.values())}[/]" for numbers in audit.numbers.values())
    )
    table.add_row("distinct values (keys)", *map(str, audit.keys.values()))
    Console(highlight=False).print(table)
    for number, problem in enumerate(audit.problems, start=1):
        print(f"{number}. {problem}")
    if not audit.problems:
        print("Every number has an identity, and all formats carry the same values.")


COMMAND = Command(
    "Audit the finished files: every number's class, none unexplained, the same values in all formats.",
    EXAMPLES,
    _add_options,
    _run,
)
