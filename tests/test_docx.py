"""The Word file, read back from disk."""

from __future__ import annotations

import subprocess
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest
from docx.oxml.ns import qn
from docx_sample import DRAWN, TREE, article, manuscript, picture, value, wide_table
from lxml import etree
from read_docx import W, read_bookmarks, read_register, read_values

from sscreport.document import Manuscript
from sscreport.problems import BuildError
from sscreport.records import Figure
from sscreport.write.docx import marks, write_docx


def write(tmp_path: Path, tree: str) -> Path:
    path = tmp_path / "manuscript.docx"
    write_docx(manuscript(tree), path)
    return path


def complaint(tmp_path: Path, content: str) -> str:
    with pytest.raises(BuildError) as caught:
        write(tmp_path, article(content))
    return str(caught.value)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("docx") / "manuscript.docx"
    write_docx(manuscript(), path)
    return path


@pytest.fixture(scope="module")
def body(written: Path) -> etree._Element:
    with ZipFile(written) as package:
        return etree.fromstring(package.read("word/document.xml"))[0]


def words(element: etree._Element) -> str:
    return "".join(t.text or "" for t in element.iter(f"{W}t"))


def paragraph_starting(body: etree._Element, start: str) -> etree._Element:
    return next(p for p in body.iter(f"{W}p") if words(p).startswith(start))


def styled(path: Path, style: str) -> list[str]:
    return [p.text for p in docx.Document(str(path)).paragraphs if p.style.name == style]


def test_values_come_back_under_their_keys(written: Path) -> None:
    """Each value's texts are found under its key, in document order, with "" for a figure."""
    values = read_values(written)
    assert values["mrss.estimate"] == ["5.23", "", "5.23"]
    assert values["mrss.i2"] == ["0%"]
    assert values["model"] == ["random effects"]
    assert values["mrss.weight"] == [""]
    assert values["ulcers.estimate"] == [""]
    in_tree = {e.get("data-value") for e in etree.fromstring(TREE).iter() if e.get("data-value")}
    assert set(values) == in_tree | {"mrss.weight", "ulcers.estimate"}


def test_the_value_register_travels_in_the_file(written: Path) -> None:
    """Values and inputs arrive unchanged, related to the document, beside their store id."""
    assert read_register(written)[1] == manuscript().enclosure
    with ZipFile(written) as package:
        relations = package.read("word/_rels/document.xml.rels").decode()
        assert "../customXml/sscreport-values.xml" in relations
        assert "customXml/item1.xml" not in package.namelist()
        assert "customXml/_rels/sscreport-values.xml.rels" in package.namelist()


def test_bookmarks_are_unique_and_short(body: etree._Element) -> None:
    """No bookmark name or id occurs twice, every start has its end, names have 40 characters at most."""
    starts = list(body.iter(f"{W}bookmarkStart"))
    names = [start.get(f"{W}name") for start in starts]
    ids = [start.get(f"{W}id") for start in starts]
    assert len(set(names)) == len(names) > 40
    assert len(set(ids)) == len(ids)
    assert sorted(ids) == sorted(end.get(f"{W}id") for end in body.iter(f"{W}bookmarkEnd"))
    assert max(map(len, names)) <= 40


def test_values_stand_in_the_value_style(body: etree._Element) -> None:
    """A value's run has the character style Value and keeps the emphasis around it."""
    runs = {words(run): run for run in body.iter(f"{W}r") if run.find(f"{W}rPr/{W}rStyle") is not None}
    assert runs["4.18"].find(f"{W}rPr/{W}rStyle").get(f"{W}val") == "Value"
    assert runs["6.29"].find(f"{W}rPr/{W}i") is not None


def test_white_space_is_collapsed_as_in_html(body: etree._Element) -> None:
    """Line ends and indents of the tree become single spaces; none opens or closes a paragraph."""
    text = words(paragraph_starting(body, "The score"))
    assert text.startswith(
        "The score fell by 5.23 (4.18 to 6.29; I2\u202f=\u202f0%), see Fig. 1 and Tables 1–3 [1, 2]."
    )
    for paragraph in body.iter(f"{W}p"):
        assert words(paragraph) == words(paragraph).strip()


def test_emphasis_nests(body: etree._Element) -> None:
    """Bold, italic and superscript of nested elements all reach the innermost run."""
    run = next(run for run in body.iter(f"{W}r") if words(run) == "up")
    properties = run.find(f"{W}rPr")
    assert {child.tag for child in properties} == {f"{W}b", f"{W}i", f"{W}vertAlign"}


def test_headings_use_built_in_styles(written: Path) -> None:
    """Title and headings carry Word's own styles, so navigation and contents work."""
    assert styled(written, "Title") == ["Stem cells in systemic sclerosis: a review"]
    assert styled(written, "Heading 1") == [
        "Abstract",
        "Results",
        "Tables",
        "Abbreviations",
        "References",
        "Where each number comes from",
    ]
    assert styled(written, "Heading 2") == ["Results"]
    assert styled(written, "Heading 3") == ["Deeper"]


def test_captions_count_with_fields(body: etree._Element) -> None:
    """Every caption counts with a SEQ field whose result is already there."""
    codes = [code.text.split()[:2] for code in body.iter(f"{W}instrText")]
    assert [code[1] for code in codes if code[0] == "SEQ"] == ["Figure", "Table", "Figure", "Table", "Table"]
    assert words(paragraph_starting(body, "Fig. 2")).startswith("Fig. 2 Change in skin score. Diamonds")


def test_cross_references_are_fields_that_agree_with_their_bookmark(
    written: Path, body: etree._Element
) -> None:
    """A REF field shows what its bookmark holds, so updating the fields changes no word."""
    bookmarks = read_bookmarks(written)
    shown: list[tuple[str, str]] = []
    for code in body.iter(f"{W}instrText"):
        if code.text.split()[0] == "REF":
            result = code.getparent().getnext().getnext()
            shown.append((bookmarks[code.text.split()[1]], words(result)))
    assert shown == [("Fig. 1", "Fig. 1"), ("1", "1"), ("3", "3")]


def test_citations_lead_to_their_reference(written: Path, body: etree._Element) -> None:
    """A citation is a link to the bookmark round the reference it names; numbers are typed text."""
    links = body.iter(f"{W}hyperlink")
    anchors = [name for link in links if (name := link.get(f"{W}anchor", "")).startswith("_Ref")]
    bookmarks = read_bookmarks(written)
    assert bookmarks[anchors[0]].startswith("1.Wang Q.")
    assert bookmarks[anchors[1]].startswith("2.Park S.")
    assert bookmarks[anchors[2]] == "Abbreviations"
    assert [text.split("\t")[0] for text in styled(written, "Reference")] == ["1.", "2."]


def test_external_links_keep_their_address(written: Path) -> None:
    """A web address arrives whole, as an external relationship."""
    with ZipFile(written) as package:
        relations = etree.fromstring(package.read("word/_rels/document.xml.rels"))
    external = {r.get("Target") for r in relations if r.get("TargetMode") == "External"}
    external -= {address for address in external if address.startswith("#")}
    assert external == {"https://example.org/a?b=c&d=e", "https://doi.org/10.1/x"}


def test_numbered_lists_start_anew(body: etree._Element) -> None:
    """Two ordered lists have two Word lists, so the second counts from one."""
    numbers = [
        paragraph_starting(body, start).find(f"{W}pPr/{W}numPr/{W}numId").get(f"{W}val")
        for start in ("first", "second", "again first")
    ]
    assert numbers[0] == numbers[1] != numbers[2]


def test_tables_keep_spans_and_repeat_their_head(body: etree._Element) -> None:
    """Row and column spans survive, header rows repeat, rows do not split, cells fill their columns."""
    table = list(body.iter(f"{W}tbl"))[1]
    rows = table.findall(f"{W}tr")
    assert [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows[:4]] == [True, True, False, False]
    assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)
    merges = [cell.find(f"{W}tcPr/{W}vMerge") for cell in rows[1].findall(f"{W}tc")]
    assert [merge is not None for merge in merges] == [True] * 3 + [False] * 2 + [True]
    assert rows[2].find(f"{W}tc/{W}tcPr/{W}gridSpan").get(f"{W}val") == "6"
    columns = [int(column.get(f"{W}w")) for column in table.find(f"{W}tblGrid")]
    for row in rows:
        assert sum(int(cell.find(f"{W}tcPr/{W}tcW").get(f"{W}w")) for cell in row.findall(f"{W}tc")) == sum(
            columns
        )
    assert columns[1] == max(columns)


@pytest.mark.parametrize("words_in_cell", [1, 40, 4000])
def test_no_table_is_wider_than_the_page(tmp_path: Path, words_in_cell: int) -> None:
    """However much a table holds, its columns add up to the width of the text at most."""
    cell = "heterogeneity " * words_in_cell
    cells = f"<td>{cell}</td><td>{'unbreakable' * 9}</td>" + "<td>words</td>" * 9
    path = write(tmp_path, article(f"<table><tbody><tr>{cells}</tr></tbody></table>"))
    (table,) = docx.Document(str(path)).tables
    assert sum(column.width.mm for column in table.columns) <= 160.1


def test_wide_tables_share_a_landscape_section(written: Path) -> None:
    """Neighbouring landscape tables and their heading share one section between portrait ones."""
    document = docx.Document(str(written))
    pages = [(round(s.page_width.mm), round(s.page_height.mm)) for s in document.sections]
    assert pages == [(210, 297), (297, 210), (210, 297), (210, 297)]
    landscape = list(document.sections[1].iter_inner_content())
    assert landscape[0].text == "Tables"
    assert landscape[-1].text == "a High heterogeneity, I² 94%."
    assert [section.header.is_linked_to_previous for section in document.sections] == [False] + [True] * 3


def test_the_appendix_follows_in_two_columns_on_the_same_page(written: Path) -> None:
    """Entries stand in two columns that begin below the appendix's introduction, without a new page."""
    sections = [section._sectPr for section in docx.Document(str(written)).sections]
    assert [part.find(f"{W}cols").get(f"{W}num", "1") for part in sections] == ["1", "1", "1", "2"]
    begins = [part.find(f"{W}type") for part in sections]
    assert [None if kind is None else kind.get(f"{W}val") for kind in begins] == [None] * 3 + ["continuous"]


def test_a_wide_table_does_not_interrupt_the_text(tmp_path: Path) -> None:
    """A landscape table moves behind its section's text, and the tree itself stays as it was."""
    tree = article(f"<p>before</p>{wide_table('table-wide', 1, 2)}<p>after</p>")
    document = docx.Document(str(write(tmp_path, tree)))
    assert [p.text for p in document.sections[0].iter_inner_content()] == ["Results", "before", "after"]
    assert [round(s.page_width.mm) for s in document.sections[:3]] == [210, 297, 210]
    unmoved = manuscript(tree)
    write_docx(unmoved, tmp_path / "again.docx")
    assert etree.tostring(unmoved.tree, encoding="unicode") == tree


def test_captions_stay_with_what_they_describe(body: etree._Element) -> None:
    """A picture stays with the caption below it, a table's caption with the table below it."""
    picture_paragraph = next(body.iter(f"{W}drawing")).getparent().getparent()
    assert picture_paragraph.find(f"{W}pPr/{W}keepNext") is not None
    assert paragraph_starting(body, "Table 1").find(f"{W}pPr/{W}keepNext") is not None
    assert paragraph_starting(body, "Fig. 1").find(f"{W}pPr/{W}keepNext") is None


def test_figures_are_svg_with_a_png_and_a_description(written: Path, body: etree._Element) -> None:
    """Each figure carries its SVG, the PNG for older programs, its size and its description."""
    drawings = list(body.iter(f"{W}drawing"))
    assert [next(d.iter(qn("wp:docPr"))).get("descr") for d in drawings] == [
        "Forest plot mrss",
        "Forest plot ulcers",
    ]
    assert int(next(drawings[0].iter(qn("wp:extent"))).get("cx")) == round(152.4 * 36000)
    embed = next(drawings[0].iter("{http://schemas.microsoft.com/office/drawing/2016/SVG/main}svgBlip")).get(
        qn("r:embed")
    )
    part = docx.Document(str(written)).part.related_parts[embed]
    assert part.content_type == "image/svg+xml"
    assert part.blob.decode() == DRAWN["mrss"][0].svg


def test_a_large_figure_is_fitted_to_the_page(tmp_path: Path) -> None:
    """A figure wider than the text is scaled down in both directions."""
    drawn, png = DRAWN["mrss"]
    wide = Figure("mrss", drawn.svg, drawn.alt, 320.0, 100.0)
    made = manuscript(article(picture("mrss", 1)))
    path = tmp_path / "manuscript.docx"
    write_docx(Manuscript(**(vars(made) | {"figures": {"mrss": wide}})), path)
    shape = docx.Document(str(path)).inline_shapes[0]
    assert (round(shape.width.mm), round(shape.height.mm)) == (160, 50)


def test_properties_say_who_and_what_but_not_when(written: Path) -> None:
    """Title, authors, keywords and language are the manuscript's; dates are fixed."""
    properties = docx.Document(str(written)).core_properties
    assert (properties.title, properties.subject) == (manuscript().title, "Systematic review")
    assert (properties.author, properties.keywords) == ("Ada Author; Ben Bold", "skin, cells")
    assert properties.language == "en-GB"
    assert properties.created == properties.modified
    assert properties.created.year == 2000


def test_equal_input_gives_equal_bytes(written: Path, tmp_path: Path) -> None:
    """Writing the same manuscript again gives the same file, byte for byte."""
    assert write(tmp_path, TREE).read_bytes() == written.read_bytes()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("<p>a <blink>b</blink></p>", "<blink> inside <p>"),
        ("<marquee>b</marquee>", "<marquee> inside <section>"),
        ('<p class="pull-quote">b</p>', '<p class="pull-quote">'),
        ("<table><tbody><tr><td>a</td></tr><p>b</p></tbody></table>", "<p> inside <tbody>"),
        ("<dl><dt>a</dt></dl>", "dt and dd"),
    ],
)
def test_what_has_no_rule_stops_the_build(tmp_path: Path, content: str, named: str) -> None:
    """An unknown tag or class is an error that names it, never dropped text."""
    assert named in complaint(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ('<p><a href="#nowhere">x</a></p>', "#nowhere"),
        ('<p><a data-ref="fig-lost" href="#fig-lost">Fig. 3</a></p>', "#fig-lost"),
        (
            picture("mrss", 1) + '<p><a data-ref="fig-mrss" href="#fig-mrss">Fig. 3</a></p>',
            "does not name Fig. 1",
        ),
        (picture("mrss", 2), "Fig. 1"),
        (picture("lost", 1), "'lost'"),
        (f"<p>{value('a', 1, '5')}</p><p>{value('a', 1, '6')}</p>", "n-a-1"),
        ('<p><span data-value="a" id="b">5</span></p>', "n-KEY-i"),
    ],
)
def test_broken_references_stop_the_build(tmp_path: Path, content: str, named: str) -> None:
    """A dead link, a wrong or missing figure number and a repeated identity are named."""
    assert named in complaint(tmp_path, content)


def test_two_keys_with_one_hash_stop_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two keys shorten to the same bookmark, the build stops and names both."""
    monkeypatch.setattr(marks, "digest", lambda key: "0")
    message = complaint(tmp_path, f"<p>{value('a.b', 1, '5')} {value('c.d', 1, '6')}</p>")
    assert "a.b" in message
    assert "c.d" in message


def convert(source: Path, kind: str, folder: Path) -> Path:
    profile = (folder / "profile").as_uri()
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={profile}",
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            folder,
            source,
        ],
        check=True,
        capture_output=True,
    )
    return folder / f"{source.stem}.{kind}"


@pytest.mark.needs("soffice")
def test_values_survive_a_save_in_libreoffice(written: Path, tmp_path: Path) -> None:
    """Every bookmark, its text and the register are still there after another program saved the file."""
    saved = convert(written, "docx", tmp_path)
    before, after = read_bookmarks(written), read_bookmarks(saved)
    assert {name: after.get(name) for name in before} == before
    assert read_values(saved) == read_values(written)


@pytest.mark.needs("soffice", "pdftotext", "liberation")
def test_the_file_prints_with_all_text_and_no_blank_page(written: Path, tmp_path: Path) -> None:
    """LibreOffice prints captions, cross-references and references as written, and no empty page."""
    pdf = convert(written, "pdf", tmp_path)
    text = subprocess.run(
        ["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, text=True
    ).stdout
    pages = text.rstrip("\f").split("\f")
    assert all(len(page.split()) > 20 for page in pages)
    flat = " ".join(text.split())
    for expected in ("see Fig. 1 and Tables 1–3 [1, 2]", "Table 3 Findings.", "2. Park S. Title."):
        assert expected in flat
