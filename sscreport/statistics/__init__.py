"""Meta-analysis on arrays: effect sizes, pooling, heterogeneity, sensitivity, small-study effects.

    from sscreport import statistics as ma

    effects = ma.odds_ratio(events_1, total_1, events_2, total_2)
    pooled = ma.pool(*effects, method="REML", test="hk")
    pooled.estimate, pooled.ci_low, pooled.ci_high, pooled.i2

Studies lie along the last axis; axes before it are independent analyses. Ratios are logarithms. A
study without an effect size is NaN and left out of every pooling; what exists for some analyses
only, such as H² of a single study, is NaN for the others, as each docstring says. Input that is
impossible raises ValueError, data that do not determine a result NotEstimable, an iteration that
fails NotConverged, each with a sentence that says why.
"""

from sscreport.statistics.binary import (
    matched_odds_ratio,
    matched_risk_difference,
    odds_ratio,
    peto_odds_ratio,
    risk_difference,
    risk_ratio,
)
from sscreport.statistics.change import (
    change_correlation,
    change_sd,
    difference,
    implied_correlation,
    mean_change,
    rescaled_error,
    standardized_mean_change,
    standardized_mean_change_raw,
)
from sscreport.statistics.continuous import (
    glass_delta,
    mean_difference,
    ratio_of_means,
    standardized_mean_difference,
)
from sscreport.statistics.conversions import (
    combine_groups,
    log_odds_ratio_to_smd,
    mean_from_five_numbers,
    mean_from_quartiles,
    mean_from_range,
    sd_from_difference_se,
    sd_from_five_numbers,
    sd_from_interval,
    sd_from_quartiles,
    sd_from_range,
    sd_from_se,
    se_from_interval,
    se_from_p,
    se_from_statistic,
    smd_to_log_odds_ratio,
    statistic_from_p,
)
from sscreport.statistics.correlations import fisher_z, from_fisher_z, raw_correlation
from sscreport.statistics.failsafe import failsafe_n
from sscreport.statistics.funnel_asymmetry import begg, egger, egger_meta_regression, harbord, peters
from sscreport.statistics.generic import (
    from_estimate_and_se,
    from_interval,
    from_observed_minus_expected,
    from_p,
)
from sscreport.statistics.heterogeneity import (
    cochran_q,
    h_squared,
    i_squared,
    q_p_value,
    q_profile,
    test_based_interval,
)
from sscreport.statistics.inputs import NotConverged, NotEstimable
from sscreport.statistics.mantel_haenszel import (
    cochran_mantel_haenszel_test,
    mantel_haenszel,
    mantel_haenszel_random,
    mantel_haenszel_rates,
    tarone_test,
)
from sscreport.statistics.meta_regression import meta_regression
from sscreport.statistics.peto import peto
from sscreport.statistics.pooling import pool
from sscreport.statistics.proportions import (
    arcsine_proportion,
    freeman_tukey_proportion,
    from_arcsine,
    from_freeman_tukey,
    from_logit,
    logit_proportion,
    proportion_interval,
    raw_proportion,
)
from sscreport.statistics.rates import incidence_rate_difference, incidence_rate_ratio
from sscreport.statistics.repeated import combine_repeats, covariance_of_repeats, generalized_least_squares
from sscreport.statistics.results import EffectSizes, Estimate
from sscreport.statistics.sensitivity import baujat, cumulative, influence, leave_one_out
from sscreport.statistics.subgroups import subgroups
from sscreport.statistics.trim_and_fill import trim_and_fill

__all__ = [
    "EffectSizes",
    "Estimate",
    "NotConverged",
    "NotEstimable",
    "arcsine_proportion",
    "baujat",
    "begg",
    "change_correlation",
    "change_sd",
    "cochran_mantel_haenszel_test",
    "cochran_q",
    "combine_groups",
    "combine_repeats",
    "covariance_of_repeats",
    "cumulative",
    "difference",
    "egger",
    "egger_meta_regression",
    "failsafe_n",
    "fisher_z",
    "freeman_tukey_proportion",
    "from_arcsine",
    "from_estimate_and_se",
    "from_fisher_z",
    "from_freeman_tukey",
    "from_interval",
    "from_logit",
    "from_observed_minus_expected",
    "from_p",
    "generalized_least_squares",
    "glass_delta",
    "h_squared",
    "harbord",
    "i_squared",
    "incidence_rate_difference",
    "incidence_rate_ratio",
    "implied_correlation",
    "influence",
    "leave_one_out",
    "log_odds_ratio_to_smd",
    "logit_proportion",
    "mantel_haenszel",
    "mantel_haenszel_random",
    "mantel_haenszel_rates",
    "matched_odds_ratio",
    "matched_risk_difference",
    "mean_change",
    "mean_difference",
    "mean_from_five_numbers",
    "mean_from_quartiles",
    "mean_from_range",
    "meta_regression",
    "odds_ratio",
    "peters",
    "peto",
    "peto_odds_ratio",
    "pool",
    "proportion_interval",
    "q_p_value",
    "q_profile",
    "ratio_of_means",
    "raw_correlation",
    "raw_proportion",
    "rescaled_error",
    "risk_difference",
    "risk_ratio",
    "sd_from_difference_se",
    "sd_from_five_numbers",
    "sd_from_interval",
    "sd_from_quartiles",
    "sd_from_range",
    "sd_from_se",
    "se_from_interval",
    "se_from_p",
    "se_from_statistic",
    "smd_to_log_odds_ratio",
    "standardized_mean_change",
    "standardized_mean_change_raw",
    "standardized_mean_difference",
    "statistic_from_p",
    "subgroups",
    "tarone_test",
    "test_based_interval",
    "trim_and_fill",
]
