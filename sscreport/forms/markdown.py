"""Changes as a comment on a pull request, in GitHub's Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from sscreport.changes import Change, Changes, Weight
from sscreport.forms.words import (
    QUESTION,
    Group,
    answer,
    by_cause,
    contrasted,
    counted,
    idle_told,
    moved,
    name_of,
    tally,
    title_of,
    told_of_code,
)

_LONG = 300  # characters of a text in a table
_TOLD = 600  # characters of a cause
_MARKS = re.compile(r"([\\`*_\[\]~|#$])")


@dataclass(frozen=True)
class _Entry:
    """Lines that are printed whole or not at all. ``opening`` and ``closing`` stand round the entries
    that share them; ``title`` heads those."""

    title: str
    opening: str
    text: str
    closing: str


def markdown(changes: Changes, limit: int = 65_000) -> str:
    """The comment, of ``limit`` characters at most: what does not fit is left out and counted."""
    head, entries = _head(changes), list(_entries(changes))
    low, high = 0, len(entries)
    while low < high:  # as many entries as fit
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(_page(head, entries, middle)) <= limit else (low, middle - 1)
    return _page(head, entries, low)[:limit]


def _head(changes: Changes) -> str:
    sides = f"{_safe(name_of(changes.old))} → {_safe(name_of(changes.new))}"
    lines = [f"### {QUESTION} {answer(changes)}", sides + (f": {tally(changes)}." if changes.changes else "")]
    lines += [f"> {_safe(note)}" for note in told_of_code(changes)]
    return "\n\n".join(lines) + "\n"


def _page(head: str, entries: list[_Entry], number: int) -> str:
    """The first ``number`` entries under their titles, and how many are missing."""
    page, last = head, None
    for entry in entries[:number]:
        if last is None or (entry.title, entry.opening) != (last.title, last.opening):
            page += last.closing if last else ""
            page += f"\n#### {entry.title}\n" if last is None or entry.title != last.title else ""
            page += entry.opening
        page += entry.text
        last = entry
    page += last.closing if last else ""
    left = len(entries) - number
    return page + (
        f"\n_{left} more {'entries do' if left > 1 else 'entry does'} not fit here._\n" * bool(left)
    )


def _entries(changes: Changes) -> Iterator[_Entry]:
    yield from _table("Conclusions", changes, Weight.CONCLUSION)
    yield from _table("Effects", changes, Weight.EFFECT)
    for group in by_cause(changes, changes.of(Weight.VISIBLE)):
        yield from _folded(group)
    if hidden := changes.of(Weight.HIDDEN):
        told = f"\n{counted(Weight.HIDDEN, len(hidden))}: only digits behind what is printed differ.\n"
        yield _Entry("Not visible", "", told, "")
    if idle := changes.without_effect:
        opening = _opened(idle_told(changes))
        for cause in idle:
            yield _Entry("Not visible", opening, f"- {_safe(_cut(cause.told))}\n", _CLOSED)


def _table(title: str, changes: Changes, weight: Weight) -> Iterator[_Entry]:
    opening = "\n" + _row(["What", "Before", "After", "Difference", "Why", "Cause"]) + _row(["---"] * 6)
    for group in by_cause(changes, changes.of(weight)):
        for change in group.members:
            cells = [_safe(title_of(change)), *_sides(change), moved(change)]
            cells += [_safe(change.reason), _safe(_cut(group.told))]
            yield _Entry(title, opening, _row(cells), "")


def _folded(group: Group) -> Iterator[_Entry]:
    number = len(group.members)
    opening = _opened(f"{_plain(_cut(group.told))} ({number})")
    opening += _row(["What", "Before", "After"]) + _row(["---"] * 3)
    for change in group.members:
        text = _row([_safe(title_of(change)), *_sides(change)])
        yield _Entry("Other visible changes", opening, text, _CLOSED)


_CLOSED = "\n</details>\n"


def _opened(summary: str) -> str:
    return f"\n<details><summary>{summary}</summary>\n\n"


def _sides(change: Change) -> tuple[str, ...]:
    return tuple(_safe(text) for text in contrasted(change, _LONG))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _cut(told: str) -> str:
    return told if len(told) <= _TOLD else told[: _TOLD - 1].rstrip() + "…"


def _safe(text: str) -> str:
    """Text in which no sign is markup, starts a line or calls somebody."""
    return _MARKS.sub(r"\\\1", _plain(text))


def _plain(text: str) -> str:
    """The same inside of HTML, where Markdown's own signs are text already."""
    return escape(" ".join(text.split()), quote=False).replace("@", "@\N{ZERO WIDTH SPACE}")
