"""What the formulas accept: checks shared by all of them, each complaint a sentence."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Floats = float | Array

# Within these limits squares, and products of squares, neither overflow nor vanish.
SMALLEST, LARGEST = 1e-75, 1e75
FEWEST, MOST = 1e-30, 1e15


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
        raise ValueError(f"{purpose} needs at least {k} {'study' if k == 1 else 'studies'}, not {found}.")


def per_study(value: Array, studies: Array, name: str) -> Array:
    """One number per analysis, ready to meet every study of it: shape (...) becomes (..., 1)."""
    if value.ndim and value.shape != studies.shape[:-1]:
        raise ValueError(f"{name} must be one number, or one for each analysis.")
    return value[..., np.newaxis]
