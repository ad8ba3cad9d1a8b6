"""What was not measured: each band's own, through every way onto a grid."""

import numpy as np
import pytest

from tilewright.config import Limits
from tilewright.errors import LimitError
from tilewright.gather import gather, read_window
from tilewright.geo import Geo
from tilewright.geometry import Affine, Box, Grid, Size, Window
from tilewright.image import Band, Plane
from tilewright.plan import check_output, plan
from tilewright.readers.array import ArrayReader
from tilewright.request import Fit, MapRegion, Region

NODATA = Band(nodata=-9999)
GEO = Geo("EPSG:3857", Affine(10, 0, 0, 0, -10, 0))


def read(reader, target, resampling="bilinear", piece_bytes=1 << 24, **nodata):
    info = reader.info
    grid = target if isinstance(target, Grid) else target.grid(info)
    reading = plan(info, grid, Limits(), range(len(info.bands)), resampling)
    return gather(reader, reading, Plane(), piece_bytes, **nodata)


def halves(dtype="int16", missing=-9999, bands=(NODATA, NODATA)):
    """Two bands of 100 and 200: the first misses every other row, the second nothing."""
    data = np.empty((2, 64, 64), dtype)
    data[0], data[1] = 100, 200
    data[0, ::2] = missing
    return ArrayReader([data], bands=bands, geo=GEO)


MAP = MapRegion("EPSG:3857", Box(3, -637, 634, 634), 21, 21)
TARGETS = [
    (Region(width=32, height=32), "bilinear"),
    (Region(width=27, height=27), "bilinear"),
    (Fit(1, 1), "bilinear"),
    (MAP, "bilinear"),
    (MAP, "cubic"),
    (MAP, "average"),
    (MAP, "mode"),
]


@pytest.mark.parametrize("piece_bytes", [1, 1 << 24])
@pytest.mark.parametrize(("target", "resampling"), TARGETS)
def test_nodata_of_one_band_enters_no_mean_though_another_band_is_there(
    target, resampling, piece_bytes
):
    raster = read(halves(), target, resampling, piece_bytes)
    assert raster.mask is None
    assert {*np.unique(raster.data[0])} <= {100, -9999}
    assert (raster.data[0] == 100).any()
    assert (raster.data[1] == 200).all()


@pytest.mark.parametrize("missing", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("target", "resampling"), TARGETS)
def test_what_is_not_finite_spreads_to_no_neighbour(target, resampling, missing):
    reader = halves("float32", missing, (Band(), Band()))
    raster = read(reader, target, resampling)
    found = raster.data[0][np.isfinite(raster.data[0])]
    assert found.size > 0
    assert np.allclose(found, 100)
    assert np.allclose(raster.data[1], 200)


def test_alpha_is_no_measured_value():
    data = np.full((2, 4, 4), 500, np.int16)
    data[0, :, :2] = -9999
    data[1] = -9999  # whatever the tag says, an alpha of -9999 is an alpha
    reader = ArrayReader(
        [data], bands=[Band(interpretation="gray", nodata=-9999), Band("", "alpha", nodata=-9999)]
    )
    raster = read(reader, Region())
    assert raster.mask[:, :2].sum() == 0
    assert raster.mask[:, 2:].all()


def test_a_band_without_nodata_leaves_that_of_the_other_alone():
    values, valid = read_window(
        halves(bands=(NODATA, Band())), 0, Window(0, 0, 2, 2), (0, 1), Plane()
    )
    assert values.shape == valid.shape
    assert valid[0].tolist() == [[False, False], [True, True]]
    assert valid[1].all()


def test_nothing_to_miss_makes_no_mask():
    reader = ArrayReader([np.zeros((3, 8, 8), np.uint8)], bands=[Band(nodata=7)] * 3)
    assert read_window(reader, 0, Window(0, 0, 8, 8), (0, 1, 2), Plane())[1] is None
    assert read(reader, Region(width=3, height=3)).mask is None


@pytest.mark.parametrize("nodata", [0.5, 1e300, np.inf, -1.0])
def test_a_nodata_value_that_the_dtype_has_not_is_none(nodata):
    reader = ArrayReader([np.zeros((1, 8, 8), np.uint8)], bands=[Band(nodata=nodata)])
    assert read(reader, Region(width=4, height=4)).mask is None
    assert read(reader, Grid.over(Box(-4, 0, 8, 8), Size(8, 8))).data.max() == 0


def test_a_further_nodata_value_is_heeded_before_shrinking():
    raster = read(halves(bands=(Band(), Band())), Region(width=32, height=32), nodata={0: -9999.0})
    assert (raster.data[0] == 100).all()


@pytest.mark.parametrize(
    ("dtype", "band", "filler"),
    [
        ("int16", NODATA, -9999),
        ("float32", NODATA, -9999),
        ("float32", Band(), np.nan),
        ("uint8", Band(nodata=255), 255),
        ("float32", Band(nodata=1e300), np.nan),
    ],
)
@pytest.mark.parametrize(
    "target",
    [
        Grid.over(Box(-32, 0, 64, 64), Size(64, 64)),
        Grid.over(Box(-32, 0, 64, 64), Size(32, 32)),
        Grid.over(Box(-32.3, 0, 64, 64), Size(29, 29)),
        Grid.over(Box(900, 0, 64, 64), Size(29, 29)),
        MapRegion("EPSG:3857", Box(-320, -640, 640, 640), 50, 50),
        MapRegion("EPSG:3857", Box(9000, 9000, 640, 640), 50, 50),
    ],
)
def test_what_lies_off_the_image_holds_its_nodata(dtype, band, filler, target):
    raster = read(ArrayReader([np.full((1, 64, 64), 9, dtype)], bands=[band], geo=GEO), target)
    assert not raster.mask[:, 0].any()
    if np.isnan(filler):
        assert np.isnan(raster.data[0][~raster.mask]).all()
    else:
        assert (raster.data[0][~raster.mask] == filler).all()
    assert (raster.data[0][raster.mask] == 9).all()


def test_a_blend_of_many_channels_counts():
    info = ArrayReader([np.zeros((1, 1024, 1024), np.uint8)]).info
    check_output(info.size, 1, info, Limits(), channels=64)
    with pytest.raises(LimitError, match="decoded bytes"):
        check_output(info.size, 1, info, Limits(), channels=65)


def test_a_window_that_is_held_whole_counts():
    info = ArrayReader([np.broadcast_to(np.uint8(0), (3, 3000, 3000))]).info
    limits = Limits(decoded_bytes=9_000_000)
    with pytest.raises(LimitError, match="decoded bytes"):
        plan(info, Region(width=1600, height=1600).grid(info), limits, (0, 1, 2))
    shrunk = plan(info, Region(width=1500, height=1500).grid(info), limits, (0, 1, 2))
    assert shrunk.reduce == (2, 2)
