"""Weighted least squares of study effects: on nothing but a mean, or on moderators.

Both models answer the same questions about a fit with weights w, in terms of the matrix
P = W − WX(X'WX)⁻¹X'W: what is left over (y'Py = Q), its trace, and so on. The estimators of τ² and
the tests of heterogeneity are written in these.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np

from sscreport.statistics.inputs import Array, Floats, NotEstimable, Studies

F = TypeVar("F", bound="Fit")

SHORT = 64  # studies, below which a product is faster made first and then summed
LONG = 65_536  # studies at once: what is made of them stays in the processor's cache
LOST = 1e-3  # of what was subtracted from, below which too few digits remain


class Fit(ABC):
    """A fit with weights ``w``, shape (..., k), in sums over its studies."""

    w: Array
    total: Floats  # Σw
    squares: Floats  # Σw²
    q: Floats  # y'Py: Q for the weights 1/v
    q_of_squares: Floats  # y'PPy, the slope of Q along −τ²
    q_of_cubes: Floats  # y'PPPy, half the slope of y'PPy along −τ²
    trace: Floats  # tr P
    trace_of_square: Floats  # tr PP, the slope of tr P along −τ²

    @property
    @abstractmethod
    def log_determinant(self) -> Floats:
        """ln det X'WX."""


class StudyFit(Fit):
    """A fit that also knows what each study has in it: what it left of the effects, ``residuals``."""

    residuals: Array

    @property
    @abstractmethod
    def diagonal(self) -> Array:
        """The diagonal of P, w(1 − h), h the leverages; shape (..., k)."""

    @property
    @abstractmethod
    def leverages(self) -> Array:
        """The diagonal of the hat matrix, shape (..., k)."""

    @abstractmethod
    def trace_product(self, a: Array, b: Array) -> Floats:
        """tr PAPB = Σᵢⱼ Pᵢⱼ² aᵢ bⱼ, A and B diagonal; ``a`` and ``b``: shape (..., k)."""

    def _trace_of_square(self) -> Floats:
        ones = np.ones_like(self.w)
        return self.trace_product(ones, ones)


class Model(ABC, Generic[F]):
    """Studies and what their effects are regressed on; ``p`` coefficients."""

    p: int

    def __init__(self, studies: Studies):
        self.studies = studies
        self.y, self.v, self.k = studies

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the analyses."""
        return self.y.shape[:-1]

    @property
    def df(self) -> Floats:
        """Residual degrees of freedom k − p."""
        return self.k - self.p

    @property
    def variances(self) -> tuple[Array, Array]:
        """Limits of the sampling variances of each analysis."""
        smallest, largest = self.v.min(axis=-1), self.v.max(axis=-1)
        if np.any(np.isinf(largest)):
            largest = self.v.max(axis=-1, where=np.isfinite(self.v), initial=0.0)
        return smallest, largest

    @property
    @abstractmethod
    def fixed(self) -> F:
        """With weights 1/v."""

    @abstractmethod
    def fit(self, tau2: Floats) -> F:
        """With weights 1 / (v + τ²)."""

    @abstractmethod
    def flat(self) -> Model[F]:
        """The same analyses along one axis."""

    @abstractmethod
    def take(self, analyses: Array) -> Model[F]:
        """Some analyses of a `flat` model, by position."""


class StudyModel(Model[F]):
    """A model that fits each analysis from its own studies."""

    @property
    def included(self) -> Array:
        """1 for each study that counts and 0 for those left out."""
        return np.isfinite(self.v).astype(float)

    @cached_property
    def fixed(self) -> F:
        return self.weighted(1 / self.v)

    def fit(self, tau2: Floats) -> F:
        if not np.any(tau2):
            return self.fixed
        return self.weighted(1 / (self.v + np.asarray(tau2)[..., np.newaxis]))

    @abstractmethod
    def weighted(self, w: Array) -> F:
        """With any weights."""


# Sums over the studies of a part, of weights and residuals; the residuals and one more array are there
# to be written into, as to be given memory takes longer than to compute.
Terms = Callable[[Array, Array, Array], tuple[Array, ...]]
# Weights of a part of the studies, in a new array or in the one given.
Weigh = Callable[[slice, Array | None], Array]


class MeanFit(StudyFit):
    """The weighted mean and what it leaves.

    ``near``, shape (...): something like the mean, which spares a look at the effects.
    """

    def __init__(self, y: Array, weigh: Weigh, near: Floats | None = None):
        self.y = y
        self._weigh = weigh
        # The mean is kept in two parts, the second what the first leaves: effects less both keep their
        # digits, and equal effects have exactly their mean.
        self._rest: Floats | None = None
        if near is not None:
            self._first = near
            self.total, pull = self._sums(_total_and_pull)
        else:
            self._first = y[(0,) * (y.ndim - 1)][:LONG].mean()
            self.total, pull, q = self._sums(_total_pull_and_q)
            self.q = q - pull * (pull / self.total)
            if not np.all(self.q > LOST * q):
                self._first = self._first + pull / self.total
                self.total, pull, q = self._sums(_total_pull_and_q)
                self.q = np.maximum(q - pull * (pull / self.total), 0.0)
        self._rest = pull / self.total
        self.mean = self._first + self._rest

    @classmethod
    def with_weights(cls, y: Array, w: Array) -> MeanFit:
        return cls(y, lambda part, _: w[..., part])

    @cached_property
    def w(self) -> Array:
        return self._weigh(slice(None), None)

    @property
    def residuals(self) -> Array:
        return self._shifted(slice(None), np.empty_like(self.y))

    def _shifted(self, part: slice, out: Array) -> Array:
        """Effects less what is known of the mean."""
        z = self.y[..., part]
        for shift in (self._first, self._rest):
            if shift is not None:
                z = np.subtract(z, np.asarray(shift)[..., np.newaxis], out=out)
        return z

    def _sums(self, terms: Terms) -> Sequence[Array]:
        """Sums over all studies, a part of them at a time."""
        k = self.y.shape[-1]
        if k <= LONG:
            z, free = np.empty((2, *self.y.shape))
            return terms(self.w, self._shifted(slice(None), z), free)
        space = np.empty((3, *self.y.shape[:-1], LONG))
        found = []
        for start in range(0, k, LONG):
            part = slice(start, start + LONG)
            w, z, free = space[..., : k - start]
            found.append(terms(self._weigh(part, w), self._shifted(part, z), free))
        return [sum(sums[1:], sums[0]) for sums in zip(*found, strict=True)]

    @cached_property
    def q(self) -> Floats:
        return self._sums(_total_pull_and_q)[2]

    @cached_property
    def squares(self) -> Floats:
        return self._sums(lambda w, z, free: (dot(w, w, free),))[0]

    @cached_property
    def _powers(self) -> Sequence[Array]:
        """Σw³, Σu², Σwu, Σwu², u = wr; finds Σw² on the way."""
        self.squares, *powers = self._sums(_sums_of_powers)
        return powers

    @property
    def q_of_squares(self) -> Floats:
        return self._powers[1]

    @property
    def q_of_cubes(self) -> Floats:
        _, _, cross, bend = self._powers
        return np.maximum(bend - cross**2 / self.total, 0.0)

    @cached_property
    def _others(self) -> Array:
        return sum_of_others(self.w)

    @property
    def diagonal(self) -> Array:
        return self.w * self._others / self.total[..., np.newaxis]

    @property
    def leverages(self) -> Array:
        return self.w / self.total[..., np.newaxis]

    @property
    def _overwhelmed(self) -> bool:
        """Whether under one weight differences of sums are lost in rounding; sums of parts are not."""
        return bool(np.any(self.squares > 0.99 * self.total**2))

    @cached_property
    def trace(self) -> Floats:
        if self._overwhelmed:
            return self.diagonal.sum(axis=-1)
        return self.total - self.squares / self.total

    @cached_property
    def trace_of_square(self) -> Floats:
        if self._overwhelmed:
            return self._trace_of_square()
        share = self.squares / self.total
        return self.squares - 2 * self._powers[0] / self.total + share**2

    def trace_product(self, a: Array, b: Array) -> Floats:
        squares = self.w**2
        off_diagonal = (a * squares * sum_of_others(b * squares)).sum(axis=-1) / self.total**2
        return (self.diagonal**2 * a * b).sum(axis=-1) + off_diagonal

    @property
    def log_determinant(self) -> Floats:
        return np.log(self.total)


def _total_and_pull(w: Array, z: Array, free: Array) -> tuple[Array, ...]:
    return total_of(w), dot(w, z, free)


def _total_pull_and_q(w: Array, z: Array, free: Array) -> tuple[Array, ...]:
    pull = np.multiply(w, z, out=free)
    return total_of(w), total_of(pull), dot(pull, z, z)


def _sums_of_powers(w: Array, z: Array, free: Array) -> tuple[Array, ...]:
    pull = np.multiply(z, w, out=z)
    square = np.multiply(w, w, out=free)
    squares, cubes = total_of(square), dot(square, w, free)
    slope = dot(pull, pull, free)
    product = np.multiply(w, pull, out=free)
    return squares, cubes, slope, total_of(product), dot(product, pull, free)


class Mean(StudyModel[MeanFit]):
    """One common mean; ``y`` and ``v``: shape (..., k)."""

    p = 1

    @cached_property
    def _near(self) -> Floats:
        return self.fixed.mean

    @cached_property
    def fixed(self) -> MeanFit:
        return MeanFit(self.y, lambda part, out: np.divide(1.0, self.v[..., part], out=out))

    def fit(self, tau2: Floats) -> MeanFit:
        if not np.any(tau2):
            return self.fixed
        between = np.asarray(tau2)[..., np.newaxis]

        def weigh(part: slice, out: Array | None) -> Array:
            w = np.add(self.v[..., part], between, out=out)
            return np.divide(1.0, w, out=w)

        return MeanFit(self.y, weigh, self._near)

    def weighted(self, w: Array) -> MeanFit:
        return MeanFit.with_weights(self.y, w)

    def flat(self) -> Mean:
        if self.y.ndim == 2:
            return self
        n = self.y.shape[-1]
        k = np.broadcast_to(self.k, self.shape).reshape(-1)
        return Mean(Studies(self.y.reshape(-1, n), self.v.reshape(-1, n), k))

    def take(self, analyses: Array) -> Mean:
        k = np.broadcast_to(self.k, self.shape)
        some = Mean(Studies(self.y[analyses], self.v[analyses], k[analyses]))
        some._near = self._near[analyses]
        return some


class RegressionFit(StudyFit):
    """Coefficients ``beta``, shape (..., p), with (X'WX)⁻¹ = ``vcov``, shape (..., p, p).

    By QR of √w X, whose columns are first brought to length 1, so that moderators of any scale do.
    """

    def __init__(self, x: Array, y: Array, w: Array):
        self.w = w
        root = np.sqrt(w)[..., np.newaxis]
        scaled = root * x
        lengths = np.sqrt((scaled**2).sum(axis=-2, keepdims=True))
        if np.any(lengths == 0):
            raise NotEstimable("A moderator is 0 in every study; it has no coefficient.")
        self._scaled = scaled / lengths
        self._basis, r = np.linalg.qr(self._scaled)
        sizes = np.abs(np.diagonal(r, axis1=-2, axis2=-1))
        if np.any(sizes <= COLLINEAR):
            raise NotEstimable(
                "The moderators cannot be told apart: one is constant or the sum of others in these studies."
            )
        inverse = np.linalg.inv(r) / np.swapaxes(lengths, -2, -1)
        self._r_logs = np.log(sizes).sum(axis=-1) + np.log(lengths[..., 0, :]).sum(axis=-1)
        projected = np.swapaxes(self._basis, -2, -1) @ (root * y[..., np.newaxis])
        beta = inverse @ projected
        residuals = y - (x @ beta)[..., 0]
        again = inverse @ (np.swapaxes(self._basis, -2, -1) @ (root * residuals[..., np.newaxis]))
        self.beta = (beta + again)[..., 0]
        self.residuals = residuals - (x @ again)[..., 0]
        self.vcov = inverse @ np.swapaxes(inverse, -2, -1)

    @cached_property
    def total(self) -> Floats:
        return total_of(self.w)

    @cached_property
    def squares(self) -> Floats:
        return dot(self.w, self.w)

    @cached_property
    def q(self) -> Floats:
        return dot(self.w * self.residuals, self.residuals)

    @cached_property
    def q_of_squares(self) -> Floats:
        pull = self.w * self.residuals
        return dot(pull, pull)

    @cached_property
    def trace(self) -> Floats:
        return self.diagonal.sum(axis=-1)

    @cached_property
    def trace_of_square(self) -> Floats:
        return self._trace_of_square()

    @property
    def q_of_cubes(self) -> Floats:
        pull = self.w * self.residuals
        explained = np.swapaxes(self._basis, -2, -1) @ (np.sqrt(self.w) * pull)[..., np.newaxis]
        return np.maximum(dot(self.w * pull, pull) - (explained**2).sum(axis=(-2, -1)), 0.0)

    @property
    def leverages(self) -> Array:
        return (self._basis**2).sum(axis=-1)

    @cached_property
    def diagonal(self) -> Array:
        left = np.maximum(1 - self.leverages, 0)
        # Where a study nearly has a coefficient of its own the difference is lost in rounding.
        for place in np.argwhere(left < 0.01):
            analysis, study = tuple(place[:-1]), place[-1]
            left[tuple(place)] = self._left_over(self._scaled[analysis], study)
        return self.w * left

    def _left_over(self, x: Array, study: int) -> float:
        """1 − h = 1/(1 + g), g the leverage of a study beside the fit to all others; 0 if that has none."""
        r = np.linalg.qr(np.delete(x, study, axis=0), mode="r")
        if r.shape[0] < r.shape[1] or np.any(np.abs(np.diagonal(r)) <= COLLINEAR * np.abs(r).max()):
            return 0.0
        return 1 / (1 + (np.linalg.solve(r.T, x[study]) ** 2).sum())

    def trace_product(self, a: Array, b: Array) -> Floats:
        diagonal = (a * b * self.w**2 * (1 - 2 * self.leverages)).sum(axis=-1)
        return diagonal + (self._within_basis(a * self.w) * self._within_basis(b * self.w)).sum(axis=(-2, -1))

    def _within_basis(self, values: Array) -> Array:
        return np.swapaxes(self._basis, -2, -1) @ (values[..., np.newaxis] * self._basis)

    @property
    def log_determinant(self) -> Floats:
        return 2 * self._r_logs


class Regression(StudyModel[RegressionFit]):
    """Effects on the columns of ``x``, shape (..., k, p) or (k, p); rows of studies left out are 0."""

    def __init__(self, studies: Studies, x: Array):
        super().__init__(studies)
        self.x = x
        self.p = x.shape[-1]
        if np.any(np.less(self.k, self.p)):
            raise NotEstimable(
                f"{self.p} coefficients need at least {self.p} studies, not {int(np.min(self.k))}."
            )

    def weighted(self, w: Array) -> RegressionFit:
        return RegressionFit(self.x, self.y, w)

    def flat(self) -> Regression:
        n = self.y.shape[-1]
        k = np.broadcast_to(self.k, self.y.shape[:-1]).reshape(-1)
        x = np.broadcast_to(self.x, (*self.y.shape, self.p)).reshape(-1, n, self.p)
        return Regression(Studies(self.y.reshape(-1, n), self.v.reshape(-1, n), k), x)

    def take(self, analyses: Array) -> Regression:
        studies = Studies(self.y[analyses], self.v[analyses], self.k[analyses])
        return Regression(studies, self.x[analyses])


# A moderator whose part that the others do not explain is shorter than this share of it.
COLLINEAR = 1e-10


def total_of(values: Array) -> Array:
    """The sum along the last axis, in the fastest of the ways numpy has."""
    k = values.shape[-1]
    return np.matmul(values, np.ones(k)) if k < SHORT else np.asarray(np.einsum("...i->...", values))


def dot(a: Array, b: Array, free: Array | None = None) -> Array:
    """The sum of products along the last axis; what lies between may be written into ``free``."""
    return np.vecdot(a, b) if a.shape[-1] >= SHORT else total_of(np.multiply(a, b, out=free))


def sum_of_others(values: Array) -> Array:
    """For each study, the sum over all others, each 0 or more; exact under one overwhelming value."""
    others = values.sum(axis=-1, keepdims=True) - values
    largest = np.argmax(values, axis=-1)[..., np.newaxis]
    rest = values.copy()
    np.put_along_axis(rest, largest, 0.0, axis=-1)
    np.put_along_axis(others, largest, rest.sum(axis=-1, keepdims=True), axis=-1)
    return others
