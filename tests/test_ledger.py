"""The ledger of published claims: every verdict recomputed here, and turned by changes of the data."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from sscreport.build import synthesise
from sscreport.cli import main
from sscreport.ledger import ledger
from sscreport.problems import InputError
from sscreport.progress import Progress
from sscreport.records import Entry
from sscreport.values import Value
from tests.conftest import REPOSITORY, Built

# From the best to the worst; a claim bears the worst verdict of its numbers.
VERDICTS = (
    "reproduced",
    "reproduced from reconstructed data",
    "rounding",
    "not derivable",
    "contradicts the data",
    "contradicts itself",
)
# Column of the claims file and the member of a pooled group that recomputes it.
NUMBERS = {
    "value": "estimate",
    "ci_low": "ci_low",
    "ci_high": "ci_high",
    "p": "p",
    "i2_percent": "i_squared",
    "het_p": "q_p",
    "patients": "patients",
    "studies": "studies",
}

Row = dict[str, str]


def rows_of(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def claims() -> list[Row]:
    return rows_of(REPOSITORY / "data/published_claims.csv")


@pytest.fixture(scope="module")
def records(built: Built) -> list[Row]:
    """The ledger for machines: one record a printed number."""
    return rows_of(built.output / "tables/ledger.csv")


@pytest.fixture(scope="module")
def register(built: Built) -> dict[str, Any]:
    return json.loads((built.output / "values.json").read_text(encoding="utf-8"))


# ---------------------------------------------------------------- the shipped verdicts, made anew


class Audit:
    """Verdicts from the claims file and values.json alone, by rules written down a second time."""

    def __init__(self, claims: Sequence[Row], register: Mapping[str, Any]):
        self.values, self.cells = register["values"], register["cells"]
        self.numbers = [(row, column) for row in claims for column in NUMBERS if row[column]]

    def verdict(self, row: Row, column: str) -> str:
        found = [self.by_data(row, column)]
        for other, name in self.numbers:
            if (other["id"], name) != (row["id"], column) and self.same(row, column, other, name):
                distance = apart(row[column], other[name], column)
                found += [VERDICTS[2]] * (distance == 1) + [VERDICTS[5]] * (distance == 2)
        return max(found, key=VERDICTS.index)

    def keys(self, row: Row, column: str) -> list[str]:
        wanted = row["recomputed"].split(" + ") if row["recomputed"] else []
        if len(wanted) == 1 and f"{wanted[0]}.estimate" in self.values:
            key = f"{wanted[0]}.{NUMBERS[column]}"
            return [key] if key in self.values else []
        return wanted if column == "value" else []

    def by_data(self, row: Row, column: str) -> str:
        keys = self.keys(row, column)
        if not keys:
            return "not derivable"
        number = sum(Decimal(str(self.values[key]["number"])) for key in keys)
        addresses = {address for key in keys for address in self.values[key]["cells"]}
        cells = {a: self.cells[a] for a in addresses if not a.startswith("data/review.toml")}
        own = all((c["provenance"], c["source"]) == ("published", row["source"]) for c in cells.values())
        one_row = len({address.rpartition(":")[0] for address in cells}) == 1
        there = all(named(cell["locator"]) & named(row["locator"]) for cell in cells.values())
        distance = away(row[column], number, column)
        if distance == 2:
            return "contradicts itself" if own else "contradicts the data"
        if own and one_row and there:
            return "not derivable"
        if distance == 1:
            return "rounding"
        solved = any(cell["provenance"] == "reconstructed" for cell in cells.values())
        return "reproduced from reconstructed data" if solved else "reproduced"

    def same(self, row: Row, column: str, other: Row, name: str) -> bool:
        keys = self.keys(row, column)
        return about(row, column) == about(other, name) or (keys != [] and keys == self.keys(other, name))


def about(row: Row, column: str) -> tuple[str, ...]:
    quantity = column if column in ("patients", "studies") else row["quantity"].casefold()
    part = "" if column in ("value", "patients", "studies") else column
    subgroup = row["subgroup"] if not row["subgroup"].startswith("all ") else ""
    return quantity, row["outcome"], row["timepoint"], subgroup, part


def named(locator: str) -> set[str]:
    """Tables and figures by kind and number, other parts of a locator as they are."""
    parts = [part.strip().casefold() for part in locator.split(";")]
    found = {"".join(match) for part in parts for match in re.findall(r"(fig|table)\.? (\d+)", part)}
    return found | {part for part in parts if not re.search(r"(fig|table)\.? \d", part)}


def places(text: str) -> int:
    return len(text.split(".")[1]) if "." in text else 0


def rounded(number: Decimal, decimals: int) -> Decimal:
    return number.quantize(Decimal(10) ** -decimals, ROUND_HALF_UP)


def grade(gap: Decimal, decimals: int, column: str) -> int:
    """0 for equal, 1 for one unit of the last place, 2 for more; counts know no unit."""
    unit = Decimal(10) ** -decimals if decimals or column == "i2_percent" else Decimal(0)
    return 0 if gap == 0 else 1 if abs(gap) <= unit else 2


def away(printed: str, number: Decimal, column: str) -> int:
    if "<" in printed:
        return 0 if number < Decimal(printed.strip("< ")) else 2
    return grade(rounded(number, places(printed)) - Decimal(printed), places(printed), column)


def apart(one: str, other: str, column: str) -> int:
    if "<" in one and "<" in other:
        return 0
    if "<" in one or "<" in other:
        bound, number = (one, other) if "<" in one else (other, one)
        return 0 if Decimal(number) < Decimal(bound.strip("< ")) else 2
    decimals = min(places(one), places(other))
    return grade(rounded(Decimal(one), decimals) - rounded(Decimal(other), decimals), decimals, column)


def test_every_number_has_the_verdict_that_its_data_give(
    claims: list[Row], records: list[Row], register: dict[str, Any]
) -> None:
    """Each printed number's verdict, and the claim's, is the one that follows from the files."""
    audit = Audit(claims, register)
    expected = {(row["id"], column): audit.verdict(row, column) for row, column in audit.numbers}
    assert {(r["claim"], r["number"]): r["number_verdict"] for r in records} == expected
    for record in records:
        own = [verdict for (claim, _), verdict in expected.items() if claim == record["claim"]]
        assert record["verdict"] == max(own, key=VERDICTS.index), record["claim"]
    assert len(claims) == len({record["claim"] for record in records}) >= 51


def test_every_claim_has_a_row_with_a_verdict_and_a_sentence(
    claims: list[Row], records: list[Row], built: Built
) -> None:
    """In the web page each claim's row ends in its verdict and a sentence that explains it."""
    page = html.document_fromstring((built.output / "manuscript.html").read_text(encoding="utf-8"))
    shown = [" ".join(cell.text_content().split()) for cell in page.xpath(f"{LEDGER}//tr/td[last()]")]
    verdicts = {record["claim"]: record["verdict"] for record in records}
    assert len(shown) == len(claims)
    assert Counter(text.split(": ")[0] for text in shown) == Counter(verdicts.values())
    assert all(re.fullmatch(r"[^:]+: \S.{15,}\.", text) for text in shown)


LEDGER = "//main//figure[@id='table-ledger']"


def test_the_introduction_counts_the_verdicts(records: list[Row], built: Built) -> None:
    """The list above the table has for each verdict the number of its claims."""
    page = html.document_fromstring((built.output / "manuscript.html").read_text(encoding="utf-8"))
    items = page.xpath("//section[@id='supplement_ledger']/ul/li")
    counted = Counter({record["claim"]: record["verdict"] for record in records}.values())
    told = {}
    for item in items:
        match = re.match(r"\s*([\w ]+) \((\d+)\)", item.text_content())
        assert match, item.text_content()
        told[match[1].lower()] = int(match[2])
    assert told == {verdict: counted[verdict] for verdict in VERDICTS}


def test_a_sentence_names_what_stands_elsewhere(records: list[Row]) -> None:
    """Where two places disagree each names the other with its number, and which of them the data give."""
    why = {record["claim"]: record["why"] for record in records}
    assert "Table 3" in why["vas_6m"] and "7.58" in why["vas_6m"] and "printed here" in why["vas_6m"]
    assert "Fig 6" in why["vas_6m_table3"] and "printed there" in why["vas_6m_table3"]
    assert "5.10 for the estimate (5.09 here)" in why["mrss_6m"] and "one unit" in why["mrss_6m"]
    assert "36 (58 here)" in why["du_6m_patients"]
    assert "Table 1" in why["missing_gender"] and "0, not 2" in why["missing_gender"]


# ---------------------------------------------------------------- a small file of claims

COLUMNS = (
    *("id", "section", "quantity", "outcome", "timepoint", "subgroup", *NUMBERS, "recomputed"),
    *("alternative", "alternative_words", "provenance", "source", "locator", "note"),
)
POOL = {
    "quantity": "pooled MD",
    "outcome": "walk",
    "timepoint": "6 m",
    "value": "-25.50",
    "ci_low": "-33.16",
    "ci_high": "-17.84",
    "recomputed": "walk.m6",
}
COUNT = {"quantity": "patients in all", "value": "155", "recomputed": "included.patients"}


class Small:
    """The invented review in ``folder`` with some claims; ``edits`` change its data files."""

    def __init__(self, folder: Path):
        self.folder = folder

    def verdicts(self, *claims: Row, edits: Sequence[tuple[str, str, str]] = ()) -> dict[str, str]:
        return {entry.id: entry.verdict.content for entry in self.entries(*claims, edits=edits)}

    def entries(self, *claims: Row, edits: Sequence[tuple[str, str, str]] = ()) -> tuple[Entry, ...]:
        self.write(*claims, edits=edits)
        review, _ = synthesise(self.folder, Progress(quiet=True))
        return ledger(review)

    def write(self, *claims: Row, edits: Sequence[tuple[str, str, str]] = ()) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(REPOSITORY / "tests/small_review", self.folder)
        path = self.folder / "data/datapackage.json"
        package = json.loads(path.read_text(encoding="utf-8"))
        shipped = json.loads((REPOSITORY / "data/datapackage.json").read_text(encoding="utf-8"))
        package["resources"] += [r for r in shipped["resources"] if r["name"] == "published_claims"]
        path.write_text(json.dumps(package), encoding="utf-8")
        with (self.folder / "data/published_claims.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, COLUMNS, restval="")
            writer.writeheader()
            for number, claim in enumerate(claims):
                about = {"id": f"c{number}", "section": "All", "provenance": "published", "source": "article"}
                writer.writerow({**about, "locator": "Results", **claim})
        for name, old, new in edits:
            data = self.folder / f"data/{name}.csv"
            text = data.read_text(encoding="utf-8")
            assert old in text
            data.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path / "review")


def words(entry: Entry) -> str:
    return "".join(str(part.content) if isinstance(part, Value) else str(part) for part in entry.why)


PRIMARY, OWN = "primary,invented,none", "published,article,Table 1"
SOLVED = "reconstructed,article,solved"


@pytest.mark.parametrize(
    ("claims", "edits", "expected"),
    [
        ([COUNT], [], "reproduced"),
        ([POOL], [], "reproduced"),
        ([POOL], [("mean_differences", PRIMARY, SOLVED)], "reproduced from reconstructed data"),
        ([POOL | {"ci_low": "-33.15"}], [], "rounding"),
        ([POOL | {"ci_low": "-33.14"}], [], "contradicts the data"),
        ([POOL | {"p": "<0.0001"}], [], "reproduced"),
        ([POOL | {"p": "<0.00000001"}], [], "contradicts the data"),
        ([COUNT | {"value": "154"}], [], "contradicts the data"),
        ([COUNT | {"value": "154"}], [("studies", PRIMARY, OWN)], "contradicts itself"),
        ([COUNT | {"recomputed": ""}], [], "not derivable"),
        ([COUNT | {"p": "0.03"}], [], "not derivable"),
        ([COUNT | {"recomputed": "studies.ash.patients", "value": "40"}], [], "reproduced"),
        ([COUNT | {"locator": "Table 1"}], [("studies", PRIMARY, OWN)], "reproduced"),
        (
            [COUNT | {"recomputed": "studies.ash.patients", "value": "40", "locator": "Fig 2; Table 1"}],
            [("studies", PRIMARY, OWN)],
            "not derivable",
        ),
        (
            [COUNT | {"recomputed": "studies.ash.patients", "value": "40", "locator": "Table 2"}],
            [("studies", PRIMARY, OWN)],
            "reproduced",
        ),
        (
            [COUNT | {"recomputed": "studies.ash.patients + studies.birch.patients", "value": "100"}],
            [],
            "reproduced",
        ),
    ],
)
def test_each_verdict_comes_from_numbers_and_their_sources(
    claims: list[Row], edits: list[tuple[str, str, str]], expected: str, small: Small
) -> None:
    """A number, its precision and where its data come from decide its verdict; every verdict occurs."""
    assert small.verdicts(*claims, edits=edits) == {"c0": expected}


def test_a_changed_cell_turns_the_verdict(small: Small) -> None:
    """One patient or ten metres more, and what was reproduced contradicts the data; back, and it does not."""
    assert set(small.verdicts(POOL, COUNT).values()) == {"reproduced"}
    edits = [("mean_differences", "-31.5", "-41.5"), ("studies", "2001,40,", "2001,41,")]
    assert set(small.verdicts(POOL, COUNT, edits=edits).values()) == {"contradicts the data"}
    assert small.verdicts(COUNT | {"value": "156"}, edits=edits[1:]) == {"c0": "reproduced"}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (
            {"quantity": "Length of walk", "value": "7.09"},
            {"quantity": "length  of walk", "value": "7.58"},
            5,
        ),
        (POOL, POOL | {"quantity": "walk", "value": "-25.51"}, 2),
        (POOL, POOL | {"quantity": "walk", "value": "-25.52"}, 5),
        ({"quantity": "walk", "value": "5.1"}, {"quantity": "walk", "value": "5.10"}, 3),
        ({"quantity": "walk", "value": "7"}, {"quantity": "walk", "value": "8"}, 5),
        ({"quantity": "walk", "p": "<0.05"}, {"quantity": "walk", "p": "0.62"}, 5),
        ({"quantity": "walk", "p": "<0.05"}, {"quantity": "walk", "p": "<0.001"}, 3),
        ({"quantity": "patients", "value": "58"}, {"quantity": "pool", "patients": "36"}, 5),
        (
            {"quantity": "walk", "value": "7"},
            {"quantity": "walk", "value": "9", "subgroup": "all sources"},
            5,
        ),
        ({"quantity": "walk", "value": "7"}, {"quantity": "walk", "value": "9", "subgroup": "bone"}, 3),
        ({"quantity": "walk", "value": "7"}, {"quantity": "walk", "value": "9", "timepoint": "3 m"}, 3),
        (COUNT, COUNT | {"quantity": "persons treated", "value": "150"}, 5),
    ],
)
def test_disagreeing_claims_are_found_without_being_told(
    first: Row, second: Row, expected: int, small: Small
) -> None:
    """Two claims of one quantity, by name or by the value behind them, are both marked if they differ."""
    found = small.entries(first, second | {"locator": "Fig 9"})
    assert [entry.verdict.content for entry in found] == [VERDICTS[expected]] * 2
    if expected != 3:
        assert "elsewhere (Fig 9)" in words(found[0]) and "elsewhere (Results)" in words(found[1])
    again = small.verdicts(first, first | {"locator": "Fig 9"})
    assert set(again.values()) <= {"not derivable", "reproduced"}


def test_an_alternative_stands_beside_the_claim(small: Small) -> None:
    """A key prints its result, words stand as they are, and what no review asked for is left out."""
    claims = [
        POOL | {"alternative": "walk.m6", "alternative_words": "with care"},
        COUNT | {"alternative": "studies.ash.patients"},
        COUNT | {"alternative": "sound.walk.m6"},
    ]
    sound = [
        [part.key if isinstance(part, Value) else part for part in entry.sound]
        for entry in small.entries(*claims)
    ]
    assert sound[0][:3] == ["walk.m6.estimate", " (", "walk.m6.ci_low"]
    assert sound[0][-1] == "published_claims.c0.alternative_words"
    assert sound[1:] == [["studies.ash.patients"], []]


# ---------------------------------------------------------------- what is wrong with a key


@pytest.mark.parametrize(
    ("claim", "column", "said"),
    [
        ({"recomputed": "walk.m66"}, "recomputed", "There is no value or pooled group walk.m66."),
        ({"recomputed": "included.patient"}, "recomputed", "Did you mean included.patients?"),
        ({"recomputed": "included.patients + x.y"}, "recomputed", "x.y"),
        ({"recomputed": "walk.m6.model"}, "recomputed", "compared with a number"),
        ({"alternative": "soud.walk.m6"}, "alternative", "There is no value or pooled group"),
        ({"value": "1e3"}, "value", "decimal digits"),
    ],
)
def test_a_key_that_leads_nowhere_is_named_with_its_place(
    claim: Row, column: str, said: str, small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    """The build ends with exit code 2 and says file, row and column."""
    small.write(COUNT, COUNT | claim)
    assert main(["--review", str(small.folder), "--quiet", "--only", "html"]) == 2
    told = capsys.readouterr().err
    assert "data/published_claims.csv, line 3 (row c1)" in told
    assert f"{column} is {claim[column]}." in told and said in told


def test_a_misspelt_alternative_is_an_error_where_alternatives_are_asked_for(small: Small) -> None:
    """Only a review without the setting may lack the value that an alternative names."""
    small.write(COUNT | {"alternative": "sound.walk.m6"})
    review, _ = synthesise(small.folder, Progress(quiet=True))
    asking = replace(review, settings={**review.settings, "alternatives": {}})
    with pytest.raises(InputError) as error:
        ledger(asking)
    (problem,) = error.value.problems
    assert (problem.file, problem.row, problem.column) == ("data/published_claims.csv", "c0", "alternative")


def test_a_ledger_without_claims_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A review that asks for the table and has no claims is told so."""
    folder = tmp_path / "review"
    shutil.copytree(REPOSITORY / "tests/small_review", folder)
    path = folder / "data/review.toml"
    path.write_text(
        path.read_text(encoding="utf-8") + '\n[[tables]]\nid = "ledger"\nkind = "ledger"\n', encoding="utf-8"
    )
    assert main(["--review", str(folder), "--quiet", "--only", "html"]) == 2
    assert "A ledger needs the claims in data/published_claims.csv." in capsys.readouterr().err
