"""Every reasonable way to analyse the same studies: a grid of choices, and what comes out over it.

Simonsohn, Simmons & Nelson 2020, Nat Hum Behav 4:1208; Steegen et al. 2016, Perspect Psychol Sci 11:702.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sscreport.measures import Measure
from sscreport.records import Specification
from sscreport.statistics.inputs import Array
from sscreport.statistics.pooling import Test, pool
from sscreport.statistics.results import Estimate
from sscreport.statistics.tau_squared import Method

FIXED, RANDOM, ALL = "fixed", "random", "none"
MODEL, BETWEEN, INTERVAL, CORRELATION, WITHOUT = range(5)  # places in `Specification.levels`
TITLES = ("Model", "Estimator", "Interval", "Correlation", "Without")
MODELS = {FIXED: "fixed effect", RANDOM: "random effects"}
ESTIMATORS = {
    "DL": "DerSimonian-Laird",
    "REML": "restricted ML",
    "ML": "maximum likelihood",
    "PM": "Paule-Mandel",
    "EB": "empirical Bayes",
    "HE": "Hedges",
    "HS": "Hunter-Schmidt",
    "SJ": "Sidik-Jonkman",
}
INTERVALS = {"z": "Wald", "hk": "Hartung-Knapp", "hk_adhoc": "Hartung-Knapp ≥ Wald"}


@dataclass(frozen=True)
class Choosable:
    """The levels that the settings list. ``correlations`` are None where no correlation is recorded."""

    estimators: tuple[Method, ...]
    intervals: tuple[Test, ...]
    correlations: tuple[float | None, ...]


def specifications(
    y: Array,
    errors: Array,
    studies: Sequence[str],
    level: float,
    choosable: Choosable,
    fixed: Sequence[Estimate],
) -> list[Specification]:
    """All valid combinations, on the analysis scale, by estimate and then by interval.

    ``errors``: shape (correlations, k). ``fixed``: the fixed-effect results of all studies and without each
    in turn, shape (correlations,) each. Left out is what does not exist: τ² and Hartung-Knapp in a fixed
    model, and any random model of a single study. The others come out of one call for each τ² and interval.
    """
    left = (ALL, *studies) if len(studies) > 1 else (ALL,)
    found: list[Specification] = []

    def add(model: str, between: str, test: str, which: int, results: Estimate, at: Any) -> None:
        for place, r in enumerate(choosable.correlations):
            chosen = (model, between, test, correlation_id(r), left[which])
            numbers = (results.estimate, results.ci_low, results.ci_high, results.p)
            found.append(Specification(chosen, *(float(np.asarray(x)[*at, place]) for x in numbers)))

    for which in range(len(left)):
        add(FIXED, ALL, "z", which, fixed[which], ())
    kept = np.array([[study != out for study in studies] for out in left])
    effects = np.where(kept[:, None, :], y, np.nan) + np.zeros_like(errors)
    variances = np.square(errors) + np.zeros_like(effects)
    for between in choosable.estimators if len(studies) > 1 else ():
        for test in choosable.intervals:
            results = pool(effects, variances, method=between, test=test, level=level / 100)
            for which in np.flatnonzero(kept.sum(axis=1) > 1):
                add(RANDOM, between, test, int(which), results, (which,))
    return sorted(found, key=lambda one: (one.estimate, one.ci_low, one.levels))


def correlation_id(r: float | None) -> str:
    return ALL if r is None else f"r{round(100 * r)}"


def fixed_results(
    measure: Measure, errors: Array, columns: Mapping[str, Array], y: Array, level: float
) -> list[Estimate]:
    """The measure's own fixed-effect results of all studies and without each in turn."""
    k = len(y)
    parts = [np.arange(k), *(np.delete(np.arange(k), i) for i in range(k) if k > 1)]
    results = []
    for part in parts:
        pairs = []
        for se in errors:
            data = {"effect": y, "se": se, **columns}
            pairs.append(measure.fixed.pool(*(data[name][part] for name in measure.fixed.pool_roles)))
        estimate, error = np.transpose(pairs)
        results.append(Estimate(estimate, error, np.full(len(pairs), np.inf), level / 100))
    return results
