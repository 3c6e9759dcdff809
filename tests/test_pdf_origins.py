"""Every number of the shipped PDF leads to its origin and back; what it was built from is attached."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
from lxml import html
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from sscreport.enclosure import code_digest
from sscreport.register import marked_texts
from tests.conftest import Built
from tests.read_html import texts_by_id
from tests.read_pdf import Character

pytestmark = pytest.mark.needs("pango")

MIDDLE, WIDTH = 297.6, 240.0  # points: the middle of the page, the width of a column
ENTRY, USE = "v-", re.compile(r"n-(.+)-\d+$")
Place = tuple[int, bool, float, float]  # page, right column, from the top, from the left


@dataclass(frozen=True)
class Link:
    """A link annotation: where it leads, where it lies, and the characters on which it lies.

    Those are read before the appendix only.
    """

    target: str
    place: Place
    text: str
    in_figure: bool
    annotation: DictionaryObject


@dataclass(frozen=True)
class Printed:
    """The PDF as a reader with a mouse meets it."""

    reader: PdfReader
    characters: list[list[Character]]  # page by page
    links: list[Link]
    destinations: Mapping[str, Place]

    @property
    def of_text(self) -> Iterator[Link]:
        """The links before the appendix."""
        return (link for link in self.links if link.place < self.destinations["origins"])

    @property
    def of_appendix(self) -> Iterator[Link]:
        return (link for link in self.links if link.place > self.destinations["origins"])


@pytest.fixture(scope="module")
def printed(brief: Built) -> Printed:
    """The shipped PDF with its links and destinations."""
    reader = PdfReader(brief.output / "manuscript.pdf")
    with pdfplumber.open(brief.output / "manuscript.pdf") as pdf:
        characters = [characters_of(page) for page in pdf.pages]
    destinations = {}
    for name, destination in reader.named_destinations.items():
        number = reader.get_destination_page_number(destination)
        left, top = float(destination.left), float(destination.top)
        destinations[name] = place(reader.pages[number], number, left, top)
    last = destinations["origins"][0]
    links = [
        link
        for number, page in enumerate(reader.pages)
        for link in links_on(number, characters[number] if number <= last else [], page)
    ]
    return Printed(reader, characters, links, destinations)


def characters_of(page: Any) -> list[Character]:
    """The characters of a page, no more of each than is asked here; what was parsed is given back."""
    fields = ("text", "tag", "x0", "x1", "top", "bottom", "non_stroking_color")
    found = [{name: character[name] for name in fields} for character in page.chars]
    page.close()
    return found


@pytest.fixture(scope="module")
def values(brief: Built) -> dict[str, Any]:
    return json.loads((brief.output / "values.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def in_text(brief: Built) -> dict[str, str]:
    """The texts of the values in the manuscript's text by id, as the HTML prints them."""
    return texts_by_id(brief.output / "manuscript.html")


@pytest.fixture(scope="module")
def in_figures(brief: Built) -> dict[str, list[tuple[str, str]]]:
    """Key and text of the values that each figure prints, as the SVG files mark them."""
    return {path.stem: list(marked_texts(path.read_text("utf-8"))) for path in brief.figures.glob("*.svg")}


def place(page: Any, number: int, left: float, top: float) -> Place:
    return number, left > float(page.mediabox.width) / 2, round(float(page.mediabox.height) - top), left


def links_on(number: int, characters: list[Character], page: Any) -> Iterator[Link]:
    height = float(page.mediabox.height)
    for reference in page.get("/Annots", ()):
        annotation = reference.get_object()
        if "/Dest" not in annotation:
            continue
        x0, y0, x1, y1 = (float(corner) for corner in annotation["/Rect"])
        left, right, low, high = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
        under = [
            character
            for character in characters
            if left < (character["x0"] + character["x1"]) / 2 < right
            and low < height - (character["top"] + character["bottom"]) / 2 < high
        ]
        text = "".join(character["text"] for character in under)
        in_figure = any(character["tag"] == "Figure" for character in under)
        yield Link(str(annotation["/Dest"]), place(page, number, left, high), text, in_figure, annotation)


def bare(text: str) -> str:
    """Without spaces and the marks of broken words, which line ends change."""
    return "".join(text.replace("\N{SOFT HYPHEN}", "").split())


def test_every_value_in_the_text_is_a_link_to_its_entry(printed: Printed, in_text: dict[str, str]) -> None:
    """On each place where a value is printed lies a link to its entry, over the whole of its text."""
    found: dict[str, str] = {}
    by_place = {place: name for name, place in printed.destinations.items() if USE.match(name)}
    current = ""
    for link in printed.of_text:
        if not link.in_figure and link.target.startswith(ENTRY):
            current = by_place.get(link.place, current)  # a value that a line end breaks has two links
            assert link.target == ENTRY + USE.match(current)[1]
            found[current] = found.get(current, "") + link.text
    assert {name: bare(text) for name, text in found.items()} == {n: bare(t) for n, t in in_text.items()}
    assert len(found) > 700


def test_every_value_in_a_figure_is_a_link_to_its_entry(
    printed: Printed, in_figures: dict[str, list[tuple[str, str]]]
) -> None:
    """On each number that a figure prints lies a link to its entry, and on nothing else of it."""
    found = Counter((link.target, bare(link.text)) for link in printed.of_text if link.in_figure)
    expected = Counter((ENTRY + key, bare(text)) for marks in in_figures.values() for key, text in marks)
    assert found == expected
    assert found.total() > 400


def test_a_link_leads_to_the_entry_that_names_the_value(printed: Printed, values: dict[str, Any]) -> None:
    """At the end of each link stands the name of the value, in the appendix."""
    appendix = printed.destinations["origins"]
    for target in {link.target for link in printed.links if link.target.startswith(ENTRY)}:
        page, in_right, top, left = printed.destinations[target]
        assert printed.destinations[target] > appendix
        end = left + WIDTH if in_right else MIDDLE
        line = [c for c in printed.characters[page] if left - 1 < c["x0"] < end and -1 < c["top"] - top < 4]
        name = bare(values[target.removeprefix(ENTRY)]["what"].split(", ")[0])
        start = bare("".join(c["text"] for c in line))[: len(name)]
        assert start and name.startswith(start), target


def test_every_entry_links_back_to_every_use(
    printed: Printed, in_text: dict[str, str], in_figures: dict[str, list[tuple[str, str]]]
) -> None:
    """A value's entry links to each place in the text, captions included, and to each figure."""
    expected = {(USE.match(name)[1], name) for name in in_text}
    for figure, marks in in_figures.items():
        expected |= {(key, f"fig-{figure}") for key, _ in marks}
    entries = sorted((place, n) for n, place in printed.destinations.items() if n.startswith(ENTRY))
    places = [place for place, _ in entries]
    found = {
        (entries[bisect_right(places, link.place) - 1][1].removeprefix(ENTRY), link.target)
        for link in printed.of_appendix
        if not link.target.startswith(ENTRY)
    }
    assert found == expected


def test_constants_have_places_too(brief: Built, printed: Printed) -> None:
    """Every digit that belongs to a name, and every tick of a figure, can be found in the file."""
    page = html.parse(brief.output / "manuscript.html")
    constants = {name for name in page.xpath("//@id") if re.fullmatch(r"c-\d+", name)}
    assert len(constants) > 10
    assert constants <= printed.destinations.keys()
    assert {"c-ffunnel-1", "c-frcs-1"} <= printed.destinations.keys()


def test_links_look_like_the_text_around_them(brief: Built, printed: Printed) -> None:
    """A number is neither coloured nor underlined because it can be clicked."""
    first = next(link for link in printed.of_text if link.target == "v-included.studies")
    with pdfplumber.open(brief.output / "manuscript.pdf") as pdf:
        page = pdf.pages[first.place[0]]
        line = [c for c in page.chars if 0 <= c["top"] - first.place[2] < 5]
        assert len({character["non_stroking_color"] for character in line}) == 1
        assert not [rule for rule in (*page.lines, *page.rects) if 10 < rule["top"] - first.place[2] < 18]


def test_a_listener_hears_where_a_link_leads(printed: Printed, values: dict[str, Any]) -> None:
    """Links to entries and back say what the value is, not an identifier, and are tagged as links."""
    for link in printed.links:
        told = link.annotation["/Contents"]
        if link.target.startswith(ENTRY):
            assert told == f"Where this comes from: {values[link.target.removeprefix(ENTRY)]['what']}"
        assert told != link.target
    numbers = printed.reader.root_object["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    elements = dict(zip(numbers[::2], numbers[1::2], strict=True))
    for link in printed.links:
        element = elements[link.annotation["/StructParent"]].get_object()
        assert element["/S"] == "/Link"
        kids = [kid.get_object() for kid in element["/K"]]
        assert any(isinstance(kid, DictionaryObject) and kid["/Obj"] == link.annotation for kid in kids)


def test_what_the_document_was_built_from_comes_back(brief: Built, printed: Printed) -> None:
    """Data, templates and values are attached byte for byte, under their paths in the review's folder."""
    attached = {name: contents for name, [contents] in printed.reader.attachments.items()}
    code = json.loads(attached.pop("code.json"))
    assert code["sha256"] == code_digest()
    assert attached.pop("values.json") == (brief.output / "values.json").read_bytes()
    kept = [path for path in brief.review.rglob("*.*") if path.suffix != ".md"]
    assert attached == {path.relative_to(brief.review).as_posix(): path.read_bytes() for path in kept}


def test_attachments_say_what_they_are(printed: Printed) -> None:
    """The catalogue lists every attachment with its relationship to the document, described in words."""
    entries = [entry.get_object() for entry in printed.reader.root_object["/AF"]]
    listed = {entry["/UF"]: entry for entry in entries}
    assert set(listed) == set(printed.reader.attachments)
    relationships = {name: item["/AFRelationship"] for name, item in listed.items()}
    assert relationships.pop("values.json") == "/Data"
    assert relationships.pop("code.json") == "/Supplement"
    assert set(relationships.values()) == {"/Source"}
    for name, item in listed.items():
        assert len(item["/Desc"].split()) > 4
        media = item["/EF"]["/F"]["/Subtype"]
        known = {
            ".csv": "/text/csv", ".html": "/text/html", ".toml": "/application/toml", ".txt": "/text/plain",
        }  # fmt: skip
        assert media == known.get(Path(name).suffix, "/application/json")
