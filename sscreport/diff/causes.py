"""Which differences caused which changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sscreport.diff.inputs import Difference
from sscreport.diff.items import Item
from sscreport.diff.trials import Bundle, Facts, Trial, made_of, related, try_all
from sscreport.editions import Edition
from sscreport.origins import Origin
from sscreport.progress import Progress
from sscreport.redline import Pair, Redline, Revision


class Causes:
    """The differences of two editions, tried; a cause is named by its position.

    Another code is the last cause. Its effect is what the code of today makes otherwise of the old
    inputs; all other differences are tried with the code of today.
    """

    def __init__(
        self,
        old: Edition,
        new: Edition,
        before: Facts,
        after: Facts,
        found: Sequence[Difference],
        progress: Progress,
    ):
        self.other_code = old.code != new.code
        self.notes: list[str] = []
        self._old, self._new = old, new
        self._before, self._after = before, after
        self._found = found
        self._code: Trial | None = None
        self._base = before
        if self.other_code and not found:
            self._bundles: list[Bundle] = []
            return
        if self.other_code and not self._try_code(progress):
            self._bundles = [Bundle(tuple(range(len(found))))]
            return
        self._bundles = try_all(found, (old.inputs, self._base), (new.inputs, after), progress)
        if self._code and len(self._bundles) == 1:  # then everything together is what the code left
            rest = related(True, after, self._base)
            self._bundles = [Bundle(bundle.members, (rest,)) for bundle in self._bundles]

    def _try_code(self, progress: Progress) -> bool:
        """Make the old inputs with the code of today; False where it refuses them."""
        with progress.step("make the old inputs with the code of today"):
            base = made_of(self._old.inputs)
        if base is None:
            self.notes.append(
                f"The code of {self._new.source.name} refuses the inputs of {self._old.source.name}; "
                "what the code caused could not be told from what the inputs caused."
            )
            return False
        self._base, self._code = base, related(True, base, self._before)
        return True

    def of(self, item: Item) -> tuple[int, ...]:
        """The causes of a change."""
        found = [
            position
            for bundle in self._bundles
            if self._by(bundle, item)
            for position in self._within(bundle, item)
        ]
        if self.other_code and self._by_code(item, not found):
            found.append(len(self._found))
        return tuple(found)

    def of_revision(self, revision: Revision, redline: Redline, found: Sequence[Item]) -> tuple[int, ...]:
        """The causes of a mark: those of its values where it changes numbers, else of its sentences."""
        pair = redline.pairs[revision.pair]
        by_key = {item.keys[0]: item for item in found if item.change.kind == "value"}
        if (
            revision.before
            and revision.after
            and revision.keys
            and all(key in by_key for key in revision.keys)
        ):
            asked = [by_key[key] for key in revision.keys]
        else:
            asked = [item for item in found if item.pair == pair and _holds(item, revision)]
            asked = asked or [item for item in found if item.pair == pair]
        if not asked:  # a picture, which is no pair of texts
            asked = [
                i for i in found if i.change.kind == "figure" and f"fig-{i.change.key}" == revision.place
            ]
        return tuple(dict.fromkeys(position for item in asked for position in self.of(item)))

    # ------------------------------------------------------------ trials

    def _by(self, bundle: Bundle, item: Item) -> bool:
        if not bundle.trials:
            return True
        return any(
            self._differs(item, trial, self._base if trial.alone else self._after) for trial in bundle.trials
        )

    def _by_code(self, item: Item, alone: bool) -> bool:
        """Whether the code caused a change; it did what nothing else did."""
        return alone or self._code is None or self._differs(item, self._code, self._before)

    @staticmethod
    def _differs(item: Item, trial: Trial, edition: Facts) -> bool:
        """Whether a trial differs from its edition in what an item is about."""
        if item.keys:
            return any(trial.facts.values.get(key) != edition.values.get(key) for key in item.keys)
        if item.sentence is not None and item.pair is not None:
            return _sentence_differs(item.pair.place, item.sentence, trial, edition)
        if item.pair is not None:
            return any(_same_block(item.pair, other, trial.alone) for other in trial.pairs)
        return trial.facts.figures.get(item.change.key) != edition.figures.get(item.change.key)

    # ------------------------------------------------------------ within a bundle

    def _within(self, bundle: Bundle, item: Item) -> tuple[int, ...]:
        """The members of a bundle that an item can come from: all, where nothing tells them apart."""
        if len(bundle.members) == 1 or not item.numeric:
            return bundle.members
        near = tuple(p for p in bundle.members if self._reaches(self._found[p], item))
        return near or bundle.members

    def _reaches(self, difference: Difference, item: Item) -> bool:
        """Whether an item's values rest on what differs, or its words stand in the lines that differ."""
        if difference.lines:
            texts = filter(None, (item.change.before, item.change.after))
            lines = f"{difference.before or ''} {difference.after or ''}"
            return any(_share(text, lines) for text in texts)
        keys = item.keys or (item.pair.keys_before + item.pair.keys_after if item.pair else ())
        start = f"{difference.file}:{'.'.join(difference.path)}:".replace(".", ":")
        cells = (
            cell.replace(".", ":") + ":" for key in keys for o in self._origins(key) for cell in _cells(o)
        )
        return any(cell.startswith(start) for cell in cells)

    def _origins(self, key: str) -> Iterator[Origin]:
        for edition in (self._old, self._new):
            if key in edition.manuscript.origins:
                yield edition.manuscript.origins[key]


def _cells(origin: Origin) -> tuple[str, ...]:
    return (*origin.cells, *origin.deciding_cells)


def _sentence_differs(
    place: str, sentence: tuple[str | None, str | None], trial: Trial, edition: Facts
) -> bool:
    """Alone, a cause takes the old sentence away or brings a new one; left out, the reverse."""
    own, other = sentence if trial.alone else reversed(sentence)
    if own is not None:
        return (place, own) in edition.sentences and (place, own) not in trial.facts.sentences
    return (place, other) in trial.facts.sentences


def _same_block(pair: Pair, other: Pair, alone: bool) -> bool:
    """Whether a trial's pair is about the block of ``pair``, told by its text in the common edition."""
    if (pair.kind, pair.place, pair.row, pair.column) != (other.kind, other.place, other.row, other.column):
        return False
    if alone:
        return pair.before == other.before and (pair.before is not None or pair.after == other.after)
    return pair.after == other.after and (pair.after is not None or pair.before == other.before)


def _holds(item: Item, revision: Revision) -> bool:
    """Whether a mark stands in an item's sentence."""
    before, after = item.sentence or (item.change.before, item.change.after)
    return revision.before in (before or "") and revision.after in (after or "")


def _share(text: str, lines: str) -> bool:
    """Whether most words of a text stand in some lines."""
    words = re.findall(r"[^\W\d_]{3,}", text)
    return bool(words) and 2 * sum(word in lines for word in words) > len(words)
