"""What can be wrong, and how each complaint names its place.

SSCReportError
├── UsageError     the command line or the review folder is not usable
├── InputError     data, templates or references are wrong; carries every Problem found
└── BuildError     a finished piece breaks a promise (a digit without identity, an unknown tag)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One complaint about one place.

    ``file`` is relative to the review folder. ``line``, ``row`` (the row's id), ``column`` and
    ``value`` (raw text) are None where they do not apply. ``expected`` is a full sentence.
    """

    file: str
    expected: str
    line: int | None = None
    row: str | None = None
    column: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place += f", line {self.line}"
        if self.row:
            place += f" (row {self.row})"
        if self.column is None:
            return f"{place}: {self.expected}"
        found = "is empty" if self.value in (None, "") else f"is {self.value}"
        return f"{place}: {self.column} {found}.\n    {self.expected}"


class SSCReportError(Exception):
    """Base of every error a user may see; never shown with a traceback."""


class UsageError(SSCReportError):
    """The command line or the review folder cannot be used as given."""


class InputError(SSCReportError):
    """The review's own files are wrong. Carries all problems found, not the first."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = list(problems)
        super().__init__("\n".join(map(str, self.problems)))


class BuildError(InputError):
    """A finished piece breaks a promise of the build."""


def refuse(problems: Iterable[Problem], noted: list[Problem] | None = None) -> None:
    """Raise `InputError` where there is a problem; with ``noted``, note them there and go on instead."""
    found = list(problems)
    if noted is not None:
        noted.extend(found)
    elif found:
        raise InputError(found)


def did_you_mean(name: str, known: Iterable[str], listed: bool = False) -> str:
    """ " Did you mean park?", or where ``listed`` and nothing is near, " Known: granel, park."."""
    names = list(known)
    close = get_close_matches(name, names, n=1)
    if close:
        return f" Did you mean {close[0]}?"
    return f" Known: {', '.join(names)}." if listed and names else ""
