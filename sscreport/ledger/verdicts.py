"""What a printed number is, held against the data and against the article itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from sscreport import wording
from sscreport.folder import SETTINGS
from sscreport.ledger.statements import Found
from sscreport.values import Cell, Value

REPRODUCED = "reproduced"
RECONSTRUCTED = "reproduced from reconstructed data"
ROUNDING = "rounding"
UNDERIVED = "not derivable"
AGAINST_DATA = "contradicts the data"
AGAINST_ITSELF = "contradicts itself"
# From the best to the worst: two numbers in one article that exclude each other need no data to be wrong.
VERDICTS = (REPRODUCED, RECONSTRUCTED, ROUNDING, UNDERIVED, AGAINST_DATA, AGAINST_ITSELF)

EQUAL, NEAR, FAR = range(3)

_FLOAT = re.compile(r"(table|fig)\D*(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Judged:
    """A number with its verdict. ``rivals`` print the same quantity otherwise.

    ``own`` is the verdict by the data alone. ``repeats`` says that the data are the claim itself,
    ``theirs`` that they are the article's own.
    """

    found: Found
    verdict: str
    own: str
    rivals: tuple[Found, ...]
    repeats: bool
    theirs: bool


def judge(found: Found, everything: Sequence[Found]) -> Judged:
    """The verdict on a number among all numbers of the article."""
    rivals = tuple(other for other in everything if _same(found, other) and agreement(found, other) != EQUAL)
    own = by_data(found)
    by_rivals = [ROUNDING if agreement(found, rival) == NEAR else AGAINST_ITSELF for rival in rivals]
    return Judged(
        found,
        worst([own, *by_rivals]),
        own,
        rivals,
        found.recomputed is not None and _repeats(found, found.recomputed),
        found.recomputed is not None and _theirs(found, found.recomputed),
    )


def worst(verdicts: Iterable[str]) -> str:
    """The worst of some verdicts; a claim without a number is not derivable."""
    return max(verdicts, key=VERDICTS.index, default=UNDERIVED)


def slug(verdict: str) -> str:
    """A verdict as a step of a key."""
    return verdict.replace(" ", "_")


# ---------------------------------------------------------------- against the data


def by_data(found: Found) -> str:
    """The verdict on a number by the data alone."""
    value = found.recomputed
    if value is None or value.content is None:
        return UNDERIVED
    distance = _distance(found.raw, value.content, found.column)
    if distance == FAR:
        return AGAINST_ITSELF if _theirs(found, value) else AGAINST_DATA
    if _repeats(found, value):
        return UNDERIVED
    if distance == NEAR:
        return ROUNDING
    return RECONSTRUCTED if value.reconstructed else REPRODUCED


def _distance(raw: str, number: float, column: str) -> int:
    """How far a recomputed number is from the printed one, at the printed precision.

    Equal where it rounds (halves away from zero) to the same text, or keeps a printed bound; near
    where the rounded number is one unit of the last printed place away. Whole numbers are counts and
    have no such unit, except I², which is rounded to whole percents.
    """
    if raw.startswith("<"):
        return EQUAL if number < float(raw[1:]) else FAR
    rounded = Decimal(wording.fixed(number, _decimals(raw)).replace(wording.MINUS, "-"))
    return _gap(rounded, Decimal(raw), _unit(_decimals(raw), column))


def _gap(one: Decimal, other: Decimal, unit: Decimal) -> int:
    if one == other:
        return EQUAL
    return NEAR if abs(one - other) <= unit else FAR


def _decimals(raw: str) -> int:
    return len(raw.partition(".")[2])


def _unit(decimals: int, column: str) -> Decimal:
    return Decimal(1).scaleb(-decimals) if decimals or column == "i2_percent" else Decimal(0)


def data_cells(value: Value) -> list[Cell]:
    """The cells of the data files that entered a value; settings are choices, not data."""
    return [cell for cell in value.cells(decisions=False).values() if cell.file != SETTINGS]


def _theirs(found: Found, value: Value) -> bool:
    """Whether a value is made of what the article itself prints."""
    origins = {(cell.provenance, cell.source) for cell in data_cells(value)}
    return origins == {("published", found.cell.source)}


def _repeats(found: Found, value: Value) -> bool:
    """Whether a value is one row of data that was taken from the very place of the claim."""
    cells = data_cells(value)
    return (
        _theirs(found, value)
        and len({(cell.file, cell.row) for cell in cells}) == 1
        and all(places(cell.locator) & places(found.cell.locator) for cell in cells)
    )


def places(locator: str) -> set[str]:
    """The places that a locator names: its tables and figures, and its parts that name none.

    >>> sorted(places("Results: search; Fig. 1")) == ["fig 1", "results: search"]
    True
    """
    named: set[str] = set()
    for part in locator.lower().split(";"):
        floats = {f"{kind} {number}" for kind, number in _FLOAT.findall(part)}
        named |= floats or {part.strip(" .")}
    return named


# ---------------------------------------------------------------- against the article itself


def _same(one: Found, other: Found) -> bool:
    """Whether two numbers state the same quantity: of one name, or recomputed by one value."""
    if one.printed.key == other.printed.key:
        return False
    shared = one.recomputed is not None and one.recomputed is other.recomputed
    return shared or one.quantity == other.quantity


def agreement(one: Found, other: Found) -> int:
    """How far two printed numbers are apart, at the coarser precision of the two.

    Two bounds never exclude each other; a bound and a number do where the number is not below it.
    """
    bounds = [raw for raw in (one.raw, other.raw) if raw.startswith("<")]
    if len(bounds) == 2:
        return EQUAL
    if bounds:
        (number,) = {one.raw, other.raw} - {*bounds}
        return EQUAL if Decimal(number) < Decimal(bounds[0][1:]) else FAR
    decimals = min(_decimals(one.raw), _decimals(other.raw))
    first, second = (
        Decimal(raw).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) for raw in (one.raw, other.raw)
    )
    return _gap(first, second, _unit(decimals, one.column))
