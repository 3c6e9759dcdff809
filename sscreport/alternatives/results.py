"""Every place of an analysis, the whole and each subgroup, by the sound model.

A place's values stand under ``sound.`` and the key of the same place in the article's analysis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sscreport import policy
from sscreport.alternatives.model import Choices, Errors, Fit, fit, limits, once, tipping
from sscreport.analyse.desk import Desk
from sscreport.analyse.effects import known_spread, roles
from sscreport.analyse.groups import participants
from sscreport.records import StudyEffect, Synthesis
from sscreport.values import COUNT, Rule, Value

SOUND = Rule(
    "random effects, τ² and interval as set (by default REML and Hartung-Knapp, never below Wald's)",
    "Viechtbauer (2005) J Educ Behav Stat 30:261; Hartung & Knapp (2001) Stat Med 20:3875; "
    "IntHout et al. (2014) BMC Med Res Methodol 14:25; Knapp & Hartung (2003) Stat Med 22:2693",
)
SINGLE = Rule("the study's own mean change, with t on n − 1 degrees of freedom")
GIVEN = Rule("the study's own effect")
REPEATED = Rule(
    "multilevel random effects: repeats of the same patients share their study's effect and covary",
    "Trikalinos & Olkin (2012) Clin Trials 9:610",
)
PREDICTION = Rule(
    "estimate ± t × √(τ² + standard error²), t on k − 1 degrees of freedom, as with Hartung-Knapp",
    "Veroniki et al. (2019) Res Synth Methods 10:23",
)
I_SQUARED = Rule("I² from τ² and the typical sampling variance", "Higgins & Thompson (2002) Stat Med 21:1539")
RESCALED = Rule(
    "standard error times the ratio of the changes' standard deviations",
    "Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.2.8",
)
TIPPING = Rule("the correlation at which the interval touches no effect, by root finding (Brent)")
EXTREME = Rule("smallest or largest value")
FRAGILE = Rule("the studies without which the conclusion is another")


class Bench:
    """One analysis with the choices of the settings, which decide how its numbers are made."""

    def __init__(self, desk: Desk):
        book, settings = desk.book, desk.review.settings["alternatives"]
        self.desk, self.book, self.measure = desk, book, desk.measure
        self.choices = Choices(settings["tau_squared"], settings["interval"], settings["times_correlation"])
        names = ("tau_squared", "interval", "times_correlation")
        self.decided = [*(book[f"review.alternatives.{name}"] for name in names), *desk.analysis.exclusion]
        self.recorded = desk.correlation
        self.correlation = book["review.alternatives.correlation"]
        self.alpha = book["review.policy.significance"]
        self.better = book[f"review.outcomes.{desk.analysis.outcome.id}.better"]

    def spread(self, effect: StudyEffect) -> list[Value]:
        """Both standard deviations of a row, from its columns or the study's own report; else none."""
        return known_spread(self.desk, effect.row, effect.columns)

    def errors(self, effects: Sequence[StudyEffect]) -> tuple[Errors, list[Value]]:
        """How the standard errors of ``effects`` follow a correlation, and the SDs that enter."""
        spreads = [self.spread(effect) for effect in effects]
        known = tuple(place for place, pair in enumerate(spreads) if pair)
        return Errors(known), [value for pair in spreads for value in pair]

    def rescaled(self, effect: StudyEffect, r: Value) -> Value:
        """The standard error of a study at the correlation ``r``; as recorded where none is recorded."""
        if self.recorded is None:
            return effect.se
        errors, sds = self.errors([effect])

        def at(se: float, recorded: float, r: float, *sds: float) -> float:
            return float(errors.at(r, np.array([se]), recorded, sds)[0])

        return self.desk.derive(
            f"sound.{effect.key}", "se_assumed", at, effect.se, self.recorded, r, *sds,
            rule=RESCALED, named="se", label=f"standard error at {r.label}",
        )  # fmt: skip

    def fitting(self, effects: Sequence[StudyEffect]) -> tuple[Callable[..., Fit], list[Any]]:
        """The fit of effects, standard errors and level, and what it needs besides them."""
        again = repeated(effects)
        alone = len(effects) == 1 and self.recorded is not None
        more: list[Any] = [[e.row["study"] for e in effects]] if again else [effects[0].n] if alone else []

        def of(y: np.ndarray, se: np.ndarray, level: float, extra: Any = None) -> Fit:
            return fit(y, se, level, self.choices, extra if again else None, extra if alone else None)

        return of, more

    def word(self, place: str, name: str, function: Callable[..., Any], *inputs: Any) -> Value:
        return self.book.derive(
            f"{place}.{name}", policy.WORDING, function, *inputs,
            style="text", label=f"Wording ({name}), {self.desk.analysis.title}",
        )  # fmt: skip

    def change(self, place: str, estimate: Value, p: Value) -> Value:
        def changed(y: float, p: float, alpha: float, better: str) -> str:
            return policy.change(y, p, alpha, better, self.measure)

        return self.word(place, "change", changed, estimate, p, self.alpha, self.better)


def repeated(effects: Sequence[StudyEffect]) -> bool:
    """Whether some effects are of the same patients."""
    return len({effect.study.id for effect in effects}) < len(effects)


def results(bench: Bench, key: str, effects: Sequence[StudyEffect], errors: Mapping[str, Value]) -> None:
    """Enter everything of one place. ``errors``: the standard errors by the keys of the effects."""
    place, desk = f"sound.{key}", bench.desk
    estimate, p = _pooled(bench, place, effects, *_given(bench, effects, errors), whole=True)
    desk.derive(
        place, "studies", lambda ids: len(set(ids)), [effect.row["study"] for effect in effects], rule=COUNT
    )
    participants(desk, place, effects)
    change = bench.change(place, estimate, p)
    bench.word(place, "significance", policy.significance, p, bench.alpha)
    if bench.recorded is not None:
        _band(bench, place, effects)
        _tipping(bench, place, effects)
    _left_out(bench, place, effects, errors, change)


def _given(
    bench: Bench, effects: Sequence[StudyEffect], errors: Mapping[str, Value]
) -> tuple[Callable[..., Fit], list[Any]]:
    """The fit of effects with standard errors of their own, and its inputs."""
    of, more = bench.fitting(effects)
    return of, [[e.effect for e in effects], [errors[e.key] for e in effects], bench.desk.level, *more]


def _pooled(
    bench: Bench,
    place: str,
    effects: Sequence[StudyEffect],
    of: Callable[..., Fit],
    inputs: Sequence[Any],
    whole: bool = False,
    about: str = "",
) -> tuple[Value, Value]:
    """Estimate, interval and P that ``of`` makes of ``inputs``, returning the first and the last.

    Of a ``whole`` more is entered.
    """
    found = once(of)
    studies, alone = len({effect.study.id for effect in effects}), len(effects) == 1
    single = GIVEN if bench.recorded is None else SINGLE
    rule = single if alone else REPEATED if repeated(effects) else SOUND
    wanted = dict.fromkeys(("estimate", "ci_low", "ci_high", "p"), rule)
    if whole and studies > 1:
        wanted |= {"tau_squared": SOUND, "i_squared": I_SQUARED}
    if whole and studies > 2:
        wanted |= {"prediction_low": PREDICTION, "prediction_high": PREDICTION}
    scaled = {"estimate", "ci_low", "ci_high", "prediction_low", "prediction_high"}

    def enter(name: str, rule: Rule) -> Value:
        def of_fit(*items: Any) -> float:
            number = getattr(found(*items), name)
            return bench.measure.reported(number) if name in scaled else number

        label = f"{'estimate' if name == 'estimate' else _LABELS[name]} of the sound alternative{about}"
        return bench.desk.derive(
            place, name, of_fit, *inputs, rule=rule, decided_by=[] if alone else bench.decided, label=label
        )

    entered = {name: enter(name, rule) for name, rule in wanted.items()}
    return entered["estimate"], entered["p"]


_LABELS = {
    "ci_low": "lower limit",
    "ci_high": "upper limit",
    "p": "P",
    "tau_squared": "τ²",
    "i_squared": "I²",
    "prediction_low": "lower prediction limit",
    "prediction_high": "upper prediction limit",
}


def _band(bench: Bench, place: str, effects: Sequence[StudyEffect]) -> None:
    """The same at the ends of the band of correlations."""
    of, more = bench.fitting(effects)
    errors, sds = bench.errors(effects)

    def at(
        y: np.ndarray, se: np.ndarray, recorded: float, r: float, level: float, sds: np.ndarray, *extra: Any
    ) -> Fit:
        return of(y, errors.at(r, se, recorded, sds), level, *extra)

    for end in ("low", "high"):
        r = bench.book[f"review.alternatives.band.{end}"]
        inputs = [*roles(effects, ("effect", "se")), bench.recorded, r, bench.desk.level, sds, *more]
        _pooled(bench, f"{place}.band.{end}", effects, at, inputs, about=f", {r.label}")


def _tipping(bench: Bench, place: str, effects: Sequence[StudyEffect]) -> None:
    """The correlation that decides, and whether the interval starts or stops there to exclude no effect."""
    of, more = bench.fitting(effects)
    errors, sds = bench.errors(effects)

    def search(
        y: np.ndarray, se: np.ndarray, recorded: float, level: float, sds: np.ndarray, *extra: Any
    ) -> tuple[float, str] | None:
        def gap(correlations: np.ndarray) -> np.ndarray:
            given = np.array([errors.at(r, se, recorded, sds) for r in correlations])
            if extra or len(y) == 1:
                fits = [of(y, row, level, *extra) for row in given]
                low, high = np.array([(fit.ci_low, fit.ci_high) for fit in fits]).T
            else:
                low, high = limits(y, given, level, bench.choices)
            return np.maximum(low, -high)

        return tipping(gap)

    found = once(search)
    inputs = [*roles(effects, ("effect", "se")), bench.recorded, bench.desk.level, sds, *more]
    told = (
        ("tipping", 0, "estimate", "Correlation at which the interval touches no effect"),
        ("tipping_way", 1, "text", "Whether the interval starts or stops to exclude no effect there"),
    )
    for name, position, style, label in told:

        def part(*items: Any, position: int = position) -> Any:
            result = found(*items)
            return None if result is None else result[position]

        bench.book.derive(
            f"{place}.{name}", TIPPING, part, *inputs, style=style,
            label=f"{label}, {bench.desk.analysis.title}", decided_by=bench.decided,
        )  # fmt: skip


def _left_out(
    bench: Bench,
    place: str,
    effects: Sequence[StudyEffect],
    errors: Mapping[str, Value],
    change: Value,
) -> None:
    """Without each study in turn, the range of the estimates, and the studies that decide."""
    studies = {effect.study.id: effect.study.label for effect in effects}
    if len(studies) < 2:
        return
    estimates, changes = [], []
    for study in studies:
        rest, without = [e for e in effects if e.study.id != study], f"{place}.without.{study}"
        estimate, p = _pooled(bench, without, rest, *_given(bench, rest, errors))
        estimates.append(estimate)
        changes.append(bench.change(without, estimate, p))
    for name, function in (("lowest", min), ("highest", max)):
        bench.desk.derive(
            f"{place}.left_out", "estimate", lambda y, f=function: float(f(y)), estimates,
            rule=EXTREME, named=name, label=f"{name} estimate without one study (sound alternative)",
        )  # fmt: skip
    bench.word(place, "fragile", _fragile, list(studies.values()), changes, change)


def _fragile(names: Sequence[str], changes: Sequence[str], change: str) -> str:
    """The studies without which the conclusion is another; "" where there is none."""
    flips = [name for name, other in zip(names, changes, strict=True) if other != change]
    return " and ".join(filter(None, (", ".join(flips[:-1]), *flips[-1:])))


def article_fragile(bench: Bench, synthesis: Synthesis) -> None:
    """The same by the article's own method, where it was asked to leave studies out."""
    key, left_out = synthesis.analysis.id, synthesis.leave_one_out
    if not left_out:
        return
    names = {effect.study.id: effect.study.label for effect in synthesis.overall.effects}
    changes = [
        bench.change(f"{key}.without.{study}", pooled.estimate, pooled.p)
        for study, pooled in left_out.items()
    ]
    labels = [names[study] for study in left_out]
    bench.word(f"sound.{key}.article", "fragile", _fragile, labels, changes, bench.book[f"{key}.change"])
