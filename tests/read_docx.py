"""Read a Word file back with nothing but zipfile and lxml.

Knows the file's promises only: bookmarks round the text of values, links to the entries of the
appendix, styles that say what a text is, and one custom XML part that says which bookmark is which
key and encloses the inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

from lxml import etree

from sscreport.enclosure import Enclosure

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
REGISTER = "{urn:sscreport:values}"
IDENTIFIED_RUNS = frozenset({"Value", "Constant", "Citation-number", "Cross-reference"})
IDENTIFIED_PARAGRAPHS = frozenset({"Reference", "Origin", "Origin Heading"})


class Text(NamedTuple):
    """A text with the names of its styles, the bookmarks round it and where a click on it leads."""

    text: str
    style: str
    paragraph: str
    bookmarks: tuple[str, ...]
    anchor: str


def read_texts(path: Path) -> Iterator[Text]:
    """Every text of the document's body in reading order."""
    names = _style_names(path)
    open_names: dict[str, str] = {}
    for element in _part(path, "word/document.xml").iter(f"{W}bookmarkStart", f"{W}bookmarkEnd", f"{W}t"):
        number = element.get(f"{W}id", "")
        if element.tag == f"{W}bookmarkStart":
            open_names[number] = element.get(f"{W}name", "")
        elif element.tag == f"{W}bookmarkEnd":
            del open_names[number]
        else:
            link = next(element.iterancestors(f"{W}hyperlink"), None)
            paragraph = next(element.iterancestors(f"{W}p"))
            yield Text(
                element.text or "",
                names.get(_value(element.getparent(), "rPr", "rStyle"), ""),
                names.get(_value(paragraph, "pPr", "pStyle"), ""),
                tuple(open_names.values()),
                "" if link is None else link.get(f"{W}anchor", ""),
            )


def read_bookmarks(path: Path) -> dict[str, str]:
    """The text inside every bookmark, by bookmark name, in document order."""
    starts = _part(path, "word/document.xml").iter(f"{W}bookmarkStart")
    texts = {start.get(f"{W}name", ""): "" for start in starts}
    for found in read_texts(path):
        for name in found.bookmarks:
            texts[name] += found.text
    return texts


def read_register(path: Path) -> tuple[dict[str, str], Enclosure]:
    """The key of every value's bookmark, and all that is enclosed."""
    with ZipFile(path) as package:
        names = [name for name in package.namelist() if name.startswith("customXml/")]
        roots = [etree.fromstring(package.read(name)) for name in names if name.endswith(".xml")]
    found = [root for root in roots if root.tag == f"{REGISTER}values"]
    assert len(found) == 1, f"{path.name} holds {len(found)} registers of values"
    root = found[0]
    marks = {m.get("bookmark", ""): m.get("key", "") for m in root.iter(f"{REGISTER}mark")}
    files = {f.get("path", ""): f.text or "" for f in root.iter(f"{REGISTER}file")}
    code = root.find(f"{REGISTER}code")
    values = root.findtext(f"{REGISTER}json") or ""
    return marks, Enclosure(files, values, code.get("version"), code.get("sha256"))


def read_values(path: Path) -> dict[str, list[str]]:
    """The printed texts of every key, in document order; "" where the key is in a figure."""
    keys, _ = read_register(path)
    values: dict[str, list[str]] = {}
    for bookmark, text in read_bookmarks(path).items():
        if bookmark in keys:
            values.setdefault(keys[bookmark], []).append(text)
    return values


def read_pictures(path: Path) -> list[tuple[str, str]]:
    """The name of each picture, and the bookmark that a click on it leads to ("" where to none)."""
    rels = _part(path, "word/_rels/document.xml.rels")
    targets = {rel.get("Id"): rel.get("Target", "") for rel in rels}
    found: list[tuple[str, str]] = []
    for properties in _part(path, "word/document.xml").iterfind(f".//{W}drawing//{{*}}docPr"):
        click = properties.find("{*}hlinkClick")
        target = "" if click is None else targets[click.get(f"{R}id")].removeprefix("#")
        found.append((properties.get("name", ""), target))
    return found


def unexplained_digits(path: Path) -> list[str]:
    """Every text with a digit that says of itself neither what it is nor that it is an entry or source."""
    return [
        found.text
        for found in read_texts(path)
        if any(character.isdigit() for character in found.text)
        and found.style not in IDENTIFIED_RUNS
        and found.paragraph not in IDENTIFIED_PARAGRAPHS
    ]


def _part(path: Path, name: str) -> etree._Element:
    with ZipFile(path) as package:
        return etree.fromstring(package.read(name))


def _style_names(path: Path) -> dict[str, str]:
    """The names of styles by their ids, which another program may choose anew."""
    styles = _part(path, "word/styles.xml").iter(f"{W}style")
    return {style.get(f"{W}styleId", ""): style.find(f"{W}name").get(f"{W}val") for style in styles}


def _value(element: etree._Element, group: str, name: str) -> str:
    found = element.find(f"{W}{group}/{W}{name}")
    return "" if found is None else found.get(f"{W}val", "")
