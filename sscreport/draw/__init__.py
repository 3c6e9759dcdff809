"""Draw the review's figures: plots of the analyses, of the studies' quality, and the flow diagram.

A figure is placed once, as marks on a `Canvas` in millimetres. `svg` and `paint` each write those
marks, so that all its forms are the same. To add a kind of figure, write a function that returns a
`Drawing` and name it in `KINDS`; `data` says what it shows as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sscreport.draw.baujat import baujat_plot
from sscreport.draw.canvas import Canvas, Constant, Part
from sscreport.draw.data import figure_data
from sscreport.draw.drawing import FORMATS, Drawing
from sscreport.draw.flow import flow_diagram
from sscreport.draw.forest import draw_forest
from sscreport.draw.frame import LAYOUTS, WIDTH
from sscreport.draw.funnel import funnel_plot
from sscreport.draw.nos import nos_plot
from sscreport.draw.plan import Plan
from sscreport.draw.plans import cumulative_plan, forest_plan, leave_one_out_plan, nos_stars
from sscreport.draw.specification import specification_curve
from sscreport.draw.sweep import sweep_plot
from sscreport.folder import SETTINGS
from sscreport.problems import BuildError, InputError, Problem, refuse
from sscreport.records import Review, Synthesis

__all__ = [
    "FORMATS",
    "KINDS",
    "LAYOUTS",
    "Canvas",
    "Constant",
    "Drawing",
    "Part",
    "baujat_plot",
    "draw",
    "draw_figure",
    "draw_forest",
    "flow_diagram",
    "forest_plot",
    "funnel_plot",
    "nos_plot",
    "specification_curve",
    "sweep_plot",
]

Entry = Mapping[str, Any]
ById = Mapping[str, Synthesis]


def _synthesis(entry: Entry, syntheses: ById) -> Synthesis:
    """The synthesis a figure shows; InputError where the settings name one that does not exist."""
    wanted = entry.get("analysis")
    if wanted in syntheses:
        return syntheses[wanted]
    known = ", ".join(syntheses) or "none"
    expected = f"A figure of this kind shows one of the analyses: {known}."
    raise InputError([Problem(SETTINGS, expected, row=entry["id"], column="analysis", value=wanted)])


def _options(entry: Entry, *names: str) -> dict[str, Any]:
    """What an entry sets of a figure's options; the others keep their defaults."""
    return {name: entry[name] for name in names if name in entry}


def _flow(entry: Entry, review: Review, _: ById) -> Drawing:
    options = _options(entry, "width")
    excluded = [row for row in review.tables["screening"] if row.id.startswith("excluded_")]
    return flow_diagram(entry["id"], review.book, review.tables["search"], excluded, **options)


def forest_plot(figure_id: str, synthesis: Synthesis) -> Drawing:
    """The forest plot of a synthesis as Review Manager sets it, the width of a page, on one of them."""
    (drawing,) = draw_forest(figure_id, forest_plan(synthesis))
    return drawing


def _forest(entry: Entry, review: Review, syntheses: ById) -> Drawing:
    stars = nos_stars(review) if entry.get("quality") else None
    return _placed(entry, forest_plan(_synthesis(entry, syntheses), stars))


def _leave_one_out(entry: Entry, _: Review, syntheses: ById) -> Drawing:
    synthesis = _synthesis(entry, syntheses)
    return _placed(entry, leave_one_out_plan(_with(synthesis, "leave_one_out", entry)))


def _cumulative(entry: Entry, _: Review, syntheses: ById) -> Drawing:
    return _placed(entry, cumulative_plan(_with(_synthesis(entry, syntheses), "cumulative", entry)))


def _with(synthesis: Synthesis, setting: str, entry: Entry) -> Synthesis:
    """The synthesis; InputError where its analysis was not asked for what the figure shows."""
    if getattr(synthesis, setting):
        return synthesis
    expected = f"This figure needs {setting} = true in the analysis {synthesis.analysis.id}."
    raise InputError([Problem(SETTINGS, expected, row=entry["id"], column="kind", value=entry["kind"])])


def _placed(entry: Entry, plan: Plan) -> Drawing:
    """The page of a forest plot that an entry asks for."""
    pages = draw_forest(entry["id"], plan, entry.get("layout", "revman"), entry.get("width", WIDTH))
    page = entry.get("page", 1)
    if page > len(pages) or (len(pages) > 1 and "page" not in entry):
        expected = f"This forest plot has {len(pages)} pages; each is an entry of its own with its page."
        raise InputError(
            [Problem(SETTINGS, expected, row=entry["id"], column="page", value=entry.get("page"))]
        )
    return pages[page - 1]


def _funnel(entry: Entry, _: Review, syntheses: ById) -> Drawing:
    return funnel_plot(entry["id"], _synthesis(entry, syntheses), **_options(entry, "width", "contours"))


def _baujat(entry: Entry, _: Review, syntheses: ById) -> Drawing:
    synthesis = _synthesis(entry, syntheses)
    if not synthesis.baujat:
        expected = "A Baujat plot needs an analysis of at least three effects."
        raise InputError(
            [Problem(SETTINGS, expected, row=entry["id"], column="analysis", value=synthesis.analysis.id)]
        )
    return baujat_plot(entry["id"], synthesis, **_options(entry, "width"))


def _sweep(entry: Entry, review: Review, syntheses: ById) -> Drawing:
    synthesis = _synthesis(entry, syntheses)
    recorded = review.book[f"{synthesis.analysis.place}.correlation"]
    assumed = synthesis.analysis.choices.get("assumed_correlation", recorded)
    return sweep_plot(entry["id"], synthesis, assumed, **_options(entry, "width"))


def _specification(entry: Entry, _: Review, syntheses: ById) -> Drawing:
    synthesis = _synthesis(entry, syntheses)
    if synthesis.grid is None:
        expected = (
            "A specification curve needs the table [alternatives], and an analysis of two effects or more of "
            "different patients."
        )
        raise InputError(
            [Problem(SETTINGS, expected, row=entry["id"], column="analysis", value=synthesis.analysis.id)]
        )
    return specification_curve(entry["id"], synthesis, synthesis.grid, **_options(entry, "width"))


def _nos(entry: Entry, review: Review, _: ById) -> Drawing:
    return nos_plot(entry["id"], review, **_options(entry, "width"))


KINDS: dict[str, Callable[[Entry, Review, ById], Drawing]] = {
    "baujat": _baujat,
    "flow": _flow,
    "forest": _forest,
    "leave-one-out": _leave_one_out,
    "cumulative": _cumulative,
    "funnel": _funnel,
    "nos": _nos,
    "specification": _specification,
    "sweep": _sweep,
}


def draw(
    review: Review, syntheses: Sequence[Synthesis], noted: list[Problem] | None = None
) -> dict[str, Drawing]:
    """Every figure of ``review.settings["figures"]`` by its id, in that order; raises as `draw_figure`.

    With ``noted``, a figure that cannot be drawn is left out and noted there.
    """
    drawings = {}
    for entry in review.settings["figures"]:
        try:
            drawings[entry["id"]] = draw_figure(entry, review, syntheses)
        except InputError as error:
            refuse(error.problems, noted)
    return drawings


def draw_figure(entry: Entry, review: Review, syntheses: Sequence[Synthesis]) -> Drawing:
    """The figure of one entry of ``review.settings["figures"]``, with its data.

    Raises InputError for an unknown kind or analysis, BuildError for a digit without identity.
    """
    by_id = {synthesis.analysis.id: synthesis for synthesis in syntheses}
    kind = entry.get("kind")
    if kind not in KINDS:
        expected = f"The kind of a figure is one of: {', '.join(KINDS)}."
        raise InputError([Problem(SETTINGS, expected, row=entry["id"], column="kind", value=kind)])
    try:
        drawing = KINDS[kind](entry, review, by_id)
    except BuildError as error:
        named = (replace(problem, row=problem.row or entry["id"]) for problem in error.problems)
        raise BuildError(named) from error
    return drawing.with_data(figure_data(entry, drawing, by_id))
