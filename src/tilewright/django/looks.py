"""Views of what pictures are coloured with: plain Django, and the same for every image."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

import tilewright
from tilewright.django import conf
from tilewright.django.replies import answer, with_problems
from tilewright.engine import Engine
from tilewright.errors import EncodeError, OutsideError
from tilewright.image import Encoded, Picture
from tilewright.legend import legend_picture
from tilewright.paint import Named
from tilewright.request import Encoding
from tilewright.web import http, legend


@with_problems
def colormaps(request: HttpRequest) -> HttpResponse:
    """List the names of all colormaps by family; ``_r`` at the end of one reverses it."""
    edge = conf.edge()
    names = edge.engine.colormaps.listing()
    tag = http.etag(tilewright.__version__, "colormaps", names)
    validator = http.Validator(tag, edge.document_cache_control)
    return _answer(request, validator, lambda: http.document(names, validator))


@with_problems
def colormap(request: HttpRequest, name: str, fmt: str) -> HttpResponse:
    """Draw a colormap: a strip, with numbers beside it when ``min`` and ``max`` are given."""
    edge = conf.edge()
    scale, background = legend.legend(fmt, request.META.get("QUERY_STRING", ""))
    if not edge.engine.colormaps.exists(name):
        raise OutsideError(f"there is no colormap {name[:80]!r}")
    table = edge.engine.colormaps.table(Named(name))
    tag = http.etag(tilewright.__version__, name, fmt, scale, background, table.tobytes())
    validator = http.Validator(tag, edge.cache_control)

    def draw() -> http.Reply:
        if fmt == "svg":
            body = legend.scale_svg(table, scale, f"Colormap {name}").encode()
            return http.picture(Encoded(body, legend.SVG, scale.size), validator)
        drawn = legend_picture(table, scale, background)
        return http.picture(_encoded(edge.engine, drawn, fmt), validator)

    return _answer(request, validator, draw)


def _encoded(engine: Engine, picture: Picture, name: str) -> Encoded:
    encoder = engine.encoder(name)
    if encoder.kind != "picture":
        raise EncodeError(f"{name} takes no finished pictures")
    return encoder.encode(picture, Encoding(format=name))


def _answer(
    request: HttpRequest, validator: http.Validator, make: Callable[[], http.Reply]
) -> HttpResponse:
    return answer(request.META.get("HTTP_IF_NONE_MATCH"), request.method, validator, make)
