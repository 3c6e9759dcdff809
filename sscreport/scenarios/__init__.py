"""Scenarios: what other choices for the analyses would change, with the data as they are.

file      data/scenarios.toml, in which a review keeps the scenarios that have names
inputs    the review's inputs with a scenario's choices written into data/review.toml
results   the results of the named scenarios beside those of the review, for a table
"""

from __future__ import annotations

from sscreport.records import Scenario
from sscreport.scenarios.file import read_scenarios, scenarios_in
from sscreport.scenarios.inputs import applied
from sscreport.scenarios.results import compare_scenarios

__all__ = ["Scenario", "applied", "compare_scenarios", "read_scenarios", "scenarios_in"]
