"""GDAL's names of files elsewhere, such as ``/vsis3/bucket/key``, as uris of our own.

GDAL itself is never given one: they are what models hold that were made for other libraries.
"""

import re
from typing import NamedTuple
from urllib.parse import parse_qs

from tilewright.blobs.guard import refusal

_STORES = {"/vsis3/": "s3://", "/vsigs/": "gs://", "/vsiaz/": "az://"}
_CURL, _CURL_OPTIONS, _ZIP = "/vsicurl/", "/vsicurl?", "/vsizip/"
_BRACED = re.compile(r"\{([^{}]+)\}/(.+)")
_BY_SUFFIX = re.compile(r"(.+?\.zip)/(.+)", re.IGNORECASE)


class Named(NamedTuple):
    """Where a file lies."""

    uri: str
    """Of the file, or of the archive that holds it."""
    member: str | None
    """Its name in a ZIP archive; None: it is in none."""


def is_gdal_name(text: str) -> bool:
    """Tell whether a text is a name that GDAL alone understands."""
    return text.startswith("/vsi")


def parse_gdal_name(text: str) -> Named:
    """Return the place that GDAL's name means.

    Known are ``/vsicurl/``, ``/vsicurl?url=``, ``/vsis3/``, ``/vsigs/``, ``/vsiaz/`` and, before
    one of these, ``/vsizip/``. Raises ParameterError for all others.
    """
    if not text.startswith(_ZIP):
        return Named(_uri(text), None)
    rest = text.removeprefix(_ZIP)
    found = _BRACED.fullmatch(rest) or _BY_SUFFIX.fullmatch(rest)
    if found is None:
        raise refusal()
    return Named(_uri(f"/{found[1].lstrip('/')}"), found[2])


def _uri(text: str) -> str:
    for prefix, scheme in _STORES.items():
        if text.startswith(prefix):
            return scheme + text.removeprefix(prefix)
    if text.startswith(_CURL):
        return text.removeprefix(_CURL)
    if text.startswith(_CURL_OPTIONS):
        # Its other options are GDAL's own affair.
        urls = parse_qs(text.removeprefix(_CURL_OPTIONS)).get("url", [])
        if len(urls) == 1:
            return urls[0]
    raise refusal()
