"""``reconstruct``: study-level rows solved from the numbers printed of their pools."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sscreport.commands.command import FINDINGS, FINE, Command, add_json, print_json, review_folder
from sscreport.problems import UsageError

if TYPE_CHECKING:
    from sscreport.reconstruct import CountsOutcome, MeansOutcome
    from sscreport.reconstruct.sample import Range

EXAMPLES = """\
  %(prog)s                          solve, and judge the rows as they stand in the data
  %(prog)s --write                  and write what is solved, the claims behind it and the ranges
  %(prog)s --draws 1000 --seed 7    draw so many feasible reconstructions
  %(prog)s --json                   for machines
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--write",
        action="store_true",
        help="write the claims behind every reconstructed cell, the ranges, and new numbers "
        "where the rows do not stand",
    )
    parser.add_argument(
        "--draws",
        type=int,
        metavar="N",
        help="how many feasible reconstructions to draw (default: as in data/review.toml; 0: none)",
    )
    parser.add_argument("--seed", type=int, metavar="S", help="seed of the draws (default: likewise)")
    add_json(parser)


def _run(options: argparse.Namespace) -> int:
    root = review_folder(options.review)
    for name in ("draws", "seed"):
        if (getattr(options, name) or 0) < 0:
            raise UsageError(f"--{name} must be 0 or more; {getattr(options, name)} is not.")

    from sscreport.build import synthesise
    from sscreport.progress import Progress
    from sscreport.reconstruct import reconstruct, write
    from sscreport.reconstruct.pose import entries, settings_of

    review, _ = synthesise(root, Progress(quiet=True))
    if not entries(review):
        raise UsageError("data/review.toml names no [[reconstructions]], so there is nothing to solve.")
    outcomes = reconstruct(review, options.draws, options.seed)
    impossible = [outcome for outcome in outcomes if not _possible(outcome)]
    if options.json:
        print_json([_record(outcome) for outcome in outcomes])
    else:
        for outcome in outcomes:
            _show(outcome)
        _show_not_followed(entries(review))
    if options.write and not impossible:
        seed = settings_of(review)["seed"] if options.seed is None else options.seed
        paths = write(root, outcomes, seed)
        if not options.json:
            changed = ", ".join(path.relative_to(root).as_posix() for path in paths)
            print(f"Written: {changed}." if paths else "Nothing to write: the files are as they would be.")
        return FINE
    return FINE if all(outcome.stands for outcome in outcomes) else FINDINGS


def _possible(outcome: MeansOutcome | CountsOutcome) -> bool:
    from sscreport.reconstruct import MeansOutcome

    return outcome.solution is not None if isinstance(outcome, MeansOutcome) else bool(outcome.fitting)


def _verdict(outcome: MeansOutcome | CountsOutcome) -> str:
    """What the outcome says of the rows, in a sentence or two."""
    from sscreport.reconstruct import MeansOutcome

    if not isinstance(outcome, MeansOutcome):
        return _verdict_of_counts(outcome)
    if outcome.solution is None:
        return f"No reconstruction exists: {_blame(outcome.conflict)}"
    if outcome.missed:
        return f"The rows do not give {', '.join(map(str, outcome.missed))}."
    plausible = (
        f"standard errors typically {outcome.factor:.2f} times from plausible, "
        f"{outcome.best_factor:.2f} times in the best solution"
    )
    if outcome.stands:
        return f"The rows give all {len(outcome.system.targets)} printed numbers; {plausible}."
    return f"The rows give every printed number but are less plausible than others: {plausible}."


def _blame(claims: Sequence[str]) -> str:
    if len(claims) == 1:
        return f"without {claims[0]} there would be one."
    return f"{', '.join(claims)} contradict each other or what is fixed."


def _verdict_of_counts(outcome: CountsOutcome) -> str:
    found, tried = outcome.enumeration.found, outcome.enumeration.tried
    tables = "; ".join(", ".join(f"{a}/{n}" for a, n in table) for table in found[:5])
    start = f"Of {tried} tables {len(found)} give{'s' * (len(found) == 1)} the printed numbers"
    if not outcome.fitting:
        named = ", ".join(outcome.system.claims)
        lead = f"{start}, none with the recorded counts." if found else f"{start}."
        return f"No reconstruction exists: {lead} They come from {named}."
    own = "the rows are it" if outcome.stands else "the rows are another table"
    return (
        f"{start}: {tables}; {own}. Which study each pair belongs to is not pinned where it is reconstructed."
    )


def _show(outcome: MeansOutcome | CountsOutcome) -> None:
    from rich.console import Console
    from rich.table import Table

    from sscreport.reconstruct import MeansOutcome

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{outcome.system.id}[/]  {_verdict(outcome)}", markup=True)
    if isinstance(outcome, MeansOutcome) and outcome.solution is not None:
        table = Table(
            "row", "", "in the data", "solved", "range", "weight", "pool without it", "pinned", box=None
        )
        for record in _rows(outcome):
            table.add_row(
                *(record["row"], record["column"], record["in the data"], record["solved"]),
                *(_span(record.get(name)) for name in ("range", "weight", "left out")),
                {True: "yes", False: "no", None: ""}[record.get("pinned")],
            )
        console.width = max(console.width, 120)
        console.print(table)
        if outcome.draws:
            print(
                f"ranges over {len(outcome.draws.md)} feasible reconstructions, "
                f"for which {outcome.draws.starts} were started"
            )
    print()


def _show_not_followed(listed: Sequence[Any]) -> None:
    for entry in listed:
        for other in entry.get("not_followed", ()):
            print(f"Not followed: {other['claim']}: {other['why']}.")


def _rows(outcome: MeansOutcome) -> list[dict[str, Any]]:
    """A record for each free number: as it stands, as it is solved, and what is open."""
    from sscreport.reconstruct.write import written

    system, solution = outcome.system, outcome.solution
    records = []
    for position, row in enumerate(system.rows):
        for name, decimals in zip(("md", "se"), system.decimals, strict=True):
            if not getattr(system, f"free_{name}")[position] or solution is None:
                continue
            record: dict[str, Any] = {
                "row": row.id,
                "column": name,
                "in the data": row.cells[name].raw,
                "solved": written(float(getattr(solution, name)[position]), decimals),
                "solved from": list(system.claims_of(position)),
            }
            records.append(record | (_open(outcome.ranges[position], name) if outcome.ranges else {}))
    return records


def _open(found: Range, name: str) -> dict[str, Any]:
    left_out = {} if found.left_out is None else {"left out": found.left_out, "left out P": found.left_out_p}
    return {"range": getattr(found, name), "weight": found.weight, **left_out, "pinned": found.pinned}


def _span(ends: tuple[float, float] | None) -> str:
    return "" if ends is None else f"{ends[0]:.4g} to {ends[1]:.4g}"


def _record(outcome: MeansOutcome | CountsOutcome) -> dict[str, Any]:
    from sscreport.reconstruct import MeansOutcome

    record: dict[str, Any] = {
        "id": outcome.system.id,
        "stands": outcome.stands,
        "possible": _possible(outcome),
        "verdict": _verdict(outcome),
        "claims": list(outcome.system.claims),
    }
    if not isinstance(outcome, MeansOutcome):
        return record | {"tried": outcome.enumeration.tried, "tables": outcome.enumeration.found}
    drawn = (
        {"draws": len(outcome.draws.md), "starts": outcome.draws.starts} if outcome.draws else {"draws": 0}
    )
    return record | {
        "missed": [str(target) for target in outcome.missed],
        "conflict": list(outcome.conflict),
        "factor": outcome.factor,
        "best factor": outcome.best_factor,
        **drawn,
        "rows": _rows(outcome),
    }


COMMAND = Command(
    "Solve the study-level rows from the numbers printed of their pools, and say what is pinned.",
    EXAMPLES,
    _add_options,
    _run,
)
