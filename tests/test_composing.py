"""Mosaics of real files, against rasterio reading and numpy joining the same files."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp, Resampling
from rasterio.transform import from_origin
from rasterio.vrt import WarpedVRT

from tests.corpus import IMAGES
from tilewright import composing
from tilewright.blobs.local import local_source
from tilewright.config import Config, Limits
from tilewright.engine import Engine
from tilewright.errors import EncodeError, LimitError, OutsideError, ParameterError
from tilewright.geometry import Box
from tilewright.mosaic import METHODS, Mosaic
from tilewright.request import Encoding, Fit, MapRegion, MapTile, Region, RenderRequest, Tile
from tilewright.style_text import parse_style
from tilewright.tms import TileMatrixSets
from tilewright.web.looks import parse_look

UTM = "EPSG:32618"
SIDE = 64


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
    if crs is not None:
        profile |= {"crs": crs, "transform": from_origin(left, top, pitch, pitch)}
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
                transform=rasterio.Affine(*grid.affine_numbers),
                width=grid.size.width,
                height=grid.size.height,
                resampling=resampling,
                add_alpha=file.nodata is None,
            ) as vrt,
        ):
            mask = vrt.dataset_mask() > 0
            found.append(np.ma.array(vrt.read(1), mask=~mask))
    return np.ma.stack(found)


class _Upright:
    def __init__(self, grid):
        self.size = grid.size
        self.affine_numbers = tuple(getattr(grid.affine, name) for name in "abcdef")


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
    theirs = _oracle(sources, _Upright(grid), Resampling.nearest)
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
    style, _ = parse_look((("look", "0|0:4000|"),), lambda: None) if False else (None, None)
    assert style is None
    request = RenderRequest(
        MapRegion("EPSG:3857", None, 256, 200), Encoding("png"), parse_style("0|5:3000|#ffffff")
    )
    assert engine.mosaics.render(Mosaic((source,)), request) == engine.render(source, request)


def test_a_range_of_the_data_is_the_same_for_all_tiles(engine, tmp_path):
    dark = np.tile(np.arange(SIDE, dtype="uint16"), (SIDE, 1)) + 1
    sources = tuple(
        write(tmp_path / f"{index}.tif", dark + index * 1000, left=500_000 + index * SIDE * 10)
        for index in range(4)
    )
    mosaic = Mosaic(sources)
    step = SIDE * 10
    whole_box = Box(500_000, 4_500_000 - step, 4 * step, step)
    engine_of_parts = Engine()

    def values(of, box, width):
        request = RenderRequest(MapRegion(UTM, box, width, SIDE), Encoding("tiff"), LOOK)
        return of.mosaics.render(mosaic, request)

    from tilewright.stretch import AUTO  # noqa: PLC0415
    from tilewright.style import Channel, Style  # noqa: PLC0415

    LOOK = Style((Channel(0, stretch=AUTO),))

    def picture(of, box, width):
        request = RenderRequest(MapRegion(UTM, box, width, SIDE), Encoding("png"), LOOK)
        import io  # noqa: PLC0415

        from PIL import Image  # noqa: PLC0415

        return np.asarray(Image.open(io.BytesIO(of.mosaics.render(mosaic, request).data)))

    whole = picture(engine, whole_box, 4 * SIDE)
    parts = [
        picture(engine_of_parts, Box(500_000 + index * step, 4_500_000 - step, step, step), SIDE)
        for index in (3, 1, 0, 2)
    ]
    shown = [whole[:, index * SIDE : (index + 1) * SIDE] for index in (3, 1, 0, 2)]
    for part, there in zip(parts, shown, strict=True):
        assert np.array_equal(part, there)
    means = [whole[:, index * SIDE : (index + 1) * SIDE].mean() for index in range(4)]
    assert all(one < next_one for one, next_one in pairwise(means))
    engine_of_parts.close()
