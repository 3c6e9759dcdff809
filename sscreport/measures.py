"""The table of effect measures: everything that differs between them, in one place.

To add a measure, add an entry to `MEASURES`; no other module asks which measure it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from sscreport.statistics import inputs
from sscreport.statistics.binary import odds_ratio
from sscreport.statistics.mantel_haenszel import mantel_haenszel
from sscreport.statistics.pooling import pool
from sscreport.values import Rule

INVERSE_VARIANCE = Rule(
    "inverse-variance weighted mean",
    "Cochrane Handbook for Systematic Reviews of Interventions, section 10.3",
)
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
        """From the analysis scale to the reported one."""
        return float(np.exp(effect)) if self.log else effect


def _weighted_mean(effect: np.ndarray, se: np.ndarray, tau_squared: float = 0.0) -> tuple[float, float]:
    pooled = pool(effect, np.square(se), method="FE", tau2=tau_squared)
    return pooled.estimate, pooled.se


def _weights(se: np.ndarray, tau_squared: float = 0.0) -> np.ndarray:
    return pool(np.zeros_like(se), np.square(se), method="FE", tau2=tau_squared).weights


def _mantel_haenszel(*counts: np.ndarray) -> tuple[float, float]:
    pooled = mantel_haenszel(*counts)
    return pooled.estimate, pooled.se


def _log_odds_ratio(*counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    effects = odds_ratio(*counts)
    inputs.require(effects.estimable, "A table needs an event and a non-event to have an odds ratio")
    return effects.yi, effects.sei


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
_COUNTS = ("events_after", "total_after", "events_before", "total_before")
_MH = Pooling(
    label="M-H",
    rule=MANTEL_HAENSZEL,
    pool_roles=_COUNTS,
    pool=_mantel_haenszel,
    weight_roles=_COUNTS,
    weights=lambda *counts: mantel_haenszel(*counts).weights,
)


def risk_by_odds_ratio(odds_ratio: float, risk: float) -> float:
    """The risk that an odds ratio makes of ``risk``, both from 0 to 1.

    Cochrane Handbook, section 15.4.4.3: OR × p / (1 − p + OR × p).
    """
    return odds_ratio * risk / (1 - risk + odds_ratio * risk)


def _measures(entries: Sequence[Measure]) -> Mapping[str, Measure]:
    return MappingProxyType({entry.id: entry for entry in entries})


MEASURES = _measures(
    [
        Measure(
            id="MD",
            name="Mean difference",
            short="MD",
            null=0.0,
            log=False,
            above_null="lower",  # before minus after
            roles=("md", "se"),
            rule=TAKEN,
            effect=None,
            fixed=_IV,
            columns=(
                Column("n", "Patients", total=True),
                Column("md", "Mean difference"),
                Column("se", "SE"),
            ),
        ),
        Measure(
            id="OR",
            name="Odds ratio",
            short="OR",
            null=1.0,
            log=True,
            above_null="higher",  # after against before
            roles=_COUNTS,
            rule=LOG_ODDS_RATIO,
            effect=_log_odds_ratio,
            fixed=_MH,
            columns=(
                Column("events_after", "Events", "After treatment", total=True),
                Column("total_after", "Total", "After treatment", total=True),
                Column("events_before", "Events", "Before treatment", total=True),
                Column("total_before", "Total", "Before treatment", total=True),
            ),
            risk=risk_by_odds_ratio,
        ),
    ]
)
