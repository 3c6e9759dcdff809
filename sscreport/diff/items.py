"""What came out: everything that differs between two editions, still without its causes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from sscreport.changes import Change, Weight
from sscreport.diff.drawings import look_alike
from sscreport.diff.rank import turns
from sscreport.diff.trials import content
from sscreport.document import Manuscript, place_names
from sscreport.origins import Origin, Origins
from sscreport.redline import Pair, Redline, Revision
from sscreport.register import SIGNIFICANT, marked_texts
from sscreport.sentences import split
from sscreport.wording import DAGGER, unrounded

PROSE = ("paragraph", "item")  # blocks that are told sentence by sentence
LOOK = "set otherwise"
AS_DRAWN = ("as it was drawn", "drawn otherwise")  # where no number in a figure is another one
FINER = "drawn otherwise by less than the eye can see"
METHODS = "methods"  # the id of the section whose sentences are methods


@dataclass(frozen=True)
class Item:
    """A change, and what to ask a trial about it.

    ``keys`` are of values, ``pair`` is the block and ``sentence`` its sentence before and after; a
    figure is asked for by the key of its change. ``numeric``: nothing but values differs.
    """

    change: Change
    keys: tuple[str, ...] = ()
    pair: Pair | None = None
    sentence: tuple[str | None, str | None] | None = None
    numeric: bool = True


def items(old: Manuscript, new: Manuscript, redline: Redline) -> Iterator[Item]:
    """Everything that differs, in the order of its kinds and then of the manuscript."""
    names = place_names(old.tree) | place_names(new.tree)
    yield from _turned(old, new, names)
    yield from _values(old, new, names)
    revisions: dict[int, list[Revision]] = {}
    for revision in redline.revisions:
        revisions.setdefault(revision.pair, []).append(revision)
    methods = _within(old, METHODS) | _within(new, METHODS)
    for position, pair in enumerate(redline.pairs):
        yield from _of_pair(pair, revisions.get(position, ()), names, pair.place in methods)
    yield from _figures(old, new, names, redline)


def _within(manuscript: Manuscript, name: str) -> set[str]:
    found = manuscript.tree.find(f"section[@id='{name}']")
    return set() if found is None else set(found.xpath("descendant-or-self::section/@id"))


# ---------------------------------------------------------------- results and values


def _turned(old: Manuscript, new: Manuscript, names: dict[str, str]) -> Iterator[Item]:
    for turn in turns(old.origins, new.origins, new.enclosure.files):
        origin = new.origins[turn.key]
        weight = Weight.CONCLUSION if turn.conclusive else Weight.EFFECT
        kind = "conclusion" if turn.conclusive else "effect"
        place, what = _place(origin, names), _about(new, origin)
        change = Change(kind, place, what, turn.key, turn.before, turn.after, weight, (), turn.reason)
        yield Item(change, turn.keys)


def _about(manuscript: Manuscript, origin: Origin) -> str:
    """What a result is about: its label without the word for the statistic."""
    return origin.what.removeprefix("estimate, ")


def _values(old: Manuscript, new: Manuscript, names: dict[str, str]) -> Iterator[Item]:
    for key in dict.fromkeys((*old.origins, *new.origins)):
        before, after = old.origins.by_key.get(key), new.origins.by_key.get(key)
        if not _differs(before, after):
            continue
        origin = after or before
        visible = _printed(before) != _printed(after)
        sides = _told(before, after, visible)
        weight = Weight.VISIBLE if visible else Weight.HIDDEN
        place = _place(after if after and after.uses else before or after, names)
        difference = _difference(before, after)
        change = Change("value", place, origin.what, key, *sides, weight, (), difference=difference)
        yield Item(change, (key,))


def _differs(before: Origin | None, after: Origin | None) -> bool:
    """Whether a value is another one; that it is printed once more or less is told by the sentence."""
    if before is None or after is None:
        return bool((before or after).uses)
    if before.number != after.number:
        return True
    printed = before.uses and after.uses
    return bool(printed) and _printed(before) != _printed(after)


def _printed(origin: Origin | None) -> object:
    return origin and bool(origin.uses) and content(origin)[:2]


def _told(before: Origin | None, after: Origin | None, visible: bool) -> list[str | None]:
    """Both sides as printed, or unrounded; a word has a dagger only where the other side has none."""
    sides = [_side(origin, visible) for origin in (before, after)]
    if before is not None and after is not None and sides[0] == sides[1]:
        return [f"{sides[0]}{DAGGER * origin.reconstructed}" for origin in (before, after)]
    return sides


def _side(origin: Origin | None, visible: bool) -> str | None:
    if origin is None or origin.number is None:
        return None
    if visible and origin.shown:
        return origin.marked
    number = unrounded(origin.number)
    return number + DAGGER * origin.reconstructed if number else str(origin.number)


def _difference(before: Origin | None, after: Origin | None) -> float | None:
    numbers = [side.number for side in (before, after) if side is not None]
    real = len(numbers) == 2 and all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in numbers)
    return float(f"{numbers[1] - numbers[0]:.{SIGNIFICANT}g}") if real else None


def _place(origin: Origin, names: dict[str, str]) -> str:
    """What a reader calls the first place where a value is printed."""
    if not origin.uses:
        return ""
    place = origin.uses[0].place
    if place.startswith("figures/"):
        place = "fig-" + place.removeprefix("figures/").removesuffix(".svg")
    return names.get(place, place)


# ---------------------------------------------------------------- blocks


def _of_pair(
    pair: Pair, revisions: Sequence[Revision], names: dict[str, str], method: bool
) -> Iterator[Item]:
    place = names.get(pair.place, pair.place)
    marks = tuple(revision.number for revision in revisions)
    numeric = all(revision.keys for revision in revisions)
    if pair.kind == "figure":
        return
    if pair.before == pair.after:
        yield Item(_look(pair, place, revisions), pair=pair, numeric=False)
        return
    if pair.kind not in PROSE:
        what = ", ".join(filter(None, (pair.row, pair.column))) or pair.kind
        sides = pair.before, pair.after
        change = Change(pair.kind, place, what, "", *sides, Weight.VISIBLE, (), revisions=marks)
        yield Item(change, pair=pair, numeric=numeric)
        return
    kind = "method" if method else "sentence"
    for before, after in _reworded(split(pair.before or ""), split(pair.after or "")):
        change = Change(kind, place, kind, "", before, after, Weight.VISIBLE, (), revisions=marks)
        yield Item(change, pair=pair, sentence=(before, after), numeric=numeric)


def _look(pair: Pair, place: str, revisions: Sequence[Revision]) -> Change:
    """The same words in another look: emphasised, raised, linked."""
    words = " … ".join(dict.fromkeys(revision.after or revision.before for revision in revisions))
    marks = tuple(revision.number for revision in revisions)
    sides = words, f"{words} ({LOOK})"
    return Change("look", place, pair.kind, "", *sides, Weight.VISIBLE, (), revisions=marks)


def _reworded(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str | None, str | None]]:
    """The sentences that differ, each with what became of it."""
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for offset in range(max(i2 - i1, j2 - j1)):
            yield (
                old[i1 + offset] if i1 + offset < i2 else None,
                new[j1 + offset] if j1 + offset < j2 else None,
            )


# ---------------------------------------------------------------- figures


def _figures(old: Manuscript, new: Manuscript, names: dict[str, str], redline: Redline) -> Iterator[Item]:
    for name in dict.fromkeys((*old.figures, *new.figures)):
        drawings = [side.figures[name].svg if name in side.figures else None for side in (old, new)]
        if drawings[0] == drawings[1]:
            continue
        marks = (_marks(drawing, side.origins) for drawing, side in zip(drawings, (old, new), strict=True))
        count, before, after = _texts_that_differ(*marks)
        seen = None in drawings or not look_alike(*drawings)
        what = f"{count} marks with other numbers" if count else AS_DRAWN[1] if seen else FINER
        weight = Weight.VISIBLE if seen else Weight.HIDDEN
        numbers = tuple(r.number for r in redline.revisions if r.place == f"fig-{name}" and not r.keys)
        label = names.get(f"fig-{name}", name)
        yield Item(Change("figure", label, what, name, before, after, weight, (), revisions=numbers))


def _texts_that_differ(*sides: Mapping[str, str] | None) -> tuple[int, str | None, str | None]:
    """How many keys are written otherwise in two drawings, and what stands under them in each."""
    old, new = (side or {} for side in sides)
    keys = [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]
    before, after = (
        None if side is None else "; ".join(side[key] for key in keys if key in side) or as_drawn
        for side, as_drawn in zip(sides, AS_DRAWN, strict=True)
    )
    return len(keys), before, after


def _marks(svg: str | None, origins: Origins) -> dict[str, str] | None:
    """What is written under each key in a drawing, with the marks of reconstructed numbers."""
    if svg is None:
        return None
    found: dict[str, list[str]] = {}
    for key, text in marked_texts(svg):
        found.setdefault(key, []).append(text)
    return {
        key: ", ".join(dict.fromkeys(texts)) + DAGGER * (key in origins and origins[key].reconstructed)
        for key, texts in found.items()
    }
