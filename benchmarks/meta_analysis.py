"""How long meta-analyses take: sscreport.statistics, other packages, and the bare arithmetic beside.

    pip install statsmodels pymare                 neither is needed by sscreport or its tests
    apt-get install r-base-core r-cran-metafor
    python -m benchmarks.meta_analysis             10,000 analyses of 10 studies, one of 1,000,000,
                                                   2,000 studies left out one by one (minutes)
    python -m benchmarks.meta_analysis --quick     small sizes, to try the script
    python -m benchmarks.meta_analysis --peers statsmodels,PyMARE

The floor is the fewest numpy operations that give estimate, standard error, Q and τ², without any
check of the input. Before times are taken, what every package finds is compared with it; where
one differs, the script says so and ends with 1. A peer that is not installed is skipped. A time is
the best of up to 25 runs, of fewer for what takes long; the contenders take turns, on one core.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from shutil import which
from time import perf_counter
from typing import NamedTuple

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # every contender on one core; read when numpy is imported

import numpy as np
from numpy.typing import NDArray

from sscreport.statistics import leave_one_out, pool
from sscreport.statistics.inputs import Array, Floats

try:
    from statsmodels.stats.meta_analysis import combine_effects
except ImportError:
    combine_effects = None
try:
    from pymare import estimators
except ImportError:
    estimators = None

SEED = 20261125
METHODS = ("FE", "DL", "REML")
TOLERANCE = 1e-6
CONVERGED = 1e-10  # relative change of τ² at which the floor's REML ends
STEPS = 1000
BLOCK = 100_000  # effects at once where the floor leaves studies out: they stay in the processor's cache
ROUNDS = 25
ENOUGH = 4.0  # seconds after which a contender's best time is settled
# How many meta-analyses of how many studies, and whether studies are left out.
FULL = (((10_000, 10), False), ((1, 1_000_000), False), ((1, 2_000), True))
QUICK = (((100, 10), False), ((1, 10_000), False), ((1, 100), True))
LINE = "{:36} {:6} {:>10}" + " {:>17}" * 4


# ---------------------------------------------------------------- what is computed


@dataclass(frozen=True)
class Task:
    """Meta-analyses of the rows of ``y`` and ``v``, or of one row without each of its first studies.

    ``without``: how many studies are left out in turn; 0 for the rows as they are.
    """

    y: Array
    v: Array
    without: int = 0

    @property
    def fits(self) -> int:
        return self.without or len(self.y)

    @property
    def k(self) -> int:
        return self.y.shape[1]

    @property
    def size(self) -> int:
        """Effects weighted in all."""
        return self.fits * self.k

    def __str__(self) -> str:
        if self.without:
            return f"{self.without:,} left out, one by one, of {self.k:,}"
        return f"{self.fits:,} of k = {self.k:,}"


class Results(NamedTuple):
    """One entry for each analysis."""

    estimate: Array
    se: Array
    tau2: Array
    q: Array | None = None

    def error(self, expected: Results) -> float:
        """The largest difference: relative for se and Q, and for what else is larger than 1.

        Where τ² is below 0, as others never leave it, nothing is compared.
        """
        errors = [
            (np.abs(found - right) / np.maximum(np.abs(right), least))[~self.negative]
            for found, right, least in zip(self, expected, (1, 0, 1, 0), strict=True)
            if found is not None
        ]
        return float(np.max(errors))

    @property
    def negative(self) -> NDArray[np.bool_]:
        return self.tau2 < 0


class Run(NamedTuple):
    seconds: float
    results: Results


def made(shape: tuple[int, int], leave_out: bool) -> Task:
    """Effects around 0.3 with τ² = 0.1 and variances from 0.02 to 0.2.

    With these variances no likelihood has a second maximum, which the floor does not look for.
    """
    chance = np.random.default_rng(SEED)
    v = np.exp(chance.uniform(np.log(0.02), np.log(0.2), shape))
    return Task(chance.normal(0.3, np.sqrt(v + 0.1)), v, without=shape[1] if leave_out else 0)


# ---------------------------------------------------------------- the floor


def floor(task: Task, method: str) -> Results:
    total, squares, mean, q = _fixed(task, method)
    weigh, steps, df = _weigh, _steps, task.k - 1
    if task.without:
        total, squares, mean, q = _all_but_one(task, total, squares, mean, q)
        weigh, steps, df = _weigh_all_but_one, _steps_of_all_but_one, task.k - 2
    if method == "FE":
        return Results(mean, 1 / np.sqrt(total), np.zeros(task.fits), q)
    tau2 = np.maximum(q - df, 0) / (total - squares / total)
    if method == "REML":
        tau2 = _climbed(steps(task), tau2)
    total, mean = weigh(task, tau2)
    return Results(mean, 1 / np.sqrt(total), tau2, q)


Step = Callable[[Array, Array], Array]  # from positions of analyses and their τ² to a better τ²


def _climbed(step: Step, start: Array) -> Array:
    """Step by step to the maximum; half-way into what is known to enclose it if a step would leave that."""
    tau2, rows = start, np.arange(len(start))
    low, high = np.full(len(start), -1.0), np.full(len(start), np.inf)
    for _ in range(STEPS):
        before = tau2[rows]
        after = step(rows, before)
        up = after > before
        low[rows], high[rows] = np.where(up, before, low[rows]), np.where(up, high[rows], before)
        astray = (after <= low[rows]) | (after >= high[rows])
        after = np.maximum(np.where(astray, (low[rows] + high[rows]) / 2, after), 0)
        tau2[rows] = after
        rows = rows[np.abs(after - before) > CONVERGED * after]
        if not rows.size:
            break
    return tau2


def _sum(values: Array) -> Array:
    """Along rows; for short ones several times faster than ``values.sum(axis=1)``."""
    return np.einsum("ij->i", values)


def _weights(v: Array, tau2: Array) -> Array:
    """1/(v + τ²) in one piece of memory: to be given a second one by the system may take longer than this."""
    w = v + tau2[:, np.newaxis]
    return np.reciprocal(w, out=w)


def _fixed(task: Task, method: str) -> tuple[Array, Floats, Array, Array]:
    """Σw, Σw² where the method asks for it, mean and Q."""
    w = 1 / task.v
    total, squares = _sum(w), 0.0 if method == "FE" else np.vecdot(w, w)
    wy = np.multiply(w, task.y, out=w)
    pull = _sum(wy)
    return total, squares, pull / total, np.vecdot(wy, task.y) - pull**2 / total


def _weigh(task: Task, tau2: Array) -> tuple[Array, Array]:
    w = _weights(task.v, tau2)
    total = _sum(w)
    return total, np.vecdot(w, task.y) / total


def _steps(task: Task) -> Step:
    space = np.empty((2, *task.y.shape))

    def step(rows: Array, tau2: Array) -> Array:
        y, v = (task.y, task.v) if len(rows) == task.fits else (task.y[rows], task.v[rows])
        w, pull = space[:, : len(rows)]
        np.add(v, tau2[:, np.newaxis], out=w)
        np.reciprocal(w, out=w)
        total = _sum(w)
        np.multiply(w, w, out=pull)
        squares, cubes = _sum(pull), np.vecdot(pull, w)
        np.subtract(y, (np.vecdot(w, y) / total)[:, np.newaxis], out=pull)
        pull *= w
        slope, cross = np.vecdot(pull, pull), np.vecdot(w, pull)
        w *= pull
        return _scored(tau2, total, squares, cubes, slope, np.vecdot(w, pull) - cross**2 / total)

    return step


def _scored(tau2: Array, total: Array, squares: Array, cubes: Array, slope: Array, bend: Array) -> Array:
    """One step up the likelihood, from Σw, Σw², Σw³, y'PPy, y'PPPy: Newton's or, if it bends up, Fisher's."""
    share = squares / total
    expected = squares - 2 * cubes / total + share**2
    observed = 2 * bend - expected
    return np.maximum(tau2 + (slope - total + share) / np.where(observed > 0, observed, expected), 0)


def _all_but_one(task: Task, total: Array, squares: Floats, mean: Array, q: Array) -> tuple[Array, ...]:
    """What is over all studies, less what each of them adds to it."""
    w, residuals = 1 / task.v[0, : task.without], task.y[0, : task.without] - mean
    rest = total - w
    return rest, squares - w**2, mean - w * residuals / rest, q - w * residuals**2 * total / rest


def _weights_of_all_but_one(task: Task, rows: Array, tau2: Array) -> Iterator[tuple[slice, Array]]:
    """1/(v + τ²) with a 0 for the study left out, and the rows that they are for; a block at a time."""
    step = max(1, BLOCK // task.k)
    for first in range(0, len(rows), step):
        block = slice(first, first + step)
        w = _weights(task.v, tau2[block])
        w[np.arange(len(w)), rows[block]] = 0
        yield block, w


def _powers(y: Array, highest: int) -> Array:
    return np.stack([y**power for power in range(highest + 1)], axis=1)


def _weigh_all_but_one(task: Task, tau2: Array) -> tuple[Array, Array]:
    y, sums = _powers(task.y[0], 1), np.empty((task.without, 2))
    for block, w in _weights_of_all_but_one(task, np.arange(task.without), tau2):
        sums[block] = w @ y
    return sums[:, 0], sums[:, 1] / sums[:, 0]


def _steps_of_all_but_one(task: Task) -> Step:
    y = _powers(task.y[0], 2)

    def step(rows: Array, tau2: Array) -> Array:
        sums = np.empty((len(rows), 8))
        for block, w in _weights_of_all_but_one(task, rows, tau2):
            sums[block, :2] = w @ y[:, :2]
            square = w * w
            sums[block, 2:5] = square @ y
            sums[block, 5:] = np.multiply(square, w, out=w) @ y
        total, mean = sums[:, 0], sums[:, 1] / sums[:, 0]
        squares, pull, slope = _about(mean, *sums[:, 2:5].T)
        cubes, _, bend = _about(mean, *sums[:, 5:].T)
        return _scored(tau2, total, squares, cubes, slope, bend - pull**2 / total)

    return step


def _about(mean: Array, zeroth: Array, first: Array, second: Array) -> tuple[Array, Array, Array]:
    """Weighted sums of the powers of y − ``mean``, from those of y."""
    return zeroth, first - mean * zeroth, second - 2 * mean * first + mean**2 * zeroth


# ---------------------------------------------------------------- who computes it

Job = Callable[[], Run]


def timed(compute: Callable[[], Results]) -> Job:
    def job() -> Run:
        start = perf_counter()
        results = compute()
        return Run(perf_counter() - start, results)

    return job


class Contender(ABC):
    """A package and how it is asked for the results of a task."""

    name: str
    methods: Sequence[str] = METHODS

    def available(self) -> bool:
        return True

    def part(self, task: Task) -> Task:
        """What of the task is computed; the time is scaled to the whole by the number of effects."""
        return task

    @abstractmethod
    def job(self, task: Task, method: str) -> Job:
        """Something to run as often as wanted; what happens in here is not timed."""


class Floor(Contender):
    name = "floor"

    def job(self, task: Task, method: str) -> Job:
        return timed(lambda: floor(task, method))


class Ours(Contender):
    name = "sscreport"

    def job(self, task: Task, method: str) -> Job:
        def compute() -> Results:
            if task.without:
                found = leave_one_out(task.y[0], task.v[0], method=method)
            else:
                found = pool(task.y, task.v, method=method)
            return Results(found.estimate, found.se, found.tau2, found.q)

        return timed(compute)


class Statsmodels(Contender):
    """One call of `combine_effects` gives both, FE and DL, for one meta-analysis; its τ² may be below 0."""

    name = "statsmodels"
    methods = ("FE", "DL")

    def available(self) -> bool:
        return combine_effects is not None

    def job(self, task: Task, method: str) -> Job:
        def one(y: Array, v: Array) -> tuple[float, ...]:
            with np.errstate(invalid="ignore"):
                found = combine_effects(y, v, method_re="dl")
            if method == "FE":
                return found.mean_effect_fe, found.sd_eff_w_fe, 0.0, found.q
            return found.mean_effect_re, found.sd_eff_w_re, found.tau2, found.q

        def compute() -> Results:
            if task.without:
                y, v, every = task.y[0], task.v[0], range(task.without)
                return Results(*np.transpose([one(np.delete(y, i), np.delete(v, i)) for i in every]))
            return Results(*np.transpose([one(y, v) for y, v in zip(task.y, task.v, strict=True)]))

        return timed(compute)


class PyMARE(Contender):
    """All analyses in one call, one in each column; it gives no Q with them."""

    name = "PyMARE"

    def available(self) -> bool:
        return estimators is not None

    def job(self, task: Task, method: str) -> Job:
        def compute() -> Results:
            y, v = (left_out(task.y), left_out(task.v)) if task.without else (columns_y, columns_v)
            estimator = self._estimator(method)
            found = estimator.fit(y=y, v=v, X=np.ones((len(y), 1))).params_
            tau2 = np.broadcast_to(np.ravel(found["tau2"]), y.shape[1])
            return Results(found["fe_params"][0], np.sqrt(np.ravel(found["inv_cov"])), tau2)

        def left_out(values: Array) -> Array:
            every = np.arange(task.k - 1)[:, np.newaxis]
            return values[0][every + (every >= np.arange(task.without))]

        columns_y, columns_v = np.ascontiguousarray(task.y.T), np.ascontiguousarray(task.v.T)
        return timed(compute)

    def _estimator(self, method: str) -> estimators.estimators.BaseEstimator:
        if method == "FE":
            return estimators.WeightedLeastSquares()
        if method == "DL":
            return estimators.DerSimonianLaird(small_sample_correction="wald")
        return estimators.VarianceBasedLikelihoodEstimator("REML", small_sample_correction="wald")


class Metafor(Contender):
    """`rma.uni` for one meta-analysis after another, timed in R: starting it does not count.

    It fills matrices of k x k, so that one of a million studies is out of its reach and 2,000 take
    a minute; it computes a part of those tasks.
    """

    name = "metafor"
    most = 200  # meta-analyses
    longest = 500  # studies in one that is not left out from

    SCRIPT = """
        suppressMessages(library(metafor))
        given <- commandArgs(TRUE)
        numbers <- as.integer(given[3:5])
        cells <- function(name) {
            file <- file.path(given[1], name)
            matrix(readBin(file, "double", numbers[1] * numbers[2]), numbers[1], byrow = TRUE)
        }
        y <- cells("y")
        v <- cells("v")
        control <- list(threshold = 1e-10, maxiter = 1000)
        one <- function(y, v) {
            found <- rma.uni(y, v, method = given[2], control = control)
            c(found$b, found$se, found$tau2, found$QE)
        }
        start <- Sys.time()
        if (numbers[3] > 0) {
            results <- vapply(seq_len(numbers[3]), function(i) one(y[1, -i], v[1, -i]), numeric(4))
        } else {
            results <- vapply(seq_len(numbers[1]), function(i) one(y[i, ], v[i, ]), numeric(4))
        }
        seconds <- as.numeric(Sys.time() - start, units = "secs")
        writeBin(c(seconds, t(results)), file.path(given[1], "results"))
    """

    def available(self) -> bool:
        command = ["Rscript", "-e", "library(metafor)"]
        return which("Rscript") is not None and not subprocess.run(command, capture_output=True).returncode

    def part(self, task: Task) -> Task:
        if task.without:
            return replace(task, without=1)
        return replace(task, y=task.y[: self.most, : self.longest], v=task.v[: self.most, : self.longest])

    def job(self, task: Task, method: str) -> Job:
        def job() -> Run:
            with tempfile.TemporaryDirectory() as folder:
                task.y.tofile(Path(folder) / "y")
                task.v.tofile(Path(folder) / "v")
                given = (folder, method, *task.y.shape, task.without)
                subprocess.run(["Rscript", "-e", self.SCRIPT, *map(str, given)], check=True)
                seconds, *results = np.fromfile(Path(folder) / "results")
            return Run(seconds, Results(*np.reshape(results, (4, task.fits))))

        return job


PEERS: Mapping[str, Contender] = {peer.name: peer for peer in (Statsmodels(), PyMARE(), Metafor())}


# ---------------------------------------------------------------- the run


@dataclass
class Timing:
    """The best of several runs, in seconds for the whole task, and how long all of them took.

    ``not_compared``: analyses with a τ² below 0.
    """

    contender: Contender
    task: Task
    method: str
    best: float = np.inf
    spent: float = 0.0
    not_compared: int = 0

    def __post_init__(self):
        self.part = self.contender.part(self.task)
        self.job = self.contender.job(self.part, self.method)

    def run(self) -> Results:
        start = perf_counter()
        seconds, results = self.job()
        self.spent += perf_counter() - start
        self.best = min(self.best, seconds * self.task.size / self.part.size)
        return results

    @property
    def bound(self) -> str:
        """What stands before a time that was scaled: "≥" where fewer studies cost less than their share."""
        return "" if self.part.size == self.task.size else "≥" if self.part.k < self.task.k else "~"

    def notes(self) -> Iterator[str]:
        """What the table does not say."""
        name = f"{self.contender.name}, {self.task}"
        if self.bound:
            yield f"{name}: {self.bound} stands before the time of {self.part}, scaled to the whole"
        if self.bound == "≥":
            yield f"{name}: at least that, as the time for one grows faster than its number of studies"
        if self.not_compared:
            yield f"{name}: {self.method} of {self.not_compared:,} not compared, as its τ² is below 0 there"


def check(timings: Iterable[Timing]) -> list[str]:
    """Run each once, the first of its timings; what differs from the floor."""
    complaints = []
    for timing in timings:
        name = f"{timing.contender.name}, {timing.method}, {timing.part}"
        print(f"\r{name}\033[K", end="", file=sys.stderr, flush=True)
        results = timing.run()
        timing.not_compared = int(results.negative.sum())
        error = results.error(floor(timing.part, timing.method))
        if not error <= TOLERANCE:
            complaints.append(f"{name}: differs from the floor by {error:.1e}")
    print("\r\033[K", end="", file=sys.stderr)
    return complaints


def measure(timings: Sequence[Timing]) -> None:
    """Run the contenders in turn, each until it has taken enough time."""
    for _ in range(ROUNDS):
        for timing in timings:
            if timing.spent < ENOUGH:
                timing.run()


def ratio(value: float) -> str:
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def row(timings: Sequence[Timing]) -> str:
    base = timings[0].best
    ratios = {t.contender.name: t.bound + ratio(t.best / base) for t in timings[1:]}
    names = (Ours.name, *PEERS)
    cells = (str(timings[0].task), timings[0].method, f"{1e3 * base:,.3f}")
    return LINE.format(*cells, *(ratios.get(name, "-") for name in names))


class Outcome(NamedTuple):
    """What is printed of a task: complaints, or else the rows of the table and notes on them."""

    complaints: list[str]
    rows: list[str]
    notes: list[str]


def measured(kind: tuple[tuple[int, int], bool], peers: Sequence[str]) -> Outcome:
    """One task, in a process of its own: how fast memory is given depends on what was used before."""
    task = made(*kind)
    contenders = (Floor(), Ours(), *(PEERS[name] for name in peers))
    groups = [
        [Timing(contender, task, method) for contender in contenders if method in contender.methods]
        for method in METHODS
    ]
    every = [timing for group in groups for timing in group]
    if complaints := check(every):
        return Outcome(complaints, [], [])
    for group in groups:
        measure(group)
    remarks = dict.fromkeys(note for timing in every for note in timing.notes())
    return Outcome([], [row(group) for group in groups], list(remarks))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, to try the script")
    parser.add_argument("--peers", default=",".join(PEERS), help="compare with these (default: %(default)s)")
    options = parser.parse_args()
    names = [name for name in options.peers.split(",") if name]
    if not PEERS.keys() >= set(names):
        parser.error(f"the peers are {', '.join(PEERS)}")
    peers = [name for name in names if PEERS[name].available()]
    for name in names:
        if name not in peers:
            print(f"{name} is not installed: skipped")
    compared = (f"{name}/floor" for name in (Ours.name, *PEERS))
    print(LINE.format("meta-analyses", "method", "floor, ms", *compared), flush=True)
    remarks: list[str] = []
    wrong = False
    for kind in QUICK if options.quick else FULL:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            outcome = process.submit(measured, kind, peers).result()
        print(*(outcome.complaints or outcome.rows), sep="\n", flush=True)
        remarks += outcome.notes
        wrong = wrong or bool(outcome.complaints)
    for remark in remarks:
        print(remark)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
