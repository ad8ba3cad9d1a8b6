"""A picture whose colours say where they are: one colour for each cell of 64 pixels."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

CELL = 64
WIDTH, HEIGHT = 6000, 4000
Colours = npt.NDArray[np.uint8]


def colour_at(x: npt.ArrayLike, y: npt.ArrayLike) -> Colours:
    """Return the colours (..., 3) at points of the picture.

    Red tells the column and green the row, modulo 5; blue tells the block of 5 by 5 cells. Steps
    are so wide that neither JPEG nor smoothing makes a cell look like its neighbour.
    """
    column = np.floor_divide(x, CELL).astype(int)
    row = np.floor_divide(y, CELL).astype(int)
    block = (column // 5 + 3 * (row // 5)) % 7
    return np.stack([40 + 45 * (column % 5), 40 + 45 * (row % 5), 40 + 30 * block], -1).astype(
        np.uint8
    )


def picture(width: int = WIDTH, height: int = HEIGHT) -> Colours:
    """Return the picture, shape (y, x, 3)."""
    y, x = np.mgrid[:height:CELL, :width:CELL]
    return colour_at(x, y).repeat(CELL, 0).repeat(CELL, 1)[:height, :width]


def write_pyramid(path: Path) -> None:
    """Write the picture as a tiled TIFF with levels shrunk by 2, 4, 8 and 16."""
    data = picture()
    layout = {"tile": (256, 256), "photometric": "rgb", "compression": "deflate"}
    with tifffile.TiffWriter(path) as writer:
        writer.write(data, **layout, subifds=0)
        for shrink in (2, 4, 8, 16):
            writer.write(data[::shrink, ::shrink], **layout, subfiletype=1)


def write_png(path: Path, width: int = 1500, height: int = 1100) -> None:
    """Write the upper left part of the picture as a PNG."""
    Image.fromarray(picture(width, height)).save(path, compress_level=1)


STACK_GREYS = (60, 120, 180, 240)


def write_stack(path: Path) -> None:
    """Write an OME-TIFF of four focal planes, each of one grey, with a known pixel size."""
    data = np.stack([np.full((400, 600), grey, np.uint8) for grey in STACK_GREYS])
    metadata = {
        "axes": "ZYX",
        "PhysicalSizeX": 0.5,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": 0.5,
        "PhysicalSizeYUnit": "µm",
    }
    tifffile.imwrite(path, data, ome=True, metadata=metadata, photometric="minisblack")
