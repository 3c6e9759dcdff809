"""Accept or reject every revision of a Word file, by ECMA-376 part 1 (17.13.5) and none of sscreport's code.

A run in ``w:ins`` stands in the new text alone, one in ``w:del`` in the old one alone; so do a row that
``w:trPr`` and a cell that ``w:tcPr`` marks. A paragraph whose end is gone continues in the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

from lxml import etree
from lxml.etree import _Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
BLIP = ".//{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
PROPERTIES = {f"{W}{name}" for name in ("rPr", "trPr")}
APPENDIX = "Where each number comes from"


@dataclass(frozen=True)
class Block:
    """A paragraph or a table's row: its style ("row" for a row), and its text or its cells' texts."""

    style: str
    texts: tuple[str, ...]


def accepted(path: Path) -> list[Block]:
    """The file's text once all revisions are accepted, or as it is in a file without any."""
    return _read(path, gone="del", cell="cellDel")


def rejected(path: Path) -> list[Block]:
    """The file's text once all revisions are rejected."""
    return _read(path, gone="ins", cell="cellIns")


def before_appendix(blocks: list[Block]) -> list[Block]:
    """The blocks above the appendix, which a marked manuscript lacks."""
    heads = [n for n, block in enumerate(blocks) if block.texts == (APPENDIX,)]
    return blocks[: heads[0]] if heads else blocks


def part(path: Path, name: str) -> _Element:
    with ZipFile(path) as file:
        return etree.fromstring(file.read(name))


def names(path: Path) -> list[str]:
    with ZipFile(path) as file:
        return file.namelist()


def _read(path: Path, gone: str, cell: str) -> list[Block]:
    document = part(path, "word/document.xml")
    body = document.find(f"{W}body")
    for revision in [*body.iter(f"{W}trPr")]:
        if revision.find(f"{W}{gone}") is not None:
            _drop(revision.getparent())
    for revision in [*body.iter(f"{W}{cell}")]:
        _drop(revision.getparent().getparent())
    for revision in [*body.iter(f"{W}{gone}")]:
        if revision.getparent().tag not in PROPERTIES:
            _drop(revision)
    for paragraph in [*body.iter(f"{W}p")]:
        if paragraph.find(f"{W}pPr/{W}rPr/{W}{gone}") is not None:
            _join_next(paragraph)
    return list(_blocks(body, _pictures(path)))


def _drop(element: _Element) -> None:
    element.getparent().remove(element)


def _join_next(paragraph: _Element) -> None:
    """Its contents begin the next paragraph; where none follows, only an empty one can go."""
    contents = [child for child in paragraph if child.tag != f"{W}pPr"]
    following = paragraph.getnext()
    if following is not None and following.tag == f"{W}p":
        at = 1 if following.find(f"{W}pPr") is not None else 0
        following[at:at] = contents
    elif any(child.find(f".//{W}r") is not None or child.tag == f"{W}r" for child in contents):
        return
    _drop(paragraph)


def _pictures(path: Path) -> dict[str, str]:
    """By relationship, the digest of what it leads to inside the file."""
    found: dict[str, str] = {}
    with ZipFile(path) as file:
        for relation in etree.fromstring(file.read("word/_rels/document.xml.rels")):
            if relation.get("TargetMode") != "External":
                target = str(Path("/word", relation.get("Target")).resolve())[1:]
                found[relation.get("Id")] = sha256(file.read(target)).hexdigest()
    return found


def _blocks(body: _Element, pictures: dict[str, str]) -> Iterator[Block]:
    for element in body:
        if element.tag == f"{W}p" and not _ends_section(element):
            style = element.find(f"{W}pPr/{W}pStyle").get(f"{W}val")
            yield Block(style, (_text(element, pictures),))
        for row in element.iter(f"{W}tr") if element.tag == f"{W}tbl" else ():
            yield Block("row", tuple(_cell(cell, pictures) for cell in row.iterfind(f"{W}tc")))


def _ends_section(paragraph: _Element) -> bool:
    """Whether a paragraph is there only because the page turns below it."""
    turns = paragraph.find(f"{W}pPr/{W}sectPr") is not None
    return turns and paragraph.find(f".//{W}r") is None


def _cell(cell: _Element, pictures: dict[str, str]) -> str:
    texts = (_text(paragraph, pictures) for paragraph in cell.iter(f"{W}p"))
    return "\n".join(text for text in texts if text)


def _text(paragraph: _Element, pictures: dict[str, str]) -> str:
    pieces: list[str] = []
    for element in paragraph.iter(f"{W}t", f"{W}delText", f"{W}tab", f"{W}br", f"{W}drawing"):
        if element.tag == f"{W}tab" and element.getparent().tag == f"{W}tabs":
            continue
        if element.tag == f"{W}drawing":
            pieces.append(f"[{pictures[element.find(BLIP).get(f'{R}embed')]}]")
        else:
            pieces.append({f"{W}tab": "\t", f"{W}br": "\n"}.get(element.tag, element.text or ""))
    return re.sub(r"\s*([\n\t])\s*", r"\1", re.sub(r"[ ]+", " ", "".join(pieces))).strip()
