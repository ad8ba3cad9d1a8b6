"""The service described by OpenAPI 3.0, from the declarations of its parameters.

Operation ids end as 20-057 (clause 19) and 20-058 (clause 23) want them.
"""

from collections.abc import Sequence
from typing import Any

from tilewright.web.http import JSON, PROBLEM_JSON, PROBLEM_SCHEMA
from tilewright.web.maps.ogc.formats import Formats
from tilewright.web.maps.ogc.links import OPENAPI, Addresses
from tilewright.web.maps.ogc.map_params import map_parameters, tile_parameters
from tilewright.web.params import ParameterSet

_COLLECTION = "/collections/{collectionId}"
_TILESET = f"{_COLLECTION}/map/tiles/{{tileMatrixSetId}}"
_PLACES = {
    "collectionId": "A layer.",
    "tileMatrixSetId": "A tile matrix set.",
    "tileMatrix": "A tile matrix of the set.",
    "tileRow": "Row of the tile, from 0.",
    "tileCol": "Column of the tile, from 0.",
}
_DOCUMENTS = (
    ("/", "getLandingPage", "The landing page"),
    ("/conformance", "getConformance", "The conformance classes that are met"),
    ("/collections", "getCollections", "All layers"),
    (_COLLECTION, "describeCollection", "A layer"),
    (f"{_COLLECTION}/map/tiles", "ogc.collection.map.getTileSetsList", "The tilesets of a layer"),
    (_TILESET, "ogc.collection.map.getTileSet", "A tileset"),
    ("/tileMatrixSets", "getTileMatrixSetsList", "All tile matrix sets"),
    ("/tileMatrixSets/{tileMatrixSetId}", "getTileMatrixSet", "A tile matrix set"),
)
_PROBLEMS = {
    "400": "A parameter has a value that is not allowed.",
    "404": "There is no such layer, set or tile.",
    "413": "More is asked than the limits allow.",
}


def openapi_document(
    at: Addresses, title: str, version: str, formats: Formats, sets: Sequence[str]
) -> dict[str, Any]:
    """Return the description; ``sets`` are the names of the tile matrix sets."""
    paths = {path: _get(path, name, text, JSON) for path, name, text in _DOCUMENTS}
    pictures = tuple(media_type for media_type, _ in formats.offers)
    maps, tiles = map_parameters(formats.parameter), tile_parameters(formats.parameter)
    path = f"{_COLLECTION}/map"
    paths[path] = _get(path, "ogc.collection.map.getMap", "A map", *pictures, query=maps)
    path = f"{_TILESET}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
    paths[path] = _get(path, "ogc.collection.map.getTile", "A tile", *pictures, query=tiles)
    paths["/api"] = _get("/api", "getAPI", "This description", OPENAPI)
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": version},
        "servers": [{"url": at.root.rstrip("/")}],
        "paths": paths,
        "components": {
            "parameters": {name: _place(name, text, sets) for name, text in _PLACES.items()},
            "schemas": {"problem": PROBLEM_SCHEMA},
            "responses": {status: _problem(text) for status, text in _PROBLEMS.items()},
        },
    }


def _get(
    path: str, name: str, title: str, *media_types: str, query: ParameterSet | None = None
) -> dict[str, Any]:
    parameters = [
        {"$ref": f"#/components/parameters/{place}"} for place in _PLACES if f"{{{place}}}" in path
    ]
    schema: dict[str, Any] = {"type": "object"}
    if query is not None:
        parameters += _query(query)
        schema = {"type": "string", "format": "binary"}
    problems = {status: {"$ref": f"#/components/responses/{status}"} for status in _PROBLEMS}
    content = {media_type: {"schema": schema} for media_type in media_types}
    return {
        "get": {
            "operationId": name,
            "summary": title,
            "parameters": parameters,
            "responses": {"200": {"description": title, "content": content}, **problems},
        }
    }


def _query(query: ParameterSet) -> list[dict[str, Any]]:
    return [
        {
            "name": parameter.name,
            "in": "query",
            "description": parameter.help,
            "required": parameter.required,
            "schema": dict(parameter.schema),
            # Lists are written with commas between: bbox=1,2,3,4.
            "style": "form",
            "explode": False,
        }
        for parameter in query.parameters
    ]


def _place(name: str, text: str, sets: Sequence[str]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if name in {"tileRow", "tileCol"}:
        schema = {"type": "integer", "minimum": 0}
    elif name == "tileMatrixSetId":
        schema["enum"] = list(sets)
    return {"name": name, "in": "path", "description": text, "required": True, "schema": schema}


def _problem(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/problem"}
    return {"description": text, "content": {PROBLEM_JSON: {"schema": schema}}}
