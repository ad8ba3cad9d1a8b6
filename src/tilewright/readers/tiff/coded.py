"""Sizes that coded chunks state in their own headers, read before anything is decoded.

Codecs allocate what a header claims: a 256-pixel tile may hold a JPEG of 65,500 squared.
"""

import struct
from collections.abc import Callable
from io import BytesIO

from tilewright.errors import CorruptSourceError
from tilewright.geometry import Size

_STANDALONE = {0x01, *range(0xD0, 0xD9)}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_ADOBE = 0xEE
_SCAN = 0xDA


def jpeg_frame(data: bytes) -> tuple[Size, bool]:
    """Return a JPEG's size and whether it has an Adobe or JFIF marker of its own.

    ITU-T T.81, annex B. Raises CorruptSourceError when there is no frame header.
    """
    position, marked = 2, False
    while position + 9 <= len(data):
        if data[position] != 0xFF:  # noqa: PLR2004
            break
        marker = data[position + 1]
        if marker == 0xFF:  # noqa: PLR2004 - a fill byte
            position += 1
            continue
        if marker in _STANDALONE:
            position += 2
            continue
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", data[position + 5 : position + 9])
            if width and height:
                return Size(width, height), marked
            break
        if marker == _SCAN:
            break
        marked = marked or data[position + 4 : position + 9] in {b"Adobe", b"JFIF\0"}
        position += 2 + int.from_bytes(data[position + 2 : position + 4])
    raise CorruptSourceError("a JPEG tile has no frame header")


def _jpeg(data: bytes) -> Size:
    return jpeg_frame(data)[0]


def _pillow(data: bytes) -> Size:
    from PIL import Image  # noqa: PLC0415 - only JPEG 2000 and WebP tiles need it

    try:
        with Image.open(BytesIO(data), formats=("JPEG2000", "WEBP")) as image:
            return Size(*image.size)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise CorruptSourceError("a tile has no readable header") from error


def _lerc(data: bytes) -> Size:
    """Read the header of Lerc2: version, from 3 on a checksum, rows, columns."""
    if data[:6] != b"Lerc2 ":
        raise CorruptSourceError("a LERC tile has no readable header")
    (version,) = struct.unpack_from("<i", data, 6)
    rows, columns = struct.unpack_from("<ii", data, 14 if version >= 3 else 10)  # noqa: PLR2004
    if rows < 1 or columns < 1:
        raise CorruptSourceError("a LERC tile has no pixels")
    return Size(columns, rows)


def _jpeg_xl(data: bytes) -> Size:
    """Read the SizeHeader of a JPEG XL codestream (ISO/IEC 18181-1, annex D.2)."""
    start = data.find(b"\xff\x0a", 0, 4096)
    if start < 0:
        raise CorruptSourceError("a JPEG XL tile has no readable header")
    bits = int.from_bytes(data[start + 2 : start + 14].ljust(12, b"\0"), "little")

    def take(count: int) -> int:
        nonlocal bits
        value = bits & ((1 << count) - 1)
        bits >>= count
        return value

    def side(*, small: bool) -> int:
        return (take(5) + 1) * 8 if small else take((9, 13, 18, 30)[take(2)]) + 1

    small = bool(take(1))
    height = side(small=small)
    ratio = take(3)
    if ratio == 0:
        return Size(side(small=small), height)
    across, down = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))[ratio - 1]
    return Size(max(1, height * across // down), height)


STATED_SIZE: dict[int, Callable[[bytes], Size]] = {
    6: _jpeg,
    7: _jpeg,
    33007: _jpeg,
    34892: _jpeg,
    33003: _pillow,
    33004: _pillow,
    33005: _pillow,
    34712: _pillow,
    50001: _pillow,
    34887: _lerc,
    50002: _jpeg_xl,
    52546: _jpeg_xl,
}
"""By TIFF compression: how to read the size that a chunk's own header states."""

BYTE_STREAMS = frozenset({1, 2, 3, 4, 5, 8, 32773, 32946, 34925, 50000, 50013})
"""TIFF compressions that decode to no more bytes than the caller allows: none, CCITT, LZW,
deflate, PackBits, LZMA, ZSTD."""
