"""The cards of the web page: for each value, an element that opens and says where it comes from.

A card is called ``v-KEY``. Cards open without a script: whatever names one in ``popovertarget``
opens it, and cards that are opened from a card stack upon it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from textwrap import shorten

from lxml.builder import E
from lxml.etree import _Element

from sscreport.document import Manuscript, place_names, places_of
from sscreport.origins import Origin, Origins, claims_behind
from sscreport.wording import DAGGER, NOT_REPORTED, unrounded

# Longer lists are folded.
FEW = 6
FEW_CELLS = 24
# A link to another card quotes so many characters of what that value says.
QUOTED = 48


def opener(key: str, *content: str | _Element, **attributes: str) -> _Element:
    """A button that opens the card of ``key``."""
    return E.button(*content, popovertarget=f"v-{key}", **attributes)


def cards(manuscript: Manuscript) -> _Element:
    """One card for every origin of the manuscript, in their order."""
    origins, places = manuscript.origins, place_names(manuscript.tree)
    return E.div({"class": "cards"}, *(_card(origin, origins, places) for origin in origins.values()))


def _card(origin: Origin, origins: Origins, places: Mapping[str, str]) -> _Element:
    name = f"v-{origin.key}"
    hide = {"popovertarget": name, "popovertargetaction": "hide"}
    return E.div(
        {"class": "card", "id": name, "popover": "auto", "role": "dialog", "aria-label": origin.what},
        E.button({"class": "close", "aria-label": "Close", **hide}, "×"),
        E.h2(origin.what),
        E.p({"class": "shown"}, _shown(origin) + (DAGGER if origin.reconstructed else "")),
        E.dl(*chain.from_iterable(_made(origin))),
        *_cells(origin, origins),
        E.dl(*chain.from_iterable(_relations(origin, origins, places))),
        E.p({"class": "key"}, origin.key),
    )


def _shown(origin: Origin) -> str:
    return origin.shown or _content(origin)


def _content(origin: Origin) -> str:
    """The unrounded number with its unit, or the word."""
    number = unrounded(origin.number)
    if not number:
        return NOT_REPORTED if origin.number is None else str(origin.number)
    space = "" if origin.unit == "%" else " "
    return f"{number}{space}{origin.unit}".strip()


def _made(origin: Origin) -> Iterator[tuple[_Element, _Element]]:
    """How the number came about, as terms and descriptions."""
    rule = E.dd(origin.rule)
    if origin.reference:
        rule.append(E.span({"class": "source"}, origin.reference))
    if unrounded(origin.number):
        yield E.dt("Unrounded"), E.dd(_content(origin))
    yield E.dt("Rule"), rule
    yield E.dt("Data"), E.dd(origin.provenance)


def _relations(
    origin: Origin, origins: Origins, places: Mapping[str, str]
) -> Iterator[tuple[_Element, _Element]]:
    """The values it comes from and goes into, and where it stands."""
    fed = origins.feeds.get(origin.key, ())
    near = [key for key in fed if origin.supplementary or not origins[key].supplementary]
    for term, keys in (
        ("Computed from", origin.inputs),
        ("Formula chosen by", origin.decided_by),
        ("Goes into", near),
    ):
        if keys:
            yield E.dt(term), E.dd(_folded([_link(key, origin, origins) for key in keys], "values"))
    if len(fed) > len(near):
        yield E.dt("Goes into, in the supplement"), E.dd(f"{len(fed) - len(near)} values")
    links = [E.a({"href": f"#{target}"}, name) for target, name in places_of(origin, places)]
    yield E.dt("Printed in"), E.dd({"class": "places"}, _folded(links, "places") if links else "no place")
    if origin.consulted:
        yield E.dt("Decides words in"), E.dd(_lines(origin.consulted))


def _folded(items: Sequence[_Element], plural: str) -> _Element:
    """A list; behind its length where it is long."""
    listed = E.ul(*(E.li(item) for item in items))
    return listed if len(items) <= FEW else E.details(E.summary(f"{len(items)} {plural}"), listed)


def _link(key: str, owner: Origin, origins: Origins) -> _Element:
    """A link to another card: its name, without what the owner's card says already, and its value."""
    target = origins[key]
    first, *others = target.what.split(", ")
    said = owner.what.split(", ")
    name = ", ".join([first, *(part for part in others if part not in said)])
    text = target.texts[0] if target.texts else _content(target)
    return opener(key, f"{name}: {shorten(text, QUOTED, placeholder=' …')}")


def _lines(consulted: Sequence[str]) -> str:
    """ "templates/results.html 12, 15; templates/discussion.html 7"."""
    lines: dict[str, list[str]] = {}
    for place in consulted:
        file, _, line = place.rpartition(":")
        lines.setdefault(file, []).append(line)
    return "; ".join(
        f"{file}, line{'s' * (len(found) > 1)} {', '.join(found)}" for file, found in lines.items()
    )


def _cells(origin: Origin, origins: Origins) -> Iterator[_Element]:
    """The fields that entered the arithmetic, and folded those that only chose it."""
    if cells := origins.told(origin):
        table = _table(cells, origins, "Data it rests on")
        few = len(cells) <= FEW_CELLS
        yield table if few else E.details(E.summary(f"Data it rests on: {len(cells)} fields"), table)
    if origin.deciding_cells and not origin.supplementary:
        table = _table(origin.deciding_cells, origins, "Data that only chose the formula")
        number = len(origin.deciding_cells)
        yield E.details(
            E.summary(f"Data that only chose the formula: {number} field{'s' * (number > 1)}"), table
        )


def _table(addresses: Sequence[str], origins: Origins, title: str) -> _Element:
    """The cells with their raw text, under a heading for each file and source."""
    groups: dict[tuple[str, str], list[_Element]] = {}
    for address in addresses:
        cell = origins.cells[address]
        source = ", ".join(filter(None, (cell.provenance, cell.source, cell.locator)))
        if cell.solved_from:
            claims = claims_behind(cell)
            source += f"; solved from {'; '.join(claims.values() if len(addresses) == 1 else claims)}"
        row = E.tr(E.td(cell.row), E.td(cell.column), E.td(cell.raw))
        groups.setdefault((cell.file, source), []).append(row)
    heading = E.tr(*(E.th({"scope": "col"}, name) for name in ("Row", "Column", "As typed")))
    table = E.table({"aria-label": title}, E.thead(heading))
    for (file, source), rows in groups.items():
        head = E.th({"colspan": "3", "scope": "rowgroup"}, file, E.span({"class": "source"}, source))
        table.append(E.tbody(E.tr(head), *rows))
    return table
