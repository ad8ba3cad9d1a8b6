"""From a reader to a picture: ranges, nodata, alpha and algorithms, on arrays."""

import math

import numpy as np
import pytest

from tilewright.algorithms.ground import ground_pixel
from tilewright.colormaps import Colormaps, classify
from tilewright.config import Config, Limits
from tilewright.drawing import Drawing
from tilewright.errors import LimitError
from tilewright.geo import Geo
from tilewright.geometry import Affine, Grid, Size
from tilewright.image import Axis, Band, Plane
from tilewright.paint import Solid
from tilewright.readers.array import ArrayReader
from tilewright.request import Region, Tile
from tilewright.stretch import Limit, Stretch
from tilewright.style import Algorithm, Channel, Projection, Style

RGB = ("red", "green", "blue")
PRIMARIES = ("#ff0000", "#00ff00", "#0000ff")


class Counting(ArrayReader):
    """Counts what is read."""

    pixels = 0

    def read(self, level, window, *, bands, plane):
        self.pixels += window.pixels
        return super().read(level, window, bands=bands, plane=plane)


def drawing(reader, **limits):
    spans, samples = {}, {}

    def kept(store):
        def get(key, make):
            if key not in store:
                store[key] = make()
            return store[key]

        return get

    config = Config(limits=Limits(**limits))
    return Drawing(
        reader, config, Colormaps(None).table, classify, kept(spans), samples=kept(samples)
    )


def shown(reader, style, target=None, **limits):
    return drawing(reader, **limits).picture(target or Region(), style, Plane())[0].data


def named(*interpretations, **band):
    return [Band(interpretation=name, **band) for name in interpretations]


def coloured(**channel):
    return tuple(
        Channel(band, paint=Solid(color), **channel) for band, color in enumerate(PRIMARIES)
    )


def slope(channels, **parameters):
    return Style(channels, algorithm=Algorithm("slope", tuple(parameters.items())))


def plane_rising(by, side=64):
    return np.broadcast_to(np.arange(side) * float(by), (side, side)).astype(np.float32)


@pytest.mark.parametrize("opacity", [1.0, 0.5])
def test_dimmed_colours_are_brought_back_by_the_alpha_of_the_file_alone(opacity):
    data = np.full((4, 8, 8), 50, np.uint8)
    data[3] = 128
    reader = ArrayReader([data], bands=named(*RGB, "premultiplied-alpha"))
    style = Style(coloured(stretch=Stretch.of(0, 255), opacity=opacity))
    pixel = shown(reader, style)[0, 0]
    assert pixel.tolist() == [100, 100, 100, 128]
    inverted = Style(coloured(stretch=Stretch.of(0, 255), invert=True))
    assert shown(reader, inverted)[0, 0].tolist() == [155, 155, 155, 128]
    narrow = Style(coloured(stretch=Stretch.of(90, 110)))
    assert np.abs(shown(reader, narrow)[0, 0, :3].astype(int) - 127).max() <= 1


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_dimmed_values_of_other_types(dtype):
    full = 65535 if dtype == "uint16" else 1.0
    data = np.full((2, 8, 8), full / 4, dtype)
    data[1] = full / 2
    reader = ArrayReader([data], bands=named("gray", "premultiplied-alpha"))
    pixel = shown(reader, Style((Channel(0, stretch=Stretch.of(0, full)),)))[0, 0]
    assert np.abs(pixel.astype(int) - [128, 128, 128, 128]).max() <= 1


@pytest.mark.parametrize("scale", [0.01, 100.0, -3.0])
def test_a_measured_range_is_one_of_the_values_that_are_shown(scale):
    data = np.arange(4096, dtype=np.uint16).reshape(1, 64, 64)
    reader = ArrayReader([data], bands=[Band(interpretation="gray", scale=scale, offset=5)])
    plain = shown(reader, Style((Channel(0),)))
    scaled = shown(reader, Style((Channel(0, unscale=True),)))
    assert plain.max() == 255
    assert np.abs((scaled if scale > 0 else 255 - scaled).astype(int) - plain).max() <= 1


def test_a_stated_range_is_scaled_too():
    data = np.arange(4096, dtype=np.uint16).reshape(1, 64, 64)
    band = Band(interpretation="gray", scale=0.5, offset=-7, display=(0, 4095))
    reader = ArrayReader([data], bands=[band])
    plain = shown(reader, Style((Channel(0),)))
    assert np.array_equal(shown(reader, Style((Channel(0, unscale=True),))), plain)
    raw = drawing(reader)
    full = Stretch(Limit("dtype"), Limit("dtype"))
    one = raw.picture(Region(), Style((Channel(0, stretch=full),)), Plane())[0].data
    other = raw.picture(Region(), Style((Channel(0, stretch=full, unscale=True),)), Plane())[0].data
    assert np.abs(one.astype(int) - other).max() <= 1


def test_a_stated_nodata_is_a_value_of_the_file_whatever_unit_is_shown():
    data = np.full((1, 8, 8), 500, np.int16)
    data[:, :, ::2] = -9999
    reader = ArrayReader([data], bands=[Band(interpretation="gray", scale=0.1)])
    channel = Channel(0, stretch=Stretch.of(0, 100), nodata=-9999, unscale=True)
    picture = shown(reader, Style((channel,)))
    assert picture[0, 0, 3] == 0
    assert picture[0, 1].tolist() == [128, 128, 128, 255]


def test_ranges_of_a_band_are_made_of_its_own_valid_values():
    data = np.random.default_rng(0).integers(1000, 2000, (3, 90, 90)).astype(np.int16)
    data[0, :, :30], data[1, :, 30:60] = -9999, -9999
    reader = ArrayReader([data], bands=named(*RGB, nodata=-9999))
    spans = {}
    Drawing(
        reader,
        Config(),
        Colormaps(None).table,
        classify,
        lambda key, make: spans.setdefault(key, make()),
    ).picture(Region(), Style(), Plane())
    assert all(span.low > 1000 and span.high < 2000 for span in spans.values())
    assert len(spans) == 3


def test_many_percentiles_cost_one_reading():
    data = np.random.default_rng(0).integers(0, 60_000, (1, 512, 512)).astype(np.uint16)
    reader = Counting([data])
    channels = tuple(
        Channel(0, stretch=Stretch(Limit("percentile", 1 + step / 1000), Limit("percentile", 98)))
        for step in range(32)
    )
    shown(reader, Style(channels), Tile(1, 0, 0))
    assert reader.pixels == 512 * 512 + 256 * 256


def test_measuring_a_range_is_limited():
    data = np.zeros((40, 1, 300, 300), np.uint16)
    reader = Counting([data], axes=[Axis("z", 40)])
    measured = Style(
        (Channel(0, stretch=Stretch(Limit("percentile", 2), Limit("percentile", 98))),),
        projection=Projection("z", "max"),
    )
    with pytest.raises(LimitError, match="source pixels"):
        shown(reader, measured, Tile(1, 1, 1), source_pixels=1_000_000)
    assert reader.pixels <= 1_000_000


def test_a_further_nodata_value_does_not_bleed_when_shrinking():
    data = np.full((1, 64, 64), 500, np.int16)
    data[:, :, ::2] = -9999
    channel = Channel(0, stretch=Stretch.of(0, 1000), nodata=-9999)
    picture = shown(ArrayReader([data]), Style((channel,)), Region(width=32, height=32))
    assert (picture[..., 0] == 128).all()
    both = Style((channel, Channel(0, stretch=Stretch.of(0, 1000))), blend="over")
    # One of the two channels asks for the value: then it is one.
    assert (shown(ArrayReader([data]), both, Region(width=32, height=32))[..., 0] == 0).all()


def test_nodata_of_its_bands_leaves_an_expression_without_a_value():
    data = np.full((2, 8, 8), 10, np.int16)
    data[0, :4] = -9999
    reader = ArrayReader([data], bands=[Band(nodata=-9999), Band()])
    picture = shown(reader, Style((Channel(expression="b1+b2", stretch=Stretch.of(0, 40)),)))
    assert picture[0, 0, 3] == 0
    assert picture[7, 0].tolist() == [128, 128, 128, 255]


@pytest.mark.parametrize(
    ("channel", "degrees"), [({"band": 1}, 84.8), ({"expression": "b2-b1"}, 84.3)]
)
def test_an_algorithm_sees_what_its_channel_shows(channel, degrees):
    reader = ArrayReader([np.stack([plane_rising(1), plane_rising(11)])])
    picture = shown(reader, slope((Channel(stretch=Stretch.of(0, 90), **channel),)))
    assert abs(int(picture[32, 32, 0]) - degrees / 90 * 255) <= 1


def test_an_algorithm_heeds_nodata_and_alpha():
    heights = np.full((64, 64), 500, np.float32)
    heights[:, :20] = -9999
    alpha = np.ones((64, 64), np.float32)
    alpha[:, 50:] = 0
    reader = ArrayReader([np.stack([heights, alpha])], bands=named("gray", "alpha"))
    channel = Channel(0, stretch=Stretch.of(0, 90), nodata=-9999)
    picture = shown(reader, slope((channel,)))
    assert {*picture[5, :20, 3]} == {0}
    assert {*picture[5, 50:, 3]} == {0}
    assert {*picture[5, 20:50, 3]} == {255}
    assert picture[5, 20:50, 0].max() == 0  # no cliff
    gray = Channel(0, stretch=Stretch.of(0, 90))
    shade = shown(reader, Style((gray,), algorithm=Algorithm("hillshade")))
    assert {*shade[5, 50:, 3]} == {0}
    bent = shown(reader, Style((gray,), algorithm=Algorithm("terrainrgb")))
    assert bent.shape[2] == 4


def test_a_measured_range_of_a_result_is_the_same_in_all_tiles():
    y, x = np.mgrid[:512, :512]
    reader = ArrayReader([((x / 512) ** 3 * 3000 + y * 0).astype(np.float32)[np.newaxis]])
    stretch = Stretch(Limit("percentile", 2), Limit("percentile", 98))
    kept = drawing(reader)
    style = slope((Channel(0, stretch=stretch),))
    left, right = (
        kept.picture(Tile(1, column, 0), style, Plane())[0].data[100, :, 0].astype(int)
        for column in (0, 1)
    )
    assert abs(left[-1] - right[0]) <= 2


UTM, DEGREES, MERCATOR = "EPSG:32618", "EPSG:4326", "EPSG:3857"
FEET = "EPSG:2263"
ALONG = math.pi * 6378137 / 180


@pytest.mark.parametrize(
    ("crs", "affine", "geo", "expected"),
    [
        (None, Affine.scale(2, 3), None, (2, 3)),
        (UTM, Affine(10, 0, 5e5, 0, -20, 4.5e6), None, (10, 20)),
        (UTM, Affine(6, 8, 5e5, 8, -6, 4.5e6), None, (10, 10)),
        (FEET, Affine(10, 0, 1e6, 0, -10, 2e5), None, (3.048006, 3.048006)),
        (DEGREES, Affine(0.01, 0, 0, 0, -0.01, 60.02), None, (ALONG / 200, ALONG / 100)),
        (MERCATOR, Affine(10, 0, 0, 0, -10, 8399737.9), None, (5, 5)),
        (None, Affine.scale(2, 2), Geo(UTM, Affine(10, 0, 5e5, 0, -10, 4.5e6)), (20, 20)),
        (None, Affine.scale(2, 2), Geo(MERCATOR, Affine(5, 0, 0, 0, -5, 8399737.9)), (5, 5)),
    ],
)
def test_pixels_are_as_large_as_on_the_ground(crs, affine, geo, expected):
    found = ground_pixel(Grid(Size(4, 4), affine, crs), geo)
    assert found == pytest.approx(expected, rel=2e-3)


def test_the_slope_of_an_image_on_the_earth_is_that_of_the_ground():
    geo = Geo(UTM, Affine(30, 0, 5e5, 0, -30, 4.5e6))
    reader = ArrayReader([plane_rising(30)[np.newaxis]], geo=geo)
    picture = shown(reader, slope((Channel(0, stretch=Stretch.of(0, 90)),)))
    assert abs(int(picture[32, 32, 0]) - 127.5) <= 1


def test_the_memory_of_one_pixel_is_laid_out_as_that_of_many():
    reader = ArrayReader([np.zeros((3, 9, 9), np.uint8)], bands=named(*RGB))
    assert shown(reader, Style(), Region(width=1, height=1)).strides == (3, 3, 1)
