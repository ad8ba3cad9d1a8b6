"""What the IIIF routes of an image answer: its base URI, ``info.json``, and its pictures."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial, wraps
from http import HTTPStatus
from typing import cast

from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase

from tilewright.django import answers
from tilewright.django.answers import Asked
from tilewright.django.maps.address import root_url
from tilewright.django.replies import kept_answer
from tilewright.errors import TilewrightError
from tilewright.style import Style
from tilewright.web import http, metadata
from tilewright.web.iiif.asked import ImageAsked, image_asked
from tilewright.web.iiif.info import info_document, media_types, profile
from tilewright.web.iiif.segments import Version, parse_segments
from tilewright.web.iiif.sizes import Subject

BASE = ""
INFO = r"/info\.json"
IMAGE = r"/(?P<region>[^/]+)/(?P<size>[^/]+)/(?P<rotation>[^/]+)/(?P<last>[^/]+)"
"""What follows the base URI, as regular expressions."""
PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Authorization, If-None-Match, Range",
    "Access-Control-Max-Age": "86400",
}
"""What lets pages of other sites ask, as viewers of the standard do: what a browser is told
before a request that is not quite plain."""

_OPEN = {
    "Access-Control-Allow-Origin": PREFLIGHT["Access-Control-Allow-Origin"],
    "Access-Control-Expose-Headers": "ETag, Link",
}
_Answer = Callable[[Asked], HttpResponseBase]


def _to_all(answer: _Answer) -> _Answer:
    """Let pages of other sites read an answer, refusals too."""

    @wraps(answer)
    def opened(asked: Asked) -> HttpResponseBase:
        try:
            response = answer(asked)
        except TilewrightError as error:
            response = answers.refusal(error, asked.request.method)
        for name, value in _OPEN.items():
            response[name] = value
        return response

    return opened


@_to_all
def base(asked: Asked) -> HttpResponseBase:
    """Send who asks for the image itself to its description."""
    response = HttpResponseRedirect(f"{root_url(asked.request, '')}/info.json")
    response.status_code = HTTPStatus.SEE_OTHER
    return response


@_to_all
def info(asked: Asked) -> HttpResponseBase:
    """Describe the image."""
    edge, source, look = asked.edge, asked.source, asked.style()
    version, root = _version(asked), root_url(asked.request, "/info.json")
    kinds = media_types(version)
    accepted = http.negotiate(asked.request.META.get("HTTP_ACCEPT", ""), tuple(kinds))
    # The look that is shown decides how large an answer may be.
    parts = metadata.DOCUMENT_VERSION, version, root, accepted, source, look.text
    tag = http.etag("iiif", *parts, edge.engine.config.limits, tuple(edge.suffixes))
    validator = http.Validator(tag, edge.document_cache_control, "Accept")
    response = kept_answer(
        asked.request,
        ("iiif", source.uri, source.options),
        validator,
        lambda: http.document(
            info_document(version, root, _subject(asked, look)), validator, kinds[accepted]
        ),
    )
    response["Link"] = f'<{profile(version)}>;rel="profile"'
    return response


@_to_all
def image(asked: Asked) -> HttpResponseBase:
    """Draw a picture."""
    version, path = _version(asked), asked.path
    texts = path["region"], path["size"], path["rotation"], path["last"]
    segments = parse_segments(version, texts)
    wanted = image_asked(segments, asked.query, _subject(asked, asked.style()))
    response = answers.picture(asked, wanted.request, toned=partial(_toned, asked, wanted))
    root = root_url(asked.request, "/" + "/".join(texts))
    response["Link"] = (
        f'<{profile(version)}>;rel="profile", <{root}/{wanted.canonical}>;rel="canonical"'
    )
    return response


def _toned(asked: Asked, wanted: ImageAsked, look: Style) -> Style:
    """Return a look as the path wants it, for files that hold measured values too."""
    engine = asked.edge.engine
    shown = wanted.toned(look)
    if engine.encoder(wanted.request.encoding.format).kind == "raster" and not shown.channels:
        return replace(shown, channels=engine.style(asked.source).channels)
    return shown


def _subject(asked: Asked, stored: Style) -> Subject:
    edge = asked.edge
    engine = edge.engine
    look = stored if stored.channels else engine.style(asked.source)
    # Of what holds measured values a TIFF shows pictures too.
    suffixes = {
        suffix: name
        for suffix, name in edge.suffixes.items()
        if name == "tiff" or engine.encoder(name).kind == "picture"
    }
    return Subject(asked.info(), look, suffixes, engine.config.limits)


def _version(asked: Asked) -> Version:
    return cast("Version", int(asked.path["version"]))
