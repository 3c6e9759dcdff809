"""Study-level rows solved from printed results: they give the printed numbers, and nothing is hidden.

Printed numbers are those of data/published_claims.csv (Cui et al. 2022). Where a test recomputes
them it does so with formulas of its own, written out below.
"""

from __future__ import annotations

import csv
import itertools
import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sscreport.cli import main
from sscreport.reconstruct.counts import CountSystem, enumerate_tables
from sscreport.reconstruct.outcomes import MeansOutcome, of_means
from sscreport.reconstruct.printed import root_q_box, root_q_box_of_i2, rounding_box, t_box, z_box
from sscreport.reconstruct.recompute import missed
from sscreport.reconstruct.sample import draw, ranges
from sscreport.reconstruct.solve import best, conflict
from sscreport.reconstruct.system import Pool, System, Target
from tests.conftest import REPOSITORY, Built

RCS = ("rcs-6m-granel", "rcs-6m-park")


def table(name: str, root: Path = REPOSITORY) -> dict[str, dict[str, str]]:
    """Rows of a data file by id."""
    with (root / f"data/{name}.csv").open(encoding="utf-8", newline="") as handle:
        return {row["id"]: row for row in csv.DictReader(handle)}


def pooled(md: np.ndarray, se: np.ndarray, random: bool) -> dict[str, float]:
    """Inverse-variance pool by the textbook: fixed, or DerSimonian and Laird 1986."""
    w = 1 / se**2
    mean = (w * md).sum() / w.sum()
    q, df = (w * (md - mean) ** 2).sum(), len(md) - 1
    if random:
        tau2 = max(0.0, (q - df) / (w.sum() - (w**2).sum() / w.sum()))
        w = 1 / (se**2 + tau2)
        mean = (w * md).sum() / w.sum()
    error = 1 / math.sqrt(w.sum())
    return {
        "value": mean,
        "ci_low": mean - 1.959963984540054 * error,
        "ci_high": mean + 1.959963984540054 * error,
        "p": 2 * stats.norm.sf(abs(mean / error)),
        "i2_percent": max(0.0, 100 * (q - df) / q),
        "het_p": stats.chi2.sf(q, df),
    }


def rounds_to(number: float, printed: str) -> bool:
    """Whether a number would be printed so; "<0.01" and ">0.1" are bounds."""
    if printed[0] in "<>":
        return number < float(printed[1:]) if printed[0] == "<" else number > float(printed[1:])
    return abs(number - float(printed)) <= 0.5 * 10.0 ** -len(printed.partition(".")[2]) + 1e-9


POOLS = [
    ("mrss_3m", "mrss", "3", (), False, {"het_p": ">0.1"}),
    ("mrss_12m", "mrss", "12", (), False, {"het_p": ">0.1"}),
    ("mrss_6m_by_source", "mrss", "6", (), False, {"het_p": "0.86"}),
    ("mrss_6m_svf", "mrss", "6", ("granel", "park"), False, {}),
    ("mrss_6m_ucmsc", "mrss", "6", ("wang", "zhang"), False, {}),
    ("mrss_overall", "mrss", "", (), False, {}),
    ("rcs_6m", "rcs", "6", (), True, {"het_p": "0.0002"}),
    ("vas_6m", "vas", "6", (), True, {"het_p": "<0.00001"}),
    ("mhiss_12m", "mhiss", "12", (), True, {"het_p": "0.13"}),
    ("chfs_6m", "chfs", "6", (), True, {"het_p": "<0.0001"}),
]


@pytest.mark.parametrize(("claim", "outcome", "months", "studies", "random", "stated"), POOLS)
def test_shipped_rows_give_every_printed_number(
    claim: str, outcome: str, months: str, studies: tuple[str, ...], random: bool, stated: dict[str, str]
) -> None:
    """Every number of every claim that a row was solved from comes out of the shipped rows."""
    rows = [r for r in table("mean_differences").values() if r["outcome"] == outcome]
    rows = [r for r in rows if r["timepoint_months"] == (months or r["timepoint_months"])]
    rows = [r for r in rows if not studies or r["study"] in studies]
    found = pooled(*(np.array([float(r[c]) for r in rows]) for c in ("md", "se")), random)
    printed = table("published_claims")[claim]
    compared = {name: printed[name] for name in found if printed.get(name)} | stated
    assert {"value", "ci_low", "ci_high"} <= set(compared)
    for name, text in compared.items():
        assert rounds_to(found[name], text), f"{claim} {name}: {found[name]} is not {text}"


def test_hand_pain_stays_significant_without_each_study() -> None:
    """The article's stable leave-one-out comes out of the shipped rows of hand pain."""
    rows = [r for r in table("mean_differences").values() if r["outcome"] == "vas"]
    for gone in rows:
        kept = [row for row in rows if row is not gone]
        found = pooled(*(np.array([float(r[c]) for r in kept]) for c in ("md", "se")), True)
        assert found["p"] < 0.05 and found["value"] > 0, gone["id"]


def test_reconstructed_cells_name_claims_that_exist_and_others_name_none() -> None:
    """Every reconstructed cell names claims behind it; published and primary ones name none."""
    claims = table("published_claims")
    for row in table("mean_differences").values():
        for name in ("md", "se"):
            named = row[f"{name}_solved_from"].split()
            assert bool(named) == (row[f"{name}_provenance"] == "reconstructed"), row["id"]
            assert not named or any(claim in claims for claim in named)
    for row in table("ulcers").values():
        assert bool(row["solved_from"]) == (row["provenance"] == "reconstructed")


# ---------------------------------------------------------------- counts


def brute_odds_ratio(pairs: tuple[tuple[int, int], ...]) -> tuple[float, float, float]:
    """Mantel-Haenszel odds ratio, interval by Robins, Breslow and Greenland 1986; halves for zeros."""
    r = s = pr = ps = qs = 0.0
    for events, total in pairs:
        a, b, c, d = events + 0.5, total - events + 0.5, 0.5, total + 0.5
        n = a + b + c + d
        p, q = (a + d) / n, (b + c) / n
        r, s = r + a * d / n, s + b * c / n
        pr, ps, qs = pr + p * a * d / n, ps + (p * b * c + q * a * d) / n, qs + q * b * c / n
    log, error = math.log(r / s), math.sqrt(pr / (2 * r * r) + ps / (2 * r * s) + qs / (2 * s * s))
    return math.exp(log), math.exp(log - 1.959963984540054 * error), math.exp(log + 1.959963984540054 * error)


def test_ulcer_table_is_the_only_one(rows_of_ulcers: tuple[tuple[int, int], ...]) -> None:
    """Of all tables of four studies with thirty-six ulcers only the shipped one gives the printed numbers."""
    printed = table("published_claims")["du_6m"]
    boxes = {name: rounding_box(printed[name]) for name in ("value", "ci_low", "ci_high")}
    found = enumerate_tables(CountSystem("du", (None,) * 4, "", "", 36, boxes, ()))  # type: ignore[arg-type]
    assert [sorted(pairs) for pairs in found.found] == [sorted(rows_of_ulcers)]
    assert found.tried > 600_000
    for name, number in zip(("value", "ci_low", "ci_high"), brute_odds_ratio(rows_of_ulcers), strict=True):
        assert rounds_to(number, printed[name])


@pytest.fixture
def rows_of_ulcers() -> tuple[tuple[int, int], ...]:
    return tuple((int(r["healed_after"]), int(r["ulcers"])) for r in table("ulcers").values())


def test_enumeration_agrees_with_trying_all_by_hand() -> None:
    """A small enumeration finds what nested loops with their own formula find."""
    truth = ((3, 5), (1, 4), (1, 1))
    texts = {
        name: f"{x:.2f}"
        for name, x in zip(("value", "ci_low", "ci_high"), brute_odds_ratio(truth), strict=True)
    }
    boxes = {name: rounding_box(text) for name, text in texts.items()}
    found = enumerate_tables(CountSystem("x", (None,) * 3, "", "", 10, boxes, ()))  # type: ignore[arg-type]
    by_hand = set()
    for totals in itertools.product(range(1, 9), repeat=3):
        if sum(totals) == 10:
            for events in itertools.product(*(range(1, total + 1) for total in totals)):
                pairs = tuple(zip(events, totals, strict=True))
                if all(rounds_to(x, texts[n]) for x, n in zip(brute_odds_ratio(pairs), texts, strict=True)):
                    by_hand.add(tuple(sorted(pairs)))
    assert tuple(sorted(truth)) in by_hand
    assert {tuple(sorted(pairs)) for pairs in found.found} == by_hand


# ---------------------------------------------------------------- invented problems


def invented(md: np.ndarray, se: np.ndarray, n: np.ndarray, random: bool, known: int) -> System:
    """A pool of studies of which the first ``known`` mean differences are given, printed to two decimals."""
    k, method = len(md), "DL" if random else "FE"
    pool = Pool(tuple(range(k)), method)  # type: ignore[arg-type]
    numbers = pooled(md, se, random)
    texts = {name: f"{numbers[name]:.2f}" for name in ("value", "ci_low", "ci_high")}
    texts["i2_percent"] = f"{numbers['i2_percent']:.0f}"
    names = {"value": "estimate", "ci_low": "ci_low", "ci_high": "ci_high", "i2_percent": "root_q"}
    boxes = {name: rounding_box(text) for name, text in texts.items()}
    boxes["i2_percent"] = root_q_box_of_i2(texts["i2_percent"], k - 1)
    targets = tuple(
        Target("pool", name, text, names[name], pool, *boxes[name])  # type: ignore[arg-type]
        for name, text in texts.items()
    )
    scatter = math.sqrt(k) * (numbers["ci_high"] - numbers["ci_low"]) / 3.92
    free = np.arange(k) >= known
    return System(
        "invented",
        (None,) * k,  # type: ignore[arg-type]
        n,
        np.where(free, 0.0, md),
        np.ones(k),
        free,
        np.ones(k, dtype=bool),
        np.full(k, numbers["value"]),
        np.full(k, scatter),
        np.full(k, np.nan),
        0.5,
        targets,
        (2, 3),
        7,
    )


TRUTHS = [
    ([5.1, -0.8], [0.6, 1.4], [12, 18], True, 1),
    ([4.0, 6.5, 5.2], [2.0, 1.1, 0.9], [5, 14, 20], False, 0),
    ([12.0, 4.0, 3.0], [1.2, 0.9, 3.0], [60, 12, 18], True, 1),
    ([6.9, 3.6], [1.2, 1.8], [62, 7], True, 1),
]


@pytest.mark.parametrize(("md", "se", "n", "random", "known"), TRUTHS)
def test_the_truth_of_an_invented_pool_lies_in_the_ranges(
    md: list[float], se: list[float], n: list[int], random: bool, known: int
) -> None:
    """From printed results alone the solution prints them again, and the ranges hold the true values."""
    truth = np.array(md), np.array(se)
    system = invented(*truth, np.array(n, dtype=float), random, known)
    solution = best(system)
    assert solution is not None
    again = pooled(solution.md, solution.se, random)
    for target in system.targets:
        assert rounds_to(again[target.column], target.printed), target
    drawn = draw(system, solution, 150, 3)
    assert len(drawn.md) == 150
    for md_drawn, se_drawn in zip(drawn.md, drawn.se, strict=True):
        one = pooled(md_drawn, se_drawn, random)
        assert all(rounds_to(one[t.column], t.printed) for t in system.targets)
    for found, true_md, true_se in zip(ranges(system, drawn), *truth, strict=True):
        assert found.md[0] - 0.02 <= true_md <= found.md[1] + 0.02
        assert 0.95 * found.se[0] <= true_se <= 1.05 * found.se[1]


def test_the_same_seed_gives_the_same_draws() -> None:
    """Draws repeat with their seed and differ with another."""
    system = invented(*map(np.array, TRUTHS[1][:3]), False, 0)  # type: ignore[arg-type]
    solution = best(system)
    assert solution is not None
    first, second, other = (draw(system, solution, 40, seed) for seed in (5, 5, 6))
    assert np.array_equal(first.md, second.md) and np.array_equal(first.se, second.se)
    assert not np.array_equal(first.md, other.md)


def test_contradicting_claims_are_named() -> None:
    """Where two claims print different results of one pool, both are named and none is invented."""
    system = invented(*map(np.array, TRUTHS[0][:3]), True, 1)  # type: ignore[arg-type]
    target = system.targets[0]
    other = Target("second", "value", "9.99", "estimate", target.pool, 9.985, 9.995)
    torn = replace(system, targets=(*system.targets, other))
    assert best(torn) is None
    assert set(conflict(torn)) == {"pool", "second"}


def test_printed_numbers_become_intervals_of_their_statistics() -> None:
    """Boxes are those of the definitions: rounding, and P and I² turned to z, t and √Q."""
    assert rounding_box("1.80") == pytest.approx((1.795, 1.805))
    assert z_box("<0.05") == pytest.approx((1.959963984540054, math.inf))
    assert t_box("0.349", 3) == pytest.approx(tuple(stats.t.isf([0.34950 / 2, 0.3485 / 2], 3)))
    assert root_q_box("0.13", 1) == pytest.approx(tuple(np.sqrt(stats.chi2.isf([0.135, 0.125], 1))))
    assert root_q_box_of_i2("93", 1) == pytest.approx((math.sqrt(1 / 0.075), math.sqrt(1 / 0.065)))
    assert root_q_box_of_i2("0", 4)[0] == -math.inf


# ---------------------------------------------------------------- the command


@pytest.fixture
def review(tmp_path: Path) -> Path:
    """A copy of the shipped review that reconstructs the Raynaud score alone, to be quick."""
    for name in ("data", "templates"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    keep(tmp_path, "rcs")
    return tmp_path


def keep(root: Path, *wanted: str) -> None:
    """Leave only these reconstructions in review.toml."""
    path = root / "data/review.toml"
    text = path.read_text(encoding="utf-8")
    head, *entries = text.split("[[reconstructions]]\n")
    last, rest = entries[-1].split("[manuscript]", 1)
    entries[-1] = last
    kept = [e for e in entries if e.split('"', 2)[1] in wanted]
    path.write_text(
        head + "".join(f"[[reconstructions]]\n{entry}" for entry in kept) + "[manuscript]" + rest,
        encoding="utf-8",
    )
    for name in ("mean_differences", "ulcers"):
        edit(root, name, lambda row: {c: forget(row, c, wanted) for c in row})


def forget(row: dict[str, str], column: str, wanted: tuple[str, ...]) -> str:
    gone = column.endswith("solved_from") and row["outcome"] not in wanted
    return "" if gone else row[column]


def edit(root: Path, name: str, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    """Rewrite every row of a data file."""
    rows = [change(row) for row in table(name, root).values()]
    with (root / f"data/{name}.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def change(root: Path, name: str, row: str, column: str, text: str) -> None:
    edit(root, name, lambda cells: cells | {column: text} if cells["id"] == row else cells)


def run(root: Path, *words: str) -> int:
    return main(["reconstruct", "--review", str(root), *words])


def test_shipped_rows_of_a_pool_stand(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command finds that the rows give every printed number, pins them and names their claims."""
    assert run(review, "--draws", "40", "--json") == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert record["stands"] and not record["missed"]
    assert record["factor"] <= 1.1 * record["best factor"]
    for row in record["rows"]:
        assert row["pinned"] and row["range"][0] <= float(row["in the data"]) <= row["range"][1]
        assert "rcs_6m" in row["solved from"]


def test_write_touches_only_its_cells(review: Path) -> None:
    """A wrong row is replaced by one that gives the printed numbers; every other cell stays."""
    change(review, "mean_differences", "rcs-6m-park", "md", "2.22")
    change(review, "mean_differences", "rcs-6m-park", "se_solved_from", "")
    before = table("mean_differences", review)
    assert run(review, "--draws", "0") == 1
    assert run(review, "--draws", "30", "--write") == 0
    after = table("mean_differences", review)
    changed = {
        (row, column) for row in before for column in before[row] if before[row][column] != after[row][column]
    }
    allowed = {(row, column) for row in RCS for column in ("md", "se", "md_solved_from", "se_solved_from")}
    assert ("rcs-6m-park", "md") in changed and changed <= allowed
    assert after["rcs-6m-granel"]["md"] == before["rcs-6m-granel"]["md"]
    assert after["rcs-6m-park"]["se_solved_from"].split()[0] == "rcs_6m"
    found = pooled(*(np.array([float(after[r][c]) for r in RCS]) for c in ("md", "se")), True)
    claim = table("published_claims", review)["rcs_6m"]
    assert all(rounds_to(found[n], claim[n]) for n in ("value", "ci_low", "ci_high", "p", "i2_percent"))
    assert not list((review / "data").glob(".*"))
    assert set(table("reconstruction_ranges", review)) == set(RCS)


def test_a_failed_write_leaves_the_file(review: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is whole at any time: what stops the replacement leaves the old one."""
    change(review, "mean_differences", "rcs-6m-park", "md", "2.22")
    before = (review / "data/mean_differences.csv").read_bytes()

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "mean_differences.csv")

    monkeypatch.setattr("os.replace", refuse)
    assert run(review, "--draws", "0", "--write") == 2
    assert (review / "data/mean_differences.csv").read_bytes() == before


def test_no_reconstruction_is_said_with_its_claims(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Printed numbers that contradict each other end with exit code 1, the claims' names and no writing."""
    change(review, "published_claims", "rcs_6m", "p", "0.001")
    before = (review / "data/mean_differences.csv").read_bytes()
    assert run(review, "--draws", "0", "--write") == 1
    said = capsys.readouterr().out
    assert "No reconstruction exists" in said and "rcs_6m" in said
    assert (review / "data/mean_differences.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (
            'claim = "rcs_6m"',
            'claim = "rcs_60m"',
            ("reconstructions.rcs.claims.1", "claim is rcs_60m", "rcs_6m"),
        ),
        ('analysis = "rcs.m6", model', 'analysis = "rcs.m7", model', ("claims.1", "analysis is rcs.m7")),
        (
            'table = "mean_differences"\nkind',
            'table = "means"\nkind',
            ("reconstructions.rcs", "table is means"),
        ),
        ("spread = 0.5", "spread = -1", ("reconstruction", "spread is -1")),
        ('claim = "rcs_6m"', 'claim = "countries2"', ("claims.1", "claim is countries2", "countries")),
        ('claim = "rcs_6m", analysis = "rcs.m6"', 'claim = "rcs_6m", analysis = "du.m6"', ("ulcers",)),
    ],
)
def test_wrong_settings_are_named(
    review: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, named: tuple[str, ...]
) -> None:
    """Settings that name what does not exist end with exit code 2 and the file, row and column."""
    path = review / "data/review.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert run(review) == 2
    said = capsys.readouterr().err
    assert "data/review.toml" in said and "Traceback" not in said
    for words in named:
        assert words in said


def test_an_unknown_claim_behind_a_cell_is_named(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cell cannot be said to be solved from a claim that there is not."""
    change(review, "mean_differences", "rcs-6m-park", "se_solved_from", "rcs_7m")
    assert run(review) == 2
    said = capsys.readouterr().err
    assert "(row rcs-6m-park): se_solved_from is rcs_7m" in said and "rcs_6m" in said


def test_stored_ranges_are_those_of_a_fresh_run() -> None:
    """The stored ranges of the quick systems come out again with the stored seed."""
    from sscreport.build import synthesise
    from sscreport.progress import Progress
    from sscreport.reconstruct.pose import settings_of, systems

    review, _ = synthesise(REPOSITORY, Progress(quiet=True))
    stored, settings = table("reconstruction_ranges"), settings_of(review)
    for system in systems(review):
        if system.id not in ("rcs", "mhiss"):
            continue
        outcome: MeansOutcome = of_means(system, settings["tolerance"], settings["draws"], settings["seed"])
        assert outcome.stands
        for row, found in zip(system.rows, outcome.ranges, strict=True):
            for name, near in (("md", 0.011), ("se", 0.0025), ("weight", 0.11)):
                ends = [float(stored[row.id][f"{name}_{side}"]) for side in ("low", "high")]
                assert ends == pytest.approx(getattr(found, name), abs=near), (row.id, name)
            assert stored[row.id]["pinned"] == ("yes" if found.pinned else "no")


def test_stored_ranges_hold_the_shipped_rows() -> None:
    """Every shipped reconstructed value lies within the stored range of its row."""
    rows, stored = table("mean_differences"), table("reconstruction_ranges")
    assert set(stored) == set(rows)
    for name, row in rows.items():
        for column, near in (("md", 0.005), ("se", 0.0005)):
            low, high = (float(stored[name][f"{column}_{side}"]) for side in ("low", "high"))
            assert low - near <= float(row[column]) <= high + near, (name, column)


# ---------------------------------------------------------------- traces


def test_a_trace_leads_to_the_printed_claims(capsys: pytest.CaptureFixture[str]) -> None:
    """The trace of a reconstructed cell names claim, place and digits; the claim's trace leads back."""
    cell = "data/mean_differences.csv:rcs-6m-park:md"
    assert main(["trace", "--review", str(REPOSITORY), cell]) == 0
    said = capsys.readouterr().out
    assert "solved from" in said and "rcs_6m (Results: RCS; Table 3; Fig 4): 1.80, -3.38, 6.99" in said
    claim = "data/published_claims.csv:rcs_6m:ci_low"
    assert main(["trace", "--review", str(REPOSITORY), claim, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    resting = {entry["key"]: entry["how"] for entry in record["values"]}
    assert resting["mean_differences.rcs-6m-park.md"] == resting["rcs.m6.estimate"] == "solved"
    assert "mean_differences.rcs-6m-granel.md" not in resting


def test_cards_and_appendix_name_the_claims(built: Built) -> None:
    """In the web page the card of a reconstructed value names the printed claims behind it."""
    page = (built.output / "manuscript.html").read_text(encoding="utf-8")
    card = page.split('id="v-mean_differences.rcs-6m-park.md"', 1)[1].split('<div class="card"', 1)[0]
    assert "solved from rcs_6m (Results: RCS; Table 3; Fig 4)" in card
    values = json.loads((built.output / "values.json").read_text(encoding="utf-8"))
    behind = values["cells"]["data/mean_differences.csv:rcs-6m-park:md"]["solved from"]
    assert "data/published_claims.csv:rcs_6m:ci_low" in behind
    assert all(address in values["cells"] for address in behind)


def test_a_claim_that_no_longer_fits_is_warned_of(tmp_path: Path) -> None:
    """The build goes on with the written rows but says that they no longer give a claim."""
    from sscreport.build import make
    from sscreport.progress import Progress

    for name in ("data", "templates"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    change(tmp_path, "published_claims", "rcs_6m", "value", "2.80")
    made = make(tmp_path, Progress(quiet=True), paint=False)
    assert any("rcs" in warning and "rcs_6m (value 2.80)" in warning for warning in made.warnings)
    assert made.manuscript.origins["mean_differences.rcs-6m-park.md"].number == -1.0


def test_missed_targets_are_found() -> None:
    """A row off by a tenth misses what it misses: a judge that passes everything would pass this."""
    system = invented(*map(np.array, TRUTHS[3][:3]), True, 1)  # type: ignore[arg-type]
    md, se = (np.array(values) for values in TRUTHS[3][:2])
    assert not missed(system, md, se)
    assert {t.column for t in missed(system, md + 0.1, se)} == {"value", "ci_low", "ci_high"}


def test_hand_pain_on_its_own_scale_needs_an_impossible_spread() -> None:
    """With Granel's fall as 41.6 of 100 points the pool needs a standard deviation no such scale can have."""
    from sscreport.build import synthesise
    from sscreport.progress import Progress
    from sscreport.reconstruct.pose import systems

    review, _ = synthesise(REPOSITORY, Progress(quiet=True))
    system = next(system for system in systems(review) if system.id == "vas")
    granel = next(i for i, row in enumerate(system.rows) if row.id == "vas-6m-granel")
    entered = np.where(np.arange(len(system.md)) == granel, 41.6, system.md)
    solution = best(replace(system, md=entered))
    assert solution is not None
    assert solution.se[granel] * math.sqrt(system.n[granel] / 2) > 50  # the most that 0 to 100 allows
