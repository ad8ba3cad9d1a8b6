"""An image as large_image tells of it in a projection: tiles of the whole world, from zoom 0."""

from collections.abc import Callable
from typing import Any

from tilewright.image import ImageInfo
from tilewright.tms import TileMatrixSet
from tilewright.web.frames import info_with_frames
from tilewright.web.maps.layer import Layer, zooms
from tilewright.web.maps.tiles import PROJECTION
from tilewright.web.params import ParameterSet

Describe = Callable[[ImageInfo, TileMatrixSet | None], dict[str, Any]]

METADATA = ParameterSet((PROJECTION,))


def info_in(info: ImageInfo, tile_set: TileMatrixSet | None) -> dict[str, Any]:
    """Return the document of ``info/metadata``: of the image's own pyramid without a set.

    With one, ``levels`` and ``sizeX`` are those of the world at the image's full resolution. An
    image that lies nowhere has no other pyramid than its own.
    """
    document = info_with_frames(info)
    if tile_set is None or info.geo is None:
        return document
    _, zoom = zooms(Layer("image", "image", info), tile_set)
    finest = tile_set.matrix(zoom)
    return document | {
        "levels": zoom + 1,
        "sizeX": finest.columns * finest.tile_width,
        "sizeY": finest.rows * finest.tile_height,
        "tileWidth": finest.tile_width,
        "tileHeight": finest.tile_height,
        "projection": tile_set.crs,
    }


def tiles_in(info: ImageInfo, tile_set: TileMatrixSet | None) -> dict[str, Any]:
    """Return the document of ``tiles/metadata``, likewise."""
    document = info_in(info, tile_set)
    return {
        "levels": document["levels"],
        "size_x": document["sizeX"],
        "size_y": document["sizeY"],
        "tile_size": document["tileWidth"],
        "geospatial": document["geospatial"],
        "additional_metadata": document,
    }
