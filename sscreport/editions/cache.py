"""Packs kept from one run to the next: what was made once of the same inputs by the same code."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sscreport.editions.pack import LAYOUT

KEPT = 24  # packs; the least recently used go first


def place() -> Path:
    """The folder of packs, in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "sscreport" / "editions"


def name_of(inputs: Mapping[str, str], code: str) -> str:
    """The name of what code with the digest ``code`` makes of ``inputs``."""
    digest = hashlib.sha256(f"{LAYOUT}\0{code}\0".encode())
    for path in sorted(inputs):
        digest.update(path.encode() + b"\0" + inputs[path].encode() + b"\0")
    return digest.hexdigest()


def kept(name: str) -> bytes | None:
    """The pack of that name, where there is one."""
    path = place() / name
    try:
        content = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    return content


def keep(name: str, content: bytes) -> None:
    """Keep a pack; a cache that cannot be written is no error."""
    try:
        place().mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=place())
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(unfinished).replace(place() / name)
        by_age = sorted(place().iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in by_age[KEPT:]:
            old.unlink(missing_ok=True)
    except OSError:
        return
