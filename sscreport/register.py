"""The register of values: what ``output/values.json`` says of every number in the manuscript.

Listed are the values that are printed and all that they rest on. The file is sorted
and has one short block a value, so that a change of data reads as a change of a few lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from lxml import etree

from sscreport.records import Figure
from sscreport.values import Book, Cell, Value

# Beyond twelve digits, computed numbers depend on the processor.
SIGNIFICANT = 12


def register(book: Book, article: etree._Element, figures: Mapping[str, Figure]) -> str:
    """The register as JSON text. ``article`` is the composed tree."""
    uses = _uses(article, figures)
    values = {key: _describe(book[key], uses.get(key, {})) for key in sorted(_listed(book, uses))}
    cells: dict[str, Cell] = {}
    for key in values:
        cells |= book[key].cells()
    lines = ["{", '"cells": {', _block(cells, _describe_cell), "},", '"values": {']
    lines += [",\n".join(_value_block(key, fields) for key, fields in values.items()), "}", "}"]
    return "\n".join(lines) + "\n"


def _uses(article: etree._Element, figures: Mapping[str, Figure]) -> dict[str, dict[str, list[str]]]:
    """By key: the texts it is printed as, and the sections, tables and figures it is printed in."""
    found: dict[str, dict[str, list[str]]] = {}

    def enter(key: str, text: str, place: str) -> None:
        use = found.setdefault(key, {"texts": [], "used": []})
        for name, item in (("texts", text), ("used", place)):
            if item not in use[name]:
                use[name].append(item)

    for element in article.iterfind(".//*[@data-value]"):
        enter(element.get("data-value"), "".join(element.itertext()), _place(element))
    for name, figure in figures.items():
        for key, text in marked_texts(figure.svg):
            enter(key, text, f"figures/{name}.svg")
    return found


def marked_texts(svg: str) -> Iterator[tuple[str, str]]:
    """Key and text of everything in an SVG that carries a key."""
    for element in etree.fromstring(svg.encode()).iterfind(".//*[@data-value]"):
        text = "".join(element.itertext()).strip()
        if text:
            yield element.get("data-value"), text


def _place(element: etree._Element) -> str:
    above = element.getparent()
    while above is not None:
        if above.get("id") and above.tag in ("section", "figure"):
            return above.get("id")
        above = above.getparent()
    return "header"


def _listed(book: Book, uses: Mapping[str, Any]) -> set[str]:
    listed: set[str] = set()
    queue = [book[key] for key in uses]
    while queue:
        value = queue.pop()
        if value.key not in listed:
            listed.add(value.key)
            above = [item for item in (*value.inputs, *value.decided_by) if isinstance(item, Value)]
            queue.extend(above)
    return listed


def _describe(value: Value, use: Mapping[str, list[str]]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "what": value.label,
        "texts": use.get("texts", []),
        "number": _plain(value.content),
    }
    if value.unit:
        fields["unit"] = value.unit
    fields["rule"] = value.rule.name
    if value.rule.reference:
        fields["reference"] = value.rule.reference
    fields["provenance"] = value.provenance
    if parents := _keys(value.inputs):
        fields["from"] = parents
    if deciders := _keys(value.decided_by):
        fields["decided by"] = deciders
    fields["cells"] = sorted(value.cells(decisions=False))
    fields["used"] = use.get("used", [])
    return fields


def _keys(items: tuple[Value | Cell, ...]) -> list[str]:
    return list(dict.fromkeys(item.key for item in items if isinstance(item, Value)))


def _plain(content: Any) -> Any:
    if isinstance(content, float):
        return float(f"{content:.{SIGNIFICANT}g}")
    return content.isoformat() if isinstance(content, date) else content


def _describe_cell(cell: Cell) -> dict[str, str]:
    return {"raw": cell.raw, "provenance": cell.provenance, "source": cell.source, "locator": cell.locator}


def _block(items: Mapping[str, Cell], describe: Any) -> str:
    return ",\n".join(f"{_json(name)}: {_json(describe(items[name]))}" for name in sorted(items))


def _value_block(key: str, fields: Mapping[str, Any]) -> str:
    inner = ",\n".join(f"  {_json(name)}: {_json(content)}" for name, content in fields.items())
    return f"{_json(key)}: {{\n{inner}\n}}"


def _json(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False, allow_nan=False)
