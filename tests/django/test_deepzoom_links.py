"""DeepZoom of images that the query names: the address reaches the tiles, and tells them apart."""

from urllib.parse import quote

import numpy as np
import pytest
import tifffile
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.urls import include, path
from rest_framework import viewsets
from rest_framework.routers import SimpleRouter

from tests.django.test_sources import web
from tests.testapp.maps import urlconf
from tilewright.django import conf
from tilewright.django.rest import ImageByUrlMixin
from tilewright.django.views import AsyncImageViews, ImageViews


class Links(ImageByUrlMixin, viewsets.GenericViewSet):
    permission_classes = ()


class PlainLinks(ImageViews):
    url_parameter = "url"


class AsyncLinks(AsyncImageViews):
    url_parameter = "url"


@pytest.fixture(autouse=True)
def _addresses(settings):
    router = SimpleRouter(trailing_slash=False)
    router.register("links", Links, basename="link")
    settings.ROOT_URLCONF = urlconf(
        path("rest/", include(router.urls)),
        path("plain/", include(PlainLinks.get_urls())),
        path("async/", include(AsyncLinks.get_urls())),
        prefix="",
    )
    memory = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": memory, "LOCATION": "deepzoom-links"}}


@pytest.mark.parametrize("face", ["/rest/links/", "/plain/", "/async/"])
def test_the_address_reaches_the_tiles_and_tells_them_apart(
    client, settings, folder, pixels, picture_of, face
):
    def ask(below, url, **headers):
        asked = f"{face}{below}?url={quote(url, safe='')}&format=png"
        if face == "/async/":
            return async_to_sync(AsyncClient().get)(asked, headers=headers)
        return client.get(asked, headers=headers)

    shown = {"one": pixels, "two": np.ascontiguousarray(pixels[::-1])}
    for name, data in shown.items():
        tifffile.imwrite(folder / f"{name}.tif", data, tile=(256, 256), photometric="rgb")
    with (
        web((folder / "one.tif").read_bytes()) as (one, _),
        web((folder / "two.tif").read_bytes()) as (two, _),
    ):
        settings.TILEWRIGHT = {
            "remote_hosts": [f"http://{host}" for host in (one, two)],
            "remote_allow_private": True,
            "cache": "default",
        }
        tags = set()
        for host, data in zip((one, two), shown.values(), strict=True):
            url = f"http://{host}/a.tif?sig=1&se=2"
            for _ in range(2):
                described = ask("deepzoom.dzi", url)
                assert b'Format="png"' in described.content
                assert host.encode() not in described.content
                tile = ask("deepzoom_files/10/1_1.png", url)
                np.testing.assert_array_equal(picture_of(tile), data[256:512, 256:512])
            tags |= {described["ETag"], tile["ETag"]}
            assert ask("deepzoom.dzi", url, **{"if-none-match": described["ETag"]}).content == b""
        assert len(tags) == 4
        conf.edge().engine.close()
