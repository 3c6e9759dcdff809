"""Numbers that know where they come from.

A `Cell` is one field of one row in the review's data. A `Value` is what may be printed: its
content, the rule that made it and what it was made from. The `Book` holds every value of a build
under its key and is the only place where values are made, so no key can exist twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# From the firmest ground to the least firm; a value stands on the least firm of its cells.
PROVENANCE = ("published", "primary", "derived", "reconstructed")


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a data file, addressed by row id, so that sorting a file breaks nothing.

    ``solved_from`` are the printed numbers that a reconstructed field was solved from. They are no
    inputs: the field stands as it was written, whatever becomes of them.
    """

    file: str
    row: str
    column: str
    raw: str
    provenance: str
    source: str = ""
    locator: str = ""
    solved_from: tuple[Cell, ...] = ()

    @property
    def address(self) -> str:
        return f"{self.file}:{self.row}:{self.column}"


@dataclass(frozen=True, slots=True)
class Rule:
    """How a value is made: a name in the field's words and the publication of the formula."""

    name: str
    reference: str = ""


READ = Rule("read from the data")
COUNT = Rule("count of rows")
SUM = Rule("sum")


@dataclass(frozen=True, eq=False, slots=True)
class Value:
    """A printable number or word with its identity.

    ``content`` is unrounded (float, int, str or None for "not reported"); ``style`` names the
    rounding in `wording`. ``inputs`` entered the arithmetic; ``decided_by`` are values that only
    chose which arithmetic applied (the model, a word's threshold).
    """

    key: str
    content: Any
    style: str
    label: str
    unit: str = ""
    rule: Rule = READ
    inputs: tuple[Value | Cell, ...] = ()
    decided_by: tuple[Value, ...] = ()

    def cells(self, decisions: bool = True) -> dict[str, Cell]:
        """Every cell this value rests on, by address, in order of first use."""
        found: dict[str, Cell] = {}
        seen: set[str] = set()
        queue: list[Value | Cell] = [self]
        while queue:
            item = queue.pop(0)
            if isinstance(item, Cell):
                found.setdefault(item.address, item)
            elif item.key not in seen:
                seen.add(item.key)
                queue.extend(item.inputs)
                if decisions:
                    queue.extend(item.decided_by)
        return found

    @property
    def provenance(self) -> str:
        """The least firm provenance among the cells that entered the arithmetic."""
        classes = {cell.provenance for cell in self.cells(decisions=False).values()}
        return max(classes, key=PROVENANCE.index, default="derived")

    @property
    def reconstructed(self) -> bool:
        return self.provenance == "reconstructed"


Input = Value | Sequence[Value]


def _unwrap(item: Input) -> Any:
    if isinstance(item, Value):
        return item.content
    contents = [value.content for value in item]
    return contents if any(isinstance(c, str) for c in contents) else np.array(contents, dtype=float)


def _flatten(items: Iterable[Input]) -> tuple[Value, ...]:
    flat: list[Value] = []
    for item in items:
        flat.extend([item] if isinstance(item, Value) else item)
    return tuple(flat)


@dataclass
class Book:
    """Every value of one build, by key."""

    values: dict[str, Value] = field(default_factory=dict)

    def _enter(self, value: Value) -> Value:
        if value.key in self.values:
            raise ValueError(f"two values want the key {value.key}")
        self.values[value.key] = value
        return value

    def read(self, key: str, cell: Cell, content: Any, style: str, label: str, unit: str = "") -> Value:
        """A value that is a cell's content, parsed but not changed."""
        return self._enter(Value(key, content, style, label, unit, READ, (cell,)))

    def derive(
        self,
        key: str,
        rule: Rule,
        function: Callable[..., Any],
        *inputs: Input,
        style: str,
        label: str,
        unit: str = "",
        decided_by: Sequence[Value] = (),
    ) -> Value:
        """Compute ``function`` on the contents of ``inputs`` and keep what it was made from.

        A sequence of values reaches the function as one array (or list, where they are words).
        """
        content = function(*map(_unwrap, inputs))
        if isinstance(content, np.generic):
            content = content.item()
        return self._enter(Value(key, content, style, label, unit, rule, _flatten(inputs), tuple(decided_by)))

    def __getitem__(self, key: str) -> Value:
        return self.values[key]

    def get(self, key: str) -> Value | None:
        """The value of a key that need not exist."""
        return self.values.get(key)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def __iter__(self) -> Iterator[Value]:
        return iter(self.values.values())
