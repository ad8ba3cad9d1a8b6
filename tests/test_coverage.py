import json
import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from rasterio.features import geometry_mask
from rasterio.transform import Affine as GdalAffine

from tilewright import coverage as module
from tilewright import outline
from tilewright.coverage import coverage, covered_box, inside, mask_outside
from tilewright.crs import convert
from tilewright.errors import LimitError
from tilewright.geo import ControlPoint, Geo, from_points, from_rational
from tilewright.geometry import Affine, Box, Grid, Size
from tilewright.image import Raster
from tilewright.outline import bounds_in
from tilewright.polygon import Polygon, parse_polygon
from tilewright.rational import RationalPolynomials

UTM = "EPSG:32631"
SIDE = 32
PLAIN = Grid(Size(SIDE, SIDE), Affine(1, 0, 500_000, 0, -1, 5_000_032), UTM)
"""A metre a pixel; pixel x, y lies at 500000 + x, 5000032 - y."""
MERCATOR_HALF = 20037508.342789244


def on_plain(*rings):
    """Return a polygon whose places are pixels of PLAIN."""
    return Polygon(
        UTM,
        tuple(
            np.array([(500_000 + x, 5_000_032 - y) for x, y in [*ring, ring[0]]], float)
            for ring in rings
        ),
    )


def box(left, top, right, bottom):
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def lonlat(*rings):
    return Polygon("OGC:CRS84", tuple(np.array([*ring, ring[0]], float) for ring in rings))


def overlap(low, high, side=SIDE):
    cells = np.arange(side)
    return np.clip(np.minimum(high, cells + 1) - np.maximum(low, cells), 0, 1)


@pytest.mark.parametrize(
    "edges",
    [
        (4, 5, 10, 12),
        (3.25, 4.5, 9.75, 8.125),
        (5.1, 5.1, 5.4, 5.9),
        (-9, -9, 99, 99),
        (-3, 7, 4, 99),
    ],
)
def test_rectangles_are_covered_as_arithmetic_says(edges):
    left, top, right, bottom = edges
    truth = np.outer(overlap(top, bottom), overlap(left, right))
    found = coverage(on_plain(box(*edges)), PLAIN)
    assert found.dtype == np.float32
    assert np.abs(found - truth).max() <= 1 / 16
    assert np.array_equal(found == 1, truth == 1)


def test_a_triangle_has_its_area():
    found = coverage(on_plain([(2.5, 3.1), (30.2, 11.7), (8.9, 28.4)]), PLAIN)
    area = abs((30.2 - 2.5) * (28.4 - 3.1) - (8.9 - 2.5) * (11.7 - 3.1)) / 2
    assert found.sum() == pytest.approx(area, rel=1e-3)


def test_holes_and_crossings_are_even_odd():
    whole, hole = box(4, 4, 20, 20), box(8, 8, 12, 12)
    assert coverage(on_plain(whole, hole), PLAIN).sum() == pytest.approx(256 - 16)
    assert coverage(on_plain(whole, hole[::-1]), PLAIN).sum() == pytest.approx(256 - 16)
    assert coverage(on_plain(whole, whole), PLAIN).sum() == 0
    bow = [(4, 4), (20, 20), (20, 4), (4, 20)]
    found = coverage(on_plain(bow), PLAIN)
    assert found.sum() == pytest.approx(128, rel=1e-3)
    assert found[12, 5] > 0.9
    assert found[5, 12] == 0


places = st.lists(st.tuples(st.floats(-20, 50), st.floats(-20, 50)), min_size=3, max_size=12)


def even_odd(rings, x, y):
    """Count crossings to the left of each place, one edge after the other."""
    found = np.zeros(x.shape, bool)
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
            if y0 == y1:
                continue
            between = (np.minimum(y0, y1) <= y) & (y < np.maximum(y0, y1))
            with np.errstate(over="ignore"):
                part = np.clip((y - y0) / (y1 - y0), 0, 1)
            found ^= between & (x0 + part * (x1 - x0) <= x)
    return found


def away_from_edges(ring, x, y):
    """Return how far each place is from the nearest edge, be the ring as thin as it may."""
    found = np.full(x.shape, np.inf)
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        across, down = x1 - x0, y1 - y0
        length = np.hypot(across, down) or 1.0
        across, down = across / length, down / length
        along = np.clip((x - x0) * across + (y - y0) * down, 0, length)
        found = np.minimum(found, np.hypot(x - x0 - along * across, y - y0 - along * down))
    return found


@settings(max_examples=20, deadline=None)
@given(st.lists(places, min_size=1, max_size=3))
def test_shares_are_those_of_brute_force(rings):
    side = 32
    fine = (np.arange(SIDE * side) + 0.5) / side
    lines = (np.arange(SIDE * 16) + 0.5) / 16
    x, y = np.meshgrid(fine, lines)
    truth = even_odd(rings, x, y).reshape(SIDE, 16, SIDE, side).mean((1, 3))
    found = coverage(on_plain(*rings), PLAIN)
    # The oracle samples across, where the code is exact; each edge may cost it a sample.
    edges = sum(len(ring) for ring in rings)
    assert np.abs(found - truth).max() <= edges / side + 1e-3
    assert np.abs(found - truth).mean() <= 0.01


@settings(max_examples=60, deadline=None)
@given(places)
@example([(0.0, 1.5), (0.0, 1.5), (1.0, 1.5)])
def test_centres_are_those_that_gdal_finds(ring):
    polygon = on_plain(ring)
    shape = {"type": "Polygon", "coordinates": [polygon.rings[0].tolist()]}
    transform = GdalAffine(1, 0, 500_000, 0, -1, 5_000_032)
    truth = ~geometry_mask([shape], (SIDE, SIDE), transform)
    found = inside(polygon, PLAIN)
    # Centres that lie on an edge to within rounding may fall either way.
    x, y = np.meshgrid(np.arange(SIDE) + 0.5, np.arange(SIDE) + 0.5)
    near = away_from_edges(ring, x, y) < 1e-6
    assert np.array_equal(found | near, truth | near)


@settings(max_examples=60, deadline=None)
@given(places)
def test_touched_is_all_that_a_fine_look_finds(ring):
    polygon = on_plain(ring)
    found = inside(polygon, PLAIN, touched=True)
    assert (found >= (coverage(polygon, PLAIN) > 0)).all()
    assert (found >= inside(polygon, PLAIN)).all()
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        part = np.linspace(0, 1, 999)
        x, y = x0 + part * (x1 - x0), y0 + part * (y1 - y0)
        # Not on a line of the lattice, where rounding decides.
        off = (np.abs(x - np.round(x)) > 1e-6) & (np.abs(y - np.round(y)) > 1e-6)
        off &= (x > 0) & (x < SIDE) & (y > 0) & (y < SIDE)
        assert found[np.floor(y[off]).astype(int), np.floor(x[off]).astype(int)].all()


def test_touched_takes_no_more_than_is_touched():
    found = inside(on_plain([(1.5, 1.5), (6.5, 1.6), (3.5, 1.55)]), PLAIN, touched=True)
    assert found.sum() == 6
    assert found[1, 1:7].all()


def test_edges_bend_with_the_projection():
    # A parallel from 0 to 60 degrees east bulges far on a polar map.
    grid = Grid(Size(200, 200), Affine(40_000, 0, -4e6, 0, -40_000, 4e6), "EPSG:3995")
    polygon = lonlat([(0, 60), (60, 60), (60, 80), (0, 80)])
    columns, rows = np.meshgrid(np.arange(200) + 0.5, np.arange(200) + 0.5)
    back = Transformer.from_crs("EPSG:3995", "OGC:CRS84", always_xy=True)
    found = inside(polygon, grid)
    assert found.sum() > 500
    for shift in (-0.25, 0.25):
        longitude, latitude = back.transform(
            -4e6 + (columns + shift) * 40_000, 4e6 - (rows + shift) * 40_000
        )
        truth = (longitude > 0) & (longitude < 60) & (latitude > 60) & (latitude < 80)
        assert (found != truth).sum() < 0.06 * truth.sum()
    longitude, latitude = back.transform(-4e6 + columns * 40_000, 4e6 - rows * 40_000)
    truth = (longitude > 0) & (longitude < 60) & (latitude > 60) & (latitude < 80)
    margin = np.minimum.reduce([abs(latitude - 60), abs(latitude - 80)]) * 111_000 / 40_000
    margin = np.minimum(margin, np.minimum(abs(longitude), abs(longitude - 60)) * 19_000 / 40_000)
    assert ((found != truth) & (margin > 0.15)).sum() == 0


def mercator(left, right, bottom=-5e6, top=5e6, width=100, height=50):
    return Grid(
        Size(width, height),
        Affine((right - left) / width, 0, left, 0, -(top - bottom) / height, top),
        "EPSG:3857",
    )


@pytest.mark.parametrize(
    ("west", "east"), [(170, 190), (-190, -170)], ids=["past 180", "past -180"]
)
def test_the_antimeridian_is_no_edge(west, east):
    polygon = lonlat([(west, -10), (east, -10), (east, 10), (west, 10)])
    degree = MERCATOR_HALF / 180
    share = 10 * degree / (MERCATOR_HALF / 100)
    for grid in (mercator(0, MERCATOR_HALF), mercator(-MERCATOR_HALF, 0)):
        columns = (coverage(polygon, grid).max(0) > 0).sum()
        assert columns == int(np.ceil(share - 1e-6))
    across = mercator(170 * degree, 190 * degree)
    assert (coverage(polygon, across)[25] == 1).all()


def test_the_whole_earth_covers_all_of_mercator():
    polygon = lonlat([(-180, -90), (180, -90), (180, 90), (-180, 90)])
    for reach in (1, 0.001):
        grid = mercator(*(np.array([-1, 1]) * MERCATOR_HALF * reach), -2e7, 2e7)
        assert (coverage(polygon, grid) == 1).all()


def test_a_polygon_around_a_pole_is_closed_beyond_it():
    ring = [(2e6 * np.cos(a), 2e6 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 64)[:-1]]
    polygon = Polygon("EPSG:3995", (np.array([*ring, ring[0]]),))
    grid = Grid(Size(72, 36), Affine(5, 0, -180, 0, -5, 90), "EPSG:4326")
    found = coverage(polygon, grid)
    assert (found[:3] == 1).all()
    assert (found[5:] == 0).all()


def test_a_grid_of_pixels_needs_to_know_where_it_lies():
    geo = Geo(UTM, PLAIN.affine)
    pixels = Grid(PLAIN.size, Affine.scale(1, 1))
    polygon = on_plain([(2.5, 3.1), (30.2, 11.7), (8.9, 28.4)])
    assert np.allclose(coverage(polygon, pixels, geo), coverage(polygon, PLAIN), atol=1e-4)
    with pytest.raises(ValueError, match="georeference"):
        coverage(polygon, pixels)


def test_control_points_place_a_polygon_too():
    corners = [(0, 0), (32, 0), (0, 32), (32, 32)]
    points = tuple(ControlPoint(c, r, 500_000 + c, 5_000_032 - r) for c, r in corners)
    pixels = Grid(PLAIN.size, Affine.scale(1, 1))
    polygon = on_plain(box(4, 5, 10, 12))
    found = coverage(polygon, pixels, from_points(UTM, points))
    assert found.sum() == pytest.approx(42, abs=1e-3)


@pytest.mark.parametrize("turn", [0, 360])
def test_rational_polynomials_place_a_polygon_too(turn):
    zeros = (0.0,) * 17
    rational = RationalPolynomials(
        offsets=(16, 16, 10, 20, 0),
        scales=(16, 16, 1, 1, 1),
        row_numerator=(0, 0, -1, *zeros),
        row_denominator=(1, 0, 0, *zeros),
        column_numerator=(0, 1, 0, *zeros),
        column_denominator=(1, 0, 0, *zeros),
    )
    geo = from_rational(rational, SIDE, SIDE)
    polygon = lonlat(
        [(x - turn, y) for x, y in [(19.5, 9.5), (20.5, 9.5), (20.5, 10.5), (19.5, 10.5)]]
    )
    found = coverage(polygon, Grid(PLAIN.size, Affine.scale(1, 1)), geo)
    # RPC count pixel centres: 19.5 degrees is column 16 - 8 + 0.5.
    assert np.allclose(found, np.outer(overlap(8.5, 24.5), overlap(8.5, 24.5)), atol=1e-3)


def test_covered_box_is_that_of_the_part_inside():
    geo = Geo(UTM, PLAIN.affine)
    found = covered_box(on_plain(box(-5, 4, 9.5, 12)), PLAIN.size, geo)
    assert (found.x, found.right) == pytest.approx((0, 9.5), abs=1e-6)
    assert (found.y, found.bottom) == pytest.approx((4, 12), abs=1e-6)
    assert covered_box(on_plain(box(40, 4, 50, 12)), PLAIN.size, geo) is None


def test_bounds_in_a_crs():
    found = bounds_in(lonlat([(170, -10), (190, -10), (190, 10), (170, 10)]), "EPSG:3857")
    degree = MERCATOR_HALF / 180
    assert (found.x / degree, found.right / degree) == pytest.approx((170, 190))
    assert bounds_in(lonlat([(0, 0), (1, 1), (2, 2)]), "EPSG:3857").width > 0
    assert bounds_in(lonlat([(0, 0), (1, 0), (2, 0)]), "EPSG:3857") is None


def test_mask_outside_keeps_what_was_masked():
    data = np.ones((2, SIDE, SIDE), np.uint8)
    polygon = on_plain(box(4, 4, 8, 8))
    kept = mask_outside(Raster(data, None, PLAIN), polygon)
    assert kept.data is data
    assert kept.mask.sum() == 16
    assert kept.mask[4:8, 4:8].all()
    mask = np.ones((SIDE, SIDE), bool)
    mask[:6] = False
    assert mask_outside(Raster(data, mask, PLAIN), polygon).mask.sum() == 8


def test_strips_change_nothing(monkeypatch):
    polygon = on_plain([(2.5, 3.1), (30.2, 11.7), (8.9, 28.4)], box(5, 5, 9, 9))
    whole = coverage(polygon, PLAIN), inside(polygon, PLAIN), inside(polygon, PLAIN, touched=True)
    monkeypatch.setattr(module, "_HELD_CROSSINGS", 5)
    cut = coverage(polygon, PLAIN), inside(polygon, PLAIN), inside(polygon, PLAIN, touched=True)
    assert all(np.array_equal(a, b) for a, b in zip(whole, cut, strict=True))


def test_what_is_too_intricate_is_a_limit(monkeypatch):
    comb = [(n % 32, 32 * (n % 2)) for n in range(2000)]
    coverage(on_plain(comb), PLAIN)
    monkeypatch.setattr(module, "MOST_CROSSINGS", 1000)
    with pytest.raises(LimitError):
        coverage(on_plain(comb), PLAIN)
    monkeypatch.setattr(outline, "MOST_PLACES", 1000)
    with pytest.raises(LimitError):
        coverage(on_plain(comb), PLAIN)


@pytest.mark.slow
@pytest.mark.parametrize("crs", ["OGC:CRS84", "EPSG:3857", UTM])
def test_a_million_vertices_take_seconds(crs):
    turn = np.linspace(0, 2 * np.pi, 999_999, endpoint=False)
    reach = 1 + 0.01 * np.sin(turn * 50_000)
    ring = np.stack([3 + reach * np.cos(turn), 45 + reach * np.sin(turn)], 1)
    polygon = Polygon("OGC:CRS84", (np.concatenate([ring, ring[:1]]),))
    found = bounds_in(polygon, crs)
    affine = Affine(found.width / 1024, 0, found.x, 0, -found.height / 1024, found.bottom)
    start = time.thread_time()
    shares = coverage(polygon, Grid(Size(1024, 1024), affine, crs))
    # Of the processor, for this thread: alone it takes 3. What is not linear takes hours.
    assert time.thread_time() - start < 120
    assert 0.7 < shares.mean() < 0.85


def test_deep_zooms_ask_for_few_places(monkeypatch):
    asked = []

    def counted(source, target, x, y):
        asked.extend(x)
        return convert(source, target, x, y)

    monkeypatch.setattr(outline, "convert", counted)
    document = {"type": "Polygon", "coordinates": [box(-120.0, 20.0, 60.0, 75.0)]}
    document["coordinates"][0].append(document["coordinates"][0][0])
    polygon = parse_polygon(json.dumps(document).encode())
    x, y = Transformer.from_crs("OGC:CRS84", "EPSG:3995", always_xy=True).transform(10.0, 20.0)
    grid = Grid(Size(256, 256), Affine(0.01, 0, x - 1.28, 0, -0.01, y + 1.28), "EPSG:3995")
    shares = coverage(polygon, grid)
    assert 0 < len(asked) < 500
    # The parallel runs through the middle, almost straight.
    assert shares.mean() == pytest.approx(0.5, abs=0.01)


EARTH = [(-180, -90), (180, -90), (180, 90), (-180, 90)]
MAPS = {
    "UTM": Grid(Size(64, 64), Affine(400, 0, 373_185, 0, -400, 8_286_015), "EPSG:32621"),
    "the south by mistake": Grid(Size(64, 64), Affine(400, 0, 3e5, 0, -400, 9e6), "EPSG:32721"),
    "Europe": Grid(Size(64, 64), Affine(4000, 0, 4e6, 0, -4000, 3e6), "EPSG:3035"),
    "the north pole": Grid(Size(64, 64), Affine(80_000, 0, -2.5e6, 0, -80_000, 2.5e6), "EPSG:3995"),
    "the south pole": Grid(Size(64, 64), Affine(80_000, 0, -2.5e6, 0, -80_000, 2.5e6), "EPSG:3031"),
    "Mollweide": Grid(Size(64, 32), Affine(4e5, 0, -1.28e7, 0, -4e5, 6.4e6), "ESRI:54009"),
    "degrees": Grid(Size(64, 32), Affine(360 / 64, 0, -180, 0, -180 / 32, 90), "EPSG:4326"),
    "Mercator": mercator(-MERCATOR_HALF, MERCATOR_HALF, -2e7, 2e7, 64, 64),
}


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize(
    "rings",
    [
        [EARTH],
        [[(-180, 0), (180, 0), (180, 90), (-180, 90)]],
        [[(-90, -90), (90, -90), (90, 90), (-90, 90)]],
        [[(-120, -60), (60, -60), (60, 80), (-120, 80)]],
        [EARTH, [(-65, 70), (-55, 70), (-55, 80), (-65, 80)]],
        [EARTH, [(5, 45), (20, 45), (20, 55), (5, 55)]],
    ],
)
def test_large_polygons_are_right_on_every_map(name, rings):
    grid = MAPS[name]
    columns, rows = np.meshgrid(np.arange(grid.size.width) + 0.5, np.arange(grid.size.height) + 0.5)
    back = Transformer.from_crs(grid.crs, "OGC:CRS84", always_xy=True)
    longitude, latitude = back.transform(
        grid.affine.a * columns + grid.affine.c, grid.affine.e * rows + grid.affine.f
    )
    known = np.isfinite(longitude)
    truth = even_odd(rings, longitude, latitude)
    found = inside(lonlat(*rings), grid)
    assert ((found != truth) & known).mean() <= 0.005
    assert ((coverage(lonlat(*rings), grid) >= 0.5) != truth)[known].mean() <= 0.01


def test_the_whole_earth_covers_a_whole_image():
    grid = MAPS["UTM"]
    found = covered_box(lonlat(EARTH), grid.size, Geo(grid.crs, grid.affine))
    assert found == Box.whole(grid.size)
