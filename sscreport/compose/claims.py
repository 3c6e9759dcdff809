"""Typed claims: what a template says of a value, checked against what the value is.

``says`` has a text for each state of a worded value, ``among`` names the items whose value is in one
state, ``tally`` prints counts beside what they count, ``claim`` prints a sentence on a condition over
values. What they print carries the keys of these values; a wrong word, a state without words and a
condition that does not hold stop the build.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jinja2 import nodes
from markupsafe import Markup

from sscreport.compose import marks
from sscreport.sentences import END
from sscreport.values import Value
from sscreport.vocabulary import CARRIERS, STATES, claim_words, contradiction
from sscreport.wording import has_digit, printed

if TYPE_CHECKING:
    from sscreport.compose.templates import Guard

NAMES = "…"  # where `among` sets the names into its text
_HERE = "claim_starts_here"
_TAGS = re.compile(r"<[^<>]*>")
_MOST_VALUES = 6  # of those a condition reads, in a message


def watched(tree: nodes.Template) -> nodes.Template:
    """``tree`` with every ``claim(condition)`` told where the reading of its condition begins."""
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "claim":
            start = nodes.Call(nodes.Name(_HERE, "load"), [], [], None, None)
            call.args.insert(0, start.set_lineno(call.lineno).set_environment(call.environment))
    return tree


class Claims:
    """The functions that templates call to claim something; ``guard`` hears of what is wrong."""

    def __init__(self, guard: Guard):
        self._guard = guard

    def functions(self) -> dict[str, Callable[..., Any]]:
        return {
            "says": self.says,
            "among": self.among,
            "claim": self.claim,
            "tally": self.tally,
            _HERE: lambda: len(self._guard.asked),
        }

    # ------------------------------------------------------------ what templates call

    def says(self, value: Any, **texts: Any) -> Markup:
        """The text for the state that ``value`` has; states of two words are written with "_"."""
        if not isinstance(value, Value):
            return self._not_a_value("says", value)
        self._guard.ask(value)
        by_state = {name.replace("_", " "): text for name, text in texts.items()}
        if not self._fit(value, by_state):
            return Markup("")
        state = str(value.content)
        if state not in by_state:
            return self._refuse(
                f"{value.key} is “{state}”, and says(…) has no words for that; it has words for "
                f"{', '.join(by_state)}."
            )
        return marks.claim([value.key], by_state[state])

    def among(self, items: Any, otherwise: Any = "", **texts: Any) -> Markup:
        """The text for one state, with the names of the items in that state at its "…".

        ``items`` are pairs of a worded value and a name. ``otherwise`` is printed where none is in
        that state.
        """
        if not isinstance(items, (list, tuple)) or len(texts) != 1:
            return self._refuse(
                "among(…) takes a list of values with their names, and the text for one state."
            )
        ((name, text),) = texts.items()
        state, named = name.replace("_", " "), []
        for item in items:
            value, label = item if isinstance(item, (list, tuple)) and len(item) == 2 else (item, "")
            if not isinstance(value, Value):
                return self._not_a_value("among", value)
            self._guard.ask(value)
            if not self._fit(value, {state: text}):
                return Markup("")
            if value.content == state:
                named.append((value, label))
        keys = [value.key for value, _ in named or items]
        if not named:
            return marks.claim(keys, otherwise)
        before, _, after = str(text).partition(NAMES)
        return marks.claim(keys, Markup("{}{}{}").format(before, marks.listing([n for _, n in named]), after))

    def tally(self, **counts: Any) -> Markup:
        """ "mild 18, moderate 1": each count beside the word that ends its key."""
        for word, value in counts.items():
            if not isinstance(value, Value):
                return self._not_a_value("tally", value)
            if _kind(value) != word:
                return self._refuse(f"tally(…) says “{word}” of {value.key}, which counts something else.")
        parts = [
            marks.claim([value.key], Markup("{} {}").format(word.replace("_", " "), marks.value(value)))
            for word, value in counts.items()
        ]
        return Markup(", ").join(parts)

    def claim(
        self, start: int, condition: Any, text: Any = None, otherwise: Any = None,
        caller: Callable[[], str] | None = None,
    ) -> Markup:  # fmt: skip
        """``text``, or the passage of the call block, where ``condition`` holds; else ``otherwise``.

        Where there is no ``otherwise`` the condition has to hold. It must read values; ``start`` says
        from which on. A claim is one sentence.
        """
        values = list({value.key: value for value in self._guard.asked[start:]}.values())
        if not values:
            return self._refuse(
                "The condition of claim(…) reads no value; write the comparison of values itself into it."
            )
        holds = bool(str(condition).strip()) if isinstance(condition, str) else bool(condition)
        if caller is not None and (holds or otherwise is None):
            text = Markup(caller())
        said, shown = text, text if holds else otherwise
        if shown is None:
            return self._refuse(
                f"“{_excerpt(said)}” is claimed, and its condition does not hold: {_told(values)}."
            )
        for wrong in filter(None, (self._carried(part, values) for part in (said, otherwise))):
            return self._refuse(wrong)
        if against := _against_states(values, _plain(shown)):
            return self._refuse(f"“{_excerpt(shown)}” {against}.")
        if END.search(_plain(shown).strip()):
            return self._refuse(f"“{_excerpt(shown)}” is more than one sentence; give each its own claim(…).")
        return marks.claim([value.key for value in values], shown)

    # ------------------------------------------------------------ checks

    def _fit(self, value: Value, by_state: Mapping[str, Any]) -> bool:
        """Whether every text is one that can be said of its state, not only that of the present one."""
        kind = _kind(value)
        known, complaints = STATES.get(kind, ()), []
        for state, text in by_state.items():
            if known and state not in known:
                complaints.append(f"{value.key} is never “{state}”; its states are {', '.join(known)}.")
            elif not isinstance(text, Markup) and has_digit(str(text)):
                complaints.append(f"A number is typed into {str(text)!r}. Print a value instead.")
            elif against := contradiction(kind, state, _better(value), _plain(text)):
                complaints.append(f"“{_excerpt(text)}” {against} ({value.key} is “{value.content}”).")
        for complaint in complaints:
            self._refuse(complaint)
        return not complaints

    def _carried(self, text: Any, values: Sequence[Value]) -> str | None:
        """What is claimed in ``text`` that none of the values of its condition can carry."""
        kinds = {_kind(value) for value in values}
        for word in claim_words(_plain(text)):
            needed = CARRIERS.get(word.dimension)
            if needed and not kinds & set(needed):
                return (
                    f"The word “{word.word}” claims {word.dimension}, and the condition of claim(…) reads no "
                    f"value that could carry it: {_told(values)}."
                )
        return None

    def _not_a_value(self, name: str, item: Any) -> Markup:
        missing = item is not None and type(item).__name__ == "Missing"
        return Markup("") if missing else self._refuse(f"{name}(…) takes values, not {item!r}.")

    def _refuse(self, expected: str) -> Markup:
        return self._guard.refuse(expected)


def _against_states(values: Iterable[Value], text: str) -> str | None:
    """Why ``text`` contradicts what the condition's worded values are, kind by kind where they agree."""
    by_kind: dict[str, list[Value]] = {}
    for value in values:
        if value.content in STATES.get(_kind(value), ()):
            by_kind.setdefault(_kind(value), []).append(value)
    claimed = {word.dimension for word in claim_words(text)}
    for kind, found in by_kind.items():
        speaks = claimed & {"a direction", "an absence of change"} or kind not in ("change", "way")
        if speaks and len({value.content for value in found}) == 1:
            against = contradiction(kind, str(found[0].content), _better(found[0]), text)
            if against:
                return f"{against} ({found[0].key})"
    return None


def _kind(value: Value) -> str:
    return value.key.rpartition(".")[2]


def _better(value: Value) -> str:
    """The way in which patients improve, where the value was worded by it."""
    ways = [item.content for item in value.inputs if isinstance(item, Value) and _kind(item) == "better"]
    return ways[0] if ways else ""


def _plain(text: Any) -> str:
    return _TAGS.sub("", "" if text is None else str(text))


def _excerpt(text: Any) -> str:
    words = " ".join(_plain(text).split())
    return words if len(words) <= 60 else words[:60].rsplit(" ", 1)[0] + " …"


def _told(values: Sequence[Value]) -> str:
    told = [f"{value.key} is {printed(value)}" for value in values[:_MOST_VALUES]]
    return ", ".join(told) + (" …" if len(values) > _MOST_VALUES else "")
