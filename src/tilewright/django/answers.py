"""The routes of an image: what each answers, whichever face took the request."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import unquote_plus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse, RawPostDataException
from django.http.response import HttpResponseBase

from tilewright.django import conf, earth, numbers, streaming, surface
from tilewright.django.caching import picture_kind
from tilewright.django.maps.address import base_url
from tilewright.django.replies import kept_answer, note, to_response
from tilewright.errors import LimitError, OutsideError, ParameterError, TilewrightError
from tilewright.image import ImageInfo, Source
from tilewright.request import RenderRequest
from tilewright.style import Style
from tilewright.web import bars, borders, downloads, frames, http, metadata, scales, world, xyz

NO_LOOK = Style()
"""The look of an image that has none of its own."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for an image that whoever asks may see."""

    request: HttpRequest
    path: Mapping[str, str]
    """What stands in the path."""
    source: Source
    style: Callable[[], Style]
    """Returns the look that is shown when none is asked."""
    url_parameter: str
    """The parameter that named the source; empty: it was none."""

    @property
    def edge(self) -> conf.Edge:
        """What serves this process."""
        return conf.edge()

    @property
    def query(self) -> str:
        """What was asked: the query as it was sent, without what named the source."""
        query = query_of(self.request)
        return without(query, self.url_parameter) if self.url_parameter else query

    @property
    def body(self) -> bytes:
        """What was posted. Raises LimitError above Django's own limit, ParameterError."""
        try:
            return self.request.body
        except RequestDataTooBig:
            allowed = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            # What comes in chunks has no stated length: it is known to be more, not how much.
            sent = max(int(self.request.META.get("CONTENT_LENGTH") or 0), allowed + 1)
            raise LimitError("request_bytes", sent, allowed) from None
        except RawPostDataException:
            # Something before this view has read it, as a form.
            raise ParameterError("the body", "GeoJSON, not a form") from None

    def info(self) -> ImageInfo:
        """Describe the image."""
        return self.edge.engine.info(self.source)

    def liked_suffix(self) -> str:
        """Return the suffix of the format that the client's Accept header likes best."""
        offers = self.edge.media_types
        return offers[http.negotiate(self.request.META.get("HTTP_ACCEPT", ""), tuple(offers))]


@dataclass(frozen=True, slots=True)
class Route:
    """A path below each image, and what it answers."""

    name: str
    """Of the URL, after the name of what has the image."""
    path: str
    """A regular expression."""
    answer: Callable[[Asked], HttpResponseBase]
    """Raises TilewrightError."""
    help: str
    method: Literal["get", "post"] = "get"
    draws: bool = False
    """Whether the look is asked for."""
    preflight: Mapping[str, str] = field(default_factory=dict)
    """Further headers of what OPTIONS is told."""


def query_of(request: HttpRequest) -> str:
    """Return the query as it was sent."""
    query: str = request.META.get("QUERY_STRING", "")
    if not query.isascii() and isinstance(request, WSGIRequest):
        # WSGI hands raw bytes on as Latin-1 (PEP 3333); who sends them means UTF-8.
        query = query.encode("latin-1").decode(errors="replace")
    return query


def without(text: str, name: str) -> str:
    """Return a query string without one parameter, however its name is escaped."""
    fields = text.split("&")
    return "&".join(one for one in fields if unquote_plus(one.partition("=")[0]) != name)


def refusal(error: TilewrightError, method: str | None) -> HttpResponse:
    """Return the problem document of an error; raise it when the server itself is at fault."""
    note(error)
    problem = http.problem(error)
    if problem is None:
        raise error
    return to_response(problem, method)


def described(describe: world.Describe) -> Callable[[Asked], HttpResponseBase]:
    """Return the answer whose document needs the image's description alone."""

    def answer(asked: Asked) -> HttpResponseBase:
        ask = earth.described(asked.query, asked.edge.tile_sets, describe)
        return _document(asked, describe.__name__, ask)

    return answer


def told(ask: Callable[[str], numbers.Ask]) -> Callable[[Asked], HttpResponseBase]:
    """Return the answer to a question that is a query."""
    return lambda asked: _document(asked, ask.__name__, ask(asked.query))


def _document(asked: Asked, name: str, ask: numbers.Ask) -> HttpResponseBase:
    edge, source = asked.edge, asked.source
    tag = http.etag(metadata.DOCUMENT_VERSION, name, source, ask.key)
    validator = http.Validator(tag, edge.document_cache_control)
    return kept_answer(
        asked.request,
        (name, source.uri, source.options),
        validator,
        lambda: http.document(ask.answer(edge.engine, source), validator),
    )


def corners(asked: Asked) -> HttpResponseBase:
    """Tell the edges of a tile."""
    ask = earth.corners(asked.path, asked.query, asked.edge.tile_sets)
    return _document(asked, "corners", ask)


def tilejson(asked: Asked) -> HttpResponseBase:
    """Describe the tiles of the earth."""
    path = asked.request.path.rstrip("/").removesuffix("tilejson.json")
    here = f"{base_url(asked.request)}{path}"
    return _document(asked, "tilejson", earth.tilejson(here, asked.query, asked.edge.tile_sets))


def sheet_layout(asked: Asked) -> HttpResponseBase:
    """Tell where each frame stands on the sheet."""
    return _document(asked, "sheet_layout", surface.sheet_layout(asked.query))


def zones(asked: Asked) -> HttpResponseBase:
    """Sum up values in the polygons that were posted."""
    ask = earth.zones(asked.query, asked.body)
    reply = http.fresh(ask.answer(asked.edge.engine, asked.source))
    return to_response(reply, asked.request.method)


def tile(asked: Asked) -> HttpResponseBase:
    """Draw a tile: of the image, or of the earth where the path names a tile matrix set."""
    edge, path = asked.edge, asked.path
    wanted = xyz.tile(
        (path["z"], path["x"], path["y"]),
        path["fmt"],
        asked.query,
        edge.suffixes,
        asked.info,
        sets=edge.tile_sets,
        set_name=path.get("tms"),
    )
    wanted, fill = borders.bordered(asked.query, wanted, asked.info)
    special = None if fill is None else surface.filling(edge.engine, fill)
    return picture(asked, wanted, special=special)


def thumbnail(asked: Asked) -> HttpResponseBase:
    """Draw the whole image, fitted into a frame."""
    wanted = xyz.thumbnail(asked.path["fmt"], asked.query, asked.edge.suffixes, asked.info)
    return _framed(asked, wanted)


def negotiated_thumbnail(asked: Asked) -> HttpResponseBase:
    """Draw the same in a format that Accept names."""
    wanted = xyz.thumbnail(asked.liked_suffix(), asked.query, asked.edge.suffixes, asked.info)
    return _framed(asked, wanted, vary="Accept")


def region(asked: Asked) -> HttpResponseBase:
    """Draw a rectangle."""
    return _framed(asked, _rectangle(asked, asked.path["fmt"]))


def negotiated_region(asked: Asked) -> HttpResponseBase:
    """Draw the same in a format that Accept names."""
    return _framed(asked, _rectangle(asked, asked.liked_suffix()), vary="Accept")


def _rectangle(asked: Asked, suffix: str) -> RenderRequest:
    query = scales.with_units(asked.query, asked.edge.region_units, asked.info)
    return scales.region(suffix, query, asked.edge.suffixes, asked.info)


def feature(asked: Asked) -> HttpResponseBase:
    """Draw the polygon that was posted."""
    fmt, suffixes = asked.path["fmt"], asked.edge.suffixes
    return picture(asked, xyz.feature(fmt, asked.query, suffixes, asked.body, asked.info))


def associated(asked: Asked) -> HttpResponseBase:
    """Draw a rectangle of an associated image."""
    source = surface.associated(asked.edge.engine, asked.source, asked.path["key"])
    asked = replace(asked, source=source)
    wanted = scales.region(asked.path["fmt"], asked.query, asked.edge.suffixes, asked.info)
    return _framed(asked, wanted)


def sheet(asked: Asked) -> HttpResponseBase:
    """Draw all frames side by side."""
    edge, text = asked.edge, asked.query
    cell = xyz.thumbnail(asked.path["fmt"], frames.cell_query(text), edge.suffixes, asked.info)
    return picture(asked, cell, special=surface.sheet(edge.engine, text))


def _framed(asked: Asked, wanted: RenderRequest, *, vary: str | None = None) -> HttpResponseBase:
    """Draw a picture, with bars beside it where the query has ``fill``."""
    engine = asked.edge.engine
    wanted, beside = bars.barred(asked.query, wanted, asked.info, engine.config.limits)
    special = None if beside is None else surface.framing(engine, beside)
    return picture(asked, wanted, vary=vary, special=special)


def picture(
    asked: Asked,
    plain: RenderRequest,
    *,
    vary: str | None = None,
    special: surface.Special | None = None,
    toned: Callable[[Style], Style] | None = None,
) -> HttpResponseBase:
    """Draw a picture: in the image's own look where the query names none.

    ``toned`` is applied to whichever look that is. Raises TilewrightError.
    """
    edge, source, request = asked.edge, asked.source, asked.request
    plain = frames.framed(plain, asked.info)
    encoder = edge.engine.encoder(plain.encoding.format)
    name = downloads.file_name(asked.query, encoder.suffixes)
    styled = plain
    # A look that is stored is that of the image, not of what else its file holds.
    own = source.option("associated") is None
    if own and not plain.style.text and (encoder.kind == "picture" or toned is not None):
        style = asked.style()
        styled = plain if style == NO_LOOK else replace(plain, style=style)
    if toned is not None:
        plain, styled = (replace(one, style=toned(one.style)) for one in (plain, styled))
    render = edge.engine.render if special is None else special.render

    def draw() -> http.Reply:
        try:
            encoded = render(source, styled)
        except (OutsideError, ParameterError) as error:
            if styled == plain:
                raise
            # The stored look may name a band that is not there: the client did not ask for it.
            encoded = render(source, plain)
            logger.warning("the stored look of %s was left out: %s", source.uri, error)
        return http.picture(encoded, validator)

    key = edge.engine.key(source, styled)
    tag = f'"{key}"' if special is None else http.etag(key, special.key)
    validator = http.Validator(tag, edge.cache_control, vary)
    # What the client holds is not opened: asking how large the answer is would.
    known = http.matches(request.META.get("HTTP_IF_NONE_MATCH"), tag)
    response: HttpResponseBase
    if special is None and not known and edge.engine.is_large(source, styled):
        response = streaming.answer(request, edge.engine, source, styled, validator)
    else:
        kind = (picture_kind(source, styled), special and special.key)
        response = kept_answer(request, kind, validator, draw)
    return response if name is None else surface.saved_as(response, name)
