"""Register: where every value of the manuscript comes from and where it is printed.

Registered are the values that are printed, those that a template asked about, and all that these
rest on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from lxml import etree

from sscreport.document import Composition
from sscreport.folder import SCENARIOS, SETTINGS, TEMPLATES
from sscreport.origins import Origin, Origins, Use
from sscreport.records import Figure, FigureData, Review
from sscreport.values import Book, Cell, Value
from sscreport.wording import printed

# Beyond twelve digits, computed numbers depend on the processor.
SIGNIFICANT = 12


def register(review: Review, composition: Composition, figures: Mapping[str, Figure]) -> Origins:
    """The origin of every value that the composed manuscript or its figures print or ask about."""
    book, consulted = review.book, composition.consulted
    uses = _uses(composition.tree, figures)
    by_key: dict[str, Origin] = {}
    cells: dict[str, Cell] = {}
    listed = _listed(book, [*uses, *consulted])
    main = _listed(book, _main(review, composition, uses))
    for value in book:
        if value.key in listed:
            by_key[value.key] = _origin(
                value,
                tuple(uses.get(value.key, ())),
                tuple(consulted.get(value.key, ())),
                value.key not in main,
            )
            cells |= value.cells()
    for cell in tuple(cells.values()):
        cells |= {source.address: source for source in cell.solved_from}
    return Origins(by_key, cells, _groups(review))


def marked_texts(svg: str) -> Iterator[tuple[str, str]]:
    """Key and text of everything in an SVG that carries a key."""
    for element in etree.fromstring(svg.encode()).iterfind(".//*[@data-value]"):
        text = "".join(element.itertext()).strip()
        if text:
            yield element.get("data-value"), text


def _uses(article: etree._Element, figures: Mapping[str, Figure]) -> dict[str, list[Use]]:
    """By key, in reading order, the text first and then the figures."""
    found: dict[str, list[Use]] = {}
    for element in article.iterfind(".//*[@data-value]"):
        use = Use(element.get("id"), "".join(element.itertext()), _place(element))
        found.setdefault(element.get("data-value"), []).append(use)
    for name, figure in figures.items():
        for key, text in marked_texts(figure.svg):
            found.setdefault(key, []).append(Use("", text, f"figures/{name}.svg"))
    for name, figure in figures.items():  # what is drawn without its number, and told in the data alone
        for value in _told(figure.data):
            found.setdefault(value.key, [Use("", printed(value), f"figures/{name}.svg")])
    return found


def _told(data: FigureData | None) -> Iterator[Value]:
    """The values in the table of a figure."""
    for row in (*data.table.head, *data.table.body) if data else ():
        for cell in row:
            yield from (part for part in cell.parts if isinstance(part, Value))


def _place(element: etree._Element) -> str:
    above = element.getparent()
    while above is not None:
        if above.get("id") and above.tag in ("section", "figure"):
            return above.get("id")
        above = above.getparent()
    return "header"


def _main(review: Review, composition: Composition, uses: Mapping[str, list[Use]]) -> list[str]:
    """The keys that the text before the supplement prints or asks about."""
    supplement = composition.tree.find("section[@id='supplement']")
    parts = [] if supplement is None else list(supplement.iter("section", "figure", "img"))
    away = {part.get("id") for part in parts} | {f"figures/{part.get('data-figure')}.svg" for part in parts}
    files = {f"{TEMPLATES}/{name}.html" for name in review.settings["manuscript"].get("supplement", ())}
    printed = [key for key, found in uses.items() if any(use.place not in away for use in found)]
    asked = [
        key
        for key, lines in composition.consulted.items()
        if any(line.rpartition(":")[0] not in files for line in lines)
    ]
    return [*printed, *asked]


def _listed(book: Book, roots: list[str]) -> set[str]:
    listed: set[str] = set()
    queue = [book[key] for key in roots]
    while queue:
        value = queue.pop()
        if value.key not in listed:
            listed.add(value.key)
            above = [item for item in (*value.inputs, *value.decided_by) if isinstance(item, Value)]
            queue.extend(above)
    return listed


def _origin(value: Value, uses: tuple[Use, ...], consulted: tuple[str, ...], supplementary: bool) -> Origin:
    cells = value.cells(decisions=False)
    return Origin(
        key=value.key,
        what=value.label,
        number=_plain(value.content),
        unit=value.unit,
        rule=value.rule.name,
        reference=value.rule.reference,
        provenance=value.provenance,
        inputs=_keys(value.inputs),
        decided_by=_keys(value.decided_by),
        cells=tuple(sorted(cells)),
        deciding_cells=tuple(sorted(value.cells().keys() - cells.keys())),
        uses=uses,
        consulted=consulted,
        supplementary=supplementary,
    )


def _keys(items: tuple[Value | Cell, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.key for item in items if isinstance(item, Value)))


def _plain(content: Any) -> Any:
    if isinstance(content, float):
        return float(f"{content:.{SIGNIFICANT}g}")
    return content.isoformat() if isinstance(content, date) else content


def _groups(review: Review) -> dict[str, str]:
    """What keys are about, by their beginning: the analyses, counts, data tables and settings."""
    counts = {
        "included": "Counts of the included studies",
        "pooled": "Counts of the pooled studies",
        "flow": "Counts of the search and selection",
        "quality": "Counts of study quality",
        "safety": "Counts of adverse events",
        "grade": "Certainty of the evidence",
        "regrade": "Certainty of the evidence, rated anew",
        "scenario": "Scenarios: other choices for the analyses",
        "ledger": "Published claims and what became of them",
        "audit": "Audit of the article",
    }
    analyses = {analysis.id: analysis.title for analysis in review.analyses}
    tables = {name: f"data/{name}.csv" for name in review.tables if name not in counts}
    return {**analyses, **counts, **tables, "review": SETTINGS, "scenarios": SCENARIOS}
