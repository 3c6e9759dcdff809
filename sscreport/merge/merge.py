"""The verb: a co-author's Word copy becomes a patch of the templates, and a list of all that is no patch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sscreport.build import Prepared
from sscreport.merge.align import Change, changes, looks, pairs
from sscreport.merge.copy import Comment, Copy
from sscreport.merge.edits import LISTED, NOTED, PATCHED, REFUSED, Edit, Merged, Remark
from sscreport.merge.original import Original
from sscreport.merge.paragraphs import deleted, inserted
from sscreport.merge.patch import brought_up, diff_of
from sscreport.merge.prose import line_near, replacements
from sscreport.merge.refuse import context_of, formatted, is_firm, is_unfilled, place_of, refused
from sscreport.merge.trial import Trial, untangled
from sscreport.merge.words import Words, words_of
from sscreport.verify import picture_findings

_OFTEN = "These words are printed {} times from this line. Edit it there, if all of them shall change."
_FIGURE = "{} Figures are drawn from the data; edit these."
_UNFILLED = "The program that saved the copy left a cross-reference without its number."
_STYLE = "The paragraph has the style “{}” instead of “{}”. Edit its tag in the template."


def merge(copy: Copy, original: Original, prepared: Prepared, today: Mapping[str, str]) -> Merged:
    """What ``copy`` brings to the templates ``today`` (texts by file) of the review that was prepared.

    ``original`` is the copy as its own data and templates give it. Nothing is written.
    """
    compared = _Compared(original, [words for p in copy.paragraphs if (words := words_of(p)).words])
    edits = [*compared.edits(), *_elsewhere(copy, original)]
    edits = brought_up(_shared(edits, original), original.sources.texts, today)
    trial = Trial(prepared, today)
    edits = trial.tried(untangled(edits))
    texts = trial.texts(edits)
    changed = {file: text for file, text in texts.items() if text != today[file]}
    remarks = [compared.remark(comment, copy) for comment in copy.comments]
    return Merged(edits, remarks, diff_of(today, texts), changed)


@dataclass(frozen=True)
class _Pair:
    """Positions of a paragraph in original and copy; ``above``: of the last of the original up to it."""

    i: int | None
    j: int | None
    above: int


class _Compared:
    """The paragraphs of the original and those of the copy."""

    def __init__(self, original: Original, new: Sequence[Words]):
        self._original, self._old, self._new = original, original.words, new
        self._sources = original.sources
        self._pairs: list[_Pair] = []
        above = -1
        for i, j in pairs(self._old, new):
            above = above if i is None else i
            self._pairs.append(_Pair(i, j, above))

    def edits(self) -> Iterator[Edit]:
        gone = {pair.i: list(self._deleted(pair.i)) for pair in self._pairs if pair.j is None}
        moves = {
            pair.j: i
            for pair in self._pairs
            if pair.i is None and (i := self._same(pair.j, gone)) is not None
        }
        for pair in self._pairs:
            if pair.i is None:
                taken = moves.get(pair.j)
                yield self._inserted(pair, None if taken is None else gone[taken][0])
            elif pair.j is not None:
                yield from self._changed(self._old[pair.i], self._new[pair.j])
            elif pair.i not in moves.values():
                yield from gone[pair.i]

    def _same(self, j: int, gone: Mapping[int, Sequence[Edit]]) -> int | None:
        """The paragraph of the same words that is gone elsewhere, with lines that can move."""
        same = (i for i, edits in gone.items() if self._old[i].texts == self._new[j].texts)
        return next((i for i in same if gone[i][0].fate == PATCHED), None)

    def _deleted(self, i: int) -> Iterator[Edit]:
        return deleted(self._old[i], self._original.origins, self._sources)

    def _inserted(self, pair: _Pair, taken: Edit | None) -> Edit:
        before, after = self._old[pair.above :: -1] if pair.above >= 0 else [], self._old[pair.above + 1 :]
        return inserted(self._new[pair.j], before, after, taken, self._sources)

    def _changed(self, old: Words, new: Words) -> Iterator[Edit]:
        for change in changes(old, new):
            yield from self._change(change)
        for was, now in looks(old, new):
            yield formatted(old, new, was.run.look, now.run.look, now.text)
        if old.paragraph.style != new.paragraph.style and not new.paragraph.joined:
            message = _STYLE.format(new.paragraph.style, old.paragraph.style)
            yield Edit(LISTED, "style", place_of(old), message, context=new.text)

    def _change(self, change: Change) -> Iterator[Edit]:
        if is_unfilled(change):
            yield Edit(
                NOTED, "field", place_of(change.old), _UNFILLED, change.before, context=context_of(change)
            )
            return
        found = None if is_firm(change) else replacements(change, self._sources)
        if found is None:
            yield from refused(change, self._original.origins, self._sources)
            return
        first = found[0]
        line = self._sources.line(first.file, first.start)
        yield Edit(
            PATCHED,
            "words",
            place_of(change.old),
            before=change.before,
            after=change.after,
            context=context_of(change),
            file=first.file,
            line=line,
            replacements=found,
        )
        if change.i and change.j:
            was, now = change.old_words[0].run.look, change.new_words[0].run.look
            if was != now:
                yield formatted(change.old, change.new, was, now, change.after)

    def remark(self, comment: Comment, copy: Copy) -> Remark:
        """The comment with the line that its paragraph comes from."""
        if comment.paragraph is None:
            return Remark(comment, "", "", 0)
        paragraph = copy.paragraphs[comment.paragraph]
        j = next((n for n, words in enumerate(self._new) if words.paragraph is paragraph), None)
        pair = next((pair for pair in self._pairs if j is not None and pair.j == j), None)
        if pair is None or pair.above < 0:
            return Remark(comment, paragraph.place, "", 0)
        old = self._old[pair.above]
        return Remark(comment, place_of(old), *line_near(old, 0, self._sources))


def _shared(edits: Sequence[Edit], original: Original) -> list[Edit]:
    """The edits, with those listed that would change other places than the copy does."""
    printed = original.sources.printed
    made = Counter(one for edit in edits for one in edit.replacements if one.passage is not None)
    found = []
    for edit in edits:
        often = [printed[one.passage] for one in edit.replacements
                 if one.passage is not None and made[one] != printed[one.passage]]  # fmt: skip
        if edit.fate == PATCHED and often:
            edit = replace(edit, fate=LISTED, message=_OFTEN.format(max(often)), replacements=())
        found.append(edit)
    return found


def _elsewhere(copy: Copy, original: Original) -> Iterator[Edit]:
    """What differs outside the paragraphs of the body."""
    for finding in picture_findings(original.copy.pictures, copy.pictures):
        message = _FIGURE.format(finding.message)
        yield Edit(REFUSED, "picture", finding.place, message, finding.before, finding.after, key=finding.key)
    for message in dict.fromkeys(copy.further):
        if message not in original.copy.further:
            yield Edit(LISTED, "elsewhere", "outside the text", message)
