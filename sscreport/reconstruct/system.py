"""The nouns of a reconstruction: what is sought, what is printed of it, and what is plausible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sscreport.records import Row

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Statistic = Literal["estimate", "ci_low", "ci_high", "z", "root_q", "egger_t", "begg_p", "least_z"]
Method = Literal["FE", "DL"]


@dataclass(frozen=True)
class Pool:
    """Rows that the article pooled, by their position in the system, and by which method."""

    members: tuple[int, ...]
    method: Method


@dataclass(frozen=True)
class Target:
    """One printed number: a statistic of a pool lies between ``low`` and ``high``.

    ``claim`` is the id of a published claim or of a statement, ``column`` where in it the number
    stands, ``printed`` its text. ``least_z`` is the smallest z, towards the side of the pool, when
    each study is left out in turn.
    """

    claim: str
    column: str
    printed: str
    statistic: Statistic
    pool: Pool
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.claim} ({self.column} {self.printed})"


@dataclass(frozen=True)
class System:
    """Mean differences and standard errors of ``rows``, some free, that must give every target.

    ``md``, ``se``: as they stand in the data; ``free_md``, ``free_se``: which are sought. A free mean
    difference is expected at ``centre``, give or take ``scatter``. ``anchor`` is the plausible
    standard deviation se·√n, NaN where it is estimated as one for all such rows; ``spread`` is how
    far, on the log scale, a standard error may plausibly be from it. Arrays: shape (rows,).
    ``decimals``: those of md and se as they are written. ``seed`` starts the random numbers.
    """

    id: str
    rows: tuple[Row, ...]
    n: Array
    md: Array
    se: Array
    free_md: Flags
    free_se: Flags
    centre: Array
    scatter: Array
    anchor: Array
    spread: float
    targets: tuple[Target, ...]
    decimals: tuple[int, int] = (2, 3)
    seed: int = 1

    @property
    def size(self) -> int:
        """How many numbers are sought."""
        return int(self.free_md.sum() + self.free_se.sum())

    @property
    def claims(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(target.claim for target in self.targets))

    def pool_of(self, position: int) -> Pool:
        """The first pool named in the settings that holds a row."""
        return next(target.pool for target in self.targets if position in target.pool.members)

    def claims_of(self, position: int) -> tuple[str, ...]:
        """The claims whose pools hold a row."""
        found = (target.claim for target in self.targets if position in target.pool.members)
        return tuple(dict.fromkeys(found))
