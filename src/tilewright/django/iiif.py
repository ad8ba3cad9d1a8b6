"""What the IIIF routes of an image answer: its base URI, ``info.json``, and its pictures."""

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus

from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase

from tilewright.django import answers, surface
from tilewright.django.answers import Asked
from tilewright.django.maps.address import root_url
from tilewright.django.replies import kept_answer
from tilewright.errors import OutsideError, TilewrightError
from tilewright.style import Style
from tilewright.web import http, metadata
from tilewright.web.iiif.asked import image_asked
from tilewright.web.iiif.info import info_document, media_types, profile
from tilewright.web.iiif.segments import Version, parse_segments
from tilewright.web.iiif.sizes import Subject

BASE = ""
INFO = r"/info\.json"
IMAGE = (
    "/(?P<region>[^/]+)/(?P<size>[^/]+)/(?P<rotation>[^/]+)"
    r"/(?P<quality>[^/]+)\.(?P<fmt>[^/.]+)"
)
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
_VERSIONS: Mapping[str, Version] = {"2": 2, "3": 3}
_Answer = Callable[[Asked], HttpResponseBase]


def _to_all(answer: _Answer) -> _Answer:
    """Let pages of other sites read an answer, refusals too."""

    @wraps(answer)
    def opened(asked: Asked) -> HttpResponseBase:
        try:
            _check_path(asked)
            response = answer(asked)
        except TilewrightError as error:
            response = answers.refusal(error, asked.request.method)
        for name, value in _OPEN.items():
            response[name] = value
        return response

    return opened


def _check_path(asked: Asked) -> None:
    """Raise OutsideError for what no base URI is here."""
    if asked.url_parameter:
        raise OutsideError("an image that the query names is not served by IIIF")
    if asked.path["iiif"] not in _VERSIONS:
        raise OutsideError(f"the IIIF Image API is served in versions {', '.join(_VERSIONS)}")


@_to_all
def base(asked: Asked) -> HttpResponseBase:
    """Send who asks for the image itself to its description."""
    query = answers.query_of(asked.request)
    onwards = f"{root_url(asked.request, '')}/info.json"
    response = HttpResponseRedirect(f"{onwards}?{query}" if query else onwards)
    response.status_code = HTTPStatus.SEE_OTHER
    return response


@_to_all
def info(asked: Asked) -> HttpResponseBase:
    """Describe the image."""
    edge, source, look = asked.edge, asked.source, asked.style()
    version, root = _version(asked), _root(asked, "/info.json")
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
    texts = path["region"], path["size"], path["rotation"], f"{path['quality']}.{path['fmt']}"
    segments = parse_segments(version, texts)
    wanted = image_asked(segments, asked.query, _subject(asked, asked.style()))
    engine = asked.edge.engine
    is_raster = engine.encoder(wanted.request.encoding.format).kind == "raster"
    special = surface.as_seen(engine) if is_raster else None
    response = answers.picture(asked, wanted.request, special=special, toned=wanted.toned)
    links = [f'<{profile(version)}>;rel="profile"']
    if not answers.query_of(asked.request):
        # What the query asks for is in no path.
        root = _root(asked, "/" + "/".join(texts))
        links.append(f'<{root}/{wanted.canonical}>;rel="canonical"')
    response["Link"] = ", ".join(links)
    return response


def _root(asked: Asked, end: str) -> str:
    """Return the image's base URI; routers may end all their paths in a slash."""
    slash = "/" if asked.request.path.endswith("/") else ""
    return root_url(asked.request, end + slash)


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
    return _VERSIONS[asked.path["iiif"]]
