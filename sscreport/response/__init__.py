"""The answer to the reviewers: a letter that cannot say what the manuscript does not.

round     the round as it is written: comments and answers
promises  what an answer may call: changes, quotations, places
places    where a passage stands in the finished manuscript
letter    the answers filled in, as one document tree
package   letter, clean and marked manuscript, made together
check     the finished files, read back and held against each other
"""

from sscreport.response.check import Finding, check_package
from sscreport.response.package import respond
from sscreport.response.round import Round, read_round

__all__ = ["Finding", "Round", "check_package", "read_round", "respond"]
