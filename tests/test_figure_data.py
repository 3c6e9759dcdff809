"""What the figures show, as tables: folded below each figure of the web page, and as CSV."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pypdfium2
import pytest
from lxml import etree, html
from lxml.html import HtmlElement

from sscreport.cli import main
from tests import read_html
from tests.conftest import REPOSITORY, Built

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOREST, RATIO, FUNNEL, FLOW = "mrss-by-time", "ulcers", "funnel", "flow"
SUMMARY = "Data of this figure"
needs_chromium = pytest.mark.needs("chromium")


@pytest.fixture(scope="module")
def page(built: Built) -> HtmlElement:
    """The finished page, parsed."""
    path = built.output / "manuscript.html"
    return html.document_fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))


def toggle(page: HtmlElement, name: str) -> HtmlElement:
    (found,) = page.xpath(f"//details[@id='data-{name}']")
    return found


def text(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def rows(page: HtmlElement, name: str) -> list[list[str]]:
    """The texts of a table's body, the mark † included."""
    body = toggle(page, name).xpath(".//tbody/tr")
    return [[text(cell) for cell in row.xpath("th | td")] for row in body]


def told(page: HtmlElement, name: str) -> list[str]:
    return toggle(page, name).xpath(".//tbody/tr/@aria-label")


def test_every_figure_has_a_toggle_right_below_it(page: HtmlElement) -> None:
    """It is closed, follows its figure, and its table is named after the figure's number."""
    figures = page.xpath("//figure[contains(@class, 'figure')]")
    wanted = (REPOSITORY / "data/review.toml").read_text(encoding="utf-8").count("[[figures]]")
    assert len(figures) == wanted >= 9
    for figure in figures:
        details = figure.getnext()
        assert (details.tag, details.get("class")) == ("details", "figure-data")
        assert details.get("open") is None
        assert text(details.find("summary")) == SUMMARY
        (caption,) = details.xpath(".//table/caption")
        (label,) = figure.xpath("figcaption/*[@class='label']")
        assert text(caption) == f"Data of {text(label)}"


def test_the_tables_say_what_heads_what(page: HtmlElement) -> None:
    """Every heading has a scope, every row one heading, and all rows have as many columns as the head."""
    for table in page.xpath("//details[@class='figure-data']//table"):
        columns = sum(int(cell.get("colspan", 1)) for cell in table.xpath("thead/tr[1]/th"))
        assert set(table.xpath("thead//th/@scope")) <= {"col", "colgroup"}
        assert len(table.xpath("thead//th")) == len(table.xpath("thead//th[@scope]"))
        for row in table.xpath("tbody/tr"):
            assert [cell.get("scope") for cell in row.xpath("th")] == ["row"]
            assert len(row) == columns


def test_a_forest_plot_has_a_row_for_each_study_and_each_pooled_result(page: HtmlElement) -> None:
    """The columns of the plot, with subgroups, subtotals and the total."""
    found = rows(page, FOREST)
    assert len(found) == 14
    assert found[4] == ["Granel†", "6 months", "12", "6.26", "3.89", "1.9%", "6.26", "−1.36", "13.88"]
    assert found[-1] == ["Total†", "", "93", "", "", "100.0%", "5.23", "4.18", "6.29"]
    assert [row[1] for row in found if row[0].startswith("Subtotal")] == ["3 months", "6 months", "12 months"]
    assert rows(page, RATIO)[-1] == ["Total†", "16", "36", "0", "36", "100.0%", "21.10", "3.63", "122.56"]
    heads = [text(cell) for cell in toggle(page, RATIO).xpath(".//thead//th")]
    assert heads[1:4] == ["After treatment", "Before treatment", "Weight"]


def test_every_number_that_a_forest_plot_prints_in_its_columns_is_in_its_table(page: HtmlElement) -> None:
    """Compared by key with the drawing: all values of its rows, the study names included."""
    for figure in page.xpath("//figure[@id != 'fig-flow' and .//*[local-name()='svg']]"):
        name = figure.get("id").removeprefix("fig-")
        if name == FUNNEL or name.startswith("specifications-"):
            continue
        lines = figure.xpath(".//*[local-name()='text']")
        row_texts = [line for line in lines if not re.match("Heterogeneity|Test for", line.text_content())]
        drawn = {key for line in row_texts for key in line.xpath(".//@data-value")}
        assert len(drawn) > 15
        assert drawn <= set(toggle(page, name).xpath(".//@data-value")), name


def test_each_row_is_told_as_one_sentence(page: HtmlElement) -> None:
    """With study, measure, interval and weight in words, and the numbers of its cells."""
    sentences = told(page, FOREST)
    assert sentences[4] == (
        "Granel, 6 months: mean difference 6.26, 95% confidence interval −1.36 to 13.88, weight 1.9%."
    )
    assert sentences[-1].startswith("Total of 5 studies: mean difference 5.23, 95% confidence interval 4.18")
    assert told(page, FUNNEL)[0] == "Granel: mean difference 6.26, standard error 3.89."
    assert told(page, FLOW)[0] == "Records from databases: 673."
    for name in (FOREST, RATIO, FUNNEL, FLOW):
        for row, sentence in zip(rows(page, name), told(page, name), strict=True):
            assert row[-1] in sentence and row[0].split("†")[0] in sentence


def test_the_flow_diagram_is_its_steps_with_their_counts(page: HtmlElement) -> None:
    """In the order of the diagram, a label of several lines as one, without "(n = "."""
    found = dict(rows(page, FLOW))
    assert list(found)[:3] == ["Records from databases", "PubMed", "Ovid"]
    assert found["Merged with another report of the same study population"] == "2"
    assert found["Studies included in the review"] == "9"
    assert not any("(" in step or "n =" in step for step in found)


def test_every_number_carries_its_mark_and_opens_its_card(page: HtmlElement) -> None:
    """Digits stand under a key whose card exists, or refer to the figure."""
    ids = set(page.xpath("//@id"))
    for details in page.xpath("//details[@class='figure-data']"):
        for leaf in details.xpath(".//text()[ancestor::table or ancestor::div]"):
            if re.search(r"\d", leaf):
                assert leaf.getparent().xpath("ancestor-or-self::*[@data-value or @data-ref]"), leaf
        for value in details.xpath(".//*[@data-value]"):
            opens = value.get("popovertarget") or value.xpath("string(.//@popovertarget)")
            assert opens == f"v-{value.get('data-value')}"
            assert opens in ids


def test_the_csv_beside_the_figure_holds_the_same_rows(page: HtmlElement, built: Built) -> None:
    """One header row, one line a row, the same texts."""
    for name in (FOREST, RATIO, FUNNEL, FLOW):
        with (built.figures / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            head, *body = csv.reader(file)
        assert body == rows(page, name)
        assert len(set(head)) == len(head) == len(body[0])
    with (built.figures / f"{FOREST}.csv").open(encoding="utf-8") as file:
        assert "Mean difference, IV, Fixed, 95% CI: Lower limit" in file.readline()


def test_pdf_and_docx_have_no_toggle(brief: Built) -> None:
    """Neither its name nor its tables stand in the paged formats."""
    pages = pypdfium2.PdfDocument(brief.output / "manuscript.pdf")
    printed = " ".join(" ".join(sheet.get_textpage().get_text_range().split()) for sheet in pages)
    assert "Mean difference" in printed and SUMMARY not in printed and "Lower limit" not in printed
    with ZipFile(brief.output / "manuscript.docx") as package:
        document = "".join(etree.fromstring(package.read("word/document.xml")).itertext())
    assert SUMMARY not in document and "Lower limit" not in document


def test_a_key_that_stands_in_a_toggle_alone_is_explained_and_no_disagreement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A funnel plot without a forest plot: its standard errors have cards, and `check` is content."""
    review = tmp_path / "review"
    shutil.copytree(REPOSITORY / "tests/small_review", review)
    settings = review / "data/review.toml"
    lines = settings.read_text(encoding="utf-8").replace('kind = "forest"', 'kind = "funnel"')
    settings.write_text(lines, encoding="utf-8")
    assert main(["--review", str(review), "--only", "html,docx", "--quiet"]) == 0
    path = review / "output/manuscript.html"
    (key,) = [
        key for key in read_html.read_values(path) if re.fullmatch(r"mean_differences\..*birch.*\.se", key)
    ]
    found = html.document_fromstring(path.read_bytes())
    assert [text(dd) for dd in found.xpath(f"//div[@id='v-{key}']//dd[@class='places']")] == ["Fig. 1"]
    assert main(["check", "--review", str(review)]) == 0, capsys.readouterr().out


def test_a_number_typed_over_in_a_toggle_is_found(
    brief: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`verify` names the value, the place and the cell to edit; the same for the sentence of a row."""
    source = (brief.output / "manuscript.html").read_text(encoding="utf-8")
    start = source.index('id="data-rcs"')
    cell = re.compile(r'(data-value="rcs\.m6\.ci_high"[^>]*>)([^<]+)').search(source, start)
    edited = tmp_path / "edited.html"
    edited.write_text(source[: cell.start(2)] + "9.99" + source[cell.end(2) :], encoding="utf-8")
    assert main(["verify", str(edited)], default_review=brief.review) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "Data of Fig. 4" in said and "9.99" in said and "data/mean_differences.csv" in said
    told = re.compile(r'aria-label="Total of \d+ studies: mean difference ([\d.]+)').search(source, start)
    edited.write_text(source[: told.start(1)] + "9.99" + source[told.end(1) :], encoding="utf-8")
    assert main(["verify", str(edited)], default_review=brief.review) == 1
    assert "description of a figure" in capsys.readouterr().out


# ---------------------------------------------------------------- in a browser


@pytest.fixture
def opened(built: Built) -> Iterator[Page]:
    """The page in Chromium with every toggle open."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        sheet = browser.new_page()
        sheet.goto((built.output / "manuscript.html").as_uri())
        sheet.evaluate("document.querySelectorAll('.figure-data').forEach(details => details.open = true)")
        yield sheet
        browser.close()


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_open_toggles_break_no_accessibility_rule(scheme: str, opened: Page) -> None:
    """axe finds nothing with all tables shown; rows are named by their sentences."""
    from axe_playwright_python.sync_playwright import Axe

    opened.emulate_media(color_scheme=scheme)
    opened.evaluate("document.querySelectorAll('.card').forEach(card => card.remove())")
    found = Axe().run(opened, context=".figure-data").response
    assert len(found["passes"]) > 10
    assert [(rule["id"], rule["nodes"][0]["html"][:120]) for rule in found["violations"]] == []
    sentence = "Granel, 6 months: mean difference 6.26, 95% confidence interval −1.36 to 13.88, weight 1.9%."
    assert opened.get_by_role("row", name=sentence).count() == 1


@needs_chromium
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_an_open_toggle_never_widens_the_page(width: int, opened: Page) -> None:
    """A table too wide scrolls in its own box, which the keyboard reaches."""
    opened.set_viewport_size({"width": width, "height": 900})
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    boxes = opened.locator(".figure-data .scroll")
    assert boxes.count() == 9 + 6  # with those of the supplement
    assert all(box.get_attribute("tabindex") == "0" for box in boxes.all())


@needs_chromium
def test_a_toggle_opens_by_keyboard_and_its_values_open_their_cards(opened: Page) -> None:
    """Enter on the summary folds and unfolds; Enter on a value opens the card."""
    opened.locator("#data-rcs summary").focus()
    opened.keyboard.press("Enter")
    value = opened.locator("#data-rcs [data-value='rcs.m6.estimate']")
    assert not value.is_visible()
    opened.keyboard.press("Enter")
    assert value.is_visible()
    value.focus()
    opened.keyboard.press("Enter")
    assert opened.locator("[id='v-rcs.m6.estimate']").is_visible()


@needs_chromium
def test_the_printed_page_has_no_toggle(opened: Page) -> None:
    """Even open ones stay on the screen."""
    opened.emulate_media(media="print")
    assert opened.locator(".figure-data:visible").count() == 0
