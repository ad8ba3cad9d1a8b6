"""An ellipse as large as is asked: the background of a page."""

import numpy as np

from tilewright.drawn.parameters import Color, Integer
from tilewright.drawn.views import DrawnImageView
from tilewright.image import Array, Picture

_OPAQUE = "ff"
_ROWS = 32
_TINY = np.float32(1e-12)
"""Where the middle of a pixel is that of the ellipse, there is no slope."""


class Ellipse(DrawnImageView):
    """An ellipse that touches all four sides; outside it nothing is seen."""

    parameters = (
        Integer("width", default=1024, low=1, high=8192, help="In pixels of the page."),
        Integer("height", default=768, low=1, high=8192, help="In pixels of the page."),
        Color("color", default="#2a629e40", help="With its alpha: 3, 4, 6 or 8 digits, or a name."),
    )
    max_dpr = 4

    def draw(self, width: int, height: int, color: str, dpr: float) -> Picture:
        """Draw it in one colour, which shows as much as its alpha and the edge let it."""
        digits = color.removeprefix("#")
        red, green, blue, alpha = bytes.fromhex((digits + _OPAQUE)[:8])
        table = np.empty((256, 4), np.uint8)
        table[:, :3] = red, green, blue
        table[:, 3] = np.round(np.arange(256) * (alpha / 255))
        sides = max(1, round(width * dpr)), max(1, round(height * dpr))
        # A pixel is looked up, and mirrored, as one number.
        pixels = _mirrored(table.view(np.uint32)[_quarter(*sides), 0], *sides)
        return Picture(pixels.view(np.uint8).reshape(*pixels.shape, 4))


def coverage(width: int, height: int) -> Array:
    """Return how much of each pixel an ellipse covers, from 0 to 255, shape (y, x)."""
    return _mirrored(_quarter(width, height), width, height)


def _quarter(width: int, height: int) -> Array:
    """Return the coverage of the lower right quarter, its middle row and column included.

    What counts is how far a pixel's middle lies from the edge: the implicit function over the
    length of its gradient.
    """
    x2, y2 = (_squares(side) for side in (width, height))
    across, down = np.float32(4 / width**2), np.float32(4 / height**2)
    found = np.empty((y2.size, x2.size), np.uint8)
    for top in range(0, y2.size, _ROWS):  # so few at once stay in the processor's cache
        rows = y2[top : top + _ROWS, np.newaxis]
        radius2 = np.maximum(x2 + rows, _TINY)
        slope2 = np.maximum(x2 * across + rows * down, _TINY * min(across, down))
        inside = (1 - np.sqrt(radius2)) * np.sqrt(radius2 / slope2)
        found[top : top + _ROWS] = np.clip(inside * 255 + 128, 0, 255)
    return found


def _mirrored(quarter: Array, width: int, height: int) -> Array:
    whole = np.empty((height, width), quarter.dtype)
    half = whole[height // 2 :]
    half[:, width // 2 :] = quarter
    half[:, : width // 2] = quarter[:, ::-1][:, : width // 2]
    whole[: height // 2] = half[::-1][: height // 2]
    return whole


def _squares(side: int) -> Array:
    """Return the squares of how far pixels lie from the middle, to one end, which is 1 away."""
    first = 0.0 if side % 2 else 0.5
    places = np.arange(side - side // 2, dtype=np.float32) + first
    return np.asarray(np.square(places * (2 / side)))
