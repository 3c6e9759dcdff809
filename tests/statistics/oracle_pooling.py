"""Oracle tasks on effects and variances: pooling, heterogeneity, subgroups, regression, sensitivity."""

from __future__ import annotations

from typing import Any

import numpy as np

from sscreport.statistics.heterogeneity import q_profile, test_based_interval
from sscreport.statistics.pooling import Pooled, pool

Results = dict[str, Any]
TESTS = {"wald": "z", "hk": "hk", "hk_adhoc": "hk_adhoc"}


def effects_of(data: dict, case: dict) -> tuple[np.ndarray, np.ndarray]:
    """Effects and variances of a case's effect set, NaN for studies that have none."""
    chosen = data["effects"][case["params"]["effects"]]
    return np.array(chosen["yi"], dtype=float), np.array(chosen["vi"], dtype=float)


def options(case: dict) -> dict[str, Any]:
    """Method, test and level as `pool` calls them."""
    params = case["params"]
    return {
        "method": params.get("tau2_method") or "FE",
        "test": TESTS[params.get("ci", "wald")],
        "level": params.get("level", 0.95),
    }


def pooled_results(pooled: Pooled) -> Results:
    """All that an oracle case may say of a pooled estimate."""
    found = {
        "k": pooled.k,
        "df": None if np.isinf(pooled.df) else pooled.df,
        "Q": pooled.q,
        "Q_df": pooled.q_df,
        "Q_p": pooled.q_p,
        "I2_Q": pooled.i2,
        "H2_Q": pooled.h2,
        "I2_tau2": pooled.i2_tau2,
        "H2_tau2": pooled.h2_tau2,
        "ci_lb": pooled.ci_low,
        "ci_ub": pooled.ci_high,
        "pi_z": pooled.prediction_interval("z"),
        "pi_t_km1": pooled.prediction_interval("k-1"),
        "pi_t_km2": pooled.prediction_interval("k-2"),
        "weights_pct": pooled.weights[np.isfinite(pooled.model.v)],
    }
    names = ("estimate", "se", "statistic", "p", "tau2", "tau", "se_tau2")
    return found | {name: getattr(pooled, name) for name in names}


def pool_task(data: dict, case: dict) -> Results:
    return pooled_results(pool(*effects_of(data, case), **options(case)))


def tau2_estimators(data: dict, case: dict) -> Results:
    found = {}
    for method in case["expected"]:
        pooled = pool(*effects_of(data, case), method=method)
        found[method] = {"tau2": pooled.tau2, "estimate": pooled.estimate, "se": pooled.se}
    return found


def heterogeneity_ci(data: dict, case: dict) -> Results:
    y, v = effects_of(data, case)
    level = case["params"]["level"]
    if case["params"]["method"] == "higgins_thompson":
        pooled = pool(y, v, method="FE")
        found = test_based_interval(pooled.q, pooled.k, level=level)
        named = {"H": found.h, "I2": found.i2}
        rest = {"se_lnH": found.se_log_h}
    else:
        profile = q_profile(y, v, method=case["params"]["tau2_method"], level=level)
        named = {"tau2": profile.tau2, "tau": profile.tau, "I2": profile.i2, "H2": profile.h2}
        rest = {}
    for name, interval in named.items():
        rest |= {name: interval.estimate, f"{name}_lb": interval.low, f"{name}_ub": interval.high}
    return rest


TASKS = {"pool": pool_task, "tau2_estimators": tau2_estimators, "heterogeneity_ci": heterogeneity_ci}
