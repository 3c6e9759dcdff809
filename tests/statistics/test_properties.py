"""What holds for any data: the identities of meta-analysis, on studies that hypothesis makes up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sscreport import statistics as ma
from sscreport.statistics.pooling import Pooled
from sscreport.statistics.tau_squared import METHODS

settings.register_profile("statistics", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("statistics")

Studies = tuple[np.ndarray, np.ndarray]


@st.composite
def studies(draw: st.DrawFn, fewest: int = 2, most: int = 12) -> Studies:
    """Effects and variances of some studies, of moderate size and without too many digits."""
    k = draw(st.integers(fewest, most))
    effects = draw(st.lists(st.integers(-3000, 3000), min_size=k, max_size=k))
    variances = draw(st.lists(st.integers(1, 5000), min_size=k, max_size=k))
    return np.array(effects) / 1000, np.array(variances) / 1000


def located(pooled: Pooled) -> np.ndarray:
    return np.array([pooled.estimate, pooled.ci_low, pooled.ci_high, *pooled.prediction_interval("z")])


def spreads(pooled: Pooled) -> np.ndarray:
    return np.array([pooled.se, pooled.tau])


def pure(pooled: Pooled) -> np.ndarray:
    """What no unit touches."""
    return np.array([pooled.q, pooled.q_p, pooled.i2, pooled.i2_tau2, pooled.h2_tau2])


def close(found: np.ndarray, expected: np.ndarray, scale: float = 1.0) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7 * scale)


@pytest.mark.parametrize("method", METHODS)
@given(data=studies(), chance=st.randoms(use_true_random=False))
def test_the_order_of_studies_does_not_matter(method: str, data: Studies, chance) -> None:  # noqa: ANN001
    """Any permutation of the studies gives the same results, and permutes the weights."""
    y, v = data
    order = np.array(chance.sample(range(len(y)), len(y)))
    before, after = ma.pool(y, v, method=method), ma.pool(y[order], v[order], method=method)
    for of in (located, spreads, pure):
        close(of(after), of(before))
    close(after.weights, before.weights[order])


@pytest.mark.parametrize("method", METHODS)
@given(data=studies(), shift=st.integers(-1000, 1000))
def test_a_shift_moves_the_estimate_alone(method: str, data: Studies, shift: int) -> None:
    """Adding a constant to every effect adds it to estimate and limits; spread and Q stay."""
    y, v = data
    before, after = ma.pool(y, v, method=method), ma.pool(y + shift, v, method=method)
    close(located(after), located(before) + shift, abs(shift) + 1)
    close(spreads(after), spreads(before), abs(shift) + 1)
    close(pure(after)[0], pure(before)[0], abs(shift) + 1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("unit", [1e-8, 1e8])
@given(data=studies())
def test_another_unit_scales_all_that_has_one(method: str, unit: float, data: Studies) -> None:
    """Effects in another unit scale estimate, limits, se and τ; Q, P, I² and H² do not change."""
    y, v = data
    before, after = ma.pool(y, v, method=method), ma.pool(y * unit, v * unit**2, method=method)
    close(located(after) / unit, located(before))
    close(spreads(after) / unit, spreads(before))
    close(pure(after), pure(before))


@pytest.mark.parametrize("method", METHODS)
@given(data=studies())
def test_signs_flip_together(method: str, data: Studies) -> None:
    """Turning every effect round turns the estimate and exchanges the limits."""
    y, v = data
    before, after = ma.pool(y, v, method=method), ma.pool(-y, v, method=method)
    close(np.array([-after.estimate, -after.ci_high, -after.ci_low]), located(before)[:3])
    close(spreads(after), spreads(before))


tables = st.lists(
    st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(1, 60)] * 2), min_size=2, max_size=8
).map(lambda rows: np.array(rows).T)


@pytest.mark.parametrize("measure", [ma.odds_ratio, ma.risk_ratio, ma.risk_difference, ma.peto_odds_ratio])
@given(counts=tables)
def test_swapping_the_arms_turns_the_effect_round(measure: Callable, counts: np.ndarray) -> None:
    """Group 2 against group 1 is the opposite of group 1 against group 2, with the same variance."""
    a, c, b, d = counts
    forwards, backwards = measure(a, a + b, c, c + d), measure(c, c + d, a, a + b)
    np.testing.assert_allclose(backwards.yi, -forwards.yi, atol=1e-12)
    np.testing.assert_allclose(backwards.vi, forwards.vi, rtol=1e-12)


@given(counts=tables)
def test_swapping_the_arms_turns_the_pooled_tables_round(counts: np.ndarray) -> None:
    """Mantel-Haenszel and Peto estimates change their sign, and keep se and Q."""
    a, c, b, d = counts
    assume((a + c).any() and (b + d).any())
    for function in (ma.mantel_haenszel, ma.peto):
        try:
            forwards = function(a, a + b, c, c + d)
        except ma.NotEstimable:
            continue
        backwards = function(c, c + d, a, a + b)
        close(np.array([-backwards.estimate, backwards.se]), np.array([forwards.estimate, forwards.se]))
        close(backwards.q, forwards.q)


@given(data=studies(2, 2))
def test_of_two_studies_the_estimators_agree(data: Studies) -> None:
    """With k = 2, DL, REML, PM and HE are one: max(0, (y₁ − y₂)²/2 − (v₁ + v₂)/2)."""
    y, v = data
    expected = max(0.0, (y[0] - y[1]) ** 2 / 2 - v.sum() / 2)
    for method in ("DL", "REML", "PM", "EB", "HE"):
        assert ma.pool(y, v, method=method).tau2 == pytest.approx(expected, rel=1e-9, abs=1e-12), method


@given(data=studies(2, 2))
def test_of_two_studies_hartung_knapp_s_factor_is_one(data: Studies) -> None:
    """Where k = 2 and τ² > 0, Q at τ² equals its degrees of freedom, so that se is Wald's."""
    y, v = data
    wald, knapp = ma.pool(y, v, test="z"), ma.pool(y, v, test="hk")
    assume(wald.tau2 > 0)
    assert knapp.se == pytest.approx(wald.se, rel=1e-9)
    assert knapp.df == 1


@pytest.mark.parametrize("method", ["FE", "PM", "REML", "ML"])
@given(data=studies())
def test_a_study_of_no_weight_changes_nothing(method: str, data: Studies) -> None:
    """A study as uncertain as can be moves neither estimate nor standard error of the fixed model."""
    y, v = data
    before = ma.pool(y, v, method="FE")
    after = ma.pool([*y, 1.0], [*v, 1e60], method="FE")
    close(np.array([after.estimate, after.se, after.q]), np.array([before.estimate, before.se, before.q]))
    left_out = ma.pool([*y, np.nan], [*v, np.nan], method=method)
    same = ma.pool(y, v, method=method)
    for of in (located, spreads, pure):
        close(of(left_out), of(same))
    assert left_out.k == len(y)


@pytest.mark.parametrize("method", METHODS)
@given(data=studies(3, 6))
def test_many_at_once_are_each_alone(method: str, data: Studies) -> None:
    """Along a leading axis every analysis is what it is by itself, also where studies are missing."""
    y, v = data
    shorter = np.where(np.arange(len(y)) < 2, y, np.nan)
    both = ma.pool(np.array([y, shorter]), np.array([v, v]), method=method)
    for i, effects in enumerate((y, shorter)):
        alone = ma.pool(effects, v, method=method)
        for name in ("estimate", "se", "tau2", "q", "i2", "p", "k", "se_tau2"):
            np.testing.assert_allclose(getattr(both, name)[i], getattr(alone, name), rtol=1e-9, atol=1e-12)


@given(data=studies(3, 10))
def test_moderators_may_be_rescaled(data: Studies) -> None:
    """A moderator in another unit has another coefficient, and the same test and τ²."""
    y, v = data
    x = np.arange(len(y), dtype=float)[:, np.newaxis] ** 2
    before, after = ma.meta_regression(y, v, x), ma.meta_regression(y, v, 1e6 * x)
    np.testing.assert_allclose(after.estimate[1] * 1e6, before.estimate[1], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(after.tau2, before.tau2, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(after.qm, before.qm, rtol=1e-6, atol=1e-9)


@given(data=studies(2, 8), rho=st.floats(0, 0.99))
def test_independent_effects_need_no_generalised_least_squares(data: Studies, rho: float) -> None:
    """Where no two effects share patients, GLS is the inverse-variance mean, whatever the correlation."""
    y, v = data
    covariance = ma.covariance_of_repeats(v, range(len(v)), rho)
    found, expected = ma.generalized_least_squares(y, covariance), ma.pool(y, v, method="FE")
    close(np.array([found.estimate[0], found.se[0], found.q]), [expected.estimate, expected.se, expected.q])
