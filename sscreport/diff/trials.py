"""Trials: the review made with some of the differences and without the others.

What a difference causes is found by experiment. It causes a change where the old edition with it alone
already differs there, or where the new edition without it alone differs there.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from lxml import etree

from sscreport.build import Prepared, fill, prepare
from sscreport.diff.drawings import look_alike
from sscreport.diff.inputs import Difference, Inputs, mixed
from sscreport.document import Manuscript
from sscreport.enclosure import Enclosure
from sscreport.folder import STATED, TEMPLATES
from sscreport.origins import Origin
from sscreport.problems import InputError
from sscreport.progress import Progress
from sscreport.redline import Pair, redline
from sscreport.sentences import sentences

Content = tuple[object, ...]


@dataclass(frozen=True)
class Facts:
    """What an edition says, in a form that can be compared and sent between processes."""

    values: Mapping[str, Content]
    sentences: frozenset[tuple[str, str]]
    figures: Mapping[str, str]
    tree: bytes


@dataclass(frozen=True)
class Trial:
    """What was made of the review, and the blocks in which it differs from one of the two editions.

    ``alone``: it is the old edition with some differences, and compared with the old one; else the new
    edition without them, and compared with the new one.
    """

    alone: bool
    facts: Facts
    pairs: frozenset[Pair]


@dataclass(frozen=True)
class Bundle:
    """Differences that are tried together, by their positions; mostly one."""

    members: tuple[int, ...]
    trials: tuple[Trial, ...] = ()


def facts(manuscript: Manuscript) -> Facts:
    """What the comparison asks of an edition."""
    return Facts(
        {key: content(origin) for key, origin in manuscript.origins.items()},
        frozenset((sentence.place, sentence.text) for sentence in sentences(manuscript.tree)),
        {name: figure.svg for name, figure in manuscript.figures.items()},
        etree.tostring(manuscript.tree),
    )


def content(origin: Origin) -> Content:
    """What a reader may know of a value: its texts, whether it has a dagger, its number."""
    printed = bool(origin.uses)
    return tuple(sorted(set(origin.texts))), printed and origin.reconstructed, origin.number


def tree_of(known: Facts) -> etree._Element:
    return etree.fromstring(known.tree, etree.XMLParser(huge_tree=True))


def redrawn(old: Facts, new: Facts) -> frozenset[str]:
    """The figures of both editions that look different."""
    both = old.figures.keys() & new.figures
    return frozenset(name for name in both if not look_alike(old.figures[name], new.figures[name]))


def related(alone: bool, tried: Facts, edition: Facts) -> Trial:
    """A trial, compared with the old edition (``alone``) or the new one."""
    first, second = (edition, tried) if alone else (tried, edition)
    pairs = redline(tree_of(first), tree_of(second), redrawn(first, second)).pairs
    return Trial(alone, tried, frozenset(pairs))


@dataclass(frozen=True)
class _Job:
    """A trial to be made: the inputs, and the edition that it is compared with."""

    members: tuple[int, ...]
    alone: bool
    inputs: Mapping[str, str]
    edition: Facts


def try_all(
    found: Sequence[Difference], old: tuple[Inputs, Facts], new: tuple[Inputs, Facts], progress: Progress
) -> list[Bundle]:
    """Every difference with its two trials; differences that go only together in one bundle.

    ``old`` is what the code of today makes of the old inputs. A bundle without trials could not be
    made apart from the rest: it may have caused anything.
    """
    bundles = _coarse(found)
    if len(bundles) < 2:
        return [Bundle(members) for members in bundles]
    with progress.step(f"try {len(bundles)} differences one by one"):
        tried = _tried(bundles, found, old, new)
    parted = [Bundle(m, t) for m, t in zip(bundles, tried, strict=True) if None not in t]
    together = tuple(sorted(p for m, t in zip(bundles, tried, strict=True) if None in t for p in m))
    if together:
        with progress.step(f"try {len(together)} differences that go only together"):
            (both,) = _tried([together], found, old, new)
        parted.append(Bundle(together, () if None in both else both))
    return parted


def _coarse(found: Sequence[Difference], limit: int = 16) -> list[tuple[int, ...]]:
    """The positions of the differences, as fine as ``limit`` allows: one by one, by row, by file."""
    grains = (
        lambda item: item,
        lambda item: (item.file, item.path[:1] * (not item.lines)),
        lambda item: item.file,
    )
    for grain in grains:
        bundles: dict[object, list[int]] = {}
        for position, item in enumerate(found):
            bundles.setdefault(grain(item), []).append(position)
        if len(bundles) <= limit:
            break
    return [tuple(members) for members in bundles.values()]


def _tried(
    bundles: Sequence[tuple[int, ...]],
    found: Sequence[Difference],
    old: tuple[Inputs, Facts],
    new: tuple[Inputs, Facts],
) -> list[tuple[Trial | None, ...]]:
    jobs = []
    for members in bundles:
        chosen = [found[position] for position in members]
        others = [item for position, item in enumerate(found) if position not in members]
        jobs.append(_Job(members, True, mixed(old[0], new[0], chosen), old[1]))
        jobs.append(_Job(members, False, mixed(old[0], new[0], others), new[1]))
    made = _each_once([job.inputs for job in jobs])
    trials = [
        None if known is None else related(job.alone, known, job.edition)
        for job, known in zip(jobs, made, strict=True)
    ]
    return list(zip(trials[::2], trials[1::2], strict=True))


def _each_once(wanted: Sequence[Inputs]) -> list[Facts | None]:
    """The facts of each review; two that are the same are made once, those of the same data together."""
    names = [tuple(sorted(inputs.items())) for inputs in wanted]
    by_data: dict[object, list[tuple[tuple[str, str], ...]]] = {}
    for name in dict.fromkeys(names):
        by_data.setdefault(tuple(item for item in name if not _is_wording(item[0])), []).append(name)
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    shares = [group[start::workers] for group in by_data.values() for start in range(workers)]
    shares = [share for share in shares if share]
    with ProcessPoolExecutor(min(workers, len(shares))) as pool:
        made = pool.map(_made_together, [[dict(name) for name in share] for share in shares])
        known = {
            name: fact
            for share, facts in zip(shares, made, strict=True)
            for name, fact in zip(share, facts, strict=True)
        }
    return [known[name] for name in names]


def _is_wording(file: str) -> bool:
    """Whether a file is read only when everything that it may print is there."""
    return file.startswith(f"{TEMPLATES}/") or file == STATED


def made_of(files: Inputs) -> Facts | None:
    """The facts of what the code of today makes of some files; None where it refuses them."""
    return _made_together([files])[0]


def _made_together(reviews: Sequence[Inputs]) -> list[Facts | None]:
    """The facts of reviews that differ in their wording only: the data are read once."""
    made: list[Facts | None] = []
    prepared: Prepared | None = None
    for files in reviews:
        with tempfile.TemporaryDirectory() as folder:
            Enclosure(files).unpack(Path(folder))
            try:
                prepared = prepared or prepare(Path(folder), Progress(quiet=True))
                here = replace(prepared, review=replace(prepared.review, root=Path(folder)))
                made.append(facts(fill(here, Progress(quiet=True), paint=False).manuscript))
            except InputError:
                made.append(None)
    return made
