"""What is decoded by Pillow: GIF, BMP, AVIF, and the frames of animated pictures."""

import io
from typing import TypeVar

import numpy as np
from PIL import Image, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile

from tilewright.blobs import Blob
from tilewright.blobs.file import BlobFile
from tilewright.errors import CorruptSourceError
from tilewright.image import Array
from tilewright.readers import Opening
from tilewright.readers.picture import exif
from tilewright.readers.picture.colour import profile_name, to_srgb
from tilewright.readers.picture.gif import count_frames
from tilewright.readers.picture.layout import (
    Kind,
    Layout,
    bands_of,
    checked_frames,
    checked_size,
)

_BUFFER_BYTES = 1 << 16
BYTES_PER_PIXEL = 4
"""Pillow keeps RGB in four bytes a pixel."""

P = TypeVar("P", bound=ImageFile.ImageFile)

_KINDS: dict[str, Kind] = {
    "1": "gray",
    "L": "gray",
    "LA": "gray+alpha",
    "RGB": "rgb",
    "RGBA": "rgba",
}
_MODES: dict[Kind, str] = {"gray": "L", "gray+alpha": "LA", "rgb": "RGB", "rgba": "RGBA"}


def open_plugin(plugin: type[P], blob: Blob) -> P:
    """Return the picture, its header read.

    Pillow's own `Image.open` is passed by: it has a process-wide limit of pixels, and would
    try formats that are not ours to open.
    """
    return plugin(io.BufferedReader(BlobFile(blob), _BUFFER_BYTES))


def pixels_of(image: Image.Image, kind: Kind) -> Array:
    """Decode, and return shape (y, x) or (y, x, band), uint8."""
    mode = _MODES[kind]
    return np.asarray(image if image.mode == mode else image.convert(mode))


def palette_of(image: Image.Image, icc: bytes | None) -> Array | None:
    """Return the colours of a palette picture, (256, 3 or 4), sRGB; None without a palette."""
    if image.mode != "P" or image.palette is None:
        return None
    # A picture of one pixel reads the palette in whatever order the file keeps it.
    proxy = Image.new("P", (1, 1))
    proxy.putpalette(image.palette.palette, image.palette.rawmode or image.palette.mode)
    colours = np.zeros((256, 3), np.uint8)
    found = np.array(proxy.getpalette("RGB"), np.uint8).reshape(-1, 3)
    colours[: len(found)] = found
    colours = np.asarray(to_srgb(colours[np.newaxis], icc)[0])
    transparency = image.info.get("transparency")
    if transparency is None:
        return colours
    alpha = np.full((256, 1), 255, np.uint8)
    if isinstance(transparency, int):
        alpha[transparency] = 0
    else:
        alpha[: len(transparency), 0] = np.frombuffer(transparency, np.uint8)[:256]
    with_alpha: Array = np.hstack([colours, alpha])
    return with_alpha


def told(image: Image.Image, tags: Image.Exif | None) -> dict[str, object]:
    """Return what the file says of itself, bounded and JSON-able."""
    metadata: dict[str, object] = {}
    words = exif.words(tags)
    if words:
        metadata["exif"] = words
    comment = exif.as_text(image.info.get("comment"))
    if comment:
        metadata["comment"] = comment
    icc = image.info.get("icc_profile")
    name = exif.as_text(profile_name(icc)) if icc else ""
    if name:
        metadata["icc_profile"] = name
    return metadata


def survey_bmp(opening: Opening) -> Layout:
    """Lay out a BMP."""
    return _still(opening, BmpImageFile, "BMP")


def survey_gif(opening: Opening) -> Layout:
    """Lay out a GIF: one frame keeps its palette, several are RGBA along the axis frame."""
    frames = count_frames(opening.blob, opening.limits)
    if frames == 1:
        return _still(opening, GifImageFile, "GIF")
    return animation(opening, GifImageFile, "GIF", frames)


def survey_avif(opening: Opening) -> Layout:
    """Lay out an AVIF; more than 8 bits are decoded to 8."""
    with open_plugin(AvifImageFile, opening.blob) as image:
        frames = checked_frames(image.n_frames, opening.limits)
    if frames == 1:
        return _still(opening, AvifImageFile, "AVIF")
    return animation(opening, AvifImageFile, "AVIF", frames)


def animation(
    opening: Opening, plugin: type[ImageFile.ImageFile], format: str, frames: int
) -> Layout:
    """Lay out a picture with frames: RGBA, each composed as a viewer shows it."""
    with open_plugin(plugin, opening.blob) as image:
        size = checked_size(*image.size, opening.limits)
        icc = image.info.get("icc_profile")
        tags = exif.parse(image.info.get("exif"))
        metadata = told(image, tags)

    def decode(_shrink: int, frame: int) -> Array:
        with open_plugin(plugin, opening.blob) as image:
            image.seek(frame)
            return to_srgb(pixels_of(image, "rgba"), icc)

    return Layout(
        format=format,
        size=size,
        bands=bands_of("rgba"),
        dtype="uint8",
        decode=decode,
        # Composing takes the frame before, the frame and the result.
        bytes_per_pixel=3 * BYTES_PER_PIXEL,
        frames=frames,
        orientation=exif.orientation(tags),
        metadata=metadata,
    )


def _still(opening: Opening, plugin: type[ImageFile.ImageFile], format: str) -> Layout:
    with open_plugin(plugin, opening.blob) as image:
        size = checked_size(*image.size, opening.limits)
        icc = image.info.get("icc_profile")
        palette = palette_of(image, icc)
        kind = _KINDS.get(image.mode)
        if palette is not None:
            kind = "rgb" if palette.shape[1] == len("rgb") else "rgba"
        elif "transparency" in image.info:
            kind = "rgba"
        if kind is None:
            raise CorruptSourceError(f"the {format} has no known colours")
        tags = exif.parse(image.info.get("exif"))
        metadata = told(image, tags)

    def decode(_shrink: int, _frame: int) -> Array:
        with open_plugin(plugin, opening.blob) as image:
            if palette is not None:
                image.load()
                return np.asarray(image)
            return to_srgb(pixels_of(image, kind), icc)

    return Layout(
        format=format,
        size=size,
        bands=bands_of(kind),
        dtype="uint8",
        decode=decode,
        bytes_per_pixel=1 if palette is not None else BYTES_PER_PIXEL,
        orientation=exif.orientation(tags),
        palette=palette,
        metadata=metadata,
    )
