"""Effect sizes of change within one group, from before (pre) to after (post); differences of two groups.

``r`` is the correlation of the measurements before and after: one number for all groups, or one for each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sscreport.statistics import checks, inputs
from sscreport.statistics.continuous import Correction, hedges_correction
from sscreport.statistics.inputs import Array, Floats
from sscreport.statistics.results import EffectSizes


def mean_change(
    mean_pre: ArrayLike,
    mean_post: ArrayLike,
    sd_pre: ArrayLike,
    sd_post: ArrayLike,
    n: ArrayLike,
    r: ArrayLike,
) -> EffectSizes:
    """Mean changes, in the unit of the outcome (metafor's "MC").

    MC = m_post − m_pre, v = `change_sd`² / n. Any shape, the same for all but ``r``. Raises ValueError
    for standard deviations that are not greater than 0, groups of fewer than 2, and correlations of ±1 or
    beyond.
    """
    mean, sd, size = _changes(mean_pre, mean_post, change_sd(sd_pre, sd_post, r), n)
    return EffectSizes(mean, sd**2 / size)


def standardized_mean_change(
    mean_pre: ArrayLike,
    mean_post: ArrayLike,
    sd_pre: ArrayLike,
    sd_post: ArrayLike,
    n: ArrayLike,
    r: ArrayLike,
    *,
    correction: Correction = "exact",
) -> EffectSizes:
    """Mean changes in standard deviations of the change (metafor's "SMCC").

    d = J(m_post − m_pre) / `change_sd`, v = 1/n + d²/2n (Gibbons, Hedeker & Davis 1993, J Educ Stat
    18:271), J = `hedges_correction` on n − 1 degrees of freedom. Shapes and errors as of `mean_change`;
    NaN for the two participants for whom there is no exact J.
    """
    mean, sd, size = _changes(mean_pre, mean_post, change_sd(sd_pre, sd_post, r), n)
    d = hedges_correction(size - 1, correction) * mean / sd
    return EffectSizes(d, 1 / size + d**2 / (2 * size))


def standardized_mean_change_raw(
    mean_pre: ArrayLike,
    mean_post: ArrayLike,
    sd_pre: ArrayLike,
    n: ArrayLike,
    r: ArrayLike,
    *,
    correction: Correction = "exact",
) -> EffectSizes:
    """Mean changes in standard deviations of the raw scores before (metafor's "SMCR").

    d = J(m_post − m_pre) / s_pre, v = 2(1 − r)/n + d²/2n (Becker 1988, Br J Math Stat Psychol 41:257;
    Morris & DeShon 2002, Psychol Methods 7:105), J, shapes and errors as of `standardized_mean_change`.
    """
    mean, sd, size = _changes(mean_pre, mean_post, sd_pre, n)
    d = hedges_correction(size - 1, correction) * mean / sd
    return EffectSizes(d, 2 * (1 - _correlations(r, sd)) / size + d**2 / (2 * size))


def difference(group_1: EffectSizes, group_2: EffectSizes) -> EffectSizes:
    """Differences of the effect sizes of two independent groups: d₁ − d₂, v₁ + v₂.

    With changes of a treated and a control group the effect of treatment on the change (Becker 1988; Morris
    2008, Organ Res Methods 11:364). Any shape, the same for both; NaN where one of the two is NaN.
    """
    inputs.same_shape("Effect sizes of both groups", *map(np.asarray, (*group_1, *group_2)))
    return EffectSizes(np.subtract(group_1.yi, group_2.yi), np.add(group_1.vi, group_2.vi))


def change_sd(sd_pre: ArrayLike, sd_post: ArrayLike, r: ArrayLike) -> Floats:
    """Standard deviations of a change: √(s_pre² + s_post² − 2 r s_pre s_post).

    Cochrane Handbook, section 6.5.2.8. Shapes and errors as of `mean_change`.
    """
    pre, post = checks.standard_deviations(sd_pre), checks.standard_deviations(sd_post)
    inputs.same_shape("Standard deviations before and after", pre, post)
    # The square is completed so that nothing cancels when the two hardly differ and r is close to 1.
    return np.sqrt((pre - post) ** 2 + 2 * (1 - _correlations(r, pre)) * pre * post)


def change_correlation(sd_pre: ArrayLike, sd_post: ArrayLike, sd_change: ArrayLike) -> Floats:
    """The correlation that three standard deviations imply: (s_pre² + s_post² − s²) / (2 s_pre s_post).

    The inverse of `change_sd`; any shape, the same for all three. Raises ValueError where no correlation
    between −1 and 1 makes such a change.
    """
    pre, post, change = map(checks.standard_deviations, (sd_pre, sd_post, sd_change))
    inputs.same_shape("Standard deviations", pre, post, change)
    inputs.require(
        (change >= np.abs(pre - post)) & (change <= pre + post),
        "A standard deviation of the change lies between the difference and the sum of the other two",
        change,
    )
    return 1 - (change - (pre - post)) * (change + (pre - post)) / (2 * pre * post)


def rescaled_error(
    se: ArrayLike, recorded: ArrayLike, r: ArrayLike, sd_pre: ArrayLike = 1.0, sd_post: ArrayLike = 1.0
) -> Floats:
    """Standard errors of changes at a correlation ``r`` instead of the ``recorded`` one.

    se · s(r) / s(recorded) with s = `change_sd`, Cochrane Handbook, section 6.5.2.8. The recorded one is 0
    where before and after were compared as two independent groups, since s₁²/n + s₂²/n is then s(0)²/n.
    Standard deviations that are not known may stay equal: the variance is proportional to 1 − r. Shapes
    must go together; ``se`` is greater than 0.
    """
    errors = inputs.standard_errors(se)
    return errors * change_sd(sd_pre, sd_post, r) / change_sd(sd_pre, sd_post, recorded)


def implied_correlation(se_change: ArrayLike, se: ArrayLike, recorded: ArrayLike = 0.0) -> Floats:
    """The correlation at which standard errors ``se``, made at the ``recorded`` one, become ``se_change``.

    r = 1 − (1 − recorded)(se_change / se)², the inverse of `rescaled_error` with equal standard deviations
    before and after. Any shape, the same for both errors. Raises ValueError where no correlation between −1
    and 1 does it.
    """
    change, errors = inputs.standard_errors(se_change), inputs.standard_errors(se)
    inputs.same_shape("Standard errors", change, errors)
    r = 1 - (1 - checks.correlations(recorded)) * (change / errors) ** 2
    inputs.require(np.abs(r) < 1, "No correlation between -1 and 1 makes this standard error", r)
    return r


def _changes(mean_pre: ArrayLike, mean_post: ArrayLike, sd: ArrayLike, n: ArrayLike) -> tuple[Array, ...]:
    pre, post = inputs.measured(mean_pre, "Means"), inputs.measured(mean_post, "Means")
    spread, size = checks.standard_deviations(sd), checks.sizes(n)
    inputs.same_shape("Means, standard deviations and sample sizes", pre, post, spread, size)
    return post - pre, spread, size


def _correlations(r: ArrayLike, sd: Array) -> Array:
    rho = checks.correlations(r)
    if rho.ndim:
        inputs.same_shape("Correlations, unless there is one for all, and standard deviations", rho, sd)
    return rho
