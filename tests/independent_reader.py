"""Read a finished manuscript as a referee would: do its words fit its numbers, and the numbers the data?

Nothing here is the project's: the pooled results are computed from the data files by formulas of
this module's own, and the sentences are read with its own expressions.

Inverse variance and DerSimonian-Laird: DerSimonian & Laird (1986) Control Clin Trials 7:177.
Mantel-Haenszel odds ratio and its variance: Robins, Breslow & Greenland (1986) Biometrics 42:311.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml.etree import _Element

Rows = Sequence[Mapping[str, str]]
POOLS = {  # the name in lists of outcomes, and the analysis behind it
    "skin thickening": ("mrss", "6"),
    "hand pain": ("vas", "6"),
    "mouth handicap": ("mhiss", "12"),
    "Raynaud’s phenomenon": ("rcs", "6"),
    "hand function": ("chfs", "6"),
}
DOWN = r"\b(?:fell|fallen|lower|less|lessened|decreased|reduced)\b"
UP = r"\b(?:rose|risen|higher|greater|increased)\b"
OPEN = r"\bnot (?:change|changed|clearly|clear)\b"
RESULT = re.compile(
    r"MD (−?\d+\.\d+) points, \d+% CI (−?\d+\.\d+)(?:–| to )(−?\d+\.\d+), P\s*(<|=)\s*(\d\.\d+)"
)


@dataclass(frozen=True)
class Pool:
    """A pooled mean difference with its limits, P, and I² in percent; ``single`` are the studies' own."""

    estimate: float
    low: float
    high: float
    p: float
    i_squared: float
    model: str
    single: tuple[float, ...]

    @property
    def state(self) -> str:
        if self.p >= 0.05:
            return "unclear"
        return "improved" if self.estimate > 0 else "worsened"


def pool(rows: Rows, fallback: str, model: str = "") -> Pool:
    """Pooled by the review's rule: fixed up to I² 50 with P over 0.1, random above 50 with P under 0.1."""
    y = [float(row["md"]) for row in rows]
    w = [float(row["se"]) ** -2 for row in rows]
    mean = sum(a * b for a, b in zip(w, y, strict=True)) / sum(w)
    q = sum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))
    df = len(y) - 1
    i_squared = max(0.0, (q - df) / q * 100) if df and q > 0 else 0.0
    q_p = _chi_squared_tail(q, df) if df else 1.0
    if not model:
        model = fallback
        if df and i_squared <= 50 and q_p > 0.1:
            model = "fixed"
        elif df and i_squared > 50 and q_p < 0.1:
            model = "random"
    if model == "random" and df:
        tau = max(0.0, (q - df) / (sum(w) - sum(a * a for a in w) / sum(w)))
        w = [1 / (1 / a + tau) for a in w]
        mean = sum(a * b for a, b in zip(w, y, strict=True)) / sum(w)
    se = sum(w) ** -0.5
    p = math.erfc(abs(mean / se) / math.sqrt(2))
    return Pool(mean, mean - 1.959964 * se, mean + 1.959964 * se, p, i_squared, model, tuple(y))


def _chi_squared_tail(q: float, df: int) -> float:
    """P(χ² > q): the series of the incomplete gamma function."""
    half, shape = q / 2, df / 2
    if half == 0:
        return 1.0
    term = total = 1 / shape
    for n in range(1, 2000):
        term *= half / (shape + n)
        total += term
        if term < total * 1e-15:
            break
    return max(0.0, 1 - total * math.exp(-half + shape * math.log(half) - math.lgamma(shape)))


FALLBACK = {"mrss": "fixed", "rcs": "random", "vas": "random", "mhiss": "random", "chfs": "random"}


def rows_of(rows: Rows, outcome: str, months: str, *, without: str = "") -> list[Mapping[str, str]]:
    return [
        row
        for row in rows
        if (row["outcome"], row["timepoint_months"]) == (outcome, months) and row["study"] != without
    ]


def pools(rows: Rows) -> dict[tuple[str, str], Pool]:
    """Every pool of mean differences by outcome and month; the model of the mRSS is that of all its rows."""
    skin = pool([row for row in rows if row["outcome"] == "mrss"], "fixed").model
    keys = dict.fromkeys((row["outcome"], row["timepoint_months"]) for row in rows)
    return {
        key: pool(rows_of(rows, *key), FALLBACK[key[0]], skin if key[0] == "mrss" else "") for key in keys
    }


def ulcers_state(rows: Rows) -> str:
    """Of the Mantel-Haenszel odds ratio, with half an event added where a cell is empty."""
    r = s = pr = ps_qr = qs = 0.0
    for row in rows:
        n, before, after = int(row["ulcers"]), int(row["healed_before"]), int(row["healed_after"])
        a, b, c, d = float(after), float(n - after), float(before), float(n - before)
        if 0 in (a, b, c, d):
            a, b, c, d = a + 0.5, b + 0.5, c + 0.5, d + 0.5
        total = a + b + c + d
        p, q, r_i, s_i = (a + d) / total, (b + c) / total, a * d / total, b * c / total
        r, s, pr, qs = r + r_i, s + s_i, pr + p * r_i, qs + q * s_i
        ps_qr += p * s_i + q * r_i
    se = math.sqrt(pr / (2 * r * r) + ps_qr / (2 * r * s) + qs / (2 * s * s))
    z = math.log(r / s) / se
    if math.erfc(abs(z) / math.sqrt(2)) >= 0.05:
        return "unclear"
    return "improved" if z > 0 else "worsened"


def certainties(rows: Rows) -> dict[str, str]:
    """From high, one level down for each serious concern."""
    levels = ["high", "moderate", "low", "very low", "very low"]
    domains = ("study_design", "inconsistency", "imprecision", "small_study_effects")
    return {row["id"]: levels[[row[d] for d in domains].count("serious")] for row in rows}


# ---------------------------------------------------------------- the text


def texts(tree: _Element) -> dict[str, str]:
    """The text of every paragraph and caption, by the id of its section or figure, paragraphs joined."""
    found: dict[str, str] = {}
    for block in tree.iter("p", "figcaption"):
        place = next((a.get("id") for a in block.iterancestors("section", "figure") if a.get("id")), "header")
        found[place] = found.get(place, "") + " " + " ".join("".join(block.itertext()).split())
    return found


def findings(said: Mapping[str, str], differences: Rows, ulcers: Rows, grades: Rows) -> Iterator[str]:
    """Every passage whose words do not fit its numbers or the data."""
    known = pools(differences)
    for place, text in said.items():
        yield from _results(place, text)
        yield from _heterogeneity(place, text)
    yield from _lists(said, known, ulcers_state(ulcers))
    yield from _certainty(said["conclusion"], certainties(grades))
    yield from _sound(said)
    yield from _models(said, differences, known)
    yield from _signs(said, known)
    yield from _left_out(said["results-pain"], differences, known["vas", "6"])


def _number(text: str) -> float:
    return float(text.replace("−", "-"))


def _results(place: str, text: str) -> Iterator[str]:
    """What stands between two results and before the second is said of the second."""
    start = 0
    for match in RESULT.finditer(text):
        clause = re.split(r"(?<=\.)(?<!et al\.) ", text[start : match.start()])[-1]
        start = match.end()
        estimate, low, high = (_number(match[n]) for n in (1, 2, 3))
        p = _number(match[5])
        significant = p < 0.05 or (match[4] == "<" and p <= 0.05)
        if significant != (low > 0 or high < 0) and abs(p - 0.05) > 0.006 and 0 not in (low, high):
            yield f"{place}: P and interval disagree: {match[0]}"
        if "= 0.05" in match[0].replace("\u202f", " ") or 0 in (low, high):
            continue  # on the limit, as printed
        down, up, open_ = (re.search(pattern, clause) for pattern in (DOWN, UP, OPEN))
        if open_ and significant:
            yield f"{place}: “{clause.strip()}” of {match[0]}"
        if (down or up) and not open_ and not significant:
            yield f"{place}: “{clause.strip()}” of {match[0]}, which is not significant"
        if down and not open_ and estimate < 0:
            yield f"{place}: “{clause.strip()}” of a rise, {match[0]}"
        if up and not open_ and estimate > 0:
            yield f"{place}: “{clause.strip()}” of a fall, {match[0]}"
        word = re.search(r"\b(not )?significant\b", clause)
        if word and bool(word[1]) == significant:
            yield f"{place}: “{word[0]}” of {match[0]}"


def _heterogeneity(place: str, text: str) -> Iterator[str]:
    for word, shown in re.findall(r"(\w+) heterogeneity (?:was detected )?\(I² = (\d+)%", text):
        near = {_band(float(shown) + step) for step in (-0.5, 0.0, 0.49)}
        if word.lower() not in near:
            yield f"{place}: “{word} heterogeneity” with I² = {shown}%"


def _band(i_squared: float) -> str:
    for limit, word in ((75, "high"), (50, "moderate"), (25, "low"), (0.5, "little")):
        if i_squared >= limit:
            return word
    return "no"


def _lists(said: Mapping[str, str], known: Mapping[tuple[str, str], Pool], ulcers: str) -> Iterator[str]:
    states = {name: known[key].state for name, key in POOLS.items()} | {"digital ulcers": ulcers}
    patterns = {
        "improved": r"improvement (?:from baseline )?in ([^.;]*?)(?:[.;]|$)",
        "worsened": r"\. In ([^.]*?) they did worse",
        "unclear": (
            r"for ([^.]*?) even the direction|for ([^.]*?) the studies do not settle"
            r"|Change in ([^.]*?) remains"
        ),
    }
    for place in ("abstract", "discussion-findings", "conclusion"):
        for state, pattern in patterns.items():
            if (place, state) == ("abstract", "unclear"):
                continue  # the abstract lists them by the sound alternatives alone
            named = " ".join("".join(groups) for groups in _groups(pattern, said[place]))
            for name, is_so in states.items():
                if (name in named) != (is_so == state):
                    yield f"{place}: {name} is {is_so}, and the list of {state} says “{named}”"


def _groups(pattern: str, text: str) -> list[tuple[str, ...]]:
    return [tuple(group or "" for group in match.groups()) for match in re.finditer(pattern, text)]


def _certainty(text: str, graded: Mapping[str, str]) -> Iterator[str]:
    rated = re.search(
        r"rated the certainty of the evidence ([\w ]+) for the skin and ([\w ]+) for digital", text
    )
    for place, finding in ((1, "mrss_6m"), (2, "du")):
        if rated is None or rated[place] != graded[finding]:
            yield f"conclusion: certainty of {finding} is {graded[finding]}, not {rated and rated[place]}"


SOUND = re.compile(
    r"\(Table S2\) the MD is −?\d+\.\d+ points \(\d+% CI (−?\d+\.\d+)(?:–| to )(−?\d+\.\d+)\)†?, ([^.]*)\."
)
SAID = {
    "still an improvement": "improved",
    "a worsening": "worsened",
    "which leaves the direction of change open": "unclear",
}


def _sound(said: Mapping[str, str]) -> Iterator[str]:
    """The sound alternatives: words against the interval beside them, lists against these words."""
    states = {}
    for name, section in (
        ("skin thickening", "results-mrss-time"), ("hand pain", "results-pain"),
        ("mouth handicap", "results-mouth"),
        ("Raynaud’s phenomenon", "results-rcs"), ("hand function", "results-hand"),
    ):  # fmt: skip
        found = SOUND.search(said[section])
        if found is None:
            yield f"{section}: no sound alternative"
            continue
        low, high = _number(found[1]), _number(found[2])
        states[name] = "improved" if low > 0 else "worsened" if high < 0 else "unclear"
        if SAID[found[3]] != states[name] and 0 not in (low, high):
            yield f"{section}: “{found[3]}” of {found[1]} to {found[2]}"
        states[name] = SAID[found[3]]
    lists = {
        ("abstract", "improved"): r"[Aa]nalysed soundly, (?:the )?improvement remains in ([^.;]*)[.;]",
        ("abstract", "unclear"): r"; for ([^.;]*) the direction of change is open",
        ("conclusion", "improved"): r"Analysed soundly, the improvement remains in ([^.;]*)\.",
        ("discussion-findings", "improved"): r"evidence for improvement holds for ([^.;]*)[.;]",
        ("discussion-findings", "unclear"): r"; for ([^.;]*) it leaves the direction open",
    }
    for (place, state), pattern in lists.items():
        named = " ".join(re.findall(pattern, said[place]))
        for name, own in states.items():
            if (name in named) != (own == state):
                yield f"{place}: soundly, {name} is {own}, and the list of {state} says “{named}”"


def _models(said: Mapping[str, str], rows: Rows, known: Mapping[tuple[str, str], Pool]) -> Iterator[str]:
    for section, key in (
        ("results-rcs", ("rcs", "6")), ("results-pain", ("vas", "6")), ("results-hand", ("chfs", "6")),
        ("results-mouth", ("mhiss", "12")),
    ):  # fmt: skip
        said_so = re.search(r"the rule selects the (fixed|random)-", said[section])
        if said_so and said_so[1] != known[key].model:
            yield f"{section}: the {said_so[1]} model, but the data lead to {known[key].model}"


def _signs(said: Mapping[str, str], known: Mapping[tuple[str, str], Pool]) -> Iterator[str]:
    for section, key in (("results-rcs", ("rcs", "6")), ("results-hand", ("chfs", "6"))):
        opposed = min(known[key].single) < 0 < max(known[key].single)
        if ("opposite directions" in said[section]) != opposed:
            yield f"{section}: opposite directions, with {known[key].single}"
        for size, word in re.findall(
            r"(−?\d+\.\d+) points†? in \w+ et al\. \((?:an? )?([\w ]+)\)", said[section]
        ):
            expected = {1: "improvement", -1: "worsening", 0: "no change"}[
                (_number(size) > 0) - (_number(size) < 0)
            ]
            if word != expected:
                yield f"{section}: {size} is called {word}"
    times = [known["mrss", month] for month in ("3", "6", "12")]
    if "numerically largest at 12" in said["results-mrss-time"] and times[2].estimate < max(
        time.estimate for time in times
    ):
        yield "results-mrss-time: not the largest at 12 months"


def _left_out(text: str, rows: Rows, whole: Pool) -> Iterator[str]:
    own = rows_of(rows, "vas", "6")
    left = [pool(rows_of(rows, "vas", "6", without=row["study"]), "random", whole.model) for row in own]
    turned = any((one.p < 0.05) != (whole.p < 0.05) for one in left)
    close = any(abs(one.p - 0.05) < 1e-6 for one in (*left, whole))
    if not close and ("changed whether the result was significant" in text) != turned:
        yield "results-pain: leaving out one study, said to turn significance or not"
    word = re.search(r"left the result (not )?significant", text)
    if word and bool(word[1]) == (whole.p < 0.05):
        yield f"results-pain: “{word[0]}”"
    if "Only without" in text and not (
        whole.i_squared > 50 and sum(one.i_squared <= 50 for one in left) == 1
    ):
        yield "results-pain: the remaining studies agree, it says"


def crossings(before: Mapping[tuple[str, str], Pool], after: Mapping[tuple[str, str], Pool]) -> Iterator[str]:
    """What a change of the data did to the pools: "null", "sign", "band"."""
    for key, old in before.items():
        new = after[key]
        if (old.p < 0.05) != (new.p < 0.05):
            yield "null"
        signs = [(a > 0) != (b > 0) for a, b in zip(old.single, new.single, strict=True)]
        if (old.estimate > 0) != (new.estimate > 0) or any(signs):
            yield "sign"
        if _band(old.i_squared) != _band(new.i_squared):
            yield "band"
