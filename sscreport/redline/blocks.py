"""Two document trees as one: sections, paragraphs, lists, figures, block by block."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from lxml import etree
from lxml.etree import _Element

from sscreport.redline import inline
from sscreport.redline.align import aligned
from sscreport.redline.atoms import atoms, keys_of, shown
from sscreport.redline.edits import edits
from sscreport.redline.grid import Grid
from sscreport.redline.journal import Journal
from sscreport.redline.marking import HEADINGS, KINDS, copied, kind_of, label, marked, one_sided
from sscreport.redline.records import Pair, Redline
from sscreport.redline.scaffold import RUN, is_container, raised, razed
from sscreport.redline.sides import withdrawn
from sscreport.redline.tables import merged_table
from sscreport.redline.texts import Texts

SIMILAR = 0.4  # from here on a block is another edition of the other
FIRST_PLACE = "header"  # what stands in no section is on the title page
_SCARCE = {"ul": 0.1, "ol": 0.1, "dl": 0.1, "aside": 0.1, "div": 0.5, "header": 1.0, "img": 1.0}
_SCARCE |= {"table": 1.0, "figcaption": 1.0, "dt": 1.0, "dd": 1.0}
_LEAVES = frozenset(("p", "li", "aside", RUN, *KINDS))


def redline(old: _Element, new: _Element, redrawn: Collection[str] = ()) -> Redline:
    """Two editions of a document tree as one that carries every change.

    ``redrawn`` are the ids of figures whose drawing differs. Neither tree is changed.
    """
    merger = Merger(Texts(redrawn))
    (tree,) = merger.both(raised(old), raised(new), FIRST_PLACE)
    return Redline(razed(tree), tuple(merger.journal.revisions), tuple(merger.journal.pairs))


class Merger:
    def __init__(self, texts: Texts):
        self.texts = texts
        self.journal = Journal()

    # ------------------------------------------------------------ on both sides

    def both(self, old: _Element, new: _Element, place: str) -> list[_Element]:
        """Two editions of a block, merged."""
        if self.texts.look(old) == self.texts.look(new):
            return [copied(new)]
        if new.tag == "img":
            return self._redrawn(old, new, place) if self.texts.is_redrawn(new) else [copied(new)]
        if new.tag == "table":
            return merged_table(self, old, new, place)
        if is_container(new):
            return [self._container(old, new, _place(new, place))]
        return [self.content(old, new, place)]

    def _container(self, old: _Element, new: _Element, place: str) -> _Element:
        result = etree.Element(new.tag, dict(new.attrib))
        result.text = new.text
        for before, after in self._aligned(_children(old), _children(new)):
            if before is not None and after is not None:
                result.extend(self.both(before, after, place))
            elif before is not None:
                result.append(self.alone(before, "del", place))
            elif after is not None:
                result.append(self.alone(after, "ins", place))
            if after is not None:
                result[-1].tail = after.tail
        return result

    def _aligned(
        self, old: list[_Element], new: list[_Element]
    ) -> Iterator[tuple[_Element | None, _Element | None]]:
        def identity(block: _Element) -> tuple[object, ...]:
            return (_sort(block), self.texts.name(block), self.texts.look(block))

        def score(i: int, j: int) -> float:
            return self._score(old[i], new[j], first=i == j == 0)

        for i, j in aligned([identity(block) for block in old], [identity(block) for block in new], score):
            yield None if i is None else old[i], None if j is None else new[j]

    def _score(self, old: _Element, new: _Element, first: bool) -> float:
        """How much two blocks look like two editions of one; 0 where they are not."""
        if _sort(old) != _sort(new):
            return 0.0
        ours, theirs = self.texts.name(old), self.texts.name(new)
        if ours and ours == theirs:
            return 1.0
        if old.tag in ("section", "figure"):
            return 0.9 if self.texts.look(old) == self.texts.look(new) else 0.0
        least = 0.3 if first and old.tag in HEADINGS else _SCARCE.get(old.tag, 0.0)
        similar = self.texts.similarity(old, new)
        return max(similar if similar >= SIMILAR else 0.0, least)

    def content(self, old: _Element, new: _Element, place: str, row: str = "", column: str = "") -> _Element:
        """Two editions of a block of inline content."""
        stretches = edits(atoms(old), atoms(new))
        if not any(stretch.changed for stretch in stretches):
            return copied(new)
        sides = shown(old), shown(new), keys_of(old), keys_of(new)
        pair = self.journal.pair(Pair(kind_of(new), place, *sides, row, column))
        content: list[inline.Piece] = []
        for stretch in stretches:
            if not stretch.changed:
                content += inline.pieces(stretch.new)
                continue
            before, after = ("".join(atom.text for atom in side) for side in (stretch.old, stretch.new))
            keys = [key for atom in (*stretch.old, *stretch.new) for key in atom.keys]
            number = self.journal.revise(place, before.strip(" "), after.strip(" "), keys, pair)
            content += inline.pieces(stretch.old, "del", number)
            content += inline.pieces(stretch.new, "ins", number)
        result = etree.Element(new.tag, dict(new.attrib))
        inline.write(result, content)
        return result

    def cell(self, old: _Element, new: _Element, place: str, row: str, column: str) -> _Element:
        """Two editions of a table's cell."""
        if self.texts.look(old) == self.texts.look(new):
            return copied(new)
        if is_container(old) and is_container(new):
            return self._container(old, new, place)
        return self.content(old, new, place, row, column)

    def _redrawn(self, old: _Element, new: _Element, place: str) -> list[_Element]:
        labels = label(old), label(new)
        pair = self.journal.pair(Pair("figure", place, *labels))
        number = self.journal.revise(place, *labels, (), pair)
        return [marked(withdrawn(old), "del", number), marked(copied(new), "ins", number)]

    # ------------------------------------------------------------ on one side

    def alone(self, block: _Element, change: str, place: str) -> _Element:
        """A block that only one side has, with everything in it."""
        place = _place(block, place)
        first = len(self.journal.pairs)
        for pair in list(_lone_pairs(block, change, place)) or [one_sided(block, change, place)]:
            self.journal.pair(pair)
        text = "\n".join(filter(None, (shown(part) for part in _leaves(block))))
        before, after = (text, "") if change == "del" else ("", text)
        number = self.journal.revise(place, before, after, keys_of(block), first)
        return marked(withdrawn(block) if change == "del" else copied(block), change, number)


def _lone_pairs(block: _Element, change: str, place: str) -> Iterator[Pair]:
    """Every block in ``block``, itself included, that holds text or is a picture."""
    for step in block.iter(etree.Element):
        if step.tag == "table":
            for cell, row, column in Grid(step).named_cells():
                yield one_sided(cell, change, _place_of(cell, block, place), row, column)
        elif step.tag not in ("td", "th") and _is_leaf(step):
            yield one_sided(step, change, _place_of(step, block, place))


def _leaves(block: _Element) -> Iterator[_Element]:
    return (step for step in block.iter(etree.Element) if _is_leaf(step))


def _is_leaf(step: _Element) -> bool:
    return step.tag in _LEAVES and not is_container(step)


def _sort(block: _Element) -> tuple[str, str, bool]:
    """Blocks of different sorts are never editions of each other."""
    name = block.get("class", "")
    return block.tag, name.partition(" ")[0] if block.tag == "figure" else name, is_container(block)


def _place(block: _Element, outer: str) -> str:
    return block.get("id", outer) if block.tag in ("section", "figure") else outer


def _place_of(step: _Element, within: _Element, outer: str) -> str:
    for above in step.iterancestors("section", "figure"):
        if above.get("id"):
            return above.get("id", outer)
        if above is within:
            break
    return outer


def _children(container: _Element) -> list[_Element]:
    return [child for child in container if isinstance(child.tag, str)]
