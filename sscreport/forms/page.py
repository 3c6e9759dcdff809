"""Changes as one self-contained web page: nothing is fetched, no script runs.

The answer comes first, then what moved and why, every change by its cause, and the manuscript
old and new side by side. A change leads to its first mark there, and each block back to its changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lxml import etree
from lxml.builder import E
from lxml.etree import _Element

import sscreport.write
from sscreport.changes import Change, Changes, Weight
from sscreport.forms.sides import sides
from sscreport.forms.words import (
    QUESTION,
    Group,
    absent,
    answer,
    by_cause,
    counted,
    idle_told,
    moved,
    name_of,
    runs,
    told_of_code,
    with_marks,
)

_STYLES = (Path(sscreport.write.__file__).with_name("style.css"), Path(__file__).with_name("page.css"))
_SHOWN = (Weight.CONCLUSION, Weight.EFFECT)
_LONG = 60  # characters: in longer texts the words that differ are marked
_MANY = 25  # changes: more of them by one cause are folded
_COLUMNS = ("What", "Before", "After", "Difference")


def page(changes: Changes) -> str:
    """The page's whole text; the same for the same changes."""
    changes = with_marks(changes)
    body = E.body(
        E.a({"class": "skip", "href": "#sides"}, "Skip to the manuscript, side by side"),
        E.main(_first(changes), *_by_cause(changes), *_idle(changes), *_manuscript(changes)),
    )
    root = E.html({"lang": "en-GB"}, _head(changes), body)
    return f"<!DOCTYPE html>\n{etree.tostring(root, method='html', encoding='unicode')}\n"


def _head(changes: Changes) -> _Element:
    style = "\n".join(path.read_text(encoding="utf-8") for path in _STYLES)
    return E.head(
        E.meta(charset="utf-8"),
        E.title(f"{changes.old.name} → {changes.new.name}: what changed"),
        E.meta(name="viewport", content="width=device-width, initial-scale=1"),
        E.meta(name="color-scheme", content="light dark"),
        E.style(style),
    )


def _first(changes: Changes) -> _Element:
    """The answer, the counts, and what moved."""
    header = E.header(
        E.p({"class": "meta"}, f"{name_of(changes.old)} → {name_of(changes.new)}"),
        E.h1(f"{QUESTION} ", E.strong({"class": "answer"}, answer(changes))),
    )
    if changes.changes:
        header.append(
            E.ul({"class": "counts"}, *(E.li(_count(changes, weight)) for weight in reversed(Weight)))
        )
    header.extend(E.p({"class": "notice"}, note) for note in told_of_code(changes))
    if heavy := [change for weight in _SHOWN for change in changes.of(weight)]:
        header.append(_heavy(changes, heavy))
    if changes.changes:
        links = {"causes": "All changes, by cause", "sides": "The manuscript, side by side"}
        header.append(
            E.nav(
                {"class": "ways", "aria-label": "Parts of this page"},
                *(E.a({"href": f"#{target}"}, words) for target, words in links.items()),
            )
        )
    return header


def _count(changes: Changes, weight: Weight) -> str:
    return counted(weight, len(changes.of(weight)))


def _heavy(changes: Changes, chosen: Iterable[Change]) -> _Element:
    """Conclusions and effects, with reason and cause."""
    columns = (*_COLUMNS, "Why it matters", "Cause")
    rows = []
    for change in chosen:
        causes = "; ".join(changes.causes[position].told for position in change.causes)
        row = _row(change, columns, change.reason, causes)
        row.set("class", change.weight.name.lower())
        rows.append(row)
    return _table(columns, rows, "Conclusions and effects that changed")


def _row(change: Change, columns: Sequence[str], *more: str) -> _Element:
    """What changed, a link to its mark, and its cells under ``columns``.

    Narrow screens show the name of the column before each cell.
    """
    what = change.what or change.kind
    place = E.span({"class": "place"}, f"{change.place} ")
    if change.revisions:
        link = {"href": f"#r-{change.revisions[0]}", "aria-label": f"see it in the manuscript: {what}"}
        place.append(E.a(link, "see it"))
    head = E.th({"scope": "row", "role": "rowheader"}, what, place)
    row = E.tr({"role": "row"}, head)
    contents = (*_texts(change), [moved(change)], *([text] for text in more))
    for name, content in zip(columns[1:], contents, strict=True):
        row.append(E.td({"role": "cell", "data-name": name}, *content))
    return row


def _texts(change: Change) -> Iterator[list[_Element | str]]:
    """Before and after with what differs marked; long texts word by word."""
    for text, other, tag in ((change.before, change.after, "del"), (change.after, change.before, "ins")):
        if not text or not other:
            yield [E(tag, text) if text else absent(change)]
        elif text == other:
            yield [text]
        elif len(text) > _LONG:
            yield [E(tag, words) if differs else words for words, differs in runs(text, other)]
        else:
            yield [E(tag, text)]


def _table(columns: Sequence[str], rows: Iterable[_Element], name: str) -> _Element:
    heads = (E.th({"scope": "col", "role": "columnheader"}, column) for column in columns)
    return E.table(
        {"class": "list", "role": "table", "aria-label": name},
        E.thead({"role": "rowgroup"}, E.tr({"role": "row"}, *heads)),
        E.tbody({"role": "rowgroup"}, *rows),
    )


# ---------------------------------------------------------------- all changes


def _by_cause(changes: Changes) -> Iterator[_Element]:
    if changes.changes:
        numbers = {id(change): number for number, change in enumerate(changes.changes, start=1)}
        groups = by_cause(changes, changes.changes)
        yield E.section(
            {"id": "causes"}, E.h2("All changes, by cause"), *(_group(group, numbers) for group in groups)
        )


def _group(group: Group, numbers: Mapping[int, int]) -> _Element:
    box = E.section({"class": "group"}, E.h3(group.told or "Cause not known"))
    visible = [change for change in group.members if change.weight > Weight.HIDDEN]
    hidden = [change for change in group.members if change.weight == Weight.HIDDEN]
    if visible:
        told = f"{len(visible)} change{'s' * (len(visible) > 1)}"
        opened = {"open": "open"} if len(visible) <= _MANY else {}
        box.append(E.details(opened, E.summary(told), _listed(visible, numbers, "Changes")))
    if hidden:
        told = f"{counted(Weight.HIDDEN, len(hidden))}, in digits behind what is printed"
        box.append(E.details(E.summary(told), _listed(hidden, numbers, "Hidden changes")))
    return box


def _listed(members: Iterable[Change], numbers: Mapping[int, int], name: str) -> _Element:
    rows = []
    for change in members:
        row = _row(change, _COLUMNS)
        row.set("id", f"change-{numbers[id(change)]}")
        rows.append(row)
    return _table(_COLUMNS, rows, name)


def _idle(changes: Changes) -> Iterator[_Element]:
    if idle := changes.without_effect:
        yield E.details(
            {"class": "idle"},
            E.summary(idle_told(changes)),
            E.ul(*(E.li(cause.told) for cause in idle)),
        )


def _manuscript(changes: Changes) -> Iterator[_Element]:
    if changes.redline.revisions:
        heads = (f"Before: {changes.old.name}", f"After: {changes.new.name}")
        yield E.section(
            {"id": "sides"},
            E.h2("The manuscript, side by side"),
            E.div({"class": "heads", "aria-hidden": "true"}, *(E.p(text) for text in heads)),
            E.p(
                {"class": "legend"},
                "What only the old edition has is ",
                E("del", "in brackets and struck through"),
                ", what only the new one has ",
                E("ins", "underlined, with a plus sign"),
                "; a cell that differs has a thick border and a sign in its corner.",
            ),
            *sides(changes),
        )
