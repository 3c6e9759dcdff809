"""The formulas against R's results, and against the article."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sscreport import wording
from sscreport.statistics import effect_sizes, heterogeneity, pooling, small_study

HERE = Path(__file__).parent
ORACLE = {path.stem: json.loads(path.read_text()) for path in sorted((HERE / "oracle").glob("*.json"))}
Results = dict[str, Any]

# Oracle cases and single numbers compared; a smaller count means that a comparison was lost.
CASES, NUMBERS = 143, 4941


# ── Oracle: one function per task, from a data set and a case to named results ──


def effects_of(data: dict, case: dict) -> tuple[np.ndarray, np.ndarray]:
    """Effects and standard errors of a case's effect set, null for studies that have none."""
    chosen = data["effects"][case["params"].get("effects", "OR")]
    pairs = zip(chosen["yi"], chosen["vi"], strict=True)
    return tuple(np.array([[np.nan, np.nan] if y is None else [y, math.sqrt(v)] for y, v in pairs]).T)


def estimable_effects(data: dict, case: dict) -> tuple[np.ndarray, np.ndarray]:
    """The effects that can be pooled."""
    effect, se = effects_of(data, case)
    return effect[~np.isnan(effect)], se[~np.isnan(effect)]


def counts_of(data: dict) -> tuple[np.ndarray, ...]:
    """Events and totals of both groups, from the cells."""
    a, b, c, d = (np.array([row[cell] for row in data["rows"]], float) for cell in ("ai", "bi", "ci", "di"))
    return a, a + b, c, c + d


def interval(estimate: float, se: float) -> Results:
    """What is printed of any estimate with a standard error."""
    low, high = effect_sizes.confidence_interval(estimate, se)
    z = pooling.z_statistic(estimate, se)
    return {
        "estimate": estimate, "se": se, "ci_lb": low, "ci_ub": high, "statistic": z, "p": pooling.z_p_value(z)
    }  # fmt: skip


def q_results(q: float, df: int) -> Results:
    """What is printed of Q."""
    i_squared = heterogeneity.i_squared(q, df)
    return {"Q": q, "Q_df": df, "Q_p": heterogeneity.q_p_value(q, df), "I2_Q": i_squared}


def percent(weights: np.ndarray) -> np.ndarray:
    """Weights as percentages of their sum."""
    return 100 * weights / weights.sum()


def pool_effects(effect: np.ndarray, se: np.ndarray, model: str) -> Results:
    """Fixed-effect or DerSimonian-Laird results."""
    tau_squared = heterogeneity.tau_squared_dersimonian_laird(effect, se) if model == "random" else 0.0
    results = interval(*pooling.inverse_variance(effect, se, tau_squared))
    results |= q_results(heterogeneity.cochran_q(effect, se), len(effect) - 1)
    results |= {"k": len(effect), "weights_pct": percent(pooling.inverse_variance_weights(se, tau_squared))}
    return results | ({"tau2": tau_squared} if model == "random" else {})


def effect_size(data: dict, case: dict) -> Results:
    """Log odds ratios; None where a table has none."""
    counts = counts_of(data)
    known = effect_sizes.estimable(*counts)
    effect, se = np.full(known.shape, np.nan), np.full(known.shape, np.nan)
    effect[known], se[known] = effect_sizes.log_odds_ratio(*(count[known] for count in counts))
    low, high = (np.full(known.shape, np.nan) for _ in range(2))
    low[known], high[known] = effect_sizes.confidence_interval(effect[known], se[known])
    return {"yi": effect, "vi": se**2, "sei": se, "ci_lb": low, "ci_ub": high}


def pool(data: dict, case: dict) -> Results:
    """A pooled analysis of one effect set."""
    return pool_effects(*estimable_effects(data, case), case["params"]["model"])


def pool_mh(data: dict, case: dict) -> Results:
    """The Mantel-Haenszel odds ratio, corrected or on the cells as they are."""
    correction = 0.5 if case["params"]["zero_cells"] == "only0" else 0.0
    counts = counts_of(data)
    effect, se = estimable_effects(data, case)
    estimate, estimate_se = pooling.mantel_haenszel_odds_ratio(*counts, correction)
    weights = pooling.mantel_haenszel_weights(*counts, correction)[effect_sizes.estimable(*counts)]
    q = heterogeneity.cochran_q(effect, se, around=estimate)
    return (
        interval(estimate, estimate_se)
        | q_results(q, len(effect) - 1)
        | {"k_effects": len(effect), "weights_pct": percent(weights)}
    )


def pool_mh_random(data: dict, case: dict) -> Results:
    """RevMan's random effects with Q around the Mantel-Haenszel estimate."""
    effect, se = estimable_effects(data, case)
    mh_estimate, _ = pooling.mantel_haenszel_odds_ratio(*counts_of(data))
    q = heterogeneity.cochran_q(effect, se, around=mh_estimate)
    tau_squared = heterogeneity.tau_squared_dersimonian_laird(effect, se, q)
    results = interval(*pooling.inverse_variance(effect, se, tau_squared)) | q_results(q, len(effect) - 1)
    return results | {"mh_estimate": mh_estimate, "tau2": tau_squared}


def leave_one_out(data: dict, case: dict) -> Results:
    """The pool without each study in turn."""
    effect, se = estimable_effects(data, case)
    rest = ~np.eye(len(effect), dtype=bool)
    runs = [pool_effects(effect[keep], se[keep], case["params"]["model"]) for keep in rest]
    columns = [key for key in runs[0] if key not in ("k", "weights_pct", "Q_df", "I2_Q")]
    return {key: [run[key] for run in runs] for key in columns} | {"I2": [run["I2_Q"] for run in runs]}


def subgroup(data: dict, case: dict) -> Results:
    """Each level's pool, and the test for differences between them."""
    effect, se = effects_of(data, case)
    levels = [row[case["params"]["by"]] for row in data["rows"]]
    names = ["" if level is None else level if isinstance(level, str) else f"{level:g}" for level in levels]
    runs = {}
    for name in case["expected"]["groups"]:
        keep = np.array([own == name for own in names]) & ~np.isnan(effect)
        runs[name] = pool_effects(effect[keep], se[keep], case["params"]["model"])
        del runs[name]["weights_pct"]
    q = heterogeneity.cochran_q(
        [run["estimate"] for run in runs.values()], [run["se"] for run in runs.values()]
    )
    df = len(runs) - 1
    return {
        "groups": runs, "Q_between": q, "Q_between_p": heterogeneity.q_p_value(q, df),
        "I2_between": heterogeneity.i_squared(q, df),
    }  # fmt: skip


def egger(data: dict, case: dict) -> Results:
    """Egger's regression."""
    test = small_study.egger(*estimable_effects(data, case))
    return {
        "bias": {"estimate": test.intercept, "se": test.se, "statistic": test.t, "df": test.df, "p": test.p}
    }


def begg(data: dict, case: dict) -> Results:
    """Begg's rank correlation."""
    test = small_study.begg(*estimable_effects(data, case))
    return {"score": test.score, "z_cc": test.z, "p_cc": test.p}


TASKS: dict[str, Callable[[dict, dict], Results]] = {
    task.__name__: task
    for task in (effect_size, pool, pool_mh, pool_mh_random, leave_one_out, subgroup, egger, begg)
}
# A case belongs here if each of these parameters, where it has them, is among the values.
COVERED = {
    "measure": ("OR",),
    "model": ("fixed", "random"),
    "tau2_method": (None, "DL"),
    "ci": ("wald",),
    "tau2": ("separate",),
    "variant": ("classical",),
    "zero_cells": ("only0", "none", "revman"),
}


def covered_cases() -> Iterator[Any]:
    """Every case of every oracle file that these modules can compute."""
    for name, data in ORACLE.items():
        for case in data["cases"]:
            within = all(case["params"].get(key, values[0]) in values for key, values in COVERED.items())
            if case["task"] in TASKS and within:
                yield pytest.param(data, case, id=f"{name}:{case['id']}")


def compare(found: Any, expected: Any, tolerance: dict[str, float], place: str = "") -> int:
    """Assert that found is as expected, level by level; returns how many numbers were compared."""
    if isinstance(found, dict):
        return sum(compare(found[key], expected[key], tolerance, f"{place}/{key}") for key in found)
    if isinstance(expected, list):
        assert len(found) == len(expected), place
        pairs = zip(found, expected, strict=True)
        return sum(compare(*pair, tolerance, f"{place}[{i}]") for i, pair in enumerate(pairs))
    if expected is None:
        assert math.isnan(found), place
    else:
        assert found == pytest.approx(expected, rel=tolerance["rel"], abs=tolerance["abs"]), place
    return 1


def run(data: dict, case: dict) -> int:
    """Compute one case and compare it; returns how many numbers were compared."""
    expected = case["expected"]
    if expected.get("status") == "not_estimable":
        with pytest.raises(ValueError, match=r"\.$"):
            TASKS[case["task"]](data, case)
        return 1
    return compare(TASKS[case["task"]](data, case), expected, data["tolerance"])


@pytest.mark.parametrize(("data", "case"), list(covered_cases()))
def test_oracle(data: dict, case: dict) -> None:
    """Every result is R's, within the oracle's own tolerance; where R has none, neither have we."""
    run(data, case)


def test_oracle_does_not_shrink() -> None:
    """No oracle case, and no number of one, silently drops out of the comparison."""
    cases = [param.values for param in covered_cases()]
    assert len(cases) >= CASES
    assert sum(run(*case) for case in cases) >= NUMBERS
    assert {case["task"] for _, case in cases} == set(TASKS)


# ── The shipped review against the article ──


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
    """Changes and standard errors of an outcome, at one time or at all."""
    chosen = [row for row in rows_of("mean_differences") if row["outcome"] == outcome]
    chosen = [row for row in chosen if months in ("", row["timepoint_months"])]
    return column(chosen, "md"), column(chosen, "se")


def as_printed(number: float, printed: str) -> str:
    """The number with as many decimals as the article printed."""
    return wording.fixed(number, len(printed.partition(".")[2])).replace(wording.MINUS, "-")


def assert_claim(claim: dict[str, str], results: Results) -> None:
    """Everything the article prints in this claim is what was computed; "<0.0001" is a bound."""
    columns = {"value": "estimate", "ci_low": "ci_lb", "ci_high": "ci_ub", "p": "p", "i2_percent": "I2_Q"}
    for name, key in columns.items():
        if claim[name].startswith("<"):
            assert results[key] < float(claim[name][1:]), name
        elif claim[name]:
            assert as_printed(results[key], claim[name]) == claim[name], name


@pytest.mark.parametrize(
    ("claim", "outcome", "months", "model"),
    [
        ("mrss_3m", "mrss", "3", "fixed"),
        ("mrss_6m_by_source", "mrss", "6", "fixed"),
        ("mrss_12m", "mrss", "12", "fixed"),
        ("mrss_overall", "mrss", "", "fixed"),
        ("rcs_6m", "rcs", "6", "random"),
        ("vas_6m", "vas", "6", "random"),
        ("mhiss_12m", "mhiss", "12", "random"),
        ("chfs_6m", "chfs", "6", "random"),
    ],
)
def test_published_mean_differences(claim: str, outcome: str, months: str, model: str) -> None:
    """The shipped rows pool to the article's printed digits."""
    assert_claim(CLAIMS[claim], pool_effects(*mean_differences(outcome, months), model))


def test_published_odds_ratio() -> None:
    """The shipped ulcer counts pool to the article's odds ratio, interval and P, and its I² of 0."""
    rows = rows_of("ulcers")
    total = column(rows, "ulcers")
    counts = column(rows, "healed_after"), total, column(rows, "healed_before"), total
    log_or, se = pooling.mantel_haenszel_odds_ratio(*counts)
    q = heterogeneity.cochran_q(*effect_sizes.log_odds_ratio(*counts), around=log_or)
    results = interval(log_or, se) | q_results(q, len(rows) - 1)
    assert_claim(
        CLAIMS["du_6m"], results | {key: np.exp(results[key]) for key in ("estimate", "ci_lb", "ci_ub")}
    )
    assert f"heterogeneity P = {results['Q_p']:.2f}" in CLAIMS["du_6m"]["note"]


@pytest.mark.parametrize(
    ("claim", "test"), [("egger_mrss", small_study.egger), ("begg_mrss", small_study.begg)]
)
def test_published_small_study_effects(claim: str, test: Callable) -> None:
    """Egger's and Begg's P of the five studies at 6 months are the article's."""
    assert (
        as_printed(test(*mean_differences("mrss", "6")).p, CLAIMS[claim]["value"]) == CLAIMS[claim]["value"]
    )
