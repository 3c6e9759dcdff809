"""Reads a finished PDF back: named destinations with pypdf, characters with pdfplumber.

A destination says where a value starts and its marked content (every piece of text of a tagged
PDF has a number) where it ends, so the text is read without being told what to expect.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pdfplumber
from pypdf import PdfReader
from pypdf.generic import Destination

Character = Mapping[str, Any]

USE = re.compile(r"n-(?P<key>.+)-(?P<number>\d+)$")  # n-KEY-3 for a key's third use in the text
FIGURE = re.compile(r"n-(?P<key>.+?)-f[a-z].*$")  # n-KEY-fFIGURE at a figure
NEAR = 1.0  # points: how far a character's edge may lie from the destination
MARGIN = 50.0  # points: where the head and the foot of a page stand
LINE = 16.0  # points: how far below a destination the top of its characters may lie


def read_values(path: Path, expected: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """The texts of every key, in order of its uses; "" where it stands in a figure.

    ``expected`` maps ids to texts. It is needed only for values that a line end breaks: it says
    how many characters to read on the following lines.
    """
    reader = PdfReader(path)
    by_page: dict[int, list[tuple[str, Destination]]] = defaultdict(list)
    for name, destination in reader.named_destinations.items():
        by_page[reader.get_destination_page_number(destination)].append((name, destination))
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    used = {number for number, places in by_page.items() if any(USE.match(name) for name, _ in places)}
    with pdfplumber.open(path) as pdf:
        heights = [float(page.height) for page in pdf.pages]
        # Reading takes long, and most pages are the appendix, where nothing is printed for the first time.
        pages = [_running_text(page) if {n, n - 1} & used else [] for n, page in enumerate(pdf.pages)]
    for number, places in by_page.items():
        characters = [*pages[number], *(pages[number + 1] if number + 1 < len(pages) else [])]
        for name, destination in places:
            if use := USE.match(name):
                top = heights[number] - float(destination.top)
                want = (expected or {}).get(name, "")
                text = _text_at(characters, len(pages[number]), float(destination.left), top, want)
                found[use["key"]].append((int(use["number"]), text))
            elif figure := FIGURE.match(name):
                found[figure["key"]].append((0, ""))
    return {key: [text for _, text in sorted(uses)] for key, uses in found.items()}


def _running_text(page: Any) -> list[Character]:
    """The characters of a page without those of its figures, head and foot."""
    foot = float(page.height) - MARGIN
    characters = [
        character
        for character in page.chars
        if character["tag"] != "Figure" and character["top"] > MARGIN and character["bottom"] < foot
    ]
    page.close()
    return characters


def _text_at(characters: list[Character], on_page: int, x: float, top: float, expected: str) -> str:
    """The text that starts at a place on a page; it may run on into the next page's characters."""
    starts = [
        index
        for index, character in enumerate(characters[:on_page])
        if abs(character["x0"] - x) < NEAR
        and -NEAR < character["top"] - top < LINE
        and character["text"].strip()
    ]
    if not starts:
        return ""
    start = min(starts, key=lambda index: characters[index]["top"])
    content = characters[start]["mcid"]
    text = ""
    for character in characters[start:]:
        if character["mcid"] != content and len(_bare(text)) >= len(_bare(expected)):
            break
        text += character["text"]
    return _spaced(text, expected)


def _bare(text: str) -> str:
    return "".join(text.replace("\N{SOFT HYPHEN}", "").split())


def _spaced(read: str, expected: str) -> str:
    """A line end swallows the space that breaks there: take the spaces of ``expected`` back."""
    return expected if expected and _bare(read) == _bare(expected) else read
