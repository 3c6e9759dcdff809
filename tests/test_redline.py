"""Two editions of a document as one: accepting gives the new one, rejecting the old one."""

from __future__ import annotations

import time
from collections import Counter
from copy import deepcopy
from random import Random

import pytest
from lxml import etree
from lxml.etree import _Element

from sscreport.build import make
from sscreport.progress import Progress
from sscreport.redline import Redline, accepted, redline, rejected
from sscreport.write.docx.tables import grid
from tests.conftest import REPOSITORY
from tests.editions import editions, made
from tests.thorough import cases
from tests.tree_changes import changed
from tests.tree_reader import read, texts

PAIRS = cases(200, sample=50)  # of editions of the pool
CHANGED_PAIRS = 60  # of trees with changes that no build would make
SECONDS = 1.5  # for the shipped review
IDENTITIES = ("id", "href", "data-value", "data-cites", "data-cite", "data-ref", "data-constant")


@pytest.fixture(scope="module")
def small() -> _Element:
    """The tree of the small review."""
    return make(REPOSITORY / "tests/small_review", Progress(quiet=True), paint=False).manuscript.tree


@pytest.fixture(scope="module")
def shipped() -> _Element:
    """The tree of the shipped review."""
    return make(REPOSITORY, Progress(quiet=True), paint=False).manuscript.tree


# ---------------------------------------------------------------- whatever differs


def _assert_both_sides(found: Redline, old: _Element, new: _Element) -> None:
    assert read(found.tree, without="del") == read(new)
    assert read(found.tree, without="ins") == read(old)
    assert read(accepted(found.tree)) == read(new)
    assert read(rejected(found.tree)) == read(old)
    assert _identities(accepted(found.tree)) == _identities(new)


def _identities(tree: _Element) -> list[tuple[str, str, str]]:
    """Everything that is found by, or leads to, an identity, with its text, in reading order."""
    return [
        (name, step.get(name, ""), "" if len(step.xpath(".//p | .//tr")) else "".join(step.itertext()))
        for step in tree.iter(etree.Element)
        for name in IDENTITIES
        if step.get(name) and step.tag not in ("section", "figure", "li")
    ]


def _assert_well_formed(found: Redline) -> None:
    ids = Counter(found.tree.xpath(".//@id"))
    assert not [name for name, count in ids.items() if count > 1]
    marks = found.tree.xpath(".//ins | .//del | .//*[@data-change]")
    assert not [mark for mark in marks if mark.xpath("ancestor::*[self::ins or self::del or @data-change]")]
    assert not found.tree.xpath(".//*[@data-value or @data-cites or @data-ref or @data-constant]//ins")
    gone = found.tree.xpath(".//*[self::del or @data-change='del']/descendant-or-self::*")
    assert not [step for step in gone if set(IDENTITIES) & set(step.attrib)]
    assert not [step for step in gone if step.get("class") in ("label", "citation")]
    numbers = [int(mark.get("data-revision")) for mark in marks]
    assert list(dict.fromkeys(numbers)) == [revision.number for revision in found.revisions]
    assert [revision.number for revision in found.revisions] == list(range(1, len(found.revisions) + 1))
    assert {revision.pair for revision in found.revisions} <= set(range(len(found.pairs)))
    for table in found.tree.iter("table"):
        grid(table)  # raises an error where a row is short or long


def _assert_pairs_complete(found: Redline, old: _Element, new: _Element) -> None:
    """Without the blocks that pairs name, the two editions have the same texts."""
    pairs = [pair for pair in found.pairs if pair.kind != "figure"]
    before, after = Counter(texts(old)), Counter(texts(new))
    befores = Counter(pair.before for pair in pairs if pair.before)
    afters = Counter(pair.after for pair in pairs if pair.after)
    assert befores <= before and afters <= after
    assert before - befores == after - afters


def _part(tree: _Element, random: Random) -> _Element:
    """A section of the review and two of its tables or figures."""
    article = etree.Element("article")
    article.append(deepcopy(random.choice(tree.xpath("section[not(@id='supplement')] | .//section/section"))))
    for figure in random.sample(tree.xpath(".//figure"), 2):
        if not article.xpath(f".//*[@id='{figure.get('id')}']"):
            article.append(deepcopy(figure))
    return article


@pytest.mark.parametrize("start", range(0, CHANGED_PAIRS, 20))
def test_any_two_trees(start: int, shipped: _Element, small: _Element) -> None:
    """Whatever differs, accepting reads as the new tree and rejecting as the old one, spans of cells too."""
    for seed in range(start, start + 20):
        random = Random(seed)
        base = small if seed % 3 == 0 else _part(shipped, random)
        old, new = (changed(base, random, random.randrange(12)) for _ in range(2))
        before = etree.tostring(old), etree.tostring(new)
        found = redline(old, new)
        assert (etree.tostring(old), etree.tostring(new)) == before
        _assert_both_sides(found, old, new)
        _assert_well_formed(found)
        _assert_pairs_complete(found, old, new)


ODD = """<article><section id="a">
<ul><li>One two three<ul><li>inner a</li><li>inner b</li></ul> after <em>all</em></li>
<li><p>par one</p><p>par two words</p></li><li>plain<br/>with break</li></ul>
<aside class="notice">Stray words here <p>and a paragraph</p> then <strong>more</strong></aside>
<!-- remark --><p>Text <!-- c --> of P<sub>1</sub> <a href="http://example.org">link</a></p>
<table><tbody><tr><td>only</td><td>body</td></tr>
<tr><td rowspan="2">two</td><td>x</td></tr><tr><td>y</td></tr></tbody></table>
</section></article>"""


@pytest.mark.parametrize("seed", [7, 27, 290, 627, 659, 784, 798])
def test_odd_trees(seed: int) -> None:
    """Nested lists, text beside blocks, remarks and body cells that span rows come out right as well."""
    random, base = Random(seed), etree.fromstring(ODD)
    for _ in range(10):
        old, new = (changed(base, random, random.randrange(10)) for _ in range(2))
        found = redline(old, new)
        _assert_both_sides(found, old, new)
        _assert_pairs_complete(found, old, new)


def test_any_two_editions() -> None:
    """200 random pairs of builds (50 outside CI) give both sides, and their pairs name all that differs."""
    pool = [made(edition.folder, paint=False).tree for edition in editions(21, 1)]
    reads = {tree: read(tree) for tree in pool}
    random = Random(1)
    for _ in range(PAIRS):
        old, new = random.sample(pool, 2)
        found = redline(old, new)
        assert read(found.tree, without="del") == reads[new]
        assert read(found.tree, without="ins") == reads[old]
        _assert_well_formed(found)
        _assert_pairs_complete(found, old, new)


def test_nothing_is_marked_where_nothing_differs(shipped: _Element) -> None:
    """Other white space, and other keys behind the same text, are no differences; it does not take long."""
    other = deepcopy(shipped)
    for step in other.iter("p", "td"):
        step.text = (step.text or "").replace(" ", "\n  ")
    for step in other.iter("span"):
        if step.get("data-value"):
            step.set("data-value", "other." + step.get("data-value", ""))
    started = time.process_time()
    found = redline(shipped, other)
    assert time.process_time() - started < SECONDS
    assert found.revisions == found.pairs == ()
    assert not found.tree.xpath(".//ins | .//del | .//*[@data-change or @data-revision]")
    assert read(found.tree) == read(shipped)


# ---------------------------------------------------------------- the smallest marks


def _tree(*blocks: str) -> _Element:
    return etree.fromstring(f'<article><section id="results">{"".join(blocks)}</section></article>')


def _found(old: str, new: str) -> Redline:
    """The redline of two section's contents, held to what every redline promises."""
    before, after = _tree(old), _tree(new)
    found = redline(before, after)
    _assert_both_sides(found, before, after)
    _assert_well_formed(found)
    return found


def _marks(found: Redline) -> list[tuple[str, str, str]]:
    """Mark, revision and text of everything marked."""
    marks = found.tree.xpath(".//ins | .//del | .//*[@data-change]")
    return [
        (mark.get("data-change", mark.tag), mark.get("data-revision"), "".join(mark.itertext()))
        for mark in marks
    ]


def _value(key: str, text: str) -> str:
    return f'<span data-value="{key}" id="n-{key}-1">{text}</span>'


def test_a_changed_number_is_one_change() -> None:
    """One deletion and one insertion, one revision with its key, and the pair holds the sentences."""
    found = _found(f"<p>It fell by {_value('a', '5.1')} m.</p>", f"<p>It fell by {_value('a', '6.2')} m.</p>")
    assert _marks(found) == [("del", "1", "5.1"), ("ins", "1", "6.2")]
    (revision,), (pair,) = found.revisions, found.pairs
    assert (revision.place, revision.before, revision.after, revision.keys) == (
        "results",
        "5.1",
        "6.2",
        ("a",),
    )
    assert (pair.kind, pair.before, pair.after) == ("paragraph", "It fell by 5.1 m.", "It fell by 6.2 m.")
    assert pair.keys_before == pair.keys_after == ("a",)
    assert found.tree.find(".//del/span").attrib == {"data-was": "a"}


def test_numbers_of_one_key_stand_against_each_other() -> None:
    """Where an interval is worded otherwise, each bound still gives way to itself."""
    found = _found(
        f"<p>CI {_value('low', '1.5')}–{_value('high', '2.5')}.</p>",
        f"<p>CI {_value('low', '−1.5')} to {_value('high', '4')}.</p>",
    )
    assert [(r.before, r.after, r.keys) for r in found.revisions] == [
        ("1.5", "−1.5", ("low",)),
        ("–", "to", ()),
        ("2.5", "4", ("high",)),
    ]


def test_a_typed_number_is_one_change() -> None:
    """A volume in a reference changes alone; its year and its pages stay."""
    item = '<ol class="references"><li id="ref-ash2001">Ash A. J Invent. 2001;{}:1–9.</li></ol>'
    found = _found(item.format("11"), item.format("12"))
    assert _marks(found) == [("del", "1", "11"), ("ins", "1", "12")]
    assert found.pairs[0].kind == "reference"


def test_another_word_is_one_change() -> None:
    """A word gives way to another; what stands around it, formatting included, stays."""
    found = _found("<p>It <em>rose sharply</em> then.</p>", "<p>It <em>fell sharply</em> then.</p>")
    assert _marks(found) == [("del", "1", "rose"), ("ins", "1", "fell")]
    assert found.tree.xpath("string(.//p/em)") == "rosefell sharply"


def test_a_passage_worded_anew_is_one_change() -> None:
    """Words are not mixed where only spaces and a comma were the same."""
    found = _found(
        "<p>Before it all, old plain words were used here.</p>",
        "<p>Before it all, new, other phrases stand here.</p>",
    )
    assert [(r.before, r.after) for r in found.revisions] == [
        ("old plain words were used", "new, other phrases stand")
    ]


def test_other_formatting_is_a_change() -> None:
    """The same word in italics is deleted as it was and inserted as it is."""
    found = _found("<p>The P value.</p>", "<p>The <em>P</em> value.</p>")
    assert [(mark, text) for mark, _, text in _marks(found)] == [("del", "P"), ("ins", "P")]


def test_a_new_sentence_round_formatting_is_one_mark() -> None:
    """A mark stands round the formatting within it, not in pieces beside it."""
    found = _found("<p>One is here.</p>", "<p>One is here. Two <em>P</em> <strong>three</strong>.</p>")
    assert len(_marks(found)) == 1 and len(found.tree.xpath(".//ins/em | .//ins/strong")) == 2


def test_a_label_citation_or_reference_is_deleted_as_text() -> None:
    """What is withdrawn leads nowhere; what comes instead keeps its identity."""
    cite = '<span class="citation" data-cites="a">[<a data-cite="a" href="#ref-a">{}</a>]</span>'
    link = '<a data-ref="fig-x" href="#fig-x">Fig. {}</a>'
    found = _found(
        f"<p>Seen {cite.format(1)} and {link.format(1)}</p>",
        f"<p>Seen {cite.format(2)} and {link.format(2)}</p>",
    )
    assert [text for _, _, text in _marks(found)] == ["[1]", "[2]", "Fig. 1", "Fig. 2"]
    assert all(len(mark) == 0 for mark in found.tree.iter("del"))


# ---------------------------------------------------------------- blocks


def test_a_new_paragraph_is_one_mark() -> None:
    """A paragraph that comes or goes is marked as a whole, where it stands or stood."""
    found = _found("<p>One here.</p><p>Gone words.</p>", "<p>One here.</p><p>A fully different text.</p>")
    assert [(p.get("data-change"), p.text) for p in found.tree.iter("p")] == [
        (None, "One here."),
        ("del", "Gone words."),
        ("ins", "A fully different text."),
    ]
    assert [(pair.before, pair.after) for pair in found.pairs] == [
        ("Gone words.", None),
        (None, "A fully different text."),
    ]


def test_a_moved_section_is_deleted_and_inserted() -> None:
    """It leaves its text, without ids, where it stood; in it nothing else is marked."""
    one, two = (f'<section id="{name}"><h3>{name}</h3><p>About {name}.</p></section>' for name in "ab")
    found = _found(one + two + "<p>End.</p>", two + one + "<p>End.</p>")
    sections = [(s.get("id"), s.get("data-change")) for s in found.tree.xpath("section/section")]
    assert sorted(sections, key=str) == [("a", None), ("b", "ins"), (None, "del")] or sections == [
        (None, "del"),
        ("b", None),
        ("a", "ins"),
    ]
    assert len(found.revisions) == 2 and len(found.pairs) == 4
    assert {pair.place for pair in found.pairs} in ({"a"}, {"b"})


def test_an_entry_of_a_list_of_definitions_comes_whole() -> None:
    """Term and meaning are one revision, and the list still alternates."""
    entry = "<dt>{0}</dt><dd>the meaning of {0}</dd>"
    old, new = (
        f'<dl class="abbreviations">{"".join(map(entry.format, terms))}</dl>' for terms in ("AC", "ABC")
    )
    found = _found(old, new)
    assert [(part.tag, part.get("data-revision")) for part in found.tree.find(".//dl")][2:4] == [
        ("dt", "1"),
        ("dd", "1"),
    ]
    assert [pair.kind for pair in found.pairs] == ["item", "item"]


def test_a_redrawn_figure_stands_beside_the_old_one() -> None:
    """The old picture comes first, both in one revision; a figure that is not redrawn has no mark."""
    figure = (
        '<figure id="fig-walk" class="figure"><img data-figure="walk" alt="{}"/>'
        '<figcaption><span class="label" data-ref="fig-walk">Fig. 1</span> Walk.</figcaption></figure>'
    )
    old, new = _tree(figure.format("was")), _tree(figure.format("is"))
    found = redline(old, new, redrawn=["fig-walk"])
    pictures = [(i.get("alt"), i.get("data-edition"), i.get("data-change")) for i in found.tree.iter("img")]
    assert pictures == [("was", "old", "del"), ("is", None, "ins")]
    (revision,), (pair,) = found.revisions, found.pairs
    assert (revision.place, pair.kind, pair.before, pair.after) == ("fig-walk", "figure", "Fig. 1", "Fig. 1")
    assert redline(old, new).revisions == ()
    assert [i.get("alt") for i in accepted(found.tree).iter("img")] == ["is"]
    assert [i.get("alt") for i in rejected(found.tree).iter("img")] == ["was"]


def test_kinds_of_blocks() -> None:
    """Headings, captions, cells, notes, items and references are told apart."""
    content = (
        "<h2>Head {0}</h2><p>Text {0}</p><ul><li>Item {0}</li></ul>"
        '<figure id="table-t" class="table"><figcaption>Caption {0}</figcaption><table><thead><tr>'
        '<th scope="col">Study</th><th scope="col">Year</th></tr></thead><tbody><tr><th scope="row">Ash</th>'
        '<td>{0}</td></tr></tbody></table><div class="notes"><p>Note {0}</p></div></figure>'
        '<ol class="references"><li id="ref-a">Work {0}</li></ol>'
    )
    found = _found(content.format("one"), content.format("two"))
    kinds = ["heading", "paragraph", "item", "caption", "cell", "note", "reference"]
    assert [pair.kind for pair in found.pairs] == kinds
    assert [pair.place for pair in found.pairs] == [*["results"] * 3, *["table-t"] * 3, "results"]
    assert (found.pairs[4].row, found.pairs[4].column) == ("Ash", "Year")


# ---------------------------------------------------------------- tables


def _table(head: list[str], *rows: list[str]) -> str:
    top = "".join(f'<th scope="col">{text}</th>' for text in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{text}</td>" for text in row[1:])}</tr>'
        for row in rows
    )
    table = f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    return f'<figure id="table-t" class="table"><figcaption>T</figcaption>{table}</figure>'


def test_a_new_column_is_one_change() -> None:
    """A column of 41 cells is 41 inserted cells in one revision, and nothing else."""
    rows = [[f"Study {n}", str(n), str(2 * n)] for n in range(40)]
    found = _found(
        _table(["Study", "Year", "n"], *rows),
        _table(["Study", "Year", "Dose", "n"], *[[a, b, "low", c] for a, b, c in rows]),
    )
    assert Counter(_marks(found)) == {("ins", "1", "low"): 40, ("ins", "1", "Dose"): 1}
    assert len(found.revisions) == 1 and len(found.pairs) == 41
    assert (found.pairs[1].row, found.pairs[1].column) == ("Study 0", "Dose")


def test_a_new_row_is_one_change() -> None:
    """A study more is one row; the total below changes by itself."""
    rows = [["Ash", "2001", "40"], ["Birch", "2003", "60"]]
    head = ["Study", "Year", "n"]
    found = _found(
        _table(head, *rows, ["All", "", _value("all", "100")]),
        _table(head, rows[0], ["Beech", "2002", "5"], rows[1], ["All", "", _value("all", "105")]),
    )
    assert _marks(found) == [("ins", "1", "Beech20025"), ("del", "2", "100"), ("ins", "2", "105")]
    assert found.revisions[0].after == "Beech | 2002 | 5"


def test_rows_and_columns_at_once() -> None:
    """A column goes, another comes, a row goes: each is one revision, and no cell is counted twice."""
    found = _found(
        _table(
            ["Study", "Year", "n"], ["Ash", "2001", "40"], ["Birch", "2003", "60"], ["Cedar", "2005", "5"]
        ),
        _table(["Study", "n", "Dose"], ["Ash", "40", "low"], ["Cedar", "5", "high"]),
    )
    assert len(found.revisions) == 3
    assert sorted(text for _, _, text in _marks(found)) == sorted(
        ["Year", "2001", "2005", "Birch200360", "Dose", "low", "high"]
    )


_HEADS = (
    '<figure id="table-t" class="table"><figcaption>T</figcaption><table><thead>'
    '<tr><th rowspan="2">Study</th><th colspan="{0}">Patients</th></tr><tr>{1}</tr></thead><tbody>'
    '<tr class="group"><th scope="row" colspan="{2}">Trials</th></tr><tr><th scope="row">Ash</th>{3}</tr>'
    "</tbody></table></figure>"
)


def test_a_head_over_a_new_column_grows() -> None:
    """A head that spans a new column, or a group's row, is no change: it spans one column more."""
    old = _HEADS.format(2, "<th>All</th><th>Men</th>", 3, "<td>9</td><td>4</td>")
    new = _HEADS.format(3, "<th>All</th><th>Women</th><th>Men</th>", 4, "<td>9</td><td>5</td><td>4</td>")
    found = _found(old, new)
    assert _marks(found) == [("ins", "1", "Women"), ("ins", "1", "5")]
    assert found.pairs[0].column == "Patients: Women"
    heads = found.tree.xpath(".//thead/tr[1]/th[2] | .//tr[@class='group']/th")
    assert [(h.get("colspan"), h.get("data-colspan-old")) for h in heads] == [("3", "2"), ("4", "3")]


def test_cells_that_cannot_be_one_replace_their_row() -> None:
    """Where a row's cells span other columns than before, that row alone is replaced."""
    old = _table(["Study", "a", "b", "c"], ["Ash", "1", "2", "3"], ["Elm", "4", "5", "6"])
    new = old.replace("<td>1</td><td>2</td>", '<td colspan="2">not reported</td>')
    found = _found(old, new)
    assert [(mark, text) for mark, _, text in _marks(found)] == [
        ("del", "Ash123"),
        ("ins", "Ashnot reported3"),
    ]


def test_tables_without_a_common_column() -> None:
    """A table that has nothing of the old one stands beside it."""
    found = _found(_table(["A", "B"], ["x", "y"]), _table(["Other", "Heads"], ["than", "these"]))
    assert [table.get("data-change") for table in found.tree.iter("table")] == ["del", "ins"]
    assert {pair.kind for pair in found.pairs} == {"cell"}


def test_a_cell_that_spans_other_rows_than_before() -> None:
    """Rows that a cell ties together are replaced together where the first of them goes."""
    table = (
        '<figure id="table-t" class="table"><figcaption>T</figcaption><table><tbody>'
        '<tr><td rowspan="2">both</td><td>{}</td></tr><tr><td>{}</td></tr></tbody></table></figure>'
    )
    found = _found(table.format("one", "two"), table.format("two", "three"))
    assert [row.get("data-change") for row in found.tree.iter("tr")] == ["del", "del", "ins", "ins"]
