"""A map sheet: an RGB JPEG COG that lies in a UTM zone, and tiles of the earth that it has."""

from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.transform import Affine

from bench import data
from bench.rivals import Place
from tilewright.image import ImageInfo
from tilewright.request import MapTile
from tilewright.tms import WEB_MERCATOR_QUAD, TileMatrix, TileMatrixSets

CRS = "EPSG:32618"
WEST, NORTH = 583_000, 4_512_000
"""Of the sheet's corner: New York."""
PIXEL_METRES = 1.0
FULL_ZOOM = 17
"""A pixel of WebMercatorQuad is 0.90 m on the ground there: the zoom of full resolution."""


def sheet(folder: Path, side: int) -> Path:
    """Return the mosaic as a GDAL COG that lies in UTM zone 18, quality 80."""
    mosaic = data.mosaic(folder, side)
    path = folder / f"sheet-{side}.tif"
    return data.once(path, lambda beside: _write(beside, mosaic))


def matrix(zoom: int) -> TileMatrix:
    """Return a zoom of WebMercatorQuad."""
    return TileMatrixSets().get(WEB_MERCATOR_QUAD).matrix(zoom)


def inner_tiles(info: ImageInfo, zoom: int, count: int) -> list[Place]:
    """Return places (x, y) of tiles that the sheet fills, in random order.

    None comes twice while there are enough of them.
    """
    return _drawn(_covered(info, zoom, whole=True), count)


def edge_tiles(info: ImageInfo, zoom: int, count: int) -> list[Place]:
    """Return places (x, y) of tiles that the sheet's edge runs through, in random order."""
    whole = set(_covered(info, zoom, whole=True))
    touched = [place for place in _covered(info, zoom, whole=False) if place not in whole]
    return _drawn(touched, count)


def _covered(info: ImageInfo, zoom: int, *, whole: bool) -> list[Place]:
    """Return the tiles whose corners are all, or whose corners or middle are at all, inside."""
