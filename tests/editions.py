"""Small editions of an invented review, each a few seeded edits away from tests/diff_review.

`editions` draws edits of every kind at once; `seeded_change` makes exactly one change, with one cause.
Whatever is drawn, the edition builds.
"""

from __future__ import annotations

import csv
import io
import random
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import tomli_w

from sscreport.build import make
from sscreport.cells import _tables
from sscreport.document import Manuscript
from sscreport.progress import Progress
from tests.conftest import REPOSITORY

BASE = REPOSITORY / "tests/diff_review"
SETTINGS = "data/review.toml"
DIFFERENCES, STUDIES = "data/mean_differences.csv", "data/studies.csv"
DATA, TEMPLATE, OPTIONS, STRUCTURE = FAMILIES = ("data", "template", "options", "structure")
MOST_EDITS = 4


@dataclass(frozen=True)
class Edit:
    """What was changed. ``kind``: "cell", "row", "setting", "template", or "several" of these at once.

    ``where`` is FILE:ROW:COLUMN as in sscreport/cells.py, FILE:ROW, FILE:LINE (of the new text, or of the old
    where a line is gone), or words. ``before`` and ``after`` are raw texts, None where there was nothing.
    """

    kind: str
    where: str
    before: str | None
    after: str | None
    name: str = ""
    family: str = ""


@dataclass(frozen=True)
class Edition:
    """A review folder and how it came from tests/diff_review."""

    folder: Path
    edits: tuple[Edit, ...]

    @property
    def families(self) -> set[str]:
        return {edit.family for edit in self.edits}

    def __str__(self) -> str:
        return "; ".join(f"{edit.name} at {edit.where}" for edit in self.edits) or "the review as it is"


@dataclass
class Draft:
    """The texts of a review folder while it is edited."""

    texts: dict[str, str]
    settings: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of_base(cls) -> Draft:
        paths = sorted(path for path in BASE.rglob("*") if path.is_file())
        texts = {path.relative_to(BASE).as_posix(): path.read_text(encoding="utf-8") for path in paths}
        return cls(texts, tomllib.loads(texts.pop(SETTINGS)))

    def write(self, folder: Path) -> None:
        for file, text in {**self.texts, SETTINGS: tomli_w.dumps(self.settings)}.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8", newline="")

    def rows(self, file: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.texts[file], newline="")))

    def set_rows(self, file: str, rows: list[dict[str, str]]) -> None:
        columns = self.texts[file].splitlines()[0].split(",")
        self.texts[file] = _csv(columns, rows, header=True)

    def line_of(self, file: str, row: dict[str, str]) -> str:
        return _csv(self.texts[file].splitlines()[0].split(","), [row], header=False).rstrip("\n")

    def lines(self, file: str) -> list[str]:
        return self.texts[file].split("\n")

    def templates(self) -> list[str]:
        """Those that the manuscript is made of."""
        manuscript = self.settings["manuscript"]
        names = ["header", *manuscript["sections"], *manuscript.get("supplement", [])]
        return [f"templates/{name}.html" for name in names]


def _csv(columns: list[str], rows: list[dict[str, str]], header: bool) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


Change = Callable[[Draft, random.Random], Edit | None]  # None: nothing here to change that way
CHANGES: dict[str, list[Change]] = {family: [] for family in FAMILIES}
SINGLE: list[Change] = []  # those with one cause


def change(family: str, single: bool = True) -> Callable[[Change], Change]:
    """Enter a function among the changes; ``single``: it has exactly one cause."""

    def enter(function: Change) -> Change:
        CHANGES[family].append(function)
        if single:
            SINGLE.append(function)
        return function

    return enter


# ---------------------------------------------------------------- data


def _set_cell(draft: Draft, file: str, row: str, column: str, text: str) -> Edit | None:
    rows = draft.rows(file)
    found = next((entry for entry in rows if entry["id"] == row), None)
    if found is None or found[column] == text:
        return None
    before, found[column] = found[column], text
    draft.set_rows(file, rows)
    return Edit("cell", f"{file}:{row}:{column}", before, text)


def _pick_row(draft: Draft, chance: random.Random, file: str) -> dict[str, str]:
    return chance.choice(draft.rows(file))


@change(DATA)
def difference(draft: Draft, chance: random.Random) -> Edit | None:
    """Another mean difference: near the old one, of the other sign, or far away."""
    row = _pick_row(draft, chance, DIFFERENCES)
    old = float(row["md"])
    text = f"{chance.choice([old + chance.uniform(-0.4, 0.4), -old, old * 1.5, old * 0.2]):.2f}"
    return _set_cell(draft, DIFFERENCES, row["id"], "md", text)


@change(DATA)
def standard_error(draft: Draft, chance: random.Random) -> Edit | None:
    row = _pick_row(draft, chance, DIFFERENCES)
    return _set_cell(draft, DIFFERENCES, row["id"], "se", f"{float(row['se']) * chance.uniform(0.5, 2):.3f}")


@change(DATA)
def analysed(draft: Draft, chance: random.Random) -> Edit | None:
    """Fewer patients analysed."""
    row = _pick_row(draft, chance, DIFFERENCES)
    return _set_cell(draft, DIFFERENCES, row["id"], "n", str(max(5, int(row["n"]) - chance.randint(1, 9))))


@change(DATA)
def age(draft: Draft, chance: random.Random) -> Edit | None:
    """Another mean age; where none was reported there is one now, or the other way round."""
    row = _pick_row(draft, chance, STUDIES)
    text = "" if row["mean_age"] and chance.random() < 0.3 else f"{chance.uniform(40, 70):.1f}"
    return _set_cell(draft, STUDIES, row["id"], "mean_age", text)


@change(DATA)
def words_of_a_cell(draft: Draft, chance: random.Random) -> Edit | None:
    """A country, a dose, an abbreviation's meaning, a finding: text that tables print."""
    file, column, text = chance.choice(
        [
            (STUDIES, "country", chance.choice(["Iceland", "Norway", "New Zealand"])),
            (STUDIES, "dose", chance.choice(["", "two tablets", "a spoonful, after meals"])),
            (STUDIES, "label", chance.choice(["Ashe", "Hazel", "Elmwood"])),
            ("data/abbreviations.csv", "meaning", "what these letters stand for"),
            ("data/audit.csv", "remedy", "The readers asked the authors & waited."),
            ("data/audit.csv", "evidence", "Page 3 says 12 < 14, page 5 says 41."),
            ("data/adverse_events.csv", "event", "a long rash, itching"),
            ("data/grade.csv", "imprecision", chance.choice(["serious", "not serious"])),
            ("data/audit.csv", "severity", chance.choice(["high", "low"])),
        ]
    )
    return _set_cell(draft, file, _pick_row(draft, chance, file)["id"], column, text)


@change(DATA)
def a_note(draft: Draft, chance: random.Random) -> Edit | None:
    """A remark for the reader of the data, or where they come from: nothing that is printed."""
    file = chance.choice([DIFFERENCES, STUDIES, "data/endpoints.csv"])
    column = chance.choice(["note", "locator"])
    text = chance.choice(["asked the authors", "checked again", "page ten"])
    return _set_cell(draft, file, _pick_row(draft, chance, file)["id"], column, text)


@change(DATA)
def written_otherwise(draft: Draft, chance: random.Random) -> Edit | None:
    """The same number with another zero at its end."""
    row, column = _pick_row(draft, chance, DIFFERENCES), chance.choice(["md", "se"])
    text = row[column] + ("0" if "." in row[column] else ".0")
    return _set_cell(draft, DIFFERENCES, row["id"], column, text)


def _remove_row(draft: Draft, file: str, row: str) -> Edit:
    rows = draft.rows(file)
    gone = next(entry for entry in rows if entry["id"] == row)
    draft.set_rows(file, [entry for entry in rows if entry["id"] != row])
    return Edit("row", f"{file}:{row}", draft.line_of(file, gone), None)


def _add_row(draft: Draft, chance: random.Random, file: str, row: dict[str, str]) -> Edit | None:
    """A new row somewhere in a file; columns that it does not name are as any row's of today."""
    rows = draft.rows(file)
    if any(entry["id"] == row["id"] for entry in rows):
        return None
    describing = {"provenance": "primary", "source": "invented", "locator": "none", "note": ""}
    rows.insert(chance.randint(0, len(rows)), {**describing, **row})
    draft.set_rows(file, rows)
    return Edit("row", f"{file}:{row['id']}", None, draft.line_of(file, {**describing, **row}))


def _pool(row: dict[str, str]) -> tuple[str, str]:
    return row["outcome"], row["timepoint_months"]


def _can_lose(draft: Draft, study: str) -> bool:
    """Whether every pool that a study is in has two others."""
    rows = draft.rows(DIFFERENCES)
    pools = {_pool(row) for row in rows if row["study"] == study}
    return all(sum(_pool(row) == pool for row in rows) > 2 for pool in pools)


@change(DATA)
def an_effect_less(draft: Draft, chance: random.Random) -> Edit | None:
    """One study leaves one pool."""
    rows = draft.rows(DIFFERENCES)
    free = [row for row in rows if sum(_pool(other) == _pool(row) for other in rows) > 2]
    return _remove_row(draft, DIFFERENCES, chance.choice(free)["id"]) if free else None


@change(DATA)
def an_effect_more(draft: Draft, chance: random.Random) -> Edit | None:
    """One study enters another pool."""
    study, outcome, months = chance.choice([("dogwood", "walk", "12"), ("elm", "pain", "6")])
    if all(row["id"] != study for row in draft.rows(STUDIES)):
        return None
    md, se = (-11.5, 8.25) if outcome == "walk" else (0.84, 0.56)
    row = {"id": f"{outcome}-{months}-{study}", "outcome": outcome, "timepoint_months": months}
    return _add_row(
        draft, chance, DIFFERENCES, {**row, "study": study, "n": "22", "md": str(md), "se": str(se)}
    )


@change(DATA)
def an_entry_more(draft: Draft, chance: random.Random) -> Edit | None:
    """A row of a table that tells of a study, of the article or of an abbreviation."""
    study = _pick_row(draft, chance, STUDIES)["id"]
    file, row = chance.choice(
        [
            ("endpoints", {"id": f"{study}-gait", "study": study, "endpoint": "gait"}),
            ("abbreviations", {"id": "aa", "abbreviation": "AA", "meaning": "an author"}),
            (
                "audit",
                {
                    "id": "figure",
                    "place": "Figure of walking",
                    "kind": "axis",
                    "finding": "The axis has no unit.",
                    "evidence": "Its ends are 10 and 40.",
                    "severity": chance.choice(["moderate", "low"]),
                    "remedy": "Metres were taken.",
                },
            ),
        ]
    )
    return _add_row(draft, chance, f"data/{file}.csv", row)


@change(DATA)
def an_entry_less(draft: Draft, chance: random.Random) -> Edit | None:
    file = chance.choice(["data/endpoints.csv", "data/abbreviations.csv", "data/audit.csv"])
    row = _pick_row(draft, chance, file)["id"] if len(draft.rows(file)) > 2 else None
    return _remove_row(draft, file, row) if row else None


@change(DATA, single=False)
def a_study_more(draft: Draft, chance: random.Random) -> Edit | None:
    """A new study, with its effects."""
    name, year = chance.choice([("fern", "2012"), ("gorse", "2014")])
    study = {
        "id": name, "label": name.title(), "year": year, "country": "Iceland", "patients": "44",
        "women": "30", "mean_age": f"{chance.uniform(40, 70):.1f}", "dose": "", "references": name + year,
    }  # fmt: skip
    if _add_row(draft, chance, STUDIES, study) is None:
        return None
    for outcome, months, scale in (("walk", "6", 20), ("pain", "6", 1)):
        row = {"outcome": outcome, "timepoint_months": months, "study": name, "n": "40"}
        md, se = chance.uniform(-1, 1) * scale, chance.uniform(0.3, 0.6) * scale
        effect = {"id": f"{outcome}-{months}-{name}", **row, "md": f"{md:.2f}", "se": f"{se:.2f}"}
        _add_row(draft, chance, DIFFERENCES, effect)
    return Edit("several", f"{STUDIES}:{name}", None, "study and effects")


@change(DATA, single=False)
def a_study_less(draft: Draft, chance: random.Random) -> Edit | None:
    """A study leaves, with all that is known of it."""
    name = _pick_row(draft, chance, STUDIES)["id"]
    if not _can_lose(draft, name):
        return None
    for file in ("mean_differences", "safety", "adverse_events", "endpoints"):
        path = f"data/{file}.csv"
        draft.set_rows(path, [row for row in draft.rows(path) if row["study"] != name])
    _remove_row(draft, STUDIES, name)
    return Edit("several", f"{STUDIES}:{name}", "study and effects", None)


# ---------------------------------------------------------------- templates

# What of a line is no prose: expressions, statements, tags, entities.
_MARKUP = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<[^>]*>|&\w+;")
_WORD = re.compile(r"(?<![\w’-])[a-z]{4,}(?![\w’-])")
_SENTENCE_END = re.compile(r"(?<=[.?]) (?=[A-Z\0])")
OTHER_WORDS = ("quietly", "plainly", "perhaps", "indeed", "elsewhere", "willow", "afterwards", "by hand")
SENTENCES = (
    "This sentence was asked for by a reviewer.",
    "Readers who look for a reason find it in the data &amp; their notes.",
    "The review holds {{ v.included.studies|words }} studies, and the day of its edition is "
    "{{ v.review.edition.date }}.",
    "The distance at {{ v.review.analyses.walk.by_time.subgroups.m6.label }} came out as "
    "{{ v.walk.by_time.m6.estimate }} m{{ dagger(v.walk.by_time.m6.estimate) }}.",
    'Others have said so before {{ cite("moss1999", "lichen2011") }}.',
    "What <em>walking</em> means was left to the reports.",
)
PARAGRAPH = re.compile(r"<p>.*</p>")
ITEM = re.compile(r"<li>.*</li>")
HEADING = re.compile(r"<h[234]>.*</h[234]>")
CAPTION = re.compile(r"\{% call (?:table|figure)\(.*\{% endcall %\}")


def _masked(line: str) -> str:
    return _MARKUP.sub(lambda match: "\0" * len(match.group()), line)


def _pick_line(draft: Draft, chance: random.Random, fits: Callable[[str], object]) -> tuple[str, int] | None:
    """A template and the position of a line of it."""
    found = [
        (file, n) for file in draft.templates() for n, line in enumerate(draft.lines(file)) if fits(line)
    ]
    return chance.choice(found) if found else None


def _set_line(draft: Draft, file: str, position: int, text: str) -> Edit | None:
    lines = draft.lines(file)
    before = lines[position]
    if text == before:
        return None
    lines[position] = text
    draft.texts[file] = "\n".join(lines)
    return Edit("template", f"{file}:{position + 1}", before, text)


def _insert_line(draft: Draft, file: str, position: int, text: str) -> Edit:
    lines = draft.lines(file)
    lines.insert(position, text)
    draft.texts[file] = "\n".join(lines)
    return Edit("template", f"{file}:{position + 1}", None, text)


def _delete_line(draft: Draft, file: str, position: int) -> Edit:
    lines = draft.lines(file)
    before = lines.pop(position)
    draft.texts[file] = "\n".join(lines)
    return Edit("template", f"{file}:{position + 1}", before, None)


def _words(line: str) -> list[re.Match[str]]:
    return [] if "{%" in line and not CAPTION.fullmatch(line) else list(_WORD.finditer(_masked(line)))


def _at_a_word(
    draft: Draft, chance: random.Random, fits: Callable[[str], object], new: Callable[[str], str]
) -> Edit | None:
    """Another text for one word of a line."""
    place = _pick_line(draft, chance, lambda line: fits(line) and _words(line))
    if place is None:
        return None
    line = draft.lines(place[0])[place[1]]
    start, end = chance.choice(_words(line)).span()
    return _set_line(draft, *place, line[:start] + new(line[start:end]) + line[end:])


def _prose(line: str) -> bool:
    return bool(PARAGRAPH.fullmatch(line) or ITEM.fullmatch(line))


@change(TEMPLATE)
def another_word(draft: Draft, chance: random.Random) -> Edit | None:
    return _at_a_word(draft, chance, _prose, lambda word: chance.choice(OTHER_WORDS))


@change(TEMPLATE)
def a_word_more(draft: Draft, chance: random.Random) -> Edit | None:
    return _at_a_word(draft, chance, _prose, lambda word: f"{chance.choice(OTHER_WORDS)} {word}")


@change(TEMPLATE)
def a_word_less(draft: Draft, chance: random.Random) -> Edit | None:
    place = _pick_line(draft, chance, lambda line: _prose(line) and re.search(r" [a-z]{4,} ", _masked(line)))
    if place is None:
        return None
    line = draft.lines(place[0])[place[1]]
    start, end = chance.choice(list(re.finditer(r" [a-z]{4,}(?= )", _masked(line)))).span()
    return _set_line(draft, *place, line[:start] + line[end:])


@change(TEMPLATE)
def emphasis(draft: Draft, chance: random.Random) -> Edit | None:
    """A word is set in italics or bold, or no longer."""
    place = _pick_line(draft, chance, lambda line: _prose(line) and re.search("<(em|strong)>", line))
    if place and chance.random() < 0.3:
        line = draft.lines(place[0])[place[1]]
        return _set_line(draft, *place, re.sub(r"<(em|strong)>(.*?)</\1>", r"\2", line, count=1))
    tag = chance.choice(["em", "strong"])
    return _at_a_word(
        draft, chance, lambda line: _prose(line) and f"<{tag}>" not in line, lambda w: f"<{tag}>{w}</{tag}>"
    )


@change(TEMPLATE)
def a_heading(draft: Draft, chance: random.Random) -> Edit | None:
    return _at_a_word(draft, chance, HEADING.fullmatch, lambda word: chance.choice(OTHER_WORDS))


@change(TEMPLATE)
def a_caption(draft: Draft, chance: random.Random) -> Edit | None:
    """A word of a caption, or of a note below a table."""
    return _at_a_word(draft, chance, CAPTION.fullmatch, lambda word: f"{word} {chance.choice(OTHER_WORDS)}")


@change(TEMPLATE)
def a_note_below(draft: Draft, chance: random.Random) -> Edit | None:
    """A table gets another note below it, or loses the one it has."""
    place = _pick_line(draft, chance, lambda line: line.startswith('{% call table("'))
    if place is None:
        return None
    line = draft.lines(place[0])[place[1]]
    without = re.sub(r'<p class="note">.*?</p>', "", line, count=1)
    if without == line or chance.random() < 0.6:
        without = line.replace(
            "{% endcall %}", f'<p class="note">{chance.choice(SENTENCES)}</p>{{% endcall %}}'
        )
    return _set_line(draft, *place, without)


def _sentences(line: str) -> list[str]:
    """The sentences of a paragraph or item, between its tags."""
    start, end = line.index(">") + 1, line.rindex("<")
    inner = line[start:end]
    cuts = [match.start() for match in _SENTENCE_END.finditer(_masked(inner))]
    return [inner[a:b].strip() for a, b in zip([0, *cuts], [*cuts, len(inner)], strict=True)]


def _resentenced(draft: Draft, place: tuple[str, int], sentences: list[str]) -> Edit | None:
    line = draft.lines(place[0])[place[1]]
    start, end = line.index(">") + 1, line.rindex("<")
    return _set_line(draft, *place, line[:start] + " ".join(sentences) + line[end:])


@change(TEMPLATE)
def a_sentence_more(draft: Draft, chance: random.Random) -> Edit | None:
    place = _pick_line(draft, chance, PARAGRAPH.fullmatch)
    if place is None:
        return None
    sentences = _sentences(draft.lines(place[0])[place[1]])
    sentences.insert(chance.randint(0, len(sentences)), chance.choice(SENTENCES))
    return _resentenced(draft, place, sentences)


@change(TEMPLATE)
def a_sentence_less(draft: Draft, chance: random.Random) -> Edit | None:
    several = _pick_line(draft, chance, lambda line: PARAGRAPH.fullmatch(line) and len(_sentences(line)) > 1)
    if several is None:
        return None
    sentences = _sentences(draft.lines(several[0])[several[1]])
    del sentences[chance.randrange(len(sentences))]
    return _resentenced(draft, several, sentences)


@change(TEMPLATE)
def a_paragraph_more(draft: Draft, chance: random.Random) -> Edit | None:
    place = _pick_line(draft, chance, lambda line: PARAGRAPH.fullmatch(line) or HEADING.fullmatch(line))
    if place is None:
        return None
    text = " ".join(chance.sample(SENTENCES, chance.randint(1, 3)))
    return _insert_line(draft, place[0], place[1] + 1, f"<p>{text}</p>")


@change(TEMPLATE)
def a_paragraph_less(draft: Draft, chance: random.Random) -> Edit | None:
    place = _pick_line(draft, chance, PARAGRAPH.fullmatch)
    return _delete_line(draft, *place) if place else None


@change(TEMPLATE, single=False)
def paragraphs_swapped(draft: Draft, chance: random.Random) -> Edit | None:
    """Two neighbouring paragraphs, or items of a list, change places."""
    place = _pick_line(draft, chance, _prose)
    if place is None:
        return None
    file, position = place
    lines = draft.lines(file)
    if not _prose(lines[position + 1]) or lines[position][:3] != lines[position + 1][:3]:
        return None
    lines[position], lines[position + 1] = lines[position + 1], lines[position]
    draft.texts[file] = "\n".join(lines)
    return Edit("several", f"{file}:{position + 1}", lines[position + 1], lines[position])


@change(TEMPLATE)
def a_citation_more(draft: Draft, chance: random.Random) -> Edit | None:
    place = _pick_line(draft, chance, lambda line: _prose(line) and ".</" in line)
    if place is None:
        return None
    key = chance.choice(["moss1999", "reed1995", "heath2006"])
    line = draft.lines(place[0])[place[1]]
    return _set_line(draft, *place, line.replace(".</", f' {{{{ cite("{key}") }}}}.</', 1))


@change(TEMPLATE)
def a_citation_less(draft: Draft, chance: random.Random) -> Edit | None:
    place = _pick_line(draft, chance, lambda line: "{{ cite(" in line)
    if place is None:
        return None
    line = draft.lines(place[0])[place[1]]
    return _set_line(draft, *place, re.sub(r" \{\{ cite\(.*?\) \}\}", "", line, count=1))


_REFERENCE = r' \((?:see )?\{\{ ref\("NAME"\) \}\}\)'


@change(TEMPLATE)
def a_reference_less(draft: Draft, chance: random.Random) -> Edit | None:
    """The text no longer refers to a figure or table in one place."""
    pattern = _REFERENCE.replace("NAME", r"[\w-]+")
    place = _pick_line(draft, chance, lambda line: re.search(pattern, line))
    if place is None:
        return None
    line = draft.lines(place[0])[place[1]]
    return _set_line(draft, *place, re.sub(pattern, "", line, count=1))


@change(TEMPLATE)
def white_space(draft: Draft, chance: random.Random) -> Edit | None:
    """Spaces at the start of a line, or two between words: nothing that shows."""
    place = _pick_line(draft, chance, _prose)
    if place is None:
        return None
    line = draft.lines(place[0])[place[1]]
    return _set_line(draft, *place, chance.choice([f"  {line}", line.replace(". ", ".  ", 1)]))


@change(TEMPLATE)
def a_remark(draft: Draft, chance: random.Random) -> Edit | None:
    """A comment for the next editor."""
    place = _pick_line(draft, chance, PARAGRAPH.fullmatch)
    return _insert_line(draft, *place, "{# Ask the authors again. #}") if place else None


# ---------------------------------------------------------------- options


def _set(draft: Draft, row: str, name: str, content: Any) -> Edit | None:
    """One setting, by the path of its table as in sscreport/cells.py."""
    table = next((table for path, table in _tables(draft.settings) if path == row), None)
    if table is None or table.get(name) == content:
        return None
    before, table[name] = table.get(name), content
    old = None if before is None else _raw(before)
    return Edit("setting", f"{SETTINGS}:{row}:{name}", old, _raw(content))


def _raw(content: Any) -> str:
    return ", ".join(map(str, content)) if isinstance(content, list) else str(content)


@change(OPTIONS)
def model(draft: Draft, chance: random.Random) -> Edit | None:
    """The rule for the model, or which model is taken where the rule leaves it open."""
    return chance.choice(
        [
            lambda: _set(draft, "policy.model", "fixed_i_squared", chance.choice([0, 25, 40])),
            lambda: _set(draft, "policy.model", "random_i_squared", chance.choice([10, 40])),
            lambda: _set(draft, "policy.model", "p", chance.choice([0.05, 0.2, 0.5])),
            lambda: _set(draft, "analyses.walk.by_time", "fallback_model", "fixed"),
            lambda: _set(draft, "analyses.pain.m6", "fallback_model", "random"),
        ]
    )()


@change(OPTIONS)
def level(draft: Draft, chance: random.Random) -> Edit | None:
    """Confidence level, significance, or how heterogeneity is called."""
    row, name, content = chance.choice(
        [
            ("policy", "confidence_level", chance.choice([90, 99])),
            ("policy", "significance", chance.choice([0.01, 0.1])),
            ("policy.heterogeneity", "low", 10),
            ("policy.heterogeneity", "moderate", 40),
        ]
    )
    return _set(draft, row, name, content)


@change(OPTIONS)
def a_name(draft: Draft, chance: random.Random) -> Edit | None:
    """What things are called, on the title page, in figures and in tables."""
    row, name, content = chance.choice(
        [
            ("about", "title", "Walking after an invented treatment: another edition"),
            ("about", "short_title", "Walking"),
            ("about", "authors", ["B. Writer", "A. Author", "C. Reader"]),
            ("outcomes.walk", "abbreviation", "DIST"),
            ("outcomes.pain", "name", "pain of the knees"),
            ("analyses.walk.by_time", "axis_high", "Shorter way"),
            ("analyses.walk.by_time.subgroups.m12", "label", "one year"),
            ("analyses.pain.m6", "title", "Pain"),
            ("grade.domains", "imprecision", "The interval is wide."),
            ("edition", "date", chance.choice([_day(2), _day(28)])),
        ]
    )
    return _set(draft, row, name, content)


def _day(day: int) -> Any:
    return tomllib.loads(f"date = 2026-02-{day:02}")["date"]


@change(OPTIONS)
def look(draft: Draft, chance: random.Random) -> Edit | None:
    """The layout and width of a figure, or whether a table's page is turned."""
    row, name, content = chance.choice(
        [
            (f"figures.{chance.choice(['walk', 'pain'])}", "layout", chance.choice(["jama", "bmj"])),
            (f"figures.{chance.choice(['walk', 'pain'])}", "width", 160),
            (f"tables.{chance.choice(['studies', 'events', 'findings'])}", "landscape", True),
            ("tables.findings", "landscape", False),
            ("outcomes.walk", "minimal_important_difference", chance.choice([5, 30])),
            ("grade", "start", "moderate"),
        ]
    )
    return _set(draft, row, name, content)


def _columns(draft: Draft) -> list[dict[str, Any]] | None:
    tables = draft.settings["tables"]
    return next((table["columns"] for table in tables if table["id"] == "studies"), None)


@change(OPTIONS)
def a_column_otherwise(draft: Draft, chance: random.Random) -> Edit | None:
    """Title, group, contents or alignment of one column."""
    columns = _columns(draft)
    if columns is None:
        return None
    position = chance.randrange(len(columns))
    name, content = chance.choice(
        [
            ("title", "Renamed"),
            ("group", "Patients, as reported"),
            ("align", chance.choice(["left", "center", "right"])),
            ("text", "{country}[ ({dose})]" if not columns[position].get("total") else "{patients}"),
        ]
    )
    return _set(draft, f"tables.studies.columns.{position + 1}", name, content)


@change(OPTIONS, single=False)
def a_column_more(draft: Draft, chance: random.Random) -> Edit | None:
    columns = _columns(draft)
    if columns is None:
        return None
    column = chance.choice(
        [
            {"title": "Label", "text": "{label}"},
            {"group": "Where and when", "title": "Place", "text": "{country}, {year}"},
            {"group": "Patients", "title": "Sum", "text": "{patients}", "align": "decimal", "total": True},
        ]
    )
    columns.insert(chance.randint(0, len(columns)), column)
    return Edit("several", f"{SETTINGS}:tables.studies.columns", None, column["title"])


@change(OPTIONS, single=False)
def a_column_less(draft: Draft, chance: random.Random) -> Edit | None:
    columns = _columns(draft)
    if columns is None or len(columns) < 3:
        return None
    column = columns.pop(chance.randrange(len(columns)))
    return Edit("several", f"{SETTINGS}:tables.studies.columns", column["title"], None)


@change(OPTIONS, single=False)
def columns_reordered(draft: Draft, chance: random.Random) -> Edit | None:
    columns = _columns(draft)
    if columns is None:
        return None
    first, second = sorted(chance.sample(range(len(columns)), 2))
    columns.insert(first, columns.pop(second))
    titles = [column["title"] for column in columns]
    return Edit("several", f"{SETTINGS}:tables.studies.columns", titles[first + 1], titles[first])


@change(OPTIONS, single=False)
def decimals(draft: Draft, chance: random.Random) -> Edit | None:
    """Ages are printed with two decimals instead of as they were typed."""
    file = "data/datapackage.json"
    before, after = '"style": "raw"', '"style": "estimate"'
    start = draft.texts[file].index('"name": "mean_age"')
    place = draft.texts[file].find(before, start, start + 300)
    if place < 0:
        return None
    text = draft.texts[file]
    draft.texts[file] = text[:place] + after + text[place + len(before) :]
    return Edit("several", file, before, after)


# ---------------------------------------------------------------- structure

SPARE = {
    "funding": ["<h2>Funding</h2>", f"<p>{SENTENCES[0]} The review was paid for by an invented office.</p>"],
    "registration": [
        "<h2>Registration</h2>",
        f"<p>{SENTENCES[2]}</p>",
        '<section id="registration-changes">',
        "<h3>What became of the protocol</h3>",
        f"<p>{SENTENCES[4]}</p>",
        "</section>",
    ],
}
REMOVABLE = ("background", "discussion", "abbreviations")  # no figure or table stands there


def _floats(draft: Draft, name: str) -> bool:
    return CAPTION.search(draft.texts[f"templates/{name}.html"]) is not None


@change(STRUCTURE, single=False)
def a_section_more(draft: Draft, chance: random.Random) -> Edit | None:
    sections, name = draft.settings["manuscript"]["sections"], chance.choice(list(SPARE))
    if name in sections:
        return None
    draft.texts[f"templates/{name}.html"] = "\n".join([*SPARE[name], ""])
    sections.insert(chance.randint(0, len(sections)), name)
    return Edit("several", f"{SETTINGS}:manuscript:sections", None, name)


@change(STRUCTURE, single=False)
def a_section_less(draft: Draft, chance: random.Random) -> Edit | None:
    sections, name = draft.settings["manuscript"]["sections"], chance.choice(REMOVABLE)
    if name not in sections or _floats(draft, name):
        return None
    sections.remove(name)
    return Edit("several", f"{SETTINGS}:manuscript:sections", name, None)


@change(STRUCTURE)
def a_section_moved(draft: Draft, chance: random.Random) -> Edit | None:
    sections = list(draft.settings["manuscript"]["sections"])
    sections.insert(chance.randrange(len(sections)), sections.pop(chance.randrange(len(sections))))
    return _set(draft, "manuscript", "sections", sections)


def _block(lines: list[str], start: int) -> int:
    """Where the ``<section>`` that begins in a line ends, that line included."""
    depth = 0
    for position in range(start, len(lines)):
        depth += lines[position].startswith("<section") - lines[position].startswith("</section")
        if depth == 0:
            return position + 1
    raise AssertionError("a section of the review has no end")


def _blocks(draft: Draft) -> Iterator[tuple[str, int, int]]:
    for file in draft.templates():
        lines = draft.lines(file)
        for start, line in enumerate(lines):
            if line.startswith("<section"):
                yield file, start, _block(lines, start)


@change(STRUCTURE, single=False)
def a_subsection_less(draft: Draft, chance: random.Random) -> Edit | None:
    free = [
        (file, start, end)
        for file, start, end in _blocks(draft)
        if not any(CAPTION.fullmatch(line) for line in draft.lines(file)[start:end])
    ]
    if not free:
        return None
    file, start, end = chance.choice(free)
    lines = draft.lines(file)
    gone = lines[start]
    del lines[start:end]
    draft.texts[file] = "\n".join(lines)
    return Edit("several", f"{file}:{start + 1}", gone, None)


@change(STRUCTURE, single=False)
def a_subsection_moved(draft: Draft, chance: random.Random) -> Edit | None:
    """A subsection of the first rank goes to the end of another section."""
    blocks = [
        block for block in _blocks(draft) if draft.lines(block[0])[block[1]].count("-") == 1
        and "supplement" not in block[0]
    ]  # fmt: skip
    targets = [file for file in draft.templates()[1:] if "supplement" not in file]
    if not blocks:
        return None
    (file, start, end), target = chance.choice(blocks), chance.choice(targets)
    lines = draft.lines(file)
    moved = lines[start:end]
    del lines[start:end]
    draft.texts[file] = "\n".join(lines)
    draft.texts[target] = draft.texts[target].rstrip("\n") + "\n" + "\n".join([*moved, ""])
    return Edit("several", f"{file}:{start + 1}", file, target)


def _float_of(line: str) -> tuple[str, str]:
    """Whether a line places a table or a figure, and which."""
    match = re.match(r'\{% call (table|figure)\("([\w-]+)"\)', line)
    assert match is not None, line
    return match[1], match[2]


@change(STRUCTURE, single=False)
def a_float_less(draft: Draft, chance: random.Random) -> Edit | None:
    """A figure or table goes, and every reference to it."""
    place = _pick_line(draft, chance, CAPTION.fullmatch)
    if place is None:
        return None
    kind, name = _float_of(draft.lines(place[0])[place[1]])
    target = f"{'fig' if kind == 'figure' else 'table'}-{name}"
    _delete_line(draft, *place)
    for file in [name for name in draft.texts if name.startswith("templates/")]:
        draft.texts[file] = re.sub(_REFERENCE.replace("NAME", target), "", draft.texts[file])
    draft.settings[f"{kind}s"] = [entry for entry in draft.settings[f"{kind}s"] if entry["id"] != name]
    return Edit("several", f"{place[0]}:{place[1] + 1}", target, None)


@change(STRUCTURE, single=False)
def a_float_moved(draft: Draft, chance: random.Random) -> Edit | None:
    """A figure or table stands after another paragraph."""
    place = _pick_line(draft, chance, CAPTION.fullmatch)
    if place is None:
        return None
    line = draft.lines(place[0])[place[1]]
    _delete_line(draft, *place)
    target = _pick_line(draft, chance, PARAGRAPH.fullmatch) or place
    _insert_line(draft, target[0], target[1] + 1, line)
    return Edit("several", f"{target[0]}:{target[1] + 2}", place[0], target[0])


@change(STRUCTURE)
def an_item_more(draft: Draft, chance: random.Random) -> Edit | None:
    place = _pick_line(draft, chance, ITEM.fullmatch)
    return _insert_line(draft, *place, f"<li>{chance.choice(SENTENCES)}</li>") if place else None


@change(STRUCTURE)
def an_item_less(draft: Draft, chance: random.Random) -> Edit | None:
    place = _pick_line(draft, chance, ITEM.fullmatch)
    if place is None:
        return None
    around = draft.lines(place[0])[place[1] - 1 : place[1] + 2]
    if sum(bool(ITEM.fullmatch(line)) for line in around) < 2:
        return None  # the only item of its list
    return _delete_line(draft, *place)


# ---------------------------------------------------------------- editions


def _apply(draft: Draft, chance: random.Random, choose: Callable[[], Change]) -> Edit:
    """One change of those that ``choose`` offers; it is asked again where one finds nothing to do."""
    while True:
        function = choose()
        edit = function(draft, chance)
        if edit is not None:
            family = next(name for name, functions in CHANGES.items() if function in functions)
            return Edit(edit.kind, edit.where, edit.before, edit.after, function.__name__, family)


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder for editions; gone when the process ends."""
    return tempfile.TemporaryDirectory(prefix="editions-")


@cache
def editions(count: int, seed: int) -> tuple[Edition, ...]:
    """The review as it is, then ``count`` - 1 copies of it, each with one to four edits of any kind."""
    chance, made_so_far = random.Random(seed), []
    for number in range(count):
        draft = Draft.of_base()
        edits = tuple(
            _apply(draft, chance, lambda: chance.choice(CHANGES[chance.choice(FAMILIES)]))
            for _ in range(chance.randint(1, MOST_EDITS) if number else 0)
        )
        folder = Path(_scratch().name) / f"{seed}-{number}"
        draft.write(folder)
        made_so_far.append(Edition(folder, edits))
    return tuple(made_so_far)


def seeded_change(chance: random.Random, folder: Path) -> Edit:
    """Write to ``folder`` the review with exactly one change that has one cause; it may not show."""
    draft = Draft.of_base()
    edit = _apply(draft, chance, lambda: chance.choice(SINGLE))
    draft.write(folder)
    return edit


def base(folder: Path) -> Path:
    """The unchanged review, written as `seeded_change` writes it."""
    Draft.of_base().write(folder)
    return folder


@cache
def made(folder: Path, paint: bool = True) -> Manuscript:
    """The manuscript of an edition, with its figures painted or not; kept while the process runs."""
    return make(folder, Progress(quiet=True), paint).manuscript
