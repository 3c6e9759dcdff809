"""Build the review in this folder: ``python build.py`` (``--help`` lists the options)."""

import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(f"sscreport needs Python 3.11 or newer; this is Python {sys.version.split()[0]}.")

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from sscreport.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(default_review=HERE))
