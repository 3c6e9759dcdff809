"""The finished manuscript prints what the article printed, digit by digit.

References are the claims in data/published_claims.csv (Cui et al. 2022, with the place of each).
"""

from __future__ import annotations

import csv
import re

import pytest

from tests.conftest import REPOSITORY, Built
from tests.read_html import read_values

# The claim, and the prefixes of the keys that must reproduce it. Table 3 prints 5.09 (3.38 to 6.81) for
# the pool of which Fig. 3 prints 5.10 (3.39 to 6.81); the data give the figure's numbers.
POOLED = {
    "mrss_3m": "mrss.by_time.m3",
    "mrss_12m": "mrss.by_time.m12",
    "mrss_overall": "mrss.by_time",
    "mrss_6m_by_source": "mrss.by_source mrss.by_time.m6",
    "mrss_6m_svf": "mrss.by_source.svf",
    "mrss_6m_ucmsc": "mrss.by_source.ucmsc",
    "mrss_6m_bmsc": "mrss.by_source.bmsc",
    "rcs_6m": "rcs.m6",
    "du_6m": "du.m6",
    "vas_6m": "vas.m6",
    "mhiss_12m": "mhiss.m12",
    "chfs_6m": "chfs.m6",
}
SINGLE = {
    "n_studies": "included.studies",
    "n_patients": "included.patients",
    "prisma_identified": "flow.identified",
    "prisma_databases": "flow.databases",
    "prisma_manual": "flow.manual",
    "prisma_deduplicated": "flow.deduplicated",
    "prisma_fulltext": "flow.full_text",
    "prisma_quantitative": "flow.quantitative",
    "countries": "included.country.kinds",
    "source_svf": "included.cell_source.svf.studies",
    "source_bmsc": "included.cell_source.bmscs.studies",
    "source_ucmsc": "included.cell_source.uc_mscs.studies",
    "age_min": "included.mean_age_min",
    "age_max": "included.mean_age_max",
    "missing_age": "included.without.mean_age",
    "nos_high": "quality.high",
    "nos_moderate": "quality.moderate",
    "egger_mrss": "mrss.by_source.egger.p",
    "begg_mrss": "mrss.by_source.begg.p",
    "ae_reporting_studies": "safety.studies_reporting",
    "ae_total": "safety.events",
    "ae_patients": "safety.patients",
    "ae_mild": "safety.severity.mild",
    "ae_moderate": "safety.severity.moderate",
    "ae_serious": "safety.severity.serious",
    "mrss_overall_n": "mrss.by_time.patients",
    "lung_n": "lung_function.dlco-12m-zhang.n",
}
# Claims that no number of the manuscript repeats, and why.
EXCUSED = {
    "mrss_6m": "Table 3 prints 5.09 (3.38 to 6.81) for the pool of which Fig. 3 prints 5.10 (3.39 to 6.81)",
    "vas_6m_table3": "Table 3 contradicts the text and Fig. 6, which the data reproduce",
    "source_adsc": "counts the studies of stromal vascular fraction among those of adipose-derived cells",
    "missing_gender": "Table 1 gives the sex of every study",
    "missing_followup": "Table 1 gives a follow-up for every study",
    **{
        f"prisma_{name}": "compared below"
        for name in (
            "pubmed",
            "ovid",
            "cochrane",
            "wos",
            "embase",
            "wanfang",
            "cnki",
        )
    },
}
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


@pytest.mark.parametrize("claim", POOLED)
def test_a_pooled_result_is_the_published_one(
    claim: str, claims: dict[str, dict[str, str]], printed: dict[str, set[str]]
) -> None:
    """Estimate, interval, P and I² come out as the article prints them."""
    row = claims[claim]
    columns = {
        "value": "estimate",
        "ci_low": "ci_low",
        "ci_high": "ci_high",
        "p": "p",
        "i2_percent": "i_squared",
    }
    for key in POOLED[claim].split():
        for column, name in columns.items():
            if row[column]:
                texts = printed[f"{key}.{name}"]
                assert same(row[column], texts), (
                    f"{key}.{name}: the article has {row[column]}, printed is {texts}"
                )
        if said := re.search(r"heterogeneity P ([=<]) ([\d.]+)", row["note"]):
            expected = said[2] if said[1] == "=" else f"<{said[2]}"
            assert same(expected, printed[f"{key}.q_p"]), f"{key}.q_p: the article has {expected}"


def test_every_claim_is_compared_or_excused(claims: dict[str, dict[str, str]]) -> None:
    """No claim of the article is left out without a reason."""
    assert len(claims) == 51
    assert set(POOLED) | set(SINGLE) | set(EXCUSED) == set(claims)


@pytest.mark.parametrize("claim", SINGLE)
def test_a_count_or_test_is_the_published_one(
    claim: str, claims: dict[str, dict[str, str]], printed: dict[str, set[str]]
) -> None:
    """Counts of studies, patients, records and adverse events, and Egger's and Begg's P."""
    expected, texts = claims[claim]["value"], printed[SINGLE[claim]]
    assert same(expected, texts), f"{SINGLE[claim]}: the article has {expected}, printed is {texts}"


def test_databases_are_the_published_ones(
    claims: dict[str, dict[str, str]], printed: dict[str, set[str]]
) -> None:
    """The records of each of the seven databases stand in the flow diagram."""
    for name in ("pubmed", "ovid", "cochrane", "wos", "embase", "wanfang", "cnki"):
        assert same(claims[f"prisma_{name}"]["value"], printed[f"search.{name}.records"]), name


def test_certainty_is_the_published_one(printed: dict[str, set[str]]) -> None:
    """Certainty computed from the judgements equals what the article's Table 3 prints."""
    with (REPOSITORY / "data/grade.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 11
    for row in rows:
        assert printed[f"grade.{row['id']}.certainty"] == {plain(row["published_certainty"])}
