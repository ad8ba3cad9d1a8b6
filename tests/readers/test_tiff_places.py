"""Where a TIFF lies: many control points, turned pictures, tags that make no sense."""

import numpy as np
import pytest
import rasterio
import tifffile

from tilewright.blobs.local import local_source
from tilewright.engine import Engine
from tilewright.readers.gdal import georeference
from tilewright.request import Region

GEOGRAPHIC = (1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326)
PROJECTED = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32618)
SCALE, TIE_POINTS, MATRIX, KEYS, ORIENTATION = 33550, 33922, 34264, 34735, 274
NAN, INF = float("nan"), float("inf")


def written(path, keys, *tags):
    """Write a picture of 40 by 30 pixels with these tags, and return its pixels."""
    pixels = np.arange(1200, dtype=np.uint16).reshape(30, 40)
    extra = [(KEYS, "H", len(keys), keys, True)]
    extra += [(code, kind, len(values), tuple(values), True) for code, kind, values in tags]
    tifffile.imwrite(path, pixels, extratags=extra, metadata=None)
    return pixels


def place_of(path):
    return Engine().info(local_source(str(path))).geo


@pytest.mark.parametrize("count", [4, 30, 700])
def test_control_points_are_found_however_many(tmp_path, count):
    # Numbers beyond a few hundred are read from the file only when they are asked for.
    chance = np.random.default_rng(3)
    points = []
    for column, row in chance.uniform(0, 30, (count, 2)):
        points += [column, row, 0, -75 + column / 100, 40 - row / 100, 0]
    written(tmp_path / "a.tif", GEOGRAPHIC, (TIE_POINTS, "d", points))
    geo = place_of(tmp_path / "a.tif")
    assert len(geo.points) == count
    x, y = geo.to_crs(np.array([20.0]), np.array([10.0]))
    assert (float(x[0]), float(y[0])) == pytest.approx((-74.8, 39.9))


def test_what_has_no_code_is_looked_for_once_in_all_that_proj_knows(tmp_path):
    asked = georeference._named.cache_info  # it takes PROJ 18 ms
    georeference._named.cache_clear()
    found = []
    for meridian in (17, 17, 18):
        crs = rasterio.CRS.from_proj4(f"+proj=sinu +lon_0={meridian} +R=6371007 +units=m")
        place = rasterio.Affine(10, 0, 500, 0, -10, 900)
        path = tmp_path / f"{len(found)}.tif"
        layout = {"width": 4, "height": 3, "count": 1, "dtype": "uint8"}
        with rasterio.open(path, "w", driver="GTiff", crs=crs, transform=place, **layout):
            pass
        found.append(place_of(path).crs)
    assert found[0] == found[1] != found[2]
    assert (asked().hits, asked().misses) == (1, 2)


@pytest.mark.parametrize("orientation", [2, 3, 6, 8])
def test_what_lies_on_the_earth_is_not_turned(tmp_path, orientation):
    tags = [
        (SCALE, "d", (10, 10, 0)),
        (TIE_POINTS, "d", (0, 0, 0, 580_000, 4_520_000, 0)),
        (ORIENTATION, "H", (orientation,)),
    ]
    pixels = written(tmp_path / "a.tif", PROJECTED, *tags)
    source = local_source(str(tmp_path / "a.tif"))
    engine = Engine()
    assert engine.info(source).geo is not None
    np.testing.assert_array_equal(engine.read(source, Region()).data[0], pixels)


@pytest.mark.parametrize(
    "tags",
    [
        [(SCALE, "d", (NAN, NAN, 0)), (TIE_POINTS, "d", (0, 0, 0, NAN, NAN, 0))],
        [(SCALE, "d", (10, 10, 0)), (TIE_POINTS, "d", (0, 0, 0, INF, 0, 0))],
        [(SCALE, "d", (1e-12, 1e-12, 0)), (TIE_POINTS, "d", (0, 0, 0, 5e5, 4e6, 0))],
        [(SCALE, "d", (1e300, 1e300, 0)), (TIE_POINTS, "d", (0, 0, 0, -1e300, 1e300, 0))],
        [(MATRIX, "d", (NAN, 1, 0, 5e5, 1, 2, 0, 4e6, 0, 0, 0, 0, 0, 0, 0, 1))],
        [(MATRIX, "d", (1, 1, 0, 5e5, 1, 1, 0, 4e6, 0, 0, 0, 0, 0, 0, 0, 1))],
        [(TIE_POINTS, "d", (0, 0, 0, 1, 1, 0, 9, 0, 0, 1, 1, 0, 0, 9, 0, 1, 1, 0))],
    ],
)
def test_a_place_that_makes_no_sense_is_none(tmp_path, tags):
    written(tmp_path / "a.tif", PROJECTED, *tags)
    assert place_of(tmp_path / "a.tif") is None
