"""The finished numbers against the data files: everything is computed again here with plain numpy.

The formulas are those of the Cochrane Handbook (section 10.3), DerSimonian & Laird (1986) and
Robins, Breslow & Greenland (1986), written out once more and applied to the CSV files directly.
"""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from lxml import etree

from sscreport.analyse import analyse
from sscreport.describe import describe
from sscreport.load import load
from sscreport.records import Synthesis
from tests.conftest import REPOSITORY, Built

Z95 = 1.959963984540054  # the 97.5% point of the normal distribution
EXACT = 1e-9


def rows(table: str) -> list[dict[str, str]]:
    """The rows of a data file, as text."""
    with (REPOSITORY / f"data/{table}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@dataclass(frozen=True)
class Plan:
    """What an analysis pools, said independently of review.toml."""

    outcome: str
    months: tuple[int, ...]
    model: str
    groups: dict[str, tuple[str, Any]]  # id: the column that decides and its contents


PLANS = {
    "mrss.by_time": Plan(
        "mrss",
        (3, 6, 12),
        "fixed",
        {f"m{months}": ("timepoint_months", (str(months),)) for months in (3, 6, 12)},
    ),
    "mrss.by_source": Plan(
        "mrss",
        (6,),
        "fixed",
        {
            "svf": ("study", ("granel", "park")),
            "ucmsc": ("study", ("wang", "zhang")),
            "bmsc": ("study", ("keyszer",)),
        },
    ),
    "rcs.m6": Plan("rcs", (6,), "random", {}),
    "du.m6": Plan("du", (6,), "fixed", {}),
    "vas.m6": Plan("vas", (6,), "random", {}),
    "mhiss.m12": Plan("mhiss", (12,), "random", {}),
    "chfs.m6": Plan("chfs", (6,), "random", {}),
}


def data(analysis: str) -> list[dict[str, str]]:
    """The data rows of an analysis."""
    plan = PLANS[analysis]
    table = "ulcers" if plan.outcome == "du" else "mean_differences"
    return [
        row
        for row in rows(table)
        if row["outcome"] == plan.outcome and int(row["timepoint_months"]) in plan.months
    ]


def groups(analysis: str) -> dict[str, list[dict[str, str]]]:
    """The whole under "" and each subgroup under its id."""
    parts = {
        name: [row for row in data(analysis) if row[column] in contents]
        for name, (column, contents) in PLANS[analysis].groups.items()
    }
    return {"": data(analysis), **parts}


# ---------------------------------------------------------------- the formulas, once more


def normal_p(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


def chi2_p(q: float, df: int) -> float:
    """The upper tail of χ², by recurrence over the degrees of freedom."""
    at, tail = (1, math.erfc(math.sqrt(q / 2))) if df % 2 else (2, math.exp(-q / 2))
    while at < df:
        tail += (q / 2) ** (at / 2) * math.exp(-q / 2) / math.gamma(at / 2 + 1)
        at += 2
    return tail


def cells_of(table: Sequence[dict[str, str]]) -> tuple[np.ndarray, ...]:
    """a, b (after) and c, d (before) of each study, a half added to tables with a zero."""
    n = np.array([float(row["ulcers"]) for row in table])
    a, c = (np.array([float(row[name]) for row in table]) for name in ("healed_after", "healed_before"))
    cells = np.array([a, n - a, c, n - c])
    return tuple(cells + 0.5 * (cells == 0).any(axis=0))


def mantel_haenszel(table: Sequence[dict[str, str]]) -> tuple[float, float]:
    """Log odds ratio and its standard error by Robins, Breslow and Greenland."""
    a, b, c, d = cells_of(table)
    n = a + b + c + d
    r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    big_r, big_s = r.sum(), s.sum()
    variance = (
        (p * r).sum() / (2 * big_r**2)
        + (p * s + q * r).sum() / (2 * big_r * big_s)
        + (q * s).sum() / (2 * big_s**2)
    )
    return math.log(big_r / big_s), math.sqrt(variance)


def effects(table: Sequence[dict[str, str]]) -> tuple[np.ndarray, np.ndarray]:
    """Effects and standard errors of the studies on the analysis scale."""
    if "ulcers" in table[0]:
        a, b, c, d = cells_of(table)
        return np.log(a * d / (b * c)), np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    return np.array([float(row["md"]) for row in table]), np.array([float(row["se"]) for row in table])


def expected(table: Sequence[dict[str, str]], model: str) -> dict[str, float]:
    """Every pooled quantity of some rows; no heterogeneity for a single study."""
    y, se = effects(table)
    ratio, df = "ulcers" in table[0], len(y) - 1
    w = 1 / se**2
    mean, error = mantel_haenszel(table) if ratio else ((w * y).sum() / w.sum(), 1 / math.sqrt(w.sum()))
    found: dict[str, float] = {}
    if df:
        q = float((w * (y - mean) ** 2).sum())
        tau2 = max(0.0, (q - df) / (w.sum() - (w**2).sum() / w.sum()))
        found |= {
            "q": q,
            "df": df,
            "q_p": chi2_p(q, df),
            "i_squared": max(0.0, 100 * (q - df) / q),
            "tau_squared": tau2,
        }
        if model == "random":
            w = 1 / (se**2 + tau2)
            mean, error = (w * y).sum() / w.sum(), 1 / math.sqrt(w.sum())
    low, high = mean - Z95 * error, mean + Z95 * error
    scale = math.exp if ratio else float
    return found | {
        "estimate": scale(mean),
        "se": error,
        "ci_low": scale(low),
        "ci_high": scale(high),
        "z": abs(mean / error),
        "p": normal_p(mean / error),
        "studies": len({row["study"] for row in table}),
    }


def shares(analysis: str) -> dict[tuple[str, str], float]:
    """The weight in percent of each row, by study and time."""
    table = data(analysis)
    if PLANS[analysis].outcome == "du":
        a, b, c, d = cells_of(table)
        w = b * c / (a + b + c + d)
    else:
        _, se = effects(table)
        tau2 = expected(table, "random")["tau_squared"] if PLANS[analysis].model == "random" else 0.0
        w = 1 / (se**2 + tau2)
    return {
        (row["study"], row["timepoint_months"]): 100 * x / w.sum() for row, x in zip(table, w, strict=True)
    }


# ---------------------------------------------------------------- the finished values


@pytest.fixture(scope="module")
def values(built: Built) -> dict[str, dict[str, Any]]:
    """The entries of values.json."""
    return json.loads((built.output / "values.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def syntheses() -> dict[str, Synthesis]:
    review, problems = load(REPOSITORY)
    assert problems == []
    describe(review)
    return {synthesis.analysis.id: synthesis for synthesis in analyse(review)}


def test_the_reference_formulas_are_right() -> None:
    """The tails used as references here are those of printed tables: χ² at its 5% points, Z at 1.96."""
    for df, point in ((1, 3.841459), (2, 5.991465), (3, 7.814728), (4, 9.487729), (9, 16.918978)):
        assert chi2_p(point, df) == pytest.approx(0.05, rel=1e-6)
    assert normal_p(Z95) == pytest.approx(0.05, rel=1e-12)


@pytest.mark.parametrize("analysis", PLANS)
def test_every_pooled_number_is_that_of_the_data_files(
    analysis: str, values: dict[str, dict[str, Any]]
) -> None:
    """Estimate, interval, Z, P, Q, I² and τ² of the whole and of each subgroup follow from the CSV rows."""
    for name, table in groups(analysis).items():
        place = f"{analysis}.{name}" if name else analysis
        for quantity, number in expected(table, PLANS[analysis].model).items():
            key = f"{place}.{quantity}"
            if quantity == "tau_squared" and PLANS[analysis].model == "fixed":
                assert key not in values  # no fixed-effect number rests on it
            else:
                assert values[key]["number"] == pytest.approx(number, rel=EXACT, abs=1e-12), key


@pytest.mark.parametrize("analysis", PLANS)
def test_every_pooled_number_names_the_model_that_decided(
    analysis: str, values: dict[str, dict[str, Any]]
) -> None:
    """A pooled estimate, its standard error and the weights say which model they hang on."""
    scale = "log_estimate" if PLANS[analysis].outcome == "du" else "estimate"
    for name in groups(analysis):
        place = f"{analysis}.{name}" if name else analysis
        for quantity in (scale, "se"):
            assert values[f"{place}.{quantity}"]["decided by"] == [f"{analysis}.model"], place
    weights = [key for key in values if key.startswith(f"{analysis}.") and ".study." in key]
    weights = [key for key in weights if key.endswith(".weight")]
    assert len(weights) == len(data(analysis))
    assert all(values[key]["decided by"] == [f"{analysis}.model"] for key in weights)
    assert values[f"{analysis}.model"]["number"] == PLANS[analysis].model
    assert f"{analysis}.verdict" in values[f"{analysis}.model"]["from"]


@pytest.mark.parametrize("analysis", PLANS)
def test_weights_are_shares_of_the_information_and_sum_to_100(
    analysis: str, values: dict[str, dict[str, Any]], syntheses: dict[str, Synthesis]
) -> None:
    """A study's weight is its 1/se², 1/(se² + τ²) or bc/n over the sum, and a subgroup's their sum."""
    found = {
        (effect.row.content("study"), str(effect.row.content("timepoint_months"))): values[
            f"{effect.key}.weight"
        ]["number"]
        for effect in syntheses[analysis].overall.effects
    }
    wanted = shares(analysis)
    assert found.keys() == wanted.keys()
    for key, share in wanted.items():
        assert found[key] == pytest.approx(share, rel=EXACT), key
    assert math.fsum(found.values()) == pytest.approx(100, rel=1e-11)
    assert values[f"{analysis}.weight"]["number"] == 100
    for name, table in groups(analysis).items():
        if name:
            part = sum(wanted[row["study"], row["timepoint_months"]] for row in table)
            assert values[f"{analysis}.{name}.weight"]["number"] == pytest.approx(part, rel=EXACT)


@pytest.mark.parametrize("analysis", PLANS)
def test_a_study_keeps_the_interval_of_its_own_row(
    analysis: str, values: dict[str, dict[str, Any]], syntheses: dict[str, Synthesis]
) -> None:
    """Each study's interval is its effect ± 1.96 standard errors, back on the printed scale."""
    table = data(analysis)
    scale = math.exp if PLANS[analysis].outcome == "du" else float
    assert [effect.row.id for effect in syntheses[analysis].overall.effects] == [row["id"] for row in table]
    for effect, y, se in zip(syntheses[analysis].overall.effects, *effects(table), strict=True):
        assert values[f"{effect.key}.ci_low"]["number"] == pytest.approx(scale(y - Z95 * se), rel=EXACT)
        assert values[f"{effect.key}.ci_high"]["number"] == pytest.approx(scale(y + Z95 * se), rel=EXACT)
        assert effect.estimate.content == pytest.approx(scale(y), rel=EXACT)


def test_leaving_one_out_pools_the_others(
    values: dict[str, dict[str, Any]], syntheses: dict[str, Synthesis]
) -> None:
    """Without each study of hand pain the pool is that of the other two, with a τ² of their own."""
    table = data("vas.m6")
    left_out = syntheses["vas.m6"].leave_one_out
    assert list(left_out) == [row["study"] for row in table] == ["almadori", "granel", "park"]
    for study, pooled in left_out.items():
        rest = [row for row in table if row["study"] != study]
        wanted = expected(rest, "random")
        for quantity, number in wanted.items():
            if quantity not in ("z", "p", "q_p", "studies"):
                found = values[f"vas.m6.without.{study}.{quantity}"]["number"]
                assert found == pytest.approx(number, rel=EXACT, abs=1e-12), (study, quantity)
        assert pooled.p.content == pytest.approx(wanted["p"], rel=EXACT)
        assert pooled.k.content == len(rest) == 2
        assert pooled.n.content == sum(int(row["n"]) for row in rest)
        assert pooled.weight is None
    for other in syntheses.values():
        assert set(other.leave_one_out) == {effect.study.id for effect in other.overall.effects}


@pytest.mark.parametrize("analysis", ["mrss.by_time", "mrss.by_source"])
def test_subgroups_are_compared_by_their_pooled_results(
    analysis: str, values: dict[str, dict[str, Any]], syntheses: dict[str, Synthesis]
) -> None:
    """Q between subgroups, its degrees of freedom, P and I² follow from the subgroups' own pools."""
    pools = [expected(table, "fixed") for name, table in groups(analysis).items() if name]
    y, se = (np.array([pool[name] for pool in pools]) for name in ("estimate", "se"))
    w = 1 / se**2
    q = float((w * (y - (w * y).sum() / w.sum()) ** 2).sum())
    wanted = {"q": q, "df": 2, "p": chi2_p(q, 2), "i_squared": max(0.0, 100 * (q - 2) / q)}
    for quantity, number in wanted.items():
        found = values[f"{analysis}.subgroups.{quantity}"]["number"]
        assert found == pytest.approx(number, rel=EXACT, abs=1e-12), quantity
    assert all((s.subgroup_test is None) == (not PLANS[name].groups) for name, s in syntheses.items())


def test_patients_are_counted_once(values: dict[str, dict[str, Any]]) -> None:
    """Skin over all times has the article's 52 patients, although 93 measurements enter the pool."""
    claims = {row["id"]: row["value"] for row in rows("published_claims")}
    assert values["mrss.by_time.patients"]["number"] == int(claims["mrss_overall_n"]) == 52
    assert values["mrss.by_time.total.n"]["number"] == sum(int(r["n"]) for r in data("mrss.by_time")) == 93
    for analysis, plan in PLANS.items():
        for name, table in groups(analysis).items():
            most: Counter[str] = Counter()
            for row in table:
                most[row["study"]] = max(most[row["study"]], int(row.get("n") or row["ulcers"]))
            unit = "ulcers" if plan.outcome == "du" else "patients"
            key = ".".join(filter(None, (analysis, name, unit)))
            if key in values:  # mrss.by_source has its own, which nothing prints
                assert values[key]["number"] == sum(most.values()), key


def test_events_and_ulcers_are_summed_over_the_rows(values: dict[str, dict[str, Any]]) -> None:
    """The totals below the ulcer plot are the sums of the data file's columns."""
    for role, column in (
        ("events_after", "healed_after"),
        ("events_before", "healed_before"),
        ("total_after", "ulcers"),
        ("total_before", "ulcers"),
    ):
        total = sum(int(row[column]) for row in data("du.m6"))
        assert values[f"du.m6.total.{role}"]["number"] == total, role


def test_a_reconstructed_standard_error_makes_its_row_reconstructed(
    built: Built, syntheses: dict[str, Synthesis]
) -> None:
    """Granel's RCS has a primary change and a reconstructed SE: the row is reconstructed and has its †."""
    row = next(row for row in data("rcs.m6") if row["study"] == "granel")
    assert (row["md_provenance"], row["se_provenance"]) == ("primary", "reconstructed")
    effect = next(e for e in syntheses["rcs.m6"].overall.effects if e.study.id == "granel")
    assert (effect.estimate.provenance, effect.se.provenance) == ("primary", "reconstructed")
    assert effect.reconstructed
    svg = etree.parse(built.figures / "rcs.svg")
    assert "Granel†" in ["".join(text.itertext()) for text in svg.iter("{*}text")]


def test_a_row_without_reconstructed_numbers_is_firm(
    built: Built, syntheses: dict[str, Synthesis], values: dict[str, dict[str, Any]]
) -> None:
    """Rows with published or primary numbers only have no †, and nor has a pool of such rows."""
    firm = {
        (name, effect.row.id)
        for name, synthesis in syntheses.items()
        for effect in synthesis.overall.effects
        if not effect.reconstructed
    }
    assert firm == {
        ("mrss.by_time", "mrss-6m-keyszer"),
        ("mrss.by_time", "mrss-12m-zhang"),
        ("mrss.by_source", "mrss-6m-keyszer"),
        ("du.m6", "du-6m-park"),
    }
    assert values["mrss.by_source.bmsc.estimate"]["provenance"] == "published"
    assert values["mrss.by_source.svf.estimate"]["provenance"] == "reconstructed"
    assert values["mrss.by_source.estimate"]["provenance"] == "reconstructed"
    svg = etree.parse(built.figures / "ulcers.svg")
    assert "Park" in ["".join(text.itertext()) for text in svg.iter("{*}text")]


# ---------------------------------------------------------------- counts


def counted() -> dict[str, int | float]:
    """Every descriptive count, from the CSV files with nothing but the csv module."""
    studies, safety, events = rows("studies"), rows("safety"), rows("adverse_events")
    flow = {row["id"]: int(row["count"]) for row in rows("screening")}
    scores = [int(row["total"]) for row in rows("newcastle_ottawa")]
    ages = [float(row["mean_age"]) for row in studies if row["mean_age"]]
    years = [int(row["year"]) for row in studies]
    numbered = [row for row in events if row["events"]]
    treated = {row["id"]: int(row["patients"]) for row in studies}

    def patients(column: str, name: str) -> int:
        return sum(treated[row["id"]] for row in studies if row[column] == name)

    def happened(column: str, name: str) -> int:
        return sum(int(row["events"]) for row in numbered if row[column] == name)

    sources = Counter(row["cell_source"] for row in studies)
    return {
        "included.studies": len(studies),
        **{f"included.{name}": sum(int(r[name]) for r in studies) for name in ("patients", "female", "male")},
        "included.country.kinds": len({row["country"] for row in studies}),
        "included.mean_age_min": min(ages),
        "included.mean_age_max": max(ages),
        "included.year_min": min(years),
        "included.year_max": max(years),
        **{
            f"included.without.{name}": sum(not row[name] for row in studies)
            for name in ("mean_age", "cell_dose", "female", "follow_up")
        },
        "included.cell_source.adscs.studies": sources["ADSCs"],
        "included.cell_source.svf.studies": sources["SVF"],
        "included.cell_source.uc_mscs.studies": sources["UC-MSCs"],
        "included.cell_source.bmscs.studies": sources["BMSCs"],
        "included.route.local_injection.patients": patients("route", "local injection"),
        "included.route.intravenous.patients": patients("route", "intravenous"),
        "included.injection_site.face.patients": patients("injection_site", "face"),
        "included.injection_site.fingers.patients": patients("injection_site", "fingers"),
        "included.injection_site.affected_skin.patients": patients("injection_site", "affected skin"),
        **{f"flow.{name}": number for name, number in flow.items()},
        "flow.databases_sum": sum(int(row["records"]) for row in rows("search")),
        "flow.duplicates": flow["identified"] - flow["deduplicated"],
        "flow.excluded_screening": flow["deduplicated"] - flow["full_text"],
        "flow.merged_reports": flow["full_text"] - flow["included"],
        "flow.narrative": flow["included"] - flow["quantitative"],
        # Bands of the Newcastle-Ottawa scale: up to 4 low, from 7 high.
        "quality.low": sum(score <= 4 for score in scores),
        "quality.moderate": sum(5 <= score <= 6 for score in scores),
        "quality.high": sum(score >= 7 for score in scores),
        "quality.min": min(scores),
        "quality.max": max(scores),
        "safety.studies_reporting": sum(row["reporting"] != "not reported" for row in safety),
        "safety.studies_counted": sum(row["reporting"] == "counted" for row in safety),
        "safety.patients": sum(treated[row["study"]] for row in safety if row["events"]),
        "safety.events": sum(int(row["events"]) for row in safety if row["events"]),
        **{f"safety.severity.{n}": happened("severity", n) for n in ("mild", "moderate", "serious")},
        "safety.site.injection_site": happened("site", "injection site"),
        "safety.site.other": happened("site", "other"),
    }


def test_counts_are_those_of_the_data_files(values: dict[str, dict[str, Any]]) -> None:
    """Studies, patients, countries, sources, screening, quality and safety are counted from the rows."""
    wanted = counted()
    found = {key: values[key]["number"] for key in wanted}
    assert found == wanted
    described = ("included.", "flow.", "quality.", "safety.s", "safety.p", "safety.events")
    elsewhere = ("quality.ceiling.", "quality.above_ceiling.", "quality.high_within_ceiling")
    made = {
        key
        for key, value in values.items()
        if key.startswith(described)
        and not key.startswith(elsewhere)
        and value["rule"] != "read from the data"
    }
    assert made <= wanted.keys()


def test_bands_of_quality_meet_without_a_gap() -> None:
    """A score of 4 is low, 5 and 6 are moderate, 7 is high, as Methods says."""
    review, _ = load(REPOSITORY)
    for scores, bands in (
        ((4, 5, 6, 7), {"low": 1, "moderate": 2, "high": 1}),
        ((0, 4, 4, 9), {"low": 3, "moderate": 0, "high": 1}),
    ):
        review, _ = load(REPOSITORY)
        cells = [row.values["total"] for row in review.tables["newcastle_ottawa"]]
        review.tables["newcastle_ottawa"] = review.tables["newcastle_ottawa"][: len(scores)]
        for cell, score in zip(cells, scores, strict=False):
            object.__setattr__(cell, "content", score)
        describe(review)
        assert {name: review.book[f"quality.{name}"].content for name in bands} == bands
