"""The diff: every change is listed, with its cause, and nothing else is."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml.etree import _Element

from sscreport.changes import Change, Changes, Weight
from sscreport.diff import diff
from sscreport.diff.drawings import look_alike
from sscreport.document import Manuscript
from sscreport.editions import Edition, Source
from sscreport.progress import Progress
from tests.editions import Edit, base, made, seeded_change

BLOCKS = ("p", "li", "dt", "dd", "h1", "h2", "h3", "h4", "figcaption", "td", "th")
SEEDED = 100


@dataclass(frozen=True)
class Case:
    """One seeded change and what the diff says of it."""

    edit: Edit
    folder: Path
    old: Manuscript
    new: Manuscript
    changes: Changes


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The review before every change."""
    return base(tmp_path_factory.mktemp("diff") / "old")


@pytest.fixture(scope="module")
def cases(old: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """A hundred seeded changes of cells, rows, settings and lines of templates."""
    chance, root = random.Random(100), tmp_path_factory.mktemp("seeded")
    found = []
    for number in range(SEEDED):
        folder = root / str(number)
        edit = seeded_change(chance, folder)
        found.append(
            Case(edit, folder, made(old, paint=False), made(folder, paint=False), compared(old, folder))
        )
    return found


def compared(old: Path, new: Path) -> Changes:
    """What the diff says of two folders."""
    sides = (Edition(Source(path.name, path), made(path, paint=False)) for path in (old, new))
    return diff(*sides, None, Progress(quiet=True))


def text_of(element: _Element) -> str:
    """What a reader reads, written for the tests alone."""

    def parts(of: _Element) -> Iterator[str]:
        yield " " if of.tag == "br" else of.text or ""
        for child in of:
            yield from parts(child)
            yield child.tail or ""

    return plain("".join(parts(element))) or ""


def plain(text: str | None) -> str | None:
    """A text with plain spaces, as a reader compares it."""
    return None if text is None else " ".join(text.split())


def blocks(manuscript: Manuscript) -> Counter[str]:
    """The text of every block that holds no other one."""
    found = manuscript.tree.iter(*BLOCKS)
    leaves = (
        element
        for element in found
        if not any(True for inner in element.iter(*BLOCKS) if inner is not element)
    )
    return Counter(filter(None, map(text_of, leaves)))


def printed(manuscript: Manuscript) -> dict[str, set[str]]:
    """What stands under each key in the text."""
    found: dict[str, set[str]] = {}
    for element in manuscript.tree.iterfind(".//*[@data-value]"):
        found.setdefault(element.get("data-value"), set()).add(text_of(element))
    return found


def test_every_visible_change_is_listed(cases: list[Case]) -> None:
    """Each block that reads otherwise, value that is printed otherwise and redrawn figure is listed."""
    seen: Counter[str] = Counter()
    for case in cases:
        told = [c for c in case.changes.changes if c.weight and c.kind != "value"]
        lost, gained = (blocks(case.old) - blocks(case.new)), (blocks(case.new) - blocks(case.old))
        for text in lost:
            assert any(_tells(plain(c.before), plain(c.after), text, gained) for c in told), (case.edit, text)
        for text in gained:
            assert any(_tells(plain(c.after), plain(c.before), text, lost) for c in told), (case.edit, text)
        before, after = printed(case.old), printed(case.new)
        values = {c.key for c in case.changes.changes if c.kind == "value" and c.weight == Weight.VISIBLE}
        differing = {key for key in before.keys() & after.keys() if before[key] != after[key]}
        assert differing <= values, case.edit
        drawn = {
            name for name, figure in case.new.figures.items() if figure.svg != case.old.figures[name].svg
        }
        assert drawn == {change.key for change in told if change.kind == "figure"}, case.edit
        seen.update(lost=len(lost), gained=len(gained), value=len(differing), figure=len(drawn))
    assert min(seen[kind] for kind in ("lost", "gained", "value", "figure")) > 20, seen


def _tells(own: str | None, other: str | None, text: str, others: Counter[str]) -> bool:
    """Whether a change names what stands in ``text``, or what is missing from it."""
    if own is not None:
        return own in text
    return any(other in whole and whole.replace(other, "").split() == text.split() for whole in others)


def test_nothing_is_listed_that_did_not_change(cases: list[Case]) -> None:
    """What stood there before is gone, or what stands there now is new; never the same on both sides."""
    for case in cases:
        before, after = blocks(case.old), blocks(case.new)
        lost, gained = before - after, after - before
        for change in case.changes.changes:
            assert change.before != change.after, (case.edit, change)
            if change.kind in ("conclusion", "effect"):
                continue
            if change.kind == "value":
                numbers = [side.origins.by_key.get(change.key) for side in (case.old, case.new)]
                shown = [
                    origin and (origin.number, set(origin.texts), origin.reconstructed) for origin in numbers
                ]
                assert shown[0] != shown[1], (case.edit, change)
            elif change.kind == "look":
                assert change.before in " ".join(map(text_of, case.new.tree)), (case.edit, change)
            elif change.kind != "figure":
                for own, texts in ((plain(change.before), lost), (plain(change.after), gained)):
                    found = own is None or any(own in text for text in texts)
                    assert found or _moved(change, case.changes), (case.edit, change)


def _moved(change: Change, changes: Changes) -> bool:
    """Whether a block went from one place to another: it is listed as gone and as new."""
    reverse = change.kind, change.after, change.before
    return None in reverse and reverse in {(c.kind, c.before, c.after) for c in changes.changes}


def test_every_cause_is_right(cases: list[Case]) -> None:
    """The only difference that went in is the cause of everything that came out, in its raw texts."""
    kinds: Counter[str] = Counter()
    for case in cases:
        (cause,) = case.changes.causes
        assert (cause.kind, cause.where) == (case.edit.kind, case.edit.where)
        if cause.kind in ("cell", "setting"):
            texts = (cause.before, cause.after), (case.edit.before, case.edit.after)
            assert _lower(*texts[0]) == _lower(*texts[1])
        assert all(change.causes == (0,) for change in case.changes.changes), case.edit
        assert all(causes == (0,) for causes in case.changes.revision_causes.values()), case.edit
        if blocks(case.old) == blocks(case.new) and not case.changes.changes:
            assert case.changes.without_effect == (cause,)
            kinds["without effect"] += 1
        kinds[cause.kind] += 1
    assert set(kinds) == {"cell", "row", "setting", "template", "without effect"}, kinds


def _lower(*texts: str | None) -> list[str]:
    """Texts as TOML writes them, where true is no True."""
    return [(text or "").lower() for text in texts]


def test_what_two_changes_did_is_told_apart(cases: list[Case], old: Path, tmp_path: Path) -> None:
    """Where two things changed, each change that only one of them makes has that one as its cause."""
    chance, apart = random.Random(7), 0
    for number in range(25):
        pair = _of_different_files(cases, chance)
        folder = tmp_path / str(number)
        _combine(old, pair, folder)
        changes = compared(old, folder)
        owners = [_owner(cause.where, pair) for cause in changes.causes]
        alone = [_identities(case.changes) for case in pair]
        for change in changes.changes:
            makers = [index for index in (0, 1) if _identity(change) in alone[index]]
            told = {owners[position] for position in change.causes}
            assert told, (pair[0].edit, pair[1].edit, change)
            if len(makers) == 1:
                assert told == set(makers), (pair[0].edit, pair[1].edit, change)
                apart += 1
        assert all(changes.revision_causes.values())
    assert apart > 100


def test_a_sentence_that_two_changes_reach_names_both(old: Path, tmp_path: Path) -> None:
    """Another estimate and another level move one interval; what only one of them moves names that one."""
    new = base(tmp_path / "new")
    _replace(
        new / "data/mean_differences.csv", "walk-6-elm,walk,6,elm,47,-12.3,", "walk-6-elm,walk,6,elm,47,-9.1,"
    )
    _replace(new / "data/review.toml", "confidence_level = 95", "confidence_level = 90")
    changes = compared(old, new)
    where = {cause.where.rpartition(":")[2]: position for position, cause in enumerate(changes.causes)}
    causes = {change.key: set(change.causes) for change in changes.changes if change.kind == "value"}
    assert set(where) == {"md", "confidence_level"}
    assert causes["walk.by_time.m6.estimate"] == {where["md"]}
    assert causes["walk.by_time.m6.ci_low"] == set(where.values())
    assert causes["walk.by_time.m12.ci_low"] == {where["confidence_level"]}
    both = [change for change in changes.changes if set(change.causes) == set(where.values())]
    assert any(change.kind == "sentence" and change.place == "Walking distance" for change in both)
    assert any(change.kind == "cell" for change in both)


def test_what_the_eye_cannot_see_has_not_moved() -> None:
    """Marks a twentieth of a millimetre apart are told apart, a little less are not; a text always is."""
    drawing = '<svg viewBox="0 0 100 50"><g data-value="x"><rect x="10.00" y="5"/></g><text>1.80</text></svg>'
    assert look_alike(drawing, drawing.replace("10.00", "10.04"))
    assert not look_alike(drawing, drawing.replace("10.00", "10.06"))
    assert not look_alike(drawing, drawing.replace("1.80", "1.81"))
    assert not look_alike(drawing, drawing.replace("<text>", "<text/><text>"))
    assert not look_alike(drawing, drawing.replace('data-value="x"', 'data-value="y"'))


def _replace(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8", newline="")


def _of_different_files(cases: list[Case], chance: random.Random) -> tuple[Case, Case]:
    """Two changes of different files that are seen."""
    visible = [case for case in cases if any(change.weight for change in case.changes.changes)]
    while True:
        one, other = chance.sample(visible, 2)
        if one.edit.where.split(":")[0] != other.edit.where.split(":")[0]:
            return one, other


def _combine(old: Path, pair: tuple[Case, Case], folder: Path) -> None:
    """The old review with the file that each change is about."""
    base(folder)
    for case in pair:
        file = case.edit.where.split(":")[0]
        (folder / file).write_bytes((case.folder / file).read_bytes())


def _owner(where: str, pair: tuple[Case, Case]) -> int:
    return [case.edit.where for case in pair].index(where)


def _identity(change: Change) -> tuple[object, ...]:
    return change.kind, change.place, change.what, change.key, change.before, change.after


def _identities(changes: Changes) -> set[tuple[object, ...]]:
    return {_identity(change) for change in changes.changes}
