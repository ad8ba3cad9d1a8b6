"""WMS as a plain Django view: one address, three operations."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from tilewright.django import conf
from tilewright.django.caching import picture_kind
from tilewright.django.maps.address import root_url
from tilewright.django.maps.documents import send
from tilewright.django.maps.layers import Layers, MapSource
from tilewright.django.maps.opened import every_opened, opened
from tilewright.django.maps.pictures import picture
from tilewright.django.replies import kept_answer, note, to_response
from tilewright.engine import Engine
from tilewright.errors import OutsideError, TilewrightError
from tilewright.geometry import Affine, Grid
from tilewright.image import Encoded, ImageInfo, Picture, Plane, Raster
from tilewright.request import Encoding, RenderRequest
from tilewright.web import http
from tilewright.web.frames import located
from tilewright.web.maps.asked import asked as map_picture
from tilewright.web.maps.asked import plane_in
from tilewright.web.maps.feature_info import own_pixel, values_of
from tilewright.web.maps.wms import asked as wms
from tilewright.web.maps.wms import report
from tilewright.web.maps.wms.capabilities import Service, capabilities
from tilewright.web.maps.wms.overlay import flat, over
from tilewright.web.maps.wms.query import (
    Fields,
    fields_of,
    last,
    negotiated,
    operation,
    version_of_report,
)
from tilewright.web.maps.wms.values import Found, document

_SAFE = ("GET", "HEAD")
_FIRST = "image/png"
"""The first format of the list is what clients take when they are not told."""


def urls_for(layers: Layers, title: str = "Maps") -> list[URLPattern]:
    """Return the service's one route, ``wms``; ``title`` is what clients list it as."""

    def view(request: HttpRequest) -> HttpResponse:
        return _Wms(request, layers, title).answer()

    return [path("wms", view, name="tilewright-wms")]


class _Wms:
    """One request."""

    def __init__(self, request: HttpRequest, layers: Layers, title: str) -> None:
        self.request = request
        self.layers = layers
        self.title = title
        self.edge = conf.edge()
        self.fields: Fields = ()

    def answer(self) -> HttpResponse:
        """Answer in the way of the standard, errors too."""
        try:
            if self.request.method not in _SAFE:
                return self._refused()
            self.fields = fields_of(self.request.META.get("QUERY_STRING", ""))
            wanted = operation(self.fields)
            if wanted == "GetCapabilities":
                return self._capabilities()
            return self._map() if wanted == "GetMap" else self._values()
        except TilewrightError as error:
            note(error)
            return self._told(error)

    def _capabilities(self) -> HttpResponse:
        service = Service(
            self.title,
            root_url(self.request, ""),
            tuple(_formats(self.edge)),
            self.edge.engine.config.limits,
        )
        found = [layer for _, layer in every_opened(self.layers, self.request)]
        return send(self.request, *capabilities(service, found, negotiated(self.fields)))

    def _map(self) -> HttpResponse:
        engine = self.edge.engine
        asked = wms.map_asked(self.fields, _formats(self.edge), engine.config.limits)
        sources = [self._named(name) for name in asked.layers]
        requests = [self._render_request(asked, source) for source in sources]
        drawn_on = asked.canvas
        # A format of rasters would hold the values of a layer that has no look of its own.
        if len(sources) == 1 and engine.encoder(drawn_on.format).kind == "picture":
            own = replace(sources[0], style=requests[0].style)
            return picture(self.request, own, requests[0])
        layers = list(zip([source.source for source in sources], requests, strict=True))
        keys = [engine.key(source, one) for source, one in layers]
        kind = ("wms", *(picture_kind(source, one) for source, one in layers))
        validator = http.Validator(http.etag("wms", keys, drawn_on), self.edge.cache_control)

        def make() -> http.Reply:
            total: Picture | None = None
            for source, one in layers:
                upper = engine.picture(source, one)
                total = upper if total is None else over(total, upper)
            if total is None:
                raise ValueError("a map has a layer")
            if not drawn_on.transparent:
                total = flat(total, drawn_on.background)
            affine = wms.affine_of(asked.region, drawn_on.size)
            grid = Grid(total.size, affine, asked.region.crs)
            return http.picture(_encoded(engine, total, grid, drawn_on), validator)

        return kept_answer(self.request, kind, validator, make)

    def _render_request(self, asked: wms.MapAsk, source: MapSource) -> RenderRequest:
        """Return what is drawn of a layer: on the background when it is the only one."""
        drawn_on = asked.canvas
        info = partial(self.edge.engine.info, source.source)
        request = map_picture(asked.region, drawn_on.format, asked.query, info)
        # A map has its north where its CRS has it.
        style = (request.style if request.style.text else source.style).upright
        if len(asked.layers) == 1 and not drawn_on.transparent and style.background is None:
            style = replace(style, background=drawn_on.background)
        encoding = replace(request.encoding, background=drawn_on.background)
        plane = _plane(asked.positions, request.plane, info)
        return replace(request, style=style, encoding=encoding, plane=plane)

    def _values(self) -> HttpResponse:
        engine = self.edge.engine
        asked = wms.info_asked(self.fields, engine.config.limits)
        found = []
        for name in asked.layers:
            source = self._named(name)
            layer = opened(source)
            pixel = own_pixel(layer, asked.affine, asked.crs, asked.column, asked.row)
            info = partial(engine.info, source.source)
            plane = _plane(asked.positions, plane_in(asked.query), info)
            raster = engine.read(source.source, pixel, plane=plane) if pixel else None
            found.append(Found(source.name, source.title, values_of(layer.info, raster)))
        return send(self.request, *document(asked, found))

    def _named(self, name: str) -> MapSource:
        try:
            return self.layers.named(self.request, name)
        except OutsideError as error:
            raise report.NoSuchLayerError(str(error)) from None

    def _refused(self) -> HttpResponse:
        message = f"the method is one of {', '.join(_SAFE)}"
        body, media_type = report.report(message, "OperationNotSupported", "1.3.0")
        headers = {
            "Content-Type": media_type,
            "Content-Length": str(len(body)),
            "Allow": ", ".join(_SAFE),
        }
        return to_response(http.Reply(405, headers, body), self.request.method)

    def _told(self, error: TilewrightError) -> HttpResponse:
        """Return an error as the client wants it; raise it when the server is at fault."""
        problem = http.problem(error)
        if problem is None:
            raise error
        reply = self._told_in_picture(error)
        if reply is None:
            version = version_of_report(self.fields)
            code = report.code(error, version)
            body, media_type = report.report(str(error), code, version)
            headers = {"Content-Type": media_type, "Content-Length": str(len(body))}
            reply = http.Reply(problem.status, {**problem.headers, **headers}, body)
        return to_response(reply, self.request.method)

    def _told_in_picture(self, error: TilewrightError) -> http.Reply | None:
        """Return a picture of the error, where one is asked for and can be made.

        Its status is 200, as clients show no picture of another.
        """
        wanted = (last(self.fields, "exceptions") or "").lower()
        inside, empty = wanted.endswith("inimage"), wanted.endswith("blank")
        if not (inside or empty) or (last(self.fields, "request") or "").lower() != "getmap":
            return None
        engine = self.edge.engine
        try:
            drawn_on = wms.canvas(self.fields, _formats(self.edge), engine.config.limits)
        except TilewrightError:
            return None
        paper = None if drawn_on.transparent else drawn_on.background
        size = drawn_on.size
        shown = report.written(str(error), size, paper) if inside else report.blank(size, paper)
        grid = Grid(size, Affine.scale(1, 1))
        encoded = _encoded(engine, shown, grid, drawn_on)
        headers = {
            "Content-Type": encoded.media_type,
            "Content-Length": str(len(encoded.data)),
            "Cache-Control": "no-store",
        }
        return http.Reply(200, headers, encoded.data)


def _plane(positions: wms.Positions, otherwise: Plane, info: Callable[[], ImageInfo]) -> Plane:
    """Return the plane that DIM_Z and its like name, or else Tilewright's own parameters."""
    return positions.plane(info()) if positions.indices else located(otherwise, info)


def _formats(edge: conf.Edge) -> Mapping[str, str]:
    """Return the formats of maps, from media type to encoder."""
    found = {
        media_type: edge.suffixes[suffix]
        for media_type, suffix in edge.media_types.items()
        if media_type.startswith("image/")
    }
    return dict(sorted(found.items(), key=lambda one: one[0] != _FIRST))


def _encoded(engine: Engine, shown: Picture, grid: Grid, drawn_on: wms.Canvas) -> Encoded:
    """Return a finished picture as a file, in the formats of rasters too."""
    encoder = engine.encoder(drawn_on.format)
    encoding = Encoding(drawn_on.format, background=drawn_on.background)
    if encoder.kind == "raster":
        data = np.moveaxis(shown.data, -1, 0).copy()
        return encoder.encode(Raster(data, None, grid), encoding)
    return encoder.encode(shown, encoding)
