"""The audit of an article: what it finds, what it leaves alone, and what its command says."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from sscreport.audit import CHECKS, SEVERITIES, Article, Misfit, audit, audit_text, parse, parse_table, read_article
from sscreport.audit.article import read_article as read
from sscreport.audit.expressions import p_values, spreads, statistics
from sscreport.cli import main

ROOT = Path(__file__).parents[1]
ARTICLES = Path(__file__).parent / "articles"
PUBLISHED = ROOT / "data" / "article"
CORRECT = {
    "walking": ("walking.txt", "walking_table1.csv", "walking_table2.csv"),
    "prophylaxis": ("prophylaxis.txt", "prophylaxis_table.csv"),
    "screening": ("screening.txt",),
}


def _found(name: str, old: str = "", new: str = "", file: int = 0) -> list[Misfit]:
    """What the audit says of a correct article in which ``old`` has become ``new``."""
    texts = [(ARTICLES / part).read_text(encoding="utf-8") for part in CORRECT[name]]
    assert old in texts[file], f"{CORRECT[name][file]} does not say {old!r}"
    texts[file] = texts[file].replace(old, new, 1) if old else texts[file]
    tables = [parse_table(text, part) for text, part in zip(texts[1:], CORRECT[name][1:], strict=True)]
    return audit_text(texts[0], tables)


@pytest.fixture(scope="module")
def published() -> Article:
    return read_article(PUBLISHED / "article.txt", sorted(PUBLISHED.glob("table*.csv")))


@pytest.fixture(scope="module")
def misfits(published: Article) -> list[Misfit]:
    return audit(published)


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(MD = 5.23, 95% CI 4.18–6.29, P < 0.00001)", ("MD", 5.23, 4.18, 6.29, "<")),
        ("(MD = 5.10, 95% CI:3.39–6.81, P < 0.00001; Fig. 3)", ("MD", 5.10, 3.39, 6.81, "<")),
        ("(MD = 1.8, 95% CI − 3.38 to 6.99, P = 0.50)", ("MD", 1.8, -3.38, 6.99, "=")),
        ("RR 0.77 [95% CI 0.65, 0.92], p=.004", ("RR", 0.77, 0.65, 0.92, "=")),
        ("mean difference −2.1 kg (95% confidence interval −3.0 to −1.2)", ("MD", -2.1, -3.0, -1.2, None)),
        ("an odds ratio of 1.50 (95% CI: 1.15-1.95)", ("OR", 1.5, 1.15, 1.95, None)),
        ("SMD = −0.40; 95% CI, −0.71– −0.09; P=0.01", ("SMD", -0.4, -0.71, -0.09, "=")),
        ("HR 1.02; 95% CI, 0.88–1.18; p=.80", ("HR", 1.02, 0.88, 1.18, "=")),
        ("hazard ratio (HR) 0.81 (95% CI 0.74 to 0.89; I² = 9%, P = 0.36)", ("HR", 0.81, 0.74, 0.89, None)),
    ],
)
def test_statistics_are_read_however_they_are_printed(text: str, expected: tuple[object, ...]) -> None:
    """Dashes, minus signs, brackets, semicolons and names in full all give the same numbers."""
    (found,) = parse(f"# Results\n\nIt was {text}.").sentences[0].statistics
    assert (found.measure, found.estimate, found.low, found.high, found.p and found.p.relation) == expected


def test_heterogeneity_has_its_own_p_value() -> None:
    """The P value beside I² is that of Q, the one after the interval that of the effect."""
    text = "(MD = 7.09, 95% CI 0.53–13.65, P = 0.03); heterogeneity was high (P < 0.00001, I2 = 94%)"
    (spread,), (statistic,) = spreads(text), statistics(text)
    assert (spread.i2, spread.p.text, statistic.p.text, len(p_values(text))) == (94, "0.00001", "0.03", 2)


def test_parts_captions_and_references_are_told_apart(published: Article) -> None:
    """Sentences know their part and line, captions their figure, references their first author."""
    lines = (PUBLISHED / "article.txt").read_text(encoding="utf-8").splitlines()
    abstract = [s for s in published.sentences if s.part == "abstract"]
    assert {s.subpart for s in abstract} == {"introduction", "methods", "results", "conclusion"}
    assert [label for label in published.captions if label.startswith("Fig.")] == [f"Fig. {n}" for n in range(1, 10)]
    assert published.references[31].author == "Maddali Bongi" and len(published.references) == 41
    assert all(s.text.split()[0] in " ".join(lines[s.line - 1].split()).replace("’", "'") for s in published.sentences)


# ---------------------------------------------------------------- the published article


EXPECTED = [
    ("two-values", "high", ["7.09", "7.58", "13.65", "14.6"]),
    ("two-values", "high", ["58", "36"]),
    ("two-values", "low", ["5.10", "5.09"]),
    ("two-values", "moderate", ["OR = 21.10", "21.1"]),
    ("endpoint-count", "high", ["Park, Wang", "23 patients", "36"]),
    ("shared-patients", "high", ["22", "52", "19", "5.23 (4.18 to 6.29)"]),
    ("model-rule", "high", ["57%", "0.13", "I2 > 50%"]),
    ("spread-word", "moderate", ["57%", "low heterogeneity"]),
    ("caption", "high", ["P < 0.05", "P = 0.62"]),
    ("citation", "high", ["Scuderi et al. [25]", "25. Keyszer"]),
    ("respectively", "moderate", ["P = 0.0007"]),
    ("quality-ceiling", "high", ["self-controlled", "9 − 3 = 6"]),
    ("grade-sum", "high", ["self-controlled", "Moderate"]),
    ("grade-imprecision", "moderate", ["-3.38", "6.99", "Not downgraded"]),
    ("grade-imprecision", "moderate", ["-0.22", "13.62", "Not downgraded"]),
    ("bands", "moderate", ["≤ 4 points", "4–7 points", "≥ 7 points"]),
    ("table-count", "moderate", ["2 studies were without gender", "0 of 9"]),
    ("table-count", "moderate", ["1 was without follow-up", "0 of 9"]),
    ("no-bias", "high", ["suggesting no publication bias", "insufficient"]),
    ("few-for-asymmetry", "moderate", ["k = 5"]),
    ("two-studies", "moderate", ["I2 = 93%", "I2 = 57%", "I2 = 95%"]),
    ("stable", "moderate", ["k = 3"]),
    ("p-of-few", "high", ["3 patients", "0.25"]),
    ("scale-unstated", "high", ["13.65"]),
    ("superlative", "moderate", ["P = 0.22"]),
    ("all-subgroups", "moderate", ["-0.22 to 13.62"]),
    ("combination", "high", ["traditional medicine"]),
    ("one-study", "high", ["lung function", "Only 1 study"]),
    ("certainty-ignored", "high", ["improves", "Very low"]),
    ("safe", "moderate", ["safe", "0 of 114"]),
    ("event-unknown", "moderate", ["arthralgia"]),
    ("event-unknown", "moderate", ["redness"]),
    ("unplanned", "moderate", ["RCS"]),
    ("unplanned", "moderate", ["CRP"]),
    ("design", "moderate", ["Clinical trials", "self-controlled"]),
    ("included-title", "moderate", ["five cases", "3"]),
    ("direction", "moderate", ["OR = 21.10", "reduced"]),
    ("improved-anyway", "moderate", ["RCS and CHSF were improved"]),
    ("records", "low", ["678", "673"]),
    ("abbreviation", "low", ["SMD, standardized mean difference"]),
    ("abbreviation", "low", ["CHSF"]),
    ("sd", "low", ["12.41 ± 8.64"]),
    ("primary-outcome", "low", ["primary outcome"]),
]


@pytest.mark.parametrize(("check", "severity", "evidence"), EXPECTED, ids=lambda item: item if isinstance(item, str) else "")
def test_the_article_is_caught_with_evidence(misfits: list[Misfit], check: str, severity: str, evidence: list[str]) -> None:
    """From text and tables alone, each known flaw is listed with the printed values that show it."""
    said = [" | ".join(e.text for e in m.evidence) for m in misfits if (m.check, m.severity) == (check, severity)]
    assert any(all(word in text for word in evidence) for text in said), said


def test_evidence_is_what_the_article_prints(misfits: list[Misfit]) -> None:
    """Every quoted passage stands in its line, every cell in its table; none is longer than 25 words."""
    lines = (PUBLISHED / "article.txt").read_text(encoding="utf-8").splitlines()
    cells = {}
    for path in PUBLISHED.glob("table*.csv"):
        with path.open(encoding="utf-8") as file:
            cells |= {(str(path), row["id"], name): text for row in csv.DictReader(file) for name, text in row.items()}
    for item in (item for misfit in misfits for item in misfit.evidence):
        assert len(item.text.strip("… ").split()) <= 25
        if item.source.endswith(".txt"):
            line = _bare(lines[int(item.row.split()[1]) - 1])
            assert _bare(item.text.strip("… ")) in line
        elif (item.source, item.row, item.column) in cells:
            assert cells[item.source, item.row, item.column].find(item.text) >= 0


def _bare(text: str) -> str:
    return re.sub(r"[\s*]", "", text).translate({0x2212: "-", 0x2019: "'"})


# ---------------------------------------------------------------- correct articles, and faults in them


def test_correct_articles_raise_no_alarm() -> None:
    """Three correct reviews of different kinds raise at most one false alarm together."""
    alarms = [(name, m.check, m.what) for name in CORRECT for m in _found(name)]
    assert len(alarms) <= 1, alarms


FAULTS = [
    ("walking", "(MD −3.48 mmHg, 95% CI −4.64 to −2.32, P < 0.001", "(MD −3.48 mmHg, 95% CI −4.64 to −2.32, P = 0.21", 0, "p-interval"),
    ("walking", "(MD 0.50, 95% CI −1.23 to 2.23, P = 0.57", "(MD 0.50, 95% CI −1.23 to 2.23, P = 0.04", 0, "p-interval"),
    ("prophylaxis", "RR = 1.03 [95% CI 0.80, 1.31], P = 0.83; I2", "RR = 1.03 [95% CI 0.80, 1.31], P = 0.38; I2", 0, "p-interval"),
    ("walking", "the difference\nwas not statistically significant (MD 0.50", "the difference\nwas statistically significant (MD 0.50", 0, "significance"),
    ("prophylaxis", "The risk was significantly reduced", "The risk was not significantly changed", 0, "significance"),
    ("prophylaxis", "the stay was significantly shorter with prophylaxis (MD = −0.60 days, 95% CI −1.05 to −0.15, P = 0.009)", "the stay was significantly shorter with prophylaxis (MD = −0.60 days, 95% CI −1.35 to 0.15, P = 0.12)", 0, "significance"),
    ("screening", "It was not significantly different between", "It was significantly different between", 0, "significance"),
    ("walking", "Walking lowered systolic blood\npressure by about three and a half points (MD −3.48 mmHg, 95% CI −4.64 to −2.32", "Walking lowered systolic blood\npressure by about three and a half points (MD 3.48 mmHg, 95% CI 2.32 to 4.64", 0, "direction"),
    ("prophylaxis", "One dose of an antibiotic lowered the risk", "One dose of an antibiotic lowered mortality (RR = 1.31, 95% CI 1.12–1.53) and the risk", 0, "direction"),
    ("walking", "Six-minute walking distance increased (MD 32.91 m, 95% CI 17.83 to 47.99)", "Six-minute walking distance increased (MD 32.91 m, 95% CI 33.10 to 47.99)", 0, "centre"),
    ("prophylaxis", "(6 trials; RR = 0.72, 95% CI: 0.62–0.84)", "(6 trials; RR = 0.72, 95% CI: 0.22–0.84)", 0, "centre"),
    ("walking", "Results.** A total of 7 trials with 618 participants", "Results.** A total of 7 trials with 681 participants", 0, "table-count"),
    ("walking", "(MD 32.91 m,\n95% CI 17.83 to 47.99, P < 0.0001)", "(MD 39.21 m,\n95% CI 17.83 to 47.99, P < 0.0001)", 0, "two-values"),
    ("walking", "4 trials with 444 participants", "4 trials with 484 participants", 0, "two-values"),
    ("prophylaxis", "We included 11 trials with 4,310 patients", "We included 11 trials with 4,130 patients", 0, "two-values"),
    ("prophylaxis", "Mortality,1620,4,1.03,0.80,1.31", "Mortality,1620,4,1.06,0.80,1.31", 1, "two-values"),
    ("prophylaxis", "(I2 = 0%, P = 0.96; Fig. 2)", "(I2 = 0%, P = 0.02; Fig. 2)", 0, "i2-p"),
    ("prophylaxis", "heterogeneity was substantial (I2 = 77%, P = 0.002)", "heterogeneity was substantial (I2 = 77%, P = 0.2)", 0, "i2-p"),
    ("walking", "with moderate heterogeneity (I² = 72%, P = 0.007)", "with low heterogeneity (I² = 72%, P = 0.007)", 0, "spread-word"),
    ("prophylaxis", "and heterogeneity was substantial (I2 = 77%", "and heterogeneity was low (I2 = 77%", 0, "spread-word"),
    ("prophylaxis", "A fixed-effect model was used if I2 was 50% or less, and a random-effects model with the Hartung–Knapp interval otherwise.", "A fixed-effect model was used if I2 ≤ 50% and P > 0.1, and a random-effects model if I2 > 50% and P < 0.1.", 0, "model-rule"),
    ("walking", "Walking lowered it significantly (P < 0.05)", "Walking did not lower it significantly (P > 0.05)", 0, "caption"),
    ("walking", "24 of 31 (77.4%)", "24 of 31 (74.7%)", 0, "share"),
    ("prophylaxis", "255 of 2,150 (11.9%)", "225 of 2,150 (11.9%)", 0, "share"),
    ("screening", "34 of 412 patients (8.3%)", "34 of 412 patients (3.8%)", 0, "share"),
    ("walking", "3 in Italy, 2 in Spain", "3 in Italy, 3 in Spain", 0, "table-count"),
    ("walking", "330 women and 288 men", "330 women and 298 men", 0, "parts"),
    ("prophylaxis", "5 were of moderate quality", "4 were of moderate quality", 0, "parts"),
    ("prophylaxis", "CENTRAL (n = 140)", "CENTRAL (n = 104)", 0, "parts"),
    ("screening", "8 were of high quality, 3 of moderate", "8 were of high quality, 2 of moderate", 0, "parts"),
    ("walking", "Abe,7,2012,Japan,RCT,84,44,40", "Abe,7,2012,Japan,RCT,84,44,44", 1, "table-count"),
    ("walking", "Mean age ranged from 48.2\nto 66.5 years", "Mean age ranged from 42.8\nto 66.5 years", 0, "table-count"),
    ("walking", "Ferri et al. [3]", "Ferri et al. [4]", 0, "citation"),
    ("prophylaxis", "Ito and colleagues [7]", "Ito and colleagues [6]", 0, "citation"),
    ("walking", "Risk of bias\nwas judged with RoB 2 [5]", "Risk of bias\nwas judged with RoB 2 [15]", 0, "citation-list"),
    ("prophylaxis", "Park et al. [8] used cefuroxime", "One trial used cefuroxime", 0, "citation-list"),
    ("prophylaxis", "0–4 points is low, 5–7 points", "0–5 points is low, 5–7 points", 0, "bands"),
    ("screening", "7 to 9 stars are high, 4 to 6 stars moderate", "6 to 9 stars are high, 4 to 6 stars moderate", 0, "bands"),
    ("walking", "We could not assess publication bias with so few trials", "", 0, ""),
    ("prophylaxis", "looked symmetrical, and Egger's test was not significant (P = 0.41); small-study effects were not detected, which does not exclude them.", "looked symmetrical, and Egger's test (P = 0.41) showed no publication bias.", 0, "no-bias"),
    ("prophylaxis", "The funnel plot of the 11 trials on surgical site infection looked symmetrical, and Egger's test was not significant (P = 0.41); small-study effects were not detected, which does not exclude them.", "The funnel plot of the 4 trials on mortality looked symmetrical, and Egger's test was not significant (P = 0.41).", 0, "few-for-asymmetry"),
    ("walking", "Six-minute walking distance,,460,5,", "Six-minute walking distance,,460,9,", 2, "named-share"),
    ("walking", "low for\nsix-minute walking distance", "high for\nsix-minute walking distance", 0, "grade-text"),
    ("walking", "Serious,Serious,Not serious,Not serious,Undetected,Low", "Serious,Serious,Not serious,Not serious,Undetected,High", 2, "grade-sum"),
    ("walking", "Quality of life,,444,4,0.50,−1.23,2.23,Serious,Not serious,Not serious,Serious", "Quality of life,,444,4,0.50,−1.23,2.23,Serious,Not serious,Not serious,Not serious", 2, "grade-imprecision"),
    ("walking", "The primary outcome was systolic\nblood pressure; secondary outcomes were six-minute walking distance and quality of life,", "The outcomes were systolic\nblood pressure and quality of life,", 0, "unplanned"),
    ("walking", "(MD 0.50, 95% CI −1.23 to 2.23, P = 0.57; I² = 0%)", "(MD 0.50, 95% CI −120.3 to 121.3, P = 0.99; I² = 0%)", 0, "beyond-scale"),
    ("walking", "Supervised walking probably reduces systolic blood pressure slightly and may increase walking distance.", "Supervised walking reduces systolic blood pressure and increases walking distance.", 0, "certainty-ignored"),
    ("walking", "in adults with a systolic blood pressure of 130 mmHg or more", "in adults, regardless of age, with a systolic blood pressure of 130 mmHg or more", 0, "adults"),
    ("walking", "Dropout was not\nhigher", "Adverse events such as headache were rare, and dropout was not\nhigher", 0, "event-unknown"),
    ("prophylaxis", "(RR = 1.03 [95% CI 0.80, 1.31], P = 0.83), and neither", "and diarrhoea, death, and infection were rarer (P = 0.83 and P = 0.04, respectively), and neither", 0, "respectively"),
    ("screening", "one did not report a test", "one reported an improvement in all 3 patients (P < 0.05)", 0, "p-of-few"),
    ("walking", "was significantly\nlower with walking", "", 0, ""),
]  # fmt: skip
FAULTS = [fault for fault in FAULTS if fault[4]]


@pytest.mark.parametrize(("name", "old", "new", "file", "check"), FAULTS, ids=[f"{f[4]}-{n}" for n, f in enumerate(FAULTS)])
def test_a_planted_fault_is_found(name: str, old: str, new: str, file: int, check: str) -> None:
    """One fault put into a correct review is found by the check that is meant for it."""
    assert check in {misfit.check for misfit in _found(name, old, new, file)}
