"""Words of a paragraph as characters of a template: what to replace there, and with what."""

from __future__ import annotations

from itertools import groupby

from markupsafe import escape

from sscreport.compose.source_map import SourceMap, Spot
from sscreport.merge.align import Change
from sscreport.merge.edits import Replacement
from sscreport.merge.words import Words


def line_near(words: Words, place: int, sources: SourceMap) -> tuple[str, int]:
    """File and line (from 1) of the words nearest to a character of the original; ("", 0) if unknown."""
    spots = [(abs(n - place), spot) for n, spot in enumerate(words.spots) if spot]
    spots += [(abs(n - place), spot) for n, group in (words.points or {}).items() for spot in group]
    if not spots:
        return "", 0
    nearest = min(spots, key=lambda item: item[0])[1]
    file = sources.passages[nearest.passage].file
    return file, sources.line(file, nearest.start)


def replacements(change: Change, sources: SourceMap) -> tuple[Replacement, ...] | None:
    """What makes the change in the templates; None where the old words do not stand there as such."""
    start, end, text = _trimmed(change)
    if start == end:
        spot = _point(change, start, sources)
        return (_replacement(spot, spot, text, sources),) if spot else None
    spots = change.old.spots[start:end]
    if any(
        s is None and not sign.isspace() for s, sign in zip(spots, change.old.text[start:end], strict=True)
    ):
        return _in_literal(change, start, end, text, sources)
    known = [spot for spot in spots if spot]
    if not known:
        return None
    groups = [list(group) for _, group in groupby(known, key=lambda spot: spot.passage)]
    return tuple(
        _replacement(group[0], group[-1], text if n == 0 else "", sources) for n, group in enumerate(groups)
    )


def _trimmed(change: Change) -> tuple[int, int, str]:
    """Start and end of the characters that give way, and what takes their place, without shared spaces."""
    (start, end), (first, last) = change.old.gap(change.i), change.new.gap(change.j)
    text = change.new.text[first:last]
    if last == len(change.new.text):
        text = text.rstrip()
    if first == 0:
        text = text.lstrip()
    while start < end and text and change.old.text[start].isspace() and text[0].isspace():
        start, text = start + 1, text[1:]
    while start < end and text and change.old.text[end - 1].isspace() and text[-1].isspace():
        end, text = end - 1, text[:-1]
    return start, end, text


def _point(change: Change, place: int, sources: SourceMap) -> Spot | None:
    """Where in a template to put in what is new: beside words that look like it, if there are any."""
    spots = change.old.spots
    before = spots[place - 1] if place else None
    after = spots[place] if place < len(spots) else None
    points = (change.old.points or {}).get(place, [])
    sides = [(side, at) for side, at in ((before, place - 1), (after, place)) if side]
    look = change.new_words[0].run.look if change.new_words else frozenset()
    alike = [side for side, at in sides if _look(change.old, at) == look]
    known = [*alike, *(side for side, _ in sides), *points]
    own = [spot for spot in known if sources.printed[spot.passage] == 1]  # others stand in a shared phrase
    chosen = (own or known or [None])[0]
    if chosen is None or chosen in points:
        return chosen
    at = chosen.end if chosen is before else chosen.start
    return Spot(chosen.passage, at, at)


def _look(words: Words, place: int) -> frozenset[str]:
    owner = next((word for word in words.words if word.start <= place < word.end), None)
    if owner is None:
        owner = next((word for word in reversed(words.words) if word.end <= place), None)
    return owner.run.look if owner else frozenset()


def _replacement(first: Spot, last: Spot, text: str, sources: SourceMap) -> Replacement:
    passage = sources.passages[first.passage]
    lines = sources.line(passage.file, first.start) - 1, sources.line(passage.file, last.end) - 1
    text = escaped(text, passage.quote)
    return Replacement(passage.file, first.start, last.end, text, lines, first.passage)


def escaped(text: str, quote: str = "") -> str:
    """Words as a template says them: between its tags, or in a literal with this quotation mark."""
    if quote:
        return text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    marked = str(escape(text)).replace("&#34;", '"').replace("&#39;", "'")
    return marked.replace("{", '{{ "{" }}')


def _in_literal(
    change: Change, start: int, end: int, text: str, sources: SourceMap
) -> tuple[Replacement, ...] | None:
    """The change in the one literal of the line that says the old words; None if there are more or none."""
    file, line = line_near(change.old, start, sources)
    old = change.old.text[start:end]
    if not file or not old.strip():
        return None
    source = sources.texts[file]
    first = sum(len(part) for part in source.splitlines(keepends=True)[: line - 1])
    whole = source[first:].partition("\n")[0]
    if whole.count(old) != 1:
        return None
    place = whole.index(old)
    quote = _quote_around(whole, place, place + len(old))
    if not quote:
        return None
    new = escaped(text, quote)
    return (Replacement(file, first + place, first + place + len(old), new, (line - 1, line - 1)),)


def _quote_around(line: str, start: int, end: int) -> str:
    """The quotation mark of the literal that is made of exactly these characters; "" if none is."""
    before, after = line[start - 1 : start], line[end : end + 1]
    return before if before and before == after and before in "\"'" else ""
