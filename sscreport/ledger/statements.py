"""The numbers of each claim, and the values that recompute them, found by the keys in the claims file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sscreport.problems import Problem, did_you_mean
from sscreport.records import Part, Review, Row
from sscreport.values import SUM, Book, Cell, Value

CLAIMS = "published_claims"
SOUND = "sound."  # keys of the alternatives
ALTERNATIVES = "alternatives"  # the setting that asks for them
NAMING = ("quantity", "outcome", "timepoint", "subgroup")
# Columns with a printed number: the member of a pooled group that recomputes it, and its name in a sentence.
COLUMNS = {
    "value": ("estimate", "the estimate"),
    "ci_low": ("ci_low", "the lower limit"),
    "ci_high": ("ci_high", "the upper limit"),
    "p": ("p", "P"),
    "i2_percent": ("i_squared", "heterogeneity"),
    "het_p": ("q_p", "P of heterogeneity"),
    "patients": ("patients", "the number of patients"),
    "studies": ("studies", "the number of studies"),
}
COUNTS = ("patients", "studies")
ALONE = "the number"  # of a claim without limits
# What an alternative may consist of; one with a head is a group of values.
HEADS = ("estimate", "proportion", "events")
MEMBERS = (*HEADS, "patients", "ci_low", "ci_high", "p", "prediction_low", "prediction_high")
_PRINTED = re.compile(r"<?-?\d*\.?\d+")


@dataclass(frozen=True)
class Found:
    """One printed number of a claim, and the value that recomputes it, if any.

    ``quantity`` is the same for all numbers that state the same thing, by the names in the file.
    """

    claim: str
    column: str
    name: str
    printed: Value
    recomputed: Value | None
    quantity: tuple[str, ...]
    place: Value

    @property
    def cell(self) -> Cell:
        (cell,) = self.printed.cells().values()
        return cell

    @property
    def raw(self) -> str:
        """As printed, without spaces: "5.10", "<0.0001"."""
        return "".join(self.cell.raw.split())


@dataclass(frozen=True)
class Claim:
    """A row of the claims file. ``sound`` holds the alternative by `MEMBERS`, a single value by ""."""

    id: str
    row: Row
    place: Value
    numbers: tuple[Found, ...]
    sound: Mapping[str, Value]
    note: Value | None

    @property
    def named(self) -> list[Value]:
        """What is claimed: quantity, outcome, time and subgroup."""
        return [self.row[column] for column in NAMING if self.row.content(column)]

    @property
    def name(self) -> tuple[Part, ...]:
        return tuple(part for value in self.named for part in (", ", value))[1:]

    def instead(self, column: str) -> Value | None:
        """The alternative to the number of a column."""
        heads = ("", *HEADS) if column == "value" else (column,)
        return next((self.sound[head] for head in heads if head in self.sound), None)

    @property
    def title(self) -> str:
        return ", ".join(str(value.content) for value in self.named)


def read_claims(review: Review) -> tuple[list[Claim], list[Problem]]:
    """Every claim with its values, and a problem for each cell that leads to no number."""
    reader = _Reader(review)
    claims = [reader.claim(row) for row in review.tables.get(CLAIMS, ())]
    return claims, reader.problems


class _Reader:
    def __init__(self, review: Review):
        self.book: Book = review.book
        self.known = [value.key for value in review.book]
        self.without_alternatives = ALTERNATIVES not in review.settings
        self.problems: list[Problem] = []

    def claim(self, row: Row) -> Claim:
        place, recomputed = self._place(row), self._recomputed(row)
        numbers = [
            Found(row.id, column, name, row[column], recomputed.get(column), _quantity(row, column), place)
            for column, name in _columns(row).items()
            if self._is_number(row, column)
        ]
        note = row["alternative_words"] if row.content("alternative_words") else None
        return Claim(row.id, row, place, tuple(numbers), self._sound(row), note)

    def _place(self, row: Row) -> Value:
        """Where the article states the claim: a column that describes others, and so no value yet."""
        about = row.cells["quantity"]
        cell = Cell(row.file, row.id, "locator", about.locator, about.provenance, about.source, about.locator)
        label = f"Place of the published claim: {row.content('quantity')}"
        return self.book.read(f"published_claims.{row.id}.place", cell, about.locator, "text", label)

    def _is_number(self, row: Row, column: str) -> bool:
        if _PRINTED.fullmatch("".join(row.cells[column].raw.split())):
            return True
        self._complain(row, column, 'Expected a number in decimal digits, or a bound such as "<0.05".')
        return False

    # ------------------------------------------------------------ keys

    def _recomputed(self, row: Row) -> dict[str, Value]:
        """By column the value that recomputes it. A key is that of a value, of a group, or a sum."""
        text = row.content("recomputed")
        if not text:
            return {}
        if f"{text}.estimate" in self.book:
            members = {column: self.book.get(f"{text}.{member}") for column, (member, _) in COLUMNS.items()}
            return {column: value for column, value in members.items() if value is not None}
        keys = text.split(" + ")
        values = [value for key in keys if (value := self._number(row, "recomputed", key)) is not None]
        if len(values) < len(keys):
            return {}
        return {"value": values[0] if len(values) == 1 else self._sum(row, values)}

    def _sum(self, row: Row, values: Sequence[Value]) -> Value:
        return self.book.derive(
            f"ledger.of.{row.id}.sum",
            SUM,
            lambda numbers: numbers.sum(),
            values,
            style=values[0].style,
            label=f"Sum that recomputes the published claim: {row.content('quantity')}",
            unit=values[0].unit,
        )

    def _sound(self, row: Row) -> dict[str, Value]:
        """The alternative; nothing where the review asks for no alternatives and this is one of them."""
        key = row.content("alternative")
        if not key or (self.without_alternatives and key.startswith(SOUND)):
            return {}
        if any(f"{key}.{head}" in self.book for head in HEADS):
            members = {member: self.book.get(f"{key}.{member}") for member in MEMBERS}
            return {member: value for member, value in members.items() if value is not None}
        value = self._number(row, "alternative", key)
        return {} if value is None else {"": value}

    def _number(self, row: Row, column: str, key: str) -> Value | None:
        value = self.book.get(key)
        if value is None:
            expected = f"There is no value or pooled group {key}.{did_you_mean(key, self.known)}"
        elif isinstance(value.content, bool) or not isinstance(value.content, int | float):
            expected = f"A claim is compared with a number; {key} is {value.content}."
        else:
            return value
        self._complain(row, column, expected)
        return None

    def _complain(self, row: Row, column: str, expected: str) -> None:
        self.problems.append(Problem(row.file, expected, row.line, row.id, column, row.cells[column].raw))


def _columns(row: Row) -> dict[str, str]:
    """The columns that hold a number, each with its name; a value without limits is no estimate."""
    names = {column: name for column, (_, name) in COLUMNS.items() if row.content(column) is not None}
    if "value" in names and "ci_low" not in names:
        names["value"] = ALONE
    return names


def _quantity(row: Row, column: str) -> tuple[str, ...]:
    """What a number states, by name. The patients of a pool are what a claim of "patients" states.

    A subgroup "all …" is no subgroup.
    """
    words = (" ".join(str(row.content(name) or "").lower().split()) for name in NAMING)
    quantity, outcome, time, subgroup = words
    about = outcome, time, "" if subgroup.startswith("all ") else subgroup
    if column in COUNTS:
        return column, *about
    return quantity, *about, *([] if column == "value" else [column])
