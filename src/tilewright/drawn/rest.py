"""Django REST framework: a drawn picture as an action of a viewset."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from tilewright.django.routing import PathDecides
from tilewright.drawn import asking
from tilewright.drawn.asking import Manner
from tilewright.drawn.views import DrawnImageView
from tilewright.web.http import PROBLEM_JSON

Method = Callable[..., Any]


def drawn_action(
    view: type[DrawnImageView], *, url_path: str, name: str, detail: bool = True
) -> Method:
    r"""Return a method of a viewset that answers with a view's pictures.

    ::

        class StoreViewSet(ReadOnlyModelViewSet):
            sales = drawn_action(SalesChart, url_path=r"sales\.(?P<fmt>\w+)", name="sales")

    ``name`` is that of the attribute. With ``detail`` the object is looked up first, with the
    viewset's own permissions; ``draw`` takes its key, as the path has it, by the name in the
    path: ``pk``.
    """

    def method(self: Any, request: Request, **path: Any) -> Any:
        if detail:
            self.get_object()
        return view.respond(request, **path)

    method.__name__ = name
    method.__doc__ = view.__doc__
    decorate = action(
        detail=detail,
        url_path=url_path,
        content_negotiation_class=PathDecides,
        renderer_classes=[JSONRenderer],
    )
    return _described(view)(decorate(method))


def _described(view: type[DrawnImageView]) -> Callable[[Method], Method]:
    """Return what describes the action from the view's declaration."""
    manner = Manner(view.parameters, view.formats, view.max_dpr, view.strict)
    parameters = [
        OpenApiParameter(
            each["name"],
            each["schema"],
            OpenApiParameter.QUERY,
            required=each["required"],
            description=each["description"],
        )
        for each in asking.declared(manner).openapi()
    ]
    answers: Any = {
        (200, "image/*"): OpenApiTypes.BINARY,
        (400, PROBLEM_JSON): OpenApiTypes.OBJECT,
    }
    return extend_schema(parameters=parameters, responses=answers)
