"""Merge: a Word copy that a co-author edited, brought back into the templates.

1. `accept`, `copy` read the copy as it is with every tracked change accepted, and its comments.
2. `original` makes it anew from what travels inside it, each word with its place in the templates.
3. `words`, `align` say which paragraphs belong together and what differs between them.
4. `prose`, `paragraphs` turn that into replacements in the templates; `refuse` says what to edit instead.
5. `patch` carries the replacements over to the templates of today; `trial` lets the build judge them.
"""

from sscreport.merge.merge import merge

__all__ = ["merge"]
