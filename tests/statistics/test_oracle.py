"""Every case of the oracle: what R metafor gives, recomputed with 34 digits (see tests/oracle/README.md)."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sscreport.statistics.inputs import NotEstimable

FOLDER = Path(__file__).resolve().parent.parent / "oracle"
DATA = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
ADAPTERS = ("oracle_effects", "oracle_tables", "oracle_pooling", "oracle_sensitivity", "oracle_small_study")
TASKS = {
    task: function
    for name in ADAPTERS
    for task, function in import_module(f"tests.statistics.{name}").TASKS.items()
}
CASES = [(data["id"], case["id"]) for data in DATA.values() for case in data["cases"]]

# Where we differ on purpose: the reason, and a second reference for each number.
_R_ROUNDING = "R's double arithmetic loses digits of tr P under a weight share of 0.9999999999"
_R_ITERATION = "R's Fisher scoring does not converge for these risk differences; the maximum exists"
_HEAVY_DL = 0.0463942181630111224  # √(2(k − 1)) / tr P, as τ² = 0; 60 digits, mpmath 1.3
_HEAVY_REML = 0.0302076360135028331  # √(2 / tr PP) with weights 1/v, as τ² = 0; 60 digits, mpmath 1.3
_BCG_ML = {  # the root of Σw²r² = Σw; 60 digits, mpmath 1.3
    "tau2": 0.00128942018891531446,
    "estimate": -0.0249518693992057105,
    "se": 0.0103418555832465319,
}
DEVIATIONS: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {
    ("bcg", "RD/tau2_estimators"): (_R_ITERATION, {"ML": _BCG_ML}),
    **{
        ("nasty_heavy", f"GEN/pool/{method}/{ci}"): (_R_ROUNDING, {"se_tau2": value})
        for method, value in (("DL", _HEAVY_DL), ("REML", _HEAVY_REML))
        for ci in ("wald", "hk", "hk_adhoc")
    },
}

# Files, cases and single numbers; fewer would mean that a comparison was lost.
COUNTS = (30, 2308, 115_648)


def differences(got: Any, expected: Any, tolerance: dict[str, float], path: str = "") -> Iterator[str]:
    """Where ``got`` is not what was expected, one line for each place."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            if key.endswith("_note") or key.startswith("note_"):  # words, no result
                continue
            if not isinstance(got, dict) or key not in got:
                yield f"{path}.{key} is missing"
            else:
                yield from differences(got[key], value, tolerance, f"{path}.{key}")
    elif isinstance(expected, list):
        values = list(got)
        if len(values) != len(expected):
            yield f"{path} has {len(values)} entries, not {len(expected)}"
        for i, (one, other) in enumerate(zip(values, expected, strict=False)):
            yield from differences(one, other, tolerance, f"{path}[{i}]")
    elif not _same(got, expected, tolerance):
        yield f"{path} is {got}, not {expected}"


def _same(got: Any, expected: Any, tolerance: dict[str, float]) -> bool:
    if expected is None:
        return got is None or (isinstance(got, (float, np.floating)) and math.isnan(got))
    if got is None or isinstance(expected, (bool, str)) and expected not in ("Inf", "-Inf"):
        return got == expected
    wanted = float(expected.replace("Inf", "inf")) if isinstance(expected, str) else expected
    if math.isinf(wanted):
        return float(got) == wanted
    return abs(float(got) - wanted) <= tolerance["rel"] * abs(wanted) + tolerance["abs"]


def check(data: dict, case: dict) -> list[str]:
    """All differences of one case."""
    _, ours = DEVIATIONS.get((data["id"], case["id"]), ("", {}))
    if case["expected"].get("status") == "not_estimable":
        try:
            TASKS[case["task"]](data, case)
        except NotEstimable:
            return []
        return ["a result, where there is none"]
    return list(differences(TASKS[case["task"]](data, case), case["expected"] | ours, data["tolerance"]))


@pytest.mark.parametrize(("file", "name"), CASES)
def test_oracle(file: str, name: str) -> None:
    """Every number is the oracle's within its tolerance, without a warning; where it has none, we refuse."""
    data = DATA[file]
    case = next(case for case in data["cases"] if case["id"] == name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check(data, case) == []


def numbers(expected: Any) -> int:
    """How many single results an expected value holds."""
    if isinstance(expected, (dict, list)):
        values = expected.values() if isinstance(expected, dict) else expected
        return sum(map(numbers, values))
    return 1


def test_the_oracle_does_not_shrink() -> None:
    """No file, no case and no number silently drops out of the comparison."""
    cases = [case for data in DATA.values() for case in data["cases"]]
    found = (len(DATA), len(CASES), sum(numbers(case["expected"]) for case in cases))
    assert all(have >= wanted for have, wanted in zip(found, COUNTS, strict=True)), found
    assert {case["task"] for case in cases} == TASKS.keys()
    assert set(DEVIATIONS) <= set(CASES)
