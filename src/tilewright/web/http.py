"""HTTP as plain data: replies, validators, negotiation, and errors as problem documents."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from http import HTTPStatus
from typing import Any

from tilewright.errors import (
    CorruptSourceError,
    DrawError,
    DrawTimeoutError,
    EncodeError,
    LimitError,
    OutsideError,
    ParameterError,
    RequestError,
    SignatureError,
    SourceError,
    SourceNotFoundError,
    SourceUnavailableError,
    TilewrightError,
    UnsupportedSourceError,
)
from tilewright.image import Encoded

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = 5

STATUS: Mapping[type[TilewrightError], HTTPStatus] = {
    SourceNotFoundError: HTTPStatus.NOT_FOUND,
    UnsupportedSourceError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    CorruptSourceError: HTTPStatus.UNPROCESSABLE_ENTITY,
    SourceUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    SourceError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ParameterError: HTTPStatus.BAD_REQUEST,
    OutsideError: HTTPStatus.NOT_FOUND,
    LimitError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    SignatureError: HTTPStatus.FORBIDDEN,
    RequestError: HTTPStatus.BAD_REQUEST,
    EncodeError: HTTPStatus.BAD_REQUEST,
    DrawTimeoutError: HTTPStatus.SERVICE_UNAVAILABLE,
    DrawError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""One table for all faces. What is not here is the server's own fault."""

PROBLEM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "parameter": {"type": "string", "description": "The parameter at fault."},
        "allowed": {"description": "What the parameter may be, or how much the limit allows."},
        "limit": {"type": "string", "description": "The limit that was passed."},
        "asked": {"type": "integer", "description": "How much was asked."},
    },
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply, before any framework has seen it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Validator:
    """What lets a client keep an answer: its tag, and how long it may go without asking."""

    etag: str
    """With its quotes, as in the header."""
    cache_control: str
    vary: str | None = None
    """Set only where the answer was negotiated."""

    def headers(self) -> dict[str, str]:
        """Return the headers that an answer and its 304 have in common."""
        headers = {"ETag": self.etag, "Cache-Control": self.cache_control}
        if self.vary is not None:
            headers["Vary"] = self.vary
        return headers


def etag(*parts: object) -> str:
    """Return the entity tag, with its quotes, of whatever these parts make."""
    return f'"{blake2b(repr(parts).encode(), digest_size=16).hexdigest()}"'


def matches(if_none_match: str | None, tag: str) -> bool:
    """Tell whether the header lists this tag; weak and strong tags compare as equal.

    The tag holds no comma. ``*`` is left to `matches_any`, as it asks whether there is an
    answer at all, which is known only when it has been made.
    """
    if if_none_match is None:
        return False
    if if_none_match == tag:
        return True
    return any(listed.strip().removeprefix("W/") == tag for listed in if_none_match.split(","))


def matches_any(if_none_match: str | None) -> bool:
    """Tell whether the header is ``*``: whatever exists counts as known."""
    return if_none_match is not None and if_none_match.strip() == "*"


def picture(encoded: Encoded, validator: Validator) -> Reply:
    """Return the reply that carries a finished file."""
    return _content(encoded.data, encoded.media_type, validator)


def document(value: object, validator: Validator, media_type: str = JSON) -> Reply:
    """Return the reply that carries a JSON document, or one of a kind of JSON."""
    return _content(_json(value), media_type, validator)


def file(body: bytes, media_type: str, validator: Validator) -> Reply:
    """Return the reply that carries a finished document."""
    return _content(body, media_type, validator)


def fresh(value: object) -> Reply:
    """Return the reply that carries a JSON document made of what was posted: not to be kept."""
    body = _json(value)
    headers = {"Content-Type": JSON, "Content-Length": str(len(body)), "Cache-Control": "no-store"}
    return Reply(HTTPStatus.OK, headers, body)


def not_modified(validator: Validator) -> Reply:
    """Return the 304 that stands for the answer that the client has."""
    return Reply(HTTPStatus.NOT_MODIFIED, validator.headers(), b"")


def problem(error: TilewrightError) -> Reply | None:
    """Return the problem document of an error; None when the server itself is at fault."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)
    if status is None:
        return None
    members: dict[str, object] = {}
    headers: dict[str, str] = {}
    if isinstance(error, ParameterError):
        members = {"parameter": error.parameter, "allowed": error.allowed}
    elif isinstance(error, LimitError):
        members = {"limit": error.limit, "asked": error.asked, "allowed": error.allowed}
    elif isinstance(error, SourceUnavailableError | DrawTimeoutError):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return problem_document(status, str(error), members, headers)


def problem_document(
    status: int, detail: str, members: Mapping[str, object], headers: Mapping[str, str]
) -> Reply:
    """Return a problem document (RFC 9457) with further members and headers."""
    title = HTTPStatus(status).phrase
    body = _json(
        {"type": "about:blank", "title": title, "status": int(status), "detail": detail, **members}
    )
    return Reply(
        status,
        {
            "Content-Type": PROBLEM_JSON,
            "Content-Length": str(len(body)),
            # An error may be gone the next moment: a file is put right, a limit raised.
            "Cache-Control": "no-store",
            **headers,
        },
        body,
    )


def negotiate(accept: str, offers: Sequence[str]) -> str:
    """Return the offered media type that an Accept header likes best.

    Among equals the earlier offer wins, and the first one when none is liked: a picture in
    the wrong format is of more use than a 406.
    """
    ranges = [_accepted(part) for part in accept.split(",") if part.strip()]
    best, best_quality = offers[0], 0.0
    for offer in offers:
        quality = _quality(offer, ranges)
        if quality > best_quality:
            best, best_quality = offer, quality
    return best


def _quality(offer: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return how much the most specific of the matching ranges likes an offer."""
    liked = dict(reversed(ranges))
    family = f"{offer.partition('/')[0]}/*"
    return next((liked[name] for name in (offer, family, "*/*") if name in liked), 0.0)


def _accepted(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key == "q":
            try:
                return name, float(value)
            except ValueError:
                return name, 0.0
    return name, 1.0


def _content(body: bytes, media_type: str, validator: Validator) -> Reply:
    headers = validator.headers()
    headers["Content-Type"] = media_type
    headers["Content-Length"] = str(len(body))
    return Reply(HTTPStatus.OK, headers, body)


def _json(value: object) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
