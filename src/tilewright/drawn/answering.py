"""What a drawn picture's answer says about itself: its tag, how long it holds, and its manners."""

import re
import time
from collections.abc import AsyncIterator, Hashable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe

from tilewright import __version__
from tilewright.django.replies import to_response
from tilewright.drawn.asking import Asked
from tilewright.web import http
from tilewright.web.http import Reply, Validator

DRAWN_VERSION = 1
"""Raised whenever the same ask gives other bytes."""
SAFE_SVG = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox"
"""The policy of an SVG that is opened by itself: it runs nothing, and loads nothing."""

_AGE = re.compile(r"(s-maxage|max-age)=(\d+)", re.IGNORECASE)
_FOR_SHARED_CACHES = ("public", "s-maxage", "proxy-revalidate")


class HeadResponse(StreamingHttpResponse):
    """An answer to HEAD whose length is not known.

    Django's middleware would give an empty body the length 0, which would be a lie.
    """

    def __iter__(self) -> Iterator[bytes]:
        """Yield nothing."""
        return iter(())

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield nothing, for a server that speaks ASGI."""
        for part in self:
            yield part


def tag(asked: Asked, *parts: Hashable) -> str:
    """Return the entity tag of what is asked; ``parts`` are what the view adds."""
    return http.etag(
        DRAWN_VERSION,
        __version__,
        tuple(asked.values.items()),
        asked.format,
        asked.quality,
        asked.dpr,
        translation.get_language(),
        timezone.get_current_timezone_name(),
        *parts,
    )


def validator(asked: Asked, etag: str, cache_control: str, *, per_user: bool) -> Validator:
    """Return the tag with how long the answer holds, and for whom."""
    if per_user:
        cache_control = _private(cache_control)
    if asked.expires is not None:
        cache_control = _bounded(cache_control, max(0, int(asked.expires - time.time())))
    varies = [name for name, does in (("Accept", asked.negotiated), ("Cookie", per_user)) if does]
    return Validator(etag, cache_control, ", ".join(varies) or None)


def _private(cache_control: str) -> str:
    """Return the header for an answer that no shared cache may keep, whatever it said."""
    parts = _without(cache_control, _FOR_SHARED_CACHES)
    said = {each.lower() for each in parts} & {"private", "no-store"}
    return ", ".join(parts if said else ["private", *parts])


def _bounded(cache_control: str, left_s: int) -> str:
    """Return the header for an answer that nobody may show after so many seconds."""
    parts = ", ".join(_without(cache_control, ("stale-",)))
    return _AGE.sub(lambda age: f"{age[1]}={min(int(age[2]), left_s)}", parts)


def _without(cache_control: str, starts: tuple[str, ...]) -> list[str]:
    parts = (each.strip() for each in cache_control.split(","))
    return [each for each in parts if each and not each.lower().startswith(starts)]


def unchanged(request: HttpRequest, validator: Validator) -> bool:
    """Tell whether the client names the tag of what would be drawn."""
    return http.matches(request.META.get("HTTP_IF_NONE_MATCH"), validator.etag)


def unchanged_if_any(request: HttpRequest, modified: datetime | None) -> bool:
    """Tell whether the client holds what there is: it asks for none (``*``), or by its date.

    Either may be said of what was never there. A tag counts more than a date.
    """
    known = request.META.get("HTTP_IF_NONE_MATCH")
    if known is not None or modified is None:
        return http.matches_any(known)
    since = parse_http_date_safe(request.META.get("HTTP_IF_MODIFIED_SINCE", ""))
    return since is not None and int(modified.timestamp()) <= since


def in_utc(modified: datetime | None) -> datetime | None:
    """Return a date whose zone is known; one without is in the project's time zone."""
    if modified is None or timezone.is_aware(modified):
        return modified
    return timezone.make_aware(modified, timezone.get_default_timezone()).astimezone(UTC)


def response(
    reply: Reply, method: str | None, asked: Asked, modified: datetime | None
) -> HttpResponseBase:
    """Return the answer as Django's, with the headers that only drawn pictures have."""
    made: HttpResponseBase
    if method == "HEAD" and "Content-Length" not in reply.headers and reply.status == HTTPStatus.OK:
        made = HeadResponse(status=reply.status, headers=reply.headers)
    else:
        made = to_response(reply, method)
    if modified is not None:
        made["Last-Modified"] = http_date(modified.timestamp())
    if reply.status == HTTPStatus.OK:
        made["X-Content-Type-Options"] = "nosniff"
        if asked.format == "svg":
            made["Content-Security-Policy"] = SAFE_SVG
        if asked.download is not None:
            made["Content-Disposition"] = content_disposition_header(True, asked.download)
    return made


def headers_only(media_type: str, validator: Validator) -> Reply:
    """Return the answer to a HEAD for which nothing is drawn: its length is not known."""
    return Reply(HTTPStatus.OK, {**validator.headers(), "Content-Type": media_type}, b"")
