"""Promises of the manuscript marked as Word revisions: what accepting and rejecting leave, size, comments."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree
from lxml.etree import _Element

from sscreport.changes import Changes
from sscreport.write.docx import write_docx, write_marked_docx
from tests.docx_sample import caption, manuscript, value
from tests.editions import editions, made
from tests.marked import changes_between, with_stand_ins
from tests.office import ACCEPT, REJECT, Job, as_text, resolve
from tests.thorough import cases
from tests.word_revisions import W, accepted, before_appendix, names, part, rejected

EDITIONS, PAIRS, SEED = 16, cases(200, sample=50), 7
RESOLVED = 12  # pairs that LibreOffice itself accepts and rejects
RUNS = (f"{W}ins", f"{W}del")
PICTURE = r"\[[0-9a-f]{64}\]"
PROPERTIES = (f"{W}rPr", f"{W}trPr")


@dataclass(frozen=True)
class Marked:
    """Two editions, what differs, and the file that shows it."""

    path: Path
    changes: Changes
    old: Path
    new: Path
    what: str


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[Marked]:
    """Random pairs of small editions: each edition as clean manuscript, each pair as a marked one."""
    folder = tmp_path_factory.mktemp("marked")
    pool = editions(EDITIONS, SEED)
    told = [with_stand_ins(made(edition.folder, paint=False)) for edition in pool]
    clean = [folder / f"clean-{number}.docx" for number in range(EDITIONS)]
    for edition, path in zip(told, clean, strict=True):
        write_docx(edition, path)
    chance, result = random.Random(SEED), []
    for number in range(PAIRS):
        old, new = chance.sample(range(EDITIONS), 2)
        changes = changes_between(told[old], told[new])
        path = folder / f"marked-{number}.docx"
        write_marked_docx(changes, told[old], told[new], path)
        what = f"{pool[old]} → {pool[new]}"
        result.append(Marked(path, changes, clean[old], clean[new], what))
    return result


def test_accepting_all_gives_the_new_text_and_rejecting_all_the_old_one(pairs: list[Marked]) -> None:
    """Headings, captions, pictures, cells, notes and references, over 200 random pairs (50 outside CI)."""
    paths = {path for pair in pairs for path in (pair.old, pair.new)}
    clean = {path: before_appendix(accepted(path)) for path in paths}
    for pair in pairs:
        assert accepted(pair.path) == clean[pair.new], pair.what
        assert rejected(pair.path) == clean[pair.old], pair.what


def test_the_pairs_differ_in_everything_that_can_be_marked(pairs: list[Marked]) -> None:
    """Among the pairs there are changed words, rows, cells, paragraphs, lists, captions and pictures."""
    found = {
        (element.getparent().tag, element.tag)
        for pair in pairs
        for element in part(pair.path, "word/document.xml").iter(*RUNS, f"{W}cellIns", f"{W}cellDel")
    }
    kinds = {(f"{W}{outer}", f"{W}{kind}") for outer in ("p", "trPr", "rPr") for kind in ("ins", "del")}
    assert found >= kinds | {(f"{W}tcPr", f"{W}cell{kind}") for kind in ("Ins", "Del")}
    assert {p.kind for pair in pairs for p in pair.changes.redline.pairs} >= {
        "paragraph", "heading", "caption", "note", "item", "reference", "cell", "figure",
    }  # fmt: skip


def test_every_mark_is_one_that_word_takes(pairs: list[Marked]) -> None:
    """Marks have ids of their own, an author and a date, and stand where the schema wants them; what is
    deleted is text and pictures alone."""
    for pair in pairs:
        document = part(pair.path, "word/document.xml")
        marks = [*document.iter(*RUNS, f"{W}cellIns", f"{W}cellDel")]
        assert {(mark.get(f"{W}author"), mark.get(f"{W}date")[10:]) for mark in marks} <= {
            ("sscreport", "T00:00:00Z")
        }
        ids = [mark.get(f"{W}id") for mark in (*marks, *document.iter(f"{W}bookmarkStart"))]
        assert len(set(ids)) == len(ids)
        for mark in marks:
            if mark.getparent().tag in (f"{W}trPr", f"{W}tcPr"):
                assert mark.getnext() is None
            elif mark.getparent().tag == f"{W}rPr":
                assert mark.getprevious() is None
                assert mark.getparent().getnext() is None
            else:
                assert len(mark)
        for deleted in document.iter(f"{W}del"):
            inside = {etree.QName(element).localname for element in deleted.iter()}
            assert not inside & {"t", "bookmarkStart", "instrText", "fldChar", "hyperlink"}


def test_a_reference_that_stays_leads_to_a_label_that_stays(pairs: list[Marked]) -> None:
    """Outside insertions no field names a bookmark inside one: rejecting all would leave an error there."""
    fields = 0
    for pair in pairs:
        document = part(pair.path, "word/document.xml")
        lost = {m.get(f"{W}name") for i in document.iter(f"{W}ins") for m in i.iter(f"{W}bookmarkStart")}
        for code in document.iter(f"{W}instrText"):
            if code.text.startswith(" REF") and next(code.iterancestors(f"{W}ins"), None) is None:
                fields += 1
                assert code.text.split()[1] not in lost, pair.what
    assert fields


def test_every_change_lies_in_a_comment_that_names_its_cause(pairs: list[Marked]) -> None:
    """There is one comment for each change, with its cause; every changed run is in the range of one."""
    for pair in pairs:
        comments = comments_of(pair.path)
        told = [cause.told for cause in pair.changes.causes]
        assert [text.split("\n")[1] for text in comments.values()] == [f"Why: {cause}" for cause in told]
        ranges = marks_in_comments(pair.path)
        assert all(ranges.values())
        assert {number for inside in ranges.values() for number in inside} == set(comments)


def comments_of(path: Path) -> dict[str, str]:
    """By id, a comment's paragraphs as lines."""
    if "word/comments.xml" not in names(path):
        return {}
    return {
        comment.get(f"{W}id"): "\n".join(
            "".join(text.text for text in paragraph.iter(f"{W}t")) for paragraph in comment.iter(f"{W}p")
        )
        for comment in part(path, "word/comments.xml")
    }


def marks_in_comments(path: Path) -> dict[_Element, set[str]]:
    """By changed run, but for those that show a comment, the ids of the comments in whose range it is."""
    found: dict[_Element, set[str]] = {}
    open_now: set[str] = set()
    for element in part(path, "word/document.xml").iter():
        if element.tag == f"{W}commentRangeStart":
            open_now.add(element.get(f"{W}id"))
        elif element.tag == f"{W}commentRangeEnd":
            open_now.discard(element.get(f"{W}id"))
        elif element.tag in RUNS and is_run(element):
            found[element] = set(open_now)
    return found


def is_run(mark: _Element) -> bool:
    """Whether a mark holds what changed, not a comment's sign, and is no property."""
    return mark.getparent().tag not in PROPERTIES and mark.find(f".//{W}commentReference") is None


# ---------------------------------------------------------------- sizes


def marked_file(folder: Path, before: str, after: str) -> tuple[Path, Changes]:
    trees = (f'<article><section id="results">{text}</section></article>' for text in (before, after))
    old, new = map(manuscript, trees)
    changes = changes_between(old, new)
    write_marked_docx(changes, old, new, folder / "marked.docx")
    return folder / "marked.docx", changes


def counted(path: Path, *tags: str) -> list[int]:
    document = part(path, "word/document.xml")
    return [sum(1 for _ in document.iter(f"{W}{tag}")) for tag in tags]


def test_a_changed_number_is_one_deletion_and_one_insertion(tmp_path: Path) -> None:
    """The words around a number carry no mark, and the comment says what the number is and was."""
    text = "<p>The score fell by {} points (a decrease).</p>"
    path, _ = marked_file(
        tmp_path,
        text.format(value("mrss.estimate", 1, "5.23")),
        text.format(value("mrss.estimate", 1, "5.31")),
    )
    assert counted(path, "ins", "del", "delText", "cellIns") == [1, 1, 1, 0]
    inserted, deleted = (next(part(path, "word/document.xml").iter(f"{W}{k}")) for k in ("ins", "del"))
    assert ["".join(mark.itertext()) for mark in (deleted, inserted)] == ["5.23", "5.31"]
    assert comments_of(path)["0"].startswith("value, mrss.estimate: “5.23” became “5.31”\nWhy: data/invented")


def table(rows: int, *columns: str) -> str:
    heads = "".join(f'<th scope="col">{name}</th>' for name in columns)
    body = "".join(
        f'<tr><th scope="row">Study {n}</th>'
        + "".join(f"<td>{name} {n}</td>" for name in columns[1:])
        + "</tr>"
        for n in range(rows)
    )
    return (
        f'<figure id="table-a" class="table">{caption("table-a", "Table 1", "Studies.")}'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></figure>"
    )


def test_a_new_column_of_41_cells_is_41_inserted_cells(tmp_path: Path) -> None:
    """No other cell carries a mark, and one comment spans the column."""
    before, after = table(40, "Study", "Dose", "Route"), table(40, "Study", "Dose", "Cells", "Route")
    path, changes = marked_file(tmp_path, before, after)
    assert counted(path, "cellIns", "cellDel", "del", "commentReference") == [41, 0, 0, 1]
    cells = {mark.getparent().getparent() for mark in part(path, "word/document.xml").iter(f"{W}cellIns")}
    for mark in next(iter(cells)).getroottree().iter(f"{W}ins"):
        assert next(mark.iterancestors(f"{W}tc")) in cells
    assert len(changes.redline.revisions) == 1


def test_a_new_row_is_one_inserted_row(tmp_path: Path) -> None:
    """The other rows carry no mark."""
    before, after = table(4, "Study", "Dose"), table(5, "Study", "Dose")
    path, _ = marked_file(tmp_path, before, after)
    rows = [r for r in part(path, "word/document.xml").iter(f"{W}tr") if r.find(f".//{W}ins") is not None]
    assert [row.find(f"{W}trPr/{W}ins") is not None for row in rows] == [True]
    assert counted(path, "del", "commentReference") == [0, 1]


# ---------------------------------------------------------------- LibreOffice


@pytest.mark.needs("soffice")
def test_libreoffice_opens_every_one(pairs: list[Marked], tmp_path: Path) -> None:
    """Each file becomes text with every paragraph in it that stands in both editions unchanged."""
    texts = as_text([pair.path for pair in pairs], tmp_path)
    for pair, text in zip(pairs, texts, strict=True):
        found = "".join(text.read_text(encoding="utf-8-sig").split())
        for paragraph in part(pair.path, "word/document.xml").iter(f"{W}p"):
            if next(paragraph.iter(*RUNS), None) is None:
                words = "".join(piece.text for piece in paragraph.iter(f"{W}t")).split()
                assert "".join(words) in found, pair.what


@pytest.mark.needs("soffice")
def test_libreoffice_accepts_and_rejects_as_word_does(pairs: list[Marked], tmp_path: Path) -> None:
    """Its own text after accepting or rejecting all is the new or old one, where no column was added or
    removed: version 7.4 does not know changed cells."""
    chosen = [pair for pair in pairs if counted(pair.path, "cellIns", "cellDel") == [0, 0]][:RESOLVED]
    jobs = [
        Job(pair.path, command, tmp_path / f"{number}-{command[5:11]}.docx")
        for number, pair in enumerate(chosen)
        for command in (ACCEPT, REJECT)
    ]
    resolve(jobs, tmp_path)
    for job, clean in zip(jobs, (path for pair in chosen for path in (pair.new, pair.old)), strict=True):
        assert texts_of(job.target) == texts_of(clean), job


def texts_of(path: Path) -> list[tuple[str, ...]]:
    """The texts of a clean file but for pictures, which LibreOffice may join with their caption, and rows
    without text, which it leaves where a row went."""
    blocks = before_appendix(accepted(path))
    texts = (tuple(re.sub(PICTURE, "", text) for text in block.texts) for block in blocks)
    return [row for row in texts if any(row)]


def test_same_editions_same_bytes(tmp_path: Path) -> None:
    """A marked manuscript knows no clock."""
    texts = "<p>One thing.</p>", "<p>Another thing.</p>"
    first = marked_file(tmp_path, *texts)[0].read_bytes()
    assert marked_file(tmp_path, *texts)[0].read_bytes() == first


def test_equal_editions_have_neither_mark_nor_comment(tmp_path: Path) -> None:
    """Where nothing differs, nothing is marked."""
    path, _ = marked_file(tmp_path, table(3, "Study", "Dose"), table(3, "Study", "Dose"))
    assert counted(path, "ins", "del", "cellIns", "cellDel", "commentReference") == [0, 0, 0, 0, 0]
