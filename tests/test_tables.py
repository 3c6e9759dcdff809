"""The finished tables: footnotes, daggers, and the same content as CSV files."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable, Iterator
from copy import deepcopy
from string import ascii_lowercase

import pytest
from lxml import html
from lxml.html import HtmlElement

from tests.conftest import REPOSITORY, Built

TABLES = ("characteristics", "outcomes", "findings")
DOMAINS = ("study_design", "inconsistency", "imprecision", "small_study_effects")
HEADS = {
    "characteristics": [
        "Study",
        "Year",
        "Country",
        "Design",
        "Patients: All",
        "Patients: Women",
        "Patients: Men",
        "Patients: Mean age, years",
        "Follow-up",
        "Cells: Source",
        "Cells: Dose",
        "Cells: Route (site)",
    ],
    "outcomes": [
        "Study",
        "Patients",
        "Adverse events: Number",
        "Adverse events: At the injection site",
        "Adverse events: Other",
        "Endpoints",
        "NOS score",
    ],
    "findings": [
        "Outcome",
        "Participants (studies)",
        "Relative effect (95% CI)",
        "Absolute effect (95% CI): Before treatment",
        "Absolute effect (95% CI): After treatment",
        "Concerns about certainty: Study design",
        "Concerns about certainty: Inconsistency",
        "Concerns about certainty: Imprecision",
        "Concerns about certainty: Small-study effects",
        "Certainty of the evidence",
        "What happens",
    ],
}


@pytest.fixture(scope="module")
def page(built: Built) -> HtmlElement:
    path = built.output / "manuscript.html"
    return html.document_fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))


@pytest.fixture(scope="module")
def table(page: HtmlElement) -> Callable[[str], HtmlElement]:
    return lambda name: page.xpath(f"//main//figure[@id='table-{name}']")[0]


def rows(name: str) -> list[dict[str, str]]:
    with (REPOSITORY / f"data/{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def text(element: HtmlElement) -> str:
    return "".join(element.itertext()).strip()


def bare(cell: HtmlElement) -> str:
    """A cell's text without the letters of footnotes and without citations; a † stays."""
    cell = deepcopy(cell)
    cell.tail = None
    for mark in cell.xpath(".//sup[. != '†'] | .//*[@data-cite or contains(@class, 'citation')]"):
        mark.drop_tree()
    return " ".join(text(cell).split())


def spread(row: HtmlElement) -> Iterator[str]:
    """The texts of a row, one for each column; what spans several stands in the last, a row's head first."""
    for cell in row:
        empty = [""] * (int(cell.get("colspan", 1)) - 1)
        yield from [bare(cell), *empty] if cell.tag == "th" else [*empty, bare(cell)]


# ---------------------------------------------------------------- footnotes


def test_footnotes_are_lettered_in_reading_order(table: Callable[[str], HtmlElement]) -> None:
    """Read row by row, Table 3 introduces a, b, c … one after the other, and explains them in that order."""
    findings = table("findings")
    marks = [text(mark) for mark in findings.xpath(".//tbody//sup[@data-ref]")]
    letters = [mark for mark in dict.fromkeys(marks) if mark != "†"]
    assert letters == list(ascii_lowercase[: len(DOMAINS) + 1])  # and one for a risk as observed
    notes = [text(note.find("sup")) for note in findings.xpath("./div[@class='notes']/p[sup]")]
    assert notes == [*letters, "†"]


def test_every_downgrade_has_the_footnote_with_its_reason(table: Callable[[str], HtmlElement]) -> None:
    """Each "serious" has one letter, and its note is the reason recorded for the domain; nothing else has."""
    findings = table("findings")
    notes = {}
    for note in findings.xpath("./div[@class='notes']/p[sup]"):
        letter = text(note.find("sup"))
        notes[letter] = text(note).removeprefix(letter).strip()
    reasons = tomllib.loads((REPOSITORY / "data/review.toml").read_text(encoding="utf-8"))["grade"]["domains"]
    judged = rows("grade")
    assert len(findings.xpath(".//tbody/tr")) == len(judged)
    for row, judgements in zip(findings.xpath(".//tbody/tr"), judged, strict=True):
        cells = dict(zip(DOMAINS, row[-6:-2], strict=True))
        for domain, cell in cells.items():
            assert bare(cell) == judgements[domain]
            letters = [text(mark) for mark in cell.iter("sup")]
            if judgements[domain] == "serious":
                assert [notes[letter] for letter in letters] == [reasons[domain]], domain
            else:
                assert letters == []
        certainty = bare(row[-2])
        assert certainty.endswith(judgements["published_certainty"])
        levels = ("very low", "low", "moderate", "high")
        filled = levels.index(judgements["published_certainty"]) + 1
        assert (certainty.count("⊕"), certainty.count("◯")) == (filled, 4 - filled)


def test_letters_in_cells_lead_to_their_notes(page: HtmlElement) -> None:
    """A letter and the note below the table that explains it carry the same reference."""
    for figure in page.xpath("//main//figure[contains(@class, 'table')]"):
        in_cells = {(m.get("data-ref"), text(m)) for m in figure.xpath(".//table//sup[@data-ref]")}
        below = [(m.get("data-ref"), text(m)) for m in figure.xpath("./div[@class='notes']/p/sup")]
        assert len(below) == len(set(below))
        assert in_cells == set(below), figure.get("id")


def test_pooled_results_of_reconstructed_rows_have_a_dagger(table: Callable[[str], HtmlElement]) -> None:
    """Of the eleven results only that of bone-marrow cells, which the article prints, stands without a †."""
    marked = {
        bare(row[0]): [text(mark) for mark in row[-7].iter("sup") if text(mark) == "†"]
        for row in table("findings").xpath(".//tbody/tr")
    }
    firm = [name for name, marks in marked.items() if not marks]
    assert firm == ["mRSS, BMSCs, 6 months"]
    assert all(marks == ["†"] for name, marks in marked.items() if name not in firm)
    assert len(marked) == 11
    note = table("findings").xpath("./div[@class='notes']/p[sup = '†']")
    (said,) = map(text, note)
    assert "reconstructed" in said and said.endswith("see Methods.")


def test_a_dagger_is_explained_below_its_table(page: HtmlElement) -> None:
    """A table with a † has a note that begins with it; a table without has none."""
    for figure in page.xpath("//main//figure[contains(@class, 'table')]"):
        marked = "†" in "".join(figure.xpath(".//table//text()"))
        notes = [text(p) for p in figure.xpath("./div[@class='notes']/p") if text(p).startswith("†")]
        assert len(notes) == int(marked), figure.get("id")


# ---------------------------------------------------------------- CSV


@pytest.mark.parametrize("name", TABLES)
def test_a_csv_file_has_its_table_s_columns_and_rows(
    name: str, built: Built, table: Callable[[str], HtmlElement]
) -> None:
    """Read back, the CSV has one row of titles and then the table's texts, each † explained in its title."""
    with (built.output / f"tables/{name}.csv").open(encoding="utf-8", newline="") as handle:
        head, *body = csv.reader(handle)
    notes = [text(note) for note in table(name).xpath("./div[@class='notes']/p[sup = '†']")]
    marked = {place for row in body for place, cell in enumerate(row) if "†" in cell}
    assert head == [f"{t} [{notes[0]}]" if place in marked else t for place, t in enumerate(HEADS[name])]
    assert bool(notes) == bool(marked)
    shown = [list(spread(row)) for row in table(name).xpath(".//tbody/tr")]
    assert [[" ".join(cell.split()) for cell in row] for row in body] == shown
    assert {len(row) for row in body} == {len(head)}
    studies = len(rows("studies"))
    assert len(body) == {"characteristics": studies + 1, "outcomes": studies, "findings": 11}[name]


def test_the_titles_of_a_csv_are_those_of_the_table(table: Callable[[str], HtmlElement]) -> None:
    """A title that spans several columns stands before each of theirs, with a colon."""
    for name in TABLES:
        first, *below = table(name).xpath(".//thead/tr")
        inner = iter([bare(cell) for row in below for cell in row])
        titles = []
        for cell in first:
            if int(cell.get("rowspan", 1)) == len(below) + 1:
                titles.append(bare(cell))
            else:
                titles += [f"{bare(cell)}: {next(inner)}" for _ in range(int(cell.get("colspan", 1)))]
        assert titles == HEADS[name]


def test_characteristics_are_the_data_s(built: Built) -> None:
    """Each study's row holds what studies.csv says of it, a dash where it says nothing, and sums below."""
    with (built.output / "tables/characteristics.csv").open(encoding="utf-8", newline="") as handle:
        found = list(csv.DictReader(handle))
    studies = rows("studies")
    for row, study in zip(found, studies, strict=False):
        route = study["route"] + (f" ({study['injection_site']})" if study["injection_site"] else "")
        assert list(row.values()) == [
            study["label"],
            study["year"],
            study["country"],
            study["design"],
            study["patients"],
            study["female"],
            study["male"],
            study["mean_age"] or "–",
            f"{study['follow_up']} {study['follow_up_unit']}",
            study["cell_source"],
            study["cell_dose"] or "–",
            route,
        ]
    women, men = (sum(int(study[sex]) for study in studies) for sex in ("female", "male"))
    assert found[-1]["Study"] == f"All {len(studies)} studies"
    sums = [found[-1][f"Patients: {name}"] for name in ("All", "Women", "Men")]
    assert sums == [str(women + men), str(women), str(men)]


def test_outcomes_are_the_data_s(built: Built) -> None:
    """Each study's adverse events, endpoints and score are those of the data files."""
    with (built.output / "tables/outcomes.csv").open(encoding="utf-8", newline="") as handle:
        found = list(csv.DictReader(handle))
    scores = {row["study"]: row["total"] for row in rows("newcastle_ottawa")}
    totals = {row["study"]: row["events"] for row in rows("safety")}

    def events(study: str, site: str) -> str:
        own = [row for row in rows("adverse_events") if (row["study"], row["site"]) == (study, site)]
        return "; ".join(r["event"] + (f" ({r['events']})" if r["events"] else "") for r in own) or "–"

    for row, study in zip(found, rows("studies"), strict=True):
        name = study["id"]
        assert list(row.values()) == [
            study["label"],
            study["patients"],
            totals.get(name) or "–",
            events(name, "injection site"),
            events(name, "other"),
            ", ".join(r["endpoint"] for r in rows("endpoints") if r["study"] == name) or "–",
            scores[name],
        ]
