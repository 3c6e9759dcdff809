"""Conversions against the Cochrane Handbook, textbooks, and against themselves on the way back."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import norm

from sscreport.statistics import conversions
from sscreport.statistics.inputs import NotEstimable

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("n", [2, 15, 400])
@pytest.mark.parametrize("method", ["luo2018", "wan2014"])
def test_symmetrical_data_keep_their_centre(n: int, method: str) -> None:
    """Numbers that lie symmetrically around the median have the median as their mean."""
    assert conversions.mean_from_range(2, 5, 8, n, method=method) == pytest.approx(5)
    assert conversions.mean_from_quartiles(4, 5, 6, n, method=method) == pytest.approx(5)
    assert conversions.mean_from_five_numbers(2, 4, 5, 6, 8, n, method=method) == pytest.approx(5)


def test_normal_quantiles_have_their_sd() -> None:
    """The expected quantiles of many normal numbers give back their standard deviation."""
    n, sd = 100_000, 3.0
    end, quartile = sd * norm.ppf((n - 0.375) / (n + 0.25)), sd * norm.ppf(0.75)
    assert conversions.sd_from_range(-end, end, n) == pytest.approx(sd)
    for method in ("wan2014", "iqr"):
        assert conversions.sd_from_quartiles(-quartile, quartile, n, method=method) == pytest.approx(
            sd, rel=1e-3
        )
    for method in ("shi2020", "wan2014"):
        five = -end, -quartile, quartile, end
        assert conversions.sd_from_five_numbers(*five, n, method=method) == pytest.approx(sd, rel=1e-4)


def test_shi_moves_from_the_range_to_the_quartiles() -> None:
    """The weight of the range falls with n, so that few numbers follow it and many the quartiles."""
    few = conversions.sd_from_five_numbers(0, 4, 6, 20, 5)
    assert few > conversions.sd_from_five_numbers(0, 4, 6, 20, 5, method="wan2014")
    many = conversions.sd_from_five_numbers(0, 4, 6, 20, 100_000)
    assert many == pytest.approx(conversions.sd_from_quartiles(4, 6, 100_000), rel=0.05)


def test_quantiles_of_many_studies() -> None:
    """Arrays give what each study gives alone."""
    columns = [[2, 10.5], [5, 14], [7, 16.5], [10, 21], [19, 34], [11, 18]]
    both = conversions.mean_from_five_numbers(*columns)
    assert list(both) == [conversions.mean_from_five_numbers(*one) for one in zip(*columns, strict=True)]


def test_sd_of_the_handbooks_t_test() -> None:
    """MD 3.8, P = 0.008, 25 against 22: t = 2.78, SE = 1.37, SD = 4.69 (Handbook 6.5.2.3)."""
    assert conversions.statistic_from_p(0.008, 45) == pytest.approx(2.78, abs=5e-3)
    se = conversions.se_from_p(3.8, 0.008, df=45)
    assert se == pytest.approx(1.37, abs=5e-3)
    assert conversions.sd_from_difference_se(se, 25, 22) == pytest.approx(4.69, abs=1e-2)


def test_standard_errors_come_back() -> None:
    """Interval, P value and statistic made from a standard error return it, for z and for t."""
    se, effect = 0.37, -1.2
    for df, p in ((np.inf, 2 * norm.sf(1.2 / se)), (9, 0.01010605413283)):  # R: 2 * pt(-1.2 / .37, 9)
        assert conversions.se_from_p(effect, p, df=df) == pytest.approx(se, rel=1e-10)
    half = 1.644853626951 * se
    assert conversions.se_from_interval(effect - half, effect + half, 0.90) == pytest.approx(se)
    assert conversions.se_from_statistic(effect, -effect / se) == pytest.approx(se)
    assert conversions.sd_from_se(se, 25) == pytest.approx(5 * se)


def test_intervals_of_small_groups_are_of_t() -> None:
    """The SD from a mean's interval divides by t on n − 1 degrees of freedom unless told otherwise."""
    # R: sqrt(25) * 5 / qt(.975, 24); sqrt(25) * 5 / qnorm(.975)
    assert conversions.sd_from_interval(10, 20, 25) == pytest.approx(12.11299841223, rel=1e-11)
    assert conversions.sd_from_interval(10, 20, 25, dist="z") == pytest.approx(12.75533642312, rel=1e-11)


def test_statistics_of_minute_p_values() -> None:
    """P values far below the spacing of floats around 1 keep their statistic; P = 1 has 0."""
    assert 2 * norm.sf(conversions.statistic_from_p(1e-200)) == pytest.approx(1e-200, rel=1e-10)
    assert conversions.statistic_from_p(1) == 0
    mixed = conversions.statistic_from_p([0.05, 0.05], [np.inf, 10])
    assert mixed == pytest.approx([1.95996398, 2.22813885])  # R: qnorm(.975), qt(.975, 10)


def test_combined_groups_are_the_pooled_values() -> None:
    """Groups combined from their summaries have the mean and SD of all values together."""
    rng = np.random.default_rng(7)
    groups = [rng.normal(1e6 + shift, 0.2, size) for shift, size in ((0, 4), (0.1, 9), (-0.3, 20))]
    combined = conversions.combine_groups(
        *zip(*((g.mean(), g.std(ddof=1), g.size) for g in groups), strict=True)
    )
    together = np.concatenate(groups)
    assert combined.mean == pytest.approx(together.mean(), rel=1e-15)
    assert combined.sd == pytest.approx(together.std(ddof=1), rel=1e-8)
    assert combined.n == 33


def test_groups_of_many_studies_are_combined_study_by_study() -> None:
    """Groups lie along the first axis; the axes behind it are studies."""
    mean, sd, n = [[5.1, 100], [6.4, 103.2]], [[1.2, 15], [2.2, 14.1]], [[20, 7], [35, 300]]
    both = np.array(conversions.combine_groups(mean, sd, n))
    for i in range(2):
        one = conversions.combine_groups(*(np.array(column)[:, i] for column in (mean, sd, n)))
        np.testing.assert_array_equal(both[:, i], one)


def test_standardised_differences_and_odds_ratios_of_a_textbook() -> None:
    """d = 0.5 is a log odds ratio of 0.9069, and the other way round (Borenstein et al. 2009, chapter 7)."""
    log_odds = conversions.smd_to_log_odds_ratio(0.5, 0.0205)
    assert log_odds == pytest.approx((0.9069, 0.0205 * np.pi**2 / 3), abs=5e-5)
    assert conversions.log_odds_ratio_to_smd(*log_odds) == pytest.approx((0.5, 0.0205))


def test_scales_keep_what_is_missing() -> None:
    """A study without an effect size has none on the other scale either."""
    converted = conversions.log_odds_ratio_to_smd([np.nan, 1], [np.nan, 0.1])
    assert list(converted.estimable) == [False, True]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: conversions.mean_from_range(1, 0, 3, 9), "upper quartile and maximum must ascend"),
        (lambda: conversions.mean_from_quartiles(1, 2, 3, 1), "Sample sizes must be at least 2"),
        (lambda: conversions.mean_from_range(1, 2, 3, 9, method="hozo"), "'luo2018', 'wan2014', not 'hozo'"),
        (lambda: conversions.mean_from_range([1, 1], 2, 3, 9), "must have one shape"),
        (lambda: conversions.sd_from_range(2, 2, 9), "A range of 0 does not tell a standard deviation"),
        (lambda: conversions.sd_from_quartiles(2, 2, 9), "An interquartile range of 0 does not tell"),
        (lambda: conversions.sd_from_se(-1, 9), "Standard errors must be greater than 0"),
        (lambda: conversions.sd_from_interval(1, 2, 9, dist="f"), "dist is one of 't', 'z', not 'f'"),
        (lambda: conversions.se_from_interval(1, 2, 95), "A confidence level lies between 0 and 1"),
        (lambda: conversions.se_from_interval(2, 1), "must be greater than the lower"),
        (lambda: conversions.se_from_interval(1, 2, df=0), "Degrees of freedom must be greater than 0"),
        (lambda: conversions.statistic_from_p(1.2), "P values must be greater than 0 and at most 1"),
        (lambda: conversions.statistic_from_p(np.nan), "P values must be finite numbers"),
        (lambda: conversions.combine_groups([1], [1], [5]), "Two groups or more"),
        (lambda: conversions.combine_groups([1, 2], [1, 0], [5, 5]), "must be greater than 0; number 2 is 0"),
        (lambda: conversions.smd_to_log_odds_ratio(1, -1), "Sampling variances must be 0 or more"),
    ],
)
def test_complaints(call: Callable[[], object], message: str) -> None:
    """What cannot be is refused with a sentence that names the rule."""
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.parametrize(("estimate", "statistic"), [(0, 2), (1, 0)])
def test_statistics_of_nothing(estimate: float, statistic: float) -> None:
    """An estimate or a statistic of 0 is valid, but tells no standard error."""
    with pytest.raises(NotEstimable, match="does not tell a standard error"):
        conversions.se_from_statistic(estimate, statistic)
