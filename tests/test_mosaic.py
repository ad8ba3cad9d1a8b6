import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tilewright.geometry import Affine, Grid, Size
from tilewright.image import Raster, Source
from tilewright.mosaic import METHODS, MOST_SOURCES, Mosaic, combine, stack
from tilewright.request import RenderRequest, Tile

# Columns: three values; two; one; none.
MASKS = np.array([[[1, 1, 0, 0]], [[1, 0, 0, 0]], [[1, 1, 1, 0]]], bool)
VALUES = (1, 2, 3)


def raster(data, mask=None):
    data = np.asarray(data)
    return Raster(data, mask, Grid(Size(data.shape[2], data.shape[1]), Affine.scale(1, 1)))


def constants(dtype="uint8"):
    return [
        raster(np.full((2, 1, 4), value, dtype), mask)
        for value, mask in zip(VALUES, MASKS, strict=True)
    ]


def makers(rasters):
    return [lambda one=one: one for one in rasters]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint64", "float32", "float64"])
@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("first", (1, 1, 3)),
        ("last", (3, 3, 3)),
        ("highest", (3, 3, 3)),
        ("lowest", (1, 1, 3)),
        ("mean", (2, 2, 3)),
        ("median", (2, 2, 3)),
    ],
)
def test_each_method_on_constants(method, expected, dtype):
    joined = combine(makers(constants(dtype)), method)
    assert joined.data.dtype == dtype
    assert joined.mask.tolist() == [[True, True, True, False]]
    for band in joined.data:
        assert tuple(band[0, :3]) == expected


def test_count_tells_how_many_have_the_pixel():
    counted = combine(makers(constants()), "count")
    assert counted.data.dtype == np.uint16
    assert counted.data.tolist() == [[[3, 2, 1, 0]]]
    assert counted.mask.tolist() == [[True, True, True, False]]


@pytest.mark.parametrize(("method", "read"), [("first", [0, 1]), ("last", [2, 1])])
def test_first_and_last_read_no_more_than_they_need(method, read):
    whole = [
        raster(np.full((1, 1, 2), value, "uint8"), np.array([[value == 2, True]]))
        for value in VALUES
    ]
    asked = []

    def maker(index):
        def make():
            asked.append(index)
            return whole[index]

        return make

    joined = combine([maker(index) for index in range(3)], method)
    assert asked == read
    assert joined.mask is None


def test_a_raster_without_holes_is_given_as_it_is():
    only = raster(np.ones((1, 2, 2), "uint8"))
    assert combine(makers([only, *constants()]), "first") is only


@pytest.mark.parametrize(
    ("dtype", "method", "values", "expected"),
    [
        ("uint8", "mean", (1, 2), 2),
        ("uint8", "mean", (2, 3), 2),
        ("uint8", "median", (255, 254), 254),
        ("int8", "mean", (-128, -128), -128),
        ("float32", "mean", (1, 2), 1.5),
        ("float32", "median", (1, 2, 9), 2),
        ("bool", "mean", (True, True), True),
        ("int64", "median", (2**63 - 1, 2**63 - 1), 2**63 - 1),
        ("uint64", "median", (2**64 - 1, 2**64 - 1, 0), 2**64 - 1),
        ("float32", "highest", (np.nan, 4), 4),
        ("float32", "lowest", (4, np.nan), 4),
        ("float32", "mean", (np.nan, 4), 4),
        ("float32", "median", (np.nan, 4, 6), 5),
    ],
)
def test_values_of_one_pixel(dtype, method, values, expected):
    rasters = [raster(np.array([[[value]]], dtype)) for value in values]
    joined = combine(makers(rasters), method)
    assert joined.data.dtype == dtype
    assert joined.data[0, 0, 0] == expected


def test_the_rasters_that_were_read_are_left_alone():
    rasters = constants()
    for one in rasters:
        one.data.flags.writeable = False
        one.mask.flags.writeable = False
    for method in METHODS:
        combine(makers(rasters), method)


def test_a_stack_is_valid_where_all_are_and_holds_every_dtype():
    first, second = (
        raster(np.full((1, 1, 4), 250, "uint8"), MASKS[0]),
        raster(np.full((1, 1, 4), -3, "int16"), MASKS[2]),
    )
    stacked = stack([first, second])
    assert stacked.data.dtype == np.int16
    assert stacked.data[:, 0, 0].tolist() == [250, -3]
    assert stacked.mask.tolist() == [[True, True, False, False]]


masked_stacks = st.integers(1, 5).flatmap(
    lambda count: st.tuples(
        arrays.arrays(np.float64, (count, 1, 3, 3), elements=st.integers(-100, 100)),
        arrays.arrays(np.bool_, (count, 3, 3)),
    )
)


@given(masked_stacks)
def test_the_methods_are_numpys_own(drawn):
    values, masks = drawn
    rasters = [raster(data, mask) for data, mask in zip(values, masks, strict=True)]
    hidden = np.ma.array(values, mask=~masks[:, np.newaxis])
    for method, oracle in (
        ("highest", hidden.max(0)),
        ("lowest", hidden.min(0)),
        ("mean", hidden.mean(0)),
        ("median", np.ma.median(hidden, 0)),
    ):
        joined = combine(makers(rasters), method)
        known = masks.any(0)
        assert (joined.mask is None and known.all()) or np.array_equal(joined.mask, known)
        assert np.allclose(joined.data[0][known], np.ma.getdata(oracle)[0][known])


def test_a_mosaic_has_some_sources_and_a_key_of_them_all():
    sources = tuple(Source(f"{number}.tif", "1") for number in range(MOST_SOURCES + 1))
    for wrong in ((), sources):
        with pytest.raises(ValueError, match="1 to 256"):
            Mosaic(wrong)
    with pytest.raises(ValueError, match="method"):
        Mosaic(sources[:1], "sum")
    with pytest.raises(ValueError, match="at least one"):
        combine([], "first")
    request = RenderRequest(Tile(0, 0, 0))
    newer = (sources[0], Source("1.tif", "2"))
    keys = {
        Mosaic(sources[:2]).key(request),
        Mosaic(sources[1::-1]).key(request),
        Mosaic(newer).key(request),
        Mosaic(sources[:2], "last").key(request),
        Mosaic(sources[:2]).key(RenderRequest(Tile(1, 0, 0))),
        request.key(sources[0]),
    }
    assert len(keys) == 6
