"""Layers whose places on the earth are known, for the tests of the faces of maps."""

import numpy as np

from tilewright.geo import Geo
from tilewright.geometry import Affine, Size
from tilewright.image import Band, ImageInfo, Level
from tilewright.web.maps.layer import Layer

UTM = Affine(30.0, 0.0, 300_000.0, 0.0, -30.0, 4_500_000.0)
DATELINE = Affine(100.0, 0.0, 500_000.0, 0.0, -100.0, 5_800_000.0)
EARTH = Affine(0.1, 0.0, -180.0, 0.0, -0.1, 90.0)


def layer_of(name, crs, affine, width, height, **kwargs):
    """Return a layer of three bands without a file."""
    size = Size(width, height)
    level = Level(size, (1.0, 1.0), Size(256, 256))
    bands = (Band("red"), Band("green"), Band("blue"))
    info = ImageInfo(size, (level,), bands, "uint8", "tiff", geo=Geo(crs, affine))
    return Layer(name, kwargs.pop("title", name), info, **kwargs)


def utm(**kwargs):
    """Return 60 by 45 km in Pennsylvania."""
    return layer_of("utm", "EPSG:32618", UTM, 2000, 1500, **kwargs)


def dateline():
    """Return an image from 177 degrees east to 180 and beyond."""
    return layer_of("dateline", "EPSG:32660", DATELINE, 2325, 2355)


def earth():
    """Return the whole earth."""
    return layer_of("earth", "EPSG:4326", EARTH, 3600, 1800)


def write_geotiff(path, *, crs="EPSG:32618", affine=UTM, width=600, height=500):
    """Write a smooth RGB picture and return its pixels, (band, y, x)."""
    import rasterio  # noqa: PLC0415 - as the library does, only when needed
    from rasterio.transform import Affine as Transform  # noqa: PLC0415

    rows, columns = np.mgrid[0:height, 0:width]
    pixels = np.stack(
        [columns * 255 / width, rows * 255 / height, 128 + 100 * np.sin(columns / 40)]
    ).astype(np.uint8)
    numbers = (affine.a, affine.b, affine.c, affine.d, affine.e, affine.f)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=width,
        height=height,
        count=3,
        dtype="uint8",
        crs=crs,
        transform=Transform(*numbers),
        tiled=True,
        blockxsize=256,
        blockysize=256,
        photometric="RGB",
    ) as file:
        file.write(pixels)
    return pixels
