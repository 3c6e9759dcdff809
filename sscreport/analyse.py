"""Analyse: the data rows of each analysis become a `Synthesis`.

Every number is made by `Book.derive` from the values it needs and no others, so that what a number
depends on is what entered its formula. The steps of one analysis: study effects, decision on the
model, weights, pooled estimates and heterogeneity of every group, test for subgroup differences,
leave-one-out, small-study effects, words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sscreport import policy
from sscreport.measures import INVERSE_VARIANCE, MEASURES, Measure
from sscreport.problems import InputError, Problem
from sscreport.records import (
    Analysis,
    Decision,
    Group,
    Heterogeneity,
    Pooled,
    Review,
    Row,
    SmallStudyEffects,
    Study,
    StudyEffect,
    Subgroup,
    SubgroupTest,
    Synthesis,
    Words,
)
from sscreport.statistics import effect_sizes, heterogeneity, pooling, small_study
from sscreport.values import COUNT, SUM, Rule, Value

INTERVAL = Rule("normal confidence interval", "estimate ± z × standard error, on the analysis scale")
Z_TEST = Rule("Z test", "Cochrane Handbook, section 10.3")
COCHRAN_Q = Rule("Cochran's Q", "Cochran (1954) Biometrics 10:101")
Q_P = Rule("P of Q from the chi-squared distribution", "Cochran (1954) Biometrics 10:101")
I_SQUARED = Rule("I²", "Higgins & Thompson (2002) Stat Med 21:1539")
TAU_SQUARED = Rule("τ² by the method of moments", "DerSimonian & Laird (1986) Control Clin Trials 7:177")
RANDOM_EFFECTS = Rule(
    "DerSimonian-Laird random-effects mean", "DerSimonian & Laird (1986) Control Clin Trials 7:177"
)
WEIGHT = Rule("share of the total weight", "Cochrane Handbook, section 10.3")
WHOLE = Rule("the whole is 100%")
SUBGROUP_Q = Rule("Q between subgroups", "Borenstein & Higgins (2013) Prev Sci 14:134")
EGGER = Rule("Egger's regression test", "Egger et al. (1997) BMJ 315:629")
BEGG = Rule("Begg's rank correlation test, continuity-corrected", "Begg & Mazumdar (1994) Biometrics 50:1088")
EXPONENTIAL = Rule("exponential of the log", "")


def analyse(review: Review) -> tuple[Synthesis, ...]:
    """Every synthesis of the review, in the order of review.toml.

    Raises `InputError` naming every analysis whose data allow no result.
    """
    syntheses, problems = [], []
    for analysis in review.analyses:
        try:
            syntheses.append(_Analyst(review, analysis).synthesis())
        except ValueError as error:
            expected = f"The data of this analysis allow no result. {error}"
            problems.append(Problem(analysis.rows[0].file, expected, row=analysis.id))
    if problems:
        raise InputError(problems)
    return tuple(syntheses)


@dataclass(frozen=True)
class _Unweighted:
    """A study's effect before the model, and so its weight, is known."""

    key: str
    study: Study
    row: Row
    columns: dict[str, Value]
    effect: Value
    se: Value
    estimate: Value
    ci_low: Value
    ci_high: Value

    @property
    def n(self) -> Value:
        return self.columns["n"]

    def role(self, name: str) -> Value:
        return {"effect": self.effect, "se": self.se}.get(name) or self.columns[name]


@dataclass(frozen=True)
class _Mean:
    """A pooled effect on the analysis scale."""

    effect: Value
    se: Value


def _roles(effects: Sequence[_Unweighted], names: Sequence[str]) -> list[list[Value]]:
    return [[effect.role(name) for effect in effects] for name in names]


class _Analyst:
    """One analysis in the making."""

    def __init__(self, review: Review, analysis: Analysis):
        self.review, self.analysis, self.book = review, analysis, review.book
        self.measure: Measure = MEASURES[analysis.measure]
        self.level = review.book["review.policy.confidence_level"]

    def synthesis(self) -> Synthesis:
        key, subgroups = self.analysis.id, self.analysis.subgroups
        effects = [self._effect(row) for row in self.analysis.rows]
        whole = self._heterogeneity(key, effects)
        decision = policy.decide_model(self.review, self.analysis, whole)
        weights = self._weights(effects, decision.model, whole)
        weighted = {e.key: self._weighted(e, w) for e, w in zip(effects, weights, strict=True)}

        overall = self._group(key, None, effects, weighted, decision, whole)
        groups = tuple(self._subgroup(group, effects, weighted, decision) for group in subgroups)
        words = {"overall": self._words(key, overall)}
        words |= {group.id: self._words(f"{key}.{group.id}", group) for group in groups}
        return Synthesis(
            analysis=self.analysis,
            level=self.level,
            overall=overall,
            groups=groups,
            decision=decision,
            subgroup_test=self._subgroup_test(groups) if len(groups) > 1 else None,
            leave_one_out=self._leave_one_out(effects, decision) if self._wants("leave_one_out") else {},
            small_study=self._small_study(effects) if self._wants("small_study_tests") else None,
            words=words,
        )

    def _wants(self, option: str) -> bool:
        return bool(self.analysis.settings.get(option))

    def _derive(
        self,
        key: str,
        rule: Rule,
        function: Callable[..., Any],
        *inputs: Any,
        style: str,
        label: str,
        unit: str = "",
        decided_by: Sequence[Value] = (),
    ) -> Value:
        label = ", ".join((label, *self._place(key)))
        return self.book.derive(
            key, rule, function, *inputs, style=style, label=label, unit=unit, decided_by=decided_by
        )

    def _place(self, key: str) -> list[str]:
        """Where in the analysis a key stands, in words."""
        steps = key.removeprefix(self.analysis.id).split(".")
        groups = [group.label for group in self.analysis.subgroups if group.id in steps]
        left_out = [
            f"without {study.label.content}"
            for name, study in self.review.studies.items()
            if "without" in steps and name in steps
        ]
        return [self.analysis.title, *groups, *left_out]

    # ------------------------------------------------------------ study effects

    def _effect(self, row: Row) -> _Unweighted:
        study = self.review.studies[row.content("study")]
        home = next((group.id for group in self.analysis.subgroups if group.holds(row)), None)
        key = ".".join(filter(None, (self.analysis.id, home, "study", study.id)))
        columns = {role: row[column] for role, column in self.analysis.settings["columns"].items()}
        effect, se = self._effect_size(key, columns)
        estimate = self._reported(f"{key}.estimate", effect, f"{self.measure.name} of {study.label.content}")
        low, high = self._interval(key, effect, se, f"{self.measure.name} of {study.label.content}")
        return _Unweighted(key, study, row, columns, effect, se, estimate, low, high)

    def _effect_size(self, key: str, columns: dict[str, Value]) -> tuple[Value, Value]:
        measure = self.measure
        if measure.effect is None:
            return columns["md"], columns["se"]
        inputs = [columns[role] for role in measure.roles]
        compute = measure.effect
        effect, se = (
            self._derive(
                f"{key}.{name}",
                measure.rule,
                lambda *x, i=i: compute(*x)[i],
                *inputs,
                style="statistic",
                label=label,
            )
            for i, (name, label) in enumerate((("log_estimate", "Log effect"), ("se", "Standard error")))
        )
        return effect, se

    def _reported(self, key: str, effect: Value, label: str) -> Value:
        """The effect on the scale that is printed; the same value where that is the analysis scale."""
        if not self.measure.log:
            return effect
        return self._derive(key, EXPONENTIAL, self.measure.reported, effect, style="estimate", label=label)

    def _interval(
        self, key: str, effect: Value, se: Value, label: str, decided_by: Sequence[Value] = ()
    ) -> tuple[Value, Value]:
        def bound(side: int) -> Callable[[float, float, float], float]:
            return lambda y, s, level: self.measure.reported(
                effect_sizes.confidence_interval(y, s, level / 100)[side]
            )

        low, high = (
            self._derive(
                f"{key}.{name}",
                INTERVAL,
                bound(side),
                effect,
                se,
                self.level,
                style="estimate",
                unit=self._unit,
                label=f"{words} of {label}",
                decided_by=decided_by,
            )
            for side, (name, words) in enumerate((("ci_low", "lower limit"), ("ci_high", "upper limit")))
        )
        return low, high

    @property
    def _unit(self) -> str:
        return "" if self.measure.log else self.analysis.outcome.unit

    # ------------------------------------------------------------ weights

    def _weights(
        self, effects: Sequence[_Unweighted], model: Value, whole: Heterogeneity | None
    ) -> list[Value]:
        if model.content == "random" and whole is not None:
            inputs = [[e.se for e in effects], whole.tau_squared]
            compute = pooling.inverse_variance_weights
        else:
            inputs = _roles(effects, self.measure.fixed.weight_roles)
            compute = self.measure.fixed.weights

        def share(position: int) -> Callable[..., float]:
            def percent(*arrays: Any) -> float:
                weights = compute(*arrays)
                return 100 * weights[position] / weights.sum()

            return percent

        return [
            self._derive(
                f"{effect.key}.weight",
                WEIGHT,
                share(position),
                *inputs,
                style="weight",
                unit="%",
                label=f"Weight of {effect.study.label.content}",
                decided_by=[model],
            )
            for position, effect in enumerate(effects)
        ]

    @staticmethod
    def _weighted(e: _Unweighted, weight: Value) -> StudyEffect:
        return StudyEffect(
            e.study, e.row, e.columns, e.n, e.effect, e.se, e.estimate, e.ci_low, e.ci_high, weight
        )

    # ------------------------------------------------------------ groups

    def _subgroup(
        self,
        subgroup: Subgroup,
        effects: Sequence[_Unweighted],
        weighted: dict[str, StudyEffect],
        decision: Decision,
    ) -> Group:
        key = f"{self.analysis.id}.{subgroup.id}"
        own = [effect for effect in effects if subgroup.holds(effect.row)]
        return self._group(key, subgroup, own, weighted, decision, self._heterogeneity(key, own))

    def _group(
        self,
        key: str,
        subgroup: Subgroup | None,
        effects: Sequence[_Unweighted],
        weighted: dict[str, StudyEffect],
        decision: Decision,
        spread: Heterogeneity | None,
    ) -> Group:
        label = None
        if subgroup is not None:
            label = self.book[f"review.analyses.{self.analysis.id}.subgroups.{subgroup.id}.label"]
        mine = tuple(weighted[effect.key] for effect in effects)
        mean = self._mean(key, effects, decision.model, spread)
        weight = self._group_weight(key, subgroup, mine)
        pooled = self._pooled(key, mean, effects, weight)
        return Group(subgroup.id if subgroup else "overall", label, mine, pooled, spread)

    def _group_weight(self, key: str, subgroup: Subgroup | None, effects: Sequence[StudyEffect]) -> Value:
        if subgroup is None:  # all shares together: no data can change that
            rows = [effect.row["id"] for effect in effects]
            return self._derive(
                f"{key}.weight",
                WHOLE,
                lambda ids: 100.0,
                rows,
                style="weight",
                unit="%",
                label="Weight of all",
            )
        weights = [effect.weight for effect in effects]
        return self._derive(
            f"{key}.weight", SUM, np.sum, weights, style="weight", unit="%", label="Weight of the group"
        )

    def _mean(
        self, key: str, effects: Sequence[_Unweighted], model: Value, spread: Heterogeneity | None
    ) -> _Mean:
        if model.content == "random" and spread is not None:
            rule, compute = RANDOM_EFFECTS, pooling.inverse_variance
            inputs = [*_roles(effects, ("effect", "se")), spread.tau_squared]
        else:
            rule, compute = self.measure.fixed.rule, self.measure.fixed.pool
            inputs = _roles(effects, self.measure.fixed.pool_roles)
        name = "log_estimate" if self.measure.log else "estimate"
        shown = "" if self.measure.log else self._unit
        # The standard error of a generic mean depends on the weights alone.
        error_inputs = inputs[1:] if rule in (RANDOM_EFFECTS, INVERSE_VARIANCE) else inputs
        error = (
            (lambda *x: compute(np.zeros_like(x[0]), *x)[1])
            if error_inputs != inputs
            else (lambda *x: compute(*x)[1])
        )
        return _Mean(
            self._derive(
                f"{key}.{name}",
                rule,
                lambda *x: compute(*x)[0],
                *inputs,
                style="estimate",
                label=f"Pooled {self.measure.name.lower()}",
                unit=shown,
                decided_by=[model],
            ),
            self._derive(
                f"{key}.se",
                rule,
                error,
                *error_inputs,
                style="statistic",
                label="Standard error of the pooled estimate",
                unit=shown,
                decided_by=[model],
            ),
        )

    def _pooled(
        self, key: str, mean: _Mean, effects: Sequence[_Unweighted], weight: Value | None = None
    ) -> Pooled:
        name = f"pooled {self.measure.name.lower()}"
        low, high = self._interval(key, mean.effect, mean.se, name)
        z = self._derive(
            f"{key}.z",
            Z_TEST,
            lambda y, s: abs(pooling.z_statistic(y, s)),
            mean.effect,
            mean.se,
            style="statistic",
            label=f"Z of the {name}",
        )
        return Pooled(
            estimate=self._reported(f"{key}.estimate", mean.effect, f"Pooled {self.measure.name.lower()}"),
            ci_low=low,
            ci_high=high,
            z=z,
            p=self._derive(f"{key}.p", Z_TEST, pooling.z_p_value, z, style="p", label=f"P of the {name}"),
            k=self._studies(key, effects),
            n=self._participants(key, effects),
            weight=weight,
            totals=self._totals(key, effects),
        )

    def _studies(self, key: str, effects: Sequence[_Unweighted]) -> Value:
        names = [effect.row["study"] for effect in effects]
        return self._derive(
            f"{key}.studies",
            COUNT,
            lambda ids: len(set(ids)),
            names,
            style="count",
            unit="studies",
            label="Studies",
        )

    def _participants(self, key: str, effects: Sequence[_Unweighted]) -> Value:
        """Each study counted once, with its largest number, however many of its rows enter."""
        names = [effect.study.id for effect in effects]

        def distinct(numbers: np.ndarray) -> int:
            largest: dict[str, float] = {}
            for name, number in zip(names, numbers, strict=True):
                largest[name] = max(number, largest.get(name, 0))
            return int(sum(largest.values()))

        unit = self.analysis.settings["n_unit"]
        return self._derive(
            f"{key}.{unit}",
            SUM,
            distinct,
            [e.n for e in effects],
            style="count",
            unit=unit,
            label=unit.capitalize(),
        )

    def _totals(self, key: str, effects: Sequence[_Unweighted]) -> dict[str, Value]:
        return {
            column.role: self._derive(
                f"{key}.total.{column.role}",
                SUM,
                lambda x: int(np.sum(x)),
                [effect.columns[column.role] for effect in effects],
                style="count",
                label=f"Sum of {column.header.lower()} over the rows",
            )
            for column in self.measure.columns
            if column.total
        }

    def _heterogeneity(self, key: str, effects: Sequence[_Unweighted]) -> Heterogeneity | None:
        if len(effects) < 2:
            return None
        fixed, inputs = self.measure.fixed, _roles(effects, ("effect", "se"))
        own = _roles(effects, fixed.pool_roles)

        def q_around_fixed(y: np.ndarray, s: np.ndarray, *columns: np.ndarray) -> float:
            return heterogeneity.cochran_q(y, s, around=fixed.pool(*columns)[0])

        q = self._derive(f"{key}.q", COCHRAN_Q, q_around_fixed, *inputs, *own, style="statistic", label="Q")
        df = self._derive(
            f"{key}.df",
            COUNT,
            lambda ids: len(ids) - 1,
            [e.row["id"] for e in effects],
            style="count",
            label="Degrees of freedom of Q",
        )
        return Heterogeneity(
            q=q,
            df=df,
            p=self._derive(
                f"{key}.q_p", Q_P, heterogeneity.q_p_value, q, df, style="p", label="P of heterogeneity"
            ),
            i_squared=self._derive(
                f"{key}.i_squared",
                I_SQUARED,
                heterogeneity.i_squared,
                q,
                df,
                style="percent",
                unit="%",
                label="I²",
            ),
            tau_squared=self._derive(
                f"{key}.tau_squared",
                TAU_SQUARED,
                heterogeneity.tau_squared_dersimonian_laird,
                *inputs,
                q,
                style="statistic",
                label="τ²",
            ),
        )

    def _subgroup_test(self, groups: Sequence[Group]) -> SubgroupTest:
        key = f"{self.analysis.id}.subgroups"
        name = "log_estimate" if self.measure.log else "estimate"
        means = [self.book[f"{self.analysis.id}.{group.id}.{name}"] for group in groups]
        errors = [self.book[f"{self.analysis.id}.{group.id}.se"] for group in groups]
        q = self._derive(
            f"{key}.q",
            SUBGROUP_Q,
            heterogeneity.cochran_q,
            means,
            errors,
            style="statistic",
            label="Q between subgroups",
        )
        df = self._derive(
            f"{key}.df",
            COUNT,
            lambda labels: len(labels) - 1,
            [g.label for g in groups],
            style="count",
            label="Degrees of freedom between subgroups",
        )
        return SubgroupTest(
            q,
            df,
            self._derive(
                f"{key}.p", Q_P, heterogeneity.q_p_value, q, df, style="p", label="P of subgroup differences"
            ),
            self._derive(
                f"{key}.i_squared",
                I_SQUARED,
                heterogeneity.i_squared,
                q,
                df,
                style="percent1",
                unit="%",
                label="I² between subgroups",
            ),
        )

    # ------------------------------------------------------------ sensitivity and small studies

    def _leave_one_out(self, effects: Sequence[_Unweighted], decision: Decision) -> dict[str, Pooled]:
        results = {}
        for study in dict.fromkeys(effect.study.id for effect in effects):
            rest = [effect for effect in effects if effect.study.id != study]
            if not rest:
                continue
            key = f"{self.analysis.id}.without.{study}"
            spread = self._heterogeneity(key, rest)
            results[study] = self._pooled(key, self._mean(key, rest, decision.model, spread), rest)
        return results

    def _small_study(self, effects: Sequence[_Unweighted]) -> SmallStudyEffects | None:
        if len(effects) < 3:
            return None
        key, inputs = self.analysis.id, _roles(effects, ("effect", "se"))
        return SmallStudyEffects(
            egger_intercept=self._derive(
                f"{key}.egger.intercept",
                EGGER,
                lambda y, s: small_study.egger(y, s).intercept,
                *inputs,
                style="statistic",
                label="Intercept of Egger's regression",
            ),
            egger_p=self._derive(
                f"{key}.egger.p",
                EGGER,
                lambda y, s: small_study.egger(y, s).p,
                *inputs,
                style="p3",
                label="P of Egger's test",
            ),
            begg_p=self._derive(
                f"{key}.begg.p",
                BEGG,
                lambda y, s: small_study.begg(y, s).p,
                *inputs,
                style="p3",
                label="P of Begg's test",
            ),
            k=self.book[f"{key}.studies"],
        )

    # ------------------------------------------------------------ words

    def _words(self, key: str, group: Group) -> Words:
        return policy.words(self.review, key, group, self.analysis)
