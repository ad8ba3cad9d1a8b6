"""The view of pictures that were put aside: GET and HEAD, ranges, and nothing for strangers."""

import re
import time
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from tilewright.django.replies import to_response, with_problems
from tilewright.drawn import ephemeral
from tilewright.drawn.answering import SAFE_SVG
from tilewright.drawn.ephemeral import Held
from tilewright.web import http
from tilewright.web.http import Reply, Validator

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


@with_problems
def ephemeral_picture(request: HttpRequest, token: str) -> HttpResponse:
    """Answer with the picture, or with 404 when it is not there for whoever asks.

    One that is tied to a user or a session is stored by no cache, the browser's among them, so
    a logout ends it; another may be shown from there until it expires.
    """
    held = ephemeral.find(token, request)
    left_s = max(0, int(held.expires - time.time()))
    fresh = "private, no-store" if held.tied else f"private, max-age={left_s}"
    validator = Validator(held.etag, fresh)
    known = request.META.get("HTTP_IF_NONE_MATCH")
    if http.matches(known, held.etag) or http.matches_any(known):
        return to_response(http.not_modified(validator), request.method)
    response = to_response(_reply(held, validator, request), request.method)
    response["Accept-Ranges"] = "bytes"
    response["X-Content-Type-Options"] = "nosniff"
    # The address is a key, and is told to no other site.
    response["Referrer-Policy"] = "no-referrer"
    if held.encoded.media_type != "application/pdf":  # which browsers show by code of their own
        response["Content-Security-Policy"] = SAFE_SVG
    return response


def _reply(held: Held, validator: Validator, request: HttpRequest) -> Reply:
    """Return the whole, or the part that a GET asks for (RFC 9110, section 14)."""
    whole = http.picture(held.encoded, validator)
    same = request.META.get("HTTP_IF_RANGE") in {None, held.etag}
    asked = request.META.get("HTTP_RANGE") if request.method == "GET" and same else None
    size = len(held.encoded.data)
    found = None if asked is None else _part(asked, size)
    if found is None:
        return whole
    start, stop = found
    if start >= stop:
        outside = {"Content-Range": f"bytes */{size}"}
        return http.problem_document(416, f"the picture has {size:,} bytes", {}, outside)
    body = held.encoded.data[start:stop]
    part = {"Content-Range": f"bytes {start}-{stop - 1}/{size}", "Content-Length": str(len(body))}
    return Reply(HTTPStatus.PARTIAL_CONTENT, {**whole.headers, **part}, body)


def _part(asked: str, size: int) -> tuple[int, int] | None:
    """Return the first byte of a range and the one past it; None for what is not one range."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size
    if last and int(last) < int(first):
        return None
    return int(first), min(size, int(last) + 1) if last else size
