"""The answer to the reviewers: what the letter says, and that it cannot say what is not so."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree, html
from lxml.etree import _Element
from pypdf import PdfReader

from sscreport.build import Made, make
from sscreport.changes import Changes
from sscreport.cli import main
from sscreport.diff import diff
from sscreport.document import Manuscript
from sscreport.editions import Edition, Source, find, obtain
from sscreport.editions.git import repository
from sscreport.enclosure import read_inputs
from sscreport.problems import InputError
from sscreport.progress import Progress
from sscreport.read.lines import read_lines
from sscreport.response import check_package, read_round
from sscreport.response.letter import _mark_reconstructed, compose_letter
from sscreport.response.places import Place, Places
from sscreport.write.letter import WRITERS, titled
from tests.editions import base
from tests.rounds import FILE, IN_TEXT, ROUND, Tamper, in_letter, revised
from tests.test_diff_command import replace

pytestmark = pytest.mark.needs("pango")
QUIET = Progress(quiet=True)
PACKAGE = {
    "letter.html",
    "letter.pdf",
    "letter.docx",
    "manuscript.pdf",
    "manuscript.docx",
    "marked.docx",
    "marked.pdf",
    "changes.html",
}


@dataclass(frozen=True)
class Bench:
    """A finished package, and everything that its letter was made of."""

    review: Path
    package: Path
    made: Made
    old: Manuscript
    changes: Changes
    places: Places

    def compose(self, text: str) -> None:
        """The letter of another text of the round; raises as the command does."""
        compose_letter(
            read_round(FILE, text),
            self.made.review,
            self.changes,
            self.old,
            self.made.manuscript,
            self.places,
        )


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The clean round, made by the command."""
    root = tmp_path_factory.mktemp("round")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        review = revised(root / "review")
        assert main(["respond", FILE, "--review", str(review)]) == 0
        git = repository(review)
        (root / "old").mkdir()
        old = obtain(find("v1.0", review, git, root / "old"), QUIET)
    made = make(review, QUIET, paint=False)
    changes = diff(old, Edition(Source("the working tree", review), made.manuscript), git, QUIET)
    package = review / "output/round-1"
    places = Places(made.manuscript.tree, read_lines(package / "manuscript.pdf"))
    return Bench(review, package, made, old.manuscript, changes, places)


def words(text: str) -> str:
    return " ".join(text.split())


def text_of(package: Path) -> str:
    return words(
        html.document_fromstring((package / "letter.html").read_bytes()).xpath("//main")[0].text_content()
    )


def test_one_command_makes_the_whole_package(bench: Bench) -> None:
    """Letter in three forms, the manuscript with numbered lines, the marked one and the page of changes."""
    assert {path.name for path in bench.package.iterdir()} == PACKAGE


def test_the_clean_round_has_no_finding(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """The finished files agree with each other and with today's review."""
    assert main(["respond", FILE, "--review", str(bench.review), "--check"]) == 0
    assert "The letter says what the finished manuscript says." in capsys.readouterr().out


def test_comments_are_quoted_and_answered_with_numbers_old_and_new(bench: Bench) -> None:
    """A comment stands as it came, digits and all; the answer has the values under its keys."""
    said = text_of(bench.package)
    assert "In Elm et al. the difference is 9.1 m, not 12.3 m (their Table 2)." in said
    assert "was −18.82† m and is −17.86† m." in said
    assert "data/mean_differences.csv, walk-6-elm, md: “-12.3” became “-9.1”" in said


def test_passages_are_quoted_with_page_and_lines_and_their_place_in_word(bench: Bench) -> None:
    """An independent look at the PDF finds the passage on that page, beside that number."""
    said = text_of(bench.package)
    place = re.search(
        r"Reworded \(page (\d+), line (\d+); in Word: section “Background”, paragraph 1\)", said
    )
    assert place is not None
    page = PdfReader(bench.package / "manuscript.pdf").pages[int(place[1]) - 1].extract_text()
    assert "How quickly people walk" in words(page)
    assert re.search(rf"(?m)^\s*{place[2]}\b", page)
    assert "“How quickly people walk, and how much pain they have, was asked long before" in said
    assert "Before: “How far people walk, and how much pain" in said


def test_reconstructed_numbers_say_so(bench: Bench) -> None:
    """Each has its dagger, though no author typed it, and the letter ends with what that means."""
    said = text_of(bench.package)
    assert said.endswith("† Study-level values reconstructed to reproduce the published pooled result.")
    told = [c for c in bench.changes.changes if c.key == "walk.by_time.m6.estimate" and c.kind == "value"]
    assert [(change.before, change.after) for change in told] == [("−18.82†", "−17.86†")]
    assert any(note.startswith("† ") for note in bench.changes.notes)


def test_a_dagger_stands_at_its_own_value() -> None:
    """One that a later value has says nothing of an earlier one; a group that ends in one has it once."""
    value = '<span data-value="k" class="reconstructed">{}</span>'
    now, low, high = (value.format(number) for number in ("7.09", "0.53", "13.65"))
    was = '<span data-was="k">4.83†</span>'
    for given, wanted in (
        (f"is {now} instead of {was}.", "is 7.09† instead of 4.83†."),
        (f"({low} to {high})<sup>†</sup>, then", "(0.53† to 13.65)†, then"),
    ):
        tree = etree.fromstring(f"<article><p>{given}</p></article>")
        _mark_reconstructed(tree)
        assert "".join(tree[0].itertext()) == wanted


def test_a_sentence_is_placed_where_it_changed(bench: Bench) -> None:
    """Of two blocks that hold a sentence, the one in its own section is meant."""
    text = "How quickly people walk, and how much pain they have"
    assert len(bench.places.holding(text, "Background")) == 1
    assert bench.places.holding(text, "Methods") == []


def test_word_numbers_its_lines(bench: Bench) -> None:
    """The clean Word file counts its lines on from page to page."""
    with zipfile.ZipFile(bench.package / "manuscript.docx") as file:
        assert b'w:restart="continuous"' in file.read("word/document.xml")


def test_tables_tell_their_cells(bench: Bench) -> None:
    """A changed cell is named by its row and column, old and new."""
    assert "Table 1, Cedar [7], Country: Kenya → Iceland" in text_of(bench.package)


@pytest.mark.parametrize("number", range(len(IN_TEXT)))
def test_a_fault_in_the_round_stops_the_letter(bench: Bench, number: int) -> None:
    """False promises, stale numbers, wrong quotations and places, silence: each is refused in words."""
    fault = IN_TEXT[number]
    assert ROUND.count(fault.before) == 1, fault
    with pytest.raises(InputError, match=re.escape(fault.expected)) as raised:
        bench.compose(ROUND.replace(fault.before, fault.after))
    assert all(problem.file == FILE for problem in raised.value.problems)


def test_the_round_itself_is_not_refused(bench: Bench) -> None:
    """What the faults are planted in has none."""
    bench.compose(ROUND)


def _line_faults() -> list[tuple[str, Tamper]]:
    """Every place of the letter with another page, another first line, another last line."""
    place = r"([Pp]age )(\d+)(, lines? )(\d+)((?: to \d+)?)"
    found: list[tuple[str, Tamper]] = []
    for skip in range(6):
        for name, new in (
            ("page", r"\g<1>7\3\4\5"),
            ("line", r"\1\2\g<3>1\4\5"),
            ("end", r"\1\2\3\4\5 to 99"),
        ):
            found.append((f"{name} of place {skip}", _nth(place, new, skip)))
    return found


def _nth(pattern: str, new: str, skip: int) -> Tamper:
    def edit(folder: Path) -> None:
        path = folder / "letter.html"
        text = path.read_text(encoding="utf-8")
        matches = list(re.finditer(pattern, text))
        match = matches[skip % len(matches)]
        text = text[: match.start()] + match.expand(new) + text[match.end() :]
        path.write_text(text, encoding="utf-8")

    return edit


def _passage_faults() -> list[tuple[str, Tamper]]:
    """Quotations with another word, or with a word less."""
    return [
        (f"quotation {skip} {name}", _nth(pattern, new, skip))
        for skip in range(4)
        for name, pattern, new in (
            ("reworded", r"(<p>“\w+ )\w+", r"\1nobody"),
            ("shortened", r"(<p>“)\w+ ", r"\1"),
        )
    ]


def _value_faults() -> list[tuple[str, Tamper]]:
    """Numbers with another digit: new ones, old ones, and those of the data."""
    return [
        ("new number", in_letter(r"(data-value=\"walk\.by_time\.m6\.estimate\"[^>]*>)−17\.86", r"\1−17.68")),
        ("old number", in_letter(r"was (<[^>]*>)?−18\.82", r"was \g<1>−18.28")),
        ("patients", in_letter(r"(data-value=\"studies\.dogwood\.patients\"[^>]*>)32", r"\g<1>30")),
        ("raw text", in_letter(r"“-9\.1”", "“-9.7”")),
        ("count", in_letter(r"In all, (\d+) numbers", r"In all, 9\1 numbers")),
        ("a number more", in_letter("for their care", "for their 3 comments")),
    ]


def _answer_faults() -> list[tuple[str, Tamper]]:
    return [
        ("answer gone", in_letter(r"<p>Thank you\.</p>", "")),
        ("answer emptied", in_letter(r"<p>Thank you\.</p>", "<p> </p>")),
    ]


def _file_faults() -> list[tuple[str, Tamper]]:
    """Letter and manuscript that were not made together."""

    def swap(name: str, part: str, before: str, after: str) -> Tamper:
        def edit(folder: Path) -> None:
            _rewrite(folder / name, part, before, after)

        return edit

    return [
        (
            "manuscript reworded",
            swap("manuscript.docx", "word/document.xml", "How quickly people", "How slowly people"),
        ),
        ("manuscript's number", swap("manuscript.docx", "word/document.xml", "−17.86", "−17.87")),
        ("letter's Word file", swap("letter.docx", "word/document.xml", "−17.86", "−17.87")),
        (
            "letter's Word file, line",
            swap("letter.docx", "word/document.xml", "became “-9.1”", "became “-9.2”"),
        ),
        ("letter's PDF of another", lambda folder: shutil.copy(folder / "marked.pdf", folder / "letter.pdf")),
        (
            "manuscript's PDF of another",
            lambda folder: shutil.copy(folder / "marked.pdf", folder / "manuscript.pdf"),
        ),
    ]


def _rewrite(path: Path, part: str, before: str, after: str) -> None:
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    text = members[part].decode("utf-8")
    assert before in text, before
    members[part] = text.replace(before, after).encode("utf-8")
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)


IN_FILES = [*_line_faults(), *_passage_faults(), *_value_faults(), *_answer_faults(), *_file_faults()]


@pytest.mark.parametrize("number", range(len(IN_FILES)))
def test_a_fault_in_the_finished_files_is_found(bench: Bench, tmp_path: Path, number: int) -> None:
    """Whatever was typed over in the letter or the manuscript after they were made is named."""
    name, tamper = IN_FILES[number]
    folder = tmp_path / "package"
    shutil.copytree(bench.package, folder)
    tamper(folder)
    assert check_package(folder, read_inputs(bench.review)), name


class Elsewhere(Places):
    """Places that are wrong by a page or by a line."""

    by: tuple[int, int, int] = (0, 0, 0)

    def of(self, text: str, element: _Element) -> Place:
        place = super().of(text, element)
        page, first, last = self.by
        return Place(place.page + page, place.first + first, place.last + last, place.word)


@pytest.mark.parametrize("by", [(1, 0, 0), (0, -1, 0), (0, 0, 1), (0, 1, 1)])
def test_a_letter_with_wrong_places_does_not_pass(
    bench: Bench, tmp_path: Path, by: tuple[int, int, int]
) -> None:
    """Were all three forms of the letter wrong alike, by a page or a line, the finished PDF gives it away."""
    folder = tmp_path / "package"
    shutil.copytree(bench.package, folder)
    places = Elsewhere(bench.made.manuscript.tree, read_lines(folder / "manuscript.pdf"))
    places.by = by
    sides = bench.changes, bench.old, bench.made.manuscript
    letter = compose_letter(read_round(FILE, ROUND), bench.made.review, *sides, places)
    for name, write in WRITERS.items():
        write(letter.tree, titled(bench.made.manuscript, letter.title), folder / f"letter.{name}")
    assert any("does not stand on" in finding.message for finding in check_package(folder))


def test_data_that_changed_since_make_the_package_stale(bench: Bench, tmp_path: Path) -> None:
    """Seven later edits of data, settings and templates are each named as the file that changed."""
    review = tmp_path / "review"
    for file, before, after in STALE:
        shutil.copytree(bench.review, review, ignore=shutil.ignore_patterns(".git", "output"))
        replace(review, file, before, after)
        assert file in {finding.file for finding in check_package(bench.package, read_inputs(review))}
        shutil.rmtree(review)


STALE = (
    ("data/mean_differences.csv", "pain-6-ash,pain,6,ash,40,1.42,", "pain-6-ash,pain,6,ash,40,1.43,"),
    ("data/mean_differences.csv", "walk-6-elm,walk,6,elm,47,-9.1,", "walk-6-elm,walk,6,elm,47,-9.0,"),
    ("data/studies.csv", "cedar,Cedar,2005,Iceland,", "cedar,Cedar,2005,Kenya,"),
    ("data/review.toml", "confidence_level = 95", "confidence_level = 90"),
    ("templates/background.html", "How quickly people", "How far people"),
    ("templates/discussion.html", "<h2>Discussion</h2>", "<h2>Debate</h2>"),
    ("data/grade.csv", "pain_m6,pain.m6,,serious,serious,", "pain_m6,pain.m6,,serious,not serious,"),
)


def test_a_hundred_faults_are_planted() -> None:
    """Of all kinds that the letter must not have: in its text, in the finished files, and by later edits."""
    kinds = Counter(fault.kind for fault in IN_TEXT)
    assert set(kinds) == {
        "false promise",
        "wrong quote",
        "stale number",
        "wrong line",
        "unanswered",
        "unannounced",
    }
    assert len(IN_TEXT) + len(IN_FILES) + len(STALE) >= 100


TWO_CAUSES = """# Reviewer one

## The interval

> It is another one.

Yes.

{{ changed(value="walk.by_time.m6.ci_low") }}
"""


def test_to_tell_what_two_causes_did_owns_up_to_neither(tmp_path: Path) -> None:
    """An interval that a datum and the level moved is told; what each did besides is still asked for."""
    folders = base(tmp_path / "old"), base(tmp_path / "new")
    datum = "walk-6-elm,walk,6,elm,47,"
    replace(folders[1], "data/mean_differences.csv", f"{datum}-12.3,", f"{datum}-9.1,")
    replace(folders[1], "data/review.toml", "confidence_level = 95", "confidence_level = 90")
    old, new = (make(folder, QUIET, paint=False) for folder in folders)
    sides = [
        Edition(Source(at.name, at), side.manuscript) for at, side in zip(folders, (old, new), strict=True)
    ]
    changes = diff(*sides, None, QUIET)
    round_ = read_round(FILE, ROUND[: ROUND.index("# Reviewer one")] + TWO_CAUSES)
    with pytest.raises(InputError) as raised:
        places = Places(new.manuscript.tree, [])
        compose_letter(round_, new.review, changes, old.manuscript, new.manuscript, places)
    told = "\n".join(map(str, raised.value.problems))
    assert "walk-6-elm:md changed in the results" in told
    assert "confidence_level changed in the results" in told


def test_a_later_correction_rebuilds_everything_together(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letter, clean and marked manuscript follow another number in the data without a word retyped."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    review = tmp_path / "review"
    shutil.copytree(bench.review, review)
    replace(
        review,
        "data/mean_differences.csv",
        "walk-6-elm,walk,6,elm,47,-9.1,",
        "walk-6-elm,walk,6,elm,47,-9.7,",
    )
    assert main(["respond", FILE, "--review", str(review)]) == 0
    package = review / "output/round-1"
    assert "was −18.82† m and is −18.04† m." in text_of(package)
    assert check_package(package, read_inputs(review)) == []


def test_a_refused_round_leaves_the_last_package(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, file and line in the message, and not a byte of the package touched."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    review = tmp_path / "review"
    shutil.copytree(bench.review, review)
    before = {path.name: path.read_bytes() for path in (review / "output/round-1").iterdir()}
    replace(review, FILE, "Thank you.\n", 'Thank you.\n\n{{ changed(figure="pain") }}\n')
    assert main(["respond", FILE, "--review", str(review)]) == 2
    line = (review / FILE).read_text(encoding="utf-8").splitlines().index('{{ changed(figure="pain") }}') + 1
    assert f"{FILE}, line {line}: A change is promised that is not there" in capsys.readouterr().err
    assert before == {path.name: path.read_bytes() for path in (review / "output/round-1").iterdir()}
