"""Where a passage of the revised manuscript stands: page and lines in the PDF, section or cell in Word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from lxml.etree import _Element

from sscreport.document import place_names
from sscreport.read.lines import Line, find_passage
from sscreport.redline.atoms import shown

_PARAGRAPHS = ("p", "li")
_CAPTION = 60  # signs of a caption that are looked for


@dataclass(frozen=True)
class Place:
    """``page``, ``first`` and ``last`` line are those of the PDF, 0 where there is none.

    Figures and the cells of tables have no numbered lines; their page is that of the caption.
    """

    page: int
    first: int
    last: int
    word: str

    @property
    def told(self) -> str:
        lines = f"line {self.first}" if self.first == self.last else f"lines {self.first} to {self.last}"
        page = f"page {self.page}" if self.page else ""
        pdf = f"{page}, {lines}" if self.first else page
        return "; ".join(filter(None, (pdf, f"in Word: {self.word}")))


class Places:
    """The places of one manuscript, in its document tree and in its numbered PDF."""

    def __init__(self, tree: _Element, lines: Sequence[Line]):
        self._tree, self._lines = tree, lines
        self.names = place_names(tree)
        inside = tree.xpath(
            "section[@id='supplement']/descendant-or-self::*[self::section or self::figure]/@id"
        )
        self.supplement = frozenset(self.names.get(name, name) for name in inside)
        self._blocks = [
            (element, plain(shown(element)))
            for element in tree.iter("p", "li", "h2", "h3", "h4", "figcaption", "td", "th", "dd", "dt")
        ]

    def holding(self, text: str, place: str = "") -> list[_Element]:
        """The blocks in which a passage stands, those of the section, figure or table ``place`` alone."""
        wanted = plain(text)
        found = (element for element, own in self._blocks if wanted in own and not _holds_block(element))
        return [element for element in found if not place or self._place_of(element) == place]

    def _place_of(self, element: _Element) -> str:
        above = (step.get("id") for step in element.iterancestors("section", "figure") if step.get("id"))
        name = next(above, "header")
        return self.names.get(name, name)

    def of(self, text: str, element: _Element) -> Place:
        """The place of a passage that stands in a block."""
        word = self._in_word(element)
        if element.tag in ("td", "th"):
            return self._of_caption(next(element.iterancestors("figure")), word)
        found = find_passage(self._lines, text, after=self._headings(element))
        return Place(found.page, found.first, found.last, word) if found else Place(0, 0, 0, word)

    def of_float(self, name: str) -> Place:
        """The place of a figure or table, by its id: its caption's first lines."""
        (figure,) = self._tree.iterfind(f".//figure[@id='{name}']")
        return self._of_caption(figure, self.names[name])

    def _of_caption(self, figure: _Element, word: str) -> Place:
        caption = shown(figure.find("figcaption"))
        found = find_passage(self._lines, caption[:_CAPTION].rsplit(" ", 1)[0])
        return Place(found.page if found else 0, 0, 0, word)

    def _in_word(self, element: _Element) -> str:
        figure = next(element.iterancestors("figure"), None)
        if figure is not None:
            return self._in_float(element, figure)
        section = next((step for step in element.iterancestors("section") if step.get("id")), None)
        if section is None:
            return "title page"
        name = f"section “{self.names.get(section.get('id'), section.get('id'))}”"
        own = [step for step in section if step.tag == element.tag]
        number = own.index(element) + 1 if element in own else 0
        kind = "paragraph" if element.tag == "p" else "item"
        return f"{name}, {kind} {number}" if number and element.tag in _PARAGRAPHS else name

    def _in_float(self, element: _Element, figure: _Element) -> str:
        name = self.names[figure.get("id")]
        if element.tag == "figcaption":
            return f"caption of {name}"
        row = next(element.iterancestors("tr"), None)
        if row is None:
            return f"notes of {name}"
        return f"{name}, row “{shown(row[0])}”"

    def _headings(self, element: _Element) -> tuple[str, ...]:
        """Every heading before a block, so that of two places that read alike the right one is found."""
        before = takewhile(lambda step: step is not element, self._tree.iter("h2", "h3", "h4", element.tag))
        return tuple(shown(step) for step in before if step.tag in ("h2", "h3", "h4"))


def plain(text: str) -> str:
    """A text with plain spaces."""
    return " ".join(text.split())


def _holds_block(element: _Element) -> bool:
    """A list's item that holds paragraphs is none itself."""
    return element.find("p") is not None
