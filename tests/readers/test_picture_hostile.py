"""Damaged and hostile pictures: a typed error or a right-shaped picture, and soon."""

import logging
import random
import struct
import time
import zlib

import imagecodecs
import numpy as np
import pytest

from tests.memory import leaves_less, takes_less
from tests.readers.pictures import (
    HEIGHT,
    JPEGS,
    LOSSLESS,
    PROFILED,
    WIDTH,
    animated,
    deep,
    open_bytes,
    picture,
    png_chunk,
    saved,
)
from tilewright.config import Limits
from tilewright.errors import CorruptSourceError, LimitError, SourceError
from tilewright.geometry import Window
from tilewright.image import Plane

SAMPLES = {
    name: make
    for name, make in {**LOSSLESS, **JPEGS, **PROFILED}.items()
    if "large" not in name and "turned" not in name
} | {
    "turned jpeg": JPEGS["jpeg turned as 6"],
    "16-bit rgb png": lambda: imagecodecs.png_encode(deep(3)),
    "16-bit jp2": lambda: imagecodecs.jpeg2k_encode(deep(3), level=0, codecformat="jp2"),
    "12-bit jpeg": lambda: imagecodecs.jpeg8_encode(deep(1) >> 4, level=90, bitspersample=12),
}
TRUNCATIONS = 32
FLIPS = 100
BOMB_BYTES = 100_000_000
MOST_SECONDS = 20.0
"""Of the processor's time for this thread: what else the machine does is no matter."""


def survive(data: bytes) -> None:
    """Read every level, and the last frame; nothing but our own errors may come."""
    start = time.thread_time()
    told = ""
    try:
        reader = open_bytes(data)
        info = reader.info
        plane = Plane.of({axis.name: axis.size - 1 for axis in info.axes})
        for index, level in enumerate(info.levels):
            pixels, mask = reader.read(
                index, Window.whole(level.size), bands=range(len(info.bands)), plane=plane
            )
            assert pixels.shape == (len(info.bands), level.size.height, level.size.width)
            assert pixels.dtype == np.dtype(info.dtype)
            assert mask is None
    except (SourceError, LimitError) as error:
        told = str(error)
    assert "memory" not in told
    assert "/" not in told
    assert time.thread_time() - start < MOST_SECONDS


@pytest.mark.parametrize("name", SAMPLES)
def test_truncated_and_flipped(name: str) -> None:
    data = SAMPLES[name]()
    chance = random.Random(name)
    for _ in range(TRUNCATIONS):
        survive(data[: chance.randrange(12, len(data))])
    for _ in range(FLIPS):
        damaged = bytearray(data)
        # Headers are where damage does most: half of the flips fall there.
        reach = len(data) if chance.random() < 0.5 else min(len(data), 200)
        damaged[chance.randrange(reach)] ^= 1 << chance.randrange(8)
        survive(bytes(damaged))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_damaged_picture_leaves_no_memory_behind(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "imagecodecs")  # pytest keeps what it warns of
    data = SAMPLES[name]()
    asks, decoded = 20, WIDTH * HEIGHT

    def ask() -> None:
        for _ in range(asks):
            survive(data[: len(data) * 2 // 3])

    assert leaves_less(ask, asks * decoded / 2)


def png_claiming(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(bytes(1000)))
        + png_chunk(b"IEND", b"")
    )


def jpeg_claiming(width: int, height: int, *, progressive: bool = False) -> bytes:
    data = saved(picture("RGB", 64, 64), "JPEG", progressive=progressive)
    at = data.index(b"\xff\xc2" if progressive else b"\xff\xc0")
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


@pytest.mark.parametrize(
    ("data", "limit"),
    [
        (png_claiming(2**31 - 1, 2**31 - 1), "file_side"),
        (png_claiming(100_000, 100_000), "decoded_bytes"),
        (jpeg_claiming(65_000, 65_000), "decoded_bytes"),
        # Its smallest level would fit, but not the coefficients of the whole.
        (jpeg_claiming(65_000, 65_000, progressive=True), "decoded_bytes"),
    ],
    ids=["png of 2^31", "png of 100000", "jpeg of 65000", "progressive jpeg of 65000"],
)
def test_a_huge_claim_dies_before_anything_is_decoded(data: bytes, limit: str) -> None:
    with pytest.raises(LimitError) as caught:
        _read_smallest(data)
    assert caught.value.limit in (limit, "source_pixels")


def _read_smallest(data: bytes) -> None:
    reader = open_bytes(data)
    info = reader.info
    bands = range(len(info.bands))
    reader.read(len(info.levels) - 1, Window(0, 0, 1, 1), bands=bands, plane=Plane())


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_too_many_frames_are_refused(format: str) -> None:
    data = animated(format)
    with pytest.raises(LimitError) as caught:
        open_bytes(data, limits=Limits(pages=2))
    assert caught.value.limit == "pages"


def test_a_gif_of_a_million_frames_is_refused_soon() -> None:
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    start = time.thread_time()
    with pytest.raises(LimitError):
        open_bytes(head + frame * 1_000_000 + b"\x3b")
    assert time.thread_time() - start < MOST_SECONDS


def test_a_late_frame_counts_all_those_before_it() -> None:
    reader = open_bytes(animated("GIF"), limits=Limits(source_pixels=61 * 43 * 2))
    window, bands = Window(0, 0, 1, 1), range(4)
    reader.read(0, window, bands=bands, plane=Plane.of({"frame": 1}))
    with pytest.raises(LimitError) as caught:
        reader.read(0, window, bands=bands, plane=Plane.of({"frame": 2}))
    assert caught.value.limit == "source_pixels"


@pytest.mark.parametrize(
    "chunk",
    [
        png_chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(BOMB_BYTES))),
        png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(BOMB_BYTES))),
        png_chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(bytes(BOMB_BYTES))),
    ],
    ids=["iCCP", "zTXt", "iTXt"],
)
def test_a_bomb_in_a_png_chunk_is_not_unpacked(chunk: bytes) -> None:
    plain = saved(picture("L"), "PNG")
    data = plain[:33] + chunk + plain[33:]

    def refuse() -> None:
        with pytest.raises(CorruptSourceError):
            open_bytes(data)

    assert takes_less(refuse, BOMB_BYTES / 10)


def test_thousands_of_scans_are_refused() -> None:
    data = saved(picture("RGB", 600, 400), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    scan = data[at:-2]
    reader = open_bytes(data[:-2] + scan * 5000 + data[-2:], limits=Limits(source_pixels=1 << 28))
    with pytest.raises(LimitError):
        reader.read(0, Window(0, 0, 1, 1), bands=[0], plane=Plane())
