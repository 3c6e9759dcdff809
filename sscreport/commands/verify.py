"""``verify``: check files that came back, number by number."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from sscreport.commands.command import FINDINGS, FINE, Command, add_json, is_review, make_quietly, print_json
from sscreport.problems import UsageError

if TYPE_CHECKING:
    from sscreport.build import Made
    from sscreport.expect import Expectation
    from sscreport.reading import Reading
    from sscreport.verify import Finding, Verdict

EXAMPLES = """\
  %(prog)s edited.docx                a co-author's copy against the data inside it and today's
  %(prog)s proof.pdf page.html        several files, of any of the three formats
  %(prog)s edited.docx --review ~     no review there: against the data inside it only
  %(prog)s edited.docx --json         for machines
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="an HTML, PDF or DOCX file")
    add_json(parser)


def _run(options: argparse.Namespace) -> int:
    from sscreport.read import read

    today = make_quietly(options.review.resolve()) if is_review(options.review) else None
    verdicts = {}
    for path in options.files:
        name, found = read(path)
        verdicts[path] = judge(path, name, found, today)
    if options.json:
        print_json([{"file": str(path), **asdict(verdict)} for path, verdict in verdicts.items()])
    else:
        for path, verdict in verdicts.items():
            _show(path, verdict)
    return FINDINGS if any(verdict.findings for verdict in verdicts.values()) else FINE


def judge(path: Path, name: str, found: Reading, today: Made | None) -> Verdict:
    """One file against the data inside it, and these against today's."""
    from sscreport.enclosure import code_digest
    from sscreport.expect import expect
    from sscreport.verify import verify

    inside = found.enclosure
    basis = inside or (today and today.manuscript.enclosure)
    if basis is None:
        raise UsageError(
            f"No data travel inside {path}, and there is no review to check it against. "
            "Name one with --review."
        )
    expected = expect(basis, name, found.numbered)
    verdict = verify(found, expected.reading, expected.manuscript.origins)
    if inside is None:
        verdict.notes.append(
            "The data that travelled inside the file are gone; it was checked against today's."
        )
        return verdict
    if inside.code != code_digest():
        verdict.findings = [finding for finding in verdict.findings if finding.key]
        verdict.notes.append(
            f"The file was made by other code (sscreport {inside.version}). Its values were checked with "
            "this one; numbers that are no values, such as those of pages, were not."
        )
    elif inside.values != expected.manuscript.enclosure.values:
        verdict.findings.append(_altered())
    if today is not None:
        verdict.findings += _stale(expected, today, verdict)
    return verdict


def _altered() -> Finding:
    from sscreport.verify import Finding

    message = (
        "The values or the data that travel inside the file were changed: one does not follow from the other."
    )
    return Finding("enclosure", "inside the file", message)


def _stale(expected: Expectation, today: Made, verdict: Verdict) -> list[Finding]:
    from sscreport.cells import cells_of
    from sscreport.verify import stale

    if expected.manuscript.title != today.manuscript.title:
        verdict.notes.append(
            "The file is of another review than the one in this folder; only the data inside it count."
        )
        return []
    now = {str(address): raw for address, raw in cells_of(today.review.root).items()}
    changed = {
        address: (expected.cells.get(address, "absent"), now.get(address, "absent"))
        for address in dict.fromkeys((*expected.cells, *now))
        if expected.cells.get(address) != now.get(address)
    }
    return stale(expected.manuscript, today.manuscript, changed)


def _show(path: Path, verdict: Verdict) -> None:
    found = len(verdict.findings)
    said = "nothing is off" if not found else f"{found} finding{'' if found == 1 else 's'}"
    print(f"{path}: {verdict.right} of {verdict.checked} values are right; {said}.")
    for note in verdict.notes:
        print(f"  Note: {note}")
    for number, finding in enumerate(verdict.findings, start=1):
        print(f"  {number}. [{finding.kind}] {finding.place}: {finding.message}")
        if finding.before or finding.after:
            print(f"       the data give “{finding.before}”, the file says “{finding.after}”")
        if finding.context:
            print(f"       {finding.context}")


COMMAND = Command(
    "Check files that came back from a co-author or journal, number by number.",
    EXAMPLES,
    _add_options,
    _run,
)
