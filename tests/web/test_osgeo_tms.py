"""TMS 1.0.0 of OSGeo: the tree of documents, and rows counted from below."""

import pytest
from lxml import etree

from tests.web.earth import dateline, earth, utm
from tilewright.errors import OutsideError
from tilewright.tms import TileMatrixSets
from tilewright.web.maps import osgeo_tms

SETS = TileMatrixSets()
ROOT = "https://example.org/tms"


def test_the_service_is_listed_where_it_is():
    root = etree.fromstring(osgeo_tms.services(ROOT, "Maps"))
    (service,) = root
    assert (root.tag, service.tag) == ("Services", "TileMapService")
    assert service.attrib == {"title": "Maps", "version": "1.0.0", "href": f"{ROOT}/1.0.0/"}


def test_every_layer_is_listed_in_the_sets_that_suit_it():
    layers = [utm(title='a "b"'), earth()]
    root = etree.fromstring(osgeo_tms.tile_map_service(ROOT, "Maps", layers, SETS, "png"))
    maps = [one.attrib for one in root.findall("TileMaps/TileMap")]
    assert maps[0] == {
        "title": 'a "b"',
        "srs": "EPSG:3857",
        "profile": "global-mercator",
        "href": f"{ROOT}/1.0.0/utm/WebMercatorQuad/png/",
    }
    geodetic = [one for one in maps if one["profile"] == "global-geodetic"]
    assert [one["srs"] for one in geodetic] == ["EPSG:4326"] * 2
    assert not any("WGS1984Quad" in one["href"] for one in maps)


@pytest.mark.parametrize("layer", [utm(), dateline(), earth()])
def test_a_map_tells_its_grid(layer):
    tile_set = SETS.get("WebMercatorQuad")
    root = etree.fromstring(osgeo_tms.tile_map(ROOT, layer, tile_set, "image/png", "png"))
    origin = root.find("Origin")
    assert float(origin.get("x")) == pytest.approx(-20037508.342789, abs=1e-3)
    assert float(origin.get("y")) == pytest.approx(-20037508.342789, abs=1e-3)
    box = root.find("BoundingBox")
    assert float(box.get("maxx")) == pytest.approx(20037508.342789, abs=1e-3)
    assert root.find("TileFormat").attrib == {
        "width": "256",
        "height": "256",
        "mime-type": "image/png",
        "extension": "png",
    }
    sets = root.findall("TileSets/TileSet")
    assert [one.get("order") for one in sets] == [str(n) for n in range(len(sets))]
    assert float(sets[0].get("units-per-pixel")) == pytest.approx(156543.033928, abs=1e-6)
    assert sets[1].get("href") == f"{ROOT}/1.0.0/{layer.name}/WebMercatorQuad/png/1"


def test_rows_are_counted_from_below():
    tile_set = SETS.get("WebMercatorQuad")
    assert osgeo_tms.map_tile(tile_set, 3, 2, 0).row == 7
    assert osgeo_tms.map_tile(tile_set, 3, 2, 7).row == 0
    for place in ((3, 0, 8), (3, 8, 0), (3, 0, -1), (60, 0, 0), (-1, 0, 0), (2**31, 0, 0)):
        with pytest.raises(OutsideError):
            osgeo_tms.map_tile(tile_set, *place)


@pytest.mark.parametrize(
    ("name", "served"),
    [
        ("WebMercatorQuad", True),
        ("WorldCRS84Quad", True),
        ("UTM31WGS84Quad", True),
        ("WGS1984Quad", False),
        ("CanadianNAD83_LCC", False),
        ("GNOSISGlobalGrid", False),
    ],
)
def test_a_set_is_served_that_has_one_lower_corner(name, served):
    assert osgeo_tms.is_served(SETS.get(name)) is served
    if not served:
        with pytest.raises(OutsideError, match="not served"):
            osgeo_tms.map_tile(SETS.get(name), 1, 0, 0)


def test_a_layer_elsewhere_has_no_map():
    with pytest.raises(OutsideError):
        osgeo_tms.tile_map(ROOT, utm(), SETS.get("CanadianNAD83_LCC"), "image/png", "png")
