"""A Word document as it reads when every tracked change is accepted (ECMA-376 part 1, 17.13.5)."""

from __future__ import annotations

from lxml.etree import _Element

from sscreport.read.docx import W

JOINED = "joined"  # the attribute of a paragraph that follows one without its end
COMMENT = "comment "  # begins the name of the bookmark that a comment's range becomes
_GONE = (f"{W}del", f"{W}moveFrom")


def accept(document: _Element) -> None:
    """Take out of ``document`` what is deleted: rows, cells and the ends of paragraphs.

    Deleted text the reader leaves out by itself. The ranges of comments become bookmarks, which it follows
    as it does all others.
    """
    for row in [*document.iter(f"{W}trPr")]:
        if any(row.find(tag) is not None for tag in _GONE):
            _drop(row.getparent())
    for mark in [*document.iter(f"{W}cellDel")]:
        _drop(mark.getparent().getparent())
    for revision in document.iter(*_GONE):
        _keep_marks(revision)
    for paragraph in [*document.iter(f"{W}p")]:
        if any(paragraph.find(f"{W}pPr/{W}rPr/{tag}") is not None for tag in _GONE):
            _join_next(paragraph)
    _mark_comments(document)


def _drop(element: _Element) -> None:
    if (parent := element.getparent()) is not None:
        parent.remove(element)


def _keep_marks(revision: _Element) -> None:
    """Where bookmarks and comments begin and end is not deleted with the text around."""
    names = ("bookmarkStart", "bookmarkEnd", "commentRangeStart", "commentRangeEnd")
    for mark in [*revision.iter(*(f"{W}{name}" for name in names))]:
        revision.addprevious(mark)


def _join_next(paragraph: _Element) -> None:
    """What is left of a paragraph without its end begins the next one."""
    contents = [child for child in paragraph if child.tag != f"{W}pPr"]
    following = paragraph.getnext()
    while following is not None and following.tag in (f"{W}bookmarkStart", f"{W}bookmarkEnd"):
        following = following.getnext()
    if following is not None and following.tag == f"{W}p":
        start = 1 if following.find(f"{W}pPr") is not None else 0
        following[start:start] = contents
        following.set(JOINED, "")
        _drop(paragraph)


def _mark_comments(document: _Element) -> None:
    for name in ("Start", "End"):
        for mark in document.iter(f"{W}commentRange{name}"):
            identity = f"{COMMENT}{mark.get(f'{W}id')}"
            mark.tag = f"{W}bookmark{name}"
            mark.set(f"{W}id", identity)
            mark.set(f"{W}name", identity)
