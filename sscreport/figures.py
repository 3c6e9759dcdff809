"""Forest plots of anybody's data: a data frame in, a figure out.

    from sscreport.figures import forest

    pages = forest(frame, "OR", sides=("Favours treatment", "Favours control"), layout="bmj")
    pages[0].write("figure.pdf")

The same analysis and the same drawing as in a manuscript; only where the numbers come from differs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from string import ascii_uppercase
from typing import Any, Literal, get_args

import pandas as pd

from sscreport.analyse import analyse
from sscreport.draw import LAYOUTS, WIDTH, Constant, draw_forest
from sscreport.draw.drawing import Drawing
from sscreport.draw.forest import PAGE
from sscreport.draw.plan import Column, Light, Plan
from sscreport.draw.plans import cumulative_plan, forest_plan, leave_one_out_plan
from sscreport.measures import VARIANTS, Measure
from sscreport.problems import InputError, Problem
from sscreport.records import Analysis, Outcome, Review, Row, Study, Subgroup, Synthesis
from sscreport.values import Book, Cell, Value

FRAME = "data frame"
PLOTS = ("forest", "leave-one-out", "cumulative")
Model = Literal["fixed", "random"]


def forest(
    frame: pd.DataFrame,
    measure: str,
    *,
    study: str = "study",
    subgroup: str | None = None,
    model: Model = "random",
    level: float = 95,
    plot: Literal["forest", "leave-one-out", "cumulative"] = "forest",
    layout: str = "revman",
    width: float = WIDTH,
    height: float = PAGE,
    sides: tuple[str, str] = ("", ""),
    arms: Mapping[str, str] | None = None,
    title: str = "Forest plot",
    both_models: bool = False,
    prediction_interval: bool = False,
    important_difference: float | None = None,
    stars: tuple[str, int] | None = None,
    risk_of_bias: Mapping[str, str] | None = None,
) -> tuple[Drawing, ...]:
    """The pages of a forest plot of the rows of ``frame``.

    ``measure``: "OR", "RR", "RD", "HR", "IRR", "MD", "SMD" or "ROM". The columns decide how it is made:
    ``events_1``, ``total_1``, ``events_2``, ``total_2``; ``mean_1``, ``sd_1``, ``n_1`` and the same with
    2; or effect and standard error, ``md`` (``smd``, ``rd``) and ``se``, for ratios ``log_estimate``
    and ``se``, with ``n`` patients if known. Group 1 is compared with group 2. ``study`` and
    ``subgroup``: columns with names. ``model``: "fixed" is Mantel and Haenszel's for tables, else inverse
    variance; "random" is DerSimonian and Laird's. ``level`` of all intervals in percent.

    ``plot``: the analysis, or each study left out, or studies added one by one in the order of the column
    ``year``. ``layout``: "revman", "jama" or "bmj". ``width`` and ``height`` of a page in mm.
    ``sides`` name both sides of the null value; ``arms`` rename "Experimental" and "Control".
    ``both_models``: the other model's weights and totals stand beside those of ``model``.
    ``important_difference``: the minimal important difference, for ratios a factor above 1.
    ``stars``: a column of Newcastle-Ottawa scores and their maximum. ``risk_of_bias``: columns of
    judgements ("low", "some" or "high") and what each domain is called.

    Raises InputError that names every row and column that does not fit.
    """
    _demand(layout in LAYOUTS, "layout", layout, f"one of {', '.join(LAYOUTS)}")
    _demand(plot in PLOTS, "plot", plot, f"one of {', '.join(PLOTS)}")
    _demand(model in ("fixed", "random"), "model", model, "fixed or random")
    _demand(
        important_difference is None or important_difference > 0,
        "important_difference",
        important_difference,
        "a number greater than 0",
    )
    _demand(0 < level < 100, "level", level, "a percentage between 0 and 100")
    options = {
        "leave_one_out": plot == "leave-one-out",
        "cumulative": plot == "cumulative",
        "both_models": both_models,
        "prediction_interval": prediction_interval,
        "arms": dict(arms or {}),
        "n_unit": "patients",
    }
    numbers = [stars[0]] if stars else []
    numbers += ["year"] if plot == "cumulative" else []
    source = _Source(frame, measure, study, subgroup, numbers)
    review = source.review(model, level, sides, title, options, important_difference)
    (synthesis,) = analyse(review)
    return draw_forest("forest", _plan(plot, synthesis, source, stars, risk_of_bias), layout, width, height)


def _plan(
    plot: str,
    synthesis: Synthesis,
    source: _Source,
    stars: tuple[str, int] | None,
    risk_of_bias: Mapping[str, str] | None,
) -> Plan:
    if plot == "leave-one-out":
        return leave_one_out_plan(synthesis)
    if plot == "cumulative":
        return cumulative_plan(synthesis)
    plan = forest_plan(synthesis, source.stars(*stars) if stars else None)
    return _with_lights(plan, source, risk_of_bias) if risk_of_bias else plan


def _with_lights(plan: Plan, source: _Source, domains: Mapping[str, str]) -> Plan:
    """The plan with a column of lights for each domain, headed by a letter that a note explains."""
    letters = dict(zip(domains, ascii_uppercase, strict=False))
    lights = iter(source.lights(list(domains)))
    rows = [replace(row, lights=next(lights)) if row.kind == "study" else row for row in plan.rows]
    columns = [
        Column(domain, (letter,), "Risk of bias", tight=letter != "A") for domain, letter in letters.items()
    ]
    told = "; ".join(f"{letters[domain]}, {name}" for domain, name in domains.items())
    note = Constant(f"Risk of bias: {told}. + low, ? some concerns, − high.", "names of the domains")
    quality = [*plan.columns["quality"], *columns]
    return replace(
        plan, rows=rows, columns={**plan.columns, "quality": quality}, notes=[*plan.notes, (note,)]
    )


def _demand(fine: bool, option: str, value: object, expected: str) -> None:
    if not fine:
        raise InputError(
            [Problem("forest plot", f"Expected is {expected}.", column=option, value=str(value))]
        )


class _Source:
    """A data frame as the rows of a review."""

    def __init__(
        self, frame: pd.DataFrame, measure: str, study: str, subgroup: str | None, numbers: Sequence[str]
    ):
        _demand(measure in VARIANTS, "measure", measure, f"one of {', '.join(VARIANTS)}")
        self.frame = frame.reset_index(drop=True)
        self.measure, self.study, self.subgroup = measure, study, subgroup
        self.book = Book()
        self.variant = self._variant()
        self._check((*self.variant.roles, *numbers))

    def _variant(self) -> Measure:
        fitting = [v for v in VARIANTS[self.measure] if set(v.roles) <= set(self.frame.columns)]
        if fitting:
            return fitting[0]
        ways = "; or ".join(", ".join(v.roles) for v in VARIANTS[self.measure])
        expected = f"{self.measure} needs the columns {ways}."
        raise InputError([Problem(FRAME, expected, value=", ".join(map(str, self.frame.columns)))])

    def _check(self, numbers: Sequence[str]) -> None:
        """Every cell that is no number, and every name that is missing, at once."""
        problems = []
        names = [self.study, *([self.subgroup] if self.subgroup else [])]
        for name in (*names, *numbers):
            if name not in self.frame:
                problems.append(Problem(FRAME, f"It has no column {name}."))
        if not len(self.frame):
            problems.append(Problem(FRAME, "It needs a row for each study."))
        for i, row in self.frame.iterrows():
            label = str(row.get(self.study, i + 1))
            for name in (n for n in names if n in self.frame and not str(row[n]).strip()):
                problems.append(Problem(FRAME, "A name is expected.", row=str(i + 1), column=name))
            for role in (n for n in numbers if n in self.frame):
                if not _is_number(row[role]):
                    expected = "A finite number is expected."
                    problems.append(Problem(FRAME, expected, row=label, column=role, value=row[role]))
        if problems:
            raise InputError(problems)

    def stars(self, column: str, most: int) -> dict[str, tuple[Value, int]]:
        """The scores of the studies, by their id."""
        return {
            _id(i): (self._read(f"stars.{_id(i)}", i, column, int(row[column]), "count"), most)
            for i, row in self.frame.iterrows()
        }

    def lights(self, domains: Sequence[str]) -> list[dict[str, Light]]:
        """The judgements of each study, in the order of the plot's rows."""
        known = get_args(Light)
        wrong = [
            Problem(FRAME, f"A judgement is one of {', '.join(known)}.", None, str(i + 1), d, str(row.get(d)))
            for i, row in self.frame.iterrows()
            for d in domains
            if row.get(d) not in known
        ]
        if wrong:
            raise InputError(wrong)
        order = [i for group in self._subgroups() for i in group.studies or ()] or list(
            map(_id, self.frame.index)
        )
        judged = {_id(i): {d: row[d] for d in domains} for i, row in self.frame.iterrows()}
        return [judged[i] for i in order]

    def review(
        self,
        model: str,
        level: float,
        sides: tuple[str, str],
        title: str,
        options: Mapping[str, Any],
        important: float | None,
    ) -> Review:
        rows = tuple(self._row(i) for i in self.frame.index)
        studies = {_id(i): self._study(i, row) for i, row in zip(self.frame.index, rows, strict=True)}
        outcome = Outcome("outcome", title, "", "", "higher")
        columns = {role: role for role in (*self.variant.roles, "n")}
        settings = {**options, "columns": columns, "data": FRAME}
        analysis = Analysis(
            "analysis", title, outcome, self.measure, rows, self._subgroups(), "", model, "", *sides, settings
        )
        self._policy(model, level, analysis)
        if important is not None:
            self._set("review.outcomes.outcome.minimal_important_difference", important)
        return Review(Path(), self.book, {}, studies, {"outcome": outcome}, (analysis,), {}, {}, {}, {})

    def _policy(self, model: str, level: float, analysis: Analysis) -> None:
        """The settings that an analysis asks for; the model is the one that was asked for."""
        self._set("review.policy.confidence_level", level, "percent" if level == int(level) else "percent1")
        for name in ("fixed_i_squared", "random_i_squared", "p"):
            self._set(f"review.policy.model.{name}", math.nan)  # a rule that never decides
        for name, limit in (("low", 25), ("moderate", 50), ("high", 75)):
            self._set(f"review.policy.heterogeneity.{name}", limit)
        self._set("review.policy.significance", (100 - level) / 100)
        self._set("review.outcomes.outcome.better", "higher", "text")
        self._set("review.analyses.analysis.fallback_model", model, "text")
        self._set("review.analyses.analysis.fallback_reason", "as asked for", "text")
        for group in analysis.subgroups:
            self._set(f"review.analyses.analysis.subgroups.{group.id}.label", group.label, "text")

    def _subgroups(self) -> tuple[Subgroup, ...]:
        if not self.subgroup:
            return ()
        names = self.frame[self.subgroup].astype(str)
        return tuple(
            Subgroup(f"g{n}", name, tuple(_id(i) for i in names.index[names == name]))
            for n, name in enumerate(dict.fromkeys(names), start=1)
        )

    def _study(self, i: int, row: Row) -> Study:
        label = str(self.frame.loc[i, self.study])
        return Study(_id(i), self._read(f"studies.{_id(i)}.label", i, self.study, label, "text"), row, ())

    def _row(self, i: int) -> Row:
        values = {
            role: self._read(
                f"row.{_id(i)}.{role}", i, role, float(self.frame.loc[i, role]), self._style(role)
            )
            for role in self.variant.roles
        }
        values["n"] = self._read(f"row.{_id(i)}.n", i, "n", self._patients(i), "count")
        values["id"] = values["study"] = self._set(f"row.{_id(i)}.id", _id(i), "text")
        if "year" in self.frame:
            values["year"] = self._read(
                f"row.{_id(i)}.year", i, "year", int(self.frame.loc[i, "year"]), "count"
            )
        return Row(_id(i), FRAME, i + 1, values, {})

    def _style(self, role: str) -> str:
        """Numbers print as they were given, unless they have more decimals than anybody reads."""
        if re.match(r"(events|total|n)(_|$)", role):
            return "count"
        few = all(len(str(x).partition(".")[2]) <= 2 for x in self.frame[role])
        return "raw" if few else "estimate"

    def _patients(self, i: int) -> int:
        counted = [role for role in self.variant.roles if re.match(r"(total|n)_", role)]
        if counted:
            return int(sum(self.frame.loc[i, role] for role in counted))
        return int(self.frame.loc[i, "n"]) if "n" in self.frame and _is_number(self.frame.loc[i, "n"]) else 0

    def _read(self, key: str, i: int, column: str, content: Any, style: str) -> Value:
        raw = str(self.frame.loc[i, column]) if column in self.frame else ""
        cell = Cell(FRAME, str(i + 1), column, raw, "primary")
        return self.book.read(key, cell, content, style, f"{column}, row {i + 1}")

    def _set(self, key: str, content: Any, style: str = "general") -> Value:
        return self.book.read(key, Cell("options", key, "", str(content), "derived"), content, style, key)


def _id(i: int) -> str:
    return f"s{i + 1}"


def _is_number(value: object) -> bool:
    try:
        return math.isfinite(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
