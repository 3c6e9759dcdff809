"""Trim and fill: what is put in, when it settles, and when there is nothing to find."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sscreport.statistics.inputs import NotEstimable
from sscreport.statistics.pooling import pool
from sscreport.statistics.trim_and_fill import trim_and_fill

pytestmark = pytest.mark.filterwarnings("error")

NAN = np.nan
ORACLE = Path(__file__).resolve().parent.parent / "oracle"
# A funnel around 0 with pairs of studies left and right, of which the leftmost three are taken away.
SE = np.array([0.1, 0.12, 0.2, 0.21, 0.33, 0.34, 0.45, 0.52, 0.58])
Y = np.array([0.02, -0.03, 0.11, -0.13, 0.28, -0.29, 0.61, 0.83, 0.97])
V = SE**2


def test_passive_smoking() -> None:
    """37 studies of lung cancer: seven missing on the left, SE 4.0405, as metafor's manual prints."""
    effects = json.loads((ORACLE / "hackshaw1998.json").read_text())["effects"]["lnOR"]
    found = trim_and_fill(effects["yi"], effects["vi"], method="FE")
    assert (found.side, found.k0, found.k, found.pooled.k) == ("left", 7, 37, 44)
    assert found.se_k0 == pytest.approx(4.0405, abs=5e-5)


# Around 0 the ranks of |y| are 1 to 9 in this order; six are above: S = 1 + 3 + 5 + 7 + 8 + 9 = 33, r = 6.
BY_HAND = {
    "L0": (4 * 33 - 9 * 10) / 17,  # 2.47
    "R0": 9 - 1 - 6,  # 2
    "Q0": 9 - 0.5 - (2 * 81 - 4 * 33 + 0.25) ** 0.5,  # 3.0
}


@pytest.mark.parametrize("estimator", ["L0", "R0", "Q0"])
def test_missing_studies_are_found_on_the_left(estimator: str) -> None:
    """Every estimator finds as many as its formula, and mirrors that many of the largest effects."""
    found = trim_and_fill(Y, V, estimator=estimator, method="FE")
    assert (found.side, found.k0) == ("left", round(BY_HAND[estimator]))
    np.testing.assert_array_equal(found.filled.vi, V[9 - found.k0 :])


@pytest.mark.parametrize("method", ["FE", "DL", "REML"])
def test_what_is_put_in_mirrors_what_was_trimmed(method: str) -> None:
    """Studies put in lie as far on the other side of the mean of the kept ones, with the same variance."""
    found = trim_and_fill(Y, V, method=method)
    mean = pool(Y[: 9 - found.k0], V[: 9 - found.k0], method=method).estimate
    np.testing.assert_allclose(found.filled.yi, 2 * mean - Y[9 - found.k0 :])
    everything = np.concatenate([Y, found.filled.yi]), np.concatenate([V, found.filled.vi])
    assert found.pooled.estimate == pool(*everything, method=method).estimate


def test_the_fixed_effect_of_the_filled_funnel_is_that_of_the_kept_studies() -> None:
    """Pairs around the mean of the kept studies do not move it."""
    found = trim_and_fill(Y, V, estimator="Q0", method="FE")
    assert found.pooled.estimate == pytest.approx(pool(Y[:6], V[:6], method="FE").estimate, rel=1e-9)


@pytest.mark.parametrize("estimator", ["L0", "R0", "Q0"])
def test_mirrored_effects_are_filled_on_the_other_side(estimator: str) -> None:
    """With the effects reversed, side and studies put in are reversed and nothing else."""
    found, mirror = (trim_and_fill(sign * Y, V, estimator=estimator, method="DL") for sign in (1, -1))
    assert (mirror.side, mirror.k0, mirror.se_k0) == ("right", found.k0, found.se_k0)
    np.testing.assert_array_equal(mirror.filled.yi, -found.filled.yi)
    assert mirror.pooled.estimate == pytest.approx(-found.pooled.estimate, rel=1e-12)


def test_the_side_can_be_given() -> None:
    """Nothing is missing on the right of a funnel that lacks its left."""
    found = trim_and_fill(Y, V, side="right", method="FE")
    assert (found.side, found.k0, found.filled.yi.size) == ("right", 0, 0)
    assert found.pooled.estimate == pool(Y, V, method="FE").estimate


@pytest.mark.parametrize("size", [1e-8, 1e8])
def test_trim_and_fill_has_no_unit(size: float) -> None:
    """On another scale as many studies are missing, and their effects are multiplied likewise."""
    plain, scaled = trim_and_fill(Y, V), trim_and_fill(Y * size, V * size**2)
    assert scaled.k0 == plain.k0 > 0
    np.testing.assert_allclose(scaled.filled.yi, plain.filled.yi * size, rtol=1e-9)


def test_only_r0_has_a_p() -> None:
    """P of R0 is ½ to the power of k₀ + 1; the others have none."""
    assert trim_and_fill(Y, V, estimator="R0", method="FE").p_k0 == 0.5**3
    assert trim_and_fill(Y, V, estimator="L0", method="FE").p_k0 is None


def test_no_standard_error_where_its_variance_would_be_negative() -> None:
    """Far below 0 the estimate of k₀ has no standard error, and 0 studies are missing."""
    y, v = [0.21, 0.19, 0.24, 0.2, 0.17, 0.22], [0.04, 0.09, 0.02, 0.06, 0.11, 0.03]
    found = trim_and_fill(y, v, side="left", method="FE")
    assert found.k0 == 0 and np.isnan(found.se_k0)


def test_the_options_of_pooling_are_passed_on() -> None:
    """Method, test and level are those of the pooled result."""
    found = trim_and_fill(Y, V, method="PM", test="hk", level=0.9).pooled
    assert (found.method, found.test, found.level) == ("PM", "hk", 0.9)
    assert found.df == found.k - 1


def test_missing_numbers_are_skipped() -> None:
    """A study without an effect or a variance changes nothing."""
    with_gaps = trim_and_fill([NAN, *Y, 4.0], [0.1, *V, NAN])
    without = trim_and_fill(Y, V)
    np.testing.assert_array_equal(with_gaps.filled.yi, without.filled.yi)
    assert with_gaps.k == 9 and not with_gaps.interpretable


def test_a_study_left_alone_is_its_own_mean() -> None:
    """Of two studies of equal weight one is trimmed: rounding gives the other no deviation from itself."""
    found = trim_and_fill([-0.47396636346870546, -0.27498961889179974], [0.4, 0.4], side="left", method="FE")
    # S = 2, so that L0 = (8 − 6)/3, rounded 1, before and after trimming
    assert found.k0 == 1


# Trimming one study moves the random-effects mean so that none is to be trimmed, and the reverse.
RESTLESS = [-5, -6, -1, -3], [1, 100, 10, 0.01]
REFUSED = [
    ([1], [1], {}, "Trim and fill needs at least 2 studies, not 1"),
    (Y, np.ones(9), {}, "side of trim and fill needs standard errors that differ"),
    ([0, 1], [1, 2], {"method": "DL"}, "side of trim and fill needs 3 studies where τ² is estimated"),
    ([2, 2, 2], [1, 2, 3], {"side": "left", "estimator": "R0"}, "R0 needs an effect on the side"),
    ([-0.4, -0.06, 0.84], [0.2, 0.2, 1.4], {"side": "left", "estimator": "Q0"}, "Q0 is not defined"),
    (*RESTLESS, {"side": "right", "method": "DL"}, "does not settle: it goes from 1 back to 0 studies"),
]


@pytest.mark.parametrize(("y", "v", "options", "reason"), REFUSED)
def test_what_the_data_do_not_determine_is_refused(y: list, v: list, options: dict, reason: str) -> None:
    """One study, no side, no estimate and no end are named."""
    with pytest.raises(NotEstimable, match=reason):
        trim_and_fill(y, v, **options)


def test_identical_effects_lack_nothing() -> None:
    """A funnel without any spread is symmetric."""
    assert trim_and_fill([2, 2, 2], [1, 2, 3]).k0 == 0


def test_input_is_checked() -> None:
    """Stacks of analyses and unknown words are refused."""
    with pytest.raises(ValueError, match=r"one analysis: effects of shape \(k,\), not \(1, 9\)"):
        trim_and_fill(Y[None], V[None])
    with pytest.raises(ValueError, match="estimator is one of 'L0', 'R0', 'Q0', not 'L1'"):
        trim_and_fill(Y, V, estimator="L1")
    with pytest.raises(ValueError, match="side is one of 'left', 'right', 'auto', not 'top'"):
        trim_and_fill(Y, V, side="top")
