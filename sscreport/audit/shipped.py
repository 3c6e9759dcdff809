"""The article that a review ships with, and its audit as values of the book.

Keys are ``audit.found.<id>.<field>``; what reviewers recorded by hand are the rows of data/audit.csv.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sscreport.audit import audit
from sscreport.audit.article import Article, read_article
from sscreport.audit.misfit import CHECKS, SEVERITIES, Evidence, Misfit
from sscreport.audit.tables import DataTable
from sscreport.folder import ARTICLE
from sscreport.records import Review
from sscreport.values import COUNT, Book, Cell, Rule, Value

DOCUMENTED = "docs/audit.md"


def read_shipped(root: Path) -> Article | None:
    """The article of a review; None where it has none. Raises `InputError` as `read_article` does."""
    folder = root / ARTICLE
    text = folder / "article.txt"
    return read_article(text, sorted(folder.glob("*.csv")), f"{ARTICLE}/") if text.is_file() else None


def names(misfits: Sequence[Misfit]) -> list[str]:
    """An id for each: the name of its check, numbered."""
    seen: Counter[str] = Counter()
    found = []
    for misfit in misfits:
        seen[misfit.check] += 1
        found.append(f"{misfit.check}-{seen[misfit.check]}")
    return found


def enter_audit(review: Review) -> None:
    """Audit the review's article, if it has one, and enter what was found and counted."""
    article = read_shipped(review.root)
    misfits = [] if article is None else audit(article)
    for name, misfit in zip(names(misfits), misfits, strict=True):
        _enter(review.book, f"audit.found.{name.replace('-', '_')}", misfit, article)
    by_hand = review.tables.get("audit", ())
    if article is None and not by_hand:
        return
    machine = [review.book[f"audit.found.{name.replace('-', '_')}.severity"] for name in names(misfits)]
    severities = [*machine, *(row["severity"] for row in by_hand)]
    _count(review.book, "findings", severities, SEVERITIES, "Findings of the audit")
    _count(review.book, "machine", machine, SEVERITIES, "Findings of the checks")
    _count(
        review.book, "by_hand", [row["severity"] for row in by_hand], SEVERITIES, "Findings recorded by hand"
    )
    for severity in SEVERITIES:
        _count(review.book, severity, severities, (severity,), f"Findings of {severity} severity")


def _count(book: Book, name: str, severities: Sequence[Value], counted: Sequence[str], label: str) -> None:
    book.derive(
        f"audit.{name}", COUNT, lambda held: sum(word in counted for word in held), severities,
        style="count", label=label, unit="findings",
    )  # fmt: skip


def _enter(book: Book, key: str, misfit: Misfit, article: Article | None) -> None:
    """The fields of a finding, each resting on the passages and cells that are its evidence."""
    rule = Rule(f"audit: {CHECKS[misfit.check].title}", DOCUMENTED)
    quoted = [(n, e) for n, e in enumerate(misfit.evidence, 1) if e.source]
    values: list[Value] = []
    for number, evidence in quoted:
        label = f"Evidence: {evidence.place}"
        values.append(
            book.read(f"{key}.evidence_{number}", _cell(evidence, article), evidence.text, "text", label)
        )
    fields = {f"evidence_{n}": e.text for n, e in enumerate(misfit.evidence, 1) if not e.source}
    fields |= {
        "place": misfit.where,
        "finding": misfit.what,
        "severity": misfit.severity,
        "remedy": misfit.remedy,
    }
    for name, text in fields.items():
        book.derive(
            f"{key}.{name}", rule, lambda *_, text=text: text, *values,
            style="text", label=f"{CHECKS[misfit.check].title}: {name.split('_')[0]}",
        )  # fmt: skip


def _cell(evidence: Evidence, article: Article | None) -> Cell:
    table = next((t for t in article.tables if t.file == evidence.source), None) if article else None
    column, raw = (evidence.column or "text", evidence.text)
    if table is not None:
        raw = _raw(table, evidence)
    row = (evidence.row or "all rows").replace(" ", "-")
    return Cell(evidence.source, row, column, raw, "published", "the article", evidence.place)


def _raw(table: DataTable, evidence: Evidence) -> str:
    row = next((row for row in table.rows if row.name == evidence.row), None)
    return row.cells.get(evidence.column, evidence.text) if row else evidence.text
