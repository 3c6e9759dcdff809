"""A review made again and again in memory, up to the finished tree: changed templates, changed data."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml.etree import _Element

from sscreport import dictionary, references
from sscreport.audit import audit, shipped
from sscreport.audit.shipped import enter_audit
from sscreport.build import synthesise
from sscreport.compose import compose, numbering
from sscreport.dictionary import Dictionary
from sscreport.draw import draw
from sscreport.grade import grade
from sscreport.ledger import ledger
from sscreport.progress import Progress
from sscreport.records import Figure, Review, Table, TableCell
from sscreport.regrade import regrade
from sscreport.tabulate import tabulate
from tests.abridged import abridge
from tests.conftest import REPOSITORY


@dataclass(frozen=True)
class Bench:
    """A copy of the shipped review in ``root`` with its figures, drawn once, and its tables."""

    root: Path
    review: Review
    figures: Mapping[str, Figure]
    tables: Mapping[str, Table]

    @classmethod
    def at(cls, folder: Path, brief: bool = False) -> Bench:
        """In ``folder``; ``brief``: with next to nothing in the supplement."""
        for part in ("data", "templates"):
            shutil.copytree(REPOSITORY / part, folder / part)
        if brief:
            abridge(folder)
        review, syntheses = synthesise(folder, Progress(quiet=True))
        findings = grade(review, syntheses)
        ratings, entries = regrade(review, findings), ledger(review)
        # The data below a figure are those of the day it was drawn; without them it fits any data.
        drawn = {
            name: replace(drawing.figure, data=None) for name, drawing in draw(review, syntheses).items()
        }
        tables = tabulate(review, findings, ratings, entries, enter_audit(review))
        return cls(folder, review, drawn, tables)

    def with_template(self, name: str, source: str) -> _Element:
        """The tree with another template; raises as `compose` does and leaves the folder as it was."""
        path = self.root / "templates" / name
        before = path.read_bytes()
        path.write_text(source, encoding="utf-8")
        try:
            return compose(self.review, self.figures, self.tables).tree
        finally:
            path.write_bytes(before)

    def with_table(self, name: str, content: str) -> _Element:
        """The tree of the review with another data file, which is left there; its tables are empty."""
        (self.root / "data" / name).write_text(content, encoding="utf-8")
        review, syntheses = synthesise(self.root, Progress(quiet=True))
        regrade(review, grade(review, syntheses))
        ledger(review)
        enter_audit(review)
        empty = {name: Table(name, ((TableCell(("Study",), header=True),),), ()) for name in self.tables}
        return compose(review, self.figures, empty).tree


def _remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``, which answers the same question once; arrays are the same that hold the same."""
    answers: dict[str, Any] = {}

    def answer(*items: Any, **named: Any) -> Any:
        question = repr([i.tobytes() if isinstance(i, np.ndarray) else i for i in (*items, named)])
        if question not in answers:
            answers[question] = function(*items, **named)
        return answers[question]

    return answer


def without_what_never_changes(patch: pytest.MonkeyPatch) -> None:
    """Leave out what a change of numbers does not reach: the data's types, the references, the article."""
    made: dict[tuple[str, ...], Mapping[str, _Element]] = {}

    def once(known: Mapping[str, object], keys: list[str]) -> Mapping[str, _Element]:
        if tuple(keys) not in made:
            made[tuple(keys)] = references.bibliography(known, keys)
        return made[tuple(keys)]

    patch.setattr(numbering, "bibliography", once)
    patch.setattr(shipped, "read_shipped", cache(shipped.read_shipped))
    patch.setattr(dictionary.Package, "from_descriptor", _remembered(dictionary.Package.from_descriptor))
    results = import_module("sscreport.alternatives.results")  # the package has a function of that name
    for name in ("fit", "limits"):
        patch.setattr(results, name, _remembered(getattr(results, name)))
    found = list(audit(shipped.read_shipped(REPOSITORY)))
    patch.setattr(shipped, "audit", lambda article: found)
    patch.setattr(Dictionary, "problems", lambda self: [])
