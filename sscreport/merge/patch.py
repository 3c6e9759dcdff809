"""Replacements in the templates of then become a patch of today's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher, unified_diff

from sscreport.merge.edits import ALREADY, CONFLICT, PATCHED, Edit, Replacement

Texts = Mapping[str, str]
_MOVED_ON = "The line has changed since the copy was made; today it says: {}"
_GONE = "The line is no longer in the template."


def patched(text: str, replacements: Sequence[Replacement]) -> str:
    """``text`` with all replacements made, those of one place in their order."""
    pieces, done = [], 0
    for one in sorted(replacements, key=lambda one: (one.start, one.end)):
        pieces += [text[done : one.start], one.text]
        done = one.end
    return "".join([*pieces, text[done:]])


def overlapping(replacements: Sequence[Replacement]) -> bool:
    """Whether two replacements change the same characters."""
    ordered = sorted(replacements, key=lambda one: (one.file, one.start, one.end))
    return any(
        one.file == other.file and other.start < one.end
        for one, other in zip(ordered, ordered[1:], strict=False)
    )


def brought_up(edits: Sequence[Edit], then: Texts, today: Texts) -> list[Edit]:
    """The edits with their replacements in today's templates; in conflict where the lines moved on."""
    found = []
    for edit in edits:
        if edit.fate != PATCHED:
            found.append(edit)
            continue
        moved = [_moved(one, then, today) for one in edit.replacements]
        if all(one is not None for one in moved):
            new = tuple(one for one in moved if one is not None)
            done = all(_is_there(one, today[one.file]) for one in new)
            lines = {one.file: one.lines[0] + 1 for one in reversed(new)}
            found.append(
                replace(edit, fate=ALREADY if done else edit.fate, replacements=() if done else new,
                        line=lines.get(edit.file, edit.line))
            )  # fmt: skip
        else:
            found.append(_unmoved(edit, edits, then, today))
    return found


def _moved(one: Replacement, then: Texts, today: Texts) -> Replacement | None:
    """The replacement where its lines stand today; None if they are not as they were."""
    old, new = then[one.file], today.get(one.file, "")
    if old == new:
        return one
    line = _line_today(one, old, new)
    if line is None:
        return None
    shift = _offset(new, line) - _offset(old, one.lines[0])
    lines = line, line + one.lines[1] - one.lines[0]
    return replace(one, start=one.start + shift, end=one.end + shift, lines=lines)


def _line_today(one: Replacement, old: str, new: str) -> int | None:
    matcher = SequenceMatcher(None, old.splitlines(), new.splitlines(), autojunk=False)
    for block in matcher.get_matching_blocks():
        if block.a <= one.lines[0] and one.lines[1] < block.a + block.size:
            return one.lines[0] + block.b - block.a
    return None


def _offset(text: str, line: int) -> int:
    return sum(len(part) for part in text.splitlines(keepends=True)[:line])


def _is_there(one: Replacement, text: str) -> bool:
    """Whether a paragraph that is to be put in stands there already."""
    return one.passage is None and one.start == one.end and text.startswith(one.text, one.start)


def _unmoved(edit: Edit, edits: Sequence[Edit], then: Texts, today: Texts) -> Edit:
    """An edit whose lines are not as they were: already made, or in conflict."""
    if all(_made(one, edits, then, today) for one in edit.replacements):
        return replace(edit, fate=ALREADY, replacements=())
    now = _today_at(edit.replacements[0], then, today)
    message = _MOVED_ON.format(f"“{now}”") if now else _GONE
    return replace(edit, fate=CONFLICT, message=message, replacements=())


def _made(one: Replacement, edits: Sequence[Edit], then: Texts, today: Texts) -> bool:
    """Whether today's template has the lines as all edits together would make them."""
    old, new = then[one.file], today.get(one.file, "")
    here = [
        other
        for edit in edits
        for other in edit.replacements
        if other.file == one.file and other.lines[0] <= one.lines[1] and other.lines[1] >= one.lines[0]
        and (other.passage is None) == (one.passage is None)
    ]  # fmt: skip
    start, end = _offset(old, one.lines[0]), _offset(old, one.lines[1] + 1)
    shifted = [replace(other, start=other.start - start, end=other.end - start) for other in here]
    if any(other.start < 0 or other.end > end - start for other in shifted):
        return False
    wanted = patched(old[start:end], shifted)
    if not wanted.strip():
        return old[start:end] not in new
    return wanted.rstrip("\n") in new.split("\n")


def _today_at(one: Replacement, then: Texts, today: Texts) -> str:
    old, new = then[one.file].splitlines(), today.get(one.file, "").splitlines()
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "replace" and i1 <= one.lines[0] < i2:
            return new[min(j1 + one.lines[0] - i1, j2 - 1)]
    return ""


def diff_of(before: Texts, after: Texts) -> str:
    """A unified diff of all templates that differ, as `git apply` and `patch -p1` take it."""
    pieces = []
    for file in sorted(after):
        if after[file] != before[file]:
            old, new = (text[file].splitlines(keepends=True) for text in (before, after))
            for line in unified_diff(old, new, f"a/{file}", f"b/{file}"):
                end = "" if line.endswith("\n") else "\n\\ No newline at end of file\n"
                pieces.append(line + end)
    return "".join(pieces)
