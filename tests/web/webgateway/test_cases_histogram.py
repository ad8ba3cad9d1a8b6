"""``histogram_json``: groups 13, 14 and 39."""

import numpy as np
import pytest

from tests.web.webgateway.samples import LIMITS, layout
from tilewright.errors import OutsideError, ParameterError
from tilewright.geometry import Affine, Grid, Size
from tilewright.image import Raster
from tilewright.web.webgateway.histogram import histogram_asked, histogram_document

STACK = layout(4, 1, axes=[("z", 5), ("t", 2)])


def counted(values, query="", span=(0.0, 4.0), dtype="uint16", mask=None):
    data = np.array([[values]], dtype)
    raster = Raster(data, mask, Grid(Size(len(values), 1), Affine.scale(1.0, 1.0)))
    info = layout(len(values), 1, dtype=dtype)
    asked = histogram_asked(query, info, 0, LIMITS)
    return histogram_document(asked, raster, info, {0: span})


def test_case_13_bins_and_their_sum():
    values = list(range(100))
    found = counted(values, span=(0.0, 99.0))
    assert len(found["data"]) == 256
    assert sum(found["data"]) == 100
    assert len(counted(values, "bins=10", (0.0, 99.0))["data"]) == 10
    assert all(type(count) is int for count in found["data"])


@pytest.mark.parametrize(
    ("shrinks", "width"), [((1, 2, 4, 8), 2500), ((1, 2, 4, 8, 16, 32), 2500), ((1, 8), 1250)]
)
def test_case_14_the_largest_level_that_is_small_enough(shrinks, width):
    asked = histogram_asked("", layout(10_000, 10_000, shrinks=shrinks), 0, LIMITS)
    assert asked.target.window.width == width
    assert asked.target.shrink[0] == 10_000 / width


def test_case_14_without_a_level_that_is_small_enough():
    with pytest.raises(ParameterError, match="no level of the image is small enough"):
        histogram_asked("", layout(10_000, 10_000, shrinks=(1, 2)), 0, LIMITS)
    # A file without a pyramid is halved.
    assert histogram_asked("", layout(10_000, 10_000), 0, LIMITS).target.window.width == 2500


@pytest.mark.parametrize(
    ("values", "span", "bins", "data", "left", "right"),
    [
        ([1, 2, 3, 4], (0.0, 4.0), 4, [0, 1, 1, 2], 0, 0),
        ([1, 2, 3, 4], (0.0, 3.0), 4, [0, 1, 1, 1], 0, 1),
        ([1, 2, 3, 4], (2.0, 4.0), 4, [1, 0, 1, 1], 1, 0),
        ([0, 1, 3], (0.0, 3.0), 5, [1, 1, 0, 0, 1], 0, 0),
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32"])
def test_case_39_counts(values, span, bins, data, left, right, dtype):
    found = counted(values, f"bins={bins}", span, dtype)
    assert found["data"] == data
    assert (found["leftOutlierCount"], found["rightOutlierCount"]) == (left, right)
    assert (found["min"], found["max"]) == span


def test_case_39_defaults_and_other_names():
    asked = histogram_asked("", STACK, 1, LIMITS)
    assert (asked.bins, asked.band, asked.plane.indices, asked.whole_type) == (256, 1, (), False)
    for query in ("theZ=3&theT=1", "z=3&t=1", "theZ=3&t=1&_=8"):
        asked = histogram_asked(query, STACK, 0, LIMITS)
        assert asked.plane.indices == (("t", 1), ("z", 3))


@pytest.mark.parametrize(("word", "whole"), [("true", True), ("TRUE", True), ("false", False)])
def test_case_39_the_range_of_the_type(word, whole):
    found = counted([1, 2], f"usePixelsTypeRange={word}", (0.0, 4.0))
    assert found["max"] == (65535.0 if whole else 4.0)
    assert found["statsInfoMinMax"] is not whole


def test_values_that_are_none_are_not_counted():
    found = counted([np.nan, np.inf, 1, 2], "bins=4", dtype="float32")
    assert (sum(found["data"]), found["rightOutlierCount"]) == (2, 0)
    hidden = counted([1, 2, 3, 4], "bins=4", mask=np.array([[True, False, False, False]]))
    assert hidden["data"] == [0, 1, 0, 0]
    nothing = counted([np.nan], "bins=2", dtype="float32")
    assert (nothing["data"], nothing["leftOutlierCount"]) == ([0, 0], 0)


@pytest.mark.parametrize("channel", [-1, 3, 10**30])
def test_channels_that_are_not_there(channel):
    with pytest.raises(OutsideError):
        histogram_asked("", STACK, channel, LIMITS)


@pytest.mark.parametrize("query", ["theZ=5", "theT=2", "theZ=-1", "theT=-1", "z=99999"])
def test_planes_that_are_not_there(query):
    with pytest.raises(OutsideError):
        histogram_asked(query, STACK, 0, LIMITS)


@pytest.mark.parametrize("query", ["bins=0", "bins=65537", "bins=x", "theZ=x", "bins=1e3"])
def test_values_that_are_refused(query):
    with pytest.raises(ParameterError):
        histogram_asked(query, STACK, 0, LIMITS)
