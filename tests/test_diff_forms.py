"""The forms of a diff, read as their readers do: on a terminal, in a comment, in a browser, on paper."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pdfplumber
import pytest
from fake_changes import CELL, IDLE, REVISIONS, WORDING, fake_changes, fake_editions
from lxml import html
from lxml.etree import _Element
from lxml.html import HtmlElement
from markdown_it import MarkdownIt
from pypdf import PdfReader
from rich.console import Console

from sscreport.changes import Change, Changes, Weight
from sscreport.compare import compare
from sscreport.forms import markdown, page, show, to_record
from sscreport.redline import redline
from sscreport.write.marked_pdf import write_marked_pdf
from tests.editions import editions, made

CHANGES = fake_changes()
QUESTION = "Did any conclusion change?"


def words(text: str) -> str:
    return " ".join(text.split())


def squashed(text: str) -> str:
    return "".join(text.split())


def without_conclusions() -> Changes:
    return replace(CHANGES, changes=tuple(c for c in CHANGES.changes if c.weight < Weight.CONCLUSION))


# ---------------------------------------------------------------- record


def test_the_record_is_json_and_holds_every_change_with_its_causes() -> None:
    """Each change has its weight as a word and its causes in full, and the summary counts them."""
    record = json.loads(json.dumps(to_record(CHANGES), allow_nan=False))
    assert record["summary"] == {
        "conclusion_changed": True, "changes": 38, "conclusion": 2, "effect": 1, "visible": 5, "hidden": 30
    }  # fmt: skip
    for entry, change in zip(record["changes"], CHANGES.changes, strict=True):
        assert (entry["what"], entry["before"], entry["after"]) == (change.what, change.before, change.after)
        assert entry["weight"] == change.weight.name.lower()
        assert [c["where"] for c in entry["causes"]] == [CHANGES.causes[n].where for n in change.causes]
    assert record["changes"][0]["causes"][0]["told"] == CELL.told
    assert record["changes"][0]["causes"][0]["commits"][0]["date"] == "2026-01-02"
    assert [cause["where"] for cause in record["without_effect"]] == [IDLE.where]


def test_the_record_of_an_endless_difference_is_json_still() -> None:
    """A difference that is no finite number is null."""
    endless = replace(CHANGES.changes[2], difference=float("inf"))
    record = to_record(replace(CHANGES, changes=(endless,)))
    assert record["changes"][0]["difference"] is None


# ---------------------------------------------------------------- terminal


def shown(changes: Changes, columns: int | None = None, **options: Any) -> list[str]:
    """What a terminal of so many columns shows, or a pipe."""
    stream = io.StringIO()
    terminal = {"force_terminal": True, "width": columns} if columns else {}
    show(changes, Console(file=stream, no_color=True, highlight=False, **terminal), **options)
    return re.sub(r"\x1b\[[\d;]*m", "", stream.getvalue()).splitlines()


def test_the_first_screen_answers_and_says_why() -> None:
    """In 24 lines of 80 columns: the answer, the counts, each conclusion and effect with reason and cause."""
    lines = shown(CHANGES, 80)
    first = words(" ".join(line.strip("│├└─ ") for line in lines[:24]))
    assert max(map(len, lines)) <= 80
    assert lines[1] == f"{QUESTION} Yes: 2 conclusions changed."
    assert lines[2] == "2 conclusions, 1 effect, 5 other visible changes, 30 hidden changes"
    for told in (
        "direction: improved → no difference",
        "certainty: moderate → low",
        "5.10 → 4.10 (−1)",
        "the interval includes no difference now",
        "moved by 20%",
        CELL.told,
    ):
        assert told in first


def test_a_pipe_cuts_no_line() -> None:
    """However long a cause or a sentence is, it stands on one line and complete."""
    lines = shown(CHANGES)
    assert any(line.endswith(f"because of {CELL.told}") for line in lines)
    assert any("A | new <b>one</b>, `really` @all." in line for line in lines)


def test_hidden_changes_are_counted_and_listed_on_demand() -> None:
    """Digits behind what is printed are no lines of their own unless asked for, nor what changed nothing."""
    brief, full = "\n".join(shown(CHANGES)), "\n".join(shown(CHANGES, verbose=True))
    assert "hidden value 7" not in brief and IDLE.where not in brief
    assert "30 hidden changes; 1 of 4 differences in the inputs changes nothing" in brief
    assert "hidden value 7" in full and IDLE.told in full


@pytest.mark.parametrize(
    ("changes", "answer"),
    [(without_conclusions(), "No."), (replace(CHANGES, changes=()), "No: nothing differs.")],
)
def test_no_is_said_as_plainly(changes: Changes, answer: str) -> None:
    """Every form begins with the answer, also where no conclusion or nothing at all changed."""
    (heading,) = html.document_fromstring(page(changes)).iter("h1")
    assert shown(changes)[1] == f"{QUESTION} {answer}"
    assert markdown(changes).splitlines()[0] == f"### {QUESTION} {answer}"
    assert words(heading.text_content()) == f"{QUESTION} {answer}"
    assert to_record(changes)["summary"]["conclusion_changed"] is False


# ---------------------------------------------------------------- markdown


def rendered(text: str) -> HtmlElement:
    return html.fromstring(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))


def test_the_comment_reads_as_it_was_meant() -> None:
    """Rendered, every cell holds its text: pipes, tags, backticks and underscores are no markup."""
    comment = rendered(markdown(CHANGES))
    tables = [[[words(cell.text_content()) for cell in row] for row in table.iter("tr")]
              for table in comment.iter("table")]  # fmt: skip
    told = CELL.told.replace("@", "@\N{ZERO WIDTH SPACE}")
    assert tables[0][1] == [
        "Skin score, skin score, direction", "improved", "no difference", "",
        "the interval includes no difference now", told,
    ]  # fmt: skip
    assert tables[1][1][1:4] == ["5.10", "4.10", "−1"]
    assert tables[3][2][2] == "A | new <b>one</b>, `really` @\N{ZERO WIDTH SPACE}all."
    summaries = [words(summary.text_content()) for summary in comment.iter("summary")]
    assert summaries[:2] == [f"{told} (2)", f"{WORDING.told} (2)"]
    assert not comment.xpath("//b | //code | //em")


def test_nobody_is_called_by_the_comment() -> None:
    """No name after an at sign reaches the page as one that would be notified."""
    assert not re.search(r"@\w", markdown(CHANGES))


@pytest.mark.parametrize("limit", [120, 600, 1000, 1500, 2000, 65_000])
def test_the_comment_fits_and_says_what_is_missing(limit: int) -> None:
    """It is never longer than allowed, ends whole, and counts the entries that it leaves out."""
    text = markdown(CHANGES, limit)
    assert len(text) <= limit
    assert text.count("<details>") == text.count("</details>")
    complete = rows(markdown(CHANGES))
    if limit == 65_000:
        assert "not fit" not in text
    elif limit > 500:
        left = int(re.search(r"_(\d+) more entr\w+ do(es)? not fit here\._", text)[1])
        assert complete - rows(text) == left > 0


def rows(text: str) -> int:
    """The entries of a comment: rows of tables but the heads, items, and the line of what is hidden."""
    lines = text.splitlines()
    heads = sum(line.startswith("| --- |") for line in lines)
    return sum(line.startswith(("| ", "- ", "30 hidden")) for line in lines) - 2 * heads


# ---------------------------------------------------------------- page


@pytest.fixture(scope="module")
def parsed() -> HtmlElement:
    return html.document_fromstring(page(CHANGES))


def side(parsed: HtmlElement, mark: str) -> list[HtmlElement]:
    return parsed.xpath(f"//section[@id='sides']//*[contains(@class, 'side {mark}')]")


def test_the_page_needs_nothing_but_itself(parsed: HtmlElement) -> None:
    """No script runs, and no style sheet, picture or font comes from elsewhere."""
    assert not parsed.xpath("//script | //link | //img | //iframe | //@src | //@*[starts-with(name(), 'on')]")
    assert not re.search(r"@import|url\((?!#)", page(CHANGES))


def test_every_change_leads_to_its_place_and_back(parsed: HtmlElement) -> None:
    """Ids are unique and links arrive; a change with marks leads to one, whose block leads back."""
    ids = parsed.xpath("//@id")
    assert [name for name, times in Counter(ids).items() if times > 1] == []
    assert {unquote(link[1:]) for link in parsed.xpath("//@href") if link.startswith("#")} <= set(ids)
    assert {f"r-{number}" for number in REVISIONS} <= set(ids)
    for number, change in enumerate(CHANGES.changes, start=1):
        row = parsed.get_element_by_id(f"change-{number}")
        targets = row.xpath(".//a/@href")
        assert targets == [f"#r-{n}" for n in change.revisions[:1]]
        for target in targets:
            place = parsed.get_element_by_id(target[1:])
            (pair,) = place.xpath("ancestor::div[starts-with(@class, 'pair')]")
            assert f"#change-{number}" in pair.xpath(".//p[@class='why']/a/@href")
            told = words(pair.xpath("string(p[@class='why'])"))
            assert all(CHANGES.causes[n].told in told for n in CHANGES.revision_causes[change.revisions[0]])


def test_each_side_reads_as_its_edition(parsed: HtmlElement) -> None:
    """Left stands what the old edition has, right what the new one has, and neither the other's words."""
    old, new = (words(" ".join(box.text_content() for box in side(parsed, mark))) for mark in ("del", "ins"))
    assert "The score fell by 5.10 points, which is important to all patients, as Fig. 1 shows." in old
    assert "The score fell by 4.10 points, which may be important, as Fig. 1 shows." in new
    assert "Granel B. 2015." in old and "Granel" not in new
    assert "A paragraph that is new." in new and "that is new" not in old


def test_what_did_not_change_is_folded_and_counted(parsed: HtmlElement) -> None:
    """Unchanged stretches stand behind their number; of a table the rows near a change are left."""
    summaries = [
        words(summary.text_content()) for summary in parsed.xpath("//details[@class='same']/summary")
    ]
    assert "An invented treatment, Methods: 4 unchanged paragraphs" in summaries
    assert "1 unchanged table, 1 figure" in summaries
    (table,) = (box for box in side(parsed, "del") if box.xpath(".//table"))
    texts = [" ".join(words(cell.text_content()) for cell in row) for row in table.xpath(".//tbody/tr")]
    assert texts == ["haematoma 7", "pain 5", "infection 5", "4 unchanged rows", "nausea 5", "fever 1"]


def test_changed_cells_are_marked_on_both_sides(parsed: HtmlElement) -> None:
    """A cell that differs is marked left and right, an inserted column right, a deleted row left."""
    marked = {
        mark: [(words(cell.text_content()), cell.get("class").split()[-1])
               for box in side(parsed, mark) for cell in box.xpath(".//table//*[self::td or self::th]")
               if set(cell.get("class", "").split()) & {"changed", "ins", "del"}]
        for mark in ("del", "ins")
    }  # fmt: skip
    assert marked == {
        "del": [("7", "changed"), ("fever", "del"), ("1", "del")],
        "ins": [("Share", "ins"), ("9", "changed"), ("1%", "ins"), ("1%", "ins")],
    }


def test_both_drawings_of_a_figure_are_there(parsed: HtmlElement) -> None:
    """Old and new are drawn once each, described, and each refers to parts of itself only."""
    panes = parsed.xpath("//div[@class='panes']/div")
    assert [pane.get("class") for pane in panes] == ["pane old", "pane new"]
    drawings = [pane.xpath(".//*[name() = 'svg']")[0] for pane in panes]
    assert [drawing.get("aria-label") for drawing in drawings] == ["Old plot", "New plot"]
    (clipped,) = set(drawings[0].xpath(".//@clip-path"))
    assert drawings[0].xpath(f".//*[@id = '{clipped[5:-1]}']")
    assert len(parsed.xpath("//fieldset//input[@type='radio']")) == 6


def test_a_figure_that_one_edition_lacks_is_drawn_alone() -> None:
    """There is nothing to switch then; of a figure that only moved it is said that it looks the same."""
    tree = deepcopy(CHANGES.redline.tree)
    figure = tree.find(".//figure[@id='fig-skin-score']")
    figure.remove(figure.find("img"))
    moved = tree.find(".//figure[@id='fig-pain-scale']")
    moved.attrib.update({"data-change": "ins", "data-revision": "14"})
    alone = replace(CHANGES, redline=replace(CHANGES.redline, tree=tree))
    parsed = html.document_fromstring(page(alone))
    panes = parsed.xpath("//div[@class='panes']/div")
    assert [pane.get("class") for pane in panes] == ["pane new", "pane new"]
    assert panes[0].xpath(".//*[name() = 'svg']/@aria-label") == ["New plot"]
    assert [words(part.text_content()) for part in panes[1]] == ["After", "Drawn the same in both editions."]
    assert panes[1].get("id") == "r-14"
    assert not parsed.xpath("//fieldset")


@pytest.mark.needs("chromium")
def test_the_page_in_a_browser(tmp_path: Path) -> None:
    """No rule of accessibility is broken, nothing overflows, the answer is on the first screen, and the
    switch works by keyboard."""
    import shutil

    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    path = tmp_path / "changes.html"
    path.write_text(page(CHANGES), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page()
        requests: list[str] = []
        tab.on("request", lambda request: requests.append(request.url))
        for width, scheme in ((1440, "light"), (390, "dark")):
            tab.set_viewport_size({"width": width, "height": 900})
            tab.emulate_media(color_scheme=scheme)
            tab.goto(path.as_uri())
            violations = Axe().run(tab).response["violations"]
            assert [(rule["id"], rule["nodes"][0]["html"][:120]) for rule in violations] == []
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
            first = tab.locator("header").inner_text()
            assert "Yes: 2 conclusions changed." in first
            assert tab.locator("tr.conclusion").first.bounding_box()["y"] < 900
        assert len(requests) == 2
        tab.locator("[value=beside]").focus()
        tab.keyboard.press("ArrowRight")
        panes = [tab.locator(f".pane.{name}").is_visible() for name in ("old", "new")]
        assert panes == [True, False]
        browser.close()


def marks(tree: _Element, tag: str) -> dict[int, str]:
    """By revision the text under its marks of one kind, without spaces."""
    found: dict[int, str] = {}
    for mark in tree.xpath(f".//{tag}[@data-revision] | .//*[@data-change='{tag}'][not(self::img)]"):
        number = int(mark.get("data-revision"))
        found[number] = found.get(number, "") + squashed("".join(mark.itertext()))
    return {number: text for number, text in found.items() if text}


def pairs_of_editions() -> Iterator[Changes]:
    """Real redlines of small reviews that differ in data, templates, options and structure."""
    manuscripts = [made(edition.folder, paint=False) for edition in editions(6, seed=11)]
    for old, new in zip(manuscripts, manuscripts[1:], strict=False):
        figures = compare(old, new).figures
        merged = redline(old.tree, new.tree, figures)
        drawn = {name: tuple(m.figures[name].svg if name in m.figures else None for m in (old, new))
                 for name in figures}  # fmt: skip
        causes = {revision.number: (0,) for revision in merged.revisions}
        changes = tuple(
            Change(
                "sentence", r.place, "", "", r.before, r.after, Weight.VISIBLE, (0,), revisions=(r.number,)
            )
            for r in merged.revisions
        )
        yield replace(
            CHANGES, redline=merged, revision_causes=causes, figures=drawn, changes=changes, place_names={}
        )


def test_every_mark_of_any_redline_is_on_the_page_once() -> None:
    """Whatever differs between two editions, the page shows each deleted and inserted text on its side."""
    number = 0
    for changes in pairs_of_editions():
        parsed = html.document_fromstring(page(changes))
        (sides,) = parsed.xpath("//section[@id='sides']")
        ids = parsed.xpath("//@id")
        assert max(Counter(ids).values()) == 1
        assert {f"r-{revision.number}" for revision in changes.redline.revisions} <= set(ids)
        assert {link[1:] for link in parsed.xpath("//@href") if link.startswith("#")} <= set(ids)
        for tag in ("del", "ins"):
            expected = marks(changes.redline.tree, tag)
            assert {n: sorted(t) for n, t in marks(sides, tag).items()} == {
                n: sorted(t) for n, t in expected.items()
            }
            number += len(expected)
    assert number > 50


# ---------------------------------------------------------------- marked PDF


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("marked") / "marked.pdf"
    write_marked_pdf(CHANGES, *fake_editions(), path)
    return path


@pytest.mark.needs("pango")
def test_the_marked_pdf_leads_from_each_number_to_its_cause(marked: Path) -> None:
    """Every revision has a place and an entry, which lead to each other, under the cause's words."""
    reader = PdfReader(marked)
    places = set(reader.named_destinations)
    expected = {f"{what}-{number}" for number in REVISIONS for what in ("mark", "revision")}
    assert expected <= places
    links = Counter(
        annotation.get_object()["/Dest"]
        for sheet in reader.pages
        for annotation in sheet.get("/Annots", [])
        if "/Dest" in annotation.get_object()
    )
    assert {name: links[name] for name in expected} == dict.fromkeys(expected, 1)
    text = squashed("".join(sheet.extract_text() for sheet in reader.pages))
    listed = text.rpartition("Changesandtheircauses")[2]
    for number in REVISIONS:
        told = [CHANGES.causes[position].told for position in CHANGES.revision_causes[number]]
        assert all(squashed(cause) in listed for cause in told)
    assert not reader.attachments


@pytest.mark.needs("pango")
def test_the_marked_pdf_has_both_texts_and_both_drawings(marked: Path) -> None:
    """Old and new words stand there, and a redrawn figure before and after."""
    text = squashed("".join(sheet.extract_text() for sheet in PdfReader(marked).pages))
    for told in ("5.10", "4.10", "toallpatients", "GranelB.2015.", "Aparagraphthatisnew", "before", "after"):
        assert told in text
    assert text.count("5.10") > text.count("5.11") > 0  # in the text, and the last row of either plot


@pytest.mark.needs("pango")
def test_bars_stand_beside_what_differs_alone(marked: Path) -> None:
    """Left of a changed paragraph, row, note and reference is a bar; left of others is none."""
    names = ("The score", "haematoma", "fever", "infection", "Or twice", "Counted", "Granel", "Wang", "Park")
    found = {}
    with pdfplumber.open(marked) as pdf:
        for sheet in pdf.pages[:-1]:
            image = sheet.to_image(resolution=144).original.convert("L")
            for name in names:
                for line in sheet.search(re.escape(name)):
                    middle = int(line["top"] + line["bottom"])  # in pixels, two for each point
                    strip = range(2 * 40, int(2 * min(line["x0"] - 6, 76)))
                    found.setdefault(name, min(image.getpixel((x, middle)) for x in strip) < 100)
    assert found == dict(zip(names, (True, True, True, False, True, False, True, False, False), strict=True))


@pytest.mark.needs("pango")
def test_the_marked_pdf_is_the_same_each_time_and_takes_any_name(marked: Path, tmp_path: Path) -> None:
    """Equal changes give equal bytes; a name in letters that no font has does not stop the printing."""
    write_marked_pdf(CHANGES, *fake_editions(), tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == marked.read_bytes()
    author = replace(CELL.commits[0], author="张伟")
    causes = (replace(CELL, commits=(author,)), *CHANGES.causes[1:])
    write_marked_pdf(replace(CHANGES, causes=causes), *fake_editions(), tmp_path / "named.pdf")
    assert "(??, 2026-01-02" in words(PdfReader(tmp_path / "named.pdf").pages[-1].extract_text())
