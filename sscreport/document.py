"""The manuscript: one document tree with its figures, as the three writers receive it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml.etree import _Element

from sscreport.records import Figure


@dataclass(frozen=True)
class Manuscript:
    """``tree`` is an ``<article>`` of strict XHTML-like elements without namespace.

    ``figures`` and ``pngs`` (300 dpi) are keyed by figure id; ``values_json`` is the register of
    every value, as it travels inside the files.
    """

    tree: _Element
    title: str
    subject: str
    authors: tuple[str, ...]
    keywords: tuple[str, ...]
    language: str
    figures: Mapping[str, Figure]
    pngs: Mapping[str, bytes]
    values_json: str
