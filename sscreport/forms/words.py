"""What all forms of a diff say alike: the answer, the counts, what belongs together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import takewhile

from sscreport.changes import Cause, Change, Changes, Side, Weight
from sscreport.wording import signed

QUESTION = "Did any conclusion change?"
_WORDS = re.compile(r"\s+|[^\s]+")
# Words that stay on either side of what differs in a long text.
_CONTEXT = 6
_NOUNS = {
    Weight.CONCLUSION: ("conclusion", "conclusions"),
    Weight.EFFECT: ("effect", "effects"),
    Weight.VISIBLE: ("other visible change", "other visible changes"),
    Weight.HIDDEN: ("hidden change", "hidden changes"),
}


@dataclass(frozen=True)
class Group:
    """Changes that have the same causes. ``positions`` are those of the causes."""

    positions: tuple[int, ...]
    causes: tuple[Cause, ...]
    members: tuple[Change, ...]

    @property
    def told(self) -> str:
        return "; ".join(cause.told for cause in self.causes)


def answer(changes: Changes) -> str:
    """ "Yes: 2 conclusions changed." or what there is instead."""
    if number := len(changes.conclusions):
        return f"Yes: {counted(Weight.CONCLUSION, number)} changed."
    return "No." if changes.changes else "No: nothing differs."


def counted(weight: Weight, number: int) -> str:
    """ "1 effect", "3 effects"."""
    return f"{number} {_NOUNS[weight][number != 1]}"


def tally(changes: Changes) -> str:
    """How many changes there are of each weight, the weightiest first."""
    return ", ".join(counted(weight, len(changes.of(weight))) for weight in _NOUNS)


def idle_told(changes: Changes) -> str:
    """How many differences in what went in changed nothing of what came out."""
    idle = len(changes.without_effect)
    verb = "changes" if idle == 1 else "change"
    return f"{idle} of {len(changes.causes)} differences in the inputs {verb} nothing"


def by_cause(changes: Changes, chosen: Iterable[Change]) -> list[Group]:
    """The chosen changes by what caused them, in their order."""
    groups: dict[tuple[int, ...], list[Change]] = {}
    for change in chosen:
        groups.setdefault(change.causes, []).append(change)
    return [
        Group(positions, tuple(changes.causes[position] for position in positions), tuple(members))
        for positions, members in groups.items()
    ]


def name_of(side: Side) -> str:
    """What the user called a side, and the commit it stands for."""
    if side.commit is None:
        return side.name
    return f"{side.name} ({side.commit.hash[:7]}, {side.commit.date})"


def title_of(change: Change) -> str:
    """What changed and where, in a line; a place that the name of the thing begins with is said once."""
    place = "" if change.what.startswith(change.place) else change.place
    return ", ".join(filter(None, (place, change.what)))


def with_marks(changes: Changes) -> Changes:
    """The same with the revisions of its value for each change that names none."""
    by_key: dict[str, dict[int, None]] = {}
    for revision in changes.redline.revisions:
        for key in revision.keys:
            by_key.setdefault(key, {})[revision.number] = None
    led = (replace(c, revisions=c.revisions or tuple(by_key.get(c.key, ()))) for c in changes.changes)
    return replace(changes, changes=tuple(led))


def moved(change: Change) -> str:
    """The difference with its sign, "" where there is none."""
    return signed(change.difference) if change.difference else ""


def absent(change: Change) -> str:
    """What stands for the text of a side that has none."""
    return "drawn otherwise" if change.before is change.after is None else "nothing"


def runs(text: str, other: str) -> Iterator[tuple[str, bool]]:
    """``text`` in stretches of words, each with whether ``other`` lacks it."""
    words, others = (_WORDS.findall(side) for side in (text, other))
    for kind, start, end, _, _ in SequenceMatcher(None, words, others, autojunk=False).get_opcodes():
        if start < end:
            yield "".join(words[start:end]), kind != "equal"


def contrasted(change: Change, limit: int) -> tuple[str, str]:
    """Both texts, of about ``limit`` characters at most: what they have in common is left out first."""
    before, after = change.before, change.after
    old, new = (before or "").split(), (after or "").split()
    if max(len(before or ""), len(after or "")) > limit and old and new:
        old, new = _without_common(old, new)
    return tuple(
        absent(change) if text is None else _cut(" ".join(words), limit)
        for text, words in ((before, old), (after, new))
    )


def _without_common(old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
    start = max(_alike(old, new) - _CONTEXT, 0)
    end = max(_alike(old[start:][::-1], new[start:][::-1]) - _CONTEXT, 0)
    return tuple(
        ["…"] * (start > 0) + words[start : len(words) - end] + ["…"] * (end > 0) for words in (old, new)
    )


def _alike(old: list[str], new: list[str]) -> int:
    """How many words at the beginning are the same."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def told_of_code(changes: Changes) -> Iterator[str]:
    """A sentence where the two sides were made by different versions of the code, then the notes."""
    if changes.old.code != changes.new.code:
        yield f"The two sides were made by different code: {changes.old.code}, then {changes.new.code}."
    yield from changes.notes
