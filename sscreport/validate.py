"""Validate: what the data dictionary cannot say because it takes more than one cell.

Each check yields problems about one kind of contradiction; all run before the build stops. A cell
that the dictionary already refused is None here and is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from sscreport.choices import senseless
from sscreport.folder import REFERENCES, SETTINGS
from sscreport.measures import MEASURES, measure_of
from sscreport.problems import InputError, Problem, did_you_mean, refuse
from sscreport.records import DOMAINS, JUDGEMENTS, Analysis, Review, Row

Check = Callable[[Review], Iterator[Problem]]


def validate(review: Review, problems: Sequence[Problem] = (), noted: list[Problem] | None = None) -> None:
    """Raise `InputError` with ``problems`` (from loading) and every contradiction found here.

    With ``noted``, what was recorded of analyses as they were is noted there instead.
    """
    found = [*problems]
    if not review.studies:
        raise InputError(found)  # everything else would only repeat that
    for check in CHECKS:
        if noted is not None and check in OF_ANALYSES_AS_THEY_WERE:
            noted.extend(check(review))
        else:
            found.extend(check(review))
    refuse(found)


def _complain(row: Row, column: str, expected: str) -> Problem:
    return Problem(row.file, expected, row.line, row.id, column, row.cells[column].raw)


def _setting(path: str, key: str, value: object, expected: str) -> Problem:
    return Problem(SETTINGS, expected, row=path, column=key, value=str(value))


def _meant(name: str, known: Iterable[str]) -> str:
    return did_you_mean(name, known, listed=True)


def _rows(review: Review, table: str) -> Sequence[Row]:
    return review.tables.get(table, ())


# ---------------------------------------------------------------- checks


def analyses_name_what_exists(review: Review) -> Iterator[Problem]:
    for analysis in review.analyses:
        path, table = f"analyses.{analysis.id}", analysis.settings
        if analysis.measure not in MEASURES:
            expected = f"There is no such effect measure.{_meant(analysis.measure, MEASURES)}"
            yield _setting(path, "measure", analysis.measure, expected)
        elif missing := [role for role in measure_of(analysis).roles if role not in table["columns"]]:
            yield _setting(
                path, "columns", table["columns"], f"The measure also needs: {', '.join(missing)}."
            )
        if table["outcome"] not in review.outcomes:
            expected = f"There is no such outcome.{_meant(table['outcome'], review.outcomes)}"
            yield _setting(path, "outcome", table["outcome"], expected)
        if table["data"] not in review.tables:
            expected = f"There is no such data file.{_meant(table['data'], review.tables)}"
            yield _setting(path, "data", table["data"], expected)
        elif not review.tables[table["data"]]:
            continue  # the dictionary has said why nothing could be read
        elif not analysis.recorded_rows:
            yield _setting(
                path, "data", table["data"], "No row has this outcome and one of these timepoints."
            )
        else:
            yield from _columns_exist(analysis, path)


def _columns_exist(analysis: Analysis, path: str) -> Iterator[Problem]:
    known = analysis.recorded_rows[0].values
    for role, column in analysis.settings["columns"].items():
        if column not in known:
            expected = f"The data file has no such column.{_meant(column, known)}"
            yield _setting(f"{path}.columns", role, column, expected)


def choices_can_be_made(review: Review) -> Iterator[Problem]:
    """What is set for an analysis on top of the review's rules: excluded studies, model, correlation."""
    for analysis in review.analyses:
        path, table = analysis.place.removeprefix("review."), analysis.settings
        known = {row.content("study") for row in analysis.recorded_rows}
        for study in table.get("exclude", ()):
            if study not in known:
                expected = f"No row of this analysis is of such a study.{_meant(study, sorted(known))}"
                yield _setting(path, "exclude", study, expected)
        for name, content, expected in senseless(analysis):
            yield _setting(path, name, content, expected)


def effect_rows_name_known_outcomes(review: Review) -> Iterator[Problem]:
    for table in {analysis.settings["data"] for analysis in review.analyses}:
        for row in _rows(review, table):
            outcome = row.content("outcome")
            if outcome is not None and outcome not in review.outcomes:
                expected = f"There is no such outcome in {SETTINGS}.{_meant(outcome, review.outcomes)}"
                yield _complain(row, "outcome", expected)


def a_study_enters_once(review: Review) -> Iterator[Problem]:
    reported: set[str] = set()
    for analysis in review.analyses:
        seen: dict[tuple[str | None, str], Row] = {}
        for row in analysis.rows:
            home = next((group.id for group in analysis.subgroups if group.holds(row)), None)
            key = (home, row.content("study"))
            if key in seen and row.id not in reported:
                reported.add(row.id)
                first = seen[key].id
                yield _complain(
                    row, "study", f"Row {first} already brings this study into the same pooled group."
                )
            seen.setdefault(key, row)


def subgroups_take_every_row_once(review: Review) -> Iterator[Problem]:
    for analysis in review.analyses:
        known = [row for row in analysis.rows if row.content("study") in review.studies]
        for row in known if analysis.subgroups else ():
            homes = [group.id for group in analysis.subgroups if group.holds(row)]
            if len(homes) != 1:
                where = "no subgroup" if not homes else f"several subgroups ({', '.join(homes)})"
                expected = f"The row belongs to {where} of analysis {analysis.id}; it must be in exactly one."
                yield _complain(row, "study", expected)


def subgroups_name_studies(review: Review) -> Iterator[Problem]:
    for analysis in review.analyses:
        for group in analysis.subgroups:
            for study in group.studies or ():
                if study not in review.studies:
                    expected = f"There is no such study in data/studies.csv.{_meant(study, review.studies)}"
                    yield _setting(f"analyses.{analysis.id}.subgroups.{group.id}", "studies", study, expected)


def patients_add_up(review: Review) -> Iterator[Problem]:
    for row in _rows(review, "studies"):
        patients, female, male = (row.content(name) for name in ("patients", "female", "male"))
        if None not in (patients, female, male) and female + male != patients:
            yield _complain(row, "patients", f"Women and men add up to {female + male} patients.")


def no_more_patients_than_treated(review: Review) -> Iterator[Problem]:
    for table in ("mean_differences", "lung_function", "narrative"):
        for row in _rows(review, table):
            study, n = review.studies.get(row.content("study") or ""), row.content("n")
            treated = study.row.content("patients") if study else None
            if None not in (treated, n) and n > treated:
                yield _complain(row, "n", f"The study treated {treated} patients (data/studies.csv).")


def events_fit_totals(review: Review) -> Iterator[Problem]:
    pairs = (
        ("ulcers", "healed_before", "ulcers"),
        ("ulcers", "healed_after", "ulcers"),
        ("narrative", "n_improved", "n"),
        ("lung_function", "n_improved", "n"),
    )
    for table, part, whole in pairs:
        for row in _rows(review, table):
            some, all_ = row.content(part), row.content(whole)
            if None not in (some, all_) and some > all_:
                yield _complain(row, part, f"It cannot be more than {whole}, which is {all_}.")


def differences_fit_the_scale(review: Review) -> Iterator[Problem]:
    for row in _rows(review, "mean_differences"):
        scale, md = row.content("scale"), row.content("md")
        if scale and md is not None:
            low, high = map(float, scale.split("-"))
            if abs(md) > high - low:
                yield _complain(
                    row, "md", f"No difference on a scale of {scale} can be larger than {high - low:g}."
                )


def adverse_events_add_up(review: Review) -> Iterator[Problem]:
    for row in _rows(review, "safety"):
        total, study = row.content("events"), row.content("study")
        counted = row.content("reporting") == "counted"
        if counted and total is None:
            yield _complain(row, "events", "Counted adverse events need their number.")
        if not counted and total is not None:
            yield _complain(
                row, "events", f"Only counted events have a number; reporting is {row.content('reporting')}."
            )
        if total is None:
            continue
        listed = [
            event.content("events")
            for event in _rows(review, "adverse_events")
            if event.content("study") == study
        ]
        if None not in listed and sum(listed) != total:
            yield _complain(
                row, "events", f"The study's rows in data/adverse_events.csv add up to {sum(listed)}."
            )


# Rows that data/screening.csv must have; without the optional ones the step or reason does not exist.
# Rows whose id begins with "excluded_" count reports excluded in full text, for the reason `stage`.
SCREENING = (
    "databases",
    "manual",
    "identified",
    "deduplicated",
    "full_text",
    "included",
    "quantitative",
)
OPTIONAL = ("registers", "removed_automation", "removed_other", "sought", "one_population")


def flow_diagram_has_its_counts(review: Review) -> Iterator[Problem]:
    wanted = any(figure["kind"] == "flow" for figure in review.settings.get("figures", []))
    rows = {row.id for row in _rows(review, "screening")}
    if not rows and not wanted:
        return
    for name in SCREENING:
        if name not in rows:
            yield Problem("data/screening.csv", f"The flow of studies needs a row {name}.")
    if wanted and not _rows(review, "search"):
        yield Problem("data/search.csv", "The flow diagram needs the records found in each database.")


def screening_adds_up(review: Review) -> Iterator[Problem]:
    rows = {row.id: row for row in _rows(review, "screening")}
    if not set(SCREENING) <= set(rows):
        return
    counts = {name: row.content("count") for name, row in rows.items()}
    found = [row.content("records") for row in _rows(review, "search")]
    if None in counts.values() or None in found:
        return
    used = {row.content("study") for analysis in review.analyses for row in analysis.rows} & set(
        review.studies
    )
    excluded = sum(number for name, number in counts.items() if name.startswith("excluded_"))
    removed = sum(counts.get(name, 0) for name in ("removed_automation", "removed_other"))
    sums = [
        ("databases", sum(found), "The records in data/search.csv add up to {}."),
        (
            "identified",
            counts["databases"] + counts.get("registers", 0) + counts["manual"],
            "Databases, registers and hand searching add up to {}."
            if "registers" in counts
            else "Databases and hand searching add up to {}.",
        ),
        (
            "included",
            counts["full_text"] - excluded - counts.get("one_population", 1) + 1,
            "Reports read in full, less those excluded, those of one population counted once, come to {}."
            if excluded
            else "Reports read in full, those of one population counted once, come to {}.",
        ),
        ("included", len(review.studies), "data/studies.csv has {} studies."),
        ("quantitative", len(used), "The effect data come from {} studies."),
    ]
    for name, expected, sentence in sums:
        if counts[name] != expected:
            yield _complain(rows[name], "count", sentence.format(expected))
    steps = [name for name in ("identified", "deduplicated", "sought", "full_text") if name in counts]
    for larger, smaller in pairwise(steps):
        most, less = counts[larger], ""
        if smaller == "deduplicated" and removed:
            most, less = most - removed, " less the records removed"
        if counts[smaller] > most:
            yield _complain(
                rows[smaller], "count", f"It cannot be more than {larger}{less}, which is {most}."
            )


def screening_rows_are_known(review: Review) -> Iterator[Problem]:
    if not any(figure["kind"] == "flow" for figure in review.settings.get("figures", [])):
        return
    for row in _rows(review, "screening"):
        if row.id not in (*SCREENING, *OPTIONAL) and not row.id.startswith("excluded_"):
            expected = f"The flow diagram knows no such row.{_meant(row.id, (*SCREENING, *OPTIONAL))}"
            yield _complain(row, "id", expected)


def references_exist(review: Review) -> Iterator[Problem]:
    cited = [(row, "references") for row in _rows(review, "studies")]
    cited += [(row, "reference") for row in _rows(review, "cited_facts")]
    cited += [(row, "references") for row in _rows(review, "placebo_arms")]
    for row, column in cited if review.references else ():
        for key in (row.content(column) or "").split():
            if key not in review.references:
                hint = did_you_mean(key, review.references)
                yield _complain(row, column, f"There is no reference {key} in {REFERENCES}.{hint}")


def placebo_arms_name_outcomes(review: Review) -> Iterator[Problem]:
    for row in _rows(review, "placebo_arms"):
        outcome = row.content("outcome")
        if outcome is not None and outcome not in review.outcomes:
            expected = f"There is no such outcome in {SETTINGS}.{_meant(outcome, review.outcomes)}"
            yield _complain(row, "outcome", expected)


def alternatives_have_an_order(review: Review) -> Iterator[Problem]:
    settings = review.settings.get("alternatives")
    if settings is None:
        return
    low, high = settings["band"]["low"], settings["band"]["high"]
    if not low <= settings["correlation"] <= high:
        yield _setting(
            "alternatives", "correlation", settings["correlation"],
            f"It must lie in the band of correlations, from {low:g} to {high:g}.",
        )  # fmt: skip


def judgements_name_what_exists(review: Review) -> Iterator[Problem]:
    groups = {analysis.id: {group.id for group in analysis.subgroups} for analysis in review.analyses}
    for row in _rows(review, "grade"):
        analysis, group = row.content("analysis"), row.content("group")
        if analysis is not None and analysis not in groups:
            yield _complain(
                row, "analysis", f"There is no such analysis in {SETTINGS}.{_meant(analysis, groups)}"
            )
        elif analysis is not None and group and group not in groups[analysis]:
            yield _complain(
                row, "group", f"Analysis {analysis} has no such subgroup.{_meant(group, groups[analysis])}"
            )


# Checks that the choices of an analysis can make fail although nobody recorded anything wrong.
OF_ANALYSES_AS_THEY_WERE = (screening_adds_up, judgements_name_what_exists)


def tables_name_columns(review: Review) -> Iterator[Problem]:
    known = review.fields["studies"]
    for table in review.settings.get("tables", []):
        for column in table.get("columns", []):
            for name in re.findall(r"\{(\w+)\}", column["text"]):
                if name not in known:
                    expected = f"data/studies.csv has no column {name}.{_meant(name, known)}"
                    yield _setting(f"tables.{table['id']}", column["title"], column["text"], expected)


def figures_name_analyses(review: Review) -> Iterator[Problem]:
    known = [analysis.id for analysis in review.analyses]
    for figure in review.settings.get("figures", []):
        if "analysis" in figure and figure["analysis"] not in known:
            expected = f"There is no such analysis.{_meant(figure['analysis'], known)}"
            yield _setting(f"figures.{figure['id']}", "analysis", figure["analysis"], expected)


def figures_have_what_they_show(review: Review) -> Iterator[Problem]:
    by_id = {analysis.id: analysis for analysis in review.analyses}
    for figure in review.settings.get("figures", []):
        path, kind, analysis = f"figures.{figure['id']}", figure["kind"], by_id.get(figure.get("analysis"))
        if kind == "nos":
            if not _rows(review, "newcastle_ottawa"):
                yield _setting(path, "kind", kind, "It shows data/newcastle_ottawa.csv, which has no rows.")
        elif analysis and kind == "sweep":
            measure = MEASURES.get(analysis.measure)
            if measure and "md" not in measure.roles:
                expected = "The correlation between before and after matters to mean differences only."
                yield _setting(path, "analysis", analysis.id, expected)
            elif "correlation" not in analysis.settings:
                expected = (
                    "A sweep needs the correlation between before and after that the standard errors assume: "
                    "0 where both were compared as independent groups."
                )
                yield _setting(f"analyses.{analysis.id}", "correlation", "", expected)


def quality_has_its_bands(review: Review) -> Iterator[Problem]:
    if not _rows(review, "newcastle_ottawa"):
        return
    bands = review.settings["policy"].get("quality")
    if bands is None:
        expected = "Scores in data/newcastle_ottawa.csv need this table: maximum, low_up_to and high_from."
        yield Problem(SETTINGS, expected, row="policy.quality")
    elif not 0 <= bands["low_up_to"] < bands["high_from"] <= bands["maximum"]:
        expected = "Scores up to low_up_to are low, from high_from to maximum high; the three must ascend."
        yield _setting("policy.quality", "high_from", bands["high_from"], expected)


def stars_add_up(review: Review) -> Iterator[Problem]:
    items = [
        name
        for name, field in review.fields.get("newcastle_ottawa", {}).items()
        if field.kind == "integer" and name != "total"
    ]
    maximum = review.settings["policy"].get("quality", {}).get("maximum")
    for row in _rows(review, "newcastle_ottawa"):
        total, stars = row.content("total"), [row.content(name) for name in items]
        if total is None:
            continue
        if maximum is not None and total > maximum:
            yield _complain(row, "total", f"policy.quality.maximum allows at most {maximum:g} stars.")
        if items and None not in stars and sum(stars) != total:
            yield _complain(row, "total", f"The stars of the items add up to {sum(stars)}.")


def bands_ascend(review: Review) -> Iterator[Problem]:
    bands = review.settings["policy"]["heterogeneity"]
    if not bands["low"] < bands["moderate"] < bands["high"]:
        yield _setting(
            "policy.heterogeneity", "moderate", bands["moderate"], "Low, moderate and high must ascend."
        )


def certainty_starts_on_a_level(review: Review) -> Iterator[Problem]:
    if "grade" not in review.settings:
        if _rows(review, "grade"):
            yield Problem(
                SETTINGS, "Judgements in data/grade.csv need the table [grade]: start, levels and domains."
            )
        return
    start, levels = review.settings["grade"]["start"], review.settings["grade"]["levels"]
    if start not in levels:
        yield _setting("grade", "start", start, f"It must be one of: {', '.join(levels)}.")


def footnotes_fit_judgements(review: Review) -> Iterator[Problem]:
    """Where data/grade.csv has columns for the footnotes of its source: one for each concern, no other."""
    domains = [
        name.removesuffix("_footnote")
        for name in review.fields.get("grade", {})
        if name.endswith("_footnote")
    ]
    for row in _rows(review, "grade"):
        for domain in domains:
            judgement, footnote = row.content(domain), (row.content(f"{domain}_footnote") or "").strip()
            if judgement == "serious" and not footnote:
                yield _complain(row, f"{domain}_footnote", "A serious concern needs its reason.")
            elif judgement == "not serious" and footnote:
                yield _complain(row, f"{domain}_footnote", f"There is no concern about {domain} to explain.")


def judgements_are_complete(review: Review) -> Iterator[Problem]:
    """data/regrade.csv judges every domain of every finding once, each with its reason."""
    rows = _rows(review, "regrade")
    if not rows:
        return
    findings = [finding.id for finding in _rows(review, "grade")]
    seen: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = (row.content("row"), row.content("domain"))
        if key in seen:
            yield _complain(row, "domain", f"Row {seen[key].id} has already judged this domain.")
        seen.setdefault(key, row)
        for column, known in (("row", findings), ("domain", DOMAINS), ("judgement", JUDGEMENTS)):
            if row.content(column) not in (None, *known):
                yield _complain(row, column, f"It must be one of: {', '.join(known)}.")
        for column in ("rationale", "raters"):
            if row.cells[column].raw and not row.cells[column].raw.strip():
                yield _complain(row, column, "A value is required; spaces are none.")
    for finding in _rows(review, "grade"):
        missing = [domain for domain in DOMAINS if (finding.id, domain) not in seen]
        if missing:
            expected = f"The finding {finding.id} needs a judgement of: {', '.join(missing)}."
            yield Problem(rows[0].file, expected, row=finding.id, column="domain", value="")


def suggestions_have_their_limits(review: Review) -> Iterator[Problem]:
    grade = review.settings.get("grade", {})
    if _rows(review, "regrade"):
        for table in ("suggest", "regrade"):
            if table not in grade:
                expected = "Judgements in data/regrade.csv need this table."
                yield Problem(SETTINGS, expected, row=f"grade.{table}")
    for name in ("start", "other_start"):
        start = grade.get("regrade", {}).get(name)
        if start is not None and start not in grade["levels"]:
            yield _setting("grade.regrade", name, start, f"It must be one of: {', '.join(grade['levels'])}.")
    for name in grade.get("suggest", {}).get("co_treatments", {}):
        if name not in review.studies and name not in ("provenance", "source", "locator"):
            expected = f"There is no such study in data/studies.csv.{_meant(name, review.studies)}"
            yield _setting("grade.suggest.co_treatments", name, name, expected)


CHECKS: tuple[Check, ...] = (
    analyses_name_what_exists,
    choices_can_be_made,
    effect_rows_name_known_outcomes,
    a_study_enters_once,
    subgroups_take_every_row_once,
    subgroups_name_studies,
    patients_add_up,
    no_more_patients_than_treated,
    events_fit_totals,
    differences_fit_the_scale,
    adverse_events_add_up,
    flow_diagram_has_its_counts,
    screening_adds_up,
    screening_rows_are_known,
    references_exist,
    placebo_arms_name_outcomes,
    alternatives_have_an_order,
    judgements_name_what_exists,
    tables_name_columns,
    figures_name_analyses,
    figures_have_what_they_show,
    quality_has_its_bands,
    stars_add_up,
    bands_ascend,
    certainty_starts_on_a_level,
    footnotes_fit_judgements,
    judgements_are_complete,
    suggestions_have_their_limits,
)
