"""JPEG: shrunk while it is decoded, so that a thumbnail never costs the full picture."""

import io
import struct
from dataclasses import dataclass
from typing import BinaryIO

import imagecodecs
import numpy as np
from PIL.JpegImagePlugin import JpegImageFile

from tilewright.blobs import Blob
from tilewright.blobs.file import BlobFile
from tilewright.config import Limits
from tilewright.errors import CorruptSourceError, LimitError, UnsupportedSourceError
from tilewright.image import Array
from tilewright.readers import Opening
from tilewright.readers.picture import exif
from tilewright.readers.picture.colour import cmyk_to_srgb, to_srgb
from tilewright.readers.picture.layout import (
    Kind,
    Layout,
    bands_of,
    checked_size,
    halvings,
    whole_file,
)
from tilewright.readers.picture.pillow import open_plugin, told

_MOST_SHRINK = 8
_MOST_SCANS = 64
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9
_LOSSLESS = 0xC3
_PROGRESSIVE = (0xC2, 0xCA)
_FRAME_HEADERS = (0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xCA)
_NO_LENGTH = (0x01, *range(0xD0, 0xD9))
_CMYK_COMPONENTS = 4
_USUAL_BITS = 8
_KINDS: dict[int, Kind] = {1: "gray", 3: "rgb", _CMYK_COMPONENTS: "rgb"}


@dataclass(frozen=True, slots=True)
class _Header:
    marker: int
    precision: int
    width: int
    height: int
    sampling: tuple[tuple[int, int], ...]
    """Horizontal and vertical factor of each component."""
    several_scans: bool

    @property
    def coefficient_bytes(self) -> int:
        """What libjpeg keeps of the whole picture when it comes in several scans."""
        if not self.several_scans:
            return 0
        most = max(h for h, _ in self.sampling) * max(v for _, v in self.sampling)
        share = sum(h * v for h, v in self.sampling) / most
        return int(self.width * self.height * share * 2)


def survey(opening: Opening) -> Layout:
    """Lay out a JPEG: levels 1, 1/2, 1/4, 1/8; CMYK becomes RGB; 12 bits become uint16."""
    header = _parse(opening.blob)
    kind = _KINDS.get(len(header.sampling))
    if kind is None:
        raise UnsupportedSourceError("a JPEG of this many components has no known colours")
    size = checked_size(header.width, header.height, opening.limits)
    if header.precision != _USUAL_BITS or header.marker == _LOSSLESS:
        return _deep(opening, header, kind)
    with open_plugin(JpegImageFile, opening.blob) as image:
        icc = image.info.get("icc_profile")
        tags = exif.tags_of(image)
        metadata = told(image, tags)
    channels = len(header.sampling)

    def decode(shrink: int, _frame: int) -> Array:
        _check_scans(opening, header)
        if shrink == 1 and channels != _CMYK_COMPONENTS:
            data = whole_file(opening)
            if _complete(data):
                pixels: Array = imagecodecs.jpeg8_decode(data)
                return to_srgb(pixels, icc)
        # Where a row is missing, libjpeg alone invents it, and Pillow fails.
        with open_plugin(JpegImageFile, opening.blob) as image:
            if shrink > 1:
                image.draft(None, (size.width // shrink, size.height // shrink))
            pixels = np.asarray(image)
        if channels == _CMYK_COMPONENTS:
            return cmyk_to_srgb(pixels, icc)
        return to_srgb(pixels, icc)

    return Layout(
        format="JPEG",
        size=size,
        bands=bands_of(kind),
        dtype="uint8",
        decode=decode,
        bytes_per_pixel=max(channels, len(bands_of(kind))),
        fixed_bytes=header.coefficient_bytes,
        shrinks=tuple(
            shrink
            for shrink in halvings(size, _MOST_SHRINK)
            if shrink <= min(size.width, size.height)
        ),
        orientation=exif.orientation(tags),
        metadata=metadata,
    )


def _deep(opening: Opening, header: _Header, kind: Kind) -> Layout:
    """Lay out a JPEG of more than 8 bits, or a lossless one: a single level, no EXIF."""
    if len(header.sampling) == _CMYK_COMPONENTS:
        raise UnsupportedSourceError("CMYK of this depth is not supported in JPEG")
    deep = header.precision > _USUAL_BITS
    bands = bands_of(kind, display=(0.0, 2.0**header.precision - 1) if deep else None)

    def decode(_shrink: int, _frame: int) -> Array:
        data = whole_file(opening)
        if not _complete(data):
            raise CorruptSourceError("the JPEG ends early")
        pixels: Array = imagecodecs.jpeg8_decode(data)
        return pixels

    return Layout(
        format="JPEG",
        size=checked_size(header.width, header.height, opening.limits),
        bands=bands,
        dtype="uint16" if deep else "uint8",
        decode=decode,
        bytes_per_pixel=len(bands) * (2 if deep else 1),
        fixed_bytes=header.coefficient_bytes,
    )


def _parse(blob: Blob) -> _Header:
    """Read the markers up to the first scan."""
    file = io.BufferedReader(BlobFile(blob), 1 << 16)
    file.read(2)
    frame: tuple[int, bytes] | None = None
    while True:
        marker = _next_marker(file)
        if marker in _NO_LENGTH:
            continue
        if marker == _END_OF_IMAGE:
            raise CorruptSourceError("the JPEG holds no picture")
        # The length counts its own two bytes.
        length = struct.unpack(">H", file.read(2))[0] - 2
        if length < 0:
            raise CorruptSourceError("the JPEG has a wrong header")
        if marker == _START_OF_SCAN:
            break
        if marker in _FRAME_HEADERS:
            frame = marker, file.read(length)
        else:
            file.seek(length, io.SEEK_CUR)
    if frame is None:
        raise CorruptSourceError("the JPEG has no frame header")
    precision, height, width, count = struct.unpack_from(">BHHB", frame[1])
    factors = frame[1][7 : 6 + 3 * count : 3]
    sampling = tuple((factor >> 4, factor & 15) for factor in factors)
    if len(sampling) != count or not all(h and v for h, v in sampling):
        raise CorruptSourceError("the JPEG has a wrong header")
    in_scan = file.read(1)[0]
    several = frame[0] in _PROGRESSIVE or in_scan < count
    return _Header(frame[0], precision, width, height, sampling, several)


def _next_marker(file: BinaryIO) -> int:
    byte = file.read(1)
    while byte and byte != b"\xff":
        byte = file.read(1)
    while byte == b"\xff":
        byte = file.read(1)
    if not byte:
        raise CorruptSourceError("the JPEG ends early")
    return byte[0]


def _complete(data: bytes) -> bool:
    """Tell whether the last scan surely has an end.

    A camera's trailer behind the picture may look like a scan; then Pillow has to find out.
    """
    return data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")


def _check_scans(opening: Opening, header: _Header) -> None:
    """Refuse thousands of scans over a large picture: each costs a walk over all of it."""
    if not header.several_scans:
        return
    scans = whole_file(opening).count(bytes((0xFF, _START_OF_SCAN)))
    limits: Limits = opening.limits
    walked = scans * header.width * header.height
    if scans > _MOST_SCANS and walked > limits.source_pixels:
        raise LimitError("source_pixels", walked, limits.source_pixels)
