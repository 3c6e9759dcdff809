"""Statements that no value carries: recorded passages of the templates, each with its reason.

What was done, what a term means, what others have shown: such sentences hold claim words and
follow from no number of the review. data/stated.toml lists them word for word, so that an editor can
review the list, and a passage covers no other sentence than the one that was recorded::

    [[stated]]
    template = "methods"
    why = "what was done, as the article reports it"
    text = ["a third settled disagreements that discussion did not resolve"]
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sscreport.folder import STATED, TEMPLATES
from sscreport.problems import Problem, did_you_mean
from sscreport.vocabulary import claim_words

FEWEST_WORDS = 3  # fewer could stand in a sentence that nobody has reviewed


@dataclass(frozen=True)
class Statement:
    """A recorded passage of one template (its file name) and why no value carries it."""

    template: str
    text: str
    why: str

    def spans(self, source: str) -> Iterator[tuple[int, int]]:
        """Where the passage stands in ``source``, however its lines are broken."""
        for match in _pattern(self.text).finditer(source):
            yield match.span()


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, text.split()))
    return re.compile(rf"(?<!\w){words}(?!\w)")


def read_statements(root: Path) -> tuple[tuple[Statement, ...], list[Problem]]:
    """The statements of the review in ``root``, and what is wrong with the list."""
    path = root / STATED
    if not path.is_file():
        return (), []
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return (), [Problem(STATED, f"This is not valid TOML: {error}.")]
    entries = content.get("stated", [])
    problems = [
        Problem(
            STATED, "Each [[stated]] needs template and why as texts and text as a list of texts.", row=str(n)
        )
        for n, entry in enumerate(entries, start=1)
        if not _is_entry(entry)
    ]
    statements = tuple(
        Statement(f"{entry['template']}.html", text, entry["why"])
        for entry in entries
        if _is_entry(entry)
        for text in entry["text"]
    )
    return statements, [*problems, *filter(None, map(_complaint, statements))]


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, Mapping)
        and set(entry) == {"template", "why", "text"}
        and all(isinstance(entry[name], str) and entry[name].strip() for name in ("template", "why"))
        and isinstance(entry["text"], list)
        and all(isinstance(text, str) for text in entry["text"])
    )


def _complaint(statement: Statement) -> Problem | None:
    if len(statement.text.split()) < FEWEST_WORDS:
        expected = f"A statement needs at least {FEWEST_WORDS} words, so that it fits one sentence only."
    elif not any(claim_words(statement.text)):
        expected = "This statement holds no word that claims anything; it need not be recorded."
    else:
        return None
    return Problem(STATED, expected, row=statement.template, column="text", value=statement.text)


def misplaced(statements: Iterable[Statement], found: Mapping[Statement, int]) -> Iterator[Problem]:
    """Statements that do not stand in their template exactly once; ``found`` counts where they stand."""
    for statement in statements:
        times = found.get(statement, 0)
        if times != 1:
            how = f"stands {times} times" if times else "does not stand"
            place = f"{TEMPLATES}/{statement.template}"
            expected = f"This passage {how} in {place}; record the sentence as it stands there, once."
            yield Problem(STATED, expected, row=statement.template, column="text", value=statement.text)


def homeless(statements: Iterable[Statement], templates: Collection[str]) -> Iterator[Problem]:
    """Statements of templates that do not exist; ``templates`` are the names of those that do."""
    for name in dict.fromkeys(statement.template for statement in statements):
        if name not in templates:
            expected = f"There is no template {TEMPLATES}/{name}.{did_you_mean(name, templates)}"
            yield Problem(STATED, expected, row=name)
