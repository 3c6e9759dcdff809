"""Patched templates tried out: what the build refuses is told edit by edit."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import jinja2

from sscreport.build import Prepared
from sscreport.compose import compose
from sscreport.compose.sources import read_source
from sscreport.compose.stated import read_statements
from sscreport.folder import STATED, TEMPLATES
from sscreport.merge.edits import PATCHED, REFUSED, Edit, Replacement
from sscreport.merge.patch import overlapping, patched
from sscreport.problems import InputError, Problem

_OVERLAP = "It changes the same words as another edit of this copy."
_STATED = f"The words “{{}}” are recorded in {STATED}. Change them there and in the template, together."
_TOGETHER = "The build refuses the edits of this copy together: {}"


class Trial:
    """A review whose data stay and whose templates are tried out; ``today`` are their texts by file."""

    def __init__(self, prepared: Prepared, today: Mapping[str, str]):
        self._prepared, self._today = prepared, today
        self._figures = {name: drawing.figure for name, drawing in prepared.drawings.items()}
        self._statements, _ = read_statements(prepared.review.root)

    def tried(self, edits: Sequence[Edit]) -> list[Edit]:
        """The edits, with those refused that the build does not take, alone or with the others."""
        found = [self._alone(edit, self._static) for edit in edits]
        if wrong := self._built(self.texts(found)):
            found = [self._alone(edit, self._built) for edit in found]
            wrong = self._built(self.texts(found))
        if wrong:
            message = _TOGETHER.format(wrong[0])
            found = [_refused(edit, message) if edit.fate == PATCHED else edit for edit in found]
        return found

    def texts(self, edits: Sequence[Edit]) -> dict[str, str]:
        """Today's templates with the replacements of these edits."""
        by_file: dict[str, list[Replacement]] = {}
        for edit in edits:
            for one in edit.replacements if edit.fate == PATCHED else ():
                if one not in by_file.setdefault(one.file, []) or one.start == one.end:
                    by_file[one.file].append(one)
        return {
            file: patched(text, by_file[file]) if file in by_file else text
            for file, text in self._today.items()
        }

    def _alone(self, edit: Edit, wrong_with: Callable[[Mapping[str, str]], list[Problem]]) -> Edit:
        if edit.fate != PATCHED:
            return edit
        wrong = wrong_with(self.texts([edit]))
        return _refused(edit, _reason(wrong)) if wrong else edit

    def _static(self, texts: Mapping[str, str]) -> list[Problem]:
        """What may not stand in the sources that differ from today's."""
        found: list[Problem] = []
        for file, text in texts.items():
            if text == self._today[file]:
                continue
            own = tuple(s for s in self._statements if f"{TEMPLATES}/{s.template}" == file)
            try:
                found += (_stated(problem) for problem in read_source(file, text, own))
            except jinja2.TemplateSyntaxError as error:
                found.append(Problem(file, f"The template would not be valid: {error.message}", error.lineno))
        return found

    def _built(self, texts: Mapping[str, str]) -> list[Problem]:
        """Every problem of the review with these templates."""
        if texts == self._today:
            return []
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for file, text in texts.items():
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                (root / file).write_text(text, encoding="utf-8", newline="")
            if (stated := self._prepared.review.root / STATED).is_file():
                (root / STATED).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(stated, root / STATED)
            try:
                compose(replace(self._prepared.review, root=root), self._figures, self._prepared.tables)
            except InputError as error:
                return error.problems
        return []


def _reason(wrong: Sequence[Problem]) -> str:
    """The first thing that is wrong: a recorded statement, for without it its words are complained of too."""
    return min(wrong, key=lambda problem: problem.file != STATED).expected


def _stated(problem: Problem) -> Problem:
    """A recorded statement that would no longer stand as it was recorded."""
    return replace(problem, expected=_STATED.format(problem.value)) if problem.file == STATED else problem


def _refused(edit: Edit, message: str) -> Edit:
    return replace(edit, fate=REFUSED, message=message, replacements=())


def untangled(edits: Sequence[Edit]) -> list[Edit]:
    """The edits without those that change what an earlier one changes."""
    kept: list[Replacement] = []
    found = []
    for edit in edits:
        new = [one for one in edit.replacements if one not in kept]
        if edit.fate == PATCHED and overlapping([*kept, *new]):
            edit = _refused(edit, _OVERLAP)
        else:
            kept += new
        found.append(edit)
    return found
