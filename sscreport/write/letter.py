"""The response letter as HTML, PDF and DOCX: one tree, written with the manuscript's own writers."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

from lxml import etree
from lxml.builder import E
from lxml.etree import _Element

from sscreport.document import Manuscript
from sscreport.origins import Origins
from sscreport.write.docx import write_plain_docx
from sscreport.write.pdf import print_pdf
from sscreport.write.pdf_markup import as_page

_STYLE = Path(__file__).with_name("style.css")
_LETTER = Path(__file__).with_name("letter.css")


def write_letter_html(tree: _Element, manuscript: Manuscript, path: Path) -> None:
    """One self-contained page, whose marks say which passages, places and values stand where."""
    style = "\n".join(sheet.read_text(encoding="utf-8") for sheet in (_STYLE, _LETTER))
    page = E.html(
        {"lang": manuscript.language},
        E.head(
            E.meta(charset="utf-8"),
            E.title(manuscript.title),
            E.meta(name="viewport", content="width=device-width, initial-scale=1"),
            E.meta(name="color-scheme", content="light dark"),
            E.style(style),
        ),
        E.body(E.main(deepcopy(tree))),
    )
    markup = etree.tostring(page, method="html", encoding="unicode")
    path.write_text(f"<!DOCTYPE html>\n{markup}\n", encoding="utf-8", newline="\n")


def write_letter_pdf(tree: _Element, manuscript: Manuscript, path: Path) -> None:
    """The letter on paper. Raises as `print_pdf` does."""
    print_pdf(as_page(_unmarked(tree), manuscript, manuscript.title), {}, path, more_style=_LETTER)


def write_letter_docx(tree: _Element, manuscript: Manuscript, path: Path) -> None:
    """The letter as a Word file."""
    article = _unmarked(tree)
    article.attrib.clear()
    write_plain_docx(replace(manuscript, tree=article), path)


def titled(manuscript: Manuscript, title: str) -> Manuscript:
    """What the letter's files say of themselves: the manuscript's authors under another title."""
    return replace(manuscript, title=title, subject=title, figures={}, pngs={}, origins=Origins())


def _unmarked(tree: _Element) -> _Element:
    """A copy without the marks of values and places, which lead nowhere on paper."""
    copy = deepcopy(tree)
    for element in copy.iter():
        for name in list(element.attrib):
            if name.startswith("data-"):
                del element.attrib[name]
        if element.get("class") in ("citation", "reconstructed"):
            del element.attrib["class"]
    return copy


WRITERS: dict[str, Callable[[_Element, Manuscript, Path], None]] = {
    "html": write_letter_html,
    "pdf": write_letter_pdf,
    "docx": write_letter_docx,
}
