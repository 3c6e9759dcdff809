"""LibreOffice at work on many Word files: it opens them, accepts or rejects what is tracked, saves them.

A Basic macro in a profile of its own does it, since Python's bridge is a package that may be missing.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

ACCEPT, REJECT = ".uno:AcceptAllTrackedChanges", ".uno:RejectAllTrackedChanges"

_LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard"
 library:readonly="false" library:passwordprotected="false">
 <library:element library:name="Revisions"/>
</library:library>
"""
_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Revisions"
 script:language="StarBasic">
Sub Resolve(listing As String)
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  Dim kind(0) As New com.sun.star.beans.PropertyValue
  hidden(0).Name = "Hidden" : hidden(0).Value = True
  kind(0).Name = "FilterName" : kind(0).Value = "MS Word 2007 XML"
  dispatcher = createUnoService("com.sun.star.frame.DispatchHelper")
  jobs = FreeFile
  Open listing For Input As #jobs
  Do While Not Eof(jobs)
    Line Input #jobs, source
    Line Input #jobs, command
    Line Input #jobs, target
    document = StarDesktop.loadComponentFromURL(source, "_blank", 0, hidden())
    dispatcher.executeDispatch(document.CurrentController.Frame, command, "", 0, Array())
    document.storeToURL(target, kind())
    document.close(True)
  Loop
  Close #jobs
  StarDesktop.terminate()
End Sub
</script:module>
"""


@dataclass(frozen=True)
class Job:
    """``command`` is `ACCEPT` or `REJECT`."""

    source: Path
    command: str
    target: Path


def resolve(jobs: list[Job], folder: Path) -> None:
    """Do all jobs in one run. ``folder`` holds profile and list."""
    _run(folder, "--terminate_after_init")  # makes the profile; a library put there before would be lost
    library = folder / "profile/user/basic/Standard"
    (library / "script.xlb").write_text(_LIBRARY)
    (library / "Revisions.xba").write_text(_MODULE)
    listing = folder / "jobs.txt"
    listing.write_text("".join(f"{j.source.as_uri()}\n{j.command}\n{j.target.as_uri()}\n" for j in jobs))
    _run(folder, f"macro:///Standard.Revisions.Resolve({listing})")


def as_text(sources: list[Path], folder: Path) -> list[Path]:
    """All files converted to plain text in one run."""
    _run(folder, "--convert-to", "txt:Text (encoded):UTF8", "--outdir", folder, *sources)
    return [folder / f"{source.stem}.txt" for source in sources]


def _run(folder: Path, *arguments: str | Path) -> None:
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    subprocess.run(
        ["soffice", profile, "--headless", *arguments], check=True, capture_output=True, timeout=300
    )
