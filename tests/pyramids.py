"""In-memory pyramids for the tests of the core: plain arrays behind the `Reader` protocol."""

from collections.abc import Sequence

import numpy as np

from tilewright.geometry import Size, Window
from tilewright.image import Array, Band, ImageInfo, Level, Mask, Plane


class PlainReader:
    """Level arrays (band, y, x), sliced: the oracle's idea of a reader."""

    thread_safe = True

    def __init__(self, info: ImageInfo, levels: Sequence[Array], mask: Mask | None = None):
        self.info = info
        self.levels = levels
        self.mask = mask
        self.windows: list[tuple[int, Window]] = []
        self.closed = 0

    def read(self, level, window, *, bands, plane: Plane):
        self.windows.append((level, window))
        place = (slice(window.y, window.bottom), slice(window.x, window.right))
        mask = None if self.mask is None else self.mask[place]
        return self.levels[level][list(bands)][:, *place], mask

    def close(self):
        self.closed += 1


def layout(size: Size, shrinks: Sequence[int], *, chunk: int, dtype: str, bands: Sequence[Band]):
    levels = tuple(
        Level(
            Size(-(-size.width // shrink), -(-size.height // shrink)),
            (float(shrink), float(shrink)),
            Size(chunk, chunk),
        )
        for shrink in shrinks
    )
    return ImageInfo(size, levels, tuple(bands), dtype, "test")


def positions(info: ImageInfo) -> list[Array]:
    """Level arrays whose two bands hold the level-0 x and y of each pixel's centre."""
    out = []
    for level in info.levels:
        x = (np.arange(level.size.width) + 0.5) * level.shrink[0]
        y = (np.arange(level.size.height) + 0.5) * level.shrink[1]
        out.append(np.stack(np.meshgrid(x, y)).astype(info.dtype))
    return out
