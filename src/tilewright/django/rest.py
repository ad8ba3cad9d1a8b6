"""Django REST framework: one mixin gives a viewset the routes of an image."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from tilewright.django import conf, earth, numbers, surface
from tilewright.django.caching import picture_kind
from tilewright.django.maps.address import base_url
from tilewright.django.replies import answer, to_response
from tilewright.django.routing import PathDecides, as_problem, liked_suffix, query, route, without
from tilewright.django.sources import url_source, value_source
from tilewright.errors import OutsideError, ParameterError, SourceError, TilewrightError
from tilewright.image import ImageInfo, Source
from tilewright.request import RenderRequest
from tilewright.style import Style
from tilewright.style_text import parse_style
from tilewright.web import borders, downloads, frames, http, metadata, scales, xyz

logger = logging.getLogger(__name__)


class ImageViewSetMixin(GenericViewSet[Any]):
    """Adds the routes of an image below each object of a viewset.

    ::

        class ScanViewSet(ImageViewSetMixin, viewsets.ReadOnlyModelViewSet):
            queryset = Scan.objects.all()
            serializer_class = ScanSerializer
            image_field = "file"

    Every route looks the object up first, with the viewset's own permissions.
    """

    image_field: ClassVar[str] = "file"
    """The name of the model's `FileField`, URL field or PostGIS `RasterField`."""

    url_parameter: ClassVar[str] = ""
    """The name of a query parameter that holds a URL to read instead of an object's field, on a
    host that ``remote_hosts`` names. Empty: there is none."""

    style_field: ClassVar[str] = ""
    """The name of a text field of the model that holds a look of its own, as `Style.text`
    writes it; shown when none is asked. Empty: the image's default look."""

    def get_object(self) -> Any:
        """Return the object of this request, looked up once."""
        if self._record is None:
            self._record = super().get_object()
        return self._record

    _record: Any = None

    def get_style(self) -> Style:
        """Return the look that is shown when none is asked; ``Style()`` is the default look.

        A stored text that says no look is logged, and the default is shown.
        """
        text = getattr(self.get_object(), self.style_field) if self.style_field else ""
        try:
            return parse_style(text) if text else Style()
        except ParameterError as error:
            logger.warning("%r has no look in %s: %s", self.get_object(), self.style_field, error)
            return Style()

    def get_source(self) -> Source:
        """Return what to open for the object of this request.

        An override calls ``self.get_object()`` too: that is where permissions are checked.
        """
        if self.url_parameter:
            return self._url_source()
        record = self.get_object()
        if not hasattr(record, self.image_field):
            raise ImproperlyConfigured(
                f"{type(self).__name__}.image_field: {type(record).__name__} has no field "
                f"{self.image_field!r}"
            )
        return value_source(getattr(record, self.image_field))

    def _query(self, request: Request) -> str:
        """Return the query without what `get_source` takes, its ``frame`` as planes."""
        return frames.planes_named(self._rest(request), self._info)

    def _rest(self, request: Request) -> str:
        return without(query(request), self.url_parameter) if self.url_parameter else query(request)

    def _info(self) -> ImageInfo:
        return conf.edge().engine.info(self.get_source())

    def _url_source(self) -> Source:
        texts = self.request.query_params.getlist(self.url_parameter)
        if len(texts) != 1:
            raise ParameterError(self.url_parameter, "given once")
        return url_source(texts[0], self.url_parameter)

    @route("info/metadata", "metadata")
    def image_metadata(self, request: Request, **_: str) -> HttpResponse:
        """Describe the image: size, bands, axes, resolution."""
        return self._document(request, frames.info_with_frames)

    @route("tiles/metadata", "tiles-metadata")
    def tiles_metadata(self, request: Request, **_: str) -> HttpResponse:
        """Describe the pyramid of tiles."""
        return self._document(request, frames.tiles_with_frames)

    @route(r"tiles/(?P<z>[^/]+)/(?P<x>[^/]+)/(?P<y>[^/]+)\.(?P<fmt>[^/.]+)", "tile")
    def tile(self, request: Request, **path: str) -> HttpResponse:
        """Return one tile. Zoom 0 holds the whole image in one tile, or the whole earth."""
        return self._tile(request, path, None)

    @route(
        r"tiles/(?P<tms>[^/]+)/(?P<z>[^/]+)/(?P<x>[^/]+)/(?P<y>[^/]+)\.(?P<fmt>[^/.]+)",
        "map-tile",
    )
    def map_tile(self, request: Request, **path: str) -> HttpResponse:
        """Return one tile of the earth, as a named tile matrix set cuts it."""
        return self._tile(request, path, path["tms"])

    def _tile(
        self, request: Request, path: Mapping[str, str], set_name: str | None
    ) -> HttpResponse:
        source = self.get_source()
        edge = conf.edge()
        asked = xyz.tile(
            (path["z"], path["x"], path["y"]),
            path["fmt"],
            self._query(request),
            edge.suffixes,
            partial(edge.engine.info, source),
            sets=edge.tile_sets,
            set_name=set_name,
        )
        asked, fill = borders.bordered(query(request), asked, partial(edge.engine.info, source))
        special = None if fill is None else surface.filling(edge.engine, fill)
        return self._picture(request, edge, source, asked, special=special)

    @route(r"data/thumbnail\.(?P<fmt>[^/.]+)", "thumbnail")
    def thumbnail(self, request: Request, **path: str) -> HttpResponse:
        """Return the whole image, fitted into a frame."""
        source = self.get_source()
        edge = conf.edge()
        info = partial(edge.engine.info, source)
        asked = xyz.thumbnail(path["fmt"], self._query(request), edge.suffixes, info)
        return self._picture(request, edge, source, asked)

    @route("data/thumbnail", "thumbnail-negotiated")
    def negotiated_thumbnail(self, request: Request, **_: str) -> HttpResponse:
        """Return the whole image, fitted into a frame, in a format that Accept names."""
        source = self.get_source()
        edge = conf.edge()
        info = partial(edge.engine.info, source)
        asked = xyz.thumbnail(
            liked_suffix(request, edge), self._query(request), edge.suffixes, info
        )
        return self._picture(request, edge, source, asked, vary="Accept")

    @route(r"data/region\.(?P<fmt>[^/.]+)", "region")
    def region(self, request: Request, **path: str) -> HttpResponse:
        """Return a rectangle of the image, at any size."""
        source = self.get_source()
        edge = conf.edge()
        info = partial(edge.engine.info, source)
        asked = scales.region(path["fmt"], self._query(request), edge.suffixes, info)
        return self._picture(request, edge, source, asked)

    @route("data/region", "region-negotiated")
    def negotiated_region(self, request: Request, **_: str) -> HttpResponse:
        """Return a rectangle of the image, at any size, in a format that Accept names."""
        source = self.get_source()
        edge = conf.edge()
        info = partial(edge.engine.info, source)
        asked = scales.region(
            liked_suffix(request, edge), self._query(request), edge.suffixes, info
        )
        return self._picture(request, edge, source, asked, vary="Accept")

    @route("info/bands", "bands")
    def bands(self, request: Request, **_: str) -> HttpResponse:
        """Describe each band, and tell the ends of its values."""
        return self._numbers(request, numbers.bands)

    @route("info/band", "band")
    def band(self, request: Request, **_: str) -> HttpResponse:
        """Describe one band, and tell the ends of its values."""
        return self._numbers(request, numbers.band)

    @route("info/frames", "frames")
    def frames(self, request: Request, **_: str) -> HttpResponse:
        """List the planes of the image, and the bands in each."""
        return self._numbers(request, numbers.frames)

    @route("data/histogram", "histogram")
    def histogram(self, request: Request, **_: str) -> HttpResponse:
        """Count the measured values in bins, for each band."""
        return self._numbers(request, numbers.histogram)

    @route("data/statistics", "statistics")
    def statistics(self, request: Request, **_: str) -> HttpResponse:
        """Sum up the measured values of each band."""
        return self._numbers(request, numbers.statistics)

    @route("data/pixel", "pixel")
    def pixel(self, request: Request, **_: str) -> HttpResponse:
        """Return the measured values of one pixel."""
        return self._numbers(request, numbers.pixel)

    @route("data/profile", "profile")
    def profile(self, request: Request, **_: str) -> HttpResponse:
        """Return the measured values along a line."""
        return self._numbers(request, numbers.profile)

    @route("data/point", "point")
    def point(self, request: Request, **_: str) -> HttpResponse:
        """Return the measured values at a place on the earth."""
        return self._numbers(request, earth.point)

    @route("data/zones", "zones", methods=("post",))
    def zones(self, request: Request, **_: str) -> HttpResponse:
        """Return statistics in the polygons of the GeoJSON that is sent."""
        source = self.get_source()
        edge = conf.edge()
        asked = earth.zones(self._query(request), request.body)
        return to_response(http.fresh(asked.answer(edge.engine, source)), request.method)

    @route(r"data/feature\.(?P<fmt>[^/.]+)", "feature", methods=("post",))
    def feature(self, request: Request, **path: str) -> HttpResponse:
        """Return the picture of the polygon that is sent as GeoJSON; nothing around it."""
        source = self.get_source()
        edge = conf.edge()
        info = partial(edge.engine.info, source)
        asked = xyz.feature(path["fmt"], self._query(request), edge.suffixes, request.body, info)
        return self._picture(request, edge, source, asked)

    @route("info/footprint", "footprint")
    def footprint(self, request: Request, **_: str) -> HttpResponse:
        """Return the edge of the image as GeoJSON, cut at the antimeridian."""
        return self._numbers(request, earth.footprint)

    @route("info/bounds", "bounds")
    def bounds(self, request: Request, **_: str) -> HttpResponse:
        """Return the smallest box around the image, in any coordinate reference system."""
        return self._numbers(request, earth.bounds)

    @route("info/validate", "validate")
    def validate(self, request: Request, **_: str) -> HttpResponse:
        """Tell whether the file is a Cloud Optimized GeoTIFF, and if not, why."""
        return self._numbers(request, earth.validate)

    @route("tiles/(?P<z>[^/]+)/(?P<x>[^/]+)/(?P<y>[^/]+)/corners", "tile-corners")
    def tile_corners(self, request: Request, **path: str) -> HttpResponse:
        """Return the edges of a tile: in units of its projection, or in pixels."""
        return self._numbers(request, lambda text: earth.corners(path, text, conf.edge().tile_sets))

    @route(r"tilejson\.json", "tilejson")
    def tilejson(self, request: Request, **_: str) -> HttpResponse:
        """Describe the tiles of the earth as TileJSON 3.0."""
        here = f"{base_url(request)}{request.path.removesuffix('tilejson.json')}"

        def tilejson(text: str) -> numbers.Ask:
            return earth.tilejson(here, text, conf.edge().tile_sets)

        return self._numbers(request, tilejson)

    @route("info/metadata_internal", "metadata-internal")
    def metadata_internal(self, request: Request, **_: str) -> HttpResponse:
        """Return what the file says of itself, in a free form."""
        return self._numbers(request, surface.internal)

    @route("info/tiffdump", "tiffdump")
    def tiffdump(self, request: Request, **_: str) -> HttpResponse:
        """List the directories of a TIFF and their tags."""
        return self._numbers(request, surface.tiffdump)

    @route("images", "images")
    def images(self, request: Request, **_: str) -> HttpResponse:
        """List the names of the associated images: label, macro and the like."""
        return self._numbers(request, surface.images)

    @route(r"images/(?P<key>[^/]+)\.(?P<fmt>[^/.]+)", "image")
    def associated_image(self, request: Request, **path: str) -> HttpResponse:
        """Return an associated image, or a rectangle of it, at any size."""
        edge = conf.edge()
        source = surface.associated(edge.engine, self.get_source(), path["key"])
        info = partial(edge.engine.info, source)
        asked = scales.region(path["fmt"], self._rest(request), edge.suffixes, info)
        return self._picture(request, edge, source, asked)

    @route(r"tile_frames\.(?P<fmt>[^/.]+)", "tile-frames")
    def tile_frames(self, request: Request, **path: str) -> HttpResponse:
        """Return all frames side by side in one picture."""
        source = self.get_source()
        edge = conf.edge()
        text = self._rest(request)
        info = partial(edge.engine.info, source)
        cell = xyz.thumbnail(path["fmt"], frames.cell_query(text), edge.suffixes, info)
        return self._picture(request, edge, source, cell, special=surface.sheet(edge.engine, text))

    @route("tile_frames/layout", "tile-frames-layout")
    def tile_frames_layout(self, request: Request, **_: str) -> HttpResponse:
        """Tell where each frame stands on the picture that `tile_frames` makes."""
        source = self.get_source()
        asked = surface.sheet_layout(self._rest(request))
        return self._told(request, source, "sheet_layout", asked)

    def _numbers(self, request: Request, ask: Callable[[str], numbers.Ask]) -> HttpResponse:
        source = self.get_source()
        return self._told(request, source, ask.__name__, ask(self._query(request)))

    def _told(
        self, request: Request, source: Source, name: str, asked: numbers.Ask
    ) -> HttpResponse:
        edge = conf.edge()
        tag = http.etag(metadata.DOCUMENT_VERSION, name, source, asked.key)
        validator = http.Validator(tag, edge.document_cache_control)
        return answer(
            request.META.get("HTTP_IF_NONE_MATCH"),
            request.method,
            validator,
            lambda: edge.reply(
                (name, source.uri, source.options),
                validator,
                lambda: http.document(asked.answer(edge.engine, source), validator),
            ),
        )

    def _picture(
        self,
        request: Request,
        edge: conf.Edge,
        source: Source,
        asked: RenderRequest,
        *,
        vary: str | None = None,
        special: surface.Special | None = None,
    ) -> HttpResponse:
        plain = asked
        encoder = edge.engine.encoder(asked.encoding.format)
        name = downloads.file_name(query(request), encoder.suffixes)
        # A look that is stored is that of the image, not of what else its file holds.
        own = source.option("associated") is None
        if own and not asked.style.text and encoder.kind == "picture":
            asked = replace(asked, style=self.get_style())
        render = edge.engine.render if special is None else special.render

        def draw() -> http.Reply:
            try:
                encoded = render(source, asked)
            except (OutsideError, ParameterError) as error:
                if asked is plain:
                    raise
                # The stored look may name a band that is not there: the client did not ask for it.
                encoded = render(source, plain)
                logger.warning("the look of %r was left out: %s", self.get_object(), error)
            return http.picture(encoded, validator)

        key = asked.key(source)
        tag = f'"{key}"' if special is None else http.etag(key, special.key)
        validator = http.Validator(tag, edge.cache_control, vary)
        response = answer(
            request.META.get("HTTP_IF_NONE_MATCH"),
            request.method,
            validator,
            lambda: edge.reply(
                (picture_kind(source, asked), special and special.key), validator, draw
            ),
        )
        return response if name is None else surface.saved_as(response, name)

    def _document(
        self, request: Request, describe: Callable[[ImageInfo], dict[str, Any]]
    ) -> HttpResponse:
        source = self.get_source()
        edge = conf.edge()
        tag = http.etag(metadata.DOCUMENT_VERSION, describe.__name__, source)
        validator = http.Validator(tag, edge.document_cache_control)
        return answer(
            request.META.get("HTTP_IF_NONE_MATCH"),
            request.method,
            validator,
            lambda: edge.reply(
                (describe.__name__, source.uri, source.options),
                validator,
                lambda: http.document(describe(edge.engine.info(source)), validator),
            ),
        )

    def handle_exception(self, exc: Exception) -> Any:
        """Answer image routes with problem documents, the framework's own errors too."""
        if self.content_negotiation_class is not PathDecides:
            return super().handle_exception(exc)
        if isinstance(exc, TilewrightError):
            if isinstance(exc, SourceError):
                logger.warning("%s: %s", exc.uri, exc)
            reply = http.problem(exc)
            if reply is None:
                raise exc
            return to_response(reply, self.request.method)
        return as_problem(super().handle_exception(exc), self.request.method)
