"""Lists of what this server reads and writes: plain Django, and the same for every image."""

from django.http import HttpRequest, HttpResponse

import tilewright
from tilewright.django import conf
from tilewright.django.replies import answer, with_problems
from tilewright.web import http

_SIMPLE = ("red", "green", "blue")
"""Colours that django-large-image lists for choosers of palettes."""


@with_problems
def sources(request: HttpRequest) -> HttpResponse:
    """List the readers: in which order they are tried, and whether a file's start tells."""
    edge = conf.edge()
    readers = sorted(edge.engine.readers, key=lambda named: (named[1].priority, named[0]))
    listed = {
        name: {"priority": driver.priority, "by_magic": driver.by_magic} for name, driver in readers
    }
    return _listing(request, "sources", listed)


@with_problems
def formats(request: HttpRequest) -> HttpResponse:
    """List the media types of all suffixes that a picture may be asked with, in capitals."""
    edge = conf.edge()
    listed = {
        suffix.upper(): edge.engine.encoder(name).media_type
        for suffix, name in edge.suffixes.items()
    }
    return _listing(request, "formats", listed)


@with_problems
def colormaps(request: HttpRequest) -> HttpResponse:
    """List the names of all colormaps by family, and among them the colours called simple."""
    names = conf.edge().engine.colormaps.listing() | {"simple": list(_SIMPLE)}
    return _listing(request, "colormaps", names)


def _listing(request: HttpRequest, name: str, listed: object) -> HttpResponse:
    tag = http.etag(tilewright.__version__, name, listed)
    validator = http.Validator(tag, conf.edge().document_cache_control)
    known = request.META.get("HTTP_IF_NONE_MATCH")
    return answer(known, request.method, validator, lambda: http.document(listed, validator))
