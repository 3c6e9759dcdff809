"""The finished manuscript prints what the article printed, digit by digit.

References are the claims in data/published_claims.csv (Cui et al. 2022, with the place of each).
"""

from __future__ import annotations

import csv
import hashlib
import re

import pytest

from tests.conftest import REPOSITORY, Built
from tests.read_html import read_values

# Numbers of a claim in data/published_claims.csv, as transcribed from the article.
TRANSCRIBED = ("value", "ci_low", "ci_high", "p", "i2_percent")
# SHA-256 of the ids and these numbers of the 51 claims first transcribed, sorted by id.
DIGEST = "bec20834e818a31a3e2ba650b388c5afda26e7f0ff58202ab6132edd23f276f2"
ADDED = {"du_6m_patients", "du_6m_patients_table3"}
REPRODUCED = ("reproduced", "reproduced from reconstructed data")
WORDS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]


@pytest.fixture(scope="module")
def claims() -> dict[str, dict[str, str]]:
    with (REPOSITORY / "data/published_claims.csv").open(encoding="utf-8", newline="") as handle:
        return {row["id"]: row for row in csv.DictReader(handle)}


@pytest.fixture(scope="module")
def printed(built: Built) -> dict[str, set[str]]:
    """The texts of every key in the finished HTML, spelled-out counts as digits."""
    found = read_values(built.output / "manuscript.html")
    return {key: {plain(text) for text in texts} for key, texts in found.items()}


@pytest.fixture(scope="module")
def ledger(built: Built) -> list[dict[str, str]]:
    """The ledger of the claims: one record a printed number."""
    with (built.output / "tables/ledger.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def plain(text: str) -> str:
    """A printed number as the claims file writes it: ASCII signs, no space, no relation "="."""
    text = re.sub(r"\s", "", text).replace("−", "-").replace("%", "").lstrip("=").lower()
    return str(WORDS.index(text)) if text in WORDS else text


def same(claimed: str, texts: set[str]) -> bool:
    """Whether the claim is among the texts; 0.5 and 0.50 are one number, 5.2 and 5.23 are not.

    A claim "< 0.0001" also holds where a smaller bound is printed.
    """
    if claimed.startswith("<") and all(text.startswith("<") for text in texts):
        return all(float(text[1:]) <= float(claimed[1:]) for text in texts)
    decimals = {len(text.partition(".")[2]) for text in texts}
    padded = {
        f"{float(claimed):.{d}f}"
        for d in decimals
        if "<" not in claimed and d >= len(claimed.partition(".")[2])
    }
    return bool(texts) and texts <= padded | {plain(claimed)}


def test_the_claims_are_those_of_the_article(claims: dict[str, dict[str, str]]) -> None:
    """No claim is lost and no printed number of it altered; the 51 first transcribed are all there."""
    first = sorted(name for name in claims if name not in ADDED)
    lines = [",".join((name, *(claims[name][column] for column in TRANSCRIBED))) for name in first]
    assert len(first) == 51
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == DIGEST


def test_what_the_ledger_calls_reproduced_is_printed_as_the_article_prints_it(
    claims: dict[str, dict[str, str]], printed: dict[str, set[str]], ledger: list[dict[str, str]]
) -> None:
    """Every number with such a verdict stands in the manuscript digit by digit, under the key named there."""
    compared = 0
    for record in ledger:
        if record["number_verdict"] in REPRODUCED:
            expected = claims[record["claim"]][record["number"]]
            texts = printed[record["recomputed_key"]]
            assert same(expected, texts), f"{record['claim']}: the article has {expected}, printed is {texts}"
            compared += 1
    assert compared > 90


def test_what_the_ledger_calls_wrong_is_printed_otherwise(
    claims: dict[str, dict[str, str]], printed: dict[str, set[str]], ledger: list[dict[str, str]]
) -> None:
    """A number that contradicts the data is not what the manuscript prints under its key."""
    wrong = [record for record in ledger if record["number_verdict"] == "contradicts the data"]
    wrong += [
        record for record in ledger if record["claim"].startswith(("missing_gender", "missing_followup"))
    ]
    assert wrong
    for record in wrong:
        assert not same(claims[record["claim"]][record["number"]], printed[record["recomputed_key"]])


def test_certainty_is_the_published_one(printed: dict[str, set[str]]) -> None:
    """Certainty computed from the judgements equals what the article's Table 3 prints."""
    with (REPOSITORY / "data/grade.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 11
    for row in rows:
        assert printed[f"grade.{row['id']}.certainty"] == {plain(row["published_certainty"])}
