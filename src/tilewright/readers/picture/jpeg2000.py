"""JPEG 2000: its own resolutions as levels."""

import struct
from dataclasses import dataclass

import imagecodecs
import numpy as np
from PIL import ImageFile
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

from tilewright.blobs import Blob
from tilewright.errors import CorruptSourceError, UnsupportedSourceError
from tilewright.geometry import Size
from tilewright.image import Array, Band
from tilewright.readers import Opening
from tilewright.readers.picture.colour import cmyk_to_srgb, to_srgb
from tilewright.readers.picture.layout import (
    Kind,
    Layout,
    bands_of,
    checked_size,
    halvings,
    whole_file,
)
from tilewright.readers.picture.pillow import open_plugin, pixels_of, told

_CODESTREAM = b"\xff\x4f\xff\x51"
_COD, _COC, _FIRST_TILE = 0xFF52, 0xFF53, 0xFF90
"""Markers: how all components are coded; how one of them is; a tile begins."""
_MOST_BOXES = 1000
_USUAL_BITS = 8
_MOST_BITS = 16
_MOST_PROFILE_BYTES = 4 << 20
_ICC_METHODS = (2, 3)
_SIZ_BYTES = 38
_MOST_COMPONENTS = 16_384
_SAMPLE_BYTES = 4
"""OpenJPEG works in 32-bit integers."""
_KINDS: dict[str, Kind] = {
    "L": "gray",
    "LA": "gray+alpha",
    "RGB": "rgb",
    "RGBA": "rgba",
    "P": "rgb",
    "PA": "rgba",
    "CMYK": "rgb",
}
_DEEP_KINDS: dict[int, Kind] = {1: "gray", 2: "gray+alpha", 3: "rgb", 4: "rgba"}


@dataclass(frozen=True, slots=True)
class _Header:
    size: Size
    tile: Size
    at_origin: bool
    depths: tuple[int, ...]
    signed: bool
    subsampled: bool
    resolutions: int
    """How many times the picture can be halved."""


class _Reduced(Jpeg2KImageFile):
    """A picture at one of its smaller resolutions.

    Pillow's own ``reduce`` rounds the size where the standard rounds up, and then fails.
    """

    def shrink(self, power: int) -> None:
        """Decode 1 / 2**power."""
        width, height = (-(-side >> power) for side in self.size)
        codec, _, layers, descriptor, length = self.tile[0].args  # type: ignore[misc, str-unpack]
        self._size = width, height
        self.tile = [
            ImageFile._Tile(  # noqa: SLF001 - plugins are to make tiles by this name
                "jpeg2k", (0, 0, width, height), 0, (codec, power, layers, descriptor, length)
            )
        ]


def survey(opening: Opening) -> Layout:
    """Lay out a JPEG 2000 file or codestream."""
    start, icc = _find_codestream(opening.blob)
    header = _parse(opening, start)
    if max(header.depths) > _USUAL_BITS or len(header.depths) > len("rgba"):
        return _deep(opening, header)
    with open_plugin(_Reduced, opening.blob) as image:
        if image.size != (header.size.width, header.size.height) or image.mode not in _KINDS:
            raise CorruptSourceError("the JPEG 2000 header contradicts its pixels")
        mode = image.mode
        palette = image.palette
        metadata = told(image, None)
    kind = _KINDS[mode]
    if mode == "P" and palette is not None and palette.mode == "RGBA":
        kind = "rgba"

    def decode(shrink: int, _frame: int) -> Array:
        with open_plugin(_Reduced, opening.blob) as image:
            image.shrink(shrink.bit_length() - 1)
            if mode == "CMYK":
                return cmyk_to_srgb(np.asarray(image), icc)
            return to_srgb(pixels_of(image, kind), icc)

    whole = header.tile.pixels >= header.size.pixels
    sample = _SAMPLE_BYTES if whole else 1
    return Layout(
        format="JPEG 2000",
        size=header.size,
        bands=bands_of(kind),
        dtype="uint8",
        decode=decode,
        bytes_per_pixel=max(_SAMPLE_BYTES, len(header.depths) * sample),
        shrinks=halvings(header.size, 1 << header.resolutions) if header.at_origin else (1,),
        metadata=metadata,
    )


def _deep(opening: Opening, header: _Header) -> Layout:
    """Lay out more than 8 bits or more than 4 components: exact numbers, a single level."""
    if header.subsampled or max(header.depths) > _MOST_BITS:
        raise UnsupportedSourceError("this kind of JPEG 2000 cannot be decoded here")
    depth, count = max(header.depths), len(header.depths)
    display = None if header.signed or depth <= _USUAL_BITS else (0.0, 2.0**depth - 1)
    kind = _DEEP_KINDS.get(count)
    bands = bands_of(kind, display=display) if kind else (Band(),) * count

    def decode(_shrink: int, _frame: int) -> Array:
        pixels: Array = imagecodecs.jpeg2k_decode(whole_file(opening))
        return pixels

    name = "int" if header.signed else "uint"
    return Layout(
        format="JPEG 2000",
        size=header.size,
        bands=bands,
        dtype=f"{name}{_USUAL_BITS if depth <= _USUAL_BITS else _MOST_BITS}",
        decode=decode,
        bytes_per_pixel=count * _SAMPLE_BYTES,
    )


def _find_codestream(blob: Blob) -> tuple[int, bytes | None]:
    """Return where the codestream starts, and the ICC profile of the file around it."""
    if blob.read(0, 4) == _CODESTREAM:
        return 0, None
    at, icc = 0, None
    for _ in range(_MOST_BOXES):
        length, kind, body = _box(blob, at)
        if kind == b"jp2c":
            return body, icc
        if kind == b"jp2h":
            icc = _profile(blob, body, at + length)
        if length < body - at:
            break
        at += length
    raise CorruptSourceError("the JPEG 2000 file holds no codestream")


def _box(blob: Blob, at: int) -> tuple[int, bytes, int]:
    """Return a box's length, its kind, and where its body starts."""
    head = blob.read(at, 16)
    length, kind = struct.unpack_from(">I4s", head)
    if length == 1:
        return struct.unpack_from(">Q", head, 8)[0], kind, at + 16
    return length or max(8, blob.size - at), kind, at + 8


def _profile(blob: Blob, at: int, end: int) -> bytes | None:
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return None
        length, kind, body = _box(blob, at)
        if kind == b"colr" and blob.read(body, 1)[0] in _ICC_METHODS:
            return blob.read(body + 3, min(_MOST_PROFILE_BYTES, at + length - body - 3))
        at += max(8, length)
    return None


def _parse(opening: Opening, start: int) -> _Header:
    """Read the codestream's main header."""
    blob = opening.blob
    siz = blob.read(start + 6, _SIZ_BYTES)
    if blob.read(start, 4) != _CODESTREAM or len(siz) < _SIZ_BYTES - 2:
        raise CorruptSourceError("the JPEG 2000 header is damaged")
    right, bottom, left, top, tile_w, tile_h, tile_x, tile_y, count = struct.unpack_from(
        ">8IH", siz, 2
    )
    if not 1 <= count <= min(_MOST_COMPONENTS, opening.limits.bands) or not tile_w or not tile_h:
        raise CorruptSourceError("the JPEG 2000 header is damaged")
    components = blob.read(start + 42, 3 * count)
    if len(components) < 3 * count:
        raise CorruptSourceError("the JPEG 2000 header is damaged")
    return _Header(
        size=checked_size(right - left, bottom - top, opening.limits),
        tile=Size(tile_w, tile_h),
        at_origin=not (left or top or tile_x or tile_y),
        depths=tuple((depth & 0x7F) + 1 for depth in components[::3]),
        signed=bool(components[0] & 0x80),
        subsampled=any(step != 1 for i, step in enumerate(components) if i % 3),
        resolutions=_resolutions(blob, start + 42 + 3 * count),
    )


def _resolutions(blob: Blob, at: int) -> int:
    """Return how often every component of every tile can be halved, by the main header."""
    fewest = 0
    for _ in range(_MOST_BOXES):
        marker, length = struct.unpack(">HH", blob.read(at, 4).ljust(4, b"\0"))
        if marker == _COD:
            fewest = blob.read(at + 9, 1)[0]
        if marker == _COC:
            return 0
        if marker == _FIRST_TILE or not length:
            break
        at += 2 + length
    return min(fewest, 32)
