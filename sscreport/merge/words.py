"""A paragraph as words, numbers and signs, each with what it is and, in the original, where it comes from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from sscreport.compose.source_map import SIGN, SourceMap, Spot
from sscreport.merge.copy import Paragraph, Run
from sscreport.reading import TEXT, TOKEN


@dataclass(frozen=True)
class Word:
    """The characters ``start`` to ``end``. ``span`` numbers the passages of one kind and key."""

    text: str
    start: int
    end: int
    span: int
    run: Run

    @property
    def is_prose(self) -> bool:
        return self.run.kind == TEXT


@dataclass(frozen=True)
class Words:
    """``spots`` and ``points`` are those of `SourceMap.spots`; empty for a copy."""

    paragraph: Paragraph
    text: str
    words: tuple[Word, ...]
    spots: tuple[Spot | None, ...] = ()
    points: Mapping[int, list[Spot]] | None = None

    @cached_property
    def texts(self) -> tuple[str, ...]:
        return tuple(word.text for word in self.words)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word.run.key for word in self.words if word.run.key))

    def gap(self, words: range) -> tuple[int, int]:
        """Start and end of these words with the spaces around them."""
        start = self.words[words.start - 1].end if words.start else 0
        end = self.words[words.stop].start if words.stop < len(self.words) else len(self.text)
        return start, end


def words_of(paragraph: Paragraph, sources: SourceMap | None = None) -> Words:
    """The words of a paragraph; with ``sources``, of one whose text holds the signs of that map."""
    signed = paragraph.text
    text, spots, points = sources.spots(signed) if sources else (signed, [], None)
    owners = [(number, run) for number, runs in enumerate(_spans(paragraph.runs)) for run in runs]
    ends = [*accumulate(len(SIGN.sub("", run.text)) for _, run in owners)]
    words = (_word(match.group(), *match.span(), owners, ends) for match in TOKEN.finditer(text))
    return Words(paragraph, text, tuple(words), tuple(spots), points)


def _word(text: str, start: int, end: int, owners: Sequence[tuple[int, Run]], ends: Sequence[int]) -> Word:
    """A word is what the first of its characters is that is no prose: programs move marks by one of them.

    ``ends`` says where the runs of ``owners`` end.
    """
    own = owners[bisect_right(ends, start) : bisect_right(ends, end - 1) + 1]
    return Word(text, start, end, *next((owner for owner in own if owner[1].kind != TEXT), own[0]))


def _spans(runs: tuple[Run, ...]) -> list[list[Run]]:
    """Neighbouring runs of one kind and key together, as Word splits and joins them at will."""
    spans: list[list[Run]] = []
    for run in runs:
        if spans and (spans[-1][-1].kind, spans[-1][-1].key) == (run.kind, run.key):
            spans[-1].append(run)
        else:
            spans.append([run])
    return spans
