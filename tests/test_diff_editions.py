"""Editions: what a name means, made without touching anything."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sscreport.editions import Edition, find, obtain
from sscreport.editions.git import repository
from sscreport.problems import UsageError
from sscreport.progress import Progress
from sscreport.write.docx import write_docx
from tests.conftest import REPOSITORY
from tests.editions import base, made

QUIET = Progress(quiet=True)
Get = Callable[..., Edition]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of our own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def git(folder: Path, *words: str) -> str:
    """Run git with an author and a date of its own."""
    who = {f"GIT_{role}_{what}": text for role in ("AUTHOR", "COMMITTER") for what, text in WHO.items()}
    done = subprocess.run(
        ["git", "-C", str(folder), *words],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": PATH, **who},
    )
    return done.stdout


WHO = {"NAME": "Ada Ash", "EMAIL": "ada@review.example", "DATE": "2026-03-01T12:00:00Z"}
PATH = "/usr/local/bin:/usr/bin:/bin"


def commit(folder: Path, subject: str, tag: str | None = None) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", subject)
    if tag:
        git(folder, "tag", tag)


@pytest.fixture
def review(tmp_path: Path) -> Path:
    """A review with a tag, and one cell changed since."""
    folder = base(tmp_path / "review")
    git(folder, "init", "--quiet")
    commit(folder, "As submitted", "v1.0")
    change(folder)
    return folder


def change(folder: Path) -> None:
    """Another country for the first study."""
    path = folder / "data/studies.csv"
    text = path.read_text(encoding="utf-8")
    assert ",Norway," in text.splitlines()[1]
    path.write_text(text.replace(",Norway,", ",Iceland,", 1), encoding="utf-8", newline="")


def get(name: str | None, review: Path, folder: Path, own_code: bool = False) -> Edition:
    folder.mkdir()
    return obtain(find(name, review, repository(review), folder, own_code), QUIET)


def says_iceland(found: Edition) -> bool:
    return "Iceland" in "".join(found.manuscript.tree.itertext())


def test_a_tag_is_built_and_the_working_tree_is_left_alone(review: Path, tmp_path: Path) -> None:
    """The tag's data make the old edition, the changed files the new one; no file and no ref is touched."""
    before = git(review, "status", "--porcelain"), git(review, "for-each-ref"), _times(review)
    old, new = get("v1.0", review, tmp_path / "a"), get(None, review, tmp_path / "b")
    assert (says_iceland(old), says_iceland(new)) == (False, True)
    assert old.source.commit is not None and old.source.commit.author == "Ada Ash"
    assert new.source.commit is None
    assert before == (git(review, "status", "--porcelain"), git(review, "for-each-ref"), _times(review))


def _times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if ".git" not in path.parts}


@pytest.mark.parametrize("kind", ["folder", "zip", "tar.gz", "html inside a folder", "docx"])
def test_folders_archives_and_finished_files_are_editions(review: Path, tmp_path: Path, kind: str) -> None:
    """A released archive, a folder or a finished file holds a review wherever it lies in it."""
    released = tmp_path / "release" / "review-1.1"
    shutil.copytree(review, released, ignore=shutil.ignore_patterns(".git"))
    name = tmp_path / f"released.{kind}"
    if kind == "folder":
        name = released.parent
    elif kind == "zip":
        with zipfile.ZipFile(name, "w") as archive:
            for path in released.rglob("*"):
                archive.write(path, path.relative_to(released.parent))
    elif kind == "tar.gz":
        with tarfile.open(name, "w:gz") as archive:
            archive.add(released, "review-1.1")
    elif kind == "docx":
        write_docx(made(released), name)
    else:
        name = tmp_path / "output"
        shutil.copytree(released, name / "review")
    assert says_iceland(get(str(name), review, tmp_path / "a"))


def test_what_is_no_edition_is_refused_in_words(review: Path, tmp_path: Path) -> None:
    """A name that means nothing, a folder without a review and a file of no use say what was expected."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("notes", encoding="utf-8")
    (tmp_path / "broken.zip").write_bytes(b"PK\3\4 no more")
    for number, (name, expected) in enumerate(
        [
            ("v9", "v9 is not a revision of git, a folder, an archive or a finished file."),
            (str(tmp_path / "empty"), "holds no review"),
            (str(tmp_path / "notes.txt"), "notes.txt"),
            (str(tmp_path / "broken.zip"), "cannot be unpacked"),
        ]
    ):
        with pytest.raises(UsageError, match=expected):
            get(name, review, tmp_path / str(number))


def test_an_archive_may_not_lead_out_of_its_folder(review: Path, tmp_path: Path) -> None:
    """A member named ../x is not written beside the folder that the archive is unpacked to."""
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("../outside.txt", "x")
    with pytest.raises(UsageError, match="holds no review"):
        get(str(bad), review, tmp_path / "a")
    assert not (tmp_path / "outside.txt").exists()


def test_what_was_made_once_is_taken_from_the_cache(
    review: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second time nothing is made, and the edition is the same; other data are made anew."""
    first = get("v1.0", review, tmp_path / "a").manuscript
    monkeypatch.setattr(sys.modules[Edition.__module__], "make", None)
    again = get("v1.0", review, tmp_path / "b").manuscript
    assert dict(again.origins) == dict(first.origins) and again.origins.cells == first.origins.cells
    assert (again.title, again.authors, again.pngs) == (first.title, first.authors, first.pngs)
    assert {name: figure.svg for name, figure in again.figures.items()} == {
        name: figure.svg for name, figure in first.figures.items()
    }
    with pytest.raises(TypeError):
        get(None, review, tmp_path / "c")


def test_a_revision_is_made_by_its_own_code(review: Path, tmp_path: Path) -> None:
    """Where the repository holds the code, an old revision speaks in the words that its code had."""
    shutil.copytree(
        REPOSITORY / "sscreport", review / "sscreport", ignore=shutil.ignore_patterns("__pycache__")
    )
    wording = review / "sscreport/compose/compose.py"
    text = wording.read_text(encoding="utf-8")
    assert '"Supplement"' in text
    wording.write_text(text.replace('"Supplement"', '"What else there is"'), encoding="utf-8")
    commit(review, "Code of old", "v1.1")
    old, new = get("v1.1", review, tmp_path / "a"), get(None, review, tmp_path / "b")
    assert old.manuscript.tree.findtext("section[@id='supplement']/h2") == "What else there is"
    assert new.manuscript.tree.findtext("section[@id='supplement']/h2") == "Supplement"
    assert old.code != new.code
    archive = tmp_path / "released.tar"
    git(review, "archive", "--output", str(archive), "v1.1")
    assert get(str(archive), review, tmp_path / "c").code == new.code, "code of an archive ran unasked"
    assert get(str(archive), review, tmp_path / "d", own_code=True).code == old.code


def test_a_review_below_the_top_of_its_repository_is_found_in_old_commits(tmp_path: Path) -> None:
    """The review's folder within the repository is looked for at each revision."""
    base(tmp_path / "papers/review")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, "As submitted", "v1.0")
    review = tmp_path / "papers/review"
    shutil.rmtree(review / "templates")
    assert get("v1.0", review, tmp_path / "a").manuscript.title
