"""What coded chunks state in their own headers, read before anything is decoded.

Codecs allocate what a header claims: a 256-pixel tile may hold a JPEG of 65,500 squared.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from tilewright.errors import CorruptSourceError
from tilewright.geometry import Size

LERC = 34887
_LERC_DEFLATE, _LERC_ZSTD = 1, 2

_STANDALONE = {0x01, *range(0xD0, 0xD9)}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_APP0, _ADOBE, _SCAN = 0xE0, 0xEE, 0xDA


@dataclass(frozen=True, slots=True)
class Stated:
    """What a decoder will allocate."""

    size: Size
    samples: int


@dataclass(frozen=True, slots=True)
class JpegFrame:
    """A JPEG's frame header, and how it tells its colours."""

    stated: Stated
    bits: int
    jfif: bool
    adobe: int | None
    """The Adobe marker's transform: 0 as they stand, 1 YCbCr, 2 YCCK; None without marker."""


def jpeg_frame(data: bytes) -> JpegFrame:
    """Read a JPEG's headers (ITU-T T.81, annex B) up to its frame.

    Raises CorruptSourceError when there is no frame header.
    """
    position, jfif, adobe = 2, False, None
    while position + 10 <= len(data) and data[position] == 0xFF:  # noqa: PLR2004
        marker = data[position + 1]
        if marker == 0xFF:  # noqa: PLR2004 - a fill byte
            position += 1
            continue
        if marker in _STANDALONE:
            position += 2
            continue
        if marker in _FRAMES:
            bits, height, width, samples = struct.unpack_from(">BHHB", data, position + 4)
            return JpegFrame(_stated(width, height, samples), bits, jfif, adobe)
        if marker == _SCAN:
            break
        jfif = jfif or (marker == _APP0 and data[position + 4 : position + 9] == b"JFIF\0")
        if marker == _ADOBE and data[position + 4 : position + 9] == b"Adobe":
            adobe = data[position + 15] if position + 15 < len(data) else None
        position += 2 + int.from_bytes(data[position + 2 : position + 4])
    raise CorruptSourceError("a JPEG tile has no frame header")


def _jpeg(data: bytes) -> Stated:
    return jpeg_frame(data).stated


def webp(data: bytes) -> Stated:
    """Read a WebP's header (RFC 9649, section 2). Raises CorruptSourceError without one."""
    kind = data[12:16]
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:  # noqa: PLR2004
        raise CorruptSourceError("a WebP tile has no readable header")
    if kind == b"VP8X":
        width = 1 + int.from_bytes(data[24:27], "little")
        height = 1 + int.from_bytes(data[27:30], "little")
        return _stated(width, height, 4 if data[20] & 0x10 else 3)
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return _stated(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), 4 if bits >> 28 & 1 else 3)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return _stated(width & 0x3FFF, height & 0x3FFF, 3)
    raise CorruptSourceError("a WebP tile has no readable header")


def _jpeg_2000(data: bytes) -> Stated:
    """Read the SIZ marker (ISO/IEC 15444-1, annex A.5.1) of a codestream or of a JP2 file."""
    start = 0 if data[:2] == b"\xff\x4f" else _codestream_box(data)
    if data[start : start + 4] != b"\xff\x4f\xff\x51" or len(data) < start + 42:
        raise CorruptSourceError("a JPEG 2000 tile has no readable header")
    right, bottom, left, top = struct.unpack_from(">IIII", data, start + 8)
    (samples,) = struct.unpack_from(">H", data, start + 40)
    return _stated(right - left, bottom - top, samples)


def _codestream_box(data: bytes) -> int:
    """Return where the contiguous codestream of a JP2 file starts (annex I)."""
    position = 0
    while position + 16 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        header = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, position + 8)
            header = 16
        if kind == b"jp2c":
            return position + header
        if length < header:
            break
        position += length
    return len(data)


def plain_lerc(data: bytes, parameters: object, limit: int) -> bytes:
    """Undo what GDAL may put around LERC, as the LercParameters tag tells: deflate or ZSTD.

    Raises CorruptSourceError when that is damaged or gives more than ``limit`` bytes.
    """
    import imagecodecs  # noqa: PLC0415 - only LERC needs it here

    wrapping = parameters[1] if isinstance(parameters, tuple) and len(parameters) > 1 else 0
    try:
        if wrapping == _LERC_DEFLATE:
            stream = zlib.decompressobj()
            plain = stream.decompress(data, limit)
            if stream.unconsumed_tail:
                raise CorruptSourceError("a LERC tile unpacks to more than the limit")
            return plain
        if wrapping == _LERC_ZSTD:
            return bytes(imagecodecs.zstd_decode(data, out=limit))
    except (zlib.error, imagecodecs.ZstdError, ValueError) as error:
        raise CorruptSourceError("a LERC tile cannot be unpacked") from error
    return data


def _lerc(data: bytes) -> Stated:
    """Read the header of Lerc2: rows, columns, values a pixel, and how many blobs follow."""
    if data[:6] != b"Lerc2 " or len(data) < 38:  # noqa: PLR2004
        raise CorruptSourceError("a LERC tile has no readable header")
    (version,) = struct.unpack_from("<i", data, 6)
    start = 14 if version >= 3 else 10  # noqa: PLR2004 - a checksum stands before
    rows, columns = struct.unpack_from("<ii", data, start)
    deep = version >= 4  # noqa: PLR2004 - the number of values a pixel stands behind
    depth, after = (struct.unpack_from("<i", data, start + 8)[0], 12) if deep else (1, 8)
    _, _, length = struct.unpack_from("<iii", data, start + after)
    if length < 1:
        raise CorruptSourceError("a LERC tile has no pixels")
    return _stated(columns, rows, depth * max(1, len(data) // length))


def _jpeg_xl(data: bytes) -> Stated:
    """Read the headers of a JPEG XL codestream (ISO/IEC 18181-1, annex D)."""
    start = 0 if data[:2] == b"\xff\x0a" else _jpeg_xl_box(data)
    if data[start : start + 2] != b"\xff\x0a":
        raise CorruptSourceError("a JPEG XL tile has no readable header")
    bits = _Bits(data[start + 2 : start + 66])
    small = bits.take(1)
    height = bits.side(small=small)
    ratio = bits.take(3)
    if ratio == 0:
        width = bits.side(small=small)
    else:
        across, down = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))[ratio - 1]
        width = height * across // down
    return _stated(width, height, 3 + _jpeg_xl_extras(bits))


def _jpeg_xl_box(data: bytes) -> int:
    """Return where the codestream starts in the container (ISO/IEC 18181-2)."""
    position = 0
    while position + 16 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"jxlc":
            return position + (16 if length == 1 else 8)
        if kind == b"jxlp":
            return position + (20 if length == 1 else 12)
        if length < 8:  # noqa: PLR2004
            break
        position += length
    return len(data)


def _jpeg_xl_extras(bits: "_Bits") -> int:
    """Return the number of channels beside the colours (ImageMetadata, annex D.3)."""
    if bits.take(1):
        return 0  # all values are the default ones
    if bits.take(1):
        bits.take(3)  # the orientation: a decoder that applies it gives the wrong shape
        if any(bits.take(1) for _ in range(3)):
            raise CorruptSourceError("a JPEG XL tile is more than one plain picture")
    if bits.take(1):
        bits.choose((0, 0, 0, 6))
        bits.take(4)
    else:
        bits.choose((0, 0, 0, 6))
    bits.take(1)
    kind = bits.take(2)
    if kind < 2:  # noqa: PLR2004
        return kind
    return 2 + bits.take(4) if kind == 2 else 1 + bits.take(12)  # noqa: PLR2004


class _Bits:
    """Bits from the lowest one up. Past the end they are zero."""

    def __init__(self, data: bytes) -> None:
        self._bits = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        value = self._bits & ((1 << count) - 1)
        self._bits >>= count
        return value

    def choose(self, widths: tuple[int, int, int, int]) -> int:
        return self.take(widths[self.take(2)])

    def side(self, *, small: int) -> int:
        return (self.take(5) + 1) * 8 if small else self.choose((9, 13, 18, 30)) + 1


def _stated(width: int, height: int, samples: int) -> Stated:
    if width < 1 or height < 1 or samples < 1:
        raise CorruptSourceError("a tile states that it has no pixels")
    return Stated(Size(width, height), samples)


STATED: dict[int, Callable[[bytes], Stated]] = {
    6: _jpeg,
    7: _jpeg,
    33007: _jpeg,
    34892: _jpeg,
    33003: _jpeg_2000,
    33004: _jpeg_2000,
    33005: _jpeg_2000,
    34712: _jpeg_2000,
    50001: webp,
    LERC: _lerc,
    50002: _jpeg_xl,
    52546: _jpeg_xl,
}
"""By TIFF compression: how to read what a chunk's own header states."""

BYTE_STREAMS = frozenset({1, 2, 3, 4, 5, 8, 32773, 32946, 34925, 50000, 50013})
"""TIFF compressions that decode to no more bytes than the caller allows: none, CCITT, LZW,
deflate, PackBits, LZMA, ZSTD."""
