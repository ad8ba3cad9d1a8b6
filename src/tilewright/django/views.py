"""Plain Django: the routes of an image for projects without the REST framework, async too."""

import os
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, wraps
from inspect import isawaitable
from typing import Any, ClassVar

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.db import close_old_connections
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from tilewright.django import deepzoom, iiif
from tilewright.django.answers import Asked, Route, refusal
from tilewright.django.image_routes import ROUTES
from tilewright.django.records import ImageOfRecord
from tilewright.django.replies import to_response
from tilewright.errors import TilewrightError
from tilewright.web import http
from tilewright.web.http import Reply

_MOST_THREADS = 32

_Answered = Callable[..., Any]


class _Views(ImageOfRecord, View):
    """What both kinds of view have in common."""

    model: ClassVar[type[Model] | None] = None
    """The model whose objects have an image; or give ``queryset``."""

    queryset: ClassVar[QuerySet[Any] | None] = None
    """The objects that have an image; or override `get_queryset`."""

    lookup_field: ClassVar[str] = "pk"
    """The model's field that tells which object."""

    lookup_url_kwarg: ClassVar[str] = ""
    """Under which name the path has its value; empty: the field's own."""

    route: Route = ROUTES["tile"]
    """Which route this view answers."""

    _record: Any = None

    @classmethod
    def get_urls(cls, basename: str = "image") -> list[URLPattern]:
        """Return the routes of an image, to include below a path that tells which object.

        Their names are those that the REST framework's routers make: ``{basename}-tile``.
        """
        return [cls._pattern(route.path, name, basename) for name, route in ROUTES.items()]

    @classmethod
    def get_iiif_urls(cls, basename: str = "shared") -> list[URLPattern]:
        """Return the same images as a IIIF service has them, to include below any path.

        ``path("iiif/", include(ScanImages.get_iiif_urls()))`` serves ``iiif/3/7/info.json``:
        the version, and the value of ``lookup_field``.
        """
        return [
            cls._pattern(rf"{iiif.VERSION}/{cls._key()}{ending}", name, basename)
            for name, ending in iiif.ENDINGS.items()
        ]

    @classmethod
    def get_deepzoom_urls(cls, basename: str = "shared") -> list[URLPattern]:
        """Return the same images as DeepZoom has them, to include below any path.

        ``path("deepzoom/", include(ScanImages.get_deepzoom_urls()))`` serves ``deepzoom/7.dzi``
        and ``deepzoom/7_files/…``.
        """
        return [
            cls._pattern(f"{cls._key()}{ending}", name, basename)
            for name, ending in deepzoom.ENDINGS.items()
        ]

    @classmethod
    def _key(cls) -> str:
        """Return the part of a path that tells which object."""
        return f"(?P<{cls.lookup_url_kwarg or cls.lookup_field}>[^/]+)"

    @classmethod
    def _pattern(cls, path: str, name: str, basename: str) -> URLPattern:
        route = ROUTES[name]
        view = cls.as_view(route=route, http_method_names=_methods(route))
        return re_path(rf"^{path}\Z", view, name=f"{basename}-{route.name}")

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., Any]:
        """Return the view of one route; what it refuses are problem documents.

        It needs no CSRF token: what is posted is read, and changes nothing.
        """
        return csrf_exempt(guarded(super().as_view(**initkwargs)))

    def get_queryset(self) -> QuerySet[Any]:
        """Return the objects among which `get_object` looks."""
        if self.queryset is not None:
            return self.queryset.all()
        if self.model is not None:
            return self.model._default_manager.all()  # noqa: SLF001 - Django's generic views do so
        raise ImproperlyConfigured(
            f"{type(self).__name__} needs a model, a queryset, or a get_source() of its own"
        )

    def get_object(self) -> Any:
        """Return the object of this request, looked up once.

        An override checks who may see it, and raises PermissionDenied or Http404.
        """
        if self._record is None:
            wanted = {self.lookup_field: self.kwargs[self.lookup_url_kwarg or self.lookup_field]}
            try:
                self._record = get_object_or_404(self.get_queryset(), **wanted)
            except (TypeError, ValueError, ValidationError):
                # What stands in the path is no value of the field.
                raise Http404 from None
        return self._record

    def _told_methods(self) -> HttpResponse:
        allowed = {"Allow": ", ".join(self.http_method_names).upper(), "Content-Length": "0"}
        return HttpResponse(headers={**allowed, **self.route.preflight})

    def _refused_method(self, request: HttpRequest) -> HttpResponse:
        allowed = {"Allow": ", ".join(self.http_method_names).upper()}
        problem = http.problem_document(405, f'Method "{request.method}" not allowed.', {}, allowed)
        return to_response(problem, request.method)


class ImageViews(_Views):
    """Answers the routes of an image below each object of a model, without the REST framework.

    ::

        class ScanImages(ImageViews):
            model = Scan
            image_field = "file"

        urlpatterns = [path("scans/<int:pk>/", include(ScanImages.get_urls("scan")))]

    Every route looks the object up first: an override of `get_object` checks permissions. An
    image that is no model's has an override of `get_source` alone.
    """

    def get(self, request: HttpRequest, *_: Any, **path: str) -> HttpResponseBase:
        """Answer the route."""
        return self.route.answer(self.asked(request, path))

    def post(self, request: HttpRequest, *_: Any, **path: str) -> HttpResponseBase:
        """Answer a route that reads what is posted."""
        return self.route.answer(self.asked(request, path))

    def options(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:  # noqa: ARG002
        """Tell which methods there are, and that pages of other sites may use some routes."""
        return self._told_methods()

    def http_method_not_allowed(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        """Refuse other methods."""
        return self._refused_method(request)


class AsyncImageViews(_Views):
    """Does the same for a server that speaks ASGI, and never holds its loop.

    `get_object`, `get_source` and `get_style` stay plain methods: they run in the request's own
    thread, in which Django lets the database be used. Pictures and numbers are made in a few
    threads that all requests share, so that many do not run at once.
    """

    async def get(self, request: HttpRequest, *_: Any, **path: str) -> HttpResponseBase:
        """Answer the route."""
        return await self._answered(request, path)

    async def post(self, request: HttpRequest, *_: Any, **path: str) -> HttpResponseBase:
        """Answer a route that reads what is posted."""
        return await self._answered(request, path)

    async def options(  # type: ignore[override]  # Django awaits it
        self,
        request: HttpRequest,  # noqa: ARG002
        *_: Any,
        **__: Any,
    ) -> HttpResponse:
        """Tell which methods there are, and that pages of other sites may use some routes."""
        return self._told_methods()

    async def http_method_not_allowed(  # type: ignore[override]  # Django awaits it
        self, request: HttpRequest, *_: Any, **__: Any
    ) -> HttpResponse:
        """Refuse other methods."""
        return self._refused_method(request)

    async def _answered(self, request: HttpRequest, path: Mapping[str, str]) -> HttpResponseBase:
        asked = await sync_to_async(self._looked_up)(request, path)
        answer = sync_to_async(_answer, thread_sensitive=False, executor=answering_threads())
        return await answer(self.route, asked)

    def _looked_up(self, request: HttpRequest, path: Mapping[str, str]) -> Asked:
        """Return the request with all that the database may hold."""
        asked = self.asked(request, path)
        if not self.route.draws:
            return asked
        style = self.get_style()
        return replace(asked, style=lambda: style)


@cache
def answering_threads() -> ThreadPoolExecutor:
    """Return the threads in which this process answers for async views."""
    return ThreadPoolExecutor(min(_MOST_THREADS, (os.cpu_count() or 1) + 4), "tilewright-async")


# A child has its parent's record of threads, and none of the threads.
os.register_at_fork(after_in_child=answering_threads.cache_clear)


def _answer(route: Route, asked: Asked) -> HttpResponseBase:
    try:
        return route.answer(asked)
    finally:
        # A cache in the database leaves a connection in this thread, which no request ends.
        close_old_connections()


def _methods(route: Route) -> list[str]:
    return [route.method, "options"] if route.method == "post" else ["get", "head", "options"]


def guarded(view: _Answered) -> _Answered:
    """Answer what is refused on the way to a view, or in it, with problem documents."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **path: Any) -> Any:
        try:
            return view(request, *args, **path)
        except (TilewrightError, Http404, PermissionDenied) as error:
            return refused(error, request.method)

    @wraps(view)
    async def guarded_async(request: HttpRequest, *args: Any, **path: Any) -> Any:
        try:
            found: Awaitable[HttpResponseBase] | HttpResponseBase = view(request, *args, **path)
            # A mixin in front, such as that of a login, may answer at once.
            return await found if isawaitable(found) else found
        except (TilewrightError, Http404, PermissionDenied) as error:
            return refused(error, request.method)

    return guarded_async if iscoroutinefunction(view) else guarded


def refused(
    error: TilewrightError | Http404 | PermissionDenied, method: str | None
) -> HttpResponse:
    """Return the problem document of an error, in the words of the REST framework."""
    if isinstance(error, TilewrightError):
        return refusal(error, method)
    return to_response(problem_of(error), method)


def problem_of(error: Http404 | PermissionDenied) -> Reply:
    """Return what Django's own refusals are as a problem document."""
    status, words = (
        (404, "Not found.")
        if isinstance(error, Http404)
        else (403, "You do not have permission to perform this action.")
    )
    detail = str(error.args[0]) if error.args else words
    return http.problem_document(status, detail, {}, {})
