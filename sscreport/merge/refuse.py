"""Edits that no template can take, each with what to edit instead."""

from __future__ import annotations

from collections.abc import Iterator

from sscreport.compose.source_map import SIGN, SourceMap
from sscreport.folder import REFERENCES, SETTINGS
from sscreport.merge.align import Change
from sscreport.merge.edits import LISTED, REFUSED, Edit
from sscreport.merge.prose import line_near
from sscreport.merge.words import Words
from sscreport.origins import Origins
from sscreport.reading import (
    BIBLIOGRAPHY,
    CITATION,
    CONSTANT,
    CROSS_REFERENCE,
    DESCRIPTION,
    ORIGIN,
    TEXT,
    VALUE,
)
from sscreport.verify import editable, instead
from sscreport.wording import has_digit

CONTEXT = 6  # words shown on either side
_INSTEAD = {
    CITATION: f"Numbers of citations are counted by the build. Edit cite(…) there, and {REFERENCES}.",
    CROSS_REFERENCE: "Numbers of figures and tables are counted by the build. Edit ref(…) or the call there.",
    CONSTANT: f"Edit const(…) there, and the constant in {SETTINGS}.",
    BIBLIOGRAPHY: f"The list of references is made of {REFERENCES}. Edit the entry there.",
    ORIGIN: "The appendix is made of the data. Edit the cell that it names.",
    DESCRIPTION: "The description of a figure is made of its data.",
}
_MADE = "These words are not in the template as such; they are made there by an expression. Edit it."
_AROUND = "These words were changed together with values. Edit them there, around the values."
_CELL = f"The cells of a table are made of the data and of its entry in {SETTINGS}. Edit these."
_NOTE = f"This line is made of the data and of {SETTINGS}. Edit these."
_ADDED = "No value of the review stands behind the number {}. Add it to the data and print the value."


def refused(change: Change, origins: Origins, sources: SourceMap) -> Iterator[Edit]:
    """One edit for each value in what was changed; one for all else."""
    place, context = place_of(change.old), context_of(change)
    old = change.old_words
    file, line = line_near(change.old, change.old.gap(change.i)[0], sources)
    told = {"place": place, "context": context, "file": file, "line": line}
    for span in dict.fromkeys(word.span for word in old if word.run.kind == VALUE):
        key = next(word.run.key for word in old if word.span == span)
        before, after = _typed_over(change, span)
        yield _value(key, before, after, origins, told)
    if any(word.run.kind == VALUE for word in old):
        if any(word.is_prose for word in old):  # else nothing but values was changed
            yield Edit(REFUSED, "words", message=_AROUND, before=change.before, after=change.after, **told)
        return
    kinds = [word.run.kind for word in old if word.run.kind in _INSTEAD]
    numbers = [word.text for word in change.new_words if has_digit(word.text)]
    if kinds:
        message = _INSTEAD[kinds[0]]
        yield Edit(REFUSED, kinds[0], message=message, before=change.before, after=change.after, **told)
    elif numbers:
        message = _ADDED.format(" and ".join(f"“{number}”" for number in numbers))
        yield Edit(REFUSED, "number", message=message, before=change.before, after=change.after, **told)
    else:
        message = _CELL if change.old.paragraph.in_table else _MADE if file else _NOTE
        yield Edit(REFUSED, "made", message=message, before=change.before, after=change.after, **told)


def _value(key: str, before: str, after: str, origins: Origins, told: dict[str, object]) -> Edit:
    origin = origins[key]
    done = "was typed over" if after else "is gone"
    message = f"{origin.what}: “{before}” {done}. {instead(origin)}"
    return Edit(REFUSED, "value", message=message, before=before, after=after, key=key,
                cells=editable(origin), **told)  # fmt: skip


def _typed_over(change: Change, span: int) -> tuple[str, str]:
    """The whole text of a value, and what the copy has in its place."""
    own = [n for n, word in enumerate(change.old.words) if word.span == span]
    before = change.old.text[change.old.words[own[0]].start : change.old.words[own[-1]].end]
    kept = sum(n < change.i.start for n in own), sum(n >= change.i.stop for n in own)
    first, last = change.j.start - kept[0], change.j.stop + kept[1]
    new = change.new.words[max(0, first) : last]
    return before, change.new.text[new[0].start : new[-1].end] if new else ""


def place_of(words: Words) -> str:
    return SIGN.sub("", words.paragraph.place) or "title page"


def context_of(change: Change) -> str:
    start, end = max(0, change.j.start - CONTEXT), min(len(change.new.words), change.j.stop + CONTEXT)
    if start >= end:
        return ""
    text = change.new.text[change.new.words[start].start : change.new.words[end - 1].end]
    return f"… {' '.join(text.split())} …"


def is_firm(change: Change) -> bool:
    """Whether a change touches what is no prose, or brings a number in."""
    return any(word.run.kind != TEXT for word in change.old_words) or any(
        has_digit(word.text) for word in change.new_words
    )


def is_unfilled(change: Change) -> bool:
    """Whether part of a cross-reference is missing where its field still stands, as programs leave it."""
    spans = {word.span for word in change.old_words}
    kept = [word for n, word in enumerate(change.old.words) if word.span in spans and n not in change.i]
    only = {word.run.kind for word in change.old_words} == {CROSS_REFERENCE}
    return only and not change.j and bool(kept)


def formatted(old: Words, new: Words, before: frozenset[str], after: frozenset[str], text: str) -> Edit:
    """Words that only look otherwise."""
    gained, lost = sorted(after - before), sorted(before - after)
    said = [f"is {' and '.join(gained)} in the copy"] * bool(gained)
    said += [f"is no longer {' and '.join(lost)}"] * bool(lost)
    return Edit(
        LISTED, "format", place_of(old), f"“{text}” {' and '.join(said)}. Edit the tags there.", text, text
    )
