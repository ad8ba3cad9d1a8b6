"""Documents of the faces of maps: made anew for each ask, sent only when they have changed."""

from django.http import HttpRequest, HttpResponse

from tilewright.django import conf
from tilewright.django.replies import answer
from tilewright.web import http


def send(request: HttpRequest, body: bytes, media_type: str) -> HttpResponse:
    """Return a document, or a 304 to a client that has just this one; to a HEAD no body."""
    validator = http.Validator(http.etag(media_type, body), conf.edge().document_cache_control)
    reply = http.file(body, media_type, validator)
    return answer(request.META.get("HTTP_IF_NONE_MATCH"), request.method, validator, lambda: reply)
