"""``figure``: draw one figure on its own, in a journal's formats and sizes."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sscreport.commands.command import FINE, Command, make_quietly, review_folder
from sscreport.problems import UsageError, did_you_mean

if TYPE_CHECKING:
    from sscreport.draw import Drawing

# Named here so that --help imports no library: those of `draw.FORMATS` and of the settings' schema.
FORMATS = ("svg", "pdf", "png", "tiff")
USUAL = ("svg", "pdf", "png")
RASTER = ("png", "tiff")
LAYOUTS = ("revman", "jama", "bmj")
NARROWEST, WIDEST = 60.0, 400.0  # mm
DPI, LEAST_DPI, MOST_DPI = 300, 72, 2400
MM_PER = {"": 1.0, "mm": 1.0, "cm": 10.0, "in": 25.4}
EXAMPLES = """\
  %(prog)s mrss-by-time                  a figure by its id, as SVG, PDF and PNG into figures/
  %(prog)s fig2                          the same by its number in the manuscript
  %(prog)s rcs --layout jama --width 85mm
                                         in another layout, as wide as one column of a journal
  %(prog)s rcs --format tiff --dpi 600 --out /tmp/submission
                                         what a submission system asks for
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("figure", metavar="ID", help="a figure's id in review.toml, or its number (fig2, 2)")
    parser.add_argument(
        "--layout", choices=LAYOUTS, help="of a forest plot (default: what review.toml says, or revman)"
    )
    parser.add_argument(
        "--width",
        type=_millimetres,
        metavar="LENGTH",
        help="85mm, 8.5cm or 3.35in (default: what review.toml says, or the figure's own)",
    )
    parser.add_argument(
        "--format",
        type=_formats,
        metavar="FORMATS",
        default=USUAL,
        help=f"of {', '.join(FORMATS)}, separated by commas (default: {','.join(USUAL)})",
    )
    parser.add_argument(
        "--dpi", type=_dpi, default=DPI, help="dots per inch of PNG and TIFF (default: %(default)s)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="folder to write to (default: figures/ of the review)"
    )


def _millimetres(text: str) -> float:
    """A length in mm, cm or inches as mm, to a tenth; without a unit it is mm."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)\s*(mm|cm|in|)", text.strip().lower())
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no width. Write it as 85mm, 8.5cm or 3.35in.")
    width = round(float(match[1]) * MM_PER[match[2]], 1)
    if not NARROWEST <= width <= WIDEST:
        raise argparse.ArgumentTypeError(
            f"{text!r} is {width:g} mm; a figure is {NARROWEST:g} to {WIDEST:g} mm wide."
        )
    return width


def _formats(text: str) -> tuple[str, ...]:
    """The formats named in ``text``, each once, in the order of `FORMATS`."""
    names = ["tiff" if name.strip().lower() == "tif" else name.strip().lower() for name in text.split(",")]
    for name in names:
        if name not in FORMATS:
            raise argparse.ArgumentTypeError(
                f"{name!r} is not a format. Allowed are {', '.join(FORMATS)}, separated by commas."
            )
    return tuple(name for name in FORMATS if name in names)


def _dpi(text: str) -> int:
    if not text.isdecimal() or not LEAST_DPI <= int(text) <= MOST_DPI:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no resolution. Give a whole number from {LEAST_DPI} to {MOST_DPI}."
        )
    return int(text)


def _run(options: argparse.Namespace) -> int:
    root = review_folder(options.review)
    folder = root / "figures" if options.out is None else options.out
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file. Name a folder with --out.")

    drawing = _drawn(root, options)
    folder.mkdir(parents=True, exist_ok=True)
    for form in options.format:
        path = folder / _file_name(drawing, options, form)
        drawing.write(path, options.dpi)
        print(f"{path}  {_size(drawing, form, options.dpi)}")
    for warning in (*drawing.warnings, *_width_not_taken(drawing, options)):
        print(warning, file=sys.stderr)
    return FINE


def _drawn(root: Path, options: argparse.Namespace) -> Drawing:
    """The figure that is asked for, its entry of review.toml overridden by the options."""
    from sscreport.build import synthesise
    from sscreport.draw import draw_figure
    from sscreport.progress import Progress

    review, syntheses = synthesise(root, Progress(quiet=True))
    entries = {entry["id"]: entry for entry in review.settings["figures"]}
    entry = entries[_figure_id(options.figure, entries, root)]
    if options.layout and entry["kind"] != "forest":
        raise UsageError(
            f"Only forest plots have layouts; {entry['id']} is a figure of kind {entry['kind']}."
        )
    wanted = {"layout": options.layout, "width": options.width}
    overridden = {**entry, **{key: item for key, item in wanted.items() if item is not None}}
    return draw_figure(overridden, review, syntheses)


def _figure_id(text: str, entries: Mapping[str, Any], root: Path) -> str:
    """The id of a figure named by id or, "fig2" or "2", by the number it has in the manuscript."""
    if text in entries:
        return text
    known = ", ".join(entries) or "none"
    number = re.fullmatch(r"(?:fig(?:ure)?\.?\s*)?(\d+)", text.strip().lower())
    if not number:
        hint = did_you_mean(text, entries)
        raise UsageError(f"There is no figure {text}.{hint} Known: {known}.")
    # Figures are numbered where the templates place them, which only the composed manuscript knows.
    placed = make_quietly(root).manuscript.tree.xpath("//img/@data-figure")
    place = int(number[1]) - 1
    if not 0 <= place < len(placed):
        listed = ", ".join(f"{i} {name}" for i, name in enumerate(placed, start=1))
        raise UsageError(f"The manuscript has no figure {number[1]}. Known: {listed}.")
    return str(placed[place])


def _file_name(drawing: Drawing, options: argparse.Namespace, form: str) -> str:
    """The figure's id with whatever is not as a build would write it."""
    parts = [drawing.figure.id]
    parts += [options.layout] if options.layout else []
    parts += [f"{drawing.figure.width_mm:g}mm"] if options.width else []
    parts += [f"{options.dpi}dpi"] if form in RASTER and options.dpi != DPI else []
    return "-".join(parts) + f".{form}"


def _size(drawing: Drawing, form: str, dpi: int) -> str:
    size = f"{drawing.figure.width_mm:.1f} × {drawing.figure.height_mm:.1f} mm"
    return f"{size}, {dpi} dpi" if form in RASTER else size


def _width_not_taken(drawing: Drawing, options: argparse.Namespace) -> list[str]:
    width = drawing.figure.width_mm
    if options.width is None or abs(width - options.width) < 0.05:
        return []
    return [f"The figure {drawing.figure.id} is {width:g} mm wide; its kind takes no other width."]


COMMAND = Command(
    "Draw one figure of the review on its own: SVG, PDF, PNG or TIFF, without writing the manuscript.",
    EXAMPLES,
    _add_options,
    _run,
)
