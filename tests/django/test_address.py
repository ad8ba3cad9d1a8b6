"""The address that links begin with, behind a proxy and without one."""

import pytest
from django.http import HttpRequest
from django.urls import set_script_prefix

from tilewright.django.maps.address import base_url, root_url

PLAIN = "http://testserver"


def request_of(path="/maps/wmts", **headers):
    request = HttpRequest()
    request.path = path
    request.META = {"SERVER_NAME": "testserver", "SERVER_PORT": "80"} | {
        f"HTTP_{name.upper()}": text for name, text in headers.items()
    }
    return request


@pytest.fixture
def trusting(settings):
    settings.TILEWRIGHT = {"trusted_proxy": True}


def test_headers_count_for_nothing_without_trust():
    request = request_of(
        x_forwarded_host="evil.example", x_forwarded_proto="https", forwarded="host=evil.example"
    )
    assert base_url(request) == PLAIN


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({}, PLAIN),
        ({"x_forwarded_proto": "https"}, "https://testserver"),
        ({"x_forwarded_proto": "HTTPS", "x_forwarded_host": "a.org:8443"}, "https://a.org:8443"),
        ({"x_forwarded_host": "faked.org, a.org"}, "http://a.org"),
        ({"x_forwarded_host": "[2001:db8::1]:80"}, "http://[2001:db8::1]:80"),
        ({"x_forwarded_prefix": "/tiles/v1/"}, f"{PLAIN}/tiles/v1"),
        ({"x_forwarded_prefix": "/"}, PLAIN),
        ({"forwarded": 'for=1.2.3.4;proto=https;host="a.org:444"'}, "https://a.org:444"),
        ({"forwarded": "host=faked.org, host=a.org;proto=https"}, "https://a.org"),
        ({"forwarded": "host=b.org", "x_forwarded_host": "a.org"}, "http://a.org"),
        ({"forwarded": "host=b.org", "x_forwarded_prefix": "/p"}, "http://b.org/p"),
        ({"x_forwarded_proto": "javascript"}, PLAIN),
        ({"x_forwarded_proto": "ftp"}, PLAIN),
        ({"x_forwarded_host": 'a.org"><script>'}, PLAIN),
        ({"x_forwarded_host": "a.org/path"}, PLAIN),
        ({"x_forwarded_host": "user@a.org"}, PLAIN),
        ({"x_forwarded_host": "a.org\r\nX: y"}, PLAIN),
        ({"x_forwarded_host": "a" * 300}, PLAIN),
        ({"x_forwarded_prefix": "//evil.example"}, PLAIN),
        ({"x_forwarded_prefix": "/../up"}, PLAIN),
        ({"x_forwarded_prefix": "/a b"}, PLAIN),
        ({"x_forwarded_prefix": "a"}, PLAIN),
        ({"forwarded": '=;;"host'}, PLAIN),
    ],
)
def test_a_trusted_proxy_is_followed_where_it_makes_sense(trusting, headers, wanted):
    assert base_url(request_of(**headers)) == wanted


def test_a_prefix_is_not_said_twice(trusting):
    set_script_prefix("/p/")
    try:
        assert base_url(request_of(x_forwarded_prefix="/p")) == PLAIN
    finally:
        set_script_prefix("/")


@pytest.mark.parametrize(
    ("path", "end", "wanted"),
    [
        ("/maps/wmts", "wmts", f"{PLAIN}/maps"),
        ("/wmts", "wmts", PLAIN),
        ("/a b/ü/wmts/1.0.0/x", "wmts/1.0.0/x", f"{PLAIN}/a%20b/%C3%BC"),
    ],
)
def test_a_face_finds_its_root(path, end, wanted):
    assert root_url(request_of(path), end) == wanted


def test_a_path_that_ends_otherwise_is_a_mistake():
    with pytest.raises(ValueError, match="does not end"):
        root_url(request_of("/maps/wmts"), "tms")
