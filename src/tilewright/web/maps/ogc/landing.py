"""The landing page, and which conformance classes are met."""

from typing import Any

from tilewright.web.maps.ogc.links import (
    CONFORMANCE,
    DATA,
    OPENAPI,
    TILING_SCHEMES,
    Addresses,
    link,
)

_SPEC = "http://www.opengis.net/spec"
_COMMON = ("core", "landing-page", "json", "oas30")
_TILES = ("core", "tileset", "tilesets-list", "geodata-tilesets", "oas30", "png", "jpeg")
_MAPS = (
    "core",
    "collection-map",
    "scaling",
    "spatial-subsetting",
    "display-resolution",
    "crs",
    "oas30",
    "png",
    "jpeg",
)
CLASSES = (
    *(f"{_SPEC}/ogcapi-common-1/1.0/conf/{name}" for name in _COMMON),
    f"{_SPEC}/ogcapi-common-2/1.0/conf/collections",
    *(f"{_SPEC}/ogcapi-tiles-1/1.0/conf/{name}" for name in _TILES),
    *(f"{_SPEC}/ogcapi-maps-1/1.0/conf/{name}" for name in _MAPS),
)
"""TIFF is served too, but its classes ask for strips (Tiles) and for colours only (Maps);
``bgcolor`` and ``transparent`` are known, but not the other two of Maps' class background."""


def landing_document(at: Addresses, title: str, description: str) -> dict[str, Any]:
    """Return the landing page (19-072, 8.1)."""
    document: dict[str, Any] = {"title": title}
    if description:
        document["description"] = description
    document["links"] = [
        link("self", at.root, "This document"),
        link("service-desc", at.api, "The API, described by OpenAPI", OPENAPI),
        link("conformance", at.conformance, "Conformance classes"),
        link(CONFORMANCE, at.conformance, "Conformance classes"),
        link("data", at.collections, "Collections"),
        link(DATA, at.collections, "Collections"),
        link(TILING_SCHEMES, at.matrix_sets, "Tile matrix sets"),
    ]
    return document


def conformance_document() -> dict[str, Any]:
    """Return the conformance declaration (19-072, 8.3)."""
    return {"conformsTo": list(CLASSES)}
