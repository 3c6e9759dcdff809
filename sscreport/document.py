"""The manuscript: one document tree with its figures, as the three writers receive it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml.etree import _Element

from sscreport.enclosure import Enclosure
from sscreport.origins import Origin, Origins
from sscreport.records import Figure


@dataclass(frozen=True)
class Composition:
    """The composed tree, and by key the template lines whose wording depends on a value.

    A line is written "templates/results.html:12". ``figure_data`` are by figure id the folded
    tables of what the figures show, which the web page alone sets below them.
    """

    tree: _Element
    consulted: Mapping[str, tuple[str, ...]]
    figure_data: Mapping[str, _Element]


def place_names(tree: _Element) -> dict[str, str]:
    """By id, what a reader calls a section (its heading), figure or table (its label)."""
    names = {"header": "title page"}
    for element in tree.iter("section", "figure"):
        titles = element.xpath("h2 | h3 | h4 | figcaption/span[@class='label']")
        if element.get("id") and titles:
            names[element.get("id")] = " ".join("".join(titles[0].itertext()).split())
    return names


def places_of(origin: Origin, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Target and name of every place where a value is printed; a figure counts once.

    ``names`` are those of `place_names`.
    """
    seen: Counter[str] = Counter()
    for use in origin.uses:
        figure = "fig-" + use.place.removeprefix("figures/").removesuffix(".svg")
        name = names[use.place if use.id else figure]
        if use.id and use.place.startswith("fig-"):
            name = f"caption of {name}"
        seen[name] += 1
        if use.id or seen[name] == 1:
            yield use.id or figure, name + (f" ({seen[name]})" if seen[name] > 1 else "")


@dataclass(frozen=True)
class Manuscript:
    """``tree`` is an ``<article>`` of strict XHTML-like elements without namespace.

    ``figures``, ``figure_data`` (see `Composition`) and ``pngs`` (300 dpi) are keyed by figure id.
    ``origins`` say where every value comes from; ``enclosure`` is what travels inside the files.
    ``about`` is what review.toml says of the review, with the date of this edition.
    """

    tree: _Element
    title: str
    subject: str
    authors: tuple[str, ...]
    keywords: tuple[str, ...]
    language: str
    figures: Mapping[str, Figure]
    pngs: Mapping[str, bytes]
    origins: Origins
    enclosure: Enclosure
    about: Mapping[str, Any]
    figure_data: Mapping[str, _Element] = field(default_factory=dict)
