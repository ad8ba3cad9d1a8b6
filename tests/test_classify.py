import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilewright.colormaps import class_table, classify
from tilewright.paint import Class, Classes

RED, GREEN, BLUE = "#ff0000", "#00ff0080", "#0000ff"
CLEAR = (0, 0, 0, 0)
COLORS = {RED: (255, 0, 0, 255), GREEN: (0, 255, 0, 128), BLUE: (0, 0, 255, 255)}
THREE = Classes((Class(0, 10, RED), Class(10, 20, GREEN), Class(50, None, BLUE)))
DTYPES = [
    "bool",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float16",
    "float32",
    "float64",
]


def plainly(value, classes):
    """Return the colour of one value, read off the definition."""
    for row in classes.rows:
        if value == row.low if row.high is None else row.low <= value < row.high:
            return tuple(bytes.fromhex(f"{row.color[1:]:f<8}"))
    return CLEAR


def check(values, classes):
    colors = classify(values, classes)
    assert (colors.shape, colors.dtype) == ((*values.shape, 4), np.uint8)
    expected = [plainly(value, classes) for value in values.ravel().tolist()]
    assert [tuple(color) for color in colors.reshape(-1, 4).tolist()] == expected


@pytest.mark.parametrize("dtype", DTYPES)
def test_intervals_hold_their_low_end_only(dtype):
    check(np.array([[0, 1, 9], [10, 19, 20], [49, 50, 51]]).astype(dtype), THREE)


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "float32"])
def test_negative_values_have_classes_too(dtype):
    classes = Classes((Class(-100, -5, RED), Class(-1, None, GREEN)))
    check(np.array([[-101, -100, -6, -5, -2, -1, 0, 27]], dtype), classes)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_what_is_no_number_is_transparent(dtype):
    values = np.array([[np.nan, np.inf, -np.inf, 5.0]], dtype)
    assert classify(values, THREE)[0, :, 3].tolist() == [0, 0, 0, 255]
    whole = Classes((Class(-math.inf, math.inf, RED),))
    assert classify(values, whole)[0, :, 3].tolist() == [0, 0, 255, 255]


def test_the_first_of_rows_that_overlap_counts():
    classes = Classes((Class(5, None, BLUE), Class(0, 10, RED), Class(3, 30, GREEN)))
    check(np.arange(40, dtype=np.uint8).reshape(5, 8), classes)
    check(np.arange(40, dtype=np.float64).reshape(5, 8), classes)


def test_an_end_is_met_by_the_nearest_value_of_the_data():
    classes = Classes((Class(0.1, None, RED), Class(0.3, 0.7, GREEN)))
    values = np.array([[0.1, 0.3, 0.7]], np.float32)
    assert classify(values, classes)[0, :, 3].tolist() == [255, 128, 0]


def test_an_interval_that_the_type_cannot_tell_apart_holds_nothing():
    values = np.ones((1, 1), np.float32)
    assert classify(values, Classes((Class(1.0, 1.0 + 1e-12, RED),)))[0, 0, 3] == 0


def test_other_byte_orders_and_strides_are_read():
    values = np.arange(60, dtype=">u2").reshape(6, 10)
    assert np.array_equal(classify(values, THREE), classify(values.astype(np.uint16), THREE))
    assert np.array_equal(classify(values[::2, ::-3], THREE), classify(values, THREE)[::2, ::-3])


def test_many_rows_are_searched():
    rows = tuple(Class(low, low + 1, f"#{low:06x}") for low in range(0, 3000, 2))
    classes = Classes(rows)
    check(np.arange(-5, 3005, dtype=np.int32).reshape(10, -1), classes)
    check(np.array([[np.nan, np.inf, -np.inf, 0.5, 2999.5]]), classes)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
def test_a_table_stands_in_the_order_of_the_bits(dtype):
    table = class_table(THREE, dtype)
    assert len(table) == 1 << (8 * np.dtype(dtype).itemsize)
    assert table[15].tolist() == list(COLORS[GREEN])
    assert not table[-1].any()
    assert not table.flags.writeable


numbers = st.floats(-50, 50, width=16)
rows = st.builds(
    lambda low, size, color: Class(low, None if size is None else low + size, color),
    numbers,
    st.one_of(st.none(), st.floats(0.5, 40, width=16)),
    st.sampled_from([RED, GREEN, BLUE]),
)


@given(
    st.lists(rows, min_size=1, max_size=20).map(lambda found: Classes(tuple(found))),
    st.lists(st.one_of(numbers, st.just(math.nan)), min_size=1, max_size=20),
)
def test_each_value_has_the_colour_that_the_definition_gives(classes, values):
    check(np.array([values]), classes)
    ends = [end for row in classes.rows for end in (row.low, row.high) if end is not None]
    check(np.array([ends]), classes)
    whole = np.array([[value for value in values if not math.isnan(value)]], np.float64)
    check(np.trunc(whole).astype(np.int8), classes)
