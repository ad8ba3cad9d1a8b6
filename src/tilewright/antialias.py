"""Smooth an image before it is sampled more coarsely than its pixels lie."""

import math
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from tilewright.image import Array

_STEPS = 64
_WIDE_FROM = 1 / 0.95
"""Pitch from which on pixels are smoothed, as GDAL has it."""


def smoothed(image: Array, pitches: tuple[float, float], reduce: tuple[int, int]) -> Array:
    """Return the image as wide a kernel would see it as one pixel of the grid spans.

    Sampled bilinearly afterwards, it is as if under a triangle that reaches one pixel of the
    grid to each side: what GDAL does, and what keeps fine patterns from turning to coarse ones.
    ``pitches`` are pixels per pixel of the grid along x and y; ``reduce`` tells into what blocks
    the image was averaged before.
    """
    taps = []
    for pitch, reduced in zip(pitches, reduce, strict=True):
        # Averaged blocks have a width already.
        square = pitch * pitch - (1 - 1 / (reduced * reduced)) / 2
        taps.append(_taps(round(math.sqrt(max(1.0, square)) * _STEPS)))
    if all(len(tap) == 1 for tap in taps):
        return image
    return cv2.sepFilter2D(image, -1, taps[0], taps[1], borderType=cv2.BORDER_REPLICATE)


@lru_cache(maxsize=1024)
def _taps(steps: int) -> npt.NDArray[np.float32]:
    """Return the filter that best widens a bilinear kernel to a triangle of some radius.

    ``steps`` is the radius in 64ths of a pixel. The fit is by least squares over all phases.
    """
    radius = steps / _STEPS
    if radius < _WIDE_FROM:
        return np.ones(1, np.float32)
    reach = math.ceil(radius)
    phases = np.linspace(0, 1, 33)[:, np.newaxis]
    places = np.arange(-reach, reach + 2)
    wanted = np.maximum(0.0, 1 - np.abs(places - phases) / radius)
    wanted /= wanted.sum(1, keepdims=True)
    basis = np.zeros((*wanted.shape, reach + 1))
    for tap in range(reach + 1):
        for place in {reach - tap, reach + tap}:
            basis[:, place, tap] += 1 - phases[:, 0]
            basis[:, place + 1, tap] += phases[:, 0]
    half = np.linalg.lstsq(basis.reshape(-1, reach + 1), wanted.ravel(), rcond=None)[0]
    taps = np.concatenate([half[:0:-1], half])
    return np.asarray(taps / taps.sum(), np.float32)
