"""What went in: differences between two reviews' files, and files with some of them."""

from __future__ import annotations

import random
from pathlib import Path

from sscreport.changes import Cause
from sscreport.diff.history import History
from sscreport.diff.inputs import Difference, differences, mixed
from sscreport.editions import Edition, Source
from sscreport.enclosure import read_inputs
from tests.editions import base, editions, made, seeded_change


def _told(found: list[Difference]) -> list[tuple[str, str | None, str | None]]:
    return [(d.file, d.before, d.after) for d in found]


def _cause(old: Path, new: Path, difference: Difference) -> Cause:
    sides = [Edition(Source(name, at), made(at, paint=False)) for name, at in (("old", old), ("new", new))]
    return History(*sides, None).cause(difference)


def test_all_differences_make_the_new_files_and_none_the_old() -> None:
    """Files with all differences differ in nothing from the new ones, files with none from the old."""
    pool = [read_inputs(edition.folder) for edition in editions(21, 3)]
    chance = random.Random(3)
    for _ in range(40):
        old, new = chance.sample(pool, 2)
        found = differences(old, new)
        assert differences(new, mixed(old, new, found)) == []
        assert differences(old, mixed(old, new, ())) == []


def test_each_difference_can_be_applied_alone() -> None:
    """Files with one of the differences have that one and no other."""
    pool = [read_inputs(edition.folder) for edition in editions(21, 4)]
    chance = random.Random(4)
    for _ in range(12):
        old, new = chance.sample(pool, 2)
        for difference in differences(old, new):
            assert _told(differences(old, mixed(old, new, [difference]))) == _told([difference])


def test_a_seeded_change_is_one_difference_with_its_place(tmp_path: Path) -> None:
    """A cell, row, setting or line that was changed is named, with its raw text before and after."""
    old = base(tmp_path / "base")
    chance = random.Random(5)
    for number in range(40):
        folder = tmp_path / str(number)
        edit = seeded_change(chance, folder)
        (difference,) = differences(read_inputs(old), read_inputs(folder))
        cause = _cause(old, folder, difference)
        assert cause.kind == edit.kind, edit
        assert cause.where == edit.where, edit
        if edit.kind in ("cell", "setting"):
            assert (cause.before or "") == (edit.before or "") and (cause.after or "") == (edit.after or "")


def test_comments_quotes_and_the_order_of_columns_are_no_differences() -> None:
    """What the program that reads a file cannot tell is no difference."""
    old = {"data/review.toml": 'a = 1\n[b]\nc = "x"\n', "data/x.csv": "id,m,n\none,1,2\n"}
    new = {"data/review.toml": "# why\na = 1\n\n[b]\nc = 'x'\n", "data/x.csv": 'id,n,m\n"one","2",1\n'}
    assert differences(old, new) == []


def test_the_order_of_rows_and_entries_is_a_difference() -> None:
    """Tables follow the order of rows in the data, so to sort them is a change."""
    old = {"data/x.csv": "id,m\none,1\ntwo,2\n"}
    new = {"data/x.csv": "id,m\ntwo,2\none,1\nthree,3\n"}
    assert _told(differences(old, new)) == [
        ("data/x.csv", None, "id = three, m = 3"),
        ("data/x.csv", "one two", "two one"),
    ]


def test_a_file_that_came_or_went_is_one_difference() -> None:
    """A template that only one of the reviews has is told as a file."""
    (gone,) = differences({"templates/a.html": "<p>A</p>\n"}, {})
    assert (gone.file, gone.before, gone.after) == ("templates/a.html", "<p>A</p>\n", None)
    assert mixed({"templates/a.html": "A"}, {}, [gone]) == mixed({}, {}, [])
