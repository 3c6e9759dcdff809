"""A weighted mean without each of some studies in turn, from sums over all of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sscreport.statistics.inputs import Array, Floats, Studies
from sscreport.statistics.linear_model import LONG, LOST, Fit, Model


class LeftOutFit(Fit):
    """The fits of a `LeftOut`; every result has the shape (n,) of what is left out."""

    def __init__(self, model: LeftOut, tau2: Array | None):
        self._model, self._tau2 = model, tau2

    @cached_property
    def _every(self) -> Array:
        return self._model.sums(self._tau2, powers=3)

    @cached_property
    def _sums(self) -> Array:
        """Σw, Σwz, Σwz², with z the effects less something near their mean."""
        return self._every[0] if "_every" in vars(self) else self._model.sums(self._tau2, powers=1)[0]

    @cached_property
    def _rest(self) -> Array:
        return self._sums[1] / self._sums[0]

    @property
    def w(self) -> Array:
        return np.concatenate([w.copy() for _, w in self._model.weights(self._tau2)])

    @property
    def total(self) -> Array:
        return self._sums[0]

    @property
    def mean(self) -> Array:
        return self._model.near + self._rest

    @cached_property
    def q(self) -> Array:
        return np.maximum(self._sums[2] - self._sums[1] * self._rest, 0.0)

    @cached_property
    def squares(self) -> Array:
        if self._tau2 is None:
            return self._model.squares
        return self._every[1][0]

    @property
    def q_of_squares(self) -> Array:
        squares, pull, q = self._every[1]
        return np.maximum(q - self._rest * (2 * pull - self._rest * squares), 0.0)

    @property
    def q_of_cubes(self) -> Array:
        squares, pull, _ = self._every[1]
        cubes, bent, q = self._every[2]
        cross = pull - self._rest * squares
        return np.maximum(q - self._rest * (2 * bent - self._rest * cubes) - cross**2 / self.total, 0.0)

    @cached_property
    def trace(self) -> Array:
        return self.total - self.squares / self.total

    @property
    def trace_of_square(self) -> Array:
        share = self.squares / self.total
        return self.squares - 2 * self._every[2][0] / self.total + share**2

    @property
    def log_determinant(self) -> Array:
        return np.log(self.total)

    @cached_property
    def lost(self) -> NDArray[np.bool_]:
        """Where digits went with what was subtracted, and the fit has to be made from its studies."""
        if self._tau2 is None and self._model.even:
            return np.zeros(self._model.shape, dtype=bool)
        with np.errstate(divide="ignore", invalid="ignore"):  # nothing at all may remain of Σw
            lost = self.q < LOST * self._sums[2]
            if self._tau2 is None:
                total, _, q = self._model.whole
                lost |= self.trace < LOST * self.total
                lost |= (self.total < LOST * total) | (self._sums[2] < LOST * q)
        return lost


class LeftOut(Model[LeftOutFit]):
    """One common mean of all studies but one, for each of ``left_out``, by default all in turn.

    ``y`` and ``v``: shape (k + 1,).
    """

    p = 1

    def __init__(self, studies: Studies, left_out: NDArray[np.int_] | None = None):
        super().__init__(studies)
        self.k = len(self.y) - 1
        self._w = 1 / self.v
        self.near = self._w @ self.y / self._w.sum()
        self._effects = np.empty((3, len(self.y)))
        self._effects[0] = 1.0
        z = np.subtract(self.y, self.near, out=self._effects[1])
        np.multiply(z, z, out=self._effects[2])
        self._own_w, self._own_effects = self._w, self._effects
        if left_out is None:
            self.left_out = np.arange(len(self.y))
        else:
            self.left_out = left_out
            self._own_w, self._own_effects = self._w[left_out], self._effects[:, left_out]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.left_out.shape

    @property
    def variances(self) -> tuple[Array, Array]:
        return np.full(self.shape, self.v.min()), np.full(self.shape, self.v.max())

    @cached_property
    def fixed(self) -> LeftOutFit:
        return LeftOutFit(self, None)

    def fit(self, tau2: Floats) -> LeftOutFit:
        return LeftOutFit(self, np.asarray(tau2)) if np.any(tau2) else self.fixed

    def flat(self) -> LeftOut:
        return self

    def take(self, analyses: Array) -> LeftOut:
        return LeftOut(self.studies, self.left_out[analyses])

    @cached_property
    def whole(self) -> Array:
        """Σw, Σwz and Σwz² of all studies, w = 1/v."""
        return self._effects @ self._w

    @property
    def even(self) -> bool:
        """Whether no study has more than a third of Σw or of Q, so that half of Q or more remains."""
        total, _, q = self.whole
        return bool(3 * self._w.max() <= total and 3 * (self._w * self._effects[2]).max() <= q)

    @property
    def squares(self) -> Array:
        """Σw² of the studies that remain, w = 1/v."""
        return self._w @ self._w - self._own_w**2

    def sums(self, tau2: Array | None, powers: int) -> Array:
        """Σwᵃzᵇ, a from 1 to ``powers`` and b from 0 to 2, of the studies that remain; (powers, 3, n)."""
        found = np.empty((powers, 3, *self.shape))
        if tau2 is None:
            power, own = self._w, self._own_w
            for sums in found:
                np.multiply(self._own_effects, own, out=sums)
                np.subtract((self._effects @ power)[:, np.newaxis], sums, out=sums)
                power, own = power * self._w, own * self._own_w
            return found
        for part, w in self.weights(tau2):
            power = w
            for sums in found[:-1]:
                sums[:, part] = self._effects @ power.T
                power = power * w
            found[-1, :, part] = self._effects @ power.T
        return found

    def weights(self, tau2: Array | None) -> Iterator[tuple[slice, Array]]:
        """1/(v + τ²), and 0 for what is left out, of a part of the analyses after the other."""
        between = np.zeros(self.shape) if tau2 is None else tau2
        step = max(1, LONG // len(self.v))
        space = np.empty((min(step, len(between)), len(self.v)))
        for first in range(0, len(between), step):
            part = slice(first, first + step)
            left_out = self.left_out[part]
            w = np.add(self.v, between[part, np.newaxis], out=space[: len(left_out)])
            np.divide(1.0, w, out=w)
            w[np.arange(len(left_out)), left_out] = 0.0
            yield part, w
