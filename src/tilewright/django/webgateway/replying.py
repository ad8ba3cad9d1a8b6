"""Pictures and documents of the webgateway as replies: tags, 304 and HEAD are seen to here."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

import tilewright
from tilewright.django import conf
from tilewright.django.caching import picture_kind
from tilewright.django.maps.documents import send
from tilewright.django.replies import answer
from tilewright.django.webgateway.opened import Opened, query_of
from tilewright.errors import EncodeError
from tilewright.image import Encoded, Picture
from tilewright.request import Encoding, RenderRequest
from tilewright.web import http
from tilewright.web.webgateway.jsonp import callback_name, wrapped


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture that is still to be made, and what tells it from all others."""

    key: str
    kind: object
    """Drawings of one kind take about as long to make."""
    draw: Callable[[], Encoded]

    @classmethod
    def of(cls, opened: Opened, wanted: RenderRequest) -> "Drawing":
        """Return the drawing of a request. Raises a RequestError."""
        source = opened.source
        return cls(
            conf.edge().engine.key(source, wanted),
            picture_kind(source, wanted),
            lambda: conf.edge().engine.render(source, wanted),
        )

    def reply(self, cache_control: str) -> http.Reply:
        """Return the finished picture, from the project's cache where that has it."""
        validator = self.validator(cache_control)
        return conf.edge().reply(self.kind, validator, lambda: http.picture(self.draw(), validator))

    def validator(self, cache_control: str) -> http.Validator:
        """Return what lets a client keep the picture."""
        return http.Validator(f'"{self.key}"', cache_control)


def encoded(drawn: Picture, encoding: Encoding) -> Encoded:
    """Return a finished picture as a file. Raises EncodeError."""
    encoder = conf.edge().engine.encoder(encoding.format)
    if encoder.kind != "picture":
        raise EncodeError(f"{encoding.format} takes no finished pictures")
    return encoder.encode(drawn, encoding)


def picture(request: HttpRequest, drawing: Drawing, *, lasting: bool) -> HttpResponse:
    """Return a drawing, or a 304 to a client that has it.

    ``lasting`` says that its URL always means this picture. Where saved settings have a say,
    clients ask each time, and mostly get a 304.
    """
    edge = conf.edge()
    cache_control = edge.cache_control if lasting else edge.document_cache_control
    return answer(
        request.META.get("HTTP_IF_NONE_MATCH"),
        request.method,
        drawing.validator(cache_control),
        lambda: drawing.reply(cache_control),
    )


def document(request: HttpRequest, value: object) -> HttpResponse:
    """Return JSON, as a call of the function that ``callback`` names, or a 304."""
    body, media_type = wrapped(value, callback_name(query_of(request)))
    return send(request, body, media_type)


def documented(request: HttpRequest, key: object, make: Callable[[], object]) -> HttpResponse:
    """Return the JSON that ``make`` makes, or a 304 without calling it.

    ``key`` tells what it is made of.
    """
    callback = callback_name(query_of(request))
    tag = http.etag(tilewright.__version__, callback, key)
    validator = http.Validator(tag, conf.edge().document_cache_control)

    def reply() -> http.Reply:
        body, media_type = wrapped(make(), callback)
        return http.file(body, media_type, validator)

    return answer(request.META.get("HTTP_IF_NONE_MATCH"), request.method, validator, reply)


def done(request: HttpRequest, value: object) -> HttpResponse:
    """Return the JSON answer to a change: not to be kept."""
    body, media_type = wrapped(value, callback_name(query_of(request)))
    response = HttpResponse(body, content_type=media_type)
    response["Cache-Control"] = "no-store"
    return response
