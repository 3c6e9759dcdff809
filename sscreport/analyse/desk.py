"""Where one analysis is worked on: what it needs at hand, and how its numbers enter the book."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sscreport.analyse.quantities import QUANTITIES
from sscreport.measures import Measure, measure_of
from sscreport.records import Analysis, Review
from sscreport.values import Book, Rule, Value


class Desk:
    """One analysis of a review, its measure, and the book its values are entered in."""

    def __init__(self, review: Review, analysis: Analysis, of_studies: bool = False):
        """``of_studies``: for results of single studies, which do not rest on which others enter."""
        self.review, self.analysis = review, analysis
        self._exclusion = () if of_studies else analysis.exclusion
        self.book: Book = review.book
        self.measure: Measure = measure_of(analysis)
        self.level: Value = review.book["review.policy.confidence_level"]

    @property
    def scale(self) -> str:
        """The quantity that holds an effect on the analysis scale."""
        return "log_estimate" if self.measure.log else "estimate"

    def derive(
        self,
        place: str,
        name: str,
        function: Callable[..., Any],
        *inputs: Any,
        rule: Rule | None = None,
        decided_by: Sequence[Value] = (),
        named: str = "",
        label: str = "",
        unit: str | None = None,
    ) -> Value:
        """Enter the quantity ``name`` of the study or group at the key ``place``.

        ``named`` stands in for the quantity's name in the key, and ``rule``, ``label`` and ``unit``
        for what `QUANTITIES` says of it.
        """
        quantity = QUANTITIES[name]
        made_by = rule or quantity.rule
        if made_by is None:
            raise LookupError(f"the quantity {name} needs a rule")
        shared = "" if self.measure.log else self.analysis.outcome.unit
        return self.book.derive(
            f"{place}.{named or name}",
            made_by,
            function,
            *inputs,
            style=quantity.style,
            label=self._label(label or quantity.label, place),
            unit=unit if unit is not None else shared if quantity.unit == "outcome" else quantity.unit,
            decided_by=[*decided_by, *self._exclusion],
        )

    @property
    def correlation(self) -> Value | None:
        """The correlation of before and after that the studies' standard errors assume here."""
        assumed = self.analysis.choices.get("assumed_correlation")
        return assumed or self.book.get(f"{self.analysis.place}.correlation")

    def for_studies(self) -> Desk:
        return Desk(self.review, self.analysis, of_studies=True)

    def _label(self, quantity: str, place: str) -> str:
        """The quantity and the place it belongs to, in words."""
        steps = place.removeprefix(self.analysis.id).split(".")
        words = [quantity, self.analysis.title]
        words += [group.label for group in self.analysis.subgroups if group.id in steps]
        if "sweep" in steps:
            words.append(f"at a correlation of {steps[steps.index('sweep') + 1]}%")
        for name, study in self.review.studies.items():
            if name in steps:
                words.append(
                    f"without {study.label.content}" if "without" in steps else str(study.label.content)
                )
        return ", ".join(words)
