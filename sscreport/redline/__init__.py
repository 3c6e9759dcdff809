"""Redline: two editions of a document tree become one tree that carries every change.

records   the merged tree's marks, its revisions, the pairs of blocks that differ
"""

from sscreport.redline.records import Pair, Redline, Revision

__all__ = ["Pair", "Redline", "Revision"]
