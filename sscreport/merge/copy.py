"""A Word copy, paragraph by paragraph, as it reads with every tracked change accepted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from zipfile import ZipFile

from lxml import etree

from sscreport.enclosure import Enclosure
from sscreport.merge.accept import COMMENT, JOINED, accept
from sscreport.read.docx import W, Walker, enclosure_of, marked_keys, pictures_of, register_of, style_names
from sscreport.reading import VALUE, Picture, Piece

_LOOKS = ("b", "i", "u", "strike", "highlight")
_NAMES = {"b": "bold", "i": "italic", "u": "underlined", "strike": "struck", "highlight": "highlighted"}
_OFF = ("0", "false", "none", "off")
_ASIDE = ("word/footnotes.xml", "word/endnotes.xml")
_RUNNING = re.compile(r"word/(?:header|footer)\d*\.xml")
_MATHS = "{http://schemas.openxmlformats.org/officeDocument/2006/math}oMath"


@dataclass(frozen=True)
class Run(Piece):
    """A piece with its look ("bold", "superscript" …) and the comments that hang on it."""

    look: frozenset[str] = frozenset()
    comments: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Paragraph:
    """``style`` is the name of its style in lower case; ``place`` the heading or caption above it.

    ``joined``: the end of the paragraph before it is deleted. Programs disagree on whose style it then has.
    """

    runs: tuple[Run, ...]
    style: str
    place: str
    in_table: bool
    joined: bool = False

    @cached_property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)

    @property
    def kinds(self) -> set[str]:
        return {run.kind for run in self.runs if run.text.strip()}


@dataclass(frozen=True)
class Comment:
    """``passage`` is the text that it hangs on, or that of its paragraph; ``keys`` the values in it."""

    author: str
    date: str
    text: str
    passage: str = ""
    keys: tuple[str, ...] = ()
    paragraph: int | None = None


@dataclass(frozen=True)
class Copy:
    """``further`` is what stands in no paragraph of the body: running heads, notes, text boxes, formulas."""

    paragraphs: tuple[Paragraph, ...]
    comments: tuple[Comment, ...]
    pictures: Mapping[str, Picture]
    further: tuple[str, ...]
    enclosure: Enclosure | None


def read_copy(path: Path) -> Copy:
    """The Word file at ``path``. Raises what ZipFile and lxml raise where it is none."""
    with ZipFile(path) as package:
        register = register_of(package)
        document = etree.fromstring(package.read("word/document.xml"), etree.XMLParser(huge_tree=True))
        further = tuple(_further(package, document))
        accept(document)
        reader = _Reader(marked_keys(register), style_names(package))
        for _ in reader.block(document):
            pass
        pictures = dict(pictures_of(package, document))
        comments = tuple(_comments(package, reader))
    return Copy(tuple(reader.paragraphs), comments, pictures, further, enclosure_of(register))


@dataclass
class _Reader(Walker):
    """Keeps paragraphs, and in which of them each comment has its mark."""

    paragraphs: list[Paragraph] = field(default_factory=list)
    anchored: dict[str, int] = field(default_factory=dict)

    def _paragraph(self, paragraph: etree._Element) -> Iterator[Piece]:
        runs = []
        for piece in super()._paragraph(paragraph):
            if isinstance(piece, Run):
                runs.append(piece)
            yield piece
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        name = self.styles.get(style.get(f"{W}val"), "") if style is not None else ""
        in_table = next(paragraph.iterancestors(f"{W}tc"), None) is not None
        joined = paragraph.get(JOINED) is not None
        self.paragraphs.append(Paragraph(tuple(runs), name.lower(), self.place, in_table, joined))

    def _run(self, run: etree._Element, kind: str) -> Iterator[Piece]:
        look = frozenset(_look(run.find(f"{W}rPr")))
        for reference in run.iterfind(f"{W}commentReference"):
            self.anchored[reference.get(f"{W}id")] = len(self.paragraphs)
        comments = frozenset(
            name.removeprefix(COMMENT) for name in self.open_bookmarks.values() if name.startswith(COMMENT)
        )
        for piece in super()._run(run, kind):
            yield Run(piece.text, piece.kind, piece.key, piece.place, look=look, comments=comments)


def _look(properties: etree._Element | None) -> Iterator[str]:
    if properties is None:
        return
    for name in _LOOKS:
        element = properties.find(f"{W}{name}")
        if element is not None and element.get(f"{W}val", "1") not in _OFF:
            yield _NAMES[name]
    raised = properties.find(f"{W}vertAlign")
    if raised is not None and raised.get(f"{W}val") != "baseline":
        yield str(raised.get(f"{W}val"))


# ---------------------------------------------------------------- comments


def _comments(package: ZipFile, reader: _Reader) -> Iterator[Comment]:
    if "word/comments.xml" not in package.namelist():
        return
    for comment in etree.fromstring(package.read("word/comments.xml")).iter(f"{W}comment"):
        identity = comment.get(f"{W}id")
        runs = [
            (place, run)
            for place, paragraph in enumerate(reader.paragraphs)
            for run in paragraph.runs
            if identity in run.comments
        ]
        place = runs[0][0] if runs else reader.anchored.get(identity)
        passage = "".join(run.text for _, run in runs).strip()
        if not passage and place is not None:
            passage = reader.paragraphs[place].text
        keys = tuple(dict.fromkeys(run.key for _, run in runs if run.kind == VALUE and run.key))
        author, date = comment.get(f"{W}author", ""), comment.get(f"{W}date", "")
        yield Comment(author, date, _text(comment), " ".join(passage.split()), keys, place)


def _text(element: etree._Element) -> str:
    paragraphs = ("".join(t.text or "" for t in p.iter(f"{W}t")) for p in element.iter(f"{W}p"))
    return "\n".join(text for text in paragraphs if text)


# ---------------------------------------------------------------- what stands elsewhere


def _further(package: ZipFile, document: etree._Element) -> Iterator[str]:
    """What stands in no paragraph of the body. Of these the build makes running heads alone."""
    for name in package.namelist():
        if _RUNNING.fullmatch(name):
            text = re.sub(r"\d", "", _text(etree.fromstring(package.read(name)))).strip()  # without the page
            if text:
                yield f"A running head or foot says “{text}”."
    for name in _ASIDE:
        notes = etree.fromstring(package.read(name)) if name in package.namelist() else ()
        for note in notes:
            if text := _text(note):
                yield f"A {re.sub(r'.*/|s.xml$', '', name)} says “{text}”."
    for box in document.iter(f"{W}txbxContent"):
        if text := _text(box):
            yield f"A text box says “{text}”."
    for formula in document.iter(_MATHS):
        yield f"A formula says “{''.join(formula.itertext())}”."
