"""From every number of the finished Word file to where it comes from, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from lxml import etree

from sscreport.enclosure import Enclosure
from sscreport.problems import BuildError
from sscreport.write.docx import write_docx
from tests.conftest import REPOSITORY, Built
from tests.docx_sample import article, manuscript, value
from tests.read_docx import (
    IDENTIFIED_PARAGRAPHS,
    IDENTIFIED_RUNS,
    Text,
    W,
    read_bookmarks,
    read_pictures,
    read_register,
    read_texts,
    read_values,
    unexplained_digits,
)
from tests.test_docx import convert

AWKWARD = '\ufeff  "id",n\r\n\ta,1\n\n<b> & ]]> é \u2028\u2003 \U0001f9ea\r\n  '


@pytest.fixture(scope="module")
def shipped(built: Built) -> Path:
    return built.output / "manuscript.docx"


@pytest.fixture(scope="module")
def register(built: Built) -> dict[str, Any]:
    return json.loads((built.output / "values.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def texts(shipped: Path) -> list[Text]:
    return list(read_texts(shipped))


@pytest.fixture(scope="module")
def saved(brief: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The brief review's file as LibreOffice saves it."""
    return convert(brief.output / "manuscript.docx", "docx", tmp_path_factory.mktemp("saved"))


def entries_of(shipped: Path, texts: list[Text]) -> dict[str, str]:
    """By key, the bookmark of the entry that all of its uses in the text lead to."""
    keys, _ = read_register(shipped)
    found: dict[str, set[str]] = {}
    for text in texts:
        for name in text.bookmarks:
            if name in keys:
                found.setdefault(keys[name], set()).add(text.anchor)
    assert all(len(anchors) == 1 for anchors in found.values())
    return {key: anchors.pop() for key, anchors in found.items()}


def anchors_within(texts: list[Text]) -> dict[str, set[str]]:
    """By entry, the bookmarks that its links lead to."""
    found: dict[str, set[str]] = {}
    for text in texts:
        for name in text.bookmarks:
            if name.startswith("_v"):
                found.setdefault(name, set()).add(text.anchor)
    return found


def test_every_value_leads_to_its_entry(shipped: Path, texts: list[Text], register: dict[str, Any]) -> None:
    """Every use of a value is a link to one entry of its own, and the entry holds what is printed."""
    entries, bookmarks = entries_of(shipped, texts), read_bookmarks(shipped)
    assert len(set(entries.values())) == len(entries) > 300
    for key, entry in entries.items():
        name = register[key]["what"].split(", ")[0]
        assert bookmarks[entry].startswith(name), key
        for text in register[key]["texts"]:
            shown = " ".join(text.split()).removeprefix("= ")
            assert shown in " ".join(bookmarks[entry].split()), key


def test_every_listed_value_has_an_entry(shipped: Path, register: dict[str, Any]) -> None:
    """The appendix has as many entries as values.json has values, in small paragraphs of their own."""
    entries = [name for name in read_bookmarks(shipped) if name.startswith("_v")]
    assert len(entries) == len(register)
    inside = {t.paragraph for t in read_texts(shipped) if any(name in entries for name in t.bookmarks)}
    assert inside == {"Origin"}


def test_every_entry_leads_back_to_every_use(shipped: Path, texts: list[Text]) -> None:
    """An entry links to each place in the text where its value stands."""
    keys, _ = read_register(shipped)
    entries, bookmarks, back = entries_of(shipped, texts), read_bookmarks(shipped), anchors_within(texts)
    in_text = [name for name in keys if bookmarks[name]]
    assert len(in_text) > 600
    for name in in_text:
        assert name in back[entries[keys[name]]], f"{keys[name]} is not led back to {name}"


def test_an_entry_names_every_figure_that_prints_its_value(
    shipped: Path, texts: list[Text], register: dict[str, Any]
) -> None:
    """Where a figure prints a value, its entry, which shares the bookmark's hash, has a link "Fig. 2"."""
    keys, _ = read_register(shipped)
    named: dict[str, set[str]] = {}
    for text in texts:
        for name in text.bookmarks:
            if name.startswith("_v") and text.anchor:
                named.setdefault(name, set()).add(text.text.split(" (")[0])
    labels = {f"figures/{name}.svg": label(n) for n, (name, _) in enumerate(read_pictures(shipped), start=1)}
    assert len(labels) == 9 + 6  # with those of the supplement
    for mark, key in keys.items():
        if key in register:
            printed_in = {labels[place] for place in register[key]["used"] if place in labels}
            assert printed_in <= named[mark.replace("_n", "_v").rsplit("_", 1)[0]], key


def label(number: int) -> str:
    """That of a picture by its place: those of the supplement follow the nine of the text."""
    return f"Fig. {number}" if number <= 9 else f"Fig. S{number - 9}"


def test_no_link_of_the_file_is_dead(shipped: Path, texts: list[Text]) -> None:
    """Whatever a text or picture leads to inside the file exists."""
    bookmarks = read_bookmarks(shipped)
    assert {text.anchor for text in texts if text.anchor} <= set(bookmarks)
    assert {link for _, link in read_pictures(shipped)} <= set(bookmarks)


def test_a_picture_leads_to_its_numbers(shipped: Path, texts: list[Text]) -> None:
    """A click on each figure leads to the part of the appendix where its values are listed."""
    bookmarks, pictures = read_bookmarks(shipped), read_pictures(shipped)
    named: dict[str, set[str]] = {}
    for text in texts:
        if text.paragraph == "Origin Heading":
            part = named.setdefault(text.text, set())
        elif text.paragraph == "Origin" and text.anchor:
            part.add(text.text.split(" (")[0])
    assert len(pictures) == 9 + 6
    for number, (_, link) in enumerate(pictures, start=1):
        assert label(number) in named[bookmarks[link]]


def test_pointing_at_a_value_tells_the_number_behind_it(shipped: Path, register: dict[str, Any]) -> None:
    """The tooltip of a pooled estimate says what it is, its unrounded number and its unit."""
    told = {link.get(f"{W}tooltip") for link in links_of(shipped)}
    number = register["rcs.m6.estimate"]["number"]
    assert f"estimate, Change in RCS at 6 months: {number} points" in told


def links_of(path: Path) -> Iterator[etree._Element]:
    with ZipFile(path) as package:
        return etree.fromstring(package.read("word/document.xml")).iter(f"{W}hyperlink")


def test_values_look_like_the_text_around_them(shipped: Path) -> None:
    """A linked value has no colour or underline, and the styles that say what a text is add no look."""
    for link in links_of(shipped):
        if link.get(f"{W}tooltip"):
            looks = {child.tag for child in link.findall(f"{W}r/{W}rPr/*")}
            assert looks <= {f"{W}rStyle", f"{W}b", f"{W}i", f"{W}vertAlign"}
    with ZipFile(shipped) as package:
        styles = etree.fromstring(package.read("word/styles.xml")).iter(f"{W}style")
    plain = [style for style in styles if style.find(f"{W}name").get(f"{W}val") in IDENTIFIED_RUNS]
    assert len(plain) == len(IDENTIFIED_RUNS)
    assert all(style.find(f"{W}rPr") is None and style.find(f"{W}basedOn") is None for style in plain)


def test_every_digit_says_what_it_is(shipped: Path, texts: list[Text]) -> None:
    """Each digit is a value, citation, cross-reference or constant, or part of a source or an entry."""
    assert unexplained_digits(shipped) == []
    assert {text.style for text in texts} >= IDENTIFIED_RUNS
    assert {text.paragraph for text in texts} >= IDENTIFIED_PARAGRAPHS


def test_the_inputs_travel_in_the_file(shipped: Path, built: Built, tmp_path: Path) -> None:
    """Data, templates and values.json come back exactly, with the version and digest of the code."""
    _, enclosure = read_register(shipped)
    assert enclosure.values == (built.output / "values.json").read_text(encoding="utf-8")
    enclosure.unpack(tmp_path)
    unpacked = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    shipped_files = [
        *REPOSITORY.glob("data/*.*"),
        *(path for path in REPOSITORY.glob("data/article/*.*") if path.suffix in (".txt", ".csv")),
        *REPOSITORY.glob("templates/*.html"),
    ]
    assert unpacked == sorted(path.relative_to(REPOSITORY) for path in shipped_files)
    for path in unpacked:
        assert (tmp_path / path).read_bytes() == (REPOSITORY / path).read_bytes(), path
    assert enclosure.version
    assert len(enclosure.code) == 64


def with_file(text: str, tmp_path: Path) -> Path:
    path = tmp_path / "manuscript.docx"
    enclosure = Enclosure({"data/awkward.csv": text, "data/empty.csv": ""}, text, "1", "2")
    write_docx(replace(manuscript(), enclosure=enclosure), path)
    return path


def test_awkward_texts_come_back_exactly(tmp_path: Path) -> None:
    """Line ends of any kind, blanks at either end and signs of XML itself arrive as they were."""
    _, enclosure = read_register(with_file(AWKWARD, tmp_path))
    assert enclosure == Enclosure({"data/awkward.csv": AWKWARD, "data/empty.csv": ""}, AWKWARD, "1", "2")


@pytest.mark.parametrize("character", ["\0", "\x0b", "\ufffe"])
def test_a_control_character_stops_the_build(character: str, tmp_path: Path) -> None:
    """A character that XML cannot hold is an error that names the file."""
    path = tmp_path / "manuscript.docx"
    enclosure = Enclosure({"data/broken.csv": f"id{character}\n"})
    with pytest.raises(BuildError, match=r"data/broken\.csv holds a control character"):
        write_docx(replace(manuscript(), enclosure=enclosure), path)
    assert not path.exists()


def test_a_value_inside_a_link_stops_the_build(tmp_path: Path) -> None:
    """Word has no link inside a link, so a value that stands in one is an error and not a lost link."""
    tree = article(f'<p><a href="https://example.org">see {value("a", 1, "5")}</a></p>')
    with pytest.raises(BuildError, match="inside another"):
        write_docx(manuscript(tree), tmp_path / "manuscript.docx")


def identified(path: Path) -> list[tuple[str, str, str, str]]:
    """Every character with its style, where it leads, and what source or entry it is part of."""
    found: list[tuple[str, str, str, str]] = []
    for text in read_texts(path):
        paragraph = text.paragraph if text.paragraph in IDENTIFIED_PARAGRAPHS else ""
        found += [(character, text.style, text.anchor, paragraph) for character in text.text]
    return found


@pytest.mark.needs("soffice")
def test_identities_survive_a_save_in_libreoffice(brief: Built, saved: Path) -> None:
    """Each character keeps its style and its link, and each bookmark its text, all through the review."""
    shipped = brief.output / "manuscript.docx"
    assert identified(saved) == identified(shipped)
    assert read_bookmarks(saved) == read_bookmarks(shipped)
    assert read_values(saved) == read_values(shipped)
    assert [link for _, link in read_pictures(saved)] == [link for _, link in read_pictures(shipped)]
    assert unexplained_digits(saved) == []


@pytest.mark.needs("soffice")
def test_the_inputs_survive_a_save_in_libreoffice(brief: Built, saved: Path, tmp_path: Path) -> None:
    """What is enclosed comes back exactly, awkward texts too."""
    assert read_register(saved) == read_register(brief.output / "manuscript.docx")
    awkward = with_file(AWKWARD, tmp_path)
    folder = tmp_path / "saved"
    folder.mkdir()
    assert read_register(convert(awkward, "docx", folder)) == read_register(awkward)
