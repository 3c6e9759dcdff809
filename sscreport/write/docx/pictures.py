"""Figures as pictures: the SVG, with the PNG for programs that cannot show it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Mm

from sscreport.records import Figure
from sscreport.write.docx.styles import text_height_mm, text_width_mm

ROOM_FOR_CAPTION_MM = 35
LINK_TOLD = "Where the numbers of this figure come from"
SVG_EXTENSION = "{96DAC541-7B7A-43D3-8B79-37D633B846F1}"  # Office's id for "this picture has an SVG"


def drawing(document: Document, figure: Figure, png: bytes, alt: str, bookmark: str | None) -> Any:
    """A ``w:drawing`` at the figure's own size, smaller where the page has no room for it.

    A click on it leads to ``bookmark``.
    """
    scale = min(
        1.0,
        text_width_mm(landscape=False) / figure.width_mm,
        (text_height_mm(landscape=False) - ROOM_FOR_CAPTION_MM) / figure.height_mm,
    )
    width, height = Mm(figure.width_mm * scale), Mm(figure.height_mm * scale)
    inline = document.part.new_pic_inline(BytesIO(png), width, height)
    for properties in (inline.docPr, inline.graphic.graphicData.pic.nvPicPr.cNvPr):
        properties.set("name", figure.id)
        properties.set("descr", alt)
    if bookmark:
        inline.docPr.append(_link(document, bookmark))
    inline.graphic.graphicData.pic.blipFill.blip.append(_svg_extension(_add_svg(document, figure)))
    element = OxmlElement("w:drawing")
    element.append(inline)
    return element


def _add_svg(document: Document, figure: Figure) -> str:
    name = PackURI(f"/word/media/{figure.id}.svg")
    part = Part(name, "image/svg+xml", figure.svg.encode(), document.part.package)
    return document.part.relate_to(part, RELATIONSHIP_TYPE.IMAGE)


def _link(document: Document, bookmark: str) -> Any:
    """Word keeps a picture's link to a bookmark as an address that is nothing but a fragment."""
    relationship = document.part.relate_to(f"#{bookmark}", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = OxmlElement("a:hlinkClick")
    link.set(qn("r:id"), relationship)
    link.set("tooltip", LINK_TOLD)
    return link


def _svg_extension(relationship: str) -> Any:
    return parse_xml(
        '<a:extLst xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
        ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        f'<a:ext uri="{SVG_EXTENSION}"><asvg:svgBlip'
        ' xmlns:asvg="http://schemas.microsoft.com/office/drawing/2016/SVG/main"'
        f' r:embed="{relationship}"/></a:ext></a:extLst>'
    )
