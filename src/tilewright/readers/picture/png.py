"""PNG: 8 and 16 bits, palettes, transparent colours, animation."""

import struct
import zlib

import imagecodecs
import numpy as np
from PIL.PngImagePlugin import PngImageFile

from tilewright.blobs import Blob
from tilewright.image import Array
from tilewright.readers import Opening
from tilewright.readers.picture import exif
from tilewright.readers.picture.colour import to_srgb
from tilewright.readers.picture.layout import (
    Kind,
    Layout,
    bands_of,
    checked_frames,
    checked_size,
    whole_file,
)
from tilewright.readers.picture.pillow import animation, open_plugin, palette_of, told

_TAIL_BYTES = 1 << 16
_KINDS: dict[tuple[int, bool], Kind] = {
    (0, False): "gray",
    (0, True): "gray+alpha",
    (2, False): "rgb",
    (2, True): "rgba",
    (4, False): "gray+alpha",
    (4, True): "gray+alpha",
    (6, False): "rgba",
    (6, True): "rgba",
}
_DEEP = 16


def survey(opening: Opening) -> Layout:
    """Lay out a PNG: uint16 for 16 bits, otherwise uint8; 1 bit becomes 0 and 255."""
    depth, colour = struct.unpack(">BB", opening.blob.read(24, 2))
    with open_plugin(PngImageFile, opening.blob) as image:
        size = checked_size(*image.size, opening.limits)
        frames = checked_frames(image.n_frames, opening.limits)
        icc = image.info.get("icc_profile")
        palette = palette_of(image, icc)
        # Pillow's getexif would decode the picture when the block is not found at once.
        tags = exif.parse(image.info.get("exif") or _late_exif(opening.blob))
        metadata = told(image, tags)
        transparent = "transparency" in image.info
    if frames > 1 and depth != _DEEP:
        return animation(opening, PngImageFile, "PNG", frames)
    if palette is not None:
        kind: Kind = "rgb" if palette.shape[1] == len("rgb") else "rgba"
    else:
        kind = _KINDS[colour, transparent]
    dtype = "uint16" if depth == _DEEP else "uint8"

    def decode(_shrink: int, _frame: int) -> Array:
        if palette is None:
            data = whole_file(opening)
            samples = () if len(bands) == 1 else (len(bands),)
            pixels = np.empty((size.height, size.width, *samples), dtype)
            _decode_into(pixels, data)
            return to_srgb(pixels, icc)
        with open_plugin(PngImageFile, opening.blob) as image:
            image.load()
            return np.asarray(image)

    bands = bands_of(kind)
    return Layout(
        format="PNG",
        size=size,
        bands=bands,
        dtype=dtype,
        decode=decode,
        bytes_per_pixel=1 if palette is not None else len(bands) * np.dtype(dtype).itemsize,
        orientation=exif.orientation(tags),
        palette=palette,
        metadata=metadata,
    )


def _decode_into(pixels: Array, data: bytes) -> None:
    """Decode a PNG that has this shape and type; raise what the codec does."""
    try:
        imagecodecs.png_decode(data, out=pixels)
    except BaseException:
        # libpng leaves by a long jump, over the codec's own clearing up: the array is never let
        # go. What it holds would be lost with it, at each ask for a damaged file.
        pixels.resize((0,), refcheck=False)
        raise


def _late_exif(blob: Blob) -> bytes | None:
    """Return the EXIF block that some writers put behind the pixels."""
    tail = blob.read(max(0, blob.size - _TAIL_BYTES), _TAIL_BYTES)
    at = tail.rfind(b"eXIf")
    if at < struct.calcsize(">I"):
        return None
    (length,) = struct.unpack_from(">I", tail, at - 4)
    block = tail[at + 4 : at + 4 + length]
    check = tail[at + 4 + length : at + 8 + length]
    # The four letters may stand in the pixels by chance; the checksum tells.
    if check != struct.pack(">I", zlib.crc32(b"eXIf" + block)):
        return None
    return block
