"""The copy as the data and templates inside it give it, each word with its place in the templates."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

from sscreport.build import fill, prepare
from sscreport.compose import compose
from sscreport.compose.source_map import SourceMap
from sscreport.enclosure import Enclosure
from sscreport.merge.copy import Copy, read_copy
from sscreport.merge.words import Words, words_of
from sscreport.origins import Origins
from sscreport.progress import Progress
from sscreport.write import FORMATS


@dataclass(frozen=True)
class Original:
    """The text of ``copy`` holds the signs of ``sources``."""

    copy: Copy
    sources: SourceMap
    origins: Origins

    @cached_property
    def words(self) -> list[Words]:
        """The paragraphs that say something."""
        found = (words_of(paragraph, self.sources) for paragraph in self.copy.paragraphs)
        return [words for words in found if words.words]


def original(enclosure: Enclosure) -> Original:
    """What the enclosed review gives; raises what `build` raises where it is not fit for building."""
    return _made_anew(tuple(sorted(enclosure.files.items())))


@lru_cache(maxsize=6)
def _made_anew(files: tuple[tuple[str, str], ...]) -> Original:
    with tempfile.TemporaryDirectory() as folder:
        root, path = Path(folder) / "review", Path(folder) / "original.docx"
        Enclosure(dict(files)).unpack(root)
        progress = Progress(quiet=True)
        prepared = prepare(root, progress)
        manuscript = fill(prepared, progress).manuscript
        figures = {name: drawing.figure for name, drawing in prepared.drawings.items()}
        sources = SourceMap()
        signed = compose(prepared.review, figures, prepared.tables, source_map=sources)
        FORMATS["docx"](replace(manuscript, tree=signed.tree), path)
        copy = read_copy(path)
        for paragraph in copy.paragraphs:
            sources.count(paragraph.text)
        return Original(copy, sources, manuscript.origins)
