"""Audit the finished tree: every digit has an identity, every id is there once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from lxml import etree

from sscreport.problems import BuildError, Problem

IDENTITIES = ("data-value", "data-cite", "data-ref", "data-constant")
_DIGIT = re.compile(r"\d")


def audit(article: etree._Element) -> None:
    """Raise `BuildError` naming every digit outside an identity, and every repeated id."""
    problems = [
        Problem(f"section {place}", f"A number without identity stands in the text: “{excerpt}”.")
        for place, excerpt in unexplained(article)
    ]
    ids = Counter(element.get("id") for element in article.iter() if element.get("id"))
    problems += [
        Problem("templates", f"The id {name} is used {count} times; ids must be unique.")
        for name, count in ids.items()
        if count > 1
    ]
    if problems:
        raise BuildError(problems)


def unexplained(article: etree._Element) -> Iterator[tuple[str, str]]:
    """Section and passage of each digit that stands in no element with an identity."""
    for text, parent in _texts(article):
        if _DIGIT.search(text) and not _identified(parent):
            yield _section(parent), " ".join(text.split())[:80]


def _texts(article: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    for element in article.iter():
        if element.text and isinstance(element.tag, str):
            yield element.text, element
        if element.tail and element.getparent() is not None:
            yield element.tail, element.getparent()


def _identified(element: etree._Element | None) -> bool:
    while element is not None:
        if any(element.get(name) is not None for name in IDENTITIES):
            return True
        element = element.getparent()
    return False


def _section(element: etree._Element | None) -> str:
    while element is not None:
        if element.get("id"):
            return element.get("id")
        element = element.getparent()
    return "?"
