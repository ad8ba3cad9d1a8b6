import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilewright.errors import ParameterError
from tilewright.extent import bounds
from tilewright.geo import Geo
from tilewright.geometry import Affine, Box, Size
from tilewright.image import Band, ImageInfo, Level
from tilewright.merge import around, merged
from tilewright.mosaic import METHODS
from tilewright.request import Tile

UTM = "EPSG:32618"
GRAY = (Band(interpretation="gray"),)


def info(
    left=500_000.0,
    top=4_500_000.0,
    *,
    pitch=10.0,
    crs=UTM,
    size=(100, 80),
    dtype="uint8",
    bands=GRAY,
    palette=None,
    geo=True,
):
    whole = Size(*size)
    placed = Geo(crs, Affine(pitch, 0.0, left, 0.0, -pitch, top)) if geo else None
    levels = (Level(whole, (1.0, 1.0), Size(256, 256)),)
    return ImageInfo(whole, levels, bands, dtype, "test", palette=palette, geo=placed)


def box_of(whole):
    return bounds(whole.geo, whole.size, whole.geo.crs)


def test_one_crs_is_kept_and_the_finest_pixels_count():
    whole = merged([info(), info(501_000.0, pitch=5.0, size=(40, 40))], "first")
    assert whole.geo.crs == UTM
    assert box_of(whole) == Box(500_000.0, 4_499_200.0, 1200.0, 800.0)
    assert whole.size == Size(240, 160)
    assert whole.masked


def test_several_crs_lie_in_degrees():
    whole = merged([info(), info(crs="EPSG:32619")], "first")
    assert whole.geo.crs == "EPSG:4326"
    box = box_of(whole)
    assert box.x == pytest.approx(-75.0, abs=0.01)
    assert box.right == pytest.approx(-69.0, abs=0.02)


def test_the_antimeridian_is_crossed_where_that_is_shorter():
    east = info(179.0, 1.0, pitch=0.01, crs="EPSG:4326")
    west = info(-180.0, 1.0, pitch=0.01, crs="EPSG:4326")
    box = box_of(merged([west, east], "first"))
    assert (box.x, box.right) == (pytest.approx(179.0), pytest.approx(181.0))


boxes = st.builds(
    Box,
    st.integers(-180, 179).map(float),
    st.integers(-90, 80).map(float),
    st.integers(1, 90).map(float),
    st.integers(1, 9).map(float),
)


@given(st.lists(boxes, min_size=1, max_size=6))
def test_the_box_around_holds_all_and_is_the_smallest(some):
    box = around(some, 360.0)
    assert box.width <= 360
    for one in some:
        turns = [one.x + turn for turn in (-360.0, 0.0, 360.0)]
        inside = any(box.x <= x and x + one.width <= box.right for x in turns)
        assert inside or box.width == 360
        assert box.y <= one.y
        assert one.bottom <= box.bottom
    degrees = {(int(one.x) + step) % 360 for one in some for step in range(int(one.width))}
    gaps = [
        next(step for step in range(361) if step == 360 or (edge + step) % 360 in degrees)
        for edge in {(degree + 1) % 360 for degree in degrees}
    ]
    assert box.width == pytest.approx(360 - (0 if len(degrees) == 360 else max(gaps)))


@pytest.mark.parametrize("method", METHODS)
def test_bands_and_dtype(method):
    bands = (Band("one", scale=0.5), Band("two", scale=0.5))
    whole = merged([info(bands=bands, dtype="int16"), info(bands=bands, dtype="int16")], method)
    if method == "stack":
        assert [band.name for band in whole.bands] == ["one", "one"]
        assert {band.scale for band in whole.bands} == {0.5}
    elif method == "count":
        assert (len(whole.bands), whole.dtype) == (1, "uint16")
    else:
        assert (whole.bands, whole.dtype) == (bands, "int16")


def test_a_stack_has_a_dtype_for_all_and_no_colours():
    red = info(bands=(Band(interpretation="palette"),), palette=((0, 0, 0, 255),))
    whole = merged([red, info(dtype="float32"), info(dtype="int16")], "stack")
    assert whole.dtype == "float32"
    assert whole.palette is None
    assert {*whole.interpretations} == {"undefined"}


@pytest.mark.parametrize(
    ("other", "method", "said"),
    [
        (info(dtype="uint16"), "first", "one dtype: number 2"),
        (info(bands=(Band(interpretation="gray"), Band())), "first", "band count"),
        (info(bands=(Band(interpretation="red"),)), "mean", "order of colours"),
        (info(bands=(Band(interpretation="gray", offset=3.0),)), "mean", "scale and offset"),
        (info(palette=((0, 0, 0, 255),)), "last", "palette"),
        (info(geo=False), "first", "number 2 has no coordinate system"),
        (info(geo=False), "stack", "number 2 has no coordinate system"),
    ],
)
def test_what_does_not_fit_is_refused(other, method, said):
    with pytest.raises(ParameterError, match=said) as raised:
        merged([info(), other], method)
    assert raised.value.parameter == "images"


def test_palettes_have_no_mean():
    one = info(palette=((0, 0, 0, 255),), bands=(Band(interpretation="palette"),))
    assert merged([one, one], "last").palette == one.palette
    for method in ("mean", "median"):
        with pytest.raises(ParameterError) as raised:
            merged([one, one], method)
        assert raised.value.parameter == "method"


def test_pixels_without_a_place_have_one_size():
    whole = merged([info(geo=False), info(geo=False)], "stack")
    assert whole.geo is None
    assert whole.size == Size(100, 80)
    with pytest.raises(ParameterError, match="one size"):
        merged([info(geo=False), info(geo=False, size=(100, 81))], "stack")


def test_a_mosaic_has_a_pyramid_of_its_own():
    whole = merged([info(), info(600_000.0)], "first")
    assert whole.size.width == 10_100
    assert Tile(0, 0, 0).grid(whole).size == Size(256, 256)
    assert np.prod(whole.levels[-1].shrink) > 1
