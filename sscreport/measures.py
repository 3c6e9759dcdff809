"""The table of effect measures: everything that differs between them, in one place.

To add a measure, add an entry to `VARIANTS`; no other module asks which measure it has. A measure has
a variant for each kind of data that it is made from; `measure_of` takes the one that fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from sscreport.records import Analysis
from sscreport.statistics import inputs
from sscreport.statistics.binary import odds_ratio, risk_difference, risk_ratio
from sscreport.statistics.continuous import mean_difference, standardized_mean_difference
from sscreport.statistics.mantel_haenszel import mantel_haenszel
from sscreport.statistics.pooling import pool
from sscreport.statistics.results import EffectSizes
from sscreport.values import Rule

HANDBOOK = "Cochrane Handbook for Systematic Reviews of Interventions, section 10.3"
INVERSE_VARIANCE = Rule("inverse-variance weighted mean", HANDBOOK)
DERSIMONIAN_LAIRD = Rule(
    "DerSimonian-Laird random-effects mean",
    "DerSimonian & Laird (1986) Control Clin Trials 7:177",
)
MANTEL_HAENSZEL = Rule(
    "Mantel-Haenszel odds ratio with the variance of Robins, Breslow and Greenland",
    "Mantel & Haenszel (1959) J Natl Cancer Inst 22:719; Robins et al. (1986) Biometrics 42:311",
)
LOG_ODDS_RATIO = Rule(
    "log odds ratio, a half added to every cell of a table with a zero",
    "Gart & Zweifel (1967) Biometrika 54:181",
)
TAKEN = Rule("effect size as given in the data")


@dataclass(frozen=True)
class Column:
    """A data column of a measure: its role in `StudyEffect.columns` and how a figure heads it.

    ``total`` columns are summed below the studies.
    """

    role: str
    header: str
    group: str = ""
    total: bool = False


@dataclass(frozen=True)
class Pooling:
    """How study effects become one: on arrays of the measure's roles, the analysis scale.

    ``label`` is RevMan's abbreviation; it names a random-effects analysis after this method too.
    ``pool`` returns (pooled effect, standard error); ``weights`` any multiple of the weights.
    ``pool_roles`` and ``weight_roles`` are the columns that enter each.
    """

    label: str
    rule: Rule
    pool_roles: tuple[str, ...]
    pool: Callable[..., tuple[float, float]]
    weight_roles: tuple[str, ...]
    weights: Callable[..., np.ndarray]


@dataclass(frozen=True)
class Measure:
    """An effect measure.

    ``above_null`` says what an estimate above ``null`` means: scores or events were "lower" or
    "higher" after treatment.

    ``risk`` gives the risk after treatment from an estimate and the risk before, for ratios whose
    columns are totals of ``events_`` and ``total_``, ``before`` and ``after``.

    ``effect`` computes (effect, standard error) on the analysis scale from the columns named in
    ``roles``; None where the data give effect and standard error themselves (``md``, ``se``).
    """

    id: str
    name: str
    short: str
    null: float
    log: bool
    above_null: str
    roles: tuple[str, ...]
    rule: Rule
    effect: Callable[..., tuple[np.ndarray, np.ndarray]] | None
    fixed: Pooling
    columns: tuple[Column, ...]
    risk: Callable[[float, float], float] | None = None

    def reported(self, effect: float) -> float:
        """From the analysis scale to the reported one; a ratio beyond all numbers is infinite."""
        with np.errstate(over="ignore"):
            return float(np.exp(effect)) if self.log else effect


def _weighted_mean(effect: np.ndarray, se: np.ndarray, tau_squared: float = 0.0) -> tuple[float, float]:
    pooled = pool(effect, np.square(se), method="FE", tau2=tau_squared)
    return pooled.estimate, pooled.se


def _weights(se: np.ndarray, tau_squared: float = 0.0) -> np.ndarray:
    return pool(np.zeros_like(se), np.square(se), method="FE", tau2=tau_squared).weights


def _of_tables(function: Callable[..., EffectSizes]) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    def effects(*counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = function(*counts)
        inputs.require(found.estimable, "A table needs an event and a non-event to have this effect size")
        return found.yi, found.sei

    return effects


def _of_means(function: Callable[..., EffectSizes]) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    def effects(*arms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = function(*arms)
        return found.yi, found.sei

    return effects


_IV = Pooling(
    label="IV",
    rule=INVERSE_VARIANCE,
    pool_roles=("effect", "se"),
    pool=_weighted_mean,
    weight_roles=("se",),
    weights=_weights,
)
# Any measure's random-effects model; pool and weights take τ² as their last argument.
RANDOM_EFFECTS = replace(_IV, rule=DERSIMONIAN_LAIRD)


def _mh(measure: str, rule: Rule, counts: tuple[str, ...]) -> Pooling:
    def pooled(*tables: np.ndarray) -> tuple[float, float]:
        found = mantel_haenszel(*tables, measure=measure)
        return found.estimate, found.se

    return Pooling(
        label="M-H",
        rule=rule,
        pool_roles=counts,
        pool=pooled,
        weight_roles=counts,
        weights=lambda *tables: mantel_haenszel(*tables, measure=measure).weights,
    )


def risk_by_odds_ratio(odds_ratio: float, risk: float) -> float:
    """The risk that an odds ratio makes of ``risk``, both from 0 to 1.

    Cochrane Handbook, section 15.4.4.3: OR × p / (1 − p + OR × p).
    """
    return odds_ratio * risk / (1 - risk + odds_ratio * risk)


@dataclass(frozen=True)
class _Arms:
    """How the roles of the two arms end, and how their columns are headed."""

    ends: tuple[str, str]
    groups: tuple[str, str]

    def roles(self, *names: str) -> tuple[str, ...]:
        return tuple(f"{name}_{end}" for end in self.ends for name in names)

    def columns(self, *headed: tuple[str, str, bool]) -> tuple[Column, ...]:
        return tuple(
            Column(f"{name}_{end}", header, group, total)
            for end, group in zip(self.ends, self.groups, strict=True)
            for name, header, total in headed
        )


_CHANGE = _Arms(("after", "before"), ("After treatment", "Before treatment"))
_TRIAL = _Arms(("1", "2"), ("Experimental", "Control"))
_EVENTS = (("events", "Events", True), ("total", "Total", True))
_MEANS = (("mean", "Mean", False), ("sd", "SD", False), ("n", "Total", True))


def _binary(base: Measure, arms: _Arms) -> Measure:
    """A measure from 2 × 2 tables, pooled by Mantel and Haenszel."""
    function, rule, pooling = _TABLES[base.id]
    roles = arms.roles("events", "total")
    return replace(
        base,
        roles=roles,
        rule=rule,
        effect=_of_tables(function),
        fixed=_mh(base.id, pooling, roles),
        columns=arms.columns(*_EVENTS),
    )


def _continuous(base: Measure, function: Callable[..., EffectSizes], rule: Rule) -> Measure:
    """A measure from means, standard deviations and numbers of two arms."""
    effect, columns = _of_means(function), _TRIAL.columns(*_MEANS)
    return replace(base, roles=_TRIAL.roles("mean", "sd", "n"), rule=rule, effect=effect, columns=columns)


def _given(id: str, name: str, log: bool, above: str = "higher") -> Measure:
    """A measure whose effects and standard errors are in the data, for ratios as logs."""
    effect = "log_estimate" if log else id.lower()
    return Measure(
        id=id,
        name=name,
        short=id,
        null=1.0 if log else 0.0,
        log=log,
        above_null=above,
        roles=(effect, "se"),
        rule=TAKEN,
        effect=None,
        fixed=_IV,
        columns=(
            Column("n", "Patients", total=True),
            Column(effect, f"log({id})" if log else name),
            Column("se", "SE"),
        ),
    )


_TABLES = {
    "OR": (odds_ratio, LOG_ODDS_RATIO, MANTEL_HAENSZEL),
    "RR": (
        risk_ratio,
        Rule("log risk ratio, a half added to every cell of a table with a zero"),
        Rule("Mantel-Haenszel risk ratio", "Greenland & Robins (1985) Biometrics 41:55"),
    ),
    "RD": (
        risk_difference,
        Rule("risk difference"),
        Rule("Mantel-Haenszel risk difference", "Greenland & Robins (1985) Biometrics 41:55"),
    ),
}
MEAN_DIFFERENCE = Rule("difference of means, variances not assumed equal", HANDBOOK)
HEDGES_G = Rule("standardised mean difference, Hedges' g", "Hedges (1981) J Educ Stat 6:107")


def _variants(entries: Sequence[Measure]) -> Mapping[str, tuple[Measure, ...]]:
    """By the id of the measure, in the order in which they are looked at."""
    found: dict[str, list[Measure]] = {}
    for entry in entries:
        found.setdefault(entry.id, []).append(entry)
    return MappingProxyType({id: tuple(measures) for id, measures in found.items()})


_OR = _given("OR", "Odds ratio", log=True)  # after against before
_RR = _given("RR", "Risk ratio", log=True)
_RD = _given("RD", "Risk difference", log=False)
_MD = _given("MD", "Mean difference", log=False, above="lower")  # before minus after
_SMD = _given("SMD", "Standardised mean difference", log=False)
VARIANTS = _variants(
    [
        _MD,
        _continuous(_MD, mean_difference, MEAN_DIFFERENCE),
        _SMD,
        _continuous(_SMD, standardized_mean_difference, HEDGES_G),
        replace(_binary(_OR, _CHANGE), risk=risk_by_odds_ratio),
        *(_binary(base, _TRIAL) for base in (_OR, _RR, _RD)),
        _OR,
        _RR,
        _RD,
        _given("HR", "Hazard ratio", log=True),
        _given("IRR", "Incidence rate ratio", log=True),
        _given("ROM", "Ratio of means", log=True),
    ]
)
# What all variants of a measure share: name, null value, scale.
MEASURES: Mapping[str, Measure] = MappingProxyType({id: found[0] for id, found in VARIANTS.items()})


def measure_of(analysis: Analysis) -> Measure:
    """The variant of an analysis' measure that is made from the columns it has."""
    variants, columns = VARIANTS[analysis.measure], analysis.settings["columns"]
    return next((v for v in variants if set(v.roles) <= set(columns)), variants[0])
