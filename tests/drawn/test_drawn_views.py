import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.test import Client, RequestFactory, override_settings
from PIL import Image

from tests.drawn import charts
from tests.patience import until
from tilewright.drawn.parameters import Integer
from tilewright.drawn.views import DrawnImageView
from tilewright.errors import ConfigurationError

pytestmark = [pytest.mark.urls("tests.drawn.chart_urls"), pytest.mark.usefixtures("drawn")]


def opened(response):
    assert response.status_code == 200, response.content
    assert int(response["Content-Length"]) == len(response.content)
    return Image.open(io.BytesIO(response.content))


@pytest.mark.parametrize(
    ("path", "size", "format"),
    [
        ("/ellipse", (1024, 768), "PNG"),
        ("/ellipse?width=30&height=20", (30, 20), "PNG"),
        ("/ellipse.jpg?width=30&height=20", (30, 20), "JPEG"),
        ("/ellipse.webp?width=30&height=20&quality=20", (30, 20), "WEBP"),
        ("/ellipse?width=30&height=20&format=jpg", (30, 20), "JPEG"),
        ("/ellipse?width=30&height=20&unknown=1&_=2", (30, 20), "PNG"),
        ("/wide/12/ellipse.png?height=3", (12, 3), "PNG"),
        ("/badge?label=a", (40, 20), "WEBP"),
        ("/badge?label=a&dpr=2.5&rev=1", (100, 50), "WEBP"),
        ("/stores/7/sales.png", (10, 1), "PNG"),
    ],
)
def test_a_picture_comes_in_the_asked_size_and_format(client, path, size, format):
    image = opened(client.get(path))
    assert (image.size, image.format) == (size, format)


def test_the_alpha_of_a_colour_is_in_the_png(client):
    image = opened(client.get("/ellipse.png?width=9&height=9&fill=00ff0080"))
    assert image.getpixel((4, 4)) == (0, 255, 0, 128)
    assert image.getpixel((0, 0))[3] == 0


@pytest.mark.parametrize(
    ("accept", "format"),
    [
        ("image/avif,image/webp,*/*;q=0.8", "WEBP"),
        ("image/jpeg", "JPEG"),
        ("text/html", "WEBP"),
        ("image/png;q=0.9,image/*;q=0.1", "PNG"),
    ],
)
def test_accept_chooses_with_vary(client, accept, format):
    response = client.get("/badge?label=a", headers={"accept": accept})
    assert opened(response).format == format
    assert response["Vary"] == "Accept"
    named = client.get("/badge?label=a&format=png", headers={"accept": accept})
    assert opened(named).format == "PNG"
    assert "Vary" not in named


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/ellipse?width=0", "width"),
        ("/ellipse?width=-5", "width"),
        ("/ellipse?width=1000000000", "width"),
        ("/ellipse?width=1e3", "width"),
        ("/ellipse?width=%C2%BD", "width"),
        ("/ellipse?width=", "width"),
        ("/ellipse?width=5&width=5", "width"),
        ("/ellipse?width=%FF", "width"),
        ("/ellipse?fill=nocolour", "fill"),
        ("/ellipse?format=gif", "format"),
        ("/ellipse.exe", "format"),
        ("/ellipse.png?format=png", "format"),
        ("/ellipse?quality=0", "quality"),
        ("/ellipse?download=..%2Fx", "download"),
        ("/wide/0/ellipse.png", "width"),
        ("/wide/5/ellipse.png?width=5", "width"),
        ("/badge", "label"),
        ("/badge?label=a&dpr=4", "dpr"),
        ("/badge?label=a&dpr=nan", "dpr"),
        ("/badge?label=a&labell=b", "labell"),
        ("/badge?label=%00", "label"),
        ("/everything?scale=nan", "scale"),
        ("/everything?scale=inf", "scale"),
        ("/everything?values=1,,2", "values"),
        ("/everything?values=1,NaN", "values"),
        ("/everything?day=2023-02-29", "day"),
        ("/everything?grid=maybe", "grid"),
        ("/everything?kind=pie", "kind"),
        ("/stores/101/sales.png", "store"),
    ],
)
def test_bad_values_are_refused_by_name_before_anything_is_drawn(client, path, parameter):
    response = client.get(path)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["parameter"] == parameter
    assert problem["allowed"]
    assert not charts.drawn


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/ellipse?width=8192&height=8192", 413),
        ("/ellipse.webp?width=8192&height=1&format", 400),
        ("/stores/13/sales.png", 403),
        ("/nothing", 404),
    ],
)
def test_other_refusals(client, path, status):
    assert client.get(path).status_code == status
    assert not charts.drawn


def test_dpr_and_frames_count_against_the_limit():
    class Film(DrawnImageView):
        parameters = tuple(Integer(n, default=100, low=1) for n in ("width", "height", "frames"))
        max_dpr = 4
        max_pixels = 1_000_000

        def draw(self, width, height, frames, dpr):
            raise AssertionError

    view = Film.as_view()
    for query in ("frames=101", "dpr=1.1", "dpr=2&frames=26", "width=10001"):
        response = view(RequestFactory().get(f"/?{query}"))
        assert response.status_code == 413, query


def test_a_304_and_a_head_draw_nothing(client):
    path = "/versioned?width=30&height=20"
    head = client.head(path)
    assert head.status_code == 200
    assert head["Content-Type"] == "image/png"
    assert "Content-Length" not in head
    known = client.get(path, headers={"if-none-match": f'"other", W/{head["ETag"]}'})
    assert (known.status_code, known.content) == (304, b"")
    assert known["ETag"] == head["ETag"]
    assert known["Last-Modified"] == "Wed, 01 May 2024 12:00:00 GMT"
    assert known["Vary"] == "Accept"
    assert "Content-Type" not in known
    assert not charts.drawn
    got = client.get(path)
    assert {name: got[name] for name in ("ETag", "Cache-Control", "Vary")} == {
        name: head[name] for name in ("ETag", "Cache-Control", "Vary")
    }
    assert charts.drawn["Versioned"] == 1


@pytest.mark.parametrize(("store", "status"), [(1, None), (13, 403), (101, 400)])
@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_what_is_refused_is_known_to_nobody(client, store, status, suffix):
    path = f"/stores/{store}/sales.{suffix}"
    any_tag = {"if-none-match": "*"}
    later = {"if-modified-since": "Wed, 01 May 2024 12:00:00 GMT"}
    assert client.get(f"/dated{path}", headers=later).status_code == (status or 304)
    assert client.get(path, headers=any_tag).status_code == (status or 304)
    assert client.head(path).status_code == (status or 200)
    assert client.head(path, headers=any_tag).status_code == (status or 304)
    assert not charts.drawn


def test_middleware_of_django_keeps_the_manners(client, settings):
    settings.MIDDLEWARE = [
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.http.ConditionalGetMiddleware",
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
    ]
    zipped = {"accept-encoding": "gzip"}
    for headers in ({}, zipped):
        head = client.head("/versioned?width=30&height=20", headers=headers)
        assert (head.status_code, b"".join(head)) == (200, b"")
        assert "Content-Length" not in head
    assert not charts.drawn
    got = client.get("/versioned?width=30&height=20", headers=zipped)
    known = {**zipped, "if-none-match": got["ETag"]}
    assert client.get("/versioned?width=30&height=20", headers=known).status_code == 304
    assert charts.drawn["Versioned"] == 1


def test_a_date_is_enough_unless_there_is_a_tag(client):
    since = {"if-modified-since": "Wed, 01 May 2024 12:00:00 GMT"}
    before = {"if-modified-since": "Wed, 01 May 2024 11:59:59 GMT"}
    assert client.get("/versioned", headers=since).status_code == 304
    assert client.get("/versioned", headers=before).status_code == 200
    both = client.get("/versioned", headers={**since, "if-none-match": '"other"'})
    assert both.status_code == 200
    assert client.get("/versioned", headers={"if-modified-since": "yesterday"}).status_code == 200


def test_the_tag_follows_what_is_drawn(client, monkeypatch):
    def tag(path, **headers):
        return client.head(path, headers=headers)["ETag"]

    first = tag("/versioned")
    assert tag("/versioned?height=768&width=1024&fill=f008") != first  # 88 is not 80
    assert tag("/versioned?fill=FF000080&width=1024") == first
    assert tag("/versioned?format=png") == first
    assert tag("/versioned?quality=5") == first  # a PNG has none
    others = {
        tag("/versioned?width=1025"),
        tag("/versioned?format=webp"),
        tag("/versioned?format=webp&quality=5"),
        tag("/ellipse"),
        tag("/stores/1/sales.png"),
        tag("/stores/2/sales.png"),
    }
    monkeypatch.setattr(charts.Versioned, "current", "2")
    others.add(tag("/versioned"))
    monkeypatch.setattr(charts.Versioned, "changed", datetime(2025, 1, 1, tzinfo=UTC))
    others.add(tag("/versioned"))
    assert len(others | {first}) == 9


def test_a_download_has_a_name_with_its_suffix(client):
    response = client.get("/ellipse.png?width=3&height=3&download=my%20chart")
    assert response["Content-Disposition"] == 'attachment; filename="my chart.png"'


def test_svg_may_run_nothing(client):
    response = client.get("/chart?title=<script>")
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_other_methods_are_problems(client, method):
    response = getattr(Client(enforce_csrf_checks=True), method)("/ellipse")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, OPTIONS"
    assert response.json()["status"] == 405


@pytest.mark.parametrize("path", ["/together", "/unlimited"])
def test_simultaneous_asks_for_the_same_are_drawn_once(path, joined):
    def ask(number):
        return Client().get(f"{path}?n={number // 5}").status_code

    with ThreadPoolExecutor(6) as pool:
        asked = pool.map(ask, range(6))
        until(lambda: len(joined) == 6)
        charts.release.set()
        assert set(asked) == {200}
    assert charts.drawn["Together"] == 2


@override_settings(
    TILEWRIGHT={"cache": "default", "cache_min_ms": 0},
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
)
def test_a_kept_picture_is_drawn_once(client):
    bodies = {client.get("/kept?width=20&height=20").content for _ in range(3)}
    assert len(bodies) == 1
    assert charts.drawn["Versioned"] == 1
    again = client.get("/kept?width=20&height=20")
    assert again["Last-Modified"]
    client.get("/versioned?width=20&height=20")
    assert charts.drawn["Versioned"] == 2


def test_a_picture_without_http():
    encoded = charts.Badge.picture(label="abc", format="png", dpr=2)
    assert (encoded.media_type, encoded.size.width, encoded.size.height) == ("image/png", 80, 40)


@pytest.mark.parametrize(
    "attributes",
    [
        {"parameters": (Integer("format", default=1),)},
        {"parameters": (Integer("a", default=1), Integer("a", default=2))},
        {"parameters": (Integer("b", default=1),)},
    ],
    ids=["taken", "twice", "not taken by draw"],
)
def test_a_wrong_declaration_fails_when_the_class_is_made(attributes):
    with pytest.raises(ConfigurationError):
        type("Wrong", (DrawnImageView,), {"draw": lambda self, a=0: None, **attributes})
