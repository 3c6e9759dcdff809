"""Audit the finished tree: every digit has an identity and says what its key says, ids are unique."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from sscreport.problems import BuildError, Problem
from sscreport.values import Book
from sscreport.wording import has_digit, variants

IDENTITIES = ("data-value", "data-cite", "data-ref", "data-constant")


def audit(article: etree._Element, book: Book) -> None:
    """Raise `BuildError` naming every digit without identity, every false text and repeated id."""
    problems = [
        Problem(f"section {place}", f"A number without identity stands in the text: “{excerpt}”.")
        for place, excerpt in unexplained(article)
    ]
    problems += [
        Problem(f"section {place}", f"“{text}” stands under the key {key}, which does not print so.")
        for place, key, text in misstated(article, book)
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
        if has_digit(text) and not _identified(parent):
            yield _section(parent), " ".join(text.split())[:80]


def misstated(article: etree._Element, book: Book) -> Iterator[tuple[str, str, str]]:
    """Section, key and text of each value that is unknown or printed as something else."""
    for element in article.iterfind(".//*[@data-value]"):
        key, text = element.get("data-value"), "".join(element.itertext())
        if key not in book or text not in variants(book[key]):
            yield _section(element), key, text


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
