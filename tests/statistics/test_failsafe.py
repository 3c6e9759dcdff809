"""Fail-safe N by its definition: with that many studies more, P is above α; with one less it is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from sscreport.statistics.failsafe import failsafe_n
from sscreport.statistics.inputs import NotEstimable

pytestmark = pytest.mark.filterwarnings("error")

Y = np.array([0.35, 0.1, -0.02, 0.9, 0.48, 1.3, 0.2, 0.61])
V = np.array([0.04, 0.01, 0.06, 0.25, 0.09, 0.38, 0.008, 0.17])


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_rosenthals_n_is_the_least_that_raises_the_combined_p(alpha: float) -> None:
    """Σz/√(k + N) has a one-sided P above α first for N."""
    n = failsafe_n(Y, V, alpha=alpha).n
    z = (Y / np.sqrt(V)).sum()
    assert norm.sf(z / np.sqrt(8 + n)) >= alpha > norm.sf(z / np.sqrt(8 + n - 1))


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_rosenbergs_n_is_the_least_that_raises_the_pooled_p(alpha: float) -> None:
    """With N studies of effect 0 and mean weight the pooled effect has a two-sided P above α first."""
    n = failsafe_n(Y, V, kind="rosenberg", alpha=alpha).n

    def p(more: float) -> float:
        return 2 * norm.sf((Y / V).sum() / np.sqrt((1 / V).sum() * (1 + more / 8)))

    assert p(n) >= alpha > p(n - 1)


def test_p_of_the_studies_at_hand() -> None:
    """Rosenthal's is the one-sided P of Σz/√k, Rosenberg's the two-sided of the fixed-effect mean."""
    assert failsafe_n(Y, V).p == pytest.approx(norm.sf((Y / np.sqrt(V)).sum() / np.sqrt(8)))
    mean_z = (Y / V).sum() / np.sqrt((1 / V).sum())
    assert failsafe_n(Y, V, kind="rosenberg").p == pytest.approx(2 * norm.sf(mean_z))


@pytest.mark.parametrize("kind", ["rosenthal", "rosenberg"])
def test_the_direction_of_effects_does_not_matter(kind: str) -> None:
    """Reversed effects need as many studies."""
    assert failsafe_n(-Y, V, kind=kind) == failsafe_n(Y, V, kind=kind)


def test_an_insignificant_result_needs_none() -> None:
    """N is 0, not negative, where P is above α already."""
    assert str(failsafe_n([0.1, -0.1], [1, 1]).n) == "0.0"


def test_whole_numbers_are_not_rounded_up() -> None:
    """Where P would be α exactly with N studies, N are enough in spite of rounding."""
    z = norm.isf(0.05) * np.sqrt(10)
    assert failsafe_n([z / 4] * 4, [1] * 4).n == 6


@pytest.mark.parametrize("kind", ["rosenthal", "rosenberg"])
def test_leading_axes_and_missing_studies(kind: str) -> None:
    """A stack of analyses, one with a study missing, gives what each gives by itself."""
    y = np.stack([Y, np.where(np.arange(8) == 3, np.nan, Y)])
    found = failsafe_n(y, np.stack([V, V]), kind=kind)
    for i in range(2):
        known = ~np.isnan(y[i])
        one = failsafe_n(y[i, known], V[known], kind=kind)
        assert found.n[i] == one.n and found.p[i] == pytest.approx(one.p)


def test_input_is_checked() -> None:
    """An unknown kind, an impossible α and no studies are named."""
    with pytest.raises(ValueError, match="kind is one of 'rosenthal', 'rosenberg', not 'orwin'"):
        failsafe_n(Y, V, kind="orwin")
    with pytest.raises(ValueError, match=r"alpha lies between 0 and 0\.5; 5 does not"):
        failsafe_n(Y, V, alpha=5)
    with pytest.raises(NotEstimable, match="at least 1 study"):
        failsafe_n([np.nan], [1])
