"""Mosaics of real files, against rasterio reading and numpy joining the same files."""

import io
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import rasterio
import tifffile
from PIL import Image
from rasterio.enums import ColorInterp, Resampling
from rasterio.vrt import WarpedVRT

from tests.corpus import IMAGES
from tilewright.blobs.local import local_source
from tilewright.config import Config, Limits
from tilewright.engine import Engine
from tilewright.errors import EncodeError, LimitError, OutsideError, ParameterError
from tilewright.geometry import Box, Size
from tilewright.image import Plane
from tilewright.mosaic import METHODS, Mosaic
from tilewright.request import Encoding, Fit, MapRegion, MapTile, Region, RenderRequest, Tile
from tilewright.stretch import AUTO, Stretch
from tilewright.style import Algorithm, Channel, Projection, Style
from tilewright.tms import TileMatrixSets

UTM = "EPSG:32618"
SIDE = 64
AUTOMATIC = Style((Channel(0, stretch=AUTO),))


def write(path, data, *, left=500_000, top=4_500_000, pitch=10.0, crs=UTM, colors=None, **more):
    data = np.atleast_3d(data) if np.ndim(data) < 3 else np.asarray(data)
    if data.shape[2] == 1:
        data = np.moveaxis(data, -1, 0)
    profile = {
        "driver": "GTiff",
        "count": data.shape[0],
        "height": data.shape[1],
        "width": data.shape[2],
        "dtype": data.dtype,
        "tiled": True,
        "blockxsize": 64,
        "blockysize": 64,
        **more,
    }
    profile |= {"crs": crs, "transform": rasterio.Affine(pitch, 0, left, 0, -pitch, top)}
    with rasterio.open(path, "w", **profile) as file:
        file.write(data)
        if colors is not None:
            file.colorinterp = colors
    return local_source(path)


@pytest.fixture
def engine():
    engine = Engine()
    yield engine
    engine.close()


@pytest.fixture
def constants(tmp_path):
    """Return three files of one value each, every next one half a file further to the east."""
    return tuple(
        write(
            tmp_path / f"{value}.tif",
            np.full((SIDE, SIDE), value, "uint8"),
            left=500_000 + index * SIDE * 5,
            nodata=0,
        )
        for index, value in enumerate((1, 2, 3))
    )


WHOLE = MapRegion(UTM)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("first", (1, 1, 2, 3)),
        ("last", (1, 2, 3, 3)),
        ("highest", (1, 2, 3, 3)),
        ("lowest", (1, 1, 2, 3)),
        ("mean", (1, 2, 2, 3)),
        ("median", (1, 2, 2, 3)),
        ("count", (1, 2, 2, 1)),
    ],
)
def test_constants_that_overlap(engine, constants, method, expected):
    raster = engine.mosaics.read(Mosaic(constants, method), WHOLE)
    assert raster.mask is None or raster.mask.all()
    assert raster.data.shape == (1, SIDE, 2 * SIDE)
    half = SIDE // 2
    for index, value in enumerate(expected):
        assert (raster.data[0, :, index * half : (index + 1) * half] == value).all()


def test_a_stack_lies_where_all_do(engine, constants):
    raster = engine.mosaics.read(Mosaic(constants[:2], "stack"), WHOLE)
    half = SIDE // 2
    assert raster.mask[:, half : 2 * half].all()
    assert raster.mask.sum() == SIDE * half
    assert raster.data[:, 5, half + 5].tolist() == [1, 2]
    apart = engine.mosaics.read(Mosaic((constants[0], constants[2]), "stack"), WHOLE)
    assert not apart.mask.any()


def test_holes_are_filled_and_only_then_is_more_read(engine, tmp_path, monkeypatch):
    holed = np.full((SIDE, SIDE), 7, "uint8")
    holed[:, :10] = 0
    sources = (
        write(tmp_path / "holed.tif", holed, nodata=0),
        write(tmp_path / "full.tif", np.full((SIDE, SIDE), 8, "uint8")),
        write(tmp_path / "unneeded.tif", np.full((SIDE, SIDE), 9, "uint8")),
        write(tmp_path / "away.tif", np.full((SIDE, SIDE), 9, "uint8"), left=900_000),
    )
    mosaic = Mosaic(sources)
    engine.mosaics.layout(mosaic)
    leased = Counter()
    lend = engine.lease
    monkeypatch.setattr(
        engine.mosaics, "_lease", lambda source: (leased.update([source]), lend(source))[1]
    )
    box = Box(500_000, 4_500_000 - SIDE * 10, SIDE * 10, SIDE * 10)
    raster = engine.mosaics.read(mosaic, MapRegion(UTM, box, SIDE, SIDE))
    assert raster.mask is None
    assert np.array_equal(raster.data[0], np.where(holed == 0, 8, holed))
    assert leased == {sources[0]: 1, sources[1]: 1}
    engine.mosaics.read(mosaic, MapRegion(UTM, Box(0, 0, 100, 100), 4, 4))
    assert leased == {sources[0]: 1, sources[1]: 1}


def test_what_alpha_hides_is_a_hole(engine, tmp_path):
    under = np.full((4, SIDE, SIDE), 50, "uint8")
    under[3] = 255
    over = np.full((4, SIDE, SIDE), 200, "uint8")
    over[3] = 255
    over[3, :, :20] = 0
    colors = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]
    sources = tuple(
        write(tmp_path / f"{name}.tif", data, colors=colors)
        for name, data in (("over", over), ("under", under))
    )
    raster = engine.mosaics.read(Mosaic(sources), WHOLE)
    assert (raster.data[:3, :, :20] == 50).all()
    assert (raster.data[:3, :, 20:] == 200).all()


def _oracle(sources, grid, resampling):
    """Return masked arrays of each file on a grid of Web Mercator, by GDAL."""
    found = []
    for source in sources:
        with (
            rasterio.open(source.uri) as file,
            WarpedVRT(
                file,
                crs="EPSG:3857",
                transform=rasterio.Affine(*(getattr(grid.affine, name) for name in "abcdef")),
                width=grid.size.width,
                height=grid.size.height,
                resampling=resampling,
                add_alpha=file.nodata is None,
            ) as vrt,
        ):
            mask = vrt.dataset_mask() > 0
            found.append(np.ma.array(vrt.read(1), mask=~mask))
    return np.ma.stack(found)


@pytest.mark.parametrize("method", ["first", "last", "highest", "lowest", "mean", "median"])
def test_files_of_several_crs_and_resolutions_against_gdal(engine, tmp_path, method):
    rows, columns = np.mgrid[0:300, 0:300]
    ramp = (columns * 7 + rows * 11).astype("uint16") % 4000 + 1
    holed = ramp + 100
    holed[100:200, 50:150] = 0
    # UTM 18 and 19 meet at 72° west.
    sources = (
        write(tmp_path / "a.tif", holed, left=740_000, top=4_430_000, pitch=60.0, nodata=0),
        write(
            tmp_path / "b.tif",
            ramp[:200, :200] + 300,
            left=240_000,
            top=4_432_000,
            pitch=100.0,
            crs="EPSG:32619",
            nodata=0,
        ),
        write(
            tmp_path / "c.tif",
            ramp,
            left=-72.15,
            top=39.95,
            pitch=0.001,
            crs="EPSG:4326",
            nodata=0,
        ),
    )
    box = Box(-8_040_000, 4_835_000, 60_000, 60_000)
    target = MapRegion("EPSG:3857", box, 250, 250)
    mosaic = Mosaic(sources, method)
    ours = engine.mosaics.read(mosaic, target, resampling="nearest")
    grid = target.grid(engine.mosaics.layout(mosaic).whole)
    theirs = _oracle(sources, grid, Resampling.nearest)
    each = np.ma.getmaskarray(theirs)
    assert (~each).sum(0).max() == 3
    expected = {
        "first": lambda: theirs[(each).argmin(0), rows[:250, :250], columns[:250, :250]],
        "last": lambda: theirs[2 - each[::-1].argmin(0), rows[:250, :250], columns[:250, :250]],
        "highest": lambda: theirs.max(0),
        "lowest": lambda: theirs.min(0),
        "mean": lambda: np.ma.round(theirs.mean(0)),
        "median": lambda: np.ma.round(np.ma.median(theirs, 0)),
    }[method]()
    known = np.ones(ours.data.shape[1:], bool) if ours.mask is None else ours.mask
    same_mask = known == ~np.ma.getmaskarray(expected)
    assert same_mask.mean() > 0.995
    both = known & ~np.ma.getmaskarray(expected)
    equal = ours.data[0][both] == np.ma.getdata(expected)[both]
    # The nearest pixel is another one where a place lies within 1/8 pixel of an edge.
    assert equal.mean() > 0.8
    difference = np.abs(ours.data[0][both].astype(int) - np.ma.getdata(expected)[both])
    assert np.median(difference) == 0


def _tile(z, x, y, side=256):
    return MapTile(TileMatrixSets().get("WebMercatorQuad").matrix(z), x, y, side, side)


def test_a_mosaic_of_one_image_is_the_image(engine, tmp_path):
    rows, columns = np.mgrid[0:500, 0:700]
    source = write(tmp_path / "one.tif", (rows * 5 + columns).astype("uint16"), pitch=30.0)
    target = MapRegion("EPSG:3857", None, 256, 200)
    ours = engine.mosaics.read(Mosaic((source,)), target)
    assert np.array_equal(ours.data, engine.read(source, target).data)


def picture(engine, mosaic, target, style=AUTOMATIC):
    request = RenderRequest(target, Encoding("png"), style)
    return np.asarray(Image.open(io.BytesIO(engine.mosaics.render(mosaic, request).data)))


def test_a_range_of_the_data_is_the_same_for_all_tiles(engine, tmp_path):
    dark = np.tile(np.arange(SIDE, dtype="uint16"), (SIDE, 1)) + 1
    sources = tuple(
        write(tmp_path / f"{index}.tif", dark + index * 1000, left=500_000 + index * SIDE * 10)
        for index in range(4)
    )
    mosaic, step = Mosaic(sources), SIDE * 10
    box = Box(500_000, 4_500_000 - step, 4 * step, step)
    whole = picture(engine, mosaic, MapRegion(UTM, box, 4 * SIDE, SIDE))
    other = Engine()
    for index in (3, 1, 0, 2):
        part = Box(500_000 + index * step, 4_500_000 - step, step, step)
        shown = picture(other, mosaic, MapRegion(UTM, part, SIDE, SIDE))
        assert np.array_equal(shown, whole[:, index * SIDE : (index + 1) * SIDE])
    other.close()
    means = [whole[:, index * SIDE : (index + 1) * SIDE].mean() for index in range(4)]
    assert all(one < later for one, later in pairwise(means))


def test_an_expression_over_files_of_several_resolutions(engine, tmp_path):
    sources = (
        write(tmp_path / "red.tif", np.full((SIDE, SIDE), 100, "uint16")),
        write(tmp_path / "nir.tif", np.full((SIDE // 2, SIDE // 2), 300, "uint16"), pitch=20.0),
    )
    style = Style(
        (
            Channel(
                expression="(b2-b1)/(b2+b1)",
                stretch=Stretch.of(0, 1),
            ),
        )
    )
    shown = picture(engine, Mosaic(sources, "stack"), MapRegion(UTM, None, SIDE, SIDE), style)
    assert shown[SIDE // 2, SIDE // 2, 0] in {127, 128}


def test_three_files_are_red_green_and_blue(engine, constants):
    mosaic = Mosaic((constants[0], constants[0], constants[0]), "stack")
    request = RenderRequest(WHOLE, Encoding("png"))
    shown = Image.open(io.BytesIO(engine.mosaics.render(mosaic, request).data))
    assert shown.mode in {"RGB", "RGBA"}
    assert shown.getpixel((5, 5))[:3] == (1, 1, 1)


def test_files_without_a_place_are_stacked_on_pixels(engine, tmp_path):
    paths = [tmp_path / f"{value}.tif" for value in (10, 20)]
    for path in paths:
        tifffile.imwrite(path, np.full((100, 300), int(path.stem), "uint8"), tile=(256, 256))
    mosaic = Mosaic(tuple(map(local_source, paths)), "stack")
    assert engine.mosaics.read(mosaic, Region()).data[:, 50, 50].tolist() == [10, 20]
    tile = engine.mosaics.read(mosaic, Tile(1, 1, 0))
    assert tile.mask.sum() == 100 * (300 - 256)
    assert engine.mosaics.read(mosaic, Fit(30, 30)).data.shape == (2, 10, 30)
    with pytest.raises(ParameterError, match="coordinate"):
        engine.mosaics.read(mosaic, WHOLE)


def test_a_mosaic_has_a_thumbnail_and_a_pyramid_of_its_own_pixels(engine, constants):
    mosaic = Mosaic(constants, "last")
    assert engine.mosaics.layout(mosaic).whole.size == Size(2 * SIDE, SIDE)
    assert engine.mosaics.read(mosaic, Fit(8, 8)).data[0, 1].tolist() == [1, 1, 2, 2, 3, 3, 3, 3]
    tile = engine.mosaics.read(mosaic, Tile(0, 0, 0))
    assert tile.grid.crs == UTM
    assert tile.data[0, 5, 2 * SIDE - 1] == 3


@pytest.mark.parametrize("method", METHODS)
def test_outside_of_all_there_is_nothing(engine, constants, method):
    raster = engine.mosaics.read(
        Mosaic(constants, method), MapRegion("EPSG:4326", Box(10, 10, 1, 1), 8, 8)
    )
    assert not raster.mask.any()
    shown = picture(
        engine, Mosaic(constants, method), MapRegion("EPSG:4326", Box(10, 10, 1, 1), 8, 8), Style()
    )
    assert not shown[..., 3].any()


@pytest.mark.parametrize(
    ("limits", "target", "method"),
    [
        (Limits(output_side=100), MapRegion(UTM, None, 101, 101), "first"),
        (Limits(output_side=100), MapRegion(UTM, Box(0, 0, 1, 1), 101, 101), "first"),
        (Limits(source_pixels=SIDE * SIDE * 2), WHOLE, "mean"),
        (Limits(decoded_bytes=SIDE * SIDE * 5), WHOLE, "stack"),
        (Limits(decoded_bytes=SIDE * SIDE * 19), WHOLE, "mean"),
        (Limits(decoded_bytes=SIDE * SIDE * 69), WHOLE, "median"),
    ],
)
def test_limits_count_all_sources(constants, limits, target, method):
    engine = Engine(Config(limits=limits))
    with pytest.raises(LimitError):
        engine.mosaics.read(Mosaic(constants, method), target)
    engine.close()


def test_ranges_are_measured_within_the_limits(tmp_path):
    sources = tuple(
        write(
            tmp_path / f"{index}.tif", np.full((256, 256), index + 1, "uint16"), left=index * 2560
        )
        for index in range(4)
    )
    engine = Engine(Config(limits=Limits(source_pixels=256 * 256 * 2)))
    box = Box(0, 4_500_000 - 2560, 2560, 2560)
    picture(engine, Mosaic(sources), MapRegion(UTM, box, 64, 64))
    engine.close()


def test_what_cannot_be_asked(engine, constants):
    mosaic = Mosaic(constants)
    with pytest.raises(OutsideError, match="band 2"):
        engine.mosaics.read(mosaic, WHOLE, bands=(1,))
    with pytest.raises(OutsideError, match="axis"):
        engine.mosaics.read(mosaic, WHOLE, plane=Plane.of({"z": 1}))
    styled = RenderRequest(WHOLE, Encoding("tiff"), AUTOMATIC)
    with pytest.raises(EncodeError, match="look"):
        engine.mosaics.render(mosaic, styled)
    projected = Style((Channel(0),), projection=Projection("z", "max"))
    with pytest.raises(ParameterError, match="projection"):
        picture(engine, mosaic, WHOLE, projected)


def test_the_values_of_each_at_a_place(engine, constants):
    place = MapRegion(UTM, Box(500_000 + SIDE * 5, 4_499_900, 1, 1), 1, 1)
    found = engine.mosaics.read_each(Mosaic(constants), place)
    values = [
        one.data[0, 0, 0] if one is not None and (one.mask is None or one.mask[0, 0]) else None
        for one in found
    ]
    assert values == [1, 2, None]


def test_an_algorithm_runs_over_the_seam(engine, tmp_path):
    columns = np.tile(np.arange(SIDE, dtype="float32"), (SIDE, 1))
    flat = (columns * 10, (columns + SIDE) * 10)
    sources = tuple(
        write(tmp_path / f"{index}.tif", data, left=500_000 + index * SIDE * 10)
        for index, data in enumerate(flat)
    )
    style = Style((Channel(0),), algorithm=Algorithm("hillshade"))
    shown = picture(engine, Mosaic(sources), MapRegion(UTM, None, 2 * SIDE, SIDE), style)
    assert np.ptp(shown[4:-4, 4:-4].astype(int)) <= 1


def test_real_files_over_the_antimeridian(engine):
    if not IMAGES.is_dir():
        pytest.skip("shared images absent")
    sources = tuple(
        local_source(IMAGES / "geo" / name) for name in ("rt_cog.tif", "rt_cog_dateline.tif")
    )
    tile_set = TileMatrixSets().get("WebMercatorQuad")
    for column in (0, 255):
        tile = MapTile(tile_set.matrix(8), column, 84, 256, 256)
        joined = engine.mosaics.read(Mosaic(sources), tile)
        alone = engine.read(sources[1], tile)
        assert np.array_equal(joined.data, alone.data)
        assert alone.mask is None or alone.mask.any()
