"""Rows of a table of results, and which of them a statistic in the text speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sscreport import statistics as ma
from sscreport.audit.article import Article, Sentence, times
from sscreport.audit.expressions import Statistic, decimals
from sscreport.audit.tables import DataTable, TableRow


@dataclass(frozen=True)
class ResultRow:
    """A row with an estimate and its interval. ``label`` is what its subgroup's column says.

    ``months`` are the times in the label, ``words`` the rest of it; ``digits`` the decimals printed.
    """

    table: DataTable
    row: TableRow
    outcome: str
    label: str
    months: frozenset[float]
    words: tuple[str, ...]
    numbers: tuple[float, float, float]
    digits: int

    @property
    def patients(self) -> float | None:
        return self.table.number(self.row, "patients")

    @property
    def studies(self) -> float | None:
        return self.table.number(self.row, "studies")

    @property
    def name(self) -> str:
        return f"{self.outcome}, {self.label}" if self.label else self.outcome


def result_rows(article: Article) -> list[ResultRow]:
    """Every row of the tables that gives an outcome's estimate with its interval."""
    return [row for table in article.tables for row in _rows(table)]


def _rows(table: DataTable) -> Iterator[ResultRow]:
    for row in table.rows:
        outcome, numbers = table.text(row, "outcome"), table.estimate(row)
        if outcome is None or numbers is None:
            continue
        label = table.text(row, "subgroup") or ""
        rest = re.sub(r"\d+(?:\.\d+)?\s?(?:months?|weeks?|years?|days?|mo|wk|yr|m|w|y)\b|[()]", " ", label)
        printed = [row.cells.get(table.column(role) or "", "") for role in ("effect", "low", "high")]
        digits = max((decimals(text) for text in re.findall(r"\d+\.\d+", " ".join(printed))), default=0)
        words = tuple(rest.replace("overall", "").replace("Overall", "").split())
        yield ResultRow(table, row, outcome, label, frozenset(times(label)), words, numbers, digits)


def row_of(
    article: Article, sentence: Sentence, statistic: Statistic, rows: list[ResultRow]
) -> ResultRow | None:
    """The one row that gives the same quantity as a statistic; None where none or several may.

    The outcome must be the one the sentence speaks of; a row for a time or a subgroup needs it named.
    """
    topic = article.topic(sentence, statistic.start)
    own = [row for row in rows if row.outcome == topic]
    named = [
        row for row in own
        if (row.months & sentence.months if row.months and sentence.months
            else not row.months or len(own) == 1)
        and all(word.lower() in sentence.text.lower() for word in row.words)
    ]  # fmt: skip
    if not named:
        return None
    most = max(len(row.words) for row in named)
    best = [row for row in named if len(row.words) == most]
    return best[0] if len(best) == 1 else None


def pooled(rows: list[ResultRow]) -> ma.Pooled | None:
    """Rows pooled with weights by inverse variance, as if independent; None where that is impossible."""
    estimates, lows, highs = np.array([row.numbers for row in rows]).T
    log = rows[0].table.is_ratio
    if (
        np.any(lows >= highs)
        or np.any((estimates < lows) | (estimates > highs))
        or (log and np.any(lows <= 0))
    ):
        return None
    return ma.pool(*ma.from_interval(estimates, lows, highs, log=log), method="FE")


def by_time(rows: list[ResultRow], outcome: str) -> list[ResultRow]:
    """The rows of an outcome that differ by time alone."""
    return [row for row in rows if row.outcome == outcome and len(row.months) == 1 and not row.words]
