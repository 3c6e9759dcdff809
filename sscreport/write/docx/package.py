"""The file around the document: register of values with all inputs, properties, unvarying bytes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from lxml import etree

from sscreport.document import Manuscript
from sscreport.enclosure import VALUES, Enclosure
from sscreport.write.archive import uniform
from sscreport.write.docx.tree import broken

REGISTER = "urn:sscreport:values"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_STORE = "{5F5C0B1E-3C2D-5A41-9B6E-73737265706F}"  # Word wants an id for a part it shall keep
_STAMP = datetime(2000, 1, 1)  # no clock: equal inputs give equal bytes
_UNUSED = ("customXml", "stylesWithEffects", "thumbnail", "extended-properties")


def drop_template_parts(document: Document) -> None:
    """Remove what the template brings along and this document has no use for."""
    for relationships in (document.part.rels, document.part.package.rels):
        for name, relationship in list(relationships.items()):
            if relationship.reltype.rsplit("/", 1)[1] in _UNUSED:
                del relationships[name]


def attach_register(document: Document, keys: Mapping[str, str], enclosure: Enclosure) -> None:
    """Add the custom XML part that says which bookmark is which value, with all that is enclosed.

    Raises BuildError for an input with a character that XML cannot hold.
    """
    root = etree.Element(f"{{{REGISTER}}}values", nsmap={None: REGISTER})
    for bookmark, key in sorted(keys.items()):
        etree.SubElement(root, f"{{{REGISTER}}}mark", bookmark=bookmark, key=key)
    _add_text(root, "json", VALUES, enclosure.values)
    for path, text in enclosure.files.items():
        _add_text(root, "file", path, text).set("path", path)
    etree.SubElement(root, f"{{{REGISTER}}}code", version=enclosure.version, sha256=enclosure.code)
    part = _xml_part(document, "sscreport-values.xml", "application/xml", root)
    namespace = f"{_OFFICE}/customXml"
    store = etree.Element(f"{{{namespace}}}datastoreItem", nsmap={"ds": namespace})
    store.set(f"{{{namespace}}}itemID", _STORE)
    schemas = etree.SubElement(store, f"{{{namespace}}}schemaRefs")
    etree.SubElement(schemas, f"{{{namespace}}}schemaRef").set(f"{{{namespace}}}uri", REGISTER)
    kind = "application/vnd.openxmlformats-officedocument.customXmlProperties+xml"
    properties = _xml_part(document, "itemProps-sscreport-values.xml", kind, store)
    part.relate_to(properties, RELATIONSHIP_TYPE.CUSTOM_XML_PROPS)
    document.part.relate_to(part, RELATIONSHIP_TYPE.CUSTOM_XML)


def _add_text(root: etree._Element, tag: str, name: str, text: str) -> etree._Element:
    element = etree.SubElement(root, f"{{{REGISTER}}}{tag}")
    try:
        element.text = text
    except ValueError:
        message = f"{name} holds a control character, which a Word file cannot enclose; remove it."
        raise broken(message) from None
    return element


def _xml_part(document: Document, name: str, content_type: str, root: etree._Element) -> Part:
    blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return Part(PackURI(f"/customXml/{name}"), content_type, blob, document.part.package)


def set_properties(document: Document, manuscript: Manuscript) -> None:
    properties = document.core_properties
    properties.title = manuscript.title
    properties.subject = manuscript.subject
    properties.author = "; ".join(manuscript.authors)
    properties.last_modified_by = "; ".join(manuscript.authors)
    properties.keywords = ", ".join(manuscript.keywords)
    properties.language = manuscript.language
    properties.comments = ""
    properties.revision = 1
    properties.created = properties.modified = _STAMP


def file_bytes(document: Document) -> bytes:
    """The finished file, its members sorted and dated alike."""
    saved = BytesIO()
    document.save(saved)
    return uniform(saved.getvalue())
