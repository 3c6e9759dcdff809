"""The free numbers of a system as one vector, each in plausible deviations from where it is expected.

A free mean difference is measured from its centre in units of its scatter; a free standard error,
on the log scale, from the plausible one in units of the spread. Here the origin is the most
plausible candidate, and all directions are alike.
"""

from __future__ import annotations

import numpy as np

from sscreport.reconstruct.system import Array, Flags, System

# What a mean difference counts in the choice among solutions, against a standard error: it only
# decides between solutions whose standard errors are as plausible.
MEAN_WEIGHT = 0.1


def plausible_sd(system: System, se: Array) -> Array:
    """The standard deviation se·√n that would be plausible for each row; ``se``: shape (…, rows).

    The anchor where one is recorded, else the geometric mean of se·√n over all rows without one.
    """
    common = np.isnan(system.anchor)
    sd = np.broadcast_to(system.anchor, se.shape).copy()
    if common.any():
        logs = np.log(se[..., common] * np.sqrt(system.n[common]))
        sd[..., common] = np.exp(logs.mean(axis=-1, keepdims=True))
    return sd


def expected_sd(system: System) -> Array:
    """`plausible_sd` before anything is solved: free standard errors as wide as means scatter."""
    return plausible_sd(system, np.where(system.free_se, system.scatter, system.se))


def to_rows(system: System, u: Array, sd: Array) -> tuple[Array, Array]:
    """Mean differences and standard errors, shape (m, rows), of points ``u``, shape (m, size)."""
    sought = int(system.free_md.sum())
    deviations = _placed(system.free_md, u[:, :sought])
    logs = _placed(system.free_se, u[:, sought:])
    md = np.where(system.free_md, system.centre + system.scatter * deviations, system.md)
    se = np.where(system.free_se, sd / np.sqrt(system.n) * np.exp(system.spread * logs), system.se)
    return md, se


def to_points(system: System, md: Array, se: Array, sd: Array) -> Array:
    """The inverse of `to_rows`: shape (m, size)."""
    deviations = (md - system.centre) / system.scatter
    logs = np.log(se * np.sqrt(system.n) / sd) / system.spread
    return np.concatenate([deviations[:, system.free_md], logs[:, system.free_se]], axis=1)


def implausibility(system: System, md: Array, se: Array) -> Array:
    """What the choice among solutions makes least: shape (m,).

    The sum of squares of the free standard errors' log ratios to the plausible ones, and with
    little weight that of the free mean differences' deviations, each in its unit.
    """
    sought = int(system.free_md.sum())
    squares = to_points(system, md, se, plausible_sd(system, se)) ** 2
    return squares[:, sought:].sum(axis=1) + MEAN_WEIGHT * squares[:, :sought].sum(axis=1)


def typical_factor(system: System, se: Array) -> float:
    """By what factor, typically, the free standard errors of one candidate differ from the plausible.

    exp of the root mean square log ratio; 1 where none is free.
    """
    logs = np.log(se * np.sqrt(system.n) / plausible_sd(system, se))[system.free_se]
    return float(np.exp(np.sqrt(np.mean(logs**2)))) if logs.size else 1.0


def _placed(free: Flags, values: Array) -> Array:
    """``values`` of the free rows, shape (m, free), at their places among all rows."""
    full = np.zeros((len(values), len(free)))
    full[:, free] = values
    return full
