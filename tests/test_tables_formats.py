"""The finished tables in HTML, PDF, Word and Excel, read as their readers get them."""

from __future__ import annotations

import csv
import re
import time
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import docx
import openpyxl
import pdfplumber
import pikepdf
import pytest
from docx.oxml.ns import qn
from lxml import html
from lxml.html import HtmlElement

from sscreport.build import Made, make
from sscreport.compose.orientation import is_landscape, wanted_mm
from sscreport.progress import Progress
from sscreport.records import Table, TableCell
from sscreport.write.pdf import write_pdf
from sscreport.write.tables_xlsx import write_xlsx
from tests.conftest import REPOSITORY, Built
from tests.fake_manuscript import fake_manuscript

TABLES = ("characteristics", "outcomes", "findings")


@pytest.fixture(scope="module")
def page(built: Built) -> HtmlElement:
    path = built.output / "manuscript.html"
    return html.document_fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))


@pytest.fixture(scope="module")
def made() -> Made:
    return make(REPOSITORY, Progress(quiet=True), paint=False)


def figure(page: HtmlElement, name: str) -> HtmlElement:
    return page.xpath(f"//main//figure[@id='table-{name}']")[0]


def words(element: HtmlElement) -> str:
    return " ".join("".join(element.itertext()).split())


# ---------------------------------------------------------------- what all formats share


@pytest.mark.parametrize("name", TABLES)
def test_exactly_the_abbreviations_in_use_are_explained(name: str, page: HtmlElement) -> None:
    """The line below a table has what the table uses and the glossary knows, in alphabetical order."""
    shown = figure(page, name)
    (line,) = (words(p) for p in shown.xpath("./div[@class='notes']/p") if "Abbreviations" in words(p))
    entries = [entry.split(", ")[0] for entry in line[len("Abbreviations: ") : -1].split("; ")]
    with (REPOSITORY / "data/abbreviations.csv").open(encoding="utf-8", newline="") as handle:
        glossary = {row["abbreviation"]: row["meaning"] for row in csv.DictReader(handle)}
    pieces = [words(part) for part in shown.xpath(".//th | .//td | ./figcaption | ./div/p[sup]")]
    tokens = {token.removesuffix("s") for piece in pieces for token in re.findall(r"[\w-]+", piece)}
    used = sorted((short for short in glossary if short in tokens), key=str.casefold)
    assert entries == [*used, "–"]
    assert all(f"{short}, {glossary[short]}" in line for short in used)


def cell(text: str) -> TableCell:
    return TableCell((text,))


def test_a_page_is_turned_for_a_table_too_wide_for_it() -> None:
    """Few columns stay upright, many do not, long texts wrap, and the setting overrules all."""
    narrow = Table("t", ((cell("A"), cell("B")),), ((cell("x"), cell("a long text " * 40)),))
    wide = Table("t", (tuple(cell("Heading") for _ in range(12)),), (tuple(map(cell, ["twelve mm"] * 12)),))
    assert wanted_mm(narrow) < 60 and not is_landscape(narrow)
    assert wanted_mm(wide) > 160 and is_landscape(wide)
    assert is_landscape(replace(narrow, landscape=True)) and not is_landscape(replace(wide, landscape=False))


# ---------------------------------------------------------------- HTML


def test_every_head_of_the_page_s_tables_has_a_scope(page: HtmlElement) -> None:
    """Heads of columns, of groups of columns and of rows say which they are."""
    for name in TABLES:
        table = figure(page, name)
        for head in table.xpath(".//thead//th"):
            assert head.get("scope") == ("colgroup" if "colspan" in head.attrib else "col")
        assert all(row[0].tag == "th" and row[0].get("scope") == "row" for row in table.xpath(".//tbody/tr"))


# ---------------------------------------------------------------- PDF


def test_numbers_stand_under_one_another_at_their_points(built: Built) -> None:
    """In the PDF the units of 56, 46.28 and 54.5 are in one column, to a fifth of a millimetre."""
    ages = ("56", "46.28", "54.5", "54.67", "44.6", "37.4")
    with pdfplumber.open(built.output / "manuscript.pdf") as pdf:
        sheet = next(p for p in pdf.pages if "Mean age, years" in (p.extract_text() or ""))
        (left, right) = _column(sheet, "age,", "years")
        found = [w for w in sheet.extract_words(return_chars=True) if left < w["x1"] < right + 8]
        units = [w["chars"][w["text"].split(".")[0].__len__() - 1]["x1"] for w in found if w["text"] in ages]
    assert len(units) == len(ages)
    assert max(units) - min(units) < 0.6


def _column(sheet: pdfplumber.page.Page, first: str, last: str) -> tuple[float, float]:
    placed = {w["text"]: w for w in sheet.extract_words()}
    return placed[first]["x0"] - 20, placed[last]["x1"]


def _shown(page: HtmlElement) -> list[HtmlElement]:
    """The tables of the manuscript and its supplement, without those folded below figures."""
    return page.xpath("//main//figure[starts-with(@id, 'table-')]//table")


def test_the_heads_of_a_tagged_pdf_have_scopes(built: Built, page: HtmlElement) -> None:
    """Every TH of the PDF says whether it heads a column or a row, and there are as many as on the page."""
    with pikepdf.open(built.output / "manuscript.pdf") as pdf:
        heads = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/TH"]
        scopes = Counter(str(head.A.Scope) for head in heads)
    assert scopes["/Row"] == sum(len(table.xpath("./tbody//th")) for table in _shown(page))
    # A head that repeats on another page stands in the file once more.
    assert scopes["/Column"] >= sum(len(table.xpath("./thead//th")) for table in _shown(page))
    assert set(scopes) == {"/Row", "/Column"}


def test_a_long_table_repeats_its_head_and_splits_no_row(tmp_path: Path) -> None:
    """On each page of a table the head stands above the rows, and a row is on one page alone."""
    manuscript, _ = fake_manuscript()
    tree = deepcopy(manuscript.tree)
    (body,) = tree.xpath("//figure[@id='table-harms']//tbody")
    row = body[0]
    for number in range(120):
        copied = deepcopy(row)
        for value in copied.xpath(".//span"):
            value.getparent().remove(value)
        copied[0].text, copied[1].text = f"Event{number}", f"first{number} " + "more " * 40 + f"last{number}"
        body.append(copied)
    write_pdf(replace(manuscript, tree=tree), tmp_path / "long.pdf")
    with pdfplumber.open(tmp_path / "long.pdf") as pdf:
        pages = [page.extract_text() or "" for page in pdf.pages]
    holding = [text for text in pages if re.search(r"Event\d", text)]
    assert len(holding) > 2
    assert all(re.search(r"^Event Patients$", text, re.MULTILINE) for text in holding)
    for number in range(120):
        (own,) = (text for text in holding if re.search(rf"\bfirst{number}\b", text))
        assert re.search(rf"\blast{number}\b", own)
    assert "Adverse events" in holding[0] and "Event0" in holding[0]


# ---------------------------------------------------------------- Word


def test_word_knows_heads_of_rows_and_of_columns(built: Built, page: HtmlElement) -> None:
    """Head rows repeat, no row splits, the first column is a head, and captions stay with their tables."""
    document = docx.Document(str(built.output / "manuscript.docx"))
    heads = [len(table.xpath("./thead/tr")) for table in _shown(page)]
    assert len(heads) >= len(TABLES)
    for table, head in zip(document.tables, heads, strict=True):
        look = table._tbl.tblPr.find(qn("w:tblLook"))
        assert (look.get(qn("w:firstRow")), look.get(qn("w:firstColumn"))) == ("1", "1")
        assert int(look.get(qn("w:val")), 16) & 0x00A0 == 0x00A0
        repeated = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows]
        assert repeated == [True] * head + [False] * (len(repeated) - head)
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
        caption = docx.text.paragraph.Paragraph(table._tbl.getprevious(), document)
        assert caption.style.name == "Caption" and caption.paragraph_format.keep_with_next


def test_word_aligns_numbers_at_their_points(built: Built) -> None:
    """56 is indented by as much as .28 takes, 54.5 by one digit, and 46.28 not at all."""
    (table, *_) = docx.Document(str(built.output / "manuscript.docx")).tables
    ages = {}
    for row in table.rows[2:]:
        paragraph = row.cells[7].paragraphs[0]
        ages[paragraph.text] = paragraph.paragraph_format.right_indent
    assert ages["46.28"] is None
    assert ages["56"].pt == pytest.approx(2.5 * 0.556 * 8, abs=0.1)
    assert ages["54.5"].pt == pytest.approx(0.556 * 8, abs=0.1)


# ---------------------------------------------------------------- Excel


@pytest.mark.parametrize("name", TABLES)
def test_a_workbook_says_what_the_page_says(name: str, built: Built, page: HtmlElement) -> None:
    """Caption, cells and notes of the web page stand in the sheet, in their order."""
    shown = figure(page, name)
    expected = [words(part) for part in shown.xpath("./figcaption | .//th | .//td | ./div/p")]
    sheet = openpyxl.load_workbook(built.output / f"tables/{name}.xlsx").active
    cells = [c for row in sheet.iter_rows() for c in row if c.value is not None]
    assert [_printed(c) for c in cells] == [text for text in expected if text]
    assert sheet.title == words(shown.xpath("./figcaption/span")[0])


def _printed(cell: openpyxl.cell.Cell) -> str:
    """A cell as Excel shows it, for formats such as 0.00."""
    if isinstance(cell.value, str):
        return " ".join(cell.value.split())
    decimals = len(re.match(r"0(?:\.(0+))?", cell.number_format)[1] or "")
    return f"{cell.value:.{decimals}f}"


def test_a_workbook_holds_numbers_as_numbers(built: Built) -> None:
    """Ages can be averaged: they are numbers, shown with the decimals that the table prints."""
    sheet = openpyxl.load_workbook(built.output / "tables/characteristics.xlsx").active
    ages = {row[0].value.split()[0]: row[7] for row in sheet.iter_rows(min_row=4, max_row=12)}
    assert (ages["Almadori"].value, ages["Almadori"].number_format) == (56, "0")
    assert (ages["Blezien"].value, ages["Blezien"].number_format) == (46.28, "0.00")
    assert (ages["Granel"].value, ages["Granel"].number_format) == (54.5, "0.0")
    assert ages["Park"].value == "–"
    assert sheet["A4"].data_type == "s"


def test_a_workbook_is_ready_to_be_read(built: Built) -> None:
    """Head rows are bold and frozen with the first column, groups span, and columns are wide enough."""
    for name in TABLES:
        sheet = openpyxl.load_workbook(built.output / f"tables/{name}.xlsx").active
        assert sheet.freeze_panes == "B4"
        heads = [c for row in sheet.iter_rows(min_row=2, max_row=3) for c in row if c.value is not None]
        assert all(c.font.bold for c in heads)
        assert not sheet["A4"].font.bold
        assert any(span.min_row == span.max_row == 2 and span.size["columns"] > 1 for span in _spans(sheet))
        widths = [dimension.width for dimension in sheet.column_dimensions.values()]
        assert min(widths) >= 8 and max(widths) <= 34


def _spans(sheet: openpyxl.worksheet.worksheet.Worksheet) -> list:
    return list(sheet.merged_cells.ranges)


def test_a_workbook_is_the_same_whenever_it_is_made(made: Made) -> None:
    """Written twice, seconds apart, a workbook has the same bytes."""
    (table,) = made.manuscript.tree.iterfind(".//figure[@id='table-findings']")
    first = write_xlsx(table, made.manuscript)
    time.sleep(2.1)  # a ZIP archive counts in steps of two seconds
    assert write_xlsx(table, made.manuscript) == first
