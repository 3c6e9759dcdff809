"""Sound alternatives: each number against an independent computation, and the finished page against them."""

from __future__ import annotations

import csv
import json
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import etree
from scipy import stats
from scipy.optimize import minimize_scalar

from sscreport.build import synthesise
from sscreport.cli import main
from sscreport.draw import draw_figure
from sscreport.draw.drawing import Drawing
from sscreport.progress import Progress
from sscreport.records import Review, Synthesis
from sscreport.statistics.change import implied_correlation, rescaled_error
from sscreport.statistics.repeated import combine_repeats, covariance_of_repeats
from sscreport.values import Book
from sscreport.wording import printed
from tests import read_html
from tests.conftest import REPOSITORY, Built
from tests.test_figures import SVG, parse, points

R, LOW, HIGH, TIMES = 0.7, 0.3, 0.9, 0.5  # of the shipped settings
MD_PLACES = {  # rows of mean_differences.csv: outcome, months, studies
    "mrss.by_time.m3": ("mrss", 3, None),
    "mrss.by_time.m6": ("mrss", 6, None),
    "mrss.by_time.m12": ("mrss", 12, None),
    "mrss.by_source": ("mrss", 6, None),
    "mrss.by_source.svf": ("mrss", 6, {"granel", "park"}),
    "mrss.by_source.ucmsc": ("mrss", 6, {"wang", "zhang"}),
    "mrss.by_source.bmsc": ("mrss", 6, {"keyszer"}),
    "rcs.m6": ("rcs", 6, None),
    "vas.m6": ("vas", 6, None),
    "mhiss.m12": ("mhiss", 12, None),
    "chfs.m6": ("chfs", 6, None),
}
# Zhang's own standard deviations before and after, from the abstract; all others are taken to be equal.
SDS = {("zhang", 12): (3.1, 10.2)}


@dataclass(frozen=True)
class Sound:
    review: Review
    syntheses: dict[str, Synthesis]

    @property
    def book(self) -> Book:
        return self.review.book

    def number(self, key: str) -> Any:
        return self.book[f"sound.{key}"].content


def sound_of(root: Path) -> Sound:
    review, syntheses = synthesise(root, Progress(quiet=True))
    return Sound(review, {synthesis.analysis.id: synthesis for synthesis in syntheses})


@pytest.fixture(scope="module")
def sound() -> Sound:
    return sound_of(REPOSITORY)


def rows_of(place: str) -> list[dict[str, str]]:
    outcome, months, studies = MD_PLACES[place]
    with (REPOSITORY / "data/mean_differences.csv").open(encoding="utf-8", newline="") as file:
        return [
            row
            for row in csv.DictReader(file)
            if row["outcome"] == outcome
            and int(row["timepoint_months"]) == months
            and (studies is None or row["study"] in studies)
        ]


def effects_at(place: str, r: float, without: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Effects and standard errors at a correlation, from the data file and the formula by hand."""
    y, se = [], []
    for row in rows_of(place):
        if row["study"] != without:
            a, b = SDS.get((row["study"], int(row["timepoint_months"])), (1.0, 1.0))
            factor = math.sqrt((a * a + b * b - 2 * r * a * b) / (a * a + b * b))
            y.append(float(row["md"]))
            se.append(float(row["se"]) * factor)
    return np.array(y), np.array(se)


def by_hand(y: np.ndarray, v: np.ndarray) -> dict[str, float]:
    """REML by maximising the restricted likelihood, then Hartung and Knapp's interval, at least Wald's."""
    k = len(y)

    def mean_of(t2: float) -> tuple[float, np.ndarray]:
        w = 1 / (v + t2)
        return float((w * y).sum() / w.sum()), w

    def loss(root: float) -> float:
        mean, w = mean_of(root**2)
        return float(-np.log(w).sum() + np.log(w.sum()) + (w * (y - mean) ** 2).sum())

    top = 4 * float(np.ptp(y)) + 1
    found = minimize_scalar(
        loss, bounds=(0, top), method="bounded", options={"xatol": 1e-12, "maxiter": 2000}
    )
    t2 = 0.0 if loss(0.0) <= found.fun else float(found.x) ** 2
    mean, w = mean_of(t2)
    q = max(1.0, float((w * (y - mean) ** 2).sum()) / (k - 1))
    se = math.sqrt(q / w.sum())
    half = stats.t.ppf(0.975, k - 1) * se
    wide = stats.t.ppf(0.975, k - 1) * math.sqrt(t2 + se * se)
    fixed = 1 / v
    typical = (k - 1) / (fixed.sum() - (fixed**2).sum() / fixed.sum())
    return {
        "estimate": mean,
        "ci_low": mean - half,
        "ci_high": mean + half,
        "p": 2 * stats.t.sf(abs(mean / se), k - 1),
        "tau_squared": t2,
        "i_squared": 100 * t2 / (t2 + typical),
        "prediction_low": mean - wide,
        "prediction_high": mean + wide,
    }


# ---------------------------------------------------------------- the sound model


@pytest.mark.parametrize("place", [place for place in MD_PLACES if len(rows_of(place)) > 1])
def test_a_pool_is_what_the_formulas_give(sound: Sound, place: str) -> None:
    """At the assumed correlation and at both ends of the band every number comes out by hand."""
    for r, under in ((R, ""), (LOW, ".band.low"), (HIGH, ".band.high")):
        y, se = effects_at(place, r)
        for name, number in by_hand(y, se**2).items():
            key = f"sound.{place}{under}.{name}"
            if key in sound.book:
                # The maximum of a likelihood is flat: it is found to about half the digits of its height.
                assert sound.book[key].content == pytest.approx(number, rel=1e-4, abs=1e-5), key
        assert (f"sound.{place}{under}.prediction_low" in sound.book) is (len(y) > 2 and not under)
    assert sound.number(f"{place}.studies") == len(rows_of(place))
    assert sound.number(f"{place}.patients") == sum(int(row["n"]) for row in rows_of(place))


def test_the_model_is_metafors() -> None:
    """REML with Knapp and Hartung's ad hoc interval and a t prediction interval, as R's metafor has them.

    Reference: tests/oracle/normand1999.json, case MD/pool/REML/hk_adhoc, metafor 3.8-1.
    """
    from sscreport.alternatives.model import Choices, fit

    data = json.loads((REPOSITORY / "tests/oracle/normand1999.json").read_text(encoding="utf-8"))
    case = next(case for case in data["cases"] if case["id"] == "MD/pool/REML/hk_adhoc")["expected"]
    y, v = (np.array(data["effects"]["MD"][name], dtype=float) for name in ("yi", "vi"))
    found = fit(y, np.sqrt(v), 95, Choices("REML", "hk_adhoc", TIMES))
    for name, reference in (
        ("estimate", case["estimate"]),
        ("ci_low", case["ci_lb"]),
        ("ci_high", case["ci_ub"]),
        ("p", case["p"]),
        ("tau_squared", case["tau2"]),
        ("i_squared", case["I2_tau2"]),
        ("prediction_low", case["pi_t_km1"][0]),
        ("prediction_high", case["pi_t_km1"][1]),
    ):
        assert getattr(found, name) == pytest.approx(reference, rel=1e-9), name


def test_one_study_keeps_its_own_interval(sound: Sound) -> None:
    """Keyszer's three patients: 6.70 with t on two degrees of freedom, and no heterogeneity."""
    (row,) = rows_of("mrss.by_source.bmsc")
    se = float(row["se"]) * math.sqrt(1 - R)
    half = stats.t.ppf(0.975, int(row["n"]) - 1) * se
    place = "mrss.by_source.bmsc"
    assert sound.number(f"{place}.estimate") == float(row["md"])
    assert sound.number(f"{place}.ci_low") == pytest.approx(float(row["md"]) - half, rel=1e-12)
    assert sound.number(f"{place}.p") == pytest.approx(2 * stats.t.sf(float(row["md"]) / se, 2), rel=1e-9)
    for name in ("tau_squared", "i_squared", "prediction_low", "fragile", "without.keyszer.estimate"):
        assert f"sound.{place}.{name}" not in sound.book


def test_two_studies_have_no_prediction_interval(sound: Sound) -> None:
    """One degree of freedom is enough for a confidence interval and no more."""
    assert "sound.rcs.m6.tau_squared" in sound.book and "sound.rcs.m6.prediction_low" not in sound.book


def test_repeated_times_are_a_multilevel_model(sound: Sound) -> None:
    """All times of the mRSS: the likelihood of the full covariance, times sharing their study's effect."""
    outcome = [row for place in ("m3", "m6", "m12") for row in rows_of(f"mrss.by_time.{place}")]
    pairs = [effects_at(f"mrss.by_time.{place}", R) for place in ("m3", "m6", "m12")]
    y, se = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    studies = [row["study"] for row in outcome]
    same = np.array([[a == b for b in studies] for a in studies], dtype=float)
    v = np.where(np.eye(len(y)) > 0, np.outer(se, se), TIMES * np.outer(se, se) * same)

    def solve(t2: float) -> tuple[float, float, float]:
        inverse = np.linalg.inv(v + t2 * same)
        weight, ones = inverse.sum(), np.ones(len(y))
        mean = float(ones @ inverse @ y / weight)
        rest = y - mean
        fit = np.linalg.slogdet(v + t2 * same)[1] + math.log(weight) + rest @ inverse @ rest
        return mean, float(fit), float(weight)

    best = minimize_scalar(
        lambda x: solve(x**2)[1], bounds=(0, 20), method="bounded", options={"xatol": 1e-11, "maxiter": 2000}
    )
    mean, _, weight = solve(best.x**2)
    assert sound.number("mrss.by_time.tau_squared") == pytest.approx(best.x**2, rel=1e-4)
    assert sound.number("mrss.by_time.estimate") == pytest.approx(mean, rel=1e-6)
    # Five studies, so four degrees of freedom; never narrower than with the Wald standard error.
    half = (sound.number("mrss.by_time.ci_high") - sound.number("mrss.by_time.ci_low")) / 2
    assert half >= stats.t.ppf(0.975, 4) / math.sqrt(weight) * (1 - 1e-6)
    assert sound.number("mrss.by_time.patients") == 52 and sound.number("mrss.by_time.studies") == 5


def test_repeats_are_combined_by_generalized_least_squares() -> None:
    """Two equal repeats that correlate by a half have three quarters of the variance of one."""
    y, v = combine_repeats([1, 3, 5], [1, 1, 2], ["a", "a", "b"], 0.5)
    assert y == pytest.approx([2, 5]) and v == pytest.approx([0.75, 2])
    covariance = covariance_of_repeats([1, 4], ["a", "a"], 0.5)
    inverse = np.linalg.inv(covariance)
    y, v = combine_repeats([1, 3], [1, 4], ["a", "a"], 0.5)
    assert v[0] == pytest.approx(1 / inverse.sum()) and y[0] == pytest.approx(inverse.sum(0) @ [1, 3] * v[0])


# ---------------------------------------------------------------- the correlation


def test_at_the_tipping_point_the_interval_touches_no_effect(sound: Sound) -> None:
    """There an interval ends at 0, a little to one side it holds it, and to the other it does not."""
    found = {}
    for place in MD_PLACES:
        tip = sound.number(f"{place}.tipping")
        if tip is None or len(rows_of(place)) < 2:
            continue
        ends = []
        for r in (tip - 0.01, tip, tip + 0.01):
            y, se = effects_at(place, r)
            result = by_hand(y, se**2)
            ends.append(max(result["ci_low"], -result["ci_high"]))
        assert ends[1] == pytest.approx(0, abs=1e-4), place
        starts = sound.number(f"{place}.tipping_way") == "starts"
        assert (ends[0] < 0 < ends[2]) if starts else (ends[2] < 0 < ends[0])
        found[place] = tip
    assert {"mrss.by_time.m3", "mrss.by_time.m12"} <= set(found)


def test_without_a_tipping_point_every_interval_says_the_same(sound: Sound) -> None:
    """Over all correlations the interval excludes no effect always or never where there is no such point."""
    quiet = [p for p in MD_PLACES if len(rows_of(p)) > 1 and sound.number(f"{p}.tipping") is None]
    assert quiet
    for place in quiet:
        said = set()
        for r in np.linspace(0, 0.99, 12):
            y, se = effects_at(place, r)
            result = by_hand(y, se**2)
            said.add(result["ci_low"] > 0 or result["ci_high"] < 0)
        assert len(said) == 1, place


def test_one_study_tips_where_its_own_interval_does(sound: Sound) -> None:
    """In closed form: 1 − (estimate / (t · recorded standard error))²."""
    (row,) = rows_of("mrss.by_source.bmsc")
    t = stats.t.ppf(0.975, int(row["n"]) - 1)
    wanted = 1 - (float(row["md"]) / (t * float(row["se"]))) ** 2
    assert sound.number("mrss.by_source.bmsc.tipping") == pytest.approx(wanted, rel=1e-9)


def test_a_correlation_is_recovered_from_a_printed_deviation(sound: Sound) -> None:
    """Almadori's 5.07 of 62 patients against 1.168: 1 − (0.644/1.168)², and it is called reconstructed."""
    value = sound.book["sound.correlation.mhiss-12m-almadori"]
    assert value.content == pytest.approx(1 - (5.07 / math.sqrt(62) / 1.168) ** 2, rel=1e-12)
    assert printed(value) == "0.70" and value.reconstructed
    assert implied_correlation(rescaled_error(2.0, 0.0, 0.35), 2.0) == pytest.approx(0.35)
    with pytest.raises(ValueError, match="No correlation"):
        implied_correlation(3.0, 1.0)


# ---------------------------------------------------------------- leaving out, proportions, harms


def test_leaving_a_study_out_pools_the_others(sound: Sound) -> None:
    """By the same model, and its name is told exactly where the conclusion becomes another."""
    for place in ("mrss.by_source", "vas.m6"):
        names, estimates = [], []
        for row in rows_of(place):
            without = f"{place}.without.{row['study']}"
            y, se = effects_at(place, R, row["study"])
            wanted = by_hand(y, se**2)
            for name in ("estimate", "ci_low", "ci_high", "p"):
                assert sound.number(f"{without}.{name}") == pytest.approx(wanted[name], rel=1e-4, abs=1e-5)
            estimates.append(sound.number(f"{without}.estimate"))
            if sound.number(f"{without}.change") != sound.number(f"{place}.change"):
                names.append(row["study"])
        told = sound.number(f"{place}.fragile").lower()
        assert all(name in told for name in names) and bool(told) == bool(names)
        assert sound.number(f"{place}.left_out.lowest") == min(estimates)
        assert sound.number(f"{place}.left_out.highest") == max(estimates)
    assert sound.number("chfs.m6.article.fragile") == "Park"  # without him the article's method has a change


def test_healed_ulcers_have_an_exact_interval(sound: Sound) -> None:
    """16 of 36, Park's 6 of 19 and all of one, by the beta quantiles of Clopper and Pearson."""
    for place, x, n in (("healed", 16, 36), ("study.park", 6, 19), ("study.wang", 1, 1)):
        low = stats.beta.ppf(0.025, x, n - x + 1)
        high = 1.0 if x == n else stats.beta.ppf(0.975, x + 1, n - x)
        assert sound.number(f"du.m6.{place}.proportion") == pytest.approx(100 * x / n)
        assert sound.number(f"du.m6.{place}.ci_low") == pytest.approx(100 * low, rel=1e-9)
        assert sound.number(f"du.m6.{place}.ci_high") == pytest.approx(100 * high, rel=1e-9)
    assert "sound.du.m6.estimate" not in sound.book, "no odds ratio stands against nobody healed before"
    narrow = sound.number("du.m6.healed.ci_high") - sound.number("du.m6.healed.ci_low")
    wide = sound.number("du.m6.healed.clustered.ci_high") - sound.number("du.m6.healed.clustered.ci_low")
    assert wide > narrow


def test_no_serious_event_leaves_a_risk_open(sound: Sound) -> None:
    """None of 114: the one-sided exact limit is 1 − 0.05^(1/114), near the rule of three."""
    assert sound.number("safety.serious.events") == 0 and sound.number("safety.serious.patients") == 114
    limit = sound.number("safety.serious.ci_high")
    assert limit == pytest.approx(100 * (1 - 0.05 ** (1 / 114)), rel=1e-9)
    assert limit == pytest.approx(300 / 114, rel=0.02)


def test_placebo_arms_span_the_range_that_is_told(sound: Sound) -> None:
    """Smallest and largest change of each outcome, trials counted once, and where the pool lies."""
    with (REPOSITORY / "data/placebo_arms.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for outcome, place in (("mrss", "mrss.by_time.m6"), ("chfs", "chfs.m6")):
        arms = [row for row in rows if row["outcome"] == outcome]
        low, high = (f(float(row["change"]) for row in arms) for f in (min, max))
        assert sound.number(f"placebo.{outcome}.lowest") == low
        assert sound.number(f"placebo.{outcome}.highest") == high
        assert sound.number(f"placebo.{outcome}.trials") == len({row["trial"] for row in arms})
        change = sound.number(f"{place}.estimate")
        where = "below" if change < low else "above" if change > high else "within"
        assert sound.number(f"{place}.placebo") == where
        clear = sound.number(f"{place}.ci_low") > high or sound.number(f"{place}.ci_high") < low
        assert (sound.number(f"{place}.beyond_placebo") == "yes") is clear
    assert all(row["provenance"] == "published" and row["references"] for row in rows)


# ---------------------------------------------------------------- the grid

TAUS, TESTS, CORRELATIONS = ("DL", "REML", "ML", "PM", "HE", "SJ"), ("z", "hk", "hk_adhoc"), 5


@pytest.mark.parametrize("place, k", [("mrss.by_source", 5), ("vas.m6", 3), ("rcs.m6", 2)])
def test_the_grid_holds_every_valid_combination_once(sound: Sound, place: str, k: int) -> None:
    """Fixed once and random with each τ² and interval, at each correlation, of all and without each."""
    grid = sound.syntheses[place].grid
    assert grid is not None
    random = len(TAUS) * len(TESTS)
    pools = 1 + k if k > 2 else 1  # sets of two studies or more
    wanted = CORRELATIONS * ((1 + k) + pools * random)
    assert grid.count.content == len(grid.specifications) == wanted
    assert len({spec.levels for spec in grid.specifications}) == wanted
    estimates = [spec.estimate for spec in grid.specifications]
    assert estimates == sorted(estimates)
    assert grid.median.content == pytest.approx(np.median(estimates))
    assert (grid.lowest.content, grid.highest.content) == (min(estimates), max(estimates))
    assert grid.significant.content == sum(spec.p < 0.05 for spec in grid.specifications)


def test_the_named_specifications_are_the_two_results(sound: Sound) -> None:
    """The article's point of a curve is its pooled result, the sound one that of the alternatives."""
    for place in ("mrss.by_source", "rcs.m6", "vas.m6", "mhiss.m12", "chfs.m6", "du.m6"):
        synthesis = sound.syntheses[place]
        grid = synthesis.grid
        assert grid is not None and grid.article is not None
        article, pooled = grid.specifications[grid.article], synthesis.overall.pooled
        assert article.estimate == pytest.approx(pooled.estimate.content, rel=1e-9)
        assert article.ci_low == pytest.approx(pooled.ci_low.content, rel=1e-9)
        assert article.p == pytest.approx(pooled.p.content, rel=1e-6)
        if place != "du.m6":
            assert grid.sound is not None
            mine = grid.specifications[grid.sound]
            assert mine.estimate == pytest.approx(sound.number(f"{place}.estimate"), rel=1e-9)
            assert mine.ci_high == pytest.approx(sound.number(f"{place}.ci_high"), rel=1e-9)


def test_a_conclusion_flips_where_its_word_is_another(sound: Sound) -> None:
    """Hand pain improved by the article's method: every specification that is not significant departs."""
    grid = sound.syntheses["vas.m6"].grid
    assert grid is not None and sound.book["vas.m6.change"].content == "improved"
    others = sum(not (spec.p < 0.05 and spec.estimate > 0) for spec in grid.specifications)
    assert grid.flipped.content == others > 0


# ---------------------------------------------------------------- the figure

IDS = ("mrss", "rcs", "ulcers", "vas", "mhiss", "chfs")


@pytest.fixture(scope="module")
def curves(sound: Sound) -> dict[str, tuple[Drawing, Synthesis]]:
    entries = {entry["id"]: entry for entry in sound.review.settings["figures"]}
    chosen = {name: entries[f"specifications-{name}"] for name in IDS}
    every = list(sound.syntheses.values())
    return {
        name: (draw_figure(entry, sound.review, every), sound.syntheses[entry["analysis"]])
        for name, entry in chosen.items()
    }


def bars(root: etree._Element) -> list[tuple[float, float]]:
    """Each bar of each comb: the base of its comb, and its left end.

    An outline goes to the right along the top of each bar, and elsewhere along the base alone.
    """
    found = []
    for shape in root.iter(f"{SVG}polygon"):
        outline = points(shape)
        base = outline[0][1]
        pairs = zip(outline, outline[1:], strict=False)
        found += [(base, a[0]) for a, b in pairs if a[1] == b[1] != base and b[0] > a[0]]
    return found


@pytest.mark.parametrize("name", IDS)
def test_every_specification_has_its_interval_and_its_choices(
    curves: dict[str, tuple[Drawing, Synthesis]], name: str
) -> None:
    """A bar for each above, a point for each on the curve, and below a mark in each dimension it chose."""
    drawing, synthesis = curves[name]
    grid, root = synthesis.grid, parse(drawing)
    assert grid is not None
    drawn, count = bars(root), grid.count.content
    floor = min(base for base, _ in drawn)
    intervals = [left for base, left in drawn if base == floor]
    assert len(intervals) == len(set(intervals)) == count
    curve = max((points(line) for line in root.iter(f"{SVG}polyline")), key=len)
    heights = [y for _, y in curve]
    assert len(curve) == count and heights == sorted(heights, reverse=True)  # they rise to the right
    chosen = sum(
        level.id == spec.levels[dimension.place]
        for spec in grid.specifications
        for dimension in grid.dimensions
        for level in dimension.levels
    )
    assert len(drawn) == count + chosen


@pytest.mark.parametrize("name", IDS)
def test_the_named_results_are_marked_at_their_height(
    curves: dict[str, tuple[Drawing, Synthesis]], name: str
) -> None:
    """Discs carry the two printed results, stand on the curve, and nothing else carries a number."""
    drawing, synthesis = curves[name]
    grid, root = synthesis.grid, parse(drawing)
    assert grid is not None and grid.article is not None
    curve = max((points(line) for line in root.iter(f"{SVG}polyline")), key=len)
    discs = {disc.get("data-value"): disc for disc in root.iter(f"{SVG}circle")}
    wanted = {synthesis.overall.pooled.estimate.key: grid.article}
    if grid.sound is not None and grid.sound_estimate is not None:
        wanted[grid.sound_estimate.key] = grid.sound
    assert set(discs) == set(wanted)
    for key, place in wanted.items():
        assert (float(discs[key].get("cx")), float(discs[key].get("cy"))) == pytest.approx(curve[place])
    assert not any(shape.get("data-value") for shape in root.iter(f"{SVG}polygon", f"{SVG}polyline"))


@pytest.mark.parametrize("name", IDS)
def test_nothing_in_a_curve_overlaps(curves: dict[str, tuple[Drawing, Synthesis]], name: str) -> None:
    """All texts stay within the figure and clear of each other."""
    canvas = curves[name][0].canvas
    boxes = []
    for mark in canvas.marks:
        if hasattr(mark, "parts"):
            boxes.append((mark.left, mark.y - 0.7 * mark.size * 0.3528, mark.left + mark.width, mark.y))
    assert boxes and all(left >= 0 and right <= canvas.width for left, _, right, _ in boxes)
    for (a, b), (c, d) in (
        ((one[0], one[1]), (two[0], two[1]))
        for one, two in product(boxes, boxes)
        if one != two
        and one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]
    ):  # fmt: skip
        pytest.fail(f"texts at {a, b} and {c, d} overlap")


def test_a_curve_tells_what_came_out_as_a_table(curves: dict[str, tuple[Drawing, Synthesis]]) -> None:
    """A few rows, each a sentence too, with the numbers that the figure prints."""
    drawing, synthesis = curves["vas"]
    grid, data = synthesis.grid, drawing.figure.data
    assert grid is not None and data is not None and grid.sound_estimate is not None
    assert len(data.table.body) == len(data.told) == 7
    said = " ".join(data.told)
    for value in (grid.count, grid.significant, grid.median, grid.sound_estimate):
        assert f": {printed(value)}." in said
    shown = {spot.key for spot in drawing.figure.spots}
    assert {cell.parts[0].key for _, cell in data.table.body} <= shown


# ---------------------------------------------------------------- other reviews, the finished page


def small(folder: Path, change: Callable[[str], str] = lambda text: text) -> Path:
    """The invented review with changed settings."""
    shutil.copytree(REPOSITORY / "tests/small_review", folder / "review")
    path = folder / "review/data/review.toml"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    return folder / "review"


def settings_text() -> str:
    text = (REPOSITORY / "data/review.toml").read_text(encoding="utf-8")
    return text[text.index("[alternatives]") : text.index("[manuscript]")]


def test_without_the_settings_nothing_is_computed(tmp_path: Path) -> None:
    """A review that asks for no alternatives has none, and no grid."""
    found = sound_of(small(tmp_path))
    assert not [value.key for value in found.book if value.key.startswith("sound.")]
    assert found.syntheses["walk.m6"].grid is None


def test_a_curve_without_the_settings_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message says what is missing, and no traceback does."""
    entry = '[[figures]]\nid = "curve"\nkind = "specification"\nanalysis = "walk.m6"\n\n[[tables]]'
    review = small(tmp_path, lambda text: text.replace("[[tables]]", entry, 1))
    assert main(["--review", str(review), "--quiet"]) == 2
    assert "needs the table [alternatives]" in capsys.readouterr().err


def test_a_correlation_outside_its_band_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The assumed correlation must be one of those that are called plausible."""
    outside = settings_text().replace("correlation = 0.7", "correlation = 0.2", 1)
    review = small(tmp_path, lambda text: text.replace("[manuscript]", outside + "[manuscript]"))
    assert main(["--review", str(review), "--quiet"]) == 2
    assert "band of correlations" in capsys.readouterr().err


def test_errors_of_an_unknown_correlation_stay_as_they_are(tmp_path: Path) -> None:
    """Where no correlation is recorded the studies enter as given, without a band and a tipping point."""
    review = small(tmp_path, lambda text: text.replace("[manuscript]", settings_text() + "[manuscript]"))
    found = sound_of(review)
    synthesis = found.syntheses["walk.m6"]
    y = np.array([effect.effect.content for effect in synthesis.overall.effects])
    se = np.array([effect.se.content for effect in synthesis.overall.effects])
    assert found.number("walk.m6.estimate") == pytest.approx(by_hand(y, se**2)["estimate"], rel=1e-5)
    assert "sound.walk.m6.tipping" not in found.book and "sound.walk.m6.band.low.p" not in found.book
    assert found.number("walk.m6.change") in ("improved", "worsened", "unclear")


def test_the_finished_page_says_the_same(built: Built, sound: Sound) -> None:
    """What stands under a key in the supplement is that value, and the curves are in it."""
    page = built.output / "manuscript.html"
    text, values = page.read_text(encoding="utf-8"), read_html.read_values(page)
    shown = {key: texts for key, texts in values.items() if key.startswith("sound.")}
    assert len(shown) > 150
    keys = (
        "mrss.by_time.m6.estimate",
        "vas.m6.prediction_low",
        "safety.serious.ci_high",
        "du.m6.healed.total",
    )
    for key in (f"sound.{key}" for key in keys):
        assert printed(sound.book[key]) in shown[key]
    for name in IDS:
        assert f'id="fig-specifications-{name}"' in text
    assert read_html.unexplained_digits(page) == []
