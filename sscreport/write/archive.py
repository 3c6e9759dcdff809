"""Office files are ZIP archives; here they lose all that varies from build to build."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo


def uniform(saved: bytes) -> bytes:
    """The archive with its members sorted and dated alike."""
    result = BytesIO()
    with ZipFile(BytesIO(saved)) as before, ZipFile(result, "w") as after:
        for name in sorted(before.namelist()):
            member = ZipInfo(name)
            member.compress_type = ZIP_DEFLATED
            member.create_system = 0
            after.writestr(member, before.read(name))
    return result.getvalue()
