"""What a forest plot shows, before anything has a place: rows of text beside estimates with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sscreport.draw.canvas import Part
from sscreport.values import Value

Parts = Sequence[Part]
Cells = Mapping[str, Parts]
Kind = Literal["heading", "study", "subtotal", "total", "prediction", "line", "gap"]
Light = Literal["low", "some", "high"]


@dataclass(frozen=True)
class Result:
    """An estimate with its interval on the reported scale, drawn as a square, a diamond or a bar.

    ``weight`` in percent decides the area of a square. ``value`` is whose mark it is.
    """

    estimate: float
    low: float
    high: float
    value: Value
    weight: float | None = None


@dataclass(frozen=True)
class Row:
    """A line of a forest plot. ``cells`` by the role of their column; ``label`` stands in the first.

    ``stars``: points reached and points there are; ``lights``: judgements of the risk of bias, by the
    role of the column they stand in.
    """

    kind: Kind
    label: Parts = ()
    cells: Cells = field(default_factory=dict)
    result: Result | None = None
    stars: tuple[Value, int] | None = None
    lights: Mapping[str, Light] = field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    """A column beside the plot. ``group`` is a heading that it shares with its neighbours.

    ``sheds``: the order in which columns go where the figure is narrow, 0 never. ``tight``: it stands
    close to the one before it.
    """

    role: str
    header: Parts
    group: str = ""
    sheds: int = 0
    tight: bool = False


@dataclass(frozen=True)
class Plan:
    """A forest plot without places.

    ``columns`` by the part of a layout they belong to: "data", "weight", "effect", "quality".
    ``name`` and ``method`` head the plot. ``sides`` name both sides of the null value.
    ``important``: distance from the null value (a factor, for ratios) below which a difference does
    not matter to patients. ``notes`` stand below.
    """

    first: str
    columns: Mapping[str, Sequence[Column]]
    rows: Sequence[Row]
    name: str
    method: Parts
    null: float
    log: bool
    sides: tuple[str, str]
    alt: str
    notes: Sequence[Parts] = ()
    important: float | None = None

    def shed(self, most: int) -> Plan:
        """Without the columns that go up to ``most``, and without rows of sums that lost all theirs."""
        columns = {
            part: [column for column in group if not 0 < column.sheds <= most]
            for part, group in self.columns.items()
        }
        roles = {column.role for group in columns.values() for column in group}
        rows = [row for row in self.rows if row.kind != "line" or not row.cells or roles & set(row.cells)]
        return replace(self, columns=columns, rows=rows)


def merged(plan: Plan) -> Plan:
    """The plan with events and totals of an arm as "events/total" in one column."""
    columns: list[Column] = []
    pairs: dict[str, str] = {}
    for column in plan.columns.get("data", ()):
        events = "events_" + column.role.removeprefix("total_")
        if column.role.startswith("total_") and columns and columns[-1].role == events:
            columns[-1] = replace(columns[-1], header=(*columns[-1].header, "/", *column.header))
            pairs[events] = column.role
        else:
            columns.append(column)
    rows: list[Row] = []
    for row in plan.rows:
        sums = row.kind == "line" and bool(row.cells) and set(row.cells) <= set(pairs)
        if sums:  # of events, below the totals that they belong to
            place = max(i for i, before in enumerate(rows) if set(pairs.values()) & set(before.cells))
            rows[place] = replace(rows[place], cells=_paired({**rows[place].cells, **row.cells}, pairs))
        else:
            rows.append(
                row if row.kind in ("subtotal", "total") else replace(row, cells=_paired(row.cells, pairs))
            )
    return replace(plan, rows=rows, columns={**plan.columns, "data": columns})


def _paired(cells: Cells, pairs: Mapping[str, str]) -> Cells:
    both = {e: (*cells[e], "/", *cells[t]) for e, t in pairs.items() if e in cells and t in cells}
    return {role: parts for role, parts in cells.items() if role not in pairs.values()} | both
