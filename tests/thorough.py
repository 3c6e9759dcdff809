"""How many random cases a test draws: all of them in continuous integration, a sample elsewhere."""

from __future__ import annotations

import os

THOROUGH = bool(os.environ.get("SSCREPORT_THOROUGH"))


def cases(all_of_them: int, sample: int) -> int:
    """``all_of_them`` where SSCREPORT_THOROUGH is set, ``sample`` where it is not."""
    return all_of_them if THOROUGH else sample
