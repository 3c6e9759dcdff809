"""The formulas against what must hold for any data, and what they refuse."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sscreport.statistics import effect_sizes, heterogeneity, pooling, small_study

MD = np.array([6.26, 4.08, 6.70, 6.51, 4.48])
SE = np.array([3.889, 2.327, 3.531, 1.860, 1.201])
# Cells of different sizes, one of them empty.
COUNTS = (
    np.array([6.0, 7, 2, 3]),
    np.array([19.0, 14, 5, 9]),
    np.array([0.0, 3, 1, 4]),
    np.array([19.0, 12, 6, 8]),
)


def everything(effect: np.ndarray, se: np.ndarray) -> np.ndarray:
    """All results of one analysis in one array: location first, then spread, then pure numbers."""
    q = heterogeneity.cochran_q(effect, se)
    tau_squared = heterogeneity.tau_squared_dersimonian_laird(effect, se)
    fixed, random = (pooling.inverse_variance(effect, se, t) for t in (0.0, tau_squared))
    spread = [fixed[1], random[1], np.sqrt(tau_squared)]
    return np.array(
        [fixed[0], random[0], *spread, q, small_study.egger(effect, se).p, small_study.begg(effect, se).p]
    )


SPREAD_OUT = MD * np.array([1.0, -1, 2, 1, 3])


def test_order_of_studies_does_not_matter() -> None:
    """Any order of the studies gives the same results."""
    order = [3, 0, 4, 1, 2]
    np.testing.assert_allclose(
        everything(SPREAD_OUT[order], SE[order]), everything(SPREAD_OUT, SE), rtol=1e-12
    )


def test_shift() -> None:
    """Adding a constant to every effect moves the pooled effects by it and leaves τ², Q and Begg's P."""
    before, after = everything(SPREAD_OUT, SE), everything(SPREAD_OUT + 100, SE)
    np.testing.assert_allclose(
        np.delete(after, 6), np.delete(before, 6) + [100, 100, 0, 0, 0, 0, 0], rtol=1e-10
    )


@pytest.mark.parametrize("scale", [1e-60, 1e-8, 1e8, 1e60])
def test_unit(scale: float) -> None:
    """Another unit scales estimates and standard errors, and leaves Q and all P as they are."""
    before, after = everything(SPREAD_OUT, SE), everything(SPREAD_OUT * scale, SE * scale)
    np.testing.assert_allclose(after[:5] / scale, before[:5], rtol=1e-12)
    np.testing.assert_allclose(after[5:], before[5:], rtol=1e-9)


def test_axes() -> None:
    """Analyses stacked before the last axis give what each gives alone."""
    effects, errors = np.stack([SPREAD_OUT, MD]), np.stack([SE, SE[::-1]])
    q = heterogeneity.cochran_q(effects, errors)
    tau_squared = heterogeneity.tau_squared_dersimonian_laird(effects, errors, q)
    stacked = [
        *pooling.inverse_variance(effects, errors, tau_squared),
        heterogeneity.i_squared(q, 4),
        small_study.egger(effects, errors).p,
        small_study.begg(effects, errors).p,
    ]
    for i, (effect, se) in enumerate(zip(effects, errors, strict=True)):
        tau2 = heterogeneity.tau_squared_dersimonian_laird(effect, se)
        alone = [
            *pooling.inverse_variance(effect, se, tau2),
            heterogeneity.i_squared(heterogeneity.cochran_q(effect, se), 4),
            small_study.egger(effect, se).p,
            small_study.begg(effect, se).p,
        ]
        np.testing.assert_allclose([result[i] for result in stacked], alone, rtol=1e-13)


def test_two_studies() -> None:
    """Two studies: Q is the squared z of their difference, and τ² takes up what exceeds 1."""
    effect, se = np.array([1.0, 4.0]), np.array([0.5, 0.8])
    difference = pooling.z_statistic(effect[1] - effect[0], math.hypot(*se))
    assert heterogeneity.cochran_q(effect, se) == pytest.approx(difference**2, rel=1e-14)
    expected = ((effect[1] - effect[0]) ** 2 - se @ se) / 2
    assert heterogeneity.tau_squared_dersimonian_laird(effect, se) == pytest.approx(expected, rel=1e-14)
    assert heterogeneity.q_p_value(difference**2, 1) == pytest.approx(
        pooling.z_p_value(difference), rel=1e-12
    )


def test_one_study() -> None:
    """One study is its own pool, without heterogeneity, whatever rounding leaves in Q."""
    assert pooling.inverse_variance([0.1], [0.3]) == pytest.approx((0.1, 0.3), rel=1e-15)
    assert heterogeneity.tau_squared_dersimonian_laird([0.1], [0.3]) == 0
    assert heterogeneity.i_squared(1e-30, 0) == 0
    assert heterogeneity.q_p_value(1e-30, 0) == 1


def test_equal_effects_have_no_heterogeneity() -> None:
    """Studies with one effect have Q = 0 exactly, however precise they are."""
    assert heterogeneity.cochran_q([0.3] * 7, np.geomspace(1e-30, 1, 7)) == 0


def test_overwhelming_weight() -> None:
    """τ² keeps its digits when one study has nearly all the weight."""
    effect, se = np.array([0.0, 9.0, -7.0]), np.array([1e-12, 1.0, 2.0])
    excess = heterogeneity.cochran_q(effect, se) - 2
    # As w₁ grows, Σw − Σw²/Σw tends to 2 (w₂ + w₃).
    assert heterogeneity.tau_squared_dersimonian_laird(effect, se) == pytest.approx(excess / 2.5, rel=1e-12)


def test_one_table_has_the_odds_ratio_of_its_cells() -> None:
    """For a single table Mantel-Haenszel and Woolf agree, standard error included, with a zero too."""
    for table in zip(*COUNTS, strict=True):
        table_array = [np.array([count]) for count in table]
        woolf = effect_sizes.log_odds_ratio(*table)
        assert pooling.mantel_haenszel_odds_ratio(*table_array) == pytest.approx(woolf, rel=1e-13)


def test_swapped_groups() -> None:
    """Swapping the groups, or events and non-events, turns the log odds ratio round and keeps its error."""
    events_1, total_1, events_2, total_2 = COUNTS
    for function in (effect_sizes.log_odds_ratio, pooling.mantel_haenszel_odds_ratio):
        log_or, se = function(*COUNTS)
        for swapped in (
            function(events_2, total_2, events_1, total_1),
            function(total_1 - events_1, total_1, total_2 - events_2, total_2),
        ):
            np.testing.assert_allclose(swapped, [-log_or, se], rtol=1e-12)


def test_correction_touches_tables_with_a_zero_only() -> None:
    """The correction changes the tables with a zero cell and no others."""
    plain = [effect_sizes.log_odds_ratio(*COUNTS, correction)[0] for correction in (0.5, 0.25)]
    assert list(plain[0] != plain[1]) == [True, False, False, False]


def test_table_that_says_nothing() -> None:
    """A table without events in both groups changes no Mantel-Haenszel result and has weight 0."""
    longer = [np.append(count, extra) for count, extra in zip(COUNTS, (0, 10, 0, 12), strict=True)]
    assert list(effect_sizes.estimable(*longer)) == [True] * 4 + [False]
    assert pooling.mantel_haenszel_odds_ratio(*longer) == pooling.mantel_haenszel_odds_ratio(*COUNTS)
    assert pooling.mantel_haenszel_weights(*longer)[-1] == 0


@pytest.mark.parametrize("copies", [2, 3, 4])
def test_begg_keeps_equal_studies_tied(copies: int) -> None:
    """Studies with the same effect and standard error are tied, side by side or far apart."""
    effect, se = np.sin(np.arange(5)), np.geomspace(0.3, 3, 5)
    apart = small_study.begg(np.tile(effect, copies), np.tile(se, copies))
    assert apart == small_study.begg(np.repeat(effect, copies), np.repeat(se, copies))


def test_begg_variance_under_ties() -> None:
    """With ties on both sides, the variance of the score is that over all orders of one side."""
    copies = [3, 2, 1]
    effect, se = np.repeat([0.2, 0.5, 1.4], copies), np.repeat([0.1, 0.2, 0.4], copies)
    signs = np.sign(np.subtract.outer(se, se))
    orders = np.array(list(itertools.permutations(range(6))))
    scores = (signs[orders[:, :, np.newaxis], orders[:, np.newaxis, :]] * signs).sum(axis=(1, 2)) / 2
    test = small_study.begg(effect, se)
    assert ((abs(test.score) - 1) / test.z) ** 2 == pytest.approx(scores.var(), rel=1e-12)


def test_begg_without_a_trend_has_p_one() -> None:
    """A score of 0 or 1 leaves nothing after the continuity correction: P = 1."""
    test = small_study.begg([1.0, 3.0, -2.0, 1.5], [0.3, 0.4, 0.5, 0.6])
    assert abs(test.score) < 2
    assert (test.z, test.p) == (0, 1)


def test_interval_widens_with_the_level() -> None:
    """A 99% interval is the 95% one stretched by the ratio of the normal quantiles, about the effect."""
    (low, high), (lower, higher) = (
        effect_sizes.confidence_interval(2.0, 0.5, level) for level in (0.95, 0.99)
    )
    assert (low + high, lower + higher) == pytest.approx((4, 4))
    assert (higher - lower) / (high - low) == pytest.approx(2.5758293035489004 / 1.959963984540054)


ONE_TABLE = (np.array([3.0]), np.array([9.0]), np.array([2.0]), np.array([9.0]))


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: pooling.inverse_variance(MD, SE * [1, 1, -1, 1, 1]), "greater than 0; number 3 is -3.531"),
        (lambda: pooling.inverse_variance(MD, SE * 0), "greater than 0; number 1"),
        (lambda: pooling.inverse_variance(MD, SE * 1e-90), "Standard errors must be at least"),
        (
            lambda: pooling.inverse_variance(MD * np.nan, SE),
            "Effects must be finite numbers; number 1 is nan",
        ),
        (lambda: pooling.inverse_variance(MD, SE * np.inf), "Standard errors must be finite"),
        (lambda: pooling.inverse_variance(MD * 1e90, SE), "Effects must lie within"),
        (lambda: pooling.inverse_variance(MD, SE[:-1]), "one shape"),
        (lambda: pooling.inverse_variance([], []), "at least 1 study"),
        (lambda: pooling.inverse_variance(1.0, 2.0), "not a single number"),
        (lambda: pooling.inverse_variance(MD, SE, -1.0), "τ² must be 0 or more"),
        (lambda: pooling.inverse_variance(MD, SE, MD), "τ² must be one number"),
        (lambda: heterogeneity.cochran_q(MD, SE, around=np.nan), "Centers of Q must be finite"),
        (lambda: heterogeneity.q_p_value(-1.0, 3), "Q must be 0 or more"),
        (lambda: heterogeneity.i_squared(np.inf, 3), "Q must be finite"),
        (lambda: heterogeneity.i_squared(1.0, -1), "Degrees of freedom must be 0 or more"),
        (lambda: heterogeneity.tau_squared_dersimonian_laird(MD, SE, np.nan), "Q must be finite"),
        (lambda: effect_sizes.confidence_interval(1.0, 1.0, 95), "between 0 and 1"),
        (lambda: effect_sizes.log_odds_ratio(10, 9, 2, 9), "must not outnumber their total"),
        (lambda: effect_sizes.log_odds_ratio(-1, 9, 2, 9), "Counts must be 0 or more"),
        (lambda: effect_sizes.log_odds_ratio(1e-40, 9, 2, 9), "Counts must be 0, or from"),
        (lambda: effect_sizes.log_odds_ratio(3, 1e20, 2, 9), "Counts must be 0, or from"),
        (lambda: effect_sizes.log_odds_ratio(0, 0, 2, 9), "Totals must be greater than 0"),
        (lambda: effect_sizes.log_odds_ratio(0, 9, 0, 9), "an event and a non-event"),
        (lambda: effect_sizes.log_odds_ratio(0, 9, 2, 9, correction=0), "free of zero cells"),
        (lambda: pooling.mantel_haenszel_odds_ratio([0.0], [9.0], [2.0], [9.0], 0), "one side of it is 0"),
        (lambda: pooling.mantel_haenszel_weights(*ONE_TABLE[:3], MD), "one shape"),
        (lambda: pooling.z_p_value(np.nan), "Z must be a number"),
        (lambda: small_study.egger(MD[:2], SE[:2]), "at least 3 studies, not 2"),
        (lambda: small_study.begg(MD[:2], SE[:2]), "at least 3 studies, not 2"),
        (lambda: small_study.egger(MD, np.full(5, 0.3)), "standard errors that differ"),
        (lambda: small_study.egger(np.full(5, 0.3), SE), "exactly on a straight line"),
        (lambda: small_study.begg(MD, np.full(5, 0.3)), "tied"),
        (lambda: small_study.begg(np.full(5, 0.3), SE), "tied"),
    ],
)
def test_refusals(call: Callable[[], Any], complaint: str) -> None:
    """What cannot be computed is refused with a sentence that says why, never answered with NaN."""
    with pytest.raises(ValueError, match=complaint) as error:
        call()
    assert str(error.value).endswith(".")


def test_extremes_are_numbers() -> None:
    """Within the accepted range no result overflows or becomes NaN."""
    sizes = [1e-75, 1e-40, 1.0, 1e40, 1e75]
    with np.errstate(all="raise", under="ignore"):
        for effect in (np.array(sizes), np.array(sizes[::-1]), -np.array(sizes)):
            q = heterogeneity.cochran_q(effect, sizes)
            tau_squared = heterogeneity.tau_squared_dersimonian_laird(effect, sizes)
            results = [q, tau_squared, *pooling.inverse_variance(effect, sizes, tau_squared)]
            results += [
                heterogeneity.q_p_value(q, 4),
                heterogeneity.i_squared(q, 4),
                *small_study.begg(effect, sizes),
            ]
            assert np.isfinite(results).all()
