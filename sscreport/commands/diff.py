"""``diff``: what changed between two editions, and why."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sscreport.commands.command import Command, review_folder
from sscreport.commands.comparison import add_forms, check_forms, tell, write_forms
from sscreport.problems import UsageError

if TYPE_CHECKING:
    from sscreport.changes import Changes
    from sscreport.editions import Edition

EXAMPLES = """\
  %(prog)s                            the last tag against the working tree
  %(prog)s v1.0 v1.1                  two revisions of git
  %(prog)s released.zip               a folder, an archive or a finished file against the working tree
  %(prog)s v1.0 --output review       also write changes.html, .md, .json, marked.docx and .pdf there
  %(prog)s v1.0 --markdown > body.md  for a comment on a pull request
  %(prog)s v1.0 --fail-on conclusion  exit code 1 where a conclusion is another one
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "old",
        nargs="?",
        metavar="OLD",
        help="a revision of git, a folder, an archive or a finished file (default: the last tag)",
    )
    parser.add_argument("new", nargs="?", metavar="NEW", help="the same (default: the working tree)")
    parser.add_argument(
        "--own-code",
        action="store_true",
        help="run the code inside a folder or archive, too, as that of a revision of git always is",
    )
    add_forms(parser)


def _run(options: argparse.Namespace) -> int:
    root = review_folder(options.review)
    check_forms(options)
    with tempfile.TemporaryDirectory() as folder:
        old, new, changes = _compared(root, options, Path(folder))
        write_forms(options, old, new, changes)
    return tell(changes, options)


def _compared(root: Path, options: argparse.Namespace, folder: Path) -> tuple[Edition, Edition, Changes]:
    from sscreport.diff import diff
    from sscreport.editions import find, obtain
    from sscreport.editions.git import repository
    from sscreport.progress import Progress

    progress, git = Progress(quiet=options.json or options.markdown), repository(root)
    name = options.old or (git and git.last_tag())
    if name is None:
        raise UsageError("No edition to compare with: name one, since the review has no tag in git.")
    places = [folder / "old", folder / "new"]
    sources = []
    for wanted, place in zip((name, options.new), places, strict=True):
        place.mkdir()
        sources.append(find(wanted, root, git, place, options.own_code))
    old, new = (obtain(source, progress) for source in sources)
    return old, new, diff(old, new, git, progress)


COMMAND = Command(
    "Say what changed between two editions and why, and mark it in the manuscript.",
    EXAMPLES,
    _add_options,
    _run,
)
