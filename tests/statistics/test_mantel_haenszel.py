"""Mantel-Haenszel beyond the oracle: published examples, identities, shapes, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sscreport.statistics.binary import odds_ratio, risk_difference, risk_ratio
from sscreport.statistics.inputs import Array, NotEstimable
from sscreport.statistics.mantel_haenszel import (
    cochran_mantel_haenszel_test,
    mantel_haenszel,
    mantel_haenszel_random,
    mantel_haenszel_rates,
    tarone_test,
)
from sscreport.statistics.peto import peto
from sscreport.statistics.pooling import pool
from sscreport.statistics.rates import incidence_rate_ratio

pytestmark = pytest.mark.filterwarnings("error")

# Events and totals of both groups. Admission to Berkeley's six largest departments, men against women
# (Bickel, Hammel & O'Connell 1975, Science 187:398; the numbers as in R's UCBAdmissions).
BERKELEY = np.array(
    [
        [512, 353, 120, 138, 53, 22],
        [825, 560, 325, 417, 191, 373],
        [89, 17, 202, 131, 94, 24],
        [108, 25, 593, 375, 393, 341],
    ],
    dtype=float,
)
# Rabbits cured by penicillin, at once against after 1½ hours (Mantel 1963; in Agresti 1990, p. 233).
RABBITS = np.array([[0, 3, 6, 5, 2], [6, 6, 6, 6, 2], [0, 0, 2, 6, 5], [5, 6, 6, 6, 5]], dtype=float)
# With a zero, a double-zero and a double-full table.
SPARSE = np.array([[4, 0, 0, 9, 12], [40, 30, 25, 9, 60], [7, 3, 0, 8, 9], [42, 31, 20, 8, 58]], dtype=float)
WITHOUT_ZEROS = np.array([[4, 12, 30], [40, 60, 70], [7, 9, 41], [42, 58, 66]], dtype=float)

OPTIONS = [
    {"measure": "OR", "zero_cells": "only0"},
    {"measure": "OR", "zero_cells": "none"},
    {"measure": "RR", "zero_cells": "only0"},
    {"measure": "RR", "zero_cells": "none", "double_zero": "keep"},
    {"measure": "RD", "zero_cells": "only0"},
    {"measure": "RD", "zero_cells": "none", "rd_variance": "sato"},
    {"measure": "RD", "double_zero": "drop"},
]
FIELDS = ("estimate", "se", "statistic", "p", "ci_low", "ci_high", "k", "k_effects", "q", "q_df", "q_p", "i2")


def fields(pooled: Any) -> dict[str, Any]:
    return {name: getattr(pooled, name) for name in FIELDS}


def assert_same(got: Any, expected: Any) -> None:
    for name in (*FIELDS, "weights"):
        np.testing.assert_allclose(
            getattr(got, name), getattr(expected, name), rtol=1e-12, atol=1e-13, err_msg=name
        )


def without(counts: Array, i: int) -> Array:
    return np.delete(counts, i, axis=-1)


def test_berkeley_admissions() -> None:
    """The pooled odds ratio and the test of Berkeley's admissions are those R's mantelhaen.test prints."""
    pooled = mantel_haenszel(*BERKELEY)
    assert np.exp(pooled.estimate) == pytest.approx(0.9046968, abs=5e-8)
    limits = np.exp(pooled.ci_low), np.exp(pooled.ci_high)
    assert limits == pytest.approx((0.7719074, 1.0603298), abs=5e-8)
    test = cochran_mantel_haenszel_test(*BERKELEY)
    assert (test.chi2, test.df) == (pytest.approx(1.4269, abs=5e-5), 1)
    assert test.p == pytest.approx(0.2323, abs=5e-5)


def test_rabbits() -> None:
    """With empty cells left as they are, the rabbits give what R's mantelhaen.test prints of them."""
    pooled = mantel_haenszel(*RABBITS, zero_cells="none")
    assert np.exp(pooled.estimate) == pytest.approx(7)
    limits = np.exp(pooled.ci_low), np.exp(pooled.ci_high)
    assert limits == pytest.approx((1.026713, 47.725133), abs=5e-7)
    test = cochran_mantel_haenszel_test(*RABBITS)
    assert test.chi2 == pytest.approx(3.9286, abs=5e-5)
    assert test.p == pytest.approx(0.04747, abs=5e-6)


@pytest.mark.parametrize("table", [(4, 40, 7, 42), (30, 70, 41, 66), (12, 13, 3, 90)])
@pytest.mark.parametrize(
    ("measure", "effect_size"), [("OR", odds_ratio), ("RR", risk_ratio), ("RD", risk_difference)]
)
def test_one_table(table: tuple[int, ...], measure: Any, effect_size: Any) -> None:
    """Pooling one table gives its own effect size with its own standard error, and no heterogeneity."""
    counts = np.array(table, dtype=float)[:, np.newaxis]
    pooled, own = mantel_haenszel(*counts, measure=measure), effect_size(*counts)
    assert (pooled.estimate, pooled.se) == pytest.approx((own.yi[0], own.sei[0]), rel=1e-12)
    assert (pooled.k, pooled.q, pooled.q_df, pooled.q_p, pooled.i2) == (1, 0, 0, 1, 0)
    assert pooled.weights == pytest.approx([100])


def test_one_pair_of_rates() -> None:
    """Pooling one study's rates gives its own ratio with its own standard error."""
    study = np.array([[11.0], [2000.0], [17.0], [1500.0]])
    pooled, own = mantel_haenszel_rates(*study), incidence_rate_ratio(*study)
    assert (pooled.estimate, pooled.se) == pytest.approx((own.yi[0], own.sei[0]), rel=1e-12)


@pytest.mark.parametrize("options", OPTIONS)
def test_leading_axes(options: dict) -> None:
    """Several meta-analyses at once are what each gives alone, whatever the shape they come in."""
    stack = np.stack([SPARSE, SPARSE + 1, SPARSE * 7], axis=1)[:, :, np.newaxis, :]
    together = mantel_haenszel(*stack, **options)
    assert together.estimate.shape == (3, 1)
    assert together.weights.shape == (3, 1, 5)
    for i in range(3):
        alone = mantel_haenszel(*stack[:, i, 0], **options)
        for name, value in fields(together).items():
            assert np.broadcast_to(value, (3, 1))[i, 0] == getattr(alone, name)
        assert together.weights[i, 0] == pytest.approx(alone.weights)


@pytest.mark.parametrize("heavy", [0, 10**12])
@pytest.mark.parametrize("options", OPTIONS)
def test_leave_one_out(options: dict, heavy: int) -> None:
    """Leaving a study out is analysing the others, also where one study outweighs all of them."""
    counts = SPARSE + heavy * np.array([0, 0, 0, 0, 1])
    left_out = mantel_haenszel(*counts, **options).leave_one_out()
    for i in range(counts.shape[-1]):
        alone = mantel_haenszel(*without(counts, i), **options)
        for name, value in fields(left_out).items():
            rel = 1e-5 if heavy and name in ("statistic", "p", "q", "q_p", "i2") else 1e-11
            assert np.broadcast_to(value, 5)[i] == pytest.approx(getattr(alone, name), rel=rel, abs=1e-13)
        assert without(left_out.weights[i], i) == pytest.approx(alone.weights)


def test_leave_one_out_of_several_analyses() -> None:
    """Left-out studies lie along the last axis, after the axes of the analyses."""
    stack = np.stack([SPARSE, SPARSE + 1], axis=1)
    together = mantel_haenszel(*stack).leave_one_out()
    assert together.estimate.shape == (2, 5)
    for i in range(2):
        assert together.q[i] == pytest.approx(mantel_haenszel(*stack[:, i]).leave_one_out().q)


def test_leave_one_out_of_rates() -> None:
    """Leaving a study's rates out is analysing the others."""
    rates = np.array([[3, 0, 11], [200, 150, 900], [5, 2, 20], [210, 140, 880]], dtype=float)
    left_out = mantel_haenszel_rates(*rates).leave_one_out()
    expected = [mantel_haenszel_rates(*without(rates, i)).estimate for i in range(3)]
    assert left_out.estimate == pytest.approx(expected)


def test_leave_one_out_where_nothing_is_left() -> None:
    """Where the other studies have no estimate, leaving one out gives NaN there, and numbers elsewhere."""
    counts = np.array([[3, 0, 0], [20, 20, 20], [5, 4, 6], [20, 20, 20]], dtype=float)
    left_out = mantel_haenszel(*counts, zero_cells="none").leave_one_out()
    for name in ("estimate", "se", "p", "ci_low", "q", "q_p", "i2"):
        assert np.isnan(getattr(left_out, name)).tolist() == [True, False, False]
    with pytest.raises(NotEstimable, match="at least 2 studies, not 1"):
        mantel_haenszel(*counts[:, :1]).leave_one_out()


@pytest.mark.parametrize("options", OPTIONS)
def test_swapped_groups(options: dict) -> None:
    """With the groups exchanged the estimate changes its sign and nothing else does."""
    pooled, swapped = mantel_haenszel(*SPARSE, **options), mantel_haenszel(*SPARSE[[2, 3, 0, 1]], **options)
    assert swapped.estimate == pytest.approx(-pooled.estimate)
    assert (swapped.se, swapped.q, swapped.p) == pytest.approx((pooled.se, pooled.q, pooled.p))


@pytest.mark.parametrize("measure", ["OR", "RD"])
def test_swapped_events(measure: Any) -> None:
    """With events and non-events exchanged odds ratios and differences change sign only."""
    a, n1, c, n2 = SPARSE
    pooled, swapped = (mantel_haenszel(*t, measure=measure) for t in (SPARSE, (n1 - a, n1, n2 - c, n2)))
    assert (swapped.estimate, swapped.se, swapped.q) == pytest.approx((-pooled.estimate, pooled.se, pooled.q))


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_without_empty_cells(measure: Any) -> None:
    """Without an empty cell the rules for empty cells agree."""
    rules = [mantel_haenszel(*WITHOUT_ZEROS, measure=measure, zero_cells=rule) for rule in ("only0", "none")]
    assert_same(*rules)


def test_risk_ratio_of_the_formulas() -> None:
    """The variance is Greenland and Robins's (m n₁n₂/N² − ac/N) / ΣRΣS, as they print it."""
    a, n1, c, n2 = WITHOUT_ZEROS
    n = n1 + n2
    r, s = (a * n2 / n).sum(), (c * n1 / n).sum()
    variance = ((a + c) * n1 * n2 / n**2 - a * c / n).sum() / (r * s)
    pooled = mantel_haenszel(*WITHOUT_ZEROS, measure="RR")
    assert (pooled.estimate, pooled.se) == pytest.approx((np.log(r / s), np.sqrt(variance)))


def test_double_zero_and_double_full_tables() -> None:
    """Such tables are left out of ratios, or kept in their sums on demand, and stay in differences."""
    dropped = mantel_haenszel(*SPARSE, measure="RR", zero_cells="none")
    others = mantel_haenszel(*SPARSE[:, [0, 1, 4]], measure="RR", zero_cells="none")
    assert fields(dropped) == pytest.approx(fields(others))
    assert dropped.weights[[2, 3]].tolist() == [0, 0]
    kept = mantel_haenszel(*SPARSE, measure="RR", zero_cells="none", double_zero="keep")
    a, n1, c, n2 = SPARSE
    ratio = (a * n2 / (n1 + n2)).sum() / (c * n1 / (n1 + n2)).sum()
    assert kept.estimate == pytest.approx(np.log(ratio))
    assert (kept.k, kept.k_effects) == (5, 3)
    difference = mantel_haenszel(*SPARSE, measure="RD")
    assert (difference.k, difference.k_effects) == (5, 5)
    others = mantel_haenszel(*SPARSE[:, [0, 1, 4]], measure="RD")
    dropped = mantel_haenszel(*SPARSE, measure="RD", double_zero="drop")
    assert fields(dropped) == pytest.approx(fields(others))


def test_corrected_rates() -> None:
    """Half an event goes to both groups of a study with an empty one, in the sums only on demand."""
    rates = np.array([[3, 0, 0], [200, 150, 90], [5, 2, 0], [210, 140, 80]], dtype=float)
    corrected = rates + np.array([0, 0.5, 0]) * np.array([[1], [0], [1], [0]])
    by_hand = mantel_haenszel_rates(*corrected)
    assert mantel_haenszel_rates(*rates, zero_cells="only0").estimate == pytest.approx(by_hand.estimate)
    raw = mantel_haenszel_rates(*rates)
    assert raw.estimate == pytest.approx(np.log((3 * 210 / 410) / (5 * 200 / 410 + 2 * 150 / 290)))
    assert (raw.k, raw.k_effects, raw.weights[2]) == (2, 2, 0)


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_random_effects(measure: Any) -> None:
    """Given its τ², the random-effects estimate is the inverse-variance one of the studies' effects."""
    counts = BERKELEY
    effects = {"OR": odds_ratio, "RR": risk_ratio, "RD": risk_difference}[measure](*counts)
    pooled = mantel_haenszel_random(*counts, measure=measure)
    expected = pool(*effects, method="DL", tau2=pooled.tau2)
    assert pooled.tau2 > 0
    assert (pooled.estimate, pooled.se) == pytest.approx((expected.estimate, expected.se))
    assert pooled.weights == pytest.approx(expected.weights)
    assert pooled.q > expected.q  # the inverse-variance mean has the least Q
    assert pooled.q == pooled.fixed.q


def test_random_effects_of_several_analyses() -> None:
    """Several random-effects analyses at once are what each gives alone; one table has no τ²."""
    single = np.array([4, 40, 7, 42], dtype=float)[:, np.newaxis]
    padded = np.concatenate([single, np.array([[0, 0], [9, 9], [0, 0], [9, 9]])], axis=1)
    together = mantel_haenszel_random(*np.stack([SPARSE[:, :3], padded], axis=1))
    for i, counts in enumerate((SPARSE[:, :3], single)):
        alone = mantel_haenszel_random(*counts)
        assert (together.estimate[i], together.tau2[i]) == pytest.approx((alone.estimate, alone.tau2))
    assert (together.tau2[1], together.k[1], together.q_p[1]) == (0, 1, 1)


def test_association() -> None:
    """Without continuity correction the test is the square of Peto's z."""
    test = cochran_mantel_haenszel_test(*SPARSE, continuity_correction=False)
    assert test.chi2 == pytest.approx(peto(*SPARSE).statistic ** 2)
    assert test.p == pytest.approx(peto(*SPARSE).p)


def test_continuity_correction_stops_at_0() -> None:
    """The continuity correction never turns a difference below ½ into one on the other side."""
    test = cochran_mantel_haenszel_test([5.0], [20.0], [5.0], [20.0])
    assert (test.chi2, test.p) == (0, 1)


def test_tarone_by_its_equation() -> None:
    """The expected events give each table the pooled odds ratio, and the statistic is made of them."""
    pooled = np.exp(mantel_haenszel(*BERKELEY, zero_cells="none").estimate)
    a, n1, c, n2 = BERKELEY
    low, high = np.maximum(0, a + c - n2), np.minimum(a + c, n1)
    for _ in range(200):
        e = (low + high) / 2
        above = e * (n2 - a - c + e) > pooled * (a + c - e) * (n1 - e)
        low, high = np.where(above, low, e), np.where(above, e, high)
    v = 1 / (1 / e + 1 / (a + c - e) + 1 / (n1 - e) + 1 / (n2 - a - c + e))
    statistic = ((a - e) ** 2 / v).sum() - (a - e).sum() ** 2 / v.sum()
    test = tarone_test(*BERKELEY)
    assert (test.chi2, test.df) == (pytest.approx(statistic), 5)


@pytest.mark.parametrize("counts", [BERKELEY, SPARSE, np.array([[5, 9], [9, 9], [30, 1], [31, 9]])])
def test_tarone_does_not_depend_on_coding(counts: Array) -> None:
    """Exchanging groups, or events and non-events, leaves Tarone's test as it is."""
    a, n1, c, n2 = counts
    chi2 = tarone_test(*counts).chi2
    assert tarone_test(c, n2, a, n1).chi2 == pytest.approx(chi2)
    assert tarone_test(n1 - a, n1, n2 - c, n2).chi2 == pytest.approx(chi2)


def test_tarone_of_equal_tables() -> None:
    """Tables that are alike show no difference, and one alone has no degree of freedom to show any."""
    alike = tarone_test(*np.repeat(WITHOUT_ZEROS[:, :1], 4, axis=1))
    assert alike.chi2 == pytest.approx(0, abs=1e-12)
    assert alike.p == pytest.approx(1)
    alone = tarone_test(*WITHOUT_ZEROS[:, :1])
    assert (alone.chi2, alone.df) == (pytest.approx(0, abs=1e-12), 0)
    assert np.isnan(alone.p)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mantel_haenszel(*SPARSE, measure="IRR"), "measure is one of 'OR', 'RR', 'RD', not 'IRR'"),
        (lambda: mantel_haenszel(*SPARSE, zero_cells="all"), "zero_cells is one of 'only0', 'none'"),
        (lambda: mantel_haenszel(*SPARSE, double_zero="half"), "double_zero is one of"),
        (lambda: mantel_haenszel(*SPARSE, rd_variance="wald"), "rd_variance is one of"),
        (lambda: mantel_haenszel(*SPARSE, level=95), "confidence level lies between 0 and 1"),
        (lambda: mantel_haenszel([5], [4], [1], [4]), "Events must not outnumber their total"),
        (lambda: mantel_haenszel(5, 9, 1, 4), "needs an array of studies"),
        (lambda: mantel_haenszel_rates([5], [0], [1], [4]), "Times must be greater than 0"),
        (lambda: mantel_haenszel_rates([5], [9], [1], [4], zero_cells="all"), "zero_cells is one of"),
    ],
)
def test_impossible_input(call: Any, message: str) -> None:
    """What cannot be is refused with the rule it breaks."""
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mantel_haenszel([], [], [], []), "at least 1 study, not 0"),
        (lambda: mantel_haenszel([0, 5], [9, 5], [0, 4], [8, 4]), "No study says anything about the odds"),
        (lambda: mantel_haenszel([0], [9], [3], [8], zero_cells="none"), "no Mantel-Haenszel odds ratio"),
        (lambda: mantel_haenszel([0], [9], [0], [8], measure="RD"), "no Mantel-Haenszel risk difference"),
        (
            lambda: mantel_haenszel([9], [9], [8], [8], measure="RR", double_zero="keep", zero_cells="none"),
            "no Mantel-Haenszel risk ratio",
        ),
        (lambda: mantel_haenszel_rates([0], [9], [3], [8]), "no Mantel-Haenszel rate ratio"),
        (lambda: mantel_haenszel_rates([0], [9], [0], [8]), "No study says anything about the rate ratio"),
        (lambda: cochran_mantel_haenszel_test([0], [9], [0], [8]), "no association to test"),
        (lambda: tarone_test([0, 0], [9, 9], [3, 4], [8, 7]), "no Mantel-Haenszel odds ratio"),
    ],
)
def test_undetermined(call: Any, message: str) -> None:
    """Where valid tables do not determine the result, this is said instead of a number."""
    with pytest.raises(NotEstimable, match=message):
        call()
