"""The cards of the web page: what they say, and how they open in a browser."""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from conftest import REPOSITORY
from lxml import html
from lxml.html import HtmlElement
from pypdf import PdfReader

from sscreport.build import make
from sscreport.progress import Progress
from sscreport.write.html import write_html

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ESTIMATE = "rcs.m6.estimate"
IN_TEXT = f"#results-rcs p [data-value='{ESTIMATE}']"
IN_FIGURE = f"#fig-rcs .spot[popovertarget='v-{ESTIMATE}']"
CARD = f"[id='v-{ESTIMATE}']"

needs_chromium = pytest.mark.needs("chromium")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the shipped review."""
    path = tmp_path_factory.mktemp("cards") / "manuscript.html"
    write_html(make(REPOSITORY, Progress(quiet=True), paint=False).manuscript, path)
    return path


@pytest.fixture(scope="module")
def page(path: Path) -> HtmlElement:
    """The page, parsed."""
    return html.document_fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))


@pytest.fixture(scope="module")
def register(page: HtmlElement) -> dict[str, Any]:
    """values.json, as it travels in the page."""
    return json.loads(json.loads(page.xpath("//script[@id = 'sscreport-enclosure']")[0].text)["values"])


# ---------------------------------------------------------------- what a card says


TABLES = ("Data it rests on", "Data that only chose the formula")


@dataclass
class Fields:
    """A table of fields: by address their raw text, and what is said of their provenance."""

    raw: dict[str, str] = field(default_factory=dict)
    source: dict[str, str] = field(default_factory=dict)


@dataclass
class Card:
    """A card as its reader finds it: terms with their text and links, and two tables of fields."""

    name: str
    shown: str
    said: dict[str, str]
    links: dict[str, list[str]]
    computing: Fields
    deciding: Fields


def text(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def read_fields(table: HtmlElement | None) -> Fields:
    fields = Fields()
    for body in [] if table is None else table.findall("tbody"):
        head, *rows = body
        source = head[0].find("span").text
        for row in rows:
            address = ":".join([head[0].text, row[0].text, row[1].text])
            fields.raw[address], fields.source[address] = row[2].text or "", source
    return fields


def read_card(element: HtmlElement) -> Card:
    terms, descriptions = element.findall("dl/dt"), element.findall("dl/dd")
    assert len(terms) == len(descriptions)
    pairs = [(text(term), description) for term, description in zip(terms, descriptions, strict=True)]
    titles = {table.get("aria-label"): table for table in element.iter("table")}
    computing, deciding = (read_fields(titles.pop(title, None)) for title in TABLES)
    assert titles == {}
    return Card(
        text(element.find("h2")),
        element.find("p[@class='shown']").text,
        {term: text(description) for term, description in pairs},
        {
            term: [link.get("popovertarget", "").removeprefix("v-") or unquote(link.get("href"))
                   for link in description.iter("button", "a")]
            for term, description in pairs
        },
        computing,
        deciding,
    )  # fmt: skip


@pytest.fixture(scope="module")
def cards(page: HtmlElement) -> dict[str, Card]:
    found = page.xpath("//div[@class = 'card']")
    read = {element.get("id").removeprefix("v-"): read_card(element) for element in found}
    assert len(read) == len(found)
    return read


def number(said: str) -> float:
    return float(re.match(r"[−\d.e+]+", said)[0].replace("−", "-"))


def test_every_value_has_one_card_and_every_button_opens_one(
    page: HtmlElement, cards: dict[str, Card], register: dict[str, Any]
) -> None:
    """There are as many cards as values in values.json, and whatever opens something opens one of them."""
    assert cards.keys() == register["values"].keys()
    opened = set(page.xpath("//@popovertarget"))
    assert opened == {f"v-{key}" for key in cards}
    assert set(page.xpath("//main//@popovertarget")) >= {
        f"v-{key}" for key, entry in register["values"].items() if entry["used"]
    }
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))


def test_a_card_says_what_the_value_is_and_how_it_was_made(
    cards: dict[str, Card], register: dict[str, Any]
) -> None:
    """Name, texts, unrounded number with unit, rule, reference and provenance are those of values.json."""
    numbers = 0
    for key, entry in register["values"].items():
        card = cards[key]
        assert card.name == " ".join(entry["what"].split())
        for printed in entry["texts"]:
            assert printed.replace("\u202f", " ").removeprefix("= ") in card.shown, key
        assert card.shown.endswith("†") == (entry["provenance"] == "reconstructed")
        assert card.said["Rule"] == entry["rule"] + entry.get("reference", "")
        assert card.said["Data"] == entry["provenance"]
        assert ("Unrounded" in card.said) == (type(entry["number"]) in (int, float))
        if "Unrounded" in card.said:
            assert number(card.said["Unrounded"]) == entry["number"], key
            assert card.said["Unrounded"].endswith(entry.get("unit", ""))
            numbers += 1
    assert numbers > 500


def test_a_card_links_to_what_the_value_came_from_and_what_came_of_it(
    cards: dict[str, Card], register: dict[str, Any]
) -> None:
    """What entered the formula, what chose it and what is made of it are links to the cards of just those.

    Of what the supplement alone makes of a value of the text, the number is said.
    """
    feeds: dict[str, list[str]] = defaultdict(list)
    for key, entry in register["values"].items():
        for other in {*entry.get("from", []), *entry.get("decided by", [])}:
            feeds[other].append(key)
    for key, entry in register["values"].items():
        links = cards[key].links
        assert links.get("Computed from", []) == entry.get("from", []), key
        assert links.get("Formula chosen by", []) == entry.get("decided by", []), key
        further = int(cards[key].said.get("Goes into, in the supplement", "0").split()[0])
        near = links.get("Goes into", [])
        assert set(near) <= set(feeds[key]) and len(near) + further == len(feeds[key]), key
        assert not further or not register["values"][key].get("supplementary"), key


def test_a_card_shows_every_field_behind_the_value(cards: dict[str, Card], register: dict[str, Any]) -> None:
    """Each cell stands in the right table, as it was typed, with provenance, source and locator.

    What only the supplement prints leads to the values it is made of, which have their cells.
    """
    values = register["values"]
    for key, entry in values.items():
        computing, deciding = entry["cells"], entry.get("deciding cells", [])
        if entry.get("supplementary") and entry["rule"] != "read from the data":
            fields_read = [i for i in entry.get("from", []) if values[i]["rule"] == "read from the data"]
            direct = {address for i in fields_read for address in values[i]["cells"]}
            computing, deciding = [address for address in computing if address in direct], []
        for fields, addresses in ((cards[key].computing, computing), (cards[key].deciding, deciding)):
            cells = {address: register["cells"][address] for address in addresses}
            assert fields.raw == {address: cell["raw"] for address, cell in cells.items()}, key
            for address, cell in cells.items():
                parts = (cell["provenance"], cell["source"], cell["locator"])
                source, _, solved = fields.source[address].partition("; solved from ")
                assert source == ", ".join(filter(None, parts)), (key, address)
                assert not solved or cell["provenance"] == "reconstructed", (key, address)


def test_a_card_links_to_every_place_where_the_value_is_printed(
    page: HtmlElement, cards: dict[str, Card], register: dict[str, Any]
) -> None:
    """Each use in the text is a link to it, each figure one to the figure; an unprinted value says so."""
    uses: dict[str, list[str]] = defaultdict(list)
    for use in page.xpath("//main//*[@data-value][@id]"):
        uses[use.get("data-value")].append(f"#{use.get('id')}")
    for key, entry in register["values"].items():
        figures = [place for place in entry["used"] if place.startswith("figures/")]
        drawn = [f"#fig-{place.removeprefix('figures/').removesuffix('.svg')}" for place in figures]
        assert cards[key].links["Printed in"] == uses[key] + drawn, key
        assert entry["used"] or cards[key].said["Printed in"] == "no place"
    assert cards[ESTIMATE].said["Printed in"].startswith("AbstractRaynaud’s condition score")


def test_a_card_names_the_template_lines_whose_words_the_value_decides(
    cards: dict[str, Card], register: dict[str, Any]
) -> None:
    """File and line of each, and nothing where no template asked."""
    asked = 0
    for key, entry in register["values"].items():
        lines: dict[str, list[str]] = defaultdict(list)
        for place in entry.get("consulted", []):
            lines[place.split(":")[0]].append(place.split(":")[1])
        said = cards[key].said.get("Decides words in", "")
        found = re.findall(r"(\S+), lines? ([\d, ]+)", said)
        assert {file: numbers.split(", ") for file, numbers in found} == lines, key
        asked += bool(said)
    assert asked > 100


def test_a_card_is_a_named_dialogue_with_a_button_that_closes_it(page: HtmlElement) -> None:
    """A listener hears what the card is about, and that its first button closes it."""
    for card in page.xpath("//div[@class = 'card']"):
        assert card.get("role") == "dialog" and card.get("aria-label") == card.find("h2").text
        close = card[0]
        assert (close.tag, close.get("aria-label")) == ("button", "Close")
        assert close.get("popovertarget") == card.get("id")
        assert close.get("popovertargetaction") == "hide"


def test_long_lists_are_folded(page: HtmlElement) -> None:
    """No card shows more than half a dozen links or two dozen fields before it is asked to."""
    for card in page.xpath("//div[@class = 'card']"):
        for links in card.xpath(".//ul[not(ancestor::details)]"):
            assert len(links.xpath("li")) <= 6, card.get("id")
        for fields in card.xpath(".//table[not(ancestor::details)]"):
            assert len(fields.xpath("tbody/tr[td]")) <= 24, card.get("id")


def test_every_value_in_a_figure_has_a_named_button(page: HtmlElement) -> None:
    """In the order of the drawing, over each printed value, named by its text and what it is."""
    spots = 0
    for figure in page.xpath("//main//figure[@class = 'figure']"):
        drawn = [e for e in figure.xpath(".//*[name() = 'svg']//*[@data-value]") if e.text_content().strip()]
        buttons = figure.xpath(".//button[@class = 'spot']")
        assert [button.get("popovertarget") for button in buttons] == [
            f"v-{element.get('data-value')}" for element in drawn
        ]
        for button, element in zip(buttons, drawn, strict=True):
            assert button.get("aria-label").startswith(f"{element.text_content().strip()}, ")
            assert button.get("data-value") is None
        spots += len(buttons)
    assert spots > 300
    names = page.xpath("//figure[@id = 'fig-rcs']//button/@aria-label")
    assert "1.80, estimate, Change in RCS at 6 months" in names


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        yield running
        running.close()


@pytest.fixture
def opened(browser: Browser, path: Path) -> Iterator[Page]:
    """The page on a desk."""
    with browser.new_page(viewport={"width": 1280, "height": 900}) as shown:
        shown.goto(path.as_uri())
        yield shown


@pytest.fixture
def phone(browser: Browser, path: Path) -> Iterator[Page]:
    """The page on a phone, which is touched."""
    size = {"width": 390, "height": 844}
    with browser.new_page(viewport=size, has_touch=True, is_mobile=True, device_scale_factor=2) as shown:
        shown.goto(path.as_uri())
        yield shown


def is_open(card: Locator) -> bool:
    return card.evaluate("card => card.matches(':popover-open')")


def focused(page: Page) -> dict[str, str]:
    return page.evaluate(
        "() => { const e = document.activeElement; return {id: e.id, of: e.closest('.card')?.id ?? ''} }"
    )


@needs_chromium
def test_a_value_opens_and_closes_by_keyboard(opened: Page) -> None:
    """Tab reaches it, Enter opens its card, Tab goes into the card, Escape closes it and leads back."""
    opened.goto(opened.url + "#results-rcs")
    card, value = opened.locator(CARD), opened.locator(IN_TEXT).first
    for _ in range(20):
        opened.keyboard.press("Tab")
        if focused(opened)["id"] == value.get_attribute("id"):
            break
    assert value.evaluate("e => e.matches(':focus-visible') && getComputedStyle(e).outlineStyle") == "solid"
    opened.keyboard.press("Enter")
    assert is_open(card) and card.is_visible()
    opened.keyboard.press("Tab")
    assert focused(opened)["of"] == card.get_attribute("id")
    opened.keyboard.press("Escape")
    assert not is_open(card)
    assert focused(opened)["id"] == value.get_attribute("id")


@needs_chromium
def test_a_long_value_opens_by_keyboard_and_by_its_words(opened: Page) -> None:
    """The title shows a ring when it is reached, and opens by Enter and by a click on its words."""
    card, title = opened.locator("[id='v-review.about.title']"), opened.locator("h1 .value")
    title.locator("button").focus()
    opened.keyboard.press("Shift+Tab")
    opened.keyboard.press("Tab")
    assert title.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    opened.keyboard.press("Enter")
    assert is_open(card)
    opened.keyboard.press("Escape")
    title.click(position={"x": 30, "y": 12})
    assert is_open(card)


@needs_chromium
def test_cards_stack(opened: Page) -> None:
    """A card opened from a card leaves that one open; Escape goes back a step, a click outside closes all."""
    first, second = opened.locator(CARD), opened.locator("[id='v-rcs.m6.tau_squared']")
    opened.locator(IN_TEXT).first.click()
    first.locator("dd [popovertarget='v-rcs.m6.tau_squared']").click()
    assert is_open(first) and is_open(second)
    opened.keyboard.press("Escape")
    assert is_open(first) and not is_open(second)
    first.locator("dd [popovertarget='v-rcs.m6.tau_squared']").click()
    second.locator(".close").click()
    assert is_open(first) and not is_open(second)
    opened.mouse.click(20, 880)
    assert not is_open(first)


@needs_chromium
def test_a_value_in_a_figure_opens_the_card_of_the_text(opened: Page) -> None:
    """A click on the number in the drawing, and the keyboard, open what the number in the text opens."""
    card, spot = opened.locator(CARD), opened.locator(IN_FIGURE)
    spot.click()
    assert is_open(card)
    opened.keyboard.press("Escape")
    spot.focus()
    opened.keyboard.press("Enter")
    assert is_open(card)
    assert card.locator("dd").first.inner_text().startswith("1.80")


@needs_chromium
@pytest.mark.parametrize("width", [390, 1280])
def test_the_buttons_of_a_figure_lie_on_its_values(width: int, opened: Page) -> None:
    """At any width, each button covers the middle of the text it stands for, and little more."""
    opened.set_viewport_size({"width": width, "height": 900})
    opened.evaluate("document.querySelectorAll('.scroll').forEach(box => { box.style.overflow = 'visible' })")
    misplaced, seen = opened.evaluate("""() => {
        const misplaced = []; let seen = 0;
        for (const drawing of document.querySelectorAll('.drawing')) {
            const texts = [...drawing.querySelectorAll('svg [data-value]')].filter(e => e.textContent.trim());
            drawing.querySelectorAll('.spot').forEach((spot, i) => {
                const a = spot.getBoundingClientRect(), b = texts[i].getBoundingClientRect();
                const x = (a.left + a.right - b.left - b.right) / 2;
                const y = (a.top + a.bottom - b.top - b.bottom) / 2;
                const fits = Math.abs(x) < 3 && Math.abs(y) < 3 && Math.abs(a.width - b.width) < 6;
                if (!fits) misplaced.push([spot.ariaLabel, x, y, a.width, b.width]);
                seen += 1;
            })
        }
        return [misplaced, seen];
    }""")
    assert misplaced == [] and seen > 300


@needs_chromium
def test_a_tap_opens_a_card_as_a_sheet(phone: Page) -> None:
    """On a phone a tap on a number, written or drawn, opens a sheet at the bottom, as wide as the screen."""
    for place in (IN_TEXT, IN_FIGURE):
        phone.locator(place).first.tap()
        card = phone.locator(CARD)
        assert is_open(card)
        box = card.bounding_box()
        assert (box["x"], box["width"], box["y"] + box["height"]) == (0, 390, 844)
        assert box["height"] < 0.65 * 844
        assert card.evaluate("e => e.scrollWidth <= e.clientWidth")
        card.locator(".close").tap()
        assert not is_open(card)
    assert phone.evaluate("document.documentElement.scrollWidth") == 390


@needs_chromium
def test_a_card_opens_beside_its_value(opened: Page) -> None:
    """On a desk a card touches no line of its value and is all on the screen, wherever the value stands."""
    for top in (60, 300, 600, 820):
        value, card = opened.locator(IN_TEXT).first, opened.locator(CARD)
        value.evaluate("(e, top) => window.scrollBy(0, e.getBoundingClientRect().top - top)", top)
        value.click()
        box, anchor = card.bounding_box(), value.bounding_box()
        assert box["y"] >= anchor["y"] + anchor["height"] or box["y"] + box["height"] <= anchor["y"]
        assert box["x"] >= 0 and box["x"] + box["width"] <= 1280
        assert box["y"] >= 0 and box["y"] + box["height"] <= 900
        opened.keyboard.press("Escape")


@needs_chromium
def test_printing_shows_text_only(opened: Page) -> None:
    """On paper there is no card, even an open one, no button; every number stands in its sentence."""
    opened.locator(IN_TEXT).first.click()
    opened.emulate_media(media="print")
    assert not opened.locator(CARD).is_visible()
    assert opened.locator(".card:visible, .spot:visible").count() == 0
    looks = opened.evaluate("""() => {
        const styles = [...document.querySelectorAll('main .value')].map(e => getComputedStyle(e));
        return [...new Set(styles.map(s => `${s.display} ${s.borderStyle} ${s.backgroundColor}`))];
    }""")
    assert looks == ["contents none rgba(0, 0, 0, 0)"]
    pages = [sheet.extract_text() for sheet in PdfReader(BytesIO(opened.pdf())).pages]
    printed = " ".join(" ".join(pages).split())
    assert "(MD 1.80 points, 95% CI −3.38 to 6.99" in printed
    assert "Unrounded" not in printed and "can be opened" not in printed
    heads = [sheet for sheet in pages if "Relative effect" in " ".join(sheet.split())]
    assert heads and all("(95% CI)" in " ".join(sheet.split()) for sheet in heads)


@needs_chromium
def test_copied_text_keeps_its_numbers(opened: Page) -> None:
    """A selection over paragraphs, tables (folded ones opened) and notes holds every word and number."""
    paragraphs, missing = opened.evaluate("""() => {
        const missing = [], selection = getSelection(), plain = text => text.replace(/\\s+/g, '');
        document.querySelectorAll('main details').forEach(details => details.open = true);
        const blocks = [...document.querySelectorAll('main p, main h1, main table, main figcaption')];
        for (const block of blocks) {
            selection.selectAllChildren(block);
            if (plain(selection.toString()) !== plain(block.textContent)) missing.push(selection.toString());
        }
        return [blocks.length, missing];
    }""")
    assert missing == [] and paragraphs > 50


@needs_chromium
@pytest.mark.parametrize("width", [320, 390, 700, 1280])
def test_lines_break_as_in_plain_text(width: int, opened: Page) -> None:
    """A number never stands apart from what touches it, no line is taller for it, and nothing overflows."""
    opened.set_viewport_size({"width": width, "height": 900})
    broken, tall, wide = opened.evaluate("""() => {
        const pieces = [...document.querySelectorAll('main .together')];
        const broken = pieces.filter(e => e.getClientRects().length > 1);
        const inText = [...document.querySelectorAll('section > p .value')];
        const height = e => parseFloat(getComputedStyle(e.closest('p')).lineHeight);
        const tall = inText.filter(e => e.tagName === 'BUTTON' && e.offsetHeight > height(e) + 0.5
                                        && !/\\s/.test(e.textContent));
        const scrolls = document.documentElement.scrollWidth > innerWidth;
        return [broken.map(e => e.textContent), tall.map(e => e.textContent), scrolls];
    }""")
    assert (broken, tall, wide) == ([], [], False)


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_rule_is_broken(scheme: str, opened: Page) -> None:
    """axe finds nothing on the page while two cards are open, and nothing when they are closed."""
    from axe_playwright_python.sync_playwright import Axe

    def violations() -> list[tuple[str, str]]:
        response = Axe().run(opened).response
        assert len(response["passes"]) > 20
        return [(rule["id"], node["html"][:120]) for rule in response["violations"] for node in rule["nodes"]]

    opened.emulate_media(color_scheme=scheme)
    opened.locator(IN_TEXT).first.click()
    opened.locator(CARD).locator("dd [popovertarget='v-rcs.m6.tau_squared']").click()
    # A thousand hidden cards cost axe a minute and tell it nothing.
    opened.evaluate("document.querySelectorAll('.card:not(:popover-open)').forEach(card => card.remove())")
    assert opened.locator(".card:visible").count() == 2
    assert violations() == []
    opened.keyboard.press("Escape")
    opened.keyboard.press("Escape")
    assert opened.locator(".card:visible").count() == 0
    assert violations() == []
