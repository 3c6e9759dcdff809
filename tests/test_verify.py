"""`verify`: files that came back, checked number by number.

A thousand edits in each format and a hundred untouched files are run by `python -m benchmarks.tamper`.
"""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from benchmarks import resave
from benchmarks.tamper import EDITS, named
from sscreport.cli import main
from sscreport.commands.verify import judge
from sscreport.enclosure import Enclosure
from sscreport.problems import UsageError
from sscreport.read import read
from tests.conftest import Built
from tests.test_data import edit_cell, review_copy

REGISTER = "customXml/sscreport-values.xml"
FORMATS = ("html", pytest.param("pdf", marks=pytest.mark.needs("pango")), "docx")


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """A folder with no review in it."""
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def copy_of(brief: Built, name: str, folder: Path) -> Path:
    return Path(shutil.copy(brief.output / f"manuscript.{name}", folder / f"edited.{name}"))


def rewrite_docx(path: Path, change: Callable[[str], str], member: str = "word/document.xml") -> None:
    with ZipFile(path) as package:
        members = {name: package.read(name) for name in package.namelist()}
    text = members[member].decode("utf-8")
    assert change(text) != text
    members[member] = change(text).encode("utf-8")
    with ZipFile(path, "w") as package:
        for name, content in members.items():
            package.writestr(name, content)


def rewrite_html(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def verify(capsys: pytest.CaptureFixture[str], path: Path, review: Path) -> tuple[int, dict[str, Any]]:
    """Exit code and what is printed for machines."""
    code = main(["verify", str(path), "--json", "--review", str(review)])
    return code, json.loads(capsys.readouterr().out)[0]


@pytest.mark.parametrize("name", FORMATS)
def test_an_untouched_file_is_right(
    name: str, brief: Built, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is off, with the review at hand and without; every value of the file was checked."""
    path = brief.output / f"manuscript.{name}"
    code, verdict = verify(capsys, path, nowhere)
    assert (code, verdict["findings"]) == (0, [])
    assert verdict["right"] == verdict["checked"] > 600
    assert main(["verify", str(path), "--review", str(brief.review)]) == 0
    assert "nothing is off" in capsys.readouterr().out


@pytest.mark.parametrize("name", FORMATS)
def test_single_numbers_typed_over_are_found_and_named(name: str, brief: Built, tmp_path: Path) -> None:
    """Seeded edits anywhere in the file: each is told with old text, new text and key."""
    for number in range(8):
        path = copy_of(brief, name, tmp_path)
        (edit,) = EDITS[name](path, random.Random(f"{name} {number}"), 1)
        verdict = judge(path, *read(path), None)
        assert named(edit, verdict), (edit, verdict.findings)
        assert len(verdict.findings) == 1


def test_a_finding_names_the_cell_to_edit(
    brief: Built, tmp_path: Path, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A computed number leads to its cells, a data field to its own; the exit code is 1."""
    path = copy_of(brief, "html", tmp_path)
    text = path.read_text(encoding="utf-8")
    changed = re.sub(r'(<button[^>]*id="n-rcs\.m6\.estimate-1"[^>]*>)1\.80', r"\g<1>2.80", text)
    changed = re.sub(r'(data-value="studies\.park\.patients"[^>]*>)18', r"\g<1>19", changed, count=1)
    path.write_text(changed, encoding="utf-8")
    code, verdict = verify(capsys, path, nowhere)
    findings = {finding["key"]: finding for finding in verdict["findings"]}
    assert code == 1
    assert set(findings) == {"rcs.m6.estimate", "studies.park.patients"}
    estimate = findings["rcs.m6.estimate"]
    assert (estimate["kind"], estimate["before"], estimate["after"]) == ("changed", "1.80", "2.80")
    assert estimate["place"] == "Abstract"
    assert "data/mean_differences.csv:rcs-6m-park:md" in estimate["cells"]
    assert findings["studies.park.patients"]["cells"] == ["data/studies.csv:park:patients"]


def test_a_changed_word_of_a_value_is_found_too(
    brief: Built, tmp_path: Path, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """ "not significant" is a value as a number is; taking the "not" away is found."""
    path = copy_of(brief, "html", tmp_path)
    rewrite_html(path, ">not significant<", ">significant<")
    code, verdict = verify(capsys, path, nowhere)
    assert code == 1
    assert [(f["before"], f["after"]) for f in verdict["findings"]] == [("not significant", "significant")]


def test_edited_prose_is_no_finding(
    brief: Built, tmp_path: Path, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A co-author may reword a sentence; only numbers and values are held fast."""
    for name in ("html", "docx"):
        path = copy_of(brief, name, tmp_path)
        if name == "html":
            rewrite_html(path, "None of this shows that MSCs work.", "Whether MSCs work remains to be seen.")
        else:
            rewrite_docx(
                path, lambda text: text.replace("None of this shows that", "It is not shown here that")
            )
        assert verify(capsys, path, nowhere)[0] == 0


def test_a_heading_s_value_in_the_table_of_contents_is_named(
    brief: Built, tmp_path: Path, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table of contents repeats headings; a value in it is found and named as one in the text."""
    path = copy_of(brief, "html", tmp_path)
    text = path.read_text(encoding="utf-8")
    contents = text.index("<nav")
    months = re.compile(r'(data-value="review\.analyses\.rcs\.m6\.timepoints"[^>]*>)6<')
    path.write_text(text[:contents] + months.sub(r"\g<1>9<", text[contents:], count=1), encoding="utf-8")
    _, verdict = verify(capsys, path, nowhere)
    told = [(f["key"], f["before"], f["after"], f["place"]) for f in verdict["findings"]]
    assert told == [("review.analyses.rcs.m6.timepoints", "6", "9", "table of contents")]


def test_edits_in_cards_that_are_much_alike_are_told_apart(
    brief: Built, tmp_path: Path, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cards of two bounds of one interval list the same fields; a digit of each is found in its own card."""
    path = copy_of(brief, "html", tmp_path)
    text = path.read_text(encoding="utf-8")
    cards = [f"mrss.by_time.m6.{bound}" for bound in ("ci_low", "ci_high")]
    for card, number in zip(cards, ("2.327", "3.889"), strict=True):
        start = text.index(f'id="v-{card}"')
        text = text[:start] + text[start:].replace(f"<td>{number}</td>", "<td>7.777</td>", 1)
    path.write_text(text, encoding="utf-8")
    _, verdict = verify(capsys, path, nowhere)
    told = [(f["place"], f["before"], f["after"]) for f in verdict["findings"]]
    assert told == [(f"card of {cards[0]}", "2.327", "7.777"), (f"card of {cards[1]}", "3.889", "7.777")]


def test_a_number_typed_into_prose_is_found(
    brief: Built, tmp_path: Path, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A number that no value stands behind is told with the words around it."""
    path = copy_of(brief, "html", tmp_path)
    rewrite_html(
        path, "None of this shows that MSCs work.", "In 87 patients none of this shows that MSCs work."
    )
    code, verdict = verify(capsys, path, nowhere)
    assert code == 1
    assert any("87" in finding["after"] for finding in verdict["findings"])


def test_a_deleted_sentence_leaves_numbers_missing(
    brief: Built, tmp_path: Path, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every value that went with it is named as removed."""
    path = copy_of(brief, "html", tmp_path)
    text = path.read_text(encoding="utf-8")
    start = text.index("<p>", text.index('id="results-lung"'))
    end = text.index("</p>", start) + 4
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    code, verdict = verify(capsys, path, nowhere)
    assert code == 1
    removed = {finding["key"] for finding in verdict["findings"] if finding["kind"] == "removed"}
    assert "lung_function.dlco-12m-zhang.n" in removed
    assert all(key.startswith("lung_function.") or key == "" for key in removed)


def test_a_lost_mark_is_found_though_the_number_is_right(
    brief: Built, tmp_path: Path, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A number retyped as it was, without its identity, in HTML and in Word."""
    page = copy_of(brief, "html", tmp_path)
    rewrite_html(page, ' data-value="rcs.m6.estimate"', "")
    document = copy_of(brief, "docx", tmp_path)
    rewrite_docx(
        document, lambda text: re.sub(r'<w:bookmarkStart [^>]*w:name="_n[0-9a-f]{10}_1"/>', "", text, count=1)
    )
    for path in (page, document):
        code, verdict = verify(capsys, path, nowhere)
        assert (code, [f["kind"] for f in verdict["findings"]]) == (1, ["unmarked"])
        assert verdict["findings"][0]["key"]


def test_a_copy_without_any_mark_is_said_to_be_one(
    brief: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Text pasted elsewhere: its numbers are compared with today's data; one finding says what is lost."""
    path = copy_of(brief, "html", tmp_path)
    text = path.read_text(encoding="utf-8").replace(" data-value=", " data-was=")
    text = re.sub(r'<script type="application/json".*?</script>', "", text, flags=re.DOTALL)
    path.write_text(text, encoding="utf-8")
    code, verdict = verify(capsys, path, brief.review)
    assert code == 1
    assert [finding["kind"] for finding in verdict["findings"]] == ["unmarked"]
    assert "lost every mark" in verdict["findings"][0]["message"]
    assert "are gone" in verdict["notes"][0]


@pytest.mark.parametrize("name", ("html", "docx"))
def test_a_file_older_than_the_data_is_stale(
    name: str, brief: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each value that today's data print otherwise is told, with the cell that was corrected since."""
    copy = review_copy(tmp_path / "review", brief.review)
    edit_cell(copy / "data/mean_differences.csv", "rcs-6m-park", "md", "-1.41")
    code, verdict = verify(capsys, brief.output / f"manuscript.{name}", copy)
    findings = {finding["key"]: finding for finding in verdict["findings"]}
    assert code == 1
    assert {finding["kind"] for finding in findings.values()} == {"stale"}
    estimate = findings["rcs.m6.estimate"]
    assert estimate["after"] == "1.80" != estimate["before"]
    assert estimate["cells"] == ["data/mean_differences.csv:rcs-6m-park:md"]
    assert "was “-1.00” and is “-1.41”" in estimate["message"]
    assert not any(key.startswith("vas.") for key in findings)


def test_a_file_made_by_other_code_is_checked_for_its_values(
    brief: Built, tmp_path: Path, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cards and page numbers may differ between versions; a value must be right all the same."""
    path = copy_of(brief, "html", tmp_path)
    text = re.sub(r'"code": ?"[0-9a-f]{64}"', f'"code": "{"0" * 64}"', path.read_text(encoding="utf-8"))
    path.write_text(text.replace(">133<", ">134<", 1).replace("not printed", "nowhere 77"), encoding="utf-8")
    code, verdict = verify(capsys, path, nowhere)
    assert (code, {f["key"] for f in verdict["findings"]}) == (1, {"included.patients"})
    assert "made by other code" in verdict["notes"][0]


def test_data_altered_inside_the_file_are_found(
    brief: Built, tmp_path: Path, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Values and data inside must follow from each other."""
    path = copy_of(brief, "docx", tmp_path)
    rewrite_docx(path, lambda text: text.replace(",park,18,-1.00,", ",park,18,-1.50,"), REGISTER)
    code, verdict = verify(capsys, path, nowhere)
    assert code == 1
    assert "enclosure" in {finding["kind"] for finding in verdict["findings"]}


@pytest.mark.parametrize(
    "name", ["../outside.csv", "/etc/passwd", "data/../../x.csv", "data/a/b.csv", "elsewhere/x.csv"]
)
def test_nothing_inside_a_file_leads_out_of_its_folder(name: str, tmp_path: Path) -> None:
    """A file from elsewhere may hold any names; only data and templates are unpacked."""
    with pytest.raises(UsageError, match="travels inside"):
        Enclosure({name: "x"}).unpack(tmp_path / "review")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_templates_inside_a_file_run_in_a_sandbox(
    brief: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A template that reaches for Python's insides gets nothing, and the build stops with its line."""
    copy = review_copy(tmp_path / "review", brief.review)
    template = copy / "templates/conclusion.html"
    attack = "{% set x = cite.__globals__['__builtins__']['open']('" + str(tmp_path / "seen") + "', 'w') %}"
    template.write_text(attack + template.read_text(encoding="utf-8"), encoding="utf-8")
    assert main(["--review", str(copy), "--only", "html", "--quiet"]) == 2
    assert "templates/conclusion.html" in capsys.readouterr().err
    assert not (tmp_path / "seen").exists()


def test_tracked_changes_count_as_made(
    brief: Built, tmp_path: Path, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A number struck out and another inserted with revision marks is a number typed over."""
    path = copy_of(brief, "docx", tmp_path)
    mark = 'w:id="9001" w:author="A" w:date="2026-01-01T00:00:00Z"'

    def revise(text: str) -> str:
        found = re.search(r"<w:r>(?:(?!</w:r>).)*<w:t[^>]*>133</w:t></w:r>", text)
        run = found.group()
        deleted = run.replace("<w:t", "<w:delText").replace("</w:t>", "</w:delText>")
        both = f"<w:del {mark}>{deleted}</w:del><w:ins {mark}>{run.replace('133', '134')}</w:ins>"
        return text[: found.start()] + both + text[found.end() :]

    rewrite_docx(path, revise)
    code, verdict = verify(capsys, path, nowhere)
    assert code == 1
    assert [(f["before"], f["after"]) for f in verdict["findings"]] == [("133", "134")]
    assert verdict["findings"][0]["key"] == "included.patients"


def test_another_picture_in_place_of_a_figure_is_found(
    brief: Built, tmp_path: Path, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A figure in Word whose pixels are not those that the data give is named."""
    path = copy_of(brief, "docx", tmp_path)
    with ZipFile(path) as package:
        members = {name: package.read(name) for name in package.namelist()}
    first, second = sorted(name for name in members if name.endswith(".png"))[:2]
    members[first] = members[second]
    with ZipFile(path, "w") as package:
        for name, content in members.items():
            package.writestr(name, content)
    code, verdict = verify(capsys, path, nowhere)
    assert (code, [f["kind"] for f in verdict["findings"]]) == (1, ["picture"])


SAVES = [
    ("html", resave.by_lxml),
    pytest.param("html", resave.by_chromium, marks=pytest.mark.needs("chromium")),
    pytest.param("pdf", resave.by_qpdf, marks=pytest.mark.needs("pango")),
    ("docx", resave.by_python_docx),
    ("docx", resave.by_zip),
    pytest.param("docx", resave.by_libreoffice, marks=pytest.mark.needs("soffice")),
]


@pytest.mark.parametrize(("name", "save"), SAVES)
def test_a_file_saved_anew_by_another_program_raises_no_alarm(
    name: str, save: Callable[[Path, Path], None], brief: Built, tmp_path: Path
) -> None:
    """LibreOffice, Chromium, qpdf and others rewrite a file without changing what it says."""
    path = tmp_path / f"saved.{name}"
    save(brief.output / f"manuscript.{name}", path)
    verdict = judge(path, *read(path), None)
    assert verdict.findings == []
    assert verdict.right == verdict.checked


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.txt", b"just words", "is no HTML, PDF or Word file"),
        ("broken.pdf", b"%PDF-1.7 and nothing else", "cannot be read as PDF"),
        ("plain.html", b"<!doctype html><html><body><p>Hello</p></body></html>", "No data travel inside"),
    ],
)
def test_what_cannot_be_checked_is_an_error(
    name: str, content: bytes, said: str, tmp_path: Path, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 and a sentence, never a traceback; a missing file too."""
    (tmp_path / name).write_bytes(content)
    assert main(["verify", str(tmp_path / name), "--review", str(nowhere)]) == 2
    assert said in capsys.readouterr().err
    assert main(["verify", str(tmp_path / "none.html"), "--review", str(nowhere)]) == 2
    assert "There is no file" in capsys.readouterr().err
