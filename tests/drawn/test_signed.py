import time
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.urls import NoReverseMatch, set_script_prefix

from tests.drawn import charts
from tilewright.drawn.links import image_url
from tilewright.errors import ParameterError

pytestmark = [pytest.mark.urls("tests.drawn.chart_urls"), pytest.mark.usefixtures("drawn")]


def changed(url, **values):
    """Return an address with some fields of its query set, or, for None, left out."""
    parts = urlsplit(url)
    fields = {**dict(parse_qsl(parts.query)), **values}
    query = urlencode({name: each for name, each in fields.items() if each is not None})
    return f"{parts.path}?{query}"


SIGNED = {"width": 20, "height": 10, "fill": "red", "format": "webp", "quality": 50}


def test_a_signed_address_works_in_any_order_with_what_is_ignored(client):
    url = image_url("signed", **SIGNED)
    assert client.get(url).status_code == 200
    path, _, query = url.partition("?")
    mixed = "&".join(reversed(query.split("&")))
    assert client.get(f"{path}?utm_source=x&{mixed}&_=5").status_code == 200
    spelled = changed(url, fill="#FF0000")
    assert client.get(spelled).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"width": "21"},
        {"width": None},
        {"width": "nonsense"},
        {"width": "100000"},
        {"format": "png"},
        {"format": None},
        {"quality": "51"},
        {"download": "x"},
        {"fill": "blue"},
        {"expires": "9999999999"},
        {"signature": None},
        {"signature": ""},
        {"signature": "A" * 43},
        {"signature": "ü"},
        {"signature": "x" * 1000},
    ],
    ids=str,
)
def test_a_changed_or_missing_signature_is_refused_and_draws_nothing(client, change):
    response = client.get(changed(image_url("signed", **SIGNED), **change))
    assert response.status_code == 403
    assert response["Content-Type"] == "application/problem+json"
    assert not charts.drawn


def test_a_known_tag_does_not_help_without_a_signature(client):
    tag = client.get(image_url("signed"))["ETag"]
    assert client.get("/signed", headers={"if-none-match": tag}).status_code == 403
    assert client.head("/signed").status_code == 403


def test_a_signature_is_good_for_its_path_and_view_alone(client):
    store = image_url("signed-store", store=7, format="png")
    assert client.get(store).status_code == 200
    assert client.get(store.replace("/7.", "/8.")).status_code == 403
    assert client.get(store.replace(".png", ".webp")).status_code == 403
    query = urlsplit(image_url("signed")).query
    assert client.get(f"{store.partition('?')[0]}?{query}").status_code == 403


def test_it_expires(client, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    url = image_url("signed", valid_s=80)
    expires = int(dict(parse_qsl(urlsplit(url).query))["expires"])
    assert 70 <= expires - now <= 81
    response = client.get(url)
    assert response.status_code == 200
    age = int(response["Cache-Control"].partition("max-age=")[2])
    assert age == int(expires - now)  # and no cache shows it for longer
    assert client.get(changed(url, expires=str(expires + 1))).status_code == 403
    assert client.get(changed(url, expires=None)).status_code == 403
    charts.drawn.clear()
    monkeypatch.setattr(time, "time", lambda: expires + 0.1)
    response = client.get(url)
    assert (response.status_code, response.json()["detail"]) == (403, "the address has expired")
    assert not charts.drawn


def test_the_secret_key_can_be_changed(client, settings):
    url = image_url("signed", **SIGNED)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    assert client.get(url).status_code == 403
    settings.SECRET_KEY_FALLBACKS = [old]
    assert client.get(url).status_code == 200
    assert image_url("signed", **SIGNED) != url


def test_the_setting_speaks_for_views_that_say_nothing(client, settings):
    settings.TILEWRIGHT = {"drawn_signed": True}
    assert client.get("/ellipse?width=2").status_code == 403
    assert client.get(image_url("ellipse", width=2, height=2)).status_code == 200
    settings.TILEWRIGHT = {}
    assert client.get("/ellipse?width=2&height=2").status_code == 200


def test_a_project_below_a_prefix(client):
    set_script_prefix("/mount/")
    try:
        url = image_url("signed-store", store=7, format="png", width=5)
    finally:
        set_script_prefix("/")
    assert url.startswith("/mount/signed/7.png?width=5&signature=")
    assert client.get(url.removeprefix("/mount")).status_code == 200
    assert client.get(url.removeprefix("/mount"), SCRIPT_NAME="/mount").status_code == 200


@pytest.mark.parametrize(
    ("name", "values", "url"),
    [
        ("ellipse", {}, "/ellipse"),
        ("ellipse", {"width": 5, "fill": "red"}, "/ellipse?width=5&fill=ff0000"),
        ("ellipse", {"width": "5", "format": "jpg"}, "/ellipse.jpg?width=5"),
        ("wide", {"width": 5, "format": "png", "height": 2}, "/wide/5/ellipse.png?height=2"),
        ("sales", {"store": 7, "format": "png", "width": 20}, "/stores/7/sales.png?width=20"),
        ("ellipse", {"width": 5, "format": None, "download": None}, "/ellipse?width=5"),
        ("badge", {"label": "a&b c", "dpr": 2}, "/badge?label=a%26b+c&dpr=2"),
        ("shop:badge", {"label": "a"}, "/spaced/badge?label=a"),
        ("corner:badge", {"label": "a"}, "/spaced/badge?label=a"),
        ("everything", {"values": [1, 2.5], "grid": True}, "/everything?grid=true&values=1%2C2.5"),
    ],
)
def test_addresses_come_from_the_declaration(client, name, values, url):
    assert image_url(name, **values) == url
    assert client.get(url).status_code == 200


@pytest.mark.parametrize(
    ("name", "values", "error"),
    [
        ("nothing", {}, NoReverseMatch),
        ("sales", {"format": "png"}, NoReverseMatch),
        ("scan-list", {}, NoReverseMatch),
        ("badge", {}, ParameterError),
        ("ellipse", {"width": 0}, ParameterError),
        ("ellipse", {"width": None}, ParameterError),
        ("everything", {"title": None}, ParameterError),
        ("everything", {"grid": None}, ParameterError),
        ("everything", {"title": b"bytes"}, ParameterError),
        ("everything", {"values": b"bytes"}, ParameterError),
        ("ellipse", {"widht": 5}, ParameterError),
        ("everything", {"scale": float("nan")}, ParameterError),
    ],
)
def test_wrong_addresses_are_not_made(name, values, error):
    with pytest.raises(error):
        image_url(name, **values)


@pytest.mark.parametrize("valid_s", [0, -5, 0.5, float("nan"), float("inf"), 1e300])
def test_times_that_no_address_is_valid(valid_s):
    with pytest.raises(ParameterError, match="valid_s must be 1 to"):
        image_url("signed", valid_s=valid_s)
