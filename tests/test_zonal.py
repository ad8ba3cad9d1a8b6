import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.corpus import IMAGES
from tilewright import Engine
from tilewright import zonal as module
from tilewright.blobs.local import LocalBlob
from tilewright.config import Limits
from tilewright.coverage import coverage
from tilewright.errors import LimitError, OutsideError, ParameterError
from tilewright.geo import Geo
from tilewright.geometry import Affine, Grid
from tilewright.image import Axis, Band, Plane, Source
from tilewright.polygon import Polygon
from tilewright.readers.array import ArrayReader
from tilewright.statistics import Wanted
from tilewright.statistics.weighted import weighted_statistics
from tilewright.zonal import place_values, zonal

UTM = "EPSG:32631"
SIDE = 64
GEO = Geo(UTM, Affine(10, 0, 500_000, 0, -10, 5_000_640))
WANTED = Wanted(percentiles=(2, 98), bins=10)
FIRST = Plane()


def on_image(*rings):
    """Return a polygon whose places are pixels of the image."""
    return Polygon(
        UTM,
        tuple(
            np.array([(500_000 + 10 * x, 5_000_640 - 10 * y) for x, y in [*ring, ring[0]]], float)
            for ring in rings
        ),
    )


def box(left, top, right, bottom):
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def ramp(dtype="uint16", count=1, **settings):
    data = (np.arange(SIDE * SIDE) % 251).reshape(1, SIDE, SIDE)
    data = np.concatenate([data + band for band in range(count)]).astype(dtype)
    return ArrayReader([data], geo=GEO, **settings), data


def of(reader, polygon, bands=None, wanted=WANTED, **settings):
    return zonal(reader, polygon, bands, FIRST, wanted, limits=Limits(), **settings)


def check(told, values, weights):
    """Compare with numpy's own weighted arithmetic, on values with a weight."""
    values, weights = values[weights > 0].astype(float), weights[weights > 0].astype(float)
    assert told.count == pytest.approx(weights.sum())
    assert told.valid_pixels == values.size
    assert (told.min, told.max) == (values.min(), values.max())
    assert told.sum == pytest.approx((values * weights).sum(), abs=1e-6)
    mean = np.average(values, weights=weights)
    assert told.mean == pytest.approx(mean, abs=1e-9)
    std = np.sqrt(np.average((values - mean) ** 2, weights=weights))
    assert told.std == pytest.approx(std, abs=1e-6)
    assert told.unique == len(np.unique(values))
    by_value = {value: weights[values == value].sum() for value in np.unique(values)}
    assert by_value[told.majority] == pytest.approx(max(by_value.values()))
    assert by_value[told.minority] == pytest.approx(min(by_value.values()))
    for share, value in (*told.percentiles, (50, told.median)):
        below = weights[values < value].sum() / weights.sum()
        upto = weights[values <= value].sum() / weights.sum()
        assert below - 1e-9 <= share / 100 <= upto + 1e-9
    assert sum(told.histogram[0]) == pytest.approx(told.count)
    counts, edges = np.histogram(values, 10, weights=weights)
    assert np.allclose(told.histogram[1], edges)
    assert np.allclose(told.histogram[0], counts)


def overlap(low, high):
    cells = np.arange(SIDE)
    return np.clip(np.minimum(high, cells + 1) - np.maximum(low, cells), 0, 1)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float32", "float64"])
@pytest.mark.parametrize(
    "edges",
    [(4, 5, 20, 30), (4.25, 5.5, 20.75, 30.125), (-9, -9, 9.5, 99), (7.25, 7.25, 7.5, 7.75)],
)
def test_rectangles_weigh_as_arithmetic_says(dtype, edges):
    reader, data = ramp(dtype)
    left, top, right, bottom = edges
    found = of(reader, on_image(box(*edges)))
    assert found.exact
    check(found.statistics[0], data[0], np.outer(overlap(top, bottom), overlap(left, right)))


def test_any_polygon_weighs_by_its_coverage():
    reader, data = ramp()
    polygon = on_image([(2.5, 3.1), (60.2, 11.7), (8.9, 48.4)], box(10, 10, 14.5, 15))
    weights = coverage(polygon, Grid(reader.info.size, Affine.scale(1, 1)), GEO)
    found = of(reader, polygon)
    check(found.statistics[0], data[0], weights)
    assert found.pixels < data[0].size


def test_what_is_masked_does_not_count():
    reader, data = ramp("float32")
    data[0, 10] = np.nan
    data[0, 11, 5] = np.inf
    mask = np.ones((SIDE, SIDE), bool)
    mask[12] = False
    reader = ArrayReader([data], geo=GEO, masks=[mask], bands=[Band(nodata=7.0)])
    told = of(reader, on_image(box(0, 8, 64, 16))).statistics[0]
    kept = mask & np.isfinite(data[0]) & (data[0] != 7)
    kept[:8] = kept[16:] = False
    check(told, data[0], kept.astype(float))
    assert told.masked_pixels == 8 * 64 - kept.sum()
    assert told.valid_percent == pytest.approx(100 * kept.sum() / (8 * 64))


def test_nodata_is_each_band_s_own():
    reader, data = ramp("uint16", 2, bands=[Band(nodata=3), Band(nodata=None)])
    found = of(reader, on_image(box(0, 0, 64, 64)), [1, 0])
    assert found.bands == (1, 0)
    assert found.statistics[0].masked_pixels == 0
    assert found.statistics[1].masked_pixels == (data[0] == 3).sum() > 0


@pytest.mark.parametrize(
    "polygon", [on_image(box(100, 4, 120, 9)), on_image([(3, 3), (9, 3), (5, 3)])]
)
def test_without_a_pixel_there_are_no_numbers(polygon):
    told = of(ramp()[0], polygon).statistics[0]
    assert (told.count, told.valid_pixels, told.mean, told.median) == (0, 0, None, None)
    document = told.as_document()
    assert document["min"] is None
    assert document["valid_percent"] == 0


def test_large_polygons_are_looked_at_coarsely():
    full = np.random.default_rng(3).integers(0, 99, (1, 512, 512)).astype(np.uint8)
    half = full.reshape(1, 256, 2, 256, 2).mean((2, 4)).astype(np.uint8)
    reader = ArrayReader([full, half], shrinks=[(1, 1), (2, 2)], geo=GEO)
    polygon = on_image(box(0, 0, 512, 512))
    assert of(reader, polygon).pixels == 512 * 512
    found = of(reader, polygon, most_pixels=256 * 256)
    assert (found.exact, found.pixels) == (False, 256 * 256)
    assert found.statistics[0].mean == pytest.approx(half.mean())
    found = of(reader, polygon, most_pixels=5000)
    assert not found.exact
    assert found.pixels <= 5000
    assert found.statistics[0].mean == pytest.approx(half.mean(), abs=1)
    small = of(reader, on_image(box(5, 5, 25, 25)), most_pixels=5000)
    assert small.exact


def test_categories_list_each_value():
    data = np.array([[1, 1, 2, 5]] * 4, np.uint8)[np.newaxis]
    reader = ArrayReader([data], geo=GEO)
    told = of(reader, on_image(box(0, 0, 3.5, 4)), wanted=Wanted(categorical=True)).statistics[0]
    assert told.histogram == ((8.0, 4.0, 2.0), (1, 2, 5))
    assert (told.majority, told.minority, told.unique) == (1, 5, 3)


def test_bands_are_read_in_rounds(monkeypatch):
    reader, _ = ramp("uint8", 5)
    whole = of(reader, on_image(box(3, 3, 40, 40)))
    monkeypatch.setattr(module, "_HELD_BYTES", 1)
    assert of(reader, on_image(box(3, 3, 40, 40))) == whole


def test_bad_asks_are_refused():
    reader, data = ramp()
    polygon = on_image(box(3, 3, 9, 9))
    with pytest.raises(OutsideError):
        of(reader, polygon, [1])
    with pytest.raises(OutsideError):
        zonal(reader, polygon, None, Plane.of({"z": 3}), WANTED, limits=Limits())
    with pytest.raises(ParameterError, match="projection"):
        of(ArrayReader([data]), polygon)
    with pytest.raises(LimitError):
        zonal(reader, polygon, None, FIRST, WANTED, limits=Limits(source_pixels=3))


def test_a_place_has_the_value_of_its_pixel():
    reader, data = ramp("uint16", 2, bands=[Band(nodata=9), Band()])
    data = data.copy()
    for column, row in ((0, 0), (63, 63), (5, 17), (9, 0)):
        for inner in (0.01, 0.5, 0.99):
            place = 500_000 + 10 * (column + inner), 5_000_640 - 10 * (row + inner)
            found = place_values(reader, place, UTM, None, FIRST, limits=Limits())
            assert (found.column, found.row) == (column, row)
            assert found.values.tolist() == data[:, row, column].tolist()
            assert found.valid.tolist() == [data[0, row, column] != 9, True]


@pytest.mark.parametrize(
    "place",
    [
        (499_999, 5_000_600),
        (500_640.1, 5_000_600),
        (float("nan"), 0),
        (float("inf"), 0),
        (1e300, 1e300),
    ],
)
def test_a_place_off_the_image_is_none(place):
    with pytest.raises(OutsideError):
        place_values(ramp()[0], place, UTM, None, FIRST, limits=Limits())


def test_a_longitude_is_found_a_turn_away():
    data = np.arange(360 * 2).reshape(1, 2, 360)
    reader = ArrayReader([data], geo=Geo("EPSG:4326", Affine(1, 0, 0, 0, -90, 90)))
    for longitude in (-90.5, 269.5):
        found = place_values(reader, (longitude, 10), "OGC:CRS84", None, FIRST, limits=Limits())
        assert (found.column, found.row) == (269, 0)


def test_a_place_stands_on_a_plane():
    data = np.stack([np.full((1, 8, 8), level) for level in (3, 4)])
    reader = ArrayReader([data], axes=[Axis("z", 2)], geo=GEO)
    place = (500_005.0, 5_000_635.0)
    found = place_values(reader, place, UTM, [0], Plane.of({"z": 1}), limits=Limits())
    assert found.values.tolist() == [4]


@settings(max_examples=100)
@given(
    arrays(np.float64, 12, elements=st.floats(-1e6, 1e6) | st.sampled_from([1.0, 2.0])),
    arrays(np.float32, 12, elements=st.sampled_from([0.0, 0.125, 0.5, 1.0])),
)
def test_weighted_numbers_are_numpy_s(values, weights):
    told = weighted_statistics(values, weights, np.ones(12, bool), WANTED)
    if not weights.any():
        assert told.count == 0
        return
    values, weights = values[weights > 0], weights[weights > 0].astype(float)
    expected = np.percentile(values, [2, 98], weights=weights, method="inverted_cdf")
    assert [value for _, value in told.percentiles] == expected.tolist()
    assert told.mean == pytest.approx(np.average(values, weights=weights), abs=1e-6)
    assert (told.min, told.max) == (values.min(), values.max())


def open_real(name):
    path = IMAGES / "geo" / name
    if not path.exists():
        pytest.skip("shared images absent")
    blob = LocalBlob(str(path))
    version = blob.version
    blob.close()
    return Engine().open_reader(Source(str(path), version))


def test_a_real_place_has_the_value_that_titiler_finds():
    reader = open_real("rt_cog.tif")
    found = place_values(reader, (-56.228, 72.715), "OGC:CRS84", None, FIRST, limits=Limits())
    assert found.values.tolist() == [6896]
    reader.close()


def test_a_whole_real_image_has_the_numbers_of_all_its_pixels():
    reader = open_real("rt_cog.tif")
    world = np.array([(-180, 0), (180, 0), (180, 90), (-180, 90), (-180, 0)], float)
    told = of(reader, Polygon("OGC:CRS84", (world,)), most_pixels=1 << 24).statistics[0]
    assert (told.min, told.max) == (1, 7872)
    assert told.mean == pytest.approx(2106.5377, abs=1e-3)
    assert told.std == pytest.approx(2270.2685, abs=1e-3)
    reader.close()
