"""Oracle tasks on small-study effects: Egger, Begg, Harbord, Peters, trim and fill, fail-safe N."""

from __future__ import annotations

from typing import Any

import numpy as np

from sscreport.statistics import funnel_asymmetry
from sscreport.statistics.failsafe import failsafe_n
from sscreport.statistics.results import Estimate
from sscreport.statistics.trim_and_fill import trim_and_fill
from tests.statistics.oracle_pooling import Results, effects_of, options, pooled_results


def _coefficient(found: Estimate) -> Results:
    results = {name: getattr(found, name) for name in ("estimate", "se", "statistic", "p")}
    df = None if np.isinf(found.df) else found.df
    return results | {"df": df, "ci_lb": found.ci_low, "ci_ub": found.ci_high}


def _regression(found: Any) -> Results:
    """The line under the names that the tests give to the effect of an infinitely large study."""
    limit = _coefficient(found.limit_estimate)
    names = ("limit_estimate", "slope", "constant")
    return {"k": found.k, "bias": _coefficient(found.bias)} | dict.fromkeys(names, limit)


def egger(data: dict, case: dict) -> Results:
    effects, variant = effects_of(data, case), case["params"]["variant"]
    if variant == "meta_regression":
        mixed = funnel_asymmetry.egger_meta_regression(*effects, **options(case))
        return _regression(mixed) | {"tau2": mixed.tau2}
    line = funnel_asymmetry.egger(*effects, variant=variant)
    return _regression(line) | {"rmse": line.rmse}


def begg(data: dict, case: dict) -> Results:
    found = funnel_asymmetry.begg(*effects_of(data, case))
    results = {name: getattr(found, name) for name in ("k", "score", "z", "p", "tau_a", "tau_b", "p_exact")}
    return results | {
        "var_score": found.variance,
        "se_score": found.se,
        "z_cc": found.z_corrected,
        "p_cc": found.p_corrected,
        "ties": found.ties,
    }


def _tables(data: dict) -> list[np.ndarray]:
    """Events and totals of both groups from the rows that are complete."""
    cells = np.array([[row[name] for name in ("ai", "bi", "ci", "di")] for row in data["rows"]], dtype=float)
    a, b, c, d = cells[~np.isnan(cells).any(axis=1)].T
    return [a, a + b, c, c + d]


def harbord(data: dict, case: dict) -> Results:
    found = funnel_asymmetry.harbord(*_tables(data), measure=case["params"]["measure"])
    return _regression(found) | {"rmse": found.rmse}


def peters(data: dict, case: dict) -> Results:
    found = funnel_asymmetry.peters(*_tables(data), zero_cells="none")
    return _regression(found) | {"rmse": found.rmse}


def trim(data: dict, case: dict) -> Results:
    params = case["params"]
    chosen = {"estimator": params["estimator"], "side": params["side"]}
    found = trim_and_fill(*effects_of(data, case), **chosen, **options(case))
    results = {name: getattr(found, name) for name in ("side", "k0", "se_k0", "p_k0")}
    return results | {
        "filled_yi": found.filled.yi,
        "filled_vi": found.filled.vi,
        "pooled": pooled_results(found.pooled),
    }


def failsafe(data: dict, case: dict) -> Results:
    found = failsafe_n(*effects_of(data, case), kind=case["params"]["type"].lower())
    return {"fsnum": found.n, "pval": found.p}


TASKS = {
    "egger": egger,
    "begg": begg,
    "harbord": harbord,
    "peters": peters,
    "trim_and_fill": trim,
    "failsafe_n": failsafe,
}
