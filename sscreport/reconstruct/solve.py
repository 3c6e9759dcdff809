"""Solve: candidates moved into the boxes of the printed numbers, and the most plausible of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from sscreport.reconstruct.coordinates import expected_sd, implausibility, to_rows
from sscreport.reconstruct.recompute import TOLERANCE, boxes, excess, feasible, missed, recompute
from sscreport.reconstruct.system import Array, Flags, System, Target

# Newton steps, the longest allowed in plausible deviations, and the step of their derivatives.
STEPS, LONGEST, STEP = 50, 2.0, 1e-7
# Candidates aim at boxes narrower by this part of their width on each side, so that they end inside.
INWARD = 0.02
# The most plausible one keeps so far inside, which leaves room for rounding it.
ROOM = 0.25
OPEN_BOX = 0.1  # taken for the width of a box that is open to one side
JUMPING = "begg_p"  # a rank test moves by jumps: it is asked of the solutions, none is steered towards it
ATTEMPTS = 200  # random starts in the search for the most plausible solution
POLISHED = 4  # how many of the best are improved to the end
FARTHEST = 8.0  # plausible deviations within which solutions are sought
EXTRA_DECIMALS = range(4)  # written beyond those of the data, where these would lose a printed number


@dataclass(frozen=True)
class Solution:
    """The most plausible candidate that was found, as it would be written; shapes (rows,)."""

    md: Array
    se: Array


def best(system: System) -> Solution | None:
    """The solution nearest to what is plausible, in the decimals of the data; None where there is none."""
    if not system.size:
        return None if missed(system, system.md, system.se) else Solution(system.md, system.se)
    sd = expected_sd(system)
    starts = np.random.default_rng(system.seed).normal(size=(ATTEMPTS, system.size))
    u, arrived = project(system, starts, sd)
    if not arrived.any():
        return None
    u = u[arrived]
    order = np.argsort(implausibility(system, *to_rows(system, u, sd)), kind="stable")[:POLISHED]
    polished = np.array([*u[order], *(_polish(system, u[index], sd) for index in order)])
    md, se = to_rows(system, polished, sd)
    inside = feasible(system, md, se)
    md, se = md[inside], se[inside]
    found = [
        _rounded(system, md[i], se[i]) for i in np.argsort(implausibility(system, md, se), kind="stable")
    ]
    return next((solution for solution in found if solution), None)


def project(system: System, u: Array, sd: Array, part: float = INWARD) -> tuple[Array, Flags]:
    """Points moved, by steps as short as possible, to where they give the printed numbers.

    ``u``: shape (m, size); ``sd`` as `coordinates.plausible_sd`; ``part`` of the boxes' widths is kept
    free on either side. Each step is the least one that undoes what is outside, as the derivatives
    have it (Gauss-Newton). Returns the points and which arrived.
    """
    smooth = _smooth(system)
    low, high = _narrowed(smooth, part)
    for _ in range(STEPS):
        outside = excess(_statistics(smooth, u, sd), low, high)
        going = np.flatnonzero(np.any(outside, axis=1))
        if not going.size:
            break
        step = _least_steps(_jacobian(smooth, u[going], sd), outside[going])
        length = np.linalg.norm(step, axis=1, keepdims=True)
        u = u.copy()
        u[going] = np.clip(
            u[going] - step * np.minimum(1, LONGEST / np.maximum(length, LONGEST)), -FARTHEST, FARTHEST
        )
    return u, feasible(system, *to_rows(system, u, sd))


def conflict(system: System) -> list[str]:
    """The claims without any one of which there would be a solution; where none is enough, those missed.

    Called where no solution was found.
    """
    without = {claim: _without(system, claim) for claim in system.claims}
    culprits = [claim for claim, rest in without.items() if rest.targets and _solvable(rest)]
    return culprits or list(dict.fromkeys(target.claim for target in _nearest_miss(system)))


def _smooth(system: System) -> System:
    """The system without the targets that cannot be steered towards."""
    return replace(system, targets=tuple(t for t in system.targets if t.statistic != JUMPING))


def _without(system: System, claim: str) -> System:
    return replace(system, targets=tuple(t for t in system.targets if t.claim != claim))


def _solvable(system: System) -> bool:
    if not system.size:
        return not missed(system, system.md, system.se)
    starts = np.random.default_rng(system.seed).normal(size=(ATTEMPTS, system.size))
    return bool(project(system, starts, expected_sd(system))[1].any())


def _nearest_miss(system: System) -> list[Target]:
    """What the candidate that comes nearest still misses."""
    if not system.size:
        return missed(system, system.md, system.se)
    starts = np.random.default_rng(system.seed).normal(size=(ATTEMPTS, system.size))
    sd = expected_sd(system)
    md, se = to_rows(system, project(system, starts, sd)[0], sd)
    outside = np.abs(excess(recompute(system, md, se), *boxes(system))) > TOLERANCE
    nearest = int(np.argmin(outside.sum(axis=1)))
    return missed(system, md[nearest], se[nearest])


def _statistics(system: System, u: Array, sd: Array) -> Array:
    return recompute(system, *to_rows(system, u, sd))


def _jacobian(system: System, u: Array, sd: Array) -> Array:
    """Derivatives of the statistics at ``u``: shape (m, targets, size)."""
    size = u.shape[1]
    moves = STEP * np.concatenate([np.zeros((1, size)), np.eye(size)])
    found = _statistics(system, (u[:, None, :] + moves).reshape(-1, size), sd)
    found = found.reshape(len(u), size + 1, -1)
    return np.swapaxes(found[:, 1:] - found[:, :1], 1, 2) / STEP


def _narrowed(system: System, part: float) -> tuple[Array, Array]:
    """The boxes without a part of their width on each side."""
    low, high = boxes(system)
    margin = part * np.where(np.isfinite(high - low), high - low, OPEN_BOX)
    return low + margin, high - margin


def _least_steps(jacobian: Array, outside: Array) -> Array:
    """For each point the shortest step that undoes its excesses: shape (m, size)."""
    active = jacobian * (outside != 0)[:, :, None]
    scale = np.maximum(np.linalg.norm(active, axis=2, keepdims=True), 1e-12)
    return (np.linalg.pinv(active / scale, rcond=1e-6) @ (outside[:, :, None] / scale))[:, :, 0]


def _polish(system: System, u: Array, sd: Array) -> Array:
    """The least implausible point near ``u`` inside the boxes, by sequential quadratic programming."""
    smooth = _smooth(system)
    low, high = _narrowed(smooth, ROOM)
    below, above = (np.flatnonzero(np.isfinite(limit)) for limit in (low, high))

    def slack(x: Array) -> Array:
        found = _statistics(smooth, x[None], sd)[0]
        return np.concatenate([found[below] - low[below], high[above] - found[above]])

    def slopes(x: Array) -> Array:
        found = _jacobian(smooth, x[None], sd)[0]
        return np.concatenate([found[below], -found[above]])

    start, _ = project(system, u[None], sd, ROOM)
    found = minimize(
        lambda x: float(implausibility(system, *to_rows(system, x[None], sd))[0]),
        start[0],
        method="SLSQP",
        bounds=[(-FARTHEST, FARTHEST)] * system.size,
        constraints={"type": "ineq", "fun": slack, "jac": slopes},
        options={"maxiter": 100, "ftol": 1e-7},
    )
    return found.x


def _rounded(system: System, md: Array, se: Array) -> Solution | None:
    """A solution with as few decimals as keep the printed numbers, no fewer than the data have."""
    for more in EXTRA_DECIMALS:
        md_decimals, se_decimals = (decimals + more for decimals in system.decimals)
        written = Solution(
            np.where(system.free_md, np.round(md, md_decimals), system.md),
            np.where(system.free_se, np.round(se, se_decimals), system.se),
        )
        if np.all(written.se > 0) and not missed(system, written.md, written.se):
            return written
    return None
