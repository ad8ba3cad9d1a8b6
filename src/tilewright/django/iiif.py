"""What the IIIF routes of an image answer: its base URI, ``info.json``, and its pictures."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus

from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase

from tilewright.django import answers, surface
from tilewright.django.answers import Asked
from tilewright.django.maps.address import root_url
from tilewright.django.replies import kept_answer
from tilewright.django.sharing import shared
from tilewright.errors import OutsideError
from tilewright.style import Style
from tilewright.web import http, metadata
from tilewright.web.iiif.asked import image_asked
from tilewright.web.iiif.info import info_document, media_types, profile
from tilewright.web.iiif.segments import Version, parse_segments
from tilewright.web.iiif.sizes import Subject

VERSION = "(?P<iiif>[^/]+)"
"""Of the API; ``version`` is that of a project's own API to the REST framework."""
ENDINGS: Mapping[str, str] = {
    "iiif_image": (
        "/(?P<region>[^/]+)/(?P<size>[^/]+)/(?P<rotation>[^/]+)"
        r"/(?P<quality>[^/]+)\.(?P<fmt>[^/.]+)"
    ),
    "iiif_info": r"/info\.json",
    "iiif_base": "",
}
"""What follows an image's base URI, as regular expressions, by the names of the routes."""
_VERSIONS: Mapping[str, Version] = {"2": 2, "3": 3}


@shared
def base(asked: Asked) -> HttpResponseBase:
    """Send who asks for the image itself to its description."""
    _version(asked)
    query = answers.query_of(asked.request)
    onwards = f"{root_url(asked.request, '')}/info.json"
    response = HttpResponseRedirect(f"{onwards}?{query}" if query else onwards)
    response.status_code = HTTPStatus.SEE_OTHER
    return response


@shared
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


@shared
def image(asked: Asked) -> HttpResponseBase:
    """Draw a picture."""
    version, path = _version(asked), asked.path
    texts = path["region"], path["size"], path["rotation"], f"{path['quality']}.{path['fmt']}"
    segments = parse_segments(version, texts)
    look = asked.style()
    wanted = image_asked(segments, asked.query, _subject(asked, look))
    engine = asked.edge.engine
    is_raster = engine.encoder(wanted.request.encoding.format).kind == "raster"
    special = surface.as_seen(engine) if is_raster else None
    # The look is read once: a record keeps it as text.
    known = replace(asked, style=lambda: look)
    response = answers.picture(known, wanted.request, special=special, toned=wanted.toned)
    links = [f'<{profile(version)}>;rel="profile"']
    if not answers.query_of(asked.request):
        # What the query asks for is in no path.
        root = _root(asked, "/" + "/".join(texts))
        links.append(f'<{root}/{wanted.canonical}>;rel="canonical"')
    response["Link"] = ", ".join(links)
    return response


def _root(asked: Asked, end: str) -> str:
    """Return the image's base URI; routers may end all their paths in a slash.

    Raises OutsideError for a path that ends otherwise, as in a router's suffix of a format.
    """
    path = asked.request.path
    whole = f"{end}/" if path.endswith("/") else end
    if not path.endswith(whole):
        raise OutsideError(f"a path of the IIIF Image API ends in {end[:60]!r} here")
    return root_url(asked.request, whole)


def _subject(asked: Asked, stored: Style) -> Subject:
    edge = asked.edge
    look = stored if stored.channels else edge.engine.style(asked.source)
    return Subject(asked.info(), look, edge.seen_suffixes, edge.engine.config.limits)


def _version(asked: Asked) -> Version:
    """Return the version of the API. Raises OutsideError for what no base URI is here."""
    if asked.url_parameter:
        raise OutsideError("an image that the query names is not served by IIIF")
    version = _VERSIONS.get(asked.path["iiif"])
    if version is None:
        raise OutsideError(f"the IIIF Image API is served in versions {', '.join(_VERSIONS)}")
    return version
