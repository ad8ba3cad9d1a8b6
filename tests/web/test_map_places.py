import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilewright.errors import ParameterError
from tilewright.geo import Geo
from tilewright.geometry import Affine, Grid, Size
from tilewright.image import Band
from tilewright.readers.array import ArrayReader
from tilewright.request import MapTile, Tile
from tilewright.tms import TileMatrixSets
from tilewright.web.maps import places

UTM = Geo("EPSG:32618", Affine(100, 0, 500_000, 0, -100, 4_500_000))
ACROSS = Geo("EPSG:4326", Affine(0.1, 0, 175, 0, -0.1, 10))


def info(geo=UTM, side=100, bands=None):
    data = np.zeros((len(bands or "x"), side, side), np.uint8)
    return ArrayReader([data], geo=geo, bands=bands).info


@pytest.mark.parametrize(
    ("text", "crs", "place"),
    [
        ("-56.228,72.715", "OGC:CRS84", (-56.228, 72.715)),
        ("0,0", "EPSG:4326", (0, 0)),
        ("190,-90", "OGC:CRS84", (190, -90)),
        ("500000,4.5e6", "EPSG:32618", (500_000, 4_500_000)),
    ],
)
def test_places_are_read(text, crs, place):
    assert places.place_of(text, crs) == place


@pytest.mark.parametrize(
    ("text", "crs"),
    [
        *((text, "OGC:CRS84") for text in ("", "1", "1,2,3", "a,b", "nan,1", "1,inf", "1_0,2")),
        *((text, "OGC:CRS84") for text in (" 1,2", "0,91", "361,0", "1,%00", "1e999,0", ",")),
        ("1e10,0", "EPSG:32618"),
    ],
)
def test_no_place_is_refused(text, crs):
    with pytest.raises(ParameterError) as caught:
        places.place_of(text, crs)
    assert caught.value.parameter == "point"


@given(st.text(max_size=30))
def test_any_text_is_a_place_or_refused(text):
    try:
        x, y = places.place_of(text)
    except ParameterError:
        return
    assert abs(x) <= 360
    assert abs(y) <= 90


def test_coord_crs_is_canonical():
    values = places.POINT.read(
        "point=1,2&coord_crs=http://www.opengis.net/def/crs/EPSG/0/3857&band=2"
    )
    assert values == {"point": "1,2", "coord_crs": "EPSG:3857", "band": (2,)}
    assert places.POINT.read("point=1,2&coord-crs=4326")["coord_crs"] == "EPSG:4326"
    for query in ("coord_crs=", "coord_crs=EPSG:0", "coord_crs=/etc/passwd", "coordCrs=4326"):
        with pytest.raises(ParameterError, match=r"coord_?[cC]rs"):
            places.POINT.read(f"point=1,2&{query}")
    with pytest.raises(ParameterError, match="point"):
        places.POINT.read("")


def test_the_document_of_a_point():
    found = places.point_document(
        (1.0, 2.0),
        (3, 4),
        info(bands=[Band("red"), Band(), Band()]),
        bands=(0, 1, 2),
        values=np.array([7.5, np.nan, 3]),
        valid=np.array([True, True, False]),
    )
    assert json.loads(json.dumps(found, allow_nan=False)) == {
        "coordinates": [1, 2],
        "values": [7.5, None, None],
        "band_names": ["b1", "b2", "b3"],
        "band_descriptions": ["red", "b2", "b3"],
        "column": 3,
        "row": 4,
    }


def test_corners_of_a_tile():
    matrix = TileMatrixSets().get("WebMercatorQuad").matrix(1)
    half = 20037508.342789244
    found = places.corners_document(MapTile(matrix, 1, 0, 256, 256).grid(info()))
    assert found == pytest.approx({"xmin": 0, "xmax": half, "ymin": 0, "ymax": half}, abs=1e-6)
    found = places.corners_document(Tile(1, 1, 0).grid(info(side=512)))
    assert found == {"xmin": 256, "xmax": 512, "ymin": 0, "ymax": 256}


def test_bounds():
    found = places.bounds_document(info(), "EPSG:32618")
    assert found["bounds"] == pytest.approx([500_000, 4_490_000, 510_000, 4_500_000])
    assert found["crs"].endswith("/EPSG/0/32618")
    found = places.bounds_document(info(ACROSS))
    assert found["bounds"] == pytest.approx([175, 0, -175, 10])
    with pytest.raises(ParameterError):
        places.bounds_document(info(None))


def test_a_footprint_is_a_ring_against_the_clock():
    found = places.footprint_document(info(), {"name": "a"})
    assert (found["type"], found["properties"]) == ("Feature", {"name": "a"})
    assert found["geometry"]["type"] == "Polygon"
    (ring,) = found["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    area = sum(a * d - b * c for (a, b), (c, d) in pairwise(ring))
    assert area > 0
    west, south, east, north = found["bbox"]
    assert west == pytest.approx(-75, abs=1e-6)
    assert all(west - 1e-9 <= x <= east + 1e-9 for x, _ in ring)
    assert all(south - 1e-9 <= y <= north + 1e-9 for _, y in ring)


def test_a_footprint_is_cut_at_the_antimeridian():
    found = places.footprint_document(info(ACROSS), {})
    assert found["geometry"]["type"] == "MultiPolygon"
    spans = sorted(
        (min(x for x, _ in ring), max(x for x, _ in ring))
        for (ring,) in found["geometry"]["coordinates"]
    )
    assert np.allclose(spans, [(-180, -175), (175, 180)])
    assert found["bbox"] == pytest.approx([175, 0, -175, 10])


def test_an_image_of_more_than_the_earth_has_its_bounds():
    wide = Geo("EPSG:4326", Affine(4, 0, -200, 0, -1.8, 90))
    found = places.footprint_document(info(wide), {})
    assert found["bbox"] == pytest.approx([-180, -90, 180, 90])
    full_disc = Geo(
        'PROJCS["g",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],'
        'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],'
        'PROJECTION["Geostationary_Satellite"],PARAMETER["central_meridian",-75],'
        'PARAMETER["satellite_height",35786023],PARAMETER["false_easting",0],'
        'PARAMETER["false_northing",0],UNIT["metre",1]]',
        Affine(110_000, 0, -5.5e6, 0, -110_000, 5.5e6),
    )
    found = places.footprint_document(info(full_disc), {})
    assert found["geometry"]["type"] in {"Polygon", "MultiPolygon"}
    json.dumps(found, allow_nan=False)


def test_headers_tell_where_an_answer_lies():
    grid = Grid(Size(10, 20), Affine(2, 0, 100, 0, -2, 500), "EPSG:3857")
    assert places.place_headers(grid) == {
        "Content-Bbox": "100.0,460.0,120.0,500.0",
        "Content-Crs": "<http://www.opengis.net/def/crs/EPSG/0/3857>",
    }
    assert places.place_headers(Grid(Size(1, 1), Affine.scale(1, 1))) == {}
    nameless = places.place_headers(Grid(grid.size, grid.affine, 'PROJCS["a\n"]'))
    assert set(nameless) == {"Content-Bbox"}
