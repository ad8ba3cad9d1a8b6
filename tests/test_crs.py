from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from tilewright import crs
from tilewright.errors import ParameterError


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("EPSG:3857", "EPSG:3857"),
        ("epsg:3857", "EPSG:3857"),
        ("3857", "EPSG:3857"),
        ("[EPSG:3857]", "EPSG:3857"),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", "EPSG:4326"),
        ("https://www.opengis.net/def/crs/OGC/1.3/CRS84", "OGC:CRS84"),
        ("urn:ogc:def:crs:EPSG::32618", "EPSG:32618"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84"),
        ("CRS:84", "OGC:CRS84"),
        ("ESRI:54009", "ESRI:54009"),
    ],
)
def test_names_come_to_one(text, name):
    assert crs.canonical_crs(text) == name


def test_wkt_is_taken_and_known_by_its_code():
    assert crs.canonical_crs(CRS.from_epsg(32618).to_wkt()) == "EPSG:32618"
    own = CRS.from_proj4("+proj=laea +lat_0=10 +lon_0=20 +datum=WGS84").to_wkt()
    assert crs.canonical_crs(own).startswith("PROJCRS[")
    assert crs.canonical_crs(crs.canonical_crs(own)) == crs.canonical_crs(own)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "moon",
        "EPSG:999999",
        "EPSG:",
        "EPSG:5773",  # heights
        "EPSG:4978",  # geocentric
        "+proj=utm +zone=18",
        "+proj=pipeline +step +proj=unitconvert",
        "+init=epsg:3857",
        "/etc/passwd",
        "WGS 84",
        "PROJCRS[" * 3000,
        "\x00",
        "EPSG:３８５７",
    ],
)
def test_what_is_no_crs_is_refused(text):
    with pytest.raises(ParameterError) as caught:
        crs.canonical_crs(text, "projection")
    assert caught.value.parameter == "projection"


def test_a_projection_that_proj_cannot_compute_is_refused():
    wkt = CRS.from_proj4("+proj=laea +lat_0=10 +lon_0=20 +datum=WGS84").to_wkt()
    broken = wkt.replace('"Latitude of natural origin",10', '"Latitude of natural origin",1e9')
    assert broken != wkt
    with pytest.raises(ParameterError):
        crs.canonical_crs(broken)


@given(st.text(max_size=40))
def test_any_text_is_a_crs_or_refused(text):
    with suppress(ParameterError):
        assert crs.canonical_crs(crs.canonical_crs(text)) == crs.canonical_crs(text)


@pytest.mark.parametrize(
    ("name", "first", "around"),
    [
        ("EPSG:4326", True, 360.0),
        ("OGC:CRS84", False, 360.0),
        ("EPSG:3857", False, 40075016.68557849),
        ("EPSG:3395", False, 40075016.68557849),
        ("EPSG:3035", True, None),
        ("EPSG:32618", False, None),
    ],
)
def test_axes_and_periods(name, first, around):
    assert crs.northing_first(name) is first
    assert crs.period(name) == pytest.approx(around)


def test_conversion_is_pyproj_s_with_x_to_the_east():
    x, y = np.array([-75.0, -74.5]), np.array([40.0, 41.0])
    expected = Transformer.from_crs(4326, 32618, always_xy=True).transform(x, y)
    np.testing.assert_allclose(crs.convert("EPSG:4326", "EPSG:32618", x, y), expected)


def test_what_has_no_place_is_infinite():
    x, _ = crs.convert("EPSG:4326", "EPSG:3857", np.array([0.0]), np.array([-91.0]))
    assert np.isinf(x).all()


def test_names_of_standards():
    assert crs.uri("EPSG:3857") == "http://www.opengis.net/def/crs/EPSG/0/3857"
    assert crs.uri("OGC:CRS84") == "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    assert crs.urn("EPSG:3857") == "urn:ogc:def:crs:EPSG::3857"
    assert crs.urn("OGC:CRS84") == "urn:ogc:def:crs:OGC:1.3:CRS84"


BESSEL = (
    'GEOGCRS["s",DATUM["d",ELLIPSOID["Bessel",6377397.155,299.15]],CS[ellipsoidal,2],'
    'AXIS["latitude",north],AXIS["longitude",east],ANGLEUNIT["degree",0.0174532925199433]]'
)
WGS = BESSEL.replace('"Bessel",6377397.155,299.15', '"WGS 84",6378137,298.257223563')
PLAIN = (
    'GEOGCS["x",DATUM["D",SPHEROID["WGS 84",6378137,298.257223563]{}],PRIMEM["Greenwich",0],'
    'UNIT["degree",0.0174532925199433]]'
)
MERCATOR = (
    f'PROJCS["x",{PLAIN.format("")},PROJECTION["Mercator_1SP"],PARAMETER["central_meridian",0],'
    'PARAMETER["scale_factor",1],PARAMETER["false_easting",0],PARAMETER["false_northing",0],'
    'UNIT["metre",1],EXTENSION["PROJ4","+proj=merc +a=6378137 +b=6378137 {} +wktext +no_defs"]]'
)
BOUND = (
    f"BOUNDCRS[SOURCECRS[{BESSEL}],TARGETCRS[{WGS}],ABRIDGEDTRANSFORMATION"
    '["t",METHOD["NTv2",ID["EPSG",9615]],PARAMETERFILE["Latitude and longitude difference '
    'file","/some/file"]]]'
)


@pytest.mark.parametrize(
    "wkt",
    [
        PLAIN.format(',EXTENSION["PROJ4_GRIDS","/some/file"]'),
        MERCATOR.format("+nadgrids=/some/file"),
        MERCATOR.format("+geoidgrids=/some/file"),
        BOUND,
        BOUND.replace("PARAMETERFILE", "ParameterFile"),
    ],
)
def test_wkt_that_names_a_file_is_refused(wkt):
    # PROJ would open any path: a pipe would hold the process for ever.
    with pytest.raises(ParameterError):
        crs.canonical_crs(wkt)


def test_the_file_that_is_none_is_taken():
    assert crs.canonical_crs(MERCATOR.format("+nadgrids=@null"))


def test_of_a_compound_crs_the_horizontal_part_counts():
    assert crs.canonical_crs(CRS("EPSG:32618+5773").to_wkt()) == "EPSG:32618"


@pytest.mark.parametrize(
    "name", ["EPSG:3857", "EPSG:3395", "EPSG:3994", "EPSG:4087", "EPSG:6933", "ESRI:54003"]
)
def test_a_turn_of_a_cylinder_is_what_proj_says(name):
    # Along the equator all of these are even; a standard parallel makes the turn shorter.
    x, _ = crs.convert(crs.WGS84, name, np.array([10.0, 20.0]), np.zeros(2))
    assert crs.period(name) == pytest.approx((x[1] - x[0]) * 36, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "first"),
    [("EPSG:32661", True), ("EPSG:32761", True), ("EPSG:5041", False), ("EPSG:3031", False)],
)
def test_at_the_poles_the_names_of_axes_tell_their_order(name, first):
    assert crs.northing_first(name) is first
