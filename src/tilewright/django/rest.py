"""Django REST framework: one mixin gives a viewset the routes of an image."""

import logging
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeVar, cast

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from tilewright.django import conf
from tilewright.django.replies import to_response
from tilewright.django.sources import file_source
from tilewright.errors import SourceError, TilewrightError
from tilewright.image import ImageInfo, Source
from tilewright.request import RenderRequest
from tilewright.web import http, metadata, xyz

Method = TypeVar("Method", bound=Callable[..., HttpResponse])

logger = logging.getLogger(__name__)


class PathDecides(BaseContentNegotiation):
    """The path says what is sent: neither Accept nor ``?format=`` chooses, or refuses, it."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:  # noqa: ARG002
        """Return None: image routes have no request bodies."""
        return None

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[BaseRenderer, str]:
        """Return the only renderer; nothing but a refusal of the framework's own needs it."""
        only = next(iter(renderers))
        return only, only.media_type


def _route(path: str, name: str) -> Callable[[Method], Method]:
    decorate = action(
        detail=True,
        methods=["get"],
        url_path=path,
        url_name=name,
        content_negotiation_class=PathDecides,
        renderer_classes=[JSONRenderer],
    )
    return cast("Callable[[Method], Method]", decorate)


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
    """The name of the model's `FileField`."""

    def get_source(self) -> Source:
        """Return what to open for the object of this request.

        An override calls ``self.get_object()`` too: that is where permissions are checked.
        """
        record = self.get_object()
        file = getattr(record, self.image_field, None)
        if file is None:
            raise ImproperlyConfigured(
                f"{type(self).__name__}.image_field: {type(record).__name__} has no field "
                f"{self.image_field!r}"
            )
        return file_source(file)

    @_route("info/metadata", "metadata")
    def image_metadata(self, request: Request, **_: str) -> HttpResponse:
        """Describe the image: size, bands, axes, resolution."""
        return self._document(request, metadata.info_document)

    @_route("tiles/metadata", "tiles-metadata")
    def tiles_metadata(self, request: Request, **_: str) -> HttpResponse:
        """Describe the pyramid of tiles."""
        return self._document(request, metadata.tiles_document)

    @_route(r"tiles/(?P<z>[^/]+)/(?P<x>[^/]+)/(?P<y>[^/]+)\.(?P<fmt>[^/.]+)", "tile")
    def tile(self, request: Request, **path: str) -> HttpResponse:
        """Return one tile. Zoom 0 holds the whole image in one tile."""
        source = self.get_source()
        edge = conf.edge()
        place = path["z"], path["x"], path["y"]
        asked = xyz.tile(place, path["fmt"], _query(request), edge.suffixes)
        return _picture(request, edge, source, asked)

    @_route(r"data/thumbnail\.(?P<fmt>[^/.]+)", "thumbnail")
    def thumbnail(self, request: Request, **path: str) -> HttpResponse:
        """Return the whole image, fitted into a frame."""
        source = self.get_source()
        edge = conf.edge()
        asked = xyz.thumbnail(path["fmt"], _query(request), edge.suffixes)
        return _picture(request, edge, source, asked)

    @_route("data/thumbnail", "thumbnail-negotiated")
    def negotiated_thumbnail(self, request: Request, **_: str) -> HttpResponse:
        """Return the whole image, fitted into a frame, in a format that Accept names."""
        source = self.get_source()
        edge = conf.edge()
        asked = xyz.thumbnail(_liked_suffix(request, edge), _query(request), edge.suffixes)
        return _picture(request, edge, source, asked, vary="Accept")

    @_route(r"data/region\.(?P<fmt>[^/.]+)", "region")
    def region(self, request: Request, **path: str) -> HttpResponse:
        """Return a rectangle of the image, at any size."""
        source = self.get_source()
        edge = conf.edge()
        asked = xyz.region(path["fmt"], _query(request), edge.suffixes)
        return _picture(request, edge, source, asked)

    @_route("data/region", "region-negotiated")
    def negotiated_region(self, request: Request, **_: str) -> HttpResponse:
        """Return a rectangle of the image, at any size, in a format that Accept names."""
        source = self.get_source()
        edge = conf.edge()
        asked = xyz.region(_liked_suffix(request, edge), _query(request), edge.suffixes)
        return _picture(request, edge, source, asked, vary="Accept")

    @_route("data/pixel", "pixel")
    def pixel(self, request: Request, **_: str) -> HttpResponse:
        """Return the measured values of one pixel."""
        source = self.get_source()
        edge = conf.edge()
        target, plane = xyz.pixel(_query(request))
        tag = http.etag(metadata.DOCUMENT_VERSION, "pixel", source, target, plane)
        validator = http.Validator(tag, edge.document_cache_control)
        return _answer(
            request,
            validator,
            lambda: http.document(
                metadata.pixel_document(edge.engine.read(source, target, plane=plane)), validator
            ),
        )

    def _document(
        self, request: Request, describe: Callable[[ImageInfo], dict[str, Any]]
    ) -> HttpResponse:
        source = self.get_source()
        edge = conf.edge()
        tag = http.etag(metadata.DOCUMENT_VERSION, describe.__name__, source)
        validator = http.Validator(tag, edge.document_cache_control)
        return _answer(
            request,
            validator,
            lambda: http.document(describe(edge.engine.info(source)), validator),
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
        return _as_problem(super().handle_exception(exc), self.request.method)


def _query(request: Request) -> str:
    return cast("str", request.META.get("QUERY_STRING", ""))


def _liked_suffix(request: Request, edge: conf.Edge) -> str:
    offers = tuple(edge.media_types)
    return edge.media_types[http.negotiate(request.META.get("HTTP_ACCEPT", ""), offers)]


def _picture(
    request: Request,
    edge: conf.Edge,
    source: Source,
    asked: RenderRequest,
    *,
    vary: str | None = None,
) -> HttpResponse:
    validator = http.Validator(f'"{asked.key(source)}"', edge.cache_control, vary)
    return _answer(
        request, validator, lambda: http.picture(edge.engine.render(source, asked), validator)
    )


def _answer(
    request: Request, validator: http.Validator, make: Callable[[], http.Reply]
) -> HttpResponse:
    """Return the answer, or a 304; a tag that the client holds is known before any file opens."""
    known = request.META.get("HTTP_IF_NONE_MATCH")
    if http.matches(known, validator.etag):
        reply = http.not_modified(validator)
    else:
        reply = make()
        if http.matches_any(known):
            reply = http.not_modified(validator)
    return to_response(reply, request.method)


def _as_problem(response: Response, method: str | None) -> HttpResponse:
    """Return the framework's refusal as a problem document, its headers kept.

    A project's own exception handler may answer in its own shape; that is left alone.
    """
    data = response.data
    detail = data.get("detail") if isinstance(data, dict) else None
    if not isinstance(detail, str):
        return response
    headers = {name: value for name, value in response.items() if name != "Content-Type"}
    problem = http.problem_document(response.status_code, str(detail), {}, headers)
    return to_response(problem, method)
