import json
import random

import morecantile
import pytest
from pyproj import CRS

from tilewright.crs import canonical_crs
from tilewright.errors import ConfigurationError, OutsideError, ParameterError
from tilewright.geometry import Box
from tilewright.tms import TileMatrixSets, quad_of

SETS = TileMatrixSets()


@pytest.mark.parametrize("name", morecantile.tms.list())
def test_tiles_lie_where_morecantile_says(name):
    ours, theirs = SETS.get(name), morecantile.tms.get(name)
    chance = random.Random(name)
    for zoom in ours.zooms:
        matrix = ours.matrix(zoom)
        for _ in range(5):
            column, row = chance.randrange(matrix.columns), chance.randrange(matrix.rows)
            bounds = theirs.xy_bounds(morecantile.Tile(column, row, zoom))
            affine = matrix.affine(column, row)
            corners = (*affine(0, 0), *affine(matrix.tile_width, matrix.tile_height))
            expected = (bounds.left, bounds.top, bounds.right, bounds.bottom)
            assert corners == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_web_mercator_comes_first():
    names = SETS.names()
    assert names[0] == "WebMercatorQuad"
    assert {*names} == {*morecantile.tms.list()}


@pytest.mark.parametrize(
    ("crs", "name"),
    [
        ("EPSG:3857", "WebMercatorQuad"),
        ("EPSG:4326", "WGS1984Quad"),
        ("OGC:CRS84", "WorldCRS84Quad"),
        ("EPSG:3978", "CanadianNAD83_LCC"),
        ("EPSG:32618", "EPSG:32618"),
    ],
)
def test_a_crs_has_a_set(crs, name):
    assert SETS.of_crs(crs).name == name


def test_a_crs_without_a_set_is_quartered_over_its_area():
    matrix = quad_of("EPSG:32618").matrix(2)
    assert (matrix.columns, matrix.rows) == (4, 4)
    left, top = matrix.affine(0, 0)(0, 0)
    right, bottom = matrix.affine(3, 3)(256, 256)
    # 78 to 72 degrees west, 0 to 84 degrees north.
    assert left <= 167_000
    assert right >= 833_000
    assert bottom <= 0
    assert top >= 9_320_000


@pytest.mark.parametrize("place", [(-1, 0), (0, -1), (4, 0), (0, 4)])
def test_no_tile_lies_outside_its_matrix(place):
    with pytest.raises(OutsideError, match="4×4"):
        SETS.get("WebMercatorQuad").matrix(2).affine(*place)


def test_what_is_not_there():
    with pytest.raises(OutsideError, match="no tile matrix set"):
        SETS.get("../secret")
    with pytest.raises(OutsideError, match="0 to 24"):
        SETS.get("WebMercatorQuad").matrix(60)
    with pytest.raises(OutsideError, match="tile matrix"):
        SETS.get("WebMercatorQuad").matrix_of("x")


def test_covering_tiles():
    matrix = SETS.get("WebMercatorQuad").matrix(3)
    side = matrix.cell_size * 256
    inside = Box(matrix.left + side, matrix.top - 3 * side, 2 * side, side)
    assert matrix.covering(inside) == (1, 2, 2, 2)
    assert matrix.covering(Box(matrix.left - 2 * side, matrix.top, side, side)) is None
    everything = Box(-1e9, -1e9, 2e9, 2e9)
    assert matrix.covering(everything) == (0, 0, 7, 7)


def own_set(folder, **changes):
    definition = {
        "title": "Own",
        "id": "Own",
        "crs": "http://www.opengis.net/def/crs/EPSG/0/32618",
        "orderedAxes": ["E", "N"],
        "tileMatrices": [
            {
                "id": "0",
                "scaleDenominator": 4_000_000 / 0.00028,
                "cellSize": 4000.0,
                "cornerOfOrigin": "bottomLeft",
                "pointOfOrigin": [100_000, 0],
                "tileWidth": 256,
                "tileHeight": 256,
                "matrixWidth": 1,
                "matrixHeight": 3,
            }
        ],
    } | changes
    (folder / "Own.json").write_text(json.dumps(definition))
    return TileMatrixSets(str(folder))


def test_a_folder_adds_sets_and_may_count_rows_from_below(tmp_path):
    sets = own_set(tmp_path)
    assert "Own" in sets.names()
    matrix = sets.get("Own").matrix(0)
    left, bottom = matrix.affine(0, 0)(0, 256)
    assert (left, bottom) == (100_000, 0)
    assert matrix.covering(Box(100_001, 1, 10, 10)) == (0, 0, 0, 0)


def test_a_broken_file_is_the_project_s_fault(tmp_path):
    with pytest.raises(ConfigurationError, match=r"Own\.json"):
        own_set(tmp_path, tileMatrices=[]).get("Own")


def test_a_crs_without_an_area_has_no_tiles():
    own = canonical_crs(CRS.from_proj4("+proj=laea +lat_0=10 +datum=WGS84").to_wkt())
    with pytest.raises(ParameterError, match="area of use"):
        quad_of(own)


def test_an_area_of_use_without_an_area_makes_no_set():
    wkt = CRS.from_proj4("+proj=laea +lat_0=10 +lon_0=20 +datum=WGS84").to_wkt()
    point = wkt[:-1] + ',USAGE[SCOPE["x"],AREA["x"],BBOX[10,20,10,20]]]'
    with pytest.raises(ParameterError, match="area of use"):
        quad_of(canonical_crs(point))


def test_sets_made_of_what_clients_write_are_not_kept_for_ever():
    assert quad_of.cache_info().maxsize is not None
