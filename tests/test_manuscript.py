"""The finished manuscript as a whole: daggers, uses of values, their register, and the last audit."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import etree, html
from lxml.html import HtmlElement
from pypdf import PdfReader

from sscreport.cli import main
from sscreport.compose import marks
from sscreport.compose.audit import audit
from sscreport.problems import BuildError
from sscreport.values import Book, Cell, Value
from tests import read_docx, read_pdf
from tests.conftest import REPOSITORY, Built
from tests.test_data import edit_cell, review_copy

# The passage that explains reconstruction counts what was reconstructed; it prints no result.
EXPLAINS = "methods-provenance"
UNITS = ("p", "figcaption", "tr")


@pytest.fixture(scope="module")
def page(built: Built) -> HtmlElement:
    """The finished web page."""
    path = built.output / "manuscript.html"
    return html.document_fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))


@pytest.fixture(scope="module")
def register(built: Built) -> dict[str, Any]:
    """values.json."""
    return json.loads((built.output / "values.json").read_text(encoding="utf-8"))


def in_text(page: HtmlElement) -> list[HtmlElement]:
    """Every use of a value in the manuscript's text: not in its figures or their data, nor the contents."""
    drawn = "ancestor::*[local-name() = 'svg' or @class = 'figure-data']"
    return page.xpath(f"//main//*[@data-value][not({drawn})]")


def place(element: HtmlElement) -> str:
    """The nearest section, table or figure an element stands in."""
    above = (e for e in element.iterancestors("section", "figure") if e.get("id"))
    return next((e.get("id") for e in above), "header")


def text(element: HtmlElement) -> str:
    return " ".join("".join(element.itertext()).split())


# ---------------------------------------------------------------- daggers


def test_what_rests_on_reconstructed_data_has_a_dagger(page: HtmlElement, register: dict[str, Any]) -> None:
    """Every paragraph, caption and table row that prints a reconstructed number holds a †."""
    without, seen = [], 0
    for use in in_text(page):
        key = use.get("data-value")
        if register["values"][key]["provenance"] != "reconstructed" or place(use) == EXPLAINS:
            continue
        unit = next(use.iterancestors(*UNITS))
        seen += 1
        if "†" not in text(unit):
            without.append((place(use), key, text(use)))
    assert without == []
    assert seen > 100


RESULTS = (".estimate", ".md", ".difference", ".prediction_low", ".lowest", ".tipping", ".proportion")


def test_each_result_has_its_own_dagger(page: HtmlElement, register: dict[str, Any]) -> None:
    """In text and tables a † follows every reconstructed result before the next one is printed."""
    units = list(dict.fromkeys(next(use.iterancestors(*UNITS), None) for use in in_text(page)))
    results = 0
    for unit in units:
        if unit is None or unit.tag == "figcaption":
            continue
        waiting = ""
        for element in unit.iter():
            key = element.get("data-value", "")
            if element.tag == "sup" and element.text == "†":
                waiting = ""
            elif key.endswith(RESULTS):
                same = waiting.rpartition(".")[0] == key.rpartition(".")[0]  # an estimate and its prediction
                assert not waiting or same, f"{place(unit)}: no † between {waiting} and {key}"
                if register["values"][key]["provenance"] == "reconstructed":
                    waiting = key
                    results += 1
        assert not waiting, f"{place(unit)}: no † after {waiting}"
    assert results > 25


def test_nothing_firm_has_a_dagger(page: HtmlElement, register: dict[str, Any]) -> None:
    """A † in the text stands only where the paragraph or row prints something reconstructed."""
    for mark in page.xpath("//main//sup[. = '†'][not(ancestor::div[@class = 'notes'])]"):
        unit = next(mark.iterancestors(*UNITS))
        keys = [use.get("data-value") for use in unit.xpath(".//*[@data-value]")]
        assert any(register["values"][key]["provenance"] == "reconstructed" for key in keys), text(unit)


def test_the_dagger_is_explained_wherever_it_stands(page: HtmlElement) -> None:
    """The note on the first page and Methods say what † means; captions and tables explain it themselves."""
    notice = text(page.xpath("//main//aside")[0])
    assert "A dagger (†) marks results that rest on reconstructed study-level data" in notice
    assert "†" in text(page.xpath(f"//section[@id='{EXPLAINS}']")[0])
    for figure in page.xpath("//main//figure[contains(@class, 'figure')]"):
        drawn = "".join(figure.xpath(".//*[local-name() = 'svg']//text()"))
        explained = bool(re.search("† .*reconstructed", text(figure.find(".//figcaption"))))
        assert explained == ("†" in drawn), figure.get("id")


def test_reconstructed_values_can_be_told_from_others_by_class(
    page: HtmlElement, register: dict[str, Any]
) -> None:
    """A value's element is of class "reconstructed" if and only if the value is."""
    classes = {True: 0, False: 0}
    for use in in_text(page):
        reconstructed = register["values"][use.get("data-value")]["provenance"] == "reconstructed"
        assert ("reconstructed" in use.get("class", "").split()) == reconstructed, use.get("id")
        classes[reconstructed] += 1
    assert min(classes.values()) > 100


# ---------------------------------------------------------------- uses


def test_every_single_use_of_a_value_has_its_number(page: HtmlElement) -> None:
    """The uses of a value in the text are numbered from one in reading order, and no id stands twice."""
    uses: Counter[str] = Counter()
    for use in in_text(page):
        key = use.get("data-value")
        uses[key] += 1
        assert use.get("id") == f"n-{key}-{uses[key]}"
    assert max(uses.values()) > 5


@pytest.mark.needs("pango")
def test_every_single_use_of_a_value_is_in_the_pdf(built: Built, page: HtmlElement) -> None:
    """A value printed five times in the text of the HTML has five places in the PDF that can be linked to."""
    destinations = PdfReader(built.output / "manuscript.pdf").named_destinations
    uses = {name for name in destinations if read_pdf.USE.match(name)}
    assert uses == {use.get("id") for use in in_text(page)}


def test_every_single_use_of_a_value_is_in_the_word_file(built: Built, page: HtmlElement) -> None:
    """A value printed five times in the text of the HTML is printed five times in DOCX, in the same words."""
    shown: dict[str, Counter[str]] = defaultdict(Counter)
    for use in in_text(page):
        shown[use.get("data-value")][text(use)] += 1
    found = read_docx.read_values(built.output / "manuscript.docx")
    printed = {key: Counter(" ".join(t.split()) for t in texts if t) for key, texts in found.items()}
    assert {key: texts for key, texts in printed.items() if texts} == shown


# ---------------------------------------------------------------- values.json


def test_used_is_where_the_value_stands(built: Built, page: HtmlElement, register: dict[str, Any]) -> None:
    """values.json names exactly the texts of each value, and the sections, tables and figures they are in."""
    used: dict[str, list[str]] = defaultdict(list)
    texts: dict[str, list[str]] = defaultdict(list)
    for use in in_text(page):
        used[use.get("data-value")].append(place(use))
        texts[use.get("data-value")].append("".join(use.itertext()))
    for figure in page.xpath("//main//figure"):
        name = figure.get("id").removeprefix("fig-")
        for use in figure.xpath(".//*[local-name() = 'svg']//*[@data-value]"):
            if printed := "".join(use.itertext()).strip():
                used[use.get("data-value")].append(f"figures/{name}.svg")
                texts[use.get("data-value")].append(printed)
                assert (built.figures / f"{name}.svg").is_file()
    for key, entry in register["values"].items():
        assert entry["used"] == list(dict.fromkeys(used[key])), key
        assert sorted(entry["texts"]) == sorted(set(texts[key])), key
    assert {key for key in used if used[key]} <= register["values"].keys()


def pooled_rcs() -> float:
    """The random-effects mean of the two RCS rows, from the numbers in the data file."""
    y, se = np.array([4.30, -1.00]), np.array([0.450, 1.351])
    w = 1 / se**2
    q = (w * (y - (w * y).sum() / w.sum()) ** 2).sum()
    w = 1 / (se**2 + (q - 1) / (w.sum() - (w**2).sum() / w.sum()))
    return float((w * y).sum() / w.sum())


def line_of(passage: str) -> str:
    """Where templates/results.html asks for something."""
    lines = (REPOSITORY / "templates/results.html").read_text(encoding="utf-8").splitlines()
    number = next(number for number, line in enumerate(lines, start=1) if passage in line)
    return f"templates/results.html:{number}"


STUDIES = ("almadori", "blezien", "virzi", "granel", "keyszer", "park", "scuderi", "wang", "zhang")
COUNTED = ("almadori", "granel", "keyszer", "park", "wang", "zhang")
ENTRIES = {
    "rcs.m6.estimate": {
        "what": "estimate, Change in RCS at 6 months",
        "texts": ["1.80"],
        "number": pytest.approx(pooled_rcs(), rel=1e-11),
        "unit": "points",
        "rule": "DerSimonian-Laird random-effects mean",
        "reference": "DerSimonian & Laird (1986) Control Clin Trials 7:177",
        "provenance": "reconstructed",
        "from": [
            "mean_differences.rcs-6m-granel.md",
            "mean_differences.rcs-6m-park.md",
            "mean_differences.rcs-6m-granel.se",
            "mean_differences.rcs-6m-park.se",
            "rcs.m6.tau_squared",
        ],
        "decided by": ["rcs.m6.model"],
        "cells": [
            "data/mean_differences.csv:rcs-6m-granel:md",
            "data/mean_differences.csv:rcs-6m-granel:se",
            "data/mean_differences.csv:rcs-6m-park:md",
            "data/mean_differences.csv:rcs-6m-park:se",
        ],
        "deciding cells": [
            "data/mean_differences.csv:rcs-6m-granel:id",
            "data/mean_differences.csv:rcs-6m-park:id",
            "data/review.toml:analyses.rcs.m6:fallback_model",
            "data/review.toml:policy.model:fixed_i_squared",
            "data/review.toml:policy.model:p",
            "data/review.toml:policy.model:random_i_squared",
        ],
        "used": [
            "abstract",
            "results-rcs",
            "table-ledger",
            "table-alternatives",
            "figures/rcs.svg",
            "figures/specifications-rcs.svg",
        ],  # fmt: skip
        "consulted": [line_of("dagger_note(rcs.estimate)")],
    },
    "safety.patients": {
        "what": "Patients in the studies that counted adverse events",
        "texts": ["114"],
        "number": 62 + 12 + 3 + 18 + 5 + 14,
        "unit": "patients",
        "rule": "sum",
        "provenance": "published",
        "from": [f"studies.{study}.patients" for study in COUNTED],
        "decided by": [f"safety.{study}.reporting" for study in STUDIES],
        "cells": [f"data/studies.csv:{study}:patients" for study in COUNTED],
        "deciding cells": [f"data/safety.csv:{study}:reporting" for study in sorted(STUDIES)],
        "used": ["abstract", "results-safety", "discussion-harms", "table-ledger"],
    },
    "studies.park.patients": {
        "what": "patients, Park",
        "texts": ["18"],
        "number": 18,
        "unit": "patients",
        "rule": "read from the data",
        "provenance": "published",
        "cells": ["data/studies.csv:park:patients"],
        "used": ["table-characteristics", "table-outcomes"],
    },
}


@pytest.mark.parametrize("key", ENTRIES)
def test_an_entry_says_all_there_is_to_know(key: str, register: dict[str, Any]) -> None:
    """A pooled result, a count and a cell have exactly these entries, and every field of them is right."""
    assert register["values"][key] == ENTRIES[key]


def test_a_cell_is_listed_with_its_raw_text_and_source(register: dict[str, Any]) -> None:
    """A field is listed as it was typed, with provenance, source, place and what it was solved from."""
    cells = register["cells"]
    solved = cells["data/mean_differences.csv:rcs-6m-granel:se"]
    claim = "data/published_claims.csv:rcs_6m"
    assert {f"{claim}:{name}" for name in ("value", "ci_low", "ci_high")} <= set(solved["solved from"])
    assert {name: text for name, text in solved.items() if name != "solved from"} == {
        "raw": "0.450",
        "provenance": "reconstructed",
        "source": "Cui et al. 2022",
        "locator": "solved from the pooled results of Fig. 4",
    }
    assert cells["data/mean_differences.csv:rcs-6m-granel:md"] == {
        "raw": "4.30",
        "provenance": "primary",
        "source": "Granel et al. 2015, as restated by the sponsor in 2015",
        "locator": "means before and after treatment",
    }


def test_a_value_is_as_firm_as_its_weakest_cell(register: dict[str, Any]) -> None:
    """Published, primary, derived, reconstructed: a value has the last of these among its cells."""
    firmness = ["published", "primary", "derived", "reconstructed"]
    found = set()
    for key, entry in register["values"].items():
        classes = [register["cells"][cell]["provenance"] for cell in entry["cells"]]
        assert entry["provenance"] == max(classes, key=firmness.index), key
        found.add(entry["provenance"])
    assert found == set(firmness)


def test_an_interval_says_to_where_a_dash_could_be_read_as_minus(page: HtmlElement) -> None:
    """Between two limits stands "to" if one is negative, an en dash if none is."""
    kinds = {" to ": 0, "–": 0}
    for low in in_text(page):
        if not low.get("data-value").endswith(".ci_low") or next(low.iterancestors(*UNITS)).tag == "tr":
            continue
        unit = next(low.iterancestors(*UNITS))
        values = unit.xpath(".//*[@data-value]")
        high = values[values.index(low) + 1]
        assert high.get("data-value") == low.get("data-value").replace("_low", "_high")
        between = " to " if "−" in low.text + high.text else "–"
        assert low.text + between + high.text in unit.text_content(), (place(low), text(low))
        kinds[between] += 1
    assert min(kinds.values()) >= 4


@pytest.mark.parametrize(
    ("low", "high", "printed"),
    [
        (2.0, 5.0, "2.00–5.00"),
        (0.0, 5.0, "0.00–5.00"),
        (-0.5, 5.0, "−0.50 to 5.00"),
        (-5.0, -2.0, "−5.00 to −2.00"),
        (-0.01, 0.0, "−0.01 to 0.00"),
    ],
)
def test_an_interval_between_any_two_limits(low: float, high: float, printed: str) -> None:
    """Zero needs no "to", and two negative limits do."""
    assert text(html.fragment_fromstring(marks.interval(number(low), number(high)), "p")) == printed


def number(content: float, provenance: str = "published") -> Value:
    cell = Cell("data/invented.csv", str(content), "value", str(content), provenance)
    return Book().read(
        f"invented.{str(content).replace('-', 'minus')}", cell, content, "estimate", "invented"
    )


def test_the_dagger_marks_reconstructed_values_only() -> None:
    """Of the four provenances only "reconstructed" gets a †."""
    for provenance in ("published", "primary", "derived", "reconstructed"):
        expected = "<sup>†</sup>" if provenance == "reconstructed" else ""
        assert str(marks.dagger(number(1.0, provenance))) == expected


def test_a_cell_turned_firm_takes_its_daggers_with_it(tmp_path: Path) -> None:
    """With all RCS numbers from the primary papers the RCS has no † any more; other outcomes keep theirs."""
    copy = review_copy(tmp_path / "review")
    for row in ("rcs-6m-granel", "rcs-6m-park"):
        for column in ("md_provenance", "se_provenance"):
            edit_cell(copy / "data/mean_differences.csv", row, column, "primary")
    assert main(["--review", str(copy), "--only", "html", "--quiet"]) == 0
    path = copy / "output/manuscript.html"
    page = html.document_fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))
    assert "†" not in text(page.xpath("//section[@id='results-rcs']")[0])
    assert "†" in text(page.xpath("//section[@id='results-hand']")[0])
    rows = {row[0].text_content(): row.text_content() for row in page.xpath("//*[@id='table-findings']//tr")}
    assert "†" not in rows["RCS, 6 months"] and "†" in rows["CHFS, 6 months"]
    values = json.loads((copy / "output/values.json").read_text(encoding="utf-8"))["values"]
    assert values["rcs.m6.estimate"]["provenance"] == "primary"


# ---------------------------------------------------------------- audit


def inspect(inner: str) -> None:
    """Audit a small manuscript; its book knows one value, ``nine``, which prints 9."""
    book = Book()
    book.read("nine", Cell("data/invented.csv", "nine", "value", "9", "published"), 9, "count", "nine")
    article = f'<article><section id="results"><h2>Results</h2>{inner}</section></article>'
    audit(etree.fromstring(article), book)


@pytest.mark.parametrize(
    "inner",
    [
        "<p>We found 9 studies.</p>",
        "<p>We found <em>some 9</em> studies.</p>",
        '<p>We found <span data-value="nine">9</span> of 10 studies.</p>',
        '<p><span data-value="nine"><em>9</em></span> <em>of</em> 10</p>',
        "<table><tr><td>9</td></tr></table>",
        "<figure><figcaption>Fig. 9</figcaption></figure>",
        "<p>٩ studies</p>",
        '<p><span class="citation">9</span></p>',
    ],
)
def test_a_digit_without_identity_is_refused(inner: str) -> None:
    """Wherever a digit stands in the finished tree, before, in or after an element, it needs an identity."""
    with pytest.raises(BuildError) as refused:
        inspect(inner)
    (problem,) = refused.value.problems
    assert problem.file == "section results"
    assert "A number without identity" in problem.expected


@pytest.mark.parametrize("identity", ['data-cite="x"', 'data-ref="x"', 'data-constant="x"'])
def test_a_digit_with_an_identity_passes(identity: str) -> None:
    """Values, citations, cross-references and constants may hold digits, at any depth; attributes too."""
    inspect(f'<p id="p1" title="9"><span {identity}>9 <em>of 10</em></span> studies</p>')
    inspect('<p><span data-value="nine"><em>9</em></span>, <span data-value="nine">nine</span></p>')


@pytest.mark.parametrize("span", ['data-value="nine">8', 'data-value="nine">', 'data-value="ten">10'])
def test_a_key_stands_by_its_own_text_only(span: str) -> None:
    """Another text under a value's key, or a key that no value has, stops the build."""
    with pytest.raises(BuildError):
        inspect(f"<p><span {span}</span> studies</p>")


def test_every_problem_of_the_tree_is_named_at_once() -> None:
    """Two digits and a repeated id are three complaints; an id used once is none."""
    with pytest.raises(BuildError) as refused:
        inspect('<p id="a">7</p><p id="a">none</p><p id="b">8</p>')
    said = [problem.expected for problem in refused.value.problems]
    assert len(said) == 3
    assert "“7”" in said[0] and "“8”" in said[1]
    assert said[2] == "The id a is used 2 times; ids must be unique."


def test_a_digit_that_is_in_no_template_stops_the_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A number in the title of a table's column, and an id used twice, are named and nothing is written."""
    copy = review_copy(tmp_path / "review")
    for file, old, new in (
        ("data/review.toml", 'title = "Country"', 'title = "Country 7"'),
        ("templates/conclusion.html", "<p>In", '<p id="abstract">In'),
    ):
        source = (copy / file).read_text(encoding="utf-8")
        assert source.count(old) == 1
        (copy / file).write_text(source.replace(old, new), encoding="utf-8")
    assert main(["--review", str(copy), "--only", "html", "--quiet"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "section table-characteristics: A number without identity stands in the text: “Country 7”" in said
    assert "The id abstract is used 2 times" in said
    assert not (copy / "output").exists()


def test_the_shipped_templates_print_every_section(page: HtmlElement) -> None:
    """The sections of the manuscript stand in the order of review.toml, each with a heading of its own."""
    sections = page.xpath("//main/article/section/@id")
    settings = (REPOSITORY / "data/review.toml").read_text(encoding="utf-8")
    wanted = re.findall(r'"(\w+)"', re.search(r"sections = \[(.*?)\]", settings, re.DOTALL)[1])
    assert sections == [*wanted, "references", "supplement"]
    assert all(len(page.xpath(f"//section[@id='{name}']/h2")) == 1 for name in sections)
