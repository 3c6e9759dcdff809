"""The records reviewers talk about: study, outcome, analysis, effect size, synthesis, certainty.

Pure nouns. Everything printable in them is a `Value`, so whoever draws, tabulates or writes a
record can mark the number it prints.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sscreport.values import Book, Cell, Value


@dataclass(frozen=True)
class Field:
    """What the data dictionary says of a column: its words, its rounding, its unit.

    ``kind`` is its type ("integer", "number", "string" …); ``counted`` asks for the studies and
    patients with each of its contents. ``maximum`` is the largest number it may hold, if any.
    """

    name: str
    title: str
    kind: str
    style: str
    unit: str
    required: bool
    counted: bool
    maximum: float | None = None


@dataclass(frozen=True)
class Row:
    """One data row: its id and line, the values read from its columns and the cells behind them."""

    id: str
    file: str
    line: int
    values: Mapping[str, Value]
    cells: Mapping[str, Cell]

    def __getitem__(self, column: str) -> Value:
        return self.values[column]

    def content(self, column: str) -> Any:
        """The parsed content; None where the cell is empty, wrong, or the table has no such column."""
        value = self.values.get(column)
        return None if value is None else value.content


@dataclass(frozen=True)
class Study:
    """An included study. ``references`` are citation keys of its reports."""

    id: str
    label: Value
    row: Row
    references: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What was measured. ``better`` is "lower" or "higher": which way patients improve."""

    id: str
    name: str
    abbreviation: str
    unit: str
    better: str


@dataclass(frozen=True)
class Subgroup:
    """Data rows pooled together: those of some studies, of one timepoint (in months), or both."""

    id: str
    label: str
    studies: tuple[str, ...] | None = None
    timepoint: int | None = None

    def holds(self, row: Row) -> bool:
        return (self.studies is None or row.content("study") in self.studies) and (
            self.timepoint is None or row.content("timepoint_months") == self.timepoint
        )


# What may be decided for an analysis on top of the review's rules; see docs/what-if.md.
CHOICES = ("exclude", "model", "tau_squared", "interval", "assumed_correlation")


@dataclass(frozen=True)
class Analysis:
    """One planned synthesis, as recorded in review.toml.

    ``fallback_model`` and ``fallback_reason`` apply where the review's decision rule leaves the
    model undecided. ``choices`` are those of `CHOICES` that are made for this analysis, by name;
    ``excluded`` the rows that therefore do not enter, ``emptied`` the subgroups that keep no row.
    ``recorded_as``: the id in review.toml, where a scenario's analysis has another.
    """

    id: str
    title: str
    outcome: Outcome
    measure: str
    rows: tuple[Row, ...]
    subgroups: tuple[Subgroup, ...]
    subgroup_by: str
    fallback_model: str
    fallback_reason: str
    axis_low: str
    axis_high: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, Value] = field(default_factory=dict)
    excluded: tuple[Row, ...] = ()
    emptied: tuple[Subgroup, ...] = ()
    recorded_as: str = ""

    @property
    def place(self) -> str:
        """The key below which the settings of the analysis stand in the book."""
        return f"review.analyses.{self.recorded_as or self.id}"

    @property
    def recorded_rows(self) -> tuple[Row, ...]:
        """The rows in the order of their file, with those of excluded studies."""
        return tuple(sorted((*self.rows, *self.excluded), key=lambda row: row.line))

    def without(self, studies: Collection[str]) -> Analysis:
        """The analysis without the rows of some studies, and without subgroups that they leave empty."""
        left_out = tuple(row for row in self.rows if row.content("study") in studies)
        rows = tuple(row for row in self.rows if row.content("study") not in studies)
        emptied = tuple(
            group for group in self.subgroups
            if any(map(group.holds, left_out)) and not any(map(group.holds, rows))
        )  # fmt: skip
        return replace(
            self,
            rows=rows,
            subgroups=tuple(group for group in self.subgroups if group not in emptied),
            excluded=(*self.excluded, *left_out),
            emptied=(*self.emptied, *emptied),
        )

    @property
    def recorded_subgroups(self) -> tuple[Subgroup, ...]:
        return (*self.subgroups, *self.emptied)

    @property
    def exclusion(self) -> tuple[Value, ...]:
        """What decided that rows do not enter; nothing where all do."""
        return (self.choices["exclude"],) if self.excluded else ()


@dataclass(frozen=True)
class StudyEffect:
    """One row of a forest plot; its values stand in the book under ``key``.

    ``effect`` and ``se`` are on the analysis scale (the log for ratios); ``estimate``, ``ci_low``
    and ``ci_high`` on the reported scale. ``weight`` is a percentage of the whole
    analysis (None until the model is known). ``columns`` are the measure's data columns by their
    role (``md``, ``se``, ``events_after`` …).
    """

    key: str
    study: Study
    row: Row
    columns: Mapping[str, Value]
    n: Value
    effect: Value
    se: Value
    estimate: Value
    ci_low: Value
    ci_high: Value
    weight: Value | None = None

    def role(self, name: str) -> Value:
        """A data column, or "effect" or "se", as the formulas of `measures` ask for them."""
        return {"effect": self.effect, "se": self.se}.get(name) or self.columns[name]

    @property
    def reconstructed(self) -> bool:
        return self.estimate.reconstructed or self.se.reconstructed


@dataclass(frozen=True)
class Pooled:
    """A pooled estimate on the reported scale, its test, and how much evidence it rests on.

    ``k`` and ``n`` count each study once; ``totals`` are sums over the rows, as a forest plot
    prints them. ``weight`` is the share of the whole analysis (None in leave-one-out). ``z`` is a t
    statistic on ``df`` degrees of freedom where the interval is of Hartung and Knapp.
    """

    estimate: Value
    ci_low: Value
    ci_high: Value
    z: Value
    p: Value
    k: Value
    n: Value
    weight: Value | None
    totals: Mapping[str, Value]
    df: Value | None = None


@dataclass(frozen=True)
class Heterogeneity:
    """Cochran's Q with its test, I² in percent (0 to 100) and τ²."""

    q: Value
    df: Value
    p: Value
    i_squared: Value
    tau_squared: Value


@dataclass(frozen=True)
class Group:
    """Studies pooled together: a subgroup or the whole. One study has no heterogeneity."""

    id: str
    label: Value | None
    effects: tuple[StudyEffect, ...]
    pooled: Pooled
    heterogeneity: Heterogeneity | None

    @property
    def reconstructed(self) -> bool:
        return self.pooled.estimate.reconstructed


@dataclass(frozen=True)
class SubgroupTest:
    """Test for subgroup differences: Q between the subgroups' pooled estimates."""

    q: Value
    df: Value
    p: Value
    i_squared: Value


@dataclass(frozen=True)
class SmallStudyEffects:
    """Tests for funnel plot asymmetry over ``k`` studies."""

    egger_intercept: Value
    egger_p: Value
    begg_p: Value
    k: Value


@dataclass(frozen=True)
class BaujatPoint:
    """How much a study contributes to Cochran's Q, and how much the pooled result rests on it."""

    contribution: Value
    influence: Value


@dataclass(frozen=True)
class Decision:
    """The model used ("fixed" or "random") and why.

    ``verdict`` is what the recorded rule says: "fixed", "random" or "undecided"; "set aside" where a
    model is set for the analysis.
    """

    model: Value
    verdict: Value
    reason: Value


@dataclass(frozen=True)
class Words:
    """Words that depend on numbers, by the review's recorded policy.

    ``change``: "improved", "worsened" or "unclear". ``significance``: "significant" or "not
    significant". ``heterogeneity``: "no", "low", "moderate" or "high" ("" for one study).
    """

    change: Value
    significance: Value
    heterogeneity: Value


@dataclass(frozen=True)
class OtherModel:
    """The same analysis under the model that was not chosen, to stand beside it.

    ``pooled`` by group id, "overall" for the whole; ``weights`` by the key of the study effect.
    """

    model: Value
    pooled: Mapping[str, Pooled]
    weights: Mapping[str, Value]


@dataclass(frozen=True)
class Specification:
    """One way to analyse: the level chosen in each dimension, and the result on the reported scale."""

    levels: tuple[str, ...]
    estimate: float
    ci_low: float
    ci_high: float
    p: float


@dataclass(frozen=True)
class Level:
    """One choice of a dimension."""

    id: str
    name: Value | str


@dataclass(frozen=True)
class Dimension:
    """One thing that has to be chosen; ``place`` is that of its level in `Specification.levels`."""

    title: str
    place: int
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Grid:
    """Every reasonable way to analyse the same studies, by the size of the estimate.

    ``dimensions`` is empty where no figure shows them. ``article`` and ``sound`` are the positions of the
    two specifications that are named, where they are among them; ``alpha`` the level of significance.
    """

    specifications: tuple[Specification, ...]
    dimensions: tuple[Dimension, ...]
    article: int | None
    sound: int | None
    sound_estimate: Value | None
    alpha: Value
    count: Value
    significant: Value
    lowest: Value
    highest: Value
    median: Value
    flipped: Value


@dataclass(frozen=True)
class Synthesis:
    """All results of one analysis. ``level`` is the confidence level of every interval, in percent.

    ``groups`` is empty where there are no subgroups.
    """

    analysis: Analysis
    level: Value
    overall: Group
    groups: tuple[Group, ...]
    decision: Decision
    subgroup_test: SubgroupTest | None
    leave_one_out: Mapping[str, Pooled]  # by the id of the study left out
    small_study: SmallStudyEffects | None
    words: Mapping[str, Words]  # by group id; "overall" for the whole
    cumulative: Mapping[str, Pooled] = field(default_factory=dict)  # by the id of the study added
    prediction: tuple[Value, Value] | None = None  # where a new study's effect is expected
    other: OtherModel | None = None
    important: Value | None = None  # the minimal important difference of the outcome
    baujat: tuple[BaujatPoint, ...] = ()  # of each study effect, where a figure shows them
    sweep: Mapping[float, Pooled] = field(default_factory=dict)  # by the pre-post correlation, likewise
    grid: Grid | None = None  # of the whole analysis, where alternatives are asked for

    @property
    def reconstructed(self) -> bool:
        return any(effect.reconstructed for effect in self.overall.effects)


@dataclass(frozen=True)
class Amount:
    """The size of a difference without its sign, and the way it points ("lower", "more" …)."""

    size: Value
    way: Value


@dataclass(frozen=True)
class AbsoluteEffect:
    """An effect in the outcome's own units, or for a ratio in events per 1000.

    ``interval`` holds the limits of the difference, None where it has none. ``before`` and
    ``after`` (the risk, and its limits) are those of a ratio; ``observed`` says that the ratio
    could not be applied, so that ``after`` is the observed risk.
    """

    difference: Amount
    interval: tuple[Amount, Amount] | None
    before: Value | None = None
    after: tuple[Value, ...] = ()
    observed: bool = False


@dataclass(frozen=True)
class Finding:
    """One row of the summary of findings: a group's pooled result and how certain it is."""

    id: str
    synthesis: Synthesis
    group: Group
    label: Value
    judgements: Mapping[str, Value]  # by GRADE domain
    reasons: Mapping[str, Value]  # footnote text, by GRADE domain, where downgraded
    certainty: Value  # "high", "moderate", "low", "very low"
    symbols: Value  # one circle a level, filled up to the certainty
    absolute: AbsoluteEffect | None  # None for a ratio of anything but risks before and after
    statement: Value  # what happens, in GRADE's words for this certainty
    about: str = ""  # its name, for labels


# Levels of certainty that a judgement takes away.
JUDGEMENTS: Mapping[str, int] = {
    "not applicable": 0,
    "not serious": 0,
    "serious": 1,
    "very serious": 2,
    "extremely serious": 3,
}
# The domains of GRADE that lower certainty, in its order.
DOMAINS = ("risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias")


@dataclass(frozen=True)
class DomainRating:
    """One domain of one re-graded finding: what the data suggest, and what the raters judged.

    ``departure`` says why the two differ, None where they agree. ``remedy`` is what would resolve
    the concern, None where there is none.
    """

    suggestion: Value
    judgement: Value
    rationale: Value
    departure: Value | None
    remedy: Value | None


@dataclass(frozen=True)
class Rating:
    """A finding rated anew, domain by domain. ``change`` says what would raise the certainty."""

    finding: Finding
    domains: Mapping[str, DomainRating]
    certainty: Value
    symbols: Value
    statement: Value
    change: Value


@dataclass(frozen=True)
class Scenario:
    """Other choices for some analyses, to see what they would change; docs/what-if.md.

    ``analyses`` and ``outcomes`` are ids, all analyses where both are empty. ``exclude`` are ids of
    studies. Of the other choices None leaves what the review has: ``model`` "fixed" or "random",
    ``tau_squared`` and ``interval`` as in review.toml, ``correlation`` of before and after.
    """

    id: str
    title: str
    why: str = ""
    analyses: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    model: str | None = None
    tau_squared: str | None = None
    interval: str | None = None
    correlation: float | None = None

    @property
    def choices(self) -> dict[str, Any]:
        """What is chosen, by the name of the setting in review.toml."""
        found = {
            "exclude": list(self.exclude) or None,
            "model": self.model,
            "tau_squared": self.tau_squared,
            "interval": self.interval,
            "assumed_correlation": self.correlation,
        }
        return {name: content for name, content in found.items() if content is not None}


@dataclass(frozen=True)
class Compared:
    """One result of a scenario beside that of the review: the same place of the same analysis.

    ``label`` names the subgroup, None for the whole. ``conclusion`` says whether another one is drawn.
    """

    scenario: Value
    why: Value | None
    analysis: Value
    label: Value | None
    main: Group
    other: Group
    conclusion: Value


@dataclass(frozen=True)
class Review:
    """Everything that was loaded. ``tables`` are all data rows by file stem; ``fields`` their columns."""

    root: Any
    book: Book
    settings: Mapping[str, Any]
    studies: Mapping[str, Study]
    outcomes: Mapping[str, Outcome]
    analyses: tuple[Analysis, ...]
    tables: Mapping[str, Sequence[Row]]
    fields: Mapping[str, Mapping[str, Field]]
    references: Mapping[str, Mapping[str, Any]]
    constants: Mapping[str, str]


@dataclass(frozen=True)
class Spot:
    """Where a figure prints something: its text, and its box in mm from the figure's top left.

    ``key`` is that of the value, None for a constant such as a tick of an axis.
    """

    key: str | None
    text: str
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Figure:
    """A finished figure: SVG text with marked numbers, and the description a reader hears.

    ``spots`` are its printed values and constants in the order of the SVG. ``data`` is what it
    shows as a table, None for kinds of figure that have none; figures are equal that look the same.
    """

    id: str
    svg: str
    alt: str
    width_mm: float
    height_mm: float
    spots: tuple[Spot, ...] = ()
    data: FigureData | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Cite:
    """Citation keys of reports in the list of references."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """A footnote of a table. Without a ``mark`` of its own it gets a letter, in reading order."""

    text: Value | str
    mark: str | None = None


Part = Value | Cite | Note | str


@dataclass(frozen=True)
class TableCell:
    """What a cell says, part by part in reading order. ``align``: left, center, right or decimal."""

    parts: tuple[Part, ...]
    header: bool = False
    colspan: int = 1
    rowspan: int = 1
    align: str = "left"


@dataclass(frozen=True)
class AuditFinding:
    """One thing in the article that does not fit: where, what, by what evidence, and what to do instead.

    ``by_hand``: people recorded it; otherwise a check found it. ``severity``: "high", "moderate" or "low".
    """

    place: Part
    what: Value
    evidence: tuple[Value, ...]
    severity: str
    remedy: Part
    by_hand: bool


@dataclass(frozen=True)
class Table:
    """A finished table: rows of cells, and what a dash in them means.

    ``landscape`` None leaves it to the width of the table whether the page is turned. ``records`` say
    the same for machines, where the printed rows would not serve them; all have the same fields.
    """

    id: str
    head: tuple[tuple[TableCell, ...], ...]
    body: tuple[tuple[TableCell, ...], ...]
    landscape: bool | None = None
    dash: str = "not reported"
    records: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Statement:
    """One number of a published claim. ``recomputed`` is None where no data lead to it.

    ``sound`` is what would be reported in its stead, None where no number would.
    """

    column: str  # of the claims file
    printed: Value
    recomputed: Value | None
    sound: Value | None
    verdict: str


@dataclass(frozen=True)
class Entry:
    """A published claim beside what the data give, and the verdict with its reason.

    ``sound`` is what a careful methodologist would report instead, empty where nothing is known.
    ``verdict`` is the worst of its statements'; ``why`` goes on from it as a sentence.
    """

    id: str
    section: Value
    claim: tuple[Part, ...]
    place: Value
    published: tuple[Part, ...]
    recomputed: tuple[Part, ...]
    sound: tuple[Part, ...]
    statements: tuple[Statement, ...]
    verdict: Value
    why: tuple[Part, ...]


@dataclass(frozen=True)
class FigureData:
    """What a figure shows, as a table; ``told`` says each row of its body as one sentence."""

    table: Table
    told: tuple[str, ...]
