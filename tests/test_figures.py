"""The figures: what is drawn stands where the numbers say, and every number says whose it is."""

from __future__ import annotations

import dataclasses
import io
import math
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from sscreport.alternatives import alternatives
from sscreport.analyse import analyse
from sscreport.describe import describe
from sscreport.draw import Canvas, Constant, Drawing, draw, forest_plot, funnel_plot
from sscreport.draw.axis import plain_ticks, symmetric_ticks
from sscreport.draw.fonts import ASCENT, DESCENT, MM_PER_POINT, text_width, wrap
from sscreport.load import load
from sscreport.measures import MEASURES
from sscreport.problems import BuildError, InputError
from sscreport.records import Review, Synthesis
from sscreport.values import Value
from sscreport.wording import MINUS, printed

REPOSITORY = Path(__file__).resolve().parent.parent
SVG = "{http://www.w3.org/2000/svg}"
POINTS_PER_MM = 1 / MM_PER_POINT
IDENTITIES = ("data-value", "data-ref", "data-constant")


@dataclass(frozen=True)
class Drawn:
    review: Review
    syntheses: dict[str, Synthesis]
    drawings: dict[str, Drawing]

    def of_kind(self, kind: str) -> list[tuple[Drawing, Synthesis]]:
        entries = [entry for entry in self.review.settings["figures"] if entry["kind"] == kind]
        return [(self.drawings[e["id"]], self.syntheses[e["analysis"]]) for e in entries]


def draw_review(root: Path) -> Drawn:
    review, _ = load(root)
    syntheses = alternatives(review, analyse(review))
    describe(review)
    return Drawn(review, {s.analysis.id: s for s in syntheses}, draw(review, syntheses))


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return draw_review(REPOSITORY)


def parse(drawing: Drawing) -> etree._Element:
    return etree.fromstring(drawing.figure.svg)


def points(element: etree._Element) -> list[tuple[float, float]]:
    return [tuple(map(float, pair.split(","))) for pair in element.get("points").split()]


def polygons(root: etree._Element, key: str | None, corners: int) -> list[list[tuple[float, float]]]:
    found = [e for e in root.iter(f"{SVG}polygon") if e.get("data-value") == key]
    return [points(e) for e in found if len(points(e)) == corners]


def squares(root: etree._Element, key: str) -> list[list[tuple[float, float]]]:
    """Polygons of four corners with sides along the axes."""
    return [p for p in polygons(root, key, 4) if p[0][1] == p[1][1]]


def diamonds(root: etree._Element, key: str) -> list[list[tuple[float, float]]]:
    return [p for p in polygons(root, key, 4) if p[0][1] != p[1][1]]


def axis_ticks(root: etree._Element) -> list[tuple[float, float]]:
    """(x, number) of every label of the horizontal axis."""
    found = []
    for text in root.iter(f"{SVG}text"):
        spans = text.findall(f"{SVG}tspan")
        if text.get("text-anchor") == "middle" and spans and spans[0].get("data-constant") == "axis tick":
            found.append((float(text.get("x")), float(spans[0].text.replace(MINUS, "-"))))
    return found


def along(root: etree._Element, number: float, log: bool) -> float:
    """Where a number stands by the axis' own labels, kept between its ends."""
    ticks = axis_ticks(root)
    scale = math.log if log else float
    (x0, low), (x1, high) = ticks[0], ticks[-1]
    share = (scale(number) - scale(low)) / (scale(high) - scale(low))
    return x0 + (x1 - x0) * min(1, max(0, share))


@dataclass(frozen=True)
class Box:
    text: str
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        return (
            self.left < other.right and other.left < self.right
            and self.top < other.bottom and other.top < self.bottom
        )  # fmt: skip


def text_boxes(root: etree._Element) -> Iterator[Box]:
    """The room every text takes, in points, by the metrics of its typeface."""
    for element in root.iter(f"{SVG}text"):
        text, size = "".join(element.itertext()), float(element.get("font-size"))
        width = text_width(text, size, element.get("font-weight") == "bold") * POINTS_PER_MM
        x, y = float(element.get("x")), float(element.get("y"))
        left = x - width * {None: 0.0, "middle": 0.5, "end": 1.0}[element.get("text-anchor")]
        yield Box(text, left, y - ASCENT * size, left + width, y + DESCENT * size)


def texts(drawing: Drawing) -> list[str]:
    return ["".join(element.itertext()) for element in parse(drawing).iter(f"{SVG}text")]


def test_every_figure_of_the_settings_is_drawn_in_their_order(drawn: Drawn) -> None:
    """The figures are those of review.toml, in its order, and each one knows its own id."""
    wanted = [entry["id"] for entry in drawn.review.settings["figures"]]
    assert wanted
    assert list(drawn.drawings) == wanted
    assert [drawing.figure.id for drawing in drawn.drawings.values()] == wanted


def test_every_digit_has_an_identity(drawn: Drawn) -> None:
    """A digit in a figure stands in an element that says which value or constant it is."""
    for name, drawing in drawn.drawings.items():
        marked = 0
        for element in parse(drawing).iter():
            for owner, text in ((element, element.text), (element.getparent(), element.tail)):
                if re.search(r"\d", text or ""):
                    assert any(owner.get(identity) for identity in IDENTITIES), (name, text)
                    marked += 1
        assert marked, name


def test_marked_numbers_print_as_their_value_does(drawn: Drawn) -> None:
    """What stands in a marked span is exactly what its value prints."""
    for drawing in drawn.drawings.values():
        for span in parse(drawing).iter(f"{SVG}tspan"):
            key = span.get("data-value")
            if key:
                assert span.text == printed(drawn.review.book[key])


def test_square_areas_are_proportional_to_weights(drawn: Drawn) -> None:
    """Within a forest plot the area of every square is the same multiple of its weight, within 1%."""
    for drawing, synthesis in drawn.of_kind("forest"):
        root, ratios = parse(drawing), []
        for effect in synthesis.overall.effects:
            (square,) = squares(root, effect.estimate.key)
            width, height = square[1][0] - square[0][0], square[2][1] - square[1][1]
            assert width == pytest.approx(height, rel=0.01)
            ratios.append(width * height / effect.weight.content)
        assert max(ratios) <= min(ratios) * 1.01, drawing.figure.id


def test_diamond_tips_are_the_interval(drawn: Drawn) -> None:
    """A diamond's tips stand at its interval's ends and its widest place at the estimate."""
    for drawing, synthesis in drawn.of_kind("forest"):
        root, log = parse(drawing), MEASURES[synthesis.analysis.measure].log
        for group in (*synthesis.groups, synthesis.overall):
            pooled = group.pooled
            (diamond,) = diamonds(root, pooled.estimate.key)
            expected = [
                along(root, value.content, log)
                for value in (pooled.ci_low, pooled.estimate, pooled.ci_high, pooled.estimate)
            ]
            assert [x for x, _ in diamond] == pytest.approx(expected, abs=0.02)


def test_intervals_end_at_their_limits_or_in_an_arrow(drawn: Drawn) -> None:
    """A study's line spans its interval; where the axis cuts it, and only there, stands an arrow."""
    cut = 0
    for drawing, synthesis in drawn.of_kind("forest"):
        root, log = parse(drawing), MEASURES[synthesis.analysis.measure].log
        low, high = axis_ticks(root)[0][1], axis_ticks(root)[-1][1]
        expected = []
        for effect in synthesis.overall.effects:
            ends = (effect.ci_low.content, effect.ci_high.content)
            (line,) = [e for e in root.iter(f"{SVG}polyline") if e.get("data-value") == effect.estimate.key]
            span = [along(root, x, log) for x in ends]
            assert [x for x, _ in points(line)] == pytest.approx(span, abs=0.02)
            expected += [points(line)[i][0] for i, x in enumerate(ends) if not low <= x <= high]
        arrows = sorted(sum(x for x, _ in arrow) / 3 for arrow in polygons(root, None, 3))
        assert arrows == pytest.approx(sorted(expected), abs=2.5), drawing.figure.id
        cut += len(arrows)
    assert cut, "no shipped interval reaches beyond its axis: this test tests nothing"


def assert_room(drawing: Drawing) -> None:
    root = parse(drawing)
    _, _, width, height = map(float, root.get("viewBox").split())
    boxes = list(text_boxes(root))
    for i, box in enumerate(boxes):
        assert box.left >= 0 and box.top >= 0 and box.right <= width and box.bottom <= height, box
        assert [other.text for other in boxes[i + 1 :] if box.overlaps(other)] == [], box.text


def test_no_texts_overlap_or_leave_the_canvas(drawn: Drawn) -> None:
    """Every text has its own room inside the figure."""
    for drawing in drawn.drawings.values():
        assert_room(drawing)


def test_figures_fit_a_journal_page(drawn: Drawn) -> None:
    """No figure is wider than 170 mm, no text smaller than 7 pt, no line thinner than 0.25 pt."""
    for drawing in drawn.drawings.values():
        root = parse(drawing)
        assert drawing.figure.width_mm <= 170
        assert root.get("width") == f"{drawing.figure.width_mm:g}mm"
        assert min(float(text.get("font-size")) for text in root.iter(f"{SVG}text")) >= 7
        assert min(float(e.get("stroke-width")) for e in root.iter() if e.get("stroke-width")) >= 0.25


def test_same_data_give_the_same_bytes(drawn: Drawn) -> None:
    """Drawing the review once more gives byte for byte the same SVG and PNG."""
    again = draw_review(REPOSITORY)
    for name, drawing in drawn.drawings.items():
        assert again.drawings[name].figure == drawing.figure
        assert again.drawings[name].png(100) == drawing.png(100)


def test_svg_can_stand_inside_a_page(drawn: Drawn) -> None:
    """The SVG has no prolog and no ids, is an image to a listener, and carries the description."""
    for drawing in drawn.drawings.values():
        assert drawing.figure.svg.startswith("<svg ")
        root = parse(drawing)
        assert (root.get("role"), root.get("aria-label")) == ("img", drawing.figure.alt)
        assert not [element for element in root.iter() if element.get("id")]


def test_png_has_the_figures_size_and_ink(drawn: Drawn) -> None:
    """The PNG has the figure's size at the resolution asked for, and is not blank."""
    for drawing in drawn.drawings.values():
        image = Image.open(io.BytesIO(drawing.png(dpi=150)))
        size = (drawing.figure.width_mm, drawing.figure.height_mm)
        for pixels, millimetres in zip(image.size, size, strict=True):
            assert abs(pixels - millimetres / 25.4 * 150) < 1
        darkest, lightest = image.convert("L").getextrema()
        assert darkest < 60 and lightest == 255


def p_text(p: Value) -> str:
    return f"P {printed(p)}" if printed(p).startswith("<") else f"P = {printed(p)}"


def test_statistics_read_as_revman_words_them(drawn: Drawn) -> None:
    """Heterogeneity, overall effect and subgroup differences stand in RevMan's wording."""
    for drawing, synthesis in drawn.of_kind("forest"):
        lines, random = texts(drawing), synthesis.decision.model.content == "random"
        for group in (*synthesis.groups, synthesis.overall):
            spread, pooled = group.heterogeneity, group.pooled
            if spread is None:
                assert "Heterogeneity: Not applicable" in lines
                continue
            tau = f"Tau² = {printed(spread.tau_squared)}; " if random else ""
            assert (
                f"Heterogeneity: {tau}Chi² = {printed(spread.q)}, df = {printed(spread.df)} "
                f"({p_text(spread.p)}); I² = {printed(spread.i_squared)}"
            ) in lines
            assert f"Test for overall effect: Z = {printed(pooled.z)} ({p_text(pooled.p)})" in lines
        test = synthesis.subgroup_test
        differences = [line for line in lines if line.startswith("Test for subgroup differences")]
        assert differences == ([] if test is None else [
            f"Test for subgroup differences: Chi² = {printed(test.q)}, df = {printed(test.df)} "
            f"({p_text(test.p)}), I² = {printed(test.i_squared)}"
        ])  # fmt: skip


def test_rows_print_estimate_and_interval_as_revman_does(drawn: Drawn) -> None:
    """Every study and every pooled result prints "estimate [lower, upper]" and its weight."""
    for drawing, synthesis in drawn.of_kind("forest"):
        # Figure spaces put the numbers under each other.
        lines = [line.replace("\N{FIGURE SPACE}", "") for line in texts(drawing)]
        groups = (*synthesis.groups, synthesis.overall)
        for result in (*synthesis.overall.effects, *(group.pooled for group in groups)):
            limits = f"[{printed(result.ci_low)}, {printed(result.ci_high)}]"
            assert f"{printed(result.estimate)} {limits}" in lines
            assert printed(result.weight) in lines
        model = synthesis.decision.model.content
        method = MEASURES[synthesis.analysis.measure].fixed.label
        assert lines.count(f"{method}, {model.capitalize()}, 95% CI") == 2


def test_events_and_totals_of_counts_are_summed_below(drawn: Drawn) -> None:
    """Where a measure counts events, their sums stand in a row "Total events"."""
    for drawing, synthesis in drawn.of_kind("forest"):
        columns = MEASURES[synthesis.analysis.measure].columns
        assert ("Total events" in texts(drawing)) == any(column.header == "Events" for column in columns)
        keys = {span.get("data-value") for span in parse(drawing).iter(f"{SVG}tspan")}
        sums = {synthesis.overall.pooled.totals[c.role].key for c in columns if c.total}
        assert sums <= keys


def test_the_sides_of_the_axis_are_named(drawn: Drawn) -> None:
    """Both sides of the null line have the names the review gives them, and none is a control's."""
    for drawing, synthesis in drawn.of_kind("forest"):
        lines = texts(drawing)
        assert synthesis.analysis.axis_low in lines and synthesis.analysis.axis_high in lines
        assert not [line for line in lines if "favours" in line.lower()]


def test_daggers_mark_exactly_what_is_reconstructed(drawn: Drawn) -> None:
    """Studies and pooled results have a dagger if and only if they rest on reconstructed values."""
    for drawing, synthesis in drawn.of_kind("forest") + drawn.of_kind("funnel"):
        lines = texts(drawing)
        daggers = sorted(line.removesuffix("†") for line in lines if line.endswith("†"))
        effects = synthesis.overall.effects
        marked = [printed(e.study.label) for e in effects if e.reconstructed]
        if "Total (95% CI)" in "".join(lines):
            marked += ["Subtotal (95% CI)" for group in synthesis.groups if group.reconstructed]
            marked += ["Total (95% CI)"] if synthesis.overall.reconstructed else []
        assert daggers == sorted(marked)
        assert any(line.startswith("† ") for line in lines) == bool(daggers)


def test_no_dagger_where_nothing_is_reconstructed(tmp_path: Path) -> None:
    """With all data from primary sources there is neither a dagger nor a note about one."""
    shutil.copytree(REPOSITORY / "data", tmp_path / "data")
    for path in (tmp_path / "data").glob("*.csv"):
        path.write_text(path.read_text("utf-8").replace("reconstructed", "primary"), "utf-8")
    for drawing in draw_review(tmp_path).drawings.values():
        assert "†" not in drawing.figure.svg
        assert "reconstructed" not in drawing.figure.alt


def test_descriptions_tell_every_result(drawn: Drawn) -> None:
    """The description of a plot names every study with its estimate, and the pooled result."""
    for drawing, synthesis in drawn.of_kind("forest") + drawn.of_kind("funnel"):
        for effect in synthesis.overall.effects:
            assert f"{printed(effect.study.label)} {printed(effect.estimate)}" in drawing.figure.alt
        assert printed(synthesis.overall.pooled.estimate) in drawing.figure.alt


def test_funnel_points_stand_at_effect_and_standard_error(drawn: Drawn) -> None:
    """Across, a point stands at its effect on the axis; downwards, in proportion to its SE."""
    for drawing, synthesis in drawn.of_kind("funnel"):
        root, log = parse(drawing), MEASURES[synthesis.analysis.measure].log
        spots = {e.get("data-value"): e for e in root.iter(f"{SVG}circle")}
        slopes, top = [], min(points(e)[0][1] for e in root.iter(f"{SVG}polyline"))
        for effect in synthesis.overall.effects:
            spot = spots[effect.estimate.key]
            assert float(spot.get("cx")) == pytest.approx(along(root, effect.estimate.content, log), abs=0.02)
            slopes.append((float(spot.get("cy")) - top) / effect.se.content)
        assert len(spots) == len(synthesis.overall.effects)
        assert max(slopes) == pytest.approx(min(slopes), rel=0.001)


def test_a_funnel_plot_of_ratios_keeps_its_texts_apart(drawn: Drawn) -> None:
    """On a log axis too every text of a funnel plot has its own room inside the figure."""
    drawing = funnel_plot("ratios", drawn.syntheses["du.m6"])
    assert [number for _, number in axis_ticks(parse(drawing))] == [0.1, 1, 10, 100, 1000, 10000]
    assert_room(drawing)


def test_funnel_prints_both_tests_with_their_number_of_studies(drawn: Drawn) -> None:
    """Egger's and Begg's P stand below the funnel plot with the number of studies they rest on."""
    for drawing, synthesis in drawn.of_kind("funnel"):
        tests = synthesis.small_study
        assert tests is not None
        assert (
            f"Egger's test: {p_text(tests.egger_p)}; Begg's test: {p_text(tests.begg_p)} "
            f"(k = {printed(tests.k)} studies)"
        ) in texts(drawing)


def test_flow_diagram_shows_every_count(drawn: Drawn) -> None:
    """The flow diagram prints every count of the flow and the records of every database."""
    drawing = drawn.drawings["flow"]
    keys = {span.get("data-value") for span in parse(drawing).iter(f"{SVG}tspan")}
    names = "databases manual identified duplicates deduplicated excluded_screening full_text " \
        "merged_reports included quantitative narrative"  # fmt: skip
    assert {f"flow.{name}" for name in names.split()} <= keys
    for row in drawn.review.tables["search"]:
        assert {row["database"].key, row["records"].key} <= keys
        assert f"{printed(row['database'])} (n = {printed(row['records'])})" in drawing.figure.alt


@pytest.mark.parametrize(("column", "content"), [("kind", "pie"), ("analysis", "nowhere.m6")])
def test_a_wrong_figure_entry_is_named(drawn: Drawn, column: str, content: str) -> None:
    """An unknown kind or analysis stops the build with the entry, the column and the choices."""
    entry = {"id": "odd", "kind": "forest", "analysis": "rcs.m6"} | {column: content}
    review = dataclasses.replace(drawn.review, settings={"figures": [entry]})
    with pytest.raises(InputError) as error:
        draw(review, list(drawn.syntheses.values()))
    (problem,) = error.value.problems
    assert (problem.row, problem.column, problem.value) == ("odd", column, content)
    assert "forest" in problem.expected or "rcs.m6" in problem.expected


def test_settings_of_a_forest_plot_are_obeyed(drawn: Drawn) -> None:
    """Layout, width and stars come from the entry; a missing page or an unasked analysis is named."""
    syntheses = list(drawn.syntheses.values())

    def drawing(**entry: object) -> Drawing:
        full = {"id": "odd", "kind": "forest", "analysis": "rcs.m6"} | entry
        return draw(dataclasses.replace(drawn.review, settings={"figures": [full]}), syntheses)["odd"]

    jama = drawing(layout="jama", width=85)
    assert jama.figure.width_mm == 85
    assert "Source" in texts(jama)
    stars = [e for e in parse(drawing(quality=True, width=200)).iter(f"{SVG}polygon") if len(points(e)) == 10]
    assert len(stars) == 9 * len(drawn.syntheses["rcs.m6"].overall.effects)
    assert "Study left out" in texts(drawing(kind="leave-one-out", analysis="vas.m6"))
    for wrong, column in (
        ({"page": 2}, "page"),
        ({"kind": "cumulative"}, "kind"),
    ):
        with pytest.raises(InputError) as error:
            drawing(**wrong)
        assert error.value.problems[0].column == column


def test_a_digit_in_plain_words_stops_the_build() -> None:
    """Words with a digit are refused unless the digit is declared a constant."""
    with pytest.raises(BuildError, match="without identity"):
        Canvas(100).text(0, 0, "n = 5", 8)
    assert Canvas(100).text(0, 0, Constant("5", "a reason"), 8).text == "5"


def test_a_long_study_label_takes_several_lines(drawn: Drawn) -> None:
    """Every word of it is printed, one line above the other, and the plot keeps its room."""
    synthesis = drawn.syntheses["rcs.m6"]
    first, *rest = synthesis.overall.effects
    name = "The very long name of a study that nobody could set on one line"
    label = dataclasses.replace(first.study.label, content=name)
    study = dataclasses.replace(first.study, label=label)
    effects = (dataclasses.replace(first, study=study), *rest)
    crowded = dataclasses.replace(synthesis, overall=dataclasses.replace(synthesis.overall, effects=effects))
    drawing = forest_plot("long", crowded)
    boxes = list(text_boxes(parse(drawing)))
    assert name in " ".join(box.text for box in boxes).replace("†", "")
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
    ticks = axis_ticks(parse(drawing))
    assert ticks[-1][0] - ticks[0][0] > 24 * POINTS_PER_MM


numbers = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-6)
ratios = st.floats(1e-4, 1e4)
steady = settings(deadline=None, derandomize=True, database=None)


@steady
@given(st.lists(numbers, min_size=1, max_size=5), st.lists(numbers, max_size=5))
def test_a_difference_axis_shows_every_pooled_result(firm: list[float], loose: list[float]) -> None:
    """An axis for differences holds every firm number, with 0 in its middle and on a tick."""
    ticks = symmetric_ticks(firm, loose, 0.0, log=False)
    slack = 1e-6 * max(map(abs, firm))
    assert ticks[0] - slack <= min(firm) and max(firm) <= ticks[-1] + slack
    assert ticks[0] == -ticks[-1] and 0.0 in ticks
    assert len(ticks) <= 7


@steady
@given(st.lists(ratios, min_size=1, max_size=5), st.lists(ratios | st.sampled_from([0.0, math.inf])))
def test_a_ratio_axis_shows_every_pooled_result(firm: list[float], loose: list[float]) -> None:
    """An axis for ratios holds every firm number, 1 on a tick, however wild the studies are."""
    ticks = symmetric_ticks(firm, loose, 1.0, log=True)
    assert ticks[0] <= min(firm) * 1.0001 and max(firm) <= ticks[-1] * 1.0001
    assert 1.0 in ticks and ticks[0] * ticks[-1] == pytest.approx(1)


@steady
@given(numbers, st.floats(1e-3, 1e5))
def test_plain_ticks_enclose_their_numbers(low: float, span: float) -> None:
    """Evenly spaced ticks enclose the numbers and are few enough to be labelled."""
    ticks = plain_ticks(low, low + span)
    slack = 1e-6 * max(abs(low), abs(low + span))
    assert ticks[0] - slack <= low and low + span <= ticks[-1] + slack
    assert 2 <= len(ticks) <= 9


def test_wrapped_lines_fit_and_keep_every_word() -> None:
    """Wrapping loses no word, no line is too wide, and the last one has room for its tail."""
    words = "Merged with another report of the same study population"
    lines = wrap(words, 40, 8, tail=" (n = 2)")
    assert " ".join(lines).split() == words.split()
    assert all(text_width(line, 8) <= 40 for line in lines)
    assert text_width(lines[-1] + " (n = 2)", 8) <= 40
