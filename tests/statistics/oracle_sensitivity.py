"""Oracle tasks on several fits: subgroups, meta-regression, leave-one-out, cumulative, influence, Baujat."""

from __future__ import annotations

from typing import Any

import numpy as np

from sscreport.statistics import sensitivity
from sscreport.statistics.meta_regression import meta_regression
from sscreport.statistics.pooling import Pooled
from sscreport.statistics.results import Estimate
from sscreport.statistics.sensitivity import Refitted
from sscreport.statistics.subgroups import subgroups
from tests.statistics.oracle_pooling import Results, effects_of, options, pooled_results


def subgroup(data: dict, case: dict) -> Results:
    params = case["params"]
    levels = [_level(row.get(params["by"])) for row in data["rows"]]
    y, v = effects_of(data, case)
    known = np.array([level is not None for level in levels]) & ~np.isnan(y)
    named = [level for level, keep in zip(levels, known, strict=True) if keep]
    found = subgroups(y[known], v[known], named, tau2=params["tau2"], **options(case))
    results = {
        "groups": {name: _group(group) for name, group in found.groups.items()},
        "overall": pooled_results(found.overall),
        "Q_between": found.q_between,
        "Q_between_df": found.q_between_df,
        "Q_between_p": found.q_between_p,
        "I2_between": found.i2_between,
    }
    if found.regression is None:
        groups = list(found.groups.values())
        return results | {"Q_within": sum(g.q for g in groups), "Q_within_df": sum(g.q_df for g in groups)}
    fit = found.regression
    return results | {"tau2": fit.tau2, "QE": fit.qe, "QE_df": fit.qe_df, "QE_p": fit.qe_p}


def _level(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return f"{value:g}"


def _group(group: Estimate) -> Results:
    if isinstance(group, Pooled):
        return pooled_results(group)
    return {"estimate": group.estimate, "se": group.se, "ci_lb": group.ci_low, "ci_ub": group.ci_high}


def regression(data: dict, case: dict) -> Results:
    design = np.array(case["params"]["design"], dtype=float)
    fit = meta_regression(*effects_of(data, case), design, **options(case))
    wald = fit.test == "z"
    results = {name: getattr(fit, name) for name in ("k", "estimate", "se", "statistic", "p", "vcov", "tau2")}
    return results | {
        "coefficients": ["intercept", *case["params"]["moderators"]],
        "ci_lb": fit.ci_low,
        "ci_ub": fit.ci_high,
        "df": None if wald else fit.qe_df,
        "QE": fit.qe,
        "QE_df": fit.qe_df,
        "QE_p": fit.qe_p,
        "QM": fit.qm,
        "QM_df": [fit.moderators, None if wald else fit.qe_df],
        "QM_p": fit.qm_p,
        "I2": fit.i2,
        "H2": fit.h2,
        "R2": fit.r2,
        "tau2_null": fit.tau2_null,
    }


def _refitted(found: Refitted) -> Results:
    results = {name: getattr(found, name) for name in ("estimate", "se", "statistic", "p", "tau2")}
    return results | {
        "ci_lb": found.ci_low,
        "ci_ub": found.ci_high,
        "Q": found.q,
        "Q_p": found.q_p,
        "I2": found.i2,
        "H2": found.h2,
    }


def leave_one_out(data: dict, case: dict) -> Results:
    return _refitted(sensitivity.leave_one_out(*effects_of(data, case), **options(case)))


def cumulative(data: dict, case: dict) -> Results:
    order = case["params"]["order"]
    y, v = effects_of(data, case)
    return _refitted(sensitivity.cumulative(y[order], v[order], **options(case)))


def influence(data: dict, case: dict) -> Results:
    found = sensitivity.influence(*effects_of(data, case), method=options(case)["method"])
    return found._asdict() | {"QE_del": found.q_del, "weight_pct": found.weight, "dfbs": found.dfbetas}


def baujat(data: dict, case: dict) -> Results:
    return sensitivity.baujat(*effects_of(data, case))._asdict()


TASKS = {
    "subgroup": subgroup,
    "meta_regression": regression,
    "leave_one_out": leave_one_out,
    "cumulative": cumulative,
    "influence": influence,
    "baujat": baujat,
}
