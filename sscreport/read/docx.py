"""Read a finished Word file back, also one that Word or LibreOffice has saved anew.

Tracked insertions are read and tracked deletions are not: the text is what it would be if every
change were accepted.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

from lxml import etree
from PIL import Image

from sscreport.enclosure import Enclosure
from sscreport.reading import (
    BIBLIOGRAPHY,
    CITATION,
    CONSTANT,
    CROSS_REFERENCE,
    DESCRIPTION,
    ORIGIN,
    TEXT,
    VALUE,
    Picture,
    Piece,
    Reading,
)

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
SVG = "{http://schemas.microsoft.com/office/drawing/2016/SVG/main}svgBlip"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
REGISTER = "{urn:sscreport:values}"

_HIDDEN = {f"{W}del", f"{W}moveFrom", f"{MC}Fallback", f"{W}pPr", f"{W}rPr", f"{W}instrText", f"{W}delText"}
_RUN_STYLES = {"Citation-number": CITATION, "Cross-reference": CROSS_REFERENCE, "Constant": CONSTANT}
_PARAGRAPH_STYLES = {"Reference": BIBLIOGRAPHY, "Origin": ORIGIN}


def read_docx(path: Path) -> Reading:
    with ZipFile(path) as package:
        register = register_of(package)
        document = etree.fromstring(package.read("word/document.xml"))
        walker = Walker(marked_keys(register), style_names(package))
        pieces = list(walker.block(document))
        pictures = dict(pictures_of(package, document))
    return Reading(pieces, enclosure_of(register), pictures)


def marked_keys(register: etree._Element | None) -> dict[str, str]:
    """By bookmark, the key of the value that it marks."""
    marks = register.iter(f"{REGISTER}mark") if register is not None else ()
    return {mark.get("bookmark"): mark.get("key") for mark in marks}


def register_of(package: ZipFile) -> etree._Element | None:
    """The part in which the data travel and which says what bookmark is what key."""
    for name in package.namelist():
        if name.startswith("customXml/") and name.endswith(".xml"):
            root = etree.fromstring(package.read(name))
            if root.tag == f"{REGISTER}values":
                return root
    return None


def enclosure_of(register: etree._Element | None) -> Enclosure | None:
    """What travels inside; None where the program that saved the file has dropped it."""
    code = register.find(f"{REGISTER}code") if register is not None else None
    if code is None:
        return None
    files = {file.get("path"): file.text or "" for file in register.iter(f"{REGISTER}file")}
    return Enclosure(
        files, register.findtext(f"{REGISTER}json") or "", code.get("version"), code.get("sha256")
    )


def style_names(package: ZipFile) -> dict[str, str]:
    """The names of styles by their ids, which other programs choose anew."""
    root = etree.fromstring(package.read("word/styles.xml"))
    return {
        style.get(f"{W}styleId"): style.find(f"{W}name").get(f"{W}val")
        for style in root.iter(f"{W}style")
        if style.find(f"{W}name") is not None
    }


@dataclass
class Walker:
    """Walks the document; remembers which bookmarks and fields are open, and where it is."""

    keys: Mapping[str, str]
    styles: Mapping[str, str]
    open_bookmarks: dict[str, str] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)
    place: str = ""
    in_appendix: bool = False

    def block(self, element: etree._Element) -> Iterator[Piece]:
        """Every paragraph below ``element`` in reading order."""
        for child in element:
            if child.tag in _HIDDEN:
                continue
            if child.tag == f"{W}p":
                yield from self._paragraph(child)
            elif child.tag == f"{W}bookmarkStart" or child.tag == f"{W}bookmarkEnd":
                self._bookmark(child)
            else:
                yield from self.block(child)

    def _paragraph(self, paragraph: etree._Element) -> Iterator[Piece]:
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        name = self.styles.get(style.get(f"{W}val"), "") if style is not None else ""
        if name.lower().startswith(("heading", "caption")):
            self.place = _start(paragraph)
        kind = _PARAGRAPH_STYLES.get(name, TEXT)
        self.in_appendix = self.in_appendix or kind == ORIGIN
        if self.in_appendix:  # its headings name data files and months
            kind = ORIGIN
        yield from self._inline(paragraph, kind)
        yield Piece("\n", TEXT, "", self.place)

    def _inline(self, element: etree._Element, kind: str) -> Iterator[Piece]:
        for child in element:
            if child.tag in _HIDDEN:
                continue
            if child.tag in (f"{W}bookmarkStart", f"{W}bookmarkEnd"):
                self._bookmark(child)
            elif child.tag == f"{W}r":
                yield from self._run(child, kind)
            elif child.tag == f"{W}fldSimple":
                self.fields.append(child.get(f"{W}instr", ""))
                yield from self._inline(child, kind)
                self.fields.pop()
            else:
                yield from self._inline(child, kind)

    def _bookmark(self, mark: etree._Element) -> None:
        if mark.tag == f"{W}bookmarkStart":
            self.open_bookmarks[mark.get(f"{W}id")] = mark.get(f"{W}name", "")
        else:
            self.open_bookmarks.pop(mark.get(f"{W}id"), None)

    def _run(self, run: etree._Element, kind: str) -> Iterator[Piece]:
        kind, key = self._identity(run, kind)
        for part in run:
            if part.tag == f"{W}t":
                yield Piece(part.text or "", kind, key, self.place)
            elif part.tag in (f"{W}tab", f"{W}br", f"{W}cr"):
                yield Piece(" ", kind, key, self.place)
            elif part.tag == f"{W}noBreakHyphen":
                yield Piece("\N{NON-BREAKING HYPHEN}", kind, key, self.place)
            elif part.tag == f"{W}fldChar":
                self._field(part.get(f"{W}fldCharType"))
            elif part.tag == f"{W}instrText" and self.fields:
                self.fields[-1] += part.text or ""
            elif part.tag not in _HIDDEN:
                yield from self._drawing(part)

    def _field(self, kind: str | None) -> None:
        if kind == "begin":
            self.fields.append("")
        elif kind == "end" and self.fields:
            self.fields.pop()

    def _identity(self, run: etree._Element, kind: str) -> tuple[str, str]:
        marks = [self.keys[name] for name in self.open_bookmarks.values() if name in self.keys]
        if marks and kind not in (BIBLIOGRAPHY, ORIGIN):
            return VALUE, marks[-1]
        if kind:
            return kind, ""
        if any(code.split()[:1] in (["SEQ"], ["REF"]) for code in self.fields):
            return CROSS_REFERENCE, ""
        style = run.find(f"{W}rPr/{W}rStyle")
        name = self.styles.get(style.get(f"{W}val"), "") if style is not None else ""
        return _RUN_STYLES.get(name, TEXT), ""

    def _drawing(self, part: etree._Element) -> Iterator[Piece]:
        for properties in part.iter(f"{WP}docPr"):
            if properties.get("descr"):
                yield Piece(properties.get("descr"), DESCRIPTION, "", self.place)
                return


def _start(paragraph: etree._Element) -> str:
    """The first words of a heading or caption, to say where something stands."""
    text = "".join(t.text or "" for t in paragraph.iter(f"{W}t"))
    return " ".join(text.split()[:2] if text.startswith(("Fig", "Table")) else text.split())


# ---------------------------------------------------------------- pictures


def pictures_of(package: ZipFile, document: etree._Element) -> Iterator[tuple[str, Picture]]:
    """Every picture by its place among them: "picture 1"."""
    relationships = etree.fromstring(package.read("word/_rels/document.xml.rels"))
    targets = {r.get("Id"): r.get("Target") for r in relationships.iter(RELATIONSHIP)}
    for number, blip in enumerate(document.iter(f"{A}blip"), start=1):
        name = f"picture {number}"
        vector = blip.find(f".//{SVG}")
        svg = _part(package, targets.get(vector.get(f"{R}embed"), "")) if vector is not None else None
        pixels = _part(package, targets.get(blip.get(f"{R}embed"), ""))
        yield name, Picture(name, _digest(pixels), _svg_pieces(svg) if svg else None)


def _part(package: ZipFile, target: str) -> bytes | None:
    name = str(PurePosixPath("word") / target) if not target.startswith("/") else target[1:]
    return package.read(name) if name in package.namelist() else None


def _digest(picture: bytes | None) -> str:
    """SHA-256 of the pixels, so that packing the same picture anew makes no difference."""
    if picture is None:
        return ""
    with Image.open(io.BytesIO(picture)) as image:
        return hashlib.sha256(image.convert("RGBA").tobytes()).hexdigest()


def _svg_pieces(svg: bytes) -> tuple[Piece, ...]:
    found = []
    for text in etree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        for node in text.iter():
            key = node.get("data-value", "")
            kind = VALUE if key else CONSTANT if node.get("data-constant") else TEXT
            found += [Piece(node.text or "", kind, key), Piece(node.tail or "" if node is not text else "\n")]
    return tuple(found)
