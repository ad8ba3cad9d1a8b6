import math

import numpy as np
import pytest

from tilewright.config import Limits
from tilewright.errors import LimitError, OutsideError, ParameterError
from tilewright.geometry import Size
from tilewright.image import Axis, Band, Plane
from tilewright.probe import MOST_SAMPLES, profile, values_at
from tilewright.readers.array import ArrayReader

FIRST = Plane()


def ramp(width=200, height=100):
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([columns, rows]).astype(np.uint16)


def test_a_line_along_a_row_meets_each_pixel():
    reader = ArrayReader([ramp()], chunk=Size(64, 32))
    line = profile(reader, [(0.5, 40.5), (199.5, 40.5)], None, FIRST, Limits())
    assert line.values[0].tolist() == list(range(200))
    assert set(line.values[1].tolist()) == {40}
    assert line.values.dtype == np.uint16
    assert line.valid.all()
    assert line.distances.tolist() == list(range(200))


def test_a_bent_line_has_equal_distances():
    reader = ArrayReader([ramp()], chunk=Size(16, 16))
    points = [(10.0, 10.0), (40.0, 50.0), (40.0, 20.0)]
    line = profile(reader, points, [1], FIRST, Limits(), samples=33)
    np.testing.assert_allclose(np.diff(line.distances), 80 / 32)
    expected = [10 + 0.8 * at if at <= 50 else 50 - (at - 50) for at in line.distances]
    np.testing.assert_allclose(line.places[:, 1], expected)
    assert line.values[0].tolist() == [math.floor(round(value, 9)) for value in expected]


def test_what_lies_outside_or_was_not_measured_is_not_valid():
    mask = np.ones((100, 200), np.bool_)
    mask[:, 3] = False
    bands = [Band(nodata=5.0), Band()]
    reader = ArrayReader([ramp()], masks=[mask], bands=bands)
    line = profile(reader, [(-3.5, 0.5), (6.5, 0.5)], None, FIRST, Limits())
    assert line.valid[0].tolist() == [False] * 4 + [True] * 3 + [False, True, False, True]
    assert line.valid[1].tolist() == [False] * 4 + [True] * 3 + [False] + [True] * 3
    outside = profile(reader, [(900, 0), (950, 0)], None, FIRST, Limits())
    assert not outside.valid.any()


def test_a_long_line_is_read_from_a_coarser_level():
    full = np.zeros((1, 8192, 8192), np.uint8)
    half = np.full((1, 4096, 4096), 2, np.uint8)
    quarter = np.full((1, 2048, 2048), 4, np.uint8)
    reader = ArrayReader([full, half, quarter], shrinks=[(1, 1), (2, 2), (4, 4)])
    across = [(0.0, 0.0), (8192.0, 8192.0)]
    line = profile(reader, across, None, FIRST, Limits())
    assert (line.level, len(line.distances)) == (1, MOST_SAMPLES)
    assert line.values[0, :-1].tolist() == [2] * (MOST_SAMPLES - 1)
    assert not line.valid[0, -1]
    assert profile(reader, across, None, FIRST, Limits(), samples=20).level == 2


@pytest.mark.parametrize(
    ("points", "samples", "told"),
    [
        ([(1, 1)], None, "2 to 256 points"),
        ([(1, 1)] * 257, None, "2 to 256 points"),
        ([(1, 1), (1, 1)], None, "a length"),
        ([(-1e308, 1), (1e308, 1)], None, "a length"),
        ([(1, 1), (math.nan, 1)], None, "finite"),
        ([(1, 1), (5, 1)], 1, "2 to 4096"),
        ([(1, 1), (5, 1)], 4097, "2 to 4096"),
    ],
)
def test_what_is_no_line(points, samples, told):
    with pytest.raises(ParameterError, match=told):
        profile(ArrayReader([ramp()]), points, None, FIRST, Limits(), samples=samples)


def test_bands_and_chunks_are_bounded():
    reader = ArrayReader([ramp()], chunk=Size(50, 50))
    line = [(0.5, 0.5), (199.5, 0.5)]
    profile(reader, line, None, FIRST, Limits(source_pixels=10_000))
    with pytest.raises(LimitError):
        profile(reader, line, None, FIRST, Limits(source_pixels=9_999))
    with pytest.raises(OutsideError):
        profile(reader, line, [2], FIRST, Limits())


def stack_reader():
    stack = np.arange(3 * 4 * 2 * 6 * 5, dtype=np.float32).reshape(3, 4, 2, 6, 5)
    stack[1, 2, 0] = np.nan
    return stack, ArrayReader([stack], axes=[Axis("t", 3), Axis("z", 4)])


def test_a_pixel_through_a_stack():
    stack, reader = stack_reader()
    found = values_at(reader, (3.9, 5.2), "t", None, Plane.of({"z": 2}), limits=Limits())
    np.testing.assert_array_equal(found.values, stack[:, 2, :, 5, 3])
    assert found.valid.tolist() == [[True, True], [False, True], [True, True]]
    found = values_at(reader, (0, 0), "z", [1], Plane.of({"t": 1}), limits=Limits())
    assert found.values.tolist() == stack[1, :, 1:, 0, 0].tolist()


@pytest.mark.parametrize(
    ("place", "axis", "plane", "limits", "error"),
    [
        ((5, 0), "t", {}, Limits(), OutsideError),
        ((-0.1, 0), "t", {}, Limits(), OutsideError),
        ((0, 6), "t", {}, Limits(), OutsideError),
        ((math.nan, 0), "t", {}, Limits(), OutsideError),
        ((0, 0), "c", {}, Limits(), OutsideError),
        ((0, 0), "t", {"z": 4}, Limits(), OutsideError),
        ((0, 0), "t", {}, Limits(source_pixels=3 * 30 - 1), LimitError),
    ],
)
def test_what_is_not_in_a_stack(place, axis, plane, limits, error):
    _, reader = stack_reader()
    with pytest.raises(error):
        values_at(reader, place, axis, None, Plane.of(plane), limits=limits)
