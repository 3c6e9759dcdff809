"""Sample: many feasible reconstructions, and how far apart they let study values and results be.

Each starts at random plausible values and is moved to the nearest ones that give the printed
numbers. The printed numbers leave a whole family of study rows open; the draws show its width among
plausible ones. They are no probability distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sscreport.reconstruct.coordinates import plausible_sd, to_points, to_rows
from sscreport.reconstruct.recompute import left_out, pooled
from sscreport.reconstruct.solve import Solution, project
from sscreport.reconstruct.system import Array, System

BATCH = 200
# No more starts than that for each draw wanted: where hardly any arrives, few are reported.
PATIENCE = 20
# A draw is dropped where a value ends more plausible deviations away than this from where it is
# expected, or than it must in the best solution.
FARTHEST = 3.0
# A row is pinned where its draws differ by no more: weights by percentage points, mean differences
# by parts of the standard error.
PINNED_WEIGHT, PINNED_MEAN = 5.0, 0.1


@dataclass(frozen=True)
class Draws:
    """Feasible reconstructions: ``md``, ``se`` of shape (draws, rows), and how many starts they took."""

    md: Array
    se: Array
    starts: int


@dataclass(frozen=True)
class Range:
    """What the draws leave open for one row: lowest and highest of each, None where there is none.

    ``weight`` is a percentage of the row's pool; ``left_out`` and ``left_out_p`` are the pool's
    estimate and P without the row, None for pools of two.
    """

    md: tuple[float, float]
    se: tuple[float, float]
    weight: tuple[float, float]
    left_out: tuple[float, float] | None
    left_out_p: tuple[float, float] | None

    @property
    def pinned(self) -> bool:
        """Whether the printed numbers leave next to no choice."""
        weights, means = self.weight[1] - self.weight[0], self.md[1] - self.md[0]
        return weights <= PINNED_WEIGHT and means <= PINNED_MEAN * self.se[0]


def draw(system: System, solution: Solution, wanted: int, seed: int) -> Draws:
    """``wanted`` feasible reconstructions around what is plausible, or as many as arrive."""
    sd = plausible_sd(system, solution.se)
    at_best = np.abs(to_points(system, solution.md[None], solution.se[None], sd))
    farthest = max(FARTHEST, float(at_best.max(initial=0)) + 1)
    rng, starts = np.random.default_rng(seed), 0
    kept: list[Array] = []
    while system.size and sum(map(len, kept)) < wanted and starts < PATIENCE * wanted:
        starts += BATCH
        u, arrived = project(system, rng.normal(size=(BATCH, system.size)), sd)
        kept.append(u[arrived & (np.abs(u).max(axis=1) <= farthest)])
    if not sum(map(len, kept)):
        return Draws(solution.md[None], solution.se[None], starts)
    return Draws(*to_rows(system, np.concatenate(kept)[:wanted], sd), starts)


def ranges(system: System, draws: Draws) -> list[Range]:
    """What is open for each row of a system."""
    found = []
    for position in range(len(system.rows)):
        pool = system.pool_of(position)
        whole = pooled(pool, draws.md, draws.se)
        rest = left_out(pool, draws.md, draws.se)[position] if len(pool.members) > 2 else None
        found.append(
            Range(
                _ends(draws.md[:, position]),
                _ends(draws.se[:, position]),
                _ends(whole.weights[:, pool.members.index(position)]),
                _ends(rest.estimate) if rest else None,
                _ends(rest.p) if rest else None,
            )
        )
    return found


def _ends(values: Array) -> tuple[float, float]:
    return float(np.min(values)), float(np.max(values))
