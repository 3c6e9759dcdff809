"""What the formulas accept: checks shared by all of them, each complaint a sentence.

ValueError
└── NotEstimable       the data do not determine what was asked for
ArithmeticError
└── NotConverged       an iteration ended before it reached its result; carries its state
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Floats = float | Array

# Within these limits squares, and products of squares, neither overflow nor vanish.
SMALLEST, LARGEST = 1e-75, 1e75
FEWEST, MOST = 1e-30, 1e15


class NotEstimable(ValueError):
    """The data, though valid, do not determine the result; the message says why."""


class NotConverged(ArithmeticError):
    """An iteration that did not reach its result.

    ``state`` holds what it had: the last values, how far apart they were, and how many steps.
    """

    def __init__(self, message: str, **state: Array | float | int):
        super().__init__(message)
        self.state = state


class Studies(NamedTuple):
    """Effects ``y`` and sampling variances ``v``, shape (..., n), and how many ``k`` there are.

    A study that is left out has an infinite variance and so a weight of 0. ``k``: one number, or
    one for each analysis where studies are left out.
    """

    y: Array
    v: Array
    k: int | Array


def studies(yi: ArrayLike, vi: ArrayLike, fewest: int = 1, purpose: str = "Pooling") -> Studies:
    """Effects with their sampling variances; those with a NaN in either are left out.

    Raises ValueError for unequal shapes and for numbers that cannot be weighted, and NotEstimable
    where fewer than ``fewest`` studies remain.
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    same_shape("Effects and sampling variances", y, v)
    at_least(1, y, purpose)
    k: int | Array = y.shape[-1]
    # Three fast passes settle the common case: a NaN or a number out of range shows in one of them.
    with np.errstate(over="ignore", invalid="ignore"):
        fine = np.vdot(y, y) <= LARGEST**2 and np.vdot(v, v) <= LARGEST**4 and v.min() >= SMALLEST**2
    if not fine:
        known = ~(np.isnan(y) | np.isnan(v))
        _in_range(y[known], v[known])
        y, v, k = np.where(known, y, 0.0), np.where(known, v, np.inf), known.sum(axis=-1)
    if np.any(np.less(k, fewest)):
        found = int(np.min(k))
        raise NotEstimable(
            f"{purpose} needs at least {fewest} {'study' if fewest == 1 else 'studies'}, not {found}."
        )
    return Studies(y, v, k)


def one_analysis(yi: ArrayLike, vi: ArrayLike, fewest: int, purpose: str) -> Studies:
    """`studies` of a single analysis, shape (k,), without those that are left out."""
    given = studies(yi, vi, fewest, purpose)
    y, v, k = given
    if y.ndim != 1:
        raise ValueError(f"{purpose} takes one analysis: effects of shape (k,), not {y.shape}.")
    if k == y.size:
        return given
    known = np.isfinite(v)
    return Studies(y[known], v[known], int(known.sum()))


def _in_range(y: Array, v: Array) -> None:
    measured(y, "Effects")
    finite(v, "Sampling variances")
    require(v > 0, "Sampling variances must be greater than 0", v)
    require(
        (v >= SMALLEST**2) & (v <= LARGEST**2),
        f"Sampling variances must lie between {SMALLEST**2:g} and {LARGEST**2:g}",
        v,
    )


def level(value: float) -> None:
    """Raise ValueError unless ``value`` is a confidence level."""
    if not 0 < value < 1:
        raise ValueError(f"A confidence level lies between 0 and 1; {value:g} does not.")


def require(ok: ArrayLike, rule: str, values: Array | None = None) -> None:
    """Raise ValueError with ``rule`` and the first place (with its value) where ``ok`` is false."""
    broken = np.flatnonzero(~np.asarray(ok, dtype=bool))
    if broken.size:
        found = "breaks this" if values is None else f"is {values.flat[broken[0]]:g}"
        raise ValueError(f"{rule}; number {broken[0] + 1} {found}.")


def finite(values: ArrayLike, name: str) -> Array:
    """``values`` as floats, any shape, none of them missing or infinite."""
    array = np.asarray(values, dtype=float)
    require(np.isfinite(array), f"{name} must be finite numbers", array)
    return array


def not_negative(values: ArrayLike, name: str) -> Array:
    """`finite` and 0 or more."""
    array = finite(values, name)
    require(array >= 0, f"{name} must be 0 or more", array)
    return array


def measured(values: ArrayLike, name: str) -> Array:
    """`finite` and of a size that can be squared twice."""
    array = finite(values, name)
    require(np.abs(array) <= LARGEST, f"{name} must lie within ±{LARGEST:g}", array)
    return array


def counts(values: ArrayLike, name: str) -> Array:
    """`not_negative` and of a size to be counted; fractions are allowed."""
    array = not_negative(values, name)
    countable = (array == 0) | ((array >= FEWEST) & (array <= MOST))
    require(countable, f"{name} must be 0, or from {FEWEST:g} to {MOST:g}", array)
    return array


def standard_errors(se: ArrayLike) -> Array:
    """`measured` and greater than 0."""
    array = measured(se, "Standard errors")
    require(array > 0, "Standard errors must be greater than 0", array)
    require(array >= SMALLEST, f"Standard errors must be at least {SMALLEST:g}", array)
    return array


def effects_and_errors(effect: ArrayLike, se: ArrayLike) -> tuple[Array, Array]:
    """Effects with their standard errors, of one shape."""
    effects, errors = measured(effect, "Effects"), standard_errors(se)
    same_shape("Effects and standard errors", effects, errors)
    return effects, errors


def same_shape(names: str, *arrays: Array) -> None:
    """Raise ValueError unless all arrays have one shape."""
    shapes = [array.shape for array in arrays]
    if len(set(shapes)) > 1:
        raise ValueError(f"{names} must have one shape, not {' and '.join(map(str, shapes))}.")


def at_least(k: int, studies: Array, purpose: str) -> None:
    """Raise ValueError unless the last axis holds ``k`` studies or more."""
    found = studies.shape[-1] if studies.ndim else 0
    if not studies.ndim:
        raise ValueError(f"{purpose} needs an array of studies, not a single number.")
    if found < k or not studies.size:
        raise NotEstimable(f"{purpose} needs at least {k} {'study' if k == 1 else 'studies'}, not {found}.")


def per_study(value: Array, studies: Array, name: str) -> Array:
    """One number per analysis, ready to meet every study of it: shape (...) becomes (..., 1)."""
    if value.ndim and value.shape != studies.shape[:-1]:
        raise ValueError(f"{name} must be one number, or one for each analysis.")
    return value[..., np.newaxis]
