"""The pages that show the API's schema. What they are made of comes from this server alone."""

from typing import Any

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

# Redoc asks its makers for a picture, unless the browser is told not to.
_OWN_HOST = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)


class SwaggerPage(SpectacularSwaggerSplitView):
    """``/api/docs/``: try the routes out."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the page, or its script."""
        page: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        return _kept_home(page)


class RedocPage(SpectacularRedocView):
    """``/api/redoc/``: read about the routes."""

    template_name = "tilewright/redoc.html"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the page."""
        page: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        return _kept_home(page)


def _kept_home(response: Response) -> Response:
    """Return the page with the order to the browser to ask no other host."""
    response["Content-Security-Policy"] = _OWN_HOST
    return response
