"""A Word comment for each change: what changed, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from textwrap import shorten
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from sscreport.changes import Changes
from sscreport.document import Manuscript
from sscreport.redline.records import Pair, Revision
from sscreport.write.docx.story import Story
from sscreport.write.docx.styles import add_comment_styles
from sscreport.write.docx.tracked import AUTHOR, Tracked, ends_with
from sscreport.write.docx.tree import broken

QUOTED = 160  # characters of a text that a comment repeats
NAMED = 3  # values that a comment names
PROPERTIES = {qn(f"w:{owner}Pr") for owner in ("p", "tc", "tr")}


def add_comments(story: Story, changes: Changes) -> None:
    """Give each change one comment, from its first mark in the document to its last.

    Raises BuildError for a change without a mark.
    """
    add_comment_styles(story.document)
    marked = story.tracked.in_order(story.document.element.body)
    for revision in changes.redline.revisions:
        if revision.number not in marked:
            raise broken(f"Change {revision.number} has no mark in the text, in #{revision.place}.")
        pair = changes.redline.pairs[revision.pair]
        causes = (changes.causes[i] for i in changes.revision_causes.get(revision.number, ()))
        text = [_what(revision, pair, story.manuscript, story.old), *(f"Why: {c.told}" for c in causes)]
        comment = story.document.comments.add_comment("\n".join(text), AUTHOR, AUTHOR[:2])
        comment._comment_elm.date = datetime.fromisoformat(story.tracked.stamp)
        marks = marked[revision.number]
        _put_around(marks[0], marks[-1], comment.comment_id, story.tracked)


def _what(revision: Revision, pair: Pair, new: Manuscript, old: Manuscript) -> str:
    if pair.kind == "figure":
        return _drawn(pair)
    names = list(dict.fromkeys(_names(revision, new, old)))
    if len(names) > NAMED:
        names = [*names[:NAMED], "…"]
    return f"{'; '.join(names)}: {_said(revision)}" if names else _said(revision)


def _names(revision: Revision, new: Manuscript, old: Manuscript) -> Iterator[str]:
    for key in revision.keys:
        origin = new.origins.get(key) or old.origins.get(key)
        if origin:
            yield origin.what


def _said(revision: Revision) -> str:
    before, after = (shorten(text, QUOTED, placeholder=" …") for text in (revision.before, revision.after))
    if revision.before == revision.after:
        return f"“{before}” is set otherwise"
    if before and after:
        return f"“{before}” became “{after}”"
    return f"added “{after}”" if after else f"removed “{before}”"


def _drawn(pair: Pair) -> str:
    if pair.before is None or pair.after is None:
        return "The figure is new." if pair.before is None else "The figure is no longer there."
    return "The figure is drawn anew: first as it was, then as it is."


def _put_around(first: Any, last: Any, identity: int, tracked: Tracked) -> None:
    """The comment's range, and the run that shows the comment.

    In a paragraph that one edition lacks, that run goes with the paragraph.
    """
    start, end = (_mark(f"w:commentRange{side}", identity) for side in ("Start", "End"))
    paragraph, index, _ = _bounds(first, 0)
    paragraph.insert(index, start)
    paragraph, index = _end(last)
    paragraph.insert(index, end)
    shown = OxmlElement("w:r")
    shown.style = "CommentReference"
    shown.append(_mark("w:commentReference", identity))
    if (ending := ends_with(paragraph)) is not None:
        wrapper = tracked.again(ending)
        wrapper.append(shown)
        shown = wrapper
    end.addnext(shown)


def _end(revision: Any) -> tuple[Any, int]:
    """Where a comment ends whose last revision this is: behind it; of a picture, behind its caption.

    LibreOffice keeps a rejected picture if a comment follows it in the same paragraph, and loses a
    caption's number if one stands before that.
    """
    paragraph, _, index = _bounds(revision, -1)
    below = paragraph.getnext()
    if paragraph.find(f".//{qn('w:drawing')}") is not None and below is not None and below.tag == qn("w:p"):
        return below, len(below)
    return paragraph, index


def _bounds(revision: Any, which: int) -> tuple[Any, int, int]:
    """The paragraph a revision stands in, and from where to where; of a row or cell, one of its own."""
    properties = next((step for step in revision.iterancestors() if step.tag in PROPERTIES), None)
    if properties is not None:
        paragraph = list(properties.getparent().iter(qn("w:p")))[which]
        return paragraph, 1, len(paragraph)
    while revision.getparent().tag != qn("w:p"):
        revision = revision.getparent()
    index = revision.getparent().index(revision)
    return revision.getparent(), index, index + 1


def _mark(tag: str, identity: int) -> Any:
    element = OxmlElement(tag)
    element.set(qn("w:id"), str(identity))
    return element
