"""Whether two drawings look alike."""

from __future__ import annotations

import re
from itertools import zip_longest

from lxml import etree

FINEST = 0.05  # mm: what moves by less has not moved for the eye
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


def look_alike(old: str, new: str) -> bool:
    """Whether two SVGs have the same marks and texts at places that the eye cannot tell apart."""
    if old == new:
        return True
    pairs = zip_longest(etree.fromstring(old.encode()).iter(), etree.fromstring(new.encode()).iter())
    return all(a is not None and b is not None and _alike(a, b) for a, b in pairs)


def _alike(old: etree._Element, new: etree._Element) -> bool:
    if (old.tag, old.text, old.tail) != (new.tag, new.text, new.tail) or old.keys() != new.keys():
        return False
    return all(_near(old.get(name, ""), new.get(name, "")) for name in old.attrib)


def _near(old: str, new: str) -> bool:
    """Whether two attributes differ in numbers alone, and these by next to nothing."""
    if old == new:
        return True
    numbers = [list(map(float, _NUMBER.findall(side))) for side in (old, new)]
    same_words = _NUMBER.sub("#", old) == _NUMBER.sub("#", new)
    return same_words and all(abs(a - b) < FINEST for a, b in zip(*numbers, strict=True))
