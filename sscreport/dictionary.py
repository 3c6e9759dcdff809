"""The data dictionary: what ``data/datapackage.json`` says of every table, and what breaks it.

Files are read here as text, row by row with their lines. Frictionless checks types, ranges, keys
and references; this module words its findings so that each names file, line, row, column, value
and what was expected.
"""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from frictionless import FrictionlessException, Package, Schema
from frictionless import errors as findings
from frictionless.schema import Field as FrictionlessField

from sscreport.folder import DICTIONARY
from sscreport.problems import InputError, Problem, did_you_mean
from sscreport.records import Field

# frictionless reports through its logger what it also returns.
logging.getLogger("frictionless").setLevel(logging.CRITICAL)

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


@dataclass
class RawTable:
    """A file's cells as text, by column, with the line of each row. Blank rows are left out."""

    columns: list[str]
    rows: list[dict[str, str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Dictionary:
    """The review's tables as its data package describes them, and the rows its files hold."""

    def __init__(self, folder: Path, descriptor: Mapping[str, Any]):
        self._descriptor = descriptor
        self._schemas = _schemas(json.dumps(descriptor))
        self._readers: dict[tuple[str, str], Callable[[str], Any]] = {}
        self.raw = {name: _read(folder / f"{name}.csv", list(self.fields(name))) for name in self._schemas}

    @classmethod
    def load(cls, folder: Path) -> Dictionary:
        """Read ``folder/datapackage.json``; raises `InputError` where it is missing or invalid."""
        path = folder / "datapackage.json"
        try:
            descriptor = json.loads(path.read_text(encoding="utf-8"))
            return cls(folder, descriptor)
        except OSError:
            reasons = ["There is no data dictionary"]
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            reasons = [f"This is not valid JSON: {error}"]
        except FrictionlessException as error:
            reasons = [reason.note for reason in error.reasons] or [error.error.note]
        except KeyError as error:
            reasons = [f"A resource needs a name and a schema with fields; missing is {error}"]
        raise InputError(Problem(DICTIONARY, f"{reason[:1].upper()}{reason[1:]}.") for reason in reasons)

    @property
    def tables(self) -> list[str]:
        return list(self._schemas)

    def fields(self, table: str) -> dict[str, Field]:
        """Every column of a table, by name."""
        return {column.name: _described(column) for column in self._schemas[table].fields}

    def parse(self, table: str, column: str, text: str) -> Any:
        """The typed content of a cell; None where it is empty or of the wrong type."""
        described = self._schemas[table].get_field(column)
        if (table, column) not in self._readers:
            self._readers[table, column] = described.create_cell_reader()
        content, _ = self._readers[table, column](text)
        return float(content) if described.type == "number" and content is not None else content

    def problems(self) -> list[Problem]:
        """Everything in the tables that the dictionary does not allow, table by table."""
        found = [problem for raw in self.raw.values() for problem in raw.problems]
        for resource in self._descriptor["resources"]:
            name = resource["name"]
            if self.raw[name].rows:
                errors = _breaches(name, json.dumps(self._package(resource)))
                found.extend(self._word(name, error) for error in errors)
        return found

    def _package(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """A table that could be read as frictionless checks it, with the columns that its keys refer to."""
        name, schema = resource["name"], dict(resource["schema"])
        readable = {table for table, raw in self.raw.items() if raw.rows}
        keys = [key for key in schema.get("foreignKeys", []) if key["reference"]["resource"] in readable]
        schema["foreignKeys"] = keys
        columns: dict[str, list[str]] = {}
        for target, fields in ((key["reference"]["resource"], key["reference"]["fields"]) for key in keys):
            columns.setdefault(target, []).extend([fields] if isinstance(fields, str) else fields)
        referred = [self._referred(table, columns[table]) for table in columns if table != name]
        resources = [self._resource(name, self.raw[name].columns, schema), *referred]
        version = {key: self._descriptor[key] for key in ("$schema",) if key in self._descriptor}
        return {**version, "name": "tables", "resources": resources}

    def _referred(self, table: str, columns: Sequence[str]) -> dict[str, Any]:
        """A table with some of its columns; what else it must keep to is asked where it is checked itself."""
        names = list(dict.fromkeys(columns))
        fields = [{"name": name, "type": self._schemas[table].get_field(name).type} for name in names]
        return self._resource(table, names, {"fields": fields})

    def _resource(self, table: str, columns: Sequence[str], schema: Mapping[str, Any]) -> dict[str, Any]:
        data = [list(columns), *([row[column] for column in columns] for row in self.raw[table].rows)]
        return {"name": table, "data": data, "schema": schema}

    def _word(self, table: str, error: Any) -> Problem:
        file, raw = f"data/{table}.csv", self.raw[table]
        position = (getattr(error, "row_number", None) or 1) - 2  # the header is row 1
        line, row = (raw.lines[position], raw.rows[position]["id"]) if position >= 0 else (None, None)
        if isinstance(error, (findings.TypeError, findings.ConstraintError)):
            column = self._schemas[table].get_field(error.field_name)
            return Problem(file, _expected(error, column), line, row, error.field_name, error.cell)
        if isinstance(error, findings.ForeignKeyError):
            value, target = str(error.field_cells[0]), error.reference_name
            hint = did_you_mean(value, [other["id"] for other in self.raw[target].rows])
            expected = f"There is no row {value} in data/{target}.csv.{hint}"
            return Problem(file, expected, line, row, error.field_names[0], value)
        if isinstance(error, findings.PrimaryKeyError):
            expected = (
                "Row ids must be unique; another row has this one." if row else "Every row needs an id."
            )
            return Problem(file, expected, line, row, "id", row)
        return Problem(file, f"{error.title}: {error.note or error.message}.", line, row)


@lru_cache(maxsize=16)
def _schemas(descriptor: str) -> dict[str, Schema]:
    """The schema of each table of a data package (JSON). Raises FrictionlessException where it is invalid."""
    return {r.name: r.schema for r in Package.from_descriptor(json.loads(descriptor)).resources}


@lru_cache(maxsize=256)
def _breaches(table: str, package: str) -> tuple[Any, ...]:
    """What frictionless finds wrong with a table of a package (JSON).

    Kept, since checking takes long, a review is made more than once in a run, and most of its tables stay.
    """
    return tuple(Package.from_descriptor(json.loads(package)).get_resource(table).validate().task.errors)


def _read(path: Path, columns: Sequence[str]) -> RawTable:
    """The file's rows, or the one reason why none can be read."""
    table, file = RawTable(list(columns)), f"data/{path.name}"
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError:
        table.problems.append(Problem(file, f"The file is missing; {DICTIONARY} describes it."))
        return table
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        table.problems.append(Problem(file, "The file must be saved as UTF-8 text; this line is not.", line))
        return table
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    if problem := _header_problem(file, header, columns):
        table.problems.append(problem)
        return table
    before = reader.line_num
    for cells in reader:
        line, before = before + 1, reader.line_num
        if not any(cell.strip() for cell in cells):
            continue  # spreadsheets leave blank rows behind
        if len(cells) != len(header):
            size = f"The row has {len(cells)} cells and the header {len(header)}"
            expected = f"{size}; is a comma missing or unquoted?"
            table.problems.append(Problem(file, expected, line, cells[0]))
            continue
        table.rows.append(dict(zip(header, cells, strict=True)))
        table.lines.append(line)
    if not table.rows and not table.problems:
        table.problems.append(Problem(file, "The file has no rows."))
    return table


def _header_problem(file: str, header: Sequence[str], columns: Sequence[str]) -> Problem | None:
    missing = [name for name in columns if name not in header]
    unknown = [name for name in header if name not in columns]
    if not header:
        return Problem(file, "The file is empty.")
    if len(header) == 1 and len(columns) > 1:
        return Problem(file, "The header is one single cell; columns must be separated by commas.", 1)
    said = [f"missing: {', '.join(missing)}"] if missing else []
    said += [f"unknown: {', '.join(unknown)}"] if unknown else []
    if not said:
        return None
    return Problem(file, f"The header must name the columns of {DICTIONARY} ({'; '.join(said)}).", 1)


def _described(column: FrictionlessField) -> Field:
    return Field(
        name=column.name,
        title=column.title or column.name,
        kind=column.type,
        style=column.custom.get("style", "text"),
        unit=column.custom.get("unit", ""),
        required=bool(column.constraints.get("required")),
        counted=bool(column.custom.get("counted")),
        maximum=column.constraints.get("maximum"),
    )


def _expected(error: Any, column: FrictionlessField) -> str:
    if isinstance(error, findings.TypeError):
        text = f"Expected {_TYPES.get(column.type, column.type)}"
    else:
        name = error.note.split('"')[1]
        bound = column.constraints[name]
        shown = ", ".join(map(str, bound)) if isinstance(bound, list) else bound
        text = _CONSTRAINTS[name].format(shown)
    description = f": {column.description}" if column.description else "."
    hint = column.custom.get("hint", "")
    return f"{text}{description}{' ' + hint if hint else ''}"
