"""``what-if``: what other choices for the analyses would change; nothing is written to the review."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sscreport.commands.command import FINE, Command, print_json, review_folder
from sscreport.commands.comparison import add_forms, check_forms, tell, write_forms
from sscreport.problems import Problem, UsageError, did_you_mean

if TYPE_CHECKING:
    from sscreport.changes import Changes
    from sscreport.editions import Edition
    from sscreport.records import Review, Scenario

EXAMPLES = """\
  %(prog)s --exclude granel2015                without a study, named by its id or that of a report
  %(prog)s --outcome vas --model reml --interval hartung-knapp
                                               random effects by another estimator, for one outcome
  %(prog)s --correlation 0.5 --markdown        another correlation of before and after, for a comment
  %(prog)s --list                              the scenarios of data/scenarios.toml
  %(prog)s --scenario without_granel --output review
                                               one of them, in every form of the diff
"""
INTERVALS = ("wald", "hartung-knapp", "hartung-knapp-adhoc")
ESTIMATORS = ("DL", "REML", "ML", "PM", "HE", "HS", "SJ", "EB")
OWN = ("exclude", "outcome", "model", "interval", "correlation")
ANOTHER_LOOK = "Would need another look: "


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="STUDY",
        help="leave this study out; repeatable",
    )
    parser.add_argument(
        "--outcome", action="append", default=[], metavar="ID", help="for this outcome only; may be repeated"
    )
    parser.add_argument(
        "--model", metavar="NAME", help=f"fixed, random, or random by an estimator: {', '.join(ESTIMATORS)}"
    )
    parser.add_argument(
        "--interval", metavar="NAME", help=f"of random-effects results: {', '.join(INTERVALS)}"
    )
    parser.add_argument(
        "--correlation", metavar="R", help="correlation between before and after to be assumed"
    )
    parser.add_argument("--scenario", metavar="ID", help="a scenario of data/scenarios.toml instead")
    parser.add_argument("--list", action="store_true", help="list the scenarios of data/scenarios.toml")
    add_forms(parser)


def _run(options: argparse.Namespace) -> int:
    root = review_folder(options.review)
    check_forms(options)

    from sscreport.load import load
    from sscreport.scenarios import read_scenarios

    if options.list:
        return _list(read_scenarios(root), options)
    review, _ = load(root)
    scenario = _wanted(options, review)
    with tempfile.TemporaryDirectory() as folder:
        old, new, changes, noted = _compared(review, scenario, Path(folder), options)
        write_forms(options, old, new, changes)
    return tell(changes, options, {"scenario": asdict(scenario), "another_look": [*map(asdict, noted)]})


def _compared(
    review: Review, scenario: Scenario, folder: Path, options: argparse.Namespace
) -> tuple[Edition, Edition, Changes, list[Problem]]:
    """The review as it is, what the scenario makes of it, and how they differ."""
    from sscreport.changes import Cause
    from sscreport.diff import diff_because
    from sscreport.editions import Source, find, obtain, obtain_noting
    from sscreport.enclosure import Enclosure, read_inputs
    from sscreport.progress import Progress
    from sscreport.scenarios import applied

    progress = Progress(quiet=options.json or options.markdown)
    Enclosure(applied(read_inputs(review.root), scenario)).unpack(folder)
    old = obtain(find(None, review.root, None, folder), progress)
    source = Source(f"the scenario “{scenario.title}”", folder)
    new, noted = obtain_noting(source, progress, paint=options.output is not None)
    cause = Cause("scenario", "the scenario", None, _told(scenario, review))
    notes = [ANOTHER_LOOK + " ".join(str(problem).split()) for problem in noted]
    return old, new, diff_because(cause, old, new, progress, notes), noted


# ---------------------------------------------------------------- what is asked for


def _wanted(options: argparse.Namespace, review: Review) -> Scenario:
    """The scenario that the options name or describe; UsageError for names that mean nothing."""
    from sscreport.records import Scenario
    from sscreport.scenarios import scenarios_in

    own = [name for name in OWN if getattr(options, name)]
    if options.scenario:
        if own:
            raise UsageError(f"--scenario brings its own choices: leave out --{own[0]}, or --scenario.")
        named = {scenario.id: scenario for scenario, _ in scenarios_in(review)}
        return named[_one_of(options.scenario, named, "scenario in data/scenarios.toml")]
    if not own or own == ["outcome"]:
        raise UsageError("Say what should be otherwise: --exclude, --model, --interval, --correlation.")
    model, tau_squared = _model(options.model)
    if model == "fixed" and options.interval:
        raise UsageError("--interval is of random-effects results; leave it out with --model fixed.")
    scenario = Scenario(
        id="asked",
        title="",
        outcomes=tuple(_one_of(name, review.outcomes, "outcome") for name in options.outcome),
        exclude=tuple(dict.fromkeys(_study(name, review) for name in options.exclude)),
        model=model,
        tau_squared=tau_squared,
        interval=options.interval and _one_of(options.interval.lower(), INTERVALS, "interval"),
        correlation=_correlation(options.correlation),
    )
    return Scenario(**{**asdict(scenario), "title": _told(scenario, review)})


def _one_of(name: str, known: Iterable[str], what: str) -> str:
    names = list(known)
    if name in names:
        return name
    raise UsageError(f"There is no {what} {name}.{did_you_mean(name, names, listed=True)}")


def _study(name: str, review: Review) -> str:
    """The id of a study that is named by it, or by the key of one of its reports."""
    by_report = {key: study.id for study in review.studies.values() for key in study.references}
    by_name = by_report | {id: id for id in review.studies}
    if name in by_name:
        return by_name[name]
    hint = did_you_mean(name, by_name) or f" Known: {', '.join(review.studies)}."
    raise UsageError(f"There is no study {name}.{hint}")


def _model(name: str | None) -> tuple[str | None, str | None]:
    """Model and estimator; an estimator stands for random effects by it."""
    if name is None:
        return None, None
    known = {word.lower(): word for word in ("fixed", "random", *ESTIMATORS)}
    word = known[_one_of(name.lower(), known, "model or estimator")]
    return (word, None) if word in ("fixed", "random") else ("random", word)


def _correlation(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 0.99:
        raise UsageError(f"--correlation takes a number from 0 to 0.99, not {text}.")
    return number


# ---------------------------------------------------------------- in words


def _told(scenario: Scenario, review: Review) -> str:
    """What is chosen, in a clause."""
    from sscreport.policy import choices_told

    labels = [str(review.studies[name].label.content) for name in scenario.exclude]
    about = [review.outcomes[name].abbreviation for name in scenario.outcomes] + [*scenario.analyses]
    where = f"in {', '.join(about)}" if about else ""
    return ", ".join(filter(None, (choices_told(scenario.model, scenario.choices, labels), where)))


def _list(scenarios: Sequence[Scenario], options: argparse.Namespace) -> int:
    from sscreport.screen import put

    if options.json:
        print_json([_plain(asdict(scenario)) for scenario in scenarios])
    elif scenarios:
        put(*(f"{s.id}: {s.title}{f' ({s.why})' if s.why else ''}" for s in scenarios))
    else:
        put("The review has no data/scenarios.toml with scenarios.")
    return FINE


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """Only what is chosen."""
    return {name: content for name, content in record.items() if content not in (None, (), "")}


COMMAND = Command(
    "Say what other choices for the analyses would change, without touching the data.",
    EXAMPLES,
    _add_options,
    _run,
)
