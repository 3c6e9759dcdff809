"""What does not fit, and the register of the checks that find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sscreport.audit.article import Article, Sentence

SEVERITIES = ("high", "moderate", "low")


@dataclass(frozen=True)
class Evidence:
    """A passage of at most 25 words, a table's cell, or a number computed from them.

    ``source`` is the file it stands in ("" for what was computed), ``row`` the line of a text
    ("line 17") or the row of a table, ``column`` the column of a table.
    """

    text: str
    source: str = ""
    row: str = ""
    column: str = ""

    @property
    def place(self) -> str:
        return ", ".join(part for part in (self.source, self.row, self.column) if part) or "computed"


@dataclass(frozen=True)
class Misfit:
    """One thing that does not fit: where it stands, what it is, by what evidence, and what to do."""

    check: str
    where: str
    line: int | None
    what: str
    evidence: tuple[Evidence, ...]
    severity: str
    remedy: str


@dataclass(frozen=True)
class Check:
    """A named check. ``needs`` says what an article must state for it to say anything."""

    name: str
    title: str
    needs: str
    find: Callable[[Article], Iterator[Misfit]]

    @property
    def about(self) -> str:
        return " ".join((self.find.__doc__ or "").split())


CHECKS: dict[str, Check] = {}


def check(name: str, title: str, needs: str) -> Callable[..., Callable[[Article], Iterator[Misfit]]]:
    """Enter a function of the article into the register of checks."""

    def enter(find: Callable[[Article], Iterator[Misfit]]) -> Callable[[Article], Iterator[Misfit]]:
        CHECKS[name] = Check(name, title, needs, find)
        return find

    return enter


def at(sentence: Sentence, name: str, what: str, severity: str, remedy: str, *evidence: Evidence) -> Misfit:
    """A misfit that stands in a sentence."""
    return Misfit(name, sentence.place, sentence.line, what, evidence, severity, remedy)


def computed(text: str) -> Evidence:
    """A number that was computed, with what it is."""
    return Evidence(text)
