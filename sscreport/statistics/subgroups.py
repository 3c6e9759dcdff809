"""Subgroup analysis: a pooled estimate for each level, and the test whether they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from sscreport.statistics import heterogeneity, inputs
from sscreport.statistics.checks import option
from sscreport.statistics.inputs import Floats
from sscreport.statistics.meta_regression import MetaRegression, meta_regression
from sscreport.statistics.pooling import Pooled, Test, pool
from sscreport.statistics.results import Estimate
from sscreport.statistics.tau_squared import Method

TauSquared = Literal["separate", "common"]


@dataclass(frozen=True)
class Subgroups:
    """``groups`` by level, the ``overall`` estimate, and the test for subgroup differences.

    ``regression``: the mixed model behind a common τ²; None with separate ones.
    """

    groups: Mapping[str, Pooled | Estimate]
    overall: Pooled
    q_between: Floats
    q_between_df: int
    regression: MetaRegression | None

    @property
    def q_between_p(self) -> Floats:
        return heterogeneity.q_p_value(self.q_between, self.q_between_df)

    @property
    def i2_between(self) -> Floats:
        """I² of the differences between subgroups, as RevMan prints it."""
        return heterogeneity.i_squared(self.q_between, self.q_between_df)


def subgroups(
    yi: ArrayLike,
    vi: ArrayLike,
    levels: Sequence[str],
    *,
    method: Method = "REML",
    test: Test = "z",
    level: float = 0.95,
    tau2: TauSquared = "separate",
) -> Subgroups:
    """Pooled estimates by subgroup, and Q between them on (levels − 1) degrees of freedom.

    ``yi`` and ``vi``: shape (k,); ``levels``: the subgroup of each study. With "separate" τ² each
    level is an analysis of its own, and Q = Σ w(θ − θ̄)², w = 1/se², as RevMan 5 (Deeks & Higgins
    2010); with "common" τ² it is Wald's test of a mixed model (Borenstein et al. 2009, Introduction
    to Meta-Analysis, ch. 19). ``method``, ``test``, ``level``: as `pooling.pool`. Studies with a NaN
    are left out. Raises NotEstimable where a level has no study.
    """
    option("tau2", tau2, TauSquared)
    y, v = (np.asarray(values, dtype=float) for values in (yi, vi))
    inputs.same_shape("Effects and sampling variances", y, v)
    if y.ndim != 1 or len(levels) != len(y):
        raise ValueError(f"Each of the {y.size} studies needs its subgroup; {len(levels)} are given.")
    names = np.asarray(levels, dtype=str)
    order = list(dict.fromkeys(names.tolist()))
    overall = pool(y, v, method=method, test=test, level=level)
    if tau2 == "common":
        return _common(y, v, names, order, overall)
    groups = {
        name: pool(y[names == name], v[names == name], method=method, test=test, level=level)
        for name in order
    }
    estimates = np.array([group.estimate for group in groups.values()])
    q = heterogeneity.cochran_q(estimates, np.array([group.se for group in groups.values()]) ** 2)
    return Subgroups(groups, overall, q, len(order) - 1, None)


def _common(y: np.ndarray, v: np.ndarray, names: np.ndarray, order: list[str], overall: Pooled) -> Subgroups:
    options = {"method": overall.method, "test": overall.test, "level": overall.level}
    member = np.stack([names == name for name in order], axis=-1).astype(float)
    means = meta_regression(y, v, member, intercept=False, **options)
    contrasts = meta_regression(y, v, member[:, 1:], **options)
    groups = {
        name: Estimate(means.estimate[i], means.se[i], means.df[i], means.level)
        for i, name in enumerate(order)
    }
    factor = contrasts.moderators if contrasts.test != "z" else 1
    return Subgroups(groups, overall, contrasts.qm * factor, len(order) - 1, contrasts)
