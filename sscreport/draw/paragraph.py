"""Lines of parts broken to a width: what runs on below a plot, and cells that need more than one line."""

from __future__ import annotations

from collections.abc import Sequence

from sscreport.draw.canvas import Canvas, Constant, Part, line_text
from sscreport.draw.fonts import pieces, text_width, wrap
from sscreport.problems import BuildError, Problem
from sscreport.values import Value
from sscreport.wording import printed

Parts = tuple[Part, ...]


def paragraph(parts: Sequence[Part], width: float, points: float, bold: bool = False) -> list[Parts]:
    """``parts`` broken into lines of at most ``width`` millimetres; values stay in one piece.

    BuildError where a piece that cannot be broken is wider.
    """
    lines: list[Parts] = [()]
    for word in _words(parts):
        longer = (*lines[-1], *word)
        if lines[-1] and text_width(line_text(longer), points, bold) > width:
            lines.append(_without_space(word))
        else:
            lines[-1] = longer if lines[-1] else _without_space(word)
    for line in lines:
        demand_room(line_text(line), width, points, bold)
    return [_joined(line) for line in lines]


def cell(value: Value, width: float, points: float, more: Sequence[Part] = ()) -> list[Parts]:
    """A value of words, broken where it is wider than ``width``; ``more`` follows its last word.

    On one line it is the value; broken, each line is a constant that names it.
    """
    text, tail = printed(value), line_text(more)
    if text_width(text + tail, points) <= width:
        return [(value, *more)]
    *full, last = wrap(text, width, points, tail=tail)
    lines: list[Parts] = [(Constant(line, f"words of {value.key}"),) for line in full]
    lines.append((Constant(last, f"words of {value.key}"), *more) if last else _without_space(tuple(more)))
    for line in lines:
        demand_room(line_text(line), width, points)
    return lines


def demand_room(text: str, width: float, points: float, bold: bool = False) -> None:
    """BuildError where ``text`` is wider than ``width`` millimetres."""
    if text_width(text, points, bold) > width + 1e-6:
        expected = f"There is no room for {text!r}: make the figure wider or the text shorter."
        raise BuildError([Problem("figure", expected)])


def write(canvas: Canvas, x: float, y: float, lines: Sequence[Parts], points: float, leading: float) -> float:
    """Add lines below each other, the first baseline at ``y``; returns the last baseline."""
    for i, line in enumerate(lines):
        canvas.text(x, y + i * leading, line, points)
    return y + (len(lines) - 1) * leading


def _words(parts: Sequence[Part]) -> list[Parts]:
    """The parts glued to words: a new one begins only where plain words may be broken."""
    words: list[Parts] = []
    for part in parts:
        for i, piece in enumerate(pieces(part) if isinstance(part, str) else [part]):
            begins = isinstance(piece, str) and (i > 0 or piece.startswith(" "))
            if not words or begins:
                words.append((piece,))
            else:
                words[-1] = (*words[-1], piece)
    return words


def _without_space(word: Parts) -> Parts:
    first, *rest = word
    return (first.lstrip(" ") if isinstance(first, str) else first, *rest)


def _joined(line: Parts) -> Parts:
    """Neighbouring plain words as one part."""
    found: list[Part] = []
    for part in line:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part)
    return tuple(found)
