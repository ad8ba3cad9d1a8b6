"""A map sheet: an RGB JPEG COG that lies in a UTM zone, and the tiles of the earth on it."""

import itertools
import os
import random
import warnings
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine

from bench import data
from bench.rivals import Place
from tilewright.crs import convert
from tilewright.image import ImageInfo
from tilewright.request import georeference
from tilewright.tms import WEB_MERCATOR_QUAD, TileMatrix, TileMatrixSets

CRS = "EPSG:32618"
LEFT_M, TOP_M = 576_570, 4_516_690
"""The sheet's corner, at New York; a pixel is one metre. The smallest sheet still holds a tile
of two zooms out."""
FULL_ZOOM = 17
"""A pixel of WebMercatorQuad is 0.90 m on the ground there, at the next zoom out 1.81 m."""
_SCREEN = (6, 4)
"""Tiles across and down: 1536×1024 pixels."""
_ASIDE = 0.002
"""Of a tile's side: no tile counts as inside for the last bit of a corner."""
_SEED = 20


def sheet(folder: Path, side: int) -> Path:
    """Return the mosaic as a COG of GDAL's in UTM zone 18, 256-pixel tiles, quality 80."""
    path = folder / f"sheet-{side}.tif"
    if not path.exists():
        _write(path, data.mosaic(folder, side))
    return path


def matrix(zoom: int) -> TileMatrix:
    """Return a zoom of WebMercatorQuad."""
    return TileMatrixSets().get(WEB_MERCATOR_QUAD).matrix(zoom)


def inner_tiles(info: ImageInfo, zoom: int, count: int) -> list[Place]:
    """Return places (x, y) of tiles that the sheet fills, in random order.

    None comes twice while there are enough of them, so that no cache helps.
    """
    return _drawn([place for place, corners in _tiles(info, zoom) if corners == 4], count)


def screens(info: ImageInfo, zoom: int, count: int) -> list[Place]:
    """Return places (x, y) of tiles that the sheet fills, as viewers of maps ask for them.

    A screen shows 6×4 tiles, row by row; screens follow each other in random order. None comes
    twice while there are enough of them.
    """
    wide, high = _SCREEN
    places = sorted(inner_tiles(info, zoom, count), key=lambda place: place[::-1])
    shown: dict[Place, list[Place]] = {}
    for x, y in places:
        shown.setdefault((x // wide, y // high), []).append((x, y))
    whole = list(shown.values())
    random.Random(_SEED).shuffle(whole)
    return [place for screen in whole for place in screen]


def edge_tiles(info: ImageInfo, zoom: int, count: int) -> list[Place]:
    """Return places (x, y) of tiles that the sheet's edge runs through, in random order."""
    return _drawn([place for place, corners in _tiles(info, zoom) if 0 < corners < 4], count)


def outer_tiles(info: ImageInfo, zoom: int, count: int) -> list[Place]:
    """Return places (x, y) of tiles a little to the east of the sheet."""
    columns, rows = zip(*(place for place, _ in _tiles(info, zoom)), strict=True)
    east = range(max(columns) + 2, max(columns) + 22)
    down = range(min(rows), max(rows) + 1)
    return _drawn(list(itertools.product(east, down)), count)


def _tiles(info: ImageInfo, zoom: int) -> list[tuple[Place, int]]:
    """Return the tiles around the sheet, and how many of their corners lie on it."""
    geo, cut = georeference(info), matrix(zoom)
    sides = np.array([0.0, info.size.width]), np.array([0.0, info.size.height])
    columns, rows = (part.ravel() for part in np.meshgrid(*sides))
    x, y = convert(geo.crs, cut.crs, *geo.to_crs(columns, rows))
    step = cut.cell_size * cut.tile_width
    across = range(int((x.min() - cut.left) // step), int((x.max() - cut.left) // step) + 1)
    down = range(int((cut.top - y.max()) // step), int((cut.top - y.min()) // step) + 1)
    places = list(itertools.product(across, down))
    column, row = np.array(places, np.float64).T
    on_sheet = np.zeros(len(places), np.int64)
    for right, below in itertools.product((_ASIDE, 1 - _ASIDE), repeat=2):
        x, y = cut.left + (column + right) * step, cut.top - (row + below) * step
        x, y = geo.to_pixels(*convert(cut.crs, geo.crs, x, y))
        on_sheet += (x >= 0) & (x <= info.size.width) & (y >= 0) & (y <= info.size.height)
    return list(zip(places, on_sheet.tolist(), strict=True))


def _drawn(places: list[Place], count: int) -> list[Place]:
    draw = random.Random(_SEED)
    if count <= len(places):
        return draw.sample(places, count)
    return [*draw.sample(places, len(places)), *draw.choices(places, k=count - len(places))]


def _write(path: Path, mosaic: Path) -> None:
    beside = path.with_name(f"{path.stem}.{os.getpid()}.tif")
    placed = beside.with_suffix(".vrt")
    try:
        with warnings.catch_warnings():
            # The mosaic has no place on earth: that is what the copy gets.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            rasterio.shutil.copy(mosaic, placed, driver="VRT")
            with rasterio.open(placed, "r+") as out:
                out.crs = CRS
                out.transform = Affine(1, 0, LEFT_M, 0, -1, TOP_M)
        rasterio.shutil.copy(
            placed,
            beside,
            driver="COG",
            compress="JPEG",
            quality=80,
            blocksize=data.TILE,
            overviews="IGNORE_EXISTING",
            overview_resampling="average",
        )
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
        placed.unlink(missing_ok=True)
