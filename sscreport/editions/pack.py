"""A manuscript as one file, so that an edition can be kept, or made by the code of another version.

Run as a program, this module packs what the code in a folder makes of a review::

    python pack.py CODE REVIEW FILE

So nothing of sscreport is imported at the top, and packing asks only for attributes: the code of any
version that has them will do.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lxml import etree

if TYPE_CHECKING:
    from sscreport.document import Manuscript
    from sscreport.values import Cell

LAYOUT = "1"  # of a pack; another one makes packs that were kept useless
_ABOUT = ("title", "subject", "authors", "keywords", "language", "about")
_Noun = TypeVar("_Noun")


def pack(manuscript: Manuscript) -> bytes:
    """The manuscript as a ZIP file of XML, SVG, PNG and JSON."""
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("tree.xml", etree.tostring(manuscript.tree))
        archive.writestr("about.json", _json({name: getattr(manuscript, name) for name in _ABOUT}))
        archive.writestr("enclosure.json", _json(asdict(manuscript.enclosure)))
        origins = manuscript.origins
        archive.writestr("origins.json", _json([asdict(origin) for origin in origins.by_key.values()]))
        archive.writestr("cells.json", _json([asdict(cell) for cell in origins.cells.values()]))
        archive.writestr("groups.json", _json(dict(origins.groups)))
        for name, figure in manuscript.figures.items():
            size = {"alt": figure.alt, "width_mm": figure.width_mm, "height_mm": figure.height_mm}
            archive.writestr(f"figures/{name}.json", _json(size))
            archive.writestr(f"figures/{name}.svg", figure.svg)
            archive.writestr(f"figures/{name}.png", manuscript.pngs[name])
    return result.getvalue()


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, default=str)


def unpack(content: bytes) -> Manuscript:
    """The manuscript of a pack. Its figures know no spots and no data, which no comparison needs."""
    from sscreport.document import Manuscript
    from sscreport.enclosure import Enclosure
    from sscreport.origins import Origin, Origins, Use
    from sscreport.records import Figure

    with zipfile.ZipFile(io.BytesIO(content)) as archive:

        def read(name: str) -> Any:
            return json.loads(archive.read(f"{name}.json"))

        about = read("about")
        uses = [tuple(_noun(Use, use) for use in origin["uses"]) for origin in read("origins")]
        origins = [_noun(Origin, of | {"uses": own}) for of, own in zip(read("origins"), uses, strict=True)]
        names = [name[len("figures/") : -len(".svg")] for name in archive.namelist() if name.endswith(".svg")]
        drawings = {name: archive.read(f"figures/{name}.svg").decode("utf-8") for name in names}
        return Manuscript(
            tree=etree.fromstring(archive.read("tree.xml"), etree.XMLParser(huge_tree=True)),
            **about | {name: tuple(about[name]) for name in ("authors", "keywords")},
            figures={
                name: _noun(Figure, read(f"figures/{name}") | {"id": name, "svg": svg})
                for name, svg in drawings.items()
            },
            pngs={name: archive.read(f"figures/{name}.png") for name in names},
            origins=Origins(
                {origin.key: origin for origin in origins},
                {cell.address: cell for cell in map(_cell, read("cells"))},
                read("groups"),
            ),
            enclosure=_noun(Enclosure, read("enclosure")),
        )


def _noun(kind: type[_Noun], content: Mapping[str, Any]) -> _Noun:
    """A record of today from what another version wrote: what today's does not know is left out."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(
        **{
            name: tuple(item) if isinstance(item, list) else item
            for name, item in content.items()
            if name in known
        }
    )


def _cell(content: Mapping[str, Any]) -> Cell:
    from sscreport.values import Cell

    return _noun(Cell, dict(content) | {"solved_from": tuple(map(_cell, content.get("solved_from", ())))})


def main(code: str, review: str, target: str) -> None:
    """Pack what the code in the folder ``code`` makes of a review. Exit code 3: it cannot do so."""
    sys.path[:] = [code, *sys.path[1:]]  # in place of this module's own folder
    try:
        from sscreport.build import make
        from sscreport.progress import Progress

        made = make(Path(review), Progress(quiet=True))
        Path(target).write_bytes(pack(made.manuscript))
    except (ImportError, AttributeError, TypeError) as error:  # older than what this module asks for
        print(error, file=sys.stderr)
        sys.exit(3)
    except Exception as error:  # what is wrong with the review, said by the code that reads it
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main(*sys.argv[1:])
