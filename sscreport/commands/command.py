"""What every subcommand is made of."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sscreport.problems import UsageError

if TYPE_CHECKING:
    from sscreport.build import Made

FINE, FINDINGS, ERROR, INTERRUPTED = 0, 1, 2, 130


@dataclass(frozen=True)
class Command:
    """A subcommand: its help, its own options, and what it does (``run`` returns an exit code)."""

    summary: str
    examples: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON for machines instead of text")


def print_json(content: Any) -> None:
    json.dump(content, sys.stdout, ensure_ascii=False, indent=1)
    print()


def is_review(folder: Path) -> bool:
    return (folder / "data").is_dir()


def review_folder(folder: Path) -> Path:
    """The absolute path of a review's folder; UsageError where it is none."""
    folder = folder.resolve()
    if not is_review(folder):
        raise UsageError(
            f"{folder} is not a review: it has no folder data/. Name the review's folder with --review."
        )
    return folder


def make_quietly(folder: Path) -> Made:
    """The review in ``folder`` made up to its document tree, without a word about progress."""
    from sscreport.build import make
    from sscreport.progress import Progress

    return make(folder, Progress(quiet=True), paint=False)
