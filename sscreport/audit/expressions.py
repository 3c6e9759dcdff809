"""Statistics as articles print them: read from a sentence, whatever its dashes, brackets and spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sscreport.statistics.results import quantile
from sscreport.wording import ONES

RATIOS = ("OR", "RR", "HR", "IRR", "ROM", "DOR")
DIFFERENCES = ("MD", "WMD", "SMD", "RD", "g", "d")
_NAMES = {
    "standardised mean difference": "SMD",
    "standardized mean difference": "SMD",
    "weighted mean difference": "WMD",
    "mean difference": "MD",
    "risk difference": "RD",
    "odds ratio": "OR",
    "risk ratio": "RR",
    "rate ratio": "RR",
    "relative risk": "RR",
    "hazard ratio": "HR",
    "ratio of means": "ROM",
    "hedges' g": "g",
    "cohen's d": "d",
}
_WORDS = [*ONES, "twenty"]

SIGNED = r"(?:[-–]\s?)?\d+(?:\.\d+)?"
WHOLE = r"(?:\d{1,3}(?:[ ,]\d{3})+|\d+|" + "|".join(_WORDS) + r")(?![\d.]*\d|%)"
STUDIES = r"(?:studies|study|trials?|articles?|RCTs?|cohorts?|reports?|publications?)"
PEOPLE = (
    r"(?:patients?|participants?|adults?|children|women|men|subjects?|individuals?|people|persons?|infants?)"
)

_MEASURE = re.compile(
    r"(?<![A-Za-z])(?:"
    + "|".join(sorted(map(re.escape, _NAMES), key=len, reverse=True))
    + r"|(?-i:[WS]?MD|[OHR]R|IRR|ROM|DOR|RD|g(?=\s?=)|d(?=\s?=)))(?![A-Za-z])",
    re.IGNORECASE,
)
_INTERVAL = re.compile(
    rf"(?P<level>\d\d(?:\.\d+)?)\s?%\s?-?(?P<word>confidence intervals?|CIs?\b|C\.I\.)(?:\s?\(CI\))?"
    rf"\s*[:=,]?\s*(?:of|was|from)?\s*[\[(]?\s*(?P<low>{SIGNED})\s?%?\s*(?:to|~|–|-|—|,"
    rf"|;)\s*(?P<high>{SIGNED})(?P<percent>\s?%)?",
    re.IGNORECASE,
)
# "SMD[95% CI] = -0.85 [-1.23, -0.47]" and "MD = -4.70 (-8.57 ~ -0.83)" give the interval after the estimate.
_TRAILING = re.compile(
    rf"(?P<name>(?<![A-Za-z])(?:[WS]?MD|[OHR]R|RD"
    rf"|IRR))\s?(?:[\[(]\s?(?P<level>\d\d)\s?%\s?CI\s?[\])])?\s?[=:,]?\s?(?P<estimate>{SIGNED})"
    rf"\s?[\[(]\s?(?P<low>{SIGNED})\s?(?:,|;|to|~|–|-)\s?(?P<high>{SIGNED})\s?[\])]"
)
_BEFORE = re.compile(
    rf"(?<![\d.])(?P<estimate>{SIGNED})(?P<percent>\s?%)?\s*(?P<unit>(?:[A-Za-zµμ/°%²]{{1,20}}\s?){{0,3}})[,;:"
    rf"(\[\s]*$"
)
_P = re.compile(
    r"(?<![A-Za-z])(?P<all>all )?P(?:\s?-?\s?values?)?(?P<about>\s?(?:for|of)\s[a-z ]{3,30}"
    r"|[_ ]?(?:het|heterogeneity|interaction)\w*)?"
    r"\s*(?P<relation>[<>=≤≥]|was|of)\s*(?P<p>(?:0?\.\d+)|1(?:\.0+)?(?!\d)|0(?![\d.]))"
    r"(?:\s?[×x]\s?10\^?(?P<power>-\s?\d+))?",
    re.IGNORECASE,
)
_I2 = re.compile(
    r"I\s?2(?:\s(?:statistic|value|index))?\s*(?P<relation>[=:<>≤≥]|was|of)\s*(?P<i2>\d+(?:\.\d+)?)\s?%",
    re.IGNORECASE,
)
_Q = re.compile(
    r"(?:Cochran['’]?s? )?(?:Q|χ2|chi2|Chi-squared?)\s?(?:\((?:df\s?=\s?)?(?P<df1>\d+)\))?\s*=\s*(?P<q"
    r">\d+(?:\.\d+)?)"
    r"(?:\s?[,;(]\s?(?:df|d\.f\.)\s?=\s?(?P<df2>\d+))?",
    re.IGNORECASE,
)
_ABOUT_SPREAD = re.compile(r"heterogen|homogen|I2|\bQ\b|χ2|chi2|interaction|subgroup", re.IGNORECASE)


def clean(text: str) -> str:
    """``text`` with one sign for each minus, space and square, and without the marks of Markdown or TeX."""
    text = re.sub("[\u2212\u2011\u2010\ufe63]", "-", text)
    text = re.sub("[\u00a0\u2009\u202f\u2002\u2003\u200a]", " ", text)
    text = (
        text.replace("\u2019", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("\\%", "%")
        .replace("$", "")
    )
    text = re.sub(
        r"</?(?:em|i|b|strong|sub|sup)>|\*+|(?<!\w)_+|_+(?!\w)|\^(?=\d\^)|(?<=\d)\^(?!\d|-)", "", text
    )
    text = re.sub(r"(?i)\bI\s?(?:\^\{?2\}?|²)", "I2", text).replace("χ²", "χ2").replace("\\chi^2", "χ2")
    text = re.sub(r"(?<=\d)·(?=\d)", ".", text)
    return " ".join(text.split())


def number(text: str) -> float:
    """A number with its sign; words up to twenty count too."""
    bare = text.strip().lower()
    if bare in _WORDS:
        return float(_WORDS.index(bare))
    sign = -1.0 if bare[:1] in "-–" else 1.0
    return sign * float(re.sub(r"[-–,\s]", "", bare))


def decimals(text: str) -> int:
    return len(text.partition(".")[2].rstrip())


@dataclass(frozen=True)
class PValue:
    """A P value with its relation ("=", "<", ">"), and where it stands in its sentence."""

    relation: str
    p: float
    text: str
    start: int
    end: int

    @property
    def significant(self) -> bool | None:
        """Whether it lies below 0.05; None where its relation or its rounding leaves that open."""
        if self.relation == "<":
            return True if self.p <= 0.05 else None
        if self.relation == ">":
            return False if self.p >= 0.05 else None
        half = 0.5 * 10 ** -decimals(self.text)
        return None if self.p - half < 0.05 < self.p + half else self.p < 0.05

    def agrees(self, low: float, high: float) -> bool:
        """Whether a P value between ``low`` and ``high`` can be printed so."""
        if self.relation == "<":
            return low < self.p
        if self.relation == ">":
            return high > self.p
        half = 0.5 * 10 ** -decimals(self.text)
        return low < self.p + half and high > self.p - half


@dataclass(frozen=True)
class Statistic:
    """An estimate with its confidence interval. ``measure`` is "" where the sentence names none.

    ``digits`` are the decimals printed; ``start`` and ``end`` its place in the sentence.
    """

    measure: str
    estimate: float
    low: float
    high: float
    level: float
    digits: int
    percent: bool
    p: PValue | None
    start: int
    end: int
    text: str

    @property
    def is_ratio(self) -> bool:
        return self.measure in RATIOS

    @property
    def null(self) -> float | None:
        """The value of no effect; None where the sentence does not say what kind of number it is."""
        if self.is_ratio:
            return 1.0
        return 0.0 if self.measure in DIFFERENCES else None

    @property
    def excludes_null(self) -> bool | None:
        """Whether the interval leaves out no effect; None where it touches it, or is no contrast."""
        if self.null is None or self.null in (self.low, self.high):
            return None
        return not self.low < self.null < self.high

    @property
    def z_half(self) -> float:
        return float(quantile(self.level / 100))


@dataclass(frozen=True)
class Spread:
    """Heterogeneity as printed: I² in percent, the P value of its test, Q and its degrees of freedom."""

    i2: float
    digits: int
    p: PValue | None
    q: float | None
    df: int | None
    start: int
    end: int
    text: str


def p_values(text: str) -> list[PValue]:
    """Every P value of a sentence; "≤" reads as "<"."""
    return [_p(match) for match in _P.finditer(text)]


def _p(match: re.Match[str]) -> PValue:
    relation = {"≤": "<", "≥": ">", "was": "=", "of": "="}.get(match["relation"].lower(), match["relation"])
    p = float(match["p"])
    if match["power"]:
        p *= 10.0 ** int(match["power"].replace(" ", ""))
    return PValue(relation, p, match["p"], match.start(), match.end())


def statistics(text: str) -> list[Statistic]:
    """Every estimate with a confidence interval, in order."""
    found, start = [], 0
    matches = list(_INTERVAL.finditer(text))
    for position, interval in enumerate(matches):
        before = text[start : interval.start()]
        estimate = _BEFORE.search(before)
        until = matches[position + 1].start() if position + 1 < len(matches) else len(text)
        if estimate and not re.search(r"(?i)(?:[<>≤≥]|\bP\s?=)\s?$", before[: estimate.start()]):
            found.append(_statistic(text, start, estimate, interval, until))
        start = interval.end()
    found += [s for s in _trailing(text) if not any(o.start < s.end and s.start < o.end for o in found)]
    return sorted(found, key=lambda s: s.start)


def _trailing(text: str) -> Iterator[Statistic]:
    for match in _TRAILING.finditer(text):
        following = _TRAILING.search(text, match.end())
        p = _p_after(text, match.end(), following.start() if following else len(text))
        printed = (match["estimate"], match["low"], match["high"])
        yield Statistic(
            match["name"], *map(number, printed), float(match["level"] or 95),
            max(map(decimals, printed)), False, p,
            match.start(), p.end if p else match.end(), match.group(),
        )  # fmt: skip


def _statistic(
    text: str, start: int, estimate: re.Match[str], interval: re.Match[str], until: int
) -> Statistic:
    named = list(_MEASURE.finditer(text, start, start + estimate.start()))
    measure = named[-1].group() if named and start + estimate.start() - named[-1].end() < 70 else ""
    p = _p_after(text, interval.end(), until)
    printed = (estimate["estimate"], interval["low"], interval["high"])
    low, high = number(interval["low"]), number(interval["high"])
    begin = named[-1].start() if measure else start + estimate.start()
    return Statistic(
        measure=_NAMES.get(measure.lower(), measure if measure in ("g", "d") else measure.upper()),
        estimate=number(estimate["estimate"]),
        low=low,
        high=high,
        level=float(interval["level"]),
        digits=max(map(decimals, printed)),
        percent=bool(estimate["percent"] or interval["percent"]),
        p=p,
        start=begin,
        end=p.end if p else interval.end(),
        text=text[begin : interval.end()],
    )


def _p_after(text: str, start: int, until: int) -> PValue | None:
    match = _P.search(text, start, until)
    if match is None or match.start() - start > 30 or match["about"]:
        return None
    between = text[start : match.start()]
    if _ABOUT_SPREAD.search(between) or re.search(r"[.]\s", between):
        return None
    if re.match(r"(?i)\s?(?:for|of)\s(?:heterogen|interaction|trend|subgroup)", text[match.end() :]):
        return None
    return _p(match)


def spreads(text: str) -> list[Spread]:
    """Every I² that is stated as a result (not as a limit), with what stands beside it."""
    taken = {s.p.start for s in statistics(text) if s.p}
    found = []
    for match in _I2.finditer(text):
        if match["relation"] in "<>≤≥":
            continue
        left, right = _clause(text, match.start(), match.end())
        ps = [p for p in p_values(text[left:right]) if left + p.start not in taken]
        tests = list(_Q.finditer(text, left, right))
        q = tests[0] if len(tests) == 1 else None
        df = (q["df1"] or q["df2"]) if q else None
        found.append(
            Spread(
                float(match["i2"]),
                decimals(match["i2"]),
                ps[0] if len(ps) == 1 else None,
                float(q["q"]) if q else None,
                int(df) if df else None,
                match.start(),
                match.end(),
                text[left:right],
            )
        )
    return found


def _clause(text: str, start: int, end: int) -> tuple[int, int]:
    """The bracket or the part between semicolons in which something stands."""
    left = max(text.rfind(sign, 0, start) for sign in "([;") + 1
    rights = [place for place in (text.find(sign, end) for sign in ")];") if place >= 0]
    return left, min(rights, default=min(len(text), end + 40))


def counts(text: str, noun: str) -> Iterator[tuple[int, re.Match[str]]]:
    """Each whole number that counts ``noun`` (a pattern), with at most four words between."""
    pattern = (
        rf"(?<![\d.,–/-])\b(?P<count>{WHOLE})\s+(?:(?!and\b|or\b|of\b|to\b|in\b|were\b"
        rf"|was\b)[A-Za-z][\w'’-]*,?\s+){{0,4}}?{noun}\b"
    )
    for match in re.finditer(pattern, text, re.IGNORECASE):
        yield int(number(match["count"])), match
