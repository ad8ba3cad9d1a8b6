import contextlib
import json
import math
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilewright.config import Limits
from tilewright.errors import LimitError, ParameterError, SourceNotFoundError, TilewrightError
from tilewright.geometry import Affine, Box, Size
from tilewright.image import Picture
from tilewright.request import MapRegion
from tilewright.web.maps.wms import report
from tilewright.web.maps.wms.asked import (
    Canvas,
    InfoAsk,
    Positions,
    canvas,
    info_asked,
    map_asked,
)
from tilewright.web.maps.wms.overlay import flat, over
from tilewright.web.maps.wms.query import fields_of, negotiated, operation, version_of
from tilewright.web.maps.wms.values import Found, document

FORMATS = {"image/png": "png", "image/jpeg": "jpeg", "image/tiff": "tiff"}
LIMITS = Limits(output_side=4096, output_pixels=1 << 22)
NEW = {
    "VERSION": "1.3.0",
    "LAYERS": "a",
    "STYLES": "",
    "CRS": "EPSG:4326",
    "BBOX": "10,20,30,60",
    "WIDTH": "400",
    "HEIGHT": "200",
    "FORMAT": "image/png",
}
OLD = NEW | {"VERSION": "1.1.1", "SRS": "EPSG:4326", "BBOX": "20,10,60,30"}
del OLD["CRS"]
POINT = {"QUERY_LAYERS": "a", "I": "0", "J": "199", "X": "0", "Y": "199"}
REGION = MapRegion("EPSG:4326", Box(20, 10, 40, 20), 400, 200)


def query(base, **changes):
    """Return the fields of a query; a parameter of None is left out."""
    given = {name: value for name, value in (base | changes).items() if value is not None}
    return fields_of("&".join(f"{name}={value}" for name, value in given.items()))


def asked(base=NEW, **changes):
    return map_asked(query(base, **changes), FORMATS, LIMITS)


@pytest.mark.parametrize("base", [NEW, OLD])
def test_a_query_becomes_a_map(base):
    found = asked(base, look="0", TRANSPARENT="TRUE", BGCOLOR="0xFF0080", MAP_RESOLUTION="96")
    assert found.layers == ("a",)
    assert found.region == REGION
    assert found.canvas == Canvas(Size(400, 200), "png", True, "#ff0080")
    assert found.query == "look=0&map_resolution=96"


def test_names_are_of_any_case_and_their_order_is_free():
    swapped = {name.swapcase(): NEW[name] for name in reversed(NEW)}
    assert asked(swapped) == asked()


@pytest.mark.parametrize(
    ("crs", "box"),
    [
        # 1.3.0 has the axes of the CRS's own definition.
        ("EPSG:4326", Box(20, 10, 40, 20)),
        ("CRS:84", Box(10, 20, 20, 40)),
        ("EPSG:3857", Box(10, 20, 20, 40)),
        ("EPSG:32618", Box(10, 20, 20, 40)),
        ("EPSG:3035", Box(20, 10, 40, 20)),
        ("EPSG:2193", Box(20, 10, 40, 20)),
        ("urn:ogc:def:crs:EPSG::4326", Box(20, 10, 40, 20)),
    ],
)
def test_the_order_of_axes_is_the_definitions(crs, box):
    assert asked(CRS=crs).region.box == box
    old = asked(OLD, SRS=crs, BBOX=NEW["BBOX"])
    assert old.region.box == Box(10, 20, 20, 40)


@pytest.mark.parametrize("base", [NEW, OLD])
def test_of_a_client_without_a_version_the_crs_tells(base):
    assert asked(base, VERSION=None).region == REGION


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VERSION", "1.2.0"),
        ("VERSION", "x"),
        ("LAYERS", None),
        ("LAYERS", ""),
        ("LAYERS", "a,,b"),
        ("LAYERS", ",".join(["a"] * 17)),
        ("STYLES", "viridis"),
        ("STYLES", "default,default"),
        ("CRS", None),
        ("CRS", "EPSG:999999"),
        ("CRS", "+proj=longlat"),
        ("CRS", "/etc/passwd"),
        ("BBOX", None),
        ("BBOX", "1,2,3"),
        ("BBOX", "1,2,3,4,5"),
        ("BBOX", "nan,2,3,4"),
        ("BBOX", "1,2,inf,4"),
        ("BBOX", "1,2,1,4"),
        ("BBOX", "3,2,1,4"),
        ("BBOX", "1,4,3,2"),
        ("BBOX", "1,2,1e10,4"),
        ("BBOX", "0,0,1e-300,1e-300"),
        ("WIDTH", None),
        ("WIDTH", "0"),
        ("WIDTH", "4097"),
        ("WIDTH", "1e3"),
        ("WIDTH", "9" * 30),
        ("HEIGHT", "-1"),
        ("HEIGHT", "4097"),
        ("FORMAT", None),
        ("FORMAT", "image/gif"),
        ("FORMAT", "text/html"),
        ("TRANSPARENT", "maybe"),
        ("BGCOLOR", "0xFFF"),
        ("BGCOLOR", "0x+1+2+3"),
        ("DIM_Z", "-1"),
    ],
)
def test_a_wrong_value_is_named(name, value):
    with pytest.raises(ParameterError) as caught:
        asked(**{name: value})
    assert caught.value.parameter == name.lower()


def test_a_map_of_too_many_pixels_is_refused():
    with pytest.raises(LimitError, match="output pixels"):
        asked(WIDTH="4096", HEIGHT="4096")


def test_formats_may_have_parameters_of_their_own():
    assert asked(FORMAT="image/png;%20mode=8bit").canvas.format == "png"
    assert asked(FORMAT="IMAGE/JPG").canvas.format == "jpeg"


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("", "1.3.0"),
        ("version=1.3.0", "1.3.0"),
        ("version=1.3.5", "1.3.0"),
        ("version=2.0.0", "1.3.0"),
        ("version=1.2.0", "1.1.1"),
        ("version=1.1.1", "1.1.1"),
        ("version=1.0.0", "1.1.1"),
        ("version=0.0.1", "1.1.1"),
        ("wmtver=1.0.0", "1.1.1"),
    ],
)
def test_versions_are_negotiated(version, told):
    assert negotiated(fields_of(version)) == told


@pytest.mark.parametrize("version", ["1.3", "one", "1.3.0.0", "1.3.x", "٣.٣.٣", "9" * 5000])
def test_what_is_no_version_is_refused(version):
    with pytest.raises(ParameterError, match="version must be"):
        negotiated((("version", version),))


@pytest.mark.parametrize(
    ("text", "parameter"),
    [
        ("", "request"),
        ("service=WMS", "request"),
        ("service=WMS&request=GetLegendGraphic", "request"),
        ("request=GetCapabilities", "service"),
        ("service=WFS&request=GetCapabilities", "service"),
        ("service=WMTS&request=GetMap", "service"),
    ],
)
def test_only_what_there_is_can_be_asked_for(text, parameter):
    with pytest.raises(ParameterError) as caught:
        operation(fields_of(text))
    assert caught.value.parameter == parameter


def test_operations_are_of_any_case():
    assert operation(fields_of("SERVICE=wms&REQUEST=getcapabilities")) == "GetCapabilities"
    assert operation(fields_of("request=GetMap")) == "GetMap"


@pytest.mark.parametrize("base", [NEW, OLD])
def test_a_query_becomes_a_pixel(base):
    found = info_asked(query(base | POINT, INFO_FORMAT="text/plain", DIM_T="2"), LIMITS)
    assert (found.layers, found.crs, found.info_format) == (("a",), "EPSG:4326", "text/plain")
    assert found.affine == Affine(0.1, 0, 20, 0, -0.1, 30)
    assert (found.column, found.row) == (0, 199)
    assert found.positions == Positions((("t", 2),))


@pytest.mark.parametrize(
    ("base", "name", "value"),
    [
        (NEW, "I", "400"),
        (NEW, "I", None),
        (NEW, "J", "-1"),
        (NEW, "J", "200"),
        (OLD, "X", "400"),
        (OLD, "Y", "nan"),
        (NEW, "INFO_FORMAT", "text/html"),
        (NEW, "QUERY_LAYERS", None),
        (NEW, "CRS", "moon"),
    ],
)
def test_a_wrong_pixel_is_named(base, name, value):
    with pytest.raises(ParameterError) as caught:
        info_asked(query(base | POINT, **{name: value}), LIMITS)
    assert caught.value.parameter == name.lower()


def map_of(fields):
    assert map_asked(fields, FORMATS, LIMITS).region.box.width > 0


def pixel_of(fields):
    info_asked(fields, LIMITS).affine.inverse()


def canvas_of(fields):
    assert canvas(fields, FORMATS, LIMITS).size.pixels <= LIMITS.output_pixels


TEXTS = st.one_of(
    st.sampled_from([*NEW.values(), *OLD.values(), "nan", "1e999", "\0", "٣", "-0"]),
    st.text(max_size=20),
)


@given(
    st.dictionaries(st.sampled_from([*NEW, *OLD, *POINT, "DIM_Z", "BGCOLOR"]), TEXTS, max_size=3)
)
def test_any_query_is_a_map_or_an_error(changes):
    fields = tuple((name.lower(), text) for name, text in (NEW | POINT | changes).items() if text)
    for parse in (map_of, pixel_of, canvas_of, version_of, negotiated):
        with contextlib.suppress(TilewrightError):
            parse(fields)


@given(st.lists(st.floats(-1e9, 1e9), min_size=4, max_size=4, unique=True))
def test_edges_come_through_as_they_are(numbers):
    low_x, high_x = sorted(numbers[:2])
    low_y, high_y = sorted(numbers[2:])
    edges = ",".join(repr(edge).replace("+", "%2B") for edge in (low_x, low_y, high_x, high_y))
    try:
        box = asked(CRS="EPSG:3857", BBOX=edges).region.box
    except ParameterError:
        assert min(high_x - low_x, high_y - low_y) < 1e-6
        return
    assert (box.x, box.y) == (low_x, low_y)
    assert math.isclose(box.right, high_x, abs_tol=1e-6)


@pytest.mark.parametrize(
    ("error", "new", "old"),
    [
        (ParameterError("format", "x"), "InvalidFormat", "InvalidFormat"),
        (ParameterError("crs", "x"), "InvalidCRS", None),
        (ParameterError("srs", "x"), "InvalidSRS", "InvalidSRS"),
        (ParameterError("i", "x"), "InvalidPoint", None),
        (ParameterError("styles", "x"), "StyleNotDefined", "StyleNotDefined"),
        (ParameterError("request", "x"), "OperationNotSupported", None),
        (ParameterError("dim_z", "x"), "InvalidDimensionValue", "InvalidDimensionValue"),
        (ParameterError("bbox", "x"), None, None),
        (report.NoSuchLayerError("x"), "LayerNotDefined", "LayerNotDefined"),
        (SourceNotFoundError("x"), None, None),
    ],
)
def test_errors_have_the_standards_codes(error, new, old):
    assert report.code(error, "1.3.0") == new
    assert report.code(error, "1.1.1") == old


def test_a_report_escapes_what_a_client_wrote():
    body, media_type = report.report("<&\0\x1b]]>\ud800", "InvalidFormat", "1.3.0")
    assert media_type == "text/xml"
    assert b"<&" not in body.partition(b"<ServiceException ")[2]
    assert b"\0" not in body


@pytest.mark.parametrize("size", [Size(1, 1), Size(3, 900), Size(300, 40)])
@pytest.mark.parametrize("background", [None, "#ffffff", "#000000"])
def test_an_error_is_drawn_where_there_is_room(size, background):
    picture = report.written("width must be a whole number " * 100, size, background)
    assert picture.size == size
    assert picture.data.shape[2] == (4 if background is None else 3)
    empty = report.blank(size, background)
    if size.width > 100:
        assert not np.array_equal(picture.data, empty.data)
    assert (empty.data == (255 if background == "#ffffff" else 0)).all()


def paint(*pixel):
    return Picture(np.full((4, 5, len(pixel)), pixel, np.uint8))


@pytest.mark.parametrize(
    ("lower", "upper", "both"),
    [
        (paint(10), paint(7, 8, 9), [7, 8, 9]),
        (paint(10), paint(200, 0, 0, 0), [10, 10, 10, 255]),
        (paint(10, 20, 30), paint(200, 0, 0, 255), [200, 0, 0, 255]),
        (paint(0, 0, 0), paint(255, 255, 255, 51), [51, 51, 51, 255]),
        (paint(9, 9, 9, 0), paint(40, 50, 60, 128), [40, 50, 60, 128]),
        (paint(9, 9, 9, 0), paint(40, 50, 60, 0), [0, 0, 0, 0]),
    ],
)
def test_an_upper_layer_lies_over_the_lower_one(lower, upper, both):
    assert over(lower, upper).data[2, 3].tolist() == both


def test_a_clear_picture_is_laid_on_a_colour():
    assert flat(paint(0, 0, 0, 0), "#ff8001").data[0, 0].tolist() == [255, 128, 1]
    assert flat(paint(3), "#ffffff").data[0, 0].tolist() == [3]


def test_a_picture_of_one_pixel_lies_in_memory_as_codecs_want_it():
    one = flat(Picture(np.zeros((1, 1, 4), np.uint8)), "#ff8001").data
    assert one.strides == (3, 3, 1)


def test_a_tall_picture_is_laid_on_in_parts():
    lower = Picture(np.zeros((3000, 1000, 3), np.uint8))
    upper = np.zeros((3000, 1000, 4), np.uint8)
    upper[::2] = 255
    joined = over(lower, Picture(upper))
    assert (joined.data[::2, :, 0] == 255).all()
    assert (joined.data[1::2, :, 0] == 0).all()


def test_values_are_features_at_a_point():
    ask = InfoAsk(
        ("a", "b"),
        "EPSG:4326",
        Affine(1, 0, 10, 0, -1, 50),
        0,
        0,
        "application/json",
        Positions(),
        "",
    )
    found = [Found("a", "A", {"red": 3.5, "nir": None}), Found("b", "B", {})]
    body, media_type = document(ask, found)
    assert media_type == "application/json"
    (feature,) = json.loads(body)["features"]
    assert feature["id"] == "a"
    assert feature["geometry"] == {"type": "Point", "coordinates": [10.5, 49.5]}
    assert feature["properties"] == {"layer": "a", "red": 3.5, "nir": None}


def test_a_pixel_off_the_earth_has_no_point():
    far = Affine(1, 0, 1e9, 0, -1, 1e9)
    ask = InfoAsk(("a",), "EPSG:32618", far, 0, 0, "application/json", Positions(), "")
    body, _ = document(ask, [Found("a", "A", {"red": 3.5})])
    assert json.loads(body)["features"][0]["geometry"] is None


def test_values_are_lines_of_text():
    ask = InfoAsk(
        ("a",), "EPSG:4326", Affine(1, 0, 0, 0, 1, 0), 0, 0, "text/plain", Positions(), ""
    )
    body, _ = document(ask, [Found("a", "A\nB", {"red": 3.5}), Found("b", "C", {})])
    text = body.decode()
    assert text == "AB (a)\nred: 3.5\n\nC (b)\nno value\n\n"
    assert {*text} <= {*string.printable}
