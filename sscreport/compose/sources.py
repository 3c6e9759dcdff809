"""Read a template's source for what it may not hold: typed numbers and identities, and claims.

A claim word may stand in a call of `says`, `among`, `tally` or `claim`, in the passage of a
``{% call claim(…) %}``, and in a recorded statement. Every branch is read, whether or not the data
lead into it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import nodes

from sscreport.compose.stated import Statement, misplaced
from sscreport.folder import STATED
from sscreport.problems import Problem
from sscreport.vocabulary import claim_words
from sscreport.wording import has_digit

TYPED = ("says", "among", "claim", "tally")
WHITE_SPACE = {"trim_blocks": True, "lstrip_blocks": True}  # around the templates' tags
_READER = jinja2.Environment(**WHITE_SPACE, autoescape=True)
KEYED = ("cite", "ref", "const", "rows", "figure", "table")  # their arguments are names, not prose
_NAMES_AND_COMMENTS = re.compile(r"<!--.*?-->|</?[A-Za-z][\w-]*", re.DOTALL)
_TAGS = re.compile(r"<[^<>]*>")
_IDENTITY = re.compile(r"data-(?:value|cites?|ref|constant|claim)\b")


@lru_cache(maxsize=64)
def read_source(file: str, source: str, statements: tuple[Statement, ...]) -> tuple[Problem, ...]:
    """Everything that ``source``, the text of the template ``file``, may not hold.

    ``statements`` are those recorded for it. Raises jinja2.TemplateSyntaxError.
    """
    tree = _READER.parse(source)
    return (*_offences(file, tree), *_unclaimed(file, tree, statements))


def typed_numbers(file: str, source: str) -> tuple[Problem, ...]:
    """Numbers, identities and calls that a text may not hold which is no template of the manuscript."""
    return tuple(_offences(file, _READER.parse(source)))


def _offences(file: str, tree: nodes.Template) -> Iterator[Problem]:
    """Numbers, identities and calls that a template's source may not hold, each with its line."""
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                for offset, expected in _offences_in_markup(node.data):
                    yield Problem(file, expected, node.lineno + node.data.count("\n", 0, offset))
            else:
                for constant in _printed_constants(node):
                    expected = f"A number is typed into an expression: {constant!r}. Print a value instead."
                    yield Problem(file, expected, node.lineno)
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Getattr):
            # A method such as replace() could print something else under a value's key.
            expected = f"Methods cannot be called in a template: {call.node.attr}()."
            yield Problem(file, expected, call.lineno)


def _unclaimed(file: str, tree: nodes.Template, statements: Sequence[Statement]) -> Iterator[Problem]:
    """Every claim word that no value carries and no statement covers; statements that do not stand there."""
    found: Counter[Statement] = Counter()
    for text, line, prose in _passages(tree, False):
        readable = _blanked(_TAGS, text) if prose else text
        spans = [(s, span) for s in statements for span in s.spans(readable)]
        found.update(statement for statement, _ in spans)
        for word in claim_words(_blanked(_NAMES_AND_COMMENTS, text) if prose else text):
            if not any(start <= word.start and word.end <= end for _, (start, end) in spans):
                place = line + text.count("\n", 0, word.start)
                yield Problem(file, complaint(word.word, word.dimension), place)
    yield from misplaced(statements, found)


def complaint(word: str, dimension: str) -> str:
    """What to do about a claim word that nothing carries."""
    return (
        f"The word “{word}” claims {dimension} and no value carries it. Write says(…), among(…) or claim(…), "
        f"print a value, or record the sentence in {STATED}."
    )


def _passages(node: nodes.Node, typed: bool) -> Iterator[tuple[str, int, bool]]:
    """Every text outside typed calls with its line, and whether it is prose between expressions."""
    if isinstance(node, nodes.TemplateData):
        if not typed:
            yield node.data, node.lineno, True
    elif isinstance(node, nodes.Const):
        if isinstance(node.value, str) and not typed:
            yield node.value, node.lineno, False
    elif isinstance(node, nodes.Call):
        yield from _argument_passages(node, typed)
    elif isinstance(node, nodes.CallBlock):
        yield from _passages(node.call, typed)
        inside = typed or _name(node.call) in TYPED
        for child in node.body:
            yield from _passages(child, inside)
    elif isinstance(node, nodes.Getitem):
        yield from _passages(node.node, typed)
    elif not isinstance(node, nodes.Compare):
        for child in node.iter_child_nodes():
            yield from _passages(child, typed)


def _argument_passages(call: nodes.Call, typed: bool) -> Iterator[tuple[str, int, bool]]:
    """Texts among the arguments of a call. One word may be a state's name; it is read when printed."""
    name = _name(call)
    if name in KEYED or name in TYPED:
        return
    for child in call.iter_child_nodes():
        single = child.value if isinstance(child, nodes.Keyword) else child
        if isinstance(single, nodes.Const) and " " not in str(single.value).strip():
            continue
        yield from _passages(child, typed)


def _name(call: nodes.Call) -> str:
    return call.node.name if isinstance(call.node, nodes.Name) else ""


def _blanked(pattern: re.Pattern[str], data: str) -> str:
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), data)


def _printed_constants(node: nodes.Node) -> Iterator[Any]:
    """Constants with digits that an expression could print: not arguments, keys or comparisons."""
    if isinstance(node, nodes.Const):
        if has_digit(str(node.value)):
            yield node.value
    elif isinstance(node, nodes.CondExpr):
        for branch in filter(None, (node.expr1, node.expr2)):
            yield from _printed_constants(branch)
    elif isinstance(node, nodes.Filter):
        yield from _printed_constants(node.node) if node.node else ()
    elif isinstance(node, nodes.Call) and _name(node) in TYPED:
        for child in node.iter_child_nodes():
            yield from _printed_constants(child.value if isinstance(child, nodes.Keyword) else child)
    elif not isinstance(node, (nodes.Call, nodes.Getitem, nodes.Getattr, nodes.Compare)):
        for child in node.iter_child_nodes():
            yield from _printed_constants(child)


def _offences_in_markup(data: str) -> Iterator[tuple[int, str]]:
    """Offset and complaint of each number in text or attributes (h2 is a name), and each typed identity."""
    blanked = _blanked(_NAMES_AND_COMMENTS, data)
    last = -2
    for offset, sign in enumerate(blanked):
        if has_digit(sign):
            if offset > last + 1:
                excerpt = " ".join(data[max(0, offset - 20) : offset + 20].split())
                yield offset, f"A number is typed into the text: “{excerpt}”. Print a value instead."
            last = offset
    for match in _IDENTITY.finditer(blanked):
        yield (
            match.start(),
            f"{match.group()} is typed by hand; only values, cite(), ref() and const() may give it.",
        )
