"""The output as an RO-Crate: what every file is, and how every value came about.

``ro-crate-metadata.json`` describes the files beside it for archives and search engines, and states
the origins of all values in the terms of W3C PROV: the same graph as in values.json. The crate holds
the review's inputs too, so that it can be rebuilt without the folder it was made in.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from sscreport.document import Manuscript, place_names
from sscreport.enclosure import VALUES, Enclosure
from sscreport.origins import Origin, Origins
from sscreport.values import Cell

METADATA = "ro-crate-metadata.json"
REVIEW = "review"
VERSION = "https://w3id.org/ro/crate/1.3"
CONTEXT = [f"{VERSION}/context", {"prov": "http://www.w3.org/ns/prov#"}]
MANUSCRIPT, SOFTWARE, BUILD = "#manuscript", "#sscreport", "#build"

FORMATS = {
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".html": "text/html",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".toml": "application/toml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PROVENANCE = {
    "published": "Printed in the article that is rebuilt or reviewed.",
    "primary": "Printed in a study's own report, or restated by its sponsor.",
    "derived": "Computed or decided by those who made this review.",
    "reconstructed": "Solved so that published pooled results come out; one possibility among many.",
}

Entity = dict[str, Any]


def inputs(enclosure: Enclosure) -> dict[str, bytes]:
    """The review's data and templates by their path within the crate, where they can be built again."""
    return {f"{REVIEW}/{name}": text.encode() for name, text in enclosure.files.items()}


def crate(manuscript: Manuscript, files: Mapping[str, bytes]) -> str:
    """The text of ``ro-crate-metadata.json`` for a folder that holds ``files``, by path within it.

    The same arguments give the same text: one line an entity, so that a change reads as a few lines.
    """
    entities = [
        *_package(manuscript, files),
        *_files(manuscript, files),
        *_build(manuscript, files),
        *_derivation(manuscript.origins),
    ]
    lines = ",\n".join(json.dumps(entity, ensure_ascii=False, allow_nan=False) for entity in entities)
    return f'{{\n"@context": {json.dumps(CONTEXT)},\n"@graph": [\n{lines}\n]\n}}\n'


def licence_url(licence: str) -> str:
    """The address of a licence: "CC BY 4.0" in any usual spelling, or what was a URL already; else ""."""
    if re.match(r"https?://", licence):
        return licence
    if creative := re.fullmatch(r"CC[ -](BY(?:-(?:NC|ND|SA))*)[ -](\d\.\d)", licence.strip(), re.IGNORECASE):
        return f"https://creativecommons.org/licenses/{creative[1].lower()}/{creative[2]}/"
    if re.fullmatch(r"CC0([ -]1\.0)?", licence.strip(), re.IGNORECASE):
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    return ""


def _id(kind: str, *steps: str) -> str:
    return "#" + "/".join((kind, *(_escaped(step).replace("/", "%2F") for step in steps)))


def _escaped(path: str) -> str:
    """A path as part of an IRI, which holds letters of every script and no ASCII beyond URLs'."""
    return "".join(quote(sign) if sign.isascii() else sign for sign in path)


def value_id(key: str) -> str:
    return _id("value", key)


def cell_id(cell: Cell) -> str:
    return _id("cell", *cell.file.split("/"), cell.row, cell.column)


def _source_id(cell: Cell) -> str:
    return _id("source", *filter(None, (cell.source, cell.locator)))


def _refs(ids: Iterable[str]) -> Any:
    """References as compact JSON-LD writes them: one alone stands without a list."""
    found = [{"@id": id} for id in dict.fromkeys(ids)]
    return found[0] if len(found) == 1 else found


def _entity(id: str, kind: str | list[str], **fields: Any) -> Entity:
    """An entity without the fields that do not apply; "prov_" begins the name of a PROV term."""
    named = {re.sub("^prov_", "prov:", name): content for name, content in fields.items()}
    return {"@id": id, "@type": kind} | {
        name: content for name, content in named.items() if content is not None and content != []
    }


def _package(manuscript: Manuscript, files: Mapping[str, bytes]) -> Iterator[Entity]:
    """The metadata file, the crate as a whole, its people, its licence and the article it rebuilds."""
    yield _entity(METADATA, "CreativeWork", about=_refs(["./"]), conformsTo=_refs([VERSION]))
    people = {_id("person", name): name for name in manuscript.authors}
    about = manuscript.about
    licence = about.get("licence", "No licence is stated.")
    terms = licence_url(licence)
    article = f"https://doi.org/{about['doi']}" if "doi" in about else ""
    shared = {
        "author": _refs(people),
        "license": _refs([terms]) if terms else licence,
        "inLanguage": manuscript.language,
        "keywords": ", ".join(manuscript.keywords),
    }
    yield _entity(
        "./", "Dataset", name=manuscript.title, description=_description(manuscript),
        datePublished=str(about["date"]), **shared,
        isBasedOn=_refs([article] if article else []),
        mainEntity=_refs([MANUSCRIPT]), mentions=_refs([BUILD]), hasPart=_refs(map(_escaped, files)),
    )  # fmt: skip
    encodings = [_escaped(name) for name in files if PurePosixPath(name).stem == "manuscript"]
    yield _entity(
        MANUSCRIPT, ["ScholarlyArticle", "prov:Entity"], name=manuscript.title,
        description="The review's text, tables and figures; it prints the values that it mentions.",
        **shared, encoding=_refs(encodings), mentions=_refs(map(value_id, manuscript.origins.printed)),
    )  # fmt: skip
    for id, name in people.items():
        yield _entity(id, "Person", name=name)
    if terms:
        yield _entity(terms, "CreativeWork", name=licence, description=f"The licence {licence}.")
    if article:
        yield _entity(
            article, "ScholarlyArticle", name=about.get("article", manuscript.title), author=_refs(people),
            description="The article whose review is rebuilt here.", identifier=article,
        )  # fmt: skip


def _description(manuscript: Manuscript) -> str:
    about = manuscript.about
    rebuilt = f", rebuilt from the recorded data of {about['article']}" if "article" in about else ""
    return (
        f"{manuscript.subject}{rebuilt}: the manuscript, its tables, the data and templates that they are "
        "made from, and for every value how it was derived."
    )


def _files(manuscript: Manuscript, files: Mapping[str, bytes]) -> Iterator[Entity]:
    places = place_names(manuscript.tree)
    for name, content in files.items():
        path = PurePosixPath(name)
        yield _entity(
            _escaped(name), ["File", "prov:Entity"], name=_file_name(path, places),
            encodingFormat=FORMATS.get(path.suffix, "application/octet-stream"),
            contentSize=str(len(content)), sha256=sha256(content).hexdigest(),
            mentions=_refs(map(value_id, _held(path, manuscript.origins))),
        )  # fmt: skip


def _file_name(path: PurePosixPath, places: Mapping[str, str]) -> str:
    if path.stem == "manuscript":
        return f"Manuscript as {path.suffix[1:].upper()}"
    if path.parent.name == "tables":
        return f"{places.get(f'table-{path.stem}', path.stem)} as {path.suffix[1:].upper()}"
    if path.name == VALUES:
        return "Where every value comes from"
    return path.relative_to(REVIEW).as_posix() if path.parts[0] == REVIEW else path.name


def _held(path: PurePosixPath, origins: Origins) -> list[str]:
    """The keys of the values that a table, a figure or values.json holds."""
    if path.name == VALUES:
        return list(origins)
    place = {"tables": f"table-{path.stem}", "figures": f"figures/{path.stem}.svg"}.get(path.parent.name)
    return [key for key, origin in origins.items() if place in origin.places]


def _build(manuscript: Manuscript, files: Mapping[str, bytes]) -> Iterator[Entity]:
    """The software and what it did: an action without a time, since a build reads no clock."""
    enclosure = manuscript.enclosure
    digest = bytes.fromhex(enclosure.code)
    yield _entity(
        SOFTWARE, ["SoftwareApplication", "prov:SoftwareAgent"], name="sscreport",
        description="Rebuilds a systematic review's manuscript from its data.", version=enclosure.version,
        # A URL is required. This one (RFC 6920) names the code by the hash of its source files.
        url=f"ni:///sha-256;{urlsafe_b64encode(digest).decode().rstrip('=')}", sha256=enclosure.code,
    )  # fmt: skip
    used = _refs(_escaped(name) for name in files if name.startswith(f"{REVIEW}/"))
    made = _refs(_escaped(name) for name in files if not name.startswith(f"{REVIEW}/"))
    yield _entity(
        BUILD, ["CreateAction", "prov:Activity"], name="Build of the manuscript from its data",
        instrument=_refs([SOFTWARE]), object=used, result=made,
        prov_wasAssociatedWith=_refs([SOFTWARE]), prov_used=used, prov_generated=made,
    )  # fmt: skip


def _derivation(origins: Origins) -> Iterator[Entity]:
    """Every value, rule and cell, and the publications and kinds of provenance they name."""
    for origin in origins.values():
        yield _value(origin, origins.cells)
    rules = {origin.rule: origin.reference for origin in origins.values()}
    for rule, reference in rules.items():
        yield _entity(
            _id("rule", rule), ["Action", "prov:Activity"], name=rule, instrument=_refs([SOFTWARE]),
            prov_wasAssociatedWith=_refs([SOFTWARE]),
            citation=_refs([_id("reference", reference)] if reference else []),
        )  # fmt: skip
    for reference in sorted({*rules.values()} - {""}):
        yield _entity(_id("reference", reference), "CreativeWork", name=reference)
    cells = [origins.cells[address] for address in sorted(origins.cells)]
    yield from map(_cell, cells)
    named = {_source_id(cell): cell for cell in cells if cell.source}
    for id, cell in named.items():
        name = ", ".join(filter(None, (cell.source, cell.locator)))
        yield _entity(id, ["CreativeWork", "prov:Entity"], name=name)
    used = {entry.provenance for entry in (*origins.values(), *cells)}
    for word in sorted(used):
        yield _entity(_id("provenance", word), "DefinedTerm", name=word, description=PROVENANCE[word])


def _value(origin: Origin, cells: Mapping[str, Cell]) -> Entity:
    """A value; it derives from other values, or from its cell where it was read from the data."""
    direct = () if origin.inputs else (cell_id(cells[address]) for address in origin.cells)
    return _entity(
        value_id(origin.key), ["PropertyValue", "prov:Entity"], name=origin.what, propertyID=origin.key,
        value=origin.number, prov_value=origin.number, unitText=origin.unit or None,
        valueReference=_refs([_id("provenance", origin.provenance)]),
        prov_wasGeneratedBy=_refs([_id("rule", origin.rule)]),
        prov_wasDerivedFrom=_refs((*map(value_id, origin.inputs), *direct)),
        prov_wasInfluencedBy=_refs(map(value_id, origin.decided_by)),
    )  # fmt: skip


def _cell(cell: Cell) -> Entity:
    """A field of the data, quoted from its file and taken from its source."""
    return _entity(
        cell_id(cell), ["PropertyValue", "prov:Entity"], name=f"{cell.column} of {cell.row}",
        identifier=cell.address, propertyID=cell.column, value=cell.raw, prov_value=cell.raw,
        valueReference=_refs([_id("provenance", cell.provenance)]),
        prov_wasQuotedFrom=_refs([_escaped(f"{REVIEW}/{cell.file}")]),
        prov_wasDerivedFrom=_refs([_source_id(cell)] if cell.source else []),
    )  # fmt: skip
