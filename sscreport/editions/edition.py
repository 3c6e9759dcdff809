"""The edition of a source: its manuscript, and what it was made from."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sscreport.build import make
from sscreport.document import Manuscript
from sscreport.editions import cache, pack
from sscreport.editions.sources import Source
from sscreport.enclosure import code_digest, read_inputs
from sscreport.problems import Problem, UsageError
from sscreport.progress import Progress

_TOO_OLD = 3  # exit code of `pack` as a program


class CodeTooOld(UsageError):
    """The code of an edition cannot be asked for a manuscript."""


@dataclass(frozen=True)
class Edition:
    """``code`` is the digest of the code that made the manuscript, ``version`` its version."""

    source: Source
    manuscript: Manuscript

    @property
    def inputs(self) -> Mapping[str, str]:
        return self.manuscript.enclosure.files

    @property
    def code(self) -> str:
        return self.manuscript.enclosure.code

    @property
    def version(self) -> str:
        return self.manuscript.enclosure.version


def obtain(source: Source, progress: Progress) -> Edition:
    """Make the edition, or take it from the cache.

    Raises what `build` raises for inputs that are not fit, and `CodeTooOld`.
    """
    digest = code_digest() if source.code is None else code_digest(source.code / "sscreport")
    if digest == code_digest():
        return Edition(source, made_today(source.review, progress))
    name = cache.name_of(read_inputs(source.review), digest)
    content = cache.kept(name)
    if content is None:
        with progress.step(f"make {source.name} with its own code"):
            content = _made_by(source)
        cache.keep(name, content)
    return Edition(source, pack.unpack(content))


def made_today(review: Path, progress: Progress) -> Manuscript:
    """What the code of today makes of the review in a folder."""
    name = cache.name_of(read_inputs(review), code_digest())
    content = cache.kept(name)
    if content is not None:
        return pack.unpack(content)
    manuscript = make(review, progress).manuscript
    cache.keep(name, pack.pack(manuscript))
    return manuscript


def obtain_noting(source: Source, progress: Progress, paint: bool) -> tuple[Edition, list[Problem]]:
    """The edition by the code of today, whatever of it the data do not bear, and what that is.

    Judgements stand and sentences have gaps where `build` would stop. Without ``paint`` it has no pictures
    for Word. Raises what `build` raises for inputs that cannot be used at all.
    """
    name = cache.name_of(read_inputs(source.review), code_digest())
    content = cache.kept(name)
    if content is not None:
        return Edition(source, pack.unpack(content)), []
    noted: list[Problem] = []
    manuscript = make(source.review, progress, paint, noted).manuscript
    if paint and not noted:
        cache.keep(name, pack.pack(manuscript))
    return Edition(source, manuscript), noted


def _made_by(source: Source) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "pack"
        done = subprocess.run(
            [sys.executable, pack.__file__, str(source.code), str(source.review), str(target)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == _TOO_OLD:
            raise CodeTooOld(f"The code of {source.name} is too old to be compared: {done.stderr.strip()}")
        if done.returncode:
            raise UsageError(f"{source.name} cannot be built by its own code:\n{done.stderr.strip()}")
        return target.read_bytes()
