"""The WSGI application of the site."""

import os
from collections.abc import Callable
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http.response import HttpResponseBase


class _Application(WSGIHandler):
    """Django's, which answers whatever stands in Content-Type.

    Django reads the query in the charset named there, before middleware or a handler of errors:
    ``text/plain; charset=base64`` was a bare 500 at each address.
    """

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> HttpResponseBase:
        if environ.get("CONTENT_TYPE") and not _is_readable(environ):
            environ["CONTENT_TYPE"] = ""
        return super().__call__(environ, start_response)


def _is_readable(environ: dict[str, Any]) -> bool:
    try:
        WSGIRequest(dict(environ))  # it writes into what it is given
    except (LookupError, ValueError):
        return False
    return True


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tilewright.site.settings")
django.setup(set_prefix=False)
application = _Application()
