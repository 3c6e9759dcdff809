"""Diff: what changed between two editions, and why.

inputs    what went in: differences that can be applied one by one
items     what came out: everything that differs, as a reader would count it
drawings  whether two drawings look alike
rank      conclusions that are others now, effects that moved
trials    the review made with some differences and without others
causes    which differences caused which changes
history   who made a difference, and when
"""

from __future__ import annotations

from dataclasses import replace

from sscreport.changes import Changes, Side
from sscreport.diff.causes import Causes
from sscreport.diff.history import History
from sscreport.diff.inputs import differences
from sscreport.diff.items import items
from sscreport.diff.trials import facts, redrawn, tree_of
from sscreport.document import place_names
from sscreport.editions import Edition
from sscreport.editions.git import Repository
from sscreport.progress import Progress
from sscreport.redline import redline


def diff(old: Edition, new: Edition, repository: Repository | None, progress: Progress) -> Changes:
    """Everything that differs between two editions, each with its causes, the weightiest first."""
    first, second = old.manuscript, new.manuscript
    before, after = facts(first), facts(second)
    with progress.step("compare"):
        merged = redline(tree_of(before), tree_of(after), redrawn(before, after))
        found = list(items(first, second, merged))
    history = History(old, new, repository)
    changed = differences(old.inputs, new.inputs)
    causes = Causes(old, new, before, after, changed, progress)
    changes = [replace(item.change, causes=causes.of(item)) for item in found]
    changes.sort(key=lambda change: -change.weight)
    return Changes(
        old=_side(old),
        new=_side(new),
        changes=tuple(changes),
        causes=(*map(history.cause, changed), *([history.code_cause()] if causes.other_code else ())),
        redline=merged,
        revision_causes={
            revision.number: causes.of_revision(revision, merged, found) for revision in merged.revisions
        },
        figures={
            change.key: (before.figures.get(change.key), after.figures.get(change.key))
            for change in changes
            if change.kind == "figure" and change.weight
        },
        place_names=place_names(first.tree) | place_names(second.tree),
        notes=tuple(causes.notes),
    )


def _side(edition: Edition) -> Side:
    return Side(edition.source.name, edition.source.commit, edition.version)
