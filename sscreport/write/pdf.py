"""The manuscript as a tagged PDF (PDF/UA-1), printed from the document tree by WeasyPrint.

Text and figures use the fonts in ``sscreport/fonts`` alone, so that lines and pages break alike
on every machine.
"""

from __future__ import annotations

import io
import logging
import warnings
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from lxml import etree
from lxml.builder import E
from lxml.etree import _Element

from sscreport.document import Manuscript
from sscreport.problems import BuildError, Problem, SSCReportError
from sscreport.records import Figure
from sscreport.write.pages import with_wide_tables_last

_STYLE = Path(__file__).with_name("print.css")
_FONTS = ("Tinos", "Arimo", "Review Symbols")
_INLINE = ("a", "em", "span", "strong", "sub", "sup")
_WIDEST_FIGURE = 170.0  # mm: an A4 page between its margins
_HIGHEST_FIGURE = 205.0  # mm: leaves room for a caption on the same page


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


def write_pdf(manuscript: Manuscript, path: Path) -> None:
    """Write the PDF to ``path``, the same bytes for the same manuscript.

    Every key has a named destination: the id of each value in the text, and ``n-KEY-fFIGURE`` at
    the figure for a key that stands in figures only.
    Raises PdfUnavailable without Pango, and BuildError for whatever WeasyPrint complains about (a
    link without target, a figure without description) and for characters outside our fonts.
    """
    weasyprint = load_weasyprint()
    with _complaints() as complaints:
        fetcher = weasyprint.urls.URLFetcher(allowed_protocols=("file", "data"))
        fonts = weasyprint.text.fonts.FontConfiguration()
        style = weasyprint.CSS(filename=_STYLE, font_config=fonts, url_fetcher=fetcher)
        page = weasyprint.HTML(string=_markup(manuscript), url_fetcher=fetcher)
        document = page.render(font_config=fonts, stylesheets=[style], pdf_variant="pdf/ua-1")
        content = document.write_pdf(pdf_variant="pdf/ua-1")
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


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collects what WeasyPrint would only log: its warnings and errors."""
    found: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: found.append(record.getMessage())
    logger = logging.getLogger("weasyprint")
    logger.addHandler(handler)
    try:
        yield found
    finally:
        logger.removeHandler(handler)


def _foreign_characters(fonts: Any) -> Iterator[str]:
    """A complaint for each font that the system lent for characters that ours do not have."""
    for font in fonts:
        if font.family not in _FONTS:
            characters = " ".join(sorted(set(font.to_unicode.values())))
            yield f"No font in sscreport/fonts has {characters} (taken from {font.family})."


def _markup(manuscript: Manuscript) -> str:
    article = with_wide_tables_last(manuscript.tree)
    article.set("data-short-title", manuscript.subject)
    _set_figures(article, manuscript.figures)
    _part_spaces(article)
    named = [("author", author) for author in manuscript.authors]
    named += [
        ("keywords", ", ".join(manuscript.keywords)),
        ("description", manuscript.subject),
        ("generator", "sscreport"),
    ]
    head = E.head(E.meta(charset="utf-8"), E.title(manuscript.title))
    head.extend(E.meta(name=name, content=content) for name, content in named)
    page = E.html({"lang": manuscript.language}, head, E.body(article))
    return "<!DOCTYPE html>\n" + etree.tostring(page, method="html", encoding="unicode")


def _set_figures(article: _Element, figures: Mapping[str, Figure]) -> None:
    keys_in_text = set(article.xpath(".//@data-value"))
    for image in article.xpath(".//img[@data-figure]"):
        name = image.get("data-figure")
        if name not in figures:
            raise BuildError([Problem("PDF", f"The figure “{name}” was never drawn.")])
        figure = figures[name]
        encoded = b64encode(figure.svg.encode()).decode()
        image.set("src", f"data:image/svg+xml;base64,{encoded}")
        image.set("style", f"width: {_printed_width(figure):.2f}mm")
        keys = etree.fromstring(figure.svg.encode()).xpath("//@data-value")
        anchors = [E.span(id=f"n-{key}-f{name}") for key in dict.fromkeys(keys) if key not in keys_in_text]
        if anchors:
            image.addprevious(E.div({"class": "anchors"}, *anchors))


def _printed_width(figure: Figure) -> float:
    """Width in mm: the figure's own, or less where the page would not hold it."""
    return min(figure.width_mm, _WIDEST_FIGURE, _HIGHEST_FIGURE * figure.width_mm / figure.height_mm)


def _part_spaces(article: _Element) -> None:
    """Put the space before each inline element into an element of its own.

    Where the text before an inline element just fits its line, WeasyPrint 70 breaks that text at
    its first word instead of its last, because it measures it with the space at its end.
    """
    for element in list(article.iter(*_INLINE)):
        before = element.getprevious()
        text = (element.getparent().text if before is None else before.tail) or ""
        if text.endswith(" ") and text.strip():
            space = E.span(" ")
            element.addprevious(space)
            if before is None:
                element.getparent().text = text[:-1]
            else:
                before.tail = text[:-1]
