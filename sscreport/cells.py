"""The cells of a review folder by their address, FILE:ROW:COLUMN, and a copy with one of them changed.

A row of a CSV file is named by its id. In data/review.toml the row is the path of a table
("analyses.rcs.m6", entries of a list by their id) and the column the name of the setting.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import tomli_w

from sscreport.enclosure import read_inputs
from sscreport.folder import SCENARIOS, SETTINGS
from sscreport.problems import UsageError, did_you_mean


@dataclass(frozen=True, order=True)
class Address:
    """Where a cell stands: file within the review folder, row and column."""

    file: str
    row: str
    column: str

    def __str__(self) -> str:
        return f"{self.file}:{self.row}:{self.column}"


def cells_of(root: Path) -> dict[Address, str]:
    """The raw text of every cell of every table and of every setting, in the order of the files."""
    found: dict[Address, str] = {}
    for file, text in read_inputs(root).items():
        if file.endswith(".csv"):
            reader = csv.DictReader(io.StringIO(text, newline=""))
            if "id" not in (reader.fieldnames or ()):
                continue  # a table of the article, whose rows need no address
            for row in reader:
                found |= {Address(file, row["id"], name): raw or "" for name, raw in row.items() if name}
        elif file in (SETTINGS, SCENARIOS):
            found |= {Address(file, row, name): raw for row, name, raw in _settings(tomllib.loads(text))}
    return found


def find(cells: Mapping[Address, str], text: str) -> Address:
    """The address that ``text`` names; UsageError with what is near it where there is none."""
    names = {str(address): address for address in cells}
    if text in names:
        return names[text]
    file, _, rest = text.partition(":")
    row = rest.rpartition(":")[0]
    files = dict.fromkeys(address.file for address in cells)
    if file not in files:
        raise UsageError(f"There is no data file {file}.{did_you_mean(file, files, listed=True)}")
    rows = dict.fromkeys(address.row for address in cells if address.file == file)
    if row not in rows:
        raise UsageError(f"{file} has no row {row}.{did_you_mean(row, rows)}")
    columns = [address.column for address in cells if (address.file, address.row) == (file, row)]
    column = rest.rpartition(":")[2]
    raise UsageError(
        f"{file} has no column {column} in row {row}.{did_you_mean(column, columns, listed=True)}"
    )


def copy_with(root: Path, address: Address, text: str, folder: Path) -> None:
    """Write the review's inputs to ``folder``, with ``text`` in the cell at ``address``."""
    for file, content in read_inputs(root).items():
        if file == address.file:
            change = _changed_settings if file in (SETTINGS, SCENARIOS) else _changed_table
            content = change(content, address, text)
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="")


def _changed_table(content: str, address: Address, text: str) -> str:
    return changed_cells(content, {(address.row, address.column): text})


def changed_cells(content: str, changes: Mapping[tuple[str, str], str]) -> str:
    """A CSV file's text with other texts in cells, by row id and column; a column must be there."""
    reader = csv.DictReader(io.StringIO(content, newline=""))
    result = io.StringIO(newline="")
    writer = csv.DictWriter(result, reader.fieldnames or [], lineterminator="\n")
    writer.writeheader()
    for row in reader:
        changed = {column: text for (name, column), text in changes.items() if name == row["id"]}
        writer.writerow(row | changed)
    return result.getvalue()


def _changed_settings(content: str, address: Address, text: str) -> str:
    settings = tomllib.loads(content)
    for row, table in _tables(settings):
        if row == address.row:
            table[address.column] = _typed(text, table[address.column])
    return tomli_w.dumps(settings)


def _settings(settings: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for row, table in _tables(settings):
        for name, content in table.items():
            if not _is_table(content):
                yield row, name, ", ".join(map(str, content)) if isinstance(content, list) else str(content)


def _tables(table: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every table of the settings by its path; the outermost is called "review"."""
    yield ".".join(path) or "review", table
    for name, content in table.items():
        if isinstance(content, Mapping):
            yield from _tables(content, (*path, name))
        elif _is_table(content):
            for position, entry in enumerate(content, start=1):
                yield from _tables(entry, (*path, name, str(entry.get("id", position))))


def _is_table(content: Any) -> bool:
    return isinstance(content, Mapping) or (
        isinstance(content, list) and bool(content) and isinstance(content[0], Mapping)
    )


def _typed(text: str, old: Any) -> Any:
    """``text`` as the type that the setting has; left as text where it is not of that type."""
    try:
        if isinstance(old, bool):
            return {"true": True, "false": False}[text.lower()]
        if isinstance(old, list):
            return [_typed(part.strip(), old[0] if old else "") for part in text.split(",")]
        if isinstance(old, date):
            return date.fromisoformat(text)
        if isinstance(old, int):
            return int(text) if text.lstrip("-").isdecimal() else float(text)
        return float(text) if isinstance(old, float) else text
    except (ValueError, KeyError):
        return text
