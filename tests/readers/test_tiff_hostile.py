"""Damaged and hostile TIFFs: a typed error or right-shaped pixels, soon, in bounded memory."""

import contextlib
import io
import lzma
import os
import random
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable

import imagecodecs
import numpy as np
import pytest
import tifffile

from tests.readers.tiffs import (
    by_gdal,
    interleaved,
    noise,
    open_bytes,
    ramps,
    written,
)
from tilewright.config import Limits
from tilewright.errors import (
    CorruptSourceError,
    LimitError,
    TilewrightError,
    UnsupportedSourceError,
)
from tilewright.geometry import Window
from tilewright.image import Plane
from tilewright.readers.tiff.reader import TiffReader

LONGEST_S = 120.0
"""Of the processor's time. Alone none takes more than 3, on a machine whose caches others fill
tifffile's search among 8,000 directories has taken 15. What is not bounded takes far longer."""
SIDE = 64


def read_some(reader: TiffReader) -> None:
    """Read a corner of each level, as a tile would."""
    bands = range(len(reader.info.bands))
    for index, level in enumerate(reader.info.levels):
        width, height = min(300, level.size.width), min(300, level.size.height)
        window = Window(level.size.width - width, level.size.height - height, width, height)
        pixels, mask = reader.read(index, window, bands=bands, plane=Plane())
        assert pixels.shape == (len(bands), height, width)
        assert pixels.dtype == np.dtype(reader.info.dtype)
        assert mask is None or mask.shape == (height, width)


def directory(at: int, width: int, *, sub: int = 0, description: bytes = b"") -> bytes:
    """Return an empty page 8 pixels high, by hand, for that place in a file; no link yet."""
    entries = [(256, 3, 1, width), (257, 3, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1)]
    entries += [(262, 3, 1, 1), (273, 4, 1, 0), (277, 3, 1, 1), (278, 3, 1, 8), (279, 4, 1, 0)]
    after = at + 2 + 12 * (len(entries) + bool(sub) + bool(description)) + 4
    if description:
        entries.append((270, 2, len(description), after))
    if sub:
        entries.append((330, 4, sub, after))
    coded = [struct.pack("<HHII", *entry) for entry in sorted(entries)]
    return struct.pack("<H", len(coded)) + b"".join(coded)


def pages(sizes: list[int], *, sub: int = 0, description: bytes = b"") -> bytes:
    """Chain a page of each width; the first one may have sub-directories."""
    out = bytearray(b"II*\0" + struct.pack("<I", 8))
    for index, width in enumerate(sizes):
        own = directory(len(out), width, sub=sub, description=description)
        after = len(out) + len(own) + 4
        tail = bytearray(description)
        if sub:
            length = len(directory(0, width)) + 4
            first = after + 4 * sub
            tail += struct.pack(f"<{sub}I", *(first + length * inner for inner in range(sub)))
            tail += (directory(0, width) + bytes(4)) * sub
        last = index == len(sizes) - 1
        out += own + struct.pack("<I", 0 if last else after + len(tail)) + tail
    return bytes(out)


def shared_subdirectory() -> bytes:
    """Sub-directories that are one and the same, of 4096 entries."""
    data = bytearray(pages([8], sub=5000))
    start = data.index(struct.pack("<HHI", 330, 4, 5000)) + 12 + 4
    struct.pack_into("<5000I", data, start, *[len(data)] * 5000)
    return bytes(data) + struct.pack("<H", 4096) + bytes(12 * 4096)


def ring() -> bytes:
    data = bytearray(pages([8, 9, 10]))
    struct.pack_into("<I", data, len(data) - 4, 8)
    return bytes(data)


def claiming_planes(count: int) -> bytes:
    """An OME-TIFF of one page whose XML claims more."""
    pixels = noise(bands=1)
    first = written(
        lambda writer: writer.write(pixels, photometric="minisblack", metadata={"axes": "ZYX"}),
        ome=True,
    )
    with tifffile.TiffFile(io.BytesIO(first)) as file:
        xml = file.ome_metadata.replace('SizeZ="1"', f'SizeZ="{count}"')
    return written(
        lambda writer: writer.write(
            pixels[0], photometric="minisblack", description=xml, metadata=None
        )
    )


def patched(data: bytes, code: int, value: int) -> bytes:
    """Return a one-page classic TIFF with the first value of a tag replaced."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tag = file.pages.first.tags[code]
    out = bytearray(data)
    kind = tifffile.TIFF.DATA_FORMATS[tag.dtype]
    struct.pack_into(f"<{kind[-1]}", out, tag.valueoffset, value)
    return bytes(out)


def as_long(data: bytes, code: int, value: int) -> bytes:
    """Return a classic TIFF with a tag made one 32-bit number."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tag = file.pages.first.tags[code]
    out = bytearray(data)
    struct.pack_into("<HHII", out, tag.offset, code, 4, 1, value)
    return bytes(out)


def tile(coded: bytes, compression: int | str, side: int = SIDE, bands: int = 3) -> bytes:
    """A one-tile TIFF with that tile."""
    shape = (side, side, bands) if bands > 1 else (side, side)
    return written(
        lambda writer: writer.write(
            iter([coded]),
            shape=shape,
            dtype=np.uint8,
            tile=(side, side),
            photometric="rgb" if bands == 3 else "minisblack",
            compression=compression,
            metadata=None,
        )
    )


PLAIN = by_gdal(ramps(1, width=SIDE, height=SIDE), tiled=True, blockxsize=SIDE, blockysize=SIDE)
STRIPPED = by_gdal(ramps(1, width=SIDE, height=SIDE))


def huge_sides() -> bytes:
    return as_long(as_long(PLAIN, 256, 2**31), 257, 2**31)


OPENING: dict[str, tuple[Callable[[], bytes], type[TilewrightError]]] = {
    "no directory": (lambda: b"II*\0\0\0\0\0", CorruptSourceError),
    "a directory past the end": (lambda: b"II*\0\xff\xff\0\0", CorruptSourceError),
    "a directory of more entries than bytes": (
        lambda: b"II\x2b\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**62),
        CorruptSourceError,
    ),
    "a ring of directories": (ring, CorruptSourceError),
    "a directory that follows itself": (
        lambda: pages([8])[:-4] + struct.pack("<I", 8),
        CorruptSourceError,
    ),
    "a million pages": (lambda: pages([8] * 1_000_000), LimitError),
    "ten thousand pages that differ": (lambda: pages([*range(1, 10_001)]), UnsupportedSourceError),
    "a million sub-directories": (lambda: pages([8], sub=1_000_000), LimitError),
    "fifty thousand sub-directories": (lambda: pages([8], sub=50_000), UnsupportedSourceError),
    "sub-directories that share their entries": (shared_subdirectory, UnsupportedSourceError),
    "two thousand series of tifffile": (
        lambda: pages([8] * 2000, description=b'{"shape": [8, 8]}\0'),
        UnsupportedSourceError,
    ),
    "a billion planes in the XML": (lambda: claiming_planes(10**9), LimitError),
    "2³¹ × 2³¹ pixels": (huge_sides, LimitError),
    "no pixels": (lambda: as_long(PLAIN, 257, 0), CorruptSourceError),
    "an unknown compression": (lambda: patched(PLAIN, 259, 34676), UnsupportedSourceError),
}


@pytest.mark.parametrize("name", OPENING)
def test_opening_refuses(name):
    make, error = OPENING[name]
    data = make()
    start = time.thread_time()
    with pytest.raises(error):
        open_bytes(data)
    assert time.thread_time() - start < LONGEST_S


LARGEST = {
    "the most pages": lambda: pages([8] * 65_536),
    "the most kinds of pages": lambda: pages([*range(1, 513)]),
    "the most mixed pages": lambda: pages([8, 9] * 4000),
    "the most sub-directories": lambda: pages([8], sub=7_999),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGEST)
def test_what_is_just_allowed_takes_seconds(name):
    data = LARGEST[name]()
    start = time.thread_time()
    open_bytes(data)
    assert time.thread_time() - start < LONGEST_S


READING: dict[str, tuple[Callable[[], bytes], type[TilewrightError]]] = {
    "a tile past the end": (lambda: patched(PLAIN, 324, 2**31), CorruptSourceError),
    "a tile of 4 GiB": (lambda: patched(tile(b"x" * 99, 8), 325, 2**32 - 1), LimitError),
    "a strip past the end": (lambda: patched(STRIPPED, 273, 2**31), CorruptSourceError),
    "a tile of 2³⁰ × 2³⁰ pixels": (
        lambda: as_long(as_long(PLAIN, 322, 2**30), 323, 2**30),
        LimitError,
    ),
    "fewer tiles than the size asks for": (
        lambda: as_long(as_long(PLAIN, 256, 90_000), 257, 90_000),
        CorruptSourceError,
    ),
    "noise as JPEG": (
        lambda: tile(b"\xff\xd8" + random.Random(7).randbytes(99), 7),
        CorruptSourceError,
    ),
    "a JPEG smaller than its tile": (
        lambda: tile(imagecodecs.jpeg_encode(np.zeros((8, 8, 3), np.uint8)), 7),
        CorruptSourceError,
    ),
    "16 bits in a page of 8": (
        lambda: tile(imagecodecs.jpeg2k_encode(np.zeros((SIDE, SIDE, 3), np.uint16)), 34712),
        CorruptSourceError,
    ),
}


@pytest.mark.parametrize("name", READING)
def test_reading_refuses(name):
    make, error = READING[name]
    reader = open_bytes(make())
    start = time.thread_time()
    with pytest.raises(error):
        read_some(reader)
    assert time.thread_time() - start < LONGEST_S


GIB = 1 << 30


def zeros_by(pack: Callable[[bytes], bytes]) -> bytes:
    return pack(bytes(GIB // 4))


def huge_jpeg() -> bytes:
    coded = bytearray(imagecodecs.jpeg_encode(np.zeros((8, 8, 3), np.uint8)))
    frame = coded.index(b"\xff\xc0")
    struct.pack_into(">HH", coded, frame + 5, 65_500, 65_500)
    return bytes(coded)


def huge_jpeg_2000() -> bytes:
    coded = bytearray(imagecodecs.jpeg2k_encode(np.zeros((8, 8, 3), np.uint8), codecformat="j2k"))
    struct.pack_into(">II", coded, 8, 60_000, 60_000)
    struct.pack_into(">II", coded, 24, 60_000, 60_000)
    return bytes(coded)


def huge_webp() -> bytes:
    coded = bytearray(imagecodecs.webp_encode(np.zeros((8, 8, 3), np.uint8), lossless=True))
    struct.pack_into("<I", coded, 21, 0x3FFF | 0x3FFF << 14)
    return bytes(coded)


def deep_lerc() -> bytes:
    coded = bytearray(imagecodecs.lerc_encode(np.zeros((SIDE, SIDE, 3), np.uint8), planar=False))
    struct.pack_into("<i", coded, 22, 100_000)
    return bytes(coded)


def lerc_bomb() -> bytes:
    data = tile(zeros_by(lambda data: zlib.compress(data, 1)), 34887)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        at = file.pages.first.tags[50674].valueoffset
    out = bytearray(data)
    struct.pack_into("<II", out, at, 4, 1)
    return bytes(out)


BOMBS: dict[str, Callable[[], bytes]] = {
    "deflate": lambda: tile(zeros_by(lambda data: zlib.compress(data, 1)), 8),
    "LZMA": lambda: tile(zeros_by(lambda data: lzma.compress(data, preset=0)), 34925),
    "ZSTD": lambda: tile(zeros_by(imagecodecs.zstd_encode), 50000),
    "LERC in deflate": lerc_bomb,
    "JPEG": lambda: tile(huge_jpeg(), 7),
    "JPEG 2000": lambda: tile(huge_jpeg_2000(), 34712),
    "WebP": lambda: tile(huge_webp(), 50001),
    "LERC": lambda: tile(deep_lerc(), 34887),
    "LERC of many blobs": lambda: tile(
        imagecodecs.lerc_encode(np.zeros((SIDE, SIDE), np.uint8)) * 20_000, 34887
    ),
    "JPEG XL": lambda: tile(
        b"\xff\x0a" + (((1 << 18) - 1) << 3 | 0b10 << 1).to_bytes(4, "little") + bytes(40), 50002
    ),
}


SMALL_PROCESS = f"""
import resource, sys, time
from tests.readers.test_tiff_hostile import open_bytes, read_some
from tilewright.errors import CorruptSourceError
reader = open_bytes(sys.stdin.buffer.read())
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (128 << 20),) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + {LONGEST_S}),) * 2)
try:
    read_some(reader)
except CorruptSourceError:
    pass
print("alive")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the address space is bounded by Linux")
@pytest.mark.parametrize("name", BOMBS)
def test_bombs_burst_within_128_mebibytes(name):
    done = subprocess.run(
        [sys.executable, "-c", SMALL_PROCESS],
        input=BOMBS[name](),
        capture_output=True,
        check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert (done.returncode, done.stdout) == (0, b"alive\n"), done.stderr.decode()[-2000:]


def stack() -> bytes:
    return written(
        lambda writer: writer.write(
            noise("uint16", 6).reshape(2, 3, *noise().shape[1:]),
            photometric="minisblack",
            tile=(32, 32),
            compression="deflate",
            metadata={"axes": "ZCYX"},
        ),
        ome=True,
    )


def pyramid() -> bytes:
    def make(writer):
        for index, step in enumerate((1, 2, 4)):
            writer.write(
                interleaved(ramps()[:, ::step, ::step]),
                photometric="rgb",
                tile=(32, 32),
                compression="jpeg",
                subfiletype=min(index, 1),
                metadata=None,
            )

    return written(make, bigtiff=True)


SAMPLES = {
    "tiled": lambda: PLAIN,
    "JPEG with tables": lambda: by_gdal(
        ramps(), compress="JPEG", photometric="YCBCR", interleave="PIXEL"
    ),
    "OME stack": stack,
    "pyramid": pyramid,
    "LZW, predictor": lambda: by_gdal(ramps(3), compress="LZW", predictor=2, interleave="PIXEL"),
    "fax": lambda: by_gdal(noise("uint8", 1, bits=1), compress="CCITTFAX4", nbits=1),
    "LERC in ZSTD": lambda: by_gdal(ramps(3), compress="LERC_ZSTD", interleave="PIXEL"),
    "big-endian floats": lambda: by_gdal(noise("float32", 2), endianness="BIG"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_damage_is_told_or_has_the_right_shape(name):
    whole = SAMPLES[name]()
    chance = random.Random(name)
    damaged = [whole[: chance.randrange(len(whole))] for _ in range(32)]
    for index in range(200):
        flipped = bytearray(whole)
        # Half of the flips hit the structure, where they do most harm.
        place = chance.randrange(len(whole) if index % 2 else min(600, len(whole)))
        flipped[place] ^= 1 << chance.randrange(8)
        damaged.append(bytes(flipped))
    for data in damaged:
        start = time.thread_time()
        with contextlib.suppress(TilewrightError):
            read_some(open_bytes(data))
        assert time.thread_time() - start < LONGEST_S


def test_a_limit_of_a_chunk_is_kept():
    reader = open_bytes(PLAIN, limits=Limits(decoded_bytes=SIDE * SIDE - 1))
    with pytest.raises(LimitError):
        read_some(reader)
