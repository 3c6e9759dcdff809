"""Effect sizes against textbooks and R's metafor 3.8-1, whose calls stand beside the numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sscreport.statistics import binary, change, continuous, correlations, generic, proportions, rates
from sscreport.statistics.inputs import NotEstimable
from sscreport.statistics.results import EffectSizes
from tests.statistics import oracle_effects

pytestmark = pytest.mark.filterwarnings("error")

NAN = np.nan
ORACLE = Path(__file__).resolve().parent.parent / "oracle"
SETS = [
    pytest.param(data, name, id=f"{data['id']}-{name}")
    for data in (json.loads(path.read_text()) for path in sorted(ORACLE.glob("*.json")))
    for name in data["effects"]
]

# ai, bi, ci, di of three tables: the second and third have an empty cell.
AI, BI, CI, DI = np.array([[4, 0, 12], [16, 25, 0], [8, 3, 9], [12, 22, 5]], dtype=float)
GROUPS = AI, AI + BI, CI, CI + DI
# m1i, sd1i, n1i, m2i, sd2i, n2i of two studies, and a correlation ri.
MEANS = ([20.5, -3.1], [4.2, 1.5], [12, 40], [18.1, -2.2], [5.5, 2.5], [15, 38])
M1, SD1, N1, M2, SD2, N2 = MEANS
R = [0.6, 0.35]
RATES = ([5, 0, 11], [120, 80, 300.5], [9, 4, 11], [110, 95, 250])


def same(effects: EffectSizes, yi: object, vi: object, rel: float = 1e-11) -> None:
    """Both numbers of every study agree, NaN with NaN."""
    np.testing.assert_allclose(effects.yi, yi, rtol=rel, atol=1e-13)
    np.testing.assert_allclose(effects.vi, vi, rtol=rel, atol=1e-13)


@pytest.mark.parametrize(("data", "name"), SETS)
def test_the_oracles_effect_sets_follow_from_its_rows(data: dict, name: str) -> None:
    """Every named effect set is what its measure makes of the raw rows."""
    expected = data["effects"][name]
    yi, vi = (np.array(expected[key], dtype=float) for key in ("yi", "vi"))
    same(oracle_effects.effects_from_rows(data, name), yi, vi)


# ── Dichotomous outcomes ──


@pytest.mark.parametrize(
    ("effect_size", "zero_cells", "yi", "vi"),
    [
        # escalc("OR", ai, bi, ci, di, to=zero_cells), and so on
        (
            binary.odds_ratio,
            "only0",
            [-0.980829253012, -2.07107329201, 2.6723321185],
            [0.520833333333, 2.36937441643, 2.36708133971],
        ),
        (
            binary.odds_ratio,
            "if0all",
            [-0.913620503318, -2.07107329201, 2.6723321185],
            [0.480475341652, 2.36937441643, 2.36708133971],
        ),
        (
            binary.risk_ratio,
            "only0",
            [-0.69314718056, -1.94591014906, 0.417537689342],
            [0.275, 2.20879120879, 0.041673414305],
        ),
        (
            binary.risk_ratio,
            "all",
            [-0.63598876672, -1.94591014906, 0.417537689342],
            [0.244631185808, 2.20879120879, 0.041673414305],
        ),
        (
            binary.risk_difference,
            "only0",
            [-0.2, -0.115384615385, 0.328205128205],
            [0.02, 0.00520596267638, 0.0183262698292],
        ),
        (
            binary.risk_difference,
            "if0all",
            [-0.190476190476, -0.115384615385, 0.328205128205],
            [0.0194903358169, 0.00520596267638, 0.0183262698292],
        ),
    ],
)
def test_tables_as_in_metafor(
    effect_size: Callable[..., EffectSizes], zero_cells: str, yi: list, vi: list
) -> None:
    """Ratios and differences of tables are metafor's under each rule for zero cells."""
    same(effect_size(*GROUPS, zero_cells=zero_cells), yi, vi)


def test_peto_as_in_metafor() -> None:
    """Peto's odds ratio needs no correction for one empty cell."""
    # escalc("PETO", ai, bi, ci, di, add=0, to="none")
    yi, vi = (
        [-0.928571428571, -2.08510638298, 2.21088435374],
        [0.464285714286, 1.39007092199, 0.958049886621],
    )
    same(binary.peto_odds_ratio(*GROUPS), yi, vi)


def test_tables_of_a_textbook() -> None:
    """5 of 100 against 10 of 100 gives the numbers of Borenstein et al. 2009, chapter 5."""
    table = 5, 100, 10, 100
    assert binary.risk_ratio(*table) == pytest.approx((-0.6931, 0.2800), abs=5e-5)
    assert binary.odds_ratio(*table) == pytest.approx((-0.7472, 0.3216), abs=5e-5)
    assert binary.risk_difference(*table) == pytest.approx((-0.0500, 0.0014), abs=5e-5)


def test_risk_difference_corrects_only_its_variance() -> None:
    """Review Manager's rule leaves the risk difference as observed; its variance is the corrected one."""
    by_default = binary.risk_difference(*GROUPS)
    assert by_default.yi == pytest.approx(binary.risk_difference(*GROUPS, zero_cells="none").yi)
    assert by_default.vi == pytest.approx(binary.risk_difference(*GROUPS, zero_cells="only0").vi)


@pytest.mark.parametrize("effect_size", [binary.odds_ratio, binary.risk_ratio, binary.peto_odds_ratio])
@pytest.mark.parametrize("table", [(0, 10, 0, 12), (10, 10, 12, 12)])
def test_tables_that_say_nothing_of_a_ratio(effect_size: Callable[..., EffectSizes], table: tuple) -> None:
    """Without any event, or without any non-event, a ratio is NaN and not estimable."""
    effects = effect_size(*table)
    same(effects, NAN, NAN)
    assert not effects.estimable


def test_double_zero_studies_can_be_kept() -> None:
    """`double_zero="keep"` corrects such studies like others, and "drop" leaves them out of a difference."""
    # escalc("OR", ai=0, bi=10, ci=0, di=12)
    same(binary.odds_ratio(0, 10, 0, 12, double_zero="keep"), np.log(12.5 / 10.5), 4 + 1 / 10.5 + 1 / 12.5)
    same(binary.risk_difference(0, 10, 0, 12, double_zero="drop"), NAN, NAN)


def test_dropped_studies_do_not_trigger_the_correction_of_all() -> None:
    """A double-zero study that is dropped is no reason to correct the others under "if0all"."""
    effects = binary.odds_ratio([0, 4], [10, 20], [0, 8], [12, 20], zero_cells="if0all")
    same(effects, [NAN, np.log(4 * 12 / (16 * 8))], [NAN, 1 / 4 + 1 / 16 + 1 / 8 + 1 / 12])


def test_correction_of_all_looks_at_one_meta_analysis() -> None:
    """ "if0all" corrects the meta-analysis (row) that has an empty cell, not the one beside it."""
    together = binary.odds_ratio(
        [[0, 4], [4, 4]], [[9, 20], [9, 20]], [[3, 8], [3, 8]], [[9, 20], [9, 20]], zero_cells="if0all"
    )
    assert together.yi[0, 1] != together.yi[1, 1]
    assert together.yi[1, 1] == binary.odds_ratio(4, 20, 8, 20).yi


def test_without_a_correction_empty_cells_have_no_ratio() -> None:
    """ "none" gives NaN where a logarithm would be infinite; a risk ratio needs only events."""
    same(binary.odds_ratio(0, 10, 3, 12, zero_cells="none"), NAN, NAN)
    same(binary.risk_ratio(10, 10, 3, 12, zero_cells="none"), np.log(4), 1 / 3 - 1 / 12)


def test_equal_groups_differ_by_exactly_nothing() -> None:
    """Equal risks give ratios of exactly 1 and differences of exactly 0."""
    for effect_size in (
        binary.odds_ratio,
        binary.risk_ratio,
        binary.risk_difference,
        binary.peto_odds_ratio,
    ):
        assert effect_size(7, 123, 21, 369).yi == 0


def test_matched_pairs_as_in_metafor() -> None:
    """Conditional odds ratios and marginal risk differences of pairs are metafor's."""
    # escalc("MPORC", ai=c(20,7,3), bi=c(5,0,9), ci=c(12,6,2), di=c(40,10,11))
    same(
        binary.matched_odds_ratio([5, 0, 9], [12, 6, 2]),
        [-0.875468737354, -2.56494935746, 1.50407739678],
        [0.283333333333, 2.15384615385, 0.611111111111],
    )
    # escalc("MPRD", ai=c(20,7,3), bi=c(5,1,9), ci=c(12,6,2), di=c(40,10,11))
    same(
        binary.matched_risk_difference([20, 7, 3], [5, 1, 9], [12, 6, 2], [40, 10, 11]),
        [-0.0909090909091, -0.208333333333, 0.28],
        [0.00275993192168, 0.0103443287037, 0.014464],
    )
    # escalc("MPRD", ai=7, bi=0, ci=6, di=10)
    same(binary.matched_risk_difference(7, 0, 6, 10, zero_cells="only0"), -0.24, 0.008896)


def test_matched_pairs_without_discordance() -> None:
    """No discordant pair leaves the odds ratio open; the risk difference is 0 with some uncertainty."""
    same(binary.matched_odds_ratio(0, 0), NAN, NAN)
    same(binary.matched_odds_ratio(3, 0, zero_cells="none"), NAN, NAN)
    effect = binary.matched_risk_difference(4, 0, 0, 6)
    assert effect.yi == 0 and effect.vi > 0


def test_matched_correction_of_all_ignores_concordant_studies() -> None:
    """A study without a discordant pair does not make "if0all" correct the others."""
    same(binary.matched_odds_ratio([0, 3], [0, 6], zero_cells="if0all"), [NAN, np.log(0.5)], [NAN, 0.5])


# ── Continuous outcomes ──


def test_means_as_in_metafor() -> None:
    """Mean differences, standardised ones and ratios of means are metafor's."""
    # escalc("MD", m1i, sd1i, n1i, m2i, sd2i, n2i), and so on
    same(continuous.mean_difference(*MEANS), [2.4, -0.9], [3.48666666667, 0.220723684211])
    # vtype="HO"
    same(continuous.mean_difference(*MEANS, variance="pooled"), [2.4, -0.9], [3.70524, 0.215391274238])
    smd = [0.468232679513, -0.434940845337]
    same(continuous.standardized_mean_difference(*MEANS), smd, [0.154060034114, 0.0525284403643])
    # vtype="UB"
    same(
        continuous.standardized_mean_difference(*MEANS, variance="UB"),
        smd,
        [0.154713228633, 0.052589641896],
    )
    # escalc("SMD1", ...)
    same(
        continuous.glass_delta(M1, N1, M2, SD2, N2, correction="exact", variance="LS"),
        [0.41248919097, -0.352644685073],
        [0.155671577756, 0.0529520825515],
    )
    # escalc("ROM", ...)
    same(
        continuous.ratio_of_means(*MEANS),
        [0.124512947873, 0.342944751127],
        [0.00965361115917, 0.0398354439948],
    )


def test_means_of_a_textbook() -> None:
    """103 (SD 5.5) against 100 (SD 4.5), 50 each: the numbers of Borenstein et al. 2009, chapter 4."""
    groups = 103, 5.5, 50, 100, 4.5, 50
    pooled = continuous.mean_difference(*groups, variance="pooled")
    assert pooled == pytest.approx((3, 1.0100), abs=5e-5)
    d = continuous.standardized_mean_difference(*groups, correction="none")
    assert d == pytest.approx((0.5970, 0.0418), abs=5e-5)
    g = continuous.standardized_mean_difference(*groups, correction="approximate")
    assert g.yi == pytest.approx(0.5924, abs=5e-5)


def test_standardised_variances_differ_as_published() -> None:
    """The variances of "cohen", "revman" and "LS" differ by N − 2, N − 3.94 and N alone."""
    n = 12 + 15
    d2, extra = None, {}
    for variance in ("LS", "revman", "cohen"):
        yi, vi = continuous.standardized_mean_difference(20.5, 4.2, 12, 18.1, 5.5, 15, variance=variance)
        d2, extra[variance] = yi**2, vi - 1 / 12 - 1 / 15
    assert extra["LS"] * 2 * n == pytest.approx(d2)
    assert extra["revman"] * 2 * (n - 3.94) == pytest.approx(d2)
    assert extra["cohen"] * 2 * (n - 2) == pytest.approx(d2)


@pytest.mark.parametrize(
    ("df", "j"),
    [
        # mpmath, 50 digits: gamma(m/2) / (sqrt(m/2) gamma((m-1)/2))
        (2, 0.5641895835477562869),
        (10, 0.9227456080530871034),
        (40, 0.9811121944366950582),
        (42, 0.9820179098681704367),
        (1e6, 0.9999992499997812499),
    ],
)
def test_exact_correction(df: float, j: float) -> None:
    """Hedges' exact J holds 14 digits, whether gamma functions are small or beyond any float."""
    assert continuous.hedges_correction(df) == pytest.approx(j, rel=1e-14)


def test_unbiased_variance_of_large_studies() -> None:
    """The unbiased variance has all its digits where 1 − (m − 2)/(mJ²) would lose them."""
    n = 1_000_000
    yi, vi = continuous.standardized_mean_difference(1, 1, n, 0, 1, n, variance="UB")
    # 1 − (1 − 2/m) / J² = 1/2m + 9/8m² + …
    m = 2 * n - 2
    assert (vi - 2 / n) / yi**2 == pytest.approx(1 / (2 * m), rel=1e-5)


def test_smallest_groups_have_a_standardised_difference() -> None:
    """Two groups of two have an exact J and an unbiased variance with its whole g²."""
    yi, vi = continuous.standardized_mean_difference(3, 1, 2, 2, 1, 2, variance="UB")
    assert yi == pytest.approx(0.5641895835)
    assert vi == pytest.approx(1 + yi**2)


# ── Change from before to after ──


def test_changes_as_in_metafor() -> None:
    """Raw and standardised mean changes are metafor's."""
    # escalc("MC", m1i, sd1i, m2i, sd2i, ni=n1i, ri), with 1 after and 2 before; "SMCC" likewise
    same(change.mean_change(M2, M1, SD2, SD1, N1, R), [2.4, -0.9], [1.68083333333, 0.146875])
    same(
        change.standardized_mean_change(M2, M1, SD2, SD1, N1, R),
        [0.496961188503, -0.364117202774],
        [0.0936237676199, 0.0266572667169],
    )
    # escalc("SMCR", m1i, m2i, sd1i=sd2i, ni=n1i, ri)
    same(
        change.standardized_mean_change_raw(M2, M1, SD2, N1, R),
        [0.405800644353, -0.353024725925],
        [0.0735280901232, 0.0340578307139],
    )


def test_changes_of_the_handbook() -> None:
    """The correlations of Cochrane Handbook table 6.5.b, and the mean of differences of 5.1, 16.4.6.4."""
    assert change.change_correlation(6.4, 7.1, 4.5) == pytest.approx(0.78, abs=5e-3)
    assert change.change_correlation(7.0, 6.9, 4.2) == pytest.approx(0.82, abs=5e-3)
    effect = change.mean_change(6.5, 7.0, 2.21, 2.38, 10, 0.68)
    assert (effect.yi, effect.sei) == pytest.approx((0.5, 0.583), abs=5e-4)


def test_change_sd_keeps_its_digits() -> None:
    """Equal SDs before and after leave √(2(1 − r)) of them, however close r is to 1."""
    assert change.change_sd(1e8, 1e8, 1 - 2**-50) == pytest.approx(1e8 * 2**-24.5, rel=1e-12)


def test_one_correlation_serves_all_groups() -> None:
    """A single correlation is the same as that correlation for each group."""
    one = change.standardized_mean_change_raw(M2, M1, SD2, N1, 0.5)
    same(one, *change.standardized_mean_change_raw(M2, M1, SD2, N1, [0.5, 0.5]))


def test_pairs_of_participants_have_no_exact_correction() -> None:
    """Two participants have a standardised change only without the exact small-sample correction."""
    same(change.standardized_mean_change(1, 2, 1, 1, 2, 0.5), NAN, NAN)
    assert change.standardized_mean_change(1, 2, 1, 1, 2, 0.5, correction="none").yi == 1


def test_difference_of_two_arms() -> None:
    """Effects are subtracted, variances added, and what is missing in one arm is missing."""
    arms = EffectSizes(np.array([3.0, NAN]), np.array([0.5, NAN])), EffectSizes(np.ones(2), np.ones(2))
    same(change.difference(*arms), [2, NAN], [1.5, NAN])


# ── Proportions, correlations, rates ──


def test_proportions_as_in_metafor() -> None:
    """Raw and transformed proportions are metafor's, with its rules for zero cells."""
    counts = [0, 7, 30], [12, 25, 30]
    # escalc("PR", xi, ni), and so on
    same(
        proportions.raw_proportion(*counts),
        [0.0384615384615, 0.28, 0.983870967742],
        [0.00284478834775, 0.008064, 0.000511899566983],
    )
    # to="if0all"
    same(
        proportions.logit_proportion(*counts, zero_cells="if0all"),
        [-3.21887582487, -0.902867711542, 4.11087386417],
        [2.08, 0.187387387387, 2.03278688525],
    )
    same(
        proportions.freeman_tukey_proportion(*counts),
        [0.140517450751, 0.566768224054, 1.4805037197],
        [0.02, 0.00980392156863, 0.00819672131148],
    )
    same(
        proportions.arcsine_proportion(*counts),
        [0, 0.5575988267, 1.57079632679],
        [0.0208333333333, 0.01, 0.00833333333333],
    )


def test_raw_proportion_can_stay_as_observed() -> None:
    """ "only0_in_se" shows the observed proportion with the variance of the corrected one."""
    yi, vi = proportions.raw_proportion([0, 30], [12, 30], zero_cells="only0_in_se")
    assert list(yi) == [0, 1]
    assert vi == pytest.approx(proportions.raw_proportion([0, 30], [12, 30]).vi)
    same(proportions.logit_proportion([0, 30], [12, 30], zero_cells="none"), [NAN, NAN], [NAN, NAN])


def test_way_back_from_freeman_tukey_as_in_metafor() -> None:
    """Miller's inverse is metafor's, for one n and for the harmonic mean of several."""
    # transf.ipft(c(.1, .3, .8, 1.2, 1.5), 20)
    expected = [0, 0.06824245097769, 0.5153123438275, 0.8861684764033, 1]
    back = proportions.from_freeman_tukey([0.1, 0.3, 0.8, 1.2, 1.5], 20)
    np.testing.assert_allclose(back, expected, rtol=1e-12)
    # transf.ipft.hm(.7, targs=list(ni=c(10, 25, 120)))
    n = proportions.harmonic_mean([10, 25, 120])
    assert proportions.from_freeman_tukey(0.7, n) == pytest.approx(0.4109164536333, rel=1e-12)


@pytest.mark.parametrize("total", [1, 7, 250])
def test_transformed_proportions_come_back(total: int) -> None:
    """Each way back ends at the proportion it began with, from none of the observations to all."""
    events, totals = np.arange(total + 1.0), np.full(total + 1, float(total))
    p = events / total
    double = proportions.freeman_tukey_proportion(events, totals).yi
    np.testing.assert_allclose(proportions.from_freeman_tukey(double, totals), p, atol=1e-12)
    single = proportions.arcsine_proportion(events, totals).yi
    np.testing.assert_allclose(proportions.from_arcsine(single), p, atol=1e-12)
    logit = proportions.logit_proportion(events, totals, zero_cells="none").yi[1:-1]
    np.testing.assert_allclose(proportions.from_logit(logit), p[1:-1], atol=1e-12)


def test_arcsines_beyond_their_range() -> None:
    """The limits of a wide interval become proportions of 0 and 1."""
    assert list(proportions.from_arcsine([-0.3, 1.7])) == [0, 1]
    assert list(proportions.from_freeman_tukey([-0.3, 1.7], 12)) == [0, 1]


@pytest.mark.parametrize(
    ("method", "events", "total", "low", "high"),
    [
        # Newcombe 1998, Stat Med 17:857, table I
        ("clopper_pearson", 81, 263, 0.2527, 0.3676),
        ("clopper_pearson", 15, 148, 0.0578, 0.1617),
        ("clopper_pearson", 0, 20, 0.0000, 0.1684),
        ("clopper_pearson", 1, 29, 0.0009, 0.1776),
        ("wilson", 81, 263, 0.2553, 0.3662),
        ("wilson", 15, 148, 0.0624, 0.1605),
        ("wilson", 0, 20, 0.0000, 0.1611),
        ("wilson", 1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_of_newcombe(method: str, events: int, total: int, low: float, high: float) -> None:
    """Exact and Wilson intervals are those of Newcombe's comparison."""
    limits = proportions.proportion_interval(events, total, method=method)
    assert limits == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("method", ["clopper_pearson", "wilson"])
def test_intervals_of_all_or_none(method: str) -> None:
    """Intervals end at exactly 0 without events and exactly 1 without non-events, and are mirror images."""
    (low_none, low_all), (high_none, high_all) = proportions.proportion_interval(
        [0, 20], [20, 20], method=method
    )
    assert (low_none, high_all) == (0, 1)
    assert low_all == pytest.approx(1 - high_none)


def test_correlations_as_in_metafor() -> None:
    """Fisher's z and raw correlations are metafor's, and z leads back."""
    # escalc("ZCOR", ri=c(-.3,.62), ni=c(10,55)); escalc("COR", ...)
    z = correlations.fisher_z([-0.3, 0.62], [10, 55])
    same(z, [-0.309519604203, 0.725005087753], [0.142857142857, 0.0192307692308])
    same(correlations.raw_correlation([-0.3, 0.62], [10, 55]), [-0.3, 0.62], [0.0920111111111, 0.00701784])
    assert correlations.from_fisher_z(z.yi) == pytest.approx([-0.3, 0.62])


def test_fisher_z_of_three() -> None:
    """Three observations have a correlation, but no z that could be weighted."""
    same(correlations.fisher_z([0.5, 0.5], [3, 4]), [NAN, np.arctanh(0.5)], [NAN, 1])


def test_rates_as_in_metafor() -> None:
    """Rate ratios and differences are metafor's under its rules for zero cells."""
    # escalc("IRR", x1i, t1i, x2i, t2i, to=...)
    same(
        rates.incidence_rate_ratio(*RATES),
        [-0.674798041892, -2.02537432041, -0.183986836113],
        [0.311111111111, 2.22222222222, 0.181818181818],
    )
    same(
        rates.incidence_rate_ratio(*RATES, zero_cells="all"),
        [-0.633555083358, -2.02537432041, -0.183986836113],
        [0.287081339713, 2.22222222222, 0.173913043478],
    )
    # escalc("IRD", ...)
    same(
        rates.incidence_rate_difference(*RATES, zero_cells="only0"),
        [-0.0401515151515, -0.0411184210526, -0.00739434276206],
        [0.00109102387511, 0.000576739958449, 0.000297815831075],
    )


def test_rates_without_events() -> None:
    """Two groups without events have no rate ratio, and a difference of 0 with some uncertainty."""
    same(rates.incidence_rate_ratio(0, 10, 0, 20), NAN, NAN)
    same(rates.incidence_rate_ratio(0, 10, 2, 20, zero_cells="none"), NAN, NAN)
    same(rates.incidence_rate_difference(0, 10, 0, 20), 0, 0.5 / 100 + 0.5 / 400)


# ── Estimates as reported ──


def test_hazard_ratio_with_its_interval() -> None:
    """A ratio's standard error comes from the logarithms of its limits, at any level."""
    # log(.56); ((log(.70) - log(.45)) / (2 * qnorm(.95)))^2
    same(generic.from_interval(0.56, 0.45, 0.70, 0.90, log=True), np.log(0.56), 0.0180385368317565, rel=1e-10)


def test_difference_with_an_interval_of_t() -> None:
    """A difference keeps its scale, and an interval of t is divided by the quantile of t."""
    # (2 / qt(.975, 20))^2
    same(generic.from_interval(3, 1, 5, log=False, df=20), 3, 0.919277442629781, rel=1e-10)


def test_p_value_gives_back_its_standard_error() -> None:
    """An effect and its P value return the standard error that they came from."""
    same(generic.from_p(np.exp(-0.5), 0.0455002638963584, log=True), -0.5, 0.25**2)


def test_other_reports() -> None:
    """Standard errors are squared; (O − E)/V has variance 1/V."""
    same(generic.from_estimate_and_se([0.4, -1], [0.2, 3]), [0.4, -1], [0.04, 9])
    same(generic.from_observed_minus_expected(-6, 12), -0.5, 1 / 12)


# ── Promises that all of them make ──

VECTORISED = [
    (binary.odds_ratio, GROUPS),
    (binary.risk_ratio, GROUPS),
    (binary.risk_difference, GROUPS),
    (binary.peto_odds_ratio, GROUPS),
    (binary.matched_odds_ratio, (AI, CI)),
    (binary.matched_risk_difference, (AI, BI, CI, DI)),
    (continuous.mean_difference, MEANS),
    (continuous.standardized_mean_difference, MEANS),
    (continuous.ratio_of_means, MEANS),
    (continuous.glass_delta, (M1, N1, M2, SD2, N2)),
    (change.mean_change, (M2, M1, SD2, SD1, N1, R)),
    (change.standardized_mean_change, (M2, M1, SD2, SD1, N1, R)),
    (change.standardized_mean_change_raw, (M2, M1, SD2, N1, R)),
    (proportions.raw_proportion, (AI, AI + BI)),
    (proportions.logit_proportion, (AI, AI + BI)),
    (proportions.freeman_tukey_proportion, (AI, AI + BI)),
    (proportions.arcsine_proportion, (AI, AI + BI)),
    (correlations.fisher_z, (R, N1)),
    (correlations.raw_correlation, (R, N1)),
    (rates.incidence_rate_ratio, RATES),
    (rates.incidence_rate_difference, RATES),
    (generic.from_estimate_and_se, (M1, SD1)),
    (generic.from_observed_minus_expected, (M1, SD1)),
]


@pytest.mark.parametrize(("effect_size", "columns"), VECTORISED)
def test_many_studies_are_as_each_alone(effect_size: Callable[..., EffectSizes], columns: tuple) -> None:
    """Two meta-analyses at once give what each study gives on its own."""
    one = [effect_size(*study) for study in zip(*columns, strict=True)]
    both = effect_size(*(np.array([column, column[::-1]]) for column in map(np.asarray, columns)))
    for i, numbers in enumerate(both):
        assert numbers.shape == (2, len(one))
        np.testing.assert_array_equal(numbers[0], [effect[i] for effect in one])
        np.testing.assert_array_equal(numbers[1], numbers[0, ::-1])


@pytest.mark.parametrize(("effect_size", "columns"), VECTORISED)
def test_missing_and_impossible_numbers_are_refused(
    effect_size: Callable[..., EffectSizes], columns: tuple
) -> None:
    """A missing or infinite number anywhere, or a column that is too long, raises ValueError."""
    for i, column in enumerate(columns):
        for bad in (np.nan, np.inf, -np.inf):
            spoilt = np.array(column, dtype=float)
            spoilt[1] = bad
            with pytest.raises(ValueError, match="must be finite numbers; number 2"):
                effect_size(*columns[:i], spoilt, *columns[i + 1 :])
        with pytest.raises(ValueError, match="must have one shape"):
            effect_size(*columns[:i], np.append(column, column[-1]), *columns[i + 1 :])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: binary.odds_ratio(-1, 5, 2, 5), "Counts must be 0 or more; number 1 is -1."),
        (lambda: binary.odds_ratio(6, 5, 2, 5), "Events must not outnumber their total; number 1 is 6."),
        (lambda: binary.risk_difference(0, 0, 2, 5), "Totals must be greater than 0"),
        (
            lambda: binary.odds_ratio(1, 5, 2, 5, zero_cells="only0_in_se"),
            "zero_cells is one of 'only0', 'all', 'if0all', 'none', not 'only0_in_se'.",
        ),
        (lambda: binary.risk_difference(1, 5, 2, 5, zero_cells="some"), "'only0_in_se', not 'some'"),
        (lambda: binary.risk_ratio(1, 5, 2, 5, double_zero="hide"), "double_zero is one of 'drop', 'keep'"),
        (lambda: binary.odds_ratio(1, 5, 2, 5, add=-0.5), "Corrections must be 0 or more"),
        (lambda: binary.peto_odds_ratio(0.1, 0.2, 0.3, 0.4), "more than one participant"),
        (lambda: binary.matched_risk_difference(0, 0, 0, 0), "more than 0 pairs"),
        (lambda: continuous.mean_difference(1, 0, 9, 2, 1, 9), "Standard deviations must be greater than 0"),
        (lambda: continuous.mean_difference(1, 1, 1, 2, 1, 9), "Sample sizes must be at least 2"),
        (lambda: continuous.ratio_of_means(1, 1, 9, -2, 1, 9), "two means of the same sign"),
        (lambda: continuous.ratio_of_means(0, 1, 9, 0, 1, 9), "must be greater than 0"),
        (lambda: continuous.hedges_correction(0), "Degrees of freedom must be greater than 0"),
        (lambda: change.change_sd(1, 1, 1), "Correlations must lie between -1 and 1; number 1 is 1."),
        (lambda: change.change_correlation(1, 1, 2.5), "between the difference and the sum"),
        (lambda: change.change_sd([1, 1], [1, 1], [0, 0, 0]), "unless there is one for all"),
        (lambda: proportions.raw_proportion(3, 2), "Events must not outnumber their total"),
        (lambda: proportions.proportion_interval(1, 2, level=1), "A confidence level lies between 0 and 1"),
        (lambda: proportions.proportion_interval(1, 2, method="wald"), "'clopper_pearson', 'wilson'"),
        (lambda: proportions.from_freeman_tukey(0.5, 0), "Sample sizes must be greater than 0"),
        (lambda: correlations.fisher_z(1, 10), "Correlations must lie between -1 and 1"),
        (lambda: correlations.fisher_z(0.5, 2), "Sample sizes must be at least 3"),
        (lambda: rates.incidence_rate_ratio(1, 0, 2, 5), "Times must be greater than 0"),
        (lambda: generic.from_interval(2, 1, 1.5, log=True), "An estimate must lie in its interval"),
        (lambda: generic.from_interval(1, 1, 1, log=True), "must be greater than the lower"),
        (lambda: generic.from_interval(0, -1, 1, log=True), "Ratios must be greater than 0"),
        (lambda: generic.from_p(2, 0, log=True), "P values must be greater than 0"),
        (lambda: generic.from_estimate_and_se(1, 0), "Standard errors must be greater than 0"),
        (lambda: generic.from_observed_minus_expected(1, 0), "must be greater than 0"),
    ],
)
def test_complaints(call: Callable[[], object], message: str) -> None:
    """What cannot be is refused with a sentence that names the rule."""
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_no_effect_does_not_tell_a_standard_error() -> None:
    """A ratio of 1, or P = 1, is valid but leaves the standard error open."""
    for estimate, p in ((1, 0.5), (2, 1)):
        with pytest.raises(NotEstimable, match="does not tell a standard error"):
            generic.from_p(estimate, p, log=True)


@pytest.mark.parametrize("scale", [1e-8, 1, 1e8])
def test_scale_of_the_outcome(scale: float) -> None:
    """The unit of the outcome multiplies differences and cancels from standardised ones and ratios."""
    unit = [np.array(column) for column in MEANS]
    other = [column * (scale if i % 3 < 2 else 1) for i, column in enumerate(unit)]
    difference = continuous.mean_difference(*unit)
    same(continuous.mean_difference(*other), difference.yi * scale, difference.vi * scale**2)
    for effect_size in (continuous.standardized_mean_difference, continuous.ratio_of_means):
        same(effect_size(*other), *effect_size(*unit))
