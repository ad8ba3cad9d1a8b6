"""A picture that a face of maps asks for, as a reply: tags, 304, HEAD and cache are seen to here."""

from dataclasses import replace
from functools import partial

from django.http import HttpRequest, HttpResponse

from tilewright.django import conf
from tilewright.django.caching import picture_kind
from tilewright.django.maps.layers import MapSource
from tilewright.django.replies import kept_answer
from tilewright.request import RenderRequest
from tilewright.web import frames, http


def picture(request: HttpRequest, map_source: MapSource, asked: RenderRequest) -> HttpResponse:
    """Return the picture, or a 304 to a client that has it; to a HEAD no body.

    A request without a look is drawn in the layer's own. No look turns it: a map has its north
    where its CRS has it. Raises what `Engine.render` raises: the view's guard,
    `replies.with_problems` or the face's own, makes a document of it.
    """
    edge = conf.edge()
    asked = frames.framed(asked, partial(edge.engine.info, map_source.source))
    look = asked.style if asked.style.text else map_source.style
    asked = replace(asked, style=look.upright)
    source = map_source.source
    validator = http.Validator(f'"{edge.engine.key(source, asked)}"', edge.cache_control)
    return kept_answer(
        request,
        picture_kind(source, asked),
        validator,
        lambda: http.picture(edge.engine.render(source, asked), validator),
    )
