from dataclasses import replace

import numpy as np
import pytest
from rasterio.control import GroundControlPoint
from rasterio.rpc import RPC
from rasterio.transform import GCPTransformer, RPCTransformer

from tilewright.geo import (
    MOST_POINTS,
    ControlPoint,
    Geo,
    checked,
    from_points,
    from_rational,
)
from tilewright.geometry import Affine
from tilewright.rational import RationalPolynomials


def places(count=50, side=600):
    generator = np.random.default_rng(4)
    return generator.uniform(0, side, count), generator.uniform(0, side, count)


def test_an_affine_leads_there_and_back():
    geo = Geo("EPSG:32618", Affine(3, 0.5, 1000, 0.2, -4, 9000))
    columns, rows = places()
    x, y = geo.to_crs(columns, rows)
    np.testing.assert_allclose(x, 3 * columns + 0.5 * rows + 1000)
    np.testing.assert_allclose(geo.to_pixels(x, y), (columns, rows), atol=1e-9)


def bent(count):
    """Return control points on a surface of the second degree."""
    columns, rows = places(count)
    x = 500_000 + 10 * columns + 0.3 * rows + 1e-3 * columns * rows / 600
    y = 4_000_000 - 10 * rows + 0.2 * columns + 1e-3 * rows**2 / 600
    return [ControlPoint(*map(float, one)) for one in zip(columns, rows, x, y, strict=True)]


@pytest.mark.parametrize("count", [3, 5, 6, 9, 30])
def test_control_points_lead_where_gdal_says(count):
    points = bent(count)
    geo = from_points("EPSG:32618", tuple(points))
    gdal = [GroundControlPoint(p.row, p.column, p.x, p.y) for p in points]
    columns, rows = places(20)
    x, y = geo.to_crs(columns, rows)
    with GCPTransformer(gdal) as transformer:
        there = transformer.xy(rows.tolist(), columns.tolist(), offset="ul")
        back = transformer.rowcol(list(x), list(y), op=lambda value: value)
    np.testing.assert_allclose((x, y), there, atol=0.01)
    np.testing.assert_allclose(geo.to_pixels(x, y)[::-1], back, atol=0.02)


@pytest.mark.parametrize(
    "points",
    [
        (),
        (ControlPoint(0, 0, 0, 0), ControlPoint(1, 1, 1, 1)),
        (ControlPoint(0, 0, 0, 0), ControlPoint(1, 1, 1, 1), ControlPoint(2, 2, 2, 2)),
        (ControlPoint(5, 5, 1, 1),) * 9,
    ],
)
def test_too_few_points_are_refused(points):
    with pytest.raises(ValueError, match="control points"):
        from_points("EPSG:32618", points)


def test_two_rows_of_points_bend_no_surface():
    points = tuple(ControlPoint(x, y, 10.0 * x, -10.0 * y) for x in (0, 5, 9, 20) for y in (0, 50))
    geo = from_points("EPSG:32618", points)
    x, y = geo.to_crs(np.array([7.0]), np.array([11.0]))
    assert (float(x[0]), float(y[0])) == pytest.approx((70, -110))


def camera():
    """Return the rational polynomials of a camera that looks nearly straight down."""
    zeros = [0.0] * 20
    generator = np.random.default_rng(1)
    bend = lambda main: [  # noqa: E731
        main[i] + float(generator.normal(0, 1e-4)) for i in range(20)
    ]
    line, sample = zeros.copy(), zeros.copy()
    line[2], sample[1] = -1.0, 1.0
    bottom = zeros.copy()
    bottom[0] = 1.0
    return RPC(
        height_off=200.0, height_scale=500.0, lat_off=40.0, lat_scale=0.1, line_off=3000.0,
        line_scale=3000.0, long_off=179.98, long_scale=0.12, samp_off=4000.0, samp_scale=4000.0,
        line_den_coeff=bend(bottom), line_num_coeff=bend(line), samp_den_coeff=bend(bottom),
        samp_num_coeff=bend(sample), err_bias=None, err_rand=None,
    )  # fmt: skip


def test_rational_polynomials_lead_where_gdal_says():
    rpc = camera()
    ours = RationalPolynomials(
        (rpc.line_off, rpc.samp_off, rpc.lat_off, rpc.long_off, rpc.height_off),
        (rpc.line_scale, rpc.samp_scale, rpc.lat_scale, rpc.long_scale, rpc.height_scale),
        tuple(rpc.line_num_coeff),
        tuple(rpc.line_den_coeff),
        tuple(rpc.samp_num_coeff),
        tuple(rpc.samp_den_coeff),
    )
    geo = from_rational(ours, 8000, 6000)
    columns, rows = places(20, 6000)
    longitude, latitude = geo.to_crs(columns, rows)
    np.testing.assert_allclose(geo.to_pixels(longitude, latitude), (columns, rows), atol=1e-3)
    with RPCTransformer(rpc, RPC_HEIGHT=rpc.height_off) as transformer:
        back = transformer.rowcol(longitude.tolist(), latitude.tolist(), op=lambda value: value)
    np.testing.assert_allclose(back, (rows, columns), atol=0.02)


def test_polynomials_without_terms_are_refused():
    with pytest.raises(ValueError, match="20 terms"):
        RationalPolynomials((1,) * 5, (1,) * 5, (1.0,), (1.0,) * 20, (1.0,) * 20, (1.0,) * 20)


@pytest.mark.parametrize(
    "numbers",
    [
        (np.nan, 0, 0, 0, -1, 0),
        (1, 0, np.inf, 0, -1, 0),
        (1, 1, 5e5, 1, 1, 4e6),
        (1e-12, 0, 5e5, 0, -1e-12, 4e6),
        (1e-15, 0, -75, 0, -1e-15, 40),
        (1e300, 0, -1e300, 0, -1e300, 1e300),
        (0, 0, 1, 0, 0, 1),
    ],
)
def test_an_affine_that_leads_nowhere_is_refused(numbers):
    with pytest.raises(ValueError, match=r"affine|small|place|inverse"):
        checked(Geo("EPSG:32618", Affine(*map(float, numbers))), 256, 256)


def test_a_sound_georeference_is_kept():
    for geo in (
        Geo("EPSG:32618", Affine(0.01, 0, 5e5, 0, -0.01, 4e6)),
        from_points("EPSG:32618", tuple(bent(9))),
    ):
        assert checked(geo, 600, 600) is geo


def test_points_at_one_place_are_refused():
    corners = [(0.0, 0.0), (9.0, 0.0), (0.0, 9.0), (9.0, 9.0)]
    flat = from_points("EPSG:4326", tuple(ControlPoint(c, r, -75.0, 40.0) for c, r in corners))
    with pytest.raises(ValueError, match="control points"):
        checked(flat, 9, 9)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_points_that_are_no_numbers_are_refused(bad):
    points = (*bent(8), ControlPoint(3.0, 3.0, bad, 4e6))
    with pytest.raises(ValueError, match="finite"):
        from_points("EPSG:32618", points)


def test_of_too_many_points_some_are_taken():
    points = tuple(bent(3 * MOST_POINTS))
    few = from_points("EPSG:32618", points)
    assert len(few.points) == MOST_POINTS
    x, y = few.to_crs(np.array([300.0]), np.array([200.0]))
    assert (float(x[0]), float(y[0])) == pytest.approx((503_060.1, 3_998_060.0667), abs=0.01)


def test_equal_georeferences_have_one_hash():
    one, other = (from_points("EPSG:32618", tuple(bent(9))) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert one != from_points("EPSG:32617", tuple(bent(9)))
    assert replace(one, crs="EPSG:32617") == from_points("EPSG:32617", tuple(bent(9)))
