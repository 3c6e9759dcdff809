"""data/scenarios.toml: the scenarios of a review that have names. The file need not be there.

::

    provenance = "derived"
    source = "this review"
    locator = "asked for by a reader"

    [[scenarios]]
    id = "without_granel"
    title = "Without Granel"
    why = "Its scale of pain may have been another one."
    outcomes = ["vas"]
    exclude = ["granel"]

Each scenario may hold ``analyses`` or ``outcomes`` (all analyses where neither is there), ``exclude``,
``model``, ``tau_squared``, ``interval`` and ``correlation``. What they may hold says
``schemas/scenarios.schema.json``.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema

from sscreport.folder import SCENARIOS
from sscreport.problems import InputError, Problem, did_you_mean, refuse
from sscreport.records import Review, Scenario

LISTS = ("analyses", "outcomes", "exclude")


def read_scenarios(root: Path) -> tuple[Scenario, ...]:
    """The scenarios of the review in ``root``; `InputError` with all that is wrong with the file."""
    return tuple(_scenario(entry) for entry in _content(root).get("scenarios", ()))


def scenarios_in(review: Review) -> tuple[tuple[Scenario, Mapping[str, str]], ...]:
    """The same with the provenance of each, their names checked against the review."""
    content = _content(review.root)
    found = [(_scenario(entry), _about(content, entry)) for entry in content.get("scenarios", ())]
    refuse(problem for scenario, _ in found for problem in _unknown(scenario, review))
    return tuple(found)


def _content(root: Path) -> dict[str, Any]:
    path = root / SCENARIOS
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError([Problem(SCENARIOS, f"This is not valid TOML: {error}.")]) from error
    refuse([*_unfit(content)] or [*_repeated(content)])
    return content


def _unfit(content: Mapping[str, Any]) -> Iterator[Problem]:
    schema = json.loads(
        resources.files("sscreport").joinpath("schemas/scenarios.schema.json").read_text("utf-8")
    )
    for error in jsonschema.Draft202012Validator(schema).iter_errors(content):
        path = ".".join(map(str, error.absolute_path))
        yield Problem(SCENARIOS, f"{error.message[:1].upper()}{error.message[1:]}.", row=path or None)


def _repeated(content: Mapping[str, Any]) -> Iterator[Problem]:
    for name, count in Counter(entry["id"] for entry in content.get("scenarios", ())).items():
        if count > 1:
            expected = f"Ids must be unique; {count} entries have this one."
            yield Problem(SCENARIOS, expected, row="scenarios", column="id", value=name)


def _scenario(entry: Mapping[str, Any]) -> Scenario:
    known = {name: entry[name] for name in Scenario.__dataclass_fields__ if name in entry}
    return Scenario(**known | {name: tuple(entry.get(name, ())) for name in LISTS})


def _about(content: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, str]:
    """Where a scenario comes from: its own words, else those of the file."""
    own = {"provenance": "derived", "source": "", "locator": ""}
    return {name: str(entry.get(name, content.get(name, default))) for name, default in own.items()}


def _unknown(scenario: Scenario, review: Review) -> Iterator[Problem]:
    """What a scenario names and the review does not have."""
    known: dict[str, Collection[str]] = {
        "analyses": [analysis.id for analysis in review.analyses],
        "outcomes": review.outcomes,
        "exclude": review.studies,
    }
    for column in LISTS:
        for name in getattr(scenario, column):
            if name not in known[column]:
                expected = f"The review has no such entry.{did_you_mean(name, known[column], listed=True)}"
                row = f"scenarios.{scenario.id}"
                yield Problem(SCENARIOS, expected, row=row, column=column, value=name)
