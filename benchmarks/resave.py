"""Finished files saved anew by other programs, as co-authors and journals do."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import docx
import pikepdf
from lxml import html

Save = Callable[[Path, Path], None]


def as_it_is(source: Path, target: Path) -> None:
    shutil.copy(source, target)


def by_lxml(source: Path, target: Path) -> None:
    page = html.document_fromstring(source.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))
    target.write_bytes(b"<!DOCTYPE html>\n" + html.tostring(page, encoding="utf-8"))


def by_chromium(source: Path, target: Path) -> None:
    """The page as a browser saves it."""
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += [f"--user-data-dir={target.with_suffix('.profile')}", "--dump-dom", source.as_uri()]
    target.write_bytes(subprocess.run(command, check=True, capture_output=True, timeout=120).stdout)


def by_qpdf(source: Path, target: Path) -> None:
    """Objects packed anew and the file made ready for the web, as publishers do."""
    with pikepdf.open(source) as pdf:
        pdf.save(
            target,
            linearize=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            recompress_flate=True,
        )


def by_python_docx(source: Path, target: Path) -> None:
    docx.Document(str(source)).save(str(target))


def by_zip(source: Path, target: Path) -> None:
    with ZipFile(source) as before, ZipFile(target, "w", ZIP_DEFLATED, compresslevel=9) as after:
        for name in reversed(before.namelist()):
            after.writestr(name, before.read(name))


def by_libreoffice(source: Path, target: Path) -> None:
    """The Word file opened and saved by LibreOffice Writer."""
    folder = target.parent / f"{target.stem}.saved"
    profile = (target.parent / "libreoffice").as_uri()
    command = [
        "soffice",
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        "docx:MS Word 2007 XML",
    ]
    subprocess.run([*command, "--outdir", folder, source], check=True, capture_output=True, timeout=300)
    shutil.move(folder / source.name, target)


PROGRAMS: dict[str, tuple[Save, ...]] = {
    "html": (as_it_is, by_lxml, by_chromium),
    "pdf": (as_it_is, by_qpdf),
    "docx": (as_it_is, by_python_docx, by_zip, by_libreoffice, by_libreoffice),
}


def copies(files: Iterable[Path], folder: Path, count: int) -> Iterator[Path]:
    """``count`` copies of ``files``, each saved by the next of the programs for its format."""
    turns = {name: cycle(programs) for name, programs in PROGRAMS.items()}
    for number, source in zip(range(count), cycle(list(files)), strict=False):
        name = source.suffix[1:]
        save = next(turns[name])
        target = folder / f"copy-{number}-{save.__name__}.{name}"
        save(source, target)
        yield target
