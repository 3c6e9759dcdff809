"""Check that a citation leads to the study its sentence names.

"Wang et al. … [33]" names an author and a report. Within a sentence a citation belongs to the name
last mentioned before it: a text followed by "et al.", or the printed label of a study.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.etree import _Element

from sscreport.problems import Problem
from sscreport.records import Review
from sscreport.sentences import BLOCKS, END

PLACE = "data-place"  # where a template cites, until the citations are numbered
_NAME = re.compile(r"([A-ZÀ-Þ][\w’'-]+)(?= et al\.)")
_LABEL = re.compile(r"^studies\.(.+)\.label$")


def miscited(tree: _Element, review: Review) -> Iterator[Problem]:
    """Every citation of another work than that of the author or study named before it."""
    for block in tree.iter(*BLOCKS):
        named = ""
        for piece, element in _pieces(block):
            if element is not None and element.get("data-cites"):
                keys = element.get("data-cites", "").split()
                if named and not any(_fits(named, key, review) for key in keys):
                    yield _problem(named, keys, element, review)
                named = ""
            elif element is not None and (label := _LABEL.match(element.get("data-value", ""))):
                named = f"study:{label[1]}"
            else:
                named = _named_in(piece, named)


def _pieces(element: _Element) -> Iterator[tuple[str, _Element | None]]:
    """Text by text in reading order; a value or citation comes whole, with its element."""
    if element.text:
        yield element.text, None
    for child in element:
        if not isinstance(child.tag, str):
            pass
        elif child.get("data-value") or child.get("data-cites"):
            yield "".join(child.itertext()), child
        elif child.tag not in BLOCKS:
            yield from _pieces(child)
        if child.tail:
            yield child.tail, None


def _named_in(text: str, before: str) -> str:
    """The name that a citation after ``text`` would belong to."""
    ends = [match.end() for match in END.finditer(text)]
    names = list(_NAME.finditer(text))
    if names and (not ends or names[-1].start() >= ends[-1]):
        return names[-1][1]
    return "" if ends else before


def _fits(named: str, key: str, review: Review) -> bool:
    """Whether the work ``key`` is by the author named, or reports the study named."""
    _, is_study, study = named.partition("study:")
    if is_study:
        return study in review.studies and key in review.studies[study].references
    reported = [str(s.label.content) for s in review.studies.values() if key in s.references]
    names = [_first_author(key, review), *reported]
    return any(named.casefold() == name.casefold() for name in names)


def _first_author(key: str, review: Review) -> str:
    authors = review.references[key].get("author") or [{}]
    return str(authors[0].get("family") or authors[0].get("literal") or "")


def _problem(named: str, keys: list[str], element: _Element, review: Review) -> Problem:
    _, is_study, study = named.partition("study:")
    who = str(review.studies[study].label.content) if is_study and study in review.studies else named
    file, _, line = element.get(PLACE, "").rpartition(":")
    cited = " and ".join(f"{key} is by {_first_author(key, review) or 'others'}" for key in keys)
    return Problem(file, f"The sentence names {who} et al. and cites another work: {cited}.", int(line))
