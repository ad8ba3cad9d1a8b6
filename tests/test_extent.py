from itertools import pairwise

import numpy as np
import pytest

from tilewright.crs import convert
from tilewright.extent import bounds, corners, extent, in_domain, outline, pixel_at
from tilewright.geo import Geo
from tilewright.geometry import Affine, Box, Size

SIZE = Size(100, 100)
NEW_YORK = Geo("EPSG:32618", Affine(100, 0, 580_000, 0, -100, 4_510_000))
DATELINE = Geo("EPSG:32660", Affine(2000, 0, 700_000, 0, -2000, 5_800_000))
POLE = Geo("EPSG:3413", Affine(20_000, 0, -1_000_000, 0, -20_000, 1_000_000))
WORLD = Geo("EPSG:4326", Affine(3.6, 0, -180, 0, -1.8, 90))
PACIFIC = Geo("EPSG:4326", Affine(3.6, 0, 0, 0, -1.8, 90))


def holds(box, x, y):
    return box.x <= x <= box.right and box.y <= y <= box.bottom


@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:4326", "EPSG:2263", "EPSG:32617"])
def test_no_pixel_lies_outside_the_extent(crs):
    columns, rows = np.meshgrid(np.linspace(0, 100, 57), np.linspace(0, 100, 57))
    x, y = convert(NEW_YORK.crs, crs, *NEW_YORK.to_crs(columns, rows))
    boxes = extent(NEW_YORK, SIZE, crs)
    for place in zip(x.ravel(), y.ravel(), strict=True):
        assert any(holds(box, *place) for box in boxes)


def test_an_image_across_the_antimeridian_is_found_on_both_sides():
    boxes = extent(DATELINE, SIZE, "EPSG:4326")
    assert any(holds(box, 179.9, 51) for box in boxes)
    assert any(holds(box, -179.9, 51) for box in boxes)
    assert not any(holds(box, 0, 51) for box in boxes)
    whole = bounds(DATELINE, SIZE, "EPSG:4326")
    assert whole.x < 180 < whole.right < 185


@pytest.mark.parametrize("geo", [NEW_YORK, DATELINE, WORLD, PACIFIC, POLE])
@pytest.mark.parametrize("crs", ["EPSG:4326", "own"])
def test_corners_lie_in_the_bounds(geo, crs):
    crs = geo.crs if crs == "own" else crs
    found = corners(geo, SIZE, crs)
    box = bounds(geo, SIZE, crs)
    assert all(holds(box, *place) for place in found)
    columns, rows = geo.to_pixels(*convert(crs, geo.crs, *np.transpose(found)))
    if geo not in {WORLD, PACIFIC}:  # One meridian is both ends of these.
        assert columns == pytest.approx([0, 100, 100, 0], abs=1e-6)
    assert rows == pytest.approx([0, 0, 100, 100], abs=1e-6)


def test_corners_past_the_antimeridian_are_beyond_180_degrees():
    (upper_left, upper_right, lower_right, lower_left) = corners(DATELINE, SIZE, "EPSG:4326")
    assert upper_left[0] < 180 < upper_right[0]
    assert lower_left[0] < 180 < lower_right[0]


def test_corners_off_the_earth_are_not_finite():
    disk = Geo(
        "+proj=geos +h=35785831 +lon_0=0 +sweep=y",
        Affine(120_000, 0, -6_000_000, 0, -120_000, 6_000_000),
    )
    assert not np.isfinite(corners(disk, SIZE, "EPSG:4326")).any(axis=1).any()


@pytest.mark.parametrize("geo", [POLE, WORLD])
def test_what_goes_round_the_earth_has_no_extent(geo):
    assert extent(geo, SIZE, "EPSG:3857") is None


def test_the_outline_of_a_plain_image_is_one_ring():
    (ring,) = outline(NEW_YORK, SIZE)
    assert ring[0] == ring[-1]
    longitudes = [x for x, _ in ring]
    assert min(longitudes) == pytest.approx(-74.05, abs=0.01)
    assert max(longitudes) == pytest.approx(-73.93, abs=0.01)
    assert area(ring) > 0  # against the clock: RFC 7946, 3.1.6


def area(ring):
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring)) / 2


def test_the_outline_is_cut_at_the_antimeridian():
    rings = outline(DATELINE, SIZE)
    assert len(rings) == 2
    for ring in rings:
        assert all(-180 <= x <= 180 for x, _ in ring)
        assert area(ring) > 0
    assert {max(x for x, _ in ring) == 180 for ring in rings} == {True, False}


def test_an_image_from_greenwich_round_is_cut_too():
    rings = outline(PACIFIC, SIZE)
    assert sum(area(ring) for ring in rings) == pytest.approx(360 * 180)


def test_bounds_of_the_whole_earth():
    box = bounds(WORLD, SIZE, "EPSG:4326")
    assert (box.x, box.y, box.right, box.bottom) == pytest.approx((-180, -90, 180, 90))


@pytest.mark.parametrize(
    ("box", "crs", "expected"),
    [
        (Box(-10, 40, 5, 5), "EPSG:4326", True),
        (Box(-400, -100, 800, 200), "EPSG:4326", True),
        (Box(-10, 91, 5, 5), "EPSG:4326", False),
        (Box(0, 0, 10, 10), "EPSG:3857", True),
        (Box(500_000, 4_000_000, 10, 10), "EPSG:32618", True),
        (Box(9e8, 9e8, 10, 10), "EPSG:32618", False),
        (Box(9e8, 9e8, 10, 10), "EPSG:3035", False),
    ],
)
def test_boxes_in_a_crs_s_domain(box, crs, expected):
    assert in_domain(box, crs) is expected


def test_a_pixel_is_found_a_turn_of_the_earth_away():
    # 190 degrees east is 170 west; the image counts from 0 to 360.
    for longitude in (190.0, -170.0, 550.0):
        assert pixel_at(PACIFIC, SIZE, (longitude, 0.9), "EPSG:4326") == (52, 49)
    assert pixel_at(PACIFIC, SIZE, (-18_924_313.4, 100_000.0), "EPSG:3857") == (52, 49)
    assert pixel_at(NEW_YORK, SIZE, (190.0, 0.9), "EPSG:4326") is None
    assert pixel_at(NEW_YORK, SIZE, (0.0, 1e9), "EPSG:3857") is None


def test_places_that_all_come_to_one_have_no_bounds():
    far = Geo("EPSG:4326", Affine(1e6, 0, -180, 0, -1e6, 90))
    assert bounds(far, SIZE, "EPSG:3857") is None
