"""The look of the Word file: page, styles, running head and foot."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.section import Section
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

SERIF, SANS = "Times New Roman", "Arial"
PAGE_MM = (210, 297)
MARGIN_MM = 25
TABLE_TEXT_PT = 8.0
COLUMN_GAP_MM = 6
FIGURE_GAP_PT = 12.0  # above and below a figure or table with its caption and notes
HEAD_LENGTH = 80  # characters of the title that fit into the running head
PANEL = "F2F2F2"
ALIGNMENTS = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "decimal": WD_ALIGN_PARAGRAPH.RIGHT,
}
COLUMNS = {"Origin": 2, "Origin Heading": 2}  # by style, where there is more than one

# What a digit in the text can be, by the attribute that says so. The styles look like plain text.
IDENTITIES = {
    "data-value": "Value",
    "data-constant": "Constant",
    "data-cites": "Citation-number",
    "data-cite": "Citation-number",
    "data-ref": "Cross-reference",
}


@dataclass(frozen=True)
class Type:
    """A paragraph style. Sizes and spaces in points, ``line`` in lines, indents in mm.

    A negative ``first`` is a hanging indent; its tab stop follows from ``left``.
    """

    font: str = SERIF
    size: float = 11
    bold: bool = False
    italic: bool = False
    before: float = 0
    after: float = 6
    line: float = 1.25
    left: float = 0
    first: float = 0
    align: str = "left"
    keep_with_next: bool = False
    keep_together: bool = False
    color: str = "000000"


_LIST = [Type(left=6.35 * depth, first=-6.35, after=3) for depth in (1, 2, 3)]
_NEXT = [Type(left=6.35 * depth, after=3) for depth in (1, 2, 3)]
_HEAD = {"font": SANS, "bold": True, "line": 1.1, "keep_with_next": True, "keep_together": True}

STYLES: dict[str, Type] = {
    "Normal": Type(),
    "Body Text": Type(),
    "Title": Type(SANS, 18, bold=True, line=1.1, after=10, keep_with_next=True),
    "Authors": Type(size=11.5, after=4),
    "Meta": Type(SANS, 8.5, line=1.15, after=3, color="404040"),
    "Heading 1": Type(size=14, before=18, after=6, **_HEAD),
    "Heading 2": Type(size=11.5, before=12, after=4, **_HEAD),
    "Heading 3": Type(size=10.5, before=9, after=3, italic=True, **_HEAD),
    "Caption": Type(SANS, 8.5, line=1.15, before=4, after=4, keep_together=True),
    "Figure": Type(line=1, after=0, align="center", keep_with_next=True),
    "List Bullet": _LIST[0],
    "List Bullet 2": _LIST[1],
    "List Bullet 3": _LIST[2],
    "List Number": _LIST[0],
    "List Number 2": _LIST[1],
    "List Number 3": _LIST[2],
    "List Continue": _NEXT[0],
    "List Continue 2": _NEXT[1],
    "List Continue 3": _NEXT[2],
    "Abbreviation": Type(size=10, line=1.1, after=2, left=26, first=-26),
    "Reference": Type(size=9.5, line=1.1, after=3, left=9, first=-9, keep_together=True),
    "Table Text": Type(SANS, TABLE_TEXT_PT, line=1.05, after=0),
    "Table Note": Type(SANS, 7.5, line=1.1, before=2, after=2),
    "Notice": Type(SANS, 9, line=1.15, before=3, after=3, left=3),
    "Section End": Type(size=1, line=1, after=0),
    "Origin": Type(SANS, 7, line=1.05, after=2, left=2.5, first=-2.5),
    "Origin Heading": Type(size=9, before=8, after=2, **_HEAD),
    "Header": Type(SANS, 8, line=1, after=0, align="right", color="595959"),
    "Footer": Type(SANS, 8, line=1, after=0, align="center", color="595959"),
}

COMMENT = Type(SANS, 9, line=1.05, after=3)
QUOTATION = Type(left=8, after=3)


def styled_document(short_title: str, language: str) -> Document:
    """An empty document with this project's page, styles, running head and foot."""
    document = docx.Document()
    _drop_table_styles(document)
    _set_defaults(document, language)
    for name, type_ in STYLES.items():
        _define(document, name, type_)
    _shade(document.styles["Notice"])
    _make_heading(document.styles["Origin Heading"], like=document.styles["Heading 2"])
    for name in dict.fromkeys(IDENTITIES.values()):
        document.styles.add_style(name, WD_STYLE_TYPE.CHARACTER)
    link = document.styles.add_style("Hyperlink", WD_STYLE_TYPE.CHARACTER, builtin=True)
    link.font.color.rgb = RGBColor.from_string("1F3864")
    _set_page(document.sections[0], running_head(short_title))
    return document


def add_comment_styles(document: Document) -> None:
    """The two styles that comments name, under the names and ids that Word knows them by."""
    _define(document, "annotation text", COMMENT)
    document.styles["annotation text"].element.styleId = "CommentText"
    reference = document.styles.add_style("annotation reference", WD_STYLE_TYPE.CHARACTER, builtin=True)
    reference.element.styleId = "CommentReference"
    reference.font.size = Pt(8)


def add_quotation_style(document: Document) -> None:
    """The style of passages that a letter quotes."""
    _define(document, "Quote", QUOTATION)


def text_width_mm(landscape: bool) -> float:
    return PAGE_MM[landscape] - 2 * MARGIN_MM


def text_height_mm(landscape: bool) -> float:
    return PAGE_MM[not landscape] - 2 * MARGIN_MM


def running_head(short: str) -> str:
    """The short title, cut at a word where it is too long for one line."""
    if len(short) <= HEAD_LENGTH:
        return short
    return short[:HEAD_LENGTH].rsplit(" ", 1)[0].rstrip(",;–-") + " …"


def turn_page(properties: Any, landscape: bool, columns: int = 1, same_page: bool = False) -> None:
    """Set the orientation, size, columns and start of the section that ``w:sectPr`` describes."""
    section = Section(properties, None)
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width = Mm(PAGE_MM[landscape])
    section.page_height = Mm(PAGE_MM[not landscape])
    section.start_type = WD_SECTION.CONTINUOUS if same_page else WD_SECTION.NEW_PAGE
    layout = properties.find(qn("w:cols"))
    layout.set(qn("w:num"), str(columns))
    layout.set(qn("w:space"), str(Mm(COLUMN_GAP_MM).twips))


def _drop_table_styles(document: Document) -> None:
    """The template's hundred table styles are never used and make up most of its size."""
    for style in list(document.styles):
        if style.type == WD_STYLE_TYPE.TABLE and style.name != "Normal Table":
            style.element.getparent().remove(style.element)


def _set_defaults(document: Document, language: str) -> None:
    defaults = document.styles.element.find(qn("w:docDefaults"))
    _set_font(defaults.find(f".//{qn('w:rPr')}"), SERIF)
    for tag in ("w:lang", "w:themeFontLang"):
        for root in (document.styles.element, document.settings.element):
            for element in root.iter(qn(tag)):
                element.set(qn("w:val"), language)
    for setting in document.settings.element.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")  # or Word opens the file in compatibility mode


def _define(document: Document, name: str, type_: Type) -> None:
    styles = document.styles
    if name in styles:
        style = styles[name]
        _clear(style, styles.element)
    else:
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = styles["Normal"]
        style.quick_style = True
    font, shape = style.font, style.paragraph_format
    _set_font(style.element.get_or_add_rPr(), type_.font)
    font.size, font.bold, font.italic = Pt(type_.size), type_.bold, type_.italic
    font.color.rgb = RGBColor.from_string(type_.color)
    shape.space_before, shape.space_after = Pt(type_.before), Pt(type_.after)
    shape.line_spacing = type_.line
    shape.alignment = ALIGNMENTS[type_.align]
    shape.widow_control = True
    shape.keep_with_next, shape.keep_together = type_.keep_with_next, type_.keep_together
    shape.left_indent, shape.first_line_indent = Mm(type_.left), Mm(type_.first)
    if type_.first < 0:
        shape.tab_stops.add_tab_stop(Mm(type_.left))


def _clear(style: ParagraphStyle, styles: Any) -> None:
    """Empty a template's style, keeping what makes it a heading or a list."""
    element = style.element
    for tag in ("w:rPr", "w:semiHidden", "w:unhideWhenUsed"):
        for part in element.findall(qn(tag)):
            element.remove(part)
    for link in element.findall(qn("w:link")):
        for twin in styles.xpath(f"w:style[@w:styleId='{link.get(qn('w:val'))}']"):
            styles.remove(twin)
        element.remove(link)
    for part in element.findall(f"{qn('w:pPr')}/*"):
        if part.tag not in (qn("w:outlineLvl"), qn("w:numPr")):
            part.getparent().remove(part)


def _set_font(properties: Any, name: str) -> None:
    fonts = properties.get_or_add_rFonts()
    fonts.attrib.clear()
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), name)


def _make_heading(style: ParagraphStyle, like: ParagraphStyle) -> None:
    """Let navigation and contents treat ``style`` as a heading of the same level."""
    style.base_style = like
    level = like.element.pPr.find(qn("w:outlineLvl"))
    style.element.get_or_add_pPr().append(deepcopy(level))


def _shade(style: ParagraphStyle) -> None:
    """A grey panel with a bar at its left; borders in its own grey keep the text off its edges."""
    edge = f'w:val="single" w:sz="4" w:space="4" w:color="{PANEL}"'
    bar = 'w:val="single" w:sz="18" w:space="6" w:color="7F7F7F"'
    border = f"<w:pBdr {{}}><w:top {edge}/><w:left {bar}/><w:bottom {edge}/></w:pBdr>"
    fill = f'<w:shd {{}} w:val="clear" w:color="auto" w:fill="{PANEL}"/>'
    for xml in (border, fill):
        element = parse_xml(xml.format(nsdecls("w")))
        style.element.get_or_add_pPr().insert_element_before(element, "w:tabs", "w:spacing", "w:ind", "w:jc")


def _set_page(section: Section, head: str) -> None:
    turn_page(section._sectPr, landscape=False)
    for side in ("left", "right", "top", "bottom"):
        setattr(section, f"{side}_margin", Mm(MARGIN_MM))
    section.header_distance = section.footer_distance = Mm(12)
    section.different_first_page_header_footer = True  # the first page shows the whole title anyway
    section.header.paragraphs[0].text = head
    _page_number(section.footer.paragraphs[0])
    section.first_page_header.is_linked_to_previous = False
    _page_number(section.first_page_footer.paragraphs[0])


def _page_number(paragraph: Paragraph) -> None:
    paragraph._p.append(
        parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>')
    )
