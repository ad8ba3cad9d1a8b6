"""Views of what pictures are coloured with: plain Django, and the same for every image."""

import logging
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse

import tilewright
from tilewright.django import conf
from tilewright.django.replies import answer, to_response
from tilewright.engine import Engine
from tilewright.errors import EncodeError, OutsideError, SourceError, TilewrightError
from tilewright.image import Encoded, Picture
from tilewright.legend import legend_picture
from tilewright.paint import Named
from tilewright.request import Encoding
from tilewright.web import http, legend

View = Callable[..., HttpResponse]

logger = logging.getLogger(__name__)

_SAFE = ("GET", "HEAD")


def _with_problems(view: View) -> View:
    """Answer what goes wrong in a view with problem documents, other methods too."""

    @wraps(view)
    def guarded(request: HttpRequest, **path: str) -> HttpResponse:
        if request.method not in _SAFE:
            detail = f"the method is one of {', '.join(_SAFE)}"
            reply = http.problem_document(405, detail, {}, {"Allow": ", ".join(_SAFE)})
            return to_response(reply, request.method)
        try:
            return view(request, **path)
        except TilewrightError as error:
            if isinstance(error, SourceError):
                logger.warning("%s: %s", error.uri, error)
            problem = http.problem(error)
            if problem is None:
                raise
            return to_response(problem, request.method)

    return guarded


@_with_problems
def colormaps(request: HttpRequest) -> HttpResponse:
    """List the names of all colormaps by family; ``_r`` at the end of one reverses it."""
    edge = conf.edge()
    names = edge.engine.colormaps.listing()
    tag = http.etag(tilewright.__version__, "colormaps", names)
    validator = http.Validator(tag, edge.document_cache_control)
    return _answer(request, validator, lambda: http.document(names, validator))


@_with_problems
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
