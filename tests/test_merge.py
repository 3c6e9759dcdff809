"""`merge`: a Word copy that co-authors edited, brought back into the templates."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import pytest
from lxml import etree
from lxml.etree import _Element

from sscreport.build import Prepared, fill, prepare
from sscreport.compose import compose
from sscreport.enclosure import read_inputs
from sscreport.merge import merge
from sscreport.merge.copy import read_copy
from sscreport.merge.edits import CONFLICT, LISTED, PATCHED, REFUSED, Merged
from sscreport.merge.original import original
from sscreport.progress import Progress
from sscreport.write import FORMATS
from sscreport.write.pages import with_wide_tables_last
from tests.editions import BASE
from tests.word_edits import PROSE, Document, comment, type_in_number, type_over_value
from tests.word_revisions import accepted, before_appendix

SCRIPTS = 100
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


def check(source: Home, script: Script, folder: Path) -> list[str]:
    """What did not come back as it should."""
    merged = source.merge(script.file)
    wrong = []
    if source.remade(merged, folder) != said_in(script.prose):
        wrong.append("prose")
    values = [
        (e.key, e.before, e.after)
        for e in merged.edits
        if e.fate == REFUSED and e.what == "value" and e.cells
    ]
    if Counter(values) != Counter(script.values):
        wrong.append(f"values {values} for {script.values}")
    numbers = [edit.message for edit in merged.edits if edit.fate == REFUSED and edit.what == "number"]
    if len(numbers) != len(script.numbers) or not all(
        n in m for n, m in zip(script.numbers, numbers, strict=False)
    ):
        wrong.append(f"numbers {numbers} for {script.numbers}")
    others = [e for e in merged.edits if e.fate != PATCHED and e.what not in ("value", "number")]
    wrong += [f"{edit.fate}: {edit.what} {edit.before} → {edit.after}: {edit.message}" for edit in others]
    kept = [(r.comment.author, r.comment.text, r.comment.passage) for r in merged.remarks]
    if sorted(kept) != sorted((a, t, " ".join(p.split())) for a, t, p in script.comments):
        wrong.append(f"comments {kept} for {script.comments}")
    return wrong


@pytest.mark.needs("soffice")
def test_a_hundred_edit_scripts_come_back(small: Home, tmp_path: Path) -> None:
    """Every edit of prose is in the remade manuscript, every number refused by name, every comment kept."""
    scripts = [scripted(small, seed, tmp_path) for seed in range(SCRIPTS)]
    saved_by_libreoffice([script.file for script in scripts[::2]], tmp_path)
    wrong = {}
    for number, script in enumerate(scripts):
        if found := check(small, script, tmp_path / f"remade-{number}"):
            wrong[number] = (script.done, found)
    assert wrong == {}
    assert {name for script in scripts for name in script.done} == {edit.__name__ for edit in PROSE}
