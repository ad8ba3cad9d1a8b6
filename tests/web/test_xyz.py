import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pyramids import layout
from tilewright.errors import OutsideError, ParameterError
from tilewright.geometry import Box, Size
from tilewright.image import Band, Plane
from tilewright.paint import Named
from tilewright.request import (
    RESAMPLINGS,
    SUBSAMPLINGS,
    Encoding,
    Fit,
    MapRegion,
    MapTile,
    Region,
    RenderRequest,
    Tile,
)
from tilewright.stretch import Stretch
from tilewright.style import Channel, Style
from tilewright.tms import TileMatrixSets
from tilewright.web import places, xyz
from tilewright.web.maps.tiles import map_region

SETS = TileMatrixSets()
MERCATOR = SETS.get("WebMercatorQuad")

SUFFIXES = {
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "png": "png",
    "webp": "webp",
    "avif": "avif",
    "tif": "tiff",
    "tiff": "tiff",
    "npy": "npy",
}


def never():
    raise AssertionError("the image was opened to read its URL")


def three_bands():
    return layout(Size(9, 9), (1,), chunk=9, dtype="uint8", bands=[Band(interpretation="gray")] * 3)


@pytest.mark.parametrize(
    ("url", "request_"),
    [
        ("tiles/0/0/0.png", RenderRequest(Tile(0, 0, 0))),
        ("tiles/3/2/1.jpg", RenderRequest(Tile(3, 2, 1), Encoding("jpeg"))),
        ("tiles/3/2/1.jpeg", RenderRequest(Tile(3, 2, 1), Encoding("jpeg"))),
        ("tiles/-1/0/0.png", RenderRequest(Tile(-1, 0, 0))),
        (
            "tiles/3/2/1.jpg?quality=60&subsampling=4:2:0&background=000000",
            RenderRequest(
                Tile(3, 2, 1),
                Encoding("jpeg", quality=60, subsampling="4:2:0", background="#000000"),
            ),
        ),
        (
            "tiles/3/2/1.webp?lossless=true&z=4&t=0&frame=2",
            RenderRequest(
                Tile(3, 2, 1),
                Encoding("webp", lossless=True),
                plane=Plane.of({"z": 4, "frame": 2}),
            ),
        ),
        ("tiles/1/0/0.png?_=99&rev=7", RenderRequest(Tile(1, 0, 0))),
        ("data/thumbnail.png", RenderRequest(Fit(256, 256))),
        ("data/thumbnail.png?max_width=64", RenderRequest(Fit(64, 256))),
        ("data/thumbnail.png?width=64&height=32", RenderRequest(Fit(64, 32))),
        ("data/region.tif", RenderRequest(Region(), Encoding("tiff"))),
        (
            "data/region.npy?left=1&top=2&right=11&bottom=22.5&units=pixels",
            RenderRequest(Region(Box(1, 2, 10, 20.5)), Encoding("npy")),
        ),
        (
            "data/region.png?left=11&top=22&right=1&bottom=2",
            RenderRequest(Region(Box(1, 2, 10, 20))),
        ),
        (
            "data/region.png?width=100&height=50",
            RenderRequest(Region(None, 100, 50)),
        ),
        (
            "tiles/3/2/1.png?projection=EPSG:3857",
            RenderRequest(MapTile(MERCATOR.matrix(3), 2, 1, 256, 256)),
        ),
        (
            "tiles/3/2/1.png?projection=epsg:3857&row_order=tms&tilesize=512&resampling=cubic",
            RenderRequest(MapTile(MERCATOR.matrix(3), 2, 6, 512, 512), resampling="cubic"),
        ),
        (
            "tiles/WebMercatorQuad/3/2/1@2x.png?buffer=0.5&padding=4",
            RenderRequest(MapTile(MERCATOR.matrix(3), 2, 1, 512, 512, 0.5)),
        ),
        (
            "data/region.png?left=170&right=-170&top=20&bottom=10&units=4326&projection=4326&width=90",
            RenderRequest(MapRegion("EPSG:4326", Box(170, 10, 20, 10), 90)),
        ),
    ],
)
def test_urls_are_read(url, request_):
    assert xyz.parse(url, SUFFIXES, never, SETS) == request_


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("tiles/a/0/0.png", "z"),
        ("tiles/0/1.5/0.png", "x"),
        ("tiles/0/0/0.5.png", "y"),
        ("tiles/0/0/ 0.png", "y"),
        ("tiles/0/0/0.bmp", "fmt"),
        ("tiles/0/0/0.PNG", "fmt"),
        ("tiles/0/0/0.png?quality=0", "quality"),
        ("tiles/0/0/0.png?quality=101", "quality"),
        ("tiles/0/0/0.png?subsampling=4:1:1", "subsampling"),
        ("tiles/0/0/0.png?lossless=2", "lossless"),
        ("tiles/0/0/0.png?background=white", "background"),
        ("tiles/0/0/0.png?z=-1", "z"),
        ("tiles/0/0/0.png?t=x", "t"),
        ("tiles/0/0/0.png?frame=1.5", "frame"),
        ("tiles/0/0/0.png?jpegQuality=50", "jpegQuality"),
        ("data/thumbnail.png?max_width=0", "max_width"),
        ("data/thumbnail.png?max_height=abc", "max_height"),
        ("data/thumbnail.png?maxWidth=4", "maxWidth"),
        ("data/region.png?left=1", "top"),
        ("data/region.png?left=1&top=1&right=5", "bottom"),
        ("data/region.png?left=5&top=1&right=5&bottom=9", "right"),
        ("data/region.png?left=1&top=9&right=5&bottom=9", "bottom"),
        ("data/region.png?left=nan&top=1&right=5&bottom=9", "left"),
        ("data/region.png?width=0", "width"),
        ("data/region.png?height=-4", "height"),
        ("data/region.png?units=EPSG:999999", "units"),
        ("data/region.png?units=EPSG:4326&left=1&right=1&top=1&bottom=2&projection=3857", "right"),
        ("data/region.png?projection=+proj=utm", "projection"),
        ("data/region.png?crs=EPSG:3857", "crs"),
        ("tiles/0/0/0.png?projection=moon", "projection"),
        ("tiles/0/0/0.png?tile_size=512", "tile_size"),
        ("tiles/0/0/0.png?row_order=tms", "row_order"),
        ("tiles/0/0/0@2x.png", "y"),
        ("tiles/0/0/0@9x.png?projection=EPSG:3857", "scale"),
        ("tiles/0/0/0.png?projection=EPSG:3857&buffer=0.3", "buffer"),
        ("tiles/0/0/0.png?projection=EPSG:3857&buffer=nan", "buffer"),
        ("tiles/0/0/0.png?resampling=best", "resampling"),
        ("data/region.png?regionWidth=5", "regionWidth"),
    ],
)
def test_bad_values_are_refused_by_name(url, name):
    with pytest.raises(ParameterError) as caught:
        xyz.parse(url, SUFFIXES, never, SETS)
    assert caught.value.parameter == name


@pytest.mark.parametrize(
    "url",
    [
        "tiles/0/99999999999/0.png",
        "tiles/99999999999/0/0.png",
        "tiles/0/0.png",
        "tiles/0/1/0.png?projection=EPSG:3857",
        "tiles/60/0/0.png?projection=EPSG:3857",
        "tiles/WebMercatorQuad/2/4/0.png",
        "tiles/NoSuchQuad/2/4/0.png",
        "data/other.png",
        "tiles/0/0/0",
        "",
    ],
)
def test_what_does_not_exist_is_outside(url):
    with pytest.raises(OutsideError):
        xyz.parse(url, SUFFIXES, never, SETS)


def test_a_pixel_is_one_whole_pixel():
    target, plane = places.pixel("left=3&top=4&z=2")
    assert target == Region(Box(3, 4, 1, 1), 1, 1)
    assert plane == Plane.of({"z": 2})


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("", ParameterError),
        ("left=1", ParameterError),
        ("left=1.5&top=2", ParameterError),
        ("left=1&top=x", ParameterError),
        ("x=1&y=2", ParameterError),
        ("left=-1&top=2", OutsideError),
        ("left=1&top=-2", OutsideError),
    ],
)
def test_bad_pixels(query, error):
    with pytest.raises(error):
        places.pixel(query)


sides = st.integers(1, 2**31 - 1)
edges = st.floats(-1e9, 1e9).map(lambda value: round(value * 1024) / 1024)
colors = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
encodings = st.builds(
    Encoding,
    format=st.sampled_from(sorted(set(SUFFIXES.values()))),
    quality=st.none() | st.integers(1, 100),
    subsampling=st.none() | st.sampled_from(SUBSAMPLINGS),
    lossless=st.booleans(),
    background=colors,
)
planes = st.dictionaries(st.sampled_from(("z", "t", "frame")), st.integers(0, 10_000)).map(Plane.of)


@st.composite
def boxes(draw):
    left, right = sorted(draw(st.tuples(edges, edges).filter(lambda pair: pair[0] != pair[1])))
    top, bottom = sorted(draw(st.tuples(edges, edges).filter(lambda pair: pair[0] != pair[1])))
    return Box(left, top, right - left, bottom - top)


@st.composite
def map_tiles(draw):
    name = draw(st.sampled_from(("WebMercatorQuad", "WGS1984Quad", "CanadianNAD83_LCC")))
    tile_set = SETS.get(name)
    matrix = tile_set.matrix(draw(st.sampled_from(tile_set.zooms)))
    side = draw(st.sampled_from((256, 512, 1024, 300)))
    return MapTile(
        matrix,
        draw(st.integers(0, matrix.columns - 1)),
        draw(st.integers(0, matrix.rows - 1)),
        side,
        side,
        draw(st.sampled_from((0.0, 0.5, 1.0, 20.0))),
    )


targets = st.one_of(
    st.builds(Tile, *[st.integers(0, 2**31 - 1)] * 3),
    st.builds(Fit, sides, sides),
    st.builds(Region, st.none() | boxes(), st.none() | sides, st.none() | sides),
    map_tiles(),
    st.builds(
        MapRegion,
        st.sampled_from(("EPSG:3857", "EPSG:4326", "EPSG:32633")),
        st.none() | boxes(),
        st.none() | sides,
        st.none() | sides,
    ),
)


looks = st.sampled_from(
    [
        Style(),
        Style((Channel(1, stretch=Stretch.of(-1.5, 300), paint=Named("viridis")),)),
        Style((Channel(expression="(b2-b1)/(b2+b1)", discard=True),)),
        Style((Channel(0), Channel(2, invert=True)), blend="screen", background="#102030"),
    ]
)


requests = st.builds(
    RenderRequest,
    target=targets,
    encoding=encodings,
    plane=planes,
    style=looks,
    resampling=st.sampled_from(RESAMPLINGS),
)


@given(requests)
def test_a_request_survives_the_way_to_its_url_and_back(request_):
    assert xyz.parse(xyz.url(request_, SUFFIXES), SUFFIXES, never, SETS) == request_


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    for head in ("tiles/0/0/0.png?", "data/region.png?left=", "data/thumbnail.", ""):
        try:
            xyz.parse(head + text, SUFFIXES, three_bands, SETS)
        except (ParameterError, OutsideError):
            continue


@pytest.mark.parametrize(
    "request_",
    [
        RenderRequest(Tile(0, 0, 0), plane=Plane.of({"angle": 1})),
        RenderRequest(Tile(0, 0, 0), Encoding("bmp")),
    ],
)
def test_what_no_parameter_can_say_has_no_url(request_):
    with pytest.raises(ValueError, match="has no"):
        xyz.url(request_, SUFFIXES)


@pytest.mark.parametrize(
    ("left", "right", "west", "east"),
    [(-180, 180, -180, 180), (-100, 100, -100, 100), (-170, 175, -170, 175), (170, -170, 170, 190)],
)
@pytest.mark.parametrize("crs", ["EPSG:3857", "OGC:CRS84"])
def test_a_region_wider_than_half_the_earth_is_no_wider(left, right, west, east, crs):
    values = {"units": "EPSG:4326", "projection": crs, "width": 9}
    box = map_region((left, 50.0, right, -50.0), values, lambda: None).box
    degree = math.pi * 6378137 / 180 if crs == "EPSG:3857" else 1.0
    assert (box.x / degree, box.right / degree) == pytest.approx((west, east), abs=1e-9)


def test_a_region_around_a_pole_reaches_it():
    values = {"units": "EPSG:3995", "projection": "EPSG:4326", "width": 9}
    box = map_region((-1e6, 1e6, 1e6, -1e6), values, lambda: None).box
    assert box.bottom == pytest.approx(90)
    assert box.width == pytest.approx(360, abs=4)
