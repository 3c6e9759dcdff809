"""Answers of `trace` as plain records, and as trees for a terminal.

One record serves both: what ``--json`` prints is what the tree shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from sscreport.build import Made
from sscreport.cells import Address
from sscreport.compare import Differences
from sscreport.document import Manuscript, place_names
from sscreport.origins import Origin, Origins, claims_behind
from sscreport.problems import Problem
from sscreport.screen import put
from sscreport.trace import Reach
from sscreport.values import READ, Cell
from sscreport.wording import unrounded

Record = dict[str, Any]
HOW = {
    "computed": "computed from it",
    "decided": "it chooses their formula or wording",
    "solved": "data behind them were solved from it",
    "described": "it says where these were taken from",
    "selected": "it says what the row is about, and so which of these the row enters",
}

# ---------------------------------------------------------------- records


def value(manuscript: Manuscript, key: str, reach: Reach) -> Record:
    """A value back to its cells, and what rests on it."""
    origins = manuscript.origins
    return {
        "key": key,
        **_described(origins[key]),
        "made": _backwards(origins, key, set()),
        "printed": _places(manuscript, origins[key].places),
        **_reached(manuscript, reach),
    }


def cell(made: Made, address: Address, raw: str, reach: Reach) -> Record:
    """A cell and all that rests on it."""
    known = made.manuscript.origins.cells.get(str(address))
    about = _about(known) if known else {}
    return {"cell": str(address), **about, "raw": raw, **_reached(made.manuscript, reach)}


def changed(address: Address, raw: str, to: str, manuscript: Manuscript, differences: Differences) -> Record:
    """Exactly what changes when a cell is changed."""
    names = place_names(manuscript.tree)
    record: Record = {"cell": str(address), "raw": raw, "to": to}
    record["values"] = [
        {
            "key": change.key,
            "what": (change.after or change.before).what,
            "before": _shown(change.before),
            "after": _shown(change.after),
            "visible": change.visible,
        }
        for change in differences.values
    ]
    record["figures"] = [{"id": name, "name": names[f"fig-{name}"]} for name in differences.figures]
    record["sentences"] = [
        {"place": names.get(s.place, s.place), "before": s.before, "after": s.after}
        for s in differences.sentences
    ]
    if not differences:
        record["reason"] = "Nothing that is printed or drawn would change."
    return record


def refused(address: Address, raw: str, to: str, problems: Sequence[Problem]) -> Record:
    """The build would stop at the change."""
    return {"cell": str(address), "raw": raw, "to": to, "refused": [str(problem) for problem in problems]}


def matches(manuscript: Manuscript, found: Iterable[Origin]) -> Record:
    """Several values that are printed alike."""
    return {
        "matches": [{"key": o.key, **_described(o), "printed": _places(manuscript, o.places)} for o in found]
    }


def nothing_rests_on(cells: Mapping[Address, str]) -> Record:
    """Cells that reach nothing, each with the reason."""
    return {"unreached": [{"cell": str(address), "reason": reason} for address, reason in cells.items()]}


def _described(origin: Origin) -> Record:
    record = {
        "what": origin.what,
        "shown": origin.shown,
        "number": origin.number,
        "unit": origin.unit,
        "rule": origin.rule,
        "reference": origin.reference,
        "provenance": origin.provenance,
    }
    return {name: content for name, content in record.items() if content not in ("", [])}


def _backwards(origins: Origins, key: str, seen: set[str]) -> Record:
    """What a value was made from, down to the cells; what was told once is only named again."""
    origin = origins[key]
    record: Record = {"key": key, **_described(origin)}
    if origin.rule == READ.name:
        record["cell"] = _cell_record(origins, origin.cells[0])
    elif key in seen:
        record["above"] = True
    else:
        seen.add(key)
        record["from"] = [_backwards(origins, name, seen) for name in origin.inputs]
        record["decided by"] = [_backwards(origins, name, seen) for name in origin.decided_by]
    return {name: content for name, content in record.items() if content != []}


def _cell_record(origins: Origins, address: str) -> Record:
    return {"address": address, **_about(origins.cells[address])}


def _about(cell: Cell) -> Record:
    """Where a cell was taken from, and for a reconstructed one the printed numbers it was solved from."""
    record: Record = {
        "raw": cell.raw,
        "provenance": cell.provenance,
        "source": cell.source,
        "locator": cell.locator,
    }
    if cell.solved_from:
        record["solved from"] = [
            {
                "claim": name,
                "told": told,
                "cells": [c.address for c in cell.solved_from if c.row.rpartition(".")[2] == name],
            }
            for name, told in claims_behind(cell).items()
        ]
    return record


def _reached(manuscript: Manuscript, reach: Reach) -> Record:
    origins, names = manuscript.origins, place_names(manuscript.tree)
    record: Record = {
        "values": [
            {"key": key, "what": origins[key].what, "shown": origins[key].shown, "how": how}
            for key, how in reach.values.items()
        ],
        "figures": [{"id": name, "name": names[f"fig-{name}"]} for name in reach.figures],
        "tables": [{"id": name.removeprefix("table-"), "name": names[name]} for name in reach.tables],
        "sentences": [{"place": names.get(s.place, s.place), "text": s.text} for s in reach.sentences],
        "wording": list(reach.wording),
    }
    if reach.reason:
        record["reason"] = reach.reason
    return record


def _places(manuscript: Manuscript, places: Iterable[str]) -> list[str]:
    names = place_names(manuscript.tree)
    ids = [f"fig-{p.removeprefix('figures/').removesuffix('.svg')}" if "/" in p else p for p in places]
    return [names.get(name, name) for name in ids]


def _shown(origin: Origin | None) -> Record | None:
    if origin is None:
        return None
    return {"shown": origin.shown, "number": origin.number, "provenance": origin.provenance}


# ---------------------------------------------------------------- trees


def show(record: Record, console: Console | None = None) -> None:
    """Print a record as a tree; a line is never cut, not even in a pipe."""
    put(_tree(record), console=console)


def _tree(record: Record) -> Tree:
    if "unreached" in record:
        return _unreached_tree(record["unreached"])
    if "matches" in record:
        tree = Tree(f"{len(record['matches'])} values are printed so")
        for match in record["matches"]:
            _add(tree, f"[bold]{escape(match['key'])}[/]  {_line(match)}  ({', '.join(match['printed'])})")
        return tree
    if "cell" in record and isinstance(record["cell"], str):
        return _cell_tree(record)
    tree = Tree(f"[bold]{escape(record['key'])}[/]  {_line(record)}")
    _add_made(tree.add("made from"), record["made"])
    _list(tree, "printed in", map(escape, record["printed"]))
    _add_reach(tree, record, "what rests on it")
    return tree


def _unreached_tree(entries: Sequence[Mapping[str, str]]) -> Tree:
    """Cells by the reason why nothing rests on them."""
    tree = Tree(f"nothing that is printed rests on {len(entries)} cells")
    for reason in dict.fromkeys(entry["reason"] for entry in entries):
        cells = (escape(entry["cell"]) for entry in entries if entry["reason"] == reason)
        _list(tree, escape(reason), cells, count=True)
    return tree


def _cell_tree(record: Record) -> Tree:
    about = ", ".join(filter(None, (record.get(name) for name in ("provenance", "source", "locator"))))
    tree = Tree(
        f"[bold]{escape(record['cell'])}[/]  “{escape(record['raw'])}”" + escape(f"  {about}" * bool(about))
    )
    if "to" not in record:
        _add_claims(tree, record)
        _add_reach(tree, record, "values that rest on it")
        return tree
    changed = tree.add(f"with “{escape(record['to'])}”")
    if "refused" in record:
        _list(changed, "the build would stop", map(escape, record["refused"]))
        return tree
    _list(changed, "values", (_change(entry) for entry in record["values"]), count=True)
    _list(changed, "figures", (escape(entry["name"]) for entry in record["figures"]))
    for entry in record["sentences"]:
        branch = changed.add(f"[bold]{escape(entry['place'])}[/]")
        for name, sign, style in (("before", "−", "red"), ("after", "+", "green")):
            if entry[name] is not None:
                _add(branch, f"[{style}]{sign} {escape(entry[name])}[/]")
    _add_reason(changed, record)
    return tree


def _change(entry: Mapping[str, Any]) -> str:
    sides = [_side(entry["before"], entry["visible"]), _side(entry["after"], entry["visible"])]
    hidden = "" if entry["visible"] else " [dim](as printed the same)[/]"
    return f"[bold]{escape(entry['key'])}[/]  {sides[0]} → {sides[1]}{hidden}"


def _side(side: Mapping[str, Any] | None, visible: bool) -> str:
    if side is None:
        return "none"
    number = unrounded(side["number"]) or str(side["number"])
    return escape(side["shown"] if visible and side["shown"] else number)


def _add_reach(tree: Tree, record: Record, title: str) -> None:
    for how, words in HOW.items():
        members = [entry for entry in record["values"] if entry["how"] == how]
        lines = (
            f"[bold]{escape(e['key'])}[/]  {escape(e['shown'] or 'not printed')}  [dim]{escape(e['what'])}[/]"
            for e in members
        )
        _list(tree, f"{title}: {words}", lines, count=True)
    _list(tree, "figures and tables", (escape(e["name"]) for e in (*record["figures"], *record["tables"])))
    _list(
        tree,
        "sentences",
        (f"[bold]{escape(e['place'])}[/]: {escape(e['text'])}" for e in record["sentences"]),
        True,
    )
    _list(tree, "wording decided in", map(escape, record["wording"]))
    _add_reason(tree, record)


def _add_reason(tree: Tree, record: Record) -> None:
    if record.get("reason"):
        _add(tree, escape(record["reason"]))


def _add_made(tree: Tree, record: Record) -> None:
    """How a value was made, and below it each value that it was made from."""
    if cell := record.get("cell"):
        _add_claims(tree.add(_from_cell(cell)), cell)
        return
    rule = record["rule"] + (f" ({record['reference']})" if record.get("reference") else "")
    branch = tree.add(escape(rule) + (" (see above)" if record.get("above") else ""))
    for name, lead in (("from", ""), ("decided by", "chosen by ")):
        for entry in record.get(name, ()):
            line = f"{lead}[bold]{escape(entry['key'])}[/]  {_line(entry)}"
            if "cell" in entry:
                _add_claims(branch.add(f"{line}  ← {_from_cell(entry['cell'])}"), entry["cell"])
            else:
                _add_made(branch.add(line), entry)


def _add_claims(tree: Tree, cell: Record) -> None:
    """The printed numbers that a reconstructed cell was solved from."""
    _list(tree, "solved from", (escape(claim["told"]) for claim in cell.get("solved from", ())))


def _from_cell(cell: Record) -> str:
    about = ", ".join(filter(None, (cell["provenance"], cell["source"], cell["locator"])))
    return f"{escape(cell['address'])}  “{escape(cell['raw'])}”  {escape(about)}"


def _line(record: Record) -> str:
    number = unrounded(record.get("number")) or str(record.get("number", ""))
    shown = record.get("shown", "")
    parts = [shown or number, f"({number})" if shown and number not in shown else "", record.get("unit", "")]
    mark = "†" if record["provenance"] == "reconstructed" else ""
    return f"{escape(' '.join(filter(None, parts)))}{mark}  [dim]{escape(record['what'])}[/]"


def _list(tree: Tree, title: str, lines: Iterable[str], count: bool = False) -> None:
    found = list(lines)
    if found:
        branch = tree.add(f"{title} ({len(found)})" if count else title)
        for line in found:
            _add(branch, line)


def _add(tree: Tree, line: str) -> None:
    tree.add(line)
