"""Who comes in, by which method, and what is said of what goes wrong."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.views.decorators.csrf import csrf_exempt, csrf_protect

import tilewright
from tilewright.django import conf
from tilewright.django.replies import to_response
from tilewright.django.views import refused
from tilewright.django.webgateway.saved import user_id
from tilewright.errors import LimitError, ParameterError, TilewrightError
from tilewright.style import MOST_CHANNELS
from tilewright.web import http

View = Callable[..., HttpResponseBase]

_READS = ("GET", "HEAD")
_LONGEST_WAY_BACK = 6_000
"""Characters of a query at the login: proxies refuse longer headers, and so does Django."""
_FEATURES = ("flip", "png-tiles", "quantization", "support-missing-channels")


def reads(view: View) -> View:
    """Guard a view that changes nothing."""
    return _guarded(view, _READS)


def writes(view: View) -> View:
    """Guard a view that changes what a user has saved: by POST, with Django's CSRF token."""
    return _checked(view, ("POST",))


def reads_and_writes(view: View) -> View:
    """Guard a view that does both."""
    return _checked(view, (*_READS, "POST"))


def logged_in(request: HttpRequest) -> Any:
    """Return the primary key of the user. Raises PermissionDenied when nobody is logged in."""
    user = user_id(request)
    if user is None:
        raise PermissionDenied("Log in to keep rendering settings.")
    return user


def not_allowed(method: str | None, allowed: tuple[str, ...]) -> HttpResponse:
    """Return the refusal of a method."""
    detail = f"the method is one of {', '.join(allowed)}"
    headers = {"Allow": ", ".join((*allowed, "OPTIONS"))}
    return to_response(http.problem_document(405, detail, {}, headers), method)


def _checked(view: View, methods: tuple[str, ...]) -> View:
    # Django's check reads the form: inside, what is wrong with that is said as all else is. The
    # middleware, which would read it before, is therefore told to leave it to the check.
    return csrf_exempt(_guarded(csrf_protect(view), methods))


def _guarded(view: View, methods: tuple[str, ...]) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, **path: str) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return _options(methods)
        if request.method not in methods:
            return not_allowed(request.method, methods)
        if not conf.edge().webgateway.public and user_id(request) is None:
            return _to_login(request)
        return _answered(view, request, path)

    return guarded


def _answered(view: View, request: HttpRequest, path: Mapping[str, str]) -> HttpResponseBase:
    try:
        return view(request, **path)
    except (TilewrightError, Http404, PermissionDenied) as error:
        return refused(error, request.method)
    except RequestDataTooBig:
        return refused(_too_much(request), request.method)
    except (TooManyFieldsSent, TooManyFilesSent):
        fields, files = (
            settings.DATA_UPLOAD_MAX_NUMBER_FIELDS,
            settings.DATA_UPLOAD_MAX_NUMBER_FILES,
        )
        allowed = f"of at most {fields} fields and {files} files"
        return refused(ParameterError("the request", allowed), request.method)
    except (MultiPartParserError, BadRequest):
        return refused(ParameterError("the body", "a whole form in UTF-8"), request.method)


def _to_login(request: HttpRequest) -> HttpResponse:
    """Refuse a script; send a person to the login, and back unless that is too far to write."""
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return refused(PermissionDenied("Log in first."), request.method)
    login, here = resolve_url(settings.LOGIN_URL), request.get_full_path()
    # OMERO's login looks for one, Django's own for the other.
    query = urlencode({"url": here, "next": here})
    if len(query) <= _LONGEST_WAY_BACK:
        login += f"{'&' if '?' in login else '?'}{query}"
    response = HttpResponseRedirect(login)
    response["Cache-Control"] = "no-store"
    return response


def _too_much(request: HttpRequest) -> LimitError:
    sent, allowed = int(request.META["CONTENT_LENGTH"]), settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return LimitError("request_bytes", sent, allowed)


def _options(methods: tuple[str, ...]) -> HttpResponse:
    """Tell what OMERO's image region microservice tells of itself."""
    edge = conf.edge()
    limits = edge.webgateway.limits
    document = {
        "provider": "ImageRegionMicroservice",
        "version": tilewright.__version__,
        "features": _FEATURES,
        "options": {
            "maxTileLength": limits.max_tile_length,
            "maxPlaneWidth": limits.max_plane_side,
            "maxPlaneHeight": limits.max_plane_side,
            "maxActiveChannels": MOST_CHANNELS,
            "cacheControl": edge.cache_control,
        },
    }
    response = to_response(http.fresh(document), "OPTIONS")
    response["Allow"] = ", ".join((*methods, "OPTIONS"))
    return response
