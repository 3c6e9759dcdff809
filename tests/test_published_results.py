"""The shipped data, pooled, against the article's printed digits."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sscreport import statistics as ma
from sscreport import wording
from sscreport.statistics.results import Estimate

HERE = Path(__file__).parent


def rows_of(name: str) -> list[dict[str, str]]:
    """Rows of a data file of the review."""
    return list(
        csv.DictReader((HERE.parent / "data" / f"{name}.csv").read_text(encoding="utf-8").splitlines())
    )


CLAIMS = {row["id"]: row for row in rows_of("published_claims")}


def column(rows: list[dict[str, str]], name: str) -> np.ndarray:
    """A column as numbers."""
    return np.array([float(row[name]) for row in rows])


def mean_differences(outcome: str, months: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Changes and their sampling variances of an outcome, at one time or at all."""
    chosen = [row for row in rows_of("mean_differences") if row["outcome"] == outcome]
    chosen = [row for row in chosen if months in ("", row["timepoint_months"])]
    return column(chosen, "md"), column(chosen, "se") ** 2


def as_printed(number: float, printed: str) -> str:
    """The number with as many decimals as the article printed."""
    return wording.fixed(number, len(printed.partition(".")[2])).replace(wording.MINUS, "-")


def assert_claim(claim: dict[str, str], pooled: Estimate, reported: Callable[[float], float] = float) -> None:
    """Everything the article prints in this claim is what was computed; "<0.0001" is a bound."""
    results = {"value": reported(pooled.estimate), "p": pooled.p, "i2_percent": pooled.i2}
    results |= {"ci_low": reported(pooled.ci_low), "ci_high": reported(pooled.ci_high)}
    for name, result in results.items():
        if claim[name].startswith("<"):
            assert result < float(claim[name][1:]), name
        elif claim[name]:
            assert as_printed(result, claim[name]) == claim[name], name


@pytest.mark.parametrize(
    ("claim", "outcome", "months", "method"),
    [
        ("mrss_3m", "mrss", "3", "FE"),
        ("mrss_6m_by_source", "mrss", "6", "FE"),
        ("mrss_12m", "mrss", "12", "FE"),
        ("mrss_overall", "mrss", "", "FE"),
        ("rcs_6m", "rcs", "6", "DL"),
        ("vas_6m", "vas", "6", "DL"),
        ("mhiss_12m", "mhiss", "12", "DL"),
        ("chfs_6m", "chfs", "6", "DL"),
    ],
)
def test_published_mean_differences(claim: str, outcome: str, months: str, method: str) -> None:
    """The shipped rows pool to the article's printed digits."""
    assert_claim(CLAIMS[claim], ma.pool(*mean_differences(outcome, months), method=method))


def test_published_odds_ratio() -> None:
    """The shipped ulcer counts pool to the article's odds ratio, interval and P, and its I² of 0."""
    rows = rows_of("ulcers")
    total = column(rows, "ulcers")
    counts = column(rows, "healed_after"), total, column(rows, "healed_before"), total
    pooled = ma.mantel_haenszel(*counts)
    assert_claim(CLAIMS["du_6m"], pooled, np.exp)
    assert f"heterogeneity P = {pooled.q_p:.2f}" in CLAIMS["du_6m"]["note"]


@pytest.mark.parametrize(
    ("claim", "p"),
    [
        ("egger_mrss", lambda y, v: ma.egger(y, v).bias.p),
        ("begg_mrss", lambda y, v: ma.begg(y, v).p_corrected),
    ],
)
def test_published_small_study_effects(claim: str, p: Callable) -> None:
    """Egger's and Begg's P of the five studies at 6 months are the article's."""
    printed = CLAIMS[claim]["value"]
    assert as_printed(p(*mean_differences("mrss", "6")), printed) == printed
