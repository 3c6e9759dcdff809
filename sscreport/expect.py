"""Expect: a file made anew from what travelled inside another, to compare the two."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sscreport.build import make
from sscreport.cells import cells_of
from sscreport.document import Manuscript
from sscreport.enclosure import Enclosure
from sscreport.progress import Progress
from sscreport.read import READERS
from sscreport.reading import Reading
from sscreport.write import FORMATS, NUMBERED


@dataclass(frozen=True)
class Expectation:
    """What a file should read like, the manuscript it was made from, and its data cell by cell."""

    reading: Reading
    manuscript: Manuscript
    cells: dict[str, str]


def expect(enclosure: Enclosure, name: str, numbered: bool = False) -> Expectation:
    """The file of format ``name`` ("html", "pdf", "docx") that the enclosed review gives.

    ``numbered`` asks for one with line numbers, as the file has that came back.
    Several copies of one file are checked against one that is made once. Raises what `build`
    raises where the enclosed data or templates are not fit for building.
    """
    return _made_anew(tuple(sorted(enclosure.files.items())), name, numbered)


@lru_cache(maxsize=6)
def _made_anew(files: tuple[tuple[str, str], ...], name: str, numbered: bool) -> Expectation:
    with tempfile.TemporaryDirectory() as folder:
        root, path = Path(folder) / "review", Path(folder) / f"expected.{name}"
        Enclosure(dict(files)).unpack(root)
        manuscript = make(root, Progress(quiet=True), paint=name == "docx").manuscript
        (NUMBERED if numbered else FORMATS)[name](manuscript, path)
        return Expectation(
            READERS[name](path), manuscript, {str(a): raw for a, raw in cells_of(root).items()}
        )
