"""What the commands that compare two editions share: their options, and every form of the answer."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sscreport.commands.command import FINDINGS, FINE, add_json, print_json
from sscreport.problems import UsageError

if TYPE_CHECKING:
    from sscreport.changes import Changes
    from sscreport.editions import Edition

FAIL_ON = ("conclusion", "visible", "any")
FORMS = ("html", "markdown", "json", "docx", "pdf")
FILES = {
    "html": "changes.html",
    "markdown": "changes.md",
    "json": "changes.json",
    "docx": "marked.docx",
    "pdf": "marked.pdf",
}


def add_forms(parser: argparse.ArgumentParser) -> None:
    """How the answer is told and written, and which answer is a finding."""
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
    add_json(parser)


def check_forms(options: argparse.Namespace) -> None:
    """UsageError for options that do not go together."""
    if options.only and not options.output:
        raise UsageError("--only says which forms to write; name a folder for them with --output.")
    if options.json and options.markdown:
        raise UsageError("Ask for --json or --markdown, not both.")


def tell(changes: Changes, options: argparse.Namespace, more: Mapping[str, Any] | None = None) -> int:
    """Print the changes as asked for, in JSON with ``more``, and return the exit code."""
    from sscreport.forms import markdown, show, to_record

    if options.json:
        print_json({**to_record(changes), **(more or {})})
    elif options.markdown:
        print(markdown(changes))
    else:
        show(changes, verbose=options.all)
    return FINDINGS if _fails(changes, options.fail_on) else FINE


def write_forms(options: argparse.Namespace, old: Edition, new: Edition, changes: Changes) -> None:
    """Write what was asked for with --output; everything is made before anything is written."""
    if options.output is None:
        return
    output, forms = options.output, options.only or FORMS
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


def _fails(changes: Changes, fail_on: str | None) -> bool:
    from sscreport.changes import Weight

    least = {"conclusion": Weight.CONCLUSION, "visible": Weight.VISIBLE, "any": Weight.HIDDEN}
    return fail_on is not None and any(change.weight >= least[fail_on] for change in changes.changes)
