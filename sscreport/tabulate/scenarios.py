"""Scenarios: what other choices for the analyses would give, beside the review's own results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sscreport import wording
from sscreport.records import Compared, Group, Note, Part, Table, TableCell
from sscreport.tabulate.cells import Source, Title, cell, grouped_head, mark


def scenarios(entry: Mapping[str, Any], source: Source) -> Table:
    """One row a scenario and place, the whole of an analysis or a subgroup: both results side by side."""
    level = source.book["review.policy.confidence_level"]
    result: Title = ("Effect (", level, " CI)")
    columns: list[tuple[Title, Title, str]] = [
        ("", "Scenario", "left"),
        ("", "Analysis", "left"),
        *((group, title, "left") for group in ("As reported", "In the scenario")
          for title in (result, "P", "I squared")),
        ("", "Conclusion", "left"),
    ]  # fmt: skip
    body = tuple(_row(compared) for compared in source.compared)
    landscape = entry.get("landscape")
    return Table(entry["id"], grouped_head(columns), body, landscape=landscape, dash="not applicable")


def _row(compared: Compared) -> tuple[TableCell, ...]:
    reason = (Note(compared.why),) if compared.why else ()
    label = (": ", compared.label) if compared.label else ()
    return (
        cell((compared.scenario, *reason), header=True),
        cell((compared.analysis, *label)),
        *_result(compared.main),
        *_result(compared.other),
        cell(compared.conclusion),
    )


def _result(group: Group) -> tuple[TableCell, ...]:
    """Effect and interval, P, and I², a dash where there is one study."""
    pooled, spread = group.pooled, group.heterogeneity
    effect: tuple[Part, ...] = (pooled.estimate, " (", pooled.ci_low, " to ", pooled.ci_high, ")")
    return (
        cell((*effect, *mark(pooled.estimate))),
        cell(pooled.p),
        cell(spread.i_squared if spread else wording.DASH),
    )
