"""DeepZoom over HTTP: the descriptor, and tiles that make up the image."""

import io

import numpy as np
import pytest
import tifffile
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.urls import include, path
from lxml import etree
from PIL import Image

from tests.testapp.guarded import Guarded
from tests.testapp.maps import urlconf
from tests.testapp.models import Scan
from tilewright.django.views import AsyncImageViews, ImageViews
from tilewright.web import http


class PlainScans(Guarded, ImageViews):
    model = Scan


class AsyncScans(Guarded, AsyncImageViews):
    model = Scan


FACES = ["/plain/{pk}/deepzoom", "/deepzoom/{pk}", "/async/{pk}"]


@pytest.fixture(autouse=True)
def _addresses(settings):
    settings.ROOT_URLCONF = urlconf(
        path("plain/<int:pk>/", include(PlainScans.get_urls())),
        path("deepzoom/", include(PlainScans.get_deepzoom_urls())),
        path("async/", include(AsyncScans.get_deepzoom_urls())),
        prefix="",
    )


@pytest.fixture
def ask(client):
    def send(scan, below, face=FACES[1], method="get", **headers):
        url = face.format(pk=scan.pk) + below
        if face.startswith("/async"):
            return async_to_sync(getattr(AsyncClient(), method))(url, headers=headers)
        return getattr(client, method)(url, headers=headers)

    return send


def shown(response):
    assert response.status_code == 200, response.content
    return np.asarray(Image.open(io.BytesIO(response.content)))


@pytest.mark.parametrize("face", FACES)
def test_every_face_answers(ask, scan, face):
    described = ask(scan, ".dzi", face)
    assert described["Content-Type"] == "application/xml"
    root = etree.fromstring(described.content)
    assert (root.get("TileSize"), root.get("Overlap"), root.get("Format")) == ("256", "0", "jpg")
    tile = ask(scan, "_files/10/3_2.jpg", face)
    assert shown(tile).shape == (700 - 512, 900 - 768, 3)
    refused = ask(scan, "_files/10/4_0.jpg", face)
    assert (refused.status_code, refused["Content-Type"]) == (404, http.PROBLEM_JSON)
    asked = ask(scan, ".dzi", face, "options", origin="https://viewer.example")
    for answer in (described, tile, refused, asked):
        assert answer["Access-Control-Allow-Origin"] == "*"
    for below in (".dzi", "_files/10/3_2.jpg"):
        known = ask(scan, below, face)["ETag"]
        assert ask(scan, below, face, **{"if-none-match": known}).status_code == 304
    Scan.objects.update(secret=True)
    for below in (".dzi", "_files/0/0_0.jpg"):
        assert ask(scan, below, face).status_code == 403


def test_tiles_make_up_the_image(ask, scan, pixels):
    rows = [
        np.hstack([shown(ask(scan, f"_files/10/{x}_{y}.png")) for x in range(4)]) for y in range(3)
    ]
    np.testing.assert_array_equal(np.vstack(rows), pixels)
    half = np.hstack([shown(ask(scan, f"_files/9/{x}_0.png")) for x in range(2)])
    means = pixels[:512].reshape(256, 2, 450, 2, 3).mean(axis=(1, 3))
    assert np.abs(half - means).max() <= 0.5


def test_small_levels_shrink_the_whole(ask, scan, pixels):
    for level in range(8):
        scale = 1 << (10 - level)
        tile = shown(ask(scan, f"_files/{level}/0_0.png"))
        assert tile.shape == (-(-700 // scale), -(-900 // scale), 3)
    (only,) = shown(ask(scan, "_files/0/0_0.png"))
    assert np.abs(only[0] - pixels.mean(axis=(0, 1))).max() <= 1


def test_a_stored_tile_is_handed_on(ask, client, folder, pixels, db):
    tags = {"tile": (256, 256), "compression": "jpeg", "photometric": "ycbcr"}
    tifffile.imwrite(folder / "jpeg.tif", pixels, **tags)
    stored = Scan.objects.create(name="jpeg", file="jpeg.tif")
    tile = ask(stored, "_files/10/1_1.jpg")
    assert tile.content == client.get(f"/plain/{stored.pk}/tiles/2/1/1.jpg").content
    assert len(ask(stored, "_files/10/1_1.jpg?quality=5").content) < len(tile.content)


def test_the_query_of_the_document_is_that_of_its_tiles(ask, scan, pixels):
    look = "?band=2&min=0&max=255&format=png"
    root = etree.fromstring(ask(scan, f".dzi{look}").content)
    assert root.get("Format") == "png"
    np.testing.assert_array_equal(
        shown(ask(scan, f"_files/10/0_0.png{look}")), pixels[:256, :256, 1]
    )


def test_a_stored_look_turns_no_tile(ask, scan):
    Scan.objects.update(look=";orientation=90")
    assert shown(ask(scan, "_files/10/3_2.png")).shape == (188, 132, 3)


@pytest.mark.parametrize(
    ("below", "status"),
    [
        ("_files/10/0_0.heic", 400),
        ("_files/1e1/0_0.jpg", 400),
        ("_files/10/-1_0.jpg", 404),
        ("_files/10/0_99999999999999999.jpg", 404),
        ("_files/10/0_99999999999999999999999.jpg", 400),
        ("_files/11/0_0.jpg", 404),
        ("_files/10/0.jpg", 404),
        ("_files/10/0_0", 404),
        (".dzi?format=", 400),
        (".dzi?format=tif", 400),
        (".dzi/", 404),
        (".xml", 404),
    ],
)
def test_what_is_refused(ask, scan, below, status):
    assert ask(scan, below).status_code == status
