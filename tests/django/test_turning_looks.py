"""DeepZoom and IIIF below routers as they come, and looks that turn what must not grow."""

import io
from urllib.parse import quote

import numpy as np
import pytest
from django.urls import include, path
from PIL import Image
from rest_framework.routers import DefaultRouter

from tests.testapp.maps import ListedLayers, file_layer, urlconf
from tests.testapp.models import Scan
from tests.testapp.views import StyledViewSet
from tilewright.django.maps import mosaics, ogc, views_tms, views_wmts


@pytest.fixture(autouse=True)
def _addresses(settings):
    routers = {"slashed/": DefaultRouter(), "plain/": DefaultRouter(trailing_slash=False)}
    for router in routers.values():
        router.register("scans", StyledViewSet, basename="scan")
    settings.ROOT_URLCONF = urlconf(
        *(path(prefix, include(router.urls)) for prefix, router in routers.items()), prefix=""
    )


def opened(response):
    assert response.status_code == 200, response.content
    return Image.open(io.BytesIO(response.content))


@pytest.mark.parametrize("base", ["/slashed/scans/{pk}", "/plain/scans/{pk}"])
@pytest.mark.parametrize("below", ["iiif/3/info.json", "iiif/3/full/100,/0/default.jpg"])
@pytest.mark.parametrize("ending", [".json", ".json/"])
def test_a_format_after_a_path_of_iiif_is_refused(client, scan, base, below, ending):
    answer = client.get(f"{base.format(pk=scan.pk)}/{below}{ending}")
    assert answer.status_code in {400, 404}
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("suffix", ["npy", "tif", "gif", "json"])
def test_tiles_of_deepzoom_are_pictures_that_a_descriptor_can_name(client, scan, suffix):
    Scan.objects.update(look=";saturation=0")
    answer = client.get(f"/plain/scans/{scan.pk}/deepzoom_files/10/0_0.{suffix}")
    assert answer.status_code == 400
    assert answer.json()["allowed"].startswith("one of jpg, png, webp")


@pytest.mark.parametrize("orientation", ["30", "!45", "359.5"])
def test_no_look_turns_a_tile_so_that_it_grows(client, scan, orientation):
    url = f"/plain/scans/{scan.pk}/tiles/2/1/1.png"
    refused = client.get(f"{url}?look={quote(f';orientation={orientation}')}")
    assert refused.status_code == 400
    assert refused.json()["parameter"] == "look"
    Scan.objects.update(look=f";orientation={orientation}")
    assert opened(client.get(url)).size == (256, 256)


def test_a_look_that_turns_tiles_by_quarters_is_shown(client, scan, pixels):
    url = f"/plain/scans/{scan.pk}/tiles/2/1/1.png?look={quote(';orientation=90')}"
    np.testing.assert_array_equal(
        np.asarray(opened(client.get(url))), np.rot90(pixels[256:512, 256:512], -1)
    )


ON_THE_MAP = [
    ("tms/1.0.0/map/WebMercatorQuad/png/0/0/0.png?", (256, 256)),
    ("wmts/1.0.0/map/default/WebMercatorQuad/0/0/0.png?", (256, 256)),
    ("collections/map/map?f=png&width=64&", (64, 32)),
    ("tiles/WebMercatorQuad/0/0/0.png?images=map&", (256, 256)),
    ("tiles/WebMercatorQuad/5/0/0.png?images=map&", (256, 256)),
    ("region.png?images=map&bbox=-100,-50,100,50&width=64&height=32&", (64, 32)),
]


@pytest.mark.parametrize("orientation", ["30", "90", "!0"])
@pytest.mark.parametrize(("below", "size"), ON_THE_MAP)
def test_no_look_turns_a_map(client, settings, earth, folder, below, size, orientation):
    layers = ListedLayers(file_layer(folder / "map.tif", "map"))
    faces = (mosaics, ogc, views_tms, views_wmts)
    settings.ROOT_URLCONF = urlconf(*(one for face in faces for one in face.urls_for(layers)))
    look = quote(f";saturation=0.5;orientation={orientation}")
    plain = opened(client.get(f"/maps/{below}look={quote(';saturation=0.5')}"))
    turned = opened(client.get(f"/maps/{below}look={look}"))
    assert plain.size == turned.size == size
    np.testing.assert_array_equal(np.asarray(turned), np.asarray(plain))


@pytest.mark.parametrize("below", ["WebMercatorQuad/0/0/0.png", "WebMercatorQuad/5/0/0.png"])
def test_no_tile_of_the_earth_grows(client, earth, below):
    url = f"/plain/scans/{earth.pk}/tiles/{below}"
    assert opened(client.get(url)).size == (256, 256)
    refused = client.get(f"{url}?look={quote(';orientation=30')}")
    assert refused.status_code == 400
    assert refused.json()["parameter"] == "look"
