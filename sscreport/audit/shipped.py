"""The article that a review ships with, and its audit as values of the book.

Keys are ``audit.found.<id>.<field>``, of place and remedy only where these hold a number; what reviewers
recorded by hand are the rows of data/audit.csv.
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
from sscreport.records import AuditFinding, Part, Review
from sscreport.values import COUNT, Book, Cell, Rule, Value
from sscreport.wording import has_digit

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


def enter_audit(review: Review) -> tuple[AuditFinding, ...]:
    """Audit the review's article, if it has one; what was found, by checks and by hand, and its counts."""
    article, book = read_shipped(review.root), review.book
    misfits = [] if article is None else audit(article)
    machine = [
        _entered(book, f"audit.found.{name.replace('-', '_')}", misfit, article)
        for name, misfit in zip(names(misfits), misfits, strict=True)
    ]
    by_hand = [
        AuditFinding(
            row["place"], row["finding"], (row["evidence"],), row.content("severity"), row["remedy"], True
        )
        for row in review.tables.get("audit", ())
    ]
    found = (*machine, *by_hand)
    if article is not None or by_hand:
        _count(book, "findings", found, "Findings of the audit")
        _count(book, "machine", machine, "Findings of the checks")
        _count(book, "by_hand", by_hand, "Findings recorded by hand")
        for severity in SEVERITIES:
            those = [finding for finding in found if finding.severity == severity]
            _count(book, severity, those, f"Findings of {severity} severity")
    return found


def _count(book: Book, name: str, findings: Sequence[AuditFinding], label: str) -> None:
    book.derive(
        f"audit.{name}", COUNT, len, [finding.what for finding in findings],
        style="count", label=label, unit="findings",
    )  # fmt: skip


def _entered(book: Book, key: str, misfit: Misfit, article: Article | None) -> AuditFinding:
    """A finding whose words rest on the passages and cells that are its evidence."""
    title = CHECKS[misfit.check].title
    rule = Rule(f"audit: {title}", DOCUMENTED)

    def quoted(number: int, evidence: Evidence) -> Value:
        cell, label = _cell(evidence, article), f"Evidence: {evidence.place}"
        return book.read(f"{key}.evidence_{number}", cell, evidence.text, "text", label)

    numbered = list(enumerate(misfit.evidence, 1))
    values = {number: quoted(number, evidence) for number, evidence in numbered if evidence.source}

    def derived(name: str, text: str) -> Value:
        return book.derive(
            f"{key}.{name}", rule, lambda *_: text, *values.values(), style="text", label=f"{title}: {name}"
        )

    def plain(name: str, text: str) -> Part:
        return derived(name, text) if has_digit(text) else text

    return AuditFinding(
        plain("place", misfit.where),
        derived("finding", misfit.what),
        tuple(values.get(n) or derived(f"evidence_{n}", evidence.text) for n, evidence in numbered),
        misfit.severity,
        plain("remedy", misfit.remedy),
        by_hand=False,
    )


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
