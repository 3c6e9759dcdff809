"""What matters: conclusions that are others now, and effects that moved."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sscreport.folder import SETTINGS
from sscreport.measures import MEASURES
from sscreport.origins import Origin, Origins
from sscreport.wording import DAGGER

TENTH = 0.1  # an effect that moves by more of its size has moved, where no important difference is known
# Results of parts of an analysis, or of another way to analyse: no conclusions of their own.
_PARTS = ("study", "without", "band", "scenario")


@dataclass(frozen=True)
class Turn:
    """A result that differs: its estimate's key, the keys that were asked, and why it matters.

    ``conclusive``: a conclusion is another one; else an effect moved.
    """

    key: str
    keys: tuple[str, ...]
    before: str
    after: str
    reason: str
    conclusive: bool


@dataclass(frozen=True)
class _Result:
    """A pooled result as numbers, and as it would be printed."""

    estimate: float
    low: float
    high: float
    model: str
    shown: str


def turns(old: Origins, new: Origins, inputs: Mapping[str, str]) -> Iterator[Turn]:
    """Every pooled result whose conclusion or size differs, and every certainty that does.

    ``inputs`` are the new edition's; its settings say the measures and minimal important differences.
    """
    settings = tomllib.loads(inputs.get(SETTINGS, ""))
    for key in new:
        if key in old and key.endswith(".estimate"):
            yield from _of_result(key.removesuffix(".estimate"), old, new, settings)
        elif key in old and key.endswith(".certainty") and old[key].number != new[key].number:
            sides = (str(side[key].number) for side in (old, new))
            yield Turn(key, (key,), *sides, "the certainty of the evidence is rated otherwise", True)


def _of_result(prefix: str, old: Origins, new: Origins, settings: Mapping[str, Any]) -> Iterator[Turn]:
    before, after = _result(prefix, old), _result(prefix, new)
    if before is None or after is None:
        return
    analysis = _analysis(prefix, new, settings)
    null = MEASURES[analysis["measure"]].null if analysis.get("measure") in MEASURES else 0.0
    part = next((word for word in _PARTS if f".{word}." in f".{prefix}."), None)
    reasons = list(_conclusions(before, after, null))
    conclusive = bool(reasons) and part is None
    if reasons and part == "without":
        reasons = [f"{reason}, with a study left out" for reason in reasons]
    if not reasons and part is None:
        reasons = list(_moved(before, after, null, analysis, settings))
    if reasons and part in (None, "without"):
        keys = tuple(f"{prefix}.{name}" for name in ("estimate", "ci_low", "ci_high", "model"))
        yield Turn(f"{prefix}.estimate", keys, before.shown, after.shown, _joined(reasons), conclusive)


def _result(prefix: str, origins: Origins) -> _Result | None:
    parts = [origins.by_key.get(f"{prefix}.{name}") for name in ("estimate", "ci_low", "ci_high")]
    if any(part is None or not isinstance(part.number, (int, float)) for part in parts):
        return None
    estimate, low, high = parts
    model = origins.by_key.get(f"{prefix}.model_name") or origins.by_key.get(f"{prefix}.model")
    dagger = DAGGER * estimate.reconstructed
    shown = f"{_text(estimate)} ({_text(low)} to {_text(high)}){dagger}"
    name = str(model.number) if model else ""
    return _Result(estimate.number, low.number, high.number, name, f"{shown}, {name}" if name else shown)


def _text(origin: Origin) -> str:
    texts = [text.removeprefix("=").strip() for text in origin.texts]
    return texts[0] if texts else f"{origin.number:.2f}".replace("-", "\N{MINUS SIGN}")


def _analysis(prefix: str, origins: Origins, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    group = origins.group_of(prefix.removeprefix("sound."))
    return next((item for item in settings.get("analyses", ()) if item.get("id") == group), {})


def _conclusions(before: _Result, after: _Result, null: float) -> Iterator[str]:
    excludes = [not side.low <= null <= side.high for side in (before, after)]
    if excludes[0] != excludes[1]:
        yield f"the interval {'no longer includes' if excludes[1] else 'now includes'} no effect"
    if (before.estimate - null) * (after.estimate - null) < 0:
        yield "the direction is reversed"
    if before.model != after.model:
        yield f"the model is {after.model} instead of {before.model}"


def _moved(
    before: _Result, after: _Result, null: float, analysis: Mapping[str, Any], settings: Mapping[str, Any]
) -> Iterator[str]:
    change = abs(after.estimate - before.estimate)
    outcome = settings.get("outcomes", {}).get(analysis.get("outcome"), {})
    least = outcome.get("minimal_important_difference")
    if least and null == 0 and change >= least:
        yield f"moved by at least the minimal important difference ({least:g})"
    elif change > TENTH * abs(before.estimate):
        yield f"moved by more than {TENTH:.0%}"


def _joined(reasons: list[str]) -> str:
    return "; ".join(reasons)
