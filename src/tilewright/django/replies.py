"""From a `Reply`, which knows no framework, to Django's response."""

import logging
from collections.abc import Callable, Hashable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from tilewright.django import conf
from tilewright.errors import SourceError, TilewrightError
from tilewright.web import http
from tilewright.web.http import Reply, Validator

View = Callable[..., HttpResponseBase]

logger = logging.getLogger(__name__)

_SAFE = ("GET", "HEAD")


def note(error: TilewrightError) -> None:
    """Log what is wrong with a source; what a client did is not."""
    if isinstance(error, SourceError):
        # As text: a record that is kept with the error would keep the frames that it came
        # through, and the pixels that were being read there.
        logger.warning("%s: %s", error.uri, str(error))


def to_response(reply: Reply, method: str | None) -> HttpResponse:
    """Return Django's response; to a HEAD it has the headers of the GET and no body."""
    body = b"" if method == "HEAD" else reply.body
    response = HttpResponse(body, status=reply.status, headers=reply.headers)
    if "Content-Type" not in reply.headers:
        # Django adds one of its own, which a 304 must not have.
        del response["Content-Type"]
    return response


def answer(
    known: str | None, method: str | None, validator: Validator, make: Callable[[], Reply]
) -> HttpResponse:
    """Return what ``make`` makes, or a 304; it is not called for a tag that the client holds.

    ``known`` is the header If-None-Match.
    """
    if http.matches(known, validator.etag):
        reply = http.not_modified(validator)
    else:
        reply = make()
        if http.matches_any(known):
            reply = http.not_modified(validator)
    return to_response(reply, method)


def kept_answer(
    request: HttpRequest, kind: Hashable, validator: Validator, make: Callable[[], Reply]
) -> HttpResponse:
    """Return the same, but look in the project's cache before ``make`` is called.

    Answers of one ``kind`` take about as long to make. Every picture and every document that
    is made of an image goes this way, whichever face was asked.
    """
    return answer(
        request.META.get("HTTP_IF_NONE_MATCH"),
        request.method,
        validator,
        lambda: conf.edge().reply(kind, validator, make),
    )


def with_problems(view: View) -> View:
    """Answer what goes wrong in a view with problem documents, other methods too.

    It needs no CSRF token: what is posted is refused, and changes nothing.
    """

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, **path: str) -> HttpResponseBase:
        if request.method not in _SAFE:
            detail = f"the method is one of {', '.join(_SAFE)}"
            reply = http.problem_document(405, detail, {}, {"Allow": ", ".join(_SAFE)})
            return to_response(reply, request.method)
        try:
            return view(request, **path)
        except TilewrightError as error:
            note(error)
            problem = http.problem(error)
            if problem is None:
                raise
            return to_response(problem, request.method)

    return guarded
