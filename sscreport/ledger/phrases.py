"""Claims and verdicts in words, every number in them a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from sscreport import wording
from sscreport.ledger.statements import ALONE, HEADS, Claim, Found
from sscreport.ledger.verdicts import (
    NEAR,
    RECONSTRUCTED,
    REPRODUCED,
    ROUNDING,
    UNDERIVED,
    Judged,
    agreement,
    by_data,
    data_cells,
)
from sscreport.records import Note, Part
from sscreport.values import COUNT, Book, Cell, Rule, Value

Parts = tuple[Part, ...]

_FLOATS = re.compile(r"(?:Table|Fig\.?) \d+")
NO_BREAK = "\N{NO-BREAK SPACE}"
PLACES = Rule("places that the data were taken from")
DAGGER = Note(f"{wording.RECONSTRUCTED}; see Methods.", mark=wording.DAGGER)

# ---------------------------------------------------------------- the columns of numbers


def published(numbers: Sequence[Found]) -> Parts:
    """The claim's numbers as the article prints them."""
    return _result({found.column: found.printed for found in numbers})


def recomputed(numbers: Sequence[Found]) -> Parts:
    """The values that recompute these numbers, a dash for each that has none."""
    values = [found.recomputed for found in numbers if found.recomputed]
    if not values:
        return (wording.DASH,)
    mark = (DAGGER,) if any(value.reconstructed for value in values) else ()
    return (*_result({found.column: found.recomputed or wording.DASH for found in numbers}), *mark)


def sound(claim: Claim) -> Parts:
    """The alternative and the words to it; nothing where there is neither."""
    clauses = [_alternative(claim.sound)] if claim.sound else []
    clauses += [(claim.note,)] if claim.note else []
    mark = (DAGGER,) if any(value.reconstructed for value in claim.sound.values()) else ()
    return (*_joined(clauses, "; "), *mark)


def _result(parts: Mapping[str, Part]) -> Parts:
    """ "5.52 (2.41 to 8.62), P = 0.0005; heterogeneity 57%, P = 0.13; 69 patients, 2 studies"."""
    effect = (_with_limits(parts, "value", "ci_low", "ci_high"), _p(parts.get("p")))
    spread = (_i_squared(parts.get("i2_percent")), _p(parts.get("het_p")))
    counts = (
        _counted(parts.get("patients"), "patient", "patients"),
        _counted(parts.get("studies"), "study", "studies"),
    )
    heads = ((), ("heterogeneity ",), ())
    clauses = [
        (*head, *_joined(filter(None, clause), ", "))
        for head, clause in zip(heads, (effect, spread, counts), strict=True)
        if any(clause)
    ]
    return _joined(clauses, "; ")


def _with_limits(parts: Mapping[str, Part], head: str, low: str, high: str) -> Parts:
    if head not in parts:
        return ()
    if low not in parts or high not in parts:
        return (parts[head],)
    return parts[head], " (", parts[low], " to ", parts[high], ")"


def _p(part: Part | None) -> Parts:
    """P with its relation, which belongs to a bound already."""
    if part is None:
        return ()
    bound = isinstance(part, Value) and wording.printed(part).startswith("<")
    return f"P{wording.THIN}" if bound else f"P{wording.THIN}={wording.THIN}", part


def _i_squared(part: Part | None) -> Parts:
    """In percent, of which a printed claim lacks the sign."""
    if part is None:
        return ()
    signed = not isinstance(part, Value) or wording.printed(part).endswith("%")
    return (part,) if signed else (part, "%")


def _counted(part: Part | None, one: str, many: str) -> Parts:
    if part is None:
        return ()
    single = isinstance(part, Value) and part.content == 1
    return part, f"{NO_BREAK}{one if single else many}"


def _alternative(values: Mapping[str, Value]) -> Parts:
    """ "1.70 (−3.97 to 7.36), P = 0.64; prediction interval −9.49 to 11.40", or events and their limit."""
    if "" in values:
        return (values[""],)
    head = next(name for name in HEADS if name in values)
    if head == "events":
        of = (" of ", *_counted(values["patients"], "patient", "patients")) if "patients" in values else ()
        limit = ("; at most ", values["ci_high"]) if "ci_high" in values else ()
        return values[head], *of, *limit
    effect = (_with_limits(values, head, "ci_low", "ci_high"), _p(values.get("p")))
    prediction: Parts = ()
    if "prediction_low" in values and "prediction_high" in values:
        prediction = ("prediction interval ", values["prediction_low"], " to ", values["prediction_high"])
    return _joined(filter(None, (_joined(filter(None, effect), ", "), prediction)), "; ")


def _joined(clauses: Iterable[Parts], separator: str) -> Parts:
    return tuple(part for clause in clauses for part in (separator, *clause))[1:]


def _listed(clauses: Sequence[Parts]) -> Parts:
    """ "a, b and c"."""
    if len(clauses) < 2:
        return _joined(clauses, ", ")
    return *_joined(clauses[:-1], ", "), " and ", *clauses[-1]


# ---------------------------------------------------------------- why


class Writer:
    """Explains the verdict on one claim; what it counts and names enters the book."""

    def __init__(self, book: Book, claim: Claim):
        self.book, self.claim = book, claim

    def why(self, judged: Sequence[Judged], verdict: str) -> Parts:
        """One sentence about the numbers that brought the claim its verdict."""
        guilty = [item for item in judged if item.verdict == verdict]
        if not guilty:
            return ("the claim holds no number.",)
        explain: dict[str, Callable[[Sequence[Judged]], Parts]] = {
            REPRODUCED: self._reproduced,
            RECONSTRUCTED: self._reconstructed,
            UNDERIVED: self._underived,
        }
        return explain.get(verdict, self._wrong)(guilty)

    def _reproduced(self, guilty: Sequence[Judged]) -> Parts:
        return "it follows from ", self._sources(guilty), "."

    def _reconstructed(self, guilty: Sequence[Judged]) -> Parts:
        """How many of the study-level numbers behind it are reconstructed."""
        values = _values(guilty)
        cells = {cell.address: cell for value in values for cell in data_cells(value)}
        numbers = [cell for cell in cells.values() if _is_number(cell.raw)] or [*cells.values()]
        solved = [cell for cell in numbers if cell.provenance == "reconstructed"]
        count = self._count("solved", "Reconstructed numbers", len(solved), values)
        total = self._count("numbers", "Study-level numbers", len(numbers), values)
        some = ("all ", total) if len(solved) == len(numbers) else (count, " of the ", total)
        return (
            *some,
            " study-level numbers behind it were solved so that it comes out; that proves the arithmetic "
            "and nothing about patients.",
        )

    def _underived(self, guilty: Sequence[Judged]) -> Parts:
        missing = [item for item in guilty if not item.repeats]
        repeated = [item for item in guilty if item.repeats]
        clauses: list[Parts] = []
        if repeated:
            names, place = _names(repeated), self._sources(repeated)
            clauses.append(
                ("the only data for ", *names, " are the claim itself (", place, ") and must agree with it")
            )
        if missing:
            clauses.append(("nothing recorded leads to ", *_names(missing)))
        return _sentence(clauses)

    def _wrong(self, guilty: Sequence[Judged]) -> Parts:
        """What is printed elsewhere, and what the data give."""
        elsewhere = dict.fromkeys(rival.claim for item in guilty for rival in item.rivals)
        clauses = [
            self._elsewhere([(r, item) for item in guilty for r in item.rivals if r.claim == claim])
            for claim in elsewhere
        ]
        alone = [item for item in guilty if not item.rivals]
        return _sentence([*clauses, *([self._otherwise(alone)] if alone else [])])

    def _elsewhere(self, pairs: Sequence[tuple[Found, Judged]]) -> Parts:
        """What another place prints, and which of the two the data reproduce."""
        printed = [
            (rival.printed, *_for(item.found), " (", item.found.printed, " here)") for rival, item in pairs
        ]
        near = all(agreement(rival, item.found) == NEAR for rival, item in pairs)
        unit = ", one unit of the last place apart" if near else ""
        return (
            "elsewhere (",
            pairs[0][0].place,
            ") the article prints ",
            *_listed(printed),
            unit,
            "; ",
            *_decided(pairs),
        )

    def _otherwise(self, items: Sequence[Judged]) -> Parts:
        """What the data give instead, and whether they are the article's own."""
        given = _listed([
            (f"{item.found.name} is ", item.found.recomputed or wording.DASH, ", not ", *_printed(item.found))
            for item in items
        ])  # fmt: skip
        if all(item.theirs for item in items):
            return "by the article’s own data (", self._sources(items), ") ", *given
        near = all(item.own == ROUNDING for item in items)
        return "recomputed, ", *given, ", one unit of the last place apart" if near else ""

    # ------------------------------------------------------------ values

    def _sources(self, items: Sequence[Judged]) -> Value:
        """Where the data were taken from: the places in the article, other reports by name."""
        values = _values(items)
        own = self.claim.row.cells["quantity"].source
        cells = [cell for value in values for cell in data_cells(value)]
        text = "; ".join(dict.fromkeys(_source(cell, own) for cell in cells)) or "the review’s settings"
        return self.book.derive(
            f"ledger.of.{self.claim.id}.sources",
            PLACES,
            lambda *_: text,
            *values,
            style="text",
            label=f"Where the data come from that recompute: {self.claim.title}",
        )

    def _count(self, name: str, label: str, number: int, values: Sequence[Value]) -> Value:
        return self.book.derive(
            f"ledger.of.{self.claim.id}.{name}",
            COUNT,
            lambda *_: number,
            *values,
            style="count",
            label=f"{label} behind the recomputed claim: {self.claim.title}",
        )


def _decided(pairs: Sequence[tuple[Found, Judged]]) -> Parts:
    """Which of two places the data reproduce; what they give where it is not one of them."""
    values = [item.found.recomputed for _, item in pairs if item.found.recomputed]
    if len(values) < len(pairs):
        return ("no data decide between them",)
    here = all(item.own in (REPRODUCED, RECONSTRUCTED) for _, item in pairs)
    there = all(by_data(rival) in (REPRODUCED, RECONSTRUCTED) for rival, _ in pairs)
    solved = ", having been solved to do so" if any(value.reconstructed for value in values) else ""
    if here != there:
        return (f"the data give what is printed {'here' if here else 'there'}{solved}",)
    return "the data give ", *_listed([(value,) for value in values])


def _for(found: Found) -> Parts:
    """Which number of its claim it is, where there are several."""
    return () if found.name == ALONE else (f" for {found.name}",)


def _printed(found: Found) -> Parts:
    return _i_squared(found.printed) if found.column == "i2_percent" else (found.printed,)


def _sentence(clauses: Sequence[Parts]) -> Parts:
    return *_joined(clauses, "; "), "."


def _values(items: Sequence[Judged]) -> list[Value]:
    return [item.found.recomputed for item in items if item.found.recomputed]


def _names(items: Sequence[Judged]) -> Parts:
    return _listed([(item.found.name,) for item in items])


def _is_number(raw: str) -> bool:
    try:
        float(raw)
    except ValueError:
        return False
    return True


def _source(cell: Cell, own: str) -> str:
    """The article's tables and figures that a locator names, or all of it; another report's name."""
    if cell.source != own:
        return cell.source
    return ", ".join(_FLOATS.findall(cell.locator)) or cell.locator
