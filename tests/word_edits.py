"""Edit a Word file as people do: words, sentences, paragraphs, numbers and comments, tracked or not.

Works on document.xml alone and uses none of sscreport's code. Runs are split as Word splits them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from lxml import etree
from lxml.etree import _Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
COMMENTS = "word/comments.xml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
STYLES = ("BodyText", "ListBullet", "ListNumber", "Heading2", "Heading3", "Caption")
APPENDIX = "Where each number comes from"
EDITED = "00C0FFEE"
DATE = "2026-03-04T05:06:00Z"
# Neither a claim nor an abbreviation; some with signs that templates and XML give a meaning of their own.
NEW = (
    "slowly", "as told", "“quoted”", "R&D", "a<b", "{{ braces }}", "{% percent", 'so-called "plain"', "it’s",
    "née",
)  # fmt: skip
SENTENCES = (
    "A reader wondered at this & said so.",
    "The authors (those in print) were asked again; they kept silent.",
    "Whether a < b or not was left open {for now}.",
)
_WORD = re.compile(r"(?<![\w’'-])[a-z]{4,}(?![\w’'-])")
_SENTENCE = re.compile(r"(?:(?<=[.] )|^)[A-Z][^.\d]+[.](?: |$)")


@dataclass
class Document:
    """A Word file while it is edited; ``tracked``: whether the next edits are recorded."""

    parts: dict[str, bytes]
    tree: _Element
    chance: random.Random
    tracked: bool = False
    comments: list[tuple[str, str, str]] = field(default_factory=list)  # author, text, passage
    number: int = 9000

    @classmethod
    def open(cls, path: Path, chance: random.Random) -> Document:
        with ZipFile(path) as package:
            parts = {name: package.read(name) for name in package.namelist()}
        return cls(parts, etree.fromstring(parts["word/document.xml"]), chance)

    def save(self, path: Path) -> Path:
        parts = dict(self.parts)
        parts["word/document.xml"] = etree.tostring(
            self.tree, xml_declaration=True, encoding="UTF-8", standalone=True
        )
        if self.comments:
            _add_comments(parts, self.comments)
        with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as package:
            for name, content in parts.items():
                package.writestr(name, content)
        return path

    def copy(self) -> Document:
        return Document(
            self.parts, deepcopy(self.tree), self.chance, self.tracked, list(self.comments), self.number
        )

    def paragraphs(self) -> Iterator[_Element]:
        """Those with prose, outside tables and above the appendix."""
        return (p for p in self.body() if p.tag == f"{W}p" and _style(p) in STYLES)

    def body(self) -> Iterator[_Element]:
        """What stands above the appendix."""
        for element in self.tree.find(f"{W}body"):
            if "".join(element.itertext()).startswith(APPENDIX):
                return
            yield element

    def runs(self) -> list[_Element]:
        """Runs of plain words in paragraphs that were not edited yet."""
        return [
            run
            for paragraph in self.paragraphs()
            if not _touched(paragraph)
            for run in paragraph.iterfind(f"{W}r")
            if run.find(f"{W}t") is not None and not _in_field(run)
        ]

    def next(self) -> str:
        self.number += 1
        return str(self.number)

    # ------------------------------------------------------------ the hand that types

    def change(self, run: _Element, start: int, end: int, text: str) -> None:
        """The characters ``start`` to ``end`` of a run give way to ``text``."""
        whole = run.find(f"{W}t").text
        touch(_paragraph(run))
        pieces: list[_Element] = self.split(run, whole[:start])
        if end > start and self.tracked:
            pieces.append(self.revision("del", _said(run, whole[start:end], "delText")))
        if text:
            new = _said(run, text)
            pieces += [self.revision("ins", new)] if self.tracked else self.split(run, text)
        pieces += self.split(run, whole[end:])
        for piece in pieces:
            run.addprevious(piece)
        run.getparent().remove(run)

    def put_comment(self, on: _Element) -> None:
        """A comment on a run or a link."""
        identity = str(len(self.comments))
        for side, add in (("Start", on.addprevious), ("End", on.addnext)):
            add(etree.Element(f"{W}commentRange{side}", {f"{W}id": identity}))
        mark = etree.Element(f"{W}r")
        etree.SubElement(mark, f"{W}commentReference", {f"{W}id": identity})
        on.getnext().addnext(mark)
        passage = "".join(t.text or "" for t in on.iter(f"{W}t")).strip()
        self.comments.append((f"Reader {identity}", f"Why “{passage[:20]}” & not else?", passage))

    def revision(self, kind: str, *runs: _Element) -> _Element:
        element = etree.Element(f"{W}{kind}", {f"{W}id": self.next(), f"{W}author": "Co", f"{W}date": DATE})
        element.extend(runs)
        return element

    def split(self, run: _Element, text: str) -> list[_Element]:
        """Runs that together say ``text``, cut somewhere as Word does after a pause or a spelling check."""
        if len(text) > 3 and self.chance.random() < 0.5:
            cut = self.chance.randrange(1, len(text))
            return [
                _said(run, text[:cut]),
                etree.Element(f"{W}proofErr", {f"{W}type": "spellStart"}),
                _said(run, text[cut:]),
            ]
        return [_said(run, text)] if text else []


def _said(run: _Element, text: str, tag: str = "t") -> _Element:
    new = etree.Element(f"{W}r")
    if (look := run.find(f"{W}rPr")) is not None:
        new.append(deepcopy(look))
    said = etree.SubElement(new, f"{W}{tag}")
    said.text = text
    said.set(SPACE, "preserve")
    return new


def _paragraph(run: _Element) -> _Element:
    return next(run.iterancestors(f"{W}p"))


def _style(element: _Element) -> str:
    style = element.find(f"{W}pPr/{W}pStyle")
    return style.get(f"{W}val") if style is not None else ""


def touch(paragraph: _Element) -> None:
    """Word notes in such a number in which session a paragraph was edited."""
    paragraph.set(f"{W}rsidR", EDITED)


def _touched(paragraph: _Element) -> bool:
    return paragraph.get(f"{W}rsidR") == EDITED


def _in_field(run: _Element) -> bool:
    """Whether a field that began before the run ends after it."""
    earlier = [
        mark.get(f"{W}fldCharType")
        for other in run.itersiblings(preceding=True)
        for mark in other.iter(f"{W}fldChar")
    ]
    return earlier.count("begin") > earlier.count("end")


# ---------------------------------------------------------------- edits of prose

Edit = Callable[[Document], bool]  # False: nothing here to change that way


def _at_word(document: Document, change: Callable[[str, re.Match[str]], tuple[int, int, str]]) -> bool:
    spots = [(run, match) for run in document.runs() for match in _WORD.finditer(run.find(f"{W}t").text)]
    if not spots:
        return False
    run, match = document.chance.choice(spots)
    document.change(run, *change(run.find(f"{W}t").text, match))
    return True


def replace_word(document: Document) -> bool:
    new = document.chance.choice(NEW)
    return _at_word(document, lambda _, match: (*match.span(), new))


def insert_words(document: Document) -> bool:
    new = document.chance.choice(NEW)
    return _at_word(document, lambda _, match: (match.start(), match.start(), f"{new} "))


def append_words(document: Document) -> bool:
    """Behind a word, in front of whatever follows it: a stop, a bracket, a value."""
    new = document.chance.choice(NEW)
    return _at_word(document, lambda _, match: (match.end(), match.end(), f" {new}"))


def delete_word(document: Document) -> bool:
    def with_a_space(text: str, match: re.Match[str]) -> tuple[int, int, str]:
        start, end = match.span()
        return (
            (start - 1, end, "")
            if text[start - 1 : start] == " "
            else (start, end + (text[end : end + 1] == " "), "")
        )

    return _at_word(document, with_a_space)


def replace_sentence(document: Document) -> bool:
    return _at_sentence(document, document.chance.choice(SENTENCES))


def delete_sentence(document: Document) -> bool:
    return _at_sentence(document, "")


def insert_sentence(document: Document) -> bool:
    runs = [run for run in document.runs() if run.getnext() is None and run.find(f"{W}t").text.endswith(".")]
    if not runs:
        return False
    run = document.chance.choice(runs)
    end = len(run.find(f"{W}t").text)
    document.change(run, end, end, f" {document.chance.choice(SENTENCES)}")
    return True


def _at_sentence(document: Document, new: str) -> bool:
    spots = []
    for run in document.runs():
        text = run.find(f"{W}t").text
        whole = run.getprevious() is None or run.getprevious().tag == f"{W}pPr"
        found = [m for m in _SENTENCE.finditer(text) if (m.start() or whole)]
        spots += [(run, match) for match in found if new or match.group() != text]
    if not spots:
        return False
    run, match = document.chance.choice(spots)
    text = run.find(f"{W}t").text
    start, end = match.span()
    if match.group().endswith(" "):
        end -= 1
    if not new:  # with the space on one side
        start, end = (start - 1, end) if start else (start, min(end + 1, len(text)))
    document.change(run, start, end, new)
    return True


def insert_paragraph(document: Document) -> bool:
    """Below a paragraph of text or an item of a list, of its kind."""
    found = [p for p in document.paragraphs() if _style(p) in STYLES[:3] and not _touched(p)]
    found = [p for p in found if p.find(f"{W}pPr/{W}sectPr") is None]
    if not found:
        return False
    above = document.chance.choice(found)
    new = etree.Element(f"{W}p")
    new.append(properties := deepcopy(above.find(f"{W}pPr")))
    for mark in properties.findall(f"{W}rPr"):
        properties.remove(mark)
    run = _said(etree.Element(f"{W}r"), " ".join(document.chance.sample(SENTENCES, 2)))
    if document.tracked:
        etree.SubElement(properties, f"{W}rPr").append(document.revision("ins"))
        run = document.revision("ins", run)
    new.append(run)
    above.addnext(new)
    touch(new)
    touch(above)
    return True


def delete_paragraph(document: Document) -> bool:
    """One of prose alone, with neither values nor citations."""
    found = [
        p
        for p in document.paragraphs()
        if _style(p) in STYLES[:3] and not _touched(p)
        and p.find(f".//{W}hyperlink") is None and p.find(f".//{W}fldChar") is None
        and p.find(f"{W}pPr/{W}sectPr") is None and not re.search(r"\d", "".join(p.itertext()))
        and p.getnext().tag == f"{W}p" and p.getnext().find(f"{W}pPr/{W}sectPr") is None
    ]  # fmt: skip
    if not found:
        return False
    gone = document.chance.choice(found)
    touch(gone.getnext())
    if not document.tracked:
        gone.getparent().remove(gone)
        return True
    properties = gone.find(f"{W}pPr")
    etree.SubElement(properties, f"{W}rPr").append(document.revision("del"))
    for run in gone.findall(f"{W}r"):
        text = run.find(f"{W}t")
        if text is not None:
            text.tag = f"{W}delText"
        place = gone.index(run)
        gone.insert(place, document.revision("del", run))
    return True


PROSE: tuple[Edit, ...] = (
    replace_word, insert_words, append_words, delete_word, replace_sentence, delete_sentence, insert_sentence,
    insert_paragraph, delete_paragraph,
)  # fmt: skip


# ---------------------------------------------------------------- numbers, comments


def type_over_value(document: Document) -> tuple[str, str, str] | None:
    """A digit of a value in text or table: its bookmark, and the text before and after."""
    spots = []
    for link in (link for element in document.body() for link in element.iter(f"{W}hyperlink")):
        if not (link.get(f"{W}anchor") or "").startswith("_v"):
            continue
        runs = [run for run in link.iter(f"{W}r") if run.find(f"{W}t") is not None]
        mark = next((m for m in (*link.iter(f"{W}bookmarkStart"), *_marks_before(link))), None)
        alone = len(runs) == 1 and mark is not None and not _touched(_paragraph(link))
        if alone and re.search(r"\d", runs[0].find(f"{W}t").text):
            spots.append((runs[0], mark.get(f"{W}name")))
    if not spots:
        return None
    run, name = document.chance.choice(spots)
    before = run.find(f"{W}t").text
    place = document.chance.choice([m.start() for m in re.finditer(r"\d", before)])
    digit = document.chance.choice([d for d in "123456789" if d != before[place]])
    after = before[:place] + digit + before[place + 1 :]
    document.change(run, 0, len(before), after) if document.tracked else document.change(
        run, place, place + 1, digit
    )
    return name, before, after


def _marks_before(link: _Element) -> Iterator[_Element]:
    before = link.getprevious()
    if before is not None and before.tag == f"{W}bookmarkStart":
        yield before


def type_in_number(document: Document) -> str | None:
    """A number that no value stands behind."""
    number = str(document.chance.randrange(210, 990))
    done = _at_word(document, lambda _, match: (match.start(), match.start(), f"all {number} of "))
    return number if done else None


def comment(document: Document) -> bool:
    """On a run of words or a value."""
    runs = [
        r
        for p in document.paragraphs()
        for r in p.iterfind(f"{W}r")
        if r.find(f"{W}t") is not None and r.find(f"{W}t").text.strip() and not _in_field(r)
    ]
    links = [link for p in document.paragraphs() for link in p.iterfind(f"{W}hyperlink")]
    on = document.chance.choice(links if links and document.chance.random() < 0.4 else runs)
    document.put_comment(on)
    return True


def _add_comments(parts: dict[str, bytes], comments: list[tuple[str, str, str]]) -> None:
    root = etree.Element(f"{W}comments", nsmap={"w": W[1:-1]})
    for number, (author, text, _) in enumerate(comments):
        said = etree.SubElement(
            root, f"{W}comment", {f"{W}id": str(number), f"{W}author": author, f"{W}date": DATE}
        )
        run = etree.SubElement(etree.SubElement(said, f"{W}p"), f"{W}r")
        etree.SubElement(run, f"{W}t").text = text
    parts[COMMENTS] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    for name, end, line in (
        ("[Content_Types].xml", b"</Types>", f'<Override PartName="/{COMMENTS}" ContentType="{_TYPE}"/>'),
        ("word/_rels/document.xml.rels", b"</Relationships>",
         f'<Relationship Id="rIdCo" Type="{_RELATION}" Target="comments.xml"/>'),
    ):  # fmt: skip
        parts[name] = parts[name].replace(end, line.encode() + end)
