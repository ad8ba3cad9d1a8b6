"""Tiled, deflated TIFF that keeps dtype and bands, with the mask as GDAL's internal mask page.

A raster that lies on the earth becomes a GeoTIFF.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import tifffile

from tilewright.encode import RasterEncoder, Strips
from tilewright.encode.geotiff import GeoTags, geo_tags
from tilewright.errors import EncodeError
from tilewright.geometry import Grid, Size
from tilewright.image import Array, Encoded, Mask, Raster
from tilewright.request import Compression, Encoding

MEDIA_TYPE = "image/tiff"
MAX_BANDS = 65_535

_TILE = (256, 256)
_LEVELS = {"deflate": {"level": 1}, "zstd": {"level": 1}}
"""Of deflate: half as fast again as the usual 6, files at most a few per cent larger."""
_CODES = {"deflate": "adobe_deflate", "lzw": "lzw", "zstd": "zstd", "none": None}
_PREDICTORS = {"u": 2, "i": 2, "f": 3}
"""Differences for integers, differences of bytes for floats; none for bool and complex."""
_DTYPES = frozenset(
    ["bool", "float16", "float32", "float64", "complex64", "complex128"]
    + [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
)
_MASK_SUBFILE, _MASK_PHOTOMETRIC = 4, 4
_RGB = 3


def _encode(raster: Raster, encoding: Encoding) -> Encoded:
    return Encoded(write_tiff(raster, encoding.compression), MEDIA_TYPE, raster.grid.size)


def write_tiff(raster: Raster, compression: Compression = "deflate") -> bytes:
    """Return the whole file. Raises EncodeError."""
    data = raster.data
    page = _Page.of(data.dtype, len(data), raster.grid, compression)
    file = BytesIO()
    with _writer(file, raster.grid.size, data) as writer:
        page.write(writer, data[0] if len(data) == 1 else np.moveaxis(data, *page.order))
        if raster.mask is not None:
            _mask_page(compression).write(writer, raster.mask)
    return file.getvalue()


def _write(strips: Strips, encoding: Encoding, file: BinaryIO) -> None:
    """Write the tiles of each strip as it comes; the mask after them, kept at a bit each."""
    first = next(strips.rasters)
    size, bands, compression = strips.grid.size, len(first.data), encoding.compression
    page = _Page.of(first.data.dtype, bands, strips.grid, compression)
    if page.planarconfig == "separate":
        raise EncodeError("so large a TIFF cannot hold several bands of bits")
    masks: list[_PackedMask] = []

    def tiles() -> Iterator[Array]:
        for raster in chain([first], strips.rasters):
            masks.append(_PackedMask.of(raster))
            data = raster.data[0] if bands == 1 else np.moveaxis(raster.data, *page.order)
            yield from _tiles(data)

    shape = (size.height, size.width) + (() if bands == 1 else (bands,))
    with _writer(file, size, first.data) as writer:
        page.write(writer, tiles(), shape, first.data.dtype)
        if any(mask.bits is not None for mask in masks):
            unpacked = (tile for mask in masks for tile in _tiles(mask.unpacked()))
            _mask_page(compression).write(writer, unpacked, shape[:2], np.dtype(np.bool_))


def _tiles(data: Array) -> Iterator[Array]:
    """Yield the tiles of an array (y, x) or (y, x, band), row by row; those at edges are smaller."""
    height, width = _TILE
    for top in range(0, data.shape[0], height):
        for left in range(0, data.shape[1], width):
            yield np.ascontiguousarray(data[top : top + height, left : left + width])


@dataclass(frozen=True, slots=True)
class _PackedMask:
    """Where a strip is valid, eight pixels a byte."""

    shape: tuple[int, int]
    bits: npt.NDArray[np.uint8] | None
    """None: everywhere."""

    @classmethod
    def of(cls, raster: Raster) -> "_PackedMask":
        shape = raster.data.shape[1], raster.data.shape[2]
        return cls(shape, None if raster.mask is None else np.packbits(raster.mask, axis=1))

    def unpacked(self) -> Mask:
        if self.bits is None:
            return np.ones(self.shape, np.bool_)
        return np.unpackbits(self.bits, axis=1, count=self.shape[1]).astype(np.bool_)


@dataclass(frozen=True, slots=True)
class _Page:
    """How a page is written."""

    compression: Compression
    photometric: int | str
    planarconfig: str | None = None
    extrasamples: tuple[str, ...] = ()
    predictor: int | None = None
    subfiletype: int = 0
    extratags: GeoTags = ()

    @classmethod
    def of(cls, dtype: np.dtype[Any], bands: int, grid: Grid, compression: Compression) -> "_Page":
        """Return how values are written. Raises EncodeError."""
        if dtype.name not in _DTYPES:
            raise EncodeError(f"TIFF cannot hold values of type {dtype.name}")
        if bands > MAX_BANDS:
            raise EncodeError(f"a TIFF has at most {MAX_BANDS:,} bands")
        colour = dtype == np.uint8 and bands in {_RGB, _RGB + 1}
        # tifffile packs the bits of several bands rightly only when the bands lie apart.
        several = "separate" if dtype == np.bool_ else "contig"
        # What a further band means, alpha or infrared, a raster does not tell; nor then do we.
        extra = bands - (_RGB if colour else 1)
        return cls(
            compression,
            photometric="rgb" if colour else "minisblack",
            planarconfig=None if bands == 1 else several,
            extrasamples=("unspecified",) * extra,
            predictor=None if compression == "none" else _PREDICTORS.get(dtype.kind),
            extratags=geo_tags(grid),
        )

    @property
    def order(self) -> tuple[int, int]:
        """From where to where the axis of bands is moved."""
        return (0, 0) if self.planarconfig == "separate" else (0, -1)

    def write(
        self,
        writer: tifffile.TiffWriter,
        data: Array | Iterator[Array],
        shape: tuple[int, ...] | None = None,
        dtype: np.dtype[Any] | None = None,
    ) -> None:
        """Write an array; or its tiles, of so large an array."""
        writer.write(
            data,
            shape=shape,
            dtype=dtype,
            photometric=self.photometric,
            planarconfig=self.planarconfig,
            extrasamples=self.extrasamples or None,
            predictor=self.predictor,
            subfiletype=self.subfiletype,
            tile=_TILE,
            compression=_CODES[self.compression],
            compressionargs=_LEVELS.get(self.compression),
            extratags=self.extratags,
            metadata=None,
            software="tilewright",
            maxworkers=1,
        )


def _mask_page(compression: Compression) -> _Page:
    return _Page(compression, photometric=_MASK_PHOTOMETRIC, subfiletype=_MASK_SUBFILE)


def _writer(file: BinaryIO, size: Size, data: Array) -> tifffile.TiffWriter:
    """Return a writer of a file of that size, of values such as those."""
    big = _is_big((len(data), size.height, size.width), data.itemsize)
    # A temporary file's own name is a number, which tifffile cannot take.
    named = tifffile.FileHandle(file, name="answer.tif")
    return tifffile.TiffWriter(named, bigtiff=big, byteorder="<")


def _is_big(shape: tuple[int, int, int], value_bytes: int) -> bool:
    """Tell whether the file may pass 4 GiB: a quarter more is for the mask and for noise."""
    bands, height, width = shape
    across, down = -(-width // _TILE[1]), -(-height // _TILE[0])
    padded = bands * across * down * _TILE[0] * _TILE[1] * value_bytes
    return padded * 5 > 4 << 32


ENCODER = RasterEncoder(
    name="tiff",
    media_type=MEDIA_TYPE,
    suffixes=("tif", "tiff", "tiled"),
    encode=_encode,
    write=_write,
)
"""8-bit rasters of 3 or 4 bands are RGB, all others grey with further bands; pixel-interleaved,
except bool. bool is written with 1 bit and float16 with 16; both come back as they were (GDAL
shows them as uint8 and float32). A mask is a second page, 1 bit, set where valid. The CRS and the
affine of a grid on the earth are written as GeoTIFF 1.1 (OGC 19-008) has them."""
