"""Turned pictures, beside an own reckoning of the same, and what turning costs."""

import math

import numpy as np
import pytest

from tests.memory import takes_less
from tilewright.finish import finished, turned_size
from tilewright.geometry import Size
from tilewright.image import Picture
from tilewright.style import Orientation, Style


def sampled(data, mirror, degrees):
    """Return a picture turned about its centre, between pixels, and its opacity: floats."""
    rows, columns = data.shape[:2]
    data = data[:, ::-1] if mirror else data
    if data.shape[2] == 1:
        data = np.repeat(data, 3, axis=2)
    if data.shape[2] == 3:
        data = np.dstack([data, np.full((rows, columns), 255)])
    weighed = data.astype(float)
    weighed[..., :3] *= weighed[..., 3:] / 255
    size = turned_size(Size(columns, rows), Orientation(mirror, degrees))
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    y, x = np.mgrid[0 : size.height, 0 : size.width]
    x, y = x - (size.width - 1) / 2, y - (size.height - 1) / 2
    across, down = cos * x + sin * y + (columns - 1) / 2, cos * y - sin * x + (rows - 1) / 2
    total = np.zeros((size.height, size.width, 4))
    for right in (0, 1):
        for below in (0, 1):
            column, row = np.floor(across).astype(int) + right, np.floor(down).astype(int) + below
            share = (1 - np.abs(across - column)) * (1 - np.abs(down - row))
            inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
            found = weighed[row.clip(0, rows - 1), column.clip(0, columns - 1)]
            total += np.where(inside, share, 0)[..., np.newaxis] * found
    return total[..., :3] / np.maximum(total[..., 3:] / 255, 1e-9), total[..., 3]


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (33, 47)])
@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("degrees", [1e-9, 0.5, 22.5, 45, 135, 200, 359.9])
def test_a_turned_picture_is_sampled_between_pixels(channels, shape, mirror, degrees):
    rng = np.random.default_rng(7)
    data = rng.integers(0, 256, (*shape, channels)).astype(np.uint8)
    shown = finished(Picture(data), Style(orientation=Orientation(mirror, degrees))).data
    colors, opacity = sampled(data, mirror, degrees)
    assert shown.shape == (*opacity.shape, 4)
    # OpenCV knows places to 1/32 of a pixel.
    assert np.abs(shown[..., 3] - opacity).max() <= 9
    seen = opacity > 64
    assert np.abs(shown[..., :3] - colors)[seen].max(initial=0) <= 20


def test_turning_what_is_partly_clear_takes_little_room():
    data = np.full((1500, 1500, 4), 200, np.uint8)
    style = Style(orientation=Orientation(rotation=30.0))
    turned = finished(Picture(data), style).data
    assert turned[1000, 1000].tolist() == [200, 200, 200, 200]
    strips = 4 * 256 * turned.shape[1] * 16
    most = 2 * data.nbytes + turned.nbytes + strips
    assert takes_less(lambda: finished(Picture(data), style), most)
