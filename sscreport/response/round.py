"""A round of review as it is written: the reviewers' comments, each with its answer.

A round is a Markdown file. Settings stand at its top between lines of ``+++``, as TOML. A heading of
the first level is a reviewer, one of the second a comment: its lines that begin with ``>`` are quoted,
everything else is the answer, in Markdown and in the language of the templates.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from sscreport.problems import InputError, Problem

FENCE = "+++"
SETTINGS = {"title", "against", "authors_section", "manuscript_number", "date"}
NEEDED = {"title", "against"}
AUTHORS = "Corrections by the authors"
_HEADING = re.compile(r"(#{1,2}) +(.+?)\s*")


@dataclass(frozen=True)
class Comment:
    """``title`` is its heading; ``line`` where that stands. ``own``: a correction that nobody asked for."""

    reviewer: str
    title: str
    line: int
    quoted: str
    answered: bool
    own: bool = False


@dataclass(frozen=True)
class Round:
    """``source`` is the file with everything but answers blanked, line by line, so that lines stay true.

    In it a line of its own, `mark`, begins the answer to each comment.
    """

    file: str
    settings: dict[str, Any]
    comments: tuple[Comment, ...]
    source: str = field(repr=False)

    @property
    def title(self) -> str:
        return self.settings["title"]

    @property
    def against(self) -> str:
        return self.settings["against"]


def mark(position: int) -> str:
    """The line that begins the answer to the comment at a position; the opening of the letter is at -1."""
    return "@answer-" + "abcdefghij"[position // 10 % 10] + "abcdefghij"[position % 10] + "@"


def read_round(file: str, text: str) -> Round:
    """The round in a file; `InputError` with everything that is wrong with its form."""
    lines = text.splitlines()
    settings, start, problems = _settings(file, lines)
    own = settings.get("authors_section", AUTHORS)
    reviewer, comments = "", []
    source = [*[""] * (start - 1), mark(-1)]
    for number, line in enumerate(lines[start:], start=start + 1):
        heading = _HEADING.fullmatch(line)
        if heading and heading[1] == "#":
            reviewer = heading[2]
            source.append("")
        elif heading:
            if not reviewer:
                problems.append(
                    Problem(file, f"The comment “{heading[2]}” stands below no reviewer.", number)
                )
            body = _body(lines, number)
            quoted = "\n".join(part[1:].removeprefix(" ") for part in body if part.startswith(">"))
            answered = any(part.strip() and not part.startswith(">") for part in body)
            comments.append(Comment(reviewer, heading[2], number, quoted, answered, reviewer == own))
            source.append(mark(len(comments) - 1))
        else:
            source.append("" if line.startswith(">") else line)
    problems += _incomplete(file, comments)
    if problems:
        raise InputError(problems)
    return Round(file, settings, tuple(comments), "\n".join(source) + "\n")


def _settings(file: str, lines: list[str]) -> tuple[dict[str, Any], int, list[Problem]]:
    """The settings, the number of lines they take, and what is wrong with them."""
    expected = f"A round begins with its settings between two lines of {FENCE}."
    if not lines or lines[0].strip() != FENCE or FENCE not in map(str.strip, lines[1:]):
        raise InputError([Problem(file, expected, 1)])
    end = next(n for n, line in enumerate(lines[1:], start=1) if line.strip() == FENCE)
    try:
        found = tomllib.loads("\n".join(lines[1:end]))
    except tomllib.TOMLDecodeError as error:
        raise InputError([Problem(file, f"The settings are no TOML: {error}.", 1)]) from error
    wrong = [Problem(file, f"The settings lack {name}.", 1) for name in sorted(NEEDED - found.keys())]
    known = ", ".join(sorted(SETTINGS))
    wrong += [
        Problem(file, f"There is no setting {name}. Known: {known}.", 1) for name in found.keys() - SETTINGS
    ]
    return found, end + 1, wrong


def _body(lines: list[str], heading: int) -> list[str]:
    """The lines below a heading, up to the next one."""
    return list(takewhile(lambda line: not _HEADING.fullmatch(line), lines[heading:]))


def _incomplete(file: str, comments: list[Comment]) -> Iterator[Problem]:
    if not comments:
        yield Problem(file, "There is no comment: a heading “## …” with the comment quoted below it.")
    seen: set[str] = set()
    for comment in comments:
        if comment.title in seen:
            yield Problem(file, f"Two comments are called “{comment.title}”.", comment.line)
        seen.add(comment.title)
        if not comment.quoted.strip() and not comment.own:
            yield Problem(
                file, f"“{comment.title}” quotes no comment (lines that begin with “>”).", comment.line
            )
        if not comment.answered:
            yield Problem(file, f"“{comment.title}” has no answer.", comment.line)
