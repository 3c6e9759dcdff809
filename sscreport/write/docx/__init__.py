"""The manuscript as a Word file.

styles    page and styles, running head and foot
blocks    block elements, one function per tag (with `tables` and `pictures`)
inline    inline elements, one function per tag
story     where the next paragraph goes (with `line`, a paragraph being filled)
marks     bookmarks: the identity of every number, targets of links
tracked   revisions, in a manuscript marked against another edition
comments  what changed and why, one comment for each change
line_numbers  Word's own, for reviewers
package   the register of values with all inputs, properties, and bytes that never vary
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sscreport.changes import Changes
from sscreport.document import Manuscript
from sscreport.write.docx.blocks import block
from sscreport.write.docx.comments import add_comments
from sscreport.write.docx.line_numbers import number_lines
from sscreport.write.docx.marks import check
from sscreport.write.docx.package import attach_register, drop_template_parts, file_bytes, set_properties
from sscreport.write.docx.story import Story
from sscreport.write.docx.styles import add_quotation_style, styled_document
from sscreport.write.pages import paged, with_wide_tables_last

__all__ = ["write_docx", "write_marked_docx", "write_plain_docx"]


def write_docx(manuscript: Manuscript, path: Path, line_numbers: bool = False) -> None:
    """Write the manuscript to ``path`` as .docx.

    Every value in the text is a link to its entry in the appendix, and a checker can tell from styles
    and bookmarks what each digit is. ``line_numbers`` are Word's own, up to the appendix.

    Raises BuildError for a tag or class without a rule, a missing picture, a link without target,
    two values with one bookmark, or an input that XML cannot hold.
    """
    story = _told(replace(manuscript, tree=paged(manuscript)), line_numbers=line_numbers)
    path.write_bytes(_finished(story))


def write_marked_docx(changes: Changes, old: Manuscript, new: Manuscript, path: Path) -> None:
    """Write the new edition to ``path`` as .docx with every change against the old one as a revision.

    Accepting all leaves the new edition's text, rejecting all the old one's; each change has a
    comment that names its causes. Values are bookmarked, but link nowhere: there is no appendix. What
    is enclosed is the new edition's. Further typing is not tracked: the marks are a comparison of two
    editions, among which a reader's own corrections would be lost.

    Raises BuildError as `write_docx` does, and for a change without a mark in the tree.
    """
    story = _told(replace(new, tree=with_wide_tables_last(changes.redline.tree)), old)
    add_comments(story, changes)
    path.write_bytes(_finished(story))


def write_plain_docx(manuscript: Manuscript, path: Path) -> None:
    """Write a tree without values, such as a letter, to ``path`` as .docx; it encloses nothing."""
    document = styled_document(manuscript.subject, manuscript.language)
    add_quotation_style(document)
    block(Story(document, manuscript), manuscript.tree)
    check(document, {})
    drop_template_parts(document)
    set_properties(document, manuscript)
    path.write_bytes(file_bytes(document))


def _told(manuscript: Manuscript, old: Manuscript | None = None, line_numbers: bool = False) -> Story:
    document = styled_document(manuscript.subject, manuscript.language)
    story = Story(document, manuscript, old, line_numbers)
    block(story, manuscript.tree)
    if line_numbers:
        number_lines(document)
    return story


def _finished(story: Story) -> bytes:
    document = story.document
    check(document, story.marks.keys)
    drop_template_parts(document)
    attach_register(document, story.marks.keys, story.manuscript.enclosure)
    set_properties(document, story.manuscript)
    return file_bytes(document)
