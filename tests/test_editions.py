"""The pool of small editions that tests of differences draw on."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from sscreport.cells import cells_of
from tests.editions import FAMILIES, base, editions, made, seeded_change


def test_every_edition_of_the_pool_builds_and_all_families_of_edits_occur() -> None:
    """Twenty-one manuscripts, twenty of them edited: data, templates, options and structure."""
    pool = editions(21, 1)
    counts = Counter(family for edition in pool for family in edition.families)
    assert set(counts) == set(FAMILIES) and min(counts.values()) >= 5, counts
    for edition in pool:
        assert made(edition.folder, paint=False).origins, edition
    assert pool[0].edits == () and all(edition.edits for edition in pool[1:])
    texts = {" ".join("".join(made(edition.folder, paint=False).tree.itertext()).split()) for edition in pool}
    assert len(texts) >= 18  # a remark or a zero at the end of a number does not show


def test_the_review_of_the_pool_has_one_of_everything() -> None:
    """Headings of three levels, lists, notes, grouped heads and rows, daggers, a supplement with a table."""
    tree = made(editions(1, 0)[0].folder, paint=False).tree
    for path in (
        ".//h2", ".//h3", ".//h4", ".//ol/li", ".//ul/li", ".//dl/dt", ".//em", ".//strong",
        ".//*[@data-cite]", ".//*[@data-constant]", ".//th[@colspan='3']",
        ".//th[@rowspan='2']", ".//tr[@class='group']",
        ".//div[@class='notes']/p/sup", ".//figure[@class='table landscape']", ".//section[@id='references']",
        ".//section[@id='supplement']//table", ".//section[@id='supplement']//img",
    ):  # fmt: skip
        assert tree.find(path) is not None, path
    assert "†" in "".join(tree.itertext())


def test_a_seeded_change_is_the_only_one(tmp_path: Path) -> None:
    """Cells, rows, settings and lines of templates differ where the change says, and nowhere else."""
    old = base(tmp_path / "base")
    chance, kinds, before = random.Random(2), Counter[str](), cells_of(old)
    for number in range(60):
        folder = tmp_path / str(number)
        edit = seeded_change(chance, folder)
        kinds[edit.kind] += 1
        after = cells_of(folder)
        differing = {str(a) for a in before.keys() | after.keys() if before.get(a) != after.get(a)}
        files = [
            path.relative_to(old).as_posix()
            for path in old.rglob("*.html")
            if path.read_text(encoding="utf-8")
            != (folder / path.relative_to(old)).read_text(encoding="utf-8")
        ]
        if edit.kind in ("cell", "setting"):
            assert differing == {edit.where} and files == []
            texts = {str(address): text for address, text in after.items()}
            assert texts[edit.where] == edit.after
        elif edit.kind == "row":
            assert {name.rpartition(":")[0] for name in differing} == {edit.where} and files == []
        else:
            file, line = edit.where.split(":")
            assert differing == set() and files == [file]
            own = edit.before is not None and (old / file).read_text(encoding="utf-8").split("\n")
            assert own is False or own[int(line) - 1] == edit.before
    assert set(kinds) == {"cell", "row", "setting", "template"}
