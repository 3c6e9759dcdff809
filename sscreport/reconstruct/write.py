"""Write: solved cells into the data files they belong to, and what is open into files of its own.

A file is replaced as a whole or not at all, and in it only cells of the reconstruction change.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sscreport.cells import changed_cells
from sscreport.reconstruct.outcomes import CountsOutcome, MeansOutcome
from sscreport.reconstruct.sample import Range
from sscreport.reconstruct.system import System
from sscreport.records import Row

RANGES, SUMMARY = "data/reconstruction_ranges.csv", "data/reconstruction_results.csv"
SOURCE = ("derived", "build.py reconstruct", "feasible reconstructions of the printed numbers")
# Decimals of the stored ranges, by what they are of.
DECIMALS = {"md": 2, "se": 3, "weight": 1, "left_out": 2, "left_out_p": 4}

Changes = dict[tuple[str, str], str]
Outcomes = Sequence[MeansOutcome | CountsOutcome]


def write(root: Path, outcomes: Outcomes, seed: int) -> list[Path]:
    """Write every cell that is solved and the ranges; return the files whose content changed."""
    texts = {}
    for file, changes in _by_file(outcomes).items():
        texts[file] = changed_cells((root / file).read_text(encoding="utf-8"), changes)
    means = [outcome for outcome in outcomes if isinstance(outcome, MeansOutcome) and outcome.ranges]
    if means:
        texts[RANGES] = _table(row for outcome in means for row in _range_rows(outcome, seed))
    if outcomes:
        texts[SUMMARY] = _table(map(_summary, outcomes))
    return [root / file for file, text in texts.items() if _replace(root / file, text)]


def _replace(path: Path, text: str) -> bool:
    """Put ``text`` in the place of the file at once, so that nobody finds half of it."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8", newline="")
    os.replace(beside, path)
    return True


def _by_file(outcomes: Outcomes) -> dict[str, Changes]:
    found: dict[str, Changes] = {}
    for outcome in outcomes:
        changes = _of_means(outcome) if isinstance(outcome, MeansOutcome) else _of_counts(outcome)
        for row, column, text in changes:
            if column in row.cells or column.endswith("solved_from"):
                found.setdefault(row.file, {})[row.id, column] = text
    return found


def _of_means(outcome: MeansOutcome) -> Iterable[tuple[Row, str, str]]:
    """The claims behind every free cell; its number too where the rows do not stand."""
    system, solution = outcome.system, outcome.solution
    for position, row in enumerate(system.rows):
        claims = " ".join(system.claims_of(position))
        for name, decimals in zip(("md", "se"), system.decimals, strict=True):
            if not getattr(system, f"free_{name}")[position] or solution is None:
                continue
            yield row, f"{name}_solved_from", claims
            if not outcome.stands:
                yield row, name, written(float(getattr(solution, name)[position]), decimals)


def written(number: float, decimals: int) -> str:
    """A number with as many decimals, and with more where it has more."""
    short = f"{number:.{decimals}f}"
    return short if float(short) == number else repr(number)


def _of_counts(outcome: CountsOutcome) -> Iterable[tuple[Row, str, str]]:
    """The claims behind every reconstructed row; its counts too where the table is another one.

    Which study has which counts is not pinned: the rows take them in their order.
    """
    system = outcome.system
    free = [row for row in system.rows if row.cells[system.events].provenance == "reconstructed"]
    for row in free:
        yield row, "solved_from", " ".join(system.claims)
    if outcome.stands or len(outcome.fitting) != 1:
        return
    left = list(outcome.fitting[0])
    for pair in system.known:
        left.remove(pair)
    for row, (events, total) in zip(free, left, strict=True):
        yield row, system.events, str(events)
        yield row, system.totals, str(total)


# ---------------------------------------------------------------- files of results


def _range_rows(outcome: MeansOutcome, seed: int) -> Iterable[Mapping[str, str]]:
    for position, found in enumerate(outcome.ranges):
        yield _range_row(outcome.system, position, found, len(outcome.draws.md) if outcome.draws else 0, seed)


def _range_row(system: System, position: int, found: Range, draws: int, seed: int) -> dict[str, str]:
    row = system.rows[position]
    told = {name: row.cells[name].raw for name in ("id", "study", "outcome", "timepoint_months")}
    for name, decimals in DECIMALS.items():
        ends = getattr(found, name)
        for side, end in zip(("low", "high"), ends or (None, None), strict=True):
            told[f"{name}_{side}"] = "" if end is None else f"{end:.{decimals}f}"
    told |= {"pinned": "yes" if found.pinned else "no", "draws": str(draws), "seed": str(seed)}
    return told | dict(zip(("provenance", "source", "locator"), SOURCE, strict=True))


def _summary(outcome: MeansOutcome | CountsOutcome) -> dict[str, str]:
    """How many numbers were sought from how many printed ones, what was tried and what fits."""
    if isinstance(outcome, CountsOutcome):
        told = {
            "sought": str(2 * sum(len(table) for table in outcome.enumeration.found[:1])),
            "printed": str(len(outcome.system.boxes) + 1),
            "tried": str(outcome.enumeration.tried),
            "feasible": str(len(outcome.enumeration.found)),
            "factor": "",
            "best_factor": "",
        }
    else:
        told = {
            "sought": str(outcome.system.size),
            "printed": str(len(outcome.system.targets)),
            "tried": str(outcome.draws.starts if outcome.draws else 0),
            "feasible": str(len(outcome.draws.md) if outcome.draws else 0),
            "factor": f"{outcome.factor:.2f}",
            "best_factor": f"{outcome.best_factor:.2f}",
        }
    about = dict(zip(("provenance", "source", "locator"), SOURCE, strict=True))
    return {"id": outcome.system.id, **told, **about}


def _table(rows: Iterable[Mapping[str, str]]) -> str:
    listed = list(rows)
    result = io.StringIO(newline="")
    writer = csv.DictWriter(result, list(listed[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    return result.getvalue()
