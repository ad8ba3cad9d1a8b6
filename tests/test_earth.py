"""The earth against GDAL: the same grids, the same level, warped by both."""

import random
from dataclasses import dataclass
from functools import cache
from itertools import product

import cv2
import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.enums import Resampling as Gdal
from rasterio.vrt import WarpedVRT
from rasterio.warp import reproject

from tests.corpus import IMAGES
from tilewright.blobs.local import local_source
from tilewright.config import Limits
from tilewright.crs import convert
from tilewright.engine import Engine
from tilewright.geometry import Box
from tilewright.plan import plan
from tilewright.request import MapRegion, MapTile
from tilewright.tms import TileMatrixSets
from tilewright.trace import touches
from tilewright.web.maps.layer import Layer, zooms

MERCATOR = TileMatrixSets().get("WebMercatorQuad")
TILES = 20
LONE_PIXELS = 32
"""Of the 65,536 of a tile."""
ENOUGH = 4096

FILES = (
    "RGB.byte.tif",
    "RGBA.uint16.tif",
    "bahamas_rgb.tif",
    "co_elevation_roi.tif",
    "global_dem.tif",
    "goes.tif",
    "rgb_geotiff.tiff",
    "rt_cog.tif",
    "rt_cog_dateline.tif",
    "rt_cog_fullearth.tif",
    "rt_cog_nodata.tif",
    "rt_cog_nodata_nan.tif",
    "rt_cog_rgb_mask.tif",
    "rt_cog_rgba.tif",
    "rt_cog_scale.tif",
    "rt_cog_uint8_rgb_nodata.tif",
    "shade.tif",
    "validate_image_COG_gdal3.1.tif",
    "validate_image_dec.tif",
    "validate_image_external.tif",
    "validate_image_no_overview.tif",
    "world.byte.tif",
)
needs_images = pytest.mark.skipif(not IMAGES.is_dir(), reason="shared images absent")
engine = Engine()


@pytest.fixture(scope="module", autouse=True)
def _closed_at_the_end():
    yield
    engine.close()


@dataclass(frozen=True)
class Sheet:
    """A file, its source and its info."""

    path: object
    source: object
    info: object


@cache
def sheet(name):
    path = IMAGES / "geo" / name
    source = local_source(path)
    return Sheet(path, source, engine.info(source))


def tiles_of(info, count):
    """Return tiles of all zooms that can touch the image, in random order."""
    first, last = zooms(Layer("a", "a", info), MERCATOR)
    chance = random.Random(7)
    found = []
    for zoom in range(first, last + 1):
        matrix = MERCATOR.matrix(zoom)
        places = list(product(range(matrix.columns), range(matrix.rows))) if zoom < 7 else []
        if not places:
            places = places_at(info, matrix)
        chance.shuffle(places)
        tiles = (MapTile(matrix, x, y, 256, 256) for x, y in places)
        touching = (one for one in tiles if touches(info, info.geo, one.grid(info)))
        found.append([one for one, _ in zip(touching, range(count), strict=False)])
    mixed = [one for row in zip_all(found) for one in row]
    return mixed[:count]


def zip_all(rows):
    return [[row[i] for row in rows if i < len(row)] for i in range(max(map(len, rows)))]


def places_at(info, matrix):
    """Return the tiles under a lattice of the image's own pixels."""
    columns, rows = np.meshgrid(
        np.linspace(0, info.size.width, 40), np.linspace(0, info.size.height, 40)
    )
    x, y = convert(info.geo.crs, "EPSG:3857", *info.geo.to_crs(columns, rows))
    side = matrix.cell_size * 256
    return sorted(
        {
            (int((a - matrix.left) // side), int((matrix.top - b) // side))
            for a, b in zip(x.ravel(), y.ravel(), strict=True)
        }
    )


def by_gdal(sheet, grid, level, kernel, pitch):
    """Return what GDAL makes of a grid from one level, and where it is valid.

    GDAL reckons how far its kernel reaches from the part of the tile that the image fills; it
    is told the true pitch.
    """
    options = {} if level == 0 else {"OVERVIEW_LEVEL": level - 1}
    affine = grid.affine
    transform = rasterio.Affine(affine.a, affine.b, affine.c, affine.d, affine.e, affine.f)
    scales = dict(
        zip(("XSCALE", "YSCALE"), (str(min(1.0, 1 / step)) for step in pitch), strict=True)
    )
    with (
        rasterio.open(sheet.path, **options) as told,
        WarpedVRT(
            told,
            crs=grid.crs,
            transform=transform,
            width=grid.size.width,
            height=grid.size.height,
            resampling=kernel,
            add_alpha=told.nodata is None and "alpha" not in sheet.info.interpretations,
            tolerance=0.01,
            **scales,
        ) as warped,
    ):
        data = warped.read(list(range(1, len(sheet.info.bands) + 1)))
        return data, warped.dataset_mask() > 0


def ours(sheet, tile, resampling="bilinear"):
    raster = engine.read(sheet.source, tile, resampling=resampling)
    shape = raster.data.shape[1:]
    mask = np.ones(shape, np.bool_) if raster.mask is None else raster.mask
    if "alpha" in sheet.info.interpretations:
        mask = mask & (raster.data[sheet.info.interpretations.index("alpha")] > 0)
    return raster.data, mask


def rim_free(one, other, pixels):
    """Return how many pixels of a mask lie more than a rim away from the other mask."""
    kernel = np.ones((2 * pixels + 1,) * 2)
    grown = cv2.dilate(other.astype(np.uint8), kernel) > 0
    return int((one & ~grown).sum())


@needs_images
@pytest.mark.parametrize("name", FILES)
def test_pixels_are_those_of_gdal(name):
    chosen = sheet(name)
    info = chosen.info
    span = 255.0 if info.dtype == "uint8" else spread(chosen)
    total, pixels, worst = 0.0, 0, 0.0
    for tile in tiles_of(info, TILES):
        grid = tile.grid(info)
        reading = plan(info, grid, Limits(), range(len(info.bands)))
        pitch = [a * b for a, b in zip(reading.pitch, reading.reduce, strict=True)]
        theirs, valid = by_gdal(chosen, grid, reading.level, Gdal.bilinear, pitch)
        data, mask = ours(chosen, tile)
        # Along the rim of a mask both mix what is valid, in shares of their own.
        both = cv2.erode((mask & valid).astype(np.uint8), np.ones((5, 5))) > 0
        off = np.abs(data[:, both].astype(np.float64) - theirs[:, both].astype(np.float64))
        off *= 255 / span
        total, pixels = total + off.sum(), pixels + off.size
        if both.sum() >= ENOUGH:
            worst = max(worst, off.mean())
    assert pixels
    assert total / pixels <= 0.5
    # Where a level is nearly twice as fine as the tile, kernels of two shapes see fine grain.
    assert worst <= 1.3


def spread(chosen):
    """Return the range of a file's values: what 255 steps stand for."""
    level = len(chosen.info.levels) - 1
    with rasterio.open(chosen.path, **({"OVERVIEW_LEVEL": level - 1} if level else {})) as told:
        data = told.read(masked=True).astype(np.float64).filled(np.nan)
    return float(np.nanmax(data) - np.nanmin(data))


@needs_images
@pytest.mark.parametrize("name", [name for name in FILES if name != "goes.tif"])
def test_masks_are_those_of_gdal_but_for_a_rim(name):
    chosen = sheet(name)
    info = chosen.info
    for tile in tiles_of(info, TILES):
        grid = tile.grid(info)
        reading = plan(info, grid, Limits(), range(len(info.bands)), "nearest")
        _, valid = by_gdal(chosen, grid, reading.level, Gdal.nearest, (1, 1))
        _, mask = ours(chosen, tile, "nearest")
        # A lone pixel of a mask is hit or missed where its edge is the sample's place.
        assert rim_free(mask, valid, 1) <= LONE_PIXELS
        assert rim_free(valid, mask, 1) <= LONE_PIXELS


@needs_images
@pytest.mark.parametrize(
    ("resampling", "kernel", "allowed"),
    # OpenCV's cubic is steeper (a = -0.75, GDAL's -0.5), its Lanczos has 8 taps to GDAL's 6.
    [("nearest", Gdal.nearest, 0.5), ("cubic", Gdal.cubic, 1.2), ("lanczos", Gdal.lanczos, 1.2)],
)
def test_other_kernels_are_those_of_gdal(resampling, kernel, allowed):
    chosen = sheet("RGB.byte.tif")
    tile = MapTile(MERCATOR.matrix(9), 145, 219, 256, 256)
    grid = tile.grid(chosen.info)
    theirs, valid = by_gdal(chosen, grid, 0, kernel, (1, 1))
    data, mask = ours(chosen, tile, resampling)
    both = mask & valid
    assert both.mean() > 0.3
    off = np.abs(data[:, both].astype(float) - theirs[:, both].astype(float))
    assert off.mean() <= allowed


@needs_images
@pytest.mark.parametrize(
    ("resampling", "kernel", "allowed"),
    # The area of a pixel is looked at in up to 8×8 places here.
    [("average", Gdal.average, 2.0)],
)
def test_kernels_of_areas_are_near_those_of_gdal(resampling, kernel, allowed):
    chosen = sheet("RGB.byte.tif")
    tile = MapTile(MERCATOR.matrix(8), 73, 109, 256, 256)
    grid = tile.grid(chosen.info)
    theirs, valid = by_gdal(chosen, grid, 0, kernel, (1.87, 1.87))
    data, mask = ours(chosen, tile, resampling)
    both = mask & valid
    off = np.abs(data[:, both].astype(float) - theirs[:, both].astype(float))
    assert off.mean() <= allowed


@needs_images
def test_the_mode_of_classes_is_that_of_gdal():
    chosen = sheet("rt_cog_cmap.tif")
    tile = next(one for one in tiles_of(chosen.info, 60) if one.matrix.id == "14")
    # A little aside, so that no level fits.
    box = tile.grid(chosen.info).box
    region = MapRegion("EPSG:3857", Box(box.x + 7, box.y + 9, box.width, box.height), 190, 190)
    grid = region.grid(chosen.info)
    level = plan(chosen.info, grid, Limits(), (0,), "mode").level
    theirs, valid = by_gdal(chosen, grid, level, Gdal.mode, (1.35, 1.35))
    data, mask = ours(chosen, region, "mode")
    both = mask & valid
    assert both.mean() > 0.3
    assert (data[:, both] == theirs[:, both]).mean() > 0.9


@needs_images
@pytest.mark.parametrize(("zoom", "x", "y"), [(8, 0, 84), (8, 255, 84), (9, 1, 171), (6, 0, 21)])
def test_both_sides_of_the_antimeridian(zoom, x, y):
    chosen = sheet("rt_cog_dateline.tif")
    tile = MapTile(MERCATOR.matrix(zoom), x, y, 256, 256)
    data, mask = ours(chosen, tile, "nearest")
    grid = tile.grid(chosen.info)
    level = plan(chosen.info, grid, Limits(), (0,), "nearest").level
    theirs, valid = by_gdal(chosen, grid, level, Gdal.nearest, (1, 1))
    assert mask.any()
    assert abs(int(mask.sum()) - int(valid.sum())) <= 512
    both = mask & valid
    assert (data[:, both] == theirs[:, both]).mean() > 0.9


@needs_images
def test_a_region_goes_on_past_the_antimeridian():
    chosen = sheet("rt_cog_dateline.tif")
    data, mask = ours(chosen, MapRegion("EPSG:4326", Box(178, 50.6, 3.4, 2.1), 340, 210))
    assert mask[:, :200].any()
    assert mask[:, 200:].any()
    assert mask.mean() > 0.6
    assert data[0, mask].std() > 0


@needs_images
def test_the_whole_earth_fits_into_zoom_0():
    chosen = sheet("rt_cog_fullearth.tif")
    _, mask = ours(chosen, MapTile(MERCATOR.matrix(0), 0, 0, 256, 256), "nearest")
    grid = MapTile(MERCATOR.matrix(0), 0, 0, 256, 256).grid(chosen.info)
    level = plan(chosen.info, grid, Limits(), (0,), "nearest").level
    _, valid = by_gdal(chosen, grid, level, Gdal.nearest, (1, 1))
    assert rim_free(mask, valid, 1) == rim_free(valid, mask, 1) == 0


@needs_images
@pytest.mark.parametrize(("zoom", "x", "y"), [(1, 0, 0), (2, 1, 0), (2, 1, 3), (3, 0, 5)])
def test_the_limb_of_the_earth_is_that_of_the_file_s_mask(zoom, x, y):
    # GDAL's warper goes on for some pixels past it: the truth is the file's own mask.
    chosen = sheet("goes.tif")
    tile = MapTile(MERCATOR.matrix(zoom), x, y, 256, 256)
    affine = tile.grid(chosen.info).affine
    columns, rows = np.meshgrid(np.arange(256) + 0.5, np.arange(256) + 0.5)
    geo = chosen.info.geo
    places = Transformer.from_crs("EPSG:3857", geo.crs, always_xy=True).transform(
        affine.a * columns + affine.c, affine.e * rows + affine.f, errcheck=False
    )
    inverse = geo.affine.inverse()
    with rasterio.open(chosen.path) as told:
        stored = told.read_masks(1) > 0
    seen = np.isfinite(places[0])
    column = np.floor(inverse.a * np.where(seen, places[0], 0) + inverse.c).astype(int)
    row = np.floor(inverse.e * np.where(seen, places[1], 0) + inverse.f).astype(int)
    inside = seen & (column >= 0) & (column < 542) & (row >= 0) & (row < 542)
    truth = inside & stored[row.clip(0, 541), column.clip(0, 541)]
    _, mask = ours(chosen, tile, "nearest")
    assert truth.any()
    assert (mask != truth).mean() < 0.002


@needs_images
def test_control_points_lead_as_gdal_has_them():
    chosen = sheet("rgba_geotiff_gcps.tiff")
    grid = MapRegion("EPSG:3857", None, 300, 300).grid(chosen.info)
    data, _ = ours(chosen, MapRegion("EPSG:3857", None, 300, 300), "nearest")
    affine = grid.affine
    theirs = np.zeros((4, 300, 300), np.uint8)
    with rasterio.open(chosen.path) as told:
        points, crs = told.gcps
        reproject(
            told.read(),
            theirs,
            gcps=points,
            src_crs=crs,
            dst_transform=rasterio.Affine(
                affine.a, affine.b, affine.c, affine.d, affine.e, affine.f
            ),
            dst_crs="EPSG:3857",
            resampling=Gdal.bilinear,
        )
    data, _ = ours(chosen, MapRegion("EPSG:3857", None, 300, 300))
    assert np.abs(data.astype(float) - theirs).mean() < 2


@needs_images
def test_scale_and_offset_are_told_and_values_kept():
    chosen = sheet("rt_cog_scale.tif")
    one = engine.read(
        chosen.source, MapRegion(chosen.info.geo.crs, Box(309_786, 4_099_786, 428, 428), 1, 1)
    )
    values = one.data[:, 0, 0].astype(float)
    measured = [v * b.scale + b.offset for v, b in zip(values, chosen.info.bands, strict=True)]
    assert measured == pytest.approx([1000.89, 2008.9], abs=0.2)


@needs_images
def test_south_up_is_turned_over():
    chosen = sheet("rt_inverted_lat.tif")
    geo = chosen.info.geo
    assert geo.affine.e > 0
    reading = plan(
        chosen.info,
        MapRegion("EPSG:4326", Box(-180, 45, 360, 45), 720, 90).grid(chosen.info),
        Limits(),
        (0,),
    )
    # The north lies in the file's last rows.
    assert reading.window.y >= 265
