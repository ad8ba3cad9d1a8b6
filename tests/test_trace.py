import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pyramids import layout
from tilewright.crs import convert
from tilewright.geo import Geo
from tilewright.geometry import Affine, Box, Grid, Size, Window
from tilewright.image import Band
from tilewright.request import MapTile
from tilewright.tms import TileMatrixSets
from tilewright.trace import TOLERANCE, Lattice, Scatter, touches, trace

MERCATOR = TileMatrixSets().get("WebMercatorQuad")
SIDE = 4000
INFO = layout(Size(SIDE, SIDE), (1, 2, 4, 8), chunk=256, dtype="uint8", bands=[Band()])

GEOS = {
    "UTM": Geo("EPSG:32618", Affine(10, 0, 560_000, 0, -10, 4_530_000)),
    "UTM across the antimeridian": Geo("EPSG:32660", Affine(100, 0, 700_000, 0, -100, 5_900_000)),
    "rotated": Geo("EPSG:32618", Affine(8, 6, 560_000, 6, -8, 4_530_000)),
    "degrees": Geo("EPSG:4326", Affine(1e-3, 0, 10, 0, -1e-3, 52)),
    "the earth": Geo("EPSG:4326", Affine(0.09, 0, -180, 0, -0.045, 90)),
    "the earth from Greenwich": Geo("EPSG:4326", Affine(0.09, 0, 0, 0, -0.045, 90)),
    "south up": Geo("EPSG:4326", Affine(0.09, 0, -180, 0, 0.045, -90)),
    "a pole": Geo("EPSG:3413", Affine(1000, 0, -2_000_000, 0, -1000, 2_000_000)),
    "Europe": Geo("EPSG:3035", Affine(1000, 0, 2_500_000, 0, -1000, 5_500_000)),
}


def truth(geo, grid):
    """Return the places of all pixel centres, each asked of PROJ, in level-0 pixels."""
    columns, rows = np.meshgrid(np.arange(grid.size.width) + 0.5, np.arange(grid.size.height) + 0.5)
    affine = grid.affine
    x, y = affine.a * columns + affine.c, affine.e * rows + affine.f
    x, y = convert(grid.crs, geo.crs, x, y)
    return np.stack(geo.to_pixels(x, y))


def wrapped(places, geo, side):
    """Bring columns to the image by whole turns of the earth."""
    if geo.crs != "EPSG:4326":
        return places
    turn = 360 / geo.affine.a
    moved = places.copy()
    moved[0] -= turn * np.floor((places[0] - side / 2) / turn + 0.5)
    return moved


def dense(traced, size):
    """Return what a trace says of all pixels, and which ones it speaks of."""
    if isinstance(traced, Affine):
        columns, rows = np.meshgrid(np.arange(size.width) + 0.5, np.arange(size.height) + 0.5)
        places = np.stack(
            [
                traced.a * columns + traced.b * rows + traced.c,
                traced.d * columns + traced.e * rows + traced.f,
            ]
        )
        return places, Window.whole(size)
    part = traced.part
    return traced.at(part).astype(np.float64), part


@st.composite
def tiles(draw):
    name = draw(st.sampled_from(sorted(GEOS)))
    geo = GEOS[name]
    column, row = draw(st.tuples(*[st.floats(0, SIDE)] * 2))
    x, y = convert(geo.crs, "EPSG:3857", *geo.to_crs(np.array([column]), np.array([row])))
    zoom = draw(st.integers(0, 14))
    matrix = MERCATOR.matrix(zoom)
    side = matrix.cell_size * 256
    if not np.isfinite([x[0], y[0]]).all():
        x, y = np.zeros(1), np.zeros(1)
    last = matrix.columns - 1
    place = (
        int(np.clip((x[0] - matrix.left) // side, 0, last)),
        int(np.clip((matrix.top - y[0]) // side, 0, last)),
    )
    return geo, MapTile(matrix, *place, 256, 256)


@settings(deadline=None, max_examples=150)
@given(tiles())
def test_every_place_is_near_the_true_one(drawn):
    geo, tile = drawn
    affine = tile.matrix.affine(tile.column, tile.row)
    grid = Grid(Size(256, 256), affine, "EPSG:3857")
    traced = trace(INFO, geo, grid)
    exact = wrapped(truth(geo, grid), geo, SIDE)
    inside = ((exact >= 0) & (exact < SIDE)).all(0)
    if traced is None:
        assert not inside.any()
        return
    places, part = dense(traced, grid.size)
    there = np.zeros_like(inside)
    there[part.y : part.bottom, part.x : part.right] = True
    assert not (inside & ~there).any()
    kept = inside[part.y : part.bottom, part.x : part.right]
    if not kept.any():
        return
    true = exact[:, part.y : part.bottom, part.x : part.right]
    off = np.hypot(*(places - true))[kept]
    with np.errstate(invalid="ignore"):
        steps = np.hypot(np.diff(true[0], axis=1), np.diff(true[1], axis=1))
    steps = steps[np.isfinite(steps)]
    # One pixel alone has no step: that of the CRS's units is of the same order.
    pitch = np.median(steps) if steps.size else abs(grid.affine.a / geo.affine.a)
    # Twice the allowed error: the pitch here is another mean than the one reckoned with there.
    assert off.max() <= 2 * TOLERANCE * pitch + 1e-3


def mercator_grid(left, top, right, bottom, side=256):
    (x0, x1), (y0, y1) = convert(
        "EPSG:4326", "EPSG:3857", np.array([left, right]), np.array([bottom, top])
    )
    pitch_x, pitch_y = (x1 - x0) / side, (y1 - y0) / side
    return Grid(Size(side, side), Affine(pitch_x, 0, x0, 0, -pitch_y, y1), "EPSG:3857")


def test_a_small_tile_is_an_affine():
    grid = mercator_grid(-74.2, 40.7, -74.19, 40.69)
    assert isinstance(trace(INFO, GEOS["UTM"], grid), Affine)


def test_a_larger_one_is_a_lattice():
    grid = mercator_grid(-74.2, 40.85, -73.9, 40.6)
    assert isinstance(trace(INFO, GEOS["Europe"], mercator_grid(0, 60, 20, 45)), Lattice)
    assert isinstance(trace(INFO, GEOS["UTM"], grid), Affine | Lattice)


def test_what_no_polynomial_fits_is_traced_pixel_by_pixel():
    grid = mercator_grid(-170, 80, 170, -80)
    assert isinstance(trace(INFO, GEOS["the earth from Greenwich"], grid), Scatter)


def test_a_tile_beside_the_image_touches_nothing():
    grid = mercator_grid(20, 41, 21, 40)
    assert trace(INFO, GEOS["UTM"], grid) is None
    assert not touches(INFO, GEOS["UTM"], grid)


def test_the_image_s_own_crs_needs_no_polynomial():
    geo = GEOS["UTM"]
    grid = Grid(Size(100, 100), Affine(20, 0, 560_000, 0, -20, 4_530_000), geo.crs)
    assert trace(INFO, geo, grid) == Affine(2, 0, 0, 0, 2, 0)


@pytest.mark.parametrize("step", [1, 2, 4])
def test_parts_of_a_pixel_lie_in_it(step):
    traced = trace(INFO, GEOS["Europe"], mercator_grid(0, 60, 20, 45))
    window = Window(10, 20, 8, 6)
    fine = traced.at(window, step)
    mean = fine.reshape(2, 6, step, 8, step).mean((2, 4))
    np.testing.assert_allclose(mean, traced.at(window), atol=0.02)


def test_a_moved_lattice_is_the_lattice_moved():
    traced = trace(INFO, GEOS["Europe"], mercator_grid(0, 60, 20, 45))
    moved = traced.moved(Affine(0.5, 0, -10, 0, 0.25, 3))
    there, here = traced.at(traced.part), moved.at(moved.part)
    np.testing.assert_allclose(here[0], there[0] / 2 - 10, atol=1e-2)
    np.testing.assert_allclose(here[1], there[1] / 4 + 3, atol=1e-2)
    assert isinstance(traced.box, Box)
