"""`merge`: a Word copy that co-authors edited, brought back into the templates."""

from __future__ import annotations

import html
import io
import json
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from zipfile import ZipFile

import pytest
from lxml import etree
from lxml.etree import _Element
from PIL import Image

from sscreport.build import Prepared, fill, prepare
from sscreport.cli import main
from sscreport.compose import compose
from sscreport.compose.source_map import SIGN, SourceMap
from sscreport.enclosure import read_inputs
from sscreport.merge import merge
from sscreport.merge.copy import read_copy
from sscreport.merge.edits import CONFLICT, LISTED, NOTED, PATCHED, REFUSED, Edit, Merged
from sscreport.merge.original import original
from sscreport.progress import Progress
from sscreport.write import FORMATS
from sscreport.write.pages import with_wide_tables_last
from tests.conftest import Built
from tests.editions import BASE
from tests.thorough import cases
from tests.word_edits import DATE, PROSE, Document, W, comment, type_in_number, type_over_value
from tests.word_revisions import accepted, before_appendix

SCRIPTS = cases(100, sample=24)
QUIET = Progress(quiet=True)
BLOCKS = ("p", "li", "h1", "h2", "h3", "h4", "figcaption")
OTHERS = ("row", "Abbreviation", "Reference", "Figure", "SectionEnd")  # styles of what is no prose


@dataclass(frozen=True)
class Home:
    """A review with its finished Word file."""

    root: Path
    prepared: Prepared
    file: Path
    keys: Mapping[str, str]  # by bookmark

    @property
    def templates(self) -> dict[str, str]:
        return {file: text for file, text in read_inputs(self.root).items() if file.startswith("templates/")}

    def merge(self, path: Path) -> Merged:
        copy = read_copy(path)
        assert copy.enclosure is not None
        return merge(copy, original(copy.enclosure), self.prepared, self.templates)

    def remade(self, merged: Merged, folder: Path) -> list[str]:
        """What the manuscript says with the patch."""
        for file, text in {**read_inputs(self.root), **merged.texts}.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8", newline="")
        figures = {name: drawing.figure for name, drawing in self.prepared.drawings.items()}
        made = compose(replace(self.prepared.review, root=folder), figures, self.prepared.tables)
        return list(said_by(with_wide_tables_last(made.tree)))


def said_by(tree: _Element) -> Iterator[str]:
    """The prose of a manuscript, block by block."""
    for block in tree.iter(*BLOCKS):
        outside = not any(
            above.tag in ("td", "th") or above.get("class") == "references" for above in block.iterancestors()
        )
        if outside and block.find("p") is None and (text := " ".join("".join(block.itertext()).split())):
            yield text


def said_in(path: Path) -> list[str]:
    """The same of a Word file."""
    blocks = before_appendix(accepted(path))
    return [" ".join(b.texts[0].split()) for b in blocks if b.style not in OTHERS and b.texts[0].strip()]


def home(root: Path, file: Path) -> Home:
    prepared = prepare(root, QUIET)
    if not file.exists():
        FORMATS["docx"](fill(prepared, QUIET).manuscript, file)
    with ZipFile(file) as package:
        register = etree.fromstring(package.read("customXml/sscreport-values.xml"))
    marks = register.iter("{urn:sscreport:values}mark")
    return Home(root, prepared, file, {mark.get("bookmark"): mark.get("key") for mark in marks})


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home(BASE, tmp_path_factory.mktemp("small") / "manuscript.docx")


@dataclass
class Script:
    """What was done to a copy: the file, the same without numbers typed, and what has to be told."""

    file: Path
    prose: Path
    done: list[str] = field(default_factory=list)
    values: list[tuple[str, str, str]] = field(default_factory=list)  # key, before, after
    numbers: list[str] = field(default_factory=list)
    comments: list[tuple[str, str, str]] = field(default_factory=list)  # author, text, passage


def scripted(source: Home, seed: int, folder: Path) -> Script:
    """A copy with several edits of prose, numbers typed over and in, and comments, some of all tracked."""
    chance = random.Random(seed)
    document = Document.open(source.file, chance)
    script = Script(folder / f"copy-{seed}.docx", folder / f"prose-{seed}.docx")
    for edit in chance.choices(PROSE, k=chance.randint(2, 5)):
        document.tracked = chance.random() < 0.5
        if edit(document):
            script.done.append(edit.__name__)
    document.copy().save(script.prose)
    for _ in range(chance.randint(0, 2)):
        document.tracked = chance.random() < 0.5
        if typed := type_over_value(document):
            script.values.append((source.keys[typed[0]], *typed[1:]))
    if chance.random() < 0.4 and (number := type_in_number(document)):
        script.numbers.append(number)
    for _ in range(chance.randint(0, 2)):
        comment(document)
    script.comments = document.comments
    document.save(script.file)
    return script


def saved_by_libreoffice(files: list[Path], folder: Path) -> None:
    """All files opened and saved in one run, in their places."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "docx:MS Word 2007 XML",
        "--outdir",
        folder / "saved",
    ]
    subprocess.run([*command, *files], check=True, capture_output=True, timeout=300)
    for file in files:
        (folder / "saved" / file.name).replace(file)


def check(source: Home, script: Script, merged: Merged) -> list[str]:
    """What of numbers and comments was not told as it should be."""
    told = [e for e in merged.edits if e.fate == REFUSED]
    values = Counter((e.key, e.before, e.after) for e in told if e.what == "value" and e.cells)
    wrong = [f"values {values} for {script.values}"] * (values != Counter(script.values))
    numbers = [edit.message for edit in told if edit.what == "number"]
    named = [number for number, message in zip(script.numbers, numbers, strict=False) if number in message]
    wrong += [f"numbers {numbers} for {script.numbers}"] * (
        named != script.numbers or len(numbers) != len(named)
    )
    kept = sorted((r.comment.author, r.comment.text, r.comment.passage) for r in merged.remarks)
    comments = sorted((author, text, " ".join(passage.split())) for author, text, passage in script.comments)
    return [*wrong, *[f"comments {kept} for {comments}"] * (kept != comments)]


def by_hand(merged: Merged) -> list[Edit]:
    """Edits of prose that no patch makes."""
    return [e for e in merged.edits if e.fate not in (PATCHED, NOTED) and e.what not in ("value", "number")]


@pytest.mark.needs("soffice")
def test_a_hundred_edit_scripts_come_back(small: Home, tmp_path: Path) -> None:
    """Every edit of prose is in the remade manuscript, every number refused by name, every comment kept."""
    scripts = [scripted(small, seed, tmp_path) for seed in range(SCRIPTS)]
    saved_by_libreoffice([script.file for script in scripts[::2]], tmp_path)
    wrong = {}
    for number, script in enumerate(scripts):
        merged = small.merge(script.file)
        found = [*check(small, script, merged), *map(str, by_hand(merged))]
        if small.remade(merged, tmp_path / f"remade-{number}") != said_in(script.prose):
            found.append("prose")
        if found:
            wrong[number] = (script.done, found)
    assert wrong == {}
    assert {name for script in scripts for name in script.done} == {edit.__name__ for edit in PROSE}


# ---------------------------------------------------------------- the shipped review


@pytest.mark.needs("soffice")
def test_copies_of_the_shipped_review_come_back(brief: Built, tmp_path: Path) -> None:
    """Where macros, claims and branches make the text, an edit is patched, or told with file and line."""
    shipped = home(brief.review, brief.output / "manuscript.docx")
    scripts = [scripted(shipped, seed, tmp_path) for seed in range(300, 303)]
    untouched = tmp_path / "untouched.docx"
    shutil.copy(shipped.file, untouched)
    saved_by_libreoffice([untouched], tmp_path)
    patched = 0
    for number, script in enumerate(scripts):
        merged = shipped.merge(script.file)
        assert check(shipped, script, merged) == []
        told = by_hand(merged)
        assert all(edit.message and edit.file and edit.line for edit in told)
        wanted, said = said_in(script.prose), shipped.remade(merged, tmp_path / f"remade-{number}")
        for one, other in ((wanted, said), (said, wanted)):
            assert (Counter(one) - Counter(other)).total() <= len(told), script.done
        patched += sum(edit.fate == PATCHED for edit in merged.edits)
    assert patched >= len(scripts)
    merged = shipped.merge(untouched)
    assert (by_hand(merged), merged.remarks, merged.patch) == ([], [], "")


def test_the_signs_of_the_source_map_change_nothing_else(brief: Built) -> None:
    """Without them the tree is the ordinary one, and what they lead to is what is printed."""
    prepared = prepare(brief.review, QUIET)
    figures = {name: drawing.figure for name, drawing in prepared.drawings.items()}
    known = SourceMap()
    plain = compose(prepared.review, figures, prepared.tables).tree
    signed = compose(prepared.review, figures, prepared.tables, source_map=known).tree
    assert SIGN.sub("", etree.tostring(signed, encoding="unicode")) == etree.tostring(
        plain, encoding="unicode"
    )
    text, spots, _ = known.spots("".join(signed.itertext()))
    led = [
        (sign, known.texts[known.passages[s.passage].file][s.start : s.end])
        for sign, s in zip(text, spots, strict=True)
        if s
    ]
    assert len(led) > 30_000
    assert [(sign, source) for sign, source in led if html.unescape(source) != sign and source.strip()] == []
    methods = known.texts["templates/methods.html"]
    words = "No sex, age"  # a passage is found where a reader would look for it
    sought = "Sex, age, duration and severity of disease"
    place = text.index(sought)
    assert words not in methods and methods.startswith(sought, spots[place].start)


# ---------------------------------------------------------------- one edit, one fate


def edited(source: Home, folder: Path, old: str, new: str, tracked: bool = False) -> Path:
    """A copy in which the run that holds ``old`` says ``new`` in its place."""
    document = Document.open(source.file, random.Random(1))
    document.tracked = tracked
    run, text = next(
        (run, said.text) for element in document.body() for run in element.iter(f"{W}r")
        if (said := run.find(f"{W}t")) is not None and old in (said.text or "")
    )  # fmt: skip
    start = text.index(old)
    document.change(run, start, start + len(old), new)
    return document.save(folder / "copy.docx")


CASES = {
    "a number typed over": ("−18.82", "−18.83", REFUSED, "value", "data/mean_differences.csv:"),
    "a word that a value prints": ("fixed-effect", "mixed", REFUSED, "value", "edit data/"),
    "a number typed in": ("pair of readers", "pair of 2 readers", REFUSED, "number", "“2”"),
    "a number in words of its own": ("same pair", "same ½ pair", REFUSED, "number", "“½”"),
    "a claim that nothing carries": ("in plain words", "significantly", REFUSED, "words", "data/stated.toml"),
    "a heading of a table": ("Country", "Land", REFUSED, "made", "data/review.toml"),
    "a note made of the data": (", not reported.", ", unknown.", REFUSED, "made", "data/"),
    "a reference": (
        "An invented report from Ash",
        "A found report from Ash",
        REFUSED,
        "list of references",
        "data/references.json",
    ),
    "a constant": ("PRISMA 2020", "PRISMA", REFUSED, "constant", "const(…)"),
    "a word of a claim": ("improved after the treatment", "improved after it", PATCHED, "words", ""),
    "a word of a caption": ("Squares stand for", "Boxes mean", PATCHED, "words", ""),
}


@pytest.mark.parametrize("case", CASES)
def test_each_edit_meets_its_fate(case: str, small: Home, tmp_path: Path) -> None:
    """What no template can say is refused, and the message says what to edit instead."""
    old, new, fate, what, message = CASES[case]
    merged = small.merge(edited(small, tmp_path, old, new))
    assert {(edit.fate, edit.what) for edit in merged.edits} == {(fate, what)}, merged.edits
    assert all(message in edit.message for edit in merged.edits)
    assert (merged.patch == "") == (fate != PATCHED)


def test_a_word_printed_twice_is_not_changed_in_one_place(brief: Built, tmp_path: Path) -> None:
    """A macro's words stand in many places; the copy's edit of one is told with the macro's line."""
    shipped = home(brief.review, brief.output / "manuscript.docx")
    merged = shipped.merge(
        edited(shipped, tmp_path, "leaves the direction of change open", "settles nothing")
    )
    (edit,) = merged.edits
    assert edit.fate == LISTED
    assert (edit.file, edit.line) == ("templates/macros.html", 18)
    assert "from this line" in edit.message


def test_bold_words_are_listed(small: Home, tmp_path: Path) -> None:
    """A change of looks alone is no patch, and is not lost."""
    document = Document.open(small.file, random.Random(1))
    run = next(run for run in document.runs() if "What became of pain" in run.find(f"{W}t").text)
    look = etree.Element(f"{W}rPr")
    etree.SubElement(look, f"{W}b")
    run.insert(0, look)
    merged = small.merge(document.save(tmp_path / "copy.docx"))
    assert {(edit.fate, edit.what) for edit in merged.edits} == {(LISTED, "format")}
    assert all("is bold in the copy" in edit.message for edit in merged.edits)


def paragraph_with(document: Document, words: str) -> _Element:
    return next(p for p in document.paragraphs() if words in "".join(p.itertext()))


def test_a_moved_paragraph_moves_with_its_values(small: Home, tmp_path: Path) -> None:
    """Cut and pasted elsewhere, its line of the template goes along, expressions and all."""
    document = Document.open(small.file, random.Random(1))
    moved, below = (
        paragraph_with(document, "Pain on the VAS"),
        paragraph_with(document, "Effects were pooled with"),
    )
    below.addnext(moved)
    merged = small.merge(document.save(tmp_path / "copy.docx"))
    assert {(edit.fate, edit.what) for edit in merged.edits} == {(PATCHED, "paragraph moved")}
    assert "{{ v.pain.m6.estimate }}" in merged.texts["templates/methods.html"]
    assert "{{ v.pain.m6.estimate }}" not in merged.texts["templates/results.html"]
    assert small.remade(merged, tmp_path / "remade") != list(
        small.remade(small.merge(small.file), tmp_path / "as-it-was")
    )


def test_a_paragraph_with_values_goes_with_its_line(small: Home, tmp_path: Path) -> None:
    """It is the author's to strike; a heading, beside which other things stand, is listed."""
    document = Document.open(small.file, random.Random(1))
    for words in ("At 12 months the distance", "What patients said"):
        gone = paragraph_with(document, words)
        gone.getparent().remove(gone)
    merged = small.merge(document.save(tmp_path / "copy.docx"))
    fates = {edit.before[:18]: (edit.fate, edit.file) for edit in merged.edits}
    assert fates == {
        "At 12 months the d": (PATCHED, "templates/results.html"),
        "What patients said": (LISTED, "templates/results.html"),
    }


def test_a_sentence_struck_with_its_values_is_told_in_full(small: Home, tmp_path: Path) -> None:
    """Each value is named, and the words around them are not lost."""
    document = Document.open(small.file, random.Random(1))
    paragraph = paragraph_with(document, "The studies show")
    start = next(r for r in paragraph.iterfind(f"{W}r") if ". The studies show" in "".join(r.itertext()))
    for later in [*start.itersiblings()]:
        paragraph.remove(later)
    start.find(f"{W}t").text = "."
    merged = small.merge(document.save(tmp_path / "copy.docx"))
    values = {edit.key for edit in merged.edits if edit.what == "value"}
    assert values == {"pain.m6.heterogeneity", "pain.m6.i_squared"}
    assert any("heterogeneity between them" in edit.before for edit in merged.edits if edit.what == "words")
    assert {edit.fate for edit in merged.edits} == {REFUSED}


def test_a_row_struck_under_tracking_is_told_value_by_value(small: Home, tmp_path: Path) -> None:
    """The row counts as gone although its text is still in the file; no other value is named."""
    document = Document.open(small.file, random.Random(1))
    row = next(row for row in document.tree.iter(f"{W}tr") if "Birch" in "".join(row.itertext()))
    properties = row.find(f"{W}trPr")
    properties = etree.SubElement(row, f"{W}trPr") if properties is None else properties
    properties.append(document.revision("del"))
    names = {mark.get(f"{W}name") for mark in row.iter(f"{W}bookmarkStart")}
    merged = small.merge(document.save(tmp_path / "copy.docx"))
    assert {edit.key for edit in merged.edits if edit.key} == {
        small.keys[name] for name in names if name in small.keys
    }
    assert {edit.what for edit in merged.edits if edit.key} == {"value gone"}
    assert merged.patch == ""


def test_a_paragraph_broken_in_two_is_two(small: Home, tmp_path: Path) -> None:
    """The second half becomes a paragraph of its own below the first."""
    document = Document.open(small.file, random.Random(1))
    paragraph = paragraph_with(document, "An invented treatment invites")
    new = deepcopy(paragraph)
    first, second = (
        "An invented treatment invites an invented review.",
        ("Its aim is to bring the reports together and to say in plain words what they show."),
    )
    paragraph.find(f"{W}r/{W}t").text, new.find(f"{W}r/{W}t").text = first, second
    paragraph.addnext(new)
    merged = small.merge(document.save(tmp_path / "copy.docx"))
    said = small.remade(merged, tmp_path / "remade")
    place = said.index(first)
    assert (said[place + 1], by_hand(merged)) == (second, [])


def test_what_stands_outside_the_text_is_told(small: Home, tmp_path: Path) -> None:
    """A text box, a formula and another picture are differences too."""
    document = Document.open(small.file, random.Random(1))
    run = document.runs()[0]
    box = etree.SubElement(etree.SubElement(run, f"{W}pict"), f"{W}txbxContent")
    etree.SubElement(etree.SubElement(etree.SubElement(box, f"{W}p"), f"{W}r"), f"{W}t").text = "Look here"
    picture = next(name for name in document.parts if name.endswith(".png"))
    image = Image.open(io.BytesIO(document.parts[picture])).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    image.save(flipped := io.BytesIO(), "PNG")
    document.parts[picture] = flipped.getvalue()
    merged = small.merge(document.save(tmp_path / "copy.docx"))
    assert {(edit.fate, edit.what) for edit in merged.edits} == {(LISTED, "elsewhere"), (REFUSED, "picture")}
    assert any("Look here" in edit.message for edit in merged.edits)


# ---------------------------------------------------------------- the command


def folder_of(source: Home, folder: Path) -> Path:
    return Path(shutil.copytree(source.root, folder / "review"))


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    code = main(["merge", *map(str, words)])
    return code, capsys.readouterr().out


def test_a_patch_is_shown_first_and_written_when_told(
    small: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Shown, it changes nothing and git would take it; written, a second merge finds nothing to do."""
    review, before = folder_of(small, tmp_path), small.templates
    path = edited(small, tmp_path, "in plain words", "plainly & soberly", tracked=True)
    code, shown = run(capsys, path, "--review", review)
    assert (code, read_inputs(review)) == (1, read_inputs(small.root))
    assert "templates/background.html:3" in shown and "+<p>An invented treatment" in shown
    (tmp_path / "shown.patch").write_text(shown[shown.index("--- a/") :], encoding="utf-8")
    subprocess.run(["git", "apply", "--check", "../shown.patch"], cwd=review, check=True)
    assert run(capsys, path, "--review", review, "--apply")[0] == 0
    changed = {
        file
        for file, text in read_inputs(review).items()
        if text != {**read_inputs(small.root), **before}[file]
    }
    assert changed == {"templates/background.html"}
    assert "plainly &amp; soberly" in (review / "templates/background.html").read_text(encoding="utf-8")
    code, again = run(capsys, path, "--review", review, "--json")
    assert (code, json.loads(again)["patch"]) == (0, "")
    assert [edit["fate"] for edit in json.loads(again)["edits"]] == ["already there"]


def test_a_line_that_moved_on_is_a_conflict(
    small: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told with what the line says today; an edit of a line that only moved down is patched."""
    review = folder_of(small, tmp_path)
    page = review / "templates/background.html"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("in plain words", "in short words"), encoding="utf-8")
    discussion = review / "templates/discussion.html"
    discussion.write_text(
        discussion.read_text(encoding="utf-8").replace("<ul>", "<p>A line was put in here.</p>\n<ul>"),
        encoding="utf-8",
    )
    document = Document.open(small.file, random.Random(1))
    for old, new in (("in plain words", "plainly"), ("Walking was not paid for", "Who walked was not paid")):
        found = next(r for r in document.runs() if old in r.find(f"{W}t").text)
        start = found.find(f"{W}t").text.index(old)
        document.change(found, start, start + len(old), new)
    code, out = run(capsys, document.save(tmp_path / "copy.docx"), "--review", review, "--apply", "--json")
    edits = json.loads(out)["edits"]
    assert code == 1
    assert {edit["fate"] for edit in edits if edit["file"] == "templates/background.html"} == {CONFLICT}
    assert all("in short words" in edit["message"] for edit in edits if edit["fate"] == CONFLICT)
    assert "Who walked was not paid." in discussion.read_text(encoding="utf-8")
    assert "in short words" in page.read_text(encoding="utf-8")


def test_line_ends_of_windows_stay(small: Home, tmp_path: Path) -> None:
    """A template that was saved so is patched like any other."""
    review = folder_of(small, tmp_path)
    page = review / "templates/background.html"
    page.write_bytes(page.read_bytes().replace(b"\n", b"\r\n"))
    before = page.read_bytes()
    assert (
        main(
            [
                "merge",
                str(edited(small, tmp_path, "in plain words", "plainly")),
                "--review",
                str(review),
                "--apply",
            ]
        )
        == 0
    )
    assert page.read_bytes() == before.replace(b"in plain words", b"plainly")


def test_comments_name_passage_value_and_line(
    small: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who said what when, on which words and which value, and where these come from."""
    document = Document.open(small.file, random.Random(1))
    link = next(link for link in paragraph_with(document, "the walking distance rose").iter(f"{W}hyperlink")
                if "−18.82" in "".join(link.itertext()))  # fmt: skip
    document.put_comment(link)
    code, out = run(capsys, document.save(tmp_path / "copy.docx"), "--review", small.root, "--json")
    (remark,) = json.loads(out)["comments"]
    assert code == 1
    assert remark["comment"] == {
        "author": "Reader 0", "date": DATE, "text": "Why “−18.82” & not else?", "passage": "−18.82",
        "keys": ["walk.by_time.m6.estimate"], "paragraph": remark["comment"]["paragraph"],
    }  # fmt: skip
    assert (remark["file"], remark["line"], remark["place"]) == (
        "templates/results.html",
        6,
        "Walking distance",
    )


def test_what_cannot_be_merged_is_said(
    small: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No file, no Word file, and a Word file without what it was made from end with exit code 2."""
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><html></html>", encoding="utf-8")
    bare = Document.open(small.file, random.Random(1))
    bare.parts = {name: part for name, part in bare.parts.items() if "sscreport-values" not in name}
    bare.save(tmp_path / "bare.docx")
    for path, said in (
        (page, "is no Word file"),
        (tmp_path / "none", "no file"),
        (tmp_path / "bare.docx", "Nothing travels"),
    ):
        assert main(["merge", str(path), "--review", str(small.root)]) == 2
        assert said in capsys.readouterr().err
