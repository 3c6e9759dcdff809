"""Number what the reader sees numbered, in the order of the finished document.

Figures and tables by their place, those of the supplement on their own ("Fig. S1"); citations by
first mention; every use of a value by its turn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from sscreport.references import bibliography, citation

LABELS = {"figure": "Fig.", "table": "Table"}
SUPPLEMENT = "supplement"  # the id of its section
NO_BREAK = "\N{NO-BREAK SPACE}"


def number_floats(article: etree._Element) -> dict[str, str]:
    """Label every figure and table; returns the labels by element id."""
    labels: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for element in article.iter("figure"):
        kind = element.get("class", "figure").split()[0]
        supplementary = any(above.get("id") == SUPPLEMENT for above in element.iterancestors("section"))
        start = f"{LABELS[kind]}{NO_BREAK}{'S' if supplementary else ''}"
        counts[start] += 1
        label = labels[element.get("id")] = f"{start}{counts[start]}"
        caption = element.find("figcaption")
        name = element.get("id")
        mark = etree.Element("span", {"class": "label", "data-ref": name, "id": f"l-{name}"})
        mark.text = label
        mark.tail = " " + (caption.text or "").lstrip()
        caption.text = None
        caption.insert(0, mark)
    return labels


def fill_references(article: etree._Element, labels: Mapping[str, str]) -> None:
    """Give every cross-reference the label of the figure or table it names.

    One that no template places has none; `compose` has refused or noted that.
    """
    for element in article.iter("a"):
        if element.get("data-ref") is not None:
            element.text = labels.get(element.get("data-ref"), "")


def fill_citations(article: etree._Element, references: Mapping[str, Any]) -> etree._Element | None:
    """Number citations by first mention; returns the section of references, None if nothing is cited."""
    places = [element for element in article.iter("span") if element.get("class") == "citation"]
    order = list(dict.fromkeys(key for place in places for key in place.get("data-cites").split()))
    numbers = {key: position for position, key in enumerate(order, start=1)}
    for place in places:
        filled = citation(numbers, place.get("data-cites").split())
        filled.tail = place.tail
        place.getparent().replace(place, filled)
    if not order:
        return None
    return _reference_section(bibliography(references, order), order)


def _reference_section(entries: Mapping[str, etree._Element], order: Sequence[str]) -> etree._Element:
    section = etree.Element("section", id="references")
    etree.SubElement(section, "h2").text = "References"
    listing = etree.SubElement(section, "ol", {"class": "references"})
    listing.extend(entries[key] for key in order)
    return section


def number_uses(article: etree._Element) -> None:
    """Give each use of a value its own id: n-KEY-1, n-KEY-2, … in reading order."""
    uses: Counter[str] = Counter()
    for element in article.iter():
        key = element.get("data-value") if isinstance(element.tag, str) else None
        if key is not None:
            uses[key] += 1
            element.set("id", f"n-{key}-{uses[key]}")


def number_constants(article: etree._Element) -> None:
    """Give each constant its own id: c-1, c-2, … in reading order."""
    for number, element in enumerate(article.iterfind(".//*[@data-constant]"), start=1):
        element.set("id", f"c-{number}")
