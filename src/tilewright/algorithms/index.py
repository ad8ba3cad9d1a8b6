"""How two bands compare, whatever the light."""

from collections.abc import Mapping

import numpy as np

from tilewright import expression
from tilewright.algorithms import Algorithm
from tilewright.image import Array, Band, Mask


def _normalized_index(
    data: Array,
    mask: Mask | None,
    pixel_size: tuple[float, float],  # noqa: ARG001
    parameters: Mapping[str, float],  # noqa: ARG001
) -> tuple[Array, Mask | None]:
    index = expression.evaluate("(b2-b1)/(b2+b1)", {0: data[0], 1: data[1]})
    valid = ~np.isnan(index)
    shown = np.where(valid, index, 0).astype(np.float32)[np.newaxis]
    if mask is not None:
        valid &= mask
    return shown, None if valid.all() else valid


NORMALIZED_INDEX = Algorithm(
    name="normalizedIndex",
    help="(b2 - b1) / (b2 + b1), from -1 to 1, such as the vegetation index of red and infrared.",
    compute=_normalized_index,
    result=(Band("index", "gray", display=(-1.0, 1.0)),),
    bands=2,
)
