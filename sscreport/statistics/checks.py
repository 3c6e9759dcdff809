"""What the effect sizes accept beyond `inputs`: options, summaries of groups, rules for empty cells."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sscreport.statistics import inputs
from sscreport.statistics.inputs import Array, Floats

RatioZeroCells = Literal["only0", "all", "if0all", "none"]
ZeroCells = Literal[RatioZeroCells, "only0_in_se"]
DoubleZero = Literal["drop", "keep"]


def option(name: str, value: object, words: Any) -> None:
    """Raise ValueError unless ``value`` is one of the ``words`` of a Literal type."""
    allowed = get_args(words)
    if value not in allowed:
        raise ValueError(f"{name} is one of {', '.join(map(repr, allowed))}, not {value!r}.")


def positive(values: ArrayLike, name: str) -> Array:
    """`inputs.measured` and greater than 0, by so much that the square is too."""
    array = inputs.measured(values, name)
    inputs.require(array > 0, f"{name} must be greater than 0", array)
    inputs.require(array >= inputs.SMALLEST, f"{name} must be at least {inputs.SMALLEST:g}", array)
    return array


def standard_deviations(sd: ArrayLike) -> Array:
    """`positive`."""
    return positive(sd, "Standard deviations")


def sizes(n: ArrayLike, fewest: int = 2) -> Array:
    """Numbers of participants: the ``fewest`` that can show how they differ, or more."""
    array = inputs.counts(n, "Sample sizes")
    inputs.require(array >= fewest, f"Sample sizes must be at least {fewest}", array)
    return array


def correlations(r: ArrayLike) -> Array:
    """Between −1 and 1, exclusive: a correlation of ±1 has no sampling variance."""
    array = inputs.finite(r, "Correlations")
    inputs.require(np.abs(array) < 1, "Correlations must lie between -1 and 1", array)
    return array


def p_values(p: ArrayLike) -> Array:
    """Greater than 0 and at most 1."""
    array = inputs.finite(p, "P values")
    inputs.require((array > 0) & (array <= 1), "P values must be greater than 0 and at most 1", array)
    return array


def correction(zero: NDArray[np.bool_], zero_cells: ZeroCells, add: float) -> Floats:
    """What is added to every cell of each study, given which studies have an empty cell.

    ``zero_cells``: ``add`` goes to "only0" the studies with an empty cell, "all" studies, "if0all" all
    studies of a meta-analysis (last axis) in which any has one, or "none". "only0_in_se" is "only0",
    for cells that only a standard error is made from.
    """
    option("zero_cells", zero_cells, ZeroCells)
    amount = float(inputs.counts(add, "Corrections"))
    if zero_cells == "all":
        return amount
    if zero_cells == "none":
        return 0.0
    if zero_cells == "if0all" and zero.ndim:
        zero = zero.any(axis=-1, keepdims=True)
    return np.where(zero, amount, 0.0)
