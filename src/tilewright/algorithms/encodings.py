"""Heights written into the colours of a picture, for maps that draw terrain themselves."""

from collections.abc import Mapping

import numpy as np

from tilewright.algorithms import Algorithm, Parameter
from tilewright.image import Array, Band, Mask

_MOST = (1 << 24) - 1
_COLORS = (Band("red", "red"), Band("green", "green"), Band("blue", "blue"))
_TERRARIUM_BASE = -32_768.0
_TERRARIUM_STEP = 1 / 256


def _terrainrgb(
    data: Array,
    mask: Mask | None,
    pixel_size: tuple[float, float],  # noqa: ARG001
    parameters: Mapping[str, float],
) -> tuple[Array, Mask | None]:
    return _written(data[0], parameters["baseval"], parameters["interval"]), mask


def _terrarium(
    data: Array,
    mask: Mask | None,
    pixel_size: tuple[float, float],  # noqa: ARG001
    parameters: Mapping[str, float],  # noqa: ARG001
) -> tuple[Array, Mask | None]:
    return _written(data[0], _TERRARIUM_BASE, _TERRARIUM_STEP), mask


def _written(heights: Array, base: float, step: float) -> Array:
    """Return the number of steps above the base, rounded, as three bytes: shape (3, y, x)."""
    steps = heights.astype(np.float64)
    steps -= base
    steps /= step
    steps = np.nan_to_num(np.rint(steps, out=steps), copy=False).clip(0, _MOST)
    # Little-endian bytes of each number, of which the fourth is always 0.
    parts = steps.astype("<u4").view(np.uint8).reshape(*heights.shape, 4)
    return np.ascontiguousarray(np.moveaxis(parts[..., 2::-1], -1, 0))


TERRAIN_RGB = Algorithm(
    name="terrainrgb",
    help="Heights as Mapbox Terrain-RGB: baseval + interval × (65536 R + 256 G + B).",
    compute=_terrainrgb,
    result=_COLORS,
    dtype="uint8",
    parameters=(
        Parameter("interval", "The height of one step.", 0.1, 0.000_001, 1_000_000),
        Parameter("baseval", "The height of black.", -10_000, -1e9, 1e9),
    ),
)

TERRARIUM = Algorithm(
    name="terrarium",
    help="Heights as Terrarium tiles: 256 R + G + B / 256 − 32768.",
    compute=_terrarium,
    result=_COLORS,
    dtype="uint8",
)
