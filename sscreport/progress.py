"""What a build says while it works and when it is done.

Everything goes to standard error, as Quarto does, so that standard output stays free for results.
A terminal shows the running step live; anything else (a log, a pipe) gets one plain line a step.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from rich.console import Console


class Progress:
    """The steps of one build. ``seconds`` is each finished step's duration, by its name."""

    def __init__(self, quiet: bool = False, console: Console | None = None):
        self.quiet = quiet
        self.seconds: dict[str, float] = {}
        self._console = console or Console(stderr=True)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show ``name`` as running and keep how long it took. A name used twice adds up."""
        live = self._console.is_terminal and not self._console.is_dumb_terminal and not self.quiet
        if not live:
            self._say(name)
        started = time.perf_counter()
        try:
            with self._console.status(name) if live else nullcontext():
                yield
        except BaseException:
            if live:
                self._say(f"✗ {name}", style="red")
            raise
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started
        if live:
            self._say(f"✓ {name}", style="green")

    def summary(self, written: Sequence[Path], warnings: Sequence[str]) -> None:
        """Say what was written, how long each step took, and every warning.

        Files of one kind in one folder share a line. ``quiet`` leaves the warnings only.
        """
        if written:
            self._say("\nWritten")
            for line in _listing(written):
                self._say(f"  {line}")
        if self.seconds:
            steps = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.seconds.items())
            self._say(f"\nTime {sum(self.seconds.values()):.1f} s: {steps}")
        if warnings:
            self._say("\nWarnings")
            for number, warning in enumerate(warnings, start=1):
                self._print(f"  {number}. {warning}", style="yellow")

    def _say(self, text: str, style: str | None = None) -> None:
        if not self.quiet:
            self._print(text, style)

    def _print(self, text: str, style: str | None = None) -> None:
        """Print literally: a bracket in a path is no markup, and a path is never broken."""
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def _listing(written: Sequence[Path]) -> list[str]:
    """One aligned line for each file, or for all files of one suffix in one folder."""
    kinds: dict[tuple[Path, str], list[Path]] = {}
    for path in written:
        kinds.setdefault((path.parent, path.suffix), []).append(path)
    rows = []
    for (folder, suffix), paths in kinds.items():
        shown = paths[0] if len(paths) == 1 else folder / f"*{suffix}"
        count = "" if len(paths) == 1 else f"  ({len(paths)} files)"
        rows.append((_from_here(shown), _size(sum(path.stat().st_size for path in paths)), count))
    width = max(len(shown) for shown, _, _ in rows)
    return [f"{shown:<{width}}  {size:>8}{count}" for shown, size, count in rows]


def _from_here(path: Path) -> str:
    """``path`` as a user in the current folder would type it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _size(count: int) -> str:
    """Bytes in kB or MB (powers of ten, as file managers count)."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"
