"""Lines of parts that fit: broken between words, and padded so that numbers stand under each other.

A value keeps its identity on one line; a name that needs several becomes constants that name it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from sscreport.draw.canvas import Canvas, Constant, Part, line_text, part_text
from sscreport.draw.fonts import full_width, text_width
from sscreport.problems import BuildError, Problem
from sscreport.values import Value
from sscreport.wording import printed

FIGURE_SPACE = "\N{FIGURE SPACE}"  # as wide as a digit
POINT_SPACE = "\N{PUNCTUATION SPACE}"  # as wide as a point

Parts = Sequence[Part]
Line = tuple[Part, ...]
Wide = Callable[[Iterable[Part]], bool]


def wrap_parts(
    parts: Parts, width: float, points: float, bold: bool = False, clauses: bool = False
) -> list[Line]:
    """``parts`` in lines of at most ``width`` millimetres, at least one.

    Lines break at spaces and between wide characters, words only where one is longer than a line.
    Numbers are never broken. With ``clauses`` lines break behind commas, semicolons and colons and
    before brackets only, as far as that does.
    """

    def wide(line: Iterable[Part]) -> bool:
        return text_width(line_text(line).rstrip(" "), points, bold) > width

    lines: list[list[Part]] = [[]]
    for word in _words(parts, wide, clauses):
        if lines[-1] and wide([*lines[-1], *word]):
            lines.append([])
        lines[-1] += word
    return [_joined(line) for line in lines]


def _words(parts: Parts, wide: Wide, clauses: bool) -> Iterator[list[Part]]:
    """What stays on one line, each with the space behind it."""
    word: list[Part] = []
    for atom in (atom for part in parts for atom in _atoms(part, wide)):
        if clauses and word and part_text(atom).startswith("("):
            yield from _short(word, wide)
            word = []
        word.append(atom)
        if not isinstance(atom, Value) and _may_break(part_text(atom), clauses):
            yield from _short(word, wide)
            word = []
    if word:
        yield from _short(word, wide)


def _may_break(text: str, clauses: bool) -> bool:
    """Whether a line may end behind ``text``."""
    if clauses:
        return text.endswith((", ", "; ", ": "))
    return text.endswith(" ") or full_width(text[-1])


def _atoms(part: Part, wide: Wide) -> Iterator[Part]:
    """A part as what it may break into; a name that is too long for a line becomes words."""
    if isinstance(part, Value):
        if not (isinstance(part.content, str) and wide([part])):
            yield part
            return
        part = Constant(printed(part), f"words of {part.key}")
    text = ""
    for sign in part_text(part):
        text += sign
        if sign == " " or full_width(sign):
            yield _like(part, text)
            text = ""
    if text:
        yield _like(part, text)


def _short(word: list[Part], wide: Wide) -> Iterator[list[Part]]:
    """A word, cut into pieces that fit."""
    if not wide(word):
        yield word
        return
    piece: list[Part] = []
    for part in word:
        signs = [part] if isinstance(part, Value) else [_like(part, sign) for sign in part_text(part)]
        for sign in signs:
            if piece and wide([*piece, sign]):
                yield piece
                piece = []
            piece.append(sign)
    yield piece


def _like(part: Part, text: str) -> Part:
    return Constant(text, part.why) if isinstance(part, Constant) else text


def _joined(line: Sequence[Part]) -> Line:
    """Neighbours of one kind as one part, without the space at the end."""
    joined: list[Part] = []
    for part in line:
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
        elif isinstance(part, Constant) and isinstance(last, Constant) and part.why == last.why:
            joined[-1] = Constant(last.text + part.text, part.why)
        else:
            joined.append(part)
    if joined and not isinstance(joined[-1], Value):
        joined[-1] = _like(joined[-1], part_text(joined[-1]).rstrip(" "))
    return tuple(part for part in joined if part_text(part))


def paragraph(parts: Parts, width: float, points: float, bold: bool = False) -> list[Line]:
    """`wrap_parts`; BuildError where a value is wider than a line."""
    lines = wrap_parts(parts, width, points, bold)
    for line in lines:
        demand_room(line_text(line), width, points, bold)
    return lines


def demand_room(text: str, width: float, points: float, bold: bool = False) -> None:
    """BuildError where ``text`` is wider than ``width`` millimetres."""
    if text_width(text, points, bold) > width + 1e-6:
        expected = f"There is no room for {text!r}: make the figure wider or the text shorter."
        raise BuildError([Problem("figure", expected)])


def write(canvas: Canvas, x: float, y: float, lines: Sequence[Line], points: float, leading: float) -> float:
    """Add lines below each other, the first baseline at ``y``; returns the last baseline."""
    for i, line in enumerate(lines):
        canvas.text(x, y + i * leading, line, points)
    return y + (len(lines) - 1) * leading


def aligned(cells: Mapping[object, Parts]) -> dict[object, Line]:
    """The cells of a column, padded with figure spaces.

    Single numbers of a right-aligned column get their decimal points under each other; where cells
    hold an estimate with both limits, each stands under its like.
    """
    counts = {sum(isinstance(part, Value) for part in line) for line in cells.values()}
    if counts == {1}:
        after = {key: _behind(line_text(line)) for key, line in cells.items()}
        most = max(after.values(), default=0)
        pads = {0: ""} | {n: POINT_SPACE + FIGURE_SPACE * (n - 1) for n in range(1, most + 1)}
        missing = {
            key: pads[most] if not n and most else FIGURE_SPACE * (most - n) for key, n in after.items()
        }
        return {key: (*line, missing[key]) if missing[key] else tuple(line) for key, line in cells.items()}
    if len(counts) != 1 or min(counts) < 3:
        return {key: tuple(line) for key, line in cells.items()}
    widest = [0] * max(counts, default=0)
    for line in cells.values():
        for place, value in enumerate(part for part in line if isinstance(part, Value)):
            widest[place] = max(widest[place], len(printed(value)))
    return {key: _padded(line, widest) for key, line in cells.items()}


def _behind(text: str) -> int:
    """Characters from the decimal point on, the point counted; 0 without one."""
    return len(text) - text.find(".") if "." in text else 0


def _padded(line: Parts, widest: Sequence[int]) -> Line:
    padded: list[Part] = []
    place = 0
    for part in line:
        if isinstance(part, Value):
            missing = widest[place] - len(printed(part))
            place += 1
            padded += [FIGURE_SPACE * missing] if missing and place > 1 else []
        padded.append(part)
    return tuple(padded)
