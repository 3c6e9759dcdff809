"""The web page, as a browser and a reader meet it."""

from __future__ import annotations

import json
import re
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from fake_manuscript import LONG_PHRASE, fake_manuscript
from lxml import etree, html
from lxml.html import HtmlElement
from read_html import read_values, unexplained_digits

from sscreport.enclosure import Enclosure
from sscreport.problems import BuildError
from sscreport.write.html import write_html

MANUSCRIPT, PRINTED = fake_manuscript()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the invented manuscript."""
    path = tmp_path_factory.mktemp("html") / "manuscript.html"
    write_html(MANUSCRIPT, path)
    return path


@pytest.fixture(scope="module")
def page(path: Path) -> HtmlElement:
    """The page, parsed."""
    return html.document_fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))


def words(element: HtmlElement) -> str:
    return " ".join("".join(element.itertext()).split())


def test_every_value_of_the_tree_can_be_read_back(path: Path) -> None:
    """Each value of the text is on the page with its key and its printed text."""
    values = read_values(path)
    for name, text in PRINTED.items():
        key, use = re.fullmatch(r"n-(.+)-(\d+)", name).groups()
        assert values[key][int(use) - 1] == text


def test_numbers_in_figures_keep_their_keys(path: Path) -> None:
    """A number printed in a figure has its text; a key that marks a shape only is known without one."""
    values = read_values(path)
    assert values["skin-score.row11.estimate"] == ["5.11"]
    assert values["skin-score.row11.weight"] == []


def test_no_digit_stands_outside_an_identity(path: Path) -> None:
    """Contents, captions and figures bring no digit that is not explained."""
    assert unexplained_digits(path) == []


def test_the_reader_notices_a_bare_digit(tmp_path: Path) -> None:
    """The check above can fail."""
    tree = deepcopy(MANUSCRIPT.tree)
    tree.find(".//section/p").text = "Only 7 were left."
    write_html(replace(MANUSCRIPT, tree=tree), tmp_path / "bare.html")
    assert unexplained_digits(tmp_path / "bare.html") == ["Only 7 were left."]


def test_the_page_fetches_nothing(path: Path, page: HtmlElement) -> None:
    """No script runs, and no style sheet, picture or font comes from elsewhere."""
    assert not page.xpath("//script[@type != 'application/json' or not(@type)]")
    assert not page.xpath("//link | //img | //iframe | //@src | //@srcset | //@*[starts-with(name(), 'on')]")
    assert not re.search(r"@import|url\(", path.read_text(encoding="utf-8"))
    assert {address.split(":")[0] for address in page.xpath("//@href[not(starts-with(., '#'))]")} == {"https"}


def test_ids_are_unique_and_links_arrive(page: HtmlElement) -> None:
    """No id stands twice, and every link inside the page has its target."""
    ids = page.xpath("//@id")
    assert [name for name, times in Counter(ids).items() if times > 1] == []
    assert {unquote(href[1:]) for href in page.xpath("//@href") if href.startswith("#")} <= set(ids)


def test_every_value_is_a_button_or_the_label_of_one(page: HtmlElement) -> None:
    """A short value is a button; a long one, or words in a table, label the button in them.

    Either opens the card of its key.
    """
    values = page.xpath("//main//*[@data-value][not(ancestor::*[name() = 'svg'])]")
    assert sorted(value.get("id") for value in values) == sorted(PRINTED)
    long = 0
    for value in values:
        label = value.tag == "label"
        (button,) = value if label else [value]
        assert (button.tag, button.get("type")) == ("button", "button")
        assert button.get("popovertarget") == f"v-{value.get('data-value')}"
        assert len(page.xpath("//*[@id = $name][@popover]", name=button.get("popovertarget"))) == 1
        words = " " in value.text_content() and next(value.iterancestors("td", "th"), None) is not None
        assert label == (value.text_content() == LONG_PHRASE or words)
        long += value.text_content() == LONG_PHRASE
    assert long == 4


@pytest.mark.parametrize(
    ("sentence", "together"),
    [
        ("fell by {} points", []),
        ("fell ({} to {}).", ["(5", "5)."]),
        ("fell ({}–{}), P {}", ["(5–5),"]),
        ("{}<sup>†</sup> and {}<sup>†</sup>,\nor {}", ["5†", "5†,"]),
        ("{} {}; {}% and ({})", ["5;", "5%", "(5)"]),
        ("<em>P</em>\u202f{}, <em>x</em> {}.", ["\u202f5,", "5."]),
        ("{}<br/>{}.", ["5."]),
    ],
)
def test_no_line_breaks_between_a_number_and_what_touches_it(
    sentence: str, together: list[str], tmp_path: Path
) -> None:
    """Brackets, commas, daggers and the sign for per cent stay with their number; all words stay."""
    tree = deepcopy(MANUSCRIPT.tree)
    numbers = ['<span data-value="total.n">5</span>'] * sentence.count("{}")
    paragraph = etree.fromstring(f"<p>{sentence.format(*numbers)}</p>")
    tree.find("section[@id='abstract']").append(paragraph)
    write_html(replace(MANUSCRIPT, tree=tree), tmp_path / "page.html")
    page = html.document_fromstring((tmp_path / "page.html").read_text(encoding="utf-8"))
    (written,) = page.xpath("//section[@id='abstract']/p")
    assert [span.text_content() for span in written.xpath(".//span[@class='together']")] == together
    assert written.text_content() == "".join(paragraph.itertext())
    assert ".together { white-space: nowrap; }" in page.find("head/style").text


def test_what_is_enclosed_can_be_read_back_exactly(tmp_path: Path) -> None:
    """Not even a file that contains the end of the block, a comment or odd line ends is changed."""
    files = {"data/a.csv": 'x\r\n1,"</script>"\n', "templates/ü.html": "<!-- <script> & \u2028 \\u003c \t"}
    enclosure = Enclosure(files, '{"values": "</SCRIPT>"}\n', "7.0", "abc")
    write_html(replace(MANUSCRIPT, enclosure=enclosure), tmp_path / "page.html")
    page = html.document_fromstring((tmp_path / "page.html").read_text(encoding="utf-8"))
    (block,) = page.xpath("//script[@id = 'sscreport-enclosure']")
    assert json.loads(block.text) == {
        "version": "7.0", "code": "abc", "files": files, "values": '{"values": "</SCRIPT>"}\n'
    }  # fmt: skip
    assert words(page.xpath("//main//h1")[0]) == MANUSCRIPT.title


def test_contents_list_headings_figures_and_tables(page: HtmlElement) -> None:
    """Both tables of contents name every heading of two levels, then every caption's title."""
    headings = [words(heading) for heading in page.xpath("//main//h2 | //main//h3")]
    captions = [
        words(caption.xpath("span")[0]) + " " + words(caption.xpath("strong")[0])
        for caption in page.xpath("//main//figcaption")
    ]
    for contents in (page.xpath("//body/nav")[0], page.xpath("//body/details/nav")[0]):
        assert [words(link) for link in contents.iter("a")] == headings + captions


def test_figures_are_drawn_in_place_and_described(page: HtmlElement) -> None:
    """Each picture becomes its SVG, with the description a listener hears and nothing hidden in it."""
    drawings = page.xpath("//figure[@class='figure']//*[name()='svg']")
    assert len(drawings) == len(MANUSCRIPT.figures)
    for drawing in drawings:
        assert drawing.get("role") == "img"
        assert drawing.get("aria-label").startswith("Forest plot of invented studies")
    assert not page.xpath("//*[name()='metadata']")


def test_wide_things_scroll_in_a_named_box(page: HtmlElement) -> None:
    """A table can be scrolled by keyboard, and its box is called what its caption says."""
    boxes = [table.getparent() for table in page.find(".//main").iter("table")]
    assert all(box.get("class") == "scroll" and box.get("tabindex") == "0" for box in boxes)
    assert boxes[0].get("role") == "region"
    assert boxes[0].get("aria-label") == "Table 1 Characteristics of the studies."


def test_the_head_describes_the_manuscript(page: HtmlElement) -> None:
    """Language, title, authors, keywords and description are where search engines look."""
    meta = {element.get("name"): element.get("content") for element in page.iter("meta")}
    assert page.get("lang") == "en-GB"
    assert page.find("head/title").text == MANUSCRIPT.title
    assert meta["author"] == ", ".join(MANUSCRIPT.authors)
    assert meta["keywords"] == "systemic sclerosis, meta-analysis"
    assert meta["description"] == MANUSCRIPT.subject
    assert meta["viewport"].startswith("width=device-width")


def test_writing_twice_gives_the_same_bytes_and_leaves_the_tree_alone(path: Path, tmp_path: Path) -> None:
    """The page depends on the manuscript alone, and the manuscript is not changed by writing it."""
    before = etree.tostring(MANUSCRIPT.tree)
    write_html(MANUSCRIPT, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == path.read_bytes()
    assert etree.tostring(MANUSCRIPT.tree) == before


def test_a_figure_that_was_not_drawn_stops_the_build(tmp_path: Path) -> None:
    """The message names the figure."""
    with pytest.raises(BuildError, match="skin-score"):
        write_html(replace(MANUSCRIPT, figures={}), tmp_path / "page.html")


def test_a_heading_that_cannot_be_linked_to_stops_the_build(tmp_path: Path) -> None:
    """The message names the section that lacks an id."""
    tree = deepcopy(MANUSCRIPT.tree)
    del tree.find("section[@id='methods']").attrib["id"]
    with pytest.raises(BuildError, match="Methods"):
        write_html(replace(MANUSCRIPT, tree=tree), tmp_path / "page.html")
