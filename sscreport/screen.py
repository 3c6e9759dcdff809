"""Printing for a person: on a terminal lines fit its width, in a pipe or a file none is ever cut."""

from __future__ import annotations

from rich.console import Console, RenderableType

WIDE = 10_000  # columns of a line that no terminal breaks


def put(*parts: RenderableType, console: Console | None = None) -> None:
    """Print ``parts`` without the spaces that fill lines up."""
    console = console or Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDE
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    console.file.write("\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n")
