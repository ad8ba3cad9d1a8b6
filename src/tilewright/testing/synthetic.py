"""Pictures and rasters made by arithmetic: the same on every machine."""

import numpy as np

from tilewright.geometry import Box, Grid, Size
from tilewright.image import Array, Mask, Picture, Raster

_SLOPES = ((1, 2), (2, 1), (1, 1))
"""Levels per pixel along x and y of red, green and blue: gentle, so that codecs do well."""
_OPAQUE = 255


def smooth(size: Size, channels: int) -> Picture:
    """Return gentle ramps, other ones in each channel; a fourth channel is opaque."""
    y, x = np.mgrid[: size.height, : size.width]
    data = np.full((size.height, size.width, channels), _OPAQUE, np.uint8)
    for channel, (along, down) in enumerate(_SLOPES[:channels]):
        # Up to 255 and down again, so that the ramps have no cliff.
        data[..., channel] = _OPAQUE - np.abs((x * along + y * down + 80) % 510 - _OPAQUE)
    return Picture(data)


def noise(size: Size, channels: int, *, seed: int = 0) -> Picture:
    """Return uniform noise in every channel, alpha too."""
    generator = np.random.default_rng(seed)
    return Picture(generator.integers(0, 256, (size.height, size.width, channels), dtype=np.uint8))


def see_through(size: Size) -> Picture:
    """Return an RGBA picture whose left third is clear, whose middle is half clear."""
    data = smooth(size, 4).data.copy()
    third = size.width // 3
    data[:, :third, 3] = 0
    data[:, third : 2 * third, 3] = 128
    return Picture(data)


def measured(size: Size, bands: int, dtype: str, *, mask: Mask | None = None) -> Raster:
    """Return a raster over the whole range of a numpy dtype; floats with NaN and infinity."""
    generator = np.random.default_rng(0)
    shape = (bands, size.height, size.width)
    kind = np.dtype(dtype)
    data: Array
    if kind.kind == "b":
        data = generator.random(shape) < 0.5
    elif kind.kind in "ui":
        limits = np.iinfo(kind)
        data = generator.integers(limits.min, limits.max, shape, dtype=kind.type, endpoint=True)
    else:
        data = (generator.standard_normal(shape) * 100).astype(kind)
        data.flat[0], data.flat[data.size // 2] = np.nan, -np.inf
    return Raster(data, mask, Grid.over(Box.whole(size), size))
