"""Images whose values say where they are, and what OMERO's arithmetic makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile

CELL = 64
STEP = 800
"""Between neighbouring values: a window of 0 to 4000 shows five shades."""
WINDOW = (0, 4000)
PYRAMID = (3300, 2500)
ODD = (3329, 2305)
"""One more than whole tiles of 256 and whole cells: the last column and row are of their own."""
SLIDE = (3363, 2273)
"""Three columns more than whole tiles of 240. Levels lack what does not fill a pixel of theirs;
the last pixels lie in the middle of cells."""
STACK = (520, 390)
BIG_PLANE = (2240, 1920)
"""More than 2048² pixels and one level: viewers ask for it by regions."""
FLAT = (3500, 3300)
"""Larger than 3192² and one level: the server makes levels as they are asked for."""
Z_COUNT, T_COUNT = 4, 3
COLORS = ((255, 0, 0), (0, 255, 0), (0, 0, 255))
OME_COLORS = tuple(
    # OME writes RGBA as a signed number
    int(np.int64(red << 24 | green << 16 | blue << 8 | 255).astype(np.int32))
    for red, green, blue in COLORS
)
Values = npt.NDArray[np.int_]


@dataclass(frozen=True)
class Shown:
    """How a channel is shown: its window, its colour, and whether it is inverted."""

    color: tuple[int, int, int]
    start: float = WINDOW[0]
    end: float = WINDOW[1]
    inverted: bool = False

    def grey(self, values: npt.ArrayLike) -> Values:
        """Return what the window makes of values: 0 to 255."""
        part = (np.asarray(values) - self.start) / (self.end - self.start)
        level = np.floor(255 * part.clip(0, 1) + 0.5).astype(int)
        return 255 - level if self.inverted else level


def value_at(x: npt.ArrayLike, y: npt.ArrayLike, channel: int, z: int = 0, t: int = 0) -> Values:
    """Return the values at points of an image's plane."""
    column = np.floor_divide(x, CELL).astype(int)
    row = np.floor_divide(y, CELL).astype(int)
    turn = (column, row, column // 5 + 3 * (row // 5))[channel]
    return STEP * ((turn + z + 2 * t) % 5) + STEP // 2


def colors_at(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    channels: Sequence[tuple[int, Shown]],
    z: int | range = 0,
    t: int = 0,
) -> Values:
    """Return the colours (..., 3) that channels added up have at points.

    Of a range of planes the greatest value is taken.
    """
    planes = z if isinstance(z, range) else (z,)
    sums = np.zeros((*np.broadcast(x, y).shape, 3), int)
    for channel, shown in channels:
        values = np.max([value_at(x, y, channel, each, t) for each in planes], axis=0)
        sums += shown.grey(values)[..., np.newaxis] * np.array(shown.color) // 255
    return np.minimum(sums, 255)


def plane(size: tuple[int, int], channel: int, z: int = 0, t: int = 0) -> npt.NDArray[np.uint16]:
    """Return the values of a whole plane, shape (y, x)."""
    width, height = size
    y, x = np.mgrid[:height:CELL, :width:CELL]
    cells = value_at(x, y, channel, z, t).astype(np.uint16)
    return cells.repeat(CELL, 0).repeat(CELL, 1)[:height, :width]


def write_pyramid(path: Path, size: tuple[int, int]) -> None:
    """Write three channels of 16 bits with levels shrunk by 2, 4 and 8, their sizes rounded up."""
    data = np.stack([plane(size, channel) for channel in range(3)])
    layout = {"tile": (256, 256), "photometric": "minisblack", "compression": "deflate"}
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(data, metadata=_about("CYX", 3), subifds=3, **layout)
        for shrink in (2, 4, 8):
            writer.write(data[:, ::shrink, ::shrink], subfiletype=1, **layout)


def write_slide(path: Path) -> None:
    """Write a picture in JPEG with levels shrunk by 2, 4 and 8, their sizes rounded down."""
    planes = np.stack([plane(SLIDE, channel) for channel in range(3)], -1)
    data = Shown((255, 255, 255)).grey(planes).astype(np.uint8)
    # Where less colour is kept, the black with which last tiles are filled up bleeds into them.
    jpeg = {"compression": "jpeg", "compressionargs": {"level": 95}, "subsampling": (1, 1)}
    layout = {"tile": (240, 240), "photometric": "rgb", **jpeg}
    with tifffile.TiffWriter(path) as writer:
        writer.write(data, subifds=3, **layout)
        for shrink in (2, 4, 8):
            height, width = (side // shrink * shrink for side in data.shape[:2])
            writer.write(data[:height:shrink, :width:shrink], subfiletype=1, **layout)


def write_stack(path: Path) -> None:
    """Write two channels, four focal planes, three points in time, one level."""
    planes = [
        [[plane(STACK, channel, z, t) for channel in range(2)] for z in range(Z_COUNT)]
        for t in range(T_COUNT)
    ]
    tifffile.imwrite(
        path, np.array(planes), ome=True, photometric="minisblack", metadata=_about("TZCYX", 2)
    )


def write_plane(path: Path, size: tuple[int, int]) -> None:
    """Write one channel of one level."""
    data = plane(size, 0)[np.newaxis]
    layout = {"tile": (256, 256), "photometric": "minisblack", "compression": "deflate"}
    tifffile.imwrite(path, data, ome=True, metadata=_about("CYX", 1), **layout)


def _about(axes: str, channels: int) -> dict[str, object]:
    return {
        "axes": axes,
        "PhysicalSizeX": 0.5,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": 0.5,
        "PhysicalSizeYUnit": "µm",
        "Channel": {
            "Name": ["DAPI", "GFP", "TxRed"][:channels],
            "Color": list(OME_COLORS[:channels]),
        },
    }
