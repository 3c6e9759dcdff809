"""Inline elements of the tree as runs, fields and links: one function per tag."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

from docx.opc.constants import RELATIONSHIP_TYPE
from lxml.etree import _Element

from sscreport.origins import Origin
from sscreport.wording import unrounded
from sscreport.write.docx.line import Line, Look
from sscreport.write.docx.marks import Caption
from sscreport.write.docx.story import Story
from sscreport.write.docx.styles import IDENTITIES
from sscreport.write.docx.tracked import edit_around, edit_of
from sscreport.write.docx.tree import broken, classes, contents, no_rule, plain, where

TOOLTIP_LIMIT = 255  # Word takes no longer one

Inline = Callable[[Story, Line, _Element, Look], None]


def fill(story: Story, line: Line, element: _Element, look: Look) -> None:
    """Write everything inside ``element`` into the line."""
    for item in contents(element):
        put(story, line, item, look)


def put(story: Story, line: Line, item: str | _Element, look: Look) -> None:
    """Write text or one inline element, with its identity where it has one.

    A value or a link's target is inside its bookmark.
    """
    if isinstance(item, str):
        line.text(item, look)
        return
    if item.tag not in INLINES:
        raise no_rule(item)
    classes(item)
    name = story.marks.targets.get(item.get("id", ""))
    style = next((IDENTITIES[said] for said in item.attrib if said in IDENTITIES), look.style)
    look = replace(look, style=style)
    with line.bookmark(name) if name else nullcontext():
        INLINES[item.tag](story, line, item, look)


def _with_look(**changes: bool) -> Inline:
    def write(story: Story, line: Line, element: _Element, look: Look) -> None:
        fill(story, line, element, replace(look, **changes))

    return write


def _break(story: Story, line: Line, element: _Element, look: Look) -> None:
    line.line_break()


def _span(story: Story, line: Line, element: _Element, look: Look) -> None:
    if "label" in classes(element):
        _label(line, story.marks.captions[element.get("data-ref", "")], replace(look, bold=True))
    elif element.get("data-value"):
        _value(story, line, element, look)
    else:
        fill(story, line, element, look)


def _changed(story: Story, line: Line, element: _Element, look: Look) -> None:
    """What one edition has alone, in a document marked against another."""
    if not story.tracked:
        raise no_rule(element)
    with line.changed(edit_of(element)):
        fill(story, line, element, look)


def _value(story: Story, line: Line, element: _Element, look: Look) -> None:
    """A value is a link to its entry in the appendix, if there is one, and looks like the text around it."""
    if story.old:
        fill(story, line, element, look)
        return
    key = element.get("data-value", "")
    entry, origin = _target(story, f"v-{key}", element), story.manuscript.origins[key]
    with line.link(w_anchor=entry, w_tooltip=_told(origin)):
        fill(story, line, element, look)


def _told(origin: Origin) -> str:
    """What a reader is told who points at a value."""
    number = unrounded(origin.number) or str(origin.number)
    return " ".join(f"{origin.what}: {number} {origin.unit}".split())[:TOOLTIP_LIMIT]


def _target(story: Story, identity: str, link: _Element) -> str:
    """The bookmark of the element that a link leads to."""
    if identity not in story.marks.targets:
        raise broken(f"The link {plain(link)!r} points at #{identity}, which does not exist, {where(link)}.")
    return story.marks.targets[identity]


def _label(line: Line, caption: Caption, look: Look) -> None:
    """A figure's or table's label, its number counted by Word."""
    with line.bookmark(caption.whole):
        line.text(caption.before, look)
        with line.bookmark(caption.number_only):
            line.field(f"SEQ {caption.sequence} \\* ARABIC", caption.number, look)


def _link(story: Story, line: Line, element: _Element, look: Look) -> None:
    href = element.get("href", "")
    caption = story.marks.captions.get(element.get("data-ref", ""))
    if caption:
        _cross_reference(line, element, caption, look)
    elif href.startswith("#"):
        with line.link(w_anchor=_target(story, href[1:], element)):
            fill(story, line, element, replace(look, style=look.style or "Hyperlink"))
    elif href:
        part = story.document.part
        relationship = part.relate_to(href, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        with line.link(r_id=relationship):
            fill(story, line, element, replace(look, style="Hyperlink"))
    else:
        raise broken(f"The link {plain(element)!r} has no href, {where(element)}.")


def _cross_reference(line: Line, element: _Element, caption: Caption, look: Look) -> None:
    """A REF field to the whole label, or to its number where the text words it otherwise.

    A label that one edition lacks is no aim for what stands in both: rejected, it would leave an error.
    """
    text = plain(element)
    if not caption.lasting and edit_around(element) is None:
        line.text(text, look)
        return
    for name, shown in ((caption.whole, caption.label), (caption.number_only, caption.number)):
        before, found, after = text.partition(shown)
        if found:
            line.text(before, look)
            line.field(f"REF {name} \\h \\* MERGEFORMAT", found, look)
            line.text(after, look)
            return
    raise broken(f"The cross-reference {text!r} does not name {caption.label}, {where(element)}.")


INLINES: dict[str, Inline] = {
    "a": _link,
    "b": _with_look(bold=True),
    "br": _break,
    "del": _changed,
    "em": _with_look(italic=True),
    "i": _with_look(italic=True),
    "ins": _changed,
    "span": _span,
    "strong": _with_look(bold=True),
    "sub": _with_look(subscript=True),
    "sup": _with_look(superscript=True),
}
