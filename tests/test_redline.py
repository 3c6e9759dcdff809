"""Two editions of a document as one: accepting gives the new one, rejecting the old one."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from random import Random

import pytest
from lxml import etree
from lxml.etree import _Element

from sscreport.build import make
from sscreport.progress import Progress
from sscreport.redline import Redline, accepted, redline, rejected
from sscreport.write.docx.tables import grid
from tests.conftest import REPOSITORY
from tests.tree_changes import changed
from tests.tree_reader import read

PAIRS = 200  # random pairs of editions


@pytest.fixture(scope="module")
def small() -> _Element:
    """The tree of the small review."""
    return make(REPOSITORY / "tests/small_review", Progress(quiet=True), paint=False).manuscript.tree


@pytest.fixture(scope="module")
def shipped() -> _Element:
    """The tree of the shipped review."""
    return make(REPOSITORY, Progress(quiet=True), paint=False).manuscript.tree


def _part(tree: _Element, random: Random) -> _Element:
    """A section of the review with one of its tables, small enough to be changed many times."""
    article = etree.Element("article")
    article.append(deepcopy(random.choice(tree.xpath("section[not(@id='supplement')] | .//section/section"))))
    for figure in random.sample(tree.xpath(".//figure"), 2):
        if not article.xpath(f".//*[@id='{figure.get('id')}']"):
            article.append(deepcopy(figure))
    return article


def _assert_both_sides(found: Redline, old: _Element, new: _Element) -> None:
    assert read(found.tree, without="del") == read(new)
    assert read(found.tree, without="ins") == read(old)
    assert read(accepted(found.tree)) == read(new)
    assert read(rejected(found.tree)) == read(old)


def _assert_well_formed(found: Redline) -> None:
    ids = Counter(found.tree.xpath(".//@id"))
    assert not [name for name, count in ids.items() if count > 1]
    marks = found.tree.xpath(".//ins | .//del | .//*[@data-change]")
    assert not [mark for mark in marks if mark.xpath("ancestor::*[self::ins or self::del or @data-change]")]
    assert not found.tree.xpath(".//*[@data-value or @data-cites or @data-ref or @data-constant]//ins")
    gone = found.tree.xpath(".//*[self::del or @data-change='del']/descendant-or-self::*")
    assert not [e for e in gone if {"id", "href", "data-value", "data-ref", "data-cites"} & set(e.attrib)]
    numbers = [int(mark.get("data-revision")) for mark in marks]
    assert list(dict.fromkeys(numbers)) == [r.number for r in found.revisions]
    assert [r.number for r in found.revisions] == list(range(1, len(found.revisions) + 1))
    assert {r.pair for r in found.revisions} <= set(range(len(found.pairs)))
    for table in found.tree.iter("table"):
        grid(table)


@pytest.mark.parametrize("start", range(0, PAIRS, 20))
def test_any_two_editions(start: int, shipped: _Element, small: _Element) -> None:
    """Whatever differs, accepting reads as the new edition and rejecting as the old one."""
    for seed in range(start, start + 20):
        random = Random(seed)
        base = small if seed % 3 == 0 else _part(shipped, random)
        old, new = (changed(base, random, random.randrange(12)) for _ in range(2))
        found = redline(old, new)
        try:
            _assert_both_sides(found, old, new)
            _assert_well_formed(found)
        except BaseException:
            print("SEED", seed)
            raise
