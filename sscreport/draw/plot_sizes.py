"""Sizes that funnel, Baujat and sweep plots have in common."""

from __future__ import annotations

WIDTH = 110.0  # mm, the usual one
TALLER = 0.35  # for each millimetre more of it
TOP = 7.0  # mm, of the plotting area
RIGHT_MARGIN = 5.0
EDGE = 0.5
SIZE = 7.5  # points
NOTE_SIZE = 7.0
LINE = 3.8
