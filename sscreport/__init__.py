"""sscreport: a systematic review's manuscript, rebuilt from its data with one command."""

__version__ = "0.1.0"
