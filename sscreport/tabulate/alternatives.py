"""The article’s method beside sound alternatives, and changes in placebo arms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sscreport import wording
from sscreport.records import (
    Analysis,
    Cite,
    Part,
    Table,
    TableCell,
)
from sscreport.tabulate.cells import (
    Source,
    Title,
    cell,
    grouped_head,
    joined,
    mark,
    or_dash,
)
from sscreport.values import Book


def alternatives(entry: Mapping[str, Any], source: Source) -> Table:
    """One row a place, the whole of an analysis or a subgroup: the article's method and what is sound."""
    book = source.book
    known = {
        name: book.get(f"review.alternatives.{name}") for name in ("correlation", "band.low", "band.high")
    }
    if None in known.values():
        return Table(entry["id"], (), ())
    r, low, high = known.values()
    columns: list[tuple[Title, Title, str]] = [
        ("", "Outcome", "left"),
        ("", "Studies (patients)", "left"),
        ("", "The article’s method" if source.as_published else "As analysed", "left"),
        ("Sound alternative", ("At a correlation of ", r), "left"),
        ("Sound alternative", "Prediction interval", "left"),
        ("Sound alternative", ("At ", low), "left"),
        ("Sound alternative", ("At ", high), "left"),
        ("Sound alternative", "Decided at a correlation of", "left"),
        ("Sound alternative", "Without one study", "left"),
        ("", "Placebo arms", "left"),
    ]
    body: list[tuple[TableCell, ...]] = []
    for analysis in source.review.analyses:
        keys = [analysis.id, *(f"{analysis.id}.{group.id}" for group in analysis.subgroups)]
        for key in keys:
            if f"sound.{key}.estimate" in book:
                body.append(_alternative(key, analysis, book))
    landscape = entry.get("landscape")
    return Table(entry["id"], grouped_head(columns), tuple(body), landscape=landscape, dash="not applicable")


def _alternative(key: str, analysis: Analysis, book: Book) -> tuple[TableCell, ...]:
    place, group = f"sound.{key}", key.removeprefix(analysis.id).lstrip(".")
    title = book[f"review.analyses.{analysis.id}.title"]
    label = book[f"review.analyses.{analysis.id}.subgroups.{group}.label"] if group else None
    tipping, way = book.get(f"{place}.tipping"), book.get(f"{place}.tipping_way")
    decided: tuple[Part, ...] = (wording.DASH,)
    if tipping is not None and tipping.content is not None and way is not None:
        decided = (tipping, " (", way, " to exclude no effect)", *mark(tipping))
    count = (book[f"{place}.studies"], " (", book[f"{place}.{analysis.settings['n_unit']}"], ")")
    return (
        cell((title, ": ", label) if label else title, header=True),
        cell(count),
        cell(_interval(book, key)),
        cell(_interval(book, place)),
        cell(_limits(book, place, "prediction_low", "prediction_high")),
        cell(_interval(book, f"{place}.band.low")),
        cell(_interval(book, f"{place}.band.high")),
        cell(decided),
        cell(_limits(book, f"{place}.left_out", "lowest", "highest")),
        cell(_limits(book, f"sound.placebo.{analysis.outcome.id}", "lowest", "highest")),
    )


def _interval(book: Book, place: str) -> tuple[Part, ...]:
    """ "5.23 (3.56 to 6.90)", marked where it rests on reconstructed values; a dash where there is none."""
    if f"{place}.estimate" not in book:
        return (wording.DASH,)
    estimate, low, high = (book[f"{place}.{name}"] for name in ("estimate", "ci_low", "ci_high"))
    return (estimate, " (", low, " to ", high, ")", *mark(estimate))


def _limits(book: Book, place: str, low: str, high: str) -> tuple[Part, ...]:
    """ "2.76 to 7.71", marked in the same way."""
    if f"{place}.{low}" not in book:
        return (wording.DASH,)
    first = book[f"{place}.{low}"]
    return first, " to ", book[f"{place}.{high}"], *mark(first)


def placebo(entry: Mapping[str, Any], source: Source) -> Table:
    """One row a placebo arm: trial, outcome, when, how many patients, and the change."""
    titles = ("Trial", "Outcome", "Weeks", "Patients", "Mean change", "Spread as reported")
    align = ("left", "left", "decimal", "decimal", "decimal", "left")
    body = []
    for row in source.review.tables.get("placebo_arms", ()):
        part = () if row.content("population") is None else (", ", row["population"])
        cells: list[tuple[Part, ...]] = [
            (row["trial"], *part, " ", Cite(tuple(row.content("references").split()))),
            (source.book[f"review.outcomes.{row.content('outcome')}.abbreviation"],),
            (row["timepoint_weeks"],),
            (or_dash(row["n"]),),
            (row["change"],),
            joined(
                [(f"{name.upper()} ", row[name]) for name in ("sd", "se") if row.content(name) is not None]
            ),
        ]
        first, *others = (cell(parts, a) for parts, a in zip(cells, align, strict=True))
        body.append((replace(first, header=True), *others))
    head = grouped_head([("", title, a) for title, a in zip(titles, align, strict=True)])
    return Table(entry["id"], head, tuple(body), landscape=entry.get("landscape"))
