"""An article as plain text and CSV tables: parts, captions, sentences with their lines, references.

Headings are Markdown's or short lines of their own; captions begin with "Fig. 2" or "Table 2", on
the same line or the one above. Nothing here knows what any article is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sscreport.audit.expressions import (
    PValue,
    Spread,
    Statistic,
    clean,
    number,
    p_values,
    spreads,
    statistics,
)
from sscreport.audit.misfit import Evidence
from sscreport.audit.tables import DataTable, TableRow, read_table, read_text
from sscreport.problems import InputError, Problem

_PARTS = (
    ("abstract", r"abstract|summary"),
    ("introduction", r"background|introduction"),
    ("methods", r"(?:materials? and )?methods?\b.*|patients and methods"),
    ("results", r"results?|findings|results and discussion"),
    ("discussion", r"discussion|interpretation"),
    ("conclusion", r"conclusions?|concluding remarks"),
    ("references", r"references|bibliography|literature cited"),
    ("abbreviations", r"abbreviations|list of abbreviations"),
    (
        "back",
        r"(?:availability|acknowledge?ments?|funding|author|ethics|declarations?|competing|conflicts?"
        r"|additional"
        r"|rights|about this|supplement|appendix|data availability|cite this|download).*",
    ),
)
_LABEL = re.compile(
    r"(?:Supplementary |Additional )?(?P<kind>Fig(?:ure|\.)?|Table)\s*(?P<number>S?\d+)\b[.:|]?",
    re.IGNORECASE,
)
_ABBREVIATED = re.compile(
    r"(?:\bet al|\bvs|\bFigs?|\be\.g|\bi\.e|\bapprox|\bcf|\bNo|\bDr|\bRefs?|\bSt|\bEq|(?<![A-Za-z])[A-Z])\.$"
)
_END = re.compile(r"[.?!][\"”’)\]]*\s+(?=[“\"(\[*†]?(?:[a-z]{0,2}[A-Z]|\d+(?:\.? )|\[\d|\d\)\s?[A-Z]))")
_TIME = re.compile(
    r"(?<![\d.])(?P<count>\d+(?:\.\d+)?|three|six|nine|twelve|one|two|four)[ -]?"
    r"(?P<unit>months?|weeks?|years?|days?|mo|wk|yr|m|w|y)\b",
    re.IGNORECASE,
)
_MONTHS = {"m": 1.0, "w": 12 / 52, "y": 12.0, "d": 12 / 365}
_CITED = re.compile(r"(?<![\w=])(?<!CI )\[(\d{1,3}(?:\s?[,;–-]\s?\d{1,3})*)\]")
_DEFINED = re.compile(
    r"((?:[A-Za-z'’–-]+\s+){1,8}?)\(([A-Za-z]?[A-Z][A-Za-z]*[A-Z][A-Za-z]*s?(?:-[A-Z]+\w*)?)\)"
)


@dataclass(frozen=True)
class Sentence:
    """One sentence: cleaned text, line, part ("abstract", "methods" …), heading, and caption if in one."""

    text: str
    line: int
    part: str
    heading: str
    paragraph: int
    caption: str = ""
    subpart: str = ""

    @property
    def place(self) -> str:
        if self.caption:
            return f"{self.caption}, caption"
        words = [self.part.capitalize()] if self.part else []
        if self.heading and self.heading.lower() != self.part:
            words.append(self.heading)
        return ": ".join(words) or "Text"

    @cached_property
    def statistics(self) -> tuple[Statistic, ...]:
        return tuple(statistics(self.text))

    @cached_property
    def spreads(self) -> tuple[Spread, ...]:
        return tuple(spreads(self.text))

    @cached_property
    def p_values(self) -> tuple[PValue, ...]:
        return tuple(p_values(self.text))

    @cached_property
    def months(self) -> frozenset[float]:
        return frozenset(times(self.text))

    @property
    def concludes(self) -> bool:
        return self.part == "conclusion" or self.subpart == "conclusion"


@dataclass(frozen=True)
class Reference:
    """An entry of the reference list: number, the first author's family name, and its text."""

    number: int
    author: str
    text: str
    line: int


@dataclass(frozen=True)
class Article:
    """What is audited. ``file`` is how its text is called in every message."""

    file: str
    sentences: tuple[Sentence, ...]
    references: Mapping[int, Reference]
    tables: tuple[DataTable, ...]
    glossary: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _paragraphs(self) -> Mapping[int, list[Sentence]]:
        found: dict[int, list[Sentence]] = {}
        for sentence in self.sentences:
            found.setdefault(sentence.paragraph, []).append(sentence)
        return found

    def around(self, sentence: Sentence) -> list[Sentence]:
        """The paragraph of a sentence."""
        return self._paragraphs[sentence.paragraph]

    def above(self, sentence: Sentence) -> list[Sentence]:
        """The paragraph of a sentence up to the sentence itself."""
        around = self.around(sentence)
        return around[: around.index(sentence) + 1]

    def of(self, *parts: str) -> list[Sentence]:
        """The sentences of some parts, captions left out."""
        return [s for s in self.sentences if s.part in parts and not s.caption]

    @cached_property
    def running(self) -> list[Sentence]:
        """All sentences outside captions and back matter."""
        return [s for s in self.sentences if not s.caption and s.part not in ("back", "abbreviations")]

    @cached_property
    def captions(self) -> Mapping[str, list[Sentence]]:
        found: dict[str, list[Sentence]] = {}
        for sentence in self.sentences:
            if sentence.caption:
                found.setdefault(sentence.caption, []).append(sentence)
        return found

    @cached_property
    def methods(self) -> str:
        return " ".join(s.text for s in self.of("methods"))

    @cached_property
    def text(self) -> str:
        return " ".join(s.text for s in self.sentences)

    @cached_property
    def cited(self) -> Mapping[int, Sentence | None]:
        """Every cited reference by its first citation; None where only a table cites it."""
        found: dict[int, Sentence | None] = {}
        for sentence in self.sentences:
            for numbers, _ in citations(sentence.text):
                for cited in numbers:
                    found.setdefault(cited, sentence)
        for table in self.tables:
            for row in table.rows:
                for cited in re.findall(r"\d+", table.text(row, "references") or ""):
                    found.setdefault(int(cited), None)
        return found

    @cached_property
    def outcomes(self) -> Mapping[str, re.Pattern[str]]:
        """Outcomes that a table has a row for, each as a pattern of the ways to say it."""
        names = dict.fromkeys(
            text for table in self.tables if table.column("effect") or table.column("certainty")
            for row in table.rows if (text := table.text(row, "outcome"))
        )  # fmt: skip
        return {name: _mention(name, self.glossary) for name in names}

    def topic(self, sentence: Sentence, position: int | None = None) -> str | None:
        """The outcome a sentence speaks of: the last named before ``position``, in it, above it or in its
        heading."""
        before = sentence.text[:position]
        above = (s.text for s in self.above(sentence)[-2::-1])
        for text in (before, sentence.text, *above, sentence.heading):
            if named := self.named(text):
                return named[-1]
        return None

    def named(self, text: str) -> list[str]:
        """The outcomes named in ``text``, by their last mention."""
        places = {
            name: max((m.start() for m in pattern.finditer(text)), default=-1)
            for name, pattern in self.outcomes.items()
        }
        return sorted((name for name, place in places.items() if place >= 0), key=places.__getitem__)


def quote(article: Article, sentence: Sentence, start: int = 0, end: int | None = None) -> Evidence:
    """The words around ``start`` to ``end`` of a sentence, 25 at most."""
    text, end = sentence.text, len(sentence.text) if end is None else end
    words = [(m.start(), m.end()) for m in re.finditer(r"\S+", text)]
    inside = [i for i, (a, b) in enumerate(words) if b > start and a < end] or [0]
    first, last = inside[0], min(inside[-1], inside[0] + 24)
    while last - first < 24 and first > 0 and last - first < 14:
        first -= 1
    shown = text[words[first][0] : words[last][1]]
    shown = ("… " if first else "") + shown + (" …" if last < len(words) - 1 else "")
    return Evidence(shown, article.file, f"line {sentence.line}")


def cell(table: DataTable, row: TableRow, role: str) -> Evidence:
    """A table's cell as evidence."""
    column = table.column(role) or ""
    return Evidence(row.cells.get(column, ""), table.file, row.name, column)


def times(text: str) -> Iterator[float]:
    """The times that a text names, in months."""
    listed = re.sub(
        r"((?:\d+(?:, | and |, and |/))+)(\d+)[ -]?(months?|weeks?|years?|days?|m|w|y)\b",
        lambda m: " ".join(f"{n} {m[3]}" for n in [*re.findall(r"\d+", m[1]), m[2]]),
        text,
    )
    for match in _TIME.finditer(listed):
        yield round(number(match["count"]) * _MONTHS[match["unit"][0].lower()], 1)


def citations(text: str) -> Iterator[tuple[list[int], re.Match[str]]]:
    """The reference numbers of each bracket, ranges spread out."""
    for match in _CITED.finditer(text):
        numbers: list[int] = []
        for part in re.split(r"[,;]", match[1]):
            ends = [int(n) for n in re.findall(r"\d+", part)]
            numbers += range(ends[0], ends[-1] + 1)
        if numbers and numbers[-1] - numbers[0] < 60:
            yield numbers, match


def _mention(name: str, glossary: Mapping[str, str]) -> re.Pattern[str]:
    """The ways to name an outcome: as it stands, and what its abbreviation means or is."""
    ways = {name}
    for short, long in glossary.items():
        if short.lower() in (name.lower(), f"{name.lower()}s") or long.lower() == name.lower():
            ways |= {short, long}
    patterns = [re.escape(way.rstrip("s")) + "(?:s|es)?" for way in sorted(ways, key=len, reverse=True)]
    return re.compile(r"(?<![\w-])(?:" + "|".join(patterns) + r")(?![\w-])", re.IGNORECASE)


# ---------------------------------------------------------------- reading


def read_article(text: Path, tables: Sequence[Path] = (), prefix: str = "") -> Article:
    """Read an article from files; ``prefix`` is set before their names in every message.

    Raises `InputError` with everything that cannot be read.
    """
    problems: list[Problem] = []
    read: list[DataTable] = []
    words = ""
    for path in (text, *tables):
        name = f"{prefix}{path.name}" if prefix else str(path)
        try:
            if path == text:
                words = read_text(path, name)
            else:
                read.append(read_table(path, name))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return parse(words, read, f"{prefix}{text.name}" if prefix else str(text))


def parse(text: str, tables: Sequence[DataTable] = (), file: str = "text") -> Article:
    """An article from its text and its tables."""
    sentences: list[Sentence] = []
    references: dict[int, Reference] = {}
    glossary: dict[str, str] = {}
    place, short = _Place(), ""
    for count, lines in enumerate(_paragraphs(text)):
        joined = clean(" ".join(words for _, words in lines))
        if label := _LABEL.fullmatch(re.sub(r"(?i)\s+(?:figure|table)\s+\d+$", "", joined)):
            place.caption = _named(label)
        elif place.part == "references" and (entries := list(_references(lines))):
            references |= {entry.number: entry for entry in entries}
        elif (label := _LABEL.match(joined)) and re.match(r"\s*[A-Z*(“]", joined[label.end() :]):
            sentences += _sentences(lines, place, count, _named(label))
        elif place.part == "abbreviations" and (joined.endswith(":") or short):
            short, long = (joined[:-1], "") if joined.endswith(":") else ("", joined)
            glossary |= {} if short else {list(glossary)[-1]: long} if glossary else {}
            glossary |= {short: ""} if short else {}
        elif not place.caption and _is_heading(lines, joined):
            place.enter(re.sub(r"^#+\s*", "", joined))
        elif place.part != "references":
            sentences += _sentences(lines, place, count, place.caption)
            place.unstructured |= place.part == "abstract" and not place.seen
            place.caption = ""
    for sentence in sentences:
        for match in _DEFINED.finditer(sentence.text):
            glossary.setdefault(match[2], _expansion(match[1], match[2]))
    return Article(
        file, tuple(sentences), references, tuple(tables), {k: v for k, v in glossary.items() if v}
    )


class _Place:
    """Where in the article the reading is."""

    def __init__(self) -> None:
        self.part = self.heading = self.caption = self.subpart = ""
        self.seen: set[str] = set()
        self.unstructured = False  # whether text stands right below the abstract's own heading

    def enter(self, heading: str) -> None:
        """A heading opens a part, or a section within one; an abstract ends where its headings come again."""
        bare = re.sub(r"^(?:\d+\.?)+\s*", "", heading).strip().rstrip(":").lower()
        part = next((name for name, pattern in _PARTS if re.fullmatch(pattern, bare)), "")
        self.heading = heading
        if self.part == "abstract" and part and part not in ("abstract", "back", "abbreviations"):
            if self.unstructured or part in self.seen or (part == "introduction" and self.seen):
                self.part, self.subpart = part, ""
            else:
                self.seen.add(part)
                self.subpart = part
        elif self.part == "abstract" and not part:
            self.seen.add(bare)
        elif part and not (self.part in ("methods", "results") and part == "back" and "author" in bare):
            self.part, self.subpart = part, ""


_NO_WORD = re.compile(r"\S{300,}")  # pictures and other data within Markdown


def _paragraphs(text: str) -> Iterator[list[tuple[int, str]]]:
    """Blocks of lines with their numbers; code, comments and front matter of Markdown left out."""
    block: list[tuple[int, str]] = []
    hidden = ""
    for line, raw in enumerate([*text.splitlines(), ""], start=1):
        words = _NO_WORD.sub(" ", raw)
        mark = words.strip()
        if hidden:
            hidden = "" if mark.startswith(hidden) or mark.endswith(hidden) else hidden
            continue
        if (
            mark.startswith("```")
            or (line == 1 and mark == "---")
            or (mark.startswith("<!--") and "-->" not in mark)
        ):
            hidden = "-->" if mark.startswith("<!--") else mark[:3]
        elif re.fullmatch(r"!\[.*\]\(.*\).*|\|.*\||[=-]{3,}|<!--.*-->|\\newpage.*", mark):
            continue
        elif mark and not (block and (mark.startswith("#") or block[-1][1].lstrip().startswith("#"))):
            block.append((line, words))
        else:
            if block:
                yield block
            block = [(line, words)] if mark else []


def _named(label: re.Match[str]) -> str:
    return f"{'Table' if label['kind'].lower() == 'table' else 'Fig.'} {label['number']}"


def _is_heading(lines: list[tuple[int, str]], joined: str) -> bool:
    if lines[0][1].startswith("#"):
        return True
    words = joined.split()
    return (
        len(lines) == 1
        and len(words) <= 14
        and joined[-1] not in ".?!;,"
        and not re.match(r"[-•*(\[]|\d+\. \d", joined)
        and bool(re.search("[A-Z]", words[0] if words[0][0].isalpha() else joined))
        and "=" not in joined
    )


def _references(lines: list[tuple[int, str]]) -> Iterator[Reference]:
    """The numbered entries of a block; a line without a number goes on with the entry above."""
    entries: list[tuple[int, int, str]] = []
    for line, words in lines:
        if match := re.match(r"\s*\[?(\d{1,3})[.\])]\s+(\S.*)", words):
            entries.append((int(match[1]), line, match[2]))
        elif entries:
            entries[-1] = (*entries[-1][:2], f"{entries[-1][2]} {words.strip()}")
    for count, line, text in entries:
        author = re.match(r"((?:(?!\b[A-Z]{1,3}\b(?:[,.:]|-| et))[^\s,.:]+\s?)+)", text)
        yield Reference(
            count, re.sub(r"\s[A-Z-]{1,4}\s?$", "", author[1]).strip() if author else "", text, line
        )


def _sentences(
    lines: list[tuple[int, str]], place: _Place, paragraph: int, caption: str
) -> Iterator[Sentence]:
    joined, starts = "", []
    for line, words in lines:
        starts.append((len(joined), line))
        joined += words.strip() + " "
    begin = 0
    ends = [m.end() for m in _END.finditer(joined) if not _ABBREVIATED.search(joined[: m.start() + 1])]
    for end in [*ends, len(joined)]:
        if text := clean(joined[begin:end]):
            line = [line for start, line in starts if start <= begin][-1]
            yield Sentence(text, line, place.part, place.heading, paragraph, caption, place.subpart)
        begin = end


def _expansion(before: str, short: str) -> str:
    """The words before an abbreviation that it stands for: as many as it has letters, from a fitting one."""
    words = before.split()
    letters = [sign.lower() for sign in short if sign.isalpha()]
    for take in range(min(len(words), len(letters) + 3), 0, -1):
        if words[-take][0].lower() == letters[0] and take >= min(2, len(letters) - 1):
            return " ".join(words[-take:])
    return ""
