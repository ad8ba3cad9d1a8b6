"""Positions against a source whose truth is known: its values are its places."""

import numpy as np
import pytest

from tests.pyramids import PlainReader, layout, positions
from tilewright.config import Limits
from tilewright.crs import convert
from tilewright.gather import gather
from tilewright.geo import Geo
from tilewright.geometry import Affine, Box, Size
from tilewright.image import Band, ImageInfo, Plane
from tilewright.plan import plan
from tilewright.request import MapRegion, MapTile
from tilewright.tms import TileMatrixSets

MERCATOR = TileMatrixSets().get("WebMercatorQuad")
SIDE = 2048
UTM = Geo("EPSG:32618", Affine(10, 0, 580_000, 0, -10, 4_520_000))
TILTED = Geo("EPSG:32618", Affine(8, 6, 580_000, 6, -8, 4_520_000))
CONIC = Geo("EPSG:3978", Affine(500, 0, -500_000, 0, -500, 500_000))


def placed(geo, *, dtype="float64", shrinks=(1, 2, 4, 8), bands=2):
    info = layout(
        Size(SIDE, SIDE), shrinks, chunk=256, dtype=dtype, bands=[Band() for _ in range(bands)]
    )
    return ImageInfo(info.size, info.levels, info.bands, info.dtype, info.format, geo=geo)


def read(reader, target, resampling="bilinear"):
    info = reader.info
    grid = target.grid(info)
    reading = plan(info, grid, Limits(), range(len(info.bands)), resampling)
    return gather(reader, reading, Plane(), 1 << 24), grid, reading


def truth(geo, grid):
    columns, rows = np.meshgrid(np.arange(grid.size.width) + 0.5, np.arange(grid.size.height) + 0.5)
    affine = grid.affine
    x, y = (
        affine.a * columns + affine.b * rows + affine.c,
        affine.d * columns + affine.e * rows + affine.f,
    )
    return np.stack(geo.to_pixels(*convert(grid.crs, geo.crs, x, y)))


def tile_over(geo, zoom):
    x, y = convert(geo.crs, "EPSG:3857", *geo.to_crs(np.array([1000.0]), np.array([1000.0])))
    matrix = MERCATOR.matrix(zoom)
    side = matrix.cell_size * 256
    return MapTile(
        matrix, int((x[0] - matrix.left) // side), int((matrix.top - y[0]) // side), 256, 256
    )


@pytest.mark.parametrize(
    ("geo", "zoom"),
    [
        *((UTM, zoom) for zoom in (10, 11, 13, 15)),
        *((TILTED, zoom) for zoom in (10, 11, 13, 15)),
        *((CONIC, zoom) for zoom in (4, 5, 7, 9, 11)),
    ],
)
@pytest.mark.parametrize(
    # An average is made of whole pixels, so it is no nearer than their halves.
    ("resampling", "allowed"),
    [("bilinear", 0.125), ("cubic", 0.125), ("lanczos", 0.125), ("average", 0.51)],
)
def test_values_come_from_their_places(geo, zoom, resampling, allowed):
    info = placed(geo)
    raster, grid, reading = read(
        PlainReader(info, positions(info)), tile_over(geo, zoom), resampling
    )
    expected = truth(geo, grid)
    pitch = reading.pitch[0] * reading.reduce[0] * info.levels[reading.level].shrink[0]
    margin = 12 * max(1.0, pitch)
    well_inside = ((expected >= margin) & (expected < SIDE - margin)).all(0)
    assert well_inside.any()
    off = np.abs(raster.data - expected)[:, well_inside]
    assert off.max() <= allowed * max(1.0, pitch)


@pytest.mark.parametrize("geo", [UTM, TILTED], ids=["UTM", "tilted"])
def test_nearest_takes_the_pixel_under_the_centre(geo):
    info = placed(geo)
    raster, grid, _ = read(PlainReader(info, positions(info)), tile_over(geo, 14), "nearest")
    expected = np.floor(truth(geo, grid)) + 0.5
    mask = np.ones(expected.shape[1:], bool) if raster.mask is None else raster.mask
    assert (np.abs(raster.data - expected)[:, mask] < 1e-6).mean() > 0.95
    assert np.abs(raster.data - expected)[:, mask].max() <= 1


def test_the_edge_of_the_image_is_the_edge_of_the_mask():
    info = placed(UTM)
    raster, grid, _ = read(
        PlainReader(info, positions(info)), MapRegion("EPSG:3857", None, 300, 300)
    )
    expected = truth(UTM, grid)
    inside = ((expected >= 0) & (expected < SIDE)).all(0)
    assert 0.5 < inside.mean() < 1
    assert (raster.mask != inside).mean() < 0.01


@pytest.mark.parametrize("resampling", ["bilinear", "cubic", "average", "mode"])
def test_nothing_bleeds_over_the_edge_of_a_mask(resampling):
    info = placed(UTM, dtype="uint8", bands=1)
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[:, : SIDE // 2] = True
    data = np.where(mask, 100, 255).astype(np.uint8)[np.newaxis]
    levels = [data[:, ::step, ::step] for step in (1, 2, 4, 8)]

    class Masked(PlainReader):
        def read(self, level, window, *, bands, plane):
            found, _ = super().read(level, window, bands=bands, plane=plane)
            return found, found[0] == 100

    raster, _, _ = read(Masked(info, levels), tile_over(UTM, 11), resampling)
    assert raster.mask.any()
    assert not raster.mask.all()
    assert {*np.unique(raster.data[:, raster.mask])} == {100}


def test_fine_grain_turns_to_its_mean_not_to_coarse_grain():
    info = placed(UTM, dtype="uint8", shrinks=(1,), bands=1)
    checks = (np.indices((SIDE, SIDE)).sum(0) % 2 * 255).astype(np.uint8)[np.newaxis]
    raster, _, reading = read(PlainReader(info, [checks]), tile_over(UTM, 11))
    assert reading.pitch[0] * reading.reduce[0] > 3
    mask = np.ones(raster.data.shape[1:], bool) if raster.mask is None else raster.mask
    assert abs(raster.data[0, mask].mean() - 127.5) < 2
    assert raster.data[0, mask].std() < 12


def test_a_tile_beside_the_image_reads_nothing():
    info = placed(UTM)
    reader = PlainReader(info, positions(info))
    raster, _, reading = read(reader, MapTile(MERCATOR.matrix(8), 3, 3, 256, 256))
    assert reading.window is None
    assert reader.windows == []
    assert not raster.mask.any()


def test_a_grid_that_fits_the_pixels_is_a_copy():
    geo = Geo(
        "EPSG:3857",
        Affine(
            MERCATOR.matrix(10).cell_size,
            0,
            MERCATOR.matrix(10).left,
            0,
            -MERCATOR.matrix(10).cell_size,
            MERCATOR.matrix(10).top,
        ),
    )
    info = placed(geo)
    raster, _, reading = read(
        PlainReader(info, positions(info)), MapTile(MERCATOR.matrix(9), 1, 1, 256, 256)
    )
    assert (reading.method, reading.level) == ("copy", 1)
    np.testing.assert_array_equal(raster.data[0, 0], (np.arange(256, 512) + 0.5) * 2)


def test_an_image_wider_than_opencv_can_address_is_warped_in_parts():
    size = Size(70_000, 40)
    info = ImageInfo(
        size,
        layout(size, (1,), chunk=256, dtype="float64", bands=[Band()] * 2).levels,
        (Band(), Band()),
        "float64",
        "test",
        geo=Geo("EPSG:32618", Affine(1, 1e-5, 500_000, 1e-5, -1, 4_520_000)),
    )
    target = MapRegion("EPSG:32618", Box(500_000.3, 4_519_970.2, 69_000, 20), 49_000, 14)
    grid = target.grid(info)
    reading = plan(info, grid, Limits(output_side=100_000), (0, 1))
    raster = gather(PlainReader(info, positions(info)), reading, Plane(), 1 << 28)
    off = np.abs(raster.data - truth(info.geo, grid))[:, 2:-2, 2:-2]
    assert off.max() < 0.2
