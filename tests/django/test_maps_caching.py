"""The faces of maps keep their pictures where those of an image are kept."""

import logging

import pytest
from django.core.cache import caches

from tests.django.test_caching import BACKENDS, forge, use
from tests.testapp.maps import ListedLayers, file_layer, urlconf
from tests.web.earth import write_geotiff
from tilewright.composing import Composer
from tilewright.django import careful
from tilewright.django.caching import mosaic_kind, picture_kind
from tilewright.django.maps import mosaics, ogc, views_tms, views_wmts, wms
from tilewright.engine import Engine
from tilewright.image import Source
from tilewright.mosaic import MOST_SOURCES, Mosaic
from tilewright.request import Encoding, RenderRequest, Tile

WMS = (
    "/maps/wms?service=WMS&version=1.3.0&request=GetMap&styles=&crs=EPSG:3857&width=64&height=64"
    "&bbox=-8579000,4957000,-8578000,4958000&format=image/png"
)
PICTURES = {
    "WMTS": "/maps/wmts/1.0.0/utm/default/WebMercatorQuad/12/1542/1169.png",
    "TMS": "/maps/tms/1.0.0/utm/WebMercatorQuad/png/12/1169/2553.png",
    "OGC tile": "/maps/collections/utm/map/tiles/WebMercatorQuad/12/1542/1169?f=png",
    "OGC map": "/maps/collections/utm/map?f=png&width=64",
    "WMS": f"{WMS}&layers=utm",
    "WMS, two layers": f"{WMS}&layers=utm,other",
    "mosaic": "/maps/tiles/WebMercatorQuad/12/1169/1542.png?images=utm,other",
    "mosaic's region": "/maps/region.png?images=utm,other&width=64",
}


@pytest.fixture
def layers(tmp_path, settings):
    write_geotiff(tmp_path / "utm.tif")
    listed = ListedLayers(
        file_layer(tmp_path / "utm.tif"), file_layer(tmp_path / "utm.tif", "other")
    )
    faces = (views_wmts, views_tms, ogc, wms, mosaics)
    settings.ROOT_URLCONF = urlconf(*(route for face in faces for route in face.urls_for(listed)))


@pytest.fixture
def memory(settings):
    use(settings, {"BACKEND": f"{BACKENDS}.locmem.LocMemCache", "LOCATION": "maps"})
    caches["tiles"].clear()
    return caches["tiles"]


@pytest.mark.parametrize("address", PICTURES.values(), ids=PICTURES)
def test_a_picture_is_made_once_and_then_found(client, layers, memory, address):
    made = client.get(address)
    assert (made.status_code, made["Content-Type"]) == (200, "image/png")
    assert client.get(address).headers == made.headers
    forge(memory, made)
    forged = client.get(address)
    assert forged.content == b"from the cache"
    assert forged["ETag"] == made["ETag"]
    assert client.get(address, headers={"If-None-Match": made["ETag"]}).status_code == 304


def test_faces_share_what_they_draw_alike(client, layers, memory):
    forge(memory, client.get(PICTURES["WMTS"]))
    assert client.get(PICTURES["TMS"]).content == b"from the cache"
    assert client.get(PICTURES["OGC tile"]).content == b"from the cache"


@pytest.mark.parametrize("address", PICTURES.values(), ids=PICTURES)
def test_a_cache_that_is_down_loses_no_picture(client, layers, settings, address, caplog):
    settings.TILEWRIGHT = {}
    made = client.get(address)
    down = {"BACKEND": f"{BACKENDS}.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    use(settings, down)
    with caplog.at_level(logging.WARNING, careful.__name__):
        answer = client.get(address)
    assert (answer.status_code, answer.content) == (200, made.content)
    assert [record.name for record in caplog.records] == [careful.__name__]


@pytest.mark.parametrize(
    "address",
    [
        "/maps/wmts/1.0.0/utm/default/WebMercatorQuad/12/9999/1169.png",
        f"{WMS}&layers=nothing",
        "/maps/tiles/WebMercatorQuad/12/1169/1542.png?images=utm,nothing",
    ],
)
def test_what_cannot_be_drawn_is_not_kept(client, layers, memory, address):
    assert 400 <= client.get(address).status_code < 500
    assert not memory._cache


def test_a_kind_is_small_however_many_images_a_mosaic_has():
    asked = RenderRequest(Tile(0, 0, 0), Encoding("png"))
    sources = tuple(Source(f"{number}.tif", "1") for number in range(MOST_SOURCES))
    kinds = {
        mosaic_kind(Mosaic(sources), asked),
        mosaic_kind(Mosaic(sources[1:]), asked),
        mosaic_kind(Mosaic(sources, "mean"), asked),
        picture_kind(sources[0], asked),
    }
    assert len(kinds) == 4
    assert all(len(kind) < 9 for kind in kinds)


@pytest.mark.parametrize("address", PICTURES.values(), ids=PICTURES)
def test_a_picture_that_the_client_has_is_not_drawn(client, layers, settings, address, monkeypatch):
    settings.TILEWRIGHT = {}
    made = client.get(address)
    for kind, name in ((Engine, "render"), (Engine, "picture"), (Composer, "render")):
        monkeypatch.setattr(kind, name, lambda *_: pytest.fail("it was drawn"))
    assert client.get(address, headers={"If-None-Match": made["ETag"]}).status_code == 304
