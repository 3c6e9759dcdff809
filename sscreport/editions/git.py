"""The little that is asked of git: what a name means, its files, who changed a file and when."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sscreport.changes import Commit
from sscreport.problems import UsageError

_FIELDS = "%H%x00%an%x00%as%x00%s"


@dataclass(frozen=True)
class Repository:
    """A git repository; ``prefix`` is the review's folder within it, "" or ending in a slash."""

    root: Path
    prefix: str

    def commit(self, name: str) -> Commit | None:
        """The commit that a revision, branch or tag names; None where it names none."""
        found = self._try("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return self._commit(found.decode().strip()) if found else None

    def last_tag(self) -> str | None:
        """The nearest tag behind the last commit."""
        found = self._try("describe", "--tags", "--abbrev=0")
        return found.decode().strip() if found else None

    def export(self, commit: str, folder: Path) -> None:
        """Write the files of a commit to ``folder``."""
        packed = self._run("archive", "--format=tar", commit)
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")

    def commits_of(self, path: str, old: str | None, new: str) -> Iterator[tuple[Commit, str | None]]:
        """The commits after ``old`` up to ``new`` that touched a path of the review, with their parents.

        The last comes first. A path that ends in a slash stands for all that is below it.
        """
        if old is None:
            return
        listed = self._run(
            "rev-list", "--parents", new, f"^{old}", "--", f":(top,literal){self.prefix}{path}"
        )
        for line in listed.decode().splitlines():
            commit, *parents = line.split()
            yield self._commit(commit), parents[0] if parents else None

    def text(self, commit: str | None, path: str) -> str | None:
        """A file of the review at a commit; None where there was none."""
        found = commit and self._try("show", f"{commit}:{self.prefix}{path}")
        return None if not isinstance(found, bytes) else found.decode("utf-8-sig", errors="replace")

    def _commit(self, name: str) -> Commit:
        shown = self._run("show", "--no-patch", f"--format={_FIELDS}", name).decode(errors="replace")
        return Commit(*shown.strip("\n").split("\0"))

    def _run(self, *words: str) -> bytes:
        done = _git(self.root, *words)
        if done.returncode:
            raise UsageError(f"git {words[0]} failed: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def _try(self, *words: str) -> bytes | None:
        done = _git(self.root, *words)
        return None if done.returncode else done.stdout


def repository(folder: Path) -> Repository | None:
    """The repository that a review's folder belongs to; None outside git or without git."""
    try:
        done = _git(folder, "rev-parse", "--show-toplevel", "--show-prefix")
    except UsageError:
        return None
    if done.returncode:
        return None
    root, prefix = (done.stdout.decode().splitlines() + [""])[:2]
    return Repository(Path(root), prefix)


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=False)
    except FileNotFoundError as missing:
        raise UsageError("The program git is missing; a revision can only be read with it.") from missing
