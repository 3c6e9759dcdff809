"""The audit of an article: what it finds, what it leaves alone, and what its command says."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from lxml import html

from sscreport.audit import (
    CHECKS,
    SEVERITIES,
    Article,
    Misfit,
    audit,
    audit_text,
    parse,
    parse_table,
    read_article,
)
from sscreport.audit.expressions import p_values, spreads, statistics
from sscreport.audit.shipped import enter_audit
from sscreport.cli import main
from sscreport.load import load
from sscreport.values import Book
from tests.conftest import Built

ROOT = Path(__file__).parents[1]
ARTICLES = Path(__file__).parent / "articles"
PUBLISHED = ROOT / "data" / "article"
CORRECT = {
    "walking": ("walking.txt", "walking_table1.csv", "walking_table2.csv"),
    "prophylaxis": ("prophylaxis.txt", "prophylaxis_table.csv"),
    "screening": ("screening.txt",),
}


def _found(name: str, correct: str = "", wrong: str = "", file: str = "") -> list[Misfit]:
    """What the audit says of a correct article, in one of whose files ``correct`` has become ``wrong``."""
    texts = {part: (ARTICLES / part).read_text(encoding="utf-8") for part in CORRECT[name]}
    if correct:
        assert correct in texts[file], f"{file} does not say {correct!r}"
        texts[file] = texts[file].replace(correct, wrong, 1)
    text, *tables = texts
    return audit_text(texts[text], [parse_table(texts[table], table) for table in tables])


@pytest.fixture(scope="module")
def published() -> Article:
    return read_article(PUBLISHED / "article.txt", sorted(PUBLISHED.glob("table*.csv")))


@pytest.fixture(scope="module")
def misfits(published: Article) -> list[Misfit]:
    return audit(published)


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(MD = 5.23, 95% CI 4.18–6.29, P < 0.00001)", ("MD", 5.23, 4.18, 6.29, "<")),
        ("(MD = 5.10, 95% CI:3.39–6.81, P < 0.00001; Fig. 3)", ("MD", 5.10, 3.39, 6.81, "<")),
        ("(MD = 1.8, 95% CI − 3.38 to 6.99, P = 0.50)", ("MD", 1.8, -3.38, 6.99, "=")),
        ("RR 0.77 [95% CI 0.65, 0.92], p=.004", ("RR", 0.77, 0.65, 0.92, "=")),
        ("mean difference −2.1 kg (95% confidence interval −3.0 to −1.2)", ("MD", -2.1, -3.0, -1.2, None)),
        ("an odds ratio of 1.50 (95% CI: 1.15-1.95)", ("OR", 1.5, 1.15, 1.95, None)),
        ("SMD = −0.40; 95% CI, −0.71– −0.09; P=0.01", ("SMD", -0.4, -0.71, -0.09, "=")),
        ("HR 1.02; 95% CI, 0.88–1.18; p=.80", ("HR", 1.02, 0.88, 1.18, "=")),
        ("hazard ratio (HR) 0.81 (95% CI 0.74 to 0.89; I² = 9%, P = 0.36)", ("HR", 0.81, 0.74, 0.89, None)),
    ],
)
def test_statistics_are_read_however_they_are_printed(text: str, expected: tuple[object, ...]) -> None:
    """Dashes, minus signs, brackets, semicolons and names in full all give the same numbers."""
    (found,) = parse(f"# Results\n\nIt was {text}.").sentences[0].statistics
    assert (found.measure, found.estimate, found.low, found.high, found.p and found.p.relation) == expected


def test_heterogeneity_has_its_own_p_value() -> None:
    """The P value beside I² is that of Q, the one after the interval that of the effect."""
    text = "(MD = 7.09, 95% CI 0.53–13.65, P = 0.03); heterogeneity was high (P < 0.00001, I2 = 94%)"
    (spread,), (statistic,) = spreads(text), statistics(text)
    assert (spread.i2, spread.p.text, statistic.p.text, len(p_values(text))) == (94, "0.00001", "0.03", 2)


def test_parts_captions_and_references_are_told_apart(published: Article) -> None:
    """Sentences know their part and line, captions their figure, references their first author."""
    lines = (PUBLISHED / "article.txt").read_text(encoding="utf-8").splitlines()
    abstract = [s for s in published.sentences if s.part == "abstract"]
    assert {s.subpart for s in abstract} == {"introduction", "methods", "results", "conclusion"}
    assert [label for label in published.captions if label.startswith("Fig.")] == [
        f"Fig. {n}" for n in range(1, 10)
    ]
    assert published.references[31].author == "Maddali Bongi" and len(published.references) == 41
    assert all(
        s.text.split()[0] in " ".join(lines[s.line - 1].split()).replace("’", "'")
        for s in published.sentences
    )


# ---------------------------------------------------------------- the published article


EXPECTED = [
    ("two-values", "high", ["7.09", "7.58", "13.65", "14.6"]),
    ("two-values", "high", ["58", "36"]),
    ("two-values", "low", ["5.10", "5.09"]),
    ("two-values", "moderate", ["OR = 21.10", "21.1"]),
    ("endpoint-count", "high", ["Park, Wang", "23 patients", "36"]),
    ("shared-patients", "high", ["22", "52", "19", "5.23 (4.18 to 6.29)"]),
    ("model-rule", "high", ["57%", "0.13", "I2 > 50%"]),
    ("spread-word", "moderate", ["57%", "low heterogeneity"]),
    ("caption", "high", ["P < 0.05", "P = 0.62"]),
    ("citation", "high", ["Scuderi et al. [25]", "25. Keyszer"]),
    ("respectively", "moderate", ["P = 0.0007"]),
    ("quality-ceiling", "high", ["self-controlled", "9 − 3 = 6"]),
    ("grade-sum", "high", ["self-controlled", "Moderate"]),
    ("grade-imprecision", "moderate", ["-3.38", "6.99", "Not downgraded"]),
    ("grade-imprecision", "moderate", ["-0.22", "13.62", "Not downgraded"]),
    ("bands", "moderate", ["≤ 4 points", "4–7 points", "≥ 7 points"]),
    ("table-count", "moderate", ["2 studies were without gender", "0 of 9"]),
    ("table-count", "moderate", ["1 was without follow-up", "0 of 9"]),
    ("no-bias", "high", ["suggesting no publication bias", "insufficient"]),
    ("few-for-asymmetry", "moderate", ["k = 5"]),
    ("two-studies", "moderate", ["I2 = 93%", "I2 = 57%", "I2 = 95%"]),
    ("stable", "moderate", ["k = 3"]),
    ("p-of-few", "high", ["3 patients", "0.25"]),
    ("scale-unstated", "high", ["13.65"]),
    ("superlative", "moderate", ["P = 0.22"]),
    ("all-subgroups", "moderate", ["-0.22 to 13.62"]),
    ("combination", "high", ["traditional medicine"]),
    ("one-study", "high", ["lung function", "Only 1 study"]),
    ("certainty-ignored", "high", ["improves", "Very low"]),
    ("safe", "moderate", ["safe", "0 of 114"]),
    ("event-unknown", "moderate", ["arthralgia"]),
    ("event-unknown", "moderate", ["redness"]),
    ("most-common", "moderate", ["redness and swelling", "respiratory tract infection: 8"]),
    ("unplanned", "moderate", ["RCS"]),
    ("unplanned", "moderate", ["CRP"]),
    ("design", "moderate", ["Clinical trials", "self-controlled"]),
    ("included-title", "moderate", ["five cases", "3"]),
    ("direction", "moderate", ["OR = 21.10", "reduced"]),
    ("improved-anyway", "moderate", ["RCS and CHSF were improved"]),
    ("records", "low", ["678", "673"]),
    ("abbreviation", "low", ["SMD, standardized mean difference"]),
    ("abbreviation", "low", ["CHSF"]),
    ("deviation", "low", ["12.41 ± 8.64"]),
    ("primary-outcome", "low", ["primary outcome"]),
]


@pytest.mark.parametrize(
    ("check", "severity", "evidence"), EXPECTED, ids=lambda item: item if isinstance(item, str) else ""
)
def test_the_article_is_caught_with_evidence(
    misfits: list[Misfit], check: str, severity: str, evidence: list[str]
) -> None:
    """From text and tables alone, each known flaw is listed with the printed values that show it."""
    said = [
        " | ".join(e.text for e in m.evidence) for m in misfits if (m.check, m.severity) == (check, severity)
    ]
    assert any(all(word in text for word in evidence) for text in said), said


def test_evidence_is_what_the_article_prints(misfits: list[Misfit]) -> None:
    """Every quoted passage stands in its line, every cell in its table; none is longer than 25 words."""
    lines = (PUBLISHED / "article.txt").read_text(encoding="utf-8").splitlines()
    cells = {}
    for path in PUBLISHED.glob("table*.csv"):
        with path.open(encoding="utf-8") as file:
            cells |= {
                (str(path), row["id"], name): text
                for row in csv.DictReader(file)
                for name, text in row.items()
            }
    for item in (item for misfit in misfits for item in misfit.evidence):
        assert len(item.text.strip("… ").split()) <= 25
        if item.source.endswith(".txt"):
            line = _bare(lines[int(item.row.split()[1]) - 1])
            assert _bare(item.text.strip("… ")) in line
        elif (item.source, item.row, item.column) in cells:
            assert cells[item.source, item.row, item.column].find(item.text) >= 0


def _bare(text: str) -> str:
    return re.sub(r"[\s*]", "", text).translate({0x2212: "-", 0x2019: "'"})


# ---------------------------------------------------------------- correct articles, and faults in them


def test_correct_articles_raise_no_alarm() -> None:
    """Three correct reviews of different kinds raise at most one false alarm together."""
    alarms = [(name, m.check, m.what) for name in CORRECT for m in _found(name)]
    assert len(alarms) <= 1, alarms


with (ARTICLES / "faults.csv").open(encoding="utf-8", newline="") as file:
    FAULTS = list(csv.DictReader(file))


@pytest.mark.parametrize("fault", FAULTS, ids=[f"{fault['check']}-{n}" for n, fault in enumerate(FAULTS)])
def test_a_planted_fault_is_found(fault: dict[str, str]) -> None:
    """One fault put into a correct review is found by the check that is meant for it."""
    found = _found(fault["article"], fault["correct"], fault["wrong"], fault["file"])
    assert fault["check"] in {misfit.check for misfit in found}


def test_every_check_has_found_something() -> None:
    """No check goes without a flaw of the article or a planted fault that it finds."""
    assert {fault["check"] for fault in FAULTS} | {check for check, _, _ in EXPECTED} == set(CHECKS)


# ---------------------------------------------------------------- the command


def test_exit_codes_tell_findings_from_none(capsys: pytest.CaptureFixture[str]) -> None:
    """1 with findings, 0 without; the listing names place, evidence and what to do instead."""
    text, *tables = (str(ARTICLES / part) for part in CORRECT["walking"])
    assert main(["audit", "--text", text, "--tables", *tables]) == 0
    assert "no findings." in capsys.readouterr().out
    assert main(["audit", "--text", str(PUBLISHED / "article.txt")]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "Scuderi et al. is cited as [25]" in said and "Instead: Cite by key" in said


def test_json_has_one_form(capsys: pytest.CaptureFixture[str]) -> None:
    """Machine-found and hand-recorded findings have the same fields and are labelled; counts add up."""
    assert main(["audit", "--json", "--review", str(ROOT)]) == 1
    content = json.loads(capsys.readouterr().out)
    assert list(content) == ["article", "counts", "findings"]
    fields = ["id", "recorded", "check", "where", "line", "finding", "evidence", "severity", "remedy"]
    assert all(list(entry) == fields and entry["evidence"] for entry in content["findings"])
    assert all(set(e) == {"text", "place"} for entry in content["findings"] for e in entry["evidence"])
    assert {entry["recorded"] for entry in content["findings"]} == {"machine", "by hand"}
    assert set(content["counts"]) <= set(SEVERITIES)
    assert sum(content["counts"].values()) == len({entry["id"] for entry in content["findings"]})


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "cannot be read"),
        ({"a.txt": b"caf\xe9"}, "must be UTF-8"),
        ({"a.txt": b"# Results", "t.csv": b""}, "must name the columns"),
        ({"a.txt": b"# Results", "t.csv": b"1,2\n3,4\n"}, "must name the columns"),
        ({"a.txt": b"# Results", "t.csv": b"study,n\nAbe,4,5\n"}, "line 2"),
    ],
)
def test_bad_input_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, bytes], said: str
) -> None:
    """A missing file, another encoding, a table without a heading or with ragged rows: exit 2 and why."""
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    tables = ["--tables", str(tmp_path / "t.csv")] if "t.csv" in files else []
    assert main(["audit", "--text", str(tmp_path / "a.txt"), *tables]) == 2
    assert said in capsys.readouterr().err


def test_tables_need_their_text_and_a_review_its_article(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--tables alone, and a review without an article, are usage errors that say what to name."""
    assert main(["audit", "--tables", "t.csv"]) == 2
    assert main(["audit", "--review", str(ROOT / "tests" / "small_review")]) == 2
    assert capsys.readouterr().err.count("--text") == 2


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# Results", "P = , 95% CI to (I2 = %", "[1", "Table 1", "1. 2. 3."]
)
def test_any_text_is_read(text: str) -> None:
    """Empty or broken text has no findings and raises nothing."""
    assert audit_text(text) == []


def test_every_check_says_what_it_needs_and_why() -> None:
    """Each check has a title, what it needs, and a sentence on why it is right; the docs name each."""
    documented = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    for name, check in CHECKS.items():
        assert check.title and check.needs and check.about.endswith((".", ")")), name
        assert f"`{name}`" in documented, f"docs/audit.md does not describe {name}"


# ---------------------------------------------------------------- in the book


@pytest.fixture(scope="module")
def book() -> Book:
    review, _ = load(ROOT)
    enter_audit(review)
    return review.book


def test_findings_are_values_that_rest_on_the_article(book: Book, misfits: list[Misfit]) -> None:
    """Each field of a finding has a key, and its cells are lines and cells of the article."""
    found = [value for value in book if re.fullmatch(r"audit\.found\.\w+\.finding", value.key)]
    assert len(found) == len(misfits) == book["audit.machine"].content
    for value in found:
        cells = value.cells().values()
        assert cells and all(cell.file.startswith("data/article/") for cell in cells), value.key
        assert value.provenance == "published"


def test_counts_of_findings_add_up(book: Book) -> None:
    """All findings are those of the checks and those by hand, and those of the three severities."""
    count = {name: book[f"audit.{name}"].content for name in ("findings", "machine", "by_hand", *SEVERITIES)}
    assert count["findings"] == count["machine"] + count["by_hand"] == sum(count[s] for s in SEVERITIES)
    assert min(count.values()) > 0


# ---------------------------------------------------------------- our own manuscript


def _text(path: Path) -> str:
    """Headings, paragraphs, items and captions of a finished page, with a blank line after each."""
    page = html.document_fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))
    blocks = page.find(".//article").xpath(
        ".//*[self::h2 or self::h3 or self::h4 or self::p or self::li or self::figcaption]"
        "[not(ancestor::details or ancestor::nav or ancestor::table or ancestor-or-self::*[@popover])]"
    )
    marks = {"h2": "## ", "h3": "### ", "h4": "#### "}
    return "\n\n".join(marks.get(b.tag, "") + " ".join(b.text_content().split()) for b in blocks)


def test_our_own_manuscript_passes(built: Built) -> None:
    """In the finished page words, P values, intervals, signs and citations fit one another."""
    text = _text(built.output / "manuscript.html")
    assert len(parse(text).sentences) > 100 and sum(len(s.statistics) for s in parse(text).sentences) > 5
    own = ("p-interval", "centre", "i2-p", "significance", "direction", "share", "citation", "respectively")
    assert [(m.where, m.what) for m in audit_text(text, checks=own)] == []
