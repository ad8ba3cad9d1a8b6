"""Tile matrix sets in the JSON encoding of OGC 17-083r4, clause 7 and annex D."""

from collections.abc import Iterable
from typing import Any

from tilewright.tms import TileMatrix, TileMatrixSet
from tilewright.web.maps.ogc.links import Addresses, link
from tilewright.web.maps.ogc.places import crs_member

_NORTHING = {"LAT", "Y", "N"}


def matrix_sets_document(sets: Iterable[TileMatrixSet], at: Addresses) -> dict[str, Any]:
    """Return the list of all sets."""
    return {
        "tileMatrixSets": [_item(one, at) for one in sets],
        "links": [link("self", at.matrix_sets, "This document")],
    }


def matrix_set_document(one: TileMatrixSet) -> dict[str, Any]:
    """Return the definition of one set."""
    document: dict[str, Any] = {"id": one.name, "title": one.title}
    if one.uri is not None:
        document["uri"] = one.uri
    return document | {
        "crs": crs_member(one.crs),
        "orderedAxes": list(one.ordered_axes),
        "tileMatrices": [_matrix(matrix, one) for matrix in one.matrices],
    }


def set_point(one: TileMatrixSet, x: float, y: float) -> list[float]:
    """Return two coordinates in the order of a set's axes."""
    return [y, x] if one.ordered_axes[0].upper() in _NORTHING else [x, y]


def _item(one: TileMatrixSet, at: Addresses) -> dict[str, Any]:
    item: dict[str, Any] = {"id": one.name, "title": one.title}
    if one.uri is not None:
        item["uri"] = one.uri
    links = [link("self", at.matrix_set(one.name), one.title)]
    return item | {"crs": crs_member(one.crs), "links": links}


def _matrix(matrix: TileMatrix, one: TileMatrixSet) -> dict[str, Any]:
    height = matrix.rows * matrix.tile_height * matrix.cell_size
    corner = matrix.top - height if matrix.bottom_up else matrix.top
    document: dict[str, Any] = {
        "id": matrix.id,
        "scaleDenominator": matrix.scale_denominator,
        "cellSize": matrix.cell_size,
        "cornerOfOrigin": "bottomLeft" if matrix.bottom_up else "topLeft",
        "pointOfOrigin": set_point(one, matrix.left, corner),
        "tileWidth": matrix.tile_width,
        "tileHeight": matrix.tile_height,
        "matrixWidth": matrix.columns,
        "matrixHeight": matrix.rows,
    }
    if matrix.coalesced:
        document["variableMatrixWidths"] = [
            {"coalesce": many, "minTileRow": first, "maxTileRow": last}
            for many, first, last in matrix.coalesced
        ]
    return document
