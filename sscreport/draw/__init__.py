"""Draw the review's figures: plots of the analyses, of the studies' quality, and the flow diagram.

A figure is placed once, as marks on a `Canvas` in millimetres. `svg` and `png` each write those
marks, so the vector and the raster form cannot differ. To add a kind of figure, write a function
that returns a `Drawing` and name it in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sscreport.draw.baujat import baujat_plot
from sscreport.draw.canvas import Canvas, Constant, Part
from sscreport.draw.drawing import Drawing
from sscreport.draw.flow import flow_diagram
from sscreport.draw.forest import forest_plot
from sscreport.draw.funnel import funnel_plot
from sscreport.draw.nos import nos_plot
from sscreport.draw.sweep import sweep_plot
from sscreport.folder import SETTINGS
from sscreport.problems import BuildError, InputError, Problem
from sscreport.records import Review, Synthesis

__all__ = [
    "KINDS",
    "Canvas",
    "Constant",
    "Drawing",
    "Part",
    "baujat_plot",
    "draw",
    "flow_diagram",
    "forest_plot",
    "funnel_plot",
    "nos_plot",
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


def _forest(entry: Entry, _: Review, syntheses: ById) -> Drawing:
    return forest_plot(entry["id"], _synthesis(entry, syntheses))


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
    recorded = review.book[f"review.analyses.{entry['analysis']}.correlation"]
    return sweep_plot(entry["id"], _synthesis(entry, syntheses), recorded, **_options(entry, "width"))


def _nos(entry: Entry, review: Review, _: ById) -> Drawing:
    return nos_plot(entry["id"], review, **_options(entry, "width"))


KINDS: dict[str, Callable[[Entry, Review, ById], Drawing]] = {
    "baujat": _baujat,
    "flow": _flow,
    "forest": _forest,
    "funnel": _funnel,
    "nos": _nos,
    "sweep": _sweep,
}


def draw(review: Review, syntheses: Sequence[Synthesis]) -> dict[str, Drawing]:
    """Every figure of ``review.settings["figures"]`` by its id, in that order.

    Raises InputError for an unknown kind or analysis, BuildError for a digit without identity.
    """
    by_id = {synthesis.analysis.id: synthesis for synthesis in syntheses}
    drawings: dict[str, Drawing] = {}
    for entry in review.settings["figures"]:
        kind = entry.get("kind")
        if kind not in KINDS:
            expected = f"The kind of a figure is one of: {', '.join(KINDS)}."
            raise InputError([Problem(SETTINGS, expected, row=entry["id"], column="kind", value=kind)])
        try:
            drawings[entry["id"]] = KINDS[kind](entry, review, by_id)
        except BuildError as error:
            raise BuildError(
                replace(problem, row=problem.row or entry["id"]) for problem in error.problems
            ) from error
    return drawings
