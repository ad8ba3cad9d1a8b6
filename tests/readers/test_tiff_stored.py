"""Stored tiles handed out untouched: what a browser shows is what the reader reads."""

import io
import struct

import imagecodecs
import numpy as np
import pytest
import rasterio
import tifffile
from PIL import Image

from tests.readers.tiffs import (
    by_gdal,
    gdal_file,
    interleaved,
    joined,
    near,
    open_bytes,
    ramps,
    written,
)
from tilewright.geometry import Window
from tilewright.image import Array, Encoded, Plane

SIDE = 64
WIDTH, HEIGHT = 3 * SIDE, 2 * SIDE
PIXELS = ramps(width=WIDTH, height=HEIGHT)

CHROMA_ROUNDING = 2
"""Pillow and imagecodecs bring builds of libjpeg-turbo of their own, whose upsampling of
chroma may round in different ways; without chroma they are equal."""


def gdal_jpeg(bands: int = 3, **options) -> bytes:
    settings = {"compress": "JPEG", "interleave": "PIXEL", "tiled": True, "jpeg_quality": 90}
    pixels = options.pop("pixels", ramps(bands, width=WIDTH, height=HEIGHT))
    return by_gdal(pixels, blockxsize=SIDE, blockysize=SIDE, **settings, **options)


def tifffile_tiles(compression: str, bands: int = 3, **options) -> bytes:
    pixels = ramps(bands, width=WIDTH, height=HEIGHT)
    options.setdefault("photometric", "rgb" if bands == 3 else "minisblack")
    return written(
        lambda writer: writer.write(
            interleaved(pixels),
            tile=(SIDE, SIDE),
            compression=compression,
            metadata=None,
            **options,
        )
    )


def jpeg_tiles(photometric: int, *, marker: bytes = b"", colorspace: str) -> bytes:
    """Write tiles encoded in the test, so that any marker can stand in them."""
    tiles = [
        imagecodecs.jpeg_encode(
            interleaved(PIXELS[:, y : y + SIDE, x : x + SIDE]),
            level=90,
            colorspace="RGB",
            outcolorspace=colorspace,
        )
        for y in range(0, HEIGHT, SIDE)
        for x in range(0, WIDTH, SIDE)
    ]
    tiles = [tile[:2] + marker + without_markers(tile[2:]) for tile in tiles]
    return written(
        lambda writer: writer.write(
            iter(tiles),
            shape=(HEIGHT, WIDTH, 3),
            dtype=np.uint8,
            tile=(SIDE, SIDE),
            photometric=photometric,
            compression="jpeg",
            compressionargs={"outcolorspace": "RGB" if photometric == 2 else "YCBCR"},
            metadata=None,
        )
    )


def without_markers(coded: bytes) -> bytes:
    """Drop the application markers, by which decoders tell colours."""
    while 0xE0 <= coded[1] <= 0xEF:
        (length,) = struct.unpack_from(">H", coded, 2)
        coded = coded[2 + length :]
    return coded


ADOBE = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00"

JPEGS = {
    "grey, shared tables": lambda: gdal_jpeg(1),
    "RGB, shared tables": lambda: gdal_jpeg(photometric="RGB"),
    "YCbCr, shared tables": lambda: gdal_jpeg(photometric="YCBCR"),
    "grey, whole": lambda: tifffile_tiles("jpeg", 1),
    "YCbCr, whole": lambda: tifffile_tiles("jpeg"),
    "RGB, no marker": lambda: jpeg_tiles(2, colorspace="RGB"),
    "RGB, Adobe's marker": lambda: jpeg_tiles(2, marker=ADOBE + b"\0", colorspace="RGB"),
    "YCbCr, no marker": lambda: jpeg_tiles(6, colorspace="YCBCR"),
    "YCbCr, Adobe's marker": lambda: jpeg_tiles(6, marker=ADOBE + b"\1", colorspace="YCBCR"),
}


def tile_and_pixels(data: bytes, column: int, row: int, format: str) -> tuple[Encoded, Array]:
    reader = open_bytes(data)
    encoded = reader.encoded_tile(0, column, row, format=format, plane=Plane())
    assert encoded is not None
    window = Window(column * SIDE, row * SIDE, SIDE, SIDE)
    pixels, _ = reader.read(0, window, bands=range(len(reader.info.bands)), plane=Plane())
    return encoded, pixels


def shown(encoded: Encoded) -> Array:
    with Image.open(io.BytesIO(encoded.data)) as image:
        assert image.size == (encoded.size.width, encoded.size.height)
        pixels = np.asarray(image)
    return pixels[np.newaxis] if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)


@pytest.mark.parametrize("name", JPEGS)
@pytest.mark.parametrize(("column", "row"), [(0, 0), (2, 1)])
def test_jpeg(name, column, row):
    encoded, pixels = tile_and_pixels(JPEGS[name](), column, row, "jpeg")
    assert encoded.media_type == "image/jpeg"
    near(shown(encoded), pixels, CHROMA_ROUNDING if "YCbCr" in name else 0)
    truth = PIXELS[
        : len(pixels), row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE
    ]
    assert np.abs(pixels.astype(int) - truth).mean() < 3, "the colours are those written"


@pytest.mark.parametrize("lossless", [True, False])
def test_webp(lossless):
    data = tifffile_tiles("webp", compressionargs={"lossless": lossless, "level": 80})
    encoded, pixels = tile_and_pixels(data, 1, 1, "webp")
    assert encoded.media_type == "image/webp"
    np.testing.assert_array_equal(shown(encoded), pixels)


def test_each_page_brings_its_own_tables():
    pages = [gdal_jpeg(1, pixels=ramps(1, width=SIDE, height=SIDE))]
    other = by_gdal(
        ramps(1, width=SIDE, height=SIDE),
        compress="JPEG",
        tiled=True,
        blockxsize=SIDE,
        blockysize=SIDE,
        jpeg_quality=20,
    )
    reader = open_bytes(joined(pages[0], other))
    for index in range(2):
        plane = Plane.of({"frame": index})
        encoded = reader.encoded_tile(0, 0, 0, format="jpeg", plane=plane)
        pixels, _ = reader.read(0, Window(0, 0, SIDE, SIDE), bands=[0], plane=plane)
        np.testing.assert_array_equal(shown(encoded), pixels)


def masked() -> bytes:
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), gdal_file() as memory:
        with memory.open(
            driver="GTiff",
            width=WIDTH,
            height=HEIGHT,
            count=3,
            dtype="uint8",
            compress="JPEG",
            tiled=True,
            blockxsize=SIDE,
            blockysize=SIDE,
            interleave="pixel",
        ) as dataset:
            dataset.write(PIXELS)
            dataset.write_mask(PIXELS[0] > 90)
        return bytes(memory.read())


SPARSE = np.zeros((1, HEIGHT, WIDTH), np.uint8)
SPARSE[:, :, SIDE:] = 9


def separate() -> bytes:
    return by_gdal(
        PIXELS, compress="JPEG", interleave="BAND", tiled=True, blockxsize=SIDE, blockysize=SIDE
    )


def other_size() -> bytes:
    small = imagecodecs.jpeg_encode(interleaved(PIXELS[:, : SIDE // 2, :SIDE]))
    return written(
        lambda writer: writer.write(
            iter([small]),
            shape=(SIDE, SIDE, 3),
            dtype=np.uint8,
            tile=(SIDE, SIDE),
            photometric="rgb",
            compression="jpeg",
            metadata=None,
        )
    )


REFUSED = {
    "orientation": lambda: tifffile_tiles("jpeg", extratags=[(274, "H", 1, 6, True)]),
    "a mask": masked,
    "nodata": lambda: gdal_jpeg(1, nodata=0),
    "separate planes": separate,
    "a tile left out": lambda: gdal_jpeg(1, pixels=SPARSE, sparse_ok=True),
    "alpha": lambda: gdal_jpeg(4),
    "another codec": lambda: tifffile_tiles("deflate"),
    "YCbCr by its marker, RGB by its tag": lambda: jpeg_tiles(
        2, marker=ADOBE + b"\1", colorspace="RGB"
    ),
    "a JPEG of another size": other_size,
}


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_is_handed_out_where_pixels_would_differ(name):
    reader = open_bytes(REFUSED[name]())
    assert reader.encoded_tile(0, 0, 0, format="jpeg", plane=Plane()) is None


@pytest.mark.parametrize(("compression", "format"), [("jpeg", "webp"), ("webp", "jpeg")])
def test_another_format_than_asked(compression, format):
    reader = open_bytes(tifffile_tiles(compression))
    assert reader.encoded_tile(0, 0, 0, format=format, plane=Plane()) is None


def test_tiles_that_reach_over_the_edge():
    data = by_gdal(
        ramps(width=SIDE + 9, height=SIDE + 9),
        compress="JPEG",
        interleave="PIXEL",
        tiled=True,
        blockxsize=SIDE,
        blockysize=SIDE,
    )
    reader = open_bytes(data)
    tiles = {
        (column, row): reader.encoded_tile(0, column, row, format="jpeg", plane=Plane())
        for column in range(2)
        for row in range(2)
    }
    assert [place for place, tile in tiles.items() if tile] == [(0, 0)]


def test_strips_are_no_tiles():
    data = by_gdal(PIXELS, compress="JPEG", interleave="PIXEL")
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        assert not file.pages.first.is_tiled
    assert open_bytes(data).encoded_tile(0, 0, 0, format="jpeg", plane=Plane()) is None
