"""``audit``: list what does not fit in an article, from its text and tables alone."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sscreport.commands.command import FINDINGS, FINE, Command, add_json, print_json, review_folder
from sscreport.problems import InputError, UsageError

if TYPE_CHECKING:
    from sscreport.audit import Misfit
    from sscreport.records import Row

EXAMPLES = """\
  %(prog)s                                        the article that this review is a rebuild of
  %(prog)s --text article.txt                     any article, as plain text or Markdown
  %(prog)s --text article.txt --tables t1.csv t2.csv
                                                  with its tables, which most counts are checked against
  %(prog)s --json                                 for machines
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--text",
        type=Path,
        metavar="FILE",
        help="the article's text, UTF-8 (default: data/article/ of the review)",
    )
    parser.add_argument(
        "--tables", type=Path, nargs="+", metavar="FILE", default=[], help="the article's tables, each as CSV"
    )
    add_json(parser)


def _run(options: argparse.Namespace) -> int:
    if options.tables and options.text is None:
        raise UsageError("--tables are those of an article; name its text with --text.")

    from sscreport.audit import audit, read_article
    from sscreport.audit.shipped import read_shipped
    from sscreport.folder import ARTICLE

    by_hand: Sequence[Row] = ()
    if options.text is not None:
        article = read_article(options.text, options.tables)
    else:
        root = review_folder(options.review)
        shipped = read_shipped(root)
        if shipped is None:
            raise UsageError(f"There is no article in {root / ARTICLE}. Name one with --text.")
        article, by_hand = shipped, _recorded(root)
    misfits = audit(article)
    if options.json:
        print_json(_content(article.file, misfits, by_hand))
    else:
        _show(article.file, misfits, by_hand)
    return FINDINGS if misfits or by_hand else FINE


def _recorded(root: Path) -> Sequence[Row]:
    """The findings that reviewers recorded themselves, because they need more than the article."""
    from sscreport.load import load

    review, problems = load(root)
    if problems:
        raise InputError(problems)
    return review.tables.get("audit", ())


def _content(file: str, misfits: Sequence[Misfit], by_hand: Sequence[Row]) -> dict[str, Any]:
    from sscreport.audit.shipped import names

    machine = [
        {
            "id": name, "recorded": "machine", "check": m.check,
            "where": m.where, "line": m.line, "finding": m.what,
            "evidence": [{"text": e.text, "place": e.place} for e in m.evidence],
            "severity": m.severity, "remedy": m.remedy,
        }
        for name, m in zip(names(misfits), misfits, strict=True)
    ]  # fmt: skip
    hand = [
        {
            "id": row.id, "recorded": "by hand", "check": row.content("kind"),
            "where": row.content("place"), "line": None, "finding": row.content("finding"),
            "evidence": [{"text": row.content("evidence"), "place": row.cells["evidence"].source}],
            "severity": row.content("severity"), "remedy": row.content("remedy"),
        }
        for row in by_hand
    ]  # fmt: skip
    counts = Counter(entry["severity"] for entry in [*machine, *hand])
    return {"article": file, "counts": dict(counts), "findings": [*machine, *hand]}


def _show(file: str, misfits: Sequence[Misfit], by_hand: Sequence[Row]) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    from sscreport.audit import CHECKS

    console = Console(highlight=False)
    content = _content(file, misfits, by_hand)
    number = 0
    for recorded, title in (("machine", "Found by the checks"), ("by hand", "Recorded by hand")):
        entries = [entry for entry in content["findings"] if entry["recorded"] == recorded]
        if not entries:
            continue
        console.print(Text(f"{title} ({len(entries)})", style="bold"))
        for entry in entries:
            number += 1
            title = CHECKS[entry["check"]].title if recorded == "machine" else entry["check"]
            console.print(Text(f"{number}. [{entry['severity']}] {entry['where']}: {title}"))
            lines = [Text(entry["finding"])]
            lines += [Text(f"{e['place']}: {e['text']}", style="dim") for e in entry["evidence"]]
            lines.append(Text(f"Instead: {entry['remedy']}"))
            console.print(Padding(Text("\n").join(lines), (0, 0, 0, 4)))
    said = ", ".join(
        f"{content['counts'][s]} {s}" for s in ("high", "moderate", "low") if s in content["counts"]
    )
    console.print(
        f"{file}: {number or 'no'} finding{'' if number == 1 else 's'}" + (f" ({said})." if said else ".")
    )


COMMAND = Command(
    "Audit an article: list what does not fit in its text, tables and captions, with evidence.",
    EXAMPLES,
    _add_options,
    _run,
)
