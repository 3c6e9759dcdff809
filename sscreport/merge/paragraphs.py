"""Whole paragraphs that the copy has more or less than the original."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sscreport.compose.source_map import SourceMap, Spot
from sscreport.merge.align import Change
from sscreport.merge.edits import LISTED, PATCHED, REFUSED, Edit, Replacement
from sscreport.merge.prose import escaped, line_near
from sscreport.merge.refuse import place_of, refused
from sscreport.merge.words import Words
from sscreport.origins import Origins
from sscreport.reading import BIBLIOGRAPHY, DESCRIPTION, ORIGIN, VALUE
from sscreport.wording import has_digit

_HOLDS_MORE = "The paragraph is gone. Its lines in the template hold more than it; delete it there by hand."
_NO_TAG = "A new {} cannot be put into a template by itself. Write it there, or into the data."
_NUMBERS = (
    "The new paragraph holds {}. No value of the review stands behind it; write the paragraph with values."
)
_NO_PLACE = "The place of the new paragraph cannot be told from its neighbours. Write it in the template."
_PLAIN = ("body text", "normal", "text body", "default paragraph style", "default", "")
_BLOCK = re.compile(r"<(p|li)\b[^<>]*>(?:(?!</?\1\b).)*</\1>", re.DOTALL)
_END = re.compile(r"</(p|li|h[1-4])>[ \t]*(?=\n|$)")
_LIST = re.compile(r"\s*</(ul|ol)>[ \t]*(?=\n|$)")
_CALL = re.compile(r"{%-?\s*(endcall)\s*-?%}[ \t]*(?=\n|$)")


def deleted(words: Words, origins: Origins, sources: SourceMap) -> Iterator[Edit]:
    """A paragraph that is gone: its lines go where they hold nothing else, or it is refused or listed."""
    whole = Change(words, Words(words.paragraph, "", ()), range(len(words.words)), range(0))
    lines = own_lines(words, sources)
    made = words.paragraph.in_table or words.paragraph.kinds & {BIBLIOGRAPHY, ORIGIN, DESCRIPTION, VALUE}
    if lines is None and made:
        yield from (replace(edit, what=f"{edit.what} gone") for edit in refused(whole, origins, sources))
        return
    file, line = line_near(words, 0, sources)
    told = {"place": place_of(words), "before": whole.before, "file": file, "line": line}
    if lines is None:
        yield Edit(LISTED, "paragraph gone", message=_HOLDS_MORE, **told)
    else:
        yield Edit(PATCHED, "paragraph gone", replacements=(lines,), **told)


def own_lines(words: Words, sources: SourceMap) -> Replacement | None:
    """The lines of a template that hold this paragraph and nothing else, as a deletion."""
    if words.paragraph.in_table or not words.paragraph.style.startswith(("body", "list", "meta")):
        return None
    spots = [spot for spot in words.spots if spot]
    spots += [spot for group in (words.points or {}).values() for spot in group]
    spots = [spot for spot in spots if not sources.passages[spot.passage].quote]
    if any(sources.printed[spot.passage] > 1 for spot in spots if _starts_block(spot, sources)):
        return None
    for file in dict.fromkeys(sources.passages[spot.passage].file for spot in spots):
        text = sources.texts[file]
        inside = [s.start for s in spots if sources.passages[s.passage].file == file]
        for block in _BLOCK.finditer(text):
            if all(block.start() < place < block.end() for place in inside):
                return _whole_lines(file, text, block.start(), block.end(), sources)
    return None


def _starts_block(spot: Spot, sources: SourceMap) -> bool:
    """Whether a passage stands in a section, not in the file of phrases that sections share."""
    passage = sources.passages[spot.passage]
    return sources.texts[passage.file][: passage.start].rstrip().endswith(">")


def _whole_lines(file: str, text: str, start: int, end: int, sources: SourceMap) -> Replacement | None:
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    last = len(text) if last < 0 else last
    if text[first:start].strip() or text[end:last].strip():
        return None
    lines = sources.line(file, start) - 1, sources.line(file, end) - 1
    return Replacement(file, first, min(last + 1, len(text)), "", lines)


def inserted(
    new: Words, before: Sequence[Words], after: Sequence[Words], taken: Edit | None, sources: SourceMap
) -> Edit:
    """A new paragraph, put in after the one before it, or else before the one after it.

    ``before`` are the paragraphs of the original above it, the nearest first, and ``after`` those below.
    ``taken`` is the paragraph of the same words that is gone elsewhere: its lines move.
    """
    file, line = line_near(before[0], 0, sources) if before else ("", 0)
    text = " ".join(new.text.split())
    told = {"place": place_of(before[0] if before else new), "after": text, "file": file, "line": line}
    tag = _tag(new)
    if new.paragraph.in_table or tag is None:
        what = "cell" if new.paragraph.in_table else new.paragraph.style
        return Edit(REFUSED, "paragraph", message=_NO_TAG.format(what), **told)
    if taken is None and (numbers := [word.text for word in new.words if has_digit(word.text)]):
        said = ", ".join(f"“{number}”" for number in numbers)
        return Edit(REFUSED, "number", message=_NUMBERS.format(said), **told)
    source = _moved(taken, sources) if taken else f"<{tag}>{escaped(text)}</{tag}>"
    target = _after(before, tag, source, sources) or _before(after, tag, source, sources)
    if target is None:
        return Edit(LISTED, "paragraph", message=_NO_PLACE, **told)
    told |= {"file": target.file, "line": target.lines[0] + 1}
    gone = taken.replacements if taken else ()
    return Edit(PATCHED, "paragraph moved" if taken else "paragraph", replacements=(*gone, target), **told)


def _tag(words: Words) -> str | None:
    style = words.paragraph.style
    if style.startswith("list"):
        return "li"
    return "p" if style in _PLAIN or style.startswith("body") else None


def _moved(taken: Edit, sources: SourceMap) -> str:
    lines = taken.replacements[0]
    return sources.texts[lines.file][lines.start : lines.end].rstrip("\n")


def _after(before: Sequence[Words], tag: str, source: str, sources: SourceMap) -> Replacement | None:
    """Put in below the end of what stands above: a paragraph, a list, or a figure with its caption."""
    known = ((words, _last_spot(words, sources)) for words in before)
    words, spot = next(((words, spot) for words, spot in known if spot), (None, None))
    if words is None or spot is None:
        return None
    file, place = spot
    text = sources.texts[file]
    if words is not before[0] and words.paragraph.style != "caption":
        return None
    end = (_CALL if words.paragraph.style == "caption" else _END).search(text, place)
    if end is None or _nested(text, place, end.start()):
        return None
    if end[1] == "li" != tag:
        end = _LIST.match(text, end.end())
    if end is None or (tag == "li") != (end[1] == "li"):
        return None
    line = sources.line(file, end.end()) - 1
    at = min(end.end() + 1, len(text))
    lead = "" if text[:at].endswith("\n") else "\n"
    return Replacement(file, at, at, f"{lead}{source}\n", (line, line))


def _before(after: Sequence[Words], tag: str, source: str, sources: SourceMap) -> Replacement | None:
    """Put in above the paragraph below, if that is one of this kind at the start of its line."""
    lines = own_lines(after[0], sources) if after else None
    if lines is None or not sources.texts[lines.file][lines.start :].lstrip().startswith(f"<{tag}"):
        return None
    return Replacement(lines.file, lines.start, lines.start, f"{source}\n", (lines.lines[0],) * 2)


def _last_spot(words: Words, sources: SourceMap) -> tuple[str, int] | None:
    """File and offset of the last words between tags, or of the point at the end."""
    if words.paragraph.in_table:
        return None
    known = [(n, spot) for n, spot in enumerate(words.spots) if spot]
    known += [(n, spot) for n, group in (words.points or {}).items() for spot in group]
    texts = [item for item in known if not sources.passages[item[1].passage].quote]
    if not texts:
        return None
    spot = max(texts, key=lambda item: item[0])[1]
    return sources.passages[spot.passage].file, spot.end


def _nested(text: str, start: int, end: int) -> bool:
    """Whether another block begins before this one ends."""
    return re.search(r"<(?:p|li|h[1-4]|figcaption|section|ul|ol)\b", text[start:end]) is not None
