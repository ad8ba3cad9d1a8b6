"""What any reader must do, as tests: subclass the suite and give it the reader.

class TestMine(ReaderSuite):
    @pytest.fixture
    def reader(self):
        return mine.DRIVER.open(Opening(source, blob, Config(), NoChunkStore()))

    @pytest.fixture
    def truth(self):
        return expected  # (band, y, x) of level 0
"""

import itertools
import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import ClassVar

import numpy as np
import pytest

from tilewright.geometry import Window
from tilewright.image import Array, Mask, Plane
from tilewright.readers import Reader

WINDOWS = 20
THREADS = 8
MOST_PLANES = 64


class ReaderSuite:
    """Proves a `Reader`. The class attributes say what the format promises."""

    tolerance: ClassVar[float] = 0.0
    """The largest difference to the truth that a lossy format may have."""
    seed: ClassVar[int] = 1
    """Of the random windows."""

    @pytest.fixture
    def reader(self) -> Reader:
        """Return the reader to prove, freshly opened; a subclass gives it."""
        raise NotImplementedError

    @pytest.fixture
    def truth(self) -> Array:
        """Return level 0 of the first plane, (band, y, x), found by other means."""
        raise NotImplementedError

    def test_info_is_whole(self, reader: Reader) -> None:
        """The layout holds together, stays the same value, and can be written as JSON."""
        info = reader.info
        assert reader.info == info
        assert np.dtype(info.dtype).name == info.dtype
        assert info.format
        assert json.dumps(asdict(info))
        assert info.levels[0].shrink == (1.0, 1.0)
        assert all(axis.size >= 1 for axis in info.axes)
        for finer, coarser in itertools.pairwise(info.levels):
            assert min(coarser.shrink) >= 1
            assert sum(coarser.shrink) > sum(finer.shrink)
        for level in info.levels:
            # A level covers the image up to a pixel of its own.
            assert abs(level.size.width * level.shrink[0] - info.size.width) <= level.shrink[0]
            assert abs(level.size.height * level.shrink[1] - info.size.height) <= level.shrink[1]

    def test_level_0_equals_the_truth(self, reader: Reader, truth: Array) -> None:
        """Every pixel of every band is right."""
        data, _ = whole(reader, 0)
        assert data.shape == truth.shape
        assert data.dtype == truth.dtype == np.dtype(reader.info.dtype)
        if self.tolerance:
            difference = np.abs(data.astype(np.float64) - truth.astype(np.float64))
            assert difference.max() <= self.tolerance
        else:
            np.testing.assert_array_equal(data, truth)

    def test_windows_equal_the_whole(self, reader: Reader) -> None:
        """Random windows at every level are the same part of that level read at once."""
        for level in range(len(reader.info.levels)):
            data, mask = whole(reader, level)
            for window in self.windows(reader, level):
                check_window(reader, level, window, data, mask)

    def test_corners(self, reader: Reader) -> None:
        """Single pixels in the corners, and the last row and column, can be read."""
        for level, layout in enumerate(reader.info.levels):
            width, height = layout.size.width, layout.size.height
            data, mask = whole(reader, level)
            windows = [
                Window(0, 0, 1, 1),
                Window(width - 1, 0, 1, 1),
                Window(0, height - 1, 1, 1),
                Window(width - 1, height - 1, 1, 1),
                Window(width - 1, 0, 1, height),
                Window(0, height - 1, width, 1),
            ]
            for window in windows:
                check_window(reader, level, window, data, mask)

    def test_bands_come_in_the_order_asked(self, reader: Reader) -> None:
        """Reversed, repeated and single bands are those of the whole."""
        count = len(reader.info.bands)
        data, _ = whole(reader, 0)
        window = self.windows(reader, 0)[0]
        expected = data[:, window.y : window.bottom, window.x : window.right]
        orders = [list(reversed(range(count))), [count - 1], [0, 0], [0]]
        for order in orders:
            part, _ = reader.read(0, window, bands=order, plane=Plane())
            np.testing.assert_array_equal(part, expected[order])

    def test_planes_can_be_read(self, reader: Reader) -> None:
        """Every position on the axes, up to 64 of them, has the shape and dtype promised."""
        info = reader.info
        positions = itertools.product(*(range(axis.size) for axis in info.axes))
        window = Window.whole(info.levels[-1].size)
        for place in itertools.islice(positions, MOST_PLANES):
            plane = Plane.of({axis.name: i for axis, i in zip(info.axes, place, strict=True)})
            data, _ = reader.read(
                len(info.levels) - 1, window, bands=range(len(info.bands)), plane=plane
            )
            assert data.shape == (len(info.bands), window.height, window.width)
            assert data.dtype == np.dtype(info.dtype)

    def test_what_is_given_out_cannot_harm_the_reader(self, reader: Reader) -> None:
        """An array is read-only, or writing to it changes no later read."""
        window = self.windows(reader, 0)[0]
        bands = range(len(reader.info.bands))
        data, mask = reader.read(0, window, bands=bands, plane=Plane())
        before, mask_before = data.copy(), None if mask is None else mask.copy()
        if data.flags.writeable:
            data[...] = 0
        if mask is not None and mask.flags.writeable:
            mask[...] = False
        after, mask_after = reader.read(0, window, bands=bands, plane=Plane())
        np.testing.assert_array_equal(after, before)
        if mask_before is not None:
            np.testing.assert_array_equal(mask_after, mask_before)

    def test_threads_read_the_same(self, reader: Reader) -> None:
        """Eight threads get what one gets, when the reader says that they may."""
        if not reader.thread_safe:
            return
        wholes = [whole(reader, level) for level in range(len(reader.info.levels))]
        jobs = [
            (level, window)
            for level in range(len(wholes))
            for window in self.windows(reader, level)
        ]
        with ThreadPoolExecutor(THREADS) as threads:
            done = [
                threads.submit(check_window, reader, level, window, *wholes[level])
                for level, window in jobs
            ]
        for job in done:
            job.result()

    def test_close_twice(self, reader: Reader) -> None:
        """A second close does nothing."""
        reader.close()
        reader.close()

    def windows(self, reader: Reader, level: int) -> Sequence[Window]:
        """Return 20 random windows of a level, the same in each run."""
        size = reader.info.levels[level].size
        chance = random.Random(self.seed + level)  # noqa: S311 - windows are no secrets
        found = []
        for _ in range(WINDOWS):
            x, y = chance.randrange(size.width), chance.randrange(size.height)
            width, height = chance.randint(1, size.width - x), chance.randint(1, size.height - y)
            found.append(Window(x, y, width, height))
        return found


def whole(reader: Reader, level: int) -> tuple[Array, Mask | None]:
    """Read all of a level of the first plane."""
    window = Window.whole(reader.info.levels[level].size)
    return reader.read(level, window, bands=range(len(reader.info.bands)), plane=Plane())


def check_window(
    reader: Reader, level: int, window: Window, data: Array, mask: Mask | None
) -> None:
    """Read a window, and compare it with the level's whole data and mask."""
    part, part_mask = reader.read(level, window, bands=range(len(reader.info.bands)), plane=Plane())
    rows, columns = slice(window.y, window.bottom), slice(window.x, window.right)
    np.testing.assert_array_equal(part, data[:, rows, columns])
    # None means valid everywhere, so either side may say it in either way.
    expected = np.ones(part.shape[1:], np.bool_) if mask is None else mask[rows, columns]
    given = np.ones(part.shape[1:], np.bool_) if part_mask is None else part_mask
    np.testing.assert_array_equal(given, expected)
