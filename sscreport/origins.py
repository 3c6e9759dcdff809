"""Where each printed value comes from: one record, which values.json, cards and appendix all show.

`Origins` is a graph. Its nodes are the values that are printed, or that a template asked about,
and all that these rest on; its leaves are cells of the data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sscreport.values import READ, Cell
from sscreport.wording import DAGGER, has_digit


@dataclass(frozen=True)
class Use:
    """One place where a value is printed: the element's id ("" in a figure), its text, the place.

    ``place`` is the id of the nearest section, table or figure, or "figures/NAME.svg".
    """

    id: str
    text: str
    place: str


@dataclass(frozen=True)
class Origin:
    """Where one value comes from.

    ``inputs`` and ``decided_by`` are keys: what entered the formula, and what only chose it.
    ``cells`` and ``deciding_cells`` are the addresses behind each. ``consulted`` names the
    template lines whose wording depends on the value without printing it. ``supplementary``: only
    the supplement prints it, or rests on it.
    """

    key: str
    what: str
    number: Any
    unit: str
    rule: str
    reference: str
    provenance: str
    inputs: tuple[str, ...] = ()
    decided_by: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    deciding_cells: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    consulted: tuple[str, ...] = ()
    supplementary: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """Every way it is printed, in order of first use."""
        return tuple(dict.fromkeys(use.text for use in self.uses))

    @property
    def shown(self) -> str:
        """The texts in one line, each once: "= 0.50" says no more than "0.50"."""
        texts = {text.replace("\u202f", " ").removeprefix("= "): None for text in self.texts}
        return " / ".join(texts)

    @property
    def marked(self) -> str:
        """The same, with the mark of a number that rests on reconstructed data."""
        return self.shown + (DAGGER if self.reconstructed and has_digit(self.shown) else "")

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(use.place for use in self.uses))

    @property
    def reconstructed(self) -> bool:
        return self.provenance == "reconstructed"


@dataclass(frozen=True)
class Origins(Mapping[str, Origin]):
    """All origins by key, the cells behind them by address, and the titles of groups of keys.

    Origins stand in the order in which they were made: what a value rests on comes before it.

    ``groups`` maps the beginning of keys ("rcs.m6", "studies") to what they are about.
    """

    by_key: Mapping[str, Origin] = field(default_factory=dict)
    cells: Mapping[str, Cell] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Origin:
        return self.by_key[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_key)

    def __len__(self) -> int:
        return len(self.by_key)

    @cached_property
    def feeds(self) -> Mapping[str, tuple[str, ...]]:
        """By key, the values made directly from it or decided by it."""
        found: dict[str, list[str]] = {}
        for origin in self.by_key.values():
            for key in dict.fromkeys((*origin.inputs, *origin.decided_by)):
                found.setdefault(key, []).append(origin.key)
        return {key: tuple(others) for key, others in found.items()}

    @cached_property
    def resting(self) -> Mapping[str, Mapping[str, str]]:
        """By the address of a cell, the keys that rest on it, each "computed" or only "decided"."""
        found: dict[str, dict[str, str]] = {}
        for key, origin in self.by_key.items():
            for how, cells in (("computed", origin.cells), ("decided", origin.deciding_cells)):
                for address in cells:
                    found.setdefault(address, {})[key] = how
        return found

    def solved(self, address: str) -> tuple[str, ...]:
        """The keys computed from reconstructed cells that were solved from the cell at ``address``."""
        solved = {
            name
            for name, cell in self.cells.items()
            if any(source.address == address for source in cell.solved_from)
        }
        return tuple(key for key, origin in self.by_key.items() if not solved.isdisjoint(origin.cells))

    def told(self, origin: Origin) -> tuple[str, ...]:
        """The cells that are named where an origin is shown: all behind it.

        Of a supplementary origin, only those it was made of directly; its other inputs are linked to,
        which keeps a supplement of many results at a readable length.
        """
        if not origin.supplementary or origin.rule == READ.name:
            return origin.cells
        read = {a for key in origin.inputs if self[key].rule == READ.name for a in self[key].cells}
        return tuple(address for address in origin.cells if address in read)

    @property
    def printed(self) -> tuple[str, ...]:
        """The keys that stand in the manuscript or its figures."""
        return tuple(key for key, origin in self.by_key.items() if origin.uses)

    def group_of(self, key: str) -> str:
        """The longest beginning of ``key`` that has a title; its first step where none has."""
        steps = key.split(".")
        for length in range(len(steps), 0, -1):
            if ".".join(steps[:length]) in self.groups:
                return ".".join(steps[:length])
        return steps[0]

    def to_json(self) -> str:
        """values.json: sorted, one short block a value, so that a change reads as a few lines."""
        cells = ",\n".join(f"{_json(name)}: {_json(_cell(self.cells[name]))}" for name in sorted(self.cells))
        values = ",\n".join(_block(self.by_key[key]) for key in sorted(self.by_key))
        return f'{{\n"cells": {{\n{cells}\n}},\n"values": {{\n{values}\n}}\n}}\n'


def claims_behind(cell: Cell) -> dict[str, str]:
    """By the id of each claim that a reconstructed cell was solved from, where it is printed and what."""
    told: dict[str, list[str]] = {}
    places: dict[str, str] = {}
    for source in cell.solved_from:
        name = source.row.rpartition(".")[2]
        told.setdefault(name, []).append(source.raw)
        places[name] = source.locator
    return {name: f"{name} ({places[name]}): {', '.join(numbers)}" for name, numbers in told.items()}


def _block(origin: Origin) -> str:
    fields: dict[str, Any] = {"what": origin.what, "texts": origin.texts, "number": origin.number}
    optional = {
        "unit": origin.unit,
        "rule": origin.rule,
        "reference": origin.reference,
        "provenance": origin.provenance,
        "from": origin.inputs,
        "decided by": origin.decided_by,
        "supplementary": origin.supplementary,
    }
    fields |= {name: content for name, content in optional.items() if content}
    fields["cells"] = origin.cells
    if origin.deciding_cells:
        fields["deciding cells"] = origin.deciding_cells
    fields["used"] = origin.places
    if origin.consulted:
        fields["consulted"] = origin.consulted
    inner = ",\n".join(f"  {_json(name)}: {_json(content)}" for name, content in fields.items())
    return f"{_json(origin.key)}: {{\n{inner}\n}}"


def _cell(cell: Cell) -> dict[str, Any]:
    about = {"raw": cell.raw, "provenance": cell.provenance, "source": cell.source, "locator": cell.locator}
    solved_from = [source.address for source in cell.solved_from]
    return about | ({"solved from": solved_from} if solved_from else {})


def _json(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False, allow_nan=False)
