"""Oracle tasks on tables: Mantel-Haenszel, Peto, and pooled proportions and correlations turned back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sscreport.statistics.correlations import from_fisher_z
from sscreport.statistics.inputs import Array
from sscreport.statistics.mantel_haenszel import (
    MantelHaenszel,
    cochran_mantel_haenszel_test,
    mantel_haenszel,
    mantel_haenszel_random,
    mantel_haenszel_rates,
    tarone_test,
)
from sscreport.statistics.peto import peto
from sscreport.statistics.pooled_tables import PooledTables
from sscreport.statistics.pooling import Pooled, pool
from sscreport.statistics.proportions import from_arcsine, from_freeman_tukey, from_logit, harmonic_mean
from tests.statistics.oracle_pooling import Results, effects_of, options


def columns(data: dict, *names: str) -> list[Array]:
    """Columns of the rows in which none of them is missing."""
    values = np.array([[row[name] for name in names] for row in data["rows"]], dtype=float)
    return list(values[~np.isnan(values).any(axis=1)].T)


def counts(data: dict) -> tuple[Array, Array, Array, Array]:
    """Events and totals of both groups."""
    a, b, c, d = columns(data, "ai", "bi", "ci", "di")
    return a, a + b, c, c + d


def level(case: dict) -> float:
    return case["params"].get("level", 0.95)


def estimate_results(pooled: PooledTables, measure: str) -> Results:
    """What the oracle says of every estimate from tables."""
    found = {
        "k": pooled.k,
        "k_effects": pooled.k_effects,
        "ci_lb": pooled.ci_low,
        "ci_ub": pooled.ci_high,
        "Q": pooled.q,
        "Q_df": pooled.q_df,
        "Q_p": pooled.q_p,
        "I2_Q": pooled.i2,
    }
    found |= {name: getattr(pooled, name) for name in ("estimate", "se", "statistic", "p")}
    if measure != "RD":
        ratios = {name: np.exp(found[name]) for name in ("estimate", "ci_lb", "ci_ub")}
        found |= {f"exp_{name}": value for name, value in ratios.items()}
    return found


def fixed(data: dict, case: dict) -> MantelHaenszel:
    """The Mantel-Haenszel estimate as metafor or, with "only0", as Review Manager gives it."""
    measure, zero_cells = case["params"]["measure"], case["params"]["zero_cells"]
    if measure == "IRR":
        rates = columns(data, "x1i", "t1i", "x2i", "t2i")
        return mantel_haenszel_rates(*rates, zero_cells=zero_cells, level=level(case))
    chosen = {"measure": measure, "zero_cells": zero_cells, "rd_variance": "sato", "level": level(case)}
    return mantel_haenszel(*counts(data), **chosen)


def pool_mh(data: dict, case: dict) -> Results:
    measure = case["params"]["measure"]
    pooled = fixed(data, case)
    found = estimate_results(pooled, measure)
    found["weights_pct"] = pooled.weights[pooled.summands.included]
    if measure == "RD":
        other = mantel_haenszel(*counts(data), measure="RD", level=level(case))
        limits = {"ci_lb_greenland_robins": other.ci_low, "ci_ub_greenland_robins": other.ci_high}
        found |= {"se_greenland_robins": other.se} | limits
    if measure == "OR":
        tests = {
            ("CMH_chi2", "CMH_p"): cochran_mantel_haenszel_test(*counts(data), continuity_correction=False),
            ("CMH_chi2_corrected", "CMH_p_corrected"): cochran_mantel_haenszel_test(*counts(data)),
            ("tarone_chi2", "tarone_p"): tarone_test(*counts(data)),
        }
        for (chi2, p), test in tests.items():
            found |= {chi2: test.chi2, p: test.p}
    return found


def pool_mh_random(data: dict, case: dict) -> Results:
    measure = case["params"]["measure"]
    pooled = mantel_haenszel_random(*counts(data), measure=measure, level=level(case))
    found = estimate_results(pooled, measure)
    weights = pooled.weights[pooled.fixed.summands.precision > 0]
    return found | {"tau2": pooled.tau2, "mh_estimate": pooled.fixed.estimate, "weights_pct": weights}


def pool_peto(data: dict, case: dict) -> Results:
    pooled = peto(*counts(data), level=level(case))
    o_minus_e, v = pooled.score
    weights = np.where(v > 0, pooled.weights, np.nan)
    return estimate_results(pooled, "OR") | {"O_minus_E": o_minus_e, "V": v, "weights_pct": weights}


def leave_one_out_mh(data: dict, case: dict) -> Results:
    return estimate_results(fixed(data, case).leave_one_out(), case["params"]["measure"])


def turned_back(pooled: Pooled, back: Callable[..., Any], name: str) -> Results:
    values = pooled.estimate, pooled.ci_low, pooled.ci_high
    shown = dict(zip((name, "ci_lb", "ci_ub"), map(back, values), strict=True))
    return shown | {"transformed": values}


def pool_proportion(data: dict, case: dict) -> Results:
    pooled = pool(*effects_of(data, case), **options(case))
    (total,) = columns(data, "ni")
    n = harmonic_mean(total)
    back = {
        "inverse_logit": from_logit,
        "sin^2": from_arcsine,
        "miller_1978_harmonic_mean_n": lambda t: from_freeman_tukey(t, n),
    }[case["params"]["backtransform"]]
    return turned_back(pooled, back, "proportion") | {"harmonic_mean_n": n}


def pool_correlation(data: dict, case: dict) -> Results:
    return turned_back(pool(*effects_of(data, case), **options(case)), from_fisher_z, "correlation")


TASKS: dict[str, Callable[[dict, dict], Results]] = {
    "pool_mh": pool_mh,
    "pool_mh_random": pool_mh_random,
    "pool_peto": pool_peto,
    "leave_one_out_mh": leave_one_out_mh,
    "pool_proportion": pool_proportion,
    "pool_correlation": pool_correlation,
}
