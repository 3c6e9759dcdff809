"""What a redline is made of: the merged tree, its revisions, and the pairs of blocks that differ.

The merged tree is a document tree with these marks, and no others:

- ``<ins>`` and ``<del>`` round inline content. They nest neither in each other nor in an atom (a
  value, a citation, a cross-reference, a label, a constant), though they may stand inside
  formatting (``em``, ``strong``, ``sub``, ``sup``) or round it.
- ``data-change="ins"`` or ``"del"`` on a block element, a table's row or cell, a list's item or a
  picture that stands on one side only. Nothing inside carries a mark of its own.
- ``data-colspan-old``, ``data-colspan-new``, ``data-rowspan-old`` and ``data-rowspan-new`` on a cell: the
  span it has in that edition, where the merged table, whose rows all have every column, needs another.
- Every mark has ``data-revision``, the number of its `Revision`.

What is deleted is plain text: it has no ids, ``data-was`` instead of ``data-value``, no link, no
label and no citation mark. A deleted picture has ``data-edition="old"``. So ids are unique, and whatever
leads somewhere leads to what the new edition has.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml.etree import _Element


@dataclass(frozen=True)
class Revision:
    """One change as a reader counts them: a word or number replaced, a column added.

    ``place`` is the id of the nearest section, figure or table. ``keys`` are those of the values that
    it deletes or inserts, ``pair`` the position of its block among the redline's pairs.
    """

    number: int
    place: str
    before: str
    after: str
    keys: tuple[str, ...]
    pair: int


@dataclass(frozen=True)
class Pair:
    """A block that differs: a paragraph, heading, caption, note, item, table cell or picture.

    ``kind``: "paragraph", "heading", "caption", "note", "item", "reference", "cell" or "figure".
    ``before`` and ``after`` are its whole text, None where it stands on one side only. ``row`` and
    ``column`` name a cell by the texts of its heads.
    """

    kind: str
    place: str
    before: str | None
    after: str | None
    keys_before: tuple[str, ...] = ()
    keys_after: tuple[str, ...] = ()
    row: str = ""
    column: str = ""


@dataclass(frozen=True)
class Redline:
    """Two document trees in one. See the module for the marks in ``tree``."""

    tree: _Element
    revisions: tuple[Revision, ...]
    pairs: tuple[Pair, ...]
