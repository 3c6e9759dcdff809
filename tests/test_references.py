"""Citation numbers, the list of references and the loading of CSL-JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from sscreport.problems import InputError
from sscreport.references import bibliography, citation, load_references

REFERENCES = Path(__file__).parent.parent / "data" / "references.json"
# Doubled marks or spaces, empty brackets, leftovers of code, a hyphen in a page range.
BROKEN = re.compile(r"[.,;:?!]\s*[.,;:?!]|\s\s|\s[.,;:]|\(\)|\[\]|None|&\w+;|\d-\d+\.$")
NUMBERS = {key: number for number, key in enumerate("abcdefgh", 1)}


@pytest.fixture(scope="module")
def references() -> dict[str, dict[str, Any]]:
    return load_references(REFERENCES)


@pytest.fixture(scope="module")
def entries(references: dict[str, dict[str, Any]]) -> dict[str, etree._Element]:
    return bibliography(references, list(references))


def words(element: etree._Element) -> str:
    return "".join(element.itertext())


def an_article(**fields: Any) -> dict[str, Any]:
    """A sound entry with some fields replaced; None takes a field away."""
    entry = {
        "id": "doe2000",
        "type": "article-journal",
        "author": [{"family": "Doe", "given": "J. A."}],
        "title": "On cells",
        "container-title": "J Cells",
        "issued": {"date-parts": [[2000]]},
        "volume": "3",
        "page": "2540-2542",
        "custom": {"provenance": "published", "source": "Doe", "locator": "reference 1"},
    } | fields
    return {field: value for field, value in entry.items() if value is not None}


def set_article(**fields: Any) -> str:
    """The finished entry, as markup between its ``<li>`` tags."""
    entry = bibliography({"doe2000": an_article(**fields)}, ["doe2000"])["doe2000"]
    return re.sub(r"^<li[^>]*>|</li>$", "", etree.tostring(entry, encoding="unicode"))


def complaints(tmp_path: Path, text: str) -> str:
    path = tmp_path / "references.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_references(path)
    return str(error.value)


def test_all_references_of_the_article_are_there(references: dict[str, dict[str, Any]]) -> None:
    """The file begins with the article's 41 references in its order, each with its place in the article."""
    locators = [entry["custom"]["locator"] for entry in references.values()]
    assert locators[:41] == [f"reference {number}" for number in range(1, 42)]


def test_every_entry_is_complete_and_clean(
    references: dict[str, dict[str, Any]], entries: dict[str, etree._Element]
) -> None:
    """Every entry has its first author, title and year, one final stop and no broken punctuation."""
    assert list(entries) == list(references)
    for key, entry in entries.items():
        text, reference = words(entry), references[key]
        assert text.startswith(reference["author"][0]["family"]), text
        assert reference["title"] in text
        assert str(reference["issued"]["date-parts"][0][0]) in text
        assert text.endswith(".") and not text.endswith("..")
        assert not BROKEN.search(text), text


def test_entries_carry_identity_and_no_number(entries: dict[str, etree._Element]) -> None:
    """An entry is a list item that its citations can reach; the list, not the text, numbers it."""
    for key, entry in entries.items():
        assert (entry.tag, entry.get("id"), entry.get("data-cite")) == ("li", f"ref-{key}", key)
        assert not words(entry)[0].isdigit()


def test_doi_only_where_the_data_have_one(
    references: dict[str, dict[str, Any]], entries: dict[str, etree._Element]
) -> None:
    """Exactly the entries with a DOI in the data print it, as a link to the resolver."""
    linked = {key: [link.get("href") for link in entry.iter("a")] for key, entry in entries.items()}
    expected = {key: [f"https://doi.org/{r['DOI']}"] if "DOI" in r else [] for key, r in references.items()}
    assert linked == expected
    assert [key for key, links in list(linked.items())[:41] if links] == ["page2021", "cumpston2019"]
    printed = [key for key, entry in entries.items() if "doi" in words(entry)]
    assert printed == [key for key, links in linked.items() if links]


@pytest.mark.parametrize(
    ("key", "printed"),
    [
        ("he2020", "He X, Yang Y, Yao M, Yang L, Ao L, Hu X, et al. Combination"),
        ("scuderi2013", "Scuderi N, Ceccarelli S, Onesti MG, et al. Human"),
        ("hatzistergos2011", "for heart disease? Circ Res. 2011;108(11):1300–3."),
        ("keyszer2011", "Arthritis Rheum. 2011;63(8):2540–2."),
        ("wang2013", "autoimmune diseases [thesis]. [Nanjing]: Nanjing University; 2013."),
        ("blezien2017", "Blezien O, D’Andrea F, Nicoletti GF, Ferraro GA. Effects"),
        ("mahendiratta2021", "Biomedicine & pharmacotherapy = Biomedecine & pharmacotherapie. 2021;137:"),
    ],
)
def test_difficult_entries(entries: dict[str, etree._Element], key: str, printed: str) -> None:
    """Long and short author lists, a question, a thesis and an ampersand come out as they should."""
    assert printed in words(entries[key])


def test_rich_text_and_signs_survive() -> None:
    """Italics and raised signs in a title become elements; & and < stay the signs they are."""
    title = "CD4<sup>+</sup> cells <i>in vivo</i>: P < 0.05 & more..."
    assert set_article(title=title).startswith(
        "Doe JA. CD4<sup>+</sup> cells <em>in vivo</em>: P &lt; 0.05 &amp; more... J Cells."
    )


def test_entries_follow_the_given_order(references: dict[str, dict[str, Any]]) -> None:
    """Entries come in the order asked for, each key once."""
    assert list(bibliography(references, ["zhang2017", "caplan1991", "zhang2017"])) == [
        "zhang2017",
        "caplan1991",
    ]


@pytest.mark.parametrize(
    ("keys", "printed"),
    [
        ("a", "[1]"),
        ("ab", "[1, 2]"),
        ("abc", "[1–3]"),
        ("gcba", "[1–3, 7]"),
        ("aabb", "[1, 2]"),
        ("abdefh", "[1, 2, 4–6, 8]"),
        ("abcefg", "[1–3, 5–7]"),
        ("aceg", "[1, 3, 5, 7]"),
    ],
)
def test_numbers_are_sorted_and_runs_collapsed(keys: str, printed: str) -> None:
    """Numbers ascend without doubles, and three or more in a row become a range."""
    assert words(citation(NUMBERS, list(keys))) == printed


def test_hidden_keys_travel() -> None:
    """Every number links to its entry, and the span names the keys that the dash hides."""
    span = citation(NUMBERS, list("gcab"))
    assert span.get("class") == "citation"
    assert span.get("data-cites") == "a b c g"
    assert [(a.get("data-cite"), a.get("href"), a.text) for a in span] == [
        ("a", "#ref-a", "1"),
        ("c", "#ref-c", "3"),
        ("g", "#ref-g", "7"),
    ]


def test_unknown_keys_are_named_with_the_nearest(references: dict[str, dict[str, Any]]) -> None:
    """A mistyped key stops both the citation and the list, naming every such key and what is near."""
    expected = "No reference has the key virzi2018. Did you mean virzi2017?"
    with pytest.raises(InputError, match=re.escape(expected)):
        citation(dict.fromkeys(references, 1), ["virzi2018"])
    with pytest.raises(InputError) as error:
        bibliography(references, ["virzi2018", "caplan1991", "qqq"])
    assert [problem.row for problem in error.value.problems] == ["virzi2018", "qqq"]


def test_a_citation_of_nothing_is_an_error() -> None:
    """A citation without keys is a complaint and not an empty pair of brackets."""
    with pytest.raises(InputError, match="at least one key"):
        citation(NUMBERS, [])


def test_a_dependent_style_is_refused(tmp_path: Path) -> None:
    """A style file that holds no bibliography of its own is named, not half used."""
    stub = tmp_path / "stub.csl"
    stub.write_text('<style xmlns="http://purl.org/net/xbiblio/csl" version="1.0"><info/></style>')
    with pytest.raises(InputError, match=r"stub\.csl: This is not an independent CSL style"):
        bibliography({"doe2000": an_article()}, ["doe2000"], stub)


@pytest.mark.parametrize(
    ("fields", "column", "expected"),
    [
        ({"id": "Doe 2000"}, "id", "begins with a letter"),
        ({"type": "article-jurnal"}, "type", "Did you mean article-journal"),
        ({"title": None}, "title", "needs this field"),
        ({"title": "<i>in vivo"}, "title", "must be closed"),
        ({"container-title": ""}, "container-title", "needs this field"),
        ({"volum": "3"}, "volum", "Did you mean volume"),
        ({"author": [{"given": "J."}]}, "author", 'needs a "family"'),
        ({"issued": {"year": 2000}}, "issued", "date-parts"),
        ({"DOI": "https://doi.org/10.1000/1"}, "DOI", "without https"),
        ({"custom": {"provenance": "hearsay"}}, "custom", "published"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, fields: dict[str, Any], column: str, expected: str) -> None:
    """One wrong field gives one complaint with file, entry, field and what was expected."""
    path = tmp_path / "references.json"
    path.write_text(json.dumps([an_article(**fields)]), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_references(path)
    [problem] = error.value.problems
    assert (problem.file, problem.row, problem.column) == (
        f"{tmp_path.name}/references.json",
        fields.get("id", "doe2000"),
        column,
    )
    assert expected in problem.expected


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    """Problems of several entries and a doubled id are listed together."""
    text = complaints(tmp_path, json.dumps([an_article(title=None), an_article(DOI="x"), "entry"]))
    for expected in ("title is empty", "DOI is x", "2 entries have this one", "entry 3"):
        assert expected in text


def test_files_that_are_no_references(tmp_path: Path) -> None:
    """Broken JSON is named with its line, and a missing file or another shape without a traceback."""
    assert "line 2: This is not JSON" in complaints(tmp_path, "[\n{]")
    assert "CSL-JSON is a list" in complaints(tmp_path, "{}")
    with pytest.raises(InputError, match="cannot be read"):
        load_references(tmp_path / "absent.json")
