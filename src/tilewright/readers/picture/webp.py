"""WebP, still and animated."""

import struct

import imagecodecs
from PIL.WebPImagePlugin import WebPImageFile

from tilewright.blobs import Blob
from tilewright.config import Limits
from tilewright.errors import CorruptSourceError
from tilewright.geometry import Size
from tilewright.image import Array
from tilewright.readers import Opening
from tilewright.readers.picture import exif
from tilewright.readers.picture.colour import to_srgb
from tilewright.readers.picture.layout import (
    Kind,
    Layout,
    bands_of,
    check_decoded,
    checked_frames,
    checked_size,
    whole_file,
)
from tilewright.readers.picture.pillow import BYTES_PER_PIXEL, animation, open_plugin, told

_HEAD_BYTES = 30
_ANIMATED = 0x02
_SIDE_MASK = 0x3FFF


def survey(opening: Opening) -> Layout:
    """Lay out a WebP.

    Raises LimitError too when the file is too large to be decoded: Pillow takes the memory
    for a whole frame when it opens.
    """
    size, animated = _header(opening.blob, opening.limits)
    check_decoded(max(size.pixels * BYTES_PER_PIXEL, opening.blob.size), opening.limits)
    with open_plugin(WebPImageFile, opening.blob) as image:
        frames = checked_frames(image.n_frames, opening.limits)
        kind: Kind = "rgba" if image.mode == "RGBA" else "rgb"
        icc = image.info.get("icc_profile")
        tags = exif.parse(image.info.get("exif"))
        metadata = told(image, tags)
    if animated:
        return animation(opening, WebPImageFile, "WebP", frames)

    def decode(_shrink: int, _frame: int) -> Array:
        pixels: Array = imagecodecs.webp_decode(whole_file(opening), hasalpha=kind == "rgba")
        return to_srgb(pixels, icc)

    return Layout(
        format="WebP",
        size=size,
        bands=bands_of(kind),
        dtype="uint8",
        decode=decode,
        bytes_per_pixel=BYTES_PER_PIXEL,
        orientation=exif.orientation(tags),
        metadata=metadata,
    )


def _header(blob: Blob, limits: Limits) -> tuple[Size, bool]:
    """Return the size, and whether the file is of the animated kind."""
    head = blob.read(0, _HEAD_BYTES)
    if len(head) < _HEAD_BYTES:
        raise CorruptSourceError("the WebP ends early")
    kind = head[12:16]
    if kind == b"VP8X":
        width = 1 + int.from_bytes(head[24:27], "little")
        height = 1 + int.from_bytes(head[27:30], "little")
        return checked_size(width, height, limits), bool(head[20] & _ANIMATED)
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        width, height = 1 + (bits & _SIDE_MASK), 1 + (bits >> 14 & _SIDE_MASK)
        return checked_size(width, height, limits), False
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return checked_size(width & _SIDE_MASK, height & _SIDE_MASK, limits), False
    raise CorruptSourceError("the WebP holds no picture")
