"""How large a pixel is on the ground: what slopes and shades are reckoned with."""

import math

import numpy as np

from tilewright.crs import WGS84, convert, is_geographic, metres_per_unit, period
from tilewright.geo import Geo
from tilewright.geometry import Grid

_FARTHEST = 89.9
"""Degrees from the equator: at a pole itself a pixel has no width."""


def ground_pixel(grid: Grid, geo: Geo | None) -> tuple[float, float]:
    """Return the width and height of a grid's pixel in metres, at its middle.

    Of a grid that lies nowhere, in level-0 pixels.
    """
    affine, crs = grid.affine, grid.crs
    if crs is None and geo is not None and geo.straight:
        affine, crs = geo.affine @ affine, geo.crs
    across, up = 1.0, 1.0
    if crs is not None:
        across = up = metres_per_unit(crs)
        if is_geographic(crs) or period(crs) is not None:
            x, y = affine(grid.size.width / 2, grid.size.height / 2)
            latitude = float(convert(crs, WGS84, np.array([x]), np.array([y]))[1][0])
            latitude = min(abs(latitude), _FARTHEST) if math.isfinite(latitude) else 0.0
            narrower = math.cos(math.radians(latitude))
            across *= narrower
            up *= 1.0 if is_geographic(crs) else narrower
    return (
        math.hypot(affine.a * across, affine.d * up),
        math.hypot(affine.b * across, affine.e * up),
    )
