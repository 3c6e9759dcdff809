"""Redline: two editions of a document tree become one tree that carries every change.

records   the merged tree's marks, its revisions, the pairs of blocks that differ
blocks    the verb: sections, paragraphs, lists and figures, block by block
tables    rows, columns and cells (grid, matching, layout say what stands where)
inline    marks inside a block (atoms, edits say what changes)
marks     reading the marks
sides     the two editions that a merged tree holds
"""

from sscreport.redline.blocks import redline
from sscreport.redline.records import Pair, Redline, Revision
from sscreport.redline.sides import accepted, rejected

__all__ = ["Pair", "Redline", "Revision", "accepted", "redline", "rejected"]
