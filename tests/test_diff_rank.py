"""What counts as another conclusion, and as an effect that moved."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sscreport.changes import Change, Weight
from tests.editions import base
from tests.test_diff import compared

DATA, JUDGEMENTS = "data/mean_differences.csv", "data/grade.csv"


def edited(folder: Path, file: str, pattern: str, new: str) -> Path:
    """A copy of the review with every match of ``pattern`` in a file replaced; it must match."""
    base(folder)
    text = (folder / file).read_text(encoding="utf-8")
    after, found = re.subn(pattern, new, text)
    assert found
    (folder / file).write_text(after, encoding="utf-8", newline="")
    return folder


def shifted(folder: Path, rows: str, by: float) -> Path:
    """A copy with the mean differences of some rows moved by so much."""
    base(folder)
    lines = (folder / DATA).read_text(encoding="utf-8").splitlines()
    place = lines[0].split(",").index("md")
    for number, line in enumerate(lines):
        cells = line.split(",")
        if cells[0].startswith(rows):
            cells[place] = f"{float(cells[place]) + by:.3f}"
            lines[number] = ",".join(cells)
    (folder / DATA).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    return folder


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return base(tmp_path_factory.mktemp("rank") / "old")


def told(old: Path, new: Path, weight: Weight) -> dict[str, Change]:
    """The changes of a weight by key."""
    return {change.key: change for change in compared(old, new).of(weight)}


def test_an_interval_that_begins_to_include_no_effect_is_another_conclusion(
    old: Path, tmp_path: Path
) -> None:
    """And the other way round it ceases to; old and new interval are told."""
    new = edited(tmp_path / "new", DATA, r"(walk-12-cedar,walk,12,cedar,50),4\.1,", r"\1,34.1,")
    change = told(old, new, Weight.CONCLUSION)["walk.by_time.m12.estimate"]
    assert change.reason == "the interval now includes no effect"
    assert (change.before, change.causes) == ("−10.00 (−18.50 to −1.50)†", (0,))
    back = told(new, old, Weight.CONCLUSION)["walk.by_time.m12.estimate"]
    assert back.reason == "the interval no longer includes no effect"
    assert (back.before, back.after) == (change.after, change.before)


def test_a_reversed_direction_is_another_conclusion(old: Path, tmp_path: Path) -> None:
    """Pain that falls instead of rising is told, though both intervals exclude no effect."""
    new = shifted(tmp_path / "new", "pain-6", -2 * 0.904)
    change = told(old, new, Weight.CONCLUSION)["pain.m6.estimate"]
    assert change.reason == "the direction is reversed"


def test_another_model_is_another_conclusion(old: Path, tmp_path: Path) -> None:
    """Studies that disagree make the rule choose the other model."""
    new = edited(tmp_path / "new", DATA, r"(pain-6-ash,pain,6,ash,40),1\.42,", r"\1,4.42,")
    change = told(old, new, Weight.CONCLUSION)["pain.m6.estimate"]
    assert "the model is random-effects instead of fixed-effect" in change.reason
    assert change.before.endswith(", fixed-effect") and change.after.endswith(", random-effects")


def test_another_certainty_is_another_conclusion(old: Path, tmp_path: Path) -> None:
    """A judgement that is taken back raises the certainty."""
    new = edited(
        tmp_path / "new",
        JUDGEMENTS,
        "pain_m6,pain.m6,,serious,serious,",
        "pain_m6,pain.m6,,serious,not serious,",
    )
    (change,) = told(old, new, Weight.CONCLUSION).values()
    assert (change.key, change.before, change.after) == ("grade.pain_m6.certainty", "low", "moderate")


@pytest.mark.parametrize(
    ("rows", "by", "key", "reason"),
    [
        (
            "walk-6",
            -15.5,
            "walk.by_time.m6.estimate",
            "moved by at least the minimal important difference (15)",
        ),
        ("walk-6", -14.5, "walk.by_time.m6.estimate", "moved by more than 10%"),
        ("pain-6", 0.1, "pain.m6.estimate", "moved by more than 10%"),
    ],
)
def test_an_effect_that_moves_enough_is_told(
    old: Path, tmp_path: Path, rows: str, by: float, key: str, reason: str
) -> None:
    """By its minimal important difference, or by more than a tenth."""
    assert told(old, shifted(tmp_path / "new", rows, by), Weight.EFFECT)[key].reason == reason


def test_an_effect_that_hardly_moves_is_a_visible_change(old: Path, tmp_path: Path) -> None:
    """A twentieth is no other effect and no other conclusion."""
    new = shifted(tmp_path / "new", "pain-6", 0.045)
    assert not told(old, new, Weight.CONCLUSION) and not told(old, new, Weight.EFFECT)
    assert "pain.m6.estimate" in told(old, new, Weight.VISIBLE)


def test_a_digit_that_is_not_printed_is_hidden(old: Path, tmp_path: Path) -> None:
    """What differs behind the printed digits is listed as hidden, and nothing as visible."""
    new = edited(tmp_path / "new", DATA, r"(walk-6-birch,walk,6,birch,58),-22\.0,", r"\1,-22.0001,")
    assert not told(old, new, Weight.VISIBLE) and not told(old, new, Weight.EFFECT)
    assert told(old, new, Weight.HIDDEN)["walk.by_time.m6.estimate"].difference == pytest.approx(
        -2.4e-5, rel=0.2
    )
