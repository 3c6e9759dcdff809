"""The output is an RO-Crate whose provenance is the graph of values.json, and can be built again.

Nothing here needs a network: the crate's JSON-LD context comes with the package ``rocrate``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

import pytest
import requests
from rdflib import Graph, URIRef
from rdflib.namespace import PROV, Namespace
from rocrate.rocrate import ROCrate
from rocrate_validator.models import Severity, ValidationSettings
from rocrate_validator.services import validate
from rocrate_validator.utils.http import HttpRequester

from sscreport.build import Made, make
from sscreport.origins import Origins
from sscreport.progress import Progress
from sscreport.write.crate import CONTEXT, METADATA, VERSION, crate, licence_url
from sscreport.write.html import write_html
from tests import read_html
from tests.conftest import REPOSITORY, Built

SCHEMA = Namespace("http://schema.org/")
REMOTE = json.loads(package_files("rocrate").joinpath("data/ro-crate.jsonld").read_text(encoding="utf-8"))
SAMPLE = "rcs.m6.estimate"


@pytest.fixture(scope="module")
def metadata(built: Built) -> dict[str, Any]:
    """The crate's metadata as the build wrote it."""
    return json.loads((built.output / METADATA).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def entities(metadata: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every entity by its @id."""
    return {entity["@id"]: entity for entity in metadata["@graph"]}


@pytest.fixture(scope="module")
def graph(metadata: dict[str, Any]) -> Graph:
    """The metadata as RDF, read by the context that the address in it stands for."""
    assert REMOTE["@id"] == CONTEXT[0] == metadata["@context"][0]
    local = metadata | {"@context": [REMOTE["@context"], *metadata["@context"][1:]]}
    return Graph().parse(data=json.dumps(local), format="json-ld", publicID="file:///crate/")


@pytest.fixture(scope="module")
def register(built: Built) -> dict[str, Any]:
    """What values.json says: the graph to compare with."""
    return json.loads((built.output / "values.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def made() -> Made:
    """The shipped review, up to the finished document tree."""
    return make(REPOSITORY, Progress(quiet=True), paint=False)


def _names(graph: Graph) -> dict[URIRef, str]:
    """The key of every value and the address of every cell, by entity."""
    keys = {entity: str(key) for entity, key in graph.subject_objects(SCHEMA.propertyID)}
    addresses = {
        entity: str(address)
        for entity, address in graph.subject_objects(SCHEMA.identifier)
        if (entity, PROV.wasQuotedFrom, None) in graph
    }
    return keys | addresses


def _edges(graph: Graph, relation: URIRef) -> set[tuple[str, str]]:
    """Between values, and from values to cells."""
    names = _names(graph)
    return {
        (names[start], names[end])
        for start, end in graph.subject_objects(relation)
        if start in names and end in names
    }


def _following(edges: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    following: dict[str, set[str]] = {}
    for above, below in edges:
        following.setdefault(above, set()).add(below)
    return following


def _reached(start: str, following: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    queue = [start]
    while queue:
        for name in following.get(queue.pop(), set()) - found:
            found.add(name)
            queue.append(name)
    return found


def _referenced(content: Any) -> set[str]:
    if isinstance(content, list):
        return set().union(*map(_referenced, content))
    return {content["@id"]} if isinstance(content, dict) else set()


def _slice(origins: Origins, root: str) -> Origins:
    """One value and all that it rests on."""
    edges = [(key, above) for key in origins for above in (*origins[key].inputs, *origins[key].decided_by)]
    kept = {root, *_reached(root, _following(edges))}
    by_key = {key: origin for key, origin in origins.items() if key in kept}
    addresses = {a for origin in by_key.values() for a in (*origin.cells, *origin.deciding_cells)}
    cells = {address: cell for address, cell in origins.cells.items() if address in addresses}
    return Origins(by_key, cells, origins.groups)


def _offline(url: str, **_: Any) -> requests.Response:
    """Serves the context and nothing else."""
    assert url == CONTEXT[0], f"the validator asked for {url}"
    response = requests.Response()
    response.status_code, response._content = 200, json.dumps(REMOTE).encode()
    response.headers["Content-Type"] = "application/ld+json"
    return response


def test_the_crate_passes_the_ro_crate_validator(
    built: Built, made: Made, entities: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that RO-Crate requires holds for the files, the people, the build and a value's derivation.

    The validator takes minutes for all values, so it is given every file but one value with all
    that this rests on; the tests below read the whole.
    """
    folder = tmp_path / "crate"
    contents = {
        id: (built.output / id).read_bytes() for id, entity in entities.items() if "File" in entity["@type"]
    }
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    part = replace(made.manuscript, origins=_slice(made.manuscript.origins, SAMPLE))
    text = crate(part, contents)
    (folder / METADATA).write_text(text, encoding="utf-8")
    monkeypatch.setattr(HttpRequester, "get", staticmethod(_offline), raising=False)
    result = validate(ValidationSettings(
        rocrate_uri=str(folder), profile_identifier="ro-crate-1.3",
        requirement_severity=Severity.REQUIRED, offline=True, cache_path=tmp_path / "cache",
    ))  # fmt: skip
    assert [f"{issue.check.name}: {issue.message}" for issue in result.get_issues()] == []
    assert result.passed()
    assert len(result.executed_checks) > 50


def test_every_file_is_described_as_it_is(built: Built, entities: dict[str, Any]) -> None:
    """Each file of the output but the metadata is part of the crate, with its size and SHA-256."""
    described = {id: entity for id, entity in entities.items() if "File" in entity["@type"]}
    assert _referenced(entities["./"]["hasPart"]) == set(described)
    found = {path.relative_to(built.output).as_posix() for path in built.output.rglob("*") if path.is_file()}
    assert set(described) == found - {METADATA}
    for name, entity in described.items():
        content = (built.output / name).read_bytes()
        assert entity["contentSize"] == str(len(content))
        assert entity["sha256"] == sha256(content).hexdigest()


def test_no_reference_leads_nowhere(metadata: dict[str, Any], entities: dict[str, Any]) -> None:
    """Every @id stands once, and what an entity refers to is described in the crate."""
    assert len(entities) == len(metadata["@graph"])
    assert all(id.isascii() or id.startswith("#") for id in entities)
    referenced = set().union(
        *(_referenced(content) for entity in entities.values() for content in entity.values())
    )
    assert referenced - set(entities) == {VERSION}
    assert set(entities) - referenced == {METADATA}


def test_the_crate_says_what_it_is(built: Built, entities: dict[str, Any], made: Made) -> None:
    """Title, licence, authors, date and the article it rebuilds are those of the review."""
    root, about = ROCrate(built.output).root_dataset, made.manuscript.about
    assert root["name"] == about["title"]
    assert root["datePublished"] == str(about["date"])
    assert root["license"].id == licence_url(about["licence"])
    assert [person["name"] for person in root["author"]] == about["authors"]
    assert root["isBasedOn"].id == f"https://doi.org/{about['doi']}"
    encodings = _referenced(entities[root["mainEntity"].id]["encoding"])
    assert encodings == {path.name for path in built.output.glob("manuscript.*")}
    software = entities["#sscreport"]
    enclosure = made.manuscript.enclosure
    assert (software["version"], software["sha256"]) == (enclosure.version, enclosure.code)


def test_the_build_made_the_outputs_from_the_inputs(entities: dict[str, Any], made: Made) -> None:
    """The action's objects are the data and templates; its results are all the other files."""
    build = entities["#build"]
    inputs = {f"review/{name}" for name in made.manuscript.enclosure.files}
    assert _referenced(build["object"]) == _referenced(build["prov:used"]) == inputs
    results = {id for id, entity in entities.items() if "File" in entity["@type"]} - inputs
    assert _referenced(build["result"]) == _referenced(build["prov:generated"]) == results
    assert not {"startTime", "endTime"} & set(build)


def test_only_terms_of_prov_o_are_used(graph: Graph) -> None:
    """Every class and property in the PROV namespace is one that PROV-O defines."""
    used = {
        term for triple in graph for term in triple if isinstance(term, URIRef) and term.startswith(str(PROV))
    }
    assert {PROV.wasDerivedFrom, PROV.wasGeneratedBy, PROV.wasInfluencedBy, PROV.Entity} <= used
    assert [term for term in used if term.removeprefix(str(PROV)) not in PROV] == []


def test_the_derivations_are_those_of_values_json(graph: Graph, register: dict[str, Any]) -> None:
    """Each edge between values, and from a value to the cell it was read from, stands in both."""
    values = register["values"]
    assert _edges(graph, PROV.wasDerivedFrom) == {
        (key, above) for key, value in values.items() for above in value.get("from", value["cells"])
    }
    assert _edges(graph, PROV.wasInfluencedBy) == {
        (key, above) for key, value in values.items() for above in value.get("decided by", ())
    }
    assert set(_names(graph).values()) == {*values, *register["cells"]}


def test_the_cells_behind_a_value_are_reached(graph: Graph, register: dict[str, Any]) -> None:
    """Derivations lead from every value to its cells, and with what chose formulas to the rest."""
    edges = _edges(graph, PROV.wasDerivedFrom)
    derived = _following(edges)
    influenced = _following(edges | _edges(graph, PROV.wasInfluencedBy))
    cells = set(register["cells"])
    for key, value in register["values"].items():
        assert _reached(key, derived) & cells == set(value["cells"])
        assert _reached(key, influenced) & cells == {*value["cells"], *value.get("deciding cells", ())}


def test_values_and_cells_hold_what_values_json_holds(
    entities: dict[str, Any], register: dict[str, Any]
) -> None:
    """Numbers, units, rules and their publications; raw texts, provenance, sources and places."""

    def name(entity: dict[str, Any], relation: str) -> str | None:
        return entities[entity[relation]["@id"]]["name"] if relation in entity else None

    for key, value in register["values"].items():
        entity = entities[f"#value/{key}"]
        rule = entities[entity["prov:wasGeneratedBy"]["@id"]]
        assert entity.get("value") == entity.get("prov:value") == value["number"]
        assert entity.get("unitText") == value.get("unit")
        assert (rule["name"], name(rule, "citation")) == (value["rule"], value.get("reference"))
        assert name(entity, "valueReference") == value["provenance"]
    for address, cell in register["cells"].items():
        file, row, column = address.split(":")
        entity = entities[f"#cell/{file}/{row}/{column}"]
        assert entity["value"] == entity["prov:value"] == cell["raw"]
        assert entity["prov:wasQuotedFrom"]["@id"] == f"review/{file}"
        assert name(entity, "valueReference") == cell["provenance"]
        assert name(entity, "prov:wasDerivedFrom") == f"{cell['source']}, {cell['locator']}".strip(", ")


def test_files_mention_the_values_they_print(
    built: Built, entities: dict[str, Any], register: dict[str, Any]
) -> None:
    """The manuscript mentions what its page marks as values; each table what it prints."""
    printed = {f"#value/{key}" for key in read_html.read_values(built.output / "manuscript.html")}
    assert printed
    assert _referenced(entities["#manuscript"]["mentions"]) == printed
    assert _referenced(entities["values.json"]["mentions"]) == {f"#value/{key}" for key in register["values"]}
    for path in (built.output / "tables").glob("*.csv"):
        place = f"table-{path.stem}"
        held = {f"#value/{key}" for key, value in register["values"].items() if place in value["used"]}
        assert held
        assert _referenced(entities[f"tables/{path.name}"]["mentions"]) == held


def test_the_crate_alone_can_be_built_again(built: Built, tmp_path: Path) -> None:
    """The inputs inside the crate give the same values and the same page, byte for byte."""
    again = make(built.output / "review", Progress(quiet=True), paint=False).manuscript
    assert again.enclosure.values == (built.output / "values.json").read_text(encoding="utf-8")
    write_html(again, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == (built.output / "manuscript.html").read_bytes()


@pytest.mark.parametrize(("licence", "url"), [
    ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    ("CC-BY-NC-ND-4.0", "https://creativecommons.org/licenses/by-nc-nd/4.0/"),
    ("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    ("https://example.org/terms", "https://example.org/terms"),
    ("all rights reserved", ""),
])  # fmt: skip
def test_licences_have_addresses(licence: str, url: str) -> None:
    """Creative Commons licences are linked to, a URL is taken as it is, other words stay words."""
    assert licence_url(licence) == url
