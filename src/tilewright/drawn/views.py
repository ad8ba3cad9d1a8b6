"""Views whose pictures are drawn by the project's own code, for one request each."""

import json
import logging
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from tilewright.django import conf
from tilewright.django.answers import query_of
from tilewright.django.replies import to_response
from tilewright.django.views import guarded, problem_of, refused
from tilewright.drawn import answering, asking, error_picture, isolation, outputs, signing, who
from tilewright.drawn.asking import FORMAT_KWARG, Asked
from tilewright.drawn.hooks import Hooks
from tilewright.drawn.job import Job, carry_out, failures_as_one
from tilewright.drawn.running import drawings, waiting_threads
from tilewright.errors import (
    DrawError,
    EncodeError,
    LimitError,
    ParameterError,
    SignatureError,
    TilewrightError,
)
from tilewright.image import Encoded
from tilewright.web import http
from tilewright.web.http import Reply, Validator

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a request comes to, before anything is drawn."""

    asked: Asked
    keywords: Mapping[str, Any]
    """Of ``draw``, but for what ``prepare`` adds."""
    validator: Validator
    modified: datetime | None
    shared: bool
    """Whether the picture is the same for all who may ask."""


class DrawnPicture(Hooks):
    """What both kinds of view have in common."""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., Any]:
        """Return the view; what it refuses are problem documents."""
        return csrf_exempt(guarded(super().as_view(**initkwargs)))

    @classmethod
    def respond(cls, request: Any, **path: Any) -> Any:
        """Answer a request inside another view, or an action of the REST framework.

        ``path`` has what stands in the path of its URL.
        """
        return cls.as_view()(getattr(request, "_request", request), **path)

    @classmethod
    def picture(cls, *, request: HttpRequest | None = None, **values: Any) -> Encoded:
        """Draw without HTTP: for data URIs, files and tests.

        ``values`` are parameters, what the path would have, and ``format``, ``quality`` and
        ``dpr``. Raises what a request would be refused for.
        """
        return cls().pictured(values, request)

    def pictured(self, values: Mapping[str, Any], request: HttpRequest | None) -> Encoded:
        """Do the same as this view is set up."""
        view = copy(self)
        view.setup(HttpRequest() if request is None else request)
        names = {each.name for each in view.parameters} | asking.TAKEN
        given = {name: value for name, value in values.items() if name in names}
        path = {name: value for name, value in values.items() if name not in names}
        asked = asking.given(view.manner, given, conf.edge().engine.encoder)
        found = view._found(asked, path)  # noqa: SLF001 - of its own kind
        return view._encoded(found, lambda: view._prepared(found))  # noqa: SLF001 - likewise

    def _looked_up(self, request: HttpRequest, path: Mapping[str, Any]) -> _Found:
        """Return what the request comes to; nothing is drawn."""
        encoder = conf.edge().engine.encoder
        query, accept = query_of(request), request.META.get("HTTP_ACCEPT", "")
        names = {each.name for each in self.parameters} | {FORMAT_KWARG}
        own = {name: value for name, value in path.items() if name in names}
        rest = {name: value for name, value in path.items() if name not in names}
        try:
            asked = asking.read(self.manner, query, own, accept, encoder)
        except ParameterError as error:
            if self.must_be_signed:  # no such address was ever signed
                raise SignatureError("the signature is not that of this address") from error
            raise
        if self.must_be_signed:
            where, signature = request.path_info, asked.signature
            signing.check(self.salt, where, asked.canonical, asked.expires, signature)
        return self._found(asked, rest)

    def _found(self, asked: Asked, path: Mapping[str, Any]) -> _Found:
        keywords = {**path, **asked.values}
        with failures_as_one():
            self._check_size(asked, keywords)
            modified = answering.in_utc(self.last_modified(**keywords))
            version = self.version(**keywords)
        shared = not self._is_personal()
        tag = answering.tag(
            asked,
            self.identity,
            self.set_up,
            # Classes that one function makes have one name, and different addresses.
            self.request.path_info,
            self.quality,
            tuple(sorted(path.items())),
            version,
            modified,
            None if shared else who.asks(self.request),
        )
        cache_control = self.cache_control or conf.edge().cache_control
        validator = answering.validator(asked, tag, cache_control, per_user=not shared)
        return _Found(asked, keywords, validator, modified, shared)

    def _is_personal(self) -> bool:
        if self.per_user is not None:
            return self.per_user
        return who.behind_login(self) or who.looked_at(self.request)

    def _check_size(self, asked: Asked, keywords: Mapping[str, Any]) -> None:
        size = self.size(**keywords)
        if size is None:
            return
        width, height = (ceil(side * asked.dpr) for side in size)
        pixels = width * height * self.frames(**keywords)
        if pixels > self.max_pixels:
            raise LimitError("max_pixels", pixels, self.max_pixels)
        longest = outputs.LONGEST_SIDE.get(asked.format)
        if longest is not None and max(width, height) > longest:
            raise EncodeError(f"{asked.format} has at most {longest:,} pixels a side")

    def _known(self, found: _Found) -> HttpResponseBase | None:
        """Return the answer to what needs no drawing; None for all else."""
        if answering.unchanged(self.request, found.validator):
            reply = http.not_modified(found.validator)
        elif answering.unchanged_if_any(self.request, found.modified):
            self._prepared(found)  # it may refuse: then there is none
            reply = http.not_modified(found.validator)
        elif self.request.method == "HEAD":
            self._prepared(found)  # what a GET is refused, a HEAD is too
            media_type = outputs.media_type(found.asked.format, conf.edge().engine.encoder)
            reply = answering.headers_only(media_type, found.validator)
        else:
            return None
        return self._response(reply, found)

    def _drawn(self, found: _Found, prepare: Callable[[], Mapping[str, Any]]) -> HttpResponseBase:
        validator = found.validator

        def make() -> Reply:
            return http.picture(self._encoded(found, prepare), validator)

        if self.keep:
            kind = (self.identity, found.asked.format)
            return self._response(conf.edge().reply(kind, validator, make), found)
        return self._response(make(), found)

    def _encoded(self, found: _Found, prepare: Callable[[], Mapping[str, Any]]) -> Encoded:
        asked = found.asked
        dpr = {"dpr": asked.dpr} if self.max_dpr > 1 else {}

        def prepared() -> Callable[[], Encoded]:
            keywords = {**found.keywords, **dpr, **prepare()}
            quality = self.quality if asked.quality is None else asked.quality
            job = Job(keywords, asked.format, quality, asked.dpr, self.max_pixels)
            return lambda: self._carried_out(job, found)

        limit_s = self.time_limit_s
        if self.isolated and limit_s is not None:  # the process keeps it, once it has begun
            limit_s += 2 * isolation.START_S
        return drawings().do((type(self), found.validator.etag), prepared, limit_s)

    def _carried_out(self, job: Job, found: _Found) -> Encoded:
        if self.isolated:
            made = isolation.processes().draw(
                self,
                job,
                time_limit_s=self.time_limit_s,
                memory_limit_bytes=self.memory_limit_bytes,
            )
        else:
            made = carry_out(self, job)
        if found.shared and self.per_user is None and who.looked_at(self.request):
            # Others who ask for the same would get what this user alone may see.
            cause = ImproperlyConfigured(
                f"{type(self).__name__} looks at the user or the session while it draws: "
                "set per_user to True, or to False where the picture does not depend on them"
            )
            raise DrawError("the picture could not be drawn") from cause
        return made

    def _prepared(self, found: _Found) -> Mapping[str, Any]:
        with failures_as_one():
            return self.prepare(**found.keywords)

    def _response(self, reply: Reply, found: _Found) -> HttpResponseBase:
        return answering.response(reply, self.request.method, found.asked, found.modified)

    def _refusal(self, error: TilewrightError | Http404 | PermissionDenied) -> HttpResponse:
        if isinstance(error, DrawError):
            logger.error("%s: %s", self.identity, error, exc_info=error)
        if not self.error_picture:
            return refused(error, self.request.method)
        problem = http.problem(error) if isinstance(error, TilewrightError) else problem_of(error)
        if problem is None:
            return refused(error, self.request.method)
        said = json.loads(problem.body)
        title = f"{said['status']} {said['title']}"
        reply = error_picture.as_picture(problem, title, said["detail"])
        return to_response(reply, self.request.method)

    def _refused_method(self) -> HttpResponse:
        method = self.request.method
        allowed = {"Allow": ", ".join(self.http_method_names).upper()}
        problem = http.problem_document(405, f'Method "{method}" not allowed.', {}, allowed)
        return to_response(problem, method)


class DrawnImageView(DrawnPicture):
    """Answers with a picture that `draw` makes.

    ::

        class Ellipse(DrawnImageView):
            parameters = (
                Integer("width", default=1024, low=1, high=8192),
                Integer("height", default=768, low=1, high=8192),
                Color("fill", default="#ff000080"),
            )

            def draw(self, width, height, fill):
                image = Image.new("RGBA", (width, height))
                ImageDraw.Draw(image).ellipse((0, 0, width - 1, height - 1), fill)
                return image

        urlpatterns = [path("ellipse.<fmt>", Ellipse.as_view(), name="ellipse")]
    """

    def get(self, request: HttpRequest, *_: Any, **path: Any) -> HttpResponseBase:
        """Answer with the picture, its headers alone, or that the client has it."""
        try:
            found = self._looked_up(request, path)
            return self._known(found) or self._drawn(found, lambda: self._prepared(found))
        except (TilewrightError, Http404, PermissionDenied) as error:
            return self._refusal(error)

    def http_method_not_allowed(self, *_: Any, **__: Any) -> HttpResponse:
        """Refuse other methods."""
        return self._refused_method()


class AsyncDrawnImageView(DrawnPicture):
    """Does the same for a server that speaks ASGI, and never holds its loop.

    All methods stay plain: `version`, `last_modified` and `prepare` run in the request's own
    thread, in which Django lets the database be used, and `draw` in one of those that all
    drawings share.
    """

    async def get(self, request: HttpRequest, *_: Any, **path: Any) -> HttpResponseBase:
        """Answer with the picture, its headers alone, or that the client has it."""
        try:
            found, known, prepared = await sync_to_async(self._begun)(request, path)
            if known is not None:
                return known
            drawn = sync_to_async(self._drawn, thread_sensitive=False, executor=waiting_threads())
            return await drawn(found, lambda: prepared)
        except (TilewrightError, Http404, PermissionDenied) as error:
            return self._refusal(error)

    async def http_method_not_allowed(self, *_: Any, **__: Any) -> HttpResponse:  # type: ignore[override]  # Django awaits it
        """Refuse other methods."""
        return self._refused_method()

    def _begun(
        self, request: HttpRequest, path: Mapping[str, Any]
    ) -> tuple[_Found, HttpResponseBase | None, Mapping[str, Any]]:
        """Return all that the database may be asked for."""
        found = self._looked_up(request, path)
        known = self._known(found)
        return found, known, {} if known is not None else self._prepared(found)
