"""Pooling and heterogeneity: exact results where they are known, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sscreport import statistics as ma
from sscreport.statistics import tau_squared
from sscreport.statistics.linear_model import Mean
from sscreport.statistics.pooling import Test
from sscreport.statistics.results import p_value
from sscreport.statistics.tau_squared import Method

MD = np.array([6.26, 4.08, 6.70, 6.51, 4.48])
V = np.array([3.889, 2.327, 3.531, 1.860, 1.201]) ** 2


def test_two_studies() -> None:
    """Two studies: Q is the squared z of their difference, and its P that of z."""
    y, v = np.array([1.0, 4.0]), np.array([0.25, 0.64])
    z = (y[1] - y[0]) / math.hypot(0.5, 0.8)
    assert ma.cochran_q(y, v) == pytest.approx(z**2, rel=1e-14)
    assert ma.q_p_value(z**2, 1) == pytest.approx(p_value(z), rel=1e-12)


def test_one_study() -> None:
    """One study is its own pool, without heterogeneity, with every method and test."""
    for method in tau_squared.METHODS:
        for test in ("z", "hk", "hk_adhoc"):
            pooled = ma.pool([0.1], [0.09], method=method, test=test)
            assert (pooled.estimate, pooled.se) == pytest.approx((0.1, 0.3), rel=1e-15)
            assert (pooled.tau2, pooled.q, pooled.q_p, pooled.i2, pooled.df) == (0, 0, 1, 0, np.inf)
            assert np.isnan(pooled.h2)
            assert np.isnan(pooled.prediction_interval("k-2")).all()


def test_equal_effects_have_no_heterogeneity() -> None:
    """Studies with one effect have Q = 0 exactly, however precise they are, and τ² = 0 by every method."""
    y, v = np.full(7, 0.3), np.geomspace(1e-60, 1, 7)
    assert ma.cochran_q(y, v) == 0
    assert [ma.pool(y, v, method=method).tau2 for method in tau_squared.METHODS] == [0] * 9


def test_overwhelming_weight() -> None:
    """τ² keeps its digits when one study has nearly all the weight."""
    y, v = np.array([0.0, 9.0, -7.0]), np.array([1e-24, 1.0, 4.0])
    # As w₁ grows, Σw − Σw²/Σw tends to 2 (w₂ + w₃).
    expected = (ma.cochran_q(y, v) - 2) / 2.5
    assert ma.pool(y, v, method="DL").tau2 == pytest.approx(expected, rel=1e-12)
    assert tau_squared.dersimonian_laird(ma.cochran_q(y, v), v) == pytest.approx(expected, rel=1e-12)


def test_of_two_maxima_the_higher_is_found() -> None:
    """The restricted likelihood of these studies has two maxima; a scan of 100,000 values has none higher."""
    y, v = np.array([0.0, 0.02, 5.0, -0.01, 0.03]), np.array([1e-4, 1e-4, 30.0, 1e-4, 9.0])
    model = Mean(ma.pool(y, v).model.studies)

    def height(tau2: float) -> float:
        fit = model.fit(tau2)
        return float(np.log(fit.w).sum() - fit.q - np.log(fit.total))

    scan = max(height(t) for t in np.concatenate([[0.0], np.geomspace(1e-9, 1e3, 100_000)]))
    assert height(ma.pool(y, v).tau2) >= scan - 1e-9


def test_prediction_intervals_by_their_degrees_of_freedom() -> None:
    """estimate ± c√(τ² + se²), c the quantile of the normal or of t with k − 1 = 4 or k − 2 = 3."""
    y, v = MD * np.array([1, -1, 2, 1, 3]), V
    pooled = ma.pool(y, v)
    half = math.sqrt(pooled.tau2 + pooled.se**2)
    for df, c in (("z", 1.959963984540054), ("k-1", 2.7764451051977934), ("k-2", 3.182446305284263)):
        low, high = pooled.prediction_interval(df)
        assert (high - low) / 2 == pytest.approx(c * half, rel=1e-12)


def test_an_iteration_that_fails_says_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """With too few steps for τ² the error carries bracket and steps instead of a number."""
    monkeypatch.setattr(tau_squared, "STEPS", 1)
    with pytest.raises(ma.NotConverged, match="still between") as error:
        ma.pool(MD * np.array([1, -1, 2, 1, 3]) * 9, V, method="PM")
    assert error.value.state["steps"] == 1
    assert np.all(error.value.state["low"] < error.value.state["high"])


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: ma.pool(MD, V * [1, 1, -1, 1, 1]), "greater than 0; number 3 is -12.468"),
        (lambda: ma.pool(MD, V * 0), "greater than 0; number 1"),
        (lambda: ma.pool(MD, V * 1e-180), "Sampling variances must lie between"),
        (lambda: ma.pool(MD, V * np.inf), "Sampling variances must be finite"),
        (lambda: ma.pool(MD * 1e90, V), "Effects must lie within"),
        (lambda: ma.pool(MD, V[:-1]), "one shape"),
        (lambda: ma.pool([], []), "at least 1 study"),
        (lambda: ma.pool(MD * np.nan, V), "at least 1 study, not 0"),
        (lambda: ma.pool(1.0, 2.0), "not a single number"),
        (lambda: ma.pool(MD, V, tau2=-1.0), "τ² must be 0 or more"),
        (lambda: ma.pool(MD, V, tau2=MD), "τ² must be one number"),
        (lambda: ma.pool(MD, V, method="REMLL"), "method is one of 'FE', 'DL'"),
        (lambda: ma.pool(MD, V, test="t"), "test is one of 'z', 'hk'"),
        (lambda: ma.pool(MD, V, level=95), "between 0 and 1; 95 does not"),
        (lambda: ma.pool(MD, V).prediction_interval("k"), "df is one of"),
        (lambda: ma.cochran_q(MD, V, around=np.nan), "Centers of Q must be finite"),
        (lambda: ma.q_p_value(-1.0, 3), "Q must be 0 or more"),
        (lambda: ma.i_squared(np.inf, 3), "Q must be finite"),
        (lambda: ma.i_squared(1.0, -1), "Degrees of freedom must be 0 or more"),
        (lambda: ma.q_profile([1.0], [1.0]), "at least 2 studies, not 1"),
        (lambda: ma.test_based_interval(1.0, 1), "at least 2 studies, not 1"),
        (lambda: ma.leave_one_out([1.0], [1.0]), "at least 2 studies, not 1"),
        (lambda: ma.leave_one_out([MD], [V]), "Leaving studies out takes one analysis"),
        (lambda: ma.cumulative(MD, V, [0, 1, 1, 2, 3]), "name every study once"),
        (lambda: ma.meta_regression(MD, V, np.ones((5, 1))), "cannot be told apart"),
        (lambda: ma.meta_regression(MD, V, np.zeros((5, 1))), "0 in every study"),
        (lambda: ma.meta_regression(MD[:2], V[:2], [[1, 2], [3, 4]]), "3 coefficients need at least 3"),
        (lambda: ma.meta_regression(MD, V, [1, 2, 3, 4, 5]), "one row for each of the 5 studies"),
        (lambda: ma.subgroups(MD, V, ["a", "b"]), "needs its subgroup; 2 are given"),
        (lambda: ma.covariance_of_repeats(V, "aabbc", 1.0), "1 excluded"),
        (lambda: ma.covariance_of_repeats(V * np.nan, "aabbc", 0.5), "variances must be finite"),
        (lambda: ma.covariance_of_repeats(V, "aab", 0.5), "needs its patients; 3 are given"),
        (lambda: ma.generalized_least_squares(MD, np.ones((5, 5))), "positive definite"),
        (lambda: ma.generalized_least_squares(MD, np.triu(np.ones((5, 5)))), "symmetric"),
    ],
)
def test_refusals(call: Callable[[], Any], complaint: str) -> None:
    """What cannot be computed is refused with a sentence that says why, never answered with NaN."""
    with pytest.raises(ValueError, match=complaint) as error:
        call()
    assert str(error.value).endswith(".")


def test_extremes_are_numbers() -> None:
    """Within the accepted range no result overflows or becomes NaN."""
    sizes = np.array([1e-75, 1e-40, 1.0, 1e40, 1e75])
    for y in (sizes, sizes[::-1], -sizes):
        pooled = ma.pool(y, sizes**2, method="DL")
        results = [pooled.q, pooled.q_p, pooled.i2, pooled.tau2, pooled.estimate, pooled.se, pooled.p]
        assert np.isfinite(results).all()


def test_repeated_measurements_of_the_same_patients_count_once() -> None:
    """Two perfectly alike measurements of one study, nearly fully correlated, weigh as one of them."""
    once = ma.pool([1.0, 3.0], [0.5, 0.5], method="FE")
    covariance = ma.covariance_of_repeats([0.5, 0.5, 0.5], ["a", "a", "b"], 1 - 1e-12)
    twice = ma.generalized_least_squares([1.0, 1.0, 3.0], covariance)
    assert (twice.estimate[0], twice.se[0]) == pytest.approx((once.estimate, once.se), rel=1e-6)


def test_effects_at_each_time_with_a_known_covariance() -> None:
    """Estimates by time equal a direct solution of the normal equations (Trikalinos & Olkin 2012)."""
    y, times = np.array([4.1, 4.1, 6.5, 4.5, 6.3]), np.array([3, 3, 6, 6, 12])
    v = ma.covariance_of_repeats([1.8, 2.5, 3.5, 1.4, 8.1], list("ababb"), 0.6, times)
    x = (times[:, np.newaxis] == [3, 6, 12]).astype(float)
    found = ma.generalized_least_squares(y, v, x, intercept=False)
    inverse = np.linalg.inv(v)
    vcov = np.linalg.inv(x.T @ inverse @ x)
    np.testing.assert_allclose(found.estimate, vcov @ x.T @ inverse @ y, rtol=1e-10)
    np.testing.assert_allclose(found.vcov, vcov, rtol=1e-10)
    residual = y - x @ found.estimate
    assert found.q == pytest.approx(residual @ inverse @ residual, rel=1e-10)
    assert found.q_df == 2


@pytest.mark.parametrize("method", ["ML", "REML"])
def test_no_likelihood_is_higher_anywhere(method: Method) -> None:
    """500 analyses whose variances span eight decades, many with several maxima: a scan finds none higher."""
    chance = np.random.default_rng(4)
    v = 10 ** chance.uniform(-4, 4, (500, 6))
    y = chance.normal(0, 1, v.shape) * np.sqrt(v) ** chance.uniform(0, 1.5, (500, 1))
    found = ma.pool(y, v, method=method).tau2

    def height(tau2: np.ndarray) -> np.ndarray:
        w = 1 / (v + tau2[:, np.newaxis])
        total = w.sum(axis=-1)
        left = y - (w * y).sum(axis=-1, keepdims=True) / total[:, np.newaxis]
        restricted = np.log(total) if method == "REML" else 0.0
        return np.log(w).sum(axis=-1) - (w * left**2).sum(axis=-1) - restricted

    values = np.concatenate([[0.0], np.geomspace(1e-7, 1e7, 3000)])
    scan = np.array([height(np.full(500, value)) for value in values])
    rises = np.diff(scan, axis=0) > 0
    assert ((rises[:-1] & ~rises[1:]).sum(axis=0) + ~rises[0] > 1).sum() > 20  # several maxima
    assert (height(found) >= scan.max(axis=0) - 1e-9).all()


def test_very_many_studies_keep_their_digits() -> None:
    """Mean and Q of 200,000 studies, the first half far from the second, against exact sums of fractions."""
    chance = np.random.default_rng(5)
    y = np.round(chance.normal(0, 1, 200_000), 3) + np.repeat([0, 1e6], 100_000)
    v = 2.0 ** chance.integers(-3, 4, 200_000)
    w = 1 / v  # powers of 2, so that every product below is exact
    mean = math.fsum(w * y) / math.fsum(w)
    pooled = ma.pool(y, v, method="FE")
    assert pooled.estimate == pytest.approx(mean, rel=1e-14)
    assert pooled.q == pytest.approx(math.fsum(w * (y - mean) ** 2), rel=1e-13)


@pytest.mark.parametrize("method", tau_squared.METHODS)
@pytest.mark.parametrize("test", ["z", "hk"])
@pytest.mark.parametrize(
    ("y", "v"),
    [
        pytest.param(
            [1e6, 0.3, 0.31, 0.29, 0.305, 0.7], [0.5, 0.2, 0.25, 0.3, 1e-5, 0.1], id="nearly all of Q"
        ),
        pytest.param([1e6, 0.3, 0.31, 0.29, 0.305, 0.7], [1e-8, 0.2, 0.25, 0.3, 1e-5, 0.1], id="and of Σw"),
        pytest.param([0.3, 0.1, 0.5, 0.1, 0.5], [1e-24, 0.2, 0.2, 0.2, 0.2], id="of Σw alone"),
        pytest.param([1e6, 0.3, 0.31, 0.29, 0.305, 0.7], [0.2] * 6, id="of Q alone"),
        pytest.param([0.0, 1e6, 1e6 + 1, 1e6 - 1, 1e6 + 2], [0.3, 0.5, 0.5, 0.9, 0.5], id="the mean"),
    ],
)
def test_leaving_one_out_is_pooling_the_rest(
    method: Method, test: Test, y: list[float], v: list[float]
) -> None:
    """Also where the first study has nearly all of what is summed, so that its digits go with it."""
    left_out = ma.leave_one_out(y, v, method=method, test=test)
    for i in range(len(y)):
        rest = ma.pool(np.delete(y, i), np.delete(v, i), method=method, test=test)
        names = ("estimate", "se", "df", "k", "tau2", "q", "q_p", "ci_low", "p")
        found = [np.asarray(getattr(left_out, name))[i] for name in names]
        assert found == pytest.approx([getattr(rest, name) for name in names], rel=1e-9)
        i2, h2 = (rest.i2, rest.h2) if method == "FE" else (rest.i2_tau2, rest.h2_tau2)
        assert (left_out.i2[i], left_out.h2[i]) == pytest.approx((i2, h2), rel=1e-9)
