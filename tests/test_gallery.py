"""The gallery of the docs: every picture is what the code above it draws."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

DOCS = Path(__file__).resolve().parent.parent / "docs"
SPEC = importlib.util.spec_from_file_location("draw_gallery", DOCS / "draw_gallery.py")
gallery = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(gallery)
DRAWN = dict(gallery.pictures())


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("L"), dtype=float)


@pytest.mark.parametrize("path", DRAWN)
def test_the_picture_is_what_its_code_draws(path: str) -> None:
    """Of the same size, and no pixel in 1,000 more than a shade apart; else: python docs/draw_gallery.py."""
    shown, drawn = pixels((DOCS / path).read_bytes()), pixels(DRAWN[path])
    assert drawn.shape == shown.shape
    assert (np.abs(drawn - shown) > 64).mean() < 0.001


def test_the_gallery_has_no_picture_that_nobody_draws() -> None:
    """Every file in docs/gallery/ stands in gallery.md."""
    assert {f"gallery/{path.name}" for path in (DOCS / "gallery").iterdir()} == set(DRAWN)
