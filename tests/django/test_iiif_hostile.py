"""The IIIF routes in projects that are not quite ours, and pixels that must be what they say."""

import io

import numpy as np
import pytest
from django.urls import include, path
from PIL import Image
from rest_framework.routers import SimpleRouter
from rest_framework.versioning import URLPathVersioning

from tests.django.test_views import RestScans
from tests.testapp.maps import urlconf
from tilewright.finish import finished
from tilewright.image import Picture
from tilewright.style import Orientation, Style

pytestmark = pytest.mark.django_db


class Versioning(URLPathVersioning):
    allowed_versions = ("v1",)


class VersionedScans(RestScans):
    versioning_class = Versioning


def rest_routes(prefix, views):
    router = SimpleRouter(trailing_slash=False)
    router.register(prefix, views, basename="image")
    return router.urls


def decoded(response):
    assert response.status_code == 200, response.content
    return np.asarray(Image.open(io.BytesIO(response.content)))


@pytest.mark.parametrize("version", [2, 3])
def test_a_router_that_ends_paths_in_slashes(client, scan, version):
    base = f"/slashed/scans/{scan.pk}/iiif/{version}"
    found = client.get(f"{base}/info.json", follow=True)
    assert found.status_code == 200
    assert found.json()[{2: "@id", 3: "id"}[version]] == f"http://testserver{base}"
    picture = client.get(f"{base}/full/90,/0/default.png", follow=True)
    assert decoded(picture).shape == (70, 90, 3)
    assert f"<http://testserver{base}/full/90,{'' if version == 2 else 70}/0" in picture["Link"]
    assert client.get(f"{base}/full/90,/0/nothing.png", follow=True).status_code == 400


def test_a_project_whose_own_api_has_versions(client, scan, settings):
    routes = rest_routes("scans", VersionedScans)
    settings.ROOT_URLCONF = urlconf(path("<slug:version>/", include(routes)))
    base = f"/maps/v1/scans/{scan.pk}/iiif/3"
    assert client.get(f"{base}/info.json").json()["id"] == f"http://testserver{base}"
    assert client.get(f"/maps/v9/scans/{scan.pk}/iiif/3/info.json").status_code == 404


def test_a_router_whose_prefix_holds_the_version(client, scan, settings):
    routes = rest_routes("(?P<version>v1)/scans", VersionedScans)
    settings.ROOT_URLCONF = urlconf(path("", include(routes)))
    assert client.get(f"/maps/v1/scans/{scan.pk}/iiif/2/info.json").status_code == 200


def test_what_the_query_asks_for_has_no_canonical_path(client, scan):
    url = f"/api/scans/{scan.pk}/iiif/3/full/max/0/default.png"
    assert 'rel="canonical"' in client.get(url)["Link"]
    band = client.get(f"{url}?channels=0")
    assert 'rel="profile"' in band["Link"]
    assert "canonical" not in band["Link"]


@pytest.mark.parametrize("rotation", ["22.5", "!123.4", "359"])
def test_black_and_white_stays_so_when_it_is_turned(client, scan, rotation):
    url = f"/api/scans/{scan.pk}/iiif/3/full/300,/{rotation}/bitonal.png"
    pixels = decoded(client.get(url))
    assert {*np.unique(pixels[..., :3]).tolist()} == {0, 255}


@pytest.mark.parametrize("rotation", [12.5, 217.0])
def test_a_picture_with_opacity_is_turned_as_one_without(pixels, rotation):
    look = Style(orientation=Orientation(True, rotation))
    plain = finished(Picture(pixels), look).data
    veiled = finished(Picture(np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])), look)
    assert veiled.data.shape == plain.shape
    # The one is weighed in bytes and the other in fractions; at the edge, with clear pixels too.
    assert np.abs(veiled.data[..., 3].astype(int) - plain[..., 3]).max() <= 1
    inside = plain[..., 3] == 255
    assert inside.mean() > 0.4
    steps = np.abs(veiled.data[..., :3].astype(int) - plain[..., :3])[inside]
    assert steps.max() <= 4
