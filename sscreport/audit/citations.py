"""Citations against the reference list, and what the titles of included studies say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from sscreport.audit.article import Article, Reference, cell, citations, quote
from sscreport.audit.expressions import WHOLE, number
from sscreport.audit.misfit import Evidence, Misfit, at, check
from sscreport.audit.tables import DataTable, TableRow

_NAMED = re.compile(
    r"(?P<name>(?:(?:de|van|von|der|den|la|le|di|du|el|al)[ -])*[A-ZÀ-Þ][\w'-]+)(?: et al\.?"
    r"| and (?:colleagues|co-?workers)|(?: and|,? &) [A-ZÀ-Þ][\w'-]+)?(?:'s?)?,?(?: \(?(?:19"
    r"|20)\d\d[a-z]?\)?,?)? ?(?P<cited>\[\d[\d,; –-]*\])"
)


@check("citation", "A citation that points to another study", "numbered citations and their reference list")
def wrong_author(article: Article) -> Iterator[Misfit]:
    """The author named before a citation must be the first author of a reference it cites."""
    for sentence in article.sentences:
        for match in _NAMED.finditer(sentence.text):
            if not re.search(r"et al|colleagues|co-?workers", match.group()):
                continue
            numbers = [n for found, _ in citations(match["cited"]) for n in found]
            cited = [article.references[n] for n in numbers if n in article.references]
            if not cited or any(_same(match["name"], entry.author) for entry in cited):
                continue
            right = [
                str(entry.number)
                for entry in article.references.values()
                if _same(match["name"], entry.author)
            ]
            what = f"{match['name']} et al. is cited as {match['cited']}, which is {cited[0].author}" + (
                f"; {match['name']} is reference {' or '.join(right)}."
                if right
                else "; no reference has that author."
            )
            evidence = (quote(article, sentence, match.start(), match.end()), _entry(article, cited[0]))
            yield at(
                sentence,
                "citation",
                what,
                "high",
                "Cite by key, and number the citations when the text is set.",
                *evidence,
            )


@check(
    "citation-list",
    "Cited and not listed, listed and not cited",
    "numbered citations and their reference list",
)
def unmatched(article: Article) -> Iterator[Misfit]:
    """Every number cited stands in the list, and every reference is cited in the text or a table."""
    if len(article.references) < 3 or len(article.cited) < len(article.references) / 2:
        return
    for cited, sentence in article.cited.items():
        if cited not in article.references and sentence is not None and cited > 0:
            what = (
                f"Reference {cited} is cited; the list has {len(article.references)} entries and "
                f"not this one."
            )
            yield at(
                sentence,
                "citation-list",
                what,
                "moderate",
                "Cite by key.",
                quote(article, sentence, max(0, sentence.text.find(f"{cited}]") - 60)),
            )
    for entry in article.references.values():
        if entry.number not in article.cited:
            what = f"Reference {entry.number} ({entry.author}) is never cited."
            yield Misfit(
                "citation-list",
                "References",
                entry.line,
                what,
                (_entry(article, entry),),
                "low",
                "Cite by key; print what is cited.",
            )


def _entry(article: Article, entry: Reference, start: int = 0) -> Evidence:
    """An entry of the list, 25 words from the one at ``start`` or, where it is long, from a little before."""
    before, words = entry.text[:start].split(), entry.text.split()
    first = 0 if len(before) < 20 else max(0, min(len(before) - 8, len(words) - 24))
    shown = " ".join(words[first : first + 24])
    shown = f"{entry.number}. {shown}" if first == 0 else f"… {shown}"
    return Evidence(shown + (" …" if first + 24 < len(words) else ""), article.file, f"line {entry.line}")


def _same(name: str, author: str) -> bool:
    a, b = (re.sub(r"[^a-z]", "", unicodedata.normalize("NFKD", text).lower()) for text in (name, author))
    return a in b or b in a if a and b else False


@check(
    "included-title",
    "The title of an included study against what is said of it",
    "a table of studies with reference numbers, and the list",
)
def titles(article: Article) -> Iterator[Misfit]:
    """A title that counts its cases must agree with the patients entered; one that says case report or names
    a combination bears on eligibility and on what the effect can be ascribed to."""
    excluded = re.search(r"(?i)exclu[^.]*case (?:reports?|series)", article.methods)
    seen: set[tuple[str, int]] = set()
    for table in article.tables:
        for row in table.rows if table.of_studies else ():
            for entry in _entries(article, table, row):
                for kind, misfit in _of_title(article, table, row, entry, bool(excluded)):
                    if (kind, entry.number) not in seen:
                        seen.add((kind, entry.number))
                        yield misfit


def _entries(article: Article, table: DataTable, row: TableRow) -> list[Reference]:
    numbers = [int(n) for n in re.findall(r"\d+", table.text(row, "references") or "")]
    return [article.references[n] for n in numbers if n in article.references]


def _of_title(
    article: Article, table: DataTable, row: TableRow, entry: Reference, excluded: bool
) -> Iterator[tuple[str, Misfit]]:
    where, study = f"{table.title}, {row.name}", table.text(row, "study")
    cases = re.search(rf"(?i)\b({WHOLE}) (?:cases|patients)\b", entry.text)
    patients = table.number(row, "patients")
    if cases and patients is not None and number(cases[1]) != patients:
        what = f"The title of {study} counts {cases[1]} cases; {patients:g} patients are entered."
        evidence = (_entry(article, entry, cases.start()), cell(table, row, "patients"))
        yield (
            "cases",
            Misfit(
                "included-title",
                where,
                row.line,
                what,
                evidence,
                "moderate",
                "Say which patients of a report were left out, and why.",
            ),
        )
    report = re.search(rf"(?i)case (?:reports?|series)|report of (?:{WHOLE}|a) cases?", entry.text)
    if excluded and report:
        what = f"Case reports are excluded; by its title {study} is one."
        yield (
            "report",
            Misfit(
                "included-title",
                where,
                row.line,
                what,
                (_entry(article, entry, report.start()),),
                "moderate",
                "Apply the rule or say what counts as a case report.",
            ),
        )
    if combined := re.search(r"(?i)\bcombin(?:ed|ation|ing)\b", entry.text):
        what = f"By its title {study} studied a combination; its effect is not that of one treatment."
        yield (
            "combined",
            Misfit(
                "included-title",
                where,
                row.line,
                what,
                (_entry(article, entry, combined.start()),),
                "moderate",
                "Record what was given along with the treatment, and analyse without such studies too.",
            ),
        )
