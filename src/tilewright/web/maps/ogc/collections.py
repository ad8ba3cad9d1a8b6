"""Layers as collections of OGC API – Common Part 2, with the links that Tiles and Maps add."""

from collections.abc import Sequence
from typing import Any

from tilewright.crs import WEB_MERCATOR, WGS84, uri
from tilewright.web.maps.layer import Layer
from tilewright.web.maps.ogc.formats import Formats
from tilewright.web.maps.ogc.links import MAP, TILESETS_MAP, Addresses, link
from tilewright.web.maps.ogc.places import CRS84, corners, storage_crs


def collections_document(
    layers: Sequence[Layer], at: Addresses, formats: Formats
) -> dict[str, Any]:
    """Return the list of all layers."""
    return {
        "links": [link("self", at.collections, "This document")],
        "numberMatched": len(layers),
        "numberReturned": len(layers),
        "collections": [collection_document(layer, at, formats) for layer in layers],
    }


def collection_document(layer: Layer, at: Addresses, formats: Formats) -> dict[str, Any]:
    """Return what is told of one layer."""
    own = storage_crs(layer)
    document: dict[str, Any] = {"id": layer.name, "title": layer.title}
    if layer.abstract:
        document["description"] = layer.abstract
    spatial: dict[str, Any] = {"bbox": [corners(CRS84, layer.bounds)], "crs": uri(CRS84)}
    box = layer.bounds_in(own)
    if own != CRS84 and box is not None:
        spatial["storageCrsBbox"] = [corners(own, box)]
    return document | {
        "extent": {"spatial": spatial},
        "crs": [uri(crs) for crs in dict.fromkeys((own, CRS84, WGS84, WEB_MERCATOR))],
        "storageCrs": uri(own),
        "dataType": "map",
        "links": [
            link("self", at.collection(layer.name), "This document"),
            *(
                link(MAP, f"{at.map(layer.name)}?f={suffix}", "The map", media_type)
                for media_type, suffix in formats.offers
            ),
            link(TILESETS_MAP, at.tilesets(layer.name), "The map's tilesets"),
        ],
    }
