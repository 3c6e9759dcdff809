"""What the paged formats share: where a turned page stands, and the appendix."""

from __future__ import annotations

from copy import deepcopy
from itertools import dropwhile

from lxml.etree import _Element

from sscreport.document import Manuscript
from sscreport.write.appendix import appendix


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
    for section in copy.findall("section"):
        tables = [figure for figure in section.iter("figure") if _has_class(figure, "table")]
        for table in dropwhile(lambda figure: not _has_class(figure, "landscape"), tables):
            section.append(table)
    return copy


def _has_class(element: _Element, name: str) -> bool:
    return name in element.get("class", "").split()
