"""Pictures that lie on the earth, and where on the screen a place of theirs is."""

import math
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import numpy as np
import numpy.typing as npt
import rasterio

from tests.browser.colours import CELL, picture
from tests.browser.page import Page

WIDTH, HEIGHT = 1600, 1280
ISLES = (-78.0, 26.0)
"""Longitude and latitude of the north-western corner of a picture of pixels of 1/400 degree."""
DATELINE = (178.0, -16.0)
"""The same, for a picture that the antimeridian halves."""
DEGREE = 400  # pixels
_ROUND_PX = 256


class MapView(NamedTuple):
    """What the address says is seen of the map: the middle in degrees, and the zoom."""

    lon: float
    lat: float
    zoom: float


def write_geotiff(path: Path, corner: tuple[float, float]) -> None:
    """Write a picture of cells of known colours, in longitudes and latitudes (EPSG:4326)."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=WIDTH,
        height=HEIGHT,
        count=3,
        dtype="uint8",
        crs="EPSG:4326",
        transform=rasterio.Affine(1 / DEGREE, 0, corner[0], 0, -1 / DEGREE, corner[1]),
        photometric="rgb",
        tiled=True,
        compress="deflate",
    ) as target:
        target.write(picture(WIDTH, HEIGHT).transpose(2, 0, 1))


def place_of(corner: tuple[float, float], column: float, row: float) -> tuple[float, float]:
    """Return longitude and latitude of a point of the picture, in pixels."""
    return corner[0] + column / DEGREE, corner[1] - row / DEGREE


def cell_middles() -> npt.NDArray[np.float64]:
    """Return the middles of all whole cells, shape (n, 2): column and row in pixels."""
    columns = np.arange(CELL / 2, WIDTH, CELL)
    rows = np.arange(CELL / 2, HEIGHT, CELL)
    return np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 2)


def map_view(page: Page) -> MapView:
    """Return what the address says is seen of the map."""
    values = parse_qs(urlsplit(page.driver.current_url).fragment)
    assert values["view"] == ["map"]
    return MapView(*(float(values[name][0]) for name in ("lon", "lat", "zoom")))


def on_screen(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Return where on the screen the address says that a place is: the nearest of its copies."""
    box = page.find("#earth").rect
    view = map_view(page)
    scale = _ROUND_PX * 2**view.zoom
    away = (lon - view.lon + 180) % 360 - 180
    down = _mercator(view.lat) - _mercator(lat)
    return (
        box["x"] + box["width"] / 2 + away / 360 * scale,
        box["y"] + box["height"] / 2 + down / (2 * math.pi) * scale,
    )


def _mercator(lat: float) -> float:
    return math.asinh(math.tan(math.radians(lat)))
