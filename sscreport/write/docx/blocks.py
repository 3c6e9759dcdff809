"""Block elements of the tree as paragraphs, tables and pictures: one function per tag."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace

from docx.shared import Pt
from lxml.etree import _Element

from sscreport.write.docx import inline
from sscreport.write.docx.line import Line
from sscreport.write.docx.marks import figure_keys, origins_of
from sscreport.write.docx.pictures import drawing
from sscreport.write.docx.story import Story
from sscreport.write.docx.styles import FIGURE_GAP_PT, text_width_mm
from sscreport.write.docx.tables import DIGIT_TWIPS, build_table
from sscreport.write.docx.tracked import DELETED, INSERTED, Edit, edit_around, edit_of
from sscreport.write.docx.tree import SPACES, broken, classes, contents, elements, no_rule, plain, where

Block = Callable[[Story, _Element], None]
APPENDIX, SUPPLEMENT = "origins", "supplement"  # the ids of their sections
PARAGRAPHS = {"authors": "Authors", "meta": "Meta", "origin": "Origin"}  # styles by class
DEEPEST_LIST = 3  # built-in list styles end here


def flow(story: Story, element: _Element) -> None:
    """Write mixed contents: blocks by their rule, inline runs between them as paragraphs."""
    waiting: list[str | _Element] = []
    for item in contents(element):
        if isinstance(item, str) or item.tag in inline.INLINES:
            waiting.append(item)
        else:
            _paragraph_of(story, waiting)
            waiting = []
            block(story, item)
    _paragraph_of(story, waiting)


def _paragraph_of(story: Story, items: list[str | _Element]) -> None:
    if all(isinstance(item, str) and not SPACES.sub("", item) for item in items):
        return
    with story.paragraph() as line:
        for item in items:
            inline.put(story, line, item, story.place.look)


def block(story: Story, element: _Element) -> None:
    """Write one block element; a link's target becomes a bookmark on its first paragraph."""
    if element.tag not in BLOCKS:
        raise no_rule(element)
    classes(element)
    identity = element.get("id", "")
    if identity in story.marks.targets and identity not in story.marks.captions:
        story.anchors.append(story.marks.targets[identity])
    with story.editing(edit_of(element) if element.tag != "img" else None):
        BLOCKS[element.tag](story, element)


def _fill(story: Story, line: Line, element: _Element) -> None:
    inline.fill(story, line, element, story.place.look)


def _heading(style: str, in_appendix: str | None = None) -> Block:
    def write(story: Story, element: _Element) -> None:
        landscape = story.place.landscape or _is_landscape(element.getnext())
        shown = in_appendix or style if story.place.appendix else style
        with story.at(landscape=landscape), story.paragraph(shown) as line:
            _fill(story, line, element)

    return write


def _is_landscape(element: _Element | None) -> bool:
    return element is not None and element.tag == "figure" and "landscape" in classes(element)


def _paragraph(story: Story, element: _Element) -> None:
    kind = classes(element)
    style = next((style for name, style in PARAGRAPHS.items() if name in kind), None)
    with story.paragraph(style) as line:
        _fill(story, line, element)


def _section(story: Story, element: _Element) -> None:
    story.new_page = story.new_page or element.get("id") == SUPPLEMENT
    with story.at(appendix=True) if element.get("id") == APPENDIX else nullcontext():
        flow(story, element)


def _division(story: Story, element: _Element) -> None:
    if "notes" not in classes(element):
        flow(story, element)
        return
    *upper, last = elements(element) or [None]
    for notes, keep in ((upper, True), ([last] if last is not None else [], False)):
        with story.at(style="Table Note", keep_with_next=keep):
            for note in notes:
                block(story, note)


def _notice(story: Story, element: _Element) -> None:
    with story.at(style="Notice"):
        flow(story, element)


def _quotation(story: Story, element: _Element) -> None:
    with story.at(style="Quote"):
        flow(story, element)


def _figure(story: Story, element: _Element) -> None:
    if element.get("id", "") not in story.marks.captions and not _deleted(element):
        raise broken(f"A figure or table needs a caption with a label, {where(element)}.")
    story.apart = True
    with story.at(landscape=_is_landscape(element)):
        flow(story, element)
    story.apart = True


def _deleted(element: _Element) -> bool:
    edit = edit_around(element)
    return edit is not None and edit.kind == DELETED


def _caption(story: Story, element: _Element) -> None:
    above_table = "table" in classes(element.getparent())
    with story.at(style="Caption", keep_with_next=above_table):
        flow(story, element)


def _image(story: Story, element: _Element) -> None:
    """A figure's picture has a paragraph; where it is drawn anew, the old one and the new one share it."""
    pictures = element.getparent().findall("img")
    if element is not pictures[0]:
        return
    with story.at(keep_with_next=True), story.paragraph("Figure") as line:
        for picture in pictures:
            with line.changed(edit_of(picture)):
                (_old_picture if _deleted(picture) else _picture)(story, line, picture)


def _picture(story: Story, line: Line, element: _Element) -> None:
    identity = element.get("data-figure", "")
    caption = story.marks.captions.get(element.getparent().get("id", ""))
    figure, png = story.manuscript.figures.get(identity), story.manuscript.pngs.get(identity)
    if figure is None or png is None or caption is None:
        raise broken(f"The picture {identity!r} is missing or stands outside a figure, {where(element)}.")
    origins = story.marks.targets.get(origins_of(figure, story.manuscript.origins))
    picture = drawing(story.document, figure, png, element.get("alt") or figure.alt, origins)
    number = caption.label.split()[-1]  # "1", or "S1" in the supplement
    marks = [story.marks.value_mark(key, f"f{number}") for key in figure_keys(figure)]
    with line.bookmark(*marks):
        line.picture(picture)


def _old_picture(story: Story, line: Line, element: _Element) -> None:
    """A picture of the other edition, under a name of its own; nothing in it is a value of this one."""
    identity = element.get("data-figure", "")
    figure, png = story.old.figures.get(identity), story.old.pngs.get(identity)
    if figure is None or png is None:
        raise broken(f"The old picture {identity!r} is missing, {where(element)}.")
    named = replace(figure, id=f"{identity}-old")
    picture = drawing(story.document, named, png, element.get("alt") or figure.alt, None)
    picture[0].set("distB", str(Pt(FIGURE_GAP_PT)))  # apart from the new one below it
    line.picture(picture)


def _table(story: Story, element: _Element) -> None:
    width = text_width_mm(story.place.landscape)

    def fill_cell(container: object, cell: _Element, align: str, bold: bool, keep: bool) -> None:
        look = replace(story.place.look, bold=bold)
        pad = round(float(cell.get("data-pad", "0")) * DIGIT_TWIPS)
        with story.at(
            container=container,
            style="Table Text",
            align=align,
            indent_right=pad,
            keep_with_next=keep,
            look=look,
            edit=edit_around(cell),
        ):
            flow(story, cell)

    below = element.getnext()
    has_notes = below is not None and bool(plain(below))
    story.table(build_table(element, width, fill_cell, has_notes, story.tracked))


def _list(name: str) -> Block:
    def write(story: Story, element: _Element) -> None:
        depth = 1 + sum(step.tag in ("ul", "ol") for step in element.iterancestors())
        if depth > DEEPEST_LIST:
            raise broken(f"Lists nest deeper than {DEEPEST_LIST} levels, {where(element)}.")
        suffix = f" {depth}" if depth > 1 else ""
        numbering = story.restarted_numbering(name + suffix) if element.tag == "ol" else None
        for item in elements(element):
            later = f"List Continue{suffix}"
            with story.at(style=name + suffix, later_style=later, numbering=numbering):
                block(story, item)

    return write


_numbered_list = _list("List Number")


def _ordered_list(story: Story, element: _Element) -> None:
    if "references" not in classes(element):
        _numbered_list(story, element)
        return
    items = elements(element)
    for item, lead in zip(items, _leads(items), strict=True):
        with story.at(style="Reference", lead=lead):
            block(story, item)


def _leads(items: list[_Element]) -> Iterator[tuple[tuple[str, Edit | None], ...]]:
    """The number of each item, counted in each edition by itself.

    Where the two differ, the last item that only one of them has is the cause.
    """
    counted, cause = {INSERTED: 0, DELETED: 0}, 0
    for item in items:
        edit = edit_around(item)
        for kind in [edit.kind] if edit else counted:
            counted[kind] += 1
        new, old = (f"{counted[kind]}." for kind in counted)
        if edit:
            cause = edit.number
            yield ((f"{counted[edit.kind]}.", None),)
        elif new == old:
            yield ((new, None),)
        else:
            yield ((old, Edit(DELETED, cause)), (new, Edit(INSERTED, cause)))


def _definitions(story: Story, element: _Element) -> None:
    """Terms and what they stand for, one line each with a tab between."""
    parts = elements(element)
    if [part.tag for part in parts] != ["dt", "dd"] * (len(parts) // 2):
        raise broken(f"A list of definitions must alternate dt and dd, {where(element)}.")
    for term, meaning in zip(parts[::2], parts[1::2], strict=True):
        with story.editing(edit_of(term)), story.paragraph("Abbreviation") as line:
            inline.fill(story, line, term, replace(story.place.look, bold=True))
            line.tab()
            _fill(story, line, meaning)


BLOCKS: dict[str, Block] = {
    "article": flow,
    "aside": _notice,
    "blockquote": _quotation,
    "div": _division,
    "dl": _definitions,
    "figcaption": _caption,
    "figure": _figure,
    "h1": _heading("Title"),
    "h2": _heading("Heading 1"),
    "h3": _heading("Heading 2", in_appendix="Origin Heading"),
    "h4": _heading("Heading 3"),
    "header": flow,
    "img": _image,
    "li": flow,
    "ol": _ordered_list,
    "p": _paragraph,
    "section": _section,
    "table": _table,
    "ul": _list("List Bullet"),
}
