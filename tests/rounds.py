"""A round of review of the small review of tests/diff_review, and faults to plant in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.editions import base
from tests.test_diff_command import replace
from tests.test_diff_editions import commit, git

FILE = "responses/round-1.md"
ROUND = """+++
title = "Response to the reviewers"
against = "v1.0"
+++

Dear editor,

we thank both reviewers for their care.

# Reviewer one

## Wrong number in Elm

> In Elm et al. the difference is 9.1 m, not 12.3 m
> (their Table 2).

You are right, and we thank you. The pooled difference at
{{ v.review.analyses.walk.by_time.subgroups.m6.label }} was {{ was("walk.by_time.m6.estimate") }} m
and is {{ v.walk.by_time.m6.estimate }} m.

{{ changed(cause="data/mean_differences.csv:walk-6-elm:md") }}

## How far is not how quickly

> “How far” is not what was asked.

Reworded ({{ where("How quickly people walk") }}).

{{ changed(section="background") }}

# Reviewer two

## Aim of the review

> The aim could be said.

It is:

{{ quote("Its aim is to bring the reports together and to say in plain words what they show.") }}

## A third study group

> Dogwood's patients were 30, not 32 in all.

The table has them all; {{ v.studies.dogwood.patients }} were treated. Its column of countries had an error:

{{ changed(table="studies") }}

## Praise

> A fine paper.

Thank you.

# Corrections by the authors

## Analysed in Birch

One number was copied from the wrong line.

{{ changed(cause="data/mean_differences.csv:walk-12-birch:n") }}
"""


def revised(folder: Path) -> Path:
    """A review with the tag v1.0, and what a round of review made of it since."""
    base(folder)
    git(folder, "init", "--quiet")
    commit(folder, "As submitted", "v1.0")
    replace(
        folder,
        "data/mean_differences.csv",
        "walk-6-elm,walk,6,elm,47,-12.3,",
        "walk-6-elm,walk,6,elm,47,-9.1,",
    )
    replace(
        folder,
        "data/mean_differences.csv",
        "walk-12-birch,walk,12,birch,51,",
        "walk-12-birch,walk,12,birch,50,",
    )
    replace(folder, "data/studies.csv", "cedar,Cedar,2005,Kenya,", "cedar,Cedar,2005,Iceland,")
    replace(folder, "templates/background.html", "<p>How far people walk", "<p>How quickly people walk")
    (folder / "responses").mkdir()
    (folder / FILE).write_text(ROUND, encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Fault:
    """A fault in the round's text: ``before`` becomes ``after``; the complaint must hold ``expected``."""

    kind: str
    before: str
    after: str
    expected: str


def _promise(call: str) -> Fault:
    return Fault("false promise", "Thank you.\n", f"Thank you.\n\n{{{{ {call} }}}}\n", "does not differ")


def _quote(text: str, times: str = "nowhere") -> Fault:
    return Fault("wrong quote", "Thank you.\n", f'Thank you.\n\n{{{{ quote("{text}") }}}}\n', f"has {times}")


def _typed(text: str) -> Fault:
    return Fault("stale number", "Thank you.\n", f"Thank you. {text}\n", "A number is typed")


PROMISES = (
    ("section", "methods"), ("section", "discussion"), ("section", "nowhere"),
    ("section", "supplement_details"),
    ("sentence", "Nobody was compared"), ("sentence", "plain words"),
    ("table", "audit"), ("table", "nothing"), ("figure", "pain"), ("figure", "nothing"),
    ("value", "pain.m6.estimate"), ("value", "pain.m6.p"), ("value", "walk.by_time.m12.estimate"),
    ("value", "nothing.at.all"), ("cause", "data/studies.csv:ash:country"),
    ("cause", "data/mean_differences.csv:walk-6-ash:md"), ("cause", "templates/methods.html:1"),
    ("cause", "data/review.toml:policy:confidence_level"),
)  # fmt: skip
QUOTATIONS = (
    "How far people walk, and", "Its aim is to bring the reports apart", "plain words what they hide",
    "The pooled difference was", "Reworded", "Squares stand for nobody", "rose (MD −18.82 m",
    "Nobody read the reports", "95% CI −25.71", "five studies with 236 patients", "Kenya",
    "An invented treatment invites nobody", "the marked manuscript", "Response to the reviewers",
    "Dear editor", "walking distance fell", "A fine paper.",
)  # fmt: skip
TYPED = (
    "It is 17.9 m.", "See page 2, line 14.", "P = 0.03.", "It was 95% sure.", "We found 5 studies.",
    "On line 7 it says so.", "Half of 40 patients.", "Since 2019.", "An I² of 37%.", "(n = 50)",
    "Table 3 shows it.", "I² is high.",
)  # fmt: skip
WAS, NOW, PLACE = (
    'was("walk.by_time.m6.estimate")',
    "{{ v.walk.by_time.m6.estimate }}",
    'where("How quickly people walk")',
)
ELM = 'cause="data/mean_differences.csv:walk-6-elm:md"'
AIM = "Its aim is to bring the reports together and to say in plain words what they show."
ANSWERS = (
    "Thank you.\n",
    f'It is:\n\n{{{{ quote("{AIM}") }}}}\n',
    f'Reworded ({{{{ {PLACE} }}}}).\n\n{{{{ changed(section="background") }}}}\n',
)
IN_TEXT: tuple[Fault, ...] = (
    *(_promise(f'changed({way}="{name}")') for way, name in PROMISES),
    *map(_quote, QUOTATIONS),
    _quote("people", "2 times"),
    *map(_typed, TYPED),
    Fault("stale number", WAS, 'was("walk.by_time.m6.estimat")', "prints no value"),
    Fault("stale number", WAS, 'was("pain.m6.model")', "prints no value"),
    Fault("stale number", NOW, "{{ v.walk.by_time.m9.estimate }}", "There is no value"),
    Fault("wrong line", PLACE, 'where("How far people walk, and")', "has nowhere"),
    Fault("wrong line", PLACE, 'where("a passage of nowhere")', "has nowhere"),
    *(Fault("unanswered", answer, "\n", "has no answer") for answer in ANSWERS),
    Fault("unanswered", "> A fine paper.\n\nThank you.\n", "> A fine paper.\n", "has no answer"),
    *(
        Fault("unannounced", f"{{{{ changed({way}) }}}}", "We did so.", "No answer tells")
        for way in (
            ELM,
            'table="studies"',
            'cause="data/mean_differences.csv:walk-12-birch:n"',
        )
    ),
)


# ---------------------------------------------------------------- faults in the finished files

Tamper = Callable[[Path], None]


def in_letter(pattern: str, new: str) -> Tamper:
    """Another text for the first match in the finished page of the letter."""

    def edit(folder: Path) -> None:
        path = folder / "letter.html"
        text = path.read_text(encoding="utf-8")
        after, found = re.subn(pattern, new, text, count=1, flags=re.DOTALL)
        assert found and after != text, pattern
        path.write_text(after, encoding="utf-8")

    return edit
