"""What the paged formats share: where a turned page stands, and the appendix."""

from __future__ import annotations

from copy import deepcopy
from itertools import dropwhile

from lxml.etree import _Element

from sscreport.document import Manuscript
from sscreport.write.appendix import appendix

SUPPLEMENT = "supplement"  # the id of its section; its parts count as main sections here


def paged(manuscript: Manuscript) -> _Element:
    """The tree as it is printed: wide tables at the end of their section, the appendix at the end."""
    article = with_wide_tables_last(manuscript.tree)
    article.append(appendix(manuscript))
    return article


def with_wide_tables_last(article: _Element) -> _Element:
    """A copy whose landscape tables, and the tables after them, end their main section.

    A turned page amid the text would leave half a page empty before it; tables stay in their order.
    """
    copy = deepcopy(article)
    parts = copy.findall(f"section[@id='{SUPPLEMENT}']/section")
    for section in [*parts, *(main for main in copy.findall("section") if main.get("id") != SUPPLEMENT)]:
        tables = [figure for figure in section.iter("figure") if _has_class(figure, "table")]
        for table in dropwhile(lambda figure: not _has_class(figure, "landscape"), tables):
            section.append(table)
    return copy


def _has_class(element: _Element, name: str) -> bool:
    return name in element.get("class", "").split()
