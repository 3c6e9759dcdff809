"""The manuscript as a Word file.

styles    page and styles, running head and foot
blocks    block elements, one function per tag (with `tables` and `pictures`)
inline    inline elements, one function per tag
story     where the next paragraph goes (with `line`, a paragraph being filled)
marks     bookmarks: the identity of every number, targets of links
package   the register of values with all inputs, properties, and bytes that never vary
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sscreport.document import Manuscript
from sscreport.write.docx.blocks import block
from sscreport.write.docx.marks import check
from sscreport.write.docx.package import attach_register, drop_template_parts, file_bytes, set_properties
from sscreport.write.docx.story import Story
from sscreport.write.docx.styles import styled_document
from sscreport.write.pages import paged


def write_docx(manuscript: Manuscript, path: Path) -> None:
    """Write the manuscript to ``path`` as .docx.

    Every value in the text is a link to its entry in the appendix, and a checker can tell from styles
    and bookmarks what each digit is.

    Raises BuildError for a tag or class without a rule, a missing picture, a link without target,
    two values with one bookmark, or an input that XML cannot hold.
    """
    manuscript = replace(manuscript, tree=paged(manuscript))
    document = styled_document(manuscript.subject, manuscript.language)
    story = Story(document, manuscript)
    block(story, manuscript.tree)
    check(document, story.marks.keys)
    drop_template_parts(document)
    attach_register(document, story.marks.keys, manuscript.enclosure)
    set_properties(document, manuscript)
    path.write_bytes(file_bytes(document))
