"""The address that clients know a service by, which a proxy may have changed on the way."""

import re

from django.http import HttpRequest
from django.urls import get_script_prefix
from django.utils.encoding import escape_uri_path

from tilewright.django import conf

_SCHEMES = ("http", "https")
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]{1,100}){0,10}/?")
_DOTS = {".", ".."}
_PAIR = re.compile(r'\s*([A-Za-z]+)\s*=\s*(?:"([^"\\]*)"|([^\s";,]*))\s*')


def base_url(request: HttpRequest) -> str:
    """Return scheme, host, and a proxy's path prefix: what comes before ``request.path``.

    There is no slash at the end: add a path as ``request.path`` or ``reverse`` give it. The
    headers ``X-Forwarded-Proto``, ``-Host`` and ``-Prefix``, or ``Forwarded`` (RFC 7239), are
    followed only when the setting ``trusted_proxy`` says so; of a list, the last value counts,
    which the nearest proxy wrote. Raises Django's DisallowedHost.
    """
    said = _said_by_proxy(request) if conf.edge().trusted_proxy else {}
    scheme = said.get("proto", "").lower()
    host = said.get("host", "")
    if scheme not in _SCHEMES:
        scheme = request.scheme or _SCHEMES[0]
    if not _HOST.fullmatch(host):
        host = request.get_host()
    return f"{scheme}://{host}{_prefix(said.get('prefix', ''))}"


def root_url(request: HttpRequest, end: str) -> str:
    """Return the whole address of what comes before ``end`` in this request's path.

    A face finds itself so, wherever and however often a project has put it. No slash at the
    end. Raises ValueError when the path does not end so.
    """
    path = request.path
    if not path.endswith(end):
        raise ValueError(f"the path does not end in {end!r}")
    return base_url(request) + escape_uri_path(path[: len(path) - len(end)]).rstrip("/")


def _prefix(said: str) -> str:
    prefix = said.rstrip("/")
    if not _PREFIX.fullmatch(said) or _DOTS & set(prefix.split("/")):
        return ""
    # A server that was told of the prefix as SCRIPT_NAME has it in its paths already.
    return "" if f"{prefix}/" == get_script_prefix() else prefix


def _said_by_proxy(request: HttpRequest) -> dict[str, str]:
    """Return what the nearest proxy says of the client's address: proto, host, prefix."""
    named = {
        key: _last(request.META.get(f"HTTP_X_FORWARDED_{key.upper()}", ""))
        for key in ("proto", "host", "prefix")
    }
    if named["proto"] or named["host"]:
        return named
    pairs = (
        _PAIR.fullmatch(pair) for pair in _last(request.META.get("HTTP_FORWARDED", "")).split(";")
    )
    forwarded = {found[1].lower(): found[2] or found[3] or "" for found in pairs if found}
    # RFC 7239 knows no prefix.
    return forwarded | {"prefix": named["prefix"]}


def _last(header: str) -> str:
    return header.rpartition(",")[2].strip()
