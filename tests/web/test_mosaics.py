import pytest

from tests.test_merge import info
from tilewright.errors import OutsideError, ParameterError
from tilewright.geometry import Box
from tilewright.image import Plane
from tilewright.merge import merged
from tilewright.request import Encoding, MapRegion, MapTile, Region, Tile
from tilewright.tms import TileMatrixSets
from tilewright.web.maps import mosaics
from tilewright.web.maps.mosaics import Members

SUFFIXES = {"png": "png", "jpg": "jpeg", "tif": "tiff"}
QUAD = TileMatrixSets().get("WebMercatorQuad")
IMAGES = "images=3,1,2"


def whole():
    return merged([info(), info(501_000.0)], "first")


def pixels():
    return merged([info(geo=False), info(geo=False)], "stack")


def unopened():
    pytest.fail("nothing need be opened for this")


def tile(place, query, chosen=QUAD, suffix="png"):
    return mosaics.tile(place, suffix, query, SUFFIXES, unopened, chosen=chosen)


def test_a_tile_is_told_without_opening_anything():
    asked = tile(("3", "2", "1"), f"{IMAGES}&resampling=nearest&quality=50&band=2&min=0&max=9")
    assert asked.target == MapTile(QUAD.matrix(3), 2, 1, 256, 256)
    assert asked.encoding == Encoding("png", quality=50)
    assert asked.resampling == "nearest"
    assert asked.style.channels[0].band == 1
    assert tile(("3", "2", "1@2x"), IMAGES).target.width == 512
    assert tile(("3", "2", "1"), IMAGES, None).target == Tile(3, 2, 1)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", MapRegion("EPSG:32618")),
        ("&width=50", MapRegion("EPSG:32618", None, 50)),
        ("&projection=3857", MapRegion("EPSG:3857")),
        ("&bbox=1,2,3,5", MapRegion("EPSG:4326", Box(1, 2, 2, 3))),
        ("&bbox=179,2,-179,5", MapRegion("EPSG:4326", Box(179, 2, 2, 3))),
        ("&bbox=1,2,3,5&bbox-crs=EPSG:3857", MapRegion("EPSG:3857", Box(1, 2, 2, 3))),
        ("&bbox=1,2,3,5&bbox-crs=pixels&height=9", Region(Box(1, 2, 2, 3), None, 9)),
    ],
)
def test_regions(query, expected):
    asked = mosaics.region("tif", IMAGES + query, SUFFIXES, whole)
    assert asked.target == expected
    assert asked.encoding.format == "tiff"


def test_pixels_that_lie_nowhere():
    assert mosaics.region("png", IMAGES, SUFFIXES, pixels).target == Region()
    for query in ("&projection=3857", "&bbox=1,2,3,4"):
        asked = mosaics.region("png", IMAGES + query, SUFFIXES, pixels)
        with pytest.raises(ParameterError, match="coordinate"):
            asked.target.grid(pixels())


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("", "images"),
        ("images=", "images"),
        ("images=1,,2", "images"),
        ("images=1,%00", "images"),
        ("images=../x", "images"),
        ("images=" + "1," * 256 + "1", "images"),
        ("images=" + "1," * 1_000_000, "images"),
        ("images=" + "a" * 201, "images"),
        ("image=1", "image"),
        (f"{IMAGES}&method=sum", "method"),
        (f"{IMAGES}&pixel_selection=first", "pixel_selection"),
        (f"{IMAGES}&resampling=best", "resampling"),
        (f"{IMAGES}&bbox=1,2,3", "bbox"),
        (f"{IMAGES}&bbox=1,2,3,4,5", "bbox"),
        (f"{IMAGES}&bbox=1,2,nan,4", "bbox"),
        (f"{IMAGES}&bbox=1,2,inf,4", "bbox"),
        (f"{IMAGES}&bbox=1,2,1e10,4", "bbox"),
        (f"{IMAGES}&bbox=1,2,1,4", "bbox"),
        (f"{IMAGES}&bbox=1,2,3,2", "bbox"),
        (f"{IMAGES}&bbox=1,2,1,4&bbox-crs=pixels", "bbox"),
        (f"{IMAGES}&bbox=1,2,3,4&bbox-crs=EPSG:99999", "bbox-crs"),
        (f"{IMAGES}&bbox=1,2,3,4&bbox-crs=pixels&projection=3857", "projection"),
        (f"{IMAGES}&projection=/etc/passwd", "projection"),
        (f"{IMAGES}&width=0", "width"),
    ],
)
def test_bad_values_of_regions(query, parameter):
    with pytest.raises(ParameterError) as raised:
        mosaics.region("png", query, SUFFIXES, whole)
    assert raised.value.parameter == parameter


@pytest.mark.parametrize(
    ("place", "query", "chosen", "suffix", "kind", "parameter"),
    [
        (("a", "0", "0"), "", QUAD, "png", ParameterError, "z"),
        (("0", "1.5", "0"), "", QUAD, "png", ParameterError, "x"),
        (("0", "0", "0@9x"), "", QUAD, "png", ParameterError, "scale"),
        (("0", "0", "0@2"), "", QUAD, "png", ParameterError, "y"),
        (("0", "0", "0"), "", QUAD, "bmp", ParameterError, "fmt"),
        (("0", "0", "0"), "&buffer=2", None, "png", ParameterError, "buffer"),
        (("60", "0", "0"), "", QUAD, "png", OutsideError, None),
        (("0", "1", "0"), "", QUAD, "png", OutsideError, None),
        (("0", "0", "-1"), "", QUAD, "png", OutsideError, None),
        (("0", "9" * 12, "0"), "", QUAD, "png", OutsideError, None),
    ],
)
def test_bad_tiles(place, query, chosen, suffix, kind, parameter):
    with pytest.raises(kind) as raised:
        tile(place, IMAGES + query, chosen, suffix)
    assert getattr(raised.value, "parameter", None) == parameter


@pytest.mark.parametrize("query", ["lon=1", "lon=1&lat=91", "lon=nan&lat=1", "lon=1,2&lat=1"])
def test_bad_points(query):
    with pytest.raises(ParameterError):
        mosaics.point(f"{IMAGES}&{query}")


def test_members_are_written_as_they_are_read():
    query = f"{IMAGES}&method=mean&lon=190&lat=-5.5&t=2"
    assert mosaics.point(query) == (190, -5.5, Plane.of({"t": 2}))
    found = mosaics.members(mosaics.POINT.read(query))
    assert found == Members(("3", "1", "2"), "mean")
    assert mosaics.members(mosaics.INFO.read(found.query)) == found
