"""Forms: one record of changes as JSON, on a terminal, as Markdown and as a web page.

words      what all forms say alike: the answer, the counts, what belongs together
record     what --json prints
terminal   the answer first, then changes by cause
markdown   a comment on a pull request
page       one web page; sides and drawings set the old edition beside the new one
"""

from sscreport.forms.markdown import markdown
from sscreport.forms.page import page
from sscreport.forms.record import to_record
from sscreport.forms.terminal import show

__all__ = ["markdown", "page", "show", "to_record"]
