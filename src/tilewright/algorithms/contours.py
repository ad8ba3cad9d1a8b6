"""Lines of equal height over colours of height."""

from collections.abc import Mapping

import cv2
import numpy as np

from tilewright.algorithms import Algorithm, Parameter
from tilewright.errors import ParameterError
from tilewright.image import Array, Band, Mask

_STOPS = (0.0, 0.15, 0.25, 0.5, 0.75, 1.0)
_COLORS = (
    (0.2, 0.2, 0.6),
    (0.0, 0.6, 1.0),
    (0.0, 0.8, 0.4),
    (1.0, 1.0, 0.6),
    (0.5, 0.36, 0.33),
    (1.0, 1.0, 1.0),
)
"""The colormap that matplotlib calls terrain."""
_THICKEST = 10


def _contours(
    data: Array,
    mask: Mask | None,
    pixel_size: tuple[float, float],  # noqa: ARG001
    parameters: Mapping[str, float],
) -> tuple[Array, Mask | None]:
    low, high = parameters["minz"], parameters["maxz"]
    if not low < high:
        raise ParameterError("algorithm_params", "such that minz is below maxz")
    # As float32 when that holds every value: half the time.
    heights = data[0].astype(np.result_type(np.float32, data.dtype))
    if mask is not None:
        heights[~mask] = 0
    places = _places(heights, low, high)
    ground = 1 - _lines(heights, mask, parameters["increment"], round(parameters["thickness"]))
    return np.stack([cv2.LUT(places, column) * ground for column in _columns()]), mask


def _places(heights: Array, low: float, high: float) -> Array:
    """Return which of the 256 colours each height has; NaN has the first."""
    steps = heights - heights.dtype.type(low)
    steps *= heights.dtype.type(256 / (high - low))
    np.fmax(steps, 0, out=steps)
    places: Array = np.fmin(steps, 255, out=steps).astype(np.uint8)
    return places


def _lines(heights: Array, mask: Mask | None, increment: float, thickness: int) -> Array:
    """Return 1 where a pixel and its neighbour lie on both sides of a multiple, else 0."""
    steps = heights / heights.dtype.type(increment)
    np.floor(steps, out=steps)
    across, down = steps[:, 1:] != steps[:, :-1], steps[1:] != steps[:-1]
    if mask is not None:
        across &= mask[:, 1:] & mask[:, :-1]
        down &= mask[1:] & mask[:-1]
    lines = np.zeros(heights.shape, np.uint8)
    lines[:, :-1] |= across
    lines[:-1] |= down
    if thickness > 1:
        lines = np.asarray(cv2.dilate(lines, np.ones((thickness, thickness), np.uint8)), np.uint8)
    return lines


def _columns() -> list[Array]:
    """Return the red, green and blue of the 256 colours of height."""
    places = np.arange(256) / 255
    columns = [np.interp(places, _STOPS, column) for column in zip(*_COLORS, strict=True)]
    return [(column * 255).astype(np.uint8) for column in columns]


CONTOURS = Algorithm(
    name="contours",
    help="Black lines of equal height over colours of height.",
    compute=_contours,
    result=(Band("red", "red"), Band("green", "green"), Band("blue", "blue")),
    dtype="uint8",
    margin=1 + _THICKEST // 2,
    parameters=(
        Parameter("increment", "From one line to the next, in height.", 35, 0.000_001, 1_000_000),
        Parameter("thickness", "Of a line, in pixels.", 1, 1, _THICKEST),
        Parameter("minz", "The height of the first colour.", -12_000, -1e9, 1e9),
        Parameter("maxz", "The height of the last colour.", 8_000, -1e9, 1e9),
    ),
)
