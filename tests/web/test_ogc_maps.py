import math
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.ogc import DATELINE, DEGREES, EARTH, FORMATS, UTM
from tilewright.errors import OutsideError, ParameterError, RequestError
from tilewright.style import Style
from tilewright.tms import TileMatrixSets
from tilewright.web.maps.ogc.map_params import map_parameters
from tilewright.web.maps.ogc.maps import map_asked, tile_asked

MERCATOR = TileMatrixSets().get("WebMercatorQuad")
PARAMETERS = map_parameters(FORMATS.parameter)


def asked(layer, query="", accept="", style=None):
    return map_asked(layer, query=query, accept=accept, formats=FORMATS, style=style or Style())


def target(layer, query):
    return asked(layer, query).request.target


def edges(box):
    return box.x, box.y, box.right, box.bottom


def test_nothing_asked_is_the_whole_image_in_its_own_crs():
    found = asked(UTM)
    assert found.request.target.crs == "EPSG:32618"
    assert edges(found.request.target.box) == (400_000, 4_476_000, 430_000, 4_500_000)
    assert (found.request.target.width, found.request.target.height) == (1000, 800)
    assert found.request.encoding.format == "png"
    assert found.headers == {
        "Content-Bbox": "400000.0,4476000.0,430000.0,4500000.0",
        "Content-Crs": "<http://www.opengis.net/def/crs/EPSG/0/32618>",
        "Vary": "Accept",
    }


def test_a_large_image_is_not_sent_whole():
    place = target(DATELINE, "")
    assert (place.width, place.height) == (1024, 768)


@pytest.mark.parametrize(
    ("query", "crs", "box"),
    [
        ("bbox=6,43,7,44", "EPSG:4326", (6, 43, 7, 44)),
        ("bbox=6,43,-10,7,44,900", "EPSG:4326", (6, 43, 7, 44)),
        ("bbox=6,43,7,44&bbox-crs=CRS84", "EPSG:4326", (6, 43, 7, 44)),
        ("bbox=43,6,44,7&bbox-crs=EPSG:4326", "EPSG:4326", (6, 43, 7, 44)),
        ("bbox=43,6,44,7&bbox-crs=[EPSG:4326]", "EPSG:4326", (6, 43, 7, 44)),
        (
            "bbox=43,6,44,7&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4326",
            "EPSG:4326",
            (6, 43, 7, 44),
        ),
        ("bbox=6,43,7,44&crs=CRS84", "OGC:CRS84", (6, 43, 7, 44)),
        (
            "bbox=0,0,111319.490793,111325.142866&bbox-crs=EPSG:3857&crs=CRS84",
            "OGC:CRS84",
            (0, 0, 1, 1),
        ),
        ("subset=Lat(43:44),Lon(6:7)", "EPSG:4326", (6, 43, 7, 44)),
        ("subset=Lat(43:44)&subset=Lon(6:7)", "EPSG:4326", (6, 43, 7, 44)),
        ("subset=Lat(43:*)", "EPSG:4326", (5, 43, 15, 50)),
        ("subset=x(0:1000),y(0:2000)&subset-crs=3857&crs=3857", "EPSG:3857", (0, 0, 1000, 2000)),
        ("subset=E(0:1000),N(0:2000)&subset-crs=3857&crs=3857", "EPSG:3857", (0, 0, 1000, 2000)),
        # Ignored without bbox (20-058, bbox-crs F).
        ("bbox-crs=EPSG:3857", "EPSG:4326", (5, 42, 15, 50)),
        # The last one counts.
        ("bbox=1,1,2,2&bbox=6,43,7,44", "EPSG:4326", (6, 43, 7, 44)),
    ],
)
def test_a_box_in_any_crs_and_order(query, crs, box):
    place = target(DEGREES, query)
    assert place.crs == crs
    assert edges(place.box) == pytest.approx(box, abs=1e-6)


def test_a_box_across_the_antimeridian():
    found = asked(EARTH, "bbox=170,-10,-170,10&width=200")
    assert edges(found.request.target.box) == (170, -10, 190, 10)
    assert (found.request.target.width, found.request.target.height) == (200, 200)
    assert found.headers["Content-Bbox"] == "-10.0,170.0,10.0,-170.0"
    mercator = target(EARTH, "bbox=170,-10,-170,10&crs=EPSG:3857&width=200")
    assert mercator.box.width == pytest.approx(20 * 111_319.4908)
    assert mercator.box.right > math.pi * 6378137
    utm = target(EARTH, "bbox=179,50,-178,52&crs=EPSG:32660")
    assert 600_000 < utm.box.x < utm.box.right < 1_000_000


def test_content_crs_is_left_out_for_crs84():
    headers = asked(DEGREES, "crs=CRS84").headers
    assert "Content-Crs" not in headers
    assert headers["Content-Bbox"].startswith("5.0,42.0,")


def test_mercator_ends_where_its_square_ends():
    for query in ("crs=EPSG:3857", "crs=EPSG:3857&bbox=-180,-90,180,90"):
        box = target(EARTH, query).box
        half = math.pi * 6378137
        assert edges(box) == pytest.approx((-half, -half, half, half), rel=1e-6)


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ("width=500", (500, 400)),
        ("height=400", (500, 400)),
        ("width=30&height=70", (30, 70)),
        ("bbox=6,43,8,44&width=100", (100, 50)),
        ("bbox=6,43,8,44", (200, 100)),
        ("bbox=6,43,6.001,49&width=1", (1, 6000)),
    ],
)
def test_sizes(query, size):
    place = target(DEGREES, query)
    assert (place.width, place.height) == size


def test_a_scale_is_one_of_the_ground():
    # 30 km at 0.28 mm a pixel, on a UTM zone's middle meridian but for 0.04 %.
    place = target(UTM, "scale-denominator=100000")
    assert place.width == pytest.approx(30_000 / 28, rel=5e-3)
    # A degree of longitude is shorter at 46 degrees.
    place = target(DEGREES, "scale-denominator=1000000")
    assert place.width == pytest.approx(10 * 111_319 * math.cos(math.radians(46)) / 280, rel=1e-2)
    assert place.height == pytest.approx(8 * 111_319 / 280, rel=1e-2)
    half = target(DEGREES, "scale-denominator=1000000&mm-per-pixel=0.14")
    assert half.width == pytest.approx(2 * place.width, abs=2)


def test_a_size_and_a_scale_are_a_part_around_the_middle():
    place = target(UTM, "scale-denominator=100000&width=100&height=50")
    assert (place.width, place.height) == (100, 50)
    assert place.box.width == pytest.approx(2800, rel=5e-3)
    assert place.box.x + place.box.width / 2 == pytest.approx(415_000)
    assert place.box.y + place.box.height / 2 == pytest.approx(4_488_000)


def test_a_centre():
    place = target(DEGREES, "center=7,44&width=100&height=50&scale-denominator=500000")
    assert place.box.x + place.box.width / 2 == pytest.approx(7)
    assert place.box.y + place.box.height / 2 == pytest.approx(44)
    same = target(
        DEGREES, "center=44,7&center-crs=EPSG:4326&width=100&height=50&scale-denominator=500000"
    )
    assert edges(same.box) == pytest.approx(edges(place.box))
    own = target(DEGREES, "center=7,44&width=100")
    assert (own.width, own.height) == (100, 100)
    assert own.box.width == pytest.approx(1.0)


def test_a_map_around_a_pole_loses_what_lies_past_it():
    place = target(EARTH, "center=0,89&width=100&height=100")
    assert place.box.bottom == pytest.approx(90)
    assert place.width / place.height == pytest.approx(place.box.width / place.box.height, rel=0.05)


@pytest.mark.parametrize(
    ("query", "format", "varies"),
    [
        ("f=png", "png", False),
        ("f=jpeg", "jpeg", False),
        ("f=jpg", "jpeg", False),
        ("f=image/webp", "webp", False),
        ("", "webp", True),
    ],
)
def test_formats(query, format, varies):
    found = asked(UTM, query, accept="image/jpeg;q=0.3,image/webp")
    assert found.request.encoding.format == format
    assert ("Vary" in found.headers) == varies


@pytest.mark.parametrize(
    ("query", "ground", "under"),
    [
        ("", "#ffffff", None),
        ("bgcolor=0xFF0080", "#ff0080", "#ff0080"),
        ("bgcolor=%23ff0080", "#ff0080", "#ff0080"),
        ("bgcolor=LightBlue", "#add8e6", "#add8e6"),
        ("transparent=false", "#ffffff", "#ffffff"),
        ("transparent=true&bgcolor=red", "#ff0000", None),
        ("transparent=false&bgcolor=red", "#ff0000", "#ff0000"),
    ],
)
def test_backgrounds(query, ground, under):
    found = asked(UTM, query, style=Style(saturation=0.5)).request
    assert found.encoding.background == ground
    assert found.style == Style(saturation=0.5, background=under)


def test_looks_are_those_of_every_other_face():
    found = asked(UTM, "band=1&palette=viridis&quality=40&resampling=nearest&f=jpeg").request
    assert found.encoding.quality == 40
    assert found.resampling == "nearest"
    assert found.style.channels


BAD = [
    ("bbox=", "bbox"),
    ("bbox=1,2,3", "bbox"),
    ("bbox=1,2,3,4,5", "bbox"),
    ("bbox=1,2,3,4,5,6,7", "bbox"),
    ("bbox=" + ",".join(["1"] * 100_000), "bbox"),
    ("bbox=nan,0,1,1", "bbox"),
    ("bbox=0,0,inf,1", "bbox"),
    ("bbox=0,0,1e300,1", "bbox"),
    ("bbox=0,0,1_0,1", "bbox"),
    ("bbox=0,0,%D9%A1,1", "bbox"),
    ("bbox=0,%00,1,1", "bbox"),
    ("bbox=6,43,6,44", "bbox"),
    ("bbox=6,44,7,43", "bbox"),
    ("bbox=6,43,6.0000000001,44", "bbox"),
    ("bbox=6,43,5e-324,44&bbox-crs=EPSG:3035", "bbox"),
    ("bbox=0,91,1,92", "bbox"),
    ("bbox=0,-91,1,0", "bbox"),
    ("bbox=700,0,701,1", "bbox"),
    ("bbox=-540,0,540,1", "bbox"),
    ("bbox=8,0,7,1&bbox-crs=EPSG:32632", "bbox"),
    ("bbox=0,86,1,87&crs=EPSG:3857", "bbox"),
    ("bbox=900000000,900000000,900000001,900000001&bbox-crs=EPSG:32632", "bbox"),
    ("bbox=1,1,2,2&bbox-crs=EPSG:999999", "bbox-crs"),
    ("bbox=1,1,2,2&bbox-crs=", "bbox-crs"),
    ("bbox=1,1,2,2&bbox_crs=EPSG:4326", "bbox_crs"),
    ("bbox=1,1,2,2&center=1,1", "center"),
    ("bbox=1,1,2,2&subset=Lat(1:2)", "subset"),
    ("bbox=1,1,2,2&width=3&scale-denominator=9", "scale-denominator"),
    ("crs=EPSG:5773", "crs"),
    ("crs=+proj=utm +zone=18", "crs"),
    ("crs=/etc/passwd", "crs"),
    ("crs=" + "a" * 9000, "crs"),
    ("subset=", "subset"),
    ("subset=Lat", "subset"),
    ("subset=Lat(1)", "subset"),
    ("subset=Lat(2:1)", "subset"),
    ("subset=Lat(nan:1)", "subset"),
    ("subset=pressure(1:2)", "subset"),
    ("subset=Lat(1:2),y(1:2)", "subset"),
    ("subset=Lat(1:2),Lat(1:2)", "subset"),
    ("subset=Lat(1:2)&subset-crs=EPSG:3857", "subset"),
    ("subset=E(1:2)", "subset"),
    ("subset=E(1:2),x(1:2)&subset-crs=EPSG:3857", "subset"),
    ("center=1", "center"),
    ("center=0,95", "center"),
    ("center=inf,0", "center"),
    ("width=0", "width"),
    ("width=-5", "width"),
    ("width=1e3", "width"),
    ("width=99999999999", "width"),
    ("height=", "height"),
    ("scale-denominator=0", "scale-denominator"),
    ("scale-denominator=-1", "scale-denominator"),
    ("scale-denominator=nan", "scale-denominator"),
    ("mm-per-pixel=0", "mm-per-pixel"),
    ("bgcolor=0x12345", "bgcolor"),
    ("bgcolor=nocolour", "bgcolor"),
    ("transparent=maybe", "transparent"),
    ("f=json", "f"),
    ("f=npy", "f"),
    ("f=", "f"),
    ("format=png", "format"),
]


@pytest.mark.parametrize(("query", "parameter"), BAD, ids=[row[0][:40] for row in BAD])
def test_what_is_wrong_names_its_parameter(query, parameter):
    with pytest.raises(ParameterError) as caught:
        asked(DEGREES, query.replace("+", "%2B"))
    assert caught.value.parameter == parameter
    assert len(str(caught.value)) < 500


def test_a_subset_beyond_the_poles():
    assert target(EARTH, "subset=Lat(80:120)").box.bottom == 90
    for latitudes in ("100:120", "-120:-91"):
        with pytest.raises(OutsideError):
            asked(EARTH, f"subset=Lat({latitudes})")


def test_too_many_fields():
    with pytest.raises(ParameterError):
        asked(DEGREES, "subset=Lat(1:2)&" * 5000)


@settings(deadline=None)
@given(
    st.sampled_from([UTM, DEGREES, EARTH, DATELINE]),
    st.lists(st.floats(-200, 200, allow_nan=False), min_size=4, max_size=4),
    st.sampled_from(["CRS84", "EPSG:4326", "EPSG:3857", "EPSG:32618", "EPSG:5041", "EPSG:3035"]),
    st.sampled_from(["", "&width=50", "&scale-denominator=1000000", "&height=9&width=9"]),
)
def test_any_box_is_answered_or_refused(layer, numbers, crs, size):
    query = f"bbox={','.join(map(repr, numbers))}&crs={crs}{size}"
    try:
        found = asked(layer, query)
    except RequestError:
        return
    place = found.request.target
    assert place.width >= 1
    assert place.height >= 1
    assert len([float(part) for part in found.headers["Content-Bbox"].split(",")]) == 4


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_answered_or_refused(text):
    for parameter in PARAMETERS.parameters:
        try:
            asked(DEGREES, f"{parameter.name}={quote(text)}")
        except RequestError:
            continue


@settings(deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=4, max_size=4))
def test_parameters_are_written_as_they_are_read(numbers):
    values = {
        "bbox": tuple(numbers),
        "subset": (("lat", (numbers[0], None)), ("lon", (None, numbers[1]))),
        "center": tuple(numbers[:2]),
        "crs": "EPSG:3857",
        "bgcolor": "#00ff7f",
        "mm-per-pixel": 0.25,
        "f": "webp",
    }
    assert PARAMETERS.read(PARAMETERS.write(values)) == values


def test_a_tile():
    found = tile_asked(
        EARTH,
        MERCATOR,
        ("0", "0", "0"),
        query="bgcolor=red&f=jpeg",
        accept="",
        formats=FORMATS,
        style=Style(),
    )
    assert (found.request.target.width, found.request.target.height) == (256, 256)
    assert found.request.encoding.background == "#ff0000"
    assert found.headers == {}
    with pytest.raises(OutsideError):
        tile_asked(
            EARTH, MERCATOR, ("0", "1", "0"), query="", accept="", formats=FORMATS, style=Style()
        )
