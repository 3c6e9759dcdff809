"""What travels inside every finished file: the data, the templates, the values and the code's version.

A copy that comes back from a co-author or a journal can so be checked, and rebuilt, without the
folder it was made in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sscreport import __version__
from sscreport.folder import ARTICLE, TEMPLATES
from sscreport.problems import UsageError

VALUES = "values.json"
INPUTS = {"data": ("*.csv", "*.json", "*.toml"), ARTICLE: ("*.txt", "*.csv"), TEMPLATES: ("*.html",)}


@dataclass(frozen=True)
class Enclosure:
    """``files`` are the texts of the review's inputs by their path within its folder.

    ``version`` is that of the code, and ``code`` the SHA-256 of its source files.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    values: str = "{}"
    version: str = ""
    code: str = ""

    def unpack(self, folder: Path) -> None:
        """Write the inputs to ``folder``, which then is a review that can be built.

        Raises UsageError for a name that would lead out of it; the file may come from anywhere.
        """
        for name, text in self.files.items():
            parent, _, plain = name.rpartition("/")
            if parent not in INPUTS or plain != Path(plain).name:
                raise UsageError(
                    f"A file named {name} travels inside; only those of data/ and {TEMPLATES}/ belong there."
                )
            path = folder / parent / plain
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")


def enclose(root: Path, values: str) -> Enclosure:
    """The inputs of the review in ``root`` with what was made of them. All of them are UTF-8 text."""
    return Enclosure(read_inputs(root), values, __version__, code_digest())


def read_inputs(root: Path) -> dict[str, str]:
    """The texts of a review's data and templates by their path within ``root``, sorted."""
    paths = [
        path for folder, patterns in INPUTS.items() for pattern in patterns
        for path in (root / folder).glob(pattern)
    ]  # fmt: skip
    return {
        path.relative_to(root).as_posix(): path.read_bytes().decode("utf-8-sig") for path in sorted(paths)
    }


@cache
def code_digest(package: Path = Path(__file__).parent) -> str:
    """SHA-256 over the names and bytes of sscreport's own files, or of another package's."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
