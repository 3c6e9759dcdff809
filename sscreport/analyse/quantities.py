"""The quantities an analysis yields: how each is named, made, rounded and what unit it has."""

from __future__ import annotations

from dataclasses import dataclass

from sscreport.values import COUNT, SUM, Rule

HANDBOOK = "Cochrane Handbook for Systematic Reviews of Interventions, section 10.3"
CHI_SQUARED = Rule("P of Q from the chi-squared distribution", "Cochran (1954) Biometrics 10:101")
INTERVAL = Rule("estimate ± z × standard error, on the analysis scale", HANDBOOK)
PREDICTION = Rule(
    "estimate ± t × √(τ² + standard error²), t on k − 2 degrees of freedom",
    "Higgins, Thompson & Spiegelhalter (2009) J R Stat Soc A 172:137",
)
Z_TEST = Rule("Z test", HANDBOOK)
T_TEST = Rule("t test on k − 1 degrees of freedom", "Hartung & Knapp (2001) Stat Med 20:3875")
I_SQUARED = Rule("I²", "Higgins & Thompson (2002) Stat Med 21:1539")
DERSIMONIAN_LAIRD = "DL"
_ESTIMATORS = {
    DERSIMONIAN_LAIRD: Rule(
        "τ² by the method of moments", "DerSimonian & Laird (1986) Control Clin Trials 7:177"
    ),
    "REML": Rule("τ² by restricted maximum likelihood", "Viechtbauer (2005) J Educ Behav Stat 30:261"),
    "ML": Rule("τ² by maximum likelihood", "Viechtbauer (2005) J Educ Behav Stat 30:261"),
    "PM": Rule("τ² by Paule and Mandel's equation", "Paule & Mandel (1982) J Res NBS 87:377"),
    "HE": Rule("τ² by Hedges' method of moments", "Hedges & Olkin (1985) Statistical Methods"),
    "HS": Rule("τ² by Hunter and Schmidt's method", "Hunter & Schmidt (1990) Methods of Meta-Analysis"),
    "SJ": Rule("τ² by Sidik and Jonkman's method", "Sidik & Jonkman (2005) Appl Stat 54:367"),
    "EB": Rule("τ² by empirical Bayes", "Morris (1983) J Am Stat Assoc 78:47"),
}
HARTUNG_KNAPP = {
    "hartung-knapp": Rule(
        "standard error of Hartung and Knapp: Wald's times √(Q with the weights of the model / df)",
        "Hartung & Knapp (2001) Stat Med 20:3875; Sidik & Jonkman (2002) Stat Med 21:3153",
    ),
    "hartung-knapp-adhoc": Rule(
        "standard error of Hartung and Knapp, never smaller than Wald's",
        "Knapp & Hartung (2003) Stat Med 22:2693",
    ),
}
T_INTERVAL = Rule("estimate ± t × standard error, t on k − 1 degrees of freedom, on the analysis scale",
                  "Hartung & Knapp (2001) Stat Med 20:3875")  # fmt: skip
BAUJAT = Rule("Baujat's plot", "Baujat et al. (2002) Stat Med 21:2641")
EGGER = Rule("Egger's regression test", "Egger et al. (1997) BMJ 315:629")


@dataclass(frozen=True)
class Quantity:
    """``rule`` is None where the measure or the model decides it.

    ``unit`` "outcome" stands for the outcome's own unit, on a scale that has one.
    """

    label: str
    rule: Rule | None
    style: str
    unit: str = ""


QUANTITIES = {
    # of a study or a pooled group
    "estimate": Quantity("estimate", None, "estimate", "outcome"),
    "log_estimate": Quantity("log of the estimate", None, "statistic"),
    "se_assumed": Quantity(
        "standard error at another correlation",
        Rule(
            "standard error times the ratio of the changes' standard deviations",
            "Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.2.8",
        ),
        "statistic",
        "outcome",
    ),
    "se": Quantity("standard error", None, "statistic", "outcome"),
    "ci_low": Quantity("lower limit of the interval", INTERVAL, "estimate", "outcome"),
    "ci_high": Quantity("upper limit of the interval", INTERVAL, "estimate", "outcome"),
    "prediction_low": Quantity("lower limit of the prediction interval", PREDICTION, "estimate", "outcome"),
    "prediction_high": Quantity("upper limit of the prediction interval", PREDICTION, "estimate", "outcome"),
    "other_model": Quantity("the model that was not chosen", Rule("the other model"), "text"),
    "weight": Quantity("weight", Rule("share of the total weight", HANDBOOK), "weight", "%"),
    "z": Quantity("Z", Z_TEST, "statistic"),
    "t": Quantity("t", T_TEST, "statistic"),
    "t_df": Quantity("degrees of freedom of t", Rule("k − 1 effects"), "count"),
    "p": Quantity("P", Z_TEST, "p"),
    "studies": Quantity("studies", COUNT, "count", "studies"),
    "participants": Quantity("participants", SUM, "count"),
    "total": Quantity("sum over the rows", SUM, "count"),
    # heterogeneity
    "q": Quantity("Cochran's Q", Rule("Cochran's Q", "Cochran (1954) Biometrics 10:101"), "statistic"),
    "df": Quantity("degrees of freedom of Q", COUNT, "count"),
    "q_p": Quantity("P of heterogeneity", CHI_SQUARED, "p"),
    "i_squared": Quantity("I²", I_SQUARED, "percent", "%"),
    "tau_squared": Quantity("τ²", _ESTIMATORS[DERSIMONIAN_LAIRD], "statistic"),
    # between subgroups
    "subgroups.q": Quantity(
        "Q between subgroups",
        Rule("Q between subgroups", "Borenstein & Higgins (2013) Prev Sci 14:134"),
        "statistic",
    ),
    "subgroups.df": Quantity("degrees of freedom between subgroups", COUNT, "count"),
    "subgroups.p": Quantity("P of subgroup differences", CHI_SQUARED, "p"),
    "subgroups.i_squared": Quantity("I² between subgroups", I_SQUARED, "percent1", "%"),
    # Baujat's plot
    "q_contribution": Quantity(
        "contribution to Cochran's Q around the inverse-variance mean", BAUJAT, "statistic"
    ),
    "influence": Quantity("squared change of the pooled result without the study", BAUJAT, "statistic"),
    # small-study effects
    "egger.intercept": Quantity("intercept of Egger's regression", EGGER, "statistic"),
    "egger.p": Quantity("P of Egger's test", EGGER, "p3"),
    "begg.p": Quantity(
        "P of Begg's test",
        Rule(
            "Begg's rank correlation test, continuity-corrected", "Begg & Mazumdar (1994) Biometrics 50:1088"
        ),
        "p3",
    ),
}


def tau_squared_rule(estimator: str) -> Rule:
    """How τ² is made by one of the estimators of `statistics.tau_squared`."""
    return _ESTIMATORS[estimator]


def random_mean(estimator: str) -> Rule:
    """The random-effects mean with τ² by that estimator."""
    rule = _ESTIMATORS[estimator]
    return Rule(f"random-effects mean, {rule.name}", rule.reference)
