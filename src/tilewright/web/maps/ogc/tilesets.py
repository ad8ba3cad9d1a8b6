"""Tilesets: which tiles of a tile matrix set show a layer (OGC 20-057, 17-083r4 clause 8)."""

from collections.abc import Iterable
from typing import Any

from tilewright.crs import area_of_use, period
from tilewright.errors import OutsideError
from tilewright.geometry import Box
from tilewright.request import MapTile
from tilewright.tms import TileMatrixSet
from tilewright.web.maps.layer import Layer, MatrixLimits, limits
from tilewright.web.maps.ogc.formats import Formats
from tilewright.web.maps.ogc.links import (
    GEODATA,
    TILING_SCHEME,
    Addresses,
    Link,
    link,
)
from tilewright.web.maps.ogc.matrix_sets import set_point
from tilewright.web.maps.ogc.places import crs_member
from tilewright.web.paths import index


def tilesets_document(layer: Layer, sets: Iterable[TileMatrixSet], at: Addresses) -> dict[str, Any]:
    """Return the list of a layer's tilesets (20-057, clause 10): those made for where it lies.

    Others answer too, where the projection still finds the layer far from its own area.
    """
    return {
        "tilesets": [
            _item(layer, one, at) for one in sets if _is_near(layer, one) and limits(layer, one)
        ],
        "links": [link("self", at.tilesets(layer.name), "This document")],
    }


def tileset_document(
    layer: Layer, tile_set: TileMatrixSet, at: Addresses, formats: Formats
) -> dict[str, Any]:
    """Return what is told of a tileset (20-057, clause 9). Raises OutsideError for an empty one."""
    found = limits(layer, tile_set)
    if not found:
        raise OutsideError(f"{tile_set.name} has no tile of {layer.name}")
    item = _item(layer, tile_set, at)
    links = [
        *item.pop("links"),
        *(_tiles(layer, tile_set, at, media_type, name) for media_type, name in formats.offers),
        link(GEODATA, at.collection(layer.name), layer.title),
    ]
    box = _box(layer, tile_set)
    first = tile_set.matrix(found[0].zoom)
    if layer.abstract:
        item["description"] = layer.abstract
    return item | {
        "mediaTypes": [media_type for media_type, _ in formats.offers],
        "tileMatrixSetLimits": [_limits(one) for one in found],
        "boundingBox": {
            "lowerLeft": set_point(tile_set, box.x, box.y),
            "upperRight": set_point(tile_set, box.right, box.bottom),
            "crs": crs_member(tile_set.crs),
            "orderedAxes": list(tile_set.ordered_axes),
        },
        "centerPoint": {
            "coordinates": set_point(tile_set, box.x + box.width / 2, box.y + box.height / 2),
            "crs": crs_member(tile_set.crs),
            "tileMatrix": first.id,
            "scaleDenominator": first.scale_denominator,
            "cellSize": first.cell_size,
        },
        "layers": [
            {
                "id": layer.name,
                "title": layer.title,
                "dataType": "map",
                "links": [link(GEODATA, at.collection(layer.name), layer.title)],
            }
        ],
        "links": links,
    }


def tile_target(layer: Layer, tile_set: TileMatrixSet, place: tuple[str, str, str]) -> MapTile:
    """Return the tile of ``{tileMatrix}/{tileRow}/{tileCol}``; ``place`` is these three.

    Raises ParameterError for what is no number, OutsideError past the tileset's limits.
    """
    matrix = tile_set.matrix_of(place[0])
    row, column = index("tileRow", place[1]), index("tileCol", place[2])
    within = next((one for one in limits(layer, tile_set) if one.id == matrix.id), None)
    if (
        within is None
        or not within.first_row <= row <= within.last_row
        or not within.first_column <= column <= within.last_column
    ):
        raise OutsideError(f"the tile is outside the limits of this tileset of {layer.name}")
    return MapTile(matrix, column, row, matrix.tile_width, matrix.tile_height)


def _item(layer: Layer, tile_set: TileMatrixSet, at: Addresses) -> dict[str, Any]:
    item: dict[str, Any] = {
        "title": f"{layer.title}, {tile_set.title}",
        "dataType": "map",
        "crs": crs_member(tile_set.crs),
    }
    if tile_set.uri is not None:
        item["tileMatrixSetURI"] = tile_set.uri
    item["links"] = [
        link("self", at.tileset(layer.name, tile_set.name), "The tileset"),
        link(TILING_SCHEME, at.matrix_set(tile_set.name), tile_set.title),
    ]
    return item


def _tiles(
    layer: Layer, tile_set: TileMatrixSet, at: Addresses, media_type: str, name: str
) -> Link:
    href = at.tile_template(layer.name, tile_set.name, name)
    return link("item", href, f"The tiles as {media_type}", media_type) | {"templated": True}


def _is_near(layer: Layer, tile_set: TileMatrixSet) -> bool:
    """Tell whether a layer touches the area that a set's CRS is meant for."""
    area = area_of_use(tile_set.crs)
    if area is None:
        return True
    west, south, east, north = area
    east = east + 360.0 if east < west else east
    box = layer.bounds
    return (south <= box.bottom and box.y <= north) and any(
        west + turn <= box.right and box.x <= east + turn for turn in (-360.0, 0.0, 360.0)
    )


def _limits(one: MatrixLimits) -> dict[str, Any]:
    return {
        "tileMatrix": one.id,
        "minTileRow": one.first_row,
        "maxTileRow": one.last_row,
        "minTileCol": one.first_column,
        "maxTileCol": one.last_column,
    }


def _box(layer: Layer, tile_set: TileMatrixSet) -> Box:
    """Return the part of a set's area that holds the layer.

    Across the antimeridian it is as wide as the set, as the limits are: the two ends have no
    smaller upright box in a plane that is cut there.
    """
    matrix = tile_set.matrices[0]
    wide = matrix.columns * matrix.tile_width * matrix.cell_size
    high = matrix.rows * matrix.tile_height * matrix.cell_size
    area = Box(matrix.left, matrix.top - high, wide, high)
    box, turn = layer.bounds_in(tile_set.crs), period(tile_set.crs)
    if box is None:
        return area
    left, right = max(box.x, area.x), min(box.right, area.right)
    if turn is not None and box.right > turn / 2:
        left, right = area.x, area.right
    low, high = max(box.y, area.y), min(box.bottom, area.bottom)
    return Box(left, low, right - left, high - low) if right > left and high > low else area
