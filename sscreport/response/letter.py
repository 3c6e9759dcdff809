"""The letter: a round's answers filled in, as one document tree."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePosixPath

import jinja2
from lxml import etree
from lxml.builder import E
from lxml.etree import _Element
from markdown_it import MarkdownIt

from sscreport.changes import Change, Changes, Weight
from sscreport.compose.sources import typed_numbers
from sscreport.compose.templates import Guard
from sscreport.document import Manuscript
from sscreport.problems import InputError, Problem
from sscreport.records import Review
from sscreport.response.places import Places
from sscreport.response.promises import PROSE, Promises
from sscreport.response.round import Round, mark
from sscreport.wording import DAGGER, RECONSTRUCTED, has_digit

RESULTS = ("conclusion", "effect", "value", "cell", "figure")
OTHER = "Other changes of wording"
_LABEL = re.compile(r"(?:Figs?\.|Tables?)\s+S?\d+(?:(?:, | and |[–-])S?\d+)*|\[\d+(?:[–,]\s*\d+)*\]")
_TOKEN = re.compile(r"@block-[a-j]+@")


@dataclass(frozen=True)
class Letter:
    """``tree`` is an ``<article>``. ``kept`` are the positions of the changes that the answers tell."""

    tree: _Element
    title: str
    kept: frozenset[int]


def compose_letter(
    round_: Round, review: Review, changes: Changes, old: Manuscript, new: Manuscript, places: Places
) -> Letter:
    """The letter of a round. ``review`` and ``new`` are the revised edition, ``old`` the submitted one.

    Raises `InputError` with every promise that the diff does not bear out, every typed number, and
    every change in results that no answer tells.
    """
    file = PurePosixPath(round_.file)
    guard = Guard(review, [name for name in places.names if "-" in name], str(file.parent))
    promises = Promises(guard, changes, old, new, places)
    guard.offer(promises.functions())
    problems = _typed(round_)
    rendered = guard.render_text(file.name, round_.source)
    problems += [*guard.problems, *(() if guard.problems else _unannounced(round_, changes, promises))]
    if problems:
        raise InputError(problems)
    answers = _answers(rendered, round_)
    tree = E.article({"class": "letter"}, *_header(round_, new))
    tree.extend(_read(answers[-1], promises, round_, 0))
    tree.extend(_comments(round_, answers, promises))
    tree.extend(_others(changes, promises))
    _fill(tree, new)
    _mark_reconstructed(tree)
    return Letter(tree, round_.title, frozenset(promises.kept))


def _typed(round_: Round) -> list[Problem]:
    try:
        return list(typed_numbers(round_.file, round_.source))
    except jinja2.TemplateSyntaxError:
        return []  # rendering will say so, with its line


# ---------------------------------------------------------------- what must be told


def _unannounced(round_: Round, changes: Changes, promises: Promises) -> Iterator[Problem]:
    """A problem for each cause of changed results that no answer owns up to."""
    silent: dict[int, list[Change]] = {}
    for position, change in enumerate(changes.changes):
        if change.weight == Weight.HIDDEN or change.kind not in RESULTS or position in promises.kept:
            continue
        for cause in set(change.causes) - promises.claimed:
            silent.setdefault(cause, []).append(change)
    for position, told in sorted(silent.items()):
        cause, first = changes.causes[position], told[0]
        what = f"{first.what}: {first.before} → {first.after}" if first.kind != "figure" else first.place
        more = f" and {len(told) - 1} more" if len(told) > 1 else ""
        yield Problem(
            round_.file,
            f"No answer tells what {cause.where} changed in the results ({what}{more}). Tell it where a "
            f'comment asked for it, or as a correction of yours: changed(cause="{cause.where}").',
        )


# ---------------------------------------------------------------- parts


def _header(round_: Round, new: Manuscript) -> Iterator[_Element]:
    number = round_.settings.get("manuscript_number")
    about = f"{new.title}" + (f" ({number})" if number else "")
    yield E.header(E.h1(round_.title), E.p({"class": "meta"}, about))


def _comments(round_: Round, answers: Mapping[int, str], promises: Promises) -> Iterator[_Element]:
    reviewer, section = "", None
    for position, comment in enumerate(round_.comments):
        if comment.reviewer != reviewer:
            if section is not None:
                yield section
            reviewer, section = comment.reviewer, E.section(E.h2(comment.reviewer))
        part = E.section({"data-comment": comment.title}, E.h3(comment.title))
        if comment.quoted.strip():
            part.append(_quoted(comment.quoted))
        part.extend(_read(answers[position], promises, round_, comment.line))
        section.append(part)
    if section is not None:
        yield section


def _quoted(text: str) -> _Element:
    """A reviewer's own words, as they came: no markup of theirs is followed."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text)]
    return E.aside({"class": "notice"}, *(E.p(part) for part in paragraphs if part))


def _others(changes: Changes, promises: Promises) -> Iterator[_Element]:
    """Sentences that differ by causes that no answer tells; other numbers of figures and tables in one."""
    told = [
        change
        for position, change in enumerate(changes.changes)
        if change.kind in PROSE
        and position not in promises.kept
        and not promises.claimed.issuperset(change.causes)
    ]
    reworded = [change for change in told if not _renumbered(change)]
    if told:
        section = E.section(E.h2(OTHER), *promises.passages(reworded))
        if len(reworded) < len(told):
            section.append(
                E.p("Figures, tables and references are numbered anew where others came before them.")
            )
        yield section


def _renumbered(change: Change) -> bool:
    """Whether nothing but the numbers of figures, tables and references differs."""
    if change.before is None or change.after is None:
        return False
    return _LABEL.sub("#", change.before) == _LABEL.sub("#", change.after)


def _answers(rendered: str, round_: Round) -> dict[int, str]:
    """The Markdown of each answer by its comment's position; that of the opening at -1."""
    marks = {mark(position): position for position in range(-1, len(round_.comments))}
    found: dict[int, list[str]] = {}
    position = -1
    for line in rendered.splitlines():
        if line in marks:
            position = marks[line]
        else:
            found.setdefault(position, []).append(line)
    return {position: "\n".join(found.get(position, ())) for position in marks.values()}


def _read(markdown: str, promises: Promises, round_: Round, line: int) -> list[_Element]:
    """An answer as elements, with what its calls print in the places of their tokens."""
    markup = MarkdownIt("commonmark", {"html": True, "xhtmlOut": True}).render(markdown)
    try:
        root = etree.fromstring(f"<div>{_without_entities(markup)}</div>")
    except etree.XMLSyntaxError as error:
        raise InputError(
            [Problem(round_.file, f"The markup is not well-formed: {error.msg}.", line or None)]
        ) from error
    for element in list(root.iter("p")):
        text = "".join(element.itertext()).strip()
        if _TOKEN.fullmatch(text):
            for block in promises.blocks[text]:
                element.addprevious(block)
            element.getparent().remove(element)
        elif _TOKEN.search(text):
            expected = (
                "changed() and quote() stand on a line of their own, with an empty line before and after."
            )
            raise InputError([Problem(round_.file, expected, line or None)])
    return list(root)


def _without_entities(markup: str) -> str:
    """Names of characters that only HTML knows, as characters."""
    return re.sub(r"&(?!amp;|lt;|gt;|quot;|apos;|#)\w+;", lambda match: html.unescape(match.group()), markup)


def _fill(tree: _Element, new: Manuscript) -> None:
    """Give cross-references and citations the numbers that they have in the manuscript."""
    labels = {
        item.get("data-ref"): "".join(item.itertext())
        for item in new.tree.iterfind(".//span[@class='label']")
    }
    listed = [item.get("id", "") for item in new.tree.iterfind("section[@id='references']//li")]
    numbers = {name.removeprefix("ref-"): position for position, name in enumerate(listed, start=1)}
    for element in list(tree.iter("a")):
        if name := element.get("data-ref"):
            element.tag, element.text = "span", labels[name]
            element.attrib.pop("href", None)
    for element in tree.iterfind(".//span[@data-cites]"):
        keys = element.get("data-cites", "").split()
        element.text = f"[{', '.join(str(numbers.get(key, key)) for key in keys)}]"
        element.attrib.pop("data-place", None)


def _mark_reconstructed(tree: _Element) -> None:
    """A dagger behind each reconstructed value that has none before the next value, and what it says."""
    for value in tree.xpath(".//span[@data-value][@class='reconstructed']"):
        after = takewhile(_is_no_value, value.xpath("following-sibling::node()"))
        told = "".join(step if isinstance(step, str) else "".join(step.itertext()) for step in after)
        if has_digit("".join(value.itertext())) and DAGGER not in told:
            dagger = E.sup(DAGGER)
            dagger.tail, value.tail = value.tail, None
            value.addnext(dagger)
    if DAGGER in "".join(tree.itertext()):
        tree.append(E.p({"class": "meta"}, f"{DAGGER} {RECONSTRUCTED}."))


def _is_no_value(node: str | _Element) -> bool:
    return isinstance(node, str) or not {"data-value", "data-was"} & {*node.attrib}
