"""Counts: every table of events before and after treatment that gives the printed odds ratio.

Nobody has the event before treatment, every study has it at least once after it, and the totals
add up. The tables are few enough to try all, so what is found is all there is. A table is a set of
pairs "events of total"; which study a pair belongs to changes nothing in the pool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sscreport import statistics as ma
from sscreport.reconstruct.printed import Box
from sscreport.records import Row

Counts = NDArray[np.int_]
Pair = tuple[int, int]


@dataclass(frozen=True)
class CountSystem:
    """Events and totals of ``rows``, columns ``events`` and ``totals``, of which the totals add to ``total``.

    ``boxes`` hold the printed odds ratio ("value"), its limits, |z| and √Q.
    """

    id: str
    rows: tuple[Row, ...]
    events: str
    totals: str
    total: int
    boxes: Mapping[str, Box]
    claims: tuple[str, ...]

    @property
    def recorded(self) -> tuple[Pair, ...]:
        """The pairs of the rows as they stand in the data, largest total first."""
        pairs = ((int(row.content(self.events)), int(row.content(self.totals))) for row in self.rows)
        return tuple(sorted(pairs, key=lambda pair: (-pair[1], -pair[0])))

    @property
    def known(self) -> tuple[Pair, ...]:
        """The pairs of the rows that are not reconstructed."""
        return tuple(
            (int(row.content(self.events)), int(row.content(self.totals)))
            for row in self.rows
            if row.cells[self.events].provenance != "reconstructed"
        )


@dataclass(frozen=True)
class Enumeration:
    """How many tables were tried, and those that give the printed numbers."""

    tried: int
    found: tuple[tuple[Pair, ...], ...]


def enumerate_tables(system: CountSystem) -> Enumeration:
    """Try every table of so many studies with the total."""
    tried, found = 0, []
    for totals in _partitions(system.total, len(system.rows), system.total):
        events = _events(np.array(totals))
        tried += len(events)
        inside = _gives(system.boxes, events, np.array(totals))
        found += [tuple(zip(map(int, row), totals, strict=True)) for row in events[inside]]
    return Enumeration(tried, tuple(found))


def _partitions(total: int, parts: int, most: int) -> Iterator[tuple[int, ...]]:
    """The ways to write a total as so many whole numbers from 1 to ``most``, each falling."""
    if parts == 1:
        if 1 <= total <= most:
            yield (total,)
        return
    for first in range(min(most, total - parts + 1), 0, -1):
        for rest in _partitions(total - first, parts - 1, first):
            yield (first, *rest)


def _events(totals: Counts) -> Counts:
    """All events from 1 to each total, shape (tables, studies); of studies of one size the more first."""
    axes = np.meshgrid(*(np.arange(1, total + 1) for total in totals), indexing="ij")
    events = np.stack(axes, axis=-1).reshape(-1, len(totals))
    same = totals[:-1] == totals[1:]
    return events[np.all(~same | (events[:, :-1] >= events[:, 1:]), axis=1)]


def _gives(boxes: Mapping[str, Box], events: Counts, totals: Counts) -> NDArray[np.bool_]:
    """Which tables give every printed number."""
    every = np.broadcast_to(totals, events.shape)
    pooled = ma.mantel_haenszel(events, every, np.zeros_like(events), every)
    found = {
        "value": np.exp(pooled.estimate),
        "ci_low": np.exp(pooled.ci_low),
        "ci_high": np.exp(pooled.ci_high),
        "z": np.abs(pooled.estimate / pooled.se),
        "root_q": np.sqrt(np.maximum(pooled.q, 0)),
    }
    inside = np.ones(len(events), dtype=bool)
    for name, box in boxes.items():
        inside &= (found[name] >= box.low) & (found[name] <= box.high)
    return inside
