"""What the name of an edition means: where its review lies, and which code makes it."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from sscreport.changes import Commit
from sscreport.editions.git import Repository
from sscreport.folder import SETTINGS
from sscreport.problems import UsageError, did_you_mean
from sscreport.read import read

WORKING_TREE = "the working tree"
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


@dataclass(frozen=True)
class Source:
    """The folder of a review, and the folder whose package sscreport makes it; None is the code of today.

    ``commit`` is known for a revision of git alone.
    """

    name: str
    review: Path
    code: Path | None = None
    commit: Commit | None = None

    @property
    def in_working_tree(self) -> bool:
        return self.name == WORKING_TREE


def find(
    name: str | None, root: Path, repository: Repository | None, folder: Path, own_code: bool = False
) -> Source:
    """The source that ``name`` means to the review at ``root``; what must be unpacked goes to ``folder``.

    A revision of git is made by its own code where the repository holds it. A folder or an archive is
    made by the code of today, unless ``own_code`` says that its own may run. UsageError for a name
    that means nothing.
    """
    if name is None:
        return Source(WORKING_TREE, root)
    commit = repository.commit(name) if repository and not name.startswith((".", "/")) else None
    if repository and commit:
        repository.export(commit.hash, folder)
        review = folder / repository.prefix
        if not (review / SETTINGS).is_file():
            raise UsageError(f"{name} holds no review: there is no {repository.prefix}{SETTINGS} in it.")
        return Source(name, review, _code(folder), commit)
    path = Path(name)
    if path.is_dir():
        top = path.resolve()
    elif path.is_file():
        _unpack(path, folder)
        top = folder
    else:
        raise UsageError(_unknown(name, repository))
    review = _review_in(top, name)
    return Source(name, review, _code(review) if own_code else None)


def _code(folder: Path) -> Path | None:
    return folder if (folder / "sscreport/build.py").is_file() else None


def _review_in(folder: Path, name: str) -> Path:
    """The uppermost review in a folder: itself, the one in it, or that of its finished files."""
    if (folder / SETTINGS).is_file():
        return folder
    found = sorted(folder.rglob(SETTINGS), key=lambda path: (len(path.parts), path))
    if not found:
        raise UsageError(f"{name} holds no review: there is no {SETTINGS} in it.")
    return found[0].parent.parent


def _unpack(path: Path, folder: Path) -> None:
    """An archive, or what travels inside a finished manuscript. No member may lead out of the folder."""
    try:
        if path.suffix == ".zip":
            shutil.unpack_archive(path, folder)  # leaves such members out
        elif path.name.endswith(ARCHIVES):
            with tarfile.open(path) as archive:
                archive.extractall(folder, filter="data")
        else:
            _unpack_finished(path, folder)
    except (OSError, zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise UsageError(f"{path} cannot be unpacked: {error}.") from error


def _unpack_finished(path: Path, folder: Path) -> None:
    enclosure = read(path)[1].enclosure
    if enclosure is None:
        raise UsageError(f"{path} carries no data inside; it was not made by sscreport.")
    enclosure.unpack(folder)


def _unknown(name: str, repository: Repository | None) -> str:
    where = "a revision of git, a folder, an archive or a finished file"
    if repository is None:
        where = "a folder, an archive or a finished file (and the review lies in no git repository)"
    names = [path.name for path in Path(name).parent.glob("*")] if Path(name).parent.is_dir() else []
    return f"{name} is not {where}.{did_you_mean(Path(name).name, names)}"
