"""Random changes of a document tree, of every sort that an edition may bring."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from random import Random

from lxml import etree
from lxml.etree import _Element

WORDS = [
    *("rose", "fell", "patients", "after,", "of", "the", "(n)", "–", "effect;"),
    *("lower", "higher", "P", "score", "[a]", "12", "3.5", "−1", "mean"),
]
Change = Callable[[_Element, Random], None]


def changed(tree: _Element, random: Random, times: int) -> _Element:
    """A copy with ``times`` random changes."""
    copy = deepcopy(tree)
    for _ in range(times):
        random.choice(CHANGES)(copy, random)
    return copy


def _pick(tree: _Element, random: Random, path: str) -> _Element | None:
    found = tree.xpath(path)
    return random.choice(found) if found else None


def word(tree: _Element, random: Random) -> None:
    """A word of running text is replaced, added or left out."""
    element = _pick(tree, random, ".//p | .//li | .//figcaption | .//h2 | .//h3 | .//td | .//dd | .//p/em")
    if element is None:
        return
    steps = [step for step in element.iter() if step.text and not step.get("data-value")]
    if not steps:
        element.text = " ".join(random.choices(WORDS, k=2))
        return
    step = random.choice(steps)
    words = (step.text or "").split(" ")
    place = random.randrange(len(words))
    words[place : place + random.randrange(3)] = random.choices(WORDS, k=random.randrange(4))
    step.text = " ".join(words)


def tail(tree: _Element, random: Random) -> None:
    """The text after a value or a piece of formatting is another one."""
    element = _pick(tree, random, ".//p/* | .//td/* | .//li/* | .//figcaption/*")
    if element is not None and element.tag not in ("p", "ul"):
        element.tail = random.choice([" ", "", ", ", " " + " ".join(random.choices(WORDS, k=3)) + " "])


def value(tree: _Element, random: Random) -> None:
    """A value reads otherwise."""
    element = _pick(tree, random, ".//*[@data-value]")
    if element is not None:
        for child in list(element):
            element.remove(child)
        element.text = random.choice(
            ["1.5", "−2.25", "three", "< 0.001", "12", "not reported", "about 7 of 9"]
        )


def value_lost(tree: _Element, random: Random) -> None:
    """A value, citation or cross-reference goes, or stands twice."""
    element = _pick(tree, random, ".//p/*[@data-value or @data-cites or @data-ref] | .//td/*")
    if element is None:
        return
    if random.random() < 0.5:
        twin = deepcopy(element)
        for step in twin.iter():
            step.attrib.pop("id", None)
        element.addnext(twin)
    else:
        _cut(element)


def look(tree: _Element, random: Random) -> None:
    """Formatting is lost or put round a value."""
    element = _pick(tree, random, ".//em | .//strong | .//sup[not(@data-ref)] | .//*[@data-value]")
    if element is None or element.get("data-value") is None:
        if element is not None:
            element.tag = random.choice(["em", "strong", "sub", "span"])
        return
    outer = etree.Element(random.choice(["em", "strong", "sup"]))
    element.addprevious(outer)
    outer.tail, element.tail = element.tail, None
    outer.append(element)


def block(tree: _Element, random: Random) -> None:
    """A paragraph, item, note, heading, section, figure or list goes, is doubled or moves."""
    path = ".//p | .//li | .//h3 | .//section | .//figure | .//ul | .//div/p | .//dt"
    element = _pick(tree, random, path)
    if element is None:
        return
    whole = [element, element.getnext()] if element.tag == "dt" else [element]
    way = random.choice(["lost", "moved", "new"])
    parent, place = element.getparent(), element.getparent().index(element)
    if way == "new":
        fresh = [deepcopy(part) for part in whole]
        for step in (step for part in fresh for step in part.iter()):
            if step.get("id"):
                step.set("id", f"{step.get('id')}-{random.randrange(10**6)}")
        for part in reversed(fresh):
            part.text = " ".join(random.choices(WORDS, k=5)) if not len(part) else part.text
            parent.insert(place, part)
        return
    for part in whole:
        _cut(part)
    if way == "moved" and len(parent) and not len(whole) > 1:
        parent.insert(random.randrange(len(parent) + 1), element)


def row(tree: _Element, random: Random) -> None:
    """A table's row goes, is doubled with other words, or moves."""
    element = _pick(tree, random, ".//tbody/tr[not(*[@rowspan])]")
    if element is None:
        return
    body, place = element.getparent(), element.getparent().index(element)
    way = random.choice(["lost", "moved", "new"])
    if way != "new":
        body.remove(element)
    if way == "moved":
        body.insert(random.randrange(len(body) + 1), element)
    if way == "new":
        twin = deepcopy(element)
        for step in twin.iter():
            step.attrib.pop("id", None)
            if step.get("data-value"):
                step.set("data-value", step.get("data-value") + ".twin")
                step.text = random.choice(WORDS)
        body.insert(place, twin)


def column(tree: _Element, random: Random) -> None:
    """A table's column goes or a new one comes; heads and cells that span it shrink or grow."""
    table = _pick(tree, random, ".//table")
    if table is None:
        return
    rows = table.findall(".//tr")
    width = max((sum(int(c.get("colspan", "1")) for c in r) for r in rows), default=0)
    if width < 2:
        return
    place, lost = random.randrange(width), random.random() < 0.5
    for part in table:
        covered: dict[int, int] = {}
        for tr in part:
            _change_row(tr, place, lost, covered, width, random)


def _change_row(
    tr: _Element, place: int, lost: bool, covered: dict[int, int], width: int, random: Random
) -> None:
    columns, column = {}, 0
    cells = list(tr)
    while cells or column in covered:
        if column in covered:
            covered[column] -= 1
            if not covered[column]:
                del covered[column]
            column += 1
            continue
        cell = cells.pop(0)
        span, down = int(cell.get("colspan", "1")), int(cell.get("rowspan", "1"))
        for number in range(column, column + span):
            columns[number] = cell
            if down > 1:
                covered[number] = down - 1
        column += span
    cell = columns.get(place)
    if cell is None:
        return
    span = int(cell.get("colspan", "1"))
    if lost and span > 1:
        cell.set("colspan", str(span - 1))
    elif lost:
        tr.remove(cell)
    elif span > 1:
        cell.set("colspan", str(span + 1))
    else:
        twin = etree.Element(cell.tag, dict(cell.attrib))
        twin.text = random.choice(WORDS)
        cell.addprevious(twin)


def span(tree: _Element, random: Random) -> None:
    """Two cells side by side become one, or one that spans two becomes two."""
    cell = _pick(tree, random, ".//tbody//td[not(@rowspan)]")
    if cell is None:
        return
    wide, beside = int(cell.get("colspan", "1")), cell.getnext()
    if wide > 1:
        cell.set("colspan", str(wide - 1))
        cell.addnext(etree.Element("td"))
    elif beside is not None and not beside.get("rowspan"):
        cell.set("colspan", str(1 + int(beside.get("colspan", "1"))))
        cell.getparent().remove(beside)


def spaces(tree: _Element, random: Random) -> None:
    """White space that a browser collapses is another."""
    element = _pick(tree, random, ".//p | .//td | .//figcaption")
    if element is not None and element.text:
        element.text = element.text.replace(" ", random.choice(["\n ", "  "]))


def _cut(element: _Element) -> None:
    parent, before = element.getparent(), element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    element.tail = None
    parent.remove(element)


CHANGES: tuple[Change, ...] = (
    *(word, word, word, tail, value, value, value, value_lost, look),
    *(block, row, row, column, column, span, spaces),
)
