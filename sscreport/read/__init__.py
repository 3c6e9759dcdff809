"""Read: a finished HTML, PDF or DOCX back into its pieces of text and what travels inside it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from sscreport.problems import UsageError
from sscreport.read.docx import read_docx
from sscreport.read.html import read_html
from sscreport.read.pdf import read_pdf
from sscreport.reading import Reading

READERS: dict[str, Callable[[Path], Reading]] = {
    "html": read_html,
    "pdf": read_pdf,
    "docx": read_docx,
}


def read(path: Path) -> tuple[str, Reading]:
    """The format of a file, by what it holds and not by its name, and its reading.

    Raises UsageError for what is no HTML, PDF or DOCX, or cannot be read as one.
    """
    name = format_of(path)
    try:
        return name, READERS[name](path)
    except UsageError:
        raise
    except Exception as error:  # a damaged file fails in many ways, and none of them is ours
        raise UsageError(f"{path} cannot be read as {name.upper()}: {error}") from error


def format_of(path: Path) -> str:
    """ "html", "pdf" or "docx"; raises UsageError where a file is none of them, or is not there."""
    if not path.is_file():
        raise UsageError(f"There is no file {path}.")
    head = path.read_bytes()[:1024].lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.startswith(b"%PDF"):
        return "pdf"
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as package:
            if "word/document.xml" in package.namelist():
                return "docx"
    if b"<html" in head.lower() or b"<!doctype html" in head.lower():
        return "html"
    raise UsageError(f"{path} is no HTML, PDF or Word file (.docx).")
