"""The manuscript as a tagged PDF (PDF/UA-1), printed from the document tree by WeasyPrint.

Text and figures use the fonts in ``sscreport/fonts`` alone, so that lines and pages break alike
on every machine. The review's data, templates and values are attached.
"""

from __future__ import annotations

import gc
import io
import json
import logging
import warnings
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from sscreport.document import Manuscript
from sscreport.enclosure import VALUES, Enclosure
from sscreport.problems import BuildError, Problem, SSCReportError
from sscreport.write.line_numbers import number_lines
from sscreport.write.pdf_markup import descriptions, markup

CODE = "code.json"
_STYLE = Path(__file__).with_name("print.css")
_FONTS = ("Tinos", "Arimo", "Review Symbols")
_STAMP = datetime(2000, 1, 1)  # no clock: equal inputs give equal bytes
# Python's own table lacks TOML and is filled up from the machine's.
_MEDIA = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".toml": "application/toml",
    ".txt": "text/plain",
}


class PdfUnavailable(SSCReportError):
    """The system libraries behind WeasyPrint are missing; other formats can still be written."""

    def __init__(self) -> None:
        super().__init__(
            "The PDF cannot be written: WeasyPrint needs the system library Pango. Install it and "
            "build again.\n"
            "    Debian, Ubuntu:  "
            "apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0\n"
            "    macOS:           brew install pango\n"
            "    Windows:         MSYS2, as described under “Windows” in WeasyPrint's first steps"
        )


@dataclass(frozen=True)
class Attached:
    """A file in the PDF: its path in the review's folder, its text, what it is to the PDF, in words."""

    name: str
    text: str
    relationship: str
    description: str


def write_pdf(manuscript: Manuscript, path: Path, line_numbers: bool = False) -> None:
    """Write the PDF to ``path``, the same bytes for the same manuscript.

    Every key has a named destination and every printed value a link to its entry (`pdf_markup`).
    ``line_numbers`` are set in the margin, up to the appendix. Raises as `print_pdf` does.
    """
    attached = sorted(_attached(manuscript.enclosure), key=lambda file: file.name)
    page, told = markup(manuscript), descriptions(manuscript)
    print_pdf(page, told, path, attached, line_numbers=line_numbers)


def print_pdf(
    page: str,
    told: Mapping[str, str],
    path: Path,
    attached: Sequence[Attached] = (),
    more_style: Path | None = None,
    line_numbers: bool = False,
) -> None:
    """Print a page to ``path``. ``told`` says of ids what a link to them is for.

    Raises PdfUnavailable without Pango, and BuildError for whatever WeasyPrint complains about (a
    link without target, a figure without description) and for characters outside our fonts.
    """
    weasyprint = load_weasyprint()
    with _complaints() as complaints, _no_garbage_search():
        fetcher = weasyprint.urls.URLFetcher(allowed_protocols=("file", "data"))
        fonts = weasyprint.text.fonts.FontConfiguration()
        styles = [
            weasyprint.CSS(filename=style, font_config=fonts, url_fetcher=fetcher)
            for style in (_STYLE, more_style)
            if style is not None
        ]
        document = weasyprint.HTML(string=page, url_fetcher=fetcher).render(
            font_config=fonts, stylesheets=styles, pdf_variant="pdf/ua-1"
        )
        content = document.write_pdf(
            pdf_variant="pdf/ua-1",
            attachments=[_attachment(weasyprint, file) for file in attached],
            finisher=partial(_finish, attached=attached, told=told, line_numbers=line_numbers),
        )
        complaints.extend(_foreign_characters(document.fonts.values()))
    if complaints:
        raise BuildError([Problem("PDF", complaint) for complaint in dict.fromkeys(complaints)])
    path.write_bytes(content)


def load_weasyprint() -> ModuleType:
    """WeasyPrint, imported here because it takes long and needs system libraries."""
    try:
        # A failed import prints a banner, and a machine without fonts gets a warning.
        with redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import weasyprint
    except OSError as error:
        raise PdfUnavailable() from error
    return weasyprint


def _attached(enclosure: Enclosure) -> Iterator[Attached]:
    for name, text in enclosure.files.items():
        yield Attached(name, text, "Source", f"{name}: input from which this document was built")
    told = "Every value of this document, how it was made and from which fields"
    yield Attached(VALUES, enclosure.values, "Data", told)
    code = json.dumps({"sscreport": enclosure.version, "sha256": enclosure.code}, indent=1) + "\n"
    yield Attached(CODE, code, "Supplement", "Version and digest of the program that built this document")


def _attachment(weasyprint: ModuleType, file: Attached) -> Any:
    media = _MEDIA[Path(file.name).suffix]
    return weasyprint.Attachment(
        url=f"data:{media};base64,{b64encode(file.text.encode()).decode()}",
        name=file.name,
        description=file.description,
        created=_STAMP,
        modified=_STAMP,
    )


def _finish(
    document: Any, pdf: Any, attached: Sequence[Attached], told: Mapping[str, str], line_numbers: bool
) -> None:
    """Say what each link leads to, what each attachment is, and what each head of a table is for.

    WeasyPrint describes a link by its target's id, and writes the relationships of attachments
    (ISO 32000-2, 14.13) for PDF/A only and no scope of a head (14.8.5.7) at all.
    """
    import pydyf

    relationships = {file.name: file.relationship for file in attached}
    if attached:
        pdf.catalog["AF"] = pydyf.Array()
    by_reference = {item.reference: item for item in pdf.objects}
    for item in pdf.objects:
        if not isinstance(item, pydyf.Dictionary):
            continue
        if item.get("Subtype") == "/Link" and "Dest" in item:
            target = item["Dest"].string
            item["Contents"] = pydyf.String(told.get(target, target))
        elif item.get("Type") == "/Filespec":
            item["AFRelationship"] = f"/{relationships[item['UF'].string]}"
            pdf.catalog["AF"].append(item.reference)
        elif item.get("S") == "/TH":
            part = by_reference[by_reference[item["P"]]["P"]]["S"]
            item["A"]["Scope"] = "/Column" if part == "/THead" else "/Row"
    if line_numbers:
        number_lines(document, pdf)


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collects what WeasyPrint would only log: its warnings and errors."""
    found: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: found.append(record.getMessage())
    # Without the library the fonts are cut down by fontTools: other bytes, the same PDF.
    handler.addFilter(lambda record: "instead of HarfBuzz-Subset" not in record.getMessage())
    logger = logging.getLogger("weasyprint")
    logger.addHandler(handler)
    try:
        yield found
    finally:
        logger.removeHandler(handler)


@contextmanager
def _no_garbage_search() -> Iterator[None]:
    """WeasyPrint keeps all its boxes to the end: searching them for garbage takes a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _foreign_characters(fonts: Any) -> Iterator[str]:
    """A complaint for each font that the system lent for characters that ours do not have."""
    for font in fonts:
        if font.family not in _FONTS:
            characters = " ".join(sorted(set(font.to_unicode.values())))
            yield f"No font in sscreport/fonts has {characters} (taken from {font.family})."
