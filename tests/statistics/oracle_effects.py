"""What the library answers to the oracle's cases about effect sizes and conversions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sscreport.statistics import (
    binary,
    change,
    continuous,
    conversions,
    correlations,
    generic,
    proportions,
    rates,
)
from sscreport.statistics.inputs import Array
from sscreport.statistics.results import EffectSizes

Case = dict[str, Any]
Data = dict[str, Any]

CORRECTIONS = {"exact_gamma": "exact", "approx_4N-9": "approximate", "none": "none"}


def effects_from_rows(data: Data, name: str) -> EffectSizes:
    """The effect set ``name`` computed from the raw rows of its file.

    How a measure was computed stands in the case of the same name; effects that were given have none.
    """
    measure = {"measure": data["effects"][name]["measure"]}
    of_the_set = (case["params"] for case in data["cases"] if case["id"] == f"{name}/effect_size")
    return _measured(data, next(of_the_set, measure))


def _measured(data: Data, params: dict[str, Any]) -> EffectSizes:
    return {
        "2x2": _tables,
        "means": _means,
        "generic": _generic,
        "correlation": _correlation,
        "proportion": _proportion,
        "rates": _rates,
        "prepost": _prepost,
    }[data["kind"]](data["rows"], params)


def _columns(rows: Sequence[dict[str, Any]], *names: str) -> list[Array]:
    return [np.array([row[name] for row in rows], dtype=float) for name in names]


def _of_complete(effect_size: Callable[..., EffectSizes], *columns: Array, **options: Any) -> EffectSizes:
    """The effect sizes of the rows without a missing number; NaN for the others."""
    complete = ~np.isnan(columns).any(axis=0)
    yi, vi = np.full(complete.shape, np.nan), np.full(complete.shape, np.nan)
    yi[complete], vi[complete] = effect_size(*(column[complete] for column in columns), **options)
    return EffectSizes(yi, vi)


def _options(params: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: params[name] for name in names if name in params}


def _tables(rows: Sequence[dict[str, Any]], params: dict[str, Any]) -> EffectSizes:
    ai, bi, ci, di = _columns(rows, "ai", "bi", "ci", "di")
    if params["measure"] == "PETO":
        return _of_complete(binary.peto_odds_ratio, ai, ai + bi, ci, ci + di)
    effect_size = {"OR": binary.odds_ratio, "RR": binary.risk_ratio, "RD": binary.risk_difference}
    options = _options(params, "zero_cells", "add", "double_zero")
    return _of_complete(effect_size[params["measure"]], ai, ai + bi, ci, ci + di, **options)


def _means(rows: Sequence[dict[str, Any]], params: dict[str, Any]) -> EffectSizes:
    columns = _columns(rows, "m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
    correction = {"correction": CORRECTIONS[params.get("j", "exact_gamma")]}
    if params.get("variance") == "glass":
        m1, _, n1, m2, sd2, n2 = columns
        return _of_complete(continuous.glass_delta, m1, n1, m2, sd2, n2, **correction)
    if params["measure"] == "SMD":
        options = correction | _options(params, "variance")
        return _of_complete(continuous.standardized_mean_difference, *columns, **options)
    effect_size = {"MD": continuous.mean_difference, "ROM": continuous.ratio_of_means}
    return _of_complete(effect_size[params["measure"]], *columns)


def _generic(rows: Sequence[dict[str, Any]], params: dict[str, Any]) -> EffectSizes:
    ratios = [name for name in rows[0] if {f"{name}_lb", f"{name}_ub"} <= rows[0].keys()]
    if not ratios:
        return EffectSizes(*_columns(rows, "yi", "vi"))
    columns = _columns(rows, ratios[0], f"{ratios[0]}_lb", f"{ratios[0]}_ub")
    return _of_complete(generic.from_interval, *columns, log=True, **_options(params, "level"))


def _correlation(rows: Sequence[dict[str, Any]], params: dict[str, Any]) -> EffectSizes:
    effect_size = {"ZCOR": correlations.fisher_z, "COR": correlations.raw_correlation}
    return _of_complete(effect_size[params["measure"]], *_columns(rows, "ri", "ni"))


def _proportion(rows: Sequence[dict[str, Any]], params: dict[str, Any]) -> EffectSizes:
    columns = _columns(rows, "xi", "ni")
    if params["measure"] in ("PFT", "PAS"):
        effect_size = {"PFT": proportions.freeman_tukey_proportion, "PAS": proportions.arcsine_proportion}
        return _of_complete(effect_size[params["measure"]], *columns)
    effect_size = {"PR": proportions.raw_proportion, "PLO": proportions.logit_proportion}
    return _of_complete(effect_size[params["measure"]], *columns, **_options(params, "zero_cells", "add"))


def _rates(rows: Sequence[dict[str, Any]], params: dict[str, Any]) -> EffectSizes:
    effect_size = {"IRR": rates.incidence_rate_ratio, "IRD": rates.incidence_rate_difference}
    options = _options(params, "zero_cells", "add", "double_zero")
    return _of_complete(
        effect_size[params["measure"]], *_columns(rows, "x1i", "t1i", "x2i", "t2i"), **options
    )


def _prepost(rows: Sequence[dict[str, Any]], params: dict[str, Any]) -> EffectSizes:
    measure = params["measure"]
    if measure.endswith("_diff"):
        arms = [[row for row in rows if row["arm"] == arm] for arm in ("treatment", "control")]
        single = {**params, "measure": measure.removesuffix("_diff")}
        return change.difference(*(_prepost(arm, single) for arm in arms))
    mean_pre, mean_post, sd_pre, sd_post, n, _ = columns = _columns(
        rows, "m_pre", "m_post", "sd_pre", "sd_post", "n", "r"
    )
    if params.get("r") is not None:
        columns[-1] = np.full_like(n, float(params["r"]))
    if measure == "SMCR":
        return _of_complete(change.standardized_mean_change_raw, mean_pre, mean_post, sd_pre, n, columns[-1])
    effect_size = {"MC": change.mean_change, "SMCC": change.standardized_mean_change}
    return _of_complete(effect_size[measure], *columns)


def _effect_size(data: Data, case: Case) -> dict[str, Any]:
    effects = _measured(data, case["params"])
    low, high = effects.confidence_interval(case["params"].get("level", 0.95))
    return {"yi": effects.yi, "vi": effects.vi, "sei": effects.sei, "ci_lb": low, "ci_ub": high}


def _proportion_ci(data: Data, case: Case) -> dict[str, Any]:
    x, n = _columns(data["rows"], "xi", "ni")
    results = {"p": x / n}
    for method in ("clopper_pearson", "wilson"):
        limits = proportions.proportion_interval(x, n, method=method, level=case["params"]["level"])
        results[f"{method}_lb"], results[f"{method}_ub"] = limits
    return results


def _change_sd(data: Data, case: Case) -> dict[str, Any]:
    sd_pre, sd_post, r = _columns(data["rows"], "sd_pre", "sd_post", "r")
    sd = change.change_sd(sd_pre, sd_post, case["params"].get("r", r))
    return {"sd_change": sd, "r_back": change.change_correlation(sd_pre, sd_post, sd)}


def _mean_sd_from_median(data: Data, case: Case) -> dict[str, Any]:
    method = case["params"]["method"]
    a, q1, m, q3, b, n = _columns(data["rows"], "min", "q1", "median", "q3", "max", "n")
    wan_or_luo, wan_or_shi = (method if method == "wan2014" else other for other in ("luo2018", "shi2020"))
    match case["params"]["scenario"].split(":")[0]:
        case "S1":
            mean = conversions.mean_from_range(a, m, b, n, method=wan_or_luo)
            sd = conversions.sd_from_range(a, b, n)
        case "S2":
            mean = conversions.mean_from_quartiles(q1, m, q3, n, method=wan_or_luo)
            rule = "iqr" if method == "iqr_1.35" else "wan2014"
            sd = conversions.sd_from_quartiles(q1, q3, n, method=rule)
        case "S3":
            mean = conversions.mean_from_five_numbers(a, q1, m, q3, b, n, method=wan_or_luo)
            sd = conversions.sd_from_five_numbers(a, q1, q3, b, n, method=wan_or_shi)
    return {"mean": mean, "sd": sd}


def _conversion(data: Data, case: Case) -> dict[str, Any]:
    params = {key: value for key, value in case["params"].items() if key != "op"}
    return CONVERSIONS[case["params"]["op"]](**params)


def _sd_from_t_test(md: float, p: float, n1: float, n2: float) -> dict[str, Any]:
    t = conversions.statistic_from_p(p, n1 + n2 - 2)
    se = conversions.se_from_p(md, p, df=n1 + n2 - 2)
    return {"t": t, "se": se, "sd": conversions.sd_from_difference_se(se, n1, n2)}


def _combine_groups(n1: float, m1: float, sd1: float, n2: float, m2: float, sd2: float) -> dict[str, Any]:
    return conversions.combine_groups([m1, m2], [sd1, sd2], [n1, n2])._asdict()


def _ratio_from_ci(est: float, lb: float, ub: float, level: float) -> dict[str, Any]:
    effect = generic.from_interval(est, lb, ub, level, log=True)
    return {"log_est": effect.yi, "se": effect.sei}


CONVERSIONS: dict[str, Callable[..., dict[str, Any]]] = {
    "sd_from_se": lambda se, n: {"sd": conversions.sd_from_se(se, n)},
    "sd_from_ci": lambda dist, level, lb, ub, n: {
        "sd": conversions.sd_from_interval(lb, ub, n, level, dist=dist)
    },
    "combine_groups": _combine_groups,
    "ratio_from_ci": _ratio_from_ci,
    "se_from_p": lambda log_est, p: {"se": conversions.se_from_p(log_est, p)},
    "sd_from_t_test": _sd_from_t_test,
    "smd_to_lnor": lambda smd, var: dict(
        zip(("lnor", "var"), conversions.smd_to_log_odds_ratio(smd, var), strict=True)
    ),
    "lnor_to_smd": lambda lnor, var: dict(
        zip(("smd", "var"), conversions.log_odds_ratio_to_smd(lnor, var), strict=True)
    ),
}

TASKS: dict[str, Callable[[Data, Case], dict[str, Any]]] = {
    "effect_size": _effect_size,
    "proportion_ci": _proportion_ci,
    "mean_sd_from_median": _mean_sd_from_median,
    "conversion": _conversion,
    "change_sd": _change_sd,
}
