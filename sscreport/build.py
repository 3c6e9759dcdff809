"""Build: the straight line from a review's data to its finished manuscripts.

    data/ ─ load ─▶ Review ─ validate ─▶ Review ─ analyse, alternatives ─▶ Syntheses ─ grade ─▶ Findings
          ─ draw ─▶ Figures ─ ledger, audit ─▶ Entries ─ tabulate ─▶ Tables
          ─ compose ─▶ one document tree ─ register ─▶ Origins ─ paint, write ─▶ files

The order is known here and nowhere else. Nothing is written before everything is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sscreport.alternatives import alternatives
from sscreport.analyse import analyse
from sscreport.audit.shipped import enter_audit
from sscreport.compose import compose
from sscreport.describe import describe
from sscreport.document import Manuscript
from sscreport.draw import draw
from sscreport.draw.drawing import Drawing
from sscreport.enclosure import enclose
from sscreport.grade import grade
from sscreport.ledger import ledger
from sscreport.load import load
from sscreport.problems import Problem
from sscreport.progress import Progress
from sscreport.reconstruct import problems as reconstruction_problems
from sscreport.reconstruct import unmet
from sscreport.records import Review, Synthesis, Table
from sscreport.register import register
from sscreport.regrade import regrade
from sscreport.scenarios import compare_scenarios
from sscreport.tabulate import tabulate
from sscreport.validate import validate
from sscreport.write import write

PNG_DPI = 300


@dataclass(frozen=True)
class Made:
    """Everything that is made of a review before anything is written.

    ``warnings`` say what the user should know although all was made.
    """

    review: Review
    manuscript: Manuscript
    tables: Mapping[str, Table]
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class Prepared:
    """A review with every value, figure and table, before its templates are read."""

    review: Review
    drawings: Mapping[str, Drawing]
    tables: Mapping[str, Table]


@dataclass(frozen=True)
class BuildResult:
    """The files written, and what the user should know although the build went through."""

    written: list[Path]
    warnings: list[str]


def build(
    review_folder: Path,
    output: Path,
    figures_folder: Path,
    formats: Sequence[str],
    progress: Progress,
    line_numbers: bool = False,
) -> BuildResult:
    """Build the review in ``review_folder``; write ``formats`` ("html", "pdf", "docx") to ``output``.

    Lines of PDF and DOCX are numbered with ``line_numbers``, or where the review wants it. Raises
    `InputError` with every problem of the data or the templates, and leaves what was written before
    as it was.
    """
    made = make(review_folder, progress)
    numbered = line_numbers or made.review.settings["manuscript"].get("line_numbers", False)
    written, warnings = write(
        made.manuscript, made.tables, output, figures_folder, formats, progress, numbered
    )
    return BuildResult(written, [*made.warnings, *warnings])


def make(
    review_folder: Path, progress: Progress, paint: bool = True, noted: list[Problem] | None = None
) -> Made:
    """Everything up to the finished document tree; raises as `build` does, writes nothing.

    Without ``paint`` no figure is painted as PNG, which takes most of the time; the manuscript can
    then be written as HTML and PDF only. With ``noted``, judgements, counts and sentences that the data
    do not bear are noted there, and the rest is made all the same; such a manuscript is not for readers.
    """
    return fill(prepare(review_folder, progress, noted), progress, paint, noted)


def prepare(review_folder: Path, progress: Progress, noted: list[Problem] | None = None) -> Prepared:
    """Everything that the templates may print; they are not read yet. ``noted`` as in `make`."""
    review, syntheses = synthesise(review_folder, progress, noted)
    with progress.step("grade"):
        findings = grade(review, syntheses)
        ratings = regrade(review, findings, noted)
    with progress.step("draw"):
        drawings = draw(review, syntheses, noted)
    with progress.step("ledger"):
        entries = ledger(review, noted)
    with progress.step("audit"):
        audited = enter_audit(review)
    with progress.step("scenarios"):
        compared = compare_scenarios(review, syntheses)
    with progress.step("tabulate"):
        tables = tabulate(review, findings, ratings, entries, audited, compared)
    return Prepared(review, drawings, tables)


def fill(
    prepared: Prepared, progress: Progress, paint: bool = True, noted: list[Problem] | None = None
) -> Made:
    """The templates in the review's folder, filled with what was prepared. ``noted`` as in `make`."""
    review, drawings, tables = prepared.review, prepared.drawings, prepared.tables
    figures = {name: drawing.figure for name, drawing in drawings.items()}
    with progress.step("compose"):
        composition = compose(review, figures, tables, noted)
    with progress.step("register"):
        origins = register(review, composition, figures)
    with progress.step("paint"):
        pngs = {name: drawing.png(PNG_DPI) for name, drawing in drawings.items()} if paint else {}
    about = review.settings["about"]
    manuscript = Manuscript(
        tree=composition.tree,
        title=about["title"],
        subject=about["short_title"],
        authors=tuple(about["authors"]),
        keywords=tuple(about["keywords"]),
        language=about["language"],
        figures=figures,
        figure_data=composition.figure_data,
        pngs=pngs,
        origins=origins,
        enclosure=enclose(review.root, origins.to_json()),
        about={**about, "date": review.settings["edition"]["date"]},
    )
    warnings = [warning for drawing in drawings.values() for warning in drawing.warnings]
    warnings += unmet(review)
    return Made(review, manuscript, tables, warnings)


def synthesise(
    review_folder: Path, progress: Progress, noted: list[Problem] | None = None
) -> tuple[Review, Sequence[Synthesis]]:
    """The review with its results, as figures and tables show them; raises as `build` does.

    ``noted`` as in `make`.
    """
    with progress.step("load"):
        review, problems = load(review_folder)
    with progress.step("validate"):
        validate(review, [*problems, *reconstruction_problems(review)], noted)
    with progress.step("analyse"):
        describe(review)
        syntheses = analyse(review)
        syntheses = alternatives(review, syntheses)
    return review, syntheses
