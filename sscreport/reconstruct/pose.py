"""Pose: the reconstructions of review.toml as systems of printed numbers and free values.

What is wrong with the settings is collected as problems; a review without reconstructions has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtri

from sscreport.folder import SETTINGS
from sscreport.problems import InputError, Problem, did_you_mean
from sscreport.reconstruct.counts import CountSystem
from sscreport.reconstruct.printed import Box, root_q_box, root_q_box_of_i2, rounding_box, t_box, z_box
from sscreport.reconstruct.system import Array, Method, Pool, Statistic, System, Target
from sscreport.records import Analysis, Review, Row

CLAIMS = "published_claims"
METHODS: Mapping[str, Method] = {"fixed": "FE", "random": "DL"}
# Two-sided normal quantile of the printed 95% intervals.
Z = float(ndtri(0.975))
DECIMALS = {"md": 2, "se": 3}
SOUGHT = ("n", "md", "se")

Entry = Mapping[str, Any]


def settings_of(review: Review) -> Entry:
    """The table [reconstruction]; empty where the review has none."""
    return review.settings.get("reconstruction", {})


def entries(review: Review) -> Sequence[Entry]:
    return review.settings.get("reconstructions", [])


def systems(review: Review) -> list[System]:
    """Every system of mean differences. Raises `InputError` with all problems of the settings."""
    refuse(review)
    return [_system(review, entry) for entry in entries(review) if entry["kind"] == "means"]


def count_systems(review: Review) -> list[CountSystem]:
    """Every reconstruction of counts. Raises as `systems`."""
    refuse(review)
    return [_counts(review, entry) for entry in entries(review) if entry["kind"] == "counts"]


def refuse(review: Review) -> None:
    """Raise `InputError` where the settings of the reconstructions name what does not exist."""
    if found := list(problems(review)):
        raise InputError(found)


# ---------------------------------------------------------------- problems


def problems(review: Review) -> Iterator[Problem]:
    """Everything in the settings that names no claim, analysis, subgroup or row, or says too little."""
    listed = entries(review)
    if listed and not settings_of(review):
        yield Problem(SETTINGS, "Reconstructions need the table [reconstruction].", row="reconstruction")
    claims = {row.id: row for row in review.tables.get(CLAIMS, ())}
    for entry in listed:
        path = f"reconstructions.{entry['id']}"
        yield from _table_problems(review, path, entry)
        for number, claim in enumerate(entry["claims"], start=1):
            where = f"{path}.claims.{number}"
            yield from _named(where, "claim", claim["claim"], claims, "published claim")
            yield from _pool_problems(review, where, claim, entry["table"])
            if claim["claim"] in claims and not _prints(claims[claim["claim"]], claim):
                expected = "This claim prints no number of a pool."
                yield Problem(SETTINGS, expected, row=where, column="claim", value=claim["claim"])
        for statement in entry.get("statements", ()):
            where = f"{path}.statements.{statement['id']}"
            yield from _pool_problems(review, where, statement, entry["table"])
        for number, other in enumerate(entry.get("not_followed", ()), start=1):
            where = f"{path}.not_followed.{number}"
            yield from _named(where, "claim", other["claim"], claims, "published claim")
        yield from _anchor_problems(review, path, entry)
        if entry["kind"] == "counts" and "total" not in entry:
            yield Problem(
                SETTINGS, "A table of counts is enumerated within a total.", row=path, column="total"
            )


def _named(path: str, column: str, name: str, known: Any, what: str) -> Iterator[Problem]:
    if name not in known:
        expected = f"There is no such {what}.{did_you_mean(name, known, listed=False)}"
        yield Problem(SETTINGS, expected, row=path, column=column, value=name)


def _table_problems(review: Review, path: str, entry: Entry) -> Iterator[Problem]:
    yield from _named(path, "table", entry["table"], review.tables, "data file")
    for column in SOUGHT if entry["kind"] == "means" else ():
        if column not in review.fields.get(entry["table"], SOUGHT):
            expected = f"Mean differences are reconstructed in a table with a column {column}."
            yield Problem(SETTINGS, expected, row=path, column="table", value=entry["table"])


def _pool_problems(review: Review, path: str, part: Entry, table: str) -> Iterator[Problem]:
    analyses = {analysis.id: analysis for analysis in review.analyses}
    yield from _named(path, "analysis", part["analysis"], analyses, "analysis")
    if part["analysis"] not in analyses:
        return
    analysis = analyses[part["analysis"]]
    if "group" in part:
        groups = [group.id for group in analysis.recorded_subgroups]
        yield from _named(path, "group", part["group"], groups, "subgroup")
    if analysis.settings["data"] != table:
        expected = f"This analysis pools rows of {analysis.settings['data']}, not of {table}."
        yield Problem(SETTINGS, expected, row=path, column="analysis", value=analysis.id)


def _prints(claim: Row, part: Entry) -> bool:
    columns = _PRINTED[part.get("statistic", "pooled")]
    return any(claim.cells[column].raw.strip() for column in columns if column in claim.cells)


def _anchor_problems(review: Review, path: str, entry: Entry) -> Iterator[Problem]:
    rows = {row.id for row in review.tables.get(entry["table"], ())}
    primary = {row.id for row in review.tables.get("primary_values", ())}
    for number, anchor in enumerate(entry.get("anchors", ()), start=1):
        where = f"{path}.anchors.{number}"
        yield from _named(where, "row", anchor["row"], rows, "row")
        if "like" in anchor:
            yield from _named(where, "like", anchor["like"], rows, "row")
        if "primary" in anchor:
            yield from _named(where, "primary", anchor["primary"], primary, "row of primary_values")
        if sum(name in anchor for name in ("sd", "like", "primary")) != 1:
            yield Problem(SETTINGS, "An anchor needs either sd, like or primary.", row=where)


# ---------------------------------------------------------------- mean differences


def _system(review: Review, entry: Entry) -> System:
    rows = _rows(review, entry)
    columns = {name: _numbers(rows, name) for name in ("n", "md", "se")}
    free = {name: _free(rows, name) for name in ("md", "se")}
    targets = tuple(_targets(review, entry, rows))
    centre, scatter = _expected(targets, len(rows))
    settings = settings_of(review)
    return System(
        id=entry["id"],
        rows=rows,
        n=columns["n"],
        md=columns["md"],
        se=columns["se"],
        free_md=free["md"],
        free_se=free["se"],
        centre=centre,
        scatter=scatter,
        anchor=np.array([_anchor(review, entry, row) for row in rows]),
        spread=float(settings["spread"]),
        targets=targets,
        decimals=(DECIMALS["md"], DECIMALS["se"]),
        seed=int(settings["seed"]),
    )


def _rows(review: Review, entry: Entry) -> tuple[Row, ...]:
    """The rows of the table that any of its pools holds, in their order."""
    pooled = {row.id for part in _parts(entry) for row in _members(review, part)}
    return tuple(row for row in review.tables[entry["table"]] if row.id in pooled)


def _parts(entry: Entry) -> list[Entry]:
    return [*entry["claims"], *entry.get("statements", ())]


def _members(review: Review, part: Entry) -> tuple[Row, ...]:
    analysis = _analysis(review, part)
    group = next((g for g in analysis.recorded_subgroups if g.id == part.get("group")), None)
    return tuple(row for row in analysis.recorded_rows if group is None or group.holds(row))


def _analysis(review: Review, part: Entry) -> Analysis:
    return next(analysis for analysis in review.analyses if analysis.id == part["analysis"])


def _numbers(rows: Sequence[Row], column: str) -> Array:
    return np.array([float(row.content(column)) for row in rows])


def _free(rows: Sequence[Row], column: str) -> Any:
    return np.array([row.cells[column].provenance == "reconstructed" for row in rows], dtype=bool)


def _anchor(review: Review, entry: Entry, row: Row) -> float:
    anchor = next((anchor for anchor in entry.get("anchors", ()) if anchor["row"] == row.id), None)
    if anchor is None:
        return np.nan
    if "sd" in anchor:
        return float(anchor["sd"])
    table = entry["table"] if "like" in anchor else "primary_values"
    name = anchor.get("like") or anchor["primary"]
    known = next(other for other in review.tables[table] if other.id == name)
    if "like" in anchor:
        return float(known.content("se")) * np.sqrt(float(known.content("n")))
    before = float(known.content("sd_before"))
    return float(np.hypot(before, known.content("sd_after") or before))


def _targets(review: Review, entry: Entry, rows: Sequence[Row]) -> Iterator[Target]:
    claims = {row.id: row for row in review.tables.get(CLAIMS, ())}
    places = {row.id: position for position, row in enumerate(rows)}
    for part in _parts(entry):
        pool = Pool(tuple(places[row.id] for row in _members(review, part)), METHODS[part["model"]])
        if "claim" in part:
            statistic = part.get("statistic", "pooled")
            yield from _of_claim(claims[part["claim"]], statistic, pool)
        else:
            yield _of_statement(part, pool)


def _of_claim(claim: Row, statistic: str, pool: Pool) -> Iterator[Target]:
    """A target for every number that the claim prints of its pool."""
    df = len(pool.members) - 1
    for column, (name, box) in _PRINTED[statistic].items():
        printed = claim.cells[column].raw.strip() if column in claim.cells else ""
        if printed and not (name == "root_q" and df == 0):  # one study has no heterogeneity
            yield Target(claim.id, column, printed, name, pool, *box(printed, df))


def _of_statement(statement: Entry, pool: Pool) -> Target:
    name, box = _STATED[statement["statistic"]]
    printed = statement["printed"]
    return Target(statement["id"], "printed", printed, name, pool, *box(printed, len(pool.members) - 1))


def _plain(printed: str, df: int) -> Box:
    return rounding_box(printed)


def _of_z(printed: str, df: int) -> Box:
    return z_box(printed)


_PRINTED: Mapping[str, Mapping[str, tuple[Statistic, Any]]] = {
    "pooled": {
        "value": ("estimate", _plain),
        "ci_low": ("ci_low", _plain),
        "ci_high": ("ci_high", _plain),
        "p": ("z", _of_z),
        "i2_percent": ("root_q", lambda printed, df: root_q_box_of_i2(printed, df)),
        "het_p": ("root_q", root_q_box),
    },
    "egger": {"value": ("egger_t", lambda printed, df: t_box(printed, df - 1))},
    "begg": {"value": ("begg_p", _plain)},
}
_STATED: Mapping[str, tuple[Statistic, Any]] = {
    "heterogeneity_p": ("root_q", root_q_box),
    "leave_one_out_p": ("least_z", _of_z),
}


def _expected(targets: Sequence[Target], rows: int) -> tuple[Array, Array]:
    """Where free mean differences are expected, and how far from there: of each row's smallest pool.

    The pooled estimate; and √k times its standard error, which is how k such studies scatter.
    """
    centre, scatter = np.zeros(rows), np.ones(rows)
    estimates = {target.pool: _middle(target) for target in targets if target.statistic == "estimate"}
    widths = {target.pool: -_middle(target) for target in targets if target.statistic == "ci_low"}
    for target in targets:
        if target.statistic == "ci_high" and target.pool in widths:
            widths[target.pool] += _middle(target)
    for pool in sorted(widths.keys() & estimates.keys(), key=lambda pool: -len(pool.members)):
        members = list(pool.members)
        centre[members] = estimates[pool]
        scatter[members] = np.sqrt(len(members)) * widths[pool] / (2 * Z)
    return centre, scatter


def _middle(target: Target) -> float:
    return (target.low + target.high) / 2


# ---------------------------------------------------------------- counts


def _counts(review: Review, entry: Entry) -> CountSystem:
    part = entry["claims"][0]
    analysis = _analysis(review, part)
    columns = analysis.settings["columns"]
    claim = next(row for row in review.tables[CLAIMS] if row.id == part["claim"])
    df = len(_members(review, part)) - 1
    printed = {name: claim.cells[name].raw.strip() for name in _PRINTED["pooled"] if name in claim.cells}
    boxes = {name: rounding_box(text) for name, text in printed.items() if text and name in _COUNTED}
    of_q = [
        _PRINTED["pooled"][name][1](printed[name], df)
        for name in ("i2_percent", "het_p")
        if printed.get(name)
    ]
    of_q += [root_q_box(statement["printed"], df) for statement in entry.get("statements", ())]
    if of_q:
        boxes["root_q"] = Box(max(box.low for box in of_q), min(box.high for box in of_q))
    if printed.get("p"):
        boxes["z"] = z_box(printed["p"])
    return CountSystem(
        id=entry["id"],
        rows=_members(review, part),
        events=columns["events_after"],
        totals=columns["total_after"],
        total=int(entry["total"]),
        boxes=boxes,
        claims=(claim.id, *(statement["id"] for statement in entry.get("statements", ()))),
    )


_COUNTED = ("value", "ci_low", "ci_high")
