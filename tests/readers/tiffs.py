"""Small TIFFs of every kind, made in memory, and what independent decoders make of them."""

import io
import struct
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tifffile
from PIL import Image, ImageOps
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile

from tilewright.blobs.memory import MemoryBlob
from tilewright.config import Config, Limits
from tilewright.geometry import Window
from tilewright.image import Array, Plane, Source
from tilewright.readers import ChunkStore, NoChunkStore, Opening
from tilewright.readers.tiff import DRIVER
from tilewright.readers.tiff.reader import TiffReader

WIDTH, HEIGHT = 75, 53
TILE = (32, 16)
"""Height and width, so that a swap of the two shows."""


@dataclass(frozen=True)
class Made:
    """A file and the truth about it."""

    data: bytes
    levels: Sequence[Array]
    """(band, y, x) of each level of the first plane."""
    tolerance: int = 0
    planes: dict[Plane, Array] = field(default_factory=dict)
    """(band, y, x) of level 0 at further planes."""


def open_bytes(
    data: bytes,
    *,
    limits: Limits | None = None,
    chunks: ChunkStore | None = None,
    associated: str | None = None,
) -> TiffReader:
    source = Source("memory", "1")
    if associated is not None:
        source = source.with_option("associated", associated)
    reader = DRIVER.open(
        Opening(
            source, MemoryBlob(data), Config(limits=limits or Limits()), chunks or NoChunkStore()
        )
    )
    assert isinstance(reader, TiffReader)
    return reader


def written(make: Callable[[tifffile.TiffWriter], None], **options: Any) -> bytes:
    file = io.BytesIO()
    with tifffile.TiffWriter(file, **options) as writer:
        make(writer)
    return file.getvalue()


@contextmanager
def gdal_file(data: bytes = b"") -> Iterator[MemoryFile]:
    """Give GDAL a file in memory; that it lies nowhere on earth is no news."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with MemoryFile(data) as memory:
            yield memory


def by_gdal(pixels: Array, *, nodata: float | None = None, **options: Any) -> bytes:
    """Write (band, y, x) by GDAL, with its creation options."""
    bands, height, width = pixels.shape
    with gdal_file() as memory:
        with memory.open(
            driver="GTiff",
            width=width,
            height=height,
            count=bands,
            dtype=pixels.dtype,
            nodata=nodata,
            **options,
        ) as dataset:
            dataset.write(pixels)
        return bytes(memory.read())


def gdal_read(data: bytes) -> Array:
    with gdal_file(data) as memory, memory.open() as dataset:
        return dataset.read()


def noise(
    dtype: str = "uint8",
    bands: int = 3,
    *,
    width: int = WIDTH,
    height: int = HEIGHT,
    bits: int = 0,
    seed: int = 0,
) -> Array:
    """Random values over the whole range of the dtype (or the lowest bits), (band, y, x)."""
    chance = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    shape = (bands, height, width)
    if kind.kind == "b":
        return chance.integers(0, 2, shape).astype(bool)
    if kind.kind == "f":
        return chance.normal(0, 1000, shape).astype(kind)
    top = 2**bits - 1 if bits else np.iinfo(kind).max
    low = 0 if bits else np.iinfo(kind).min
    return chance.integers(low, top, shape, kind, endpoint=True)


def ramps(
    bands: int = 3, *, width: int = WIDTH, height: int = HEIGHT, dtype: str = "uint8"
) -> Array:
    """Gentle slopes that lossy codecs keep, (band, y, x)."""
    y, x = np.mgrid[:height, :width]
    layers = [40 + x * 2 + y, 200 - x - y, 20 + y * 3 + x // 2, 30 + x + y * 2]
    return np.stack([layers[band % 4] for band in range(bands)]).astype(dtype)


def halved(pixels: Array) -> Array:
    return pixels[:, ::2, ::2]


def interleaved(pixels: Array) -> Array:
    """(band, y, x) as tifffile takes it: (y, x) or (y, x, band)."""
    return pixels[0] if len(pixels) == 1 else np.ascontiguousarray(np.moveaxis(pixels, 0, -1))


def check(made: Made) -> TiffReader:
    """Read all levels and planes, whole and in windows, and compare with the truth."""
    reader = open_bytes(made.data)
    info = reader.info
    assert [level.size.height for level in info.levels] == [a.shape[1] for a in made.levels]
    assert [level.size.width for level in info.levels] == [a.shape[2] for a in made.levels]
    assert len(info.bands) == len(made.levels[0])
    for level, truth in enumerate(made.levels):
        check_level(reader, level, truth, made.tolerance)
    for plane, truth in made.planes.items():
        check_level(reader, 0, truth, made.tolerance, plane)
    return reader


def check_level(
    reader: TiffReader, level: int, truth: Array, tolerance: int, plane: Plane | None = None
) -> None:
    """Compare a whole level, 20 seeded random windows of it, and subsets of its bands."""
    where = plane or Plane()
    bands = range(len(truth))
    pixels, _ = reader.read(
        level, Window.whole(reader.info.levels[level].size), bands=bands, plane=where
    )
    assert pixels.dtype == truth.dtype == np.dtype(reader.info.dtype)
    near(pixels, truth, tolerance)
    chance = np.random.default_rng(level)
    height, width = truth.shape[1:]
    for index in range(20):
        x, y = int(chance.integers(width)), int(chance.integers(height))
        window = Window(
            x, y, int(chance.integers(1, width - x + 1)), int(chance.integers(1, height - y + 1))
        )
        some = [*bands] if index % 2 else [int(b) for b in chance.permutation(len(truth))]
        some = some[: 1 + index % len(some)]
        part, _ = reader.read(level, window, bands=some, plane=where)
        np.testing.assert_array_equal(
            part, pixels[some, window.y : window.bottom, window.x : window.right]
        )


def near(pixels: Array, truth: Array, tolerance: int) -> None:
    assert pixels.shape == truth.shape
    if not tolerance:
        np.testing.assert_array_equal(pixels, truth)
        return
    assert int(np.abs(pixels.astype(np.int64) - truth.astype(np.int64)).max()) <= tolerance


def mask_of(data: bytes, *, overview: int | None = None) -> Array:
    """Return GDAL's mask of all bands, True where valid."""
    options = {} if overview is None else {"OVERVIEW_LEVEL": overview}
    with gdal_file(data) as memory, memory.open(**options) as dataset:
        return np.asarray(dataset.dataset_mask()) > 0


def shown(pixels: Array, orientation: int) -> Array:
    """Turn (band, y, x) as Pillow turns a picture of that orientation."""
    image = Image.fromarray(interleaved(pixels))
    image.getexif()[274] = orientation
    return np.moveaxis(np.asarray(ImageOps.exif_transpose(image)), -1, 0)


def joined(first: bytes, second: bytes) -> bytes:
    """Append a classic little-endian TIFF as the next page of another."""
    base = len(first) + len(first) % 2
    out = bytearray(first.ljust(base, b"\0"))
    moved = bytearray(second)
    (directory,) = struct.unpack_from("<I", second, 4)
    (count,) = struct.unpack_from("<H", second, directory)
    for entry in range(directory + 2, directory + 2 + 12 * count, 12):
        code, kind, number, value = struct.unpack_from("<HHII", second, entry)
        size = number * struct.calcsize(tifffile.TIFF.DATA_FORMATS[kind])
        if size > 4:
            struct.pack_into("<I", moved, entry + 8, value + base)
            if code in {273, 324}:
                places = struct.unpack_from(f"<{number}I", second, value)
                struct.pack_into(f"<{number}I", moved, value, *(place + base for place in places))
        elif code in {273, 324}:
            struct.pack_into("<I", moved, entry + 8, value + base)
    (at,) = struct.unpack_from("<I", first, 4)
    (count,) = struct.unpack_from("<H", first, at)
    struct.pack_into("<I", out, at + 2 + 12 * count, directory + base)
    return bytes(out + moved)
