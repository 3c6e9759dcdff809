"""A review's inputs with a scenario in them: its choices, written into data/review.toml."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import tomli_w

from sscreport.folder import SETTINGS
from sscreport.problems import UsageError
from sscreport.records import Scenario

OF_RANDOM = ("tau_squared", "interval")


def applied(inputs: Mapping[str, str], scenario: Scenario) -> dict[str, str]:
    """The inputs, by path, with the scenario's choices in every analysis that it is about.

    Nothing else differs. UsageError where it is about no analysis, or leaves one without a study.
    """
    settings = tomllib.loads(inputs[SETTINGS])
    touched = False
    for table in settings["analyses"]:
        studies = set(_studies(inputs, table))
        own = choices_for(scenario, table, studies)
        if own and studies <= {*table.get("exclude", ()), *own.get("exclude", ())}:
            raise UsageError(f"{scenario.title} leaves no study in the analysis {table['id']}.")
        touched = touched or bool(own)
        change(table, own)
    if not touched:
        raise UsageError(f"{scenario.title} is about no analysis: nothing would change.")
    return {**inputs, SETTINGS: tomli_w.dumps(settings)}


def choices_for(scenario: Scenario, table: Mapping[str, Any], studies: Collection[str]) -> dict[str, Any]:
    """What a scenario chooses for one analysis, by the names of its settings; nothing if it is about others.

    ``table``: the analysis in review.toml; ``studies``: those with rows in it. A correlation is for
    analyses that record theirs, unless the analysis is named.
    """
    named = table["id"] in scenario.analyses or table["outcome"] in scenario.outcomes
    if not named and (scenario.analyses or scenario.outcomes):
        return {}
    found = scenario.choices
    found["exclude"] = [study for study in scenario.exclude if study in studies]
    if not found["exclude"]:
        del found["exclude"]
    if not named and "correlation" not in table:
        found.pop("assumed_correlation", None)
    return found


def change(table: dict[str, Any], own: Mapping[str, Any]) -> None:
    """Make choices in the settings of an analysis; a fixed-effect model has no use for some made before."""
    excluded = [*dict.fromkeys((*table.get("exclude", ()), *own.get("exclude", ())))]
    table.update(own)
    if excluded:
        table["exclude"] = excluded
    if own.get("model") == "fixed":
        for name in OF_RANDOM:
            if name not in own:
                table.pop(name, None)


def _studies(inputs: Mapping[str, str], table: Mapping[str, Any]) -> Iterator[str]:
    """The studies whose rows an analysis takes."""
    content = inputs.get(f"data/{table['data']}.csv", "")
    times = [float(time) for time in table["timepoints"]]
    for row in csv.DictReader(io.StringIO(content, newline="")):
        if row["outcome"] == table["outcome"] and _number(row["timepoint_months"]) in times:
            yield row["study"]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
