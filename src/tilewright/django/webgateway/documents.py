"""The views that tell: of an image, its histogram and saved settings, of lookup tables."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from tilewright.colormaps import Colormaps
from tilewright.django import conf
from tilewright.django.webgateway import saved
from tilewright.django.webgateway.guard import reads
from tilewright.django.webgateway.images import number
from tilewright.django.webgateway.opened import Opened, opened, query_of
from tilewright.django.webgateway.replying import Drawing, document, documented, encoded, picture
from tilewright.errors import SourceError
from tilewright.image import Encoded
from tilewright.paint import Named
from tilewright.request import Encoding
from tilewright.web import http
from tilewright.web.webgateway.histogram import histogram_asked, histogram_document
from tilewright.web.webgateway.imgdata import dotted, image_data
from tilewright.web.webgateway.luts import Lut, luts_document, luts_rgb, luts_sheet
from tilewright.web.webgateway.rdefs import SavedRow, rdefs_document


@reads
def image(request: HttpRequest, iid: str, key: str | None = None) -> HttpResponse:
    """Tell all that a viewer must know of an image, or one of it: ``size.width``."""
    found = _image_data(opened(request, iid))
    return document(request, found if key is None else dotted(found, key))


@reads
def histogram(request: HttpRequest, iid: str, channel: str) -> HttpResponse:
    """Count the values of a channel."""
    seen = opened(request, iid)
    edge, source = conf.edge(), seen.source
    asked = histogram_asked(
        seen.query, seen.info, number("channel", channel), edge.webgateway.limits
    )

    def count() -> dict[str, Any]:
        raster = edge.engine.read(source, asked.target, bands=(asked.band,), plane=asked.plane)
        return histogram_document(asked, raster, seen.info, seen.ranges())

    return documented(request, ("histogram", source, asked), count)


@reads
def rdefs(request: HttpRequest, iid: str) -> HttpResponse:
    """List the saved settings that the user may see."""
    seen = opened(request, iid)
    return document(request, rdefs_document(_saved_rows(seen)))


@reads
def luts(request: HttpRequest) -> HttpResponse:
    """List the lookup tables."""
    return document(request, luts_document(_luts(), rgb=luts_rgb(query_of(request))))


@reads
def luts_png(request: HttpRequest) -> HttpResponse:
    """Draw them, one below the other."""
    found = _luts()
    tag = http.etag("luts", [(lut.name, lut.table.tobytes()) for lut in found]).strip('"')

    def draw() -> Encoded:
        return encoded(luts_sheet(found), Encoding("png"))

    return picture(request, Drawing(tag, "luts", draw), lasting=False)


@reads
def open_with(request: HttpRequest) -> HttpResponse:
    """List the programs that open images: none."""
    return document(request, {"open_with_options": []})


@reads
def nothing(request: HttpRequest) -> HttpResponse:
    """Answer at the root, where clients ask by OPTIONS what the server can do."""
    return document(request, {})


def _image_data(seen: Opened) -> dict[str, Any]:
    config = conf.edge().webgateway
    as_imported = seen.request.GET.get("getDefaults") == "true"
    settings = seen.defaults() if as_imported else seen.settings()
    return image_data(
        seen.image.about,
        seen.info,
        settings,
        seen.ranges(),
        rights=seen.image.rights,
        limits=config.limits,
        interpolate=config.interpolate,
        init_zoom=config.init_zoom,
    )


def _saved_rows(seen: Opened) -> list[SavedRow]:
    rows = []
    for row in seen.rows():
        settings = saved.restored(row, seen.info)
        if settings is not None:
            first = getattr(row.user, "first_name", "")
            last = getattr(row.user, "last_name", "")
            # A key that is no number, such as a UUID, is told as text; nobody's as none.
            whose = row.user_id if isinstance(row.user_id, int | None) else str(row.user_id)
            rows.append(SavedRow(row.pk, whose, first, last, settings))
    return rows


def _luts() -> list[Lut]:
    """Return the lookup tables that there are; files that are damaged are left out."""
    colormaps: Colormaps = conf.edge().engine.colormaps
    found = []
    for name in colormaps.lut_names():
        try:
            found.append(Lut(name, colormaps.table(Named(name))))
        except SourceError:
            continue
    return found
