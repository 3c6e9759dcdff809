"""The tables that describe the studies: characteristics; outcomes, adverse events and quality."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

from sscreport import wording
from sscreport.records import (
    Part,
    Row,
    Study,
    Table,
    TableCell,
)
from sscreport.tabulate.cells import (
    Source,
    cell,
    grouped_head,
    joined,
    or_dash,
    study_cell,
)
from sscreport.values import Book, Value

# ---------------------------------------------------------------- characteristics of the studies

# A column's text in review.toml: {column} prints a cell, [ … ] is left out where its cell is empty.
_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_COLUMN = re.compile(r"\{(\w+)\}")


def characteristics(entry: Mapping[str, Any], source: Source) -> Table:
    """One row a study, with the columns that review.toml asks for, and the sums over all studies.

    Neighbouring columns of one ``group`` stand under a head of its name.
    """
    columns = entry.get("columns", [])
    titles = [("", "Study", "left")]
    titles += [(column.get("group", ""), column["title"], column.get("align", "left")) for column in columns]
    body = []
    for study in source.review.studies.values():
        cells = [
            cell(_filled(column["text"], study.row.values), column.get("align", "left")) for column in columns
        ]
        body.append((study_cell(study), *cells))
    if any(column.get("total") for column in columns):
        body.append(_sums(columns, source.book))
    return Table(entry["id"], grouped_head(titles), tuple(body), landscape=entry.get("landscape"))


def _filled(text: str, values: Mapping[str, Value]) -> tuple[Part, ...]:
    """A column's text with the cells of one study; a dash where none of them is reported."""

    def reported(match: re.Match[str]) -> str:
        names = _COLUMN.findall(match[1])
        return match[1] if all(values[name].content is not None for name in names) else ""

    text = _OPTIONAL.sub(reported, text)
    if all(values[name].content is None for name in _COLUMN.findall(text)):
        return (wording.DASH,)
    pieces = _COLUMN.split(text)  # words and names of columns by turns
    parts = [
        or_dash(values[piece]) if odd else piece
        for odd, piece in zip(cycle((False, True)), pieces, strict=False)
    ]
    return tuple(part for part in parts if part != "")


def _sums(columns: Sequence[Mapping[str, Any]], book: Book) -> tuple[TableCell, ...]:
    """The last row: sums over the studies in the columns that have them."""
    before = next(i for i, column in enumerate(columns) if column.get("total"))
    cells = [TableCell(("All ", book["included.studies"], " studies"), header=True, colspan=before + 1)]
    for column in columns[before:]:
        names = _COLUMN.findall(column["text"]) if column.get("total") else []
        sums = {name: book[f"included.{name}"] for name in names}
        cells.append(cell(_filled(column["text"], sums) if names else "", column.get("align", "left")))
    return tuple(cells)


# ---------------------------------------------------------------- outcomes, safety, quality


def outcomes(entry: Mapping[str, Any], source: Source) -> Table:
    """One row a study: adverse events, endpoints and the Newcastle-Ottawa score."""
    align = ("left", "decimal", "decimal", "left", "left", "left", "decimal")
    titles = ("Study", "Patients", "Number", "At the injection site", "Other", "Endpoints", "NOS score")
    groups = ("", "", *["Adverse events"] * 3, "", "")
    head = grouped_head(list(zip(groups, titles, align, strict=True)))
    body = tuple(_outcomes_row(study, source, align) for study in source.review.studies.values())
    return Table(entry["id"], head, body, landscape=entry.get("landscape"))


def _outcomes_row(study: Study, source: Source, align: Sequence[str]) -> tuple[TableCell, ...]:
    safety = source.rows("safety", study)
    number = safety[0]["events"] if safety else None
    endpoints = [(row["endpoint"],) for row in source.rows("endpoints", study)]
    scores = source.rows("newcastle_ottawa", study)
    cells: list[tuple[Part, ...]] = [
        (study.row["patients"],),
        (wording.DASH if number is None else or_dash(number),),
        _events(source.rows("adverse_events", study), "injection site"),
        _events(source.rows("adverse_events", study), "other"),
        joined(endpoints, ", "),
        (scores[0]["total"],) if scores else (wording.DASH,),
    ]
    return (study_cell(study), *(cell(parts, a) for parts, a in zip(cells, align[1:], strict=True)))


def _events(rows: Sequence[Row], site: str) -> tuple[Part, ...]:
    return joined(
        [
            (row["event"],) if row.content("events") is None else (row["event"], " (", row["events"], ")")
            for row in rows
            if row.content("site") == site
        ]
    )
