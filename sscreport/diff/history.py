"""Who changed what went in, and when, as git knows it."""

from __future__ import annotations

from collections import Counter
from functools import cached_property

from sscreport.changes import Cause, Commit
from sscreport.diff.inputs import Difference, content_at
from sscreport.editions import Edition
from sscreport.editions.git import Repository

CODE = "the code of sscreport"
_ROW_FILES = (".csv", ".json")


class History:
    """The commits between two editions of one repository; none where an edition is not of one."""

    def __init__(self, old: Edition, new: Edition, repository: Repository | None):
        self._old, self._new, self._repository = old, new, repository
        self._commits: dict[str, list[tuple[Commit, str | None]]] = {}
        self._texts: dict[tuple[str, str], str | None] = {}

    def cause(self, difference: Difference) -> Cause:
        """The cause that a difference is, with who made it."""
        file = difference.file
        commits = tuple(
            commit
            for commit, parent in self._commits_of(file)
            if self._differs(difference, self._text(parent, file), self._text(commit.hash, file))
        )
        return Cause(
            _kind(difference),
            _where(difference),
            _shown(difference.before),
            _shown(difference.after),
            commits,
            self._uncommitted(difference),
        )

    def code_cause(self) -> Cause:
        """The other code, as a cause."""
        sides = [f"{side.version} ({side.code[:7]})" for side in (self._old, self._new)]
        commits = tuple(commit for commit, _ in self._commits_of("sscreport/"))
        return Cause("code", CODE, *sides, commits)

    @cached_property
    def _end(self) -> str | None:
        """The last commit of the new edition; HEAD where it is the working tree."""
        if self._repository is None or self._old.source.commit is None:
            return None
        if self._new.source.commit is not None:
            return self._new.source.commit.hash
        head = self._repository.commit("HEAD") if self._new.source.in_working_tree else None
        return head and head.hash

    def _commits_of(self, file: str) -> list[tuple[Commit, str | None]]:
        if self._end is None or self._repository is None or self._old.source.commit is None:
            return []
        if file not in self._commits:
            start = self._old.source.commit.hash
            self._commits[file] = list(self._repository.commits_of(file, start, self._end))
        return self._commits[file]

    def _text(self, commit: str | None, file: str) -> str | None:
        if commit is None or self._repository is None:
            return None
        if (commit, file) not in self._texts:
            self._texts[commit, file] = self._repository.text(commit, file)
        return self._texts[commit, file]

    def _uncommitted(self, difference: Difference) -> bool:
        if self._end is None or self._new.source.commit is not None:
            return False
        committed = self._text(self._end, difference.file)
        return self._differs(difference, committed, self._new.inputs.get(difference.file))

    @staticmethod
    def _differs(difference: Difference, before: str | None, after: str | None) -> bool:
        """Whether what the difference is about differs between two texts of its file."""
        file = difference.file
        if (before is None) != (after is None):
            return True
        if not difference.path:
            return before != after
        if not difference.lines:
            return content_at(file, before, difference.path) != content_at(file, after, difference.path)
        lines = {*(difference.before or "").splitlines(), *(difference.after or "").splitlines()}
        counts = [Counter((text or "").splitlines()) for text in (before, after)]
        return any(counts[0][line] != counts[1][line] for line in lines)


def _kind(difference: Difference) -> str:
    if not difference.path:
        return "file"
    if difference.lines:
        return "template"
    if difference.file.endswith(_ROW_FILES):
        return "row" if len(difference.path) == 1 else "cell"
    return "setting"


def _where(difference: Difference) -> str:
    """FILE, FILE:LINE, FILE:ROW or FILE:ROW:COLUMN."""
    file, path = difference.file, difference.path
    if not path:
        return file
    if difference.lines:
        old, old_end, new, new_end = map(int, path)
        return f"{file}:{(new if new_end > new else old) + 1}"
    if len(path) == 1 and file.endswith(_ROW_FILES):
        return f"{file}:{path[0]}"
    return f"{file}:{'.'.join(path[:-1]) or 'review'}:{path[-1]}"


def _shown(text: str | None) -> str | None:
    return None if text is None else " ".join(text.split())
