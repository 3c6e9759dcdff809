"""Small-study effects against independent computations: scipy, exact fractions, all permutations."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import kendalltau, linregress

from sscreport.statistics.binary import odds_ratio
from sscreport.statistics.funnel_asymmetry import (
    FunnelRegression,
    begg,
    egger,
    egger_meta_regression,
    harbord,
    peters,
    ranks,
)
from sscreport.statistics.inputs import NotEstimable
from sscreport.statistics.meta_regression import meta_regression

pytestmark = pytest.mark.filterwarnings("error")

NAN = np.nan
Y = np.array([0.35, 0.1, -0.22, 0.9, 0.48, 1.3, 0.02, 0.61])
SE = np.array([0.2, 0.11, 0.25, 0.5, 0.3, 0.62, 0.09, 0.41])
V = SE**2
# events_1, total_1, events_2, total_2; the last table has no event, the one before it an empty cell.
TABLES = np.array(
    [
        [12, 8, 30, 3, 15, 40, 0, 0],
        [100, 60, 310, 25, 90, 420, 40, 30],
        [20, 9, 41, 8, 14, 66, 4, 0],
        [104, 55, 300, 27, 95, 400, 38, 31],
    ],
    dtype=float,
)
EGGERS = {
    "classical": lambda y, v: egger(y, v),
    "weighted_1997": lambda y, v: egger(y, v, variant="weighted_1997"),
    "FE": lambda y, v: egger_meta_regression(y, v, method="FE"),
    "DL with hk": lambda y, v: egger_meta_regression(y, v, method="DL", test="hk"),
}


def numbers(result: object) -> list[np.ndarray]:
    """What a result says, as arrays."""
    if hasattr(result, "bias"):
        return [
            np.asarray(getattr(part, name))
            for part in (result.bias, result.limit_estimate)
            for name in ("estimate", "se", "p", "ci_low", "ci_high")
        ] + [np.asarray(result.k)]
    names = ("k", "score", "variance", "tau_a", "tau_b", "ties", "p_exact", "p", "p_corrected")
    return [np.asarray(getattr(result, name)) for name in names]


# ---------------------------------------------------------------- Egger


def test_classical_egger_is_the_ordinary_regression_of_y_over_se_on_precision() -> None:
    """Intercept, slope, their standard errors and P are those of scipy's linregress."""
    line, found = linregress(1 / SE, Y / SE), egger(Y, V)
    np.testing.assert_allclose(found.bias.estimate, line.intercept, rtol=1e-12)
    np.testing.assert_allclose(found.bias.se, line.intercept_stderr, rtol=1e-12)
    np.testing.assert_allclose(found.limit_estimate.estimate, line.slope, rtol=1e-12)
    np.testing.assert_allclose(found.limit_estimate.p, line.pvalue, rtol=1e-12)
    assert found.bias.df == 6


def test_weighted_egger_solves_the_normal_equations_of_the_weighted_regression() -> None:
    """The second form of Egger et al. 1997 is y/se on 1/se with weights 1/v."""
    x, w = np.stack([np.ones(8), 1 / SE], axis=1), 1 / V
    covariance = np.linalg.inv(x.T @ (w[:, None] * x))
    beta = covariance @ (x.T @ (w * Y / SE))
    s2 = (w * (Y / SE - x @ beta) ** 2).sum() / 6
    found = egger(Y, V, variant="weighted_1997")
    estimates = (found.bias.estimate, found.limit_estimate.estimate)
    np.testing.assert_allclose(estimates, beta, rtol=1e-10)
    np.testing.assert_allclose(
        (found.bias.se, found.limit_estimate.se), np.sqrt(s2 * np.diag(covariance)), rtol=1e-10
    )
    np.testing.assert_allclose(found.rmse, np.sqrt(s2), rtol=1e-10)


def test_fixed_meta_regression_differs_from_classical_egger_by_the_dispersion_alone() -> None:
    """Additive and multiplicative models have one line; the classical errors are larger by the rmse."""
    classical, fixed = egger(Y, V), egger_meta_regression(Y, V, method="FE")
    np.testing.assert_allclose(fixed.bias.estimate, classical.bias.estimate, rtol=1e-12)
    np.testing.assert_allclose(fixed.bias.se * classical.rmse, classical.bias.se, rtol=1e-12)
    assert fixed.tau2 == 0 and np.isinf(fixed.bias.df)


def test_egger_meta_regression_is_the_regression_on_the_standard_error() -> None:
    """Bias and limit are slope and intercept of the general meta-regression."""
    found = egger_meta_regression(Y, V, method="REML", test="hk", level=0.9)
    whole = meta_regression(Y, V, SE[:, None], method="REML", test="hk", level=0.9)
    np.testing.assert_array_equal([found.limit_estimate.ci_low, found.bias.ci_low], whole.ci_low)
    assert (found.k, found.tau2, found.bias.df) == (8, whole.tau2, 6)


@pytest.mark.parametrize("variant", ["classical", "weighted_1997"])
def test_one_overwhelming_weight_costs_no_digits(variant: str) -> None:
    """With a study of 10²⁴ times the weight, the line is that of exact fractions."""
    se = [Fraction(1, 2), Fraction(1, 4), Fraction(1, 2**41), Fraction(1)]
    y = [Fraction(1), Fraction(-1, 2), Fraction(0.3), Fraction(3, 4)]
    w = [1 / s ** (2 if variant == "classical" else 4) for s in se]
    total = sum(w)
    mean_x, mean_y = (sum(a * b for a, b in zip(w, c, strict=True)) / total for c in (se, y))
    sxx = sum(a * (s - mean_x) ** 2 for a, s in zip(w, se, strict=True))
    slope = sum(a * (s - mean_x) * (b - mean_y) for a, s, b in zip(w, se, y, strict=True)) / sxx
    rss = sum(a * (b - mean_y - slope * (s - mean_x)) ** 2 for a, s, b in zip(w, se, y, strict=True))
    found = egger([float(b) for b in y], [float(s) ** 2 for s in se], variant=variant)
    np.testing.assert_allclose(found.bias.estimate, float(slope), rtol=1e-14)
    np.testing.assert_allclose(found.bias.se, float(rss / 2 / sxx) ** 0.5, rtol=1e-14)
    np.testing.assert_allclose(found.limit_estimate.estimate, float(mean_y - slope * mean_x), rtol=1e-14)


@pytest.mark.parametrize("size", [1e-8, 1e8])
@pytest.mark.parametrize("test", EGGERS.values(), ids=EGGERS)
def test_egger_has_no_unit(test: Callable, size: float) -> None:
    """On another scale the bias keeps its value and P, and the limit is multiplied like the effects."""
    plain, scaled = test(Y, V), test(Y * size, V * size**2)
    np.testing.assert_allclose(scaled.bias.estimate, plain.bias.estimate, rtol=1e-9)
    np.testing.assert_allclose(scaled.bias.p, plain.bias.p, rtol=1e-9)
    np.testing.assert_allclose(
        scaled.limit_estimate.estimate, plain.limit_estimate.estimate * size, rtol=1e-9
    )


# ---------------------------------------------------------------- Begg


def deviates(y: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Standardized deviations from the fixed-effect mean, by the formula."""
    w = 1 / v
    return (y - (w * y).sum() / w.sum()) / np.sqrt(v - 1 / w.sum())


def test_begg_is_kendalls_rank_correlation() -> None:
    """τ and exact P are scipy's."""
    found = begg(Y, V)
    exact = kendalltau(deviates(Y, V), V, method="exact")
    np.testing.assert_allclose((found.tau_b, found.p_exact), exact, rtol=1e-12)
    assert found.tau_a == pytest.approx(found.tau_b) and not found.ties


def test_ties_enter_the_variance_and_forbid_the_exact_p() -> None:
    """With ties τ_b and the uncorrected P are scipy's, and there is no exact P."""
    y, v = np.tile(Y[:5], 2), np.tile(V[:5], 2)
    y[0], v[1] = 0.7, V[4]
    found = begg(y, v)
    expected = kendalltau(deviates(y, v), v, method="asymptotic")
    np.testing.assert_allclose((found.tau_b, found.p), expected, rtol=1e-12)
    assert found.ties and np.isnan(found.p_exact)


@pytest.mark.parametrize("score", range(-10, 11, 2))
def test_exact_p_counts_permutations(score: int) -> None:
    """For five studies P is the share of all 120 orders with a score at least as far from 0."""
    orders = list(permutations(range(5)))
    scores = np.array([sum(np.sign(o[j] - o[i]) for i in range(5) for j in range(i + 1, 5)) for o in orders])
    order = orders[int(np.flatnonzero(scores == score)[0])]
    # Variances so alike that their order is all that matters, and effects in the wanted order.
    found = begg(np.array(order, dtype=float), 1 + 1e-6 * np.arange(5))
    assert found.score == score
    assert found.p_exact == pytest.approx(np.mean(np.abs(scores) >= abs(score)), rel=1e-12)


def test_no_correlation_has_p_1() -> None:
    """A score of 0 is corrected to no less than 0."""
    found = begg([1.0, 4.0, 3.0, 2.0], 1 + 1e-6 * np.array([2, 1, 4, 3]))
    assert (found.score, found.z_corrected, found.p_corrected, found.p_exact) == (0, 0, 1, 1)


def test_equal_studies_are_tied_under_an_overwhelming_weight() -> None:
    """Two equal studies of nearly all the weight, and two of nearly none, are ties."""
    y, v = [0.1, 0.1, 0.5, 0.3, 0.3, 0.2], [0.2, 0.2, 0.4, 1e-12, 1e-12, 0.3]
    found = begg(y, v)
    # 15 pairs, of which two are tied in either
    assert found.tau_b == pytest.approx(found.score / 13) and found.ties


def test_rounding_does_not_break_a_tie() -> None:
    """Numbers that differ by less than their error share a rank; the next ones do not."""
    values = np.array([0.3, 0.1 + 0.2, 0.30001, 0.1])
    np.testing.assert_array_equal(ranks(values, 1e-14 * values), [2, 2, 3, 1])


def test_identical_effects_of_different_precision_are_tied() -> None:
    """Effects that are all equal have no ranks, whatever rounding does to their mean."""
    with pytest.raises(NotEstimable, match="all effects or all standard errors are tied"):
        begg([0.3] * 5, [0.1, 0.2, 0.3, 0.4, 0.5])


def test_thousands_of_studies_need_little_memory() -> None:
    """Begg's test of 3000 studies does not hold all pairs, and agrees with scipy."""
    generator = np.random.default_rng(1)
    y, v = generator.normal(size=3000), generator.uniform(0.1, 1, 3000).round(2)
    tracemalloc.start()
    found = begg(y, v)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6
    expected = kendalltau(deviates(y, v), v, method="asymptotic")
    np.testing.assert_allclose((found.tau_b, found.p), expected, rtol=1e-10)


# ---------------------------------------------------------------- 2 × 2 tables


def test_harbord_regresses_the_score_on_its_standard_error() -> None:
    """For odds ratios Z/√V on √V with O − E and the hypergeometric variance; for risk ratios on theirs."""
    a, n1, c, n2 = TABLES[:, :-1]
    b, d, n = n1 - a, n2 - c, n1 + n2
    odds = (a - n1 * (a + c) / n, n1 * n2 * (a + c) * (b + d) / (n**2 * (n - 1)))
    risk = ((a * n - (a + c) * n1) / (b + d), n2 * n1 * (a + c) / (n * (b + d)))
    for measure, (z, v) in (("OR", odds), ("RR", risk)):
        line = linregress(np.sqrt(v), z / np.sqrt(v))
        found = harbord(*TABLES, measure=measure)
        assert found.k == 7
        np.testing.assert_allclose(found.bias.estimate, line.intercept, rtol=1e-10)
        np.testing.assert_allclose(found.bias.se, line.intercept_stderr, rtol=1e-10)
        np.testing.assert_allclose(found.limit_estimate.estimate, line.slope, rtol=1e-10)


@pytest.mark.parametrize(("zero_cells", "k"), [("only0", 7), ("none", 6)])
def test_peters_regresses_log_odds_ratios_on_inverse_size(zero_cells: str, k: int) -> None:
    """Weights are of the raw tables; empty cells are corrected, or left out as Stata does."""
    a, n1, c, n2 = TABLES[:, :k]
    n = n1 + n2
    y = odds_ratio(*TABLES[:, :k]).yi
    x, w = np.stack([np.ones(k), 1 / n], axis=1), (a + c) * (n - a - c) / n
    beta = np.linalg.solve(x.T @ (w[:, None] * x), x.T @ (w * y))
    found = peters(*TABLES, zero_cells=zero_cells)
    assert (found.k, found.bias.df) == (k, k - 2)
    np.testing.assert_allclose((found.limit_estimate.estimate, found.bias.estimate), beta, rtol=1e-9)


@pytest.mark.parametrize("test", [harbord, peters])
def test_exchanging_the_groups_reverses_the_bias(test: Callable[..., FunnelRegression]) -> None:
    """Group 2 against group 1 has the opposite bias and the same P."""
    events_1, total_1, events_2, total_2 = TABLES
    found, reverse = test(*TABLES), test(events_2, total_2, events_1, total_1)
    np.testing.assert_allclose(reverse.bias.estimate, -found.bias.estimate, rtol=1e-9)
    np.testing.assert_allclose(reverse.bias.p, found.bias.p, rtol=1e-9)


def test_impossible_tables_are_refused() -> None:
    """More events than participants are named."""
    with pytest.raises(ValueError, match="Events must not outnumber their total; number 1 is 3"):
        harbord([3, 1, 1], [2, 9, 9], [1, 1, 1], [9, 9, 9])


# ---------------------------------------------------------------- all tests

ON_EFFECTS = {**EGGERS, "begg": begg}
ON_TABLES = {
    "harbord OR": harbord,
    "harbord RR": lambda *cells: harbord(*cells, measure="RR"),
    "peters": peters,
}


@pytest.mark.parametrize("test", ON_EFFECTS.values(), ids=ON_EFFECTS)
def test_leading_axes_are_analyses_of_their_own(test: Callable) -> None:
    """A stack of analyses, with studies missing here and there, gives what each gives by itself."""
    y = np.stack([Y, Y[::-1], Y * -2 + 1])
    v = np.stack([V, V, V[::-1]])
    y[1, 2], v[2, 0], y[2, 5] = NAN, NAN, NAN
    together = numbers(test(y[:, None], v[:, None]))
    for i in range(3):
        known = ~np.isnan(y[i] + v[i])
        for all_, one in zip(together, numbers(test(y[i, known], v[i, known])), strict=True):
            np.testing.assert_allclose(np.broadcast_to(all_, (3, 1))[i, 0], one, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("test", ON_TABLES.values(), ids=ON_TABLES)
def test_leading_axes_of_tables_are_analyses_of_their_own(test: Callable) -> None:
    """A stack of tables, one analysis with a table less, gives what each gives by itself."""
    tables = np.stack([TABLES, TABLES[[2, 3, 0, 1]] + np.arange(8)], axis=1)
    together = numbers(test(*tables))
    for i in range(2):
        for all_, one in zip(together, numbers(test(*tables[:, i])), strict=True):
            np.testing.assert_allclose(all_[i], one, rtol=1e-9)


LINE = 0.1 + 0.2 * SE
REASONS = [
    ("classical", Y[:2], V[:2], "Egger's test needs at least 3 studies, not 2"),
    ("FE", [1, NAN, 2], [1, 1, 2], "Egger's test needs at least 3 studies, not 2"),
    ("classical", Y, np.full(8, 0.01), "Egger's test needs standard errors that differ"),
    ("weighted_1997", Y, np.full(8, 0.01), "Egger's test needs standard errors that differ"),
    ("FE", Y, np.full(8, 0.01), "Egger's test needs standard errors that differ"),
    ("classical", LINE, V, "Egger's test needs scatter"),
    ("weighted_1997", LINE, V, "Egger's test needs scatter"),
    ("DL with hk", LINE, V, "Egger's test needs scatter"),
    ("weighted_1997", Y[:4], [1e-149, 1e148, 2e148, 3e148], "differ so much in precision"),
    ("begg", Y[:2], V[:2], "Begg's test needs at least 3 studies, not 2"),
    ("begg", Y, np.full(8, 0.01), "all effects or all standard errors are tied"),
]


@pytest.mark.parametrize(("name", "y", "v", "reason"), REASONS)
def test_what_the_data_do_not_determine_is_refused(
    name: str, y: np.ndarray, v: np.ndarray, reason: str
) -> None:
    """Too few studies, equal standard errors and no scatter are named."""
    with pytest.raises(NotEstimable, match=reason):
        ON_EFFECTS[name](y, v)


def test_tables_that_do_not_determine_a_test_are_refused() -> None:
    """Studies of one size have no regression on size, and two tables no test."""
    with pytest.raises(NotEstimable, match="Peters' test needs study sizes that differ"):
        peters([1, 2, 3], [10, 10, 10], [4, 4, 6], [10, 10, 10])
    with pytest.raises(NotEstimable, match="Harbord's test needs at least 3 studies, not 2"):
        harbord(*TABLES[:, [0, 1, 7]])


def test_one_analysis_that_is_not_determined_refuses_the_stack() -> None:
    """No analysis of a stack is answered with NaN."""
    with pytest.raises(NotEstimable, match="differ"):
        egger(np.stack([Y, Y]), np.stack([V, np.ones(8)]))


def test_words_are_checked() -> None:
    """An unknown option is answered with those that are known."""
    with pytest.raises(ValueError, match="variant is one of 'classical', 'weighted_1997', not 'new'"):
        egger(Y, V, variant="new")
    with pytest.raises(ValueError, match="measure is one of 'OR', 'RR', not 'RD'"):
        harbord(*TABLES, measure="RD")
    with pytest.raises(ValueError, match="confidence level lies between 0 and 1"):
        egger(Y, V, level=95)


@pytest.mark.parametrize("test", ON_EFFECTS.values(), ids=ON_EFFECTS)
def test_results_say_from_how_many_studies_they_may_be_interpreted(test: Callable) -> None:
    """Ten studies are enough, nine are not; a missing study does not count."""
    y, v = np.tile(Y, 2)[:10] + 0.01 * np.arange(10), np.tile(V, 2)[:10] * (1 + 0.01 * np.arange(10))
    fewer = np.where(np.arange(10) == 4, NAN, y)
    found = test(np.stack([y, fewer]), np.stack([v, v]))
    assert found.least_k == 10
    np.testing.assert_array_equal(found.interpretable, [True, False])
