"""``diff``: what changed between two editions, and why."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sscreport.commands.command import FINDINGS, FINE, Command, add_json, print_json, review_folder
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
FAIL_ON = ("conclusion", "visible", "any")
FORMS = ("html", "markdown", "json", "docx", "pdf")
FILES = {
    "html": "changes.html",
    "markdown": "changes.md",
    "json": "changes.json",
    "docx": "marked.docx",
    "pdf": "marked.pdf",
}


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "old",
        nargs="?",
        metavar="OLD",
        help="a revision of git, a folder, an archive or a finished file (default: the last tag)",
    )
    parser.add_argument("new", nargs="?", metavar="NEW", help="the same (default: the working tree)")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="write every form of the diff to this folder"
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=FORMS,
        metavar="FORM",
        help=f"with --output, this form only ({', '.join(FORMS)}); may be repeated",
    )
    parser.add_argument(
        "--markdown", action="store_true", help="print Markdown for a comment instead of text"
    )
    parser.add_argument("--all", action="store_true", help="list digits behind the printed ones, too")
    parser.add_argument(
        "--fail-on",
        choices=FAIL_ON,
        metavar="WHAT",
        help=f"exit code 1 where one changed ({', '.join(FAIL_ON)})",
    )
    parser.add_argument(
        "--own-code",
        action="store_true",
        help="run the code inside a folder or archive, too, as that of a revision of git always is",
    )
    add_json(parser)


def _run(options: argparse.Namespace) -> int:
    root = review_folder(options.review)
    if options.only and not options.output:
        raise UsageError("--only says which forms to write; name a folder for them with --output.")
    if options.json and options.markdown:
        raise UsageError("Ask for --json or --markdown, not both.")
    with tempfile.TemporaryDirectory() as folder:
        old, new, changes = _compared(root, options, Path(folder))
        if options.output:
            _write(options.output, options.only or FORMS, old, new, changes)
    _print(changes, options)
    return FINDINGS if _fails(changes, options.fail_on) else FINE


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


def _write(output: Path, forms: tuple[str, ...], old: Edition, new: Edition, changes: Changes) -> None:
    """Everything is made before anything is written."""
    writers = _writers(old, new, changes)
    with tempfile.TemporaryDirectory() as folder:
        made = [Path(folder) / FILES[form] for form in FORMS if form in forms]
        for form, path in zip((form for form in FORMS if form in forms), made, strict=True):
            writers[form](path)
        output.mkdir(parents=True, exist_ok=True)
        for path in made:
            (output / path.name).write_bytes(path.read_bytes())


def _writers(old: Edition, new: Edition, changes: Changes) -> Mapping[str, Callable[[Path], object]]:
    import json

    from sscreport.forms import markdown, page, to_record
    from sscreport.write.docx import write_marked_docx
    from sscreport.write.marked_pdf import write_marked_pdf

    def text(content: str) -> Callable[[Path], object]:
        return lambda path: path.write_text(content, encoding="utf-8", newline="\n")

    sides = old.manuscript, new.manuscript
    return {
        "html": lambda path: text(page(changes))(path),
        "markdown": lambda path: text(markdown(changes))(path),
        "json": lambda path: text(json.dumps(to_record(changes), ensure_ascii=False, indent=1) + "\n")(path),
        "docx": lambda path: write_marked_docx(changes, *sides, path),
        "pdf": lambda path: write_marked_pdf(changes, *sides, path),
    }


def _print(changes: Changes, options: argparse.Namespace) -> None:
    from sscreport.forms import markdown, show, to_record

    if options.json:
        print_json(to_record(changes))
    elif options.markdown:
        print(markdown(changes))
    else:
        show(changes, verbose=options.all)


def _fails(changes: Changes, fail_on: str | None) -> bool:
    from sscreport.changes import Weight

    least = {"conclusion": Weight.CONCLUSION, "visible": Weight.VISIBLE, "any": Weight.HIDDEN}
    return fail_on is not None and any(change.weight >= least[fail_on] for change in changes.changes)


COMMAND = Command(
    "Say what changed between two editions and why, and mark it in the manuscript.",
    EXAMPLES,
    _add_options,
    _run,
)
