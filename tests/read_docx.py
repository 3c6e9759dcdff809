"""Read values back from a Word file with nothing but zipfile and lxml.

Knows the file's promises only: bookmarks round the text of values, and one custom XML part that
says which bookmark is which key.
"""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
REGISTER = "{urn:sscreport:values}"


def read_bookmarks(path: Path) -> dict[str, str]:
    """The text inside every bookmark, by bookmark name, in document order."""
    texts: dict[str, str] = {}
    open_names: dict[str, str] = {}
    with ZipFile(path) as package:
        document = etree.fromstring(package.read("word/document.xml"))
    for element in document.iter(f"{W}bookmarkStart", f"{W}bookmarkEnd", f"{W}t"):
        number = element.get(f"{W}id", "")
        if element.tag == f"{W}bookmarkStart":
            open_names[number] = element.get(f"{W}name", "")
            texts[open_names[number]] = ""
        elif element.tag == f"{W}bookmarkEnd":
            del open_names[number]
        else:
            for name in open_names.values():
                texts[name] += element.text or ""
    return texts


def read_register(path: Path) -> tuple[dict[str, str], str]:
    """The key of every value's bookmark, and the JSON text of the value register."""
    with ZipFile(path) as package:
        for name in package.namelist():
            if name.startswith("customXml/") and name.endswith(".xml"):
                root = etree.fromstring(package.read(name))
                if root.tag == f"{REGISTER}values":
                    marks = {m.get("bookmark", ""): m.get("key", "") for m in root.iter(f"{REGISTER}mark")}
                    return marks, root.findtext(f"{REGISTER}json") or ""
    raise AssertionError(f"{path.name} holds no register of values")


def read_values(path: Path) -> dict[str, list[str]]:
    """The printed texts of every key, in document order; "" where the key is in a figure."""
    keys, _ = read_register(path)
    values: dict[str, list[str]] = {}
    for bookmark, text in read_bookmarks(path).items():
        if bookmark in keys:
            values.setdefault(keys[bookmark], []).append(text)
    return values
