"""The grid of a place as values: how many ways to analyse there are, and what comes out over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sscreport import policy
from sscreport.alternatives.grid import (
    ALL,
    BETWEEN,
    CORRELATION,
    ESTIMATORS,
    FIXED,
    INTERVAL,
    INTERVALS,
    MODEL,
    MODELS,
    RANDOM,
    TITLES,
    WITHOUT,
    Choosable,
    correlation_id,
    fixed_results,
    specifications,
)
from sscreport.alternatives.model import once
from sscreport.alternatives.results import Bench
from sscreport.analyse.effects import roles
from sscreport.records import Dimension, Grid, Level, Specification, StudyEffect
from sscreport.statistics.inputs import Array
from sscreport.values import Book, Rule, Value

GRID = Rule("over all specifications of the grid", "Simonsohn, Simmons & Nelson (2020) Nat Hum Behav 4:1208")
LISTED = Rule("one of the correlations that are listed")
Specifications = Sequence[Specification]


def correlations_tried(book: Book, listed: Sequence[float]) -> None:
    """Each correlation of the settings' list as a value, so that a figure can print it."""
    whole = book["review.alternatives.grid.correlations"]
    for place, r in enumerate(listed):

        def one(text: str, place: int = place) -> float:
            return float(text.split(", ")[place])

        key = f"sound.grid.correlation.{correlation_id(r)}"
        book.derive(key, LISTED, one, whole, style="general", label="Correlation of before and after")


class Gridded:
    """The grid of one place, each value made from the studies' values."""

    def __init__(self, bench: Bench, key: str, effects: Sequence[StudyEffect]):
        settings = bench.desk.review.settings["alternatives"]["grid"]
        self.bench, self.key, self.effects, self.measure = bench, key, effects, bench.measure
        known = bench.recorded is not None
        self.choosable = Choosable(
            tuple(settings["tau_squared"]),
            tuple(settings["intervals"]),
            tuple(settings["correlations"]) if known else (None,),
        )
        self._errors, sds = bench.errors(effects)
        self._columns = [name for name in self.measure.fixed.pool_roles if name not in ("effect", "se")]
        self._found = once(self._compute)
        self._inputs: list[Any] = [
            *roles(effects, ("effect", "se")),
            bench.desk.level,
            [effect.row["study"] for effect in effects],
            *roles(effects, self._columns),
            *([bench.recorded, sds] if known else []),
        ]
        names = ("tau_squared", "intervals", *(("correlations",) if known else ()))
        self._decided = [
            *(bench.book[f"review.alternatives.grid.{name}"] for name in names),
            *bench.desk.analysis.exclusion,
        ]
        self._unit = "" if self.measure.log else bench.desk.analysis.outcome.unit
        self.specifications: Specifications = ()

    def _compute(
        self, y: Array, se: Array, level: float, studies: Sequence[str], *more: Any
    ) -> Specifications:
        count = len(self._columns)
        columns = dict(zip(self._columns, more[:count], strict=True))
        assumed = np.array([
            se if r is None else self._errors.at(r, se, *more[count:])
            for r in self.choosable.correlations
        ])  # fmt: skip
        fixed = fixed_results(self.measure, assumed, columns, y, level)
        back = self.measure.reported
        return [
            Specification(s.levels, back(s.estimate), back(s.ci_low), back(s.ci_high), s.p)
            for s in specifications(y, assumed, studies, level, self.choosable, fixed)
        ]

    def enter(
        self, name: str, function: Callable[..., Any], *more: Value, style: str, label: str, unit: str
    ) -> Value:
        def of(*items: Any) -> Any:
            given = len(self._inputs)
            self.specifications = self._found(*items[:given])
            return function(self.specifications, *items[given:])

        return self.bench.book.derive(
            f"sound.{self.key}.grid.{name}", GRID, of, *self._inputs, *more, style=style,
            label=f"{label}, {self.bench.desk.analysis.title}", unit=unit, decided_by=self._decided,
        )  # fmt: skip

    def grid(self, article: tuple[str, ...], sound: tuple[str, ...], drawn: bool) -> Grid:
        """The grid, with the levels of each dimension where a figure shows them.

        ``article`` and ``sound``: the levels of these two specifications.
        """
        bench = self.bench
        sound_estimate = bench.book.get(f"sound.{self.key}.estimate")
        concluded = bench.book[f"{self.key}.change"]
        counted = {"style": "count", "unit": "specifications"}
        measured = {"style": "estimate", "unit": self._unit}
        count = self.enter("specifications", len, label="Specifications", **counted)
        significant = self.enter(
            "significant", _significant, bench.alpha, label="Specifications that are significant", **counted
        )
        flipped = self.enter(
            "flipped", self._flipped, bench.alpha, bench.better, concluded,
            label="Specifications with another conclusion than the article's method", **counted,
        )  # fmt: skip
        lowest, highest, median = (
            self.enter(
                name,
                lambda specs, f=function: float(f(_estimates(specs))),
                label=f"{name} estimate",
                **measured,
            )
            for name, function in (("lowest", np.min), ("highest", np.max), ("median", np.median))
        )
        places = {spec.levels: place for place, spec in enumerate(self.specifications)}
        return Grid(
            specifications=tuple(self.specifications),
            dimensions=self._dimensions() if drawn else (),
            article=places.get(article),
            sound=None if sound_estimate is None else places.get(sound),
            sound_estimate=sound_estimate,
            alpha=bench.alpha,
            count=count,
            significant=significant,
            lowest=lowest,
            highest=highest,
            median=median,
            flipped=flipped,
        )

    def _flipped(self, specs: Specifications, alpha: float, better: str, concluded: str) -> int:
        words = [policy.change(s.estimate, s.p, alpha, better, self.measure) for s in specs]
        return sum(word != concluded for word in words)

    def _dimensions(self) -> tuple[Dimension, ...]:
        studies = {effect.study.id: effect.study.label for effect in self.effects}
        tried = {correlation_id(r): r for r in self.choosable.correlations if r is not None}
        names: dict[int, dict[str, Value | str]] = {
            MODEL: {FIXED: MODELS[FIXED], RANDOM: MODELS[RANDOM]},
            BETWEEN: {method: ESTIMATORS[method] for method in self.choosable.estimators},
            INTERVAL: {test: INTERVALS[test] for test in self.choosable.intervals},
            CORRELATION: {id: self.bench.book[f"sound.grid.correlation.{id}"] for id in tried},
            WITHOUT: {ALL: "no study", **studies},
        }
        used = {place: {spec.levels[place] for spec in self.specifications} for place in names}
        return tuple(
            Dimension(
                TITLES[place],
                place,
                tuple(Level(id, name) for id, name in levels.items() if id in used[place]),
            )
            for place, levels in names.items()
            if levels
        )


def _estimates(specs: Specifications) -> list[float]:
    return [spec.estimate for spec in specs]


def _significant(specs: Specifications, alpha: float) -> int:
    return sum(spec.p < alpha for spec in specs)
