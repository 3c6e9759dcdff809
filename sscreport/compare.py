"""Compare: what differs between two makings of a review, value by value and sentence by sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from sscreport.document import Manuscript
from sscreport.origins import Origin
from sscreport.sentences import Sentence, sentences


@dataclass(frozen=True)
class Change:
    """A value before and after; None where there was none, or is none any more."""

    key: str
    before: Origin | None
    after: Origin | None

    @property
    def visible(self) -> bool:
        """Whether what is printed differs, and not only digits behind it."""
        return _shown(self.before) != _shown(self.after)


@dataclass(frozen=True)
class Rewording:
    """A sentence before and after, either of them None where it stands in one of both only."""

    place: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Differences:
    """``figures`` are ids of those that are drawn differently."""

    values: tuple[Change, ...]
    sentences: tuple[Rewording, ...]
    figures: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.values or self.sentences or self.figures)


def compare(before: Manuscript, after: Manuscript) -> Differences:
    """Everything that a reader of ``after`` finds different from ``before``."""
    keys = dict.fromkeys((*before.origins, *after.origins))
    values = [Change(key, before.origins.by_key.get(key), after.origins.by_key.get(key)) for key in keys]
    return Differences(
        tuple(change for change in values if _content(change.before) != _content(change.after)),
        tuple(_reworded([*sentences(before.tree)], [*sentences(after.tree)])),
        tuple(
            name
            for name in dict.fromkeys((*before.figures, *after.figures))
            if _drawing(before.figures, name) != _drawing(after.figures, name)
        ),
    )


def _content(origin: Origin | None) -> object:
    return origin and (_shown(origin), origin.number)


def _shown(origin: Origin | None) -> object:
    """The texts of a value, use by use, and whether they carry a dagger."""
    return origin and (sorted(use.text for use in origin.uses), bool(origin.uses) and origin.reconstructed)


def _drawing(figures: Mapping[str, object], name: str) -> object:
    return getattr(figures.get(name), "svg", None)


def _reworded(before: list[Sentence], after: list[Sentence]) -> list[Rewording]:
    texts = [[(s.place, s.text) for s in side] for side in (before, after)]
    found: list[Rewording] = []
    for _, i1, i2, j1, j2 in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        if texts[0][i1:i2] == texts[1][j1:j2]:
            continue
        for offset in range(max(i2 - i1, j2 - j1)):
            old = before[i1 + offset] if i1 + offset < i2 else None
            new = after[j1 + offset] if j1 + offset < j2 else None
            place = (old or new).place
            found.append(Rewording(place, old and old.text, new and new.text))
    return found
