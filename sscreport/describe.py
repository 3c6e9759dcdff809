"""Describe: counts over the included studies, the screening and the safety data.

Enters values into the book under ``included.*``, ``pooled.*``, ``flow.*``, ``quality.*`` and
``safety.*``; the tables and templates print them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sscreport.records import Field, Review, Row
from sscreport.values import COUNT, PROVENANCE, SUM, Rule, Value

DIFFERENCE = Rule("difference")
EXTREME = Rule("lowest or highest value")
REMOVED = ("removed_automation", "removed_other")  # before screening, besides duplicates
CEILING = Rule(
    "stars that the design can earn, item by item",
    "Wells et al., The Newcastle-Ottawa Scale for assessing the quality of nonrandomised studies",
)
BAND = Rule("the review's bands of the Newcastle-Ottawa scale", "data/review.toml, policy.quality")


def describe(review: Review) -> None:
    """Enter every descriptive count that the review's tables allow."""
    _Describer(review).describe()


def slug(name: str) -> str:
    """A name as a step of a key: "UC-MSCs" becomes "uc_mscs"."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


class _Describer:
    def __init__(self, review: Review):
        self.review, self.book = review, review.book

    def describe(self) -> None:
        self._included()
        self._pooled()
        for table, step in (
            ("screening", self._flow),
            ("search", self._search),
            ("newcastle_ottawa", self._quality),
            ("safety", self._safety),
        ):
            if self.review.tables.get(table):
                step()

    def _enter(
        self,
        key: str,
        rule: Rule,
        function: Callable[..., Any],
        *inputs: Any,
        label: str,
        unit: str = "",
        style: str = "count",
        decided_by: Sequence[Value] = (),
    ) -> Value:
        return self.book.derive(
            key, rule, function, *inputs, style=style, label=label, unit=unit, decided_by=decided_by
        )

    def _rows(self, table: str) -> Sequence[Row]:
        return self.review.tables.get(table, ())

    # ------------------------------------------------------------ studies

    def _included(self) -> None:
        """Studies, sums of counts, ranges of measures, and what the dictionary asks to be counted."""
        rows = self._rows("studies")
        self._enter(
            "included.studies",
            COUNT,
            len,
            [row["id"] for row in rows],
            label="Included studies",
            unit="studies",
        )
        for column, field in self.review.fields["studies"].items():
            if column not in rows[0].values:
                continue
            values = [row[column] for row in rows]
            if field.style == "count":
                label = f"{field.title.capitalize()} in all studies"
                self._enter(f"included.{column}", SUM, _total, values, label=label, unit=field.unit)
            elif field.kind in ("integer", "number"):
                self._extremes(field, [value for value in values if value.content is not None])
            if field.counted:
                self._split(field, rows)
            label = f"Studies without {field.title}"
            self._enter(f"included.without.{column}", COUNT, _missing, values, label=label, unit="studies")

    def _extremes(self, field: Field, values: Sequence[Value]) -> None:
        if not values:
            return
        for end, function, word in (("min", np.min, "Lowest"), ("max", np.max, "Highest")):
            key, label = f"included.{field.name}_{end}", f"{word} {field.title}"
            self._enter(key, EXTREME, function, values, label=label, unit=field.unit, style="general")

    def _split(self, field: Field, rows: Sequence[Row]) -> None:
        """Studies and patients for each content of a column, and how many contents there are."""
        values = [row[field.name] for row in rows]
        place = f"included.{field.name}"
        self._enter(
            f"{place}.kinds", COUNT, lambda x: len({name for name in x if name}), values, label=field.title
        )
        for name in dict.fromkeys(value.content for value in values if value.content):
            key = f"{place}.{slug(name)}"
            patients = [row["patients"] for row in rows if row.content(field.name) == name]

            def count(contents: Sequence[str], name: str = name) -> int:
                return list(contents).count(name)

            self._enter(f"{key}.studies", COUNT, count, values, label=f"Studies, {name}", unit="studies")
            self._enter(
                f"{key}.patients",
                SUM,
                _total,
                patients,
                label=f"Patients, {name}",
                unit="patients",
                decided_by=values,
            )

    def _pooled(self) -> None:
        """Studies in any analysis, and for each analysis the patients whom its studies treated.

        That a study is in an analysis rests on the firmest of its rows.
        """
        rows = [row for analysis in self.review.analyses for row in analysis.rows]
        rows.sort(key=lambda row: PROVENANCE.index(row["study"].provenance), reverse=True)
        firmest = {row.content("study"): row["study"] for row in rows}
        self._enter(
            "pooled.studies",
            COUNT,
            lambda names: len(set(names)),
            list(firmest.values()),
            label="Studies in any analysis",
            unit="studies",
            decided_by=[value for analysis in self.review.analyses for value in analysis.exclusion],
        )
        for analysis in self.review.analyses:
            named = [row["study"] for row in analysis.rows]
            own = dict.fromkeys(row.content("study") for row in analysis.rows)
            self._enter(
                f"pooled.{analysis.id}.patients",
                SUM,
                _total,
                [self.review.studies[name].row["patients"] for name in own],
                label=f"Patients treated by the studies of the analysis, {analysis.title}",
                unit="patients",
                decided_by=[*named, *analysis.exclusion],
            )

    # ------------------------------------------------------------ screening

    def _search(self) -> None:
        records = [row["records"] for row in self._rows("search")]
        self._enter(
            "flow.databases_sum",
            SUM,
            _total,
            records,
            label="Sum of the records of each database",
            unit="records",
        )

    def _flow(self) -> None:
        count = {row.id: row["count"] for row in self._rows("screening")}
        for name, value in count.items():
            self._enter(
                f"flow.{name}", Rule("as counted in screening"), int, value, label=value.label, unit="records"
            )

        def less(key: str, larger: str, smaller: Sequence[str], label: str, unit: str) -> None:
            self._enter(
                f"flow.{key}",
                DIFFERENCE,
                lambda a, b: int(a - b.sum()),
                count[larger],
                [count[name] for name in smaller],
                label=label,
                unit=unit,
            )

        removed = [name for name in REMOVED if name in count]
        reasons = [name for name in count if name.startswith("excluded_")]
        after = "sought" if "sought" in count else "full_text"
        less(
            "duplicates",
            "identified",
            ["deduplicated", *removed],
            "Duplicate records removed",
            "records",
        )
        less(
            "excluded_screening",
            "deduplicated",
            [after],
            "Records excluded on title and abstract",
            "records",
        )
        if after == "sought":
            less("not_retrieved", "sought", ["full_text"], "Reports not retrieved", "reports")
        less(
            "merged_reports",
            "full_text",
            ["included", *reasons],
            "Reports of a study already counted",
            "reports",
        )
        less("narrative", "included", ["quantitative"], "Studies without pooled data", "studies")

    # ------------------------------------------------------------ quality

    def _quality(self) -> None:
        scores = [row["total"] for row in self._rows("newcastle_ottawa")]
        low, high = self.book["review.policy.quality.low_up_to"], self.book["review.policy.quality.high_from"]
        bands: dict[str, Callable[..., int]] = {
            "high": lambda x, a, b: int((x >= b).sum()),
            "moderate": lambda x, a, b: int(((x > a) & (x < b)).sum()),
            "low": lambda x, a, b: int((x <= a).sum()),
        }
        for name, function in bands.items():
            self._enter(
                f"quality.{name}",
                BAND,
                function,
                scores,
                low,
                high,
                label=f"Studies of {name} quality",
                unit="studies",
            )
        for row in self._rows("newcastle_ottawa"):
            self._enter(
                f"quality.of.{row.id}",
                BAND,
                lambda x, a, b: "high" if x >= b else "low" if x <= a else "moderate",
                row["total"],
                low,
                high,
                label=f"Quality, {row['total'].label}",
                style="text",
            )
        for end, function in (("min", np.min), ("max", np.max)):
            self._enter(
                f"quality.{end}",
                EXTREME,
                lambda x, f=function: int(f(x)),
                scores,
                label=f"{end.capitalize()}imum Newcastle-Ottawa score",
                unit="stars",
            )

        for name in self.review.settings.get("quality", {}).get("ceiling", {}):
            if f"review.quality.ceiling.{name}.design" in self.book:
                self._ceiling(name)
        self._above_ceiling()

    def _ceiling(self, name: str) -> None:
        """The most stars of a design: the sum of what its items can earn."""
        items = [
            self.book[f"review.quality.ceiling.{name}.{item}"]
            for item in self.review.settings["quality"]["ceiling"][name]
            if f"review.quality.ceiling.{name}.{item}" in self.book and item not in ("design", "why")
        ]
        design = self.book[f"review.quality.ceiling.{name}.design"].content
        label = f"Most stars that a {design} study can earn"
        self._enter(f"quality.ceiling.{name}", CEILING, _total, items, label=label, unit="stars")

    def _above_ceiling(self) -> None:
        """Studies whose published total is more than their design can earn."""
        ceilings = {
            self.book[f"review.quality.ceiling.{name}.design"].content: self.book[f"quality.ceiling.{name}"]
            for name in self.review.settings.get("quality", {}).get("ceiling", {})
            if f"quality.ceiling.{name}" in self.book
        }
        if not ceilings:
            return
        rows = [
            (row, self.review.studies[row.content("study")].row)
            for row in self._rows("newcastle_ottawa")
            if self.review.studies[row.content("study")].row.content("design") in ceilings
        ]
        totals = [row["total"] for row, _ in rows]
        limits = [ceilings[study.content("design")] for _, study in rows]
        designs, labels = [study["design"] for _, study in rows], [study["label"] for _, study in rows]
        self._enter(
            "quality.above_ceiling.studies",
            COUNT,
            lambda stars, most: int((stars > most).sum()),
            totals,
            limits,
            label="Studies scored above what their design can earn",
            unit="studies",
            decided_by=designs,
        )
        self._enter(
            "quality.above_ceiling.names",
            CEILING,
            lambda stars, most, names: _listed(
                [name for s, m, name in zip(stars, most, names, strict=True) if s > m]
            ),
            totals,
            limits,
            labels,
            label="Studies scored above what their design can earn, by name",
            style="text",
            decided_by=designs,
        )
        self._enter(
            "quality.high_within_ceiling",
            CEILING,
            lambda stars, most, high: int(((stars >= high) & (stars <= most)).sum()),
            totals,
            limits,
            self.book["review.policy.quality.high_from"],
            label="Studies called of high quality whose score their design can earn",
            unit="studies",
            decided_by=designs,
        )

    # ------------------------------------------------------------ safety

    def _safety(self) -> None:
        rows, events = self._rows("safety"), self._rows("adverse_events")
        reporting = [row["reporting"] for row in rows]
        ways = {
            "reporting": (("counted", "described"), "reported on adverse events"),
            "counted": (("counted",), "counted adverse events"),
            "described": (("described",), "described adverse events without a count"),
        }
        for name, (words, label) in ways.items():

            def count(contents: Sequence[str], words: Sequence[str] = words) -> int:
                return sum(content in words for content in contents)

            key = f"safety.studies_{name}"
            self._enter(key, COUNT, count, reporting, label=f"Studies that {label}", unit="studies")
        counted = [row for row in rows if row.content("reporting") == "counted"]
        patients = [self.review.studies[row.content("study")].row["patients"] for row in counted]
        self._enter(
            "safety.patients",
            SUM,
            _total,
            patients,
            label="Patients in the studies that counted adverse events",
            unit="patients",
            decided_by=reporting,
        )
        self._enter(
            "safety.events",
            SUM,
            _total,
            [row["events"] for row in counted],
            label="Adverse events",
            unit="events",
            decided_by=reporting,
        )
        for column, names in (
            ("severity", ("mild", "moderate", "serious")),
            ("site", ("injection site", "other")),
        ):
            for name in names:
                self._events_where(events, column, name)

    def _events_where(self, events: Sequence[Row], column: str, name: str) -> None:
        counted = [row for row in events if row.content("events") is not None]
        inputs = [row["events"] for row in counted], [row[column] for row in counted]
        self._enter(
            f"safety.{column}.{slug(name)}",
            SUM,
            lambda numbers, words: int(
                sum(n for n, word in zip(numbers, words, strict=True) if word == name)
            ),
            *inputs,
            label=f"Adverse events, {name}",
            unit="events",
        )


def _total(numbers: np.ndarray) -> int:
    return int(numbers.sum())


def _missing(contents: Sequence[Any]) -> int:
    return sum(content is None or content != content for content in contents)


def _listed(names: Sequence[str]) -> str:
    """ "Park, Wang and Zhang"; "none" without any."""
    *most, last = names or ["none"]
    return f"{', '.join(most)} and {last}" if most else last
