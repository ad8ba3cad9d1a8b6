"""Functions that draw images, as a project has them."""

import numpy as np

from tilewright.drawn.parameters import Integer, Number
from tilewright.drawn.source import drawn_source, pixel_centers
from tilewright.geo import Geo
from tilewright.geometry import Affine
from tilewright.image import Axis, Band

WEB_MERCATOR_HALF = 20_037_508.342789244


@drawn_source(
    "mandelbrot",
    size=(1 << 20, 1 << 20),
    parameters=(Integer("iterations", default=50, low=1, high=500),),
)
def mandelbrot(window, level, iterations):
    x, y = pixel_centers(window, level)
    c = (x / (1 << 20) * 3 - 2.25) + 1j * (y / (1 << 20) * 3 - 1.5)
    z = np.zeros_like(c)
    counts = np.zeros(c.shape, np.uint8)
    for _ in range(iterations):
        inside = np.abs(z) <= 2
        z[inside] = z[inside] ** 2 + c[inside]
        counts += inside
    return counts


@drawn_source("pattern", size=(1000, 700), bands=3, tile=128)
def pattern(window, level):
    x, y = pixel_centers(window, level)
    x, y = np.broadcast_arrays(x, y)
    return np.stack([x % 256, y % 256, (x + y) % 256]).astype(np.uint8)


@drawn_source(
    "heat",
    size=(512, 512),
    dtype="float32",
    bands=[Band("heat", "gray", nodata=-1.0)],
    axes=[Axis("t", 3)],
    parameters=(Number("peak", default=1.0, low=0, high=100),),
    version=lambda peak: f"heat {peak}",
    geo=Geo(
        "EPSG:3857",
        Affine(
            WEB_MERCATOR_HALF / 256, 0, -WEB_MERCATOR_HALF, 0, -WEB_MERCATOR_HALF / 256,
            WEB_MERCATOR_HALF,
        ),
    ),
)  # fmt: skip
def heat(window, level, plane, peak):
    x, y = pixel_centers(window, level)
    far = np.hypot(x - 256, y - 256)
    warmth = peak * np.exp(-((far / 100) ** 2)) + plane.index("t")
    return np.where(far < 250, warmth, -1).astype(np.float32)
