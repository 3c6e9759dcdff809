"""A printed table as CSV: its columns recognised by what they are usually called."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sscreport.audit.expressions import RATIOS, SIGNED, clean, number
from sscreport.problems import InputError, Problem

# What a column's heading may be, by what the column holds.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "study": ("study", "author", "first_author", "trial", "studies_included"),
    "references": ("ref", "refs", "reference", "references", "citation"),
    "year": ("year", "publication_year"),
    "patients": (
        "n", "sample_size", "patients", "participants", "n_participants", "n_patients", "number_of_patients",
        "number_of_participants", "total", "total_n",
    ),
    "studies": ("k", "n_trials", "n_studies", "trials", "studies", "number_of_studies"),
    "female": ("female", "women", "f", "females"),
    "male": ("male", "men", "m", "males"),
    "age": ("age", "mean_age", "average_age"),
    "follow_up": ("follow_up", "followup", "follow_up_time", "duration"),
    "country": ("country", "location"),
    "design": ("design", "study_design_of_study", "study_type", "research_type"),
    "outcome": ("outcome", "outcome_measure"),
    "subgroup": ("subgroup", "time", "timepoint", "time_point", "stratum"),
    "effect": (
        "effect", "estimate", "md", "mean_difference", "smd", "or", "odds_ratio", "rr", "risk_ratio", "hr",
        "hazard_ratio", "rd", "prevalence", "proportion",
    ),
    "low": ("ci_low", "ci_lower", "lower", "low", "lcl", "ci_lb"),
    "high": ("ci_high", "ci_upper", "upper", "high", "ucl", "ci_ub"),
    "i2": ("i2", "i_squared"),
    "p": ("p", "p_value"),
    "events": ("events", "number_of_aes", "number_of_events", "aes", "adverse_events"),
    "endpoints": ("endpoints", "endpoints_decoded", "outcomes", "outcomes_reported", "endpoint_index"),
    "certainty": ("certainty", "certainty_of_evidence", "quality_of_evidence", "grade"),
    "quality": ("nos", "nos_score", "newcastle_ottawa", "newcastle_ottawa_scale"),
}  # fmt: skip
MEASURES = {
    "md": "MD", "mean_difference": "MD", "smd": "SMD", "rd": "RD", "or": "OR", "odds_ratio": "OR",
    "rr": "RR", "risk_ratio": "RR", "hr": "HR", "hazard_ratio": "HR",
}  # fmt: skip
MISSING = ("", "na", "n/a", "nr", "not reported", "-", "–", "—", "none")
_WITH_INTERVAL = re.compile(rf"({SIGNED})\s*[\[(]\s*({SIGNED})\s*(?:to|–|-|,|;)\s*({SIGNED})\s*[\])]")


@dataclass(frozen=True, eq=False)
class TableRow:
    """One row: its cells by column, its line in the file, and the name it is called by."""

    name: str
    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class DataTable:
    """A table with its rows; ``file`` is how it is called in every message."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]

    @property
    def title(self) -> str:
        """How a sentence calls the table: "Table 3" where its file is called so."""
        name = Path(self.file).name
        numbered = re.fullmatch(r"(?:.*[_-])?table[ _-]?(\w?\d+)\.csv", name, re.IGNORECASE)
        return f"Table {numbered[1]}" if numbered else name

    def column(self, role: str) -> str | None:
        """The first column that holds ``role`` (a key of `HEADINGS`)."""
        known = HEADINGS[role]
        return next((name for name in self.columns if heading(name) in known), None)

    def text(self, row: TableRow, role: str) -> str | None:
        """What a row says in the column of ``role``; None where it has none or leaves it empty."""
        name = self.column(role)
        cell = clean(row.cells.get(name) or "") if name else ""
        return None if cell.lower() in MISSING else cell

    def number(self, row: TableRow, role: str) -> float | None:
        """The number a cell begins with; None where there is none."""
        cell = self.text(row, role)
        match = re.match(rf"{SIGNED}(?![\d/]*[/])", cell.replace(",", "")) if cell else None
        return number(match.group()) if match else None

    def estimate(self, row: TableRow) -> tuple[float, float, float] | None:
        """Estimate with its interval, from three columns or from one cell."""
        cell = self.text(row, "effect")
        if cell and (match := _WITH_INTERVAL.match(cell)):
            return number(match[1]), number(match[2]), number(match[3])
        parts = [self.number(row, role) for role in ("effect", "low", "high")]
        return None if None in parts else (parts[0], parts[1], parts[2])

    @property
    def measure(self) -> str:
        """The effect measure that the estimate's column is headed with; "" where it says none."""
        return MEASURES.get(heading(self.column("effect") or ""), "")

    @property
    def is_ratio(self) -> bool:
        return self.measure in RATIOS

    def sum(self, role: str) -> float | None:
        """The sum over a column; None where there is none or a cell is no number."""
        numbers = [self.number(row, role) for row in self.rows]
        return None if not numbers or None in numbers else sum(n for n in numbers if n is not None)

    @property
    def of_studies(self) -> bool:
        """Whether each row is one study."""
        names = [self.text(row, "study") for row in self.rows]
        return bool(names) and None not in names and len(set(names)) == len(names)


@cache
def heading(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower().replace("²", "2")).strip("_")


def read_table(path: Path, name: str | None = None) -> DataTable:
    """Read a CSV table. Raises `InputError` where it is missing, no UTF-8, or without a heading row."""
    file = name or path.name
    return parse_table(read_text(path, file), file)


def read_text(path: Path, file: str) -> str:
    """The text of a file; `InputError` where it is missing or no UTF-8."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError([Problem(file, f"The file cannot be read: {error.strerror}.")]) from None
    except UnicodeDecodeError as error:
        raise InputError([Problem(file, f"The file must be UTF-8 text: {error.reason}.")]) from None


def parse_table(text: str, file: str) -> DataTable:
    """A table from CSV text, with `InputError` where it has no heading row or rows of other lengths."""
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        lines = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise InputError([Problem(file, f"This is not valid CSV: {error}.", reader.line_num)]) from None
    columns = [cell.strip() for cell in lines[0][1]] if lines else []
    if not _is_heading(columns):
        raise InputError(
            [Problem(file, "The first line must name the columns, each differently, in words.", 1)]
        )
    problems = [
        Problem(file, f"The line has {len(cells)} cells; the heading has {len(columns)}.", line)
        for line, cells in lines[1:]
        if len(cells) != len(columns)
    ]
    if problems:
        raise InputError(problems)
    return DataTable(file, tuple(columns), tuple(_rows(columns, lines[1:])))


def _is_heading(columns: list[str]) -> bool:
    return (
        bool(columns)
        and all(re.search("[A-Za-z]", name) for name in columns)
        and len(set(columns)) == len(columns)
    )


def _rows(columns: list[str], lines: list[tuple[int, list[str]]]) -> Iterator[TableRow]:
    for line, texts in lines:
        cells = dict(zip(columns, texts, strict=True))
        yield TableRow(cells.get("id") or f"line {line}", line, cells)
