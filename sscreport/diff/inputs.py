"""What went in: the differences between two reviews' files, each of which can be applied alone.

A file of tables, settings or records is read as its parts, so that a difference is a cell, a row, a
setting or an entry whatever the lines look like; a template or a text is read as lines. `mixed` gives the
files that have some of the differences and not the others.
"""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from typing import Any

import tomli_w

Inputs = Mapping[str, str]
Path = tuple[str, ...]
ORDER = "order"  # the name of the difference that is the order of entries
ABSENT = object()


@dataclass(frozen=True)
class Difference:
    """One difference. ``path`` leads to it within its file; "" is the whole file.

    Of a text that is read as ``lines``, the path is the positions where its lines begin and end, in the
    old file and in the new. ``before`` and ``after`` are raw texts, None where there is nothing.
    """

    file: str
    path: Path
    before: str | None
    after: str | None
    lines: bool = False


def differences(old: Inputs, new: Inputs) -> list[Difference]:
    """Every difference between the files of two reviews, in the order of the files."""
    return [
        difference
        for file in sorted({*old, *new})
        if old.get(file) != new.get(file)
        for difference in _of_file(file, old.get(file), new.get(file))
    ]


def mixed(old: Inputs, new: Inputs, chosen: Collection[Difference]) -> dict[str, str]:
    """The old files with the ``chosen`` differences made to them."""
    files: dict[str, str] = {}
    for file in sorted({*old, *new}):
        if old.get(file) == new.get(file):
            files[file] = old[file]
            continue
        wanted = frozenset(item.path for item in chosen if item.file == file)
        content = _mixed_file(file, old.get(file), new.get(file), wanted)
        if content is not None:
            files[file] = content
    return files


def content_at(file: str, text: str | None, path: Path) -> str | None:
    """The raw text at a path within a structured file; None where there is none."""
    part = _parsed(file, text) if text is not None else None
    for step in path:
        if step == ORDER and step not in (part or {}):
            return " ".join(part) if isinstance(part, dict) else None
        part = _numbered(part)
        if not isinstance(part, dict) or step not in part:
            return None
        part = part[step]
    return _raw(part)


# ---------------------------------------------------------------- a file


def _of_file(file: str, old: str | None, new: str | None) -> Iterator[Difference]:
    if old is None or new is None:
        yield Difference(file, (), old, new)
        return
    before, after = _parsed(file, old), _parsed(file, new)
    if before is None or after is None:
        yield from _of_lines(file, old, new)
    else:
        yield from _of_parts(file, (), before, after)


def _mixed_file(file: str, old: str | None, new: str | None, wanted: Collection[Path]) -> str | None:
    if old is None or new is None:
        return new if () in wanted else old
    before, after = _parsed(file, old), _parsed(file, new)
    if before is None or after is None:
        return _mixed_lines(old, new, wanted)
    return _written(file, _mixed_parts((), before, after, wanted), new)


# ---------------------------------------------------------------- parts


@lru_cache(maxsize=256)
def _parsed(file: str, text: str) -> dict[str, Any] | None:
    """The parts of a file by name; None where it is read as lines."""
    try:
        return _READ[file.rpartition(".")[2]](text)
    except (KeyError, ValueError):
        return None


def _read_csv(text: str) -> dict[str, Any]:
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    # Sorted, since the order of columns says nothing.
    named = {row["id"]: {name: row[name] or "" for name in sorted(filter(None, row))} for row in rows}
    if len(named) != len(rows):
        raise ValueError("two rows have one id")
    return named


def _named(content: Any) -> Any:
    """Lists of records that have an id or a name, as records by that name; other lists whole."""
    if isinstance(content, dict):
        return {name: _named(item) for name, item in content.items()}
    if isinstance(content, list) and content and all(isinstance(item, dict) for item in content):
        for label in ("id", "name"):
            names = [item.get(label) for item in content]
            if all(isinstance(name, str) for name in names) and len({*names}) == len(names):
                return _Records({item[label]: _named(item) for item in content})
    return content


class _Records(dict[str, Any]):
    """A list of named records."""


def _plain(content: Any) -> Any:
    if isinstance(content, _Records):
        return [_plain(item) for item in content.values()]
    return {name: _plain(item) for name, item in content.items()} if isinstance(content, dict) else content


def _read_json(text: str) -> dict[str, Any]:
    content = json.loads(text)
    return _named(content if isinstance(content, dict) else {"": content})


_READ: dict[str, Callable[[str], dict[str, Any]]] = {
    "csv": _read_csv,
    "toml": lambda text: _named(tomllib.loads(text)),
    "json": _read_json,
}


def _written(file: str, parts: dict[str, Any], new: str) -> str:
    kind, content = file.rpartition(".")[2], _plain(parts)
    if kind == "csv":
        return _written_csv(content, next(csv.reader(io.StringIO(new, newline="")), []))
    if kind == "toml":
        return tomli_w.dumps(content)
    return json.dumps(content.get("", content) if list(content) == [""] else content, ensure_ascii=False)


def _written_csv(rows: Mapping[str, Mapping[str, str]], columns: Iterable[str]) -> str:
    names = list(dict.fromkeys([*columns, *(name for row in rows.values() for name in row)]))
    held = [name for name in names if any(name in row for row in rows.values())]
    result = io.StringIO(newline="")
    writer = csv.DictWriter(result, held, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows.values())
    return result.getvalue()


def _numbered(content: Any) -> Any:
    """A list of nameless records as records by their place, from 1."""
    if isinstance(content, list) and content and all(isinstance(item, dict) for item in content):
        return _Records({str(place): item for place, item in enumerate(content, start=1)})
    return content


def _like(old: Any, new: Any) -> tuple[Any, Any]:
    """Two lists of nameless records can be told apart by place where they are equally long."""
    same_length = isinstance(old, list) and isinstance(new, list) and len(old) == len(new)
    return (_numbered(old), _numbered(new)) if same_length else (old, new)


def _of_parts(file: str, path: Path, old: Any, new: Any) -> Iterator[Difference]:
    old, new = _like(old, new)
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new or type(old) is not type(new):
            yield Difference(file, path, _raw(old), _raw(new))
        return
    for name in dict.fromkeys((*old, *new)):
        yield from _of_parts(file, (*path, name), old.get(name, ABSENT), new.get(name, ABSENT))
    orders = [[name for name in side if name in other] for side, other in ((old, new), (new, old))]
    if orders[0] != orders[1]:
        yield Difference(file, (*path, ORDER), *(" ".join(order) for order in orders))


def _mixed_parts(path: Path, old: Any, new: Any, wanted: Collection[Path]) -> Any:
    old, new = _like(old, new)
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new if path in wanted else old
    first, second = (new, old) if (*path, ORDER) in wanted else (old, new)
    merged = {}
    for name in _in_order(list(first), list(second)):
        part = _mixed_parts((*path, name), old.get(name, ABSENT), new.get(name, ABSENT), wanted)
        if part is not ABSENT:
            merged[name] = part
    return type(new)(merged)


def _in_order(first: list[str], second: list[str]) -> list[str]:
    """All names, in the order of ``first``; what only ``second`` has follows its neighbour there."""
    names = list(first)
    for before, name in pairwise([None, *second]):
        if name not in names:
            names.insert(names.index(before) + 1 if before in names else 0, name)
    return names


def _raw(content: Any) -> str | None:
    """A part as a reader would write it."""
    if content is ABSENT or content is None:
        return None
    if isinstance(content, (dict, list)):
        items = content.values() if isinstance(content, _Records) else content
        if isinstance(content, dict) and not isinstance(content, _Records):
            return ", ".join(f"{name} = {_raw(item)}" for name, item in content.items())
        return ", ".join(_raw(item) or "" for item in items)
    return str(content).lower() if isinstance(content, bool) else str(content)


# ---------------------------------------------------------------- lines


def _blocks(old: str, new: str) -> Iterator[tuple[int, int, int, int]]:
    sides = [text.splitlines(keepends=True) for text in (old, new)]
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, *sides, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if i2 - i1 == j2 - j1:  # line by line, where as many lines are there
            yield from ((i1 + n, i1 + n + 1, j1 + n, j1 + n + 1) for n in range(i2 - i1))
        else:
            yield i1, i2, j1, j2


def _of_lines(file: str, old: str, new: str) -> Iterator[Difference]:
    lines = [text.splitlines(keepends=True) for text in (old, new)]
    for i1, i2, j1, j2 in _blocks(old, new):
        before, after = "".join(lines[0][i1:i2]), "".join(lines[1][j1:j2])
        path = tuple(map(str, (i1, i2, j1, j2)))
        yield Difference(file, path, before or None, after or None, lines=True)


def _mixed_lines(old: str, new: str, wanted: Collection[Path]) -> str:
    lines = [text.splitlines(keepends=True) for text in (old, new)]
    result, done = [], 0
    for i1, i2, j1, j2 in _blocks(old, new):
        result += lines[0][done:i1]
        result += lines[1][j1:j2] if tuple(map(str, (i1, i2, j1, j2))) in wanted else lines[0][i1:i2]
        done = i2
    return "".join([*result, *lines[0][done:]])
