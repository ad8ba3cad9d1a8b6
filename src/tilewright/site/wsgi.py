"""The WSGI application of the site."""

import os
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class _Application(WSGIHandler):
    """Django's, which answers whatever stands in Content-Type, and says when it hangs up.

    Django reads the query in the charset named there, before middleware or a handler of errors:
    ``text/plain; charset=base64`` was a bare 500 at each address.

    The server closes a connection whose request was answered before its body was read. Untold, a
    client that keeps connections sends its next request into the closed one (RFC 9112, 9.6).
    """

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> HttpResponseBase:
        if environ.get("CONTENT_TYPE") and not _is_readable(environ):
            environ["CONTENT_TYPE"] = ""
        return super().__call__(environ, start_response)

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        response = super().get_response(request)
        if _may_leave_a_body(request, response):
            response["Connection"] = "close"
        return response


def _is_readable(environ: dict[str, Any]) -> bool:
    try:
        WSGIRequest(dict(environ))  # it writes into what it is given
    except (LookupError, ValueError):
        return False
    return True


def _may_leave_a_body(request: HttpRequest, response: HttpResponseBase) -> bool:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length == "0" and "HTTP_TRANSFER_ENCODING" not in request.META:
        return False
    # it may be refused in the middle of the body
    refused = response.status_code >= HTTPStatus.BAD_REQUEST
    return refused or not request._read_started  # type: ignore[attr-defined]  # noqa: SLF001


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tilewright.site.settings")
django.setup(set_prefix=False)
application = _Application()
