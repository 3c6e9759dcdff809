"""Audit an article: from its text and tables alone, list what does not fit.

    from sscreport.audit import audit, parse

    for misfit in audit(parse(text)):
        print(misfit.where, misfit.what)

The article is what another group published, or any text; the audit of the review's own finished files is
`check`, that of the document tree `compose.audit`. Every check is a function of an `Article`, entered in
`CHECKS` under its name, and knows nothing of the others; none knows what an article is about.
"""

from __future__ import annotations

from collections.abc import Sequence

from sscreport.audit import (  # noqa: F401  (each enters its checks)
    captions,
    certainty,
    citations,
    conclusions,
    designs,
    intervals,
    power,
    repeats,
    scales,
    spread,
    sums,
    words,
)
from sscreport.audit.article import Article, parse, read_article
from sscreport.audit.misfit import CHECKS, SEVERITIES, Check, Evidence, Misfit
from sscreport.audit.tables import DataTable, parse_table

__all__ = [
    "CHECKS",
    "SEVERITIES",
    "Article",
    "Check",
    "DataTable",
    "Evidence",
    "Misfit",
    "audit",
    "audit_text",
    "parse",
    "parse_table",
    "read_article",
]


def audit(article: Article, checks: Sequence[str] | None = None) -> list[Misfit]:
    """Everything that does not fit, by severity and then by place; ``checks`` limits it to some."""
    names = CHECKS if checks is None else checks
    found = list(dict.fromkeys(misfit for name in names for misfit in CHECKS[name].find(article)))
    return sorted(found, key=lambda misfit: (SEVERITIES.index(misfit.severity), misfit.line or 0))


def audit_text(
    text: str, tables: Sequence[DataTable] = (), checks: Sequence[str] | None = None
) -> list[Misfit]:
    """`audit` of plain text, such as that of a finished manuscript."""
    return audit(parse(text, tables), checks)
