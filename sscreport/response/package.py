"""Respond: a round of review becomes the package that is sent back to the journal.

The letter, the revised manuscript with numbered lines, and the marked one are made together, read
back from the finished files and only then released.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from sscreport.build import make
from sscreport.diff import diff
from sscreport.editions import Edition, Source
from sscreport.editions.git import Repository
from sscreport.editions.sources import WORKING_TREE
from sscreport.forms import page
from sscreport.problems import BuildError, Problem
from sscreport.progress import Progress
from sscreport.read.lines import read_lines
from sscreport.response.check import Finding, check_package
from sscreport.response.letter import compose_letter
from sscreport.response.places import Places
from sscreport.response.round import Round
from sscreport.write.docx import write_docx, write_marked_docx
from sscreport.write.letter import WRITERS, titled
from sscreport.write.marked_pdf import write_marked_pdf
from sscreport.write.pdf import write_pdf

MANUSCRIPT, MARKED, LETTER, CHANGES = "manuscript", "marked", "letter", "changes.html"


def respond(
    round_: Round, root: Path, old: Edition, repository: Repository | None, output: Path, progress: Progress
) -> list[Path]:
    """Write the package of a round to ``output``; returns its files.

    ``root`` is the review as it is now, ``old`` the edition that was submitted. Raises `InputError` for
    an answer that does not hold, `BuildError` where the finished files disagree; then nothing is
    written.
    """
    made = make(root, progress)
    new = Edition(Source(WORKING_TREE, root), made.manuscript)
    changes = diff(old, new, repository, progress)
    with tempfile.TemporaryDirectory() as folder:
        staging = Path(folder)
        with progress.step("write the manuscript with numbered lines"):
            write_pdf(made.manuscript, staging / f"{MANUSCRIPT}.pdf", line_numbers=True)
            write_docx(made.manuscript, staging / f"{MANUSCRIPT}.docx", line_numbers=True)
        with progress.step("find the passages in it"):
            places = Places(made.manuscript.tree, read_lines(staging / f"{MANUSCRIPT}.pdf"))
        with progress.step("compose the letter"):
            letter = compose_letter(round_, made.review, changes, old.manuscript, made.manuscript, places)
            about = titled(made.manuscript, letter.title)
            for name, write in WRITERS.items():
                write(letter.tree, about, staging / f"{LETTER}.{name}")
        with progress.step("mark the changes"):
            sides = changes, old.manuscript, made.manuscript
            write_marked_docx(*sides, staging / f"{MARKED}.docx")
            write_marked_pdf(*sides, staging / f"{MARKED}.pdf")
            (staging / CHANGES).write_text(page(changes), encoding="utf-8", newline="\n")
        with progress.step("read the package back"):
            _refuse(check_package(staging, made.manuscript.enclosure.files))
        return _release(staging, output)


def _refuse(findings: list[Finding]) -> None:
    if findings:
        raise BuildError([Problem(finding.file, finding.message) for finding in findings])


def _release(staging: Path, output: Path) -> list[Path]:
    output.mkdir(parents=True, exist_ok=True)
    written = []
    for source in sorted(staging.iterdir()):
        written.append(output / source.name)
        shutil.move(source, written[-1])
    return written
