import json

import pytest

from tilewright import errors
from tilewright.geometry import Size
from tilewright.image import Encoded
from tilewright.web import http

TAG = '"abc"'
VALIDATOR = http.Validator(TAG, "private, max-age=60")


@pytest.mark.parametrize(
    ("header", "matches"),
    [
        (None, False),
        ("", False),
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x", "abc"', True),
        ('"x",W/"abc" , "y"', True),
        ('"x", "y"', False),
        ("abc", False),
        ('"ABC"', False),
        ("*", False),
    ],
)
def test_if_none_match(header, matches):
    assert http.matches(header, TAG) is matches


@pytest.mark.parametrize(
    ("header", "matches"), [("*", True), (" * ", True), (None, False), ('"abc"', False)]
)
def test_a_star_stands_for_whatever_exists(header, matches):
    assert http.matches_any(header) is matches


def test_tags_differ_as_their_parts_do():
    tags = {http.etag("a", "b"), http.etag("ab"), http.etag("a", 1), http.etag("a", "1")}
    assert len(tags) == 4
    assert http.etag("a", 1) == http.etag("a", 1)
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)


def test_a_picture_and_its_304_agree():
    whole = http.picture(Encoded(b"12345", "image/png", Size(1, 1)), VALIDATOR)
    assert (whole.status, whole.body) == (200, b"12345")
    assert whole.headers == {
        "ETag": TAG,
        "Cache-Control": "private, max-age=60",
        "Content-Type": "image/png",
        "Content-Length": "5",
    }
    spared = http.not_modified(VALIDATOR)
    assert (spared.status, spared.body) == (304, b"")
    assert spared.headers == {"ETag": TAG, "Cache-Control": "private, max-age=60"}


def test_vary_is_said_only_where_something_was_negotiated():
    validator = http.Validator(TAG, "no-cache", "Accept")
    assert http.not_modified(validator).headers["Vary"] == "Accept"
    assert "Vary" not in http.not_modified(VALIDATOR).headers


def test_a_document_is_strict_json():
    assert http.document({"a": [1, None]}, VALIDATOR).body == b'{"a":[1,null]}'
    with pytest.raises(ValueError, match="JSON"):
        http.document({"a": float("nan")}, VALIDATOR)


@pytest.mark.parametrize(
    ("error", "status", "members"),
    [
        (errors.SourceNotFoundError("gone", uri="/srv/a"), 404, {}),
        (errors.UnsupportedSourceError("unknown", uri="/srv/a"), 415, {}),
        (errors.CorruptSourceError("torn", uri="/srv/a"), 422, {}),
        (errors.SourceUnavailableError("away", uri="/srv/a"), 503, {}),
        (errors.SourceError("bad", uri="/srv/a"), 422, {}),
        (
            errors.ParameterError("quality", "from 1 to 100", "0"),
            400,
            {"parameter": "quality", "allowed": "from 1 to 100"},
        ),
        (errors.OutsideError("no such tile"), 404, {}),
        (
            errors.LimitError("output_side", 20_000, 16_384),
            413,
            {"limit": "output_side", "asked": 20_000, "allowed": 16_384},
        ),
        (errors.RequestError("no"), 400, {}),
        (errors.EncodeError("too wide for WebP"), 400, {}),
    ],
)
def test_each_error_has_its_problem_document(error, status, members):
    reply = http.problem(error)
    assert reply is not None
    assert reply.status == status
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.headers["Content-Length"] == str(len(reply.body))
    assert ("Retry-After" in reply.headers) is (status == 503)
    document = json.loads(reply.body)
    assert {"type", "title"} < set(document)
    assert document.items() >= {"status": status, "detail": str(error), **members}.items()
    assert b"/srv" not in reply.body


def test_the_servers_own_fault_is_no_problem_document():
    assert http.problem(errors.ConfigurationError("bad setting")) is None


def test_every_error_that_a_client_or_a_file_can_cause_is_in_the_table():
    # A face may have errors of its own below those of the tree: it reports them in its own way.
    tree = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    known = {kind for kind in tree if not any(kind in other.__bases__ for other in tree)}
    assert {one for one in known if issubclass(one, errors.TilewrightError)} - {
        errors.ConfigurationError
    } <= set(http.STATUS)


OFFERS = ("image/jpeg", "image/png", "image/webp", "application/x-npy")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "image/jpeg"),
        ("*/*", "image/jpeg"),
        ("image/*", "image/jpeg"),
        ("image/png", "image/png"),
        ("image/png;q=0.5, image/webp", "image/webp"),
        ("image/avif,image/webp,image/*;q=0.8,*/*;q=0.5", "image/webp"),
        ("image/*, image/jpeg;q=0.1", "image/png"),
        ("image/jpeg;q=0, */*", "image/png"),
        ("application/*", "application/x-npy"),
        ("IMAGE/PNG", "image/png"),
        ("image/png;q=abc, image/webp;q=0.1", "image/webp"),
        ("text/html", "image/jpeg"),
        (",,;", "image/jpeg"),
    ],
)
def test_negotiation(accept, chosen):
    assert http.negotiate(accept, OFFERS) == chosen
