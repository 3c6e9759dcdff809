"""Alternatives: what a careful methodologist would have reported, beside the article's own method.

The choices stand in ``[alternatives]`` of review.toml; a review without it has none. `results` makes the
pooled results by the sound model (`model`), `gridded` every other reasonable way to analyse (`grid`),
`beside` what stands next to them: proportions, safety, correlations that the data imply, placebo arms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sscreport.alternatives.beside import (
    beside_placebo,
    correlations,
    none_before,
    placebo_ranges,
    proportions,
    safety,
)
from sscreport.alternatives.grid import ALL, FIXED, RANDOM, correlation_id
from sscreport.alternatives.gridded import Gridded, correlations_tried
from sscreport.alternatives.results import Bench, article_fragile, repeated, results
from sscreport.analyse.desk import Desk
from sscreport.analyse.groups import TESTS
from sscreport.problems import InputError, Problem
from sscreport.records import Grid, Review, StudyEffect, Synthesis

__all__ = ["alternatives"]


def alternatives(review: Review, syntheses: Sequence[Synthesis]) -> tuple[Synthesis, ...]:
    """The same syntheses with their grids; everything else enters the book under ``sound.``.

    Raises `InputError` naming every analysis whose data allow no such result.
    """
    settings = review.settings.get("alternatives")
    if settings is None:
        return tuple(syntheses)
    correlations_tried(review.book, settings["grid"]["correlations"])
    placebo_ranges(review)
    safety(review.book)
    correlations(review, syntheses)
    found, problems = [], []
    for synthesis in syntheses:
        try:
            bench = Bench(Desk(review, synthesis.analysis))
            found.append(replace(synthesis, grid=_analysis(bench, synthesis)))
        except (ValueError, ArithmeticError) as error:
            expected = f"The data of this analysis allow no sound alternative. {error}"
            rows = synthesis.analysis.rows
            problems.append(Problem(rows[0].file, expected, row=synthesis.analysis.id))
    if problems:
        raise InputError(problems)
    return tuple(found)


def _analysis(bench: Bench, synthesis: Synthesis) -> Grid | None:
    """Every place of one analysis; the grid of the whole, where its effects are of different patients."""
    analysis, effects = synthesis.analysis, synthesis.overall.effects
    replaced = none_before(bench, synthesis)
    if bench.measure.risk is not None:
        proportions(bench, effects)
    places = {analysis.id: effects}
    places |= {f"{analysis.id}.{group.id}": group.effects for group in synthesis.groups}
    errors = {} if replaced else {e.key: bench.rescaled(e, bench.correlation) for e in effects}
    grids = {}
    for key, own in places.items():
        if not replaced:
            results(bench, key, own, errors)
            beside_placebo(bench, key)
        if len(own) > 1 and not repeated(own):
            grids[key] = _grid(bench, key, own, synthesis)
    article_fragile(bench, synthesis)
    return grids.get(analysis.id)


def _grid(bench: Bench, key: str, effects: Sequence[StudyEffect], synthesis: Synthesis) -> Grid:
    """The grid of one place, with both specifications that matter named by their levels."""
    random = synthesis.decision.model.content == "random"
    recorded = bench.recorded and bench.recorded.content
    assumed = bench.recorded and bench.correlation.content
    choices = {name: value.content for name, value in synthesis.analysis.choices.items()}
    model = (RANDOM, choices.get("tau_squared", "DL")) if random else (FIXED, ALL)
    test = TESTS[choices.get("interval", "wald")] if random else "z"
    article = (*model, test, correlation_id(recorded), ALL)
    sound = (RANDOM, bench.choices.tau_squared, bench.choices.interval, correlation_id(assumed), ALL)
    figures = bench.desk.review.settings.get("figures", [])
    drawn = any(f["kind"] == "specification" and f.get("analysis") == key for f in figures)
    return Gridded(bench, key, effects).grid(article, sound, drawn)
