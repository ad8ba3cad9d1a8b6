"""The IIIF Image API over HTTP: below a viewset's objects, below plain views, and by itself."""

import io

import numpy as np
import pytest
import tifffile
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.urls import include, path
from PIL import Image
from rest_framework.routers import SimpleRouter

from tests.blobs.far import far_away
from tests.testapp.guarded import Guarded
from tests.testapp.maps import urlconf
from tests.testapp.models import Scan
from tests.testapp.views import StyledViewSet
from tilewright.django import conf
from tilewright.django.views import AsyncImageViews, ImageViews
from tilewright.paint import Named
from tilewright.stretch import Stretch
from tilewright.style import Channel, Style
from tilewright.web import http

LINKED_DATA = 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"'


class PlainScans(Guarded, ImageViews):
    model = Scan


class AsyncScans(Guarded, AsyncImageViews):
    model = Scan


class NamedScans(Guarded, ImageViews):
    model = Scan
    lookup_field = "name"


class Links(ImageViews):
    url_parameter = "url"


def routed():
    router = SimpleRouter(trailing_slash=False)
    router.register("scans", StyledViewSet, basename="scan")
    return include(router.urls)


ADDRESSES = urlconf(
    path("rest/", routed()),
    path("plain/<int:pk>/", include(PlainScans.get_urls())),
    path("iiif/", include(PlainScans.get_iiif_urls())),
    path("async/", include(AsyncScans.get_iiif_urls("async"))),
    path("by-name/", include(NamedScans.get_iiif_urls("named"))),
    prefix="",
)
FACES = ["/rest/scans/{pk}/iiif/{v}", "/plain/{pk}/iiif/{v}", "/iiif/{v}/{pk}", "/async/{v}/{pk}"]


@pytest.fixture(autouse=True)
def _addresses(settings):
    settings.ROOT_URLCONF = ADDRESSES


@pytest.fixture
def ask(client):
    """Ask below the base URI of a scan."""

    def send(scan, below, *, version=3, face=FACES[2], method="get", **headers):
        url = face.format(pk=scan.pk, v=version) + below
        if face.startswith("/async"):
            return async_to_sync(getattr(AsyncClient(), method))(url, headers=headers)
        return getattr(client, method)(url, headers=headers)

    return send


def opened(response):
    assert response.status_code == 200, response.content
    return Image.open(io.BytesIO(response.content))


def shown(response):
    return np.asarray(opened(response))


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("version", [2, 3])
def test_what_every_face_answers(ask, scan, face, version):
    base = ask(scan, "", face=face, version=version)
    root = "http://testserver" + face.format(pk=scan.pk, v=version)
    assert (base.status_code, base["Location"]) == (303, f"{root}/info.json")
    token = ask(scan, "?token=a%26b", face=face, version=version)
    assert token["Location"] == f"{root}/info.json?token=a%26b"
    info = ask(scan, "/info.json", face=face, version=version)
    told = info.json()
    assert told["id" if version == 3 else "@id"] == root
    assert (told["width"], told["height"]) == (900, 700)
    picture = ask(scan, "/0,0,450,350/90,/!90/gray.png", face=face, version=version)
    assert opened(picture).size == (70, 90)
    assert opened(picture).mode == "L"
    level = f'<http://iiif.io/api/image/{version}/level2.json>;rel="profile"'
    size = "90,70" if version == 3 else "90,"
    canonical = f'<{root}/0,0,450,350/{size}/!90/gray.png>;rel="canonical"'
    assert picture["Link"] == f"{level}, {canonical}"
    assert info["Link"] == level
    refused = ask(scan, "/full/max/0/default.heic", face=face, version=version)
    assert (refused.status_code, refused["Content-Type"]) == (400, http.PROBLEM_JSON)
    for answer in (base, info, picture, refused):
        assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("version", ["1", "03", "4", "%D9%A3"])
def test_other_versions_are_not_there(ask, scan, version):
    for below in ("", "/info.json", "/full/max/0/default.jpg"):
        refused = ask(scan, below, version=version)
        assert (refused.status_code, refused["Content-Type"]) == (404, http.PROBLEM_JSON)


@pytest.mark.parametrize("face", FACES)
def test_whoever_may_not_see_the_image_sees_nothing(ask, scan, face):
    Scan.objects.update(secret=True)
    for below in ("", "/info.json", "/full/max/0/default.jpg"):
        assert ask(scan, below, face=face).status_code in {401, 403}
    scan.pk = 999_999
    assert ask(scan, "/info.json", face=face).status_code == 404


@pytest.mark.parametrize("face", [FACES[1], FACES[2], FACES[3]])
def test_a_page_of_another_site_may_ask(ask, scan, face):
    asked = {"origin": "https://viewer.example", "access-control-request-method": "GET"}
    answer = ask(scan, "/full/max/0/default.jpg", face=face, method="options", **asked)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in answer["Access-Control-Allow-Headers"]
    assert "GET" in answer["Allow"]
    assert answer.content == b""


@pytest.mark.parametrize(
    ("version", "accept", "media_type"),
    [
        (3, None, LINKED_DATA),
        (3, "*/*", LINKED_DATA),
        (3, "application/json", "application/json"),
        (3, LINKED_DATA, LINKED_DATA),
        (3, "text/html", LINKED_DATA),
        (2, None, "application/json"),
        (2, "*/*", "application/json"),
        (2, "application/ld+json", LINKED_DATA.replace("3", "2")),
    ],
)
def test_the_kind_of_json(ask, scan, version, accept, media_type):
    headers = {} if accept is None else {"accept": accept}
    info = ask(scan, "/info.json", version=version, **headers)
    assert info["Content-Type"] == media_type
    assert info["Vary"] == "Accept"


def test_what_the_client_holds_is_not_sent(ask, scan):
    for below in ("/info.json", "/square/!64,64/45/bitonal.png"):
        first = ask(scan, below)
        again = ask(scan, below, **{"if-none-match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again["Access-Control-Allow-Origin"] == "*"
        assert ask(scan, below, method="head")["Content-Length"] == str(len(first.content))
    other = ask(scan, "/info.json", accept="application/json")
    assert other["ETag"] != ask(scan, "/info.json")["ETag"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("full/max/0/default.png", lambda p: p),
        ("100,50,30,20/max/0/color.png", lambda p: p[50:70, 100:130]),
        ("pct:50,50,10,10/max/0/default.png", lambda p: p[350:420, 450:540]),
        ("square/max/0/default.png", lambda p: p[:, 100:800]),
        ("890,690,100,100/max/0/default.png", lambda p: p[690:, 890:]),
        ("0,0,40,30/max/!0/default.png", lambda p: p[:30, :40][:, ::-1]),
        ("0,0,40,30/max/90/default.png", lambda p: np.rot90(p[:30, :40], -1)),
        ("0,0,40,30/max/!270/default.png", lambda p: np.rot90(p[:30, :40][:, ::-1], -3)),
        ("8,8,2,2/^4,4/0/default.png", lambda p: (4, 4, 3)),
        ("0,0,256,256/64,64/0/default.png", lambda p: blocks(p[:256, :256], 4)),
    ],
)
def test_pixels(ask, scan, pixels, path, expected):
    found, wanted = shown(ask(scan, f"/{path}")), expected(pixels)
    if isinstance(wanted, tuple):
        assert found.shape == wanted
    else:
        np.testing.assert_allclose(found, wanted, atol=1 if "64,64" in path else 0)


def blocks(data, side):
    """Return the means of blocks."""
    rows, columns, bands = data.shape
    return data.reshape(rows // side, side, columns // side, side, bands).mean(axis=(1, 3))


def test_grey_and_black_and_white(ask, scan, pixels):
    luma = pixels @ np.array([0.2126, 0.7152, 0.0722])
    grey = shown(ask(scan, "/full/max/0/gray.png"))
    np.testing.assert_allclose(grey, luma, atol=0.51)
    # What lies on the edge between the two may fall to either side by rounding.
    sure = np.abs(luma - 128) > 0.51
    assert (shown(ask(scan, "/full/max/0/bitonal.png"))[sure] == 255 * (luma >= 128)[sure]).all()


def test_tiles_that_viewers_cut_are_those_of_the_pyramid(ask, scan, client):
    for scale, z in ((1, 2), (2, 1), (4, 0)):
        for x in range(-(-900 // (256 * scale))):
            left, wide = x * 256 * scale, min(256 * scale, 900 - x * 256 * scale)
            high = min(256 * scale, 700)
            size = f"{-(-wide // scale)},{-(-high // scale)}"
            tile = shown(ask(scan, f"/{left},0,{wide},{high}/{size}/0/default.png"))
            ours = shown(client.get(f"/plain/{scan.pk}/tiles/{z}/{x}/0.png"))
            rows, columns = tile.shape[:2]
            np.testing.assert_array_equal(tile, ours[:rows, :columns, :3])


def test_a_stored_tile_is_handed_on(ask, scan, client, folder, pixels):
    tifffile.imwrite(
        folder / "jpeg.tif", pixels, tile=(256, 256), compression="jpeg", photometric="ycbcr"
    )
    stored = Scan.objects.create(name="jpeg", file="jpeg.tif")
    tile = ask(stored, "/256,256,256,256/256,256/0/default.jpg")
    assert tile.content == client.get(f"/plain/{stored.pk}/tiles/2/1/1.jpg").content
    with tifffile.TiffFile(folder / "jpeg.tif") as file:
        page = file.pages[0]
        offset, count = page.dataoffsets[5], page.databytecounts[5]
    scan_data = (folder / "jpeg.tif").read_bytes()[offset : offset + count]
    assert scan_data[-200:] in tile.content
    assert ask(stored, "/256,256,256,256/max/0/default.jpg").content == tile.content


def test_sixteen_bits_are_shown_in_the_look_of_the_image(ask, stack, settings):
    default = shown(ask(stack, "/full/max/0/default.png?z=2"))
    assert default.dtype == np.uint8
    tiff = tifffile.imread(io.BytesIO(ask(stack, "/full/max/0/default.tif?z=2").content))
    np.testing.assert_array_equal(tiff.squeeze(), default)
    Scan.objects.update(
        look=Style((Channel(stretch=Stretch.of(0, 4000), paint=Named("viridis")),)).text
    )
    coloured = shown(ask(stack, "/full/max/0/default.png?z=2"))
    assert coloured.shape == (300, 400, 3)
    assert np.ptp(coloured[0, 0]) > 20
    assert shown(ask(stack, "/full/max/0/gray.png?z=2")).ndim == 2
    asked = shown(ask(stack, "/full/max/0/default.png?z=2&band=1&min=0&max=4000"))
    assert np.unique(asked).tolist() == [128]


@pytest.mark.parametrize("quality", ["default", "gray"])
def test_a_tiff_shows_what_a_png_shows(ask, folder, db, quality):
    """Whatever the file holds: six bands, inks, indices of a palette, opacity."""
    generator = np.random.default_rng(0)
    bands = generator.integers(0, 256, (60, 80, 7), dtype=np.uint8)
    palette = generator.integers(0, 65_536, (3, 256), dtype=np.uint16)
    given = {
        "bands": (bands, {"photometric": "minisblack", "planarconfig": "contig"}),
        "inks": (bands[..., :4], {"photometric": "separated"}),
        "indices": (bands[..., 0], {"photometric": "palette", "colormap": palette}),
        "opacity": (bands[..., :4], {"photometric": "rgb", "extrasamples": ["unassalpha"]}),
    }
    for name, (data, tags) in given.items():
        tifffile.imwrite(folder / f"{name}.tif", data, **tags)
        scan = Scan.objects.create(name=name, file=f"{name}.tif")
        png = shown(ask(scan, f"/full/max/!90/{quality}.png"))
        tiff = tifffile.imread(io.BytesIO(ask(scan, f"/full/max/!90/{quality}.tif").content))
        np.testing.assert_array_equal(tiff.squeeze(), png, err_msg=name)


def test_an_image_of_the_query_has_no_base_uri(client, settings, scan, folder):
    settings.ROOT_URLCONF = urlconf(path("any/", include(Links.get_urls())), prefix="")
    with far_away(**{"a.tif": (folder / "a.tif").read_bytes()}) as far:
        settings.TILEWRIGHT = {"remote_hosts": far.allowed, "remote_allow_private": True}
        for below in ("", "/info.json", "/full/max/0/default.jpg"):
            refused = client.get(f"/any/iiif/3{below}", {"url": far.url("/a.tif")})
            assert refused.status_code == 404
            assert "the query names" in refused.json()["detail"]
        conf.edge().engine.close()


def test_planes_count_over_all_axes(ask, stack):
    look = "band=1&min=0&max=4000"
    for frame in range(5):
        found = shown(ask(stack, f"/full/10,/0/default.png?frame={frame}&{look}"))
        assert np.abs(found.astype(int) - frame * 1000 / 4000 * 255).max() <= 1
    assert ask(stack, f"/full/10,/0/default.png?frame=5&{look}").status_code == 404


def test_a_stored_look_that_turns_the_image_does_not_turn_what_is_described(ask, scan):
    Scan.objects.update(look=";orientation=90")
    assert opened(ask(scan, "/full/max/0/default.png")).size == (900, 700)
    assert opened(ask(scan, "/full/max/90/default.png")).size == (700, 900)


def test_a_stored_look_that_does_not_fit_is_left_out(ask, scan, pixels):
    Scan.objects.update(look="7|dtype~dtype|#ffffff")
    np.testing.assert_array_equal(shown(ask(scan, "/full/max/0/default.png")), pixels)
    assert opened(ask(scan, "/full/max/0/gray.png")).mode == "L"


def test_any_key_may_be_the_identifier(client, scan):
    Scan.objects.update(name="ark:/12 é")
    info = client.get("/by-name/3/ark:%2F12%20%C3%A9/info.json")
    # A slash in an identifier cannot be told from one of the path: it is decoded before Django.
    assert info.status_code == 404
    Scan.objects.update(name="a b:é[1]%")
    info = client.get("/by-name/3/a%20b:%C3%A9%5B1%5D%25/info.json")
    assert info.status_code == 200
    assert info.json()["id"] == "http://testserver/by-name/3/a%20b:%C3%A9%5B1%5D%25"


def test_the_largest_answer_is_that_of_the_settings(ask, scan, settings):
    settings.TILEWRIGHT = {"limits": {"output_side": 500, "output_pixels": 100_000}}
    told = ask(scan, "/info.json").json()
    assert (told["maxWidth"], told["maxHeight"], told["maxArea"]) == (500, 500, 100_000)
    size = opened(ask(scan, "/full/max/0/default.jpg")).size
    assert size == (358, 278)
    for below in ("/full/501,/0/default.jpg", "/full/400,300/0/default.jpg"):
        refused = ask(scan, below)
        assert (refused.status_code, refused.json()["parameter"]) == (400, "size")
    assert ask(scan, "/full/full/0/default.jpg", version=2).status_code == 400
    # A turned picture is larger than what it is made of.
    assert ask(scan, "/full/max/45/default.png").status_code == 413
    conf.edge().engine.close()
