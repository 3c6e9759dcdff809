"""Draw the pictures of gallery.md from the code beside them: python docs/draw_gallery.py"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
DPI = 110
# A block of code, and the picture of its last statement where one follows.
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n!\[[^\]]*\]\((gallery/[\w-]+\.png)\))?", re.DOTALL)


def pictures() -> Iterator[tuple[str, bytes]]:
    """The path below docs/ and the bytes of every picture, drawn anew."""
    names: dict[str, Any] = {}
    for code, picture in BLOCK.findall((DOCS / "gallery.md").read_text(encoding="utf-8")):
        exec(code, names)  # noqa: S102 - the gallery's own code
        if picture:
            yield picture, names["pages"][0].png(DPI)


if __name__ == "__main__":
    for path, png in pictures():
        (DOCS / path).write_bytes(png)
        print(path)
