"""Changes as one plain record, which is what ``--json`` prints.

- ``old``, ``new``: ``name``, ``code`` and ``commit`` (null outside git or where not committed)
- ``summary``: ``conclusion_changed`` (true or false), ``changes`` (how many in all) and how many of
  each weight: ``conclusion``, ``effect``, ``visible``, ``hidden``
- ``changes``, the weightiest first: ``kind``, ``place``, ``what``, ``key``, ``before``, ``after``
  (texts, null where there is none), ``difference`` (a number or null), ``weight`` (one of the words above),
  ``reason``, ``causes`` and ``revisions`` (numbers of the marks in the marked manuscript)
- a cause: ``kind``, ``where``, ``before``, ``after``, ``told``, ``uncommitted`` and ``commits``, the last
  first, each with ``hash``, ``author``, ``date`` and ``subject``
- ``without_effect``: causes that changed nothing
- ``notes``: sentences about the comparison itself
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from sscreport.changes import Cause, Change, Changes, Side, Weight

Record = dict[str, Any]


def to_record(changes: Changes) -> Record:
    """The record described above, of JSON's types alone."""
    causes = [_cause(cause) for cause in changes.causes]
    return {
        "old": _side(changes.old),
        "new": _side(changes.new),
        "summary": {
            "conclusion_changed": bool(changes.conclusions),
            "changes": len(changes.changes),
            **{_word(weight): len(changes.of(weight)) for weight in reversed(Weight)},
        },
        "changes": [_change(change, causes) for change in changes.changes],
        "without_effect": [_cause(cause) for cause in changes.without_effect],
        "notes": list(changes.notes),
    }


def _word(weight: Weight) -> str:
    return weight.name.lower()


def _side(side: Side) -> Record:
    return {"name": side.name, "code": side.code, "commit": side.commit and asdict(side.commit)}


def _cause(cause: Cause) -> Record:
    return {
        "kind": cause.kind,
        "where": cause.where,
        "before": cause.before,
        "after": cause.after,
        "told": cause.told,
        "uncommitted": cause.uncommitted,
        "commits": [asdict(commit) for commit in cause.commits],
    }


def _change(change: Change, causes: list[Record]) -> Record:
    return {
        "kind": change.kind,
        "place": change.place,
        "what": change.what,
        "key": change.key,
        "before": change.before,
        "after": change.after,
        "difference": _number(change.difference),
        "weight": _word(change.weight),
        "reason": change.reason,
        "causes": [causes[position] for position in change.causes],
        "revisions": list(change.revisions),
    }


def _number(number: float | None) -> float | None:
    """JSON knows no infinity."""
    return number if number is not None and math.isfinite(number) else None
