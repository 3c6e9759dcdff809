"""Forest plots of anybody's data, read as geometry: what stands where, at any size and in any layout."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from lxml import etree

from sscreport import statistics as ma
from sscreport.draw import LAYOUTS, Drawing
from sscreport.draw.fonts import MM_PER_POINT
from sscreport.figures import forest
from sscreport.problems import InputError
from tests.test_figures import SVG, Box, axis_ticks, parse, points, text_boxes

SIDES = ("Favours experimental", "Favours control")
CHINESE = "间充质干细胞治疗系统性硬化症"
Places = list[list[tuple[float, float]]]


def tables(k: int, seed: int = 1) -> pd.DataFrame:
    """Events and totals of ``k`` studies, in subgroups of up to 30."""
    chance = np.random.default_rng(seed)
    totals = chance.integers(20, 900, (2, k))
    events = chance.binomial(totals, chance.uniform(0.1, 0.6, (2, k)))
    names = [f"Author & Other {1950 + i % 70}{'abc'[i % 3]}" for i in range(k)]
    return pd.DataFrame(
        {
            "study": names,
            "year": 1950 + np.arange(k) % 70,
            "group": [f"Subgroup {i // 30 + 1}" for i in range(k)],
            "events_1": events[0],
            "total_1": totals[0],
            "events_2": events[1],
            "total_2": totals[1],
        }
    )


def given(estimates: list[float], errors: list[float]) -> pd.DataFrame:
    """Log ratios with their standard errors."""
    names = [f"Study {chr(65 + i)}" for i in range(len(estimates))]
    return pd.DataFrame({"study": names, "log_estimate": estimates, "se": errors})


def shapes(drawing: Drawing) -> Iterator[list[tuple[float, float]]]:
    for element in parse(drawing).iter(f"{SVG}polygon"):
        if element.get("data-value"):
            yield points(element)


def squares(drawing: Drawing) -> Places:
    return [p for p in shapes(drawing) if len(p) == 4 and p[0][1] == p[1][1]]


def diamonds(drawing: Drawing) -> Places:
    return [p for p in shapes(drawing) if len(p) == 4 and p[0][1] != p[1][1]]


def arrows(drawing: Drawing) -> Places:
    return [points(e) for e in parse(drawing).iter(f"{SVG}polygon") if len(points(e)) == 3]


def on_axis(drawing: Drawing, number: float) -> float:
    """Where a ratio stands by the labels of the axis, kept between its ends."""
    ticks = axis_ticks(parse(drawing))
    (x0, low), (x1, high) = ticks[0], ticks[-1]
    share = (math.log(number) - math.log(low)) / (math.log(high) - math.log(low))
    return x0 + (x1 - x0) * min(1, max(0, share))


def in_order(drawings: tuple[Drawing, ...]) -> None:
    """No text covers another or leaves its page; type of 7 points and lines of 0.25 at least."""
    for drawing in drawings:
        root = parse(drawing)
        boxes: list[Box] = list(text_boxes(root))
        right, bottom = (float(x) for x in root.get("viewBox").split()[2:])
        outside = [b.text for b in boxes if b.left < 0 or b.top < 0 or b.right > right or b.bottom > bottom]
        assert not outside
        boxes.sort(key=lambda box: box.top)
        for i, box in enumerate(boxes):
            below = (other for other in boxes[i + 1 :] if other.top < box.bottom)
            assert not [(box.text, other.text) for other in below if box.overlaps(other)]
        assert min(float(e.get("font-size")) for e in root.iter(f"{SVG}text")) >= 7
        assert min(float(e.get("stroke-width", 1)) for e in root.iter()) >= 0.25


@pytest.mark.parametrize("width", [85, 170])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("k", [1, 2, 7, 61, 200])
def test_texts_keep_apart_for_any_number_of_studies(k: int, layout: str, width: int) -> None:
    """Also over many pages, each within its height and every study on one of them."""
    frame = tables(k)
    pages = forest(
        frame, "RR", subgroup="group", layout=layout, width=width, sides=SIDES, prediction_interval=True
    )
    in_order(pages)
    assert all(page.figure.width_mm == width and page.figure.height_mm <= 235 for page in pages)
    assert sum(len(squares(page)) for page in pages) == k
    assert (len(pages) > 1) == (k > 60 or (k == 61 and width == 85))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("width", [85, 120, 170, 240])
@pytest.mark.parametrize(
    "name", ["A name " * 9, CHINESE * 3, "Donaudampfschifffahrtsgesellschaftskapitän" * 2, "Li 2020"]
)
def test_names_of_any_length_and_script_fit(name: str, width: int, layout: str) -> None:
    """Long names take several lines; words longer than a line are cut, and nothing is lost."""
    frame = tables(4).assign(study=[name, "B", f"{name} 2", "D"])
    pages = forest(frame, "OR", layout=layout, width=width, sides=(CHINESE, "Favours the other side"))
    in_order(pages)
    printed = "".join(box.text for box in text_boxes(parse(pages[0])))
    assert printed.replace(" ", "").count(name.replace(" ", "")) == 2


def test_square_areas_are_proportional_to_weights() -> None:
    """Within 1%, from the largest weight to one 2,000 times smaller."""
    errors = [0.05, 0.1, 0.3, 1.0, 2.2]
    (page,) = forest(given([0.2, 0.1, 0.5, -0.4, 0.3], errors), "OR", model="fixed")
    areas = [(p[1][0] - p[0][0]) * (p[2][1] - p[1][1]) for p in squares(page)]
    weights = 1 / np.square(errors)
    assert np.array(areas) / areas[0] == pytest.approx(weights / weights[0], rel=0.01)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("model", ["fixed", "random"])
def test_everything_stands_at_its_number(layout: str, model: str) -> None:
    """Squares at the estimates, diamond tips at the interval's ends, the null line at the null."""
    y, se = [0.3, -0.2, 0.6, 0.9], [0.3, 0.25, 0.4, 0.2]
    (page,) = forest(given(y, se), "HR", model=model, layout=layout)
    pooled = ma.pool(y, np.square(se), method="FE" if model == "fixed" else "DL")
    for place, estimate in zip(squares(page), y, strict=True):
        middle = (place[0][0] + place[1][0]) / 2
        assert middle == pytest.approx(on_axis(page, math.exp(estimate)), abs=0.02)
    (diamond,) = diamonds(page)
    for corner, end in zip(diamond, (pooled.ci_low, pooled.estimate, pooled.ci_high), strict=False):
        assert corner[0] == pytest.approx(on_axis(page, math.exp(end)), abs=0.02)
    upright = [
        points(e)[0][0]
        for e in parse(page).iter(f"{SVG}polyline")
        if points(e)[0][0] == points(e)[1][0]
        and not e.get("stroke-dasharray")
        and points(e)[1][1] > 60
        and abs(points(e)[1][1] - points(e)[0][1]) > 30
    ]
    assert upright == [pytest.approx(on_axis(page, 1.0), abs=0.02)]


def test_intervals_beyond_the_axis_end_in_arrows() -> None:
    """One arrow for each end that the axis cuts, at that end, and none elsewhere."""
    (page,) = forest(given([0.1, 0.2, 0.0], [0.1, 3.0, 0.12]), "RR", model="fixed")
    ticks = axis_ticks(parse(page))
    tips = sorted(place[0][0] for place in arrows(page))
    assert len(tips) == 2
    assert tips[0] < ticks[0][0] < ticks[-1][0] < tips[1]


@pytest.mark.parametrize(
    ("y", "se"),
    [
        pytest.param([13.0, 14.0, 12.5], [0.5, 0.6, 0.4], id="huge"),
        pytest.param([-13.0, -14.0, -12.5], [0.5, 0.6, 0.4], id="tiny"),
        pytest.param([1e-7, 2e-7, -1e-7], [1e-7, 1e-7, 1e-7], id="next to nothing"),
        pytest.param([0.2, 0.1, 0.3], [1e-9, 0.1, 0.2], id="zero width"),
        pytest.param([0.2, 0.1, 0.3], [900.0, 0.1, 0.2], id="infinite"),
    ],
)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_extremes_have_a_place(y: list[float], se: list[float], layout: str) -> None:
    """Huge and tiny effects, intervals without width and without end stand on the page."""
    pages = forest(given(y, se), "OR", layout=layout, model="fixed", sides=SIDES)
    in_order(pages)
    (page,) = pages
    right = float(parse(page).get("viewBox").split()[2])
    numbers = [x for place in (*squares(page), *diamonds(page)) for x, _ in place]
    assert len(squares(page)) == 3
    assert all(math.isfinite(x) and 0 <= x <= right for x in numbers)


def test_all_pages_have_the_same_head_and_axis() -> None:
    """Every page repeats the headings and the axis of the first one."""
    pages = forest(tables(120), "OR", sides=SIDES)
    same = []
    for page in pages:
        head = sorted(box.text for box in text_boxes(parse(page)) if box.top < 24)
        same.append((head, axis_ticks(parse(page))))
    assert len(same) > 1 and all(a == b for a, b in pairwise(same))


def test_a_prediction_interval_is_drawn_where_it_is() -> None:
    """Its bar spans √exp of the interval that the statistics give, on k − 2 degrees of freedom."""
    y, se = [0.3, -0.2, 0.6, 0.9, 0.1], [0.3, 0.25, 0.4, 0.2, 0.3]
    (page,) = forest(given(y, se), "RR", prediction_interval=True)
    low, high = ma.pool(y, np.square(se), method="DL").prediction_interval("k-2")
    bars = [points(e) for e in parse(page).iter(f"{SVG}polyline") if e.get("stroke-width") == "1.6"]
    assert len(bars) == 1
    assert bars[0][0][0] == pytest.approx(on_axis(page, math.exp(low)), abs=0.02)
    assert bars[0][1][0] == pytest.approx(on_axis(page, math.exp(high)), abs=0.02)


def test_the_zone_of_no_importance_lies_around_the_null() -> None:
    """From 1/1.25 to 1.25 for a factor of 1.25, from the headings to the axis."""
    (page,) = forest(tables(5), "OR", important_difference=1.25)
    zone = next(points(e) for e in parse(page).iter(f"{SVG}polygon") if e.get("fill") == "#e4e4e4")
    assert zone[0][0] == pytest.approx(on_axis(page, 0.8), abs=0.02)
    assert zone[1][0] == pytest.approx(on_axis(page, 1.25), abs=0.02)


@pytest.mark.parametrize("plot", ["leave-one-out", "cumulative"])
def test_repeated_poolings_are_those_of_the_library(plot: str) -> None:
    """Each row of a leave-one-out or cumulative plot stands where the statistics put it."""
    y, se = [0.3, -0.2, 0.6, 0.9], [0.3, 0.25, 0.4, 0.2]
    frame = given(y, se).assign(year=[2003, 2001, 2002, 2004])
    (page,) = forest(frame, "RR", plot=plot)
    if plot == "leave-one-out":
        results = ma.leave_one_out(y, np.square(se), method="DL").estimate
    else:
        results = ma.cumulative(y, np.square(se), [1, 2, 0, 3], method="DL").estimate
    middles = [(place[0][0] + place[1][0]) / 2 for place in squares(page)]
    assert middles == pytest.approx([on_axis(page, math.exp(x)) for x in results], abs=0.02)


def test_both_models_stand_side_by_side() -> None:
    """A diamond for each, where the library puts it, and weights under both names, each to 100%."""
    y, se = [0.3, -0.2, 0.6, 0.9], [0.3, 0.25, 0.4, 0.2]
    (page,) = forest(given(y, se), "RR", both_models=True)
    in_order((page,))
    ends = [(place[0][0], place[2][0]) for place in diamonds(page)]
    for method, found in zip(("DL", "FE"), ends, strict=True):
        pooled = ma.pool(y, np.square(se), method=method)
        limits = [on_axis(page, math.exp(x)) for x in (pooled.ci_low, pooled.ci_high)]
        assert found == pytest.approx(limits, abs=0.02)
    words = [box.text for box in text_boxes(parse(page))]
    assert {"Weight", "Random", "Fixed", "Total (95% CI), random", "Total (95% CI), fixed"} <= set(words)
    shares = [float(word.rstrip("%")) for word in words if word.endswith("%") and "=" not in word]
    assert sum(shares) == pytest.approx(300, abs=0.6)  # both columns, and 100% of the chosen model


def test_stars_show_the_score() -> None:
    """As many filled stars as points, of as many as the scale has."""
    (page,) = forest(given([0.1, 0.2], [0.1, 0.2]).assign(nos=[7, 3]), "OR", stars=("nos", 9))
    stars = [e for e in parse(page).iter(f"{SVG}polygon") if len(points(e)) == 10]
    assert len(stars) == 18
    assert sum(e.get("fill") != "#ffffff" for e in stars) == 10


def test_lights_show_the_risk_of_bias() -> None:
    """A coloured light with its sign for each study and domain, in the order of the rows."""
    judged = {"d1": ["low", "high", "some"], "d2": ["low", "low", "high"]}
    frame = tables(3).assign(group=["x", "y", "x"], **judged)
    domains = {"d1": "randomisation", "d2": "missing data"}
    (page,) = forest(frame, "OR", subgroup="group", layout="bmj", risk_of_bias=domains)
    in_order((page,))
    signs = [box for box in text_boxes(parse(page)) if box.text in ("+", "?", "−")]
    signs.sort(key=lambda box: (round(box.top), box.left))
    assert [box.text for box in signs] == ["+", "+", "?", "−", "−", "+"]
    assert len(list(parse(page).iter(f"{SVG}circle"))) == 6
    words = " ".join(box.text for box in text_boxes(parse(page)))
    assert "A, randomisation; B, missing data" in words
    with pytest.raises(InputError, match="d1 is unclear"):
        forest(frame.assign(d1="unclear"), "OR", risk_of_bias=domains)


def test_means_and_events_bring_their_columns() -> None:
    """Means with SDs and totals, or events with totals, under the names of the arms."""
    means = pd.DataFrame(
        {
            "study": ["A", "B"],
            "mean_1": [1.0, 2.0], "sd_1": [1.0, 1.5], "n_1": [20, 30],
            "mean_2": [0.5, 1.0], "sd_2": [1.2, 1.4], "n_2": [21, 29],
        }
    )  # fmt: skip
    (page,) = forest(means, "SMD", arms={"Experimental": "Cells", "Control": "Placebo"})
    words = [box.text for box in text_boxes(parse(page))]
    assert {"Cells", "Placebo", "Mean", "SD", "Total", "Standardised mean difference"} <= set(words)
    expected = ma.standardized_mean_difference(*(means[c].to_numpy() for c in means.columns[1:]))
    assert f"{expected.yi[0]:.2f} [" in "".join(words).replace("\N{FIGURE SPACE}", "").replace("−", "-")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"events_1": ["x", 1, 2]},
            ["Author & Other 1950a", "events_1", "x", "A finite number is expected."],
        ),
        ({"events_1": [np.nan, 1, 2]}, ["events_1", "A finite number is expected."]),
        ({"study": ["", "B", "C"]}, ["study", "A name is expected."]),
        ({"year": ["x", 1, 2]}, ["year", "x", "A finite number is expected."]),
        ({"events_1": [99999, 1, 2]}, ["Events must not outnumber their total", "99999"]),
        ({}, ["It has no column nos."]),
    ],
)
def test_what_does_not_fit_is_named(change: dict, words: list[str]) -> None:
    """Row, column and value of every cell that cannot be used, and columns that are missing."""
    stars = None if change else ("nos", 9)
    with pytest.raises(InputError) as caught:
        forest(tables(3).assign(**change), "OR", plot="cumulative", stars=stars)
    told = str(caught.value)
    assert not [word for word in words if word not in told]


@pytest.mark.parametrize(
    "options",
    [{"layout": "lancet"}, {"plot": "bar"}, {"model": "mixed"}, {"level": 0}, {"important_difference": -1}],
)
def test_options_that_do_not_exist_are_refused(options: dict) -> None:
    """With the ones that do."""
    with pytest.raises(InputError, match="one of|fixed or random|between 0 and 100|greater than 0"):
        forest(tables(3), "OR", **options)


def test_a_measure_without_its_columns_says_which_it_needs() -> None:
    """The columns of every way to make it."""
    with pytest.raises(InputError, match="mean_1, sd_1, n_1"):
        forest(tables(3), "MD")


def test_millimetres_are_those_of_the_page() -> None:
    """The SVG is as wide as was asked for."""
    (page,) = forest(tables(3), "OR", width=85)
    root: etree._Element = parse(page)
    assert float(root.get("viewBox").split()[2]) * MM_PER_POINT == pytest.approx(85)
    assert root.get("width") == "85mm"
