"""Promises of the line numbers: what is numbered in PDF and DOCX, and where a passage is found again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pdfplumber
import pikepdf
import pytest
from lxml import etree
from lxml.etree import _Element
from test_docx import convert
from test_pdf import paragraph, short

from sscreport.cli import main
from sscreport.commands.verify import judge
from sscreport.document import Manuscript
from sscreport.read import read
from sscreport.read.lines import Line, Passage, find_passage, read_lines
from sscreport.reading import PAGE, TEXT, Reading
from sscreport.sentences import split
from sscreport.write.docx import write_docx
from sscreport.write.pages import with_wide_tables_last
from sscreport.write.pdf import write_pdf
from tests.editions import BASE, Draft, made
from tests.marked import with_stand_ins

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
BLOCKS = ("h1", "h2", "h3", "h4", "p", "li", "dt", "dd", "figcaption")
LEFT = 50.0  # points: no text begins further left on any page
NEAR = 2.5  # points between the baselines of a number and its line, a list's mark in another size included
WORD_LEFT, HIGH = 70.0, 5.0  # points: where text begins in Word's file, less than between two of its lines
FEW = 2  # words; so short a piece is no sentence
MAIN = 6  # pages before the appendix
needs_pango = pytest.mark.needs("pango")


@pytest.fixture(scope="module")
def manuscript() -> Manuscript:
    """The small review of tests/diff_review."""
    return made(BASE, paint=False)


@pytest.fixture(scope="module")
def path(manuscript: Manuscript, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its PDF with line numbers."""
    path = tmp_path_factory.mktemp("lines") / "numbered.pdf"
    write_pdf(manuscript, path, line_numbers=True)
    return path


@pytest.fixture(scope="module")
def ordinary(manuscript: Manuscript, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its PDF without."""
    path = tmp_path_factory.mktemp("lines") / "ordinary.pdf"
    write_pdf(manuscript, path)
    return path


@pytest.fixture(scope="module")
def lines(path: Path) -> list[Line]:
    """The numbered lines as they are read back."""
    return read_lines(path)


Character = dict[str, Any]


def characters_of(path: Path) -> list[list[Character]]:
    """The characters of each page before the appendix, as another reader finds them."""
    with pdfplumber.open(path, pages=range(1, MAIN + 1)) as pdf:
        return [[character for character in page.chars if character["text"].strip()] for page in pdf.pages]


@pytest.fixture(scope="module")
def characters(path: Path) -> list[list[Character]]:
    """Those of the numbered file."""
    return characters_of(path)


def blocks(tree: _Element) -> Iterator[_Element]:
    """What stands in lines of its own, in the order of print; tables and their notes do not."""
    for block in with_wide_tables_last(tree).iter(*BLOCKS):
        around = [*block.iterancestors("table"), *block.xpath("ancestor::div[@class='notes']")]
        if not around and block.find("p") is None:
            yield block


def text_of(block: _Element) -> str:
    return " ".join("".join(block.itertext()).split())


def bare(text: str) -> str:
    """A text without what a line's end may change, and without the marks of lists."""
    return re.sub(r"[\s\N{SOFT HYPHEN}\N{HYPHEN}•-]", "", text)


def letters(text: str) -> str:
    return "".join(filter(str.isalpha, text))


def marked(block: _Element) -> str:
    """A block with the number that its list sets before it."""
    items = [] if block.tag != "li" or block.getparent().tag != "ol" else list(block.getparent())
    return f"{items.index(block) + 1}. {text_of(block)}" if items else text_of(block)


# ---------------------------------------------------------------- what is numbered


@needs_pango
def test_lines_are_numbered_through_and_each_number_is_printed_once(
    characters: list[list[Character]], lines: list[Line]
) -> None:
    """From 1 at the title without a gap over all pages, downwards on each; another reader sees the same."""
    printed = []
    for page in characters:
        digits = [character for character in page if character["x0"] < LEFT]
        tops = sorted({round(character["bottom"], 1) for character in digits})
        printed += [int("".join(c["text"] for c in digits if round(c["bottom"], 1) == top)) for top in tops]
    assert printed == list(range(1, len(printed) + 1))
    assert [line.number for line in lines] == printed
    assert len({line.page for line in lines}) > 3


@needs_pango
def test_each_number_stands_on_the_baseline_of_its_line(
    characters: list[list[Character]], lines: list[Line]
) -> None:
    """The text that another reader finds on a number's baseline is the line's."""
    for line in lines:
        page = characters[line.page - 1]
        digits = [c for c in page if c["x0"] < LEFT]
        numbers = {
            y: "".join(digit["text"] for digit in digits if digit["matrix"][5] == y)
            for y in {digit["matrix"][5] for digit in digits}
        }
        (baseline,) = (y for y, number in numbers.items() if number == str(line.number))
        beside = [c for c in page if c["x0"] > LEFT and abs(c["matrix"][5] - baseline) < NEAR]
        text = "".join(c["text"] for c in sorted(beside, key=lambda c: c["x0"]))
        assert bare(text) == bare(line.text.replace("†", "")), line  # which is raised


@needs_pango
def test_all_running_text_is_numbered_and_nothing_else(manuscript: Manuscript, lines: list[Line]) -> None:
    """Headings, paragraphs, items, captions and references, the supplement's too, in their order; no cell
    and no note of a table, no word of a figure, no running head, nothing of the appendix."""
    expected = "".join(bare(marked(block)) for block in blocks(manuscript.tree))
    assert "".join(bare(line.text) for line in lines) == expected


@needs_pango
def test_numbers_move_nothing(characters: list[list[Character]], ordinary: Path) -> None:
    """With numbers every other character stands where it stands without; without, no number is there."""

    def places(pages: list[list[Character]]) -> list[list[tuple[Any, ...]]]:
        return [[(c["text"], round(c["x0"], 2), round(c["top"], 2)) for c in page] for page in pages]

    without = [[c for c in page if c["x0"] > LEFT] for page in characters]
    assert places(without) == places(characters_of(ordinary))
    assert read_lines(ordinary) == []


@needs_pango
def test_numbers_are_artifacts(path: Path) -> None:
    """Who listens to the file hears no number: whatever is shown belongs to a tag or is an artifact."""
    numbers = 0
    with pikepdf.open(path) as pdf:
        for page in pdf.pages:
            open_marks: list[tuple[str, Any]] = []
            for operands, operator in pikepdf.parse_content_stream(page):
                name = str(operator)
                if name in ("BMC", "BDC"):
                    open_marks.append((str(operands[0]), operands[1] if len(operands) > 1 else None))
                elif name == "EMC":
                    open_marks.pop()
                elif name in ("Tj", "TJ"):
                    assert open_marks
                    kind, described = open_marks[-1]
                    assert kind == "/Artifact" or "/MCID" in described
                    numbers += described is not None and described.get("/Subtype") == "/LineNum"
            assert not open_marks
    assert numbers == len(read_lines(path))


@needs_pango
def test_equal_manuscripts_give_equal_bytes(tmp_path: Path) -> None:
    """Nothing but the manuscript decides what a numbered PDF is."""
    for name in ("one", "two"):
        write_pdf(short(paragraph("Plain words.")), tmp_path / f"{name}.pdf", line_numbers=True)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    assert [line.text for line in read_lines(tmp_path / "one.pdf")] == ["Only", "Plain words."]


# ---------------------------------------------------------------- check and verify


def counts(reading: Reading, kind: str) -> int:
    return sum(token.is_number and token.piece.kind == kind for token in reading.tokens)


@needs_pango
def test_numbers_are_known_for_what_they_are(path: Path, ordinary: Path, lines: list[Line]) -> None:
    """The audit counts each among running heads and page numbers, and no other number differently."""
    numbered, plain = read(path)[1], read(ordinary)[1]
    assert numbered.numbered and not plain.numbered
    assert counts(numbered, PAGE) == counts(plain, PAGE) + len(lines)
    assert counts(numbered, TEXT) == counts(plain, TEXT)


@needs_pango
def test_a_numbered_file_is_verified_with_its_numbers(path: Path, tmp_path: Path) -> None:
    """A copy as it was made is right; a line's number that was changed is found."""
    assert judge(path, *read(path), None).findings == []
    with pikepdf.open(path) as pdf:
        content = pdf.pages[0].Contents.read_bytes()
        assert content.count(b"(7) Tj") == 1
        pdf.pages[0].Contents.write(content.replace(b"(7) Tj", b"(8) Tj"))
        pdf.save(tmp_path / "changed.pdf")
    (finding,) = judge(tmp_path / "changed.pdf", *read(tmp_path / "changed.pdf"), None).findings
    assert (finding.kind, finding.before, finding.after) == ("changed", "7", "8")


# ---------------------------------------------------------------- passages


@needs_pango
def test_every_sentence_is_found_in_its_lines(manuscript: Manuscript, lines: list[Line]) -> None:
    """Each paragraph, caption and sentence is found behind the headings before it, in lines that hold it;
    with other words at its end it is not found."""
    by_number = {line.number: line for line in lines}
    headings: list[str] = []
    for block in blocks(manuscript.tree):
        whole = text_of(block)
        for text in (whole, *(part for part in split(whole) if len(part.split()) > FEW)):
            passage = find_passage(lines, text, after=headings)
            assert passage is not None, text
            held = [by_number[number] for number in range(passage.first, passage.last + 1)]
            assert bare(text) in bare("".join(line.text for line in held))
            assert passage.page == held[0].page
            assert find_passage(lines, f"{text[:-1]}, as never said.") is None
        if block.tag in ("h2", "h3", "h4"):
            headings.append(whole)


PRINTED = [
    Line(1, 1, "Abstract"),
    Line(1, 2, "Pain fell by 5.10 points in non-"),
    Line(1, 3, "randomised studies. The scale is known."),
    Line(1, 4, "Results"),
    Line(1, 5, "Hand pain"),
    Line(2, 6, "The scale is known. Pain did not re-"),
    Line(2, 7, "turn; it moved by −7 to 3."),
]


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("Pain fell by 5.10 points in non-randomised studies.", (), Passage(1, 2, 3)),
        ("Pain fell by\n5.10 points in nonrandomised studies.", (), Passage(1, 2, 3)),
        ("studies. The scale", (), Passage(1, 3, 3)),
        ("Pain did not re\N{SOFT HYPHEN}turn; it moved", (), Passage(2, 6, 7)),
        ("Hand pain The scale is known. Pain did not return", (), Passage(1, 5, 7)),
        ("The scale is known.", (), None),
        ("The scale is known.", "Abstract", Passage(1, 3, 3)),
        ("The scale is known.", "Hand pain", Passage(2, 6, 6)),
        ("The scale is known.", ("Abstract", "Results", "Hand pain"), Passage(2, 6, 6)),
        ("The scale is known.", ("Hand pain", "Results"), None),
        ("The scale is known.", "pain", None),
        ("Pain fell by 5.1", (), None),
        ("Pain fell by 5", (), None),
        ("7 to 3.", (), None),
        ("in non", (), None),
        ("randomised studies.", (), None),
        ("Pain fell by 5.10 points in non-randomised patients.", (), None),
        ("The scale is un-known.", (), None),
        (" ", (), None),
    ],
)  # fmt: skip
def test_a_passage_is_found_where_it_stands_once(
    text: str, after: str | tuple[str, ...], expected: Passage | None
) -> None:
    """White space and the hyphen at a line's end do not matter, everything else does; a part of a word or
    number is no passage; where it stands twice, headings say which."""
    assert find_passage(PRINTED, text, after) == expected


# ---------------------------------------------------------------- Word


def document_of(path: Path) -> _Element:
    with ZipFile(path) as package:
        return etree.fromstring(package.read("word/document.xml"))


def test_word_numbers_all_sections_but_the_columns_of_the_appendix(
    manuscript: Manuscript, tmp_path: Path
) -> None:
    """Each section counts on, the turned ones too; the element stands where the schema wants it."""
    write_docx(with_stand_ins(manuscript), tmp_path / "numbered.docx", line_numbers=True)
    sections = list(document_of(tmp_path / "numbered.docx").iter(f"{W}sectPr"))
    numbered = [section.find(f"{W}lnNumType") for section in sections]
    for section, numbers in zip(sections, numbered, strict=True):
        columns = section.find(f"{W}cols")
        assert (numbers is None) == (columns.get(f"{W}num", "1") == "2")
        if numbers is not None:
            assert dict(numbers.attrib) == {f"{W}countBy": "1", f"{W}restart": "continuous"}
            before, behind = (
                {etree.QName(e).localname for e in numbers.itersiblings(preceding=preceding)}
                for preceding in (True, False)
            )
            assert before >= {"pgSz", "pgMar"} and behind <= {"pgNumType", "cols", "titlePg", "docGrid"}
    assert sum(numbers is None for numbers in numbered) == 1 < len(numbered) - 1


def test_word_leaves_out_what_is_no_running_text(manuscript: Manuscript, tmp_path: Path) -> None:
    """Pictures, notes of tables and the empty paragraphs that end sections are left out by their styles."""
    write_docx(with_stand_ins(manuscript), tmp_path / "numbered.docx", line_numbers=True)
    with ZipFile(tmp_path / "numbered.docx") as package:
        styles = etree.fromstring(package.read("word/styles.xml"))
    found = {
        style.find(f"{W}name").get(f"{W}val"): [etree.QName(e).localname for e in style.find(f"{W}pPr")]
        for style in styles.iter(f"{W}style")
        if style.find(f"{W}pPr/{W}suppressLineNumbers") is not None
    }
    assert set(found) == {"Figure", "Table Note", "Section End"}
    for names in found.values():
        behind = names[names.index("suppressLineNumbers") + 1 :]
        assert behind and not {"keepNext", "keepLines", "widowControl", "numPr"} & set(behind)


def test_an_ordinary_word_file_has_no_trace_of_numbers(manuscript: Manuscript, tmp_path: Path) -> None:
    """Without the numbers nothing is numbered and nothing left out of a numbering."""
    write_docx(with_stand_ins(manuscript), tmp_path / "ordinary.docx")
    with ZipFile(tmp_path / "ordinary.docx") as package:
        for name in ("word/document.xml", "word/styles.xml"):
            assert b"lnNumType" not in package.read(name)
            assert b"suppressLineNumbers" not in package.read(name)


@pytest.mark.needs("soffice")
def test_libreoffice_numbers_running_text_and_nothing_else(manuscript: Manuscript, tmp_path: Path) -> None:
    """It counts from 1 without a gap; beside the numbers stand headings, paragraphs, items and captions,
    and no cell or note of a table, no picture, no empty paragraph, nothing of the appendix."""
    write_docx(with_stand_ins(manuscript), tmp_path / "numbered.docx", line_numbers=True)
    numbers, text = [], ""
    with pdfplumber.open(convert(tmp_path / "numbered.docx", "pdf", tmp_path)) as pdf:
        for page in pdf.pages:
            words = page.extract_words()
            for number in (word for word in words if word["x1"] < WORD_LEFT):
                numbers.append(int(number["text"]))
                beside = [
                    w for w in words if w["x0"] > WORD_LEFT and abs(w["bottom"] - number["bottom"]) < HIGH
                ]
                assert beside, number
                text += "".join(word["text"] for word in sorted(beside, key=lambda word: word["x0"]))
    assert numbers == list(range(1, len(numbers) + 1))
    assert letters(text) == letters("".join(text_of(block) for block in blocks(manuscript.tree)))


# ---------------------------------------------------------------- switches


@pytest.mark.parametrize("switch", ["line_numbers = true", "--line-numbers", ""])
def test_a_setting_or_an_option_turns_numbers_on(switch: str, tmp_path: Path) -> None:
    """`line_numbers` of the review's settings and `--line-numbers` do the same."""
    draft = Draft.of_base()
    draft.settings["manuscript"] |= {"line_numbers": True} if "=" in switch else {}
    draft.write(tmp_path / "review")
    words = ["build", "--review", str(tmp_path / "review"), "--only", "docx", "--quiet"]
    assert main([*words, *([switch] if switch.startswith("--") else [])]) == 0
    document = document_of(tmp_path / "review/output/manuscript.docx")
    assert (document.find(f".//{W}lnNumType") is not None) == bool(switch)
