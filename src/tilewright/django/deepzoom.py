"""What the DeepZoom routes of an image answer."""

from collections.abc import Mapping

from django.http.response import HttpResponseBase

from tilewright.django import answers
from tilewright.django.answers import Asked
from tilewright.django.replies import kept_answer
from tilewright.django.sharing import shared
from tilewright.web import deepzoom, http, metadata
from tilewright.web.maps.asked import asked as picture_asked
from tilewright.web.paths import format_of, index

ENDINGS: Mapping[str, str] = {
    "deepzoom_tile": r"_files/(?P<z>[^/]+)/(?P<x>[^/_]+)_(?P<y>[^/.]+)\.(?P<fmt>[^/.]+)",
    "deepzoom": r"\.dzi",
}
"""What follows the name of the image, as regular expressions, by the names of the routes."""


@shared
def descriptor(asked: Asked) -> HttpResponseBase:
    """Describe the tiles."""
    edge, source = asked.edge, asked.source
    tag = http.etag(metadata.DOCUMENT_VERSION, "deepzoom", source, asked.query)
    validator = http.Validator(tag, edge.document_cache_control)
    return kept_answer(
        asked.request,
        ("deepzoom", source.uri, source.options),
        validator,
        lambda: http.file(
            deepzoom.descriptor(asked.info(), asked.query), deepzoom.MEDIA_TYPE, validator
        ),
    )


@shared
def tile(asked: Asked) -> HttpResponseBase:
    """Draw a tile."""
    path = asked.path
    name = format_of(path["fmt"], deepzoom.offered(asked.edge.suffixes))
    level, column, row = (index(part, path[part]) for part in ("z", "x", "y"))
    target = deepzoom.tile(asked.info(), level, column, row)
    wanted = picture_asked(target, name, asked.query, asked.info)
    # A turned tile would stand in the wrong place.
    return answers.picture(asked, wanted, toned=lambda look: look.upright)
