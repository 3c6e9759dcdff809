"""Manuscripts marked against another edition, for tests: every change with an invented cause of its own."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from io import BytesIO

from PIL import Image

from sscreport.changes import Cause, Changes, Commit, Side
from sscreport.document import Manuscript
from sscreport.redline import redline
from sscreport.write.pages import with_wide_tables_last


def changes_between(old: Manuscript, new: Manuscript) -> Changes:
    """What differs; the cause of revision n is row n of an invented file."""
    both = old.figures.keys() & new.figures.keys()
    redrawn = {name for name in both if old.figures[name].svg != new.figures[name].svg}
    trees = (with_wide_tables_last(edition.tree) for edition in (old, new))
    merged = redline(*trees, redrawn)
    numbers = [revision.number for revision in merged.revisions]
    commit = Commit("0123456789abcdef", "Ada Author", "2026-01-30", "Correct a row")
    causes = [Cause("cell", f"data/invented.csv:row{n}:value", "1", "2", (commit,)) for n in numbers]
    sides = (Side(name, commit, "1.0") for name in ("old", "new"))
    return Changes(*sides, (), tuple(causes), merged, {n: (i,) for i, n in enumerate(numbers)})


def with_stand_ins(manuscript: Manuscript) -> Manuscript:
    """With a picture of four pixels for each figure, whose colour is that of its drawing alone."""
    return replace(
        manuscript, pngs={name: _stand_in(figure.svg) for name, figure in manuscript.figures.items()}
    )


def _stand_in(svg: str) -> bytes:
    png = BytesIO()
    Image.new("RGB", (2, 2), tuple(sha256(svg.encode()).digest()[:3])).save(png, "png")
    return png.getvalue()
