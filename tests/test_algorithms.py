import math

import numpy as np
import pytest
from matplotlib import colormaps

from tilewright import algorithms
from tilewright.algorithms import Algorithm, Parameter
from tilewright.errors import ParameterError
from tilewright.geometry import Size
from tilewright.image import Band, ImageInfo, Level

ROWS, COLUMNS = np.mgrid[0:8, 0:8]
SURFACE = ((COLUMNS**2 * 7 + ROWS**2 * 5 + COLUMNS * ROWS * 3) % 61 * 9 + 300).astype(np.float32)
HOLES = np.ones((8, 8), np.bool_)
HOLES[[2, 5, 5], [3, 5, 6]] = False

# What GDAL 3.10.3 makes of the inner 6×6 pixels: gdaldem hillshade|slope -compute_edges.
GDAL_HILLSHADES = [
    (
        (315, 45, 1, (30, 30)),
        [
            [205, 166, 69, 183, 1, 1],
            [172, 72, 1, 243, 204, 164],
            [1, 16, 99, 102, 195, 251],
            [1, 183, 206, 17, 137, 125],
            [1, 113, 140, 1, 35, 227],
            [1, 142, 57, 1, 1, 31],
        ],
    ),
    (
        (100, 20, 2.5, (10, 25)),
        [
            [1, 1, 192, 1, 227, 247],
            [1, 1, 241, 1, 13, 80],
            [46, 1, 240, 209, 1, 1],
            [246, 1, 1, 211, 223, 1],
            [241, 1, 1, 237, 225, 1],
            [236, 1, 1, 234, 249, 1],
        ],
    ),
    (
        (0, 90, 0.3, (5, 5)),
        [
            [23, 30, 34, 80, 72, 87],
            [39, 79, 37, 183, 98, 61],
            [87, 41, 151, 85, 139, 145],
            [85, 50, 25, 23, 153, 83],
            [51, 36, 19, 24, 61, 46],
            [35, 56, 19, 31, 114, 70],
        ],
    ),
]
GDAL_HILLSHADE_WITH_HOLES = [
    [205, 165, 22, 106, 1, 1],
    [172, 110, 0, 251, 204, 164],
    [1, 19, 147, 191, 195, 251],
    [1, 183, 206, 84, 1, 211],
    [1, 113, 140, 1, 0, 0],
    [1, 142, 57, 1, 1, 1],
]
GDAL_SLOPES = [
    (
        (30, 30),
        [
            [81.147, 78.237, 76.722, 59.649, 62.446, 57.076],
            [74.925, 59.685, 75.71, 28.406, 53.513, 66.452],
            [56.968, 74.121, 37.21, 57.863, 40.535, 39.051],
            [57.705, 70.671, 80.172, 81.016, 36.662, 58.353],
            [69.948, 76.094, 82.851, 80.775, 66.407, 72.0],
            [76.51, 68.122, 82.818, 77.821, 48.111, 62.995],
        ],
    ),
    (
        (10, 25),
        [
            [86.424, 80.18, 83.351, 78.847, 74.192, 76.448],
            [84.869, 74.235, 85.12, 46.386, 58.558, 71.672],
            [61.587, 81.661, 65.164, 74.261, 68.117, 57.577],
            [76.512, 83.329, 86.138, 86.22, 60.755, 76.581],
            [83.058, 84.984, 87.6, 86.898, 80.576, 82.098],
            [85.388, 82.038, 87.194, 84.21, 72.554, 73.341],
        ],
    ),
]


def run(name, data, mask=None, pixel_size=(30.0, 30.0), **parameters):
    algorithm = algorithms.get(name)
    data = np.asarray(data)
    data = data if data.ndim == 3 else data[np.newaxis]
    before = data.copy()
    data.flags.writeable = False
    result, valid = algorithm.run(data, mask, pixel_size, parameters)
    assert np.array_equal(data, before, equal_nan=data.dtype.kind == "f")
    assert result.dtype == algorithm.dtype
    assert result.shape == (len(algorithm.result), *data.shape[1:])
    return result, valid


def test_the_algorithms_that_come_along():
    names = ["contours", "hillshade", "normalizedIndex", "slope", "terrainrgb", "terrarium"]
    assert {*names} <= {*algorithms.names()}
    for name in names:
        assert algorithms.get(name).name == name
    assert algorithms.get("watershed") is None


@pytest.mark.parametrize(("asked", "expected"), GDAL_HILLSHADES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "uint16", "int32"])
def test_hillshade_equals_that_of_gdal(asked, expected, dtype):
    azimuth, altitude, z_factor, pixel_size = asked
    shades, mask = run(
        "hillshade",
        SURFACE.astype(dtype),
        pixel_size=pixel_size,
        azimuth=azimuth,
        altitude=altitude,
        z_factor=z_factor,
    )
    assert mask is None
    np.testing.assert_allclose(shades[0, 1:-1, 1:-1].astype(int), expected, atol=1)


def test_a_neighbour_that_is_missing_is_taken_to_be_level_as_gdal_does():
    heights = np.where(HOLES, SURFACE, -9999)
    shades, mask = run("hillshade", heights, HOLES)
    assert mask is HOLES
    shown = np.where(HOLES, shades[0], 0)[1:-1, 1:-1].astype(int)
    np.testing.assert_allclose(shown, GDAL_HILLSHADE_WITH_HOLES, atol=1)


@pytest.mark.parametrize(("pixel_size", "expected"), GDAL_SLOPES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_slope_equals_that_of_gdal(pixel_size, expected, dtype):
    degrees, _ = run("slope", SURFACE.astype(dtype), pixel_size=pixel_size)
    np.testing.assert_allclose(degrees[0, 1:-1, 1:-1], expected, atol=0.001)


def test_slope_of_a_plane():
    degrees, _ = run("slope", COLUMNS * 10.0, pixel_size=(10.0, 25.0))
    np.testing.assert_allclose(degrees[0, :, 1:-1], 45)
    degrees, _ = run("slope", ROWS * 10.0, pixel_size=(99.0, 10.0), z_factor=math.sqrt(3))
    np.testing.assert_allclose(degrees[0, 1:-1], 60)


def test_nan_outside_the_mask_reaches_no_neighbour():
    heights = np.where(HOLES, SURFACE, np.nan)
    clean, _ = run("slope", np.where(HOLES, SURFACE, -5), HOLES)
    holed, _ = run("slope", heights, HOLES)
    np.testing.assert_allclose(holed[0][HOLES], clean[0][HOLES], rtol=1e-6)


@pytest.mark.parametrize("name", ["hillshade", "slope", "contours", "terrainrgb"])
def test_the_margin_is_as_far_as_a_result_depends(name):
    random = np.random.default_rng(4)
    whole = random.uniform(0, 3000, (80, 90)).astype(np.float32)
    mask = random.uniform(size=whole.shape) > 0.1
    margin = algorithms.get(name).margin
    asked = {"thickness": 10} if name == "contours" else {}
    part = (slice(20 - margin, 50 + margin), slice(30 - margin, 60 + margin))
    expected, _ = run(name, whole, mask, **asked)
    cut, _ = run(name, whole[part], mask[part], **asked)
    inside = slice(margin, margin + 30)
    valid = mask[20:50, 30:60]
    # A processor may round the last numbers of a row otherwise.
    tolerance = {"hillshade": 1, "slope": 1e-4}.get(name, 0)
    difference = cut[:, inside, inside].astype(float) - expected[:, 20:50, 30:60]
    assert np.abs(difference[:, valid]).max() <= tolerance


def test_contours_are_lines_over_matplotlibs_terrain():
    heights = np.linspace(0, 1000, 50 * 60, dtype=np.float64).reshape(50, 60)
    picture, mask = run("contours", heights, increment=100, minz=0, maxz=1000)
    steps = heights // 100
    lines = np.zeros(heights.shape, np.bool_)
    lines[:, :-1] |= steps[:, 1:] != steps[:, :-1]
    lines[:-1] |= steps[1:] != steps[:-1]
    assert mask is None
    assert lines.any()
    assert not picture[:, lines].any()
    colors = colormaps["terrain"](np.minimum(heights * 0.256, 255).astype(np.uint8), bytes=True)
    difference = np.moveaxis(colors[..., :3], -1, 0).astype(int) - picture
    assert np.abs(difference[:, ~lines]).max() <= 1


def test_a_contour_is_as_thick_as_asked():
    heights = np.tile(np.arange(60.0), (30, 1))
    for thickness in range(1, 11):
        picture, _ = run("contours", heights, increment=30, thickness=thickness)
        assert (picture == 0).all(0).sum(1).tolist() == [thickness] * 30


def test_no_contour_runs_around_what_is_missing():
    heights = np.full((8, 8), 500.0)
    picture, _ = run("contours", np.where(HOLES, heights, -9999), HOLES)
    assert picture[:, HOLES].any(0).all()


@pytest.mark.parametrize("dtype", ["int16", "float32", "float64"])
@pytest.mark.parametrize(
    ("name", "parameters", "base", "step"),
    [
        ("terrainrgb", {}, -10_000, 0.1),
        ("terrainrgb", {"interval": 0.01, "baseval": -500}, -500, 0.01),
        ("terrarium", {}, -32_768, 1 / 256),
    ],
)
def test_heights_are_read_back_from_colours(name, parameters, base, step, dtype):
    heights = np.random.default_rng(6).uniform(-430, 8848, (40, 30)).astype(dtype)
    picture, _ = run(name, heights, **parameters)
    red, green, blue = picture.astype(np.float64)
    back = base + (red * 65_536 + green * 256 + blue) * step
    assert np.abs(back - heights).max() <= step / 2 + 1e-9


def test_heights_that_colours_cannot_hold_are_clamped():
    picture, _ = run("terrarium", [[-1e9, 1e9, np.inf, -np.inf]])
    assert picture[:, 0].T.tolist() == [[0, 0, 0], [255] * 3, [255] * 3, [0, 0, 0]]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_normalized_index(dtype):
    bands = np.array([[[10, 50, 0]], [[30, 50, 0]]], dtype)
    index, mask = run("normalizedIndex", bands)
    assert mask.tolist() == [[True, True, False]]
    assert index[0, 0, :2].tolist() == [0.5, 0]
    _, mask = run("normalizedIndex", bands, np.array([[False, True, True]]))
    assert mask.tolist() == [[False, True, False]]


@pytest.mark.parametrize(
    ("name", "parameters", "told"),
    [
        ("hillshade", {"azimuth": 361}, "azimuth from 0 to 360"),
        ("hillshade", {"altitude": -1}, "altitude from 0 to 90"),
        ("hillshade", {"altitude": math.nan}, "altitude from 0 to 90"),
        ("hillshade", {"z": 1}, "azimuth, altitude, z_factor for hillshade"),
        ("terrarium", {"z": 1}, "left out for terrarium"),
        ("contours", {"increment": 0}, "increment from 1e-06"),
        ("contours", {"minz": 5, "maxz": 5}, "minz is below maxz"),
        ("terrainrgb", {"interval": math.inf}, "interval from 1e-06"),
    ],
)
def test_a_wrong_parameter_is_refused(name, parameters, told):
    with pytest.raises(ParameterError, match=told) as caught:
        run(name, SURFACE, **parameters)
    assert caught.value.parameter == "algorithm_params"


def test_a_band_too_few_is_refused():
    with pytest.raises(ParameterError, match="2 bands for normalizedIndex"):
        run("normalizedIndex", SURFACE)


@pytest.mark.parametrize("name", ["contours", "hillshade", "normalizedIndex", "slope"])
def test_a_result_is_described_as_an_image(name):
    info = ImageInfo(
        size=Size(8, 8),
        levels=(Level(Size(8, 8), (1.0, 1.0), Size(8, 8)),),
        bands=(Band("height", nodata=-9999.0),),
        dtype="int16",
        format="test",
    )
    algorithm = algorithms.get(name)
    result, _ = run(name, np.stack([SURFACE] * algorithm.bands))
    described = algorithm.described(info)
    assert described.dtype == result.dtype.name
    assert len(described.bands) == len(result)
    assert all(band.nodata is None for band in described.bands)


def test_another_algorithm_can_be_registered():
    doubled = Algorithm(
        "doubled-for-a-test",
        "Doubles.",
        compute=lambda data, mask, _, settled: (data * settled["times"], mask),
        result=(Band(),),
        dtype="float64",
        parameters=(Parameter("times", "How often.", 2, 1, 9),),
    )
    algorithms.register(doubled)
    assert "doubled-for-a-test" in algorithms.names()
    assert algorithms.get("doubled-for-a-test") is doubled
    assert doubled.run(np.ones((1, 2, 2)), None, (1, 1), {})[0].tolist() == [[[2, 2], [2, 2]]]
