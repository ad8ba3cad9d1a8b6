"""What all requests have in common: names in any case, the operation, the version."""

from collections.abc import Collection, Mapping
from typing import Literal
from urllib.parse import urlencode

from tilewright.errors import ParameterError
from tilewright.web.maps import asked

Version = Literal["1.1.1", "1.3.0"]
Operation = Literal["GetCapabilities", "GetMap", "GetFeatureInfo"]
Fields = tuple[tuple[str, str], ...]
"""Names in small letters, and texts, as they were given."""

OLD: Version = "1.1.1"
NEW: Version = "1.3.0"

_OPERATIONS: Mapping[str, Operation] = {
    "getcapabilities": "GetCapabilities",
    "getmap": "GetMap",
    "getfeatureinfo": "GetFeatureInfo",
}
_VERSIONS: Mapping[str, Version] = {"1.1.0": OLD, "1.1.1": OLD, "1.3.0": NEW}
"""1.1.0 differs from 1.1.1 in nothing that a map or its values show."""
_PARTS = 3
_LONGEST = 20


def fields_of(query: str) -> Fields:
    """Return the fields of a query string; one without a text is as good as none.

    Raises ParameterError for too many.
    """
    return tuple((name.lower(), text) for name, text in asked.fields(query) if text)


def text_of(fields: Fields, *, without: Collection[str] = ()) -> str:
    """Return the query string of fields, less those of these names."""
    return urlencode([(name, text) for name, text in fields if name not in without])


def last(fields: Fields, name: str) -> str | None:
    """Return a field's last text; None when it is not given."""
    return dict(fields).get(name)


def operation(fields: Fields) -> Operation:
    """Return what is asked for. Raises ParameterError."""
    given = last(fields, "request")
    found = _OPERATIONS.get((given or "").lower())
    if found is None:
        raise ParameterError("request", f"one of {', '.join(_OPERATIONS.values())}", given)
    service = last(fields, "service")
    if service is None and found != "GetCapabilities":
        return found
    if service is None or service.upper() != "WMS":
        raise ParameterError("service", "WMS", service)
    return found


def negotiated(fields: Fields) -> Version:
    """Return the version of the capabilities for a client (1.3.0, 6.2.4).

    The highest one when it names none; else its own, the next lower, or the lowest. Raises
    ParameterError.
    """
    given = last(fields, "version")
    if given is None:
        # Clients of 1.0.0 call it otherwise; the lowest is nearest to what they know.
        return NEW if last(fields, "wmtver") is None else OLD
    parts = given.split(".")
    plain = len(given) <= _LONGEST and all(part.isascii() and part.isdigit() for part in parts)
    if not plain or len(parts) != _PARTS:
        raise ParameterError("version", "three whole numbers such as 1.3.0", given)
    return NEW if tuple(map(int, parts)) >= (1, 3, 0) else OLD


def version_of(fields: Fields) -> Version:
    """Return the version that a map is asked in. Raises ParameterError.

    The standard wants it named; of a client that forgets it, CRS or SRS tells.
    """
    given = last(fields, "version")
    if given is None:
        return OLD if last(fields, "srs") is not None and last(fields, "crs") is None else NEW
    version = _VERSIONS.get(given)
    if version is None:
        raise ParameterError("version", f"one of {', '.join(_VERSIONS)}", given)
    return version


def version_of_report(fields: Fields) -> Version:
    """Return the version that an error is told in, whatever the request is like."""
    try:
        capabilities = (last(fields, "request") or "").lower() == "getcapabilities"
        return negotiated(fields) if capabilities else version_of(fields)
    except ParameterError:
        return NEW
