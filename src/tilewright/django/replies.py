"""From a `Reply`, which knows no framework, to Django's response."""

from collections.abc import Callable

from django.http import HttpResponse

from tilewright.web import http
from tilewright.web.http import Reply, Validator


def to_response(reply: Reply, method: str | None) -> HttpResponse:
    """Return Django's response; to a HEAD it has the headers of the GET and no body."""
    body = b"" if method == "HEAD" else reply.body
    response = HttpResponse(body, status=reply.status, headers=reply.headers)
    if "Content-Type" not in reply.headers:
        # Django adds one of its own, which a 304 must not have.
        del response["Content-Type"]
    return response


def answer(
    known: str | None, method: str | None, validator: Validator, make: Callable[[], Reply]
) -> HttpResponse:
    """Return what ``make`` makes, or a 304; it is not called for a tag that the client holds.

    ``known`` is the header If-None-Match.
    """
    if http.matches(known, validator.etag):
        reply = http.not_modified(validator)
    else:
        reply = make()
        if http.matches_any(known):
            reply = http.not_modified(validator)
    return to_response(reply, method)
