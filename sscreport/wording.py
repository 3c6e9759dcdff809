"""All rounding and phrasing of single values; nowhere else.

Two profiles: figures read as RevMan prints them, prose as the journal does. A style names the
rounding; a value carries its style.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sscreport.values import Value

MINUS = "\N{MINUS SIGN}"
THIN = "\N{NARROW NO-BREAK SPACE}"
DAGGER = "†"
DASH = "–"  # a table's cell that holds nothing
RECONSTRUCTED = "Study-level values reconstructed to reproduce the published pooled result"
MODELS = {"fixed": "fixed-effect", "random": "random-effects"}
INTERVALS = {
    "wald": "Wald",
    "hartung-knapp": "Hartung-Knapp",
    "hartung-knapp-adhoc": "Hartung-Knapp, never below Wald",
}
# A decimal digit, or a number in another guise (⁹, ½, Ⅸ).
_DIGITS = ("Nd", "Nl", "No")
NOT_REPORTED = "not reported"
# Counts as words, from nought; longer ones are printed in digits.
ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]


def has_digit(text: str) -> bool:
    """Whether ``text`` holds a number written in digits of any kind."""
    return any(unicodedata.category(sign) in _DIGITS for sign in text)


def fixed(number: float, decimals: int) -> str:
    """``number`` with ``decimals`` decimals, halves away from zero, never "−0.00"."""
    if not math.isfinite(number):
        return "∞" if number > 0 else f"{MINUS}∞"
    quantum = Decimal(1).scaleb(-decimals)
    rounded = Decimal(repr(float(number))).quantize(quantum, ROUND_HALF_UP)
    return f"{abs(rounded):f}" if rounded >= 0 or rounded == 0 else f"{MINUS}{abs(rounded):f}"


def p_value(p: float) -> str:
    """P as RevMan prints it: 0.50, 0.003, 0.0007, < 0.0001, < 0.00001."""
    for limit in (0.00001, 0.0001):
        if p < limit:
            return f"< {limit:.5f}".rstrip("0")
    if p >= 0.01:
        return fixed(p, 2)
    decimals = -math.floor(math.log10(p))
    return fixed(p, min(decimals, 4))


def count(number: float) -> str:
    """A whole number, thousands apart by a no-break space from 10 000 on."""
    whole = int(number)
    return f"{whole:,}".replace(",", THIN) if abs(whole) >= 10_000 else str(whole)


STYLES: dict[str, Callable[[Any], str]] = {
    "count": count,
    "estimate": lambda x: fixed(x, 2),
    "statistic": lambda x: fixed(x, 2),
    "weight": lambda x: f"{fixed(x, 1)}%",
    "percent": lambda x: f"{fixed(x, 0)}%",
    "percent1": lambda x: f"{fixed(x, 1)}%",
    "p": p_value,
    "p3": lambda x: fixed(x, 3),
    "whole": lambda x: fixed(x, 0),
    "per_1000": lambda x: f"{fixed(x, 0)}\N{NO-BREAK SPACE}per\N{NO-BREAK SPACE}1000",
    "general": lambda x: f"{x:g}".replace("-", MINUS),
    "date": lambda day: f"{day.day} {_MONTHS[day.month - 1]} {day.year}",
}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def printed(value: Value) -> str:
    """The value as every format prints it. Words pass as they are; "raw" prints the cell's text."""
    content = value.content
    if content is None:
        return NOT_REPORTED
    if value.style == "raw":
        return value.inputs[0].raw.replace("-", MINUS)
    if isinstance(content, str) or value.style == "text":
        return str(content)
    return STYLES[value.style](content)


def unrounded(number: Any) -> str:
    """A number to the twelve digits that `values.json` keeps; "" for what is no number."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return ""
    return f"{number:.12g}".replace("-", MINUS)


def signed(number: float) -> str:
    """A difference with its sign, to three significant digits: +0.126, −12, +1230."""
    return f"{float(f'{number:.3g}'):+.12g}".replace("-", MINUS)


def relation(value: Value) -> str:
    """ "P" with its value needs a relation: "= 0.50" or "< 0.0001", with narrow spaces."""
    text = printed(value)
    return text.replace("< ", f"<{THIN}") if text.startswith("<") else f"={THIN}{text}"


def in_words(value: Value) -> str:
    """A count from zero to nineteen spelled out, otherwise in digits."""
    number = value.content
    return ONES[number] if isinstance(number, int) and 0 <= number < len(ONES) else printed(value)


def capitalised(value: Value) -> str:
    """The same at the beginning of a sentence."""
    text = in_words(value)
    return text[:1].upper() + text[1:]


def variants(value: Value) -> frozenset[str]:
    """Every way in which a value may be printed; any other text under its key is wrong."""
    ways = [printed(value), in_words(value), capitalised(value)]
    if value.style in ("p", "p3"):
        ways.append(relation(value))
    return frozenset(ways)
