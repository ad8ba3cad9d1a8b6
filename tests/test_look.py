"""The default look: what is measured of it, and how much."""

import numpy as np
import pytest

from tests.pyramids import layout
from tilewright.geometry import Size, Window
from tilewright.image import Band, ImageInfo, Level
from tilewright.look import MOST_PIXELS, Samples, sampled_windows
from tilewright.plan import covering_chunks

ONE = [Band(interpretation="gray")]


def stripped(size, rows):
    return ImageInfo(
        size, (Level(size, (1.0, 1.0), Size(size.width, rows)),), tuple(ONE), "uint16", "test"
    )


@pytest.mark.parametrize("size", [Size(100_000, 100_000), Size(3000, 3000), Size(400_000, 20)])
def test_a_large_level_is_measured_on_a_bounded_number_of_pixels(size):
    _, windows = sampled_windows(layout(size, (1,), chunk=256, dtype="uint16", bands=ONE))
    assert 1 < len(windows) <= 9
    assert sum(window.pixels for window in windows) <= MOST_PIXELS
    for window in windows:
        assert window.right <= size.width
        assert window.bottom <= size.height


@pytest.mark.parametrize("size", [Size(100_000, 100_000), Size(5000, 3000), Size(3_000_000, 9)])
def test_of_strips_little_more_is_decoded_than_measured(size):
    info = stripped(size, 1)
    _, windows = sampled_windows(info)
    assert windows[0].y == 0
    assert windows[-1].bottom == size.height
    decoded = sum(covering_chunks(window, info.levels[0]).pixels for window in windows)
    assert decoded <= max(MOST_PIXELS, 3 * size.width)


def test_a_small_level_is_measured_whole_and_a_coarse_one_before_a_fine():
    info = layout(Size(4096, 4096), (1, 2, 4, 8, 16), chunk=256, dtype="uint16", bands=ONE)
    assert sampled_windows(info) == (4, (Window(0, 0, 256, 256),))


def test_samples_near_the_end_of_doubles_have_a_finite_range():
    kept = Samples.of(np.array([-1.7e308, 0.0, 1.7e308]))
    assert np.isfinite([kept.mean, kept.deviation]).all()
