"""The data dictionary: what ``data/datapackage.json`` says of every table, and what breaks it.

Frictionless checks types, ranges, keys and references; this module words its findings so that
each names file, row, column, value and what was expected.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from frictionless import FrictionlessException, Package
from frictionless import errors as findings
from frictionless.schema import Field as FrictionlessField

from sscreport.problems import InputError, Problem
from sscreport.records import Field

# frictionless reports through its logger what it also returns.
logging.getLogger("frictionless").setLevel(logging.CRITICAL)

DESCRIPTOR = "data/datapackage.json"
_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "date": "a date (year-month-day)",
}
_CONSTRAINTS = {
    "required": "A value is required",
    "minimum": "It must be at least {}",
    "maximum": "It must be at most {}",
    "exclusiveMinimum": "It must be greater than {}",
    "exclusiveMaximum": "It must be less than {}",
    "enum": "It must be one of: {}",
    "pattern": "It must match the pattern {}",
}


class Dictionary:
    """The review's tables as its data package describes them."""

    def __init__(self, package: Package):
        self._package = package

    @classmethod
    def load(cls, folder: Path) -> Dictionary:
        """Read ``folder/datapackage.json``; raises `InputError` where it is missing or invalid."""
        try:
            return cls(Package(str(folder / "datapackage.json"), allow_invalid=False))
        except FrictionlessException as error:
            reasons = [reason.note for reason in error.reasons] or [error.error.note]
            raise InputError(
                Problem(DESCRIPTOR, f"{reason[:1].upper()}{reason[1:]}.") for reason in reasons
            ) from None

    @property
    def tables(self) -> list[str]:
        return [resource.name for resource in self._package.resources]

    def fields(self, table: str) -> dict[str, Field]:
        """Every column of a table, by name."""
        return {field.name: _described(field) for field in self._package.get_resource(table).schema.fields}

    def parse(self, table: str, column: str, text: str) -> Any:
        """The typed content of a cell; None where it is empty or of the wrong type."""
        field = self._package.get_resource(table).schema.get_field(column)
        content, _ = field.read_cell(text)
        return float(content) if field.type == "number" and content is not None else content

    def problems(self) -> list[Problem]:
        """Everything in the tables that the dictionary does not allow, table by table."""
        report = self._package.validate()
        found = [Problem(DESCRIPTOR, f"{error.message}") for error in report.errors]
        for task in report.tasks:
            ids = _row_ids(Path(self._package.basepath or ".") / task.place)
            found.extend(self._word(task.name, error, ids) for error in task.errors)
        return found

    def _word(self, table: str, error: Any, ids: Mapping[int, str]) -> Problem:
        file = f"data/{table}.csv"
        line = getattr(error, "row_number", None)
        row = ids.get(line) if line else None
        if isinstance(error, (findings.TypeError, findings.ConstraintError)):
            field = self._package.get_resource(table).schema.get_field(error.field_name)
            return Problem(file, _expected(error, field), line, row, error.field_name, error.cell)
        if isinstance(error, findings.ForeignKeyError):
            return self._word_reference(table, error, line, row)
        if isinstance(error, findings.PrimaryKeyError):
            return Problem(file, f"Row ids must be unique; this one is {error.note}.", line, row, "id", row)
        if isinstance(error, (findings.MissingCellError, findings.ExtraCellError)):
            return Problem(
                file,
                "Every row needs as many cells as the header names; is a comma missing or unquoted?",
                line,
                row,
                error.field_name or "a cell",
                error.cell,
            )
        note = error.note or error.message
        return Problem(file, f"{error.title}: {note}.", line, row)

    def _word_reference(self, table: str, error: Any, line: int | None, row: str | None) -> Problem:
        column, known = error.field_names[0], self._known(error)
        value = str(error.field_cells[0])
        close = difflib.get_close_matches(value, known, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        expected = f"There is no row {value} in data/{error.reference_name}.csv.{hint}"
        return Problem(f"data/{table}.csv", expected, line, row, column, value)

    def _known(self, error: Any) -> list[str]:
        path = Path(self._package.basepath or ".") / f"{error.reference_name}.csv"
        return list(_row_ids(path).values())


def _described(field: FrictionlessField) -> Field:
    return Field(
        name=field.name,
        title=field.title or field.name,
        kind=field.type,
        style=field.custom.get("style", "text"),
        unit=field.custom.get("unit", ""),
        required=bool(field.constraints.get("required")),
        counted=bool(field.custom.get("counted")),
    )


def _expected(error: Any, field: FrictionlessField) -> str:
    if isinstance(error, findings.TypeError):
        text = f"Expected {_TYPES.get(field.type, field.type)}"
    else:
        name = error.note.split('"')[1]
        bound = field.constraints[name]
        shown = ", ".join(map(str, bound)) if isinstance(bound, list) else bound
        text = _CONSTRAINTS[name].format(shown)
    description = f": {field.description}" if field.description else "."
    hint = field.custom.get("hint", "")
    return f"{text}{description}{' ' + hint if hint else ''}"


def _row_ids(path: Path) -> dict[int, str]:
    """Row id by line number, as far as the file can be read."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    return {number: line.split(",", 1)[0] for number, line in enumerate(lines, start=1) if number > 1}
