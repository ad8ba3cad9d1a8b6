"""How routes of an image hang on a viewset: the path decides, and refusals are problems."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeVar, cast
from urllib.parse import unquote_plus

from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from tilewright.django import conf
from tilewright.django.replies import to_response
from tilewright.web import http

Method = TypeVar("Method", bound=Callable[..., HttpResponse])


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


def route(
    path: str, name: str, *, methods: Sequence[Literal["get", "post"]] = ("get",)
) -> Callable[[Method], Method]:
    """Hang a method below each object, whose answer is no serializer's."""
    decorate = action(
        detail=True,
        methods=list(methods),
        url_path=path,
        url_name=name,
        content_negotiation_class=PathDecides,
        renderer_classes=[JSONRenderer],
    )
    return cast("Callable[[Method], Method]", decorate)


def query(request: Request) -> str:
    """Return the query string as it was sent."""
    return cast("str", request.META.get("QUERY_STRING", ""))


def without(text: str, name: str) -> str:
    """Return a query string without one parameter, however its name is escaped."""
    fields = text.split("&")
    return "&".join(one for one in fields if unquote_plus(one.partition("=")[0]) != name)


def liked_suffix(request: Request, edge: conf.Edge) -> str:
    """Return the suffix of the format that the client's Accept header likes best."""
    offers = tuple(edge.media_types)
    return edge.media_types[http.negotiate(request.META.get("HTTP_ACCEPT", ""), offers)]


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
