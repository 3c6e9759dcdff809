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

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sscreport.changes import Cause, Change, Changes, Side
from sscreport.diff.causes import Causes
from sscreport.diff.history import History
from sscreport.diff.inputs import differences
from sscreport.diff.items import Item, items
from sscreport.diff.trials import facts, redrawn, tree_of
from sscreport.document import place_names
from sscreport.editions import Edition
from sscreport.editions.git import Repository
from sscreport.progress import Progress
from sscreport.redline import Revision, redline
from sscreport.wording import DAGGER, RECONSTRUCTED


def diff(old: Edition, new: Edition, repository: Repository | None, progress: Progress) -> Changes:
    """Everything that differs between two editions, each with its causes, the weightiest first."""
    compared = _Compared(old, new, progress)
    history = History(old, new, repository)
    changed = differences(old.inputs, new.inputs)
    causes = Causes(old, new, compared.before, compared.after, changed, progress)
    named = (*map(history.cause, changed), *([history.code_cause()] if causes.other_code else ()))
    return compared.changes(
        named,
        causes.of,
        lambda revision: causes.of_revision(revision, compared.merged, compared.found),
        tuple(causes.notes),
    )


def diff_because(
    cause: Cause, old: Edition, new: Edition, progress: Progress, notes: Sequence[str] = ()
) -> Changes:
    """The same of two editions that are known to differ for one reason; nothing is tried."""
    return _Compared(old, new, progress).changes((cause,), lambda _: (0,), lambda _: (0,), tuple(notes))


class _Compared:
    """Two editions, and what differs between what they say."""

    def __init__(self, old: Edition, new: Edition, progress: Progress):
        self._old, self._new = old, new
        self.before, self.after = facts(old.manuscript), facts(new.manuscript)
        with progress.step("compare"):
            different = redrawn(self.before, self.after)
            self.merged = redline(tree_of(self.before), tree_of(self.after), different)
            self.found = list(items(old.manuscript, new.manuscript, self.merged))

    def changes(
        self,
        causes: tuple[Cause, ...],
        of: Callable[[Item], tuple[int, ...]],
        of_revision: Callable[[Revision], tuple[int, ...]],
        notes: tuple[str, ...],
    ) -> Changes:
        """The record. ``of`` and ``of_revision`` say by position which ``causes`` a change or mark has."""
        changes = [replace(item.change, causes=of(item)) for item in self.found]
        changes.sort(key=lambda change: -change.weight)
        trees = self._old.manuscript.tree, self._new.manuscript.tree
        return Changes(
            old=_side(self._old),
            new=_side(self._new),
            changes=tuple(changes),
            causes=causes,
            redline=self.merged,
            revision_causes={revision.number: of_revision(revision) for revision in self.merged.revisions},
            figures={
                change.key: (self.before.figures.get(change.key), self.after.figures.get(change.key))
                for change in changes
                if change.kind == "figure" and change.weight
            },
            place_names=place_names(trees[0]) | place_names(trees[1]),
            notes=(*notes, *_legend(changes)),
        )


def _legend(changes: Sequence[Change]) -> Iterator[str]:
    """What the dagger says, where one stands."""
    if any(DAGGER in (side or "") for change in changes for side in (change.before, change.after)):
        yield f"{DAGGER} {RECONSTRUCTED}."


def _side(edition: Edition) -> Side:
    return Side(edition.source.name, edition.source.commit, edition.version)
