"""Align two sequences: what is equal first, then, between those, what is similar enough."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence

from rapidfuzz.distance import Indel

Places = Iterator[tuple[int | None, int | None]]
Score = Callable[[int, int], float]


def aligned(old: Sequence[Hashable], new: Sequence[Hashable], score: Score) -> Places:
    """Positions that belong together, in order; None on the side where there is nothing.

    ``old`` and ``new`` say what is equal. ``score`` of two positions is how similar they are, 0 where they
    may not be matched. What stands on the old side alone comes before what stands on the new one.
    """
    gap_i = gap_j = 0
    for i, j, size in _equal_runs(old, new):
        yield from _similar(range(gap_i, i), range(gap_j, j), score)
        yield from zip(range(i, i + size), range(j, j + size), strict=True)
        gap_i, gap_j = i + size, j + size


def _equal_runs(old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[tuple[int, int, int]]:
    """Start in both and length of each common run; at last an empty one at both ends."""
    for step in Indel.opcodes(old, new):
        if step.tag == "equal":
            yield step.src_start, step.dest_start, step.src_end - step.src_start
    yield len(old), len(new), 0


def _similar(old: range, new: range, score: Score) -> Places:
    """The alignment with the highest sum of scores (Needleman and Wunsch's recursion)."""
    pairs = _best_pairs(old, new, score) if old and new else []
    start_i, start_j = old.start, new.start
    for i, j in [*pairs, (old.stop, new.stop)]:
        yield from ((place, None) for place in range(start_i, i))
        yield from ((None, place) for place in range(start_j, j))
        if i < old.stop:
            yield i, j
        start_i, start_j = i + 1, j + 1


def _best_pairs(old: range, new: range, score: Score) -> list[tuple[int, int]]:
    scores = [[score(i, j) for j in new] for i in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for a in reversed(range(len(old))):
        for b in reversed(range(len(new))):
            matched = best[a + 1][b + 1] + scores[a][b] if scores[a][b] else 0.0
            best[a][b] = max(matched, best[a + 1][b], best[a][b + 1])
    pairs, a, b = [], 0, 0
    while a < len(old) and b < len(new):
        if scores[a][b] and best[a][b] == best[a + 1][b + 1] + scores[a][b]:
            pairs.append((old[a], new[b]))
            a, b = a + 1, b + 1
        elif best[a][b] == best[a + 1][b]:
            a += 1
        else:
            b += 1
    return pairs
