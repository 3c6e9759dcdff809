"""How anything with an identity is written into the tree.

The markup strings here are made where a template or table prints something; `numbering` fills the
numbers of citations and cross-references in later.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from sscreport import wording
from sscreport.values import Value


def value(item: Value, text: str | None = None) -> Markup:
    """A value as it is printed, or worded as ``text``, inside an element that carries its key."""
    shown = wording.printed(item) if text is None else text
    kind = Markup(' class="reconstructed"') if item.reconstructed else ""
    return Markup('<span data-value="{}"{}>{}</span>').format(item.key, kind, shown)


def cite(*keys: str, place: str = "") -> Markup:
    """A citation whose number is not yet known; ``place`` is the template's line that cites, if one does."""
    where = Markup(' data-place="{}"').format(place) if place else ""
    return Markup('<span class="citation" data-cites="{}"{}/>').format(" ".join(keys), where)


def reference(target: str) -> Markup:
    return Markup('<a data-ref="{0}" href="#{0}"/>').format(target)


def constant(text: str, why: str) -> Markup:
    return Markup('<span data-constant="{}">{}</span>').format(why, text)


def claim(keys: Sequence[str], text: object) -> Markup:
    """A passage with the keys of the values that carry what it claims; nothing where it says nothing."""
    shown = escape("" if text is None else text)
    return Markup('<span data-claim="{}">{}</span>').format(" ".join(keys), shown) if shown else Markup("")


def p(item: Value) -> Markup:
    """ "P = 0.50" or "P < 0.0001": the relation belongs to the value."""
    return Markup("<em>P</em>{}{}").format(wording.THIN, value(item, wording.relation(item)))


def interval(low: Value, high: Value) -> Markup:
    """An en dash between two bounds that are not negative, "to" where one is."""
    between = "–" if min(low.content, high.content) >= 0 else " to "
    return value(low) + between + value(high)


def dagger(item: Value) -> Markup:
    """The mark of a value that rests on reconstructed data; nothing for any other."""
    return Markup("<sup>{}</sup>").format(wording.DAGGER) if item.reconstructed else Markup("")


def listing(items: list[Value]) -> Markup:
    """ "a, b and c"."""
    marked = [value(item) if isinstance(item, Value) else escape(item) for item in items]
    if len(marked) < 2:
        return Markup("").join(marked)
    return Markup(", ").join(marked[:-1]) + " and " + marked[-1]


def words(item: Value) -> Markup:
    return value(item, wording.in_words(item))


def capitalised(item: Value) -> Markup:
    return value(item, wording.capitalised(item))
