"""Funnel plots, Baujat plots, sweeps, stars and the flow diagram: what is drawn stands where it belongs."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import etree
from scipy.stats import norm

from sscreport import statistics as ma
from sscreport.draw import Drawing
from sscreport.draw.fonts import pieces, text_width
from sscreport.load import load
from sscreport.problems import InputError
from sscreport.validate import validate
from sscreport.wording import MINUS, printed
from tests.test_figures import (
    REPOSITORY,
    SVG,
    Drawn,
    along,
    assert_room,
    axis_ticks,
    draw_review,
    parse,
    points,
    text_boxes,
    texts,
)

LONG = "The collaborative group for a very long name of a study in rheumatology"
CHINESE = "系统性硬化症间充质干细胞治疗研究协作组"
NAMES: Mapping[str, Callable[[int], str]] = {
    "short": lambda i: f"Study {chr(65 + i % 26)}",
    "long": lambda i: f"{LONG} {chr(65 + i % 26)}",
    "Chinese": lambda i: CHINESE,
}
ITEMS = {"representativeness of the cohort": 1, "comparability of the cohorts": 2, "length of follow-up": 1}


def edit_rows(path: Path, change: Callable[[list[dict[str, str]]], None]) -> None:
    """Rewrite a table after ``change`` has worked on its rows."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


# The columns for items of the scale that the shipped review has, and leaves empty.
UNKNOWN_ITEMS = (
    *(f"selection_{number}" for number in range(1, 5)), "comparability",
    *(f"outcome_{number}" for number in range(1, 4)),
)  # fmt: skip


def edit_dictionary(
    root: Path, table: str, fields: Sequence[Mapping[str, Any]], instead_of: Sequence[str] = ()
) -> None:
    """Describe more columns of a table, before its last one, and some no longer."""
    path = root / "data/datapackage.json"
    package = json.loads(path.read_text("utf-8"))
    (resource,) = [r for r in package["resources"] if r["name"] == table]
    described = resource["schema"]["fields"]
    described[-1:-1] = fields
    resource["schema"]["fields"] = [field for field in described if field["name"] not in instead_of]
    path.write_text(json.dumps(package), "utf-8")


def shipped(folder: Path, figure: str, settings: Mapping[str, str] | None = None) -> Path:
    """A copy of the shipped review that draws this one figure; ``settings`` replaces text of review.toml.

    No analysis of it records a correlation.
    """
    shutil.copytree(REPOSITORY / "data", folder / "data")
    path = folder / "data/review.toml"
    text = path.read_text("utf-8")
    text = re.sub(r"\[\[figures\]\]\n(\w+ = .*\n)+\n", "", text).replace("\ncorrelation = 0\n", "\n")
    for old, new in (settings or {}).items():
        assert old in text
        text = text.replace(old, new, 1)
    tables = text.index("[[constants]]")
    path.write_text(f'{text[:tables]}[[figures]]\nid = "one"\n{figure}\n\n{text[tables:]}', "utf-8")
    return folder


def invented(
    folder: Path, names: Sequence[str], effects: Sequence[float], errors: Sequence[float], figure: str
) -> Path:
    """The small review with these studies, drawing one figure."""
    shutil.copytree(REPOSITORY / "tests/small_review", folder, dirs_exist_ok=True)

    def studies(rows: list[dict[str, str]]) -> None:
        first = rows[0]
        rows[:] = [first | {"id": f"s{i}", "label": name} for i, name in enumerate(names)]

    def differences(rows: list[dict[str, str]]) -> None:
        first = rows[0]
        rows[:] = [
            first | {"id": f"r{i}", "study": f"s{i}", "md": repr(float(y)), "se": repr(float(s))}
            for i, (y, s) in enumerate(zip(effects, errors, strict=True))
        ]

    edit_rows(folder / "data/studies.csv", studies)
    edit_rows(folder / "data/mean_differences.csv", differences)
    path = folder / "data/review.toml"
    text = path.read_text("utf-8").replace('kind = "forest"', figure)
    path.write_text(text.replace("small_study_tests = true\n", "small_study_tests = true\ncorrelation = 0\n"))
    return folder


def drawing_of(root: Path) -> tuple[Drawing, Drawn]:
    """The one figure of a review that validates."""
    validate(*load(root))
    drawn = draw_review(root)
    (drawing,) = drawn.drawings.values()
    return drawing, drawn


def problems_of(root: Path) -> str:
    with pytest.raises(InputError) as error:
        drawing_of(root)
    return "\n".join(map(str, error.value.problems))


def upright(root: etree._Element, number: float) -> float:
    """Where a number stands by the labels of the vertical axis, a fixed share of their size above them."""
    ticks = []
    for text in root.iter(f"{SVG}text"):
        spans = text.findall(f"{SVG}tspan")
        if text.get("text-anchor") == "end" and spans and spans[0].get("data-constant") == "axis tick":
            y = float(text.get("y")) - 0.35 * float(text.get("font-size"))
            ticks.append((y, float(spans[0].text.replace(MINUS, "-"))))
    (y0, low), (y1, high) = ticks[0], ticks[-1]
    return y0 + (y1 - y0) * (number - low) / (high - low)


def discs(root: etree._Element) -> list[tuple[float, float]]:
    return [(float(e.get("cx")), float(e.get("cy"))) for e in root.iter(f"{SVG}circle")]


def shapes(root: etree._Element, fill: str) -> list[list[tuple[float, float]]]:
    return [points(e) for e in root.iter(f"{SVG}polygon") if e.get("fill") == fill]


# --- funnel plots


@pytest.mark.parametrize("analysis", ["mrss.by_source", "du.m6"])
def test_contours_run_where_p_is_what_their_legend_says(tmp_path: Path, analysis: str) -> None:
    """At every height the edges of the shades are the effects whose two-sided P is the one named."""
    figure = f'kind = "funnel"\nanalysis = "{analysis}"\ncontours = true'
    drawing, drawn = drawing_of(shipped(tmp_path, figure))
    root, ratio = parse(drawing), analysis == "du.m6"
    se = float(max(re.findall(r"[\d.]+", " ".join(upright_labels(root))), key=float))
    for p, fill in ((0.01, "#d2d2d2"), (0.05, "#b4b4b4"), (0.10, "#ffffff")):
        (apex, *feet) = next(shape for shape in shapes(root, fill) if len(shape) == 3)
        half = norm.isf(p / 2) * se
        ends = [np.exp(x) if ratio else x for x in (half, -half)]
        assert apex[0] == pytest.approx(along(root, 1.0 if ratio else 0.0, ratio), abs=0.02)
        assert apex[1] == pytest.approx(upright(root, 0.0), abs=0.02)
        assert [x for x, _ in feet] == pytest.approx([along(root, end, ratio) for end in ends], abs=0.02)
        assert [y for _, y in feet] == pytest.approx([upright(root, se)] * 2, abs=0.02)
    assert {"P ≥ 0.10", "0.05 ≤ P < 0.10", "0.01 ≤ P < 0.05", "P < 0.01"} <= set(texts(drawing))
    assert_room(drawing)


def upright_labels(root: etree._Element) -> list[str]:
    return ["".join(e.itertext()) for e in root.iter(f"{SVG}text") if e.get("text-anchor") == "end"]


def test_shades_differ_in_grey() -> None:
    """Neighbouring shades differ by a tenth of the way from black to white, so that a copy keeps them."""
    from sscreport.draw.funnel import LEGEND

    greys = [int(fill[1:3], 16) / 255 for fill, _ in LEGEND]
    assert min(abs(a - b) for a, b in zip(greys, greys[1:], strict=False)) >= 0.1


@pytest.mark.parametrize("width", [85, 170])
@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("k", [1, 2, 9, 30, 200])
def test_funnels_of_any_size_keep_texts_apart(tmp_path: Path, k: int, kind: str, width: int) -> None:
    """One study or two hundred, long or Chinese names, narrow or wide: points right, nothing overlaps."""
    rng = np.random.default_rng(k)
    errors = rng.uniform(0.5, 12, k)
    effects = rng.normal(-20, errors)
    names = [NAMES[kind](i) for i in range(k)]
    figure = f'kind = "funnel"\nwidth = {width}\ncontours = true'
    drawing, _ = drawing_of(invented(tmp_path, names, effects, errors, figure))
    assert drawing.figure.width_mm == width
    assert_room(drawing)
    assert min(float(e.get("font-size")) for e in parse(drawing).iter(f"{SVG}text")) >= 7
    root = parse(drawing)
    expected = sorted((along(root, y, False), upright(root, s)) for y, s in zip(effects, errors, strict=True))
    assert np.allclose(sorted(discs(root)), expected, atol=0.05)
    named = [text for text in texts(drawing) if text in names]
    said = any("without room for their name" in text for text in texts(drawing))
    assert said == (len(named) < k)
    if kind == "short" and k <= 9:
        assert len(named) == k


@pytest.mark.parametrize("size", [1e-6, 1.0, 900.0])
def test_huge_and_tiny_effects_have_legible_axes(tmp_path: Path, size: float) -> None:
    """The axes fit effects of any size, and their labels keep apart."""
    effects, errors = np.array([-1.0, 0.2, 0.5, 1.0]) * size, np.array([0.1, 0.2, 0.3, 0.4]) * size
    figure = 'kind = "funnel"\nwidth = 85\ncontours = true'
    drawing, _ = drawing_of(invented(tmp_path, ["A", "B", "C", "D"], effects, errors, figure))
    assert_room(drawing)
    ticks = [number for _, number in axis_ticks(parse(drawing))]
    assert len(ticks) >= 2 and ticks[0] <= -size and ticks[-1] >= size


@pytest.mark.parametrize(("k", "said"), [(5, True), (9, True), (10, False)])
def test_few_studies_are_said_to_show_nothing(tmp_path: Path, k: int, said: bool) -> None:
    """Below ten studies, and only there, one sentence with their number says what cannot be told."""
    rng = np.random.default_rng(1)
    names = [f"Study {chr(65 + i)}" for i in range(k)]
    root = invented(tmp_path, names, rng.normal(size=k), rng.uniform(1, 2, k), 'kind = "funnel"')
    lines = texts(drawing_of(root)[0])
    sentence = f"With k = {k}, fewer than 10 studies, asymmetry can neither be shown nor excluded."
    assert (sentence in lines) == said
    assert any("Egger's test: P" in line and f"(k = {k} studies)" in line for line in lines)


# --- Baujat plots


@pytest.mark.parametrize("width", [85, 170])
def test_baujat_points_stand_at_contribution_and_influence(tmp_path: Path, width: int) -> None:
    """Every study stands where the statistics library puts it, and far ones are named."""
    effects, errors = np.array([1.0, 2.0, 9.0, 1.5, 3.0]), np.array([1.0, 0.8, 1.2, 0.4, 2.0])
    names = ["Ash", "Birch", "Cedar", "Dogwood", "Elm"]
    figure = f'kind = "baujat"\nwidth = {width}'
    drawing, _ = drawing_of(invented(tmp_path, names, effects, errors, figure))
    root, found = parse(drawing), ma.baujat(effects, errors**2)
    expected = sorted((along(root, x, False), upright(root, y)) for x, y in zip(*found, strict=True))
    assert np.allclose(sorted(discs(root)), expected, atol=0.05)
    assert "Cedar" in texts(drawing)
    assert f"Cedar {found.x[2]:.2f}, {found.y[2]:.2f}" in drawing.figure.alt
    assert_room(drawing)


@pytest.mark.parametrize("width", [85, 170])
@pytest.mark.parametrize("kind", NAMES)
def test_baujat_plots_of_many_studies_keep_texts_apart(tmp_path: Path, kind: str, width: int) -> None:
    """With many studies and unwieldy names the names that fit are shown and none overlaps."""
    rng = np.random.default_rng(2)
    names = [NAMES[kind](i) for i in range(100)]
    figure = f'kind = "baujat"\nwidth = {width}'
    root = invented(tmp_path, names, rng.normal(size=100), rng.uniform(0.2, 2, 100), figure)
    assert_room(drawing_of(root)[0])


def test_a_study_in_several_subgroups_is_named_with_its_subgroup(tmp_path: Path) -> None:
    """Where one study has several points, each name says which."""
    drawing, _ = drawing_of(shipped(tmp_path, 'kind = "baujat"\nanalysis = "mrss.by_time"'))
    assert "Wang†, 12 months" in texts(drawing)


def test_two_effects_are_too_few_for_a_baujat_plot(tmp_path: Path) -> None:
    """The figure and its analysis are named, and what is needed."""
    said = problems_of(shipped(tmp_path, 'kind = "baujat"\nanalysis = "rcs.m6"'))
    assert "(row one): analysis is rcs.m6" in said and "at least three effects" in said


# --- sweeps


def band(root: etree._Element) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Lower and upper edge of the band, both from left to right."""
    (shape,) = shapes(root, "#b9d3e6")
    half = len(shape) // 2
    return shape[:half], shape[half:][::-1]


@pytest.mark.parametrize("width", [85, 170])
@pytest.mark.parametrize(("analysis", "recorded"), [("mrss.by_source", 0), ("vas.m6", 0.5)])
def test_a_sweep_pools_anew_at_every_correlation(
    tmp_path: Path, analysis: str, recorded: float, width: int
) -> None:
    """Line and band are the pooled result with variances times (1 − r) / (1 − recorded), both models."""
    settings = {f'id = "{analysis}"\n': f'id = "{analysis}"\ncorrelation = {recorded}\n'}
    figure = f'kind = "sweep"\nanalysis = "{analysis}"\nwidth = {width}'
    drawing, drawn = drawing_of(shipped(tmp_path, figure, settings))
    root, synthesis = parse(drawing), drawn.syntheses[analysis]
    y, s = (np.array([getattr(e, n).content for e in synthesis.overall.effects]) for n in ("effect", "se"))
    method = "DL" if synthesis.decision.model.content == "random" else "FE"
    assert (method == "DL") == (analysis == "vas.m6")
    (line,) = [e for e in root.iter(f"{SVG}polyline") if len(points(e)) > 2]
    low, high = band(root)
    rs = np.arange(0, 0.901, 0.05)
    for i, r in enumerate(rs):
        pooled = ma.pool(y, s**2 * (1 - r) / (1 - recorded), method=method)
        assert points(line)[i] == pytest.approx(
            (along(root, r, False), upright(root, pooled.estimate)), abs=0.05
        )
        assert low[i][1] == pytest.approx(upright(root, pooled.ci_low), abs=0.05)
        assert high[i][1] == pytest.approx(upright(root, pooled.ci_high), abs=0.05)
    assert len(points(line)) == len(low) == len(rs)
    ((x, height),) = discs(root)
    assert x == pytest.approx(along(root, recorded, False), abs=0.05)
    whole = synthesis.overall.pooled.estimate
    assert height == pytest.approx(upright(root, whole.content), abs=0.05)
    dashed = [points(e) for e in root.iter(f"{SVG}polyline") if e.get("stroke-dasharray")]
    assert dashed[0][0][1] == pytest.approx(upright(root, 0.0), abs=0.05)
    assert f"r = {recorded:g}: {printed(whole)}" in " ".join(texts(drawing))
    assert_room(drawing)


def test_known_standard_deviations_enter_a_sweep(tmp_path: Path) -> None:
    """Where both standard deviations are recorded, standard errors are those of the change they imply."""
    n, before, after = 40, np.array([30.0, 50.0]), np.array([60.0, 20.0])
    effects, errors = np.array([-31.5, -22.0]), np.sqrt((before**2 + after**2) / n)
    root = invented(tmp_path, ["Ash", "Birch"], effects, errors, 'kind = "sweep"')
    fields = [{"name": name, "type": "number", "title": name} for name in ("sd_before", "sd_after")]
    edit_dictionary(root, "mean_differences", fields)

    def add(rows: list[dict[str, str]]) -> None:
        for row, *sds in zip(rows, before, after, strict=True):
            row |= dict(zip(("sd_before", "sd_after"), map(str, sds), strict=True))

    edit_rows(root / "data/mean_differences.csv", add)
    path = root / "data/review.toml"
    columns = 'se = "se", sd_before = "sd_before", sd_after = "sd_after" }'
    path.write_text(path.read_text("utf-8").replace('se = "se" }', columns), "utf-8")
    drawing, drawn = drawing_of(root)
    sweep = drawn.syntheses["walk.m6"].sweep
    for r in (0.0, 0.5, 0.9):
        variances = (before**2 + after**2 - 2 * r * before * after) / n
        pooled = ma.pool(effects, variances, method="FE", level=0.9)
        assert sweep[r].estimate.content == pytest.approx(pooled.estimate)
        assert sweep[r].ci_low.content == pytest.approx(pooled.ci_low)
    assert "follow from the standard deviations" in " ".join(texts(drawing))


def test_a_sweep_needs_a_recorded_correlation_of_differences(tmp_path: Path) -> None:
    """Without the assumption behind the standard errors, or for odds ratios, the build stops and says why."""
    said = problems_of(shipped(tmp_path / "a", 'kind = "sweep"\nanalysis = "vas.m6"'))
    assert "(row analyses.vas.m6): correlation is empty" in said and "standard errors assume" in said
    said = problems_of(shipped(tmp_path / "b", 'kind = "sweep"\nanalysis = "du.m6"'))
    assert "analysis is du.m6" in said and "mean differences only" in said


# --- stars


def stars(root: etree._Element, key: str) -> list[tuple[float, bool]]:
    """(x, filled) of every star of a value, from the left."""
    found = [e for e in root.iter(f"{SVG}polygon") if e.get("data-value") == key]
    return [(points(e)[0][0], e.get("fill") != "#ffffff") for e in found]


@pytest.mark.parametrize("width", [85, 110, 170])
def test_totals_are_stars_on_the_reviews_bands(tmp_path: Path, width: int) -> None:
    """Without items each study has its stars out of nine, in the bands of the settings, and its word."""
    drawing, drawn = drawing_of(shipped(tmp_path, f'kind = "nos"\nwidth = {width}'))
    root, lines = parse(drawing), texts(drawing)
    low, moderate = shapes(root, "#dcdcdc")[0], shapes(root, "#efefef")[0]
    for row in drawn.review.tables["newcastle_ottawa"]:
        found = stars(root, row["total"].key)
        assert [filled for _, filled in found] == [i < row.content("total") for i in range(9)]
        assert low[0][0] < found[0][0] and found[3][0] < low[1][0] < found[4][0]
        assert found[5][0] < moderate[1][0] < found[6][0]
        word = "low" if row.content("total") <= 4 else "high" if row.content("total") >= 7 else "moderate"
        assert f"{row.content('total')}, {word}" in drawing.figure.alt
    assert lines.count("Almadori") == 1
    assert "up to 4; high: from 7" in " ".join(lines)
    assert_room(drawing)


def with_items(root: Path, name: str, given: Sequence[int]) -> Path:
    """The items of a scale of four stars for the first study, whose label becomes ``name``."""
    fields = [
        {
            "name": f"item_{i}",
            "type": "integer",
            "title": title,
            "style": "count",
            "constraints": {"minimum": 0, "maximum": most},
        }
        for i, (title, most) in enumerate(ITEMS.items())
    ]
    edit_dictionary(root, "newcastle_ottawa", fields, instead_of=UNKNOWN_ITEMS)

    def add(rows: list[dict[str, str]]) -> None:
        for row in rows:
            for name in UNKNOWN_ITEMS:
                del row[name]
            row |= {f"item_{i}": "" for i in range(len(ITEMS))}
        rows[0] |= {f"item_{i}": str(n) for i, n in enumerate(given)}
        rows[0]["total"] = "3"

    edit_rows(root / "data/newcastle_ottawa.csv", add)

    def rename(rows: list[dict[str, str]]) -> None:
        rows[0]["label"] = name

    edit_rows(root / "data/studies.csv", rename)
    return root


@pytest.mark.parametrize("width", [85, 170])
@pytest.mark.parametrize("name", ["Almadori", LONG, CHINESE])
def test_items_are_a_grid_of_stars(tmp_path: Path, name: str, width: int) -> None:
    """With items each has as many stars as it can give; unknown ones are dashes, letters are explained."""
    root = with_items(shipped(tmp_path, f'kind = "nos"\nwidth = {width}'), name, (1, 2, 0))
    drawing, drawn = drawing_of(root)
    row, svg = drawn.review.tables["newcastle_ottawa"][0], parse(drawing)
    found = [[filled for _, filled in stars(svg, row[f"item_{i}"].key)] for i in range(3)]
    assert found == [[True], [True, True], [False]]
    assert texts(drawing).count("–") == 3 * (len(drawn.review.tables["newcastle_ottawa"]) - 1)
    legend = " ".join(texts(drawing))
    assert all(
        f"{letter},\N{NO-BREAK SPACE}{title}" in legend for letter, title in zip("ABC", ITEMS, strict=True)
    )
    assert_room(drawing)


def test_items_that_do_not_add_up_are_named(tmp_path: Path) -> None:
    """A total other than the sum of its items stops the build with row, value and sum."""
    said = problems_of(with_items(shipped(tmp_path, 'kind = "nos"'), "Almadori", (1, 0, 0)))
    assert (
        "data/newcastle_ottawa.csv" in said and "(row almadori): total is 3" in said and "add up to 1" in said
    )


def test_a_word_longer_than_its_column_is_cut(tmp_path: Path) -> None:
    """It takes several lines, and none of its letters is lost."""
    name = "Unbreakable" * 5
    root = with_items(shipped(tmp_path, 'kind = "nos"\nwidth = 85'), name, (1, 2, 0))
    boxes = list(text_boxes(parse(drawing_of(root)[0])))
    assert name in "".join(box.text for box in boxes)
    assert not [(a, b) for n, a in enumerate(boxes) for b in boxes[:n] if a.overlaps(b)]


# --- the flow diagram


def screened(root: Path) -> Path:
    """More of PRISMA's steps in the screening: registers, removals, retrieval, reasons of exclusion."""

    def add(rows: list[dict[str, str]]) -> None:
        more = {
            "registers": ("registers", 40),
            "removed_automation": ("by tools", 12),
            "removed_other": ("other", 3),
            "sought": ("sought", 31),
            "excluded_small": ("fewer than 5 patients with systemic sclerosis in the whole of the report", 9),
            "excluded_cn": (CHINESE * 2, 8),
        }
        for row in rows:
            row["count"] = {"identified": "718", "full_text": "28"}.get(row["id"], row["count"])
        rows += [rows[0] | {"id": i, "stage": s, "count": str(n)} for i, (s, n) in more.items()]

    edit_rows(root / "data/screening.csv", add)
    return root


@pytest.mark.parametrize("width", [85, 120, 170])
@pytest.mark.parametrize("more", [False, True])
def test_flow_diagrams_fit_their_width(tmp_path: Path, more: bool, width: int) -> None:
    """With few steps or all of them, every text stands inside its box and the boxes stand apart."""
    root = shipped(tmp_path, f'kind = "flow"\nwidth = {width}')
    drawing, _ = drawing_of(screened(root) if more else root)
    assert_room(drawing)
    assert drawing.figure.width_mm == width
    boxes = [p for p in shapes(parse(drawing), "#ffffff") if len(p) == 4]
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            assert a[1][0] <= b[0][0] or b[1][0] <= a[0][0] or a[2][1] <= b[0][1] or b[2][1] <= a[0][1]
    for mark in drawing.canvas.marks:
        if hasattr(mark, "parts") and mark.anchor == "start":
            x, right = mark.left / 25.4 * 72, (mark.left + mark.width) / 25.4 * 72
            assert any(box[0][0] < x and right < box[1][0] + 0.01 for box in boxes), mark.text


def test_every_step_that_is_counted_is_shown(tmp_path: Path) -> None:
    """Registers, removals, reports sought and reasons stand in the diagram with their numbers."""
    drawing, _ = drawing_of(screened(shipped(tmp_path, 'kind = "flow"')))
    for told in (
        "Records from registers (n = 40)",
        "Records removed before screening: Duplicate records removed (n = 360)",
        "automation tools (n = 12), Records removed for other reasons (n = 3)",
        "Records excluded (n = 312); Reports sought for retrieval (n = 31); Reports not retrieved (n = 3)",
        "in the whole of the report (n = 9)",
        f"{CHINESE * 2} (n = 8)",
        "Studies included in the review (n = 9)",
    ):
        assert told in drawing.figure.alt


@pytest.mark.parametrize(
    ("row", "count", "said"),
    [
        ("registers", "41", "identified is 718.\n    Databases, registers and hand searching add up to 719."),
        (
            "removed_other",
            "999",
            "deduplicated is 343.\n    It cannot be more than identified less the records",
        ),
        ("sought", "27", "full_text is 28"),
        ("excluded_small", "8", "included is 9.\n    Reports read in full, less those excluded"),
        ("quantitative", "8", "quantitative is 8"),
    ],
)
def test_counts_that_contradict_each_other_are_named(tmp_path: Path, row: str, count: str, said: str) -> None:
    """A sum that does not come out stops the build with file, row, value and what was expected."""

    def change(rows: list[dict[str, str]]) -> None:
        next(r for r in rows if r["id"] == row)["count"] = count

    root = screened(shipped(tmp_path, 'kind = "flow"'))
    edit_rows(root / "data/screening.csv", change)
    found = problems_of(root)
    name, _, rest = said.partition(" ")
    assert "data/screening.csv" in found
    assert f"(row {name}): count {rest}" in found


def test_a_step_the_diagram_does_not_know_is_named(tmp_path: Path) -> None:
    """A count under a misspelt id is not passed over in silence."""

    def misspell(rows: list[dict[str, str]]) -> None:
        next(r for r in rows if r["id"] == "removed_other")["id"] = "remvoed_other"

    root = screened(shipped(tmp_path, 'kind = "flow"'))
    edit_rows(root / "data/screening.csv", misspell)
    assert "Did you mean removed_other?" in problems_of(root)


# --- settings and texts


@pytest.mark.parametrize("width", ["59", "401", '"wide"'])
def test_a_width_no_journal_prints_is_refused(tmp_path: Path, width: str) -> None:
    """Widths outside 60 to 400 mm stop the build with the figure's place in the settings."""
    with pytest.raises(InputError, match=r"figures.0.*: width is"):
        drawing_of(shipped(tmp_path, f'kind = "nos"\nwidth = {width}'))


def test_same_review_same_bytes(tmp_path: Path) -> None:
    """Drawn twice, a figure is the same byte for byte."""
    root = shipped(tmp_path, 'kind = "baujat"\nanalysis = "mrss.by_time"')
    assert drawing_of(root)[0].figure == drawing_of(root)[0].figure


def test_chinese_is_measured_and_broken() -> None:
    """A full-width character is one em wide, and a line may break on either side of it."""
    assert text_width(CHINESE, 10) == pytest.approx(len(CHINESE) * 10 * 25.4 / 72)
    assert pieces("before–after 系统 a") == ["before–after", " 系", "统", " a"]
