import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import InMemoryStorage
from django.test import Client
from django.urls import reverse
from rest_framework import permissions
from rest_framework.authentication import SessionAuthentication

from tests.django.test_views import SQUARE
from tests.testapp.models import Scan
from tests.testapp.views import ScanViewSet
from tilewright.stretch import Stretch
from tilewright.style import Channel, Style

PICTURES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "jfif": "image/jpeg",
    "mpo": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "tiled": "image/tiff",
    "bmp": "image/bmp",
    "dib": "image/bmp",
    "jp2": "image/jp2",
    "jpeg2000": "image/jp2",
    "pcx": "image/x-pcx",
    "ppm": "image/x-portable-anymap",
    "sgi": "image/sgi",
    "tga": "image/x-tga",
}
ROUTES = (
    "info/metadata",
    "tiles/metadata",
    "tiles/1/0/0.png",
    "data/thumbnail.jpg",
    "data/thumbnail",
    "data/region.npy?left=0&top=0&right=20&bottom=10",
    "data/region?width=50",
    "data/pixel?left=1&top=2",
    "data/histogram?bins=4",
    "data/statistics",
    "data/profile?points=0,0;9,9",
    "info/bands",
    "info/band",
    "info/frames",
)


@pytest.fixture
def get(client, scan):
    """Ask for a path below the scan."""

    def ask(path, number=None, **headers):
        return client.get(f"/api/scans/{number or scan.pk}/{path}", headers=headers)

    return ask


def problem(response, status):
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response["Content-Length"] == str(len(response.content))
    document = json.loads(response.content)
    assert document["status"] == status
    return document


@pytest.mark.parametrize(("suffix", "media_type"), PICTURES.items())
def test_a_tile_in_every_format(get, pixels, picture_of, suffix, media_type):
    response = get(f"tiles/2/1/1.{suffix}")
    assert response.status_code == 200
    assert response["Content-Type"] == media_type
    assert response["Content-Length"] == str(len(response.content))
    shown = picture_of(response)[..., :3]
    expected = pixels[256:512, 256:512]
    assert shown.shape == expected.shape
    if suffix in {"png", "tif", "tiff"}:
        assert np.array_equal(shown, expected)
    else:
        assert np.abs(shown[64:192, 64:192].astype(int) - expected[64:192, 64:192]).mean() < 12


def test_a_tile_past_the_edge_of_the_image_is_padded(get, pixels, picture_of):
    shown = picture_of(get("tiles/2/3/2.png"))
    assert shown.shape == (256, 256, 4)
    assert np.array_equal(shown[: 700 - 512, : 900 - 768, :3], pixels[512:, 768:])
    assert shown[700 - 512 :, :, 3].max() == 0


def test_the_thumbnail_fits_its_frame(get, picture_of):
    assert picture_of(get("data/thumbnail.png")).shape[:2] == (199, 256)
    assert picture_of(get("data/thumbnail.png?max_width=90")).shape[:2] == (70, 90)
    assert picture_of(get("data/thumbnail.png?height=7&width=300")).shape[:2] == (7, 9)


def test_a_region_has_the_place_and_the_size_that_were_asked(get, pixels, picture_of):
    edges = "left=100&top=50&right=300&bottom=150"
    assert np.array_equal(picture_of(get(f"data/region.png?{edges}")), pixels[50:150, 100:300])
    half = picture_of(get(f"data/region.png?{edges}&width=100"))
    assert half.shape == (50, 100, 3)
    assert abs(int(half[10, 10, 1]) - 70) <= 1


def test_a_region_of_numbers_keeps_bands_and_type(get, pixels):
    response = get("data/region.npy?left=100&top=50&right=300&bottom=150")
    data = np.load(io.BytesIO(response.content))
    assert (data.shape, data.dtype) == ((3, 100, 200), np.uint8)
    assert np.array_equal(data, pixels[50:150, 100:300].transpose(2, 0, 1))


def test_a_pixel_is_measured(get, pixels):
    expected = pixels[300, 500].tolist()
    assert get("data/pixel?left=500&top=300").json() == {
        "value": expected,
        "bands": {"1": expected[0], "2": expected[1], "3": expected[2]},
        "r": expected[0],
        "g": expected[1],
        "b": expected[2],
    }


def test_metadata_and_tiles_metadata_agree(get):
    info = get("info/metadata").json()
    assert (info["sizeX"], info["sizeY"], info["levels"]) == (900, 700, 3)
    assert get("tiles/metadata").json()["additional_metadata"] == info


def test_planes_are_reached_by_the_names_of_their_axes(get, stack):
    for z in range(5):
        values = get(f"data/pixel?left=5&top=5&z={z}", stack.pk).json()["value"]
        assert values == [z * 1000]
    tile = np.load(io.BytesIO(get("tiles/0/0/0.npy?z=3", stack.pk).content))
    assert tile[0, 5, 5] == 3000
    problem(get("tiles/0/0/0.png?z=5", stack.pk), 404)
    problem(get("tiles/0/0/0.png?t=1", stack.pk), 404)


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("tiles/a/0/0.png", "z"),
        ("tiles/0/1e1/0.png", "x"),
        ("tiles/0/0/0.0.png", "y"),
        ("tiles/0/0/0.heic", "fmt"),
        ("tiles/0/0/0.py", "fmt"),
        ("tiles/0/0/0.jpg?quality=0", "quality"),
        ("tiles/0/0/0.jpg?quality=101", "quality"),
        ("tiles/0/0/0.jpg?quality=high", "quality"),
        ("tiles/0/0/0.jpg?quality=", "quality"),
        ("tiles/0/0/0.jpg?subsampling=4:1:1", "subsampling"),
        ("tiles/0/0/0.webp?lossless=maybe", "lossless"),
        ("tiles/0/0/0.jpg?background=red", "background"),
        ("tiles/0/0/0.jpg?z=-1", "z"),
        ("tiles/0/0/0.jpg?t=1.5", "t"),
        ("tiles/0/0/0.jpg?frame=x", "frame"),
        ("tiles/0/0/0.jpg?qualtiy=50", "qualtiy"),
        ("data/thumbnail.jpg?max_width=abc", "max_width"),
        ("data/thumbnail.jpg?max_width=0", "max_width"),
        ("data/thumbnail.jpg?max_height=-5", "max_height"),
        ("data/thumbnail.jpg?maxWidth=5", "maxWidth"),
        ("data/thumbnail.exe", "fmt"),
        ("data/thumbnail?max_width=0", "max_width"),
        ("data/region.png?left=1", "top"),
        ("data/region.png?left=a&top=1&right=2&bottom=2", "left"),
        ("data/region.png?left=1&top=1&right=1&bottom=2", "right"),
        ("data/region.png?left=1&top=nan&right=1&bottom=2", "top"),
        ("data/region.png?left=1&top=1&right=inf&bottom=2", "right"),
        ("data/region.png?width=0", "width"),
        ("data/region.png?height=1.5", "height"),
        ("data/region.png?units=furlongs", "units"),
        ("data/region?units=EPSG:999999", "units"),
        ("data/pixel", "left"),
        ("data/pixel?left=1", "top"),
        ("data/pixel?left=1.5&top=1", "left"),
        ("data/pixel?left=1&top=", "top"),
    ],
)
def test_a_bad_parameter_is_named(get, path, parameter):
    document = problem(get(path), 400)
    assert document["parameter"] == parameter
    assert document["allowed"]


@pytest.mark.parametrize(
    "path",
    [
        "tiles/9/0/0.png",
        "tiles/-1/0/0.png",
        "tiles/0/1/0.png",
        "tiles/0/0/-1.png",
        "tiles/2/4/0.png",
        "tiles/2/0/3.png",
        "tiles/99999999999/0/0.png",
        "tiles/0/0/0.png?z=1",
        "data/thumbnail.png?t=1",
        "data/region.png?left=5000&top=0&right=6000&bottom=10",
        "data/region.png?left=-9&top=-9&right=-1&bottom=-1",
        "data/pixel?left=900&top=0",
        "data/pixel?left=0&top=700",
        "data/pixel?left=-1&top=0",
        "data/pixel?left=0&top=0&frame=2",
    ],
)
def test_what_lies_outside_is_not_found(get, path):
    assert problem(get(path), 404)["detail"]


@pytest.mark.parametrize("path", ["tiles/0/0/0xpng", "tiles/0/0/0", "data/other", "tiles/0/0.png"])
def test_there_are_no_other_routes(get, path):
    assert get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "limit", "asked"),
    [
        ("data/region.png?width=20000&height=10", "output_side", 20_000),
        ("data/region.png?width=16000&height=16000", "output_pixels", 256_000_000),
    ],
)
def test_too_much_is_refused_with_the_limit(get, path, limit, asked):
    document = problem(get(path), 413)
    assert document["limit"] == limit
    assert document["asked"] == asked
    assert document["allowed"] < asked


def test_limits_follow_the_setting(get, settings):
    assert get("tiles/0/0/0.png").status_code == 200
    settings.TILEWRIGHT = {"limits": {"output_side": 100}}
    assert problem(get("tiles/0/0/0.png"), 413)["allowed"] == 100


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("text.tif", b"this is no picture at all, whatever its name", 415),
        ("empty.png", b"", 415),
        ("torn.tif", b"II*\x00\x08\x00\x00\x00\x10\x00\x00\x01", 422),
        ("missing.tif", None, 404),
    ],
)
@pytest.mark.parametrize(
    "path", ["tiles/0/0/0.png", "info/metadata", "data/pixel?left=0&top=0", "data/thumbnail"]
)
def test_a_bad_file_is_told_apart_and_its_path_kept(get, name, content, status, path):
    folder = Path(django_settings.MEDIA_ROOT)
    if content is not None:
        (folder / name).write_bytes(content)
    bad = Scan.objects.create(name=name, file=name)
    response = get(path, bad.pk)
    assert problem(response, status)["detail"]
    assert str(folder).encode() not in response.content


def test_a_record_without_a_file_is_not_found(get):
    empty = Scan.objects.create(name="empty", file="")
    problem(get("tiles/0/0/0.png", empty.pk), 404)


def test_a_name_that_leaves_the_storage_is_not_found(get):
    sly = Scan.objects.create(name="sly", file="../../etc/hostname")
    problem(get("tiles/0/0/0.png", sly.pk), 404)


def test_a_file_that_its_storage_lacks_is_not_found(get, monkeypatch):
    monkeypatch.setattr(Scan._meta.get_field("file"), "storage", InMemoryStorage())
    problem(get("tiles/0/0/0.png"), 404)


@pytest.mark.parametrize("path", ROUTES)
def test_an_unknown_image_is_not_found(get, path):
    problem(get(path, 999_999), 404)


@pytest.mark.parametrize("path", [*ROUTES, "tiles/a/0/0.png", "data/pixel"])
def test_permissions_come_before_all_else(get, scan, path):
    Scan.objects.filter(pk=scan.pk).update(secret=True)
    problem(get(path, **{"if-none-match": "*"}), 403)


@pytest.mark.parametrize("path", ROUTES)
def test_a_known_tag_is_answered_before_any_byte_is_read(get, folder, settings, path):
    first = get(path)
    assert first.status_code == 200
    file = folder / "a.tif"
    state = file.stat()
    file.write_bytes(b"\0" * state.st_size)
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    settings.TILEWRIGHT = {}  # a new engine, which has nothing open
    for known in (first["ETag"], f"W/{first['ETag']}", f'"other", {first["ETag"]}'):
        spared = get(path, **{"if-none-match": known})
        assert spared.status_code == 304
        assert spared.content == b""
        assert spared["ETag"] == first["ETag"]
        assert spared["Cache-Control"] == first["Cache-Control"]
        assert spared.get("Vary") == first.get("Vary")
        assert "Content-Type" not in spared
    problem(get(path), 415)
    problem(get(path, **{"if-none-match": '"other"'}), 415)
    problem(get(path, **{"if-none-match": "*"}), 415)


@pytest.mark.parametrize("path", ROUTES)
def test_a_star_is_answered_when_there_is_something(get, path):
    assert get(path, **{"if-none-match": "*"}).status_code == 304


def test_a_star_does_not_make_a_tile(get):
    problem(get("tiles/0/5/5.png", **{"if-none-match": "*"}), 404)


def test_the_tag_follows_the_file_and_the_request(get, folder):
    base = get("tiles/0/0/0.png")["ETag"]
    assert get("tiles/0/0/0.png")["ETag"] == base
    assert get("tiles/0/0/0.png?_=1&rev=2&other=3&z=0")["ETag"] == base
    others = ["tiles/1/0/0.png", "tiles/0/0/0.jpg", "tiles/0/0/0.png?background=000000"]
    assert base not in {get(path)["ETag"] for path in others}
    os.utime(folder / "a.tif", ns=(1, 1))
    assert get("tiles/0/0/0.png")["ETag"] != base


def test_a_query_that_is_not_escaped_is_utf_8(client, scan):
    """As curl sends it."""
    raw = "download=\N{GREEK SMALL LETTER ALPHA}".encode().decode("latin-1")
    found = client.get(f"/api/scans/{scan.pk}/data/thumbnail.png", QUERY_STRING=raw)
    assert found["Content-Disposition"].endswith("''%CE%B1.png")


@pytest.mark.parametrize("suffix", [".msk", ".ovr"])
def test_what_is_put_beside_a_file_is_shown_at_once(get, folder, suffix):
    """As GDAL puts it there; else workers would give different pictures the same tag."""
    before = get("tiles/0/0/0.png")
    small = np.zeros((700, 900) if suffix == ".msk" else (175, 225, 3), np.uint8)
    tifffile.imwrite(folder / f"a.tif{suffix}", small, tile=(128, 128))
    after = get("tiles/0/0/0.png")
    assert (after["ETag"] != before["ETag"], after.content != before.content) == (True, True)


def test_a_replaced_file_is_shown_at_once(get, folder, pixels):
    before = get("data/pixel?left=0&top=0").json()
    _inverted(folder, pixels).replace(folder / "a.tif")
    after = get("data/pixel?left=0&top=0").json()
    assert [255 - value for value in after["value"]] == before["value"]


def _inverted(folder, pixels):
    path = folder / "b.tif"
    tifffile.imwrite(path, 255 - pixels, tile=(256, 256), photometric="rgb")
    return path


@pytest.mark.parametrize("path", [*ROUTES, "tiles/9/9/9.png", "tiles/0/0/0.xyz"])
def test_head_has_the_headers_of_get(client, scan, path):
    url = f"/api/scans/{scan.pk}/{path}"
    got, headed = client.get(url), client.head(url)
    assert headed.status_code == got.status_code
    assert headed.content == b""
    assert dict(headed.headers) == dict(got.headers)
    assert int(headed["Content-Length"]) == len(got.content) > 0


@pytest.mark.parametrize("path", ROUTES)
def test_neither_accept_nor_format_refuses_an_image(get, path):
    joint = "&" if "?" in path else "?"
    plain = get(path)
    for accept in ("application/json", "text/html", "nonsense", ""):
        response = get(path, accept=accept)
        assert response.status_code == 200
        if "Vary" not in response:
            assert response.content == plain.content
    assert get(f"{path}{joint}format=api").content == plain.content


def test_accept_chooses_only_where_the_path_does_not(get):
    wishes = {
        "image/webp": "image/webp",
        "image/png,*/*;q=0.1": "image/png",
        "image/gif,image/*;q=0.1": "image/jpeg",
    }
    for accept, media_type in wishes.items():
        for path in ("data/thumbnail", "data/region?width=40"):
            response = get(path, accept=accept)
            assert response["Content-Type"] == media_type
            assert response["Vary"] == "Accept"
        fixed = get("data/thumbnail.jpg", accept=accept)
        assert fixed["Content-Type"] == "image/jpeg"
        assert "Vary" not in fixed


def test_cache_control_follows_the_setting(get, settings):
    assert get("tiles/0/0/0.png")["Cache-Control"] == "private, max-age=3600"
    assert get("info/metadata")["Cache-Control"] == "private, no-cache"
    settings.TILEWRIGHT = {"cache_public": True, "cache_max_age_s": 60}
    assert get("tiles/0/0/0.png")["Cache-Control"] == "public, max-age=60"
    assert get("info/metadata")["Cache-Control"] == "public, no-cache"
    assert get("tiles/9/0/0.png")["Cache-Control"] == "no-store"


def test_other_methods_are_refused_with_a_problem(client, scan):
    response = client.post(f"/api/scans/{scan.pk}/tiles/0/0/0.png", {"a": 1})
    assert problem(response, 405)["title"] == "Method Not Allowed"
    assert "GET" in response["Allow"]


def test_options_still_answers(client, scan):
    assert client.options(f"/api/scans/{scan.pk}/tiles/0/0/0.png").status_code == 200


@pytest.mark.parametrize("below", ["data/zones", "data/feature.png", "tiles/0/0/0.png"])
def test_options_promise_no_serializers_fields(client, scan, below):
    told = client.options(f"/api/scans/{scan.pk}/{below}")
    assert (told.status_code, "actions" in told.json()) == (200, False)


class WithASession(SessionAuthentication):
    """Somebody who has logged in: the framework looks for a CSRF token then."""

    def authenticate(self, request):
        self.enforce_csrf(request)
        return User(username="somebody"), None


class ReadsData(permissions.BasePermission):
    def has_permission(self, request, view):
        return request.data == {}


@pytest.mark.parametrize(
    ("media_type", "token", "status"),
    [
        ("application/json", True, 200),
        ("application/geo+json", True, 200),
        ("application/x-www-form-urlencoded", True, 200),
        ("application/json", False, 403),
    ],
)
def test_whoever_has_a_session_may_post(earth, monkeypatch, media_type, token, status):
    monkeypatch.setattr(ScanViewSet, "authentication_classes", [WithASession])
    monkeypatch.setattr(ScanViewSet, "permission_classes", [ReadsData])
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32} if token else {}
    url = f"/api/scans/{earth.pk}/data/zones"
    response = client.post(url, SQUARE, content_type=media_type, headers=headers)
    assert response.status_code == status


def test_a_form_that_was_read_before_is_refused(client, earth, settings):
    settings.MIDDLEWARE = ["tests.django.test_rest.reads_forms"]
    response = client.post(f"/api/scans/{earth.pk}/data/zones", {"geometry": SQUARE})
    assert problem(response, 400)["parameter"] == "the body"


def reads_forms(get_response):
    """Do what many middlewares do."""

    def middleware(request):
        assert request.POST is not None
        return get_response(request)

    return middleware


def test_the_viewsets_own_routes_keep_the_frameworks_manners(client, scan):
    assert client.get(f"/api/scans/{scan.pk}").json() == {"id": scan.pk, "name": "a"}
    missing = client.get("/api/scans/999999")
    assert missing.status_code == 404
    assert missing["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("name", "kwargs", "path"),
    [
        ("metadata", {}, "info/metadata"),
        ("tiles-metadata", {}, "tiles/metadata"),
        ("tile", {"z": 1, "x": 0, "y": 0, "fmt": "png"}, "tiles/1/0/0.png"),
        ("thumbnail", {"fmt": "png"}, "data/thumbnail.png"),
        ("region", {"fmt": "png"}, "data/region.png"),
        ("pixel", {}, "data/pixel"),
    ],
)
def test_names_of_routes_and_both_routers(client, scan, name, kwargs, path):
    plain = reverse(f"slashed-{name}", kwargs={"pk": scan.pk, **kwargs})
    assert plain == f"/slashed/scans/{scan.pk}/{path}/"
    query = "?left=1&top=1" if name == "pixel" else ""
    assert client.get(plain + query).status_code == 200
    assert client.get(f"/nested/study-1/scans/{scan.pk}/{path}{query}").status_code == 200


def test_a_misnamed_field_is_the_projects_fault(client, scan):
    with pytest.raises(ImproperlyConfigured, match=r"MisnamedViewSet\.image_field"):
        client.get(f"/other/misnamed/{scan.pk}/tiles/0/0/0.png")


def test_a_project_can_say_what_to_open(client, scan, folder, pixels):
    url = f"/other/twins/{scan.pk}/data/pixel?left=0&top=0"
    problem(client.get(url), 404)
    _inverted(folder, pixels).replace(folder / "a.twin")
    assert client.get(url).json()["value"] == [255 - value for value in pixels[0, 0].tolist()]


def test_a_model_may_store_a_look_that_a_query_goes_before(client, scan, picture_of):
    url = f"/other/styled/{scan.pk}/tiles/2/0/0.png"
    plain = client.get(url)
    scan.look = Style((Channel(1, stretch=Stretch.of(0, 255), invert=True),)).text
    scan.save()
    stored = client.get(url)
    green = picture_of(plain)[..., 1]
    assert stored["ETag"] != plain["ETag"]
    assert np.array_equal(picture_of(stored), 255 - green)
    asked = client.get(url, {"band": 2, "min": 0, "max": 255})
    assert np.array_equal(picture_of(asked), green)


def test_a_stored_look_is_for_pictures_only(client, scan, pixels):
    scan.look = Style((Channel(1, stretch=Stretch.of(0, 255), invert=True),)).text
    scan.save()
    response = client.get(f"/other/styled/{scan.pk}/data/region.npy")
    assert np.array_equal(np.load(io.BytesIO(response.content)), np.moveaxis(pixels, -1, 0))


@pytest.mark.parametrize("look", ["nonsense", "9|0~255|#ffffff", "0|0~1|@no-such-colormap"])
def test_a_broken_stored_look_is_logged_and_left_out(
    client, scan, pixels, picture_of, caplog, look
):
    scan.look = look
    scan.save()
    response = client.get(f"/other/styled/{scan.pk}/tiles/2/0/0.png")
    assert response.status_code == 200
    assert np.array_equal(picture_of(response), pixels[:256, :256])
    assert "look" in caplog.text
    problem(client.get(f"/other/styled/{scan.pk}/tiles/9/0/0.png"), 404)
    problem(client.get(f"/other/styled/{scan.pk}/tiles/2/0/0.png?band=9"), 404)


def test_the_object_is_looked_up_once(client, scan, django_assert_num_queries):
    scan.look = Style((Channel(1, stretch=Stretch.of(0, 255)),)).text
    scan.save()
    with django_assert_num_queries(1):
        client.get(f"/other/styled/{scan.pk}/tiles/2/0/0.png")


DEGREES = "left=-90&right=-60&bottom=10&top=30"


@pytest.mark.parametrize(
    ("setting", "query", "meant"),
    [
        ("EPSG:4326", DEGREES, f"{DEGREES}&units=EPSG:4326"),
        ("EPSG:4326", f"{DEGREES}&units=pixels", f"{DEGREES}&units=pixels"),
        ("EPSG:4326", "", ""),
        ("pixels", "left=9&right=29&top=4&bottom=14", "left=9&right=29&top=4&bottom=14"),
    ],
)
def test_a_project_says_what_edges_count(client, earth, settings, setting, query, meant):
    path = f"/api/scans/{earth.pk}/data/region.npy?"
    expected = client.get(path + meant)
    assert expected.status_code == (200 if meant != f"{DEGREES}&units=pixels" else 404)
    settings.TILEWRIGHT = {"region_units": setting}
    found = client.get(path + query)
    assert found.content == expected.content


def test_an_image_that_lies_nowhere_has_pixels_whatever_edges_count(get, settings):
    path = "data/region.npy?left=9&right=29&top=4&bottom=14"
    expected = get(path).content
    settings.TILEWRIGHT = {"region_units": "EPSG:4326"}
    assert get(path).content == expected


def test_wrong_units_of_a_project_are_told(client, earth, settings):
    settings.TILEWRIGHT = {"region_units": "furlongs"}
    response = client.get(f"/api/scans/{earth.pk}/data/region.png?{DEGREES}")
    assert problem(response, 400)["parameter"] == "units"
