"""Change every cell of data/, one at a time: does `trace` say exactly what then changes?

    python -m benchmarks.mutation                     every cell, HTML (about an hour on two cores)
    python -m benchmarks.mutation --sample 100 --formats html,pdf,docx

For each cell a new content is chosen that the build accepts, where there is one. `trace --to` says
which values would change; the changed review is built, the finished files are read back, and the
two sets are compared. Cells that change nothing are listed with the reason.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from sscreport.build import Made, build, make
from sscreport.cells import Address, cells_of, copy_with
from sscreport.compare import Change, Differences, compare
from sscreport.problems import InputError
from sscreport.progress import Progress
from sscreport.read import READERS
from sscreport.reading import VALUE, Reading
from sscreport.trace import reach_of_cell
from sscreport.values import PROVENANCE
from sscreport.write import FORMATS

ROOT = Path(__file__).resolve().parent.parent
SEED = 20261125
QUIET = Progress(quiet=True)


@dataclass(frozen=True)
class Outcome:
    """What was predicted and what happened when one cell was changed.

    ``predicted`` and ``actual`` are the keys of values that print otherwise, by format;
    ``numbers`` the same for the values.json inside: unrounded numbers, texts, daggers.
    ``reached`` are the keys that `trace` lists without knowing the new content.
    """

    address: str
    old: str
    new: str
    refused: bool = False
    refused_alike: bool = True
    predicted: frozenset[str] = frozenset()
    actual: Mapping[str, frozenset[str]] = field(default_factory=dict)
    predicted_numbers: frozenset[str] = frozenset()
    actual_numbers: frozenset[str] = frozenset()
    reached: frozenset[str] = frozenset()
    reason: str = ""

    @property
    def exact(self) -> bool:
        return (
            self.refused_alike
            and all(found == self.predicted for found in self.actual.values())
            and self.predicted_numbers == self.actual_numbers
        )


@cache
def baseline(formats: tuple[str, ...]) -> tuple[Made, dict[str, dict[str, list[str]]], dict[str, Any]]:
    """The unchanged review: as made, as its finished files read, and its values.json."""
    made = make(ROOT, QUIET, paint="docx" in formats)
    return made, *finished(made, formats)


def finished(made: Made, formats: Sequence[str]) -> tuple[dict[str, dict[str, list[str]]], dict[str, Any]]:
    """Write the files, and read back what every key prints in each of them and its unrounded number."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / name for name in formats}
        for name, path in paths.items():
            FORMATS[name](made.manuscript, path)
        return read_back(paths)


def read_back(paths: Mapping[str, Path]) -> tuple[dict[str, dict[str, list[str]]], dict[str, Any]]:
    """What every key prints in each finished file, given by format, and its unrounded number."""
    readings = {name: READERS[name](path) for name, path in paths.items()}
    inside = next(iter(readings.values())).enclosure
    return {name: _texts(reading) for name, reading in readings.items()}, json.loads(inside.values)["values"]


def _texts(reading: Reading) -> dict[str, list[str]]:
    """What each key prints, in any order; a text may have been read in pieces, over a line's end."""
    found: dict[str, list[str]] = {}
    filled = [piece for piece in (*reading.pieces, *reading.drawn) if piece.text.strip()]
    for (kind, key), run in groupby(filled, key=lambda piece: (piece.kind, piece.key)):
        if kind == VALUE:
            found.setdefault(key, []).append("".join("".join(piece.text.split()) for piece in run))
    return {key: sorted(texts) for key, texts in found.items()}


def mutate(address: Address, formats: tuple[str, ...] = ("html",)) -> Outcome:
    """Change one cell, predict, build and compare."""
    made, before, numbers = baseline(formats)
    cells = cells_of(ROOT)
    old = cells[address]
    for new in candidates(address, old, cells):
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "review"
            copy_with(ROOT, address, new, copy)
            try:
                changed = make(copy, QUIET, paint="docx" in formats)
            except InputError as error:
                refusal = Outcome(
                    str(address),
                    old,
                    new,
                    True,
                    _refuses(copy, formats, error),
                    reason=str(error.problems[0]),
                )
                continue
            except Exception as error:  # a traceback would reach the user
                return Outcome(str(address), old, new, True, False, reason=f"crash: {error!r}")
        predicted = compare(made.manuscript, changed.manuscript)
        after, numbers_after = finished(changed, formats)
        reach = reach_of_cell(made.review, made.manuscript, address)
        reason = reach.reason or ("" if predicted.values else _reason_of_stillness(address))
        return Outcome(
            str(address),
            old,
            new,
            predicted=frozenset(change.key for change in predicted.values if _reprinted(change)),
            actual={name: _different(before[name], after[name]) for name in formats},
            predicted_numbers=_moved(_side(predicted, "before"), _side(predicted, "after")),
            actual_numbers=_moved(numbers, numbers_after),
            reached=frozenset(reach.values),
            reason=reason,
        )
    return refusal


def _side(predicted: Differences, side: str) -> dict[str, dict[str, Any]]:
    """The changed values before or after, as values.json has them."""
    origins = (getattr(change, side) for change in predicted.values)
    return {
        o.key: {"number": o.number, "texts": o.texts, "provenance": o.provenance}
        for o in origins
        if o is not None
    }


def _reason_of_stillness(address: Address) -> str:
    if address.column.rpartition("_")[2] in ("source", "locator"):
        return "It says where a number was taken from: cards and appendix show it, and no value changes."
    return "Values rest on it, but a change of this kind moves none of them."


def _reprinted(change: Change) -> bool:
    """Whether the value's own text changes somewhere; a dagger stands beside it and counts as provenance."""
    before, after = (
        sorted(use.text for use in side.uses) if side else [] for side in (change.before, change.after)
    )
    return before != after


def _different(before: Mapping[str, Any], after: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def _moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> frozenset[str]:
    """Keys whose number differs, or whose texts, or whose dagger where they are printed."""

    def content(entry: Mapping[str, Any] | None) -> Any:
        if entry is None:
            return None
        return (
            entry["number"],
            sorted(entry["texts"]),
            bool(entry["texts"]) and entry["provenance"] == "reconstructed",
        )

    keys = before.keys() | after.keys()
    return frozenset(key for key in keys if content(before.get(key)) != content(after.get(key)))


def _refuses(copy: Path, formats: Sequence[str], predicted: InputError) -> bool:
    """Whether the build stops as predicted and writes nothing."""
    output = copy.parent / "output"
    try:
        build(copy, output, output / "figures", formats, QUIET)
    except InputError as error:
        return error.problems == predicted.problems and not output.exists()
    return False


# ---------------------------------------------------------------- what to write into a cell


def candidates(address: Address, old: str, cells: Mapping[Address, str]) -> Iterator[str]:
    """Other contents for a cell, the most telling first; the build may refuse them."""
    yield from (near for near in _near(old) if near != old)
    column = [
        raw for other, raw in cells.items() if (other.file, other.column) == (address.file, address.column)
    ]
    others = [raw for raw in dict.fromkeys(column) if raw not in ("", old)]
    random.Random(f"{SEED}{address}").shuffle(others)
    yield from others[:3]
    if address.column.rpartition("_")[2] == "provenance":
        yield from (word for word in PROVENANCE if word != old)
    yield from (f"{old} x".strip(), f"{old}x")


def _near(old: str) -> Iterator[str]:
    """Contents of the same type near the old one."""
    if old in ("True", "False"):
        yield "False" if old == "True" else "True"
    with suppress(ValueError):
        yield (date.fromisoformat(old) + timedelta(days=1)).isoformat()
    try:
        number = float(old)
    except ValueError:
        return
    decimals = len(old.partition(".")[2])
    step = 10**-decimals
    for near in (number + 3 * step, number - step, number + step, number * 1.11):
        yield f"{near:.{decimals}f}"


# ---------------------------------------------------------------- the run


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Precision and recall over all cells, and how many did what."""
    built = [outcome for outcome in outcomes if not outcome.refused]
    shown = [(o.predicted, found) for o in built for found in o.actual.values()]
    numbers = [(o.predicted_numbers, o.actual_numbers) for o in built]
    return {
        "cells": len(outcomes),
        "changed and built": len(built),
        "refused by the build, as predicted": sum(o.refused and o.refused_alike for o in outcomes),
        "not as predicted": sorted(o.address for o in outcomes if not o.exact),
        "printed values: precision, recall": _rates(shown),
        "values in values.json: precision, recall": _rates(numbers),
        "recall of trace without --to": _rates([(o.reached, _known(o)) for o in built])[1],
        "values changed": sum(len(actual) for _, actual in numbers),
        "cells that change nothing": sum(not o.actual_numbers for o in built),
    }


def _known(outcome: Outcome) -> frozenset[str]:
    """Changed values that existed before: a list made beforehand cannot know new ones."""
    made, _, numbers = baseline(tuple(outcome.actual))
    return frozenset(key for key in outcome.actual_numbers if key in numbers)


def _rates(pairs: Sequence[tuple[frozenset[str], frozenset[str]]]) -> tuple[float, float]:
    hits = sum(len(predicted & actual) for predicted, actual in pairs)
    predicted, actual = sum(len(p) for p, _ in pairs), sum(len(a) for _, a in pairs)
    return (hits / predicted if predicted else 1.0), (hits / actual if actual else 1.0)


def sample(size: int | None) -> list[Address]:
    addresses = list(cells_of(ROOT))
    return addresses if size is None else random.Random(SEED).sample(addresses, size)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sample", type=int, metavar="N", help="N cells chosen by a fixed seed (default: all)"
    )
    parser.add_argument("--formats", default="html", help="formats to build and read back (default: html)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", type=Path, metavar="CSV", help="write one line for each cell here")
    options = parser.parse_args()
    formats = tuple(options.formats.split(","))
    addresses = sample(options.sample)
    with ProcessPoolExecutor(options.jobs) as pool:
        outcomes = []
        for outcome in pool.map(mutate, addresses, [formats] * len(addresses), chunksize=8):
            outcomes.append(outcome)
            print(f"\r{len(outcomes)} of {len(addresses)} cells", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    if options.list:
        write_list(outcomes, options.list)
    report = summary(outcomes)
    json.dump(report, sys.stdout, indent=1)
    print()
    reasons = Counter(o.reason for o in outcomes if not o.refused and not o.actual_numbers)
    for reason, count in reasons.most_common():
        print(f"{count:5} cells change nothing: {reason}")
    return 1 if report["not as predicted"] else 0


def write_list(outcomes: Sequence[Outcome], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["cell", "old", "new", "outcome", "values changed", "reason"])
        for o in outcomes:
            what = "refused" if o.refused else "changed" if o.actual_numbers else "nothing changed"
            reason = o.reason if what != "changed" else ""
            writer.writerow([o.address, o.old, o.new, what, len(o.actual_numbers), reason])


if __name__ == "__main__":
    sys.exit(main())
