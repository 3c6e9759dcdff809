"""Trace: from a printed number back to its cells, and from a cell on to all that rests on it.

A question is a value's key, a text as it is printed, or the address of a cell. The answers are
plain records; `show` lays them out for a terminal, `as_json` for machines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sscreport.cells import Address
from sscreport.document import Manuscript, place_names
from sscreport.load import described_column
from sscreport.origins import Origin, Origins
from sscreport.records import Review
from sscreport.sentences import Sentence, sentences


@dataclass(frozen=True)
class Reach:
    """All that rests on something: values, and the figures, tables and sentences that print them.

    ``values`` gives by key how each one depends: "computed", "decided" (the cell only chose the
    formula), "solved" (a reconstructed field behind it was solved from the cell), "described" (the cell
    says where the number was taken from) or "selected" (the cell says what its row is about).
    ``wording`` are template lines whose words hang on these values.
    ``reason`` says why nothing is reached.
    """

    values: Mapping[str, str]
    figures: tuple[str, ...]
    tables: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    wording: tuple[str, ...]
    reason: str = ""


def reach_of_cell(review: Review, manuscript: Manuscript, address: Address) -> Reach:
    """What rests on the cell at ``address``, or why nothing does."""
    how = _resting_on(review, manuscript.origins, address)
    return _reach(manuscript, how, "" if how else _reason(review, address))


def unreached(review: Review, manuscript: Manuscript, cells: Iterable[Address]) -> dict[Address, str]:
    """The cells on which no printed value rests, each with the reason."""
    return {
        address: _reason(review, address)
        for address in cells
        if not _resting_on(review, manuscript.origins, address)
    }


def reach_of_value(manuscript: Manuscript, key: str) -> Reach:
    """What rests on a value, itself not included."""
    origins = manuscript.origins
    how: dict[str, str] = {}
    queue = [key]
    while queue:
        current = queue.pop(0)
        for other in origins.feeds.get(current, ()):
            computed = current in origins[other].inputs and how.get(current, "computed") == "computed"
            if other not in how or (computed and how[other] != "computed"):
                how[other] = "computed" if computed else "decided"
                queue.append(other)
    return _reach(manuscript, how, "" if how else "No other value is made from it.")


def printed_as(origins: Origins, text: str) -> list[Origin]:
    """Every value that is printed as ``text`` somewhere; hyphens and spaces of any kind match."""
    wanted = plain(text)
    return [o for o in origins.values() if any(wanted in (plain(t), plain(t.lstrip("=< "))) for t in o.texts)]


def plain(text: str) -> str:
    """``text`` as it is typed: a hyphen for a minus sign, plain spaces."""
    return " ".join(text.replace("\N{MINUS SIGN}", "-").split())


def _resting_on(review: Review, origins: Origins, address: Address) -> dict[str, str]:
    """By key how each value that rests on a cell does so."""
    base = described_column(address.column)
    if base is not None and not address.column.endswith("note"):
        cells = _row_cells(origins, address, base)
        return {
            key: "described"
            for name in cells
            for key, how in origins.resting.get(name, {}).items()
            if how == "computed"
        }
    how = dict(origins.resting.get(str(address), {}))
    how |= {key: "solved" for key in origins.solved(str(address)) if key not in how}
    return how | {key: "selected" for key in _selected(review, origins, address) if key not in how}


def _row_cells(origins: Origins, address: Address, base: str) -> list[str]:
    """Addresses of the row's cells that a describing column speaks of."""
    return [
        name
        for name, cell in origins.cells.items()
        if (cell.file, cell.row) == (address.file, address.row) and base in ("", cell.column)
    ]


def _selected(review: Review, origins: Origins, address: Address) -> list[str]:
    """Values of the analyses that a row enters by what the cell says: study, outcome or time."""
    if address.column not in ("id", "study", "outcome", "timepoint_months"):
        return []
    analyses = [
        a.id
        for a in review.analyses
        if any((row.file, row.id) == (address.file, address.row) for row in a.rows)
    ]
    return [key for key in origins if origins.group_of(key) in analyses]


def _reach(manuscript: Manuscript, how: Mapping[str, str], reason: str) -> Reach:
    origins = manuscript.origins
    places = dict.fromkeys(place for key in how for place in origins[key].places)
    figures = [place for place in places if place.startswith("figures/")]
    return Reach(
        values=how,
        figures=tuple(place.removeprefix("figures/").removesuffix(".svg") for place in figures),
        tables=tuple(place for place in places if place.startswith("table-")),
        sentences=tuple(s for s in sentences(manuscript.tree) if any(key in how for key in s.keys)),
        wording=tuple(dict.fromkeys(line for key in how for line in origins[key].consulted)),
        reason=reason,
    )


def _reason(review: Review, address: Address) -> str:
    """Why no value rests on a cell."""
    if address.column.rpartition("_")[2] == "note":
        return "A note is for those who keep the data; nothing reads it."
    if address.file.endswith(".csv"):
        name = address.file.removeprefix("data/").removesuffix(".csv")
        if address.column not in review.fields.get(name, {}):
            return "No value is read from this column."
        return "The cell is read and checked, but nothing that is printed is made from it."
    return "This setting says what is built or how it is laid out; no value is made from it."


def name_places(manuscript: Manuscript, reach: Reach) -> dict[str, str]:
    """Names for the figures and tables of a reach, by their ids."""
    names = place_names(manuscript.tree)
    ids = [*(f"fig-{name}" for name in reach.figures), *reach.tables]
    return {name: names.get(name, name) for name in ids}
