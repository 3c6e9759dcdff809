"""Peto's odds ratio beyond the oracle: its distribution, shapes, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from sscreport.statistics.inputs import NotEstimable
from sscreport.statistics.peto import peto, scores

pytestmark = pytest.mark.filterwarnings("error")

# Events and totals of both groups; the second table has no event, the third nothing else.
COUNTS = np.array([[4, 0, 9, 12, 0], [40, 25, 9, 60, 30], [7, 0, 8, 9, 3], [42, 20, 8, 58, 31]], dtype=float)
FIELDS = ("estimate", "se", "p", "ci_low", "ci_high", "k", "k_effects", "q", "q_df", "q_p", "i2")


def test_scores_are_hypergeometric() -> None:
    """E and V are mean and variance of the hypergeometric distribution with a table's margins."""
    a, n1, c, n2 = COUNTS[:, [0, 3, 4]]
    given_margins = hypergeom(n1 + n2, a + c, n1)
    found = scores(a, n1, c, n2)
    np.testing.assert_allclose(a - found.o_minus_e, given_margins.mean(), rtol=1e-12)
    np.testing.assert_allclose(found.v, given_margins.var(), rtol=1e-12)


def test_tables_that_say_nothing() -> None:
    """Tables without events, or with nothing else, in both groups add nothing and are not counted."""
    pooled, others = peto(*COUNTS), peto(*COUNTS[:, [0, 3, 4]])
    for name in FIELDS:
        assert getattr(pooled, name) == getattr(others, name)
    assert pooled.k == 3
    assert pooled.weights[[1, 2]].tolist() == [0, 0]
    assert pooled.weights.sum() == pytest.approx(100)


def test_no_effect_is_exactly_0() -> None:
    """Equal odds in every table pool to exactly 0, with a P of 1."""
    pooled = peto([3, 7], [9, 21], [5, 1], [15, 3])
    assert (pooled.estimate, pooled.q, pooled.p) == (0, 0, 1)


def test_leading_axes() -> None:
    """Several meta-analyses at once are what each gives alone."""
    stack = np.stack([COUNTS, COUNTS * 3, COUNTS + 1], axis=1)
    together = peto(*stack)
    for i in range(3):
        alone = peto(*stack[:, i])
        for name in FIELDS:
            assert getattr(together, name)[i] == getattr(alone, name)
        assert together.weights[i] == pytest.approx(alone.weights)


@pytest.mark.parametrize("heavy", [0, 10**12])
def test_leave_one_out(heavy: int) -> None:
    """Leaving a study out is analysing the others, also where one study outweighs all of them."""
    counts = COUNTS + heavy * np.array([0, 0, 0, 1, 0])
    left_out = peto(*counts).leave_one_out()
    for i in range(5):
        alone = peto(*np.delete(counts, i, axis=-1))
        for name in FIELDS:
            assert getattr(left_out, name)[i] == pytest.approx(getattr(alone, name), rel=1e-10)
        assert np.delete(left_out.weights[i], i) == pytest.approx(alone.weights)


def test_level() -> None:
    """The interval is at the level that is asked for."""
    pooled = peto(*COUNTS, level=0.9)
    assert (pooled.ci_high - pooled.ci_low) / pooled.se == pytest.approx(2 * 1.6448536269514722)


def test_refused() -> None:
    """Impossible numbers are refused, and data that determine no estimate are called so."""
    with pytest.raises(ValueError, match="confidence level lies between 0 and 1"):
        peto(*COUNTS, level=95)
    with pytest.raises(ValueError, match="Counts must be 0 or more; number 1 is -1"):
        peto([-1], [9], [0], [9])
    with pytest.raises(ValueError, match="needs an array of studies"):
        peto(1, 9, 2, 9)
    with pytest.raises(NotEstimable, match="at least 1 study, not 0"):
        peto([], [], [], [])
    with pytest.raises(NotEstimable, match="there is no Peto odds ratio"):
        peto([0, 9], [9, 9], [0, 8], [9, 8])
    with pytest.raises(NotEstimable, match="at least 2 studies, not 1"):
        peto([3, 9], [9, 9], [4, 8], [9, 8]).leave_one_out()
