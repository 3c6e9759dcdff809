"""The words of prose that claim something, by what they claim, and which of them fit which result.

A claim word may stand in a template only where a value carries it (see `compose/claims.py`) or
where its sentence is recorded as a statement that no value carries (`compose/stated.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What each group of words claims, and its words as regular expressions.
WORDS = {
    "a direction": (
        r"fell|fall|falls|falling|fallen|rose|rise|rises|rising|risen|reduc\w+|increas\w+|decreas\w+"
        r"|diminish\w*|lessen\w*|declin\w+|dropp?(?:s|ed|ing)?|grew|grow(?:s|n)|shr[aiu]nk\w*|climb\w*|improv\w+"
        r"|worsen\w*|deteriorat\w+|progressed|gain(?:s|ed)?|benefit(?:s|ed)?|beneficial|soften(?:s|ed|ing)?"
        r"|recede[sd]?|shorten\w*|prolong\w*|accelerat\w*"
    ),
    "an absence of change": r"unchanged|(?:not|never|no|without)(?: \w+){0,2} chang\w+",
    "a comparison": (
        r"more|less|fewer|higher|lower|greater|smaller|larger|better|worse|longer|shorter|wider|narrower"
        r"|superior|inferior|outperform\w*|exceed\w*"
    ),
    "significance": (
        r"(?:non-|in)?significan\w+|differ|differs|differed|(?:no|any|detectable|clear) differences?"
        r"|equivalen\w+|indistinguishable|identical"
    ),
    "a size": (
        r"largest|smallest|highest|lowest|greatest|longest|shortest|most|mostly|majority|minority|few|many"
        r"|best|worst|half|halves|halved|twice|thrice|doubl\w+|trebl\w+|tripl\w+|considerabl[ey]|substantial\w*"
        r"|markedly|strong|strongly|dramatic\w*|negligible|trivial"
    ),
    "heterogeneity": r"homogene\w+|heterogeneous|consistent\w*|inconsistent\w*|agree[sd]?|disagree\w*",
    "a level": r"high|moderate|low|little",
    "certainty": r"certain|uncertain|proves?|proved|proven|unproven|proof|definitive\w*|conclusive\w*"
    r"|inconclusive\w*|undoubted\w*|convincing\w*|established",
    "robustness": r"robust\w*|stable|stability|fragile|fragility|reliab\w+|unreliab\w+|(?:in)?sensitive"
    r"|trustworthy",
    "safety": r"safe|safely|unsafe|harmless|toxic|(?:well|badly|poorly)[- ]tolerated|serious|mild|dangerous",
    "efficacy": r"effective\w*|ineffective\w*|efficacious|promising|cure[sd]?|works",
    "a quantity": r"all|none|only|every|both|neither|no|always|never|nothing|everything|nobody|everyone",
    "a count": (
        r"zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twent(?:y|ies)"
        r"|thirt(?:y|ies)|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|dozens?|single|sole"
        r"|couple|trio|(?:one-|two-|a )?(?:third|thirds|quarter|quarters|fifth|fifths) of"
    ),
}

# Turns of phrase that hold such a word and claim nothing.
IDIOMS = (
    r"no (?:more|fewer|less|later|earlier) than|no longer|one (?:after )?another|two-sided|one-sided"
    r"|leave-one-out|not only|no doubt|more or less|once more|above one|below one"
    r"|at (?:most|best|worst)|all in all|first of all"
)

# What may carry a claim of a group, by the last step of a value's key; other groups take any value.
_DIRECTED = (
    "change", "estimate", "ci_low", "ci_high", "md", "effect", "way", "n_improved", "difference",
    "events_after", "healed_after", "better",
)  # fmt: skip
CARRIERS = {
    "a direction": _DIRECTED,
    "an absence of change": (*_DIRECTED, "p", "significance"),
    "significance": ("p", "q_p", "egger_p", "begg_p", "significance", "ci_low", "ci_high", "p_below"),
    "heterogeneity": ("i_squared", "heterogeneity", "q", "q_p", "tau_squared", "md", "estimate"),
    "certainty": ("certainty", "p", "change", "ci_low", "ci_high"),
}

# The words a policy gives a result, by the last step of the value's key.
STATES = {
    "change": ("improved", "worsened", "unclear"),
    "way": ("improvement", "worsening", "no change"),
    "significance": ("significant", "not significant"),
    "heterogeneity": ("no", "little", "low", "moderate", "high"),
    "certainty": ("very low", "low", "moderate", "high"),
}

# Senses of direction; a lower score may be better or worse.
_DOWN = (
    r"fell|fall\w*|lower|less|fewer|smaller|shorter|reduc\w+|decreas\w+|diminish\w*|lessen\w*|declin\w+|dropp?\w*"
    r"|shr[aiu]nk\w*|shorten\w*"
)
_UP = r"rose|ris(?:e|es|en|ing)|higher|greater|larger|more|longer|increas\w+|grew|grow\w+|climb\w*"
_GOOD = r"improv\w+|better|gain\w*|benefi\w+|soften\w*|recede\w*"
_BAD = r"worse\w*|deteriorat\w+|harm\w*"
_NEGATION = r"not|no|never|neither|nor|without|none|nothing|unchanged|insignificant|non-significant"
_OPEN = rf"{_NEGATION}|open|unclear|uncertain|unproven|unsettled|undecided"


def _whole(pattern: str) -> re.Pattern[str]:
    """Matches ``pattern`` as whole words in any case; a space stands for any white space."""
    return re.compile(rf"(?<!\w)(?:{pattern})(?![\w])".replace(" ", r"\s+"), re.IGNORECASE)


_WORDS = {dimension: _whole(pattern) for dimension, pattern in WORDS.items()}
_IDIOMS = _whole(IDIOMS)
_SENSES = {"down": _whole(_DOWN), "up": _whole(_UP), "good": _whole(_GOOD), "bad": _whole(_BAD)}
_NEGATED, _LEFT_OPEN = _whole(_NEGATION), _whole(_OPEN)
_SIGNIFICANT = _whole(r"(?:non-|in)?significan\w+")


@dataclass(frozen=True)
class ClaimWord:
    """A word that claims ``dimension`` ("a direction", "significance" …), and where it stands."""

    word: str
    dimension: str
    start: int
    end: int


def claim_words(text: str) -> Iterator[ClaimWord]:
    """Every word of ``text`` that claims something, in reading order; idioms are none."""
    spared = [match.span() for match in _IDIOMS.finditer(text)]
    found = [
        ClaimWord(" ".join(match.group().split()), dimension, *match.span())
        for dimension, pattern in _WORDS.items()
        for match in pattern.finditer(text)
        if not any(start <= match.start() and match.end() <= end for start, end in spared)
    ]
    yield from sorted(found, key=lambda word: (word.start, word.end))


def contradiction(kind: str, state: str, better: str, text: str) -> str | None:
    """Why ``text`` cannot be said of a result in ``state``; None where it can.

    ``kind`` is the last step of the value's key, ``better`` ("lower" or "higher") the way in which
    patients improve, "" where that has no meaning.
    """
    if kind in ("change", "way"):
        return _against_direction(kind, state, better, text)
    if kind == "significance":
        return _against_significance(state, text)
    return _against_level(kind, state, text)


def _against_direction(kind: str, state: str, better: str, text: str) -> str | None:
    senses = {name: found[0] for name, pattern in _SENSES.items() if (found := pattern.findall(text))}
    if state == STATES[kind][2]:
        return None if _LEFT_OPEN.search(text) else f"says of a result that is “{state}” that it is settled"
    up, down = ("good", "bad") if better == "higher" else ("bad", "good")
    meant = {{"up": up, "down": down}.get(name, name): word for name, word in senses.items()}
    wanted, other = ("good", "bad") if state == STATES[kind][0] else ("bad", "good")
    if other in meant:
        return f"says “{meant[other]}” of a result that is “{state}”"
    if wanted not in meant:
        return f"does not say that the result is “{state}”"
    if _NEGATED.search(text):
        return f"negates a result that is “{state}”"
    return None


def _against_significance(state: str, text: str) -> str | None:
    named = _SIGNIFICANT.search(text)
    if named is None:
        return None
    negated = bool(_NEGATED.search(text))
    if negated == (state == "significant"):
        return f"says “{'not ' * negated}{named.group()}” of a result that is “{state}”"
    return None


def _against_level(kind: str, state: str, text: str) -> str | None:
    rest = _whole(re.escape(state).replace(r"\ ", " ")).sub(" ", text)
    for other in sorted(STATES.get(kind, ()), key=len, reverse=True):
        if other != state and _whole(other).search(rest):
            return f"says “{other}” of a result that is “{state}”"
    return None
