"""The history that docs/diff.md shows: the shipped review in a repository with three tags.

    python docs/example_history.py FOLDER

v1.0 has an invented slip, v1.1 corrects it, v1.2 grants an invented wish of a reviewer.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IGNORED = "output/\nfigures/\n"


def replace(folder: Path, file: str, before: str, after: str) -> None:
    """Replace the one place in a file that reads ``before``."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    if text.count(before) != 1:
        raise SystemExit(f"{file} has {text.count(before)} places that read {before!r}; one was expected.")
    path.write_text(text.replace(before, after), encoding="utf-8", newline="")


def slip(folder: Path) -> None:
    """Park's change in hand pain with the wrong sign."""
    replace(
        folder,
        "data/mean_differences.csv",
        "vas-6m-park,vas,6,park,18,3.85,",
        "vas-6m-park,vas,6,park,18,-3.85,",
    )


def correct(folder: Path) -> None:
    """The sign as it should be."""
    replace(
        folder,
        "data/mean_differences.csv",
        "vas-6m-park,vas,6,park,18,-3.85,",
        "vas-6m-park,vas,6,park,18,3.85,",
    )


def grant(folder: Path) -> None:
    """What a reviewer asked for: another judgement, a prediction interval, a column less, a sentence more."""
    replace(
        folder,
        "data/grade.csv",
        "mhiss,mhiss.m12,,serious,serious,not serious,not serious,low,*,a,,,",
        "mhiss,mhiss.m12,,serious,serious,serious,not serious,very low,*,a,b,,",
    )
    replace(folder, "data/review.toml", PAIN, f"{PAIN}\nprediction_interval = true")
    replace(folder, "data/review.toml", '  { title = "Design", text = "{design}" },\n', "")
    replace(folder, "templates/discussion.html", HARD_TO_SAY, f"{HARD_TO_SAY} {ASKED_FOR}")


PAIN = 'title = "Change in VAS at 6 months"'
HARD_TO_SAY = "None of this shows that MSCs work."
ASKED_FOR = "That takes a comparison with patients who were treated otherwise."


STEPS = (
    ("v1.0", "The review as submitted", "Ada Author", "2026-03-02T09:00:00Z", slip),
    ("v1.1", "Correct the sign of Park's change in hand pain", "Ben Author", "2026-05-11T09:00:00Z", correct),
    ("v1.2", "Grant what reviewer two asked for", "Ada Author", "2026-06-20T09:00:00Z", grant),
)


def git(folder: Path, *words: str, author: str = "", date: str = "") -> None:
    """Run git in ``folder`` as an author of the example."""
    who = {f"GIT_{role}_NAME": author for role in ("AUTHOR", "COMMITTER")}
    who |= {f"GIT_{role}_EMAIL": "author@review.example" for role in ("AUTHOR", "COMMITTER")}
    who |= {f"GIT_{role}_DATE": date for role in ("AUTHOR", "COMMITTER")}
    subprocess.run(["git", "-C", str(folder), *words], check=True, env={**os.environ, **who})


def start(folder: Path) -> None:
    """The shipped review in a new repository."""
    folder.mkdir(parents=True)
    for part in ("data", "templates"):
        shutil.copytree(ROOT / part, folder / part)
    (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
    git(folder, "init", "--quiet", "--initial-branch=main")


def tag(folder: Path, name: str, subject: str, author: str, date: str) -> None:
    """Commit everything and tag it."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", subject, author=author, date=date)
    git(folder, "tag", name)


def write_history(folder: Path) -> None:
    """Write the repository to ``folder``, which must not exist."""
    start(folder)
    for name, subject, author, date, change in STEPS:
        change(folder)
        tag(folder, name, subject, author, date)


if __name__ == "__main__":
    write_history(Path(sys.argv[1]))
