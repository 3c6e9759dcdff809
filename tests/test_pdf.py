"""The PDF, read back from the finished file."""

from __future__ import annotations

import builtins
import os
import re
import shutil
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_manuscript import fake_manuscript, fake_origins
from lxml import etree
from lxml.etree import _Element
from pypdf import PdfReader
from read_pdf import read_values

import sscreport
from sscreport.problems import BuildError
from sscreport.write.pdf import PdfUnavailable, write_pdf

pytestmark = pytest.mark.needs("pango")

MANUSCRIPT, PRINTED = fake_manuscript()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The PDF of the invented manuscript."""
    path = tmp_path_factory.mktemp("pdf") / "manuscript.pdf"
    write_pdf(MANUSCRIPT, path)
    return path


@pytest.fixture(scope="module")
def reader(path: Path) -> PdfReader:
    """The PDF, opened."""
    return PdfReader(path)


def short(*elements: _Element) -> Any:
    """A manuscript of one section that holds ``elements``; quick to print."""
    tree = etree.fromstring('<article><section id="only"><h2>Only</h2></section></article>')
    tree[0].extend(deepcopy(element) for element in elements)
    return replace(MANUSCRIPT, tree=tree, origins=fake_origins(tree, {}))


def paragraph(markup: str) -> _Element:
    return etree.fromstring(f"<p>{markup}</p>")


def outline(items: list[Any]) -> list[Any]:
    return [outline(item) if isinstance(item, list) else item.title for item in items]


def test_every_value_can_be_read_at_its_destination(path: Path) -> None:
    """At the place a key leads to stands exactly the text that was printed for it."""
    values = read_values(path, PRINTED)
    for name, text in PRINTED.items():
        key, use = re.fullmatch(r"n-(.+)-(\d+)", name).groups()
        assert values[key][int(use) - 1] == text


def test_keys_of_the_figures_are_destinations_too(path: Path) -> None:
    """A key that stands in figures only leads to the figure, so that all formats know the same keys."""
    values = read_values(path)
    in_figures = {
        key
        for figure in MANUSCRIPT.figures.values()
        for key in etree.fromstring(figure.svg.encode()).xpath("//@data-value")
    }
    in_text = set(MANUSCRIPT.tree.xpath("//@data-value"))
    assert set(values) == in_figures | in_text
    assert values["skin-score.row3.weight"] == [""]


def test_the_file_says_what_it_is(reader: PdfReader) -> None:
    """Title, authors, keywords and language are set, and no date that only a clock could know."""
    assert reader.metadata.title == MANUSCRIPT.title
    assert reader.metadata.author == ", ".join(MANUSCRIPT.authors)
    assert reader.metadata["/Keywords"] == "systemic sclerosis, meta-analysis"
    assert reader.metadata.subject == MANUSCRIPT.subject
    assert reader.metadata.creation_date is None
    assert reader.root_object["/Lang"] == "en-GB"


def test_the_file_is_tagged_for_listeners(reader: PdfReader) -> None:
    """It declares PDF/UA, has a tag tree and shows its title in the window."""
    root = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b'pdfuaid:part="1"' in root["/Metadata"].get_data()


def test_bookmarks_follow_the_headings(reader: PdfReader) -> None:
    """Sections are nested in the outline as in the text, the appendix last; the title is not among them."""
    *manuscript, appendix, groups = outline(reader.outline)
    assert (appendix, groups[:1]) == ("Where each number comes from", ["total"])
    assert manuscript == [
        "Abstract", ["Background", "Results"],
        "Methods", ["Search strategy", "Synthesis of changes", ["Choice of model"]],
        "Results", ["Included studies", "Skin involvement", "Pain"],
        "Abbreviations", "References",
    ]  # fmt: skip


def test_pages_are_numbered_and_headed(reader: PdfReader) -> None:
    """Each page says which of how many it is; all but the first carry the short title."""
    texts = [page.extract_text() for page in reader.pages]
    for number, text in enumerate(texts, start=1):
        assert f"{number} / {len(texts)}" in text
    head = MANUSCRIPT.subject
    assert all(head in text for text in texts[1:])


def test_wide_tables_stand_on_turned_pages_at_the_end_of_their_section(reader: PdfReader) -> None:
    """Only landscape tables turn the page, after the section's text and in order; no page is blank."""
    turned = [page.mediabox.width > page.mediabox.height for page in reader.pages]
    texts = [page.extract_text() for page in reader.pages]
    assert all(len(text) > 100 for text in texts)
    for text, is_turned in zip(texts, turned, strict=True):
        assert is_turned == ("Characteristics of the studies." in text or "Summary of findings." in text)
    captions = [
        element.get("id") for element in MANUSCRIPT.tree.iter("figure") if "table" in element.get("class")
    ]
    whole = "".join(texts).replace("\N{NO-BREAK SPACE}", " ")
    places = [whole.index(f"Table {number} ") for number, _ in enumerate(captions, start=1)]
    assert places == sorted(places)
    last = max(number for number, is_turned in enumerate(turned) if is_turned)
    assert "Abbreviations" in texts[last + 1]


def test_a_long_table_repeats_its_header_on_every_page(tmp_path: Path) -> None:
    """No page of a table is without the names of its columns."""
    table = deepcopy(MANUSCRIPT.tree.find(".//figure[@id='table-harms']"))
    rows = table.find(".//tbody")
    rows.extend(etree.fromstring("<tr><th scope='row'>event</th><td>none</td></tr>") for _ in range(90))
    write_pdf(short(table), tmp_path / "long.pdf")
    pages = PdfReader(tmp_path / "long.pdf").pages
    assert len(pages) > 1
    assert all("Patients" in page.extract_text() for page in pages if "none" in page.extract_text())


def test_figures_stay_vector_drawings_with_text(reader: PdfReader) -> None:
    """No picture is made of pixels, and the words of a figure can be searched."""
    assert not any(page.images for page in reader.pages)
    assert any("Müller-Łoś" in page.extract_text() and "5.11" in page.extract_text() for page in reader.pages)


def test_only_our_own_fonts_are_in_the_file(reader: PdfReader) -> None:
    """Lines break alike everywhere because no font of the machine is used; all are embedded."""
    fonts = {
        font["/BaseFont"]: font["/DescendantFonts"][0]["/FontDescriptor"]
        for page in reader.pages
        for font in (page["/Resources"]["/Font"].values())
    }
    assert {re.sub(r"^/\w+\+", "", name).split("-")[0] for name in fonts} == {"Tinos", "Arimo", "Review"}
    assert all("/FontFile2" in descriptor for descriptor in fonts.values())


@pytest.mark.parametrize(
    ("markup", "complaint"),
    [
        ('<a href="#nowhere">see there</a>', "nowhere"),
        ("<img src=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E\"/>", "alt"),
        ('<img src="https://example.org/picture.png" alt="A picture."/>', "example.org"),
        ("a word in Chinese: 中", "中"),
    ],
)
def test_what_weasyprint_only_logs_stops_the_build(markup: str, complaint: str, tmp_path: Path) -> None:
    """A dead link, a missing description, a picture from elsewhere, a character without font: errors."""
    with pytest.raises(BuildError, match=complaint):
        write_pdf(short(paragraph(markup)), tmp_path / "wrong.pdf")
    assert not (tmp_path / "wrong.pdf").exists()


def test_without_the_font_library_the_pdf_is_the_same_to_a_reader(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where HarfBuzz-Subset is missing the build goes through, although WeasyPrint complains."""
    import weasyprint.pdf.fonts

    monkeypatch.setattr(weasyprint.pdf.fonts, "harfbuzz_subset", None)
    write_pdf(short(paragraph("Plain words.")), tmp_path / "plain.pdf")
    assert "Plain words." in PdfReader(tmp_path / "plain.pdf").pages[0].extract_text()


def test_a_figure_that_was_not_drawn_stops_the_build(tmp_path: Path) -> None:
    """The message names the figure."""
    with pytest.raises(BuildError, match="skin-score"):
        write_pdf(replace(MANUSCRIPT, figures={}), tmp_path / "wrong.pdf")


def test_missing_system_libraries_are_named_with_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without Pango the message says what to install, and WeasyPrint's own banner stays away."""
    imported = builtins.__import__

    def without_pango(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "weasyprint":
            print("----- WeasyPrint could not import some external libraries")
            raise OSError("cannot load library 'libpango-1.0-0'")
        return imported(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_pango)
    with pytest.raises(PdfUnavailable, match="apt-get install -y libpango-1.0-0 libpangoft2-1.0-0"):
        write_pdf(MANUSCRIPT, tmp_path / "none.pdf")
    assert capsys.readouterr().out == ""


def test_another_place_and_another_hash_order_give_the_same_bytes(path: Path, tmp_path: Path) -> None:
    """Neither the folder of the package nor the order of hashes leaves a trace in the file."""
    shutil.copytree(Path(sscreport.__file__).parent, tmp_path / "sscreport")
    script = (
        "from pathlib import Path; from fake_manuscript import fake_manuscript; "
        "from sscreport.write.pdf import write_pdf; write_pdf(fake_manuscript()[0], Path('again.pdf'))"
    )
    found = os.pathsep.join([str(tmp_path), str(Path(__file__).parent)])
    environment = {**os.environ, "PYTHONPATH": found, "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, env=environment)
    assert (tmp_path / "again.pdf").read_bytes() == path.read_bytes()


def test_writing_leaves_the_tree_alone(path: Path) -> None:
    """Moving tables and setting figures happens in a copy."""
    assert etree.tostring(MANUSCRIPT.tree) == etree.tostring(fake_manuscript()[0].tree)
