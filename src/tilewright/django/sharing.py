"""Answers that pages of other sites may read (CORS), as viewers of shared images are such pages."""

from collections.abc import Callable
from functools import wraps

from django.http.response import HttpResponseBase

from tilewright.django import answers
from tilewright.django.answers import Asked
from tilewright.errors import TilewrightError

PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Authorization, If-None-Match, Range",
    "Access-Control-Max-Age": "86400",
}
"""What a browser is told before a request that is not quite plain."""

_OPEN = {
    "Access-Control-Allow-Origin": PREFLIGHT["Access-Control-Allow-Origin"],
    "Access-Control-Expose-Headers": "ETag, Link",
}
Answer = Callable[[Asked], HttpResponseBase]


def shared(answer: Answer) -> Answer:
    """Let pages of other sites read an answer, refusals too."""

    @wraps(answer)
    def opened(asked: Asked) -> HttpResponseBase:
        try:
            response = answer(asked)
        except TilewrightError as error:
            response = answers.refusal(error, asked.request.method)
        for name, value in _OPEN.items():
            response[name] = value
        return response

    return opened
