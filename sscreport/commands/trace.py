"""``trace``: follow a number to its cells, or a cell to everything that rests on it."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sscreport.commands.command import FINE, Command, add_json, make_quietly, print_json, review_folder
from sscreport.problems import InputError, UsageError, did_you_mean

if TYPE_CHECKING:
    from sscreport.build import Made
    from sscreport.cells import Address

EXAMPLES = """\
  %(prog)s rcs.m6.estimate                           a value by its key
  %(prog)s 5.23                                      every value that is printed so
  %(prog)s data/mean_differences.csv:rcs-6m-park:md  all that rests on a cell
  %(prog)s data/mean_differences.csv:rcs-6m-park:md --to 1.00
                                                     exactly what that change would change
  %(prog)s --unreached                               every cell that reaches nothing, and why
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "subject",
        nargs="?",
        metavar="KEY|TEXT|FILE:ROW:COLUMN",
        help="a value's key, a printed text, or a data cell",
    )
    parser.add_argument(
        "--to", metavar="TEXT", help="for a cell: what would change if it held this text; nothing is written"
    )
    parser.add_argument(
        "--unreached", action="store_true", help="list every cell on which nothing printed rests, and why"
    )
    add_json(parser)


def _run(options: argparse.Namespace) -> int:
    root = review_folder(options.review)
    if (options.subject is None) != options.unreached:
        raise UsageError("Name a value's key, a printed text or a data cell, or ask for --unreached.")

    from sscreport import views
    from sscreport.cells import cells_of, find
    from sscreport.trace import printed_as, unreached

    made = make_quietly(root)
    origins = made.manuscript.origins
    if options.unreached:
        answer = views.nothing_rests_on(unreached(made.review, made.manuscript, cells_of(root)))
    elif options.subject in origins:
        answer = _value(made, options.subject)
    elif _is_address(options.subject):
        cells = cells_of(root)
        address = find(cells, options.subject)
        answer = _cell(made, address, cells[address], options.to)
    elif found := printed_as(origins, options.subject):
        answer = _value(made, found[0].key) if len(found) == 1 else views.matches(made.manuscript, found)
    else:
        raise UsageError(_unknown(options.subject, origins, made))
    if options.to is not None and "cell" not in answer:
        raise UsageError("--to says what a data cell would hold; name the cell as FILE:ROW:COLUMN.")
    print_json(answer) if options.json else views.show(answer)
    return FINE


def _is_address(text: str) -> bool:
    return text.count(":") >= 2 and text.startswith("data/")


def _unknown(text: str, origins: Mapping[str, Any], made: Made) -> str:
    if text in made.review.book:
        return f"The value {text} exists, but nothing that is printed rests on it."
    hint = did_you_mean(text, origins)
    return f"No value has the key {text}, none is printed so, and it is no address FILE:ROW:COLUMN.{hint}"


def _value(made: Made, key: str) -> dict[str, Any]:
    from sscreport import views
    from sscreport.trace import reach_of_value

    return views.value(made.manuscript, key, reach_of_value(made.manuscript, key))


def _cell(made: Made, address: Address, raw: str, to: str | None) -> dict[str, Any]:
    from sscreport import views
    from sscreport.cells import copy_with
    from sscreport.compare import compare
    from sscreport.trace import reach_of_cell

    if to is None:
        return views.cell(made, address, raw, reach_of_cell(made.review, made.manuscript, address))
    with tempfile.TemporaryDirectory() as folder:
        copy_with(made.review.root, address, to, Path(folder))
        try:
            after = make_quietly(Path(folder))
        except InputError as error:
            return views.refused(address, raw, to, error.problems)
    return views.changed(address, raw, to, made.manuscript, compare(made.manuscript, after.manuscript))


COMMAND = Command(
    "Follow a number back to its cells, or a cell on to all that rests on it.",
    EXAMPLES,
    _add_options,
    _run,
)
