"""The Mandelbrot set as an image of 16,777,216 pixels a side, of which no file exists."""

import numpy as np
from django.http import Http404

from tilewright.django.views import ImageViews
from tilewright.drawn.source import drawn_source, pixel_centers
from tilewright.geometry import Window
from tilewright.image import Array, Mask, Source
from tilewright.paint import Named
from tilewright.stretch import Stretch
from tilewright.style import Channel, Style

SIDE = 1 << 24
COLORS = ("magma", "viridis", "cividis", "twilight", "gray")

_LEFT, _TOP, _SPAN = -2.25, 1.5, 3.0
_STEPS = 400
_FAR = 1e6
"""The square of how far."""
_BRIGHTEST = 65_535


@drawn_source("tilewright-mandelbrot", size=(SIDE, SIDE), dtype="uint16")
def mandelbrot(window: Window, level: int) -> Array:
    """Return how fast each point flees, 0 where it never does: a logarithm, without steps."""
    x, y = pixel_centers(window, level)
    points = (_LEFT + x * (_SPAN / SIDE)) + 1j * (_TOP - y * (_SPAN / SIDE))
    seen = np.zeros(points.size, np.uint16)
    fled = _steps_to_flee(points.ravel())
    out = fled > 0
    speed = np.log(fled[out]) / np.log(_STEPS)
    seen[out] = np.clip(speed * _BRIGHTEST, 1, _BRIGHTEST)
    return seen.reshape(points.shape)


def _steps_to_flee(points: Array) -> Array:
    """Return after how many steps each point is far away, in fractions too; 0: it stays."""
    fled = np.zeros(points.size)
    left = np.flatnonzero(~_surely_stays(points))
    c = points[left]
    z = np.zeros_like(c)
    for step in range(_STEPS):
        z *= z
        z += c
        far = z.real**2 + z.imag**2
        gone = far > _FAR
        if gone.any():
            # Without the fraction each step would be seen as a band of one colour.
            fled[left[gone]] = step + 2 - np.log2(np.log(far[gone]) / np.log(_FAR))
            left, c, z = left[~gone], c[~gone], z[~gone]
    return fled


def _surely_stays(c: Array) -> Mask:
    """Tell which points lie in the heart or in the disc beside it: half of the set's area."""
    x, y2 = c.real, c.imag**2
    q = (x - 0.25) ** 2 + y2
    heart: Mask = q * (q + x - 0.25) <= y2 / 4
    disc: Mask = (x + 1) ** 2 + y2 <= 1 / 16
    return heart | disc


class Mandelbrot(ImageViews):
    """All routes of an image, for the set in colours that the path names."""

    def get_source(self) -> Source:
        """Return the drawn image; the path's colours have to be some of ours."""
        if self.kwargs["colors"] not in COLORS:
            raise Http404
        return mandelbrot.source()

    def get_style(self) -> Style:
        """Return the colours."""
        paint = Named(self.kwargs["colors"])
        return Style((Channel(stretch=Stretch.of(0, _BRIGHTEST), paint=paint),))
