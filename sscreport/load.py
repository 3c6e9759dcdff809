"""Load: a review folder's files become a `Review` whose every cell is a value with an address.

Types, ranges and references are stated in ``data/datapackage.json`` (tables, enforced with
frictionless) and ``schemas/review.schema.json`` (review.toml, enforced with jsonschema). Problems
are collected, not raised one by one: a row with a wrong cell is still loaded, without that cell,
so that `validate` can look at the rest.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema

from sscreport.dictionary import Dictionary
from sscreport.folder import DICTIONARY, REFERENCES, SETTINGS
from sscreport.problems import InputError, Problem, UsageError, did_you_mean
from sscreport.records import CHOICES, Analysis, Outcome, Review, Row, Study, Subgroup
from sscreport.references import load_references
from sscreport.values import PROVENANCE, Book, Cell

DESCRIBING = ("provenance", "source", "locator", "note")
SOLVED_FROM = "solved_from"
CLAIMS = "published_claims"
# What of a claim or of a statement in review.toml is a printed number.
PRINTED = ("value", "ci_low", "ci_high", "p", "i2_percent", "het_p")


def load(root: Path) -> tuple[Review, list[Problem]]:
    """Read the review in ``root``; return it with every problem that did not prevent reading.

    Raises `UsageError` where there is no review, `InputError` (with all problems) where its
    settings or its data dictionary cannot be used at all.
    """
    if not (root / SETTINGS).is_file():
        raise UsageError(f"{root} is not a review: there is no {SETTINGS} in it.")
    settings, fatal = _load_settings(root)
    references, problems = _load_references(root)
    dictionary = Dictionary.load(root / "data")
    problems = [*dictionary.problems(), *problems]
    fatal += _missing_columns(dictionary, settings)
    if fatal:
        raise InputError([*fatal, *problems])
    book = Book()
    _read_settings(book, settings)
    naming = _Naming(
        {cells["id"]: cells.get("label") or cells["id"] for cells in dictionary.raw["studies"].rows},
        {name: outcome["abbreviation"] for name, outcome in settings["outcomes"].items()},
    )
    printed = _printed_numbers(dictionary, settings)
    tables = {name: _read_table(book, name, dictionary, naming, printed) for name in dictionary.tables}
    problems += _unknown_claims(dictionary, printed)
    outcomes = {name: _outcome(name, table) for name, table in settings["outcomes"].items()}
    review = Review(
        root=root,
        book=book,
        settings=settings,
        studies={row.id: _study(row) for row in tables["studies"]},
        outcomes=outcomes,
        analyses=tuple(_analysis(table, outcomes, tables, book) for table in settings["analyses"]),
        tables=tables,
        fields={name: dictionary.fields(name) for name in dictionary.tables},
        references=references,
        constants={entry["text"]: entry["why"] for entry in settings.get("constants", [])},
    )
    return review, problems


# ---------------------------------------------------------------- review.toml


def _load_settings(root: Path) -> tuple[dict[str, Any], list[Problem]]:
    try:
        settings = tomllib.loads((root / SETTINGS).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        return {}, [Problem(SETTINGS, f"The file must be UTF-8 text: {error}.")]
    except tomllib.TOMLDecodeError as error:
        return {}, [Problem(SETTINGS, f"This is not valid TOML: {error}.")]
    problems = [_settings_problem(error) for error in _validator().iter_errors(settings)]
    return settings, problems or list(_repeated_ids(settings))


def _repeated_ids(settings: Mapping[str, Any]) -> Iterator[Problem]:
    lists = {kind: settings.get(kind, []) for kind in ("analyses", "reconstructions", "figures", "tables")}
    for analysis in settings["analyses"]:
        lists[f"analyses.{analysis['id']}.subgroups"] = analysis.get("subgroups", [])
    for path, entries in lists.items():
        for name, count in Counter(entry["id"] for entry in entries).items():
            if count > 1:
                expected = f"Ids must be unique; {count} entries have this one."
                yield Problem(SETTINGS, expected, row=path, column="id", value=name)


def _schema() -> dict[str, Any]:
    return json.loads(resources.files("sscreport").joinpath("schemas/review.schema.json").read_text("utf-8"))


def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(_schema())


def _settings_problem(error: jsonschema.ValidationError) -> Problem:
    path = [str(part) for part in error.absolute_path]
    expected = error.message[:1].upper() + error.message[1:] + "."
    if isinstance(error.instance, (dict, list)) or not path:
        return Problem(SETTINGS, expected, row=".".join(path) or None)
    return Problem(
        SETTINGS, expected, row=".".join(path[:-1]) or None, column=path[-1], value=str(error.instance)
    )


def _read_settings(book: Book, settings: Mapping[str, Any]) -> None:
    """Enter every scalar of review.toml as ``review.<table>.<key>``, styled by the schema."""
    for path, content, about, schema in _scalars(settings, _schema(), (), {}):
        raw = ", ".join(map(str, content)) if isinstance(content, list) else str(content)
        cell = Cell(SETTINGS, ".".join(path[:-1]) or "review", path[-1], raw, **about)
        label = schema.get("title", path[-1].replace("_", " "))
        style = schema.get("style", "text")
        parsed = raw if isinstance(content, list) else content
        book.read(".".join(("review", *path)), cell, parsed, style, label, schema.get("unit", ""))


def _scalars(
    table: Mapping[str, Any], schema: Mapping[str, Any], path: tuple[str, ...], about: Mapping[str, str]
) -> Iterator[tuple[tuple[str, ...], Any, Mapping[str, str], Mapping[str, Any]]]:
    """Each scalar with its path, what describes it and its schema.

    ``provenance``, ``source`` and ``locator`` describe a table; with a key and "_" before them that
    key alone, as in the columns of a data file.
    """
    about = {**about, **_describing(table, "")}
    for key, content in table.items():
        described, _, word = key.rpartition("_")
        if key in DESCRIBING or (word in DESCRIBING and described in table):
            continue
        inner = schema.get("properties", {}).get(key) or schema.get("additionalProperties") or {}
        inner = inner if isinstance(inner, Mapping) else {}
        if isinstance(content, Mapping):
            yield from _scalars(content, inner, (*path, key), about)
        elif isinstance(content, list) and content and isinstance(content[0], Mapping):
            for position, entry in enumerate(content, start=1):
                name = str(entry.get("id", position))
                yield from _scalars(entry, inner.get("items", {}), (*path, key, name), about)
        else:
            yield (*path, key), content, {**about, **_describing(table, f"{key}_")}, inner


def _describing(table: Mapping[str, Any], prefix: str) -> dict[str, str]:
    found = {word: table.get(f"{prefix}{word}") for word in DESCRIBING}
    return {word: text for word, text in found.items() if isinstance(text, str)}


# ---------------------------------------------------------------- tables


def _missing_columns(dictionary: Dictionary, settings: Mapping[str, Any]) -> list[Problem]:
    """What no review can do without: its studies, and rows that say what they measured, when and where."""
    needed: dict[str, tuple[str, ...]] = {"studies": ("id", "label", "patients")}
    if "published_claims" in dictionary.tables:
        needed["published_claims"] = ("id", "section", "quantity", "value")
    for analysis in settings.get("analyses", []):
        if isinstance(analysis, Mapping) and analysis.get("data") in dictionary.tables:
            needed[analysis["data"]] = ("id", "study", "outcome", "timepoint_months")
    if "regrade" in dictionary.tables:
        needed["studies"] += ("design",)
        needed["regrade"] = ("id", "row", "domain", "judgement", "rationale", "raters", "departure")
    problems = []
    for table, columns in needed.items():
        known = dictionary.fields(table) if table in dictionary.tables else {}
        for column in columns:
            if column not in known:
                expected = f"The dictionary must describe a table {table} with a column {column}."
                problems.append(Problem(DICTIONARY, expected, row=table))
    return problems


def described_column(column: str) -> str | None:
    """Of ``md_source`` the column it describes, md; "" where it describes the row, None where nothing."""
    for word in (*DESCRIBING, SOLVED_FROM):
        if column == word or column.endswith(f"_{word}"):
            return column.removesuffix(word).removesuffix("_")
    return None


def _printed_numbers(dictionary: Dictionary, settings: Mapping[str, Any]) -> dict[str, tuple[Cell, ...]]:
    """The printed numbers that reconstructed fields may be solved from, by their claim or statement."""
    file = f"data/{CLAIMS}.csv"
    found = {}
    for row in dictionary.raw[CLAIMS].rows if CLAIMS in dictionary.tables else ():
        about = (row.get("provenance") or "published", row.get("source", ""), row.get("locator", ""))
        found[row["id"]] = tuple(
            Cell(file, row["id"], name, row[name], *about) for name in PRINTED if row.get(name)
        )
    for entry in settings.get("reconstructions", ()):
        for said in entry.get("statements", ()):
            place = f"reconstructions.{entry['id']}.statements.{said['id']}"
            about = tuple(said.get(name, "") for name in ("provenance", "source", "locator"))
            found[said["id"]] = (Cell(SETTINGS, place, "printed", said["printed"], *about),)
    return found


def _unknown_claims(dictionary: Dictionary, printed: Mapping[str, tuple[Cell, ...]]) -> Iterator[Problem]:
    """Fields that are said to be solved from a claim which there is not."""
    for name in dictionary.tables:
        columns = [column for column in dictionary.fields(name) if column.endswith(SOLVED_FROM)]
        raw = dictionary.raw[name]
        for line, row in zip(raw.lines, raw.rows, strict=True):
            for column in columns:
                for claim in (row.get(column) or "").split():
                    if claim not in printed:
                        hint = did_you_mean(claim, printed)
                        expected = f"There is no published claim or statement {claim}.{hint}"
                        yield Problem(f"data/{name}.csv", expected, line, row["id"], column, row[column])


@dataclass(frozen=True)
class _Naming:
    """What rows are about, in words: the labels of studies and the abbreviations of outcomes by id."""

    studies: Mapping[str, str]
    outcomes: Mapping[str, str]

    def subject(self, row: Mapping[str, str]) -> str:
        """The study of a row, and where it has them what was measured and when."""
        study, outcome, months = (row.get(name, "") for name in ("study", "outcome", "timepoint_months"))
        words = [self.studies.get(study, study) if study else row.get("label") or row["id"]]
        if outcome:
            words.append(self.outcomes.get(outcome, outcome) + (f" at {months} months" if months else ""))
        return ", ".join(words)


def _read_table(
    book: Book, name: str, dictionary: Dictionary, naming: _Naming, printed: Mapping[str, tuple[Cell, ...]]
) -> tuple[Row, ...]:
    """The rows of a table; one without an id, or with one used before, is a problem already."""
    raw, seen, rows = dictionary.raw[name], {""}, []
    for line, cells in zip(raw.lines, raw.rows, strict=True):
        if cells["id"] not in seen:
            seen.add(cells["id"])
            rows.append(_read_row(book, name, line, cells, dictionary, naming.subject(cells), printed))
    return tuple(rows)


def _read_row(
    book: Book,
    name: str,
    line: int,
    raw: Mapping[str, str],
    dictionary: Dictionary,
    subject: str,
    printed: Mapping[str, tuple[Cell, ...]],
) -> Row:
    file, values, cells = f"data/{name}.csv", {}, {}
    fields = dictionary.fields(name)
    for column, field in fields.items():
        described = described_column(column)
        if described is not None and (not described or described in fields):
            continue
        text = raw.get(column) or ""
        provenance = raw.get(f"{column}_provenance") or raw.get("provenance") or "derived"
        if provenance not in PROVENANCE:
            provenance = "derived"  # already a problem of the dictionary
        source, locator = (
            raw.get(f"{column}_{part}") or raw.get(part) or "" for part in ("source", "locator")
        )
        claims = raw.get(f"{column}_{SOLVED_FROM}") or raw.get(SOLVED_FROM) or ""
        solved_from = tuple(cell for claim in claims.split() for cell in printed.get(claim, ()))
        solved_from = solved_from if provenance == "reconstructed" else ()
        cells[column] = Cell(file, raw["id"], column, text, provenance, source, locator, solved_from)
        label = f"{field.title}, {subject}"
        key = f"{name}.{raw['id']}.{column}"
        content = dictionary.parse(name, column, text)
        values[column] = book.read(key, cells[column], content, field.style, label, field.unit)
    return Row(raw["id"], file, line, values, cells)


# ---------------------------------------------------------------- references and records


def _load_references(root: Path) -> tuple[Mapping[str, Any], list[Problem]]:
    try:
        return load_references(root / REFERENCES), []
    except InputError as error:
        return {}, error.problems


def _study(row: Row) -> Study:
    return Study(row.id, row["label"], row, tuple((row.content("references") or "").split()))


def _outcome(name: str, table: Mapping[str, Any]) -> Outcome:
    return Outcome(name, table["name"], table["abbreviation"], table["unit"], table["better"])


def _analysis(
    table: Mapping[str, Any],
    outcomes: Mapping[str, Outcome],
    tables: Mapping[str, tuple[Row, ...]],
    book: Book,
) -> Analysis:
    rows = tuple(
        row
        for row in tables.get(table["data"], ())
        if row.content("outcome") == table["outcome"]
        and row.content("timepoint_months") in table["timepoints"]
    )
    subgroups = tuple(
        Subgroup(
            entry["id"],
            entry["label"],
            tuple(entry["studies"]) if "studies" in entry else None,
            entry.get("timepoint"),
        )
        for entry in table.get("subgroups", [])
    )
    unknown = Outcome(table["outcome"], table["outcome"], table["outcome"], "", "lower")
    analysis = Analysis(
        id=table["id"],
        title=table["title"],
        outcome=outcomes.get(table["outcome"], unknown),
        measure=table["measure"],
        rows=rows,
        subgroups=subgroups,
        subgroup_by=table.get("subgroup_by", ""),
        fallback_model=table["fallback_model"],
        fallback_reason=table["fallback_reason"],
        axis_low=table["axis_low"],
        axis_high=table["axis_high"],
        settings=table,
        choices={name: book[f"review.analyses.{table['id']}.{name}"] for name in CHOICES if name in table},
    )
    return analysis.without(table.get("exclude", ()))
