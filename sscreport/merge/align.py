"""Which paragraph of the copy is which of the original, and which of their words differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from sscreport.merge.words import Word, Words
from sscreport.reading import VALUE
from sscreport.redline.align import aligned
from sscreport.verify import edit_blocks
from sscreport.wording import has_digit

SIMILAR = 0.34  # of the words of two paragraphs that are one
SAME_HEAD, SAME_CELL, SAME_KEYS = (
    0.2,
    0.05,
    0.9,
)  # the least score of headings, cells, and what prints the same values
BETWEEN = 3  # words between two changes that are one
_HEADS = ("heading", "caption", "title")


@dataclass(frozen=True)
class Change:
    """The words ``i`` of the original stand in the copy as its words ``j``; either may be none."""

    old: Words
    new: Words
    i: range
    j: range

    @property
    def before(self) -> str:
        return _shown(self.old, self.i)

    @property
    def after(self) -> str:
        return _shown(self.new, self.j)

    @property
    def old_words(self) -> Sequence[Word]:
        return self.old.words[self.i.start : self.i.stop]

    @property
    def new_words(self) -> Sequence[Word]:
        return self.new.words[self.j.start : self.j.stop]


def pairs(old: Sequence[Words], new: Sequence[Words]) -> Iterator[tuple[int | None, int | None]]:
    """Positions of paragraphs that belong together; None on the side where there is none."""

    def score(i: int, j: int) -> float:
        return _score(old[i], new[j])

    looks = [[(words.paragraph.in_table, words.texts) for words in side] for side in (old, new)]
    return aligned(*looks, score)


def _score(old: Words, new: Words) -> float:
    one, other = old.paragraph, new.paragraph
    if one.in_table != other.in_table:
        return 0.0
    alike = Indel.normalized_similarity(old.texts, new.texts)
    floor = SAME_CELL if one.in_table else 0.0
    if one.style == other.style and one.style.startswith(_HEADS):
        floor = SAME_HEAD
    if old.keys and old.keys == new.keys:
        floor = SAME_KEYS
    return max(floor, alike if alike >= SIMILAR else 0.0)


def changes(old: Words, new: Words) -> list[Change]:
    """What differs between two paragraphs, cut so that words and what has an identity stand apart.

    Changes of one passage with few words between them are one, as one hand made them.
    """
    found: list[Change] = []
    for change in _changes(old, new):
        if found and _belong(found[-1], change):
            before = found.pop()
            i, j = range(before.i.start, change.i.stop), range(before.j.start, change.j.stop)
            change = Change(old, new, i, j)
        found.append(change)
    return found


def _belong(one: Change, other: Change) -> bool:
    """Whether two changes are of prose alone and of one passage of a template, words between included."""
    start, end = one.old.gap(one.i)[0], other.old.gap(other.i)[1]
    passages = {spot.passage if spot else None for spot in one.old.spots[start:end]}
    prose = all(word.is_prose for word in (*one.old_words, *other.old_words))
    return prose and len(passages) == 1 and None not in passages and other.i.start - one.i.stop <= BETWEEN


def _changes(old: Words, new: Words) -> Iterator[Change]:
    for same, i, j in edit_blocks(old.texts, new.texts):
        if not same:
            yield from _cut(Change(old, new, i, j))
            continue
        for a, b in zip(i[1:], j[1:], strict=True):
            if _apart(old, a) != _apart(new, b):
                yield Change(old, new, range(a, a), range(b, b))


def looks(old: Words, new: Words) -> Iterator[tuple[Word, Word]]:
    """The words that both have, and that look otherwise."""
    for same, i, j in edit_blocks(old.texts, new.texts):
        for a, b in zip(i, j, strict=True) if same else ():
            if old.words[a].run.look != new.words[b].run.look:
                yield old.words[a], new.words[b]


def _apart(words: Words, place: int) -> bool:
    return words.words[place].start > words.words[place - 1].end


def _cut(change: Change) -> Iterator[Change]:
    """A change in parts: a value, citation or the like against what stands for it, words against words."""
    firm = list(dict.fromkeys(word.span for word in change.old_words if not word.is_prose))
    ends = _counterparts(change, firm)
    if ends is None or len(change.i) == 0:
        yield change
        return
    start_i, start_j = change.i.start, change.j.start
    for span, place in zip(firm, ends, strict=True):
        own = [n for n in change.i if change.old.words[n].span == span]
        yield from _part(change, range(start_i, own[0]), range(start_j, place.start))
        yield from _part(change, range(own[0], own[-1] + 1), place)
        start_i, start_j = own[-1] + 1, place.stop
    yield from _part(change, range(start_i, change.i.stop), range(start_j, change.j.stop))


def _part(change: Change, i: range, j: range) -> Iterator[Change]:
    old, new = change.old.texts[i.start : i.stop], change.new.texts[j.start : j.stop]
    if (i or j) and old != new:
        yield Change(change.old, change.new, i, j)


def _counterparts(change: Change, firm: Sequence[int]) -> list[range] | None:
    """What stands in the copy for each firm span: by its mark, else number for number; None if unclear."""
    if not firm:
        return None
    found: list[range] = []
    for span in firm:
        own = next(word.run for word in change.old_words if word.span == span)
        after = found[-1].stop if found else change.j.start
        marked = [
            n
            for n in range(after, change.j.stop)
            if change.new.words[n].run.kind == own.kind == VALUE and change.new.words[n].run.key == own.key
        ]
        if not marked:
            break
        found.append(range(marked[0], marked[-1] + 1))
    if len(found) == len(firm):
        return found
    numbers = [n for n in change.j if has_digit(change.new.words[n].text)]
    if len(numbers) == len(firm):
        return [range(n, n + 1) for n in numbers]
    return None


def _shown(words: Words, part: range) -> str:
    if not part:
        return ""
    return " ".join(words.text[words.words[part.start].start : words.words[part.stop - 1].end].split())
