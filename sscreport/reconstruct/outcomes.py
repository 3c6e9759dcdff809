"""Outcomes: what a reconstruction says of the rows as they stand in the data."""

from __future__ import annotations

from dataclasses import dataclass

from sscreport.reconstruct.coordinates import typical_factor
from sscreport.reconstruct.counts import CountSystem, Enumeration, Pair, enumerate_tables
from sscreport.reconstruct.recompute import missed
from sscreport.reconstruct.sample import Draws, Range, draw, ranges
from sscreport.reconstruct.solve import Solution, best, conflict
from sscreport.reconstruct.system import System, Target


@dataclass(frozen=True)
class MeansOutcome:
    """``missed``: printed numbers that the rows do not give. ``factor``, ``best_factor``: by what factor
    standard errors typically differ from plausible ones, as they stand and in the best solution.

    ``conflict`` names the claims that leave no solution. ``ranges``: one for each row, none without draws.
    """

    system: System
    missed: tuple[Target, ...]
    solution: Solution | None
    factor: float
    best_factor: float
    tolerance: float
    conflict: tuple[str, ...] = ()
    draws: Draws | None = None
    ranges: tuple[Range, ...] = ()

    @property
    def stands(self) -> bool:
        """Whether the rows give every printed number and are about as plausible as the best."""
        return not self.missed and self.factor <= (1 + self.tolerance) * self.best_factor


@dataclass(frozen=True)
class CountsOutcome:
    """The tables that give the printed numbers, and whether the rows as they stand are one of them."""

    system: CountSystem
    enumeration: Enumeration

    @property
    def stands(self) -> bool:
        return self.system.recorded in self.enumeration.found

    @property
    def fitting(self) -> tuple[tuple[Pair, ...], ...]:
        """The tables that hold the pairs of the rows that are not reconstructed."""
        known = self.system.known
        return tuple(table for table in self.enumeration.found if all(pair in table for pair in known))


def of_means(system: System, tolerance: float, draws: int, seed: int) -> MeansOutcome:
    """Solve a system, judge its rows, and draw so many reconstructions around the best."""
    lost = tuple(missed(system, system.md, system.se))
    factor = typical_factor(system, system.se)
    solution = best(system)
    if solution is None:
        found = tuple(conflict(system))
        return MeansOutcome(system, lost, None, factor, factor, tolerance, conflict=found)
    drawn = draw(system, solution, draws, seed) if draws else None
    open_to = tuple(ranges(system, drawn)) if drawn else ()
    best_factor = typical_factor(system, solution.se)
    return MeansOutcome(system, lost, solution, factor, best_factor, tolerance, (), drawn, open_to)


def of_counts(system: CountSystem) -> CountsOutcome:
    """Try every table."""
    return CountsOutcome(system, enumerate_tables(system))
