"""The named scenarios of a review, analysed: each result beside that of the review itself.

A scenario's values stand under ``scenario.<scenario>.<analysis>``, the choices that made them, which are
cells of data/scenarios.toml, under ``scenarios.<scenario>``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sscreport.analyse import synthesis_of
from sscreport.choices import senseless
from sscreport.folder import SCENARIOS
from sscreport.problems import Problem, refuse
from sscreport.records import Analysis, Compared, Review, Scenario, Synthesis
from sscreport.scenarios.file import scenarios_in
from sscreport.scenarios.inputs import change, choices_for
from sscreport.values import Cell, Rule, Value

BOTH = Rule("studies left out by the review or by the scenario")
SAME = Rule("the conclusion beside that of the review", SCENARIOS)
# What the table does not show, and a scenario therefore does not compute.
NOT_SHOWN = ("leave_one_out", "cumulative", "small_study_tests", "both_models", "prediction_interval")
COLUMNS = {"assumed_correlation": "correlation"}  # settings that have another name in a scenario


def compare_scenarios(review: Review, syntheses: Sequence[Synthesis]) -> tuple[Compared, ...]:
    """Every place of every analysis that a named scenario is about, scenario by scenario.

    Raises `InputError` with all that is wrong with data/scenarios.toml.
    """
    found: list[Compared] = []
    problems: list[Problem] = []
    for scenario, about in scenarios_in(review):
        told = _Told(review, scenario, about)
        for synthesis in syntheses:
            analysis = told.analysis(synthesis.analysis)
            if analysis is None:
                continue
            wrong = [
                Problem(SCENARIOS, expected, None, told.row, COLUMNS.get(name, name), str(content))
                for name, content, expected in senseless(analysis)
            ]
            problems += wrong
            if wrong:
                continue
            try:
                found += told.compare(synthesis, synthesis_of(review, analysis))
            except ValueError as error:
                expected = f"The data of {synthesis.analysis.id} allow no result. {error}"
                problems.append(Problem(SCENARIOS, expected, row=told.row))
    refuse(problems)
    return tuple(found)


class _Told:
    """A scenario with its words and choices as values."""

    def __init__(self, review: Review, scenario: Scenario, about: Mapping[str, str]):
        self.review, self.book, self.scenario = review, review.book, scenario
        self.row = f"scenarios.{scenario.id}"
        self._about = about
        self.title = self._read("title", scenario.title, f"Scenario {scenario.id}")
        self.why = self._read("why", scenario.why, f"Reason, {scenario.title}") if scenario.why else None
        self.choices = {
            name: self._read(COLUMNS.get(name, name), content, f"{name.replace('_', ' ')}, {scenario.title}")
            for name, content in scenario.choices.items()
        }

    def _read(self, column: str, content: Any, label: str) -> Value:
        raw = ", ".join(content) if isinstance(content, list) else str(content)
        cell = Cell(SCENARIOS, self.row, column, raw, **self._about)
        style, parsed = ("raw", content) if isinstance(content, (int, float)) else ("text", raw)
        return self.book.read(f"{self.row}.{column}", cell, parsed, style, label)

    def analysis(self, main: Analysis) -> Analysis | None:
        """An analysis with the scenario's choices; None where the scenario is not about it."""
        studies = {row.content("study") for row in main.recorded_rows}
        own = choices_for(self.scenario, main.settings, studies)
        if not own:
            return None
        settings = {name: content for name, content in main.settings.items() if name not in NOT_SHOWN}
        change(settings, own)
        key = f"scenario.{self.scenario.id}.{main.id}"
        choices = {name: value for name, value in main.choices.items() if name in settings}
        choices |= {name: self.choices[name] for name in own}
        if "exclude" in own and "exclude" in main.choices:
            both = main.choices["exclude"], self.choices["exclude"]
            choices["exclude"] = self.book.derive(
                f"{key}.exclude", BOTH, lambda *names: ", ".join(names), *both,
                style="text", label=f"Studies left out, {main.title}",
            )  # fmt: skip
        changed = replace(
            main,
            id=key,
            title=f"{main.title} ({self.scenario.title})",
            settings=settings,
            choices=choices,
            recorded_as=main.recorded_as or main.id,
        )
        return changed.without(own.get("exclude", ()))

    def compare(self, main: Synthesis, other: Synthesis) -> Iterator[Compared]:
        title = self.book[f"{main.analysis.place}.title"]
        groups = {group.id: group for group in (*main.groups, main.overall)}
        for group in (*other.groups, other.overall):
            key = other.analysis.id + ("" if group.label is None else f".{group.id}")
            conclusion = self.book.derive(
                f"{key}.conclusion", SAME, _conclusion,
                main.words[group.id].change, other.words[group.id].change,
                style="text", label=f"Conclusion, {other.analysis.title}",
            )  # fmt: skip
            yield Compared(self.title, self.why, title, group.label, groups[group.id], group, conclusion)


def _conclusion(main: str, other: str) -> str:
    """ "as reported", or what is concluded instead of what."""
    return "as reported" if main == other else f"{other} instead of {main}"
