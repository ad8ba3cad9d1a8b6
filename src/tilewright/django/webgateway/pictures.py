"""The views that draw: planes, regions at any quality, thumbnails, panels and plots."""

from base64 import b64encode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from tilewright.django import conf
from tilewright.django.surface import saved_as
from tilewright.django.webgateway.guard import reads
from tilewright.django.webgateway.images import number
from tilewright.django.webgateway.opened import Opened, opened, query_of
from tilewright.django.webgateway.replying import (
    Drawing,
    document,
    documented,
    encoded,
    picture,
)
from tilewright.errors import ParameterError, TilewrightError
from tilewright.image import Encoded
from tilewright.web import downloads, http
from tilewright.web.params import whole
from tilewright.web.webgateway import pictures, plots
from tilewright.web.webgateway.plots import PlotAsked
from tilewright.web.webgateway.split import split_picture, split_request
from tilewright.web.webgateway.strict import check_complete, says_all


@reads
def image(
    request: HttpRequest, iid: str, z: str | None = None, t: str | None = None
) -> HttpResponse:
    """Draw a whole plane: that of the settings when the path names none."""
    return _whole_plane(opened(request, iid), z, t)


@reads
def image_rdef(
    request: HttpRequest, iid: str, z: str | None = None, t: str | None = None
) -> HttpResponse:
    """Draw the same of a query that must say all."""
    check_complete(query_of(request))
    return _whole_plane(opened(request, iid), z, t)


@reads
def download(
    request: HttpRequest, iid: str, z: str | None = None, t: str | None = None
) -> HttpResponseBase:
    """Draw a whole plane, for a browser to save under the image's name."""
    seen = opened(request, iid)
    response = _whole_plane(seen, z, t)
    kind = response.get("Content-Type", "").partition("/")[2]
    name = downloads.harmless(seen.image.about.name) or seen.id
    return saved_as(response, f"{name}.{kind}")


@reads
def region(request: HttpRequest, iid: str, z: str, t: str) -> HttpResponse:
    """Draw a tile or a rectangle of a plane."""
    return _region(opened(request, iid), z, t)


@reads
def region_rdef(request: HttpRequest, iid: str, z: str, t: str) -> HttpResponse:
    """Draw the same of a query that must say all."""
    check_complete(query_of(request))
    return _region(opened(request, iid), z, t)


@reads
def region_quality(request: HttpRequest, iid: str, z: str, t: str, q: str) -> HttpResponse:
    """Draw the same at the quality of the path, from 1 to 100; it wins over the query's."""
    return _region(opened(request, iid), z, t, _quality(q))


@reads
def thumbnail(
    request: HttpRequest, iid: str, width: str | None = None, height: str | None = None
) -> HttpResponse:
    """Draw the image small: 96 pixels long, as long as asked, or of exactly that size."""
    return picture(request, _thumbnail(opened(request, iid), width, height), lasting=False)


@reads
def thumbnail_text(
    request: HttpRequest, iid: str, width: str | None = None, height: str | None = None
) -> HttpResponse:
    """Return the same as a data URI."""
    drawing = _thumbnail(opened(request, iid), width, height)
    return documented(request, ("thumbnail", drawing.key), lambda: _data_uri(drawing))


@reads
def thumbnails(request: HttpRequest, width: str | None = None) -> HttpResponse:
    """Return the thumbnails of many images as data URIs; null for one that cannot be seen."""
    ids = pictures.thumbnail_ids(query_of(request))
    most = conf.edge().engine.config.limits.output_pixels
    # What is wrong for all is said once.
    pictures.check_thumbnails(len(ids), None if width is None else number("width", width), most)
    # The tag is made of the pictures: one that cannot be drawn now may be drawn later.
    return document(request, {str(iid): _data_uri_or_none(request, iid, width) for iid in ids})


@reads
def split_channel(request: HttpRequest, iid: str, z: str, t: str) -> HttpResponse:
    """Draw the channels side by side, and all together last."""
    seen = opened(request, iid)
    asked = split_request(seen.query, seen.subject(seen.query), number("z", z), number("t", t))
    engine, source = conf.edge().engine, seen.source

    def draw() -> Encoded:
        panels = [None if one is None else engine.picture(source, one) for one in asked.panels]
        return encoded(split_picture(asked, panels), asked.encoding)

    looks = [panel.style for panel in asked.panels if panel is not None]
    key = engine.colormaps.seal(asked.key(source), *looks)
    drawing = Drawing(key, ("split", source.uri), draw)
    return picture(request, drawing, lasting=says_all(seen.query))


@reads
def row_plot(
    request: HttpRequest, iid: str, *, z: str, t: str, y: str, width: str = "1"
) -> HttpResponse:
    """Draw the values along a row as lines."""
    seen = opened(request, iid)
    plane = number("z", z), number("t", t)
    subject = seen.subject(seen.query)
    asked = plots.row_plot(seen.query, subject, *plane, number("y", y), width=number("w", width))
    return _plot(seen, asked)


@reads
def column_plot(
    request: HttpRequest, iid: str, *, z: str, t: str, x: str, width: str = "1"
) -> HttpResponse:
    """Draw the values along a column as lines."""
    seen = opened(request, iid)
    plane = number("z", z), number("t", t)
    subject = seen.subject(seen.query)
    asked = plots.column_plot(seen.query, subject, *plane, number("x", x), width=number("w", width))
    return _plot(seen, asked)


def _whole_plane(seen: Opened, z: str | None, t: str | None) -> HttpResponse:
    wanted = pictures.image_request(
        seen.query,
        seen.subject(seen.query),
        None if z is None else number("z", z),
        None if t is None else number("t", t),
    )
    lasting = t is not None and says_all(seen.query)
    return picture(seen.request, Drawing.of(seen, wanted), lasting=lasting)


def _region(seen: Opened, z: str, t: str, quality: int | None = None) -> HttpResponse:
    wanted = pictures.region_request(
        seen.query,
        seen.subject(seen.query),
        number("z", z),
        number("t", t),
        quality=quality,
    )
    return picture(seen.request, Drawing.of(seen, wanted), lasting=says_all(seen.query))


def _quality(text: str) -> int:
    try:
        return whole(text)
    except ValueError:
        raise ParameterError("q", "a whole number from 1 to 100", text) from None


def _thumbnail(seen: Opened, width: str | None, height: str | None) -> Drawing:
    subject = seen.thumbnail_subject(pictures.thumbnail_rdef(seen.query))
    wanted = pictures.thumbnail_request(
        seen.query,
        subject,
        None if width is None else number("width", width),
        None if height is None else number("height", height),
    )
    return Drawing.of(seen, wanted)


def _data_uri_or_none(request: HttpRequest, iid: int, width: str | None) -> str | None:
    try:
        return _data_uri(_thumbnail(opened(request, str(iid)), width, None))
    except (TilewrightError, Http404, PermissionDenied):
        return None


def _data_uri(drawing: Drawing) -> str:
    reply: http.Reply = drawing.reply(conf.edge().document_cache_control)
    return f"data:{reply.headers['Content-Type']};base64,{b64encode(reply.body).decode()}"


def _plot(seen: Opened, asked: PlotAsked) -> HttpResponse:
    engine, source = conf.edge().engine, seen.source

    def draw() -> Encoded:
        raster = engine.read(source, asked.target, bands=asked.bands, plane=asked.plane)
        return plots.plotted(asked, raster)

    drawing = Drawing(asked.key(source), ("plot", source.uri), draw)
    return picture(seen.request, drawing, lasting=says_all(seen.query))
