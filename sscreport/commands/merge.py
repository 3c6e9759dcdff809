"""``merge``: a co-author's Word copy, brought back into the templates."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sscreport.commands.command import FINDINGS, FINE, Command, add_json, print_json, review_folder
from sscreport.problems import UsageError

if TYPE_CHECKING:
    from sscreport.merge.edits import Edit, Merged, Remark

EXAMPLES = """\
  %(prog)s edited.docx                what the copy changes, as a patch of the templates, and what it cannot
  %(prog)s edited.docx --apply        also write the patched templates
  %(prog)s edited.docx --json         for machines
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the Word file (.docx) that came back")
    parser.add_argument("--apply", action="store_true", help="write the patch; all of it or nothing")
    add_json(parser)


def _run(options: argparse.Namespace) -> int:
    root = review_folder(options.review)
    merged = merge_file(options.file, root)
    if options.apply:
        apply(merged, root)
    if options.json:
        print_json(_record(merged, options.apply))
    else:
        _show(merged, options.apply)
    waiting = merged.texts and not options.apply
    return FINDINGS if merged.unsettled or waiting else FINE


def merge_file(path: Path, root: Path) -> Merged:
    """What the Word file at ``path`` brings to the review in ``root``; writes nothing."""
    from sscreport.build import fill, prepare
    from sscreport.enclosure import code_digest, read_inputs
    from sscreport.folder import TEMPLATES
    from sscreport.merge import merge
    from sscreport.merge.copy import read_copy
    from sscreport.merge.original import original
    from sscreport.progress import Progress
    from sscreport.read import format_of

    if format_of(path) != "docx":
        raise UsageError(f"{path} is no Word file (.docx); only such a file can be merged.")
    try:
        copy = read_copy(path)
    except Exception as error:  # a damaged file fails in many ways, and none of them is ours
        raise UsageError(f"{path} cannot be read as DOCX: {error}") from error
    if copy.enclosure is None:
        raise UsageError(f"Nothing travels inside {path}, so that what it was made from cannot be known.")
    prepared = prepare(root, Progress(quiet=True))
    fill(prepared, Progress(quiet=True), paint=False)  # what is wrong today is not the copy's doing
    texts = {file: text for file, text in read_inputs(root).items() if file.startswith(f"{TEMPLATES}/")}
    today = {file: text.replace("\r\n", "\n") for file, text in texts.items()}
    merged = merge(copy, original(copy.enclosure), prepared, today)
    if copy.enclosure.code != code_digest():
        merged.notes.append(
            f"The copy was made by other code (sscreport {copy.enclosure.version}); what that printed "
            "otherwise is among the edits."
        )
    return merged


def apply(merged: Merged, root: Path) -> None:
    """Write the patched templates, each beside the old one first, so that all are there or none."""
    fresh = {root / file: root / f"{file}.merged" for file in merged.texts}
    try:
        for path, new in fresh.items():
            text = merged.texts[path.relative_to(root).as_posix()]
            windows = b"\r\n" in path.read_bytes()
            new.write_text(text, encoding="utf-8", newline="\r\n" if windows else "\n")
        for path, new in fresh.items():
            os.replace(new, path)
    finally:
        for new in fresh.values():
            new.unlink(missing_ok=True)


def _record(merged: Merged, applied: bool) -> dict[str, Any]:
    return {
        "applied": applied and bool(merged.texts),
        "patch": merged.patch,
        "edits": [_fields(edit) for edit in merged.edits],
        "comments": [asdict(remark) for remark in merged.remarks],
        "notes": merged.notes,
    }


def _fields(edit: Edit) -> dict[str, Any]:
    return {name: content for name, content in asdict(edit).items() if name != "replacements"}


# ---------------------------------------------------------------- on a terminal


def _show(merged: Merged, applied: bool) -> None:
    from sscreport.merge.edits import ALREADY, CONFLICT, LISTED, NOTED, PATCHED, REFUSED

    for note in merged.notes:
        print(f"Note: {note}")
    titles = {
        PATCHED: "Written to the templates" if applied else "To be written to the templates with --apply",
        ALREADY: "In the templates already",
        CONFLICT: "In conflict with the templates of today",
        REFUSED: "Refused",
        LISTED: "To be done by hand",
        NOTED: "No edits",
    }
    for fate, title in titles.items():
        if edits := [edit for edit in merged.edits if edit.fate == fate]:
            print(f"{title}: {_counted(len(edits), 'edit')}")
            for number, edit in enumerate(edits, start=1):
                print("\n".join(f"  {line}" for line in _told(number, edit)))
    if merged.remarks:
        print(f"Comments: {len(merged.remarks)}")
        for remark in merged.remarks:
            print("\n".join(f"  {line}" for line in _said(remark)))
    if merged.patch:
        print(f"\n{merged.patch}", end="")
    if not merged.edits and not merged.remarks:
        print("The copy says what it was made from; there is nothing to merge.")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _told(number: int, edit: Edit) -> list[str]:
    where = f"{edit.file}:{edit.line}" if edit.file else edit.place
    lines = [
        f"{number}. [{edit.what}] {where}{f' ({edit.place})' if edit.file else ''}: {edit.message}".rstrip(
            ": "
        )
    ]
    if edit.before or edit.after:
        lines.append(f"     “{edit.before}” → “{edit.after}”")
    if edit.context:
        lines.append(f"     {edit.context}")
    return lines


def _said(remark: Remark) -> list[str]:
    comment = remark.comment
    where = f"{remark.file}:{remark.line}" if remark.file else remark.place
    on = f" [{', '.join(comment.keys)}]" if comment.keys else ""
    return [
        f"{comment.author}, {comment.date}: {comment.text}",
        f"     on “{comment.passage}”{on}, {where}",
    ]


COMMAND = Command(
    "Bring a co-author's edited Word copy back into the templates.",
    EXAMPLES,
    _add_options,
    _run,
)
