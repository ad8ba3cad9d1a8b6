"""Light and steepness of an elevation, as GDAL computes them (Horn's method)."""

import math
from collections.abc import Mapping

import cv2
import numpy as np

from tilewright.algorithms import Algorithm, Parameter
from tilewright.image import Array, Band, Mask

_HORN = 8.0
"""The weights of Horn's differences add up to eight pixels."""


def gradient(
    data: Array, mask: Mask | None, pixel_size: tuple[float, float]
) -> tuple[Array, Array]:
    """Return the rise to the right and the rise downwards, per unit, of the values (y, x).

    Where a neighbour was not measured, the pixel's own value stands for it.
    """
    precise = np.float64 if data.dtype.itemsize > 4 or data.dtype.kind in "iu" else np.float32  # noqa: PLR2004
    heights = np.ascontiguousarray(data, precise)
    if mask is not None:
        heights = np.where(mask, heights, precise(0))
    right, down = _differences(heights)
    if mask is not None:
        # A difference with v(z - centre) in place of z leaves out what is not valid.
        valid_right, valid_down = _differences(mask.astype(precise))
        right = right - heights * valid_right
        down = down - heights * valid_down
    right *= precise(1 / (_HORN * pixel_size[0]))
    down *= precise(1 / (_HORN * pixel_size[1]))
    return right, down


def _differences(heights: Array) -> tuple[Array, Array]:
    right = cv2.Sobel(heights, -1, 1, 0, ksize=3, borderType=cv2.BORDER_REPLICATE)
    down = cv2.Sobel(heights, -1, 0, 1, ksize=3, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(right), np.asarray(down)


def _hillshade(
    data: Array,
    mask: Mask | None,
    pixel_size: tuple[float, float],
    parameters: Mapping[str, float],
) -> tuple[Array, Mask | None]:
    azimuth, altitude = math.radians(parameters["azimuth"]), math.radians(parameters["altitude"])
    exaggeration = parameters["z_factor"]
    right, down = gradient(data[0], mask, pixel_size)
    kind = right.dtype.type
    across = kind(254 * math.cos(altitude) * math.sin(azimuth) * exaggeration)
    along = kind(254 * math.cos(altitude) * math.cos(azimuth) * exaggeration)
    light = down * along - right * across
    light += kind(254 * math.sin(altitude))
    right *= right
    down *= down
    right += down
    right *= kind(exaggeration * exaggeration)
    right += kind(1)
    light /= np.sqrt(right, out=right)
    np.fmax(light, 0, out=light)
    # GDAL's shades run from 1 to 255, half a step rounded up.
    light += kind(1.5)
    return light.astype(np.uint8)[np.newaxis], mask


def _slope(
    data: Array,
    mask: Mask | None,
    pixel_size: tuple[float, float],
    parameters: Mapping[str, float],
) -> tuple[Array, Mask | None]:
    right, down = gradient(data[0], mask, pixel_size)
    steepness = cv2.magnitude(right, down) * right.dtype.type(parameters["z_factor"])
    degrees = np.degrees(np.arctan(steepness, out=steepness), out=steepness)
    return np.nan_to_num(degrees[np.newaxis].astype(np.float32, copy=False), copy=False), mask


_EXAGGERATION = Parameter("z_factor", "Heights are multiplied by it.", 1, 0.000_001, 1_000_000)

HILLSHADE = Algorithm(
    name="hillshade",
    help="The light on a surface, from 1 (none) to 255, as GDAL's hillshade.",
    compute=_hillshade,
    result=(Band("hillshade", "gray"),),
    dtype="uint8",
    margin=1,
    parameters=(
        Parameter("azimuth", "Where the light comes from: 0 north, 90 east, degrees.", 315, 0, 360),
        Parameter("altitude", "How high the light stands: 90 is overhead, degrees.", 45, 0, 90),
        _EXAGGERATION,
    ),
)

SLOPE = Algorithm(
    name="slope",
    help="The steepness of a surface in degrees, as GDAL's slope.",
    compute=_slope,
    result=(Band("slope", "gray", display=(0.0, 90.0)),),
    margin=1,
    parameters=(_EXAGGERATION,),
)
