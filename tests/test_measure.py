import numpy as np
import pytest

from tilewright import look
from tilewright import measure as module
from tilewright.config import Limits
from tilewright.errors import LimitError, OutsideError
from tilewright.geometry import Box, Size
from tilewright.image import Axis, Band, Plane
from tilewright.measure import measure
from tilewright.readers.array import ArrayReader
from tilewright.statistics import Wanted

WANTED = Wanted(percentiles=(2, 50, 98), bins=16)
FIRST = Plane()


def pyramid(dtype="uint16", side=1024, count=1, **settings):
    random = np.random.default_rng(1)
    full = random.integers(1, 200, (count, side, side)).astype(dtype)
    half = full.reshape(count, side // 2, 2, side // 2, 2).mean((2, 4)).astype(dtype)
    quarter = half[:, ::2, ::2]
    reader = ArrayReader([full, half, quarter], shrinks=[(1, 1), (2, 2), (4, 4)], **settings)
    return reader, full, half, quarter


def check(found, values, total):
    """Compare what was found in one band with numpy on the valid values."""
    told = found.statistics
    wide = values.astype(np.float64)
    assert told.count == values.size
    assert told.valid_percent == pytest.approx(100 * values.size / total)
    assert (told.min, told.max) == (values.min(), values.max())
    assert told.mean == pytest.approx(wide.mean())
    assert told.std == pytest.approx(wide.std())
    for share, value in told.percentiles:
        assert value == pytest.approx(np.percentile(wide, share))
    counts, _ = np.histogram(wide, 16)
    assert found.histogram.counts == tuple(counts.tolist())


def test_a_whole_image_is_measured_where_the_default_look_is():
    reader, _, _, quarter = pyramid()
    found = measure(reader, None, FIRST, WANTED, Limits())
    assert look.sampled_windows(reader.info)[0] == 2
    assert (found.level, found.exact, found.pixels) == (2, False, quarter.size)
    check(found.bands[0], quarter, quarter.size)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float32", "float64"])
def test_exact_looks_at_every_pixel(dtype):
    reader, full, _, _ = pyramid(dtype, count=3)
    found = measure(reader, [2, 0], FIRST, WANTED, Limits(), exact=True)
    assert (found.level, found.exact) == (0, True)
    assert [one.band for one in found.bands] == [2, 0]
    for one in found.bands:
        check(one, full[one.band], full[0].size)


@pytest.mark.parametrize("dtype", ["uint8", "uint32", "float32"])
@pytest.mark.parametrize("box", [None, Box(100.5, 33, 700, 801.25)])
def test_a_large_image_is_measured_piece_by_piece(dtype, box, monkeypatch):
    monkeypatch.setattr(module, "MOST_PIXELS", 1000)
    monkeypatch.setattr(module, "_HELD_BYTES", 2_000_000)
    reader, full, _, _ = pyramid(dtype, count=9, chunk=Size(128, 64))
    found = measure(reader, None, FIRST, WANTED, Limits(), box=box, exact=True)
    part = full if box is None else full[:, 33:835, 100:801]
    assert found.exact
    assert found.pixels == part[0].size
    for one in found.bands:
        check(one, part[one.band], part[0].size)


def test_a_box_is_measured_on_the_coarsest_level_that_suffices():
    reader, _, half, _ = pyramid()
    found = measure(reader, None, FIRST, WANTED, Limits(), box=Box(200, 100, 600, 800))
    assert (found.level, found.exact) == (1, False)
    check(found.bands[0], half[:, 50:450, 100:400], 300 * 400)


def test_a_small_box_is_measured_exactly():
    reader, full, _, _ = pyramid()
    found = measure(reader, None, FIRST, WANTED, Limits(), box=Box(7.5, 9.5, 20, 30))
    assert (found.level, found.exact, found.pixels) == (0, True, 21 * 31)
    check(found.bands[0], full[:, 9:40, 7:28], 21 * 31)


def test_a_box_that_is_larger_than_a_sample_is_measured_on_windows():
    image = np.zeros((1, 2100, 2200), np.uint8)
    image[0, ::2] = 100
    reader = ArrayReader([image])
    found = measure(reader, None, FIRST, WANTED, Limits(), box=Box(10, 10, 2150, 2050))
    assert (found.level, found.exact) == (0, False)
    assert found.pixels == 9 * 512 * 512
    assert found.bands[0].statistics.mean == 50


def test_each_band_has_its_own_nodata_and_all_share_the_mask():
    data = np.array([[[1, 2], [3, 4]], [[1, 2], [3, 4]], [[np.nan, np.inf], [3, 4]]], np.float32)
    mask = np.array([[True, True], [True, False]])
    bands = [Band(nodata=2.0), Band(nodata=np.nan), Band(nodata=1e300)]
    reader = ArrayReader([data], masks=[mask], bands=bands)
    for exact in (False, True):
        found = measure(reader, None, FIRST, WANTED, Limits(), exact=exact)
        assert [one.statistics.count for one in found.bands] == [2, 3, 1]
        assert [one.statistics.mean for one in found.bands] == [2, 2, 3]
        assert [one.statistics.valid_percent for one in found.bands] == [50, 75, 25]


def test_a_plane_of_a_stack():
    stack = np.arange(3)[:, np.newaxis, np.newaxis, np.newaxis] * np.ones((3, 1, 8, 8), np.uint8)
    reader = ArrayReader([stack.astype(np.uint8)], axes=[Axis("z", 3)])
    found = measure(reader, None, Plane.of({"z": 2}), WANTED, Limits())
    assert found.bands[0].statistics.min == 2
    with pytest.raises(OutsideError):
        measure(reader, None, Plane.of({"z": 3}), WANTED, Limits())


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"bands": [1]}, OutsideError),
        ({"bands": [-1]}, OutsideError),
        ({"box": Box(1024, 0, 5, 5)}, OutsideError),
        ({"limits": Limits(source_pixels=1024 * 1024 - 1)}, LimitError),
        ({"limits": Limits(decoded_bytes=256 * 256 * 2 - 1)}, LimitError),
        ({"bands": [0, 0, 0], "limits": Limits(bands=2)}, LimitError),
    ],
)
def test_what_cannot_be_measured(asked, error):
    reader, *_ = pyramid()
    asked = {"bands": None, "limits": Limits(), "box": None} | asked
    with pytest.raises(error):
        measure(
            reader, asked["bands"], FIRST, WANTED, asked["limits"], box=asked["box"], exact=True
        )


def test_a_box_at_the_last_pixels_of_every_level():
    full = np.arange(299 * 299, dtype=np.float32).reshape(1, 299, 299)
    reader = ArrayReader([full, full[:, :296:4, :296:4]], shrinks=[(1, 1), (4, 4)])
    found = measure(reader, None, FIRST, WANTED, Limits(), box=Box(298.5, 298.5, 9, 9))
    assert found.bands[0].statistics.max == full.max()


def test_what_is_read_again_counts_again(monkeypatch):
    monkeypatch.setattr(module, "MOST_PIXELS", 1000)
    count = 2 * module._MOST_TALLIES
    data = np.zeros((count, 64, 64), np.float32)
    data[:, 0, 0] = 1
    read = []

    class Counting(ArrayReader):
        def read(self, level, window, *, bands, plane):
            read.append(window.pixels)
            return super().read(level, window, bands=bands, plane=plane)

    reader = Counting([data], chunk=Size(64, 64))
    measure(reader, None, FIRST, WANTED, Limits(), exact=True)
    decoded = sum(read)
    assert decoded > 64 * 64
    measure(reader, None, FIRST, WANTED, Limits(source_pixels=decoded), exact=True)
    with pytest.raises(LimitError, match="source pixels"):
        measure(reader, None, FIRST, WANTED, Limits(source_pixels=decoded - 1), exact=True)


def test_bands_that_are_held_in_turn_count_each_time(monkeypatch):
    monkeypatch.setattr(module, "_HELD_BYTES", 64 * 64 * 2)
    reader = ArrayReader([np.zeros((6, 64, 64), np.uint8)], chunk=Size(64, 64))
    measure(reader, None, FIRST, WANTED, Limits(source_pixels=3 * 64 * 64), exact=True)
    with pytest.raises(LimitError, match="source pixels"):
        measure(reader, None, FIRST, WANTED, Limits(source_pixels=3 * 64 * 64 - 1), exact=True)
