"""Every shared TIFF against a decoder that shares no code with the reader.

`tests/test_oracle.py` compares with tifffile's full decode, which calls the same codecs.
"""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import openslide
import pytest
import rasterio
import tifffile
from PIL import Image, ImageOps
from rasterio.errors import NotGeoreferencedWarning

from tests.corpus import IMAGES, TIFFS
from tilewright.blobs.local import local_source
from tilewright.engine import Engine
from tilewright.geometry import Size, Window
from tilewright.image import Array, Plane, Source
from tilewright.readers import Reader

WINDOWS = 20
MOST_FRAMES = 16

pytestmark = pytest.mark.skipif(not IMAGES.is_dir(), reason="shared images absent")


def source_of(name: str) -> Source:
    return local_source(str(IMAGES / name))


OTHERS = {
    # GDAL upsamples chroma in its own way, turns CMYK into RGB, and leaves orientation alone.
    "geo/goes.tif": "pillow",
    "slides/CMU-1-Small-Region.svs": "openslide",
    "slides/small.svs": "openslide",
    "tiff/it_cmyk-3c-8b.tiff": "pillow",
    "tiff/it_quad-tile.jpg.tiff": "pillow",
    "tiff/it_tiled-jpeg-rgb-u8.tif": "pillow",
    "tiff/it_tiled-jpeg-ycbcr.tif": "pillow",
    "tiff/orient3.tif": "pillow",
    "tiff/orient6.tif": "pillow",
    "tiff/orient8.tif": "pillow",
}
"""Who tells the truth where GDAL does not."""
NOBODY = {
    "slides/multi-channel-z-series.ome.tif": "its planes have no order but in the XML",
    "tiff/it_tiled-cmyk-i8.tif": "GDAL turns CMYK into RGB, Pillow does not know signed CMYK",
}
"""Left to `tests/test_oracle.py`."""
JPEG_ROUNDING = 2
"""Levels of 255 that two builds of libjpeg-turbo may differ by."""


@pytest.fixture
def open_reader() -> Iterator:
    """Open a source as the engine does; close all at the end."""
    engine, opened = Engine(), []

    def open_one(source: Source) -> Reader:
        opened.append(engine.open_reader(source))
        return opened[-1]

    yield open_one
    for reader in opened:
        reader.close()


def gdal(path: Path, size: Size) -> tuple[Array, Array | None]:
    """Return the pixels of the level of that size, and its mask where the file has one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        for level in range(-1, 16):
            options = {} if level < 0 else {"overview_level": level}
            with rasterio.open(path, **options) as dataset:
                if (dataset.width, dataset.height) != (size.width, size.height):
                    continue
                inner = any(
                    rasterio.enums.MaskFlags.per_dataset in f for f in dataset.mask_flag_enums
                )
                alpha = any(rasterio.enums.MaskFlags.alpha in f for f in dataset.mask_flag_enums)
                mask = dataset.dataset_mask() > 0 if inner and not alpha else None
                return dataset.read(), mask
    raise AssertionError("GDAL has no such level")


def pillow(path: Path, size: Size) -> tuple[Array, None]:
    with Image.open(path) as image:
        for index in range(MOST_FRAMES):
            try:
                image.seek(index)
            except SyntaxError:
                continue  # a mask
            except EOFError:
                break
            shown = ImageOps.exif_transpose(image)
            if shown.size == (size.width, size.height):
                return bands_first(np.asarray(shown)), None
    with tifffile.TiffFile(path) as file:  # Pillow does not go into sub-directories
        orientation = file.pages.first.tags.valueof(274, 1)
        level = next(
            level
            for level in file.series[0].levels
            if {*level.keyframe.shape[:2]} == {size.width, size.height}
        )
        stored = Image.fromarray(level.asarray())
    stored.getexif()[274] = orientation
    return bands_first(np.asarray(ImageOps.exif_transpose(stored))), None


def of_openslide(path: Path, size: Size) -> tuple[Array, None]:
    with openslide.OpenSlide(path) as slide:
        level = slide.level_dimensions.index((size.width, size.height))
        region = slide.read_region((0, 0), level, (size.width, size.height))
        return bands_first(np.asarray(region)[..., :3]), None


ORACLES = {"gdal": gdal, "pillow": pillow, "openslide": of_openslide}


def bands_first(pixels: Array) -> Array:
    return pixels[np.newaxis] if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)


def windows(size: Size, seed: int) -> Sequence[Window]:
    chance = np.random.default_rng(seed)
    found = []
    for _ in range(WINDOWS):
        x, y = int(chance.integers(size.width)), int(chance.integers(size.height))
        # Small ones, as tiles are: most samples are large.
        width, height = (min(300, side) for side in (size.width - x, size.height - y))
        found.append(
            Window(x, y, int(chance.integers(1, width + 1)), int(chance.integers(1, height + 1)))
        )
    return found


def compare(part: Array, truth: Array, tolerance: int) -> None:
    assert part.shape == truth.shape
    if tolerance:
        assert int(np.abs(part.astype(np.int64) - truth.astype(np.int64)).max()) <= tolerance
    else:
        np.testing.assert_array_equal(part, truth)


@pytest.mark.parametrize("name", [name for name in TIFFS if name not in NOBODY])
def test_every_sample_equals_its_oracle(name, open_reader):
    reader = open_reader(source_of(name))
    info = reader.info
    bands = range(len(info.bands))
    oracle = OTHERS.get(name, "gdal")
    tolerance = JPEG_ROUNDING if info.metadata["compression"] == "JPEG" else 0
    for index, level in enumerate(info.levels):
        truth, mask = ORACLES[oracle](IMAGES / name, level.size)
        if oracle == "pillow" and info.masked:
            _, mask = gdal(IMAGES / name, level.size)
        # GDAL widens 16-bit floats, and gives bits as bytes.
        truth = truth.astype(info.dtype)
        for window in (Window.whole(level.size), *windows(level.size, index)):
            place = (slice(window.y, window.bottom), slice(window.x, window.right))
            part, valid = reader.read(index, window, bands=bands, plane=Plane())
            assert part.dtype == np.dtype(info.dtype)
            compare(part, truth[:, *place], tolerance)
            if mask is None:
                assert valid is None
            else:
                np.testing.assert_array_equal(valid, mask[place])
