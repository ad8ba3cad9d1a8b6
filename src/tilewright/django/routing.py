"""How routes of an image hang on a viewset: the path decides, and refusals are problems."""

from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any, cast

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.metadata import SimpleMetadata
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from tilewright.django.image_routes import ROUTES
from tilewright.django.replies import to_response
from tilewright.web import http

Method = Callable[..., HttpResponseBase]


class PathDecides(BaseContentNegotiation):
    """The path says what is sent: neither Accept nor ``?format=`` chooses, or refuses, it."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:  # noqa: ARG002
        """Return the only parser, which leaves the body to the route."""
        return next(iter(parsers))

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[BaseRenderer, str]:
        """Return the only renderer; nothing but a refusal of the framework's own needs it."""
        only = next(iter(renderers))
        return only, only.media_type


class LeavesTheBody(BaseParser):
    """Reads nothing: what is posted is for the route.

    The framework asks for a form wherever it looks for a CSRF token, as it does for whoever has
    a session; and a permission may look into ``request.data``.
    """

    media_type = "application/json"

    def parse(self, *_: Any) -> dict[str, Any]:
        """Return an empty form."""
        return {}


class NoForm(SimpleMetadata):
    """Answers OPTIONS: what is posted to a route is no serializer's."""

    def determine_actions(self, request: Request, view: Any) -> dict[str, Any]:  # noqa: ARG002
        """Return nothing."""
        return {}


def route(name: str) -> Method:
    """Return the method of a viewset that answers a route, whose answer is no serializer's.

    ``name`` is the method's own, in `ROUTES`.
    """
    found = ROUTES[name]

    def method(self: Any, request: Request, **path: str) -> HttpResponseBase:
        # Django's own request: what it is tells whether the server speaks ASGI.
        return found.answer(self.asked(request._request, path))  # noqa: SLF001 - no other name

    method.__name__ = name
    method.__doc__ = found.help
    decorate = action(
        detail=True,
        methods=[found.method],
        url_path=found.path,
        url_name=found.name,
        content_negotiation_class=PathDecides,
        metadata_class=NoForm,
        parser_classes=[LeavesTheBody],
        renderer_classes=[JSONRenderer],
    )
    return cast("Method", decorate(method))


def on_list(method: Any) -> Any:
    """Return a route of an object as one of the viewset as a whole; any other as it is."""
    if method.__name__ not in ROUTES:
        return method
    copied = FunctionType(
        method.__code__, method.__globals__, method.__name__, None, method.__closure__
    )
    vars(copied).update({**vars(method), "detail": False})
    return copied


def as_problem(response: Response, method: str | None) -> HttpResponse:
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
