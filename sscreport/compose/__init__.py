"""Compose: templates and values become one document tree.

1. `templates` renders each section; only values, citations, references and declared constants
   may bring a digit in.
2. `tables` sets figures and tables where the templates put them.
3. `numbering` gives every figure, table, citation and use of a value its number.
4. `audit` reads the finished tree: a digit without identity stops the build.
"""

from sscreport.compose.compose import compose

__all__ = ["compose"]
