"""Inline elements of the tree as runs, fields and links: one function per tag."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

from docx.opc.constants import RELATIONSHIP_TYPE
from lxml.etree import _Element

from sscreport.write.docx.line import Line, Look
from sscreport.write.docx.marks import Caption
from sscreport.write.docx.story import Story
from sscreport.write.docx.tree import broken, classes, contents, no_rule, plain, where

Inline = Callable[[Story, Line, _Element, Look], None]


def fill(story: Story, line: Line, element: _Element, look: Look) -> None:
    """Write everything inside ``element`` into the line."""
    for item in contents(element):
        put(story, line, item, look)


def put(story: Story, line: Line, item: str | _Element, look: Look) -> None:
    """Write text or one inline element, in its bookmark where it is a value or a link's target."""
    if isinstance(item, str):
        line.text(item, look)
        return
    if item.tag not in INLINES:
        raise no_rule(item)
    classes(item)
    name = story.marks.targets.get(item.get("id", ""))
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
        fill(story, line, element, replace(look, style="Value"))
    else:
        fill(story, line, element, look)


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
        if href[1:] not in story.marks.targets:
            raise broken(
                f"The link {plain(element)!r} points at {href}, which does not exist, {where(element)}."
            )
        with line.link(anchor=story.marks.targets[href[1:]]):
            fill(story, line, element, look)
    elif href:
        part = story.document.part
        relationship = part.relate_to(href, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        with line.link(relationship=relationship):
            fill(story, line, element, replace(look, style="Hyperlink"))
    else:
        raise broken(f"The link {plain(element)!r} has no href, {where(element)}.")


def _cross_reference(line: Line, element: _Element, caption: Caption, look: Look) -> None:
    """A REF field to the whole label, or to its number where the text words it otherwise."""
    text = plain(element)
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
    "em": _with_look(italic=True),
    "i": _with_look(italic=True),
    "span": _span,
    "strong": _with_look(bold=True),
    "sub": _with_look(subscript=True),
    "sup": _with_look(superscript=True),
}
