"""Words against results: significant, reduced, respectively, most."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sscreport.audit.article import Article, Sentence, quote
from sscreport.audit.expressions import DIFFERENCES, PValue, Statistic
from sscreport.audit.misfit import Misfit, at, check, computed
from sscreport.audit.results import by_time, pooled, result_rows

POLICY = "Let one recorded policy turn P value and interval into words."
_OTHER = re.compile(
    r"(?i)(?:no |not |any |without |non-?|of |the )?(?:statistically |clinically )?(?:significan(?:t"
    r"|ce)|significantly)\s(?:\w+\s){0,3}?(?:heterogene\w+|homogene\w+|interaction|asymmetry|bias"
    r"|subgroup\w*|inconsistency)"
    r"|clinically (?:significant|meaningful|important)\w*|minimal(?:ly)? clinically"
    r"|(?:statistical )?significance (?:was|level|threshold|set)"
)
_NOT = re.compile(
    r"(?i)\bno (?:statistically |clear |evidence of (?:a |an )?)?(?:significant |significance)"
    r"|\bno (?:\w+ )?(?:statistical(?:ly)? )?(?:difference|effect|association|change|benefit"
    r"|improvement|reduction)s?\b"
    r"|\b(?:not|never|neither|nor|n't|without) (?:\w+ ){0,4}?(?:significan\w+|differ\w*|associated"
    r"|improve\w*|reduce\w*|change\w*)|\bnon-?significant|\bnot reach\w*|\bsimilar (?:between|in both"
    r"|in the two)|\binsignificant|did not"
)
_YES = re.compile(
    r"(?i)\b(?:statistically )?significantly (?!(?:more |less )?(?:heterogen"
    r"|differ\w* between subgroups))\w+|\b(?:a|the|is|are|was|were|had|statistically|showed|found"
    r"|revealed|with) (?:statistically )?significant\b"
)
_DOWN = re.compile(
    r"(?i)\b(?:reduc(?:e[sd]?|ing)|decreas(?:e[sd]?|ing)|lower(?:ed|s)?|declin(?:e[sd]?|ing)|fell"
    r"|fewer|smaller|shorter|shorten(?:ed|s)?)\b"
)
_UP = re.compile(
    r"(?i)\b(?:increas(?:e[sd]?|ing)|higher|rais(?:e[sd]?|ing)|rose|greater|longer|prolong(?:ed|s)?"
    r"|elevated)\b"
)
_APART = re.compile(
    r"(?i);|, (?:but|whereas|while|although|and)\b|\b(?:but|whereas|while|however|although)\b"
)
_NON_INFERIOR = re.compile(r"(?i)non-?inferior|equivalen")


def words_before(sentence: Sentence, place: int) -> str:
    """The clause that leads up to ``place``: after the last result and the last turn of the sentence."""
    start = max((end for end in _ends(sentence) if end <= place), default=0)
    clause = sentence.text[start:place]
    turns = [m.end() for m in _APART.finditer(clause) if re.search(r"[a-z]{4}", clause[m.end() :])]
    return clause[turns[-1] :] if turns else clause


def _ends(sentence: Sentence) -> list[int]:
    return [*(s.end for s in sentence.statistics), *(p.end for p in sentence.p_values)]


def claim(words: str) -> bool | None:
    """True for "significantly lower", False for "no significant difference", None for neither or both."""
    bare = _OTHER.sub(" ", words)
    no, yes = bool(_NOT.search(bare)), bool(_YES.search(bare))
    return None if no == yes and not no else not no


@check(
    "significance", "Words against P value or interval", "a claim of significance in the clause of a result"
)
def significance(article: Article) -> Iterator[Misfit]:
    """ "Significant" goes with P below 0.05 and an interval without the value of no effect, "no difference"
    with the opposite. Sentences on non-inferiority are left alone, and so are limits printed as equal to
    no effect."""
    for sentence in article.sentences:
        if sentence.part == "methods":
            continue
        above = None
        for place, end, verdict, said in _verdicts(sentence):
            words = words_before(sentence, place)
            stated = above = above if above and _ITEM.fullmatch(words) else claim(words)
            if verdict is None or stated is None or stated == verdict or _NON_INFERIOR.search(words):
                continue
            what = f"The sentence claims {'significance' if stated else 'no difference'}; {said}."
            yield at(
                sentence,
                "significance",
                what,
                "high",
                POLICY,
                quote(article, sentence, place - min(len(words), 60), end),
            )


# A further item of a list, to which the verb before the first one belongs.
_WORD = r"(?!was|were|is|are|did|had|but|not|no|show|while|except|apart|other|unless|in contrast)[\w/-]{1,40}"
_ITEM = re.compile(rf"(?i)[\s),\]]{{0,9}}(?:and )?{_WORD}(?: {_WORD}){{0,5}}[\s(\[]{{0,9}}")


def _verdicts(sentence: Sentence) -> Iterator[tuple[int, int, bool | None, str]]:
    inside = set()
    for s in sentence.statistics:
        inside |= {s.p.start} if s.p else set()
        yield s.start, s.end, _significant(s), f"{s.text}{f', P {s.p.relation} {s.p.text}' if s.p else ''}"
    lone = [p for p in sentence.p_values if p.start not in inside and not _of_spread(sentence, p)]
    if len(lone) == 1 and not sentence.statistics:
        yield lone[0].start, lone[0].end, lone[0].significant, f"P {lone[0].relation} {lone[0].text}"


def _of_spread(sentence: Sentence, p: PValue) -> bool:
    around = sentence.text[max(0, p.start - 40) : p.end + 40]
    return bool(
        re.search(r"(?i)I2|heterogen|homogen|Egger|Begg|interaction|subgroup|asymmetr|\bQ\b|trend", around)
    )


def _significant(s: Statistic) -> bool | None:
    """By the interval and by P, where they do not contradict each other."""
    by_p = s.p.significant if s.p else None
    return by_p if s.excludes_null is None else s.excludes_null if by_p in (None, s.excludes_null) else None


@check("direction", "Direction words against the sign", "a named measure with reduced, lower, increased …")
def direction(article: Article) -> Iterator[Misfit]:
    """Lower is a negative difference or a ratio below 1, unless most of the article's results are signed the
    other way (before minus after); then that must be said somewhere. A result against its article's own
    sign is a slip or a ratio whose event nobody named."""
    found = [(x, s, way) for x in article.sentences for s in x.statistics for way in [_way(x, s)] if way]
    for family in ("difference", "ratio"):
        own = [
            (x, s, w) for x, s, w in found if (s.is_ratio if family == "ratio" else s.measure in DIFFERENCES)
        ]
        agree = [w == (1 if s.estimate > (s.null or 0) else -1) for _, s, w in own]
        reverse = len(own) >= 2 and agree.count(False) > 2 * agree.count(True)
        if reverse and family == "difference" and not _SIGN_SAID.search(article.text):
            x, s, _ = own[0]
            what = (
                f"All {agree.count(False)} differences called a fall are positive; nowhere is it "
                f"said which value was subtracted from which."
            )
            yield at(
                x,
                "direction",
                what,
                "low",
                "State the order of subtraction where the measure is defined.",
                quote(article, x, s.start - 60, s.end),
            )
        for (x, s, w), fits in zip(own, agree, strict=True):
            if (
                fits == reverse
                and not (reverse and family == "ratio" and len(own) < 3)
                and not _SIGN_SAID.search(x.text)
            ):
                said = "a fall" if w < 0 else "a rise"
                what = f"The sentence speaks of {said}; the {s.measure} is {s.estimate:g}" + (
                    ", and no event is named that became more frequent." if s.is_ratio and w < 0 else "."
                )
                yield at(
                    x,
                    "direction",
                    what,
                    "moderate",
                    "Name the event or the order of subtraction, and let the sign choose the word.",
                    quote(article, x, s.start - 60, s.end),
                )


_SIGN_SAID = re.compile(
    r"(?i)(?:before|baseline|pre\w*|control) minus|minus (?:after|post|follow|treatment|intervention)"
    r"|positive (?:values?|differences?|numbers?|MDs?|estimates?) (?:mean|indicat|favou?r|denot)"
    r"|negative (?:values?|differences?) (?:mean|indicat|favou?r|denot)"
)


def _way(sentence: Sentence, s: Statistic) -> int | None:
    """−1 for a fall, 1 for a rise, None where the clause says neither, both, or denies it."""
    words = words_before(sentence, s.start)[-110:]
    down, up = bool(_DOWN.search(words)), bool(_UP.search(words))
    if down == up or _NOT.search(words) or s.null is None or s.estimate == s.null:
        return None
    if re.search(
        r"(?i)\b(?:lower|higher|greater|longer|shorter)[- ](?:dose|dosage|risk of bias|quality|income"
        r"|age)|(?:higher|lower|increas\w+|reduc\w+|greater) (?:the )?dos(?:es?|age)|favou?r|benefit"
        r"|improve|surviv",
        words,
    ):
        return None
    return -1 if down else 1


@check(
    "respectively", "More or fewer P values than outcomes", "a list of three and P values with “respectively”"
)
def respectively(article: Article) -> Iterator[Misfit]:
    """ "Respectively" pairs two lists, which must be equally long."""
    for sentence in article.sentences:
        for bracket in re.finditer(r"\(([^()]*respectively[^()]*)\)", sentence.text):
            count = len(re.findall(r"(?<![A-Za-z])[Pp]\s?[<>=]", bracket[1]))
            before = sentence.text[: bracket.start()]
            before = before[max(before.rfind(sign) for sign in (";", ")", ":")) + 1 :]
            items = _listed(before)
            if count > 1 and items and items != count:
                what = f"{items} outcomes are listed and {count} P values are paired with them."
                yield at(
                    sentence,
                    "respectively",
                    what,
                    "moderate",
                    "Give each outcome its own result.",
                    quote(article, sentence, sentence.text.find(before.strip()), bracket.end()),
                )


def _listed(text: str) -> int | None:
    """How long a list "a, b, and c" or "a and b" is; None where the sentence holds no clear one."""
    if re.search(r", and\b", text):
        chain = re.split(r", and\b", text)[0]
        return chain.count(", ") + 2 if ", " in chain else None
    return 2 if len(re.findall(r"\band\b", text)) == 1 and "," not in text else None


_MOST = re.compile(
    r"(?i)\b(?:most significantly|most (?:pronounced|marked|obvious|effective)|(?:largest|greatest"
    r"|strongest|biggest) (?:effect|reduction|decrease|improvement|increase)|especially at"
    r"|decreased most|improved most)\b"
)


@check("superlative", "Most, without a test", "a superlative over times that a table gives with intervals")
def superlative(article: Article) -> Iterator[Misfit]:
    """That an effect is larger in one subgroup needs a test of the difference, not two P values (Altman and
    Bland, BMJ 2003;326:219). Q between the printed rows is computed as if they were independent."""
    rows = result_rows(article)
    seen: set[str] = set()
    for sentence in article.sentences:
        match, topic = _MOST.search(sentence.text), article.topic(sentence)
        if not match or not sentence.months or topic is None or topic in seen:
            continue
        times = by_time(rows, topic)
        result = pooled(times) if len(times) > 1 else None
        if result is None or float(result.q_p) < 0.05:
            continue
        seen.add(topic)
        what = (
            f"The sentence ranks the times of {topic}; their intervals overlap and the test "
            f"between them gives P = {float(result.q_p):.2f}."
        )
        evidence = (
            quote(article, sentence, match.start() - 40, match.end()),
            computed(f"Q between times = {float(result.q):.2f}, P = {float(result.q_p):.2f}"),
        )
        yield at(
            sentence,
            "superlative",
            what,
            "moderate",
            "Report the test for subgroup differences; rank nothing without it.",
            *evidence,
        )
