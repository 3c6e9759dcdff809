"""Changes on a terminal: the answer and the counts first, then what changed, by cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from sscreport.changes import Cause, Change, Changes, Weight
from sscreport.forms.words import (
    QUESTION,
    answer,
    by_cause,
    contrasted,
    counted,
    idle_told,
    moved,
    name_of,
    tally,
    title_of,
    told_of_code,
)
from sscreport.screen import put

_HEADS = {
    Weight.CONCLUSION: "Conclusions",
    Weight.EFFECT: "Effects",
    Weight.VISIBLE: "Other visible changes",
    Weight.HIDDEN: "Hidden changes (what is printed is the same)",
}
_SHORT = 40  # characters: longer texts stand below one another
_LONG = 400


def show(changes: Changes, console: Console | None = None, verbose: bool = False) -> None:
    """Print the changes; hidden ones and differences without any effect only if ``verbose``."""
    weights = [weight for weight in _HEADS if verbose or weight != Weight.HIDDEN]
    told: set[int] = set()
    trees = [_tree(changes, weight, told) for weight in weights if changes.of(weight)]
    put(*_first(changes), *trees, *_last(changes, verbose), console=console)


def _first(changes: Changes) -> Iterator[str]:
    yield f"{escape(name_of(changes.old))} → {escape(name_of(changes.new))}"
    yield f"[bold]{QUESTION} {answer(changes)}[/]"
    if changes.changes:
        yield tally(changes)


def _tree(changes: Changes, weight: Weight, told: set[int]) -> Tree:
    """The changes of a weight by cause. ``told`` are positions of causes that a reader knows already."""
    tree = Tree(f"[bold]{_HEADS[weight]}[/]")
    for group in by_cause(changes, changes.of(weight)):
        pairs = zip(group.positions, group.causes, strict=True)
        words = (cause.where if position in told else cause.told for position, cause in pairs)
        branch = tree.add(f"because of {escape('; '.join(words))}")
        told.update(group.positions)
        for change in group.members:
            _add(branch, change)
    return tree


def _add(branch: Tree, change: Change) -> None:
    """A change in a line, or where its texts are long with both below it; then the reason."""
    before, after = contrasted(change, _LONG)
    title = escape(title_of(change))
    by = f" ({moved(change)})" if moved(change) else ""
    if change.before is change.after is None:
        leaf = branch.add(f"{title}: {before}")
    elif max(len(before), len(after)) <= _SHORT:
        leaf = branch.add(f"{title}: {escape(before)} → [bold]{escape(after)}[/]{by}")
    else:
        leaf = branch.add(title)
        if change.before is not None:
            leaf.add(f"[red]− {escape(before)}[/]")
        if change.after is not None:
            leaf.add(f"[green]+ {escape(after)}[/]")
    if change.reason and change.weight > Weight.VISIBLE:
        leaf.add(escape(change.reason))


def _last(changes: Changes, verbose: bool) -> Iterator[str | Tree]:
    hidden, idle = changes.of(Weight.HIDDEN), changes.without_effect
    if verbose and idle:
        yield _list("Differences that change nothing", idle)
    elif hidden or idle:
        parts = [counted(Weight.HIDDEN, len(hidden))] if hidden else []
        parts += [idle_told(changes)] if idle else []
        yield f"[dim]{'; '.join(parts)}: listed with --all[/]"
    for note in told_of_code(changes):
        yield f"Note: {escape(note)}"


def _list(title: str, causes: Iterable[Cause]) -> Tree:
    tree = Tree(f"[bold]{title}[/]")
    for cause in causes:
        tree.add(escape(cause.told))
    return tree
