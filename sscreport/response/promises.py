"""What an answer may call: what was changed, quoted from the revised manuscript with its place.

Every call is a promise that is looked up in the diff of the two editions; one that the diff does not
bear out is a problem with file and line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lxml.builder import E
from lxml.etree import _Element
from markupsafe import Markup

from sscreport.changes import Cause, Change, Changes, Weight
from sscreport.compose.templates import Guard
from sscreport.document import Manuscript
from sscreport.problems import did_you_mean
from sscreport.response.places import Place, Places, plain

PROSE = ("sentence", "method", "caption", "heading", "note", "reference", "look")
_KINDS = {
    "cell": "Changed in the data",
    "row": "Changed in the data",
    "setting": "Changed in the settings",
    "template": "Changed in the text",
    "file": "Changed",
    "code": "Changed",
}
WAYS = ("section", "sentence", "table", "figure", "value", "cause")


@dataclass
class Promises:
    """The calls of one letter. ``kept`` are the positions of the changes that answers tell.

    ``blocks`` are what the calls print, by the token that stands for each in the text.
    """

    guard: Guard
    changes: Changes
    old: Manuscript
    new: Manuscript
    places: Places
    kept: set[int] = field(default_factory=set)
    claimed: set[int] = field(default_factory=set)  # causes that answers own up to
    blocks: dict[str, list[_Element]] = field(default_factory=dict)

    def functions(self) -> dict[str, Callable[..., object]]:
        return {"changed": self.changed, "quote": self.quote, "where": self.where, "was": self.was}

    # ------------------------------------------------------------ what templates call

    def changed(self, **way: str) -> Markup:
        """What differs in a section, sentence, table, figure or value, or by a cause."""
        if len(way) != 1 or next(iter(way)) not in WAYS:
            return self.guard.refuse(f"changed() takes one of {', '.join(f'{name}=…' for name in WAYS)}.")
        ((kind, name),) = way.items()
        found = list(getattr(self, f"_by_{kind}")(name))
        if not found:
            return self._unkept(kind, name)
        self.kept.update(found, self._values_in(found))
        self.claimed.update([self._cause(name)] if kind == "cause" else self._sole_causes(found))
        if kind == "cause":
            return self._block([_told_cause(self.changes.causes[self._cause(name)]), *self._summed_up(found)])
        return self._block(list(self._listed(found)))

    def quote(self, text: str) -> Markup:
        """A passage of the revised manuscript, with its place."""
        place = self._place(text)
        return Markup("") if place is None else self._block([_quotation(text, place)])

    def where(self, text: str) -> Markup:
        """The place of a passage of the revised manuscript, within a sentence."""
        place = self._place(text)
        if place is None:
            return Markup("")
        return Markup('<span data-passage="{}" data-place="{}">{}</span>').format(
            text, _of(place), place.told
        )

    def was(self, key: str) -> Markup:
        """What the submitted manuscript printed under a key."""
        origin = self.old.origins.by_key.get(key)
        if origin is None or not origin.uses:
            hint = did_you_mean(key, self.old.origins.printed)
            return self.guard.refuse(f"The submitted manuscript prints no value {key}.{hint}")
        return Markup('<span data-was="{}">{}</span>').format(key, origin.marked)

    # ------------------------------------------------------------ looking up

    def _told(self, position: int) -> Change:
        return self.changes.changes[position]

    def _visible(self) -> Iterator[tuple[int, Change]]:
        return ((n, change) for n, change in enumerate(self.changes.changes) if change.weight > Weight.HIDDEN)

    def _by_section(self, name: str) -> Iterator[int]:
        ids = {*self.new.tree.xpath(f".//section[@id='{name}']/descendant-or-self::section/@id")}
        ids |= {*self.old.tree.xpath(f".//section[@id='{name}']/descendant-or-self::section/@id")}
        inside = {self.changes.place_names.get(one, one) for one in ids}
        return (n for n, c in self._visible() if c.kind in PROSE and c.place in inside)

    def _by_sentence(self, text: str) -> Iterator[int]:
        wanted = plain(text)
        sides = ((n, c, (c.after or "", c.before or "")) for n, c in self._visible() if c.kind in PROSE)
        return (n for n, _, texts in sides if any(wanted in plain(side) for side in texts))

    def _by_table(self, name: str) -> Iterator[int]:
        return self._in_float(f"table-{name}")

    def _by_figure(self, name: str) -> Iterator[int]:
        return self._in_float(f"fig-{name}")

    def _in_float(self, name: str) -> Iterator[int]:
        place = self.changes.place_names.get(name)
        kinds = ("cell", "figure", "caption", "note")
        return (n for n, c in self._visible() if c.kind in kinds and c.place == place)

    def _by_value(self, key: str) -> Iterator[int]:
        return (n for n, c in self._visible() if c.kind == "value" and c.key == key)

    def _by_cause(self, where: str) -> Iterator[int]:
        position = self._cause(where)
        return (n for n, c in self._visible() if position in c.causes)

    def _cause(self, where: str) -> int:
        return next((n for n, cause in enumerate(self.changes.causes) if cause.where == where), -1)

    def _values_in(self, positions: Sequence[int]) -> Iterator[int]:
        """The values that are printed where something was told: they are told with it."""
        places = {self._told(position).place for position in positions}
        return (n for n, change in self._visible() if change.kind == "value" and change.place in places)

    def _sole_causes(self, positions: Sequence[int]) -> Iterator[int]:
        """The causes that changes have alone: to tell what two causes did owns up to neither."""
        causes = (self._told(position).causes for position in positions)
        return (only[0] for only in causes if len(only) == 1)

    def _unkept(self, kind: str, name: str) -> Markup:
        known = {
            "table": self._ids("table"),
            "figure": self._ids("fig"),
            "value": [c.key for _, c in self._visible() if c.kind == "value"],
            "cause": [cause.where for cause in self.changes.causes],
        }.get(kind, ())
        hint = did_you_mean(name, known)
        return self.guard.refuse(
            f"A change is promised that is not there: {kind} “{name}” does not differ.{hint}"
        )

    def _ids(self, kind: str) -> list[str]:
        return [name.removeprefix(f"{kind}-") for name in self.places.names if name.startswith(f"{kind}-")]

    def _place(self, text: str) -> Place | None:
        holding = self.places.holding(text)
        if len(holding) != 1:
            times = "nowhere" if not holding else f"{len(holding)} times"
            self.guard.refuse(
                f"The revised manuscript has {times} “{text}”; a passage that stands once is needed."
            )
            return None
        place = self.places.of(text, holding[0])
        if not place.page and holding[0].tag not in ("td", "th"):
            self.guard.refuse(f"The passage “{text}” was not found among the numbered lines of the PDF.")
            return None
        return place

    # ------------------------------------------------------------ what is printed

    def _block(self, elements: list[_Element]) -> Markup:
        token = "@block-" + "".join("abcdefghij"[int(digit)] for digit in str(len(self.blocks))) + "@"
        self.blocks[token] = elements
        return Markup(token)

    def _listed(self, positions: Sequence[int]) -> Iterator[_Element]:
        """Passages as quotations, numbers and cells as a list; figures and all that is new by name."""
        told = [self._told(position) for position in sorted(positions)]
        new = self._new_floats()
        for label in dict.fromkeys(change.place for change in told if change.place in new):
            yield E.p(f"{label} is new ({self.places.of_float(new[label]).told}).")
        told = [change for change in told if change.place not in new]
        yield from self.passages(change for change in told if change.kind in PROSE)
        numbers = [change for change in told if change.kind in ("value", "cell")]
        if numbers:
            yield E.ul(*(E.li(*self._number(change)) for change in numbers))
        for change in told:
            if change.kind == "figure":
                yield E.p(f"{change.place} was redrawn ({self.places.of_float(f'fig-{change.key}').told}).")

    def _new_floats(self) -> dict[str, str]:
        """The ids of figures and tables that the submitted manuscript had not, by their labels."""
        submitted = set(self.old.tree.xpath(".//figure/@id"))
        added = [name for name in self.new.tree.xpath(".//figure/@id") if name not in submitted]
        return {self.places.names[name]: name for name in added}

    def _summed_up(self, positions: Sequence[int]) -> Iterator[_Element]:
        """What a cause did: results that turned or moved, passages of the main text, and how much else."""
        told = [self._told(position) for position in sorted(positions)]
        turned = [change for change in told if change.kind in ("conclusion", "effect")]
        if turned:
            yield E.ul(*(E.li(f"{c.what}: {c.before} → {c.after} ({c.reason}).") for c in turned))
        passages = [change for change in told if change.kind in PROSE]
        main = [change for change in passages if change.place not in self.places.supplement]
        yield from self.passages(main)
        numbers = sum(change.kind == "value" for change in told)
        floats = dict.fromkeys(change.place for change in told if change.kind in ("cell", "figure"))
        counts = [
            _counted(numbers, "number"),
            _counted(len(passages) - len(main), "passage of the supplement"),
        ]
        if any(counts):
            where = f", also in {_listing(list(floats))}" if floats else ""
            yield E.p(
                f"In all, {_listing([*filter(None, counts)])} differ{where}: see the marked manuscript."
            )

    def passages(self, told: Iterable[Change]) -> Iterator[_Element]:
        """Changed sentences as quotations from the revised manuscript; what is gone as what it was."""
        return map(self._passage, told)

    def _passage(self, change: Change) -> _Element:
        if change.after is None:
            return E.p("Removed: ", E.em(change.before or ""), f" ({change.place}).")
        holding = self.places.holding(change.after, change.place)
        place = self.places.of(change.after, holding[0]) if holding else Place(0, 0, 0, change.place)
        return _quotation(change.after, place, change.before)

    def _number(self, change: Change) -> Iterator[str | _Element]:
        what = change.what if change.kind == "value" else f"{change.place}, {change.what}"
        yield f"{what}: "
        if change.before is not None:
            yield E.span({"data-was": change.key} if change.key else {}, change.before)
        else:
            yield "nothing"
        yield " → "
        if change.after is not None:
            yield E.span({"data-now": change.key} if change.key else {}, change.after)
        else:
            yield "nothing"


def _quotation(text: str, place: Place, before: str | None = None) -> _Element:
    where = E.p({"class": "meta"}, place.told[:1].upper() + place.told[1:])
    if before is not None:
        where.text = f"{where.text}. Before: “{before}”"
    return E.blockquote({"data-passage": text, "data-place": _of(place)}, E.p(f"“{text}”"), where)


def _of(place: Place) -> str:
    return f"{place.page}:{place.first}:{place.last}"


def _told_cause(cause: Cause) -> _Element:
    return E.p(f"{_KINDS[cause.kind]}: {cause.fact}.")


def _counted(number: int, noun: str) -> str:
    """ "3 numbers", "1 passage of the supplement"; "" for none."""
    first, _, rest = noun.partition(" ")
    return f"{number} {first}{'s' if number != 1 else ''}{' ' if rest else ''}{rest}" if number else ""


def _listing(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
