"""What a hostile client, or a careless `draw`, could do, each found by a reader of the code."""

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory
from django.urls import path

from tests.drawn import charts
from tests.patience import LONG_S, until
from tilewright.drawn.answering import validator
from tilewright.drawn.asking import Asked
from tilewright.drawn.parameters import Number, Text
from tilewright.drawn.views import DrawnImageView
from tilewright.errors import DrawError, ParameterError
from tilewright.geometry import Size, Window
from tilewright.image import Band, Plane, Source
from tilewright.readers import NoChunkStore
from tilewright.readers.drawn import DrawnReader, drawn_info


class Panic(BaseException):
    """Such as libraries in Rust raise."""


def shade(number, **attributes):
    """Return a view made by a function: all such have one name."""

    class Shade(DrawnImageView):
        def draw(self):
            return np.full((1, 1), number, np.uint8)

    return type("Shade", (Shade,), attributes)


class Title(DrawnImageView):
    parameters = (Text("title", max_length=20),)

    def draw(self, title):
        return np.full((1, len(title)), 0, np.uint8)


urlpatterns = [
    path("one", shade(10, keep=True).as_view()),
    path("two", shade(20, keep=True).as_view()),
    path("title", Title.as_view()),
]


@pytest.mark.urls(__name__)
def test_views_made_by_one_function_have_pictures_of_their_own(client, settings):
    settings.TILEWRIGHT = {"cache": "default", "cache_min_ms": 0}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    answers = [client.get(each, headers={"accept": "image/png"}) for each in ("/one", "/two")]
    assert answers[0]["ETag"] != answers[1]["ETag"]
    assert answers[0].content != answers[1].content


def test_views_made_by_one_function_do_not_share_a_drawing():
    both = threading.Barrier(2)

    def together(number):
        def draw(self):
            both.wait(20)
            return np.full((1, 1), number, np.uint8)

        return type("Together", (DrawnImageView,), {"draw": draw, "time_limit_s": LONG_S})

    with ThreadPoolExecutor(2) as pool:
        views = [together(number).as_view() for number in (1, 2)]
        asked = [pool.submit(view, RequestFactory().get("/")) for view in views]
        assert asked[0].result().content != asked[1].result().content


@pytest.mark.urls("tests.drawn.chart_urls")
@pytest.mark.parametrize("error", [Panic, KeyboardInterrupt, GeneratorExit, SystemExit])
def test_whatever_a_draw_raises_the_worker_lives_on(client, error, monkeypatch, drawn):
    def fails(self, **_):
        raise error("secret")

    monkeypatch.setattr(charts.Ellipse, "draw", fails)
    response = client.get("/ellipse")
    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert b"secret" not in response.content


@pytest.mark.parametrize("error", [Panic, SystemExit])
def test_whatever_an_image_s_function_raises_is_told(error):
    def fails(window, level, plane):
        raise error("secret")

    with pytest.raises(DrawError):
        _reader(fails).read(0, Window(0, 0, 8, 8), bands=[0], plane=Plane())


def test_what_is_masked_is_not_shown():
    def masked(window, level, plane):
        return np.ma.masked_all((window.height, window.width), np.uint8)

    with pytest.raises(DrawError):
        _reader(masked).read(0, Window(0, 0, 8, 8), bands=[0], plane=Plane())


@pytest.mark.parametrize("header", ["cookie", "authorization"])
def test_who_is_known_by_a_header_alone_has_a_picture_of_their_own(header):
    view = shade(1, per_user=True).as_view()
    tags = {view(RequestFactory().get("/", headers={header: f"who={who}"}))["ETag"] for who in "ab"}
    assert len(tags) == 2


@pytest.mark.parametrize(("error", "status"), [(Http404, 404), (PermissionDenied, 403)])
def test_a_refusal_of_django_may_be_a_small_picture_too(error, status):
    def prepare(self):
        raise error

    view = shade(1, prepare=prepare, error_picture=True).as_view()
    response = view(RequestFactory().get("/"))
    assert (response.status_code, response["Content-Type"]) == (status, "image/png")


def _reader(draw):
    info = drawn_info(Size(64, 64), bands=[Band()], dtype="uint8")
    return DrawnReader(Source("drawn://x", "1"), info, draw, NoChunkStore())


def _asked(expires=None):
    return Asked({}, "png", False, None, 1.0, "", None, expires, None)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("public, max-age=600", "private, max-age=600"),
        ("max-age=600", "private, max-age=600"),
        ("Public, s-maxage=900, max-age=60", "private, max-age=60"),
        ("no-cache", "private, no-cache"),
        ("no-store", "no-store"),
        ("private, max-age=5", "private, max-age=5"),
    ],
)
def test_what_is_a_user_s_own_is_kept_by_no_shared_cache(given, sent):
    assert validator(_asked(), '"x"', given, per_user=True).cache_control == sent


def test_no_cache_outlives_a_signature(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    given = "public, max-age=60, s-maxage=86400, stale-while-revalidate=900, stale-if-error=9"
    sent = validator(_asked(expires=1010), '"x"', given, per_user=False).cache_control
    assert sent == "public, max-age=10, s-maxage=10"


@pytest.mark.parametrize("text", ["1e400", "-1e400"])
def test_no_number_is_infinite_where_the_bounds_are(text):
    number = Number("x", default=0.0, low=-float("inf"), high=float("inf"))
    with pytest.raises(ParameterError):
        number.value(text)
    json.dumps(number.schema, allow_nan=False)


def test_a_text_that_grows_in_its_composed_form_is_bounded():
    text = Text("t", max_length=20)
    with pytest.raises(ParameterError):
        text.value("\N{HEBREW LETTER SHIN WITH DAGESH AND SHIN DOT}" * 20)
    composed = text.value("\N{HEBREW LETTER SHIN WITH DAGESH AND SHIN DOT}" * 6)
    assert text.value(text.write(composed)) == composed


@pytest.mark.urls(__name__)
def test_a_query_of_raw_bytes_is_utf_8(client):
    named, raw = client.get("/title?title=%C3%A9"), client.get("/title", QUERY_STRING="title=Ã©")
    assert raw.status_code == 200
    assert raw["ETag"] == named["ETag"]


def test_many_comments_before_an_svg_take_no_time():
    # Parted in all the ways there are, so many would take for ever; and no thread could stop it.
    code = """
from tilewright.drawn import outputs
from tilewright.errors import DrawError
given = {"quality": None, "dpr": 1, "max_pixels": 1, "encoder": lambda _: None}
try:
    outputs.encoded("<!---->" * 260 + "x", "svg", **given)
except DrawError:
    print("refused")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=LONG_S, check=False
    )
    assert done.stdout == b"refused\n", done.stderr


def ended(process):
    """Tell whether a process is gone, or waits for nothing but to be buried."""
    try:
        return Path("/proc", process, "stat").read_text().split()[2] == "Z"
    except OSError:
        return True


@pytest.mark.slow
@pytest.mark.urls("tests.drawn.chart_urls")
@pytest.mark.usefixtures("processes")
def test_what_an_isolated_drawing_starts_ends_with_it(client, tmp_path):
    told = tmp_path / "pid"
    told.touch()

    def late():
        assert client.get(f"/forking-2s?how=child&file={told}").status_code == 503
        return told.read_text()  # unless there was no time to start one

    child = until(late)
    until(lambda: ended(child))


@pytest.mark.slow
@pytest.mark.urls("tests.drawn.chart_urls")
@pytest.mark.usefixtures("processes")
def test_a_drawing_that_forks_answers_once(client):
    forked = client.get("/forking?how=twice&shade=1")
    assert client.get("/forking?how=print&shade=2").content != forked.content
    assert client.get("/forking?how=quit").status_code == 500
