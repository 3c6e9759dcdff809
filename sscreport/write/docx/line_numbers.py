"""Word's own line numbers, continuous to the appendix.

Word numbers no line within a table. What belongs to one, and what is no line of text, is left out by
its style.
"""

from __future__ import annotations

from typing import Any

from docx.document import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

NOT_NUMBERED = ("Figure", "Table Note", "Section End")  # styles
# What follows each element, of all that this project writes (ISO/IEC 29500-1, 17.3.1.26 and 17.6.17).
_AFTER_SUPPRESSION = (
    "w:pBdr", "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:outlineLvl", "w:rPr", "w:sectPr",
    "w:pPrChange",
)  # fmt: skip
_AFTER_NUMBERS = ("w:pgNumType", "w:cols", "w:titlePg", "w:docGrid")


def number_lines(document: Document) -> None:
    """Number the lines of every section but those in columns, which are the appendix."""
    for name in NOT_NUMBERED:
        suppress(document.styles[name].element)
    for properties in document.element.body.iter(qn("w:sectPr")):
        if properties.find(qn("w:cols")).get(qn("w:num"), "1") == "1":
            numbers = OxmlElement("w:lnNumType")
            numbers.set(qn("w:countBy"), "1")
            numbers.set(qn("w:restart"), "continuous")
            properties.insert_element_before(numbers, *_AFTER_NUMBERS)


def suppress(owner: Any) -> None:
    """Leave a paragraph, or all of a style, out of the numbering."""
    properties = owner.get_or_add_pPr()
    properties.insert_element_before(OxmlElement("w:suppressLineNumbers"), *_AFTER_SUPPRESSION)
