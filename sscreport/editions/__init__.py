"""Editions: the two builds that a diff compares, found by name and made without touching anything.

sources   what a name means: a revision of git, a folder, a released archive, a finished file
git       the little that is asked of git
pack      a manuscript as one file, which code of any version can write and today's can read
cache     packs kept from one run to the next
edition   an edition: taken from the cache, or made by the code it belongs to
"""

from sscreport.editions.edition import Edition, obtain, obtain_noting
from sscreport.editions.sources import Source, find

__all__ = ["Edition", "Source", "find", "obtain", "obtain_noting"]
