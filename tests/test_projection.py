"""Planes joined: each band's missing values count for that band alone."""

import numpy as np
import pytest

from tilewright.projection import project
from tilewright.style import Projection

FIRST = np.array([[[1, 2]], [[3, 4]]], np.int16)
SECOND = np.array([[[10, 20]], [[30, 40]]], np.int16)
HIDDEN = np.array([[[True, False]], [[True, True]]])


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [
        ("max", [[[10, 2]], [[30, 40]]]),
        ("min", [[[1, 2]], [[3, 4]]]),
        ("sum", [[[11, 2]], [[33, 44]]]),
        ("mean", [[[6, 2]], [[16, 22]]]),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_value_missing_in_one_band_leaves_the_others(reduction, expected, swapped):
    stack = [(FIRST, None), (SECOND, HIDDEN)]
    data, valid = project(stack[::-1] if swapped else stack, Projection("z", reduction))
    assert np.abs(data - expected).max() <= (1 if reduction == "mean" else 0)
    assert valid is None
    assert data.dtype == np.int16


def test_what_no_plane_has_is_not_valid():
    valid = project([(FIRST, HIDDEN), (SECOND, HIDDEN)], Projection("z", "max"))[1]
    assert np.array_equal(valid, HIDDEN)


@pytest.mark.parametrize("dtype", ["int64", "uint64", "int32", "uint8"])
def test_sums_are_clamped(dtype):
    most = np.iinfo(dtype).max
    layer = np.full((1, 1, 1), most // 4 * 3, dtype)
    total = project([(layer, None)] * 2, Projection("z", "sum"))[0]
    assert int(total[0, 0, 0]) > most * 0.999
