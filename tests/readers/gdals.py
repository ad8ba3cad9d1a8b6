"""Small files of GDAL's formats, written by rasterio, and how to open them."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.control import GroundControlPoint
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine

from tilewright.blobs.local import LocalBlob, local_source
from tilewright.config import Config
from tilewright.image import Array
from tilewright.readers import ChunkStore, Driver, NoChunkStore, Opening
from tilewright.readers.gdal import DRIVER
from tilewright.readers.gdal.reader import GdalReader

WIDTH, HEIGHT = 301, 283
UTM = Affine(10, 0, 500_000, 0, -10, 4_000_000)
ROTATED = Affine(9, -3, 500_000, -3, -9, 4_000_000)
CORNERS = [
    GroundControlPoint(row=row, col=column, x=500_000 + 10 * column, y=4_000_000 - 10 * row)
    for row, column in ((0, 0), (0, WIDTH), (HEIGHT, 0), (HEIGHT, WIDTH))
]


def open_file(
    path: Path,
    *,
    driver: Driver = DRIVER,
    config: Config | None = None,
    chunks: ChunkStore | None = None,
    associated: str | None = None,
) -> GdalReader:
    source = local_source(path)
    if associated is not None:
        source = source.with_option("associated", associated)
    blob = LocalBlob(source.uri)
    try:
        reader = driver.open(Opening(source, blob, config or Config(), chunks or NoChunkStore()))
    except BaseException:
        blob.close()
        raise
    assert isinstance(reader, GdalReader)
    return reader


def noise(dtype: str, bands: int, *, width: int = WIDTH, height: int = HEIGHT) -> Array:
    """Random values, (band, y, x)."""
    chance = np.random.default_rng(bands)
    if np.dtype(dtype).kind == "f":
        return chance.integers(-9999, 9999, (bands, height, width)).astype(dtype)
    top = min(np.iinfo(dtype).max, 30_000)
    return chance.integers(0, top, (bands, height, width)).astype(dtype)


def copy(path: Path, pixels: Array, driver: str, *, creation: str = "", **options: Any) -> Path:
    """Write (band, y, x) in a format that GDAL only copies to; ``creation`` is NAME=VALUE …."""
    between = write(path.with_name("between.tif"), pixels, "GTiff", **options)
    with rasterio.Env(GDAL_PAM_ENABLED="NO"):
        rasterio.shutil.copy(
            between, path, driver=driver, **dict(pair.split("=") for pair in creation.split())
        )
    between.unlink()
    return path


def write(
    path: Path,
    pixels: Array,
    driver: str,
    *,
    overviews: list[int] | None = None,
    mask: Array | None = None,
    descriptions: list[str] | None = None,
    scales: list[float] | None = None,
    offsets: list[float] | None = None,
    colormap: dict[int, tuple[int, int, int, int]] | None = None,
    **options: Any,
) -> Path:
    """Write (band, y, x); the keyword arguments that are not named are rasterio's and GDAL's."""
    bands, height, width = pixels.shape
    with warnings.catch_warnings(), rasterio.Env(GDAL_PAM_ENABLED="NO"):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path,
            "w",
            driver=driver,
            width=width,
            height=height,
            count=bands,
            dtype=pixels.dtype,
            **options,
        ) as dataset:
            dataset.write(pixels)
            if mask is not None:
                dataset.write_mask(mask)
            if colormap is not None:
                dataset.write_colormap(1, colormap)
            for index, text in enumerate(descriptions or [], 1):
                dataset.set_band_description(index, text)
            if scales is not None:
                dataset.scales = scales
            if offsets is not None:
                dataset.offsets = offsets
        if overviews:
            with rasterio.open(path, "r+") as dataset:
                dataset.build_overviews(overviews, rasterio.enums.Resampling.nearest)
    return path
