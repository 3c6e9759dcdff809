"""Write: one document tree, three thin writers, and the text outputs a reviewer reads.

Everything is written beside its destination first and moved there when all of it is finished, so
a build that fails leaves the last one as it was.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from sscreport.document import Manuscript
from sscreport.progress import Progress
from sscreport.records import Table
from sscreport.write.crate import METADATA, REVIEW, crate, inputs
from sscreport.write.docx import write_docx
from sscreport.write.html import write_html
from sscreport.write.pdf import PdfUnavailable, write_pdf
from sscreport.write.tables_csv import write_csv
from sscreport.write.tables_xlsx import write_xlsx

# How the names of figures end that the command `figure` drew in another layout, width or resolution.
_DRAWN_ALONE = re.compile(r"-(?:revman|jama|bmj|[\d.]+mm|\d+dpi)$")

FORMATS: dict[str, Callable[[Manuscript, Path], None]] = {
    "html": write_html,
    "pdf": write_pdf,
    "docx": write_docx,
}
# The same with the lines numbered; a web page has no lines that stay.
NUMBERED = FORMATS | {
    "pdf": partial(write_pdf, line_numbers=True),
    "docx": partial(write_docx, line_numbers=True),
}


def write(
    manuscript: Manuscript,
    tables: Mapping[str, Table],
    output: Path,
    figures: Path,
    formats: Sequence[str],
    progress: Progress,
    line_numbers: bool = False,
) -> tuple[list[Path], list[str]]:
    """Write every file; returns what was written and what could not be, in words."""
    writers = NUMBERED if line_numbers else FORMATS
    warnings: list[str] = []
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=output) as folder:
        staging = Path(folder)
        with progress.step("write figures and tables"):
            moves = _write_texts(manuscript, tables, staging, output, figures)
        for name in formats:
            with progress.step(f"write {name.upper()}"):
                path = staging / f"manuscript.{name}"
                try:
                    writers[name](manuscript, path)
                except PdfUnavailable as missing:
                    warnings.append(str(missing))
                else:
                    moves[path] = output / path.name
        with progress.step("describe the files"):
            _write_crate(manuscript, moves, staging, output)
        for source, target in moves.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(source, target)
    written = list(moves.values())
    return written, [*warnings, *_left_over(written, output, figures)]


def _left_over(written: Sequence[Path], output: Path, figures: Path) -> list[str]:
    """A sentence for each file of an earlier build that this one did not renew."""
    drawn = [path for suffix in ("svg", "png", "csv") for path in figures.glob(f"*.{suffix}")]
    places = [path for path in drawn if not _DRAWN_ALONE.search(path.stem)]
    places += [path for kind in ("csv", "xlsx") for path in (output / "tables").glob(f"*.{kind}")]
    places += [path for path in output.glob("manuscript.*") if path.suffix[1:] in FORMATS]
    places += [path for path in (output / REVIEW).rglob("*") if path.is_file()]
    old = [path for path in sorted(places) if path not in written]
    return [
        f"{path.name} in {path.parent.name}/ is of an earlier build; this one did not write it."
        for path in old
    ]


def _write_texts(
    manuscript: Manuscript, tables: Mapping[str, Table], staging: Path, output: Path, figures: Path
) -> dict[Path, Path]:
    moves: dict[Path, Path] = {}
    for name, figure in manuscript.figures.items():
        _stage(moves, staging, figures / f"{name}.svg", figure.svg.encode())
        _stage(moves, staging, figures / f"{name}.png", manuscript.pngs[name])
        if figure.data is not None:
            _stage(moves, staging, figures / f"{name}.csv", write_csv(figure.data.table).encode())
    for name, table in tables.items():
        _stage(moves, staging, output / "tables" / f"{name}.csv", write_csv(table).encode())
        (figure,) = manuscript.tree.iterfind(f".//figure[@id='table-{name}']")
        _stage(moves, staging, output / "tables" / f"{name}.xlsx", write_xlsx(figure, manuscript))
    _stage(moves, staging, output / "values.json", manuscript.enclosure.values.encode())
    return moves


def _write_crate(manuscript: Manuscript, moves: dict[Path, Path], staging: Path, output: Path) -> None:
    """The inputs, and what describes every file in ``output``; the crate ends at that folder."""
    for name, content in inputs(manuscript.enclosure).items():
        _stage(moves, staging, output / name, content)
    files = {
        target.relative_to(output).as_posix(): source.read_bytes()
        for source, target in moves.items()
        if target.is_relative_to(output)
    }
    _stage(moves, staging, output / METADATA, crate(manuscript, files).encode())


def _stage(moves: dict[Path, Path], staging: Path, target: Path, content: bytes) -> None:
    source = staging / f"{len(moves)}-{target.name}"
    source.write_bytes(content)
    moves[source] = target
