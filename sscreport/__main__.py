"""``python -m sscreport`` does what the ``sscreport`` command does."""

from sscreport.cli import entry

entry()
