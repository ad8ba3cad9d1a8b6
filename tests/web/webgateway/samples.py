"""What the tests of the webgateway share: layouts of images, and real files of them."""

import numpy as np
import tifffile

from tilewright.geometry import Size
from tilewright.image import Axis, Band, ImageInfo, Level
from tilewright.web.webgateway.limits import GatewayLimits
from tilewright.web.webgateway.looks import Subject
from tilewright.web.webgateway.settings import defaults

LIMITS = GatewayLimits()
RGB = ("red", "green", "blue")


def layout(width, height, *, chunk=256, shrinks=(1,), bands=3, dtype="uint16", axes=()):
    """Return the layout of an image; ``bands`` are so many, or their meanings."""
    size = Size(width, height)
    if isinstance(bands, int):
        own = tuple(Band(f"C{index}") for index in range(bands))
    else:
        own = tuple(Band(interpretation=name) for name in bands)
    levels = tuple(
        Level(
            Size(-(-width // shrink), -(-height // shrink)),
            (float(shrink), float(shrink)),
            Size(chunk, chunk),
        )
        for shrink in shrinks
    )
    return ImageInfo(size, levels, own, dtype, "test", tuple(Axis(*axis) for axis in axes))


def subject(info, settings=None, *, ranges=None, limits=LIMITS):
    """Return an image with the settings that it has by default; it knows ``cool.lut``."""
    return Subject(info, settings or defaults(info, ranges or {}), "cool.lut".__eq__, limits)


def write_rgb(path, side=512, *, tile=128, levels=3):
    """Write a JPEG pyramid of 8-bit RGB, shrunk by two from level to level."""
    y, x = np.mgrid[:side, :side]
    data = np.stack([x * 255 // side, y * 255 // side, (x + y) // 8], axis=-1).astype(np.uint8)
    with tifffile.TiffWriter(path) as writer:
        for level in range(levels):
            writer.write(
                data[:: 1 << level, :: 1 << level],
                tile=(tile, tile),
                compression="jpeg",
                photometric="rgb",
                subfiletype=int(level > 0),
            )
    return path


def write_stack(path, data, axes):
    """Write an OME-TIFF of the axes named."""
    tifffile.imwrite(path, data, ome=True, photometric="minisblack", metadata={"axes": axes})
    return path
