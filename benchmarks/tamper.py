"""Type over single numbers in finished files: does `verify` find and name every one, and nothing else?

    python -m benchmarks.tamper              1,000 edits in each format, 100 files left alone
    python -m benchmarks.tamper --edits 50 --at-once 1 --files 10

An edit changes one digit of one number somewhere in the file: in prose, tables, figures, captions,
references, cards or appendix. Ten edits are made in one file, and each must be named. The files
left alone are copies of several builds, as they are or saved anew by other programs (LibreOffice,
Chromium, qpdf, python-docx, a zip packer).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pikepdf
from lxml import etree, html

from benchmarks import resave
from sscreport.build import make
from sscreport.cells import Address, copy_with
from sscreport.commands.verify import judge
from sscreport.progress import Progress
from sscreport.read import read
from sscreport.verify import Verdict
from sscreport.write import FORMATS

ROOT = Path(__file__).resolve().parent.parent
SEED = 20261125
QUIET = Progress(quiet=True)
NUMBER = re.compile(r"\d(?:[\d.,\u202f]*\d)?")
SVG_TEXT = "{http://www.w3.org/2000/svg}"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@dataclass(frozen=True)
class Edit:
    """One number typed over: as it was and as it is, and the key it had ("" where none is known)."""

    before: str
    after: str
    key: str = ""


def typed_over(text: str, chance: random.Random) -> tuple[str, Edit]:
    """``text`` with one digit of one of its numbers changed."""
    number = chance.choice(list(NUMBER.finditer(text)))
    digits = [i for i in range(*number.span()) if text[i].isdecimal()]
    place = chance.choice(digits)
    digit = chance.choice([d for d in "0123456789" if d != text[place]])
    changed = text[:place] + digit + text[place + 1 :]
    return changed, Edit(number.group(), changed[slice(*number.span())])


# ---------------------------------------------------------------- edits in each format


def edit_html(path: Path, chance: random.Random, count: int) -> list[Edit]:
    page = html.document_fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))
    spots = [
        (element, part)
        for element in page.iter()
        if isinstance(element.tag, str) and element.tag not in ("script", "style")
        for part in ("text", "tail")
        if NUMBER.search(getattr(element, part) or "")
    ]
    # Half of the edits hit values; the cards hold far more numbers than the text.
    values = [spot for spot in spots if spot[1] == "text" and spot[0].get("data-value")]
    chosen = chance.sample(values, (count + chance.randrange(2)) // 2)
    chosen += chance.sample([spot for spot in spots if spot not in chosen], count - len(chosen))
    edits = []
    for element, part in chosen:
        changed, edit = typed_over(getattr(element, part), chance)
        setattr(element, part, changed)
        owner = element if part == "text" else element.getparent()
        key = next((e.get("data-value") for e in (owner, *owner.iterancestors()) if e.get("data-value")), "")
        edits.append(Edit(edit.before, edit.after, key))
    path.write_bytes(b"<!DOCTYPE html>\n" + html.tostring(page, encoding="utf-8"))
    return edits


def edit_docx(path: Path, chance: random.Random, count: int) -> list[Edit]:
    """In the text, and one in five in the figures' vector forms."""
    with ZipFile(path) as package:
        members = {name: package.read(name) for name in package.namelist()}
    drawings = [name for name in members if name.endswith(".svg")]
    names = [chance.choice(drawings) if chance.random() < 0.2 else "word/document.xml" for _ in range(count)]
    edits = []
    for name in sorted(set(names)):
        root = etree.fromstring(members[name])
        tags = (f"{W}t",) if name.endswith(".xml") else (f"{SVG_TEXT}text", f"{SVG_TEXT}tspan")
        spots = [element for element in root.iter(*tags) if NUMBER.search(element.text or "")]
        for element in chance.sample(spots, names.count(name)):
            element.text, edit = typed_over(element.text, chance)
            edits.append(Edit(edit.before, edit.after, element.get("data-value", "")))
        members[name] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    with ZipFile(path, "w") as package:
        for member, content in members.items():
            package.writestr(member, content)
    return edits


_SHOWN = re.compile(rb"/(\w+) [\d.]+ Tf|<([0-9a-f]{4})>")


def edit_pdf(path: Path, chance: random.Random, count: int) -> list[Edit]:
    """Change one digit's glyph on each of some pages, in the page itself or in a drawing on it."""
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        edits = [_edit_page(page, chance) for page in chance.sample(list(pdf.pages), count)]
        pdf.save(path)
    return edits


def _edit_page(page: Any, chance: random.Random) -> Edit:
    streams = [(page.Contents, page.Resources)]
    drawings = [x for x in page.Resources.get("/XObject", {}).values() if x.get("/Subtype") == "/Form"]
    streams += [(x, x.get("/Resources", page.Resources)) for x in drawings]
    chance.shuffle(streams)
    stream, spots = next(
        (stream, spots)
        for stream, resources in streams
        if (spots := list(_digits(stream.read_bytes(), resources)))
    )
    start, digit, glyphs = chance.choice(spots)
    other = chance.choice([d for d in glyphs if d != digit])
    data = stream.read_bytes()
    stream.write(data[:start] + glyphs[other] + data[start + 4 :])
    return Edit(digit, other)


def _digits(data: bytes, resources: Any) -> Iterator[tuple[int, str, dict[str, bytes]]]:
    """Offset of each digit's glyph, the digit, and the glyphs of all digits its font has."""
    fonts = {name[1:].encode(): _glyphs(font) for name, font in resources.get("/Font", {}).items()}
    glyphs: dict[str, bytes] = {}
    for match in _SHOWN.finditer(data):
        if match[1]:
            glyphs = fonts.get(match[1], {})
            continue
        digit = next((d for d, glyph in glyphs.items() if glyph == match[2]), None)
        if digit is not None and len(glyphs) > 1:
            yield match.start(2), digit, glyphs


def _glyphs(font: Any) -> dict[str, bytes]:
    table = re.findall(rb"<([0-9a-f]{4})> <(00[0-9a-f]{2})>", font.ToUnicode.read_bytes())
    return {chr(int(code, 16)): glyph for glyph, code in table if chr(int(code, 16)) in "0123456789"}


EDITS: dict[str, Callable[[Path, random.Random, int], list[Edit]]] = {
    "html": edit_html,
    "pdf": edit_pdf,
    "docx": edit_docx,
}


# ---------------------------------------------------------------- the runs


def named(edit: Edit, verdict: Verdict) -> bool:
    """Whether a finding says what was typed over, and of which value where the edit hit one."""
    return any(
        _says(finding.before, edit.before)
        and _says(finding.after, edit.after)
        and edit.key in ("", finding.key)
        for finding in verdict.findings
    )


def _says(text: str, number: str) -> bool:
    return number in text.replace(" ", "")


def tamper(name: str, source: Path, numbers: range, at_once: int) -> list[str]:
    """Make the edits of these files; returns the edits that `verify` did not find and name."""
    missed: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            chance = random.Random(f"{SEED}{name}{number}")
            path = Path(folder) / source.name
            path.write_bytes(source.read_bytes())
            edits = EDITS[name](path, chance, at_once)
            verdict = judge(path, *read(path), None)
            told = [(f.before, f.after, f.key) for f in verdict.findings]
            missed += [f"{name} {number}: {edit}; found {told}" for edit in edits if not named(edit, verdict)]
    return missed


def tampered(name: str, source: Path, edits: int, at_once: int, jobs: int) -> dict[str, Any]:
    """The edits in one format, shared among processes."""
    shares = [range(first, edits // at_once, jobs) for first in range(jobs)]
    with ProcessPoolExecutor(jobs) as pool:
        parts = pool.map(tamper, [name] * jobs, [source] * jobs, shares, [at_once] * jobs)
        missed = [line for part in parts for line in part]
    return {"edits": edits, "found and named": edits - len(missed), "missed": missed}


def false_alarms(count: int) -> tuple[int, list[str]]:
    """How many files left alone, copies of several builds, were checked, and what was said of them."""
    alarms: list[str] = []
    done = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in resave.copies(_builds(Path(folder)), Path(folder), count):
            verdict = judge(path, *read(path), None)
            done += 1
            alarms += [f"{path.name}: {finding}" for finding in verdict.findings]
    return done, alarms


def _builds(folder: Path) -> Iterator[Path]:
    """The shipped review and some with one number changed, in all formats."""
    changes = [
        ("rcs-6m-park", "md", "1.00"),
        ("vas-6m-granel", "md", "4.3"),
        ("mhiss-12m-blezien", "se", "0.9"),
    ]
    for number, change in enumerate([None, *changes]):
        root = folder / f"review-{number}"
        row, column, text = change or ("rcs-6m-park", "md", "-1.00")
        copy_with(ROOT, Address("data/mean_differences.csv", row, column), text, root)
        manuscript = make(root, QUIET).manuscript
        for name, write in FORMATS.items():
            path = folder / f"build-{number}.{name}"
            write(manuscript, path)
            yield path


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--edits", type=int, default=1000, help="in each format (default: 1000)")
    parser.add_argument("--at-once", type=int, default=10, help="edits in one file (default: 10)")
    parser.add_argument("--files", type=int, default=100, help="left alone (default: 100)")
    parser.add_argument("--formats", default="html,pdf,docx")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    report: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        manuscript = make(ROOT, QUIET).manuscript
        for name in options.formats.split(","):
            source = Path(folder) / f"manuscript.{name}"
            FORMATS[name](manuscript, source)
            report[name] = tampered(name, source, options.edits, options.at_once, options.jobs)
    files, alarms = false_alarms(options.files)
    report["left alone"] = {"files": files, "false alarms": alarms}
    json.dump(report, sys.stdout, indent=1, ensure_ascii=False)
    print()
    return 1 if alarms or any(entry.get("missed") for entry in report.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
