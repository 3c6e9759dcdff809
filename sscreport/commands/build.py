"""``build``: rebuild the manuscript."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sscreport.commands.command import FINDINGS, FINE, Command, review_folder
from sscreport.problems import UsageError

FORMATS = ("html", "pdf", "docx")  # those of `write.FORMATS`, named here so that --help imports no writer
EXAMPLES = """\
  %(prog)s                         build everything into output/ and figures/
  %(prog)s --only html             write the HTML only, which is quickest
  %(prog)s --only pdf,docx         write two of the three formats
  %(prog)s --review ../my-review   build the review in another folder
  %(prog)s --output /tmp/draft     leave the review's own output as it is
  %(prog)s --line-numbers          number the lines of PDF and DOCX, as reviewers want them
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder to write to; figures go to DIR/figures (default: output/ in the review's "
        "folder, with figures/ beside it)",
    )
    parser.add_argument(
        "--only",
        type=_formats,
        metavar="FORMATS",
        default=FORMATS,
        help=f"formats to write, separated by commas (default: {','.join(FORMATS)})",
    )
    parser.add_argument(
        "--line-numbers",
        action="store_true",
        help="number the lines of PDF and DOCX (default: as line_numbers of [manuscript] in "
        "data/review.toml says)",
    )
    parser.add_argument("--quiet", action="store_true", help="print warnings and errors only")


def _formats(text: str) -> tuple[str, ...]:
    """The formats named in ``text``, each once, in the order of `FORMATS`."""
    names = [name.strip().lower() for name in text.split(",")]
    for name in names:
        if name not in FORMATS:
            raise argparse.ArgumentTypeError(
                f"{name!r} is not a format. Allowed are {', '.join(FORMATS)}, separated by commas."
            )
    return tuple(name for name in FORMATS if name in names)


def _run(options: argparse.Namespace) -> int:
    review, output, figures = _folders(options.review, options.output)

    from sscreport.build import build
    from sscreport.progress import Progress

    progress = Progress(quiet=options.quiet)
    result = build(review, output, figures, options.only, progress, options.line_numbers)
    progress.summary(result.written, result.warnings)
    suffixes = {path.suffix for path in result.written}
    missing = [name.upper() for name in options.only if f".{name}" not in suffixes]
    if missing:
        print(f"\n{' and '.join(missing)} could not be written; see the warnings.", file=sys.stderr)
    return FINDINGS if missing else FINE


def _folders(review: Path, output: Path | None) -> tuple[Path, Path, Path]:
    """Absolute folders of the review, its output and its figures.

    Raises UsageError where the first is no review or the second cannot be a folder.
    """
    review = review_folder(review)
    usual = review / "output"
    output = usual if output is None else output.resolve()
    if output.exists() and not output.is_dir():
        raise UsageError(f"{output} is a file. Name a folder with --output.")
    return review, output, (review if output == usual else output) / "figures"


COMMAND = Command(
    "Rebuild a systematic review's manuscript from its data: HTML, PDF and DOCX.",
    EXAMPLES,
    _add_options,
    _run,
)
